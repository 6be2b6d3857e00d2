//! Digests, filters and topics.

use super::*;
use crate::{
    clock::HOUR,
    newsletters::{audience, release_held},
    releases::tests::{TODAY, watching},
};

#[tokio::test]
async fn a_digest_gathers_what_came_and_an_empty_one_is_not_made() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    // It is 07:00 in the office.
    let settings = [
        ("policy", "digest"),
        ("digest", "daily"),
        ("digest-at", "09:00"),
    ];
    releases::set_source(&app, 1, &settings).await.unwrap();
    office.publish("a", "A bridge opens", TODAY);
    beat(&app).await;
    office.publish("b", "A road closes", TODAY);
    live(&app, 105).await;
    assert!(all(&app).await.is_empty(), "not before nine");
    live(&app, 15).await;
    let made = all(&app).await;
    let [(NewsletterState::Draft, subject, words)] = made.as_slice() else {
        panic!("{made:?}")
    };
    assert_eq!(subject, "A bridge opens, and 1 more");
    for says in [
        "all there is to say about A bridge opens",
        "all there is to say about A road closes",
    ] {
        assert!(words.contains(says), "{words}");
    }
    let document = serde_json::to_string(&find(&app, 1).await.unwrap().document).unwrap();
    // Its title leads there, and so does the line below its text.
    assert_eq!(
        document.matches(&format!("{}/a/", office.url)).count(),
        2,
        "{document}"
    );

    live(&app, 24 * 60).await;
    assert_eq!(all(&app).await.len(), 1, "nothing new, no digest");
    office.publish("c", "One alone", "Sat, 17 Feb 2024 17:30:00 +0000");
    releases::set_source(&app, 1, &[("digest-approval", "no")])
        .await
        .unwrap();
    live(&app, 24 * 60).await;
    let made = all(&app).await;
    assert_eq!(made.len(), 2);
    assert_eq!(
        (made[1].0, made[1].1.as_str()),
        (NewsletterState::Sending, "One alone")
    );
    assert!(find(&app, 2).await.unwrap().automatic, "H12");
}

#[tokio::test]
async fn p1_no_digest_goes_by_itself_whose_sender_and_return_path_are_not_of_one_organisation() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[("bounce-domain", "bounces.relay.example")]).await;
    let settings = [
        ("policy", "digest"),
        ("digest-at", "09:00"),
        ("digest-approval", "no"),
    ];
    releases::set_source(&app, 1, &settings).await.unwrap();
    office.publish("a", "A bridge opens", TODAY);
    live(&app, 24 * 60).await;
    let digest = find(&app, 1).await.unwrap();
    assert_eq!(digest.state, NewsletterState::Draft);
    let why = digest.attention.unwrap();
    assert!(why.contains("bounces.relay.example"), "{why}");
}

#[tokio::test]
async fn a_weekly_digest_comes_once_a_week_and_waits_for_the_window_f10() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[("sending-window", "08:00-20:00")]).await;
    let settings = [
        ("policy", "digest"),
        ("digest", "sunday"),
        ("digest-at", "6:30"),
        ("digest-approval", "no"),
    ];
    releases::set_source(&app, 1, &settings).await.unwrap();
    office.publish("a", "A", TODAY);
    beat(&app).await;
    // Sunday the 18th at 06:30 PST is 14:30 UTC.
    app.clock.advance_ms(47 * HOUR);
    beat(&app).await;
    assert!(all(&app).await.is_empty());
    app.clock.advance_ms(HOUR);
    beat(&app).await;
    let newsletter = find(&app, 1).await.unwrap();
    assert_eq!(newsletter.state, NewsletterState::Approved);
    assert_eq!(
        newsletter.scheduled_at.unwrap().to_string(),
        "2024-02-18T16:00:00Z"
    );
}

#[tokio::test]
async fn a_held_release_comes_into_the_digest_only_when_a_person_lets_it() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    let settings = [("policy", "digest"), ("digest-at", "09:00")];
    releases::set_source(&app, 1, &settings).await.unwrap();
    office.publish("late", "Late", "Tue, 13 Feb 2024 15:00:00 +0000");
    live(&app, 24 * 60).await;
    assert!(all(&app).await.is_empty());
    let held = number(&app, "SELECT id FROM release WHERE state = 'held'").await;
    release_held(&app, held, "ana").await.unwrap();
    assert!(all(&app).await.is_empty());
    live(&app, 24 * 60).await;
    assert_eq!(all(&app).await.len(), 1);
}

#[tokio::test]
async fn a_filter_leaves_out_what_it_should_and_the_rest_is_no_flood_f8() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    let settings = [
        ("include", "category:Veterans, bridge"),
        ("exclude", "hearing"),
    ];
    releases::set_source(&app, 1, &settings).await.unwrap();
    for title in [
        "A bridge opens",
        "A road closes",
        "One more road",
        "Hearing on a bridge",
        "Vote",
    ] {
        office.publish(&title.replace(' ', "-"), title, TODAY);
    }
    office.change(|site| {
        for post in site.posts.iter_mut().filter(|post| post.title == "Vote") {
            post.categories = vec!["Veterans".to_owned(), "Uncategorized".to_owned()];
        }
    });
    beat(&app).await;
    let subjects: Vec<String> = all(&app).await.into_iter().map(|made| made.1).collect();
    assert_eq!(subjects, ["A bridge opens", "Vote"]);
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM release WHERE state = 'filtered'"
        )
        .await,
        3
    );
    let stored = app
        .db
        .one("SELECT categories FROM release WHERE title = 'Vote'", [])
        .await
        .unwrap()
        .unwrap();
    let stored: String = stored.try_get("", "categories").unwrap();
    assert_eq!(stored, "[\"Veterans\"]", "R2: Uncategorized is no topic");
}

#[tokio::test]
async fn a_category_feeds_its_topics_and_who_has_both_gets_it_once() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    let veterans = test_data::topic(&app, "veterans").await;
    let health = test_data::topic(&app, "health").await;
    let map = [("categories", "Veterans=veterans, Health & Care=health")];
    releases::set_source(&app, 1, &map).await.unwrap();
    office.publish("both", "For both", TODAY);
    office.publish("none", "For none of them", TODAY);
    office.change(|site| {
        site.posts[1].categories = vec!["Health &amp; Care".to_owned(), "VETERANS".to_owned()];
    });
    beat(&app).await;
    let made = super::super::list(&app, 10).await.unwrap();
    let mut topics: Vec<(String, i64)> = made
        .iter()
        .map(|(newsletter, _)| (newsletter.subject.clone(), newsletter.topic.id))
        .collect();
    topics.sort();
    assert_eq!(
        topics,
        [
            ("For both".to_owned(), veterans),
            ("For both".to_owned(), health),
            ("For none of them".to_owned(), 1)
        ]
    );
    let of = |topic: i64| {
        made.iter()
            .find(|(newsletter, _)| newsletter.topic.id == topic)
            .map(|(newsletter, _)| newsletter.id)
            .unwrap()
    };
    reader(&app, 1, &[veterans]).await;
    reader(&app, 2, &[veterans, health]).await;
    reader(&app, 3, &[health]).await;
    sent_to(&app, of(veterans), &[1, 2]).await;
    assert_eq!(audience(&app, of(health)).await.unwrap(), 1, "reader 3");
}
