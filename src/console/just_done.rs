//! What a page says was just done (`?done=…` in its address) it says only in the browser in which it was, and
//! only for some minutes: an address that is opened again, or that somebody made up, says nothing of the kind.

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Uri,
        header::{LOCATION, SET_COOKIE},
    },
    middleware::Next,
    response::Response,
};

use crate::{app::App, http::cookies};

const COOKIE: &str = "gazette_staff_done";

/// As long as a page that is loaded again still tells the news.
const TOLD_FOR_MS: i64 = 5 * 60_000;

/// Stands around every page: notes where an answer leads that says what was done, and takes the word out of
/// an address that no answer led to.
pub async fn told_once(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let asked = request.uri();
    if says_done(asked.query()) && !led_to(&app, request.headers(), asked) {
        *request.uri_mut() = without_done(asked);
    }
    let mut response = next.run(request).await;
    let led = response.headers().get(LOCATION);
    if let Some(cookie) = led.and_then(|led| cookie(&app, led)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn says_done(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.split('&').any(is_done))
}

fn is_done(pair: &str) -> bool {
    pair.starts_with("done=")
}

/// For whom is led to a page that says what was done.
fn cookie(app: &App, location: &HeaderValue) -> Option<HeaderValue> {
    let page = location.to_str().ok()?.split('#').next()?;
    let (_, query) = page.split_once('?')?;
    says_done(Some(query)).then_some(())?;
    let at = app.clock.now_ms().to_string();
    let value = format!("{at}.{}", cookies::proof(app, &parts(page, &at)));
    let mut cookie = cookies::build(app, COOKIE, value);
    cookie.set_max_age(time::Duration::milliseconds(TOLD_FOR_MS));
    HeaderValue::from_str(&cookie.to_string()).ok()
}

/// Whether an answer led this browser to the page, and some minutes ago at most.
fn led_to(app: &App, headers: &HeaderMap, page: &Uri) -> bool {
    let Some(value) = cookies::value(app, headers, COOKIE) else {
        return false;
    };
    let Some((at, said)) = value.split_once('.') else {
        return false;
    };
    let (Ok(since), Some(page)) = (at.parse::<i64>(), page.path_and_query()) else {
        return false;
    };
    let is_recent = (0..TOLD_FOR_MS).contains(&(app.clock.now_ms().saturating_sub(since)));
    is_recent && cookies::proves(app, &parts(page.as_str(), at), said)
}

fn parts<'a>(page: &'a str, at: &'a str) -> [&'a [u8]; 3] {
    [b"done", page.as_bytes(), at.as_bytes()]
}

fn without_done(asked: &Uri) -> Uri {
    let pairs = asked.query().unwrap_or_default().split('&');
    let others: Vec<&str> = pairs.filter(|pair| !is_done(pair)).collect();
    let page = match others.as_slice() {
        [] => asked.path().to_owned(),
        others => format!("{}?{}", asked.path(), others.join("&")),
    };
    // Made of parts of an address it is one.
    page.parse().unwrap_or_else(|_| asked.clone())
}
