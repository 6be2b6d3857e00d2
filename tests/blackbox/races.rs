//! Readers who leave or want no mail ever again, and staff who pause and cancel, while the newsletter
//! is being sent: once they have their answer, no message begins (rules P10, S12). Ten thousand races
//! in all, each of which meets a newsletter in the middle of its sending.
//!
//! A message begins when its MAIL reaches the relay. One exception cannot be avoided: what was on
//! the wire when the answer was given. On each connection that is at most the first message that
//! the relay reads after it.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use gazette::{
    newsletters,
    secret::Token,
    subscribers::{self, RequestOrigin, UnsubscribeChannel, link::SubscriberLink},
    values,
};
use tokio::sync::Notify;

use crate::{
    app::TestApp,
    peer::{Act, Announced, ONE_BY_ONE, PIPELINING, Peer, Stage},
};

const CONNECTIONS: usize = 4;

/// How often each of the three races is run.
const LEAVING: usize = 9_000;
const PAUSING: usize = 800;
const CANCELLING: usize = 200;
const _: () = assert!(LEAVING + PAUSING + CANCELLING == 10_000);

/// Those who leave at once.
const CROWD: usize = 16;

async fn office(peer: &Peer, connections: usize) -> TestApp {
    let (url, connections) = (peer.url(), connections.to_string());
    TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", &connections]).await
}

async fn approve(app: &TestApp, newsletter: i64) {
    let approved = newsletters::approve(&app.app, newsletter, "test", None, 0).await;
    approved.unwrap();
}

/// The readers' numbers and addresses, in the order of the queue.
async fn everyone(app: &TestApp) -> Vec<(i64, String)> {
    let sql = "SELECT id, email FROM subscriber WHERE status = 1 ORDER BY id";
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

/// How a reader makes an end of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    /// As a mail program does it, over HTTP.
    OneClick,
    /// By what stands behind that.
    Unsubscribed,
    Erased,
    /// By the button "never write to me again".
    Never,
}

impl End {
    /// Of so many, a twentieth each over HTTP and by erasure, a tenth for ever.
    fn of(race: usize) -> Self {
        match race % 20 {
            0 => Self::OneClick,
            1 => Self::Erased,
            2 | 3 => Self::Never,
            _ => Self::Unsubscribed,
        }
    }
}

/// Leaves on behalf of a reader, and waits for the answer.
async fn leave(app: &TestApp, newsletter: i64, end: End, (subscriber, email): &(i64, String)) {
    let subscriber = *subscriber;
    let link = SubscriberLink {
        subscriber,
        newsletter,
    };
    let origin = RequestOrigin {
        ip: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
    };
    match end {
        End::OneClick => {
            let path = format!("/unsubscribe/{}", link.token(&app.app.keys));
            // Who is told to come back has not been told that they have left, and comes back.
            for turn in 0.. {
                let answer = app.post(&path, "List-Unsubscribe=One-Click").await;
                if answer.status() == 200 {
                    break;
                }
                assert_eq!(answer.status(), 503);
                assert!(
                    answer.headers().contains_key("retry-after") && turn < 5,
                    "turn {turn}"
                );
            }
        }
        End::Erased => drop(
            subscribers::erase(&app.app, email, "operator")
                .await
                .unwrap(),
        ),
        End::Never => {
            let token = confirmation(app, subscriber).await;
            subscribers::never_again(&app.app, &token, &origin)
                .await
                .unwrap();
        }
        End::Unsubscribed => {
            let left =
                subscribers::unsubscribe(&app.app, link, UnsubscribeChannel::OneClick, &origin);
            left.await.unwrap();
        }
    }
}

