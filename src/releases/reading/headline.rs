//! The release's own headline: not the site's name, not a shorter title, not a heading inside.

use dom_query::{Document as Page, NodeId, NodeRef};

use super::lines::{line, one_line, push_level, title_key};
use super::{
    elements::{has_token, is_block, is_dropped_by_name, is_file, is_hidden, tokens},
    phrases,
    structured::Declared,
};

/// What the release is called, and the element that says it.
#[derive(Debug, Default)]
pub(super) struct Headline {
    pub text: String,
    pub node: Option<NodeId>,
}

/// A headline and the element that says it.
type Named = (String, Option<NodeId>);

/// What the page calls its article in its head.
#[derive(Debug)]
struct Names {
    /// `og:title` and its like.
    shared: String,
    /// `<title>`.
    whole: String,
    shared_key: String,
    whole_key: String,
    site_key: String,
    declared_key: String,
    /// The parts of `<title>` between bars and dashes.
    parts: Vec<String>,
}

/// Headings of a page that are looked at.
const MOST_HEADINGS: usize = 80;

/// The likeliest headline; an empty one where nothing says it.
pub(super) fn find(page: &Page, declared: &Declared) -> Headline {
    let names = Names::of(page, declared);
    let mut best: Option<(i32, String, NodeId)> = None;
    let mut seen_text = 0;
    let headings = page.select("h1, h2, h3, [itemprop~=headline]");
    for heading in headings.nodes().iter().take(MOST_HEADINGS) {
        if is_unseen(heading) {
            continue;
        }
        let text = text_of(heading);
        let key = title_key(&text);
        if key.is_empty() || text.chars().count() > 400 {
            continue;
        }
        let score = names.score(heading, &text, &key) - seen_text;
        // A heading that names the kind of page stands before none.
        seen_text += i32::from(score > 0);
        if best.as_ref().is_none_or(|(most, ..)| score > *most) {
            best = Some((score, text, heading.id));
        }
    }
    let (text, node) = match best {
        Some((score, text, node)) if score >= names.enough() => {
            let heading = NodeRef::new(node, &page.tree);
            (names.without_section(&heading).unwrap_or(text), Some(node))
        }
        _ => names.anywhere(page),
    };
    let below = node.and_then(|node| headline_below_kind(&NodeRef::new(node, &page.tree)));
    let (text, node) = below.unwrap_or((text, node));
    Headline {
        text: phrases::without_kind(&text).to_owned(),
        node,
    }
}

impl Names {
    fn of(page: &Page, declared: &Declared) -> Self {
        let meta = |selector: &str| {
            let said = page.select_single(selector).attr("content");
            line(said.as_deref().unwrap_or_default())
        };
        let first = |selectors: &[&str]| {
            selectors
                .iter()
                .map(|selector| meta(selector))
                .find(|said| !said.is_empty())
                .unwrap_or_default()
        };
        let shared = first(&[
            "meta[property='og:title']",
            "meta[name='twitter:title']",
            "meta[name='dcterms.title']",
            "meta[name='DC.title']",
            "meta[name='ArticleTitle']",
        ]);
        let whole = line(&page.select_single("head title").text());
        let site = meta("meta[property='og:site_name']");
        let parts = title_parts(&whole);
        Self {
            shared_key: title_key(&shared),
            whole_key: title_key(&whole),
            site_key: title_key(&site),
            declared_key: declared
                .headline
                .as_deref()
                .map(title_key)
                .unwrap_or_default(),
            shared,
            parts,
            whole,
        }
    }

