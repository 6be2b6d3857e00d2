//! Sending a newsletter once more, to those whom it did not reach. Whom that is, the delivery room knows;
//! here it is said whether the newsletter may.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter,
    QuerySelect, sea_query::Expr,
};

use super::{
    NewsletterError, NewsletterState as State, Result, blackout_rules,
    lifecycle::{Move, Step, make},
    newsletter_entities::{
        newsletter::{self, Column},
        newsletter_release,
    },
    stopping::deadline,
    text_revisions::hold,
};
use crate::{app::App, office::Office, releases::release_sql};

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
    let begun = [State::Approved, State::Sending, State::Paused, State::Sent];
    let correction: Option<i64> = newsletter::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Corrects.eq(id))
        .filter(Column::State.is_in(begun))
        .into_tuple()
        .one(transaction)
        .await?;
    if correction.is_some() {
        return Err(NewsletterError::Wrong(format!(
            "newsletter {id} was corrected since; its old text goes to nobody else"
        )));
    }
    let is_taken_back = release_sql::sql_is_taken_back("newsletter_release.release_id");
    let taken_back: Option<i64> = newsletter_release::Entity::find()
        .select_only()
        .column(newsletter_release::Column::ReleaseId)
        .filter(newsletter_release::Column::NewsletterId.eq(id))
        .filter(Expr::cust(is_taken_back))
        .into_tuple()
        .one(transaction)
        .await?;
    if taken_back.is_some() {
        return Err(NewsletterError::Wrong(format!(
            "the office has taken back the release of newsletter {id}; it goes to nobody else"
        )));
    }
    Ok(())
}
