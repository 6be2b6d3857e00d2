//! A `WordPress` site as it answers through its interface, older than the `class_list` of its posts
//! (F2).

use serde_json::{Value, json};

use super::{
    ReleaseState,
    site_tests::{Site, add, count, instance, poll},
};
use crate::values;

const POSTS: &str = "/wp-json/wp/v2/posts";

fn post(id: i64, category: &str) -> Value {
    json!({
        "id": id, "date_gmt": "2024-02-16T14:59:00", "link": format!("SITE/{id}/"),
        "title": {"rendered": format!("Release number {id}")},
        "content": {"rendered": "<p>All that there is to say of it.</p>", "protected": false},
        "_embedded": {
            "wp:featuredmedia": [{"code": "rest_forbidden", "message": "Sorry", "data": {"status": 401}}],
            "wp:term": [[{"id": 5, "taxonomy": "category", "name": category}]],
        },
    })
}

fn answer(site: &Site, posts: &[Value]) {
    let posts = Value::from(posts.to_vec()).to_string();
    site.page(POSTS, "application/json", &posts);
}

#[tokio::test]
async fn categories_are_known_by_the_names_that_staff_see_f2() {
    let (app, site, _folder) = instance().await;
    answer(&site, &[post(1, "보도 자료")]);
    let source = add(&app, &site.at(POSTS)).await;
    poll(&app).await;
    app.db
        .execute(
            "UPDATE source SET include_terms = $2 WHERE id = $1",
            values![source.id, "category:보도 자료, category:Cựu chiến binh"],
        )
        .await
        .unwrap();
    answer(
        &site,
        &[
            post(4, "Cựu chiến binh"),
            post(3, "보도 자료"),
            post(2, "Uncategorized"),
            post(1, "보도 자료"),
        ],
    );
    assert_eq!(poll(&app).await.new, 2);
    for (state, number) in [(ReleaseState::Settled, 2), (ReleaseState::Filtered, 1)] {
        let what = format!("release WHERE state = '{}'", state.as_str());
        assert_eq!(count(&app, &what).await, number, "{what}");
    }
}
