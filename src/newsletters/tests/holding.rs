//! What is held, who is told, and what a person decides (F8, F10).

use super::*;
use crate::{
    clock::HOUR,
    newsletters::{
        NewsletterError, cancel, drop_held, newest_of_release,
        newsletter_notifications::notify_staff, release_held,
    },
    releases::{
        ReleaseError,
        tests::{TODAY, watching},
    },
};

pub(super) async fn release_state(app: &App, id: i64) -> String {
    let row = app
        .db
        .one("SELECT state FROM release WHERE id = $1", values![id])
        .await
        .unwrap()
        .unwrap();
    row.try_get("", "state").unwrap()
}

/// The number of the release with this title.
pub(super) async fn release_of(app: &App, title: &str) -> i64 {
    let row = app
        .db
        .one("SELECT id FROM release WHERE title = $1", values![title])
        .await
        .unwrap()
        .unwrap();
    row.try_get("", "id").unwrap()
}

#[tokio::test]
async fn a_held_release_goes_on_when_a_person_says_so_and_only_once_f8() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    office.publish("late", "Late", "Tue, 13 Feb 2024 15:00:00 +0000");
    beat(&app).await;
    let late = release_of(&app, "Late").await;
    assert_eq!(release_state(&app, late).await, "held");
    let draft = find(&app, 1).await.unwrap();
    assert!(draft.attention.unwrap().contains("48 hours"));
    release_held(&app, late, "ana").await.unwrap();
    assert_eq!(release_state(&app, late).await, "settling");
    beat(&app).await;
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(
        newsletter.state,
        NewsletterState::Sending,
        "the policy is auto"
    );
    assert!(!newsletter.automatic, "a person looked at it (H12)");
    assert_eq!(newsletter.attention, None);
    assert_eq!(newsletter.approved.unwrap().1, "ana");
    for again in [
        release_held(&app, late, "ana").await,
        drop_held(&app, late, "ana").await,
    ] {
        assert!(matches!(
            again,
            Err(NewsletterError::Release(ReleaseError::NotHeld(_)))
        ));
    }
    beat(&app).await;
    assert_eq!(all(&app).await.len(), 1);
}

#[tokio::test]
async fn a_held_release_that_is_dropped_is_never_mailed_f8() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    office.publish("late", "Late", "Tue, 13 Feb 2024 15:00:00 +0000");
    beat(&app).await;
    let late = release_of(&app, "Late").await;
    drop_held(&app, late, "ana").await.unwrap();
    assert_eq!(release_state(&app, late).await, "dropped");
    live(&app, 60).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Cancelled);
    assert_eq!(all(&app).await.len(), 1);
    // The office publishes it properly: that is no repetition of something mailed.
    office.publish("late-2", "Late", "Fri, 16 Feb 2024 16:00:00 +0000");
    beat(&app).await;
    assert_eq!(state(&app, 2).await, NewsletterState::Sending);
}

#[tokio::test]
async fn who_decides_about_the_draft_decides_about_the_release() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    for (slug, title) in [("a", "A"), ("b", "B")] {
        office.publish(slug, title, "Tue, 13 Feb 2024 15:00:00 +0000");
    }
    beat(&app).await;
    approve_seen(&app, 1, "ana", None).await.unwrap();
    cancel(&app, 2, "ana").await.unwrap();
    let (a, b) = (release_of(&app, "A").await, release_of(&app, "B").await);
    assert_eq!(release_state(&app, a).await, "settled");
    assert_eq!(release_state(&app, b).await, "dropped");
}

#[tokio::test]
async fn staff_are_told_of_a_whole_poll_in_one_mail_and_not_again_at_once_f8() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    for (email, role) in [
        ("viewer@example.gov", Role::Viewer),
        ("editor@example.gov", Role::Editor),
        ("admin@example.gov", Role::Admin),
    ] {
        test_data::member(&app, email, role).await;
    }
    test_data::invited(&app, "invited@example.gov", Role::Admin).await;
    for slug in ["a", "b", "c", "d\r\nBcc: x@y.z"] {
        office.publish(&slug[..1], slug, TODAY);
    }
    beat(&app).await;
    let mails = "SELECT count(*) FROM transactional_mail WHERE kind = 'notice'";
    assert_eq!(number(&app, mails).await, 2, "editor and admin, one each");
    let row = app
        .db
        .one(
            "SELECT recipient, content FROM transactional_mail ORDER BY id",
            [],
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        row.try_get::<String>("", "recipient").unwrap(),
        "editor@example.gov"
    );
    let content: String = row.try_get("", "content").unwrap();
    assert!(
        content.contains("Please review: a, and 3 more"),
        "{content}"
    );
    assert!(content.contains("4 new releases came at once"), "{content}");
    assert!(content.contains("/staff/releases"), "{content}");

    // A source that goes on like that fills no mailbox: what came meanwhile is told later, once.
    for minute in 0..14 {
        app.clock.advance_ms(MINUTE);
        if minute < 4 {
            let title = format!("Late {minute}");
            office.publish(
                &title.replace(' ', "-"),
                &title,
                "Tue, 13 Feb 2024 15:00:00 +0000",
            );
        }
        beat(&app).await;
    }
    assert_eq!(number(&app, mails).await, 2);
    app.clock.advance_ms(MINUTE);
    beat(&app).await;
    assert_eq!(number(&app, mails).await, 4);
    live(&app, 60).await;
    assert_eq!(number(&app, mails).await, 4, "nothing is told twice");
}

