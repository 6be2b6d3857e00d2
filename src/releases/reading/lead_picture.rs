//! The picture of an article that its site shows above the text, outside what it declares as the body:
//! the featured image of `WordPress`, the media of TYPO3, the picture that is shared (`og:image`).
//!
//! A picture that the site shows on every page, in its head, a menu or a box with other articles is not
//! the article's; one that nothing is said of is decoration.

use std::collections::HashSet;

use dom_query::{Document as Page, NodeId, NodeRef};
use gazette_templates::document::{Block, Figure};

use super::{
    blocks::{Builder, Walk},
    elements::{is_picture_box, path_of},
    lines::one_line,
    runs::Style,
    surroundings::Content,
};

/// Pictures of a page that are looked at.
const PICTURES: usize = 60;

/// Names of the elements, and of the boxes in their classes, in which a site shows what is its own.
const OF_THE_SITE: [&str; 4] = ["header", "nav", "footer", "aside"];

/// Puts the article's picture above a text that has none.
pub(super) fn show(blocks: &mut Vec<Block>, lead: Option<Figure>) {
    if let Some(figure) = lead
        && !blocks.is_empty()
        && !has_picture(blocks)
    {
        blocks.insert(0, Block::Figure(figure));
    }
}

fn has_picture(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| {
        matches!(block, Block::Figure(_)) || block.inner().into_iter().any(has_picture)
    })
}

/// The picture that the page shows above its article.
pub(super) fn find(page: &Page, walk: Walk<'_>, content: &Content<'_>) -> Option<Figure> {
    let first = content.parts.iter().flatten().next()?;
    let shared = shared_files(page);
    // The text's own elements, from the inside to the whole: an `article` among them is the article.
    let around: HashSet<NodeId> = first
        .ancestors_it(None)
        .chain([*first])
        .filter(|above| {
            above.has_name("article")
                || above.has_name("main")
                || above
                    .attr("itemtype")
                    .is_some_and(|kind| kind.contains("Article"))
        })
        .map(|above| above.id)
        .collect();
    let body = page.body()?;
    // The innermost element that holds headline and text.
    let holding = first
        .ancestors_it(None)
        .find(|above| {
            above.is_element()
                && walk.layout.headline.is_some()
                && walk.layout.holds_headline(above)
        })
        .filter(|above| !above.has_name("body") && !above.has_name("html"))
        .map(|above| above.id);
    let (mut below_headline, mut at_text, mut seen) = (false, false, 0);
    for node in body.descendants_it() {
        below_headline |= Some(node.id) == walk.layout.headline;
        at_text |= node.id == first.id;
        // Behind headline and beginning it is no picture above the text.
        if at_text && (below_headline || walk.layout.headline.is_none()) {
            return None;
        }
        if !node.has_name("img") {
            continue;
        }
        seen += 1;
        if seen > PICTURES {
            return None;
        }
        // Below the headline a picture with a caption is the release's, whatever holds the three.
        let is_told = || {
            below_headline
                && holding.is_some_and(|holding| {
                    let mut above = node.ancestors_it(Some(20));
                    above.any(|above| above.id == holding)
                })
                && node
                    .ancestors_it(Some(4))
                    .any(|above| above.has_name("figure") || is_picture_box(&above))
        };
        if (is_the_articles(&node, walk, &around, &shared)
            || (is_told() && is_shown_here(&node, walk, &around)))
            && let Some(figure) = read(&node, walk)
        {
            return Some(figure);
        }
    }
    None
}

/// Whether it stands in the article's own element, or is the picture that the page is shared with.
fn is_the_articles(
    picture: &NodeRef,
    walk: Walk<'_>,
    around: &HashSet<NodeId>,
    shared: &HashSet<String>,
) -> bool {
    let is_within = picture
        .ancestors_it(Some(40))
        .any(|above| around.contains(&above.id));
    let file = picture
        .attr("src")
        .map(|src| file_of(&src))
        .unwrap_or_default();
    is_shown_here(picture, walk, around)
        && (is_within || (!file.is_empty() && shared.contains(&file)))
}

/// Whether it stands in none of the site's boxes, in no other article, and leads nowhere.
fn is_shown_here(picture: &NodeRef, walk: Walk<'_>, around: &HashSet<NodeId>) -> bool {
    let mut is_within = false;
    for above in picture.ancestors_it(Some(40)) {
        let name = above.node_name().unwrap_or_default();
        if around.contains(&above.id) {
            is_within = true;
        }
        // An article's own `header` holds its headline; a site's stands outside every article.
        let is_sites = OF_THE_SITE.contains(&&*name)
            && !(&*name == "header" && (is_within || walk.layout.holds_headline(&above)));
        let leads_away = &*name == "a"
            && above
                .attr("href")
                .is_some_and(|to| !is_file(&to) && !to.starts_with('#'));
        let is_other_article = &*name == "article" && !around.contains(&above.id);
        if is_sites || leads_away || is_other_article || walk.layout.marked.contains(&above.id) {
            return false;
        }
    }
    true
}

fn read(picture: &NodeRef, walk: Walk<'_>) -> Option<Figure> {
    let mut builder = Builder::new(walk);
    let around = picture
        .ancestors_it(Some(4))
        .find(|above| above.has_name("figure") || is_picture_box(above));
    match around {
        Some(figure) => builder.figure(&figure),
        None => builder.image(picture, Style::default()),
    }
    builder.flush();
    let figure = builder.blocks.into_iter().find_map(|block| match block {
        Block::Figure(figure) => Some(figure),
        _ => None,
    })?;
    let alt = one_line(&figure.alt);
    let says_something = figure.caption.is_some() || alt.split_whitespace().count() >= 2;
    let is_logo = alt.to_lowercase().contains("logo");
    let is_small = [figure.width, figure.height]
        .into_iter()
        .flatten()
        .any(|pixels| pixels < 120);
    (says_something && !is_logo && !is_small).then_some(figure)
}

