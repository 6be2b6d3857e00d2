//! Keeps the senders fed: looks at the queue, claims, and once a second sees to what is out of the
//! ordinary.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use sea_orm::DbErr;
use tokio::time::Instant;

use crate::{
    app::App,
    clock::MINUTE,
    db::Columns,
    delivery::{
        bouncing,
        prepared_newsletter::PreparedNewsletter,
        put_back::{put_back, put_back_in_paused},
        queue::{self, Active, Claimed},
        relay::Relay,
        transactional_queue,
        trying_time::ClockCheck,
        worker_process,
        worker_state::{CLAIM, LOOP_LIMIT, PROGRESS, READY, WorkerState},
    },
    newsletters,
    office::Office,
    repeated_fault::RepeatedFault,
};

/// How often the worker looks after itself: who has died, what is due again, and where nobody would
/// ring, the queue.
const UPKEEP_INTERVAL: Duration = Duration::from_millis(500);

/// How often it is asked on `SQLite` whether anybody has written anything.
const CHANGE_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How often the queue is looked at where everybody who fills it rings: in vain, unless a ring was
/// lost.
const EMPTY_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Deliveries that a worker claims whose relays do not work, where others may have ones that do.
const PROBE: usize = 10;

/// Keeps the senders fed until the worker stops.
pub(super) async fn feed(shared: Arc<WorkerState>) {
    let mut feeder = Feeder::default();
    let mut fault = RepeatedFault::default();
    let pulse = shared.app.progress.part(PROGRESS, LOOP_LIMIT);
    let mut notified = true;
    while !shared.stop.is_cancelled() {
        pulse.beat();
        let more = match feeder.round(&shared, notified).await {
            Ok(more) => {
                fault.ended();
                more
            }
            Err(error) => {
                if fault.is_worth_a_line() {
                    tracing::error!(%error, "cannot read the queue; trying again");
                }
                feeder.looked_at_queue = None;
                false
            }
        };
        // Senders that found only slow providers look again.
        shared.filled.notify_waiters();
        if more {
            notified = true;
            continue;
        }
        notified = tokio::select! {
            biased;
            () = shared.low_watermark.notified() => true,
            () = shared.app.delivery_wakeup.notified() => true,
            changed = feeder.changed_elsewhere(&shared) => changed,
            () = shared.stop.cancelled() => false,
        };
    }
}

/// A delivery that waits here for a sender.
type Held = (Arc<PreparedNewsletter>, Claimed);

#[derive(Debug, Default)]
struct Feeder {
    prepared: HashMap<i64, Arc<PreparedNewsletter>>,
    suspects: worker_process::Suspects,
    /// That what is due cannot be begun.
    start_fault: RepeatedFault,
    looked: Option<Instant>,
    /// Whether it was seen to what workers that are no more left behind.
    has_put_back: bool,
    /// When the queue was last looked at and read whole.
    looked_at_queue: Option<Instant>,
    /// Newsletters of which nothing can be claimed and something waits or is held.
    stuck: Vec<i64>,
    attention: Option<String>,
    /// Why nothing is sent: the clock cannot be right.
    clock_trouble: Option<String>,
    /// Whether other workers are alive.
    others_live: bool,
    /// Whether any newsletter was being sent at the last look.
    is_sending: bool,
    claimed_at: i64,
    lost: Vec<LostClaim>,
    /// `SQLite` counts what other connections have committed.
    data_version: i64,
}

/// A claim that failed after it may have been made: the database was gone before it answered.
#[derive(Debug)]
struct LostClaim {
    /// Of a newsletter's deliveries, or of transactional mail.
    newsletter: Option<i64>,
    /// The number it was made under.
    worker: i64,
    at: i64,
    since: Instant,
}

impl LostClaim {
    /// The server may still be at work on a statement whose connection was cut.
    const WATCHED_FOR: Duration = Duration::from_mins(1);
}

