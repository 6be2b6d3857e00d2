//! Whether the newsletter says what its releases say now. Staff may have their reasons for the older text,
//! but nobody sends it without knowing.

use super::check_result::{
    Check,
    Severity::{Blocking, Ok},
};
use crate::{
    app::App,
    newsletters::{
        Newsletter, NewsletterState as State, Result, making::releases_of, release_changes,
    },
};

/// `None`: it is made of no release, or was mailed already and takes a correction.
pub(super) async fn of(app: &App, newsletter: &Newsletter) -> Result<Option<Check>> {
    let waits = matches!(newsletter.state, State::Draft | State::Approved);
    if !waits || releases_of(app.db.pool(), newsletter.id).await?.is_empty() {
        return std::result::Result::Ok(None);
    }
    let changed = release_changes::changes(app, newsletter.id).await?;
    let check = |severity, says| Check::new("release", "Your website", severity, says);
    let Some(newest) = changed.iter().map(|change| change.revision).max() else {
        return std::result::Result::Ok(Some(check(Ok, "It says what your website says.")));
    };
    let says = if changed.iter().all(|change| change.vanished) {
        "The release was taken off your website. Cancel this newsletter unless you know better."
    } else {
        "The release was changed on your website, and this text is the older one. Compare the two under “See the changes”, and take the new text, or say here that you want to send this one."
    };
    let titles = changed.into_iter().map(|change| change.title).collect();
    std::result::Result::Ok(Some(check(Blocking, says).with(titles).seen_at(newest)))
}
