//! The newsletter: one release as a mail, in HTML and in text, both with the same words.

use jiff::civil::Date;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::words::FixedWords;
use crate::{
    Colour,
    document::{Block, Direction, Document, cut, html as document_html, text as document_text},
};

/// Everything that the mail says. All addresses are absolute.
#[derive(Debug, Clone, Copy)]
pub struct NewsletterMail<'a> {
    /// The release's title.
    pub subject: &'a str,
    /// The release.
    pub document: &'a Document,
    /// When the office published it, in the office's zone.
    pub date: Date,
    /// Whose newsletter it is.
    pub office: &'a str,
    /// Of the band and of links; see [`Colour::is_readable`].
    pub colour: Colour,
    /// What stands beside the office's name.
    pub logo: Option<Logo<'a>>,
    /// One or more lines.
    pub postal_address: &'a str,
    /// What the subscriber asked for.
    pub topic: &'a str,
    /// Where they asked: a host name.
    pub asked_at: &'a str,
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

/// The office's logo: decoration, because the office's name stands beside it.
#[derive(Debug, Clone, Copy)]
pub struct Logo<'a> {
    /// On our own origin.
    pub url: &'a str,
    /// The image's own width in pixels.
    pub width: u32,
    /// The image's own height in pixels.
    pub height: u32,
}

impl Logo<'_> {
    /// The size at which it is shown: 56 pixels high, and no wider than leaves room for a name.
    #[must_use]
    pub fn shown(&self) -> (u32, u32) {
        const HIGH: u32 = 56;
        const WIDE: u32 = 168;
        let (width, height) = (self.width.max(1), self.height.max(1));
        if width * HIGH <= WIDE * height {
            ((width * HIGH / height).max(1), HIGH)
        } else {
            (WIDE, (height * WIDE / width).max(1))
        }
    }
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

/// Renders the mail. A release that is too long is cut, in both parts alike, and says where the
/// rest is.
#[must_use]
pub fn newsletter(mail: &NewsletterMail<'_>) -> Parts {
    let whole = page(mail, false, false).0;
    if whole.len() <= LONG {
        return Parts {
            html: whole,
            text: text(mail, false, false),
        };
    }
    if whole.len() <= LONGEST {
        let html = page(mail, false, true).0;
        if html.len() <= LONGEST {
            let text = text(mail, false, true);
            return Parts { html, text };
        }
    }
    let nothing = Document {
        language: mail.document.language.clone(),
        direction: mail.document.direction,
        blocks: Vec::new(),
    };
    let beginning = |document| NewsletterMail { document, ..*mail };
    // The preheader is the beginning of the text, so the frame without a text lacks it.
    let frame = page(&beginning(&nothing), true, true).0.len() + 1_000;
    let blocks = mail.document.blocks.len();
    let room = LONGEST.saturating_sub(frame + blocks);
    match cut::to_fit(mail.document, room) {
        Some(document) => Parts {
            html: page(&beginning(&document), true, true).0,
            text: text(&beginning(&document), true, true),
        },
        None => Parts {
            html: page(mail, false, true).0,
            text: text(mail, false, true),
        },
    }
}

/// The first words of the release, for the line that mailboxes show beside the subject (E5). They
/// are visible: hidden text is what spammers do.
#[must_use]
pub fn preheader(document: &Document) -> Option<String> {
    const MOST: usize = 110;
    let lead = first_paragraph(&document.blocks)?;
    if lead.chars().count() <= MOST {
        return Some(lead);
    }
    let beginning: String = lead.chars().take(MOST - 1).collect();
    // Between words, where the language has spaces between its words.
    let end = beginning
        .rfind(' ')
        .filter(|end| *end > beginning.len() / 2);
    let end = end.unwrap_or(beginning.len());
    Some(format!("{}…", beginning[..end].trim_end()))
}

fn first_paragraph(blocks: &[Block]) -> Option<String> {
    blocks.iter().find_map(|block| match block {
        Block::Paragraph(text) => {
            let says = crate::document::plain(text);
            let says = says.split([' ', '\n']).filter(|word| !word.is_empty());
            let says = says.collect::<Vec<_>>().join(" ");
            (!says.is_empty()).then_some(says)
        }
        Block::Quote(blocks) => first_paragraph(blocks),
        Block::Passage(passage) => first_paragraph(&passage.blocks),
        _ => None,
    })
}

