//! The preview line: what mailboxes show beside the subject. It is the beginning of what the release
//! has to say, never what stands around it: when it may be published, when it was, who answers the
//! press, who took the picture.

use super::around_release::{is_around, normal, said, without_dateline};
use crate::{
    document::{Block, Document, Inline, plain},
    shortened::shortened,
};

/// Characters at most: what telephones show in two lines.
pub const PREVIEW: usize = 140;

/// The preview line of a release; `None` where it says nothing in words. `title` is what stands
/// beside it already.
#[must_use]
pub fn preview(title: &str, document: &Document) -> Option<String> {
    if let Some(titles) = titles_of_a_digest(document) {
        return fit_for_mailbox(&without_leading(title, titles).join(" · "));
    }
    let mut found = Found {
        title: normal(title),
        paragraph: None,
        other: None,
    };
    found.look(&document.blocks);
    let says = found.paragraph.or(found.other)?;
    fit_for_mailbox(without_dateline(&says))
}

/// The index of the paragraph that leads the release: the first one that the preview would take, if
/// only pictures and what is around a release stand above it, and it is no longer than a lead is.
pub(super) fn lead(title: &str, document: &Document) -> Option<usize> {
    const LONGEST: usize = 600;
    if titles_of_a_digest(document).is_some() {
        return None;
    }
    let title = normal(title);
    for (at, block) in document.blocks.iter().enumerate() {
        match block {
            Block::Paragraph(text) => {
                let Some(says) = said(text).filter(|says| normal(says) != title) else {
                    continue;
                };
                let leads = says.chars().count() <= LONGEST && reads_on(&document.blocks, at);
                return leads.then_some(at);
            }
            Block::Figure(_) | Block::Missing(_) | Block::Embed { .. } => {}
            _ => return None,
        }
    }
    None
}

/// A paragraph leads what follows it; alone, it is the text.
fn reads_on(blocks: &[Block], at: usize) -> bool {
    blocks.iter().skip(at + 1).any(|block| {
        matches!(
            block,
            Block::Paragraph(_) | Block::Heading { .. } | Block::Quote(_) | Block::List(_)
        )
    })
}

/// The first sentence of what a release has to say, for a list of releases; the whole paragraph where
/// it is short.
pub(crate) fn first_sentence(title: &str, document: &Document) -> Option<String> {
    const LONGEST: usize = 260;
    let mut found = Found {
        title: normal(title),
        paragraph: None,
        other: None,
    };
    found.look(&document.blocks);
    let says = found.paragraph.or(found.other)?;
    let says = without_dateline(&says);
    let end = sentence_end(says).unwrap_or(says.len());
    (end > 0).then(|| shortened(&says[..end], LONGEST))
}

/// Where the first sentence ends: behind a full stop that no abbreviation has, before a capital.
fn sentence_end(says: &str) -> Option<usize> {
    let mut chars = says.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if matches!(c, '。' | '！' | '？') {
            return Some(at + c.len_utf8());
        }
        if !matches!(c, '.' | '!' | '?' | '؟') {
            continue;
        }
        while chars
            .peek()
            .is_some_and(|(_, next)| matches!(next, '”' | '’' | '"' | '\'' | '»' | ')'))
        {
            chars.next();
        }
        let end = chars.peek().map_or(says.len(), |(next, _)| *next);
        let rest = &says[end..];
        let begins = rest
            .strip_prefix(' ')
            .and_then(|rest| rest.chars().next())
            .is_some_and(|next| !next.is_lowercase());
        let word = says[..at]
            .rsplit([' ', '(', '“'])
            .next()
            .unwrap_or_default();
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        // Rep., Mr., U.S., Jan.: short, and with a capital.
        let abbreviation = c == '.'
            && letters <= 4
            && word
                .chars()
                .next()
                .is_some_and(|first| first.is_uppercase() || first.is_numeric() && letters == 0);
        if begins && !abbreviation {
            return Some(end);
        }
    }
    None
}

/// The titles in a digest, in reading order; `None` where it is none.
fn titles_of_a_digest(document: &Document) -> Option<Vec<String>> {
    document.headline()?;
    let titles = document.blocks.iter().filter_map(|block| match block {
        Block::Heading { level: 2, text } => Some(one_line(text)),
        _ => None,
    });
    Some(titles.collect())
}