impl Feeder {
    /// One look at the queue, where there is reason for it; whether there is more to do at once.
    async fn round(&mut self, shared: &WorkerState, mut notified: bool) -> Result<bool, DbErr> {
        let app = &shared.app;
        let worker = shared.worker();
        if self
            .looked
            .is_none_or(|at| at.elapsed() > Duration::from_secs(1))
        {
            self.looked = Some(Instant::now());
            notified |= self.see_to_the_rest(shared, worker).await?;
        }
        deferred(shared, worker).await?;
        let is_mail_waiting = !shared.ready().bulk.is_empty();
        for relay in &shared.relays {
            relay.scaling.look(Instant::now(), is_mail_waiting);
        }
        if self.check_clock(shared, worker).await? {
            return Ok(false);
        }
        // O11: no mail without the sender's name and postal address. In the built-in mailbox a
        // trial may show that they are missing.
        if !app.settings.smtp_url.is_empty() && !Office::load(&app.db).await?.complete {
            return Ok(false);
        }
        if !notified && !self.has_reason(shared).await? {
            return Ok(false);
        }
        if self.others_live && shared.relays.iter().all(|relay| relay.is_out_of_reach()) {
            // Another worker may reach its relay.
            give_back_ready(shared, worker).await?;
            return Ok(false);
        }
        let now = self.moment(app);
        let mails = transactional_queue::claim(app, worker, 100, now).await;
        let mails = mails.inspect_err(|_| self.lose_claim(None, worker, now))?;
        if !mails.is_empty() {
            shared.ready().urgent.extend(mails);
            shared.filled.notify_waiters();
        }
        let active = queue::active(&app.db).await?;
        self.prepared
            .retain(|id, _| active.iter().any(|newsletter| newsletter.id == *id));
        let is_active = |id| active.iter().any(|newsletter| newsletter.id == id);
        shared.breaker.keep(is_active);
        give_back_standing(shared, worker, is_active).await?;
        self.is_sending = !active.is_empty();
        *shared
            .deadlines
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = active
            .iter()
            .map(|newsletter| (newsletter.id, newsletter.deadline))
            .collect();
        let mut more = false;
        self.stuck.clear();
        for newsletter in active {
            let now = app.clock.now_ms();
            if !newsletter.enqueued {
                queue::enqueue_slice(&app.db, &newsletter, now).await?;
                // Also behind the last slice: perhaps there is nobody to send it to.
                more = true;
            }
            if newsletter.deadline <= now {
                if !shared.trying_time.is_steady(&app.clock) {
                    // The next round moves it.
                    more = true;
                    continue;
                }
                more |= self.fail_past_deadline(shared, &newsletter, worker).await?;
                continue;
            }
            let Some(prepared) = self.prepared(app, newsletter).await else {
                continue;
            };
            more |= self.claim(shared, &prepared, worker).await?;
        }
        self.looked_at_queue = Some(Instant::now());
        Ok(more)
    }

    /// Waits for [`UPKEEP_INTERVAL`]; on `SQLite` no longer than until another connection has written something:
    /// other processes cannot ring there. True where that is so.
    async fn changed_elsewhere(&mut self, shared: &WorkerState) -> bool {
        let db = &shared.app.db;
        if !db.is_sqlite() {
            tokio::time::sleep(UPKEEP_INTERVAL).await;
            return false;
        }
        let until = Instant::now() + UPKEEP_INTERVAL;
        while Instant::now() < until {
            tokio::time::sleep(CHANGE_POLL_INTERVAL).await;
            let read = |row: &dyn Columns| row.integer("data_version");
            // It reads one number in memory.
            let version = db.queue().rows("PRAGMA data_version", [], read).await;
            let version = version.ok().and_then(|rows| rows.first().copied());
            if let Some(version) = version
                && std::mem::replace(&mut self.data_version, version) != version
            {
                return true;
            }
        }
        false
    }

