//! A newsletter's delivery deadline (S2): how long what a relay puts off is tried again, by the
//! office's hours or by the newsletter's own. News of an hour is not worth a week of tries.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    NewsletterError, NewsletterState as State, Result,
    lifecycle::{record, refusal},
    newsletter_entities::newsletter,
    text_revisions::hold,
};
use crate::{app::App, audit::Action, office::DEADLINE_HOURS};

/// Gives a newsletter that has not begun its own hours, or with `None` the office's.
///
/// # Errors
/// [`NewsletterError::Wrong`] outside [`DEADLINE_HOURS`]; [`NewsletterError::State`] once it began.
pub async fn set_deadline(app: &App, id: i64, hours: Option<u32>, by: &str) -> Result<()> {
    if hours.is_some_and(|hours| !DEADLINE_HOURS.contains(&hours)) {
        return Err(NewsletterError::Wrong(format!(
            "give up after {} to {} hours, or leave it empty for the office's own",
            DEADLINE_HOURS.start(),
            DEADLINE_HOURS.end()
        )));
    }
    let own = hours.and_then(|hours| i32::try_from(hours).ok());
    let transaction = app.db.begin().await?;
    if hold(&transaction, id).await?.deadline_hours == own {
        return Ok(());
    }
    let changed = newsletter::Entity::update_many()
        .col_expr(newsletter::Column::DeadlineHours, Expr::value(own))
        .filter(newsletter::Column::Id.eq(id))
        .filter(newsletter::Column::State.is_in([State::Draft, State::Approved]))
        .exec(&transaction)
        .await?
        .rows_affected;
    if changed == 0 {
        let why = "when it gives up is decided before it begins";
        return Err(refusal(&transaction, id, why).await?);
    }
    let details = hours.map_or_else(|| "as the office".to_owned(), |hours| format!("{hours} h"));
    let (now, action) = (app.clock.now_ms(), Action::NewsletterDeadline);
    record(&transaction, now, by, action, id, &details).await?;
    Ok(transaction.commit().await?)
}
