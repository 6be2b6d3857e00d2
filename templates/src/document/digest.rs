//! Several releases as one document: a few with their whole text, more as a list of what each says
//! first, each under a heading of its own.

use jiff::civil::Date;
use url::Url;

use super::{Block, Description, Document, Inline, List, Passage, reading_time::ReadingTime};
use crate::email::{preview, words::FixedWords};

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

/// More releases than this are listed, not printed.
const WHOLE: usize = 3;

/// The digest, in the language of its first part; its headline says how many releases of which days
/// it has. A single part needs no headline: it is what it is. End marks go, because what follows them
/// would look like an afterthought.
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
    let days = || parts.iter().map(|part| part.date);
    let (from, to) = (days().min(), days().max());
    let headline = fixed.releases(
        parts.len(),
        from.unwrap_or(first.date),
        to.unwrap_or(first.date),
    );
    let mut blocks = vec![heading(1, says(&headline))];
    for part in parts {
        blocks.push(heading(2, title(part)));
        // What has no page of its own can only be read here.
        if parts.len() > WHOLE && part.url.is_some() {
            blocks.extend(beginning(part, fixed));
        } else {
            blocks.push(Block::Paragraph(vec![Inline::Text(fixed.date(part.date))]));
            blocks.extend(lowered(&part.document.blocks));
            blocks.extend(onwards(part, fixed.read_at_source, None));
        }
    }
    Document {
        language: first.document.language.clone(),
        direction: first.document.direction,
        blocks,
    }
}

/// The subject of a digest: led by the release that has the most to say, the newest among equals. A
/// digest of one has its title.
#[must_use]
pub fn subject(parts: &[Part<'_>]) -> Option<String> {
    /// A longer text is no more important.
    const LONG: usize = 300;
    let weight = |part: &Part<'_>| {
        let time = ReadingTime::of(part.document);
        ((time.words + time.characters / 2).min(LONG), part.date)
    };
    let first = parts.iter().reduce(|first, part| {
        if weight(part) > weight(first) {
            part
        } else {
            first
        }
    })?;
    let fixed = FixedWords::of(&first.document.language);
    Some(fixed.and_more(first.title, parts.len() - 1))
}

fn heading(level: u8, text: Vec<Inline>) -> Block {
    Block::Heading { level, text }
}

fn says(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

/// A part's title leads to the release, where it has a page.
fn title(part: &Part<'_>) -> Vec<Inline> {
    let label = says(part.title);
    match part.url.clone() {
        Some(href) => vec![Inline::Link { href, label }],
        None => label,
    }
}

/// What a release says first, when, and where the rest is.
fn beginning(part: &Part<'_>, fixed: &'static FixedWords) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(says) = preview::first_sentence(part.title, part.document) {
        blocks.push(Block::Paragraph(vec![Inline::Text(says)]));
    }
    let date = fixed.date(part.date);
    blocks.extend(onwards(part, fixed.read_full, Some(&date)));
    blocks
}

/// The way to the release itself.
fn onwards(part: &Part<'_>, label: &str, date: Option<&str>) -> Option<Block> {
    let href = part.url.clone()?;
    let before = date.map(|date| Inline::Text(format!("{date} · ")));
    let link = Inline::Link {
        href,
        label: vec![Inline::Text(label.to_owned())],
    };
    Some(Block::Paragraph(before.into_iter().chain([link]).collect()))
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

    /// What the title of a part is made of.
    fn title_of(block: &Block) -> Option<&Inline> {
        match block {
            Block::Heading { level: 2, text } => text.first(),
            _ => None,
        }
    }

    fn headings(digest: &Document, wanted: u8) -> Vec<String> {
        let of_level = |block: &Block| match block {
            Block::Heading { level, text } if *level == wanted => {
                Some(crate::document::plain(text))
            }
            _ => None,
        };
        digest.blocks.iter().filter_map(of_level).collect()
    }

    #[test]
    fn up_to_three_releases_keep_every_word_under_a_headline_of_their_days() {
        let sample = sample();
        for number in [2, 3] {
            let parts: Vec<Part<'_>> = (0..number).map(|_| part("First", &sample)).collect();
            let digest = document(&parts);
            let headline = format!("{number} releases, February 16, 2024");
            assert_eq!(digest.headline(), Some(headline));
            assert_eq!(headings(&digest, 2).len(), number);
            let all = words::of_document(&digest);
            let one = Document {
                blocks: lowered(&sample.blocks),
                ..sample.clone()
            };
            for word in words::of_document(&one) {
                let times = |words: &[String]| words.iter().filter(|w| **w == word).count();
                assert!(
                    times(&all) >= number * times(&words::of_document(&one)),
                    "{word}"
                );
            }
        }
    }

    #[test]
    fn more_releases_are_listed_with_their_first_sentence_date_and_link() {
        let sample = sample();
        let titles = ["One", "Two", "Three", "Four"];
        let mut parts: Vec<Part<'_>> = titles.map(|title| part(title, &sample)).into();
        parts[0].date = jiff::civil::date(2024, 2, 12);
        parts[3].url = None;
        let digest = document(&parts);
        assert_eq!(
            digest.headline().as_deref(),
            Some("4 releases, February 12–16")
        );
        assert_eq!(headings(&digest, 2), titles);
        let text = crate::document::text::render(&digest);
        let first = preview::first_sentence("One", &sample).unwrap();
        assert_eq!(text.matches(&first).count(), 3, "{text}");
        // The titles lead there, too; in text, one address below says it.
        for (at, title) in titles.iter().enumerate() {
            let leads = matches!(
                &digest.blocks.iter().filter_map(title_of).nth(at),
                Some(Inline::Link { .. })
            );
            assert_eq!(leads, at < 3, "{title}");
        }
        assert_eq!(text.matches("https://o.example/One").count(), 1, "{text}");
        assert!(
            text.contains("February 12, 2024 · Read the full release [1]"),
            "{text}"
        );
        // The last has no page: its whole text stands here, once.
        assert_eq!(
            text.matches("We ask for a prompt reply").count(),
            1,
            "{text}"
        );
    }

    #[test]
    fn the_subject_is_led_by_the_release_with_the_most_to_say() {
        let (long, short) = (
            sample(),
            Document {
                blocks: sample().blocks[..1].to_vec(),
                ..sample()
            },
        );
        let notice = Part {
            date: jiff::civil::date(2024, 2, 17),
            ..part("Office Closed on Monday", &short)
        };
        let parts = [
            notice,
            part("Kim Leads Letter", &long),
            part("Photos", &short),
        ];
        assert_eq!(
            subject(&parts).as_deref(),
            Some("Kim Leads Letter, and 2 more")
        );
        assert_eq!(
            subject(&parts[..1]).as_deref(),
            Some("Office Closed on Monday")
        );
        assert_eq!(subject(&[]), None);
    }

    #[test]
    fn headings_and_end_marks_within_a_part_are_lowered_too() {
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
        let parts = crate::document::html::web_below_headline(&digest).0;
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