/// The files that the page is shared with.
fn shared_files(page: &Page) -> HashSet<String> {
    page.select(
        "meta[property='og:image'], meta[name='og:image'], meta[property='og:image:secure_url'], meta[name='twitter:image']",
    )
    .nodes()
    .iter()
    .take(10)
    .filter_map(|meta| meta.attr("content"))
    .map(|address| file_of(&address))
    .filter(|file| !file.is_empty())
    .collect()
}

/// `https://o.example/files/ribbon-1024x768.jpg?v=1` is `ribbon`: sites keep a picture in many sizes.
fn file_of(address: &str) -> String {
    let file = path_of(address).rsplit('/').next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let is_size = |end: &str| {
        end.split_once('x').is_some_and(|(wide, high)| {
            [wide, high]
                .iter()
                .all(|side| !side.is_empty() && side.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let stem = match stem.rsplit_once('-') {
        Some((whole, end)) if is_size(end) || end == "scaled" => whole,
        _ => stem,
    };
    stem.to_lowercase()
}

/// Whether an address is that of a picture itself.
fn is_file(address: &str) -> bool {
    let end = path_of(address)
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_lowercase();
    ["jpg", "jpeg", "png", "webp", "gif", "avif"].contains(&end.as_str())
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::Block;

    use crate::releases::reading;

    const TEXT: &str = "<p>The county has opened the bridge over the harbor to everybody who walks or rides, after two years of work.</p>\
        <p>It cost less than planned, and the money that is left goes to the ferry that served until yesterday.</p>";

    fn pictures(html: &str) -> Vec<(String, String, bool)> {
        let address = "https://www.office.example/news/bridge".parse().unwrap();
        let reading = reading::page(html, Some(&address));
        assert!(
            reading::words(&reading.document).contains("less than planned"),
            "{html}"
        );
        let blocks = reading.document.blocks.into_iter();
        blocks
            .filter_map(|block| match block {
                Block::Figure(figure) => Some((
                    figure.src.path().to_owned(),
                    figure.alt,
                    figure.caption.is_some(),
                )),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn the_picture_above_the_declared_body_belongs_to_the_release() {
        let wordpress = format!(
            "<html><body><header><a href=/><img src=/logo.png alt='Seal of the county'></a></header><main><article>\
             <h1>The harbor bridge is open</h1><div class=post-thumbnail><img class=wp-post-image src=/up/ribbon-1024x768.jpg alt='The mayor cuts a ribbon'></div>\
             <div class=entry-content itemprop=articleBody>{TEXT}</div></article></main></body></html>"
        );
        let typo3 = format!(
            "<html><head><meta property=og:image content=https://www.office.example/csm_ribbon.jpg></head><body><div class=page>\
             <h1>The harbor bridge is open</h1><div class=news-img-wrap><figure><img src=/csm_ribbon.jpg alt=''><figcaption>Photo: R. Roe</figcaption></figure></div>\
             <div itemprop=articleBody>{TEXT}</div></div></body></html>"
        );
        let above = format!(
            "<html><body><main><article><figure><img src=/hero.jpg alt='Walkers on the bridge'></figure><h1>The harbor bridge is open</h1>\
             <div itemprop=articleBody>{TEXT}</div></article></main></body></html>"
        );
        for (html, path, alt, captioned) in [
            (
                wordpress,
                "/up/ribbon-1024x768.jpg",
                "The mayor cuts a ribbon",
                false,
            ),
            (typo3, "/csm_ribbon.jpg", "", true),
            (above, "/hero.jpg", "Walkers on the bridge", false),
        ] {
            assert_eq!(
                pictures(&html),
                [(path.to_owned(), alt.to_owned(), captioned)]
            );
        }
    }

    #[test]
    fn what_the_site_shows_on_every_page_stays_away() {
        let with = |head: &str, around: &str| {
            format!(
                "<html><head>{head}</head><body>{around}<main><article><h1>The harbor bridge is open</h1><div itemprop=articleBody>{TEXT}</div></article></main></body></html>"
            )
        };
        let default = "<meta property=og:image content=https://www.office.example/share.png>";
        for html in [
            // Shared with every page, and shown on none.
            with(default, ""),
            with(
                default,
                "<header><img src=/share.png alt='County of Harbor offices'></header>",
            ),
            with(
                default,
                "<aside><img src=/share.png alt='County of Harbor offices'></aside>",
            ),
            // Another article's, an office's head, a picture that says nothing.
            with(
                "",
                "<article><a href=/other><img src=/other.jpg alt='Another thing entirely'></a></article>",
            ),
            with(
                "",
                "<div class=banner><img src=/head.jpg alt='Welcome to the county'></div>",
            ),
            with(
                "<meta property=og:image content=/x.jpg>",
                "<img src=/x.jpg alt=''>",
            ),
            with(
                "<meta property=og:image content=/x.jpg>",
                "<img src=/x.jpg alt='County logo and seal'>",
            ),
        ] {
            assert!(pictures(&html).is_empty(), "{html}");
        }
    }

    #[test]
    fn a_text_with_a_picture_of_its_own_gets_no_second_one() {
        let html = format!(
            "<html><body><main><article><h1>The harbor bridge is open</h1><div><img src=/a.jpg alt='The mayor cuts a ribbon'></div>\
             <div itemprop=articleBody>{TEXT}<figure><img src=/b.jpg alt='The ferry leaves'></figure></div></article></main></body></html>"
        );
        assert_eq!(pictures(&html).len(), 1);
    }
}
