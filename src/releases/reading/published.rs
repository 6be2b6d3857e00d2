//! When the release was published, as the page around it says: in `time`, in a line by the headline,
//! before the first sentence, in the address.

use dom_query::NodeRef;
use gazette_templates::document::Block;
use jiff::{Timestamp, civil::Date};
use url::Url;

use super::lines::{is_sentence, letters, one_line, title_key};
use super::{
    block_words,
    content::Layout,
    date_lines,
    dates::{self, DateFound, DateOrder, Written},
    edges,
    elements::{has_token, is_block, is_heading, is_inline, parts_between_icons},
    naming, phrases,
    surroundings::Content,
};

/// Letters of the longest line that is nothing but a date and what it is called.
const LABEL: usize = 90;

/// Words in class or id of what says when.
const DATED: &[&str] = &[
    "date",
    "published",
    "publish",
    "datum",
    "fecha",
    "time",
    "posted",
    "pubdate",
    "timestamp",
    "publication",
    "dateline",
    "created",
];

/// Dates with a mark of their own within a line that are looked at.
const MOST_MARKED: usize = 40;

/// How many elements before and behind the headline are looked through.
const NEAR: usize = 600;

/// The date that stands closest to the release: in the article before elsewhere, below the headline
/// before above it, `time` before words.
pub(super) fn near(
    layout: &Layout,
    body: &NodeRef,
    content: &Content,
    order: DateOrder,
) -> Option<DateFound> {
    let text = content
        .parts
        .iter()
        .flatten()
        .filter(|node| node.is_element())
        .rev()
        .max_by_key(|node| layout.measure(node).good)?;
    let headline = layout
        .headline
        .map(|headline| NodeRef::new(headline, body.tree));
    // What holds both, and what the page calls its article: no other article's date stands there.
    let scope = scope(layout, text, headline.as_ref());
    let mut best: Option<(i32, DateFound)> = None;
    let mut marked = 0;
    for (at, node) in scope
        .descendants_it()
        .filter(NodeRef::is_element)
        .take(NEAR * 10)
        .enumerate()
    {
        let own = own_date(&node, order);
        let Some((mut likely, found)) = own else {
            continue;
        };
        // `It is open until <strong>28 May</strong>.` Each look costs as much as the line is long.
        if is_inline(&node) && !has_token(&node, DATED) && marked < MOST_MARKED {
            marked += 1;
            if is_in_sentence(&node, order) {
                continue;
            }
        }
        if let Some(headline) = &headline {
            likely += if layout.holds(headline, node.id) || layout.stands_behind(&node, headline.id)
            {
                2
            } else {
                0
            };
        }
        if has_token(&node, DATED) {
            likely += 2;
        }
        if in_list_of_others(layout, &node) {
            likely -= 8;
        }
        // Below the text stand the dates of others.
        if at > NEAR {
            likely -= 2;
        }
        if best.is_none_or(|(most, _)| likely > most) {
            best = Some((likely, found));
        }
    }
    best.filter(|(likely, _)| *likely > 0)
        .map(|(_, found)| found)
}

/// Whether the day is one on which a page was published that was made on the other: then, or within the month.
pub(super) fn is_soon_after(day: DateFound, made: Option<DateFound>) -> bool {
    const DAYS: i32 = 31;
    made.is_none_or(|made| {
        let days = (day.written.day() - made.written.day()).get_days();
        (0..=DAYS).contains(&days)
    })
}

/// The smallest element that holds the text and the headline; without a headline, what is around
/// the text.
fn scope<'a>(layout: &Layout, text: &NodeRef<'a>, headline: Option<&NodeRef<'a>>) -> NodeRef<'a> {
    let mut around = std::iter::once(*text)
        .chain(text.ancestors_it(None))
        .filter(NodeRef::is_element);
    let found = match headline {
        Some(headline) => around.find(|above| layout.holds(above, headline.id)),
        None => around.nth(2),
    };
    let Some(found) = found else { return *text };
    // A header of its own may hold the date beside the headline.
    let above = found.parent().filter(|above| {
        above.is_element()
            && !above.has_name("body")
            && layout.measure(above).good <= layout.measure(&found).good + 2 * LABEL
    });
    above.unwrap_or(found)
}

