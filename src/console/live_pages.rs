//! A newsletter's progress as it happens, by server-sent events. Each event is the markup that stands in the
//! page, so that the script only puts it in; it is sent when it changed. However many follow a newsletter, it is
//! counted once a second at most (`followed`). Without a script the page loads
//! itself anew.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::stream;
use gazette_templates::pages::staff::{self as pages, ProgressView};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    failure::Failure,
    frame::until,
    guard::Viewer,
    newsletter_view::{progress_view, trying_until},
    state::Console,
};
use crate::{
    accounts::{Account, StaffError, account::by_id},
    delivery, newsletters,
    office::Office,
};

/// How often a stream looks whether there is something new.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// A stream ends after this; the script opens the next, and a stopped server waits for none.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30);
/// Streams at once; whoever comes after asks every few seconds instead.
pub const STREAMS: usize = 64;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/newsletters/{id}/events", get(events))
}

/// What one stream remembers.
struct Live {
    console: Console,
    /// As they stood when it began.
    account: Account,
    id: i64,
    began: Instant,
    /// What was sent last.
    shown: String,
    ended: bool,
    /// Whether its numbers move.
    moves: bool,
    _turn: OwnedSemaphorePermit,
}

async fn events(
    State(console): State<Console>,
    Viewer(me): Viewer,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    newsletters::state_of(&console.app, id).await?;
    let Ok(turn) = Arc::clone(&console.streams).try_acquire_owned() else {
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    };
    let live = Live {
        console,
        account: me.account,
        id,
        began: Instant::now(),
        shown: String::new(),
        ended: false,
        moves: false,
        _turn: turn,
    };
    let stream = stream::unfold(live, |mut live: Live| async move {
        let markup = live.next().await?;
        let event = Event::default().data(&markup);
        live.shown = markup;
        Some((Ok::<Event, Infallible>(event), live))
    });
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::default())
        .into_response())
}

impl Live {
    /// The markup once it is not what was sent last; `None`: the stream ends.
    async fn next(&mut self) -> Option<String> {
        loop {
            let app = &self.console.app;
            if self.ended || self.began.elapsed() >= STREAM_TIMEOUT || app.shutdown.is_cancelled() {
                return None;
            }
            if !self.shown.is_empty() {
                tokio::time::sleep(LOOK_INTERVAL).await;
                if !self.is_let_in().await.ok()? {
                    return None;
                }
            }
            if !self.shown.is_empty() && self.moves {
                // Behind the first look, which a page waits for.
                let followed = &self.console.followed;
                followed.count_by_provider(app, self.id).await.ok()?;
            }
            let view = followed_view(&self.console, self.id).await.ok()?;
            self.ended = view.mark.is_none();
            self.moves = view.live;
            let markup = pages::progress(self.id, &view).into_string();
            if markup != self.shown {
                return Some(markup);
            }
        }
    }

    /// Whether they were neither disabled nor signed out everywhere since.
    async fn is_let_in(&self) -> Result<bool, StaffError> {
        let account = by_id(&self.console.app, self.account.id).await?;
        Ok(account.is_some_and(|account| {
            account.disabled_at.is_none() && account.signed_out_at == self.account.signed_out_at
        }))
    }
}

/// How far a newsletter is, as its page shows it.
pub async fn followed_view(console: &Console, id: i64) -> Result<ProgressView, Failure> {
    let app = &console.app;
    let progress = console.followed.look(app, id).await?;
    let mut view = progress_view(progress.state, progress.counts, progress.not_sent);
    view.mark = progress.mark;
    let zone = Office::load(&app.db).await?.time_zone;
    view.trying_until = trying_until(
        progress.counts,
        progress.deadline_at,
        app.clock.now(),
        &zone,
    );
    view.rate = progress.rate;
    view.relays = progress
        .relays
        .into_iter()
        .map(|taken| (taken.relay, taken.accepted.unsigned_abs()))
        .collect();
    view.domains = progress
        .taken
        .into_iter()
        .map(|taken| (taken.domain, taken.accepted.unsigned_abs()))
        .collect();
    if view.live
        && let Some(at) = delivery::limits_used_up_until(app).await?
    {
        view.waits_until = Some(until(at, app.clock.now(), &zone));
    }
    if !progress.retried.is_empty() {
        let now = app.clock.now();
        let waiting = progress.retried.into_iter();
        view.retried = waiting
            .map(|waiting| {
                let next = until(waiting.next_at.max(now), now, &zone);
                (waiting.domain, waiting.people, next)
            })
            .collect();
    }
    Ok(view)
}

/// The turns that all streams share.
pub fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STREAMS))
}
