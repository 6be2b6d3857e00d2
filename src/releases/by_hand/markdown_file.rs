//! A release that staff give as a Markdown file: its first heading of the first level is the headline, and what
//! generators of sites keep between two lines of dashes above the text says title and date.

use gazette_templates::{
    Document,
    document::{Block, plain},
};

use super::{super::reading, read};

/// Lines with words among which the headline stands.
const HEAD: usize = 8;

/// Reads the file; what is no text is refused as any other file is.
pub(in crate::releases) fn markdown_file(bytes: &[u8]) -> reading::Reading {
    if let Some(refusal) = reading::refusal::of_bytes(bytes, "") {
        return reading::Reading::refused(refusal);
    }
    let text = reading::charset::decode(bytes, None).replace("\r\n", "\n");
    let (about, markdown) = about_and_text(&text);
    let (headline, markdown) = headline_and_text(markdown);
    let mut blocks = read::blocks(&markdown);
    let title = headline.or_else(|| said(about, "title"));
    // The date, and what it may be called, as a text file says them.
    let as_text = reading::text(&markdown);
    let order = reading::dates::DateOrder::default();
    let mut published =
        said(about, "date").and_then(|date| reading::dates::written_in(&date, order));
    published = published.or(as_text.published);
    drop_date_line(&mut blocks);
    let (language, direction) = reading::speaks(&blocks, "en");
    reading::Reading {
        title,
        published,
        document: Document {
            language,
            direction,
            blocks,
        },
        ..as_text
    }
}

/// A line that is the date alone, which a mail has above the text.
fn drop_date_line(blocks: &mut Vec<Block>) {
    let order = reading::dates::DateOrder::default();
    let found = blocks.iter().take(HEAD).position(|block| match block {
        Block::Paragraph(text) => reading::dates::alone_in(&plain(text), order).is_some(),
        _ => false,
    });
    if let Some(at) = found {
        blocks.remove(at);
    }
}

/// What stands between lines of dashes at the very beginning, and the text.
fn about_and_text(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let parted = text
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .filter(|(about, _)| {
            about
                .lines()
                .all(|line| line.trim().is_empty() || line.contains([':', '-']))
        });
    parted.unwrap_or(("", text))
}

/// `title: "The bridge opens"`
fn said(about: &str, name: &str) -> Option<String> {
    about.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (key.trim().eq_ignore_ascii_case(name) && !value.is_empty()).then(|| value.to_owned())
    })
}

/// The headline, `# Title` or a line with `====` below it, and the text without it, which has it above itself.
fn headline_and_text(markdown: &str) -> (Option<String>, String) {
    let lines: Vec<&str> = markdown.lines().collect();
    let is_underlined = |at: usize| {
        lines.get(at + 1).is_some_and(|next| {
            next.trim_end().len() >= 3 && next.trim_end().bytes().all(|b| b == b'=')
        })
    };
    let found = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .take(HEAD)
        .find_map(|(at, line)| match line.strip_prefix("# ") {
            Some(title) => Some((at, title, 1)),
            None => is_underlined(at).then_some((at, *line, 2)),
        });
    let Some((at, title, taken)) = found else {
        return (None, markdown.to_owned());
    };
    let title = match read::blocks(title).as_slice() {
        [Block::Paragraph(text)] => plain(text).trim().to_owned(),
        _ => title.trim().to_owned(),
    };
    let rest = lines.iter().take(at).chain(lines.iter().skip(at + taken));
    let text = rest.copied().collect::<Vec<_>>().join("\n");
    (Some(title).filter(|title| !title.is_empty()), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::reading::{Refusal, words};

    #[test]
    fn a_markdown_file_is_read_as_what_its_marks_mean() {
        let file = "FOR IMMEDIATE RELEASE\n\n# Doe opens *two* shelters\n\nJune 3, 2026\n\nThe county opens **two** shelters \
            on Friday, and [all are welcome](https://doe.example/a).\n\n## What to bring\n\n- a blanket\n- food for pets\n";
        let reading = markdown_file(file.as_bytes());
        assert_eq!(reading.title.as_deref(), Some("Doe opens two shelters"));
        let day = reading
            .published
            .map(|found| found.written.day().to_string());
        assert_eq!(day.as_deref(), Some("2026-06-03"));
        let says = words(&reading.document);
        assert!(!says.contains(['#', '*', '[']), "{says}");
        assert!(
            says.contains("What to bring a blanket food for pets"),
            "{says}"
        );
        let blocks = &reading.document.blocks;
        assert!(blocks.iter().any(|block| matches!(block, Block::List(_))));
        let file = "---\ntitle: \"Doe opens a bridge\"\ndate: 2026-05-04\n---\nThe bridge opens on Friday to all who walk.\n";
        let reading = markdown_file(file.as_bytes());
        assert_eq!(reading.title.as_deref(), Some("Doe opens a bridge"));
        let day = reading
            .published
            .map(|found| found.written.day().to_string());
        assert_eq!(day.as_deref(), Some("2026-05-04"));
        assert_eq!(
            words(&reading.document),
            "The bridge opens on Friday to all who walk"
        );
        assert_eq!(markdown_file(b"%PDF-1.7").refusal, Some(Refusal::Pdf));
        assert_eq!(markdown_file(b"No headline here at all.").title, None);
    }
}