// Progressive only: a client that drops it shows the light colours below (E3). Windows Mail wants a
// space before `!important`.
fn style(colour: Colour) -> String {
    let link = colour.on_dark();
    let sheet = Colour::DARK_SHEET;
    format!(
        ":root{{color-scheme:light dark;supported-color-schemes:light dark}}\
         @media (prefers-color-scheme:dark){{\
         .page{{background-color:#101418 !important}}\
         .sheet{{background-color:{sheet} !important;color:#f1f3f5 !important}}\
         .muted{{color:#c4ccd4 !important}}\
         .sheet a{{color:{link} !important}}}}\
         [data-ogsb] .page{{background-color:#101418 !important}}\
         [data-ogsb] .sheet{{background-color:{sheet} !important}}\
         [data-ogsc] .sheet{{color:#f1f3f5 !important}}\
         [data-ogsc] .muted{{color:#c4ccd4 !important}}\
         [data-ogsc] .sheet a{{color:{link} !important}}"
    )
}

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5";
const LINE: &str = "margin:0 0 8px";

// Word, which Outlook for Windows renders with, knows no max-width, no padding but a cell's, and
// forgets the font in every table: one table of three rows, for its eyes only, holds the column (E2).
const GHOST_FONT: &str =
    "<!--[if mso]><style>td,th{font-family:Arial,sans-serif;font-size:16px}</style><![endif]-->";
const GHOST_TABLE: &str = "<!--[if mso]><table role=\"presentation\" align=\"center\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#ffffff\"><tr><td style=\"padding:16px 24px 8px\"><![endif]-->";
const GHOST_CONTENT: &str =
    "<!--[if mso]></td></tr><tr><td style=\"padding:24px 24px 8px\"><![endif]-->";
const GHOST_END: &str = "<!--[if mso]></td></tr></table><![endif]-->";

fn ghost_band(colour: Colour) -> String {
    format!(
        "<!--[if mso]></td></tr><tr><td bgcolor=\"{colour}\" style=\"padding:16px 24px\"><![endif]-->"
    )
}

fn page(mail: &NewsletterMail<'_>, cut: bool, long: bool) -> Markup {
    let language = mail.document.language.as_str();
    let direction = mail.document.direction.as_str();
    let fixed = FixedWords::of(language);
    let link = format!("color:{}", mail.colour);
    html! {
        (DOCTYPE)
        html lang=(language) dir=(direction) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (mail.subject) }
                style { (PreEscaped(style(mail.colour))) }
                (PreEscaped(GHOST_FONT))
            }
            "\n"
            body style="margin:0;padding:0" {
                div class="page" lang=(language) dir=(direction) role="article" aria-roledescription="email"
                    aria-label=(mail.subject) style=(format!("padding:16px 0;background-color:#eef1f4;{FONT}")) {
                    div class="sheet" style="max-width:600px;margin:0 auto;background-color:#ffffff;color:#1b1f24" {
                        (PreEscaped(GHOST_TABLE))
                        div style="padding:16px 24px 8px" {
                            @if let Some(lead) = preheader(mail.document) {
                                p class="muted" style=(format!("{LINE};color:#4a5560")) { (lead) }
                            }
                            @if long {
                                p lang=(fixed.language) dir=[own_direction(mail)] style=(LINE) { a href=(mail.unsubscribe_url) style=(link) { (fixed.unsubscribe) } }
                            }
                        }
                        "\n" (PreEscaped(ghost_band(mail.colour)))
                        (band(mail))
                        "\n" (PreEscaped(GHOST_CONTENT))
                        div style="padding:24px 24px 8px" {
                            p class="muted" style=(format!("{LINE};color:#4a5560")) {
                                (mail.topic) " · " time datetime=(mail.date) lang=(fixed.language) { (fixed.date(mail.date)) }
                            }
                            h1 style="margin:0 0 20px;font-size:26px;line-height:1.25" { (mail.subject) }
                            "\n"
                            @for block in document_html::mail_blocks(mail.document, &mail.colour.to_string()) { (block) "\n" }
                            @if let Some((label, url)) = onwards(mail, fixed, cut) {
                                p lang=(fixed.language) dir=[own_direction(mail)] style="margin:24px 0 16px;font-weight:bold" { a href=(url) style=(link) { (label) } }
                            }
                        }
                        "\n"
                        (footer(mail, fixed, &link))
                        (PreEscaped(GHOST_END))
                    }
                }
            }
        }
        "\n"
    }
}

