//! A sender: one connection to a relay and the loop that keeps it busy.
//!
//! While the relay thinks about one message, the next one's MAIL, RCPT and DATA are already on the
//! way (RFC 2920), so a message costs one round trip. Between the reply and the next message's end
//! stands the recorder: the outcome is in the database, and the database has said that the next
//! reader still wants it, before another message is complete.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    dkim::Signer,
    outcome::{Attempt, Outcome},
    rate_limit::Announcement,
    relay::{Connected, Relay, SLOW_CONNECT_THRESHOLD},
    retry,
    smtp::{Begun, Connection, Envelope, Loss, Lost},
    transactional_queue,
    worker_state::{InHand, Job, WorkerState},
};
use crate::{delivery_state::Tls, subscribers::link::SubscriberLink};

mod reply_handling;

/// An idle connection is closed after this long: relays close theirs after five minutes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long what the database allowed is taken for true: a small part of the shortest lease.
const ALLOWED_FOR: Duration = Duration::from_millis(500);

/// How long another relay's turn may take before this one asks again.
const OTHER_RELAY_TIMEOUT: Duration = Duration::from_millis(2);

/// How long the relay, which has been told of a message, waits for its permit.
const PERMIT_WAIT: Duration = Duration::from_secs(5);

/// How long a sender waits where it may not have heard the wakeup.
const WAKEUP_TIMEOUT: Duration = Duration::from_secs(1);

/// Keeps one connection busy until the worker stops.
pub(super) async fn run(
    shared: Arc<WorkerState>,
    relay: Arc<Relay>,
    signer: Option<Arc<Signer>>,
    number: usize,
    place: usize,
) {
    let mut sender = Sender {
        shared,
        relay,
        signer,
        number,
        place,
        connection: None,
        served: 0,
        took: 0,
        current: Message::default(),
        behind: Message::default(),
        unrecorded: [None, None],
    };
    while sender.step().await {}
    sender.record().await;
    sender.hang_up().await;
}

struct Sender {
    shared: Arc<WorkerState>,
    relay: Arc<Relay>,
    signer: Option<Arc<Signer>>,
    /// Its number in the recorder.
    number: usize,
    /// Its place among the relay's connections: the last are the first to close.
    place: usize,
    connection: Option<(Connection, Connected)>,
    /// Messages that went over this connection, and of these those that the relay took.
    served: u64,
    took: u64,
    /// On the wire, or about to be.
    current: Message,
    /// Announced behind it.
    behind: Message,
    /// What is known and not yet in the database: the current message's outcome and the one behind.
    unrecorded: [Option<Attempt>; 2],
}

/// A message ready for the wire; its buffers are reused from message to message.
#[derive(Debug, Default)]
struct Message {
    job: Option<Job>,
    bytes: Vec<u8>,
    return_path: Vec<u8>,
    /// Octets as RFC 1870 counts them: without the closing dot, and without the dots that were stuffed.
    size: u64,
    /// When the database allowed it.
    allowed_at: Option<Instant>,
    /// What the relay's rate limit has for it.
    announcement: Announcement,
}

impl Message {
    /// Takes the job of a message that the relay was offered: a permit is used up.
    fn take_offered(&mut self) -> Option<Job> {
        std::mem::take(&mut self.announcement).spend();
        self.job.take()
    }

    /// Takes the job of a message that has not gone: its permit goes back.
    fn take_unsent(&mut self) -> Option<Job> {
        self.announcement = Announcement::default();
        self.job.take()
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            return_path: std::str::from_utf8(&self.return_path).unwrap_or_default(),
            recipient: self.job.as_ref().map_or("", Job::recipient),
            size: self.size,
        }
    }
}

