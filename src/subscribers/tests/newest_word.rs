//! Of two requests the later one counts, in whatever order the limits let them be looked at, and with all that was
//! said in either.

use super::{on_a_bad_day::new_address_link, *};
use crate::{
    clock::DAY,
    db::execute,
    subscribers::{
        AddressChange, ConfirmOutcome, answer_sign_ups, change_address, confirm, evidence, topics,
    },
};

struct Asked {
    at: i64,
    due: i64,
    topics: &'static str,
    about: Option<&'static str>,
    channel: &'static str,
}

impl Asked {
    fn at(at: i64, topics: &'static str) -> Self {
        Self {
            at,
            due: at,
            topics,
            about: None,
            channel: "form",
        }
    }

    async fn wait(self, app: &App) {
        let sql = "INSERT INTO sign_up (at, email, topics, frequency, language, page, channel, ip, network, user_agent, due_at, about)
            VALUES ($1, 'reader1@example.org', $2, 0, 'en', '/', $3, '198.51.100.1', 'n', 'test', $4, $5)";
        let row = values![self.at, self.topics, self.channel, self.due, self.about];
        execute(app.db.pool(), sql, row).await.unwrap();
    }
}

async fn waiting(app: &App) -> i64 {
    number(app, "SELECT count(*) FROM sign_up").await
}

async fn confirm_newest(app: &App) {
    let token = newest_link(app).await;
    let confirmed = confirm(app, &token, &origin()).await.unwrap();
    assert!(
        matches!(confirmed, ConfirmOutcome::Confirmed { .. }),
        "{confirmed:?}"
    );
}

#[tokio::test]
async fn a_request_that_a_limit_held_back_does_not_take_the_place_of_a_later_one() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    // Its network was full, and the later one came from another.
    let held_back = Asked {
        due: NOW + 60_000,
        ..Asked::at(NOW, "[\"water\"]")
    };
    held_back.wait(&app).await;
    Asked::at(NOW + 5_000, "[\"press\"]").wait(&app).await;
    app.clock.advance_ms(10_000);
    answer_sign_ups(&app).await.unwrap();
    app.clock.advance_ms(60_000);
    answer_sign_ups(&app).await.unwrap();
    assert_eq!(waiting(&app).await, 0, "what was asked since is answered");
    confirm_newest(&app).await;
    assert_eq!(topics_of(&app, 1).await, ["press"]);
    let known = evidence(&app, "reader1@example.org").await.unwrap();
    let events = known["events"].as_array().unwrap();
    let asked = events.iter().filter(|event| event["event"] == "requested");
    assert_eq!(asked.count(), 1, "{events:?}");
}

#[tokio::test]
async fn of_two_that_wait_the_later_one_stays_whichever_was_looked_at_last() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    Asked::at(NOW, "[\"press\"]").wait(&app).await;
    answer_sign_ups(&app).await.unwrap();
    // Both find that the address was mailed today; the earlier one after the later one.
    let held_back = Asked {
        due: NOW + 60_000,
        ..Asked::at(NOW + 1_000, "[\"press\", \"water\"]")
    };
    held_back.wait(&app).await;
    Asked::at(NOW + 5_000, "[\"water\"]").wait(&app).await;
    for _ in 0..2 {
        app.clock.advance_ms(60_000);
        answer_sign_ups(&app).await.unwrap();
    }
    assert_eq!(waiting(&app).await, 1);
    confirm_newest(&app).await;
    assert_eq!(topics_of(&app, 1).await, ["water"]);
    assert_eq!(waiting(&app).await, 0);
}

#[tokio::test]
async fn what_was_said_beside_an_address_is_kept_from_every_request_that_is_confirmed() {
    let (app, _folder) = app().await;
    let first = Asked {
        about: Some("{\"answers\":[[\"How did you hear of us?\",\"a friend\"]]}"),
        ..Asked::at(NOW, "[]")
    };
    first.wait(&app).await;
    answer_sign_ups(&app).await.unwrap();
    let known = evidence(&app, "reader1@example.org").await.unwrap();
    assert_eq!(
        known["answers"][0][1], "a friend",
        "before they confirm, too"
    );
    let second = Asked {
        about: Some("{\"zip\":\"92602\"}"),
        ..Asked::at(NOW + 1_000, "[]")
    };
    second.wait(&app).await;
    app.clock.advance_ms(2_000);
    answer_sign_ups(&app).await.unwrap();
    confirm_newest(&app).await;
    let known = evidence(&app, "reader1@example.org").await.unwrap();
    assert_eq!(
        (&known["zip"], &known["answers"][0][1]),
        (&json!("92602"), &json!("a friend"))
    );
}

#[tokio::test]
async fn who_asks_for_their_link_more_often_than_it_is_mailed_gets_it_later() {
    let (app, _folder) = app().await;
    test_data::subscriber(1).insert(&app).await;
    let mails = "SELECT count(*) FROM transactional_mail";
    for at in 0..6 {
        let asked = Asked {
            channel: "manage",
            ..Asked::at(NOW + at, "[]")
        };
        asked.wait(&app).await;
        app.clock.advance_ms(1);
        answer_sign_ups(&app).await.unwrap();
    }
    assert_eq!(number(&app, mails).await, 3);
    assert_eq!(
        waiting(&app).await,
        1,
        "one of those that are too many waits"
    );
    app.clock.advance_ms(DAY);
    answer_sign_ups(&app).await.unwrap();
    assert_eq!((number(&app, mails).await, waiting(&app).await), (4, 0));
}

#[tokio::test]
async fn the_link_to_confirm_an_address_is_void_once_the_subscriber_has_another() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    // Staff brought them while they had the mail.
    assert!(happens(&app, 1, Event::Import).await);
    let link = new_address_link(&app, 1, "new@example.org").await;
    let changed = change_address(&app, &link, &origin()).await;
    assert!(matches!(changed.unwrap(), AddressChange::Changed(_)));
    let before = topics_of(&app, 1).await;
    let pressed = confirm(&app, &asked[0].1, &origin()).await.unwrap();
    assert_eq!(pressed, ConfirmOutcome::LinkExpired);
    assert_eq!(topics_of(&app, 1).await, before);
}