    /// How likely the heading is the headline.
    fn score(&self, heading: &NodeRef, text: &str, key: &str) -> i32 {
        let words = key.split(' ').count() + text.chars().filter(|c| *c >= '\u{2e80}').count() / 3;
        let mut score = 0;
        let name = heading.node_name();
        match name.as_deref() {
            Some("h1") => score += 6,
            Some("h2") => score += 2,
            _ => {}
        }
        let bare = title_key(phrases::without_kind(text));
        let same = |named: &str| !named.is_empty() && (named == key || named == bare);
        if same(&self.shared_key) || same(&self.declared_key) {
            score += 8;
        } else if self.parts.iter().any(|part| same(&title_key(part))) && words >= 3 {
            // So many words are not said twice by chance.
            score += if words >= 5 { 8 } else { 6 };
        } else if words >= 3 && self.whole_key.contains(key) {
            score += 5;
        } else if alike(key, &self.whole_key).max(alike(key, &self.shared_key)) >= 50 {
            score += 4;
        }
        if heading
            .attr("itemprop")
            .is_some_and(|said| said.contains("headline"))
        {
            score += 4;
        }
        if has_token(
            heading,
            &["headline", "title", "titel", "titre", "titolo", "titulo"],
        ) {
            score += 1;
        }
        let (mut in_article, mut in_site) = (false, false);
        for above in heading.ancestors_it(Some(12)) {
            match above.node_name().as_deref() {
                Some("article" | "main") => in_article = true,
                Some("nav" | "aside" | "footer") => in_site = true,
                Some("header") if !in_article => {
                    in_site |= above.parent().is_none_or(|parent| parent.has_name("body"))
                        || stands_before_main(&above);
                }
                _ => {}
            }
            in_site |= above.attr("role").as_deref() == Some("banner");
        }
        score += if in_article { 3 } else { 0 };
        score -= if in_site { 5 } else { 0 };
        if !self.site_key.is_empty() && key == self.site_key {
            score -= 12;
        } else if self.begins_title(heading, key) {
            score += 5;
        } else if words < 3 && self.parts.len() > 1 && !same(&self.shared_key) {
            // `Milltown`, `News`: a part of the title that is hardly a headline.
            score -= 5;
        }
        if leads_home(heading) || (in_site && is_link(heading)) {
            score -= 8;
        }
        if phrases::is_kind(text)
            || phrases::is_related_heading(text)
            || phrases::says_farewell(text)
            || phrases::is_control(text)
            || phrases::begins_with_kind(text)
            || is_publisher(key)
        {
            score -= 10;
        }
        score
    }

    /// `Flood walls | Town of Milltown` above `<h1 class="entry-title">Flood walls</h1>`: two words, and the headline
    /// of the article all the same.
    fn begins_title(&self, heading: &NodeRef, key: &str) -> bool {
        const CALLED: &[(&str, &str)] = &[
            ("entry", "title"),
            ("post", "title"),
            ("article", "title"),
            ("news", "title"),
            ("story", "title"),
        ];
        heading.has_name("h1")
            && self.parts.len() > 1
            && self
                .parts
                .first()
                .is_some_and(|first| title_key(first) == key)
            && tokens(heading).windows(2).any(|pair| {
                matches!(pair, [one, other] if CALLED.contains(&(one.as_str(), other.as_str())))
            })
    }

    /// What a heading must reach: where the head names nothing, the first `<h1>` does.
    fn enough(&self) -> i32 {
        if self.shared_key.is_empty() && self.whole_key.is_empty() {
            3
        } else {
            6
        }
    }

    /// `<h2><span>Floods</span> <span>Bridge closed</span></h2>`: the second where the page calls the article
    /// so elsewhere, in its head or in the label of the element that holds it.
    fn without_section(&self, heading: &NodeRef) -> Option<String> {
        let mut parts = heading.children_it(false).filter(NodeRef::is_element);
        let (section, own) = (parts.next()?, parts.next()?);
        let key = title_key(&text_of(&own));
        let is_whole = parts.next().is_none()
            && title_key(&one_line(&heading.text()))
                == format!("{} {key}", title_key(&text_of(&section)));
        let is_called_so = || {
            self.shared_key == key
                || self.declared_key == key
                || self.parts.iter().any(|part| title_key(part) == key)
                || heading.ancestors_it(Some(6)).any(|above| {
                    above.has_name("article")
                        && above
                            .attr("aria-label")
                            .is_some_and(|label| title_key(&label) == key)
                })
        };
        (is_whole && key.split(' ').count() >= 3 && is_called_so()).then(|| text_of(&own))
    }

