//! A tree written as markup again. `html5ever` looks through the rest of a text anew for each `&` and for
//! each letter that begins with the octet of a no-break space, so that a text of a megabyte of them
//! takes it hours; this looks at each letter once.

use dom_query::NodeRef;

/// Elements that have no end tag.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Elements whose text a parser takes as it stands.
const AS_IT_STANDS: [&str; 7] = [
    "style",
    "script",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "plaintext",
];

/// What stands in the element, as markup, without its comments. The tree must have been made of
/// [bounded](super::bounded) markup: it is gone down into as deep as it is.
pub(in crate::releases) fn inner_markup(node: &NodeRef<'_>) -> String {
    let mut markup = String::new();
    write_children(node, &mut markup);
    markup
}

fn write_children(node: &NodeRef<'_>, markup: &mut String) {
    let is_raw = AS_IT_STANDS.iter().any(|name| node.has_name(name));
    for child in node.children_it(false) {
        if child.is_text() {
            let text = child.text();
            if is_raw {
                markup.push_str(&text);
            } else {
                write_escaped(&text, markup);
            }
            continue;
        }
        let Some(name) = child.node_name() else {
            continue;
        };
        markup.extend(["<", &*name]);
        for attribute in child.attrs() {
            markup.extend([" ", &*attribute.name.local, "=\""]);
            write_escaped(&attribute.value, markup);
            markup.push('"');
        }
        markup.push('>');
        if VOID.contains(&&*name) {
            continue;
        }
        // A parser leaves out a line's end that follows the tag.
        if matches!(&*name, "pre" | "textarea" | "listing") {
            markup.push('\n');
        }
        write_children(&child, markup);
        markup.extend(["</", &*name, ">"]);
    }
}

fn write_escaped(text: &str, markup: &mut String) {
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\u{a0}' => markup.push_str("&nbsp;"),
            _ => markup.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document as Page;

    use super::*;
    use crate::releases::cost_ratio::grows_too_fast;

    fn again(html: &str) -> String {
        inner_markup(&Page::from(html).body().unwrap())
    }

    #[test]
    fn what_is_written_is_read_as_the_same_tree() {
        for html in [
            "<p class=\"a &amp; &quot;b&quot;\">R&amp;D &lt;b&gt; 5&nbsp;km<br>next <img src=\"a.png\" alt=\"\"></p>",
            "<pre>\n\n  two lines\n</pre><ul><li>é ü ¢ £</li></ul>",
            "<p>&amp;amp; stays</p>",
        ] {
            let once = again(html);
            assert_eq!(
                Page::from(once.as_str()).body().unwrap().inner_html(),
                Page::from(html).body().unwrap().inner_html()
            );
            assert_eq!(again(&once), once, "{html}");
        }
        assert_eq!(again("<p>a<!-- no words -->b</p>"), "<p>ab</p>");
    }

    #[test]
    fn a_text_of_ampersands_and_no_break_spaces_costs_what_it_is_long() {
        for letters in ["&amp;", "\u{a0}", "\u{a3}", "&amp;\u{a0}£ "] {
            let make = |times: usize| format!("<p>{}</p>", letters.repeat(60_000 * times));
            let read = |html: &str| {
                std::hint::black_box(again(html));
            };
            assert_eq!(grows_too_fast(letters, &make, &read), None);
        }
    }
}
