//! The console's pages: newsletters, the office, its staff and the log.

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRef,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    middleware,
    response::{IntoResponse, Redirect},
    routing::get,
};
use gazette_templates::pages::staff::{CONSOLE_CSS, CONSOLE_JS, Frame};
use jiff::tz::TimeZone;

use crate::{
    accounts::{Role, session, sign_in_throttle::Limits},
    app::App,
    clock::Timestamp,
    office::Office,
};

mod change_pages;
mod csrf;
mod editor_pages;
pub mod failure;
mod guard;
mod house_pages;
mod newsletter_pages;
mod office_pages;
mod press_list_pages;
mod sign_in_pages;
mod source_pages;
mod source_settings_pages;
mod staff_pages;
mod subscriber_pages;

use failure::Failure;
use guard::SignedIn;

/// What the console's handlers are given: the instance, and the memory of who tried to sign in.
#[derive(Debug, Clone)]
struct Console {
    app: App,
    limits: Arc<Limits>,
}

impl FromRef<Console> for App {
    fn from_ref(console: &Console) -> Self {
        console.app.clone()
    }
}

/// Everything below `/staff`. The session layer stands around these routes only: no other page
/// reads or sets a cookie.
pub fn routes(app: &App) -> Router<App> {
    let console = Console {
        app: app.clone(),
        limits: Arc::new(Limits::new()),
    };
    Router::new()
        .merge(pages())
        .layer(middleware::from_fn_with_state(
            console.clone(),
            guard::guard,
        ))
        .layer(session::layer(app))
        .with_state(console)
        .merge(assets())
}

fn pages() -> Router<Console> {
    Router::new()
        .merge(sign_in_pages::routes())
        .route("/staff", get(home))
        .route("/staff/", get(home))
        .merge(house_pages::routes())
        .merge(newsletter_pages::routes())
        .merge(change_pages::routes())
        .merge(editor_pages::routes())
        .merge(office_pages::routes())
        .merge(staff_pages::routes())
        .merge(press_list_pages::routes())
        .merge(source_pages::routes())
        .merge(source_settings_pages::routes())
        .merge(subscriber_pages::routes())
        .route("/staff/{*anything}", get(async || Failure::NotFound))
}

/// The style sheet and the script. They stand outside the session layer.
pub fn assets() -> Router<App> {
    let file = |kind: &'static str, content: &'static str| {
        get(async move || {
            let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=300")];
            (headers, content).into_response()
        })
    };
    Router::new()
        .route(
            "/staff/assets/console.css",
            file("text/css; charset=utf-8", CONSOLE_CSS),
        )
        .route(
            "/staff/assets/console.js",
            file("text/javascript; charset=utf-8", CONSOLE_JS),
        )
}

async fn home() -> Redirect {
    Redirect::to("/staff/newsletters")
}

/// What stands around a page; `done` is the word in the address that says what was just done.
pub async fn frame(app: &App, me: &SignedIn, done: Option<&str>) -> Result<Frame, Failure> {
    let office = Office::load(&app.db).await?;
    Ok(Frame {
        office: office.name,
        email: me.account.email.to_string(),
        role: me.account.role.as_str(),
        admin: me.account.role == Role::Admin,
        form_token: me.form_token.clone(),
        done: done.and_then(done_words).map(str::to_owned),
    })
}

fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "subject" => "The subject is saved.",
        "text" => "The text is saved.",
        "written" => "The draft is made. Nobody gets it before it is approved.",
        "correction" => "The correction is a draft. Nobody gets it before it is approved.",
        "released" => "It goes on as the source’s settings say.",
        "dropped" => "It will not be mailed.",
        "links" => "The links are followed. What they answered stands below.",
        "test" => "The test is on its way to you.",
        "approved" => "Approved. It is being sent.",
        "approved-settling" => "Approved. It goes out when the office can change it no more.",
        "scheduled" => "Approved. It goes out at the time below.",
        "paused" => "Paused. Nothing more goes out until you go on.",
        "resumed" => "It goes on.",
        "cancelled" => "Cancelled. Nobody else will get it.",
        "password" => "Your password is changed.",
        "settings" => "The settings are saved.",
        "logo" => "The logo is saved. It counts for mails that are sent from now on.",
        "press" => "A draft for the press list is made. It waits for approval by itself.",
        "election" => "The election is entered.",
        "election-removed" => "The election is removed, and its blackout with it.",
        "contact-removed" => "Removed from the press list.",
        "source" => "The source is added. What is there now counts as seen.",
        "removed" => "Gazette looks there no more.",
        "role" => "The role is changed. It counts at once.",
        "disabled" => "Disabled. They are signed out and cannot sign in.",
        "enabled" => "They may sign in again.",
        _ => return None,
    })
}

/// An instant as staff read it: `Tue 24 Nov 2026, 09:00 PST`.
#[must_use]
pub fn shown(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone())
        .strftime("%a %-d %b %Y, %H:%M %Z")
        .to_string()
}

/// Until when the office may still change a release: the time alone, where that is today.
#[must_use]
pub fn until(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at_office = at.to_zoned_datetime(zone.clone());
    if at_office.date() == now.to_zoned_datetime(zone.clone()).date() {
        at_office.strftime("%H:%M").to_string()
    } else {
        shown(at, zone)
    }
}

#[derive(Debug, Default, serde::Deserialize)]
struct Done {
    done: Option<String>,
}

#[cfg(test)]
pub(crate) mod tests;
