//! Lists as other systems and spreadsheets write them: who people are is kept, and what is not sure
//! stops before anything is written.

use std::path::Path;

use super::*;
use crate::csv_file::CsvFile;
use crate::subscribers::{
    Answers, Column, EXPORT_COLUMNS, ExportPlace, Frequency, Import, ImportFile, ImportReport,
    StatusAnswer, consent, evidence, export, import, imports, topics, undo_import,
};

pub(super) fn import_of(consent: &str) -> Import<'_> {
    Import {
        consent,
        source: "list.csv",
        operator: "operator",
        ..Import::default()
    }
}

/// Imports a file with these bytes.
pub(super) async fn take(app: &App, bytes: &[u8]) -> Result<ImportReport, String> {
    take_as(app, bytes, import_of("signed a list"), Answers::default()).await
}

pub(super) async fn take_as(
    app: &App,
    bytes: &[u8],
    details: Import<'_>,
    answers: Answers,
) -> Result<ImportReport, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    std::fs::write(&path, bytes).unwrap();
    let file =
        ImportFile::open(&path, details.source, answers).map_err(|error| error.to_string())?;
    let details = Import {
        makes_topics: file.is_our_own(),
        ..details
    };
    let rows = file.rows().map_err(|error| error.to_string())?;
    import(app, &details, rows, |_| ())
        .await
        .map_err(|error| error.to_string())
}

/// The whole list as `address status topic,topic`.
pub(super) async fn everybody(app: &App) -> Vec<String> {
    let mut all = Vec::new();
    let mut after = ExportPlace::BEGINNING;
    while let Some((page, last)) = export(app, after, 100).await.unwrap() {
        after = last;
        all.extend(page.into_iter().map(|person| {
            let status = person.status.as_str();
            format!("{} {status} {}", person.email, person.topics.join(","))
        }));
    }
    all.sort();
    all
}

