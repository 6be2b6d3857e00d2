//! A worker: claims deliveries, keeps the lanes fed, and lives under a lease.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    DbErr,
    sqlx::{self, postgres::PgListener},
};
use tokio::{sync::Notify, task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{
    DeliveryError,
    destinations::{Destinations, Leave, Pass},
    lane,
    letter::Letter,
    process,
    queue::{self, Claimed},
    reactor::Reactor,
    recorder::{Key, Recorder},
    relay::{self, Relay},
    transactional_queue::{self, OneOffMail},
};
use crate::{app::App, clock::SECOND};

mod feeder;

/// Deliveries held in memory at most, and how many are claimed at once: a claim is a fraction of a
/// millisecond's work, so that outcomes never wait long behind one.
const READY: usize = 1_000;
const CLAIM: usize = 250;

/// How many deliveries to a slow provider are passed over in search of another.
const PASSED_OVER: usize = 100;

/// How long lanes may take to finish what is on the wire when the process is asked to stop.
const WIND_DOWN: Duration = Duration::from_secs(8);

/// Something to send.
#[derive(Debug)]
pub(super) enum Job {
    /// A newsletter to a subscriber, with a pass where its provider takes only a few at a time.
    Delivery(
        Arc<Letter>,
        Claimed,
        #[expect(dead_code, reason = "it counts for as long as it lives")] Option<Pass>,
    ),
    /// A transactional mail.
    TransactionalMail(OneOffMail),
}

impl Job {
    pub fn key(&self) -> Key {
        match self {
            Self::Delivery(letter, claimed, _) => Key::Delivery {
                newsletter: letter.newsletter.id,
                topic: letter.newsletter.topic_id,
                subscriber: claimed.subscriber_id,
            },
            Self::TransactionalMail(mail) => Key::TransactionalMail(mail.id),
        }
    }

    pub fn recipient(&self) -> &str {
        match self {
            Self::Delivery(_, claimed, _) => &claimed.email,
            Self::TransactionalMail(mail) => &mail.recipient,
        }
    }

    /// Attempts before this one.
    pub fn attempts(&self) -> i16 {
        match self {
            Self::Delivery(_, claimed, _) => claimed.attempts,
            Self::TransactionalMail(mail) => mail.attempts,
        }
    }

    pub fn give_up_at(&self) -> i64 {
        match self {
            Self::Delivery(letter, ..) => letter.newsletter.give_up_at,
            Self::TransactionalMail(mail) => mail.created_at + transactional_queue::GIVE_UP,
        }
    }
}

/// What the tasks of a worker share.
#[derive(Debug)]
pub(super) struct Shared {
    pub app: App,
    pub recorder: Recorder,
    pub destinations: Destinations,
    pub relays: Vec<Arc<Relay>>,
    pub stop: CancellationToken,
    worker: AtomicI64,
    /// Whether other processes are heard when they ring.
    hears: AtomicBool,
    ready: Mutex<Ready>,
    filled: Notify,
    hungry: Notify,
}

#[derive(Debug, Default)]
struct Ready {
    urgent: VecDeque<OneOffMail>,
    bulk: VecDeque<(Arc<Letter>, Claimed)>,
    /// To be put off until these times: their providers asked for patience.
    put_off: Vec<(Arc<Letter>, Claimed, i64)>,
}

impl Shared {
    /// The number under which this process holds its claims.
    pub fn worker(&self) -> i64 {
        self.worker.load(Ordering::SeqCst)
    }

    /// The next thing to send, if there is one now: transactional mail first.
    pub fn try_next(&self) -> Option<Job> {
        let mut ready = self.ready();
        if let Some(mail) = ready.urgent.pop_front() {
            return Some(Job::TransactionalMail(mail));
        }
        for _ in 0..PASSED_OVER {
            let (letter, claimed) = ready.bulk.pop_front()?;
            if ready.bulk.len().is_multiple_of(CLAIM) {
                self.hungry.notify_one();
            }
            match self.destinations.leave(&claimed.email, &self.app.clock) {
                Leave::Go(pass) => return Some(Job::Delivery(letter, claimed, pass)),
                Leave::Wait(until) => ready.put_off.push((letter, claimed, until)),
                Leave::Queue => ready.bulk.push_back((letter, claimed)),
            }
        }
        None
    }

    /// The next thing to send, waiting for it. `None` when the worker stops.
    pub async fn next(&self) -> Option<Job> {
        loop {
            let filled = self.filled.notified();
            tokio::pin!(filled);
            filled.as_mut().enable();
            if self.stop.is_cancelled() {
                return None;
            }
            if let Some(job) = self.try_next() {
                return Some(job);
            }
            tokio::select! {
                () = filled => {}
                () = self.stop.cancelled() => return None,
            }
        }
    }

    /// Has the queue looked at: what a lane had in hand is done, and perhaps it was the last.
    pub fn is_through(&self) {
        self.hungry.notify_one();
    }

    /// Puts a job back that was not offered to a relay; it is the next one again.
    pub fn put_back(&self, job: Job) {
        let mut ready = self.ready();
        match job {
            Job::TransactionalMail(mail) => ready.urgent.push_front(mail),
            Job::Delivery(letter, claimed, _) => ready.bulk.push_front((letter, claimed)),
        }
        drop(ready);
        self.filled.notify_waiters();
    }

    /// Puts a delivery back behind all others: its relay takes nothing now, and another message may
    /// show sooner when it does again.
    pub fn put_behind(&self, letter: Arc<Letter>, claimed: Claimed) {
        self.ready().bulk.push_back((letter, claimed));
        self.filled.notify_waiters();
    }

    fn ready(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`super::run`].
pub(super) async fn run(app: &App, stop: CancellationToken) -> Result<(), DeliveryError> {
    let relays = relay::open_all(app, &stop).await?;
    let signer = super::signer(app)?;
    let lanes = relays.iter().map(|relay| relay.openings.most()).sum();
    let reactor = Reactor::start(signer.is_some()).map_err(DeliveryError::Thread)?;
    let worker = enlist(app).await?;
    let shared = Arc::new(Shared {
        app: app.clone(),
        recorder: Recorder::new(lanes),
        destinations: Destinations::default(),
        relays,
        stop: stop.clone(),
        worker: AtomicI64::new(worker),
        hears: AtomicBool::new(false),
        ready: Mutex::default(),
        filled: Notify::new(),
        hungry: Notify::new(),
    });
    tracing::info!(worker, lanes, "delivery worker started");

    // The recorder outlives the lanes: it ends when the last outcome is in the database.
    let lanes_done = CancellationToken::new();
    let recorder = reactor.handle().spawn({
        let (shared, lanes_done) = (shared.clone(), lanes_done.clone());
        async move {
            shared
                .recorder
                .run(&shared.app, || shared.worker(), lanes_done)
                .await;
        }
    });
    let heart = tokio::spawn(beat(shared.clone(), lanes_done.clone()));
    let mut tasks = JoinSet::new();
    tasks.spawn(feeder::feed(shared.clone()));
    tasks.spawn(listen(shared.clone()));
    tasks.spawn(name_providers(shared.clone()));
    let mut number = 0;
    for relay in &shared.relays {
        for place in 0..relay.openings.most() {
            let lane = lane::run(shared.clone(), relay.clone(), signer.clone(), number, place);
            tasks.spawn_on(lane, reactor.handle());
            number += 1;
        }
    }

    stop.cancelled().await;
    let wound_down = tokio::time::timeout(WIND_DOWN, async {
        while tasks.join_next().await.is_some() {}
    });
    if wound_down.await.is_err() {
        tracing::warn!(
            "a relay did not answer in time; what it was given is sent again later with the same Message-ID"
        );
        tasks.shutdown().await;
    }
    lanes_done.cancel();
    let _ = tokio::join!(recorder, heart);
    let resigned = resign(app, shared.worker()).await;
    if resigned.is_ok() {
        // Those who go on take what it gave back.
        app.wake_delivery().await;
    }
    // Last: a connection to PostgreSQL that was opened on its thread lives no longer than that.
    app.db.queue().let_go(reactor.handle().id()).await;
    reactor.close().await;
    resigned?;
    tracing::info!(worker, "delivery worker stopped");
    Ok(())
}

/// When a lease that is taken or renewed now ends.
fn lease_ends(app: &App) -> i64 {
    app.clock.now_ms() + i64::from(app.settings.worker_lease) * SECOND
}

async fn enlist(app: &App) -> Result<i64, DbErr> {
    queue::enlist(
        &app.db,
        &process::own(),
        app.clock.now_ms(),
        lease_ends(app),
    )
    .await
}

/// Gives back what this worker holds. The queue's connection does not wait for other writers, so
/// the wait is here: a second at most, then those who come after take over.
async fn resign(app: &App, worker: i64) -> Result<(), DbErr> {
    let mut tries = 50;
    loop {
        match queue::dismiss(&app.db, worker, app.clock.now_ms()).await {
            Ok(_) => return Ok(()),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => tries -= 1,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Renews the lease. A worker that was taken for dead (it slept, or the database was away) begins
/// anew under another number: what it held is no longer its own.
async fn beat(shared: Arc<Shared>, done: CancellationToken) {
    let app = &shared.app;
    let lease = Duration::from_secs(u64::from(app.settings.worker_lease));
    let mut interval = tokio::time::interval(lease / 6);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            () = done.cancelled() => return,
        }
        match queue::renew(&app.db, shared.worker(), lease_ends(app)).await {
            Ok(true) => {}
            Ok(false) => match enlist(app).await {
                Ok(worker) => {
                    tracing::warn!(worker, "this worker was taken for dead; it begins anew");
                    shared.worker.store(worker, Ordering::SeqCst);
                    *shared.ready() = Ready::default();
                    shared.hungry.notify_one();
                }
                Err(error) => tracing::error!(%error, "cannot enlist again"),
            },
            Err(error) => tracing::error!(%error, "cannot renew the lease"),
        }
    }
}

/// Hears from other processes on `PostgreSQL` that there is something to send. While it does not, the
/// queue is looked at more often.
async fn listen(shared: Arc<Shared>) {
    let app = &shared.app;
    if app.db.is_sqlite() {
        return;
    }
    while !shared.stop.is_cancelled() {
        let hearing = async {
            let pool = app.db.pool().get_postgres_connection_pool();
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen("gazette_delivery").await?;
            shared.hears.store(true, Ordering::SeqCst);
            loop {
                // Also when it had to connect anew, here or within: a ring may have been missed.
                app.delivery_wakeup.notify_one();
                listener.try_recv().await?;
            }
        };
        let lost: Result<(), sqlx::Error> = tokio::select! {
            lost = hearing => lost,
            () = shared.stop.cancelled() => return,
        };
        shared.hears.store(false, Ordering::SeqCst);
        if let Err(error) = lost {
            tracing::warn!(%error, "cannot hear from other workers; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
            () = shared.stop.cancelled() => {}
        }
    }
}

/// Finds out whose the readers' domains are, while a provider asks for patience.
async fn name_providers(shared: Arc<Shared>) {
    let server = shared.app.settings.dns_server;
    let providers = &shared.destinations.providers;
    providers
        .run(server, &shared.stop, || shared.filled.notify_waiters())
        .await;
}
