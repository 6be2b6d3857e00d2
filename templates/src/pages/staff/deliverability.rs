//! Whether mailbox providers will take the mail.

use maud::{Markup, html};

use super::{Frame, Section, count, page, token};

/// The deliverability page.
#[derive(Debug)]
pub struct DeliverabilityView {
    /// Around it.
    pub frame: Frame,
    /// When somebody looked last; `None`: not since Gazette was started.
    pub at: Option<String>,
    /// How many findings keep mail from going or from being taken.
    pub faults: u64,
    /// How many make it go less well.
    pub warnings: u64,
    /// What was found, what needs somebody first.
    pub findings: Vec<FindingView>,
    /// What belongs into the DNS.
    pub records: Vec<DnsRecordView>,
    /// What was said with each mail server that takes our mail.
    pub conversations: Vec<ConversationView>,
}

/// What was said with a mail server until it was ready for mail, or refused.
#[derive(Debug)]
pub struct ConversationView {
    /// Its name and port.
    pub relay: String,
    /// Why no mail can go to it; `None`: it is ready.
    pub failed: Option<String>,
    /// Who said it, empty where nobody did, and what.
    pub lines: Vec<(&'static str, String)>,
}

/// One finding.
#[derive(Debug)]
pub struct FindingView {
    /// `Fix`, `Check`, `Note` or `OK`.
    pub severity: &'static str,
    /// What it is about.
    pub about: String,
    /// What it is.
    pub what: String,
    /// Who does something about it, and what.
    pub remedy: Option<(&'static str, String)>,
    /// The page on which it is done: what the link says, and where it leads.
    pub page: Option<(&'static str, &'static str)>,
}

/// A TXT record.
#[derive(Debug)]
pub struct DnsRecordView {
    /// Where.
    pub name: String,
    /// Its text in one piece.
    pub text: String,
    /// Whether it stands there.
    pub stands: bool,
}

/// See [`DeliverabilityView`].
#[must_use]
pub fn deliverability(view: &DeliverabilityView) -> Markup {
    let (fine, open): (Vec<_>, Vec<_>) = view
        .findings
        .iter()
        .partition(|finding| matches!(finding.severity, "OK" | "Note"));
    let (notes, fine): (Vec<_>, Vec<_>) = fine
        .into_iter()
        .partition(|finding| finding.severity == "Note");
    page(
        &view.frame,
        Section::Deliverability,
        "Deliverability",
        &html! {
            h1 { "Deliverability" }
            p { "Whether Gmail, Yahoo, Outlook and others will take your newsletters, and what to do where they will not." }
            (verdict(view))
            form method="post" action="/staff/deliverability/check" {
                (token(&view.frame.form_token))
                button.primary { @if view.at.is_some() { "Check again" } @else { "Check now" } }
                p.hint { "Asks name servers and mail servers, as a mailbox provider would. It takes some seconds and changes nothing." }
            }
            @if !open.is_empty() {
                section aria-labelledby="open-title" {
                    h2 id="open-title" { "Needs attention" }
                    ul.checks { @for finding in &open { (item(finding)) } }
                }
            }
            @if !view.conversations.is_empty() { (conversations(view)) }
            @if !view.records.is_empty() { (records(view)) }
            @if !notes.is_empty() {
                details {
                    summary { "Worth knowing: " (count(notes.len() as u64)) }
                    ul.checks { @for finding in &notes { (item(finding)) } }
                }
            }
            @if !fine.is_empty() {
                details {
                    summary { (count(fine.len() as u64)) " things are as they should be" }
                    ul.checks { @for finding in &fine { (item(finding)) } }
                }
            }
        },
    )
}

fn verdict(view: &DeliverabilityView) -> Markup {
    html! {
        @match &view.at {
            None => p { "Nobody has checked since Gazette was started." },
            Some(at) => {
                @if view.faults > 0 {
                    p.attention { strong { (count(view.faults)) @if view.faults == 1 { " thing" } @else { " things" } " to fix" } @if view.warnings > 0 { ", " (count(view.warnings)) " to look at" } "." }
                } @else if view.warnings > 0 {
                    p.attention { "Mail goes. " (count(view.warnings)) @if view.warnings == 1 { " thing" } @else { " things" } " to look at." }
                } @else {
                    p.done { "All is as it should be." }
                }
                p.hint { "Checked " (at) "." }
            },
        }
    }
}

fn item(finding: &FindingView) -> Markup {
    let kind = match finding.severity {
        "Fix" => "stop",
        "Check" => "look",
        _ => "ok",
    };
    html! {
        li class=(kind) {
            p { strong { (finding.about) } ": " span.severity { (finding.severity) } }
            p { (finding.what) }
            @if let Some((who, remedy)) = &finding.remedy { p { (who) (remedy) } }
            @if let Some((label, page)) = finding.page { p { a href=(page) { (label) } } }
        }
    }
}

fn conversations(view: &DeliverabilityView) -> Markup {
    html! {
        section aria-labelledby="conversations-title" {
            h2 id="conversations-title" { "Mail servers that take our mail" }
            ul.cards {
                @for conversation in &view.conversations {
                    li {
                        p.state { @if conversation.failed.is_some() { span.badge.review { "Takes no mail" } } @else { span.badge.sent { "Ready for mail" } } }
                        h3 { (conversation.relay) }
                        @if let Some(why) = &conversation.failed { p { (why) } }
                        @if !conversation.lines.is_empty() {
                            details open[conversation.failed.is_some()] {
                                summary { "What was said" span.hidden { " with " (conversation.relay) } }
                                p.hint { "Its operator will ask for this. No password stands in it." }
                                ol.said {
                                    @for (who, line) in &conversation.lines {
                                        li { @if who.is_empty() { em { (line) } } @else { b { (who) ": " } code { (line) } } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn records(view: &DeliverabilityView) -> Markup {
    html! {
        section aria-labelledby="records-title" {
            h2 id="records-title" { "DNS records" }
            p { "Whoever looks after your domain adds these as TXT records." }
            ul.cards {
                @for (number, record) in view.records.iter().enumerate() {
                    li {
                        p.state { @if record.stands { span.badge.sent { "Published" } } @else { span.badge.review { "To be published" } } }
                        h3 { (record.name) }
                        (copied(&format!("record-{number}-name"), "Name", &record.name, &record.name))
                        (copied(&format!("record-{number}-text"), "Text", &record.text, &record.name))
                    }
                }
            }
        }
    }
}

/// A field to copy from; the button appears where there is a script.
fn copied(id: &str, label: &str, value: &str, of: &str) -> Markup {
    html! {
        label for=(id) { (label) span.hidden { " of " (of) } }
        div.copied {
            input id=(id) type="text" readonly value=(value);
            button type="button" data-copy=(id) hidden { "Copy" span.hidden { " " (label) " of " (of) } }
        }
    }
}
