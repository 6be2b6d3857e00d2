//! Signing in and out, one-time links, and changing the password.

use axum::{
    Extension, Form, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, LoginView, PasswordView, WelcomeView};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    browser_words::SignInFrom,
    device_cookie,
    failure::{Failure, sentence},
    frame::frame,
    guard::{FormToken, Viewer, begin},
    sign_in_steps::{HOME, TOO_MANY, go_on, note_refusal, prove_again},
    signed_in::SignedIn,
    state::Console,
    ways_in::ways,
};
use crate::{
    accounts::{
        self, StaffError,
        account::{self, by_id, by_key},
        invitation::{self, Invited},
        password::{self, NewPassword},
        sign_in_throttle::{self, Attempt},
        staff_sessions,
    },
    address::{EmailAddress, veil},
    app::App,
    http::ClientAddress,
    office::Office,
    repeated_fault::DailyCount,
    secret::Token,
    subscribers::mended_token,
};

type Answer = Result<Response, Failure>;

/// Whoever tries without end fills no log; the audit log has each that was looked at.
static REFUSED: DailyCount = DailyCount::new();

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/login", get(login_page).post(login))
        .route("/staff/logout", post(logout))
        .route("/staff/welcome/{token}", get(welcome_page).post(welcome))
        .route("/staff/password", get(password_page).post(change_password))
}

#[derive(Debug, Default, Deserialize)]
struct LoginQuery {
    #[serde(default)]
    next: String,
    #[serde(default)]
    done: String,
}

async fn login_page(
    State(app): State<App>,
    Extension(form_token): Extension<FormToken>,
    Query(query): Query<LoginQuery>,
) -> Answer {
    let done = (query.done == "out").then(|| "You are signed out.".to_owned());
    let view = LoginView {
        office: Office::load(&app.db).await?.name,
        form_token: form_token.0,
        next: query.next,
        done,
        ways: ways(&app),
        ..LoginView::default()
    };
    Ok(pages::login(&view).into_response())
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// The answer is the same for a wrong password, an unknown address, an account that was disabled
/// and one without a password yet, and takes as long.
async fn login(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Extension(form_token): Extension<FormToken>,
    (client, from): (ClientAddress, SignInFrom),
    headers: HeaderMap,
    me: Option<Extension<SignedIn>>,
    Form(form): Form<Login>,
) -> Answer {
    let key = EmailAddress::parse(&form.email)
        .map_or_else(|_| form.email.trim().to_lowercase(), |email| email.key());
    let key = key.chars().take(254).collect::<String>();
    let refused = async |status, error: &str| -> Answer {
        let view = LoginView {
            office: Office::load(&app.db).await?.name,
            form_token: form_token.0.clone(),
            email: form.email.clone(),
            next: form.next.clone(),
            error: Some(error.to_owned()),
            done: None,
            ways: ways(&app),
        };
        Ok((status, pages::login(&view)).into_response())
    };
    let (network, device) = (client.network(), device_cookie::known(&app, &headers, &key));
    let attempt = Attempt {
        account: &key,
        network: &network,
        device: device.as_deref(),
    };
    if let Some(wait) = sign_in_throttle::wait(&app, &attempt).await? {
        tracing::debug!("too many attempts to sign in wait already");
        let again = [(header::RETRY_AFTER, wait.as_secs().max(1).to_string())];
        let page = refused(StatusCode::TOO_MANY_REQUESTS, TOO_MANY).await?;
        return Ok((again, page).into_response());
    }
    let account = by_key(&app, &key)
        .await?
        .filter(|account| account.disabled_at.is_none());
    let hash = account
        .as_ref()
        .and_then(|account| account.password_hash.as_deref());
    let right = password::verify(&form.password, hash).await?;
    let Some(account) = account.filter(|_| right) else {
        if let Some(today) = REFUSED.one_more(app.clock.now_ms()) {
            tracing::info!(today, "a sign-in was refused");
        }
        // Not those that the throttle stopped: nobody fills the log by trying.
        note_refusal(&app, &veil(&key), &format!("from {network}")).await?;
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "the address or the password is not right",
        )
        .await;
    };
    sign_in_throttle::forgive(&app, &attempt).await?;
    if me.is_some_and(|Extension(me)| me.account.id == account.id) {
        // In another window.
        return prove_again(&app, &session, &account, &form.next).await;
    }
    let new_device = device.is_none();
    go_on(&app, &session, &account, &from, &form.next, new_device).await
}

