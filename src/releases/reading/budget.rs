//! The parse budget: what markup may cost, applied before the parser is let at it.
//!
//! An HTML parser looks through all open elements at each closing tag, opens every formatting
//! element that was left open again in each paragraph, and compares each attribute of a tag with
//! all before it. A page that knows this makes it slow or large. So the markup is read over once,
//! tag by tag, and what is beyond the budget is left out: the tag, never the words in it. Only a
//! page with more tags than [`MOST_TAGS`] is cut.

use std::collections::HashMap;

/// Deeper than any page that was made to be read: tags further in are left out.
const DEEPEST: usize = 200;

/// Tags of one page: the longest releases have some thousands.
const MOST_TAGS: usize = 60_000;

/// Letters of one page's markup without scripts, styles and comments.
const MOST_BYTES: usize = 4 << 20;

/// Attributes of one tag.
const MOST_ATTRIBUTES: usize = 60;

/// Formatting elements open at one time: each is opened again in every paragraph.
const MOST_FORMATTING: usize = 12;

/// Elements that hold nothing.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements that end by themselves when the next of `ENDED_BY` begins.
const SELF_ENDING: &[&str] = &[
    "p", "li", "dd", "dt", "option", "optgroup", "tr", "td", "th", "thead", "tbody", "tfoot", "rp",
    "rt",
];

/// Elements that a parser opens again in the next block when they were left open.
const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Elements whose content is no markup.
const VERBATIM: &[&str] = &[
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes",
];

/// Parts of drawings: the only elements that a closing slash does end.
const DRAWN: &[&str] = &[
    "animate", "circle", "ellipse", "g", "image", "line", "path", "polygon", "polyline", "rect",
    "stop", "use",
];

/// Markup that a parser can be given.
#[derive(Debug)]
pub struct Bounded {
    /// The markup, without comments, styles, and scripts other than data.
    pub html: String,
    /// Whether the end of it was left out.
    pub cut: bool,
}

/// The markup within the budget; commonly all of it that says something.
pub fn within_budget(html: &str) -> Bounded {
    Scanner::new(html).run()
}

/// [`within_budget`] for those who only look for links and lists in it.
pub(in crate::releases) fn bounded(html: &str) -> String {
    within_budget(html).html
}

struct Scanner<'a> {
    html: &'a str,
    out: String,
    /// Names of the open elements.
    open: Vec<&'a str>,
    /// How many of each are open.
    counts: HashMap<&'a str, usize>,
    /// Formatting elements that were not closed, in this table cell.
    formatting: Vec<&'a str>,
    /// How many of `formatting` stood before each open table.
    tables: Vec<usize>,
    tags: usize,
}

/// One tag as it is written.
struct Tag<'a> {
    name: &'a str,
    closing: bool,
    /// Ends with `/>`.
    slash: bool,
    /// Behind its `>`.
    end: usize,
    /// Where the attributes beyond the budget begin.
    too_many_from: Option<usize>,
}

impl<'a> Scanner<'a> {
    fn new(html: &'a str) -> Self {
        Self {
            html,
            out: String::with_capacity(html.len().min(MOST_BYTES)),
            open: Vec::new(),
            counts: HashMap::new(),
            formatting: Vec::new(),
            tables: Vec::new(),
            tags: 0,
        }
    }

    fn run(mut self) -> Bounded {
        let mut at = 0;
        while let Some(rest) = self.html.get(at..) {
            let Some(found) = rest.find('<') else {
                let fits = self.push_text(rest);
                return self.bounded(!fits);
            };
            if !self.push_text(rest.get(..found).unwrap_or_default()) {
                return self.bounded(true);
            }
            let tag_at = at + found;
            let tag = rest.get(found..).unwrap_or_default();
            if let Some(comment) = tag.strip_prefix("<!--") {
                // `<!-->` is a whole comment.
                at = match comment.strip_prefix('>') {
                    Some(_) => tag_at + 5,
                    None => comment
                        .find("-->")
                        .map_or(self.html.len(), |end| tag_at + 4 + end + 3),
                };
                continue;
            }
            let starts_tag = tag
                .as_bytes()
                .get(1)
                .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?'));
            if !starts_tag {
                // A bracket that is text.
                self.out.push('<');
                at = tag_at + 1;
                continue;
            }
            let Some(tag) = self.tag_at(tag_at) else {
                // The file ends inside a tag: a parser drops it too.
                break;
            };
            at = tag.end;
            self.tags += 1;
            if self.tags > MOST_TAGS || self.out.len() > MOST_BYTES {
                return self.bounded(true);
            }
            at = self.take(&tag, tag_at).unwrap_or(at);
        }
        self.bounded(false)
    }

