//! From Markdown to the tree. Of markup in it only what `write` puts there is read (`inline_tags`): the
//! words between two other tags stay, the tags go.

use gazette_templates::document::{
    Block, Description, Direction, Figure, Inline, List, Missing, NumberStyle, Numbering, Passage,
    Table,
};
use pulldown_cmark::{Event, OffsetIter, Options, Parser, Tag, TagEnd};
use url::Url;

use super::{
    super::reading::{Unwrapped, linked, unwrap},
    inline_tags::{self, Mark, is_tag},
};

/// Deeper nesting is nobody's text; what is in it stays, one level up.
const DEEPEST: usize = 12;

/// The blocks of the text.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut reader = Reader {
        markdown,
        events: Parser::new_ext(markdown, extensions()).into_offset_iter(),
        numbering: None,
        caption: None,
        row_headers: false,
    };
    reader.blocks(0)
}

pub(super) fn extensions() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_DEFINITION_LIST
}

struct Reader<'a> {
    markdown: &'a str,
    events: OffsetIter<'a>,
    /// What a comment says about the next list.
    numbering: Option<Numbering>,
    /// What a comment says about the next table.
    caption: Option<String>,
    /// Whether a comment says that its first column heads its rows.
    row_headers: bool,
}

/// The words of a run, and the images that stood among them.
#[derive(Default)]
struct Run {
    text: Vec<Inline>,
    figures: Vec<Figure>,
    /// The tags that are open, and where in the text what they mark begins.
    open: Vec<(Mark, usize)>,
}