pub(super) fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn a_list_is_read_in_every_encoding_and_with_every_separator() {
    let (app, _folder) = app().await;
    let lists: [Vec<u8>; 10] = [
        "\u{feff}email,name\na1@example.org,\"Lopez, Ana\"\n".into(),
        "email;name\r\na2@example.org;Ana\r\n".into(),
        "email\tname\na3@example.org\tAna\n".into(),
        utf16("email\tname\r\na4@example.org\tÁna\r\n"),
        b"email,name\na5@example.org,Pe\xf1a\n".to_vec(),
        "a6@example.org\na7@example.org\n".into(),
        "email      , name\na8@example.org  , Ana  \n".into(),
        "Name,E-Mail Address\nAna,a9@example.org\n\n".into(),
        "email\n\u{200b}b1@example.org\no\u{2019}brien@example.org\nb1@example.org\n".into(),
        "email,name".into(),
    ];
    for list in lists {
        take(&app, &list).await.unwrap();
    }
    let names: Vec<String> = everybody(&app).await;
    let names: Vec<&str> = names
        .iter()
        .filter_map(|line| line.split('@').next())
        .collect();
    let expected = [
        "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1", "o'brien",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn the_exports_of_other_systems_keep_who_left_and_how_people_consented() {
    let (app, _folder) = app().await;
    for list in [
        "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at,labels\n\
         6,ghost@example.org,Ana,,true,false,2026-01-01T00:00:00.000Z,,\n\
         7,ghostleft@example.org,Left,,false,false,2026-01-01T00:00:00.000Z,,\n",
        "uuid,email,name,attributes,status,created_at,updated_at\n\
         u1,listmonk@example.org,Ana,{},enabled,2026-01-01,2026-01-01\n\
         u2,listmonkblocked@example.org,B,{},blocklisted,2026-01-01,2026-01-01\n",
        "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,TAGS\n\
         mailchimp@example.org,Ana,2,\"2021-03-01 12:00:00\",192.0.2.1,\"2021-03-01 12:05:00\",\n",
        "Email Address,UNSUB_TIME,UNSUB_REASON\n\
         mailchimpleft@example.org,2024-03-01 12:00:00,NORMAL\n",
        "Email Address,CLEAN_TIME\nmailchimpcleaned@example.org,2024-03-01 12:00:00\n",
        "Destination,Subscriber Type,Created At,Status\ngovdelivery@example.org,Email,2026-01-01,Active\n",
        "Email,First name,Status\nkeila@example.org,Ana,active\nkeilaleft@example.org,B,unsubscribed\n\
         keilabounced@example.org,C,unreachable\n",
        "Email address,Email permission status,Email lists\nconstant@example.org,Express,News\n",
        "Subscriber,Subscribed,Status\nmailerlite@example.org,2024-01-01,Active\nmailerlitejunk@example.org,2024-01-01,Junk\n",
        "email,active_subscription,email_disabled,created_at\nsubstack@example.org,false,false,2024-01-01\n\
         substackleft@example.org,false,true,2024-01-01\n",
    ] {
        take(&app, list.as_bytes()).await.unwrap();
    }
    assert_eq!(
        everybody(&app).await,
        [
            "constant@example.org confirmed press",
            "ghost@example.org confirmed press",
            "ghostleft@example.org unsubscribed ",
            "govdelivery@example.org confirmed press",
            "keila@example.org confirmed press",
            "keilabounced@example.org bounced ",
            "keilaleft@example.org unsubscribed ",
            "listmonk@example.org confirmed press",
            "listmonkblocked@example.org blocked ",
            "mailchimp@example.org confirmed press",
            "mailchimpcleaned@example.org bounced ",
            "mailchimpleft@example.org unsubscribed ",
            "mailerlite@example.org confirmed press",
            "mailerlitejunk@example.org complained ",
            "substack@example.org confirmed press",
            "substackleft@example.org unsubscribed ",
        ]
    );
    let story = evidence(&app, "mailchimp@example.org").await.unwrap();
    assert_eq!(story["events"][0]["original"]["OPTIN_IP"], "192.0.2.1");
    assert_eq!(
        story["events"][0]["original"]["CONFIRM_TIME"],
        "2021-03-01 12:05:00"
    );
    // Whoever bounced, complained or blocked elsewhere is suppressed, whatever a later list says.
    let later = "email\nkeilabounced@example.org\nmailerlitejunk@example.org\nlistmonkblocked@example.org\nghostleft@example.org\n";
    let report = take(&app, later.as_bytes()).await.unwrap();
    assert_eq!((report.imported, report.suppressed), (0, 4));
    assert_eq!(number(&app, "SELECT count(*) FROM suppression").await, 4);
}

#[tokio::test]
async fn the_newer_and_rarer_columns_of_other_systems_are_known_too() {
    let (app, _folder) = app().await;
    let slug = topics::topics(&app).await.unwrap()[0].slug.clone();
    let tags = format!(
        "Email Address,First Name,LAST_CHANGED,TAGS,NOTES\r\n\
         tagged@example.org,Ana,2024-01-01 10:00:00,\"\"\"{slug}\"\",\"\"Donor\"\"\",\"called,\nthen \"\"wrote\"\"\"\r\n"
    );
    for list in [
        tags.as_str(),
        "\u{feff}Email address;Email permission status;Confirmed Opt-Out Date;Email Lists\r\n\
         optedout@example.org;;02/24/2024;News\r\npermitted@example.org;Express;;News\r\n",
        "Email,Name,Signup IP,Opt-in date,Unsubscription date\n\
         lite@example.org,Ana,192.0.2.1,24.02.2024,\nliteleft@example.org,B,192.0.2.1,24.02.2024,2024-03-01\n",
        "email,status\nTwice@example.org,subscribed\ntwice@example.org,unsubscribed\n\
         again@example.org,bounced\nagain@example.org,active\n",
    ] {
        take(&app, list.as_bytes()).await.unwrap();
        // In the other ways in which a spreadsheet saves it.
        take(&app, &utf16(list.trim_start_matches('\u{feff}')))
            .await
            .unwrap();
    }
    let all = everybody(&app).await;
    let of = |address: &str| {
        let found = all
            .iter()
            .find(|line| line.to_lowercase().starts_with(address));
        found
            .unwrap_or_else(|| panic!("{address} in {all:?}"))
            .clone()
    };
    assert_eq!(
        of("tagged@"),
        format!("tagged@example.org confirmed {slug}")
    );
    for (address, status) in [
        ("optedout@", "unsubscribed"),
        ("permitted@", "confirmed"),
        ("lite@", "confirmed"),
        ("liteleft@", "unsubscribed"),
        ("twice@", "unsubscribed"),
        ("again@", "bounced"),
    ] {
        assert_eq!(of(address).split(' ').nth(1), Some(status), "{address}");
    }
    assert_eq!(all.len(), 7, "{all:?}");
    let evidence = evidence(&app, "tagged@example.org").await.unwrap();
    assert_eq!(evidence["status"], "confirmed");
}

#[tokio::test]
async fn what_is_not_sure_stops_before_anything_is_written_and_names_the_line() {
    let (app, _folder) = app().await;
    for (list, says) in [
        (
            "email,name\nana@example.org,\"Joe Smith\nbob@example.org,Bob\n",
            "line 2: a quotation mark",
        ),
        (
            "email,name\nana@example.org,\"Joe\nbob@example.org,\"Bob\"\n",
            "line 2: a quotation mark",
        ),
        (
            "email,name,city\nana@example.org,Ana,Tustin\nbob@example.org,Bob\n",
            "line 3 has 2 cells",
        ),
        (
            "email,name\nana@example.org,Lopez, Ana\n",
            "line 2 has 3 cells",
        ),
        (
            "email,status\nana@example.org,confirmed\nbob@example.org,gold\n",
            "line 3: `gold`",
        ),
        (
            "email,Delivery Status 2\nana@example.org,x\n",
            "line 2: `x` in the column `Delivery Status 2` may say that this person is not to be mailed",
        ),
        ("name,city\nAna,Tustin\n", "line 1 names no column `email`"),
    ] {
        let error = take(&app, list.as_bytes()).await.unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(number(&app, "SELECT count(*) FROM subscriber").await, 0);
    // Whoever knows says so.
    let mut answers = Answers::default();
    answers
        .statuses
        .insert("gold".to_owned(), StatusAnswer::Is(Status::Confirmed));
    answers
        .statuses
        .insert("test".to_owned(), StatusAnswer::Skip);
    let list = b"email,status\nana@example.org,gold\nbob@example.org,test\n";
    take_as(&app, list, import_of("signed"), answers)
        .await
        .unwrap();
    assert_eq!(everybody(&app).await, ["ana@example.org confirmed press"]);
    let report = take(&app, b"email\nnobody\nana@gmial.com\n").await.unwrap();
    assert_eq!(report.wrong, 2);
    assert!(
        report.reasons[0].starts_with("line 2: "),
        "{:?}",
        report.reasons
    );
    assert!(
        report.reasons[1].contains("did they mean ana@gmail.com?"),
        "{:?}",
        report.reasons
    );
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let (app, _folder) = app().await;
    test_data::subscriber(1).insert(&app).await;
    let list = b"email,status\nreader1@example.org,active\nnew@example.org,active\nnew@example.org,active\nleft@example.org,unsubscribed\n,\nx,active\n";
    let details = Import {
        dry_run: true,
        ..import_of("signed")
    };
    let report = take_as(&app, list, details, Answers::default())
        .await
        .unwrap();
    let counts = (report.imported, report.known, report.left, report.wrong);
    assert_eq!(counts, (1, 2, 1, 1));
    assert!(report.dry_run);
    assert_eq!(
        everybody(&app).await,
        ["reader1@example.org confirmed press"]
    );
    assert!(imports(&app).await.unwrap().is_empty());
}

#[tokio::test]
async fn o9_nobody_gets_a_topic_back_by_a_list_that_they_gave_up_here() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "veterans").await;
    let chose = (
        consent::Evidence::Confirmed,
        r#"{"topics":["press","veterans"]}"#,
    );
    let left = (
        consent::Evidence::TopicLeft,
        r#"{"topics_left":["veterans"]}"#,
    );
    test_data::subscriber(1)
        .evidence(&[chose, left])
        .insert(&app)
        .await;
    // Who never had it gains it.
    test_data::subscriber(2).insert(&app).await;
    let list = b"email,topics\nreader1@example.org,veterans\nreader2@example.org,veterans\n";
    let report = take(&app, list).await.unwrap();
    assert_eq!((report.known, report.gained, report.left_topic), (2, 1, 1));
    assert_eq!(
        everybody(&app).await,
        [
            "reader1@example.org confirmed press",
            "reader2@example.org confirmed press,veterans",
        ]
    );
}

#[tokio::test]
async fn a_known_person_gains_the_topic_and_who_left_elsewhere_leaves_here() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "veterans").await;
    for id in 1..=3 {
        test_data::subscriber(id).insert(&app).await;
    }
    let list = b"email,status,topics\nreader1@example.org,confirmed,Veterans\nreader2@example.org,unsubscribed,\nreader3@example.org,complained,\n";
    let report = take(&app, list).await.unwrap();
    assert_eq!((report.known, report.gained, report.left), (1, 1, 2));
    assert_eq!(
        everybody(&app).await,
        [
            "reader1@example.org confirmed press,veterans",
            "reader2@example.org unsubscribed ",
            "reader3@example.org complained ",
        ]
    );
}

