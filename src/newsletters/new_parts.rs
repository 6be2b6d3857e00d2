//! A digest whose text somebody changed by hand, and one of whose releases the office changed since: the part of
//! that release is put in anew, and the others stay as they were written.

use gazette_templates::{
    Document,
    document::{Block, Inline},
};
use sea_orm::ConnectionTrait;
use url::Url;

use super::{
    Change, Result, contents::Contents, making::releases_of, newsletter_entities::newsletter,
};
use crate::{
    office::Office,
    releases::{ReleaseText, release_text, revision_text},
};

/// What the digest `held` says once the changed parts of `contents`, which is all of it anew, are put into what
/// somebody wrote: its subject and its text. `None`: nobody wrote in it, or it cannot be told which part is whose.
pub(super) async fn put_in_anew(
    connection: &impl ConnectionTrait,
    office: &Office,
    held: &newsletter::Model,
    contents: &Contents,
    changes: &[Change],
) -> Result<Option<(String, Document)>> {
    if held.edited_at.is_none() {
        return Ok(None);
    }
    let Ok(edited) = serde_json::from_str::<Document>(&held.document) else {
        return Ok(None);
    };
    let (mut titles, mut before) = (Vec::new(), Vec::new());
    for part in releases_of(connection, held.id).await? {
        let Some(now) = release_text(connection, part.release_id).await? else {
            return Ok(None);
        };
        let Some(old) = revision_text(connection, now.id, part.revision).await? else {
            return Ok(None);
        };
        let url = now.url.as_deref().and_then(|url| Url::parse(url).ok());
        let url = url.map(String::from);
        let heading = |title: &str| Heading {
            url: url.clone(),
            title: title.to_owned(),
        };
        let is_there = contents.releases.iter().any(|(id, _)| *id == now.id);
        titles.push(PartTitle {
            before: heading(&old.title),
            now: is_there.then(|| heading(&now.title)),
            is_changed: changes.iter().any(|change| change.release_id == now.id),
        });
        before.push(ReleaseText {
            title: old.title,
            document: old.document,
            ..now
        });
    }
    let Some(document) = with_new_parts(&edited, &contents.document, &titles) else {
        return Ok(None);
    };
    // A subject that nobody wrote follows its releases.
    let is_written = Contents::of(office, &before).subject != held.subject;
    let subject = if is_written {
        &held.subject
    } else {
        &contents.subject
    };
    Ok(Some((subject.clone(), document)))
}

/// A release of the digest: the heading that its part had, and the one that it has now.
#[derive(Debug, Clone)]
pub(super) struct PartTitle {
    pub before: Heading,
    /// `None`: it is in the digest no more.
    pub now: Option<Heading>,
    /// Whether the office changed it, or took it back.
    pub is_changed: bool,
}

/// By what the heading of a part is known: where it leads, else what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub url: Option<String>,
    pub title: String,
}

impl Heading {
    fn is(&self, block: &Block) -> bool {
        let Block::Heading { level: 2, text } = block else {
            return false;
        };
        match (&self.url, text.as_slice()) {
            (Some(url), [Inline::Link { href, .. }, ..]) => href.as_str() == url,
            (_, [Inline::Text(words)]) => words.trim() == self.title.trim(),
            _ => false,
        }
    }
}

