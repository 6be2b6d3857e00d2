//! The relays of this process: their clients, and leaving one alone that does not work.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DbErr};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    connection_scaling::ConnectionScaling,
    delivery_error::DeliveryError,
    mailbox,
    rate_limit::RateLimit,
    relay_selection::RelayShare,
    smtp::{Client, ConnectError, Connection, Reply, Timeouts},
};
use crate::{
    address::veil,
    app::App,
    config::{RelayLimits, RelayTls, RelayUrl},
    db, relay_letters,
    repeated_fault::RepeatedFault,
    values,
};

/// The longest that a relay which does not work is left alone.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A connection that takes longer may never come: what waits for it goes elsewhere meanwhile.
pub const SLOW_CONNECT_THRESHOLD: Duration = Duration::from_secs(1);

/// A relay that says nothing for so long after a connection was opened may speak another protocol.
const SILENT_THRESHOLD: Duration = Duration::from_secs(10);

/// A relay that has taken nothing for this long leaves its share to the others.
const STALLED_THRESHOLD: Duration = Duration::from_secs(30);

/// Messages that it puts off one after another, for reasons of its own, until it counts as taking
/// none; and how long each of them counts.
const MOST_DEFERRALS_IN_A_ROW: u32 = 5;
const DEFERRAL_LIFETIME: Duration = Duration::from_mins(5);

/// How long a relay that refuses us as the sender is left alone, where another one takes our mail and no words
/// name a time; and how long one whose limit is used up is left alone at most.
const REFUSED_SENDER_WAIT: Duration = Duration::from_mins(10);
const LONGEST_QUOTA_WAIT: Duration = Duration::from_hours(1);

/// A trouble is shown when it has lasted this long: a single refused connection is not news.
const WORTH_TELLING: Duration = Duration::from_secs(3);

/// One relay.
#[derive(Debug)]
pub struct Relay {
    /// `relay.id`
    pub id: i16,
    /// `host:port`
    pub name: String,
    /// What its operator allows.
    pub rate_limit: RateLimit,
    /// How many connections are of use.
    pub scaling: ConnectionScaling,
    /// Its part beside other relays.
    pub share: RelayShare,
    client: Client,
    connected: AtomicUsize,
    refusing: AtomicBool,
    letters: Mutex<Letters>,
    health: Mutex<Health>,
    pulse: Mutex<Pulse>,
}

/// While it lives, a connection counts as open.
#[derive(Debug)]
pub struct Connected(Arc<Relay>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connected.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether it takes letters beyond ASCII (SMTPUTF8); `None`: nobody knows.
#[derive(Debug, Default, Clone, Copy)]
struct Letters {
    /// As it said when it was last connected to.
    offered: Option<bool>,
    /// As this worker has written down.
    noted: Option<bool>,
}

#[derive(Debug, Default)]
struct Health {
    /// How often it failed in a row.
    fault: RepeatedFault,
    failing_since: Option<Instant>,
    wait_until: Option<Instant>,
    words: String,
    /// Messages put off one after another, and when the last one was.
    refusals: u32,
    refused_at: Option<Instant>,
}

impl Health {
    /// Counts a failure: how long all senders wait now, and whether the log says so. `None`: ten senders
    /// that fail together are one failure.
    fn fail(&mut self, words: &str, now: Instant) -> Option<(Duration, bool)> {
        if self.wait_until.is_some_and(|until| until > now) {
            return None;
        }
        let is_worth_a_line = self.fault.is_worth_a_line();
        self.failing_since.get_or_insert(now);
        words.clone_into(&mut self.words);
        let wait = Duration::from_millis(500 << self.fault.in_a_row().min(10)).min(LONGEST_WAIT);
        self.wait_until = Some(now + wait);
        Some((wait, is_worth_a_line))
    }
}

/// Signs of life, for the relays beside it.
#[derive(Debug)]
struct Pulse {
    /// When it last took a message.
    took_at: Instant,
    /// Connections that are being opened, and since when.
    connecting: u32,
    connecting_since: Instant,
}

impl Default for Pulse {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            took_at: now,
            connecting: 0,
            connecting_since: now,
        }
    }
}

/// While it lives, a connection is being opened.
struct Connecting<'a>(&'a Relay);

impl<'a> Connecting<'a> {
    fn begin(relay: &'a Relay) -> Self {
        let mut pulse = relay.pulse();
        if pulse.connecting == 0 {
            pulse.connecting_since = Instant::now();
        }
        pulse.connecting += 1;
        Self(relay)
    }
}

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        self.0.pulse().connecting -= 1;
    }
}

