//! What came in from the office's site, and what is held back.

use maud::{Markup, html};

use super::{Frame, Section, page};

/// The releases page.
#[derive(Debug)]
pub struct ReleasesView {
    /// Around it.
    pub frame: Frame,
    /// Those that wait for a person, with the reason.
    pub held: Vec<ReleaseLine>,
    /// All others, the newest first.
    pub others: Vec<ReleaseLine>,
}

/// One release.
#[derive(Debug)]
pub struct ReleaseLine {
    /// Its title.
    pub title: String,
    /// Where it stands on the office's site.
    pub url: Option<String>,
    /// Its state and time in plain words.
    pub state: String,
    /// Why it is held.
    pub held_because: Option<String>,
}

/// See [`ReleasesView`].
#[must_use]
pub fn releases(view: &ReleasesView) -> Markup {
    page(
        &view.frame,
        Section::Releases,
        "Releases",
        &html! {
            h1 { "Releases" }
            @if view.held.is_empty() && view.others.is_empty() {
                p { "No press release has been seen yet." }
            }
            (group("Held back", &view.held))
            (group("Seen", &view.others))
        },
    )
}

fn group(title: &str, lines: &[ReleaseLine]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { (title) }
            ul.cards {
                @for line in lines {
                    li {
                        h3 {
                            @if let Some(url) = &line.url { a href=(url) rel="noreferrer" { (line.title) } }
                            @else { (line.title) }
                        }
                        p.state { (line.state) }
                        @if let Some(reason) = &line.held_because { p.attention { (reason) } }
                    }
                }
            }
        }
    }
}
