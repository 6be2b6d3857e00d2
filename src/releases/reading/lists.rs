//! Lists: numbering as the source has it, nesting as it meant it.

use dom_query::NodeRef;
use gazette_templates::document::{Block, List, NumberStyle, Numbering};

use super::blocks::Builder;

impl Builder<'_> {
    pub(super) fn list(&mut self, node: &NodeRef, name: &str) {
        self.flush();
        let mut items: Vec<Vec<Block>> = Vec::new();
        let mut numbering = (name == "ol").then(|| numbering(node));
        for child in node.children_it(false) {
            let is_item = child.has_name("li");
            let blocks = if child.is_text() {
                let mut stray = self.inner();
                stray
                    .runs
                    .text(&child.text(), super::runs::Style::default());
                stray.flush();
                stray.blocks
            } else if !child.is_element() || self.walk.layout.is_chrome(&child) {
                continue;
            } else if is_item {
                self.nested_blocks(&child)
            } else {
                let mut inner = self.inner();
                inner.element_of_list(&child);
                inner.blocks
            };
            if blocks.is_empty() {
                continue;
            }
            if let Some(numbering) = &mut numbering
                && let Some(value) = child.attr("value").and_then(|value| number(&value))
                && is_item
                && value != next_number(*numbering, items.len())
            {
                // The count jumps: what follows is a list that begins at another number.
                self.push_list(std::mem::take(&mut items), Some(*numbering));
                numbering.start = value;
            }
            match items.last_mut() {
                // `<ol><li>7.</li><ol>…</ol></ol>`: the inner list belongs to the item before it.
                Some(item) if !is_item => item.extend(blocks),
                _ => items.push(blocks),
            }
        }
        self.push_list(items, numbering);
    }

    fn push_list(&mut self, items: Vec<Vec<Block>>, numbering: Option<Numbering>) {
        if items.is_empty() {
            return;
        }
        if self.may_nest() {
            self.blocks.push(Block::List(List { numbering, items }));
        } else {
            self.blocks.extend(items.into_iter().flatten());
        }
    }

    fn element_of_list(&mut self, node: &NodeRef) {
        match node.node_name().as_deref() {
            Some(name @ ("ul" | "ol" | "menu")) => self.list(node, name),
            _ => self.container(node, super::runs::Style::default()),
        }
    }
}

fn next_number(numbering: Numbering, items: usize) -> i32 {
    let items = i32::try_from(items).unwrap_or(i32::MAX);
    if numbering.reversed {
        numbering.start.saturating_sub(items)
    } else {
        numbering.start.saturating_add(items)
    }
}

fn numbering(node: &NodeRef) -> Numbering {
    let reversed = node.has_attr("reversed");
    let start = node
        .attr("start")
        .and_then(|start| number(&start))
        .unwrap_or_else(|| {
            // HTML: a list that counts down and names no start ends at 1.
            let items = node.children_it(false).filter(|child| child.has_name("li"));
            if reversed {
                i32::try_from(items.count()).unwrap_or(1)
            } else {
                1
            }
        });
    let style = match node.attr("type").as_deref() {
        Some("a") => NumberStyle::LowerAlpha,
        Some("A") => NumberStyle::UpperAlpha,
        Some("i") => NumberStyle::LowerRoman,
        Some("I") => NumberStyle::UpperRoman,
        Some(_) => NumberStyle::Decimal,
        None => style_in_css(node),
    };
    Numbering {
        start,
        style,
        reversed,
    }
}

fn style_in_css(node: &NodeRef) -> NumberStyle {
    let css = node.attr("style").unwrap_or_default();
    for (name, style) in [
        ("lower-alpha", NumberStyle::LowerAlpha),
        ("lower-latin", NumberStyle::LowerAlpha),
        ("upper-alpha", NumberStyle::UpperAlpha),
        ("upper-latin", NumberStyle::UpperAlpha),
        ("lower-roman", NumberStyle::LowerRoman),
        ("upper-roman", NumberStyle::UpperRoman),
    ] {
        if css.contains(name) {
            return style;
        }
    }
    NumberStyle::Decimal
}

/// A number that a reader can still make sense of.
fn number(text: &str) -> Option<i32> {
    text.trim()
        .parse::<i32>()
        .ok()
        .filter(|number| (-99_999..=99_999).contains(number))
}
