//! Imports that are taken back, in any order, whatever other lists and people said before and since.

use std::fmt::Write;

use super::{
    importing::{everybody, exported, import_of, take, take_as},
    *,
};
use crate::subscribers::{
    Answers, Import, UndoReport, answer_sign_ups, choose, confirm, evidence, never_again, topics,
    undo_import, unsubscribe_address,
};

async fn undo(app: &App, batch: &str) -> UndoReport {
    undo_import(app, batch, "operator").await.unwrap()
}

async fn take_for(app: &App, list: &str, consent: &str) -> String {
    let details = Import {
        source: consent,
        ..import_of(consent)
    };
    let report = take_as(app, list.as_bytes(), details, Answers::default()).await;
    report.unwrap().batch
}

#[tokio::test]
async fn who_was_confirmed_by_it_waits_for_their_own_press_again() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    let report = take(&app, b"email\nreader1@example.org\n").await.unwrap();
    assert_eq!(undo(&app, &report.batch).await.restored, 1);
    assert_eq!(everybody(&app).await, ["reader1@example.org pending press"]);
    confirm(&app, &asked[0].1, &origin()).await.unwrap();
    let expected = "reader1@example.org confirmed press";
    assert_eq!(everybody(&app).await, [expected]);
}

#[tokio::test]
async fn of_two_imports_each_is_undone_by_itself_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let (app, _folder) = app().await;
        test_data::topic(&app, "housing").await;
        let batches = [
            take_for(&app, "email,topics\nx@example.org,press\n", "first").await,
            take_for(&app, "email,topics\nx@example.org,housing\n", "second").await,
        ];
        let left = [
            "x@example.org confirmed housing",
            "x@example.org confirmed press",
        ];
        let first = undo(&app, &batches[order[0]]).await;
        assert_eq!((first.removed, first.restored, first.kept), (0, 1, 0));
        assert_eq!(everybody(&app).await, [left[order[0]]], "{order:?}");
        let second = undo(&app, &batches[order[1]]).await;
        assert_eq!((second.removed, second.kept), (1, 0), "{order:?}");
        assert_eq!(everybody(&app).await, [""; 0], "{order:?}");
    }
}

#[tokio::test]
async fn who_stands_in_another_list_stays_on_what_it_says() {
    let (app, _folder) = app().await;
    let list = "email\nx@example.org\n";
    let wrong = take_for(&app, list, "wrong words").await;
    let right = take_for(&app, list, "right words").await;
    undo(&app, &wrong).await;
    assert_eq!(everybody(&app).await, ["x@example.org confirmed press"]);
    assert_eq!(undo(&app, &right).await.removed, 1);
    assert_eq!(everybody(&app).await, [""; 0]);
}

#[tokio::test]
async fn a_list_that_comes_every_week_is_evidence_twice_and_each_of_the_two_stands_alone() {
    for order in [[0, 1], [1, 0]] {
        let (app, _folder) = app().await;
        let list = "email\nx@example.org\n";
        let mut weeks = Vec::new();
        for _ in 0..4 {
            weeks.push(take_for(&app, list, "every week").await);
        }
        let said = evidence(&app, "x@example.org").await.unwrap();
        assert_eq!(said["events"].as_array().unwrap().len(), 2);
        assert_eq!(undo(&app, &weeks[order[0]]).await.removed, 0, "{order:?}");
        let all = everybody(&app).await;
        assert_eq!(all, ["x@example.org confirmed press"], "{order:?}");
        assert_eq!(undo(&app, &weeks[order[1]]).await.removed, 1, "{order:?}");
        assert_eq!(everybody(&app).await, [""; 0], "{order:?}");
    }
}

