//! What was asked for holds although something else happened meanwhile: a bounce, an archived topic, another
//! address, an import. And what a page says of it is so.

use std::fmt::Write;

use super::{
    importing::{everybody, take},
    *,
};
use crate::{
    db::execute,
    subscribers::{
        ConfirmOutcome, UnsubscribeChannel, choose, confirm, departure, leave_all,
        link::SubscriberLink, never_again, suppression, topics, undo, undo_import, unsubscribe,
    },
};

const fn link(subscriber: i64) -> SubscriberLink {
    SubscriberLink {
        subscriber,
        newsletter: 1,
    }
}

/// A newsletter of the first topic, as mailed with the number 1.
async fn mailed(app: &App) {
    let newsletter = testing::sending_newsletter(app, 0).await;
    assert_eq!(newsletter.id, 1);
}

#[tokio::test]
async fn who_leaves_while_their_mail_bounces_has_left_when_the_bounce_is_taken_back() {
    let (app, _folder) = app().await;
    mailed(&app).await;
    for (id, whole) in [(1, false), (2, true)] {
        test_data::subscriber(id).insert(&app).await;
        assert!(happens(&app, id, Event::Bounce).await);
        let by = UnsubscribeChannel::OneClick;
        if whole {
            leave_all(&app, link(id), by, &origin()).await.unwrap();
        } else {
            unsubscribe(&app, link(id), by, &origin()).await.unwrap();
        }
        assert_eq!(status(&app, id).await, Some(Status::Unsubscribed), "{id}");
        assert!(!happens(&app, id, Event::TakeBackBounce).await, "{id}");
        assert_eq!(status(&app, id).await, Some(Status::Unsubscribed), "{id}");
    }
}

#[tokio::test]
async fn never_again_holds_for_whom_staff_brought_after_they_were_forgotten() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    for table in ["confirmation", "consent", "subscriber"] {
        // As the purge of the unconfirmed does, with a record of its own.
        let forget = match table {
            "consent" => continue,
            other => format!("DELETE FROM {other}"),
        };
        execute(app.db.pool(), &forget, []).await.unwrap();
    }
    take(&app, b"email,status\nreader1@example.org,confirmed\n")
        .await
        .unwrap();
    assert_eq!(
        everybody(&app).await,
        ["reader1@example.org confirmed press"]
    );
    assert!(never_again(&app, &asked[0].1, &origin()).await.unwrap());
    assert_eq!(everybody(&app).await, ["reader1@example.org blocked "]);
}

#[tokio::test]
async fn never_again_is_said_for_the_mailbox_that_got_the_link() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    let confirmed = confirm(&app, &asked[0].1, &origin()).await.unwrap();
    assert_eq!(confirmed, ConfirmOutcome::Confirmed);
    let moved = "UPDATE subscriber SET email = 'new@example.org', email_key = 'new@example.org'";
    execute(app.db.pool(), moved, []).await.unwrap();
    assert!(never_again(&app, &asked[0].1, &origin()).await.unwrap());
    assert_eq!(status(&app, 1).await, Some(Status::Confirmed));
    let reason = async |key| suppression::reason(&app, app.db.pool(), key).await.unwrap();
    let blocked = Some(suppression::SuppressionReason::Blocked);
    assert_eq!(reason("reader1@example.org").await, blocked);
    assert_eq!(reason("new@example.org").await, None);
}

#[tokio::test]
async fn an_import_that_is_undone_leaves_nobody_suppressed_and_nobody_behind() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "events").await;
    // The clock goes on while lines are stored.
    let list = "email,status\nwrong@example.org,complained\nalso@example.org,bounced\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    let later = "UPDATE suppression SET at = at + 4";
    execute(app.db.pool(), later, []).await.unwrap();
    let undone = undo_import(&app, &report.batch, "operator").await.unwrap();
    assert_eq!(undone.removed, 2);
    assert_eq!(number(&app, "SELECT count(*) FROM suppression").await, 0);

    // A line for each topic, further apart than what is stored together.
    let mut list = "email,topics\n".to_owned();
    for topic in ["press", "events"] {
        for person in 0..1_050 {
            let _ = writeln!(list, "person{person}@example.org,{topic}");
        }
    }
    let report = take(&app, list.as_bytes()).await.unwrap();
    let undone = undo_import(&app, &report.batch, "operator").await.unwrap();
    assert_eq!((undone.removed, undone.kept), (1_050, 0));
    assert_eq!(number(&app, "SELECT count(*) FROM subscriber").await, 0);
}

#[tokio::test]
async fn who_confirms_when_their_topic_is_archived_gets_what_there_is() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    let asked = ask(&app, 1..=1).await;
    topics::archive(&app, "press", true, "ana").await.unwrap();
    confirm(&app, &asked[0].1, &origin()).await.unwrap();
    assert_eq!(topics_of(&app, 1).await, ["press", "water"]);
}

#[tokio::test]
async fn who_is_told_that_nothing_comes_any_more_has_left_and_undo_brings_all_of_it_back() {
    let (app, _folder) = app().await;
    mailed(&app).await;
    let water = topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    let has = [test_data::FIRST_TOPIC, water];
    test_data::subscriber(1).topics(&has).insert(&app).await;
    topics::archive(&app, "water", true, "ana").await.unwrap();
    let by = UnsubscribeChannel::OneClick;
    unsubscribe(&app, link(1), by, &origin()).await.unwrap();
    assert!(departure(&app, link(1)).await.unwrap().remaining.is_empty());
    assert_eq!(status(&app, 1).await, Some(Status::Unsubscribed));
    // Nothing of it is left to be found again when the topic is.
    assert!(topics_of(&app, 1).await.is_empty());
    assert!(undo(&app, link(1), "Yes", &origin()).await.unwrap());
    assert_eq!(topics_of(&app, 1).await, ["press", "water"]);
}

#[tokio::test]
async fn a_choice_of_what_is_not_offered_any_more_is_not_said_to_be_saved() {
    let (app, _folder) = app().await;
    topics::add(&app, "water", "Water", "", "ana")
        .await
        .unwrap();
    test_data::subscriber(1).insert(&app).await;
    topics::archive(&app, "water", true, "ana").await.unwrap();
    for (slug, saved) in [("water", false), ("press", true)] {
        let wanted = [slug.to_owned()];
        let chosen = choose(&app, link(1), &wanted, &[], None, &origin()).await;
        assert_eq!(chosen.unwrap(), saved, "{slug}");
        assert_eq!(topics_of(&app, 1).await, ["press"]);
    }
}