    /// Where no heading is the headline: another element that says what the head says, else the
    /// head's own words.
    fn anywhere(&self, page: &Page) -> Named {
        let elsewhere = || {
            labelled_headline(page)
                .or_else(|| called_headline(page))
                .or_else(|| heading_above_text(page))
                .or_else(|| headline_set_apart(page))
        };
        let title = [
            self.without_site(&self.shared),
            self.without_site(&self.whole),
        ]
        .into_iter()
        .filter(|title| !title.is_empty())
        // `News` may be what one of them says.
        .min_by_key(|title| phrases::is_kind(title))
        .unwrap_or_default();
        let key = title_key(&title);
        let is_slug = is_slug(&title);
        let says_much = !is_slug
            && (key.split(' ').count() >= 3
                || key.chars().filter(|c| *c >= '\u{2e80}').count() >= 6);
        // `Press Releases`, `View News Item`: a kind of page, and what it is called is none of it.
        if !says_much || key == self.site_key || phrases::is_kind(&title) {
            let is_site = key == self.site_key || phrases::is_kind(&title);
            return match elsewhere() {
                Some(own) => own,
                None if is_site || is_slug => Named::default(),
                None => (title, None),
            };
        }
        let node = page
            .select("h1, h2, h3, h4, h5, h6, p, div, td, span, strong, b, font")
            .nodes()
            .iter()
            .find(|node| {
                // Only where it stands alone, and nothing is nested in it but marks.
                let length = node.first_child().map_or(0, |child| child.text().len());
                length > 0 && length < 1_200 && !is_unseen(node) && title_key(&text_of(node)) == key
            })
            .map(|node| node.id);
        // The name of the site above all, and another line is called the headline and stands above the text.
        let is_home = node.is_some_and(|node| leads_home(&NodeRef::new(node, &page.tree)));
        if (node.is_none() || is_home)
            && let Some(own) = line_called_headline(page)
        {
            return own;
        }
        // `Office of the Governor: News Release`: what the page is, and nowhere said in it.
        let names_kind = || {
            let pieces = self.parts.iter().flat_map(|part| part.split(": "));
            pieces.into_iter().any(phrases::is_kind)
        };
        let begins_with_kind = self.parts.len() > 1
            && self
                .parts
                .first()
                .is_some_and(|part| phrases::is_kind(part));
        if node.is_none() && (names_kind() || begins_with_kind || self.names_publisher()) {
            return elsewhere().unwrap_or((title, None));
        }
        (title, node)
    }

    /// `City of Milltown - Office of the Mayor`: whose page it is, and nothing of what it says.
    fn names_publisher(&self) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|part| is_publisher(&title_key(part)))
    }

    /// `Headline | Rep. Doe`, `Headline – Office of the Governor`: without the site's name.
    fn without_site(&self, title: &str) -> String {
        for (separator, sure) in [
            (" | ", true),
            (" » ", true),
            (" :: ", true),
            (" • ", true),
            (" · ", true),
            (" – ", false),
            (" — ", false),
            (" - ", false),
        ] {
            let Some((before, after)) = title.rsplit_once(separator) else {
                continue;
            };
            let words = |text: &str| text.split_whitespace().count();
            let is_site = title_key(after) == self.site_key
                || phrases::is_kind(before)
                || (sure && words(before) >= 3)
                || (words(before) >= 4 && words(after) <= 5 && words(after) < words(before));
            if is_site {
                return self.without_site(before.trim());
            }
        }
        title.to_owned()
    }
}

/// Whether what the page calls its main part follows beside the element.
fn stands_before_main(header: &NodeRef) -> bool {
    const SIBLINGS: usize = 12;
    let mut at = header.next_element_sibling();
    for _ in 0..SIBLINGS {
        match at {
            Some(next) if next.has_name("main") => return true,
            Some(next) => at = next.next_element_sibling(),
            None => return false,
        }
    }
    false
}

/// `press_release_2`, `bridge.html`: what a file is called.
fn is_slug(title: &str) -> bool {
    !title.contains(char::is_whitespace)
        && (title.contains('_') || is_file(title, &[".html", ".htm"]))
}

/// `<h1>Rep. Doe</h1><h2>News</h2><h3>Bridge opens</h3>`: the heading below the kind of page, where the one above it
/// is whose page it is.
fn headline_below_kind(heading: &NodeRef) -> Option<Named> {
    let kind = heading.next_element_sibling()?;
    let own = kind.next_element_sibling()?;
    let is_below = |one: &NodeRef, other: &NodeRef| {
        let levels = ["h1", "h2", "h3", "h4", "h5"];
        let level = |node: &NodeRef| levels.iter().position(|name| node.has_name(name));
        level(one)
            .zip(level(other))
            .is_some_and(|(one, other)| one < other)
    };
    let text = text_of(&own);
    let is_headline = is_below(heading, &kind)
        && phrases::is_kind(&text_of(&kind))
        && is_below(&kind, &own)
        && title_key(&text).split(' ').count() >= 3
        && !phrases::is_kind(&text)
        && stands_above_text(&own);
    is_headline.then_some((text, Some(own.id)))
}

