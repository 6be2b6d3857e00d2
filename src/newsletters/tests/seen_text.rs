//! Approval is of what was seen: text and subject by their revision, whoever changed them since.

use super::*;
use crate::{
    newsletters::{EditedText, approve, changes, correct, edit, for_press, rename, send_now},
    releases::{
        by_hand,
        tests::{Office as Press, TODAY, watching},
    },
};

const FIRST: &str = "<p>The vote is on Monday at noon in the hall of the county.</p>";
const SECOND: &str = "<p>The vote is on Tuesday at noon in the hall of the county.</p>";

/// A draft that a person has to approve.
async fn draft() -> (App, Press, tempfile::TempDir) {
    let (app, office, folder) = watching(0).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    office.publish("vote", "The vote", TODAY);
    office.change(|site| rewrite(site, FIRST));
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);
    (app, office, folder)
}

#[tokio::test]
async fn nobody_approves_a_text_that_they_have_not_seen() {
    let (app, office, _folder) = draft().await;
    let later = Some(app.clock.now() + jiff::SignedDuration::from_hours(9));
    // The office changes it while the approver reads.
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    let newsletter = find(&app, 1).await.unwrap();
    assert!(releases::reading::words(&newsletter.document).contains("Tuesday"));
    assert_eq!(newsletter.revision, 1, "every change of the text counts");
    let old = "SELECT count(*) FROM newsletter_revision WHERE newsletter_id = 1 AND number = 1
               AND replaced_by = 'gazette' AND document LIKE '%Monday%'";
    assert_eq!(
        number(&app, old).await,
        1,
        "and what it said before is kept"
    );
    for at in [None, later] {
        let unseen = approve(&app, 1, "ana", at, 0).await;
        assert!(
            matches!(
                unseen,
                Err(NewsletterError::Changed {
                    seen: 0,
                    now: 1,
                    ..
                })
            ),
            "{unseen:?}"
        );
        assert_eq!(state(&app, 1).await, NewsletterState::Draft);
    }
    // So does a colleague.
    rename(&app, 1, "The vote on Tuesday", 1, "ben")
        .await
        .unwrap();
    assert!(approve(&app, 1, "ana", None, 1).await.is_err());
    approve(&app, 1, "ana", later, 2).await.unwrap();
    assert!(send_now(&app, 1, "ana", 1).await.is_err());
    assert_eq!(state(&app, 1).await, NewsletterState::Approved);
    send_now(&app, 1, "ana", 2).await.unwrap();
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);
    let marked = "SELECT count(*) FROM audit WHERE object = 'newsletter/1' AND details LIKE '%revision 2, sha256 %'
                  AND action IN ('newsletter.approve', 'newsletter.send_now', 'newsletter.start')";
    assert_eq!(number(&app, marked).await, 3);
}

#[tokio::test]
async fn an_editor_does_not_save_over_what_the_office_changed() {
    let (app, office, _folder) = draft().await;
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    let own = by_hand::from_markdown("Come to the vote on Monday.");
    let stale = edit(&app, 1, EditedText::of("The vote", &own), 0, "ana").await;
    assert!(
        matches!(stale, Err(NewsletterError::Changed { .. })),
        "{stale:?}"
    );
    let words = releases::reading::words(&find(&app, 1).await.unwrap().document);
    assert!(words.contains("Tuesday"), "{words}");
    // Who has seen both saves theirs, and the office's is kept.
    edit(&app, 1, EditedText::of("The vote", &own), 1, "ana")
        .await
        .unwrap();
    assert_eq!(find(&app, 1).await.unwrap().revision, 2);
    let kept =
        "SELECT count(*) FROM newsletter_revision WHERE number = 2 AND document LIKE '%Tuesday%'";
    assert_eq!(number(&app, kept).await, 1);
}

#[tokio::test]
async fn the_press_lists_copy_hears_what_becomes_of_its_release() {
    let (app, office, _folder) = draft().await;
    let copy = for_press(&app, 1, true, "ana").await.unwrap();
    let of = format!("SELECT count(*) FROM newsletter_release WHERE newsletter_id = {copy}");
    assert_eq!(number(&app, &of).await, 1);
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    let words = releases::reading::words(&find(&app, copy).await.unwrap().document);
    assert!(words.contains("Tuesday"), "{words}");
    approve_seen(
        &app,
        copy,
        "ana",
        Some(app.clock.now() + jiff::SignedDuration::from_hours(9)),
    )
    .await
    .unwrap();
    // It is not what a release's own draft is asked for.
    crate::newsletters::cancel(&app, 1, "ana").await.unwrap();
    let release = find(&app, copy).await.unwrap().release_id.unwrap();
    let again = crate::newsletters::draft(&app, release).await.unwrap();
    assert_ne!(again, copy);
    office.change(take_back);
    live(&app, 120).await;
    let copy = find(&app, copy).await.unwrap();
    assert_eq!(copy.state, NewsletterState::Draft);
    assert!(copy.attention.unwrap().contains("took the release back"));
}

#[tokio::test]
async fn the_press_lists_copy_is_corrected_for_the_press_list() {
    let (app, office, _folder) = draft().await;
    let list = "email,outlet\nreporter@paper.example,The Paper\n";
    crate::subscribers::press_list::import(&app, list.as_bytes(), "gallery", "ana")
        .await
        .unwrap();
    let copy = for_press(&app, 1, true, "ana").await.unwrap();
    approve_seen(&app, copy, "ana", None).await.unwrap();
    office.change(|site| rewrite(site, SECOND));
    live(&app, 30).await;
    assert_eq!(changes(&app, copy).await.unwrap().len(), 1);
    let release = find(&app, copy).await.unwrap().release_id.unwrap();
    let correction = correct(&app, copy, release, "ana").await.unwrap();
    let made = find(&app, correction).await.unwrap();
    assert_eq!(made.audience, crate::newsletters::Audience::PressList);
    assert!(made.news_release);
}
