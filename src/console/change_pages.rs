//! What the office changed since a newsletter was made, and what staff do about it.

use axum::{
    Form, Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, AheadView, ChangeView, ChangesView, NoteView, Step,
};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{frame, shown, until},
    guard::{Editor, SignedIn, Viewer},
    language_names::language_name,
    state::Console,
};
use crate::{
    accounts::Role,
    app::App,
    newsletters::{self, Change, Newsletter, NewsletterState as State_, UnsavedFields},
    office::Office,
    releases::by_hand,
    rendering,
    secret::random_label,
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/newsletters/{id}/changes", get(changes))
        .route("/staff/newsletters/{id}/correct", post(correct))
        .route("/staff/newsletters/{id}/new-text", post(new_text))
}

async fn changes(State(app): State<App>, Viewer(me): Viewer, Path(id): Path<i64>) -> Answer {
    let newsletter = newsletters::find(&app, id).await?;
    let editor = me.account.role >= Role::Editor;
    let changes = newsletters::changes(&app, id).await?;
    let takes = changes
        .iter()
        .any(|change| step(&newsletter, change, editor) == Step::Take);
    let ahead = if takes {
        newsletters::new_text_ahead(&app, id).await?
    } else {
        None
    };
    let view = ChangesView {
        frame: frame(&app, &me, None).await?,
        id,
        changes: changes
            .into_iter()
            .map(|change| ChangeView {
                step: step(&newsletter, &change, editor),
                release: change.release_id,
                title: change.title,
                url: change.url,
                vanished: change.vanished,
                paragraphs: change.paragraphs,
            })
            .collect(),
        subject: newsletter.subject,
        ahead: ahead.map(|ahead| AheadView {
            keeps_other_parts: ahead.keeps_other_parts,
            paragraphs: ahead.paragraphs,
        }),
    };
    Ok(pages::changes(&view).into_response())
}

fn step(newsletter: &Newsletter, change: &Change, editor: bool) -> Step {
    match (newsletter.state, change.corrected_by) {
        (_, Some(correction)) => Step::Corrected(correction),
        _ if change.vanished || !editor => Step::None,
        (State_::Sending | State_::Paused | State_::Sent, None) => Step::Correct,
        (State_::Draft, None) => Step::Take,
        _ => Step::None,
    }
}

#[derive(Debug, Deserialize)]
struct Which {
    release: i64,
}

async fn correct(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(which): Form<Which>,
) -> Answer {
    let correction = newsletters::correct(&app, id, which.release, me.who()).await?;
    Ok(Redirect::to(&format!("/staff/newsletters/{correction}?done=correction")).into_response())
}

async fn new_text(State(app): State<App>, Editor(me): Editor, Path(id): Path<i64>) -> Answer {
    let before = newsletters::find(&app, id).await?;
    newsletters::take_new_text(&app, id, me.who()).await?;
    keep_text_before(&app, &me, before).await?;
    Ok(Redirect::to(&format!("/staff/newsletters/{id}?done=new-text")).into_response())
}

/// Lays the text before where the editor shows what one wrote and did not save: there it can be had again.
async fn keep_text_before(app: &App, me: &SignedIn, before: Newsletter) -> Result<(), Failure> {
    let text = rendering::in_turn(|| by_hand::to_markdown(&before.document)).await?;
    let fields = UnsavedFields {
        subject: before.subject,
        text,
        preview: before.preview.unwrap_or_default(),
        changed: before.changed.unwrap_or_default(),
        intro: before.intro.unwrap_or_default(),
        revision: Some(before.revision),
        ..UnsavedFields::default()
    };
    let form = random_label()?;
    newsletters::keep_unsaved(app, me.account.id, Some(before.id), &form, &fields).await?;
    Ok(())
}

/// What there is to know about a newsletter before anything is decided about it.
pub async fn notes(
    app: &App,
    me: &SignedIn,
    newsletter: &Newsletter,
) -> Result<Vec<NoteView>, Failure> {
    let mut notes = Vec::new();
    let mut note = |text: String, link: Option<(String, &'static str)>| {
        notes.push(NoteView { text, link });
    };
    let at = |id: i64| format!("/staff/newsletters/{id}");
    if let Some(first) = newsletter.corrects {
        note(
            "This is a correction. It goes only to those who got the first text.".to_owned(),
            Some((at(first), "The newsletter that it corrects")),
        );
    }
    if newsletter.state != State_::Draft
        && me.account.role >= Role::Editor
        && !newsletters::unsaved(app, me.account.id, Some(newsletter.id))
            .await?
            .is_empty()
    {
        note(
            "You wrote something for this newsletter that is not in it.".to_owned(),
            Some((format!("{}/edit", at(newsletter.id)), "See what you wrote")),
        );
    }
    if newsletter.by_language && newsletter.corrects.is_none() {
        note(
            format!(
                "It goes to those who read {}. Readers of its other versions get those.",
                language_name(&newsletter.language)
            ),
            None,
        );
    }
    if newsletters::has_other_topics(app, newsletter).await? {
        note(
            "The same text goes out under other topics too. Who asked for several of them gets it once."
                .to_owned(),
            None,
        );
    }
    if newsletter.state != State_::Cancelled && newsletters::has_changed(app, newsletter.id).await?
    {
        let says = if newsletters::is_of_staff(app, newsletter).await? {
            "Staff corrected the text since."
        } else {
            "The office changed the release since."
        };
        note(
            says.to_owned(),
            Some((format!("{}/changes", at(newsletter.id)), "See the changes")),
        );
    }
    let office = Office::load(&app.db).await?;
    if let (Some(at), State_::Draft | State_::Approved) = (newsletter.settles_at, newsletter.state)
    {
        let until = until(at, app.clock.now(), &office.time_zone);
        let then = match (newsletter.state, newsletter.auto_approve.is_some()) {
            (State_::Draft, true) => {
                " Then it sends by itself, unless somebody edits or cancels it first."
            }
            (State_::Draft, false) => " What you approve before sends then.",
            // Its own time stands below.
            _ if newsletter.scheduled_at.is_some_and(|own| own > at) => "",
            _ if newsletter.waits && office.window.opens(at, &office.time_zone) > at => {
                " It sends once the office’s sending window is open."
            }
            _ => " It sends then.",
        };
        let until = sentence(&format!(
            "Your website may still change this release until {until}"
        ));
        note(format!("{until}{then}"), None);
    }
    let opens = office.window.opens(app.clock.now(), &office.time_zone);
    let closed = opens > app.clock.now();
    if closed && newsletter.state == State_::Draft {
        note(
            format!(
                "It is outside the office’s sending window, which opens {}. What you send now goes out all the same.",
                shown(opens, &office.time_zone)
            ),
            None,
        );
    }
    if closed && newsletter.state == State_::Approved && newsletter.waits {
        note(
            "It waits for the office’s sending window. If you send it now, it goes out at once all the same."
                .to_owned(),
            None,
        );
    }
    Ok(notes)
}
