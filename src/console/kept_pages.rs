//! Where one finds again what one had typed when the session ended.

use axum::{
    Form, Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages};
use serde::Deserialize;

use super::{
    failure::Failure, frame::frame, guard::Viewer, kept_form, kept_views::kept_view, state::Console,
};
use crate::{accounts::kept_forms, app::App};

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/kept", get(page).post(discard))
}

async fn page(State(app): State<App>, Viewer(me): Viewer) -> Result<Response, Failure> {
    let kept = kept_form::kept(&app, me.account.id).await?;
    if kept.is_empty() {
        return Ok(Redirect::to("/staff").into_response());
    }
    let mut views = Vec::with_capacity(kept.len());
    for form in kept {
        views.push(kept_view(&app, form).await?);
    }
    let frame = frame(&app, &me, None).await?;
    Ok(pages::kept(&frame, &views).into_response())
}

/// Which of them is thrown away.
#[derive(Debug, Deserialize)]
struct Discarded {
    #[serde(default)]
    kept_entry: String,
}

async fn discard(
    State(app): State<App>,
    Viewer(me): Viewer,
    Form(form): Form<Discarded>,
) -> Result<Response, Failure> {
    kept_forms::forget(&app, me.account.id, &form.kept_entry).await?;
    // Where others wait, they are shown there.
    Ok(Redirect::to("/staff/kept").into_response())
}
