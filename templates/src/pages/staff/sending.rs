//! How far a newsletter is while it is sent.

use maud::{Markup, html};

use super::count;

/// How far the deliveries are.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the words are design.md's own")]
pub struct ProgressView {
    pub total: u64,
    pub accepted: u64,
    /// Queued and on the wire.
    pub waiting: u64,
    pub deferred: u64,
    pub failed: u64,
    /// Unsubscribed before it reached them.
    pub left: u64,
    /// Did not get it because it was cancelled, or because a correction took its place.
    pub not_sent: u64,
    /// Whether the numbers still move.
    pub live: bool,
    /// What the page was made for, while somebody else or the clock may make another one of it; `None`: nobody needs
    /// to follow it.
    pub mark: Option<String>,
    /// Accepted in a second, over the last seconds; `None`: not known yet.
    pub rate: Option<f64>,
    /// When it goes on, where the relays take no more in this hour or on this day.
    pub waits_until: Option<String>,
    /// Where mail goes through several relays: each, and what it took.
    pub relays: Vec<(String, u64)>,
    /// Until when those that are being retried are tried: `Tuesday, 4:10 p.m.`; `None`: nobody is.
    pub trying_until: Option<String>,
    /// For which mailbox providers most were accepted: the domain, and how many. Empty: not counted yet.
    pub domains: Vec<(String, u64)>,
    /// Where messages wait to be tried again: the domain, how many, and when the next is tried.
    pub retried: Vec<(String, u64, String)>,
}

/// The counts, and nothing where none are there yet. The script replaces them, and loads the page anew once it is
/// made for another state; without it the page loads itself anew, and there is the button.
#[must_use]
pub fn progress(id: i64, view: &ProgressView) -> Markup {
    let follows = view.mark.is_some();
    let refresh = follows.then(|| format!("/staff/newsletters/{id}/progress"));
    let events = follows.then(|| format!("/staff/newsletters/{id}/events"));
    html! {
        div id="progress" data-mark=[view.mark.as_ref()] data-refresh=[refresh] data-events=[events] {
            @if view.has_counts() { (numbers(view)) }
        }
        @if view.has_counts() {
            p.hidden id="progress-said" role="status" { (said(view)) }
        }
        @if view.live {
            p { a.button href={ "/staff/newsletters/" (id) } { "Refresh" } }
        }
    }
}

impl ProgressView {
    /// Whether anything is queued, or is about to be.
    pub(super) fn has_counts(&self) -> bool {
        self.total > 0 || self.live
    }

    /// What is settled.
    fn done(&self) -> u64 {
        self.accepted + self.failed + self.left + self.not_sent
    }
}

fn numbers(view: &ProgressView) -> Markup {
    html! {
            p.large { strong { (count(view.accepted)) } " of " (count(view.total)) " accepted by mail servers" }
            @if let Some(until) = view.waits_until.as_ref().filter(|_| view.live && view.waiting > 0) {
                p { "Your mail server takes no more for now: the limit that is set for it is used up. Sending goes on by itself; the next email goes out " (until) "." }
            } @else if let Some(pace) = pace(view) { p { (pace) } }
            @if view.live { progress max=(view.total.max(1)) value=(view.done()) aria-label="Deliveries done" {} }
            dl {
                @if view.waiting > 0 || view.live { div { dt { "Still to send" } dd { (count(view.waiting)) } } }
                div { dt { "Being retried" } dd { (count(view.deferred)) } }
                div { dt { "Not delivered" } dd { (count(view.failed)) } }
                div { dt { "Unsubscribed before delivery" } dd { (count(view.left)) } }
                @if view.not_sent > 0 { div { dt { "Not sent" } dd { (count(view.not_sent)) } } }
            }
            @if let Some(until) = &view.trying_until {
                p { "Some mail servers took it for later, which is usual. We go on trying until " (until.trim_end_matches('.')) "." }
            }
            @if !view.retried.is_empty() {
                h3 { "Where messages wait" }
                ul.parts { @for (domain, people, next) in &view.retried { li { (domain) ": " (count(*people)) ", next try " (next) } } }
            }
            @if view.relays.len() > 1 {
                h3 { "By mail server" }
                ul.parts { @for (relay, accepted) in &view.relays { li { (relay) ": " (count(*accepted)) " accepted" } } }
            }
            @if view.live && !view.domains.is_empty() {
                h3 { "By mailbox provider" }
                ul.parts {
                    @for (domain, accepted) in &view.domains {
                        li { @if domain.is_empty() { "erased since" } @else { (domain) } ": " (count(*accepted)) " accepted" }
                    }
                    @let named: u64 = view.domains.iter().map(|(_, accepted)| accepted).sum();
                    @if view.accepted > named { li { "others, or not counted yet: " (count(view.accepted - named)) } }
                }
            }
    }
}

/// "About 120 a second, about 6 minutes left": once there is something to tell from.
fn pace(view: &ProgressView) -> Option<String> {
    let rate = view.rate.filter(|rate| view.live && *rate >= 0.1)?;
    let each = if rate >= 2.0 {
        format!("About {} a second", count(rate.round() as u64))
    } else {
        format!("About {} a minute", count((rate * 60.0).round() as u64))
    };
    if view.waiting == 0 {
        return Some(format!("{each}."));
    }
    let minutes = (view.waiting as f64 / rate / 60.0).ceil() as u64;
    let left = match minutes {
        0 | 1 => "less than a minute left".to_owned(),
        minutes if minutes < 120 => format!("about {minutes} minutes left"),
        minutes => format!("about {} hours left", minutes.div_ceil(60)),
    };
    Some(format!("{each}, {left}."))
}

/// What is announced: it changes some twenty times in a whole newsletter, so that nobody who listens is
/// interrupted every few seconds. Towards its end a tenth more is far off, where the last ones are tried for days.
fn said(view: &ProgressView) -> String {
    if view.live {
        let percent = view.done() * 100 / view.total.max(1);
        let said = if percent < 90 {
            percent / 10 * 10
        } else {
            percent
        };
        format!("{said} percent done.")
    } else {
        format!(
            "{} of {} accepted by mail servers.",
            count(view.accepted),
            count(view.total)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_is_not_far_from_what_is_seen() {
        let at = |accepted| {
            said(&ProgressView {
                live: true,
                total: 6_000,
                accepted,
                ..ProgressView::default()
            })
        };
        assert_eq!(at(0), "0 percent done.");
        assert_eq!(at(3_300), "50 percent done.");
        assert_eq!(at(5_918), "98 percent done.");
        assert_eq!(at(5_999), "99 percent done.");
    }

    #[test]
    fn the_pace_is_told_in_words() {
        let at = |rate, waiting| {
            pace(&ProgressView {
                live: true,
                rate,
                waiting,
                ..ProgressView::default()
            })
        };
        assert_eq!(at(None, 10), None);
        assert_eq!(at(Some(0.0), 10), None);
        assert_eq!(
            at(Some(120.4), 43_000).unwrap(),
            "About 120 a second, about 6 minutes left."
        );
        assert_eq!(
            at(Some(1.0), 30).unwrap(),
            "About 60 a minute, less than a minute left."
        );
        assert_eq!(at(Some(5.0), 0).unwrap(), "About 5 a second.");
        assert_eq!(
            at(Some(5.0), 90_000).unwrap(),
            "About 5 a second, about 5 hours left."
        );
    }
}
