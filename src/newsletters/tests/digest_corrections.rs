//! Corrections of what was mailed together with other releases: a summary says only what somebody let go, whoever
//! got a release in one gets its correction, and nobody loses the rest of a digest to one.

use super::{
    summaries::{beat_and_deliver, choose_frequency},
    *,
};
use crate::{
    clock::HOUR,
    newsletters::{audience, correct, correct_own_text, draft, own_text},
    releases::{
        by_hand,
        tests::{TODAY, watching},
    },
    subscribers::Frequency,
};

const MONDAY: &str = "The bridge opens on Monday.";
const TUESDAY: &str = "The bridge opens on Tuesday.";

/// One beat, and what was to be sent has arrived.
async fn deliver(app: &App) {
    beat_and_deliver(app).await;
    app.db
        .execute("UPDATE delivery SET state = 3", [])
        .await
        .unwrap();
}

/// What an editor wrote, mailed to reader 1; reader 2 gets it in the summary of nine o'clock.
async fn mailed(app: &App) -> i64 {
    set_up_office(app, &[("summary-at", "09:00")]).await;
    for id in [1, 2] {
        reader(app, id, &[1]).await;
    }
    deliver(app).await;
    choose_frequency(app, 2, &["press"], Frequency::Daily).await;
    // It is 07:00. What is chosen comes into force with the summaries.
    app.clock.advance_ms(3 * HOUR);
    deliver(app).await;
    let written = by_hand::from_markdown(MONDAY);
    let release = by_hand::add_written(app, "A bridge opens", &written)
        .await
        .unwrap();
    let first = draft(app, release).await.unwrap();
    approve_seen(app, first, "ben", None).await.unwrap();
    deliver(app).await;
    assert_eq!(state(app, first).await, NewsletterState::Sent);
    assert_eq!(got(app, 1).await, [first]);
    assert!(got(app, 2).await.is_empty(), "not before nine tomorrow");
    first
}

/// The newsletters that a reader got.
async fn got(app: &App, reader: i64) -> Vec<i64> {
    let sql = "SELECT newsletter_id FROM delivery WHERE subscriber_id = $1 ORDER BY 1";
    crate::db::scalars(app.db.pool(), sql, values![reader])
        .await
        .unwrap()
}

async fn correct_it(app: &App, first: i64) -> i64 {
    let own = own_text(app, first).await.unwrap().unwrap();
    let text = by_hand::from_markdown(TUESDAY);
    correct_own_text(app, first, &own.subject, &text, own.revision, "ana")
        .await
        .unwrap()
}

async fn says(app: &App, id: i64) -> String {
    releases::reading::words(&find(app, id).await.unwrap().document)
}

async fn newest(app: &App) -> i64 {
    number(app, "SELECT max(id) FROM newsletter").await
}

#[tokio::test]
async fn a_summary_says_what_was_let_go_and_no_correction_that_waits_for_approval() {
    let (app, _office, _folder) = watching(0).await;
    let first = mailed(&app).await;
    let correction = correct_it(&app, first).await;
    // The summary is made while nobody has approved the correction.
    app.clock.advance_ms(24 * HOUR);
    deliver(&app).await;
    let summary = newest(&app).await;
    assert!(summary > correction);
    assert_eq!(got(&app, 2).await, [summary]);
    assert!(says(&app, summary).await.contains("Monday"), "approved");
    assert_eq!(find(&app, summary).await.unwrap().subject, "A bridge opens");
    let why = find(&app, summary).await.unwrap().attention.unwrap();
    assert!(why.contains("is being corrected"), "{why}");
    // Its readers can be sent the correction, too.
    approve_seen(&app, correction, "ben", None).await.unwrap();
    deliver(&app).await;
    assert_eq!(got(&app, 1).await, [first, correction]);
    let release = find(&app, first).await.unwrap().release_id.unwrap();
    let second = correct(&app, summary, release, "ana").await.unwrap();
    approve_seen(&app, second, "ben", None).await.unwrap();
    deliver(&app).await;
    assert_eq!(got(&app, 2).await, [summary, second]);
    assert_eq!(got(&app, 1).await, [first, correction], "nobody gets both");
}