#[tokio::test]
async fn a_whole_import_is_undone_and_what_people_did_since_stands() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "veterans").await;
    test_data::subscriber(1).insert(&app).await;
    let list = "email,topics\nreader1@example.org,veterans\nnew@example.org,press\nacted@example.org,press\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    take(&app, b"email,status\nbounced@example.org,bounced\n")
        .await
        .unwrap();
    crate::subscribers::unsubscribe_address(&app, "acted@example.org", "operator")
        .await
        .unwrap();
    let undone = undo_import(&app, &report.batch, "operator").await.unwrap();
    assert_eq!((undone.removed, undone.restored, undone.kept), (1, 1, 1));
    assert_eq!(
        everybody(&app).await,
        [
            "acted@example.org unsubscribed ",
            "bounced@example.org bounced ",
            "reader1@example.org confirmed press",
        ]
    );
    assert!(undo_import(&app, &report.batch, "operator").await.is_err());
    // It may be imported again.
    let again = take(&app, list.as_bytes()).await.unwrap();
    assert_eq!((again.imported, again.suppressed), (1, 1));
    let second = imports(&app).await.unwrap();
    assert_eq!(second.len(), 3);
}

/// As `gazette subscribers export` writes it.
pub(super) async fn exported(app: &App) -> Vec<u8> {
    let mut file = CsvFile::new(Vec::new(), &EXPORT_COLUMNS).unwrap();
    let mut after = ExportPlace::BEGINNING;
    while let Some((page, last)) = export(app, after, 2).await.unwrap() {
        after = last;
        for person in page {
            file.line(person.cells().unwrap()).unwrap();
        }
    }
    file.finish().unwrap()
}

