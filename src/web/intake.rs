//! How much of requests' bodies is in memory at once, over all routes.
//!
//! Small bodies always come in: leaving and signing up must work while somebody floods us. What goes
//! beyond that is taken from one budget, and who finds it used up is told to come back.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What any request may hold: every public form fits.
pub const SMALL: usize = 16 * 1024;

/// Bytes of larger bodies, all together.
const BUDGET: usize = 32 * 1024 * 1024;

/// The budget of one server.
#[derive(Debug, Clone)]
pub struct Intake(Arc<Semaphore>);

impl Default for Intake {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET)))
    }
}

/// What one request holds of the budget, until it is answered.
#[derive(Debug, Default)]
struct Held {
    permits: Option<OwnedSemaphorePermit>,
    refused: bool,
}

/// Counts the bodies of requests as they come in.
pub async fn count(State(intake): State<Intake>, request: Request, next: Next) -> Response {
    let held = Arc::new(Mutex::new(Held::default()));
    let request = request.map(|body| {
        Body::new(Counted {
            body,
            free: SMALL,
            intake,
            held: held.clone(),
        })
    });
    let response = next.run(request).await;
    let refused = held.lock().unwrap_or_else(PoisonError::into_inner).refused;
    if refused {
        let again = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
        return (StatusCode::SERVICE_UNAVAILABLE, again).into_response();
    }
    response
}

/// A body that takes what it hands on from the budget.
struct Counted {
    body: Body,
    /// Bytes that are still free of charge.
    free: usize,
    intake: Intake,
    held: Arc<Mutex<Held>>,
}

impl Counted {
    /// Whether `bytes` more may be held.
    fn take(&mut self, bytes: usize) -> bool {
        let charged = bytes.saturating_sub(self.free);
        self.free = self.free.saturating_sub(bytes);
        let Ok(charged) = u32::try_from(charged) else {
            return false;
        };
        if charged == 0 {
            return true;
        }
        let taken = self.intake.0.clone().try_acquire_many_owned(charged);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match (taken, &mut held.permits) {
            (Ok(more), Some(permits)) => permits.merge(more),
            (Ok(first), none) => *none = Some(first),
            (Err(_), _) => {
                held.refused = true;
                return false;
            }
        }
        true
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
            && !this.take(bytes.len())
        {
            let full = std::io::Error::other("too many request bytes are in flight");
            return Poll::Ready(Some(Err(axum::Error::new(full))));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_bodies_come_in_while_large_ones_wait_for_room() {
        let intake = Intake::default();
        let body = || Counted {
            body: Body::empty(),
            free: SMALL,
            intake: intake.clone(),
            held: Arc::default(),
        };
        let mut large = body();
        assert!(large.take(SMALL + BUDGET - 10));
        let mut second = body();
        assert!(second.take(SMALL), "what is small is free");
        assert!(!second.take(11), "beyond the budget");
        assert!(second.held.lock().unwrap().refused);
        assert!(body().take(SMALL + 10));
        drop(large);
        assert!(body().take(SMALL + BUDGET), "all of it is back");
    }
}
