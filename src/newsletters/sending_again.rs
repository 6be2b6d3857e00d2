//! Sending a newsletter once more, to those whom it did not reach. Whom that is, the delivery room knows;
//! here it is said whether the newsletter may.

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition};

use super::{
    NewsletterState as State, Result, blackout_rules,
    lifecycle::{Move, Step, make},
    newsletter_entities::newsletter::{self, Column},
    outdated_text::refuse_outdated,
    stopping::deadline,
    text_revisions::hold,
};
use crate::{app::App, db::WriteTransaction, office::Office};

/// Lets a newsletter that was sent go on, for so many readers, within the transaction that queues them
/// again. Its hours until the deadline begin anew.
///
/// # Errors
/// [`State`](super::NewsletterError::State) where it is not sent, [`Wrong`](super::NewsletterError::Wrong) where its text is not what
/// readers should get any more, [`Blackout`](super::NewsletterError::Blackout) in a blackout that nobody took note of.
pub async fn go_on_again(
    app: &App,
    transaction: &WriteTransaction,
    id: i64,
    by: &str,
    readers: usize,
) -> Result<()> {
    let office = Office::load_within(transaction).await?;
    let now = app.clock.now_ms();
    let held = hold(transaction, id).await?;
    if held.state == State::Sent {
        refuse_outdated(transaction, id).await?;
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
