//! Home: what needs a decision first.

use std::fmt::Write;

use maud::{Markup, html};

use super::{
    Badge, BlackoutNotice, Frame, SECTIONS, Section, count, page, people_of,
    sent_table::{SentMonth, sent},
    token,
};

/// The first page after a sign-in.
#[derive(Debug)]
pub struct HomeView {
    /// Around it.
    pub frame: Frame,
    /// The blackout that today lies in.
    pub blackout: Option<BlackoutNotice>,
    /// Newsletters that need a decision.
    pub waiting: Vec<WaitingCard>,
    /// Newsletters that need the decision of somebody else.
    pub with_others: Vec<WaitingCard>,
    /// Whether who looks at the page decides about anything.
    pub decides: bool,
    /// Whether there are more of them.
    pub more_waiting: bool,
    /// Releases that need one.
    pub held: Vec<HeldLine>,
    /// What does not work, in plain words.
    pub trouble: Vec<String>,
    /// How the office stands.
    pub stand: Stand,
    /// The first weeks' tasks; empty once all are done.
    pub tasks: Vec<Task>,
    /// The last that were sent.
    pub sent: Vec<SentMonth>,
    /// The address of older ones, where there are any.
    pub older: Option<String>,
}

/// A newsletter that needs a decision.
#[derive(Debug)]
pub struct WaitingCard {
    /// Its number.
    pub id: i64,
    /// Its state in one word.
    pub badge: Badge,
    /// Its subject.
    pub subject: String,
    /// How it begins.
    pub beginning: String,
    /// How many would get it.
    pub people: Option<u64>,
    /// Who asks for approval: a sentence.
    pub asked: Option<String>,
    /// Why it needs a person.
    pub attention: Option<String>,
}

/// A release that needs a decision.
#[derive(Debug)]
pub struct HeldLine {
    /// Its number.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Why it is held.
    pub why: String,
    /// Whether this person may decide.
    pub decide: bool,
}

/// How the office stands.
#[derive(Debug, Default)]
pub struct Stand {
    /// Who gets newsletters.
    pub confirmed: u64,
    /// How many of them are new this month.
    pub joined: u64,
    /// How many left this month.
    pub left: u64,
    /// Those that are on their way to readers.
    pub under_way: Vec<UnderWay>,
    /// The next one to be sent: number, subject, when.
    pub next: Option<(i64, String, String)>,
    /// The last one that anybody got.
    pub last: Option<LastSent>,
}

/// A newsletter that is being sent, or was stopped for now.
#[derive(Debug)]
pub struct UnderWay {
    /// Its number.
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// How many got it so far.
    pub delivered: u64,
    /// Of how many.
    pub total: u64,
    /// How many are still to be tried for the first time.
    pub waiting: u64,
    /// How many are being retried, and until when; none: nobody is.
    pub retried: Option<(u64, String)>,
    /// Whether it was paused.
    pub is_paused: bool,
}

impl UnderWay {
    /// How far it is, in a sentence or two.
    fn says(&self) -> String {
        let mut says = if self.is_paused {
            format!(
                "Paused. Sent to {} of {}.",
                count(self.delivered),
                count(self.total)
            )
        } else if self.waiting > 0 || self.total == 0 {
            format!(
                "Sending: {} of {} so far.",
                count(self.delivered),
                count(self.total)
            )
        } else {
            format!("Sent to {}.", count(self.delivered))
        };
        if let Some((people, until)) = &self.retried {
            let are = if *people == 1 { "is" } else { "are" };
            let until = until.trim_end_matches('.');
            let _ = write!(
                says,
                " {} {are} being retried until {until}.",
                count(*people)
            );
        }
        says
    }
}

/// A newsletter that was sent, to all or to some.
#[derive(Debug)]
pub struct LastSent {
    /// Its number.
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// How many got it.
    pub delivered: u64,
    /// Of how many.
    pub total: u64,
    /// Whether it was cancelled before the others got it.
    pub is_cancelled: bool,
}

/// Something to do in the first weeks.
#[derive(Debug)]
pub struct Task {
    /// Whether it is done.
    pub done: bool,
    /// What it is.
    pub words: &'static str,
    /// Where it is done.
    pub href: &'static str,
}

/// See [`HomeView`].
#[must_use]
pub fn home(view: &HomeView) -> Markup {
    let nothing = view.waiting.is_empty() && view.held.is_empty() && view.trouble.is_empty();
    // Of who decides about nothing, all waits for others.
    let (decides, others) = (view.decides, !view.with_others.is_empty());
    page(
        &view.frame,
        Section::Home,
        "Home",
        &html! {
            h1 { "Home" }
            @if let Some(blackout) = &view.blackout { (blackout.banner()) }
            section aria-labelledby="waits-title" {
                h2 id="waits-title" { @if decides { "Needs your decision" } @else { "Waits for a decision" } }
                @if nothing && !decides && !others { p { "Nothing. A new press release becomes a draft, and an approver decides about it." } }
                @if nothing && decides { p { "Nothing. A new press release becomes a draft that waits here for you." } }
                @for line in &view.trouble { p.attention { strong { "Trouble: " } (line) } }
                @if !view.waiting.is_empty() {
                    ul.cards { @for card in &view.waiting { (waiting(card, "Review")) } }
                }
                @if !decides && others { ul.cards { @for card in &view.with_others { (waiting(card, "Read")) } } }
                @if view.more_waiting { p { a href="/staff/newsletters" { "All that need a decision" } } }
                @if !view.held.is_empty() {
                    ul.cards { @for line in &view.held { (held(&view.frame, line)) } }
                    p.go { a href="/staff/releases" { "All releases that wait for a decision" } }
                }
            }
            @if decides && others {
                section aria-labelledby="others-title" {
                    h2 id="others-title" { "Waits for somebody else" }
                    p.hint { "You wrote or changed these texts, so in your office somebody else approves them." }
                    ul.cards { @for card in &view.with_others { (waiting(card, "Read")) } }
                }
            }
            (stand(&view.stand))
            @if !view.tasks.is_empty() {
                section aria-labelledby="tasks-title" {
                    h2 id="tasks-title" { "First weeks" }
                    ul.tasks {
                        @for task in &view.tasks {
                            li {
                                @if task.done { span.badge.sent { "Done" } " " (task.words) }
                                @else { span.badge { "To do" } " " a href=(task.href) { (task.words) } }
                            }
                        }
                    }
                }
            }
            @if !view.sent.is_empty() { (sent(&view.sent, "", view.older.as_deref())) }
        },
    )
}

