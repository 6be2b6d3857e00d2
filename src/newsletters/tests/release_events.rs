//! Newsletters read what happened to releases in order, each event once; what cannot be read is set
//! aside and stops nothing else.

use super::{holding::release_of, *};
use crate::{
    newsletters::{
        EditedText, cancel, checks, correct, dismiss_event, edit, events_set_aside, for_press,
        rename, take_new_text,
    },
    releases::{
        by_hand,
        tests::{Office as Press, TODAY, watching},
    },
};

/// A source whose releases settle after so many seconds, with one release and what was made of it.
async fn vote(settle_seconds: i64, policy: &str) -> (App, Press, tempfile::TempDir) {
    let (app, office, folder) = watching(settle_seconds).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", policy)])
        .await
        .unwrap();
    office.publish("vote", "The vote", TODAY);
    beat(&app).await;
    (app, office, folder)
}

/// As the releases' room writes an event.
async fn happened(app: &App, release: i64, kind: &str) {
    test_data::release_event(app.db.pool(), release, kind, None).await;
}

fn say(office: &Press, text: &str) {
    let text = format!("<p>Washington, DC – Today the vote is {text} in the county.</p>");
    office.change(|site| rewrite(site, &text));
}

async fn words(app: &App, id: i64) -> String {
    releases::reading::words(&find(app, id).await.unwrap().document)
}

/// Events that wait to be read.
pub(super) const BEHIND: &str =
    "SELECT count(*) FROM release_event WHERE id > (SELECT consumed_to FROM release_event_cursor)";

