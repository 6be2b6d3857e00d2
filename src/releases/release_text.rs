//! What newsletters are made of: the present text of a release, which of them wait for a newsletter,
//! and the marks that being in one leaves. The newsletters' room asks here and touches no table of
//! this one.

use gazette_templates::Document;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    Policy, ReleaseState,
    hold_reason::HoldReasons,
    ready_to_draft::{announce, sql_may_be_drafted},
    release_tables::{release, release_revision, source},
};
use crate::{
    app::App,
    clock::Timestamp,
    db::{WriteTransaction, row, sql_value},
    values,
};

/// The stored documents, of the present and of former texts, that hold these words.
///
/// # Errors
/// The database failed.
pub async fn documents_with(app: &App, words: &str) -> Result<Vec<String>, DbErr> {
    let mut documents: Vec<String> = release::Entity::find()
        .select_only()
        .column(release::Column::Document)
        .filter(release::Column::Document.contains(words))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let former: Vec<String> = release_revision::Entity::find()
        .select_only()
        .column(release_revision::Column::Document)
        .filter(release_revision::Column::Document.contains(words))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    documents.extend(former);
    Ok(documents)
}

/// The present text of a release, and what decides how it is mailed.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one question about where it stands"
)]
pub struct ReleaseText {
    /// `release.id`
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Where it stands on the office's site.
    pub url: Option<String>,
    /// What it says.
    pub document: Document,
    /// Which of its texts this is.
    pub revision: i32,
    /// When the office published it, else when it was first seen.
    pub published: i64,
    /// `None`: added by staff.
    pub source: Option<i64>,
    /// As the source names them.
    pub categories: Vec<String>,
    /// Why it is held.
    pub held_because: Option<String>,
    /// Its source's; `None`: of no source.
    pub policy: Option<Policy>,
    /// It may still be changed or taken back; nothing of it is mailed.
    pub settling: bool,
    /// Final: what is made of it may be mailed.
    pub settled: bool,
    /// The office took it back.
    pub vanished: bool,
    /// It stands in no newsletter yet and is to stand in one.
    pub awaits_draft: bool,
    /// The office took it back, or a person said that it is not mailed.
    pub gone: bool,
    /// The first of those that say the same in several languages. `None`: there is no other.
    pub version_of: Option<i64>,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: i64,
    title: String,
    url: Option<String>,
    document: String,
    revision: i32,
    published: i64,
    source_id: Option<i64>,
    categories: Option<String>,
    held_because: Option<HoldReasons>,
    policy: Option<Policy>,
    state: ReleaseState,
    drafted_at: Option<i64>,
    version_of: Option<i64>,
}

/// By the primary keys of `release`, `source` and `release_revision`.
const TEXT: &str = "
    SELECT r.id, r.title, r.url, r.document, coalesce(r.published_at, r.first_seen_at) AS published,
           r.source_id, r.categories, r.held_because, r.state, r.drafted_at, r.version_of, s.policy,
           (SELECT coalesce(max(v.number), 0) FROM release_revision v WHERE v.release_id = r.id) AS revision
    FROM release r LEFT JOIN source s ON s.id = r.source_id";

impl TryFrom<Row> for ReleaseText {
    type Error = DbErr;

    fn try_from(row: Row) -> Result<Self, DbErr> {
        let is = |state: ReleaseState| row.state == state;
        let waits = [
            ReleaseState::Settling,
            ReleaseState::Settled,
            ReleaseState::Held,
        ];
        Ok(Self {
            settling: is(ReleaseState::Settling),
            settled: is(ReleaseState::Settled),
            vanished: is(ReleaseState::Vanished),
            gone: is(ReleaseState::Vanished) || is(ReleaseState::Dropped),
            awaits_draft: row.drafted_at.is_none() && waits.into_iter().any(is),
            id: row.id,
            title: row.title,
            url: row.url,
            document: read_json(&row.document)?,
            revision: row.revision,
            published: row.published,
            source: row.source_id,
            categories: match &row.categories {
                Some(json) => read_json(json)?,
                None => Vec::new(),
            },
            held_because: row.held_because.map(|reasons| reasons.to_string()),
            policy: row.policy,
            version_of: row.version_of,
        })
    }
}

fn read_json<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, DbErr> {
    serde_json::from_str(json).map_err(|error| DbErr::Json(error.to_string()))
}