fn waiting(card: &WaitingCard, verb: &str) -> Markup {
    let here = format!("/staff/newsletters/{}", card.id);
    html! {
        li {
            p.state { (card.badge.markup()) @if let Some(people) = card.people { " " (people_of(people)) } }
            h3 { a href=(here) { (card.subject) } }
            @if !card.beginning.is_empty() { p { (card.beginning) } }
            @if let Some(asked) = &card.asked { p { (asked) } }
            @if let Some(attention) = &card.attention { p.attention { (attention) } }
            p { a.button href=(here) aria-label={ (verb) " " (card.subject) } { (verb) } }
        }
    }
}

fn held(frame: &Frame, line: &HeldLine) -> Markup {
    html! {
        li {
            p.state { (Badge::Held.markup()) " Press release" }
            h3 { (line.title) }
            p { (line.why) }
            @if line.decide {
                div.row {
                    form method="post" action={ "/staff/releases/" (line.id) "/release" } {
                        (token(&frame.form_token))
                        button aria-label={ "Approve release " (line.title) } { "Approve release" }
                    }
                    form method="post" action={ "/staff/releases/" (line.id) "/drop" } {
                        (token(&frame.form_token))
                        button.quiet aria-label={ "Don’t send " (line.title) } { "Don’t send" }
                    }
                }
            }
        }
    }
}

fn stand(stand: &Stand) -> Markup {
    html! {
        section aria-labelledby="stand-title" {
            h2 id="stand-title" { "How you stand" }
            dl {
                div {
                    dt { "Subscribers" }
                    dd { a href="/staff/subscribers" { (count(stand.confirmed)) } }
                    dd.plain { (count(stand.joined)) " joined and " (count(stand.left)) " left this month" }
                }
                @if !stand.under_way.is_empty() {
                    div {
                        dt { "Now" }
                        @for newsletter in &stand.under_way {
                            dd.plain { a href={ "/staff/newsletters/" (newsletter.id) } dir="auto" { (newsletter.subject) } }
                            dd.plain { (newsletter.says()) }
                        }
                    }
                }
                div {
                    dt { "Next" }
                    @match &stand.next {
                        Some((id, subject, at)) => {
                            dd.plain { a href={ "/staff/newsletters/" (id) } dir="auto" { (subject) } }
                            dd.plain { (at) }
                        },
                        None if stand.under_way.is_empty() => dd.plain { "Nothing is scheduled." },
                        None => dd.plain { "Nothing more is scheduled." },
                    }
                }
                div {
                    dt { "Last" }
                    @match &stand.last {
                        Some(last) => {
                            dd.plain { a href={ "/staff/newsletters/" (last.id) } dir="auto" { (last.subject) } }
                            dd.plain { (count(last.delivered)) " of " (count(last.total)) " delivered" @if last.is_cancelled { ", then cancelled" } }
                        },
                        None if stand.under_way.is_empty() => dd.plain { "Nothing was sent yet." },
                        None => dd.plain { "None has ended yet." },
                    }
                }
            }
        }
    }
}

/// All pages, for a phone.
#[must_use]
pub fn more(frame: &Frame) -> Markup {
    page(
        frame,
        Section::More,
        "More",
        &html! {
            h1 { "More" }
            ul.menu {
                @for (_, href, label, admin) in SECTIONS {
                    @if !admin || frame.admin { li { a href=(href) { (label) } } }
                }
                li { a href="/staff/notices" { "Notifications" } }
                li { a href="/staff/account" { "Your account" } }
            }
            p.hint { (frame.email) " (" (frame.role) ")" }
            form method="post" action="/staff/logout" {
                (token(&frame.form_token))
                button { "Sign out" }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_is_told_as_its_own_page_tells_it() {
        let one = |waiting, retried: Option<(u64, &str)>| UnderWay {
            id: 1,
            subject: "A bridge opens".to_owned(),
            delivered: 5_918,
            total: 6_000,
            waiting,
            retried: retried.map(|(people, until)| (people, until.to_owned())),
            is_paused: false,
        };
        let retried = Some((30, "Thursday, 9:00 a.m."));
        assert_eq!(one(82, None).says(), "Sending: 5,918 of 6,000 so far.");
        assert_eq!(
            one(0, retried).says(),
            "Sent to 5,918. 30 are being retried until Thursday, 9:00 a.m."
        );
        let page = stand(&Stand {
            under_way: vec![one(0, retried)],
            ..Stand::default()
        })
        .into_string();
        assert!(page.contains("30 are being retried"), "{page}");
        for said in ["Nothing is scheduled.", "Nothing was sent yet."] {
            assert!(!page.contains(said), "{page}");
            assert!(stand(&Stand::default()).into_string().contains(said));
        }
    }
}
