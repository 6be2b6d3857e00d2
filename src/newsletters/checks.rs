//! What staff should know of a newsletter before it goes out: how long it is, whether its links
//! lead anywhere, what it says to those who see no pictures, and what House rules may object to.
//!
//! A check never forbids. What it calls a [`Verdict::Stop`] somebody has to say that they saw, and
//! what nobody looks at, because the source's policy is `auto`, is held instead (C5).

use gazette_templates::{Document, document::html::web, email};
use serde::Serialize;

use super::{Newsletter, Result, find, preview};
use crate::{app::App, office::Office};

mod content;
mod links;
mod names;
mod reading;
mod rules;
mod sizes;
#[cfg(test)]
mod tests;

pub(super) use links::measured_by;
pub use links::{follow_due, follow_links, purge};

use content::Content;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A short name that stays, for programs.
    pub name: &'static str,
    /// What was looked at, as staff call it.
    pub title: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// One or two sentences.
    pub says: String,
    /// The places, one a line.
    pub details: Vec<String>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to do.
    Ok,
    /// Worth a look.
    Look,
    /// Somebody should say that they saw it.
    Stop,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Look => "look",
            Self::Stop => "stop",
        }
    }
}

impl Check {
    fn new(
        name: &'static str,
        title: &'static str,
        verdict: Verdict,
        says: impl Into<String>,
    ) -> Self {
        Self {
            name,
            title,
            verdict,
            says: says.into(),
            details: Vec::new(),
        }
    }

    fn with(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// What was found, as a reason to look first.
    fn in_words(self) -> String {
        match self.details.as_slice() {
            [] => self.says,
            details => format!("{} Here: {}.", self.says, details.join("; ")),
        }
    }
}

/// Checks one newsletter, with what its links answered when they were last followed.
pub async fn check(app: &App, id: i64) -> Result<Vec<Check>> {
    let newsletter = find(app, id).await?;
    let office = Office::load(&app.db).await?;
    let html = preview(app, id).await?.html;
    let content = Content::of(&newsletter.document);
    let answers = links::known(app, &content).await?;
    let lead = email::preheader(&newsletter.document);
    let ours = rules::ours(&office, &newsletter, &app.settings.public_url);
    Ok(vec![
        reading::subject(&newsletter.subject),
        reading::lead(lead.as_deref()),
        reading::time(&content),
        reading::size(html.len(), &html, &newsletter.language),
        links::answered(&content, &answers, app.clock.now_ms()),
        rules::hosts(&content, &ours),
        names::names(&content),
        rules::house(&newsletter.subject, &content),
        reading::spam(&newsletter.subject, &content),
        sizes::pictures(&content),
        sizes::without_pictures(&content),
    ])
}

/// The names of the checks that somebody should say they saw, in their order, as one word: a form
/// sends it back, so that nobody has seen what came up since.
#[must_use]
pub fn stops(checks: &[Check]) -> Option<String> {
    let names: Vec<&str> = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Stop)
        .map(|check| check.name)
        .collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// What in this newsletter somebody should say that they saw, in words for them; what goes out by
/// itself is held for it (C5).
pub(super) async fn what_stops(app: &App, id: i64) -> Result<Option<String>> {
    let found = check(app, id).await?;
    let stops: Vec<String> = found
        .into_iter()
        .filter(|check| check.verdict == Verdict::Stop)
        .map(Check::in_words)
        .collect();
    Ok((!stops.is_empty()).then(|| stops.join(" ")))
}

/// Why a newsletter must not go out before a person has looked, whatever its source's policy (C5).
#[must_use]
pub fn reason_to_hold(subject: &str, document: &Document) -> Option<String> {
    let check = rules::house(subject, &Content::of(document));
    (check.verdict == Verdict::Stop).then(|| check.in_words())
}

/// `1 link`, `2 links`.
fn several(number: usize, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// The whole release as HTML, as the archive shows it: a mail may be cut, the checks are not.
fn whole(document: &Document) -> String {
    web(document).0
}
