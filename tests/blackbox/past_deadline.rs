//! Relays that never take what they are offered: few are tried, staff can see why, and it ends when
//! the newsletter's time is over (S2, S4, S11).

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use gazette::{
    clock::{HOUR, MINUTE},
    newsletters,
};

use crate::{
    app::TestApp,
    peer::{Act, PIPELINING, Peer, Stage},
    relay_faults::{approve, progress},
};

/// An instance that sends over `peer` a newsletter that gives up after an hour.
async fn office(peer: &Peer, readers: usize) -> (TestApp, i64) {
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "4"]).await;
    let emails: Vec<String> = (0..readers).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let newsletter = app.draft("an hour").await;
    newsletters::set_deadline(&app.app, newsletter, Some(1), "test")
        .await
        .unwrap();
    approve(&app, newsletter).await;
    (app, newsletter)
}

/// When the only delivery, tried so often, is due.
async fn due_after(app: &TestApp, attempts: i64) -> i64 {
    app.until("the next attempt", async || {
        let sql =
            format!("SELECT count(*) FROM delivery WHERE state = 2 AND attempts = {attempts}");
        (app.count(&sql).await == 1).then_some(())
    })
    .await;
    app.count("SELECT at FROM delivery").await - app.app.clock.now_ms()
}

#[tokio::test]
async fn s2_s4_a_relay_that_closes_behind_every_dot_gets_few_copies_and_the_newsletter_ends() {
    let peer = Peer::start(PIPELINING, |moment| {
        (moment.stage == Stage::Dot).then_some(Act::Close)
    })
    .await;
    let (app, newsletter) = office(&peer, 1).await;
    // In doubt for the first time: soon. Then as what is deferred.
    assert_eq!(due_after(&app, 1).await, MINUTE);
    app.app.clock.advance_ms(MINUTE);
    let wait = due_after(&app, 2).await;
    assert!((27..=33).contains(&(wait / MINUTE)), "{wait} ms");
    app.app.clock.advance_ms(wait);
    let counts = app.finished(newsletter).await;
    assert_eq!((counts.failed, counts.accepted), (1, 0));
    let failed = gazette::delivery::exceptions(&app.app, newsletter, 10)
        .await
        .unwrap();
    assert!(
        failed[0].words.starts_with("given up: no reply came"),
        "{failed:?}"
    );
    let copies: Vec<String> = peer
        .seen()
        .received
        .iter()
        .map(|one| one.message_id.clone())
        .collect();
    let ids: HashSet<&String> = copies.iter().collect();
    assert_eq!((copies.len(), ids.len()), (3, 1));
    app.stop().await;
}

#[tokio::test]
async fn s2_what_an_outage_of_the_relay_held_up_is_not_mailed_after_the_give_up_time() {
    let away = Arc::new(AtomicBool::new(true));
    let refuses = away.clone();
    let peer = Peer::start(PIPELINING, move |moment| {
        let closed = moment.stage == Stage::Banner && refuses.load(Ordering::SeqCst);
        closed.then_some(Act::Say("421 4.3.2 closed for today"))
    })
    .await;
    // More than a worker holds: some wait in the queue.
    let readers = 1_300;
    let (app, newsletter) = office(&peer, readers).await;
    app.until("a worker with its hands full", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.claimed == 1_000 && counts.queued == 300).then_some(())
    })
    .await;
    app.app.clock.advance_ms(HOUR);
    let counts = app.finished(newsletter).await;
    assert_eq!(counts.failed, readers as u64);
    away.store(false, Ordering::SeqCst);
    let failed = gazette::delivery::exceptions(&app.app, newsletter, 2_000)
        .await
        .unwrap();
    assert!(
        failed
            .iter()
            .all(|one| one.words == "not sent before the give-up time")
    );
    // The relay is back: what begins now goes out, and nothing else.
    let next = app.draft("today").await;
    approve(&app, next).await;
    assert_eq!(app.finished(next).await.accepted, readers as u64);
    assert_eq!(peer.seen().received.len(), readers);
    app.stop().await;
}

#[tokio::test]
async fn s11_a_relay_that_puts_everything_off_is_left_alone_and_costs_few_their_turn() {
    let full = Arc::new(AtomicBool::new(true));
    let refuses = full.clone();
    let peer = Peer::start(PIPELINING, move |moment| {
        let is_full = moment.stage == Stage::Mail && refuses.load(Ordering::SeqCst);
        is_full.then_some(Act::Say("452 4.3.1 insufficient system storage"))
    })
    .await;
    let (app, newsletter) = office(&peer, 300).await;
    let words = app
        .until("the trouble", async || {
            let found = newsletters::find(&app.app, newsletter).await.unwrap();
            found.attention
        })
        .await;
    assert!(words.contains("takes no mail: 452 4.3.1"), "{words}");
    let (_, counts) = progress(&app, newsletter).await;
    assert_eq!(counts.accepted + counts.failed, 0);
    assert!(counts.deferred <= 5, "{counts:?}");
    let offered = |peer: &Peer| {
        let seen = peer.seen();
        let mails = seen.commands.iter().map(|(_, line)| line);
        mails.filter(|line| line.starts_with("MAIL")).count()
    };
    assert!(offered(&peer) < 40, "{}", offered(&peer));
    full.store(false, Ordering::SeqCst);
    app.until("all but those few", async || {
        let (_, now) = progress(&app, newsletter).await;
        (now.accepted == 300 - counts.deferred).then_some(())
    })
    .await;
    app.app.clock.advance_ms(34 * MINUTE);
    assert_eq!(app.finished(newsletter).await.accepted, 300);
    app.stop().await;
}