/// The titles without the one that the subject names, which stands beside them: the one that begins most like it.
/// A long one is cut there.
fn without_leading(subject: &str, mut titles: Vec<String>) -> Vec<String> {
    let alike = |title: &String| {
        let pairs = title.chars().zip(subject.chars());
        pairs.take_while(|(mine, theirs)| mine == theirs).count()
    };
    // The first among equals.
    let leading = (0..titles.len()).rev().max_by_key(|at| alike(&titles[*at]));
    if let Some(leading) = leading {
        titles.remove(leading);
    }
    titles
}

struct Found {
    title: String,
    /// The first paragraph that says something.
    paragraph: Option<String>,
    /// The first words of another kind, where there is no such paragraph.
    other: Option<String>,
}

impl Found {
    fn look(&mut self, blocks: &[Block]) {
        for block in blocks {
            if self.paragraph.is_some() {
                return;
            }
            match block {
                Block::Paragraph(text) => {
                    if let Some(says) = said(text).filter(|says| normal(says) != self.title) {
                        self.paragraph = Some(says);
                    }
                }
                Block::Quote(inner) => self.look(inner),
                Block::Passage(passage) => self.look(&passage.blocks),
                Block::Heading { text, .. } => self.note(&one_line(text)),
                Block::List(list) => {
                    let before = self.paragraph.take();
                    let mut inner = Self {
                        title: self.title.clone(),
                        paragraph: before,
                        other: None,
                    };
                    list.items.iter().for_each(|item| inner.look(item));
                    if let Some(says) = inner.paragraph.or(inner.other) {
                        self.note(&says);
                    }
                }
                Block::DescriptionList(groups) => {
                    for term in groups.iter().flat_map(|group| &group.terms) {
                        self.note(&one_line(term));
                    }
                }
                Block::Figure(figure) => {
                    let caption = figure.caption.as_deref().map(one_line);
                    self.note(&caption.unwrap_or_default());
                    self.note(figure.alt.trim());
                }
                Block::Embed { title, .. } => self.note(title.trim()),
                Block::Table(_)
                | Block::Preformatted(_)
                | Block::EndMark(_)
                | Block::Missing(_) => {}
            }
        }
    }

    fn note(&mut self, says: &str) {
        let useful = !says.is_empty() && normal(says) != self.title && !is_around(says);
        if useful && self.other.is_none() {
            self.other = Some(says.to_owned());
        }
    }
}

