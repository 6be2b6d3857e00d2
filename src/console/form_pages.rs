//! Which page a form stands on.

use axum::{
    http::{Method, Uri},
    response::{IntoResponse, Redirect, Response},
};

use super::failure::Failure;

/// An address that only takes forms was opened as a page: by Back, by a bookmark, after a sign-in. It
/// leads to the page that such a form stands on.
pub async fn page_instead(method: Method, uri: Uri) -> Response {
    if matches!(method, Method::GET | Method::HEAD) {
        Redirect::to(&page_of(uri.path())).into_response()
    } else {
        Failure::NotFound.into_response()
    }
}

/// Where one finds the button again that posts to `path`: what approves a newsletter stands on the page that asks
/// once more, and not on the newsletter's own.
pub fn page_with_button(path: &str) -> String {
    let page = page_of(path);
    match path.strip_prefix(&page) {
        Some("/approve" | "/schedule") => format!("{page}/review"),
        _ => page,
    }
}

/// What stands in the address of [`page_with_button`] after somebody proved who they are, so that it says that
/// nothing of what they had pressed is done.
pub fn page_with_button_unpressed(path: &str) -> String {
    let page = page_with_button(path);
    let done = if page.ends_with("/review") {
        "not-approved"
    } else {
        "not-done"
    };
    format!("{page}?done={done}")
}

/// The page that a form stands on which posts to `path`.
pub fn page_of(path: &str) -> String {
    let mut parts = path.trim_start_matches("/staff/").split('/');
    let (room, which) = (parts.next().unwrap_or_default(), parts.next());
    let number = which.and_then(|which| which.parse::<i64>().ok());
    match (room, number) {
        ("newsletters", Some(id)) => format!("/staff/newsletters/{id}"),
        (
            "releases" | "people" | "house" | "press-list" | "settings" | "subscribers" | "topics"
            | "returns" | "notices" | "audit" | "account" | "deliverability" | "pictures"
            | "import" | "events",
            _,
        ) => format!("/staff/{room}"),
        ("sources", _) => "/staff/releases".to_owned(),
        _ => "/staff".to_owned(),
    }
}
