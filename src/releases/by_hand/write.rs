//! From the tree to Markdown that reads back as the same tree.

use std::fmt::Write;

use gazette_templates::document::{
    Block, Description, Inline, List, NumberStyle, Numbering, Passage, Table, plain as plain_text,
    scripts,
};

use super::inline_tags::{self, is_tag};

/// The blocks as Markdown, ended by a line feed.
pub(super) fn blocks(blocks: &[Block]) -> String {
    let mut text = lines(blocks).join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// What inlines say, without their markup.
pub(super) fn says(text: &[Inline]) -> String {
    plain_text(text)
}

/// The blocks without emphasis.
pub(super) fn plain(blocks: &[Block]) -> Vec<Block> {
    fn run(text: &[Inline]) -> Vec<Inline> {
        text.iter()
            .flat_map(|inline| match inline {
                Inline::Strong(inner) | Inline::Emphasis(inner) => run(inner),
                other => vec![other.around(run(other.inner()))],
            })
            .collect()
    }
    blocks
        .iter()
        .map(|block| match block {
            Block::Paragraph(text) => Block::Paragraph(run(text)),
            Block::Heading { level, text } => Block::Heading {
                level: *level,
                text: run(text),
            },
            Block::Quote(inner) => Block::Quote(plain(inner)),
            Block::List(list) => Block::List(List {
                numbering: list.numbering,
                items: list.items.iter().map(|item| plain(item)).collect(),
            }),
            Block::Table(table) => Block::Table(Table {
                caption: table.caption.clone(),
                header: table.header.iter().map(|cell| run(cell)).collect(),
                rows: table
                    .rows
                    .iter()
                    .map(|row| row.iter().map(|cell| run(cell)).collect())
                    .collect(),
                row_headers: table.row_headers,
            }),
            Block::DescriptionList(groups) => Block::DescriptionList(
                groups
                    .iter()
                    .map(|group| Description {
                        terms: group.terms.iter().map(|term| run(term)).collect(),
                        details: group.details.iter().map(|part| plain(part)).collect(),
                    })
                    .collect(),
            ),
            Block::Passage(passage) => Block::Passage(Passage {
                blocks: plain(&passage.blocks),
                ..passage.clone()
            }),
            other => other.clone(),
        })
        .collect()
}

fn lines(blocks: &[Block]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut before: Option<&Block> = None;
    // Two lists of a kind, one after the other, would run into one: they take turns in their mark.
    let mut second = false;
    for block in blocks {
        second = match (before, block) {
            (Some(Block::List(before)), Block::List(list)) => {
                before.numbering.is_some() == list.numbering.is_some() && !second
            }
            _ => false,
        };
        let more = block_lines(block, second);
        if more.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(more);
        before = Some(block);
    }
    lines
}

fn block_lines(block: &Block, second: bool) -> Vec<String> {
    match block {
        Block::Heading { level, text } => {
            let says = inlines(text).replace("\\\n", " ");
            let mark = "#".repeat(usize::from((*level).clamp(1, 6)));
            // Marks at the end of a heading would be its closing ones.
            vec![format!("{mark} {}", says.replace(" #", " \\#"))]
        }
        Block::Paragraph(text) => inlines(text).lines().map(at_start).collect(),
        Block::Quote(inner) => lines(inner)
            .into_iter()
            .map(|line| format!("> {line}").trim_end().to_owned())
            .collect(),
        Block::List(list) => list_lines(list, second),
        Block::Table(table) => table_lines(table),
        Block::Figure(figure) => {
            let caption = figure.caption.as_deref().map(says).unwrap_or_default();
            let title = if caption.is_empty() {
                String::new()
            } else {
                format!(" \"{}\"", escaped(&caption).replace('"', "\\\""))
            };
            let image = format!("![{}](<{}>{title})", escaped(&figure.alt), figure.src);
            vec![match &figure.link {
                Some(link) => format!("[{image}](<{link}>)"),
                None => image,
            }]
        }
        Block::Embed { title, url, .. } => {
            let title = if title.trim().is_empty() {
                url.as_str()
            } else {
                title
            };
            vec![format!("[{}](<{url}>)", escaped(title))]
        }
        Block::Preformatted(text) => {
            let mut fence = "```".to_owned();
            while text.contains(&fence) {
                fence.push('`');
            }
            let mut lines = vec![fence.clone()];
            lines.extend(text.lines().map(str::to_owned));
            lines.push(fence);
            lines
        }
        Block::EndMark(mark) => vec![at_start(&escaped(mark))],
        Block::Passage(passage) => passage_lines(passage),
        Block::DescriptionList(groups) => description_lines(groups),
        Block::Missing(missing) => vec![format!("<!-- missing {} -->", missing.name())],
    }
}

/// A term on a line, what is said of it behind a colon on the next.
fn description_lines(groups: &[Description]) -> Vec<String> {
    let mut all = Vec::new();
    for group in groups {
        if !all.is_empty() {
            all.push(String::new());
        }
        // Several terms in a row are lines of one.
        let terms: Vec<String> = group
            .terms
            .iter()
            .map(|term| at_start(&inlines(term).replace("\\\n", " ")))
            .collect();
        all.extend(terms.join("\\\n").lines().map(str::to_owned));
        for details in &group.details {
            for (at, line) in lines(details).into_iter().enumerate() {
                let begin = if at == 0 { ": " } else { "  " };
                all.push(format!("{begin}{line}").trim_end().to_owned());
            }
        }
    }
    all
}

/// Markdown knows no languages: comments say where another begins and ends.
fn passage_lines(passage: &Passage) -> Vec<String> {
    let inner = lines(&passage.blocks);
    if inner.is_empty() || !is_tag(&passage.language) {
        return inner;
    }
    let (language, direction) = (&passage.language, passage.direction.as_str());
    let mut lines = vec![
        format!("<!-- language {language} {direction} -->"),
        String::new(),
    ];
    lines.extend(inner);
    lines.extend([String::new(), "<!-- /language -->".to_owned()]);
    lines
}

fn list_lines(list: &List, second: bool) -> Vec<String> {
    let mut lines_of_all = Vec::new();
    if let Some(remark) = list.numbering.and_then(remark) {
        lines_of_all.push(remark);
        lines_of_all.push(String::new());
    }
    // Items that are one paragraph, and lists in it, stand close together.
    let tight = list.items.iter().all(|item| {
        matches!(item.as_slice(), [Block::Paragraph(_), rest @ ..]
            if rest.iter().all(|block| matches!(block, Block::List(list) if list.numbering.and_then(remark).is_none())))
    });
    let first = list.numbering.map_or(0, |numbering| numbering.start.max(0));
    for (at, item) in list.items.iter().enumerate() {
        let mark = match (list.numbering, second) {
            (None, false) => "- ".to_owned(),
            (None, true) => "* ".to_owned(),
            (Some(_), false) => format!("{}. ", first.saturating_add(at as i32)),
            (Some(_), true) => format!("{}) ", first.saturating_add(at as i32)),
        };
        let mut inner = lines(item);
        if tight {
            inner.retain(|line| !line.is_empty());
        }
        if at > 0 && !tight {
            lines_of_all.push(String::new());
        }
        let indent = " ".repeat(mark.len());
        for (line_at, line) in inner.iter().enumerate() {
            let begin = if line_at == 0 { &mark } else { &indent };
            lines_of_all.push(format!("{begin}{line}").trim_end().to_owned());
        }
    }
    lines_of_all
}

/// What Markdown's numbers cannot say.
fn remark(numbering: Numbering) -> Option<String> {
    let decimal = numbering.style == NumberStyle::Decimal;
    if decimal && !numbering.reversed && numbering.start >= 0 {
        return None;
    }
    let mut remark = format!("<!-- list {}", numbering.style.as_str());
    if numbering.reversed {
        remark.push_str(" reversed");
    }
    if numbering.start < 0 {
        let _ = write!(remark, " {}", numbering.start);
    }
    remark.push_str(" -->");
    Some(remark)
}

fn table_lines(table: &Table) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(caption) = &table.caption {
        // Two hyphens would end the comment.
        let caption = says(caption).replace("--", "–").replace(['<', '>'], "");
        lines.push(format!("<!-- caption {caption} -->"));
        lines.push(String::new());
    }
    if table.row_headers {
        lines.extend(["<!-- rows have headings -->".to_owned(), String::new()]);
    }
    let columns = table
        .rows
        .iter()
        .map(Vec::len)
        .chain([table.header.len()])
        .max()
        .unwrap_or(0);
    let row = |cells: &[Vec<Inline>]| {
        let cell = |at: usize| {
            cells
                .get(at)
                .map(|text| inlines(text).replace("\\\n", "<br>").replace('|', "\\|"))
                .unwrap_or_default()
        };
        let cells: Vec<String> = (0..columns).map(cell).collect();
        format!("| {} |", cells.join(" | "))
    };
    lines.push(row(&table.header));
    lines.push(format!("|{}", " --- |".repeat(columns)));
    lines.extend(table.rows.iter().map(|cells| row(cells)));
    lines
}