    /// Whether the queue is to be looked at though nobody rang: something is due again, or somebody
    /// may have notified unheard.
    async fn has_reason(&self, shared: &WorkerState) -> Result<bool, DbErr> {
        let app = &shared.app;
        // On SQLite others may fill the queue and cannot ring.
        let is_told = !app.db.is_sqlite() && shared.listening.load(Ordering::SeqCst);
        let is_fresh = |at: Instant| at.elapsed() < EMPTY_POLL_INTERVAL;
        if !is_told || !self.looked_at_queue.is_some_and(is_fresh) {
            return Ok(true);
        }
        queue::any_due(&app.db, app.clock.now_ms()).await
    }

    /// What is looked at once a second; whether it put something back in the queue.
    async fn see_to_the_rest(&mut self, shared: &WorkerState, worker: i64) -> Result<bool, DbErr> {
        let app = &shared.app;
        let mut any = self.suspects.take_over(app).await?;
        match newsletters::start_due(app).await {
            Ok(_) => self.start_fault.ended(),
            Err(error) if self.start_fault.is_worth_a_line() => {
                tracing::error!(%error, "cannot begin what is due; trying again");
            }
            Err(_) => {}
        }
        if let Err(error) = newsletters::resume_due(app).await {
            tracing::error!(%error, "cannot let go on what stood for a while");
        }
        self.show_trouble(app, &shared.relays).await?;
        self.others_live = share_out(shared, worker).await?;
        for relay in &shared.relays {
            relay.note_letters(app).await?;
        }
        shared.throttle.exchange(app).await?;
        any |= self.give_back_lost(app).await?;
        put_back(app, &shared.breaker.tripped()).await?;
        if !self.has_put_back {
            // A worker that was killed may have left some.
            put_back_in_paused(app).await?;
            self.has_put_back = true;
        }
        for newsletter in &self.stuck {
            let freed = queue::free_ownerless(&app.db, *newsletter, app.clock.now_ms()).await?;
            any |= freed > 0;
        }
        any |= transactional_queue::free_ownerless(app).await? > 0;
        // SQLite crashes with us, and knows what was committed.
        if !app.db.is_sqlite() && shared.holds_nothing() {
            let now = app.clock.now_ms();
            for newsletter in &self.stuck {
                let freed = queue::free_unheld(&app.db, *newsletter, worker, now).await?;
                any |= freed > 0;
            }
            any |= transactional_queue::free_unheld(app, worker).await? > 0;
        }
        queue::sweep_cancelled(&app.db, app.clock.now_ms()).await?;
        Ok(any)
    }

    /// Gives up what waits for a newsletter whose time is over, here and in the queue (S2). What is
    /// on the wire is finished. Whether there may be more.
    async fn fail_past_deadline(
        &mut self,
        shared: &WorkerState,
        newsletter: &Active,
        worker: i64,
    ) -> Result<bool, DbErr> {
        let db = &shared.app.db;
        let now = shared.app.clock.now_ms();
        let held = shared.take_out(newsletter.id);
        let subscribers: Vec<i64> = held.iter().map(|(_, held)| held.subscriber_id).collect();
        let given_back = queue::give_back(db, newsletter.id, worker, &subscribers, now).await;
        // They are still ours, and somebody must come back to them.
        given_back.inspect_err(|_| shared.ready().bulk.extend(held))?;
        let failed_now = queue::fail_past_deadline(db, newsletter, now).await?;
        if failed_now == 0 && newsletter.enqueued {
            self.finish(shared, newsletter.id, now).await?;
        }
        Ok(failed_now > 0)
    }

    async fn finish(
        &mut self,
        shared: &WorkerState,
        newsletter: i64,
        now: i64,
    ) -> Result<(), DbErr> {
        if !queue::finish(&shared.app.db, newsletter, now).await? {
            self.stuck.push(newsletter);
            return Ok(());
        }
        shared.app.newsletter_ended.notify_waiters();
        if let Err(error) = bouncing::stop_mailing_refused(&shared.app, newsletter).await {
            // The next newsletter counts them again.
            tracing::error!(%error, "cannot count whom nothing reaches");
        }
        Ok(())
    }

