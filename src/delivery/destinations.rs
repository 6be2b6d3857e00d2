//! Mailbox providers that asked us to slow down, by the domain of the reader's address.
//!
//! Nearly always there are none, and then nothing here costs anything. A provider that answers 4xx
//! several times in a row is left alone for a while, longer each time; Gmail's `4.7.28` means ten
//! minutes at the least (P13). Afterwards it is tried with one message at a time, then two, then
//! three, until it takes them like everyone else. It is kept in the database, for the other workers
//! and for the time after a restart.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::DbErr;

use super::smtp::Reply;
use crate::{
    app::App,
    clock::{Clock, HOUR, MINUTE},
    values,
};

/// Refusals in a row after which a provider is left alone.
const PATIENCE: u32 = 5;

/// How long, the first time and at most.
const SHORTEST: i64 = MINUTE;
const LONGEST: i64 = HOUR;

/// After `4.7.28` (P13: stop for ten minutes or more).
const RATE_LIMITED: i64 = 10 * MINUTE;

/// Messages at a time at which a provider counts as recovered.
const RECOVERED: usize = 10;

/// All slow providers of this worker.
#[derive(Debug, Default)]
pub struct Destinations {
    any: AtomicBool,
    slow: Mutex<HashMap<String, Slow>>,
}

#[derive(Debug)]
struct Slow {
    refusals: u32,
    /// None go before.
    wait_until: i64,
    /// So many at a time from then on; none while refusals are only being counted.
    at_a_time: Option<usize>,
    /// Messages on their way.
    under_way: Arc<()>,
    words: String,
    /// The database has not heard of it yet.
    unsaved: bool,
}

/// Whether a message to a provider may go now.
#[derive(Debug)]
pub enum Leave {
    /// It may; the pass is kept until the provider has answered.
    Go(Option<Pass>),
    /// Not before this time.
    Wait(i64),
    /// Others to the same provider must be answered first.
    Queue,
}

