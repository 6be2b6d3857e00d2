//! What a seed decides beforehand: who the readers are, how the relay is, and what happens when.

use fastrand::Rng;
use jiff::Timestamp;

/// When every story begins: 2026-11-02 15:00 UTC.
pub const START: Timestamp = Timestamp::constant(1_793_631_600, 0);

/// A whole story's outline.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Of reader 1, 2, …
    pub fates: Vec<Fate>,
    /// How many newsletters, and how late each begins, in ms.
    pub newsletters: Vec<u64>,
    /// How many processes work the queue.
    pub processes: usize,
    /// Connections to the relay, over all of them.
    pub connections: u16,
    /// Messages a second that the relay allows.
    pub rate: Option<u32>,
    /// Seconds.
    pub lease: u16,
    /// Whether the relay offers it.
    pub pipelining: bool,
    /// What may go wrong at any time.
    pub mishaps: Mishaps,
    /// What happens when, in ms, in order.
    pub events: Vec<(u64, Event)>,
    /// From then on nothing goes wrong any more.
    pub calm_from: u64,
    /// How often the clock is set.
    pub clock_settings: usize,
    /// Whether every process ends in order, on a database that answers: then it gives back what it has of
    /// the rate limit.
    pub is_orderly: bool,
}

/// A reader's mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Good,
    Unknown,
    Full,
    /// So many times.
    Greylisting(u32),
}

impl Fate {
    /// Whether a message may fail for it.
    pub fn may_fail(self) -> bool {
        matches!(self, Self::Unknown | Self::Full)
    }
}

/// What the relay says, whoever it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fine,
    Down,
    Silent,
    Closing,
    Busy,
    BusyAtEnd,
    RelayDenied,
    NotVerified,
    QuotaAtMail,
    QuotaAtData,
    RateOfProvider,
    Unclear,
}

impl Weather {
    /// Whether newsletters pause in it.
    pub fn may_pause(self) -> bool {
        matches!(
            self,
            Self::RelayDenied
                | Self::NotVerified
                | Self::QuotaAtMail
                | Self::QuotaAtData
                | Self::Unclear
        )
    }
}

/// How often accidents happen: of a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mishaps {
    /// An answer takes up to so many ms.
    pub latency: u64,
    /// It takes seconds.
    pub slow: u32,
    /// The connection is gone.
    pub reset: u32,
    /// It never comes.
    pub hang: u32,
    /// The name servers do not answer.
    pub dns: u32,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// SIGKILL; it is started again by the next `Start`.
    Kill(usize),
    /// SIGTERM.
    Stop(usize),
    Start(usize),
    /// SIGSTOP, for so many ms.
    Hold(usize, u64),
    /// The clock of the machine is set by so many ms.
    SetClock(i64),
    Weather(Weather),
    /// Another program writes to the database, for so many ms.
    LockDatabase(u64),
    /// Nothing can be written by this process, for so many ms.
    FailDatabase(usize, u64),
    Unsubscribe(i64),
    Pause(i64),
    Cancel(i64),
}

impl Plan {
    /// The seed's.
    pub fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let readers = random.usize(5..=60);
        let mut fates = Vec::new();
        for _ in 0..readers {
            fates.push(match random.u32(0..100) {
                0..4 => Fate::Unknown,
                4..6 => Fate::Full,
                6..12 => Fate::Greylisting(random.u32(1..=3)),
                _ => Fate::Good,
            });
        }
        let newsletters = random.usize(1..=3);
        let newsletters = (0..newsletters)
            .map(|at| at as u64 * random.u64(1..20_000))
            .collect();
        let processes = random.usize(1..=3);
        let rates = [None, None, None, Some(1), Some(5), Some(14), Some(100)];
        let troubles = random.u32(0..=3);
        let mishaps = Mishaps {
            latency: [0, 1, 5, 20, 200][random.usize(0..5)],
            slow: random.u32(0..10) * troubles.min(1),
            reset: random.u32(0..8) * troubles,
            hang: random.u32(0..2) * troubles.min(1),
            dns: random.u32(0..300),
        };
        let calm_from = random.u64(5_000..90_000);
        let mut plan = Self {
            fates,
            newsletters,
            processes,
            connections: random.u16(1..=8),
            rate: rates[random.usize(0..rates.len())],
            lease: random.u16(2..=6),
            pipelining: random.u32(0..4) > 0,
            mishaps,
            events: Vec::new(),
            calm_from,
            clock_settings: 0,
            is_orderly: true,
        };
        let many = random.usize(0..=14);
        for _ in 0..many {
            let at = random.u64(0..calm_from);
            plan.happen(&mut random, at);
        }
        plan.events.sort_by_key(|(at, _)| *at);
        let sets = |(_, event): &&(u64, Event)| matches!(event, Event::SetClock(_));
        plan.clock_settings = plan.events.iter().filter(sets).count();
        plan.is_orderly = !plan.events.iter().any(|(_, event)| {
            matches!(
                event,
                Event::Kill(_)
                    | Event::Hold(..)
                    | Event::SetClock(_)
                    | Event::LockDatabase(_)
                    | Event::FailDatabase(..)
            )
        });
        plan
    }

    fn happen(&mut self, random: &mut Rng, at: u64) {
        const WEATHERS: [Weather; 11] = [
            Weather::Down,
            Weather::Silent,
            Weather::Closing,
            Weather::Busy,
            Weather::BusyAtEnd,
            Weather::RelayDenied,
            Weather::NotVerified,
            Weather::QuotaAtMail,
            Weather::QuotaAtData,
            Weather::RateOfProvider,
            Weather::Unclear,
        ];
        let process = random.usize(0..self.processes);
        let soon = at + random.u64(10..15_000);
        let newsletter = random.i64(1..=self.newsletters.len() as i64);
        match random.u32(0..100) {
            0..30 => {
                self.events.push((at, Event::Kill(process)));
                self.events.push((soon, Event::Start(process)));
            }
            30..40 => {
                self.events.push((at, Event::Stop(process)));
                self.events.push((soon, Event::Start(process)));
            }
            40..50 => {
                let long = random.u64(10..15_000);
                self.events.push((at, Event::Hold(process, long)));
            }
            50..57 => {
                let sizes = [-60_000, -1_500, 1_500, 60_000, 600_000, 86_400_000];
                // What is set back takes as long to wait for, second by second: an hour of it costs as much as
                // twenty other stories.
                let by = match random.u32(0..400) {
                    0 => -3_600_000,
                    1..10 => -300_000,
                    _ => sizes[random.usize(0..sizes.len())],
                };
                self.events.push((at, Event::SetClock(by)));
            }
            57..77 => {
                let mut weather = WEATHERS[random.usize(0..WEATHERS.len())];
                // Its ten minutes are long.
                if weather == Weather::RateOfProvider && random.u32(0..8) > 0 {
                    weather = Weather::Busy;
                }
                self.events.push((at, Event::Weather(weather)));
                self.events.push((soon, Event::Weather(Weather::Fine)));
            }
            77..82 => self
                .events
                .push((at, Event::LockDatabase(random.u64(5..3_000)))),
            82..87 => {
                let long = random.u64(5..10_000);
                self.events.push((at, Event::FailDatabase(process, long)));
            }
            87..95 => {
                let reader = random.i64(1..=self.fates.len() as i64);
                self.events.push((at, Event::Unsubscribe(reader)));
            }
            95..99 => self.events.push((at, Event::Pause(newsletter))),
            _ => self.events.push((at, Event::Cancel(newsletter))),
        }
    }
}
