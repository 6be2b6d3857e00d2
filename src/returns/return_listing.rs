//! What staff see of what came back: lists, one return, its raw mail, and how many complained.

use sea_orm::{DbErr, EntityTrait, FromQueryResult};

use super::{
    return_error::ReturnError,
    return_reader::ReturnKind,
    returned_mail::{Entity, ReturnState, ReturnWay},
};
use crate::{
    app::App,
    audit,
    clock::DAY,
    db::{self, sql_value},
    delivery::{count_accepted, count_accepted_at},
    newsletter_lookup,
    subscribers::{self, sql_join_topic},
    values,
};

/// Returns on one page of the list.
const PAGE: i64 = 50;

/// How far back complaints are counted.
const COMPLAINTS_OF_MS: i64 = 30 * DAY;

/// Rows of the table of complaints.
const RATES: i64 = 50;

/// One return, as the lists show it.
#[derive(Debug, Clone, FromQueryResult)]
#[allow(missing_docs, reason = "the words are the table's own")]
pub struct ReturnLine {
    pub id: i64,
    pub at: i64,
    pub way: ReturnWay,
    pub kind: ReturnKind,
    pub state: ReturnState,
    pub newsletter_id: Option<i64>,
    /// The newsletter's subject.
    pub newsletter: Option<String>,
    /// The topic's name.
    pub topic: Option<String>,
    pub provider: String,
    pub status: Option<String>,
    pub diagnosis: String,
    pub why: String,
    pub subject: String,
    /// Whether the raw mail is still kept.
    pub has_mail: bool,
    pub undone_by: Option<String>,
}

/// SQL text: the columns of [`ReturnLine`], and the newsletter and topic that a return belongs to.
fn sql_lines() -> String {
    format!(
        "SELECT r.id, r.at, r.way, r.kind, r.state, r.newsletter_id, n.subject AS newsletter, t.name AS topic,
                r.provider, r.status, r.diagnosis, r.why, r.subject, (r.mail IS NOT NULL) AS has_mail, r.undone_by
         FROM returned_mail r LEFT {} LEFT {}",
        newsletter_lookup::sql_join("r.newsletter_id"),
        sql_join_topic("n.topic_id")
    )
}

/// What to list; nothing set: everything.
#[derive(Debug, Clone, Default)]
pub struct ReturnFilter {
    /// Only what is in this state.
    pub state: Option<ReturnState>,
    /// Only of this kind.
    pub kind: Option<ReturnKind>,
    /// `newsletter.id`
    pub newsletter: Option<i64>,
    /// The domain of the reader's address.
    pub provider: Option<String>,
    /// The slug of a topic.
    pub topic: Option<String>,
    /// Only what came before the return with this id.
    pub before: Option<i64>,
}

/// One page of the list.
#[derive(Debug)]
pub struct ReturnPage {
    /// Newest first.
    pub lines: Vec<ReturnLine>,
    /// Where the next page begins. `None`: this is the last.
    pub older: Option<i64>,
}

/// What came back, newest first.
pub async fn list(app: &App, filter: &ReturnFilter) -> Result<ReturnPage, DbErr> {
    let state = filter.state.map_or_else(String::new, |state| {
        format!(" AND r.state = {}", sql_value(&state))
    });
    let kind = filter.kind.map_or_else(String::new, |kind| {
        format!(" AND r.kind = {}", sql_value(&kind))
    });
    // The primary key backwards; returned_mail_of_newsletter or returned_mail_set_aside where asked for.
    let sql = format!(
        "{} WHERE r.id < $1{state}{kind} AND ($2 = 0 OR r.newsletter_id = $2)
            AND ($3 = '' OR r.provider = $3) AND ($4 = '' OR t.slug = $4) ORDER BY r.id DESC LIMIT $5",
        sql_lines()
    );
    let values = values![
        filter.before.unwrap_or(i64::MAX),
        filter.newsletter.unwrap_or(0),
        filter.provider.clone().unwrap_or_default(),
        filter.topic.clone().unwrap_or_default(),
        PAGE
    ];
    let lines: Vec<ReturnLine> = db::rows(app.db.pool(), &sql, values).await?;
    let is_full = lines.len() as i64 == PAGE;
    let older = lines.last().map(|last| last.id).filter(|_| is_full);
    Ok(ReturnPage { lines, older })
}

/// The return with this id.
pub async fn one(app: &App, id: i64) -> Result<Option<ReturnLine>, DbErr> {
    db::row(
        app.db.pool(),
        &format!("{} WHERE r.id = $1", sql_lines()),
        values![id],
    )
    .await
}

