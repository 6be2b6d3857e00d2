//! How many confirmation mails may leave (O6). Sign-up forms are what list-bombers use to bury a
//! victim under mail, and government addresses are what they aim at. What a limit holds back waits
//! and is mailed later ([`super::sign_up_intake`]); nothing is dropped in silence.
//!
//! The memory is keyed hashes: it outlives the address, so that whoever was purged or erased is not
//! asked any sooner than everyone else, and it is no list of addresses.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::subscriber_tables::confirmation_mail as mail;
use crate::{
    address::EmailAddress,
    app::App,
    clock::{DAY, HOUR},
    db,
    secret::Token,
    values,
};

/// To one mailbox that has not answered: one in this time.
const BETWEEN_MAILS_MS: i64 = DAY;
/// And so many in a month; then only staff open the way again.
const MAILS_PER_MONTH: u64 = 3;
/// A month, for this.
const MONTH_MS: i64 = 30 * DAY;
/// In all in an hour.
const MAILS_PER_HOUR: i64 = 30_000;

/// Longer than the longest of the limits, because "never write to me again" in a mail of this age
/// must hold although its address was forgotten long ago (O8).
const MAIL_MEMORY_MS: i64 = 366 * DAY;

/// Whether a confirmation mail may go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Now.
    Now,
    /// At this instant, in milliseconds.
    At(i64),
    /// Three in a month were not answered.
    NotThisMonth,
}

/// Whether one more confirmation mail may go to the mailbox of an address. Mails whose link was
/// pressed do not count: who answered was not bothered, and may leave and come back the same day.
/// The dots and tags of one mailbox count as one.
pub async fn permission(
    app: &App,
    connection: &impl ConnectionTrait,
    address: &EmailAddress,
) -> Result<Permission, DbErr> {
    let now = app.clock.now_ms();
    // confirmation_mail_of_mailbox, confirmation_mail_of_address
    let latest: Vec<i64> = mail::Entity::find()
        .select_only()
        .column(mail::Column::At)
        .filter(to_mailbox(app, address))
        .filter(mail::Column::AnsweredAt.is_null())
        .filter(mail::Column::At.gt(now - MONTH_MS))
        .order_by_desc(mail::Column::At)
        .limit(MAILS_PER_MONTH)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(match latest.first() {
        Some(_) if latest.len() as u64 >= MAILS_PER_MONTH => Permission::NotThisMonth,
        Some(last) if last + BETWEEN_MAILS_MS > now => Permission::At(last + BETWEEN_MAILS_MS),
        _ => Permission::Now,
    })
}

/// The mails to this mailbox; those that an earlier version sent, to this very address.
fn to_mailbox(app: &App, address: &EmailAddress) -> Condition {
    Condition::any()
        .add(mail::Column::MailboxHash.eq(mailbox_hash(app, address)))
        .add(mail::Column::AddressHash.eq(app.keys.address_hash(&address.key())))
}

/// How the limits know a mailbox without holding it.
pub fn mailbox_hash(app: &App, address: &EmailAddress) -> Vec<u8> {
    let mailbox = address.mailbox_key();
    app.keys
        .lasting_mac(&[b"mailbox", mailbox.as_bytes()])
        .to_vec()
}

/// Whether as many confirmation mails were queued within the hour as may be, for everybody together.
pub async fn hour_is_full(app: &App, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(room_in_hour(app, connection).await? == 0)
}

/// How many more may be queued now.
pub async fn room_in_hour(app: &App, connection: &impl ConnectionTrait) -> Result<u64, DbErr> {
    // confirmation_mail_by_time
    let sql = "SELECT count(*) FROM confirmation_mail WHERE at > $1";
    let since = values![app.clock.now_ms() - HOUR];
    let queued: Option<i64> = db::scalar(connection, sql, since).await?;
    let room = MAILS_PER_HOUR - queued.unwrap_or_default();
    Ok(u64::try_from(room).unwrap_or_default())
}

/// Counts a mail that is queued in the same transaction.
pub async fn count(
    app: &App,
    connection: &impl ConnectionTrait,
    address: &EmailAddress,
    token: &Token,
) -> Result<(), DbErr> {
    let domain = address.domain();
    mail::Entity::insert(mail::ActiveModel {
        address_hash: Set(app.keys.address_hash(&address.key())),
        mailbox_hash: Set(Some(mailbox_hash(app, address))),
        token_hash: Set(token.hash()),
        domain_hash: Set(app
            .keys
            .lasting_mac(&[b"domain", domain.as_bytes()])
            .to_vec()),
        network: Set(None),
        at: Set(app.clock.now_ms()),
        ..Default::default()
    })
    .exec_without_returning(connection)
    .await?;
    Ok(())
}

/// Whoever presses a link in a mail of ours has answered the mails before it.
pub async fn answered(
    app: &App,
    connection: &impl ConnectionTrait,
    address: &EmailAddress,
) -> Result<(), DbErr> {
    // confirmation_mail_of_mailbox, confirmation_mail_of_address
    mail::Entity::update_many()
        .col_expr(mail::Column::AnsweredAt, Expr::value(app.clock.now_ms()))
        .filter(to_mailbox(app, address))
        .filter(mail::Column::AnsweredAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// Lets an address be asked again at once: its mails count as if the longest limit had passed.
pub async fn reset(
    app: &App,
    connection: &impl ConnectionTrait,
    address: &EmailAddress,
) -> Result<(), DbErr> {
    // confirmation_mail_of_mailbox, confirmation_mail_of_address
    mail::Entity::update_many()
        .col_expr(mail::Column::At, Expr::col(mail::Column::At).sub(MONTH_MS))
        .filter(to_mailbox(app, address))
        .filter(mail::Column::At.gt(app.clock.now_ms() - MONTH_MS))
        .exec(connection)
        .await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Mailed {
    address_hash: Vec<u8>,
    token_hash: Vec<u8>,
}

/// Whom a confirmation mail went to: the keyed hash of the address, and the token of the newest mail
/// to the same.
pub async fn mailed(
    connection: &impl ConnectionTrait,
    token: &Token,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, DbErr> {
    // confirmation_mail_of_token, confirmation_mail_of_address
    let sql = "SELECT later.address_hash, later.token_hash FROM confirmation_mail m
               JOIN confirmation_mail later ON later.address_hash = m.address_hash
               WHERE m.token_hash = $1 ORDER BY later.at DESC, later.id DESC LIMIT 1";
    let mailed: Option<Mailed> = db::row(connection, sql, values![token.hash()]).await?;
    Ok(mailed.map(|mailed| (mailed.address_hash, mailed.token_hash)))
}

/// Forgets what nothing asks for any more.
pub async fn forget(app: &App, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    // Both by confirmation_mail_by_time.
    mail::Entity::delete_many()
        .filter(mail::Column::At.lte(now - MAIL_MEMORY_MS))
        .exec(connection)
        .await?;
    // An earlier version kept the network here (V1).
    mail::Entity::update_many()
        .col_expr(mail::Column::Network, Expr::value(Option::<String>::None))
        .filter(mail::Column::At.lte(now - DAY))
        .filter(mail::Column::Network.is_not_null())
        .exec(connection)
        .await?;
    Ok(())
}
