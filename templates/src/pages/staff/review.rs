//! The last question before a newsletter is let go: what, to how many, when and from whom, in words.
//! Nothing is sent by the page before it.

use maud::{Markup, html};

use super::{
    Section, checks,
    newsletter_views::NewsletterView,
    page, people_of, problem, problem_of_field,
    sending_fields::{acknowledge_later, acknowledgement, deadline, revision, time_field},
    token,
};

/// What is about to be approved, in words.
#[derive(Debug)]
pub struct Summary {
    /// Who gets it: the topics, or the press list.
    pub audience: String,
    /// The languages of the mail.
    pub languages: String,
    /// Name and address that it comes from.
    pub from: String,
    /// When it goes out if it is approved now.
    pub when: String,
    /// Seconds in which the approval can be undone.
    pub undo_seconds: u32,
    /// Why it cannot be sent at all: nobody would get it.
    pub nobody: Option<String>,
}

/// The page that asks once more.
#[must_use]
pub fn review(view: &NewsletterView, summary: &Summary) -> Markup {
    let here = format!("/staff/newsletters/{}", view.id);
    let readers = people_of(view.audience.unwrap_or_default());
    let title = if view.error.is_some() || view.schedule.error.is_some() {
        "Error: Review and send"
    } else {
        "Review and send"
    };
    page(
        &view.frame,
        Section::Newsletters,
        title,
        &html! {
            p.back { a href=(here) { "Back to the newsletter" } }
            @if let Some(nobody) = &summary.nobody {
                h1 { "This cannot be sent now" }
                (problem(Some(nobody)))
            } @else {
                h1 { "Send this to " (readers) "?" }
                (problem(view.error.as_deref()))
                (problem_of_field(view.schedule.error.as_deref(), "at"))
            }
            @if let Some(blackout) = &view.blackout { (blackout.banner()) }
            dl.summary {
                div { dt { "Subject" } dd.plain dir="auto" { strong { (view.subject) } } }
                div { dt { "To" } dd.plain { (readers) ", " (summary.audience) } }
                div { dt { "Language" } dd.plain { (summary.languages) } }
                div { dt { "From" } dd.plain { (summary.from) } }
                div { dt { "When" } dd.plain { (summary.when) } }
                div { dt { "Checks" } dd.plain { (checks::in_short(&view.checks)) } }
            }
            @if summary.nobody.is_some() {
                p.go { a href=(here) { "Go back to the newsletter" } }
            } @else {
            form.next method="post" action={ (here) "/approve" } {
                (token(&view.frame.form_token))
                (revision(view))
                input type="hidden" name="people" value=(view.audience.unwrap_or_default());
                (checks::tick(view.stops.as_ref(), "seen", view.ticked.seen_in("approve")))
                (acknowledgement(view, "approve"))
                (deadline(view, "approve"))
                button.primary { "Approve and send to " (readers) }
                @if summary.undo_seconds > 0 {
                    p.hint { "Nothing is sent for " (summary.undo_seconds) " seconds, in which you can undo it." }
                }
            }
            (later(view, &here))
            p.go { a href=(here) { "Do not send it now" } }
            }
        },
    )
}

fn later(view: &NewsletterView, here: &str) -> Markup {
    html! {
        details open[view.schedule.error.is_some()] {
            summary { "Send at a later time" }
            form method="post" action={ (here) "/schedule" } {
                (token(&view.frame.form_token))
                (revision(view))
                (time_field(view))
                (deadline(view, "later"))
                (checks::tick(view.stops.as_ref(), "seen-for-later", view.ticked.seen_in("later")))
                (acknowledge_later(view))
                button { "Approve and send then" }
            }
        }
    }
}
