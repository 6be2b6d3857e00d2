//! Buttons and links of the site's that stand as lines of their own: share, print, back, "Read
//! more". A sentence that begins like one is none.

use dom_query::NodeRef;

use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{
    content::{RUNNING, STRONG},
    elements::{has_token, is_caption, is_file, is_heading, only_link, path_of},
    lines::{letters, one_line},
    phrases,
};

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        if is_linked_number(node) || is_control_of_picture(node) || is_same_link_again(node) {
            survey.mark(node);
        }
    });
    let rows: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| leaf.letters <= 120 && is_row_of_controls(leaf))
        .map(|leaf| leaf.node)
        .collect();
    for row in rows {
        survey.mark(&row);
    }
    let controls: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| {
            leaf.letters <= 120
                && (phrases::is_control(&leaf.text)
                    || (leaf.letters <= 60 && phrases::is_control(&leaf.parted()))
                    || (leaf.letters <= 40 && counts_and_shares(leaf))
                    || (leaf.letters <= 30 && phrases::is_count(&leaf.text))
                    || is_row_of_buttons(leaf)
                    || is_share_link(&leaf.node))
        })
        .map(|leaf| leaf.node)
        .collect();
    for node in controls {
        if node.ancestors_it(Some(3)).any(|above| {
            above
                .node_name()
                .is_some_and(|name| matches!(&*name, "table" | "tr" | "td" | "th" | "blockquote"))
        }) || node
            .node_name()
            .is_some_and(|name| matches!(&*name, "td" | "th" | "caption" | "figcaption"))
        {
            continue;
        }
        if leads_to_file(&node)
            || heads_files(&node)
            || heads_text(survey, &node)
            || is_label_in_text(survey, &node)
        {
            continue;
        }
        if node.has_name("li") {
            mark_list(survey, &node);
        } else if !node.has_name("dt") && !node.has_name("dd") {
            survey.mark(&node);
        }
    }
}

/// `14 2 Share`: buttons with how often they were pressed.
fn counts_and_shares(leaf: &Leaf<'_>) -> bool {
    if !leaf.node.has_name("div") {
        return false;
    }
    let says = leaf.parted();
    let is_count = |word: &&str| {
        word.chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ',' | '.'))
    };
    let (counts, words): (Vec<&str>, Vec<&str>) = says.split_whitespace().partition(is_count);
    !counts.is_empty() && !words.is_empty() && phrases::is_control(&words.join(" "))
}

/// `<a href="x.pdf">Letter</a><a href="x.pdf">Download</a>`: a button to what the link before it leads to.
fn is_same_link_again(node: &NodeRef) -> bool {
    node.has_name("a")
        && phrases::is_control(&one_line(&node.text()))
        && node.attr("href").is_some_and(|href| {
            node.prev_element_sibling().is_some_and(|before| {
                before.has_name("a") && before.attr("href").is_some_and(|first| first == href)
            })
        })
}

/// A line that is one link, to where networks take what is shared.
fn is_share_link(leaf: &NodeRef) -> bool {
    const PLACES: &[&str] = &[
        "share",
        "sharer",
        "sharer.php",
        "share-offsite",
        "sharearticle",
        "intent",
        "dialog",
    ];
    let Some(link) = only_link(leaf) else {
        return false;
    };
    one_line(&link.text()).trim() == one_line(&leaf.text()).trim()
        && link.attr("href").is_some_and(|href| {
            href.contains("://")
                && path_of(&href)
                    .to_ascii_lowercase()
                    .split('/')
                    .skip(3)
                    .any(|part| PLACES.contains(&part))
        })
}

/// Links that lead nowhere, `#`, and not a word beside them: scripts make buttons of them. In a list they may be
/// a table of contents.
fn is_row_of_buttons(leaf: &Leaf<'_>) -> bool {
    const MOST: usize = 40;
    let (mut count, mut linked) = (0, 0);
    for link in leaf
        .node
        .descendants_it()
        .take(MOST)
        .filter(|below| below.has_name("a"))
    {
        let leads_nowhere = link.attr("href").is_some_and(|href| {
            let href = href.trim();
            href == "#" || href.starts_with("javascript:")
        });
        if !leads_nowhere {
            return false;
        }
        count += 1;
        linked += letters(one_line(&link.text()).trim());
    }
    count > 0
        && linked * 10 >= leaf.letters * 9
        && !leaf.node.has_name("li")
        && !is_heading(&leaf.node)
}

/// `Print` `PDF version`: links and nothing else, each of them a button by its words.
fn is_row_of_controls(leaf: &Leaf<'_>) -> bool {
    const MOST: usize = 60;
    let links: Vec<String> = leaf
        .node
        .descendants_it()
        .take(MOST)
        .filter(|below| below.has_name("a"))
        .map(|link| one_line(&link.text()).trim().to_owned())
        .filter(|says| !says.is_empty())
        .collect();
    let linked: usize = links.iter().map(|says| letters(says)).sum();
    links.len() >= 2
        && linked >= leaf.letters
        && links
            .iter()
            .all(|says| phrases::is_control(says) || phrases::names_own_copy(says))
        && links.iter().any(|says| phrases::is_control(says))
        && !leaf.node.has_name("li")
}

/// `View original`, `Hide caption`: what stands below a picture and says nothing of it.
fn is_control_of_picture(part: &NodeRef) -> bool {
    /// Octets of the longest.
    const LONGEST: usize = 60;
    let is_inline = part
        .node_name()
        .is_some_and(|name| matches!(&*name, "a" | "b" | "strong" | "span" | "i" | "em"));
    if !is_inline {
        return false;
    }
    let says = one_line(&part.text());
    says.len() <= LONGEST
        && (phrases::is_control(&says) || phrases::is_sized_download(&says))
        && part
            .ancestors_it(Some(4))
            .any(|above| above.has_name("figcaption") || is_caption(&above))
}

