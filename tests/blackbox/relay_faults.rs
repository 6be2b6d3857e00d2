//! Relays that fail, at every stage and in every way: nobody is lost, nobody gets it twice (rules
//! S1–S9, M9, P12, P15).

use std::{collections::HashMap, time::Duration};

use futures_util::{StreamExt, stream};
use gazette::{
    clock::HOUR,
    newsletters::{self, Counts, NewsletterState as State},
};

use crate::{
    app::TestApp,
    peer::{Act, Moment, ONE_BY_ONE, PIPELINING, Peer, Stage},
};
use Outcome::{Again, Deferred, Failed, InDoubt, Paused, Taken};

/// What becomes of a message when its relay fails once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Accepted, at the first attempt.
    Taken,
    /// Accepted at once over another connection; the failed attempt is not held against it.
    Again,
    /// Deferred, with the relay's words, and accepted when it is due.
    Deferred,
    /// Deferred, as the relay may have it, and sent again with the same Message-ID.
    InDoubt,
    /// Failed, and never tried again.
    Failed,
    /// Nobody's address is at fault: the newsletter is paused, and goes on when it is resumed.
    Paused,
}

const FAULTS: [(&str, Act); 12] = [
    ("2xx", Act::Say("299 2.9.9 fine")),
    ("4xx", Act::Say("451 4.7.1 not now")),
    ("5xx", Act::Say("550 5.1.1 not here")),
    ("421", Act::Say("421 4.3.2 closing")),
    ("close", Act::Close),
    ("reset", Act::Reset),
    ("silence", Act::Silence),
    ("garbage", Act::Say("HTTP/1.1 400 Bad Request")),
    ("bytes", Act::Bytes),
    ("twice", Act::Twice),
    ("lines", Act::Lines),
    ("1 MB", Act::Megabyte),
];