/// The date that the element says and nothing else, with how sure its kind is.
fn own_date(node: &NodeRef, order: DateOrder) -> Option<(i32, DateFound)> {
    // A post of somebody's that is shown in the text has a date of its own.
    if node
        .ancestors_it(Some(8))
        .any(|above| above.has_name("blockquote"))
    {
        return None;
    }
    if node.has_name("time") || is_time_of_a_library(node) {
        // When something is to be, or was.
        if is_in_sentence(node, order) {
            return None;
        }
        let said = node.attr("datetime").or_else(|| node.attr("content"));
        let found = said
            .and_then(|at| dates::written_in(&at, order))
            .or_else(|| line_date(&one_line(&node.text()), order))?;
        let updated = has_token(node, &["updated", "modified"])
            || stands_behind_changed(node)
            || node
                .attr("itemprop")
                .is_some_and(|said| said.contains("dateModified"));
        return Some((if updated { 3 } else { 6 }, found));
    }
    // `<abbr class="published" title="2026-05-04">`, `data-utime` in seconds since 1970.
    if node.has_name("abbr") || has_token(node, DATED) {
        let seconds = ["data-utime", "data-timestamp", "data-time"]
            .iter()
            .filter_map(|attribute| node.attr(attribute))
            .find_map(|said| of_seconds(said.trim()));
        let said = ["title", "datetime", "content", "data-date", "data-datetime"]
            .iter()
            .filter_map(|attribute| node.attr(attribute))
            .filter(|said| said.len() <= LABEL)
            .find_map(|said| dates::alone_in(&said, order).or_else(|| dates::compact(&said)));
        if let Some(found) = seconds.or(said) {
            return Some((4, found));
        }
    }
    // `<div class=date aria-label="May 4, 2026, 5:02 a.m.">`: scripts write the line from it.
    if let Some(label) = node
        .attr("aria-label")
        .filter(|label| label.len() <= 2 * LABEL)
        && node.text().trim().is_empty()
    {
        let label = one_line(&label);
        let found = line_date(&label, order).or_else(|| first_date(&label, order))?;
        return Some((4, found));
    }
    // Only elements that hold a line, not those around them.
    let holds_blocks = node
        .children_it(false)
        .filter(NodeRef::is_element)
        .any(|child| child.children_it(false).any(|below| below.is_element()));
    let text = node.text();
    if holds_blocks && text.len() > 3 * LABEL || text.len() > 4 * LABEL {
        return None;
    }
    let text = one_line(&text);
    let text = text.trim();
    if letters(text) > LABEL || !text.chars().any(char::is_numeric) {
        return None;
    }
    let is_parted = || node.children_it(false).any(|child| child.is_element());
    // `2026-05-04, 10:30 — first version`, in a line that is called a date.
    let is_dated = || has_token(node, DATED) || has_token(node, &["meta", "dates"]);
    let found = line_date(text, order)
        .or_else(|| {
            is_parted()
                .then(|| line_date(&parted(node), order))
                .flatten()
        })
        .or_else(|| {
            let parts = parts_between_icons(node);
            parts.iter().find_map(|part| dates::alone_in(part, order))
        })
        .or_else(|| {
            let rest = phrases::without_date_label(text);
            rest.or(is_dated().then_some(text))
                .filter(|_| !is_sentence(text))
                .and_then(|rest| first_date(rest, order))
        })?;
    // Where both stand, the day of publication counts, whichever stands first.
    let is_changed = (phrases::says_updated(text) && phrases::says_changed(text))
        || label_before(node).is_some_and(|label| {
            let label = one_line(&label);
            phrases::says_updated(&label) && phrases::says_changed(&label)
        });
    Some((if is_changed { 3 } else { 4 }, found))
}

/// `Last updated <time>20 February 2026</time>`, `<dt>Modified<dd>20 February 2026`: whether what stands before the
/// element says that the page was changed then.
fn stands_behind_changed(node: &NodeRef) -> bool {
    let says_changed = |says: &str| {
        let says = one_line(says);
        phrases::says_updated(&says) && phrases::says_changed(&says)
    };
    if let Some(label) = label_before(node) {
        return says_changed(&label);
    }
    let line = node
        .ancestors_it(Some(4))
        .find(|above| above.node_name().is_some_and(|name| is_block(&name)));
    line.is_some_and(|line| {
        let says = line.text();
        says.len() <= 2 * LABEL && says_changed(&says)
    })
}

/// What stands right before the element in its line, or is the term that it belongs to. None: nothing, or a date.
fn label_before(node: &NodeRef) -> Option<String> {
    /// Siblings without a word between label and date.
    const BLANKS: usize = 4;
    let is_detail = node.has_name("dd") || node.has_name("td");
    if !is_detail && !is_inline(node) && !node.has_name("time") {
        return None;
    }
    let mut at = node.prev_sibling();
    for _ in 0..BLANKS {
        let before = at?;
        let says = before.text();
        if says.len() > 2 * LABEL {
            return None;
        }
        if says.chars().any(char::is_alphanumeric) {
            let is_label = !says.chars().any(|c| c.is_ascii_digit());
            return is_label.then(|| says.to_string());
        }
        at = before.prev_sibling();
    }
    None
}

