//! Who wrote the text and when it was changed, between its parts or below it: lines of the content
//! system's. Dates of other things, as an advisory has them, stay.

use dom_query::NodeRef;

use super::roles::is_quoted;
use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{
    dates, edges,
    elements::{self, has_token},
    lines::one_line,
    meta_line, phrases,
};

/// Words in class or id of what is said about a text.
const NAMES: &[&str] = &[
    "author",
    "byline",
    "meta",
    "metadata",
    "credit",
    "credits",
    "info",
    "details",
    "infos",
    "autor",
    "auteur",
    "autore",
    "publish",
    "published",
    "writer",
    "reporter",
    "posted",
    "postmeta",
    "autores",
    "autoras",
    "auteurs",
    "autori",
    "autoren",
    "authors",
    "firma",
    "source",
    "date",
    "dates",
    "datum",
    "fecha",
    "data",
    "time",
    "temps",
    "copy",
    "quelle",
    "rights",
];

/// Letters of what is surely a paragraph.
const TEXT: usize = 90;

/// Letters of the longest line about a text.
const LONGEST: usize = 180;

pub(super) fn mark(survey: &mut Survey<'_>) {
    let mut found: Vec<NodeRef> = Vec::new();
    // Above the first paragraph stands what is about the text, however it is called.
    let text_from = survey
        .leaves
        .iter()
        .position(|leaf| {
            leaf.letters >= TEXT && leaf.text.ends_with(['.', '!', '?', '”', '"', '。'])
        })
        .unwrap_or_default();
    for (at, leaf) in survey.leaves.iter().enumerate() {
        if leaf.letters > LONGEST || in_table(&leaf.node) || is_caption(&leaf.node) {
            continue;
        }
        let next = survey.leaves.get(at + 1);
        if at < text_from
            && phrases::says_updated(&leaf.text)
            && next.is_some_and(|next| dates::alone(&next.text).is_some())
        {
            found.extend(list_about(&leaf.node));
        }
        if phrases::is_date_label(&leaf.text)
            && let Some(next) = next
            && dates::alone(&next.text).is_some()
        {
            found.push(leaf.node);
            found.push(next.node);
        } else if phrases::is_publication_line(&leaf.text)
            || is_byline(leaf.node, &leaf.text)
            || is_name(leaf)
            || phrases::is_reporter_line(&leaf.text)
            || phrases::is_author_note(&leaf.text)
            || (at < text_from && (phrases::is_byline_alone(&leaf.text) || is_time(&leaf.node)))
            || phrases::repeats_title(&leaf.text)
            || (!edges::is_front_matter(&leaf.text)
                && meta_line::is_meta_line(&leaf.parted(), names_it(&leaf.node)))
        {
            found.push(leaf.node);
        }
    }
    if let Some(last) = author_below(survey) {
        found.push(last);
    }
    for node in found {
        survey.mark(&node);
    }
}

/// `<dl><dt>Date:<dd>4 May 2026<dt>Type:<dd>Media release</dl>`: the whole list that the label of a day stands
/// in, where all of it is short.
fn list_about<'a>(label: &NodeRef<'a>) -> Option<NodeRef<'a>> {
    /// Letters of all of it, and of one part.
    const WHOLE: usize = 240;
    const PART: usize = 60;
    let list = label
        .ancestors_it(Some(3))
        .find(|above| above.has_name("dl"))?;
    let is_short = list.text().chars().count() <= WHOLE
        && list
            .descendants_it()
            .filter(|below| below.has_name("dd"))
            .all(|part| one_line(&part.text()).chars().count() <= PART);
    is_short.then_some(list)
}

/// Vietnamese papers put the author's name below the text: bold, at the right, in a paragraph of its
/// own.
fn author_below<'a>(survey: &Survey<'a>) -> Option<NodeRef<'a>> {
    const FEWEST: usize = 40;
    let said = survey.leaves.iter().flat_map(|leaf| leaf.text.chars());
    let vietnamese = said
        .filter(|c| ('\u{1ea0}'..='\u{1ef9}').contains(c))
        .take(FEWEST);
    if vietnamese.count() < FEWEST {
        return None;
    }
    let is_name = |leaf: &&Leaf<'_>| {
        let at_right = leaf.node.attr("style").is_some_and(|style| {
            style
                .replace(' ', "")
                .to_ascii_lowercase()
                .contains("text-align:right")
        }) || leaf
            .node
            .attr("align")
            .is_some_and(|side| side.eq_ignore_ascii_case("right"))
            || has_token(&leaf.node, &["author", "tacgia", "pauthor"]);
        let bold: String = leaf
            .node
            .descendants_it()
            .filter(|below| below.has_name("strong") || below.has_name("b"))
            .map(|below| below.text().to_string())
            .collect();
        at_right
            && one_line(&bold).trim() == leaf.text
            && (1..=5).contains(&leaf.text.split(' ').count())
            && leaf
                .text
                .split(' ')
                .all(|word| word.chars().next().is_some_and(char::is_uppercase))
    };
    let last = survey.leaves.iter().rev().find(is_name)?;
    Some(last.node)
}

/// Nothing but when it was published, as machines read it too.
fn is_time(node: &NodeRef) -> bool {
    node.descendants_it().take(12).any(|below| {
        below.has_name("time")
            && below.attr("datetime").is_some()
            && one_line(&below.text()).trim() == one_line(&node.text()).trim()
    })
}

/// A name alone, in a line that is called the author's. Who is quoted stands so in a quotation.
fn is_name(leaf: &Leaf<'_>) -> bool {
    const AUTHORS: &[&str] = &[
        "author", "autor", "auteur", "autore", "tacgia", "writer", "reporter", "byline", "quelle",
        "fuente", "fonte", "bron", "source",
    ];
    leaf.letters <= 40
        && has_token(&leaf.node, AUTHORS)
        && leaf.text.split(' ').count() <= 5
        && !leaf.text.ends_with(['.', '!', '?', ':', '。'])
        && !is_quoted(&leaf.node)
}

/// A byline that says so by its class, or that has a date in it.
fn is_byline(node: NodeRef, text: &str) -> bool {
    // `Par Claire Morel Publié le 2 juillet 2026`; a heading may begin with a date.
    let with_date = || phrases::names_publication(text) && dates::written(text).is_some();
    phrases::is_byline(text)
        && (has_token(&node, NAMES)
            || node.parent().is_some_and(|above| has_token(&above, NAMES))
            || with_date())
}

/// Whether the line, or the box around it, is called what stands about a text.
fn names_it(node: &NodeRef) -> bool {
    has_token(node, NAMES) || node.parent().is_some_and(|above| has_token(&above, NAMES))
}

fn is_caption(node: &NodeRef) -> bool {
    std::iter::once(*node)
        .chain(node.ancestors_it(Some(3)))
        .any(|above| above.has_name("figcaption") || elements::is_caption(&above))
}

fn in_table(node: &NodeRef) -> bool {
    node.ancestors_it(Some(4))
        .any(|above| above.has_name("table"))
}