/// Opens the relays of the settings; with none set, the built-in mailbox.
pub async fn open_all(
    app: &App,
    stop: &CancellationToken,
) -> Result<Vec<Arc<Relay>>, DeliveryError> {
    let mut urls = app.settings.smtp_url.clone();
    if urls.is_empty() {
        let address = mailbox::start(app, stop.clone()).await?;
        urls.push(RelayUrl {
            host: address.ip().to_string(),
            port: address.port(),
            tls: RelayTls::None,
            login: None,
            ca: None,
            limits: RelayLimits::default(),
        });
    }
    let hello = app
        .settings
        .smtp_hello
        .clone()
        .unwrap_or_else(|| app.settings.public_url.host());
    let timeouts = Timeouts::default().scaled(app.settings.smtp_patience);
    let mut relays = Vec::with_capacity(urls.len());
    for url in urls {
        // The mailbox's port changes with every start; its name does not.
        let name = if app.settings.smtp_url.is_empty() {
            "mailbox".to_owned()
        } else {
            url.name()
        };
        let id = number(app, &name).await?;
        let limits = url.limits.clone();
        let most = limits.connections.unwrap_or(app.settings.smtp_connections);
        relays.push(Arc::new(Relay {
            id,
            scaling: ConnectionScaling::new(usize::from(most)),
            share: RelayShare::new(limits.weight),
            rate_limit: RateLimit::new(id, limits),
            connected: AtomicUsize::new(0),
            refusing: AtomicBool::new(false),
            letters: Mutex::default(),
            client: Client::new(url, &hello, timeouts)?.within(app.environment.clone()),
            name,
            health: Mutex::default(),
            pulse: Mutex::default(),
        }));
    }
    Ok(relays)
}

/// The relay's number in the database, given at first sight.
async fn number(app: &App, name: &str) -> Result<i16, DeliveryError> {
    let transaction = app.db.begin().await?;
    transaction
        .execute_raw(app.db.statement(
            "INSERT INTO relay (id, address)
             SELECT CAST(coalesce(max(id), 0) + 1 AS SMALLINT), CAST($1 AS TEXT) FROM relay WHERE true
             ON CONFLICT DO NOTHING",
            values![name],
        ))
        .await?;
    let sql = "SELECT id FROM relay WHERE address = $1";
    let id = db::scalar(&transaction, sql, values![name]).await?;
    transaction.commit().await?;
    let id: Option<i16> = id;
    let missing = || DbErr::Custom("the relay was not stored; start again".to_owned());
    Ok(id.ok_or_else(missing)?)
}

impl Relay {
    /// A connection that is ready for mail, and the count of it. A failure makes all senders wait
    /// longer each time; where other connections stand, it means that the relay wants no more.
    pub async fn connect(
        self: &Arc<Self>,
        all: &[Arc<Relay>],
    ) -> Result<(Connection, Connected), ConnectError> {
        let connecting = Connecting::begin(self);
        let connection = self.client.connect().await;
        let was_missed = self.hangs();
        drop(connecting);
        match connection {
            Ok(connection) => {
                self.letters().offered = Some(connection.capabilities().smtputf8);
                if was_missed {
                    self.share.catch_up(self.others(all));
                }
                self.connected.fetch_add(1, Ordering::Relaxed);
                Ok((connection, Connected(self.clone())))
            }
            Err(error) => {
                if self.connected.load(Ordering::Relaxed) > 0 {
                    tracing::info!(relay = self.name, %error, "no further connection");
                    self.scaling.object(Instant::now());
                } else {
                    self.failed(&error.to_string());
                }
                Err(error)
            }
        }
    }

    /// Writes down whether it offers SMTPUTF8, where that has changed.
    pub async fn note_letters(&self, app: &App) -> Result<(), DbErr> {
        let Letters { offered, noted } = *self.letters();
        if let Some(offers) = offered.filter(|_| offered != noted) {
            relay_letters::note(&app.db.writer(), self.id, offers).await?;
            self.letters().noted = offered;
        }
        Ok(())
    }

    /// Reserves more of the relay's rate limit; how long to wait before a permit can be taken.
    pub async fn reserve(&self, app: &App, all: &[Arc<Relay>]) -> Result<Duration, DbErr> {
        let was_missed = self.rate_limit.is_used_up();
        let wait = self.rate_limit.reserve(app).await?;
        if was_missed && !self.rate_limit.is_used_up() {
            self.share.catch_up(self.others(all));
        }
        Ok(wait)
    }

    /// Notes that the relay took a message.
    pub fn works(&self, all: &[Arc<Relay>]) {
        self.scaling.took();
        self.share.take();
        if all.len() > 1 {
            let now = Instant::now();
            let took_at = std::mem::replace(&mut self.pulse().took_at, now);
            if now.saturating_duration_since(took_at) > STALLED_THRESHOLD {
                self.share.catch_up(self.others(all));
            }
        }
        let (failed, refused) = {
            let health = self.health();
            (health.fault.in_a_row() > 0, health.refusals > 0)
        };
        if failed {
            // Not with the lock in hand: the others may be looking at us.
            self.share.catch_up(self.others(all));
            tracing::info!(relay = self.name, "the relay takes mail again");
        }
        if failed || refused {
            *self.health() = Health::default();
            self.refusing.store(false, Ordering::Relaxed);
        }
    }