/// A line whose class says that it is the headline, right above the text: `<div class="newshead">`. Cards are called
/// so, too; they are links.
fn line_called_headline(page: &Page) -> Option<Named> {
    const NAMES: &[&str] = &[
        "title",
        "headline",
        "newshead",
        "newstitle",
        "newsheadline",
        "newsheading",
        "articletitle",
        "presstitle",
        "pressheadline",
        "subject",
    ];
    const MOST: usize = 60;
    page.select("p[class], div[class], span[class], td[class], font[class]")
        .nodes()
        .iter()
        .filter(|node| has_token(node, NAMES))
        .take(MOST)
        .find_map(|node| {
            let text = text_of(node);
            let says_much = text.split(' ').count() >= 3
                || text.chars().filter(|c| *c >= '\u{2e80}').count() >= 8;
            (says_much
                && text.chars().count() <= 200
                && !text.ends_with(['.', ':', '。'])
                && !is_unseen(node)
                && !phrases::is_kind(&text)
                && !phrases::begins_with_kind(&text)
                && !phrases::is_control(&text)
                && !phrases::says_farewell(&text)
                && !is_publisher(&title_key(&text))
                && !node.descendants_it().any(|below| below.has_name("a"))
                && super::date_lines::date_line(&text).is_none()
                && stands_above_text(node))
            .then_some((text, Some(node.id)))
        })
}

/// What class calls the headline, on pages whose head only names the site: boards, as offices in Asia
/// have them.
fn called_headline(page: &Page) -> Option<Named> {
    const CALLED: &str = "h4.subject, h4.title, h4.tit, h3.subject, h3.title, h3.tit, .subject, .view_title, .view_tit, .view-title, \
        .bbs_title, .board_title, .board-title, .article-title, .article_title, .news-title, \
        .news_title, .post-title, .entry-title, .headline, .press-title, .pr-title, .release-title, \
        .press-release-title, .news-release-title";
    page.select(CALLED)
        .nodes()
        .iter()
        .take(20)
        .find_map(|node| {
            let text = text_of(node);
            let letters = text.chars().count();
            let says_much = text.split(' ').count() >= 3 || letters >= 8;
            (says_much
                && letters <= 200
                && !is_unseen(node)
                && !phrases::is_kind(&text)
                && !node.descendants_it().any(|below| below.has_name("a")))
            .then_some((text, Some(node.id)))
        })
}

/// The cell behind the label `제목` or `标题`, on boards that show an article in a table.
fn labelled_headline(page: &Page) -> Option<Named> {
    const LABELS: &[&str] = &["제목", "标题", "標題", "tiêu đề"];
    page.select("th, td, dt")
        .nodes()
        .iter()
        .take(200)
        .filter(|cell| LABELS.contains(&title_key(&one_line(&cell.text())).as_str()))
        .find_map(|label| {
            let cell = label.next_element_sibling()?;
            let text = text_of(&cell);
            (!text.is_empty() && text.chars().count() <= 200 && !is_unseen(&cell))
                .then_some((text, Some(cell.id)))
        })
}

/// A line in bold letters alone, above the text: pages of tables and fonts have no headings.
fn headline_set_apart(page: &Page) -> Option<Named> {
    const MOST_BOLD: usize = 60;
    let says_much = |text: &str| {
        text.split(' ').count() >= 4 || text.chars().filter(|c| *c >= '\u{2e80}').count() >= 10
    };
    page.select("b, strong")
        .nodes()
        .iter()
        .take(MOST_BOLD)
        .find_map(|bold| {
            let text = text_of(bold);
            let key = title_key(&text);
            let block = bold
                .ancestors_it(Some(6))
                .find(|above| above.node_name().is_some_and(|name| is_block(&name)))?;
            let stands_alone = title_key(&one_line(&block.text())) == key;
            let is_linked = bold.descendants_it().any(|below| below.has_name("a"))
                || bold.ancestors_it(Some(6)).any(|above| above.has_name("a"));
            (stands_alone
                && says_much(&text)
                && text.chars().count() <= 200
                && !text.ends_with(['.', ':', '。'])
                && !is_linked
                && !is_unseen(bold)
                && !phrases::is_kind(&text)
                && !phrases::is_control(&text)
                && !super::edges::is_front_matter(&text)
                && super::date_lines::date_line(&text).is_none())
            .then_some((text, Some(block.id)))
        })
}

