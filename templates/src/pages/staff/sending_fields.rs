//! The fields that a form has which lets a newsletter go, wherever it stands.

use maud::{Markup, html};

use super::{
    BlackoutNotice,
    newsletter_views::{DeadlineView, NewsletterView},
};

/// The text that this page shows: whoever presses the button decides about no other.
pub(super) fn revision(view: &NewsletterView) -> Markup {
    html! { input type="hidden" name="revision" value=(view.revision); }
}

/// The tick box that a send in a blackout needs (C4); nothing at other times.
pub(super) fn acknowledgement(view: &NewsletterView, form: &str) -> Markup {
    html! {
        @if view.blackout.as_ref().is_some_and(BlackoutNotice::asks) {
            // A later time may lie behind the blackout; then no box is needed.
            (tick(form, form != "later", view.ticked.acknowledged_in(form)))
        }
    }
}

fn tick(form: &str, required: bool, ticked: bool) -> Markup {
    let field = format!("acknowledge-{form}");
    html! {
        label.choice for=(field) {
            input id=(field) type="checkbox" name="acknowledge" value="yes" required[required] checked[ticked];
            " I confirm: this goes out during a blackout, only to people who asked for it."
        }
    }
}

/// Most newsletters keep the office's hours, so the field is out of the way.
pub(super) fn deadline(view: &NewsletterView, form: &str) -> Markup {
    let DeadlineView { own, office } = view.deadline;
    let (field, hint) = (format!("deadline-{form}"), format!("deadline-{form}-hint"));
    html! {
        details open[own.is_some()] {
            summary { "How long to retry" }
            label for=(field) { "Stop retrying after this many hours" }
            p.hint id=(hint) {
                "What a mail server puts off is tried again until then, 1 to 120 hours. Empty: "
                (office) ", as for all newsletters."
            }
            input id=(field) name="deadline" type="number" min="1" max="120" value=[own] aria-describedby=(hint);
        }
    }
}

/// A later time may lie behind the blackout, or within one that today does not lie in.
pub(super) fn acknowledge_later(view: &NewsletterView) -> Markup {
    html! {
        @if view.schedule.acknowledge { (tick("later", true, false)) }
        @else { (acknowledgement(view, "later")) }
    }
}

/// Date and time, with what is wrong with them. The top of the page says it too, and leads here; it is announced
/// there.
pub(super) fn time_field(view: &NewsletterView) -> Markup {
    let schedule = &view.schedule;
    let wrong = schedule.error.is_some();
    html! {
        label for="at" { "Date and time" }
        p.hint id="at-hint" { "In the office’s time zone, " (schedule.zone) "." }
        @if let Some(error) = &schedule.error {
            p.error id="at-error" { (error) }
        }
        input id="at" name="at" type="datetime-local" required value=(schedule.at)
            aria-invalid=[wrong.then_some("true")]
            aria-describedby=(if wrong { "at-hint at-error" } else { "at-hint" });
        @if let Some(day) = &schedule.far_off {
            label.choice for="far-off" {
                // It stands for this time alone: who types another one is asked again.
                input id="far-off" type="checkbox" name="far_off" value=(schedule.at) required;
                " Yes, it is to go out on " (day) "."
            }
        }
        @if let Some(twice) = &schedule.twice {
            fieldset {
                legend { "Which of the two?" }
                label.choice { input type="radio" name="fold" value="first" required; " " (twice.first) ", before the clocks go back" }
                label.choice { input type="radio" name="fold" value="second"; " " (twice.second) ", after the clocks went back" }
            }
        }
    }
}
