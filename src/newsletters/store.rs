//! Reading newsletters and how far they are.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Value,
};

use super::{
    Audience, Counts, Newsletter, NewsletterError, NewsletterState, Recipients, Result, Subject,
    Topic,
    newsletter_entities::{StoredDocument, newsletter, newsletter_release},
    recipients::SQL_BY_LANGUAGE,
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::{self, Db, like_literal, scalar, sql_value, sql_values},
    delivery_lookup::{SQL_DELIVERIES, Unaccepted, sql_unaccepted},
    releases::release_sql,
    rendering,
    subscribers::{Frequency, sql_join_topic, topic_name_in},
    values,
};

/// SQL text: all that a [`NewsletterRow`] names. By the primary keys of topic and release.
pub(super) fn sql_columns() -> String {
    format!(
        "SELECT n.id, n.subject, n.slug, n.language, n.document, n.state, n.automatic, n.created_at,
                n.approved_at, n.approved_by, n.scheduled_at, n.started_at, n.finished_at, n.attention,
                n.release_id, {},
                t.id AS topic_id, t.slug AS topic_slug, t.name AS topic_name, n.total, n.counts,
                n.edition, n.corrects, n.frequency, n.covers_to, n.waits, n.auto_approve,
                n.audience, n.news_release, n.blackout_to, n.deadline_hours, n.deadline_at,
                n.revision, n.superseded_by, n.preview, n.changed, n.intro,
                n.undo_until, n.review_requested_at, n.review_requested_by, n.resumes_at,
                {SQL_BY_LANGUAGE}
         FROM newsletter n
         {}
         {}",
        release_sql::sql_shown(),
        sql_join_topic("n.topic_id"),
        release_sql::sql_join("n.release_id")
    )
}

/// A row of [`sql_columns`].
#[derive(Debug, FromQueryResult)]
pub(super) struct NewsletterRow {
    id: i64,
    subject: String,
    slug: String,
    language: String,
    document: StoredDocument,
    state: NewsletterState,
    automatic: bool,
    created_at: i64,
    approved_at: Option<i64>,
    approved_by: Option<String>,
    scheduled_at: Option<i64>,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    attention: Option<String>,
    release_id: Option<i64>,
    release_title: Option<String>,
    release_url: Option<String>,
    published_at: Option<i64>,
    topic_id: i64,
    topic_slug: String,
    topic_name: String,
    total: i64,
    counts: Option<String>,
    edition: Option<i64>,
    by_language: Option<i64>,
    corrects: Option<i64>,
    frequency: Frequency,
    covers_to: Option<i64>,
    waits: bool,
    auto_approve: Option<String>,
    settles_at: Option<i64>,
    audience: Audience,
    news_release: bool,
    blackout_to: Option<String>,
    deadline_hours: Option<i32>,
    deadline_at: Option<i64>,
    revision: i32,
    superseded_by: Option<i64>,
    preview: Option<String>,
    changed: Option<String>,
    intro: Option<String>,
    undo_until: Option<i64>,
    resumes_at: Option<i64>,
    review_requested_at: Option<i64>,
    review_requested_by: Option<String>,
}

impl From<NewsletterRow> for Newsletter {
    fn from(row: NewsletterRow) -> Self {
        let when = |ms: Option<i64>| ms.map(instant);
        Self {
            id: row.id,
            topic: match row.audience {
                Audience::PressList => Topic::press_list(),
                Audience::Subscribers => Topic {
                    id: row.topic_id,
                    slug: row.topic_slug,
                    called: row.topic_name.clone(),
                    name: row.topic_name,
                },
            },
            release_id: row.release_id,
            headline: row
                .release_title
                .and_then(|title| Subject::uncut(&row.subject, &title)),
            release_url: row.release_url,
            published_at: when(row.published_at),
            subject: row.subject,
            slug: row.slug,
            language: row.language,
            document: row.document.0,
            state: row.state,
            automatic: row.automatic,
            created_at: instant(row.created_at),
            approved: when(row.approved_at).zip(row.approved_by),
            scheduled_at: when(row.scheduled_at),
            started_at: when(row.started_at),
            finished_at: when(row.finished_at),
            deadline_hours: row
                .deadline_hours
                .and_then(|hours| u32::try_from(hours).ok()),
            deadline_at: when(row.deadline_at),
            attention: row.attention,
            settles_at: when(row.settles_at),
            auto_approve: row.auto_approve,
            edition: row.edition,
            by_language: row.by_language.is_some(),
            corrects: row.corrects,
            frequency: row.frequency,
            covers_to: when(row.covers_to),
            waits: row.waits,
            audience: row.audience,
            news_release: row.news_release,
            blackout_to: row.blackout_to.and_then(|day| day.parse().ok()),
            revision: row.revision,
            superseded_by: row.superseded_by,
            preview: row.preview,
            changed: row.changed,
            intro: row.intro,
            undo_until: when(row.undo_until),
            review_requested: when(row.review_requested_at).zip(row.review_requested_by),
            resumes_at: when(row.resumes_at),
        }
    }
}

