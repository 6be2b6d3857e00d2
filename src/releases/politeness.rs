//! Politeness, how a host is treated: robots.txt, crawl delay, one request at a time with a pause, silence while it asks for it, and
//! nothing that its `robots.txt` forbids. A glance at an address, which a person's newsletter leads
//! to, is quicker: a few at once, but never a flood.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::robots::Robots;

/// Between two requests to one host.
const REQUEST_INTERVAL: Duration = Duration::from_secs(1);

/// Glances at one host at a time.
pub const GLANCES: usize = 2;

/// A pause is this many times as long as what lies between the beginnings of two glances.
const GLANCES_IN_AN_INTERVAL: u32 = 10;

/// For a host that says that it was asked too much, and not when to come again (RFC 6585 §4).
pub(super) const TOO_MUCH: Duration = Duration::from_mins(1);

/// RFC 9309 §2.4: `robots.txt` is not believed for longer.
const ROBOTS_LAST: Duration = Duration::from_hours(24);

/// No host is left alone for longer, whatever it asks.
const LONGEST_REST: Duration = Duration::from_hours(24);

/// More hosts than this are not remembered when they have nothing to say any more.
const MOST_HOSTS: usize = 1_000;

/// What is remembered of the hosts that were asked.
#[derive(Debug)]
pub(super) struct Politeness {
    pause: Duration,
    hosts: Mutex<HashMap<String, Host>>,
}

#[derive(Debug, Default)]
struct Host {
    /// When the next request may begin.
    free_at: Option<Instant>,
    /// `Retry-After`
    rests_until: Option<Instant>,
    robots: Option<(Instant, Arc<Robots>)>,
    glances: Glances,
}

#[derive(Debug)]
struct Glances {
    seats: Arc<Semaphore>,
    /// When the next one may begin.
    free_at: Option<Instant>,
}

impl Default for Glances {
    fn default() -> Self {
        Self {
            seats: Arc::new(Semaphore::new(GLANCES)),
            free_at: None,
        }
    }
}

impl Host {
    /// # Errors
    /// How much longer it wants to be left alone.
    fn rested(&self, now: Instant) -> Result<(), Duration> {
        match self.rests_until {
            Some(until) if until > now => Err(until - now),
            _ => Ok(()),
        }
    }
}

/// How the process behaves: hosts see the process, not what in it asks them.
pub(super) fn ours() -> Arc<Politeness> {
    static OURS: LazyLock<Arc<Politeness>> =
        LazyLock::new(|| Arc::new(Politeness::with_pause(REQUEST_INTERVAL)));
    OURS.clone()
}

impl Politeness {
    pub(super) fn with_pause(pause: Duration) -> Self {
        Self {
            pause,
            hosts: Mutex::default(),
        }
    }

    /// Waits until the host may be asked.
    ///
    /// # Errors
    /// How much longer it wants to be left alone.
    pub(super) async fn turn(&self, host: &str) -> Result<(), Duration> {
        let begin = self.at(host, |entry, now| {
            entry.rested(now).map(|()| {
                let asked = entry.robots.as_ref().and_then(|(_, robots)| robots.delay);
                let begin = entry.free_at.unwrap_or(now).max(now);
                entry.free_at = Some(begin + asked.unwrap_or_default().max(self.pause));
                begin
            })
        })?;
        tokio::time::sleep_until(begin).await;
        Ok(())
    }

    /// Waits until the host may be glanced at. The glance lasts as long as the seat is kept.
    ///
    /// # Errors
    /// How much longer the host wants to be left alone; it may say so while others wait.
    pub(super) async fn glance(&self, host: &str) -> Result<OwnedSemaphorePermit, Duration> {
        let seats = self.at(host, |entry, now| {
            entry.rested(now).map(|()| entry.glances.seats.clone())
        })?;
        // Nobody closes it.
        let seat = seats.acquire_owned().await.map_err(|_| Duration::ZERO)?;
        let begin = self.at(host, |entry, now| {
            entry.rested(now).map(|()| {
                let begin = entry.glances.free_at.unwrap_or(now).max(now);
                entry.glances.free_at = Some(begin + self.pause / GLANCES_IN_AN_INTERVAL);
                begin
            })
        })?;
        tokio::time::sleep_until(begin).await;
        Ok(seat)
    }

