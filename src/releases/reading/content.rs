//! Finding the release in a page: what is around it goes, then the part that holds the text is
//! chosen by structure (R2).

use dom_query::{Document as Page, NodeRef};

/// Never part of a release.
const NEVER: &str = "script, style, noscript, template, svg, nav, form, button, input, select, textarea, \
     dialog, object, embed, link, meta, [hidden], [aria-hidden=true], [role=navigation], \
     [role=banner], [role=contentinfo], [role=search], [role=alert], [role=complementary], \
     [role=dialog]";

/// Never, unless most of the text stands in them: some sites put everything into an `aside`.
const SELDOM: &str = "header, footer, aside";

/// Words in a `class` or `id` that say: this is around the release, not of it.
const AROUND: &[&str] = &[
    "addtoany",
    "alert",
    "alertbar",
    "banner",
    "breadcrumb",
    "breadcrumbs",
    "byline",
    "comment",
    "comments",
    "cookie",
    "cookies",
    "footer",
    "jp-relatedposts",
    "masthead",
    "menu",
    "meta",
    "modal",
    "nav",
    "navbar",
    "navigation",
    "newsletter",
    "pager",
    "pagination",
    "popup",
    "postmeta",
    "print",
    "recent",
    "related",
    "relatedposts",
    "share",
    "sharebar",
    "sharedaddy",
    "sharing",
    "sidebar",
    "signup",
    "skip",
    "social",
    "subscribe",
    "toolbar",
    "topbar",
    "widget",
];

/// Text for screen readers and navigation beside the content, as whole class names.
const HIDDEN: &[&str] = &[
    "screen-reader-text",
    "sr-only",
    "visually-hidden",
    "element-invisible",
    "latest-news",
    "post-tags",
    "entry-header",
    "page-title",
    "site-branding",
];

/// The part of the page that holds the release; what is not of it is taken out of the page.
pub(super) fn find<'a>(page: &'a Page, title: &str) -> Option<NodeRef<'a>> {
    let body = page.body().unwrap_or_else(|| page.root());
    for node in page.select(NEVER).nodes() {
        node.remove_from_parent();
    }
    remove_unless_most(&body, page.select(SELDOM).nodes());
    let around: Vec<NodeRef> = body
        .descendants_it()
        .filter(|node| node.is_element() && is_around(node))
        .collect();
    remove_unless_most(&body, &around);
    for heading in page.select("h1").nodes() {
        if words(&heading.text()) == words(title) {
            heading.remove_from_parent();
        }
    }

    let all = weight(&body);
    let mut chosen = body;
    // An editor's container is said to be one; where several are (a list of releases), the one
    // with most of the text counts.
    for selector in [
        "[itemprop=articleBody]",
        ".entry-content",
        "article",
        "main",
        "[role=main]",
    ] {
        let best = page
            .select(selector)
            .nodes()
            .iter()
            .copied()
            .max_by_key(weight);
        if let Some(best) = best.filter(|best| weight(best) * 2 >= all && weight(best) > 0) {
            chosen = best;
            break;
        }
    }
    // Down to the innermost box that still holds nearly everything.
    for _ in 0..40 {
        let whole = weight(&chosen);
        let inner = chosen.children_it(false).find(|child| {
            ["div", "section", "article", "main", "center"]
                .iter()
                .any(|name| child.has_name(name))
                && weight(child) * 100 >= whole * 85
        });
        match inner.filter(|_| whole > 0) {
            Some(inner) => chosen = inner,
            None => break,
        }
    }
    (weight(&chosen) > 0).then_some(chosen)
}

fn remove_unless_most(body: &NodeRef, nodes: &[NodeRef]) {
    let all = weight(body);
    for node in nodes {
        if weight(node) * 2 < all || all == 0 {
            node.remove_from_parent();
        }
    }
}

fn is_around(node: &NodeRef) -> bool {
    if ["html", "body", "main", "article"]
        .iter()
        .any(|name| node.has_name(name))
    {
        return false;
    }
    let names = [node.attr("class"), node.attr("id")];
    names
        .iter()
        .flatten()
        .flat_map(|names| names.split_ascii_whitespace())
        .any(|name| {
            let name = name.to_ascii_lowercase();
            HIDDEN.contains(&name.as_str())
                || AROUND.contains(&name.as_str())
                || name.split(['-', '_']).any(|word| AROUND.contains(&word))
        })
}

/// How much a part says outside of links: menus and lists of other releases say next to nothing.
fn weight(node: &NodeRef) -> usize {
    let mut weight = 0;
    for part in node.descendants_it().filter(NodeRef::is_text) {
        let linked = part.ancestors_it(Some(4)).any(|above| above.has_name("a"));
        if !linked {
            weight += part
                .text()
                .split_ascii_whitespace()
                .map(str::len)
                .sum::<usize>();
        }
    }
    weight
}

/// The letters and digits of a text: for telling whether two say the same.
pub(super) fn words(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
