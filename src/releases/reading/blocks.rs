//! From elements to blocks: the walk over the part of a page that is the release.

use dom_query::NodeRef;
use gazette_templates::document::{Block, Inline, Passage};
use url::Url;

use super::lines::is_end_mark;
use super::{
    content::{self, Layout},
    elements::{has_class, is_block, is_container},
    language,
    runs::{Runs, Style, plain},
};

/// Quotes and lists deeper than this are shown at this depth: the document is kept as JSON, and
/// its reader refuses what nests without end.
const MAX_NESTED_BLOCKS: usize = 8;

/// What the walk knows all the time.
#[derive(Clone, Copy)]
pub struct Walk<'a> {
    pub layout: &'a Layout,
    /// Links are relative to this, unless an `xml:base` in between says otherwise.
    pub base: Option<&'a Url>,
    /// What the page or the feed says that its language is.
    pub language: &'a str,
}

/// The blocks read so far and the text of the one being read.
pub struct Builder<'a> {
    pub walk: Walk<'a>,
    pub blocks: Vec<Block>,
    pub runs: Runs,
    /// Where among the blocks the page's headline stood.
    pub headline_at: Option<usize>,
    /// Inside a `<figure>`: what its `<figcaption>` says.
    pub(super) caption: Option<Vec<Block>>,
    pub(super) depth: usize,
    pub(super) nested: usize,
    /// The nearest `xml:base`.
    own_base: Option<Url>,
    /// The nearest `lang`.
    language: String,
}

impl<'a> Builder<'a> {
    pub fn new(walk: Walk<'a>) -> Self {
        Self {
            walk,
            blocks: Vec::new(),
            runs: Runs::default(),
            headline_at: None,
            caption: None,
            depth: 0,
            nested: 0,
            own_base: None,
            language: walk.language.to_owned(),
        }
    }

    /// What links are relative to here.
    pub(super) fn base(&self) -> Option<&Url> {
        self.own_base.as_ref().or(self.walk.base)
    }

    /// Reads `node` and all below it; the blocks come out in reading order.
    pub fn read(mut self, node: &NodeRef) -> Self {
        self.children(node, Style::default());
        self.flush();
        self
    }

    /// Reads what belongs to the release and stands beside what was read: all that arranges is read
    /// for what is in it, a heading or a paragraph as such, and bare text with its markup together.
    pub fn read_part(&mut self, part: &[NodeRef]) {
        for node in part {
            if node.is_text() {
                self.runs.text(&node.text(), Style::default());
            } else if is_container(node) || !node.is_element() {
                self.children(node, Style::default());
            } else {
                self.placed(node, Style::default());
            }
        }
        self.flush();
    }

    /// A builder for what is nested in one of our blocks.
    pub(super) fn inner(&self) -> Self {
        Self {
            depth: self.depth + 1,
            nested: self.nested + 1,
            own_base: self.own_base.clone(),
            language: self.language.clone(),
            ..Self::new(self.walk)
        }
    }

    /// The blocks of one nested part.
    pub(super) fn nested_blocks(&mut self, node: &NodeRef) -> Vec<Block> {
        let inner = self.inner().read(node);
        if inner.headline_at.is_some() {
            self.headline_at.get_or_insert(self.blocks.len());
        }
        inner.blocks
    }

    pub(super) fn may_nest(&self) -> bool {
        self.nested < MAX_NESTED_BLOCKS
    }

    /// Ends the paragraph being read.
    pub(super) fn flush(&mut self) {
        for inlines in self.runs.take() {
            let text = plain(&inlines);
            if is_end_mark(&text) {
                self.blocks.push(Block::EndMark(text.trim().to_owned()));
            } else {
                self.blocks.push(Block::Paragraph(inlines));
            }
        }
    }

    fn children(&mut self, node: &NodeRef, style: Style) {
        if self.depth > content::MAX_DEPTH {
            self.runs.text(&node.text(), style);
            return;
        }
        self.depth += 1;
        for child in node.children_it(false) {
            if child.is_text() {
                self.runs.text(&child.text(), style);
            } else if child.is_element() && !self.walk.layout.is_chrome(&child) {
                self.placed(&child, style);
            }
        }
        self.depth -= 1;
    }

