//! Link texts that say nothing, given the words that they stand among (A3, WCAG 2.4.4).
//!
//! "Find the letter HERE" becomes one link of four words: it makes sense in a list of links, and
//! no word is added, so that both renderings still say what the release says. A name that only
//! assistive technology hears would be lost in mail software that drops `aria-label`.

use std::{borrow::Cow, collections::VecDeque};

use url::Url;

use super::{Inline, outline::plain};

/// Words that a link takes from around it, at most.
const MOST_WORDS: usize = 8;
/// The same in letters, for scripts that put no space between words.
const MOST_LETTERS: usize = 24;

/// The run with each link that says nothing widened over the words of its clause: those before it,
/// or where there are none those behind it.
pub(super) fn meaningful(text: &[Inline]) -> Cow<'_, [Inline]> {
    if !has_empty_link(text) {
        return Cow::Borrowed(text);
    }
    // Each stretch between two links is looked at from its both ends, and never again.
    let mut rest = VecDeque::from(outermost_links(text));
    let mut said: Vec<Inline> = Vec::new();
    while let Some(inline) = rest.pop_front() {
        let Inline::Link { href, mut label } = inline else {
            said.push(inline);
            continue;
        };
        if says_nothing(&plain(&label)) {
            let from = said.iter().rposition(ends_clause).map_or(0, |at| at + 1);
            let before = said.split_off(from);
            let (kept, mut taken) = split(before, clause_before);
            said.extend(kept);
            taken.append(&mut label);
            label = taken;
        }
        if says_nothing(&plain(&label)) {
            let to = rest.iter().position(ends_clause).unwrap_or(rest.len());
            let after = rest.drain(..to).collect();
            let (taken, kept) = split(after, clause_after);
            label.extend(taken);
            for inline in kept.into_iter().rev() {
                rest.push_front(inline);
            }
        }
        said.push(Inline::Link { href, label });
    }
    Cow::Owned(said)
}

/// A link's words, and the white space that stood at their edges: underlined it looks like a slip.
pub(super) struct Label<'a> {
    pub(super) space_before: bool,
    pub(super) text: Cow<'a, [Inline]>,
    pub(super) space_behind: bool,
}

impl<'a> Label<'a> {
    pub(super) fn of(label: &'a [Inline]) -> Self {
        let says = plain(label);
        let space_before = says.starts_with(' ');
        let space_behind = says.ends_with(' ');
        let mut text = Cow::Borrowed(label);
        if space_before && let Some(first) = text.to_mut().first_mut() {
            without_space(first, str::trim_start, |inner| inner.first_mut());
        }
        if space_behind && let Some(last) = text.to_mut().last_mut() {
            without_space(last, str::trim_end, |inner| inner.last_mut());
        }
        Self {
            space_before,
            text,
            space_behind,
        }
    }
}

/// Takes the space from one edge of a text, however deep in bold or italics it stands.
fn without_space(
    inline: &mut Inline,
    trim: fn(&str) -> &str,
    edge: fn(&mut Vec<Inline>) -> Option<&mut Inline>,
) {
    match inline {
        Inline::Text(text) => *text = trim(text).to_owned(),
        Inline::Strong(inner) | Inline::Emphasis(inner) => {
            if let Some(inline) = edge(inner) {
                without_space(inline, trim, edge);
            }
        }
        _ => {}
    }
}

/// Whether a link with this text needs the words around it.
pub(super) fn says_nothing(label: &str) -> bool {
    let bare = label.to_lowercase();
    let bare = bare.trim_matches(|c: char| !c.is_alphanumeric());
    !bare.is_empty() && EMPTY_PHRASES.contains(&bare)
}

/// Whether a link still says nothing: its line has no other words. One that ends in the middle of
/// a word, before `rest`, does not stand alone.
pub(super) fn stands_alone(label: &str, rest: &[Inline]) -> bool {
    let begins = || {
        let mut says = rest
            .iter()
            .map(|inline| plain(std::slice::from_ref(inline)));
        says.find(|says| !says.is_empty()).unwrap_or_default()
    };
    says_nothing(label) && !begins().starts_with(char::is_alphanumeric)
}

/// The words and the address of a bold link that is all that a paragraph has, if its words say what it
/// is for: what a site shows as a button.
pub(super) fn asked_for(text: &[Inline]) -> Option<(&[Inline], &Url)> {
    const LONGEST: usize = 60;
    let bold = |inline: &Inline| matches!(inline, Inline::Strong(_));
    let (label, href) = match text {
        [Inline::Strong(inner)] => match inner.as_slice() {
            [Inline::Link { href, label }] => (label.as_slice(), href),
            _ => return None,
        },
        [Inline::Link { href, label }] if label.iter().all(bold) => (label.as_slice(), href),
        _ => return None,
    };
    let says = plain(label);
    let says = says.trim();
    let short = !says.is_empty() && says.chars().count() <= LONGEST;
    let web = matches!(href.scheme(), "http" | "https");
    let address = says.contains("://") || says.contains('@');
    (short && web && !address && !says_nothing(says)).then_some((label, href))
}