/// A number alone that is a link to a place on the page: how many comments there are.
fn is_linked_number(link: &NodeRef) -> bool {
    let says = link.text();
    let says = says.trim();
    link.has_name("a")
        && (1..=5).contains(&says.len())
        && says.bytes().all(|b| b.is_ascii_digit())
        && link.attr("href").is_some_and(|href| href.starts_with('#'))
        // The mark of a footnote is one, too.
        && !is_of_note(link)
        && !link
            .ancestors_it(Some(3))
            .any(|above| above.has_name("sup") || above.has_name("p") || above.has_name("li"))
        && !link.descendants_it().any(|below| below.has_name("sup"))
}

/// `<a class="footnote-number" href="#footnote-anchor-1">`: the number of a note, and its mark.
fn is_of_note(link: &NodeRef) -> bool {
    const NAMES: &[&str] = &[
        "footnote",
        "footnotes",
        "endnote",
        "ftn",
        "ftnref",
        "fn",
        "fnref",
        "note",
    ];
    const PLACES: &[&str] = &[
        "#footnote",
        "#endnote",
        "#_ftn",
        "#_edn",
        "#fn",
        "#ftn",
        "#note",
        "#sdfootnote",
        "#cite",
    ];
    has_token(link, NAMES)
        || link
            .attr("href")
            .is_some_and(|href| PLACES.iter().any(|place| href.starts_with(place)))
}

/// A heading with a paragraph below it: `Register`, `Search`.
fn heads_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let is_heading = node
        .node_name()
        .is_some_and(|name| matches!(&*name, "h2" | "h3" | "h4" | "h5" | "h6"));
    is_heading
        && node.next_element_sibling().is_some_and(|next| {
            let measure = survey.layout.measure(&next);
            let is_text = next.has_name("p") && measure.good >= STRONG;
            (is_text || lists_words(&next)) && measure.linked * 3 < measure.text
        })
}

/// `<p><strong>Read more:</strong></p><p><a>The order of March</a></p>`: a line of the text that ends with a colon, between
/// paragraphs of the text or at its end, and what it stands above is no button.
fn is_label_in_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const MOST: usize = 20;
    let says = one_line(&node.text());
    let is_label = node.has_name("p") && says.trim_end().ends_with([':', '：']);
    let follows_text = || {
        std::iter::successors(node.prev_element_sibling(), NodeRef::prev_element_sibling)
            .take(MOST)
            .any(|before| {
                let measure = survey.layout.measure(&before);
                before.has_name("p") && measure.good >= RUNNING && measure.linked * 2 < measure.text
            })
    };
    let heads_line = || {
        node.next_element_sibling().is_some_and(|next| {
            let says = one_line(&next.text());
            let shares = next
                .descendants_it()
                .take(MOST)
                .any(|below| below.has_name("a") && phrases::is_control(&one_line(&below.text())));
            next.is("p, ul, ol")
                && !survey.is_marked(&next)
                && survey.layout.measure(&next).text > 0
                && says.contains(' ')
                && !shares
                && !phrases::is_control(&says)
        })
    };
    is_label && follows_text() && heads_line()
}

/// `<h3>More</h3><ul><li>Buses: $2 million</li></ul>`: a list of something else than buttons.
fn lists_words(node: &NodeRef) -> bool {
    const MOST: usize = 40;
    let is_list = node.has_name("ul") || node.has_name("ol");
    let mut items = node
        .children_it(false)
        .filter(|child| child.has_name("li"))
        .take(MOST)
        .map(|item| one_line(&item.text()))
        .filter(|says| !says.trim().is_empty())
        .peekable();
    is_list
        && items.peek().is_some()
        && items.all(|says| {
            !phrases::is_control(&says)
                && !phrases::is_count(&says)
                && says.trim().chars().count() > 2
                && (says.contains(' ') || says.chars().any(|c| c >= '\u{2e80}'))
        })
}

/// `첨부파일` with the files below it.
fn heads_files(node: &NodeRef) -> bool {
    node.next_element_sibling()
        .is_some_and(|next| leads_to_file(&next))
}

/// "Read more" that is the release's own letter or report.
fn leads_to_file(node: &NodeRef) -> bool {
    const FILES: &[&str] = &[
        ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".zip", ".odt", ".hwp", ".hwpx",
    ];
    let below = std::iter::once(*node).chain(node.descendants_it());
    below.take(20).any(|below| {
        below.has_name("a")
            && below.attr("href").is_some_and(|href| {
                let says = below.text();
                let says = says.trim_end();
                is_file(&href, FILES) || FILES.iter().any(|ending| says.ends_with(ending))
            })
    })
}

/// A list goes as a whole: an item of an agenda may be called "Search".
fn mark_list(survey: &mut Survey<'_>, item: &NodeRef) {
    let Some(list) = item.parent() else { return };
    if survey.is_marked(&list) {
        return;
    }
    let items: Vec<NodeRef> = list
        .children_it(false)
        .filter(|child| child.has_name("li"))
        .collect();
    let controls = items
        .iter()
        .take(30)
        .filter(|item| {
            let says = crate::releases::reading::lines::one_line(&item.text());
            says.trim().is_empty() || phrases::is_control(&says) || phrases::is_count(&says)
        })
        .count();
    // Among several buttons others have names that no row lists: `digg this`, `order a reprint`.
    let short = |item: &NodeRef| {
        let measure = survey.layout.measure(item);
        measure.text <= 40 && measure.linked * 2 >= measure.text
    };
    let most = controls >= 3 && controls * 2 >= items.len() && items.iter().all(short);
    if (controls == items.len() || most) && items.len() <= 30 {
        survey.mark(&list);
    }
}
