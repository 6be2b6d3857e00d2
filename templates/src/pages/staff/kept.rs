//! What somebody had typed when their session ended, and the choice of what they are told by mail.

use maud::{Markup, html};

use super::{Frame, Section, field_labels::field_label, page, problem, token};

/// A form to be sent once more.
#[derive(Debug)]
pub struct KeptView {
    /// The subject of the newsletter that it would let go: that is looked at first. `None`: it lets none go.
    pub decision: Option<String>,
    /// Where it goes.
    pub action: String,
    /// The field that says which of those that wait it is, and what it says; empty: it waits nowhere.
    pub entry: (&'static str, String),
    /// Names and values that a person typed.
    pub typed: Vec<(String, String)>,
    /// The others.
    pub hidden: Vec<(String, String)>,
    /// Whether something was chosen among them: a box that was ticked, a line of a list.
    pub chosen: bool,
    /// The field for a file, which was not kept.
    pub file: Option<String>,
}

/// See [`KeptView`].
#[must_use]
pub fn kept(frame: &Frame, views: &[KeptView]) -> Markup {
    page(
        frame,
        Section::Newsletters,
        "What you typed",
        &html! {
            h1 { "What you typed is still here" }
            p { "Your session had ended, so nothing was done with it yet. Look at it, and send it again." }
            @for (number, view) in views.iter().enumerate() {
                @if views.len() > 1 { h2 { (number + 1) " of " (views.len()) } }
                (kept_form(frame, number, view))
            }
        },
    )
}

fn kept_form(frame: &Frame, form: usize, view: &KeptView) -> Markup {
    let (entry_field, entry) = &view.entry;
    html! {
        @if let Some(subject) = &view.decision {
            p { "You were about to decide about " strong { (subject) } ". Nothing was approved and nothing is sent." }
            dl { @for (name, value) in &view.typed { div { dt { (field_label(name)) } dd.plain { (value) } } } }
            @let newsletter = view.action.rsplit_once('/').map_or("", |(newsletter, _)| newsletter);
            p { a.button href={ (newsletter) "/review" } { "Look at it again" } }
        } @else {
        form method="post" action=(view.action) enctype=[view.file.as_ref().map(|_| "multipart/form-data")] {
            (token(&frame.form_token))
            @if !entry.is_empty() { input type="hidden" name=(entry_field) value=(entry); }
            @for (name, value) in &view.hidden { input type="hidden" name=(name) value=(value); }
            @for (number, (name, value)) in view.typed.iter().enumerate() {
                @let id = format!("kept-{form}-{number}");
                label for=(id) { (field_label(name)) }
                textarea id=(id) name=(name) rows=(value.lines().count().clamp(1, 20)) { "\n" (value) }
            }
            @if let Some(name) = &view.file {
                @let id = format!("kept-{form}-file");
                label for=(id) { (field_label(name)) }
                p.hint id={ (id) "-hint" } { "The file itself was not kept: choose it again." }
                input id=(id) name=(name) type="file" required aria-describedby={ (id) "-hint" };
            }
            @if view.chosen { p.hint { "What you chose in lists and boxes is kept with it." } }
            button.primary { "Send it again" }
        }
        }
        form method="post" action="/staff/kept" {
            (token(&frame.form_token))
            @if !entry.is_empty() { input type="hidden" name=(entry_field) value=(entry); }
            button.quiet { "Throw it away" }
        }
    }
}

/// Whether a page shows this in one of its fields.
#[must_use]
pub fn is_in_a_field(page: &str, value: &str) -> bool {
    let value = value.replace("\r\n", "\n");
    [value.as_str(), value.trim()].into_iter().any(|value| {
        let shown = html! { (value) }.into_string();
        page.contains(&format!("value=\"{shown}\""))
            || page.contains(&format!("{shown}</textarea>"))
    })
}

/// What was typed into a form that was refused, for a page that has no fields for it.
#[must_use]
pub fn still_typed(fields: &[(String, String)]) -> Markup {
    html! {
        section aria-labelledby="still-typed" {
            h2 id="still-typed" { "What you typed is still here" }
            p { "Nothing was done with it. You can copy it from here." }
            @for (number, (name, value)) in fields.iter().enumerate() {
                @let id = format!("still-typed-{number}");
                label for=(id) { (field_label(name)) }
                textarea id=(id) readonly rows=(value.lines().count().clamp(1, 20)) { "\n" (value) }
            }
        }
    }
}

/// What somebody is told of by mail.
#[derive(Debug)]
pub struct NoticesView {
    /// Around it.
    pub frame: Frame,
    /// Each kind: the word of its field, and how they want it (`now`, `morning`, `never`).
    pub kinds: Vec<(String, String)>,
    /// What is wrong with what was sent.
    pub error: Option<String>,
}

const TIMINGS: [(&str, &str); 3] = [
    ("now", "At once"),
    ("morning", "In the morning"),
    ("never", "Not by email"),
];

/// See [`NoticesView`].
#[must_use]
pub fn notices(view: &NoticesView) -> Markup {
    page(
        &view.frame,
        Section::Account,
        "Notifications",
        &html! {
            h1 { "Notifications" }
            @if view.kinds.is_empty() {
                p { "Gazette tells viewers nothing by email." }
            } @else {
                p { "What Gazette tells you by email at " (view.frame.email) ". The morning’s summary comes at 7 a.m." }
                (problem(view.error.as_deref()))
                form method="post" action="/staff/notices" {
                    (token(&view.frame.form_token))
                    @for (kind, chosen) in &view.kinds {
                        fieldset {
                            legend { (kind_words(kind)) }
                            div.row {
                                @for (value, words) in TIMINGS {
                                    @let id = format!("{kind}-{value}");
                                    label.choice for=(id) {
                                        input id=(id) type="radio" name=(kind) value=(value) checked[chosen == value];
                                        " " (words)
                                    }
                                }
                            }
                        }
                    }
                    button.primary { "Save notifications" }
                }
            }
        },
    )
}

/// What a choice says, in words: `Somebody asks for approval: in the morning`.
#[must_use]
pub fn notice_words(kind: &str, timing: &str) -> String {
    let known = TIMINGS.iter().find(|(value, _)| *value == timing);
    let timing = known.map_or(timing, |(_, words)| words).to_lowercase();
    format!("{}: {timing}", kind_words(kind))
}

fn kind_words(kind: &str) -> &str {
    match kind {
        "draft" => "A new press release is ready to review",
        "review" => "Somebody asks for approval",
        "sent" => "A newsletter was sent",
        "trouble" => "Something does not work",
        "held" => "A release is held, or was changed",
        "changed" => "An approved newsletter is a draft again",
        other => other,
    }
}
