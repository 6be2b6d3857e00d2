//! The way to the office's own sign-in provider, and the ways in beside the password.

use maud::{Markup, html};

use super::{shell_about, token};

/// The ways in beside the password.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Whether browsers offer passkeys at our address.
    pub passkeys: bool,
    /// What the office's own sign-in provider is called; `None`: there is none.
    pub provider: Option<String>,
}

/// Their buttons.
pub(super) fn other_ways(ways: &Ways, form_token: &str, next: &str) -> Markup {
    let way = |action: &str, words: &str| {
        html! {
            form.other method="post" action=(action) {
                (token(form_token))
                @if !next.is_empty() { input type="hidden" name="next" value=(next); }
                button { (words) }
            }
        }
    };
    html! {
        @if let Some(provider) = &ways.provider { (way("/staff/oidc", &format!("Continue with {provider}"))) }
        @if ways.passkeys { (way("/staff/passkey", "Use a passkey instead")) }
    }
}

/// The way to the provider.
#[derive(Debug)]
pub struct ProviderView {
    /// The office's name.
    pub office: String,
    /// The provider's.
    pub name: String,
    /// Where it leads.
    pub url: String,
}

/// See [`ProviderView`]. It leads on by itself, and by a link where a browser does not.
#[must_use]
pub fn provider(view: &ProviderView) -> Markup {
    let title = format!("Continue with {}", view.name);
    shell_about(
        &format!("{title} · {}", view.office),
        None,
        &html! { meta http-equiv="refresh" content=(format!("0;url={}", view.url)); },
        &html! {
            main.narrow id="content" tabindex="-1" {
                h1 { (title) }
                p { a.button href=(view.url) { "Continue" } }
                p.go { a href="/staff/login" { "Back to the sign-in" } }
            }
        },
    )
}
