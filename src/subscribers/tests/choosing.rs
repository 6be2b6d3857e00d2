//! What a reader gets after they saved their choice: what they had and are not offered any more stays.

use super::*;
use crate::subscribers::{choose, link::SubscriberLink, topics};

#[tokio::test]
async fn who_has_an_archived_topic_keeps_it_whatever_else_they_save() {
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
    // The form offers nothing that they have: saving another language gives up nothing.
    save(1, &[]).await;
    assert_eq!(status(&app, 1).await, Some(Status::Confirmed));
    assert_eq!(topics_of(&app, 1).await, ["water"]);
    // Of a page that was opened before, and with a new one.
    save(1, &["water"]).await;
    assert_eq!(topics_of(&app, 1).await, ["water"]);
    save(1, &["roads"]).await;
    assert_eq!(topics_of(&app, 1).await, ["roads", "water"]);
    save(2, &["roads", "nope"]).await;
    assert_eq!(topics_of(&app, 2).await, ["roads", "water"]);
    // What nobody knows is no wish to leave.
    save(3, &["nope"]).await;
    assert_eq!(status(&app, 3).await, Some(Status::Confirmed));
    assert_eq!(topics_of(&app, 3).await, ["roads"]);
    // Who takes the tick from what they are offered leaves.
    for id in [2, 3] {
        save(id, &[]).await;
        assert_eq!(status(&app, id).await, Some(Status::Unsubscribed), "{id}");
    }
}
