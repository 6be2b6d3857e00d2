//! The newsletter: one release as a mail, in HTML and in text, both with the same words.

use jiff::civil::Date;
use maud::{Markup, html};
use url::Url;

use super::{
    frame::{self, SMALL},
    masthead_logo::Logo,
    preview,
    words::{FixedWords, space_after},
};
use crate::{
    Colour,
    document::{
        Document, cut, html as document_html, mail_form, reading_time::ReadingTime,
        text as document_text,
    },
    reader_language::{direction, reader_language},
};

/// Everything that the mail says. All addresses are absolute.
#[derive(Debug, Clone, Copy)]
pub struct NewsletterMail<'a> {
    /// The subject line, and the headline where the document has none of its own.
    pub subject: &'a str,
    /// The release.
    pub document: &'a Document,
    /// What mailboxes show beside the subject, in a person's words; none: what the release says first.
    pub preview: Option<&'a str>,
    /// A word of the office above the release, a paragraph on each line; none: the release stands alone.
    pub intro: Option<&'a str>,
    /// Of a correction: what is different from the text that readers have, in words.
    pub changed: Option<&'a str>,
    /// When the office published it, in the office's zone.
    pub date: Date,
    /// Whose newsletter it is.
    pub office: &'a str,
    /// Of the rule at the head, of links and buttons; see [`Colour::is_readable`].
    pub colour: Colour,
    /// What stands beside the office's name.
    pub logo: Option<Logo<'a>>,
    /// One or more lines.
    pub postal_address: &'a str,
    /// What the subscriber asked for, in the mail's language; not said to the press list.
    pub topic: &'a str,
    /// The page where others can ask for it.
    pub sign_up_url: &'a str,
    /// The release on the office's own site.
    pub release_url: Option<&'a str>,
    /// The newsletter in the archive.
    pub web_url: &'a str,
    /// The reader's own.
    pub unsubscribe_url: &'a str,
    /// The reader's own.
    pub preferences_url: &'a str,
    /// What we keep and for how long.
    pub privacy_url: &'a str,
    /// Whether it goes to the press list: nobody there asked for it or has preferences.
    pub press_list: bool,
    /// The last line in the office's own words.
    pub footer: Option<&'a str>,
}

/// The two parts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The HTML part.
    pub html: String,
    /// The text part, lines ended by `\n`.
    pub text: String,
}

/// Bytes of HTML at most: beyond some 102 KB Gmail hides the rest, footer included (E1).
pub const LONGEST: usize = 90_000;

/// From here on nobody should have to scroll to the end to leave.
const LONG: usize = 40_000;

/// What depends on how long the mail is.
#[derive(Debug, Clone, Copy)]
struct Length {
    /// It is the beginning of a release only.
    cut: bool,
    /// The way to leave stands at the top, too.
    long: bool,
    /// Minutes that it takes to read.
    minutes: usize,
}

/// Renders the mail. A release that is too long is cut, in both parts alike, and says where the
/// rest is.
#[must_use]
pub fn newsletter(mail: &NewsletterMail<'_>) -> Parts {
    let told = as_told(mail);
    // Of the whole release, also where the mail ends before it does.
    let minutes = ReadingTime::of(mail.document).minutes();
    // What mailboxes show is of the release as well, and no link of ours.
    let (subject, document) = (mail.subject, mail.document);
    let preview = preview::preview_line(mail.preview, mail.changed, subject, document);
    let preview = preview.unwrap_or_default();
    let mail = &NewsletterMail {
        document: &told,
        preview: Some(&preview),
        ..*mail
    };
    let mut length = Length {
        cut: false,
        long: false,
        minutes,
    };
    let whole = page(mail, length).0;
    if whole.len() <= LONG {
        return Parts {
            html: whole,
            text: text(mail, length),
        };
    }
    length.long = true;
    if whole.len() <= LONGEST {
        let html = page(mail, length).0;
        if html.len() <= LONGEST {
            let text = text(mail, length);
            return Parts { html, text };
        }
    }
    let shortened = Length {
        cut: true,
        ..length
    };
    let headline = mail.document.headline().is_some();
    let nothing = Document {
        language: mail.document.language.clone(),
        direction: mail.document.direction,
        blocks: mail.document.blocks[..usize::from(headline)].to_vec(),
    };
    let beginning = |document| NewsletterMail { document, ..*mail };
    // The frame without a text lacks the lead's own style.
    let frame = page(&beginning(&nothing), shortened).0.len() + 1_200;
    let blocks = mail.document.blocks.len();
    let room = LONGEST.saturating_sub(frame + blocks);
    match cut::to_fit(mail.document, room) {
        Some(document) => Parts {
            html: page(&beginning(&document), shortened).0,
            text: text(&beginning(&document), shortened),
        },
        None => Parts {
            html: page(mail, length).0,
            text: text(mail, length),
        },
    }
}