impl<'a> Reader<'a> {
    /// Reads up to the end of the element that the caller opened.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        // Items of a tight list hold words without a paragraph around them.
        let mut loose = Run::default();
        let mut open = 0_usize;
        // Parts in another language that have begun: what they speak, and their first block.
        let mut passages: Vec<(Said, usize)> = Vec::new();
        while let Some(event) = self.next() {
            match event {
                Event::Start(tag) if is_block(&tag) => {
                    finish(&mut loose, &mut blocks);
                    let depth = depth + passages.len();
                    match tag {
                        Tag::BlockQuote(_) | Tag::List(_) | Tag::Item if depth >= DEEPEST => {
                            open += 1;
                        }
                        Tag::HtmlBlock => {
                            let html = self.words();
                            let remark = remark(&html).unwrap_or_default();
                            match Said::of(remark) {
                                Some(said) if depth < DEEPEST => {
                                    passages.push((said, blocks.len()));
                                }
                                _ if remark == "/language" => {
                                    end_passage(passages.pop(), &mut blocks);
                                }
                                _ => blocks.extend(self.remark(remark)),
                            }
                        }
                        tag => self.block(&tag, depth, &mut blocks),
                    }
                }
                Event::End(_) if open > 0 => open -= 1,
                Event::End(_) => break,
                Event::Rule => finish(&mut loose, &mut blocks),
                event => self.inline(event, &mut loose, 0),
            }
        }
        finish(&mut loose, &mut blocks);
        // Whoever deleted the second comment meant the rest.
        while let Some(begun) = passages.pop() {
            end_passage(Some(begun), &mut blocks);
        }
        blocks
    }

    fn block(&mut self, tag: &Tag<'a>, depth: usize, blocks: &mut Vec<Block>) {
        match tag {
            Tag::Heading { level, .. } => {
                let run = self.run(0);
                let level = *level;
                if super::write::is_blank(&run.text) {
                    // A line of nothing but `###` is how releases end.
                    blocks.push(Block::EndMark("#".repeat(level as usize)));
                } else {
                    blocks.push(Block::Heading {
                        level: (level as u8).max(2),
                        text: settled(run.text),
                    });
                }
                blocks.extend(run.figures.into_iter().map(Block::Figure));
            }
            Tag::BlockQuote(_) => {
                let inner = self.blocks(depth + 1);
                if !inner.is_empty() {
                    blocks.push(Block::Quote(inner));
                }
            }
            Tag::List(start) => blocks.extend(self.list(*start, depth)),
            Tag::CodeBlock(_) => {
                let text = self.words();
                blocks.push(Block::Preformatted(text.trim_end_matches('\n').to_owned()));
            }
            Tag::Table(_) => blocks.extend(self.table()),
            Tag::DefinitionList => blocks.extend(self.descriptions(depth)),
            _ => {
                let mut run = self.run(0);
                finish(&mut run, blocks);
            }
        }
    }

    fn list(&mut self, start: Option<u64>, depth: usize) -> Option<Block> {
        let said = self.numbering.take();
        let numbering = start.map(|start| {
            let said = said.unwrap_or(Numbering {
                start: 1,
                style: NumberStyle::Decimal,
                reversed: false,
            });
            // Markdown has no numbers below zero; then the comment has it.
            let start = if said.start < 0 {
                said.start
            } else {
                i32::try_from(start).unwrap_or(1)
            };
            Numbering { start, ..said }
        });
        let mut items = Vec::new();
        while let Some(Event::Start(Tag::Item)) = self.next() {
            items.push(self.blocks(depth + 1));
        }
        items.retain(|item| !item.is_empty());
        (!items.is_empty()).then_some(Block::List(List { numbering, items }))
    }

    fn descriptions(&mut self, depth: usize) -> Option<Block> {
        let mut groups: Vec<Description> = Vec::new();
        while let Some(Event::Start(tag)) = self.next() {
            if tag == Tag::DefinitionListTitle {
                let run = self.run(0).text;
                let terms = run.split(|inline| *inline == Inline::LineBreak);
                groups.push(Description {
                    terms: terms.map(|term| settled(term.to_vec())).collect(),
                    details: Vec::new(),
                });
                continue;
            }
            let details = self.blocks(depth + 1);
            match groups.last_mut() {
                Some(group) => group.details.push(details),
                None => groups.push(Description {
                    terms: Vec::new(),
                    details: vec![details],
                }),
            }
        }
        (!groups.is_empty()).then_some(Block::DescriptionList(groups))
    }

    fn table(&mut self) -> Option<Block> {
        let mut header = Vec::new();
        let mut rows = Vec::new();
        let mut row = Vec::new();
        let mut depth = 1_usize;
        while let Some(event) = self.next() {
            match event {
                Event::Start(Tag::TableCell) => row.push(settled(self.run(0).text)),
                Event::Start(_) => depth += 1,
                Event::End(end) => {
                    match end {
                        TagEnd::TableHead => header = std::mem::take(&mut row),
                        TagEnd::TableRow => rows.push(std::mem::take(&mut row)),
                        _ => {}
                    }
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        if header.iter().all(Vec::is_empty) {
            header.clear();
        }
        let caption = self.caption.take();
        let row_headers = std::mem::take(&mut self.row_headers);
        (!header.is_empty() || !rows.is_empty()).then_some(Block::Table(Table {
            caption: caption.map(|caption| vec![Inline::Text(caption)]),
            header,
            rows,
            row_headers,
        }))
    }

    /// Reads inlines up to the end of the element that the caller opened.
    fn run(&mut self, depth: usize) -> Run {
        let mut run = Run::default();
        while let Some(event) = self.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.inline(event, &mut run, depth);
        }
        run
    }

    fn inline(&mut self, event: Event<'a>, run: &mut Run, depth: usize) {
        match event {
            Event::Text(text) => run.text.push(Inline::Text(text.into_string())),
            Event::Code(text) => {
                run.text
                    .push(Inline::Code(vec![Inline::Text(text.into_string())]));
            }
            Event::SoftBreak => run.text.push(Inline::Text(" ".to_owned())),
            Event::HardBreak => run.text.push(Inline::LineBreak),
            Event::InlineHtml(tag) if tag.starts_with("<br") => run.text.push(Inline::LineBreak),
            Event::InlineHtml(tag) => run.tag(&tag, depth),
            Event::Start(Tag::Image {
                dest_url, title, ..
            }) => {
                let alt = says(&self.run(depth + 1).text);
                match web(&dest_url) {
                    Some(src) => run.figures.push(Figure {
                        src,
                        alt,
                        caption: (!title.is_empty())
                            .then(|| vec![Inline::Text(title.into_string())]),
                        width: None,
                        height: None,
                        link: None,
                    }),
                    None => run.text.push(Inline::Text(alt)),
                }
            }
            Event::Start(tag) => {
                let mut inner = self.run(depth + 1);
                if let Tag::Link { dest_url, .. } = &tag {
                    for figure in &mut inner.figures {
                        figure.link = address(dest_url);
                    }
                }
                run.figures.extend(inner.figures);
                let text = match tag {
                    Tag::Link { .. } => joined(inner.text),
                    _ => settled(inner.text),
                };
                match tag {
                    _ if text.is_empty() => {}
                    // Deeper than that is nobody's emphasis.
                    _ if depth >= DEEPEST => run.text.extend(text),
                    Tag::Strong => run.text.push(Inline::Strong(text)),
                    Tag::Emphasis => run.text.push(Inline::Emphasis(text)),
                    Tag::Strikethrough => run.text.push(Inline::Struck(text)),
                    // So a single tilde comes, see `next`.
                    Tag::Superscript => {
                        run.text.push(Inline::Text("~".to_owned()));
                        run.text.extend(text);
                        run.text.push(Inline::Text("~".to_owned()));
                    }
                    Tag::Link { dest_url, .. } => match address(&dest_url) {
                        Some(href) => run.text.push(link(href, text)),
                        None if is_relative(&dest_url) => run.text.push(Inline::LostLink {
                            href: dest_url.into_string(),
                            label: text,
                        }),
                        None => run.text.extend(text),
                    },
                    _ => run.text.extend(text),
                }
            }
            _ => {}
        }
    }

    /// The words up to the end of an element that holds nothing else.
    fn words(&mut self) -> String {
        let mut words = String::new();
        while let Some(event) = self.next() {
            match event {
                Event::Text(text) | Event::Html(text) => words.push_str(&text),
                Event::End(_) => break,
                _ => {}
            }
        }
        words
    }

    /// The next event. One tilde is none of Markdown's marks: "~5 to ~10" strikes nothing out.
    fn next(&mut self) -> Option<Event<'a>> {
        let (event, place) = self.events.next()?;
        let is_single = || {
            let says = self.markdown.get(place.clone()).unwrap_or_default();
            !says.starts_with("~~")
        };
        Some(match event {
            Event::Start(Tag::Strikethrough) if is_single() => Event::Start(Tag::Superscript),
            Event::End(TagEnd::Strikethrough) if is_single() => Event::End(TagEnd::Superscript),
            event => event,
        })
    }

    /// What `write` put before a list or a table, or where something is missing.
    fn remark(&mut self, remark: &str) -> Option<Block> {
        if let Some(missing) = remark.strip_prefix("missing ") {
            return Missing::named(missing.trim()).map(Block::Missing);
        }
        if remark == "rows have headings" {
            self.row_headers = true;
        } else if let Some(caption) = remark.strip_prefix("caption ") {
            self.caption = Some(caption.trim().to_owned());
        } else if let Some(list) = remark.strip_prefix("list ") {
            let mut words = list.split_whitespace();
            let style = match words.next() {
                Some("a") => NumberStyle::LowerAlpha,
                Some("A") => NumberStyle::UpperAlpha,
                Some("i") => NumberStyle::LowerRoman,
                Some("I") => NumberStyle::UpperRoman,
                _ => NumberStyle::Decimal,
            };
            let rest: Vec<&str> = words.collect();
            self.numbering = Some(Numbering {
                style,
                reversed: rest.contains(&"reversed"),
                start: rest.iter().find_map(|word| word.parse().ok()).unwrap_or(1),
            });
        }
        None
    }
}

