//! Pages that list releases and have no feed: headlines, dates and links found by structure, with
//! no list of sites.
//!
//! A list is what repeats. Links that stand under the same chain of elements belong together; the
//! largest part of the page that holds only one of them is its item; the headline is the item's
//! heading or the link's own words, and the date stands in the item or beside it. Of all that
//! repeats on a page, the list of releases is what has long headlines and dates.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use dom_query::{Document as Page, NodeId, NodeRef};
use url::Url;

mod entry_dates;
mod headings;
mod next_page;

use entry_dates::{date_beside, date_in, date_in_path, date_under_heading};
use headings::heading_before;
use next_page::next_page;

use super::{
    identity,
    items::{Item, Listing},
    reading::{
        self, DateFound,
        dates::{self, Calendar, DateOrder},
    },
    ssrf_guard::same_organisation,
};

/// Two of a kind may be chance.
const FEWEST: usize = 3;

/// Parts of a page that lead elsewhere on the site. A form is none: ASP.NET wraps all of a page in one.
const ASIDE: &str = "nav, footer, aside, [role=navigation], [role=contentinfo], [role=search], [role=complementary], [hidden]";

/// How far around a list a release may stand that the page shows larger than the others.
const AROUND: usize = 2;

#[derive(Clone)]
struct Link<'a> {
    node: NodeRef<'a>,
    url: Url,
    /// Where it stands among all links.
    at: usize,
}

/// A link and the part of the page that is about it.
type Placed<'a> = (Link<'a>, NodeRef<'a>);

/// The same with what is said there.
struct Entry<'a> {
    link: Link<'a>,
    root: NodeRef<'a>,
    headline: String,
    date: Option<DateFound>,
}

/// Reads a page; none: nothing in it is a list of releases.
pub(super) fn read(html: &str, address: &Url, calendar: &Calendar) -> Option<Listing> {
    let page = Page::from(reading::bounded(html));
    let base = page
        .select_single("base[href]")
        .attr("href")
        .and_then(|href| address.join(&href).ok())
        .unwrap_or_else(|| address.clone());
    let links = links(&page, &base, address);
    let order = order(&page, address, calendar);
    let (_, mut best) = lists(&links, order)
        .into_iter()
        .filter_map(|list| Some((score(&list)?, list)))
        // Of two as good, the first.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    lead(&links, &mut best, order);
    let mut seen = HashSet::new();
    let items: Vec<Item> = best
        .into_iter()
        .map(|entry| item(entry, calendar))
        .filter(|item| seen.insert(item.identity.clone()))
        .collect();
    (items.len() >= FEWEST).then(|| Listing {
        title: reading::line(&page.select_single("head title").text()),
        items,
        format: "page".to_owned(),
        home: Some(address.clone()),
        next: next_page(&page, &base, address),
        ..Listing::default()
    })
}

/// What dates of numbers begin with: as the page's other dates, its country or its language say, else
/// as in the office's own.
fn order(page: &Page, address: &Url, calendar: &Calendar) -> DateOrder {
    let tag = page.select_single("html").attr("lang").unwrap_or_default();
    match DateOrder::of(&tag, Some(address), &page.text()) {
        DateOrder::MonthFirst { certain: false } => calendar.order(),
        order => order,
    }
}

fn item(entry: Entry<'_>, calendar: &Calendar) -> Item {
    let date = entry.date.or_else(|| date_in_path(&entry.link.url));
    let mut item = Item {
        identity: identity::of(None, Some(&entry.link.url), &entry.headline, None),
        url: Some(entry.link.url),
        title: entry.headline,
        ..Item::default()
    };
    item.set_date(date.and_then(|date| calendar.published_at(date)));
    item
}

/// The links that may lead to a release: on the same site, to another page, in the page's own part.
fn links<'a>(page: &'a Page, base: &Url, address: &Url) -> Vec<Link<'a>> {
    let here = identity::place(address);
    let mut found = Vec::new();
    for node in page.select("body a[href]").nodes() {
        let Ok(url) = base.join(node.attr_or("href", "").trim()) else {
            continue;
        };
        let mut url = reading::secured(url, address);
        url.set_fragment(None);
        let place = identity::place(&url);
        if !matches!(url.scheme(), "http" | "https")
            || !same_organisation(&url, address)
            || place == "/"
            || place == here
            || leads_elsewhere(node)
        {
            continue;
        }
        let at = found.len();
        found.push(Link {
            node: *node,
            url,
            at,
        });
    }
    found
}

fn leads_elsewhere(node: &NodeRef<'_>) -> bool {
    let mut inside_content = false;
    node.ancestors_it(None).any(|ancestor| {
        inside_content |=
            ancestor.has_name("article") || ancestor.has_name("main") || ancestor.has_name("li");
        ancestor.is(ASIDE) || (ancestor.has_name("header") && !inside_content)
    })
}