/// The newest first, at most `limit`.
pub async fn list(app: &App, limit: u64) -> Result<Vec<(Newsletter, Counts)>> {
    let sql = format!("{} ORDER BY n.id DESC LIMIT $1", sql_columns());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = rows(app, &sql, values![limit]).await?;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        let counts = counts_of(&app.db, &row).await?;
        list.push((row.into(), counts));
    }
    Ok(list)
}

/// What a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListGroup {
    /// What a person has to decide about.
    NeedsReview,
    /// What is scheduled or on its way, and needs nobody.
    UnderWay,
    /// What is sent or cancelled.
    Ended,
}

impl ListGroup {
    /// SQL text: the row `n` belongs to it.
    fn sql(self) -> String {
        let state = |state: NewsletterState| sql_value(&state);
        let (draft, paused) = (
            state(NewsletterState::Draft),
            state(NewsletterState::Paused),
        );
        let active = sql_values(&[NewsletterState::Approved, NewsletterState::Sending]);
        let ended = sql_values(&[NewsletterState::Sent, NewsletterState::Cancelled]);
        match self {
            Self::NeedsReview => format!(
                "(n.state = {paused} OR n.state = {draft} AND (n.auto_approve IS NULL OR n.attention IS NOT NULL)
                 OR n.state IN ({active}) AND n.attention IS NOT NULL)"
            ),
            Self::UnderWay => format!(
                "(n.attention IS NULL AND (n.state IN ({active}) OR n.state = {draft} AND n.auto_approve IS NOT NULL))"
            ),
            Self::Ended => format!("n.state IN ({ended})"),
        }
    }
}

/// The newsletters of a group whose subject holds `words`, made before newsletter `before`, the newest
/// first, at most `limit`, with their counts.
///
/// # Errors
/// The database failed.
pub async fn list_group(
    app: &App,
    group: ListGroup,
    words: &str,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<(Newsletter, Counts)>> {
    let rows = rows_of_group(app, group, words, before, limit).await?;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        let counts = counts_of(&app.db, &row).await?;
        list.push((row.into(), counts));
    }
    Ok(list)
}

/// The newest newsletters of a group, at most `limit`, for who shows no counts: those of one under way read
/// its part of the queue.
///
/// # Errors
/// The database failed.
pub async fn newest_of_group(app: &App, group: ListGroup, limit: u64) -> Result<Vec<Newsletter>> {
    let rows = rows_of_group(app, group, "", None, limit).await?;
    Ok(rows.into_iter().map(Newsletter::from).collect())
}

