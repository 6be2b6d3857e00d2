//! The mail itself on a page of the console, in the ways that readers see it: each in a frame whose own policy
//! and sandbox let nothing in it run.

use maud::{DOCTYPE, Markup, html};

/// The ways to look at a mail, each with what its switch says.
const VIEWS: [(&str, &str); 5] = [
    ("desktop", "Desktop"),
    ("phone", "Phone"),
    ("dark", "Dark"),
    ("pictures-off", "Pictures off"),
    ("text", "Text"),
];

/// What the text part is called.
const PLAIN: &str = "The mail as plain text";

/// The switch and the frames. The style sheet shows the one that is chosen; a frame that is not shown is not
/// loaded. `address` is where the mail is shown; `text` its text part where it is known, else it has a frame, too.
pub(super) fn mail_views(address: &str, text: Option<&str>) -> Markup {
    let and = if address.contains('?') { '&' } else { '?' };
    let but = |asked: &str| format!("{address}{and}{asked}");
    html! {
        fieldset.switch {
            legend.hidden { "Show it as" }
            @for (value, label) in VIEWS {
                input id={ "view-" (value) } type="radio" name="view" value=(value) checked[value == "desktop"];
                label for={ "view-" (value) } { (label) }
            }
        }
        div.frame.with-pictures { (frame("The mail as readers see it", address)) }
        div.frame.without-pictures { (frame("The mail with pictures off", &but("pictures=off"))) }
        @match text {
            Some(text) => pre.plain tabindex="0" role="region" aria-label=(PLAIN) { (text) },
            None => div.frame.plain { (frame(PLAIN, &but("part=text"))) },
        }
    }
}

fn frame(title: &str, address: &str) -> Markup {
    html! { iframe title=(title) src=(address) sandbox="allow-same-origin" loading="lazy" {} }
}

/// How long the subject in the field `subject` is; a script counts along.
pub(super) fn subject_hint(subject: &str) -> Markup {
    html! {
        p.hint id="subject-hint" {
            "Phones show about the first 40 characters. This one has "
            span data-count="subject" { (subject.chars().count()) } "."
        }
    }
}

/// The text part for its frame, or why there is no mail to show.
#[must_use]
pub fn mail_text(language: &str, text: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (PLAIN) }
            }
            body style="margin:0" {
                pre style="margin:0;padding:16px;white-space:pre-wrap;overflow-wrap:anywhere;font:15px/1.5 monospace" { (text) }
            }
        }
    }
}
