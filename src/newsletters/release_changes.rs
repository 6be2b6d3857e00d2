//! What the office changed in a release since a newsletter was made of it, for staff to see.

use gazette_templates::document::diff;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{
    NewsletterState as State, Result, making::releases_of, newsletter_entities::newsletter,
};
use crate::{
    app::App,
    releases::{ReleaseText, RevisionText, release_text, revision_text},
    rendering,
};

/// One release of a newsletter that has changed since.
#[derive(Debug)]
pub struct Change {
    /// `release.id`
    pub release_id: i64,
    /// What it is called now.
    pub title: String,
    /// Where it stands.
    pub url: Option<String>,
    /// The newest revision.
    pub revision: i32,
    /// The office took it back.
    pub vanished: bool,
    /// What was added and removed, title first.
    pub paragraphs: Vec<diff::Paragraph>,
    /// The correction that was made of it already.
    pub corrected_by: Option<i64>,
}

/// What has changed in the releases of this newsletter since it was made.
pub async fn changes(app: &App, newsletter: i64) -> Result<Vec<Change>> {
    changes_of(app.db.pool(), newsletter).await
}

pub(super) async fn changes_of(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for Changed { before, now } in changed_releases(connection, newsletter).await? {
        let nothing = gazette_templates::Document {
            blocks: Vec::new(),
            ..now.document.clone()
        };
        let (old_title, old) = match &before {
            Some(before) => (before.title.as_str(), &before.document),
            None => (now.title.as_str(), &nothing),
        };
        let paragraphs =
            rendering::in_turn(|| diff::between((old_title, old), (&now.title, &now.document)))
                .await?;
        changes.push(Change {
            release_id: now.id,
            revision: now.revision,
            vanished: now.vanished,
            paragraphs,
            corrected_by: correction_of(connection, newsletter, now.id, now.revision).await?,
            url: now.url,
            title: now.title,
        });
    }
    Ok(changes)
}

/// A release that says something else than the newsletter that was made of it, or is gone.
#[derive(Debug)]
pub(super) struct Changed {
    /// What the newsletter was made of; `None`: that is not kept.
    before: Option<RevisionText>,
    /// What it says.
    pub now: ReleaseText,
}

/// Which releases of this newsletter have changed, without how.
pub(super) async fn changed_releases(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<Vec<Changed>> {
    let mut changed = Vec::new();
    for of in releases_of(connection, newsletter).await? {
        let Some(now) = release_text(connection, of.release_id).await? else {
            continue;
        };
        if now.revision <= of.revision && !now.vanished {
            continue;
        }
        let before = revision_text(connection, now.id, of.revision).await?;
        let same_text = before.as_ref().is_some_and(|before| {
            before.title == now.title
                && before.document.without_sizes() == now.document.without_sizes()
        });
        // Changed, and changed back.
        if !same_text || now.vanished {
            changed.push(Changed { before, now });
        }
    }
    Ok(changed)
}

/// Whether any release of this newsletter has changed since it was made.
pub async fn has_changed(app: &App, newsletter: i64) -> Result<bool> {
    Ok(!changed_releases(app.db.pool(), newsletter)
        .await?
        .is_empty())
}

/// The correction that brings this revision of a release to who got the newsletter.
pub(super) async fn correction_of(
    connection: &impl ConnectionTrait,
    newsletter: i64,
    release: i64,
    revision: i32,
) -> Result<Option<i64>> {
    // newsletter_correction, all but its last condition by its key
    Ok(newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .filter(newsletter::Column::Corrects.eq(newsletter))
        .filter(newsletter::Column::ReleaseId.eq(release))
        .filter(newsletter::Column::CorrectionOf.eq(revision))
        .filter(newsletter::Column::State.ne(State::Cancelled))
        .into_tuple()
        .one(connection)
        .await?)
}
