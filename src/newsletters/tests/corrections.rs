//! What the office changes after a release was final (F9).

use super::*;
use crate::{
    newsletters::{self, NewsletterError, audience, cancel, changes, correct},
    releases::tests::{TODAY, watching},
};
use gazette_templates::document::diff::differs;

const FIRST: &str =
    "<p>The vote is on Monday at noon in the hall of the county.</p><p>All are welcome to it.</p>";
const SECOND: &str =
    "<p>The vote is on Tuesday at noon in the hall of the county.</p><p>All are welcome to it.</p>";

#[tokio::test]
async fn after_sending_a_change_is_shown_and_corrected_once_to_those_who_got_it_f9() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    test_data::member(&app, "e@x.gov", Role::Editor).await;
    office.publish("vote", "The vote", TODAY);
    office.change(|site| rewrite(site, FIRST));
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);
    for id in 1..=3 {
        reader(&app, id, &[1]).await;
    }
    sent_to(&app, 1, &[1, 2]).await;
    assert!(changes(&app, 1).await.unwrap().is_empty());
    assert!(matches!(
        correct(&app, 1, 2, "ana").await,
        Err(NewsletterError::Wrong(_))
    ));

    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    assert_eq!(all(&app).await.len(), 1, "nothing is mailed by itself");
    let told = "SELECT count(*) FROM transactional_mail WHERE kind = 'notice' AND content LIKE '%after it was mailed%'";
    assert_eq!(number(&app, told).await, 1, "but staff are told");
    let change = changes(&app, 1).await.unwrap().remove(0);
    assert!(differs(&change.paragraphs) && !change.vanished);
    assert!(
        format!("{:?}", change.paragraphs).contains("Tuesday"),
        "{change:?}"
    );

    let correction = correct(&app, 1, 2, "ana").await.unwrap();
    assert_eq!(
        correct(&app, 1, 2, "ben").await.unwrap(),
        correction,
        "once"
    );
    let made = find(&app, correction).await.unwrap();
    assert_eq!(made.subject, "Correction: The vote");
    assert_eq!(made.changed.as_deref(), Some("“Monday” became “Tuesday”."));
    let html = newsletters::preview(&app, correction).await.unwrap().html;
    assert!(html.contains("What changed:") && html.contains("“Monday” became “Tuesday”."));
    assert_eq!(made.state, NewsletterState::Draft);
    assert!(releases::reading::words(&made.document).contains("Tuesday"));
    assert_eq!(
        audience(&app, correction).await.unwrap(),
        2,
        "who got the first"
    );
    approve_seen(&app, correction, "ana", None).await.unwrap();
    assert!(!find(&app, correction).await.unwrap().automatic, "H12");
    sent_to(&app, correction, &[1, 2]).await;
    assert_eq!(correct(&app, 1, 2, "ana").await.unwrap(), correction);
    assert_eq!(number(&app, "SELECT count(*) FROM newsletter").await, 2);

    // A second change is another matter.
    office.change(|site| rewrite(site, &SECOND.replace("noon", "two")));
    live(&app, 60).await;
    let second = correct(&app, 1, 2, "ana").await.unwrap();
    assert_ne!(second, correction);
    assert_eq!(
        find(&app, second).await.unwrap().slug,
        format!("{}-2", find(&app, correction).await.unwrap().slug)
    );
    // A third while that draft waits: it takes the newest text, and is still the only one.
    office.change(|site| rewrite(site, &SECOND.replace("noon", "three")));
    live(&app, 120).await;
    let words = releases::reading::words(&find(&app, second).await.unwrap().document);
    assert!(words.contains("three"), "{words}");
    assert_eq!(correct(&app, 1, 2, "ana").await.unwrap(), second);
    // Given up, it may be made again.
    cancel(&app, second, "ana").await.unwrap();
    assert_ne!(correct(&app, 1, 2, "ana").await.unwrap(), second);
}

