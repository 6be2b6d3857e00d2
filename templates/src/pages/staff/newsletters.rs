//! The newsletter list: what needs review first, and what was sent as a table that can be searched.

use maud::{Markup, html};

use super::{
    Badge, BlackoutNotice, Frame, Section, count, page,
    sent_table::{SentMonth, sent},
};

/// The list, already in its three groups.
#[derive(Debug)]
pub struct NewslettersView {
    /// Around it.
    pub frame: Frame,
    /// Drafts, paused ones, and whatever needs a person.
    pub waiting: Vec<NewsletterLine>,
    /// Scheduled and being sent.
    pub under_way: Vec<NewsletterLine>,
    /// Sent and cancelled: one page of them.
    pub sent: Vec<SentMonth>,
    /// The address of older ones, where there are any.
    pub older: Option<String>,
    /// What is looked for among them, as typed.
    pub sought: String,
    /// Whether this person may write one.
    pub write: bool,
    /// What the office has not set yet and no mail may go without.
    pub incomplete: bool,
    /// The blackout that today lies in.
    pub blackout: Option<BlackoutNotice>,
}

/// One newsletter in the list.
#[derive(Debug)]
pub struct NewsletterLine {
    /// Its number.
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// Its state in one word.
    pub badge: Badge,
    /// Its state in a few plain words.
    pub state: String,
    /// Why it needs a person.
    pub attention: Option<String>,
    /// Arrived, of how many; only while it is under way.
    pub progress: Option<(u64, u64)>,
}

/// See [`NewslettersView`].
#[must_use]
pub fn newsletters(view: &NewslettersView) -> Markup {
    let nothing = view.waiting.is_empty()
        && view.under_way.is_empty()
        && view.sent.is_empty()
        && view.sought.is_empty();
    page(
        &view.frame,
        Section::Newsletters,
        "Newsletters",
        &html! {
            h1 { "Newsletters" }
            @if let Some(blackout) = &view.blackout { (blackout.banner()) }
            @if view.incomplete {
                div.attention {
                    p {
                        strong { "No mail can go out yet. " }
                        "The office’s name, sender address or postal address is not set. "
                        @if view.frame.admin { a href="/staff/settings" { "Set them now" } "." }
                        @else { "An admin can set them." }
                    }
                }
            }
            @if view.write { p { a.button href="/staff/releases/new" { "Write a newsletter" } } }
            @if nothing {
                p { "There is no newsletter yet. A new press release becomes a draft that waits here for you." }
            }
            (group("Needs review", &view.waiting))
            (group("Scheduled and sending", &view.under_way))
            @if !nothing { (sent(&view.sent, &view.sought, view.older.as_deref())) }
        },
    )
}

fn group(title: &str, lines: &[NewsletterLine]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { (title) }
            ul.cards {
                @for line in lines {
                    li {
                        h3 { a href={ "/staff/newsletters/" (line.id) } dir="auto" { (line.subject) } }
                        p.state { (line.badge.markup()) " " (line.state) }
                        @if let Some(attention) = &line.attention {
                            p.attention { (attention) }
                        }
                        @if let Some((arrived, total)) = line.progress {
                            progress max=(total.max(1)) value=(arrived)
                                aria-label={ "Sent of " (line.subject) } {}
                            p.hint { (count(arrived)) " of " (count(total)) }
                        }
                    }
                }
            }
        }
    }
}
