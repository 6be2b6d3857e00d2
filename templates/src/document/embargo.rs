//! Lines above a release that say that it is not to be published yet: an embargo, or that it is a draft.

use super::{Block, Document, Inline};

/// How far into the text such a line stands, in characters.
const WITHIN_CHARACTERS: usize = 500;

/// Characters of the longest line that is shown, and of one that is looked at from its beginning.
const LINE: usize = 200;

/// What of the line says so by itself, wherever it begins a line.
const BEGINNINGS: &[&str] = &[
    "strictly embargoed",
    "embargoed until",
    "embargoed till",
    "embargoed for",
    "under embargo",
    "hold for release",
    "hold until",
    "hold for publication",
    "not for release",
    "not for publication",
    "not for broadcast",
    "not for immediate release",
    "not for use before",
    "not for use until",
    "not to be published",
    "not to be released",
    "not to be used before",
    "do not publish",
    "do not release",
    "do not distribute",
    "do not use before",
    "draft not for",
    "draft do not",
    "embargado hasta",
    "embargada hasta",
    "embargo hasta",
    "bajo embargo",
    "no publicar",
    "no difundir",
    "no divulgar",
    "borrador no",
    "sperrfrist",
    "sperrvermerk",
    "gesperrt bis",
    "nicht zur veröffentlichung",
    "nicht veröffentlichen",
    "entwurf nicht",
    "sous embargo",
    "embargo jusqu",
    "ne pas publier",
    "ne pas diffuser",
    "à ne pas publier",
    "à ne pas diffuser",
    "projet ne pas",
    "brouillon ne pas",
    "sotto embargo",
    "embargo fino",
    "non pubblicare",
    "da non pubblicare",
    "non diffondere",
    "da non diffondere",
    "bozza non",
    "embargado até",
    "sob embargo",
    "embargo até",
    "não publicar",
    "não divulgar",
    "rascunho não",
    "onder embargo",
    "embargo tot",
    "niet publiceren",
    "niet voor publicatie",
    "niet verspreiden",
    "concept niet",
    "엠바고",
    "보도 금지",
    "보도금지",
    "보도 유예",
    "禁发",
    "禁發",
    "新闻禁发",
    "限时发布",
    "限時發布",
    "解禁时间",
    "解禁時間",
    "请勿提前发布",
    "請勿提前發布",
    "không công bố trước",
    "không phổ biến trước",
    "cấm công bố",
    "cấm phổ biến",
    "cấm đăng trước",
    "bản nháp không",
    "dự thảo không",
];

/// Lines of nothing else.
const WHOLE: &[&str] = &[
    "embargo",
    "embargoed",
    "draft",
    "draft only",
    "confidential draft",
    "embargado",
    "borrador",
    "entwurf",
    "brouillon",
    "bozza",
    "rascunho",
    "embargado para la prensa",
    "초안",
    "草稿",
    "bản nháp",
];

/// The line that says that the release is not public yet, of its title and its beginning.
pub(super) fn line(title: &str, document: &Document) -> Option<String> {
    if title.to_lowercase().starts_with("embargoed")
        || says(title)
        || names_a_time_within(title, WITHIN_CHARACTERS)
    {
        return Some(shortened(title));
    }
    let mut found = Found {
        left: WITHIN_CHARACTERS,
        line: None,
    };
    found.in_blocks(&document.blocks);
    found.line
}

fn shortened(line: &str) -> String {
    crate::shortened::shortened(line.trim(), LINE)
}

struct Found {
    left: usize,
    line: Option<String>,
}

impl Found {
    fn in_blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            for run in block.runs() {
                let mut text = String::new();
                push_lines(run, &mut text);
                for line in text.lines() {
                    if self.left == 0 || self.line.is_some() {
                        return;
                    }
                    if says(line) || names_a_time_within(line, self.left) {
                        self.line = Some(shortened(line));
                    }
                    self.left = self.left.saturating_sub(line.chars().count());
                }
            }
            for inner in block.inner() {
                self.in_blocks(inner);
            }
            if self.left == 0 || self.line.is_some() {
                return;
            }
        }
    }
}

fn push_lines(run: &[Inline], text: &mut String) {
    for inline in run {
        match inline {
            Inline::Text(words) => text.push_str(words),
            Inline::LineBreak => text.push('\n'),
            other => push_lines(other.inner(), text),
        }
    }
}

/// Whether the line says so: it begins with it, or says in its middle until when.
fn says(line: &str) -> bool {
    /// A release may be about an embargo: with a time it says when this one ends.
    const WITH_A_TIME: &[&str] = &["embargo", "embargoed", "embargado", "embargada", "frei ab"];
    let key = key(line
        .get(..line.floor_char_boundary(4 * LINE))
        .unwrap_or(line));
    let begins = |with: &str| {
        key.strip_prefix(with)
            .is_some_and(|rest| !with.is_ascii() || !rest.starts_with(char::is_alphanumeric))
    };
    let has_time = || key.chars().any(char::is_numeric) && key.split(' ').count() <= 16;
    WHOLE.contains(&key.as_str())
        || BEGINNINGS.iter().any(|beginning| begins(beginning))
        || (WITH_A_TIME.iter().any(|beginning| begins(beginning)) && has_time())
}

/// Whether it is said within a sentence, that begins in the first characters.
fn names_a_time_within(line: &str, characters: usize) -> bool {
    const WORDS: &[&str] = &["embargoed until", "embargo until", "under embargo"];
    let end = line.char_indices().nth(2 * LINE + WITHIN_CHARACTERS);
    let small = line
        .get(..end.map_or(line.len(), |(at, _)| at))
        .unwrap_or_default()
        .to_lowercase();
    WORDS
        .iter()
        .filter_map(|words| small.find(words))
        .any(|at| small.get(..at).unwrap_or_default().chars().count() < characters)
}

/// The words in small letters with one space between them.
fn key(line: &str) -> String {
    let words = line
        .split(|c: char| !(c.is_alphanumeric() || c == '’' || c == '\''))
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_says_when_it_may_be_used_is_known_in_the_languages_of_offices() {
        for line in [
            "EMBARGOED UNTIL 10:00 A.M. ET, TUESDAY, DECEMBER 8, 2026",
            "HOLD FOR RELEASE UNTIL DEC. 8, 2026",
            "Embargo: 00:01 Tuesday 8 December 2026",
            "Not for publication or broadcast before 10 a.m. on December 8, 2026",
            "*** DRAFT – NOT FOR RELEASE ***",
            "Draft",
            "Sperrfrist: 8. Dezember 2026, 10 Uhr",
            "Embargado hasta el 8 de diciembre",
            "No publicar antes del 8 de diciembre",
            "Sous embargo jusqu’au 8 décembre",
            "Embargo jusqu'au 8 décembre, 10 h",
            "Sotto embargo fino all’8 dicembre",
            "Não divulgar antes de 8 de dezembro",
            "Onder embargo tot 8 december, 10.00 uur",
            "엠바고: 12월 8일 오전 10시",
            "限时发布：12月8日10时",
            "Không công bố trước ngày 8/12",
        ] {
            assert!(says(line), "{line}");
        }
        for line in [
            "FOR IMMEDIATE RELEASE",
            "The embargo on grain ended on Monday.",
            "Embargo on Russian oil: what the council decided",
            "Draft plan for 12 parks is out",
            "Draft environmental report released",
            "Holding banks accountable",
            "The county does not publish names.",
            "Entwurf des Haushalts 2027 liegt aus",
            "Conceptbegroting 2027",
        ] {
            assert!(!says(line), "{line}");
        }
    }
}
