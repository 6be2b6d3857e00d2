//! The press list: addresses of reporters and others that staff keep, without a consent of their
//! own. It shares nothing with the subscribers but the rule that who left is not mailed (C1).
//!
//! A news release to the communications media is no mass mailing (39 USC 3210(a)(6)(E)). So every
//! contact says for which newspaper or station it stands; one that names none is not covered by
//! that exception and counts as somebody who did not ask.

use std::io::Read;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde::Serialize;
use serde_json::json;

use super::{
    Leaving, Result, Status, SubscriberError,
    confirmation::Press,
    consent::{self, Evidence},
    link::SubscriberLink,
    suppression,
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::{Timestamp, instant},
    values,
};

/// What a newsletter to the press list has in place of a topic. Nobody can subscribe to it, so
/// whatever asks for the subscribers of a newsletter's topic finds none.
pub const NO_TOPIC: i64 = 0;

/// Ids of contacts begin here; subscribers' never come so far. The link of a contact so never
/// stands for a subscriber, nor the other way round.
pub const FIRST_ID: i64 = 1 << 39;

/// Condition on a contact `c`: it may be mailed. Left, complained, bounced or blocked counts
/// wherever it was said, on this list or as a subscriber.
pub const MAY_BE_MAILED: &str = "c.left_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = c.address_hash)
    AND NOT EXISTS (SELECT 1 FROM subscriber g WHERE g.email_key = c.email_key AND g.status IN (2, 3, 4, 5))";

/// Condition on a contact `c`: the exception for news releases to the media does not cover it.
pub const NO_MEDIUM: &str = "c.outlet = ''";

/// Lines that are told one by one; the rest is counted.
const TOLD: usize = 100;

/// Somebody on the list.
#[derive(Debug, Clone, Serialize)]
pub struct Contact {
    /// `press_contact.id`
    pub id: i64,
    /// The address.
    pub email: String,
    /// Who it is.
    pub name: String,
    /// The newspaper or station; empty: not known to be media.
    pub outlet: String,
    /// Where the address comes from.
    pub origin: String,
    /// Since when.
    pub added_at: Timestamp,
    /// `listed`, `left`, or `suppressed`: left, bounced or complained as a subscriber.
    pub state: &'static str,
}

/// How many there are that may be mailed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// All of them.
    pub people: u64,
    /// Those without a newspaper or station.
    pub no_medium: u64,
}

/// What became of the lines of a file.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct PressImport {
    /// New on the list.
    pub added: u64,
    /// On it already; name and outlet are as in the file now.
    pub known: u64,
    /// Left, bounced, complained, blocked or erased, here or as subscribers: they stay away.
    pub suppressed: u64,
    /// Lines that hold no address.
    pub wrong: u64,
    /// The first of them, with the reason.
    pub reasons: Vec<String>,
}

#[derive(Debug)]
struct Line {
    number: u64,
    email: String,
    name: String,
    outlet: String,
}

/// Puts every address of a CSV file (columns `email`, `name`, `outlet`) on the list, except those
/// who left. All of the file or, where it cannot be read, nothing.
pub async fn import(app: &App, file: impl Read, origin: &str) -> Result<PressImport> {
    let origin = one_line(origin);
    if origin.is_empty() {
        return Err(SubscriberError::Import(
            "say where these addresses come from, such as \"press gallery directory, May 2026\""
                .to_owned(),
        ));
    }
    let lines = read_csv(file)?;
    let mut report = PressImport::default();
    let transaction = app.db.begin().await?;
    for line in &lines {
        match EmailAddress::parse(&line.email) {
            Ok(address) => store(app, &transaction, &address, line, &origin, &mut report).await?,
            Err(error) => {
                report.wrong += 1;
                if report.reasons.len() < TOLD {
                    report
                        .reasons
                        .push(format!("line {}: {error}", line.number));
                }
            }
        }
    }
    transaction.commit().await?;
    Ok(report)
}