/// All that repeats: links under the same chain of elements, parted by where their items stand.
fn lists<'a>(links: &[Link<'a>], order: DateOrder) -> Vec<Vec<Entry<'a>>> {
    let mut groups: Vec<Vec<Link<'a>>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for link in links {
        let path: Vec<String> = link
            .node
            .ancestors_it(None)
            .filter_map(|ancestor| Some(ancestor.node_name()?.to_string()))
            .collect();
        let at = *known.entry(path.join(" ")).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.push(link.clone());
        }
    }
    groups
        .into_iter()
        .filter(|group| group.len() >= FEWEST)
        .flat_map(|group| parted(&group))
        .map(|part| without_events(entries(part, order)))
        .collect()
}

/// Each link's item is the highest element that holds no other of the group; all are as high as
/// most are. Items below another kind of parent are another list.
fn parted<'a>(group: &[Link<'a>]) -> Vec<Vec<Placed<'a>>> {
    let mut below: HashMap<NodeId, HashSet<&str>> = HashMap::new();
    for link in group {
        for ancestor in link.node.ancestors_it(None) {
            below
                .entry(ancestor.id)
                .or_default()
                .insert(link.url.as_str());
        }
    }
    let alone = |node: &NodeRef<'_>| below.get(&node.id).is_some_and(|urls| urls.len() == 1);
    let heights: Vec<usize> = group
        .iter()
        .map(|link| link.node.ancestors_it(None).take_while(alone).count())
        .collect();
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for height in &heights {
        *counts.entry(*height).or_default() += 1;
    }
    let usual = counts
        .into_iter()
        .max_by_key(|(height, count)| (*count, std::cmp::Reverse(*height)))
        .map_or(0, |(height, _)| height);
    let mut parts: Vec<(String, Vec<Placed<'a>>)> = Vec::new();
    for (link, height) in group.iter().zip(heights) {
        let climb = height.min(usual);
        let root = climb
            .checked_sub(1)
            .and_then(|above| link.node.ancestors_it(None).nth(above))
            .unwrap_or(link.node);
        let place: Vec<String> = root.ancestors_it(None).map(|node| shape(&node)).collect();
        let place = place.join(" ");
        match parts.iter_mut().find(|(known, _)| *known == place) {
            Some((_, part)) => part.push((link.clone(), root)),
            None => parts.push((place, vec![(link.clone(), root)])),
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// Name and classes, without those that number the elements.
fn shape(node: &NodeRef<'_>) -> String {
    let mut shape = node.node_name().unwrap_or_default().to_string();
    let class = node.class().unwrap_or_default();
    let mut classes: Vec<&str> = class
        .split_ascii_whitespace()
        .filter(|class| !class.contains(|c: char| c.is_ascii_digit()))
        .filter(|class| !matches!(*class, "odd" | "even" | "first" | "last" | "active"))
        .collect();
    classes.sort_unstable();
    for class in classes {
        shape.push('.');
        shape.push_str(class);
    }
    shape
}

/// Headlines and dates. A date beside the items stands before all of them or after all of them.
fn entries(part: Vec<Placed<'_>>, order: DateOrder) -> Vec<Entry<'_>> {
    let roots: HashSet<NodeId> = part.iter().map(|(_, root)| root.id).collect();
    let beside = |next: fn(&NodeRef<'_>) -> Option<NodeId>| -> Vec<Option<DateFound>> {
        part.iter()
            .map(|(_, root)| date_beside(root, &roots, next, order))
            .collect()
    };
    let before = beside(|node| node.prev_sibling().map(|node| node.id));
    let after = beside(|node| node.next_sibling().map(|node| node.id));
    let count = |dates: &[Option<DateFound>]| dates.iter().flatten().count();
    let outside = if count(&before) > count(&after) {
        before
    } else {
        after
    };
    // Many links may stand in one item, which is looked through once.
    let mut items: HashMap<NodeId, ItemWords> = HashMap::new();
    part.into_iter()
        .zip(outside)
        .filter_map(|((link, root), outside)| {
            let item = items.entry(root.id).or_insert_with(|| {
                let date = date_in(&root, order)
                    .or(outside)
                    .or_else(|| date_under_heading(&root, order));
                ItemWords::of(&root, date)
            });
            Some(Entry {
                headline: item.headline(&link, &root)?,
                date: item.date,
                link,
                root,
            })
        })
        .collect()
}

/// What an item says, whichever of its links is asked about.
struct ItemWords {
    heading: Option<String>,
    longest: OnceCell<Option<String>>,
    date: Option<DateFound>,
}

impl ItemWords {
    fn of(root: &NodeRef<'_>, date: Option<DateFound>) -> Self {
        Self {
            heading: heading(root),
            longest: OnceCell::new(),
            date,
        }
    }

    /// The item's heading, else the words of its link, else the longest words that lead to its page.
    fn headline(&self, link: &Link<'_>, root: &NodeRef<'_>) -> Option<String> {
        let own = || Some(words(&link.node)).filter(|text| is_headline(text));
        let named = || {
            let name = link.node.attr("title")?;
            Some(reading::line(&name)).filter(|text| is_headline(text))
        };
        self.heading
            .clone()
            .or_else(own)
            .or_else(|| self.longest.get_or_init(|| longest_words(root)).clone())
            .or_else(named)
    }
}

fn words(node: &NodeRef<'_>) -> String {
    reading::line_of(node)
}

fn heading(root: &NodeRef<'_>) -> Option<String> {
    std::iter::once(*root)
        .chain(root.descendants_it())
        .filter(reading::is_heading)
        .map(|node| words(&node))
        .find(|text| is_headline(text))
}

fn longest_words(root: &NodeRef<'_>) -> Option<String> {
    root.descendants_it()
        .filter(|node| node.has_name("a") || node.has_name("strong"))
        .map(|node| words(&node))
        .filter(|text| is_headline(text))
        .max_by_key(|text| text.chars().count())
}

/// Not `Read more`, `Home` or a date.
fn is_headline(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let enough = if is_dense(text) { 5 } else { 10 };
    letters >= enough && (length(text) >= 3 || letters >= 16) && dates::alone(text).is_none()
}

/// In words; scripts that say more in a letter have fewer spaces.
fn length(headline: &str) -> usize {
    if is_dense(headline) {
        headline.chars().count() / 2
    } else {
        headline.split_whitespace().count()
    }
}

fn is_dense(text: &str) -> bool {
    let dense = text.chars().filter(|c| *c > '\u{2e80}').count();
    dense * 2 > text.chars().filter(|c| c.is_alphabetic()).count()
}

/// What headings call what is still to come, and so no release.
const EVENTS: [&str; 12] = [
    "event",
    "calendar",
    "meeting",
    "hearing schedule",
    "veranstaltung",
    "termine",
    "evento",
    "agenda",
    "événement",
    "calendrier",
    "kalender",
    "evenement",
];

/// The list without what stands under a heading that says that these are events: a calendar often
/// has the same elements as the news beside it. Where little else is left, the list stays as it is.
fn without_events(list: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    let (events, others): (Vec<Entry<'_>>, Vec<Entry<'_>>) = list.into_iter().partition(is_event);
    if others.len() >= FEWEST || events.is_empty() {
        others
    } else {
        events.into_iter().chain(others).collect()
    }
}

fn is_event(entry: &Entry<'_>) -> bool {
    heading_before(&entry.root).is_some_and(|heading| {
        let heading = heading.to_lowercase();
        EVENTS.iter().any(|word| heading.contains(word)) && !heading.contains("news")
    })
}

/// How likely the list is the list of releases; none: it is not.
fn score(list: &[Entry<'_>]) -> Option<usize> {
    let mut by_page: HashMap<&str, &Entry<'_>> = HashMap::new();
    for entry in list {
        by_page.entry(entry.link.url.as_str()).or_insert(entry);
    }
    let headlines: HashSet<&str> = by_page.values().map(|e| e.headline.as_str()).collect();
    let dated = by_page.values().filter(|e| e.date.is_some()).count();
    let words: usize = headlines.iter().map(|headline| length(headline)).sum();
    let count = headlines.len();
    // Links that all say the same name no releases, and menus have short names and no dates.
    let is_list = count >= FEWEST
        && count * 4 >= by_page.len() * 3
        && (dated * 2 >= count || words >= count * 5);
    let score = words.min(count * 20) + dated * 10;
    is_list.then_some(score)
}

/// A site may show its newest release larger than the others, before the list.
fn lead<'a>(links: &[Link<'a>], list: &mut Vec<Entry<'a>>, order: DateOrder) {
    let Some(first) = list.first() else { return };
    let roots: HashSet<NodeId> = list.iter().map(|entry| entry.root.id).collect();
    let known: HashSet<String> = list.iter().map(|e| e.link.url.to_string()).collect();
    // The lowest element that holds the whole list, and a little more.
    let holds_all = |node: &NodeRef<'_>| {
        let held = node.descendants_it().filter(|n| roots.contains(&n.id));
        held.count() == roots.len()
    };
    let scope = first
        .root
        .ancestors_it(None)
        .filter(holds_all)
        .take_while(|node| !node.has_name("body"))
        .take(AROUND + 1)
        .last();
    let Some(scope) = scope else { return };
    let mut found: Vec<Entry<'a>> = Vec::new();
    for link in links.iter().take(first.link.at) {
        let inside = link.node.ancestors_it(None).any(|node| node.id == scope.id);
        if !inside || known.contains(link.url.as_str()) {
            continue;
        }
        let root = link
            .node
            .ancestors_it(Some(5))
            .take_while(|node| {
                node.id != scope.id && !node.descendants_it().any(|n| roots.contains(&n.id))
            })
            .find(|node| {
                let headed = node.descendants_it().any(|node| reading::is_heading(&node));
                headed && date_in(node, order).is_some()
            });
        let Some(root) = root else { continue };
        let item = ItemWords::of(&root, date_in(&root, order));
        if let Some(headline) = item.headline(link, &root)
            && !found.iter().any(|entry| entry.headline == headline)
        {
            found.push(Entry {
                date: item.date,
                headline,
                link: link.clone(),
                root,
            });
        }
    }
    found.append(list);
    *list = found;
}

#[cfg(test)]
mod tests;
