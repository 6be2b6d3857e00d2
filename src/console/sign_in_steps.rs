//! What stands around a password: the second step of a sign-in, a password that was forgotten, and the
//! password once more before something that matters.

use axum::{
    Extension, Form, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages, CodeView, ForgottenView};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{
    browser_words::{SignInFrom, network_words},
    device_cookie,
    failure::Failure,
    guard::{FormToken, Viewer, again_view, begin, leave, note_proof},
    kept_form::{self, is_console},
    required_second_step::{self, Demand},
    state::Console,
    ways_in::ways,
};
use crate::{
    accounts::{
        Account,
        account::{by_id, note_sign_in, object},
        invitation, password, second_factor,
        sign_in_throttle::{self, Attempt},
        tell_of_sign_in,
    },
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::MINUTE,
    http::ClientAddress,
    office::Office,
};

type Answer = Result<Response, Failure>;

/// Where one lands after signing in.
pub const HOME: &str = "/staff";
/// What is said to who would have to wait for too long.
pub const TOO_MANY: &str = "there were too many attempts; wait a minute and try again";
/// For so long the password of a sign-in counts before its second step.
const PARKED_MS: i64 = 10 * MINUTE;
/// The field of the session that a sign-in stands in between its steps.
const PARKED: &str = "parked";

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/login/code", get(code_page).post(code))
        .route("/staff/forgotten", get(forgotten_page).post(forgotten))
        .route("/staff/again", get(again_page).post(again))
}

/// Whose password was right, and where they wanted to go.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Parked {
    staff_id: i64,
    at: i64,
    next: String,
    new_device: bool,
}

/// Only a page of the console: never lead away after a sign-in.
pub fn inside(next: &str) -> &str {
    if is_console(next) { next } else { HOME }
}

/// Puts a refused sign-in into the log: whose it was to be, and the network.
pub async fn note_refusal(app: &App, whose: &str, details: &str) -> Result<(), Failure> {
    let (now, action) = (app.clock.now_ms(), Action::StaffSignInRefused);
    audit::record(
        &app.db.writer(),
        now,
        audit::GAZETTE,
        action,
        whose,
        details,
    )
    .await?;
    Ok(())
}

/// After a right password: on to the second step where there is one that counts, else into the console. So it is
/// however the password came to be right: typed, chosen anew by a link, or chosen with an invitation.
pub async fn go_on(
    app: &App,
    session: &Session,
    account: &Account,
    from: &SignInFrom,
    next: &str,
    new_device: bool,
) -> Answer {
    let demand = required_second_step::of_password(app, account).await?;
    if !account.second_factor && demand != Demand::Passkey {
        return enter(app, session, account, from, next, new_device).await;
    }
    leave(session, account).await?;
    session.cycle_id().await?;
    let parked = Parked {
        staff_id: account.id,
        at: app.clock.now_ms(),
        next: inside(next).to_owned(),
        new_device,
    };
    session.insert(PARKED, parked).await?;
    Ok(Redirect::to("/staff/login/code").into_response())
}

/// Begins the session; this browser is known from now on.
async fn enter(
    app: &App,
    session: &Session,
    account: &Account,
    from: &SignInFrom,
    next: &str,
    new_device: bool,
) -> Answer {
    enter_noting(app, session, account, from, next, new_device, &from.browser).await
}

/// After a sign-in that is both steps at once: by a `passkey`, or at the office's own provider. Its device is
/// asked for there, so that none is new here.
pub async fn enter_by(
    app: &App,
    session: &Session,
    account: &Account,
    from: &SignInFrom,
    next: &str,
    means: &str,
) -> Answer {
    let details = format!("{}, by {means}", from.browser);
    session.remove::<Parked>(PARKED).await?;
    let entered = enter_noting(app, session, account, from, next, false, &details).await?;
    required_second_step::note_shown(session, account).await?;
    Ok(entered)
}

async fn enter_noting(
    app: &App,
    session: &Session,
    account: &Account,
    from: &SignInFrom,
    next: &str,
    new_device: bool,
    details: &str,
) -> Answer {
    begin(app, session, account, from).await?;
    let (now, who) = (app.clock.now_ms(), account.email.as_str());
    let action = Action::StaffSignIn;
    audit::record(&app.db.writer(), now, who, action, object(account), details).await?;
    note_sign_in(app, account, now).await?;
    if new_device {
        tell_of_sign_in(app, account, &from.browser, &network_words(&from.network)).await?;
    }
    let kept = kept_form::waiting(app, account.id).await?;
    let page = kept.unwrap_or(inside(next));
    let cookie = device_cookie::issue(app, &account.email.key())?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(page)).into_response())
}

/// Whose sign-in waits for its second step.
async fn parked(app: &App, session: &Session) -> Result<Option<(Parked, Account)>, Failure> {
    let parked = session.get::<Parked>(PARKED).await?;
    let fresh = parked.filter(|parked| app.clock.now_ms() - parked.at < PARKED_MS);
    let Some(parked) = fresh else {
        return Ok(None);
    };
    let account = by_id(app, parked.staff_id).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    Ok(account.map(|account| (parked, account)))
}

async fn code_page(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Extension(token): Extension<FormToken>,
) -> Answer {
    let Some((_, account)) = parked(&app, &session).await? else {
        return Ok(Redirect::to("/staff/login").into_response());
    };
    Ok(pages::code(&code_view(&app, token, &account, None).await?).into_response())
}

