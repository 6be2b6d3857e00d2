//! What was checked before a newsletter goes out, as staff read it.

use maud::{Markup, html};

use super::{newsletter::NewsletterView, token};

/// One check.
#[derive(Debug)]
pub struct CheckView {
    /// `OK`, `Warning` or `Blocking`.
    pub severity: &'static str,
    /// What was looked at.
    pub title: &'static str,
    /// What was found.
    pub says: String,
    /// The places.
    pub details: Vec<String>,
}

/// What somebody has to say that they saw.
#[derive(Debug)]
pub struct Stops {
    /// What the form sends back.
    pub mark: String,
    /// The titles of the checks.
    pub titles: String,
}

/// The list, with the button that follows the links.
pub(super) fn section(view: &NewsletterView) -> Markup {
    html! {
        @if !view.checks.is_empty() {
            section aria-labelledby="checks-title" {
                h2 id="checks-title" { "Before it goes out" }
                ul.checks {
                    @for check in &view.checks { (line(check)) }
                }
                @if view.allowed.follow_links {
                    form method="post" action={ "/staff/newsletters/" (view.id) "/links" } {
                        (token(&view.frame.form_token))
                        button { "Follow the links again" }
                        p.hint { "Takes up to 20 seconds, and finds the size of pictures." }
                    }
                }
            }
        }
    }
}

fn line(check: &CheckView) -> Markup {
    let class = check.severity.to_lowercase();
    html! {
        li class=(class) {
            p { strong.severity { (check.severity) } " " strong { (check.title) ": " } (check.says) }
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
pub(super) fn tick(stops: Option<&Stops>, id: &str) -> Markup {
    html! {
        @if let Some(stops) = stops {
            label.choice for=(id) {
                input id=(id) type="checkbox" name="seen" value=(stops.mark) required;
                " I have seen what the checks say about: " (stops.titles) "."
            }
        }
    }
}