impl Run {
    /// A tag among the words: one of `write`'s opens or closes a mark, another is nothing.
    fn tag(&mut self, tag: &str, depth: usize) {
        if let Some(mark) = inline_tags::opened(tag) {
            if depth + self.open.len() < DEEPEST {
                self.open.push((mark, self.text.len()));
            }
        } else if let Some(name) = inline_tags::closed(tag)
            && let Some(at) = self.open.iter().rposition(|(mark, _)| mark.name() == name)
        {
            // What was opened inside it and never closed marks nothing.
            self.open.truncate(at + 1);
            if let Some((mark, from)) = self.open.pop() {
                let inner = self.text.split_off(from);
                if !inner.is_empty() {
                    self.text.push(mark.around(settled(inner)));
                }
            }
        }
    }
}

/// What a comment says.
pub(super) fn remark(html: &str) -> Option<&str> {
    let says = html.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    Some(says.trim())
}

/// Whether a comment begins a part in another language.
pub(super) fn begins_passage(remark: &str) -> bool {
    Said::of(remark).is_some()
}

/// Whether a comment is about the list or table that follows.
pub(super) fn is_about_the_next(remark: &str) -> bool {
    remark == "rows have headings"
        || ["caption ", "list "]
            .iter()
            .any(|name| remark.starts_with(name))
}

