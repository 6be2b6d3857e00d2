//! XML as sites write it, made into XML that a strict parser takes (F6, F11).

use std::{borrow::Cow, collections::BTreeSet, fmt::Write};

use super::{
    feed_dialects::{self, MOST_OF_AN_ENTITY},
    feed_markup,
    feed_tags::{count_items, tags},
};

/// An ampersand is one unless XML itself knows the entity. This also leaves a document's own
/// entities unread, so nothing can expand. The text is UTF-8 by now, whatever its first line says.
pub(super) fn repair(text: &str) -> String {
    let text = feed_dialects::without_preamble(text);
    let body = match text.strip_prefix("<?xml") {
        Some(rest) => rest
            .split_once("?>")
            .map_or(text, |(_, body)| body.trim_start()),
        None => text,
    };
    let body = feed_dialects::modern(feed_dialects::without_preamble(body));
    let body = with_known_version(&body);
    let body = with_known_prefixes(&body);
    let mut out = String::with_capacity(body.len() + 64);
    let mut rest = body.as_ref();
    while let Some(at) = rest.find(['&', '<']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if from.starts_with("<![CDATA[") {
            let end = from.find("]]>").map_or(from.len(), |end| end + 3);
            let (verbatim, after) = from.split_at(end);
            out.push_str(verbatim);
            rest = after;
            continue;
        }
        let (mark, after) = from.split_at(1);
        out.push_str(mark);
        rest = after;
        if mark == "<" && !after.starts_with(|c: char| c.is_alphabetic() || "_/!?:".contains(c)) {
            // `fewer than < 5`
            out.pop();
            out.push_str("&lt;");
        } else if mark == "&" && !known_entity(after) {
            if let Some((character, length)) = feed_dialects::html_entity(after) {
                let _ = write!(out, "#{character}");
                rest = after.get(length..).unwrap_or_default();
            } else {
                out.push_str("amp;");
            }
        }
    }
    out.push_str(rest);
    // Control characters are in no version of XML.
    out.retain(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    feed_markup::escaped(&out).into_owned()
}

/// Prefixes that everyone means the same by, and some forget to declare.
const PREFIXES: [(&str, &str); 5] = [
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("atom", "http://www.w3.org/2005/Atom"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
];

/// More prefixes than these no feed has.
const MOST_PREFIXES: usize = 30;

/// Declares the prefixes that nothing declares: under one that is unknown to it the parser takes every
/// tag for the feed's own, and a picture's title for the item's.
fn with_known_prefixes(xml: &str) -> Cow<'_, str> {
    let mut missing = BTreeSet::new();
    for tag in tags(xml, 0) {
        if let Some((prefix, _)) = tag.name.split_once(':')
            && missing.len() < MOST_PREFIXES
            && !missing.contains(prefix)
        {
            missing.insert(prefix);
        }
    }
    missing.retain(|prefix| !prefix.is_empty() && !xml.contains(&format!("xmlns:{prefix}=")));
    let missing: Vec<String> = missing
        .into_iter()
        .map(|prefix| {
            let known = PREFIXES.iter().find(|(known, _)| *known == prefix);
            let meaning = known.map_or("urn:unknown", |(_, meaning)| meaning);
            format!(" xmlns:{prefix}=\"{meaning}\"")
        })
        .collect();
    let missing = missing.concat();
    let root = ["rss", "feed", "rdf:RDF"].into_iter();
    let at = root
        .filter_map(|name| Some(find_tag(xml, name, 0)? + 1 + name.len()))
        .min();
    match at.filter(|_| !missing.is_empty()) {
        Some(at) => {
            let (before, after) = xml.split_at(at);
            Cow::Owned(format!("{before}{missing}{after}"))
        }
        None => Cow::Borrowed(xml),
    }
}

/// RSS of any version, or of one that was never written down, is read as RSS 2.0, which holds all
/// that the others had.
fn with_known_version(xml: &str) -> Cow<'_, str> {
    let Some((before, tag, after)) = rss_tag(xml) else {
        return Cow::Borrowed(xml);
    };
    if attribute(tag, "version") == Some("2.0") {
        return Cow::Borrowed(xml);
    }
    let rest = tag.replacen("<rss", "", 1).replacen("version", "said", 1);
    Cow::Owned(format!("{before}<rss version=\"2.0\"{rest}{after}"))
}

