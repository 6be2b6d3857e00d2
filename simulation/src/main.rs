//! Gazette's delivery engine in a simulated world.
//!
//! The whole engine runs as it is: workers, connections, recorder, rate limit. The time is tokio's
//! paused time, the network is pipes, and the relay, the clocks and the processes misbehave as a seed
//! has it. The same seed makes the same story, so whatever breaks a promise can be looked at again.
//!
//! ```text
//! cargo run -p simulation -- --seeds 2000      seeds 1 to 2000
//! cargo run -p simulation -- --seed 17         seed 17, told as it happens
//! ```
//!
//! * [`plan`]: what a seed decides beforehand
//! * [`story`]: one seed from beginning to end
//! * [`world`]: what is true, whatever Gazette believes; [`promises`]: held against it
//! * [`relay`], [`process`], [`database`]: what Gazette meets

use std::{
    cell::Cell,
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Parser;

mod database;
mod plan;
mod process;
mod promises;
mod relay;
mod story;
mod world;

use database::Template;

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
    /// One seed alone: its story is told
    #[arg(long)]
    seed: Option<u64>,
    /// What Gazette logs, too
    #[arg(long, requires = "seed")]
    log: bool,
    /// At once; default: one per processor
    #[arg(long)]
    threads: Option<usize>,
}

thread_local! {
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// Whether anything has panicked on this thread since this was last asked. Tasks that do so end, and
/// nobody else notices.
fn has_panicked() -> bool {
    PANICKED.replace(false)
}

fn main() -> Result<()> {
    let line = Line::parse();
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICKED.set(true);
        say(panic);
    }));
    let template = Template::make(|url| story::settings(url, &[]))?;
    if let Some(seed) = line.seed {
        if line.log {
            let log = tracing_subscriber::fmt()
                .without_time()
                .with_writer(std::io::stdout);
            log.with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
                .init();
        }
        let ended = story::run(&template, seed, true)?;
        for violation in &ended.violations {
            println!("seed {seed}: {violation}");
        }
        std::process::exit(i32::from(!ended.violations.is_empty()));
    }
    let begun = Instant::now();
    let next = AtomicU64::new(line.from);
    let last = line.from + line.seeds;
    let running: Mutex<BTreeMap<u64, Instant>> = Mutex::default();
    let failed: Mutex<BTreeMap<u64, Vec<String>>> = Mutex::default();
    let simulated = AtomicU64::new(0);
    let threads = line
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let threads = threads.unwrap_or(1).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= last {
                            return;
                        }
                        lock(&running).insert(seed, Instant::now());
                        let violations = one(&template, seed, &simulated);
                        lock(&running).remove(&seed);
                        if !violations.is_empty() {
                            println!("seed {seed}: {}", violations[0]);
                            lock(&failed).insert(seed, violations);
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
    println!(
        "{} seeds from {}, {} simulated hours in {:.0} s: {} broke a promise",
        line.seeds,
        line.from,
        simulated.load(Ordering::Relaxed) / 3_600_000,
        begun.elapsed().as_secs_f32(),
        failed.len()
    );
    if let Some(seed) = failed.keys().next() {
        println!("its story: cargo run -p simulation -- --seed {seed} --log");
        std::process::exit(1);
    }
    Ok(())
}

/// What broke a promise with this seed.
fn one(template: &Template, seed: u64, simulated: &AtomicU64) -> Vec<String> {
    let ended = match story::run(template, seed, false) {
        Ok(ended) => ended,
        Err(error) => return vec![format!("it could not be simulated: {error:#}")],
    };
    simulated.fetch_add(ended.took, Ordering::Relaxed);
    let mut violations = ended.violations;
    if seed.is_multiple_of(TWICE) {
        let again = story::run(template, seed, false).map(|again| mark(&again.story));
        if again.ok() != Some(mark(&ended.story)) {
            violations.push("its story is another one each time".to_owned());
        }
    }
    violations
}

fn mark(story: &str) -> u64 {
    let mut mark = DefaultHasher::new();
    story.hash(&mut mark);
    mark.finish()
}

/// A thread that panicked has said so.
fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