#[tokio::test]
async fn an_export_makes_the_same_people_on_an_empty_instance() {
    let (from, _folder) = app().await;
    let veterans = test_data::topic(&from, "veterans").await;
    for (id, status) in (1..).zip([
        Status::Confirmed,
        Status::Unsubscribed,
        Status::Bounced,
        Status::Complained,
        Status::Blocked,
    ]) {
        let topics = if id == 1 { vec![veterans] } else { Vec::new() };
        let asked = r#"{"ip":"192.0.2.7","typed":"Reader, \"the first\""}"#;
        test_data::subscriber(id)
            .status(status)
            .since(id * 1_000)
            .topics(&topics)
            .evidence(&[(crate::subscribers::consent::Evidence::Confirmed, asked)])
            .insert(&from)
            .await;
    }
    let file = exported(&from).await;
    let (to, _other) = app().await;
    take(&to, &file).await.unwrap();
    assert_eq!(everybody(&to).await, everybody(&from).await);
    for id in 1..=5 {
        let email = format!("reader{id}@example.org");
        let (before, after) = (
            evidence(&from, &email).await.unwrap(),
            evidence(&to, &email).await.unwrap(),
        );
        assert_eq!(before["events"][0], after["events"][0]);
        assert_eq!(before["since"], after["since"]);
        let last = after["events"].as_array().unwrap().last().unwrap();
        assert_eq!(last["consent_text"], "signed a list");
    }
    assert_eq!(number(&to, "SELECT count(*) FROM suppression").await, 3);
}

