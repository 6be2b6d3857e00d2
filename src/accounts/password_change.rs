//! A new password for who knows the present one.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    account::Account,
    account_notice::{GuardChange, note_change},
    account_tables::staff::{Column, Entity},
    error::{Result, StaffError},
    password::{self, NewPassword},
};
use crate::{app::App, audit::Action};

/// Gives a new password to who knows the present one.
///
/// # Errors
/// [`StaffError::Password`] where the present one is not right or the new one does not do,
/// [`StaffError::Disabled`] where the account was disabled meanwhile.
pub async fn change_password(app: &App, account: &Account, current: &str, new: &str) -> Result<()> {
    let known = account.password_hash.as_deref();
    if !password::verify(current, known).await? {
        return Err(StaffError::Password("the current password is not right"));
    }
    let hash = NewPassword::parse(new, account.email.as_str())?
        .hash()
        .await?;
    let transaction = app.db.begin().await?;
    let changed = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .filter(Column::Id.eq(account.id))
        .filter(Column::DisabledAt.is_null())
        // An optimistic lock: the one that was looked at. Of two changes at once the second fails.
        .filter(Column::PasswordHash.eq(known))
        .exec(&transaction)
        .await?;
    if changed.rows_affected == 0 {
        return Err(StaffError::Disabled(account.email.to_string()));
    }
    let told = "Your password was changed.";
    let change = GuardChange::own(account, Action::StaffPassword, "", told);
    note_change(app, &transaction, account, &change).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::{Role, account::by_id, disable, find, invite},
        address::EmailAddress,
        audit::OPERATOR,
        clock::Clock,
        db::{self, scalar},
        delivery::testing,
        values,
    };

    const MAILS: &str = "SELECT content FROM transactional_mail WHERE recipient = 'ana@example.gov'
                         AND content LIKE '%account was changed%'";
    const OLD: &str = "correct horse battery staple";
    const NEW: &str = "seven wet umbrellas in the hall";

    async fn member() -> (App, tempfile::TempDir, Account) {
        let (app, folder) = testing::app(Clock::system()).await;
        crate::test_data::office(&app).await;
        let email = EmailAddress::parse("ana@example.gov").unwrap();
        invite(&app, &email, Role::Editor, OPERATOR).await.unwrap();
        let hash = NewPassword::parse(OLD, email.as_str()).unwrap();
        let hash = hash.hash().await.unwrap();
        let set = "UPDATE staff SET password_hash = $1";
        app.db.execute(set, values![hash]).await.unwrap();
        let account = find(&app, &email).await.unwrap();
        (app, folder, account)
    }

    async fn lines(app: &App) -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE action = 'staff.password'";
        scalar(app.db.pool(), sql, []).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn who_knows_the_password_changes_it_once_and_it_is_on_record() {
        let (app, _folder, account) = member().await;
        let wrong = change_password(&app, &account, "guessed", NEW).await;
        assert!(matches!(wrong, Err(StaffError::Password(_))), "{wrong:?}");
        let weak = change_password(&app, &account, OLD, "short").await;
        assert!(matches!(weak, Err(StaffError::Password(_))), "{weak:?}");
        assert_eq!(lines(&app).await, 0);
        change_password(&app, &account, OLD, NEW).await.unwrap();
        assert_eq!(lines(&app).await, 1);
        // A second page that still holds the old one.
        let late = change_password(&app, &account, OLD, "eight dry umbrellas in the attic").await;
        assert!(late.is_err());
        assert_eq!(lines(&app).await, 1);
        let mails: Vec<String> = db::scalars(app.db.pool(), MAILS, []).await.unwrap();
        let [mail] = &mails[..] else {
            panic!("{mails:?}")
        };
        assert!(mail.contains("Your password was changed."), "{mail}");
        assert!(!mail.contains("By:"), "{mail}");
        let now = by_id(&app, account.id).await.unwrap().unwrap();
        let known = now.password_hash.as_deref();
        assert!(password::verify(NEW, known).await.unwrap());
    }

    #[tokio::test]
    async fn nothing_is_said_to_be_changed_of_an_account_that_was_disabled_meanwhile() {
        let (app, _folder, account) = member().await;
        disable(&app, &account, OPERATOR).await.unwrap();
        let late = change_password(&app, &account, OLD, NEW).await;
        assert!(matches!(late, Err(StaffError::Disabled(_))), "{late:?}");
        assert_eq!(lines(&app).await, 0);
    }
}
