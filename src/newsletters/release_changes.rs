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
    for Compared { before, now, .. } in changed_releases(connection, newsletter).await? {
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

/// A release of a newsletter beside what the newsletter was made of.
#[derive(Debug)]
pub(super) struct Compared {
    /// What the newsletter was made of; `None`: that is not kept, or the release has no newer revision.
    before: Option<RevisionText>,
    /// What it says.
    pub now: ReleaseText,
    /// It says something else by now, or is gone.
    pub is_changed: bool,
}

/// Which releases of this newsletter have changed, without how.
async fn changed_releases(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<Vec<Compared>> {
    let mut all = compared_releases(connection, newsletter).await?;
    all.retain(|release| release.is_changed);
    Ok(all)
}

/// All releases of this newsletter, and which of them have changed.
pub(super) async fn compared_releases(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<Vec<Compared>> {
    let mut compared = Vec::new();
    for of in releases_of(connection, newsletter).await? {
        let Some(now) = release_text(connection, of.release_id).await? else {
            continue;
        };
        if now.revision <= of.revision && !now.vanished {
            compared.push(Compared {
                before: None,
                now,
                is_changed: false,
            });
            continue;
        }
        let before = revision_text(connection, now.id, of.revision).await?;
        let same_text = before.as_ref().is_some_and(|before| {
            before.title == now.title
                && before.document.without_sizes() == now.document.without_sizes()
        });
        // Not what was changed, and changed back.
        let is_changed = !same_text || now.vanished;
        compared.push(Compared {
            before,
            now,
            is_changed,
        });
    }
    Ok(compared)
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
