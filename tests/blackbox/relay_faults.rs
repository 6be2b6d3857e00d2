//! Relays that fail, at every stage and in every way: nobody is lost, nobody gets it twice (rules
//! S1, S4, S5, S8, S9, P12).

use std::{collections::HashMap, path::Path};

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

const FAULTS: [(&str, Act); 13] = [
    ("2xx", Act::Say("299 2.9.9 fine")),
    ("4xx", Act::Say("451 4.7.1 not now")),
    ("454", Act::Say("454 4.7.0 not available for the moment")),
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

/// How the relay is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Without TLS and login.
    Clear,
    /// STARTTLS where it is offered, as it is here.
    Opportunistic,
    /// STARTTLS, and a login by PLAIN or by LOGIN, which asks for the password by itself.
    Plain,
    Login,
    /// The same; what fails is the reply to the password.
    Password,
}
use Way::{Clear, Login, Opportunistic, Password, Plain};

/// By stage, what each of [`FAULTS`] comes to. A second reply in the same packet costs the
/// connection, because from then on no reply can be trusted to be about its command.
/// Before all of them stands the connection: see `relay_unreachable`.
#[rustfmt::skip]
const TABLE: [(Way, Stage, [Outcome; 13]); 12] = [
    //                               2xx    4xx       454       5xx     421       close    reset    silence  garbage  bytes  twice  lines  1 MB
    (Clear, Stage::Banner,          [Again, Again,    Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // 5xx: an old relay, which is greeted by HELO (S5).
    (Clear, Stage::Ehlo,            [Taken, Again,    Again,    Taken,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // S9: what comes behind the reply to STARTTLS was put there by someone in between.
    (Plain, Stage::StartTls,        [Again, Again,    Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // Who refuses TLS is talked to without, where nobody asked for it.
    (Opportunistic, Stage::StartTls,[Again, Taken,    Taken,    Taken,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Plain, Stage::Auth,            [Again, Again,    Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Login, Stage::Auth,            [Again, Again,    Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Password, Stage::Auth,         [Again, Again,    Again,    Again,  Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // 5xx: the next reader's MAIL would meet the same (S8). 421 behind a message that was taken: the relay closes the
    // connection, which is no word about the next reader.
    (Clear, Stage::Mail,            [Taken, Deferred, Deferred, Paused, Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Clear, Stage::Rcpt,            [Taken, Deferred, Deferred, Failed, Again,    Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    (Clear, Stage::Data,            [Again, Deferred, Deferred, Failed, Deferred, Again,   Again,   Again,   Again,   Taken, Again, Taken, Again]),
    // A small message has left with its dot before a fault in its middle is noticed (S4).
    (Clear, Stage::Body,            [Taken, Deferred, Deferred, Failed, Deferred, InDoubt, InDoubt, InDoubt, InDoubt, Taken, Taken, Taken, InDoubt]),
    (Clear, Stage::Dot,             [Taken, Deferred, Deferred, Failed, Deferred, InDoubt, InDoubt, InDoubt, InDoubt, Taken, Taken, Taken, InDoubt]),
];

/// From here on, whether the relay takes several commands at once makes a difference.
const FROM_MAIL_ON: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn s1_s4_s9_every_fault_of_a_pipelining_relay_has_the_outcome_of_the_table() {
    run_table(PIPELINING, &TABLE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_s4_every_fault_of_a_relay_without_pipelining_has_the_outcome_of_the_table() {
    run_table(ONE_BY_ONE, &TABLE[FROM_MAIL_ON..]).await;
}

async fn run_table(offers: &'static [&'static str], table: &[(Way, Stage, [Outcome; 13])]) {
    let mut cases = Vec::new();
    for (way, stage, outcomes) in table {
        for ((name, act), outcome) in FAULTS.iter().zip(outcomes) {
            cases.push((*way, *stage, *name, act.clone(), *outcome));
        }
    }
    let mut wrong = Vec::new();
    let run = async |(way, stage, name, act, expected)| {
        let case = Case::start(offers, way, stage, act).await;
        let found = case.outcome().await;
        // A lone lane's text travels ahead of its dot: what breaks off between the two, or says yes,
        // has nothing (S4). A refusal is one in either place.
        let may_come_before =
            stage == Stage::Body && (name == "421" || matches!(expected, InDoubt | Taken));
        let before_the_dot = offers == PIPELINING && may_come_before && found == Again;
        if found == expected || before_the_dot {
            case.end(found).await;
            return None;
        }
        Some(format!(
            "{way:?} {stage:?} × {name}: {found:?}, not {expected:?}"
        ))
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
    async fn start(offers: &'static [&'static str], way: Way, stage: Stage, act: Act) -> Self {
        let fails_at = match (way, stage) {
            // Behind "AUTH LOGIN" and the name.
            (Password, _) => 3,
            (_, Stage::Banner | Stage::Ehlo | Stage::StartTls | Stage::Auth) => 1,
            _ => 2,
        };
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
        let (peer, url) = way.peer(offers, folder.path(), script).await;
        let app = TestApp::start_with(&[
            "--smtp-url",
            &url,
            "--smtp-connections",
            "1",
            "--smtp-patience",
            patience,
        ])
        .await;
        let newsletter = to_three(&app).await;
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
        let exceptions = gazette::delivery::exceptions(&self.app.app, self.newsletter, 10).await;
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
        let counts = self.app.finished(self.newsletter).await;
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

impl Way {
    /// A peer that is talked to in this way, and its address.
    async fn peer(
        self,
        offers: &'static [&'static str],
        folder: &Path,
        script: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static,
    ) -> (Peer, String) {
        if self == Clear {
            let peer = Peer::start(offers, script).await;
            let url = peer.url();
            return (peer, url);
        }
        let certificate = folder.join("peer.pem");
        let logins = match self {
            Login | Password => "AUTH LOGIN",
            _ => "AUTH PLAIN",
        };
        let peer = Peer::start_with_tls(offers, logins, &certificate, script).await;
        let (at, ca) = (peer.address, certificate.display());
        let url = match self {
            Opportunistic => format!("smtp://{at}?tls=opportunistic&ca={ca}"),
            _ => format!("smtp://news:secret@{at}?ca={ca}"),
        };
        (peer, url)
    }
}

/// Approves a newsletter to three readers.
pub async fn to_three(app: &TestApp) -> i64 {
    let readers = ["ana", "bob", "eve"].map(|name| format!("{name}@example.org"));
    app.import(&readers).await;
    let newsletter = app.draft("faults").await;
    approve(app, newsletter).await;
    newsletter
}

#[tokio::test]
async fn s9_p4_tls_is_taken_where_it_is_offered_and_every_attempt_says_how_it_went() {
    for (way, offered, tls) in [
        (Opportunistic, true, 13),
        (Opportunistic, false, 0),
        (Login, true, 13),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (peer, mut url) = if offered {
            way.peer(PIPELINING, folder.path(), |_| None).await
        } else {
            Clear.peer(PIPELINING, folder.path(), |_| None).await
        };
        url = url.replace("tls=none", "tls=opportunistic");
        let app = TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", "1"]).await;
        let newsletter = to_three(&app).await;
        assert_eq!(app.finished(newsletter).await.accepted, 3);
        let all = format!("SELECT count(*) FROM delivery WHERE state = 3 AND tls = {tls}");
        assert_eq!(app.count(&all).await, 3, "{way:?} {offered}");
        {
            let seen = peer.seen();
            let said = |word: &str| {
                let lines = seen.commands.iter();
                lines.filter(|(_, line)| line.starts_with(word)).count()
            };
            assert_eq!(said("STARTTLS"), usize::from(offered));
            // The mechanism, the name and the password, each by itself.
            assert_eq!(said("AUTH"), if way == Login { 3 } else { 0 });
            assert_eq!(said("AUTH bmV3cw=="), usize::from(way == Login));
        }
        app.stop().await;
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
    newsletters::approve(&app.app, newsletter, "test", None, 0)
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
