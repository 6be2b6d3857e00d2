//! What an export takes along beside the people: what is said of their topics, and whoever has asked and is not
//! confirmed yet.

use super::{
    importing::{exported, take},
    *,
};
use crate::{
    clock::HOUR,
    subscribers::{
        AboutReader, Channel, ConfirmOutcome, SignUp, StaffChange, answer_sign_ups, confirm,
        evidence, receive, resend_confirmation, topics, translate, translations,
    },
};

/// All that staff say of the topics, in their order.
async fn said_of_topics(app: &App) -> Vec<String> {
    let mut translated = translations(app).await.unwrap();
    let topics = topics::every_topic(app).await.unwrap();
    let said = topics.into_iter().map(|topic| {
        let mut others = translated.remove(&topic.id).unwrap_or_default();
        others.sort_by(|one, other| one.language.cmp(&other.language));
        let archived = topic.archived_at.is_some();
        format!(
            "{} {} {} {archived} {others:?}",
            topic.slug, topic.name, topic.description
        )
    });
    said.collect()
}

fn asks(email: &str, topics: &[&str], frequency: Frequency) -> SignUp {
    SignUp {
        email: email.to_owned(),
        topics: topics.iter().map(ToString::to_string).collect(),
        frequency,
        language: "es".to_owned(),
        page: "https://news.example.gov/?lang=es".to_owned(),
        channel: Channel::Form,
        ip: "192.0.2.9".to_owned(),
        networks: Vec::new(),
        user_agent: "test".to_owned(),
        about: AboutReader {
            zip: Some("92780".to_owned()),
            ..AboutReader::default()
        },
    }
}

#[tokio::test]
async fn what_staff_say_of_topics_comes_along_however_the_file_is_sorted() {
    let (from, _folder) = app().await;
    for (slug, name, holds) in [
        ("water", "Water & power", "Dams, \"drought\""),
        ("veterans", "Veterans", "Help for veterans"),
        ("gone", "Old news", ""),
    ] {
        topics::add(&from, slug, name, holds, "operator")
            .await
            .unwrap();
    }
    translate(&from, "veterans", "es", "Veteranos", "Ayuda", "operator")
        .await
        .unwrap();
    translate(&from, "veterans", "ko", "재향군인", "", "operator")
        .await
        .unwrap();
    topics::archive(&from, "gone", true, "operator")
        .await
        .unwrap();
    let first = ["press", "veterans", "water"].map(str::to_owned);
    topics::order(&from, &first, "operator").await.unwrap();
    let ids: Vec<i64> = topics::every_topic(&from)
        .await
        .unwrap()
        .into_iter()
        .map(|topic| topic.id)
        .collect();
    // Whoever comes first has the topic that stands last.
    for (reader, topic) in (1..).zip(ids.iter().rev()) {
        test_data::subscriber(reader)
            .topics(&[*topic])
            .insert(&from)
            .await;
    }
    let file = String::from_utf8(exported(&from).await).unwrap();
    assert_eq!(
        file.matches("Help for veterans").count(),
        1,
        "each is told once: {file}"
    );
    let mut turned: Vec<&str> = file.lines().collect();
    turned[1..].reverse();
    for file in [file.clone(), turned.join("\n")] {
        let (to, _other) = app().await;
        take(&to, file.as_bytes()).await.unwrap();
        assert_eq!(said_of_topics(&to).await, said_of_topics(&from).await);
        // Once more: nothing is made or said twice.
        take(&to, file.as_bytes()).await.unwrap();
        assert_eq!(said_of_topics(&to).await, said_of_topics(&from).await);
    }
    // Where a topic is there already, what is said of it here stands.
    let (to, _other) = app().await;
    topics::add(&to, "veterans", "Our veterans", "Ours", "operator")
        .await
        .unwrap();
    take(&to, file.as_bytes()).await.unwrap();
    let said = said_of_topics(&to).await;
    assert!(
        said.contains(&"veterans Our veterans Ours false []".to_owned()),
        "{said:?}"
    );
}

#[tokio::test]
async fn whoever_waits_to_be_answered_comes_along_and_gets_nothing_before_they_confirm() {
    let (from, _folder) = app().await;
    test_data::topic(&from, "veterans").await;
    test_data::subscriber(1)
        .status(Status::Blocked)
        .insert(&from)
        .await;
    for request in [
        asks("ana@example.org", &[], Frequency::Each),
        // What she asked for last.
        asks("Ana@example.org", &["veterans"], Frequency::Weekly),
        asks("bob@example.org", &["press"], Frequency::Each),
        // Known otherwise.
        asks("reader1@example.org", &["press"], Frequency::Each),
        SignUp {
            channel: Channel::Manage,
            ..asks("link@example.org", &[], Frequency::Each)
        },
    ] {
        receive(&from, &request).await.unwrap();
    }
    let file = exported(&from).await;
    let (to, _other) = app().await;
    to.clock.advance_ms(HOUR);
    let report = take(&to, &file).await.unwrap();
    assert_eq!((report.pending, report.imported), (2, 0), "{report:?}");
    let mails = "SELECT count(*) FROM transactional_mail";
    let count: Option<i64> = db::scalar(to.db.pool(), mails, []).await.unwrap();
    assert_eq!(count, Some(0));
    let ana = evidence(&to, "ana@example.org").await.unwrap();
    assert_eq!(ana["status"], "pending");
    assert_eq!(ana["topics"], json!(["veterans"]));
    assert_eq!(ana["frequency"]["veterans"], "weekly");
    assert_eq!(
        (&ana["language"], &ana["zip"]),
        (&json!("es"), &json!("92780"))
    );
    let asked = &ana["events"][0];
    assert_eq!(
        (&asked["event"], &asked["ip"]),
        (&json!("requested"), &json!("192.0.2.9"))
    );
    assert_eq!(asked["at"], json!(instant(NOW)));
    assert!(
        asked["consent_text"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    assert!(evidence(&to, "link@example.org").await.is_err());

    // Staff send the mail that they wait for; its button makes them subscribers of what they asked for.
    let sent = resend_confirmation(&to, "ana@example.org", "admin@example.gov").await;
    assert!(matches!(sent.unwrap(), StaffChange::Done));
    let still = evidence(&to, "ana@example.org").await.unwrap();
    assert_eq!(still["status"], "pending");
    let link = newest_link(&to).await;
    let outcome = confirm(&to, &link, &origin()).await.unwrap();
    let gets_something = true;
    assert_eq!(outcome, ConfirmOutcome::Confirmed { gets_something });
    let ana = evidence(&to, "ana@example.org").await.unwrap();
    assert_eq!(ana["status"], "confirmed");
    assert_eq!(ana["topics"], json!(["veterans"]));
    assert_eq!(ana["frequency"]["veterans"], "weekly");
    assert_eq!(ana["zip"], "92780");
    // Nobody waits twice: where they signed up, they are answered.
    answer_sign_ups(&from).await.unwrap();
}

#[tokio::test]
async fn of_another_list_nobody_is_told_when_they_asked() {
    let (to, _folder) = app().await;
    let list = "email,status\nana@example.org,pending\n";
    take(&to, list.as_bytes()).await.unwrap();
    let sent = resend_confirmation(&to, "ana@example.org", "admin@example.gov").await;
    assert!(matches!(sent.unwrap(), StaffChange::RequestGone));
}
