//! A draft at the first sight of its release, while the office may still change it (F9).

use super::{
    holding::{release_of, release_state},
    *,
};
use crate::{
    clock::HOUR,
    newsletters::{EditedText, NewsletterError, edit, for_press},
    releases::{
        by_hand,
        tests::{Office as Press, TODAY, watching},
    },
};

const CORRECTED: &str = "<p>Washington, DC – Today the office says it better.</p>";

/// A draft whose release settles in ten minutes.
async fn settling(policy: &str) -> (App, Press, tempfile::TempDir) {
    let (app, office, folder) = watching(600).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", policy)])
        .await
        .unwrap();
    office.publish("a", "A bridge opens", TODAY);
    beat(&app).await;
    let made = all(&app).await;
    assert!(
        matches!(made.as_slice(), [(NewsletterState::Draft, ..)]),
        "after one poll: {made:?}"
    );
    let settles_at = find(&app, 1).await.unwrap().settles_at.unwrap();
    assert_eq!(settles_at.to_string(), "2024-02-16T15:10:00Z");
    (app, office, folder)
}

#[tokio::test]
async fn a_draft_that_is_approved_before_its_release_is_final_begins_then_f9() {
    let (app, _office, _folder) = settling("approve").await;
    approve_seen(&app, 1, "ana", None).await.unwrap();
    send_seen_now(&app, 1, "ana").await.unwrap();
    app.clock.advance_ms(10 * MINUTE - 1);
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Approved);
    app.clock.advance_ms(1);
    start_due(&app).await.unwrap();
    assert_eq!(
        state(&app, 1).await,
        NewsletterState::Approved,
        "nobody has looked again yet"
    );
    beat(&app).await;
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Sending);
    assert_eq!(newsletter.settles_at, None);
    assert!(!newsletter.automatic, "H12");
}

#[tokio::test]
async fn a_draft_takes_the_text_that_its_release_has_in_the_end_f9() {
    let (app, office, _folder) = settling("approve").await;
    office.change(|site| rewrite(site, CORRECTED));
    live(&app, 15).await;
    let made = all(&app).await;
    let [(NewsletterState::Draft, _, words)] = made.as_slice() else {
        panic!("{made:?}")
    };
    assert!(words.contains("says it better"), "{words}");
    approve_seen(&app, 1, "ana", None).await.unwrap();
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);
}

#[tokio::test]
async fn what_was_approved_and_is_changed_before_it_is_final_is_a_draft_again_f9() {
    let (app, office, _folder) = settling("approve").await;
    approve_seen(&app, 1, "ana", None).await.unwrap();
    office.change(|site| rewrite(site, CORRECTED));
    app.clock.advance_ms(10 * MINUTE);
    releases::settle_due(&app).await.unwrap();
    // Whoever begins what is due hears of the second look first.
    start_due(&app).await.unwrap();
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);
    live(&app, 60).await;
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Draft);
    assert!(draft.attention.unwrap().contains("changed the release"));
}

#[tokio::test]
async fn staff_are_told_that_it_is_a_draft_again_though_another_mail_has_just_gone_f9() {
    let (app, office, _folder) = settling("approve").await;
    test_data::member(&app, "editor@example.gov", Role::Editor).await;
    let later = crate::clock::instant(app.clock.now_ms() + 2 * HOUR);
    approve_seen(&app, 1, "ana", Some(later)).await.unwrap();
    send_seen_now(&app, 1, "ana").await.unwrap();
    // A mail of something else went out this minute.
    test_data::release(7).insert(&app).await;
    let told = "UPDATE release SET told_at = $1 WHERE id = 7";
    let values = values![app.clock.now_ms() + 4 * MINUTE];
    app.db.execute(told, values).await.unwrap();
    app.clock.advance_ms(5 * MINUTE);
    office.change(|site| rewrite(site, CORRECTED));
    live(&app, 60).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);
    let notices = "SELECT count(*) FROM staff_notice WHERE kind = 'changed' AND text LIKE '%changed the release%'";
    assert_eq!(number(&app, notices).await, 1);
}

#[tokio::test]
async fn what_is_taken_back_before_it_is_final_is_cancelled_approved_or_not_f9() {
    for approved in [false, true] {
        let (app, office, _folder) = settling("approve").await;
        if approved {
            approve_seen(&app, 1, "ana", None).await.unwrap();
        }
        office.change(take_back);
        live(&app, 60).await;
        let draft = find(&app, 1).await.unwrap();
        assert_eq!(draft.state, NewsletterState::Cancelled);
        assert!(draft.attention.unwrap().contains("took it back"));
        assert_eq!(draft.started_at, None);
    }
}

#[tokio::test]
async fn what_turns_odd_before_it_is_final_is_held_with_its_draft_f8_f9() {
    let (app, office, _folder) = settling("approve").await;
    approve_seen(&app, 1, "ana", None).await.unwrap();
    office.change(|site| rewrite(site, "<p>EMBARGOED UNTIL NOON. Today the bridge opens.</p>"));
    live(&app, 60).await;
    let release = release_of(&app, "A bridge opens").await;
    assert_eq!(release_state(&app, release).await, "held");
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Draft);
    assert!(draft.attention.unwrap().contains("embargoed"));
}

