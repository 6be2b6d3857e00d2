//! Going on by itself after the relay's hourly or daily limit was used up, where the office allows that
//! (`resume-after-quota`).
//!
//! Its deadline stays what it was, other than when a person resumes it: a limit that is used up day
//! after day ends with the hours that the office gives a message, and not never.

use sea_orm::{ActiveValue::Set, ColumnTrait};

use super::{
    Newsletter, NewsletterState as State, Result, blackout_rules,
    lifecycle::{Move, Step, try_make},
    newsletter_entities::newsletter,
    stopping::{UNDER_WAY, outlook},
};
use crate::{
    app::App,
    audit::GAZETTE,
    db::{scalars, sql_value, sql_values},
    office::Office,
    values,
};

/// Lets go on what stood until now. How many did.
pub async fn resume_due(app: &App) -> Result<u64> {
    let now = app.clock.now_ms();
    // newsletter_active. This is asked all the time, and nearly always there is none.
    let sql = format!(
        "SELECT id FROM newsletter WHERE state IN ({}) AND state = {} AND resumes_at <= $1 ORDER BY id",
        sql_values(&UNDER_WAY),
        sql_value(&State::Paused)
    );
    let due = scalars::<i64>(app.db.pool(), &sql, values![now]).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let office = Office::load(&app.db).await?;
    if !office.resume_after_quota {
        return Ok(0);
    }
    let mut resumed = 0;
    for id in due {
        // In a blackout a person decides.
        if blackout_rules::admit(app, &office, id, app.clock.now())
            .await
            .is_err()
        {
            continue;
        }
        let set = newsletter::ActiveModel {
            attention: Set(None),
            resumes_at: Set(None),
            ..Default::default()
        };
        let step = Step::new(now, GAZETTE)
            .details("the relay's limit should be free again")
            .set(set)
            .only(newsletter::Column::ResumesAt.lte(now));
        let transaction = app.db.begin().await?;
        if try_make(&transaction, id, Move::Resume, step).await? {
            transaction.once_committed(move || {
                tracing::info!(
                    newsletter.id = id,
                    "goes on: the relay's limit should be free again"
                );
            });
            resumed += 1;
        }
        transaction.commit().await?;
    }
    if resumed > 0 {
        app.wake_delivery().await;
    }
    Ok(resumed)
}

/// For staff: when a paused newsletter goes on by itself, or why it does not.
#[must_use]
pub fn goes_on(newsletter: &Newsletter, office: &Office) -> Option<String> {
    let at = newsletter.resumes_at?;
    (newsletter.state == State::Paused).then(|| outlook(at, office))
}
