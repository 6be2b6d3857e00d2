//! Whether the newsletter says what its releases say now. Staff may have their reasons for the older text,
//! but nobody sends it without knowing.

use super::{Check, Severity};
use crate::{
    app::App,
    newsletters::{
        Newsletter, NewsletterState as State, Result, making::releases_of,
        release_changes::changed_releases,
    },
};

/// `None`: it is made of no release, or was mailed already and takes a correction.
pub(super) async fn of(app: &App, newsletter: &Newsletter) -> Result<Option<Check>> {
    let waits = matches!(newsletter.state, State::Draft | State::Approved);
    if !waits || releases_of(app.db.pool(), newsletter.id).await?.is_empty() {
        return Ok(None);
    }
    let changed = changed_releases(app.db.pool(), newsletter.id).await?;
    let check = |severity, says| Check::new("release", "Your website", severity, says);
    let Some(newest) = changed.iter().map(|changed| changed.now.revision).max() else {
        return Ok(Some(check(Severity::Ok, "It says what your website says.")));
    };
    let says = if changed.iter().all(|changed| changed.now.vanished) {
        "The release was taken off your website. Cancel this newsletter unless you know better."
    } else {
        "The release was changed on your website, and this text is the older one. Compare the two under “See the changes”, and take the new text, or say here that you want to send this one."
    };
    let titles = changed
        .into_iter()
        .map(|changed| changed.now.title)
        .collect();
    Ok(Some(
        check(Severity::Blocking, says).with(titles).seen_at(newest),
    ))
}
