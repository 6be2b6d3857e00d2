//! The first draft of a release comes of an event, once, in the order of the others.

use super::{holding::release_of, release_events::BEHIND, *};
use crate::{
    newsletters::events_set_aside,
    releases::tests::{TODAY, watching},
};

const READY: &str = "SELECT count(*) FROM release_event WHERE kind = 'ready_to_draft'";
const NEWSLETTERS: &str = "SELECT count(*) FROM newsletter";

#[tokio::test]
async fn a_release_is_drafted_by_its_event_and_once() {
    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    office.publish("vote", "The vote", TODAY);
    poll(&app).await;
    assert_eq!(
        (number(&app, READY).await, number(&app, NEWSLETTERS).await),
        (1, 0)
    );
    // No scan: whoever reads the events makes the draft.
    follow_changes(&app).await.unwrap();
    assert_eq!(number(&app, NEWSLETTERS).await, 1);
    assert_eq!(number(&app, BEHIND).await, 0);
    for _ in 0..3 {
        app.clock.advance_ms(20 * MINUTE);
        beat(&app).await;
    }
    assert_eq!(
        (number(&app, READY).await, number(&app, NEWSLETTERS).await),
        (1, 1)
    );
}

#[tokio::test]
async fn two_who_read_the_same_event_make_one_draft() {
    crate::db::several_connections();
    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    for round in 1..=10 {
        office.publish(&format!("r{round}"), &format!("Release {round}"), TODAY);
        poll(&app).await;
        let (one, other) = tokio::join!(follow_changes(&app), follow_changes(&app));
        one.unwrap();
        other.unwrap();
        assert_eq!(number(&app, NEWSLETTERS).await, round);
    }
}

#[tokio::test]
async fn a_release_that_cannot_be_drafted_is_set_aside_and_the_next_one_is_drafted() {
    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    office.publish("vote", "The vote", TODAY);
    poll(&app).await;
    office.publish("road", "The road", TODAY);
    poll(&app).await;
    let vote = release_of(&app, "The vote").await;
    let damage = "UPDATE release SET document = 'no document' WHERE id = $1";
    app.db.execute(damage, values![vote]).await.unwrap();
    draft_ready(&app).await.unwrap();
    let made: Vec<String> = all(&app)
        .await
        .into_iter()
        .map(|(_, subject, _)| subject)
        .collect();
    assert_eq!(made, ["The road"]);
    let aside = events_set_aside(&app).await.unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].release_id, vote);
    assert_eq!(number(&app, STAFF_NOTIFIED).await, 1, "staff hear of it");
}

#[tokio::test]
async fn what_a_digest_gathers_no_more_is_drafted_by_an_event() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", "digest")])
        .await
        .unwrap();
    office.publish("vote", "The vote", TODAY);
    poll(&app).await;
    releases::settle_due(&app).await.unwrap();
    draft_ready(&app).await.unwrap();
    assert_eq!(
        (number(&app, READY).await, number(&app, NEWSLETTERS).await),
        (0, 0)
    );
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    draft_ready(&app).await.unwrap();
    assert_eq!(
        (number(&app, READY).await, number(&app, NEWSLETTERS).await),
        (1, 1)
    );
}

/// Rows of an older version, which wrote no such event.
#[tokio::test]
async fn what_waited_for_a_draft_before_there_was_the_event_is_drafted() {
    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    test_data::release(77).says("Hello.").insert(&app).await;
    office.publish("vote", "The vote", TODAY);
    poll(&app).await;
    draft_ready(&app).await.unwrap();
    assert_eq!(
        (number(&app, READY).await, number(&app, NEWSLETTERS).await),
        (2, 2)
    );
}

#[tokio::test]
async fn one_newsletter_that_cannot_begin_stops_no_other() {
    let (app, _folder) = crate::delivery::testing::app(crate::clock::Clock::system()).await;
    set_up(&app, &[]).await;
    reader(&app, 1, &[1]).await;
    let mut ids = Vec::new();
    for slug in ["a", "b", "c"] {
        let draft = test_data::newsletter(slug).says("Hello.");
        ids.push(draft.insert(&app).await);
    }
    let later = app.clock.now() + jiff::SignedDuration::from_hours(1);
    for id in &ids {
        approve_seen(&app, *id, "ana", Some(later)).await.unwrap();
    }
    let sql = "UPDATE newsletter SET scheduled_at = 0";
    app.db.execute(sql, []).await.unwrap();
    // A trigger of the database's own refuses the second one.
    let step = if app.db.is_sqlite() {
        format!(
            "CREATE TRIGGER broken BEFORE UPDATE OF started_at ON newsletter WHEN NEW.id = {} BEGIN SELECT RAISE(ABORT, 'broken'); END",
            ids[1]
        )
    } else {
        format!(
            "CREATE TRIGGER broken BEFORE UPDATE OF started_at ON newsletter FOR EACH ROW WHEN (NEW.id = {}) EXECUTE FUNCTION append_only()",
            ids[1]
        )
    };
    app.db.execute(&step, []).await.unwrap();
    start_due(&app).await.unwrap_err();
    for (id, expected) in [
        (ids[0], NewsletterState::Sending),
        (ids[1], NewsletterState::Approved),
        (ids[2], NewsletterState::Sending),
    ] {
        assert_eq!(state(&app, id).await, expected, "{id}");
    }
}

/// Nobody reads events for a while: what comes and goes and comes back in it is drafted in the end.
#[tokio::test]
async fn what_was_taken_back_before_anybody_read_of_it_is_drafted_when_it_is_back() {
    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    office.publish("vote", "The vote", TODAY);
    poll(&app).await;
    office.change(|site| site.posts[0].there = false);
    for _ in 0..4 {
        app.clock.advance_ms(15 * MINUTE);
        releases::settle_due(&app).await.unwrap();
        releases::revisit_due(&app).await.unwrap();
    }
    let gone = "SELECT count(*) FROM release WHERE state = 'vanished'";
    assert_eq!(number(&app, gone).await, 1);
    draft_ready(&app).await.unwrap();
    assert_eq!(number(&app, NEWSLETTERS).await, 0);
    office.change(|site| site.posts[0].there = true);
    app.clock.advance_ms(60 * MINUTE);
    releases::revisit_due(&app).await.unwrap();
    draft_ready(&app).await.unwrap();
    assert_eq!(
        (number(&app, READY).await, number(&app, NEWSLETTERS).await),
        (2, 1)
    );
}
