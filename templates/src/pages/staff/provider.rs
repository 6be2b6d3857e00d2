//! The way to the office's own sign-in provider, and the ways in beside the password.

use maud::{DOCTYPE, Markup, html};

use super::token;

/// The ways in beside the password.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Whether browsers offer passkeys at our address.
    pub passkeys: bool,
    /// What the office's own sign-in provider is called; `None`: there is none.
    pub provider: Option<String>,
}

/// Their buttons.
pub(super) fn other_ways(ways: &Ways, form_token: &str, next: &str, kept: &str) -> Markup {
    let way = |action: &str, words: &str| {
        html! {
            form.other method="post" action=(action) {
                (token(form_token))
                @if !next.is_empty() { input type="hidden" name="next" value=(next); }
                @if !kept.is_empty() { input type="hidden" name="kept" value=(kept); }
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
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta http-equiv="refresh" content=(format!("0;url={}", view.url));
                title { "Continue with " (view.name) " · " (view.office) }
                link rel="stylesheet" href="/staff/assets/console.css";
            }
            body {
                main.narrow id="content" tabindex="-1" {
                    h1 { "Continue with " (view.name) }
                    p { a.button href=(view.url) { "Continue" } }
                    p { a href="/staff/login" { "Back to the sign-in" } }
                }
            }
        }
    }
}
