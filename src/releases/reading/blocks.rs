//! From elements to blocks: the walk over the part of a page that is the release.

use dom_query::NodeRef;
use gazette_templates::document::{Block, Description, Inline, Missing, Passage};
use url::Url;

use super::lines::{is_end_mark, one_line};
use super::{
    content::{self, Layout},
    elements::{has_class, has_token, is_block, is_caption, is_container, is_picture_box},
    language,
    link_targets::{is_in_page, resolve, target},
    phrases, quotes,
    redirects::{self, Unwrapped},
    runs::{Marks, Runs, Script, Style, Target, plain},
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
    /// What the paragraph being read has lost.
    lost: Vec<Missing>,
    /// How many `<q>` are open.
    quotes: usize,
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
            lost: Vec::new(),
            quotes: 0,
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
        self.end_paragraph();
        let lost = std::mem::take(&mut self.lost);
        self.blocks.extend(lost.into_iter().map(Block::Missing));
    }

    fn end_paragraph(&mut self) {
        for inlines in self.runs.take() {
            let text = plain(&inlines);
            if is_end_mark(&text) {
                self.blocks.push(Block::EndMark(text.trim().to_owned()));
            } else if let Some(url) = bare_address(&inlines) {
                // So systems write what they would embed.
                self.blocks.push(Block::Embed {
                    title: String::new(),
                    url,
                    poster: None,
                });
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
            } else if child.has_name("math") {
                self.formula(&child, style);
            } else if child.has_name("svg") || child.has_name("canvas") {
                self.drawing(&child);
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
            Some(language) if is_block(&name) => self.passage(node, &name, language),
            Some(language) => {
                let direction = language::direction(&language, node.attr("dir").as_deref());
                let language = Some(self.runs.language(language, direction));
                self.element(node, &name, Style { language, ..style });
            }
            None => self.element(node, &name, style),
        }
        if let Some(around) = around {
            self.own_base = around;
        }
    }

    /// The language of an element that declares another one than what stands around it.
    fn foreign(&self, node: &NodeRef, name: &str) -> Option<String> {
        if is_block(name) && (name == "figcaption" || !self.may_nest()) {
            return None;
        }
        let tag = node.attr("lang").or_else(|| node.attr("xml:lang"))?;
        language::primary(&tag).filter(|language| language::is_another(language, &self.language))
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
            "figcaption" | "p" | "dd" | "div" | "span"
                if self.caption.is_some() && (name == "figcaption" || is_caption(node)) =>
            {
                if phrases::is_agency_line(&one_line(&node.text())) {
                    return;
                }
                let words = self.nested_blocks(node);
                self.caption.get_or_insert_default().extend(words);
            }
            "br" => self.runs.line_break(),
            "a" => self.anchor(node, style),
            "span" if parts_words(node) => {
                self.children(node, marked(node, name, style));
                self.runs.text(" ", style);
            }
            "strong" | "b" | "em" | "i" | "span" | "font" | "u" | "cite" | "var" | "dfn"
            | "sup" | "sub" | "del" | "s" | "strike" | "ins" | "code" | "samp" | "tt" | "kbd" => {
                self.children(node, marked(node, name, style));
            }
            "abbr" | "acronym" => self.abbreviation(node, style),
            "q" => {
                // A browser writes these marks, so they are the text's.
                let [open, close] = quotes::of(&self.language, self.quotes);
                self.quotes += 1;
                self.runs.text(open, style);
                self.children(node, style);
                self.runs.text(close, style);
                self.quotes -= 1;
            }
            // Reading aids, in the brackets that old browsers show.
            "rp" => {}
            "rt" => {
                self.runs.text("(", style);
                self.children(node, style);
                self.runs.text(")", style);
            }
            "img" => self.image(node, style),
            "picture" => self.picture(node, style),
            "figure" => self.figure(node),
            "div" | "dl" if has_class(node, &["wp-caption"]) || is_picture_box(node) => {
                self.figure(node);
            }
            "iframe" | "video" | "audio" | "object" | "embed" => self.embed(node, name),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(node, name),
            "ul" | "ol" | "menu" => self.list(node, name),
            "dl" => self.descriptions(node, style),
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
        let href = node.attr("href").unwrap_or_default();
        let target = target(self.base(), &href);
        let in_page = is_in_page(self.base(), &href);
        if in_page {
            // The arrow of a note back to its mark is none of the office's words, and mail software
            // does not jump within a mail.
            let says = node.text();
            let is_arrow = |c: char| {
                matches!(
                    c,
                    '↩' | '↑' | '⤴' | '⏎' | '^' | '▲' | '\u{fe0e}' | '\u{fe0f}'
                )
            };
            if !says.trim().is_empty() && says.trim().chars().all(is_arrow) {
                return;
            }
        }
        let style = if in_page {
            style.with(Marks::IN_PAGE)
        } else {
            style
        };
        if let Some(Target::Whole(url)) = &target
            && let Some(image) = only_image(node)
        {
            self.linked_image(&image, url, style);
            return;
        }
        // A button stands apart from the text before it, though no space says so, and is bold: alone on
        // its line, mails show it as one.
        let is_button = has_class(
            node,
            &[
                "button",
                "btn",
                "wp-block-button__link",
                "wp-element-button",
                "wp-block-file__button",
            ],
        );
        let style = if is_button {
            self.runs.text(" ", style);
            style.with(Marks::STRONG)
        } else {
            style
        };
        // An address that staff copied out of their own mail is shown as the one behind it.
        let says = node.text();
        let shown = Url::parse(says.trim()).ok().map(redirects::unwrap);
        let link = target.map(|target| self.runs.link(target));
        let style = Style { link, ..style };
        match shown {
            Some(Unwrapped::Behind(url)) => self.runs.text(url.as_str(), style),
            _ => self.children(node, style),
        }
    }

    fn abbreviation(&mut self, node: &NodeRef, style: Style) {
        let title = one_line(&node.attr("title").unwrap_or_default());
        let says = one_line(&node.text());
        let abbreviation =
            (!title.is_empty() && title != says.trim()).then(|| self.runs.abbreviation(title));
        self.children(
            node,
            Style {
                abbreviation: abbreviation.or(style.abbreviation),
                ..style
            },
        );
    }

    /// Terms and what is said of them; a list that has none of either is what it holds.
    fn descriptions(&mut self, node: &NodeRef, style: Style) {
        let parts = terms_and_details(node);
        let whole = parts.iter().any(|part| part.has_name("dt"))
            && parts.iter().any(|part| part.has_name("dd"));
        if !whole || !self.may_nest() {
            self.container(node, style);
            return;
        }
        self.flush();
        let mut groups: Vec<Description> = Vec::new();
        for part in parts {
            if self.walk.layout.is_chrome(&part) {
                continue;
            }
            let blocks = self.nested_blocks(&part);
            if blocks.is_empty() {
                continue;
            }
            if part.has_name("dt") {
                let term = super::one_run::in_one_cell(&blocks);
                match groups.last_mut().filter(|group| group.details.is_empty()) {
                    Some(group) => group.terms.push(term),
                    None => groups.push(Description {
                        terms: vec![term],
                        details: Vec::new(),
                    }),
                }
            } else {
                match groups.last_mut() {
                    Some(group) => group.details.push(blocks),
                    None => groups.push(Description {
                        terms: Vec::new(),
                        details: vec![blocks],
                    }),
                }
            }
        }
        if !groups.is_empty() {
            self.blocks.push(Block::DescriptionList(groups));
        }
    }

    /// A formula that is a line of letters, numbers, powers and indices is text; another is named as
    /// missing.
    fn formula(&mut self, node: &NodeRef, style: Style) {
        const DRAWN: &[&str] = &[
            "mfrac",
            "msqrt",
            "mroot",
            "mtable",
            "munder",
            "mover",
            "munderover",
            "msubsup",
            "mmultiscripts",
            "menclose",
        ];
        let is_drawn = node
            .descendants_it()
            .any(|part| part.node_name().is_some_and(|name| DRAWN.contains(&&*name)));
        if is_drawn {
            self.missing(Missing::Formula);
        } else {
            self.formula_part(node, style);
        }
    }

    fn formula_part(&mut self, node: &NodeRef, style: Style) {
        if self.depth > content::MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let script = match node.node_name().as_deref() {
            Some("msup") => Script::Superscript,
            Some("msub") => Script::Subscript,
            _ => Script::None,
        };
        let mut at = 0;
        for child in node.children_it(false) {
            if child.is_text() {
                self.runs.text(&child.text(), style);
            } else if child.is_element() && !child.has_name("annotation") {
                let raised = script != Script::None && at > 0;
                let style = if raised {
                    Style { script, ..style }
                } else {
                    style
                };
                self.formula_part(&child, style);
                at += 1;
            }
        }
        self.depth -= 1;
    }

    /// A chart that is drawn in the page has words of its own; a logo or an icon has none.
    fn drawing(&mut self, node: &NodeRef) {
        const FEWEST_WORDS: usize = 2;
        if super::elements::is_hidden(node) || super::elements::is_for_listeners(node) {
            return;
        }
        let words = node
            .descendants_it()
            .filter(|part| part.has_name("text") && !part.text().trim().is_empty());
        if words.take(FEWEST_WORDS).count() == FEWEST_WORDS {
            self.missing(Missing::Drawing);
        }
    }

    /// Says that something stood here which the tree cannot hold.
    pub(super) fn missing(&mut self, missing: Missing) {
        self.lost.push(missing);
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

/// The address that a paragraph consists of, where it is no link.
fn bare_address(text: &[Inline]) -> Option<Url> {
    let [Inline::Text(says)] = text else {
        return None;
    };
    let says = says.trim();
    let is_one = says.starts_with("https://") && !says.contains(char::is_whitespace);
    is_one.then(|| resolve(None, says)).flatten()
}

/// `<span class="location">Milltown</span>The council`, `<figcaption><span>AP</span>The council`: styles part the two
/// where no space does.
fn parts_words(span: &NodeRef) -> bool {
    const NAMES: &[&str] = &[
        "location", "place", "dateline", "credit", "source", "agency", "label", "stamp",
    ];
    const LEVELS: usize = 2;
    let goes_on = span
        .next_sibling()
        .is_some_and(|next| next.is_text() && next.text().starts_with(char::is_uppercase));
    if !goes_on || !span.text().ends_with(char::is_alphanumeric) {
        return false;
    }
    // A letter or two may be an initial.
    span.text().chars().count() >= 3
        && (has_token(span, NAMES)
            || span
                .ancestors_it(Some(LEVELS))
                .any(|above| above.has_name("figcaption")))
}

/// The terms and details of a `<dl>`, which may group them by `<div>`.
fn terms_and_details<'n>(list: &NodeRef<'n>) -> Vec<NodeRef<'n>> {
    let is_part = |node: &NodeRef| node.has_name("dt") || node.has_name("dd");
    list.children_it(false)
        .flat_map(|child| {
            if is_part(&child) {
                vec![child]
            } else {
                child.children_it(false).filter(is_part).collect()
            }
        })
        .collect()
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
    let mut marked = match name {
        "strong" | "b" => style.with(Marks::STRONG),
        "em" | "i" => style.with(Marks::EMPHASIS),
        "del" | "s" | "strike" => style.with(Marks::STRUCK),
        "ins" => style.with(Marks::INSERTED),
        "code" | "samp" | "tt" => style.with(Marks::CODE),
        "kbd" => style.with(Marks::KEYBOARD),
        _ => style,
    };
    match name {
        "sup" => marked.script = Script::Superscript,
        "sub" => marked.script = Script::Subscript,
        _ => {}
    }
    if has_class(node, &["superscript", "sup"]) {
        marked.script = Script::Superscript;
    } else if has_class(node, &["subscript", "sub"]) {
        marked.script = Script::Subscript;
    }
    let Some(css) = node.attr("style") else {
        return marked;
    };
    for declaration in css.split(';') {
        let Some((property, value)) = declaration.split_once(':') else {
            continue;
        };
        let (with, without) = match (property.trim(), value.trim()) {
            ("font-weight", "bold" | "bolder" | "600" | "700" | "800" | "900") => {
                (Some(Marks::STRONG), None)
            }
            ("font-weight", "normal" | "400") => (None, Some(Marks::STRONG)),
            ("font-style", "italic" | "oblique") => (Some(Marks::EMPHASIS), None),
            ("font-style", "normal") => (None, Some(Marks::EMPHASIS)),
            ("text-decoration" | "text-decoration-line", line) if line.contains("line-through") => {
                (Some(Marks::STRUCK), None)
            }
            ("vertical-align", "super" | "text-top") => {
                marked.script = Script::Superscript;
                continue;
            }
            ("vertical-align", "sub") => {
                marked.script = Script::Subscript;
                continue;
            }
            ("vertical-align", "baseline") if matches!(name, "sup" | "sub") => {
                marked.script = Script::None;
                continue;
            }
            _ => continue,
        };
        marked.marks = with.map_or(marked.marks, |mark| marked.marks.with(mark));
        marked.marks = without.map_or(marked.marks, |mark| marked.marks.without(mark));
    }
    marked
}
