//! Whether the newsletter says what its releases say now. Staff may have their reasons for the older text, or for
//! words of their own, but nobody sends them without knowing.

use gazette_templates::{Document, document::diff, shortened};

use super::{Check, Severity};
use crate::{
    app::App,
    newsletters::{
        Newsletter, NewsletterState as State, Result, making::releases_of,
        newsletter_entities::newsletter_release, release_changes::changed_releases,
    },
    releases::{release_text, revision_text},
    rendering,
};

/// `None`: it is made of no release, or was mailed already and takes a correction.
pub(super) async fn of(app: &App, newsletter: &Newsletter) -> Result<Option<Check>> {
    let pool = app.db.pool();
    let waits = matches!(newsletter.state, State::Draft | State::Approved);
    let made_of = releases_of(pool, newsletter.id).await?;
    if !waits || made_of.is_empty() {
        return Ok(None);
    }
    let changed = changed_releases(pool, newsletter.id).await?;
    let check = |severity, says| Check::new("release", "Your website", severity, says);
    let Some(newest) = changed.iter().map(|changed| changed.now.revision).max() else {
        return Ok(match own_words(app, newsletter, &made_of).await? {
            OwnWords::OnNoSite => None,
            OwnWords::None => Some(check(Severity::Ok, "It says what your website says.")),
            OwnWords::Some(changed_here) => {
                let says = "The text was changed here, and is not word for word what your website says. Read these parts before you approve it.";
                Some(check(Severity::Warning, says).with(changed_here))
            }
        });
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

/// What a newsletter says beside its release.
enum OwnWords {
    /// It was written here, or read from a file.
    OnNoSite,
    None,
    /// The parts that are other ones than the site's.
    Some(Vec<String>),
}

/// How many changed parts are named.
const NAMED: usize = 5;
const NAMED_CHARACTERS: usize = 120;

async fn own_words(
    app: &App,
    newsletter: &Newsletter,
    made_of: &[newsletter_release::Model],
) -> Result<OwnWords> {
    let pool = app.db.pool();
    let mut texts = Vec::with_capacity(made_of.len());
    for of in made_of {
        if let Some(now) = release_text(pool, of.release_id).await?
            && now.url.is_some()
        {
            texts.push((of.revision, now));
        }
    }
    let [(revision, now)] = &texts[..] else {
        // A digest is made of parts of several; what it says of each is a list.
        return Ok(if texts.is_empty() {
            OwnWords::OnNoSite
        } else {
            OwnWords::None
        });
    };
    let before = revision_text(pool, now.id, *revision).await?;
    // The page may have been read better since.
    let read = [
        Some(&now.document),
        before.as_ref().map(|before| &before.document),
    ];
    let same = |read: &&Document| read.without_sizes() == newsletter.document.without_sizes();
    if newsletter.corrects.is_some() || read.iter().flatten().any(same) {
        return Ok(OwnWords::None);
    }
    let site = before
        .as_ref()
        .map_or(&now.document, |before| &before.document);
    let parts =
        rendering::in_turn(|| diff::between(("", site), ("", &newsletter.document))).await?;
    Ok(OwnWords::Some(
        parts.iter().filter_map(named).take(NAMED).collect(),
    ))
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
