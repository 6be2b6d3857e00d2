//! One's own account, and the steps of a sign-in beside the password.

use maud::{Markup, PreEscaped, html};

use super::{
    Frame, Section, page, problem,
    provider::{Ways, other_ways},
    shell, token,
};

/// One's own account.
#[derive(Debug)]
pub struct OwnAccountView {
    /// Around it.
    pub frame: Frame,
    /// What they are called, or typed and could not be called.
    pub name: String,
    /// What was typed as the name of a new passkey and could not be taken.
    pub new_passkey: String,
    /// Recovery codes that are left; `None`: the second step is off.
    pub codes_left: Option<u64>,
    /// What an app is set up with, while that is being done.
    pub enrolment: Option<EnrolmentView>,
    /// Recovery codes that were just made.
    pub codes: Vec<String>,
    /// Whether browsers offer passkeys at our address.
    pub passkeys_possible: bool,
    /// Their passkeys.
    pub passkeys: Vec<PasskeyLine>,
    /// Where they are signed in.
    pub sessions: Vec<SessionLine>,
    /// The office demands a second step or a passkey, and there is none yet.
    pub demanded: bool,
    /// Where what they typed before they were led here waits for them.
    pub typed: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What an app is set up with.
#[derive(Debug)]
pub struct EnrolmentView {
    /// An SVG.
    pub picture: String,
    /// The same to be typed.
    pub secret: String,
}

/// A passkey.
#[derive(Debug)]
pub struct PasskeyLine {
    /// Its number.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// What was typed as another name and could not be taken.
    pub typed: Option<String>,
    /// When it was made.
    pub created: String,
    /// When it was used last.
    pub used: Option<String>,
}

/// A session.
#[derive(Debug)]
pub struct SessionLine {
    /// Its key in the database.
    pub key: String,
    /// Whether it is this one.
    pub here: bool,
    /// When it began.
    pub began: String,
    /// When it was last used.
    pub seen: String,
    /// The browser.
    pub browser: String,
    /// Where from.
    pub network: String,
}

/// See [`OwnAccountView`].
#[must_use]
pub fn own_account(view: &OwnAccountView) -> Markup {
    page(
        &view.frame,
        Section::Account,
        "Your account",
        &html! {
            h1 { "Your account" }
            p.state { (view.frame.email) " · " (view.frame.role) }
            (problem(view.error.as_deref()))
            @if let Some(typed) = view.typed.filter(|_| !view.demanded) {
                p.attention { "What you typed before is still here. " a href=(typed) { "Go on with it" } }
            }
            @if leads(view) {
                div.attention {
                    p { strong { "Your office asks everybody to sign in with a second step." } }
                    p { "Set up a code app" @if view.passkeys_possible { " or a passkey" } " below. It takes a minute. Everything else waits until then." }
                }
            }
            @if !view.codes.is_empty() { (new_codes(&view.codes)) }
            @else if let Some(enrolment) = &view.enrolment { (set_up(view, enrolment)) }
            @if leads(view) { (second_step(view)) (passkeys(view)) }
            @if !view.demanded {
            section aria-labelledby="name-title" {
                h2 id="name-title" { "Name" }
                form method="post" action="/staff/account/name" {
                    (token(&view.frame.form_token))
                    label for="name" { "What colleagues see in comments and in the list of staff" }
                    input id="name" name="name" type="text" autocomplete="name" value=(view.name);
                    button { "Save name" }
                }
            }
            section aria-labelledby="password-title" {
                h2 id="password-title" { "Password" }
                p.go { a href="/staff/password" { "Change password" } }
            }
            }
            @if view.codes.is_empty() && view.enrolment.is_none() && !leads(view) { (second_step(view)) (passkeys(view)) }
            section aria-labelledby="sessions-title" {
                h2 id="sessions-title" { "Where you are signed in" }
                ul.cards { @for line in &view.sessions { li { (session(view, line)) } } }
                @if view.sessions.len() > 1 && !view.demanded {
                    form method="post" action="/staff/account/sessions/end-others" {
                        (token(&view.frame.form_token))
                        button { "Sign out everywhere else" }
                    }
                }
            }
        },
    )
}

/// Whether setting up a second step is all that can be done.
fn leads(view: &OwnAccountView) -> bool {
    view.demanded && view.enrolment.is_none() && view.codes.is_empty()
}

fn second_step(view: &OwnAccountView) -> Markup {
    html! {
        section aria-labelledby="second-title" {
            h2 id="second-title" { "Second step" }
            @if let Some(left) = view.codes_left {
                p { span.badge.sent { "On" } " Signing in asks for a code from your app." }
                @if left < 3 { p.attention { @if left == 1 { "1 recovery code is left" } @else { (left) " recovery codes are left" } ". Get new ones." } }
                @else { p { (left) " recovery codes are left." } }
                div.row {
                    form method="post" action="/staff/account/second-step/codes" {
                        (token(&view.frame.form_token))
                        button { "Get new recovery codes" }
                    }
                    form method="post" action="/staff/account/second-step/off" {
                        (token(&view.frame.form_token))
                        button.danger { "Turn off" }
                    }
                }
            } @else {
                p { "With a second step, your password alone lets nobody in. Any authenticator app will do." }
                form method="post" action="/staff/account/second-step" {
                    (token(&view.frame.form_token))
                    button { "Set up the second step" }
                }
            }
        }
    }
}

fn passkeys(view: &OwnAccountView) -> Markup {
    html! {
        section aria-labelledby="passkeys-title" {
            h2 id="passkeys-title" { "Passkeys" }
            p { "A passkey lets you sign in with your fingerprint, your face or the PIN of your device, without a password and without a code." }
            @if !view.passkeys.is_empty() {
                ul.cards { @for line in &view.passkeys { li { (one_passkey(view, line)) } } }
            }
            @if view.passkeys_possible {
                form method="post" action="/staff/account/passkeys" {
                    (token(&view.frame.form_token))
                    label for="passkey-name" { "Name of a new passkey" }
                    p.hint id="passkey-hint" { "For example “My phone”: so that you know later which one to remove." }
                    input id="passkey-name" name="name" type="text" autocomplete="off" value=(view.new_passkey) aria-describedby="passkey-hint";
                    button { "Add a passkey" }
                }
                noscript { p.hint { "Your browser runs no JavaScript here, and passkeys need it. Everything else works without." } }
            } @else {
                p.hint { "Passkeys work once Gazette is reached by a host name with https://. The person who runs it can set that up." }
            }
        }
    }
}

fn one_passkey(view: &OwnAccountView, line: &PasskeyLine) -> Markup {
    let field = format!("passkey-{}", line.id);
    html! {
        h3 { (line.name) }
        p.state { "Added " (line.created) @if let Some(used) = &line.used { ", last used " (used) } @else { ", not used yet" } }
        details open[line.typed.is_some()] {
            summary { "Rename or remove" span.hidden { ": " (line.name) } }
            form method="post" action="/staff/account/passkeys/rename" {
                (token(&view.frame.form_token))
                input type="hidden" name="id" value=(line.id);
                label for=(field) { "New name" }
                input id=(field) name="name" type="text" autocomplete="off" required value=(line.typed.as_ref().unwrap_or(&line.name));
                button { "Save name" }
            }
            form method="post" action="/staff/account/passkeys/remove" {
                (token(&view.frame.form_token))
                input type="hidden" name="id" value=(line.id);
                button.danger { "Remove this passkey" }
            }
        }
    }
}

fn set_up(view: &OwnAccountView, enrolment: &EnrolmentView) -> Markup {
    let wrong = view.error.is_some();
    html! {
        section.next aria-labelledby="set-up-title" {
            h2 id="set-up-title" { "Set up the second step" }
            ol {
                li {
                    p { "Open an authenticator app on your phone and scan this picture." }
                    div.qr role="img" aria-label="The code to scan; the same to be typed stands below." { (PreEscaped(&enrolment.picture)) }
                    p { "Or type this into the app: " code { (enrolment.secret) } }
                }
                li {
                    form method="post" action="/staff/account/second-step/confirm" {
                        (token(&view.frame.form_token))
                        label for="code" { "The six digits that the app shows" }
                        input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required
                            aria-describedby=[wrong.then_some("problem")];
                        button.primary { "Turn on" }
                    }
                }
            }
        }
    }
}

fn new_codes(codes: &[String]) -> Markup {
    html! {
        section.next aria-labelledby="codes-title" {
            h2 id="codes-title" { "Your recovery codes" }
            p { "Print them or save them now: they are shown only once. Each works once in place of a code from the app." }
            ul.codes { @for code in codes { li { code { (code) } } } }
            p { a.button href="/staff/account" { "I have saved them" } }
        }
    }
}

fn session(view: &OwnAccountView, line: &SessionLine) -> Markup {
    html! {
        h3 { (line.browser) @if line.here { " · this browser" } }
        p.state { "Signed in " (line.began) ", last used " (line.seen) ", from " (line.network) }
        @if !line.here && !view.demanded {
            form method="post" action="/staff/account/sessions/end" {
                (token(&view.frame.form_token))
                input type="hidden" name="key" value=(line.key);
                button.danger { "End this session" span.hidden { ": " (line.browser) ", signed in " (line.began) } }
            }
        }
    }
}

/// The second step of a sign-in.
#[derive(Debug)]
pub struct CodeView {
    /// The office's name.
    pub office: String,
    /// For the form.
    pub form_token: String,
    /// What went wrong.
    pub error: Option<String>,
    /// Whether an app tells them a code; else a passkey is their second step.
    pub has_app: bool,
    /// The other ways in.
    pub ways: Ways,
}

/// See [`CodeView`].
#[must_use]
pub fn code(view: &CodeView) -> Markup {
    let wrong = view.error.is_some();
    shell(
        &format!(
            "{}Second step · {}",
            if wrong { "Error: " } else { "" },
            view.office
        ),
        &html! {
            main.narrow id="content" tabindex="-1" {
                h1 { "Second step" }
                (problem(view.error.as_deref()))
                @if view.has_app {
                form method="post" action="/staff/login/code" {
                    (token(&view.form_token))
                    label for="code" { "Code from your app" }
                    p.hint id="code-hint" { "Without your phone: one of your recovery codes." }
                    input id="code" name="code" type="text" autocomplete="one-time-code" required
                        aria-describedby=(if wrong { "code-hint problem" } else { "code-hint" });
                    button.primary { "Sign in" }
                }
                } @else {
                    p { "Your office asks everybody for a second step, and yours is your passkey. Your password is right; now show the passkey." }
                    noscript { p.hint { "Your browser runs no JavaScript here, and passkeys need it." } }
                }
                (other_ways(&view.ways, &view.form_token, ""))
                p.hint {
                    @if view.has_app { "Lost both? " } @else { "Lost your passkey? " }
                    "An admin of your office can turn the second step off for you."
                }
            }
        },
    )
}

/// A forgotten password.
#[derive(Debug, Default)]
pub struct ForgottenView {
    /// The office's name.
    pub office: String,
    /// For the form.
    pub form_token: String,
    /// What was typed.
    pub email: String,
    /// Whether it was asked for.
    pub done: bool,
    /// Whether no mail can leave, because the office is not set up.
    pub cannot_mail: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// See [`ForgottenView`].
#[must_use]
pub fn forgotten(view: &ForgottenView) -> Markup {
    let wrong = view.error.is_some();
    shell(
        &format!(
            "{}Forgot your password? · {}",
            if wrong { "Error: " } else { "" },
            view.office
        ),
        &html! {
            main.narrow id="content" tabindex="-1" {
                @if view.cannot_mail {
                    h1 { "Forgot your password?" }
                    p.attention { "This office is not set up yet, so no email can leave and we cannot send you a link." }
                    p { "Ask an admin of your office, or the person who runs Gazette: either can give you a link to choose a new password." }
                    p.go { a href="/staff/login" { "Back to the sign-in" } }
                } @else if view.done {
                    h1 { "Check your email" }
                    p { "If " strong { (view.email) } " may sign in here, a link to choose a new password is on its way, unless one was sent within the last ten minutes: then that one works, and no other is sent. It works for 24 hours." }
                    p { "No email after a few minutes? Check spam, or ask an admin of your office for a link." }
                    p.go { a href="/staff/login" { "Back to the sign-in" } }
                } @else {
                    h1 { "Forgot your password?" }
                    p { "We send you a link to choose a new one." }
                    (problem(view.error.as_deref()))
                    form method="post" action="/staff/forgotten" {
                        (token(&view.form_token))
                        label for="email" { "Email address" }
                        input id="email" name="email" type="email" autocomplete="username" required value=(view.email)
                            aria-describedby=[wrong.then_some("problem")];
                        button.primary { "Send me a link" }
                    }
                    p.go { a href="/staff/login" { "Back to the sign-in" } }
                }
            }
        },
    )
}

/// The password once more.
#[derive(Debug)]
pub struct AgainView {
    /// Around it.
    pub frame: Frame,
    /// Where to go afterwards.
    pub next: String,
    /// Whether what they typed waits for them, and comes back afterwards.
    pub kept: bool,
    /// Whether they have a password: who signs in at the office’s provider may have none.
    pub has_password: bool,
    /// The other ways in.
    pub ways: Ways,
    /// What went wrong.
    pub error: Option<String>,
}

/// See [`AgainView`].
#[must_use]
pub fn again(view: &AgainView) -> Markup {
    let wrong = view.error.is_some();
    page(
        &view.frame,
        Section::Account,
        "Confirm that it is you",
        &html! {
            h1 { "Confirm that it is you" }
            p { "You signed in a while ago. Before a newsletter is sent, a colleague is invited or a setting is changed, we ask once more."
                @if view.kept { " What you typed is kept, and comes back right after." } }
            (problem(view.error.as_deref()))
            @if view.has_password {
                form method="post" action="/staff/again" {
                    (token(&view.frame.form_token))
                    input type="hidden" name="username" autocomplete="username" value=(view.frame.email);
                    input type="hidden" name="next" value=(view.next);
                    label for="password" { "Your password" }
                    input id="password" name="password" type="password" autocomplete="current-password" required
                        aria-describedby=[wrong.then_some("problem")];
                    button.primary { "Continue" }
                }
            }
            (other_ways(&view.ways, &view.frame.form_token, &view.next))
        },
    )
}