/// Whether the words, as they are compared, begin as the names of offices do, and are as short.
fn is_publisher(key: &str) -> bool {
    const PUBLISHERS: &[&str] = &[
        "office of",
        "city of",
        "town of",
        "village of",
        "county of",
        "state of",
        "department of",
        "division of",
        "bureau of",
        "board of",
        "ministry of",
        "government of",
        "welcome to",
        "official website",
        "official site",
        "ciudad de",
        "ayuntamiento de",
        "gobierno de",
        "ministerio de",
        "ville de",
        "mairie de",
        "comune di",
        "prefeitura de",
    ];
    let key = key.strip_prefix("the ").unwrap_or(key);
    key.split(' ').count() <= 6
        && PUBLISHERS.iter().any(|begins| {
            key.strip_prefix(begins)
                .is_some_and(|rest| rest.starts_with(' ') || rest.is_empty())
        })
}

/// The first heading of three words or more that running text follows, where the head says nothing of the
/// release.
fn heading_above_text(page: &Page) -> Option<Named> {
    page.select("h1, h2, h3, h4, h5")
        .nodes()
        .iter()
        .take(MOST_HEADINGS)
        .find_map(|heading| {
            let text = text_of(heading);
            let key = title_key(&text);
            let says_much = key.split(' ').count() >= 3
                || key.chars().filter(|c| *c >= '\u{2e80}').count() >= 8;
            let is_sites = || {
                heading.ancestors_it(Some(12)).any(|above| {
                    above.node_name().is_some_and(|name| {
                        matches!(&*name, "nav" | "aside" | "footer" | "header")
                            || &*name == "form" && !holds_page(&above)
                    })
                })
            };
            (says_much
                && text.chars().count() <= 300
                && !phrases::begins_with_kind(&text)
                && !phrases::is_related_heading(&text)
                && !phrases::is_control(&text)
                && !is_publisher(&key)
                && !super::edges::is_front_matter(&text)
                && super::date_lines::date_line(&text).is_none()
                && !leads_home(heading)
                && !is_unseen(heading)
                && !is_sites()
                && stands_above_text(heading))
            .then_some((text, Some(heading.id)))
        })
}

/// Whether the form is the whole page's, as ASP.NET has it: paragraphs stand in it.
fn holds_page(form: &NodeRef) -> bool {
    const MOST: usize = 4_000;
    let paragraphs = form
        .descendants_it()
        .take(MOST)
        .filter(|below| below.has_name("p"));
    paragraphs.take(2).count() == 2
}

/// Whether running text follows the heading, beside it or beside what holds it alone.
fn stands_above_text(heading: &NodeRef) -> bool {
    /// Letters of a paragraph.
    const PARAGRAPH: usize = 100;
    const NEXT: usize = 3;
    let mut at = *heading;
    for _ in 0..=NEXT {
        if at.next_element_sibling().is_some() {
            break;
        }
        let Some(above) = at.parent() else { break };
        at = above;
    }
    for _ in 0..=NEXT {
        // Behind the lines about the text, in the box with the headline, stands the box with the text.
        let next = at
            .next_element_sibling()
            .or_else(|| at.parent()?.next_element_sibling());
        let Some(next) = next else {
            return false;
        };
        let is_list = next.has_name("ul") || next.has_name("ol") || next.has_name("nav");
        let text = one_line(&next.text());
        let links = next.descendants_it().filter(|below| below.has_name("a"));
        let linked: usize = links.map(|link| link.text().len()).sum();
        if text.chars().count() >= PARAGRAPH {
            return !is_list && linked * 4 < text.len();
        }
        at = next;
    }
    false
}

/// `Town of Milltown - News - Bridge opens`: its parts.
fn title_parts(title: &str) -> Vec<String> {
    const SEPARATORS: [&str; 9] = [
        " | ", " – ", " — ", " - ", " » ", " « ", " :: ", " · ", " • ",
    ];
    let mut title = title.to_owned();
    for separator in SEPARATORS {
        title = title.replace(separator, "\n");
    }
    title.lines().map(|part| part.trim().to_owned()).collect()
}

/// How many of the heading's words the title has, in percent.
fn alike(heading: &str, title: &str) -> usize {
    /// Pairs of signs that no two texts share by chance.
    const PAIRS: usize = 5;
    const ENOUGH: usize = 50;
    // Scripts that do not part their words: by two signs each.
    let signs: Vec<char> = heading.chars().filter(|c| *c >= '\u{2e80}').collect();
    if signs.len() > PAIRS {
        let shared = signs
            .windows(2)
            .filter(|pair| title.contains(pair.iter().collect::<String>().as_str()))
            .count();
        return if shared >= PAIRS { ENOUGH } else { 0 };
    }
    let words: Vec<&str> = heading.split(' ').filter(|word| word.len() > 3).collect();
    if words.len() < 3 {
        return 0;
    }
    let shared = words
        .iter()
        .filter(|word| title.split(' ').any(|other| other == **word))
        .count();
    shared * 100 / words.len()
}

