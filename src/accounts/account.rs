//! Accounts and roles.

use std::{fmt, str::FromStr};

use sea_orm::{ConnectionTrait, QueryResult};

use super::error::{Result, StaffError};
use crate::{
    address::EmailAddress,
    app::App,
    audit,
    audit::Action,
    clock::{Timestamp, instant},
    values,
};

/// What a member of staff may do. Each role may do all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// See newsletters, progress and counts.
    Viewer,
    /// Also change a draft's subject and send tests.
    Editor,
    /// Also approve, pause, resume and cancel.
    Approver,
    /// Also settings, staff, evidence and the audit log.
    Admin,
}

impl Role {
    /// All of them, from least to most.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Approver, Self::Admin];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = StaffError;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| StaffError::Role(text.to_owned()))
    }
}

/// A member of staff.
#[derive(Debug, Clone)]
pub struct Account {
    /// `staff.id`
    pub id: i64,
    /// Where invitations and tests go, and the name to sign in with.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// Since when they may not sign in any more.
    pub disabled_at: Option<Timestamp>,
    /// When they were invited.
    pub created_at: Timestamp,
    /// The argon2id hash of the password; `None`: the invitation has not been used yet.
    pub password_hash: Option<String>,
}

impl Account {
    /// Whether they have chosen a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password_hash.is_some()
    }

    /// `active`, `invited` or `disabled`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.disabled_at, self.has_password()) {
            (Some(_), _) => "disabled",
            (None, true) => "active",
            (None, false) => "invited",
        }
    }
}

const COLUMNS: &str = "SELECT id, email, role, password_hash, created_at, disabled_at FROM staff";

/// Everyone, the newest first.
pub async fn list(app: &App) -> Result<Vec<Account>> {
    app.db
        .all(&format!("{COLUMNS} ORDER BY id DESC"), [])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Who has this address, in whatever case it was typed.
pub async fn find(app: &App, email: &EmailAddress) -> Result<Account> {
    by_key(app, &email.key())
        .await?
        .ok_or_else(|| StaffError::NotFound(email.to_string()))
}

/// Like [`find`], for a sign-in: nobody is no error there.
pub async fn by_key(app: &App, key: &str) -> Result<Option<Account>> {
    app.db
        .one(&format!("{COLUMNS} WHERE email_key = $1"), values![key])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// One by its number.
pub async fn by_id(app: &App, id: i64) -> Result<Option<Account>> {
    app.db
        .one(&format!("{COLUMNS} WHERE id = $1"), values![id])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Gives another role. It counts from the next request on.
pub async fn set_role(app: &App, account: &Account, role: Role, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    transaction
        .execute_raw(app.db.statement(
            "UPDATE staff SET role = $2 WHERE id = $1",
            values![account.id, role.as_str()],
        ))
        .await?;
    keep_an_admin(app, &transaction, account).await?;
    audit::record(
        &transaction,
        app.clock.now_ms(),
        by,
        Action::StaffRole,
        &object(account),
        &format!("{} → {role}", account.role),
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Signs someone out for good: their sessions and unused links end with it.
pub async fn disable(app: &App, account: &Account, by: &str) -> Result<()> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    transaction
        .execute_raw(app.db.statement(
            "UPDATE staff SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL",
            values![account.id, now],
        ))
        .await?;
    keep_an_admin(app, &transaction, account).await?;
    super::link_store::void(app, &transaction, Some(account.id)).await?;
    audit::record(
        &transaction,
        now,
        by,
        audit::Action::StaffDisable,
        &object(account),
        "",
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Lets someone sign in again who was disabled.
pub async fn enable(app: &App, account: &Account, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    transaction
        .execute_raw(app.db.statement(
            "UPDATE staff SET disabled_at = NULL WHERE id = $1",
            values![account.id],
        ))
        .await?;
    audit::record(
        &transaction,
        app.clock.now_ms(),
        by,
        Action::StaffEnable,
        &object(account),
        "",
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// How the audit log names an account.
#[must_use]
pub fn object(account: &Account) -> String {
    format!("staff/{}", account.id)
}

/// Refuses a change after which nobody could let anyone in. Runs after the change and inside its
/// transaction, so that two admins cannot demote each other at the same moment.
async fn keep_an_admin(
    app: &App,
    transaction: &impl ConnectionTrait,
    account: &Account,
) -> Result<()> {
    if account.role != Role::Admin || account.disabled_at.is_some() {
        return Ok(());
    }
    // PostgreSQL would let both read before either commits; the lock makes the second wait.
    let lock = if app.db.is_sqlite() {
        ""
    } else {
        " FOR UPDATE"
    };
    let left = transaction
        .query_all_raw(app.db.statement(
            &format!(
                "SELECT id FROM staff WHERE role = 'admin' AND disabled_at IS NULL AND password_hash IS NOT NULL{lock}"
            ),
            [],
        ))
        .await?;
    if left.is_empty() && account.has_password() {
        return Err(StaffError::LastAdmin(account.email.to_string()));
    }
    Ok(())
}

fn read(row: &QueryResult) -> Result<Account> {
    let email: String = row.try_get_by_index(1)?;
    let role: String = row.try_get_by_index(2)?;
    Ok(Account {
        id: row.try_get_by_index(0)?,
        email: EmailAddress::parse(&email)?,
        role: role.parse()?,
        password_hash: row.try_get_by_index(3)?,
        created_at: instant(row.try_get_by_index(4)?),
        disabled_at: row.try_get_by_index::<Option<i64>>(5)?.map(instant),
    })
}
