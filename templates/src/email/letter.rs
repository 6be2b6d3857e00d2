//! A mail about one matter to one person: what it is about, one button, and what else there is to
//! know. In HTML and in text, with the same words.

use maud::{Markup, html};

use super::{
    frame::{self, Frame, Masthead},
    newsletter::Parts,
    preview,
    words::{FixedWords, space_after},
};
use crate::{Colour, document::text as document_text, reader_language::direction};

/// Whose mail it is.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The office's name.
    pub office: &'a str,
    /// Its colour.
    pub colour: Colour,
    /// One or more lines.
    pub postal_address: &'a str,
}

/// One step that a reader can take.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What it does.
    pub label: &'a str,
    /// Where.
    pub url: &'a str,
}

/// One matter of a letter about several.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'a> {
    /// One line.
    pub headline: &'a str,
    /// Paragraphs, an empty line between them.
    pub text: &'a str,
    /// Where it is seen to.
    pub step: Step<'a>,
}

pub(super) struct Letter<'a> {
    /// BCP 47.
    pub(super) language: &'a str,
    pub(super) sender: Sender<'a>,
    pub(super) title: &'a str,
    /// Paragraphs; a line break in one is one.
    pub(super) opening: &'a [String],
    /// Where the letter is about several, each of them.
    pub(super) matters: &'a [Matter<'a>],
    pub(super) button: Step<'a>,
    pub(super) closing: &'a [String],
    /// A lesser step at the end, with the words before it.
    pub(super) aside: Option<(&'a str, Step<'a>)>,
}

/// Writes it.
pub(super) fn letter(letter: &Letter<'_>) -> Parts {
    Parts {
        html: in_html(letter),
        text: in_text(letter),
    }
}

/// The paragraphs of a text that has empty lines between them.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n")
        .map(|paragraph| paragraph.trim_end().to_owned())
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}

fn in_html(letter: &Letter<'_>) -> String {
    let colour = letter.sender.colour;
    let words = FixedWords::of(letter.language);
    let content = html! {
        h1 class="head" style="margin:0 0 20px;font-size:26px;line-height:1.25;word-wrap:break-word" { (letter.title) }
        (paragraphs_in_html(letter.opening, colour))
        @for matter in letter.matters {
            h2 style="margin:28px 0 8px;font-size:19px;line-height:1.3;word-wrap:break-word" { (matter.headline) }
            (paragraphs_in_html(&paragraphs(matter.text), colour))
            p style="margin:0 0 18px" { a href=(matter.step.url) style=(format!("color:{colour}")) { (matter.step.label) } }
        }
        div style="margin:4px 0 24px" { (frame::button(letter.button.label, letter.button.url, colour)) }
        (paragraphs_in_html(letter.closing, colour))
        @if let Some((before, step)) = &letter.aside {
            p style="margin:0 0 18px" { (before) (space_after(before)) a href=(step.url) style=(format!("color:{colour}")) { (step.label) } }
        }
    };
    let footer = html! {
        p style="margin:0" {
            (frame::one_line_address(letter.sender.office, letter.sender.postal_address, words, direction(letter.language)))
        }
    };
    let masthead = Masthead {
        office: letter.sender.office,
        below: None,
        logo: None,
        links: Vec::new(),
    };
    let first = letter.opening.first().map(String::as_str);
    let first = first.or(letter.matters.first().map(|matter| matter.text));
    frame::page(&Frame {
        title: letter.title,
        language: letter.language,
        direction: direction(letter.language),
        words,
        colour,
        preview: first.and_then(preview::fit_for_mailbox).as_deref(),
        masthead: &masthead,
        content: &content,
        footer: &footer,
    })
    .0
}

fn paragraphs_in_html(paragraphs: &[String], colour: Colour) -> Markup {
    html! {
        @for paragraph in paragraphs {
            p style="margin:0 0 18px;word-wrap:break-word" {
                @for (at, line) in paragraph.lines().enumerate() {
                    @if at > 0 { br; }
                    @let line = line.trim();
                    @if line.starts_with("https://") && !line.contains(' ') {
                        a href=(line) style=(format!("color:{colour}")) { (line) }
                    } @else {
                        (line)
                    }
                }
            }
        }
    }
}

