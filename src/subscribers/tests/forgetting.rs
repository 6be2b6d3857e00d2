//! What is forgotten, while people sign up; and what "never again" takes out of the queue.

use super::*;
use crate::{
    clock::DAY,
    subscribers::{AboutReader, Channel, SignUp, answer_sign_ups, never_again, purge, receive},
};

fn sign_up(id: i64) -> SignUp {
    SignUp {
        email: format!("reader{id}@example.org"),
        topics: Vec::new(),
        frequency: super::Frequency::Each,
        language: "en".to_owned(),
        page: "https://news.example.gov/".to_owned(),
        channel: Channel::Form,
        ip: "192.0.2.1".to_owned(),
        networks: Vec::new(),
        user_agent: "test".to_owned(),
        about: AboutReader::default(),
    }
}

const ERASED_AND_ALIVE: &str =
    "SELECT count(*) FROM erasure e JOIN subscriber s ON s.id = e.subscriber_id";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_who_signs_up_while_the_unconfirmed_are_forgotten_is_noted_as_erased() {
    crate::db::several_connections();
    let (app, _folder) = app().await;
    for round in 0..10 {
        // Far from the numbers that the database gives to those who come anew.
        let ids = (round * 10_000 + 1)..=(round * 10_000 + 100);
        ask(&app, ids.clone()).await;
        app.clock.advance_ms(40 * DAY);
        for id in ids.clone() {
            receive(&app, &sign_up(id)).await.unwrap();
        }
        let (forgetting, answering) = (app.clone(), app.clone());
        let purged = tokio::spawn(async move { purge(&forgetting).await });
        let answered = tokio::spawn(async move { answer_sign_ups(&answering).await });
        purged.await.unwrap().unwrap();
        answered.await.unwrap().unwrap();
        assert_eq!(number(&app, ERASED_AND_ALIVE).await, 0, "round {round}");
        let asked =
            "SELECT count(*) FROM subscriber s JOIN confirmation c ON c.subscriber_id = s.id
                     WHERE s.status = 0 AND c.used_at IS NULL AND c.void_at IS NULL";
        assert_eq!(
            number(&app, asked).await,
            100,
            "all of them were asked again"
        );
        // The next round begins with none of them.
        app.clock.advance_ms(40 * DAY);
        purge(&app).await.unwrap();
        assert_eq!(number(&app, "SELECT count(*) FROM subscriber").await, 0);
    }
}

#[tokio::test]
async fn an_erasure_that_an_earlier_version_noted_of_a_living_person_stops_no_purge() {
    let (app, _folder) = app().await;
    test_data::subscriber(1)
        .status(Status::Unsubscribed)
        .since(0)
        .insert(&app)
        .await;
    ask(&app, 2..=2).await;
    for id in [1, 2] {
        let sql = "INSERT INTO erasure (subscriber_id, at) VALUES ($1, 0)";
        db::execute(app.db.pool(), sql, values![id]).await.unwrap();
    }
    app.clock.advance_ms(5 * 366 * DAY);
    assert_eq!(purge(&app).await.unwrap(), 2);
    assert_eq!(number(&app, "SELECT count(*) FROM consent").await, 0);
}

#[tokio::test]
async fn never_again_takes_the_confirmation_mail_out_of_the_queue() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=2).await;
    never_again(&app, &asked[0].1, &origin()).await.unwrap();
    let sql = "SELECT m.state FROM confirmation c JOIN transactional_mail m ON m.id = c.mail_id
               WHERE c.subscriber_id = $1";
    for (id, state) in [(1, 5_i16), (2, 0)] {
        let found: Option<i16> = db::scalar(app.db.pool(), sql, values![id]).await.unwrap();
        assert_eq!(found, Some(state), "subscriber {id}");
    }
    // What a worker holds is on its way; nobody can take it back, and it is not counted twice.
    let held = "UPDATE transactional_mail SET state = 1, worker = 7";
    db::execute(app.db.pool(), held, []).await.unwrap();
    never_again(&app, &asked[1].1, &origin()).await.unwrap();
    let found: Option<i16> = db::scalar(app.db.pool(), sql, values![2]).await.unwrap();
    assert_eq!(found, Some(1));
    assert_eq!(status(&app, 2).await, Some(Status::Blocked));
}
