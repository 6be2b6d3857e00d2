//! What a release is called that has no headline.

use gazette_templates::document::Block;

use super::lines::one_line;
use super::{block_words::all_words, date_lines, dates::DateOrder, edges, runs::plain};

/// A headline for a release that has none: its first sentence without the dateline, cut at a word.
pub(super) fn first_sentence(blocks: &[Block]) -> String {
    const LONGEST: usize = 100;
    let text = blocks
        .iter()
        .filter_map(|block| match block {
            Block::Paragraph(text) | Block::Heading { text, .. } => Some(plain(text)),
            _ => None,
        })
        .find(|line| {
            line.split_whitespace().count() >= 3
                && !edges::is_front_matter(line)
                && !names_contact(line)
                && date_lines::date_of_line(line, DateOrder::default()).is_none()
        })
        .unwrap_or_else(|| all_words(blocks));
    let text = one_line(&text);
    let text = dateline(&text).map_or(text.as_str(), |(_, rest)| rest);
    let text = text
        .strip_prefix("Today, ")
        .or_else(|| text.strip_prefix("Hoy, "))
        .unwrap_or(text);
    let mut title = String::new();
    for word in text.split(' ') {
        if !title.is_empty() && title.chars().count() + 1 + word.chars().count() >= LONGEST {
            title.truncate(title.trim_end_matches([',', ';', ':', '–', '—', '-']).len());
            title.push('…');
            return title;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.extend(word.chars().take(LONGEST - 1));
        if ends_sentence(word) && title.chars().count() >= 30 {
            break;
        }
    }
    title.trim_end_matches('.').to_owned()
}

/// `Contact: Jane Roe`
fn names_contact(line: &str) -> bool {
    const WORDS: usize = 3;
    line.split_once(':').is_some_and(|(label, _)| {
        label.split_whitespace().count() <= WORDS && edges::is_contact_label(label)
    })
}

/// The place at the start of a release, before the dash: `Washington, DC`.
pub(super) fn dateline(paragraph: &str) -> Option<(&str, &str)> {
    for dash in [" – ", " — ", " -- ", "—", " - "] {
        if let Some((place, rest)) = paragraph.split_once(dash)
            && place.chars().count() <= 60
            && place.chars().next().is_some_and(char::is_uppercase)
            && place.split_whitespace().count() <= 8
            && !place.contains([':', ';', '?', '!', '“'])
        {
            return Some((place, rest.trim_start()));
        }
    }
    None
}

/// A full stop behind a word of four letters or more; `Rep.`, `U.S.` and `Gov.` end nothing.
fn ends_sentence(word: &str) -> bool {
    let bare = word.trim_end_matches(['”', '"', ')']);
    match bare.strip_suffix(['.', '?', '!']) {
        Some(word) => {
            word.chars().filter(|c| c.is_alphanumeric()).count() >= 4 && !word.contains('.')
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::Inline;

    use super::*;

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(vec![Inline::Text(text.to_owned())])
    }

    #[test]
    fn a_release_without_a_headline_is_called_by_its_first_sentence() {
        for (text, title) in [
            (
                "Washington, DC – Today, U.S. Representative Young Kim (CA-40), who serves as Chairwoman of the Indo-Pacific Subcommittee, led a letter to Secretary of State Antony Blinken.",
                "U.S. Representative Young Kim (CA-40), who serves as Chairwoman of the Indo-Pacific Subcommittee…",
            ),
            (
                "TUSTIN, Calif. — The county opens a second office. It stands on Main Street.",
                "The county opens a second office",
            ),
            ("Washington, D.C. – Rep. Doe voted.", "Rep. Doe voted"),
        ] {
            assert_eq!(first_sentence(&[paragraph(text)]), title);
        }
        let blocks = [
            paragraph("Contact: Jane Roe"),
            paragraph("The county opens a second office on Main Street."),
        ];
        assert_eq!(
            first_sentence(&blocks),
            "The county opens a second office on Main Street"
        );
        let endless = "x".repeat(5_000);
        assert!(first_sentence(&[paragraph(&endless)]).chars().count() <= 100);
    }
}
