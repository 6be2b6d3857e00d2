//! The landing page's button: from pending to confirmed, or to never again.

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    Event, Result, Status,
    consent::{self, Evidence},
    limits,
    sign_up::{Channel, SignUp, names, receive},
    suppression::{self, SuppressionReason},
    topics,
};
use crate::{address::EmailAddress, app::App, secret::Token, values};

/// What the button did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmOutcome {
    /// The subscriber is confirmed, now or by an earlier press of the same button.
    Confirmed,
    /// The token is unknown, forged, expired or void; which one is nobody's business.
    LinkOver,
}

/// Who pressed, for the evidence.
#[derive(Debug)]
pub struct Press {
    /// Where from.
    pub ip: String,
    /// With what.
    pub user_agent: String,
}

struct Asked {
    id: i64,
    subscriber: i64,
    email: String,
    status: Status,
    topics: Vec<i64>,
    language: String,
    open: bool,
    used: bool,
}

async fn find(
    app: &App,
    connection: &impl ConnectionTrait,
    token_hash: &[u8],
) -> Result<Option<Asked>> {
    let row = connection
        .query_one_raw(app.db.statement(
            "SELECT c.id, c.subscriber_id, s.email, s.status, c.topics, c.language, c.expires_at, c.void_at, c.used_at
             FROM confirmation c JOIN subscriber s ON s.id = c.subscriber_id
             WHERE c.token_hash = $1",
            values![token_hash.to_vec()],
        ))
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let expires: i64 = row.try_get_by_index(6)?;
    let void: Option<i64> = row.try_get_by_index(7)?;
    let used: Option<i64> = row.try_get_by_index(8)?;
    Ok(Some(Asked {
        id: row.try_get_by_index(0)?,
        subscriber: row.try_get_by_index(1)?,
        email: row.try_get_by_index(2)?,
        status: Status::from_number(row.try_get_by_index(3)?).unwrap_or(Status::Blocked),
        topics: serde_json::from_str(&row.try_get_by_index::<String>(4)?)?,
        language: row.try_get_by_index(5)?,
        open: expires > app.clock.now_ms() && void.is_none() && used.is_none(),
        used: used.is_some(),
    }))
}

/// Confirms what the token stands for, once. Pressing again says so again and changes nothing; to
/// who has left since, it is a link that is over (O9).
pub async fn confirm(app: &App, token: &Token, press: &Press) -> Result<ConfirmOutcome> {
    // Nobody who guesses at tokens gets to hold the database.
    if find(app, app.db.pool(), &token.hash()).await?.is_none() {
        return Ok(ConfirmOutcome::LinkOver);
    }
    let known = topics::topics(app).await?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let Some(asked) = find(app, &transaction, &token.hash()).await? else {
        return Ok(ConfirmOutcome::LinkOver);
    };
    if asked.used && asked.status == Status::Confirmed {
        return Ok(ConfirmOutcome::Confirmed);
    }
    let Some(next) = asked.status.after(Event::Confirm).filter(|_| asked.open) else {
        return Ok(ConfirmOutcome::LinkOver);
    };
    // Two presses at once: one finds the row used.
    let used = transaction
        .execute_raw(app.db.statement(
            "UPDATE confirmation SET used_at = $2 WHERE id = $1 AND used_at IS NULL",
            values![asked.id, now],
        ))
        .await?
        .rows_affected();
    if used == 0 {
        return Ok(ConfirmOutcome::Confirmed);
    }
    transaction
        .execute_raw(app.db.statement(
            "UPDATE subscriber SET status = $2, status_at = $3, language = $4 WHERE id = $1",
            values![asked.subscriber, next as i16, now, asked.language.as_str()],
        ))
        .await?;
    topics::set(&transaction, asked.subscriber, &asked.topics).await?;
    if let Ok(address) = EmailAddress::parse(&asked.email) {
        suppression::lift(app, &transaction, &address.key()).await?;
    }
    let evidence = json!({
        "method": "POST",
        "token_sha256": data_encoding::HEXLOWER.encode(&token.hash()),
        "topics": names(&known, &asked.topics),
        "ip": press.ip,
        "user_agent": press.user_agent,
    });
    consent::record(
        &transaction,
        asked.subscriber,
        now,
        Evidence::Confirmed,
        &evidence,
    )
    .await?;
    transaction.commit().await?;
    tracing::info!(subscriber.id = asked.subscriber, "confirmed");
    Ok(ConfirmOutcome::Confirmed)
}

/// Asks for a new link for whoever the token was mailed to, as the form would (O3: without a word on
/// whether there is such a one).
pub async fn ask_again(
    app: &App,
    token: &Token,
    press: &Press,
    network: Option<String>,
) -> Result<()> {
    let Some(asked) = find(app, app.db.pool(), &token.hash()).await? else {
        return Ok(());
    };
    let known = topics::topics(app).await?;
    let request = SignUp {
        email: asked.email,
        topics: names(&known, &asked.topics),
        language: asked.language,
        page: app.link("/"),
        channel: Channel::Again,
        ip: press.ip.clone(),
        network,
        user_agent: press.user_agent.clone(),
    };
    receive(app, &request).await
}

/// Never write to the token's address again. Works with any token that we made: of any age while
/// the address is known here, and for a year when it was forgotten since, by its keyed hash (O8).
pub async fn never_again(app: &App, token: &Token, press: &Press) -> Result<()> {
    let mut hash = token.hash();
    // Nobody who guesses at tokens gets to hold the database.
    let known = find(app, app.db.pool(), &hash).await?.is_some();
    if !known {
        let Some((address, newest)) = limits::mailed(app.db.pool(), token).await? else {
            return Ok(());
        };
        let blocked = SuppressionReason::Blocked;
        suppression::add_hash(app, app.db.pool(), address, blocked).await?;
        // Whoever was forgotten may have signed up anew since.
        hash = newest;
    }
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let Some(asked) = find(app, &transaction, &hash).await? else {
        return Ok(());
    };
    let Some(next) = asked.status.after(Event::Never) else {
        return Ok(());
    };
    transaction
        .execute_raw(app.db.statement(
            "UPDATE subscriber SET status = $2, status_at = $3 WHERE id = $1",
            values![asked.subscriber, next as i16, now],
        ))
        .await?;
    topics::set(&transaction, asked.subscriber, &[]).await?;
    if let Ok(address) = EmailAddress::parse(&asked.email) {
        suppression::add(
            app,
            &transaction,
            &address.key(),
            SuppressionReason::Blocked,
        )
        .await?;
    }
    let evidence = json!({
        "method": "POST",
        "token_sha256": data_encoding::HEXLOWER.encode(&token.hash()),
        "ip": press.ip,
        "user_agent": press.user_agent,
    });
    consent::record(
        &transaction,
        asked.subscriber,
        now,
        Evidence::Blocked,
        &evidence,
    )
    .await?;
    transaction.commit().await?;
    tracing::info!(subscriber.id = asked.subscriber, "blocked by its holder");
    Ok(())
}
