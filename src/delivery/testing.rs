//! A small office to test the queue on.

use sea_orm::ConnectionTrait;

use super::queue::Active;
use crate::{app::App, clock::Clock, values};

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
    let sql = "INSERT INTO worker (id, started_at, lease_ends, process) VALUES ($1, 0, $2, '')";
    let lease_ends = app.clock.now_ms() + crate::clock::MINUTE;
    app.db.execute(sql, values![id, lease_ends]).await.unwrap();
}

/// A newsletter in state `sending`, and this many confirmed subscribers of its topic.
pub async fn sending_newsletter(app: &App, subscribers: i64) -> Active {
    let now = app.clock.now_ms();
    for id in 1..=subscribers {
        app.db
            .execute(
                "INSERT INTO subscriber (id, email, email_key, status, language, created_at, status_at)
                 VALUES ($1, $2, $2, 1, 'en', $3, $3)",
                values![id, format!("reader{id}@example.org"), now],
            )
            .await
            .unwrap();
        app.db
            .execute(
                "INSERT INTO subscription (topic_id, subscriber_id) VALUES (1, $1)",
                values![id],
            )
            .await
            .unwrap();
        app.db
            .execute(
                "INSERT INTO consent (subscriber_id, at, event, evidence) VALUES ($1, $2, 'confirmed', '{}')",
                values![id, now],
            )
            .await
            .unwrap();
    }
    app.db
        .execute(
            "INSERT INTO newsletter (id, topic_id, subject, slug, language, document, state, automatic, created_at,
                                     started_at, deadline_at, enqueued_to, total)
             VALUES (1, 1, 'Subject', 'subject', 'en', '{\"language\":\"en\",\"direction\":\"ltr\",\"blocks\":[]}', 2, $1, $2, $2, $3, 0, 0)",
            values![false, now, now + crate::clock::DAY],
        )
        .await
        .unwrap();
    Active {
        id: 1,
        topic_id: 1,
        started_at: now,
        deadline: now + crate::clock::DAY,
        enqueued: false,
    }
}
