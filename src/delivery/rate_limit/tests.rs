//! The token bucket, alone and asked by many at once.

use proptest::prelude::*;

use super::*;
use crate::delivery::testing;

fn unused() -> Bucket {
    Bucket {
        first_used_at: 0,
        next_free_ns: 0,
        hour: SlidingWindow::default(),
        day: SlidingWindow::default(),
    }
}

fn per_second(rate: u32) -> RelayLimits {
    RelayLimits {
        per_second: Some(rate),
        ..RelayLimits::default()
    }
}

fn number(reserved: Reserved) -> i64 {
    match reserved {
        Reserved::Some { number, .. } => number,
        Reserved::NotBefore(_) => 0,
    }
}

/// Of an hour or a day in parts: one more part, at the most, until what went is free again.
const PART_OF_DAY: i64 = DAY / 60;

#[test]
fn a_day_that_is_used_up_waits_until_it_is_over_and_not_for_the_next_of_the_calendar() {
    let limits = RelayLimits {
        per_day: Some(150),
        ..RelayLimits::default()
    };
    let mut bucket = unused();
    let evening = DAY - 2 * HOUR;
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, evening)), 100);
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, evening)), 50);
    let full = bucket.reserve(&limits, MOST_AHEAD, evening + 3);
    assert_eq!(full, Reserved::NotBefore(evening + DAY + PART_OF_DAY));
    // Midnight frees nothing.
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, DAY)), 0);
    let tomorrow = evening + DAY + PART_OF_DAY;
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, tomorrow)), 100);
}

#[test]
fn p13_a_warm_up_lets_no_day_wherever_it_begins_have_more_than_its_last_ones_limit() {
    let limits = RelayLimits {
        warm_up: Some(50),
        ..RelayLimits::default()
    };
    let mut bucket = unused();
    // The relay is first used in the afternoon: its days begin then.
    let first_used_at = 15 * HOUR;
    bucket.first_used_at = first_used_at;
    let mut left = Vec::new();
    for minutes in 0..4 * 24 * 60 {
        let now = first_used_at + minutes * 60 * SECOND;
        let more = number(bucket.reserve(&limits, MOST_AHEAD, now));
        left.extend((0..more).map(|_| now));
        let in_a_day = left.iter().filter(|at| **at > now - DAY).count() as i64;
        let allowed = 50 << ((now - first_used_at) / DAY);
        assert!(
            in_a_day <= allowed,
            "{in_a_day} in the day before minute {minutes}"
        );
    }
    // 50, then 50 more, 100 more and 200 more: a day's double is there when the day begins.
    assert!(left.len() >= 50 + 100 + 200 + 300, "{}", left.len());
}

#[test]
fn an_hour_that_comes_again_because_the_clock_went_back_gives_nothing_twice() {
    let limits = RelayLimits {
        per_hour: Some(60),
        ..RelayLimits::default()
    };
    let mut bucket = unused();
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, 5 * HOUR)), 60);
    let before = 4 * HOUR;
    let again = bucket.reserve(&limits, MOST_AHEAD, before);
    let Reserved::NotBefore(frees_at) = again else {
        panic!("{again:?}");
    };
    assert!(frees_at <= before + HOUR + 2 * 60 * SECOND, "{frees_at}");
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, frees_at)), 60);
}

#[test]
fn what_was_reserved_and_not_used_counts_in_no_hour_and_no_day() {
    let limits = RelayLimits {
        per_hour: Some(10),
        per_day: Some(10),
        ..RelayLimits::default()
    };
    let mut bucket = unused();
    let reserved = bucket.reserve(&limits, MOST_AHEAD, HOUR);
    assert_eq!(number(reserved), 10);
    bucket.give_back(&limits, &[HOUR * NS_PER_MS; 3]);
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, HOUR + 1)), 3);
    assert_eq!(number(bucket.reserve(&limits, MOST_AHEAD, HOUR + 2)), 0);
}

#[test]
fn no_more_is_taken_of_an_hour_than_is_used_in_a_moment() {
    // Three messages a second, then a thousand, then three again.
    let mut pace = Pace::default();
    let mut now = 0;
    let mut taken = Vec::new();
    for each_ms in [333, 333, 333, 1, 1, 1, 1, 1, 1, 1, 1, 1, 333, 333, 333] {
        let number = pace.next(0, now);
        pace.last = Some((now, number));
        taken.push(number);
        now += number * each_ms;
    }
    assert_eq!(
        taken,
        [1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 100, 100, 100, 1, 1]
    );
    // What was not used does not count.
    pace.last = Some((0, 100));
    assert_eq!(pace.next(98, 400), 1);
    assert_eq!(pace.next(100, 400), 1);
}