/// What both parts tell of the release.
fn as_told(mail: &NewsletterMail<'_>) -> Document {
    let fixed = FixedWords::of(&mail.document.language);
    let ours = direction(fixed.language);
    let spoken = reader_language(&mail.document.language).is_some();
    let url = Url::parse(mail.web_url).ok();
    let whole = url.map(|url| mail_form::WholeTable {
        url,
        label: fixed.whole_table,
        foreign: (!spoken).then_some((fixed.language, ours)),
    });
    mail_form::of(mail.document, whole.as_ref())
}

fn headline(mail: &NewsletterMail<'_>) -> String {
    let own = mail.document.headline();
    own.unwrap_or_else(|| mail.subject.to_owned())
}

fn page(mail: &NewsletterMail<'_>, length: Length) -> Markup {
    let document = mail.document;
    let fixed = FixedWords::of(&document.language);
    let headline = headline(mail);
    let content = html! {
        @let (class, size) = headline_size(&headline);
        h1 class=[class] style=(format!("margin:0 0 8px;font-size:{size}px;line-height:1.2;word-wrap:break-word")) { (headline) }
        p class="muted" lang=(fixed.language) dir=[own_direction(mail)] style=(format!("margin:0 0 20px;{SMALL}")) {
            time datetime=(mail.date) { (fixed.date(mail.date)) } " · " (fixed.time_to_read(length.minutes))
        }
        @if let Some(intro) = mail.intro {
            @for line in intro.lines() { p style="margin:0 0 16px;font-style:italic" { (line) } }
        }
        @if let Some(changed) = mail.changed {
            // A cell, because Word knows no other padding.
            table class="note" role="presentation" style="width:100%;margin:0 0 20px;border-collapse:collapse;background-color:#eef1f4" {
                tr { td style="padding:14px 16px" {
                    @for (at, line) in changed.lines().enumerate() {
                        p style=(if at == 0 { "margin:0" } else { "margin:8px 0 0" }) {
                            @if at == 0 { strong lang=(fixed.language) { (fixed.what_changed) } (space_after(fixed.what_changed)) }
                            (line)
                        }
                    }
                } }
            }
        }
        "\n"
        @for block in document_html::mail_with_lead(document, &mail.colour.to_string(), preview::lead(mail.subject, document)) { (block) "\n" }
        @if length.cut {
            p lang=(fixed.language) dir=[own_direction(mail)] style="margin:28px 0 0;font-weight:bold" { (fixed.ends_here) }
        }
        @if let Some((label, url)) = onwards(mail, fixed, length) {
            div lang=(fixed.language) dir=[own_direction(mail)] style="margin:24px 0 16px" { (frame::button(label, url, mail.colour)) }
        }
    };
    let masthead = frame::Masthead {
        office: mail.office,
        below: Some(topic(mail, fixed)),
        logo: mail.logo,
        links: masthead_links(mail, fixed, length),
    };
    frame::page(&frame::Frame {
        title: mail.subject,
        language: &document.language,
        direction: document.direction,
        words: fixed,
        colour: mail.colour,
        preview: mail.preview.filter(|preview| !preview.is_empty()),
        masthead: &masthead,
        content: &content,
        footer: &footer(mail, fixed),
    })
}

/// A sentence of several lines is no headline any more: it is smaller, on a phone too.
fn headline_size(headline: &str) -> (Option<&'static str>, u32) {
    match headline.chars().count() {
        0..=120 => (Some("head"), 30),
        121..=200 => (None, 24),
        _ => (None, 21),
    }
}

/// In a mail that runs the other way than the words that we put in, those say which way they run.
fn own_direction(mail: &NewsletterMail<'_>) -> Option<&'static str> {
    let fixed = FixedWords::of(&mail.document.language);
    (mail.document.direction.as_str() != fixed.direction).then_some(fixed.direction)
}

fn masthead_links<'a>(
    mail: &NewsletterMail<'a>,
    fixed: &'static FixedWords,
    length: Length,
) -> Vec<(&'static str, &'a str)> {
    let mut links = vec![(fixed.view_on_web, mail.web_url)];
    if length.long {
        links.push((fixed.unsubscribe, mail.unsubscribe_url));
    }
    links
}

