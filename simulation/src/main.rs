//! Gazette's delivery engine in a simulated world.
//!
//! The whole engine runs as it is: workers, connections, recorder, rate limit. The time is tokio's
//! paused time, the network is pipes, and the relay, the clocks and the processes misbehave as a seed
//! has it. The same seed makes the same story, so whatever breaks a promise can be looked at again.
//!
//! ```text
//! cargo run -p simulation -- --seeds 2000      seeds 1 to 2000
//! cargo run -p simulation -- --seed 17         seed 17, told as it happens
//! cargo run -p simulation -- --sabotage        whether it finds the faults that are built in on purpose
//! ```
//!
//! * [`plan`]: what a seed decides beforehand
//! * [`story`]: one seed from beginning to end
//! * [`world`]: what is true, whatever Gazette believes; [`promises`]: held against it
//! * [`relay`], [`process`], [`database`]: what Gazette meets; [`panics`]: whether it panicked
//! * [`sabotage`]: faults on purpose

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::{Parser, ValueEnum};

mod database;
mod panics;
mod plan;
mod process;
mod promises;
mod relay;
mod sabotage;
mod story;
mod world;

use database::Template;
use sabotage::Sabotage;
use story::Ended;

/// A seed that takes longer than this goes in circles.
const SEED_TIMEOUT: Duration = Duration::from_mins(2);

/// Every so many seeds one is run twice: the story must be the same.
const TWICE: u64 = 25;

/// Runs Gazette's delivery engine in a simulated world.
#[derive(Debug, Parser)]
struct Line {
    /// How many seeds
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Begin none after so many seconds
    #[arg(long)]
    within: Option<u64>,
    /// One seed alone: its story is told
    #[arg(long)]
    seed: Option<u64>,
    /// See that each fault that is built in on purpose is found; with --seed one of them, in its story
    #[arg(long, value_name = "FAULT", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "a flag that may have a value")]
    sabotage: Option<Option<Sabotage>>,
    /// What Gazette logs, too
    #[arg(long, requires = "seed")]
    log: bool,
    /// At once; default: one per processor
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> Result<()> {
    let line = Line::parse();
    panics::watch();
    let template = Template::make(|url| story::settings(url, &[]))?;
    let is_well = match (line.seed, line.sabotage) {
        (Some(seed), fault) => tell(&template, seed, fault.flatten(), line.log)?,
        (None, Some(fault)) => finds(&template, fault, line.seeds)?,
        (None, None) => search(&template, &line),
    };
    // Its folder lies in memory.
    drop(template);
    std::process::exit(i32::from(!is_well));
}

/// Tells one seed's story. Whether no promise was broken.
fn tell(template: &Template, seed: u64, sabotage: Option<Sabotage>, log: bool) -> Result<bool> {
    if log {
        let log = tracing_subscriber::fmt()
            .without_time()
            .with_writer(std::io::stdout);
        log.with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
            .init();
    }
    let ended = story::run(template, seed, sabotage, true)?;
    for violation in &ended.violations {
        println!("seed {seed}: {violation}");
    }
    Ok(ended.violations.is_empty())
}

/// Whether each fault on purpose is found within so many seeds, and its story is the same the second time.
fn finds(template: &Template, only: Option<Sabotage>, seeds: u64) -> Result<bool> {
    let mut is_well = true;
    for fault in Sabotage::value_variants() {
        if only.is_some_and(|only| only != *fault) {
            continue;
        }
        let mut found = None;
        for seed in 1..=seeds {
            let ended = story::run(template, seed, Some(*fault), false)?;
            if !ended.violations.is_empty() {
                found = Some((seed, ended));
                break;
            }
        }
        let Some((seed, ended)) = found else {
            println!("{fault:?}: NOT FOUND in {seeds} seeds");
            is_well = false;
            continue;
        };
        let again = story::run(template, seed, Some(*fault), false)?;
        let replays = again.story == ended.story;
        is_well &= replays;
        println!(
            "{fault:?}: found by seed {seed}: {}{}",
            ended.violations[0],
            if replays {
                ""
            } else {
                "; ITS STORY IS ANOTHER ONE THE SECOND TIME"
            }
        );
    }
    Ok(is_well)
}

/// Runs seed after seed. Whether no promise was broken.
fn search(template: &Template, line: &Line) -> bool {
    let begun = Instant::now();
    let within = line.within.map_or(Duration::MAX, Duration::from_secs);
    let next = AtomicU64::new(line.from);
    let last = line.from + line.seeds;
    let running: Mutex<BTreeMap<u64, Instant>> = Mutex::default();
    let failed: Mutex<BTreeMap<u64, Failed>> = Mutex::default();
    let (simulated, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = line
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let threads = threads.unwrap_or(1).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while begun.elapsed() < within {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= last {
                            return;
                        }
                        lock(&running).insert(seed, Instant::now());
                        let failure = one(template, seed, &simulated);
                        lock(&running).remove(&seed);
                        done.fetch_add(1, Ordering::Relaxed);
                        if let Some(failure) = failure {
                            println!("seed {seed}: {}", failure.violation);
                            lock(&failed).insert(seed, failure);
                        }
                    }
                })
            })
            .collect();
        while workers.iter().any(|worker| !worker.is_finished()) {
            std::thread::sleep(Duration::from_millis(50));
            for (seed, since) in lock(&running).iter() {
                if since.elapsed() > SEED_TIMEOUT {
                    println!("seed {seed}: it goes in circles, and its time stands still");
                    std::process::exit(1);
                }
            }
        }
    });
    let failed = lock(&failed);
    if let Some((seed, failure)) = failed.first_key_value() {
        println!("the story of seed {seed}:\n{}", failure.story);
        println!("with what Gazette logs: cargo run -p simulation -- --seed {seed} --log");
    }
    println!(
        "{} seeds from {}, {} simulated hours in {:.0} s: {} broke a promise",
        done.load(Ordering::Relaxed),
        line.from,
        simulated.load(Ordering::Relaxed) / 3_600_000,
        begun.elapsed().as_secs_f32(),
        failed.len()
    );
    failed.is_empty()
}

/// A promise that was broken.
struct Failed {
    violation: String,
    story: String,
}

/// What broke a promise with this seed. What failed is run a second time, and so is a part of the others:
/// the story must be the same.
fn one(template: &Template, seed: u64, simulated: &AtomicU64) -> Option<Failed> {
    let run = || story::run(template, seed, None, false);
    let (violation, story) = match run() {
        Ok(Ended {
            story,
            violations,
            took,
        }) => {
            simulated.fetch_add(took, Ordering::Relaxed);
            (violations.into_iter().next(), story)
        }
        Err(error) => {
            let violation = format!("it could not be simulated: {error:#}");
            (Some(violation), String::new())
        }
    };
    let mut violations = Vec::from_iter(violation);
    if (!violations.is_empty() || seed.is_multiple_of(TWICE))
        && run().is_ok_and(|again| again.story != story)
    {
        violations.push("its story is another one each time".to_owned());
    }
    (!violations.is_empty()).then(|| Failed {
        violation: violations.join("; "),
        story,
    })
}

/// A thread that panicked has said so.
fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
