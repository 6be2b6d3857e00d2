//! Who wrote the text and when it was changed, between its parts or below it: lines of the content
//! system's. Dates of other things, as an advisory has them, stay.

use dom_query::NodeRef;

use super::roles::is_quoted;
use crate::releases::reading::survey::{Leaf, PAPERS, Survey};
use crate::releases::reading::{
    content::STRONG,
    dates, edges,
    elements::{self, has_token},
    lines::{is_sentence, one_line, title_key},
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

/// Letters of the longest line about a text.
const LONGEST: usize = 180;

pub(super) fn mark(survey: &mut Survey<'_>) {
    let mut found: Vec<NodeRef> = Vec::new();
    // Above the first paragraph stands what is about the text, however it is called.
    let text_from = survey.text_from();
    let names_reporter = survey.leaves.iter().any(|leaf| leaf.text.contains("기자"));
    for (at, leaf) in survey.leaves.iter().enumerate() {
        if leaf.letters > LONGEST || in_table(&leaf.node) || is_caption(survey, &leaf.node) {
            continue;
        }
        let next = survey.leaves.get(at + 1);
        let names_day_of_text = || !phrases::is_label_of_anything(title_key(&leaf.text).as_str());
        if (at < text_from || names_day_of_text())
            && phrases::says_updated(&leaf.text)
            && next.is_some_and(|next| dates::alone(&next.text).is_some())
        {
            found.extend(list_about(&leaf.node));
        }
        if (phrases::is_date_label(&leaf.text) || is_release_label(&leaf.text))
            && let Some(next) = next
            && dates::alone(&next.text).is_some()
        {
            found.push(leaf.node);
            found.push(next.node);
        } else if phrases::is_publication_line(&leaf.text)
            || is_byline(leaf.node, &leaf.text)
            || is_name(leaf)
            || phrases::is_reporter_line(&leaf.text)
            || phrases::is_agency_line(&leaf.text)
            || (names_reporter && is_mailbox(&leaf.text))
            || phrases::is_author_note(&leaf.text)
            || phrases::names_congress(&leaf.text)
            || (at > text_from && is_day_below(survey, at))
            || (at < text_from && (phrases::is_byline_alone(&leaf.text) || is_time(&leaf.node)))
            || phrases::repeats_title(&leaf.text)
            || (at < text_from && has_day_by_icon(&leaf.node))
            || (at < text_from
                && names_it(&leaf.node)
                && meta_line::names_day_and_author(&leaf.parted()))
            || (!edges::is_front_matter(&leaf.text)
                && meta_line::is_meta_line(&leaf.parted(), names_it(&leaf.node)))
        {
            found.push(leaf.node);
        }
    }
    found.extend(lists_about(survey));
    found.extend(lists_of_links(survey));
    found.extend(fields(survey));
    found.extend(histories(survey));
    survey.each(&mut |survey, node| {
        // `<details><summary>21 May 2026</summary>Last modified on …</details>`
        let is_dates = node.has_name("details")
            && survey.layout.measure(node).text <= LONGEST
            && node
                .children_it(false)
                .any(|child| child.has_name("summary") && is_day(&one_line(&child.text())));
        if is_dates {
            survey.mark(node);
        }
    });
    survey.each(&mut |survey, node| {
        if is_credit_on_picture(survey, node) {
            survey.mark(node);
        }
    });
    if let Some(last) = author_below(survey) {
        found.push(last);
    }
    for node in found {
        survey.mark(&node);
    }
}

/// A day alone below the last sentence, in an element that is called a date.
fn is_day_below(survey: &Survey<'_>, at: usize) -> bool {
    const NAMES: &[&str] = &[
        "date", "dates", "datum", "fecha", "data", "update", "updated", "time",
    ];
    const NEAR: usize = 12;
    let (before, after) = survey.leaves.split_at(at);
    let Some((leaf, after)) = after.split_first() else {
        return false;
    };
    has_token(&leaf.node, NAMES)
        && dates::alone(&leaf.text).is_some()
        && before
            .iter()
            .rev()
            .take(NEAR)
            .any(|leaf| is_sentence(&leaf.text))
        && !after
            .iter()
            .take(NEAR)
            .filter(|next| {
                next.node.parent().map(|above| above.id) == leaf.node.parent().map(|above| above.id)
            })
            .any(|next| next.letters >= STRONG && is_sentence(&next.text))
}

/// Who took a picture, written on it: in its figure, and not in the caption.
fn is_credit_on_picture(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const LEVELS: usize = 4;
    /// Letters of the longest.
    const MOST: usize = 100;
    let is_called_so = node
        .node_name()
        .is_some_and(|name| matches!(&*name, "span" | "small" | "p" | "div" | "cite"))
        && has_token(
            node,
            &[
                "credit",
                "credits",
                "copyright",
                "imagecredit",
                "photocredit",
            ],
        );
    if !is_called_so || survey.layout.measure(node).text > MOST {
        return false;
    }
    let above: Vec<NodeRef> = node.ancestors_it(Some(LEVELS)).collect();
    let is_said = |above: &NodeRef<'_>| above.has_name("figcaption") || elements::is_caption(above);
    above.iter().any(|above| above.has_name("figure"))
        && !above.iter().any(is_said)
        && !is_said(node)
}

/// `For immediate release:`, a label: with the day in the next line.
fn is_release_label(line: &str) -> bool {
    line.ends_with([':', '：']) && edges::is_front_matter(line) && !edges::is_contact_label(line)
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

/// `Updates to this page` with what stands below it in its box.
fn histories<'a>(survey: &Survey<'a>) -> Vec<NodeRef<'a>> {
    /// Letters of the longest.
    const BOX: usize = 3_000;
    let headings = survey
        .leaves
        .iter()
        .filter(|leaf| leaf.letters <= 60 && phrases::is_history_heading(&leaf.text));
    headings
        .filter_map(|heading| {
            heading.node.ancestors_it(Some(3)).find(|above| {
                let measure = survey.layout.measure(above);
                elements::is_container(above)
                    && measure.text > heading.letters + 4
                    && measure.text <= BOX
                    && survey.article != Some(above.id)
                    && !above.has_name("body")
            })
        })
        .collect()
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

/// Korean papers put the reporter's mailbox below the text.
fn is_mailbox(line: &str) -> bool {
    line.contains('@') && line.len() <= 60 && !line.contains([' ', ':', '/'])
}

/// A day, with or without its time.
fn is_day(text: &str) -> bool {
    text.chars().count() <= 60 && dates::written(text).is_some()
}

/// Lists of labels with what they name, `Office: …`, `Published: …`, `Read: 1304`: where half of their
/// lines say things about a text and all are short, all of it does.
fn lists_about<'a>(survey: &Survey<'a>) -> Vec<NodeRef<'a>> {
    const PART: usize = 60;
    const ITEMS: std::ops::RangeInclusive<usize> = 2..=8;
    let mut lists: Vec<NodeRef> = Vec::new();
    for leaf in &survey.leaves {
        let Some(list) = leaf.node.parent().filter(|above| {
            leaf.node.has_name("li") && (above.has_name("ul") || above.has_name("ol"))
        }) else {
            continue;
        };
        if lists.last().is_none_or(|last| last.id != list.id) {
            lists.push(list);
        }
    }
    lists.retain(|list| {
        // Of what is nested the text would be read again for each level.
        if survey.layout.measure(list).text > PART * ITEMS.end() {
            return false;
        }
        let items: Vec<String> = list
            .children_it(false)
            .filter(|child| child.has_name("li"))
            .take(*ITEMS.end() + 1)
            .map(|item| one_line(&item.text()))
            .collect();
        let is_pair = |item: &&String| {
            item.split_once([':', '：'])
                .is_some_and(|(label, rest)| !label.trim().is_empty() && !rest.trim().is_empty())
        };
        let is_about = |item: &&String| {
            phrases::is_publication_line(item)
                || phrases::is_count(item)
                || item
                    .split_once([':', '：'])
                    .is_some_and(|(label, _)| phrases::says_about_text(&title_key(label)))
        };
        ITEMS.contains(&items.len())
            && items.iter().all(|item| item.chars().count() <= PART)
            && items.iter().filter(is_pair).count() == items.len()
            && items.iter().filter(is_about).count() * 2 >= items.len()
            && !in_table(list)
    });
    lists
}

