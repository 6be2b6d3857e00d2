//! Looking at the sources: what is new, and whether something about it is odd (F3, F8, F10).

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::JoinSet};
use url::Url;

use super::{
    ReleaseState, SetAside, SourceKind,
    catch_up::{self, CaughtUp},
    fetch::{FetchError, Fetcher, Validators},
    full_text,
    hold_rules::{self, Assessment, LookFacts},
    items::Listing,
    known_items::KnownItems,
    page_reader::PageReader,
    poll_bookkeeping::{self, DueSource, PollResult, Turn, due},
    reader::{self, Reply},
    release_error::ReleaseError,
    release_state::{NewRelease, ReleaseText},
    websub,
};
use crate::{
    app::App,
    clock::{DAY, HOUR, SECOND},
    repeated_fault::RepeatedFault,
};

/// How many sources are asked at a time.
const AT_ONCE: usize = 32;

/// How often those are looked for whose time has come while others are still asked.
const DUE_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// With many sources one is always being asked; a round ends all the same, so that the next one
/// begins with the office's present name and address.
const ROUND_TIMEOUT: Duration = Duration::from_mins(10);

/// A look that comes after so many times the usual wait comes late.
const ON_TIME_POLLS: i64 = 3;

/// Twenty pages of a site that answers slowly, and asks for its pauses, are read in less.
const LONGEST_POLL: Duration = Duration::from_mins(20);

/// How long a look may go on in a process that was asked to stop.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// What is kept of the items that were set aside; from these a person sees what is wrong.
const SET_ASIDE: usize = 20;

/// At most this many of a flood are read whole; a person sees from these what happened.
const READ_WHOLE: usize = 20;

/// What a round of polls brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollSummary {
    /// Sources that were asked.
    pub polled: u64,
    /// Sources that could not be read.
    pub failed: u64,
    /// Releases not seen before.
    pub new: u64,
    /// Those of them that a person must look at.
    pub held: u64,
}

/// Asks every source whose time has come. Those whose time comes meanwhile are asked too: a site
/// that hangs holds up no other.
pub async fn poll_due(app: &App) -> Result<PollSummary, ReleaseError> {
    let mut summary = PollSummary::default();
    let mut waiting = due(app).await?;
    if waiting.is_empty() {
        return Ok(summary);
    }
    let fetcher = Arc::new(Fetcher::new(app).await?);
    let begin = Instant::now();
    // One transaction at a time: on SQLite the others would only wait for it, each with a
    // connection that is missing elsewhere then.
    let pen = Arc::new(Semaphore::new(1));
    let mut under_way = HashSet::new();
    // Each is a task of its own, which goes on while we wait for the database here: standing still
    // they would keep the very connections that we wait for.
    let mut rounds = JoinSet::new();
    loop {
        waiting.retain(|source| !under_way.contains(&source.id));
        let room = AT_ONCE.saturating_sub(under_way.len());
        for source in waiting.drain(..room.min(waiting.len())) {
            under_way.insert(source.id);
            let (app, fetcher, pen) = (app.clone(), fetcher.clone(), pen.clone());
            rounds.spawn(async move {
                let round = Box::pin(round(&app, &fetcher, &pen, &source)).await;
                (source, round)
            });
        }
        tokio::select! {
            round = rounds.join_next() => {
                let (source, round) = match round {
                    None => break,
                    Some(Ok(done)) => done,
                    Some(Err(error)) => {
                        // Its source is asked again later, as one whose look never ended.
                        tracing::error!(%error, "the look at a source ended badly");
                        summary.failed += 1;
                        continue;
                    }
                };
                under_way.remove(&source.id);
                match round {
                    Ok(Round::NeverEnded) => summary.failed += 1,
                    Ok(Round::Others | Round::GivenBack) => {}
                    Ok(Round::Looked(new, held)) => {
                        summary.polled += 1;
                        summary.new += new;
                        summary.held += held;
                        if new > 0 {
                            app.scheduler_wakeup.notify_one();
                        }
                    }
                    Err(error) => {
                        summary.polled += 1;
                        summary.failed += 1;
                        if let Err(error) = failed(app, &source, &error).await {
                            tracing::error!(source.id, %error, "cannot note that a source failed");
                        }
                    }
                }
            }
            () = tokio::time::sleep(DUE_POLL_INTERVAL) => {}
        }
        waiting = if begin.elapsed() < ROUND_TIMEOUT {
            due(app).await?
        } else {
            Vec::new()
        };
    }
    Ok(summary)
}

/// What became of the turn of one source.
enum Round {
    /// How many releases are new, and how many of them are held.
    Looked(u64, u64),
    /// The last look never ended; that counts as a failure, so that it is asked more rarely.
    NeverEnded,
    /// Another process looks at it.
    Others,
    /// This process stops.
    GivenBack,
}