async fn rows_of_group(
    app: &App,
    group: ListGroup,
    words: &str,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<NewsletterRow>> {
    let sql = format!(
        "{} WHERE {} AND n.id < $1 AND lower(n.subject) LIKE $2 ESCAPE '\\' ORDER BY n.id DESC LIMIT $3",
        sql_columns(),
        group.sql()
    );
    let like = format!("%{}%", like_literal(&words.trim().to_lowercase()));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = values![before.unwrap_or(i64::MAX), like, limit];
    rows(app, &sql, values).await
}

/// All rows of a statement of [`sql_columns`]. Their documents are read from JSON, beside the threads that answer
/// everybody else.
pub(super) async fn rows(
    app: &App,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<NewsletterRow>> {
    let found = app.db.all(sql, values).await?;
    let read = move || {
        let rows = found.iter();
        rows.map(|row| NewsletterRow::from_query_result(row, ""))
            .collect::<std::result::Result<Vec<_>, DbErr>>()
    };
    Ok(rendering::in_turn(read).await??)
}

/// One newsletter.
pub async fn find(app: &App, id: i64) -> Result<Newsletter> {
    let mut newsletter: Newsletter = row(app, id).await?.into();
    let called = topic_name_in(app.db.pool(), newsletter.topic.id, &newsletter.language).await?;
    if let (Some(called), Audience::Subscribers) = (called, newsletter.audience) {
        newsletter.topic.called = called;
    }
    Ok(newsletter)
}

/// Only its state, for who asks again and again: one row by its primary key.
///
/// # Errors
/// [`NewsletterError::NotFound`], or the database's.
pub async fn state_of(app: &App, id: i64) -> Result<NewsletterState> {
    let state = newsletter::Entity::find_by_id(id)
        .select_only()
        .column(newsletter::Column::State)
        .into_tuple()
        .one(app.db.pool())
        .await?;
    state.ok_or(NewsletterError::NotFound(id))
}

/// How far it is.
pub async fn counts(app: &App, id: i64) -> Result<Counts> {
    Ok(counts_of(&app.db, &row(app, id).await?).await?)
}

/// The newest newsletter that has this release in it, alone or among others.
pub async fn newest_of_release(app: &App, release: i64) -> Result<Option<i64>> {
    let newest = newsletter_release::Entity::find()
        .select_only()
        .column(newsletter_release::Column::NewsletterId)
        .filter(newsletter_release::Column::ReleaseId.eq(release))
        .order_by_desc(newsletter_release::Column::NewsletterId)
        .into_tuple()
        .one(app.db.pool())
        .await?;
    Ok(newest)
}

async fn row(app: &App, id: i64) -> Result<NewsletterRow> {
    let sql = format!("{} WHERE n.id = $1", sql_columns());
    db::row(app.db.pool(), &sql, values![id])
        .await?
        .ok_or(NewsletterError::NotFound(id))
}

/// Whether the same text goes out under other topics too: not another language's, and not what was cancelled.
///
/// # Errors
/// The database failed.
pub async fn has_other_topics(app: &App, newsletter: &Newsletter) -> Result<bool> {
    let Some(edition) = newsletter.edition else {
        return Ok(false);
    };
    // newsletter_of_edition
    let others = newsletter::Entity::find()
        .filter(newsletter::Column::Edition.eq(edition))
        .filter(newsletter::Column::Id.ne(newsletter.id))
        .filter(newsletter::Column::Language.eq(newsletter.language.as_str()))
        .filter(newsletter::Column::State.ne(NewsletterState::Cancelled))
        .count(app.db.pool())
        .await?;
    Ok(others > 0)
}

/// How many would get it if its sending began now: the very question of the queue.
pub async fn audience(app: &App, id: i64) -> Result<u64> {
    let newsletter = find(app, id).await?;
    let now = app.clock.now_ms();
    Ok(people(
        app.db.pool(),
        &recipients(&newsletter),
        newsletter.topic.id,
        now,
    )
    .await?)
}

/// How many these are.
pub(super) async fn people(
    connection: &impl ConnectionTrait,
    recipients: &Recipients,
    topic: i64,
    now: i64,
) -> std::result::Result<u64, DbErr> {
    let recipients = recipients.sql("$1", "$2");
    let sql = format!(
        "SELECT count(*) FROM {} WHERE {}",
        recipients.from, recipients.conditions
    );
    let people: Option<i64> = scalar(connection, &sql, values![topic, now]).await?;
    Ok(people.unwrap_or_default().unsigned_abs())
}

/// Whether there is anybody whom it should go to and who is not in its queue.
pub(super) async fn somebody_is_left(
    connection: &impl ConnectionTrait,
    recipients: &Recipients,
    topic: i64,
    began: i64,
) -> Result<bool> {
    let newsletter = recipients.newsletter;
    let recipients = recipients.sql("$1", "$2");
    // delivery's primary key
    let sql = format!(
        "SELECT CAST(1 AS BIGINT) FROM {} WHERE {} AND NOT EXISTS (SELECT 1 FROM {SQL_DELIVERIES}
             WHERE d.newsletter_id = {newsletter} AND d.subscriber_id = {}) LIMIT 1",
        recipients.from, recipients.conditions, recipients.reader
    );
    Ok(scalar::<i64>(connection, &sql, values![topic, began])
        .await?
        .is_some())
}

/// Whether anybody would get it if its sending began now.
pub(super) async fn reaches_somebody(app: &App, id: i64) -> Result<bool> {
    let newsletter = find(app, id).await?;
    let (topic, now) = (newsletter.topic.id.to_string(), app.clock.now_ms());
    let sql = format!(
        "SELECT CAST(1 AS BIGINT) AS found WHERE {}",
        recipients(&newsletter).sql_reaches_somebody(&topic, &now.to_string())
    );
    Ok(scalar::<i64>(app.db.pool(), &sql, []).await?.is_some())
}

/// How many newsletters there are in each state; states that none is in are left out.
pub async fn count_by_state(app: &App) -> Result<Vec<(NewsletterState, i64)>> {
    #[derive(FromQueryResult)]
    struct Counted {
        state: NewsletterState,
        newsletters: i64,
    }
    let counted: Vec<Counted> = newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::State)
        .column_as(newsletter::Column::Id.count(), "newsletters")
        .group_by(newsletter::Column::State)
        .order_by_asc(newsletter::Column::State)
        .into_model()
        .all(app.db.pool())
        .await?;
    let counted = counted.into_iter();
    Ok(counted.map(|row| (row.state, row.newsletters)).collect())
}

