//! Opposing acts at the same instant, a thousand times each. On PostgreSQL they meet on the row; on
//! SQLite one writes after the other. Whoever comes first, what a person said last is what holds.

use super::*;
use crate::subscribers::{
    ConfirmOutcome, Import, Row, UnsubscribeChannel, confirm, import, link::SubscriberLink,
    never_again, unsubscribe,
};

const PAIRS: i64 = 1_000;
/// Pairs that run at once.
const AT_ONCE: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_again_holds_whoever_presses_confirm_at_the_same_instant() {
    crate::db::several_connections();
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=PAIRS).await;
    for pairs in asked.chunks(AT_ONCE) {
        let mut presses = tokio::task::JoinSet::new();
        for (_, token) in pairs {
            let (one, confirming) = (app.clone(), token.clone());
            presses.spawn(async move {
                let outcome = confirm(&one, &confirming, &origin()).await.unwrap();
                assert!(matches!(
                    outcome,
                    ConfirmOutcome::Confirmed { .. } | ConfirmOutcome::LinkExpired
                ));
            });
            let (other, token) = (app.clone(), token.clone());
            presses.spawn(
                async move { assert!(never_again(&other, &token, &origin()).await.unwrap()) },
            );
        }
        while let Some(pressed) = presses.join_next().await {
            pressed.unwrap();
        }
    }
    let blocked = "SELECT count(*) FROM subscriber WHERE status = 5";
    assert_eq!(number(&app, blocked).await, PAIRS);
    let left = "SELECT count(*) FROM subscription";
    assert_eq!(number(&app, left).await, 0);
    let suppressed = "SELECT count(*) FROM suppression WHERE reason = 1";
    assert_eq!(number(&app, suppressed).await, PAIRS);
    let last = "SELECT count(*) FROM consent c WHERE c.event = 'blocked' AND c.id =
                (SELECT max(l.id) FROM consent l WHERE l.subscriber_id = c.subscriber_id)";
    assert_eq!(number(&app, last).await, PAIRS);
    let waiting =
        "SELECT count(*) FROM transactional_mail t JOIN confirmation c ON c.mail_id = t.id
                   WHERE t.state = 0 AND c.used_at IS NULL";
    assert_eq!(
        number(&app, waiting).await,
        0,
        "no confirmation mail leaves any more"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_leaves_while_an_import_brings_the_address_has_left() {
    crate::db::several_connections();
    let (app, _folder) = app().await;
    for id in 1..=PAIRS {
        test_data::subscriber(id).insert(&app).await;
    }
    let ids: Vec<i64> = (1..=PAIRS).collect();
    for ids in ids.chunks(AT_ONCE) {
        let mut acts = tokio::task::JoinSet::new();
        for id in ids.iter().copied() {
            let leaving = app.clone();
            acts.spawn(async move {
                let link = SubscriberLink {
                    subscriber: id,
                    newsletter: 1,
                };
                let channel = UnsubscribeChannel::OneClick;
                unsubscribe(&leaving, link, channel, &origin())
                    .await
                    .unwrap();
            });
        }
        // Two imports of the same file, its lines in opposite orders.
        for backwards in [false, true] {
            let (importing, mut ids) = (app.clone(), ids.to_vec());
            if backwards {
                ids.reverse();
            }
            acts.spawn(async move {
                let rows = ids.into_iter().map(|id| {
                    Ok(Row {
                        line: 1,
                        email: format!("reader{id}@example.org"),
                        ..Row::default()
                    })
                });
                let list = Import {
                    consent: "signed a list",
                    source: "list.csv",
                    operator: "test",
                    ..Import::default()
                };
                let report = import(&importing, &list, rows, |_| ()).await.unwrap();
                assert_eq!(report.imported, 0);
            });
        }
        while let Some(done) = acts.join_next().await {
            done.unwrap();
        }
    }
    let left = "SELECT count(*) FROM subscriber WHERE status = 2";
    assert_eq!(number(&app, left).await, PAIRS);
    assert_eq!(number(&app, "SELECT count(*) FROM subscription").await, 0);
    let imported = "SELECT count(*) FROM consent c WHERE c.event = 'imported' AND EXISTS
                    (SELECT 1 FROM consent l WHERE l.subscriber_id = c.subscriber_id
                     AND l.event = 'unsubscribed' AND l.id < c.id)";
    assert_eq!(number(&app, imported).await, 0, "after they had left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_presses_of_one_button_confirm_once_and_both_say_so() {
    crate::db::several_connections();
    let (app, _folder) = app().await;
    for (id, token) in ask(&app, 1..=50).await {
        let (one, token_of_one) = (app.clone(), token.clone());
        let first = tokio::spawn(async move { confirm(&one, &token_of_one, &origin()).await });
        let (other, token) = (app.clone(), token);
        let second = tokio::spawn(async move { confirm(&other, &token, &origin()).await });
        for press in [first, second] {
            let outcome = press.await.unwrap().unwrap();
            let gets_something = true;
            assert_eq!(outcome, ConfirmOutcome::Confirmed { gets_something });
        }
        assert_eq!(status(&app, id).await, Some(Status::Confirmed));
    }
    let confirmed = "SELECT count(*) FROM consent WHERE event = 'confirmed'";
    assert_eq!(number(&app, confirmed).await, 50);
}