/// `<dl><dt>Departments:<dd><a>Parks</a><dt>Twitter:<dd><a>@parks</a></dl>` below the text: what it is filed under, and
/// where one may follow the office. Nothing in it is a sentence, a paper or a way to ask somebody.
fn lists_of_links<'a>(survey: &Survey<'a>) -> Vec<NodeRef<'a>> {
    /// Letters of the longest, and elements of it.
    const WHOLE: usize = 240;
    const MOST: usize = 60;
    let mut lists: Vec<NodeRef> = Vec::new();
    for leaf in &survey.leaves {
        let list = leaf.node.parent().filter(|above| {
            above.has_name("dl") && (leaf.node.has_name("dt") || leaf.node.has_name("dd"))
        });
        if let Some(list) = list
            && lists.last().is_none_or(|last| last.id != list.id)
        {
            lists.push(list);
        }
    }
    lists.retain(|list| {
        let measure = survey.layout.measure(list);
        if measure.text > WHOLE || !survey.follows_text(list) {
            return false;
        }
        let mut details = 0;
        list.descendants_it()
            .take(MOST)
            .filter(|below| below.has_name("dd"))
            .all(|detail| {
                details += 1;
                let own = survey.layout.measure(&detail);
                own.text > 0
                    && own.linked == own.text
                    && detail
                        .descendants_it()
                        .take(MOST)
                        .filter_map(|below| below.attr("href"))
                        .all(|href| {
                            !elements::is_file(&href, PAPERS)
                                && !href.starts_with("mailto:")
                                && !href.starts_with("tel:")
                        })
            })
            && details > 0
    });
    lists
}

