//! Signing up: the form's request is put down as it came and answered at once; a moment later it is
//! looked at, and where everything allows it a confirmation mail is queued.
//!
//! Between the two nobody who asks can learn whose address is known (O5): the answer is given
//! before we know, and what follows happens on the clock's beat, not on the request's.

use gazette_templates::{
    email::{ConfirmationMail, confirmation},
    pages::words::{CONSENT_VERSION, Words, with_office},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::json;

use super::{
    Result, Status, SubscriberError,
    consent::{self, Evidence, text_hash},
    limits::{self, Asking},
    suppression,
    topics::{self, TopicRow},
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::{HOUR, instant},
    office::Office,
    secret::{Token, random_label},
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
    values,
};

/// Requests that are looked at in one transaction.
const BATCH: i64 = 200;

/// How somebody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The form.
    Form,
    /// The API.
    Api,
    /// The button for a new link, on the page of one that is over.
    Again,
}

impl Channel {
    fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Api => "api",
            Self::Again => "again",
        }
    }
}

/// What the form or the API was sent.
#[derive(Debug)]
pub struct SignUp {
    /// As typed; its form is right.
    pub email: String,
    /// Slugs of the topics asked for; none: all.
    pub topics: Vec<String>,
    /// BCP 47.
    pub language: String,
    /// Where the form stood.
    pub page: String,
    /// How it was asked.
    pub channel: Channel,
    /// Where it came from.
    pub ip: String,
    /// The network to count; none: a trial on one machine.
    pub network: Option<String>,
    /// What sent it.
    pub user_agent: String,
}

/// Puts a request down. One insert, whoever it is about.
pub async fn receive(app: &App, request: &SignUp) -> Result<()> {
    app.db
        .execute(
            "INSERT INTO sign_up (at, email, topics, language, page, channel, ip, network, user_agent)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            values![
                app.clock.now_ms(),
                request.email.as_str(),
                serde_json::to_string(&request.topics)?,
                request.language.as_str(),
                request.page.as_str(),
                request.channel.as_str(),
                request.ip.as_str(),
                request.network.clone(),
                request.user_agent.as_str()
            ],
        )
        .await?;
    Ok(())
}

/// Answers the next sign-up of an address whatever was mailed to it before: for a reader who asks
/// the office why nothing comes any more (O6). Who must not be written to still is not.
pub async fn allow(app: &App, email: &str) -> Result<()> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    limits::reset(app, &address).await?;
    tracing::info!(address = address.veiled(), "may be asked again");
    Ok(())
}

/// Looks at the requests that have come in. A request is gone in the same transaction that queues
/// its mail, so a killed process neither loses nor repeats one. How many were looked at.
pub async fn answer_sign_ups(app: &App) -> Result<u64> {
    let mut looked_at = 0;
    loop {
        let waiting = app.db.one("SELECT 1 FROM sign_up LIMIT 1", []).await?;
        if waiting.is_none() {
            return Ok(looked_at);
        }
        let office = Office::load(&app.db).await?;
        let known = topics::topics(app).await?;
        let transaction = app.db.begin().await?;
        let skip = if app.db.is_sqlite() {
            ""
        } else {
            "FOR UPDATE SKIP LOCKED"
        };
        let rows = transaction
            .query_all_raw(app.db.statement(
                &format!(
                    "SELECT id, email, topics, language, page, channel, ip, network, user_agent, at
                     FROM sign_up ORDER BY id LIMIT $1 {skip}"
                ),
                values![BATCH],
            ))
            .await?;
        if rows.is_empty() {
            return Ok(looked_at);
        }
        let mut answered: Vec<i64> = Vec::with_capacity(rows.len());
        for row in &rows {
            answer(app, &transaction, &office, &known, row).await?;
            answered.push(row.try_get_by_index(0)?);
        }
        let listed = app.db.sql_in_list("id", "$1");
        transaction
            .execute_raw(app.db.statement(
                &format!("DELETE FROM sign_up WHERE {listed}"),
                values![serde_json::to_string(&answered)?],
            ))
            .await?;
        transaction.commit().await?;
        looked_at += rows.len() as u64;
        app.wake_delivery().await;
    }
}

