//! The web server: the rooms' routes under one roof, with the security headers that protect their
//! readers.

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::subscribers::{help as help_page, text};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer,
    timeout::TimeoutLayer,
};

use crate::{
    address::EmailAddress,
    app::App,
    console, delivery,
    http::{self, Failure, Visitor},
    newsletters,
    office::Office,
    releases, returns, subscribers,
};

mod assets;
mod connections;
mod health;
mod intake;

use intake::{Intake, SMALL};

/// Pages load nothing from elsewhere, run nothing, and stand in no one's frame.
const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What no page of ours asks of a browser.
const NOTHING_ASKED: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()";

/// What a program may ask, for programs and those who write them. A test holds it to what is answered.
const OPENAPI: &str = include_str!("openapi.json");

/// The archive shows the pictures of releases, which stand on the office's own site.
const ARCHIVE_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// All routes.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .merge(subscribers::routes(&app))
        .merge(newsletters::routes())
        .merge(releases::websub::routes())
        .merge(returns::webhooks::routes())
        .merge(console::routes(&app))
        .merge(delivery::mailbox::routes(&app))
        .merge(health::routes())
        .merge(assets::routes())
        .route("/privacy", get(privacy))
        .route("/help", get(help))
        .route("/api/v1/openapi.json", get(openapi));
    // Without a fallback: what was mended once is not mended again.
    let mended = routes.clone().with_state(app.clone());
    routes
        .fallback(move |State(app): State<App>, visitor: Visitor, request| {
            not_found(app, mended.clone(), visitor, request)
        })
        // Forms of visitors are small, and one click has 26 octets. The console allows more itself.
        .layer(DefaultBodyLimit::max(SMALL))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::from_secs(30),
        ))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(
            Intake::default(),
            intake::count,
        ))
        .layer(middleware::from_fn(http::explain))
        // Pages are small: the fastest saves most of what there is to save.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            security_headers,
        ))
        .layer(middleware::from_fn(log))
        .with_state(app)
}

/// Serves until the process is asked to stop; requests under way are finished.
pub async fn serve(app: App, listener: TcpListener) {
    let shutdown = app.shutdown.clone();
    let router = router(app.clone());
    tokio::select! {
        () = connections::serve(&app, router, listener) => {}
        // A client that keeps its connection open must not keep us.
        () = async { shutdown.cancelled().await; tokio::time::sleep(Duration::from_secs(8)).await } => {}
    }
}

/// Headers that every answer has unless its route set them itself.
async fn security_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let csp = if request.uri().path().starts_with("/archive/") {
        ARCHIVE_CSP
    } else {
        CSP
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    default(header::CONTENT_SECURITY_POLICY, csp);
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(HeaderName::from_static("permissions-policy"), NOTHING_ASKED);
    default(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    // The address of a page may hold a token (O3).
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::CACHE_CONTROL, "no-store");
    default(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if app.settings.public_url.is_https() {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    // The older word for `frame-ancestors`, as the page itself has decided.
    let policy = headers.get(header::CONTENT_SECURITY_POLICY);
    let framed_by_us = policy.is_some_and(|policy| {
        String::from_utf8_lossy(policy.as_bytes()).contains("frame-ancestors 'self'")
    });
    let option = HeaderValue::from_static(if framed_by_us { "SAMEORIGIN" } else { "DENY" });
    headers.insert(header::X_FRAME_OPTIONS, option);
    response
}

/// One line per request, by route: the address itself may hold a token.
async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let begun = std::time::Instant::now();
    let response = next.run(request).await;
    tracing::debug!(
        %method,
        route = route.as_deref().unwrap_or("(none)"),
        status = response.status().as_u16(),
        duration_ms = begun.elapsed().as_millis() as u64,
        "request"
    );
    response
}

async fn privacy(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    Ok(http::page(
        &office,
        words,
        words.privacy,
        &text(words.privacy, &words.privacy_text()),
    ))
}

async fn help(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    let contact = office.contact().map(EmailAddress::as_str);
    Ok(http::page(
        &office,
        words,
        words.help,
        &help_page(words, contact, office.phone.as_deref()),
    ))
}

async fn openapi() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI)
}

/// A link of a mail that was damaged on its way is sent on to where it was to lead (H6: a GET changes
/// nothing), and one click on it is answered as if it had come whole (H5: no redirect); everything else is
/// not here.
async fn not_found(
    app: App,
    routes: Router,
    visitor: Visitor,
    mut request: Request,
) -> Result<Response, Failure> {
    let uri = request.uri();
    if let Some(path) = http::mended_path(uri.path(), uri.query()) {
        let method = request.method();
        if [Method::GET, Method::HEAD].contains(method) {
            return Ok(Redirect::temporary(&path).into_response());
        }
        let is_readers = method == Method::POST && !path.starts_with("/staff");
        if let (true, Ok(mended)) = (is_readers, path.parse::<Uri>()) {
            *request.uri_mut() = mended;
            let Ok(answer) = routes.oneshot(request).await;
            return Ok(answer);
        }
    }
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    Ok(http::not_found(&office, words))
}
