//! What staff should know of a newsletter before it goes out: how long it is, whether its links
//! lead anywhere, what it says to those who see no pictures, and what House rules may object to.
//!
//! A check never forbids. What is [`Severity::Blocking`] somebody has to say that they saw, and
//! what nobody looks at, because the source's policy is `auto`, is held instead (C5).

use gazette_templates::{Document, email};

use super::{Newsletter, Result, newsletter_preview::preview, store::find};
use crate::{app::App, office::Office, rendering};

mod alignment;
mod check_result;
mod checked_content;
mod links;
mod meaning;
mod names;
mod reading;
mod release_changes_check;
mod rules;
mod sizes;
#[cfg(test)]
mod tests;

pub use check_result::{Check, Severity};
pub(super) use links::measured_by;
pub use links::{follow_due, follow_links, purge};

use checked_content::Content;

/// Checks one newsletter, with what its links answered when they were last followed.
pub async fn check(app: &App, id: i64) -> Result<Vec<Check>> {
    let newsletter = find(app, id).await?;
    let office = Office::load(&app.db).await?;
    let html = preview(app, id).await?.html;
    let content = rendering::in_turn(|| Content::of(&newsletter.document)).await?;
    let answers = links::known(app, &content).await?;
    let first = preview_line(&newsletter);
    let ours = rules::ours(&office, &newsletter, &app.settings.public_url);
    let found = rendering::in_turn(|| {
        vec![
            alignment::of_office(&office, app.settings.dkim_domain.as_deref()),
            reading::subject(&newsletter.subject),
            reading::first_line(first.as_deref(), newsletter.preview.is_some()),
            reading::time(&content),
            reading::size(html.len(), &html, &newsletter.language),
            links::answered(&content, &answers, app.clock.now_ms()),
            rules::hosts(&content, &ours),
            names::names(&content),
            rules::house(&newsletter.subject, &content, &beside(&newsletter)),
            meaning::meaning(&newsletter.subject, &newsletter.document),
            reading::spam(&newsletter.subject, &content),
            sizes::pictures(&content),
            sizes::without_pictures(&content),
        ]
    });
    let mut found = found.await?;
    found.extend(meaning::not_yet(&newsletter.subject, &newsletter.document));
    found.extend(reading::date(
        newsletter.published_at,
        app.clock.now(),
        &office.time_zone,
    ));
    found.extend(release_changes_check::of(app, &newsletter).await?);
    Ok(found)
}

/// What a mail says besides its text, each with where that is.
fn beside(newsletter: &Newsletter) -> Vec<(&str, &'static str)> {
    [
        (&newsletter.preview, "in the first line in the mailbox"),
        (&newsletter.changed, "in what changed"),
        (&newsletter.intro, "in the word above the release"),
    ]
    .into_iter()
    .filter_map(|(words, place)| Some((words.as_deref()?, place)))
    .collect()
}

/// What a mailbox shows beside the subject, as the mail says it.
#[must_use]
pub fn preview_line(newsletter: &Newsletter) -> Option<String> {
    email::preview_line(
        newsletter.preview.as_deref(),
        newsletter.changed.as_deref(),
        newsletter.title(),
        &newsletter.document,
    )
}

/// The names of the checks that somebody has to say they saw, in their order, as one word: a form
/// sends it back, so that nobody has seen what came up since.
#[must_use]
pub fn blocking(checks: &[Check]) -> Option<String> {
    let names: Vec<String> = checks
        .iter()
        .filter(|check| check.severity == Severity::Blocking)
        .map(Check::mark)
        .collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// What in this newsletter somebody has to say that they saw, in words for them; what goes out by
/// itself is held for it (C5).
pub(super) async fn what_blocks(app: &App, id: i64) -> Result<Option<String>> {
    let found = check(app, id).await?;
    let blocks: Vec<String> = found
        .into_iter()
        .filter(|check| check.severity == Severity::Blocking)
        .map(Check::in_words)
        .collect();
    Ok((!blocks.is_empty()).then(|| blocks.join(" ")))
}

/// Why nothing may go out before a person has looked: mailbox providers would refuse all of it (P1).
pub(super) fn misaligned_sender(office: &Office, dkim_domain: Option<&str>) -> Option<String> {
    let check = alignment::of_office(office, dkim_domain);
    (check.severity == Severity::Blocking).then(|| check.in_words())
}

/// Why a newsletter must not go out before a person has looked, whatever its source's policy (C5).
#[must_use]
pub fn reason_to_hold(subject: &str, document: &Document) -> Option<String> {
    let found = [
        // Whatever else it says a person wrote, who also lets it go.
        rules::house(subject, &Content::of(document), &[]),
        meaning::meaning(subject, document),
    ];
    let reasons: Vec<String> = found
        .into_iter()
        .filter(|check| check.severity == Severity::Blocking)
        .map(Check::in_words)
        .collect();
    (!reasons.is_empty()).then(|| reasons.join(" "))
}
