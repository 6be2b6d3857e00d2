//! Accounts: who they are, and what may be changed about them.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    account_tables::staff::{Column, Entity, Model},
    error::{Result, StaffError},
    link_store,
    role::Role,
    session,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::{Timestamp, instant},
    given_name,
};

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
    /// Sessions that began before are void (milliseconds).
    pub signed_out_at: Option<i64>,
    /// When they were invited.
    pub created_at: Timestamp,
    /// The argon2id hash of the password; `None`: the invitation has not been used yet.
    pub password_hash: Option<String>,
    /// What they are called; may be empty.
    pub name: String,
    /// Whether their sign-in has a second step.
    pub second_factor: bool,
    /// Whether they sign in at the office's own provider.
    pub by_provider: bool,
    /// When they signed in last.
    pub signed_in_at: Option<Timestamp>,
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
        match (self.disabled_at, self.has_password() || self.by_provider) {
            (Some(_), _) => "disabled",
            (None, true) => "active",
            (None, false) => "invited",
        }
    }
}

/// Everyone, the newest first.
pub async fn list(app: &App) -> Result<Vec<Account>> {
    let all = Entity::find().order_by_desc(Column::Id).all(app.db.pool());
    all.await?.into_iter().map(Account::try_from).collect()
}

/// Those who may sign in, the newest first.
pub async fn active(app: &App) -> Result<Vec<Account>> {
    let all = list(app).await?;
    let active = all
        .into_iter()
        .filter(|account| account.disabled_at.is_none());
    Ok(active.collect())
}

/// Who has this address, in whatever case it was typed.
pub async fn find(app: &App, email: &EmailAddress) -> Result<Account> {
    by_key(app, &email.key())
        .await?
        .ok_or_else(|| StaffError::NotFound(email.to_string()))
}

/// Like [`find`], for a sign-in: nobody is no error there.
pub async fn by_key(app: &App, key: &str) -> Result<Option<Account>> {
    let found = Entity::find()
        .filter(Column::EmailKey.eq(key))
        .one(app.db.pool());
    found.await?.map(Account::try_from).transpose()
}

/// One by its number.
pub async fn by_id(app: &App, id: i64) -> Result<Option<Account>> {
    let found = Entity::find_by_id(id).one(app.db.pool());
    found.await?.map(Account::try_from).transpose()
}