#[tokio::test]
async fn evidence_that_cannot_be_read_is_named_by_line_before_anybody_is_written_down() {
    let (from, _folder) = app().await;
    for id in 1..=1_100 {
        test_data::subscriber(id).insert(&from).await;
    }
    let file = String::from_utf8(exported(&from).await).unwrap();
    let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
    let last = lines.len() - 1;
    let column = EXPORT_COLUMNS.iter().position(|name| *name == "evidence");
    let mut cells = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(lines[last].as_bytes())
        .records()
        .next()
        .unwrap()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    "broken".clone_into(&mut cells[column.unwrap()]);
    lines[last] = cells.join(",");
    let (to, _other) = app().await;
    let refused = take(&to, lines.join("\n").as_bytes()).await.unwrap_err();
    assert!(
        refused.contains(&format!("line {}:", last + 1)),
        "{refused}"
    );
    assert!(everybody(&to).await.is_empty());
}

#[tokio::test]
async fn a_round_trip_keeps_how_often_people_get_each_topic() {
    let (from, _folder) = app().await;
    let veterans = test_data::topic(&from, "veterans").await;
    for id in 1..=3 {
        let topics = [test_data::FIRST_TOPIC, veterans];
        test_data::subscriber(id)
            .topics(&topics)
            .insert(&from)
            .await;
    }
    // One gets a topic once a day; another has just chosen once a week, from the next summary on.
    for change in [
        "UPDATE subscription SET frequency = 1, frequency_before = 1 WHERE subscriber_id = 1 AND topic_id = $1",
        "UPDATE subscription SET frequency_wanted = 2 WHERE subscriber_id = 2 AND topic_id = $1",
    ] {
        let values = crate::values![veterans];
        db::execute(from.db.pool(), change, values).await.unwrap();
    }
    let (to, _other) = app().await;
    take(&to, &exported(&from).await).await.unwrap();
    let often = async |app: &App| -> Vec<String> {
        let (people, _) = export(app, ExportPlace::BEGINNING, 10)
            .await
            .unwrap()
            .unwrap();
        let lines = people
            .into_iter()
            .map(|person| person.cells().unwrap()[3].clone());
        lines.collect()
    };
    assert_eq!(
        often(&from).await,
        ["veterans=daily", "veterans=weekly", ""]
    );
    assert_eq!(often(&to).await, often(&from).await);
    let in_force = "SELECT count(*) FROM subscription WHERE frequency = 2 AND frequency_before = 2";
    assert_eq!(number(&to, in_force).await, 1);
    let kept = evidence(&to, "reader1@example.org").await.unwrap();
    assert_eq!(kept["frequency"]["veterans"], "daily");
    // What cannot be read stops before anything is written.
    let (other, _third) = app().await;
    let wrong = "email,status,topics,frequency,since,evidence\na@example.org,confirmed,press,press=hourly,,[]\n";
    let error = take(&other, wrong.as_bytes()).await.unwrap_err();
    assert!(error.contains("line 2: `press=hourly`"), "{error}");
    assert_eq!(number(&other, "SELECT count(*) FROM subscriber").await, 0);
    assert_eq!(Frequency::of_word("hourly"), None);
}

#[tokio::test]
async fn what_people_said_of_themselves_comes_with_them_and_goes_with_them() {
    let (from, _folder) = app().await;
    let list = "email,Zip Code\nreader1@example.org,92780-1234\nreader2@example.org,unknown\n";
    take(&from, list.as_bytes()).await.unwrap();
    let sql = r#"UPDATE subscriber_about SET answers = '[["How did you hear of us?","=A \"friend\", once"]]'"#;
    db::execute(from.db.pool(), sql, []).await.unwrap();
    let kept = evidence(&from, "reader1@example.org").await.unwrap();
    assert_eq!(kept["zip"], "92780");
    assert_eq!(kept["answers"][0][1], "=A \"friend\", once");
    // There and back again.
    let (to, _other) = app().await;
    take(&to, &exported(&from).await).await.unwrap();
    let there = evidence(&to, "reader1@example.org").await.unwrap();
    assert_eq!(
        (&there["zip"], &there["answers"]),
        (&kept["zip"], &kept["answers"])
    );
    let nothing = evidence(&to, "reader2@example.org").await.unwrap();
    assert!(nothing["zip"].is_null(), "{nothing}");
    let district = crate::form_questions::ZipCodes::parse("92700-92799").unwrap();
    let counted = crate::subscribers::in_and_outside(&to, &district)
        .await
        .unwrap();
    assert_eq!(counted, (1, 0));
    crate::subscribers::erase(&to, "reader1@example.org", "operator")
        .await
        .unwrap();
    let left = "SELECT count(*) FROM subscriber_about";
    assert_eq!(number(&to, left).await, 0);
    // An import that is undone takes it along.
    let batch = imports(&from).await.unwrap()[0].batch.clone();
    undo_import(&from, &batch, "operator").await.unwrap();
    assert_eq!(number(&from, left).await, 0);
}

