//! Sending a newsletter once more, to those whom it did not reach. Whom that is, the delivery room knows;
//! here it is said whether the newsletter may.

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction};

use super::{
    NewsletterError, NewsletterState as State, Result, blackout_rules,
    lifecycle::{Move, Step, make},
    newsletter_entities::newsletter::{self, Column},
    stopping::deadline,
    text_revisions::hold,
};
use crate::{
    app::App,
    db::{scalar, sql_values},
    office::Office,
    releases::ReleaseState,
    values,
};

/// Lets a newsletter that was sent go on, for so many readers, within the transaction that queues them
/// again. Its hours until the deadline begin anew.
///
/// # Errors
/// [`NewsletterError::State`] where it is not sent, [`NewsletterError::Wrong`] where its text is not what
/// readers should get any more, [`NewsletterError::Blackout`] in a blackout that nobody took note of.
pub async fn go_on_again(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    by: &str,
    readers: usize,
) -> Result<()> {
    let office = Office::load(&app.db).await?;
    let now = app.clock.now_ms();
    let held = hold(transaction, id).await?;
    if held.state == State::Sent {
        refuse_old_text(transaction, id).await?;
    }
    let set = newsletter::ActiveModel {
        attention: Set(None),
        finished_at: Set(None),
        counts: Set(None),
        deadline_at: Set(Some(deadline(now, held.deadline_hours, &office))),
        ..Default::default()
    };
    let step = Step::new(now, by)
        .details(format!("{readers} readers"))
        .set(set)
        .only(Condition::all().add(Column::SupersededBy.is_null()));
    make(transaction, id, Move::SendAgain, step).await
}

/// Whether there is a blackout in the way, asked before the transaction.
///
/// # Errors
/// As [`go_on_again`].
pub async fn admit_again(app: &App, id: i64) -> Result<()> {
    let office = Office::load(&app.db).await?;
    blackout_rules::admit(app, &office, id, app.clock.now()).await
}

/// What the office has corrected or taken back is not sent to anybody else.
async fn refuse_old_text(transaction: &DatabaseTransaction, id: i64) -> Result<()> {
    // newsletter_correction
    let sql = format!(
        "SELECT 1 FROM newsletter WHERE corrects = $1 AND state IN ({})",
        sql_values(&[State::Approved, State::Sending, State::Paused, State::Sent])
    );
    let corrected: Option<i32> = scalar(transaction, &sql, values![id]).await?;
    if corrected.is_some() {
        return Err(NewsletterError::Wrong(format!(
            "newsletter {id} was corrected since; its old text goes to nobody else"
        )));
    }
    // By the primary keys of both tables.
    let sql = "SELECT 1 FROM newsletter_release x JOIN release r ON r.id = x.release_id
               WHERE x.newsletter_id = $1 AND r.state = $2";
    let gone = ReleaseState::Vanished.as_str();
    let taken_back: Option<i32> = scalar(transaction, sql, values![id, gone]).await?;
    if taken_back.is_some() {
        return Err(NewsletterError::Wrong(format!(
            "the office has taken back the release of newsletter {id}; it goes to nobody else"
        )));
    }
    Ok(())
}
