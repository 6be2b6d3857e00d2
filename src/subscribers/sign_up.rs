//! Signing up, the beginning of the double opt-in: the form's request is put down as it came and answered at once; a moment later it is
//! looked at, and where everything allows it a confirmation mail is queued.
//!
//! Between the two nobody who asks can learn whose address is known (O5): the answer is given
//! before we know, and what follows happens on the clock's beat, not on the request's.

use std::time::Duration;

use gazette_templates::pages::words::{CONSENT_VERSION, Words};
use sea_orm::{
    ActiveEnum,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};
use serde_json::{Value, json};

pub use super::subscriber_kinds::Channel;
use super::{
    AboutReader, Frequency, Result, Status, SubscriberError,
    confirmation_requests::{self, ConfirmationRequest, NewRequest},
    consent::{self, Evidence, text_hash},
    limits::{self, Permission},
    personal_link::{self, NewLink},
    subscriber_tables::{sign_up, subscriber},
    suppression::{self, SuppressionReason},
    topics::{self, TopicRow, names},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::HOUR,
    db::WriteTransaction,
    office::Office,
    repeated_fault::DailyCount,
};

/// What others can bring about as often as they like is counted, not logged each time.
static HOUR_WAS_FULL: DailyCount = DailyCount::new();
static NOT_ANSWERED: DailyCount = DailyCount::new();
static LEFT_ALONE: DailyCount = DailyCount::new();
static MADE_TO_WAIT: DailyCount = DailyCount::new();

/// Requests that are looked at in one transaction.
const BATCH: u64 = 20;

/// The same while others want to write: visitors wait no longer than these take.
const BATCH_BESIDE_OTHERS: u64 = 5;

/// How long others go first who want to write: short enough that some thousand requests of a flood are looked at
/// within a minute, and keep nobody behind them waiting for longer.
const REST_BETWEEN_BATCHES: Duration = Duration::from_millis(50);

/// Requests for one mailbox, with its dots and tags, that wait at the same time: as many as a family has tags.
const WAITING_PER_MAILBOX: usize = 10;

/// What the form or the API was sent.
#[derive(Debug)]
pub struct SignUp {
    /// As typed; its form is right.
    pub email: String,
    /// Slugs of the topics asked for; none: all.
    pub topics: Vec<String>,
    /// How often.
    pub frequency: Frequency,
    /// BCP 47.
    pub language: String,
    /// Where the form stood.
    pub page: String,
    /// How it was asked.
    pub channel: Channel,
    /// Where it came from.
    pub ip: String,
    /// The networks to count it in, the narrowest first; none: a trial on one machine.
    pub networks: Vec<String>,
    /// What sent it.
    pub user_agent: String,
    /// What was said beside the address.
    pub about: AboutReader,
}

/// Answers the next sign-up of an address whatever was mailed to it before: for a reader who asks
/// the office why nothing comes any more (O6). `who` stands in the audit log, the address veiled.
///
/// # Errors
/// [`SubscriberError::NeverMailed`] of who must not be written to: no sign-up of theirs is answered.
pub async fn allow(app: &App, email: &str, who: &str) -> Result<()> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let transaction = app.db.begin().await?;
    match suppression::reason(app, &transaction, &address.key()).await? {
        Some(SuppressionReason::Blocked) => {
            return Err(SubscriberError::NeverMailed(
                "asked never to be written to again",
            ));
        }
        Some(SuppressionReason::Complained) => {
            return Err(SubscriberError::NeverMailed("called our mail spam"));
        }
        Some(SuppressionReason::Erased | SuppressionReason::Bounced) | None => {}
    }
    limits::reset(app, &transaction, &address).await?;
    // sign_up_of_mailbox: what waits need not wait any longer.
    sign_up::Entity::update_many()
        .col_expr(sign_up::Column::DueAt, Expr::value(0))
        .filter(sign_up::Column::MailboxHash.eq(limits::mailbox_hash(app, &address)))
        .exec(&transaction)
        .await?;
    let (now, veiled) = (app.clock.now_ms(), address.veiled());
    audit::record(&transaction, now, who, Action::SubscriberAllow, veiled, "").await?;
    transaction.commit().await?;
    tracing::info!(address = address.veiled(), "may be asked again");
    Ok(())
}

/// What is left of a request that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// Nothing: it was answered, or nothing may answer it.
    Done,
    /// It waits until this instant, in milliseconds.
    Waits(i64),
}

