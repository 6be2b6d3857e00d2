//! Tells staff when so many sign-ups wait that it is a rush or a flood.

use super::Result;
use crate::{
    accounts::{
        Role,
        notifications::{Notice, NoticeKind, NoticeStep, post},
    },
    app::App,
    clock::DAY,
    db, office_setting, values,
};

/// From so many waiting sign-ups on staff are told, once a day.
const WORTH_TELLING: i64 = 50;

/// When they were told last, among the office's settings.
const TOLD_AT: &str = "waiting-sign-ups-told-at";

/// Tells the admins once a day that many sign-ups wait, and that nothing is lost.
pub async fn tell_of_waiting(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    // sign_up_due; no further than it takes to know.
    let sql = "SELECT count(*) FROM (SELECT id FROM sign_up WHERE due_at > $1 LIMIT $2) w";
    let waiting: Option<i64> = db::scalar(app.db.pool(), sql, values![now, WORTH_TELLING]).await?;
    if waiting.unwrap_or_default() < WORTH_TELLING {
        return Ok(());
    }
    let told = office_setting::one(app.db.pool(), TOLD_AT).await?;
    let told: i64 = told.and_then(|at| at.parse().ok()).unwrap_or_default();
    if told > now - DAY {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM sign_up WHERE due_at > $1";
    let waiting: Option<i64> = db::scalar(app.db.pool(), sql, values![now]).await?;
    let sql = "SELECT count(DISTINCT network) FROM sign_up WHERE due_at > $1";
    let networks: Option<i64> = db::scalar(app.db.pool(), sql, values![now]).await?;
    let (waiting, networks) = (waiting.unwrap_or_default(), networks.unwrap_or_default());
    let text = format!(
        "{waiting} sign-ups from {networks} networks wait for their turn.\n\n\
         Each network and each small domain gets only so many confirmation emails in an hour, so that \
         nobody can misuse the form to fill other people's mailboxes. These sign-ups are mailed one after the \
         other, within a day. Where a network has asked for more than a day of them, whoever else asks from it \
         is told so, and goes on when their browser has worked for it for a moment. Everybody else is mailed at \
         once, as always.\n\n\
         If you hold an event where many people sign up over one connection, this is what you see. If \
         you do not, somebody may be flooding the form; there is nothing that you must do.\n"
    );
    let transaction = app.db.begin().await?;
    let subject = format!("{waiting} sign-ups wait for their turn");
    let notice = Notice {
        kind: NoticeKind::Trouble,
        headline: &subject,
        text: &text,
        step: NoticeStep {
            label: "See the subscribers",
            path: "/staff/subscribers",
        },
        least: Role::Admin,
        except: None,
    };
    post(&transaction, now, &notice).await?;
    office_setting::store(&transaction, TOLD_AT, &now.to_string(), now).await?;
    transaction.commit().await?;
    tracing::warn!(waiting, networks, "many sign-ups wait for their turn");
    Ok(())
}
