//! Who asked for one topic on another list does not get all of them here, whatever its columns are called.

use super::{
    importing::{everybody, import_of, take_as},
    *,
};
use crate::subscribers::{Answers, ImportReport, offered_topics, translate};

/// An office with three topics, one of them with a name in Spanish.
async fn office() -> (App, tempfile::TempDir) {
    let (app, folder) = app().await;
    test_data::topic(&app, "veterans").await;
    test_data::topic(&app, "taxes").await;
    translate(&app, "veterans", "es", "Veteranos", "", "operator")
        .await
        .unwrap();
    (app, folder)
}

/// Imports a list, asking for topics, with what is said of its columns.
async fn take(app: &App, list: &str, columns: &[&str]) -> Result<ImportReport, String> {
    let said: Vec<String> = columns.iter().map(|said| (*said).to_owned()).collect();
    let answers = Answers::said(&[], &said).unwrap();
    let answers = answers.asking_for_topics(&offered_topics(app).await.unwrap());
    take_as(app, list.as_bytes(), import_of("signed"), answers).await
}

#[tokio::test]
async fn who_asked_for_one_topic_gets_that_one() {
    for (column, cell) in [
        ("Topic Name", "Veterans"),
        ("Topic Title", "veterans"),
        ("Subscriptions", "Veterans"),
        ("Interest", "Veterans"),
        ("Interest areas", "Veterans"),
        ("Issues", "Veterans"),
        ("Issue areas", "VETERANS"),
        ("Mailing list(s)", "Veterans"),
        ("Mailing lists", "Veterans"),
        ("Temas", "Veteranos"),
        ("Intereses", "Veteranos"),
        ("Lista", "Veterans"),
        ("관심사", "Veterans"),
        ("主題", "Veterans"),
        ("Topics", "Veteranos"),
        ("Topics", "Fishing\nVeterans"),
    ] {
        let (app, _folder) = office().await;
        let list = format!("email,\"{column}\"\na@example.org,\"{cell}\"\n");
        match take(&app, &list, &[]).await {
            Ok(_) => assert_eq!(
                everybody(&app).await,
                ["a@example.org confirmed veterans"],
                "{list}"
            ),
            Err(error) => assert!(error.contains("line 2") && column.contains('('), "{error}"),
        }
    }
    // One line for each topic.
    let (app, _folder) = office().await;
    let list = "Subscriber,Topic Name\na@example.org,Veterans\na@example.org,Taxes / press\n";
    take(&app, list, &[]).await.unwrap();
    assert_eq!(
        everybody(&app).await,
        ["a@example.org confirmed press,veterans,taxes"]
    );
}

#[tokio::test]
async fn the_first_topic_is_known_by_the_name_that_it_has_in_each_language() {
    for name in ["Comunicados de prensa", "보도자료", "新聞稿"] {
        let (app, _folder) = office().await;
        let list = format!("email,Temas\na@example.org,{name}\n");
        let report = take(&app, &list, &[]).await.unwrap();
        assert_eq!(everybody(&app).await, ["a@example.org confirmed press"]);
        assert_eq!(report.all_topics, 0);
    }
}

#[tokio::test]
async fn a_topic_in_a_column_that_nobody_knows_is_asked_about() {
    for column in [
        "What would you like to receive?",
        "Subscription",
        "Category",
        "Categories",
        "Group",
        "Segment",
        "Audience",
        "Affiliation",
        "Newsletter",
    ] {
        let (app, _folder) = office().await;
        let list = format!("email,\"{column}\"\na@example.org,\"Fishing, Veterans\"\n");
        let asked = take(&app, &list, &[]).await.unwrap_err();
        assert!(
            asked.contains("line 2") && asked.contains("which topics this person gets"),
            "{column}: {asked}"
        );
        assert!(everybody(&app).await.is_empty());
        take(&app, &list, &[&format!("{column}=topics")])
            .await
            .unwrap();
        assert_eq!(everybody(&app).await, ["a@example.org confirmed veterans"]);
    }
    // Where another column names one of ours, there is nothing to ask.
    let (app, _folder) = office().await;
    let list = "email,Topics,Group\na@example.org,Taxes,Veterans\n";
    take(&app, list, &[]).await.unwrap();
    assert_eq!(everybody(&app).await, ["a@example.org confirmed taxes"]);
}

#[tokio::test]
async fn a_column_for_each_topic_gives_each_what_they_ticked() {
    let list =
        "email,Veterans,Topic: Taxes\na@example.org,Yes,No\nb@example.org,x,x\nc@example.org,No,\n";
    let (app, _folder) = office().await;
    let asked = take(&app, list, &[]).await.unwrap_err();
    assert!(
        asked.contains("line 2: `Yes` in the column `Veterans`"),
        "{asked}"
    );
    assert!(everybody(&app).await.is_empty());
    let said = ["Veterans=topics", "Topic: Taxes=topics"];
    let report = take(&app, list, &said).await.unwrap();
    assert_eq!((report.imported, report.chose_none), (2, 1));
    assert_eq!(
        everybody(&app).await,
        [
            "a@example.org confirmed veterans",
            "b@example.org confirmed veterans,taxes"
        ]
    );
}

#[tokio::test]
async fn the_report_says_how_many_get_all_topics_because_the_list_names_none() {
    let (app, _folder) = office().await;
    let list = "email,Topics\na@example.org,Veterans\nb@example.org,\nc@example.org,\n";
    let report = take(&app, list, &[]).await.unwrap();
    assert_eq!((report.imported, report.all_topics), (3, 2));
    let report = take(&app, "email\nd@example.org\n", &[]).await.unwrap();
    assert_eq!(report.all_topics, 1);
}
