//! The built-in mailbox: for whoever tries Gazette on their own machine, in English.

use maud::{Markup, html};

/// One line of the list.
#[derive(Debug)]
pub struct MailLine {
    /// `mailbox.id`
    pub id: i64,
    /// When it came, as a person reads it.
    pub when: String,
    /// To whom.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
}

/// The list, newest first.
#[derive(Debug)]
pub struct MailList<'a> {
    /// The address of the list, below which the mails stand.
    pub base: &'a str,
    /// The lines.
    pub mails: &'a [MailLine],
    /// The recipient it is narrowed to.
    pub recipient: &'a str,
    /// Address of the page with the next older ones.
    pub older: Option<String>,
}

/// The list.
#[must_use]
pub fn list(list: &MailList<'_>) -> Markup {
    html! {
        h1 { "Built-in mailbox" }
        p { "No relay is set, so mail stays on this machine and is shown here alone." }
        form method="get" action=(list.base) {
            label for="recipient" { "Only mail to" }
            input type="email" id="recipient" name="recipient" value=(list.recipient) autocomplete="off";
            button class="quiet" { "Show" }
        }
        @if list.mails.is_empty() {
            p role="status" { "No mail yet." }
        } @else {
            ul class="archive" {
                @for mail in list.mails {
                    li {
                        a href={ (list.base) "/" (mail.id) } { (mail.subject) }
                        span class="muted" { "to " (mail.recipient) " · " (mail.when) }
                    }
                }
            }
        }
        @if let Some(older) = &list.older { p { a href=(older) rel="next" { "Older mail" } } }
    }
}

/// One mail.
#[derive(Debug)]
pub struct MailPage {
    /// The address of the list, below which this mail stands.
    pub base: &'static str,
    /// `mailbox.id`
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// Name and value of each header, in their order.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// Whether there is an HTML part.
    pub html: bool,
}

/// One mail: HTML in a frame that runs nothing, text, and headers.
#[must_use]
pub fn mail(page: &MailPage) -> Markup {
    html! {
        p { a href=(page.base) { "Built-in mailbox" } }
        h1 { (page.subject) }
        p { a href={ (page.base) "/" (page.id) "/source" } { "Source of this mail" } }
        @if page.html {
            h2 { "HTML part" }
            iframe class="mail" title="HTML part of the mail" sandbox="allow-popups" src={ (page.base) "/" (page.id) "/html" } {}
        }
        h2 { "Text part" }
        pre tabindex="0" role="region" aria-label="The mail as text" { (linked(&page.text)) }
        h2 { "Headers" }
        dl class="headers" {
            @for (name, value) in &page.headers {
                dt { (name) }
                dd { (value) }
            }
        }
    }
}

/// Text in which web addresses can be followed, as mail programs show it.
fn linked(text: &str) -> Markup {
    html! {
        @for piece in text.split_inclusive(char::is_whitespace) {
            @let word = piece.trim_end();
            @if word.starts_with("http://") || word.starts_with("https://") {
                a href=(word) { (word) } (&piece[word.len()..])
            } @else {
                (piece)
            }
        }
    }
}
