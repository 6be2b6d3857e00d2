//! Topics, as an admin makes and orders them.

use super::*;

#[tokio::test]
async fn an_admin_makes_a_topic_and_readers_can_choose_it() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let page = "/staff/topics";
    let fields = [
        ("name", "Veterans"),
        ("slug", "veterans"),
        ("description", "Help for veterans"),
    ];
    let made = ada.submit(page, page, &fields).await;
    assert_eq!(
        made.location(),
        "/staff/topics?done=topic-added",
        "{}",
        made.text
    );
    let again = ada.submit(page, page, &fields).await;
    assert_eq!(again.status, 422);
    assert!(
        again.text.contains("value=\"Help for veterans\""),
        "what was typed is lost: {}",
        again.text
    );
    let change = "/staff/topics/change";
    let first = [("slug", "veterans"), ("act", "first")];
    ada.submit(page, change, &first).await;
    let known = crate::subscribers::topics(&app).await.unwrap();
    assert_eq!(known[0].slug, "veterans");
    let archive = [("slug", "press"), ("act", "archive")];
    ada.submit(page, change, &archive).await;
    let last = [("slug", "veterans"), ("act", "archive")];
    let refused = ada.submit(page, change, &last).await;
    assert!(
        refused.text.contains("only topic that readers can choose"),
        "{}",
        refused.text
    );
    assert_eq!(crate::subscribers::topics(&app).await.unwrap().len(), 1);
    let mut eve = member(&app, &browser, Role::Editor).await;
    let looked = eve.get(page).await;
    assert!(looked.text.contains("Veterans") && !looked.text.contains("Add a topic"));
}

#[tokio::test]
async fn an_admin_says_what_a_topic_is_called_in_spanish() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let (page, change) = ("/staff/topics", "/staff/topics/change");
    let words = [
        ("slug", "press"),
        ("language", "es"),
        ("name", "Comunicados de prensa"),
        ("description", "Cada comunicado"),
        ("act", "translate"),
    ];
    let saved = ada.submit(page, change, &words).await;
    assert_eq!(
        saved.location(),
        "/staff/topics?done=topic",
        "{}",
        saved.text
    );
    let shown = ada.get(page).await;
    assert!(shown.text.contains("value=\"Comunicados de prensa\""));
    let spanish = crate::subscribers::topics_in(&app, "es").await.unwrap();
    assert_eq!(spanish[0].name, "Comunicados de prensa");
    let nonsense = [
        ("slug", "press"),
        ("language", "tlh"),
        ("name", "QIn"),
        ("act", "translate"),
    ];
    let refused = ada.submit(page, change, &nonsense).await;
    assert!(
        refused.text.contains("no language that Gazette speaks"),
        "{}",
        refused.text
    );
}
