//! Lines that were typed or pasted and not taken: what is wrong with each, above the form that holds them again.

use maud::{Markup, html};

/// Each line as it was typed, and why it was not taken.
pub type RejectedLines = Vec<(String, String)>;

/// See the module's head.
pub(super) fn rejected(lines: &RejectedLines) -> Markup {
    html! {
        @if !lines.is_empty() {
            div.problem {
                p {
                    strong { @if lines.len() == 1 { "1 line was not taken. " } @else { (lines.len()) " lines were not taken. " } }
                    "They stand in the form again: correct them there, and send them once more."
                }
                ul { @for (line, why) in lines { li { code { (line) } ": " (why) } } }
            }
        }
    }
}
