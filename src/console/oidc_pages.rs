//! Signing in at the office's own provider, and proving there once more who one is.

use axum::{
    Extension, Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, Notice, ProviderView};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{
    browser_words::SignInFrom,
    failure::{Failure, sentence},
    guard::SignedIn,
    sign_in_steps::TOO_MANY,
    state::Console,
    way_in::{Begin, Newcomer, Way},
};
use crate::{
    accounts::{
        Account, StaffError,
        oidc::{self, Away},
        oidc_account,
    },
    app::App,
    http::ClientAddress,
    office::Office,
};

type Answer = Result<Response, Failure>;

/// The field of the session of somebody who is at the provider's.
const AWAY: &str = "at_provider";

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/oidc", post(begin))
        .route("/staff/oidc/callback", get(callback))
}

/// Who is at the provider's, and where they wanted to go.
#[derive(Serialize, Deserialize)]
struct Gone {
    away: Away,
    next: String,
}

async fn begin(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    me: Option<Extension<SignedIn>>,
    client: ClientAddress,
    Form(form): Form<Begin>,
) -> Answer {
    // Each is a question to the provider, too.
    if !Newcomer::new(Way::Provider, &client).has_turn(&app).await? {
        let status = StatusCode::TOO_MANY_REQUESTS;
        return Ok(not_done(me.is_some(), status, TOO_MANY));
    }
    let (url, away) = match oidc::begin(&app, me.is_some()).await {
        Ok(begun) => begun,
        Err(error @ StaffError::Provider(_)) => {
            let status = StatusCode::BAD_GATEWAY;
            return Ok(not_done(me.is_some(), status, &sentence(&error)));
        }
        Err(error) => return Err(error.into()),
    };
    let next = form.next;
    session.insert(AWAY, Gone { away, next }).await?;
    // A page and no redirect: a form of ours may lead nowhere else (the Content-Security-Policy).
    let view = ProviderView {
        office: Office::load(&app.db).await?.name,
        name: oidc::provider_name(&app).unwrap_or_default().to_owned(),
        url,
    };
    Ok(pages::provider(&view).into_response())
}

#[derive(Debug, Default, Deserialize)]
struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// The provider sends people back by a link, so this one GET does something: it ends what this browser began.
async fn callback(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    me: Option<Extension<SignedIn>>,
    client: ClientAddress,
    from: SignInFrom,
    Query(back): Query<Back>,
) -> Answer {
    let gone = session.remove::<Gone>(AWAY).await?;
    let (next, found) = match gone {
        // Who cancelled there comes back without a code.
        Some(Gone { away, next }) if !back.code.is_empty() => {
            (next, who(&app, away, &back.state, back.code).await)
        }
        Some(_) => (
            String::new(),
            Err(StaffError::Provider(
                "you were not signed in there; try again",
            )),
        ),
        // Opened again: what it was for is done, or was never begun here.
        None => (
            String::new(),
            Err(StaffError::Provider(
                "this way from your provider was used already; begin again if there is more to do",
            )),
        ),
    };
    let newcomer = Newcomer::new(Way::Provider, &client);
    let account = match (found, &me) {
        (Ok(account), Some(Extension(me))) if account.id != me.account.id => {
            let error = format!(
                "you signed in there as somebody else, and here you are {}; sign out here first to become them",
                me.account.email
            );
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(not_done(true, status, &sentence(&error)));
        }
        (Ok(account), _) => account,
        (Err(error @ StaffError::Provider(_)), _) => {
            newcomer.refused(&app, &error.to_string()).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(not_done(me.is_some(), status, &sentence(&error)));
        }
        (Err(error), _) => return Err(error.into()),
    };
    newcomer
        .let_in(&app, &session, me.is_some(), &account, &from, &next)
        .await
}

async fn who(app: &App, away: Away, state: &str, code: String) -> Result<Account, StaffError> {
    let vouched = oidc::finish(app, away, state, code).await?;
    oidc_account::account_of(app, &vouched).await
}

/// Who is signed in here stays so, whatever came of it there.
fn not_done(is_signed_in: bool, status: StatusCode, text: &str) -> Response {
    let (title, link) = if is_signed_in {
        let title = "You are still signed in, and nothing was changed";
        (title, ("/staff", "Go to the console"))
    } else {
        let back = ("/staff/login", "Back to the sign-in");
        ("You are not signed in", back)
    };
    let page = pages::notice(&Notice {
        title: title.to_owned(),
        text: text.to_owned(),
        link: (link.0.to_owned(), link.1.to_owned()),
    });
    (status, page).into_response()
}
