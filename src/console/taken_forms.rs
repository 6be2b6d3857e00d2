//! A form that was taken and comes once more, by Back and its button or by a page that is loaded again. What can be
//! done again is; where it cannot, because it is done already, its sender is told so and not that something is wrong.

use axum::{
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Redirect, Response},
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{failure::Failure, form_pages::page_with_button, kept_form::SentForm};
use crate::app::App;

/// The field of the session that holds them.
const TAKEN: &str = "taken_forms";

/// Forms that one session remembers: who goes back does not go back far.
const MOST: usize = 16;

/// A form that was taken.
#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    /// A keyed hash of all that was sent: each page's form has a token of its own.
    mark: String,
    /// Where its answer led.
    page: String,
}

/// Remembers a form that was taken, and answers one that was taken before and is refused now.
pub async fn noted(
    app: &App,
    session: &Session,
    sent: &SentForm,
    response: Response,
) -> Result<Response, Failure> {
    let status = response.status();
    let is_taken =
        status == StatusCode::SEE_OTHER || status == StatusCode::OK && is_page(&response);
    let is_refused = matches!(
        status,
        StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY
    );
    // Who has just signed out has no session any more.
    if !(is_taken || is_refused) || session.get::<i64>("staff").await?.is_none() {
        return Ok(response);
    }
    let mut taken: Vec<Taken> = session.get(TAKEN).await?.unwrap_or_default();
    let mark = mark(app, sent);
    let before = taken.iter().find(|taken| taken.mark == mark);
    match before {
        Some(before) if is_refused => Ok(Redirect::to(&before.page).into_response()),
        None if is_taken => {
            let page = says_before(&led_to(sent, &response));
            taken.push(Taken { mark, page });
            taken.drain(..taken.len().saturating_sub(MOST));
            session.insert(TAKEN, taken).await?;
            Ok(response)
        }
        _ => Ok(response),
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get("content-type");
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn mark(app: &App, sent: &SentForm) -> String {
    let mac = app
        .keys
        .mac(&[b"taken form", sent.path.as_bytes(), &sent.body]);
    HEXLOWER.encode(&mac[..16])
}

/// The page that the answer led to, or that the form stood on.
fn led_to(sent: &SentForm, response: &Response) -> String {
    let led = response.headers().get(LOCATION);
    let led = led.and_then(|led| led.to_str().ok());
    led.map_or_else(|| page_with_button(&sent.path), str::to_owned)
}

/// The same page, with the word that it was done before.
fn says_before(page: &str) -> String {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let others = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("done="));
    let query: Vec<&str> = others.chain(["done=before"]).collect();
    format!("{path}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_that_it_was_done_before_in_place_of_what_was_done() {
        for (page, said) in [
            ("/staff/topics", "/staff/topics?done=before"),
            ("/staff/topics?done=topic", "/staff/topics?done=before"),
            ("/staff/x?a=1&done=y&b=2", "/staff/x?a=1&b=2&done=before"),
        ] {
            assert_eq!(says_before(page), said);
        }
    }
}
