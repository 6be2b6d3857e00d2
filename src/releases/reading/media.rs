//! Images with their captions, and what stands elsewhere: videos, maps, posts.

use dom_query::{Document as Page, NodeRef};
use gazette_templates::document::{Block, Figure, Inline, Missing};
use url::Url;

use super::lines::one_line;
use super::{
    blocks::Builder,
    elements::is_block,
    link_targets::{resolve, target},
    phrases,
    runs::{Style, Target, plain},
};

/// What the picture shows, in words: the name of its file says nothing, and markup that somebody pasted there is
/// no word.
fn described(image: &NodeRef) -> String {
    let alt = one_line(&image.attr("alt").unwrap_or_default());
    let alt = if alt.contains('<') && alt.contains('>') {
        one_line(&Page::from(alt.as_str()).text())
    } else {
        alt
    };
    let alt = alt.trim();
    if phrases::is_picture_file(alt) || phrases::is_camera_name(alt) {
        return String::new();
    }
    alt.to_owned()
}

impl Builder<'_> {
    pub(super) fn image(&mut self, node: &NodeRef, style: Style) {
        let alt = described(node);
        // A picture of a smile is a smile: content systems put the character in `alt`.
        let is_sign = !alt.is_ascii() && !alt.chars().any(char::is_alphanumeric);
        if !alt.is_empty() && alt.chars().count() <= 4 && is_sign {
            self.runs.text(&alt, style);
            return;
        }
        if self.is_among_words(node) {
            // What an icon among words says is a word; one that says nothing is decoration.
            self.runs.text(&alt, style);
            return;
        }
        let link = style.link.and_then(|link| self.runs.web_address(link));
        if let Some(figure) = self.figure_of(node, alt) {
            self.flush();
            self.blocks.push(Block::Figure(Figure { link, ..figure }));
        }
    }

    /// An icon, or a picture of unknown size in the middle of a line.
    fn is_among_words(&self, node: &NodeRef) -> bool {
        let sizes = [pixels(node, "width"), pixels(node, "height")];
        if sizes.iter().flatten().any(|pixels| *pixels > ICON) {
            return false;
        }
        let words_follow = || {
            let mut at = Some(*node);
            while let Some(here) = at {
                let mut next = here.next_sibling();
                while let Some(sibling) = next {
                    if sibling.is_element()
                        && sibling
                            .node_name()
                            .is_some_and(|name| is_block(&name) || &*name == "br")
                    {
                        return false;
                    }
                    if !sibling.text().trim().is_empty() {
                        return true;
                    }
                    next = sibling.next_sibling();
                }
                at = here
                    .parent()
                    .filter(|parent| parent.node_name().is_some_and(|name| !is_block(&name)));
            }
            false
        };
        let words_precede = self.runs.says_something_on_line();
        let is_icon = sizes.iter().flatten().any(|pixels| *pixels <= ICON);
        if is_icon {
            words_precede || words_follow()
        } else {
            words_precede && words_follow()
        }
    }

    pub(super) fn picture(&mut self, node: &NodeRef, style: Style) {
        if let Some(image) = node.descendants_it().find(|child| child.has_name("img")) {
            self.image(&image, style);
        }
    }

    /// An image that is a link: the image with where it leads. An icon that is a link among words is
    /// its name, linked.
    pub(super) fn linked_image(&mut self, image: &NodeRef, url: &Url, style: Style) {
        let alt = described(image);
        let sizes = [pixels(image, "width"), pixels(image, "height")];
        let is_icon = sizes.iter().flatten().any(|pixels| *pixels <= ICON);
        if is_icon || self.is_among_words(image) {
            let link = Some(self.runs.link(Target::Whole(url.clone())));
            self.runs.text(&alt, Style { link, ..style });
            return;
        }
        let Some(figure) = self.figure_of(image, alt) else {
            return;
        };
        self.flush();
        // A link to the same picture shows no more than the picture.
        let link = (figure.src != *url).then(|| url.clone());
        self.blocks.push(Block::Figure(Figure { link, ..figure }));
    }

    /// An image with its caption; a `<figure>` around a table, a quote or a gallery is what it holds.
    pub(super) fn figure(&mut self, node: &NodeRef) {
        self.flush();
        let mut inner = self.inner();
        inner.caption = Some(Vec::new());
        let inner = inner.read(node);
        let captions = inner.caption.unwrap_or_default();
        let count = |is_one: fn(&Block) -> bool| inner.blocks.iter().filter(|b| is_one(b)).count();
        let images = count(|block| matches!(block, Block::Figure(_)));
        if images != 1 {
            let mut blocks = inner.blocks;
            // What is said below a video is what the link to it is called.
            if let ([Block::Embed { title, .. }], [Block::Paragraph(caption)]) =
                (blocks.as_mut_slice(), captions.as_slice())
                && title.trim().is_empty()
                && caption
                    .iter()
                    .all(|inline| matches!(inline, Inline::Text(_)))
            {
                *title = plain(caption);
                self.blocks.extend(blocks);
                return;
            }
            if let ([Block::Table(table)], [Block::Paragraph(caption)]) =
                (blocks.as_mut_slice(), captions.as_slice())
                && table.caption.is_none()
            {
                table.caption = Some(caption.clone());
                self.blocks.extend(blocks);
                return;
            }
            self.blocks.extend(blocks);
            self.blocks.extend(captions);
            return;
        }
        let mut words = Vec::new();
        for block in &captions {
            if let Block::Paragraph(text) = block {
                if !words.is_empty() {
                    words.push(Inline::LineBreak);
                }
                words.extend_from_slice(text);
            }
        }
        for block in inner.blocks {
            self.blocks.push(match block {
                Block::Figure(figure) => Block::Figure(Figure {
                    // A figure in a box of its own has its caption already.
                    caption: Some(std::mem::take(&mut words))
                        .filter(|words| !words.is_empty())
                        .or(figure.caption),
                    ..figure
                }),
                other => other,
            });
        }
    }

    pub(super) fn figure_of(&mut self, node: &NodeRef, alt: String) -> Option<Figure> {
        let (width, height) = (pixels(node, "width"), pixels(node, "height"));
        // One pixel counts readers, it shows nothing (V1).
        if width.is_some_and(|width| width <= 2) || height.is_some_and(|height| height <= 2) {
            return None;
        }
        let Some(mut src) = self.image_address(node) else {
            let src = node.attr("src").unwrap_or_default();
            if matches!(target(self.base(), &src), Some(Target::Lost(_))) {
                self.missing(Missing::Picture);
            }
            return None;
        };
        // Some systems keep notes of their own there.
        src.set_fragment(None);
        Some(Figure {
            src,
            alt,
            caption: None,
            width,
            height,
            link: None,
        })
    }

    /// The image itself: pages that load images late keep its address elsewhere and show a `data:`
    /// placeholder until then.
    fn image_address(&self, node: &NodeRef) -> Option<Url> {
        let web = |address: &str| {
            resolve(self.base(), address).filter(|url| matches!(url.scheme(), "http" | "https"))
        };
        for name in [
            "data-src",
            "data-lazy-src",
            "data-original",
            "data-orig-file",
            "src",
        ] {
            if let Some(url) = node.attr(name).and_then(|address| web(&address)) {
                return Some(url);
            }
        }
        let sources = ["data-srcset", "data-lazy-srcset", "srcset"]
            .iter()
            .find_map(|name| node.attr(name))
            .or_else(|| {
                let picture = node.parent().filter(|parent| parent.has_name("picture"))?;
                picture
                    .children_it(false)
                    .filter(|child| child.has_name("source"))
                    .find_map(|source| source.attr("srcset").or_else(|| source.attr("data-srcset")))
            })?;
        web(best_of_srcset(&sources)?)
    }

    pub(super) fn embed(&mut self, node: &NodeRef, name: &str) {
        let tiny = |attribute: &str| {
            node.attr(attribute)
                .and_then(|value| value.trim().trim_end_matches("px").parse::<u32>().ok())
                .is_some_and(|pixels| pixels <= 2)
        };
        if tiny("width") || tiny("height") {
            return;
        }
        let address = ["src", "data-src", "data-lazy-src", "data"]
            .iter()
            .filter_map(|attribute| node.attr(attribute))
            .chain(
                node.descendants_it()
                    .filter(|child| child.has_name("source"))
                    .filter_map(|source| source.attr("src")),
            )
            .find_map(|address| {
                resolve(self.base(), &address)
                    .filter(|url| matches!(url.scheme(), "http" | "https"))
            });
        let Some(url) = address.map(watchable) else {
            // An `<object>` that shows nothing shows what stands in it.
            if name == "object" {
                self.container(node, Style::default());
            }
            return;
        };
        self.flush();
        let poster = node
            .attr("poster")
            .and_then(|poster| resolve(self.base(), &poster))
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let title = ["title", "aria-label"]
            .iter()
            .filter_map(|attribute| node.attr(attribute))
            .map(|title| one_line(&title))
            .find(|title| !title.is_empty())
            // Without a title the address is shown: a made-up one would be no word of the office's.
            .unwrap_or_default();
        self.blocks.push(Block::Embed { title, url, poster });
    }
}

