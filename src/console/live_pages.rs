//! A newsletter's progress as it happens, by server-sent events. Each event is the markup that stands in the
//! page, so that the script only puts it in. Without a script the page loads itself anew.

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

use super::{failure::Failure, guard::Viewer, newsletter_view::progress_view, state::Console};
use crate::{app::App, newsletters};

/// How often the counts are looked at.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);
/// A stream ends after this; the script opens the next, and a stopped server waits for none.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30);
/// The rate is that of this time.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// Streams at once; whoever comes after asks every few seconds instead.
pub const STREAMS: usize = 64;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/newsletters/{id}/events", get(events))
}

/// What one stream remembers.
struct Live {
    app: App,
    id: i64,
    began: Instant,
    /// Accepted at some instants of the last seconds, the oldest first.
    seen: Vec<(Instant, u64)>,
    ended: bool,
    _turn: OwnedSemaphorePermit,
}

async fn events(
    State(console): State<Console>,
    _: Viewer,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    newsletters::find(&console.app, id).await?;
    let Ok(turn) = Arc::clone(&console.streams).try_acquire_owned() else {
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    };
    let live = Live {
        app: console.app,
        id,
        began: Instant::now(),
        seen: Vec::new(),
        ended: false,
        _turn: turn,
    };
    let stream = stream::unfold(live, |mut live: Live| async move {
        if live.ended || live.began.elapsed() >= STREAM_TIMEOUT || live.app.shutdown.is_cancelled()
        {
            return None;
        }
        if !live.seen.is_empty() {
            tokio::time::sleep(COUNT_INTERVAL).await;
        }
        let view = live.look().await?;
        live.ended = !view.live;
        let markup = pages::progress(live.id, &view).into_string();
        let event = Event::default().data(markup);
        Some((Ok::<Event, Infallible>(event), live))
    });
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::default())
        .into_response())
}

impl Live {
    /// The counts now; `None`: the database failed, and the stream ends.
    async fn look(&mut self) -> Option<ProgressView> {
        let newsletter = newsletters::find(&self.app, self.id).await.ok()?;
        let counts = newsletters::counts(&self.app, self.id).await.ok()?;
        let mut view = progress_view(newsletter.state, counts);
        let now = Instant::now();
        self.seen.push((now, counts.accepted));
        self.seen
            .retain(|(at, _)| now.duration_since(*at) <= RATE_WINDOW + COUNT_INTERVAL);
        let (at, before) = self.seen.first().copied()?;
        view.rate = rate(counts.accepted.saturating_sub(before), now - at);
        Some(view)
    }
}

/// Messages in a second; `None`: nothing to tell from yet.
fn rate(messages: u64, time: Duration) -> Option<f64> {
    let seconds = time.as_secs_f64();
    (seconds >= 0.9).then(|| messages as f64 / seconds)
}

/// The turns that all streams share.
pub fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STREAMS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_only_from_enough_time() {
        assert_eq!(rate(100, Duration::from_millis(100)), None);
        assert_eq!(rate(100, Duration::from_secs(10)), Some(10.0));
    }
}
