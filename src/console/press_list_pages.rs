//! The press list in the console.

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, ContactLine, PressListView};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame, shown},
    guard::{Approver, Editor, SignedIn, Viewer},
    state::Console,
};
use crate::{
    accounts::Role,
    address::veil,
    app::App,
    office::Office,
    subscribers::{
        RejectedLine, SubscriberError,
        press_list::{self, ContactState},
    },
};

type Answer = Result<Response, Failure>;

/// Contacts on the page.
const SHOWN: u64 = 500;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/press-list", get(list).post(add))
        .route("/staff/press-list/addresses", post(addresses))
        .route("/staff/press-list/remove", post(remove))
}

async fn list(State(app): State<App>, Viewer(me): Viewer, Query(done): Query<Done>) -> Answer {
    let view = view(&app, &me, done.done.as_deref()).await?;
    Ok(pages::press_list(&view).into_response())
}

/// The list with whole addresses. A POST, although it changes nothing: the log notes who looked.
async fn addresses(State(app): State<App>, Approver(me): Approver) -> Answer {
    let mut view = view(&app, &me, None).await?;
    let contacts = press_list::contacts(&app, SHOWN).await?;
    press_list::record_look(&app, contacts.len(), me.who()).await?;
    for (line, contact) in view.contacts.iter_mut().zip(contacts) {
        if line.id == contact.id {
            line.email = contact.email;
        }
    }
    view.may_unveil = false;
    Ok(pages::press_list(&view).into_response())
}

#[derive(Deserialize)]
struct Pasted {
    lines: String,
    origin: String,
}

async fn add(State(app): State<App>, Editor(me): Editor, Form(form): Form<Pasted>) -> Answer {
    match press_list::import(&app, form.lines.as_bytes(), &form.origin, me.who()).await {
        Ok(report) => {
            let words = format!(
                "{} added, {} there already, {} who left and stay away, {} wrong.",
                report.added, report.known, report.suppressed, report.wrong,
            );
            let mut view = view(&app, &me, None).await?;
            view.report = Some(words);
            if !report.rejected.is_empty() {
                view.pasted = text_of(&report.rejected);
                view.rejected = with_reasons(report.rejected);
                view.origin = form.origin;
            }
            Ok(pages::press_list(&view).into_response())
        }
        Err(error @ SubscriberError::Import(_)) => {
            let mut view = view(&app, &me, None).await?;
            view.error = Some(sentence(&error));
            view.pasted = form.lines;
            view.origin = form.origin;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::press_list(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The lines as they are typed in once more.
pub fn text_of(rejected: &[RejectedLine]) -> String {
    let lines = rejected.iter().map(|line| line.text.as_str());
    lines.collect::<Vec<_>>().join("\n")
}

/// Each line, and why it was not taken.
pub fn with_reasons(rejected: Vec<RejectedLine>) -> Vec<(String, String)> {
    let lines = rejected.into_iter();
    lines.map(|line| (line.text, sentence(&line.why))).collect()
}

#[derive(Deserialize)]
struct Whom {
    contact: i64,
}

async fn remove(State(app): State<App>, Editor(me): Editor, Form(form): Form<Whom>) -> Answer {
    match press_list::remove_contact(&app, form.contact, me.who()).await {
        Ok(())
        // Someone else was quicker: they are gone, as was asked.
        | Err(SubscriberError::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Redirect::to("/staff/press-list?done=contact-removed").into_response())
}

async fn view(app: &App, me: &SignedIn, done: Option<&str>) -> Result<PressListView, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let size = press_list::size(app).await?;
    Ok(PressListView {
        frame: frame(app, me, done).await?,
        editor: me.account.role >= Role::Editor,
        people: size.people,
        no_medium: size.no_medium,
        may_unveil: me.account.role >= Role::Approver && size.people > 0,
        contacts: press_list::contacts(app, SHOWN)
            .await?
            .into_iter()
            .map(|contact| ContactLine {
                id: contact.id,
                since: shown(contact.added_at, &zone),
                email: veil(&contact.email),
                name: veil(&contact.name),
                outlet: contact.outlet,
                origin: contact.origin,
                state: match contact.state {
                    ContactState::Left => "left, never mailed again",
                    ContactState::Suppressed => "left or bounced as a subscriber, not mailed",
                    ContactState::Listed => "on the list",
                },
            })
            .collect(),
        pasted: String::new(),
        rejected: Vec::new(),
        origin: String::new(),
        report: None,
        error: None,
    })
}
