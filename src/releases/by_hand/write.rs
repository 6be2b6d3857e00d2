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
            let says = inlines(text).replace(LINE_BREAK, " ");
            let mark = "#".repeat(usize::from((*level).clamp(1, 6)));
            // Marks at the end of a heading would be its closing ones.
            let says = format!(" {}", says.trim()).replace(" #", " \\#");
            vec![format!("{mark}{says}")]
        }
        Block::Paragraph(text) => {
            let says = inlines(text);
            // A line break that nothing follows would be a backslash.
            let (says, _) = before_breaks(&says);
            says.lines().map(at_start).collect()
        }
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
            let src = destination(figure.src.as_str());
            let image = format!("![{}]({src}{title})", escaped(&figure.alt));
            vec![match &figure.link {
                Some(link) => format!("[{image}]({})", destination(link.as_str())),
                None => image,
            }]
        }
        Block::Embed { title, url, .. } => {
            let title = if title.trim().is_empty() {
                url.as_str()
            } else {
                title
            };
            vec![format!(
                "[{}]({})",
                escaped(title),
                destination(url.as_str())
            )]
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

/// How a line break stands in a run.
const LINE_BREAK: &str = "\\\n";

/// A piece of a run.
enum Piece {
    /// Written as it is.
    Words(String),
    /// What bold or italics go around. Both begin and end at a word, so the spaces and line breaks at the edges
    /// stay outside.
    Marked {
        before: String,
        inner: String,
        after: String,
        mark: &'static str,
        name: &'static str,
    },
}

impl Piece {
    fn marked(text: &[Inline], mark: &'static str, name: &'static str) -> Self {
        let text = run(text, Around::Mark);
        let (begun, inner) = behind_breaks(&text);
        let (inner, after) = before_breaks(inner);
        if inner.is_empty() {
            return Self::Words(text);
        }
        Self::Marked {
            before: begun.to_owned(),
            inner: inner.to_owned(),
            after: after.to_owned(),
            mark,
            name,
        }
    }

    /// Its first character.
    fn first(&self) -> Option<char> {
        match self {
            Self::Words(words) => words.chars().next(),
            Self::Marked { before, .. } => before.chars().next().or(Some('*')),
        }
    }
}

/// What stands around a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    /// A block.
    Block,
    /// Bold or italics.
    Mark,
    /// A link or a tag; within bold or italics (`true`) or not.
    Tag(bool),
}

fn inlines(text: &[Inline]) -> String {
    run(text, Around::Block)
}

fn run(text: &[Inline], around: Around) -> String {
    let pieces: Vec<Piece> = text.iter().map(|inline| piece(inline, around)).collect();
    let mut out = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Words(words) => {
                // Before a link, an exclamation mark would make it a picture.
                if words.starts_with('[') && out.ends_with('!') {
                    out.insert(out.len() - 1, '\\');
                }
                out.push_str(words);
            }
            Piece::Marked {
                before,
                inner,
                after,
                mark,
                name,
            } => {
                out.push_str(before);
                let next = after.chars().next().or_else(|| {
                    let mut behind = pieces.iter().skip(at + 1);
                    behind.find_map(Piece::first)
                });
                if stands(out.chars().next_back(), inner, next, around) {
                    out.extend([mark, inner.as_str(), mark]);
                } else {
                    out.extend(["<", name, ">", inner, "</", name, ">"]);
                }
                out.push_str(after);
            }
        }
    }
    out
}

fn piece(inline: &Inline, around: Around) -> Piece {
    let within = Around::Tag(matches!(around, Around::Mark | Around::Tag(true)));
    let words = match inline {
        Inline::Strong(inner) => return Piece::marked(inner, "**", "strong"),
        Inline::Emphasis(inner) => return Piece::marked(inner, "*", "em"),
        Inline::Text(text) => escaped(text),
        Inline::Link { label, .. } | Inline::LostLink { label, .. } if is_blank(label) => {
            run(label, around)
        }
        Inline::Link { href, label } if says(label) == href.as_str() => format!("<{href}>"),
        Inline::Link { href, label } => {
            let (before, label, after) = without_outer_breaks(label, within);
            let href = destination(href.as_str());
            format!("{before}[{label}]({href}){after}")
        }
        Inline::LostLink { href, label } => {
            let (before, label, after) = without_outer_breaks(label, within);
            format!("{before}[{label}]({}){after}", destination(href))
        }
        Inline::LineBreak => LINE_BREAK.to_owned(),
        Inline::Code(inner) => code(&says(inner)),
        Inline::NoteMark(mark) => {
            format!("<sup>{}</sup>", escaped(&scripts::note_mark(mark)))
        }
        other => match inline_tags::tags(other) {
            Some((begin, name)) => {
                let (before, inner, after) = without_outer_breaks(other.inner(), within);
                format!("{before}{begin}{inner}</{name}>{after}")
            }
            None => run(other.inner(), around),
        },
    };
    Piece::Words(words)
}