    async fn claim(
        &mut self,
        shared: &WorkerState,
        prepared: &Arc<PreparedNewsletter>,
        worker: i64,
    ) -> Result<bool, DbErr> {
        let app = &shared.app;
        // While no relay works, so many show whether one does again.
        let is_stuck =
            self.others_live && shared.relays.iter().all(|relay| relay.trouble().is_some());
        let (most, least) = if is_stuck {
            (PROBE, PROBE)
        } else {
            (READY, CLAIM / 2)
        };
        let room = most.saturating_sub(shared.ready().bulk.len()).min(CLAIM);
        if room < least {
            return Ok(false);
        }
        let now = self.moment(app);
        let claimed = queue::claim(&app.db, &prepared.newsletter, worker, room, now).await;
        let claimed =
            claimed.inspect_err(|_| self.lose_claim(Some(prepared.newsletter.id), worker, now))?;
        if claimed.is_empty() {
            if prepared.newsletter.enqueued {
                self.finish(shared, prepared.newsletter.id, now).await?;
            }
            return Ok(false);
        }
        let held = claimed
            .into_iter()
            .map(|claimed| (prepared.clone(), claimed));
        {
            let mut ready = shared.ready();
            ready.bulk.extend(held);
            ready.is_refilled = true;
        }
        shared.filled.notify_waiters();
        Ok(true)
    }