#[tokio::test]
async fn who_came_with_a_list_and_left_by_another_is_gone_when_both_are_undone_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let (app, _folder) = app().await;
        let batches = [
            take_for(&app, "email,topics\nx@example.org,press\n", "came").await,
            take_for(&app, "email,status\nx@example.org,unsubscribed\n", "left").await,
        ];
        for at in order {
            undo(&app, &batches[at]).await;
        }
        assert_eq!(everybody(&app).await, [""; 0], "{order:?}");
    }
    // Who had asked before waits for their own press again.
    let (app, _folder) = app().await;
    ask(&app, 1..=1).await;
    let came = take_for(&app, "email\nreader1@example.org\n", "came").await;
    let left = take_for(
        &app,
        "email,status\nreader1@example.org,unsubscribed\n",
        "left",
    )
    .await;
    undo(&app, &came).await;
    undo(&app, &left).await;
    assert_eq!(everybody(&app).await, ["reader1@example.org pending press"]);
}

#[tokio::test]
async fn who_had_only_asked_by_another_list_waits_again() {
    let (app, _folder) = app().await;
    let asked = take_for(&app, "email,status\nx@example.org,pending\n", "asked").await;
    let wrong = take_for(&app, "email\nx@example.org\n", "wrong words").await;
    assert_eq!(everybody(&app).await, ["x@example.org confirmed press"]);
    assert_eq!(undo(&app, &wrong).await.restored, 1);
    assert_eq!(status(&app, 1).await, Some(Status::Pending));
    assert_eq!(undo(&app, &asked).await.removed, 1);
    assert_eq!(everybody(&app).await, [""; 0]);
}

#[tokio::test]
async fn a_list_that_was_undone_and_comes_again_stands_anew() {
    let (app, _folder) = app().await;
    let list = "email\nx@example.org\n";
    let first = take_for(&app, list, "first").await;
    let second = take_for(&app, list, "second").await;
    undo(&app, &first).await;
    take_for(&app, list, "first").await;
    assert_eq!(undo(&app, &second).await.removed, 0);
    assert_eq!(everybody(&app).await, ["x@example.org confirmed press"]);
}

#[tokio::test]
async fn whom_a_mistaken_list_took_off_is_back_with_what_they_had() {
    let (app, _folder) = app().await;
    let water = test_data::topic(&app, "water").await;
    let topics = [test_data::FIRST_TOPIC, water];
    test_data::subscriber(1).topics(&topics).insert(&app).await;
    test_data::subscriber(2).insert(&app).await;
    let weekly = "UPDATE subscription SET frequency = 2, frequency_before = 2 WHERE topic_id = $1";
    db::execute(app.db.pool(), weekly, values![water])
        .await
        .unwrap();
    let before = everybody(&app).await;
    let list = b"email,status\nreader1@example.org,unsubscribed\nreader2@example.org,complained\n";
    let report = take(&app, list).await.unwrap();
    assert_eq!(report.left, 2);
    let undone = undo(&app, &report.batch).await;
    assert_eq!((undone.restored, undone.kept, undone.off), (2, 0, 0));
    assert_eq!(everybody(&app).await, before);
    let sql = "SELECT CAST(frequency AS BIGINT) FROM subscription ORDER BY topic_id";
    let often: Vec<i64> = db::scalars(app.db.pool(), sql, []).await.unwrap();
    assert_eq!(often, [0, 0, 2]);
}

#[tokio::test]
async fn who_asked_in_the_form_meanwhile_gets_the_mail_that_they_would_have_got() {
    let (app, _folder) = app().await;
    let report = take(&app, b"email\nreader1@example.org\n").await.unwrap();
    app.clock.advance_ms(1);
    let request = "INSERT INTO sign_up (at, email, topics, language, page, channel, ip, network, user_agent)
        VALUES ($1, 'reader1@example.org', '[\"press\"]', 'es', '/', 'form', '198.51.100.1', 'n', 'test')";
    let now = app.clock.now_ms();
    db::execute(app.db.pool(), request, values![now])
        .await
        .unwrap();
    answer_sign_ups(&app).await.unwrap();
    let mails = "SELECT count(*) FROM transactional_mail WHERE kind = 'confirmation'";
    assert_eq!(number(&app, mails).await, 0, "they are subscribed");
    let undone = undo(&app, &report.batch).await;
    assert_eq!(
        (undone.removed, undone.kept),
        (1, 0),
        "anybody can type an address"
    );
    answer_sign_ups(&app).await.unwrap();
    assert_eq!(everybody(&app).await, ["reader1@example.org pending press"]);
    assert_eq!(number(&app, mails).await, 1);
    let language = "SELECT count(*) FROM confirmation WHERE language = 'es'";
    assert_eq!(number(&app, language).await, 1);
}