/// The text of one release; `None` where there is no such release, or no text of its own.
pub async fn release_text(
    connection: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<ReleaseText>, DbErr> {
    let sql = format!("{TEXT} WHERE r.id = $1 AND r.document IS NOT NULL");
    row::<Row>(connection, &sql, values![id])
        .await?
        .map(ReleaseText::try_from)
        .transpose()
}

/// The same, held: the release is not changed, nor settled, before the end of the transaction.
pub async fn hold_text(
    transaction: &WriteTransaction,
    id: i64,
) -> Result<Option<ReleaseText>, DbErr> {
    release::Entity::find_by_id(id)
        .select_only()
        .column(release::Column::Id)
        .lock_exclusive()
        .into_tuple::<i64>()
        .one(transaction)
        .await?;
    release_text(transaction, id).await
}

/// A text that a release had, or has.
#[derive(Debug)]
pub struct RevisionText {
    /// What it was called.
    pub title: String,
    /// What it said.
    pub document: Document,
}

/// What a release said in its revision `number`.
pub async fn revision_text(
    connection: &impl ConnectionTrait,
    release: i64,
    number: i32,
) -> Result<Option<RevisionText>, DbErr> {
    let found = release_revision::Entity::find_by_id((release, number))
        .one(connection)
        .await?;
    found
        .map(|revision| {
            Ok(RevisionText {
                document: read_json(&revision.document)?,
                title: revision.title,
            })
        })
        .transpose()
}

/// The final releases of a source that stand in no newsletter yet, the oldest first, at most `limit`;
/// held, as [`hold_text`] holds one.
pub async fn awaiting_digest(
    transaction: &WriteTransaction,
    source: i64,
    limit: u64,
) -> Result<Vec<ReleaseText>, DbErr> {
    // release_awaiting_draft, found by these very words
    let awaiting = format!(
        "state IN ({}) AND state = {} AND drafted_at IS NULL",
        sql_may_be_drafted(),
        sql_value(&ReleaseState::Settled)
    );
    let ids: Vec<i64> = release::Entity::find()
        .select_only()
        .column(release::Column::Id)
        .filter(Expr::cust(awaiting))
        .filter(release::Column::Document.is_not_null())
        .filter(release::Column::SourceId.eq(source))
        .order_by_asc(release::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(transaction)
        .await?;
    let mut found = Vec::new();
    for id in ids {
        let text = hold_text(transaction, id).await?;
        found.extend(text.filter(|text| text.settled && text.awaits_draft));
    }
    Ok(found)
}

/// Notes that a release stands in a newsletter now.
pub async fn mark_drafted(transaction: &WriteTransaction, id: i64, now: i64) -> Result<(), DbErr> {
    release::Entity::update_many()
        .col_expr(release::Column::DraftedAt, Expr::value(now))
        .filter(release::Column::Id.eq(id))
        .filter(release::Column::DraftedAt.is_null())
        .exec(transaction)
        .await?;
    Ok(())
}

/// Notes that a release stands in no newsletter any more: should the office put it back, it waits for
/// one again.
pub async fn await_draft_again(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
) -> Result<(), DbErr> {
    release::Entity::update_many()
        .set(release::ActiveModel {
            drafted_at: Set(None),
            ready_at: Set(None),
            ..Default::default()
        })
        .filter(release::Column::Id.eq(id))
        .exec(transaction)
        .await?;
    announce(transaction, id, now).await?;
    Ok(())
}

/// A source whose releases are gathered in digests.
#[derive(Debug)]
pub struct DigestSource {
    /// `source.id`
    pub id: i64,
    /// 1 Monday to 7 Sunday; `None`: every day.
    pub digest_day: Option<i16>,
    /// Of the day, in the office's zone.
    pub digest_minute: i32,
    /// No person approves it.
    pub digest_auto: bool,
    /// When the last digest was made, else since when the source is there.
    pub since: i64,
}

/// The sources with digests: a handful. Also one that is looked at no more may have releases left.
pub async fn digest_sources(connection: &impl ConnectionTrait) -> Result<Vec<DigestSource>, DbErr> {
    let sources = source::Entity::find()
        // A few dozen rows at most.
        .filter(source::Column::Policy.eq(Policy::Digest))
        .order_by_asc(source::Column::Id)
        .all(connection)
        .await?;
    let digests = sources.into_iter().map(|source| DigestSource {
        id: source.id,
        digest_day: source.digest_day,
        digest_minute: source.digest_minute,
        digest_auto: source.digest_auto,
        since: source.digested_at.unwrap_or(source.created_at),
    });
    Ok(digests.collect())
}

/// Notes that a digest is made now; whether nobody else has made it since `since`.
pub async fn claim_digest(
    transaction: &WriteTransaction,
    source: &DigestSource,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let last = Func::coalesce([
        Expr::col(source::Column::DigestedAt),
        Expr::col(source::Column::CreatedAt),
    ]);
    let claimed = source::Entity::update_many()
        .set(source::ActiveModel {
            digested_at: Set(Some(now.as_millisecond())),
            ..Default::default()
        })
        .filter(source::Column::Id.eq(source.id))
        .filter(Expr::expr(last).eq(source.since))
        .exec(transaction)
        .await?;
    Ok(claimed.rows_affected > 0)
}

/// Puts `why` into the next mail to staff, beside a release, in the place of what they were to be told.
pub async fn notify_staff_of(
    connection: &impl ConnectionTrait,
    release: i64,
    why: &str,
) -> Result<(), DbErr> {
    release::Entity::update_many()
        .set(notice(why))
        .filter(release::Column::Id.eq(release))
        .exec(connection)
        .await?;
    Ok(())
}

/// Puts `why` into the next mail to staff, beside a release. What they are to be told of it already
/// stays.
pub async fn note_for_staff(
    connection: &impl ConnectionTrait,
    release: i64,
    why: &str,
) -> Result<(), DbErr> {
    release::Entity::update_many()
        .set(notice(why))
        .filter(release::Column::Id.eq(release))
        .filter(release::Column::Notice.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

fn notice(why: &str) -> release::ActiveModel {
    release::ActiveModel {
        notice: Set(Some(why.to_owned())),
        ..Default::default()
    }
}
