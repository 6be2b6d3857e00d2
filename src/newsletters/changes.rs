//! What the office changed in a release since a newsletter was made of it, for staff to see.

use gazette_templates::{Document, document::diff};
use sea_orm::DbErr;

use super::Result;
use crate::{app::App, releases::ReleaseState, values};

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
    let rows = app
        .db
        .all(
            // newsletter_release's primary key, then release_revision's; newsletter_correction
            "SELECT r.id, r.title, r.url, r.state, r.document, x.revision,
                    (SELECT max(v.number) FROM release_revision v WHERE v.release_id = r.id) AS newest,
                    (SELECT v.document FROM release_revision v WHERE v.release_id = r.id AND v.number = x.revision) AS mailed,
                    (SELECT v.title FROM release_revision v WHERE v.release_id = r.id AND v.number = x.revision) AS mailed_title
             FROM newsletter_release x JOIN release r ON r.id = x.release_id
             WHERE x.newsletter_id = $1 ORDER BY x.position",
            values![newsletter],
        )
        .await?;
    let mut changes = Vec::new();
    for row in rows {
        let revision: i32 = row.try_get("", "revision")?;
        let newest: i32 = row.try_get::<Option<i32>>("", "newest")?.unwrap_or(0);
        let vanished = row.try_get::<String>("", "state")? == ReleaseState::Vanished.as_str();
        if newest <= revision && !vanished {
            continue;
        }
        let release_id: i64 = row.try_get("", "id")?;
        let title: String = row.try_get("", "title")?;
        let mailed_title: Option<String> = row.try_get("", "mailed_title")?;
        let before = document(row.try_get("", "mailed")?)?;
        let after = document(row.try_get("", "document")?)?;
        let says_the_same = before.without_sizes() == after.without_sizes();
        if !vanished && says_the_same && mailed_title.as_ref() == Some(&title) {
            // Changed, and changed back.
            continue;
        }
        let corrected_by = app
            .db
            .one(
                // newsletter_correction
                "SELECT id FROM newsletter WHERE corrects = $1 AND release_id = $2 AND correction_of = $3 AND state <> 5
                 AND corrects IS NOT NULL",
                values![newsletter, release_id, newest],
            )
            .await?;
        changes.push(Change {
            release_id,
            url: row.try_get("", "url")?,
            revision: newest,
            vanished,
            paragraphs: diff::between(
                (mailed_title.as_deref().unwrap_or(&title), &before),
                (&title, &after),
            ),
            corrected_by: corrected_by
                .map(|row| row.try_get_by_index(0))
                .transpose()?,
            title,
        });
    }
    Ok(changes)
}

fn document(json: Option<String>) -> std::result::Result<Document, DbErr> {
    match json {
        Some(json) => serde_json::from_str(&json).map_err(|error| DbErr::Custom(error.to_string())),
        None => Ok(Document {
            language: "en".to_owned(),
            direction: gazette_templates::document::Direction::Ltr,
            blocks: Vec::new(),
        }),
    }
}
