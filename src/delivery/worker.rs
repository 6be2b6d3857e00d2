//! A worker: claims deliveries, keeps the senders fed, and lives under a lease.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
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
    circuit_breaker::CircuitBreaker,
    delivery_error::DeliveryError,
    dkim,
    provider_throttle::ProviderThrottle,
    put_back::put_back,
    queue,
    reactor::Reactor,
    recorder::Recorder,
    relay, sender,
    signing_identity::{self, signs_as},
    trying_time::TryingTime,
    worker_process,
    worker_state::{LOOP_LIMIT, Ready, WorkerState},
};
use crate::{app::App, clock::SECOND, repeated_fault::RepeatedFault};

mod feeder;

/// How long senders may take to finish what is on the wire when the process is asked to stop.
const WIND_DOWN: Duration = Duration::from_secs(8);

/// See [`super::run`].
pub(super) async fn run(app: &App, stop: CancellationToken) -> Result<(), DeliveryError> {
    let relays = relay::open_all(app, &stop).await?;
    let signer = dkim::Signer::from_settings(&app.settings)?.map(Arc::new);
    let senders = relays.iter().map(|relay| relay.scaling.most()).sum();
    signing_identity::hold_to_key(app, signer.as_deref()).await?;
    let own = signs_as(signer.as_deref());
    if let Some(other) = worker_process::signing_otherwise(app, &own).await? {
        return Err(DeliveryError::OtherSignature { own, other });
    }
    let reactor = Reactor::start(signer.is_some(), app.environment.clone());
    let reactor = reactor.map_err(DeliveryError::Thread)?;
    let worker = register(app, &own).await?;
    let shared = Arc::new(WorkerState {
        app: app.clone(),
        recorder: Recorder::new(senders),
        throttle: ProviderThrottle::default(),
        breaker: CircuitBreaker::default(),
        relays,
        stop: stop.clone(),
        worker: AtomicI64::new(worker),
        signs_as: own,
        listening: AtomicBool::new(false),
        ready: Mutex::default(),
        in_hand: AtomicUsize::new(0),
        trying_time: TryingTime::default(),
        deadlines: Mutex::default(),
        filled: Notify::new(),
        low_watermark: Notify::new(),
    });
    tracing::info!(worker, senders, "delivery worker started");

    // The recorder outlives the senders: it ends when the last outcome is in the database.
    let senders_done = CancellationToken::new();
    let mut last = JoinSet::new();
    reactor.spawn(&mut last, record(shared.clone(), senders_done.clone()));
    reactor.spawn_beside(&mut last, beat(shared.clone(), senders_done.clone()));
    let mut tasks = JoinSet::new();
    reactor.spawn_beside(&mut tasks, feeder::feed(shared.clone()));
    reactor.spawn_beside(&mut tasks, listen(shared.clone()));
    reactor.spawn_beside(&mut tasks, name_providers(shared.clone()));
    let mut number = 0;
    for relay in &shared.relays {
        for place in 0..relay.scaling.most() {
            let sender = sender::run(shared.clone(), relay.clone(), signer.clone(), number, place);
            reactor.spawn(&mut tasks, sender);
            number += 1;
        }
    }

    stop.cancelled().await;
    let wound_down = tokio::time::timeout(WIND_DOWN, async {
        while tasks.join_next().await.is_some() {}
    });
    if wound_down.await.is_err() {
        tracing::warn!(
            "a relay or the database did not answer in time; what is in doubt is sent again later with the same Message-ID"
        );
        tasks.shutdown().await;
    }
    senders_done.cancel();
    while last.join_next().await.is_some() {}
    // The feeder does so once a second, and what was refused since stands in the database only now.
    if let Err(error) = put_back(app, &shared.breaker.tripped()).await {
        tracing::warn!(%error, "cannot put back whom the relay refused for what is not theirs; the next worker does");
    }
    for relay in &shared.relays {
        if let Err(error) = relay.rate_limit.give_back_all(app).await {
            tracing::warn!(%error, relay = relay.name, "cannot give back what was reserved of the rate limit");
        }
    }
    let deregistered = deregister(app, shared.worker()).await;
    if deregistered.is_ok() {
        // Those who go on take what it gave back.
        app.wake_delivery().await;
    }
    // Last: a connection to PostgreSQL that was opened on its thread lives no longer than that.
    app.db.queue().let_go(reactor.id()).await;
    reactor.close().await;
    deregistered?;
    tracing::info!(worker, "delivery worker stopped");
    Ok(())
}