/// Looks at the requests that are due. A request is gone in the same transaction that queues its
/// mail, so a killed process neither loses nor repeats one; one that a limit holds back waits. How
/// many were looked at.
pub async fn answer_sign_ups(app: &App) -> Result<u64> {
    let (mut looked_at, mut room, mut most) = (0, 0, BATCH);
    loop {
        if due_ids(app, 1).await?.is_empty() {
            return Ok(looked_at);
        }
        if room == 0 {
            room = limits::room_in_hour(app, app.db.pool()).await?;
        }
        if room == 0 {
            if let Some(times) = HOUR_WAS_FULL.one_more(app.clock.now_ms()) {
                tracing::warn!(
                    times,
                    "as many confirmation mails as may be left within the hour; sign-ups wait"
                );
            }
            return Ok(looked_at);
        }
        let waited_for = app.db.turns_waited_for();
        let answered = match answer_batch(app, None, most).await {
            Ok(0) => return Ok(looked_at),
            Ok(answered) => answered,
            Err(error) => {
                tracing::error!(%error, "cannot answer the sign-ups together; trying one by one");
                answer_one_by_one(app).await?
            }
        };
        looked_at += answered;
        room = room.saturating_sub(answered);
        most = BATCH;
        if app.db.turns_waited_for() != waited_for {
            // Many come at this moment: that they are written down goes before their mail.
            tokio::time::sleep(REST_BETWEEN_BATCHES).await;
            most = BATCH_BESIDE_OTHERS;
        }
    }
}

/// How long a sign-up waits that could not be answered.
const FAILED_RETRY_MS: i64 = HOUR;

/// Each in a transaction of its own, so that one which cannot be answered stops no other: it waits for
/// an hour. How many were looked at.
async fn answer_one_by_one(app: &App) -> Result<u64> {
    let ids = due_ids(app, BATCH).await?;
    for id in &ids {
        if let Err(error) = answer_batch(app, Some(*id), 1).await {
            tracing::error!(sign_up.id = id, %error, "cannot answer a sign-up; the others go on");
            let later = app.clock.now_ms() + FAILED_RETRY_MS;
            let transaction = app.db.begin().await?;
            sign_up::Entity::update_many()
                .col_expr(sign_up::Column::DueAt, Expr::value(later))
                .filter(sign_up::Column::Id.eq(*id))
                .exec(&transaction)
                .await?;
            transaction.commit().await?;
        }
    }
    Ok(ids.len() as u64)
}

/// What is due, the oldest first; only the numbers, as a row may be one that cannot be read.
async fn due_ids(app: &App, most: u64) -> Result<Vec<i64>> {
    // sign_up_due
    Ok(sign_up::Entity::find()
        .select_only()
        .column(sign_up::Column::Id)
        .filter(sign_up::Column::DueAt.lte(app.clock.now_ms()))
        .order_by_asc(sign_up::Column::DueAt)
        .order_by_asc(sign_up::Column::Id)
        .limit(most)
        .into_tuple()
        .all(app.db.pool())
        .await?)
}

/// Answers so many of what is due together, or only the one with this number; how many were looked at.
async fn answer_batch(app: &App, only: Option<i64>, most: u64) -> Result<u64> {
    let office = Office::load(&app.db).await?;
    let known = topics::every_topic(app).await?;
    let transaction = app.db.begin().await?;
    let mut due = sign_up::Entity::find().filter(sign_up::Column::DueAt.lte(app.clock.now_ms()));
    if let Some(id) = only {
        due = due.filter(sign_up::Column::Id.eq(id));
    }
    // sign_up_due
    let requests = due
        .order_by_asc(sign_up::Column::DueAt)
        .order_by_asc(sign_up::Column::Id)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&transaction)
        .await?;
    if requests.is_empty() {
        transaction.rollback().await?;
        return Ok(0);
    }
    let looked_at = requests.len() as u64;
    let mut done = Vec::with_capacity(requests.len());
    for request in requests {
        match answer(app, &transaction, &office, &known, &request).await? {
            Answered::Done => done.push(request.id),
            Answered::Waits(until) => defer(app, &transaction, &request, until).await?,
        }
    }
    sign_up::Entity::delete_many()
        .filter(sign_up::Column::Id.is_in(done))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(looked_at)
}

