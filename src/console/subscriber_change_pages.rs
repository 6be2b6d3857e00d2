//! What staff change for a subscriber who asks on the phone or by letter: their topics, their address, the
//! confirmation mail once more. Each answer is that person's page again, with what came of it.

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use axum_extra::extract::Form as ListForm;
use gazette_templates::pages::staff as pages;
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::until,
    guard::{Admin, SignedIn},
    state::Console,
    subscriber_pages::{person, view},
};
use crate::{
    app::App,
    clock::instant,
    office::Office,
    subscribers::{self, StaffChange, Status, SubscriberError},
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/subscribers/choose", post(choose))
        .route("/staff/subscribers/address", post(ask_new_address))
        .route("/staff/subscribers/resend", post(resend))
}

#[derive(Deserialize)]
struct Chosen {
    email: String,
    #[serde(default)]
    topic: Vec<String>,
}

async fn choose(
    State(console): State<Console>,
    Admin(me): Admin,
    ListForm(form): ListForm<Chosen>,
) -> Answer {
    let changed = subscribers::choose_for(&console.app, &form.email, &form.topic, me.who()).await;
    let done = "Saved. From now on they get what is ticked.".to_owned();
    let tried = Tried::field(pages::THEIR_TOPICS);
    answer(&console, &me, form.email, changed, done, tried).await
}

#[derive(Deserialize)]
struct NewAddress {
    email: String,
    #[serde(default)]
    new_email: String,
}

async fn ask_new_address(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<NewAddress>,
) -> Answer {
    let new_email = form.new_email.trim();
    let asked = subscribers::ask_new_address(&console.app, &form.email, new_email, me.who()).await;
    let done = format!(
        "We are mailing {new_email} a link. When it is followed, their news goes there; until then it goes to the old address."
    );
    let tried = Tried {
        typed: form.new_email,
        ..Tried::field(pages::CHANGED_EMAIL)
    };
    answer(&console, &me, form.email, asked, done, tried).await
}

#[derive(Deserialize)]
struct Address {
    email: String,
}

async fn resend(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<Address>,
) -> Answer {
    let sent = subscribers::resend_confirmation(&console.app, &form.email, me.who()).await;
    let done = "The confirmation email is on its way again. Links in older ones no longer work."
        .to_owned();
    let tried = Tried::default();
    answer(&console, &me, form.email, sent, done, tried).await
}

/// What was sent, to be shown again where nothing came of it.
#[derive(Debug, Default)]
struct Tried {
    /// The field of its form that leads there.
    field: Option<&'static str>,
    /// What was typed.
    typed: String,
}

impl Tried {
    fn field(field: &'static str) -> Self {
        Self {
            field: Some(field),
            typed: String::new(),
        }
    }
}

/// The person's page with what came of it; what was typed stands in its form again where nothing did.
async fn answer(
    console: &Console,
    me: &SignedIn,
    email: String,
    change: Result<StaffChange, SubscriberError>,
    done: String,
    tried: Tried,
) -> Answer {
    let app = &console.app;
    let problem = match change {
        Ok(change) => why_not(app, change).await?,
        Err(error @ (SubscriberError::NotFound(_) | SubscriberError::Address(..))) => {
            Some(sentence(&error))
        }
        Err(error) => return Err(error.into()),
    };
    console.counted.forget_subscribers();
    let mut view = view(console, me).await?;
    match person(app, me, &email).await {
        Ok(known) => view.evidence = Some(known),
        Err(Failure::Subscriber(SubscriberError::NotFound(_) | SubscriberError::Address(..))) => {}
        Err(error) => return Err(error),
    }
    view.email = email;
    let status = if problem.is_some() {
        view.error = problem;
        view.changed_email = tried.typed;
        // The form is there for those only who get newsletters.
        let has_form = view.evidence.as_ref().is_some_and(|known| known.subscribed);
        view.wrong_field = tried.field.filter(|_| has_form);
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        view.frame.done = Some(done);
        StatusCode::OK
    };
    Ok((status, pages::subscribers(&view)).into_response())
}

/// Why nothing came of it, with what to do; `None`: it was done.
async fn why_not(app: &App, change: StaffChange) -> Result<Option<String>, Failure> {
    let why = match change {
        StaffChange::Done => return Ok(None),
        StaffChange::Status(Status::Confirmed) => {
            "They have confirmed already and get newsletters; nothing was sent.".to_owned()
        }
        StaffChange::Status(Status::Pending) => {
            "They have not confirmed yet: send the confirmation email again instead.".to_owned()
        }
        StaffChange::Status(_) => {
            "They get no newsletters now, so nothing was changed. Only they can come back: ask them to use the sign-up form.".to_owned()
        }
        StaffChange::NoTopic => {
            "Tick at least one topic. Who wants none is unsubscribed below.".to_owned()
        }
        StaffChange::SameAddress => "This is the address that they have.".to_owned(),
        StaffChange::Blocked => {
            "This address asked never to be written to, so nothing was sent. Only its owner can change that.".to_owned()
        }
        StaffChange::NotBefore(at) => {
            let zone = Office::load(&app.db).await?.time_zone;
            let when = until(instant(at), app.clock.now(), &zone);
            format!("Enough mail went there for now, so nothing was sent. Try again after {when}, or ask them to look into their spam folder.")
        }
        StaffChange::NotThisMonth => {
            "Three confirmation emails of this month were not answered, so nothing was sent. Ask them to look into their spam folder.".to_owned()
        }
        StaffChange::RequestGone => {
            "What they asked for is not kept any more: ask them to use the sign-up form again.".to_owned()
        }
    };
    Ok(Some(why))
}
