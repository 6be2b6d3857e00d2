//! What is true in the simulated world, whatever Gazette believes: what relay and readers got, and
//! what has happened so far. Whatever breaks a promise is noted here.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use tokio::time::Instant;

use crate::plan::{Fate, Mishaps, Plan, Weather};

/// One newsletter to one reader.
pub type Delivery = (i64, i64);

/// How long the database's leave to send may be used.
const ALLOWED_FOR: u64 = 501;

/// How long a worker that is asked to stop waits for its relay.
const WIND_DOWN: u64 = 7_900;

/// The world; everything in it stands behind one lock, on one thread.
#[derive(Debug)]
pub struct World {
    began: Instant,
    state: Mutex<State>,
}

/// What happens when somebody calls.
#[derive(Debug, Clone, Copy)]
pub enum Reach {
    At(Duration),
    Refused,
    Silence,
}

#[derive(Debug)]
struct State {
    random: Rng,
    mishaps: Mishaps,
    pipelining: bool,
    weather: Weather,
    /// Whether there was weather in which a newsletter has to pause.
    may_pause: bool,
    fates: Vec<Fate>,
    tries: BTreeMap<Delivery, u32>,
    truth: BTreeMap<Delivery, Truth>,
    connections: BTreeMap<u64, Connection>,
    left_at: Vec<u64>,
    offered: i64,
    unsubscribed: BTreeMap<i64, u64>,
    /// Until when a process may be taken for dead, though it is not any more: what the relay takes
    /// from it may be sent again.
    shaky_until: BTreeMap<usize, u64>,
    story: String,
    prints: bool,
    violations: Vec<String>,
}

/// What a reader got of a newsletter.
#[derive(Debug, Default, Clone)]
pub struct Truth {
    /// How often the relay took it.
    pub accepted: u32,
    /// How often nobody but the relay can know that it did.
    pub doubts: u32,
    /// Whether it was refused in words that say nothing about whose fault it is.
    pub refused_unclearly: bool,
    message_ids: BTreeSet<String>,
}

#[derive(Debug)]
struct Connection {
    process: usize,
    hearing: Hearing,
    stopping_at: Option<u64>,
    /// Messages that were in doubt since it became deaf.
    doubts: u32,
    accepted: VecDeque<Delivery>,
    /// When the messages left that the relay has not read yet.
    left: VecDeque<u64>,
}

