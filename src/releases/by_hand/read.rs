//! From Markdown to the tree. Markup in it is not read, only what `write` puts there: the words
//! between two tags stay, the tags go.

use gazette_templates::document::{
    Block, Direction, Figure, Inline, List, NumberStyle, Numbering, Passage, Table,
};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use url::Url;

use super::{super::reading::linked, write::is_tag};

/// Deeper nesting is nobody's text; what is in it stays, one level up.
const DEEPEST: usize = 12;

/// The blocks of the text.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut reader = Reader {
        events: Parser::new_ext(markdown, Options::ENABLE_TABLES),
        numbering: None,
        caption: None,
    };
    reader.blocks(0)
}

struct Reader<'a> {
    events: Parser<'a>,
    /// What a comment says about the next list.
    numbering: Option<Numbering>,
    /// What a comment says about the next table.
    caption: Option<String>,
}

/// The words of a run, and the images that stood among them.
#[derive(Default)]
struct Run {
    text: Vec<Inline>,
    figures: Vec<Figure>,
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
        while let Some(event) = self.events.next() {
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
                                _ => self.remark(remark),
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
                if says(&run.text).trim().is_empty() {
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
        while let Some(Event::Start(Tag::Item)) = self.events.next() {
            items.push(self.blocks(depth + 1));
        }
        items.retain(|item| !item.is_empty());
        (!items.is_empty()).then_some(Block::List(List { numbering, items }))
    }

    fn table(&mut self) -> Option<Block> {
        let mut header = Vec::new();
        let mut rows = Vec::new();
        let mut row = Vec::new();
        let mut depth = 1_usize;
        while let Some(event) = self.events.next() {
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
        (!header.is_empty() || !rows.is_empty()).then_some(Block::Table(Table {
            caption: caption.map(|caption| vec![Inline::Text(caption)]),
            header,
            rows,
        }))
    }

    /// Reads inlines up to the end of the element that the caller opened.
    fn run(&mut self, depth: usize) -> Run {
        let mut run = Run::default();
        while let Some(event) = self.events.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.inline(event, &mut run, depth);
        }
        run
    }

    fn inline(&mut self, event: Event<'a>, run: &mut Run, depth: usize) {
        match event {
            Event::Text(text) | Event::Code(text) => {
                run.text.push(Inline::Text(text.into_string()));
            }
            Event::SoftBreak => run.text.push(Inline::Text(" ".to_owned())),
            Event::HardBreak => run.text.push(Inline::LineBreak),
            Event::InlineHtml(tag) if tag.starts_with("<br") => run.text.push(Inline::LineBreak),
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
                    }),
                    None => run.text.push(Inline::Text(alt)),
                }
            }
            Event::Start(tag) => {
                let inner = self.run(depth + 1);
                run.figures.extend(inner.figures);
                let text = settled(inner.text);
                match tag {
                    _ if text.is_empty() => {}
                    // Deeper than that is nobody's emphasis.
                    _ if depth >= DEEPEST => run.text.extend(text),
                    Tag::Strong => run.text.push(Inline::Strong(text)),
                    Tag::Emphasis => run.text.push(Inline::Emphasis(text)),
                    Tag::Link { dest_url, .. } => match address(&dest_url) {
                        Some(href) => run.text.push(Inline::Link {
                            href,
                            label: vec![Inline::Text(says(&text))],
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
        for event in self.events.by_ref() {
            match event {
                Event::Text(text) | Event::Html(text) => words.push_str(&text),
                Event::End(_) => break,
                _ => {}
            }
        }
        words
    }

    /// What `write` put before a list or a table.
    fn remark(&mut self, remark: &str) {
        if let Some(caption) = remark.strip_prefix("caption ") {
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
    }
}

/// What a comment says.
fn remark(html: &str) -> Option<&str> {
    let says = html.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    Some(says.trim())
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
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

/// Turns a run into a paragraph or an end mark; images stand after it.
fn finish(run: &mut Run, blocks: &mut Vec<Block>) {
    let Run { text, figures } = std::mem::take(run);
    let words = says(&text);
    if is_end_mark(words.trim()) {
        blocks.push(Block::EndMark(words.trim().to_owned()));
    } else if !words.trim().is_empty() {
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

fn address(address: &str) -> Option<Url> {
    web(address).or_else(|| {
        Url::parse(address)
            .ok()
            .filter(|url| matches!(url.scheme(), "mailto" | "tel"))
    })
}
