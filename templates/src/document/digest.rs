//! Several releases as one document: what is in it, then each under a heading of its own.

use jiff::civil::Date;
use url::Url;

use super::{Block, Description, Document, Inline, List, Passage};
use crate::email::words::FixedWords;

/// One release of a digest.
#[derive(Debug)]
pub struct Part<'a> {
    /// What it is called.
    pub title: &'a str,
    /// When it was published, in the office's zone.
    pub date: Date,
    /// Where it stands on the web.
    pub url: Option<Url>,
    /// What it says.
    pub document: &'a Document,
}

/// The digest, in the language of its first part. A single part needs no contents and no heading:
/// it is what it is. End marks go, because what follows them would look like an afterthought.
#[must_use]
pub fn document(parts: &[Part<'_>]) -> Document {
    let Some(first) = parts.first() else {
        return Document {
            language: "en".to_owned(),
            direction: super::Direction::Ltr,
            blocks: Vec::new(),
        };
    };
    if parts.len() == 1 {
        return first.document.clone();
    }
    let fixed = FixedWords::of(&first.document.language);
    let mut blocks = vec![Block::List(List {
        numbering: None,
        items: parts.iter().map(|part| vec![entry(part)]).collect(),
    })];
    for part in parts {
        blocks.push(Block::Heading {
            level: 2,
            text: vec![Inline::Text(part.title.to_owned())],
        });
        blocks.push(Block::Paragraph(vec![Inline::Text(fixed.date(part.date))]));
        blocks.extend(lowered(&part.document.blocks));
        if let Some(url) = &part.url {
            blocks.push(Block::Paragraph(vec![Inline::Link {
                href: url.clone(),
                label: vec![Inline::Text(fixed.read_at_source.to_owned())],
            }]));
        }
    }
    Document {
        language: first.document.language.clone(),
        direction: first.document.direction,
        blocks,
    }
}

/// A line of the contents. It leads to the web: mail software does not jump within a mail.
fn entry(part: &Part<'_>) -> Block {
    let title = vec![Inline::Text(part.title.to_owned())];
    Block::Paragraph(match &part.url {
        Some(url) => vec![Inline::Link {
            href: url.clone(),
            label: title,
        }],
        None => title,
    })
}

/// The blocks with their headings below the release's own and without end marks, however deep they
/// stand in quotes, lists and passages. What an end mark was alone in goes with it.
fn lowered(blocks: &[Block]) -> Vec<Block> {
    blocks.iter().filter_map(lowered_block).collect()
}

fn lowered_block(block: &Block) -> Option<Block> {
    let inside = |blocks: &[Block]| Some(lowered(blocks)).filter(|inner| !inner.is_empty());
    Some(match block {
        Block::EndMark(_) => return None,
        Block::Heading { level, text } => Block::Heading {
            level: level.saturating_add(1).min(6),
            text: text.clone(),
        },
        Block::Quote(inner) => Block::Quote(inside(inner)?),
        Block::Passage(passage) => Block::Passage(Passage {
            language: passage.language.clone(),
            direction: passage.direction,
            blocks: inside(&passage.blocks)?,
        }),
        // An item keeps its place: the numbers of the others must not change.
        Block::List(list) => Block::List(List {
            numbering: list.numbering,
            items: list.items.iter().map(|item| lowered(item)).collect(),
        }),
        Block::DescriptionList(groups) => Block::DescriptionList(
            groups
                .iter()
                .map(|group| Description {
                    terms: group.terms.clone(),
                    details: group.details.iter().map(|part| lowered(part)).collect(),
                })
                .collect(),
        ),
        Block::Paragraph(_)
        | Block::Table(_)
        | Block::Figure(_)
        | Block::Embed { .. }
        | Block::Preformatted(_)
        | Block::Missing(_) => block.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{tests::sample, words};

    fn part<'a>(title: &'a str, document: &'a Document) -> Part<'a> {
        Part {
            title,
            date: jiff::civil::date(2024, 2, 16),
            url: Some(format!("https://o.example/{title}").parse().unwrap()),
            document,
        }
    }

    #[test]
    fn a_digest_lists_its_releases_and_keeps_every_word_of_them() {
        let sample = sample();
        let digest = document(&[part("First", &sample), part("Second", &sample)]);
        let Some(Block::List(contents)) = digest.blocks.first() else {
            panic!("{digest:?}")
        };
        assert_eq!(contents.items.len(), 2);
        let headings = |level| {
            let of_level =
                |block: &&Block| matches!(block, Block::Heading { level: l, .. } if *l == level);
            digest.blocks.iter().filter(of_level).count()
        };
        assert_eq!(headings(2), 2);
        let links = digest.blocks.iter().filter(|block| {
            matches!(block, Block::Paragraph(text) if matches!(text.as_slice(), [Inline::Link { .. }]))
        });
        assert!(links.count() >= 2);
        let all = words::of_document(&digest);
        let one = Document {
            blocks: lowered(&sample.blocks),
            ..sample.clone()
        };
        for word in words::of_document(&one) {
            let times = |words: &[String]| words.iter().filter(|w| **w == word).count();
            assert!(
                times(&all) >= 2 * times(&words::of_document(&one)),
                "{word}"
            );
        }
    }

    #[test]
    fn headings_and_end_marks_within_a_part_are_lowered_too() {
        let says = |text: &str| vec![Inline::Text(text.to_owned())];
        let inner = || {
            vec![
                Block::Heading {
                    level: 2,
                    text: says("Why"),
                },
                Block::Paragraph(says("Because.")),
                Block::EndMark("###".to_owned()),
            ]
        };
        let passage = |blocks| {
            Block::Passage(Passage {
                language: "es".to_owned(),
                direction: crate::document::Direction::Ltr,
                blocks,
            })
        };
        let release = Document {
            blocks: vec![
                Block::Quote(inner()),
                passage(inner()),
                passage(vec![Block::EndMark("###".to_owned())]),
                Block::List(List {
                    numbering: None,
                    items: vec![inner()],
                }),
            ],
            ..sample()
        };
        let digest = document(&[part("First", &release), part("Second", &release)]);
        let parts = crate::document::html::web(&digest).0;
        assert!(!parts.contains("###"), "{parts}");
        assert_eq!(parts.matches(">Why</h3>").count(), 6, "{parts}");
        assert_eq!(parts.matches("lang=\"es\"").count(), 2, "{parts}");
    }

    #[test]
    fn one_release_is_no_digest_and_none_is_empty() {
        let sample = sample();
        assert_eq!(document(&[part("First", &sample)]), sample);
        assert!(document(&[]).blocks.is_empty());
    }
}
