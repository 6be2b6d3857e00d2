//! Whether the newsletter says what its releases say now. Staff may have their reasons for the older text, or for
//! words of their own, but nobody sends them without knowing.

use gazette_templates::{document::diff, shortened};

use super::{Check, Severity};
use crate::{
    app::App,
    newsletters::{
        Newsletter, NewsletterState as State, Result, release_changes::compared_releases,
    },
    releases::ReleaseText,
    rendering,
};

/// `None`: it is made of no release, or of none that is on a website, or was mailed already and takes a correction.
pub(super) async fn of(app: &App, newsletter: &Newsletter) -> Result<Option<Check>> {
    if !matches!(newsletter.state, State::Draft | State::Approved) {
        return Ok(None);
    }
    let releases = compared_releases(app.db.pool(), newsletter.id).await?;
    let check = |severity, says| Check::new("release", "Your website", severity, says);
    let changed = releases.iter().filter(|release| release.is_changed);
    let changed: Vec<&ReleaseText> = changed.map(|release| &release.now).collect();
    let Some(newest) = changed.iter().map(|now| now.revision).max() else {
        let on_site = releases.iter().map(|release| &release.now);
        let on_site: Vec<&ReleaseText> = on_site.filter(|now| now.url.is_some()).collect();
        if on_site.is_empty() {
            return Ok(None);
        }
        let own_words = own_words(newsletter, &on_site).await?;
        return Ok(Some(if own_words.is_empty() {
            check(Severity::Ok, "It says what your website says.")
        } else {
            let says = "The text was changed here, and is not word for word what your website says. Read these parts before you approve it.";
            check(Severity::Warning, says).with(own_words)
        }));
    };
    let says = if changed.iter().all(|now| now.vanished) {
        "The release was taken off your website. Cancel this newsletter unless you know better."
    } else {
        "The release was changed on your website, and this text is the older one. Compare the two under “See the changes”, and take the new text, or say here that you want to send this one."
    };
    let titles = changed.iter().map(|now| now.title.clone()).collect();
    Ok(Some(
        check(Severity::Blocking, says).with(titles).seen_at(newest),
    ))
}

/// How many changed parts are named, and how much of each.
const NAMED: usize = 5;
const NAMED_CHARACTERS: usize = 120;

/// The parts of a newsletter that are other ones than those of its release, which has not changed since.
async fn own_words(newsletter: &Newsletter, on_site: &[&ReleaseText]) -> Result<Vec<String>> {
    // A digest is made of parts of several, and a correction says what was different.
    let [release] = on_site else {
        return Ok(Vec::new());
    };
    let (site, here) = (&release.document, &newsletter.document);
    if newsletter.corrects.is_some() || site.without_sizes() == here.without_sizes() {
        return Ok(Vec::new());
    }
    let parts = rendering::in_turn(|| diff::between(("", site), ("", here))).await?;
    Ok(parts.iter().filter_map(named).take(NAMED).collect())
}

/// A part that is another one than the site's, in a line.
fn named(part: &diff::Paragraph) -> Option<String> {
    let (what, words) = match part {
        diff::Paragraph::Same(_) => return None,
        diff::Paragraph::Added(words) => ("Added", words.clone()),
        diff::Paragraph::Removed(words) => ("Left out", words.clone()),
        diff::Paragraph::Changed(runs) => {
            let now = runs.iter().filter(|run| run.place != diff::Place::Old);
            ("Changed", now.map(|run| run.words.as_str()).collect())
        }
    };
    Some(format!("{what}: {}", shortened(&words, NAMED_CHARACTERS)))
}