#[test]
fn p13_a_warm_up_doubles_day_by_day_until_the_full_limit() {
    let limits = RelayLimits {
        warm_up: Some(200),
        per_day: Some(1_000),
        ..RelayLimits::default()
    };
    let days: Vec<_> = (0..5).filter_map(|day| day_limit(&limits, day)).collect();
    assert_eq!(days, [200, 400, 800, 1_000, 1_000]);
    let open = RelayLimits {
        per_day: None,
        ..limits
    };
    assert_eq!(day_limit(&open, 40), None);
}

/// Asks like a worker does: takes what is usable, or reserves and waits. Returns when each message
/// left.
struct Asker {
    held: Held,
    wakes_at: i64,
}

/// Any number of askers, each late by what it draws, on one bucket: when the messages leave, in ms.
fn departures(rate: u32, lateness: &[i64], askers: usize, end: i64) -> Vec<i64> {
    let limits = per_second(rate);
    let mut bucket = unused();
    let start = 1_000_000;
    let mut all: Vec<Asker> = (0..askers)
        .map(|_| Asker {
            held: Held::new(burst_ms(&limits)),
            wakes_at: start,
        })
        .collect();
    let mut left = Vec::new();
    let mut draw = lateness.iter().cycle();
    while let Some(next) = all.iter_mut().min_by_key(|asker| asker.wakes_at) {
        let now = next.wakes_at;
        if now >= start + end {
            break;
        }
        let late = *draw.next().unwrap();
        next.wakes_at = now
            + match next.held.take(now) {
                Ok(_) => {
                    left.push(now);
                    late
                }
                Err(Some(wait)) => wait.max(1) + late,
                Err(None) => match bucket.reserve(&limits, MOST_AHEAD, now) {
                    Reserved::Some {
                        number,
                        first,
                        each,
                    } => {
                        let new = (0..number).map(|at| first + at * each);
                        next.held.usable_at.extend(new);
                        (first / NS_PER_MS - now).max(0) + late
                    }
                    Reserved::NotBefore(at) => (at - now).max(1) + late,
                },
            };
    }
    left
}

/// No window of any length holds more than rate × time and one burst.
fn worst_excess(left: &[i64], rate: u32) -> f64 {
    let per_ms = f64::from(rate) / 1_000.0;
    let mut worst = f64::MIN;
    // With the excess that a window has when it begins at each message: one pass.
    let mut lowest = f64::MAX;
    for (before, at) in left.iter().enumerate() {
        let due = per_ms * *at as f64;
        lowest = lowest.min(before as f64 - due);
        worst = worst.max((before + 1) as f64 - due - lowest);
    }
    worst
}

proptest! {
    /// Whoever asks at the same instant, and however late each wakes.
    #[test]
    fn the_rate_holds_over_any_asking_by_any_number(
        rate in prop_oneof![1u32..20, 20u32..5_000],
        askers in 1usize..40,
        lateness in prop::collection::vec(0i64..30, 1..50),
    ) {
        let seconds = if rate < 20 { 30 } else { 3 };
        let left = departures(rate, &lateness, askers, seconds * SECOND);
        let burst = (f64::from(rate) * BURST_MS as f64 / 1_000.0).max(1.0) + 1.0;
        let worst = worst_excess(&left, rate);
        prop_assert!(worst <= burst + 0.01, "{worst} over, with a burst of {burst}");
    }

    /// Many who are always there use what there is.
    #[test]
    fn nearly_all_of_the_rate_is_used(rate in prop_oneof![Just(1u32), Just(5), Just(14), Just(100), Just(1_000)], askers in 1usize..10) {
        let left = departures(rate, &[0], askers, 30 * SECOND);
        let due = f64::from(rate) * 30.0;
        prop_assert!(left.len() as f64 >= due * 0.95, "{} of {due}", left.len());
    }

    #[test]
    fn a_clock_that_is_set_back_never_stops_the_mail(back in 0i64..10 * DAY) {
        let limits = RelayLimits { per_second: Some(5), per_hour: Some(10), per_day: Some(10), ..RelayLimits::default() };
        let mut bucket = unused();
        let now = 20 * DAY;
        bucket.reserve(&limits, MOST_AHEAD, now);
        // The worker knows what the clock would say.
        bucket.set_back(now, now - back);
        let waits = matches!(bucket.reserve(&limits, MOST_AHEAD, now - back), Reserved::Some { first, .. } if first <= (now - back + SECOND) * NS_PER_MS);
        prop_assert!(waits);
    }

    /// Every worker notices that the clock was set back; the rate holds all the same.
    #[test]
    fn a_clock_that_is_set_back_gives_nothing_away(rate in 1u32..100, workers in 1usize..6) {
        let limits = per_second(rate);
        let mut bucket = unused();
        let (now, back) = (20 * DAY, DAY);
        bucket.reserve(&limits, MOST_AHEAD, now);
        let ahead = bucket.next_free_ns - now * NS_PER_MS;
        for _ in 0..workers {
            bucket.set_back(now, now - back);
        }
        // What could have been made up for before is not made up for now.
        prop_assert_eq!(bucket.next_free_ns - (now - back) * NS_PER_MS, ahead.max(0));
    }
}

