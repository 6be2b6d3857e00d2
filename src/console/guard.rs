//! The one door of the console: who is signed in, whether a form is ours, what a role may do.
//!
//! [`guard`] runs before every handler. Whatever is not a GET or HEAD must come from our own pages
//! and carry the form token of the same browser, or it ends here and nothing happens. Handlers name
//! who may call them by their argument ([`Viewer`], [`Editor`], [`Approver`], [`Admin`]).

use axum::{
    Extension,
    body::{Bytes, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use data_encoding::HEXLOWER;
use gazette_templates::pages::staff::{self as pages, AgainView, LoginView};
use tower_sessions::Session;

pub use super::signed_in::SignedIn;
use super::{
    browser_words::SignInFrom,
    csrf::{self, Verified},
    failure::{Failure, RefusedAccess},
    form_pages::{page_with_button, page_with_button_unpressed},
    frame::frame,
    kept_form::{self, KeptForm, SentForm},
    kept_views::kept_view,
    password_again,
    required_second_step::{self, Demand},
    state::Console,
    taken_forms,
    ways_in::ways,
};
use crate::{
    accounts::{Account, Role, account::by_id},
    app::App,
    audit::{self, Action},
    clock::DAY,
    office::Office,
    secret::{Keys, random_label},
};

/// What console pages may load: our own files, and the preview in its frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where lists are uploaded.
const UPLOADS: &str = "/staff/import";

/// Where pictures are.
const PICTURES: &str = "/staff/pictures";

/// The field of the session that says when the password was typed last.
const PROVED: &str = "proved";

/// However much it is used, a session ends after this.
const OLDEST_SESSION_MS: i64 = 7 * DAY;

/// The token for forms of pages that need no sign-in.
#[derive(Debug, Clone)]
pub struct FormToken(pub String);

/// See the module's head.
pub async fn guard(
    State(Console { app, .. }): State<Console>,
    Extension(session): Extension<Session>,
    request: Request,
    next: Next,
) -> Response {
    match pass(&app, &session, request, next).await {
        Ok(response) => set_security_headers(response),
        Err(failure) => set_security_headers(failure.into_response()),
    }
}

async fn pass(
    app: &App,
    session: &Session,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let mut account = signed_in(app, session).await?;
    let mut demand = Demand::Met;
    if let Some(known) = &account {
        demand = required_second_step::demand(app, session, known).await?;
        if demand == Demand::Passkey {
            // Of the password alone nothing holds any more: they sign in anew.
            session.flush().await?;
            account = None;
        }
    }
    let is_proved = is_proved(app, session).await?;
    let known = csrf::form_cookie(app, request.headers());
    let mut secrets = Vec::new();
    if account.is_some() && is_sign_in(request.uri().path()) {
        // Another window of this browser has signed in since the form was shown.
        secrets.extend(known.clone());
    }
    let (secret, fresh) = match (&account, known) {
        // The session's own identity: the token changes with every sign-in.
        (Some(_), _) => (
            session.id().map(|id| id.to_string()).unwrap_or_default(),
            None,
        ),
        (None, Some(known)) => (known, None),
        (None, None) => {
            let fresh = random_label()?;
            (fresh.clone(), Some(fresh))
        }
    };
    let token = csrf::issue(
        &app.keys,
        &secret,
        account.as_ref().map(|account| account.id),
    )?;
    let mut sent = None;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        if !csrf::from_our_pages(app, request.headers()) {
            return Err(Failure::CsrfRejected);
        }
        let role = account.as_ref().map(|account| account.role);
        if role.is_none() && is_upload(request.uri().path()) {
            let response = upload_signed_out(app, token, request).await?;
            return Ok(with_form_cookie(app, fresh, response));
        }
        let largest = largest_form(role, request.uri().path());
        secrets.push(secret);
        match csrf::verify(request, &app.keys, &secrets, largest).await? {
            Verified::Ours(verified, body) => {
                sent = Some(SentForm {
                    path: verified.uri().path().to_owned(),
                    headers: verified.headers().clone(),
                    body,
                });
                request = verified;
            }
            // The session ended, or another began, since the form was shown.
            Verified::Not(parts, body) => {
                let response = ask_again(app, account, token, &parts, &body).await?;
                return Ok(with_form_cookie(app, fresh, response));
            }
        }
    }
    if let Some(account) = &account
        && demand == Demand::SetUp
        && !required_second_step::is_part_of_setting_up(request.method(), request.uri().path())
    {
        return lead_to_second_step(app, account, sent.as_ref()).await;
    }
    if let Some(account) = &account
        && !is_proved
        && password_again::is_needed(request.method(), request.uri().path())
    {
        let me = SignedIn {
            account: account.clone(),
            form_token: token,
        };
        return ask_for_proof(app, &me, request).await;
    }
    let asked = format!("{} {}", request.method(), request.uri().path());
    let who = account.as_ref().map(|account| account.email.to_string());
    let author = account.as_ref().map(|account| account.id);
    if let Some(account) = account {
        let form_token = token.clone();
        request.extensions_mut().insert(SignedIn {
            account,
            form_token,
        });
    }
    request.extensions_mut().insert(FormToken(token));
    let mut response = next.run(request).await;
    if let Some(sent) = &sent {
        response = after_form(app, session, author, sent, response).await?;
    }
    if let Some(who) = who
        && let Some(RefusedAccess { has, needs }) = response.extensions().get()
    {
        let roles = format!("as {has}; it takes {needs}");
        let (now, action) = (app.clock.now_ms(), Action::AccessRefused);
        audit::record(&app.db.writer(), now, &who, action, asked, roles).await?;
    }
    Ok(with_form_cookie(app, fresh, response))
}

/// The answer to a form: one that was taken is remembered, and of one that is refused what was typed is shown.
async fn after_form(
    app: &App,
    session: &Session,
    author: Option<i64>,
    sent: &SentForm,
    mut response: Response,
) -> Result<Response, Failure> {
    if let Some(author) = author {
        kept_form::forget_taken(app, author, sent, response.status()).await?;
        response = taken_forms::noted(app, session, sent, response).await?;
    }
    Ok(kept_form::shown_again(response, sent).await)
}

/// Where the forms of the sign-in page go.
fn is_sign_in(path: &str) -> bool {
    matches!(path, "/staff/login" | "/staff/passkey" | "/staff/oidc")
}

/// Whether a form of who is not signed in stands there.
fn opens_signed_out(path: &str) -> bool {
    let rooms = ["login", "welcome", "forgotten", "passkey", "oidc"];
    let room = path.trim_start_matches("/staff/").split('/').next();
    room.is_some_and(|room| rooms.contains(&room))
}

fn is_upload(path: &str) -> bool {
    path == UPLOADS || path.starts_with(PICTURES)
}

/// How many bytes of a form are read, by who sends it and where to.
fn largest_form(role: Option<Role>, path: &str) -> usize {
    match role {
        Some(role) if role >= Role::Admin && path == UPLOADS => csrf::LARGEST_UPLOAD,
        Some(role) if role >= Role::Editor && path.starts_with(PICTURES) => {
            csrf::LARGEST_PICTURE_FORM
        }
        Some(_) => csrf::LARGEST_FORM,
        None => csrf::LARGEST_FORM_SIGNED_OUT,
    }
}

fn with_form_cookie(app: &App, fresh: Option<String>, mut response: Response) -> Response {
    if let Some(fresh) = fresh
        && let Ok(cookie) = HeaderValue::from_str(&csrf::form_cookie_header(app, fresh))
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A form whose token is of no session that there is: nothing is done, and what was typed is shown
/// again, after a sign-in where nobody is signed in. Of a mere button, that sign-in leads back to its page.
async fn ask_again(
    app: &App,
    account: Option<Account>,
    form_token: String,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, Failure> {
    let path = parts.uri.path();
    let Some(kept) = KeptForm::take(path, &parts.headers, body).await else {
        if opens_signed_out(path) {
            return Err(Failure::FormTooOld(path.to_owned()));
        }
        if account.is_some() {
            return Err(Failure::FormTooOld(page_with_button(path)));
        }
        let page = pages::login(&LoginView {
            office: Office::load(&app.db).await?.name,
            form_token,
            next: page_with_button(path),
            error: Some(
                "your session ended, and nothing was changed; sign in to continue".to_owned(),
            ),
            ways: ways(app),
            ..LoginView::default()
        });
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    };
    let page = if let Some(account) = account {
        // Of an older version's page nobody knows whose it was; who sends it has it before them.
        if !kept.whose.is_unknown() && !kept.whose.is(&app.keys, account.id) {
            if let Some(author) = kept.author(app).await? {
                kept_form::keep(app, author, kept).await?;
            }
            return Err(Failure::FormOfAnother(account.email.to_string()));
        }
        let me = SignedIn {
            account,
            form_token,
        };
        pages::kept(
            &frame(app, &me, None).await?,
            &[kept_view(app, kept).await?],
        )
    } else {
        let error = if let Some(author) = kept.author(app).await? {
            kept_form::keep(app, author, kept).await?;
            "your session ended; what you typed is kept for you alone, and comes back when you sign in"
        } else {
            "your session ended, and nothing was changed; go back to copy what you typed, then sign in"
        };
        pages::login(&LoginView {
            office: Office::load(&app.db).await?.name,
            form_token,
            error: Some(error.to_owned()),
            ways: ways(app),
            ..LoginView::default()
        })
    };
    Ok((StatusCode::FORBIDDEN, page).into_response())
}

/// A file that comes after the session has ended is taken from nobody; what was typed beside it is kept for whose
/// form it was.
async fn upload_signed_out(
    app: &App,
    form_token: String,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let kept = KeptForm::take_signed_out(app, path, &parts.headers, body).await?;
    let Some((author, kept)) = kept else {
        return Err(Failure::UploadSignedOut);
    };
    kept_form::keep(app, author, kept).await?;
    let page = pages::login(&LoginView {
        office: Office::load(&app.db).await?.name,
        form_token,
        error: Some(
            "your session ended; what you typed is kept for you alone, and comes back when you sign in. The file was not taken: choose it again there"
                .to_owned(),
        ),
        ways: ways(app),
        ..LoginView::default()
    });
    Ok((StatusCode::FORBIDDEN, page).into_response())
}

/// Whether the password was typed lately.
async fn is_proved(app: &App, session: &Session) -> Result<bool, Failure> {
    let proved: Option<i64> = session.get(PROVED).await?;
    let oldest = app.clock.now_ms() - password_again::PROOF_HOLDS_MS;
    Ok(proved.is_some_and(|at| at > oldest))
}

/// Notes that the password was typed just now.
pub async fn note_proof(app: &App, session: &Session) -> Result<(), Failure> {
    Ok(session.insert(PROVED, app.clock.now_ms()).await?)
}

/// The password once more; nothing is done before, and what was typed comes back.
async fn ask_for_proof(app: &App, me: &SignedIn, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if matches!(parts.method, Method::GET | Method::HEAD) {
        let wanted = parts
            .uri
            .path_and_query()
            .map_or(path, |whole| whole.as_str());
        let next = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect::<String>();
        return Ok(Redirect::to(&format!("/staff/again?next={next}")).into_response());
    }
    let body = to_bytes(body, csrf::LARGEST_FORM)
        .await
        .map_err(|_| Failure::CsrfRejected)?;
    if let Some(kept) = KeptForm::take(path, &parts.headers, &body).await {
        kept_form::keep(app, me.account.id, kept).await?;
    }
    let view = again_view(app, me, page_with_button_unpressed(path), None).await?;
    Ok((StatusCode::FORBIDDEN, pages::again(&view)).into_response())
}

/// The page that asks for the password once more.
pub async fn again_view(
    app: &App,
    me: &SignedIn,
    next: String,
    error: Option<&str>,
) -> Result<AgainView, Failure> {
    Ok(AgainView {
        frame: frame(app, me, None).await?,
        next,
        kept: kept_form::waiting(app, me.account.id).await?.is_some(),
        has_password: me.account.has_password(),
        ways: ways(app),
        error: error.map(str::to_owned),
    })
}

/// To where a second step is set up. What was typed waits for them.
async fn lead_to_second_step(
    app: &App,
    account: &Account,
    sent: Option<&SentForm>,
) -> Result<Response, Failure> {
    if let Some(SentForm {
        path,
        headers,
        body,
    }) = sent
        && let Some(kept) = KeptForm::take(path, headers, body).await
    {
        kept_form::keep(app, account.id, kept).await?;
    }
    Ok(Redirect::to(required_second_step::SET_UP).into_response())
}

/// The account of the session, unless it was disabled or its password changed since, or the session
/// is too old.
async fn signed_in(app: &App, session: &Session) -> Result<Option<Account>, Failure> {
    let Some(id) = session.get::<i64>("staff").await? else {
        return Ok(None);
    };
    let proof: Option<String> = session.get("proof").await?;
    let began: Option<i64> = session.get("began").await?;
    let fresh = began.is_some_and(|began| began > app.clock.now_ms() - OLDEST_SESSION_MS);
    let account = by_id(app, id).await?.filter(|account| {
        fresh && account.disabled_at.is_none() && proof == Some(session_proof(&app.keys, account))
    });
    if account.is_none() {
        session.flush().await?;
    }
    Ok(account)
}

/// Begins a session, under a new identity: one that was planted before is worth nothing.
pub async fn begin(
    app: &App,
    session: &Session,
    account: &Account,
    from: &SignInFrom,
) -> Result<(), Failure> {
    session.cycle_id().await?;
    session.insert("staff", account.id).await?;
    session.insert("began", app.clock.now_ms()).await?;
    note_proof(app, session).await?;
    session.insert("browser", &from.browser).await?;
    session.insert("network", &from.network).await?;
    session
        .insert("proof", session_proof(&app.keys, account))
        .await?;
    Ok(())
}

/// Ends what this browser is signed in as, where that is `account`: with its password changed elsewhere, the next
/// request would end all that stands in the session, and what a sign-in has noted there since.
pub async fn leave(session: &Session, account: &Account) -> Result<(), Failure> {
    if session.get::<i64>("staff").await? == Some(account.id) {
        session.remove::<i64>("staff").await?;
    }
    Ok(())
}

/// Changes with the password and whenever the account is disabled, so that either ends all other
/// sessions for good.
fn session_proof(keys: &Keys, account: &Account) -> String {
    let hash = account.password_hash.as_deref().unwrap_or_default();
    let out = account.signed_out_at.unwrap_or_default().to_be_bytes();
    HEXLOWER.encode(&keys.mac(&[b"session proof", hash.as_bytes(), &out])[..16])
}

/// No console page is kept by a cache or framed; a page that brings its own policy keeps it.
fn set_security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // With `no-referrer` a browser sends `Origin: null` with our own forms.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Makes the extractor of a role: it lets in who has at least that role.
macro_rules! role {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub SignedIn);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Failure;
            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
                admit(parts, Role::$name).map(Self)
            }
        }
    };
}
role!(
    /// Anyone who is signed in.
    Viewer
);
role!(
    /// Who may change drafts.
    Editor
);
role!(
    /// Who may let mail go out.
    Approver
);
role!(
    /// Who may change the office and its staff.
    Admin
);

fn admit(parts: &Parts, needed: Role) -> Result<SignedIn, Failure> {
    let signed_in = parts.extensions.get::<SignedIn>().cloned();
    let Some(signed_in) = signed_in else {
        let wanted = parts.uri.path_and_query().map(ToString::to_string);
        return Err(Failure::SignedOut(wanted.unwrap_or_default()));
    };
    if signed_in.account.role < needed {
        return Err(Failure::Role(signed_in.account.role, needed));
    }
    Ok(signed_in)
}
