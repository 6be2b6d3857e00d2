//! What came back: bounces, complaints, replies, and why Gazette did what it did.

use maud::{Markup, html};

use super::{Frame, Section, count, page, problem, token};

/// The list.
#[derive(Debug)]
pub struct ReturnsView {
    /// Around it.
    pub frame: Frame,
    /// Whether this person may file and undo.
    pub editor: bool,
    /// How many wait for somebody to look at them.
    pub set_aside: u64,
    /// Days for which the raw mail is kept.
    pub keep_days: u32,
    /// From which rate of complaints on approvers are told: "0.1 %".
    pub told_from: String,
    /// From which rate on a newsletter is paused.
    pub paused_from: String,
    /// So many readers at least.
    pub paused_by: u64,
    /// What can be chosen to show: value and words, and whether it is chosen.
    pub shows: Vec<(&'static str, &'static str, bool)>,
    /// The topics: slug, name, and whether it is chosen.
    pub topics: Vec<(String, String, bool)>,
    /// The provider that was asked for.
    pub provider: String,
    /// The newsletter that was asked for: id and subject.
    pub newsletter: Option<(i64, String)>,
    /// Newest first.
    pub lines: Vec<ReturnItem>,
    /// The address of the next page.
    pub older: Option<String>,
    /// Newsletters that readers called spam.
    pub rates: Vec<RateLine>,
}

/// One return.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words are the list's own")]
pub struct ReturnItem {
    pub id: i64,
    pub at: String,
    /// What it is: "Did not arrive".
    pub kind: &'static str,
    /// What was done: "Mail to this reader stopped".
    pub state: String,
    pub newsletter: Option<(i64, String)>,
    pub topic: Option<String>,
    pub provider: String,
    pub why: String,
}

/// How many of a newsletter's readers called it spam.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words are the table's own")]
pub struct RateLine {
    pub newsletter: i64,
    pub subject: String,
    pub topic: String,
    /// "all", or the domain.
    pub provider: String,
    pub complaints: u64,
    pub accepted: u64,
    /// "0.12 %".
    pub rate: String,
    /// What follows from it; empty: nothing.
    pub verdict: &'static str,
}

/// See [`ReturnsView`].
#[must_use]
pub fn returns(view: &ReturnsView) -> Markup {
    page(
        &view.frame,
        Section::Returns,
        "What came back",
        &html! {
            h1 { "What came back" }
            p {
                "Bounces, complaints, answers and unsubscribes by mail, and what Gazette did about each. The mail itself is kept for "
                (view.keep_days) " days."
                @if view.frame.admin { " " a href="/staff/returns/setup" { "Set up and test" } }
            }
            @if view.set_aside > 0 {
                div.attention {
                    p { strong { (count(view.set_aside)) } " could not be understood and changed nothing. Please look at them." }
                    p.go { a href="/staff/returns?show=set-aside" { "Show them" } }
                    @if view.editor {
                        form method="post" action="/staff/returns/file" {
                            (token(&view.frame.form_token))
                            button { "File all: somebody has looked" }
                        }
                    }
                }
            }
            p.go { a href="/staff/returns/reports" { "Who sends as the office: what other mail systems report" } }
            (filter(view))
            @if view.lines.is_empty() { p { "Nothing came back." } }
            ol.cards {
                @for line in &view.lines { (item(line, "h2")) }
            }
            @if let Some(older) = &view.older { p { a href=(older) { "Older" } } }
            (rates(view))
        },
    )
}

fn filter(view: &ReturnsView) -> Markup {
    html! {
        form method="get" action="/staff/returns" {
            @if let Some((id, subject)) = &view.newsletter {
                input type="hidden" name="newsletter" value=(id);
                p { "Only of: " strong { (subject) } " · " a href="/staff/returns" { "show all newsletters" } }
            }
            div.row {
                div {
                    label for="show" { "Show" }
                    select id="show" name="show" {
                        @for (value, words, chosen) in &view.shows { option value=(value) selected[*chosen] { (words) } }
                    }
                }
                div {
                    label for="topic" { "Topic" }
                    select id="topic" name="topic" {
                        option value="" { "All topics" }
                        @for (slug, name, chosen) in &view.topics { option value=(slug) selected[*chosen] { (name) } }
                    }
                }
                div {
                    label for="provider" { "Mail provider" }
                    input id="provider" name="provider" type="text" autocomplete="off" placeholder="gmail.com" value=(view.provider);
                }
                button { "Show" }
            }
        }
    }
}

