//! What every room is handed: the database, the keys, the clock and the settings.

use std::{
    ops::Deref,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config::Settings,
    db::{Db, Fence},
    environment::Environment,
    instance_identity,
    kept_answers::KeptAnswers,
    progress::Progress,
    secret::{KeyError, Keys},
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
    /// Rung when a newsletter has ended in this process, for who follows it here.
    pub newsletter_ended: Arc<Notify>,
    /// Grows with each commit of outcomes in this process: who follows a newsletter counts anew only then.
    pub deliveries_recorded: Arc<AtomicU64>,
    /// Rung when the scheduler should look at once: a source was added, a newsletter approved.
    pub scheduler_wakeup: Arc<Notify>,
    /// What the pages of newsletters say of their whole audience, as JSON, by newsletter and topic.
    pub audience_counts: Arc<KeptAnswers<(i64, i64), String>>,
    /// Cancelled when the process is asked to stop.
    pub shutdown: CancellationToken,
    /// Whether the parts of this process go on.
    pub progress: Progress,
    /// A simulation's; `None`: the system.
    pub environment: Option<Arc<dyn Environment>>,
    /// What to do about the database, while the scheduler cannot write to it.
    pub(crate) trouble: Arc<Mutex<Option<&'static str>>>,
}

/// The key that stands in the settings, for who keeps it in no file.
fn given_key(settings: &Settings) -> Result<Option<Keys>, KeyError> {
    settings
        .secret_key
        .as_deref()
        .map(Keys::from_hex)
        .transpose()
}

impl App {
    /// Opens the database and the key that belongs to it.
    ///
    /// # Errors
    /// One clear line: see [`crate::db::DbError`] and [`crate::secret::KeyError`]; also when the
    /// database was made with another secret key, because then no mailed link would work.
    pub async fn open(settings: Settings, clock: Clock) -> anyhow::Result<Self> {
        let given = given_key(&settings)?;
        let key_file = Db::beside(&settings.database_url, "gazette.key");
        if given.is_none() {
            // A key without its database: the database is lost, not yet to be made.
            Db::must_exist_beside(&settings.database_url, &key_file)?;
        }
        let db = Db::open(&settings.database_url).await?;
        Box::pin(Self::on(db, given, &key_file, settings, clock, None)).await
    }

    /// The same for a command that makes no database: where there is none, it says where one was
    /// looked for.
    ///
    /// # Errors
    /// See [`App::open`].
    pub async fn open_existing(settings: Settings, clock: Clock) -> anyhow::Result<Self> {
        let given = given_key(&settings)?;
        let key_file = Db::beside(&settings.database_url, "gazette.key");
        let db = Db::open_existing(&settings.database_url).await?;
        Box::pin(Self::on(db, given, &key_file, settings, clock, None)).await
    }

    /// The secret key, where it is given or stands beside the database, for what needs no database.
    ///
    /// # Errors
    /// It is damaged, or not its owner's alone.
    pub fn key_at_hand(settings: &Settings) -> Result<Option<Keys>, KeyError> {
        let key_file = Db::beside(&settings.database_url, "gazette.key");
        match given_key(settings)? {
            None if key_file.exists() => Keys::from_known_file(&key_file).map(Some),
            given => Ok(given),
        }
    }

    /// One process of a simulation, on a database that is open and migrated. The secret key stands in
    /// the settings.
    ///
    /// # Errors
    /// See [`App::open`].
    pub async fn simulated(
        settings: Settings,
        clock: Clock,
        db: Db,
        environment: Arc<dyn Environment>,
    ) -> anyhow::Result<Self> {
        let given = given_key(&settings)?;
        let key_file = Path::new("gazette.key");
        Box::pin(Self::on(
            db,
            given,
            key_file,
            settings,
            clock,
            Some(environment),
        ))
        .await
    }

    /// Takes over what all processes share from these settings, whatever the database knew before.
    ///
    /// # Errors
    /// See [`App::open`].
    pub async fn adopt(settings: &Settings, clock: &Clock) -> anyhow::Result<()> {
        let db = Db::open_existing(&settings.database_url).await?;
        instance_identity::adopt_public_url(&db, &settings.public_url, clock.now_ms()).await?;
        Ok(())
    }

    async fn on(
        db: Db,
        given: Option<Keys>,
        key_file: &Path,
        mut settings: Settings,
        clock: Clock,
        environment: Option<Arc<dyn Environment>>,
    ) -> anyhow::Result<Self> {
        let keys = match given {
            Some(keys) => keys,
            None if instance_identity::has_key(&db).await? => Keys::from_known_file(key_file)?,
            None => Keys::from_file(key_file)?,
        };
        instance_identity::hold_to_key(&db, &keys, clock.now_ms()).await?;
        let keys = keys.naming_plainly_to(instance_identity::plain_message_ids_to(&db).await?);
        let now = clock.now_ms();
        settings.public_url =
            instance_identity::hold_to_public_url(&db, settings.public_url, now).await?;
        Ok(Self(Arc::new(Parts {
            db,
            keys,
            clock,
            settings,
            delivery_wakeup: Arc::default(),
            newsletter_ended: Arc::default(),
            deliveries_recorded: Arc::default(),
            scheduler_wakeup: Arc::default(),
            audience_counts: Arc::default(),
            shutdown: CancellationToken::new(),
            progress: Progress::default(),
            environment,
            trouble: Arc::default(),
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

    /// What is wrong with the database since something was last written to it, and what to do.
    #[must_use]
    pub fn database_trouble(&self) -> Option<&'static str> {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers it, or with `None` that all is well again.
    pub fn note_database_trouble(&self, trouble: Option<&'static str>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Remembers what is wrong with the database where that is why something failed.
    pub fn note_trouble_in(&self, error: &(dyn std::error::Error + 'static)) {
        if let Some(trouble) = crate::db::trouble(error) {
            self.note_database_trouble(Some(trouble));
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
            newsletter_ended: self.newsletter_ended.clone(),
            deliveries_recorded: self.deliveries_recorded.clone(),
            scheduler_wakeup: self.scheduler_wakeup.clone(),
            audience_counts: self.audience_counts.clone(),
            shutdown: self.shutdown.clone(),
            progress: self.progress.clone(),
            environment: self.environment.clone(),
            trouble: self.trouble.clone(),
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