fn inlines(text: &[Inline]) -> String {
    let mut out = String::new();
    for inline in text {
        match inline {
            Inline::Text(text) => out.push_str(&escaped(text)),
            Inline::Strong(inner) => out.push_str(&marked(&inlines(inner), "**")),
            Inline::Emphasis(inner) => out.push_str(&marked(&inlines(inner), "*")),
            Inline::Link { href, label } => {
                if says(label) == href.as_str() {
                    out.extend(["<", href.as_str(), ">"]);
                } else {
                    out.extend(["[", &inlines(label), "](<", href.as_str(), ">)"]);
                }
            }
            Inline::LostLink { href, label } => {
                let href = href.replace(['<', '>', '\n', '\\'], "");
                out.extend(["[", &inlines(label), "](<", &href, ">)"]);
            }
            Inline::LineBreak => out.push_str("\\\n"),
            Inline::Code(inner) => out.push_str(&code(&says(inner))),
            Inline::NoteMark(mark) => {
                let mark = escaped(&scripts::note_mark(mark));
                out.extend(["<sup>", &mark, "</sup>"]);
            }
            other => match inline_tags::tags(other) {
                Some((begin, name)) => {
                    out.extend([&begin, &inlines(other.inner()), "</", name, ">"]);
                }
                None => out.push_str(&inlines(other.inner())),
            },
        }
    }
    out
}

