//! What was sent, by month, as a table that can be searched.

use maud::{Markup, html};

use super::{Badge, count};

/// The newsletters that ended in one month.
#[derive(Debug)]
pub struct SentMonth {
    /// Such as `November 2026`.
    pub name: String,
    /// The newest first.
    pub newsletters: Vec<SentLine>,
}

/// One newsletter that was sent or cancelled.
#[derive(Debug)]
pub struct SentLine {
    /// Its number.
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// Its state in one word.
    pub badge: Badge,
    /// When it ended, and its topic where only that tells it from another.
    pub state: String,
    /// Arrived, of how many; none where it went to nobody.
    pub delivered: Option<(u64, u64)>,
    /// Who did not get it because it was cancelled or a correction took its place.
    pub not_sent: u64,
    /// Who unsubscribed by its links.
    pub left: u64,
}

/// The section of a page: `sought` is what is looked for, as typed, and `older` the address of older ones.
#[must_use]
pub fn sent(months: &[SentMonth], sought: &str, older: Option<&str>) -> Markup {
    html! {
        section aria-labelledby="sent-title" {
            h2 id="sent-title" { "Sent" }
            form.filter method="get" action="/staff/newsletters" role="search" {
                div { label for="q" { "Words in the subject" } input id="q" name="q" type="search" value=(sought); }
                div { button { "Search" } }
            }
            @if months.is_empty() {
                p { @if sought.is_empty() { "Nothing was sent yet." } @else { "No newsletter has these words in its subject." } }
            } @else {
                div.scroll role="group" aria-labelledby="sent-title" tabindex="0" {
                    table.numbers aria-labelledby="sent-title" {
                        thead { tr { th scope="col" { "Subject" } th scope="col" { "Date" } th scope="col" { "Delivered" } th scope="col" { "Unsubscribed" } } }
                        @for month in months {
                            tbody {
                                tr.month { th scope="rowgroup" colspan="4" { (month.name) } }
                                @for newsletter in &month.newsletters { (row(newsletter)) }
                            }
                        }
                    }
                }
                p.hint { "Unsubscribed: by the links of this newsletter, within 30 days." }
            }
            @if let Some(older) = older { p { a href=(older) { "Older newsletters" } } }
        }
    }
}

fn row(newsletter: &SentLine) -> Markup {
    html! {
        tr {
            th scope="row" { a href={ "/staff/newsletters/" (newsletter.id) } dir="auto" { (newsletter.subject) } }
            td { (newsletter.badge.markup()) " " (newsletter.state) }
            td {
                @if let Some((arrived, total)) = newsletter.delivered { (count(arrived)) " of " (count(total)) }
                @if newsletter.not_sent > 0 { ", " (count(newsletter.not_sent)) " not sent" }
            }
            td { (count(newsletter.left)) }
        }
    }
}
