//! A Markdown text block by block, for the editor that shows it as it will look: what nobody touches there is
//! written back as it stood.

use std::ops::Range;

use gazette_templates::document::{Block, editable_html};
use pulldown_cmark::{Event, Parser, Tag};
use serde::Serialize;

use super::{read, write};

/// A text in blocks: `before`, then `source` and `gap` of each, are the text to the octet.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct EditableText {
    /// Blank lines above the first block.
    pub before: String,
    /// The blocks in reading order.
    pub blocks: Vec<EditableBlock>,
}

/// One block of the text's top level, with the comments that belong to it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct EditableBlock {
    /// Its Markdown as it stands in the text.
    pub source: String,
    /// What stands between it and the next: blank lines.
    pub gap: String,
    /// What it says, in plain elements; empty where it says nothing, such as a rule.
    pub html: String,
    /// Its Markdown as we write it, where that is other Markdown that says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
}

/// The blocks of a text.
#[must_use]
pub fn editable(markdown: &str) -> EditableText {
    let whole = read::blocks(markdown);
    let places = places(markdown);
    let parts: Vec<Vec<Block>> = places
        .iter()
        .map(|place| read::blocks(markdown.get(place.clone()).unwrap_or_default()))
        .collect();
    if parts.iter().flatten().eq(&whole) {
        return of_parts(markdown, places, parts);
    }
    // Where one part says what another is, as references of links do, they stay together.
    let from = markdown.len() - markdown.trim_start_matches('\n').len();
    let inner = markdown.trim_matches('\n').len();
    of_parts(
        markdown,
        std::iter::once(from..from + inner).collect(),
        vec![whole],
    )
}

fn of_parts(markdown: &str, places: Vec<Range<usize>>, parts: Vec<Vec<Block>>) -> EditableText {
    let words = |place: Range<usize>| markdown.get(place).unwrap_or_default().to_owned();
    let begins: Vec<usize> = places.iter().map(|place| place.start).collect();
    let first = begins.first().copied().unwrap_or(markdown.len());
    let blocks = places.into_iter().zip(parts).enumerate();
    EditableText {
        before: words(0..first),
        blocks: blocks
            .map(|(at, (place, blocks))| {
                let next = begins.get(at + 1).copied().unwrap_or(markdown.len());
                let gap = words(place.end..next);
                block(words(place), gap, blocks)
            })
            .collect(),
    }
}

fn block(source: String, gap: String, mut blocks: Vec<Block>) -> EditableBlock {
    // A digest's headline is told from other headings by its mark.
    if let Some(Block::Heading { level, .. }) = blocks.first_mut()
        && source.starts_with("# ")
    {
        *level = 1;
    }
    let written = write::blocks(&blocks).trim_end().to_owned();
    let html = editable_html::editable(&blocks).into_string();
    let differs = written != source;
    let says_the_same = || read::blocks(&written) == read::blocks(&source);
    EditableBlock {
        gap,
        html,
        written: (differs && !written.is_empty() && says_the_same()).then_some(written),
        source,
    }
}

/// Where the blocks of the top level stand. What the reader takes for nothing, such as the address of a
/// reference, is one by itself.
fn places(markdown: &str) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut depth = 0_usize;
    // Comments that belong to what follows, and parts in another language, which end with a comment of their own.
    let mut begun: Option<usize> = None;
    let mut passages = 0_usize;
    for (event, place) in Parser::new_ext(markdown, read::extensions()).into_offset_iter() {
        let is_top = depth == 0;
        let is_html = matches!(event, Event::Start(Tag::HtmlBlock));
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !is_top {
            continue;
        }
        let place = whole_lines(markdown, place);
        let from = begun.unwrap_or(place.start);
        let says = if is_html {
            let html = markdown.get(place.clone()).unwrap_or_default();
            read::remark(html).unwrap_or_default()
        } else {
            ""
        };
        if read::begins_passage(says) {
            passages += 1;
        } else if says == "/language" {
            passages = passages.saturating_sub(1);
        }
        if passages > 0 || read::is_about_the_next(says) {
            begun = Some(from);
            continue;
        }
        begun = None;
        places.push(from..place.end);
    }
    if let Some(from) = begun {
        let end = markdown.trim_end().len().max(from);
        places.push(from..end);
    }
    with_the_rest(markdown, places)
}

/// From the beginning of its first line, with what it is indented by, to its last letter.
fn whole_lines(markdown: &str, place: Range<usize>) -> Range<usize> {
    let head = markdown.get(..place.start).unwrap_or_default();
    let line = head.rfind('\n').map_or(0, |at| at + 1);
    let is_indent = head
        .get(line..)
        .is_some_and(|indent| indent.chars().all(char::is_whitespace));
    let start = if is_indent { line } else { place.start };
    let says = markdown.get(start..place.end).unwrap_or_default();
    start..start + says.trim_end().len()
}