/// Whether a run shows nothing. What was struck out is shown.
pub(super) fn is_blank(text: &[Inline]) -> bool {
    text.iter().all(|inline| match inline {
        Inline::Text(text) => text.trim().is_empty(),
        Inline::NoteMark(_) | Inline::Picture(_) => false,
        marked => is_blank(marked.inner()),
    })
}

/// A run between the line breaks at its edges, which stand outside of a link or a tag.
fn without_outer_breaks(text: &[Inline], around: Around) -> (String, String, String) {
    let text = run(text, around);
    let (before, rest) = behind_breaks(&text);
    let (before, rest) = if before.contains('\n') {
        (before, rest)
    } else {
        ("", text.as_str())
    };
    let (inner, after) = before_breaks(rest);
    let (inner, after) = if after.contains('\n') {
        (inner, after)
    } else {
        (rest, "")
    };
    (before.to_owned(), inner.to_owned(), after.to_owned())
}

/// Whether Markdown takes `*` for a mark between these characters (`CommonMark` §6.2): one beside a quotation mark,
/// with a letter on its other side, is a star. Within another mark it must not be taken for that one's end, either.
fn stands(before: Option<char>, inner: &str, next: Option<char>, around: Around) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let begins_word = is_word(inner.chars().next());
    let opens = match (before, around) {
        (Some('*'), _) => false,
        (None, Around::Block | Around::Mark) => true,
        (None, Around::Tag(is_marked)) => begins_word || !is_marked,
        (Some(c), Around::Block | Around::Tag(false)) => begins_word || parts(c),
        (Some(c), _) => c.is_whitespace() || (begins_word && parts(c)),
    };
    let closes = is_word(inner.chars().next_back()) || next.is_none_or(|c| c == '*' || parts(c));
    opens && closes
}

/// What parts a mark from the words outside it, whoever reads the Markdown.
fn parts(c: char) -> bool {
    c.is_whitespace()
        || (c.is_ascii_punctuation() && c != '*')
        || "“”‘’«»–—…¿¡、。，．：；？！（）「」『』《》〈〉".contains(c)
}

/// The spaces and line breaks that a run begins with, and the rest.
fn behind_breaks(text: &str) -> (&str, &str) {
    let mut rest = text;
    loop {
        let shorter = rest.strip_prefix(LINE_BREAK).unwrap_or(rest).trim_start();
        if shorter.len() == rest.len() {
            return text.split_at(text.len() - rest.len());
        }
        rest = shorter;
    }
}

/// A run up to the spaces and line breaks at its end, and these.
fn before_breaks(text: &str) -> (&str, &str) {
    let mut rest = text;
    loop {
        let shorter = rest.strip_suffix(LINE_BREAK).unwrap_or(rest);
        let shorter = shorter.trim_end_matches(|c: char| c.is_whitespace() && c != '\n');
        if shorter.len() == rest.len() {
            return text.split_at(rest.len());
        }
        rest = shorter;
    }
}

/// An address as Markdown reads it again: in one, too, a backslash and an ampersand mean something.
fn destination(address: &str) -> String {
    let mut out = String::from("<");
    for (at, c) in address.char_indices() {
        let is_entity = || {
            let behind = address.get(at + 1..).unwrap_or_default();
            let behind = behind.strip_prefix('#').unwrap_or(behind);
            let name = behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            name.len() < behind.len() && name.starts_with(';')
        };
        match c {
            '\n' => continue,
            '\\' | '<' | '>' => out.push('\\'),
            '&' if is_entity() => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out.push('>');
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
