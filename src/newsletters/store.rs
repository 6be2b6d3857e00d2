//! Reading newsletters and how far they are.

use sea_orm::{DbErr, QueryResult};

use super::{
    Audience, Counts, Exception, Newsletter, NewsletterError, NewsletterState, Recipients, Result,
    Topic,
};
use crate::{
    app::App,
    clock::instant,
    db::{self, Db},
    values,
};

pub(super) const COLUMNS: &str = "
    SELECT n.id, n.subject, n.slug, n.language, n.document, n.state, n.automatic, n.created_at,
           n.approved_at, n.approved_by, n.scheduled_at, n.started_at, n.finished_at, n.attention,
           n.release_id, r.url AS release_url, r.published_at,
           t.id AS topic_id, t.slug AS topic_slug, t.name AS topic_name, n.total, n.counts,
           n.edition, n.corrects, n.waits, n.by_itself,
           CASE WHEN r.state = 'settling' THEN r.settles_at END AS settles_at,
           n.audience, n.news_release, n.blackout_to, n.give_up_hours, n.give_up_at
    FROM newsletter n
    JOIN topic t ON t.id = n.topic_id
    LEFT JOIN release r ON r.id = n.release_id";

/// The newest first, at most `limit`.
pub async fn list(app: &App, limit: u64) -> Result<Vec<(Newsletter, Counts)>> {
    let rows = app
        .db
        .all(
            &format!("{COLUMNS} ORDER BY n.id DESC LIMIT $1"),
            values![limit as i64],
        )
        .await?;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        list.push((read(&row)?, counts_of(&app.db, &row).await?));
    }
    Ok(list)
}

/// One newsletter.
pub async fn find(app: &App, id: i64) -> Result<Newsletter> {
    Ok(read(&row(app, id).await?)?)
}

/// How far it is.
pub async fn counts(app: &App, id: i64) -> Result<Counts> {
    Ok(counts_of(&app.db, &row(app, id).await?).await?)
}

async fn row(app: &App, id: i64) -> Result<QueryResult> {
    app.db
        .one(&format!("{COLUMNS} WHERE n.id = $1"), values![id])
        .await?
        .ok_or(NewsletterError::NotFound(id))
}

/// How many would get it if its sending began now: the very question of the queue.
pub async fn audience(app: &App, id: i64) -> Result<u64> {
    let newsletter = find(app, id).await?;
    let recipients = recipients(&newsletter).sql("$1", "$2");
    let sql = format!(
        "SELECT count(*) FROM {} WHERE {}",
        recipients.from, recipients.conditions
    );
    let values = values![newsletter.topic.id, app.clock.now_ms()];
    let people: Option<i64> = db::scalar(app.db.pool(), &sql, values).await?;
    Ok(people.unwrap_or_default().unsigned_abs())
}

/// What decides who gets it.
pub(super) fn recipients(newsletter: &Newsletter) -> Recipients {
    Recipients {
        newsletter: newsletter.id,
        audience: newsletter.audience,
        edition: newsletter.edition,
        corrects: newsletter.corrects,
    }
}

/// What did not arrive, or not yet; the latest first.
pub async fn exceptions(app: &App, id: i64, limit: u64) -> Result<Vec<Exception>> {
    let mut exceptions = Vec::new();
    // Each state has its partial index; the literal states are what makes it usable.
    for state in [2, 4, 5] {
        let rows = app
            .db
            .all(
                &format!(
                    "SELECT coalesce(s.email, c.email, '(erased)'), d.at, y.code, coalesce(y.words, ''), d.tls, d.attempts, r.address
                     FROM delivery d
                     LEFT JOIN relay r ON r.id = d.relay
                     LEFT JOIN subscriber s ON s.id = d.subscriber_id
                     LEFT JOIN press_contact c ON c.id = d.subscriber_id
                     LEFT JOIN delivery_reply y ON y.newsletter_id = d.newsletter_id AND y.subscriber_id = d.subscriber_id
                     WHERE d.newsletter_id = $1 AND d.state = {state}
                     LIMIT $2"
                ),
                values![id, limit as i64],
            )
            .await?;
        for row in rows {
            let at = instant(row.try_get_by_index(1)?);
            exceptions.push(Exception {
                email: row.try_get_by_index(0)?,
                state: match state {
                    2 => "deferred",
                    4 => "failed",
                    _ => "withdrawn",
                },
                at,
                next_try_at: (state == 2).then_some(at),
                code: row.try_get_by_index::<Option<i16>>(2)?.unwrap_or(0),
                words: row.try_get_by_index(3)?,
                tls: row.try_get_by_index::<Option<i16>>(4)?.and_then(tls),
                attempts: row.try_get_by_index(5)?,
                relay: row.try_get_by_index(6)?,
            });
        }
    }
    exceptions.sort_by_key(|exception| std::cmp::Reverse(exception.at));
    exceptions.truncate(limit as usize);
    Ok(exceptions)
}

