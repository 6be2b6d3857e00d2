//! How many confirmation mails may leave (O6). Sign-up forms are what list-bombers use to bury a
//! victim under mail, and government addresses are what they aim at.
//!
//! The memory is keyed hashes: it outlives the address, so that whoever was purged or erased is not
//! asked any sooner than everyone else, and it is no list of addresses.

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use crate::{
    address::EmailAddress,
    app::App,
    clock::{DAY, HOUR},
    secret::Token,
    values,
};

/// To one address: one in a day, three in thirty days.
const PER_ADDRESS: [(i64, i64); 2] = [(DAY, 1), (30 * DAY, 3)];
/// From one network in an hour.
const PER_NETWORK: i64 = 5;
/// To one domain in an hour.
const PER_DOMAIN: i64 = 50;
/// The same for `.gov` and `.mil`.
const PER_GOVERNMENT_DOMAIN: i64 = 10;
/// In all in an hour.
const IN_ALL: i64 = 2_000;

/// Where a request came from is asked for an hour, and not kept much longer (V1).
const NETWORK_MEMORY: i64 = DAY;

/// The rest: longer than the longest of the limits, because "never write to me again" in a mail of
/// this age must hold although its address was forgotten long ago (O8).
const MEMORY: i64 = 366 * DAY;

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
    for (time, most) in PER_ADDRESS {
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
    if number(connection, sql, values![network, since]).await? >= PER_NETWORK {
        return Ok(Some("network"));
    }
    let domain = asking.address.domain();
    let government = matches!(domain.rsplit('.').next(), Some("gov" | "mil"));
    let most = if government {
        PER_GOVERNMENT_DOMAIN
    } else {
        PER_DOMAIN
    };
    // confirmation_mail_of_domain
    let sql = "SELECT count(*) FROM confirmation_mail WHERE domain_hash = $1 AND at > $2";
    if number(connection, sql, values![domain_hash(app, domain), since]).await? >= most {
        return Ok(Some("domain"));
    }
    // confirmation_mail_by_time
    let sql = "SELECT count(*) FROM confirmation_mail WHERE at > $1";
    if number(connection, sql, values![since]).await? >= IN_ALL {
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
    connection
        .execute_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            "INSERT INTO confirmation_mail (address_hash, token_hash, domain_hash, network, at) VALUES ($1, $2, $3, $4, $5)",
            values![
                app.keys.address_hash(&asking.address.key()),
                token.hash(),
                domain_hash(app, asking.address.domain()),
                asking.network.map(str::to_owned),
                app.clock.now_ms()
            ],
        ))
        .await?;
    Ok(())
}

/// Lets an address be asked again at once: its mails count as if the longest limit had passed.
pub async fn reset(app: &App, address: &EmailAddress) -> Result<(), DbErr> {
    let longest = 30 * DAY;
    // confirmation_mail_of_address
    app.db
        .execute(
            "UPDATE confirmation_mail SET at = at - $2 WHERE address_hash = $1 AND at > $3",
            values![
                app.keys.address_hash(&address.key()),
                longest,
                app.clock.now_ms() - longest
            ],
        )
        .await?;
    Ok(())
}

/// Whom a confirmation mail went to: the keyed hash of the address, and the token of the newest mail
/// to the same.
pub async fn mailed(
    connection: &impl ConnectionTrait,
    token: &Token,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, DbErr> {
    let row = connection
        .query_one_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            // confirmation_mail_of_token, confirmation_mail_of_address
            "SELECT later.address_hash, later.token_hash FROM confirmation_mail m
             JOIN confirmation_mail later ON later.address_hash = m.address_hash
             WHERE m.token_hash = $1 ORDER BY later.at DESC, later.id DESC LIMIT 1",
            values![token.hash()],
        ))
        .await?;
    row.map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .transpose()
}

/// Forgets what nothing asks for any more.
pub async fn forget(app: &App, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    for (sql, before) in [
        // confirmation_mail_by_time
        ("DELETE FROM confirmation_mail WHERE at <= $1", now - MEMORY),
        (
            "UPDATE confirmation_mail SET network = NULL WHERE at <= $1 AND network IS NOT NULL",
            now - NETWORK_MEMORY,
        ),
    ] {
        connection
            .execute_raw(Statement::from_sql_and_values(
                connection.get_database_backend(),
                sql,
                values![before],
            ))
            .await?;
    }
    Ok(())
}

/// A domain of one person's own is as good as their address.
fn domain_hash(app: &App, domain: &str) -> Vec<u8> {
    app.keys.mac(&[b"domain", domain.as_bytes()]).to_vec()
}

async fn number<const N: usize>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<i64, DbErr> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}
