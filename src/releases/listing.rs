//! Pages that list releases and have no feed: headlines, dates and links found by structure, with
//! no list of sites.
//!
//! A list is what repeats. Links that stand under the same chain of elements belong together; the
//! largest part of the page that holds only one of them is its item; the headline is the item's
//! heading or the link's own words, and the date stands in the item or beside it. Of all that
//! repeats on a page, the list of releases is what has long headlines and dates.

use std::collections::{HashMap, HashSet};

use dom_query::{Document as Page, NodeId, NodeRef};
use url::Url;

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

/// Where the older items stand that did not fit on the page.
fn next_page(page: &Page, base: &Url, address: &Url) -> Option<Url> {
    let links = page.select("link[rel~=next][href], a[rel~=next][href], [class*=pag] a[href], [role=navigation] a[href]");
    let found = links.nodes().iter().find(|link| {
        let rel = link.attr_or("rel", "");
        let says = reading::line(&link.html()).to_lowercase();
        let named = link.attr_or("aria-label", "").to_lowercase();
        rel.split_ascii_whitespace().any(|word| word == "next")
            || [says.trim(), named.trim()]
                .iter()
                .any(|says| NEXT_PAGE.contains(says))
    })?;
    let next = base.join(found.attr_or("href", "").trim()).ok()?;
    let next = reading::secured(next, address);
    (matches!(next.scheme(), "http" | "https") && next != *address).then_some(next)
}

/// What links to the next part of a list say, in lower case.
const NEXT_PAGE: [&str; 32] = [
    "next",
    "next page",
    "next ›",
    "next »",
    "next >",
    "›",
    "»",
    "older",
    "older posts",
    "older entries",
    "« older entries",
    "load more",
    "siguiente",
    "página siguiente",
    "siguiente ›",
    "weiter",
    "nächste",
    "nächste seite",
    "suivant",
    "page suivante",
    "successiva",
    "pagina successiva",
    "avanti",
    "próxima",
    "próxima página",
    "seguinte",
    "volgende",
    "volgende pagina",
    "다음",
    "下一页",
    "下一頁",
    "trang sau",
];

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
    part.into_iter()
        .zip(outside)
        .filter_map(|((link, root), outside)| {
            Some(Entry {
                headline: headline(&link, &root)?,
                date: date_in(&root, order)
                    .or(outside)
                    .or_else(|| date_under_heading(&root, order)),
                link,
                root,
            })
        })
        .collect()
}

