//! Lists of other articles under a heading that says so, wherever they stand: the heading goes with
//! what follows it as far as that is links or teasers; what belongs to the text after them stays.

use dom_query::NodeRef;

use crate::releases::reading::survey::{PAPERS, Survey};
use crate::releases::reading::{
    content::{RUNNING, STRONG},
    elements::{has_token, is_container, is_file},
    lines::{is_sentence, one_line},
    phrases,
};

pub(super) fn mark(survey: &mut Survey<'_>) {
    let lines: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| {
            phrases::is_related_line(&leaf.text)
                || (leaf.letters <= 200 && begins_with_label(&leaf.node))
        })
        .map(|leaf| leaf.node)
        .filter(|line| {
            let measure = survey.layout.measure(line);
            measure.linked * 2 >= measure.text && !in_table(line)
        })
        .collect();
    for line in lines {
        survey.mark(&line);
    }
    // `<a>Read also <h3>…</h3></a>`
    survey.each(&mut |survey, node| {
        if node.has_name("a") && begins_with_label(node) && survey.layout.measure(node).text <= 200
        {
            survey.mark(node);
        }
    });
    let headings: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| {
            leaf.letters <= 60
                && !phrases::is_advertisement(&leaf.text)
                && (phrases::is_related_heading(&leaf.text)
                    || phrases::names_more(&leaf.text)
                    || is_filing(&leaf.text))
        })
        .map(|leaf| leaf.node)
        .collect();
    for heading in headings {
        if survey.is_marked(&heading) || in_table(&heading) {
            continue;
        }
        // The heading may stand in a box of its own before the list.
        let mut at = heading;
        let mut taken = false;
        for _ in 0..4 {
            taken = take_list(survey, &at);
            if taken {
                break;
            }
            match at.parent() {
                Some(above)
                    if is_container(&above)
                        && survey.layout.measure(&above).text
                            <= survey.layout.measure(&at).text + 4 =>
                {
                    at = above;
                }
                _ => break,
            }
        }
        // The list came by script, or went with another pass.
        if !taken && level(&heading) > 0 && stands_last(survey, &heading) {
            survey.mark(&heading);
        }
    }
}

/// `<strong>Related</strong> <a>one</a> <a>two</a>`: a label in an element of its own.
fn begins_with_label(line: &NodeRef) -> bool {
    /// Elements within a line that hold all of it.
    const LEVELS: usize = 3;
    let first_of = |line: &NodeRef<'_>| {
        line.children_it(false)
            .find(|child| child.is_element() || !child.text().trim().is_empty())
            .map(|child| child.id)
    };
    let mut first = first_of(line).map(|id| NodeRef::new(id, line.tree));
    for _ in 0..LEVELS {
        match first {
            Some(only) if only.has_name("span") && says_all(&only) => {
                first = first_of(&only).map(|id| NodeRef::new(id, line.tree));
            }
            _ => break,
        }
    }
    first.is_some_and(|first| {
        let says = one_line(&first.text());
        first.is_element()
            && !first.has_name("a")
            && (phrases::is_related_heading(&says)
                || phrases::tag_label(&says) == Some(phrases::TagLabel::Alone))
    })
}

/// Whether nothing stands beside the element.
fn says_all(node: &NodeRef) -> bool {
    let says = |child: &NodeRef<'_>| child.id != node.id && !child.text().trim().is_empty();
    node.parent()
        .is_some_and(|above| !above.children_it(false).any(|child| says(&child)))
}

/// Whether nothing that says something follows in the element around it.
fn stands_last(survey: &Survey<'_>, heading: &NodeRef) -> bool {
    const SIBLINGS: usize = 60;
    let mut at = heading.next_element_sibling();
    for _ in 0..SIBLINGS {
        let Some(next) = at else { return true };
        if survey.layout.measure(&next).text > 0 && !survey.is_marked(&next) {
            return false;
        }
        at = next.next_element_sibling();
    }
    false
}

/// Marks `heading` and the links behind it. False: no links follow.
fn take_list(survey: &mut Survey<'_>, heading: &NodeRef) -> bool {
    let mut list = Vec::new();
    let mut at = heading.next_element_sibling();
    let level = level(heading);
    while let Some(next) = at {
        let measure = survey.layout.measure(&next);
        // Another heading of the same rank begins something else, as does running text.
        let ends =
            (level > 0 && (1..=level).contains(&self::level(&next)) && !is_linked(survey, &next))
                || (is_text(survey, &next) && !is_list_of_links(&next))
                || list.len() > 60;
        if ends {
            break;
        }
        if measure.text > 0 || !next.has_name("br") {
            list.push(next);
        }
        at = next.next_element_sibling();
    }
    let is_card =
        |node: &NodeRef| survey.layout.measure(node).linked_headings > 0 || is_list_of_links(node);
    drop_text_behind(survey, &mut list);
    // `More information` is a heading of releases, too: cards of other articles follow, and nothing else.
    let may_be_own = phrases::names_more(&one_line(&heading.text()));
    if may_be_own && !(list.len() <= 6 && list.iter().all(is_card)) {
        return false;
    }
    // An editor's own list, right among the paragraphs: where the office sends its readers.
    let names_papers = may_be_own || phrases::names_own_links(&one_line(&heading.text()));
    if names_papers
        && is_typed(heading)
        && list.iter().all(is_typed_list)
        && follows_paragraph(survey, heading)
    {
        return false;
    }
    if is_filing(&one_line(&heading.text())) && !list.iter().all(|node| is_linked(survey, node)) {
        return false;
    }
    if !list
        .iter()
        .any(|node| is_linked(survey, node) || is_card(node))
    {
        return false;
    }
    survey.mark(heading);
    for node in list {
        survey.mark(&node);
    }
    true
}

