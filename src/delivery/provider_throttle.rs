//! Mailbox providers that asked us to slow down.
//!
//! Nearly always there are none, and then nothing here costs anything. A provider that answers 4xx
//! several times in a row is left alone for a while, longer each time; Gmail's `4.7.28` means ten
//! minutes at the least (P13). Afterwards it is tried with one message at a time, then two, then
//! three, until it takes them like everyone else. It is kept in the database, for the other workers
//! and for the time after a restart: so many at a time are all workers' together, and what does not
//! divide goes round among them.
//!
//! A provider is known by the domain of its MX hosts ([`super::providers`]), for it counts together
//! what goes to all domains that it hosts. Refusals in a row are counted by the reader's domain, so
//! that one greylisted reader costs no look-up.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::DbErr;
use tokio::time::Instant;

use super::{
    providers::Providers,
    smtp::{Reply, Scope},
};
use crate::{
    app::App,
    clock::{Clock, MINUTE},
    values,
};

mod slow_provider;

pub use slow_provider::{InFlight, SendDecision};

use slow_provider::{LONGEST_WAIT_MS, SlowProvider, Workers};

/// Refusals in a row after which a provider is left alone.
const REFUSALS_IN_A_ROW: u32 = 5;

/// How long, the first time.
const SHORTEST_WAIT_MS: i64 = MINUTE;

/// After `4.7.28` (P13: stop for ten minutes or more).
const RATE_LIMITED_WAIT_MS: i64 = 10 * MINUTE;

/// Messages at a time at which a provider counts as recovered.
const RECOVERED: usize = 10;

/// All slow providers of this worker.
#[derive(Debug, Default)]
pub struct ProviderThrottle {
    /// Whose domain is whose.
    pub providers: Providers,
    /// A provider is slow, or refusals are being counted.
    any: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Refusals in a row of domains that are not slow.
    refusals: BTreeMap<String, u32>,
    /// By provider, or by domain until its provider is known.
    slow: BTreeMap<String, SlowProvider>,
    /// Domains among them whose provider is being looked up.
    nameless: Vec<String>,
    /// Providers that recovered here, and the others have not heard of it yet.
    recovered: Vec<String>,
    workers: Workers,
}

impl ProviderThrottle {
    /// Whether a message to `email` may go now.
    pub fn decide(&self, email: &str, clock: &Clock) -> SendDecision {
        if !self.any.load(Ordering::Relaxed) {
            return SendDecision::Send(None);
        }
        let mut state = self.state();
        if state.slow.is_empty() {
            return SendDecision::Send(None);
        }
        state.name(&self.providers);
        let Some(key) = state.key(domain(email), &self.providers) else {
            return SendDecision::Queue;
        };
        let nameless = !state.nameless.is_empty();
        let workers = state.workers;
        match state.slow.get_mut(&*key) {
            Some(provider) => provider.decide(workers, clock.now_ms()),
            // The provider that refused may be this one.
            None if nameless => SendDecision::Queue,
            None => SendDecision::Send(None),
        }
    }

    /// The provider took a message.
    pub fn took(&self, email: &str, clock: &Clock) {
        if !self.any.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.state();
        let domain = domain(email);
        state.refusals.remove(domain);
        if let Some(key) = state.slow_key(domain, &self.providers)
            && let Some(provider) = state.slow.get_mut(&*key)
            // What was on its way when the provider asked for patience says nothing.
            && provider.wait_until <= clock.now_ms()
        {
            provider.refusals = 0;
            provider.more += 1;
            if provider.at_a_time + provider.more > RECOVERED {
                state.slow.remove(&*key);
                state.recovered.push(key.to_string());
            }
        }
        self.flag(&state);
    }