async fn code_view(
    app: &App,
    token: FormToken,
    account: &Account,
    error: Option<&str>,
) -> Result<CodeView, Failure> {
    Ok(CodeView {
        office: Office::load(&app.db).await?.name,
        form_token: token.0,
        error: error.map(str::to_owned),
        has_app: account.second_factor,
        ways: ways(app),
    })
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

async fn code(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    Extension(token): Extension<FormToken>,
    client: ClientAddress,
    from: SignInFrom,
    headers: HeaderMap,
    Form(form): Form<Code>,
) -> Answer {
    let Some((waiting, account)) = parked(&app, &session).await? else {
        return Ok(Redirect::to("/staff/login").into_response());
    };
    if !account.second_factor {
        return Ok(Redirect::to("/staff/login/code").into_response());
    }
    let device = device_cookie::known(&app, &headers, &account.email.key());
    // A pace of its own: the password was right.
    let whose = format!("{}/code", account.email.key());
    let network = client.network();
    let attempt = Attempt {
        account: &whose,
        network: &network,
        device: device.as_deref(),
    };
    let refused = async |status, error| -> Answer {
        let view = code_view(&app, token.clone(), &account, Some(error)).await?;
        Ok((status, pages::code(&view)).into_response())
    };
    if sign_in_throttle::wait(&app, &attempt).await?.is_some() {
        return refused(StatusCode::TOO_MANY_REQUESTS, TOO_MANY).await;
    }
    if !second_factor::verify(&app, &account, &form.code).await? {
        let details = format!("second step, from {network}");
        note_refusal(&app, &object(&account), &details).await?;
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "that code is not right, or it was used already; type the one that the app shows now. If it is refused again, look whether your phone sets its clock by itself: a code is right for half a minute only",
        )
        .await;
    }
    sign_in_throttle::forgive(&app, &attempt).await?;
    session.remove::<Parked>(PARKED).await?;
    let (next, new_device) = (&waiting.next, waiting.new_device);
    let entered = enter(&app, &session, &account, &from, next, new_device).await?;
    required_second_step::note_shown(&session, &account).await?;
    Ok(entered)
}

async fn forgotten_page(State(app): State<App>, Extension(token): Extension<FormToken>) -> Answer {
    let view = forgotten_view(&app, token).await?;
    Ok(pages::forgotten(&view).into_response())
}

async fn forgotten_view(app: &App, token: FormToken) -> Result<ForgottenView, Failure> {
    let office = Office::load(&app.db).await?;
    Ok(ForgottenView {
        cannot_mail: !office.complete,
        office: office.name,
        form_token: token.0,
        ..ForgottenView::default()
    })
}

#[derive(Deserialize)]
struct Forgotten {
    email: String,
}

/// The answer is the same whoever has this address or nobody.
async fn forgotten(
    State(app): State<App>,
    Extension(token): Extension<FormToken>,
    client: ClientAddress,
    Form(form): Form<Forgotten>,
) -> Answer {
    let mut view = forgotten_view(&app, token).await?;
    view.email.clone_from(&form.email);
    if view.cannot_mail {
        return Ok(pages::forgotten(&view).into_response());
    }
    let email = match EmailAddress::parse(&form.email) {
        Ok(email) => email,
        Err(error) => {
            view.error = Some(error.to_string());
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::forgotten(&view)).into_response());
        }
    };
    let (whose, network) = (format!("{}/forgotten", email.key()), client.network());
    let attempt = Attempt {
        account: &whose,
        network: &network,
        device: None,
    };
    if sign_in_throttle::wait(&app, &attempt).await?.is_some() {
        view.error = Some(TOO_MANY.to_owned());
        return Ok((StatusCode::TOO_MANY_REQUESTS, pages::forgotten(&view)).into_response());
    }
    invitation::forgotten(&app, &email).await?;
    view.done = true;
    Ok(pages::forgotten(&view).into_response())
}

#[derive(Debug, Default, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn again_page(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(query): Query<Next>,
) -> Answer {
    let view = again_view(&app, &me, inside(&query.next).to_owned(), None).await?;
    Ok(pages::again(&view).into_response())
}

#[derive(Deserialize)]
struct Again {
    password: String,
    #[serde(default)]
    next: String,
}

async fn again(
    State(app): State<App>,
    Extension(session): Extension<Session>,
    client: ClientAddress,
    Viewer(me): Viewer,
    Form(form): Form<Again>,
) -> Answer {
    let (account, network) = (me.account.email.key(), client.network());
    let attempt = Attempt::signed_in(&account, &network);
    let hash = me.account.password_hash.as_deref();
    let error = if sign_in_throttle::wait(&app, &attempt).await?.is_some() {
        Some(TOO_MANY)
    } else if password::verify(&form.password, hash).await? {
        None
    } else {
        Some("that is not your password")
    };
    if let Some(error) = error {
        let view = again_view(&app, &me, inside(&form.next).to_owned(), Some(error)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::again(&view)).into_response());
    }
    sign_in_throttle::forgive(&app, &attempt).await?;
    prove_again(&app, &session, &me.account, &form.next).await
}

/// Who is signed in has proved once more who they are: their session, and its forms, stay as they are.
pub async fn prove_again(
    app: &App,
    session: &Session,
    account: &Account,
    next: &str,
) -> Result<Response, Failure> {
    note_proof(app, session).await?;
    let kept = kept_form::waiting(app, account.id).await?;
    Ok(Redirect::to(kept.unwrap_or(inside(next))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_never_leads_out_of_the_console() {
        assert_eq!(inside("/staff/newsletters/7"), "/staff/newsletters/7");
        for outside in [
            "",
            "/",
            "https://evil.example/staff/",
            "//evil.example/staff/",
            "/staff//x",
            "/staff/\\x",
            "/staff/\r\nx",
        ] {
            assert_eq!(inside(outside), HOME, "{outside}");
        }
    }
}
