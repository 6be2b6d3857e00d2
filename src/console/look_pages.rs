//! How a mail looks with the settings that are being typed: what the frame beside them shows. Nothing is saved.

use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::{
    failure::Failure, guard::Admin, newsletter_pages::PREVIEW_POLICY, setting_values::sent,
    state::Console,
};
use crate::{app::App, newsletters, office::Office};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/settings/preview.html", get(asked).post(pressed))
}

/// For the script, which asks for what is typed without a line in the browser's history.
async fn asked(
    State(app): State<App>,
    _: Admin,
    Query(typed): Query<Vec<(String, String)>>,
) -> Answer {
    shown(&app, &typed).await
}

/// The button's, where no script runs.
async fn pressed(
    State(app): State<App>,
    _: Admin,
    Form(typed): Form<Vec<(String, String)>>,
) -> Answer {
    shown(&app, &typed).await
}

async fn shown(app: &App, typed: &[(String, String)]) -> Answer {
    let mut typed = sent(typed);
    // What is wrong is said when it is to be saved; until then the mail looks as before.
    typed.retain(|key, value| Office::check(key, value).is_ok());
    let office = Office::load_with(&app.db, typed).await?;
    let preview = newsletters::preview_look(app, office).await?;
    let policy = HeaderValue::from_static(PREVIEW_POLICY);
    Ok(([(CONTENT_SECURITY_POLICY, policy)], Html(preview.html)).into_response())
}
