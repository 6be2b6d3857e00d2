//! Joining the versions of a release in several languages, where the office's site does not say which belong
//! together.

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, VersionLine, VersionsView};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame},
    guard::{Approver, SignedIn},
    language_names::language_name,
    state::Console,
};
use crate::{
    app::App,
    newsletters::{self, NewsletterError},
    releases::{LanguageVersion, ReleaseError, language_versions},
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/releases/{id}/languages", get(languages).post(join))
        .route("/staff/releases/{id}/languages/separate", post(separate))
}

async fn languages(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Query(done): Query<Done>,
) -> Answer {
    let view = view(&app, &me, id, done.done.as_deref()).await?;
    Ok(pages::versions(&view).into_response())
}

async fn view(
    app: &App,
    me: &SignedIn,
    id: i64,
    done: Option<&str>,
) -> Result<VersionsView, Failure> {
    let versions = newsletters::versions_of(app, id).await?;
    let Some(own) = versions.iter().find(|version| version.release == id) else {
        return Err(Failure::NotFound);
    };
    let line = |version: &LanguageVersion| VersionLine {
        id: version.release,
        title: version.title.clone(),
        tag: version.language.clone(),
        language: language_name(&version.language),
    };
    let others = versions.iter().filter(|version| version.release != id);
    Ok(VersionsView {
        frame: frame(app, me, done).await?,
        own: line(own),
        others: others.map(line).collect(),
        candidates: language_versions::candidates(app, id)
            .await?
            .iter()
            .map(line)
            .collect(),
        error: None,
    })
}

#[derive(Deserialize)]
struct Other {
    other: i64,
}

async fn join(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Other>,
) -> Answer {
    match newsletters::join_versions(&app, id, form.other, me.who()).await {
        Ok(()) => {
            let page = format!("/staff/releases/{id}/languages?done=joined");
            Ok(Redirect::to(&page).into_response())
        }
        Err(NewsletterError::Release(error @ ReleaseError::Versions(_))) => {
            let mut view = view(&app, &me, id, None).await?;
            view.error = Some(sentence(&error));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::versions(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn separate(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let page = format!("/staff/releases/{id}/languages");
    // Nobody says that it was separated where it stood alone already.
    if newsletters::separate_version(&app, id, me.who()).await? {
        return Ok(Redirect::to(&format!("{page}?done=separated")).into_response());
    }
    Ok(Redirect::to(&page).into_response())
}
