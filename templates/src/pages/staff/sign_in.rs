//! Signing in, the one-time link, and changing the password.

use maud::{Markup, html};

use super::{
    Frame, Section, page, problem,
    provider::{Ways, other_ways},
    shell, token,
};
use crate::{email::staff::with_article, office_name::within_a_sentence};

/// The sign-in page.
#[derive(Debug, Default)]
pub struct LoginView {
    /// The office's name.
    pub office: String,
    /// For the form.
    pub form_token: String,
    /// What was typed before.
    pub email: String,
    /// Where to go afterwards.
    pub next: String,
    /// What went wrong.
    pub error: Option<String>,
    /// What was done just before.
    pub done: Option<String>,
    /// The other ways in.
    pub ways: Ways,
}

/// See [`LoginView`].
#[must_use]
pub fn login(view: &LoginView) -> Markup {
    let wrong = view.error.is_some();
    shell(
        &format!(
            "{}Sign in · {}",
            if wrong { "Error: " } else { "" },
            view.office
        ),
        &html! {
            main.narrow id="content" tabindex="-1" {
                h1 { "Sign in" }
                p { "The newsletter console of " (view.office) "." }
                @if let Some(done) = &view.done {
                    p.done role="status" { (done) }
                }
                (problem(view.error.as_deref()))
                form method="post" action="/staff/login" {
                    (token(&view.form_token))
                    input type="hidden" name="next" value=(view.next);
                    label for="email" { "Email address" }
                    input id="email" name="email" type="email" autocomplete="username" required value=(view.email)
                        aria-describedby=[wrong.then_some("problem")];
                    label for="password" { "Password" }
                    input id="password" name="password" type="password" autocomplete="current-password" required
                        aria-describedby=[wrong.then_some("problem")];
                    button.primary { "Sign in" }
                }
                (other_ways(&view.ways, &view.form_token, &view.next))
                p.go { a href="/staff/forgotten" { "Forgot your password?" } }
            }
        },
    )
}

/// The page behind a one-time link.
#[derive(Debug, Default)]
pub struct WelcomeView {
    /// The office's name.
    pub office: String,
    /// For the form.
    pub form_token: String,
    /// Where the form goes: this page.
    pub action: String,
    /// The account's address; none: the very first account, which says its own.
    pub member: Option<String>,
    /// The role that they are invited as, and what that lets them do; none: they worked here before.
    pub invited_as: Option<(&'static str, &'static str)>,
    /// Whether to ask what they are called.
    pub asks_name: bool,
    /// What was typed as that.
    pub name: String,
    /// What was typed before, for the first account.
    pub email: String,
    /// What went wrong.
    pub error: Option<String>,
}

/// See [`WelcomeView`].
#[must_use]
pub fn welcome(view: &WelcomeView) -> Markup {
    let wrong = view.error.is_some();
    let title = if view.member.is_some() {
        "Choose your password"
    } else {
        "Create the first account"
    };
    shell(
        &format!(
            "{}{title} · {}",
            if wrong { "Error: " } else { "" },
            view.office
        ),
        &html! {
            main.narrow id="content" tabindex="-1" {
                h1 { (title) }
                @if view.member.is_none() {
                    p { "There is no account yet. This one will be an admin: it can invite everyone else." }
                }
                @if let Some((role, may)) = view.invited_as {
                    p { "You are invited to the newsletter console of " (within_a_sentence("en", &view.office)) " as " (with_article(role)) ": you can " (may) "." }
                }
                (problem(view.error.as_deref()))
                form method="post" action=(view.action) {
                    (token(&view.form_token))
                    @if view.asks_name {
                        label for="name" { "Your name (optional)" }
                        p.hint id="name-hint" { "Your colleagues see it beside what you write and approve." }
                        input id="name" name="name" autocomplete="name" maxlength="80" aria-describedby="name-hint" value=(view.name);
                    }
                    label for="email" { "Email address" }
                    @if let Some(member) = &view.member {
                        input id="email" name="email" type="email" autocomplete="username" readonly value=(member);
                    } @else {
                        input id="email" name="email" type="email" autocomplete="username" required value=(view.email)
                            aria-describedby=[wrong.then_some("problem")];
                    }
                    (new_password("password", "Password", wrong))
                    button.primary { "Save and sign in" }
                }
            }
        },
    )
}

/// The page to change one's password.
#[derive(Debug)]
pub struct PasswordView {
    /// Around it.
    pub frame: Frame,
    /// What went wrong.
    pub error: Option<String>,
}

/// See [`PasswordView`].
#[must_use]
pub fn password(view: &PasswordView) -> Markup {
    let wrong = view.error.is_some();
    page(
        &view.frame,
        Section::Account,
        "Change password",
        &html! {
            h1 { "Change password" }
            p { "You stay signed in here and are signed out everywhere else." }
            (problem(view.error.as_deref()))
            form method="post" action="/staff/password" {
                (token(&view.frame.form_token))
                input type="hidden" name="username" autocomplete="username" value=(view.frame.email);
                label for="current" { "Current password" }
                input id="current" name="current" type="password" autocomplete="current-password" required
                    aria-describedby=[wrong.then_some("problem")];
                (new_password("new", "New password", wrong))
                button.primary { "Change password" }
            }
        },
    )
}

/// One field, not two: a manager fills it, and pasting is allowed (WCAG 3.3.8).
fn new_password(name: &str, label: &str, wrong: bool) -> Markup {
    let hint = format!("{name}-hint");
    let described = if wrong {
        format!("{hint} problem")
    } else {
        hint.clone()
    };
    html! {
        label for=(name) { (label) }
        p.hint id=(hint) { "At least 12 characters. A few words in a row are easy to remember. You can paste it from a password manager." }
        input id=(name) name=(name) type="password" autocomplete="new-password" minlength="12" required aria-describedby=(described);
    }
}
