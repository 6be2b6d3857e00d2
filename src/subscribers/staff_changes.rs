//! What staff change for a subscriber who asks for it on the phone or by letter: what they get, where they
//! get it, and the confirmation mail once more. A new address is confirmed by who reads it, as always. The
//! log names who did it, the evidence too.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use gazette_templates::pages::words::Words;

use super::{
    Frequency, Result, Status, SubscriberError, confirmation_requests,
    consent::{self, Evidence},
    limits::{self, Permission},
    personal_link::{self, NewLink},
    subscriber_tables::subscriber,
    suppression, topics,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::HOUR,
    db::WriteTransaction,
    office::Office,
};

/// What came of a change that staff asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffChange {
    /// It is done; where it is a mail, that is on its way.
    Done,
    /// It is for who has another status than this one.
    Status(Status),
    /// No topic was chosen: that would be leaving.
    NoTopic,
    /// It is the address that they have.
    SameAddress,
    /// The address asked never to be written to.
    Blocked,
    /// Enough mails were sent; one more may be at this instant, in milliseconds.
    NotBefore(i64),
    /// Three confirmation mails of this month were not answered.
    NotThisMonth,
    /// Nothing is kept of what they asked for.
    RequestGone,
}

/// Sets the topics of a confirmed subscriber. Those that they have stay as often as they are.
///
/// # Errors
/// Nobody has this address, or it is none; the database failed.
pub async fn choose_for(
    app: &App,
    email: &str,
    slugs: &[String],
    who: &str,
) -> Result<StaffChange> {
    let (address, known) = of_address(app, email).await?;
    let offered = topics::topics(app).await?;
    let ids: Vec<i64> = offered
        .iter()
        .filter(|topic| slugs.contains(&topic.slug))
        .map(|topic| topic.id)
        .collect();
    if ids.is_empty() {
        return Ok(StaffChange::NoTopic);
    }
    let transaction = app.db.begin().await?;
    // The row is held to the end of the transaction: nobody leaves or is deleted in between.
    let held = subscriber::Entity::update_many()
        .col_expr(
            subscriber::Column::Status,
            Expr::col(subscriber::Column::Status),
        )
        .filter(subscriber::Column::Id.eq(known.id))
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .exec(&transaction)
        .await?;
    if held.rows_affected == 0 {
        transaction.rollback().await?;
        return Ok(StaffChange::Status(known.status));
    }
    let now = app.clock.now_ms();
    // What was archived stands on no form: whoever has it keeps it.
    let has = topics::of_subscriber(&transaction, known.id).await?;
    let kept = has
        .iter()
        .filter(|id| offered.iter().all(|topic| topic.id != **id));
    let ids: Vec<i64> = ids.iter().chain(kept).copied().collect();
    topics::set(&transaction, known.id, &ids, Frequency::default(), now).await?;
    let every = topics::every_topic_within(&transaction).await?;
    let names = topics::names(&every, &ids);
    let evidence = json!({ "topics": names, "channel": "office", "by": who });
    let kind = Evidence::PreferencesChanged;
    consent::record(&transaction, known.id, now, kind, &evidence).await?;
    let details = names.join(", ");
    record(
        app,
        &transaction,
        who,
        Action::SubscriberTopics,
        &address,
        &details,
    )
    .await?;
    transaction.commit().await?;
    Ok(StaffChange::Done)
}

/// Mails a new address the link that confirms it; until that is followed nothing changes.
///
/// # Errors
/// Nobody has the old address, or one of them is none; the database failed.
pub async fn ask_new_address(
    app: &App,
    email: &str,
    new_email: &str,
    who: &str,
) -> Result<StaffChange> {
    let (address, known) = of_address(app, email).await?;
    let new_address = parse(new_email)?;
    if known.status != Status::Confirmed {
        return Ok(StaffChange::Status(known.status));
    }
    if new_address.key() == address.key() {
        return Ok(StaffChange::SameAddress);
    }
    let office = Office::load(&app.db).await?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    if is_blocked(app, &transaction, &new_address).await? {
        transaction.rollback().await?;
        return Ok(StaffChange::Blocked);
    }
    let words = Words::of(&known.language);
    let link = NewLink::new_address(known.id, &new_address, now, Some(who));
    let queued =
        personal_link::queue_within_limits(app, &transaction, &office, words, &link).await?;
    if let Err(until) = queued {
        transaction.rollback().await?;
        return Ok(StaffChange::NotBefore(until));
    }
    let to = format!("asked {} to confirm", new_address.veiled());
    record(
        app,
        &transaction,
        who,
        Action::SubscriberAddress,
        &address,
        &to,
    )
    .await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(StaffChange::Done)
}

/// Mails who asked and did not confirm yet the link once more, within the limits that hold for the form.
///
/// # Errors
/// Nobody has this address, or it is none; the database failed.
pub async fn resend_confirmation(app: &App, email: &str, who: &str) -> Result<StaffChange> {
    let (address, known) = of_address(app, email).await?;
    if known.status != Status::Pending {
        return Ok(StaffChange::Status(known.status));
    }
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let refused = if is_blocked(app, &transaction, &address).await? {
        Some(StaffChange::Blocked)
    } else if limits::hour_is_full(app, &transaction).await? {
        Some(StaffChange::NotBefore(app.clock.now_ms() + HOUR))
    } else {
        match limits::permission(app, &transaction, &address).await? {
            Permission::Now => None,
            Permission::At(until) => Some(StaffChange::NotBefore(until)),
            Permission::NotThisMonth => Some(StaffChange::NotThisMonth),
        }
    };
    let refused = if let Some(refused) = refused {
        Some(refused)
    } else {
        let sent =
            confirmation_requests::repeat(app, &transaction, &office, known.id, &address).await?;
        (!sent).then_some(StaffChange::RequestGone)
    };
    if let Some(refused) = refused {
        transaction.rollback().await?;
        return Ok(refused);
    }
    record(
        app,
        &transaction,
        who,
        Action::SubscriberResend,
        &address,
        "",
    )
    .await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(StaffChange::Done)
}

async fn record(
    app: &App,
    transaction: &WriteTransaction,
    who: &str,
    action: Action,
    address: &EmailAddress,
    details: &str,
) -> Result<()> {
    let (now, veiled) = (app.clock.now_ms(), address.veiled());
    Ok(audit::record(transaction, now, who, action, veiled, details).await?)
}

async fn is_blocked(
    app: &App,
    connection: &impl ConnectionTrait,
    address: &EmailAddress,
) -> Result<bool> {
    let reason = suppression::reason(app, connection, &address.key()).await?;
    Ok(reason.is_some_and(|reason| !reason.yields_to_opt_in()))
}

fn parse(email: &str) -> Result<EmailAddress> {
    EmailAddress::parse(email).map_err(|error| SubscriberError::Address(email.to_owned(), error))
}

async fn of_address(app: &App, email: &str) -> Result<(EmailAddress, subscriber::Model)> {
    let address = parse(email)?;
    let known = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .one(app.db.pool())
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    Ok((address, known))
}