/// Gives another role. It counts from the next request on.
pub async fn set_role(app: &App, account: &Account, role: Role, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    let admins = hold_admins(&transaction).await?;
    Entity::update_many()
        .col_expr(Column::Role, Expr::value(role))
        .filter(Column::Id.eq(account.id))
        .exec(&transaction)
        .await?;
    keep_an_admin(&transaction, &admins, account).await?;
    audit::record(
        &transaction,
        app.clock.now_ms(),
        by,
        Action::StaffRole,
        object(account),
        format!("{} → {role}", account.role),
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Notes that somebody signed in at `now`.
///
/// # Errors
/// The database failed.
pub async fn note_sign_in(app: &App, account: &Account, now: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::SignedInAt, Expr::value(now))
        .filter(Column::Id.eq(account.id))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

/// Longest name, in characters.
const LONGEST_NAME: usize = 80;

/// What somebody may be called; empty: nothing.
///
/// # Errors
/// [`StaffError::Name`]
pub fn checked_name(name: &str) -> Result<String> {
    Ok(given_name::checked(name, LONGEST_NAME)?)
}

/// Says what somebody is called; empty: nothing.
///
/// # Errors
/// [`StaffError::Name`], or the database failed.
pub async fn set_name(app: &App, account: &Account, name: &str) -> Result<()> {
    let name = checked_name(name)?;
    let transaction = app.db.begin().await?;
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(name.clone()))
        .filter(Column::Id.eq(account.id))
        .exec(&transaction)
        .await?;
    let (now, who) = (app.clock.now_ms(), account.email.as_str());
    let action = Action::StaffName;
    audit::record(&transaction, now, who, action, object(account), name).await?;
    Ok(transaction.commit().await?)
}

/// Signs someone out for good: their sessions and unused links end with it.
pub async fn disable(app: &App, account: &Account, by: &str) -> Result<()> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let admins = hold_admins(&transaction).await?;
    Entity::update_many()
        .col_expr(Column::DisabledAt, Expr::value(now))
        .col_expr(Column::SignedOutAt, Expr::value(now))
        .filter(Column::Id.eq(account.id))
        .filter(Column::DisabledAt.is_null())
        .exec(&transaction)
        .await?;
    keep_an_admin(&transaction, &admins, account).await?;
    link_store::void(&transaction, Some(account.id)).await?;
    session::end_all(&transaction, account.id).await?;
    audit::record(
        &transaction,
        now,
        by,
        Action::StaffDisable,
        object(account),
        "",
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Lets someone sign in again who was disabled.
pub async fn enable(app: &App, account: &Account, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    Entity::update_many()
        .col_expr(Column::DisabledAt, Expr::value(None::<i64>))
        .filter(Column::Id.eq(account.id))
        .exec(&transaction)
        .await?;
    audit::record(
        &transaction,
        app.clock.now_ms(),
        by,
        Action::StaffEnable,
        object(account),
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

/// Who has chosen a password, or signs in at the office's own provider.
#[must_use]
pub fn can_sign_in() -> Condition {
    Condition::any()
        .add(Column::PasswordHash.is_not_null())
        .add(Column::ProviderSubject.is_not_null())
}

/// The admins who can let others in. On PostgreSQL they are held until the transaction ends, in one order:
/// of two who demote each other at once the second waits here, and finds what the first has left.
async fn hold_admins(transaction: &impl ConnectionTrait) -> Result<Vec<i64>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Role.eq(Role::Admin))
        .filter(Column::DisabledAt.is_null())
        .filter(can_sign_in())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .into_tuple()
        .all(transaction)
        .await?)
}

/// Refuses a change of `account` after which nobody could let anyone in, though somebody could before.
async fn keep_an_admin(
    transaction: &impl ConnectionTrait,
    before: &[i64],
    account: &Account,
) -> Result<()> {
    if !before.is_empty() && hold_admins(transaction).await?.is_empty() {
        return Err(StaffError::LastAdmin(account.email.to_string()));
    }
    Ok(())
}

impl TryFrom<Model> for Account {
    type Error = StaffError;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            email: EmailAddress::parse(&row.email)?,
            role: row.role,
            password_hash: row.password_hash,
            created_at: instant(row.created_at),
            disabled_at: row.disabled_at.map(instant),
            signed_out_at: row.signed_out_at,
            name: row.name,
            second_factor: row.totp_since.is_some(),
            by_provider: row.provider_subject.is_some(),
            signed_in_at: row.signed_in_at.map(instant),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::invite, audit::OPERATOR, clock::Clock, db::scalar, delivery::testing, values,
    };

    async fn member() -> (App, tempfile::TempDir, Account) {
        let (app, folder) = testing::app(Clock::system()).await;
        crate::test_data::office(&app).await;
        crate::test_data::member(&app, "ana@example.gov", Role::Editor).await;
        let account = list(&app).await.unwrap().remove(0);
        (app, folder, account)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_two_admins_who_demote_or_disable_each_other_at_once_one_stays() {
        crate::db::several_connections();
        let (app, _folder, ana) = member().await;
        let email = EmailAddress::parse("bo@example.gov").unwrap();
        invite(&app, &email, Role::Admin, OPERATOR).await.unwrap();
        let hash = ana.password_hash.clone().unwrap();
        for round in 0..40 {
            let admins = "UPDATE staff SET role = 'admin', disabled_at = NULL, password_hash = $1";
            app.db.execute(admins, values![hash.clone()]).await.unwrap();
            let (ana, bo) = (
                by_id(&app, ana.id).await.unwrap().unwrap(),
                find(&app, &email).await.unwrap(),
            );
            let (one, other) = (app.clone(), app.clone());
            let first = tokio::spawn(async move { set_role(&one, &bo, Role::Editor, "ana").await });
            let second = tokio::spawn(async move {
                if round % 2 == 0 {
                    set_role(&other, &ana, Role::Editor, "bo").await
                } else {
                    disable(&other, &ana, "bo").await
                }
            });
            match (first.await.unwrap(), second.await.unwrap()) {
                (Ok(()), Err(StaffError::LastAdmin(_)))
                | (Err(StaffError::LastAdmin(_)), Ok(())) => {}
                both => panic!("round {round}: {both:?}"),
            }
            let left = "SELECT count(*) FROM staff WHERE role = 'admin' AND disabled_at IS NULL";
            let left: Option<i64> = scalar(app.db.pool(), left, []).await.unwrap();
            assert_eq!(left, Some(1), "round {round}");
        }
    }

    #[tokio::test]
    async fn an_admin_who_signs_in_at_the_provider_alone_is_an_admin() {
        let (app, _folder, ana) = member().await;
        let by_provider =
            "UPDATE staff SET role = 'admin', password_hash = NULL, provider_subject = 's1'";
        app.db.execute(by_provider, []).await.unwrap();
        let last = disable(&app, &ana, "bo").await;
        assert!(matches!(last, Err(StaffError::LastAdmin(_))), "{last:?}");
    }

    #[tokio::test]
    async fn the_last_admin_is_known_by_what_the_database_says_and_not_by_an_old_page() {
        let (app, _folder, as_editor) = member().await;
        // Made an admin, the only one, since the page was loaded.
        let now = "UPDATE staff SET role = 'admin'";
        app.db.execute(now, []).await.unwrap();
        let late = disable(&app, &as_editor, "bo").await;
        assert!(matches!(late, Err(StaffError::LastAdmin(_))), "{late:?}");
    }
}
