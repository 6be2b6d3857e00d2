//! One's own account: the name, the second step of the sign-in, and where one is signed in.

use axum::{
    Extension, Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, EnrolmentView, OwnAccountView, PasskeyLine, SessionLine,
};
use qrcode::{EcLevel, QrCode, render::svg};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    browser_words::network_words,
    failure::{Failure, sentence},
    frame::{Done, frame, shown},
    guard::{SignedIn, Viewer},
    kept_form,
    required_second_step::{self, Demand},
    state::Console,
};
use crate::{
    accounts::{
        StaffError, account::set_name, passkey, second_factor, session::key, staff_sessions,
    },
    app::App,
    office::Office,
};

type Answer = Result<Response, Failure>;

const HERE: &str = "/staff/account";

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/account", get(page))
        .route("/staff/account/name", post(name))
        .route("/staff/account/second-step", post(enrol))
        .route("/staff/account/second-step/confirm", post(confirm))
        .route("/staff/account/second-step/codes", post(codes))
        .route("/staff/account/second-step/off", post(off))
        .route("/staff/account/sessions/end", post(end_session))
        .route("/staff/account/sessions/end-others", post(end_others))
}

async fn page(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
    Query(done): Query<Done>,
) -> Answer {
    let view = view(&app, &session, &me, done.done.as_deref()).await?;
    Ok(pages::own_account(&view).into_response())
}

pub async fn view(
    app: &App,
    session: &Session,
    me: &SignedIn,
    done: Option<&str>,
) -> Result<OwnAccountView, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let mine = session.id().map(|id| key(app, &id)).unwrap_or_default();
    let sessions = staff_sessions::list(app, me.account.id)
        .await?
        .into_iter()
        .map(|session| SessionLine {
            here: session.key == mine,
            began: shown(session.began, &zone),
            seen: shown(session.seen, &zone),
            browser: session.browser,
            network: network_words(&session.network),
            key: session.key,
        })
        .collect();
    let codes_left = if me.account.second_factor {
        Some(second_factor::codes_left(app, &me.account).await?)
    } else {
        None
    };
    let passkeys = passkey::list(app, &me.account).await?;
    Ok(OwnAccountView {
        frame: frame(app, me, done).await?,
        name: me.account.name.clone(),
        new_passkey: String::new(),
        codes_left,
        enrolment: None,
        codes: Vec::new(),
        passkeys_possible: passkey::is_possible(app),
        passkeys: passkeys
            .into_iter()
            .map(|passkey| PasskeyLine {
                id: passkey.id,
                name: passkey.name,
                typed: None,
                created: shown(passkey.created_at, &zone),
                used: passkey.used_at.map(|at| shown(at, &zone)),
            })
            .collect(),
        sessions,
        demanded: required_second_step::demand(app, session, &me.account).await? == Demand::SetUp,
        typed: kept_form::waiting(app, me.account.id).await?,
        error: None,
    })
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn name(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
    Form(form): Form<Name>,
) -> Answer {
    match set_name(&app, &me.account, &form.name).await {
        Ok(()) => Ok(Redirect::to("/staff/account?done=name").into_response()),
        Err(error @ StaffError::Name(_)) => {
            let mut view = view(&app, &session, &me, None).await?;
            (view.name, view.error) = (form.name, Some(sentence(&error)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::own_account(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn enrol(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
) -> Answer {
    let mut view = view(&app, &session, &me, None).await?;
    match second_factor::enrol(&app, &me.account).await {
        Ok(enrolment) => view.enrolment = Some(enrolment_view(&enrolment)?),
        Err(error @ StaffError::SecondFactor(_)) => view.error = Some(sentence(&error)),
        Err(error) => return Err(error.into()),
    }
    Ok(pages::own_account(&view).into_response())
}

fn enrolment_view(enrolment: &second_factor::Enrolment) -> Result<EnrolmentView, Failure> {
    let picture = QrCode::with_error_correction_level(&enrolment.url, EcLevel::M)
        .map_err(|_| StaffError::SecondFactor("the picture cannot be drawn"))?
        .render::<svg::Color<'_>>()
        .min_dimensions(220, 220)
        .build();
    // Inside a page it stands without the head of a file.
    let picture = picture
        .find("<svg")
        .map_or_else(String::new, |at| picture[at..].to_owned());
    // In groups of four, as people read it out.
    let letters: Vec<char> = enrolment.secret.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|four| four.iter().collect())
        .collect();
    Ok(EnrolmentView {
        picture,
        secret: groups.join(" "),
    })
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

async fn confirm(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
    Form(form): Form<Code>,
) -> Answer {
    match second_factor::confirm(&app, &me.account, &form.code).await {
        Ok(codes) => {
            required_second_step::note_shown(&session, &me.account).await?;
            with_codes(&app, &session, &me, codes).await
        }
        Err(error @ StaffError::SecondFactor(_)) => {
            let mut view = view(&app, &session, &me, None).await?;
            let pending = second_factor::pending(&app, &me.account).await?;
            view.enrolment = pending.as_ref().map(enrolment_view).transpose()?;
            view.error = Some(sentence(&error));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::own_account(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn codes(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
) -> Answer {
    match second_factor::new_codes(&app, &me.account).await {
        Ok(codes) => with_codes(&app, &session, &me, codes).await,
        Err(StaffError::SecondFactor(_)) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// Shown in the answer itself and never again: the database holds hashes.
async fn with_codes(app: &App, session: &Session, me: &SignedIn, codes: Vec<String>) -> Answer {
    let mut me = me.clone();
    me.account.second_factor = true;
    let mut view = view(app, session, &me, None).await?;
    view.codes = codes;
    Ok(pages::own_account(&view).into_response())
}

async fn off(State(app): State<App>, Viewer(me): Viewer) -> Answer {
    second_factor::turn_off(&app, &me.account, me.who()).await?;
    Ok(Redirect::to("/staff/account?done=second-step-off").into_response())
}

#[derive(Deserialize)]
struct Which {
    key: String,
}

async fn end_session(
    State(app): State<App>,
    Viewer(me): Viewer,
    Form(form): Form<Which>,
) -> Answer {
    let is_ended = staff_sessions::end(&app, &me.account, &form.key).await?;
    let page = if is_ended {
        "/staff/account?done=session-ended"
    } else {
        "/staff/account"
    };
    Ok(Redirect::to(page).into_response())
}

async fn end_others(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
) -> Answer {
    let mine = session.id().map(|id| key(&app, &id)).unwrap_or_default();
    staff_sessions::end_others(&app, &me.account, &mine).await?;
    Ok(Redirect::to("/staff/account?done=sessions-ended").into_response())
}
