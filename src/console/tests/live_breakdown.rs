//! While a newsletter is sent its page says for which mailbox providers it was accepted.

use super::{newsletters::office, *};
use crate::{delivery, delivery_state::DeliveryState, test_data};

#[tokio::test]
async fn what_was_accepted_is_told_by_mailbox_provider() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = test_data::newsletter("a").sending().insert(&app).await;
    let other = test_data::newsletter("b").sending().insert(&app).await;
    for (reader, email, state) in [
        (1, "Ana@Gmail.com", DeliveryState::Accepted),
        (2, "ben@gmail.com", DeliveryState::Accepted),
        (3, "cy@yahoo.com", DeliveryState::Accepted),
        (4, "di@gmail.com", DeliveryState::Deferred),
        (5, "ed@aol.com", DeliveryState::Queued),
    ] {
        test_data::subscriber(reader)
            .email(email)
            .insert(&app)
            .await;
        test_data::delivery(id, reader)
            .state(state)
            .insert(&app)
            .await;
    }
    test_data::delivery(other, 5)
        .state(DeliveryState::Accepted)
        .insert(&app)
        .await;
    let taken = delivery::taken_at_domains(&app, id).await.unwrap();
    let taken: Vec<_> = taken
        .iter()
        .map(|one| (one.domain.as_str(), one.accepted))
        .collect();
    assert_eq!(taken, [("gmail.com", 2), ("yahoo.com", 1)]);
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    // On the page itself, also where no script runs, and in what the script asks for.
    for path in [
        format!("/staff/newsletters/{id}"),
        format!("/staff/newsletters/{id}/progress"),
    ] {
        let page = viewer.get(&path).await.text;
        for part in [
            "By mailbox provider",
            "gmail.com: 2 accepted",
            "yahoo.com: 1 accepted",
        ] {
            assert!(page.contains(part), "{path}: {part}: {page}");
        }
        assert!(!page.contains("aol.com"), "{page}");
    }
    // Counted once for all who look within some seconds.
    let later = "UPDATE delivery SET state = $1 WHERE newsletter_id = $2";
    let values = crate::values![DeliveryState::Failed as i16, id];
    app.db.execute(later, values).await.unwrap();
    let page = viewer.get(&format!("/staff/newsletters/{id}")).await.text;
    assert!(page.contains("gmail.com: 2 accepted"), "{page}");
}

#[tokio::test]
async fn a_drafts_open_page_is_followed_too_and_another_one_once_somebody_approves_it() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = super::newsletters::draft(&app).await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let here = format!("/staff/newsletters/{id}");
    let mark = |page: &str| {
        let behind = page.split_once("data-mark=\"").expect(page).1;
        behind.split_once('"').unwrap().0.to_owned()
    };
    let page = viewer.get(&here).await.text;
    assert_eq!(page.matches("id=\"progress\"").count(), 1, "{page}");
    assert!(!page.contains("accepted by mail servers"), "{page}");
    let before = mark(&page);
    let seen = crate::newsletters::find(&app, id).await.unwrap().revision;
    crate::newsletters::approve_with_undo(&app, id, "ana", None, seen)
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let followed = viewer.get(&format!("{here}/progress")).await.text;
    assert_ne!(mark(&followed), before);
}

#[tokio::test]
async fn who_is_disabled_hears_no_more_of_a_newsletter_that_they_follow() {
    use std::time::{Duration, Instant};
    let (app, _place) = instance().await;
    let id = crate::test_data::newsletter("followed")
        .sending()
        .insert(&app)
        .await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let account = find(&app, &address("viewer@example.gov")).await.unwrap();
    let begun = Instant::now();
    let path = format!("/staff/newsletters/{id}/events");
    let (heard, ()) = tokio::join!(viewer.get(&path), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        disable(&app, &account, "operator").await.unwrap();
    });
    assert!(heard.text.contains("data:"), "{}", heard.text);
    assert!(begun.elapsed() < Duration::from_secs(15));
}
