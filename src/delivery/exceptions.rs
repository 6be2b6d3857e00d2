//! What of a newsletter did not arrive, or not yet, with what the relay said: for staff.

use jiff::Timestamp;
use sea_orm::{ActiveEnum, DbErr, FromQueryResult};
use serde::Serialize;

use crate::{
    app::App,
    clock::instant,
    db::{self, sql_value},
    delivery_state::{DeliveryState, Tls},
    newsletters::sql_is_never_sent,
    subscribers::audience::{SQL_JOIN_READER, SQL_READER_ADDRESS},
    values,
};

/// A delivery that did not arrive, or not yet.
#[derive(Debug, Clone, Serialize)]
pub struct Exception {
    /// To whom; staff only.
    pub email: String,
    /// `deferred`, `failed` or `withdrawn`.
    pub state: &'static str,
    /// Withdrawn because the newsletter was cancelled or a correction took its place, not because they left.
    #[serde(skip)]
    pub never_sent: bool,
    /// SMTP reply code; 0 where the connection broke.
    pub code: i16,
    /// The relay's words.
    pub words: String,
    /// How often it was tried.
    pub attempts: i16,
    /// The relay of the last attempt, as `host:port`; none where there was no attempt.
    pub relay: Option<String>,
    /// `TLS 1.2`, `TLS 1.3` or `none`: how the last attempt went; none where there was no attempt.
    pub tls: Option<&'static str>,
    /// When it is tried again, or when it ended.
    pub at: Timestamp,
    /// When it is tried again; none where it ended.
    pub next_try_at: Option<Timestamp>,
}

#[derive(Debug, FromQueryResult)]
struct ExceptionRow {
    email: String,
    at: i64,
    code: Option<i16>,
    words: String,
    tls: Option<i16>,
    attempts: i16,
    relay: Option<String>,
    never_sent: i32,
}

/// What did not arrive of the newsletter `id`, or not yet; the latest first.
///
/// # Errors
/// The database failed.
pub async fn exceptions(app: &App, id: i64, limit: u64) -> Result<Vec<Exception>, DbErr> {
    let mut exceptions = Vec::new();
    for state in [
        DeliveryState::Deferred,
        DeliveryState::Failed,
        DeliveryState::Withdrawn,
    ] {
        exceptions.extend(exceptions_in(app, id, state, limit).await?);
    }
    exceptions.sort_by_key(|exception| std::cmp::Reverse(exception.at));
    exceptions.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(exceptions)
}

/// Those of one state, which is one of the three.
///
/// # Errors
/// The database failed.
pub async fn exceptions_in(
    app: &App,
    id: i64,
    state: DeliveryState,
    limit: u64,
) -> Result<Vec<Exception>, DbErr> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    // Each state has its partial index; the literal states are what makes it usable.
    let sql = format!(
        "SELECT coalesce({SQL_READER_ADDRESS}, '(erased)') AS email, d.at, y.code,
                coalesce(y.words, '') AS words, d.tls, d.attempts, r.address AS relay,
                CASE WHEN {} THEN 1 ELSE 0 END AS never_sent
         FROM delivery d
         LEFT JOIN newsletter n ON n.id = d.newsletter_id
         LEFT JOIN relay r ON r.id = d.relay
         {SQL_JOIN_READER}
         LEFT JOIN delivery_reply y ON y.newsletter_id = d.newsletter_id AND y.subscriber_id = d.subscriber_id
         WHERE d.newsletter_id = $1 AND d.state = {}
         LIMIT $2",
        sql_is_never_sent(),
        sql_value(&state)
    );
    let rows: Vec<ExceptionRow> = db::rows(app.db.pool(), &sql, values![id, most]).await?;
    Ok(rows.into_iter().map(|row| exception(row, state)).collect())
}

fn exception(row: ExceptionRow, state: DeliveryState) -> Exception {
    let at: Timestamp = instant(row.at);
    Exception {
        email: row.email,
        state: state.as_str(),
        never_sent: state == DeliveryState::Withdrawn && row.never_sent == 1,
        at,
        next_try_at: (state == DeliveryState::Deferred).then_some(at),
        code: row.code.unwrap_or(0),
        words: row.words,
        tls: row.tls.and_then(tls_word),
        attempts: row.attempts,
        relay: row.relay,
    }
}

/// How the last attempt travelled; `None`: there was none.
fn tls_word(number: i16) -> Option<&'static str> {
    Tls::try_from_value(&number).ok().map(Tls::as_str)
}