#[tokio::test]
async fn who_chose_since_stays_and_another_lists_word_that_they_left_stands() {
    let (app, _folder) = app().await;
    let list = b"email\nreader1@example.org\nreader2@example.org\n";
    let report = take(&app, list).await.unwrap();
    let sql = "SELECT id FROM subscriber WHERE email = 'reader1@example.org'";
    let link = crate::subscribers::link::SubscriberLink {
        subscriber: number(&app, sql).await,
        newsletter: 1,
    };
    choose(&app, link, &["press".to_owned()], &[], None, &origin())
        .await
        .unwrap();
    take(&app, b"email,status\nreader2@example.org,unsubscribed\n")
        .await
        .unwrap();
    let undone = undo(&app, &report.batch).await;
    assert_eq!((undone.removed, undone.kept), (0, 2));
    assert_eq!(
        everybody(&app).await,
        [
            "reader1@example.org confirmed press",
            "reader2@example.org unsubscribed ",
        ]
    );
}

/// The same people twice, nearer to each other and further apart than what is stored together.
#[tokio::test]
async fn a_dry_run_says_of_a_file_that_names_people_twice_what_the_import_does() {
    for apart in [0, 1_200] {
        let (app, _folder) = app().await;
        test_data::topic(&app, "water").await;
        test_data::subscriber(1).insert(&app).await;
        ask(&app, 2..=2).await;
        test_data::subscriber(3).insert(&app).await;
        let mut list = "email,status,topics\n".to_owned();
        let twice = |second: bool| {
            let mut lines = String::new();
            for (who, statuses) in [
                ("reader1", ["confirmed", "unsubscribed"]),
                ("reader2", ["confirmed", "confirmed"]),
                ("reader3", ["unsubscribed", "confirmed"]),
                ("new1", ["confirmed", "bounced"]),
                ("new2", ["pending", "confirmed"]),
                ("new3", ["confirmed", "confirmed"]),
            ] {
                let (status, topic) = (statuses[usize::from(second)], ["press", "water"]);
                let topic = topic[usize::from(second)];
                let _ = writeln!(lines, "{who}@example.org,{status},{topic}");
            }
            lines
        };
        list += &twice(false);
        for filler in 0..apart {
            let _ = writeln!(list, "filler{filler}@example.org,confirmed,press");
        }
        list += &twice(true);
        let dry = Import {
            dry_run: true,
            ..import_of("signed a list")
        };
        let would = take_as(&app, list.as_bytes(), dry, Answers::default()).await;
        let (would, is) = (would.unwrap(), take(&app, list.as_bytes()).await.unwrap());
        let numbers = |report: crate::subscribers::ImportReport| {
            let people = [report.imported, report.known, report.gained, report.pending];
            (people, report.left, report.suppressed)
        };
        assert_eq!(numbers(would), numbers(is), "{apart} between");
    }
}

/// An instance with people of every kind, some of whom a list had brought, and topics of its own.
async fn with_everybody() -> (App, tempfile::TempDir) {
    let (app, folder) = app().await;
    let veterans = test_data::topic(&app, "veterans").await;
    let water = test_data::topic(&app, "water").await;
    for (id, status) in (1..).zip([
        Status::Confirmed,
        Status::Unsubscribed,
        Status::Bounced,
        Status::Complained,
        Status::Blocked,
        Status::Pending,
    ]) {
        let topics = [test_data::FIRST_TOPIC, veterans, water];
        let keeps = matches!(status, Status::Confirmed | Status::Bounced);
        test_data::subscriber(id)
            .status(status)
            .topics(if keeps { &topics } else { &[] })
            .insert(&app)
            .await;
    }
    let list = b"email,topics\nlisted@example.org,\"press,water\"\n";
    take(&app, list).await.unwrap();
    (app, folder)
}

