//! Parts of a page that a button opens: they are shown closed, and belong to the text all the same.

use std::collections::HashMap;

use dom_query::{Document as Page, NodeRef};

use super::{
    elements::is_heading,
    lines::{is_sentence, one_line},
    phrases,
};

/// Buttons of a page that are looked at.
const MOST_BUTTONS: usize = 200;

/// Elements of a closed part that are looked at for a sentence.
const MOST_ELEMENTS: usize = 300;

/// Letters of the shortest paragraph that makes a closed part one of text; menus have none.
const SENTENCE: usize = 60;

/// Opens what holds text: `<h3><button aria-expanded="false" aria-controls="a">Background</button></h3><div
/// id="a" hidden>…</div>`. The button's words are its heading.
pub(super) fn open(page: &Page) {
    let buttons = page.select("button[aria-expanded], button[data-bs-toggle=collapse]");
    if buttons.is_empty() {
        return;
    }
    let named = page.select("[id]");
    let by_id: HashMap<String, &NodeRef> = named
        .nodes()
        .iter()
        .filter_map(|node| Some((node.attr("id")?.to_string(), node)))
        .collect();
    for button in buttons.nodes().iter().take(MOST_BUTTONS) {
        if is_of_the_site(button) {
            continue;
        }
        let heading = button.parent().filter(is_heading);
        let controlled = ["aria-controls", "data-bs-target", "data-target"]
            .iter()
            .filter_map(|attribute| button.attr(attribute))
            .find_map(|id| by_id.get(id.trim_start_matches('#')).map(|node| **node));
        let panel = controlled.or_else(|| heading.unwrap_or(*button).next_element_sibling());
        let Some(panel) = panel.filter(holds_text) else {
            continue;
        };
        for attribute in ["hidden", "aria-hidden", "style"] {
            panel.remove_attr(attribute);
        }
        if phrases::is_control(&one_line(&button.text())) {
            continue;
        }
        button.rename(if heading.is_some() { "span" } else { "h3" });
    }
}

fn is_of_the_site(node: &NodeRef) -> bool {
    node.ancestors_it(None).any(|above| {
        above
            .node_name()
            .is_some_and(|name| matches!(&*name, "nav" | "footer" | "dialog" | "form"))
            || above.has_name("header")
                && above
                    .parent()
                    .is_none_or(|parent| parent.has_name("body") || parent.has_name("div"))
    })
}

/// Whether a paragraph of it is a sentence of more than links.
fn holds_text(panel: &NodeRef) -> bool {
    panel
        .descendants_it()
        .take(MOST_ELEMENTS)
        .filter(|node| node.has_name("p") || node.has_name("li"))
        .any(|paragraph| {
            let text = one_line(&paragraph.text());
            let linked = paragraph
                .descendants_it()
                .filter(|below| below.has_name("a"))
                .map(|link| link.text().len())
                .sum::<usize>();
            text.chars().count() >= SENTENCE && is_sentence(&text) && linked * 2 < text.len()
        })
}