/// The same with what stands between them and is no blank line.
fn with_the_rest(markdown: &str, places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut all = Vec::with_capacity(places.len());
    let mut from = 0;
    let end = markdown.len()..markdown.len();
    for place in places.into_iter().chain([end]) {
        let between = markdown.get(from..place.start).unwrap_or_default();
        let rest = between.trim();
        if !rest.is_empty() {
            let at = from + between.find(rest).unwrap_or_default();
            all.push(at..at + rest.len());
        }
        from = place.end.max(from);
        if !place.is_empty() {
            all.push(place);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::{
        by_hand::{from_markdown, to_markdown},
        reading, sample,
    };

    fn joined(text: &EditableText) -> String {
        let blocks = text.blocks.iter();
        let blocks = blocks.map(|block| format!("{}{}", block.source, block.gap));
        text.before.clone() + &blocks.collect::<String>()
    }

    fn sources(markdown: &str) -> Vec<String> {
        let text = editable(markdown);
        assert_eq!(joined(&text), markdown);
        text.blocks.into_iter().map(|block| block.source).collect()
    }

    #[test]
    fn each_block_has_its_own_markdown_and_its_comments() {
        let text = "\n## One\nTwo  \n\n- a\n- b\n\n* c\n\n---\n\n<!-- list a -->\n\n1. d\n\n<!-- language es ltr -->\n\nHola\n\n- uno\n\n\
            <!-- /language -->\n\n    code\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd\n\n";
        assert_eq!(
            sources(text),
            [
                "## One",
                "Two",
                "- a\n- b",
                "* c",
                "---",
                "<!-- list a -->\n\n1. d",
                "<!-- language es ltr -->\n\nHola\n\n- uno\n\n<!-- /language -->",
                "    code",
                "| a | b |\n|---|---|\n| 1 | 2 |",
                "End",
            ]
        );
        let blocks = editable(text).blocks;
        assert_eq!(blocks[3].written.as_deref(), Some("- c"));
        assert_eq!(blocks[4].html, "");
        assert!(blocks[5].html.starts_with("<ol type=\"a\"><li><p>d</p>"));
        assert_eq!(
            editable(" \n"),
            EditableText {
                before: " \n".to_owned(),
                ..EditableText::default()
            }
        );
    }

    #[test]
    fn what_says_something_of_another_block_stays_with_it() {
        let reference = "See [it][1].\n\n[1]: https://o.example/it\n";
        assert_eq!(sources(reference), [reference.trim_end()]);
        let unclosed = "One\n\n<!-- language es ltr -->\n\nDos\n\nTres\n";
        assert_eq!(sources(unclosed).len(), 2);
    }

    #[test]
    fn each_sample_falls_into_the_blocks_that_it_has() {
        for sample in sample::RELEASES {
            let document = reading::page(sample.page, None).document;
            let markdown = to_markdown(&document);
            let text = editable(&markdown);
            assert_eq!(joined(&text), markdown, "{}", sample.slug);
            assert_eq!(text.blocks.len(), document.blocks.len(), "{}", sample.slug);
            assert!(text.blocks.iter().all(|block| block.gap.trim().is_empty()));
        }
    }

    proptest::proptest! {
        #[test]
        fn the_blocks_of_any_text_are_the_text(markdown in "([ -~äñ한\t]{0,12}(\n|\n\n|\n> |\n- |\n1. |\n# |\n<!-- language es ltr -->\n|\n\\| a \\|\n|---|\n)){0,12}") {
            let text = editable(&markdown);
            proptest::prop_assert_eq!(joined(&text), markdown.clone());
            let parts: Vec<Block> = text.blocks.iter().flat_map(|block| read::blocks(&block.source)).collect();
            proptest::prop_assert_eq!(parts, from_markdown(&markdown).blocks);
        }

        #[test]
        fn what_we_write_of_a_block_is_what_it_says(bold in "[ -~“”한]{1,12}", around in "[ -~“”한]{0,6}", behind in "[ -~“”한]{0,6}") {
            use gazette_templates::document::Inline;
            let text = |says: &str| Inline::Text(says.to_owned());
            for mark in [Inline::Strong, Inline::Emphasis] {
                let run = vec![text(&around), mark(vec![text(&bold)]), text(&behind)];
                let markdown = write::blocks(&[Block::Paragraph(run)]);
                let [Block::Paragraph(again)] = &*read::blocks(&markdown) else {
                    // Nothing but spaces, or the mark of an end.
                    continue;
                };
                let says = format!("{around}{bold}{behind}");
                let says_again = write::says(again);
                proptest::prop_assert_eq!(says_again.trim(), says.trim(), "{}", markdown);
            }
        }
    }
}
