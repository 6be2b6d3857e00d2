//! Lists as offices have them on a bad day: two addresses for one person, comments above and below, names of
//! columns that stand there twice, and files that are no list at all.

use super::{
    importing::{everybody, import_of, take, take_as},
    *,
};
use crate::{
    relay_letters,
    subscribers::{Answers, imports},
};

#[tokio::test]
async fn which_of_two_addresses_is_mailed_is_asked() {
    let (app, _folder) = app().await;
    for (list, says) in [
        (
            "Email,Work Email\nana@example.org,ana@office.example\n",
            "line 2 holds a different address in each of the columns `Email`, `Work Email`",
        ),
        (
            "Name,Email,Email\nAna,ana@example.org,ana@office.example\n",
            "`Email`, `Email (2)`",
        ),
        (
            "Email,Subscriber\nana@example.org,\nbob@example.org,bob@office.example\n",
            "line 3 holds",
        ),
        (
            "ana@example.org;bob@example.org;cy@example.org\n",
            "line 1 holds several addresses: put each person on a line",
        ),
    ] {
        let error = take(&app, list.as_bytes()).await.unwrap_err();
        assert!(error.contains(says), "{says}: {error}");
    }
    assert!(everybody(&app).await.is_empty());
    // Where there is nothing to choose nobody is asked.
    let list = "Email,Work Email,Email opens\nana@example.org,,3\nbob@example.org,Bob@Example.org,4\ncy@example.org,none,\n";
    assert_eq!(take(&app, list.as_bytes()).await.unwrap().imported, 3);
    for (list, answer, taken) in [
        (
            "Email,Work Email\nd1@example.org,d1@office.example\n",
            "Work Email=email",
            "d1@office.example",
        ),
        (
            "Email,Email\nd2@example.org,d2@office.example\n",
            "Email (2)=email",
            "d2@office.example",
        ),
        (
            "Email,Work Email\nd3@example.org,d3@office.example\n",
            "Work Email=nothing",
            "d3@example.org",
        ),
        (
            ",Name\nd4@example.org,Ana\n",
            "column 1=email",
            "d4@example.org",
        ),
    ] {
        let answers = Answers::said(&[], &[answer.to_owned()]).unwrap();
        let report = take_as(&app, list.as_bytes(), import_of("signed"), answers).await;
        assert_eq!(report.unwrap().imported, 1, "{answer}");
        let all = everybody(&app).await.join("\n");
        assert!(all.contains(taken), "{answer}: {all}");
    }
}

#[tokio::test]
async fn a_list_of_nobody_leaves_nothing_to_undo() {
    let (app, _folder) = app().await;
    for list in [
        "email,name\n",
        "email,name\n,\n,\n",
        "email\n# nobody this month\n",
        "email\nno address\n",
    ] {
        let report = take(&app, list.as_bytes()).await.unwrap();
        assert_eq!((report.imported, report.batch.as_str()), (0, ""), "{list}");
    }
    assert!(imports(&app).await.unwrap().is_empty());
    let logged = "SELECT count(*) FROM audit WHERE action = 'subscriber.import'";
    assert_eq!(number(&app, logged).await, 0);
    let report = take(&app, b"email\nana@example.org\n").await.unwrap();
    assert_eq!(imports(&app).await.unwrap()[0].batch, report.batch);
    assert!(number(&app, logged).await > 0, "the log knows that name");
}

#[tokio::test]
async fn comments_and_titles_around_a_list_are_none_of_it() {
    for list in [
        "# Exported on 2026-11-28, 2 people\nemail;name\nana@example.org;Ana\n# end\n",
        "# exported; by us\n#\nemail\nana@example.org\n",
        "#,Name,Email\n1,Ana,ana@example.org\n",
        "Subscribers, all of them\nOffice of Rep. Jane Doe\n\nName;Email\nAna;ana@example.org\n",
        "\"Email\naddress\";Name\n\"ana@example.org\";\"Ana\nLopez\"\n",
        "# people\nana@example.org\n",
        "이메일,이름\nana@example.org,Ana\n",
        "Name\tDirección de correo electrónico\nAna\tana@example.org\n",
    ] {
        let (app, _folder) = app().await;
        let report = take(&app, list.as_bytes()).await;
        let report = report.unwrap_or_else(|error| panic!("{list}: {error}"));
        assert_eq!((report.imported, report.wrong), (1, 0), "{list}");
        assert_eq!(
            everybody(&app).await,
            ["ana@example.org confirmed press"],
            "{list}"
        );
    }
}