fn in_text(letter: &Letter<'_>) -> String {
    let words = FixedWords::of(letter.language);
    let in_a_line = |step: Step<'_>| words.labelled(step.label, step.url);
    let mut blocks = vec![document_text::underlined(letter.title, '=')];
    blocks.extend(letter.opening.iter().cloned());
    for matter in letter.matters {
        blocks.push(document_text::underlined(matter.headline, '-'));
        blocks.extend(paragraphs(matter.text));
        blocks.push(in_a_line(matter.step));
    }
    blocks.push(in_a_line(letter.button));
    blocks.extend(letter.closing.iter().cloned());
    if let Some((before, step)) = &letter.aside {
        let joint = space_after(before);
        blocks.push(format!("{before}{joint}{}", in_a_line(*step)));
    }
    let way = direction(letter.language);
    blocks.push(format!(
        "-- \n{}\n{}",
        frame::isolated(letter.sender.office, way),
        frame::isolated(letter.sender.postal_address, way)
    ));
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::*;
    use crate::{document::words, email, pages::words::Words, reader_language::READER_LANGUAGES};

    fn sender() -> Sender<'static> {
        Sender {
            office: "Office of Rep. Jane Doe",
            colour: Colour::DEFAULT,
            postal_address: "1 Main Street\nMilltown, XY 00001",
        }
    }

    fn of_readers() -> Vec<Parts> {
        let mut letters = Vec::new();
        for language in READER_LANGUAGES {
            let words = Words::of(language);
            let until = words.day_and_time(datetime(2026, 2, 26, 14, 5, 0, 0), "PST");
            let mail = email::ConfirmationMail {
                sender: sender(),
                when: "February 24, 2026, 2:05 p.m. PST",
                page: "https://news.example.gov/",
                confirm_url: "https://news.example.gov/confirm/TOKEN",
                never_url: "https://news.example.gov/never/TOKEN",
                until: &until,
            };
            let (subject, parts) = email::confirmation(words, &mail);
            assert!(subject.contains("Jane Doe"));
            let link = email::PersonalLinkMail {
                sender: sender(),
                title: words.manage_title,
                asked: &words.manage_mail("Jane Doe"),
                button: Step {
                    label: words.manage_title,
                    url: "https://news.example.gov/manage/TOKEN",
                },
                until: &until,
            };
            let link = email::personal_link(words, &link);
            for parts in [&parts, &link] {
                let way = if language == "ar" { "rtl" } else { "ltr" };
                let html = format!("<html lang=\"{language}\" dir=\"{way}\">");
                assert!(parts.html.contains(&html), "{language}");
                assert!(parts.text.contains(&until) && parts.html.contains(&until));
            }
            letters.extend([parts, link]);
        }
        letters
    }

    fn of_staff() -> Vec<Parts> {
        use email::staff::{Invitation, Occasion, invitation, notice, notices};
        let mut letters = Vec::new();
        for (occasion, says) in [
            (
                Occasion::Invited(Some("ana@example.gov")),
                "ana@example.gov invited you to the newsletter console of the Office of Rep. Jane Doe as an approver",
            ),
            (
                Occasion::Invited(None),
                "You are invited to the newsletter console of the Office of Rep. Jane Doe as an approver",
            ),
            (
                Occasion::NewLink(Some("ana@example.gov")),
                "ana@example.gov sends you a new link to the newsletter console",
            ),
            (
                Occasion::Forgotten,
                "A new password was requested for your account",
            ),
        ] {
            let parts = invitation(
                sender(),
                &Invitation {
                    occasion,
                    role: "approver",
                    may: "approve newsletters",
                    until: "February 25, 2026, 2:05 p.m. PST",
                    link: "https://news.example.gov/staff/welcome/TOKEN",
                    console: "https://news.example.gov/staff",
                },
            );
            let once = "The link works once, until February 25, 2026, 2:05 p.m. PST.";
            assert!(parts.text.contains(says), "{}", parts.text);
            assert!(parts.text.contains(once) && parts.html.contains(once));
            letters.push(parts);
        }
        let step = Step {
            label: "See all that wait",
            url: "https://news.example.gov/staff/releases",
        };
        let choose = Step {
            label: "Choose which emails you get",
            url: "https://news.example.gov/staff/notices",
        };
        let text = "Gazette stopped at these.\n\nA bridge <opens>\n  It reads like campaigning.\n  https://news.example.gov/staff/releases/1";
        let matter = Matter {
            headline: "Please review: A bridge",
            text,
            step,
        };
        letters.push(notice(sender(), &matter, choose));
        letters.push(notices(
            sender(),
            "Please review: A bridge (and 1 more)",
            &[matter, matter],
            Some("… and 3 more."),
            step,
            choose,
        ));
        letters
    }

    #[test]
    fn every_letter_has_one_button_and_says_the_same_in_both_parts() {
        for parts in of_readers().into_iter().chain(of_staff()) {
            assert_eq!(parts.html.matches("class=\"go\"").count(), 1);
            assert!(!parts.html.contains("<img") && !parts.html.contains("<script"));
            assert_eq!(words::of_html(&parts.html), {
                // The masthead names the office, which the text leaves to From.
                let mut all = words::of_text("Office of Rep. Jane Doe", "en");
                all.extend(words::of_text(&parts.text, "en"));
                all
            });
            // In Arabic each line says that it runs from left to right.
            let plain = parts.text.replace(['\u{2066}', '\u{2069}'], "");
            assert!(
                plain.contains(
                    "\n-- \nOffice of Rep. Jane Doe\n1 Main Street\nMilltown, XY 00001\n"
                )
            );
            let arabic = parts.html.contains("<html lang=\"ar\"");
            let runs = "<span dir=\"ltr\">1 Main Street, Milltown, XY 00001</span>";
            assert_eq!(parts.html.contains(runs), arabic);
            assert_eq!(
                parts.text.contains("\n\u{2066}1 Main Street\u{2069}\n"),
                arabic
            );
        }
    }
}
