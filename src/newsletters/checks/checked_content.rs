//! What a release leads to and what it says, read from its own rendering: whatever the tree can
//! hold, the checks see what a reader would.

use std::collections::BTreeSet;

use dom_query::{Document as Page, Selection};
use gazette_templates::{Document, document::words};
use url::Url;

/// The links, pictures and words of one release.
#[derive(Debug)]
pub(super) struct Content {
    /// Every address once, in reading order, with the words of its first link.
    pub(super) links: Vec<(Url, String)>,
    /// Every link, also to an address that came before, with its words.
    pub(super) labels: Vec<(Url, String)>,
    pub(super) pictures: Vec<Picture>,
    /// In reading order.
    pub(super) words: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Picture {
    pub(super) src: Url,
    pub(super) alt: String,
    pub(super) sized: bool,
}

impl Content {
    pub(super) fn of(document: &Document) -> Self {
        let html = super::check_result::whole(document);
        let page = Page::from(html.as_str());
        let mut seen = BTreeSet::new();
        let (mut links, mut labels) = (Vec::new(), Vec::new());
        for link in &page.select("a[href]") {
            let url = link.attr("href").and_then(|href| Url::parse(&href).ok());
            let Some(url) = url else { continue };
            let label = link.text().trim().to_owned();
            if seen.insert(url.clone()) {
                links.push((url.clone(), label.clone()));
            }
            labels.push((url, label));
        }
        let pictures = page.select("img[src]").iter().filter_map(|image| {
            let alt = image.attr_or("alt", "").trim().to_owned();
            Some(Picture {
                src: Url::parse(&image.attr("src")?).ok()?,
                // What its caption says is said in its place.
                alt: if alt.is_empty() {
                    caption(&image).unwrap_or(alt)
                } else {
                    alt
                },
                sized: image.has_attr("width") && image.has_attr("height"),
            })
        });
        Self {
            pictures: pictures.collect(),
            links,
            labels,
            words: words::of_html(&html),
        }
    }

    /// The addresses that can be followed, without their fragments, each once; and whether it is a
    /// picture's.
    pub(super) fn followed(&self) -> Vec<(Url, bool)> {
        let links = self.links.iter().map(|(url, _)| (url, false));
        let pictures = self.pictures.iter().map(|picture| (&picture.src, true));
        let mut seen = BTreeSet::new();
        pictures
            .chain(links)
            .filter(|(url, _)| matches!(url.scheme(), "http" | "https"))
            .map(|(url, picture)| (place(url), picture))
            .filter(|(url, _)| seen.insert(url.clone()))
            .collect()
    }
}

fn caption(image: &Selection<'_>) -> Option<String> {
    let mut above = image.parent();
    while !above.is_empty() && !above.is("figure") {
        above = above.parent();
    }
    let says = above.select("figcaption").text().trim().to_owned();
    (!says.is_empty()).then_some(says)
}

/// The place of a picture by https, where it is not had by that already; another port speaks what it
/// speaks.
pub(super) fn by_https(url: &Url) -> Option<Url> {
    let mut secure = place(url);
    let may_be = url.scheme() == "http" && url.port().is_none();
    (may_be && secure.set_scheme("https").is_ok()).then_some(secure)
}

/// What a server is asked for: the fragment stays with the reader.
pub(super) fn place(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}
