//! What was checked before a newsletter goes out, as staff read it.

use maud::{Markup, html};

use super::{
    newsletter_views::{CheckView, NewsletterView, Stops},
    token,
};

/// How many checks passed, in a few words.
pub(super) fn in_short(checks: &[CheckView]) -> String {
    let of = |severity: &str| {
        checks
            .iter()
            .filter(|check| check.severity == severity)
            .count()
    };
    let (fix, look, passed) = (of(FIX), of(CHECK), of("OK"));
    let mut parts = Vec::with_capacity(3);
    if fix > 0 {
        parts.push(format!("{fix} to fix"));
    }
    if look > 0 {
        parts.push(format!("{look} to check"));
    }
    if passed > 0 {
        parts.push(format!("{passed} passed"));
    }
    parts.join(", ")
}

const FIX: &str = "Fix";
const CHECK: &str = "Check";

/// What was checked: what needs a person stands open, the rest can be opened.
pub(super) fn section(view: &NewsletterView) -> Markup {
    let (passed, open): (Vec<_>, Vec<_>) =
        view.checks.iter().partition(|check| check.severity == "OK");
    html! {
        @if !view.checks.is_empty() {
            section aria-labelledby="checks-title" {
                h2 id="checks-title" { "Checks" }
                p.inbox {
                    span.hidden { "In a mailbox: " }
                    strong { (view.inbox.from) } " "
                    span { (view.inbox.subject) } " "
                    span.muted { (view.inbox.preview) }
                }
                p.state { (in_short(&view.checks)) "." }
                @if !open.is_empty() { ul.checks { @for check in &open { (line(check)) } } }
                @if !passed.is_empty() {
                    details {
                        summary { "What passed" }
                        ul.checks { @for check in &passed { (line(check)) } }
                    }
                }
                @if view.allowed.follow_links {
                    form method="post" action={ "/staff/newsletters/" (view.id) "/links" } {
                        (token(&view.frame.form_token))
                        button { "Check the links again" }
                        p.hint { "Takes up to 20 seconds, and finds the size of pictures." }
                    }
                }
            }
        }
    }
}

/// The name first, then how it stands: who listens hears what it is about.
fn line(check: &CheckView) -> Markup {
    let class = match check.severity {
        FIX => "stop",
        CHECK => "look",
        _ => "ok",
    };
    html! {
        li class=(class) {
            p { strong { (check.title) ": " } (check.says) " " span.severity { (check.severity) } }
            @if !check.details.is_empty() {
                // What needs a person is open; what is only worth knowing can be opened.
                details open[class == "stop"] {
                    summary { "Where" span.hidden { ": " (check.title) } }
                    ul { @for detail in &check.details { li { (detail) } } }
                }
            }
        }
    }
}

/// The tick without which the form is not taken.
pub(super) fn tick(stops: Option<&Stops>, id: &str, ticked: bool) -> Markup {
    html! {
        @if let Some(stops) = stops {
            label.choice for=(id) {
                input id=(id) type="checkbox" name="seen" value=(stops.mark) required checked[ticked];
                " I have seen what the checks say about: " (stops.titles) "."
            }
        }
    }
}