    /// Notes that the relay put a message off for reasons of its own, whoever it is for. Whether it
    /// takes none at all by now: then it is left alone as one that cannot be reached.
    pub fn refused(&self, reply: &Reply) -> bool {
        let now = Instant::now();
        {
            let mut health = self.health();
            let goes_on = health
                .refused_at
                .is_some_and(|at| now.saturating_duration_since(at) < DEFERRAL_LIFETIME);
            health.refusals = if goes_on { health.refusals + 1 } else { 1 };
            health.refused_at = Some(now);
            if health.refusals <= MOST_DEFERRALS_IN_A_ROW {
                return false;
            }
        }
        self.refusing.store(true, Ordering::Relaxed);
        self.scaling.object(now);
        self.failed(&format!("relay `{}` takes no mail: {reply}", self.name));
        true
    }

    /// Notes that the relay refuses us as the sender, or takes no more for now, while another one takes our mail:
    /// it is left alone until `until`, or for a while.
    pub fn refused_us(&self, reply: &Reply, until: Option<Duration>) {
        let wait = until.map_or(REFUSED_SENDER_WAIT, |until| until.min(LONGEST_QUOTA_WAIT));
        let now = Instant::now();
        self.refusing.store(true, Ordering::Relaxed);
        self.failed(&format!(
            "relay `{}` takes nothing from us: {reply}",
            self.name
        ));
        self.health().wait_until = Some(now + wait);
    }

    /// Whether it is left alone, and has been failing for long enough that what waits for it should go elsewhere.
    pub fn is_out_of_reach(&self) -> bool {
        self.wait().is_some() && self.trouble().is_some()
    }

    /// Whether it puts off all that it is offered: then one message is tried after each wait.
    pub fn is_refusing(&self) -> bool {
        self.refusing.load(Ordering::Relaxed)
    }

    /// Notes that the relay could not be used. Whether that is news: ten senders that fail together are one
    /// failure.
    pub fn failed(&self, words: &str) -> bool {
        let words = veil(words);
        let mut health = self.health();
        let failed = health.fail(&words, Instant::now());
        if let Some((wait, true)) = failed {
            let wait_s = wait.as_secs_f32();
            let in_a_row = health.fault.in_a_row();
            tracing::warn!(relay = self.name, in_a_row, wait_s, "{words}");
        }
        failed.is_some()
    }

    /// Whether it may take the next message, beside the others that work.
    pub fn is_its_turn(&self, all: &[Arc<Relay>]) -> bool {
        all.len() == 1 || self.share.is_its_turn(self.others(all))
    }

    fn others<'a>(&'a self, all: &'a [Arc<Relay>]) -> impl Iterator<Item = &'a RelayShare> {
        all.iter()
            .filter(|relay| relay.id != self.id && relay.takes_part())
            .map(|relay| &relay.share)
    }

    /// Whether the others wait for it to take its share: not while it fails or hangs, has used up
    /// its limits, or has taken nothing for long.
    fn takes_part(&self) -> bool {
        self.health().fault.in_a_row() == 0
            && !self.rate_limit.is_used_up()
            && !self.hangs()
            && self.pulse().took_at.elapsed() <= STALLED_THRESHOLD
    }

    /// Whether it has no connection, and the one that is being opened does not come.
    fn hangs(&self) -> bool {
        let pulse = self.pulse();
        pulse.connecting > 0
            && self.connected.load(Ordering::Relaxed) == 0
            && pulse.connecting_since.elapsed() > SLOW_CONNECT_THRESHOLD
    }

    /// How long the relay is still to be left alone.
    pub fn wait(&self) -> Option<Duration> {
        self.health()
            .wait_until
            .and_then(|until| until.checked_duration_since(Instant::now()))
            // At that very instant the wait is over.
            .filter(|wait| !wait.is_zero())
    }

    /// What is wrong with the relay, if it has been for a while.
    pub fn trouble(&self) -> Option<String> {
        if self.hangs() && self.pulse().connecting_since.elapsed() > SILENT_THRESHOLD {
            return Some(format!(
                "relay `{}` takes the connection and says nothing; if it speaks TLS from the first octet, as port 465 does, write smtps:// in GAZETTE_SMTP_URL",
                self.name
            ));
        }
        let health = self.health();
        health
            .failing_since
            .filter(|since| since.elapsed() >= WORTH_TELLING)
            .map(|_| health.words.clone())
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_that_fails_for_long_is_in_the_log_at_growing_intervals() {
        let mut health = Health::default();
        let mut now = Instant::now();
        let mut lines = 0;
        for _ in 0..100 {
            let (wait, said) = health.fail("no answer", now).unwrap();
            assert!(wait <= LONGEST_WAIT);
            lines += u32::from(said);
            assert!(
                health.fail("no answer", now).is_none(),
                "of ten senders one counts"
            );
            now += wait;
        }
        assert_eq!((lines, health.fault.in_a_row()), (7, 100));
    }
}
