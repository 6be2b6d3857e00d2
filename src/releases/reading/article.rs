//! Where the page itself says that its article is: by schema.org, by HTML's own elements, by the
//! classes that content systems share, and by the words that its JSON-LD has.

use dom_query::{Matcher, NodeRef};

use super::content::{Layout, MAX_DEPTH, STRONG};
use super::elements::{has_token, is_heading, tokens};
use super::lines::{one_line, title_key};

/// What a selector is worth as a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// The text itself, without what stands around it.
    Body,
    /// The article, headline and all.
    Article,
    /// What is no menu and no footer.
    Main,
}

/// The signs, the surest first. A content system is added by its selector.
const SIGNS: &[(&str, Sign)] = &[
    ("[itemprop~=articleBody]", Sign::Body),
    ("[property~='schema:articleBody']", Sign::Body),
    (".entry-content, .blog-content", Sign::Body),
    (
        ".article-body, .article__body, .articleBody, #articleBody, .story-body, .article-content, .article__content",
        Sign::Body,
    ),
    (
        ".news-text-wrap, .post-content, .post-body, .td-post-content, .node__content .field--name-body, .TRS_Editor, .TRS_UEDITOR, #UCAP-CONTENT, #zoom",
        Sign::Body,
    ),
    (
        ".article-text, .article__text, .article_text, .articletext, .article-copy, .story-text, .storytext, \
         .story__content, .story-content, .asset-body, .body-copy, .caas-body, .c-entry-content",
        Sign::Body,
    ),
    (
        ".RichTextArticleBody, .RichTextStoryBody, .news-body, .news__content, .news-detail__body, \
         .field-name-body, .field--name-field-body, [data-testid=article-body], [data-component=article-body]",
        Sign::Body,
    ),
    ("article", Sign::Article),
    (
        "[itemtype*='Article'], [itemtype*='BlogPosting']",
        Sign::Article,
    ),
    ("main", Sign::Main),
    ("[role=main]", Sign::Main),
    ("#main-content, #main_content, #maincontent", Sign::Main),
];

/// Letters from which on a declared body is believed though more text stands elsewhere.
const BELIEVED: usize = 160;

/// The element that a page declares as its article.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    pub place: NodeRef<'a>,
    /// It is the text itself, and nothing of the release stands beside its paragraphs by chance.
    pub is_text: bool,
}

/// The element, if one is declared and holds running text.
pub(super) fn declared<'a>(
    layout: &Layout,
    body: &NodeRef<'a>,
    witness: Option<&str>,
) -> Option<Declared<'a>> {
    if layout.total() == 0 {
        return None;
    }
    if let Some(place) = witness.and_then(|witness| with_words(layout, body, witness)) {
        return Some(Declared {
            place,
            is_text: false,
        });
    }
    let matchers: Vec<(Matcher, Sign)> = SIGNS
        .iter()
        .filter_map(|(selector, sign)| Some((Matcher::new(selector).ok()?, *sign)))
        .collect();
    let mut places: Vec<Vec<NodeRef>> = vec![Vec::new(); matchers.len()];
    for node in body.descendants_it().filter(NodeRef::is_element) {
        if !is_telling(&node) {
            continue;
        }
        for ((matcher, _), found) in matchers.iter().zip(&mut places) {
            if found.len() < 200 && node.is_match(matcher) && layout.measure(&node).good > 0 {
                found.push(node);
            }
        }
    }
    matchers
        .iter()
        .zip(&places)
        .find_map(|((_, sign), places)| Some((choose(layout, places, *sign)?, *sign)))
        .map(|(chosen, sign)| {
            let place = with_rest(layout, chosen);
            Declared {
                place,
                is_text: sign == Sign::Body && place.id == chosen.id,
            }
        })
}

/// The place, or the element that holds it and the rest of the text: behind the fold of a blog, or in a part
/// of its own below the one that the headline stands in.
fn with_rest<'a>(layout: &Layout, place: NodeRef<'a>) -> NodeRef<'a> {
    /// Elements between the place and what holds the rest, too.
    const LEVELS: usize = 4;
    /// Letters of a head: a part with more is the text itself.
    const HEAD: usize = 500;
    let own = layout.measure(&place).good;
    let is_head = layout.holds_headline(&place) && own <= HEAD;
    let mut at = place;
    for level in 0..LEVELS {
        let Some(above) = at.parent().filter(|above| {
            above.is_element() && !above.has_name("body") && !above.has_name("html")
        }) else {
            break;
        };
        let mut next = at.next_element_sibling();
        while let Some(part) = next {
            let is_rest = (level == 0 && says_rest(&place, &part)) || is_head;
            let measure = layout.measure(&part);
            if is_rest
                && measure.good >= BELIEVED
                && measure.linked * 4 < measure.text
                && (!is_head || (measure.good >= 3 * own && is_text(layout, &part)))
            {
                return above;
            }
            next = part.next_element_sibling();
        }
        at = above;
    }
    place
}

/// `asset-body` and `asset-more`: one name, and a word for what follows.
fn says_rest(body: &NodeRef, part: &NodeRef) -> bool {
    const REST: &[&str] = &["more", "extended", "continued", "rest"];
    let (own, others) = (tokens(body), tokens(part));
    !own.is_empty() && own.first() == others.first() && {
        others.iter().any(|token| REST.contains(&token.as_str()))
    }
}