/// By stage, what each of [`FAULTS`] comes to. A second reply in the same packet costs the
/// connection, because from then on no reply can be trusted to be about its command.
#[rustfmt::skip]
const TABLE: [(Stage, [Outcome; 12]); 9] = [
    //                 2xx    4xx       5xx     421       close    reset    silence  garbage  bytes  twice  lines  1 MB
    (Stage::Banner,   [Again, Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // 5xx: an old relay, which is greeted by HELO (S5).
    (Stage::Ehlo,     [Taken, Again,    Taken,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // S9: what comes behind the reply to STARTTLS was put there by someone in between.
    (Stage::StartTls, [Again, Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Stage::Auth,     [Again, Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // 5xx: the next reader's MAIL would meet the same (S8).
    (Stage::Mail,     [Taken, Deferred, Paused, Deferred, Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Stage::Rcpt,     [Taken, Deferred, Failed, Deferred, Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Stage::Data,     [Again, Deferred, Failed, Deferred, Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // A small message has left with its dot before a fault in its middle is noticed (S4).
    (Stage::Body,     [Taken, Deferred, Failed, Deferred, InDoubt, InDoubt, InDoubt, InDoubt, Taken, Taken, Taken, InDoubt]),
    (Stage::Dot,      [Taken, Deferred, Failed, Deferred, InDoubt, InDoubt, InDoubt, InDoubt, Taken, Taken, Taken, InDoubt]),
];

#[tokio::test(flavor = "multi_thread")]
async fn s1_s4_s9_every_fault_of_a_pipelining_relay_has_the_outcome_of_the_table() {
    run_table(PIPELINING, &TABLE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_s4_every_fault_of_a_relay_without_pipelining_has_the_outcome_of_the_table() {
    run_table(ONE_BY_ONE, &TABLE[4..]).await;
}

async fn run_table(offers: &'static [&'static str], table: &[(Stage, [Outcome; 12])]) {
    let mut cases = Vec::new();
    for (stage, outcomes) in table {
        for ((name, act), outcome) in FAULTS.iter().zip(outcomes) {
            cases.push((*stage, *name, act.clone(), *outcome));
        }
    }
    let mut wrong = Vec::new();
    let run = async |(stage, name, act, expected)| {
        let case = Case::start(offers, stage, act).await;
        let found = case.outcome().await;
        if found == expected {
            case.end(found).await;
            return None;
        }
        Some(format!("{stage:?} × {name}: {found:?}, not {expected:?}"))
    };
    let mut running = stream::iter(cases).map(run).buffer_unordered(8);
    while let Some(outcome) = running.next().await {
        wrong.extend(outcome);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A newsletter to three readers over one connection, whose relay fails once: where connections
/// begin at the first, elsewhere at the second message.
struct Case {
    app: TestApp,
    peer: Peer,
    newsletter: i64,
    stage: Stage,
    /// Where the peer's certificate lies.
    _folder: tempfile::TempDir,
}

impl Case {
    async fn start(offers: &'static [&'static str], stage: Stage, act: Act) -> Self {
        let opening = [Stage::Banner, Stage::Ehlo, Stage::StartTls, Stage::Auth];
        let fails_at = if opening.contains(&stage) { 1 } else { 2 };
        // Only who waits for silence to end cannot wait for minutes.
        let patience = if matches!(act, Act::Silence) {
            "0.01"
        } else {
            "1"
        };
        let script = move |moment: &Moment<'_>| {
            (moment.stage == stage && moment.nth == fails_at).then(|| act.clone())
        };
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("peer.pem");
        let (peer, url) = if matches!(stage, Stage::StartTls | Stage::Auth) {
            let peer = Peer::start_with_tls(offers, &certificate, script).await;
            let at = peer.address;
            let url = format!("smtp://news:secret@{at}?ca={}", certificate.display());
            (peer, url)
        } else {
            let peer = Peer::start(offers, script).await;
            let url = peer.url();
            (peer, url)
        };
        let app = TestApp::start_with(&[
            "--smtp-url",
            &url,
            "--smtp-connections",
            "1",
            "--smtp-patience",
            patience,
        ])
        .await;
        let readers = ["ana", "bob", "eve"].map(|name| format!("{name}@example.org"));
        app.import(&readers).await;
        let newsletter = app.draft("faults").await;
        approve(&app, newsletter).await;
        Self {
            app,
            peer,
            newsletter,
            stage,
            _folder: folder,
        }
    }

    async fn state(&self) -> (State, Counts) {
        progress(&self.app, self.newsletter).await
    }

    /// What the fault came to.
    async fn outcome(&self) -> Outcome {
        let (state, counts) = self
            .app
            .until("the outcome", async || {
                let (state, counts) = self.state().await;
                let waits = counts.deferred > 0 && counts.queued + counts.claimed == 0;
                (state != State::Sending || waits).then_some((state, counts))
            })
            .await;
        let exceptions = newsletters::exceptions(&self.app.app, self.newsletter, 10).await;
        let code = exceptions.unwrap().first().map(|exception| exception.code);
        match (state, code) {
            (State::Paused, _) => Paused,
            (_, Some(0)) => InDoubt,
            (State::Sent, Some(_)) => Failed,
            (_, Some(_)) => Deferred,
            (..) if self.was_repeated() => Again,
            _ if counts.accepted == 3 => Taken,
            _ => panic!("{counts:?}"),
        }
    }

    /// Whether the attempt that met the fault was made twice.
    fn was_repeated(&self) -> bool {
        let seen = self.peer.seen();
        match self.stage {
            Stage::Banner | Stage::Ehlo | Stage::StartTls | Stage::Auth => seen.connections > 1,
            Stage::Mail => {
                let commands = seen.commands.iter();
                commands
                    .filter(|(_, line)| line.starts_with("MAIL"))
                    .count()
                    > 3
            }
            Stage::Rcpt | Stage::Data | Stage::Body | Stage::Dot => {
                let second = &seen.announced[1].to;
                seen.announced
                    .iter()
                    .filter(|one| one.to == *second)
                    .count()
                    > 1
            }
        }
    }

    /// Goes on to the end: everyone who did not refuse has it once.
    async fn end(self, outcome: Outcome) {
        if outcome == Paused {
            let words = newsletters::find(&self.app.app, self.newsletter)
                .await
                .unwrap();
            assert!(words.attention.unwrap().contains("550 5.1.1 not here"));
            newsletters::resume(&self.app.app, self.newsletter, "test")
                .await
                .unwrap();
        }
        self.app.app.clock.advance_ms(HOUR);
        let counts = finished(&self.app, self.newsletter).await;
        let failed = u64::from(outcome == Failed);
        let expected = Counts {
            accepted: 3 - failed,
            failed,
            ..Counts::default()
        };
        assert_eq!(counts, expected, "{:?} {outcome:?}", self.stage);
        let copies = copies(&self.peer);
        let twice = copies.values().filter(|ids| ids.len() == 2).count();
        assert_eq!(
            copies.len() as u64,
            3 - failed,
            "{:?} {outcome:?}",
            self.stage
        );
        assert!(
            twice <= usize::from(outcome == InDoubt),
            "{:?} {outcome:?}",
            self.stage
        );
        for ids in copies.values() {
            assert!(ids.len() <= 2 && ids.iter().all(|id| *id == ids[0] && !id.is_empty()));
        }
        asks_nothing_odd(&self.peer);
        self.app.stop().await;
    }
}

/// The Message-IDs that each reader may have got: a copy counts unless its sender heard "no".
fn copies(peer: &Peer) -> HashMap<String, Vec<String>> {
    let mut copies: HashMap<String, Vec<String>> = HashMap::new();
    for message in &peer.seen().received {
        if message.told.is_none_or(|code| code < 400) {
            copies
                .entry(message.to.clone())
                .or_default()
                .push(message.message_id.clone());
        }
    }
    copies
}

/// P12: no VRFY, no EXPN; and who is asked for by RCPT is meant: DATA follows.
fn asks_nothing_odd(peer: &Peer) {
    let seen = peer.seen();
    let mut last: HashMap<usize, &str> = HashMap::new();
    for (connection, line) in &seen.commands {
        let verb = line.split([' ', ':']).next().unwrap();
        assert!(
            [
                "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT"
            ]
            .contains(&verb),
            "{line}"
        );
        if last.insert(*connection, verb) == Some("RCPT") && verb != "DATA" {
            // Without pipelining, a refused RCPT is the end of it.
            assert!(matches!(verb, "RSET" | "QUIT"), "{verb} behind RCPT");
        }
    }
}

async fn approve(app: &TestApp, newsletter: i64) {
    newsletters::approve(&app.app, newsletter, "test", None)
        .await
        .unwrap();
}

async fn progress(app: &TestApp, newsletter: i64) -> (State, Counts) {
    let state = newsletters::find(&app.app, newsletter).await.unwrap().state;
    (
        state,
        newsletters::counts(&app.app, newsletter).await.unwrap(),
    )
}

async fn finished(app: &TestApp, newsletter: i64) -> Counts {
    app.until("the end", async || {
        let (state, counts) = progress(app, newsletter).await;
        (state == State::Sent).then_some(counts)
    })
    .await
}

/// An instance that sends over `peer`, one connection, with these readers and a newsletter to them.
async fn office(peer: &Peer, flags: &[&str], readers: &[String]) -> (TestApp, i64) {
    let url = peer.url();
    let mut all = vec!["--smtp-url", url.as_str(), "--smtp-connections", "1"];
    all.extend_from_slice(flags);
    let app = TestApp::start_with(&all).await;
    assert_eq!(app.import(readers).await.imported, readers.len() as u64);
    let newsletter = app.draft("office").await;
    approve(&app, newsletter).await;
    (app, newsletter)
}

fn readers(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("reader{n}@example.org"))
        .collect()
}

#[tokio::test]
async fn p15_a_relay_that_closes_after_five_messages_without_a_word_loses_none() {
    for (offers, act) in [
        (PIPELINING, Act::Close),
        (PIPELINING, Act::Reset),
        (ONE_BY_ONE, Act::Close),
    ] {
        let peer = Peer::start(offers, move |moment| {
            (moment.stage == Stage::Mail && moment.nth_here == 6).then(|| act.clone())
        })
        .await;
        let (app, newsletter) = office(&peer, &[], &readers(50)).await;
        let counts = finished(&app, newsletter).await;
        assert_eq!(
            counts,
            Counts {
                accepted: 50,
                ..Counts::default()
            }
        );
        let copies = copies(&peer);
        assert!(copies.len() == 50 && copies.values().all(|ids| ids.len() == 1));
        assert_eq!(peer.seen().connections, 10);
        app.stop().await;
    }
}

#[tokio::test]
async fn s3_a_reply_nine_minutes_after_the_dot_counts() {
    // A hundredth of the time: the limit is six seconds.
    let peer = Peer::start(PIPELINING, |moment| {
        let first = moment.stage == Stage::Dot && moment.nth == 1;
        first.then_some(Act::After(Duration::from_millis(5_400)))
    })
    .await;
    let (app, newsletter) = office(&peer, &["--smtp-patience", "0.01"], &readers(2)).await;
    assert_eq!(finished(&app, newsletter).await.accepted, 2);
    assert_eq!(peer.seen().tally(), (1, 2));
    app.stop().await;
}

#[tokio::test]
async fn s7_where_all_recipients_are_refused_and_data_is_taken_a_lone_dot_follows() {
    let peer = Peer::start(PIPELINING, |moment| match (moment.stage, moment.nth) {
        (Stage::Rcpt, 2) => Some(Act::Say("550 5.1.1 not here")),
        (Stage::Data, 2) => Some(Act::Say("354 go ahead all the same")),
        _ => None,
    })
    .await;
    let (app, newsletter) = office(&peer, &[], &readers(4)).await;
    let counts = finished(&app, newsletter).await;
    assert_eq!((counts.accepted, counts.failed), (3, 1));
    assert_eq!(peer.seen().tally(), (1, 3));
    app.stop().await;
}

#[tokio::test]
async fn s6_a_message_larger_than_the_relay_takes_is_not_begun_and_pauses_its_newsletter() {
    let peer = Peer::start(&["PIPELINING", "SIZE 1000"], |_| None).await;
    let (app, newsletter) = office(&peer, &[], &readers(3)).await;
    let attention = app
        .until("the pause", async || {
            let found = newsletters::find(&app.app, newsletter).await.unwrap();
            (found.state == State::Paused).then_some(found.attention)
        })
        .await;
    assert!(attention.unwrap().contains("5.3.4"));
    let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
    assert_eq!((counts.accepted, counts.failed), (0, 0));
    assert!(
        !peer
            .seen()
            .commands
            .iter()
            .any(|(_, line)| line.starts_with("MAIL"))
    );
    app.stop().await;
}

#[tokio::test]
async fn s6_a_relay_that_states_a_size_is_told_ours() {
    let peer = Peer::start(PIPELINING, |_| None).await;
    let (app, newsletter) = office(&peer, &[], &readers(1)).await;
    finished(&app, newsletter).await;
    let seen = peer.seen();
    let mail = seen
        .commands
        .iter()
        .find(|(_, line)| line.starts_with("MAIL"));
    let size = mail.unwrap().1.rsplit_once("SIZE=").unwrap().1;
    assert_eq!(size.parse(), Ok(seen.received[0].octets));
    drop(seen);
    app.stop().await;
}

#[tokio::test]
async fn s8_too_many_recipients_is_temporary_whatever_its_code() {
    let peer = Peer::start(PIPELINING, |moment| {
        let first = moment.stage == Stage::Rcpt && moment.nth == 1;
        first.then_some(Act::Say("552 too many recipients"))
    })
    .await;
    let (app, newsletter) = office(&peer, &[], &readers(2)).await;
    app.until("the deferral", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.deferred == 1 && counts.accepted == 1).then_some(())
    })
    .await;
    app.app.clock.advance_ms(HOUR);
    assert_eq!(finished(&app, newsletter).await.accepted, 2);
    app.stop().await;
}

#[tokio::test]
async fn s9_without_the_starttls_that_was_asked_for_nothing_is_told_and_nobody_fails() {
    let peer = Peer::start(PIPELINING, |_| None).await;
    let url = format!("smtp://news:secret@{}?tls=required", peer.address);
    let app = TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", "1"]).await;
    app.import(&readers(2)).await;
    let newsletter = app.draft("stripped").await;
    approve(&app, newsletter).await;
    let attention = app
        .until("the reason", async || {
            newsletters::find(&app.app, newsletter)
                .await
                .unwrap()
                .attention
        })
        .await;
    assert!(attention.contains("offers no STARTTLS"), "{attention}");
    let (state, counts) = progress(&app, newsletter).await;
    assert_eq!(
        (state, counts.failed + counts.deferred),
        (State::Sending, 0)
    );
    let told: Vec<String> = peer
        .seen()
        .commands
        .iter()
        .map(|(_, line)| line.clone())
        .collect();
    assert!(
        told.iter()
            .all(|line| line.starts_with("EHLO") || line == "QUIT"),
        "{told:?}"
    );
    app.stop().await;
}

#[tokio::test]
async fn m9_an_address_beyond_ascii_goes_only_to_a_relay_that_knows_it() {
    let both = ["用户@例え.jp".to_owned(), "user@bücher.example".to_owned()];
    for (offers, accepted) in [(PIPELINING, 2), (ONE_BY_ONE, 1)] {
        let peer = Peer::start(offers, |_| None).await;
        let (app, newsletter) = office(&peer, &[], &both).await;
        let counts = finished(&app, newsletter).await;
        assert_eq!((counts.accepted, counts.failed), (accepted, 2 - accepted));
        // The domain alone needs nothing of a relay.
        assert_eq!(peer.seen().to("user@xn--bcher-kva.example").len(), 1);
        let exceptions = newsletters::exceptions(&app.app, newsletter, 5)
            .await
            .unwrap();
        assert!(
            exceptions
                .iter()
                .all(|failed| failed.words.starts_with("5.6.7"))
        );
        let seen = peer.seen();
        let marked = |line: &str| line.starts_with("MAIL") && line.ends_with(" SMTPUTF8");
        let count = seen
            .commands
            .iter()
            .filter(|(_, line)| marked(line))
            .count();
        assert_eq!(count as u64, accepted - 1);
        drop(seen);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_reader_at_whose_name_the_relay_hangs_up_keeps_nobody_else_waiting() {
    let peer = Peer::start(PIPELINING, |moment| {
        (moment.stage == Stage::Rcpt && moment.line.contains("reader7@")).then_some(Act::Reset)
    })
    .await;
    let (app, newsletter) = office(&peer, &[], &readers(20)).await;
    app.until("the others", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.accepted == 19 && counts.deferred == 1).then_some(())
    })
    .await;
    assert!(copies(&peer).values().all(|ids| ids.len() == 1));
    app.stop().await;
}
