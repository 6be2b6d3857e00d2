//! Lists: numbering as the source has it, nesting as it meant it.

use dom_query::NodeRef;
use gazette_templates::document::{Block, List, NumberStyle, Numbering};

use super::blocks::Builder;

impl Builder<'_> {
    pub(super) fn list(&mut self, node: &NodeRef, name: &str) {
        self.flush();
        let mut items: Vec<Vec<Block>> = Vec::new();
        let mut first_value = None;
        for child in node.children_it(false) {
            let blocks = if child.is_text() {
                let mut stray = self.inner();
                stray
                    .runs
                    .text(&child.text(), super::runs::Style::default());
                stray.flush();
                stray.blocks
            } else if !child.is_element() || self.walk.layout.is_chrome(&child) {
                continue;
            } else if child.has_name("li") {
                if items.is_empty() {
                    first_value = child.attr("value").and_then(|value| number(&value));
                }
                self.nested_blocks(&child)
            } else {
                let mut inner = self.inner();
                inner.element_of_list(&child);
                inner.blocks
            };
            if blocks.is_empty() {
                continue;
            }
            match items.last_mut() {
                // `<ol><li>7.</li><ol>…</ol></ol>`: the inner list belongs to the item before it.
                Some(item) if !child.has_name("li") => item.extend(blocks),
                _ => items.push(blocks),
            }
        }
        if items.is_empty() {
            return;
        }
        if !self.may_nest() {
            self.blocks.extend(items.into_iter().flatten());
            return;
        }
        let numbering = (name == "ol").then(|| numbering(node, items.len(), first_value));
        self.blocks.push(Block::List(List { numbering, items }));
    }

    fn element_of_list(&mut self, node: &NodeRef) {
        match node.node_name().as_deref() {
            Some(name @ ("ul" | "ol" | "menu")) => self.list(node, name),
            _ => self.container(node, super::runs::Style::default()),
        }
    }
}

fn numbering(node: &NodeRef, items: usize, first_value: Option<i32>) -> Numbering {
    let reversed = node.has_attr("reversed");
    let start = first_value
        .or_else(|| node.attr("start").and_then(|start| number(&start)))
        // HTML: a list that counts down and names no start ends at 1.
        .unwrap_or(if reversed {
            i32::try_from(items).unwrap_or(1)
        } else {
            1
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
