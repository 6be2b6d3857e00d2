//! The foot of a site, whatever it is called: lines that say whose it is, with the address that stands in the same
//! line; the box that ends with such a line, last on the page; and what a site says to who leaves it.

use dom_query::NodeRef;

use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{
    elements::{is_container, is_heading},
    lines::is_sentence,
    phrases,
};

pub(super) fn mark(survey: &mut Survey<'_>) {
    let lines: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| phrases::is_imprint(&leaf.text) && !goes_on(leaf))
        .map(|leaf| leaf.node)
        .collect();
    let foot = lines.last().and_then(|line| foot_of(survey, line));
    if let Some(foot) = foot {
        survey.mark(&foot);
    }
    let banner = survey
        .leaves
        .iter()
        .filter(|leaf| leaf.letters <= 160 && phrases::says_official(&leaf.text))
        .map(|leaf| leaf.node);
    for line in lines.into_iter().chain(banner.collect::<Vec<_>>()) {
        survey.mark(&line);
    }
    mark_farewells(survey);
}

/// The outermost box around the line that stands below the text, beside what holds that, and last.
fn foot_of<'a>(survey: &Survey<'a>, line: &NodeRef<'a>) -> Option<NodeRef<'a>> {
    /// Elements around the line.
    const LEVELS: usize = 8;
    /// Letters of the longest foot.
    const LONGEST: usize = 3_000;
    let mut found = None;
    for above in line.ancestors_it(Some(LEVELS)) {
        let may_be = is_container(&above)
            && !above.has_name("body")
            && is_below_text(survey, &above)
            && !survey.layout.holds_headline(&above)
            && survey.article != Some(above.id)
            && !survey.is_in_article(&above)
            && survey.layout.measure(&above).text <= LONGEST;
        if !may_be {
            break;
        }
        found = Some(above);
    }
    // It stands beside the page, and not in a column of it.
    let stands_outside = |foot: &NodeRef<'_>| {
        foot.parent().is_some_and(|above| {
            above.has_name("body") || above.parent().is_some_and(|outer| outer.has_name("body"))
        })
    };
    let is_last = |foot: &NodeRef<'_>| {
        let behind = survey.leaves.last().map(|last| last.node);
        behind.is_some_and(|last| {
            survey.layout.holds(foot, last.id) || survey.layout.stands_behind(&last, foot.id)
        })
    };
    found.filter(|foot| stands_outside(foot) && is_last(foot) && is_mixed(survey, foot))
}

/// Whether the headline stands above, and a paragraph between the two.
fn is_below_text(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let from = survey.layout.measure(node).from;
    let is_behind = |headline| survey.layout.stands_behind(node, headline);
    survey.follows_text(node)
        || (survey.layout.headline.is_some_and(is_behind)
            && survey.paragraphs.first().is_some_and(|(at, _)| *at < from))
}

/// A foot says where the office is and what else there is: headings, addresses, links. Paragraphs alone are a text.
fn is_mixed(survey: &Survey<'_>, foot: &NodeRef) -> bool {
    const MOST: usize = 300;
    survey.layout.measure(foot).linked > 0
        || foot
            .descendants_it()
            .take(MOST)
            .any(|below| is_heading(&below) || below.has_name("address") || below.has_name("form"))
}

/// `You are leaving our website`, with the sentence and the buttons below it.
fn mark_farewells(survey: &mut Survey<'_>) {
    const LONGEST: usize = 600;
    const LEVELS: usize = 4;
    let lines: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| leaf.letters <= 200 && phrases::says_farewell(&leaf.text))
        .map(|leaf| leaf.node)
        .collect();
    for line in lines {
        let around = line
            .ancestors_it(Some(LEVELS))
            .take_while(|above| {
                is_container(above)
                    && !above.has_name("body")
                    && survey.layout.measure(above).text <= LONGEST
                    && !survey.layout.holds_headline(above)
                    && survey.article != Some(above.id)
            })
            .last()
            .filter(|around| holds_button(around));
        if let Some(around) = around {
            survey.mark(&around);
        }
    }
}

fn holds_button(node: &NodeRef) -> bool {
    const MOST: usize = 100;
    node.descendants_it()
        .take(MOST)
        .any(|below| below.has_name("button") || below.has_name("a"))
}

/// `© Town of Milltown The bridge opens on Monday. …`: whose the picture above is, and the text in the same
/// paragraph.
fn goes_on(leaf: &Leaf<'_>) -> bool {
    /// Letters from which on it says more than whose it is.
    const LONG: usize = 120;
    // `Copyright of the drawings stays with the architect.`
    let is_about = || {
        !leaf.text.contains(['©', '℗'])
            && !leaf.text.chars().any(|c| c.is_ascii_digit())
            && leaf.text.split_whitespace().count() >= 6
    };
    (leaf.letters >= LONG || is_about())
        && leaf.node.has_name("p")
        && is_sentence(&leaf.text)
        && !phrases::claims_rights(&leaf.text)
}
