//! Whether the process lives, whether it can work, and figures for who watches it.

use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    address::veil,
    app::App,
    db,
    delivery::queue,
    http::{ClientAddress, Failure},
    lease, newsletters,
    office::Office,
    releases,
    repeated_fault::RepeatedFault,
    subscribers, transactional,
};

/// `/health/live`, `/health/ready`, `/metrics`. The last two count in the database, so they do it once
/// for all who ask within a moment; what they found is told to machines of our own networks only.
pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/health/live",
            get(|| async { Json(json!({"live": true})) }),
        )
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .layer(Extension(Arc::<Kept>::default()))
}

/// How long an answer is good.
const READINESS_GOOD: Duration = Duration::from_secs(1);
/// See [`READINESS_GOOD`].
const METRICS_GOOD: Duration = Duration::from_secs(10);

/// The last answers. Whoever asks while one is being found waits for it.
#[derive(Debug, Default)]
struct Kept {
    readiness: Mutex<Option<(Instant, Readiness)>>,
    metrics: Mutex<Option<(Instant, String)>>,
    /// That we are not ready: whoever watches asks again and again.
    fault: Mutex<RepeatedFault>,
}

/// What was found out about readiness.
#[derive(Debug, Clone)]
struct Readiness {
    ready: bool,
    /// All of it, for whoever runs the machine.
    told: serde_json::Value,
}

/// Ready means: what readers ask for is done. `why` names what is not, and what to do about it. An
/// office that is not set up yet is ready for its visitors; `office_complete` says that no mail
/// leaves for a relay.
async fn ready(
    State(app): State<App>,
    Extension(kept): Extension<Arc<Kept>>,
    client: ClientAddress,
) -> Response {
    let mut last = kept.readiness.lock().await;
    let found = match &*last {
        Some((at, found)) if at.elapsed() < READINESS_GOOD => found.clone(),
        _ => {
            let mut fault = kept.fault.lock().await;
            let found = match timeout(READINESS_WITHIN, readiness(&app, &mut fault)).await {
                Ok(found) => found,
                Err(_) => {
                    not_ready("the database does not answer: it hangs, or somebody holds it locked")
                }
            };
            *last = Some((Instant::now(), found.clone()));
            found
        }
    };
    drop(last);
    let status = if found.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let told = if client.is_near() {
        found.told
    } else {
        json!({ "ready": found.ready })
    };
    (status, Json(told)).into_response()
}

/// Who asks whether we are ready waits no longer.
const READINESS_WITHIN: Duration = Duration::from_millis(1_800);

fn not_ready(why: &str) -> Readiness {
    Readiness {
        ready: false,
        told: json!({"ready": false, "why": [why]}),
    }
}

async fn readiness(app: &App, fault: &mut RepeatedFault) -> Readiness {
    if app.db.is_gone() {
        return not_ready(
            "the database's file is gone: what is written now is lost; stop Gazette and restore a backup",
        );
    }
    let (office, why) = match missing(app).await {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!(%error, "not ready: the database does not answer");
            let why = format!("the database does not answer: {}", db::advice(&error));
            return not_ready(&why);
        }
    };
    // Gazette itself works then; whoever watches it sees that a site does not.
    let failing = match releases::failing_sources(app).await {
        Ok(failing) => failing,
        Err(error) => {
            tracing::debug!(%error, "cannot tell which sources fail");
            Vec::new()
        }
    };
    let aside = match newsletters::events_set_aside(app).await {
        Ok(aside) => Some(aside.len()),
        Err(error) => {
            tracing::debug!(%error, "cannot tell what was set aside");
            None
        }
    };
    let put_off = match transactional::put_off(app.db.pool(), app.clock.now_ms()).await {
        Ok(put_off) => {
            put_off.map(|found| json!({"mails": found.mails, "relay_said": veil(&found.words)}))
        }
        Err(error) => {
            tracing::debug!(%error, "cannot tell which mails wait");
            None
        }
    };
    if why.is_empty() {
        fault.ended();
    } else if fault.is_worth_a_line() {
        tracing::warn!(why = why.join("; "), asked = fault.in_a_row(), "not ready");
    }
    Readiness {
        ready: why.is_empty(),
        told: json!({
            "ready": why.is_empty(),
            "why": why,
            "office_complete": office.complete,
            "sources_failing": failing,
            // Confirmations, links and notices that no relay has taken for long; `null`: none.
            "mails_put_off": put_off,
            // `null`: it cannot be told. The console shows them with their reasons.
            "release_events_set_aside": aside,
        }),
    }
}