/// Whether a text stands in it, with no heading above its first paragraph: what is the site's, or a
/// reader's, begins with one or is called so.
fn is_text(layout: &Layout, part: &NodeRef) -> bool {
    /// Elements that are looked at.
    const FIRST: usize = 2_000;
    /// Letters of a text.
    const TEXT: usize = 2 * BELIEVED;
    const OTHERS: &[&str] = &[
        "comments", "comment", "footer", "sidebar", "related", "aside", "about",
    ];
    let is_strong = |node: &NodeRef| node.has_name("p") && layout.measure(node).good >= STRONG;
    let is_site = |node: &NodeRef| {
        node.node_name()
            .is_some_and(|name| matches!(&*name, "footer" | "aside" | "nav" | "form"))
            || has_token(node, OTHERS)
    };
    if is_site(part) {
        return false;
    }
    let first = part.descendants_it().take(FIRST).find(|below| {
        is_strong(below)
            && !below
                .ancestors_it(Some(MAX_DEPTH))
                .take_while(|above| above.id != part.id)
                .any(|above| is_site(&above))
    });
    first.is_some_and(|first| {
        let mut before = first.prev_element_sibling();
        while let Some(sibling) = before {
            if is_heading(&sibling) {
                return false;
            }
            before = sibling.prev_element_sibling();
        }
        let around = first
            .parent()
            .map(|above| layout.measure(&above))
            .unwrap_or_default();
        around.good >= TEXT && around.linked * 4 < around.text
    })
}

/// Most elements have neither a name nor an attribute that a sign could be.
fn is_telling(node: &NodeRef) -> bool {
    node.has_name("article")
        || node.has_name("main")
        || [
            "class",
            "id",
            "role",
            "itemprop",
            "itemtype",
            "property",
            "data-testid",
            "data-component",
        ]
        .iter()
        .any(|attribute| node.has_attr(attribute))
}

fn choose<'a>(layout: &Layout, places: &[NodeRef<'a>], sign: Sign) -> Option<NodeRef<'a>> {
    let good = |node: &NodeRef| layout.measure(node).good;
    let is_most = |node: &NodeRef| good(node) * 2 >= layout.total();
    let largest = places.iter().max_by_key(|node| good(node))?;
    let holding = places
        .iter()
        .filter(|node| layout.holds_headline(node) && good(node) >= STRONG)
        .max_by_key(|node| good(node));
    let headline = layout.headline;
    let follows =
        |node: &NodeRef| headline.is_some_and(|headline| layout.stands_behind(node, headline));
    match sign {
        Sign::Body => {
            // Parts of one body: what holds them all is the article.
            let parts = places.iter().filter(|node| good(node) >= STRONG).count();
            let first = places
                .iter()
                .find(|node| follows(node) && good(node) >= BELIEVED);
            if parts == 1 || is_most(largest) {
                let believed = is_most(largest)
                    || (good(largest) >= BELIEVED && headline.is_none_or(|_| follows(largest)));
                return believed.then_some(*largest);
            }
            first
                .filter(|node| good(node) * 4 >= layout.total())
                .copied()
        }
        Sign::Article => {
            // A page of several: its own is the one with the headline.
            if let Some(holding) = holding {
                return Some(*holding);
            }
            if is_most(largest) {
                return Some(*largest);
            }
            places
                .iter()
                .find(|node| {
                    follows(node)
                        && good(node) >= BELIEVED
                        && layout.measure(node).linked_headings == 0
                })
                .filter(|node| good(node) * 3 >= layout.total())
                .copied()
        }
        Sign::Main => holding
            .filter(|node| good(node) >= BELIEVED || is_most(node))
            .or_else(|| is_most(largest).then_some(largest))
            .or_else(|| (places.len() == 1 && good(largest) >= BELIEVED).then_some(largest))
            .copied(),
    }
}

/// The smallest element around the paragraphs whose words the page has in its JSON-LD.
fn with_words<'a>(layout: &Layout, body: &NodeRef<'a>, witness: &str) -> Option<NodeRef<'a>> {
    /// More than this no article says.
    const LONGEST: usize = 60_000;
    const MOST_PARAGRAPHS: usize = 600;
    /// Letters of a paragraph that are sought: some data is cut, or differs in its end.
    const BEGINNING: usize = 60;
    let witness = witness.get(..witness.floor_char_boundary(LONGEST.min(witness.len())))?;
    let witness = title_key(&super::lines::line(witness));
    let mut found: Vec<NodeRef> = Vec::new();
    let mut said = 0;
    for node in body
        .descendants_it()
        .filter(|node| node.has_name("p") || node.has_name("div") || node.has_name("li"))
        .filter(|node| layout.measure(node).good >= STRONG)
        .filter(|node| {
            node.has_name("p")
                || node
                    .children_it(false)
                    .all(|child| !child.is_element() || super::elements::is_inline(&child))
        })
        .take(MOST_PARAGRAPHS)
    {
        let key = title_key(&one_line(&node.text()));
        let beginning: String = key.chars().take(BEGINNING).collect();
        if witness.contains(&beginning) {
            said += key.len();
            found.push(node);
        }
    }
    let (first, last) = (found.first()?, found.last()?);
    if said * 2 < witness.len() {
        return None;
    }
    let mut around = std::iter::once(*first).chain(first.ancestors_it(Some(MAX_DEPTH)));
    let place = around
        .find(|above| above.is_element() && above.id != last.id && layout.holds(above, last.id))?;
    // Some sites give machines the first paragraph alone.
    let is_teaser = found.len() == 1 && layout.measure(&place).good * 2 < layout.total();
    (!is_teaser && !place.has_name("body") && !place.has_name("html")).then_some(place)
}