#[tokio::test]
async fn what_staff_are_to_review_leads_to_where_it_is_decided() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    test_data::member(&app, "editor@example.gov", Role::Editor).await;
    let told = async || {
        app.clock.advance_ms(16 * MINUTE);
        releases::notify_staff(&app).await.unwrap();
        let sql = "SELECT content FROM transactional_mail WHERE kind = 'notice' ORDER BY id DESC";
        let row = app.db.one(sql, []).await.unwrap().unwrap();
        row.try_get::<String>("", "content").unwrap()
    };
    let leads = |content: &str, headline: &str, page: &str| {
        assert!(
            content.contains(&format!("\"subject\":\"{headline}\"")),
            "{content}"
        );
        let page = app.link(page);
        // In the list, on the button, and in both parts.
        assert!(content.matches(&page).count() >= 2, "{page}: {content}");
    };
    // A release that is held is let go or dropped on its own page.
    office.publish("late", "Late", "Tue, 13 Feb 2024 15:00:00 +0000");
    beat(&app).await;
    let late = release_of(&app, "Late").await;
    let page = format!("/staff/releases/{late}");
    leads(&told().await, "Please review: Late", &page);
    // One whose newsletter waits is decided about there.
    office.publish("fine", "Fine", TODAY);
    beat(&app).await;
    let fine = release_of(&app, "Fine").await;
    releases::note_for_staff(app.db.pool(), fine, "A blackout begins.")
        .await
        .unwrap();
    let newest = newest_of_release(&app, fine).await.unwrap().unwrap();
    let page = format!("/staff/newsletters/{newest}");
    leads(&told().await, "Please review: Fine", &page);
    // One that was written by hand has no release to be told of beside.
    let by_hand = test_data::newsletter("by-hand")
        .subject("By hand")
        .insert(&app)
        .await;
    let transaction = app.db.begin().await.unwrap();
    let now = app.clock.now_ms();
    notify_staff(&transaction, by_hand, "A blackout begins.", now)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let page = format!("/staff/newsletters/{by_hand}");
    leads(&told().await, "Please review: By hand", &page);
}

#[tokio::test]
async fn a_date_that_nobody_can_have_meant_is_held_and_one_to_come_is_awaited_f10() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    office.publish("far", "Far", "Thu, 16 Feb 2062 15:00:00 +0000");
    office.publish("soon", "Soon", "Sat, 17 Feb 2024 15:00:00 +0000");
    beat(&app).await;
    let (far, soon) = (
        release_of(&app, "Far").await,
        release_of(&app, "Soon").await,
    );
    assert_eq!(release_state(&app, far).await, "held");
    assert_eq!(release_state(&app, soon).await, "settling");
    app.clock.advance_ms(24 * HOUR);
    beat(&app).await;
    assert_eq!(release_state(&app, soon).await, "settled");
}

#[tokio::test]
async fn an_automatic_newsletter_waits_for_the_window_through_the_nights_of_the_change_f10() {
    for (night, opening) in [
        ("2026-03-08T05:00:00Z", "2026-03-08T15:00:00Z"),
        ("2026-11-01T04:00:00Z", "2026-11-01T16:00:00Z"),
    ] {
        let (app, office, _folder) = watching(0).await;
        set_up(&app, &[("sending-window", "08:00-20:00")]).await;
        let night: jiff::Timestamp = night.parse().unwrap();
        app.clock
            .advance_ms(night.as_millisecond() - app.clock.now_ms());
        office.publish(
            "night",
            "At night",
            &night.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        );
        beat(&app).await;
        let newsletter = find(&app, 1).await.unwrap();
        assert_eq!(newsletter.state, NewsletterState::Approved);
        assert_eq!(newsletter.scheduled_at.unwrap().to_string(), opening);
        let opens = newsletter.scheduled_at.unwrap().as_millisecond();
        app.clock.advance_ms(opens - 1 - app.clock.now_ms());
        start_due(&app).await.unwrap();
        assert_eq!(state(&app, 1).await, NewsletterState::Approved);
        app.clock.advance_ms(1);
        start_due(&app).await.unwrap();
        assert_eq!(state(&app, 1).await, NewsletterState::Sending);
    }
}

#[tokio::test]
async fn what_a_person_sends_now_is_not_held_by_the_window_f10() {
    let (app, office, _folder) = watching(0).await;
    set_up(
        &app,
        &[
            ("sending-window", "09:00-17:00"),
            ("sending-days", "mon-thu"),
        ],
    )
    .await;
    office.publish("a", "A", TODAY);
    beat(&app).await;
    // 16 February 2024 is a Friday, and Monday is the 19th.
    let scheduled = find(&app, 1).await.unwrap().scheduled_at.unwrap();
    assert_eq!(scheduled.to_string(), "2024-02-19T17:00:00Z");
    send_seen_now(&app, 1, "ana").await.unwrap();
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);

    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    office.publish("b", "B", TODAY);
    beat(&app).await;
    approve_seen(&app, 2, "ana", None).await.unwrap();
    assert_eq!(state(&app, 2).await, NewsletterState::Sending);

    // To let a held one go is not to say "now".
    releases::set_source(&app, 1, &[("policy", "auto")])
        .await
        .unwrap();
    office.publish("late", "Late", "Tue, 13 Feb 2024 15:00:00 +0000");
    beat(&app).await;
    let late = release_of(&app, "Late").await;
    release_held(&app, late, "ana").await.unwrap();
    beat(&app).await;
    assert_eq!(state(&app, 3).await, NewsletterState::Approved);
}
