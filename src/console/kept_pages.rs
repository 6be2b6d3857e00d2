//! Where one finds again what one had typed when the session ended.

use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages};
use tower_sessions::Session;

use super::{failure::Failure, frame::frame, guard::Viewer, kept_form, state::Console};
use crate::app::App;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/kept", get(page).post(discard))
}

async fn page(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
) -> Result<Response, Failure> {
    match kept_form::kept(&app.keys, &session, me.account.id).await? {
        Some(kept) => {
            let frame = frame(&app, &me, None).await?;
            Ok(pages::kept(&frame, &kept.view()).into_response())
        }
        None => Ok(Redirect::to("/staff").into_response()),
    }
}

async fn discard(Extension(session): Extension<Session>, _: Viewer) -> Result<Response, Failure> {
    kept_form::forget(&session).await?;
    Ok(Redirect::to("/staff").into_response())
}
