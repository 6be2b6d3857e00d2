//! A database that the first version made is brought to this one: nobody is lost, nothing is mailed
//! again, and the links of its mails go on working.

use std::sync::Arc;

use gazette::{
    app::App, clock::Clock, config::Settings, db, newsletters, newsletters::NewsletterState,
    office::Office, subscribers, subscribers::link::SubscriberLink,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use crate::app::new_database;

const SQLITE: &str = include_str!("../fixtures/database/version-1.sqlite.sql");
const POSTGRES: &str = include_str!("../fixtures/database/version-1.postgres.sql");

/// The secret key of the instance that the dumps are of.
const KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

fn settings(database: &str) -> Settings {
    let words = [
        "gazette",
        "--database-url",
        database,
        "--secret-key",
        KEY,
        "--dns-server=127.0.0.1:1",
    ];
    let line: Line = clap::Parser::parse_from(words);
    line.settings
}

/// A database as the first version left it; the folder goes with it.
async fn first_version() -> (String, tempfile::TempDir) {
    let (url, folder) = empty_database().await;
    let connection = connect(&url).await;
    let dump = if url.starts_with("sqlite") {
        SQLITE
    } else {
        POSTGRES
    };
    connection.execute_unprepared(dump).await.unwrap();
    connection.close().await.unwrap();
    (url, folder)
}

async fn empty_database() -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = match std::env::var("GAZETTE_TEST_POSTGRES_URL") {
        Ok(server) => new_database(&server).await,
        Err(_) => format!("sqlite://{}/gazette.db", folder.path().display()),
    };
    (url, folder)
}

async fn connect(url: &str) -> DatabaseConnection {
    let mode = if url.starts_with("sqlite") {
        "?mode=rwc"
    } else {
        ""
    };
    Database::connect(format!("{url}{mode}")).await.unwrap()
}

async fn open(url: &str) -> anyhow::Result<App> {
    App::open(settings(url), Clock::system()).await
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_to_this_one() {
    let (url, _folder) = first_version().await;
    let connection = connect(&url).await;
    let set = "INSERT INTO office_setting VALUES ('give-up-hours', '6', 1795864235475)";
    connection.execute_unprepared(set).await.unwrap();
    connection.close().await.unwrap();
    let app = open(&url).await.unwrap();
    assert_eq!(Office::load(&app.db).await.unwrap().deadline_hours, 6);

    let evidence = |email: &'static str| {
        let app = app.clone();
        async move { subscribers::evidence(&app, email).await.unwrap() }
    };
    for email in ["ana@example.org", "ben@example.org"] {
        let known = evidence(email).await;
        assert_eq!(known["status"], "confirmed", "{email}");
        assert_eq!(known["topics"][0], "press");
        assert_eq!(known["events"][0]["event"], "imported");
    }

    let states: Vec<_> = newsletters::list(&app, 10)
        .await
        .unwrap()
        .iter()
        .map(|(newsletter, counts)| (newsletter.id, newsletter.state, counts.accepted))
        .collect();
    assert_eq!(
        states,
        [
            (3, NewsletterState::Draft, 0),
            (2, NewsletterState::Draft, 0),
            (1, NewsletterState::Sent, 3)
        ]
    );
    // Nothing waits to be mailed but the invitation that waited before.
    newsletters::start_due(&app).await.unwrap();
    let waiting: Option<i64> = db::scalar(
        app.db.pool(),
        "SELECT count(*) FROM delivery WHERE state IN (0, 1, 2)",
        [],
    )
    .await
    .unwrap();
    assert_eq!(waiting, Some(0));

    // A Message-ID that went out stays what it was, in a second attempt and where a correction refers to it.
    let message_id = |newsletter| {
        let link = SubscriberLink {
            subscriber: 1,
            newsletter,
        };
        let made = link.placeholders(&app.keys).message_id;
        String::from_utf8_lossy(&made).into_owned()
    };
    assert!(message_id(1).starts_with("aaaaaaiaaaaaaai."));
    assert!(!message_id(4).starts_with("aaaaa"));

    // Who was erased cannot be imported again.
    let suppressed: Option<i64> = db::scalar(app.db.pool(), "SELECT count(*) FROM suppression", [])
        .await
        .unwrap();
    assert_eq!(suppressed, Some(1));
}

#[tokio::test]
async fn an_upgraded_database_stands_as_a_new_one() {
    let (url, _folder) = first_version().await;
    let upgraded = open(&url).await.unwrap();
    let (new, _new_folder) = empty_database().await;
    let new = open(&new).await.unwrap();
    assert_eq!(columns(&upgraded).await, columns(&new).await);
    assert_eq!(indexes(&upgraded).await, indexes(&new).await);
}

/// Every table with its columns.
async fn columns(app: &App) -> Vec<String> {
    let sql = if app.db.is_sqlite() {
        "SELECT m.name || '.' || p.name || ' ' || p.type FROM sqlite_master m
         JOIN pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY 1"
    } else {
        "SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns
         WHERE table_schema = 'public' ORDER BY 1"
    };
    let columns: Vec<String> = db::scalars(app.db.pool(), sql, []).await.unwrap();
    assert!(columns.len() > 100);
    columns
}

async fn indexes(app: &App) -> Vec<String> {
    let sql = if app.db.is_sqlite() {
        "SELECT name || ' ' || tbl_name FROM sqlite_master WHERE type IN ('index', 'trigger') ORDER BY 1"
    } else {
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    };
    db::scalars(app.db.pool(), sql, []).await.unwrap()
}

#[tokio::test]
async fn of_many_first_starts_at_once_one_makes_the_database_and_the_others_wait() {
    let (url, _folder) = empty_database().await;
    let url: Arc<str> = url.into();
    let starts: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url).await.map(drop) })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_first_start_that_fails_halfway_leaves_nothing_behind() {
    let (url, _folder) = empty_database().await;
    // A table of another program in the way of one of the later ones.
    let connection = connect(&url).await;
    connection
        .execute_unprepared("CREATE TABLE session (x TEXT)")
        .await
        .unwrap();
    assert!(open(&url).await.is_err());
    connection
        .execute_unprepared("DROP TABLE session")
        .await
        .unwrap();
    connection.close().await.unwrap();
    // The next start finds an empty database and goes on.
    open(&url).await.unwrap();
}
