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

#[tokio::test]
async fn two_topics_of_one_name_are_refused_however_it_is_written() {
    let (app, _place) = instance().await;
    let browser = Browser::on(&app);
    let mut ada = member(&app, &browser, Role::Admin).await;
    let (page, change) = ("/staff/topics", "/staff/topics/change");
    let cafe = [("name", "Café Veterans"), ("slug", "veterans")];
    assert_eq!(ada.submit(page, page, &cafe).await.status, 303);
    let roads = [("name", "Roads"), ("slug", "roads")];
    assert_eq!(ada.submit(page, page, &roads).await.status, 303);
    for name in [
        "Café Veterans",
        "CAFÉ VETERANS",
        "  café   veterans ",
        "Cafe\u{301} Veterans",
        "Ｃafé\u{A0}Veterans",
        "Café Veterans\u{200D}",
    ] {
        let another = [("name", name), ("slug", "other"), ("description", "Help")];
        let renamed = [("name", name), ("slug", "roads"), ("act", "save")];
        for told in [
            ada.submit(page, page, &another).await,
            ada.submit(page, change, &renamed).await,
        ] {
            assert_eq!(told.status, 422, "{name:?}");
            assert!(
                told.text
                    .contains("There is a topic of this name already: “Café Veterans”"),
                "{name:?}: {}",
                told.text
            );
            assert!(told.text.contains(&format!("value=\"{name}\"")), "{name:?}");
        }
    }
    assert_eq!(crate::subscribers::topics(&app).await.unwrap().len(), 3);
    // Nor as it is called in another language, nor while it is archived.
    let spanish = [
        ("slug", "veterans"),
        ("language", "es"),
        ("name", "Veteranos"),
        ("act", "translate"),
    ];
    assert_eq!(ada.submit(page, change, &spanish).await.status, 303);
    let same = [
        ("slug", "roads"),
        ("language", "es"),
        ("name", "VETERANOS"),
        ("act", "translate"),
    ];
    let told = ada.submit(page, change, &same).await;
    assert_eq!(told.status, 422);
    assert!(told.text.contains("“Veteranos”"), "{}", told.text);
    let archive = [("slug", "veterans"), ("act", "archive")];
    assert_eq!(ada.submit(page, change, &archive).await.status, 303);
    let another = [("name", "café veterans"), ("slug", "other")];
    let told = ada.submit(page, page, &another).await;
    assert!(
        told.text
            .contains("it is archived, and can be brought back"),
        "{}",
        told.text
    );
    // Its own name in other letters is no other topic's.
    let louder = [
        ("slug", "veterans"),
        ("name", "CAFÉ VETERANS"),
        ("act", "save"),
    ];
    assert_eq!(ada.submit(page, change, &louder).await.status, 303);
}

#[tokio::test]
async fn of_two_who_give_one_name_at_once_one_is_refused() {
    crate::db::several_connections();
    let (app, _place) = instance().await;
    let add = |slug: &'static str| {
        let app = app.clone();
        tokio::spawn(async move {
            crate::subscribers::topics::add(&app, slug, "Veterans", "", "ana").await
        })
    };
    let asked: Vec<_> = ["a", "b", "c", "d"].into_iter().map(add).collect();
    let mut made = 0;
    for one in asked {
        made += u32::from(one.await.unwrap().is_ok());
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_was_typed_beside_another_button_than_save_stands_in_its_field_again() {
    let (app, _place) = instance().await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, change) = ("/staff/topics", "/staff/topics/change");
    for (name, slug) in [("Veterans", "veterans"), ("Roads", "roads")] {
        let fields = [("name", name), ("slug", slug), ("description", "Help")];
        assert_eq!(ada.submit(page, page, &fields).await.status, 303);
    }
    for (act, says) in [
        ("first", "It stands first now."),
        ("archive", "It is archived."),
        ("restore", "Readers can choose it again."),
    ] {
        let typed = [
            ("slug", "roads"),
            ("name", "Roads & bridges"),
            ("description", "New words"),
            ("act", act),
        ];
        let answer = ada.submit(page, change, &typed).await;
        assert_eq!(answer.status, 200, "{act}: {}", answer.text);
        for part in [
            says,
            "is not saved yet",
            "value=\"Roads &amp; bridges\"",
            "value=\"New words\"",
        ] {
            assert!(answer.text.contains(part), "{act}: {part}: {}", answer.text);
        }
        let known = crate::subscribers::every_topic(&app).await.unwrap();
        assert_eq!(
            (known[0].slug.as_str(), known[0].name.as_str()),
            ("roads", "Roads")
        );
    }
    // Where nothing was typed, there is nothing to say.
    let untouched = [
        ("slug", "veterans"),
        ("name", "Veterans"),
        ("description", "Help"),
        ("act", "first"),
    ];
    let answer = ada.submit(page, change, &untouched).await;
    assert_eq!(answer.location(), "/staff/topics?done=topic-first");
}

#[tokio::test]
async fn who_saves_a_topic_overwrites_no_words_that_somebody_else_has_saved_meanwhile() {
    let (app, _place) = instance().await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, change) = ("/staff/topics", "/staff/topics/change");
    let roads = [
        ("name", "Roads"),
        ("slug", "roads"),
        ("description", "Help"),
    ];
    assert_eq!(ada.submit(page, page, &roads).await.status, 303);
    let shown = [
        ("slug", "roads"),
        ("act", "save"),
        ("name_shown", "Roads"),
        ("description_shown", "Help"),
    ];
    let named = async || {
        let known = crate::subscribers::every_topic(&app).await.unwrap();
        let roads = known.into_iter().find(|topic| topic.slug == "roads");
        roads.map(|roads| (roads.name, roads.description)).unwrap()
    };
    let typed = [("name", "Bridges"), ("description", "Help")];
    let saved = ada
        .submit(page, change, &[&shown[..], &typed].concat())
        .await;
    assert_eq!(saved.location(), "/staff/topics?done=topic");
    // Another window, opened before: it changes the other field.
    let typed = [("name", "Roads"), ("description", "Potholes")];
    let saved = ada
        .submit(page, change, &[&shown[..], &typed].concat())
        .await;
    assert_eq!(saved.location(), "/staff/topics?done=topic");
    assert_eq!(named().await, ("Bridges".to_owned(), "Potholes".to_owned()));
    // And one that changes the same.
    let typed = [("name", "Streets"), ("description", "Help")];
    let both = ada
        .submit(page, change, &[&shown[..], &typed].concat())
        .await;
    assert_eq!(both.status, 422);
    for words in [
        "Somebody else changed this topic",
        "“Bridges” stands there now",
        "name=\"name_shown\" value=\"Bridges\"",
        "value=\"Streets\"",
    ] {
        assert!(both.text.contains(words), "{words}: {}", both.text);
    }
    assert_eq!(named().await, ("Bridges".to_owned(), "Potholes".to_owned()));
}