async fn round(
    app: &App,
    fetcher: &Fetcher,
    pen: &Semaphore,
    source: &DueSource,
) -> Result<Round, ReleaseError> {
    match poll_bookkeeping::begin(app, source).await? {
        Turn::Others => return Ok(Round::Others),
        Turn::NeverEnded => {
            failed(app, source, &ReleaseError::PollNeverEnded).await?;
            return Ok(Round::NeverEnded);
        }
        Turn::Ours => {}
    }
    tokio::select! {
        looked = within(LONGEST_POLL, poll(app, fetcher, pen, source)) => {
            looked.map(|(new, held)| Round::Looked(new, held))
        }
        () = say_that_it_goes_on(app, source) => Ok(Round::GivenBack),
        () = stopped(app) => {
            poll_bookkeeping::give_back(app, source).await?;
            Ok(Round::GivenBack)
        }
    }
}

/// Never ends: tells other processes that this one still looks at a source.
async fn say_that_it_goes_on(app: &App, source: &DueSource) {
    let every = Duration::from_millis(poll_bookkeeping::SIGN_OF_LIFE_MS as u64);
    let mut fault = RepeatedFault::default();
    loop {
        tokio::time::sleep(every).await;
        match poll_bookkeeping::goes_on(app, source).await {
            Ok(()) => fault.ended(),
            Err(error) if fault.is_worth_a_line() => {
                tracing::warn!(source.id, %error, "cannot say that a source is being looked at");
            }
            Err(_) => {}
        }
    }
}

/// Ends when a process was asked to stop some time ago.
async fn stopped(app: &App) {
    app.shutdown.cancelled().await;
    tokio::time::sleep(FINISH_WITHIN).await;
}

/// Ends a look that takes too long, so that the round ends, too.
async fn within<T>(
    longest: Duration,
    look: impl Future<Output = Result<T, ReleaseError>>,
) -> Result<T, ReleaseError> {
    tokio::time::timeout(longest, look)
        .await
        .unwrap_or(Err(ReleaseError::PollTooLong(longest.as_secs() / 60)))
}

async fn poll(
    app: &App,
    fetcher: &Fetcher,
    pen: &Semaphore,
    source: &DueSource,
) -> Result<(u64, u64), ReleaseError> {
    let url = Url::parse(&source.url).map_err(|_| FetchError::Address(source.url.clone()))?;
    let now = app.clock.now_ms();
    let next = now + source.poll_seconds * SECOND;
    // F3: WordPress's validators can hide a release that was published late, so at least once an
    // hour the feed is asked for whole, and before the hour is over rather than after.
    let conditional = source
        .last_unconditional_at
        .is_some_and(|last| next - last < HOUR);
    let validators = if conditional {
        source.validators()
    } else {
        Validators::default()
    };
    let (listing, validators) = match reader::ask(fetcher, source.kind, &url, &validators).await? {
        Reply::NotModified => {
            poll_bookkeeping::unchanged(app, source, now, next).await?;
            return Ok((0, 0));
        }
        Reply::Listing(listing, validators) => (*listing, validators),
    };
    let listed_nothing = listing.items.is_empty();
    if let (true, Some(first)) = (listed_nothing, listing.set_aside.first()) {
        let (count, why) = (listing.set_aside.len(), first.why.clone());
        return Err(ReleaseError::NoItemReadable(url.to_string(), count, why));
    }
    if let Some(hub) = &listing.hub {
        let topic = listing.own.as_ref().unwrap_or(&url);
        websub::offered(app, source.id, hub, topic).await?;
    }
    let set_aside = kept(&listing.set_aside)?;
    let findings = if source.baseline_at.is_none() {
        // What WordPress lists goes back further than what one answer holds.
        let all = match source.kind {
            SourceKind::WordPress => reader::names(fetcher, &url).await?,
            _ => listing,
        };
        baseline(all)
    } else {
        new_items(app, fetcher, source, &url, listing).await?
    };
    let look = PollResult {
        set_aside,
        listed_nothing,
        validators,
        conditional,
        now,
        next,
    };
    let _turn = pen.acquire().await;
    store(app, source, &findings, &look).await
}

/// From these a person sees what is wrong, as JSON. `None`: nothing was set aside.
fn kept(set_aside: &[SetAside]) -> Result<Option<String>, serde_json::Error> {
    let some = set_aside.get(..SET_ASIDE).unwrap_or(set_aside);
    (!some.is_empty())
        .then(|| serde_json::to_string(some))
        .transpose()
}

/// F8: what is there before the source was added is never mailed.
fn baseline(listing: Listing) -> Vec<Assessment> {
    listing
        .items
        .into_iter()
        .map(|item| Assessment {
            item,
            held: None,
            state: ReleaseState::Baseline,
        })
        .collect()
}

