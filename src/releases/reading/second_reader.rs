//! A second reader as a brake: another library, which knows nothing of ours, reads each page too.
//! Where the two say different words, one of them is wrong, and a person looks before anything
//! goes out by itself.
//!
//! It is Mozilla's Readability, as `dom_smoothie` has it: no table of ours is in it, and it works on
//! the same kind of tree, so it costs little. It only ever holds; what is mailed is what our reader
//! found.

use std::collections::HashMap;

use dom_query::{Document as Page, NodeRef};
use dom_smoothie::{Article, Config, Readability};
use gazette_templates::{Document, document::words};

use super::{budget, collapsed, elements::is_heading, lines};

/// The share of words above which the two readers count as disagreeing. Measured on the fixtures:
/// see `the_second_reader_holds_fewer_than_one_good_release_in_twenty`.
pub const MOST_DISAGREEING: f64 = 0.25;

/// What it calls an article that has fewer letters is none: the text comes by script, or is in data
/// that this reader does not look at.
const FEWEST_LETTERS: usize = 100;

/// What the second reader made of a page, beside what ours made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SecondReading {
    /// The share of the words of both that only one of them has: 0 where they agree, 1 where they
    /// have nothing in common.
    pub disagreeing: f64,
    /// What our reader says that the release is.
    pub ours: String,
    /// What the other one says.
    pub theirs: String,
}

impl SecondReading {
    /// Whether a person should look at both.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.disagreeing > MOST_DISAGREEING
    }

    /// The same share of 100 words.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between 0 and 1"
    )]
    pub fn percent(&self) -> u8 {
        (self.disagreeing.clamp(0.0, 1.0) * 100.0).round() as u8
    }
}

/// Reads `html` a second time, and compares it with the `document` that was made of it, called
/// `title`. `None`: the second reader found nothing that it would call an article, or could not read it
/// in time, so that it has no say.
#[must_use]
pub fn second_reading(html: &str, title: &str, document: &Document) -> Option<SecondReading> {
    let config = Config {
        // Short releases are releases, too.
        char_threshold: 100,
        ..Config::default()
    };
    let mut markup = budget::within_budget(html).html;
    if is_slow_to_write(&markup) {
        markup = without_signs(&markup);
        if has_slow_tag(&markup) {
            return None;
        }
    }
    let page = Page::from(markup);
    // What a button opens is open to both, and menus are no text to anybody.
    collapsed::open(&page);
    page.select("nav").remove();
    let mut reader = Readability::with_document(page, None, Some(config)).ok()?;
    let article = reader.parse().ok()?;

    let theirs = without_cards(&article);
    let theirs = without_title(theirs.as_deref().unwrap_or(&article.text_content), title);
    let ours = words::of_document(document).join(" ");
    if theirs.chars().count() < FEWEST_LETTERS {
        return None;
    }
    Some(SecondReading {
        disagreeing: disagreeing(&ours, &theirs),
        ours,
        theirs,
    })
}

/// What it says without cards of others, boxes with one heading that is a link: where a statement is short, it takes
/// those below it, too.
fn without_cards(article: &Article) -> Option<String> {
    const MOST: usize = 2_000;
    let page = Page::from(article.content.to_string());
    let is_link = |heading: &NodeRef| {
        let says = heading.text();
        heading
            .descendants_it()
            .take(4)
            .any(|below| below.has_name("a") && below.text().trim() == says.trim())
    };
    let headings: Vec<NodeRef> = page
        .root()
        .descendants_it()
        .take(MOST)
        .filter(|node| node.is_element() && is_heading(node) && is_link(node))
        .collect();
    let cards: Vec<NodeRef> = headings
        .iter()
        .filter_map(NodeRef::parent)
        .filter(|card| card.descendants_it().filter(is_heading).take(2).count() == 1)
        .collect();
    if cards.len() < 2 {
        return None;
    }
    for card in cards {
        card.remove_from_parent();
    }
    Some(page.text().to_string())
}

/// The second reader writes what it found as HTML, and `html5ever` looks through the rest of a text
/// anew for each `&` and each letter that begins with the octet of a no-break space.
fn is_slow_to_write(markup: &str) -> bool {
    const MOST_IN_ONE_TEXT: usize = 2_000;
    let looked_for = |piece: &str| {
        piece
            .bytes()
            .filter(|byte| matches!(byte, b'&' | 0xC2))
            .count()
    };
    markup
        .split('<')
        .any(|piece| looked_for(piece) > MOST_IN_ONE_TEXT)
}

/// Whether a tag has as many of them, as in the address of a link: those stay.
fn has_slow_tag(markup: &str) -> bool {
    const MOST_IN_ONE_TAG: usize = 2_000;
    markup.split('<').any(|piece| {
        let tag = piece.split('>').next().unwrap_or_default();
        tag.bytes()
            .filter(|byte| matches!(byte, b'&' | 0xC2))
            .count()
            > MOST_IN_ONE_TAG
    })
}

