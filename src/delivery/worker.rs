//! A worker: claims deliveries, keeps the lanes fed, and lives under a lease.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
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
    one_offs::{self, OneOffMail},
    process,
    queue::{self, Claimed},
    reactor::Reactor,
    recorder::{Key, Recorder},
    relay::{self, Relay},
};
use crate::{
    app::App,
    clock::{MINUTE, SECOND},
    newsletters,
    office::Office,
};

/// Deliveries held in memory at most, and how many are claimed at once: a claim is a fraction of a
/// millisecond's work, so that outcomes never wait long behind one.
const READY: usize = 1_000;
const CLAIM: usize = 250;

/// How many deliveries to a slow provider are passed over in search of another.
const PASSED_OVER: usize = 100;

/// How often the worker looks after itself: who has died, what is due again, and where nobody would
/// ring, the queue.
const LOOK: Duration = Duration::from_millis(500);

/// How often the queue is looked at where everybody who fills it rings: in vain, unless a ring was
/// lost.
const LOOK_IN_VAIN: Duration = Duration::from_secs(5);

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
    /// A one-off mail.
    OneOff(OneOffMail),
}

impl Job {
    pub fn key(&self) -> Key {
        match self {
            Self::Delivery(letter, claimed, _) => Key::Delivery {
                newsletter: letter.newsletter.id,
                topic: letter.newsletter.topic_id,
                subscriber: claimed.subscriber_id,
            },
            Self::OneOff(mail) => Key::OneOff(mail.id),
        }
    }

    pub fn recipient(&self) -> &str {
        match self {
            Self::Delivery(_, claimed, _) => &claimed.email,
            Self::OneOff(mail) => &mail.recipient,
        }
    }

    /// Attempts before this one.
    pub fn attempts(&self) -> i16 {
        match self {
            Self::Delivery(_, claimed, _) => claimed.attempts,
            Self::OneOff(mail) => mail.attempts,
        }
    }

