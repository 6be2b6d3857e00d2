//! Who may sign in.

use maud::{Markup, html};

use super::{Frame, Section, page, problem, token};

/// The staff page.
#[derive(Debug)]
pub struct PeopleView {
    /// Around it.
    pub frame: Frame,
    /// Everyone.
    pub people: Vec<Person>,
    /// The roles, from least to most, with what each may do.
    pub roles: Vec<(&'static str, &'static str)>,
    /// A one-time link that was just made: to whom, and the link.
    pub link: Option<(String, String)>,
    /// Whether mail can leave: the office is set up.
    pub can_mail: bool,
    /// What was typed into the invitation.
    pub email: String,
    /// What went wrong.
    pub error: Option<String>,
}

/// One member of staff.
#[derive(Debug)]
pub struct Person {
    /// Their number.
    pub id: i64,
    /// Their address.
    pub email: String,
    /// What they are called; may be empty.
    pub name: String,
    /// Whether they have a second step: an app or a passkey.
    pub second_step: bool,
    /// Their role.
    pub role: &'static str,
    /// When they signed in last; `None`: never.
    pub signed_in: Option<String>,
    /// In how many browsers they are signed in.
    pub sessions: u64,
    /// `active`, `invited`, `invitation expired` or `disabled`.
    pub state: &'static str,
    /// Whether this is who looks at the page: one cannot lock oneself out.
    pub me: bool,
}

/// See [`PeopleView`].
#[must_use]
pub fn people(view: &PeopleView) -> Markup {
    let wrong = view.error.is_some();
    page(
        &view.frame,
        Section::Staff,
        "Staff",
        &html! {
            h1 { "Staff" }
            @if let Some((email, link)) = &view.link {
                div.done role="status" {
                    @if view.can_mail {
                        p { "A mail with a one-time link is on its way to " (email) ". You can also hand over the link yourself; it works once, within 24 hours:" }
                    } @else {
                        p { strong { "No mail was sent to " (email) "." } " None can leave before the office’s name, sender address and postal address stand in the " a href="/staff/settings" { "settings" } ". Hand over this link yourself; it works once, within 24 hours:" }
                    }
                    p { code { (link) } }
                }
            }
            (problem(view.error.as_deref()))
            section aria-labelledby="invite-title" {
                h2 id="invite-title" { "Invite someone" }
                form method="post" action="/staff/people" {
                    (token(&view.frame.form_token))
                    label for="email" { "Email address" }
                    input id="email" name="email" type="email" autocomplete="off" required value=(view.email)
                        aria-describedby=[wrong.then_some("problem")];
                    fieldset {
                        legend { "Role" }
                        @for (place, (role, may)) in view.roles.iter().enumerate() {
                            label.choice {
                                input type="radio" name="role" value=(role) checked[place == 0];
                                " " strong { (role) } ": " (may)
                            }
                        }
                    }
                    button.primary { "Invite" }
                }
            }
            h2 { "Who may sign in" }
            ul.cards {
                @for person in &view.people {
                    li { (card(view, person)) }
                }
            }
        },
    )
}

fn card(view: &PeopleView, person: &Person) -> Markup {
    let action = |what: &str| format!("/staff/people/{}/{what}", person.id);
    let field = format!("role-{}", person.id);
    html! {
        h3 { @if person.name.is_empty() { (person.email) } @else { (person.name) " · " (person.email) } }
        p.state { (person.role) " · " (person.state) @if person.second_step { " · second step on" } @if person.me { " · this is you" } }
        @if person.state == "invitation expired" {
            p.attention { "Their link was not used within 24 hours and lets nobody in any more. Send a new one." }
        } @else if person.state != "invited" {
            p.state {
                @match &person.signed_in { Some(at) => { "Last signed in " (at) }, None => "Never signed in" }
                @match person.sessions {
                    0 => {},
                    1 => " · signed in in 1 browser",
                    many => { " · signed in in " (many) " browsers" },
                }
            }
        }
        @if !person.me {
            div.row {
                @if person.state == "disabled" {
                    form method="post" action=(action("enable")) {
                        (token(&view.frame.form_token))
                        button { "Let sign in again" span.hidden { ": " (person.email) } }
                    }
                } @else {
                    form.row method="post" action=(action("role")) {
                        (token(&view.frame.form_token))
                        label for=(field) { "Role" span.hidden { " of " (person.email) } }
                        select id=(field) name="role" {
                            @for (role, _) in &view.roles {
                                option value=(role) selected[*role == person.role] { (role) }
                            }
                        }
                        button { "Change role" span.hidden { " of " (person.email) } }
                    }
                    form method="post" action=(action("link")) {
                        (token(&view.frame.form_token))
                        button { "Send a new link" span.hidden { " to " (person.email) } }
                    }
                    @if person.second_step {
                        form method="post" action=(action("second-step")) {
                            (token(&view.frame.form_token))
                            button { "Turn off second step" span.hidden { " of " (person.email) } }
                        }
                    }
                    form method="post" action=(action("disable")) {
                        (token(&view.frame.form_token))
                        button.danger { "Disable" span.hidden { " " (person.email) } }
                    }
                }
            }
        }
    }
}
