//! A small office to test the queue on.

use sea_orm::ConnectionTrait;

use super::queue::Active;
use crate::{app::App, clock::Clock, test_data};

/// An instance on a database of its own: SQLite in a folder that goes with the test, or where
/// `GAZETTE_TEST_POSTGRES_URL` names a server, a new PostgreSQL database on it.
pub async fn app(clock: Clock) -> (App, tempfile::TempDir) {
    app_with(clock, &[]).await
}

/// The same with more flags.
pub async fn app_with(clock: Clock, flags: &[&str]) -> (App, tempfile::TempDir) {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        settings: crate::config::Settings,
    }
    let folder = tempfile::tempdir().unwrap();
    let url = match std::env::var("GAZETTE_TEST_POSTGRES_URL") {
        Ok(server) => new_database(&server).await,
        Err(_) => format!("sqlite://{}/gazette.db", folder.path().display()),
    };
    let key = "07".repeat(32);
    let mut words = vec!["gazette", "--database-url", &url, "--secret-key", &key];
    words.extend_from_slice(flags);
    let line: Line = clap::Parser::parse_from(words);
    (App::open(line.settings, clock).await.unwrap(), folder)
}

async fn new_database(server: &str) -> String {
    let name = format!("gazette_{}", crate::secret::random_label().unwrap());
    let connection = sea_orm::Database::connect(server).await.unwrap();
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let mut url: url::Url = server.parse().unwrap();
    url.set_path(&name);
    url.to_string()
}

/// A worker with this number, so that it can claim.
pub async fn worker(app: &App, id: i64) {
    let lease_ends = app.clock.now_ms() + crate::clock::MINUTE;
    test_data::worker(app, id, lease_ends).await;
}

/// A newsletter in state `sending`, and this many confirmed subscribers of its topic.
pub async fn sending_newsletter(app: &App, subscribers: i64) -> Active {
    let now = app.clock.now_ms();
    test_data::subscribers(app, subscribers).await;
    let id = test_data::newsletter("subject")
        .id(1)
        .subject("Subject")
        .sending()
        .started_at(now)
        .insert(app)
        .await;
    Active {
        id,
        topic_id: test_data::FIRST_TOPIC,
        started_at: now,
        deadline: now + crate::clock::DAY,
        enqueued: false,
    }
}
