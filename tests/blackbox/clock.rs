//! Clocks that jump, and nights on which they are changed: everything happens once, and when it
//! should (rules S2, F10).

use std::time::Duration;

use gazette::{
    clock::{DAY, HOUR, MINUTE, Timestamp, instant},
    newsletters::{self, Counts, NewsletterState},
    office_time::{Fold, ScheduleError, office_time},
    values,
};
use jiff::tz::TimeZone;

use crate::{
    app::TestApp,
    peer::{Act, Moment, PIPELINING, Peer, Stage},
};

async fn office(peer: &Peer) -> TestApp {
    TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "2"]).await
}

fn readers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("r{n}@example.org")).collect()
}

async fn approve(app: &TestApp, newsletter: i64, at: Option<Timestamp>) {
    let approved = newsletters::approve(&app.app, newsletter, "test", at, 0).await;
    approved.unwrap();
}

async fn counts(app: &TestApp, newsletter: i64) -> Counts {
    newsletters::counts(&app.app, newsletter).await.unwrap()
}

async fn state(app: &TestApp, newsletter: i64) -> NewsletterState {
    newsletters::find(&app.app, newsletter).await.unwrap().state
}

/// Slow enough that a jump falls in the middle; the first reader is put off.
fn slow(moment: &Moment<'_>) -> Option<Act> {
    match (moment.stage, moment.nth) {
        (Stage::Rcpt, 1) => Some(Act::Say("451 4.7.1 not now")),
        (Stage::Dot, _) => Some(Act::After(Duration::from_millis(5))),
        _ => None,
    }
}