/// The token of the mail by which somebody once confirmed.
async fn confirmation(app: &TestApp, subscriber: i64) -> Token {
    let token = app.app.keys.token(&format!("confirmed by {subscriber}"));
    let sql =
        "INSERT INTO confirmation (subscriber_id, token_hash, topics, language, requested_at, expires_at, used_at)
         VALUES ($1, $2, '[1]', 'en', 0, 1, 1)";
    let stored = app.app.db.execute(sql, values![subscriber, token.hash()]);
    stored.await.unwrap();
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_s12_no_message_begins_after_its_reader_was_told_that_they_have_left() {
    const READERS: usize = 24_000;
    // However slowly they leave: the list lasts, because the relay waits for them.
    const AHEAD: usize = 500;
    const FURTHEST: usize = 200;
    let done = Arc::new(AtomicUsize::new(0));
    let told = done.clone();
    let peer = Peer::start(PIPELINING, move |moment| {
        let left = told.load(SeqCst);
        let waits = left < LEAVING && moment.nth > left + AHEAD;
        let takes = Duration::from_millis(if waits { 50 } else { 1 });
        (moment.stage == Stage::Dot).then_some(Act::After(takes))
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
    // Always who comes next, and so many places on as make it a close race however quick leaving and sending are here:
    // whose message was quicker sends the next one further on, who was in time moves it back.
    let (begun, next, lead) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let sending_at = || {
        let last = peer.seen().announced.last().map(|one| one.to.clone());
        last.map_or(0, |to| place[to.as_str()])
    };
    let crowd = (0..CROWD).map(async |_| {
        let mut answered = Vec::new();
        loop {
            let race = begun.fetch_add(1, SeqCst);
            if race >= LEAVING {
                return answered;
            }
            let front = sending_at() + lead.load(SeqCst);
            let at = next.fetch_max(front, SeqCst).max(front);
            let at = at.max(next.fetch_add(1, SeqCst));
            let reader = everyone.get(at).expect("the list is too short");
            leave(&app, newsletter, End::of(race), reader).await;
            answered.push((End::of(race), reader.1.clone(), Instant::now()));
            let was_in_time = at > sending_at();
            let moved = lead.fetch_update(SeqCst, SeqCst, |lead| {
                Some(if was_in_time {
                    lead.saturating_sub(1)
                } else {
                    (lead + 1).min(FURTHEST)
                })
            });
            moved.expect("it always moves");
            done.fetch_add(1, SeqCst);
        }
    });
    let crowd: Vec<_> = join_all(crowd).await.into_iter().flatten().collect();
    let mut by_end: HashMap<End, usize> = HashMap::new();
    for (end, ..) in &crowd {
        *by_end.entry(*end).or_default() += 1;
    }
    for (end, races) in [
        (End::OneClick, LEAVING / 20),
        (End::Erased, LEAVING / 20),
        (End::Never, LEAVING / 10),
        (End::Unsubscribed, LEAVING / 10 * 8),
    ] {
        assert_eq!(by_end[&end], races, "{end:?}");
    }
    let answered: HashMap<String, Instant> = crowd
        .into_iter()
        .map(|(_, email, at)| (email, at))
        .collect();
    app.finished(newsletter).await;
    let mut tally = Tally::default();
    tally.count(&peer.seen().announced, &answered);
    let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
    assert_eq!(counts.accepted as usize, peer.seen().received.len());
    assert_eq!(
        counts.queued + counts.claimed + counts.deferred + counts.failed,
        0
    );
    let last = peer.seen().announced.last().unwrap().at;
    let met = answered.values().filter(|answer| **answer < last).count();
    println!("{by_end:?}, {met} met a newsletter in sending");
    // Nobody left twice, and after each answer others were still mailed.
    assert_eq!((tally.races, met), (LEAVING, LEAVING));
    assert!(tally.in_time > LEAVING / 20, "no race: {tally:?}");
    tally.check("leaving");
    let blocked = "SELECT count(*) FROM subscriber WHERE status = 5";
    assert_eq!(app.count(blocked).await, LEAVING as i64 / 10);
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
    const READERS: usize = 7_000;
    // The relay does not run through the list while there are races to come.
    const EACH: usize = 6;
    let done = Arc::new(AtomicUsize::new(0));
    let told = done.clone();
    let peer = Peer::start(PIPELINING, move |moment| {
        let paused = told.load(SeqCst);
        let waits = paused < PAUSING && moment.nth > (paused + 20) * EACH;
        let takes = Duration::from_millis(if waits { 20 } else { 3 });
        (moment.stage == Stage::Dot).then_some(Act::After(takes))
    })
    .await;
    let app = office(&peer, CONNECTIONS).await;
    let emails: Vec<String> = (0..READERS).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let newsletter = app.draft("paused").await;
    approve(&app, newsletter).await;
    let mut pauses = Vec::new();
    while pauses.len() < PAUSING {
        // Only one that is being sent can be paused.
        newsletters::pause(&app.app, newsletter, "test")
            .await
            .unwrap();
        let answer = Instant::now();
        tokio::time::sleep(Duration::from_millis(3)).await;
        pauses.push((answer, Instant::now()));
        newsletters::resume(&app.app, newsletter, "test")
            .await
            .unwrap();
        // Every other one comes for certain in the middle of messages, however loaded the machine is.
        let before = peer.seen().announced.len();
        if pauses.len() % 2 == 0 {
            let a_message = async {
                while peer.seen().announced.len() == before {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            let waited = tokio::time::timeout(Duration::from_secs(30), a_message);
            waited.await.expect("nothing is sent after a pause");
        } else {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        done.fetch_add(1, SeqCst);
    }
    app.finished(newsletter).await;
    let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
    // Nobody is taken for someone who left.
    assert_eq!((counts.accepted, counts.withdrawn), (READERS as u64, 0));
    let (late, met) = {
        let seen = peer.seen();
        let people: HashSet<&str> = seen.received.iter().map(|one| one.to.as_str()).collect();
        assert_eq!((seen.received.len(), people.len()), (READERS, READERS));
        let begun = pauses
            .iter()
            .map(|(answer, until)| begun_between(&seen.announced, *answer, *until));
        // Between one pause and the next, something was sent.
        let sent = pauses.windows(2).filter(|two| {
            let between = two[0].1..two[1].0;
            seen.announced.iter().any(|one| between.contains(&one.at))
        });
        (begun.sum::<usize>(), sent.count())
    };
    println!(
        "pausing: {} raced, {met} of them in the middle of messages, {late} messages began too late",
        pauses.len()
    );
    assert_eq!((pauses.len(), late), (PAUSING, 0));
    assert!(met > PAUSING / 4, "no race: {met}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_when_a_newsletter_is_cancelled_none_of_its_messages_begins_any_more() {
    const READERS: usize = 60;
    // Half of them at full speed; the rest so slowly that the end is never there before the answer.
    let taken = Arc::new(AtomicUsize::new(0));
    let told = taken.clone();
    let peer = Peer::start(PIPELINING, move |moment| {
        if moment.stage != Stage::Dot {
            return None;
        }
        let slowly = told.fetch_add(1, SeqCst) >= READERS / 2;
        slowly.then_some(Act::After(Duration::from_millis(80)))
    })
    .await;
    let app = office(&peer, CONNECTIONS).await;
    let emails: Vec<String> = (0..READERS).map(|n| format!("r{n}@example.org")).collect();
    app.import(&emails).await;
    let (mut late, mut accepted, mut in_flight) = (0, 0, 0);
    for round in 0..CANCELLING {
        let newsletter = app.draft(&format!("cancelled {round}")).await;
        let before = peer.seen().announced.len();
        taken.store(0, SeqCst);
        approve(&app, newsletter).await;
        if round % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(round as u64 % 20)).await;
        } else {
            // For certain among the messages.
            app.until("some messages", async || {
                (taken.load(SeqCst) > round % 16).then_some(())
            })
            .await;
        }
        newsletters::cancel(&app.app, newsletter, "test")
            .await
            .unwrap();
        let answer = Instant::now();
        let counts = app
            .until("the rest to be withdrawn", async || {
                let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
                (counts.queued + counts.claimed + counts.deferred == 0).then_some(counts)
            })
            .await;
        assert_eq!(counts.failed, 0, "round {round}: {counts:?}");
        accepted += counts.accepted as usize;
        // Cancelled so early that nobody was queued, or with some who got it and some who did not.
        in_flight += usize::from(counts.accepted > 0 && counts.withdrawn > 0);
        let seen = peer.seen();
        late += begun_between(&seen.announced[before..], answer, Instant::now());
    }
    assert_eq!(accepted, peer.seen().received.len());
    println!(
        "cancelling: {CANCELLING} raced, {in_flight} of them in the middle of messages, {late} messages began too late"
    );
    assert_eq!(late, 0);
    assert!(in_flight >= CANCELLING / 2, "no race: {in_flight}");
    app.stop().await;
}

#[tokio::test]
async fn s12_without_pipelining_leave_to_send_is_asked_when_the_relay_is_free() {
    let relay_answers = Arc::new(Notify::new());
    let wakeup = relay_answers.clone();
    let peer = Peer::start(ONE_BY_ONE, move |moment| {
        let first = moment.stage == Stage::Dot && moment.nth == 1;
        first.then(|| Act::When(wakeup.clone()))
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
        leave(
            &app,
            newsletter,
            if at == 0 { End::OneClick } else { End::Never },
            reader,
        )
        .await;
    }
    relay_answers.notify_one();
    app.finished(newsletter).await;
    assert_eq!(peer.seen().announced.len(), 1);
    app.stop().await;
}
