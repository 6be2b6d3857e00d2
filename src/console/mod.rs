//! The console's pages: newsletters, the office, its staff and the log.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{
        Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    middleware,
    response::{IntoResponse, Redirect},
    routing::get,
};
use gazette_templates::pages::staff::{
    CONSOLE_CSS, CONSOLE_JS, EDITOR_BLOCKS_JS, EDITOR_JS, EDITOR_MARKDOWN_JS, EDITOR_SURFACE_JS,
    WRITING_JS,
};

use crate::{accounts::session, app::App, delivery::mailbox, http::mended_path};

mod audit_details;
mod audit_pages;
mod audit_words;
mod browser_words;
mod change_pages;
mod counted;
mod csrf;
mod decision_pages;
mod deliverability_pages;
mod device_cookie;
mod editor_pages;
mod examined;
mod export_pages;
pub mod failure;
mod followed;
mod form_pages;
mod form_parts;
mod frame;
mod growth_pages;
mod guard;
mod home_pages;
mod house_pages;
mod import_pages;
mod just_done;
mod kept_form;
mod kept_pages;
mod kept_views;
mod language_names;
mod late_presses;
mod live_pages;
mod look_pages;
mod newsletter_pages;
mod newsletter_view;
mod not_delivered;
mod notice_pages;
mod office_pages;
mod oidc_pages;
mod own_account_pages;
mod own_correction_pages;
mod passkey_pages;
mod password_again;
mod picture_pages;
mod press_list_pages;
mod reading_pages;
mod required_second_step;
mod return_pages;
mod seen_settings;
mod sent_newsletters;
mod setting_values;
mod sign_in_pages;
mod sign_in_steps;
mod sign_up_event_pages;
mod signed_in;
mod source_pages;
mod source_settings_pages;
mod staff_pages;
mod state;
mod subscriber_change_pages;
mod subscriber_pages;
mod taken_forms;
mod topic_pages;
mod version_pages;
mod way_in;
mod ways_in;
mod website_form_pages;
mod writing_conflicts;

use failure::Failure;
use state::Console;

/// Everything below `/staff`. The session layer stands around these routes only: no other page
/// reads or sets a cookie.
pub fn routes(app: &App) -> Router<App> {
    let console = Console {
        app: app.clone(),
        counted: std::sync::Arc::default(),
        examined: std::sync::Arc::default(),
        followed: std::sync::Arc::default(),
        streams: live_pages::turns(),
    };
    Router::new()
        .merge(pages())
        .merge(
            mailbox::pages(app).route_layer(
                middleware::from_extractor_with_state::<guard::Admin, _>(console.clone()),
            ),
        )
        // The guard has read the form already, and no more of it than it may hold.
        .layer(DefaultBodyLimit::max(csrf::LARGEST_FORM))
        .layer(middleware::from_fn_with_state(
            console.clone(),
            guard::guard,
        ))
        .layer(middleware::from_fn_with_state(
            console.clone(),
            just_done::told_once,
        ))
        .layer(session::layer(app))
        .with_state(console)
        .merge(assets())
}

fn pages() -> Router<Console> {
    Router::new()
        .merge(sign_in_pages::routes())
        .merge(home_pages::routes())
        .merge(house_pages::routes())
        .merge(newsletter_pages::routes())
        .merge(decision_pages::routes())
        .merge(deliverability_pages::routes())
        .merge(live_pages::routes())
        .merge(change_pages::routes())
        .merge(editor_pages::routes())
        .merge(export_pages::routes())
        .merge(own_correction_pages::routes())
        .merge(picture_pages::routes())
        .merge(office_pages::routes())
        .merge(look_pages::routes())
        .merge(staff_pages::routes())
        .merge(press_list_pages::routes())
        .merge(return_pages::routes())
        .merge(source_pages::routes())
        .merge(reading_pages::routes())
        .merge(version_pages::routes())
        .merge(source_settings_pages::routes())
        .merge(subscriber_pages::routes())
        .merge(subscriber_change_pages::routes())
        .merge(import_pages::routes())
        .merge(website_form_pages::routes())
        .merge(sign_up_event_pages::routes())
        .merge(growth_pages::routes())
        .merge(topic_pages::routes())
        .merge(audit_pages::routes())
        .merge(notice_pages::routes())
        .merge(kept_pages::routes())
        .merge(own_account_pages::routes())
        .merge(passkey_pages::routes())
        .merge(oidc_pages::routes())
        .merge(sign_in_steps::routes())
        .method_not_allowed_fallback(form_pages::page_instead)
        .route("/staff/{*anything}", get(not_found))
        .method_not_allowed_fallback(form_pages::page_instead)
}

/// An invitation that was damaged on its way is sent on to its page; nothing else is here.
async fn not_found(uri: Uri) -> Result<Redirect, Failure> {
    mended_path(uri.path(), uri.query())
        .map(|path| Redirect::temporary(&path))
        .ok_or(Failure::NotFound)
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The style sheet and the scripts. They stand outside the session layer.
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
        .route("/staff/assets/console.js", file(SCRIPT, CONSOLE_JS))
        .route("/staff/assets/writing.js", file(SCRIPT, WRITING_JS))
        .route("/staff/assets/editor.js", file(SCRIPT, EDITOR_JS))
        .route(
            "/staff/assets/editor_surface.js",
            file(SCRIPT, EDITOR_SURFACE_JS),
        )
        .route(
            "/staff/assets/editor_blocks.js",
            file(SCRIPT, EDITOR_BLOCKS_JS),
        )
        .route(
            "/staff/assets/editor_markdown.js",
            file(SCRIPT, EDITOR_MARKDOWN_JS),
        )
}

#[cfg(test)]
pub(crate) mod tests;