async fn offered(app: &App) -> Vec<String> {
    let topics = topics::topics(app).await.unwrap();
    topics.into_iter().map(|topic| topic.slug).collect()
}

#[tokio::test]
async fn our_own_export_is_undone_with_everybody_whatever_they_had_said_elsewhere() {
    let (from, _folder) = with_everybody().await;
    let file = exported(&from).await;
    let (to, _other) = app().await;
    for _ in 0..2 {
        let report = take(&to, &file).await.unwrap();
        assert_eq!(offered(&to).await, ["press", "veterans", "water"]);
        assert_eq!(everybody(&to).await.len(), 7);
        let undone = undo(&to, &report.batch).await;
        let counts = (undone.removed, undone.restored, undone.kept, undone.off);
        assert_eq!(counts, (7, 0, 0, 0));
        assert_eq!(everybody(&to).await, [""; 0]);
        assert_eq!(number(&to, "SELECT count(*) FROM suppression").await, 0);
        assert_eq!(undone.topics_removed, ["veterans", "water"]);
        assert_eq!(offered(&to).await, ["press"]);
    }
}

#[tokio::test]
async fn a_topic_that_an_import_made_stays_with_whoever_else_uses_it() {
    let (from, _folder) = with_everybody().await;
    for slug in ["roads", "parks", "ports"] {
        let topic = test_data::topic(&from, slug).await;
        let reader = test_data::subscriber(topic + 10).topics(&[topic]);
        reader.insert(&from).await;
    }
    let (to, _other) = app().await;
    let report = take(&to, &exported(&from).await).await.unwrap();
    let id = async |slug: &str| {
        let every = topics::every_topic(&to).await.unwrap();
        every.iter().find(|topic| topic.slug == slug).unwrap().id
    };
    let reader = test_data::subscriber(50).topics(&[id("veterans").await]);
    reader.insert(&to).await;
    let newsletter = test_data::newsletter("a-road").topic(id("roads").await);
    newsletter.insert(&to).await;
    let request = "INSERT INTO sign_up (at, email, topics, language, page, channel, ip, network, user_agent)
        VALUES (1, 'new@example.org', '[\"parks\"]', 'en', '/', 'form', '198.51.100.1', 'n', 'test')";
    db::execute(to.db.pool(), request, []).await.unwrap();
    let undone = undo(&to, &report.batch).await;
    assert_eq!((undone.removed, undone.kept), (10, 0));
    assert_eq!(undone.topics_removed, ["water", "ports"]);
    assert_eq!(undone.topics_kept, ["veterans", "roads", "parks"]);
    assert_eq!(offered(&to).await, ["press", "veterans", "roads", "parks"]);
    // Whoever waits to be answered is in an export, too.
    assert_eq!(
        everybody(&to).await,
        [
            "new@example.org pending parks",
            "reader50@example.org confirmed veterans"
        ]
    );
}

#[tokio::test]
async fn a_list_of_here_stands_although_our_own_export_names_one_of_that_name() {
    let (from, _folder) = with_everybody().await;
    let (to, _other) = app().await;
    let file = String::from_utf8(exported(&from).await).unwrap();
    let moved = take_for(&to, &file, "moved here").await;
    take(&to, b"email,topics\nlisted@example.org,press\n")
        .await
        .unwrap();
    undo(&to, &moved).await;
    assert_eq!(everybody(&to).await, ["listed@example.org confirmed press"]);
}

