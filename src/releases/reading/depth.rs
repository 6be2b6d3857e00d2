//! How deep markup goes, before the parser is let at it: its work grows with the square of it.

/// Deeper than any page that was made to be read.
const DEEPEST: usize = 500;

/// Elements that hold nothing, or that end by themselves when the next begins.
const NOT_NESTING: &[&str] = &[
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
    "option", "p", "param", "source", "td", "th", "tr", "track", "wbr",
];

/// Parts of drawings: the only elements that a closing slash does end.
const DRAWN: &[&str] = &[
    "animate", "circle", "ellipse", "g", "image", "line", "path", "polygon", "polyline", "rect",
    "stop", "use",
];

/// Elements whose content is no markup.
const VERBATIM: &[&str] = &["script", "style", "textarea", "title"];

/// The markup up to where it goes too deep; commonly all of it.
pub(in crate::releases) fn bounded(html: &str) -> &str {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = html.get(at..).and_then(|rest| rest.find('<')) {
        let tag = at + found;
        at = tag + 1;
        let Some(rest) = html.get(at..) else { break };
        if rest.starts_with("!--") {
            at += rest.find("-->").unwrap_or(rest.len());
            continue;
        }
        let (closing, rest) = match rest.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        if name.is_empty()
            || NOT_NESTING
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other))
        {
            continue;
        }
        if !closing
            && VERBATIM
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other))
        {
            // `a<b` in a script is no tag.
            at += rest.find("</").unwrap_or(rest.len());
            continue;
        }
        let whole = rest
            .find('>')
            .and_then(|end| rest.get(..end))
            .unwrap_or_default();
        if !closing
            && whole.ends_with('/')
            && DRAWN.iter().any(|other| name.eq_ignore_ascii_case(other))
        {
            continue;
        }
        if closing {
            depth = depth.saturating_sub(1);
        } else {
            depth += 1;
            if depth > DEEPEST {
                return html.get(..tag).unwrap_or_default();
            }
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_nesting_counts() {
        for flat in [
            "<svg><path d=\"\"/></svg>",
            "<script>for(i=0;i<n;i++)a<b</script>",
            "<!-- <div> -->",
            "<p>one<li>two<br>",
            "<b>bold</b>",
        ] {
            let page = flat.repeat(2 * DEEPEST);
            assert_eq!(bounded(&page), page, "{flat}");
        }
        let deep = "<div>".repeat(2 * DEEPEST);
        assert!(bounded(&deep).len() < deep.len());
    }
}
