//! `WebSub`: where a source has a hub, the hub tells of news at once (F4). What it sends is taken as
//! a sign to look, never as a release: the source itself is read then. Polling goes on behind it.
//!
//! The callback's address and the secret are derived from the secret key, so the database holds
//! neither.

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::to_bytes,
    extract::{Path, Query, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use http_body::Body;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, OnConflict, Query as Select},
};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use url::Url;

use super::{
    fetch::Fetcher,
    release_error::ReleaseError,
    release_tables::{source, websub},
};
use crate::{
    app::App,
    clock::{DAY, HOUR, MINUTE, SECOND},
    http::Failure,
    repeated_fault::DailyCount,
};

/// That a message was not signed by its hub.
static UNSIGNED: DailyCount = DailyCount::new();

/// What we ask for, and what counts where the hub names nothing: ten days.
const LEASE_SECONDS: i64 = 10 * DAY / SECOND;

/// How long a hub may take to verify what we asked.
const VERIFY_WITHIN_MS: i64 = HOUR;

/// Hubs asked in one round.
const MOST_AT_ONCE: u64 = 20;

/// What a hub's message may hold. It is only a sign to look; hubs that send more are polled.
const LARGEST: usize = 64 * 1024;

/// `/websub/{source}/{token}`
pub fn routes() -> Router<App> {
    Router::new().route("/websub/{source}/{token}", get(verify).post(notified))
}

