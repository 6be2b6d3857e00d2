//! Mails about one's own account, in case that it was not oneself: a sign-in from a browser that is new to
//! it, and a change of what guards it.

use gazette_templates::{
    email::{Parts, staff as letter},
    pages::words::Words,
};

use super::{
    account::{self, Account},
    error::Result,
};
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    db::WriteTransaction,
    office::Office,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

/// Where a member of staff sees to their account.
const ACCOUNT_PAGE: &str = "/staff/account";

/// Queues the mail about a sign-in; where the office is not set up no mail can leave, and none is written.
///
/// # Errors
/// The database failed, or the mail cannot be built.
pub async fn tell_of_sign_in(
    app: &App,
    account: &Account,
    browser: &str,
    network: &str,
) -> Result<()> {
    let transaction = app.db.begin().await?;
    let office = Office::load_within(&transaction).await?;
    if !office.complete {
        return Ok(());
    }
    let subject = format!("New sign-in to {}", office.name_in("en"));
    let parts = letter::new_sign_in(
        office.sender("en"),
        &letter::NewSignIn {
            subject: &subject,
            when: &when(app, &office),
            browser,
            network,
            page: &app.link(ACCOUNT_PAGE),
        },
    );
    queue(app, &transaction, &office, account, (subject, parts)).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}

/// Something that guards an account was changed.
#[derive(Debug)]
pub struct GuardChange<'a> {
    /// Who did it, as the audit log has it.
    pub by: &'a str,
    /// What the audit log calls it.
    pub action: Action,
    /// What the audit log says beside.
    pub details: &'a str,
    /// The same to whom it belongs: `Your password was changed.`
    pub told: &'a str,
}

impl<'a> GuardChange<'a> {
    /// By the account itself.
    pub fn own(account: &'a Account, action: Action, details: &'a str, told: &'a str) -> Self {
        Self {
            by: account.email.as_str(),
            action,
            details,
            told,
        }
    }
}

/// Puts it on record and queues the mail that says so, both in the transaction that changes it.
///
/// # Errors
/// The database failed, or the mail cannot be built.
pub async fn note_change(
    app: &App,
    transaction: &WriteTransaction,
    account: &Account,
    change: &GuardChange<'_>,
) -> Result<()> {
    let (now, object) = (app.clock.now_ms(), account::object(account));
    audit::record(
        transaction,
        now,
        change.by,
        change.action,
        object,
        change.details,
    )
    .await?;
    let office = Office::load_within(transaction).await?;
    if !office.complete {
        return Ok(());
    }
    let subject = format!("Your account was changed – {}", office.name_in("en"));
    let by = match change.by {
        by if by == account.email.as_str() => None,
        OPERATOR => Some("the person who runs Gazette"),
        by => Some(by),
    };
    let parts = letter::account_changed(
        office.sender("en"),
        &letter::AccountChange {
            subject: &subject,
            told: change.told,
            when: &when(app, &office),
            by,
            page: &app.link(ACCOUNT_PAGE),
        },
    );
    queue(app, transaction, &office, account, (subject, parts)).await
}

/// Now, as people write it.
fn when(app: &App, office: &Office) -> String {
    let at = app.clock.now().to_zoned_datetime(office.time_zone.clone());
    Words::of("en").day_and_time(at.datetime(), &at.strftime("%Z").to_string())
}

async fn queue(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    account: &Account,
    (subject, parts): (String, Parts),
) -> Result<()> {
    let mail = TransactionalMail {
        kind: TransactionalKind::Notice,
        recipient: &account.email,
        content: TransactionalContent::letter(subject, parts, "en"),
        token_label: None,
    };
    transactional::enqueue(app, transaction, office, mail).await?;
    Ok(())
}
