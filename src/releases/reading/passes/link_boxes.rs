//! Boxes of links to other pages: what else is read now, more of a section, what others write. They
//! have no heading that one could know by its words, or one in any words at all; what tells them is
//! that nearly all they say are links, that there are several, and that no sentence stands between
//! them. The release's own list of papers or offices stands between its paragraphs, or leads to files.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    content::STRONG,
    elements::{has_token, is_container, is_file, path_of},
};

/// Words in class or id of what a page is put together from, around its text.
const NAMES: &[&str] = &[
    "aside",
    "sidebar",
    "rail",
    "module",
    "widget",
    "widgets",
    "carousel",
    "slider",
    "swiper",
    "linkset",
    "linklist",
    "list",
    "more",
    "teaser",
    "teasers",
    "inset",
    "promo",
    "recirc",
    "recirculation",
    "recommendation",
    "links",
    "box",
    "boxes",
    "ranking",
    "popular",
    "trending",
    "latest",
    "topics",
    "topic",
    "tags",
    "tools",
    "highlights",
    "headlines",
    "stories",
    "nav",
    "menu",
    "block",
    "region",
    "footer",
    "zone",
];

/// What lists of other articles are called: there two are enough.
const OTHERS: &[&str] = &[
    "news",
    "stories",
    "articles",
    "others",
    "tin",
    "noticias",
    "nachrichten",
    "nieuws",
    "notizie",
    "actualites",
    "related",
];

/// Fewer links may be the release's: to a letter, a bill and a video.
const FEWEST: usize = 3;

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        let name = node.node_name();
        let is_box = name
            .as_deref()
            .is_some_and(|name| matches!(name, "div" | "section" | "ul" | "ol" | "dl" | "article"));
        if is_box && is_links(survey, node) && !is_beside_text(survey, node) {
            survey.mark(node);
        }
    });
}

/// Whether the box says hardly anything that is no link.
fn is_links(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let measure = survey.layout.measure(node);
    let in_article = survey.is_in_article(node);
    // Two thirds: headings, dates and names of authors stand beside the links.
    if measure.linked * 3 < measure.text * 2 || measure.good >= STRONG {
        return false;
    }
    if in_article && !(has_token(node, NAMES) || measure.linked_headings > 1) {
        return false;
    }
    leads_to_pages(node)
}

/// Whether there are several links, none of them to a file, a mailbox or a telephone.
fn leads_to_pages(node: &NodeRef) -> bool {
    const FILES: &[&str] = &[
        ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".zip", ".ppt", ".pptx", ".odt", ".mp3",
        ".mp4",
    ];
    let mut count = 0;
    for link in node
        .descendants_it()
        .take(2_000)
        .filter(|below| below.has_name("a"))
    {
        let Some(href) = link.attr("href") else {
            continue;
        };
        let href = href.trim().to_ascii_lowercase();
        if is_file(&href, FILES)
            || href.starts_with("mailto:")
            || href.starts_with("tel:")
            || path_of(&href).contains("/download")
            || href.starts_with('#')
        {
            return false;
        }
        if !link.text().trim().is_empty() {
            count += 1;
        }
    }
    count >= if has_token(node, OTHERS) { 2 } else { FEWEST }
}

fn is_followed_by_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const SIBLINGS: usize = 200;
    let mut at = node.next_element_sibling();
    for _ in 0..SIBLINGS {
        let Some(next) = at else { return false };
        let measure = survey.layout.measure(&next);
        if measure.good >= STRONG && measure.linked * 3 < measure.text {
            return true;
        }
        at = next.next_element_sibling();
    }
    false
}

/// A list, or a box, right beside paragraphs: what a release lists stands so. In an element that
/// only arranges others, other boxes stand beside it.
fn is_beside_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    /// Further siblings tell no more.
    const SIBLINGS: usize = 200;
    let is_list = node
        .node_name()
        .is_some_and(|name| matches!(&*name, "ul" | "ol" | "dl"));
    let mut at = *node;
    // A list alone in its boxes stands where the outermost of them does.
    for _ in 0..3 {
        let Some(above) = at.parent().filter(is_container) else {
            break;
        };
        let beside = above
            .children_it(false)
            .take(SIBLINGS)
            .filter(|child| child.id != at.id && child.has_name("p"))
            .any(|child| survey.layout.measure(&child).good >= STRONG);
        if beside && has_token(node, OTHERS) && !is_followed_by_text(survey, node) {
            return false;
        }
        if beside {
            return is_list || !has_token(node, NAMES);
        }
        if survey.layout.measure(&above).text > survey.layout.measure(&at).text + 60 {
            break;
        }
        at = above;
    }
    false
}
