//! Requests of the form that have not been answered yet, by the address that they are for: what is known of somebody
//! of whom nothing else is.
//!
//! They are found in any spelling: which are the same is [`EmailAddress::key`]'s to say, not the database's `lower`.
//! Looking reads the whole table, which is emptied as it is worked off.

use sea_orm::{ConnectionTrait, DbErr, DerivePartialModel, EntityTrait};
use serde_json::{Value, json};

use super::{Result, subscriber_kinds::Channel, subscriber_tables::sign_up};
use crate::{address::EmailAddress, clock::instant, db::WriteTransaction};

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
