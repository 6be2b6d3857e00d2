//! Erasing a person: everything but a keyed hash, which keeps the address from being imported again
//! (V2).

use std::collections::BTreeSet;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, DerivePartialModel, EntityTrait, PaginatorTrait,
    QueryFilter, QuerySelect, sea_query::OnConflict,
};
use serde_json::{Value, json};

use super::{
    Result, Status, SubscriberError, erased_mentions,
    evidence::evidence_within,
    import_upload,
    joined_address::joined_into,
    press_list,
    subscriber_tables::{
        confirmation, consent, erasure, former_subscription, personal_link, subscriber,
        subscriber_about, subscription,
    },
    suppression::{self, SuppressionReason},
    waiting_sign_ups,
};
use crate::{
    accounts::kept_forms,
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    db::WriteTransaction,
    delivery_withdrawal, newsletter_comment_erasure, returned_mail_erasure,
    transactional::{self, TransactionalKind},
};

/// Erases a subscriber and gives what was known of them, once more and for the last time. `who` stands
/// in the audit log, the address veiled. In the evidence of others, whose address was changed from or to this one,
/// a keyed hash stands for it from then on; so it does where an address is somebody's former one only, and where it was
/// typed into what is said of others.
pub async fn erase(app: &App, email: &str, who: &str) -> Result<Value> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let key = address.key();
    let known = match erase_known(app, &address, who).await {
        Err(SubscriberError::NotFound(email)) => {
            // An erasure that ended between its two parts is taken up again.
            if erased_mentions::take_out_of_others(app, &key).await? == 0 {
                return Err(SubscriberError::NotFound(email));
            }
            let (now, action) = (app.clock.now_ms(), Action::SubscriberErase);
            let transaction = app.db.begin().await?;
            audit::record(&transaction, now, who, action, address.veiled(), "").await?;
            transaction.commit().await?;
            json!({ "email": address.as_str(), "status": "named in the evidence of others", "events": [] })
        }
        known => {
            let known = known?;
            erased_mentions::take_out_of_others(app, &key).await?;
            known
        }
    };
    app.db.empty_log().await?;
    Ok(known)
}

async fn erase_known(app: &App, address: &EmailAddress, who: &str) -> Result<Value> {
    let transaction = app.db.begin().await?;
    let row = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .lock_exclusive()
        .one(&transaction)
        .await?;
    let known = match row {
        Some(row) => erase_person(app, &transaction, row).await?,
        None => erase_former(app, &transaction, address).await?,
    };
    let key = address.key();
    kept_forms::forget_mentions(&transaction, &key).await?;
    import_upload::forget_mentions(&transaction, &key).await?;
    returned_mail_erasure::forget_mentions(&transaction, &key).await?;
    newsletter_comment_erasure::forget_mentions(&transaction, &key).await?;
    let (now, veiled) = (app.clock.now_ms(), address.veiled());
    audit::record(&transaction, now, who, Action::SubscriberErase, veiled, "").await?;
    transaction.commit().await?;
    Ok(known)
}

async fn erase_person(
    app: &App,
    transaction: &WriteTransaction,
    row: subscriber::Model,
) -> Result<Value> {
    let known = evidence_within(transaction, &row.email).await?;
    let id = row.id;
    // Whose subscription it took over is the same person, and their evidence names this address.
    let mut people = vec![row];
    let mut looked_at = 0;
    while let Some(person) = people.get(looked_at) {
        let joined = joined_into(transaction, person.id).await?;
        let new = |other: &subscriber::Model| people.iter().all(|known| known.id != other.id);
        let new: Vec<subscriber::Model> = joined.into_iter().filter(new).collect();
        people.extend(new);
        looked_at += 1;
    }
    let (mut named, mut asked_for) = (BTreeSet::new(), BTreeSet::new());
    for person in &people {
        named.insert(person.email_key.clone());
        named.extend(erased_mentions::named_by(transaction, person.id).await?);
        asked_for.extend(addresses_asked_for(transaction, person.id).await?);
    }
    for person in &people {
        let (key, status) = (&person.email_key, person.status);
        forget(app, transaction, person.id, key, status).await?;
    }
    for former in &named {
        if !is_anybodys(transaction, former).await? {
            forget_former(transaction, former).await?;
        }
    }
    for address in &asked_for {
        // Never confirmed, it may be a stranger's: only the question goes.
        if !is_anybodys(transaction, address).await? {
            let question = Some(TransactionalKind::Subscription);
            transactional::forget(transaction, address, question).await?;
        }
    }
    erased_mentions::take_out(app, transaction, &named).await?;
    transaction.once_committed(move || tracing::info!(subscriber.id = id, "erased"));
    Ok(known)
}

/// Erases an address that is nobody's any more, but stands in the evidence of who changed it.
async fn erase_former(
    app: &App,
    transaction: &WriteTransaction,
    address: &EmailAddress,
) -> Result<Value> {
    let key = address.key();
    let named = BTreeSet::from([key.clone()]);
    let waiting = waiting_sign_ups::told(transaction, &key).await?;
    let events = erased_mentions::take_out(app, transaction, &named).await?;
    if events.is_empty() && waiting.is_empty() {
        return Err(SubscriberError::NotFound(address.as_str().to_owned()));
    }
    let status = if events.is_empty() {
        waiting_sign_ups::STATUS
    } else {
        "moved to another address"
    };
    suppression::add(app, transaction, &key, SuppressionReason::Erased).await?;
    forget_former(transaction, &key).await?;
    transaction.once_committed(|| tracing::info!("a former address was erased"));
    Ok(json!({
        "email": address.as_str(),
        "status": status,
        "events": events,
        "waiting": waiting,
    }))
}