/// Counts as one message on its way for as long as it lives.
#[derive(Debug)]
pub struct Pass(#[expect(dead_code, reason = "its count is what matters")] Arc<()>);

impl Destinations {
    /// Whether a message to `email` may go now.
    pub fn leave(&self, email: &str, clock: &Clock) -> Leave {
        if !self.any.load(Ordering::Relaxed) {
            return Leave::Go(None);
        }
        let now = clock.now_ms();
        let mut slow = self.slow();
        let Some(provider) = slow.get_mut(domain(email)) else {
            return Leave::Go(None);
        };
        // A clock that was set back must not stop the mail for longer than the longest wait.
        if provider.wait_until > now + LONGEST {
            provider.wait_until = now + LONGEST;
        }
        match provider.at_a_time {
            _ if provider.wait_until > now => Leave::Wait(provider.wait_until),
            // The first count is our own.
            Some(most) if Arc::strong_count(&provider.under_way) > most => Leave::Queue,
            _ => Leave::Go(Some(Pass(provider.under_way.clone()))),
        }
    }

    /// The provider took a message.
    pub fn took(&self, email: &str) {
        if !self.any.load(Ordering::Relaxed) {
            return;
        }
        let mut slow = self.slow();
        let Some(provider) = slow.get_mut(domain(email)) else {
            return;
        };
        provider.refusals = 0;
        provider.at_a_time = provider.at_a_time.map(|most| most + 1);
        if provider.at_a_time.is_none_or(|most| most > RECOVERED) {
            slow.remove(domain(email));
            self.any.store(!slow.is_empty(), Ordering::Relaxed);
        }
    }

    /// The provider answered 4xx to a message.
    pub fn deferred(&self, email: &str, reply: &Reply, now: i64) {
        let mut slow = self.slow();
        let provider = slow
            .entry(domain(email).to_owned())
            .or_insert_with(|| Slow::new(0));
        provider.refusals += 1;
        let wait = if is_rate_limit(reply) {
            RATE_LIMITED
        } else if provider.refusals >= PATIENCE {
            let doublings = (provider.refusals / PATIENCE - 1).min(10);
            (SHORTEST << doublings).min(LONGEST)
        } else {
            0
        };
        if wait > 0 && provider.wait_until < now + wait {
            provider.wait_until = now + wait;
            provider.at_a_time = Some(1);
            provider.words = reply.to_string();
            provider.unsaved = true;
            tracing::warn!(
                domain = domain(email),
                wait_s = wait / 1000,
                %reply,
                "a provider asks for patience"
            );
        }
        self.any.store(true, Ordering::Relaxed);
    }

    /// Tells the other workers, and hears from them.
    pub async fn exchange(&self, app: &App) -> Result<(), DbErr> {
        let now = app.clock.now_ms();
        for (domain, wait_until, refusals, words) in self.unsaved() {
            app.db
                .queue()
                .execute(
                    "INSERT INTO destination (domain, wait_until, refusals, words) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (domain) DO UPDATE SET
                        wait_until = excluded.wait_until, refusals = excluded.refusals, words = excluded.words",
                    values![domain, wait_until, i64::from(refusals), words],
                )
                .await?;
        }
        let known = app
            .db
            .queue()
            .rows(
                // A handful of rows, ever.
                "SELECT domain, wait_until, refusals, words FROM destination WHERE wait_until > $1",
                values![now],
                |row| {
                    Ok((
                        row.text_or_none(0)?.unwrap_or_default(),
                        row.integer(1)?,
                        row.integer(2)?,
                        row.text_or_none(3)?.unwrap_or_default(),
                    ))
                },
            )
            .await?;
        if known.is_empty() {
            return Ok(());
        }
        let mut slow = self.slow();
        for (domain, wait_until, refusals, words) in known {
            let provider = slow.entry(domain).or_insert_with(|| Slow::new(wait_until));
            if provider.wait_until < wait_until {
                provider.wait_until = wait_until;
                provider.refusals = u32::try_from(refusals).unwrap_or_default();
                provider.at_a_time = Some(1);
                provider.words = words;
            } else if provider.at_a_time.is_none() {
                provider.at_a_time = Some(1);
            }
        }
        self.any.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn unsaved(&self) -> Vec<(String, i64, u32, String)> {
        self.slow()
            .iter_mut()
            .filter_map(|(domain, provider)| {
                std::mem::take(&mut provider.unsaved).then(|| {
                    (
                        domain.clone(),
                        provider.wait_until,
                        provider.refusals,
                        provider.words.clone(),
                    )
                })
            })
            .collect()
    }

    fn slow(&self) -> MutexGuard<'_, HashMap<String, Slow>> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slow {
    fn new(wait_until: i64) -> Self {
        Self {
            refusals: 0,
            wait_until,
            at_a_time: None,
            under_way: Arc::new(()),
            words: String::new(),
            unsaved: false,
        }
    }
}

/// Gmail's 4.7.28 and what others say for it (rules.md's table: "rate / reputation temp").
fn is_rate_limit(reply: &Reply) -> bool {
    let words = reply.words.to_ascii_lowercase();
    reply.enhanced == Some((4, 7, 28))
        || [
            "rate that",
            "rate limit",
            "too many messages",
            "[ts0",
            "rp-001",
        ]
        .iter()
        .any(|sign| words.contains(sign))
}

fn domain(email: &str) -> &str {
    email.rsplit_once('@').map_or(email, |(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, enhanced: Option<(u8, u16, u16)>, words: &str) -> Reply {
        Reply {
            code,
            enhanced,
            words: words.to_owned(),
            to_mail: false,
        }
    }

    fn at(ms: i64) -> Clock {
        Clock::standing_at(crate::clock::instant(ms))
    }

    #[test]
    fn p13_a_rate_limit_stops_the_provider_for_ten_minutes_and_it_comes_back_one_by_one() {
        let all = Destinations::default();
        assert!(matches!(all.leave("a@gmail.com", &at(0)), Leave::Go(None)));
        all.deferred(
            "a@gmail.com",
            &reply(421, Some((4, 7, 28)), "4.7.28 slow"),
            0,
        );
        assert!(
            matches!(all.leave("b@gmail.com", &at(1)), Leave::Wait(until) if until == RATE_LIMITED)
        );
        assert!(matches!(
            all.leave("b@example.org", &at(1)),
            Leave::Go(None)
        ));
        let later = RATE_LIMITED;
        let Leave::Go(Some(pass)) = all.leave("b@gmail.com", &at(later)) else {
            panic!("the first may go")
        };
        assert!(matches!(all.leave("c@gmail.com", &at(later)), Leave::Queue));
        drop(pass);
        all.took("b@gmail.com");
        let passes = (
            all.leave("c@gmail.com", &at(later)),
            all.leave("d@gmail.com", &at(later)),
        );
        assert!(matches!(passes, (Leave::Go(Some(_)), Leave::Go(Some(_)))));
        assert!(matches!(all.leave("e@gmail.com", &at(later)), Leave::Queue));
        drop(passes);
        for _ in 0..RECOVERED {
            all.took("c@gmail.com");
        }
        assert!(matches!(
            all.leave("e@gmail.com", &at(later)),
            Leave::Go(None)
        ));
    }

    #[test]
    fn s11_a_greylisted_reader_slows_nobody_and_a_provider_that_defers_all_is_left_alone() {
        let all = Destinations::default();
        for _ in 1..PATIENCE {
            all.deferred(
                "a@example.org",
                &reply(450, Some((4, 7, 1)), "greylisted"),
                0,
            );
            assert!(matches!(all.leave("b@example.org", &at(0)), Leave::Go(_)));
        }
        all.deferred(
            "a@example.org",
            &reply(450, Some((4, 7, 1)), "greylisted"),
            0,
        );
        assert!(
            matches!(all.leave("b@example.org", &at(0)), Leave::Wait(until) if until == SHORTEST)
        );
        // Set back by a year, the clock costs an hour at most.
        assert!(
            matches!(all.leave("b@example.org", &at(-365 * 24 * HOUR)), Leave::Wait(until) if until <= LONGEST - 365 * 24 * HOUR)
        );
    }
}
