//! From a page's markup to the blocks of a document.

use dom_query::NodeRef;
use gazette_templates::document::{Block, Figure, Inline, List, NumberStyle, Numbering, Table};

use super::run::{self, Base, DEEPEST, text_of, tidy};

/// What a container holds, as blocks in reading order.
pub(super) fn read(container: &NodeRef, base: &Base) -> Vec<Block> {
    let mut reader = Reader {
        base,
        out: Vec::new(),
        run: Vec::new(),
    };
    reader.children(container, 0);
    reader.flush();
    reader.out
}

struct Reader<'a> {
    base: &'a Base,
    out: Vec<Block>,
    /// Text that stands outside any paragraph, so far.
    run: Vec<Inline>,
}

/// Elements that end a run of text.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "iframe",
    "img",
    "li",
    "main",
    "ol",
    "p",
    "picture",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
    "video",
    "audio",
];

impl Reader<'_> {
    fn children(&mut self, node: &NodeRef, depth: usize) {
        for child in node.children_it(false) {
            self.node(&child, depth + 1);
        }
    }

    fn node(&mut self, node: &NodeRef, depth: usize) {
        let Some(name) = node.node_name().filter(|_| depth <= DEEPEST) else {
            run::read(node, self.base, depth, &mut self.run);
            return;
        };
        let name: &str = name.as_ref();
        if !BLOCKS.contains(&name) {
            // `<a><img></a>`, `<span><p>`: the block counts, not what is wrapped around it.
            if holds_blocks(node) {
                self.children(node, depth);
            } else {
                run::read(node, self.base, depth, &mut self.run);
            }
            return;
        }
        self.flush();
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if !holds_blocks(node) => {
                let text = self.run_of(node, depth);
                let level = name
                    .as_bytes()
                    .get(1)
                    .map_or(2, |digit| digit - b'0')
                    .max(2);
                if !text.is_empty() {
                    self.out.push(Block::Heading { level, text });
                }
            }
            "blockquote" => {
                let inner = self.inner(node, depth);
                if !inner.is_empty() {
                    self.out.push(Block::Quote(inner));
                }
            }
            "ol" | "ul" => self.list(node, name == "ol", depth),
            "table" => self.table(node, depth),
            "figure" => self.figure(node, depth),
            "img" => self.image(node, None),
            "iframe" | "video" | "audio" => self.embed(node),
            "pre" => {
                let text = node.text().trim_matches('\n').to_string();
                if !text.trim().is_empty() {
                    self.out.push(Block::Preformatted(text));
                }
            }
            "hr" => {}
            _ => self.children(node, depth),
        }
        self.flush();
    }

    fn run_of(&self, node: &NodeRef, depth: usize) -> Vec<Inline> {
        let mut run = Vec::new();
        for child in node.children_it(false) {
            run::read(&child, self.base, depth, &mut run);
        }
        tidy(run)
    }

    fn inner(&self, node: &NodeRef, depth: usize) -> Vec<Block> {
        let mut inner = Reader {
            base: self.base,
            out: Vec::new(),
            run: Vec::new(),
        };
        inner.children(node, depth);
        inner.flush();
        inner.out
    }

    /// Ends the run: it becomes a paragraph, or several where empty lines part it.
    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        let mut paragraph = Vec::new();
        let mut breaks = Vec::new();
        for inline in run {
            let blank = matches!(&inline, Inline::Text(text) if text.trim().is_empty());
            if matches!(inline, Inline::LineBreak) || (blank && !breaks.is_empty()) {
                breaks.push(inline);
                continue;
            }
            let lines = breaks
                .iter()
                .filter(|b| matches!(b, Inline::LineBreak))
                .count();
            if lines > 1 {
                breaks.clear();
                paragraphs(std::mem::take(&mut paragraph), &mut self.out);
            }
            paragraph.append(&mut breaks);
            paragraph.push(inline);
        }
        paragraphs(paragraph, &mut self.out);
    }

    fn list(&mut self, node: &NodeRef, ordered: bool, depth: usize) {
        let mut items: Vec<Vec<Block>> = Vec::new();
        for child in node.children_it(false) {
            if child.has_name("li") {
                let item = self.inner(&child, depth + 1);
                if !item.is_empty() {
                    items.push(item);
                }
            } else if child.has_name("ol") || child.has_name("ul") {
                // Old editors put an inner list beside its item instead of inside.
                let mut inner = Reader {
                    base: self.base,
                    out: Vec::new(),
                    run: Vec::new(),
                };
                inner.node(&child, depth + 1);
                match items.last_mut() {
                    Some(item) => item.extend(inner.out),
                    None => items.push(inner.out),
                }
            }
        }
        if items.is_empty() {
            return;
        }
        let numbering = ordered.then(|| numbering(node, items.len()));
        self.out.push(Block::List(List { numbering, items }));
    }

    fn table(&mut self, node: &NodeRef, depth: usize) {
        let mut rows: Vec<(bool, Vec<Vec<Inline>>)> = Vec::new();
        let mut caption = None;
        let mut layout = node
            .attr("role")
            .is_some_and(|role| role.as_ref() == "presentation");
        for part in node.descendants_it() {
            let Some(name) = part.node_name() else {
                continue;
            };
            match name.as_ref() {
                "caption" => caption = Some(self.run_of(&part, depth)).filter(|c| !c.is_empty()),
                "tr" => {
                    let mut cells = Vec::new();
                    let mut heads = true;
                    for cell in part.children_it(false) {
                        if cell.has_name("td") || cell.has_name("th") {
                            heads &= cell.has_name("th");
                            cells.push(self.cell(&cell, depth));
                        }
                    }
                    rows.push((heads, cells));
                }
                "table" | "ol" | "ul" | "blockquote" | "img" => layout = true,
                _ => {}
            }
        }
        rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
        let width = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        if layout || width < 2 {
            // A table that only sets things side by side is no data.
            for part in node.descendants_it() {
                let ours = !part
                    .ancestors_it(None)
                    .take_while(|a| a.id != node.id)
                    .any(|a| a.has_name("td") || a.has_name("th"));
                if ours && (part.has_name("td") || part.has_name("th")) {
                    self.children(&part, depth + 1);
                    self.flush();
                }
            }
            return;
        }
        for (_, cells) in &mut rows {
            cells.resize(width, Vec::new());
        }
        let header = if rows.first().is_some_and(|(heads, _)| *heads) {
            rows.remove(0).1
        } else {
            Vec::new()
        };
        self.out.push(Block::Table(Table {
            caption,
            header,
            rows: rows.into_iter().map(|(_, cells)| cells).collect(),
        }));
    }

    fn cell(&self, cell: &NodeRef, depth: usize) -> Vec<Inline> {
        let mut run = Vec::new();
        for child in cell.children_it(false) {
            if !run.is_empty() && (child.has_name("p") || child.has_name("div")) {
                run.push(Inline::LineBreak);
            }
            run::read(&child, self.base, depth, &mut run);
        }
        tidy(run)
    }

    fn figure(&mut self, node: &NodeRef, depth: usize) {
        let find = |name: &str| node.descendants_it().find(|part| part.has_name(name));
        let (Some(image), None, None) = (find("img"), find("blockquote"), find("table")) else {
            self.children(node, depth);
            return;
        };
        let caption = find("figcaption")
            .map(|caption| self.run_of(&caption, depth))
            .filter(|caption| !caption.is_empty());
        self.image(&image, caption);
    }

    fn image(&mut self, node: &NodeRef, caption: Option<Vec<Inline>>) {
        let pixels = |name: &str| node.attr(name).and_then(|n| n.trim().parse::<u32>().ok());
        let (width, height) = (pixels("width"), pixels("height"));
        // A counting pixel is not an image.
        let tiny = width.is_some_and(|w| w < 3) || height.is_some_and(|h| h < 3);
        match source(node, self.base).filter(|_| !tiny) {
            Some(src) => self.out.push(Block::Figure(Figure {
                src,
                alt: fold(&node.attr_or("alt", "")),
                caption,
                width,
                height,
            })),
            None => self.out.extend(caption.map(Block::Paragraph)),
        }
    }

    fn embed(&mut self, node: &NodeRef) {
        let inner = node.descendants_it().find(|part| part.has_name("source"));
        let address = ["src", "data-src", "data-lazy-src"]
            .iter()
            .find_map(|name| self.base.file(&node.attr(name)?))
            .or_else(|| self.base.file(&inner?.attr("src")?));
        let Some(url) = address else { return };
        let title = ["title", "aria-label"]
            .iter()
            .filter_map(|name| node.attr(name).map(|text| fold(&text)))
            .find(|title| !title.is_empty())
            .or_else(|| url.host_str().map(str::to_owned))
            .unwrap_or_default();
        self.out.push(Block::Embed { title, url });
    }
}