/// The markup without the signs that are slow to write and are no words: `&`, spaces that do not break, and
/// marks like `«` and `§`. The readers are compared by their words alone. Entities that are letters or
/// quotation marks once they are read stay.
fn without_signs(markup: &str) -> String {
    let mut light = String::with_capacity(markup.len());
    let mut rest = markup;
    let mut in_tag = false;
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        match first {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ => {}
        }
        if !in_tag && first == '&' {
            let (entity, is_letter) = entity(rest);
            taken = entity.len();
            light.push_str(if is_letter { entity } else { " " });
        } else if !in_tag && ('\u{80}'..'\u{c0}').contains(&first) {
            light.push(' ');
        } else {
            light.push(first);
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    light
}

/// The entity that the text begins with, and whether it is none of the signs that are slow to write. What is
/// no entity is its `&` alone.
fn entity(text: &str) -> (&str, bool) {
    const LONGEST: usize = 10;
    const ENDINGS: &[&str] = &[
        "acute", "grave", "circ", "uml", "tilde", "ring", "cedil", "slash", "caron", "lig",
    ];
    const OTHERS: &[&str] = &[
        "lt", "gt", "quot", "apos", "eth", "thorn", "rsquo", "lsquo", "sbquo", "ldquo", "rdquo",
        "bdquo", "lsaquo", "rsaquo", "ndash", "mdash", "hellip", "bull", "euro", "trade",
    ];
    let Some(end) = text.bytes().take(LONGEST + 2).position(|byte| byte == b';') else {
        return (text.get(..1).unwrap_or_default(), false);
    };
    let Some(name) = text
        .get(1..end)
        .filter(|name| !name.contains([' ', '&', '<']))
    else {
        return (text.get(..1).unwrap_or_default(), false);
    };
    let number = name.strip_prefix('#').map(|number| {
        let hex = number.strip_prefix(['x', 'X']);
        hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16))
            .unwrap_or_default()
    });
    let is_letter = if let Some(number) = number {
        number > 0xBF || (0x30..0x7F).contains(&number)
    } else {
        let name = name.to_ascii_lowercase();
        // `&uml;` alone is a sign.
        OTHERS.contains(&name.as_str())
            || ENDINGS
                .iter()
                .any(|ending| name.len() > ending.len() && name.ends_with(ending))
    };
    (text.get(..=end).unwrap_or_default(), is_letter)
}

/// The lines without the headline, which our documents have apart.
fn without_title(text: &str, title: &str) -> String {
    let title = lines::title_key(title);
    let lines: Vec<String> = text
        .lines()
        .map(lines::one_line)
        .filter(|line| !line.trim().is_empty() && lines::title_key(line) != title)
        .collect();
    lines.join("\n")
}

/// How much of the words of both only one of them has.
fn disagreeing(ours: &str, theirs: &str) -> f64 {
    let mut counts: HashMap<String, i64> = HashMap::new();
    let mut total = 0_u64;
    for (text, step) in [(ours, 1), (theirs, -1)] {
        for word in pieces(&lines::title_key(text)) {
            *counts.entry(word).or_default() += step;
            total += 1;
        }
    }
    if total == 0 {
        return 0.0;
    }
    let apart: u64 = counts.values().map(|count| count.unsigned_abs()).sum();
    apart as f64 / total as f64
}

/// Words; of scripts that do not part them, single characters.
pub(in crate::releases) fn pieces(key: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for word in key.split(' ').filter(|word| !word.is_empty()) {
        if word.chars().any(|c| ('\u{2e80}'..'\u{ac00}').contains(&c)) {
            pieces.extend(word.chars().map(String::from));
        } else {
            pieces.push(word.to_owned());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_full_of_signs_is_read_a_second_time_all_the_same() {
        let sentence = "The mayor of Milltown &amp; the council said on Monday that the bridge & the road \
            open again\u{a0}soon «for good», as §&nbsp;4 has it. ";
        let page = format!(
            "<html><body><article><h1>Bridge</h1><p>{}</p></article></body></html>",
            sentence.repeat(1_500)
        );
        assert!(is_slow_to_write(&page));
        let reading = crate::releases::reading::page(&page, None);
        let second = second_reading(&page, "Bridge", &reading.document).expect("it has a say");
        assert!(second.disagreeing < 0.02, "{}", second.disagreeing);
        // Attributes and other entities are left as they are.
        assert_eq!(
            without_signs(
                "<a href=\"/x?a=1&b=2\">R&eacute;gie & Söhne&NBSP;AG &#167; 4, AT&T; &#8217;</a>"
            ),
            "<a href=\"/x?a=1&b=2\">R&eacute;gie   Söhne AG   4, AT  &#8217;</a>"
        );
    }

    #[test]
    fn a_page_that_writes_its_letters_as_entities_is_read_a_second_time() {
        let sentence = "La r&eacute;gion a d&eacute;cid&eacute; d&rsquo;ouvrir l&agrave; un pont &#233;troit. ";
        let page = format!(
            "<html><body><article><h1>Pont</h1><p>{}</p></article></body></html>",
            sentence.repeat(800)
        );
        let reading = crate::releases::reading::page(&page, None);
        let second = second_reading(&page, "Pont", &reading.document).expect("it has a say");
        assert!(second.disagreeing < 0.02, "{}", second.disagreeing);
    }

    #[test]
    fn words_that_only_one_reader_has_are_counted() {
        let share = |ours, theirs| disagreeing(ours, theirs);
        assert!(share("the bridge opens", "The bridge opens.") < 0.001);
        assert!((share("one two three four", "one two") - 2.0 / 6.0).abs() < 0.001);
        assert!((share("one", "two") - 1.0).abs() < 0.001);
        assert!(share("桥梁开放", "桥梁 开放") < 0.001);
        assert!(share("", "") < 0.001);
    }
}
