//! Filling the press list from a file: who is new, who is on it already, and who left and stays away.

use std::io::Read;

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde::Serialize;

use super::{
    Result, Status, SubscriberError,
    subscriber_tables::{press_contact, subscriber},
    suppression,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
};

/// Lines that are told one by one; the rest is counted.
const TOLD_LINES: usize = 100;

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

/// Puts every address of a CSV file (columns `email`, `name`, `outlet`, in this order where no first line
/// names them) on the list, except those
/// who left. All of the file or, where it cannot be read, nothing. `who` stands in the audit log.
pub async fn import(app: &App, file: impl Read, origin: &str, who: &str) -> Result<PressImport> {
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
                if report.reasons.len() < TOLD_LINES {
                    report
                        .reasons
                        .push(format!("line {}: {error}", line.number));
                }
            }
        }
    }
    let (now, details) = (
        app.clock.now_ms(),
        format!("{} added; {origin}", report.added),
    );
    let action = Action::PressListImport;
    audit::record(&transaction, now, who, action, "press-list", details).await?;
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
        || has_left(transaction, &key).await?
    {
        report.suppressed += 1;
        return Ok(());
    }
    let hash = app.keys.address_hash(&key);
    let known = press_contact::Entity::find()
        .filter(press_contact::Column::AddressHash.eq(hash.clone()))
        .one(transaction)
        .await?;
    match known {
        Some(contact) if contact.left_at.is_some() => report.suppressed += 1,
        Some(contact) => {
            press_contact::Entity::update(press_contact::ActiveModel {
                id: Unchanged(contact.id),
                name: Set(line.name.clone()),
                outlet: Set(line.outlet.clone()),
                ..Default::default()
            })
            .exec_without_returning(transaction)
            .await?;
            report.known += 1;
        }
        None => {
            press_contact::Entity::insert(press_contact::ActiveModel {
                address_hash: Set(hash),
                email: Set(Some(address.as_str().to_owned())),
                email_key: Set(Some(key)),
                name: Set(line.name.clone()),
                outlet: Set(line.outlet.clone()),
                origin: Set(origin.to_owned()),
                added_at: Set(app.clock.now_ms()),
                ..Default::default()
            })
            .exec_without_returning(transaction)
            .await?;
            report.added += 1;
        }
    }
    Ok(())
}

/// Whether the address left as a subscriber's, and has not come back.
async fn has_left(transaction: &DatabaseTransaction, key: &str) -> Result<bool> {
    let row = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(key))
        .one(transaction)
        .await?;
    Ok(row.is_some_and(|row| Status::GONE.contains(&row.status)))
}

#[derive(Debug)]
struct Line {
    number: u64,
    email: String,
    name: String,
    outlet: String,
}

fn read_csv(file: impl Read) -> Result<Vec<Line>> {
    let unreadable = |error: csv::Error| {
        SubscriberError::Import(format!("the file is no CSV file in UTF-8: {error}"))
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(file);
    let mut records = reader.records();
    let headers = match records.next() {
        Some(first) => first.map_err(unreadable)?,
        None => csv::StringRecord::new(),
    };
    // Who pastes a file has its first line with it; who types does not write one.
    let names_columns = !headers.iter().any(|field| field.contains('@'));
    let (first, headers) = if names_columns {
        (None, headers)
    } else {
        let columns = csv::StringRecord::from(vec!["email", "name", "outlet"]);
        (Some(Ok(headers)), columns)
    };
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
    for record in first.into_iter().chain(records) {
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
