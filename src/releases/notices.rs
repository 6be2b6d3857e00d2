//! Telling staff by mail what waits for them: one mail for all that a round found, however much
//! that is, and never a second one within a quarter of an hour.

use std::fmt::Write;

use sea_orm::ConnectionTrait;

use super::ReleaseError;
use crate::{
    address::EmailAddress,
    app::App,
    clock::MINUTE,
    office::Office,
    secret::Token,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
    values,
};

/// What is found meanwhile goes into the next mail.
const QUIET: i64 = 15 * MINUTE;

/// A mail lists at most this many; the console has them all.
const LISTED: usize = 20;

/// Mails editors and above what they have not been told yet. How many mails were queued.
pub async fn tell_staff(app: &App) -> Result<u64, ReleaseError> {
    let now = app.clock.now_ms();
    // release_notice; nearly always empty
    let waiting = app
        .db
        .one("SELECT 1 FROM release WHERE notice IS NOT NULL LIMIT 1", [])
        .await?;
    if waiting.is_none() {
        return Ok(0);
    }
    let office = Office::load(&app.db).await?;
    if !office.complete {
        // No mail can leave yet; the console shows what waits.
        return Ok(0);
    }
    let transaction = app.db.begin().await?;
    let recently = transaction
        .query_one_raw(app.db.statement(
            // release_told
            "SELECT 1 FROM release WHERE told_at > $1 LIMIT 1",
            values![now - QUIET],
        ))
        .await?;
    if recently.is_some() {
        return Ok(0);
    }
    let rows = transaction
        .query_all_raw(app.db.statement(
            "SELECT id, title, notice FROM release WHERE notice IS NOT NULL ORDER BY id",
            [],
        ))
        .await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let (title, notice): (String, String) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        lines.push(format!("{}\n  {notice}", one_line(&title)));
    }
    let content = content(&office.name, &app.link("/staff/releases"), &lines);
    let staff = transaction
        .query_all_raw(app.db.statement(
            "SELECT email FROM staff WHERE role IN ('editor', 'approver', 'admin')
             AND disabled_at IS NULL AND password_hash IS NOT NULL ORDER BY id",
            [],
        ))
        .await?;
    let mut told = 0;
    for row in staff {
        let email: String = row.try_get_by_index(0)?;
        let Ok(recipient) = EmailAddress::parse(&email) else {
            continue;
        };
        let mail = TransactionalMail {
            kind: TransactionalKind::Notice,
            recipient: &recipient,
            content: content.clone(),
            token_label: None,
        };
        transactional::enqueue(app, &transaction, &office, mail).await?;
        told += 1;
    }
    transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET notice = NULL, told_at = $1 WHERE notice IS NOT NULL",
            values![now],
        ))
        .await?;
    transaction.commit().await?;
    tracing::info!(releases = lines.len(), told, "staff are told what waits");
    app.wake_delivery().await;
    Ok(told)
}

fn content(office: &str, console: &str, lines: &[String]) -> TransactionalContent {
    let subject = match lines {
        [_] => "A press release needs you".to_owned(),
        lines => format!("{} press releases need you", lines.len()),
    };
    let mut text = format!("Gazette of {office} has stopped at these and waits for a person:\n\n");
    text.push_str(
        &lines
            .iter()
            .take(LISTED)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n\n"),
    );
    if lines.len() > LISTED {
        let _ = write!(text, "\n\n… and {} more.", lines.len() - LISTED);
    }
    let _ = write!(text, "\n\nDecide here:\n\n{console}\n");
    TransactionalContent {
        subject,
        text,
        html: None,
        language: "en".to_owned(),
    }
}

/// M6: a title from outside begins no line of its own.
fn one_line(title: &str) -> String {
    let words: Vec<&str> = title
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    // No title may stand where a token would be put.
    words.join(" ").replace(Token::SLOT, "…")
}
