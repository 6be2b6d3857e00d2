//! Confirmation requests: the first half of the double opt-in. One row for each confirmation mail that
//! was queued, with what was asked for, for as long as its link may be pressed.

use gazette_templates::{
    email::{ConfirmationMail, confirmation as render_confirmation},
    pages::words::Words,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use serde_json::json;

use super::{
    AboutReader, Frequency, Result, Status, about_readers,
    consent::{self, Evidence},
    limits,
    subscriber_tables::{confirmation, subscriber},
    topics,
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::{HOUR, instant},
    db::WriteTransaction,
    office::Office,
    secret::{Token, random_label},
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

/// What somebody asked for and has, or has not, confirmed.
#[derive(Debug)]
pub struct ConfirmationRequest {
    /// `confirmation.id`
    pub id: i64,
    /// `subscriber.id`
    pub subscriber: i64,
    /// The address that its subscriber has now.
    pub email: String,
    /// The same, as it is compared.
    pub email_key: String,
    /// Where its subscriber stands.
    pub status: Status,
    /// The ids of the topics asked for.
    pub topics: Vec<i64>,
    /// How often.
    pub frequency: Frequency,
    /// BCP 47.
    pub language: String,
    /// The link has been pressed.
    pub used: bool,
    /// Until when it can be pressed, in milliseconds; `None`: it was, or a newer mail took its place.
    pub open_until: Option<i64>,
    /// What was said beside the address.
    pub about: AboutReader,
}

/// What the next confirmation mail is for.
#[derive(Debug)]
pub struct NewRequest<'a> {
    /// `subscriber.id`
    pub subscriber: i64,
    /// Who gets the mail.
    pub address: &'a EmailAddress,
    /// The ids of the topics asked for.
    pub topics: &'a [i64],
    /// How often.
    pub frequency: Frequency,
    /// Where the form stood.
    pub page: &'a str,
    /// When it was asked, in milliseconds.
    pub at: i64,
    /// JSON of what was said beside the address. `None`: nothing.
    pub about: Option<&'a str>,
}

/// The request that a token stands for.
pub async fn find(
    connection: &impl ConnectionTrait,
    token_hash: &[u8],
) -> Result<Option<ConfirmationRequest>> {
    let request = confirmation::Entity::find()
        .filter(confirmation::Column::TokenHash.eq(token_hash.to_vec()))
        .one(connection)
        .await?;
    let Some(request) = request else {
        return Ok(None);
    };
    let subscriber = subscriber::Entity::find_by_id(request.subscriber_id)
        .one(connection)
        .await?;
    let Some(subscriber) = subscriber else {
        return Ok(None);
    };
    let is_open = request.used_at.is_none() && request.void_at.is_none();
    Ok(Some(ConfirmationRequest {
        id: request.id,
        subscriber: subscriber.id,
        email: subscriber.email,
        email_key: subscriber.email_key,
        status: subscriber.status,
        topics: serde_json::from_str(&request.topics)?,
        frequency: request.frequency,
        language: request.language,
        used: request.used_at.is_some(),
        open_until: is_open.then_some(request.expires_at),
        about: AboutReader::of_json(request.about.as_deref())?,
    }))
}

/// Uses a link up: idempotency, so that of two presses at once one confirms. False where it has been
/// used, has expired, or a newer mail took its place.
pub async fn use_up(transaction: &WriteTransaction, id: i64, now: i64) -> Result<bool> {
    let used = confirmation::Entity::update_many()
        .col_expr(confirmation::Column::UsedAt, Expr::value(now))
        .filter(confirmation::Column::Id.eq(id))
        .filter(confirmation::Column::UsedAt.is_null())
        .filter(confirmation::Column::VoidAt.is_null())
        .filter(confirmation::Column::ExpiresAt.gt(now))
        .exec(transaction)
        .await?;
    Ok(used.rows_affected > 0)
}

/// Closes every open request of a subscriber, and withdraws the mails that have not left yet.
pub async fn close(
    transaction: &WriteTransaction,
    subscriber: i64,
    now: i64,
) -> std::result::Result<(), sea_orm::DbErr> {
    let mails: Vec<i64> = open_requests(transaction, subscriber)
        .await?
        .into_iter()
        .filter_map(|request| request.mail_id)
        .collect();
    void(transaction, subscriber, now).await?;
    transactional::withdraw(transaction, &mails, now).await
}

async fn open_requests(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> std::result::Result<Vec<confirmation::Model>, sea_orm::DbErr> {
    // confirmation_of_subscriber
    confirmation::Entity::find()
        .filter(confirmation::Column::SubscriberId.eq(subscriber))
        .filter(confirmation::Column::UsedAt.is_null())
        .filter(confirmation::Column::VoidAt.is_null())
        .all(connection)
        .await
}

async fn void(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    now: i64,
) -> std::result::Result<(), sea_orm::DbErr> {
    // confirmation_of_subscriber
    confirmation::Entity::update_many()
        .col_expr(confirmation::Column::VoidAt, Expr::value(now))
        .filter(confirmation::Column::SubscriberId.eq(subscriber))
        .filter(confirmation::Column::UsedAt.is_null())
        .filter(confirmation::Column::VoidAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// Queues a confirmation mail and notes the request that its link stands for. A new mail takes the
/// place of the old ones, and only then (O3).
pub async fn queue(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    words: &Words,
    request: &NewRequest<'_>,
) -> Result<()> {
    let now = app.clock.now_ms();
    let label = format!("confirmation/{}", random_label()?);
    let token = app.keys.token(&label);
    limits::count(app, transaction, request.address, &token).await?;
    let expires = now + i64::from(office.confirmation_hours) * HOUR;
    void(transaction, request.subscriber, now).await?;
    let mail = TransactionalMail {
        kind: TransactionalKind::Confirmation,
        recipient: request.address,
        content: content(app, office, words, request, expires),
        token_label: Some(label),
    };
    let queued = transactional::enqueue(app, transaction, office, mail).await?;
    confirmation::Entity::insert(confirmation::ActiveModel {
        subscriber_id: Set(request.subscriber),
        token_hash: Set(token.hash()),
        topics: Set(serde_json::to_string(request.topics)?),
        frequency: Set(request.frequency),
        language: Set(words.tag.to_owned()),
        requested_at: Set(now),
        expires_at: Set(expires),
        mail_id: Set(Some(queued.id)),
        about: Set(request.about.map(str::to_owned)),
        ..Default::default()
    })
    .exec_without_returning(transaction)
    .await?;
    let evidence = json!({
        "message_id": queued.message_id,
        "token_sha256": data_encoding::HEXLOWER.encode(&token.hash()),
        "expires": instant(expires),
    });
    let kind = Evidence::ConfirmationQueued;
    Ok(consent::record(transaction, request.subscriber, now, kind, &evidence).await?)
}

/// Mails what a subscriber asked for last once more, with a new link. False where nothing is kept of it.
pub async fn repeat(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    subscriber: i64,
    address: &EmailAddress,
) -> Result<bool> {
    // confirmation_of_subscriber
    let last = confirmation::Entity::find()
        .filter(confirmation::Column::SubscriberId.eq(subscriber))
        .order_by_desc(confirmation::Column::Id)
        .one(transaction)
        .await?;
    let Some(last) = last else {
        return first_mail(app, transaction, office, subscriber, address).await;
    };
    let request = NewRequest {
        subscriber,
        address,
        topics: &serde_json::from_str::<Vec<i64>>(&last.topics)?,
        frequency: last.frequency,
        page: &app.link("/"),
        at: last.requested_at,
        about: last.about.as_deref(),
    };
    queue(
        app,
        transaction,
        office,
        Words::of(&last.language),
        &request,
    )
    .await?;
    Ok(true)
}

/// The first mail to somebody who came here with our own export as one who asked and had not confirmed, for what they
/// asked for. False: of another list nobody knows when and where they asked, which the mail says.
async fn first_mail(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    subscriber: i64,
    address: &EmailAddress,
) -> Result<bool> {
    let wanted = topics::frequencies_of_subscriber(transaction, subscriber).await?;
    let row = subscriber::Entity::find_by_id(subscriber)
        .one(transaction)
        .await?;
    let Some((row, (_, frequency))) = row.zip(wanted.first().copied()) else {
        return Ok(false);
    };
    let Some((at, said)) = consent::last_request(transaction, subscriber).await? else {
        return Ok(false);
    };
    let about = about_readers::of_subscribers(transaction, subscriber, subscriber).await?;
    let about = about.into_values().next().unwrap_or_default().to_json()?;
    let topics: Vec<i64> = wanted.into_iter().map(|(topic, _)| topic).collect();
    let request = NewRequest {
        subscriber,
        address,
        topics: &topics,
        frequency,
        page: said["page"].as_str().unwrap_or_default(),
        at,
        about: about.as_deref(),
    };
    let words = Words::of(&row.language);
    queue(app, transaction, office, words, &request).await?;
    Ok(true)
}

fn content(
    app: &App,
    office: &Office,
    words: &Words,
    request: &NewRequest<'_>,
    expires: i64,
) -> TransactionalContent {
    let until = instant(expires).to_zoned_datetime(office.time_zone.clone());
    let when = instant(request.at).to_zoned_datetime(office.time_zone.clone());
    let zone = when.strftime("%Z").to_string();
    // Whatever language the browser asks for, the page is in the mail's.
    let lang = if office.languages.len() > 1 {
        format!("?lang={}", words.tag)
    } else {
        String::new()
    };
    let link = |page: &str| app.link(&format!("/{page}/{}{lang}", Token::SLOT));
    let (subject, parts) = render_confirmation(
        words,
        &ConfirmationMail {
            sender: office.sender(words.tag),
            when: &words.day_and_time(when.datetime(), &zone),
            page: request.page,
            confirm_url: &link("confirm"),
            never_url: &link("never"),
            until: &words.day_and_time(until.datetime(), &until.strftime("%Z").to_string()),
        },
    );
    TransactionalContent::letter(subject, parts, words.tag)
}
