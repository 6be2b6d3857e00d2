//! The frame around every public page.

use maud::{DOCTYPE, Markup, html};

use super::words::Words;

/// The style sheet of the public pages.
pub const CSS: &str = include_str!("../../assets/gazette.css");
/// The icon of the public pages.
pub const ICON: &str = include_str!("../../assets/icon.svg");

/// The only rule that differs between offices: its colour. White text on it is readable; that was
/// checked when the colour was set.
#[must_use]
pub fn office_css(colour: &str) -> String {
    format!(":root {{ --office: {colour}; }}\n")
}

/// What a page shows around its content.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Whose page it is.
    pub office: &'a str,
    /// The office's postal address.
    pub postal_address: &'a str,
    /// Where the privacy policy stands.
    pub privacy_url: &'a str,
    /// The words, in the reader's language.
    pub words: &'static Words,
    /// The other languages that this page can be had in, for links; empty where it cannot.
    pub languages: &'a [&'static Words],
}

/// A whole page.
#[must_use]
pub fn page(frame: &Frame<'_>, title: &str, content: &Markup) -> Markup {
    page_about(frame, title, &html! {}, content)
}

/// The same with more in its head, for machines that read pages.
#[must_use]
pub fn page_about(frame: &Frame<'_>, title: &str, head: &Markup, content: &Markup) -> Markup {
    let words = frame.words;
    html! {
        (DOCTYPE)
        html lang=(words.tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                // A token in the address must not travel on (O3).
                meta name="referrer" content="no-referrer";
                title { (title) " – " (frame.office) }
                link rel="stylesheet" href="/assets/gazette.css";
                link rel="stylesheet" href="/assets/office.css";
                link rel="icon" type="image/svg+xml" href="/assets/icon.svg";
                (head)
            }
            body {
                a class="skip" href="#content" { (words.skip) }
                header class="band" {
                    div {
                        p { (frame.office) }
                        nav aria-label=(words.navigation) {
                            a href="/archive" { (words.archive) }
                        }
                    }
                }
                main id="content" tabindex="-1" { (content) }
                footer {
                    ul {
                        li { a href="/" { (words.sign_up) } }
                        li { a href=(frame.privacy_url) { (words.privacy) } }
                        li { a href="/help" { (words.help) } }
                        @for language in frame.languages {
                            @if language.tag != words.tag {
                                li { a href={ "?lang=" (language.tag) } lang=(language.tag) hreflang=(language.tag) { (language.name) } }
                            }
                        }
                    }
                    p class="address" { (frame.postal_address) }
                }
            }
        }
    }
}
