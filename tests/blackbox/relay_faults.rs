//! Relays that fail, at every stage and in every way: nobody is lost, nobody gets it twice (rules
//! S1, S4, S5, S8, S9, P12).

use std::collections::HashMap;

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
pub fn copies(peer: &Peer) -> HashMap<String, Vec<String>> {
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

pub async fn approve(app: &TestApp, newsletter: i64) {
    newsletters::approve(&app.app, newsletter, "test", None)
        .await
        .unwrap();
}

pub async fn progress(app: &TestApp, newsletter: i64) -> (State, Counts) {
    let state = newsletters::find(&app.app, newsletter).await.unwrap().state;
    (
        state,
        newsletters::counts(&app.app, newsletter).await.unwrap(),
    )
}

pub async fn finished(app: &TestApp, newsletter: i64) -> Counts {
    app.until("the end", async || {
        let (state, counts) = progress(app, newsletter).await;
        (state == State::Sent).then_some(counts)
    })
    .await
}