/// The heading's words without a date or a label that stands in it as an element of its own.
fn text_of(heading: &NodeRef) -> String {
    let mut text = String::new();
    gather(heading, &mut text, 0);
    one_line(&text.replace('\u{a0}', " ")).trim().to_owned()
}

fn gather(node: &NodeRef, text: &mut String, depth: usize) {
    if depth > 12 || text.len() > 2_000 {
        return;
    }
    for child in node.children_it(false) {
        if child.is_text() {
            text.push_str(&child.text());
            continue;
        }
        let Some(name) = child.node_name() else {
            continue;
        };
        if !child.is_element() || is_dropped_by_name(&name) || is_hidden(&child) {
            continue;
        }
        if &*name == "br" {
            text.push(' ');
            continue;
        }
        // The sign beside a heading that leads to itself.
        let is_anchor = || matches!(child.text().trim(), "¶" | "#" | "§" | "🔗");
        if push_level(&child, text) || (&*name == "a" && is_anchor()) {
            continue;
        }
        let aside = matches!(&*name, "small" | "time" | "span" | "div" | "a");
        if aside {
            let own = one_line(&child.text());
            let own = own.trim();
            if super::date_lines::date_line(own).is_some()
                || phrases::is_control(own)
                || (depth == 0 && is_kicker(&child) && says_more(node, &child))
            {
                text.push(' ');
                continue;
            }
        }
        gather(&child, text, depth + 1);
    }
}

/// A section, or a word for those who hear the page, set into the headline as an element of its own.
fn is_kicker(node: &NodeRef) -> bool {
    const NAMES: &[&str] = &[
        "kicker",
        "category",
        "overline",
        "eyebrow",
        "dachzeile",
        "topline",
        "rubrik",
        "spitzmarke",
        "roofline",
        "surtitre",
        "antetitulo",
        "occhiello",
        "chapeu",
        "aural",
        "label",
    ];
    let names = tokens(node);
    has_token(node, NAMES)
        || names.windows(2).any(|pair| {
            matches!(
                pair,
                [first, second] if matches!(
                    (first.as_str(), second.as_str()),
                    ("sr", "only") | ("visually", "hidden") | ("screen", "reader") | ("visuallyhidden", _)
                )
            )
        })
}

/// Whether the heading says three words or more besides what `part` says.
fn says_more(heading: &NodeRef, part: &NodeRef) -> bool {
    let words = |node: &NodeRef| {
        let key = title_key(&one_line(&node.text()));
        key.split(' ').count() + key.chars().filter(|c| *c >= '\u{2e80}').count() / 3
    };
    words(heading) >= words(part) + 3
}

/// The site's name is a link to its front page.
fn leads_home(heading: &NodeRef) -> bool {
    let is_home = |node: &NodeRef| {
        node.has_name("a")
            && node.attr("href").is_some_and(|href| {
                let path = href
                    .split_once("://")
                    .and_then(|(_, rest)| rest.split_once('/'))
                    .map_or(&*href, |(_, path)| path);
                matches!(path, "" | "/" | "./" | "index.html" | "/index.html")
                    || href
                        .split_once("://")
                        .is_some_and(|(_, rest)| !rest.contains('/'))
            })
    };
    heading.ancestors_it(Some(2)).any(|above| is_home(&above))
        || heading
            .descendants_it()
            .take(8)
            .any(|below| is_home(&below))
}

/// Whether the heading is a link from end to end.
fn is_link(heading: &NodeRef) -> bool {
    let says = heading.text();
    let mut below = heading.descendants_it().take(4);
    below.any(|below| below.has_name("a") && below.text().trim() == says.trim())
}

fn is_unseen(node: &NodeRef) -> bool {
    std::iter::once(*node)
        .chain(node.ancestors_it(None))
        .any(|above| {
            above.node_name().is_some_and(|name| {
                // What stands in `noscript` is shown where scripts are not.
                &*name != "noscript" && is_dropped_by_name(&name) && &*name != "head"
            }) || (above.is_element() && is_hidden(&above))
        })
}