fn one_line(text: &[Inline]) -> String {
    let says = plain(text);
    says.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a mailbox shows beside the subject of a newsletter: a person's `own` words, of a correction what
/// `changed`, else what the text says first.
#[must_use]
pub fn preview_line(
    own: Option<&str>,
    changed: Option<&str>,
    title: &str,
    document: &Document,
) -> Option<String> {
    match (own, changed) {
        (Some(own), _) => Some(own.to_owned()),
        (None, Some(changed)) => {
            fit_for_mailbox(&changed.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        (None, None) => preview(title, document),
    }
}

/// As much as a mailbox shows.
pub(super) fn fit_for_mailbox(says: &str) -> Option<String> {
    (!says.is_empty()).then(|| shortened(says, PREVIEW))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Direction, Figure};

    fn release(paragraphs: &[&str]) -> Document {
        Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks: paragraphs
                .iter()
                .map(|says| Block::Paragraph(vec![Inline::Text((*says).to_owned())]))
                .collect(),
        }
    }

    #[test]
    fn of_a_digest_the_title_that_the_subject_names_does_not_stand_beside_it_again() {
        let titles = [
            "Rep. Doe Speaks",
            "Rep. Doe Votes For Bridges And Roads",
            "Rep. Doe Visits A School",
        ];
        let all = || titles.map(str::to_owned).to_vec();
        assert_eq!(
            without_leading("Rep. Doe Votes For Bridges…, and 2 more", all()),
            [titles[0], titles[2]]
        );
        assert_eq!(
            without_leading("Rep. Doe Speaks, and 2 more", all()),
            titles[1..]
        );
        assert_eq!(without_leading("News", all()), titles[1..]);
    }

    #[test]
    fn the_preview_is_what_the_release_says_and_not_what_stands_around_it() {
        let says = "Today, Representative Doe joined leaders to open the bridge.";
        for around in [
            "FOR IMMEDIATE RELEASE",
            "FOR IMMEDIATE RELEASE: February 24, 2026",
            "For Immediate Release\u{a0}",
            "EMBARGOED UNTIL 6 P.M.",
            "PARA PUBLICACIÓN INMEDIATA",
            "즉시 보도",
            "立即发布",
            "February 24, 2026",
            "Tuesday, Feb. 24, 2026 at 5:00 PM",
            "24 de febrero de 2026",
            "2026년 2월 24일",
            "2026年2月24日 星期二",
            "24 فبراير 2026",
            "Contact: Sam Poe, (202) 555-0117",
            "Media Contact: sam.poe@mail.house.gov",
            "CONTACT:",
            "Sam Poe 202-555-0117",
            "sam.poe@mail.house.gov",
            "Photo by Sam Poe",
            "(Photo courtesy of the city of Tustin)",
            "Photo: the bridge on Tuesday",
            "사진: 다리",
            "###",
            "• • •",
        ] {
            let document = release(&[around, says]);
            assert_eq!(preview("T", &document).as_deref(), Some(says), "{around}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_said() {
        for says in [
            "Contact with the station was lost on Tuesday, Representative Doe said in a hearing of the committee.",
            "May 5, 2026, was the day on which the bridge opened to the public.",
            "Photographs of the bridge are shown in the library until June 30.",
            "The photo by Sam Poe hangs in the hall.",
            "March with us!",
        ] {
            assert_eq!(preview("T", &release(&[says])).as_deref(), Some(says));
        }
    }

    #[test]
    fn a_dateline_gives_its_room_to_the_news() {
        let news = "Today, Representative Doe joined leaders to open the bridge.";
        for place in [
            "TUSTIN, CA – ",
            "Washington, D.C. — ",
            "WASHINGTON -- ",
            "WASHINGTON, D.C. (February 24, 2026) – ",
        ] {
            let document = release(&[&format!("{place}{news}")]);
            assert_eq!(preview("T", &document).as_deref(), Some(news), "{place}");
        }
        let clause =
            "The bridge, a steel one – the first in the county – opens on Tuesday for all.";
        assert_eq!(preview("T", &release(&[clause])).as_deref(), Some(clause));
    }

    #[test]
    fn the_title_is_not_said_twice_and_a_picture_alone_says_what_it_shows() {
        let twice = release(&["Doe Opens the Bridge!", "It is open."]);
        assert_eq!(
            preview("Doe opens the bridge", &twice).as_deref(),
            Some("It is open.")
        );
        let figure = Figure {
            src: "https://doe.example/1.jpg".parse().unwrap(),
            alt: "The bridge at dawn".to_owned(),
            caption: None,
            width: None,
            height: None,
            link: None,
        };
        let mut photo = release(&[]);
        photo.blocks.push(Block::Figure(figure));
        assert_eq!(preview("T", &photo).as_deref(), Some("The bridge at dawn"));
        assert_eq!(preview("T", &release(&[])), None);
    }

    #[test]
    fn a_sentence_ends_where_a_reader_would_say_so() {
        for (says, first) in [
            (
                "TUSTIN, CA – Today, Rep. Jane Doe of the U.S. House opened a bridge at 6 p.m. in Tustin. It is long.",
                "Today, Rep. Jane Doe of the U.S. House opened a bridge at 6 p.m. in Tustin.",
            ),
            ("“We need it now.” The mayor agreed.", "“We need it now.”"),
            (
                "It costs $3.5 million for all. More follows.",
                "It costs $3.5 million for all.",
            ),
            ("今天，众议员宣布拨款。另有安排。", "今天，众议员宣布拨款。"),
            (
                "One paragraph without an end",
                "One paragraph without an end",
            ),
        ] {
            assert_eq!(
                first_sentence("T", &release(&[says])).as_deref(),
                Some(first)
            );
        }
    }

    #[test]
    fn it_ends_between_words_and_fits() {
        let long = release(&[&"word ".repeat(100)]);
        let line = preview("T", &long).unwrap();
        assert!(
            line.chars().count() <= PREVIEW && line.ends_with("word…"),
            "{line}"
        );
        let chinese = release(&[&"新".repeat(300)]);
        assert_eq!(preview("T", &chinese).unwrap().chars().count(), PREVIEW);
    }
}
