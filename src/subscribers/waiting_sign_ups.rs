//! Requests of the form that have not been answered yet, by the address that they are for: what is known of somebody
//! of whom nothing else is.
//!
//! They are found in any spelling: which are the same is [`EmailAddress::key`]'s to say, not the database's `lower`.
//! Looking reads the whole table, which is emptied as it is worked off.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::{Value, json};

use super::{
    AboutReader, Frequency, Result, Status,
    evidence::{Subscriber, details_of},
    sign_up::request_evidence,
    subscriber_kinds::{Channel, Evidence},
    subscriber_tables::{sign_up, subscriber},
    suppression,
    topics::{self, TopicRow},
};
use crate::{
    address::EmailAddress, app::App, clock::instant, db::WriteTransaction, office::Office,
};

/// What stands for the status of somebody of whom only such a request is known.
pub(super) const STATUS: &str = "asked, and not answered yet";

#[derive(DerivePartialModel)]
#[sea_orm(entity = "sign_up::Entity")]
struct WaitingSignUp {
    id: i64,
    at: i64,
    email: String,
    topics: String,
    page: String,
    channel: Channel,
    ip: String,
    due_at: i64,
}

async fn waiting(
    connection: &impl ConnectionTrait,
    key: &str,
) -> std::result::Result<Vec<WaitingSignUp>, DbErr> {
    let mut all: Vec<WaitingSignUp> = sign_up::Entity::find()
        .into_partial_model()
        .all(connection)
        .await?;
    all.retain(|one| EmailAddress::is_spelling_of(&one.email, key));
    Ok(all)
}

/// What waits for this address: when and where it was asked for, what, and when it is looked at.
pub(super) async fn told(connection: &impl ConnectionTrait, key: &str) -> Result<Vec<Value>> {
    let told = waiting(connection, key).await?.into_iter().map(|one| {
        Ok(json!({
            "typed": one.email,
            "asked": instant(one.at),
            "topics": serde_json::from_str::<Value>(&one.topics)?,
            "page": one.page,
            "channel": one.channel.word(),
            "ip": one.ip,
            "answered_from": instant(one.due_at.max(one.at)),
        }))
    });
    told.collect()
}

/// Those behind the request `after`, at most `limit`, as people who have not confirmed, and behind which request it
/// goes on; `None`: there are no more. Not whoever is known otherwise, of whom the export says so already, nor whoever
/// is to be left alone.
pub(super) async fn exported(
    app: &App,
    known: &[TopicRow],
    after: i64,
    limit: u64,
) -> Result<Option<(Vec<Subscriber>, i64)>> {
    let requests = sign_up::Entity::find()
        .filter(sign_up::Column::Id.gt(after))
        .order_by_asc(sign_up::Column::Id)
        .limit(limit)
        .all(app.db.pool())
        .await?;
    let Some(last) = requests.last().map(|request| request.id) else {
        return Ok(None);
    };
    // Of several requests of one address the newest is what they want.
    let mut newest: BTreeMap<String, (EmailAddress, sign_up::Model)> = BTreeMap::new();
    for request in requests {
        if let Ok(address) = EmailAddress::parse(&request.email)
            && request.channel != Channel::Manage
        {
            newest.insert(address.key(), (address, request));
        }
    }
    let subscribers: Vec<String> = subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::EmailKey)
        .filter(subscriber::Column::EmailKey.is_in(newest.keys().map(String::as_str)))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let subscribers: HashSet<String> = subscribers.into_iter().collect();
    let office = Office::load(&app.db).await?;
    let mut page = Vec::with_capacity(newest.len());
    for (key, (address, request)) in newest {
        if subscribers.contains(&key) {
            continue;
        }
        let suppressed = suppression::reason(app, app.db.pool(), &key).await?;
        if suppressed.is_none_or(suppression::SuppressionReason::yields_to_opt_in) {
            page.push(waiting_subscriber(&office, known, &address, &request)?);
        }
    }
    Ok(Some((page, last)))
}

fn waiting_subscriber(
    office: &Office,
    known: &[TopicRow],
    address: &EmailAddress,
    request: &sign_up::Model,
) -> Result<Subscriber> {
    let slugs: Vec<String> = serde_json::from_str(&request.topics)?;
    let chosen = topics::chosen(known, &slugs);
    let slugs = topics::names(known, &chosen);
    let is_rarer = request.frequency != Frequency::Each;
    let often = slugs.iter().filter(|_| is_rarer);
    let mut asked = json!({
        "at": instant(request.at),
        "event": Evidence::Requested.word(),
    });
    let details = request_evidence(office, known, address, request, &chosen);
    if let (Some(asked), Value::Object(details)) = (asked.as_object_mut(), details) {
        asked.extend(details);
    }
    Ok(Subscriber {
        email: address.as_str().to_owned(),
        status: Status::Pending,
        frequency: often
            .map(|slug| (slug.clone(), request.frequency.word()))
            .collect(),
        topic_details: details_of(known, &slugs),
        topics: slugs,
        about: AboutReader::of_json(request.about.as_deref())?,
        language: request.language.clone(),
        since: instant(request.at).to_string(),
        created: instant(request.at).to_string(),
        evidence: vec![asked],
    })
}

/// Forgets what waits for this address. How many requests did.
pub(super) async fn forget(
    transaction: &WriteTransaction,
    key: &str,
) -> std::result::Result<usize, DbErr> {
    let waiting = waiting(transaction, key).await?;
    for one in &waiting {
        sign_up::Entity::delete_by_id(one.id)
            .exec(transaction)
            .await?;
    }
    Ok(waiting.len())
}
