//! Which mailbox provider takes a domain's mail: the organisation of its preferred MX host (P13).
//!
//! A provider counts what we send to all domains that it hosts, so one that asked for patience must
//! be left alone under every name. Nobody is asked while no provider is slow; then the domains that
//! come up are looked up in the background and remembered for an hour. Where the DNS has no answer,
//! a domain stands for itself: mail waits for the DNS a few seconds, never longer.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    config::DnsServer,
    dns::{Dns, NOBODY},
    environment::Environment,
};

/// How long an answer is kept, and how long none is.
const ANSWER_LIFETIME: Duration = Duration::from_hours(1);
const NO_ANSWER_LIFETIME: Duration = Duration::from_mins(5);

/// How long one look-up may take, and how long a domain's mail waits for its turn.
const LOOK_UP: Duration = Duration::from_secs(3);
const LONGEST_LOOK_UP_WAIT: Duration = Duration::from_secs(8);

/// Look-ups at once.
const AT_ONCE: usize = 32;

/// After so many look-ups in a row without an answer nothing waits for the DNS until there is one.
const MOST_UNANSWERED_LOOK_UPS: u32 = 8;

/// Domains that are remembered.
const MOST: usize = 20_000;

/// What is known of the domains that came up.
#[derive(Debug, Default)]
pub struct Providers {
    known: Mutex<KnownDomains>,
    asked: Notify,
    unanswered: AtomicU32,
}

#[derive(Debug, Default)]
struct KnownDomains {
    domains: HashMap<String, Domain>,
    /// To be looked up, the most urgent first.
    queue: VecDeque<String>,
}

#[derive(Debug)]
enum Domain {
    /// Looked up since then, for the first time.
    Asked(Instant),
    /// Of this provider; to be looked up again from then on.
    Of(Arc<str>, Instant),
}

impl Providers {
    /// The provider behind a domain, or `None` while it is being looked up.
    pub fn of(&self, domain: &str, now: Instant) -> Option<Arc<str>> {
        let mut known = self.known();
        match known.domains.get_mut(domain) {
            Some(Domain::Of(provider, until)) => {
                let provider = provider.clone();
                if *until <= now {
                    // What was true an hour ago serves until the answer is there.
                    *until = now + NO_ANSWER_LIFETIME;
                    known.queue.push_back(domain.to_owned());
                    self.asked.notify_one();
                }
                return Some(provider);
            }
            Some(Domain::Asked(since)) => {
                let waited = now.saturating_duration_since(*since);
                return (waited > LONGEST_LOOK_UP_WAIT || self.is_deaf()).then(|| domain.into());
            }
            None => {}
        }
        let has_room = known.make_room(now);
        if has_room {
            known.domains.insert(domain.to_owned(), Domain::Asked(now));
            known.queue.push_back(domain.to_owned());
            self.asked.notify_one();
        }
        (!has_room || self.is_deaf()).then(|| domain.into())
    }

    /// The same for a domain that refuses: all others wait for this answer, so it goes first.
    pub fn of_refusing(&self, domain: &str, now: Instant) -> Option<Arc<str>> {
        let provider = self.of(domain, now);
        if provider.is_none() {
            let mut known = self.known();
            if known.queue.back().is_some_and(|last| last == domain)
                && let Some(last) = known.queue.pop_back()
            {
                known.queue.push_front(last);
            }
        }
        provider
    }

    /// Looks up what is asked for until the worker stops, and says so after each answer.
    pub async fn run(
        &self,
        server: Option<DnsServer>,
        environment: Option<&dyn Environment>,
        stop: &CancellationToken,
        answered: impl Fn(),
    ) {
        // Made when it is needed, which is hardly ever.
        let dns = OnceLock::new();
        let mut looking = FuturesUnordered::new();
        loop {
            while looking.len() < AT_ONCE
                && let Some(domain) = self.next()
            {
                let dns = &dns;
                looking.push(async move {
                    let found = match environment {
                        Some(environment) => environment.provider(&domain).await,
                        None => look_up(dns.get_or_init(|| Dns::new(server)), &domain).await,
                    };
                    (domain, found)
                });
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some((domain, found)) = looking.next() => {
                    self.learn(domain, found, Instant::now());
                    answered();
                }
                () = self.asked.notified(), if looking.len() < AT_ONCE => {}
            }
        }
    }

    /// Keeps what a look-up found, or in words why it found nothing.
    pub(super) fn learn(&self, domain: String, found: Result<String, String>, now: Instant) {
        let mut known = self.known();
        let answer = match found {
            Ok(provider) => {
                self.unanswered.store(0, Ordering::Relaxed);
                Domain::Of(provider.into(), now + ANSWER_LIFETIME)
            }
            Err(why) => {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(domain, why, "its provider is not known");
                match known.domains.remove(&domain) {
                    Some(Domain::Of(provider, _)) => Domain::Of(provider, now + NO_ANSWER_LIFETIME),
                    _ => Domain::Of(domain.as_str().into(), now + NO_ANSWER_LIFETIME),
                }
            }
        };
        known.domains.insert(domain, answer);
    }

    fn next(&self) -> Option<String> {
        self.known().queue.pop_front()
    }

    fn is_deaf(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) >= MOST_UNANSWERED_LOOK_UPS
    }

    fn known(&self) -> MutexGuard<'_, KnownDomains> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownDomains {
    /// Forgets what is old, or where that is not enough, all that was answered.
    fn make_room(&mut self, now: Instant) -> bool {
        if self.domains.len() < MOST {
            return true;
        }
        self.domains
            .retain(|_, domain| !matches!(domain, Domain::Of(_, until) if *until <= now));
        if self.domains.len() >= MOST {
            self.domains
                .retain(|_, domain| matches!(domain, Domain::Asked(_)));
        }
        self.domains.len() < MOST
    }
}