#[tokio::test]
async fn a_person_says_what_the_columns_hold_that_nobody_knows() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "veterans").await;
    let list = "Who,Interest,Gone,Joined,Member status\n\
        ana@example.org,veterans,,May 1 at the fair,gold\n\
        bob@example.org,press,2026-02-03,,gold\n";
    let answers = |said: &[&str]| {
        let said: Vec<String> = said.iter().map(|said| (*said).to_owned()).collect();
        Answers::said(&["gold=confirmed".to_owned()], &said)
    };
    let unsure = take_as(
        &app,
        list.as_bytes(),
        import_of("signed"),
        answers(&[]).unwrap(),
    )
    .await;
    assert!(unsure.unwrap_err().contains("no column `email`"));
    let said = [
        "Who=email",
        "interest=topics",
        "Gone=left",
        "Joined=consent",
        "Member status=status",
    ];
    take_as(
        &app,
        list.as_bytes(),
        import_of("signed"),
        answers(&said).unwrap(),
    )
    .await
    .unwrap();
    assert_eq!(
        everybody(&app).await,
        [
            "ana@example.org confirmed veterans",
            "bob@example.org unsubscribed ",
        ]
    );
    let story = evidence(&app, "ana@example.org").await.unwrap();
    assert_eq!(
        story["events"][0]["original"]["Joined"],
        "May 1 at the fair"
    );
    // An address is no name of a column, and a meaning that is none is refused.
    let headless = b"ana2@example.org,x\nbob2@example.org,y\n";
    take_as(
        &app,
        headless,
        import_of("signed"),
        answers(&["ana2@example.org=email"]).unwrap(),
    )
    .await
    .unwrap();
    assert_eq!(everybody(&app).await.len(), 4);
    let error = answers(&["Who=address"]).unwrap_err().to_string();
    assert!(error.contains("one of email, status"), "{error}");
    assert_eq!(crate::subscribers::kind("E-Mail"), Column::Email);
}

#[tokio::test]
async fn topics_are_made_named_ordered_and_archived_with_a_line_in_the_log() {
    let (app, _folder) = app().await;
    let who = "ada@office.example";
    topics::add(&app, "veterans", "Veterans", "Help for veterans", who)
        .await
        .unwrap();
    for (slug, name) in [
        ("Veterans", "x"),
        ("veterans", "x"),
        ("", "x"),
        ("a b", "x"),
        ("ok", " "),
    ] {
        assert!(
            topics::add(&app, slug, name, "", who).await.is_err(),
            "{slug} {name}"
        );
    }
    topics::describe(&app, "veterans", Some("Veterans’ news"), None, who)
        .await
        .unwrap();
    topics::order(&app, &["veterans".to_owned()], who)
        .await
        .unwrap();
    let slugs = async || -> Vec<String> {
        let known = crate::subscribers::topics::topics(&app).await.unwrap();
        known
            .into_iter()
            .map(|topic| format!("{}={}", topic.slug, topic.name))
            .collect()
    };
    assert_eq!(
        slugs().await,
        ["veterans=Veterans’ news", "press=Press releases"]
    );
    topics::archive(&app, "press", true, who).await.unwrap();
    assert_eq!(slugs().await, ["veterans=Veterans’ news"]);
    assert!(topics::archive(&app, "veterans", true, who).await.is_err());
    assert_eq!(slugs().await.len(), 1);
    topics::archive(&app, "press", false, who).await.unwrap();
    let listed = topics::listing(&app).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(!listed[1].archived);
    let lines = crate::audit::latest(&app.db, i64::MAX, 100).await.unwrap();
    let ours = lines
        .iter()
        .filter(|line| line.object.starts_with("topic"))
        .count();
    assert_eq!(ours, 5);
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let error = ImportFile::open(
        Path::new("/nowhere/list.csv"),
        "list.csv",
        Answers::default(),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("cannot read /nowhere/list.csv"),
        "{error}"
    );
}

