//! The few tags that stand in Markdown for what it has no mark for: raised and lowered text, notes,
//! insertions, keys, abbreviations, words in another language; and bold and italics where a star would be one.

use std::fmt::Write;

use gazette_templates::document::{Direction, Inline, plain, scripts};

/// What a tag marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    Strong,
    Emphasis,
    Superscript,
    Subscript,
    Struck,
    Inserted,
    Keyboard,
    Abbreviation(String),
    Foreign(String, Direction),
}

impl Mark {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Emphasis => "em",
            Self::Superscript => "sup",
            Self::Subscript => "sub",
            Self::Struck => "del",
            Self::Inserted => "ins",
            Self::Keyboard => "kbd",
            Self::Abbreviation(_) => "abbr",
            Self::Foreign(..) => "span",
        }
    }

    /// The words with the mark.
    pub(super) fn around(self, text: Vec<Inline>) -> Inline {
        match self {
            Self::Superscript => match note(&text) {
                Some(mark) => Inline::NoteMark(mark),
                None => Inline::Superscript(text),
            },
            Self::Strong => Inline::Strong(text),
            Self::Emphasis => Inline::Emphasis(text),
            Self::Subscript => Inline::Subscript(text),
            Self::Struck => Inline::Struck(text),
            Self::Inserted => Inline::Inserted(text),
            Self::Keyboard => Inline::Keyboard(text),
            Self::Abbreviation(title) => Inline::Abbreviation { title, text },
            Self::Foreign(language, direction) => Inline::Foreign {
                language,
                direction,
                text,
            },
        }
    }
}

/// A note's mark as it is written: raised, a number or a letter in brackets.
fn note(text: &[Inline]) -> Option<String> {
    // Of what is marked in it, a note would say nothing.
    if !text.iter().all(|inline| matches!(inline, Inline::Text(_))) {
        return None;
    }
    let says = plain(text);
    let says = says.trim();
    let inner = says
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let mark = inner.unwrap_or(says);
    let is_note = !mark.is_empty() && scripts::note_mark(mark) == says;
    is_note.then(|| mark.to_owned())
}

/// The mark that a tag begins.
pub(super) fn opened(tag: &str) -> Option<Mark> {
    let inside = tag.strip_prefix('<')?.strip_suffix('>')?;
    let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
    Some(match name.to_ascii_lowercase().as_str() {
        "strong" => Mark::Strong,
        "em" => Mark::Emphasis,
        "sup" => Mark::Superscript,
        "sub" => Mark::Subscript,
        "del" | "s" => Mark::Struck,
        "ins" => Mark::Inserted,
        "kbd" => Mark::Keyboard,
        "abbr" => Mark::Abbreviation(value(attributes, "title")?),
        "span" => {
            let language = value(attributes, "lang").filter(|language| is_tag(language))?;
            let direction = match value(attributes, "dir").as_deref() {
                Some("rtl") => Direction::Rtl,
                _ => Direction::Ltr,
            };
            Mark::Foreign(language, direction)
        }
        _ => return None,
    })
}

/// The name of the mark that a tag ends.
pub(super) fn closed(tag: &str) -> Option<&'static str> {
    const KNOWN: [&str; 9] = [
        "strong", "em", "sup", "sub", "del", "ins", "kbd", "abbr", "span",
    ];
    let name = tag.strip_prefix("</")?.strip_suffix('>')?.trim();
    KNOWN
        .into_iter()
        .find(|known| name.eq_ignore_ascii_case(known))
        .or_else(|| name.eq_ignore_ascii_case("s").then_some("del"))
}

/// What an attribute says, as [`begin`] writes it.
fn value(attributes: &str, name: &str) -> Option<String> {
    let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#124;", "|")
            .replace("&amp;", "&"),
    )
}

/// The tags before and behind what the inline marks; none where Markdown has a mark of its own.
pub(super) fn tags(inline: &Inline) -> Option<(String, &'static str)> {
    let mark = match inline {
        Inline::Superscript(_) | Inline::NoteMark(_) => Mark::Superscript,
        Inline::Subscript(_) => Mark::Subscript,
        Inline::Struck(_) => Mark::Struck,
        Inline::Inserted(_) => Mark::Inserted,
        Inline::Keyboard(_) => Mark::Keyboard,
        Inline::Abbreviation { title, .. } => Mark::Abbreviation(title.clone()),
        Inline::Foreign {
            language,
            direction,
            ..
        } if is_tag(language) => Mark::Foreign(language.clone(), *direction),
        _ => return None,
    };
    Some((begin(&mark), mark.name()))
}

fn begin(mark: &Mark) -> String {
    let mut tag = format!("<{}", mark.name());
    // Writing to a string does not fail.
    let _ = match mark {
        Mark::Abbreviation(title) => {
            let title = title
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('|', "&#124;")
                .replace(char::is_control, " ");
            write!(tag, " title=\"{title}\"")
        }
        Mark::Foreign(language, direction) => {
            write!(tag, " lang=\"{language}\" dir=\"{}\"", direction.as_str())
        }
        _ => Ok(()),
    };
    tag.push('>');
    tag
}

/// Whether it can be a BCP 47 tag, and so cannot end a comment.
pub(super) fn is_tag(language: &str) -> bool {
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    language.len() <= 35 && language.split('-').all(is_part)
}