/// Whether it has neither class nor id: what people type into a text has none, what systems add does.
fn is_typed(node: &NodeRef) -> bool {
    !node.has_attr("class") && !node.has_attr("id")
}

/// A list of links as people type it: nothing in it has a class, a picture or a heading.
fn is_typed_list(node: &NodeRef) -> bool {
    const MOST: usize = 200;
    (node.has_name("ul") || node.has_name("ol"))
        && is_typed(node)
        && node
            .descendants_it()
            .take(MOST)
            .filter(NodeRef::is_element)
            .all(|below| is_typed(&below) && below.is("li, a, p, strong, em, b, i, span, br"))
}

/// Whether the heading stands in a box that is called a text's, behind a paragraph of it.
fn follows_paragraph(survey: &Survey<'_>, heading: &NodeRef) -> bool {
    const NAMES: &[&str] = &["body", "text", "richtext", "prose", "content"];
    const SIBLINGS: usize = 60;
    let is_called_so = heading
        .parent()
        .is_some_and(|above| has_token(&above, NAMES));
    let mut before = heading.prev_element_sibling();
    for _ in 0..SIBLINGS {
        let Some(at) = before else { return false };
        if at.has_name("p") && survey.layout.measure(&at).good >= RUNNING {
            return is_called_so;
        }
        before = at.prev_element_sibling();
    }
    false
}

/// A list of two or more, each of which begins with a link to a page: a beginning of what that says may follow.
fn is_list_of_links(node: &NodeRef) -> bool {
    const MOST: usize = 60;
    let is_list = node.has_name("ul") || node.has_name("ol");
    let begins_with_link = |item: &NodeRef| {
        let first = item
            .descendants_it()
            .find(|below| below.is_text() && !below.text().trim().is_empty());
        first.is_some_and(|first| {
            first
                .ancestors_it(Some(4))
                .take_while(|above| above.id != item.id)
                .any(|above| {
                    above.has_name("a")
                        && above
                            .attr("href")
                            .is_some_and(|href| !is_file(&href, PAPERS))
                })
        })
    };
    let mut items = node
        .children_it(false)
        .filter(|child| child.has_name("li"))
        .take(MOST)
        .peekable();
    is_list && items.peek().is_some() && {
        let mut count = 0;
        items.all(|item| {
            count += 1;
            begins_with_link(&item)
        }) && count >= 2
    }
}

/// Paragraphs behind a list, or a box, of links belong to the text, however short they are. Behind a paragraph that is
/// a link one may say what that leads to.
fn drop_text_behind(survey: &Survey<'_>, found: &mut Vec<NodeRef>) {
    let last_link = found.iter().rposition(|node| {
        let measure = survey.layout.measure(node);
        measure.linked > 0 && (is_linked(survey, node) || measure.linked_headings > 0)
    });
    let Some(last) = last_link else { return };
    let is_box = found
        .get(last)
        .is_some_and(|node| !node.has_name("p") && level(node) == 0 && !node.has_name("a"));
    let is_sentence = |node: &NodeRef| is_sentence(one_line(&node.text()).trim_end());
    if is_box && found.get(last + 1).is_some_and(is_sentence) {
        found.truncate(last + 1);
    }
}

/// `Categories`: the label of what the text is filed under.
fn is_filing(line: &str) -> bool {
    phrases::tag_label(line) == Some(phrases::TagLabel::Alone)
}

fn is_linked(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let measure = survey.layout.measure(node);
    // One that leads nowhere is a button, and none of its letters counts as linked.
    node.has_name("a") || measure.linked * 3 >= measure.text && measure.linked > 0
}

/// Running text that is no teaser: not under a heading that is a link, and not beside one.
fn is_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let measure = survey.layout.measure(node);
    let good = measure.good
        >= if node.has_name("p") {
            RUNNING * 2
        } else {
            STRONG
        };
    good && measure.linked * 3 < measure.text && measure.linked_headings == 0
}

fn level(node: &NodeRef) -> u8 {
    match node.node_name().as_deref().map(str::as_bytes) {
        Some([b'h', level @ b'1'..=b'6']) => level - b'0',
        _ => 0,
    }
}

fn in_table(node: &NodeRef) -> bool {
    node.ancestors_it(Some(6))
        .any(|above| above.has_name("table"))
}