impl World {
    /// As the plan has it.
    pub fn new(plan: &Plan, seed: u64, prints: bool) -> Self {
        Self {
            began: Instant::now(),
            state: Mutex::new(State {
                random: Rng::with_seed(seed ^ 0x0067_617a_6574_7465),
                mishaps: plan.mishaps,
                pipelining: plan.pipelining,
                weather: Weather::Fine,
                may_pause: false,
                fates: plan.fates.clone(),
                tries: BTreeMap::new(),
                truth: BTreeMap::new(),
                connections: BTreeMap::new(),
                left_at: Vec::new(),
                offered: 0,
                unsubscribed: BTreeMap::new(),
                shaky_until: BTreeMap::new(),
                story: String::new(),
                prints,
                violations: Vec::new(),
            }),
        }
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Notes what happened.
    pub fn tell(&self, words: &str) {
        self.state().tell(self.now(), words);
    }

    /// Notes that a promise was broken.
    pub fn violated(&self, words: String) {
        self.state().violated(self.now(), words);
    }

    /// Everything that was told, and what broke a promise.
    pub fn end(&self) -> (String, Vec<String>) {
        let mut state = self.state();
        (
            std::mem::take(&mut state.story),
            std::mem::take(&mut state.violations),
        )
    }

    /// Whether anything broke a promise so far.
    pub fn is_violated(&self) -> bool {
        !self.state().violations.is_empty()
    }

    // ── the network ─────────────────────────────────────────────────────────────────────────

    /// Somebody calls the relay.
    pub fn reach(&self) -> Reach {
        let mut state = self.state();
        match state.weather {
            Weather::Down => Reach::Refused,
            Weather::Silent => Reach::Silence,
            _ => {
                let most = state.mishaps.latency.max(1);
                Reach::At(Duration::from_millis(state.random.u64(0..=most)))
            }
        }
    }

    /// A connection stands; its number.
    pub fn connected(&self, process: usize) -> u64 {
        let mut state = self.state();
        let number = state
            .connections
            .keys()
            .next_back()
            .map_or(1, |last| last + 1);
        let connection = Connection {
            process,
            hearing: Hearing::Well,
            stopping_at: None,
            doubts: 0,
            accepted: VecDeque::new(),
            left: VecDeque::new(),
        };
        state.connections.insert(number, connection);
        number
    }

    /// MAIL has left on a connection.
    pub fn message_offered(&self) {
        self.state().offered += 1;
    }

    /// How many messages were offered.
    pub fn offered(&self) -> i64 {
        self.state().offered
    }

    /// The end of a message has left on a connection.
    pub fn message_left(&self, connection: u64) {
        let now = self.now();
        let mut state = self.state();
        state.left_at.push(now);
        if let Some(connection) = state.connections.get_mut(&connection) {
            connection.left.push_back(now);
        }
    }

    /// Who takes a domain's mail.
    pub fn provider(&self, domain: &str) -> Result<String, String> {
        let mut state = self.state();
        if state.random.u32(0..1_000) < state.mishaps.dns {
            return Err("no answer".to_owned());
        }
        // Two of the domains are one provider's.
        Ok(match domain {
            "b.example" => "a.example".to_owned(),
            domain => domain.to_owned(),
        })
    }

    // ── the relay ───────────────────────────────────────────────────────────────────────────

    /// Whether it offers PIPELINING.
    pub fn pipelines(&self) -> bool {
        self.state().pipelining
    }

    /// What the relay feels like.
    pub fn weather(&self) -> Weather {
        self.state().weather
    }

    /// It changes its mind.
    pub fn set_weather(&self, weather: Weather) {
        let mut state = self.state();
        state.weather = weather;
        state.may_pause |= weather.may_pause();
        let now = self.now();
        state.tell(now, &format!("the relay: {weather:?}"));
    }

    /// No more accidents from now on.
    pub fn calm_down(&self) {
        self.state().mishaps = Mishaps::default();
    }

    /// How long the relay takes over what it is about to say, and what befalls it then.
    pub fn mishap(&self) -> (Duration, Mishap) {
        let mut state = self.state();
        let Mishaps {
            latency,
            slow,
            reset,
            hang,
            ..
        } = state.mishaps;
        let mut delay = if latency == 0 {
            0
        } else {
            state.random.u64(0..=latency)
        };
        let lot = state.random.u32(0..1_000);
        let mishap = if lot < reset {
            Mishap::Reset
        } else if lot < reset + hang {
            Mishap::Hang
        } else {
            if lot < reset + hang + slow {
                delay += state.random.u64(100..4_000);
            }
            Mishap::None
        };
        (Duration::from_millis(delay), mishap)
    }

    /// A number below `most`.
    pub fn below(&self, most: u64) -> u64 {
        self.state().random.u64(0..most)
    }

    /// What a reader's mailbox is like.
    pub fn fate(&self, reader: i64) -> Fate {
        let state = self.state();
        let at = usize::try_from(reader - 1).unwrap_or(usize::MAX);
        state.fates.get(at).copied().unwrap_or(Fate::Good)
    }

    /// How often this was tried before, of what is put off a few times.
    pub fn tried(&self, delivery: Delivery) -> u32 {
        let mut state = self.state();
        let tries = state.tries.entry(delivery).or_default();
        *tries += 1;
        *tries - 1
    }

    /// The relay refused a message in words that say nothing about whose fault it is.
    pub fn refused_unclearly(&self, delivery: Delivery) {
        self.state()
            .truth
            .entry(delivery)
            .or_default()
            .refused_unclearly = true;
    }

    /// A whole message was read: when did it leave?
    pub fn read_message(&self, connection: u64, delivery: Delivery) {
        let now = self.now();
        let mut state = self.state();
        let left = state.connections.get_mut(&connection);
        let left = left.and_then(|connection| connection.left.pop_front());
        let Some(left) = left else {
            state.violated(
                now,
                format!("the relay read a message on {connection} that never left"),
            );
            return;
        };
        if let Some(gone) = state.unsubscribed.get(&delivery.1).copied()
            && left > gone + ALLOWED_FOR
        {
            let words =
                format!("{delivery:?} left at {left}, and its reader had unsubscribed at {gone}");
            state.violated(now, words);
        }
    }

    /// The relay takes a message: it is the reader's now.
    pub fn accepted(&self, connection: u64, delivery: Delivery, message_id: &str) {
        let now = self.now();
        let mut state = self.state();
        let truth = state.truth.entry(delivery).or_default();
        truth.message_ids.insert(message_id.to_owned());
        truth.accepted += 1;
        let (copies, doubts, ids) = (truth.accepted, truth.doubts, truth.message_ids.len());
        state.tell(
            now,
            &format!("{connection}: {delivery:?} accepted, copy {copies}"),
        );
        if copies > 1 + doubts {
            let words =
                format!("{delivery:?} was mailed {copies} times and in doubt {doubts} times");
            state.violated(now, words);
        }
        if ids > 1 {
            state.violated(now, format!("{delivery:?} has {ids} Message-IDs"));
        }
        let Some(on) = state.connections.get_mut(&connection) else {
            return;
        };
        on.accepted.push_back(delivery);
        let (process, is_heard) = (on.process, on.is_heard(now));
        if !is_heard {
            state.doubt(now, connection, delivery);
        } else if state
            .shaky_until
            .get(&process)
            .is_some_and(|until| now < *until)
        {
            state.truth.entry(delivery).or_default().doubts += 1;
        }
    }

    /// The relay took a message and cannot say so any more.
    pub fn reply_lost(&self, connection: u64, delivery: Delivery) {
        let now = self.now();
        let mut state = self.state();
        let on = state.connections.get(&connection);
        // Otherwise it was counted when the relay took it, or when its process died.
        if on.is_some_and(|on| on.accepted.contains(&delivery)) {
            state.doubt(now, connection, delivery);
        }
    }

    // ── processes ───────────────────────────────────────────────────────────────────────────

    /// A process dies or stands still. What its connections had taken and the database has not heard
    /// of, by `is_recorded`, is in doubt: one message per connection at most.
    pub fn deafen(&self, process: usize, hearing: Hearing, is_recorded: impl Fn(Delivery) -> bool) {
        let now = self.now();
        let mut state = self.state();
        let mut in_doubt = Vec::new();
        for (number, connection) in &mut state.connections {
            if connection.process == process && connection.hearing != Hearing::Dead {
                connection.hearing = hearing;
                let unheard = connection.accepted.iter().filter(|one| !is_recorded(**one));
                in_doubt.extend(unheard.map(|one| (*number, *one)));
            }
        }
        for (connection, delivery) in in_doubt {
            state.doubt(now, connection, delivery);
        }
    }

    /// A process that stood still goes on. For `lease` ms more it may be taken for dead.
    pub fn hear_again(&self, process: usize, lease: u64) {
        let until = self.now() + lease;
        let mut state = self.state();
        state.shaky_until.insert(process, until);
        for connection in state.connections.values_mut() {
            if connection.process == process && connection.hearing == Hearing::Deaf {
                connection.hearing = Hearing::Well;
                connection.doubts = 0;
            }
        }
    }

    /// A process is asked to stop.
    pub fn stopping(&self, process: usize) {
        let now = self.now();
        for connection in self.state().connections.values_mut() {
            if connection.process == process {
                connection.stopping_at.get_or_insert(now);
            }
        }
    }

    // ── readers and staff ───────────────────────────────────────────────────────────────────

    /// A reader's unsubscribe was answered.
    pub fn unsubscribed(&self, reader: i64) {
        let now = self.now();
        let mut state = self.state();
        state.unsubscribed.entry(reader).or_insert(now);
        state.tell(now, &format!("reader {reader} unsubscribes"));
    }

    /// Whether a reader has unsubscribed.
    pub fn has_left(&self, reader: i64) -> bool {
        self.state().unsubscribed.contains_key(&reader)
    }

    /// What a reader got of a newsletter.
    pub fn truth(&self, delivery: Delivery) -> Truth {
        self.state()
            .truth
            .get(&delivery)
            .cloned()
            .unwrap_or_default()
    }

    /// Whether a newsletter may have paused by itself by now.
    pub fn may_pause(&self) -> bool {
        self.state().may_pause
    }

    /// When messages left.
    pub fn departures(&self) -> Vec<u64> {
        self.state().left_at.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, now: u64, words: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.story, "{now:>8} {words}");
        if self.prints {
            println!("{now:>8} {words}");
        }
    }