/// What came back of mail to this address, newest first.
pub async fn of_address(app: &App, email: &str) -> Result<Vec<ReturnLine>, ReturnError> {
    let Some(who) = subscribers::returnee_by_address(app.db.pool(), email).await? else {
        return Ok(Vec::new());
    };
    // returned_mail_of_subscriber
    let sql = format!(
        "{} WHERE r.subscriber_id = $1 ORDER BY r.at DESC, r.id DESC LIMIT $2",
        sql_lines()
    );
    Ok(db::rows(app.db.pool(), &sql, values![who.id, PAGE]).await?)
}

/// The mail as it came, while it is kept. That `who` looked at it stands in the audit log.
pub async fn raw(app: &App, id: i64, who: &str) -> Result<Option<Vec<u8>>, DbErr> {
    let mail = Entity::find_by_id(id)
        .one(app.db.pool())
        .await?
        .and_then(|row| row.mail);
    if mail.is_some() {
        let (now, action) = (app.clock.now_ms(), audit::Action::ReturnRead);
        audit::record(&app.db.writer(), now, who, action, id, "").await?;
    }
    Ok(mail)
}

/// How many wait for somebody to look at them.
pub async fn count_set_aside(app: &App) -> Result<u64, DbErr> {
    // returned_mail_set_aside, which is found by its very words.
    let sql = format!(
        "SELECT count(*) FROM returned_mail WHERE state = {}",
        sql_value(&ReturnState::SetAside)
    );
    let waiting: Option<i64> = db::scalar(app.db.pool(), &sql, []).await?;
    Ok(waiting.unwrap_or_default().unsigned_abs())
}

/// How many readers called a newsletter spam, of those whom it was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplaintRate {
    /// `newsletter.id`
    pub newsletter: i64,
    /// Its subject.
    pub subject: String,
    /// Its topic.
    pub topic: String,
    /// The domain whose readers these are. `None`: all.
    pub provider: Option<String>,
    /// Readers who complained.
    pub complaints: i64,
    /// Readers for whom it was taken.
    pub accepted: i64,
}

impl ComplaintRate {
    /// Complaints for a hundred thousand mails.
    #[must_use]
    pub fn per_100_000(&self) -> i64 {
        self.complaints * 100_000 / self.accepted.max(1)
    }
}

#[derive(FromQueryResult)]
struct ComplainingReaders {
    newsletter: i64,
    subject: String,
    topic: String,
    provider: String,
    complaints: i64,
}

/// The newsletters of the last thirty days that somebody called spam: each as a whole, then by
/// provider.
pub async fn complaint_rates(app: &App) -> Result<Vec<ComplaintRate>, DbErr> {
    // returned_mail_complaints
    let sql = format!(
        "SELECT r.newsletter_id AS newsletter, n.subject AS subject, t.name AS topic, r.provider AS provider,
            count(DISTINCT r.subscriber_id) AS complaints
         FROM returned_mail r {} {}
         WHERE r.at >= $1 AND r.kind = {} AND r.subscriber_id IS NOT NULL
         GROUP BY r.newsletter_id, n.subject, t.name, r.provider ORDER BY r.newsletter_id DESC, complaints DESC LIMIT $2",
        newsletter_lookup::sql_join("r.newsletter_id"),
        sql_join_topic("n.topic_id"),
        sql_value(&ReturnKind::Complaint)
    );
    let values = values![app.clock.now_ms() - COMPLAINTS_OF_MS, RATES];
    let rows: Vec<ComplainingReaders> = db::rows(app.db.pool(), &sql, values).await?;
    let mut rates: Vec<ComplaintRate> = Vec::new();
    for row in &rows {
        let is_new = rates
            .last()
            .is_none_or(|last| last.newsletter != row.newsletter);
        if is_new {
            let of_it = rows
                .iter()
                .filter(|other| other.newsletter == row.newsletter);
            rates.push(ComplaintRate {
                newsletter: row.newsletter,
                subject: row.subject.clone(),
                topic: row.topic.clone(),
                provider: None,
                complaints: of_it.map(|other| other.complaints).sum(),
                accepted: count_accepted(app.db.pool(), row.newsletter).await?,
            });
        }
        rates.push(ComplaintRate {
            newsletter: row.newsletter,
            subject: row.subject.clone(),
            topic: row.topic.clone(),
            provider: Some(row.provider.clone()),
            complaints: row.complaints,
            accepted: count_accepted_at(app.db.pool(), row.newsletter, &row.provider).await?,
        });
    }
    Ok(rates)
}