/// The item's heading, else the words of its link, else the longest words that lead to its page.
fn headline(link: &Link<'_>, root: &NodeRef<'_>) -> Option<String> {
    let words = |node: &NodeRef<'_>| reading::line(&node.html());
    let heading = std::iter::once(*root)
        .chain(root.descendants_it())
        .filter(|node| node.is("h1, h2, h3, h4, h5, h6"))
        .map(|node| words(&node))
        .find(|text| is_headline(text));
    let own = || Some(words(&link.node)).filter(|text| is_headline(text));
    let others = || {
        root.descendants_it()
            .filter(|node| node.has_name("a") || node.has_name("strong"))
            .map(|node| words(&node))
            .filter(|text| is_headline(text))
            .max_by_key(|text| text.chars().count())
    };
    let named = || {
        let name = link.node.attr("title")?;
        Some(reading::line(&name)).filter(|text| is_headline(text))
    };
    heading.or_else(own).or_else(others).or_else(named)
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

/// The heading that the item stands under, where one stands before it or before what holds it.
fn heading_before(root: &NodeRef<'_>) -> Option<String> {
    let levels = std::iter::once(*root).chain(root.ancestors_it(Some(HEADING_LEVELS)));
    for mut at in levels.take_while(|node| !node.has_name("body")) {
        for _ in 0..MOST_SIBLINGS {
            let Some(before) = at.prev_sibling() else {
                break;
            };
            at = before;
            if at.is("h1, h2, h3, h4, h5, h6") {
                return Some(reading::line(&at.html()));
            }
        }
    }
    None
}

/// How far above an item its heading may stand.
const HEADING_LEVELS: usize = 3;

/// How far before it.
const MOST_SIBLINGS: usize = 64;

/// `4` under the heading `May 2026`.
fn date_under_heading(root: &NodeRef<'_>, order: DateOrder) -> Option<DateFound> {
    let day = root
        .descendants_it()
        .filter(NodeRef::is_text)
        .find_map(|node| {
            let text = node.text();
            let day = text.trim().trim_end_matches(['.', ',', ':']);
            let number: u8 = day.parse().ok()?;
            (1..=31).contains(&number).then_some(number)
        })?;
    let month = heading_before(root).filter(|heading| heading.chars().count() <= 40)?;
    dates::alone_in(&format!("{day} {month}"), order)
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

/// A date whose day, month and year stand in elements of their own.
fn date_in_boxes(root: &NodeRef<'_>, order: DateOrder) -> Option<DateFound> {
    root.descendants_it()
        .filter(NodeRef::is_element)
        .find_map(|node| {
            let texts: Vec<String> = node
                .descendants_it()
                .filter(NodeRef::is_text)
                .map(|text| text.text().trim().to_owned())
                .filter(|text| !text.is_empty())
                .take(MOST_BOXES + 1)
                .collect();
            if !(2..=MOST_BOXES).contains(&texts.len()) {
                return None;
            }
            let text = texts.join(" ");
            (text.len() <= 40)
                .then(|| dates::alone_in(&text, order))
                .flatten()
        })
}

/// Weekday, day, month and year.
const MOST_BOXES: usize = 4;

fn date_in(root: &NodeRef<'_>, order: DateOrder) -> Option<DateFound> {
    let machine = root
        .descendants_it()
        .filter(|node| node.has_name("time"))
        .find_map(|node| dates::written_in(&node.attr("datetime")?, order));
    machine.or_else(|| {
        std::iter::once(*root)
            .chain(root.descendants_it())
            .filter(NodeRef::is_text)
            .find_map(|node| date_of(&node.text(), order))
            .or_else(|| date_in_boxes(root, order))
    })
}

/// In what follows (or stands before) the item, up to the next one.
fn date_beside(
    root: &NodeRef<'_>,
    roots: &HashSet<NodeId>,
    next: fn(&NodeRef<'_>) -> Option<NodeId>,
    order: DateOrder,
) -> Option<DateFound> {
    let mut at = *root;
    for _ in 0..8 {
        at = NodeRef::new(next(&at)?, root.tree);
        if roots.contains(&at.id) || at.descendants_it().any(|node| roots.contains(&node.id)) {
            return None;
        }
        if let Some(date) = date_in(&at, order) {
            return Some(date);
        }
    }
    None
}

fn date_of(text: &str, order: DateOrder) -> Option<DateFound> {
    let text = text.trim().trim_matches(['-', '–', '—', ':', '[', ']']);
    if text.is_empty() || text.len() > 80 {
        return None;
    }
    reading::date_of_line(text, order).or_else(|| {
        // `Pressemitteilung Nr. 4/2026 vom 4. Mai 2026`
        let words: Vec<&str> = text.split_whitespace().collect();
        let date = words.get(words.len().checked_sub(3)?..)?;
        (words.len() > 3)
            .then(|| dates::alone_in(&date.join(" "), order))
            .flatten()
    })
}

/// `/2024/02/16/headline`
fn date_in_path(url: &Url) -> Option<DateFound> {
    let parts: Vec<&str> = url.path_segments()?.collect();
    parts.windows(3).find_map(|part| {
        let &[year, month, day] = part else {
            return None;
        };
        let numbers =
            year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
        numbers
            .then(|| {
                let day = format!("{year}-{month:0>2}-{day:0>2}");
                dates::written_in(&day, DateOrder::default())
            })
            .flatten()
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
                let headed = node
                    .descendants_it()
                    .any(|node| node.is("h1, h2, h3, h4, h5, h6"));
                headed && date_in(node, order).is_some()
            });
        let Some(root) = root else { continue };
        if let Some(headline) = headline(link, &root)
            && !found.iter().any(|entry| entry.headline == headline)
        {
            found.push(Entry {
                date: date_in(&root, order),
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
mod tests {
    use super::*;

    fn read(html: &str, address: &Url) -> Option<Listing> {
        super::read(html, address, &Calendar::utc())
    }

    fn listed(html: &str) -> Vec<String> {
        let address = "https://o.example/news/".parse().unwrap();
        let listing = read(html, &address);
        let items = listing.map(|listing| listing.items).unwrap_or_default();
        items
            .iter()
            .map(|item| {
                let date = item.published.map(|at| at.to_string());
                format!(
                    "{} {} {}",
                    date.as_deref().map_or("-", |date| &date[..10]),
                    item.url.as_ref().unwrap().path(),
                    item.title
                )
            })
            .collect()
    }

    const WANTED: [&str; 3] = [
        "2024-02-16 /a Doe leads letter on veterans’ care",
        "2024-02-15 /b Statement on the farm bill vote",
        "2024-02-12 /c Office opens in Tustin on Monday",
    ];

    const MENU: &str = "<nav><ul><li><a href=/x>About the whole office and me</a><li><a href=/y>Help with a federal agency</a><li><a href=/z>Contact us at our offices</a></ul></nav>";

    /// The same three releases as different systems list them.
    fn three(before: &str, each: &str, after: &str) -> String {
        let releases = [
            (
                "/a",
                "Doe leads letter on veterans’ care",
                "February 16, 2024",
            ),
            ("/b", "Statement on the farm bill vote", "02/15/2024"),
            ("/c", "Office opens in Tustin on Monday", "Feb. 12, 2024"),
        ];
        let items: String = releases
            .iter()
            .enumerate()
            .map(|(at, (url, title, date))| {
                each.replace("URL", url)
                    .replace("TITLE", title)
                    .replace("DATE", date)
                    .replace("ODD", if at % 2 == 0 { "odd" } else { "even" })
            })
            .collect();
        format!("<body>{MENU}{before}{items}{after}")
    }

    #[test]
    fn a_list_is_found_however_it_is_built() {
        for (what, html) in [
            (
                "a list",
                three(
                    "<ul>",
                    "<li><a href=URL>TITLE</a> <span>DATE</span></li>",
                    "</ul>",
                ),
            ),
            (
                "articles",
                three(
                    "<main>",
                    "<article class='ODD'><header><h2><a href=URL>TITLE</a></h2></header><p>DATE | Press Release</p><p>The start of it …</p><a href=URL>Read more</a></article>",
                    "</main>",
                ),
            ),
            (
                "cards",
                three(
                    "<div class=grid>",
                    "<div class='row ODD'><div class=card><img src=x><h3>TITLE</h3><time>DATE</time><a href=URL>Read more</a></div></div>",
                    "</div>",
                ),
            ),
            (
                "a table",
                three(
                    "<table><tr><th>Date</th><th>Title</th></tr>",
                    "<tr class=ODD><td>DATE</td><td><a href=URL>TITLE</a></td></tr>",
                    "</table>",
                ),
            ),
            (
                "a definition list",
                three(
                    "<dl>",
                    "<dt>DATE</dt><dd><a href=URL>TITLE</a></dd>",
                    "</dl>",
                ),
            ),
            (
                "headings in a row",
                three(
                    "<div>",
                    "<h3><a href=URL>TITLE</a></h3><p>DATE</p><p>The start of it, which says a lot.</p>",
                    "</div>",
                ),
            ),
            (
                "dates before headings",
                three(
                    "<div>",
                    "<p>DATE</p><h3><a href=URL>TITLE</a></h3>",
                    "</div>",
                ),
            ),
            (
                "lines",
                three(
                    "<div><b>News</b><br>",
                    "DATE - <a href=URL>TITLE</a><br>",
                    "</div>",
                ),
            ),
            (
                "links around all",
                three(
                    "<div>",
                    "<a href=URL><div><p>DATE</p><p><strong>TITLE</strong></p></div></a>",
                    "</div>",
                ),
            ),
        ] {
            if what == "links around all" {
                // The whole card is the link: its words hold the date too.
                let found = listed(&html);
                assert_eq!(found.len(), 3, "{what}: {found:?}");
                assert!(found[0].starts_with("2024-02-16 /a "), "{found:?}");
                continue;
            }
            assert_eq!(listed(&html), WANTED, "{what}");
        }
    }

    #[test]
    fn the_newest_release_may_stand_before_the_list() {
        let html = three(
            "<main><section><div class=hero><h1><a href=/new>The newest release of them all</a></h1><p>February 20, 2024</p></div></section><ul>",
            "<li><a href=URL>TITLE</a> <span>DATE</span></li>",
            "</ul></main>",
        );
        let found = listed(&html);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0], "2024-02-20 /new The newest release of them all");
    }

    #[test]
    fn a_menu_or_an_error_page_is_no_list() {
        for html in [
            MENU,
            "<ul><li><a href=/a>Home</a><li><a href=/b>News</a><li><a href=/c>Contact</a></ul>",
            "<h1>We will be back soon</h1><p>The site is down for <a href=/x>maintenance of its database</a>.",
            "<ul><li><a href=/a>Read the whole release here</a><li><a href=/b>Read the whole release here</a><li><a href=/c>Read the whole release here</a></ul>",
            "",
        ] {
            assert!(listed(html).is_empty(), "{html}");
        }
    }

    #[test]
    fn lists_without_dates_and_in_other_scripts_are_lists() {
        let html = "<ul><li><a href=/2024/2/16/a>의원이 재향 군인 법안을 발의했다</a><li><a href=/b>농업 법안 표결에 대한 성명</a><li><a href=/c>터스틴 사무소 개소 안내문</a></ul>";
        let found = listed(html);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("2024-02-16 ") && found[1].starts_with("- /b"));
    }

    /// `DAY TITLE PATH` of each item.
    fn rows(html: &str) -> Vec<String> {
        let address = "https://town.example/news".parse().unwrap();
        let listing = read(html, &address).unwrap();
        let row = |item: Item| {
            let day = item
                .published
                .map_or("-".to_owned(), |at| at.strftime("%F").to_string());
            format!("{day} {} {}", item.title, item.url.unwrap().path())
        };
        listing.items.into_iter().map(row).collect()
    }

    const TITLES: [&str; 3] = [
        "The fair opens on the common this week",
        "New hours for the swimming hall in summer",
        "Water main on Long Street is repaired",
    ];

    fn list_of(item: impl Fn(usize, &str) -> String) -> String {
        TITLES
            .iter()
            .enumerate()
            .map(|(number, title)| item(9 - number, title))
            .collect()
    }

    fn expected(dated: bool) -> Vec<String> {
        let day = |number: usize| {
            if dated {
                format!("2026-06-0{number}")
            } else {
                "-".to_owned()
            }
        };
        let row = |(number, title): (usize, &&str)| {
            format!("{} {title} /{}", day(9 - number), 9 - number)
        };
        TITLES.iter().enumerate().map(row).collect()
    }

    #[test]
    fn a_date_in_three_boxes_behind_words_or_under_its_month_is_read() {
        let boxes = list_of(|day, title| {
            format!(
                "<div class=row><div class=when><b>June</b><i>{day}</i><u>2026</u></div><div><h3><a href=/{day}>{title}</a></h3></div><p>More of it.</p></div>"
            )
        });
        let german = list_of(|day, title| {
            format!(
                "<li><p>Pressemitteilung Nr. {day}/2026 vom {day}. Juni 2026</p><h3><a href=/{day}>{title}</a></h3></li>"
            )
        });
        let months =
            list_of(|day, title| format!("<li><span>{day}</span> <a href=/{day}>{title}</a></li>"));
        for page in [
            format!("<body><div>{boxes}</div></body>"),
            format!("<html lang=de><body><ul>{german}</ul></body></html>"),
            format!("<body><div><h2>June 2026</h2><ul>{months}</ul></div></body>"),
        ] {
            assert_eq!(rows(&page), expected(true), "{page}");
        }
    }

    #[test]
    fn the_day_stands_first_where_the_language_or_the_country_has_it_so() {
        let list = list_of(|day, title| {
            format!("<li><a href=/{day}>{title}</a> <span>0{day}/06/2026</span></li>")
        });
        let french = format!("<html lang=fr><body><ul>{list}</ul></body></html>");
        assert_eq!(rows(&french), expected(true));
        let read_at = |address: &str| {
            let html = format!("<html lang=en><body><ul>{list}</ul></body></html>");
            let listing = read(&html, &address.parse().unwrap()).unwrap();
            listing.items[0].clone()
        };
        let british = read_at("https://town.example.uk/news");
        assert_eq!(
            british.published.unwrap().to_string(),
            "2026-06-09T12:00:00Z"
        );
        let american = read_at("https://town.example.gov/news");
        assert_eq!(
            american.published.unwrap().to_string(),
            "2026-09-06T12:00:00Z"
        );
        assert_eq!(american.notes.date, reading::Certainty::Certain);
        // Nothing tells; a person is asked.
        let unclear = read_at("https://town.example/news");
        assert_ne!(unclear.notes.date, reading::Certainty::Certain);
    }

    #[test]
    fn the_next_part_of_a_list_is_found() {
        let list = list_of(|day, title| format!("<li><a href=/{day}>{title}</a></li>"));
        let address: Url = "https://town.example/news".parse().unwrap();
        for (pager, next) in [
            (
                "<a rel=next href='?page=1'>2</a>",
                Some("https://town.example/news?page=1"),
            ),
            (
                "<ul class=pager><li><a href='/news/page/2'>Next ›</a></li></ul>",
                Some("https://town.example/news/page/2"),
            ),
            (
                "<div class=pagination><a href='/news/page/2'>Next ›</a></div>",
                Some("https://town.example/news/page/2"),
            ),
            (
                "<nav role=navigation><a href='/n/2' aria-label='Nächste Seite'>2</a></nav>",
                Some("https://town.example/n/2"),
            ),
            (
                "<div class=page><a href='/other'>Next steps</a></div>",
                None,
            ),
            ("<a rel=next href='javascript:more()'>more</a>", None),
        ] {
            let listing = read(&format!("<body><ul>{list}</ul>{pager}</body>"), &address).unwrap();
            assert_eq!(listing.next.as_ref().map(Url::as_str), next, "{pager}");
        }
    }

    #[test]
    fn a_calendar_of_events_is_no_list_of_releases() {
        let news = list_of(|day, title| format!("<li><a href=/{day}>{title}</a></li>"));
        let events = list_of(|day, _| {
            format!(
                "<li>July {day}, 2026 <a href=/e{day}>Open evening number {day} of the council in the old hall</a></li>"
            )
        });
        let page = format!("<main><ul>{news}</ul><h2>Upcoming events</h2><ul>{events}</ul></main>");
        assert_eq!(rows(&page), expected(false));
    }
}
