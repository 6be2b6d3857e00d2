//! How many confirmation mails may leave (O6). Sign-up forms are what list-bombers use to bury a
//! victim under mail, and government addresses are what they aim at.
//!
//! The memory is keyed hashes: it outlives the address, so that whoever was purged or erased is not
//! asked any sooner than everyone else, and it is no list of addresses.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Value,
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

/// To one address: one in a day, three in thirty days.
const MAILS_PER_ADDRESS: [(i64, i64); 2] = [(DAY, 1), (30 * DAY, 3)];
/// From one network in an hour.
const MAILS_PER_NETWORK_AND_HOUR: i64 = 5;
/// To one domain in an hour.
const MAILS_PER_DOMAIN_AND_HOUR: i64 = 50;
/// The same for `.gov` and `.mil`.
const MAILS_PER_GOVERNMENT_DOMAIN_AND_HOUR: i64 = 10;
/// In all in an hour.
const MAILS_PER_HOUR: i64 = 2_000;

/// Where a request came from is asked for an hour, and not kept much longer (V1).
const NETWORK_MEMORY_MS: i64 = DAY;

/// The rest: longer than the longest of the limits, because "never write to me again" in a mail of
/// this age must hold although its address was forgotten long ago (O8).
const MAIL_MEMORY_MS: i64 = 366 * DAY;

/// For whom a confirmation mail is asked, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who would get it.
    pub address: &'a EmailAddress,
    /// Where the request came from; none: a trial on one machine, where only the address counts.
    pub network: Option<&'a str>,
}

/// The limit that a further mail would break, if any.
pub async fn reached(
    app: &App,
    connection: &impl ConnectionTrait,
    asking: Asking<'_>,
) -> Result<Option<&'static str>, DbErr> {
    let now = app.clock.now_ms();
    let address = app.keys.address_hash(&asking.address.key());
    for (time, most) in MAILS_PER_ADDRESS {
        // confirmation_mail_of_address
        let sql = "SELECT count(*) FROM confirmation_mail WHERE address_hash = $1 AND at > $2";
        if number(connection, sql, values![address.clone(), now - time]).await? >= most {
            return Ok(Some("address"));
        }
    }
    let Some(network) = asking.network else {
        return Ok(None);
    };
    let since = now - HOUR;
    // confirmation_mail_of_network
    let sql = "SELECT count(*) FROM confirmation_mail WHERE network = $1 AND at > $2";
    if number(connection, sql, values![network, since]).await? >= MAILS_PER_NETWORK_AND_HOUR {
        return Ok(Some("network"));
    }
    let domain = asking.address.domain();
    let government = matches!(domain.rsplit('.').next(), Some("gov" | "mil"));
    let most = if government {
        MAILS_PER_GOVERNMENT_DOMAIN_AND_HOUR
    } else {
        MAILS_PER_DOMAIN_AND_HOUR
    };
    // confirmation_mail_of_domain
    let sql = "SELECT count(*) FROM confirmation_mail WHERE domain_hash = $1 AND at > $2";
    if number(connection, sql, values![domain_hash(app, domain), since]).await? >= most {
        return Ok(Some("domain"));
    }
    // confirmation_mail_by_time
    let sql = "SELECT count(*) FROM confirmation_mail WHERE at > $1";
    if number(connection, sql, values![since]).await? >= MAILS_PER_HOUR {
        return Ok(Some("all"));
    }
    Ok(None)
}

/// Counts a mail that is queued in the same transaction.
pub async fn count(
    app: &App,
    connection: &impl ConnectionTrait,
    asking: Asking<'_>,
    token: &Token,
) -> Result<(), DbErr> {
    mail::Entity::insert(mail::ActiveModel {
        address_hash: Set(app.keys.address_hash(&asking.address.key())),
        token_hash: Set(token.hash()),
        domain_hash: Set(domain_hash(app, asking.address.domain())),
        network: Set(asking.network.map(str::to_owned)),
        at: Set(app.clock.now_ms()),
        ..Default::default()
    })
    .exec_without_returning(connection)
    .await?;
    Ok(())
}

/// Lets an address be asked again at once: its mails count as if the longest limit had passed.
pub async fn reset(
    app: &App,
    connection: &impl ConnectionTrait,
    address: &EmailAddress,
) -> Result<(), DbErr> {
    let longest = 30 * DAY;
    // confirmation_mail_of_address
    mail::Entity::update_many()
        .col_expr(mail::Column::At, Expr::col(mail::Column::At).sub(longest))
        .filter(mail::Column::AddressHash.eq(app.keys.address_hash(&address.key())))
        .filter(mail::Column::At.gt(app.clock.now_ms() - longest))
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
    mail::Entity::update_many()
        .col_expr(mail::Column::Network, Expr::value(Option::<String>::None))
        .filter(mail::Column::At.lte(now - NETWORK_MEMORY_MS))
        .filter(mail::Column::Network.is_not_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// A domain of one person's own is as good as their address.
fn domain_hash(app: &App, domain: &str) -> Vec<u8> {
    app.keys
        .lasting_mac(&[b"domain", domain.as_bytes()])
        .to_vec()
}

async fn number<const N: usize>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<i64, DbErr> {
    Ok(db::scalar(connection, sql, values)
        .await?
        .unwrap_or_default())
}
