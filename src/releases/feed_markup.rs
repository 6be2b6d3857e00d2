//! The texts of a feed whose markup stands in them as it is: `<description>All <b>may</b> come` instead
//! of `&lt;b&gt;`. It is escaped, because the parser would take the text as far as the first tag.

use std::borrow::Cow;

use super::feed_tags::{Tag, begins_item, is_item, tags};

/// Elements of a feed that hold a text.
const TEXTS: [&str; 6] = [
    "title",
    "description",
    "content:encoded",
    "content",
    "summary",
    "subtitle",
];

/// The feed with the markup of its texts escaped, and without the texts of Atom that say nothing, for
/// one of which the parser would refuse all.
pub(super) fn escaped(xml: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut taken, mut at) = (0, 0);
    while let Some(open) = tags(xml, at).next() {
        at = open.end;
        if open.closes || !TEXTS.contains(&open.name) {
            continue;
        }
        let Some(close) = closing(xml, &open) else {
            continue;
        };
        at = close.end;
        let inner = xml.get(open.end..close.start).unwrap_or_default();
        let tag = xml.get(open.start..open.end).unwrap_or_default();
        let text = if is_base64(tag) {
            decoded(inner)
        } else if has_markup(inner) && !is_xml(tag) {
            Some(escape(inner))
        } else {
            None
        };
        if let Some(text) = text {
            out.push_str(xml.get(taken..open.end).unwrap_or_default());
            out.push_str(&text);
            taken = close.start;
        }
    }
    if taken == 0 {
        return Cow::Borrowed(xml);
    }
    out.push_str(xml.get(taken..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where a text ends. `None`: it is not closed within its item.
fn closing<'a>(xml: &'a str, open: &Tag<'_>) -> Option<Tag<'a>> {
    if open.is_empty {
        return None;
    }
    let end = tags(xml, open.end).find(|tag| tag.name == open.name || is_item(tag))?;
    (end.closes && end.name == open.name).then_some(end)
}

/// Whether there is a tag in it.
fn has_markup(text: &str) -> bool {
    tags(text, 0).next().is_some()
}

/// XML that Atom lets stand in a text: the parser takes it whole.
fn is_xml(tag: &str) -> bool {
    ["xhtml", "/xml", "+xml"]
        .iter()
        .any(|kind| tag.contains(&format!("{kind}\"")) || tag.contains(&format!("{kind}'")))
}

/// Atom 0.3 lets texts be packed.
fn is_base64(tag: &str) -> bool {
    tag.contains("mode=\"base64\"") || tag.contains("mode='base64'")
}

fn decoded(text: &str) -> Option<String> {
    let packed: String = text.split_whitespace().collect();
    let bytes = data_encoding::BASE64.decode(packed.as_bytes()).ok()?;
    Some(escape(std::str::from_utf8(&bytes).ok()?))
}

/// The text as XML that says it, whatever of it was kept as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    for (at, part) in text.split("<![CDATA[").enumerate() {
        let (kept, rest) = match part.split_once("]]>") {
            Some((kept, rest)) if at > 0 => (kept, rest),
            _ => ("", part),
        };
        for c in kept.chars().chain(rest.chars()) {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                c => out.push(c),
            }
        }
    }
    out
}

