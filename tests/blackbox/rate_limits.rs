//! The rate that a relay's operator allows holds, and is used, whoever asks at the same instant: told by
//! a sink that counts, with the real program and the real clock.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};

use crate::{
    app::new_database,
    peer::{PIPELINING, Peer},
    program::Program,
    serving::approved,
};

/// What `rate_limit` makes up for at most, a fifth of a second or one message, and the one that begins it.
fn burst(rate: f64) -> f64 {
    (rate * 0.2).max(1.0) + 1.0
}

/// So late may this machine, busy with other tests, be in sending a message on or noticing it, in seconds.
const LATE: f64 = 0.1;

/// The workers divide the connections among themselves first; from then on the rate is to be used.
const SETTLED: f64 = 1.5;

/// So often is a rate that was not used tried again, in turns with no limit at all.
const ROUNDS: u32 = 4;

/// What came in a run.
struct Seen {
    /// When each message came, in seconds from the first.
    moments: Vec<f64>,
    /// For how long, in seconds, a thread with nothing to do but to wake up had to wait for the machine.
    stalled: f64,
}

/// A run at `rate` a second over so many connections, for `seconds` and a little more.
async fn run(rate: u32, is_limited: bool, connections: u16, workers: usize, seconds: u32) -> Seen {
    let peer = Peer::start(PIPELINING, |_| None).await;
    let limit = if is_limited {
        format!("&per-second={rate}")
    } else {
        String::new()
    };
    let mut program = Program::new()
        .with("GAZETTE_SMTP_URL", format!("{}{limit}", peer.url()))
        .with("GAZETTE_SMTP_CONNECTIONS", connections.to_string())
        .with("GAZETTE_DNS_SERVER", "127.0.0.1:1");
    if let Ok(server) = std::env::var("GAZETTE_TEST_POSTGRES_URL") {
        program = program.with("GAZETTE_DATABASE_URL", new_database(&server).await);
    }
    let program = program.with_office().await;
    // More than leave in the time that is watched.
    approved(&program, (rate * (seconds + 4) + 10) as usize).await;
    let serving = program.serve().await;
    let _workers: Vec<_> = (1..workers).map(|_| program.worker()).collect();
    let begun = Instant::now();
    while peer.seen().received.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let first = peer.seen().received[0].at;
    let last = f64::from(seconds) + SETTLED;
    let watch = std::thread::spawn(move || longest_stall(first + Duration::from_secs_f64(last)));
    tokio::time::sleep_until((first + Duration::from_secs_f64(last)).into()).await;
    let seen: Vec<_> = peer.seen().received.iter().map(|one| one.at).collect();
    drop(serving);
    let moments = seen
        .iter()
        .map(|at| at.saturating_duration_since(first).as_secs_f64())
        .filter(|at| *at <= last)
        .collect();
    Seen {
        moments,
        stalled: watch.join().unwrap().as_secs_f64(),
    }
}

/// How much too late a thread that only sleeps was woken at most, until `end`.
fn longest_stall(end: Instant) -> Duration {
    const NAP_TIME: Duration = Duration::from_millis(2);
    let mut longest = Duration::ZERO;
    while Instant::now() < end {
        let begun = Instant::now();
        std::thread::sleep(NAP_TIME);
        longest = longest.max(begun.elapsed().saturating_sub(NAP_TIME));
    }
    longest
}

/// How far more came than the rate in whatever stretch of time was the fullest.
fn most_above(rate: f64, moments: &[f64]) -> f64 {
    // (number of messages between) - rate × (time between) is largest from the lowest point so far.
    let (mut lowest, mut most) = (f64::MAX, 0.0_f64);
    for (number, at) in moments.iter().enumerate() {
        let ahead = number as f64 - rate * at;
        lowest = lowest.min(ahead);
        most = most.max(ahead - lowest + 1.0);
    }
    most
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_the_rate_and_one_burst_leave_and_nearly_all_of_it_is_used() {
    let is_postgres = std::env::var("GAZETTE_TEST_POSTGRES_URL").is_ok();
    let (workers, at_once) = if is_postgres { (4, 2) } else { (1, 4) };
    let watched = async |(rate, connections)| {
        let seen = run(rate, true, connections, workers, 4).await;
        (rate, connections, judge(rate, connections, 4, &seen))
    };
    let slow = [1, 5, 14].into_iter().flat_map(pairs);
    let slow = stream::iter(slow).map(watched).buffer_unordered(at_once);
    let mut cases: Vec<_> = slow.collect().await;
    // These need the machine.
    for (rate, connections) in [100, 1_000].into_iter().flat_map(pairs) {
        cases.push(watched((rate, connections)).await);
    }
    let mut faults = Vec::new();
    for (rate, connections, mut fault) in cases {
        // Where others have the machine: how many leave without any limit, in turns with it?
        let mut least_without = usize::MAX;
        for _ in 0..ROUNDS {
            let Some(Fault::TooFew(_, used)) = fault else {
                break;
            };
            let free = settled(&run(rate, false, connections, workers, 4).await.moments);
            println!("without a limit: {free}");
            least_without = least_without.min(free);
            if used as f64 > least_without as f64 * 0.8 {
                fault = None;
                break;
            }
            fault = watched((rate, connections)).await.2;
        }
        faults.extend(fault);
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What was wrong with a run.
#[derive(Debug)]
enum Fault {
    Above(#[expect(dead_code, reason = "it is printed")] String),
    TooFew(#[expect(dead_code, reason = "it is printed")] String, usize),
}

/// How many came after the beginning.
fn settled(moments: &[f64]) -> usize {
    moments.iter().filter(|at| **at > SETTLED).count()
}

fn pairs(rate: u32) -> [(u32, u16); 3] {
    [1, 10, 40].map(|connections| (rate, connections))
}

/// What is wrong with a run, if anything is.
fn judge(rate: u32, connections: u16, seconds: u32, seen: &Seen) -> Option<Fault> {
    let rate = f64::from(rate);
    let (due, most) = (rate * f64::from(seconds), most_above(rate, &seen.moments));
    let used = settled(&seen.moments);
    let run = format!("{used} at {rate} a second in {seconds} s over {connections}");
    println!(
        "{run}: {most:.1} above the rate at most, {:.3} s stalled",
        seen.stalled
    );
    // What is stalled twice, in the sender and in the sink, comes in one burst.
    if most > burst(rate) + rate * (LATE + 2.0 * seen.stalled) {
        return Some(Fault::Above(run));
    }
    // One message more or less is the edge of the time that is watched.
    ((used as f64) < due * 0.95 - 1.0).then_some(Fault::TooFew(run, used))
}