/// Where a link leads, short enough for a narrow screen: for a link that stands all alone.
pub(super) fn short(href: &Url) -> String {
    const LONGEST: usize = 60;
    if href.as_str().chars().count() <= LONGEST {
        return href.to_string();
    }
    let host = href.host_str().unwrap_or_default();
    let last = href
        .path_segments()
        .and_then(|mut segments| segments.rfind(|segment| !segment.is_empty()))
        .filter(|last| last.chars().count() <= LONGEST)
        .unwrap_or_default();
    format!("{}://{host}/…/{last}", href.scheme())
}

/// Link texts that say nothing by themselves, without case and punctuation.
const EMPTY_PHRASES: &[&str] = &[
    "here",
    "click here",
    "click",
    "please click here",
    "link",
    "this link",
    "this",
    "read",
    "read here",
    "read more",
    "more",
    "learn more",
    "see here",
    "see more",
    "view",
    "view here",
    "watch here",
    "watch",
    "details",
    "continue reading",
    "download",
    "aquí",
    "aqui",
    "clic aquí",
    "haga clic aquí",
    "haz clic aquí",
    "este enlace",
    "enlace",
    "leer más",
    "lea más",
    "ver más",
    "más",
    "más información",
    "여기",
    "여기를 클릭",
    "여기를 클릭하세요",
    "더 보기",
    "자세히 보기",
    "tại đây",
    "ở đây",
    "đây",
    "bấm vào đây",
    "nhấp vào đây",
    "xem thêm",
    "这里",
    "此处",
    "点击这里",
    "点击此处",
    "點擊這裡",
    "點擊此處",
    "這裡",
    "此處",
    "更多",
    "هنا",
    "اضغط هنا",
    "انقر هنا",
    "المزيد",
    "اقرأ المزيد",
];

fn has_empty_link(text: &[Inline]) -> bool {
    text.iter().any(|inline| match inline {
        Inline::Link { label, .. } => says_nothing(&plain(label)),
        other => has_empty_link(other.inner()),
    })
}

/// The same run with no link inside a mark: `<b>the letter <a>here</a></b>` as a link that is bold.
fn outermost_links(text: &[Inline]) -> Vec<Inline> {
    let mut out = Vec::new();
    for mark in text {
        if !(may_part(mark) && mark.inner().iter().any(holds_link)) {
            out.push(mark.clone());
            continue;
        }
        for inline in outermost_links(mark.inner()) {
            out.push(match inline {
                Inline::Link { href, label } => Inline::Link {
                    href,
                    label: vec![mark.around(label)],
                },
                Inline::LineBreak => Inline::LineBreak,
                other => mark.around(vec![other]),
            });
        }
    }
    out
}

fn holds_link(inline: &Inline) -> bool {
    matches!(inline, Inline::Link { .. }) || inline.inner().iter().any(holds_link)
}

/// Marks that mean the same around two halves as around the whole. Half an exponent or half an
/// abbreviation means something else.
fn may_part(inline: &Inline) -> bool {
    match inline {
        Inline::Strong(_)
        | Inline::Emphasis(_)
        | Inline::Inserted(_)
        | Inline::Code(_)
        | Inline::Keyboard(_)
        | Inline::Foreign { .. } => true,
        Inline::Text(_)
        | Inline::LineBreak
        | Inline::NoteMark(_)
        | Inline::Picture(_)
        | Inline::Superscript(_)
        | Inline::Subscript(_)
        | Inline::Struck(_)
        | Inline::Abbreviation { .. }
        | Inline::Link { .. }
        | Inline::LostLink { .. } => false,
    }
}

/// Another link, or the end of a line.
fn ends_clause(inline: &Inline) -> bool {
    match inline {
        Inline::Link { .. } | Inline::LineBreak => true,
        other => other.inner().iter().any(ends_clause),
    }
}

/// Parts the run at the byte of its text that `place` names.
fn split(text: Vec<Inline>, place: impl Fn(&str) -> usize) -> (Vec<Inline>, Vec<Inline>) {
    fn part(text: Vec<Inline>, at: &mut usize) -> (Vec<Inline>, Vec<Inline>) {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for inline in text {
            let length = plain(std::slice::from_ref(&inline)).len();
            // What was struck out has no length, and keeps its place all the same.
            if after.is_empty() && *at >= length {
                *at -= length;
                before.push(inline);
                continue;
            }
            if *at == 0 || !after.is_empty() {
                after.push(inline);
                continue;
            }
            let (first, second) = match inline {
                mark if may_part(&mark) => {
                    let (first, second) = part(mark.inner().to_vec(), at);
                    (mark.around(first), mark.around(second))
                }
                Inline::Text(text) => {
                    let (first, second) = text.split_at_checked(*at).unwrap_or((&text, ""));
                    (
                        Inline::Text(first.to_owned()),
                        Inline::Text(second.to_owned()),
                    )
                }
                whole => {
                    *at = 0;
                    after.push(whole);
                    continue;
                }
            };
            *at = 0;
            before.push(first);
            after.push(second);
        }
        (before, after)
    }
    let mut at = place(&plain(&text));
    part(text, &mut at)
}

