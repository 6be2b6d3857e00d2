//! The office's settings and the log of who did what.

use maud::{Markup, html};

use super::{Frame, Section, page, token};

/// The settings page.
#[derive(Debug)]
pub struct SettingsView {
    /// Around it.
    pub frame: Frame,
    /// Every setting.
    pub fields: Vec<SettingField>,
}

/// One setting.
#[derive(Debug)]
pub struct SettingField {
    /// Its key, which is the field's name.
    pub key: &'static str,
    /// What it is.
    pub what: &'static str,
    /// As it stands or was typed.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// See [`SettingsView`].
#[must_use]
pub fn settings(view: &SettingsView) -> Markup {
    let wrong: Vec<&SettingField> = view
        .fields
        .iter()
        .filter(|field| field.error.is_some())
        .collect();
    let title = if wrong.is_empty() {
        "Settings"
    } else {
        "Error: Settings"
    };
    page(
        &view.frame,
        Section::Settings,
        title,
        &html! {
            h1 { "Settings of the office" }
            p { "Name, sender address (from) and postal address stand in every mail; without them no mail goes out." }
            @if !wrong.is_empty() {
                div.problem role="alert" id="problem" {
                    p { strong { "Nothing was saved yet. " } "Correct this first:" }
                    ul {
                        @for field in &wrong {
                            li { a href={ "#" (field.key) } { (label(field.key)) } ": " (field.error.as_deref().unwrap_or_default()) }
                        }
                    }
                }
            }
            form method="post" action="/staff/settings" {
                (token(&view.frame.form_token))
                @for field in &view.fields { (input(field)) }
                button.primary { "Save settings" }
            }
        },
    )
}

fn input(field: &SettingField) -> Markup {
    let (hint, problem) = (
        format!("{}-hint", field.key),
        format!("{}-error", field.key),
    );
    let wrong = field.error.is_some();
    let described = if wrong {
        format!("{hint} {problem}")
    } else {
        hint.clone()
    };
    let invalid = wrong.then_some("true");
    html! {
        label for=(field.key) { (label(field.key)) }
        p.hint id=(hint) { (field.what) }
        @if let Some(error) = &field.error {
            p.error id=(problem) { (error) }
        }
        @if field.key == "postal-address" {
            textarea id=(field.key) name=(field.key) rows="3" aria-describedby=(described) aria-invalid=[invalid] { (field.value) }
        } @else {
            input id=(field.key) name=(field.key) type="text" autocomplete="off" value=(field.value)
                aria-describedby=(described) aria-invalid=[invalid];
        }
    }
}

fn label(key: &str) -> String {
    let words = key.replace('-', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The log.
#[derive(Debug)]
pub struct AuditView {
    /// Around it.
    pub frame: Frame,
    /// The newest first.
    pub lines: Vec<AuditLine>,
    /// The address of older lines, where there are any.
    pub older: Option<String>,
}

/// One line of the log.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words are the table's own")]
pub struct AuditLine {
    /// In the office's zone.
    pub at: String,
    pub who: String,
    pub action: String,
    pub object: String,
    pub details: String,
}

/// See [`AuditView`].
#[must_use]
pub fn audit(view: &AuditView) -> Markup {
    page(
        &view.frame,
        Section::Audit,
        "Log",
        &html! {
            h1 id="log-title" { "Log" }
            p { "Who did what, when. Nobody can change or remove a line." }
            div.scroll role="region" aria-labelledby="log-title" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "To what" } th scope="col" { "Details" } } }
                    tbody {
                        @for line in &view.lines {
                            tr { td { (line.at) } td { (line.who) } td { (line.action) } td { (line.object) } td { (line.details) } }
                        }
                    }
                }
            }
            @if let Some(older) = &view.older {
                p { a href=(older) { "Older lines" } }
            }
        },
    )
}
