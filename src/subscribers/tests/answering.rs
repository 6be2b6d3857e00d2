//! Sign-ups that cannot be answered, among others.

use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::*;
use crate::{
    clock::HOUR,
    subscribers::{
        Frequency, answer_sign_ups, subscriber_kinds::Channel, subscriber_tables::sign_up,
    },
};

async fn asks(app: &App, id: i64, topics: &str) {
    let row = sign_up::ActiveModel {
        id: Set(id),
        at: Set(app.clock.now_ms()),
        email: Set(format!("reader{id}@example.org")),
        topics: Set(topics.to_owned()),
        language: Set("en".to_owned()),
        frequency: Set(Frequency::Each),
        page: Set("https://news.example.gov/".to_owned()),
        channel: Set(Channel::Form),
        ip: Set("192.0.2.1".to_owned()),
        network: Set(None),
        user_agent: Set("test".to_owned()),
        due_at: Set(app.clock.now_ms()),
        mailbox_hash: Set(None),
        about: Set(None),
    };
    row.insert(app.db.pool()).await.unwrap();
}

const ASKED: &str = "SELECT count(*) FROM confirmation";

#[tokio::test]
async fn one_sign_up_that_cannot_be_answered_stops_no_other_and_is_tried_again() {
    let (app, _folder) = app().await;
    asks(&app, 1, "[]").await;
    asks(&app, 2, "no list of topics").await;
    asks(&app, 3, "[]").await;
    answer_sign_ups(&app).await.unwrap();
    assert_eq!(number(&app, ASKED).await, 2);
    let waiting = "SELECT id FROM sign_up";
    assert_eq!(number(&app, waiting).await, 2, "the damaged one waits");
    // Once an hour, not all the time; and whoever comes meanwhile is answered.
    asks(&app, 4, "[]").await;
    answer_sign_ups(&app).await.unwrap();
    assert_eq!(number(&app, ASKED).await, 3);
    app.clock.advance_ms(HOUR);
    let mended = "UPDATE sign_up SET topics = '[]'";
    app.db.execute(mended, []).await.unwrap();
    answer_sign_ups(&app).await.unwrap();
    assert_eq!(number(&app, ASKED).await, 4);
    assert_eq!(number(&app, "SELECT count(*) FROM sign_up").await, 0);
}