/// Code between as many backticks as it needs.
fn code(text: &str) -> String {
    let mut fence = "`".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let beside = text.starts_with('`') || text.ends_with('`');
    let space = if beside { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Emphasis begins and ends at a word, so the space around it stays outside.
fn marked(text: &str, mark: &str) -> String {
    let inner = text.trim();
    if inner.is_empty() {
        return text.to_owned();
    }
    let (before, rest) = text.split_at(text.len() - text.trim_start().len());
    let after = rest.get(inner.len()..).unwrap_or_default();
    format!("{before}{mark}{inner}{mark}{after}")
}

/// Text whose characters mean themselves.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        let means = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' => true,
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '&' => after.is_alphanumeric() || after == '#',
            _ => false,
        };
        if means {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
        before = c;
    }
    out
}

/// A line whose first character would make it something else than a paragraph.
fn at_start(line: &str) -> String {
    let line = line.trim_start_matches(' ');
    let begins = line.starts_with(['#', '>', '+', '-', '=', ':', '|', '\t']);
    if begins {
        return format!("\\{line}");
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0
        && let Some(rest) = line.get(digits..)
        && rest.starts_with(['.', ')'])
    {
        return format!("{}\\{rest}", line.get(..digits).unwrap_or_default());
    }
    line.to_owned()
}