    /// A message was deferred. It counts where it is about the reader, or the provider's own words.
    pub fn deferred(&self, email: &str, reply: &Reply, scope: Scope, now: i64) {
        if scope != Scope::Recipient && !is_providers_limit(reply) {
            return;
        }
        let mut state = self.state();
        state.name(&self.providers);
        let domain = domain(email);
        let key = state.slow_key(domain, &self.providers);
        let before = match &key {
            Some(key) => state.slow.get(&**key).map(|provider| provider.refusals),
            None => state.refusals.get(domain).copied(),
        };
        let refusals = before.unwrap_or_default() + 1;
        let wait = wait_after(reply, refusals);
        if key.is_none() && wait == 0 {
            state.refusals.insert(domain.to_owned(), refusals);
        } else {
            let key = key.unwrap_or_else(|| state.begin(domain, &self.providers));
            let provider = state.slow.entry((*key).to_owned()).or_default();
            provider.refusals = refusals;
            if wait > 0 && provider.wait_until < now + wait {
                provider.wait_until = now + wait;
                provider.begin_anew();
                provider.words = reply.to_string();
                provider.unsaved = true;
                tracing::warn!(
                    domain,
                    provider = &*key,
                    wait_s = wait / 1000,
                    %reply,
                    "a provider asks for patience"
                );
            }
        }
        self.flag(&state);
    }

    /// How many workers there are, and which of them this is, from 0.
    pub fn share_among(&self, number: usize, place: usize) {
        let number = number.max(1);
        self.state().workers = Workers { number, place };
    }

    /// Tells the other workers, and listening from them.
    pub async fn exchange(&self, app: &App) -> Result<(), DbErr> {
        let now = app.clock.now_ms();
        let queue = app.db.queue();
        for (provider, wait_until, refusals, words) in self.unsaved() {
            queue
                .execute(
                    "INSERT INTO provider_throttle (provider, wait_until, refusals, words) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (provider) DO UPDATE SET at_a_time = 1,
                        wait_until = excluded.wait_until, refusals = excluded.refusals, words = excluded.words",
                    values![provider, wait_until, i64::from(refusals), words],
                )
                .await?;
        }
        for (provider, more) in self.took_more() {
            // What it took before another worker was told to wait says nothing.
            let sql = "UPDATE provider_throttle SET at_a_time = at_a_time + $2
                 WHERE provider = $1 AND wait_until <= $3";
            let more = i32::try_from(more).unwrap_or(i32::MAX);
            queue.execute(sql, values![provider, more, now]).await?;
        }
        let known = queue
            .rows(
                // A handful of rows, ever. What lies too far ahead was written before a clock was
                // set back; of what was over long ago everyone knows, or nobody needs to.
                "SELECT provider, wait_until, refusals, words, at_a_time FROM provider_throttle
                 WHERE wait_until > $1 AND wait_until <= $2",
                values![now - LONGEST_WAIT_MS, now + LONGEST_WAIT_MS],
                |row| {
                    let slow = SlowProvider {
                        wait_until: row.integer("wait_until")?,
                        refusals: u32::try_from(row.integer("refusals")?).unwrap_or_default(),
                        words: row.text_or_none("words")?.unwrap_or_default(),
                        at_a_time: usize::try_from(row.integer("at_a_time")?).unwrap_or_default(),
                        ..SlowProvider::default()
                    };
                    Ok((row.text_or_none("provider")?.unwrap_or_default(), slow))
                },
            )
            .await?;
        if known.is_empty() {
            return Ok(());
        }
        let mut state = self.state();
        for (provider, slow) in known {
            state.hear(provider, slow);
        }
        self.flag(&state);
        Ok(())
    }

    /// What providers took of this worker since it last told.
    fn took_more(&self) -> Vec<(String, usize)> {
        let mut state = self.state();
        let State {
            slow,
            nameless,
            recovered,
            ..
        } = &mut *state;
        let all_the_rest = RECOVERED + 1;
        let recovered = recovered.drain(..).map(|provider| (provider, all_the_rest));
        let mut more: Vec<(String, usize)> = recovered.collect();
        for (provider, slow) in slow {
            if slow.more > 0 && !nameless.contains(provider) {
                let took = std::mem::take(&mut slow.more);
                slow.at_a_time += took;
                more.push((provider.clone(), took));
            }
        }
        more
    }

