//! Feeds of old or homemade kinds, written as the kinds that the feed parser knows: Atom 0.3, RSS 0.90,
//! RSS in a namespace of its own, tags in another case, links in an attribute.
//!
//! Each step looks at the text once, so the whole grows with the input and no faster.

use std::borrow::Cow;

/// The namespace of RSS 1.0.
const RSS_1: &str = "http://purl.org/rss/1.0/";

/// Namespaces of old versions, and what their tags mean today.
const NAMESPACES: [(&str, &str); 4] = [
    ("http://purl.org/atom/ns#", "http://www.w3.org/2005/Atom"),
    ("http://my.netscape.com/rdf/simple/0.9/", RSS_1),
    ("http://channel.netscape.com/rdf/simple/0.9/", RSS_1),
    ("http://purl.org/net/rss1.1#", RSS_1),
];

/// Tags of Atom 0.3 and of RSS that was written by hand, and the name that the parser knows.
const TAGS: [(&str, &str); 6] = [
    ("issued", "published"),
    ("modified", "updated"),
    ("pubdate", "pubDate"),
    ("PubDate", "pubDate"),
    ("Pubdate", "pubDate"),
    ("PUBDATE", "pubDate"),
];

/// How much of the beginning may stand before the root's end.
const HEAD_BYTES: usize = 4_000;

/// What stands before the first tag of a feed is none of it: a comment, or nothing at all, often
/// before the declaration, where XML allows neither.
pub(super) fn without_preamble(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        match comment.split_once("-->") {
            Some((_, after)) => rest = after.trim_start(),
            None => return rest,
        }
    }
    rest
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
    xml = without_default_namespace(xml);
    for (old, new) in TAGS {
        if xml.contains(&format!("<{old}")) {
            xml = Cow::Owned(renamed(&xml, old, new));
        }
    }
    if head(&xml).contains("http://www.w3.org/2005/Atom") {
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

/// `<r:rss xmlns:r="http://backend.userland.com/rss2"><r:channel>`: every tag of RSS under a prefix, as XML
/// allows it. The parser knows them bare, those of RSS 1.0 in its namespace.
fn without_prefix(xml: Cow<'_, str>) -> Cow<'_, str> {
    const RSS: [&str; 5] = [
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
            head.split_once(&format!("<{prefix}:channel"))
                .is_some_and(|(_, after)| after.starts_with(['>', ' ', '\t', '\n', '\r']))
        };
        (is_name && RSS.contains(&namespace) && is_used())
            .then(|| (prefix.to_owned(), namespace.to_owned()))
    });
    let Some((prefix, namespace)) = found else {
        return xml;
    };
    let bare = xml
        .replace(&format!("<{prefix}:"), "<")
        .replace(&format!("</{prefix}:"), "</");
    if namespace != RSS_1 {
        return Cow::Owned(bare);
    }
    Cow::Owned(bare.replacen(&format!("xmlns:{prefix}"), "xmlns", 1))
}

/// RSS 2.0 has no namespace; some say all the same that its tags are in one.
fn without_default_namespace(xml: Cow<'_, str>) -> Cow<'_, str> {
    let found = head(&xml).find("<rss").and_then(|at| {
        let end = at + xml.get(at..)?.find('>')?;
        let tag = xml.get(at..end)?;
        let from = at + tag.find(" xmlns=")?;
        let value = xml.get(from + " xmlns=".len()..end)?;
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let length = value.get(1..)?.find(quote)? + 2;
        Some((from, from + " xmlns=".len() + length))
    });
    match found {
        Some((from, to)) => {
            let (before, after) = (xml.get(..from), xml.get(to..));
            Cow::Owned([before.unwrap_or_default(), after.unwrap_or_default()].concat())
        }
        None => xml,
    }
}

/// The tags of this whole name under another.
fn renamed(xml: &str, old: &str, new: &str) -> String {
    let mut out = String::with_capacity(xml.len() + 64);
    let mut rest = xml;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at + 1);
        out.push_str(before);
        let (slash, name) = match from.strip_prefix('/') {
            Some(name) => ("/", name),
            None => ("", from),
        };
        out.push_str(slash);
        rest = match name.strip_prefix(old) {
            Some(after) if after.starts_with(['>', '/', ' ', '\t', '\n', '\r']) => {
                out.push_str(new);
                after
            }
            _ => name,
        };
    }
    out.push_str(rest);
    out
}

/// `<link href="…"/>` in RSS says what `<link>…</link>` says.
fn linked(xml: Cow<'_, str>) -> Cow<'_, str> {
    if !head(&xml).contains("<rss") || !xml.contains("<link href=") {
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
