//! What the rooms below the newsletters' room ask about newsletters. It is that room's own part further
//! down: no other file below it reads its tables.
//!
//! Names in the parts of SQL text: `n` newsletter, `x` the newsletter that a release became.

use std::collections::HashMap;

use sea_orm::{ActiveEnum, ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::{
    db::{rows, scalar, sql_value, sql_values},
    newsletter_state::NewsletterState,
    values,
};

/// A newsletter that everybody may read.
#[derive(Debug, FromQueryResult)]
pub struct MailedNewsletter {
    /// Its subject line.
    pub subject: String,
    /// In which language it is, as a tag of RFC 5646.
    pub language: String,
    /// Its name in the archive's addresses.
    pub slug: String,
}

/// The topic of the newsletter with this id; `None`: there is no such newsletter. By its primary key.
///
/// # Errors
/// The database failed.
pub async fn topic_of(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT topic_id FROM newsletter WHERE id = $1";
    scalar(connection, sql, values![newsletter]).await
}

/// When the sending of a newsletter began, in milliseconds; `None`: it has not, or there is none.
///
/// # Errors
/// The database failed.
pub async fn began_at(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT started_at FROM newsletter WHERE id = $1 AND started_at IS NOT NULL";
    scalar(connection, sql, values![newsletter]).await
}

/// How a newsletter stands.
#[derive(Debug, FromQueryResult)]
pub struct Standing {
    /// Its state.
    pub state: NewsletterState,
    /// Whether somebody asks for its approval.
    pub is_asked: bool,
    /// Whether the person wrote or changed its text.
    pub wrote: bool,
}

/// How the newsletter with this id stands, for the member of staff `who`; `None`: there is none. By primary keys.
///
/// # Errors
/// The database failed.
pub async fn standing_of(
    connection: &impl ConnectionTrait,
    newsletter: i64,
    who: &str,
) -> Result<Option<Standing>, DbErr> {
    let sql = "SELECT n.state, (n.review_requested_at IS NOT NULL) AS is_asked,
                      EXISTS (SELECT 1 FROM newsletter_author a WHERE a.newsletter_id = n.id AND a.who = $2) AS wrote
               FROM newsletter n WHERE n.id = $1";
    let found: Vec<Standing> = rows(connection, sql, values![newsletter, who]).await?;
    Ok(found.into_iter().next())
}

/// The newest of an audience and a frequency that were mailed, at most `limit`. Whom these are for and
/// how often they come is a matter of the subscribers' room, which asks.
///
/// # Errors
/// The database failed.
pub async fn newest_mailed<A, F>(
    connection: &impl ConnectionTrait,
    audience: &A,
    frequency: &F,
    limit: i64,
) -> Result<Vec<MailedNewsletter>, DbErr>
where
    A: ActiveEnum,
    F: ActiveEnum,
    A::Value: Into<Value>,
    F::Value: Into<Value>,
{
    // Walks the primary key backwards.
    let sql = format!(
        "SELECT subject, language, slug FROM newsletter
         WHERE state IN ({}) AND audience = {} AND frequency = {} ORDER BY id DESC LIMIT $1",
        sql_values(&NewsletterState::MAILED),
        sql_value(audience),
        sql_value(frequency)
    );
    rows(connection, &sql, values![limit]).await
}

/// SQL text: the id of the newest newsletter that was made of the release with the id `release`, or NULL.
/// By `newsletter_release_of`.
#[must_use]
pub fn sql_newest_of_release(release: &str) -> String {
    format!(
        "(SELECT max(x.newsletter_id) FROM newsletter_release x WHERE x.release_id = {release})"
    )
}

/// SQL text: of the release with the id `release` a newsletter waits, of which nothing was mailed yet and
/// all may still be. By `newsletter_release_of` and newsletter's primary key.
#[must_use]
pub fn sql_waits_of_release(release: &str) -> String {
    sql_is_made_of(
        release,
        &format!("n.state IN ({})", sql_values(&NewsletterState::UNMAILED)),
    )
}

/// SQL text: of the release with the id `release` a newsletter began to be mailed. By the same indexes.
#[must_use]
pub fn sql_begun_of_release(release: &str) -> String {
    sql_is_made_of(release, "n.started_at IS NOT NULL")
}

/// SQL text: the same, at the instant `since` or later.
#[must_use]
pub fn sql_begun_of_release_since(release: &str, since: &str) -> String {
    sql_is_made_of(release, &format!("n.started_at >= {since}"))
}

fn sql_is_made_of(release: &str, condition: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
                 WHERE x.release_id = {release} AND {condition})"
    )
}

/// SQL text: joins the newsletter with the id `id`. By its primary key.
#[must_use]
pub fn sql_join(id: &str) -> String {
    format!("JOIN newsletter n ON n.id = {id}")
}

/// The subjects of all newsletters, by id.
///
/// # Errors
/// The database failed.
pub async fn subjects(connection: &impl ConnectionTrait) -> Result<HashMap<i64, String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Subject {
        id: i64,
        subject: String,
    }
    // A table of some hundreds, asked when somebody wants all that is kept of them.
    let all: Vec<Subject> = rows(connection, "SELECT id, subject FROM newsletter", []).await?;
    Ok(all.into_iter().map(|one| (one.id, one.subject)).collect())
}

/// SQL text: the ids of all newsletters.
pub const SQL_IDS: &str = "SELECT id FROM newsletter";
