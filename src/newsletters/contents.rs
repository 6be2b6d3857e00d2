//! What a digest says: put together when it is made, and once more when one of its releases has
//! changed or was taken back.

use std::fmt::Write;

use gazette_templates::{Document, document::digest as rendering};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use url::Url;

use super::{
    Result, Subject,
    draft::{RELEASE, Ready, ready},
    making::{newest_revision, note_releases},
};
use crate::{app::App, clock::instant, office::Office, values};

/// Several releases as one newsletter.
#[derive(Debug)]
pub(super) struct Contents {
    pub subject: String,
    pub document: Document,
    /// In reading order, each with the revision that it says.
    pub releases: Vec<(i64, i32)>,
}

impl Contents {
    pub(super) async fn of(
        app: &App,
        transaction: &DatabaseTransaction,
        office: &Office,
        releases: &[Ready],
    ) -> Result<Self> {
        let mut parts = Vec::with_capacity(releases.len());
        let mut revisions = Vec::with_capacity(releases.len());
        for release in releases {
            revisions.push((
                release.id,
                newest_revision(app, transaction, release.id).await?,
            ));
            parts.push(rendering::Part {
                title: &release.title,
                date: instant(release.published)
                    .to_zoned_datetime(office.time_zone.clone())
                    .date(),
                url: release.url.as_deref().and_then(|url| Url::parse(url).ok()),
                document: &release.document,
            });
        }
        let titles: Vec<&str> = parts.iter().map(|part| part.title).collect();
        Ok(Self {
            subject: subject(&titles).unwrap_or_else(|| office.name.clone()),
            document: rendering::document(&parts),
            releases: revisions,
        })
    }

    /// What a digest would say if it were made now of the same releases; none where the office took
    /// all of them back, or a person said that they are not mailed.
    pub(super) async fn present(
        app: &App,
        transaction: &DatabaseTransaction,
        office: &Office,
        newsletter: i64,
    ) -> Result<Option<Self>> {
        let rows = transaction
            .query_all_raw(app.db.statement(
                // newsletter_release's primary key
                &format!(
                    "{RELEASE} JOIN newsletter_release x ON x.release_id = r.id
                     WHERE x.newsletter_id = $1 AND r.state NOT IN ('vanished', 'dropped') AND r.document IS NOT NULL
                     ORDER BY x.position"
                ),
                values![newsletter],
            ))
            .await?;
        let releases = rows
            .iter()
            .map(ready)
            .collect::<std::result::Result<Vec<_>, _>>()?;
        if releases.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self::of(app, transaction, office, &releases).await?))
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
        app: &App,
        transaction: &DatabaseTransaction,
        newsletter: i64,
    ) -> Result<()> {
        for sql in [
            "DELETE FROM newsletter_release WHERE newsletter_id = $1",
            "UPDATE newsletter SET release_id = NULL WHERE id = $1",
        ] {
            transaction
                .execute_raw(app.db.statement(sql, values![newsletter]))
                .await?;
        }
        if let Some(release) = self.alone() {
            transaction
                .execute_raw(app.db.statement(
                    "UPDATE newsletter SET release_id = $2 WHERE id = $1",
                    values![newsletter, release],
                ))
                .await?;
        }
        note_releases(app, transaction, newsletter, &self.releases).await
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
