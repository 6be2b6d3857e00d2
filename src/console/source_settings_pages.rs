//! One source's settings: its policy, its digests, its filters and topics.

use std::collections::HashMap;

use axum::{
    Form, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages, SourceView};

use super::{
    failure::{Failure, sentence},
    frame::frame,
    guard::{Admin, SignedIn},
    seen_settings::{FIELD, Seen, changed_meanwhile, marks},
    state::Console,
};
use crate::{
    app::App,
    releases::{self, ReleaseError},
    subscribers,
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/sources/{id}/settings", get(settings).post(save))
}

async fn settings(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    let values = releases::source_settings(&app, id).await?;
    let view = view(&app, &me, id, values).await?;
    Ok(pages::source(&view).into_response())
}

async fn save(
    State(app): State<App>,
    Admin(me): Admin,
    Path(id): Path<i64>,
    Form(form): Form<HashMap<String, String>>,
) -> Answer {
    let stored = releases::source_settings(&app, id).await?;
    let typed: Vec<(&'static str, String)> = stored
        .iter()
        .map(|(key, old)| (*key, form.get(*key).unwrap_or(old).trim().to_owned()))
        .collect();
    let before = Seen::read(form.get(FIELD).map_or("", String::as_str));
    // Not what was left as the page showed it, whatever it is by now.
    let differing = typed
        .iter()
        .zip(&stored)
        .filter(|((key, new), (_, old))| new != old && before.was(key, new) != Some(true));
    let (mut changed, mut meanwhile) = (Vec::new(), Vec::new());
    for ((key, new), (_, old)) in differing {
        changed.push((*key, new.as_str()));
        if before.was(key, old) == Some(false) {
            meanwhile.push(format!(
                "“{}”: {}",
                pages::source_setting(key),
                changed_meanwhile(old)
            ));
        }
    }
    if !meanwhile.is_empty() {
        // As it is by now, but for what this person changed.
        let mut values = stored.clone();
        for (key, value) in &mut values {
            let mine = changed.iter().find(|(name, _)| name == key);
            *value = mine.map_or_else(|| value.clone(), |(_, mine)| (*mine).to_owned());
        }
        let mut view = view(&app, &me, id, values).await?;
        view.error = Some(meanwhile.join(" "));
        return Ok((StatusCode::CONFLICT, pages::source(&view)).into_response());
    }
    match releases::set_source_by(&app, id, &changed, me.who()).await {
        Ok(()) => {}
        Err(error @ (ReleaseError::Database(_) | ReleaseError::NoSource(_))) => {
            return Err(error.into());
        }
        Err(error) => {
            let mut view = view(&app, &me, id, typed.clone()).await?;
            view.error = Some(sentence(&error));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::source(&view)).into_response());
        }
    }
    Ok(Redirect::to("/staff/releases?done=settings").into_response())
}

async fn view(
    app: &App,
    me: &SignedIn,
    id: i64,
    values: Vec<(&'static str, String)>,
) -> Result<SourceView, Failure> {
    let sources = releases::list_sources(app).await?;
    let source = sources
        .into_iter()
        .find(|source| source.id == id)
        .ok_or(ReleaseError::NoSource(id))?;
    let topics = subscribers::topics(app).await?;
    let stored = releases::source_settings(app, id).await?;
    Ok(SourceView {
        seen: marks(stored.iter().map(|(key, value)| (*key, value.clone()))),
        frame: frame(app, me, None).await?,
        id,
        title: source.title,
        topics: topics
            .into_iter()
            .map(|topic| (topic.slug, topic.name))
            .collect(),
        values,
        error: None,
    })
}