#[tokio::test]
async fn whom_a_list_took_off_is_back_with_topics_that_are_not_offered_any_more() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "events").await;
    take(
        &app,
        b"email,topics\nm1@example.org,\"press,events\"\nm2@example.org,events\nm3@example.org,press\n",
    )
    .await
    .unwrap();
    db::execute(
        app.db.pool(),
        "DELETE FROM subscription WHERE subscriber_id = 3",
        [],
    )
    .await
    .unwrap();
    topics::archive(&app, "events", true, "operator")
        .await
        .unwrap();
    let before = everybody(&app).await;
    assert_eq!(before[2], "m3@example.org confirmed ");
    let list = "email,status\nm1@example.org,unsubscribed\nm2@example.org,unsubscribed\nm3@example.org,unsubscribed\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    assert_eq!(report.left, 3);
    assert_eq!(undo(&app, &report.batch).await.restored, 3);
    assert_eq!(everybody(&app).await, before);
}

#[tokio::test]
async fn a_list_that_says_no_topics_stands_for_an_archived_one_too() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "events").await;
    let first = take_for(&app, "email,topics\nx@example.org,events\n", "first").await;
    topics::archive(&app, "events", true, "operator")
        .await
        .unwrap();
    take_for(&app, "email\nx@example.org\n", "second").await;
    undo(&app, &first).await;
    assert_eq!(everybody(&app).await, ["x@example.org confirmed events"]);
}

/// A column that was read wrongly must not keep people away for good: they could not even ask anew.
#[tokio::test]
async fn whom_only_a_mistaken_list_called_bounced_complained_or_blocked_is_back() {
    let (app, _folder) = app().await;
    let asked = ask(&app, 1..=1).await;
    confirm(&app, &asked[0].1, &origin()).await.unwrap();
    let listed = "email,status\nx@example.org,active\n";
    take(&app, listed.as_bytes()).await.unwrap();
    let both = [
        "reader1@example.org confirmed press",
        "x@example.org confirmed press",
    ];
    for word in ["bounced", "complained", "blocked"] {
        let list = format!("email,status\nreader1@example.org,{word}\nx@example.org,{word}\n");
        let wrong = take(&app, list.as_bytes()).await.unwrap();
        let off = everybody(&app).await;
        assert!(off.iter().all(|person| person.contains(word)), "{off:?}");
        let undone = undo(&app, &wrong.batch).await;
        assert_eq!((undone.restored, undone.off), (2, 0), "{word}");
        assert_eq!(everybody(&app).await, both, "{word}");
    }
    // What another list says of them, too, stands.
    let list = "email,status\nx@example.org,bounced\n";
    let first = take_for(&app, list, "first").await;
    take_for(&app, "email,status\nx@example.org,complained\n", "second").await;
    undo(&app, &first).await;
    let all = everybody(&app).await;
    assert!(all[1].starts_with("x@example.org complained"), "{all:?}");
}

/// The list had said so first, and is taken back; what they said stands.
#[tokio::test]
async fn who_says_it_themselves_while_a_mistaken_list_says_it_stays_off_when_that_is_undone() {
    for word in ["unsubscribed", "bounced", "complained", "blocked"] {
        let (app, _folder) = app().await;
        let asked = ask(&app, 1..=3).await;
        for (_, token) in &asked {
            confirm(&app, token, &origin()).await.unwrap();
        }
        let people = (1..=3).map(|id| format!("reader{id}@example.org,{word}\n"));
        let list = format!("email,status\n{}", people.collect::<String>());
        let wrong = take(&app, list.as_bytes()).await.unwrap();
        let (_, token) = &asked[0];
        never_again(&app, token, &origin()).await.unwrap();
        unsubscribe_address(&app, "reader2@example.org", "staff")
            .await
            .unwrap();
        let undone = undo(&app, &wrong.batch).await;
        assert_eq!((undone.restored, undone.kept), (1, 2), "{word}");
        let all = everybody(&app).await;
        assert!(!all[0].contains("confirmed"), "{word}: {all:?}");
        assert!(!all[1].contains("confirmed"), "{word}: {all:?}");
        assert_eq!(all[2], "reader3@example.org confirmed press", "{word}");
    }
}