/// Lets every change of a newsletter's text fail, as a database in trouble would, or no longer.
async fn break_texts(app: &App, broken: bool) {
    let steps: &[&str] = match (broken, app.db.is_sqlite()) {
        (true, true) => &[
            "CREATE TRIGGER broken BEFORE UPDATE OF document ON newsletter BEGIN SELECT RAISE(ABORT, 'broken'); END",
        ],
        (true, false) => &[
            "CREATE TRIGGER broken BEFORE UPDATE OF document ON newsletter FOR EACH ROW EXECUTE FUNCTION append_only()",
        ],
        (false, true) => &["DROP TRIGGER broken"],
        (false, false) => &["DROP TRIGGER broken ON newsletter"],
    };
    for step in steps {
        app.db.execute(step, []).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_set_aside_and_the_next_is_applied() {
    let (app, office, _folder) = vote(0, "approve").await;
    let release = release_of(&app, "The vote").await;
    let later = app.clock.now() + jiff::SignedDuration::from_hours(9);
    approve_seen(&app, 1, "ana", Some(later)).await.unwrap();
    office.publish("road", "The road", TODAY);
    beat(&app).await;
    happened(&app, release, "of a later version").await;
    office.change(|site| {
        site.posts[0].text =
            "<p>Washington, DC – Today the road is open on Tuesday.</p>".to_owned();
    });
    live(&app, 30).await;
    assert!(words(&app, 2).await.contains("Tuesday"), "the next");
    assert_eq!(number(&app, BEHIND).await, 0);
    // What it was about waits for a person, and staff are told.
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Draft);
    let why = newsletter.attention.unwrap();
    assert!(why.contains("could not read what"), "{why}");
    assert_eq!(number(&app, STAFF_NOTIFIED).await, 1);
    let aside = events_set_aside(&app).await.unwrap();
    assert_eq!((aside.len(), aside[0].release_id), (1, release));
    assert!(aside[0].reason.contains("later version"), "{aside:?}");
    // Whoever has dealt with it says so, once.
    dismiss_event(&app, aside[0].event_id, "ana").await.unwrap();
    assert!(events_set_aside(&app).await.unwrap().is_empty());
    assert!(dismiss_event(&app, aside[0].event_id, "ana").await.is_err());
    let audited =
        "SELECT count(*) FROM audit WHERE action = 'release.event_dismiss' AND who = 'ana'";
    assert_eq!(number(&app, audited).await, 1);
}

#[tokio::test]
async fn an_event_that_fails_for_a_moment_is_tried_again_later_and_applied_once() {
    let (app, office, _folder) = vote(0, "approve").await;
    break_texts(&app, true).await;
    say(&office, "on Tuesday");
    live(&app, 15).await;
    assert_eq!(number(&app, BEHIND).await, 1);
    assert_eq!(find(&app, 1).await.unwrap().revision, 0);
    break_texts(&app, false).await;
    assert_eq!(follow_changes(&app).await.unwrap(), 0, "not at once");
    app.clock.advance_ms(MINUTE);
    assert_eq!(follow_changes(&app).await.unwrap(), 1);
    assert_eq!(find(&app, 1).await.unwrap().revision, 1);
    assert!(words(&app, 1).await.contains("Tuesday"));
    assert_eq!(follow_changes(&app).await.unwrap(), 0);
    assert!(events_set_aside(&app).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_that_fails_again_and_again_is_set_aside() {
    let (app, office, _folder) = vote(0, "approve").await;
    break_texts(&app, true).await;
    say(&office, "on Tuesday");
    for _ in 0..6 {
        live(&app, 15).await;
    }
    assert_eq!(number(&app, BEHIND).await, 0);
    assert_eq!(events_set_aside(&app).await.unwrap().len(), 1);
    let why = find(&app, 1).await.unwrap().attention.unwrap();
    assert!(why.contains("Compare it with the office's page"), "{why}");
    // Nothing is lost: a person still takes the new text.
    break_texts(&app, false).await;
    take_new_text(&app, 1, "ana").await.unwrap();
    assert!(words(&app, 1).await.contains("Tuesday"));
}

#[tokio::test]
async fn who_approves_a_text_older_than_the_websites_has_to_say_that_they_know() {
    let (app, office, _folder) = vote(0, "approve").await;
    let stops = async || checks::blocking(&checks::check(&app, 1).await.unwrap());
    assert_eq!(stops().await, None);
    // A person wrote in it; then the website changes it, and once more.
    let document = find(&app, 1).await.unwrap().document;
    let edited = EditedText::of("The vote, at last", &document);
    edit(&app, 1, edited, 0, "ana").await.unwrap();
    say(&office, "on Tuesday");
    live(&app, 15).await;
    let first = stops().await.unwrap();
    // Who has seen one change has not seen the next.
    say(&office, "on Wednesday");
    live(&app, 70).await;
    let second = stops().await.unwrap();
    assert!(
        first.starts_with("release@") && second.starts_with("release@"),
        "{first} {second}"
    );
    assert_ne!(first, second);
    take_new_text(&app, 1, "ana").await.unwrap();
    assert_eq!(stops().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_read_at_once_each_event_is_applied_by_one() {
    crate::db::several_connections();
    let (app, office, _folder) = vote(0, "approve").await;
    for day in 1..=20 {
        say(&office, &format!("on day {day}"));
        app.clock.advance_ms(61 * MINUTE);
        poll(&app).await;
        releases::revisit_due(&app).await.unwrap();
    }
    let behind = number(&app, BEHIND).await;
    assert!(behind >= 20, "{behind}");
    let mut readers = Vec::new();
    for _ in 0..8 {
        let app = app.clone();
        readers.push(tokio::spawn(async move { follow_changes(&app).await }));
    }
    let mut applied = 0;
    for reader in readers {
        applied += reader.await.unwrap().unwrap();
    }
    assert_eq!(i64::try_from(applied).unwrap(), behind);
    assert!(words(&app, 1).await.contains("day 20"));
    let kept = "SELECT count(*) FROM newsletter_revision WHERE newsletter_id = 1";
    let revision = i64::from(find(&app, 1).await.unwrap().revision);
    assert_eq!(number(&app, kept).await, revision);
}

#[tokio::test]
async fn nobody_approves_what_does_not_know_yet_what_happened_to_its_release() {
    let (app, office, _folder) = vote(0, "approve").await;
    break_texts(&app, true).await;
    say(&office, "on Tuesday");
    live(&app, 15).await;
    let early = approve_seen(&app, 1, "ana", None).await;
    assert!(
        matches!(early, Err(NewsletterError::ReleaseNews(1))),
        "{early:?}"
    );
    break_texts(&app, false).await;
    app.clock.advance_ms(MINUTE);
    // It hears of it in time, and then it is another text than the person saw.
    let late = approve_seen(&app, 1, "ana", None).await;
    assert!(
        matches!(late, Err(NewsletterError::Changed { .. })),
        "{late:?}"
    );
    approve_seen(&app, 1, "ana", None).await.unwrap();
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);
}

fn put_back(office: &Press) {
    office.change(|site| (site.posts[0].listed, site.posts[0].there) = (true, true));
}

#[tokio::test]
async fn what_was_cancelled_because_it_was_taken_back_is_drafted_anew_when_it_is_back() {
    for (policy, after) in [
        ("approve", NewsletterState::Draft),
        ("auto", NewsletterState::Sending),
    ] {
        let (app, office, _folder) = vote(600, policy).await;
        office.change(take_back);
        live(&app, 60).await;
        assert_eq!(state(&app, 1).await, NewsletterState::Cancelled);
        put_back(&office);
        live(&app, 24 * 60).await;
        let made = all(&app).await;
        assert_eq!(made.len(), 2, "{made:?}");
        assert_eq!(state(&app, 2).await, after, "{policy}");
        live(&app, 24 * 60).await;
        assert_eq!(all(&app).await.len(), 2, "and once");
    }
}

#[tokio::test]
async fn what_a_person_cancelled_is_not_drafted_anew_when_the_office_puts_it_back() {
    let (app, office, _folder) = vote(0, "approve").await;
    cancel(&app, 1, "ana").await.unwrap();
    office.change(take_back);
    live(&app, 120).await;
    put_back(&office);
    live(&app, 24 * 60).await;
    assert_eq!(all(&app).await.len(), 1);
}

#[tokio::test]
async fn a_draft_that_waited_because_its_release_was_taken_back_is_taken_up_again() {
    for (policy, after) in [
        ("approve", NewsletterState::Draft),
        ("auto", NewsletterState::Sending),
    ] {
        let (app, office, _folder) = watching(600).await;
        set_up(&app, &[("sending-window", "10:00-17:00")]).await;
        releases::set_source(&app, 1, &[("policy", policy)])
            .await
            .unwrap();
        office.publish("vote", "The vote", TODAY);
        beat(&app).await;
        live(&app, 15).await;
        office.change(take_back);
        live(&app, 60).await;
        let draft = find(&app, 1).await.unwrap();
        assert_eq!(draft.state, NewsletterState::Draft);
        assert!(draft.attention.unwrap().contains("took the release back"));
        put_back(&office);
        live(&app, 24 * 60).await;
        assert_eq!(all(&app).await.len(), 1, "{policy}");
        let draft = find(&app, 1).await.unwrap();
        assert_eq!(draft.state, after);
        if after == NewsletterState::Draft {
            assert!(draft.attention.unwrap().contains("it is there again"));
        }
    }
}

#[tokio::test]
async fn what_was_taken_out_of_a_digest_is_in_the_next_one_when_it_is_back() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[("sending-window", "12:00-17:00")]).await;
    let settings = [("policy", "digest"), ("digest-at", "09:00")];
    releases::set_source(&app, 1, &settings).await.unwrap();
    office.publish("a", "A bridge opens", TODAY);
    office.publish("b", "A road closes", TODAY);
    live(&app, 120).await;
    assert_eq!(all(&app).await[0].1, "A bridge opens, and 1 more");
    office.change(take_back);
    live(&app, 120).await;
    assert_eq!(all(&app).await[0].1, "A bridge opens");
    put_back(&office);
    live(&app, 24 * 60).await;
    let made = all(&app).await;
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(made[1].1, "A road closes");
}

#[tokio::test]
async fn every_newsletter_of_a_release_stands_with_it_and_every_new_text_is_a_revision() {
    let (app, office, _folder) = vote(0, "approve").await;
    let release = release_of(&app, "The vote").await;
    rename(&app, 1, "We vote", 0, "ana").await.unwrap();
    let own = by_hand::from_markdown("The vote is soon.");
    edit(&app, 1, EditedText::of("We vote", &own), 1, "ana")
        .await
        .unwrap();
    say(&office, "on Tuesday");
    live(&app, 30).await;
    take_new_text(&app, 1, "ana").await.unwrap();
    assert_eq!(find(&app, 1).await.unwrap().revision, 3);
    let copy = for_press(&app, 1, true, "ana").await.unwrap();
    reader(&app, 1, &[1]).await;
    approve_seen(&app, 1, "ana", None).await.unwrap();
    sent_to(&app, 1, &[1]).await;
    say(&office, "on Friday");
    live(&app, 120).await;
    let correction = correct(&app, 1, release, "ana").await.unwrap();
    say(&office, "on Sunday");
    live(&app, 240).await;
    // The copy is of an edited text, so it is pointed out; the correction takes the new one.
    let why = find(&app, copy).await.unwrap().attention.unwrap();
    assert!(why.contains("changed the release"), "{why}");
    assert!(words(&app, correction).await.contains("Sunday"));
    let alone = "SELECT count(*) FROM newsletter n WHERE NOT EXISTS
                 (SELECT 1 FROM newsletter_release x WHERE x.newsletter_id = n.id AND x.release_id = n.release_id)";
    assert_eq!(number(&app, alone).await, 0);
    let uncounted = "SELECT count(*) FROM newsletter n WHERE n.revision <>
                     (SELECT count(*) FROM newsletter_revision v WHERE v.newsletter_id = n.id)";
    assert_eq!(number(&app, uncounted).await, 0);
    assert_eq!(find(&app, correction).await.unwrap().revision, 1);
}