    /// Reads an element where it stands: with the base and in the language that it names.
    fn placed(&mut self, node: &NodeRef, style: Style) {
        let Some(name) = node.node_name() else { return };
        let based = node
            .attr("xml:base")
            .and_then(|base| resolve(self.base(), &base));
        let around = based.map(|base| self.own_base.replace(base));
        match self.foreign(node, &name) {
            Some(language) => self.passage(node, &name, language),
            None => self.element(node, &name, style),
        }
        if let Some(around) = around {
            self.own_base = around;
        }
    }

    /// The language of a block that declares another one than what stands around it.
    fn foreign(&self, node: &NodeRef, name: &str) -> Option<String> {
        if !is_block(name) || name == "figcaption" || !self.may_nest() {
            return None;
        }
        let tag = node.attr("lang").or_else(|| node.attr("xml:lang"))?;
        language::primary(&tag).filter(|language| *language != self.language)
    }

    fn passage(&mut self, node: &NodeRef, name: &str, language: String) {
        self.flush();
        let direction = language::direction(&language, node.attr("dir").as_deref());
        let mut inner = self.inner();
        inner.language.clone_from(&language);
        inner.element(node, name, Style::default());
        inner.flush();
        if inner.headline_at.is_some() {
            self.headline_at.get_or_insert(self.blocks.len());
        }
        if !inner.blocks.is_empty() {
            self.blocks.push(Block::Passage(Passage {
                language,
                direction,
                blocks: inner.blocks,
            }));
        }
    }

    fn element(&mut self, node: &NodeRef, name: &str, style: Style) {
        match name {
            "br" => self.runs.line_break(),
            "a" => self.anchor(node, style),
            "strong" | "b" | "em" | "i" | "span" | "font" | "u" | "cite" | "var" | "dfn" => {
                self.children(node, marked(node, name, style));
            }
            "q" => {
                self.runs.text("“", style);
                self.children(node, style);
                self.runs.text("”", style);
            }
            "img" => self.image(node, style),
            "picture" => self.picture(node, style),
            "figure" => self.figure(node),
            "div" | "dl" if has_class(node, &["wp-caption"]) => self.figure(node),
            "figcaption" | "p" | "dd"
                if self.caption.is_some()
                    && (name == "figcaption" || has_class(node, &["wp-caption-text"])) =>
            {
                let words = self.nested_blocks(node);
                self.caption.get_or_insert_default().extend(words);
            }
            "iframe" | "video" | "audio" | "object" | "embed" => self.embed(node, name),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(node, name),
            "ul" | "ol" | "menu" => self.list(node, name),
            "dl" => self.container(node, style),
            "blockquote" => self.quote(node),
            "pre" => self.preformatted(node),
            "table" => self.table(node),
            _ if is_block(name) => self.container(node, style),
            _ => self.children(node, style),
        }
    }

    pub(super) fn container(&mut self, node: &NodeRef, style: Style) {
        self.flush();
        self.children(node, style);
        self.flush();
    }

    fn anchor(&mut self, node: &NodeRef, style: Style) {
        let href = node
            .attr("href")
            .and_then(|href| resolve(self.base(), &href));
        if let Some(url) = &href
            && let Some(image) = only_image(node)
            && leads_elsewhere(url, &image)
        {
            self.linked_image(&image, url.clone());
            return;
        }
        // A button stands apart from the text before it, though no space says so.
        if has_class(node, &["button", "btn", "wp-element-button"]) {
            self.runs.text(" ", style);
        }
        let link = href.map(|url| self.runs.link(url));
        self.children(node, Style { link, ..style });
    }

    fn heading(&mut self, node: &NodeRef, name: &str) {
        self.flush();
        if self.walk.layout.headline == Some(node.id) {
            self.headline_at.get_or_insert(self.blocks.len());
            return;
        }
        let level = name
            .as_bytes()
            .get(1)
            .map_or(2, |digit| digit.saturating_sub(b'0').clamp(2, 6));
        for block in self.nested_blocks(node) {
            match block {
                // A heading is strong by itself.
                Block::Paragraph(text) => self.blocks.push(Block::Heading {
                    level,
                    text: without_strong(text),
                }),
                other => self.blocks.push(other),
            }
        }
    }

