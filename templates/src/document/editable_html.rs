//! The document as HTML that is written in: each thing is one plain element, from which the editor's script
//! (`editor_markdown.js`) can tell what stands there. The web's HTML (`html`) says the same to readers, and so
//! closes gaps between headings, widens links and drops what is said twice.

use maud::{Markup, html};

use super::{Block, Figure, Inline, List, NumberStyle, Passage, Table};

/// The blocks, with no white space between their elements: in the editor each space would show.
#[must_use]
pub fn editable(blocks: &[Block]) -> Markup {
    html! { @for block in blocks { (one(block)) } }
}

fn one(block: &Block) -> Markup {
    match block {
        Block::Heading { level, text } => heading(*level, &inlines(text)),
        Block::Paragraph(text) => html! { p { (inlines(text)) } },
        Block::Quote(inner) => html! { blockquote { (editable(inner)) } },
        Block::List(list) => items(list),
        Block::Table(shown) => table(shown),
        Block::Figure(shown) => figure(shown),
        Block::Embed { title, url, .. } => html! { p { a href=(url) { (title) } } },
        // HTML drops a first line feed inside <pre>; the one put here is that one.
        Block::Preformatted(text) => html! { pre { "\n" (text) } },
        Block::EndMark(mark) => html! { p { (mark) } },
        Block::Passage(Passage {
            language,
            direction,
            blocks,
        }) => html! { div lang=(language) dir=(direction.as_str()) { (editable(blocks)) } },
        Block::DescriptionList(groups) => html! {
            dl {
                @for group in groups {
                    @for term in &group.terms { dt { (inlines(term)) } }
                    @for details in &group.details { dd { (editable(details)) } }
                }
            }
        },
        Block::Missing(_) => Markup::default(),
    }
}

fn heading(level: u8, text: &Markup) -> Markup {
    match level {
        0 | 1 => html! { h1 { (text) } },
        2 => html! { h2 { (text) } },
        3 => html! { h3 { (text) } },
        4 => html! { h4 { (text) } },
        5 => html! { h5 { (text) } },
        _ => html! { h6 { (text) } },
    }
}

fn items(list: &List) -> Markup {
    let items = html! { @for item in &list.items { li { (editable(item)) } } };
    match list.numbering {
        None => html! { ul { (items) } },
        Some(numbering) => html! {
            ol start=[(numbering.start != 1 || numbering.reversed).then_some(numbering.start)]
                type=[(numbering.style != NumberStyle::Decimal).then(|| numbering.style.as_str())]
                reversed[numbering.reversed] { (items) }
        },
    }
}

fn table(table: &Table) -> Markup {
    html! {
        table {
            @if let Some(caption) = &table.caption { caption { (inlines(caption)) } }
            @if !table.header.is_empty() {
                thead { tr { @for cell in &table.header { th scope="col" { (inlines(cell)) } } } }
            }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for (at, cell) in row.iter().enumerate() {
                            @if at == 0 && table.row_headers { th scope="row" { (inlines(cell)) } }
                            @else { td { (inlines(cell)) } }
                        }
                    }
                }
            }
        }
    }
}

fn figure(figure: &Figure) -> Markup {
    let image = html! { img src=(figure.src) alt=(figure.alt); };
    html! {
        figure {
            @if let Some(link) = &figure.link { a href=(link) { (image) } } @else { (image) }
            @if let Some(caption) = &figure.caption { figcaption { (inlines(caption)) } }
        }
    }
}

fn inlines(text: &[Inline]) -> Markup {
    html! {
        @for inline in text {
            @match inline {
                Inline::Text(text) => (text),
                Inline::LineBreak => { br; }
                Inline::Strong(inner) => strong { (inlines(inner)) },
                Inline::Emphasis(inner) => em { (inlines(inner)) },
                Inline::Link { href, label } => a href=(href) { (inlines(label)) },
                Inline::LostLink { href, label } => a data-lost=(href) { (inlines(label)) },
                Inline::Superscript(inner) => sup { (inlines(inner)) },
                Inline::Subscript(inner) => sub { (inlines(inner)) },
                Inline::NoteMark(mark) => sup { (super::scripts::note_mark(mark)) },
                Inline::Struck(inner) => del { (inlines(inner)) },
                Inline::Inserted(inner) => ins { (inlines(inner)) },
                Inline::Code(inner) => code { (inlines(inner)) },
                Inline::Keyboard(inner) => kbd { (inlines(inner)) },
                Inline::Abbreviation { title, text } => abbr title=(title) { (inlines(text)) },
                Inline::Foreign { language, direction, text } => {
                    span lang=(language) dir=(direction.as_str()) { (inlines(text)) }
                }
                Inline::Picture(figure) => { img src=(figure.src) alt=(figure.alt); }
            }
        }
    }
}