    fn violated(&mut self, now: u64, words: String) {
        self.tell(now, &format!("VIOLATED: {words}"));
        self.violations.push(words);
    }

    fn doubt(&mut self, now: u64, connection: u64, delivery: Delivery) {
        self.truth.entry(delivery).or_default().doubts += 1;
        self.tell(now, &format!("{connection}: {delivery:?} is in doubt"));
        let Some(on) = self.connections.get_mut(&connection) else {
            return;
        };
        // Counted once, whatever becomes of its connection and its process later.
        on.accepted.retain(|accepted| *accepted != delivery);
        on.doubts += 1;
        if on.doubts > 1 {
            let words = format!(
                "{} messages in doubt on connection {connection} at once",
                on.doubts
            );
            self.violated(now, words);
        }
    }
}

/// What a process hears of its relay's answers, and the database of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    Well,
    /// It stands still, or nothing can be written: what the relay takes, nobody hears for now.
    Deaf,
    /// It was killed.
    Dead,
}

impl Connection {
    fn is_heard(&self, now: u64) -> bool {
        let is_over = self.stopping_at.is_some_and(|at| now >= at + WIND_DOWN);
        self.hearing == Hearing::Well && !is_over
    }
}

/// What befalls the relay on its way to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    None,
    /// The connection is gone.
    Reset,
    /// It never answers.
    Hang,
}
