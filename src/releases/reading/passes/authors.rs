//! Who wrote the text, told by where its links lead and not by what its classes say: a line that is a link
//! to an author's own page, an address of contributors, and the box about them at the end.

use std::collections::HashSet;

use dom_query::NodeRef;

use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{
    elements::{has_token, is_container, only_link, path_of},
    lines::{one_line, title_key},
    phrases,
};

/// Letters of the longest line of names, and of the longest box about an author.
const NAMES: usize = 90;
const BOX: usize = 900;

/// Parts of a path below which sites have the pages of those who write.
const FOLDERS: &[&str] = &[
    "author",
    "authors",
    "autor",
    "autores",
    "autora",
    "auteur",
    "auteurs",
    "autore",
    "autori",
    "autoren",
    "byline",
    "reporter",
    "reporters",
    "journalist",
    "journalists",
    "journalisten",
    "journaliste",
    "firmas",
    "firma",
    "contributor",
    "contributors",
    "correspondents",
    "redacteur",
    "signataires",
    "tacgia",
    "tac-gia",
];

pub(super) fn mark(survey: &mut Survey<'_>) {
    let text_from = survey.text_from();
    let lines: Vec<NodeRef> = survey
        .leaves
        .iter()
        .enumerate()
        .filter(|(at, leaf)| {
            let is_called_so = || {
                let names = [
                    "author",
                    "authors",
                    "auteur",
                    "autor",
                    "autore",
                    "signature",
                ];
                has_token(&leaf.node, &names)
                    || leaf
                        .node
                        .parent()
                        .is_some_and(|above| has_token(&above, &names))
            };
            leaf.letters <= NAMES
                && (*at < text_from && names_authors(&leaf.node, 3)
                    || is_called_so() && names_authors(&leaf.node, 6))
        })
        .map(|(_, leaf)| leaf.node)
        .collect();
    for line in lines {
        survey.mark(&line);
    }
    survey.each(&mut |survey, node| {
        let is_address = node.has_name("address")
            && survey.layout.measure(node).text <= 2 * NAMES
            && node
                .descendants_it()
                .take(40)
                .any(|below| is_author_link(&below));
        if is_address {
            survey.mark(node);
        }
    });
    mark_boxes(survey);
    mark_named_boxes(survey, text_from);
}

/// A box below the text that begins with the name which the byline has, as a link: who that is.
fn mark_named_boxes(survey: &mut Survey<'_>, text_from: usize) {
    const WORDS: std::ops::RangeInclusive<usize> = 2..=5;
    let linked = |leaf: &Leaf<'_>| -> Vec<String> {
        leaf.node
            .descendants_it()
            .take(20)
            .filter(|below| below.has_name("a"))
            .map(|link| title_key(&one_line(&link.text())))
            .filter(|name| WORDS.contains(&name.split(' ').count()))
            .collect()
    };
    let names: HashSet<String> = survey
        .leaves
        .iter()
        .take(text_from)
        .filter(|leaf| leaf.letters <= NAMES && phrases::is_byline(&leaf.text))
        .flat_map(linked)
        .collect();
    if names.is_empty() {
        return;
    }
    let boxes: Vec<NodeRef> = survey
        .leaves
        .iter()
        .skip(text_from)
        .filter(|leaf| leaf.letters <= NAMES && names.contains(&title_key(&leaf.text)))
        .filter(|leaf| only_link(&leaf.node).is_some() || leaf.node.has_name("a"))
        .filter_map(|leaf| {
            let around = leaf.node.parent()?;
            let measure = survey.layout.measure(&around);
            let is_box = is_container(&around)
                && measure.text > survey.layout.measure(&leaf.node).text
                && measure.text <= BOX / 2
                && survey.article != Some(around.id);
            is_box.then_some(around)
        })
        .collect();
    for found in boxes {
        survey.mark(&found);
    }
}

/// Whether all links of the line lead to authors, and it says hardly more than their names: `others` words.
fn names_authors(line: &NodeRef, others: usize) -> bool {
    let links: Vec<NodeRef> = std::iter::once(*line)
        .chain(
            line.ancestors_it(Some(2))
                .take_while(|above| !is_container(above)),
        )
        .chain(line.descendants_it())
        .take(60)
        .filter(|below| below.has_name("a"))
        .collect();
    let words = |text: &str| text.split_whitespace().count();
    let linked: usize = links.iter().map(|link| words(&link.text())).sum();
    linked > 0
        && links.iter().all(is_author_link)
        && words(&one_line(&line.text())) <= linked + others
}

fn is_author_link(link: &NodeRef) -> bool {
    if !link.has_name("a") {
        return false;
    }
    let is_called_so = link
        .attr("rel")
        .is_some_and(|rel| rel.split_whitespace().any(|word| word == "author"));
    is_called_so
        || link.attr("href").is_some_and(|href| {
            let mut parts = path_of(&href).rsplit('/').filter(|part| !part.is_empty());
            // `/@ann-poe`
            if parts
                .clone()
                .next()
                .is_some_and(|name| name.len() > 1 && name.starts_with('@'))
            {
                return true;
            }
            // The name stands behind the folder.
            parts
                .next()
                .is_some_and(|name| !name.contains('.') || name.contains(".htm"))
                && parts.any(|part| FOLDERS.contains(&part.to_ascii_lowercase().as_str()))
        })
}

/// `About the author` with what stands below it in its box.
fn mark_boxes(survey: &mut Survey<'_>) {
    let headings: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| leaf.letters <= 60 && phrases::is_about_author(&leaf.text))
        .map(|leaf| leaf.node)
        .collect();
    for heading in headings {
        let around = heading
            .ancestors_it(Some(3))
            .take_while(|above| {
                is_container(above)
                    && !above.has_name("body")
                    && survey.layout.measure(above).text <= BOX
                    && survey.article != Some(above.id)
            })
            .find(|above| {
                survey.layout.measure(above).text > survey.layout.measure(&heading).text + 4
            });
        match around {
            Some(around) if !holds_other_heading(&around, &heading) => {
                survey.mark(&around);
            }
            _ => {
                survey.mark(&heading);
            }
        }
    }
}

/// A box with more than one heading is more than about the author.
fn holds_other_heading(around: &NodeRef, heading: &NodeRef) -> bool {
    around
        .descendants_it()
        .take(200)
        .any(|below| below.id != heading.id && below.is("h2, h3"))
}