/// The provider behind a domain, or in words why it is not known.
async fn look_up(dns: &Result<Dns, String>, domain: &str) -> Result<String, String> {
    let dns = dns.as_ref().map_err(Clone::clone)?;
    match tokio::time::timeout(LOOK_UP, dns.mx(domain)).await {
        Ok(Ok(hosts)) => Ok(match hosts.first() {
            Some(host) if host != NOBODY => organisation(host),
            _ => domain.to_owned(),
        }),
        // RFC 5321 §5.1: a domain without MX takes its mail itself.
        Ok(Err(missing)) if missing.is_certain() => Ok(organisation(domain)),
        Ok(Err(missing)) => Err(missing.to_string()),
        Err(_) => Err("the name server gave no answer in time".to_owned()),
    }
}

fn organisation(host: &str) -> String {
    psl::domain_str(host).unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dns::stub::Stub;

    /// Runs look-ups until all of these domains have an answer.
    async fn found(providers: &Arc<Providers>, server: DnsServer, domains: &[&str]) -> Vec<String> {
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (providers, stop) = (providers.clone(), stop.clone());
            async move { providers.run(Some(server), None, &stop, || {}).await }
        });
        let mut answers = Vec::new();
        for domain in domains {
            let provider = loop {
                match providers.of(domain, Instant::now()) {
                    Some(provider) => break provider,
                    None => tokio::time::sleep(Duration::from_millis(2)).await,
                }
            };
            answers.push(provider.to_string());
        }
        stop.cancel();
        running.await.unwrap();
        answers
    }

    #[tokio::test]
    async fn p13_domains_whose_preferred_mx_is_one_organisations_are_one_provider() {
        let stub = Stub::start(&[
            ("one.example", "MX", "10 a.mx.provider.example"),
            ("two.example", "MX", "5 b.provider.example"),
            ("two.example", "MX", "20 c.other.example"),
            ("council.example", "MX", "0 council-example.mail.co.uk"),
            ("news.alone.example", "A", "192.0.2.1"),
            ("nobody.example", "MX", "0 ."),
        ])
        .await;
        let providers = Arc::default();
        let domains = [
            "one.example",
            "two.example",
            "council.example",
            "news.alone.example",
            "nobody.example",
            "unknown.example",
        ];
        assert_eq!(
            found(&providers, DnsServer(stub.address), &domains).await,
            [
                "provider.example",
                "provider.example",
                "mail.co.uk",
                "alone.example",
                "nobody.example",
                "unknown.example",
            ]
        );
    }

    #[tokio::test]
    async fn p13_an_answer_serves_until_the_next_one_is_there() {
        let stub = Stub::start(&[("one.example", "MX", "10 mx.provider.example")]).await;
        let providers = Arc::default();
        let server = DnsServer(stub.address);
        found(&providers, server, &["one.example"]).await;
        assert!(providers.next().is_none());
        let later = Instant::now() + ANSWER_LIFETIME;
        for _ in 0..2 {
            let provider = providers.of("one.example", later);
            assert_eq!(provider.as_deref(), Some("provider.example"));
        }
        assert_eq!(providers.next().as_deref(), Some("one.example"));
        assert!(providers.next().is_none(), "asked for once");
        // The name server fails: what was known is better than nothing.
        providers.learn("one.example".to_owned(), Err("silence".to_owned()), later);
        let provider = providers.of("one.example", later);
        assert_eq!(provider.as_deref(), Some("provider.example"));
    }

    #[tokio::test]
    async fn p13_without_the_dns_a_domain_stands_for_itself_and_then_nothing_waits() {
        let domains =
            ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| format!("{name}.example"));
        let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
        let failing: Vec<_> = domains.iter().map(|name| (*name, "SERVFAIL", "")).collect();
        let stub = Stub::start(&failing).await;
        let providers = Arc::default();
        let answers = found(&providers, DnsServer(stub.address), &domains).await;
        assert_eq!(answers, domains);
        let at_once = providers.of("i.example", Instant::now());
        assert_eq!(at_once.as_deref(), Some("i.example"));
        // It was asked for all the same, and an answer makes the others wait for theirs again.
        assert_eq!(providers.next().as_deref(), Some("i.example"));
        let found = Ok("provider.example".to_owned());
        providers.learn("i.example".to_owned(), found, Instant::now());
        assert_eq!(providers.of("j.example", Instant::now()), None);
    }

    #[test]
    fn p13_mail_waits_for_the_dns_a_few_seconds_and_what_is_remembered_has_a_bound() {
        let providers = Providers::default();
        let now = Instant::now();
        assert_eq!(providers.of("one.example", now), None);
        let provider = providers.of(
            "one.example",
            now + LONGEST_LOOK_UP_WAIT + Duration::from_millis(1),
        );
        assert_eq!(provider.as_deref(), Some("one.example"));
        for number in 0..MOST + 10 {
            let found = Ok("provider.example".to_owned());
            if providers.of(&number.to_string(), now).is_none() {
                providers.learn(number.to_string(), found, now);
            }
            assert!(providers.known().domains.len() <= MOST);
        }
        assert_eq!(
            providers.of(&MOST.to_string(), now).as_deref(),
            Some("provider.example")
        );
    }

    #[test]
    fn p13_the_domain_that_refuses_is_looked_up_first() {
        let providers = Providers::default();
        let now = Instant::now();
        for domain in ["one.example", "two.example"] {
            assert_eq!(providers.of(domain, now), None);
        }
        assert_eq!(providers.of_refusing("three.example", now), None);
        assert_eq!(providers.next().as_deref(), Some("three.example"));
        assert_eq!(providers.next().as_deref(), Some("one.example"));
    }
}
