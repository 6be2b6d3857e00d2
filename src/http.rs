//! What the rooms' routes share: who is asking, in which language, and the frame of a page.

mod any_form;
pub mod cookies;
mod first_of_each;
mod mended_path;
mod server_failure;
mod visitor;

pub use any_form::AnyForm;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
pub use first_of_each::FirstOfEach;
use gazette_templates::pages::{
    layout::{Frame, page_about as framed_about},
    subscribers::notice,
    words::Words,
};
use maud::Markup;
pub use mended_path::{mended_path, without_breaks};
pub use server_failure::{Failure, explain, promptly};
pub use visitor::{ClientAddress, Visitor, words};

use crate::office::Office;

/// The languages that the office offers.
#[must_use]
pub fn languages(office: &Office) -> Vec<&'static Words> {
    let spoken = office.languages.iter().map(|tag| Words::of(tag));
    let mut languages: Vec<&'static Words> = Vec::new();
    for words in spoken {
        if !languages.iter().any(|known| known.tag == words.tag) {
            languages.push(words);
        }
    }
    languages
}

/// Where the privacy policy stands.
#[must_use]
pub fn privacy_url(office: &Office) -> &str {
    office.privacy_url.as_deref().unwrap_or("/privacy")
}

/// A public page in its frame.
#[must_use]
pub fn page(office: &Office, words: &'static Words, title: &str, content: &Markup) -> Response {
    page_about(office, words, title, &Markup::default(), Some(""), content)
}

/// A public page that answers a form. It has no address of its own in another language: the form's would
/// say that nothing was sent.
#[must_use]
pub fn answer_page(
    office: &Office,
    words: &'static Words,
    title: &str,
    content: &Markup,
) -> Response {
    page_about(office, words, title, &Markup::default(), None, content)
}

/// The same with more in its head, for machines that read pages. `query`: what the address asks for beside the
/// language, urlencoded; the page in another language asks for it, too. `None`: there is none, as of
/// [`answer_page`].
#[must_use]
pub fn page_about(
    office: &Office,
    words: &'static Words,
    title: &str,
    head: &Markup,
    query: Option<&str>,
    content: &Markup,
) -> Response {
    let page = framed(office, words, title, head, (query, None), content);
    Html(page.into_string()).into_response()
}

/// A page of an event, whose form stands at `event`. `query`: see [`page_about`].
#[must_use]
pub fn event_page(
    office: &Office,
    words: &'static Words,
    title: &str,
    (query, event): (Option<&str>, &str),
    content: &Markup,
) -> Response {
    let leads = (query, Some(event));
    let page = framed(office, words, title, &Markup::default(), leads, content);
    Html(page.into_string()).into_response()
}

fn framed(
    office: &Office,
    words: &'static Words,
    title: &str,
    head: &Markup,
    (query, event): (Option<&str>, Option<&str>),
    content: &Markup,
) -> Markup {
    let languages = match query {
        Some(_) => languages(office),
        None => Vec::new(),
    };
    let frame = Frame {
        office: office.name_in(words.tag),
        postal_address: &office.postal_address,
        privacy_url: privacy_url(office),
        colour: Some(&office.colour),
        words,
        languages: &languages,
        query: query.unwrap_or_default(),
        event,
    };
    framed_about(&frame, title, head, content)
}

/// The page for an address that leads nowhere.
#[must_use]
pub fn not_found(office: &Office, words: &'static Words) -> Response {
    let content = notice(words.not_found_title, words.not_found);
    (
        StatusCode::NOT_FOUND,
        page(office, words, words.not_found_title, &content),
    )
        .into_response()
}
