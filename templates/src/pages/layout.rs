//! The frame around every public page.

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, html};

use super::words::Words;
use crate::document::Direction;

/// The style sheet of the public pages.
pub const CSS: &str = include_str!("../../assets/gazette.css");
/// The icon of the public pages.
pub const ICON: &str = include_str!("../../assets/icon.svg");

/// Where the style sheet stands: the mark changes with its content, so that browsers may keep it for
/// as long as they like.
pub static CSS_URL: LazyLock<String> =
    LazyLock::new(|| format!("/assets/gazette.css?v={}", mark(CSS)));
/// Where the icon stands.
pub static ICON_URL: LazyLock<String> =
    LazyLock::new(|| format!("/assets/icon.svg?v={}", mark(ICON)));

/// What works out a proof of work.
pub const PROOF_JS: &str = include_str!("../../assets/proof.js");
/// Where it stands.
pub static PROOF_URL: LazyLock<String> =
    LazyLock::new(|| format!("/assets/proof.js?v={}", mark(PROOF_JS)));

/// Where the style sheet with the office's colour stands.
#[must_use]
pub fn office_css_url(colour: &str) -> String {
    format!("/assets/office.css?v={}", mark(&office_css(colour)))
}

/// FNV-1a: tells versions of our own files apart, and protects nothing.
fn mark(content: &str) -> String {
    let mark = content
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |mark, byte| {
            (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{mark:016x}")
}

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
    /// The office's colour; none: the style sheet's own, where nobody knows the office.
    pub colour: Option<&'a str>,
    /// The words, in the reader's language.
    pub words: &'static Words,
    /// The other languages that this page can be had in, for links; empty where it cannot.
    pub languages: &'a [&'static Words],
    /// What its address asks for beside the language, urlencoded.
    pub query: &'a str,
    /// Where the form stands of the event that this page belongs to: on a tablet that goes from hand to hand no
    /// link leads anywhere else to sign up.
    pub event: Option<&'a str>,
}

/// What a page says about itself to search engines and to those who share it.
#[derive(Debug)]
pub struct PageAbout<'a> {
    /// Its title.
    pub title: &'a str,
    /// One sentence.
    pub description: &'a str,
    /// Where it stands, without a language.
    pub url: &'a str,
    /// The office's logo.
    pub picture: Option<&'a str>,
    /// The languages that it can be had in.
    pub languages: &'a [&'static Words],
}

/// See [`PageAbout`]: Open Graph, and the same page in other languages.
#[must_use]
pub fn about_page(about: &PageAbout<'_>) -> Markup {
    html! {
        meta name="description" content=(about.description);
        meta property="og:type" content="website";
        meta property="og:title" content=(about.title);
        meta property="og:description" content=(about.description);
        meta property="og:url" content=(about.url);
        @if let Some(picture) = about.picture { meta property="og:image" content=(picture); }
        @if about.languages.len() > 1 {
            @for language in about.languages {
                link rel="alternate" hreflang=(language.tag) href={ (about.url) "?lang=" (language.tag) };
            }
            link rel="alternate" hreflang="x-default" href=(about.url);
        }
    }
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
        html lang=(words.tag) dir=[(words.direction() == Direction::Rtl).then_some("rtl")] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                // A token in the address must not travel on (O3).
                meta name="referrer" content="no-referrer";
                title { (title) " – " (frame.office) }
                link rel="stylesheet" href=(*CSS_URL);
                @if let Some(colour) = frame.colour { link rel="stylesheet" href=(office_css_url(colour)); }
                link rel="icon" type="image/svg+xml" href=(*ICON_URL);
                (head)
            }
            body {
                a class="skip" href="#content" { (words.skip) }
                @if frame.languages.len() > 1 { (language_switch(frame)) }
                header class="band" {
                    div {
                        p { (frame.office) }
                        @if frame.event.is_none() {
                            nav aria-label=(words.navigation) {
                                a href=(words.link("/archive")) { (words.archive) }
                            }
                        }
                    }
                }
                main id="content" tabindex="-1" { (content) }
                footer {
                    ul {
                        li { a href=(words.link(frame.event.unwrap_or("/"))) { (words.sign_up) } }
                        li { a href=(privacy_link(words, frame.privacy_url)) { (words.privacy) } }
                        li { a href=(words.link("/help")) { (words.help) } }
                    }
                    // It runs its own way: its number must not stand at the wrong end in Arabic.
                    p class="address" { bdi { (frame.postal_address) } }
                }
            }
        }
    }
}

/// The same page in another language: each in its own words, the present one marked.
fn language_switch(frame: &Frame<'_>) -> Markup {
    let more = match frame.query {
        "" => String::new(),
        query => format!("&{query}"),
    };
    html! {
        nav class="languages" aria-label=(frame.words.language_switch) {
            ul {
                @for language in frame.languages {
                    @let present = language.tag == frame.words.tag;
                    li {
                        a href={ "?lang=" (language.tag) (more) } lang=(language.tag) hreflang=(language.tag)
                            aria-current=[present.then_some("true")] { (language.name) }
                    }
                }
            }
        }
    }
}

/// The policy: ours in the reader's language, another's as it is.
#[must_use]
pub fn privacy_link(words: &Words, url: &str) -> String {
    if url.starts_with('/') {
        words.link(url)
    } else {
        url.to_owned()
    }
}