/// Lets a request wait. Of one address the newest waits, of one mailbox with its dots and tags the first few:
/// whoever types an address a thousand times gets it mailed no more often, and nobody's place is taken by tags that
/// somebody makes up.
async fn defer(
    app: &App,
    transaction: &WriteTransaction,
    request: &sign_up::Model,
    until: i64,
) -> Result<()> {
    let Ok(address) = EmailAddress::parse(&request.email) else {
        return Ok(());
    };
    let mailbox = limits::mailbox_hash(app, &address);
    let waiting = waiting_of(transaction, &mailbox).await?;
    let key = address.key();
    let (repeated, others): (Vec<_>, Vec<_>) = waiting
        .iter()
        .filter(|row| row.id != request.id && is_for_manage(row) == is_for_manage(request))
        .partition(|row| EmailAddress::is_spelling_of(&row.email, &key));
    // A limit may have held it back while a later one was looked at.
    if repeated
        .iter()
        .any(|row| asked_when(row) > asked_when(request))
    {
        sign_up::Entity::delete_by_id(request.id)
            .exec(transaction)
            .await?;
        return Ok(());
    }
    if repeated.is_empty() && others.len() >= WAITING_PER_MAILBOX {
        sign_up::Entity::delete_by_id(request.id)
            .exec(transaction)
            .await?;
        return Ok(());
    }
    let replaced: Vec<i64> = repeated.into_iter().map(|row| row.id).collect();
    if !replaced.is_empty() {
        sign_up::Entity::delete_many()
            .filter(sign_up::Column::Id.is_in(replaced))
            .exec(transaction)
            .await?;
    }
    sign_up::Entity::update_many()
        .col_expr(sign_up::Column::DueAt, Expr::value(until))
        .col_expr(sign_up::Column::MailboxHash, Expr::value(mailbox))
        .filter(sign_up::Column::Id.eq(request.id))
        .exec(transaction)
        .await?;
    Ok(())
}

/// What tells the later of two requests: of two in one millisecond, the one that was written down later.
fn asked_when(request: &sign_up::Model) -> (i64, i64) {
    (request.at, request.id)
}

/// Whether only the link to one's own subscription is asked for.
fn is_for_manage(request: &sign_up::Model) -> bool {
    request.channel == Channel::Manage
}

/// What waits of one mailbox, with its dots and tags, what was asked last first.
async fn waiting_of(
    connection: &impl ConnectionTrait,
    mailbox_hash: &[u8],
) -> std::result::Result<Vec<sign_up::Model>, DbErr> {
    // sign_up_of_mailbox
    sign_up::Entity::find()
        .filter(sign_up::Column::MailboxHash.eq(mailbox_hash.to_vec()))
        .order_by_desc(sign_up::Column::At)
        .order_by_desc(sign_up::Column::Id)
        .all(connection)
        .await
}

async fn answer(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    known: &[TopicRow],
    request: &sign_up::Model,
) -> Result<Answered> {
    let Ok(address) = EmailAddress::parse(&request.email) else {
        return Ok(Answered::Done);
    };
    let key = address.key();
    if let Some(reason) = suppression::reason(app, transaction, &key).await?
        && !reason.yields_to_opt_in()
    {
        if let Some(today) = LEFT_ALONE.one_more(app.clock.now_ms()) {
            tracing::info!(
                today,
                address = address.veiled(),
                "a sign-up was not answered: the address asked to be left alone"
            );
        }
        return Ok(Answered::Done);
    }
    let subscriber = find(transaction, &key).await?;
    if is_for_manage(request) {
        if let Some((id, status)) = subscriber
            && !matches!(status, Status::Blocked | Status::Complained)
        {
            let words = Words::of(&request.language);
            let link = NewLink::manage(id, &address, request.at);
            let queued =
                personal_link::queue_within_limits(app, transaction, office, words, &link).await?;
            return Ok(queued.map_or_else(Answered::Waits, |()| Answered::Done));
        }
        return Ok(Answered::Done);
    }
    if let Some((id, _)) = subscriber
        && request.at < consent::last_asked(transaction, id).await?
    {
        // A limit held it back, and what they asked for since is answered.
        return Ok(Answered::Done);
    }
    if let Some((id, status)) = subscriber
        && !status.may_be_asked()
    {
        if status == Status::Confirmed {
            already_subscribed(app, transaction, office, known, id, &address, request).await?;
        }
        return Ok(Answered::Done);
    }
    match limits::permission(app, transaction, &address).await? {
        Permission::Now => {}
        Permission::At(until) => {
            if let Some(today) = MADE_TO_WAIT.one_more(app.clock.now_ms()) {
                tracing::info!(
                    today,
                    address = address.veiled(),
                    "a sign-up waits: its address was mailed today"
                );
            }
            return Ok(Answered::Waits(until));
        }
        Permission::NotThisMonth => {
            if let Some(today) = NOT_ANSWERED.one_more(app.clock.now_ms()) {
                tracing::warn!(
                    today,
                    address = address.veiled(),
                    "a sign-up was not answered: three confirmation mails of this month were not"
                );
            }
            return Ok(Answered::Done);
        }
    }
    let words = Words::of(&request.language);
    let id = match subscriber {
        Some((id, _)) => id,
        None => create(app, transaction, &address, words.tag).await?,
    };
    let slugs: Vec<String> = serde_json::from_str(&request.topics)?;
    let chosen = topics::chosen(known, &slugs);
    record_request(transaction, office, known, id, &address, request, &chosen).await?;
    let confirmation = NewRequest {
        subscriber: id,
        address: &address,
        topics: &chosen,
        frequency: request.frequency,
        page: &request.page,
        at: request.at,
        about: request.about.as_deref(),
    };
    confirmation_requests::queue(app, transaction, office, words, &confirmation).await?;
    Ok(Answered::Done)
}