async fn new_items(
    app: &App,
    fetcher: &Fetcher,
    source: &DueSource,
    url: &Url,
    listing: Listing,
) -> Result<Vec<Assessment>, ReleaseError> {
    let known = KnownItems::of(app, source.id).await?;
    // What was empty before is all new; also one that a fault had emptied for a while.
    let was_empty = known.is_empty() || source.listed_nothing;
    let last_look = source.last_look();
    let look = catch_up::Look {
        kind: source.kind,
        url,
        may_have_more: !was_empty,
        since: last_look,
        is_on_time: app.clock.now_ms() - last_look <= ON_TIME_POLLS * source.poll_seconds * SECOND,
    };
    let CaughtUp { mut new, has_gap } =
        catch_up::new_since(fetcher, &look, listing, &known).await?;
    // Feeds list the newest first; newsletters are numbered in the order of publication.
    new.reverse();
    let pages = PageReader::new(fetcher);
    for item in new.iter_mut().take(READ_WHOLE) {
        full_text::complete(&pages, item).await;
    }
    let now = app.clock.now();
    for item in &mut new {
        item.date_by_appearance(now);
    }
    for item in new.iter_mut().skip(READ_WHOLE) {
        item.document = None;
    }
    let look = LookFacts {
        source: source.id,
        was_empty,
        gap: has_gap.then(|| crate::clock::instant(last_look)),
        settle_seconds: source.settle_seconds,
        filter: &source.filter(),
    };
    hold_rules::assess(app, new, &look).await
}

/// All of a poll or nothing: if half were kept, the hold rules would not see the other half as many.
async fn store(
    app: &App,
    source: &DueSource,
    findings: &[Assessment],
    look: &PollResult,
) -> Result<(u64, u64), ReleaseError> {
    let (mut new, mut held, now) = (0, 0, look.now);
    let transaction = app.db.begin().await?;
    for (number, finding) in findings.iter().enumerate() {
        let unread = matches!(
            finding.state,
            ReleaseState::Baseline | ReleaseState::Filtered
        );
        let mut text = ReleaseText::of(&finding.item)?;
        if unread {
            text.forget_document();
        }
        let release = NewRelease {
            source_id: Some(source.id),
            identity: finding.item.identity.clone(),
            state: finding.state,
            held_because: finding.held.as_ref(),
            settles_at: settles_at(source, finding, number, now),
            text,
        };
        let Some(id) = release.insert(&transaction, now).await? else {
            continue;
        };
        if unread {
            continue;
        }
        new += 1;
        held += u64::from(finding.held.is_some());
        let (source_id, state) = (source.id, finding.state);
        transaction.once_committed(move || {
            tracing::info!(
                source.id = source_id,
                release.id = id,
                state = state.as_str(),
                "a new release"
            );
        });
    }
    poll_bookkeeping::done(&transaction, source, look).await?;
    transaction.commit().await?;
    Ok((new, held))
}

/// When the release is looked at once more; `number` is its place among what the poll found.
fn settles_at(source: &DueSource, finding: &Assessment, number: usize, now: i64) -> Option<i64> {
    let settled = now + source.settle_seconds * SECOND;
    match finding.state {
        ReleaseState::Settling => {
            let published = finding.item.published.map(jiff::Timestamp::as_millisecond);
            Some(settled.max(published.unwrap_or(0)))
        }
        // Of a flood, only what was read.
        ReleaseState::Filtered if source.settle_seconds > 0 && number < READ_WHOLE => Some(settled),
        _ => None,
    }
}

/// Waits twice as long after each failure, an hour at most; longer where the site asks for it.
async fn failed(app: &App, source: &DueSource, error: &ReleaseError) -> Result<(), ReleaseError> {
    let now = app.clock.now_ms();
    let doubled = source
        .poll_seconds
        .saturating_mul(1_i64 << source.failures.clamp(0, 20));
    let mut wait = doubled.clamp(source.poll_seconds, source.poll_seconds.max(3_600)) * SECOND;
    if let ReleaseError::Fetch(FetchError::Later(_, seconds)) = error {
        let asked = i64::try_from(*seconds).unwrap_or(i64::MAX);
        wait = wait.max(asked.saturating_mul(SECOND).min(DAY));
    }
    if RepeatedFault::after(source.failures.into()).is_worth_a_line() {
        let in_a_row = source.failures.saturating_add(1);
        tracing::warn!(source.id, in_a_row, %error, "a source cannot be read");
    }
    Ok(poll_bookkeeping::failed(app, source, error, now + wait).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_that_never_ends_is_ended_as_a_failure() {
        let moment = Duration::from_millis(1);
        let endless = within(moment, std::future::pending::<Result<(), _>>()).await;
        assert!(matches!(endless, Err(ReleaseError::PollTooLong(0))));
        let quick = within(LONGEST_POLL, async { Ok(7) }).await;
        assert_eq!(quick.unwrap(), 7);
    }
}
