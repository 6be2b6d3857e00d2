//! A newsletter is sent again to those whom it did not reach, each once more at most, and to nobody who
//! got it: pressed twice at once, killed in between, or asked for where there is nothing to do.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gazette::{
    delivery::send_again,
    newsletters::{self, NewsletterError, NewsletterState as State},
};

use crate::{
    app::{TestApp, new_database},
    peer::{Act, Moment, PIPELINING, Peer, Stage},
    program::Program,
    relay_faults::{approve, copies},
    serving::approved,
};

/// By the reader: what the relay says of the message, until it is mended.
fn refusal(reader: &str) -> Option<&'static str> {
    let number: u32 = reader
        .strip_prefix("reader")?
        .split('@')
        .next()?
        .parse()
        .ok()?;
    // Spread out, so that the newsletter does not pause: the odd ones out.
    match number % 20 {
        3 => Some("554 Transaction failed"),
        9 => Some("550 5.1.1 no such user"),
        15 => Some("552 5.2.2 mailbox full"),
        _ => None,
    }
}

/// A relay that refuses some readers at RCPT until it is mended; of whom it does so every time, too.
async fn relay(mended: Arc<AtomicBool>) -> Peer {
    Peer::start(PIPELINING, move |moment: &Moment<'_>| {
        let reader = moment.line.split_once('<')?.1;
        let is_asked = moment.stage == Stage::Rcpt && !mended.load(Ordering::SeqCst);
        is_asked.then(|| refusal(reader)).flatten().map(Act::Say)
    })
    .await
}

fn readers(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("reader{n}@example.org"))
        .collect()
}

/// What became of each reader: taken how often, and with how many Message-IDs.
fn taken(peer: &Peer) -> BTreeMap<String, (usize, usize)> {
    let tally = |mut ids: Vec<String>| {
        let copies = ids.len();
        ids.sort_unstable();
        ids.dedup();
        (copies, ids.len())
    };
    copies(peer)
        .into_iter()
        .map(|(to, ids)| (to, tally(ids)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_were_not_reached_get_it_once_and_nobody_else_gets_anything() {
    let mended = Arc::new(AtomicBool::new(false));
    let peer = relay(mended.clone()).await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "3"]).await;
    app.import(&readers(80)).await;
    let newsletter = app.draft("again").await;
    let too_early = send_again(&app.app, newsletter, "staff").await;
    assert!(
        matches!(too_early, Err(NewsletterError::State { .. })),
        "{too_early:?}"
    );
    approve(&app, newsletter).await;
    let counts = app.finished(newsletter).await;
    assert_eq!((counts.accepted, counts.failed), (68, 12));

    // Still refused: each is tried once more and then no more. Five in a row would pause it.
    assert_eq!(send_again(&app.app, newsletter, "staff").await.unwrap(), 4);
    let counts = app.finished(newsletter).await;
    assert_eq!((counts.accepted, counts.failed), (68, 12));
    let no_more = send_again(&app.app, newsletter, "staff").await;
    assert!(
        matches!(&no_more, Err(NewsletterError::State { why, .. }) if why.contains("nobody is left")),
        "{no_more:?}"
    );
    let state = newsletters::find(&app.app, newsletter).await.unwrap().state;
    assert_eq!(state, State::Sent);

    // Another newsletter, the relay mended, and the button pressed by several at once.
    let newsletter = app.draft("again-and-reached").await;
    approve(&app, newsletter).await;
    app.finished(newsletter).await;
    let before = peer.seen().received.len();
    mended.store(true, Ordering::SeqCst);
    let presses: Vec<_> = (0..8)
        .map(|_| {
            let app = app.app.clone();
            tokio::spawn(async move { send_again(&app, newsletter, "staff").await })
        })
        .collect();
    let mut sent = Vec::new();
    for press in presses {
        sent.extend(press.await.unwrap().ok());
    }
    assert_eq!(sent, [4]);
    let counts = app.finished(newsletter).await;
    assert_eq!((counts.accepted, counts.failed), (72, 8));
    let late: Vec<String> = peer.seen().received[before..]
        .iter()
        .map(|one| one.to.clone())
        .collect();
    assert_eq!(late.len(), 4, "{late:?}");
    assert!(
        late.iter()
            .all(|to| refusal(to) == Some("554 Transaction failed")),
        "{late:?}"
    );
    let lines = format!(
        "SELECT count(*) FROM audit WHERE action = 'newsletter.send_again' AND object = 'newsletter/{newsletter}' AND who = 'staff'"
    );
    assert_eq!(app.count(&lines).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn who_left_or_was_erased_meanwhile_is_none_of_those_it_goes_to_again() {
    let mended = Arc::new(AtomicBool::new(false));
    let peer = relay(mended.clone()).await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "1"]).await;
    app.import(&readers(80)).await;
    let newsletter = app.draft("left").await;
    approve(&app, newsletter).await;
    app.finished(newsletter).await;
    // Of the four whom the relay refused.
    for (number, what) in [
        (3, "DELETE FROM subscription WHERE subscriber_id ="),
        (23, "UPDATE subscriber SET status = 2 WHERE id ="),
    ] {
        let sql = format!(
            "{what} (SELECT id FROM subscriber WHERE email = 'reader{number}@example.org')"
        );
        app.app.db.execute(&sql, []).await.unwrap();
    }
    let counted = gazette::delivery::count_not_reached(&app.app, newsletter);
    assert_eq!(counted.await.unwrap(), 2);
    mended.store(true, Ordering::SeqCst);
    assert_eq!(send_again(&app.app, newsletter, "staff").await.unwrap(), 2);
    let counts = app.finished(newsletter).await;
    assert_eq!(
        (counts.accepted, counts.failed, counts.withdrawn),
        (70, 10, 0)
    );
    app.stop().await;
}

#[tokio::test]
async fn a_text_that_was_corrected_since_goes_to_nobody_else() {
    let mended = Arc::new(AtomicBool::new(false));
    let peer = relay(mended.clone()).await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "1"]).await;
    app.import(&readers(20)).await;
    let newsletter = app.draft("corrected").await;
    approve(&app, newsletter).await;
    app.finished(newsletter).await;
    let correction = app.draft("correction").await;
    let sql =
        format!("UPDATE newsletter SET corrects = {newsletter}, state = 4 WHERE id = {correction}");
    app.app.db.execute(&sql, []).await.unwrap();
    let refused = send_again(&app.app, newsletter, "staff").await;
    assert!(
        matches!(&refused, Err(NewsletterError::Wrong(words)) if words.contains("corrected")),
        "{refused:?}"
    );
    app.stop().await;
}

