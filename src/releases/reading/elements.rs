//! What elements are by their names, classes and attributes, in the words that content systems
//! share.

use dom_query::NodeRef;

/// Elements that hold no words of the release, whatever they are called.
pub(super) fn is_dropped_by_name(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "head"
            | "title"
            | "meta"
            | "link"
            | "button"
            | "input"
            | "select"
            | "textarea"
            | "nav"
            | "dialog"
            | "canvas"
            | "map"
            | "datalist"
            | "progress"
            | "meter"
    )
}

/// Not shown to a reader, or only to one who does not need it here.
pub(super) fn is_hidden(node: &NodeRef) -> bool {
    if node.has_attr("hidden")
        || node
            .attr("aria-hidden")
            .is_some_and(|value| &*value == "true")
    {
        return true;
    }
    node.attr("style").is_some_and(|style| {
        let style: String = style
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_lowercase())
            .collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    })
}

/// Elements that end the line before them.
pub(super) fn is_block(name: &str) -> bool {
    is_container_name(name)
        || matches!(
            name,
            "p" | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "ul"
                | "ol"
                | "menu"
                | "li"
                | "blockquote"
                | "pre"
                | "hr"
                | "dl"
                | "dt"
                | "dd"
                | "figure"
                | "figcaption"
                | "address"
                | "iframe"
                | "video"
                | "audio"
                | "object"
                | "embed"
                | "caption"
                | "details"
                | "summary"
        )
}

pub(super) fn is_container(node: &NodeRef) -> bool {
    node.node_name()
        .is_some_and(|name| is_container_name(&name))
}

/// Elements that only arrange others.
fn is_container_name(name: &str) -> bool {
    matches!(
        name,
        "html"
            | "body"
            | "div"
            | "section"
            | "article"
            | "main"
            | "header"
            | "footer"
            | "aside"
            | "form"
            | "fieldset"
            | "center"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
    ) || name.contains('-')
}

/// Whether the element has one of these classes.
pub(super) fn has_class(node: &NodeRef, classes: &[&str]) -> bool {
    node.attr("class").is_some_and(|value| {
        value
            .split_whitespace()
            .any(|class| classes.contains(&class))
    })
}

/// Whether class or id say that this is the line below the headline.
pub(super) fn says_subtitle(node: &NodeRef) -> bool {
    const WORDS: &[&str] = &[
        "subtitle",
        "subhead",
        "subheading",
        "subheadline",
        "deck",
        "dek",
        "standfirst",
    ];
    ["class", "id"].iter().any(|attribute| {
        node.attr(attribute).is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|token| WORDS.contains(&token))
        })
    })
}

/// Whether class and id say, in the words that content systems share, that this is not the text.
pub(super) fn says_chrome(node: &NodeRef, inline: bool) -> bool {
    const WORDS: &[&str] = &[
        "share",
        "sharing",
        "sharedaddy",
        "addtoany",
        "addthis",
        "social",
        "breadcrumb",
        "breadcrumbs",
        "sidebar",
        "related",
        "comments",
        "newsletter",
        "signup",
        "subscribe",
        "cookie",
        "cookies",
        "alert",
        "alertbar",
        "banner",
        "masthead",
        "menu",
        "nav",
        "navbar",
        "navigation",
        "pagination",
        "pager",
        "popup",
        "modal",
        "skip",
        "footer",
        "toolbar",
        "jumplinks",
    ];
    const PAIRS: &[(&str, &str)] = &[
        ("post", "meta"),
        ("entry", "meta"),
        ("article", "meta"),
        ("title", "meta"),
        ("screen", "reader"),
        ("sr", "only"),
        ("visually", "hidden"),
        ("entry", "footer"),
        ("post", "navigation"),
        ("post", "tags"),
        ("skip", "link"),
        ("latest", "news"),
        ("recent", "posts"),
        ("sign", "up"),
    ];
    // What a single line may be too.
    const LINES: &[&str] = &["footer", "breadcrumb", "breadcrumbs", "copyright"];
    let mut tokens: Vec<String> = Vec::new();
    for attribute in ["class", "id"] {
        if let Some(value) = node.attr(attribute) {
            tokens.extend(
                value
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .filter(|token| !token.is_empty())
                    .take(60)
                    .map(str::to_ascii_lowercase),
            );
        }
    }
    tokens.windows(2).any(|pair| {
        matches!(pair, [first, second] if PAIRS.contains(&(first.as_str(), second.as_str())))
    }) || tokens
        .iter()
        .any(|token| (if inline { LINES } else { WORDS }).contains(&token.as_str()))
}
