//! A mail about one matter to one person: what it is about, one button, and what else there is to
//! know. In HTML and in text, with the same words.

use maud::html;

use super::{
    frame::{self, Frame, Masthead},
    newsletter::Parts,
    words::FixedWords,
};
use crate::{Colour, document::Direction};

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

pub(super) struct Letter<'a> {
    /// BCP 47; the languages of letters run from left to right.
    pub(super) language: &'a str,
    pub(super) sender: Sender<'a>,
    pub(super) title: &'a str,
    /// Paragraphs; a line break in one is one.
    pub(super) opening: &'a [String],
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

fn in_html(letter: &Letter<'_>) -> String {
    let colour = letter.sender.colour;
    let paragraphs = |paragraphs: &[String]| {
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
    };
    let content = html! {
        h1 class="head" style="margin:0 0 20px;font-size:26px;line-height:1.25;word-wrap:break-word" { (letter.title) }
        (paragraphs(letter.opening))
        div style="margin:4px 0 24px" { (frame::button(letter.button.label, letter.button.url, colour)) }
        (paragraphs(letter.closing))
        @if let Some((before, step)) = &letter.aside {
            p style="margin:0 0 18px" { (before) " " a href=(step.url) style=(format!("color:{colour}")) { (step.label) } }
        }
    };
    let footer = html! {
        p style="margin:0" { (frame::one_line_address(letter.sender.office, letter.sender.postal_address)) }
    };
    let masthead = Masthead {
        office: letter.sender.office,
        below: None,
        logo: None,
        links: Vec::new(),
    };
    frame::page(&Frame {
        title: letter.title,
        language: letter.language,
        direction: Direction::Ltr,
        words: FixedWords::of(letter.language),
        colour,
        preview: letter.opening.first().map(String::as_str),
        masthead: &masthead,
        content: &content,
        footer: &footer,
    })
    .0
}

fn in_text(letter: &Letter<'_>) -> String {
    let mut blocks = vec![letter.title.to_owned()];
    blocks.extend(letter.opening.iter().cloned());
    blocks.push(format!("{}: {}", letter.button.label, letter.button.url));
    blocks.extend(letter.closing.iter().cloned());
    if let Some((before, step)) = &letter.aside {
        blocks.push(format!("{before} {}: {}", step.label, step.url));
    }
    blocks.push(format!(
        "-- \n{}\n{}",
        letter.sender.office, letter.sender.postal_address
    ));
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::words, email, pages::words::Words};

    fn sender() -> Sender<'static> {
        Sender {
            office: "Office of Rep. Jane Doe",
            colour: Colour::DEFAULT,
            postal_address: "1 Main Street\nMilltown, XY 00001",
        }
    }

    #[test]
    fn every_letter_has_one_button_and_says_the_same_in_both_parts() {
        let mut letters: Vec<Parts> = Vec::new();
        for language in ["en", "es", "ko", "vi", "zh"] {
            let mail = email::ConfirmationMail {
                sender: sender(),
                when: "February 24, 2026, 2:05 p.m. PST",
                page: "https://news.example.gov/",
                confirm_url: "https://news.example.gov/confirm/TOKEN",
                never_url: "https://news.example.gov/never/TOKEN",
                hours: 48,
            };
            let (subject, parts) = email::confirmation(Words::of(language), &mail);
            assert!(subject.contains("Jane Doe"));
            assert!(parts.html.contains(&format!("lang=\"{language}\"")));
            letters.push(parts);
        }
        letters.push(email::staff::invitation(
            sender(),
            &email::staff::Invitation {
                by: Some("ana@example.gov"),
                role: "approver",
                may: "approve newsletters",
                link: "https://news.example.gov/staff/welcome/TOKEN",
                console: "https://news.example.gov/staff",
            },
        ));
        let notice = "Gazette stopped at these.\n\nA bridge <opens>\n  It reads like campaigning.\n  https://news.example.gov/staff/releases/1";
        let step = Step {
            label: "See all that wait",
            url: "https://news.example.gov/staff/releases",
        };
        letters.push(email::staff::notice(
            sender(),
            "Please review: A bridge",
            notice,
            step,
            Step {
                label: "Choose which emails you get",
                url: "https://news.example.gov/staff/notices",
            },
        ));
        for parts in letters {
            assert_eq!(parts.html.matches("class=\"go\"").count(), 1);
            assert!(!parts.html.contains("<img") && !parts.html.contains("<script"));
            assert_eq!(words::of_html(&parts.html), {
                // The masthead names the office, which the text leaves to From.
                let mut all = words::of_text("Office of Rep. Jane Doe", "en");
                all.extend(words::of_text(&parts.text, "en"));
                all
            });
            assert!(
                parts.text.contains(
                    "\n-- \nOffice of Rep. Jane Doe\n1 Main Street\nMilltown, XY 00001\n"
                )
            );
        }
    }
}