/// Where an image stands: lazy pages keep the true address beside `src` (R4).
fn source(node: &NodeRef, base: &Base) -> Option<url::Url> {
    ["data-src", "data-lazy-src", "data-original", "src"]
        .iter()
        .find_map(|name| base.file(&node.attr(name)?))
        .or_else(|| {
            let set = node.attr("srcset").or_else(|| node.attr("data-srcset"))?;
            base.file(set.split_ascii_whitespace().next()?.trim_end_matches(','))
        })
}

fn numbering(node: &NodeRef, items: usize) -> Numbering {
    let reversed = node.has_attr("reversed");
    let start = node
        .attr("start")
        .and_then(|start| start.trim().parse().ok());
    let first = if reversed {
        i32::try_from(items).unwrap_or(1)
    } else {
        1
    };
    let style = match node.attr_or("type", "1").as_ref() {
        "a" => NumberStyle::LowerAlpha,
        "A" => NumberStyle::UpperAlpha,
        "i" => NumberStyle::LowerRoman,
        "I" => NumberStyle::UpperRoman,
        _ => NumberStyle::Decimal,
    };
    Numbering {
        start: start.unwrap_or(first),
        style,
        reversed,
    }
}

fn holds_blocks(node: &NodeRef) -> bool {
    node.descendants_it().any(|part| {
        part.node_name()
            .is_some_and(|name| BLOCKS.contains(&name.as_ref()))
    })
}

fn fold(text: &str) -> String {
    text_of(&tidy(vec![Inline::Text(text.to_owned())]))
}

/// A paragraph, and the end mark where it is one or ends with one (R3, F6).
pub(super) fn paragraphs(run: Vec<Inline>, out: &mut Vec<Block>) {
    let mut run = tidy(run);
    if run.is_empty() {
        return;
    }
    let text = text_of(&run);
    if is_end_mark(&text) {
        out.push(Block::EndMark(text.trim().to_owned()));
        return;
    }
    let mut glued = false;
    if let Some(Inline::Text(last)) = run.last_mut()
        && let Some(rest) = last.strip_suffix("###")
    {
        *last = rest.to_owned();
        glued = true;
        run = tidy(run);
    }
    if !run.is_empty() {
        out.push(Block::Paragraph(run));
    }
    if glued {
        out.push(Block::EndMark("###".to_owned()));
    }
}

/// `###`, `# # #`, `-30-`: how a release says that it ends.
pub(super) fn is_end_mark(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let hashes = bare.len() >= 3 && bare.len() <= 8 && bare.chars().all(|c| c == '#');
    hashes || matches!(bare.as_str(), "-30-" | "–30–" | "—30—" | "--30--")
}
