//! Between an approval and the first mail: the time to undo it, who may approve, and to whom nothing is
//! sent.

use super::*;
use crate::{
    audit::OPERATOR,
    clock::{Clock, SECOND},
    delivery::testing,
    newsletters::{
        EditedText, approve_with_undo, authors, back_to_draft, check_audience, comment, comments,
        edit, for_press, request_review, reschedule, send_now_with_undo,
    },
    releases::by_hand,
    subscribers::Status,
};

async fn draft_for_one(more: &[(&str, &str)]) -> (App, tempfile::TempDir, i64) {
    let clock = Clock::fixed_at("2026-02-24T17:00:00Z".parse().unwrap());
    let (app, folder) = testing::app(clock).await;
    set_up(&app, more).await;
    reader(&app, 1, &[1]).await;
    let draft = test_data::newsletter("a-bridge-opens").says("Hello.");
    let id = draft.insert(&app).await;
    (app, folder, id)
}

#[tokio::test]
async fn nothing_begins_before_the_time_to_undo_is_over_and_a_restart_changes_nothing() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    approve_with_undo(&app, id, "ana", None, 0).await.unwrap();
    for seconds in [0, 1, 58] {
        app.clock.advance_ms(seconds * SECOND);
        assert_eq!(start_due(&app).await.unwrap(), 0);
        assert_eq!(state(&app, id).await, NewsletterState::Approved);
    }
    // All that is waited for stands in the database: another process begins it, and no sooner.
    app.clock.advance_ms(SECOND - 1);
    assert_eq!(start_due(&app).await.unwrap(), 0);
    app.clock.advance_ms(1);
    assert_eq!(start_due(&app).await.unwrap(), 1);
    assert_eq!(state(&app, id).await, NewsletterState::Sending);
    let late = back_to_draft(&app, id, "ana").await;
    assert!(
        matches!(late, Err(NewsletterError::State { .. })),
        "{late:?}"
    );
    assert_eq!(state(&app, id).await, NewsletterState::Sending);
}

#[tokio::test]
async fn an_undone_one_is_a_draft_that_must_be_approved_again() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    approve_with_undo(&app, id, "ana", None, 0).await.unwrap();
    back_to_draft(&app, id, "bob").await.unwrap();
    app.clock.advance_ms(MINUTE * 60);
    assert_eq!(start_due(&app).await.unwrap(), 0);
    let draft = find(&app, id).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Draft);
    assert_eq!((draft.approved, draft.undo_until), (None, None));
    approve_with_undo(&app, id, "ana", None, 0).await.unwrap();
    app.clock.advance_ms(MINUTE);
    assert_eq!(start_due(&app).await.unwrap(), 1);
}

#[tokio::test]
async fn who_asked_and_who_approved_are_told_that_an_approval_was_taken_back() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    for (email, role) in [
        ("ana@example.gov", Role::Editor),
        ("ben@example.gov", Role::Approver),
        ("kim@example.gov", Role::Approver),
    ] {
        test_data::member(&app, email, role).await;
    }
    let told = |who: &'static str| {
        format!(
            "SELECT count(*) FROM staff_notice_waiting w JOIN staff_notice n ON n.id = w.notice_id
             JOIN staff s ON s.id = w.staff_id WHERE n.headline LIKE 'Approval taken back:%' AND s.email = '{who}@example.gov'"
        )
    };
    let all = async || {
        let ana = number(&app, &told("ana")).await;
        (
            ana,
            number(&app, &told("ben")).await,
            number(&app, &told("kim")).await,
        )
    };
    // One's own approval that nobody asked for is nobody else's matter.
    approve_with_undo(&app, id, "ben@example.gov", None, 0)
        .await
        .unwrap();
    back_to_draft(&app, id, "ben@example.gov").await.unwrap();
    assert_eq!(all().await, (0, 0, 0));
    // Another's is.
    approve_with_undo(&app, id, "ben@example.gov", None, 0)
        .await
        .unwrap();
    back_to_draft(&app, id, "kim@example.gov").await.unwrap();
    assert_eq!(all().await, (1, 1, 0));
    // And what somebody asked for.
    request_review(&app, id, "", "ana@example.gov")
        .await
        .unwrap();
    approve_with_undo(&app, id, "ben@example.gov", None, 0)
        .await
        .unwrap();
    back_to_draft(&app, id, "ben@example.gov").await.unwrap();
    assert_eq!(all().await, (2, 1, 1));
}