async fn answer(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    known: &[TopicRow],
    row: &QueryResult,
) -> Result<()> {
    let typed: String = row.try_get_by_index(1)?;
    let Ok(address) = EmailAddress::parse(&typed) else {
        return Ok(());
    };
    let network: Option<String> = row.try_get_by_index(7)?;
    let key = address.key();
    if let Some(reason) = suppression::reason(app, transaction, &key).await?
        && !reason.yields_to_opt_in()
    {
        tracing::info!(
            address = address.veiled(),
            "a sign-up was not answered: the address asked to be left alone"
        );
        return Ok(());
    }
    let subscriber = find(app, transaction, &key).await?;
    if let Some((_, status)) = subscriber
        && !status.may_be_asked()
    {
        return Ok(());
    }
    let asking = Asking {
        address: &address,
        network: network.as_deref(),
    };
    if let Some(limit) = limits::reached(app, transaction, asking).await? {
        tracing::warn!(
            address = address.veiled(),
            limit,
            "a sign-up was not answered: too many of this kind"
        );
        return Ok(());
    }
    let language: String = row.try_get_by_index(3)?;
    let words = Words::of(&language);
    let id = match subscriber {
        Some((id, _)) => id,
        None => create(app, transaction, &address, words.tag).await?,
    };
    let slugs: Vec<String> = serde_json::from_str(&row.try_get_by_index::<String>(2)?)?;
    let chosen = topics::chosen(known, &slugs);
    let page: String = row.try_get_by_index(4)?;
    let at: i64 = row.try_get_by_index(9)?;
    let text = with_office(words.consent, &office.name);
    let asked = json!({
        "typed": typed,
        "normalised": address.as_str(),
        "page": page,
        "channel": row.try_get_by_index::<String>(5)?,
        "consent_text": text,
        "consent_text_version": CONSENT_VERSION,
        "consent_text_sha256": text_hash(&text),
        "language": words.tag,
        "topics": names(known, &chosen),
        "ip": row.try_get_by_index::<String>(6)?,
        "user_agent": row.try_get_by_index::<String>(8)?,
    });
    consent::record(transaction, id, at, Evidence::Requested, &asked).await?;
    queue_confirmation(
        app,
        transaction,
        office,
        words,
        &Asked {
            id,
            asking,
            topics: &chosen,
            page: &page,
            at,
        },
    )
    .await
}

struct Asked<'a> {
    id: i64,
    asking: Asking<'a>,
    topics: &'a [i64],
    page: &'a str,
    at: i64,
}

async fn queue_confirmation(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    words: &Words,
    asked: &Asked<'_>,
) -> Result<()> {
    let now = app.clock.now_ms();
    let label = format!("confirmation/{}", random_label()?);
    let token = app.keys.token(&label);
    limits::count(app, transaction, asked.asking, &token).await?;
    let expires = now + i64::from(office.confirmation_hours) * HOUR;
    // O3: a new mail takes the place of the old ones, and only then.
    transaction
        .execute_raw(app.db.statement(
            "UPDATE confirmation SET void_at = $2 WHERE subscriber_id = $1 AND used_at IS NULL AND void_at IS NULL",
            values![asked.id, now],
        ))
        .await?;
    transaction
        .execute_raw(app.db.statement(
            "INSERT INTO confirmation (subscriber_id, token_hash, topics, language, requested_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![
                asked.id,
                token.hash(),
                serde_json::to_string(asked.topics)?,
                words.tag,
                now,
                expires
            ],
        ))
        .await?;
    let when = instant(asked.at).to_zoned_datetime(office.time_zone.clone());
    // Who reads the mail in another language than the office's first reads the page in it, too.
    let lang = match office.languages.first() {
        Some(first) if !first.eq_ignore_ascii_case(words.tag) => format!("?lang={}", words.tag),
        _ => String::new(),
    };
    let link = |page: &str| app.link(&format!("/{page}/{}{lang}", Token::SLOT));
    let (subject, text) = confirmation(
        words,
        &ConfirmationMail {
            office: &office.name,
            postal_address: &office.postal_address,
            when: &when.strftime("%Y-%m-%d %H:%M %Z").to_string(),
            page: asked.page,
            confirm_url: &link("confirm"),
            never_url: &link("never"),
            hours: office.confirmation_hours,
        },
    );
    let content = TransactionalContent {
        subject,
        text,
        html: None,
        language: words.tag.to_owned(),
    };
    let mail = TransactionalMail {
        kind: TransactionalKind::Confirmation,
        recipient: asked.asking.address,
        content,
        token_label: Some(label),
    };
    let message_id = transactional::enqueue(app, transaction, office, mail).await?;
    let queued = json!({
        "message_id": message_id,
        "token_sha256": data_encoding::HEXLOWER.encode(&token.hash()),
        "expires": instant(expires),
    });
    Ok(consent::record(
        transaction,
        asked.id,
        now,
        Evidence::ConfirmationQueued,
        &queued,
    )
    .await?)
}

pub(super) fn names(known: &[TopicRow], ids: &[i64]) -> Vec<String> {
    known
        .iter()
        .filter(|topic| ids.contains(&topic.id))
        .map(|topic| topic.slug.clone())
        .collect()
}

/// The subscriber with this address key.
pub(super) async fn find(
    app: &App,
    connection: &impl ConnectionTrait,
    key: &str,
) -> Result<Option<(i64, Status)>> {
    let row = connection
        .query_one_raw(app.db.statement(
            "SELECT id, status FROM subscriber WHERE email_key = $1",
            values![key],
        ))
        .await?;
    Ok(match row {
        None => None,
        Some(row) => Some((
            row.try_get_by_index(0)?,
            // What we cannot read is not mailed.
            Status::from_number(row.try_get_by_index(1)?).unwrap_or(Status::Blocked),
        )),
    })
}

async fn create(
    app: &App,
    transaction: &DatabaseTransaction,
    address: &EmailAddress,
    language: &str,
) -> Result<i64> {
    let now = app.clock.now_ms();
    let row = transaction
        .query_one_raw(app.db.statement(
            "INSERT INTO subscriber (email, email_key, status, language, created_at, status_at)
             VALUES ($1, $2, 0, $3, $4, $4) RETURNING id",
            values![address.as_str(), address.key(), language, now],
        ))
        .await?
        .ok_or_else(|| {
            sea_orm::DbErr::Custom("the database gave no id for the subscriber".to_owned())
        })?;
    Ok(row.try_get_by_index(0)?)
}