#[tokio::test]
async fn what_waits_for_the_window_takes_the_corrected_text_and_is_mailed_once_f9_f10() {
    let (app, office, _folder) = watching(0).await;
    // 07:00 in Tustin; the window opens at nine.
    set_up(&app, &[("sending-window", "09:00-17:00")]).await;
    office.publish("vote", "The vote", TODAY);
    office.change(|site| rewrite(site, FIRST));
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Approved);
    office.change(|site| {
        rewrite(site, SECOND);
        "The vote on Tuesday".clone_into(&mut site.posts[0].title);
    });
    live(&app, 60).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Approved);
    live(&app, 60).await;
    let newsletters = all(&app).await;
    let [(NewsletterState::Sending, subject, words)] = newsletters.as_slice() else {
        panic!("{newsletters:?}")
    };
    assert_eq!(subject, "The vote on Tuesday");
    assert!(
        words.contains("Tuesday") && !words.contains("Monday"),
        "{words}"
    );
    assert!(changes(&app, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_and_is_taken_back_comes_before_a_person_f9() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[("sending-window", "09:00-17:00")]).await;
    office.publish("vote", "The vote", TODAY);
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Approved);
    office.change(|site| {
        site.posts[0].listed = false;
        site.posts[0].there = false;
    });
    live(&app, 180).await;
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Draft);
    assert!(
        newsletter
            .attention
            .unwrap()
            .contains("took the release back")
    );
    assert!(newsletter.scheduled_at.is_none());
}

