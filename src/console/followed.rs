//! How far newsletters are, for everybody who follows them: each is counted once a second at most, however
//! many have its page open, and hardly at all while nothing is recorded.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use crate::{
    app::App,
    clock::Timestamp,
    delivery::{self, RetriedAtDomain, TakenAtDomain, TakenByRelay},
    newsletters::{self, Counts, Newsletter, NewsletterError, NewsletterState},
};

/// Within this time one count does for everybody who follows the newsletter.
const COUNT_LIFETIME: Duration = Duration::from_millis(900);
/// Where no outcome was recorded in this process the count does for longer: another one may send.
const QUIET_LIFETIME: Duration = Duration::from_secs(5);
/// What reads more than the counts do is read less often.
const PARTS_LIFETIME: Duration = Duration::from_secs(15);
/// The rate is that of this time.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// Newsletters that are followed at once, before those that nobody follows any more are let go.
const MOST_FOLLOWED: usize = 16;
/// Whoever follows one looks more often than this.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(1);

/// The newsletters that are followed: each is counted once for everybody who has its page open.
#[derive(Debug, Default)]
pub struct Followed(Mutex<BTreeMap<i64, Slot>>);

/// Held by who counts; the others wait for it.
type Slot = Arc<Kept>;

/// What is known of one newsletter.
#[derive(Debug, Default)]
struct Kept {
    look: tokio::sync::Mutex<Option<Look>>,
    /// Held by who counts by provider; nobody waits for it.
    counting: tokio::sync::Mutex<Option<Counted>>,
    /// For which providers how many were accepted, by the last such count.
    taken: Mutex<Vec<TakenAtDomain>>,
}

/// When it was counted by provider last, and how long that took.
#[derive(Debug, Clone, Copy)]
struct Counted {
    at: Instant,
    took: Duration,
}

impl Counted {
    /// A count of a million takes seconds: no more than one part in this of the time is spent on them.
    const SHARE: u32 = 20;

    fn is_due(self) -> bool {
        self.at.elapsed() >= PARTS_LIFETIME.max(self.took * Self::SHARE)
    }
}

/// What was counted last.
#[derive(Debug)]
struct Look {
    at: Instant,
    /// [`crate::app::Parts::deliveries_recorded`] before the count.
    recorded: u64,
    state: NewsletterState,
    mark: Option<String>,
    counts: Counts,
    not_sent: u64,
    deadline_at: Option<Timestamp>,
    /// Accepted at some instants of the last seconds, the oldest first.
    seen: Vec<(Instant, u64)>,
    parts: Breakdown,
}

/// What reads more than the counts do.
#[derive(Debug, Clone, Default)]
struct Breakdown {
    at: Option<Instant>,
    relays: Vec<TakenByRelay>,
    retried: Vec<RetriedAtDomain>,
}

impl Look {
    /// Whether it still holds, for who has seen as much recorded.
    fn is_current(&self, recorded: u64) -> bool {
        let waits = self.counts.queued + self.counts.claimed > 0;
        let lifetime = if recorded == self.recorded && waits {
            QUIET_LIFETIME
        } else {
            COUNT_LIFETIME
        };
        self.at.elapsed() < lifetime
    }

    fn progress(&self, taken: &[TakenAtDomain]) -> SendingProgress {
        let first = self.seen.first();
        let rate = first.and_then(|(at, before)| {
            rate(self.counts.accepted.saturating_sub(*before), at.elapsed())
        });
        SendingProgress {
            state: self.state,
            mark: self.mark.clone(),
            counts: self.counts,
            not_sent: self.not_sent,
            deadline_at: self.deadline_at,
            rate,
            relays: self.parts.relays.clone(),
            // They are read more rarely than the counts: of what waits nowhere any more nothing is said.
            retried: if self.counts.deferred > 0 {
                self.parts.retried.clone()
            } else {
                Vec::new()
            },
            taken: taken.to_vec(),
        }
    }
}

