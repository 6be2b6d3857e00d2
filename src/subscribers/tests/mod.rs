//! The room's stories on a database: what people press at the same instant, and what is forgotten.

mod answering;
mod audit;
mod bad_days;
mod choosing;
mod dates_of_lists;
mod forgetting;
mod importing;
mod imports_undone;
mod lists_in_other_words;
mod lists_of_others;
mod newest_word;
mod old_links;
mod on_a_bad_day;
mod races;
mod there_and_back;
mod topics_of_lists;
mod twice_in_a_list;
mod typed_elsewhere;
mod whole_round_trip;

use super::{
    Frequency, RequestOrigin, Status,
    confirmation_requests::{self, NewRequest},
    status::{Event, apply},
    subscriber_tables::subscriber,
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::{Clock, instant},
    db,
    delivery::testing,
    office::Office,
    secret::Token,
    test_data, values,
};
use gazette_templates::pages::words::Words;
use sea_orm::EntityTrait;
use serde_json::json;

const NOW: i64 = 1_780_000_000_000;

pub(super) async fn app() -> (App, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(instant(NOW))).await;
    test_data::office(&app).await;
    (app, folder)
}

fn origin() -> RequestOrigin {
    RequestOrigin {
        ip: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
    }
}

/// Pending subscribers with these numbers, each with a confirmation mail in the queue; the tokens of
/// their links.
async fn ask(app: &App, ids: std::ops::RangeInclusive<i64>) -> Vec<(i64, Token)> {
    for id in ids.clone() {
        let asking = test_data::subscriber(id).status(Status::Pending).since(NOW);
        asking.topics(&[]).evidence(&[]).insert(app).await;
    }
    let office = Office::load(&app.db).await.unwrap();
    let transaction = app.db.begin().await.unwrap();
    for id in ids.clone() {
        let address = EmailAddress::parse(&format!("reader{id}@example.org")).unwrap();
        let request = NewRequest {
            subscriber: id,
            address: &address,
            topics: &[test_data::FIRST_TOPIC],
            frequency: Frequency::Each,
            page: "https://news.example.gov/",
            at: app.clock.now_ms(),
            about: None,
        };
        confirmation_requests::queue(app, &transaction, &office, Words::of("en"), &request)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let sql =
        "SELECT m.token_label FROM confirmation c JOIN transactional_mail m ON m.id = c.mail_id
               WHERE c.subscriber_id = $1 ORDER BY c.id DESC LIMIT 1";
    let mut tokens = Vec::new();
    for id in ids {
        let label: Option<String> = db::scalar(app.db.pool(), sql, values![id]).await.unwrap();
        tokens.push((id, app.keys.token(&label.unwrap())));
    }
    tokens
}

/// The link of the mail that was queued last.
async fn newest_link(app: &App) -> Token {
    let sql = "SELECT token_label FROM transactional_mail ORDER BY id DESC LIMIT 1";
    let label: Option<String> = db::scalar(app.db.pool(), sql, []).await.unwrap();
    app.keys.token(&label.unwrap())
}

async fn status(app: &App, id: i64) -> Option<Status> {
    let row = subscriber::Entity::find_by_id(id).one(app.db.pool()).await;
    row.unwrap().map(|row| row.status)
}

/// Whether the event moved them.
pub(super) async fn happens(app: &App, id: i64, event: Event) -> bool {
    let transaction = app.db.begin().await.unwrap();
    let moved = apply(app, &transaction, id, event, &json!({}))
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    moved
}

/// The topics that somebody has, by name.
async fn topics_of(app: &App, id: i64) -> Vec<String> {
    let sql = "SELECT t.slug FROM subscription s JOIN topic t ON t.id = s.topic_id
               WHERE s.subscriber_id = $1 ORDER BY t.slug";
    db::scalars(app.db.pool(), sql, values![id]).await.unwrap()
}

async fn number(app: &App, sql: &str) -> i64 {
    db::scalar(app.db.pool(), sql, []).await.unwrap().unwrap()
}
