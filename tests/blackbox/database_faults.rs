//! A database that is locked, full or gone in the middle of sending: it goes on afterwards, and
//! everyone has it once.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use gazette::newsletters::{self, Counts, NewsletterState};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, TransactionTrait};

use crate::{
    app::TestApp,
    peer::{Act, Moment, PIPELINING, Peer, Stage},
    program::Program,
    relay::Relay,
};

const CONNECTIONS: usize = 4;

/// An instance in the middle of sending: at least a tenth of its readers have the newsletter.
struct Sending {
    app: TestApp,
    peer: Peer,
    newsletter: i64,
    readers: usize,
}

impl Sending {
    async fn start(readers: usize) -> Self {
        // Slow enough that a fault of seconds falls in the middle.
        let script = |moment: &Moment<'_>| {
            let dot = moment.stage == Stage::Dot;
            dot.then_some(Act::After(Duration::from_millis(2)))
        };
        let sending = Self::start_with(readers, script).await;
        sending.approve().await;
        sending.until_accepted(readers as u64 / 10).await;
        sending
    }

    async fn start_with(
        readers: usize,
        script: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static,
    ) -> Self {
        let peer = Peer::start(PIPELINING, script).await;
        let connections = CONNECTIONS.to_string();
        let url = peer.url();
        let app =
            TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", &connections]).await;
        let emails: Vec<String> = (0..readers).map(|n| format!("r{n}@example.org")).collect();
        app.import(&emails).await;
        let newsletter = app.draft("faults").await;
        Self {
            app,
            peer,
            newsletter,
            readers,
        }
    }

    async fn approve(&self) {
        newsletters::approve(&self.app.app, self.newsletter, "test", None, 0)
            .await
            .unwrap();
    }

    async fn until_accepted(&self, at_least: u64) {
        self.app
            .until("the middle", async || {
                let counts = newsletters::counts(&self.app.app, self.newsletter).await;
                (counts.ok()?.accepted >= at_least).then_some(())
            })
            .await;
    }

    /// To the end: everyone accepted, everyone once.
    async fn end(self) {
        let state = async || {
            let found = newsletters::find(&self.app.app, self.newsletter).await;
            (found.ok()?.state == NewsletterState::Sent).then_some(())
        };
        self.app.until("the end", state).await;
        let counts = newsletters::counts(&self.app.app, self.newsletter).await;
        let all = Counts {
            accepted: self.readers as u64,
            ..Counts::default()
        };
        assert_eq!(counts.unwrap(), all);
        {
            let seen = self.peer.seen();
            let taken: Vec<&str> = seen
                .received
                .iter()
                .filter(|message| message.told == Some(250))
                .map(|message| message.to.as_str())
                .collect();
            let people: HashSet<&str> = taken.iter().copied().collect();
            assert_eq!((taken.len(), people.len()), (self.readers, self.readers));
        }
        self.app.stop().await;
    }
}

