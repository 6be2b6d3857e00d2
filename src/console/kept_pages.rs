//! Where one finds again what one had typed when the session ended.

use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages};
use tower_sessions::Session;

use super::{failure::Failure, frame::frame, guard::Viewer, kept_form::KeptForm, state::Console};
use crate::app::App;

/// The field of the session.
const KEPT: &str = "kept";
/// Where the page stands.
const HERE: &str = "/staff/kept";

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/kept", get(page).post(discard))
}

/// After a sign-in: keeps what travelled through it in the new session. Where to go; `None`: nothing
/// travelled.
pub async fn keep(session: &Session, json: &str) -> Result<Option<&'static str>, Failure> {
    let Some(kept) = KeptForm::from_json(json) else {
        return Ok(None);
    };
    session.insert(KEPT, kept).await?;
    Ok(Some(HERE))
}

/// Where to go after a sign-in of several steps; `None`: nothing travelled.
pub async fn waiting(session: &Session) -> Result<Option<&'static str>, Failure> {
    Ok(session.get::<KeptForm>(KEPT).await?.map(|_| HERE))
}

async fn page(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
) -> Result<Response, Failure> {
    match session.get::<KeptForm>(KEPT).await? {
        Some(kept) => {
            let frame = frame(&app, &me, None).await?;
            Ok(pages::kept(&frame, &kept.view()).into_response())
        }
        None => Ok(Redirect::to("/staff").into_response()),
    }
}

async fn discard(Extension(session): Extension<Session>, _: Viewer) -> Result<Response, Failure> {
    session.remove::<KeptForm>(KEPT).await?;
    Ok(Redirect::to("/staff").into_response())
}
