//! Whether the process lives, whether it can work, and figures for who watches it.

use std::fmt::Write;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{
    app::App, http::Failure, newsletters::NewsletterState, office::Office, subscribers::Standing,
    values,
};

/// `/health/live`, `/health/ready`, `/metrics`.
pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/health/live",
            get(|| async { Json(json!({"live": true})) }),
        )
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}

async fn ready(State(app): State<App>) -> Response {
    match Office::load(&app.db).await {
        Ok(office) => {
            Json(json!({"ready": true, "office_complete": office.complete})).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "not ready: the database does not answer");
            let answer = json!({"ready": false, "why": "the database does not answer"});
            (StatusCode::SERVICE_UNAVAILABLE, Json(answer)).into_response()
        }
    }
}

/// Gauges in Prometheus' text format, counted when asked; no label names a person.
async fn metrics(State(app): State<App>) -> Result<Response, Failure> {
    let mut text = String::new();
    let gauges = [
        (
            "gazette_subscribers",
            "standing",
            "SELECT standing, count(*) FROM subscriber GROUP BY standing",
        ),
        (
            "gazette_newsletters",
            "state",
            "SELECT state, count(*) FROM newsletter GROUP BY state",
        ),
        (
            "gazette_one_off_waiting",
            "state",
            "SELECT state, count(*) FROM one_off WHERE state IN (0, 2) GROUP BY state",
        ),
    ];
    for (name, label, sql) in gauges {
        writeln!(text, "# TYPE {name} gauge")?;
        for row in app.db.all(sql, []).await? {
            let number: i16 = row.try_get_by_index(0)?;
            let word = match label {
                "standing" => Standing::from_number(number).map(Standing::as_str),
                _ if name == "gazette_newsletters" => {
                    NewsletterState::from_number(number).map(NewsletterState::as_str)
                }
                _ => Some(if number == 0 { "queued" } else { "deferred" }),
            };
            writeln!(
                text,
                "{name}{{{label}=\"{}\"}} {}",
                word.unwrap_or("unknown"),
                row.try_get_by_index::<i64>(1)?
            )?;
        }
    }
    let alive = app
        .db
        .one(
            "SELECT count(*) FROM worker WHERE lease_ends > $1",
            values![app.clock.now_ms()],
        )
        .await?;
    let alive = alive
        .map(|row| row.try_get_by_index::<i64>(0))
        .transpose()?
        .unwrap_or(0);
    writeln!(
        text,
        "# TYPE gazette_workers gauge\ngazette_workers {alive}"
    )?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
