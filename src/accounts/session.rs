//! Sessions in the database, so that a restart signs nobody out and several web servers agree.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr,
};
use sea_orm_migration::async_trait::async_trait;
use time::OffsetDateTime;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::account_tables::session::{ActiveModel, Column, Entity};
use crate::{
    app::App,
    clock::{HOUR, MINUTE},
    http::cookies,
};

/// A session that nobody uses for this long has ended.
pub(super) const IDLE_TIMEOUT_MS: i64 = 12 * HOUR;
/// Use is noted at most this often: reading a page need not write.
const USE_NOTED_EVERY_MS: i64 = 10 * MINUTE;

/// The layer around `/staff`. The cookie dies with the browser; the twelve idle hours are counted
/// in the database, where nobody can move them. `Lax`, so that a link in a mail to staff opens the
/// page it names; what changes anything is a POST with a form token all the same.
#[must_use]
pub fn layer(app: &App) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store { app: app.clone() })
        .with_name(cookies::name(app, "gazette_staff"))
        .with_path(cookies::path(app))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(app.settings.public_url.is_https())
        .with_expiry(Expiry::OnSessionEnd)
}

/// The table `session`, keyed by a hash: who reads the database cannot take over a session.
#[derive(Debug, Clone)]
pub struct Store {
    app: App,
}

/// How the database knows a session.
#[must_use]
pub fn key(app: &App, id: &Id) -> String {
    data_encoding::HEXLOWER.encode(&app.keys.mac(&[b"session", &id.0.to_le_bytes()]))
}

/// Whose session it is; `None`: nobody is signed in with it.
fn staff_of(record: &Record) -> Option<i64> {
    record.data.get("staff").and_then(serde_json::Value::as_i64)
}

/// Ends all sessions of an account that are stored: in the transaction that disables it, or lets in with a
/// new password.
pub(super) async fn end_all(
    connection: &impl ConnectionTrait,
    staff_id: i64,
) -> super::error::Result<()> {
    Entity::delete_many()
        .filter(Column::StaffId.eq(staff_id))
        .exec(connection)
        .await?;
    Ok(())
}

impl Store {
    fn key(&self, id: &Id) -> String {
        key(&self.app, id)
    }

    fn ends(&self) -> i64 {
        self.app.clock.now_ms() + IDLE_TIMEOUT_MS
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 random bits: a collision would be an error of the primary key, never another's session.
        let now = self.app.clock.now_ms();
        let content = content_of(record)?;
        let (db, key) = (&self.app.db, self.key(&record.id));
        // session_expiry
        Entity::delete_many()
            .filter(Column::ExpiresAt.lte(now))
            .exec(&db.writer())
            .await
            .map_err(backend)?;
        Entity::insert(ActiveModel {
            id: Set(key),
            content: Set(content),
            expires_at: Set(self.ends()),
            staff_id: Set(staff_of(record)),
        })
        .exec_without_returning(&db.writer())
        .await
        .map_err(backend)?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // UPDATE only: a session that was ended meanwhile must not come back.
        let content = content_of(record)?;
        Entity::update_many()
            .col_expr(Column::Content, Expr::value(content))
            .col_expr(Column::ExpiresAt, Expr::value(self.ends()))
            .col_expr(Column::StaffId, Expr::value(staff_of(record)))
            .filter(Column::Id.eq(self.key(&record.id)))
            .exec(&self.app.db.writer())
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.app.clock.now_ms();
        let (db, key) = (&self.app.db, self.key(id));
        let row = Entity::find_by_id(key.clone())
            .filter(Column::ExpiresAt.gt(now))
            .one(db.pool())
            .await
            .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        if row.expires_at < self.ends() - USE_NOTED_EVERY_MS {
            Entity::update_many()
                .col_expr(Column::ExpiresAt, Expr::value(self.ends()))
                .filter(Column::Id.eq(key))
                .exec(&db.writer())
                .await
                .map_err(backend)?;
        }
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&row.content).map_err(|e| Error::Decode(e.to_string()))?,
            // The crate looks at its own clock; ours has decided already.
            expiry_date: OffsetDateTime::now_utc() + time::Duration::hours(12),
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        Entity::delete_by_id(self.key(id))
            .exec(&self.app.db.writer())
            .await
            .map_err(backend)?;
        Ok(())
    }
}

fn content_of(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn backend(error: sea_orm::DbErr) -> Error {
    Error::Backend(error.to_string())
}