/// The numbers of `delivery::smtp::Tls`.
fn tls(number: i16) -> Option<&'static str> {
    match number {
        0 => Some("none"),
        12 => Some("TLS 1.2"),
        13 => Some("TLS 1.3"),
        _ => None,
    }
}

async fn counts_of(db: &Db, row: &QueryResult) -> std::result::Result<Counts, DbErr> {
    if let Some(json) = row.try_get::<Option<String>>("", "counts")? {
        return serde_json::from_str(&json).map_err(|error| DbErr::Custom(error.to_string()));
    }
    live_counts(db, row.try_get("", "id")?, row.try_get("", "total")?).await
}

/// Counts from the queue as it stands. What is not settled, and what did not arrive, has small
/// partial indexes; the rest of `total` was accepted, so the big part is never counted row by row.
pub async fn live_counts(db: &Db, id: i64, total: i64) -> std::result::Result<Counts, DbErr> {
    // One statement, so that all counts are of one moment and add up to the total.
    let row = db
        .one(
            "SELECT (SELECT count(*) FROM delivery WHERE newsletter_id = $1 AND state = 0),
                    (SELECT count(*) FROM delivery WHERE newsletter_id = $1 AND state = 1),
                    (SELECT count(*) FROM delivery WHERE newsletter_id = $1 AND state = 2),
                    (SELECT count(*) FROM delivery WHERE newsletter_id = $1 AND state IN (4, 5) AND state = 4),
                    (SELECT count(*) FROM delivery WHERE newsletter_id = $1 AND state IN (4, 5) AND state = 5),
                    (SELECT total FROM newsletter WHERE id = $1)",
            values![id],
        )
        .await?;
    let Some(row) = row else {
        return Ok(Counts::default());
    };
    let number = |at: usize| {
        row.try_get_by_index::<Option<i64>>(at)
            .map(|n| n.unwrap_or(0).max(0) as u64)
    };
    let mut counts = Counts {
        queued: number(0)?,
        claimed: number(1)?,
        deferred: number(2)?,
        failed: number(3)?,
        withdrawn: number(4)?,
        accepted: 0,
    };
    let total = number(5)?.max(total.max(0) as u64);
    counts.accepted = total.saturating_sub(
        counts.queued + counts.claimed + counts.deferred + counts.failed + counts.withdrawn,
    );
    Ok(counts)
}

pub(super) fn read(row: &QueryResult) -> std::result::Result<Newsletter, DbErr> {
    let when = |column: &str| {
        row.try_get::<Option<i64>>("", column)
            .map(|ms| ms.map(instant))
    };
    let json: String = row.try_get("", "document")?;
    let state: i16 = row.try_get("", "state")?;
    let approved_by: Option<String> = row.try_get("", "approved_by")?;
    let audience: Audience = row.try_get("", "audience")?;
    let blackout_to: Option<String> = row.try_get("", "blackout_to")?;
    Ok(Newsletter {
        id: row.try_get("", "id")?,
        topic: match audience {
            Audience::PressList => Topic::press_list(),
            Audience::Subscribers => Topic {
                id: row.try_get("", "topic_id")?,
                slug: row.try_get("", "topic_slug")?,
                name: row.try_get("", "topic_name")?,
            },
        },
        release_id: row.try_get("", "release_id")?,
        release_url: row.try_get("", "release_url")?,
        published_at: when("published_at")?,
        subject: row.try_get("", "subject")?,
        slug: row.try_get("", "slug")?,
        language: row.try_get("", "language")?,
        document: serde_json::from_str(&json).map_err(|error| DbErr::Custom(error.to_string()))?,
        state: NewsletterState::from_number(state)
            .ok_or_else(|| DbErr::Custom(format!("newsletter state {state} is unknown")))?,
        automatic: row.try_get("", "automatic")?,
        created_at: when("created_at")?.unwrap_or_default(),
        approved: when("approved_at")?.zip(approved_by),
        scheduled_at: when("scheduled_at")?,
        started_at: when("started_at")?,
        finished_at: when("finished_at")?,
        give_up_hours: row
            .try_get::<Option<i32>>("", "give_up_hours")?
            .and_then(|hours| u32::try_from(hours).ok()),
        give_up_at: when("give_up_at")?,
        attention: row.try_get("", "attention")?,
        settles_at: when("settles_at")?,
        by_itself: row.try_get("", "by_itself")?,
        edition: row.try_get("", "edition")?,
        corrects: row.try_get("", "corrects")?,
        waits: row.try_get("", "waits")?,
        audience,
        news_release: row.try_get("", "news_release")?,
        blackout_to: blackout_to.and_then(|day| day.parse().ok()),
    })
}
