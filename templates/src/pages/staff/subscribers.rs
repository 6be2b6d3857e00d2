//! How many readers there are, and why one of them may be mailed.

use maud::{Markup, html};

use super::{Frame, ReturnItem, Section, count, page, problem, problem_of_field, returns, token};

/// The topics that somebody gets.
pub const THEIR_TOPICS: &str = "their-topics";
/// The new address of somebody.
pub const CHANGED_EMAIL: &str = "changed-email";
/// How somebody asked to be taken off.
pub const LEAVING_REASON: &str = "leaving-reason";
/// That somebody is to be erased.
pub const SURE: &str = "sure";

/// The subscribers page.
#[derive(Debug)]
pub struct SubscribersView {
    /// Around it.
    pub frame: Frame,
    /// How many stand where: the word, what it means, the number.
    pub counts: Vec<(&'static str, &'static str, u64)>,
    /// Of those with a ZIP code, how many are in the district and how many elsewhere. `None`: it is not asked.
    pub district: Option<(u64, u64)>,
    /// The address that was looked up.
    pub email: String,
    /// Those whom part of an address fits: address and status.
    pub found: Vec<(String, &'static str)>,
    /// Whether there are more of them.
    pub more_found: bool,
    /// What was typed into the form for one more person: the address.
    pub new_email: String,
    /// And how they asked for it.
    pub new_consent: String,
    /// How somebody asked to be taken off, as it was typed where it does not do.
    pub leaving_reason: String,
    /// Whether the error is about that form.
    pub adds: bool,
    /// What is known of it.
    pub evidence: Option<Evidence>,
    /// What was typed as their new address and could not be taken.
    pub changed_email: String,
    /// Of a form of the person who is shown: the field that the error is about. That form is open.
    pub wrong_field: Option<&'static str>,
    /// Why nothing could be shown.
    pub error: Option<String>,
    /// Nothing was typed to look for: it says what to type.
    pub asks: bool,
}

/// What is known of one address.
#[derive(Debug)]
pub struct Evidence {
    /// As it was typed when it was signed up.
    pub email: String,
    /// The address of their page, which names nobody; none: there is nothing but a request that waits.
    pub page: Option<String>,
    /// Its status.
    pub status: String,
    /// Since when, in the office's zone.
    pub since: String,
    /// What it gets, and how often where that is not each release by itself.
    pub topics: Vec<String>,
    /// In which language, as staff call it; empty: none is known.
    pub language: String,
    /// What they said of themselves: what was asked, and the answer.
    pub about: Vec<(String, String)>,
    /// What came back of mail to them, newest first.
    pub returns: Vec<ReturnItem>,
    /// Whether it gets newsletters.
    pub subscribed: bool,
    /// Whether it asked and has not confirmed yet.
    pub pending: bool,
    /// What it can get: whether it does, the topic's short name and its name.
    pub choices: Vec<(bool, String, String)>,
    /// What was delivered to it: a sentence.
    pub mailed: String,
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
    let wrong = view.error.is_some() && !view.adds && view.wrong_field.is_none();
    let error = view.error.as_deref().filter(|_| !view.adds);
    page(
        &view.frame,
        Section::Subscribers,
        "Subscribers",
        &html! {
            h1 { "Subscribers" }
            p.links {
                a href="/staff/topics" { "Topics" }
                " · " a href="/staff/subscribers/growth" { "Growth" }
                @if view.frame.admin { " · " a href="/staff/import" { "Import a list" } }
                @if view.frame.editor { " · " a href="/staff/events" { "Sign up at an event" } }
                " · " a href="/staff/website-form" { "Form on your website" }
            }
            @if view.counts.is_empty() { p { "Nobody has signed up yet." } }
            dl {
                @for (word, means, number) in &view.counts {
                    div { dt { strong { (word) } ": " (means) } dd { (count(*number)) } }
                }
            }
            @if let Some((inside, outside)) = view.district {
                p { "Of the confirmed subscribers, " (count(inside)) " gave a ZIP code in the district, " (count(outside)) " one elsewhere." }
            }
            @if view.frame.admin {
                section aria-labelledby="evidence-title" {
                    h2 id="evidence-title" { "Find a subscriber" }
                    @match view.wrong_field {
                        Some(field) => (problem_of_field(error, field)),
                        None => (problem(error)),
                    }
                    @if view.asks { p.note id="asks" { "Type an email address, or a part of one, such as “smith” or “@example.org”." } }
                    form method="post" action="/staff/subscribers" {
                        (token(&view.frame.form_token))
                        label for="email" { "Email address, or part of it" }
                        p.hint id="email-hint" { "Shows what was asked, clicked and from where. The log notes that you looked." }
                        input id="email" name="email" type="search" autocomplete="off" required value=(view.email)
                            aria-describedby=(if wrong { "email-hint problem" } else { "email-hint" });
                        button.primary { "Show history" }
                    }
                    (found(view))
                    @if let Some(evidence) = &view.evidence { (story(view, evidence)) }
                }
                (one_more(view))
                (whole_list(view))
            }
        },
    )
}

/// Somebody asked on paper or on the phone.
fn one_more(view: &SubscribersView) -> Markup {
    html! {
        details open[view.adds] {
            summary { "Add one person" }
            (problem(view.error.as_deref().filter(|_| view.adds)))
            form method="post" action="/staff/subscribers/add" {
                (token(&view.frame.form_token))
                label for="new-email" { "Email address" }
                input id="new-email" name="email" type="email" autocomplete="off" required value=(view.new_email)
                    aria-describedby=[view.adds.then_some("problem")];
                label for="new-consent" { "How they asked for it" }
                p.hint id="new-consent-hint" { "Kept as the evidence, such as: asked on the phone on May 1, 2026, and spelled the address." }
                textarea id="new-consent" name="consent" rows="2" required aria-describedby="new-consent-hint" { (view.new_consent) }
                button { "Add this person" }
            }
        }
    }
}

/// The list as a file.
fn whole_list(view: &SubscribersView) -> Markup {
    html! {
        details {
            summary { "Export the list" }
            form method="post" action="/staff/subscribers/export" {
                (token(&view.frame.form_token))
                p.hint { "Everybody who was ever known, with topics and evidence, as a file for a spreadsheet or another Gazette. It holds whole addresses: the log notes that you took it along." }
                button { "Download the list (CSV)" }
            }
        }
    }
}

fn found(view: &SubscribersView) -> Markup {
    html! {
        @if !view.found.is_empty() {
            ul.cards {
                @for (email, status) in &view.found {
                    li {
                        form.row method="post" action="/staff/subscribers" {
                            (token(&view.frame.form_token))
                            input type="hidden" name="email" value=(email);
                            span { strong { (email) } " " (status) }
                            button aria-label={ "Show history of " (email) } { "Show history" }
                        }
                    }
                }
            }
            @if view.more_found { p.hint { "There are more. Type more of the address." } }
        }
    }
}

/// What they may have asked for on the phone or by letter.
fn changes(view: &SubscribersView, evidence: &Evidence) -> Markup {
    let is_wrong = |field| view.wrong_field == Some(field);
    let typed = is_wrong(CHANGED_EMAIL);
    html! {
        @if evidence.choices.len() > 1 {
            details open[is_wrong(THEIR_TOPICS)] {
                summary { "Change what they get" }
                form method="post" action="/staff/subscribers/choose" {
                    (token(&view.frame.form_token))
                    input type="hidden" name="email" value=(evidence.email);
                    fieldset id=(THEIR_TOPICS) tabindex="-1" aria-describedby=[is_wrong(THEIR_TOPICS).then_some("problem")] {
                        legend { "Topics" }
                        @for (chosen, slug, name) in &evidence.choices {
                            label.choice { input type="checkbox" name="topic" value=(slug) checked[*chosen]; " " (name) }
                        }
                    }
                    button { "Save the topics" }
                }
            }
        }
        details open[typed] {
            summary { "Change their address" }
            form method="post" action="/staff/subscribers/address" {
                (token(&view.frame.form_token))
                input type="hidden" name="email" value=(evidence.email);
                label for="changed-email" { "New email address" }
                p.hint id="changed-email-hint" { "It gets a link to confirm the change. Until that is followed, nothing changes." }
                input id="changed-email" name="new_email" type="email" autocomplete="off" required value=(view.changed_email)
                    aria-describedby=(if typed { "changed-email-hint problem" } else { "changed-email-hint" });
                button { "Send the link" }
            }
        }
    }
}

fn story(view: &SubscribersView, evidence: &Evidence) -> Markup {
    html! {
        section aria-labelledby="person-title" data-page=[&evidence.page] {
            h3 id="person-title" { (evidence.email) }
            @if let Some(page) = &evidence.page { p.links { a href=(page) { "This person’s own page" } } }
            p { strong { (evidence.status) } " since " (evidence.since)
                @if !evidence.topics.is_empty() { "; gets " (evidence.topics.join(", ")) }
                @if !evidence.language.is_empty() { ", in " (evidence.language) } "." }
            @if !evidence.mailed.is_empty() { p { (evidence.mailed) } }
            @if !evidence.about.is_empty() {
                dl { @for (asked, answer) in &evidence.about { div { dt { (asked) } dd.plain { (answer) } } } }
            }
            @if evidence.pending {
                form method="post" action="/staff/subscribers/resend" {
                    (token(&view.frame.form_token))
                    input type="hidden" name="email" value=(evidence.email);
                    button { "Send the confirmation email again" }
                }
            }
            @if evidence.subscribed {
                (changes(view, evidence))
                details open[!view.leaving_reason.is_empty() || view.wrong_field == Some(LEAVING_REASON)] {
                    summary { "Unsubscribe this person" }
                    form method="post" action="/staff/subscribers/unsubscribe" {
                        (token(&view.frame.form_token))
                        input type="hidden" name="email" value=(evidence.email);
                        p { "For who asks for it on the phone or by letter. They get no more newsletters." }
                        label for="leaving-reason" { "How did they ask, and why? (optional)" }
                        p.hint id="leaving-reason-hint" { "Such as: by phone on Tuesday, moved to another state. It is kept with the evidence, and they may see it." }
                        input id="leaving-reason" name="reason" autocomplete="off" aria-describedby="leaving-reason-hint" value=(view.leaving_reason);
                        button.danger { "Unsubscribe " (evidence.email) }
                    }
                }
            }
            div.row {
                form method="post" action="/staff/subscribers/download" {
                    (token(&view.frame.form_token))
                    input type="hidden" name="email" value=(evidence.email);
                    button { "Download what is known" }
                }
            }
            details open[view.wrong_field == Some(SURE)] {
                summary { "Erase this person" }
                form method="post" action="/staff/subscribers/erase" {
                    (token(&view.frame.form_token))
                    input type="hidden" name="email" value=(evidence.email);
                    p { "For who asks that everything about them is deleted. They are never mailed again." }
                    label.choice for=(SURE) { input id=(SURE) type="checkbox" name="sure" value="yes" aria-describedby=[(view.wrong_field == Some(SURE)).then_some("problem")]; " I am sure. This cannot be undone." }
                    button.danger { "Erase " (evidence.email) }
                }
            }
            ol.timeline {
                @for event in &evidence.events {
                    li {
                        h4 { (event.event) }
                        p.state { (event.at) }
                        @if !event.details.is_empty() {
                            details {
                                summary { "Evidence" span.hidden { ": " (event.event) ", " (event.at) } }
                                dl { @for (name, value) in &event.details { div { dt { (name) } dd.plain { (value) } } } }
                            }
                        }
                    }
                }
            }
        }
        (returns::of_person(&evidence.returns))
    }
}
