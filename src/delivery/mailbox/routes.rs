//! The mailbox's pages, only while no relay is set. They hold working links, so they fail closed:
//! [`routes`] answers who sits at this machine, on an instance that only this machine reaches; the
//! console shows [`pages`] to admins.

use axum::{
    Router,
    extract::{FromRef, OriginalUri, Path, Query, Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::{
    mailbox::{self as pages, MailLine, MailList, MailPage},
    words::Words,
};
use mail_parser::MessageParser;
use sea_orm::FromQueryResult;
use serde::Deserialize;

use crate::{
    app::App,
    clock::instant,
    config::is_loopback_host,
    db,
    http::{self, ClientAddress, Failure},
    office::Office,
    values,
};

/// Where the pages stand for who sits at this machine, and for admins of an instance in service.
const HERE: &str = "/mailbox";
/// See [`HERE`].
const IN_CONSOLE: &str = "/staff/mailbox";

/// Mails on one page of the list.
const PAGE: i64 = 50;

/// A mail's own styles work; nothing else of it does.
const MAIL_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src https: http:; sandbox allow-popups; frame-ancestors 'self'";

/// Pages that hold a mail in a frame.
const FRAME_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

type Answer = Result<Response, Failure>;

/// `/mailbox` and what stands below it.
pub fn routes(app: &App) -> Router<App> {
    below(HERE).route_layer(middleware::from_fn_with_state(app.clone(), only_here))
}

/// The same pages below `/staff/mailbox`; whoever adds them sees to it that only admins come in.
pub fn pages<S>(app: &App) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    App: FromRef<S>,
{
    below(IN_CONSOLE).route_layer(middleware::from_fn_with_state(app.clone(), without_relay))
}

fn below<S>(base: &str) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    App: FromRef<S>,
{
    Router::new()
        .route(base, get(list))
        .route(&format!("{base}/{{id}}"), get(mail))
        .route(&format!("{base}/{{id}}/html"), get(html))
        .route(&format!("{base}/{{id}}/source"), get(source))
}

/// Whoever asked under which of the two addresses: links lead on below the same.
fn base(uri: &Uri) -> &'static str {
    if uri.path().starts_with(IN_CONSOLE) {
        IN_CONSOLE
    } else {
        HERE
    }
}

async fn only_here(
    State(app): State<App>,
    client: ClientAddress,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Answer {
    let here = app.settings.smtp_url.is_empty()
        && app.settings.public_url.is_loopback()
        && client.is_this_machine()
        && names_this_machine(&headers);
    if here {
        return Ok(next.run(request).await);
    }
    missing(&app, &headers).await
}

/// A page of somebody else's whose name was pointed at this machine has that name in `Host`.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    host.to_str().is_ok_and(is_loopback_host)
}

async fn without_relay(
    State(app): State<App>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Answer {
    if app.settings.smtp_url.is_empty() {
        return Ok(next.run(request).await);
    }
    missing(&app, &headers).await
}

async fn missing(app: &App, headers: &HeaderMap) -> Answer {
    let office = Office::load(&app.db).await?;
    Ok(http::not_found(
        &office,
        http::words(&office, None, headers),
    ))
}

#[derive(Debug, Deserialize)]
struct Which {
    before: Option<i64>,
    #[serde(default)]
    recipient: String,
}

/// A stored message without its content.
#[derive(Debug, FromQueryResult)]
struct StoredMail {
    id: i64,
    received_at: i64,
    recipient: String,
    subject: String,
}

async fn list(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Query(which): Query<Which>,
) -> Answer {
    let base = base(&uri);
    let office = Office::load(&app.db).await?;
    let recipient = which.recipient.trim().to_lowercase();
    let sql = "SELECT id, received_at, recipient, subject FROM mailbox
         WHERE id < $1 AND ($2 = '' OR lower(recipient) = $2) ORDER BY id DESC LIMIT $3";
    let values = values![which.before.unwrap_or(i64::MAX), recipient.as_str(), PAGE];
    let rows = db::rows::<StoredMail>(app.db.pool(), sql, values).await?;
    let mut mails = Vec::with_capacity(rows.len());
    for row in rows {
        let when = instant(row.received_at).to_zoned_datetime(office.time_zone.clone());
        mails.push(MailLine {
            id: row.id,
            when: when.strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
            recipient: row.recipient,
            subject: row.subject,
        });
    }
    let older = mails
        .last()
        .filter(|_| mails.len() as i64 == PAGE)
        .map(|last| {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("before", &last.id.to_string())
                .append_pair("recipient", &recipient)
                .finish();
            format!("{base}?{query}")
        });
    let content = pages::list(&MailList {
        base,
        mails: &mails,
        recipient: &recipient,
        older,
    });
    Ok(http::page(
        &office,
        Words::of("en"),
        "Built-in mailbox",
        &content,
    ))
}

async fn message(app: &App, id: i64) -> Result<Option<Vec<u8>>, Failure> {
    let sql = "SELECT message FROM mailbox WHERE id = $1";
    Ok(db::scalar(app.db.pool(), sql, values![id]).await?)
}

async fn gone(app: &App) -> Answer {
    let office = Office::load(&app.db).await?;
    Ok(http::not_found(&office, Words::of("en")))
}

async fn mail(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<i64>,
) -> Answer {
    let Some(raw) = message(&app, id).await? else {
        return gone(&app).await;
    };
    let office = Office::load(&app.db).await?;
    let parser = MessageParser::default();
    let Some(parsed) = parser.parse(&raw) else {
        return gone(&app).await;
    };
    let page = MailPage {
        base: base(&uri),
        id,
        subject: parsed.subject().unwrap_or("(no subject)").to_owned(),
        headers: parsed
            .headers_raw()
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect(),
        text: parsed.body_text(0).unwrap_or_default().into_owned(),
        html: parsed.html_body_count() > 0
            && parsed
                .parts
                .iter()
                .any(mail_parser::MessagePart::is_text_html),
    };
    let shown = http::page(&office, Words::of("en"), &page.subject, &pages::mail(&page));
    Ok(([(header::CONTENT_SECURITY_POLICY, FRAME_CSP)], shown).into_response())
}

async fn html(State(app): State<App>, Path(id): Path<i64>) -> Answer {
    let Some(raw) = message(&app, id).await? else {
        return gone(&app).await;
    };
    let html = MessageParser::default()
        .parse(&raw)
        .and_then(|parsed| parsed.body_html(0).map(std::borrow::Cow::into_owned));
    Ok(match html {
        Some(html) => ([(header::CONTENT_SECURITY_POLICY, MAIL_CSP)], Html(html)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

async fn source(State(app): State<App>, Path(id): Path<i64>) -> Answer {
    match message(&app, id).await? {
        Some(raw) => {
            Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], raw).into_response())
        }
        None => gone(&app).await,
    }
}
