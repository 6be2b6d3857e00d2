//! What staff change in a draft (H12), and releases that they write.

use super::*;
use crate::{
    newsletters::{EditedText, NewsletterError, draft_for, edit},
    releases::{
        by_hand,
        tests::{TODAY, watching},
    },
};

#[tokio::test]
async fn all_but_who_wrote_it_are_told_of_a_draft_that_staff_made() {
    let (app, _folder) = crate::delivery::testing::app(crate::clock::Clock::fixed_at(
        "2026-02-24T17:00:00Z".parse().unwrap(),
    ))
    .await;
    set_up(&app, &[]).await;
    for email in ["ana@example.gov", "ben@example.gov"] {
        test_data::member(&app, email, Role::Editor).await;
    }
    let document = releases::by_hand::from_markdown("It opens on Monday.");
    let text = || crate::newsletters::EditedText::of("A bridge opens", &document);
    let told = async |who: &str| {
        let told = format!(
            "SELECT count(*) FROM staff_notice_waiting w JOIN staff_notice n ON n.id = w.notice_id
             JOIN staff s ON s.id = w.staff_id WHERE n.kind = 'draft' AND s.email = '{who}@example.gov'"
        );
        number(&app, &told).await
    };
    let once = Some("x");
    for _ in 0..2 {
        // Pressed twice it is told once.
        crate::newsletters::draft_of_written(&app, text(), None, once, "ana@example.gov")
            .await
            .unwrap();
        assert_eq!((told("ana").await, told("ben").await), (0, 1));
    }
    let release = releases::by_hand::add_written(&app, "A road opens", &document)
        .await
        .unwrap();
    crate::newsletters::draft_by(&app, release, crate::audit::OPERATOR)
        .await
        .unwrap();
    assert_eq!((told("ana").await, told("ben").await), (1, 2));
}

#[tokio::test]
async fn an_edited_draft_keeps_what_it_said_and_is_a_persons_h12() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    office.publish("a", "A bridge opens", TODAY);
    beat(&app).await;
    let document = by_hand::from_markdown("The bridge **opens**.");
    assert_eq!(find(&app, 1).await.unwrap().revision, 0);
    edit(
        &app,
        1,
        EditedText::of("Re: Another\r\nBcc: x@y.z", &document),
        0,
        "ana",
    )
    .await
    .unwrap();
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(newsletter.subject, "Another Bcc: x@y.z", "M6, P5");
    assert_eq!(newsletter.document, document);
    assert!(!newsletter.automatic);
    assert_eq!(find(&app, 1).await.unwrap().revision, 1);
    let row = app
        .db
        .one(
            "SELECT subject, document, replaced_by FROM newsletter_revision WHERE newsletter_id = 1",
            [],
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        row.try_get::<String>("", "subject").unwrap(),
        "A bridge opens"
    );
    assert!(
        row.try_get::<String>("", "document")
            .unwrap()
            .contains("all there is to say")
    );
    assert_eq!(row.try_get::<String>("", "replaced_by").unwrap(), "ana");

    // Of two people who edit at once the second is told.
    let late = edit(&app, 1, EditedText::of("Mine", &document), 0, "ben").await;
    assert!(
        matches!(
            late,
            Err(NewsletterError::Changed {
                seen: 0,
                now: 1,
                ..
            })
        ),
        "{late:?}"
    );
    assert_eq!(find(&app, 1).await.unwrap().revision, 1);
    for (subject, text) in [("", "Text"), ("Subject", "")] {
        let empty = edit(
            &app,
            1,
            EditedText::of(subject, &by_hand::from_markdown(text)),
            1,
            "ana",
        )
        .await;
        assert!(matches!(empty, Err(NewsletterError::Wrong(_))));
    }
    approve_seen(&app, 1, "ana", None).await.unwrap();
    let sent = edit(&app, 1, EditedText::of("Too late", &document), 1, "ana").await;
    assert!(matches!(sent, Err(NewsletterError::State { .. })));
    assert_eq!(find(&app, 1).await.unwrap().subject, "Another Bcc: x@y.z");
}

#[tokio::test]
async fn a_written_release_becomes_a_draft_of_the_topic_that_staff_chose() {
    let (app, _office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    let veterans = test_data::topic(&app, "veterans").await;
    let document = by_hand::from_markdown(
        "Hoy la oficina dice que los puentes y las calles de la ciudad están en obras para el verano, y que los vecinos de la zona pueden pedir más información en el centro del distrito.",
    );
    assert_eq!(document.language, "es");
    let release = by_hand::add_written(&app, "Los puentes", &document)
        .await
        .unwrap();
    let id = draft_for(&app, release, Some(veterans)).await.unwrap();
    let newsletter = find(&app, id).await.unwrap();
    assert_eq!(newsletter.topic.id, veterans);
    assert_eq!(newsletter.language, "es");
    beat(&app).await;
    assert_eq!(all(&app).await.len(), 1);
    assert_eq!(state(&app, id).await, NewsletterState::Draft);
}