#[tokio::test]
async fn who_may_have_got_it_in_spite_of_all_is_not_sent_it_again() {
    // The end of the second message is never answered; when it comes again it is refused.
    let peer = Peer::start(PIPELINING, |moment| match (moment.stage, moment.nth) {
        (Stage::Dot, 2) => Some(Act::Close),
        (Stage::Rcpt, nth) if nth > 2 => Some(Act::Say("554 Transaction failed")),
        _ => None,
    })
    .await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "1"]).await;
    app.import(&readers(2)).await;
    let newsletter = app.draft("in-doubt").await;
    approve(&app, newsletter).await;
    app.until("the doubt", async || {
        let (_, counts) = crate::relay_faults::progress(&app, newsletter).await;
        (counts.deferred == 1).then_some(())
    })
    .await;
    let counts = app
        .until("the refusal", async || {
            app.app.clock.advance_ms(gazette::clock::MINUTE);
            let (_, counts) = crate::relay_faults::progress(&app, newsletter).await;
            (counts.failed == 1).then_some(counts)
        })
        .await;
    assert_eq!(counts.accepted, 1);
    app.finished(newsletter).await;
    assert!(send_again(&app.app, newsletter, "staff").await.is_err());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_between_and_asked_again_nobody_gets_it_twice() {
    let mended = Arc::new(AtomicBool::new(false));
    let peer = relay(mended.clone()).await;
    let mut program = Program::new()
        .with("GAZETTE_SMTP_URL", peer.url())
        .with("GAZETTE_SMTP_CONNECTIONS", "2");
    if let Ok(server) = std::env::var("GAZETTE_TEST_POSTGRES_URL") {
        program = program.with("GAZETTE_DATABASE_URL", new_database(&server).await);
    }
    let program = program.with_office().await;
    let id = approved(&program, 200).await;
    let sent = program.run(&["newsletters", "send", &id, "--wait"]).await;
    assert_eq!(sent.status, 0, "{}", sent.err);
    assert!(taken(&peer).values().all(|copies| *copies == (1, 1)));
    assert_eq!(taken(&peer).len(), 170);
    mended.store(true, Ordering::SeqCst);

    // Killed at any moment of it: nothing is done, or all of it.
    for wait in [5, 15, 30, 60, 90, 120, 150] {
        let mut asking = program.start(&["newsletters", "send", &id, "--failed"]);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let _ = asking.kill().await;
    }
    let asked = program.run(&["newsletters", "send", &id, "--failed"]).await;
    println!("{} {}", asked.out, asked.err);
    assert_eq!(peer.seen().received.len(), 170, "nobody was at work");
    let sent = program
        .run(&["newsletters", "send", &id, "--failed", "--wait"])
        .await;
    assert_eq!(sent.status, 1, "{}", sent.out);
    let worker = program.worker();
    let begun = std::time::Instant::now();
    while taken(&peer).len() < 180 && begun.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(worker);
    let taken = taken(&peer);
    assert_eq!(taken.len(), 180);
    assert!(taken.values().all(|copies| *copies == (1, 1)), "{taken:?}");
}