async fn logout(Extension(session): Extension<Session>, _: Viewer) -> Answer {
    session.flush().await?;
    Ok(Redirect::to("/staff/login?done=out").into_response())
}

async fn welcome_page(
    State(app): State<App>,
    Extension(form_token): Extension<FormToken>,
    Path(token): Path<String>,
) -> Answer {
    let token = mended_token(&token).ok_or(StaffError::Link)?;
    let invited = invitation::open(&app, &token).await?;
    let view = welcome_view(&app, form_token, &token, &invited).await?;
    Ok(pages::welcome(&view).into_response())
}

#[derive(Deserialize)]
struct Welcome {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    password: String,
}

async fn welcome(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Extension(form_token): Extension<FormToken>,
    from: SignInFrom,
    Path(token): Path<String>,
    Form(form): Form<Welcome>,
) -> Answer {
    let token = mended_token(&token).ok_or(StaffError::Link)?;
    let invited = invitation::open(&app, &token).await?;
    let email = match &invited {
        Invited::First => EmailAddress::parse(&form.email),
        Invited::Member(account) => Ok(account.email.clone()),
    };
    let chosen = email.map_err(StaffError::from).and_then(|email| {
        let password = NewPassword::parse(&form.password, email.as_str())?;
        let name = account::checked_name(&form.name)?;
        Ok((email, password, name))
    });
    let (email, password, name) = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            let mut view = welcome_view(&app, form_token, &token, &invited).await?;
            (view.email, view.name) = (form.email, form.name);
            view.error = Some(error.to_string());
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::welcome(&view)).into_response());
        }
    };
    let id = invitation::accept(&app, &token, &email, password).await?;
    let account = by_id(&app, id).await?.ok_or(StaffError::Link)?;
    if !name.is_empty() && is_new(&invited) {
        account::set_name(&app, &account, &name).await?;
    }
    // Who had one has the second step still: the mailbox alone lets nobody in.
    go_on(&app, &session, &account, &from, HOME, false).await
}

/// Whether they never signed in by a password, and have said nothing of themselves yet.
fn is_new(invited: &Invited) -> bool {
    match invited {
        Invited::First => true,
        Invited::Member(account) => !account.has_password() && account.name.is_empty(),
    }
}

async fn welcome_view(
    app: &App,
    form_token: FormToken,
    token: &Token,
    invited: &Invited,
) -> Result<WelcomeView, Failure> {
    Ok(WelcomeView {
        office: Office::load(&app.db).await?.name,
        form_token: form_token.0,
        action: format!("/staff/welcome/{}", token.as_str()),
        member: match invited {
            Invited::First => None,
            Invited::Member(account) => Some(account.email.to_string()),
        },
        invited_as: match invited {
            Invited::Member(account) if is_new(invited) => {
                Some((account.role.as_str(), account.role.may()))
            }
            Invited::First | Invited::Member(_) => None,
        },
        asks_name: is_new(invited),
        ..WelcomeView::default()
    })
}

async fn password_page(State(app): State<App>, Viewer(me): Viewer) -> Answer {
    let frame = frame(&app, &me, None).await?;
    Ok(pages::password(&PasswordView { frame, error: None }).into_response())
}

#[derive(Deserialize)]
struct ChangePassword {
    current: String,
    new: String,
}

async fn change_password(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    client: ClientAddress,
    from: SignInFrom,
    Viewer(me): Viewer,
    Form(form): Form<ChangePassword>,
) -> Answer {
    let (account, network) = (me.account.email.key(), client.network());
    let attempt = Attempt::signed_in(&account, &network);
    let changed = match sign_in_throttle::wait(&app, &attempt).await? {
        None => accounts::change_password(&app, &me.account, &form.current, &form.new).await,
        Some(_) => Err(StaffError::Password(TOO_MANY)),
    };
    match changed {
        Ok(()) => {
            sign_in_throttle::forgive(&app, &attempt).await?;
            let account = by_id(&app, me.account.id).await?.ok_or(StaffError::Link)?;
            begin(&app, &session, &account, &from).await?;
            // This one is stored with the answer, under its new name.
            staff_sessions::end_all_of(&app, &account).await?;
            Ok(Redirect::to("/staff/account?done=password").into_response())
        }
        Err(error @ StaffError::Password(_)) => {
            let view = PasswordView {
                frame: frame(&app, &me, None).await?,
                error: Some(sentence(&error)),
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::password(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
