//! Seals what is on record, and tells the admins where that was tampered with: nobody reads a log every day.

use super::{
    notifications::{Notice, NoticeKind, NoticeStep, post},
    role::Role,
};
use crate::{
    app::App,
    clock::DAY,
    evidence_seal::{self, SealError},
    office_setting,
};

/// When the admins were told last, among the office's settings.
const TOLD_AT: &str = "broken-seal-told-at";

/// [`evidence_seal::seal_new`]; the admins are told once a day that nothing is sealed, and why.
///
/// # Errors
/// [`SealError`], which the log says too.
pub async fn seal_evidence(app: &App) -> Result<(), SealError> {
    let refused = match evidence_seal::seal_new(app).await {
        Ok(_) => return Ok(()),
        Err(SealError::Broken(why)) => why,
        Err(error) => return Err(error),
    };
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let told = office_setting::one(&transaction, TOLD_AT).await?;
    let told = told.and_then(|at| at.parse::<i64>().ok());
    if told.is_none_or(|at| at <= now - DAY) {
        let text = format!(
            "What stands on record of who did what, and of who agreed to get your mail, is sealed so that nobody \
             can change it unseen. Seals are missing or were changed: {refused}.\n\n\
             Somebody who can write to the database did this, or an older copy of a part of it was put back. \
             Newsletters go out as before, but nothing new is sealed. Please tell the person who runs Gazette: \
             they should keep this database as it is for an inquiry, run `gazette audit verify`, and put back \
             the newest backup from before."
        );
        let notice = Notice {
            kind: NoticeKind::Trouble,
            headline: "The log and the evidence of consent were tampered with",
            text: &text,
            step: NoticeStep {
                label: "See the log",
                path: "/staff/audit",
            },
            least: Role::Admin,
            except: None,
        };
        post(&transaction, now, &notice).await?;
        office_setting::store(&transaction, TOLD_AT, &now.to_string(), now).await?;
        transaction.commit().await?;
    }
    Err(SealError::Broken(refused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::{self, Action},
        clock::MINUTE,
        console::tests::Place,
        db, test_data,
    };
    use sea_orm::ConnectionTrait;

    #[tokio::test]
    async fn admins_are_told_once_a_day_that_seals_are_gone() {
        let place = Place::new().await;
        let app = place.open("http://127.0.0.1:8080").await;
        test_data::office(&app).await;
        test_data::member(&app, "boss@example.gov", Role::Admin).await;
        test_data::member(&app, "ed@example.gov", Role::Editor).await;
        let now = app.clock.now_ms();
        audit::record(
            app.db.pool(),
            now,
            "ana",
            Action::OfficeSet,
            "office/x",
            "x",
        )
        .await
        .unwrap();
        app.clock.advance_ms(2 * MINUTE);
        seal_evidence(&app).await.unwrap();
        let gone = "DELETE FROM evidence_seal";
        app.db.pool().execute_unprepared(gone).await.unwrap();
        for _ in 0..3 {
            app.clock.advance_ms(2 * MINUTE);
            seal_evidence(&app).await.unwrap_err();
        }
        let told = "SELECT count(*) FROM staff_notice_waiting w JOIN staff s ON s.id = w.staff_id
                    WHERE s.email = 'boss@example.gov'";
        let told: Option<i64> = db::scalar(app.db.pool(), told, []).await.unwrap();
        assert_eq!(told, Some(1));
        let all = "SELECT count(*) FROM staff_notice_waiting";
        let all: Option<i64> = db::scalar(app.db.pool(), all, []).await.unwrap();
        assert_eq!(all, Some(1));
    }
}