/// Somebody who is subscribed gets a link to choose, once a day; nothing where they confirmed since
/// they asked, and have what they asked for.
async fn already_subscribed(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    known: &[TopicRow],
    id: i64,
    address: &EmailAddress,
    request: &sign_up::Model,
) -> Result<()> {
    let slugs: Vec<String> = serde_json::from_str(&request.topics)?;
    let has = topics::of_subscriber(transaction, id).await?;
    let wants = topics::chosen(known, &slugs);
    let row = subscriber::Entity::find_by_id(id).one(transaction).await?;
    let confirmed_since = row.is_some_and(|row| row.status_at >= request.at);
    if confirmed_since && wants.iter().all(|topic| has.contains(topic)) {
        return Ok(());
    }
    let link = NewLink::already_subscribed(id, address, request.at);
    let words = Words::of(&request.language);
    let queued = personal_link::queue_within_limits(app, transaction, office, words, &link).await?;
    if queued.is_ok() {
        // Where what made them a subscriber is taken back, this is what is left.
        record_request(transaction, office, known, id, address, request, &wants).await?;
    }
    Ok(())
}

/// What somebody asked for since the mail whose link they follow.
pub(super) struct NewestWord {
    /// The ids of the topics.
    pub(super) topics: Vec<i64>,
    /// How often.
    pub(super) frequency: Frequency,
    /// BCP 47.
    pub(super) language: String,
    /// What they said beside it.
    pub(super) about: AboutReader,
}

/// What waits of the same address, because it was mailed today, and was asked after what the link stands for: the link
/// that they have stands for their newest word, and no second mail is needed. `None`: nothing of the kind waits.
pub(super) async fn take_newest(
    app: &App,
    transaction: &WriteTransaction,
    known: &[TopicRow],
    confirms: &ConfirmationRequest,
) -> Result<Option<NewestWord>> {
    let (address, theirs) = waiting_beside(app, transaction, confirms).await?;
    let Some(newest) = theirs.first() else {
        return Ok(None);
    };
    let waited = theirs.iter().map(|row| row.id);
    sign_up::Entity::delete_many()
        .filter(sign_up::Column::Id.is_in(waited))
        .exec(transaction)
        .await?;
    if newest.at < consent::last_asked(transaction, confirms.subscriber).await? {
        return Ok(None);
    }
    let slugs: Vec<String> = serde_json::from_str(&newest.topics)?;
    let chosen = topics::chosen(known, &slugs);
    let office = Office::load_within(transaction).await?;
    let id = confirms.subscriber;
    record_request(transaction, &office, known, id, &address, newest, &chosen).await?;
    Ok(Some(NewestWord {
        topics: chosen,
        frequency: newest.frequency,
        language: newest.language.clone(),
        about: AboutReader::of_json(newest.about.as_deref())?,
    }))
}