/// Whether the element stands in a sentence of the text, and not in a line that says when that was published.
fn is_in_sentence(node: &NodeRef, order: DateOrder) -> bool {
    /// Elements around it within a line.
    const LEVELS: usize = 6;
    let line = node
        .ancestors_it(Some(LEVELS))
        .find(|above| above.node_name().is_some_and(|name| is_block(&name)));
    // An element that holds others is no line.
    let holds_blocks = |line: &NodeRef| {
        line.children_it(false)
            .any(|child| child.node_name().is_some_and(|name| is_block(&name)))
    };
    let Some(line) = line.filter(|line| !has_token(line, DATED) && !holds_blocks(line)) else {
        return false;
    };
    let says = one_line(&line.text());
    let own = one_line(&node.text());
    is_sentence(says.trim())
        && says.trim().len() > own.trim().len() + 8
        && line_date(says.trim(), order).is_none()
        && behind_label(&says, order).is_none()
        && !phrases::says_updated(&says)
        && !phrases::is_byline(&says)
        && !says.trim_end().ends_with([':', '：'])
        // `MILLTOWN, May 4, 2026 – The council …`
        && in_opening_line(&says, order).is_none()
}

/// The date that the line begins with, whatever is said behind it.
fn first_date(line: &str, order: DateOrder) -> Option<DateFound> {
    const WORDS: usize = 6;
    let words: Vec<&str> = line.split_whitespace().collect();
    (1..=WORDS.min(words.len())).find_map(|count| {
        let said = words.get(..count)?.join(" ");
        dates::alone_in(said.trim_end_matches([',', ';', '|']), order)
    })
}

/// `<relative-time datetime="…">`, `<local-time …>`: what scripts make of it is not on the page.
fn is_time_of_a_library(node: &NodeRef) -> bool {
    node.node_name()
        .is_some_and(|name| name.contains('-') && name.contains("time"))
        && node.has_attr("datetime")
}

/// The element's words with a space between those of its parts: `<b>May</b><b>12</b><b>2026</b>`.
fn parted(node: &NodeRef) -> String {
    const MOST: usize = 12;
    let mut text = String::new();
    for part in node.descendants_it().filter(NodeRef::is_text).take(MOST) {
        text.push_str(&part.text());
        text.push(' ');
    }
    one_line(&text).trim().to_owned()
}

/// Seconds since 1970, or thousandths of them.
fn of_seconds(said: &str) -> Option<DateFound> {
    let number: i64 = said.parse().ok()?;
    let seconds = match said.len() {
        9 | 10 => number,
        13 => number / 1_000,
        _ => return None,
    };
    Some(DateFound {
        written: Written::Instant(Timestamp::from_second(seconds).ok()?),
        other: None,
    })
}

/// The date of a line like `Published: May 4, 2026 | Updated: May 5, 2026`, `Milltown, May 4, 2026`.
fn line_date(line: &str, order: DateOrder) -> Option<DateFound> {
    date_lines::date_of_line(line, order)
}

/// Whether the element stands in a card or an item of a list with a link of its own.
fn in_list_of_others(layout: &Layout, node: &NodeRef) -> bool {
    node.ancestors_it(Some(6)).any(|above| {
        let measure = layout.measure(&above);
        above.has_name("li") && measure.linked * 2 > measure.text
            || layout.marked.contains(&above.id) && {
                phrases::is_related_heading(&one_line(&above.text()))
                    || is_history(&above)
                    || is_in_card(node)
            }
    })
}

/// Whether the element, or the one around it, stands beside a heading that is a link. What is marked is not
/// measured.
fn is_in_card(node: &NodeRef) -> bool {
    const FIRST: usize = 12;
    node.ancestors_it(Some(2)).any(|card| {
        card.children_it(false)
            .filter(is_heading)
            .take(FIRST)
            .any(|heading| heading.descendants_it().any(|below| below.has_name("a")))
    })
}

/// A box that says when the page was changed, under a heading of its own.
fn is_history(node: &NodeRef) -> bool {
    const FIRST: usize = 12;
    node.descendants_it()
        .take(FIRST)
        .filter(is_heading)
        .any(|heading| phrases::is_history_heading(&one_line(&heading.text())))
}

