//! What every room is handed: the database, the keys, the clock and the settings.

use std::{ops::Deref, sync::Arc};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config::Settings,
    db::{Db, Fence},
    secret::Keys,
};

/// The running instance. Clones are handles on one and the same.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] gives access to.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The secret key.
    pub keys: Keys,
    /// The time.
    pub clock: Clock,
    /// What the operator decided.
    pub settings: Settings,
    /// Rung when there is something to send, so that nobody waits for the next look.
    pub delivery_wakeup: Arc<Notify>,
    /// Rung when the scheduler should look at once: a source was added, a newsletter approved.
    pub scheduler_wakeup: Arc<Notify>,
    /// Cancelled when the process is asked to stop.
    pub shutdown: CancellationToken,
}

impl App {
    /// Opens the database and the key that belongs to it.
    ///
    /// # Errors
    /// One clear line: see [`crate::db::DbError`] and [`crate::secret::KeyError`]; also when the
    /// database was made with another secret key, because then no mailed link would work.
    pub async fn open(settings: Settings, clock: Clock) -> anyhow::Result<Self> {
        let db = Db::open(&settings.database_url).await?;
        let keys = match &settings.secret_key {
            Some(hex) => Keys::from_hex(hex)?,
            None => Keys::from_file(&Db::beside(&settings.database_url, "gazette.key"))?,
        };
        crate::office::hold_to_key(&db, &keys, clock.now_ms()).await?;
        Ok(Self(Arc::new(Parts {
            db,
            keys,
            clock,
            settings,
            delivery_wakeup: Arc::default(),
            scheduler_wakeup: Arc::default(),
            shutdown: CancellationToken::new(),
        })))
    }

    /// Wakes who sends, here and in the other workers. Call it after the commit. Where it fails they
    /// look by themselves a little later.
    pub async fn wake_delivery(&self) {
        self.delivery_wakeup.notify_one();
        if !self.db.is_sqlite() {
            let _ = self.db.execute("NOTIFY gazette_delivery", []).await;
        }
    }

    /// The same instance for who works under a lease: its transactions, and the statements that go
    /// through [`Db::execute`], fail once somebody else holds the lease.
    #[must_use]
    pub fn fenced(&self, fence: Fence) -> Self {
        Self(Arc::new(Parts {
            db: self.db.fenced(fence),
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            settings: self.settings.clone(),
            delivery_wakeup: self.delivery_wakeup.clone(),
            scheduler_wakeup: self.scheduler_wakeup.clone(),
            shutdown: self.shutdown.clone(),
        }))
    }

    /// A link below the public URL; `path` begins with a slash.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        self.settings.public_url.link(path)
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
