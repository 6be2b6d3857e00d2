//! The press list.

use maud::{Markup, html};

use super::{
    Frame, Section, count, page, problem,
    rejected::{RejectedLines, rejected},
    token, unveil,
};

/// The page.
#[derive(Debug)]
pub struct PressListView {
    /// Around it.
    pub frame: Frame,
    /// Whether this person may change the list.
    pub editor: bool,
    /// How many may be mailed.
    pub people: u64,
    /// How many of them name no newspaper or station.
    pub no_medium: u64,
    /// The newest of them.
    pub contacts: Vec<ContactLine>,
    /// Whether this person may see their addresses, which are veiled.
    pub may_unveil: bool,
    /// What was pasted.
    pub pasted: String,
    /// Where it comes from.
    pub origin: String,
    /// What of it was not taken; it stands in `pasted` again.
    pub rejected: RejectedLines,
    /// What became of what was pasted.
    pub report: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

/// One contact.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words are the table's own")]
pub struct ContactLine {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub outlet: String,
    pub origin: String,
    pub since: String,
    pub state: &'static str,
}

/// See [`PressListView`].
#[must_use]
pub fn press_list(view: &PressListView) -> Markup {
    page(
        &view.frame,
        Section::House,
        "Press list",
        &html! {
            p.back { a href="/staff/house" { "House rules" } }
            h1 { "Press list" }
            (problem(view.error.as_deref()))
            @if let Some(report) = &view.report { p.done role="status" { (report) } }
            p { strong { (count(view.people)) } " may be mailed; " strong { (count(view.no_medium)) } " of them without an outlet." }
            p {
                "A news release may go to the media at any time. Contacts without an outlet count as unsolicited. 500 or more "
                "make this a mass communication, not allowed during a blackout. Anything but a news release counts for everyone "
                "on the list. Each email has a one-click unsubscribe link. Who used it is not mailed again, also when a list "
                "that you paste names them."
            }
            @if view.editor { (form(view)) }
            (contacts(view))
        },
    )
}

fn form(view: &PressListView) -> Markup {
    html! {
        section aria-labelledby="add-title" {
            h2 id="add-title" { "Add addresses" }
            (rejected(&view.rejected))
            form method="post" action="/staff/press-list" {
                (token(&view.frame.form_token))
                label for="lines" { "Addresses" }
                p.hint id="lines-hint" { "One on a line: address, name, newspaper or station, with commas between." }
                textarea id="lines" name="lines" rows="6" required aria-describedby="lines-hint" { (view.pasted) }
                label for="origin" { "Where do they come from?" }
                p.hint id="origin-hint" { "Such as: press gallery directory, May 2026." }
                input id="origin" name="origin" type="text" required autocomplete="off" value=(view.origin)
                    aria-describedby="origin-hint";
                button.primary { "Add to the press list" }
            }
        }
    }
}

fn contacts(view: &PressListView) -> Markup {
    html! {
        @if !view.contacts.is_empty() {
            section aria-labelledby="contacts-title" {
                h2 id="contacts-title" { "Who is on it" }
                @if view.may_unveil { (unveil(&view.frame.form_token, "/staff/press-list/addresses")) }
                div.scroll role="group" aria-labelledby="contacts-title" tabindex="0" {
                    table aria-labelledby="contacts-title" {
                        thead { tr {
                            th scope="col" { "Address" } th scope="col" { "Name" } th scope="col" { "Newspaper or station" }
                            th scope="col" { "Comes from" } th scope="col" { "Since" } th scope="col" { "Stands" }
                            @if view.editor { th scope="col" { "Change" } }
                        } }
                        tbody {
                            @for contact in &view.contacts {
                                tr {
                                    th scope="row" { (contact.email) }
                                    td { (contact.name) } td { (contact.outlet) } td { (contact.origin) }
                                    td { (contact.since) } td { (contact.state) }
                                    @if view.editor {
                                        td {
                                            form method="post" action="/staff/press-list/remove" {
                                                (token(&view.frame.form_token))
                                                input type="hidden" name="contact" value=(contact.id);
                                                button.danger { "Remove" span.hidden { " " (contact.email) } }
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
    }
}
