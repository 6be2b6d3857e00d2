//! Staff in the console: invite, change role, disable, send a new link.

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, PeopleView, Person};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame, shown},
    guard::{Admin, SignedIn},
    state::Console,
};
use crate::{
    accounts::{
        Account, Role, StaffError,
        account::{self, by_id},
        invitation, passkey, second_factor, staff_sessions,
    },
    address::EmailAddress,
    app::App,
    office::Office,
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/people", get(people_page).post(invite))
        .route("/staff/people/{id}/role", post(role))
        .route("/staff/people/{id}/link", post(link))
        .route("/staff/people/{id}/disable", post(disable))
        .route("/staff/people/{id}/enable", post(enable))
        .route("/staff/people/{id}/second-step", post(second_step_off))
}

async fn people_page(State(app): State<App>, Admin(me): Admin, Query(done): Query<Done>) -> Answer {
    let view = view(&app, &me, done.done.as_deref()).await?;
    Ok(pages::people(&view).into_response())
}

#[derive(Deserialize)]
struct Invitation {
    email: String,
    role: String,
}

async fn invite(State(app): State<App>, Admin(me): Admin, Form(form): Form<Invitation>) -> Answer {
    let role: Role = form.role.parse()?;
    let invited = match EmailAddress::parse(&form.email) {
        Ok(email) => invitation::invite(&app, &email, role, me.who())
            .await
            .map(|link| (email.to_string(), link)),
        Err(error) => Err(error.into()),
    };
    let error = match invited {
        Ok(link) => return with_link(&app, &me, link).await,
        Err(error @ (StaffError::Address(_) | StaffError::Exists(_))) => error,
        Err(error) => return Err(error.into()),
    };
    let mut view = view(&app, &me, None).await?;
    view.email = form.email;
    view.error = Some(match error {
        StaffError::Exists(email) => format!("{email} is in the list below already"),
        other => sentence(&other),
    });
    Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::people(&view)).into_response())
}

#[derive(Deserialize)]
struct NewRole {
    role: String,
}

async fn role(
    State(app): State<App>,
    Admin(me): Admin,
    Path(id): Path<i64>,
    Form(form): Form<NewRole>,
) -> Answer {
    let role: Role = form.role.parse()?;
    let account = other(&app, &me, id).await?;
    account::set_role(&app, &account, role, me.who()).await?;
    Ok(Redirect::to("/staff/people?done=role").into_response())
}

async fn link(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    let account = other(&app, &me, id).await?;
    let link = invitation::new_link(&app, &account, me.who()).await?;
    with_link(&app, &me, (account.email.to_string(), link)).await
}

async fn disable(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    let account = other(&app, &me, id).await?;
    account::disable(&app, &account, me.who()).await?;
    Ok(Redirect::to("/staff/people?done=disabled").into_response())
}

async fn enable(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    let account = other(&app, &me, id).await?;
    account::enable(&app, &account, me.who()).await?;
    Ok(Redirect::to("/staff/people?done=enabled").into_response())
}

/// For somebody who lost both phone and recovery codes, or the device with their passkey.
async fn second_step_off(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    let account = other(&app, &me, id).await?;
    second_factor::turn_off(&app, &account, me.who()).await?;
    passkey::remove_all(&app, &account, me.who()).await?;
    Ok(Redirect::to("/staff/people?done=their-second-step").into_response())
}

/// Someone else's account: nobody can lock themselves out by a slip of the mouse.
async fn other(app: &App, me: &SignedIn, id: i64) -> Result<Account, Failure> {
    if id == me.account.id {
        return Err(StaffError::Own.into());
    }
    by_id(app, id).await?.ok_or(Failure::NotFound)
}

/// Shown in the answer itself and never again: the database does not hold the link.
async fn with_link(app: &App, me: &SignedIn, link: (String, String)) -> Answer {
    let mut view = view(app, me, None).await?;
    view.link = Some(link);
    Ok(pages::people(&view).into_response())
}

async fn view(app: &App, me: &SignedIn, done: Option<&str>) -> Result<PeopleView, Failure> {
    let with_passkey = passkey::owners(app).await?;
    let sessions = staff_sessions::count_by_account(app).await?;
    let invited = invitation::holders(app).await?;
    let office = Office::load(&app.db).await?;
    let zone = office.time_zone;
    Ok(PeopleView {
        can_mail: office.complete,
        frame: frame(app, me, done).await?,
        people: account::list(app)
            .await?
            .into_iter()
            .map(|account| Person {
                id: account.id,
                email: account.email.to_string(),
                role: account.role.as_str(),
                state: match account.state() {
                    "invited" if !invited.contains(&account.id) => "invitation expired",
                    state => state,
                },
                signed_in: account.signed_in_at.map(|at| shown(at, &zone)),
                sessions: sessions
                    .get(&account.id)
                    .map_or(0, |held| held.unsigned_abs()),
                second_step: account.second_factor || with_passkey.contains(&account.id),
                name: account.name,
                me: account.id == me.account.id,
            })
            .collect(),
        roles: Role::ALL
            .into_iter()
            .map(|role| (role.as_str(), may(role)))
            .collect(),
        link: None,
        email: String::new(),
        error: None,
    })
}

fn may(role: Role) -> &'static str {
    match role {
        Role::Viewer => "sees newsletters and their progress",
        Role::Editor => "also changes subjects and sends tests",
        Role::Approver => "also approves, pauses and cancels newsletters",
        Role::Admin => "also changes settings and staff",
    }
}