/// How far a newsletter is.
#[derive(Debug, Clone)]
pub struct SendingProgress {
    /// Its state.
    pub state: NewsletterState,
    /// See [`mark`].
    pub mark: Option<String>,
    /// Its deliveries.
    pub counts: Counts,
    /// How many of those that were withdrawn a correction took over.
    pub not_sent: u64,
    /// After this nothing is tried again.
    pub deadline_at: Option<Timestamp>,
    /// Accepted in a second, over the last seconds; `None`: not known yet.
    pub rate: Option<f64>,
    /// Where mail goes through several relays, what each took.
    pub relays: Vec<TakenByRelay>,
    /// Where messages wait to be tried again.
    pub retried: Vec<RetriedAtDomain>,
    /// For which mailbox providers most were accepted; empty: not counted yet.
    pub taken: Vec<TakenAtDomain>,
}

impl Followed {
    /// How far a newsletter is.
    ///
    /// # Errors
    /// There is none, or the database failed.
    pub async fn look(&self, app: &App, id: i64) -> Result<SendingProgress, NewsletterError> {
        let slot = self.slot(id);
        let mut kept = slot.look.lock().await;
        let recorded = app.deliveries_recorded.load(Ordering::Relaxed);
        let known = kept.take();
        let look = match known {
            Some(look) if look.is_current(recorded) => look,
            known => count(app, id, recorded, known).await?,
        };
        let taken = slot.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = look.progress(&taken);
        *kept = Some(look);
        Ok(progress)
    }

    /// Lets go of what was counted last: it is of another state than the newsletter's.
    pub async fn forget(&self, id: i64) {
        *self.slot(id).look.lock().await = None;
    }

    /// Counts by mailbox provider where that is due, for those who look next. Of several who ask at once one
    /// counts, and the others go on with what is known: a page waits for none of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_by_provider(&self, app: &App, id: i64) -> Result<(), NewsletterError> {
        let slot = self.slot(id);
        let Ok(mut counted) = slot.counting.try_lock() else {
            return Ok(());
        };
        if counted.is_some_and(|counted| !counted.is_due()) {
            return Ok(());
        }
        let began = Instant::now();
        let taken = delivery::taken_at_domains(app, id).await?;
        *counted = Some(Counted {
            at: Instant::now(),
            took: began.elapsed(),
        });
        *slot.taken.lock().unwrap_or_else(PoisonError::into_inner) = taken;
        Ok(())
    }

    fn slot(&self, id: i64) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST_FOLLOWED && !slots.contains_key(&id) {
            slots.retain(|_, slot| {
                // Whoever holds one is counting.
                slot.look.try_lock().map_or(true, |kept| {
                    kept.as_ref()
                        .is_some_and(|look| look.at.elapsed() < FORGOTTEN_AFTER)
                })
            });
        }
        slots.entry(id).or_default().clone()
    }
}

async fn count(
    app: &App,
    id: i64,
    recorded: u64,
    known: Option<Look>,
) -> Result<Look, NewsletterError> {
    let newsletter = newsletters::find(app, id).await?;
    let state = newsletter.state;
    let counts = match state {
        NewsletterState::Sending | NewsletterState::Paused => {
            newsletters::live_counts(&app.db, id, 0).await?
        }
        _ => newsletters::counts(app, id).await?,
    };
    let not_sent = not_sent(app, &newsletter, counts).await?;
    let now = Instant::now();
    let (mut seen, mut parts) = known.map_or_else(Default::default, |look| (look.seen, look.parts));
    seen.retain(|(at, _)| now.duration_since(*at) <= RATE_WINDOW + QUIET_LIFETIME);
    seen.push((now, counts.accepted));
    if parts.at.is_none_or(|at| at.elapsed() >= PARTS_LIFETIME) {
        parts = Breakdown {
            at: Some(now),
            relays: if app.settings.smtp_url.len() > 1 {
                delivery::taken_by_relays(app, id).await?
            } else {
                Vec::new()
            },
            retried: if counts.deferred > 0 {
                delivery::retried_at_domains(app, id).await?
            } else {
                Vec::new()
            },
        };
    }
    Ok(Look {
        at: now,
        recorded,
        state,
        mark: mark(&newsletter),
        counts,
        not_sent,
        deadline_at: newsletter.deadline_at,
        seen,
        parts,
    })
}

