//! The chain over audit log and evidence: a keyed hash of each line, and of all before it.
//!
//! Triggers refuse to change these tables, but who may write to the database may drop a trigger. Whoever
//! does not also have the secret key cannot make the hashes right again: `gazette audit verify` then says
//! which line was changed, taken out or put in. Up to where lines are sealed is noted apart from the seals,
//! signed, so that seals that are gone are missed and not made anew. The newest hash is logged, too: a copy
//! of the log shows whether the end of the chain was cut off, even by who also put back that note.
//!
//! Evidence of who was erased is gone with its erasure on record, and in the evidence of others a keyed hash
//! stands for their address, also on record ([`redact`]); that is no break.

use data_encoding::HEXLOWER;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};
use serde::Serialize;

use crate::{
    app::App,
    clock::MINUTE,
    db::{self, Db},
    secret::Keys,
    values,
};

mod sealing_note;

use sealing_note::SealingNote;

/// A line is sealed when it is this old: on PostgreSQL a lower number may be committed later.
const AGE_MS: i64 = MINUTE;

/// A line may come this long after its own time: what is written in one transaction has the time of its beginning.
const LATE_MS: i64 = 10 * MINUTE;

/// Lines in one transaction.
const BATCH: i64 = 1_000;

/// A table that is chained.
struct Chained {
    /// As the seals number it.
    kind: i16,
    table: &'static str,
    /// SQL text: what is hashed of a line, as text.
    content: &'static str,
    /// SQL text: whom it is about; 0 where nobody can be erased.
    subject: &'static str,
    /// Whether each line is dated when it is written. A consent that was given elsewhere keeps its date.
    is_dated_when_written: bool,
}

/// How the seals number the evidence.
const CONSENT: i16 = 2;

const CHAINED: [Chained; 2] = [
    Chained {
        kind: 1,
        table: "audit",
        content: "at || '|' || who || '|' || action || '|' || object || '|' || details",
        subject: "CAST(0 AS BIGINT)",
        is_dated_when_written: true,
    },
    Chained {
        kind: CONSENT,
        table: "consent",
        content: "at || '|' || subscriber_id || '|' || event || '|' || evidence",
        subject: "subscriber_id",
        is_dated_when_written: false,
    },
];

#[derive(FromQueryResult)]
struct Line {
    id: i64,
    subject: i64,
    content: String,
}

