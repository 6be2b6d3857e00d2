//! Readers who leave, and staff who pause and cancel, while the newsletter is being sent: once they
//! have their answer, no message begins (rules P10, S12).
//!
//! A message begins when its MAIL reaches the relay. One exception cannot be avoided: what was on
//! the wire when the answer was given. On each connection that is at most the first message that
//! the relay reads after it.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use gazette::{
    newsletters::{self, NewsletterState},
    subscribers::{self, Leaving, Press, link::SubscriberLink},
};
use tokio::sync::Notify;

use crate::{
    app::TestApp,
    peer::{Act, Announced, ONE_BY_ONE, PIPELINING, Peer, Stage},
};

const CONNECTIONS: usize = 4;

/// Those who leave at once.
const CROWD: usize = 16;

async fn office(peer: &Peer, connections: usize) -> TestApp {
    let (url, connections) = (peer.url(), connections.to_string());
    TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", &connections]).await
}

async fn approve(app: &TestApp, newsletter: i64) {
    let approved = newsletters::approve(&app.app, newsletter, "test", None).await;
    approved.unwrap();
}

async fn finished(app: &TestApp, newsletter: i64) {
    app.until("the end", async || {
        let found = newsletters::find(&app.app, newsletter).await.unwrap();
        (found.state == NewsletterState::Sent).then_some(())
    })
    .await;
}

/// The readers' numbers and addresses, in the order of the queue.
async fn everyone(app: &TestApp) -> Vec<(i64, String)> {
    let sql = "SELECT id, email FROM subscriber WHERE standing = 1 ORDER BY id";
    let rows = app.app.db.all(sql, []).await.unwrap();
    let read = |row: &sea_orm::QueryResult| {
        (
            row.try_get_by_index(0).unwrap(),
            row.try_get_by_index(1).unwrap(),
        )
    };
    rows.iter().map(read).collect()
}

/// What began after somebody's answer.
#[derive(Debug, Default)]
struct Tally {
    races: usize,
    /// Left before their message began, and got none.
    in_time: usize,
    on_the_wire: usize,
    too_late: Vec<String>,
}

impl Tally {
    /// Holds the answers against what the relay saw: by address, when "you have left" was read.
    fn count(&mut self, announced: &[Announced], answered: &HashMap<String, Instant>) {
        self.races += answered.len();
        let mut mailed = 0;
        for (place, one) in announced.iter().enumerate() {
            let Some(answer) = answered.get(&one.to) else {
                continue;
            };
            mailed += 1;
            if one.at <= *answer {
                continue;
            }
            let before = announced[..place].iter();
            let is_first = before
                .filter(|other| other.connection == one.connection)
                .all(|other| other.at <= *answer);
            if is_first {
                self.on_the_wire += 1;
            } else {
                self.too_late.push(format!("{one:?}, answered {answer:?}"));
            }
        }
        self.in_time += answered.len() - mailed;
    }

    fn check(&self, what: &str) {
        println!(
            "{what}: {} raced, {} left in time, {} messages were on the wire, {} began too late",
            self.races,
            self.in_time,
            self.on_the_wire,
            self.too_late.len()
        );
        assert!(self.too_late.is_empty(), "{:#?}", self.too_late);
    }
}

