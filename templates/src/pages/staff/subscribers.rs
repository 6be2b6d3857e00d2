//! How many readers there are, and why one of them may be mailed.

use maud::{Markup, html};

use super::{Frame, ReturnItem, Section, count, page, problem, returns, token};

/// The subscribers page.
#[derive(Debug)]
pub struct SubscribersView {
    /// Around it.
    pub frame: Frame,
    /// How many stand where: the word, what it means, the number.
    pub counts: Vec<(&'static str, &'static str, u64)>,
    /// The address that was looked up.
    pub email: String,
    /// What is known of it.
    pub evidence: Option<Evidence>,
    /// Why nothing could be shown.
    pub error: Option<String>,
}

/// What is known of one address.
#[derive(Debug)]
pub struct Evidence {
    /// As it was typed when it was signed up.
    pub email: String,
    /// Its status.
    pub status: String,
    /// Since when, in the office's zone.
    pub since: String,
    /// What it gets.
    pub topics: Vec<String>,
    /// What came back of mail to them, newest first.
    pub returns: Vec<ReturnItem>,
    /// Every step, the first one first.
    pub events: Vec<EvidenceLine>,
}

/// One step of the evidence.
#[derive(Debug)]
pub struct EvidenceLine {
    /// In the office's zone.
    pub at: String,
    /// What happened.
    pub event: String,
    /// Every detail that was kept: name and value.
    pub details: Vec<(String, String)>,
}

/// See [`SubscribersView`].
#[must_use]
pub fn subscribers(view: &SubscribersView) -> Markup {
    let wrong = view.error.is_some();
    page(
        &view.frame,
        Section::Subscribers,
        "Subscribers",
        &html! {
            h1 { "Subscribers" }
            p {
                a href="/staff/topics" { "Topics" }
                @if view.frame.admin { " · " a href="/staff/import" { "Import a list" } }
                " · " a href="/staff/events" { "Sign up at an event" }
                " · " a href="/staff/website-form" { "Form on your website" }
            }
            @if view.counts.is_empty() { p { "Nobody has signed up yet." } }
            dl {
                @for (word, means, number) in &view.counts {
                    div { dt { strong { (word) } ": " (means) } dd { (count(*number)) } }
                }
            }
            @if view.frame.admin {
                section aria-labelledby="evidence-title" {
                    h2 id="evidence-title" { "Why may we mail someone?" }
                    (problem(view.error.as_deref()))
                    form method="post" action="/staff/subscribers" {
                        (token(&view.frame.form_token))
                        label for="email" { "Email address" }
                        p.hint id="email-hint" { "Shows what was asked, clicked and from where. The log notes that you looked." }
                        input id="email" name="email" type="email" autocomplete="off" required value=(view.email)
                            aria-describedby=(if wrong { "email-hint problem" } else { "email-hint" });
                        button.primary { "Show the evidence" }
                    }
                    @if let Some(evidence) = &view.evidence { (story(evidence)) }
                }
            }
        },
    )
}

fn story(evidence: &Evidence) -> Markup {
    html! {
        h3 { (evidence.email) }
        p { strong { (evidence.status) } " since " (evidence.since)
            @if !evidence.topics.is_empty() { "; gets " (evidence.topics.join(", ")) } "." }
        ol.cards {
            @for event in &evidence.events {
                li {
                    h4 { (event.event) }
                    p.state { (event.at) }
                    @if !event.details.is_empty() {
                        dl { @for (name, value) in &event.details { div { dt { (name) } dd.plain { (value) } } } }
                    }
                }
            }
        }
        (returns::of_person(&evidence.returns))
    }
}