async fn store(
    app: &App,
    transaction: &DatabaseTransaction,
    address: &EmailAddress,
    line: &Line,
    origin: &str,
    report: &mut PressImport,
) -> Result<()> {
    let key = address.key();
    if suppression::reason(app, transaction, &key).await?.is_some()
        || has_left(app, transaction, &key).await?
    {
        report.suppressed += 1;
        return Ok(());
    }
    let hash = app.keys.address_hash(&key);
    let known = transaction
        .query_one_raw(app.db.statement(
            "SELECT left_at FROM press_contact WHERE address_hash = $1",
            values![hash.clone()],
        ))
        .await?;
    match known {
        Some(row) if row.try_get_by_index::<Option<i64>>(0)?.is_some() => report.suppressed += 1,
        Some(_) => {
            transaction
                .execute_raw(app.db.statement(
                    "UPDATE press_contact SET name = $2, outlet = $3 WHERE address_hash = $1",
                    values![hash, line.name.as_str(), line.outlet.as_str()],
                ))
                .await?;
            report.known += 1;
        }
        None => {
            transaction
                .execute_raw(app.db.statement(
                    "INSERT INTO press_contact (address_hash, email, email_key, name, outlet, origin, added_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    values![
                        hash,
                        address.as_str(),
                        key,
                        line.name.as_str(),
                        line.outlet.as_str(),
                        origin,
                        app.clock.now_ms()
                    ],
                ))
                .await?;
            report.added += 1;
        }
    }
    Ok(())
}

/// Whether the address left as a subscriber's, and has not come back.
async fn has_left(
    app: &App,
    connection: &impl ConnectionTrait,
    key: &str,
) -> std::result::Result<bool, DbErr> {
    let row = connection
        .query_one_raw(app.db.statement(
            "SELECT status FROM subscriber WHERE email_key = $1",
            values![key],
        ))
        .await?;
    let status = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(status.is_some_and(|number| {
        !matches!(
            Status::from_number(number),
            Some(Status::Pending | Status::Confirmed)
        )
    }))
}

/// The list, the newest first, at most `limit`; without those whose address is forgotten.
pub async fn contacts(app: &App, limit: u64) -> Result<Vec<Contact>> {
    let rows = app
        .db
        .all(
            &format!(
                "SELECT c.id, c.email, c.name, c.outlet, c.origin, c.added_at, c.left_at,
                        CASE WHEN {MAY_BE_MAILED} THEN 1 ELSE 0 END
                 FROM press_contact c WHERE c.email IS NOT NULL ORDER BY c.id DESC LIMIT $1"
            ),
            values![i64::try_from(limit).unwrap_or(i64::MAX)],
        )
        .await?;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        let left: Option<i64> = row.try_get_by_index(6)?;
        let may: i32 = row.try_get_by_index(7)?;
        list.push(Contact {
            id: row.try_get_by_index(0)?,
            email: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            outlet: row.try_get_by_index(3)?,
            origin: row.try_get_by_index(4)?,
            added_at: instant(row.try_get_by_index(5)?),
            state: match (left, may) {
                (Some(_), _) => "left",
                (None, 0) => "suppressed",
                _ => "listed",
            },
        });
    }
    Ok(list)
}

/// How many of the list may be mailed.
pub async fn size(app: &App) -> std::result::Result<Size, DbErr> {
    let row = app
        .db
        .one(
            &format!(
                "SELECT count(*), count(CASE WHEN {NO_MEDIUM} THEN 1 END) FROM press_contact c WHERE {MAY_BE_MAILED}"
            ),
            [],
        )
        .await?;
    let Some(row) = row else {
        return Ok(Size::default());
    };
    Ok(Size {
        people: row.try_get_by_index::<i64>(0)?.unsigned_abs(),
        no_medium: row.try_get_by_index::<i64>(1)?.unsigned_abs(),
    })
}

/// Whether the link is a contact's, and not a subscriber's.
#[must_use]
pub fn is_contact(link: SubscriberLink) -> bool {
    link.subscriber >= FIRST_ID
}