impl Sender {
    /// From an idle connection through as many messages as there are. False when the worker stops.
    async fn step(&mut self) -> bool {
        if !self.relay.scaling.may_open(self.place) {
            self.hang_up().await;
            let relay = self.relay.clone();
            return self.rest(relay.scaling.changed(), WAKEUP_TIMEOUT).await;
        }
        if let Some(wait) = self.relay.wait() {
            return self.rest(std::future::pending(), wait).await;
        }
        let shared = self.shared.clone();
        let Some((job, _in_hand)) = self.next_job(&shared).await else {
            return false;
        };
        // Much may have changed while it waited for something to send.
        if !self.relay.scaling.may_open(self.place) || self.relay.wait().is_some() {
            self.shared.requeue_front(job);
            return true;
        }
        if !self.relay.is_its_turn(&self.shared.relays) {
            self.shared.requeue_front(job);
            return self.rest(std::future::pending(), OTHER_RELAY_TIMEOUT).await;
        }
        let Some(announcement) = self.relay.rate_limit.announce(&self.shared.app.clock) else {
            self.shared.requeue_front(job);
            let wait = self.relay.reserve(&shared.app, &shared.relays).await;
            let wait = wait.unwrap_or_else(|error| {
                // Each sender tries again and again; the feeder says that the database fails.
                tracing::debug!(%error, "cannot take from the relay's rate limit; trying again");
                WAKEUP_TIMEOUT
            });
            return self.rest(std::future::pending(), wait).await;
        };
        let Some(job) = self.open(job).await else {
            return true;
        };
        let _busy = shared.recorder.busy();
        let mut next = Some((job, announcement));
        while let Some((job, announcement)) = next.take() {
            // Otherwise it is withdrawn, paused or taken over: the recorder has seen to its row.
            if self.allowed(&job).await {
                match self.write(job, announcement, Place::Current).await {
                    Ok(()) => self.begin().await,
                    Err(attempt) => self.unrecorded[0] = Some(attempt),
                }
            }
            while self.current.job.is_some() {
                self.deliver().await;
            }
            if self.is_step_by_step() {
                next = self.take_another();
            }
        }
        self.record().await;
        shared.is_through();
        true
    }

    /// Does nothing until `until` or for as long as `most`. False when the worker stops.
    async fn rest(&self, until: impl Future<Output = ()>, most: Duration) -> bool {
        tokio::select! {
            biased;
            () = until => true,
            () = tokio::time::sleep(most) => true,
            () = self.shared.stop.cancelled() => false,
        }
    }

    /// Whether the relay takes one command at a time. Then nothing is announced behind a message:
    /// leave to send is asked when MAIL can go, not while the relay still thinks (S12).
    fn is_step_by_step(&self) -> bool {
        self.connection
            .as_ref()
            .is_some_and(|(connection, _)| !connection.capabilities().pipelining)
    }