/// `<div class="field"><div class="field__label">Press release number</div><div class="field__item">26-14</div></div>`:
/// what Drupal shows of an article below its text, label by label.
fn fields<'a>(survey: &Survey<'a>) -> Vec<NodeRef<'a>> {
    const LABEL: usize = 40;
    const WHOLE: usize = 150;
    let labels = survey.leaves.iter().filter(|leaf| {
        leaf.letters <= LABEL && elements::has_class(&leaf.node, &["field__label", "field-label"])
    });
    // `For immediate release` `Office of Public Affairs`: a label with a link to whoever published it.
    let heads_office = |label: &Leaf<'_>, field: &NodeRef<'_>| {
        let measure = survey.layout.measure(field);
        measure.text <= WHOLE
            && measure.linked * 2 >= measure.text
            && edges::is_front_matter(&label.text)
            && !edges::is_contact_label(&label.text)
            && !edges::names_a_way(&field.text())
    };
    labels
        .filter_map(|label| Some((label, label.node.parent()?)))
        .filter(|(label, field)| {
            if heads_office(label, field) {
                return true;
            }
            let measure = survey.layout.measure(field);
            let says = one_line(&field.text());
            measure.text <= WHOLE
                && has_token(field, &["field"])
                && survey.follows_text(field)
                && !edges::names_a_way(&says)
                && !edges::is_contact_label(&says)
                && !says.trim_end().ends_with(['.', '!', '?'])
                && !field.descendants_it().any(|below| {
                    below.has_name("img")
                        || below
                            .attr("href")
                            .is_some_and(|href| elements::is_file(&href, PAPERS))
                })
        })
        .map(|(_, field)| field)
        .collect()
}

/// Nothing but when it was published, as machines read it too; a place may stand before it.
fn is_time(node: &NodeRef) -> bool {
    const OTHER_WORDS: usize = 3;
    const MOST: usize = 80;
    let whole = one_line(&node.text());
    let whole = whole.trim();
    if whole.chars().count() > MOST || whole.ends_with(['.', '!', '?', '。']) {
        return false;
    }
    node.descendants_it().take(12).any(|below| {
        let says = one_line(&below.text());
        let says = says.trim();
        below.has_name("time")
            && below.attr("datetime").is_some()
            && !says.is_empty()
            && whole.split_once(says).is_some_and(|(before, behind)| {
                let words = |part: &str| {
                    part.split_whitespace()
                        .filter(|word| word.chars().any(char::is_alphanumeric))
                        .count()
                };
                words(phrases::without_first_kind(before)) + words(behind) <= OTHER_WORDS
                    && !before.contains(|c: char| c.is_ascii_digit())
            })
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

/// A day, and what else is said of the text, each behind a sign of its own.
fn has_day_by_icon(node: &NodeRef) -> bool {
    let parts = elements::parts_between_icons(node);
    parts.iter().any(|part| dates::alone(part).is_some())
        && parts
            .iter()
            .all(|part| part.split_whitespace().count() <= 6)
}

/// Whether the line, or the box around it, is called what stands about a text.
fn names_it(node: &NodeRef) -> bool {
    has_token(node, NAMES) || node.parent().is_some_and(|above| has_token(&above, NAMES))
}

/// A line of what stands below a picture; what is called so and holds more is a part of the page.
fn is_caption(survey: &Survey<'_>, node: &NodeRef) -> bool {
    const CAPTION: usize = 2 * LONGEST;
    std::iter::once(*node)
        .chain(node.ancestors_it(Some(3)))
        .take_while(|above| survey.layout.measure(above).text <= CAPTION)
        .any(|above| above.has_name("figcaption") || elements::is_caption(&above))
}

fn in_table(node: &NodeRef) -> bool {
    node.ancestors_it(Some(4))
        .any(|above| above.has_name("table"))
}