/// What [`take_newest`] would take: its topics and how often they come. Nothing is changed.
pub(super) async fn newest_word(
    app: &App,
    known: &[TopicRow],
    confirms: &ConfirmationRequest,
) -> Result<Option<(Vec<i64>, Frequency)>> {
    let connection = app.db.pool();
    let (_, theirs) = waiting_beside(app, connection, confirms).await?;
    let Some(newest) = theirs.first() else {
        return Ok(None);
    };
    if newest.at < consent::last_asked(connection, confirms.subscriber).await? {
        return Ok(None);
    }
    let slugs: Vec<String> = serde_json::from_str(&newest.topics)?;
    Ok(Some((topics::chosen(known, &slugs), newest.frequency)))
}

/// The address of a request that was mailed, and what waits of the same, what was asked last first.
async fn waiting_beside(
    app: &App,
    connection: &impl ConnectionTrait,
    confirms: &ConfirmationRequest,
) -> Result<(EmailAddress, Vec<sign_up::Model>)> {
    let address = EmailAddress::parse(&confirms.email)
        .map_err(|error| SubscriberError::Address(confirms.email.clone(), error))?;
    let mut theirs = waiting_of(connection, &limits::mailbox_hash(app, &address)).await?;
    theirs.retain(|row| {
        row.channel != Channel::Manage
            && EmailAddress::is_spelling_of(&row.email, &confirms.email_key)
    });
    Ok((address, theirs))
}

/// Writes down what somebody was shown and asked for.
async fn record_request(
    transaction: &WriteTransaction,
    office: &Office,
    known: &[TopicRow],
    subscriber: i64,
    address: &EmailAddress,
    request: &sign_up::Model,
    chosen: &[i64],
) -> Result<()> {
    let evidence = request_evidence(office, known, address, request, chosen);
    let kind = Evidence::Requested;
    Ok(consent::record(transaction, subscriber, request.at, kind, &evidence).await?)
}

/// What is written down of what somebody was shown and asked for.
pub(super) fn request_evidence(
    office: &Office,
    known: &[TopicRow],
    address: &EmailAddress,
    request: &sign_up::Model,
    chosen: &[i64],
) -> Value {
    let words = Words::of(&request.language);
    let text = words.consent(office.name_in(words.tag));
    json!({
        "typed": request.email,
        "normalised": address.as_str(),
        "page": request.page,
        "channel": request.channel.word(),
        "consent_text": text,
        "consent_text_version": CONSENT_VERSION,
        "consent_text_sha256": text_hash(&text),
        "language": words.tag,
        "topics": names(known, chosen),
        "frequency": request.frequency.word(),
        "ip": request.ip,
        "user_agent": request.user_agent,
    })
}

/// Puts down once more what somebody asked for who was subscribed then and is not any more, though they did not leave:
/// they get the mail that they would have got. `evidence` is what was written down at `at`.
pub(super) async fn put_back(
    transaction: &WriteTransaction,
    at: i64,
    evidence: &Value,
) -> Result<()> {
    let text = |name: &str| evidence[name].as_str().unwrap_or_default().to_owned();
    let channel = Channel::try_from_value(&text("channel"));
    sign_up::Entity::insert(sign_up::ActiveModel {
        at: Set(at),
        email: Set(text("typed")),
        topics: Set(evidence["topics"].to_string()),
        frequency: Set(Frequency::of_word(&text("frequency")).unwrap_or_default()),
        language: Set(text("language")),
        page: Set(text("page")),
        channel: Set(channel?),
        ip: Set(text("ip")),
        user_agent: Set(text("user_agent")),
        due_at: Set(0),
        ..Default::default()
    })
    .exec_without_returning(transaction)
    .await?;
    Ok(())
}

/// The subscriber with this address key, held to the end of the transaction: who is forgotten at
/// this instant is either still there, or a new one.
async fn find(
    transaction: &WriteTransaction,
    key: &str,
) -> std::result::Result<Option<(i64, Status)>, DbErr> {
    let row = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(key))
        .lock_exclusive()
        .one(transaction)
        .await?;
    Ok(row.map(|row| (row.id, row.status)))
}

async fn create(
    app: &App,
    connection: &impl ConnectionTrait,
    address: &EmailAddress,
    language: &str,
) -> std::result::Result<i64, DbErr> {
    let now = app.clock.now_ms();
    let created = subscriber::Entity::insert(subscriber::ActiveModel {
        email: Set(address.as_str().to_owned()),
        email_key: Set(address.key()),
        status: Set(Status::Pending),
        language: Set(language.to_owned()),
        created_at: Set(now),
        status_at: Set(now),
        ..Default::default()
    })
    .exec(connection)
    .await?;
    Ok(created.last_insert_id)
}
