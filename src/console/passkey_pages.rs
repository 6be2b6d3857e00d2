//! Passkeys: made, named and removed on the page of one's own account, and shown to sign in or instead of
//! the password once more. What asks the browser is a script (`console.js`); its answer comes as a form.

use axum::{
    Extension, Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use gazette_templates::pages::staff::{self as pages, OwnAccountView, PasskeyView};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{
    browser_words::SignInFrom,
    failure::{Failure, sentence},
    guard::{FormToken, SignedIn, Viewer},
    own_account_pages, required_second_step,
    sign_in_steps::TOO_MANY,
    state::Console,
    way_in::{Begin, Newcomer, Way},
};
use crate::{
    accounts::{
        StaffError,
        passkey::{self, NewPasskey, ShownPasskey},
    },
    app::App,
    http::ClientAddress,
    office::Office,
};

type Answer = Result<Response, Failure>;

/// The fields of the session in which a question to the browser waits for its answer.
const NEW: &str = "new_passkey";
const SHOWN: &str = "shown_passkey";

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/account/passkeys", post(begin_new))
        .route("/staff/account/passkeys/finish", post(finish_new))
        .route("/staff/account/passkeys/rename", post(rename))
        .route("/staff/account/passkeys/remove", post(remove))
        .route("/staff/passkey", post(begin))
        .route("/staff/passkey/finish", post(finish))
}

/// A passkey that is being made, and its name.
#[derive(Serialize, Deserialize)]
struct Making {
    waiting: NewPasskey,
    name: String,
}

#[derive(Deserialize)]
struct Name {
    #[serde(default)]
    name: String,
}

async fn begin_new(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
    Form(form): Form<Name>,
) -> Answer {
    let typed = |view: &mut OwnAccountView| view.new_passkey.clone_from(&form.name);
    // Before the browser makes one: afterwards it would be of no use to anybody.
    let name = match form.name.trim() {
        "" => "Passkey".to_owned(),
        name => match passkey::checked_name(name) {
            Ok(name) => name,
            Err(error) => return on_account_page(&app, &session, &me, error, typed).await,
        },
    };
    let asked = match passkey::begin_new(&app, &me.account).await {
        Ok(asked) => asked,
        Err(error) => return on_account_page(&app, &session, &me, error, typed).await,
    };
    let view = PasskeyView {
        office: Office::load(&app.db).await?.name,
        form_token: me.form_token.clone(),
        making: Some(name.clone()),
        options: asked.options,
        error: None,
    };
    let waiting = asked.waiting;
    session.insert(NEW, Making { waiting, name }).await?;
    Ok(pages::passkey(&view).into_response())
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    credential: String,
}

async fn finish_new(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
    Form(form): Form<Shown>,
) -> Answer {
    // An answer counts once.
    let made = match session.remove::<Making>(NEW).await? {
        Some(making) => {
            let (waiting, name) = (&making.waiting, &making.name);
            passkey::finish_new(&app, &me.account, waiting, &form.credential, name).await
        }
        None => Err(StaffError::Passkey("begin with the passkey once more")),
    };
    match made {
        Ok(()) => {
            required_second_step::note_shown(&session, &me.account).await?;
            Ok(Redirect::to("/staff/account?done=passkey").into_response())
        }
        Err(error) => on_account_page(&app, &session, &me, error, |_| ()).await,
    }
}

#[derive(Deserialize)]
struct Renamed {
    id: i64,
    name: String,
}

async fn rename(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Viewer(me): Viewer,
    Form(form): Form<Renamed>,
) -> Answer {
    match passkey::rename(&app, &me.account, form.id, &form.name).await {
        Ok(true) => Ok(Redirect::to("/staff/account?done=passkey-named").into_response()),
        Ok(false) => Err(Failure::NotFound),
        Err(error) => {
            let typed = |view: &mut OwnAccountView| {
                if let Some(line) = view.passkeys.iter_mut().find(|line| line.id == form.id) {
                    line.typed = Some(form.name);
                }
            };
            on_account_page(&app, &session, &me, error, typed).await
        }
    }
}

#[derive(Deserialize)]
struct Which {
    id: i64,
}

async fn remove(State(app): State<App>, Viewer(me): Viewer, Form(form): Form<Which>) -> Answer {
    if !passkey::remove(&app, &me.account, form.id).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to("/staff/account?done=passkey-removed").into_response())
}

/// What is wrong, on the page of one's own account; `typed` puts what was typed into its field again.
async fn on_account_page(
    app: &App,
    session: &Session,
    me: &SignedIn,
    error: StaffError,
    typed: impl FnOnce(&mut OwnAccountView),
) -> Answer {
    if !matches!(error, StaffError::Passkey(_) | StaffError::Name(_)) {
        return Err(error.into());
    }
    let mut view = own_account_pages::view(app, session, me, None).await?;
    typed(&mut view);
    view.error = Some(sentence(&error));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::own_account(&view)).into_response())
}

/// A sign-in by passkey, or the proof of who is signed in already.
#[derive(Serialize, Deserialize)]
struct Showing {
    waiting: ShownPasskey,
    next: String,
}

async fn begin(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Extension(token): Extension<FormToken>,
    client: ClientAddress,
    Form(form): Form<Begin>,
) -> Answer {
    if !Newcomer::new(Way::Passkey, &client).has_turn(&app).await? {
        return again(&app, token, StatusCode::TOO_MANY_REQUESTS, TOO_MANY).await;
    }
    let asked = match passkey::begin_shown(&app) {
        Ok(asked) => asked,
        Err(error) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return again(&app, token, status, &sentence(&error)).await;
        }
    };
    let view = PasskeyView {
        office: Office::load(&app.db).await?.name,
        form_token: token.0,
        making: None,
        options: asked.options,
        error: None,
    };
    let (waiting, next) = (asked.waiting, form.next);
    session.insert(SHOWN, Showing { waiting, next }).await?;
    Ok(pages::passkey(&view).into_response())
}

async fn again(app: &App, token: FormToken, status: StatusCode, error: &str) -> Answer {
    let view = PasskeyView {
        office: Office::load(&app.db).await?.name,
        form_token: token.0,
        making: None,
        options: String::new(),
        error: Some(error.to_owned()),
    };
    Ok((status, pages::passkey(&view)).into_response())
}

async fn finish(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Extension(token): Extension<FormToken>,
    me: Option<Extension<SignedIn>>,
    client: ClientAddress,
    from: SignInFrom,
    Form(form): Form<Shown>,
) -> Answer {
    let showing = session.remove::<Showing>(SHOWN).await?;
    let next = showing
        .as_ref()
        .map(|showing| showing.next.clone())
        .unwrap_or_default();
    let shown = match showing {
        Some(showing) => passkey::finish_shown(&app, showing.waiting, &form.credential).await,
        None => Err(StaffError::Passkey("begin with the passkey once more")),
    };
    let newcomer = Newcomer::new(Way::Passkey, &client);
    let account = match (shown, &me) {
        (Ok(account), Some(Extension(me))) if account.id != me.account.id => {
            let error = "this passkey is somebody else’s; sign out first to sign in as them";
            return again(&app, token, StatusCode::UNPROCESSABLE_ENTITY, error).await;
        }
        (Ok(account), _) => account,
        (Err(error @ StaffError::Passkey(_)), _) => {
            newcomer.refused(&app, "").await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return again(&app, token, status, &sentence(&error)).await;
        }
        (Err(error), _) => return Err(error.into()),
    };
    newcomer
        .let_in(&app, &session, me.is_some(), &account, &from, &next)
        .await
}