#[tokio::test]
async fn a_permit_that_is_not_used_is_there_again_and_at_the_end_for_other_workers() {
    let clock = Clock::fixed_at(crate::clock::instant(100 * DAY));
    let (app, _folder) = testing::app_with(clock, &[]).await;
    crate::test_data::relay(&app, 1, "relay:25").await;
    let limits = RelayLimits {
        per_hour: Some(2),
        ..RelayLimits::default()
    };
    let limit = RateLimit::new(1, limits.clone());
    assert!(
        limit.try_take(&app.clock).is_none(),
        "nothing is reserved yet"
    );
    assert_eq!(limit.reserve(&app).await.unwrap(), Duration::ZERO);
    let first = limit.try_take(&app.clock).unwrap();
    assert_eq!(limit.reserve(&app).await.unwrap(), Duration::ZERO);
    let second = limit.try_take(&app.clock).unwrap();
    assert!(limit.try_take(&app.clock).is_none());
    first.spend();
    drop(second);
    let again = limit.try_take(&app.clock).unwrap();
    assert!(again.is_fresh(&app.clock));
    // It waits too long for its connection, and comes to nothing.
    app.clock.advance_ms(BURST_MS + 1);
    assert!(!again.is_fresh(&app.clock));
    drop(again);
    limit.give_back_all(&app).await.unwrap();
    let other = RateLimit::new(1, limits);
    assert_eq!(other.reserve(&app).await.unwrap(), Duration::ZERO);
    other.try_take(&app.clock).unwrap().spend();
    assert!(
        other.try_take(&app.clock).is_none(),
        "two an hour, and no third"
    );
    assert!(other.reserve(&app).await.unwrap() > Duration::ZERO);
}

#[tokio::test]
async fn a_killed_worker_takes_none_of_the_hour_with_it_but_what_it_would_have_used_at_once() {
    let clock = Clock::fixed_at(crate::clock::instant(100 * DAY));
    let (app, _folder) = testing::app_with(clock, &[]).await;
    crate::test_data::relay(&app, 1, "relay:25").await;
    let limits = RelayLimits {
        per_hour: Some(60),
        ..RelayLimits::default()
    };
    let limit = RateLimit::new(1, limits);
    for _ in 0..6 {
        limit.reserve(&app).await.unwrap();
        limit.try_take(&app.clock).unwrap().spend();
        app.clock.advance_ms(333);
    }
    let taken = crate::db::scalar(app.db.pool(), "SELECT taken_in_hour FROM relay", []);
    let taken: String = taken.await.unwrap().unwrap();
    let mut hour = SlidingWindow::<HOUR>::parse(&taken).unwrap();
    assert_eq!(hour.taken(app.clock.now_ms()), 6);
}

#[tokio::test]
async fn a_relay_without_limits_is_asked_nothing() {
    let (app, _folder) = testing::app(Clock::system()).await;
    let limit = RateLimit::new(1, RelayLimits::default());
    assert!(limit.try_take(&app.clock).is_some());
    assert_eq!(limit.reserve(&app).await.unwrap(), Duration::ZERO);
    assert!(!limit.is_used_up());
}

/// Otherwise it would ask again and again for what is there and not to be had, and take a processor for itself.
#[tokio::test]
async fn where_the_relay_is_told_of_enough_messages_the_next_one_waits_though_a_permit_is_there() {
    let clock = Clock::fixed_at(crate::clock::instant(100 * DAY));
    let (app, _folder) = testing::app_with(clock, &[]).await;
    crate::test_data::relay(&app, 1, "relay:25").await;
    let limit = RateLimit::new(1, per_second(1));
    assert!(limit.announce(&app.clock).is_none(), "nothing is reserved");
    limit.reserve(&app).await.unwrap();
    let announced: Vec<Announcement> = (0..ANNOUNCED_SECONDS)
        .map(|_| limit.announce(&app.clock).unwrap())
        .collect();
    assert!(limit.announce(&app.clock).is_none());
    assert!(limit.reserve(&app).await.unwrap() >= ANNOUNCED_TIMEOUT);
    drop(announced);
    assert_eq!(limit.reserve(&app).await.unwrap(), Duration::ZERO);
    assert!(limit.announce(&app.clock).is_some());
}
