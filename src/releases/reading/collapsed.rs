//! Parts of a page that a button, a tab or a heading opens: they are shown closed, and belong to the text all the same.

use std::collections::HashMap;

use dom_query::{Document as Page, NodeRef};

use super::{
    elements::{has_class, has_token, is_heading, is_hidden},
    lines::{is_sentence, one_line},
    phrases,
};

/// Buttons, tabs and headings of a page that are looked at.
const MOST: usize = 400;

/// Closed parts that are held against the rest of the page.
const MOST_PANELS: usize = 60;

/// Elements of a closed part that are looked at for a sentence.
const MOST_ELEMENTS: usize = 300;

/// Letters of the shortest paragraph that makes a closed part one of text wherever it stands; menus have none. In an
/// article any sentence does.
const SENTENCE: usize = 60;

/// What opens a part of the page. The last are the titles of builders' toggles.
const OPENERS: &str = "button[aria-expanded], button[data-bs-toggle=collapse], button[data-toggle=collapse], \
    a[aria-expanded], [role=button][aria-expanded], h2, h3, h4, h5, h6, h2 button, h3 button, h4 button, \
    h5 button, h6 button, [class*=toggle_title], \
    [class*=toggle-title], [class*=tab-title], [class*=accordion-title]";

/// Opens what holds text: `<h3><button aria-expanded="false" aria-controls="a">Background</button></h3><div
/// id="a" hidden>…</div>`. The button's words are its heading, as a tab's are that of its panel.
pub(super) fn open(page: &Page) {
    open_rests(page);
    let panels = page.select("[role=tabpanel]");
    let openers = page.select(OPENERS);
    if openers.is_empty() && panels.is_empty() {
        return;
    }
    let named = page.select("[id]");
    let by_id: HashMap<String, NodeRef> = named
        .nodes()
        .iter()
        .filter_map(|node| Some((node.attr("id")?.to_string(), *node)))
        .collect();
    let whole = page.text();
    open_tabs(page, panels.nodes(), &by_id, &whole);
    let mut opened = 0;
    for opener in openers.nodes().iter().take(MOST) {
        opened += usize::from(opened < MOST_PANELS && open_panel(opener, &by_id, &whole));
    }
}

/// `costs little<span id="dots">...</span><span id="more" style="display:none"> at first.</span>`: a button puts the
/// rest in the place of the dots. Some pages hide it by a style sheet, and name it.
fn open_rests(page: &Page) {
    let dots = page.select("[id*=dots], [class*=dots], [id*=ellips], [class*=ellips]");
    for dots in dots.nodes().iter().take(MOST) {
        let is_dots = matches!(dots.text().trim(), "..." | "…" | "[…]" | "[...]");
        let Some(rest) = dots.next_element_sibling().filter(|_| is_dots) else {
            continue;
        };
        let is_rest = is_hidden(&rest) || has_token(&rest, &["more", "rest", "full", "moretext"]);
        if is_rest && one_line(&rest.text()).split_whitespace().count() >= 3 {
            show(&rest);
            dots.remove_from_parent();
        }
    }
}

/// Whether it opens a part that holds text.
fn open_panel(opener: &NodeRef, by_id: &HashMap<String, NodeRef>, whole: &str) -> bool {
    let controlled = ["aria-controls", "data-bs-target", "data-target", "href"]
        .iter()
        .filter_map(|attribute| opener.attr(attribute))
        .find_map(|id| by_id.get(id.trim_start_matches('#')).copied());
    let heading = opener.ancestors_it(Some(3)).find(is_heading);
    let next = || heading.unwrap_or(*opener).next_element_sibling();
    let panel = controlled.or_else(next);
    let is_button = !is_heading(opener);
    let Some(panel) = panel.filter(|panel| is_button || is_unseen(panel)) else {
        return false;
    };
    if is_of_the_site(opener) || !holds_text(&panel) {
        return false;
    }
    if is_copy(&panel, whole) {
        return true;
    }
    show(&panel);
    let is_control = phrases::is_control(&one_line(&opener.text()));
    if is_control || !opener.has_name("button") {
        return true;
    }
    opener.rename(if heading.is_some() { "span" } else { "h3" });
    true
}