fn footer(mail: &NewsletterMail<'_>, fixed: &'static FixedWords) -> Markup {
    const LINE: &str = "margin:0 0 12px";
    let link = format!("color:{}", mail.colour);
    html! {
        div lang=(fixed.language) dir=[own_direction(mail)] {
            p style=(LINE) { (why(mail, fixed)) }
            p style=(LINE) {
                @for (at, (label, url)) in footer_links(mail, fixed).into_iter().enumerate() {
                    // A line may end with the dot and never begins with one.
                    @if at > 0 { "\u{a0}· " }
                    a href=(url) style=(if at == 0 { format!("{link};font-weight:bold") } else { link.clone() }) { (label) }
                }
            }
            p style=(LINE) { (fixed.sent_on) (space_after(fixed.sent_on)) a href=(mail.sign_up_url) style=(link) { (fixed.get_by_email) } }
            p style=(LINE) { (frame::one_line_address(mail.office, mail.postal_address, fixed, direction(fixed.language))) }
            p style="margin:0" { (frame::in_its_way(&prepared(mail, fixed), direction(fixed.language))) }
        }
    }
}

fn text(mail: &NewsletterMail<'_>, length: Length) -> String {
    let fixed = FixedWords::of(&mail.document.language);
    let mut blocks = Vec::new();
    let way = mail.document.direction;
    let mut top = vec![
        frame::isolated(mail.office, way).into_owned(),
        frame::isolated(topic(mail, fixed), way).into_owned(),
    ];
    for (label, url) in masthead_links(mail, fixed, length) {
        top.push(fixed.labelled(label, url));
    }
    blocks.push(top.join("\n"));
    blocks.push(document_text::underlined(&headline(mail), '='));
    let (date, minutes) = (fixed.date(mail.date), fixed.time_to_read(length.minutes));
    blocks.push(format!("{date} · {minutes}"));
    if let Some(intro) = mail.intro {
        blocks.push(intro.lines().collect::<Vec<_>>().join("\n\n"));
    }
    if let Some(changed) = mail.changed {
        let joint = space_after(fixed.what_changed);
        blocks.push(format!("{}{joint}{changed}", fixed.what_changed));
    }
    blocks.push(document_text::mail(mail.document).trim_end().to_owned());
    if length.cut {
        blocks.push(fixed.ends_here.to_owned());
    }
    if let Some((label, url)) = onwards(mail, fixed, length) {
        blocks.push(fixed.labelled(label, url));
    }
    blocks.push("-".repeat(60));
    blocks.push(why(mail, fixed));
    let links = footer_links(mail, fixed);
    let links: Vec<String> = links
        .iter()
        .map(|(label, url)| fixed.labelled(label, url))
        .collect();
    blocks.push(links.join("\n"));
    let joint = space_after(fixed.sent_on);
    let sign_up = fixed.labelled(fixed.get_by_email, mail.sign_up_url);
    blocks.push(format!("{}{joint}{sign_up}", fixed.sent_on));
    let way = direction(fixed.language);
    blocks.push(frame::one_line_address_text(
        mail.office,
        mail.postal_address,
        fixed,
        way,
    ));
    blocks.push(frame::isolated(&prepared(mail, fixed), way).into_owned());
    blocks.retain(|block| !block.is_empty());
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

/// Where the release goes on, or where it was published.
fn onwards<'a>(
    mail: &NewsletterMail<'a>,
    fixed: &'static FixedWords,
    length: Length,
) -> Option<(&'static str, &'a str)> {
    if length.cut {
        Some((fixed.read_full, mail.release_url.unwrap_or(mail.web_url)))
    } else {
        mail.release_url.map(|url| (fixed.read_at_source, url))
    }
}

fn footer_links<'a>(
    mail: &NewsletterMail<'a>,
    fixed: &'static FixedWords,
) -> Vec<(&'static str, &'a str)> {
    let mut links = vec![(fixed.unsubscribe, mail.unsubscribe_url)];
    if !mail.press_list {
        links.push((fixed.preferences, mail.preferences_url));
    }
    links.push((fixed.privacy, mail.privacy_url));
    links
}

/// What stands below the office's name.
fn topic<'a>(mail: &NewsletterMail<'a>, fixed: &'static FixedWords) -> &'a str {
    if mail.press_list {
        fixed.press_list
    } else {
        mail.topic
    }
}

/// Why this reader gets it.
fn why(mail: &NewsletterMail<'_>, fixed: &FixedWords) -> String {
    if mail.press_list {
        fixed.why_press(mail.office)
    } else {
        fixed.why(mail.topic, mail.office)
    }
}

/// Who made it (C7): in the office's own words where it has some.
fn prepared(mail: &NewsletterMail<'_>, fixed: &FixedWords) -> String {
    match mail.footer {
        Some(footer) => footer.to_owned(),
        None => fixed.prepared(mail.office),
    }
}
