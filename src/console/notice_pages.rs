//! What each member of staff is told by mail, by their own choice.

use std::collections::HashMap;

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages, NoticesView};
use sea_orm::ActiveEnum;

use super::{
    failure::Failure,
    frame::{Done, frame},
    guard::{SignedIn, Viewer},
    state::Console,
};
use crate::{
    accounts::notifications::{NoticeKind, NoticeTiming, choices, choose},
    app::App,
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/notices", get(page).post(save))
}

async fn page(State(app): State<App>, Viewer(me): Viewer, Query(done): Query<Done>) -> Answer {
    let view = view(&app, &me, done.done.as_deref()).await?;
    Ok(pages::notices(&view).into_response())
}

async fn view(app: &App, me: &SignedIn, done: Option<&str>) -> Result<NoticesView, Failure> {
    let role = me.account.role;
    Ok(NoticesView {
        frame: frame(app, me, done).await?,
        kinds: choices(app, me.account.id)
            .await?
            .into_iter()
            .filter(|(kind, _)| role >= kind.role())
            .map(|(kind, how)| (kind.word(), how.to_value()))
            .collect(),
        error: None,
    })
}

async fn save(
    State(app): State<App>,
    Viewer(me): Viewer,
    Form(form): Form<HashMap<String, String>>,
) -> Answer {
    let mut chosen = Vec::new();
    for kind in NoticeKind::all() {
        let Some(how) = form.get(&kind.word()) else {
            continue;
        };
        let Ok(how) = NoticeTiming::try_from_value(how) else {
            let mut view = view(&app, &me, None).await?;
            view.error = Some("Choose one of the three for each.".to_owned());
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::notices(&view)).into_response());
        };
        chosen.push((kind, how));
    }
    choose(&app, me.account.id, &chosen, me.who()).await?;
    Ok(Redirect::to("/staff/notices?done=notices").into_response())
}
