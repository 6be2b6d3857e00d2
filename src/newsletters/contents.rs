//! What a digest says: put together when it is made, and once more when one of its releases has
//! changed or was taken back.

use std::fmt::Write;

use gazette_templates::{Document, document::digest as rendering};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr};
use url::Url;

use super::{
    Result, Subject,
    making::{note_releases, releases_of},
    newsletter_entities::{newsletter, newsletter_release},
};
use crate::{
    clock::instant,
    office::Office,
    releases::{ReleaseText, release_text},
};

/// Several releases as one newsletter.
#[derive(Debug)]
pub(super) struct Contents {
    pub subject: String,
    pub document: Document,
    /// In reading order, each with the revision that it says.
    pub releases: Vec<(i64, i32)>,
}

impl Contents {
    pub(super) fn of(office: &Office, releases: &[ReleaseText]) -> Self {
        let parts: Vec<rendering::Part<'_>> = releases
            .iter()
            .map(|release| rendering::Part {
                title: &release.title,
                date: instant(release.published)
                    .to_zoned_datetime(office.time_zone.clone())
                    .date(),
                url: release.url.as_deref().and_then(|url| Url::parse(url).ok()),
                document: &release.document,
            })
            .collect();
        let titles: Vec<&str> = parts.iter().map(|part| part.title).collect();
        Self {
            subject: subject(&titles).unwrap_or_else(|| office.name.clone()),
            document: rendering::document(&parts),
            releases: releases
                .iter()
                .map(|release| (release.id, release.revision))
                .collect(),
        }
    }

    /// What a digest would say if it were made now of the same releases; `None` where the office took
    /// all of them back, or a person said that they are not mailed.
    pub(super) async fn present(
        transaction: &DatabaseTransaction,
        office: &Office,
        newsletter: i64,
    ) -> Result<Option<Self>> {
        let mut there = Vec::new();
        for part in releases_of(transaction, newsletter).await? {
            let release = release_text(transaction, part.release_id).await?;
            there.extend(release.filter(|release| !release.gone));
        }
        Ok((!there.is_empty()).then(|| Self::of(office, &there)))
    }

    /// The one release that it is: one alone is no digest and goes out under its own name.
    pub(super) fn alone(&self) -> Option<i64> {
        match self.releases.as_slice() {
            [(release, _)] => Some(*release),
            _ => None,
        }
    }

    /// Notes that the newsletter is made of these releases now.
    pub(super) async fn note(
        &self,
        transaction: &DatabaseTransaction,
        newsletter: i64,
    ) -> Result<()> {
        newsletter_release::Entity::delete_many()
            .filter(newsletter_release::Column::NewsletterId.eq(newsletter))
            .exec(transaction)
            .await?;
        newsletter::Entity::update_many()
            .col_expr(newsletter::Column::ReleaseId, Expr::value(self.alone()))
            .filter(newsletter::Column::Id.eq(newsletter))
            .exec(transaction)
            .await?;
        Ok(note_releases(transaction, newsletter, &self.releases).await?)
    }
}

/// What is in it: the titles as far as they are short, then how many more there are. Without words
/// of our own, it is right in every language.
fn subject(titles: &[&str]) -> Option<String> {
    const LONG: usize = 110;
    let titles: Vec<String> = titles
        .iter()
        .filter_map(|title| Subject::from_title(title))
        .map(|subject| subject.as_str().to_owned())
        .collect();
    let mut line = titles.first()?.clone();
    let mut named = 1;
    for title in titles.iter().skip(1) {
        if line.chars().count() + title.chars().count() > LONG {
            break;
        }
        line.push_str(" · ");
        line.push_str(title);
        named += 1;
    }
    if named < titles.len() {
        let _ = write!(line, " · +{}", titles.len() - named);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digests_subject_says_what_is_in_it() {
        let long =
            "A title that takes up nearly all of the room that a subject line has on any screen";
        for (titles, line) in [
            (vec!["One"], "One"),
            (vec!["One", "Two"], "One · Two"),
            (vec![long, "One more that is not so short", "Two"], {
                "A title that takes up nearly all of the room that a subject line has on any screen · +2"
            }),
            (
                vec!["한국어 제목", "Re: x\r\nBcc: y"],
                "한국어 제목 · x Bcc: y",
            ),
        ] {
            assert_eq!(subject(&titles).unwrap(), line);
        }
        assert_eq!(subject(&[""]), None);
    }
}