/// A connection of somebody else's.
async fn stranger(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_locked_for_five_seconds_by_another_program_holds_sending_up_and_loses_nobody() {
    if std::env::var("GAZETTE_TEST_POSTGRES_URL").is_ok() {
        return;
    }
    let sending = Sending::start(600).await;
    let stranger = stranger(&sending.app.app.settings.database_url).await;
    stranger
        .execute_unprepared("BEGIN IMMEDIATE")
        .await
        .unwrap();
    let locked = Instant::now();
    tokio::time::sleep(Duration::from_secs(5)).await;
    stranger.execute_unprepared("COMMIT").await.unwrap();
    let begun = {
        let seen = sending.peer.seen();
        seen.announced.iter().filter(|one| one.at > locked).count()
    };
    // On each connection one message on its way, and one announced behind it.
    assert!(begun <= 2 * CONNECTIONS, "{begun} began without a record");
    sending.end().await;
}

/// As long as a relay's words are kept, so that a few of them fill a page.
const AT_LENGTH: &str = "451 4.7.1 not now, and this is why: \
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_holds_sending_up_and_loses_nobody() {
    const READERS: usize = 600;
    if std::env::var("GAZETTE_TEST_POSTGRES_URL").is_ok() {
        return;
    }
    // Every tenth attempt has to be written down with the relay's words, which takes room.
    let sending = Sending::start_with(READERS, |moment| match moment.stage {
        Stage::Rcpt if moment.nth <= READERS && moment.nth.is_multiple_of(10) => {
            Some(Act::Say(AT_LENGTH))
        }
        Stage::Dot => Some(Act::After(Duration::from_millis(2))),
        _ => None,
    })
    .await;
    let (app, newsletter) = (&sending.app, sending.newsletter);
    // Approved for later, so that the disk can be full when its time comes.
    let later = app.app.clock.now() + jiff::SignedDuration::from_secs(60);
    let approved = newsletters::approve(&app.app, newsletter, "test", Some(later), 0);
    approved.await.unwrap();
    let counts = async || newsletters::counts(&app.app, newsletter).await.unwrap();

    // Nobody can be queued.
    full_while(app, async {
        app.app.clock.advance_ms(60_000);
        app.until("the beginning", async || {
            let found = newsletters::find(&app.app, newsletter).await.unwrap();
            (found.state == NewsletterState::Sending).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(counts().await, Counts::default());
        assert_eq!(sending.peer.seen().announced.len(), 0);
    })
    .await;

    // Nobody can be recorded.
    sending.until_accepted(60).await;
    full_while(app, async {
        let status = app
            .until("the standstill", async || {
                let before = counts().await;
                tokio::time::sleep(Duration::from_millis(400)).await;
                (counts().await == before).then_some(before)
            })
            .await;
        // Whoever watches hears why; what is still small enough to be written takes it back in between.
        app.until("the cause", async || {
            let ready = app.get("/health/ready").await;
            let why = ready.text().await.ok()?;
            why.contains("the disk takes no more").then_some(())
        })
        .await;
        let begun = sending.peer.seen().announced.len();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(counts().await, status);
        assert_eq!(sending.peer.seen().announced.len(), begun);
        assert!(
            status.queued + status.claimed > 0 && begun < READERS,
            "it ended before the disk was full: {status:?}"
        );
    })
    .await;
    app.until("the way back", async || {
        let ready = app.get("/health/ready").await;
        (ready.status() == 200).then_some(())
    })
    .await;
    app.until("the deferrals", async || {
        let counts = counts().await;
        (counts.queued + counts.claimed == 0).then_some(())
    })
    .await;
    let all = counts().await;
    let deferred = READERS as u64 / 10;
    assert_eq!((all.accepted, all.deferred), (540, deferred), "{all:?}");
    app.app.clock.advance_ms(gazette::clock::HOUR);
    sending.end().await;
}

/// Gives the database no further page during `story`, on whichever connections there are.
async fn full_while(app: &TestApp, story: impl Future<Output = ()>) {
    let db = &app.app.db;
    limit(db, 1).await;
    // What the queue writes needs room, and there is none.
    let large = "INSERT INTO provider_throttle (provider, wait_until, refusals, words)
                 VALUES ('large', 0, 0, hex(zeroblob(100000)))";
    let refused = db.queue().execute(large, []).await.unwrap_err();
    assert!(refused.to_string().contains("full"), "{refused}");
    let stays_full = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            limit(db, 1).await;
        }
    };
    tokio::select! {
        () = story => {}
        () = stays_full => {}
    }
    limit(db, 1_000_000_000).await;
}

