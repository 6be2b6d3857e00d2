//! Event mode: a page for a tablet, its QR code, and paper sheets.

use maud::{Markup, html};

use super::{
    Frame, Section, count, page, problem,
    rejected::{RejectedLines, rejected},
    token,
};

/// The page.
#[derive(Debug)]
pub struct EventsView {
    /// Around it.
    pub frame: Frame,
    /// The longest that a page stands open.
    pub longest_hours: u32,
    /// The newest first.
    pub events: Vec<EventLine>,
    /// What was typed as the name of a new one, and could not be opened.
    pub name: String,
    /// For how many hours.
    pub hours: u32,
    /// What went wrong.
    pub error: Option<String>,
    /// What was just done.
    pub report: Option<String>,
}

/// One event.
#[derive(Debug)]
pub struct EventLine {
    /// In its forms.
    pub label: String,
    /// As staff call it.
    pub name: String,
    /// Whether its page is open.
    pub open: bool,
    /// When it closes or closed, in the office's zone.
    pub closes: String,
    /// Who opened it.
    pub by: String,
    /// Requests that came through its page.
    pub taken: u64,
    /// Its page.
    pub url: String,
    /// What of its paper sheet was typed and not taken.
    pub typed: String,
    /// How many of these lines are addresses that only look mistyped.
    pub doubted: usize,
    /// Why not, line by line.
    pub rejected: RejectedLines,
    /// The QR code that leads there: the size of its square and the path of its dark modules.
    pub qr: Option<(usize, String)>,
}

/// See [`EventsView`].
#[must_use]
pub fn events(view: &EventsView) -> Markup {
    page(
        &view.frame,
        Section::Subscribers,
        "Events",
        &html! {
            p.back { a href="/staff/subscribers" { "Subscribers" } }
            h1 { "Sign up at an event" }
            (problem(view.error.as_deref()))
            @if let Some(report) = &view.report { p.done role="status" { (report) } }
            p {
                "For a town hall or a fair: a sign-up page for your tablet that takes many people from one network, and a code that "
                "visitors scan. It closes by itself. Everybody confirms by email, as always."
            }
            form method="post" action="/staff/events" {
                (token(&view.frame.form_token))
                label for="name" { "What is the event called?" }
                input id="name" name="name" type="text" required autocomplete="off" value=(view.name);
                label for="hours" { "For how many hours?" }
                input id="hours" name="hours" type="number" required min="1" max=(view.longest_hours) value=(view.hours);
                button.primary { "Open the page" }
            }
            @if !view.events.is_empty() {
                section aria-labelledby="events-title" {
                    h2 id="events-title" { "Events of the last month" }
                    ol.cards { @for event in &view.events { li { (one(view, event)) } } }
                }
            }
        },
    )
}

fn one(view: &EventsView, event: &EventLine) -> Markup {
    html! {
        h3 { (event.name) }
        p.state {
            @if event.open { "Open until " } @else { "Closed on " } (event.closes)
            "; opened by " (event.by) "; " (count(event.taken)) " sign-ups"
        }
        @if event.open {
            p.go { a href=(event.url) { "Open the sign-up page on this device" } }
            @if let Some((size, path)) = &event.qr {
                // Four modules of white around it, as readers of codes need.
                svg viewBox={ "-4 -4 " (size + 8) " " (size + 8) } width="240" height="240" role="img" aria-label={ "QR code for " (event.url) } {
                    rect x="-4" y="-4" width=(size + 8) height=(size + 8) fill="#ffffff" {}
                    path d=(path) fill="#000000" {}
                }
            }
            form method="post" action="/staff/events/close" {
                (token(&view.frame.form_token))
                input type="hidden" name="label" value=(event.label);
                button { "Close now" span.hidden { ": " (event.name) } }
            }
        }
        details open[!event.typed.is_empty()] {
            summary { "Type in a paper sheet" span.hidden { ": " (event.name) } }
            (rejected(&event.rejected))
            form method="post" action="/staff/events/paper" {
                (token(&view.frame.form_token))
                input type="hidden" name="label" value=(event.label);
                @let id = format!("lines-{}", event.label);
                label for=(id) { "Addresses, one on a line" }
                textarea id=(id) name="lines" rows="6" required { (event.typed) }
                @if event.doubted > 0 {
                    @let id = format!("as-written-{}", event.label);
                    label.choice for=(id) {
                        input id=(id) type="checkbox" name="as_written" value="yes";
                        " I looked again: they stand on the sheet just so"
                    }
                }
                p.hint { "Each gets an email to confirm. Keep the sheet: the evidence says that you typed it in." }
                button { "Send the emails to confirm" }
            }
        }
    }
}