#[tokio::test]
async fn the_operator_does_not_wait_and_an_office_sets_how_long_others_do() {
    let (app, _folder, id) = draft_for_one(&[("undo-seconds", "10")]).await;
    approve_with_undo(&app, id, "ana", None, 0).await.unwrap();
    back_to_draft(&app, id, "ana").await.unwrap();
    approve_seen(&app, id, OPERATOR, None).await.unwrap();
    assert_eq!(state(&app, id).await, NewsletterState::Sending);

    let next = test_data::newsletter("next")
        .says("Hello.")
        .insert(&app)
        .await;
    approve_with_undo(&app, next, "ana", None, 0).await.unwrap();
    app.clock.advance_ms(10 * SECOND);
    assert_eq!(start_due(&app).await.unwrap(), 1);

    set_up(&app, &[("undo-seconds", "0")]).await;
    let last = test_data::newsletter("last")
        .says("Hello.")
        .insert(&app)
        .await;
    approve_with_undo(&app, last, "ana", None, 0).await.unwrap();
    assert_eq!(state(&app, last).await, NewsletterState::Sending);
}

#[tokio::test]
async fn the_time_can_be_changed_until_it_begins_and_now_waits_again() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    let tomorrow: jiff::Timestamp = "2026-02-25T17:00:00Z".parse().unwrap();
    let later: jiff::Timestamp = "2026-02-26T17:00:00Z".parse().unwrap();
    approve_with_undo(&app, id, "ana", Some(tomorrow), 0)
        .await
        .unwrap();
    reschedule(&app, id, "bob", later, 0).await.unwrap();
    app.clock.advance_ms(25 * 60 * MINUTE);
    assert_eq!(start_due(&app).await.unwrap(), 0);
    let past = reschedule(&app, id, "bob", tomorrow, 0).await;
    assert!(matches!(past, Err(NewsletterError::Wrong(_))), "{past:?}");
    send_now_with_undo(&app, id, "bob", 0).await.unwrap();
    assert_eq!(start_due(&app).await.unwrap(), 0);
    app.clock.advance_ms(MINUTE);
    assert_eq!(start_due(&app).await.unwrap(), 1);
    assert!(reschedule(&app, id, "bob", later, 0).await.is_err());
}

#[tokio::test]
async fn nothing_is_approved_that_nobody_would_get_or_of_an_office_without_an_address() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    let leave = "UPDATE subscriber SET status = $1";
    let left = values![Status::Unsubscribed as i16];
    app.db.execute(leave, left).await.unwrap();
    let nobody = [
        approve_with_undo(&app, id, "ana", None, 0).await,
        check_audience(&app, id).await,
    ];
    for nobody in nobody {
        assert!(
            nobody
                .unwrap_err()
                .to_string()
                .contains("nobody would get it")
        );
    }
    let confirmed = values![Status::Confirmed as i16];
    app.db.execute(leave, confirmed).await.unwrap();
    test_data::never_set(&app, &["postal-address"]).await;
    let incomplete = approve_with_undo(&app, id, "ana", None, 0).await;
    assert!(matches!(incomplete, Err(NewsletterError::OfficeIncomplete)));
    assert_eq!(state(&app, id).await, NewsletterState::Draft);
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM audit WHERE action = 'newsletter.approve'"
        )
        .await,
        0
    );
}

#[tokio::test]
async fn who_wrote_it_does_not_approve_it_where_the_office_wants_four_eyes() {
    let (app, _folder, id) = draft_for_one(&[("four-eyes", "true")]).await;
    let text = by_hand::from_markdown("The bridge opens **today**.");
    edit(&app, id, EditedText::of("A bridge opens", &text), 0, "ana")
        .await
        .unwrap();
    edit(
        &app,
        id,
        EditedText::of("A bridge opens today", &text),
        1,
        "bob",
    )
    .await
    .unwrap();
    assert_eq!(authors(&app, id).await.unwrap(), ["ana", "bob"]);
    for author in ["ana", "bob"] {
        let own = approve_seen(&app, id, author, None).await.unwrap_err();
        assert!(own.to_string().contains("somebody else approves it"));
        assert_eq!(state(&app, id).await, NewsletterState::Draft);
    }
    // The same words for the press list are as much theirs.
    let copy = for_press(&app, id, true, "eve").await.unwrap();
    assert_eq!(authors(&app, copy).await.unwrap(), ["ana", "bob"]);
    approve_seen(&app, id, "eve", None).await.unwrap();
    assert_eq!(state(&app, id).await, NewsletterState::Sending);
}

