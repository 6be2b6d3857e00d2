//! The relays of this process: their clients, and leaving one alone that does not work.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;

use super::{
    DeliveryError,
    allowance::Permits,
    mailbox,
    openings::Openings,
    shares::Share,
    smtp::{Client, ConnectError, Connection, Timeouts},
};
use crate::{
    address::veil,
    app::App,
    config::{Allowance, RelayTls, RelayUrl},
    values,
};

/// The longest that a relay which does not work is left alone.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

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
    pub permits: Permits,
    /// How many connections are of use.
    pub openings: Openings,
    /// Its part beside other relays.
    pub share: Share,
    client: Client,
    connected: AtomicUsize,
    health: Mutex<Health>,
}

/// While it lives, a connection counts as open.
#[derive(Debug)]
pub struct Connected(Arc<Relay>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connected.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct Health {
    failures: u32,
    failing_since: Option<Instant>,
    wait_until: Option<Instant>,
    words: String,
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
            allowance: Allowance::default(),
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
        let allowance = url.allowance.clone();
        let most = allowance
            .connections
            .unwrap_or(app.settings.smtp_connections);
        relays.push(Arc::new(Relay {
            id,
            openings: Openings::new(usize::from(most)),
            share: Share::new(allowance.weight),
            permits: Permits::new(id, allowance),
            connected: AtomicUsize::new(0),
            client: Client::new(url, &hello, timeouts)?,
            name,
            health: Mutex::default(),
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
    let row = transaction
        .query_one_raw(
            app.db
                .statement("SELECT id FROM relay WHERE address = $1", values![name]),
        )
        .await?;
    transaction.commit().await?;
    let row = row.ok_or_else(|| {
        sea_orm::DbErr::Custom("the relay was not stored; start again".to_owned())
    })?;
    Ok(row.try_get_by_index(0)?)
}

impl Relay {
    /// A connection that is ready for mail, and the count of it. A failure makes all lanes wait
    /// longer each time; where other connections stand, it means that the relay wants no more.
    pub async fn connect(self: &Arc<Self>) -> Result<(Connection, Connected), ConnectError> {
        match self.client.connect().await {
            Ok(connection) => {
                self.connected.fetch_add(1, Ordering::Relaxed);
                Ok((connection, Connected(self.clone())))
            }
            Err(error) => {
                if self.connected.load(Ordering::Relaxed) > 0 {
                    tracing::info!(relay = self.name, %error, "no further connection");
                    self.openings.object(Instant::now());
                } else {
                    self.failed(&error.to_string());
                }
                Err(error)
            }
        }
    }

    /// Notes that the relay took a message.
    pub fn works(&self, all: &[Arc<Relay>]) {
        self.openings.took();
        self.share.take();
        let mut health = self.health();
        if health.failures > 0 {
            self.share.catch_up(self.others(all));
            tracing::info!(relay = self.name, "the relay takes mail again");
            *health = Health::default();
        }
    }

    /// Notes that the relay could not be used.
    pub fn failed(&self, words: &str) {
        let mut health = self.health();
        let now = Instant::now();
        // Ten lanes that fail together are one failure.
        if health.wait_until.is_some_and(|until| until > now) {
            return;
        }
        health.failures += 1;
        health.failing_since.get_or_insert(now);
        words.clone_into(&mut health.words);
        let wait = Duration::from_millis(500 << health.failures.min(10)).min(LONGEST_WAIT);
        health.wait_until = Some(now + wait);
        let words = veil(words);
        tracing::warn!(relay = self.name, wait_s = wait.as_secs_f32(), "{words}");
    }

    /// Whether it may take the next message, beside the others that work.
    pub fn is_its_turn(&self, all: &[Arc<Relay>]) -> bool {
        all.len() == 1 || self.share.is_its_turn(self.others(all))
    }

    fn others<'a>(&'a self, all: &'a [Arc<Relay>]) -> impl Iterator<Item = &'a Share> {
        all.iter()
            .filter(|relay| relay.id != self.id && relay.wait().is_none())
            .map(|relay| &relay.share)
    }

    /// How long the relay is still to be left alone.
    pub fn wait(&self) -> Option<Duration> {
        self.health()
            .wait_until
            .and_then(|until| until.checked_duration_since(Instant::now()))
    }

    /// What is wrong with the relay, if it has been for a while.
    pub fn trouble(&self) -> Option<String> {
        let health = self.health();
        health
            .failing_since
            .filter(|since| since.elapsed() >= WORTH_TELLING)
            .map(|_| health.words.clone())
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