#[tokio::test]
async fn what_a_person_approved_comes_before_them_again_when_it_changes_f9() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    office.publish("vote", "The vote", TODAY);
    office.change(|site| rewrite(site, FIRST));
    beat(&app).await;
    let at = app.clock.now() + jiff::SignedDuration::from_hours(5);
    approve_seen(&app, 1, "ana", Some(at)).await.unwrap();
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Draft);
    assert!(
        newsletter
            .attention
            .unwrap()
            .contains("changed the release")
    );
    assert!(
        releases::reading::words(&newsletter.document).contains("Monday"),
        "nobody's text is changed under their hands"
    );
    newsletters::take_new_text(&app, 1, "ana").await.unwrap();
    let newsletter = find(&app, 1).await.unwrap();
    assert!(releases::reading::words(&newsletter.document).contains("Tuesday"));
    assert_eq!(newsletter.attention, None);
    assert!(changes(&app, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_went_out_under_two_topics_is_corrected_under_both_f9() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    let veterans = test_data::topic(&app, "veterans").await;
    releases::set_source(&app, 1, &[("categories", "A=press, B=veterans")])
        .await
        .unwrap();
    office.publish("vote", "The vote", TODAY);
    office.change(|site| {
        rewrite(site, FIRST);
        site.posts[0].categories = vec!["A".to_owned(), "B".to_owned()];
    });
    beat(&app).await;
    reader(&app, 1, &[1]).await;
    reader(&app, 2, &[1, veterans]).await;
    reader(&app, 3, &[veterans]).await;
    sent_to(&app, 1, &[1, 2]).await;
    sent_to(&app, 2, &[3]).await;
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    let first = correct(&app, 1, 2, "ana").await.unwrap();
    let second = correct(&app, 2, 2, "ana").await.unwrap();
    assert_eq!(all(&app).await.len(), 4);
    assert_eq!(audience(&app, first).await.unwrap(), 2);
    assert_eq!(audience(&app, second).await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_changed_back_needs_no_correction_f9() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    office.publish("vote", "The vote", TODAY);
    office.change(|site| rewrite(site, FIRST));
    beat(&app).await;
    sent_to(&app, 1, &[]).await;
    office.change(|site| rewrite(site, SECOND));
    live(&app, 15).await;
    assert_eq!(changes(&app, 1).await.unwrap().len(), 1);
    office.change(|site| rewrite(site, FIRST));
    live(&app, 60).await;
    assert!(changes(&app, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_site_that_cannot_be_read_for_a_while_changes_nothing_f9() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    office.publish("vote", "The vote", TODAY);
    beat(&app).await;
    sent_to(&app, 1, &[]).await;
    office.change(|site| site.error_page = true);
    live(&app, 60).await;
    assert!(changes(&app, 1).await.unwrap().is_empty());
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM release WHERE state = 'vanished'"
        )
        .await,
        0
    );
}

/// Fills the newsletter's queue as a worker does.
async fn enqueue(app: &App, newsletter: i64) {
    let active = crate::delivery::queue::active(&app.db).await.unwrap();
    let Some(active) = active.into_iter().find(|active| active.id == newsletter) else {
        return;
    };
    let now = app.clock.now_ms();
    while crate::delivery::queue::enqueue_slice(&app.db, &active, now)
        .await
        .unwrap()
    {}
}

#[tokio::test]
async fn whom_the_first_text_has_not_reached_gets_the_correction_instead_and_everyone_one_f9() {
    use DeliveryState::{Accepted, Claimed, Deferred, Queued};
    let (app, office, _folder) = watching(0).await;
    set_up_office(&app, &[]).await;
    for id in 1..=5 {
        reader(&app, id, &[1]).await;
    }
    office.publish("vote", "The vote", TODAY);
    office.change(|site| rewrite(site, FIRST));
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);
    // One has it, one is on the wire, one waits, one is deferred; the fifth is not even queued.
    for (id, state) in [(1, Accepted), (2, Claimed), (3, Queued), (4, Deferred)] {
        let delivery = test_data::delivery(1, id).state(state);
        delivery.attempts(1).at(0).insert(&app).await;
    }
    app.db
        .execute("UPDATE newsletter SET enqueued_to = 4, total = 4", [])
        .await
        .unwrap();
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    let correction = correct(&app, 1, 2, "ana").await.unwrap();
    assert_eq!(audience(&app, correction).await.unwrap(), 5);
    approve_seen(&app, correction, "ana", None).await.unwrap();
    assert_eq!(state(&app, correction).await, NewsletterState::Sending);
    let first = find(&app, 1).await.unwrap();
    assert_eq!(first.superseded_by, Some(correction));
    enqueue(&app, 1).await;
    enqueue(&app, correction).await;
    let waiting = "SELECT count(*) FROM delivery WHERE newsletter_id = 1 AND state IN (0, 2)";
    assert_eq!(
        number(&app, waiting).await,
        0,
        "nobody gets the old text now"
    );
    let queued =
        format!("SELECT count(*) FROM delivery WHERE newsletter_id = {correction} AND state = 0");
    assert_eq!(number(&app, &queued).await, 5);
    // It was published when it was mailed, whatever date its release bears.
    let made = find(&app, correction).await.unwrap();
    assert_eq!(Some(made.public_since()), made.started_at);
    assert!(made.public_since() > first.public_since());
}

#[tokio::test]
async fn an_edition_is_corrected_as_a_whole_or_not_at_all_f9() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    test_data::topic(&app, "veterans").await;
    releases::set_source(&app, 1, &[("categories", "A=press, B=veterans")])
        .await
        .unwrap();
    office.publish("vote", "The vote", TODAY);
    office.change(|site| {
        rewrite(site, FIRST);
        site.posts[0].categories = vec!["A".to_owned(), "B".to_owned()];
    });
    beat(&app).await;
    sent_to(&app, 1, &[]).await;
    sent_to(&app, 2, &[]).await;
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    // The second of the two cannot be made.
    let (fault, mended) = if app.db.is_sqlite() {
        (
            "CREATE TRIGGER fault BEFORE INSERT ON newsletter WHEN NEW.corrects = 2
             BEGIN SELECT RAISE(ABORT, 'fault'); END",
            "DROP TRIGGER fault",
        )
    } else {
        (
            "ALTER TABLE newsletter ADD CONSTRAINT fault CHECK (corrects IS DISTINCT FROM 2)",
            "ALTER TABLE newsletter DROP CONSTRAINT fault",
        )
    };
    app.db.execute(fault, []).await.unwrap();
    assert!(correct(&app, 1, 2, "ana").await.is_err());
    let corrections = "SELECT count(*) FROM newsletter WHERE corrects IS NOT NULL";
    assert_eq!(number(&app, corrections).await, 0);
    app.db.execute(mended, []).await.unwrap();
    correct(&app, 1, 2, "ana").await.unwrap();
    assert_eq!(number(&app, corrections).await, 2);
}
