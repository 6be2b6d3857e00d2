//! Feeds of old or homemade kinds, written as the kinds that the feed parser knows: Atom 0.3, RSS 0.90,
//! RSS in a namespace of its own, tags in another case, links in an attribute.
//!
//! Each step looks at the text once, so the whole grows with the input and no faster.

use std::borrow::Cow;

use super::feed_tags::tags;

/// The namespace of RSS 1.0.
const RSS_1: &str = "http://purl.org/rss/1.0/";

/// The namespace of Atom.
const ATOM: &str = "http://www.w3.org/2005/Atom";

/// Namespaces of old versions, and what their tags mean today.
const NAMESPACES: [(&str, &str); 4] = [
    ("http://purl.org/atom/ns#", ATOM),
    ("http://my.netscape.com/rdf/simple/0.9/", RSS_1),
    ("http://channel.netscape.com/rdf/simple/0.9/", RSS_1),
    ("http://purl.org/net/rss1.1#", RSS_1),
];

/// Tags of Atom 0.3, and the name that the parser knows.
const TAGS: [(&str, &str); 2] = [("issued", "published"), ("modified", "updated")];

/// Tags that the parser knows in this case only; feeds that were written by hand have them in any.
const CASES: [&str; 19] = [
    "rss",
    "rdf:RDF",
    "channel",
    "item",
    "title",
    "link",
    "guid",
    "pubDate",
    "description",
    "content:encoded",
    "dc:date",
    "feed",
    "entry",
    "id",
    "published",
    "updated",
    "summary",
    "content",
    "enclosure",
];

/// What a feed begins with.
const ROOTS: [&str; 6] = ["<?xml ", "<rss", "<RSS", "<feed", "<rdf:RDF", "<RDF"];

/// How much of the beginning may stand before the root's end.
const HEAD_BYTES: usize = 4_000;

/// What stands before the first tag of a feed is none of it: a comment, or nothing at all, often
/// before the declaration, where XML allows neither; or what the site's program complained of.
pub(super) fn without_preamble(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        match comment.split_once("-->") {
            Some((_, after)) => rest = after.trim_start(),
            None => return rest,
        }
    }
    without_complaint(rest)
}

/// `Warning: …` or `<br /><b>Notice</b>: …` above a feed. A page for people begins otherwise.
fn without_complaint(text: &str) -> &str {
    if ROOTS.iter().any(|root| text.starts_with(root)) {
        return text;
    }
    let head = head(text);
    let begins = ROOTS.iter().filter_map(|root| head.find(root)).min();
    let is_page = |before: &str| {
        let before = before.to_ascii_lowercase();
        [
            "<!doctype",
            "<html",
            "<head",
            "<body",
            "<script",
            "<main",
            "<?",
        ]
        .iter()
        .any(|tag| before.contains(tag))
            || before.starts_with('{')
    };
    match begins.and_then(|at| text.split_at_checked(at)) {
        Some((before, feed)) if !is_page(before) && !opens_prefixed(before) => feed,
        _ => text,
    }
}

/// `<r:rss`: a feed begins with that already.
fn opens_prefixed(before: &str) -> bool {
    tags(before, 0).any(|tag| {
        let local = tag.name.rsplit(':').next().unwrap_or_default();
        matches!(local, "rss" | "RDF" | "feed" | "entry")
    })
}

/// The feed in the kinds of today.
pub(super) fn modern(xml: &str) -> Cow<'_, str> {
    let mut xml = Cow::Borrowed(xml);
    for (old, new) in NAMESPACES {
        if head(&xml).contains(old) {
            xml = Cow::Owned(xml.replacen(old, new, 1));
        }
    }
    xml = without_prefix(xml);
    xml = renamed(xml);
    xml = with_default_namespace(xml);
    if head(&xml).contains(ATOM) {
        xml = typed(xml);
    }
    linked(xml)
}