    /// The host asked to be left alone.
    pub(super) fn rest(&self, host: &str, wanted: Duration) {
        self.at(host, |entry, now| {
            entry.rests_until = Some(now + wanted.min(LONGEST_REST));
        });
    }

    /// What its `robots.txt` said, and whether that still counts without asking again.
    pub(super) fn robots(&self, host: &str) -> Option<(Arc<Robots>, bool)> {
        self.at(host, |entry, now| {
            let (read_at, robots) = entry.robots.as_ref()?;
            Some((robots.clone(), now < *read_at + ROBOTS_LAST))
        })
    }

    pub(super) fn learn(&self, host: &str, robots: Robots) -> Arc<Robots> {
        let robots = Arc::new(robots);
        self.at(host, |entry, now| {
            entry.robots = Some((now, robots.clone()));
        });
        robots
    }

    /// Another test's site had this port before.
    #[cfg(test)]
    pub(super) fn forget(&self, host: &str) {
        self.at(host, |entry, _| *entry = Host::default());
    }

    fn at<T>(&self, host: &str, change: impl FnOnce(&mut Host, Instant) -> T) -> T {
        let now = Instant::now();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() > MOST_HOSTS {
            hosts.retain(|_, host| {
                host.free_at.is_some_and(|at| at > now)
                    || host.rested(now).is_err()
                    || host.glances.seats.available_permits() < GLANCES
            });
        }
        change(hosts.entry(host.to_owned()).or_default(), now)
    }
}

/// `Retry-After`: seconds or a date (RFC 9110 §10.2.3).
pub(super) fn retry_after(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = super::reading::dates::Calendar::utc().read(value)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_is_asked_one_request_a_pause_and_others_do_not_wait() {
        let pause = Duration::from_millis(40);
        let politeness = Politeness::with_pause(pause);
        let begin = Instant::now();
        politeness.turn("a").await.unwrap();
        politeness.turn("b").await.unwrap();
        assert!(begin.elapsed() < pause);
        politeness.turn("a").await.unwrap();
        politeness.turn("a").await.unwrap();
        assert!(begin.elapsed() >= 2 * pause);
        politeness.learn("b", Robots::read("User-agent: *\nCrawl-delay: 5"));
        politeness.turn("b").await.unwrap();
        let next = tokio::time::timeout(2 * pause, politeness.turn("b")).await;
        assert!(next.is_err(), "it asks for five seconds");
    }

    #[tokio::test]
    async fn a_host_that_asks_for_rest_is_left_alone_until_it_is_over() {
        let politeness = Politeness::with_pause(Duration::ZERO);
        let rest = Duration::from_millis(40);
        politeness.rest("a", rest);
        let left = politeness.turn("a").await.unwrap_err();
        assert!(left <= rest && !left.is_zero());
        tokio::time::sleep(rest).await;
        politeness.turn("a").await.unwrap();
    }

    #[tokio::test]
    async fn two_at_once_glance_at_a_host_and_no_faster_than_they_may() {
        let pause = Duration::from_millis(200);
        let politeness = Politeness::with_pause(pause);
        let begin = Instant::now();
        let first = politeness.glance("a").await.unwrap();
        let _second = politeness.glance("a").await.unwrap();
        assert!(begin.elapsed() >= pause / GLANCES_IN_AN_INTERVAL);
        let wait = |host| tokio::time::timeout(pause, politeness.glance(host));
        assert!(wait("a").await.is_err(), "a third at once");
        assert!(wait("b").await.is_ok(), "others do not wait");
        drop(first);
        assert!(wait("a").await.is_ok());
        politeness.rest("a", pause * 5);
        assert!(wait("a").await.unwrap().is_err(), "it asked for rest");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2024-02-16T15:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            ("Fri, 16 Feb 2024 15:02:00 GMT", Some(120)),
            ("Fri, 16 Feb 2024 14:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            let wanted = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(value, now), wanted, "{value}");
        }
    }
}