/// A feed of one item that a parser refuses, with those elements of the item alone that say what it is,
/// each as it stands. `None`: it is not whole, or its name is not closed.
pub(super) fn essentials(item: &str) -> Option<String> {
    const KEPT: [&str; 12] = [
        "title",
        "link",
        "guid",
        "id",
        "pubDate",
        "dc:date",
        "published",
        "updated",
        "description",
        "content:encoded",
        "content",
        "summary",
    ];
    let open = tags(item, 0).find(|tag| begins_item(tag) && !tag.is_empty)?;
    let close = tags(item, open.end).find(|tag| tag.closes && tag.name == open.name)?;
    let root = tags(item, 0).next()?;
    // Of RSS 1.0 the parser takes no item without a link, which may stand in its `rdf:about`, or nowhere.
    let is_rdf = matches!(root.name, "rdf:RDF" | "RDF");
    let (mut out, end) = if is_rdf {
        let attributes = item.get(root.start + 1 + root.name.len()..root.end)?;
        let end = "</item></channel></rss>";
        (format!("<rss version=\"2.0\"{attributes}<channel>"), end)
    } else {
        (item.get(..open.start)?.to_owned(), item.get(close.start..)?)
    };
    out.extend(["<", open.name, ">"]);
    let about = is_rdf
        .then(|| about(item.get(open.start..open.end)?))
        .flatten();
    if let Some(about) = about.filter(|_| !item.contains("<link")) {
        out.extend(["<link>", about, "</link>"]);
    }
    let mut at = open.end;
    while let Some(tag) = tags(item, at).next().filter(|tag| tag.start < close.start) {
        at = tag.end;
        if tag.closes || !KEPT.contains(&tag.name) {
            continue;
        }
        if tag.is_empty {
            out.push_str(item.get(tag.start..tag.end)?);
            continue;
        }
        let Some(end) = closing(item, &tag) else {
            // Where a headline ends nobody knows; of the rest, what is closed must do.
            if tag.name == "title" {
                return None;
            }
            continue;
        };
        at = end.end;
        let inner = item.get(tag.end..end.start)?;
        if TEXTS.contains(&tag.name) {
            // Of kinds that the parser does not know, and empty ones, it takes nothing.
            let text = if is_xml(item.get(tag.start..tag.end)?) {
                escape(inner)
            } else {
                inner.to_owned()
            };
            if text.trim().is_empty() {
                continue;
            }
            let kind = if open.name == "entry" {
                " type=\"html\""
            } else {
                ""
            };
            out.extend(["<", tag.name, kind, ">", &text, "</", tag.name, ">"]);
        } else if !has_markup(inner) {
            out.push_str(item.get(tag.start..end.end)?);
        }
    }
    out.push_str(end);
    Some(out)
}

/// What an item of RSS 1.0 is about: mostly the address of its page.
fn about(tag: &str) -> Option<&str> {
    let (_, value) = tag.split_once("about=")?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let about = value.get(1..)?.split(quote).next()?;
    (about.starts_with("http") || about.starts_with('/')).then_some(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_escaped_and_other_markup_stays() {
        for (written, wanted) in [
            (
                "<item><title>The <i>Save</i> Act</title><link>/a</link></item>",
                "<item><title>The &lt;i&gt;Save&lt;/i&gt; Act</title><link>/a</link></item>",
            ),
            (
                "<item><description><![CDATA[<p>A &amp; B</p>]]> and <br>more</description></item>",
                "<item><description>&lt;p&gt;A &amp;amp; B&lt;/p&gt; and &lt;br&gt;more</description></item>",
            ),
            (
                "<entry><content mode='base64'>PHA+SGk8L3A+</content></entry>",
                "<entry><content mode='base64'>&lt;p&gt;Hi&lt;/p&gt;</content></entry>",
            ),
        ] {
            assert_eq!(escaped(written), wanted);
        }
        for same in [
            "<item><description><![CDATA[<p>A</p>]]></description></item>",
            "<entry><content type=\"xhtml\"><div>A <b>b</b></div></content></entry>",
            "<item><title>Not closed</item><item><title>A</title></item>",
            "<item><media:title>A <b>b</b></media:title></item>",
        ] {
            assert_eq!(escaped(same), same);
        }
    }

    #[test]
    fn of_an_item_that_cannot_be_parsed_what_says_what_it_is_is_kept() {
        assert_eq!(
            essentials("<item><title>A</title></b><x y=1><link>/a</link></item>").as_deref(),
            Some("<item><title>A</title><link>/a</link></item>")
        );
        assert_eq!(
            essentials(
                "<entry><title/><content type=\"odd\">A</content><link href=\"/a\"/></entry>"
            )
            .as_deref(),
            Some("<entry><title/><content type=\"html\">A</content><link href=\"/a\"/></entry>")
        );
        for broken in [
            "<item><title>A</title>",
            "<item><title>A</item>",
            "<p>A</p>",
            "",
        ] {
            assert_eq!(essentials(broken), None, "{broken}");
        }
    }
}