/// Takes a contact off the list at their own wish; no import brings them back.
pub(super) async fn leave(
    app: &App,
    link: SubscriberLink,
    by: Leaving,
    press: &Press,
) -> Result<()> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let left = transaction
        .execute_raw(app.db.statement(
            "UPDATE press_contact SET left_at = $2 WHERE id = $1 AND left_at IS NULL",
            values![link.subscriber, now],
        ))
        .await?
        .rows_affected();
    if left == 0 {
        return Ok(());
    }
    let evidence = json!({
        "channel": by.as_str(),
        "method": "POST",
        "list": "press",
        "newsletter": link.newsletter,
        "ip": press.ip,
        "user_agent": press.user_agent,
    });
    consent::record(
        &transaction,
        link.subscriber,
        now,
        Evidence::Unsubscribed,
        &evidence,
    )
    .await?;
    transaction.commit().await?;
    tracing::info!(
        press_contact.id = link.subscriber,
        channel = by.as_str(),
        "left the press list"
    );
    Ok(())
}

/// Takes an address off the list at the office's wish and forgets it. Of someone who left, the
/// keyed hash stays, so that they stay away.
pub async fn remove(app: &App, email: &str) -> Result<()> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let hash = app.keys.address_hash(&address.key());
    let transaction = app.db.begin().await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT id, left_at FROM press_contact WHERE address_hash = $1 AND email IS NOT NULL",
            values![hash],
        ))
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    let id: i64 = row.try_get_by_index(0)?;
    if row.try_get_by_index::<Option<i64>>(1)?.is_some() {
        forget(app, &transaction, &address.key()).await?;
    } else {
        transaction
            .execute_raw(
                app.db
                    .statement("DELETE FROM press_contact WHERE id = $1", values![id]),
            )
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// Everything of a contact but the keyed hash: who is erased is not mailed.
pub(super) async fn forget(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> std::result::Result<(), DbErr> {
    let hash = app.keys.address_hash(email_key);
    let now = app.clock.now_ms();
    // First the record of the erasure: only with it do the triggers let evidence go.
    for (sql, values) in [
        (
            "INSERT INTO erasure (subscriber_id, at) SELECT id, $2 FROM press_contact WHERE address_hash = $1
             ON CONFLICT (subscriber_id) DO NOTHING",
            values![hash.clone(), now].to_vec(),
        ),
        (
            "DELETE FROM consent WHERE subscriber_id IN (SELECT id FROM press_contact WHERE address_hash = $1)",
            values![hash.clone()].to_vec(),
        ),
        (
            "UPDATE press_contact SET email = NULL, email_key = NULL, name = '', outlet = '', origin = '',
                                      left_at = coalesce(left_at, $2)
             WHERE address_hash = $1",
            values![hash, now].to_vec(),
        ),
    ] {
        connection
            .execute_raw(app.db.statement(sql, values))
            .await?;
    }
    Ok(())
}

fn read_csv(file: impl Read) -> Result<Vec<Line>> {
    let unreadable = |error: csv::Error| {
        SubscriberError::Import(format!("the file is no CSV file in UTF-8: {error}"))
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(file);
    let headers = reader.headers().map_err(unreadable)?.clone();
    let column = |name: &str| {
        headers.iter().position(|header| {
            header
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        })
    };
    let Some(email) = column("email") else {
        return Err(SubscriberError::Import(
            "there is no column `email`: the first line must name the columns email, name and outlet"
                .to_owned(),
        ));
    };
    let (name, outlet) = (column("name"), column("outlet"));
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let field = |at: Option<usize>| one_line(at.and_then(|at| record.get(at)).unwrap_or(""));
        lines.push(Line {
            number: record.position().map_or(0, csv::Position::line),
            email: field(Some(email)),
            name: field(name),
            outlet: field(outlet),
        });
    }
    Ok(lines)
}

/// One line of at most 200 characters.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests;