/// What was found of a line when it was sealed.
mod seal {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence_seal")]
    pub struct Model {
        /// [`super::Chained::kind`]
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: i16,
        /// The line's `id`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub row_id: i64,
        /// Whom it is about; 0 where nobody can be erased.
        pub subject: i64,
        /// Keyed hash of the line.
        pub mac: Vec<u8>,
        /// Keyed hash of all lines up to it.
        pub chain: Vec<u8>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was taken out of the evidence.
mod redaction {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consent_redaction")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub consent_id: i64,
        pub at: i64,
        /// Keyed hash of the line as it stands since.
        pub mac: Vec<u8>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes that from now on this evidence stands in a line of `consent`, because somebody was erased whose address
/// was in it. Only then does the trigger let the line change.
pub async fn redact(
    app: &App,
    connection: &impl ConnectionTrait,
    line: &RedactedLine<'_>,
) -> Result<(), DbErr> {
    let RedactedLine { id, subject, .. } = *line;
    let content = format!("{}|{subject}|{}|{}", line.at, line.event, line.evidence);
    let line = Line {
        id,
        subject,
        content,
    };
    let row = redaction::ActiveModel {
        consent_id: Set(id),
        at: Set(app.clock.now_ms()),
        mac: Set(mac_of(&app.keys, CONSENT, &line)),
    };
    let newest = OnConflict::column(redaction::Column::ConsentId)
        .update_columns([redaction::Column::At, redaction::Column::Mac])
        .to_owned();
    redaction::Entity::insert(row)
        .on_conflict(newest)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// A line of `consent` as it stands once an address is taken out of it.
#[derive(Debug)]
pub struct RedactedLine<'a> {
    /// `consent.id`
    pub id: i64,
    /// Whose evidence it is.
    pub subject: i64,
    /// When it happened.
    pub at: i64,
    /// The event's word.
    pub event: &'a str,
    /// The evidence without the address.
    pub evidence: &'a str,
}

/// Whether a line is as it was left when an address was taken out of it.
async fn is_redacted(app: &App, kind: i16, line: &Line) -> Result<bool, DbErr> {
    if kind != CONSENT {
        return Ok(false);
    }
    let found = redaction::Entity::find_by_id(line.id)
        .one(app.db.pool())
        .await?;
    Ok(found.is_some_and(|found| found.mac == mac_of(&app.keys, kind, line)))
}

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// Lines that are as they were written.
    pub sound: u64,
    /// Lines of people who were erased since, and lines out of which their address was taken.
    pub erased: u64,
    /// Lines that are too new to be sealed.
    pub unsealed: u64,
    /// What is wrong, line by line.
    pub broken: Vec<String>,
    /// The newest hash of each table: `audit:…`, `consent:…`.
    pub heads: Vec<String>,
    /// Whether every head that was asked for was found.
    pub heads_found: bool,
}

/// Why nothing is sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Sealing anew would hide what was done.
    #[error("{0}")]
    Broken(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Seals the lines that have come. How many.
///
/// # Errors
/// Seals that were made are gone, or the database failed.
pub async fn seal_new(app: &App) -> Result<u64, SealError> {
    let mut sealed = 0;
    for chained in &CHAINED {
        loop {
            let count = seal_batch(app, chained).await?;
            sealed += count;
            if count < BATCH as u64 {
                break;
            }
        }
    }
    if sealed > 0 {
        let heads = heads(&app.db).await?.join(" ");
        tracing::info!(lines = sealed, heads, "audit log and evidence sealed");
    }
    Ok(sealed)
}

async fn seal_batch(app: &App, chained: &Chained) -> Result<u64, SealError> {
    let Chained {
        kind,
        table,
        content,
        subject,
        ..
    } = chained;
    let transaction = app.db.begin().await?;
    let note = SealingNote::load(&transaction, &app.keys, table).await?;
    if let Some(lost) = lost_seal(&transaction, chained, &note).await? {
        return Err(SealError::Broken(lost));
    }
    let last = newest(&transaction, *kind).await?;
    let (after, mut chain) = last.map_or((0, Vec::new()), |last| (last.row_id, last.chain));
    let sql = format!(
        "SELECT id, {subject} AS subject, {content} AS content FROM {table}
         WHERE id > $1 AND at <= $2 ORDER BY id LIMIT $3"
    );
    let until = app.clock.now_ms() - AGE_MS;
    let lines: Vec<Line> = db::rows(&transaction, &sql, values![after, until, BATCH]).await?;
    let late = late_lines(&transaction, chained, &note, after).await?;
    let mut seals = Vec::with_capacity(lines.len());
    for line in &lines {
        let mac = mac_of(&app.keys, *kind, line);
        chain = chain_of(&app.keys, *kind, &chain, line.id, line.subject, &mac);
        seals.push(seal::ActiveModel {
            kind: Set(*kind),
            row_id: Set(line.id),
            subject: Set(line.subject),
            mac: Set(mac),
            chain: Set(chain.clone()),
        });
    }
    if let Some(newest) = lines.last() {
        seal::Entity::insert_many(seals)
            .exec_without_returning(&transaction)
            .await?;
        let note = SealingNote {
            row_id: newest.id,
            chain,
            until,
        };
        note.store(&transaction, &app.keys, table, app.clock.now_ms())
            .await?;
    }
    transaction.commit().await?;
    if !late.is_empty() {
        tracing::warn!(
            table,
            lines = ?late,
            "lines that are dated before the last sealing came after it; they are sealed"
        );
    }
    Ok(lines.len() as u64)
}

/// What is wrong where the newest seal that was noted is not there.
async fn lost_seal(
    connection: &impl ConnectionTrait,
    chained: &Chained,
    note: &Result<Option<SealingNote>, sealing_note::Forged>,
) -> Result<Option<String>, DbErr> {
    let Chained { kind, table, .. } = chained;
    let note = match note {
        // Nothing was sealed, or by a version that kept no note.
        Ok(None) => return Ok(None),
        Ok(Some(note)) => note,
        Err(sealing_note::Forged) => {
            return Ok(Some(format!(
                "{table}: the note up to where it is sealed was changed"
            )));
        }
    };
    let seal = seal::Entity::find_by_id((*kind, note.row_id))
        .one(connection)
        .await?;
    let is_there = seal.is_some_and(|seal| seal.chain == note.chain);
    Ok((!is_there).then(|| {
        format!(
            "{table}: the seal of line {} is gone: its end was cut off, or all seals were taken out",
            note.row_id
        )
    }))
}

/// Lines without a seal that should have one: they are dated well before the last sealing.
async fn late_lines(
    connection: &impl ConnectionTrait,
    Chained {
        table,
        is_dated_when_written,
        ..
    }: &Chained,
    note: &Result<Option<SealingNote>, sealing_note::Forged>,
    after: i64,
) -> Result<Vec<i64>, DbErr> {
    let Ok(Some(note)) = note else {
        return Ok(Vec::new());
    };
    if !is_dated_when_written {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT id FROM {table} WHERE id > $1 AND at <= $2 ORDER BY id LIMIT $3");
    let values = values![after, note.until - LATE_MS, BATCH];
    let late: Vec<LateLine> = db::rows(connection, &sql, values).await?;
    Ok(late.into_iter().map(|line| line.id).collect())
}

#[derive(FromQueryResult)]
struct LateLine {
    id: i64,
}

async fn newest(
    connection: &impl ConnectionTrait,
    kind: i16,
) -> Result<Option<seal::Model>, DbErr> {
    // The primary key.
    seal::Entity::find()
        .filter(seal::Column::Kind.eq(kind))
        .order_by_desc(seal::Column::RowId)
        .one(connection)
        .await
}

fn mac_of(keys: &Keys, kind: i16, line: &Line) -> Vec<u8> {
    let parts: [&[u8]; 4] = [
        b"evidence line",
        &kind.to_be_bytes(),
        &line.id.to_be_bytes(),
        line.content.as_bytes(),
    ];
    keys.lasting_mac(&parts).to_vec()
}

fn chain_of(keys: &Keys, kind: i16, before: &[u8], id: i64, subject: i64, mac: &[u8]) -> Vec<u8> {
    let parts: [&[u8]; 6] = [
        b"evidence chain",
        &kind.to_be_bytes(),
        before,
        &id.to_be_bytes(),
        &subject.to_be_bytes(),
        mac,
    ];
    keys.lasting_mac(&parts).to_vec()
}

async fn heads(db: &Db) -> Result<Vec<String>, DbErr> {
    let mut heads = Vec::new();
    for Chained { kind, table, .. } in &CHAINED {
        if let Some(newest) = newest(db.pool(), *kind).await? {
            heads.push(format!("{table}:{}", HEXLOWER.encode(&newest.chain)));
        }
    }
    Ok(heads)
}

/// Looks at every line. `expected` are heads that were logged before: each must be in its chain.
/// `is_erased` tells whether a person was erased, whose evidence may be gone.
pub async fn verify(
    app: &App,
    expected: &[String],
    is_erased: impl AsyncFn(&App, i64) -> Result<bool, DbErr>,
) -> Result<Verified, DbErr> {
    let mut found = Verified::default();
    let mut missing: Vec<&str> = expected.iter().map(String::as_str).collect();
    for chained in &CHAINED {
        verify_table(app, chained, &mut found, &mut missing, &is_erased).await?;
    }
    found.heads = heads(&app.db).await?;
    found.heads_found = missing.is_empty();
    for head in missing {
        found.broken.push(format!(
            "the hash {head} is in no chain: its end was cut off, or made anew"
        ));
    }
    Ok(found)
}

async fn verify_table(
    app: &App,
    chained: &Chained,
    found: &mut Verified,
    missing: &mut Vec<&str>,
    is_erased: &impl AsyncFn(&App, i64) -> Result<bool, DbErr>,
) -> Result<(), DbErr> {
    let Chained {
        kind,
        table,
        content,
        subject,
        ..
    } = chained;
    let pool = app.db.pool();
    let note = SealingNote::load(pool, &app.keys, table).await?;
    found.broken.extend(lost_seal(pool, chained, &note).await?);
    // No line that Gazette writes has a number below 1.
    let (mut after, mut chain, mut whole) = (i64::MIN, Vec::new(), true);
    loop {
        let seals = seal::Entity::find()
            .filter(seal::Column::Kind.eq(*kind))
            .filter(seal::Column::RowId.gt(after))
            .order_by_asc(seal::Column::RowId)
            .limit(BATCH as u64)
            .all(pool)
            .await?;
        let Some(last) = seals.last().map(|seal| seal.row_id) else {
            break;
        };
        let sql = format!(
            "SELECT id, {subject} AS subject, {content} AS content FROM {table}
             WHERE id > $1 AND id <= $2 ORDER BY id"
        );
        let lines: Vec<Line> = db::rows(pool, &sql, values![after, last]).await?;
        let mut lines = lines.into_iter().peekable();
        for seal in &seals {
            while let Some(line) = lines.next_if(|line| line.id < seal.row_id) {
                found
                    .broken
                    .push(format!("{table} {}: it was put in later", line.id));
            }
            chain = chain_of(
                &app.keys,
                *kind,
                &chain,
                seal.row_id,
                seal.subject,
                &seal.mac,
            );
            if chain != seal.chain && whole {
                // Once is enough: every one after it differs, too.
                whole = false;
                found.broken.push(format!(
                    "{table} {}: the chain breaks before it",
                    seal.row_id
                ));
            }
            let head = format!("{table}:{}", HEXLOWER.encode(&seal.chain));
            missing.retain(|wanted| *wanted != head);
            match lines.next_if(|line| line.id == seal.row_id) {
                Some(line) if mac_of(&app.keys, *kind, &line) == seal.mac => found.sound += 1,
                Some(line) if is_redacted(app, *kind, &line).await? => found.erased += 1,
                Some(line) => found
                    .broken
                    .push(format!("{table} {}: it was changed", line.id)),
                None if is_erased(app, seal.subject).await? => found.erased += 1,
                None => found
                    .broken
                    .push(format!("{table} {}: it was taken out", seal.row_id)),
            }
        }
        after = last;
    }
    let sql = format!("SELECT id FROM {table} WHERE id > $1 AND id < 1 ORDER BY id LIMIT $2");
    let below: Vec<LateLine> = db::rows(pool, &sql, values![after, BATCH]).await?;
    let late = late_lines(pool, chained, &note, after.max(0)).await?;
    let put_in = below.iter().map(|line| line.id).chain(late);
    let put_in = put_in.map(|id| format!("{table} {id}: it was put in later"));
    let before = found.broken.len();
    found.broken.extend(put_in);
    let sql = format!("SELECT count(*) FROM {table} WHERE id > $1");
    let unsealed: Option<i64> = db::scalar(pool, &sql, values![after]).await?;
    let put_in = (found.broken.len() - before) as u64;
    found.unsealed += unsealed.unwrap_or(0).unsigned_abs().saturating_sub(put_in);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::{self, Action},
        console::tests::Place,
        subscribers, test_data,
    };

    async fn sealed() -> (App, Place) {
        let place = Place::new().await;
        let app = place.open("http://127.0.0.1:8080").await;
        test_data::office(&app).await;
        for id in 1..=5 {
            test_data::subscriber(id).insert(&app).await;
            let now = app.clock.now_ms();
            audit::record(app.db.pool(), now, "ana", Action::OfficeSet, "office/x", id)
                .await
                .unwrap();
        }
        app.clock.advance_ms(2 * AGE_MS);
        assert!(seal_new(&app).await.unwrap() >= 10);
        assert_eq!(seal_new(&app).await.unwrap(), 0);
        (app, place)
    }

    async fn broken(app: &App) -> Vec<String> {
        verify(app, &[], subscribers::is_erased)
            .await
            .unwrap()
            .broken
    }

    /// What somebody can do who has the database and not the key.
    async fn forge(app: &App, sql: &str) {
        let off = if app.db.is_sqlite() {
            "DROP TRIGGER IF EXISTS audit_keeps; DROP TRIGGER IF EXISTS audit_stays;
             DROP TRIGGER IF EXISTS consent_keeps; DROP TRIGGER IF EXISTS consent_stays;"
        } else {
            "ALTER TABLE audit DISABLE TRIGGER ALL; ALTER TABLE consent DISABLE TRIGGER ALL;"
        };
        app.db.pool().execute_unprepared(off).await.unwrap();
        app.db.pool().execute_unprepared(sql).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_as_it_was_written_is_sound_and_an_erasure_is_no_break() {
        let (app, _place) = sealed().await;
        let heads = verify(&app, &[], subscribers::is_erased)
            .await
            .unwrap()
            .heads;
        assert_eq!(heads.len(), 2);
        subscribers::erase(&app, "reader3@example.org", "operator")
            .await
            .unwrap();
        app.clock.advance_ms(2 * AGE_MS);
        seal_new(&app).await.unwrap();
        let found = verify(&app, &heads, subscribers::is_erased).await.unwrap();
        assert!(found.broken.is_empty() && found.heads_found, "{found:?}");
        assert!(found.erased > 0 && found.sound > 8, "{found:?}");
    }

    #[tokio::test]
    async fn a_line_that_was_changed_taken_out_or_put_in_is_named() {
        for (forgery, says) in [
            (
                "UPDATE audit SET who = 'eve' WHERE id = 3",
                "audit 3: it was changed",
            ),
            (
                "DELETE FROM audit WHERE id = 3",
                "audit 3: it was taken out",
            ),
            (
                "UPDATE consent SET at = at + 1 WHERE id = 2",
                "consent 2: it was changed",
            ),
            (
                "DELETE FROM consent WHERE id = 2",
                "consent 2: it was taken out",
            ),
            (
                "INSERT INTO erasure (subscriber_id, at) SELECT subscriber_id, 1 FROM consent WHERE id = 2;
                 DELETE FROM consent WHERE id = 2",
                "consent 2: it was taken out",
            ),
            (
                "DELETE FROM audit WHERE id = 3; DELETE FROM evidence_seal WHERE kind = 1 AND row_id = 3",
                "audit 4: the chain breaks before it",
            ),
            (
                "DELETE FROM evidence_seal WHERE kind = 1 AND row_id = 3",
                "audit 3: it was put in later",
            ),
            (
                "INSERT INTO audit (id, at, who, action, object, details)
                 VALUES (-5, 1, 'ada', 'newsletter.approve', 'newsletter/1', 'forged')",
                "audit -5: it was put in later",
            ),
            (
                "INSERT INTO audit (id, at, who, action, object, details)
                 VALUES (0, 1, 'ada', 'newsletter.approve', 'newsletter/1', 'forged')",
                "audit 0: it was put in later",
            ),
            (
                "INSERT INTO audit (id, at, who, action, object, details)
                 VALUES (9999, 1, 'ada', 'newsletter.approve', 'newsletter/1', 'forged')",
                "audit 9999: it was put in later",
            ),
            (
                "UPDATE consent SET id = -1 WHERE id = 3",
                "consent -1: it was put in later",
            ),
            (
                "UPDATE office_setting SET value = replace(value, ' ', '  ') WHERE key = 'sealed-audit'",
                "audit: the note up to where it is sealed was changed",
            ),
        ] {
            let (app, _place) = sealed().await;
            assert!(broken(&app).await.is_empty());
            forge(&app, forgery).await;
            let broken = broken(&app).await;
            assert!(
                broken.iter().any(|line| line == says),
                "{forgery}: {broken:?}"
            );
        }
    }

    /// An import keeps when people consented elsewhere.
    #[tokio::test]
    async fn evidence_of_long_ago_that_comes_by_an_import_is_no_forgery() {
        let (app, _place) = sealed().await;
        let long_ago = test_data::subscriber(99).since(1);
        long_ago.insert(&app).await;
        assert!(broken(&app).await.is_empty());
    }

    #[tokio::test]
    async fn seals_that_are_gone_are_missed_and_not_made_anew() {
        let (app, _place) = sealed().await;
        forge(
            &app,
            "DELETE FROM evidence_seal; UPDATE audit SET who = 'eve' WHERE id = 3",
        )
        .await;
        for _ in 0..2 {
            let broken = broken(&app).await;
            for table in ["audit", "consent"] {
                let gone = format!("{table}: the seal of line ");
                let is_told = |line: &String| line.starts_with(&gone) && line.contains("is gone");
                assert!(broken.iter().any(is_told), "{broken:?}");
            }
            app.clock.advance_ms(2 * AGE_MS);
            let refused = seal_new(&app).await;
            assert!(matches!(refused, Err(SealError::Broken(_))), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn an_end_that_was_cut_off_is_found_by_a_hash_that_was_logged() {
        let (app, _place) = sealed().await;
        let heads = verify(&app, &[], subscribers::is_erased)
            .await
            .unwrap()
            .heads;
        forge(&app, "DELETE FROM audit WHERE id > 3; DELETE FROM evidence_seal WHERE kind = 1 AND row_id > 3").await;
        let alone = broken(&app).await;
        assert!(
            alone.len() == 1 && alone[0].contains("cut off"),
            "{alone:?}"
        );
        forge(
            &app,
            "DELETE FROM office_setting WHERE key = 'sealed-audit'",
        )
        .await;
        assert!(broken(&app).await.is_empty(), "the rest is sound by itself");
        let found = verify(&app, &heads, subscribers::is_erased).await.unwrap();
        assert!(
            !found.heads_found && found.broken[0].contains("cut off"),
            "{found:?}"
        );
    }
}
