//! What the office changed in a release since a newsletter was made of it, for staff to see.

use gazette_templates::document::diff;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{
    NewsletterState as State, Result, making::releases_of, newsletter_entities::newsletter,
};
use crate::{
    app::App,
    releases::{release_text, revision_text},
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
    for of in releases_of(connection, newsletter).await? {
        let Some(release) = release_text(connection, of.release_id).await? else {
            continue;
        };
        if release.revision <= of.revision && !release.vanished {
            continue;
        }
        let before = revision_text(connection, release.id, of.revision).await?;
        let same_text = before.as_ref().is_some_and(|before| {
            before.title == release.title
                && before.document.without_sizes() == release.document.without_sizes()
        });
        if same_text && !release.vanished {
            // Changed, and changed back.
            continue;
        }
        let nothing = gazette_templates::Document {
            blocks: Vec::new(),
            ..release.document.clone()
        };
        let (old_title, old) = match &before {
            Some(before) => (before.title.as_str(), &before.document),
            None => (release.title.as_str(), &nothing),
        };
        let paragraphs = rendering::in_turn(|| {
            diff::between((old_title, old), (&release.title, &release.document))
        })
        .await?;
        changes.push(Change {
            release_id: release.id,
            revision: release.revision,
            vanished: release.vanished,
            paragraphs,
            corrected_by: correction_of(connection, newsletter, release.id, release.revision)
                .await?,
            url: release.url,
            title: release.title,
        });
    }
    Ok(changes)
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