#[tokio::test]
async fn a_clock_that_jumps_while_mail_goes_out_loses_nobody_and_repeats_nothing() {
    for jump in [5 * HOUR, -6 * HOUR] {
        let peer = Peer::start(PIPELINING, slow).await;
        let app = office(&peer).await;
        app.import(&readers(200)).await;
        let newsletter = app.draft("jump").await;
        approve(&app, newsletter, None).await;
        app.until("the middle", async || {
            (counts(&app, newsletter).await.accepted > 40).then_some(())
        })
        .await;
        app.app.clock.set_forward_ms(jump);
        if jump < 0 {
            app.until("the others", async || {
                (counts(&app, newsletter).await.accepted == 199).then_some(())
            })
            .await;
            // Who was put off waits for the time that was said, which comes again.
            assert_eq!(counts(&app, newsletter).await.deferred, 1);
            app.app.clock.advance_ms(7 * HOUR);
        }
        app.finished(newsletter).await;
        let all = Counts {
            accepted: 200,
            ..Counts::default()
        };
        assert_eq!(counts(&app, newsletter).await, all);
        assert_eq!(peer.seen().received.len(), 200);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_clock_that_jumps_five_days_gives_nobody_up() {
    // Two are put off, so that the jump falls between their attempts; one of them is put off again
    // right after it.
    let peer = Peer::start(PIPELINING, |moment| match (moment.stage, moment.nth) {
        (Stage::Rcpt, 1..=3) => Some(Act::Say("451 4.7.1 not now")),
        _ => None,
    })
    .await;
    let app = office(&peer).await;
    app.import(&readers(4)).await;
    let newsletter = app.draft("days").await;
    approve(&app, newsletter, None).await;
    app.until("those who were put off", async || {
        let counts = counts(&app, newsletter).await;
        (counts.accepted >= 1 && counts.accepted + counts.deferred == 4).then_some(())
    })
    .await;
    app.app.clock.set_forward_ms(5 * DAY);
    // As far as the longest waits.
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        app.app.clock.advance_ms(HOUR);
    }
    app.finished(newsletter).await;
    let all = Counts {
        accepted: 4,
        ..Counts::default()
    };
    assert_eq!(counts(&app, newsletter).await, all);
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_years_off_sends_nothing_says_why_and_goes_on_when_it_is_right() {
    let peer = Peer::start(PIPELINING, |_| None).await;
    let app = office(&peer).await;
    app.import(&readers(3)).await;
    let first = app.draft("first").await;
    approve(&app, first, None).await;
    app.finished(first).await;
    let sent = peer.seen().received.len();
    app.app.clock.set_forward_ms(3 * 366 * DAY);
    let second = app.draft("second").await;
    approve(&app, second, None).await;
    let attention = app
        .until("the reason", async || {
            let newsletter = newsletters::find(&app.app, second).await.unwrap();
            newsletter.attention
        })
        .await;
    assert!(attention.contains("clock says 2029"), "{attention}");
    assert_eq!(peer.seen().received.len(), sent);
    app.app.clock.set_forward_ms(-3 * 366 * DAY);
    app.finished(second).await;
    assert_eq!(peer.seen().received.len(), 2 * sent);
    app.stop().await;
}

#[tokio::test]
async fn what_the_dead_held_under_a_later_clock_is_taken_over_all_the_same() {
    let peer = Peer::start(PIPELINING, slow).await;
    let app = office(&peer).await;
    app.import(&readers(5)).await;
    let newsletter = app.draft("dead").await;
    approve(&app, newsletter, None).await;
    app.until("the others", async || {
        (counts(&app, newsletter).await.accepted == 4).then_some(())
    })
    .await;
    // A machine whose clock was hours ahead has died: its worker with a claim, its scheduler.
    let lease_ends = app.app.clock.now_ms() + 6 * HOUR;
    let db = &app.app.db;
    app.worker_elsewhere(999, lease_ends).await;
    let claim = "UPDATE delivery SET state = 1, worker = 999 WHERE state = 2";
    assert_eq!(db.execute(claim, []).await.unwrap(), 1);
    let lease = "UPDATE lease SET holder = 'elsewhere', lease_ends = $1";
    assert_eq!(db.execute(lease, values![lease_ends]).await.unwrap(), 1);
    app.submit("ana@example.org").await;
    app.until("the scheduler", async || {
        (app.count("SELECT count(*) FROM sign_up").await == 0).then_some(())
    })
    .await;
    app.finished(newsletter).await;
    assert_eq!(
        peer.seen()
            .received
            .iter()
            .filter(|one| one.to.starts_with('r'))
            .count(),
        5
    );
    app.stop().await;
}

#[tokio::test]
async fn f10_on_nights_when_the_clocks_change_each_newsletter_goes_out_once_at_its_hour() {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let at = |written, fold| office_time(written, &zone, fold);
    assert!(matches!(
        at("2026-03-08T02:30", None),
        Err(ScheduleError::Gap { .. })
    ));
    assert!(matches!(
        at("2026-11-01T01:30", None),
        Err(ScheduleError::Twice { .. })
    ));
    let spring = [
        (at("2026-03-08T01:30", None), "2026-03-08T09:30:00Z"),
        (at("2026-03-08T03:00", None), "2026-03-08T10:00:00Z"),
    ];
    let autumn = [
        (
            at("2026-11-01T01:30", Some(Fold::First)),
            "2026-11-01T08:30:00Z",
        ),
        (
            at("2026-11-01T01:30", Some(Fold::Second)),
            "2026-11-01T09:30:00Z",
        ),
    ];
    for night in [spring, autumn] {
        let peer = Peer::start(PIPELINING, |_| None).await;
        let app = office(&peer).await;
        let evening: Timestamp =
            night[0].1.parse::<Timestamp>().unwrap() - jiff::SignedDuration::from_hours(2);
        app.app
            .clock
            .advance_ms(evening.as_millisecond() - app.app.clock.now_ms());
        app.import(&readers(3)).await;
        let mut scheduled = Vec::new();
        for (written, hour) in night {
            let hour: Timestamp = hour.parse().unwrap();
            assert_eq!(written, Ok(hour));
            let newsletter = app.draft(&hour.to_string()).await;
            approve(&app, newsletter, Some(hour)).await;
            scheduled.push((newsletter, hour));
        }
        // Through the night, a quarter of an hour at a time.
        for _ in 0..24 {
            newsletters::start_due(&app.app).await.unwrap();
            for (newsletter, hour) in &scheduled {
                let is_due = app.app.clock.now() >= *hour;
                let waits = state(&app, *newsletter).await == NewsletterState::Approved;
                assert_eq!(waits, !is_due, "at {}", app.app.clock.now());
            }
            app.app.clock.advance_ms(15 * MINUTE);
        }
        for (newsletter, hour) in &scheduled {
            app.finished(*newsletter).await;
            let began = newsletters::find(&app.app, *newsletter)
                .await
                .unwrap()
                .started_at;
            assert_eq!(began, Some(*hour));
        }
        assert_eq!(peer.seen().received.len(), 6);
        app.stop().await;
    }
}

#[tokio::test]
async fn s2_a_retry_waits_half_an_hour_of_time_and_not_of_the_clock_on_the_wall() {
    let peer = Peer::start(PIPELINING, slow).await;
    let app = office(&peer).await;
    // 01:50 in the office, for the first time that night.
    let begun: Timestamp = "2026-11-01T08:50:00Z".parse().unwrap();
    app.app
        .clock
        .advance_ms(begun.as_millisecond() - app.app.clock.now_ms());
    app.import(&readers(2)).await;
    let newsletter = app.draft("retry").await;
    approve(&app, newsletter, None).await;
    app.until("the deferral", async || {
        let counts = counts(&app, newsletter).await;
        (counts.deferred == 1 && counts.accepted == 1).then_some(())
    })
    .await;
    let due = instant(app.count("SELECT at FROM delivery WHERE state = 2").await);
    let wait = due.duration_since(begun).as_mins();
    assert!((27..=33).contains(&wait), "{wait} minutes");
    app.app.clock.advance_ms(34 * MINUTE);
    app.finished(newsletter).await;
    assert_eq!(peer.seen().received.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn s2_a_newsletter_of_its_own_hours_is_given_up_while_others_are_still_tried() {
    let deferring = |moment: &Moment<'_>| {
        let late = moment.stage == Stage::Rcpt && moment.line.contains("late@");
        late.then_some(Act::Say("451 4.7.1 not now"))
    };
    let peer = Peer::start(PIPELINING, deferring).await;
    let app = office(&peer).await;
    app.import(&["late@example.org".to_owned(), "r0@example.net".to_owned()])
        .await;
    let (short, long) = (app.draft("short").await, app.draft("long").await);
    for hours in [0, 121] {
        let refused = newsletters::set_deadline(&app.app, short, Some(hours), "test").await;
        assert!(refused.unwrap_err().to_string().contains("1 to 120"));
    }
    newsletters::set_deadline(&app.app, short, Some(1), "test")
        .await
        .unwrap();
    for newsletter in [short, long] {
        approve(&app, newsletter, None).await;
        app.until("the deferral", async || {
            let counts = counts(&app, newsletter).await;
            (counts.deferred == 1 && counts.accepted == 1).then_some(())
        })
        .await;
    }
    for (newsletter, hours) in [(short, 1), (long, 72)] {
        let newsletter = newsletters::find(&app.app, newsletter).await.unwrap();
        let until = newsletter.deadline_at.unwrap();
        assert_eq!(
            until.duration_since(newsletter.started_at.unwrap()),
            jiff::SignedDuration::from_hours(hours)
        );
    }
    // It has begun; what was promised holds.
    let late = newsletters::set_deadline(&app.app, short, None, "test").await;
    assert!(late.is_err());

    // The second try of both: after it the next would come when the short one's hour is over.
    app.app.clock.advance_ms(34 * MINUTE);
    app.finished(short).await;
    app.until("the other's second try", async || {
        let tried = "SELECT count(*) FROM delivery WHERE state = 2 AND attempts = 2";
        (app.count(tried).await == 1).then_some(())
    })
    .await;
    assert_eq!(counts(&app, short).await.failed, 1);
    let failed = gazette::delivery::exceptions(&app.app, short, 10)
        .await
        .unwrap();
    assert!(failed[0].words.starts_with("given up: "), "{failed:?}");
    let others = counts(&app, long).await;
    assert_eq!((others.deferred, others.failed), (1, 0));
    app.stop().await;
}
