//! Several relays beside each other, and several workers before one: each takes its share, and one
//! that cannot leaves its share to the others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gazette::{app::App, delivery, newsletters::Counts};
use tokio_util::sync::CancellationToken;

use crate::{
    app::TestApp,
    peer::{Act, Moment, PIPELINING, Peer, Stage},
    relay_faults::{approve, progress},
};

/// An instance that sends over both, four connections each, and a newsletter to so many readers.
async fn office(a: (&Peer, &str), b: (&Peer, &str), readers: usize) -> (TestApp, i64) {
    let urls = [a, b].map(|(peer, more)| format!("{}&{more}", peer.url()));
    let app =
        TestApp::start_with(&["--smtp-url", &urls.join(","), "--smtp-connections", "4"]).await;
    let emails: Vec<String> = (0..readers).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let newsletter = app.draft("shared").await;
    approve(&app, newsletter).await;
    (app, newsletter)
}

fn all(readers: u64) -> Counts {
    Counts {
        accepted: readers,
        ..Counts::default()
    }
}

fn received(peer: &Peer) -> usize {
    peer.seen().received.len()
}

fn slowly(moment: &Moment<'_>) -> Option<Act> {
    (moment.stage == Stage::Dot).then_some(Act::After(Duration::from_millis(8)))
}

#[tokio::test]
async fn two_relays_share_by_their_weights() {
    let (a, b) = (
        Peer::start(PIPELINING, slowly).await,
        Peer::start(PIPELINING, slowly).await,
    );
    let (app, newsletter) = office((&a, "weight=3"), (&b, "weight=1"), 1_200).await;
    assert_eq!(app.finished(newsletter).await, all(1_200));
    let (big, small) = (received(&a), received(&b));
    assert_eq!(big + small, 1_200);
    assert!((200..=420).contains(&small), "{big} and {small}");
    app.stop().await;
}

#[tokio::test]
async fn a_relay_that_refuses_leaves_its_share_to_the_other_and_has_it_again_when_it_is_back() {
    let away = Arc::new(AtomicBool::new(true));
    let refuses = away.clone();
    let a = Peer::start(PIPELINING, move |moment| {
        if moment.stage == Stage::Banner && refuses.load(Ordering::SeqCst) {
            return Some(Act::Say("554 5.3.2 not today"));
        }
        slowly(moment)
    })
    .await;
    let b = Peer::start(PIPELINING, slowly).await;
    let (app, newsletter) = office((&a, "weight=1"), (&b, "weight=1"), 3_000).await;
    app.until("the first thousand", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.accepted >= 1_000).then_some(())
    })
    .await;
    assert_eq!(received(&a), 0);
    away.store(false, Ordering::SeqCst);
    assert_eq!(app.finished(newsletter).await, all(3_000));
    let (back, other) = (received(&a), received(&b));
    assert_eq!(back + other, 3_000);
    // It does not make up for what it missed.
    assert!(back > 0 && other > 1_200, "{back} and {other}");
    app.stop().await;
}

#[tokio::test]
async fn a_relay_whose_day_is_used_up_leaves_its_share_to_the_other() {
    let (a, b) = (
        Peer::start(PIPELINING, |_| None).await,
        Peer::start(PIPELINING, |_| None).await,
    );
    let (app, newsletter) = office((&a, "weight=1&per-day=20"), (&b, "weight=1"), 400).await;
    assert_eq!(app.finished(newsletter).await, all(400));
    assert_eq!((received(&a), received(&b)), (20, 380));
    app.stop().await;
}

#[tokio::test]
async fn a_relay_that_hangs_at_the_connection_holds_up_neither_the_other_nor_any_message() {
    let a = Peer::start(PIPELINING, |moment| {
        (moment.stage == Stage::Banner).then_some(Act::Silence)
    })
    .await;
    let b = Peer::start(PIPELINING, |_| None).await;
    let (app, newsletter) = office((&a, "weight=1"), (&b, "weight=1"), 300).await;
    assert_eq!(app.finished(newsletter).await, all(300));
    assert_eq!((received(&a), received(&b)), (0, 300));
    app.stop().await;
}

#[tokio::test]
async fn the_connections_that_a_relay_allows_are_shared_by_all_workers() {
    let peer = Peer::start(PIPELINING, slowly).await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "4"]).await;
    let stop = CancellationToken::new();
    let second = tokio::spawn({
        let (app, stop) = (app.app.clone(), stop.clone());
        async move { delivery::run(&app, stop).await.unwrap() }
    });
    app.until("both workers", async || {
        (app.count("SELECT count(*) FROM worker").await == 2).then_some(())
    })
    .await;
    // Each looks once a second how many there are.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    let emails: Vec<String> = (0..600).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let newsletter = app.draft("workers").await;
    approve(&app, newsletter).await;
    assert_eq!(app.finished(newsletter).await, all(600));
    let connections = peer.seen().connections;
    assert!(connections <= 4, "{connections}");
    stop.cancel();
    second.await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn a_relay_that_takes_no_more_from_us_or_refuses_us_leaves_all_to_the_other() {
    for (stage, words) in [
        (Stage::Mail, "550 5.4.5 Daily user sending limit exceeded"),
        (Stage::Rcpt, "554 5.7.1 Relay access denied"),
        (
            Stage::Dot,
            "554 Message rejected: Email address is not verified",
        ),
    ] {
        let a = Peer::start(PIPELINING, move |moment| {
            (moment.stage == stage && moment.nth > 10).then_some(Act::Say(words))
        })
        .await;
        let b = Peer::start(PIPELINING, slowly).await;
        let (app, newsletter) = office((&a, "weight=1"), (&b, "weight=1"), 200).await;
        assert_eq!(app.finished(newsletter).await, all(200), "{words}");
        let taken = |peer: &Peer| {
            let seen = peer.seen();
            seen.received
                .iter()
                .filter(|mail| mail.told == Some(250))
                .count()
        };
        assert_eq!((taken(&a), taken(&b)), (10, 190), "{words}");
        app.stop().await;
    }
}

/// A password was changed, and one of two machines was not restarted.
#[tokio::test]
async fn a_worker_that_cannot_use_its_relay_leaves_its_readers_to_one_that_can() {
    let nobody_listens = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = format!("smtp://{}?tls=none", nobody_listens.local_addr().unwrap());
    drop(nobody_listens);
    let app = TestApp::start_with(&["--smtp-url", &dead]).await;
    let emails: Vec<String> = (0..300).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let newsletter = app.draft("stuck").await;
    approve(&app, newsletter).await;
    app.submit("new@example.org").await;
    app.until("the claims", async || {
        let held = app
            .count("SELECT count(*) FROM delivery WHERE state = 1")
            .await;
        let mails = app
            .count("SELECT count(*) FROM transactional_mail WHERE state = 1")
            .await;
        (held == 300 && mails == 1).then_some(())
    })
    .await;
    let peer = Peer::start(PIPELINING, |_| None).await;
    let mut settings = app.app.settings.clone();
    settings.smtp_url = vec![peer.url().parse().unwrap()];
    let second = App::open(settings, app.app.clock.clone()).await.unwrap();
    let stop = CancellationToken::new();
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { delivery::run(&second, stop).await.unwrap() }
    });
    assert_eq!(app.finished(newsletter).await, all(300));
    app.until("the mail to one person", async || {
        (peer.seen().to("new@example.org").len() == 1).then_some(())
    })
    .await;
    assert_eq!(received(&peer), 301);
    stop.cancel();
    working.await.unwrap();
    app.stop().await;
}
