//! What the office changed in a release since its newsletter was made.

use maud::{Markup, html};

use super::{Frame, Section, page, token};
use crate::document::diff::{Paragraph, Place, Run};

/// The page with the differences.
#[derive(Debug)]
pub struct ChangesView {
    /// Around it.
    pub frame: Frame,
    /// The newsletter's number.
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// One for each release that changed.
    pub changes: Vec<ChangeView>,
    /// Of a draft that may take the new text: what becomes of it.
    pub ahead: Option<AheadView>,
}

/// What a draft would say with the new text.
#[derive(Debug)]
pub struct AheadView {
    /// What of all that it says would be added and removed.
    pub paragraphs: Vec<Paragraph>,
    /// What was written by hand in parts that the office did not change stays.
    pub keeps_other_parts: bool,
}

/// One release that changed.
#[derive(Debug)]
pub struct ChangeView {
    /// Its number.
    pub release: i64,
    /// What it is called now.
    pub title: String,
    /// Where it stands.
    pub url: Option<String>,
    /// Whether the office took it back.
    pub vanished: bool,
    /// What was added and removed.
    pub paragraphs: Vec<Paragraph>,
    /// What may be done about it.
    pub step: Step,
}

/// What may be done about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing by this person, or now.
    None,
    /// A correction may be written.
    Correct,
    /// A correction was written: this one.
    Corrected(i64),
    /// The draft may take the new text.
    Take,
}

/// See [`ChangesView`].
#[must_use]
pub fn changes(view: &ChangesView) -> Markup {
    page(
        &view.frame,
        Section::Newsletters,
        "What the office changed",
        &html! {
            p.back { a href={ "/staff/newsletters/" (view.id) } { "Back to the newsletter" } }
            h1 { "What the office changed" }
            p { "In " strong { (view.subject) } ", since this newsletter was made." }
            @if view.changes.is_empty() {
                p { "Nothing. The office’s site says what the newsletter says." }
            }
            @for change in &view.changes { (one(view, change)) }
            @if let Some(ahead) = &view.ahead { (becomes(ahead)) }
        },
    )
}

/// All that taking the new text would do, before it is done.
fn becomes(ahead: &AheadView) -> Markup {
    html! {
        section aria-labelledby="ahead-title" {
            h2 id="ahead-title" { "What the draft would say then" }
            p {
                @if ahead.keeps_other_parts {
                    "Only the releases that the office changed are put in anew. What was written by hand in the others stays."
                } @else {
                    "The whole newsletter is put together anew. What was written in it by hand is not in it then: it stands below as removed."
                }
            }
            div.diff { @for paragraph in &ahead.paragraphs { (difference(paragraph)) } }
        }
    }
}

fn one(view: &ChangesView, change: &ChangeView) -> Markup {
    let heading = format!("change-{}", change.release);
    html! {
        section aria-labelledby=(heading) {
            h2 id=(heading) { (change.title) }
            @if let Some(url) = &change.url {
                p.go { a href=(url) rel="noreferrer" { "The release on the office’s site" } }
            }
            @if change.vanished {
                p.attention { "The office took this release back." }
            } @else {
                div.diff { @for paragraph in &change.paragraphs { (difference(paragraph)) } }
            }
            (step(view, change))
        }
    }
}

fn step(view: &ChangesView, change: &ChangeView) -> Markup {
    let form = |what: &str, words: &str, hint: &str| {
        html! {
            form method="post" action={ "/staff/newsletters/" (view.id) "/" (what) } {
                (token(&view.frame.form_token))
                input type="hidden" name="release" value=(change.release);
                button.primary { (words) }
                p.hint { (hint) }
            }
        }
    };
    match change.step {
        Step::None => Markup::default(),
        Step::Correct => form(
            "correct",
            "Write a correction",
            "Makes a draft that goes only to those who got the first text, once it is approved.",
        ),
        Step::Corrected(id) => html! {
            p.go { a href={ "/staff/newsletters/" (id) } { "The correction that was written" } }
        },
        Step::Take => form(
            "new-text",
            "Take the new text",
            "Below stands what the draft would say then. The text before is kept where you edit the text.",
        ),
    }
}

/// Not by colour alone, and not by `<ins>` alone: screen readers mostly do not announce it.
pub(super) fn difference(paragraph: &Paragraph) -> Markup {
    html! {
        @match paragraph {
            Paragraph::Same(text) => p.same { (text) },
            Paragraph::Added(text) => p { strong { "Added: " } ins { (text) } },
            Paragraph::Removed(text) => p { strong { "Removed: " } del { (text) } },
            Paragraph::Changed(runs) => p { strong { "Changed: " } @for run in runs { (words(run)) } },
        }
    }
}

fn words(run: &Run) -> Markup {
    html! {
        @match run.place {
            Place::Both => (run.words),
            Place::Old => del { span.hidden { " (removed: " } (run.words) span.hidden { ") " } },
            Place::New => ins { span.hidden { " (added: " } (run.words) span.hidden { ") " } },
        }
    }
}