/// What is smaller stands among words.
const ICON: u32 = 64;

/// A size that the source says.
fn pixels(node: &NodeRef, name: &str) -> Option<u32> {
    node.attr(name)
        .and_then(|value| value.trim().trim_end_matches("px").parse::<u32>().ok())
        .filter(|pixels| *pixels <= 20_000)
}

/// The page on which a person can watch what a player embeds.
fn watchable(url: Url) -> Url {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let plain = |id: &&str| {
        !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let id = |prefix| url.path().strip_prefix(prefix).filter(plain);
    let page = match host {
        "youtube.com" | "youtube-nocookie.com" => {
            id("/embed/").map(|id| format!("https://www.youtube.com/watch?v={id}"))
        }
        "player.vimeo.com" => id("/video/").map(|id| format!("https://vimeo.com/{id}")),
        // The player is told in a parameter which post it shows.
        "facebook.com" if url.path().starts_with("/plugins/") => url
            .query_pairs()
            .find(|(name, _)| name == "href")
            .map(|(_, page)| page.into_owned())
            .filter(|page| page.starts_with("https://www.facebook.com/")),
        _ => None,
    };
    page.and_then(|page| Url::parse(&page).ok()).unwrap_or(url)
}

/// The widest image up to 1,200 pixels: twice the width of a mail; else the first.
fn best_of_srcset(sources: &str) -> Option<&str> {
    let mut best: Option<(u32, &str)> = None;
    let mut first = None;
    for candidate in sources.split(", ").flat_map(|part| part.split(",\n")) {
        let mut words = candidate.split_whitespace();
        let Some(address) = words.next() else {
            continue;
        };
        let address = address.trim_end_matches(',');
        first = first.or(Some(address));
        let width = words
            .next()
            .and_then(|size| size.trim_end_matches(',').strip_suffix('w'))
            .and_then(|width| width.parse::<u32>().ok())
            .filter(|width| *width <= 1_200);
        if let Some(width) = width
            && best.is_none_or(|(widest, _)| width > widest)
        {
            best = Some((width, address));
        }
    }
    best.map(|(_, address)| address).or(first)
}
