//! The landing page's button: the second half of the double opt-in, from pending to confirmed, or to
//! never again.

use serde_json::json;

use super::{
    Event, Result, Status, about_readers,
    confirmation_requests::{self as requests, ConfirmationRequest},
    consent::{self, Evidence},
    frequencies, leaving, limits,
    request_origin::RequestOrigin,
    sign_up::{self, Channel, SignUp},
    sign_up_intake::{Receipt, receive},
    status,
    subscriber_kinds::Frequency,
    subscriber_tables::subscriber,
    suppression,
    suppression::SuppressionReason,
    topic_translations::topics_in,
    topics::{self, names},
};
use crate::{app::App, secret::Token};

use sea_orm::{
    ColumnTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

/// What the button did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmOutcome {
    /// The subscriber is confirmed, now or by an earlier press of the same button.
    Confirmed {
        /// One of their topics is offered: those that they chose may have been archived meanwhile.
        gets_something: bool,
    },
    /// The token is unknown, forged, expired or void; which one is nobody's business.
    LinkExpired,
}

/// What the button of a link would confirm now, as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToConfirm {
    /// What its topics are called, in the reader's language; those that are offered.
    pub topics: Vec<String>,
    /// How often they come.
    pub frequency: Frequency,
}

/// What the token stands for; `None` where it confirms nothing (any more). Whoever has the token has the mail, and is
/// told only what the mail's reader asked for. Nothing is changed.
pub async fn to_confirm(app: &App, token: &Token, language: &str) -> Result<Option<ToConfirm>> {
    let Some(request) = requests::find(app.db.pool(), &token.hash()).await? else {
        return Ok(None);
    };
    let is_open = request.open_until.is_some_and(|at| at > app.clock.now_ms());
    if !is_open {
        return Ok(None);
    }
    let known = topics::every_topic(app).await?;
    let newest = sign_up::newest_word(app, &known, &request).await?;
    let (wanted, frequency) = newest.unwrap_or((request.topics, request.frequency));
    let offered = topics_in(app, language).await?;
    let named = offered
        .into_iter()
        .filter(|topic| wanted.contains(&topic.id));
    let topics: Vec<String> = named.map(|topic| topic.name).collect();
    Ok((!topics.is_empty()).then_some(ToConfirm { topics, frequency }))
}

