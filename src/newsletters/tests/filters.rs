//! A source's filter, and releases that change while they settle (F9).

use super::*;
use crate::releases::tests::{Office as Press, TODAY, watching};

/// A source that takes what speaks of bridges, and lets it settle for ten minutes.
async fn bridges() -> (App, Press, tempfile::TempDir) {
    let (app, office, folder) = watching(600).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("include", "bridge, category:Bridges")])
        .await
        .unwrap();
    (app, office, folder)
}

/// What is no baseline: title and state, the oldest first.
async fn kept(app: &App) -> Vec<(String, String)> {
    let rows = app
        .db
        .all(
            "SELECT title, state FROM release WHERE state <> 'baseline' ORDER BY id",
            [],
        )
        .await
        .unwrap();
    let text = |row: &sea_orm::QueryResult, name| row.try_get::<String>("", name).unwrap();
    rows.iter()
        .map(|row| (text(row, "title"), text(row, "state")))
        .collect()
}

fn pair(title: &str, state: &str) -> (String, String) {
    (title.to_owned(), state.to_owned())
}

#[tokio::test]
async fn what_passes_no_longer_when_it_has_settled_is_not_mailed_f9() {
    let (app, office, _folder) = bridges().await;
    office.publish("a", "A bridge opens", TODAY);
    beat(&app).await;
    assert_eq!(kept(&app).await, [pair("A bridge opens", "settling")]);
    office.change(|site| {
        rewrite(
            site,
            "<p>Washington, DC – Today the road opens, and all may use it.</p>",
        );
        "A road opens".clone_into(&mut site.posts[0].title);
    });
    live(&app, 60).await;
    assert_eq!(kept(&app).await[0].1, "filtered");
    assert_eq!(all(&app).await.len(), 1);
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Cancelled);
    let why = draft.attention.unwrap();
    assert!(why.contains("filter leaves it out now"), "{why}");
}

#[tokio::test]
async fn what_passes_no_longer_after_it_was_final_is_held_with_the_reason_and_not_dropped() {
    for (policy, before) in [
        ("approve", NewsletterState::Draft),
        ("auto", NewsletterState::Approved),
    ] {
        let (app, office, _folder) = bridges().await;
        // It is 07:00 in the office.
        set_up(&app, &[("sending-window", "10:00-17:00")]).await;
        releases::set_source(&app, 1, &[("policy", policy)])
            .await
            .unwrap();
        office.publish("a", "A bridge opens", TODAY);
        beat(&app).await;
        live(&app, 15).await;
        assert_eq!(kept(&app).await[0].1, "settled");
        assert_eq!(state(&app, 1).await, before);
        office.change(|site| {
            rewrite(
                site,
                "<p>Washington, DC – Today the road opens, and all may use it.</p>",
            );
            "A road opens".clone_into(&mut site.posts[0].title);
        });
        live(&app, 30).await;
        assert_eq!(kept(&app).await, [pair("A road opens", "held")]);
        let draft = find(&app, 1).await.unwrap();
        assert_eq!(draft.state, NewsletterState::Draft);
        let why = draft.attention.unwrap();
        assert!(
            why.contains("no longer passes the source's filter"),
            "{why}"
        );
        assert_eq!(draft.subject, "A road opens");

        // Who lets it go decides against the filter, once and for all.
        let held = number(&app, "SELECT id FROM release WHERE state = 'held'").await;
        crate::newsletters::release_held(&app, held, "ana")
            .await
            .unwrap();
        live(&app, 195).await;
        assert_eq!(kept(&app).await, [pair("A road opens", "settled")]);
        let after = match policy {
            "auto" => NewsletterState::Sending,
            _ => NewsletterState::Draft,
        };
        assert_eq!(state(&app, 1).await, after);
    }
}

#[tokio::test]
async fn what_passes_only_after_a_change_within_the_settle_time_is_mailed_once_f9() {
    let (app, office, _folder) = bridges().await;
    office.publish("a", "A road closes", TODAY);
    office.publish("b", "Traffic", TODAY);
    office.publish("c", "Nothing of the kind", TODAY);
    beat(&app).await;
    assert!(
        kept(&app)
            .await
            .iter()
            .all(|(_, state)| state == "filtered")
    );
    office.change(|site| {
        for post in &mut site.posts {
            match post.slug.as_str() {
                "a" => "<p>Washington, DC – Today the road over the bridge closes.</p>"
                    .clone_into(&mut post.text),
                "b" => post.categories = vec!["Bridges".to_owned()],
                _ => {}
            }
        }
    });
    app.clock.advance_ms(9 * MINUTE);
    beat(&app).await;
    assert!(all(&app).await.is_empty(), "it may change once more");
    app.clock.advance_ms(MINUTE);
    beat(&app).await;
    let made = all(&app).await;
    let [(first, _, words), (second, subject, _)] = made.as_slice() else {
        panic!("{made:?}")
    };
    assert_eq!(
        (*first, *second),
        (NewsletterState::Sending, NewsletterState::Sending)
    );
    assert!(words.contains("over the bridge"), "{words}");
    assert_eq!(subject, "Traffic");

    // Later the filter has decided.
    office.change(|site| rewrite(site, "<p>Washington, DC – Today a bridge after all.</p>"));
    live(&app, 120).await;
    assert_eq!(all(&app).await.len(), 2);
}

#[tokio::test]
async fn what_passes_after_a_change_meets_the_hold_rules_as_if_it_were_new_f8_f9() {
    let (app, office, _folder) = bridges().await;
    office.publish("a", "A road closes", TODAY);
    beat(&app).await;
    office.change(|site| {
        rewrite(
            site,
            "<p>EMBARGOED UNTIL NOON. Today the bridge opens to everyone.</p>",
        );
    });
    live(&app, 15).await;
    assert_eq!(kept(&app).await, [pair("A road closes", "held")]);
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);

    // Staff widen the filter, and five pass at once that nobody has looked at.
    let (app, office, _folder) = bridges().await;
    for slug in ["a", "b", "c", "d", "e"] {
        office.publish(slug, &format!("Road {slug}"), TODAY);
    }
    beat(&app).await;
    releases::set_source(&app, 1, &[("include", "road")])
        .await
        .unwrap();
    live(&app, 15).await;
    assert!(kept(&app).await.iter().all(|(_, state)| state == "held"));
}

#[tokio::test]
async fn a_text_that_cannot_be_read_again_is_held_and_not_filtered() {
    let (app, office, _folder) = bridges().await;
    office.publish("a", "Traffic", TODAY);
    office.change(|site| {
        rewrite(
            site,
            "<p>Washington, DC – Today the bridge opens to all.</p>",
        );
    });
    beat(&app).await;
    assert_eq!(kept(&app).await, [pair("Traffic", "settling")]);
    // The page is there, and says nothing: only the feed's summary is left.
    office.change(|site| rewrite(site, ""));
    live(&app, 15).await;
    assert_eq!(kept(&app).await, [pair("Traffic", "held")]);
}
