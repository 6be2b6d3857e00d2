//! What word processors put on the clipboard, as the markup that they mean. Word writes lists as
//! paragraphs with the bullet typed in; Google Docs writes bold as a style and links through
//! itself.

use std::fmt::Write;

use dom_query::{Document as Page, NodeRef};

use super::super::reading::{bounded, inner_markup};

/// The pasted markup with lists that are lists, bold that is bold, and links that lead where they
/// say.
pub(super) fn tidied(html: &str) -> String {
    // Word marks what old software must not read as `<![if …]>`; parsers take it for a comment.
    let page = Page::from(bounded(html));
    page.select("style, script, title, meta, link, xml")
        .remove();
    page.select(COMMENTS).remove();
    resolve_changes(&page);
    // Places within the writer's own file, such as Word's notes: a mail has none of them, and the words stay.
    for node in page.select("a[href^='#']").nodes() {
        node.rename("span");
    }
    for node in page.select("[style]").nodes() {
        emphasise(node);
        if node.is("span") && style_of(node).contains("display:block") {
            node.rename("div");
        }
    }
    word_lists(&page);
    // A picture that came with the clipboard or stands on the writer's disk has no address in a mail. As one
    // whose address could not be made whole it is named, not lost.
    for node in page.select("img").nodes() {
        let src = node.attr("src").unwrap_or_default();
        let src = src.trim_start().to_ascii_lowercase();
        if !src.starts_with("http:") && !src.starts_with("https:") {
            node.set_attr("src", "picture");
            // It parted the words around it.
            node.before_html(" ");
            node.after_html(" ");
        }
    }
    inner_markup(&page.body().unwrap_or_else(|| page.root()))
}

/// What Word's users write to each other in the margin, and the marks that lead there. It is for nobody else.
const COMMENTS: &str = "[style*='mso-element:comment'], .MsoCommentReference, .msocomtxt, .msocomanchor, \
     a[href^='#_msocom'], a[name^='_msoanchor'], [class*='msocomoff']";

/// Tracked changes as if they were accepted: what was deleted is gone, and what was inserted is text. Who struck
/// words for readers to see did so without a name and a date.
fn resolve_changes(page: &Page) {
    page.select("del[cite], del[datetime]").remove();
    for node in page.select("ins[cite], ins[datetime]").nodes() {
        node.rename("span");
    }
}

/// Its declarations, without blanks.
fn style_of(node: &NodeRef<'_>) -> String {
    let style = node.attr("style").unwrap_or_default();
    style.to_ascii_lowercase().replace(' ', "")
}

/// Google Docs wraps everything in a `<b>` that is not bold, and what is bold in a `<span>`.
fn emphasise(node: &NodeRef<'_>) {
    let style = style_of(node);
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
    /// Its number; `None`: a bullet.
    number: Option<u32>,
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
    node.is("p")
        && style.contains("mso-list:")
        && !style.contains("mso-list:none")
        // "IV.", "a)" and "Sec. 3(a)" are no numbers of a list of ours, and stay before their words.
        && mark_of(node).is_none_or(|mark| matches!(mark, Mark::Bullet | Mark::Number(_)))
}

enum Mark {
    Bullet,
    Number(u32),
    Other,
}

/// The mark that Word typed before an item: the first span that ignores the list's own.
fn typed_mark<'a>(node: &NodeRef<'a>) -> Option<NodeRef<'a>> {
    node.descendants().into_iter().find(|span| {
        span.attr("style").is_some_and(|style| {
            let style = style.to_ascii_lowercase().replace(' ', "");
            style.contains("mso-list:ignore")
        })
    })
}

fn mark_of(node: &NodeRef<'_>) -> Option<Mark> {
    let mark = typed_mark(node)?.text();
    let mark = mark.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
    let number = mark
        .strip_suffix(['.', ')'])
        .and_then(|digits| digits.parse().ok());
    Some(match number {
        Some(number) => Mark::Number(number),
        // "o" is how Word's second level looks.
        None if mark == "o" || !mark.contains(char::is_alphanumeric) => Mark::Bullet,
        None => Mark::Other,
    })
}

/// Whether the numbers at each level go up by one, as those of a list do. Others stay typed before their words:
/// "question 5" must go on being that.
fn counts_up(run: &[NodeRef<'_>]) -> bool {
    let mut last: Vec<Option<u32>> = Vec::new();
    run.iter().all(|node| {
        last.resize(level_of(node), None);
        let number = match mark_of(node) {
            Some(Mark::Number(number)) => Some(number),
            _ => None,
        };
        let before = last.pop().flatten();
        last.push(number);
        match (before, number) {
            (Some(before), Some(number)) => before.checked_add(1) == Some(number),
            _ => true,
        }
    })
}

fn replace(run: &mut Vec<NodeRef<'_>>) {
    if !counts_up(run) {
        run.clear();
        return;
    }
    let items: Vec<Item> = run.iter().map(item).collect();
    let Some(first) = run.first() else { return };
    first.replace_with_html(nested(&items));
    for node in run.iter().skip(1) {
        node.remove_from_parent();
    }
    run.clear();
}

/// From 1.
fn level_of(node: &NodeRef<'_>) -> usize {
    let style = node.attr("style").unwrap_or_default().to_string();
    style
        .split("level")
        .nth(1)
        .and_then(|rest| rest.chars().next())
        .and_then(|digit| digit.to_digit(10))
        .map_or(1, |level| (level as usize).clamp(1, 6))
}

fn item(node: &NodeRef<'_>) -> Item {
    let number = match mark_of(node) {
        Some(Mark::Number(number)) => Some(number),
        _ => None,
    };
    if let Some(mark) = typed_mark(node) {
        mark.remove_from_parent();
    }
    Item {
        level: level_of(node),
        number,
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
            Some((level, ordered)) if *level == item.level && *ordered == item.number.is_some() => {
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
    match item.number {
        Some(number) => _ = write!(html, "<ol start=\"{number}\">"),
        None => html.push_str("<ul>"),
    }
    open.push((item.level, item.number.is_some()));
}

fn close(open: &mut Vec<(usize, bool)>, html: &mut String) {
    if let Some((_, ordered)) = open.pop() {
        html.push_str(if ordered { "</li></ol>" } else { "</li></ul>" });
    }
}