/// Remembers that the source has a hub; it is asked at the next look.
pub(super) async fn offered(
    app: &App,
    source: i64,
    hub: &Url,
    topic: &Url,
) -> Result<(), ReleaseError> {
    let reachable = !app.settings.public_url.is_loopback() || is_loopback(hub);
    if !reachable {
        return Ok(());
    }
    let now = app.clock.now_ms();
    let row = websub::ActiveModel {
        source_id: Set(source),
        hub: Set(hub.to_string()),
        topic: Set(topic.to_string()),
        ask_at: Set(now),
        ..Default::default()
    };
    let nothing = || Expr::val(Option::<i64>::None);
    let offered = |column| Expr::col((Alias::new("excluded"), column));
    let kept = |column| Expr::col((websub::Entity, column));
    // Another hub or another name for the feed is another subscription.
    let differs = kept(websub::Column::Hub)
        .ne(offered(websub::Column::Hub))
        .or(kept(websub::Column::Topic).ne(offered(websub::Column::Topic)));
    let on_conflict = OnConflict::column(websub::Column::SourceId)
        .update_columns([
            websub::Column::Hub,
            websub::Column::Topic,
            websub::Column::AskAt,
        ])
        .value(websub::Column::PendingUntil, nothing())
        .value(websub::Column::LeaseEnds, nothing())
        .value(websub::Column::Trouble, Expr::val(Option::<String>::None))
        .action_and_where(differs)
        .to_owned();
    websub::Entity::insert(row)
        .on_conflict(on_conflict)
        .exec_without_returning(&app.db.writer())
        .await?;
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Asks the hubs whose time has come: new ones, those whose lease nears its end, and those that did
/// not answer the last time.
pub async fn subscribe_due(app: &App) -> Result<u64, ReleaseError> {
    let active = Select::select()
        .column(source::Column::Id)
        .from(source::Entity)
        .and_where(source::Column::Active.eq(true))
        .to_owned();
    let rows = websub::Entity::find()
        // websub_due
        .filter(websub::Column::AskAt.lte(app.clock.now_ms()))
        .filter(websub::Column::SourceId.in_subquery(active))
        .order_by_asc(websub::Column::AskAt)
        .limit(MOST_AT_ONCE)
        .all(app.db.pool())
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let fetcher = Fetcher::new(app).await?;
    for row in &rows {
        let source = row.source_id;
        if let Err(why) = subscribe(app, &fetcher, source, &row.hub, &row.topic).await? {
            tracing::warn!(
                source.id = source,
                hub = row.hub,
                why,
                "a hub cannot be asked; polling goes on"
            );
            let trouble = websub::ActiveModel {
                trouble: Set(Some(why)),
                pending_until: Set(None),
                ..Default::default()
            };
            change(app, of(source), trouble).await?;
        }
    }
    Ok(rows.len() as u64)
}

/// One request; the inner error is the hub's.
async fn subscribe(
    app: &App,
    fetcher: &Fetcher,
    source: i64,
    hub: &str,
    topic: &str,
) -> Result<Result<(), String>, DbErr> {
    let now = app.clock.now_ms();
    // Before the request leaves: a hub may verify before it answers.
    let asked = websub::ActiveModel {
        pending_until: Set(Some(now + VERIFY_WITHIN_MS)),
        ask_at: Set(now + VERIFY_WITHIN_MS),
        trouble: Set(None),
        ..Default::default()
    };
    change(app, of(source), asked).await?;
    let Ok(address) = Url::parse(hub) else {
        return Ok(Err("its address cannot be read".to_owned()));
    };
    let callback = app.link(&callback(app, source));
    let lease = LEASE_SECONDS.to_string();
    let form = [
        ("hub.callback", callback.as_str()),
        ("hub.mode", "subscribe"),
        ("hub.topic", topic),
        ("hub.lease_seconds", &lease),
        ("hub.secret", &secret(app, source)),
    ];
    Ok(match fetcher.post(&address, &form).await {
        Ok(status) if status.is_success() => Ok(()),
        Ok(status) => Err(format!("it answered {status}")),
        Err(error) => Err(error.to_string()),
    })
}

fn callback(app: &App, source: i64) -> String {
    format!("/websub/{source}/{}", token(app, source).as_str())
}

fn token(app: &App, source: i64) -> crate::secret::Token {
    app.keys.token(&format!("websub/{source}"))
}

/// §5.1: at most 200 bytes.
fn secret(app: &App, source: i64) -> String {
    HEXLOWER.encode(&app.keys.mac(&[b"websub", &source.to_be_bytes()]))
}

#[derive(Debug, Deserialize)]
struct Intent {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.topic", default)]
    topic: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
    #[serde(rename = "hub.lease_seconds", default)]
    lease_seconds: String,
    #[serde(rename = "hub.reason", default)]
    reason: String,
}

/// The hub asks whether we asked (§5.3). Only what we are waiting for is confirmed: anybody can send
/// a hub our address.
async fn verify(
    State(app): State<App>,
    Path((source, given)): Path<(i64, String)>,
    Query(intent): Query<Intent>,
) -> Result<Response, Failure> {
    if !knows(&app, source, &given) {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let now = app.clock.now_ms();
    let changed = match intent.mode.as_str() {
        "subscribe" => {
            let asked = intent.lease_seconds.parse().unwrap_or(LEASE_SECONDS);
            let lease = asked.clamp(5 * MINUTE / SECOND, 3 * LEASE_SECONDS) * SECOND;
            let which = of(source)
                .add(websub::Column::Topic.eq(&intent.topic))
                .add(websub::Column::PendingUntil.gt(now));
            let verified = websub::ActiveModel {
                pending_until: Set(None),
                lease_ends: Set(Some(now + lease)),
                // When nine tenths of the lease are over.
                ask_at: Set(now + lease / 10 * 9),
                trouble: Set(None),
                ..Default::default()
            };
            change(&app, which, verified).await?
        }
        "denied" => {
            tracing::warn!(
                source.id = source,
                reason = intent.reason,
                "a hub refuses us"
            );
            let denied = websub::ActiveModel {
                pending_until: Set(None),
                lease_ends: Set(None),
                ask_at: Set(now + DAY),
                trouble: Set(Some(format!("it refuses: {}", intent.reason))),
                ..Default::default()
            };
            let which = of(source).add(websub::Column::Topic.eq(&intent.topic));
            change(&app, which, denied).await?
        }
        // We never ask for it; a hub that asks us was asked by someone else.
        _ => 0,
    };
    if changed == 0 {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    tracing::info!(source.id = source, mode = intent.mode, "a hub verified");
    Ok(intent.challenge.into_response())
}

/// The hub tells of news (§7). A signature that is wrong or missing makes it nothing, but is
/// answered like any other: whoever tries learns nothing, and an honest hub does not try again. The
/// body is read only from who knows the token.
async fn notified(
    State(app): State<App>,
    Path((source, given)): Path<(i64, String)>,
    request: Request,
) -> Result<StatusCode, Failure> {
    if !knows(&app, source, &given) {
        return Ok(StatusCode::NOT_FOUND);
    }
    let (Parts { headers, .. }, body) = request.into_parts();
    // What says beforehand that it is too large need not send it.
    if body.size_hint().lower() > LARGEST as u64 {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let signature = headers.get("x-hub-signature").and_then(|s| s.to_str().ok());
    if !signature.is_some_and(|signature| is_signed(signature, &secret(&app, source), &body)) {
        if let Some(today) = UNSIGNED.one_more(app.clock.now_ms()) {
            tracing::warn!(
                source.id = source,
                today,
                "a hub's message is not signed as agreed; ignored"
            );
        }
        return Ok(StatusCode::ACCEPTED);
    }
    let now = app.clock.now_ms();
    let next = || Expr::col(source::Column::NextPollAt);
    let changed = source::Entity::update_many()
        // Asked for whole: a server that answers 304 may not know yet what its hub knows.
        .set(source::ActiveModel {
            last_unconditional_at: Set(None),
            ..Default::default()
        })
        // Always another instant than before: by that a look that is under way sees that one more
        // was asked for.
        .col_expr(
            source::Column::NextPollAt,
            Expr::case(next().eq(now), now - 1).finally(now).into(),
        )
        .filter(source::Column::Id.eq(source))
        .filter(source::Column::Active.eq(true))
        .exec(&app.db.writer())
        .await?
        .rows_affected;
    if changed == 0 {
        // §7: tells the hub to stop.
        return Ok(StatusCode::GONE);
    }
    app.scheduler_wakeup.notify_one();
    Ok(StatusCode::ACCEPTED)
}

/// The subscription of one source.
fn of(source: i64) -> Condition {
    Condition::all().add(websub::Column::SourceId.eq(source))
}

/// How many rows that were.
async fn change(app: &App, which: Condition, row: websub::ActiveModel) -> Result<u64, DbErr> {
    let changed = websub::Entity::update_many()
        .set(row)
        .filter(which)
        .exec(&app.db.writer())
        .await?;
    Ok(changed.rows_affected)
}

fn knows(app: &App, source: i64, given: &str) -> bool {
    let token = token(app, source);
    token.as_str().as_bytes().ct_eq(given.as_bytes()).into()
}

/// `sha256=…`; the comparison takes the same time wherever they differ.
fn is_signed(signature: &str, secret: &str, body: &[u8]) -> bool {
    let Some((method, hex)) = signature.trim().split_once('=') else {
        return false;
    };
    let algorithm = match method.to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Ok(mac) = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()) else {
        return false;
    };
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    hmac::verify(&key, body, &mac).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_signatures_are_checked_f4() {
        // Computed with Python's hmac: key "secret", message "news".
        for signature in SIGNATURES {
            assert!(is_signed(signature, "secret", b"news"), "{signature}");
            assert!(is_signed(
                &signature.to_ascii_uppercase().replace("SHA", "sha"),
                "secret",
                b"news"
            ));
            assert!(!is_signed(signature, "secret", b"News"));
            assert!(!is_signed(signature, "Secret", b"news"));
            let cut = &signature[..signature.len() - 2];
            assert!(!is_signed(cut, "secret", b"news"), "{cut}");
        }
        for wrong in ["", "sha256", "sha256=", "md5=00", "sha256=zz"] {
            assert!(!is_signed(wrong, "secret", b"news"), "{wrong}");
        }
    }

    const SIGNATURES: [&str; 4] = [
        "sha1=977622fd94adc9c9b1b1600836dc8b99ecd2b07e",
        "sha256=1012018980a3101f542350e984cf9ccd965ee612485d66a36cfadcc2d008ecbc",
        "sha384=2de812f9c465e8110828379f9354d7aa3ef70a9723e7f6b7dfd18c850971d3705683620f1cdb43af095cd68d0d8be3f8",
        "sha512=b4fa76a3d1fef401ebda29a4c464c30b003ee7e7177e0ab44d679c71bbfad65c42b0e3c436dc3e175379bf8945e625373b1d1cd5dbce22eb7e19ca19209888c2",
    ];
}
