//! The pages of the sign-up flow: from the form to the preferences.

use maud::{Markup, html};

use super::words::{Words, with_office};

/// A topic to choose.
#[derive(Debug, Clone)]
pub struct TopicChoice {
    /// Short name: the form's value.
    pub slug: String,
    /// As readers see it.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The sign-up form.
#[derive(Debug)]
pub struct SignUp<'a> {
    /// Whose news it is.
    pub office: &'a str,
    /// Where the privacy policy stands.
    pub privacy_url: &'a str,
    /// What there is to choose; with one topic there is no choice to show.
    pub topics: &'a [TopicChoice],
    /// What was typed, after a mistake.
    pub email: &'a str,
    /// Whether the address is wrong.
    pub wrong: bool,
    /// Says when the form was shown.
    pub nonce: &'a str,
    /// The languages to choose from.
    pub languages: &'a [&'static Words],
}

/// The sign-up form: purpose, sender, frequency, consent and privacy stand beside it (O1), nothing
/// is ticked for the reader, and it works without scripts.
#[must_use]
pub fn sign_up(words: &Words, form: &SignUp<'_>) -> Markup {
    html! {
        h1 { (words.sign_up_title) }
        p class="lead" { (with_office(words.sign_up_lead, form.office)) }
        @if form.wrong {
            div role="alert" { p class="error" { (words.wrong) ": " a href="#email" { (words.address_wrong) } } }
        }
        form method="post" action="/subscribe" {
            div class="field" {
                label for="email" { (words.email) }
                p class="hint" id="email-hint" { (words.email_hint) }
                @if form.wrong { p class="error" id="email-error" { (words.address_wrong) } }
                input type="email" id="email" name="email" value=(form.email) autocomplete="email" required maxlength="254"
                    aria-describedby=(if form.wrong { "email-hint email-error" } else { "email-hint" })
                    aria-invalid=[form.wrong.then_some("true")];
            }
            @if form.topics.len() > 1 {
                (topics(words, form.topics, Some(words.topics_hint)))
            }
            @if form.languages.len() > 1 {
                div class="field" {
                    label for="lang" { (words.language) }
                    select id="lang" name="lang" {
                        @for language in form.languages {
                            option value=(language.tag) lang=(language.tag) selected[language.tag == words.tag] { (language.name) }
                        }
                    }
                }
            }
            // O7: a field that no person sees or reaches, and no assistive technology reads.
            div class="trap" aria-hidden="true" {
                label for="website" { (words.leave_empty) }
                input type="text" id="website" name="website" tabindex="-1" autocomplete="off";
            }
            input type="hidden" name="shown" value=(form.nonce);
            div class="consent" {
                p { (with_office(words.consent, form.office)) }
                p { (words.frequency) " " a href=(form.privacy_url) { (words.privacy) } }
            }
            button { (words.subscribe) }
        }
    }
}

fn topics(words: &Words, topics: &[TopicChoice], hint: Option<&str>) -> Markup {
    html! {
        fieldset aria-describedby=[hint.map(|_| "topics-hint")] {
            legend { (words.topics) }
            @if let Some(hint) = hint { p class="hint" id="topics-hint" { (hint) } }
            @for topic in topics {
                label class="choice" {
                    input type="checkbox" name="topic" value=(topic.slug) checked[topic.chosen];
                    span { (topic.name) @if !topic.description.is_empty() { " – " span class="muted" { (topic.description) } } }
                }
            }
        }
    }
}

/// The one answer to every sign-up (O5).
#[must_use]
pub fn check_mail(words: &Words) -> Markup {
    html! {
        h1 { (words.check_mail_title) }
        p class="lead" role="status" { (words.check_mail) }
    }
}

/// The landing page of the confirmation link: it changes nothing; its button does (O4).
#[must_use]
pub fn confirm(words: &Words, office: &str, token: &str) -> Markup {
    html! {
        h1 { (words.confirm_title) }
        p class="lead" { (with_office(words.confirm_lead, office)) }
        div class="consent" { p { (with_office(words.consent, office)) } }
        form method="post" action={ "/confirm/" (token) "?lang=" (words.tag) } {
            button { (words.confirm_button) }
        }
        p { (words.never_title) " " a href={ "/never/" (token) "?lang=" (words.tag) } { (words.never_button) } }
    }
}

/// What a link that does not confirm leads to, whatever the reason: the way on is the same. A link
/// that may have been ours can be had anew without typing the address again (WCAG 3.3.7).
#[must_use]
pub fn link_over(words: &Words, token: Option<&str>) -> Markup {
    html! {
        h1 { (words.link_over_title) }
        p class="lead" role="status" { (words.link_over) }
        @if let Some(token) = token {
            form method="post" action={ "/confirm/" (token) "/again?lang=" (words.tag) } {
                button { (words.again_button) }
            }
        }
        p { a href={ "/?lang=" (words.tag) } { (words.sign_up) } }
    }
}

/// The page behind "never write to me again": its button does it (O8).
#[must_use]
pub fn never(words: &Words, token: &str) -> Markup {
    html! {
        h1 { (words.never_title) }
        p class="lead" { (words.never_lead) }
        form method="post" action={ "/never/" (token) "?lang=" (words.tag) } {
            button { (words.never_button) }
        }
    }
}

/// The unsubscribe page: the same address takes the one click (H6).
#[must_use]
pub fn unsubscribe(words: &Words, office: &str, token: &str) -> Markup {
    html! {
        h1 { (words.unsubscribe_title) }
        p class="lead" { (with_office(words.unsubscribe_lead, office)) }
        form method="post" action={ "/unsubscribe/" (token) "?lang=" (words.tag) } {
            button { (words.unsubscribe_button) }
        }
        p { a href={ "/preferences/" (token) } { (words.preferences_title) } }
    }
}

/// The preferences of a subscriber; `language` is the one that they get mail in, which need not be
/// the page's.
#[must_use]
pub fn preferences(
    words: &Words,
    token: &str,
    choices: &[TopicChoice],
    languages: &[&'static Words],
    language: &str,
    saved: bool,
) -> Markup {
    html! {
        h1 { (words.preferences_title) }
        @if saved { p class="consent" role="status" { (words.saved) } }
        p { (words.preferences_lead) }
        form method="post" action={ "/preferences/" (token) } {
            (topics(words, choices, None))
            @if languages.len() > 1 {
                div class="field" {
                    label for="lang" { (words.language) }
                    select id="lang" name="lang" {
                        @for offered in languages {
                            option value=(offered.tag) lang=(offered.tag) selected[offered.tag == language] { (offered.name) }
                        }
                    }
                }
            }
            button { (words.save) }
        }
        form method="post" action={ "/unsubscribe/" (token) "?lang=" (words.tag) } {
            button class="quiet" { (words.leave_all) }
        }
    }
}

/// A page that says one thing.
#[must_use]
pub fn notice(title: &str, text: &str) -> Markup {
    html! {
        h1 { (title) }
        p class="lead" role="status" { (text) }
    }
}

/// A page of paragraphs: privacy, help.
#[must_use]
pub fn text(title: &str, paragraphs: &[&str]) -> Markup {
    html! {
        h1 { (title) }
        @for paragraph in paragraphs { p { (paragraph) } }
    }
}