/// Atom 0.3 gives the kind of a text as a media type, and some feeds of today do: `type="text/html"` is
/// what Atom says as `type="html"`. Of another kind than Atom's the parser reads no feed at all.
fn typed(xml: Cow<'_, str>) -> Cow<'_, str> {
    const TEXTS: [&str; 7] = [
        "title", "content", "summary", "subtitle", "rights", "tagline", "info",
    ];
    const KINDS: [(&str, &str); 3] = [
        ("text/plain", "text"),
        ("text/html", "html"),
        ("application/xhtml+xml", "xhtml"),
    ];
    /// Bytes of a tag that is looked at.
    const LONGEST: usize = 400;
    if !KINDS.iter().any(|(media, _)| xml.contains(media)) {
        return xml;
    }
    let mut out = String::with_capacity(xml.len());
    let mut rest = xml.as_ref();
    while let Some((before, from)) = rest.split_once('<') {
        out.push_str(before);
        out.push('<');
        rest = from;
        let is_text = TEXTS.iter().any(|name| {
            from.strip_prefix(name)
                .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_whitespace()))
        });
        let end = from.bytes().take(LONGEST).position(|b| b == b'>');
        let Some((tag, after)) = end
            .filter(|_| is_text)
            .and_then(|end| from.split_at_checked(end))
        else {
            continue;
        };
        let mut tag = tag.to_owned();
        // Content that stands elsewhere is no text, and its kind is that of the file.
        let kinds = if tag.contains(" src=") {
            &[]
        } else {
            &KINDS[..]
        };
        for (media, kind) in kinds {
            for quote in ['"', '\''] {
                tag = tag.replacen(
                    &format!("type={quote}{media}{quote}"),
                    &format!("type={quote}{kind}{quote}"),
                    1,
                );
            }
        }
        out.push_str(&tag);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn head(xml: &str) -> &str {
    let mut end = xml.len().min(HEAD_BYTES);
    while !xml.is_char_boundary(end) {
        end -= 1;
    }
    xml.get(..end).unwrap_or_default()
}

/// `<r:rss xmlns:r="http://backend.userland.com/rss2"><r:channel>`: every tag of a feed under a prefix, as
/// XML allows it. All that is done here knows them bare.
fn without_prefix(xml: Cow<'_, str>) -> Cow<'_, str> {
    const FEEDS: [&str; 6] = [
        ATOM,
        RSS_1,
        "http://backend.userland.com/rss2",
        "http://backend.userland.com/RSS2",
        "http://backend.userland.com/rss",
        "http://blogs.law.harvard.edu/tech/rss",
    ];
    let head = head(&xml);
    let found = head.match_indices("xmlns:").find_map(|(at, name)| {
        let declared = head.get(at + name.len()..)?;
        let (prefix, value) = declared.split_once('=')?;
        let (prefix, value) = (prefix.trim_end(), value.trim_start());
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let namespace = value.get(1..)?.split(quote).next()?;
        let is_name = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_used = || {
            let within = if namespace == ATOM { "feed" } else { "channel" };
            head.split_once(&format!("<{prefix}:{within}"))
                .is_some_and(|(_, after)| after.starts_with(['>', ' ', '\t', '\n', '\r']))
        };
        (is_name && FEEDS.contains(&namespace) && is_used()).then(|| prefix.to_owned())
    });
    let Some(prefix) = found else {
        return xml;
    };
    let bare = xml
        .replace(&format!("<{prefix}:"), "<")
        .replace(&format!("</{prefix}:"), "</");
    Cow::Owned(bare)
}

/// The root without the namespace that it says its tags are in: RSS 2.0 has none, that of RSS 1.0 is
/// what the parser takes for granted, and Atom's is written in many ways.
fn with_default_namespace(xml: Cow<'_, str>) -> Cow<'_, str> {
    let root = tags(head(&xml), 0).next();
    let Some(root) = root.filter(|root| matches!(root.name, "rss" | "rdf:RDF" | "RDF" | "feed"))
    else {
        return xml;
    };
    let (before, from) = xml.split_at(root.start);
    let (tag, after) = from.split_at(root.end - root.start);
    let mut tag = tag.to_owned();
    while let Some((from, to)) = default_namespace(&tag) {
        tag.replace_range(from..to, "");
    }
    if root.name == "feed" {
        tag.insert_str("<feed".len(), &format!(" xmlns=\"{ATOM}\""));
    }
    Cow::Owned([before, &tag, after].concat())
}

/// Where ` xmlns="…"` stands in a tag.
fn default_namespace(tag: &str) -> Option<(usize, usize)> {
    let name = "xmlns=";
    let from = tag.match_indices(name).map(|(at, _)| at).find(|at| {
        tag.get(..*at)
            .is_some_and(|before| before.ends_with(char::is_whitespace))
    })?;
    let value = tag.get(from + name.len()..)?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let length = value.get(1..)?.find(quote)? + 2;
    Some((from - 1, from + name.len() + length))
}

/// The tags under the names that the parser knows.
fn renamed(xml: Cow<'_, str>) -> Cow<'_, str> {
    let (mut out, mut taken) = (String::new(), 0);
    for tag in tags(&xml, 0) {
        let known = TAGS
            .iter()
            .find(|(old, _)| *old == tag.name)
            .map(|(_, new)| *new);
        let Some(new) = known.or_else(|| {
            CASES
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(tag.name))
                .filter(|known| *known != tag.name)
        }) else {
            continue;
        };
        let from = tag.start + 1 + usize::from(tag.closes);
        out.push_str(xml.get(taken..from).unwrap_or_default());
        out.push_str(new);
        taken = from + tag.name.len();
    }
    if taken == 0 {
        return xml;
    }
    out.push_str(xml.get(taken..).unwrap_or_default());
    Cow::Owned(out)
}

/// `<link href="…"/>` in RSS says what `<link>…</link>` says.
fn linked(xml: Cow<'_, str>) -> Cow<'_, str> {
    let is_rss = ["<rss", "<rdf:RDF", "<RDF"]
        .iter()
        .any(|root| head(&xml).contains(root));
    if !is_rss || !xml.contains("<link href=") {
        return xml;
    }
    let mut out = String::with_capacity(xml.len() + 64);
    let mut rest = xml.as_ref();
    while let Some((before, from)) = rest.split_once("<link href=") {
        out.push_str(before);
        let quote = from.chars().next().filter(|c| matches!(c, '"' | '\''));
        let whole = quote.and_then(|quote| {
            let (href, after) = from.get(1..)?.split_once(quote)?;
            let (attributes, after) = after.split_once('>')?;
            // Not one of Atom's within RSS that has words of its own.
            let after = match attributes.trim_end().strip_suffix('/') {
                Some(_) => after,
                None => after.trim_start().strip_prefix("</link>")?,
            };
            (!href.contains('<') && !attributes.contains("rel=")).then_some((href, after))
        });
        if let Some((href, after)) = whole {
            out.extend(["<link>", href, "</link>"]);
            rest = after;
        } else {
            out.push_str("<link href=");
            rest = from;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The entities of HTML that feeds use as if they were XML's, by their characters.
const ENTITIES: [(&str, u32); 40] = [
    ("nbsp", 160),
    ("iexcl", 161),
    ("cent", 162),
    ("pound", 163),
    ("sect", 167),
    ("copy", 169),
    ("laquo", 171),
    ("reg", 174),
    ("deg", 176),
    ("frac12", 189),
    ("middot", 183),
    ("raquo", 187),
    ("iquest", 191),
    ("Aacute", 193),
    ("Auml", 196),
    ("Ccedil", 199),
    ("Eacute", 201),
    ("Ntilde", 209),
    ("Oacute", 211),
    ("Ouml", 214),
    ("Uuml", 220),
    ("szlig", 223),
    ("agrave", 224),
    ("aacute", 225),
    ("auml", 228),
    ("ccedil", 231),
    ("egrave", 232),
    ("eacute", 233),
    ("iacute", 237),
    ("ntilde", 241),
    ("oacute", 243),
    ("ouml", 246),
    ("uacute", 250),
    ("uuml", 252),
    ("ndash", 8211),
    ("mdash", 8212),
    ("lsquo", 8216),
    ("rsquo", 8217),
    ("ldquo", 8220),
    ("rdquo", 8221),
];

/// The number of the character that an entity of HTML means, and how long its name is.
pub(super) fn html_entity(after: &str) -> Option<(u32, usize)> {
    // None is longer; an ampersand that begins none must not have the whole text searched.
    let end = after
        .bytes()
        .take(MOST_OF_AN_ENTITY)
        .position(|b| b == b';')?;
    let name = after.get(..end)?;
    if name == "hellip" {
        return Some((8230, end));
    }
    if name == "bull" {
        return Some((8226, end));
    }
    if name == "euro" {
        return Some((8364, end));
    }
    let entity = ENTITIES.iter().find(|(known, _)| *known == name)?;
    Some((entity.1, end))
}

/// The longest name of an entity or number, with room for zeros.
pub(super) const MOST_OF_AN_ENTITY: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_feed_is_left_out() {
        let feed = "<?xml version=\"1.0\"?><rss/>";
        for before in ["", " \n", "<!-- by hand -->\n", "<!--a--> <!--b-->"] {
            assert_eq!(without_preamble(&format!("{before}{feed}")), feed);
        }
        assert_eq!(without_preamble("<!-- open"), "<!-- open");
    }

    #[test]
    fn only_whole_names_are_renamed() {
        assert_eq!(
            modern("<rss><item><pubdate>x</pubdate><pubdates/>a < b</item></rss>"),
            "<rss><item><pubDate>x</pubDate><pubdates/>a < b</item></rss>"
        );
        assert_eq!(
            modern("<rss version=\"2.0\" xmlns='http://x/' xmlns:dc=\"y\"><channel/></rss>"),
            "<rss version=\"2.0\" xmlns:dc=\"y\"><channel/></rss>"
        );
    }

    #[test]
    fn a_link_in_an_attribute_is_read() {
        assert_eq!(
            modern(
                "<rss><link href=\"/a\"/><link href='/b'></link><link href=\"/c\" rel=\"self\"/></rss>"
            ),
            "<rss><link>/a</link><link>/b</link><link href=\"/c\" rel=\"self\"/></rss>"
        );
        for broken in [
            "<rss><link href=",
            "<rss><link href=\"/a",
            "<rss><link href=\"/a\" x",
        ] {
            assert_eq!(modern(broken), broken);
        }
    }
}