    fn bounded(self, cut: bool) -> Bounded {
        Bounded {
            html: self.out,
            cut,
        }
    }

    /// False: it does not fit.
    fn push_text(&mut self, text: &str) -> bool {
        let room = MOST_BYTES.saturating_sub(self.out.len());
        let fits = text.len() <= room;
        let end = if fits {
            text.len()
        } else {
            text.floor_char_boundary(room)
        };
        self.out.push_str(text.get(..end).unwrap_or_default());
        fits
    }

    /// Reads the tag at `at`, quotes and all.
    fn tag_at(&self, at: usize) -> Option<Tag<'a>> {
        let bytes = self.html.as_bytes();
        let closing = bytes.get(at + 1) == Some(&b'/');
        let start = at + 1 + usize::from(closing);
        let mut end = start;
        while bytes
            .get(end)
            .is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/'))
        {
            end += 1;
        }
        let name = self.html.get(start..end)?;
        let (mut attributes, mut too_many_from) = (0, None);
        let mut slash = false;
        let mut at = end;
        loop {
            match *bytes.get(at)? {
                b'>' => break,
                b'/' => {
                    slash = true;
                    at += 1;
                    continue;
                }
                b if b.is_ascii_whitespace() => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            slash = false;
            attributes += 1;
            if attributes > MOST_ATTRIBUTES && too_many_from.is_none() {
                too_many_from = Some(at);
            }
            at = attribute_end(bytes, at)?;
        }
        Some(Tag {
            name,
            closing,
            slash,
            end: at + 1,
            too_many_from,
        })
    }

    /// Writes the tag out if it is within the budget. Gives where to go on, if not behind the tag.
    fn take(&mut self, tag: &Tag<'a>, from: usize) -> Option<usize> {
        let name = known_name(tag.name);
        if name.starts_with(['!', '?']) || name.is_empty() {
            if name.eq_ignore_ascii_case("!doctype") && self.tags == 1 {
                self.copy(tag, from);
            }
            return None;
        }
        if tag.closing {
            self.close(tag, name, from);
            return None;
        }
        if VERBATIM.contains(&name) {
            return Some(self.verbatim(tag, name, from));
        }
        if VOID.contains(&name) || (tag.slash && DRAWN.contains(&name)) {
            self.copy(tag, from);
            return None;
        }
        if name == "table" {
            self.tables.push(self.formatting.len());
        } else if matches!(name, "td" | "th" | "caption") {
            // A cell begins anew: what was left open in the one before it stays there.
            self.formatting
                .truncate(self.tables.last().copied().unwrap_or(0));
        }
        if SELF_ENDING.contains(&name) {
            self.end_before(name);
        }
        if FORMATTING.contains(&name) {
            // Links do not nest: the next ends the one before it.
            if name == "a" {
                self.formatting.retain(|open| *open != "a");
            }
            if self.formatting.len() >= MOST_FORMATTING {
                return None;
            }
            self.formatting.push(name);
        }
        if self.open.len() >= DEEPEST {
            return None;
        }
        self.open.push(name);
        *self.counts.entry(name).or_default() += 1;
        self.copy(tag, from);
        None
    }

