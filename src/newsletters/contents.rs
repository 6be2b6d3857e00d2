//! What a digest says: put together when it is made, and once more when one of its releases has
//! changed or was taken back.

use gazette_templates::{Document, document::digest as rendering};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use url::Url;

use super::{
    Audience, Result, Subject,
    mailed_text::as_mailed,
    making::{Making, note_releases, releases_of},
    newsletter_entities::{newsletter, newsletter_release},
    text_revisions::MailWords,
};
use crate::{
    clock::instant,
    db::WriteTransaction,
    office::Office,
    releases::{ReleaseText, release_text},
    subscribers::Frequency,
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
        // A title from outside is no header yet.
        let subject = rendering::subject(&parts).and_then(|line| Subject::from_title(&line));
        Self {
            subject: subject.map_or_else(|| office.name.clone(), |line| line.as_str().to_owned()),
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
        connection: &impl ConnectionTrait,
        office: &Office,
        digest: &newsletter::Model,
    ) -> Result<Option<Self>> {
        let mut there = Vec::new();
        for part in releases_of(connection, digest.id).await? {
            let release = release_text(connection, part.release_id).await?;
            let Some(release) = release.filter(|release| !release.gone) else {
                continue;
            };
            there.push(match digest.frequency {
                Frequency::Each => release,
                // Of which somebody has let go all that it says.
                Frequency::Daily | Frequency::Weekly => as_mailed(connection, release).await?,
            });
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

    /// A newsletter of these topics that says so, made at `now`, for a person to approve.
    pub(super) fn making(&self, topics: Vec<i64>, now: i64) -> Making<'_> {
        Making {
            subject: &self.subject,
            document: &self.document,
            topics,
            audience: Audience::Subscribers,
            news_release: true,
            release: self.alone(),
            releases: self.releases.clone(),
            corrects: None,
            words: MailWords::default(),
            auto_approve: None,
            settling: false,
            attention: None,
            summary: None,
            published: now,
        }
    }

    /// Notes that the newsletter is made of these releases now.
    pub(super) async fn note(&self, transaction: &WriteTransaction, newsletter: i64) -> Result<()> {
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