/// What a part of the text speaks: `language ar rtl`.
struct Said {
    language: String,
    direction: Direction,
}

impl Said {
    fn of(remark: &str) -> Option<Self> {
        let mut words = remark.strip_prefix("language ")?.split_whitespace();
        let language = words.next().filter(|tag| is_tag(tag))?.to_owned();
        let direction = match words.next() {
            Some("rtl") => Direction::Rtl,
            _ => Direction::Ltr,
        };
        Some(Self {
            language,
            direction,
        })
    }
}

fn end_passage(begun: Option<(Said, usize)>, blocks: &mut Vec<Block>) {
    let Some((said, from)) = begun else { return };
    let inner = blocks.split_off(from);
    if !inner.is_empty() {
        blocks.push(Block::Passage(Passage {
            language: said.language,
            direction: said.direction,
            blocks: inner,
        }));
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Link { .. }
            | Tag::Image { .. }
    )
}

/// Turns a run into a paragraph or an end mark; images stand after it.
fn finish(run: &mut Run, blocks: &mut Vec<Block>) {
    let Run { text, figures, .. } = std::mem::take(run);
    let words = says(&text);
    if is_end_mark(words.trim()) {
        blocks.push(Block::EndMark(words.trim().to_owned()));
    } else if !super::write::is_blank(&text) {
        blocks.push(Block::Paragraph(settled(text)));
    }
    blocks.extend(figures.into_iter().map(Block::Figure));
}

fn is_end_mark(line: &str) -> bool {
    let tight: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(
        tight.as_str(),
        "##" | "###" | "####" | "#####" | "-30-" | "–30–" | "—30—"
    )
}

/// The run as it is kept: with the addresses in it as links.
fn settled(text: Vec<Inline>) -> Vec<Inline> {
    joined(text)
        .into_iter()
        .flat_map(|inline| match inline {
            Inline::Text(text) => linked(&text),
            other => vec![other],
        })
        .collect()
}

/// Neighbouring texts as one: the parser cuts them at every character that could mean something,
/// also inside an address.
fn joined(text: Vec<Inline>) -> Vec<Inline> {
    let mut joined: Vec<Inline> = Vec::with_capacity(text.len());
    for inline in text {
        match (joined.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(more)) => before.push_str(&more),
            (_, inline) => joined.push(inline),
        }
    }
    joined
}

fn says(text: &[Inline]) -> String {
    super::write::says(text)
}

fn web(address: &str) -> Option<Url> {
    Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
}

/// A link, never through a mail filter: its address carries that of the member of staff who copied
/// it, so the reader gets what stands behind it, or is told that it is lost.
fn link(href: Url, label: Vec<Inline>) -> Inline {
    let shown = says(&label);
    let is_address =
        shown.trim() == href.as_str() || Url::parse(shown.trim()).as_ref() == Ok(&href);
    match unwrap(href) {
        Unwrapped::Behind(href) if is_address => Inline::Link {
            label: vec![Inline::Text(href.to_string())],
            href,
        },
        Unwrapped::Own(href) | Unwrapped::Behind(href) => Inline::Link { href, label },
        Unwrapped::Hidden { through } => Inline::LostLink {
            label: if is_address {
                vec![Inline::Text(format!("link through {through}"))]
            } else {
                label
            },
            href: through,
        },
    }
}

/// An address that only its page can make whole.
fn is_relative(address: &str) -> bool {
    !address.trim().is_empty()
        && Url::parse(address) == Err(url::ParseError::RelativeUrlWithoutBase)
}

fn address(address: &str) -> Option<Url> {
    web(address).or_else(|| {
        Url::parse(address)
            .ok()
            .filter(|url| matches!(url.scheme(), "mailto" | "tel"))
    })
}