fn item(line: &ReturnItem, heading: &str) -> Markup {
    let title = html! { a href={ "/staff/returns/" (line.id) } { (line.kind) span.hidden { ", " (line.at) } } };
    html! {
        li {
            @if heading == "h2" { h2 { (title) } } @else { h4 { (title) } }
            p.state {
                (line.at) " · " (line.state)
                @if !line.provider.is_empty() { " · " (line.provider) }
                @if let Some(topic) = &line.topic { " · " (topic) }
            }
            p { (line.why) }
            @if let Some((id, subject)) = &line.newsletter {
                p.hint { "Newsletter: " a href={ "/staff/newsletters/" (id) } { (subject) } }
            }
        }
    }
}

fn rates(view: &ReturnsView) -> Markup {
    html! {
        section aria-labelledby="rates-title" {
            h2 id="rates-title" { "Called spam, in the last 30 days" }
            p.hint {
                "Mailbox providers ask for less than 0.1 %, and stop delivering from 0.3 % on. From " (view.told_from)
                " on approvers are told; at " (view.paused_from) " (" (count(view.paused_by)) " readers at least) Gazette pauses the newsletter."
            }
            @if view.rates.is_empty() {
                p { "Nobody called a newsletter spam." }
            } @else {
                div.scroll role="group" aria-labelledby="rates-title" tabindex="0" {
                    table {
                        thead { tr {
                            th scope="col" { "Newsletter" } th scope="col" { "Topic" } th scope="col" { "Mail provider" }
                            th scope="col" { "Called it spam" } th scope="col" { "Delivered" } th scope="col" { "Rate" }
                        } }
                        tbody {
                            @for rate in &view.rates {
                                tr {
                                    th scope="row" { a href={ "/staff/newsletters/" (rate.newsletter) } { (rate.subject) } }
                                    td { (rate.topic) } td { (rate.provider) }
                                    td { (count(rate.complaints)) } td { (count(rate.accepted)) }
                                    td { (rate.rate) @if !rate.verdict.is_empty() { " · " strong { (rate.verdict) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One return, with everything that is known of it.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one thing that the page shows or not"
)]
pub struct ReturnView {
    /// Around it.
    pub frame: Frame,
    /// Whether this person may file and undo.
    pub editor: bool,
    /// What the list shows.
    pub item: ReturnItem,
    /// Every other detail: name and value.
    pub details: Vec<(&'static str, String)>,
    /// Whether it waits for somebody to look at it.
    pub can_file: bool,
    /// Whether what it did can be undone.
    pub can_undo: bool,
    /// Whether the raw mail is still kept.
    pub has_mail: bool,
    /// Why nothing was done.
    pub error: Option<String>,
}

/// See [`ReturnView`].
#[must_use]
pub fn one_return(view: &ReturnView) -> Markup {
    let path = format!("/staff/returns/{}", view.item.id);
    page(
        &view.frame,
        Section::Returns,
        "What came back",
        &html! {
            p.back { a href="/staff/returns" { "What came back" } }
            h1 { (view.item.kind) }
            (problem(view.error.as_deref()))
            p.state { (view.item.at) " · " (view.item.state) }
            h2 { "Why" }
            p { (view.item.why) }
            @if let Some((id, subject)) = &view.item.newsletter {
                p { "Newsletter: " a href={ "/staff/newsletters/" (id) } { (subject) } }
            }
            dl {
                @for (name, value) in &view.details { div { dt { (name) } dd.plain { (value) } } }
            }
            @if view.editor && view.can_undo {
                form method="post" action={ (path) "/undo" } {
                    (token(&view.frame.form_token))
                    p.hint { "The reader gets newsletters again, as before. Do this where the bounce was read wrongly, or where you know that the address works." }
                    button.primary { "Undo: keep sending to this reader" }
                }
            }
            @if view.editor && view.can_file {
                form method="post" action={ (path) "/file" } {
                    (token(&view.frame.form_token))
                    button.primary { "File it: somebody has looked" }
                }
            }
            h2 { "The mail itself" }
            @if !view.has_mail {
                p { "It is not kept any more." }
            } @else if view.frame.admin {
                p.go { a href={ (path) "/mail" } { "Show the mail as it came" } }
                p.hint { "It holds the reader’s address. The log notes that you looked." }
            } @else {
                p { "Admins can read it." }
            }
        },
    )
}

/// Where returns come in, and a test of it.
#[derive(Debug)]
pub struct ReturnSetupView {
    /// Around it.
    pub frame: Frame,
    /// The domain of return paths.
    pub bounce_domain: Option<String>,
    /// Whether newsletters offer to unsubscribe by mail.
    pub offers_mail: bool,
    /// How each way in stands: its name, and in words.
    pub ways: Vec<(&'static str, String)>,
    /// What became of the last test mail.
    pub probe: Option<String>,
    /// Whether the mailbox is set by the person who runs Gazette, so that it is not changed here.
    pub is_fixed: bool,
    /// Whether a mailbox is read that was set here.
    pub is_set: bool,
    /// What was typed.
    pub form: MailboxForm,
    /// What the test saw.
    pub report: Vec<String>,
    /// What is wrong.
    pub error: Option<String>,
}

/// The mailbox, as it was typed; the password is never shown again.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the words are the form's own")]
pub struct MailboxForm {
    pub host: String,
    pub port: String,
    pub user: String,
    pub folder: String,
    pub auth: String,
    pub client_id: String,
}

/// See [`ReturnSetupView`].
#[must_use]
pub fn return_setup(view: &ReturnSetupView) -> Markup {
    page(
        &view.frame,
        Section::Returns,
        "Set up what comes back",
        &html! {
            p.back { a href="/staff/returns" { "What came back" } }
            h1 { "Set up what comes back" }
            (problem(view.error.as_deref()))
            @if !view.report.is_empty() {
                div.note role="status" { ul { @for line in &view.report { li { (line) } } } }
            }
            h2 { "How it stands" }
            dl {
                div {
                    dt { "Bounces go to" }
                    dd.plain {
                        @match &view.bounce_domain {
                            Some(domain) => { "addresses at " (domain) },
                            None => { "the office’s own address: " a href="/staff/settings" { "set a domain for returned mail" } },
                        }
                    }
                }
                div { dt { "Unsubscribe by mail" } dd.plain { @if view.offers_mail { "offered in every newsletter" } @else { "not offered: no test mail has come back yet" } } }
                @for (name, words) in &view.ways { div { dt { (name) } dd.plain { (words) } } }
                @if let Some(probe) = &view.probe { div { dt { "Test mail" } dd.plain { (probe) } } }
            }
            form method="post" action="/staff/returns/test" {
                (token(&view.frame.form_token))
                p.hint { "Signs in to the mailbox, and sends a mail to the domain for returned mail, which should come back within minutes." }
                button.primary { "Test it" }
            }
            @if view.is_fixed {
                h2 { "The mailbox" }
                p { "The person who runs Gazette has set the mailbox, so it cannot be changed here." }
            } @else {
                (mailbox(view))
            }
        },
    )
}

/// The ways to sign in to a mailbox: as the form sends them, and in words.
const SIGN_INS: [(&str, &str); 4] = [
    ("password", "With the password"),
    ("google", "Google, with OAuth2"),
    ("microsoft", "Microsoft, with OAuth2"),
    ("oauth", "OAuth2 access token"),
];

fn mailbox(view: &ReturnSetupView) -> Markup {
    let form = &view.form;
    html! {
        section aria-labelledby="mailbox-title" {
            h2 id="mailbox-title" { "The mailbox that bounces go to" }
            p { "Gazette reads it over IMAP with TLS. It is tested before it is saved." }
            form method="post" action="/staff/returns/mailbox" {
                (token(&view.frame.form_token))
                label for="host" { "Mail server" }
                input id="host" name="host" type="text" required autocomplete="off" placeholder="imap.example.gov" value=(form.host);
                label for="port" { "Port" }
                input id="port" name="port" type="text" inputmode="numeric" required value=(if form.port.is_empty() { "993" } else { form.port.as_str() });
                label for="user" { "User" }
                input id="user" name="user" type="text" required autocomplete="off" value=(form.user);
                label for="password" { "Password, or token" }
                p.hint id="password-hint" { "Kept encrypted, and never shown again." }
                input id="password" name="password" type="password" required autocomplete="off" aria-describedby="password-hint";
                label for="folder" { "Folder" }
                input id="folder" name="folder" type="text" required value=(if form.folder.is_empty() { "INBOX" } else { form.folder.as_str() });
                label for="auth" { "How Gazette signs in" }
                select id="auth" name="auth" {
                    @for (value, words) in SIGN_INS { option value=(value) selected[form.auth == value] { (words) } }
                }
                p.hint id="client-hint" { "For Google and Microsoft: what their console gives an application. The password above is then the refresh token." }
                label for="client_id" { "Client ID" }
                input id="client_id" name="client_id" type="text" autocomplete="off" value=(form.client_id) aria-describedby="client-hint";
                label for="client_secret" { "Client secret" }
                input id="client_secret" name="client_secret" type="password" autocomplete="off" aria-describedby="client-hint";
                button { "Test and save" }
            }
            @if view.is_set {
                form method="post" action="/staff/returns/mailbox/remove" {
                    (token(&view.frame.form_token))
                    button.danger { "Stop reading this mailbox" }
                }
            }
        }
    }
}

/// What came back of mail to one person, for their page.
#[must_use]
pub(super) fn of_person(lines: &[ReturnItem]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h3 { "What came back of mail to them" }
            ol.cards { @for line in lines { (item(line, "h4")) } }
        }
    }
}