#[tokio::test]
async fn what_stands_above_a_list_may_say_that_these_people_left() {
    let (app, _folder) = app().await;
    for list in [
        "# Unsubscribed contacts\nemail\nana@example.org\n",
        "Bounced addresses of June\n\nemail,name\nana@example.org,Ana\n",
    ] {
        let error = take(&app, list.as_bytes()).await.unwrap_err();
        assert!(error.contains("may not be mailed"), "{error}");
    }
    // With a column that says it, the column counts.
    let list = "Unsubscribed and active\nemail,status\nana@example.org,active\nbob@example.org,unsubscribed\n";
    take(&app, list.as_bytes()).await.unwrap();
    assert_eq!(
        everybody(&app).await,
        [
            "ana@example.org confirmed press",
            "bob@example.org unsubscribed "
        ]
    );
}

#[tokio::test]
async fn what_is_no_list_says_what_it_is_and_what_to_do() {
    let (app, _folder) = app().await;
    for (list, says) in [
        (
            &b"{\\rtf1\\ansi ana@example.org}"[..],
            "text document (RTF)",
        ),
        (
            b"PK\x03\x04\x14\0[Content_Types].xml word/document.xml",
            "Word document",
        ),
        (b"\x89PNG\r\n\x1a\n", "this is a picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "this is a picture"),
        (b"SQLite format 3\0", "this is a database"),
        (b"-- MySQL dump 10.13\nINSERT", "this is a database"),
        (
            b"Received: from mail.example\r\nTo: ana@example.org",
            "this is an email",
        ),
        (
            b"\"email,name\"\n\"ana@example.org,Ana\"\n",
            "each line stands in quotation marks as a whole",
        ),
    ] {
        let error = take(&app, list).await.unwrap_err();
        assert!(error.contains(says), "{says}: {error}");
        assert!(error.contains("Nothing was imported."), "{error}");
    }
    assert!(everybody(&app).await.is_empty());
    let two = "email\n\"ana@example.org, bob@example.org\"\n";
    let report = take(&app, two.as_bytes()).await.unwrap();
    assert_eq!(
        report.reasons,
        ["line 2: enter one email address at a time"]
    );
    // Who is not to be mailed is kept away, and not only passed over.
    let gone = b"email,status\n\"ana@example.org, bob@example.org\",unsubscribed\n";
    let error = take(&app, gone).await.unwrap_err();
    assert!(error.contains("line 2 holds several addresses"), "{error}");
}

#[tokio::test]
async fn who_cannot_be_written_to_by_our_relays_is_told_of_and_not_imported() {
    let clock = Clock::fixed_at(instant(NOW));
    let more = ["--smtp-url=smtp://relay.example:25"];
    let (app, _folder) = testing::app_with(clock, &more).await;
    test_data::office(&app).await;
    let name = app.settings.smtp_url[0].name().clone();
    test_data::relay(&app, 1, &name).await;
    let list = "email,status\nmar\u{ed}a@example.org,active\njos\u{e9}@example.org,unsubscribed\n";
    let relay = relay_letters::note(app.db.pool(), 1, false);
    relay.await.unwrap();
    let report = take(&app, list.as_bytes()).await.unwrap();
    assert_eq!((report.imported, report.left, report.wrong), (0, 1, 1));
    assert!(
        report.reasons[0].starts_with("line 2: our mail system"),
        "{:?}",
        report.reasons
    );
}
