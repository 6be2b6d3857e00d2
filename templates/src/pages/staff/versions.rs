//! A release in several languages: which belong together.

use maud::{Markup, html};

use super::{Frame, Section, page, problem, token};

/// The page of a release's versions.
#[derive(Debug)]
pub struct VersionsView {
    /// Around it.
    pub frame: Frame,
    /// The release.
    pub own: VersionLine,
    /// Its versions in other languages.
    pub others: Vec<VersionLine>,
    /// What it may be joined with.
    pub candidates: Vec<VersionLine>,
    /// Why it could not be joined.
    pub error: Option<String>,
}

/// A release in one language.
#[derive(Debug)]
pub struct VersionLine {
    /// Its number.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// BCP 47.
    pub tag: String,
    /// The language, in English.
    pub language: String,
}

/// See [`VersionsView`].
#[must_use]
pub fn versions(view: &VersionsView) -> Markup {
    let action = format!("/staff/releases/{}/languages", view.own.id);
    page(
        &view.frame,
        Section::Releases,
        "Versions in other languages",
        &html! {
            p.back { a href="/staff/releases" { "Releases" } }
            h1 { "Versions in other languages" }
            (problem(view.error.as_deref()))
            p { (title(&view.own)) " is in " (view.own.language) "." }
            @if view.others.is_empty() {
                p { "It is joined with no other release, so all readers of its topic get it." }
            } @else {
                p { "Each reader gets the version in their language, and nobody gets two. Who reads another language gets the office’s first language." }
                ul.cards {
                    @for version in &view.others { li { h2 { (title(version)) } p.state { (version.language) } } }
                }
                form method="post" action={ (action) "/separate" } {
                    (token(&view.frame.form_token))
                    p.hint { "For what is no translation of the others. What was mailed already stays." }
                    button { "Separate it from them" }
                }
            }
            @if !view.candidates.is_empty() {
                h2 { "Join with a translation" }
                ul.cards {
                    @for version in &view.candidates {
                        li {
                            h3 { (title(version)) }
                            p.state { (version.language) }
                            form method="post" action=(action) {
                                (token(&view.frame.form_token))
                                input type="hidden" name="other" value=(version.id);
                                button { "Join" span.hidden { ": " (version.title) } }
                            }
                        }
                    }
                }
            } @else if view.others.is_empty() {
                p { "No release in another language has come in lately." }
            }
        },
    )
}

fn title(version: &VersionLine) -> Markup {
    html! { span lang=(version.tag) { "“" (version.title) "”" } }
}
