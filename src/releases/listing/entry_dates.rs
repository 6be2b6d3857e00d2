//! When an item of a list was published: what is said in it, beside it, above it or in its address.

use std::collections::HashSet;

use dom_query::{NodeId, NodeRef};
use url::Url;

use super::headings::heading_before;
use crate::releases::reading::{
    self, DateFound,
    dates::{self, DateOrder},
};

/// `4` under the heading `May 2026`.
pub(super) fn date_under_heading(root: &NodeRef<'_>, order: DateOrder) -> Option<DateFound> {
    let day = root
        .descendants_it()
        .filter(NodeRef::is_text)
        .find_map(|node| {
            let text = node.text();
            let day = text.trim().trim_end_matches(['.', ',', ':']);
            let number: u8 = day.parse().ok()?;
            (1..=31).contains(&number).then_some(number)
        })?;
    let month = heading_before(root).filter(|heading| heading.chars().count() <= 40)?;
    dates::alone_in(&format!("{day} {month}"), order)
}

/// A date whose day, month and year stand in elements of their own.
fn date_in_boxes(root: &NodeRef<'_>, order: DateOrder) -> Option<DateFound> {
    root.descendants_it()
        .filter(NodeRef::is_element)
        .find_map(|node| {
            let texts: Vec<String> = node
                .descendants_it()
                .filter(NodeRef::is_text)
                .map(|text| text.text().trim().to_owned())
                .filter(|text| !text.is_empty())
                .take(MOST_BOXES + 1)
                .collect();
            if !(2..=MOST_BOXES).contains(&texts.len()) {
                return None;
            }
            let text = texts.join(" ");
            (text.len() <= 40)
                .then(|| dates::alone_in(&text, order))
                .flatten()
        })
}

/// Weekday, day, month and year.
const MOST_BOXES: usize = 4;

pub(super) fn date_in(root: &NodeRef<'_>, order: DateOrder) -> Option<DateFound> {
    let machine = root
        .descendants_it()
        .filter(|node| node.has_name("time"))
        .find_map(|node| dates::written_in(&node.attr("datetime")?, order));
    machine.or_else(|| {
        std::iter::once(*root)
            .chain(root.descendants_it())
            .filter(NodeRef::is_text)
            .find_map(|node| date_of(&node.text(), order))
            .or_else(|| date_in_boxes(root, order))
    })
}

/// In what follows (or stands before) the item, up to the next one.
pub(super) fn date_beside(
    root: &NodeRef<'_>,
    roots: &HashSet<NodeId>,
    next: fn(&NodeRef<'_>) -> Option<NodeId>,
    order: DateOrder,
) -> Option<DateFound> {
    let mut at = *root;
    for _ in 0..8 {
        at = NodeRef::new(next(&at)?, root.tree);
        if roots.contains(&at.id) || at.descendants_it().any(|node| roots.contains(&node.id)) {
            return None;
        }
        if let Some(date) = date_in(&at, order) {
            return Some(date);
        }
    }
    None
}

fn date_of(text: &str, order: DateOrder) -> Option<DateFound> {
    let text = text.trim().trim_matches(['-', '–', '—', ':', '[', ']']);
    if text.is_empty() || text.len() > 80 {
        return None;
    }
    reading::date_of_line(text, order).or_else(|| {
        // `Pressemitteilung Nr. 4/2026 vom 4. Mai 2026`
        let words: Vec<&str> = text.split_whitespace().collect();
        let date = words.get(words.len().checked_sub(3)?..)?;
        (words.len() > 3)
            .then(|| dates::alone_in(&date.join(" "), order))
            .flatten()
    })
}

/// `/2024/02/16/headline`
pub(super) fn date_in_path(url: &Url) -> Option<DateFound> {
    let parts: Vec<&str> = url.path_segments()?.collect();
    parts.windows(3).find_map(|part| {
        let &[year, month, day] = part else {
            return None;
        };
        let numbers =
            year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
        numbers
            .then(|| {
                let day = format!("{year}-{month:0>2}-{day:0>2}");
                dates::written_in(&day, DateOrder::default())
            })
            .flatten()
    })
}