/// Each panel below the words of its tab: by name, or one by one where there are as many of both in one element.
fn open_tabs(page: &Page, panels: &[NodeRef], by_id: &HashMap<String, NodeRef>, whole: &str) {
    let tabs = page.select("[role=tab]");
    let is_paired = tabs.nodes().len() == panels.len();
    for (at, panel) in panels.iter().take(MOST).enumerate() {
        if at > MOST_PANELS || is_of_the_site(panel) || !holds_text(panel) || is_copy(panel, whole)
        {
            continue;
        }
        show(panel);
        let labelled = panel
            .attr("aria-labelledby")
            .and_then(|id| by_id.get(id.trim()).copied());
        let controls = || {
            let id = panel.attr("id")?;
            let mut tabs = tabs.nodes().iter().take(MOST);
            let is_for = |tab: &&NodeRef| tab.attr("aria-controls").as_deref() == Some(&*id);
            tabs.find(is_for).copied()
        };
        let in_order = || tabs.nodes().get(at).filter(|_| is_paired).copied();
        let tab = labelled.or_else(controls).or_else(in_order);
        let Some(tab) = tab.filter(|tab| !is_heading(tab) && !holds(tab, panel)) else {
            continue;
        };
        tab.remove_from_parent();
        tab.rename("h3");
        for attribute in ["role", "hidden", "aria-hidden", "style"] {
            tab.remove_attr(attribute);
        }
        panel.insert_before(&tab);
    }
}

fn holds(outer: &NodeRef, inner: &NodeRef) -> bool {
    inner.ancestors_it(None).any(|above| above.id == outer.id)
}

/// Whether the page says the same in another place: a copy for other screens.
fn is_copy(panel: &NodeRef, whole: &str) -> bool {
    let first = panel
        .descendants_it()
        .take(MOST_ELEMENTS)
        .filter(|node| node.has_name("p") || node.has_name("li"))
        .map(|node| node.text())
        .find(|text| is_sentence(text.trim()));
    first.is_some_and(|first| whole.matches(first.trim()).take(2).count() > 1)
}

fn show(panel: &NodeRef) {
    for attribute in ["hidden", "aria-hidden", "style"] {
        panel.remove_attr(attribute);
    }
    panel.remove_class("d-none");
}

/// Whether it is hidden at first. A heading opens nothing else.
fn is_unseen(panel: &NodeRef) -> bool {
    is_hidden(panel) || has_class(panel, &["collapse"])
}

fn is_of_the_site(node: &NodeRef) -> bool {
    node.ancestors_it(None).any(|above| {
        above
            .node_name()
            .is_some_and(|name| matches!(&*name, "nav" | "footer" | "dialog" | "form" | "aside"))
            || above.attr("role").is_some_and(|role| {
                matches!(
                    &*role,
                    "navigation" | "dialog" | "alertdialog" | "banner" | "contentinfo"
                )
            })
            || above.has_name("header")
                && above
                    .parent()
                    .is_none_or(|parent| parent.has_name("body") || parent.has_name("div"))
    })
}

/// Whether a paragraph of it is a sentence of more than links.
fn holds_text(panel: &NodeRef) -> bool {
    let in_article = panel.ancestors_it(None).any(|above| {
        above.has_name("article")
            || above.has_name("main")
            || above.has_name("body") && above.has_class(FRAGMENT)
    });
    let shortest = if in_article { 8 } else { SENTENCE };
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
            text.chars().count() >= shortest && is_sentence(&text) && linked * 2 < text.len()
        })
}

/// The class of a body that is nothing but a release's text.
pub(super) const FRAGMENT: &str = "gazette-fragment";