/// Leaves on behalf of a reader: by HTTP, as a mail program does it, by being erased, or by what
/// stands behind the one-click address.
async fn leave(app: &TestApp, newsletter: i64, at: usize, (subscriber, email): &(i64, String)) {
    let subscriber = *subscriber;
    let link = SubscriberLink {
        subscriber,
        newsletter,
    };
    match at % 20 {
        0 => {
            let path = format!("/unsubscribe/{}", link.token(&app.app.keys));
            let answer = app.post(&path, "List-Unsubscribe=One-Click").await;
            assert_eq!(answer.status(), 200);
        }
        1 => drop(subscribers::erase(&app.app, email).await.unwrap()),
        _ => {
            let press = Press {
                ip: "192.0.2.1".to_owned(),
                user_agent: "test".to_owned(),
            };
            let left = subscribers::unsubscribe(&app.app, link, Leaving::OneClick, &press);
            left.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_s12_no_message_begins_after_its_reader_was_told_that_they_have_left() {
    const READERS: usize = 20_000;
    const RACES: usize = 9_600;
    let peer = Peer::start(PIPELINING, |moment| {
        let dot = moment.stage == Stage::Dot;
        dot.then_some(Act::After(Duration::from_millis(1)))
    })
    .await;
    let app = office(&peer, CONNECTIONS).await;
    let emails: Vec<String> = (0..READERS).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let newsletter = app.draft("race").await;
    let everyone = everyone(&app).await;
    let place: HashMap<&str, usize> = everyone
        .iter()
        .enumerate()
        .map(|(at, (_, to))| (to.as_str(), at))
        .collect();
    approve(&app, newsletter).await;
    // Always who comes next: the race is as close as it can be.
    let next = AtomicUsize::new(0);
    let crowd = (0..CROWD).map(async |_| {
        let mut answered = Vec::new();
        loop {
            let front = peer
                .seen()
                .announced
                .last()
                .map_or(0, |one| place[one.to.as_str()]);
            let at = next.fetch_max(front, Ordering::SeqCst).max(front);
            let at = at.max(next.fetch_add(1, Ordering::SeqCst));
            let Some(reader) = everyone.get(at).filter(|_| answered.len() < RACES / CROWD) else {
                return answered;
            };
            leave(&app, newsletter, at, reader).await;
            answered.push((reader.1.clone(), Instant::now()));
        }
    });
    let answered: HashMap<String, Instant> = join_all(crowd).await.into_iter().flatten().collect();
    finished(&app, newsletter).await;
    let mut tally = Tally::default();
    tally.count(&peer.seen().announced, &answered);
    let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
    assert_eq!(counts.accepted as usize, peer.seen().received.len());
    assert_eq!(
        counts.queued + counts.claimed + counts.deferred + counts.failed,
        0
    );
    assert!(
        tally.races > RACES / 2 && tally.in_time > RACES / 10,
        "no race: {tally:?}"
    );
    tally.check("leaving");
    app.stop().await;
}

/// What began between an answer and `until`, beside the first on each connection.
fn begun_between(announced: &[Announced], answer: Instant, until: Instant) -> usize {
    let mut first = HashSet::new();
    let within = announced.iter().filter(|one| one.at > answer);
    let counted = within.filter(|one| !first.insert(one.connection) && one.at < until);
    counted.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_while_a_newsletter_is_paused_none_of_its_messages_begins() {
    const READERS: usize = 5_000;
    const RACES: usize = 800;
    let peer = Peer::start(PIPELINING, |moment| {
        let dot = moment.stage == Stage::Dot;
        dot.then_some(Act::After(Duration::from_millis(3)))
    })
    .await;
    let app = office(&peer, CONNECTIONS).await;
    let emails: Vec<String> = (0..READERS).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let newsletter = app.draft("paused").await;
    approve(&app, newsletter).await;
    let mut pauses = Vec::new();
    while pauses.len() < RACES
        && newsletters::pause(&app.app, newsletter, "test")
            .await
            .is_ok()
    {
        let answer = Instant::now();
        tokio::time::sleep(Duration::from_millis(3)).await;
        pauses.push((answer, Instant::now()));
        newsletters::resume(&app.app, newsletter, "test")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    finished(&app, newsletter).await;
    let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
    // Nobody is taken for someone who left.
    assert_eq!((counts.accepted, counts.withdrawn), (READERS as u64, 0));
    let late: usize = {
        let seen = peer.seen();
        let people: HashSet<&str> = seen.received.iter().map(|one| one.to.as_str()).collect();
        assert_eq!((seen.received.len(), people.len()), (READERS, READERS));
        let begun = pauses
            .iter()
            .map(|(answer, until)| begun_between(&seen.announced, *answer, *until));
        begun.sum()
    };
    println!(
        "pausing: {} raced, {late} messages began too late",
        pauses.len()
    );
    assert_eq!(late, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_when_a_newsletter_is_cancelled_none_of_its_messages_begins_any_more() {
    const RACES: usize = 200;
    let peer = Peer::start(PIPELINING, |_| None).await;
    let app = office(&peer, CONNECTIONS).await;
    let emails: Vec<String> = (0..60).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let (mut late, mut accepted) = (0, 0);
    for round in 0..RACES {
        let newsletter = app.draft(&format!("cancelled {round}")).await;
        let before = peer.seen().announced.len();
        approve(&app, newsletter).await;
        tokio::time::sleep(Duration::from_millis(round as u64 % 20)).await;
        let cancelled = newsletters::cancel(&app.app, newsletter, "test")
            .await
            .is_ok();
        let answer = Instant::now();
        let counts = app
            .until("the rest to be withdrawn", async || {
                let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
                (counts.queued + counts.claimed + counts.deferred == 0).then_some(counts)
            })
            .await;
        assert_eq!(counts.failed, 0, "round {round}: {counts:?}");
        accepted += counts.accepted as usize;
        if cancelled {
            let seen = peer.seen();
            late += begun_between(&seen.announced[before..], answer, Instant::now());
        }
    }
    assert_eq!(accepted, peer.seen().received.len());
    println!("cancelling: {RACES} raced, {late} messages began too late");
    assert_eq!(late, 0);
    app.stop().await;
}

#[tokio::test]
async fn s12_without_pipelining_leave_to_send_is_asked_when_the_relay_is_free() {
    let relay_answers = Arc::new(Notify::new());
    let bell = relay_answers.clone();
    let peer = Peer::start(ONE_BY_ONE, move |moment| {
        let first = moment.stage == Stage::Dot && moment.nth == 1;
        first.then(|| Act::When(bell.clone()))
    })
    .await;
    let app = office(&peer, 1).await;
    app.import(&["ana", "bob", "eve"].map(|name| format!("{name}@example.org")))
        .await;
    let newsletter = app.draft("slow relay").await;
    let everyone = everyone(&app).await;
    approve(&app, newsletter).await;
    app.until("the first message", async || {
        (peer.seen().received.len() == 1).then_some(())
    })
    .await;
    // While the relay thinks, the others leave.
    for (at, reader) in everyone[1..].iter().enumerate() {
        leave(&app, newsletter, at, reader).await;
    }
    relay_answers.notify_one();
    finished(&app, newsletter).await;
    assert_eq!(peer.seen().announced.len(), 1);
    app.stop().await;
}