    fn quote(&mut self, node: &NodeRef) {
        self.flush();
        let blocks = self.nested_blocks(node);
        if !self.may_nest() {
            self.blocks.extend(blocks);
        } else if !blocks.is_empty() {
            self.blocks.push(Block::Quote(blocks));
        }
    }

    fn preformatted(&mut self, node: &NodeRef) {
        self.flush();
        let text: String = node
            .text()
            .replace("\r\n", "\n")
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect();
        let text = text.trim_matches('\n').trim_end();
        if !text.trim().is_empty() {
            self.blocks.push(Block::Preformatted(text.to_owned()));
        }
    }
}

/// The image of a link that has nothing else in it.
fn only_image<'n>(link: &NodeRef<'n>) -> Option<NodeRef<'n>> {
    if !link.text().trim().is_empty() {
        return None;
    }
    let mut images = link.descendants_it().filter(|node| node.has_name("img"));
    let image = images.next();
    image.filter(|_| images.next().is_none())
}

/// Whether a link on an image leads to more than the image in its full size or a page about it.
fn leads_elsewhere(url: &Url, image: &NodeRef) -> bool {
    let path = url.path().to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    let named = image.attr("alt").is_some_and(|alt| !alt.trim().is_empty());
    !ends(&[".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"])
        && (named || ends(&[".pdf", ".doc", ".docx", ".xls", ".xlsx"]))
}

fn without_strong(text: Vec<Inline>) -> Vec<Inline> {
    text.into_iter()
        .flat_map(|inline| match inline {
            Inline::Strong(inner) => inner,
            other => vec![other],
        })
        .collect()
}

/// What an element's name and style say about the text in it. Word processors write
/// `<b style="font-weight:normal">` around everything and `<span style="font-weight:700">` around
/// what is bold.
fn marked(node: &NodeRef, name: &str, style: Style) -> Style {
    let mut marked = Style {
        strong: style.strong || matches!(name, "strong" | "b"),
        emphasis: style.emphasis || matches!(name, "em" | "i"),
        ..style
    };
    let Some(css) = node.attr("style") else {
        return marked;
    };
    for declaration in css.split(';') {
        let Some((property, value)) = declaration.split_once(':') else {
            continue;
        };
        match (property.trim(), value.trim()) {
            ("font-weight", "bold" | "bolder" | "600" | "700" | "800" | "900") => {
                marked.strong = true;
            }
            ("font-weight", "normal" | "400") => marked.strong = false,
            ("font-style", "italic" | "oblique") => marked.emphasis = true,
            ("font-style", "normal") => marked.emphasis = false,
            _ => {}
        }
    }
    marked
}

/// The absolute address of a link. None for what a reader of mail must not be sent to: scripts,
/// `data:`, and addresses with a user name in front that only looks like a host.
pub fn resolve(base: Option<&Url>, href: &str) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    let url = match base {
        Some(base) => base.join(href).ok()?,
        None => Url::parse(href).ok()?,
    };
    match url.scheme() {
        "http" | "https" if url.host_str().is_some() && url.username().is_empty() => {}
        "mailto" | "tel" => {
            let is_one_word = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '"');
            return url.as_str().chars().all(is_one_word).then_some(url);
        }
        _ => return None,
    }
    Some(match base {
        Some(base) => secured(url, base),
        None => url,
    })
}

/// The address by https, where what names it was itself read by https from that host: the host
/// speaks it (R4).
pub fn secured(mut url: Url, read_from: &Url) -> Url {
    let is_same_host =
        url.host() == read_from.host() && url.port().is_none() && read_from.port().is_none();
    if url.scheme() == "http" && read_from.scheme() == "https" && is_same_host {
        // Between two of the web's schemes this cannot fail.
        let _ = url.set_scheme("https");
    }
    url
}
