//! How long what a relay puts off is tried again (S2): the office's hours, unless the newsletter
//! has its own. News of an hour is not worth a week of tries.

use super::{NewsletterError, Result, find, lifecycle};
use crate::{app::App, audit::Action, office::GIVE_UP_HOURS, values};

/// Gives a newsletter that has not begun its own hours, or with `None` the office's.
///
/// # Errors
/// [`NewsletterError::Wrong`] outside [`GIVE_UP_HOURS`]; [`NewsletterError::State`] once it began.
pub async fn set_give_up(app: &App, id: i64, hours: Option<u32>, by: &str) -> Result<()> {
    if hours.is_some_and(|hours| !GIVE_UP_HOURS.contains(&hours)) {
        return Err(NewsletterError::Wrong(format!(
            "give up after {} to {} hours, or leave it empty for the office's own",
            GIVE_UP_HOURS.start(),
            GIVE_UP_HOURS.end()
        )));
    }
    if find(app, id).await?.give_up_hours == hours {
        return Ok(());
    }
    let changed = app
        .db
        .execute(
            "UPDATE newsletter SET give_up_hours = $2 WHERE id = $1 AND state IN (0, 1)",
            values![id, hours.and_then(|hours| i32::try_from(hours).ok())],
        )
        .await?;
    let why = "when it gives up is decided before it begins";
    lifecycle::settle(app, id, changed, why).await?;
    let details = hours.map_or_else(|| "as the office".to_owned(), |hours| format!("{hours} h"));
    lifecycle::audit(app, by, Action::NewsletterDeadline, id, &details).await
}
