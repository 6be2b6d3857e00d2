//! The press list: addresses of reporters and others that staff keep, without a consent of their
//! own. It shares nothing with the subscribers but the rule that who left is not mailed (C1).
//!
//! A news release to the communications media is no mass mailing (39 USC 3210(a)(6)(E)). So every
//! contact says for which newspaper or station it stands; one that names none is not covered by
//! that exception and counts as somebody who did not ask.

use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use serde::Serialize;

use super::{
    Result, SubscriberError,
    audience::{Audience, sql_contact_may_be_mailed, sql_names_no_medium},
    consent::{self, Evidence},
    link::SubscriberLink,
    request_origin::{RequestOrigin, UnsubscribeChannel},
    subscriber_tables::{consent as consent_table, erasure, press_contact},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::{Timestamp, instant},
    db::{self, WriteTransaction},
    values,
};

pub use super::{
    audience::NO_TOPIC,
    press_list_import::{PressImport, import},
};

/// Ids of contacts begin here; subscribers' never come so far. The link of a contact so never
/// stands for a subscriber, nor the other way round.
pub const FIRST_ID: i64 = 1 << 39;

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
    pub state: ContactState,
}

/// Whether a contact is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactState {
    /// May be mailed.
    Listed,
    /// Left the list.
    Left,
    /// Left, bounced or complained as a subscriber.
    Suppressed,
}

impl ContactState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Left => "left",
            Self::Suppressed => "suppressed",
        }
    }
}

/// How many there are that may be mailed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// All of them.
    pub people: u64,
    /// Those without a newspaper or station.
    pub no_medium: u64,
}

#[derive(FromQueryResult)]
struct ContactRow {
    id: i64,
    email: String,
    name: String,
    outlet: String,
    origin: String,
    added_at: i64,
    left_at: Option<i64>,
    may_be_mailed: i32,
}

/// The list, the newest first, at most `limit`; without those whose address is forgotten.
pub async fn contacts(app: &App, limit: u64) -> Result<Vec<Contact>> {
    let sql = format!(
        "SELECT c.id, c.email, c.name, c.outlet, c.origin, c.added_at, c.left_at,
                CASE WHEN {} THEN 1 ELSE 0 END AS may_be_mailed
         FROM press_contact c WHERE c.email IS NOT NULL ORDER BY c.id DESC LIMIT $1",
        sql_contact_may_be_mailed()
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<ContactRow> = db::rows(app.db.pool(), &sql, values![limit]).await?;
    Ok(rows
        .into_iter()
        .map(|row| Contact {
            id: row.id,
            email: row.email,
            name: row.name,
            outlet: row.outlet,
            origin: row.origin,
            added_at: instant(row.added_at),
            state: match (row.left_at, row.may_be_mailed) {
                (Some(_), _) => ContactState::Left,
                (None, 0) => ContactState::Suppressed,
                _ => ContactState::Listed,
            },
        })
        .collect())
}

#[derive(FromQueryResult)]
struct SizeRow {
    people: i64,
    no_medium: i64,
}

/// How many of the list may be mailed.
pub async fn size(app: &App) -> std::result::Result<Size, DbErr> {
    let eligible = Audience::PressList.sql_eligible("$1", "$2");
    let sql = format!(
        "SELECT count(*) AS people, count(CASE WHEN {} THEN 1 END) AS no_medium FROM {} WHERE {}",
        sql_names_no_medium(),
        eligible.from,
        eligible.conditions
    );
    let values = values![NO_TOPIC, app.clock.now_ms()];
    let size: Option<SizeRow> = db::row(app.db.pool(), &sql, values).await?;
    Ok(size.map_or_else(Size::default, |size| Size {
        people: size.people.unsigned_abs(),
        no_medium: size.no_medium.unsigned_abs(),
    }))
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
    by: UnsubscribeChannel,
    origin: &RequestOrigin,
) -> Result<()> {
    let transaction = app.db.begin().await?;
    leave_within(app, &transaction, link, by, origin).await?;
    Ok(transaction.commit().await?)
}

/// [`leave`] as a part of what else happens: a mail that came back and asks for it is remembered, and
/// does it, or neither.
pub async fn leave_within(
    app: &App,
    transaction: &WriteTransaction,
    link: SubscriberLink,
    by: UnsubscribeChannel,
    origin: &RequestOrigin,
) -> Result<()> {
    let now = app.clock.now_ms();
    let left = press_contact::Entity::update_many()
        .col_expr(press_contact::Column::LeftAt, Expr::value(now))
        .filter(press_contact::Column::Id.eq(link.subscriber))
        .filter(press_contact::Column::LeftAt.is_null())
        .exec(transaction)
        .await?;
    if left.rows_affected == 0 {
        return Ok(());
    }
    let mut evidence = by.evidence(link.newsletter, origin);
    evidence["list"] = "press".into();
    let kind = Evidence::Unsubscribed;
    consent::record(transaction, link.subscriber, now, kind, &evidence).await?;
    transaction.once_committed(move || {
        tracing::info!(
            press_contact.id = link.subscriber,
            channel = by.as_str(),
            "left the press list"
        );
    });
    Ok(())
}

/// Takes an address off the list at the office's wish and forgets it. Of someone who left, the
/// keyed hash stays, so that they stay away. `who` stands in the audit log, the address veiled.
pub async fn remove(app: &App, email: &str, who: &str) -> Result<()> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let contact = press_contact::Entity::find()
        .filter(press_contact::Column::AddressHash.eq(app.keys.address_hash(&address.key())))
        .filter(press_contact::Column::Email.is_not_null())
        .one(app.db.pool())
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    remove_contact(app, contact.id, who).await
}