/// What decides who gets it.
pub(super) fn recipients(newsletter: &Newsletter) -> Recipients {
    Recipients {
        newsletter: newsletter.id,
        audience: newsletter.audience,
        edition: newsletter.edition,
        by_language: newsletter.by_language,
        corrects: newsletter.corrects,
        frequency: newsletter.frequency,
        wanted_at: newsletter
            .covers_to
            .or(newsletter.started_at)
            .map_or(i64::MAX, Timestamp::as_millisecond),
    }
}

async fn counts_of(db: &Db, row: &NewsletterRow) -> std::result::Result<Counts, DbErr> {
    match &row.counts {
        Some(json) => serde_json::from_str(json).map_err(|error| DbErr::Json(error.to_string())),
        None => live_counts(db, row.id, row.total).await,
    }
}

#[derive(Debug, FromQueryResult)]
struct LiveCounts {
    #[sea_orm(nested)]
    unaccepted: Unaccepted,
    total: Option<i64>,
}

/// Counts from the queue as it stands: of `total`, what is neither open nor an exception was accepted.
pub async fn live_counts(db: &Db, id: i64, total: i64) -> std::result::Result<Counts, DbErr> {
    // One statement, so that all counts are of one moment and add up to the total.
    let sql = format!(
        "SELECT {}, (SELECT total FROM newsletter WHERE id = $1) AS total",
        sql_unaccepted("$1")
    );
    let Some(row) = db::row::<LiveCounts>(db.pool(), &sql, values![id]).await? else {
        return Ok(Counts::default());
    };
    let number = |number: i64| number.max(0).unsigned_abs();
    let Unaccepted {
        queued,
        claimed,
        deferred,
        failed,
        withdrawn,
    } = row.unaccepted;
    let mut counts = Counts {
        queued: number(queued),
        claimed: number(claimed),
        deferred: number(deferred),
        failed: number(failed),
        withdrawn: number(withdrawn),
        accepted: 0,
    };
    let total = number(row.total.unwrap_or(0)).max(number(total));
    counts.accepted = total.saturating_sub(
        counts.queued + counts.claimed + counts.deferred + counts.failed + counts.withdrawn,
    );
    Ok(counts)
}
