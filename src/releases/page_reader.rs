//! Reads fetched pages and feeds off the web server's threads, few at a time, and pages only for so
//! long in one round of looks.
//!
//! A page is somebody else's input. The budgets of `reading` bound what one costs; what a site can
//! still do is give many. So each round has so much time for reading, and what comes after it waits for
//! a person.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use super::{
    fetch::{Body, Fetcher},
    reading::{self, Reading, charset, second_reader},
};

/// Readings that run at one time, whatever asks for them: so many may need their memory together.
static SEATS: Semaphore = Semaphore::const_new(2);

/// For how long the pages of one round may be read, together: the largest page that is read at all
/// takes a tenth of this.
const READING_TIME: Duration = Duration::from_secs(20);

/// Runs `read` where it holds up no request. `None`: it panicked, which is logged; a parser's mistake
/// must not stop the others.
pub(super) async fn off_the_web_threads<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let seat = SEATS.acquire().await.ok()?;
    let read = tokio::task::spawn_blocking(move || {
        // Whoever asked may have gone meanwhile; the seat is free when the reading has ended.
        let _seat = seat;
        read()
    });
    read.await
        .inspect_err(|error| tracing::error!(%error, "what was fetched could not be read"))
        .ok()
}

/// What a page says, and what another reader makes of it where the two do not agree.
#[derive(Debug)]
pub(super) struct PageReading {
    pub reading: Reading,
    pub doubt: Option<second_reader::SecondReading>,
}

/// Fetches and reads the pages of one round of looks.
#[derive(Debug)]
pub(super) struct PageReader<'a> {
    pub fetcher: &'a Fetcher,
    spent_ms: AtomicU64,
    may_spend: Duration,
}

impl<'a> PageReader<'a> {
    pub(super) fn new(fetcher: &'a Fetcher) -> Self {
        Self {
            fetcher,
            spent_ms: AtomicU64::new(0),
            may_spend: READING_TIME,
        }
    }

    /// Reads a page. `None`: the round's time for reading is over, or it could not be read.
    pub(super) async fn read(&self, body: Body) -> Option<PageReading> {
        let spent = Duration::from_millis(self.spent_ms.load(Ordering::Relaxed));
        if spent >= self.may_spend {
            tracing::warn!(url = %body.url, "this round has read pages for too long; the rest waits for a person");
            return None;
        }
        let (read, took) = off_the_web_threads(move || {
            let begun = Instant::now();
            (page(&body), begun.elapsed())
        })
        .await?;
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.spent_ms.fetch_add(took, Ordering::Relaxed);
        Some(read)
    }
}

fn page(body: &Body) -> PageReading {
    let reading = reading::bytes(&body.bytes, &body.content_type, Some(&body.url));
    // What is plain text is all text; another reader could only lose some of it.
    let is_page = !body.content_type.starts_with("text/plain");
    let doubt = (is_page && !reading.is_empty())
        .then(|| {
            let html = charset::decode(&body.bytes, body.charset());
            let title = reading.title.as_deref().unwrap_or_default();
            second_reader::second_reading(&html, title, &reading.document)
        })
        .flatten()
        .filter(second_reader::SecondReading::is_doubtful);
    PageReading { reading, doubt }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, delivery::testing, releases::fetch::Validators};

    fn body(text: &str) -> Body {
        Body {
            url: "https://o.example/a".parse().unwrap(),
            bytes: text.as_bytes().to_vec(),
            content_type: "text/html".to_owned(),
            validators: Validators::default(),
            headers: Box::default(),
        }
    }

    #[tokio::test]
    async fn a_round_that_has_read_for_too_long_reads_no_more() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let fetcher = Fetcher::new(&app).await.unwrap();
        let mut pages = PageReader::new(&fetcher);
        let page = "<article><h1>Bridge</h1><p>The bridge is open again.</p></article>";
        assert!(pages.read(body(page)).await.is_some());
        pages.may_spend = Duration::ZERO;
        assert!(pages.read(body(page)).await.is_none());
    }

    #[tokio::test]
    async fn a_reading_that_panics_stops_no_other_and_gives_its_seat_back() {
        for _ in 0..4 {
            let read = off_the_web_threads(|| assert!(std::hint::black_box(false)));
            assert!(read.await.is_none());
        }
        assert_eq!(off_the_web_threads(|| 7).await, Some(7));
    }
}