/// The same by `press_contact.id`: who removes it need not see the address.
pub async fn remove_contact(app: &App, id: i64, who: &str) -> Result<()> {
    let unknown = || SubscriberError::NotFound(format!("press contact {id}"));
    let transaction = app.db.begin().await?;
    let contact = press_contact::Entity::find_by_id(id)
        .lock_exclusive()
        .one(&transaction)
        .await?
        .ok_or_else(unknown)?;
    let address = contact.email.as_deref().ok_or_else(unknown)?;
    let address = EmailAddress::parse(address)
        .map_err(|error| SubscriberError::Address(address.to_owned(), error))?;
    if contact.left_at.is_some() {
        forget(app, &transaction, &address.key()).await?;
    } else {
        press_contact::Entity::delete_by_id(contact.id)
            .exec(&transaction)
            .await?;
    }
    let (now, details) = (app.clock.now_ms(), address.veiled());
    let action = Action::PressListRemove;
    audit::record(&transaction, now, who, action, "press-list", details).await?;
    Ok(transaction.commit().await?)
}

/// Notes that `who` looks at whole addresses of the list.
pub async fn record_look(app: &App, people: usize, who: &str) -> Result<()> {
    let (now, details) = (app.clock.now_ms(), format!("{people} contacts"));
    let action = Action::PressListAddresses;
    Ok(audit::record(&app.db.writer(), now, who, action, "press-list", details).await?)
}

/// Notes that `who` takes the whole list away.
pub async fn record_export(app: &App, people: usize, who: &str) -> Result<()> {
    let (now, details) = (app.clock.now_ms(), format!("{people} contacts"));
    let action = Action::PressListExport;
    Ok(audit::record(&app.db.writer(), now, who, action, "press-list", details).await?)
}

/// Everything of a contact but the keyed hash: who is erased is not mailed.
pub(super) async fn forget(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> std::result::Result<(), DbErr> {
    let now = app.clock.now_ms();
    let contact = press_contact::Entity::find()
        .filter(press_contact::Column::AddressHash.eq(app.keys.address_hash(email_key)))
        .one(connection)
        .await?;
    let Some(contact) = contact else {
        return Ok(());
    };
    // First the record of the erasure: only with it do the triggers let evidence go.
    let once = OnConflict::column(erasure::Column::SubscriberId)
        .do_nothing()
        .to_owned();
    erasure::Entity::insert(erasure::ActiveModel {
        subscriber_id: Set(contact.id),
        at: Set(now),
        ..Default::default()
    })
    .on_conflict(once)
    .exec_without_returning(connection)
    .await?;
    consent_table::Entity::delete_many()
        .filter(consent_table::Column::SubscriberId.eq(contact.id))
        .exec(connection)
        .await?;
    press_contact::Entity::update(press_contact::ActiveModel {
        id: Unchanged(contact.id),
        email: Set(None),
        email_key: Set(None),
        name: Set(String::new()),
        outlet: Set(String::new()),
        origin: Set(String::new()),
        left_at: Set(contact.left_at.or(Some(now))),
        ..Default::default()
    })
    .exec_without_returning(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