/// `MILLTOWN, May 4, 2026 – The council …`: before the first sentence. What stands above it by right, as
/// when it may be used and whom to ask, is looked through too.
pub(super) fn in_first_line(blocks: &[Block], order: DateOrder) -> Option<DateFound> {
    const BLOCKS: usize = 4;
    const LINES: usize = 8;
    let mut others = 0;
    for block in blocks.iter().take(3 * BLOCKS) {
        let lines = block_words::lines(block);
        let is_front = lines
            .first()
            .is_some_and(|first| edges::is_front_matter(first));
        // Lines in the middle of other text say when something is to be.
        let looked_at = if is_front { LINES } else { 1 };
        let said = lines
            .iter()
            .take(looked_at)
            .find_map(|line| in_opening_line(line, order))
            .or_else(|| in_opening_line(&one_line(&block_words::words(block)), order));
        if said.is_some() {
            return said;
        }
        others += usize::from(!is_front);
        if others == BLOCKS {
            break;
        }
    }
    None
}

/// The date of a line that says it alone, behind `For immediate release`, or beside a place.
fn in_opening_line(line: &str, order: DateOrder) -> Option<DateFound> {
    let found = date_lines::date_of_line(line, order)
        .or_else(|| behind_front_matter(line, order))
        .or_else(|| beside_place(line, order));
    if found.is_some() {
        return found;
    }
    let mut rest = line;
    while let Some((place, after)) = naming::dateline(rest) {
        // `MILLTOWN, Ohio – May 4, 2026`, too.
        if let Some(found) = date_lines::date_of_line(place, order)
            .or_else(|| dates::alone_in(after, order))
            .or_else(|| {
                place.match_indices(['(', ',']).find_map(|(at, sign)| {
                    let date = place.get(at + sign.len()..)?.trim_end_matches(')');
                    dates::alone_in(date.trim(), order)
                })
            })
        {
            return Some(found);
        }
        if after.len() == rest.len() {
            break;
        }
        rest = after;
    }
    None
}

/// `FOR IMMEDIATE RELEASE: February 5, 2024`. Until when something is not to be used says nothing of when
/// it was published.
fn behind_front_matter(line: &str, order: DateOrder) -> Option<DateFound> {
    /// Words and bytes of such a line.
    const MOST: usize = 14;
    const LONGEST: usize = 300;
    const RELEASED: &[&str] = &[
        "for immediate release",
        "for release",
        "for immediate publication",
        "para publicación inmediata",
        "para divulgación inmediata",
        "zur sofortigen veröffentlichung",
        "zur veröffentlichung",
        "보도 시점",
        "보도일시",
        "보도 일시",
        "pour diffusion immédiate",
        "per diffusione immediata",
        "voor onmiddellijke publicatie",
    ];
    if line.len() > LONGEST {
        return None;
    }
    let key = title_key(line);
    if !RELEASED.iter().any(|begins| key.starts_with(begins)) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().take(MOST).collect();
    let behind = |from: usize| Some(words.get(from..)?.join(" "));
    (2..words.len())
        .find_map(|from| {
            dates::alone_in(
                behind(from)?.trim_matches(['(', ')', '.', ',', '–', '-', '|', ' ']),
                order,
            )
        })
        // `보도일시: 2026. 5. 4.(월) 조간`: an edition behind the day.
        .or_else(|| first_date(&behind(1)?, order))
}

/// The day of a line above the text that says from when on it may be used: `For release: May 4, 2026`.
pub(in crate::releases) fn for_release(blocks: &[Block], order: DateOrder) -> Option<Date> {
    /// Blocks that such a line is among.
    const BLOCKS: usize = 8;
    let mut lines = blocks.iter().take(BLOCKS).flat_map(block_words::lines);
    let found = lines.find_map(|line| {
        let said =
            behind_front_matter(&line, order).or_else(|| date_lines::date_of_line(&line, order));
        said.filter(|_| edges::is_front_matter(&line))
    })?;
    Some(found.written.day())
}

