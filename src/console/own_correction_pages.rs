//! Correcting what was mailed and comes from no source: staff write what it should have said.

use axum::{
    Form, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::{Document, pages::staff::WritingView};

use super::{
    editor_pages::{
        Written, edit_view, form_name, keep_first, lines, mail_of, shown, unsaved_views,
    },
    failure::{Failure, sentence},
    frame::{self, frame},
    guard::{Editor, SignedIn},
    state::Console,
    writing_conflicts::{Theirs, began_with, put_beside},
};
use crate::{
    app::App,
    newsletters::{self, NewsletterError, OwnText},
    office::Office,
    releases::{ReleaseError, by_hand},
    rendering,
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new().route(
        "/staff/newsletters/{id}/correct-text",
        get(page).post(correct),
    )
}

/// To a newsletter's page: its own, which says why there is nothing to correct here, or that of the correction which
/// waits already.
fn elsewhere(id: i64) -> Response {
    Redirect::to(&format!("/staff/newsletters/{id}")).into_response()
}

async fn page(State(app): State<App>, Editor(me): Editor, Path(id): Path<i64>) -> Answer {
    let Some(own) = newsletters::own_text(&app, id).await? else {
        return Ok(elsewhere(id));
    };
    let text = rendering::in_turn(|| by_hand::to_markdown(&own.document)).await?;
    let mut view = view(&app, &me, id, (own.subject, text)).await?;
    view.revision = Some(own.revision);
    view.began = began_with(&view);
    view.unsaved = unsaved_views(&app, &me, Some(id), &view).await?;
    if let Some(waiting) = newsletters::waiting_correction(&app, id).await? {
        if view.unsaved.is_empty() {
            return Ok(elsewhere(waiting));
        }
        let there = format!("/staff/newsletters/{waiting}");
        view.back = (there, "The correction that waits already".to_owned());
        view.says = Some(
            "A correction of this newsletter waits already. What you write here makes another one: to change the one that waits, edit its text.",
        );
    }
    shown(StatusCode::OK, &view).await
}

async fn view(
    app: &App,
    me: &SignedIn,
    id: i64,
    (subject, text): (String, String),
) -> Result<WritingView, Failure> {
    let frame = frame(app, me, None).await?;
    Ok(WritingView {
        heading: "Correct the text".to_owned(),
        says: Some(
            "Write what it should have said. Once somebody has approved the correction, it goes to those who got this newsletter.",
        ),
        action: format!("/staff/newsletters/{id}/correct-text"),
        keep: "Make the correction",
        ..edit_view(frame, id, subject, text, 0, form_name(None)?)
    })
}

async fn correct(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(written): Form<Written>,
) -> Answer {
    let Some(own) = newsletters::own_text(&app, id).await? else {
        // What was typed is not lost: the guard shows it behind the reason.
        let why = "only what was mailed, and comes from no source, is corrected here".to_owned();
        return Err(NewsletterError::Wrong(why).into());
    };
    keep_first(&app, &me, Some(id), &written).await?;
    let kept = written.form().to_owned();
    let (looks, goes_on) = (written.looks(), written.goes_on());
    let text = lines(&written.text);
    let document = newsletters::written_document(&app, &text, Some(&own.document)).await?;
    let seen = written.revision.unwrap_or(-1);
    let is_unchanged = document == own.document && written.subject.trim() == own.subject;
    let made = if written.keep() {
        let (subject, who) = (&written.subject, me.who());
        Some(newsletters::correct_own_text(&app, id, subject, &document, seen, who).await)
    } else {
        None
    };
    let form = form_name(written.once.as_deref())?;
    let mut view = view(&app, &me, id, (written.subject, text)).await?;
    (view.revision, view.once, view.began) = (Some(seen), form, written.began);
    (view.mail, view.look_first) = (mail_of(Some(id), &kept), looks);
    if goes_on {
        view.unsaved = unsaved_views(&app, &me, Some(id), &view).await?;
    }
    let status = match made {
        None => StatusCode::OK,
        Some(Ok(draft)) => {
            newsletters::forget_unsaved(&app, me.account.id, Some(id), &kept).await?;
            let there = format!("/staff/newsletters/{draft}?done=correction");
            return Ok(Redirect::to(&there).into_response());
        }
        Some(Err(NewsletterError::Release(ReleaseError::RevisedMeanwhile(_)))) => {
            show_both(&app, own, &mut view, document).await?;
            StatusCode::CONFLICT
        }
        Some(Err(error @ NewsletterError::Wrong(_))) => {
            if is_unchanged {
                // There is nothing in it that they would miss.
                newsletters::forget_unsaved(&app, me.account.id, Some(id), &kept).await?;
            }
            view.error = Some(sentence(&error));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Some(Err(error)) => return Err(error.into()),
    };
    shown(status, &view).await
}

/// Puts what the release says by now beside what was typed. Who has seen both may go on.
async fn show_both(
    app: &App,
    own: OwnText,
    view: &mut WritingView,
    typed: Document,
) -> Result<(), Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    view.revision = Some(own.revision);
    view.error = Some(
        "Somebody corrected this text while you were writing, so nothing was done. Both stand below. What you had not changed is as they left it: bring the rest in line with theirs, and go on."
            .to_owned(),
    );
    let by = "a colleague, or by you in another window".to_owned();
    let at = frame::shown(app.clock.now(), &zone);
    let theirs = Theirs::of(own.subject, own.document);
    put_beside(view, typed, (by, at), theirs).await
}
