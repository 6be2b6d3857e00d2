//! The log: who did what, when, in plain words.

use maud::{Markup, html};

use super::{Frame, Section, page, problem};

/// The log.
#[derive(Debug)]
pub struct AuditView {
    /// Around it.
    pub frame: Frame,
    /// The newest first.
    pub lines: Vec<AuditLine>,
    /// The address of older lines, where there are any.
    pub older: Option<String>,
    /// The address of all of them as a file.
    pub csv: String,
    /// What is looked for, as it was typed: who, to what, from and to (days).
    pub filter: [String; 4],
    /// What is wrong with it.
    pub error: Option<String>,
}

/// One line of the log.
#[derive(Debug)]
pub struct AuditLine {
    /// In the office's zone.
    pub at: String,
    /// A member of staff, the command line, or Gazette itself.
    pub who: String,
    /// What they did, in plain words.
    pub what: String,
    /// To what, in plain words, and where that is, if it has a page.
    pub object: (String, Option<String>),
    /// What else there is to say.
    pub details: String,
}

const OBJECTS: [(&str, &str); 8] = [
    ("", "Everything"),
    ("newsletter", "Newsletters"),
    ("release", "Releases"),
    ("source", "Sources"),
    ("subscriber", "Subscribers"),
    ("staff", "Staff"),
    ("office", "Settings"),
    ("election", "House rules"),
];

/// See [`AuditView`].
#[must_use]
pub fn audit(view: &AuditView) -> Markup {
    let [who, object, from, to] = &view.filter;
    let chosen_otherwise = !OBJECTS.iter().any(|(value, _)| value == object);
    page(
        &view.frame,
        Section::Audit,
        "Log",
        &html! {
            h1 id="log-title" { "Log" }
            p { "Who did what, when. Nobody can change or remove a line." }
            (problem(view.error.as_deref()))
            form.filter method="get" action="/staff/audit" {
                div { label for="who" { "Who" } input id="who" name="who" type="text" value=(who); }
                div {
                    label for="object" { "About" }
                    select id="object" name="object" {
                        @for (value, words) in OBJECTS { option value=(value) selected[value == object] { (words) } }
                        @if chosen_otherwise { option value=(object) selected { (object.replace('/', " ")) } }
                    }
                }
                div { label for="from" { "From" } input id="from" name="from" type="date" value=(from); }
                div { label for="to" { "To" } input id="to" name="to" type="date" value=(to); }
                div { button { "Show" } }
            }
            @if view.lines.is_empty() {
                p { "Nothing was done that fits." }
            } @else {
                ul.log {
                    @for line in &view.lines {
                        li {
                            p {
                                strong { (line.who) } " " (line.what) " "
                                @match &line.object {
                                    (words, Some(href)) => a href=(href) { (words) },
                                    (words, None) => (words),
                                }
                            }
                            p.hint { (line.at) @if !line.details.is_empty() { " · " (line.details) } }
                        }
                    }
                }
            }
            @if let Some(older) = &view.older {
                p.go { a href=(older) { "Older lines" } }
            }
            p.go { a href=(view.csv) { "Download as a file (CSV)" } }
            p.hint { "In the file each line stands word for word as it was written, with what proves it." }
        },
    )
}