#[tokio::test]
async fn an_automatic_draft_stands_there_and_goes_out_when_its_release_is_final_f9_h12() {
    let (app, office, _folder) = settling("auto").await;
    assert!(find(&app, 1).await.unwrap().auto_approve.is_some());
    office.change(|site| rewrite(site, CORRECTED));
    app.clock.advance_ms(10 * MINUTE);
    beat(&app).await;
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Sending);
    assert!(newsletter.automatic);
    assert!(releases::reading::words(&newsletter.document).contains("says it better"));
    live(&app, 60).await;
    assert_eq!(all(&app).await.len(), 1);
}

#[tokio::test]
async fn an_automatic_draft_that_somebody_edits_or_that_is_taken_back_does_not_go_out_f9_h12() {
    let (app, _office, _folder) = settling("auto").await;
    let own = by_hand::from_markdown("The bridge **opens**.");
    edit(&app, 1, EditedText::of("Our bridge", &own), 0, "ana")
        .await
        .unwrap();
    live(&app, 60).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);

    let (app, office, _folder) = settling("auto").await;
    office.change(take_back);
    live(&app, 60).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Cancelled);

    let (app, office, _folder) = settling("auto").await;
    office.change(|site| rewrite(site, "<p>Washington, DC – Today please donate to us.</p>"));
    live(&app, 60).await;
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Draft);
    assert!(draft.attention.unwrap().contains("campaigning"), "C5");
    assert_eq!(number(&app, STAFF_NOTIFIED).await, 1);
}

#[tokio::test]
async fn an_automatic_draft_waits_for_a_person_where_the_policy_is_another_by_then_h12() {
    let (app, _office, _folder) = settling("auto").await;
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    live(&app, 60).await;
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Draft);
    assert_eq!((draft.auto_approve, draft.settles_at), (None, None));
}

#[tokio::test]
async fn what_waits_for_its_date_or_for_a_digest_is_no_draft_before_f10() {
    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    office.publish("soon", "Soon", "Sat, 17 Feb 2024 15:00:00 +0000");
    beat(&app).await;
    live(&app, 23 * 60).await;
    assert!(all(&app).await.is_empty());
    app.clock.advance_ms(2 * HOUR);
    beat(&app).await;
    assert_eq!(all(&app).await.len(), 1);

    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", "digest"), ("digest-at", "06:00")])
        .await
        .unwrap();
    office.publish("a", "A bridge opens", TODAY);
    live(&app, 60).await;
    assert!(all(&app).await.is_empty());
}

#[tokio::test]
async fn the_press_lists_copy_is_made_of_what_is_final() {
    let (app, _office, _folder) = settling("approve").await;
    let early = for_press(&app, 1, true, "ana").await;
    assert!(matches!(early, Err(NewsletterError::Wrong(_))), "{early:?}");
    live(&app, 15).await;
    for_press(&app, 1, true, "ana").await.unwrap();
}

#[tokio::test]
async fn a_draft_is_for_the_topics_that_its_release_is_filed_under_in_the_end_f9() {
    let (app, office, _folder) = watching(600).await;
    set_up(&app, &[]).await;
    let veterans = test_data::topic(&app, "veterans").await;
    let roads = test_data::topic(&app, "roads").await;
    let settings = [
        ("policy", "approve"),
        ("categories", "A=press, B=veterans, C=roads"),
    ];
    releases::set_source(&app, 1, &settings).await.unwrap();
    // From nowhere to B; from B to A and C, under a new title; from A and B to A.
    for (slug, categories) in [("a", ""), ("b", "B"), ("c", "AB")] {
        office.publish(slug, slug, TODAY);
        office.change(|site| site.posts[0].categories = filed(categories));
    }
    beat(&app).await;
    assert_eq!(for_topics(&app).await, "a:1 b:2 c:1 c:2");
    office.change(|site| {
        for (post, categories) in site.posts.iter_mut().zip(["A", "AC", "B"]) {
            post.categories = filed(categories);
        }
        "d".clone_into(&mut site.posts[1].title);
    });
    live(&app, 15).await;
    assert_eq!((veterans, roads), (2, 3));
    assert_eq!(for_topics(&app).await, "a:2 c:1 d:1 d:3");
    // Nobody gets the two of one release twice.
    let editions = "SELECT count(DISTINCT edition) FROM newsletter WHERE subject = 'd' AND edition IS NOT NULL";
    assert_eq!(number(&app, editions).await, 1);
    let said = "SELECT count(*) FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id WHERE n.subject = 'd' AND x.revision = 2";
    assert_eq!(number(&app, said).await, 2);
}

fn filed(categories: &str) -> Vec<String> {
    categories.chars().map(String::from).collect()
}

/// Subject and topic of each draft.
async fn for_topics(app: &App) -> String {
    let list = crate::newsletters::list(app, 100).await.unwrap();
    let mut drafts: Vec<String> = list
        .iter()
        .filter(|(newsletter, _)| newsletter.state == NewsletterState::Draft)
        .map(|(newsletter, _)| format!("{}:{}", newsletter.subject, newsletter.topic.id))
        .collect();
    drafts.sort();
    drafts.join(" ")
}