    fn unsaved(&self) -> Vec<(String, i64, u32, String)> {
        let mut state = self.state();
        state.name(&self.providers);
        let State { slow, nameless, .. } = &mut *state;
        slow.iter_mut()
            .filter(|(key, _)| !nameless.contains(*key))
            .filter_map(|(provider, slow)| {
                std::mem::take(&mut slow.unsaved).then(|| {
                    (
                        provider.clone(),
                        slow.wait_until,
                        slow.refusals,
                        slow.words.clone(),
                    )
                })
            })
            .collect()
    }

    fn flag(&self, state: &State) {
        let any = !state.slow.is_empty() || !state.refusals.is_empty();
        self.any.store(any, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Under what a domain would be slow; `None` while that is being looked up. A domain that is
    /// slow in its own name stays so, whatever another worker's DNS says.
    fn key(&self, domain: &str, providers: &Providers) -> Option<Arc<str>> {
        if self.slow.contains_key(domain) {
            return Some(domain.into());
        }
        providers.of(domain, Instant::now())
    }

    /// Under what a domain is slow, if it is.
    fn slow_key(&self, domain: &str, providers: &Providers) -> Option<Arc<str>> {
        if self.slow.is_empty() {
            return None;
        }
        let key = self.key(domain, providers)?;
        self.slow.contains_key(&*key).then_some(key)
    }

    /// Under what a domain that refuses is slow from now on.
    fn begin(&mut self, domain: &str, providers: &Providers) -> Arc<str> {
        self.refusals.remove(domain);
        providers
            .of_refusing(domain, Instant::now())
            .unwrap_or_else(|| {
                self.nameless.push(domain.to_owned());
                domain.into()
            })
    }

    /// Calls by its provider's name what was slow in its own while that was looked up.
    fn name(&mut self, providers: &Providers) {
        for domain in std::mem::take(&mut self.nameless) {
            let Some(provider) = providers.of(&domain, Instant::now()) else {
                self.nameless.push(domain);
                continue;
            };
            if let Some(slow) = self.slow.remove(&domain) {
                self.hear(provider.to_string(), slow);
            }
        }
    }

    /// What was learnt of a provider; the longer wait counts.
    fn hear(&mut self, provider: String, heard: SlowProvider) {
        match self.slow.get_mut(&provider) {
            Some(known) if known.wait_until < heard.wait_until => {
                known.wait_until = heard.wait_until;
                known.refusals = heard.refusals;
                known.begin_anew();
                known.at_a_time = heard.at_a_time;
                known.words = heard.words;
                known.unsaved |= heard.unsaved;
            }
            Some(known) if known.wait_until == heard.wait_until => {
                known.at_a_time = heard.at_a_time;
                if known.at_a_time > RECOVERED {
                    self.slow.remove(&provider);
                }
            }
            Some(_) => {}
            None if heard.at_a_time > RECOVERED => {}
            None => {
                self.slow.insert(provider, heard);
            }
        }
    }
}

/// How long a provider is left alone after so many refusals in a row, the last of them this one.
fn wait_after(reply: &Reply, refusals: u32) -> i64 {
    if is_rate_limit(reply) {
        RATE_LIMITED_WAIT_MS
    } else if refusals >= REFUSALS_IN_A_ROW {
        let doublings = (refusals / REFUSALS_IN_A_ROW - 1).min(10);
        (SHORTEST_WAIT_MS << doublings).min(LONGEST_WAIT_MS)
    } else {
        0
    }
}

/// Gmail's 4.7.28 and what others say for it (P13).
fn is_rate_limit(reply: &Reply) -> bool {
    is_providers_limit(reply)
        || ["rate that", "rate limit", "too many messages"]
            .iter()
            .any(|sign| reply.words.to_ascii_lowercase().contains(sign))
}

/// The placeholders by which a large provider says it, whatever the code: a relay that passes on Gmail's
/// 421 speaks for Gmail. The same in common words may be the relay's own limit.
pub fn is_providers_limit(reply: &Reply) -> bool {
    let words = reply.words.to_ascii_lowercase();
    reply.enhanced == Some((4, 7, 28)) || ["[ts", "rp-00"].iter().any(|sign| words.contains(sign))
}

fn domain(email: &str) -> &str {
    email.rsplit_once('@').map_or(email, |(_, domain)| domain)
}

#[cfg(test)]
mod tests;
