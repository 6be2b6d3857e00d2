//! What a reader gets after they saved their choice. What they have of an archived topic may still come: they
//! see it, keep it and can leave it.

use super::*;
use crate::subscribers::{choices, choose, link::SubscriberLink, topics};

#[tokio::test]
async fn who_has_an_archived_topic_sees_it_keeps_it_and_can_leave_it() {
    let (app, _folder) = app().await;
    let add = async |slug| topics::add(&app, slug, slug, "", "ana").await.unwrap();
    let (water, roads) = (add("water").await, add("roads").await);
    for (id, has) in [(1, vec![water]), (2, vec![water, roads]), (3, vec![roads])] {
        let reader = test_data::subscriber(id).topics(&has);
        reader.insert(&app).await;
    }
    topics::archive(&app, "water", true, "ana").await.unwrap();
    let save = async |subscriber, slugs: &[&str]| {
        let link = SubscriberLink {
            subscriber,
            newsletter: 1,
        };
        let slugs: Vec<String> = slugs.iter().map(|slug| (*slug).to_owned()).collect();
        choose(&app, link, &slugs, &[], Some("es"), &origin())
            .await
            .unwrap();
    };
    let shown = async |subscriber| -> Vec<(String, bool)> {
        let link = SubscriberLink {
            subscriber,
            newsletter: 1,
        };
        let (topics, _) = choices(&app, link).await.unwrap().unwrap();
        let slug_and_tick = topics.into_iter().map(|is| (is.topic.slug, is.chosen));
        slug_and_tick.filter(|(slug, _)| slug != "press").collect()
    };
    let ticks = |ticks: &[(&str, bool)]| -> Vec<(String, bool)> {
        let owned = ticks.iter().map(|(slug, tick)| ((*slug).to_owned(), *tick));
        owned.collect()
    };
    assert_eq!(shown(1).await, ticks(&[("water", true), ("roads", false)]));
    assert_eq!(shown(2).await, ticks(&[("water", true), ("roads", true)]));
    assert_eq!(shown(3).await, ticks(&[("roads", true)]));
    save(1, &["water"]).await;
    assert_eq!(topics_of(&app, 1).await, ["water"]);
    save(1, &["roads", "water"]).await;
    assert_eq!(topics_of(&app, 1).await, ["roads", "water"]);
    // Nobody gets it anew.
    save(3, &["roads", "water"]).await;
    assert_eq!(topics_of(&app, 3).await, ["roads"]);
    // What nobody knows is no wish to leave.
    save(2, &["nope"]).await;
    assert_eq!(status(&app, 2).await, Some(Status::Confirmed));
    assert_eq!(topics_of(&app, 2).await, ["roads", "water"]);
    save(2, &["roads"]).await;
    assert_eq!(topics_of(&app, 2).await, ["roads"]);
    assert_eq!(shown(2).await, ticks(&[("roads", true)]));
    // Who takes every tick away leaves.
    save(1, &["water"]).await;
    for id in [1, 2, 3] {
        save(id, &[]).await;
        assert_eq!(status(&app, id).await, Some(Status::Unsubscribed), "{id}");
    }
}