#[tokio::test]
async fn who_was_erased_is_not_imported_again_because_a_stranger_typed_their_address() {
    let (app, _folder) = app().await;
    take(&app, b"email\nana@example.org\n").await.unwrap();
    crate::subscribers::erase(&app, "ana@example.org", "operator")
        .await
        .unwrap();
    let row = async |expected: (u64, u64)| {
        let report = take(&app, b"email\nana@example.org\n").await.unwrap();
        assert_eq!((report.imported, report.suppressed), expected);
    };
    row((0, 1)).await;
    // A sign-up that nobody has confirmed.
    let asking = test_data::subscriber(77)
        .email("ana@example.org")
        .status(Status::Pending);
    asking.topics(&[]).evidence(&[]).insert(&app).await;
    row((0, 1)).await;
    assert_eq!(status(&app, 77).await, Some(Status::Pending));
}

#[tokio::test]
async fn a_round_trip_keeps_what_topics_are_called_and_which_are_offered() {
    let (from, _folder) = app().await;
    let who = "ada@office.example";
    for (slug, name) in [("veterans", "Veterans’ news"), ("gone", "Formerly: water")] {
        let topic = topics::add(&from, slug, name, "", who).await.unwrap();
        test_data::subscriber(topic)
            .topics(&[topic])
            .insert(&from)
            .await;
    }
    topics::archive(&from, "gone", true, who).await.unwrap();
    let names = async |app: &App| -> Vec<String> {
        let topics = topics::every_topic(app).await.unwrap();
        let names = topics.iter().map(|topic| {
            let archived = topic.archived_at.is_some();
            format!("{}={} {archived}", topic.slug, topic.name)
        });
        names.collect()
    };
    let (to, _other) = app().await;
    let file = String::from_utf8(exported(&from).await).unwrap();
    take(&to, file.as_bytes()).await.unwrap();
    assert_eq!(names(&to).await, names(&from).await);
    assert_eq!(everybody(&to).await, everybody(&from).await);
    // A topic that readers know by that name is the same one.
    let (third, _third_folder) = app().await;
    topics::add(&third, "vets", "Veterans’ News", "", who)
        .await
        .unwrap();
    take(&third, file.as_bytes()).await.unwrap();
    let there = everybody(&third).await;
    assert!(there[0].ends_with("confirmed vets"), "{there:?}");
    // An older version's export says nothing of it.
    let mut older = csv::Writer::from_writer(Vec::new());
    for line in csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(file.as_bytes())
        .records()
    {
        let line = line.unwrap();
        older.write_record(line.iter().take(10)).unwrap();
    }
    let (fourth, _fourth_folder) = app().await;
    take(&fourth, &older.into_inner().unwrap()).await.unwrap();
    assert_eq!(everybody(&fourth).await, everybody(&from).await);
    let expected = [
        "press=Press releases false",
        "veterans=veterans false",
        "gone=gone false",
    ];
    assert_eq!(names(&fourth).await, expected);
}

#[tokio::test]
async fn a_round_trip_keeps_an_address_that_looks_mistyped_or_like_a_formula() {
    let (from, _folder) = app().await;
    for (id, email) in (1..).zip(["joe@yaho.com", "'=eq@example.org", "=eq@example.org"]) {
        test_data::subscriber(id).email(email).insert(&from).await;
    }
    let (to, _other) = app().await;
    let report = take(&to, &exported(&from).await).await.unwrap();
    assert_eq!((report.imported, report.wrong), (3, 0));
    assert_eq!(everybody(&to).await, everybody(&from).await);
}
