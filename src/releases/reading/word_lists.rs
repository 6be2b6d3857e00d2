//! Lists as Word and Outlook write them into HTML: paragraphs with the mark typed in, one class for all, and the level
//! in a style or in the margin.

use std::fmt::Write;

use dom_query::{Document as Page, NodeRef};

use super::markup::inner_markup;

/// Whether Word wrote it, or part of it.
pub(super) fn may_hold(html: &str) -> bool {
    html.contains("Mso") || html.contains("mso-list")
}

/// The title of a document that Word saved is its headline.
pub(super) fn raise_title(page: &Page) {
    if page.select("h1").is_empty()
        && let Some(title) = page.select("p.MsoTitle").nodes().first()
    {
        title.rename("h1");
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
pub(in crate::releases) fn gather(page: &Page) {
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
    let is_called_so = || typed_mark(node).is_none() && read_mark(node).is_some();
    node.is("p")
        && (style.contains("mso-list:") || is_called_so())
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
    let mark = match typed_mark(node) {
        Some(span) => span.text().to_string(),
        None => read_mark(node)?.0,
    };
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
        .map_or_else(|| level_of_margin(&style), |level| level as usize)
        .clamp(1, 6)
}

/// Half an inch for each level, where Word left nothing else.
fn level_of_margin(style: &str) -> usize {
    const TWICE_AN_INCH: &[(&str, f64)] = &[("in", 2.0), ("cm", 2.0 / 2.54), ("pt", 2.0 / 72.0)];
    let style = style.to_ascii_lowercase().replace(' ', "");
    let margin = style
        .split("margin-left:")
        .nth(1)
        .and_then(|rest| rest.split(';').next());
    let half_inches = margin.and_then(|margin| {
        TWICE_AN_INCH.iter().find_map(|(unit, factor)| {
            let number: f64 = margin.strip_suffix(unit)?.parse().ok()?;
            Some((number * factor).round() as usize)
        })
    });
    half_inches.unwrap_or(1).max(1)
}

/// The mark that a paragraph of Word's lists begins with, and its markup without that: pages that were saved
/// "filtered" and sites that clean what is pasted keep the class and the mark, and nothing else of the list.
fn read_mark(node: &NodeRef<'_>) -> Option<(String, String)> {
    const CLASSES: &str = "MsoList";
    /// Letters of the longest mark, and elements around it.
    const LONGEST: usize = 5;
    const BULLETS: &[&str] = &["·", "•", "▪", "●", "◦", "§", "Ø", "ü", "o", "-", "–"];
    let is_called_so = node.attr("class").is_some_and(|class| {
        class
            .split_whitespace()
            .any(|class| class.starts_with(CLASSES))
    });
    if !is_called_so {
        return None;
    }
    let says = node.text();
    let says = says.trim_start();
    let is_blank = |c: char| c.is_whitespace() || c == '\u{a0}';
    let mark: String = says
        .chars()
        .take(LONGEST + 1)
        .take_while(|c| !is_blank(*c))
        .collect();
    let behind = says.get(mark.len()..)?;
    let is_apart = behind.chars().take(2).filter(|c| is_blank(*c)).count() == 2
        || behind.starts_with(is_blank) && matches!(&*mark, "·" | "•" | "▪" | "●" | "◦");
    let is_number = mark
        .strip_suffix(['.', ')'])
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if !is_apart || !(is_number || BULLETS.contains(&&*mark)) {
        return None;
    }
    // The markup, less as many letters of its text.
    let html = inner_markup(node);
    let mut without = String::with_capacity(html.len());
    let mut rest = html.as_str();
    let mut left = mark.chars().filter(|c| !is_blank(*c)).count();
    while let Some(first) = rest.chars().next() {
        let taken = if first == '<' {
            let end = rest.find('>')? + 1;
            without.push_str(rest.get(..end)?);
            end
        } else if rest.starts_with("&nbsp;") {
            "&nbsp;".len()
        } else if is_blank(first) {
            first.len_utf8()
        } else if left > 0 {
            left -= 1;
            first.len_utf8()
        } else {
            break;
        };
        rest = rest.get(taken..)?;
    }
    without.push_str(rest);
    Some((mark, without))
}

fn item(node: &NodeRef<'_>) -> Item {
    let number = match mark_of(node) {
        Some(Mark::Number(number)) => Some(number),
        _ => None,
    };
    let html = match typed_mark(node) {
        Some(mark) => {
            mark.remove_from_parent();
            inner_markup(node)
        }
        None => read_mark(node).map_or_else(|| inner_markup(node), |(_, html)| html),
    };
    Item {
        level: level_of(node),
        number,
        html,
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