    /// Compares the clock with the time that has passed. True: it cannot be right, and nothing is sent;
    /// what waits here goes back to the queue.
    async fn check_clock(&mut self, shared: &WorkerState, worker: i64) -> Result<bool, DbErr> {
        let app = &shared.app;
        let trouble = match shared.trying_time.keep(app, self.is_sending).await? {
            ClockCheck::Unbelievable(why) => Some(why),
            ClockCheck::Steady | ClockCheck::Moved => None,
        };
        if self.clock_trouble != trouble {
            if let Some(why) = &trouble {
                tracing::error!("{why}");
            }
            self.clock_trouble = trouble;
        }
        if self.clock_trouble.is_none() {
            return Ok(false);
        }
        give_back_ready(shared, worker).await?;
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

    fn lose_claim(&mut self, newsletter: Option<i64>, worker: i64, at: i64) {
        let since = Instant::now();
        self.lost.push(LostClaim {
            newsletter,
            worker,
            at,
            since,
        });
    }

    /// What a failed claim took would be held for as long as this worker lives.
    async fn give_back_lost(&mut self, app: &App) -> Result<bool, DbErr> {
        let mut given_back = 0;
        for lost in &self.lost {
            given_back += match lost.newsletter {
                Some(id) => queue::give_back_claim(&app.db, id, lost.worker, lost.at).await?,
                None => transactional_queue::give_back_claim(app, lost.worker, lost.at).await?,
            };
        }
        self.lost
            .retain(|lost| lost.since.elapsed() < LostClaim::WATCHED_FOR);
        Ok(given_back > 0)
    }

    /// The prepared message of a newsletter, made once. One that cannot be made pauses its
    /// newsletter with the reason; the others go on.
    async fn prepared(&mut self, app: &App, newsletter: Active) -> Option<Arc<PreparedNewsletter>> {
        if let Some(prepared) = self.prepared.get(&newsletter.id)
            && prepared.newsletter == newsletter
        {
            return Some(prepared.clone());
        }
        match PreparedNewsletter::prepare(app, newsletter).await {
            Ok(prepared) => {
                let prepared = Arc::new(prepared);
                self.prepared.insert(newsletter.id, prepared.clone());
                Some(prepared)
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
        let attention = self.clock_trouble.clone().or(attention);
        // What begins meanwhile is to say so, too.
        if attention != self.attention || self.clock_trouble.is_some() {
            newsletters::mark_trouble(app, attention.as_deref()).await?;
            self.attention = attention;
        }
        Ok(())
    }
}

/// Gives this worker its part of what relays, and slow providers, take of all workers together. Whether there are
/// others.
async fn share_out(shared: &WorkerState, worker: i64) -> Result<bool, DbErr> {
    let living = queue::living(&shared.app.db, shared.app.clock.now_ms()).await?;
    // A clock that jumps makes every lease look ended: until ours is renewed nothing changes.
    if let Ok(place) = living.binary_search(&worker) {
        for relay in &shared.relays {
            relay.scaling.share_among(living.len(), place);
        }
        shared.throttle.share_among(living.len(), place);
    }
    Ok(living.iter().any(|other| *other != worker))
}

/// Gives back to the queue what waits here for a sender; what senders have in hand they put off themselves.
async fn give_back_ready(shared: &WorkerState, worker: i64) -> Result<(), DbErr> {
    let app = &shared.app;
    give_back_of(shared, worker, |_| true).await?;
    let mails = std::mem::take(&mut shared.ready().urgent);
    let ids: Vec<i64> = mails.iter().map(|mail| mail.id).collect();
    let given_back = transactional_queue::give_back(app, worker, &ids).await;
    given_back.inspect_err(|_| shared.ready().urgent.extend(mails))
}

/// Gives back what waits here for newsletters that stand: a sender would ask about each message by itself. What is
/// for one that was cancelled is withdrawn by who asks.
async fn give_back_standing(
    shared: &WorkerState,
    worker: i64,
    is_active: impl Fn(i64) -> bool,
) -> Result<(), DbErr> {
    let waits_for_another = |(prepared, _): &Held| !is_active(prepared.newsletter.id);
    if !shared.ready().bulk.iter().any(waits_for_another) {
        return Ok(());
    }
    let paused = queue::paused(&shared.app.db).await?;
    give_back_of(shared, worker, |newsletter| paused.contains(&newsletter)).await
}

/// Gives back what waits here for these newsletters.
async fn give_back_of(
    shared: &WorkerState,
    worker: i64,
    is_given_back: impl Fn(i64) -> bool,
) -> Result<(), DbErr> {
    let app = &shared.app;
    let now = app.clock.now_ms();
    let waiting: BTreeSet<i64> = shared
        .ready()
        .bulk
        .iter()
        .map(|(prepared, _)| prepared.newsletter.id)
        .filter(|newsletter| is_given_back(*newsletter))
        .collect();
    for newsletter in waiting {
        let held = shared.take_out(newsletter);
        let readers: Vec<i64> = held.iter().map(|(_, held)| held.subscriber_id).collect();
        let given_back = queue::give_back(&app.db, newsletter, worker, &readers, now).await;
        given_back.inspect_err(|_| shared.ready().bulk.extend(held))?;
    }
    Ok(())
}

/// Puts off what is for providers that asked for patience.
async fn deferred(shared: &WorkerState, worker: i64) -> Result<(), DbErr> {
    let waiting = std::mem::take(&mut shared.ready().deferred);
    let mut groups: BTreeMap<(i64, i64), Vec<Held>> = BTreeMap::new();
    for (prepared, claimed, until) in waiting {
        groups
            .entry((prepared.newsletter.id, until))
            .or_default()
            .push((prepared, claimed));
    }
    let now = shared.app.clock.now_ms();
    let mut failed = Ok(());
    for ((_, until), group) in groups {
        let subscribers: Vec<i64> = group.iter().map(|(_, held)| held.subscriber_id).collect();
        let Some((prepared, _)) = group.first() else {
            continue;
        };
        let newsletter = prepared.newsletter;
        let db = &shared.app.db;
        let deferred = queue::defer_until(db, &newsletter, worker, &subscribers, until, now).await;
        if deferred.is_err() {
            // They are still ours, and somebody must come back to them.
            let back = group
                .into_iter()
                .map(|(prepared, held)| (prepared, held, until));
            shared.ready().deferred.extend(back);
            failed = deferred;
        }
    }
    failed
}

impl WorkerState {
    /// Takes out of what is held here all that is for one newsletter.
    fn take_out(&self, newsletter: i64) -> Vec<Held> {
        let mut ready = self.ready();
        let (out, rest) = std::mem::take(&mut ready.bulk)
            .into_iter()
            .partition(|(prepared, _)| prepared.newsletter.id == newsletter);
        ready.bulk = rest;
        Vec::from(out)
    }
}
