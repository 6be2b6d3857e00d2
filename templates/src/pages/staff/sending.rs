//! How far a newsletter is while it is sent.

use maud::{Markup, html};

use super::count;

/// How far the deliveries are.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "the words are design.md's own")]
pub struct ProgressView {
    pub total: u64,
    pub accepted: u64,
    /// Queued and on the wire.
    pub waiting: u64,
    pub deferred: u64,
    pub failed: u64,
    pub withdrawn: u64,
    /// Whether the numbers still move.
    pub live: bool,
}

/// The counts. The script replaces them; without it the page loads itself anew, and there is the
/// button.
#[must_use]
pub fn progress(id: i64, view: &ProgressView) -> Markup {
    let done = view.accepted + view.failed + view.withdrawn;
    html! {
        div id="progress" data-refresh=[view.live.then(|| format!("/staff/newsletters/{id}/progress"))] {
            p.large { strong { (count(view.accepted)) } " of " (count(view.total)) " accepted by mail servers" }
            @if view.live { progress max=(view.total.max(1)) value=(done) aria-label="Deliveries done" {} }
            dl {
                @if view.waiting > 0 || view.live { div { dt { "Still to send" } dd { (count(view.waiting)) } } }
                div { dt { "Being retried" } dd { (count(view.deferred)) } }
                div { dt { "Not delivered" } dd { (count(view.failed)) } }
                div { dt { "Unsubscribed before delivery" } dd { (count(view.withdrawn)) } }
            }
        }
        p.hidden id="progress-said" role="status" { (said(view, done)) }
        @if view.live {
            p { a.button href={ "/staff/newsletters/" (id) } { "Refresh" } }
        }
    }
}

/// What is announced: it changes ten times in a whole newsletter, so that nobody who listens is
/// interrupted every few seconds.
fn said(view: &ProgressView, done: u64) -> String {
    if view.live {
        let tenths = done * 10 / view.total.max(1);
        format!("{} percent done.", tenths * 10)
    } else {
        format!(
            "{} of {} accepted by mail servers.",
            count(view.accepted),
            count(view.total)
        )
    }
}
