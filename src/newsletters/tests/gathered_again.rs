//! Digests whose releases change, or are taken back, before they are mailed (F9).

use gazette_templates::document::{Block, Inline};

use super::*;
use crate::{
    newsletters::{EditedText, changes, edit, new_text_ahead, take_new_text},
    releases::{
        by_hand,
        tests::{Office as Press, TODAY, watching},
    },
};

/// A digest of two releases, made at nine o'clock in the office.
async fn digest(approval: &str) -> (App, Press, tempfile::TempDir) {
    let (app, office, folder) = watching(0).await;
    set_up(&app, &[("sending-window", "12:00-17:00")]).await;
    let settings = [
        ("policy", "digest"),
        ("digest-at", "09:00"),
        ("digest-approval", approval),
    ];
    releases::set_source(&app, 1, &settings).await.unwrap();
    test_data::member(&app, "e@x.gov", Role::Editor).await;
    office.publish("a", "A bridge opens", TODAY);
    office.publish("b", "A road closes", TODAY);
    live(&app, 120).await;
    assert_eq!(
        all(&app).await[0].1,
        "A bridge opens, and 1 more",
        "{:?}",
        all(&app).await
    );
    (app, office, folder)
}

fn take_back(office: &Press, slug: &str) {
    office.change(|site| {
        for post in site.posts.iter_mut().filter(|post| post.slug == slug) {
            (post.listed, post.there) = (false, false);
        }
    });
}

/// The office changes what the first release says.
fn keep_open(office: &Press) {
    office.change(|site| {
        rewrite(
            site,
            "<p>Washington, DC – Today the road stays open all day.</p>",
        );
    });
}

/// Once per release that changed.
async fn told(app: &App, words: &str) -> i64 {
    let query = format!(
        "SELECT count(*) FROM transactional_mail WHERE kind = 'notice' AND content LIKE '%{words}%'"
    );
    number(app, &query).await
}

#[tokio::test]
async fn a_digest_that_waits_as_a_draft_says_what_its_releases_say_now_f9() {
    let (app, office, _folder) = digest("yes").await;
    let slug = find(&app, 1).await.unwrap().slug;
    office.change(|site| {
        rewrite(
            site,
            "<p>Washington, DC – Today the road closes at noon, not at ten.</p>",
        );
        "The road closes at noon".clone_into(&mut site.posts[0].title);
    });
    live(&app, 120).await;
    let made = all(&app).await;
    let [(NewsletterState::Draft, subject, words)] = made.as_slice() else {
        panic!("{made:?}")
    };
    assert_eq!(subject, "A bridge opens, and 1 more");
    assert!(words.contains("not at ten") && words.contains("A bridge opens"));
    assert!(changes(&app, 1).await.unwrap().is_empty());
    let digest = find(&app, 1).await.unwrap();
    assert_eq!((digest.slug, digest.attention), (slug, None));
    let told = number(
        &app,
        "SELECT count(*) FROM staff_notice WHERE kind <> 'draft'",
    )
    .await;
    assert_eq!(told, 0, "nobody had decided anything");
}

#[tokio::test]
async fn what_was_approved_of_a_digest_was_another_text_and_is_asked_again_f9() {
    let (app, office, _folder) = digest("yes").await;
    let later = app
        .clock
        .now()
        .checked_add(jiff::SignedDuration::from_hours(8))
        .unwrap();
    approve_seen(&app, 1, "ana", Some(later)).await.unwrap();
    keep_open(&office);
    live(&app, 120).await;
    let digest = find(&app, 1).await.unwrap();
    assert_eq!(digest.state, NewsletterState::Draft);
    assert_eq!((digest.approved, digest.scheduled_at), (None, None));
    assert!(releases::reading::words(&digest.document).contains("stays open"));
    assert!(digest.attention.unwrap().contains("approve it again"));
    assert_eq!(told(&app, "approve it again").await, 1);
    live(&app, 24 * 60).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);
    approve_seen(&app, 1, "ana", None).await.unwrap();
    assert_eq!(state(&app, 1).await, NewsletterState::Sending);
}

#[tokio::test]
async fn what_the_office_took_back_is_in_no_digest_and_an_empty_one_is_cancelled_f9() {
    let (app, office, _folder) = digest("yes").await;
    take_back(&office, "a");
    live(&app, 120).await;
    let digest = find(&app, 1).await.unwrap();
    assert_eq!(digest.subject, "A road closes", "one alone is no digest");
    assert_eq!(digest.state, NewsletterState::Draft);
    assert!(!releases::reading::words(&digest.document).contains("bridge"));
    let left = number(&app, "SELECT id FROM release WHERE title = 'A road closes'").await;
    assert_eq!(digest.release_id, Some(left));

    let (app, office, _folder) = self::digest("no").await;
    assert_eq!(state(&app, 1).await, NewsletterState::Approved);
    take_back(&office, "a");
    take_back(&office, "b");
    live(&app, 360).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Cancelled);
    assert_eq!(told(&app, "cancelled before it was mailed").await, 1);
    assert_eq!(number(&app, "SELECT count(*) FROM newsletter").await, 1);
}

