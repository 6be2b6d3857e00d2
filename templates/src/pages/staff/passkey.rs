//! The page that asks a browser for a passkey. `console.js` hands the question over and puts the answer into
//! the form.

use maud::{Markup, html};

use super::{problem, shell, token};

/// A question for a passkey.
#[derive(Debug)]
pub struct PasskeyView {
    /// The office's name.
    pub office: String,
    /// For the form.
    pub form_token: String,
    /// The name of a passkey that is being made; `None`: one that there is shall be shown.
    pub making: Option<String>,
    /// What the browser is asked: JSON. Empty: nothing, something went wrong.
    pub options: String,
    /// What went wrong.
    pub error: Option<String>,
}

/// See [`PasskeyView`].
#[must_use]
pub fn passkey(view: &PasskeyView) -> Markup {
    let (title, action, back, back_words) = match view.making {
        Some(_) => (
            "Add a passkey",
            "/staff/account/passkeys/finish",
            "/staff/account",
            "Back to your account",
        ),
        None => (
            "Use a passkey",
            "/staff/passkey/finish",
            "/staff",
            "Sign in another way",
        ),
    };
    let error = if view.error.is_some() { "Error: " } else { "" };
    shell(
        &format!("{error}{title} · {}", view.office),
        &html! {
            main.narrow id="content" tabindex="-1" {
                h1 { (title) }
                (problem(view.error.as_deref()))
                @if view.options.is_empty() {
                    form method="post" action="/staff/passkey" {
                        (token(&view.form_token))
                        button.primary { "Try again" }
                    }
                } @else {
                    @if let Some(name) = &view.making { p { "Your device now asks where to keep “" (name) "” and for your fingerprint, your face or its PIN." } }
                    @else { p { "Your device now asks for your fingerprint, your face or its PIN." } }
                    noscript { div.problem { p { strong { "Passkeys need JavaScript. " } "Turn it on for this page, or go back: your password works without it." } } }
                    form method="post" action=(action) data-passkey=(if view.making.is_some() { "create" } else { "get" }) data-options=(view.options) {
                        (token(&view.form_token))
                        input type="hidden" name="credential" value="";
                        p id="passkey-said" role="status" {}
                        button.primary type="button" hidden { "Ask again" }
                    }
                }
                p.go { a href=(back) { (back_words) } }
            }
        },
    )
}