#[tokio::test]
async fn approval_is_asked_for_and_comments_are_kept_in_order() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    let nobody = request_review(&app, id, "", "ana").await.unwrap_err();
    assert!(nobody.to_string().contains("nobody was asked"), "{nobody}");
    test_data::member(&app, "bob@example.gov", crate::accounts::Role::Approver).await;
    request_review(&app, id, " Please look at the date.\r\nIt is new. ", "ana")
        .await
        .unwrap();
    comment(&app, id, "Looks right.", "bob").await.unwrap();
    assert!(comment(&app, id, " \n ", "bob").await.is_err());
    assert!(comment(&app, id, &"x".repeat(2_001), "bob").await.is_err());
    assert!(comment(&app, 99, "Where?", "bob").await.is_err());
    let said: Vec<(String, String)> = comments(&app, id)
        .await
        .unwrap()
        .into_iter()
        .map(|comment| (comment.who, comment.text))
        .collect();
    assert_eq!(
        said,
        [
            (
                "ana".to_owned(),
                "Please look at the date.\nIt is new.".to_owned()
            ),
            ("bob".to_owned(), "Looks right.".to_owned())
        ]
    );
    let asked = find(&app, id).await.unwrap().review_requested.unwrap();
    assert_eq!(asked.1, "ana");
    approve_with_undo(&app, id, "bob", None, 0).await.unwrap();
    assert_eq!(find(&app, id).await.unwrap().review_requested, None);
    let late = request_review(&app, id, "", "ana").await;
    assert!(matches!(late, Err(NewsletterError::State { .. })));
}

async fn everyone_becomes(app: &App, status: Status) {
    let sql = "UPDATE subscriber SET status = $1";
    let status = values![status as i16];
    app.db.execute(sql, status).await.unwrap();
}

#[tokio::test]
async fn what_everybody_has_left_between_approval_and_start_waits_for_a_person() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    approve_with_undo(&app, id, "ana", None, 0).await.unwrap();
    everyone_becomes(&app, Status::Unsubscribed).await;
    app.clock.advance_ms(MINUTE);
    assert_eq!(start_due(&app).await.unwrap(), 0);
    let held = find(&app, id).await.unwrap();
    assert_eq!(held.state, NewsletterState::Draft);
    assert!(held.attention.unwrap().contains("Nobody would get it"));
    assert_eq!((held.approved, held.started_at), (None, None));
    let lines = "SELECT count(*) FROM audit WHERE action = 'newsletter.reopen' AND details LIKE 'Nobody would get it%'";
    assert_eq!(number(&app, lines).await, 1);
    // Once, not each time that somebody looks.
    assert_eq!(start_due(&app).await.unwrap(), 0);
    assert_eq!(number(&app, lines).await, 1);
    // Somebody signs up: it goes out when a person says so, not before.
    everyone_becomes(&app, Status::Confirmed).await;
    assert_eq!(start_due(&app).await.unwrap(), 0);
    approve_seen(&app, id, "ana", None).await.unwrap();
    assert_eq!(state(&app, id).await, NewsletterState::Sending);
}

#[tokio::test]
async fn nobody_is_asked_for_before_its_time_and_a_topic_whose_readers_have_the_text_is_sent() {
    let (app, _folder, id) = draft_for_one(&[]).await;
    let tomorrow: jiff::Timestamp = "2026-02-25T17:00:00Z".parse().unwrap();
    approve_with_undo(&app, id, "ana", Some(tomorrow), 0)
        .await
        .unwrap();
    everyone_becomes(&app, Status::Unsubscribed).await;
    app.clock.advance_ms(MINUTE);
    assert_eq!(start_due(&app).await.unwrap(), 0);
    assert_eq!(state(&app, id).await, NewsletterState::Approved);
    everyone_becomes(&app, Status::Confirmed).await;
    app.clock.advance_ms(25 * 60 * MINUTE);
    assert_eq!(start_due(&app).await.unwrap(), 1);

    let other = test_data::topic(&app, "other").await;
    reader(&app, 2, &[1, other]).await;
    let first = test_data::newsletter("first")
        .id(20)
        .edition(20)
        .says("Hello.");
    let first = first.insert(&app).await;
    let second = test_data::newsletter("second")
        .id(21)
        .topic(other)
        .edition(20);
    let second = second.says("Hello.").insert(&app).await;
    approve_seen(&app, first, OPERATOR, None).await.unwrap();
    let active = crate::delivery::queue::active(&app.db).await.unwrap();
    let active = active.iter().find(|active| active.id == first).unwrap();
    let now = app.clock.now_ms();
    while crate::delivery::queue::enqueue_slice(&app.db, active, now)
        .await
        .unwrap()
    {}
    approve_seen(&app, second, OPERATOR, None).await.unwrap();
    assert_eq!(state(&app, second).await, NewsletterState::Sending);
}