const SENTENCE_ENDS: [&str; 7] = [". ", "! ", "? ", "。", "！", "？", "؟ "];
const CLAUSE_ENDS: [&str; 11] = [
    ", ", ": ", "; ", " – ", " — ", " (", "，", "：", "；", "، ", "؛ ",
];

/// No clause is looked for further away than this: eight words are far shorter.
const FARTHEST_BYTES: usize = 600;

/// Where in `text`, which stands before a link, the words begin that say what it leads to; its end
/// where there are none.
fn clause_before(text: &str) -> usize {
    let from = text.len().saturating_sub(FARTHEST_BYTES);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at));
    let from = from.unwrap_or(0);
    from + near_clause_before(text.get(from..).unwrap_or_default())
}

fn near_clause_before(text: &str) -> usize {
    // A link in the middle of a word takes no part of it.
    let start = last_end(text, &SENTENCE_ENDS, text.len()).unwrap_or(0);
    let mut from = text.len();
    while let Some(clause) = last_end(text, &CLAUSE_ENDS, from).filter(|at| *at > start) {
        if words(text, clause) >= 2 {
            from = clause;
            break;
        }
        // The next clause ends before the mark that this one begins behind.
        from = text
            .get(..clause)
            .and_then(|before| Some(clause - before.chars().next_back()?.len_utf8()))
            .unwrap_or(start);
    }
    if words(text, from) < 2 {
        from = start;
    }
    let clause = text.get(from..).unwrap_or_default();
    let begins = clause
        .char_indices()
        .find(|(_, c)| c.is_alphanumeric() || matches!(c, '“' | '"' | '‘' | '$' | '«' | '#'));
    let Some((skipped, _)) = begins.filter(|_| clause.chars().any(char::is_alphanumeric)) else {
        return text.len();
    };
    from += skipped;
    let clause = text.get(from..).unwrap_or_default();
    let cut = if clause.contains(' ') {
        clause
            .trim_end()
            .rmatch_indices(' ')
            .nth(MOST_WORDS - 1)
            .map(|(at, _)| at + 1)
    } else {
        clause
            .char_indices()
            .rev()
            .nth(MOST_LETTERS - 1)
            .map(|(at, _)| at)
    };
    from + cut.unwrap_or(0)
}

/// Where in `text`, which stands behind a link, the words end that say what it leads to; its
/// beginning where there are none.
fn clause_after(text: &str) -> usize {
    let near = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= FARTHEST_BYTES)
        .last();
    let text = text.get(..near.unwrap_or(0)).unwrap_or_default();
    let end = first(text, &SENTENCE_ENDS, 0).unwrap_or(text.len());
    let clause = first(text, &CLAUSE_ENDS, 0)
        .filter(|at| *at < end && text.get(..*at).is_some_and(|part| words(part, 0) >= 2));
    let part = text.get(..clause.unwrap_or(end)).unwrap_or_default();
    let part = part.trim_end_matches(|c: char| !c.is_alphanumeric());
    if part.is_empty() {
        return 0;
    }
    if part.contains(' ') {
        let indent = part.len() - part.trim_start().len();
        part.trim_start()
            .match_indices(' ')
            .nth(MOST_WORDS - 1)
            .map_or(part.len(), |(at, _)| indent + at)
    } else {
        part.char_indices()
            .nth(MOST_LETTERS)
            .map_or(part.len(), |(at, _)| at)
    }
}

/// Behind the last of `ends` that stands wholly before `limit`.
fn last_end(text: &str, ends: &[&str], limit: usize) -> Option<usize> {
    let text = text.get(..limit)?;
    ends.iter()
        .filter_map(|end| text.rfind(end).map(|at| at + end.len()))
        .max()
}

fn first(text: &str, ends: &[&str], from: usize) -> Option<usize> {
    let text = text.get(from..)?;
    ends.iter().filter_map(|end| text.find(end)).min()
}

/// Words from `from` on; in scripts without spaces, two letters are one.
fn words(text: &str, from: usize) -> usize {
    let text = text.get(from..).unwrap_or_default();
    text.split_whitespace()
        .map(|word| {
            let wide = word.chars().filter(|c| *c >= '\u{2e80}').count();
            let any = word.chars().any(char::is_alphanumeric);
            (wide / 2).max(usize::from(any))
        })
        .sum()
}

#[cfg(test)]
mod tests;