/// Confirms what the token stands for, once. Pressing again says so again and changes nothing; to
/// who has left since, it is an expired link.
pub async fn confirm(app: &App, token: &Token, origin: &RequestOrigin) -> Result<ConfirmOutcome> {
    // Nobody who guesses at tokens gets to hold the database.
    let Some(request) = requests::find(app.db.pool(), &token.hash()).await? else {
        return Ok(ConfirmOutcome::LinkExpired);
    };
    if request.used && request.status == Status::Confirmed {
        return confirmed(app, request.subscriber).await;
    }
    // What was archived meanwhile is theirs when it is brought back; nobody gets what they did not choose.
    let known = topics::every_topic(app).await?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let request = match sign_up::take_newest(app, &transaction, &known, &request).await? {
        None => request,
        Some(newest) => ConfirmationRequest {
            topics: newest.topics,
            frequency: newest.frequency,
            language: newest.language,
            about: newest.about.beside(request.about),
            ..request
        },
    };
    let wanted = request.topics.clone();
    let evidence = json!({
        "method": "POST",
        "token_sha256": data_encoding::HEXLOWER.encode(&token.hash()),
        "topics": names(&known, &wanted),
        "frequency": request.frequency.word(),
        "ip": origin.ip,
        "user_agent": origin.user_agent,
    });
    let id = request.subscriber;
    let moved = status::apply(app, &transaction, id, Event::Confirm, &evidence).await?;
    let is_confirmed = moved || leaving::hold_confirmed(&transaction, id).await?;
    // Both, or neither: dropped here, the transaction leaves no trace.
    if !is_confirmed || !requests::use_up(&transaction, request.id, now).await? {
        transaction.rollback().await?;
        return pressed_before(app, token).await;
    }
    subscriber::Entity::update_many()
        .col_expr(subscriber::Column::Language, Expr::value(request.language))
        .filter(subscriber::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    if moved {
        topics::set(&transaction, id, &wanted, request.frequency, now).await?;
    } else {
        // Staff brought them while they had the mail: their own word stands beside it, and they have both.
        consent::record(&transaction, id, now, Evidence::Confirmed, &evidence).await?;
        let mut both = topics::frequencies_of_subscriber(&transaction, id).await?;
        both.extend(wanted.iter().map(|id| (*id, request.frequency)));
        topics::set_each(&transaction, id, &both, now).await?;
        for topic in wanted {
            frequencies::want(&transaction, id, topic, request.frequency).await?;
        }
    }
    about_readers::keep(&transaction, id, request.about, now).await?;
    transaction.commit().await?;
    confirmed(app, id).await
}

async fn confirmed(app: &App, subscriber: i64) -> Result<ConfirmOutcome> {
    let has = topics::of_subscriber(app.db.pool(), subscriber).await?;
    let offered = topics::topics(app).await?;
    let gets_something = offered.iter().any(|topic| has.contains(&topic.id));
    Ok(ConfirmOutcome::Confirmed { gets_something })
}

/// Of two presses at once the second finds what the first has done.
async fn pressed_before(app: &App, token: &Token) -> Result<ConfirmOutcome> {
    let now = requests::find(app.db.pool(), &token.hash()).await?;
    match now {
        Some(request) if request.used && request.status == Status::Confirmed => {
            confirmed(app, request.subscriber).await
        }
        _ => Ok(ConfirmOutcome::LinkExpired),
    }
}

/// Asks for a new link for whoever the token was mailed to, as the form would (O3: without a word on
/// whether there is such a one).
pub async fn ask_again(
    app: &App,
    token: &Token,
    origin: &RequestOrigin,
    networks: Vec<String>,
) -> Result<Receipt> {
    let Some(request) = requests::find(app.db.pool(), &token.hash()).await? else {
        return Ok(Receipt::Now);
    };
    let known = topics::every_topic(app).await?;
    let sign_up = SignUp {
        email: request.email,
        topics: names(&known, &request.topics),
        frequency: request.frequency,
        language: request.language,
        page: app.link("/"),
        channel: Channel::Again,
        ip: origin.ip.clone(),
        networks,
        user_agent: origin.user_agent.clone(),
        about: request.about,
    };
    receive(app, &sign_up).await
}

/// Never write again to the address that the token was mailed to, nor with what waits to be mailed; whoever moved
/// to another one since goes on there. Works with any token that we made: of any age while the address is known
/// here, and for a year when it was forgotten since, by its keyed hash (O8). False where nothing is known of the
/// token, and nothing was done.
pub async fn never_again(app: &App, token: &Token, origin: &RequestOrigin) -> Result<bool> {
    // Nobody who guesses at tokens gets to hold the database.
    let request = requests::find(app.db.pool(), &token.hash()).await?;
    let mailed = limits::mailed(app.db.pool(), token).await?;
    let hash_of = |request: &ConfirmationRequest| app.keys.address_hash(&request.email_key);
    let (address, newest) = match (mailed, &request) {
        (Some((address, newest)), _) => (address, Some(newest)),
        (None, Some(request)) => (hash_of(request), None),
        (None, None) => return Ok(false),
    };
    let uses_it = |request: &ConfirmationRequest| hash_of(request) == address;
    let mut reader = request.filter(uses_it).map(|request| request.subscriber);
    if let (None, Some(newest)) = (reader, newest) {
        // Whoever was forgotten may have signed up anew since.
        let request = requests::find(app.db.pool(), &newest).await?;
        reader = request.filter(uses_it).map(|request| request.subscriber);
    }
    if reader.is_none() && !suppression::is_blocked(app.db.pool(), &address).await? {
        reader = whose_address(app, &address).await?;
    }
    let evidence = json!({
        "method": "POST",
        "token_sha256": data_encoding::HEXLOWER.encode(&token.hash()),
        "ip": origin.ip,
        "user_agent": origin.user_agent,
    });
    let transaction = app.db.begin().await?;
    if let Some(reader) = reader {
        status::apply_own_word(app, &transaction, reader, Event::Never, &evidence).await?;
    }
    let blocked = SuppressionReason::Blocked;
    suppression::add_hash(app, &transaction, address, blocked).await?;
    transaction.commit().await?;
    Ok(true)
}

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "subscriber::Entity")]
struct KnownAddress {
    id: i64,
    email_key: String,
}

/// Readers that are looked at together.
const READERS_AT_ONCE: u64 = 5_000;

/// Who has the address of which only the keyed hash is known: somebody whom staff brought after it was forgotten.
/// All readers are looked at, and so once for each address: then it is blocked.
async fn whose_address(app: &App, address_hash: &[u8]) -> Result<Option<i64>> {
    let mut after = 0;
    loop {
        let readers: Vec<KnownAddress> = subscriber::Entity::find()
            .filter(subscriber::Column::Id.gt(after))
            .order_by_asc(subscriber::Column::Id)
            .limit(READERS_AT_ONCE)
            .into_partial_model()
            .all(app.db.pool())
            .await?;
        let Some(last) = readers.last() else {
            return Ok(None);
        };
        after = last.id;
        let mut readers = readers.iter();
        let found = readers.find(|one| app.keys.address_hash(&one.email_key) == address_hash);
        if let Some(found) = found {
            return Ok(Some(found.id));
        }
    }
}
