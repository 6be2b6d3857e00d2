//! Where somebody is signed in, and how they end a session that is not theirs.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;

use super::{
    account::{self, Account},
    account_tables::session::{Column, Entity},
    error::Result,
    session::{IDLE_TIMEOUT_MS, end_all},
};
use crate::{
    app::App,
    audit::{self, Action},
    clock::{Timestamp, instant},
};

/// A session of somebody's.
#[derive(Debug)]
pub struct StaffSession {
    /// `session.id`: a hash, worth nothing to whoever reads it.
    pub key: String,
    /// When they signed in.
    pub began: Timestamp,
    /// When it was last used, to ten minutes.
    pub seen: Timestamp,
    /// `Firefox on Windows`
    pub browser: String,
    /// `192.0.2.0/24`
    pub network: String,
}

/// The sessions of an account that still hold, the one used last first.
///
/// # Errors
/// The database failed.
pub async fn list(app: &App, staff_id: i64) -> Result<Vec<StaffSession>> {
    let rows = Entity::find()
        .filter(Column::StaffId.eq(staff_id))
        .filter(Column::ExpiresAt.gt(app.clock.now_ms()))
        .order_by_desc(Column::ExpiresAt)
        .all(app.db.pool())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let content: HashMap<String, Value> =
                serde_json::from_str(&row.content).unwrap_or_default();
            let text = |key: &str| {
                let text = content.get(key).and_then(Value::as_str);
                text.unwrap_or_default().to_owned()
            };
            StaffSession {
                began: instant(
                    content
                        .get("began")
                        .and_then(Value::as_i64)
                        .unwrap_or_default(),
                ),
                seen: instant(row.expires_at - IDLE_TIMEOUT_MS),
                browser: text("browser"),
                network: text("network"),
                key: row.id,
            }
        })
        .collect())
}

#[derive(FromQueryResult)]
struct Held {
    staff_id: i64,
    sessions: i64,
}

/// How many sessions that still hold each account has; who has none is not there.
///
/// # Errors
/// The database failed.
pub async fn count_by_account(app: &App) -> Result<HashMap<i64, i64>> {
    let held = Entity::find()
        .select_only()
        .column(Column::StaffId)
        .column_as(Column::Id.count(), "sessions")
        .filter(Column::StaffId.is_not_null())
        .filter(Column::ExpiresAt.gt(app.clock.now_ms()))
        .group_by(Column::StaffId)
        .into_model::<Held>()
        .all(app.db.pool())
        .await?;
    let held = held.into_iter();
    Ok(held.map(|held| (held.staff_id, held.sessions)).collect())
}

/// Ends one session of an account. False: it had ended already, or is somebody else's.
///
/// # Errors
/// The database failed.
pub async fn end(app: &App, account: &Account, key: &str) -> Result<bool> {
    let transaction = app.db.begin().await?;
    let ended = Entity::delete_many()
        .filter(Column::Id.eq(key))
        .filter(Column::StaffId.eq(account.id))
        .exec(&transaction)
        .await?;
    if ended.rows_affected > 0 {
        note(app, &transaction, account, "one").await?;
    }
    transaction.commit().await?;
    Ok(ended.rows_affected > 0)
}

/// Ends all of an account's sessions but this one.
///
/// # Errors
/// The database failed.
pub async fn end_others(app: &App, account: &Account, key: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    Entity::delete_many()
        .filter(Column::StaffId.eq(account.id))
        .filter(Column::Id.ne(key))
        .exec(&transaction)
        .await?;
    note(app, &transaction, account, "all others").await?;
    Ok(transaction.commit().await?)
}

/// Ends all sessions of an account that are stored.
///
/// # Errors
/// The database failed.
pub async fn end_all_of(app: &App, account: &Account) -> Result<()> {
    end_all(app.db.pool(), account.id).await
}

async fn note(
    app: &App,
    transaction: &impl ConnectionTrait,
    account: &Account,
    which: &str,
) -> Result<()> {
    let (now, who, action) = (
        app.clock.now_ms(),
        account.email.as_str(),
        Action::StaffSessionEnd,
    );
    let object = account::object(account);
    audit::record(transaction, now, who, action, object, which).await?;
    Ok(())
}