#[tokio::test]
async fn a_summary_that_is_made_after_a_correction_was_mailed_says_the_right_thing() {
    let (app, _office, _folder) = watching(0).await;
    let first = mailed(&app).await;
    let correction = correct_it(&app, first).await;
    approve_seen(&app, correction, "ben", None).await.unwrap();
    deliver(&app).await;
    app.clock.advance_ms(24 * HOUR);
    deliver(&app).await;
    let summary = newest(&app).await;
    assert_eq!(got(&app, 2).await, [summary]);
    assert!(says(&app, summary).await.contains("Tuesday"));
    let made = find(&app, summary).await.unwrap();
    assert_eq!(
        (made.subject.as_str(), made.attention),
        ("A bridge opens", None)
    );
    assert!(
        crate::newsletters::changes(&app, summary)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn who_got_a_release_in_a_summary_gets_the_offices_own_correction_as_all_others_do() {
    let (app, _office, _folder) = watching(0).await;
    let first = mailed(&app).await;
    app.clock.advance_ms(24 * HOUR);
    deliver(&app).await;
    let summary = newest(&app).await;
    assert_eq!(got(&app, 2).await, [summary]);
    let correction = correct_it(&app, first).await;
    assert_eq!(correct_it(&app, first).await, correction, "asked twice");
    let second = newest(&app).await;
    assert_eq!(second, correction + 1);
    let made = find(&app, second).await.unwrap();
    assert_eq!(made.corrects, Some(summary));
    assert!(made.changed.unwrap().contains("Tuesday"));
    for draft in [correction, second] {
        assert_eq!(state(&app, draft).await, NewsletterState::Draft);
        assert_eq!(audience(&app, draft).await.unwrap(), 1);
        approve_seen(&app, draft, "ben", None).await.unwrap();
        deliver(&app).await;
    }
    assert_eq!(got(&app, 1).await, [first, correction]);
    assert_eq!(got(&app, 2).await, [summary, second]);
}

#[tokio::test]
async fn a_text_that_a_person_changed_before_approving_it_stands_so_in_the_summary() {
    let (app, office, _folder) = watching(0).await;
    set_up_office(&app, &[("summary-at", "09:00")]).await;
    reader(&app, 2, &[1]).await;
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    deliver(&app).await;
    choose_frequency(&app, 2, &["press"], Frequency::Daily).await;
    app.clock.advance_ms(3 * HOUR);
    deliver(&app).await;
    office.publish("a", "A bridge opens", TODAY);
    deliver(&app).await;
    let draft = newest(&app).await;
    let text = by_hand::from_markdown(TUESDAY);
    let edited = crate::newsletters::EditedText::of("A bridge opens at last", &text);
    crate::newsletters::edit(&app, draft, edited, 0, "ana")
        .await
        .unwrap();
    approve_seen(&app, draft, "ben", None).await.unwrap();
    app.clock.advance_ms(HOUR);
    deliver(&app).await;
    app.clock.advance_ms(24 * HOUR);
    deliver(&app).await;
    let summary = newest(&app).await;
    assert_eq!(got(&app, 2).await, [summary]);
    assert_eq!(
        find(&app, summary).await.unwrap().subject,
        "A bridge opens at last"
    );
    assert!(says(&app, summary).await.contains("Tuesday"));
}

#[tokio::test]
async fn a_summary_of_what_was_edited_in_a_digest_waits_for_a_person() {
    let (app, office, _folder) = watching(0).await;
    set_up_office(&app, &[("summary-at", "09:00")]).await;
    for id in [1, 2] {
        reader(&app, id, &[1]).await;
    }
    let settings = [("policy", "digest"), ("digest-at", "08:00")];
    releases::set_source(&app, 1, &settings).await.unwrap();
    deliver(&app).await;
    choose_frequency(&app, 2, &["press"], Frequency::Daily).await;
    app.clock.advance_ms(3 * HOUR);
    deliver(&app).await;
    for (slug, title) in [("a", "A bridge opens"), ("b", "A road closes")] {
        office.publish(slug, title, TODAY);
    }
    live(&app, 60).await;
    let digest = newest(&app).await;
    assert_eq!(state(&app, digest).await, NewsletterState::Draft);
    assert_eq!(find(&app, digest).await.unwrap().release_id, None);
    let revision = find(&app, digest).await.unwrap().revision;
    let text = by_hand::from_markdown(TUESDAY);
    let edited = crate::newsletters::EditedText::of("Bridges and roads", &text);
    crate::newsletters::edit(&app, digest, edited, revision, "ana")
        .await
        .unwrap();
    approve_seen(&app, digest, "ben", None).await.unwrap();
    app.clock.advance_ms(HOUR);
    deliver(&app).await;
    assert_eq!(state(&app, digest).await, NewsletterState::Sent);
    app.clock.advance_ms(24 * HOUR);
    deliver(&app).await;
    let summary = newest(&app).await;
    assert!(summary > digest);
    assert_eq!(state(&app, summary).await, NewsletterState::Draft);
    let why = find(&app, summary).await.unwrap().attention.unwrap();
    assert!(why.contains("in a digest that somebody edited"), "{why}");
    assert!(got(&app, 2).await.is_empty());
    // Who looked at it lets it go.
    approve_seen(&app, summary, "ben", None).await.unwrap();
    deliver(&app).await;
    assert_eq!(got(&app, 2).await, [summary]);
}

#[tokio::test]
async fn a_correction_of_one_release_takes_nobody_over_from_a_digest_on_its_way() {
    let (app, office, _folder) = watching(0).await;
    set_up_office(&app, &[]).await;
    for id in [1, 2] {
        reader(&app, id, &[1]).await;
    }
    let settings = [
        ("policy", "digest"),
        ("digest-at", "09:00"),
        ("digest-approval", "no"),
    ];
    releases::set_source(&app, 1, &settings).await.unwrap();
    for (slug, title) in [("a", "A bridge opens"), ("b", "A road closes")] {
        office.publish(slug, title, TODAY);
        beat(&app).await;
    }
    live(&app, 120).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);
    // One reader has it, one waits.
    for (id, is) in [(1, DeliveryState::Accepted), (2, DeliveryState::Queued)] {
        let delivery = test_data::delivery(1, id).state(is);
        delivery.at(0).insert(&app).await;
    }
    let queued = "UPDATE newsletter SET enqueued_to = 2, total = 2, enqueued_at = 1";
    app.db.execute(queued, []).await.unwrap();
    let mut corrections = Vec::new();
    // The newest stands first on the site.
    for post in [0, 1] {
        let text = "<p>The road was closed by mistake, and is open again for everybody.</p>";
        office.change(|site| text.clone_into(&mut site.posts[post].text));
        live(&app, 12 * 60).await;
        let changes = crate::newsletters::changes(&app, 1).await.unwrap();
        let new = changes.iter().find(|change| change.corrected_by.is_none());
        let release = new.expect("a change").release_id;
        let made = correct(&app, 1, release, "ana").await.unwrap();
        approve_seen(&app, made, "ben", None).await.unwrap();
        beat(&app).await;
        assert_eq!(
            state(&app, made).await,
            NewsletterState::Approved,
            "{release}"
        );
        corrections.push(made);
    }
    let digest = find(&app, 1).await.unwrap();
    assert_eq!(digest.superseded_by, None);
    let waits = "SELECT count(*) FROM delivery WHERE newsletter_id = 1 AND state = 0";
    assert_eq!(
        number(&app, waits).await,
        1,
        "the other release is theirs, too"
    );
    // It has ended: now both go to everybody who got it, and neither takes over from the other.
    let ended = "UPDATE delivery SET state = 3 WHERE newsletter_id = 1";
    app.db.execute(ended, []).await.unwrap();
    sent_to(&app, 1, &[]).await;
    beat(&app).await;
    for correction in corrections {
        assert_eq!(state(&app, correction).await, NewsletterState::Sending);
        assert_eq!(find(&app, correction).await.unwrap().superseded_by, None);
    }
}