#[tokio::test]
async fn a_digest_that_goes_out_by_itself_takes_the_new_text_unless_it_campaigns_f9_c5() {
    for (text, after) in [
        ("the road stays open all day", NewsletterState::Sending),
        ("please donate to my campaign", NewsletterState::Draft),
    ] {
        let (app, office, _folder) = digest("no").await;
        assert_eq!(state(&app, 1).await, NewsletterState::Approved);
        let text = format!("<p>Washington, DC – Today {text}.</p>");
        office.change(|site| rewrite(site, &text));
        live(&app, 240).await;
        let digest = find(&app, 1).await.unwrap();
        assert_eq!(digest.state, after, "{text}");
        let words = releases::reading::words(&digest.document);
        assert!(
            words.contains("open all day") || words.contains("donate"),
            "{words}"
        );
        let held = after == NewsletterState::Draft;
        assert_eq!(told(&app, "reads like campaigning").await, i64::from(held));
        assert_eq!(digest.automatic, !held, "H12");
    }
}

#[tokio::test]
async fn a_digest_that_staff_edited_is_not_written_over_but_pointed_out_f9() {
    let (app, office, _folder) = digest("yes").await;
    let own = by_hand::from_markdown("Two things **happened**.");
    edit(&app, 1, EditedText::of("Our week", &own), 0, "ana")
        .await
        .unwrap();
    keep_open(&office);
    live(&app, 120).await;
    let digest = find(&app, 1).await.unwrap();
    assert_eq!(
        (digest.subject.as_str(), &digest.document),
        ("Our week", &own)
    );
    assert!(
        digest
            .attention
            .unwrap()
            .contains("changed one of its releases")
    );
    assert_eq!(changes(&app, 1).await.unwrap().len(), 1);

    // Whoever wants the new texts takes them; what was written is kept as a revision.
    take_new_text(&app, 1, "ana").await.unwrap();
    let digest = find(&app, 1).await.unwrap();
    assert_eq!(digest.subject, "A bridge opens, and 1 more");
    assert!(releases::reading::words(&digest.document).contains("stays open"));
    assert_eq!(digest.attention, None);
    assert!(changes(&app, 1).await.unwrap().is_empty());
    assert!(take_new_text(&app, 1, "ana").await.is_err());

    take_back(&office, "a");
    live(&app, 360).await;
    let digest = find(&app, 1).await.unwrap();
    assert_eq!(digest.subject, "A bridge opens, and 1 more");
    assert!(
        digest
            .attention
            .unwrap()
            .contains("took one of its releases back")
    );
}

#[tokio::test]
async fn a_digest_with_a_release_that_passes_the_filter_no_more_waits_for_a_person_f9() {
    for (approval, drop) in [("yes", true), ("no", false)] {
        let (app, office, _folder) = digest(approval).await;
        releases::set_source(&app, 1, &[("exclude", "noon")])
            .await
            .unwrap();
        office.change(|site| {
            rewrite(
                site,
                "<p>Washington, DC – Today the road closes at noon.</p>",
            );
        });
        live(&app, 60).await;
        let digest = find(&app, 1).await.unwrap();
        assert_eq!(digest.state, NewsletterState::Draft);
        let why = digest.attention.unwrap();
        assert!(
            why.contains("One of its releases is held: A road closes"),
            "{why}"
        );
        let held = number(&app, "SELECT id FROM release WHERE state = 'held'").await;
        if drop {
            crate::newsletters::drop_held(&app, held, "ana")
                .await
                .unwrap();
            live(&app, 15).await;
            let digest = find(&app, 1).await.unwrap();
            assert_eq!(digest.subject, "A bridge opens");
            assert!(
                digest
                    .attention
                    .unwrap()
                    .contains("gathered again without it")
            );
        } else {
            approve_seen(&app, 1, "ana", None).await.unwrap();
            live(&app, 15).await;
            assert_eq!(state(&app, 1).await, NewsletterState::Sending);
            let query =
                format!("SELECT count(*) FROM release WHERE id = {held} AND state = 'settled'");
            assert_eq!(number(&app, &query).await, 1);
        }
    }
}

#[tokio::test]
async fn of_a_digest_that_staff_edited_only_the_changed_release_is_put_in_anew_f9() {
    let (app, office, _folder) = digest("yes").await;
    let mut own = find(&app, 1).await.unwrap().document;
    let is_title = |block: &Block| matches!(block, Block::Heading { level: 2, .. });
    let second = own.blocks.iter().rposition(is_title).unwrap();
    let says = |words: &str| Block::Paragraph(vec![Inline::Text(words.to_owned())]);
    own.blocks.insert(second, says("Ours in the first."));
    own.blocks.push(says("Ours in the second."));
    edit(&app, 1, EditedText::of("Our week", &own), 0, "ana")
        .await
        .unwrap();
    keep_open(&office);
    live(&app, 120).await;
    assert_eq!(changes(&app, 1).await.unwrap().len(), 1);
    // What would become of it is told before, and nothing is done by that.
    let ahead = new_text_ahead(&app, 1).await.unwrap().unwrap();
    assert!(ahead.keeps_other_parts, "{ahead:?}");
    assert_eq!(find(&app, 1).await.unwrap().document, own);
    take_new_text(&app, 1, "ana").await.unwrap();
    let digest = find(&app, 1).await.unwrap();
    let words = releases::reading::words(&digest.document);
    assert!(words.contains("stays open all day"), "{words}");
    assert_eq!(words.matches("Ours in the").count(), 1, "{words}");
    assert_eq!(digest.subject, "Our week");
    assert!(new_text_ahead(&app, 1).await.unwrap().is_none());
}