/// What does not run although it should: the scheduler and a worker hold leases, here or in another
/// process.
async fn missing(app: &App) -> Result<(Office, Vec<&'static str>), sea_orm::DbErr> {
    let office = Office::load(&app.db).await?;
    let mut why = Vec::new();
    if let Some(trouble) = app.database_trouble() {
        why.push(trouble);
    }
    if app.settings.smtp_url.is_empty() && !app.settings.public_url.is_loopback() {
        why.push(
            "no relay is set: mail reaches nobody, all of it stays in the built-in mailbox; set GAZETTE_SMTP_URL",
        );
    }
    if !lease::is_held(app, "scheduler").await? {
        why.push(
            "no scheduler runs: sign-ups wait and sources are not looked at; start `gazette serve`",
        );
    }
    if queue::living(&app.db, app.clock.now_ms()).await?.is_empty() {
        why.push("no delivery worker runs: mail waits; start `gazette serve` or `gazette worker`");
    }
    Ok((office, why))
}

/// Gauges in Prometheus' text format; no label names a person.
async fn metrics(
    State(app): State<App>,
    Extension(kept): Extension<Arc<Kept>>,
    client: ClientAddress,
) -> Result<Response, Failure> {
    if !client.is_near() {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let mut last = kept.metrics.lock().await;
    let text = match &*last {
        Some((at, text)) if at.elapsed() < METRICS_GOOD => text.clone(),
        _ => {
            let text = count(&app).await?;
            *last = Some((Instant::now(), text.clone()));
            text
        }
    };
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// What a gauge is called, what it means, and its lines: each with its label and the label's word, or the
/// only one.
struct Gauge {
    name: &'static str,
    help: &'static str,
    lines: Vec<(String, i64)>,
}

impl Gauge {
    /// One line for each of `counts`, by the word for it.
    fn by(
        (name, help): (&'static str, &'static str),
        label: &'static str,
        counts: impl IntoIterator<Item = (&'static str, i64)>,
    ) -> Self {
        let lines = counts
            .into_iter()
            .map(|(word, count)| (format!("{{{label}=\"{word}\"}}"), count));
        Self {
            name,
            help,
            lines: lines.collect(),
        }
    }

    fn one(name: &'static str, help: &'static str, count: u64) -> Self {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let lines = vec![(String::new(), count)];
        Self { name, help, lines }
    }
}

async fn count(app: &App) -> Result<String, Failure> {
    let (subscribers, newsletters, mails) = (
        subscribers::counts(app).await?,
        newsletters::count_by_state(app).await?,
        transactional::count_waiting(app.db.pool()).await?,
    );
    let subscribers = subscribers.into_iter().map(|(status, people)| {
        let people = i64::try_from(people).unwrap_or(i64::MAX);
        (status.as_str(), people)
    });
    let newsletters = newsletters
        .into_iter()
        .map(|(state, n)| (state.as_str(), n));
    let mails = mails.into_iter().map(|(state, n)| (state.as_str(), n));
    let living = queue::living(&app.db, app.clock.now_ms()).await?;
    let gauges = [
        Gauge::by(
            (
                "gazette_subscribers",
                "Subscribers by status; only the confirmed are mailed.",
            ),
            "status",
            subscribers,
        ),
        Gauge::by(
            ("gazette_newsletters", "Newsletters by state."),
            "state",
            newsletters,
        ),
        Gauge::by(
            (
                "gazette_transactional_mail_waiting",
                "Confirmations, invitations and tests that wait to be sent.",
            ),
            "state",
            mails,
        ),
        Gauge::one(
            "gazette_sign_ups_waiting",
            "Sign-ups that have come in and were not looked at yet; more than a few for long: no scheduler runs.",
            subscribers::waiting_sign_ups(app).await?,
        ),
        Gauge::one(
            "gazette_sources_failing",
            "Sources whose last poll failed.",
            releases::count_failed_polls(app).await?,
        ),
        Gauge::one(
            "gazette_workers",
            "Delivery workers that are alive.",
            living.len() as u64,
        ),
    ];
    let mut text = String::new();
    for Gauge { name, help, lines } in gauges {
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge")?;
        for (label, count) in lines {
            writeln!(text, "{name}{label} {count}")?;
        }
    }
    Ok(text)
}
