//! Two readings of one page, for whoever decides which of them is the release.

use maud::{Markup, html};

use super::{Frame, Section, page};

/// The page with both readings.
#[derive(Debug)]
pub struct ReadingsView {
    /// Around it.
    pub frame: Frame,
    /// What the release is called.
    pub title: String,
    /// Its page on the office's site.
    pub url: Option<String>,
    /// What would be mailed: each line, and whether the other reading has it too.
    pub ours: Vec<(String, bool)>,
    /// What the second reader finds, in the same way.
    pub theirs: Vec<(String, bool)>,
}

/// See [`ReadingsView`].
#[must_use]
pub fn readings(view: &ReadingsView) -> Markup {
    page(
        &view.frame,
        Section::Releases,
        "Two readings",
        &html! {
            p.back { a href="/staff/releases" { "Back to the releases" } }
            h1 { "Two readings of “" (view.title) "”" }
            p {
                "Gazette reads each page twice, in two ways that know nothing of each other. Here they find different words. "
                "What only one of them has is marked. Compare with "
                @if let Some(url) = &view.url { a href=(url) rel="noreferrer" { "the page" } } @else { "the page" }
                ": if the first reading is the whole release and nothing else, let it go on; if not, write the release by hand."
            }
            (reading("What would be mailed", &view.ours))
            (reading("What the second reader finds", &view.theirs))
        },
    )
}

fn reading(heading: &str, lines: &[(String, bool)]) -> Markup {
    html! {
        section {
            h2 { (heading) }
            @if lines.is_empty() { p { "Nothing." } }
            @for (line, is_shared) in lines {
                p { @if *is_shared { (line) } @else { mark { (line) } } }
            }
        }
    }
}
