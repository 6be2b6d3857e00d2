//! Filling the press list from a file: who is new, who is on it already, and who left and stays away.

use std::io::Read;

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, EntityTrait, QueryFilter,
};
use serde::Serialize;

use super::{
    RejectedLine, Result, Status, SubscriberError,
    subscriber_tables::{press_contact, subscriber},
    suppression,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    db::WriteTransaction,
    given_name,
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
    /// All of them, to be corrected: address, name and outlet, whatever the order in the file was.
    #[serde(skip)]
    pub rejected: Vec<RejectedLine>,
}

/// Characters of a name, an outlet, or of where a list comes from, at most.
const LONGEST_WORDS: usize = 200;

/// Puts every address of a CSV file (columns `email`, `name`, `outlet`, in this order where no first line
/// names them) on the list, except those
/// who left. All of the file or, where it cannot be read, nothing. `who` stands in the audit log.
pub async fn import(app: &App, file: impl Read, origin: &str, who: &str) -> Result<PressImport> {
    let origin = given_name::checked(origin, LONGEST_WORDS)
        .map_err(|why| SubscriberError::Import(format!("where these addresses come from {why}")))?;
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
        match line.parsed() {
            Ok((address, names)) => {
                store(app, &transaction, &address, &names, &origin, &mut report).await?;
            }
            Err(why) => {
                report.wrong += 1;
                if report.reasons.len() < TOLD_LINES {
                    report.reasons.push(format!("line {}: {why}", line.number));
                }
                report.rejected.push(RejectedLine {
                    number: line.number,
                    text: line.as_typed(),
                    why,
                });
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
    transaction: &WriteTransaction,
    address: &EmailAddress,
    names: &Names,
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
                name: Set(names.name.clone()),
                outlet: Set(names.outlet.clone()),
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
                name: Set(names.name.clone()),
                outlet: Set(names.outlet.clone()),
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
async fn has_left(transaction: &WriteTransaction, key: &str) -> Result<bool> {
    let row = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(key))
        .one(transaction)
        .await?;
    Ok(row.is_some_and(|row| Status::GONE.contains(&row.status)))
}

/// What stands beside an address.
struct Names {
    name: String,
    outlet: String,
}

#[derive(Debug)]
struct Line {
    number: u64,
    email: String,
    name: String,
    outlet: String,
}

impl Line {
    /// Its address and names; or why it is not taken.
    fn parsed(&self) -> std::result::Result<(EmailAddress, Names), String> {
        let address = EmailAddress::parse(&self.email).map_err(|error| error.to_string())?;
        let checked = |what: &str, text: &str| {
            given_name::checked(text, LONGEST_WORDS).map_err(|why| format!("{what} {why}"))
        };
        let names = Names {
            name: checked("the name", &self.name)?,
            outlet: checked("the newspaper or station", &self.outlet)?,
        };
        Ok((address, names))
    }

    /// As it is typed in where no line names the columns: for the form, and no file.
    fn as_typed(&self) -> String {
        let quoted = |field: &String| {
            if field.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", field.replace('"', "\"\""))
            } else {
                field.clone()
            }
        };
        let fields = [&self.email, &self.name, &self.outlet];
        let line = fields.map(quoted).join(",");
        line.trim_end_matches(',').to_owned()
    }
}

/// Whether a first line names the columns, and holds nobody: whoever types lines writes none, and the first of
/// them may be wrong.
fn names_columns(line: &csv::StringRecord) -> bool {
    let is_a_heading = |field: &str| {
        let field = field.trim_start_matches('\u{feff}').to_lowercase();
        !field.contains('@')
            && (field.contains("mail") || ["name", "outlet", "address"].contains(&field.as_str()))
    };
    !line.iter().any(|field| field.contains('@')) && line.iter().any(is_a_heading)
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
    let (first, headers) = if headers.is_empty() || names_columns(&headers) {
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
        let field = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or("").to_owned();
        lines.push(Line {
            number: record.position().map_or(0, csv::Position::line),
            email: field(Some(email)),
            name: field(name),
            outlet: field(outlet),
        });
    }
    Ok(lines)
}
