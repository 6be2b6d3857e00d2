//! A small office to test the queue on.

use super::queue::Active;
use crate::{
    app::App,
    clock::Clock,
    db::{Db, database_for_tests},
    test_data,
};

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
    let url = migrated_database(folder.path()).await;
    let key = "07".repeat(32);
    let mut words = vec!["gazette", "--database-url", &url, "--secret-key", &key];
    words.extend_from_slice(flags);
    let line: Line = clap::Parser::parse_from(words);
    (App::open(line.settings, clock).await.unwrap(), folder)
}

/// The URL of a database that stands at this version.
pub async fn migrated_database(folder: &std::path::Path) -> String {
    let migrate = async |url: String| Db::open(&url).await.unwrap().close().await.unwrap();
    database_for_tests::migrated(folder, migrate).await
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