/// What a page of the newsletter was made for, while something may come of it by itself or by somebody else: one
/// of another state, of another time or of another text is another page. `None`: it is over.
pub fn mark(newsletter: &Newsletter) -> Option<String> {
    use NewsletterState::{Approved, Draft, Paused, Sending};
    if !matches!(newsletter.state, Draft | Approved | Sending | Paused) {
        return None;
    }
    let at = |at: Option<Timestamp>| at.map_or(0, Timestamp::as_millisecond);
    Some(format!(
        "{}.{}.{}.{}.{}.{}",
        newsletter.state.as_str(),
        newsletter.revision,
        at(newsletter.scheduled_at),
        at(newsletter.undo_until),
        at(newsletter.settles_at),
        at(newsletter.resumes_at)
    ))
}

/// How many of those that were withdrawn did not leave ([`newsletters::never_sent`]).
///
/// # Errors
/// The database failed.
pub async fn not_sent(
    app: &App,
    newsletter: &Newsletter,
    counts: Counts,
) -> Result<u64, NewsletterError> {
    let is_stopped =
        newsletter.state == NewsletterState::Cancelled || newsletter.superseded_by.is_some();
    if !is_stopped || counts.withdrawn == 0 {
        return Ok(0);
    }
    let not_sent = newsletters::never_sent(app.db.pool(), newsletter.id).await?;
    Ok(not_sent.min(counts.withdrawn))
}

/// Messages in a second; `None`: nothing to tell from yet.
fn rate(messages: u64, time: Duration) -> Option<f64> {
    let seconds = time.as_secs_f64();
    (seconds >= 0.9).then(|| messages as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(age: Duration, recorded: u64, queued: u64) -> Look {
        Look {
            at: Instant::now().checked_sub(age).unwrap(),
            recorded,
            state: NewsletterState::Sending,
            mark: None,
            not_sent: 0,
            deadline_at: None,
            counts: Counts {
                queued,
                ..Counts::default()
            },
            seen: Vec::new(),
            parts: Breakdown::default(),
        }
    }

    #[test]
    fn a_count_holds_for_a_second_and_for_longer_while_nothing_is_recorded() {
        let (young, old, very_old) = (
            Duration::from_millis(100),
            Duration::from_millis(1_500),
            Duration::from_secs(6),
        );
        // However much was recorded, a hundred pages cost one count a second.
        assert!(look(young, 1, 10).is_current(99));
        assert!(!look(old, 1, 10).is_current(2));
        assert!(look(old, 1, 10).is_current(1));
        // Another process may send.
        assert!(!look(very_old, 1, 10).is_current(1));
        // Nothing waits any more: its end may come at any moment.
        assert!(!look(old, 1, 0).is_current(1));
    }

    #[test]
    fn a_long_count_by_provider_is_made_more_rarely() {
        let counted = |ago: u64, took: u64| Counted {
            at: Instant::now()
                .checked_sub(Duration::from_secs(ago))
                .unwrap(),
            took: Duration::from_secs(took),
        };
        assert!(!counted(14, 0).is_due() && counted(16, 0).is_due());
        assert!(!counted(59, 3).is_due() && counted(61, 3).is_due());
    }

    #[test]
    fn a_rate_is_told_only_from_enough_time() {
        assert_eq!(rate(100, Duration::from_millis(100)), None);
        assert_eq!(rate(100, Duration::from_secs(10)), Some(10.0));
    }
}