    pub fn give_up_at(&self) -> i64 {
        match self {
            Self::Delivery(letter, ..) => letter.newsletter.give_up_at,
            Self::OneOff(mail) => mail.created_at + one_offs::GIVE_UP,
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

    /// The next thing to send, if there is one now: one-off mail first.
    pub fn try_next(&self) -> Option<Job> {
        let mut ready = self.ready();
        if let Some(mail) = ready.urgent.pop_front() {
            return Some(Job::OneOff(mail));
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
            Job::OneOff(mail) => ready.urgent.push_front(mail),
            Job::Delivery(letter, claimed, _) => ready.bulk.push_front((letter, claimed)),
        }
        drop(ready);
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
    tasks.spawn(feed(shared.clone()));
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
        app.ring_delivery().await;
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
                app.delivery_bell.notify_one();
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

/// Keeps the lanes fed until the worker stops.
async fn feed(shared: Arc<Shared>) {
    let mut feeder = Feeder::default();
    let mut rung = true;
    while !shared.stop.is_cancelled() {
        let more = match feeder.round(&shared, rung).await {
            Ok(more) => more,
            Err(error) => {
                tracing::error!(%error, "cannot read the queue; trying again");
                feeder.looked_at_queue = None;
                false
            }
        };
        // Lanes that found only slow providers look again.
        shared.filled.notify_waiters();
        if more {
            rung = true;
            continue;
        }
        rung = tokio::select! {
            () = shared.hungry.notified() => true,
            () = shared.app.delivery_bell.notified() => true,
            () = tokio::time::sleep(LOOK) => false,
            () = shared.stop.cancelled() => false,
        };
    }
}

#[derive(Debug, Default)]
struct Feeder {
    letters: HashMap<i64, Arc<Letter>>,
    suspects: process::Suspects,
    looked_for_dead: Option<Instant>,
    /// When the queue was last looked at and read whole.
    looked_at_queue: Option<Instant>,
    attention: Option<String>,
    claimed_at: i64,
    lost: Vec<LostClaim>,
}

/// A claim that failed after it may have been made: the database was gone before it answered.
#[derive(Debug)]
struct LostClaim {
    /// Of a newsletter's deliveries, or of one-off mail.
    newsletter: Option<i64>,
    at: i64,
    since: Instant,
}

impl LostClaim {
    /// The server may still be at work on a statement whose connection was cut.
    const WATCHED: Duration = Duration::from_mins(1);
}

impl Feeder {
    /// One look at the queue, where there is reason for it; whether there is more to do at once.
    async fn round(&mut self, shared: &Shared, mut rung: bool) -> Result<bool, DbErr> {
        let app = &shared.app;
        let worker = shared.worker();
        if self
            .looked_for_dead
            .is_none_or(|at| at.elapsed() > Duration::from_secs(1))
        {
            self.looked_for_dead = Some(Instant::now());
            rung |= self.suspects.take_over(app).await?;
            if let Err(error) = newsletters::start_due(app).await {
                tracing::error!(%error, "cannot begin what is due");
            }
            self.show_trouble(app, &shared.relays).await?;
            shared.destinations.exchange(app).await?;
            rung |= self.give_back_lost(app, worker).await?;
            queue::sweep_cancelled(&app.db, app.clock.now_ms()).await?;
        }
        put_off(shared, worker).await?;
        if !shared.ready().bulk.is_empty() {
            for relay in &shared.relays {
                relay.openings.look(Instant::now());
            }
        }
        // O11: no mail without the sender's name and postal address. In the built-in mailbox a
        // trial may show that they are missing.
        if !app.settings.smtp_url.is_empty() && !Office::load(&app.db).await?.complete {
            return Ok(false);
        }
        if !rung && !self.has_reason(shared).await? {
            return Ok(false);
        }
        let now = self.moment(app);
        let mails = one_offs::claim(app, worker, 100, now).await;
        let mails = mails.inspect_err(|_| self.lose_claim(None, now))?;
        if !mails.is_empty() {
            shared.ready().urgent.extend(mails);
            shared.filled.notify_waiters();
        }
        let active = queue::active(&app.db).await?;
        self.letters
            .retain(|id, _| active.iter().any(|newsletter| newsletter.id == *id));
        let mut more = false;
        for newsletter in active {
            if !newsletter.enqueued {
                queue::enqueue_slice(&app.db, &newsletter, app.clock.now_ms()).await?;
                // Also behind the last slice: perhaps there is nobody to send it to.
                more = true;
            }
            let Some(letter) = self.letter(app, newsletter).await else {
                continue;
            };
            more |= self.claim(shared, &letter, worker).await?;
        }
        self.looked_at_queue = Some(Instant::now());
        Ok(more)
    }

    /// Whether the queue is to be looked at though nobody rang: something is due again, or somebody
    /// may have rung unheard.
    async fn has_reason(&self, shared: &Shared) -> Result<bool, DbErr> {
        let app = &shared.app;
        // On SQLite others may fill the queue and cannot ring.
        let is_told = !app.db.is_sqlite() && shared.hears.load(Ordering::SeqCst);
        let is_fresh = |at: Instant| at.elapsed() < LOOK_IN_VAIN;
        if !is_told || !self.looked_at_queue.is_some_and(is_fresh) {
            return Ok(true);
        }
        queue::any_due(&app.db, app.clock.now_ms()).await
    }

    async fn claim(
        &mut self,
        shared: &Shared,
        letter: &Arc<Letter>,
        worker: i64,
    ) -> Result<bool, DbErr> {
        let app = &shared.app;
        let room = READY.saturating_sub(shared.ready().bulk.len()).min(CLAIM);
        if room < CLAIM / 2 {
            return Ok(false);
        }
        let now = self.moment(app);
        let claimed = queue::claim(&app.db, &letter.newsletter, worker, room, now).await;
        let claimed = claimed.inspect_err(|_| self.lose_claim(Some(letter.newsletter.id), now))?;
        if claimed.is_empty() {
            if letter.newsletter.enqueued {
                queue::finish(&app.db, letter.newsletter.id, now).await?;
            }
            return Ok(false);
        }
        shared
            .ready()
            .bulk
            .extend(claimed.into_iter().map(|claimed| (letter.clone(), claimed)));
        shared.filled.notify_waiters();
        Ok(true)
    }

    /// The time, never the same twice: it tells one claim from another.
    fn moment(&mut self, app: &App) -> i64 {
        let now = app.clock.now_ms();
        // A clock that was set back is followed, not outrun.
        let is_near = (now..now + MINUTE).contains(&self.claimed_at);
        self.claimed_at = if is_near { self.claimed_at + 1 } else { now };
        self.claimed_at
    }

    fn lose_claim(&mut self, newsletter: Option<i64>, at: i64) {
        let since = Instant::now();
        self.lost.push(LostClaim {
            newsletter,
            at,
            since,
        });
    }

    /// What a failed claim took would be held for as long as this worker lives.
    /// Whether there was any.
    async fn give_back_lost(&mut self, app: &App, worker: i64) -> Result<bool, DbErr> {
        let mut given_back = 0;
        for lost in &self.lost {
            given_back += match lost.newsletter {
                Some(id) => queue::give_back_claim(&app.db, id, worker, lost.at).await?,
                None => one_offs::give_back_claim(app, worker, lost.at).await?,
            };
        }
        self.lost
            .retain(|lost| lost.since.elapsed() < LostClaim::WATCHED);
        Ok(given_back > 0)
    }

    /// The prepared message of a newsletter, made once. One that cannot be made pauses its
    /// newsletter with the reason; the others go on.
    async fn letter(&mut self, app: &App, newsletter: queue::Active) -> Option<Arc<Letter>> {
        if let Some(letter) = self.letters.get(&newsletter.id)
            && letter.newsletter == newsletter
        {
            return Some(letter.clone());
        }
        match Letter::prepare(app, newsletter).await {
            Ok(letter) => {
                let letter = Arc::new(letter);
                self.letters.insert(newsletter.id, letter.clone());
                Some(letter)
            }
            Err(error) => {
                tracing::error!(newsletter.id = newsletter.id, %error, "cannot prepare the message; the newsletter is paused");
                let reason = format!("The message could not be prepared: {error}");
                if let Err(error) = newsletters::stop_for(app, newsletter.id, &reason).await {
                    tracing::error!(%error, "cannot pause the newsletter");
                }
                None
            }
        }
    }

    /// While no relay takes mail, the newsletters being sent say so, to staff and on the command
    /// line.
    async fn show_trouble(&mut self, app: &App, relays: &[Arc<Relay>]) -> Result<(), DbErr> {
        let troubles: Vec<String> = relays.iter().filter_map(|relay| relay.trouble()).collect();
        let attention =
            (!troubles.is_empty() && troubles.len() == relays.len()).then(|| troubles.join("; "));
        if attention != self.attention {
            newsletters::mark_trouble(app, attention.as_deref()).await?;
            self.attention = attention;
        }
        Ok(())
    }
}

/// Puts off what is for providers that asked for patience.
async fn put_off(shared: &Shared, worker: i64) -> Result<(), DbErr> {
    let waiting = std::mem::take(&mut shared.ready().put_off);
    let mut groups: HashMap<(i64, i64), Vec<i64>> = HashMap::new();
    for (letter, claimed, until) in &waiting {
        groups
            .entry((letter.newsletter.id, *until))
            .or_default()
            .push(claimed.subscriber_id);
    }
    let now = shared.app.clock.now_ms();
    for ((newsletter, until), subscribers) in groups {
        queue::postpone(&shared.app.db, newsletter, worker, &subscribers, until, now).await?;
    }
    Ok(())
}