/// The edited text with the changed parts of `new` in their places; `None`: it cannot be told which part is whose.
pub(super) fn with_new_parts(
    edited: &Document,
    new: &Document,
    titles: &[PartTitle],
) -> Option<Document> {
    let before: Vec<&Heading> = titles.iter().map(|title| &title.before).collect();
    let now: Vec<&Heading> = titles
        .iter()
        .filter_map(|title| title.now.as_ref())
        .collect();
    let (head, old_parts) = parts(&edited.blocks, &before)?;
    let (new_head, new_parts) = parts(&new.blocks, &now)?;
    let mut new_parts = new_parts.into_iter();
    let mut blocks = head.to_vec();
    if before.len() != now.len() {
        // It says how many there are.
        let is_headline = |block: &Block| matches!(block, Block::Heading { level: 1, .. });
        let counted = new_head.iter().find(|block| is_headline(block));
        if let (Some(old), Some(counted)) = (blocks.iter_mut().find(|it| is_headline(it)), counted)
        {
            old.clone_from(counted);
        }
    }
    for (title, old) in titles.iter().zip(old_parts) {
        let new = title.now.as_ref().and_then(|_| new_parts.next());
        match new {
            None => {}
            Some(new) if title.is_changed => blocks.extend_from_slice(new),
            Some(_) => blocks.extend_from_slice(old),
        }
    }
    Some(Document {
        blocks,
        ..edited.clone()
    })
}

/// What stands before the first part, and each part with its heading; `None` where a heading is not there, is
/// there twice, or stands in another order.
fn parts<'a>(blocks: &'a [Block], titles: &[&Heading]) -> Option<(&'a [Block], Vec<&'a [Block]>)> {
    let mut begins = Vec::with_capacity(titles.len());
    for title in titles {
        let mut found = (0..blocks.len()).filter(|at| title.is(&blocks[*at]));
        begins.push(found.next()?);
        if found.next().is_some() {
            return None;
        }
    }
    if !begins.is_sorted() {
        return None;
    }
    let ends = begins.iter().skip(1).copied().chain([blocks.len()]);
    let parts = begins
        .iter()
        .zip(ends)
        .map(|(begin, end)| &blocks[*begin..end]);
    Some((&blocks[..*begins.first()?], parts.collect()))
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::Direction;

    use super::*;

    fn heading(level: u8, words: &str) -> Block {
        let text = vec![Inline::Text(words.to_owned())];
        Block::Heading { level, text }
    }

    fn says(words: &str) -> Block {
        Block::Paragraph(vec![Inline::Text(words.to_owned())])
    }

    fn document(blocks: Vec<Block>) -> Document {
        Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks,
        }
    }

    fn title(words: &str, is_changed: bool) -> PartTitle {
        let heading = Heading {
            url: None,
            title: words.to_owned(),
        };
        PartTitle {
            before: heading.clone(),
            now: Some(heading),
            is_changed,
        }
    }

    #[test]
    fn only_the_part_that_changed_is_put_in_anew() {
        let edited = document(vec![
            heading(1, "Two"),
            says("a word of ours"),
            heading(2, "A"),
            says("old a"),
            heading(2, "B"),
            says("b, by hand"),
        ]);
        let new = document(vec![
            heading(1, "Two"),
            heading(2, "A"),
            says("new a"),
            heading(2, "B"),
            says("b"),
        ]);
        let merged = with_new_parts(&edited, &new, &[title("A", true), title("B", false)]).unwrap();
        let mut expected = edited.blocks.clone();
        expected[3] = says("new a");
        assert_eq!(merged.blocks, expected);
        // Taken back: it goes, and nothing else.
        let alone = document(vec![heading(1, "One"), heading(2, "B"), says("b")]);
        let mut gone = title("A", true);
        gone.now = None;
        let merged = with_new_parts(&edited, &alone, &[gone, title("B", false)]).unwrap();
        let expected = [
            heading(1, "One"),
            says("a word of ours"),
            heading(2, "B"),
            says("b, by hand"),
        ];
        assert_eq!(merged.blocks, expected);
    }

    #[test]
    fn where_a_heading_was_changed_by_hand_nobody_can_tell() {
        let edited = document(vec![heading(1, "Two"), heading(2, "Ours"), heading(2, "B")]);
        let new = document(vec![heading(1, "Two"), heading(2, "A"), heading(2, "B")]);
        let titles = [title("A", true), title("B", false)];
        assert!(with_new_parts(&edited, &new, &titles).is_none());
    }
}
