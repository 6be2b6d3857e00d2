//! Whether a way of reading something takes four times as long for four times as much, or sixteen times.
//!
//! What is compared is the time that this thread had of the processor, as a ratio between two sizes
//! of the same input: how fast the machine is and what else runs on it do not count.

use std::{fs, time::Instant};

const TIMES: usize = 4;

/// Linear is [`TIMES`], quadratic its square.
const MOST_TIMES: f64 = 10.0;

/// What is over sooner says nothing about a ratio.
const MOMENT_MS: f64 = 60.0;

/// Milliseconds that this thread had of the processor; where the system does not tell, of the clock.
pub(super) struct Stopwatch {
    begun: Instant,
    had: Option<f64>,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self {
            begun: Instant::now(),
            had: Self::had_ms(),
        }
    }

    fn had_ms() -> Option<f64> {
        let said = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds: f64 = said.split(' ').next()?.parse().ok()?;
        Some(nanoseconds / 1e6)
    }

    pub(super) fn ms(&self) -> f64 {
        match (self.had, Self::had_ms()) {
            (Some(before), Some(now)) => now - before,
            _ => self.begun.elapsed().as_secs_f64() * 1e3,
        }
    }
}

fn took_ms(source: &str, read: &dyn Fn(&str)) -> f64 {
    let watch = Stopwatch::start();
    read(source);
    watch.ms()
}

/// What is wrong with `read`; nothing: four times what `make(1)` gives took about four times as long.
pub(super) fn grows_too_fast(
    name: &str,
    make: &dyn Fn(usize) -> String,
    read: &dyn Fn(&str),
) -> Option<String> {
    let (small, large) = (make(1), make(TIMES));
    let mut least = f64::MAX;
    // Memory that is asked for the first time and a busy machine's caches make single runs slow.
    for _ in 0..3 {
        let (once, more) = (took_ms(&small, read), took_ms(&large, read));
        least = least.min(more / once.max(MOMENT_MS / TIMES as f64));
        if least <= MOST_TIMES {
            return None;
        }
    }
    Some(format!(
        "{name}: {least:.1} times as long for {TIMES} times as much"
    ))
}

/// A step that looks at everything for each thing is found.
#[test]
fn what_is_quadratic_is_told_from_what_is_linear() {
    let make = |times: usize| "x".repeat(3_000 * times);
    let linear = |text: &str| {
        for _ in 0..100 {
            std::hint::black_box(text.bytes().map(usize::from).sum::<usize>());
        }
    };
    let quadratic = |text: &str| {
        for _ in text.bytes() {
            std::hint::black_box(text.bytes().map(usize::from).sum::<usize>());
        }
    };
    assert_eq!(grows_too_fast("linear", &make, &linear), None);
    assert!(grows_too_fast("quadratic", &make, &quadratic).is_some());
}
