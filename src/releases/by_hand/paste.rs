//! What word processors put on the clipboard, as the markup that they mean. Word writes lists as
//! paragraphs with the bullet typed in; Google Docs writes bold as a style and links through
//! itself.

use dom_query::{Document as Page, NodeRef};

use super::super::reading::{bounded, inner_markup};

/// The pasted markup with lists that are lists, bold that is bold, and links that lead where they
/// say.
pub(super) fn tidied(html: &str) -> String {
    // Word marks what old software must not read as `<![if …]>`; parsers take it for a comment.
    let page = Page::from(bounded(html));
    page.select("style, script, title, meta, link, xml")
        .remove();
    for node in page.select("[style]").nodes() {
        emphasise(node);
    }
    word_lists(&page);
    // A picture that came with the clipboard or stands on the writer's disk has no address in a mail. As one
    // whose address could not be made whole it is named, not lost.
    for node in page.select("img").nodes() {
        let src = node.attr("src").unwrap_or_default();
        let src = src.trim_start().to_ascii_lowercase();
        if !src.starts_with("http:") && !src.starts_with("https:") {
            node.set_attr("src", "picture");
        }
    }
    inner_markup(&page.body().unwrap_or_else(|| page.root()))
}

/// Google Docs wraps everything in a `<b>` that is not bold, and what is bold in a `<span>`.
fn emphasise(node: &NodeRef<'_>) {
    let style = node
        .attr("style")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .replace(' ', "");
    let name = node.node_name().unwrap_or_default().to_string();
    match name.as_str() {
        "b" | "strong"
            if style.contains("font-weight:normal") || style.contains("font-weight:400") =>
        {
            node.rename("span");
        }
        "span" => {
            let bold = [
                "font-weight:bold",
                "font-weight:600",
                "font-weight:700",
                "font-weight:800",
                "font-weight:900",
            ];
            if bold.iter().any(|weight| style.contains(weight)) {
                node.rename("strong");
            } else if style.contains("font-style:italic") {
                node.rename("em");
            }
        }
        _ => {}
    }
}

/// One paragraph that Word means as an item.
struct Item {
    level: usize,
    ordered: bool,
    html: String,
}

/// Each run of Word's item paragraphs becomes one list, nested by their levels.
fn word_lists(page: &Page) {
    let mut run: Vec<NodeRef<'_>> = Vec::new();
    let paragraphs = page.select("p, h1, h2, h3, h4, h5, h6, table, div, ul, ol, blockquote");
    for node in paragraphs.nodes() {
        if is_item(node) {
            run.push(*node);
        } else if !node.is("div") {
            replace(&mut run);
        }
    }
    replace(&mut run);
}

fn is_item(node: &NodeRef<'_>) -> bool {
    let style = node.attr("style").unwrap_or_default();
    node.is("p") && style.contains("mso-list:") && !style.contains("mso-list:none")
}

fn replace(run: &mut Vec<NodeRef<'_>>) {
    let items: Vec<Item> = run.iter().map(item).collect();
    let Some(first) = run.first() else { return };
    first.replace_with_html(nested(&items));
    for node in run.iter().skip(1) {
        node.remove_from_parent();
    }
    run.clear();
}

fn item(node: &NodeRef<'_>) -> Item {
    let style = node.attr("style").unwrap_or_default().to_string();
    let level = style
        .split("level")
        .nth(1)
        .and_then(|rest| rest.chars().next())
        .and_then(|digit| digit.to_digit(10))
        .map_or(1, |level| (level as usize).clamp(1, 6));
    // The typed mark is the first span that ignores the list's own.
    let mut ordered = false;
    for span in node.descendants() {
        let ignored = span.attr("style").is_some_and(|style| {
            style
                .to_ascii_lowercase()
                .replace(' ', "")
                .contains("mso-list:ignore")
        });
        if ignored {
            let mark = span.text();
            ordered = mark
                .trim()
                .trim_end_matches(['.', ')'])
                .chars()
                .all(char::is_alphanumeric)
                && mark.contains(['.', ')']);
            span.remove_from_parent();
            break;
        }
    }
    Item {
        level,
        ordered,
        html: inner_markup(node),
    }
}

fn nested(items: &[Item]) -> String {
    let mut html = String::new();
    let mut open: Vec<(usize, bool)> = Vec::new();
    for item in items {
        while open.last().is_some_and(|(level, _)| *level > item.level) {
            close(&mut open, &mut html);
        }
        match open.last() {
            Some((level, ordered)) if *level == item.level && *ordered == item.ordered => {
                html.push_str("</li>");
            }
            Some((level, _)) if *level == item.level => {
                close(&mut open, &mut html);
                begin(item, &mut open, &mut html);
            }
            _ => begin(item, &mut open, &mut html),
        }
        html.push_str("<li>");
        html.push_str(&item.html);
    }
    while !open.is_empty() {
        close(&mut open, &mut html);
    }
    html
}

fn begin(item: &Item, open: &mut Vec<(usize, bool)>, html: &mut String) {
    html.push_str(if item.ordered { "<ol>" } else { "<ul>" });
    open.push((item.level, item.ordered));
}

fn close(open: &mut Vec<(usize, bool)>, html: &mut String) {
    if let Some((_, ordered)) = open.pop() {
        html.push_str(if ordered { "</li></ol>" } else { "</li></ul>" });
    }
}