/// The version that RSS says it is.
pub(super) fn rss_version(xml: &str) -> Option<&str> {
    let (_, tag, _) = rss_tag(xml)?;
    attribute(tag, "version").filter(|version| {
        version.len() <= 8 && version.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

/// What stands before the tag, the tag, and from its end on.
fn rss_tag(xml: &str) -> Option<(&str, &str, &str)> {
    let at = xml.find("<rss").filter(|at| *at < 4_000)?;
    let (before, from) = xml.split_at(at);
    let (tag, after) = from.split_at(from.find('>').unwrap_or(from.len()));
    Some((before, tag, after))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!("{name}="))?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

fn known_entity(after: &str) -> bool {
    // None is longer; an ampersand that begins none must not have the whole text searched.
    let end = after
        .bytes()
        .take(MOST_OF_AN_ENTITY)
        .position(|b| b == b';');
    let Some(name) = end.and_then(|end| after.get(..end)) else {
        return false;
    };
    match name.strip_prefix('#') {
        Some(number) => {
            let digits = number.strip_prefix(['x', 'X']);
            let code = match digits {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            // What stands for a control character is meant as Windows has it, and HTML knows that.
            code.is_ok_and(|code| {
                matches!(code, 9 | 10 | 13)
                    || code >= 32 && char::from_u32(code).is_some_and(|c| !c.is_control())
            })
        }
        None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
    }
}

/// More items of a broken feed are not looked at: the newest stand first.
const MOST_BROKEN_ITEMS: usize = 500;

/// A feed that is broken somewhere, in parts: what is broken in one then ends with it.
#[derive(Debug, Default)]
pub(super) struct Apart {
    /// The feed without its items.
    pub head: String,
    /// One feed for each of its items.
    pub items: Vec<String>,
    /// How many more there are.
    pub left_out: usize,
}

/// Takes a feed apart at its items; none where no items can be told.
pub(super) fn apart(xml: &str) -> Apart {
    for name in ["item", "entry"] {
        let items = elements(xml, name);
        let (Some(first), Some(root)) = (items.first(), root(xml)) else {
            continue;
        };
        let head = xml.get(..first.start).unwrap_or_default();
        // RSS has its items in the channel, the others in the root.
        let channel = if root == "rss" { "channel" } else { "" };
        let (opened, closed) = bare_head(head, root, channel);
        let has_channel = opens(head, "channel") && !head.contains("</channel>");
        let channel_ends = if has_channel { "</channel>" } else { "" };
        return Apart {
            head: format!("{head}{channel_ends}</{root}>"),
            // What is broken in the head would break every item: only its tags are kept.
            items: items
                .iter()
                .filter_map(|item| Some(format!("{opened}{}{closed}", xml.get(item.clone())?)))
                .collect(),
            left_out: count_items(xml).saturating_sub(items.len()),
        };
    }
    Apart::default()
}

/// The opening tags of root and channel, with their namespaces, and what closes them.
fn bare_head(head: &str, root: &str, channel: &str) -> (String, String) {
    let tag = |name: &str| {
        let at = find_tag(head, name, 0)?;
        let end = head.get(at..)?.find('>')? + at + 1;
        head.get(at..end)
    };
    let mut opened = tag(root).unwrap_or_default().to_owned();
    let mut closed = format!("</{root}>");
    if !channel.is_empty() {
        let tag = tag(channel).filter(|tag| !tag.ends_with("/>"));
        opened.push_str(tag.unwrap_or("<channel>"));
        closed.insert_str(0, "</channel>");
    }
    (opened, closed)
}

fn root(xml: &str) -> Option<&'static str> {
    ["rss", "feed", "rdf:RDF", "RDF"]
        .into_iter()
        .find(|name| opens(xml, name))
}

fn opens(xml: &str, name: &str) -> bool {
    find_tag(xml, name, 0).is_some()
}

/// Where `<name` stands as a whole name.
fn find_tag(xml: &str, name: &str, from: usize) -> Option<usize> {
    let start = format!("<{name}");
    let mut at = from;
    while let Some(found) = xml.get(at..)?.find(&start) {
        let here = at + found;
        let next = xml.get(here + start.len()..)?.chars().next()?;
        if next == '>' || next == '/' || next.is_whitespace() {
            return Some(here);
        }
        at = here + start.len();
    }
    None
}

/// Where the elements of this name stand. One that is not closed ends where the next begins.
fn elements(xml: &str, name: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Option<usize>)> = None;
    for tag in tags(xml, 0).filter(|tag| tag.name == name) {
        if let (true, Some((_, closed))) = (tag.closes, &mut open) {
            *closed = Some(tag.end);
        }
        if tag.closes {
            continue;
        }
        if let Some((start, closed)) = open {
            found.push(start..closed.unwrap_or(tag.start));
        }
        open = Some((tag.start, tag.is_empty.then_some(tag.end)));
        if found.len() == MOST_BROKEN_ITEMS {
            return found;
        }
    }
    found.extend(open.map(|(start, closed)| start..closed.unwrap_or(xml.len())));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_feed_is_taken_apart_at_its_items_f6() {
        let feeds = apart(
            "<rss version=\"2.0\" xmlns:x=\"http://x/\"><channel><title>Broken <b>head</title><item><title>A</title></item><item><title><i>B</title></item></channel></rss>",
        )
        .items;
        assert_eq!(
            feeds,
            [
                "<rss version=\"2.0\" xmlns:x=\"http://x/\"><channel><item><title>A</title></item></channel></rss>",
                "<rss version=\"2.0\" xmlns:x=\"http://x/\"><channel><item><title><i>B</title></item></channel></rss>"
            ]
        );
        let feeds =
            apart("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>1</id></entry><entry>");
        assert_eq!(
            feeds.items[0],
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>1</id></entry></feed>"
        );
        assert_eq!(feeds.items.len(), 2);
        let feeds = apart(
            "<rdf:RDF xmlns=\"x\"><channel a=\"b\"><items/></channel><item>1</item></rdf:RDF>",
        );
        assert_eq!(
            feeds.items,
            ["<rdf:RDF xmlns=\"x\"><item>1</item></rdf:RDF>"]
        );
        // Without a channel, and outside of it.
        for odd in [
            "<rss><item>1</item></rss>",
            "<rss><channel></channel><item>1</item></rss>",
        ] {
            let feeds = apart(odd);
            assert_eq!(
                feeds.items,
                ["<rss><channel><item>1</item></channel></rss>"]
            );
        }
        assert!(apart("<p>no feed").items.is_empty());
    }
}