    /// The next job; an idle connection is closed meanwhile.
    async fn next_job<'a>(&mut self, shared: &'a WorkerState) -> Option<(Job, InHand<'a>)> {
        if self.connection.is_some()
            && let Ok(job) = tokio::time::timeout(IDLE_TIMEOUT, shared.next()).await
        {
            return job;
        }
        self.hang_up().await;
        shared.next().await
    }

    /// Makes sure of a connection for `job`. Where the relay does not let us, or not at once, the
    /// job goes back: others may take it meanwhile.
    async fn open(&mut self, job: Job) -> Option<Job> {
        if self.connection.is_some() {
            return Some(job);
        }
        (self.served, self.took) = (0, 0);
        let (relay, shared) = (self.relay.clone(), self.shared.clone());
        let connecting = relay.connect(&shared.relays);
        tokio::pin!(connecting);
        if let Ok(connected) = tokio::time::timeout(SLOW_CONNECT_THRESHOLD, &mut connecting).await {
            self.connection = connected.ok();
            if self.connection.is_some() {
                return Some(job);
            }
            self.shared.requeue_front(job);
            return None;
        }
        self.shared.requeue_front(job);
        tokio::select! {
            biased;
            connected = connecting => self.connection = connected.ok(),
            () = self.shared.stop.cancelled() => {}
        }
        None
    }

    async fn hang_up(&mut self) {
        if let Some((connection, _)) = self.connection.take() {
            connection.quit().await;
        }
    }

    /// Announces the current message on a free connection.
    async fn begin(&mut self) {
        let Some((connection, _)) = &mut self.connection else {
            return;
        };
        match connection.begin(&self.current.envelope()).await {
            Ok(Begun::Open) => {}
            Ok(Begun::Refused(reply)) => {
                let job = self.current.take_offered();
                self.conclude(0, job, &reply).await;
            }
            Err(lost) => self.lose(&lost).await,
        }
        self.drop_if_closing().await;
    }

    /// Sends the current message, which the relay waits for, and announces the one behind it.
    async fn deliver(&mut self) {
        self.send_ahead().await;
        self.prepare_behind().await;
        if !self.may_leave().await {
            return;
        }
        let Some((connection, _)) = &mut self.connection else {
            return;
        };
        let next = self.behind.job.is_some().then(|| self.behind.envelope());
        match connection.deliver(&self.current.bytes, next.as_ref()).await {
            Ok(delivered) => {
                self.served += 1;
                let job = self.current.take_offered();
                self.conclude(0, job, &delivered.reply).await;
                match delivered.next {
                    Some(Begun::Open) => std::mem::swap(&mut self.current, &mut self.behind),
                    Some(Begun::Refused(reply)) => {
                        let job = self.behind.take_offered();
                        self.conclude(1, job, &reply).await;
                    }
                    // Nothing of it was taken.
                    None => self.requeue_behind(),
                }
            }
            Err(lost) => self.lose(&lost).await,
        }
        self.drop_if_closing().await;
    }

    /// Several senders keep their relay busy while some of them wait for the commit. A lone one does so
    /// by itself: all of its message but the end is on the way meanwhile.
    async fn send_ahead(&mut self) {
        if self.is_step_by_step() || !self.shared.recorder.is_alone() {
            return;
        }
        if let Some((connection, _)) = &mut self.connection {
            connection.send_ahead(&self.current.bytes).await;
        }
    }

    /// Takes the next job behind the current one: its leave is asked together with the commit of
    /// what is unrecorded, and while the database works its message is written.
    async fn prepare_behind(&mut self) {
        let job = if self.is_step_by_step() {
            None
        } else {
            self.take_another()
        };
        let ask = job.as_ref().map(|(job, _)| job.key());
        let attempts = std::mem::take(&mut self.unrecorded);
        if ask.is_none() && attempts.iter().all(Option::is_none) {
            return;
        }
        self.shared.recorder.submit(self.number, attempts, ask);
        let written = match job {
            Some((job, announcement)) => self.write(job, announcement, Place::Behind).await,
            None => Ok(()),
        };
        let allowed = self.shared.recorder.answer(self.number).await;
        match written {
            Ok(()) if allowed => self.behind.allowed_at = Some(Instant::now()),
            Ok(()) => drop(self.behind.take_unsent()),
            Err(attempt) => self.unrecorded[1] = allowed.then_some(attempt),
        }
    }

    /// The message after this one, if there is one now and this sender goes on.
    fn take_another(&self) -> Option<(Job, Announcement)> {
        let goes_on = !self.shared.stop.is_cancelled()
            && self.relay.scaling.may_open(self.place)
            && !self.relay.is_refusing()
            && self.relay.is_its_turn(&self.shared.relays);
        if !goes_on {
            return None;
        }
        let announcement = self.relay.rate_limit.announce(&self.shared.app.clock)?;
        Some((self.shared.try_next()?, announcement))
    }

    /// Whether the current message may leave now, by the relay's rate limit and by the database.
    async fn may_leave(&mut self) -> bool {
        loop {
            if !self.still_permitted().await || !self.still_allowed().await {
                return false;
            }
            if self.current.announcement.may_leave(&self.shared.app.clock) {
                return true;
            }
        }
    }

    /// Whether the relay's rate limit has a permit of this moment for the current message. Where the next is
    /// far off, the connection is dropped and the message goes back.
    async fn still_permitted(&mut self) -> bool {
        let shared = self.shared.clone();
        if self.current.announcement.may_leave(&shared.app.clock) {
            return true;
        }
        let begun = Instant::now();
        loop {
            if self.current.announcement.take_permit(&shared.app.clock) {
                return true;
            }
            let reserved = self.relay.reserve(&shared.app, &shared.relays).await;
            let wait = reserved.unwrap_or(WAKEUP_TIMEOUT);
            if begun.elapsed() + wait > PERMIT_WAIT {
                break;
            }
            tokio::time::sleep(wait).await;
        }
        if let Some(job) = self.current.take_unsent() {
            shared.requeue_front(job);
        }
        self.requeue_behind();
        self.connection = None;
        false
    }

    /// Whether the current message may still go. A process that was stopped (or a relay that took
    /// minutes over the message before) makes old news of what the database said: it is asked
    /// again, and where another worker holds the message by now, the connection is dropped, so that
    /// the relay that waits for it gets nothing.
    async fn still_allowed(&mut self) -> bool {
        let fresh = self
            .current
            .allowed_at
            .is_some_and(|at| at.elapsed() < ALLOWED_FOR);
        if fresh {
            return true;
        }
        let Some(job) = self.current.job.take() else {
            return false;
        };
        if self.allowed(&job).await {
            self.current.job = Some(job);
            self.current.allowed_at = Some(Instant::now());
            return true;
        }
        drop(self.current.take_unsent());
        self.requeue_behind();
        self.connection = None;
        false
    }

    /// Whether the database allows this message now; what is unrecorded goes with the question.
    async fn allowed(&mut self, job: &Job) -> bool {
        let attempts = std::mem::take(&mut self.unrecorded);
        self.shared
            .recorder
            .submit(self.number, attempts, Some(job.key()));
        self.shared.recorder.answer(self.number).await
    }

    /// Commits what is known.
    async fn record(&mut self) {
        let attempts = std::mem::take(&mut self.unrecorded);
        if attempts.iter().any(Option::is_some) {
            self.shared.recorder.submit(self.number, attempts, None);
            self.shared.recorder.answer(self.number).await;
        }
    }

    /// Writes the message for `job` into its place. A message that cannot be written has its outcome
    /// at once.
    async fn write(
        &mut self,
        job: Job,
        announcement: Announcement,
        place: Place,
    ) -> Result<(), Attempt> {
        let mut message = std::mem::take(self.place(place));
        message.bytes.clear();
        message.return_path.clear();
        let written = match &job {
            Job::Delivery(prepared, claimed, _) => {
                let placeholders = SubscriberLink {
                    subscriber: claimed.subscriber_id,
                    newsletter: prepared.newsletter.id,
                }
                .placeholders(&self.shared.app.keys);
                let prepared = &prepared.message;
                let placeholders = match prepared.corrects() {
                    None => placeholders,
                    Some(newsletter) => {
                        let subscriber = claimed.subscriber_id;
                        let original = SubscriberLink {
                            subscriber,
                            newsletter,
                        };
                        placeholders.answering(original, &self.shared.app.keys)
                    }
                };
                prepared.return_path(&mut message.return_path, &placeholders);
                prepared
                    .write(
                        &mut message.bytes,
                        &claimed.email,
                        &placeholders,
                        self.signer.as_deref(),
                    )
                    .map_err(|error| error.to_string())
            }
            Job::TransactionalMail(mail) => {
                transactional_queue::write(
                    &self.shared.app,
                    mail,
                    self.signer.as_deref(),
                    &mut message.bytes,
                    &mut message.return_path,
                )
                .await
            }
        };
        let result = match written {
            Ok(()) => {
                message.size = message_size(&job, &message.bytes);
                message.job = Some(job);
                message.announcement = announcement;
                message.allowed_at = Some(Instant::now());
                Ok(())
            }
            Err(words) => {
                tracing::error!(words, "a message could not be written");
                Err(Attempt {
                    key: job.key(),
                    relay: self.relay.id,
                    tls: self.tls(),
                    outcome: Outcome::Failed(0, words),
                    in_doubt: false,
                })
            }
        };
        *self.place(place) = message;
        result
    }

    fn place(&mut self, place: Place) -> &mut Message {
        match place {
            Place::Current => &mut self.current,
            Place::Behind => &mut self.behind,
        }
    }

    fn note_outcome(&mut self, place: usize, job: &Job, outcome: Outcome) {
        self.unrecorded[place] = Some(self.attempt(job, outcome));
    }

    fn attempt(&self, job: &Job, outcome: Outcome) -> Attempt {
        Attempt {
            key: job.key(),
            relay: self.relay.id,
            tls: self.tls(),
            outcome,
            in_doubt: false,
        }
    }

    /// How this sender's messages travel.
    fn tls(&self) -> Tls {
        self.connection
            .as_ref()
            .map_or(Tls::None, |(connection, _)| connection.tls())
    }

    /// The connection broke. Behind the final dot the current message is in doubt and comes again
    /// with the same Message-ID, the first time soon (S4); before it, nothing was sent. What stood
    /// behind was not taken either way.
    async fn lose(&mut self, lost: &Lost) {
        self.requeue_behind();
        // P15: a relay may close after so many messages without a word; then we just come again.
        let words = format!("relay `{}`: {}", self.relay.name, lost.why);
        let is_news = self.served == 0 && self.relay.failed(&words);
        let job = match lost.loss {
            Loss::Before => self.current.take_unsent(),
            Loss::InDoubt => self.current.take_offered(),
        };
        let Some(job) = job else {
            return;
        };
        match lost.loss {
            // The first message of a fresh connection: perhaps it is this one that the relay cannot
            // bear. It must not stand in the way of all others.
            Loss::Before if self.served == 0 => {
                let outcome = self.again(retry::after_doubt, &job, 0, &lost.why);
                self.note_outcome(0, &job, outcome);
            }
            Loss::Before => self.shared.requeue_front(job),
            Loss::InDoubt => {
                if is_news {
                    self.doubted(&job, &lost.why).await;
                }
                let outcome = self.again(retry::after_doubt, &job, 0, &lost.why);
                self.unrecorded[0] = Some(Attempt {
                    in_doubt: true,
                    ..self.attempt(&job, outcome)
                });
            }
        }
    }

    fn requeue_behind(&mut self) {
        if let Some(job) = self.behind.take_unsent() {
            self.shared.requeue_front(job);
        }
    }

    /// Lets go of a connection that the relay closes. What it had opened was not taken.
    async fn drop_if_closing(&mut self) {
        if self
            .connection
            .as_ref()
            .is_some_and(|(connection, _)| connection.is_closing())
        {
            if let Some(job) = self.current.take_unsent() {
                self.shared.requeue_front(job);
            }
            self.hang_up().await;
        }
    }
}

/// RFC 1870 §3: the message as it is, not as it travels. No line of a newsletter begins with a dot
/// (`encoding` writes it as `=2E`), so only in other mail are there dots to leave out.
fn message_size(job: &Job, wire: &[u8]) -> u64 {
    // The closing dot and its line end.
    let text = &wire[..wire.len().saturating_sub(3)];
    let stuffed = match job {
        Job::Delivery(..) => 0,
        Job::TransactionalMail(_) => text
            .split(|byte| *byte == b'\n')
            .filter(|line| line.starts_with(b".."))
            .count(),
    };
    (text.len() - stuffed) as u64
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Current,
    Behind,
}