    /// A paragraph ends where the next begins, and so on.
    fn end_before(&mut self, name: &'a str) {
        let ends = |open: &str| match name {
            "p" => open == "p",
            "li" => matches!(open, "li" | "p"),
            "dd" | "dt" => matches!(open, "dd" | "dt" | "p"),
            "td" | "th" => matches!(open, "td" | "th" | "p"),
            "tr" => matches!(open, "td" | "th" | "tr" | "p"),
            "thead" | "tbody" | "tfoot" => {
                matches!(open, "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "p")
            }
            _ => open == name,
        };
        while let Some(open) = self.open.last() {
            // Formatting that was left open in it does not keep it open.
            let open = *open;
            if ends(open) {
                self.pop();
                if open == name {
                    break;
                }
            } else if FORMATTING.contains(&open) && self.is_left_open(&ends) {
                self.pop();
            } else {
                break;
            }
        }
    }

    /// Whether below the formatting elements that are open last stands one that ends here.
    fn is_left_open(&self, ends: &impl Fn(&str) -> bool) -> bool {
        self.open
            .iter()
            .rev()
            .take(MOST_FORMATTING + 1)
            .find(|open| !FORMATTING.contains(*open))
            .is_some_and(|open| ends(open))
    }

    fn pop(&mut self) -> Option<&'a str> {
        let name = self.open.pop()?;
        if let Some(count) = self.counts.get_mut(name) {
            *count = count.saturating_sub(1);
        }
        Some(name)
    }

    fn close(&mut self, tag: &Tag<'a>, name: &'a str, from: usize) {
        // These two make an element of their own when nothing is open.
        if matches!(name, "br" | "p") && self.counts.get(name).is_none_or(|count| *count == 0) {
            self.copy(tag, from);
            return;
        }
        if FORMATTING.contains(&name) {
            if let Some(at) = self.formatting.iter().rposition(|open| *open == name) {
                self.formatting.remove(at);
            } else if self.counts.get(name).is_none_or(|count| *count == 0) {
                return;
            }
            // What is open around it stays open, whatever it crosses.
            if let Some(at) = self.open.iter().rposition(|open| *open == name) {
                self.open.remove(at);
                if let Some(count) = self.counts.get_mut(name) {
                    *count = count.saturating_sub(1);
                }
            }
            self.copy(tag, from);
            return;
        }
        if self.counts.get(name).is_none_or(|count| *count == 0) {
            // It closes nothing: a parser would look for it among all that is open.
            return;
        }
        if name == "table"
            && let Some(before) = self.tables.pop()
        {
            self.formatting.truncate(before);
        }
        while let Some(open) = self.pop() {
            if open == name {
                break;
            }
        }
        self.copy(tag, from);
    }

    /// Passes over an element whose content is no markup; of scripts only data is kept.
    fn verbatim(&mut self, tag: &Tag<'a>, name: &str, from: usize) -> usize {
        let (inner, end) = closing_tag(self.html, tag.end, name);
        let kept = match name {
            "script" => {
                let head = self.html.get(from..tag.end).unwrap_or_default();
                head.contains("ld+json") || head.contains("application/json")
            }
            "style" | "noembed" | "noframes" | "textarea" => false,
            _ => true,
        };
        if kept {
            self.copy(tag, from);
            self.push_text(self.html.get(tag.end..inner).unwrap_or_default());
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
        end
    }

    fn copy(&mut self, tag: &Tag, from: usize) {
        let end = tag.too_many_from.unwrap_or(tag.end);
        self.out
            .push_str(self.html.get(from..end).unwrap_or_default());
        if tag.too_many_from.is_some() {
            self.out.push('>');
        }
    }
}

/// The name in lower case where it is one that matters here; others only have to be told apart.
fn known_name(name: &str) -> &str {
    if !name.bytes().any(|b| b.is_ascii_uppercase()) {
        return name;
    }
    [
        VOID,
        SELF_ENDING,
        FORMATTING,
        VERBATIM,
        DRAWN,
        &[
            "table", "caption", "div", "span", "ul", "ol", "body", "html", "head",
        ],
    ]
    .iter()
    .flat_map(|names| names.iter())
    .find(|known| name.eq_ignore_ascii_case(known))
    .copied()
    .unwrap_or(name)
}

/// Behind the attribute at `at`, its value and its quotes. None: the file ends in it.
fn attribute_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let ends_name = |b: u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'=');
    // A name may begin with `=`.
    at += 1;
    while !ends_name(*bytes.get(at)?) {
        at += 1;
    }
    let mut value = at;
    while bytes.get(value)?.is_ascii_whitespace() {
        value += 1;
    }
    if bytes.get(value) != Some(&b'=') {
        return Some(at);
    }
    value += 1;
    while bytes.get(value)?.is_ascii_whitespace() {
        value += 1;
    }
    let quote = *bytes.get(value)?;
    if matches!(quote, b'"' | b'\'') {
        let rest = bytes.get(value + 1..)?;
        return Some(value + 1 + rest.iter().position(|b| *b == quote)? + 1);
    }
    while !(bytes.get(value)?.is_ascii_whitespace() || bytes.get(value) == Some(&b'>')) {
        value += 1;
    }
    Some(value)
}