async fn limit(db: &gazette::db::Db, pages: i64) {
    let sql = format!("PRAGMA max_page_count = {pages}");
    let mut all = Vec::new();
    // As many as the pool has, all at once: each is another one.
    for _ in 0..8 {
        all.push(db.pool().begin().await.unwrap());
    }
    for connection in all {
        connection.execute_unprepared(&sql).await.unwrap();
        connection.rollback().await.unwrap();
    }
    db.queue().rows(&sql, [], |_| Ok(())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_cutting_all_connections_again_and_again_loses_nobody() {
    let Ok(server) = std::env::var("GAZETTE_TEST_POSTGRES_URL") else {
        return;
    };
    let sending = Sending::start(2_000).await;
    let url = &sending.app.app.settings.database_url;
    let name = url.rsplit_once('/').unwrap().1;
    let stranger = stranger(&server).await;
    let cut =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        stranger.execute_unprepared(&cut).await.unwrap();
        tokio::time::sleep(Duration::from_millis(70)).await;
    }
    sending.end().await;
}

#[tokio::test]
async fn a_click_to_leave_is_answered_in_time_and_counts_once_it_is_answered_with_yes() {
    let program = Program::new().with_office().await;
    let relay = Relay::start().await;
    let program = program.with("GAZETTE_SMTP_URL", &relay.url);
    let serving = program.serve().await;
    let client = reqwest::Client::new();
    let form = [("email", "ana@example.org"), ("topic", "press")];
    let subscribe = format!("{}/subscribe", serving.base);
    assert_eq!(
        client
            .post(subscribe)
            .form(&form)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let mail = loop {
        if let Some(mail) = relay.taken().first() {
            break mail.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let confirm = mail.link("/confirm/");
    assert_eq!(client.post(confirm).send().await.unwrap().status(), 200);
    let file = program.folder().join("gazette.db");
    let stranger = rusqlite::Connection::open(&file).unwrap();
    let key = std::fs::read_to_string(program.folder().join("gazette.key")).unwrap();
    let keys = gazette::secret::Keys::from_hex(&key).unwrap();
    let link = gazette::subscribers::link::SubscriberLink {
        subscriber: 1,
        newsletter: 0,
    };
    let leave = format!("{}/unsubscribe/{}", serving.base, link.token(&keys));
    let one_click = || client.post(&leave).body("List-Unsubscribe=One-Click");
    let status = || -> i64 {
        let sql = "SELECT status FROM subscriber WHERE id = 1";
        stranger.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let confirmed = status();

    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = std::time::Instant::now();
    let answer = one_click().send().await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let words = answer.text().await.unwrap();
    assert!(words.contains("<h1"), "{words}");
    stranger.execute_batch("ROLLBACK").unwrap();
    assert_eq!(
        status(),
        confirmed,
        "what was not answered has not happened"
    );
    assert_eq!(one_click().send().await.unwrap().status(), 200);
    assert_ne!(status(), confirmed);

    // Whoever holds it: asked to stop, it stops.
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (_, took, _) = serving.stop().await;
    assert!(took < Duration::from_secs(11), "{took:?}");
}

#[tokio::test]
async fn a_database_whose_file_is_gone_is_said_at_once() {
    let program = Program::new();
    let serving = program.serve().await;
    std::fs::remove_file(program.folder().join("gazette.db")).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let begun = std::time::Instant::now();
    let answer = reqwest::get(format!("{}/health/ready", serving.base))
        .await
        .unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(answer.status(), 503);
    let text = answer.text().await.unwrap();
    assert!(text.contains("file is gone"), "{text}");
    drop(serving);
    // And the next start makes no empty one beside the key.
    let ran = program.run(&["serve"]).await;
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("restore the database"), "{}", ran.err);
    assert!(!program.folder().join("gazette.db").exists());
}

#[tokio::test]
async fn a_disk_that_takes_no_more_is_said_at_once_and_visitors_are_told_to_come_back() {
    let program = Program::new().with_office().await;
    // What stands in its files may be read and written; the log of changes soon takes no more.
    let limit = "trap '' XFSZ; ulimit -f 2400";
    let serving = program.serve_under(limit).await;
    let client = reqwest::Client::new();
    let sign_up = async |number: usize| {
        // Each from elsewhere, so that nobody has to wait for a turn.
        let email = format!("ana@reader{number}.example.org");
        let form = [("email", email.as_str()), ("topic", "press")];
        let request = client.post(format!("{}/subscribe", serving.base));
        let request = request.header("x-forwarded-for", format!("198.18.{number}.7"));
        request.form(&form).send().await.unwrap()
    };
    let (mut refused, mut number) = (None, 0);
    while refused.is_none() && number < 250 {
        let answer = sign_up(number).await;
        refused = (answer.status() != 200).then_some(answer);
        number += 1;
    }
    let refused = refused.expect("the disk was never full");
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    // What is small enough is still written and takes it back, so it is tried again.
    let said = async {
        loop {
            sign_up(251).await;
            let ready = reqwest::get(format!("{}/health/ready", serving.base));
            let ready = ready.await.unwrap();
            let (status, why) = (ready.status(), ready.text().await.unwrap());
            if status == 503 && why.contains("the disk takes no more") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let said = tokio::time::timeout(Duration::from_secs(30), said).await;
    said.expect("readiness says that the disk is full");
    let (_, took, log) = serving.stop().await;
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(!log.contains("another holder"), "{log}");
    assert!(log.lines().count() < 150, "{log}");
}