/// Whether a subscriber has this address now.
async fn is_anybodys(transaction: &WriteTransaction, key: &str) -> Result<bool> {
    let holders = subscriber::Entity::find().filter(subscriber::Column::EmailKey.eq(key));
    Ok(holders.count(transaction).await? > 0)
}

/// The keys of the addresses that somebody wanted to have their mail at, and perhaps never confirmed.
async fn addresses_asked_for(
    transaction: &WriteTransaction,
    subscriber: i64,
) -> Result<Vec<String>> {
    let links = personal_link::Entity::find()
        .filter(personal_link::Column::SubscriberId.eq(subscriber))
        .filter(personal_link::Column::NewEmail.is_not_null())
        .all(transaction)
        .await?;
    let wanted = links.into_iter().filter_map(|link| link.new_email);
    Ok(wanted
        .filter_map(|address| EmailAddress::parse(&address).ok())
        .map(|address| address.key())
        .collect())
}

/// What waits for an address, or was mailed to it, whoever it belonged to.
async fn forget_former(transaction: &WriteTransaction, key: &str) -> Result<()> {
    waiting_sign_ups::forget(transaction, key).await?;
    delivery_withdrawal::forget_mails(transaction, key).await?;
    forget_links_to(transaction, key).await
}

/// The links that would change somebody's address to this one.
async fn forget_links_to(transaction: &WriteTransaction, key: &str) -> Result<()> {
    #[derive(DerivePartialModel)]
    #[sea_orm(entity = "personal_link::Entity")]
    struct Waiting {
        id: i64,
        new_email: Option<String>,
    }
    // The table is emptied as its links expire.
    let waiting: Vec<Waiting> = personal_link::Entity::find()
        .filter(personal_link::Column::NewEmail.is_not_null())
        .into_partial_model()
        .all(transaction)
        .await?;
    for Waiting { id, new_email } in waiting {
        if new_email.is_some_and(|address| EmailAddress::is_spelling_of(&address, key)) {
            personal_link::Entity::delete_by_id(id)
                .exec(transaction)
                .await?;
        }
    }
    Ok(())
}

/// Everything but the keyed hash. What kept the address from being mailed keeps it from being
/// mailed.
pub(super) async fn forget(
    app: &App,
    transaction: &WriteTransaction,
    id: i64,
    key: &str,
    status: Status,
) -> Result<()> {
    let reason = match status {
        Status::Complained => SuppressionReason::Complained,
        Status::Blocked => SuppressionReason::Blocked,
        _ => SuppressionReason::Erased,
    };
    suppression::add(app, transaction, key, reason).await?;
    press_list::forget(app, transaction, key).await?;
    forget_former(transaction, key).await?;
    delivery_withdrawal::forget_reader(transaction, id, app.clock.now_ms()).await?;
    returned_mail_erasure::forget_reader(transaction, id).await?;
    // First the record of the erasure: only with it do the triggers let evidence go.
    note(app, transaction, [(id, Some(key))]).await?;
    consent::Entity::delete_many()
        .filter(consent::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    confirmation::Entity::delete_many()
        .filter(confirmation::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    subscriber_about::Entity::delete_by_id(id)
        .exec(transaction)
        .await?;
    subscription::Entity::delete_many()
        .filter(subscription::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    former_subscription::Entity::delete_many()
        .filter(former_subscription::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    subscriber::Entity::delete_by_id(id)
        .exec(transaction)
        .await?;
    Ok(())
}

/// The record that these people were erased, before their evidence goes; the keys of the addresses that they
/// had confirmed, by which [`super::came_back`] finds them. Noted once more it stays as
/// it is.
pub(super) async fn note(
    app: &App,
    transaction: &WriteTransaction,
    people: impl IntoIterator<Item = (i64, Option<&str>)>,
) -> std::result::Result<(), DbErr> {
    let now = app.clock.now_ms();
    let rows = people
        .into_iter()
        .map(|(id, address_key)| erasure::ActiveModel {
            subscriber_id: Set(id),
            at: Set(now),
            address_hash: Set(address_key.map(|key| app.keys.address_hash(key))),
            came_back_as: Set(None),
        });
    let once = OnConflict::column(erasure::Column::SubscriberId)
        .do_nothing()
        .to_owned();
    erasure::Entity::insert_many(rows)
        .on_conflict(once)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Whether the person who had this number was erased: that is on record, and nothing of them is left. A record
/// beside somebody who is still there was made up.
///
/// # Errors
/// The database failed.
pub async fn is_erased(app: &App, subscriber: i64) -> std::result::Result<bool, DbErr> {
    let pool = app.db.pool();
    let noted = erasure::Entity::find()
        .filter(erasure::Column::SubscriberId.eq(subscriber))
        .count(pool)
        .await?;
    let left = subscriber::Entity::find_by_id(subscriber)
        .count(pool)
        .await?;
    Ok(noted > 0 && left == 0)
}