/// `Milltown (4.5.2026). The council …`, `Milltown, May 4, 2026 /Wire/ -- The council …`.
fn beside_place(line: &str, order: DateOrder) -> Option<DateFound> {
    /// Letters of the longest place with a date.
    const LONGEST: usize = 80;
    let in_brackets = || {
        let (place, after) = line.split_once('(')?;
        let (date, _) = after.split_once(')')?;
        (place.chars().count() <= LONGEST / 2 && !place.contains(". "))
            .then(|| dates::alone_in(date, order))
            .flatten()
    };
    let behind_comma = |place: &str| {
        place
            .match_indices(',')
            .find_map(|(at, _)| dates::alone_in(place.get(at + 1..)?.trim(), order))
    };
    let before_wire = || {
        let (place, _) = line.split_once(" /").or_else(|| line.split_once(" --"))?;
        (place.chars().count() <= LONGEST)
            .then(|| behind_comma(place))
            .flatten()
    };
    // `(Milltown, D.C., May 4, 2026) – The council …`
    let place_in_brackets = || {
        let inside = line.strip_prefix(['(', '['])?;
        let (place, _) = inside.split_once([')', ']'])?;
        (place.chars().count() <= LONGEST)
            .then(|| behind_comma(place))
            .flatten()
    };
    // `Milltown, Ohio | Monday, May 4, 2026 | The council …`
    let between_bars = || {
        let (place, rest) = line.split_once(" | ")?;
        let (date, _) = rest.split_once(" | ")?;
        (place.chars().count() <= LONGEST / 2)
            .then(|| dates::alone_in(date, order))
            .flatten()
    };
    // `May 4, 2026 [MILLTOWN] – The council …`, `May 4, 2026 (Milltown, Ohio) – The council …`
    let before_brackets = || {
        let (date, rest) = line.split_once(['[', '('])?;
        let (place, _) = rest.split_once([']', ')'])?;
        (date.chars().count() <= LONGEST / 2 && place.chars().count() <= LONGEST / 2)
            .then(|| dates::alone_in(date.trim(), order))
            .flatten()
    };
    in_brackets()
        .or_else(place_in_brackets)
        .or_else(before_brackets)
        .or_else(between_bars)
        .or_else(before_wire)
}

/// `/2026/05/04/headline`, `/20260504/`, `t20260504_1.html`.
pub(super) fn in_address(address: Option<&Url>) -> Option<DateFound> {
    let path = address?.path();
    let pieces: Vec<&str> = path.split(|c: char| !c.is_ascii_digit()).collect();
    let year =
        |piece: &str| piece.len() == 4 && (piece.starts_with("19") || piece.starts_with("20"));
    let small = |piece: &str| (1..=2).contains(&piece.len());
    let parted = pieces.windows(3).find_map(|part| match part {
        [y, m, d] if year(y) && small(m) && small(d) => {
            dates::alone_in(&format!("{y}-{m:0>2}-{d:0>2}"), DateOrder::DayFirst)
        }
        _ => None,
    });
    parted.or_else(|| {
        pieces.iter().find_map(|piece| {
            let (y, rest) = piece.split_at_checked(4)?;
            let (m, d) = rest.split_at_checked(2)?;
            (piece.len() == 8 && year(y))
                .then(|| dates::alone_in(&format!("{y}-{m}-{d}"), DateOrder::DayFirst))
                .flatten()
        })
    })
}

/// A line anywhere on the page that says when it was published, in so many words.
pub(super) fn anywhere(body: &NodeRef, order: DateOrder) -> Option<DateFound> {
    const MOST: usize = 4_000;
    for node in body.descendants_it().take(MOST).filter(NodeRef::is_text) {
        let text = node.text();
        if text.len() > 3 * LABEL || !text.chars().any(char::is_numeric) {
            continue;
        }
        if node.parent().is_some_and(|line| is_in_card(&line)) {
            continue;
        }
        let text = one_line(&text);
        let labelled = phrases::says_updated(&text);
        let found = date_lines::date_of_line(&text, order).filter(|_| labelled);
        if let Some(found) = found.or_else(|| behind_label(&text, order)) {
            return Some(found);
        }
    }
    None
}

/// `The text was published 2026-05-04 by the council`, `Posted 2026-1-15T10:00:00 by …`: what stands
/// right behind a label within a line.
fn behind_label(text: &str, order: DateOrder) -> Option<DateFound> {
    /// Words of the longest date.
    const WORDS: usize = 6;
    let words: Vec<&str> = text.split_whitespace().collect();
    let label = words
        .iter()
        .take(40)
        .position(|word| phrases::begins_publication(word))?;
    // `published on`, `veröffentlicht am`, `publié le`
    (label + 1..=label + 2).find_map(|from| {
        let rest = words.get(from..)?;
        (1..=WORDS.min(rest.len())).rev().find_map(|count| {
            let said = rest.get(..count)?.join(" ");
            let said = said.trim_end_matches([',', '.', ';']);
            let whole = (count == 1).then(|| dates::written_in(said, order));
            dates::alone_in(said, order).or_else(|| whole.flatten())
        })
    })
}