/// Where the content of `<name>` ends that begins at `from`, and behind its closing tag.
fn closing_tag(html: &str, from: usize, name: &str) -> (usize, usize) {
    let bytes = html.as_bytes();
    let mut at = from;
    while let Some(found) = html.get(at..).and_then(|rest| rest.find("</")) {
        let start = at + found;
        let name_end = start + 2 + name.len();
        let is_it = html
            .get(start + 2..name_end)
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
            && bytes
                .get(name_end)
                .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
        if is_it {
            let end = html
                .get(name_end..)
                .and_then(|rest| rest.find('>'))
                .map_or(html.len(), |end| name_end + end + 1);
            return (start, end);
        }
        at = start + 2;
    }
    (html.len(), html.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_the_budget_stays_as_it_is() {
        for flat in [
            "<svg><path d=\"\"/></svg>",
            "<p>one<li>two<br>",
            "<b>bold</b>",
            "a < b & c <3 <a href='x>y' title=\"<b>\">link</a>",
            "<TABLE><TR><TD>cell<TD>cell</TABLE>",
            "<p><b>one <i>two</b> three</i>",
            "</p></br>text",
        ] {
            let page = flat.repeat(400);
            assert_eq!(within_budget(&page).html, page, "{flat}");
        }
    }

    #[test]
    fn comments_styles_and_code_are_left_out_and_data_is_not() {
        let html = "<!-- <div> --><!-->a<style>p{}</style><script>if (a</b>) x</script>\
                    <script type='application/ld+json'>{\"a\":\"</b>\"}</SCRIPT>b<title>T</b></title>";
        assert_eq!(
            within_budget(html).html,
            "a<script type='application/ld+json'>{\"a\":\"</b>\"}</script>b<title>T</b></title>"
        );
    }

    #[test]
    fn tags_beyond_the_budget_go_and_their_words_stay() {
        let deep = within_budget(&"<div>x".repeat(2 * DEEPEST)).html;
        assert_eq!(deep.matches("<div>").count(), DEEPEST);
        assert_eq!(deep.matches('x').count(), 2 * DEEPEST);

        // A closing tag that closes nothing does not make it shallower.
        let deep = within_budget(&"<div></x>".repeat(2 * DEEPEST)).html;
        assert_eq!(deep, "<div>".repeat(DEEPEST));

        let left_open = within_budget(&"<p><b class=x>word ".repeat(1_000)).html;
        assert_eq!(left_open.matches("<b").count(), MOST_FORMATTING);
        assert_eq!(left_open.matches("word").count(), 1_000);
        assert_eq!(left_open.matches("<p>").count(), 1_000);

        let attributes: Vec<String> = (0..80_000).map(|n| format!(" a{n}=b")).collect();
        let attributes = attributes.concat();
        let many = within_budget(&format!("<p{attributes}>word</p>")).html;
        assert!(many.len() < 2_000 && many.ends_with(">word</p>"), "{many}");
        assert!(!within_budget(&many).cut);

        let endless = within_budget(&"<p>x".repeat(MOST_TAGS + 1));
        assert!(endless.cut);
        assert_eq!(endless.html.matches("<p>").count(), MOST_TAGS);
    }
}