/// Whose mail it is.
fn band(mail: &NewsletterMail<'_>) -> Markup {
    let name = "color:#ffffff;font-size:20px;line-height:1.3;font-weight:bold";
    html! {
        div style=(format!("padding:16px 24px;background-color:{};{name}", mail.colour)) {
            @match mail.logo {
                None => (mail.office),
                Some(logo) => {
                    @let (width, height) = logo.shown();
                    table role="presentation" style="border-collapse:collapse" {
                        tr {
                            // A plate of its own: a dark seal must not drown in the band (E4).
                            td style="padding:4px;background-color:#ffffff;vertical-align:middle" {
                                img src=(logo.url) alt="" width=(width) height=(height) style="display:block;border:0";
                            }
                            td style=(format!("padding:0 16px;vertical-align:middle;{name}")) { (mail.office) }
                        }
                    }
                }
            }
        }
    }
}

/// The languages that we speak ourselves run from left to right, whatever the release's does.
fn own_direction(mail: &NewsletterMail<'_>) -> Option<&'static str> {
    (mail.document.direction == Direction::Rtl).then_some("ltr")
}

fn footer(mail: &NewsletterMail<'_>, fixed: &'static FixedWords, link: &str) -> Markup {
    html! {
        div class="muted" lang=(fixed.language) dir=[own_direction(mail)] style="margin:0 24px;padding:16px 0;border-top:1px solid #8a94a0;color:#4a5560" {
            p style="margin:0 0 16px" { (why(mail, fixed)) }
            @for (label, url) in footer_links(mail, fixed) {
                p style=(LINE) { a href=(url) style=(link) { (label) } }
            }
            p style="margin:16px 0 8px" {
                (mail.office)
                @for line in mail.postal_address.lines() { br; (line) }
            }
            p style=(LINE) { (prepared(mail, fixed)) }
        }
    }
}

fn text(mail: &NewsletterMail<'_>, cut: bool, long: bool) -> String {
    let fixed = FixedWords::of(&mail.document.language);
    let mut blocks = Vec::new();
    let mut top: Vec<String> = preheader(mail.document).into_iter().collect();
    if long {
        top.push(format!("{}: {}", fixed.unsubscribe, mail.unsubscribe_url));
    }
    blocks.push(top.join("\n"));
    blocks.push(format!(
        "{}\n{} · {}",
        mail.office,
        mail.topic,
        fixed.date(mail.date)
    ));
    blocks.push(mail.subject.to_owned());
    blocks.push(document_text::mail(mail.document).trim_end().to_owned());
    if let Some((label, url)) = onwards(mail, fixed, cut) {
        blocks.push(format!("{label}: {url}"));
    }
    blocks.push("-".repeat(60));
    blocks.push(why(mail, fixed));
    let links = footer_links(mail, fixed);
    let links: Vec<String> = links
        .iter()
        .map(|(label, url)| format!("{label}: {url}"))
        .collect();
    blocks.push(links.join("\n"));
    let postal: Vec<&str> = mail.postal_address.lines().map(str::trim).collect();
    blocks.push(format!("{}\n{}", mail.office, postal.join("\n")));
    blocks.push(prepared(mail, fixed));
    blocks.retain(|block| !block.is_empty());
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

/// Where the release goes on, or where it was published.
fn onwards<'a>(
    mail: &NewsletterMail<'a>,
    fixed: &'static FixedWords,
    cut: bool,
) -> Option<(&'static str, &'a str)> {
    if cut {
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
    links.push((fixed.view_on_web, mail.web_url));
    links.push((fixed.privacy, mail.privacy_url));
    links
}

/// Why this reader gets it.
fn why(mail: &NewsletterMail<'_>, fixed: &FixedWords) -> String {
    if mail.press_list {
        fixed.why_press(mail.office)
    } else {
        fixed.why(mail.topic, mail.asked_at, mail.office)
    }
}

/// Who made it (C7): in the office's own words where it has some.
fn prepared(mail: &NewsletterMail<'_>, fixed: &FixedWords) -> String {
    match mail.footer {
        Some(footer) => footer.to_owned(),
        None => fixed.prepared(mail.office),
    }
}