async fn record(shared: Arc<WorkerState>, done: CancellationToken) {
    let recorder = &shared.recorder;
    recorder.run(&shared.app, || shared.worker(), done).await;
}

/// When a lease that is taken or renewed now ends.
fn lease_ends(app: &App) -> i64 {
    app.clock.now_ms() + i64::from(app.settings.worker_lease) * SECOND
}

async fn register(app: &App, signs_as: &str) -> Result<i64, DbErr> {
    queue::register(
        &app.db,
        worker_process::own(),
        signs_as,
        app.clock.now_ms(),
        lease_ends(app),
    )
    .await
}

/// Gives back what this worker holds. The queue's connection does not wait for other writers, so
/// the wait is here: a second at most, then those who come after take over.
async fn deregister(app: &App, worker: i64) -> Result<(), DbErr> {
    let mut tries = 50;
    loop {
        match queue::expire(&app.db, worker, app.clock.now_ms()).await {
            Ok(_) => return Ok(()),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => tries -= 1,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Renews the lease. A worker that was taken for dead (it slept, or the database was away) begins
/// anew under another number: what it held is no longer its own.
async fn beat(shared: Arc<WorkerState>, done: CancellationToken) {
    let app = &shared.app;
    let pulse = app.progress.part("the worker's lease", LOOP_LIMIT);
    let mut fault = RepeatedFault::default();
    let lease = Duration::from_secs(u64::from(app.settings.worker_lease));
    let mut interval = tokio::time::interval(lease / 6);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = done.cancelled() => return,
            _ = interval.tick() => {}
        }
        pulse.beat();
        match queue::renew_lease(&app.db, shared.worker(), lease_ends(app)).await {
            Ok(true) => {
                app.note_database_trouble(None);
                fault.ended();
            }
            Ok(false) => match register(app, &shared.signs_as).await {
                Ok(worker) => {
                    tracing::warn!(worker, "this worker was taken for dead; it begins anew");
                    shared.worker.store(worker, Ordering::SeqCst);
                    *shared.ready() = Ready::default();
                    shared.low_watermark.notify_one();
                }
                Err(error) if fault.is_worth_a_line() => {
                    tracing::error!(%error, "this worker was taken for dead and cannot register again; trying again");
                }
                Err(_) => {}
            },
            Err(error) => {
                app.note_trouble_in(&error);
                if fault.is_worth_a_line() {
                    tracing::error!(%error, "the worker's lease could not be renewed; trying again");
                }
            }
        }
    }
}

/// Hears from other processes on `PostgreSQL` that there is something to send. While it does not, the
/// queue is looked at more often.
async fn listen(shared: Arc<WorkerState>) {
    let app = &shared.app;
    if app.db.is_sqlite() {
        return;
    }
    let mut fault = RepeatedFault::default();
    while !shared.stop.is_cancelled() {
        let hearing = async {
            let pool = app.db.pool().get_postgres_connection_pool();
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen("gazette_delivery").await?;
            shared.listening.store(true, Ordering::SeqCst);
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
        // It had been heard: this is another fault.
        if shared.listening.swap(false, Ordering::SeqCst) {
            fault.ended();
        }
        if let Err(error) = lost
            && fault.is_worth_a_line()
        {
            tracing::warn!(%error, "cannot hear from other workers; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
            () = shared.stop.cancelled() => {}
        }
    }
}

/// Finds out whose the readers' domains are, while a provider asks for patience.
async fn name_providers(shared: Arc<WorkerState>) {
    let server = shared.app.settings.dns_server;
    let environment = shared.app.environment.as_deref();
    let providers = &shared.throttle.providers;
    let answered = || shared.filled.notify_waiters();
    providers
        .run(server, environment, &shared.stop, answered)
        .await;
}
