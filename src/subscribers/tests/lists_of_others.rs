//! Lists as real systems export them, column by column: whoever left, bounced or never confirmed there is
//! not mailed here, and what could hide such a person is asked about.

use super::{
    importing::{everybody, exported, import_of, take, take_as, utf16},
    *,
};
use crate::subscribers::{Answers, Import, ImportReport, evidence, offered_topics};

/// Who is in a list after it was imported into an empty instance, as `local-part status`; what was said
/// before of what would be came true.
pub(super) async fn people(list: &[u8]) -> Vec<String> {
    let (app, _folder) = app().await;
    let details = Import {
        dry_run: true,
        ..import_of("signed")
    };
    let would = take_as(&app, list, details, Answers::default()).await;
    assert!(everybody(&app).await.is_empty(), "a dry run wrote somebody");
    let (would, is) = (would.unwrap(), take(&app, list).await.unwrap());
    let numbers =
        |report: &ImportReport| (report.imported, report.pending, report.left, report.wrong);
    assert_eq!(numbers(&would), numbers(&is));
    standing(&app).await
}

pub(super) async fn standing(app: &App) -> Vec<String> {
    let all = everybody(app).await;
    let short = all.iter().map(|line| {
        let (local, rest) = line.split_once('@').unwrap();
        let status = rest.split(' ').nth(1).unwrap();
        format!("{local} {status}")
    });
    short.collect()
}

#[tokio::test]
async fn the_exports_of_twelve_systems_keep_everybody_where_they_stand() {
    for (list, expected) in [
        // phpList: nought and one, and whoever never confirmed.
        (
            "id,email,confirmed,blacklisted,optedin,bouncecount,entered,modified,htmlemail,disabled\n\
             1,on@example.org,1,0,1,0,2019-01-01 10:00:00,2020-01-01,1,0\n\
             2,never@example.org,0,0,0,0,2019-01-01 10:00:00,2020-01-01,1,0\n\
             3,out@example.org,1,1,1,0,2019-01-01 10:00:00,2020-01-01,1,0\n\
             4,off@example.org,1,0,1,0,2019-01-01 10:00:00,2020-01-01,1,1\n",
            vec![
                "never pending",
                "off unsubscribed",
                "on confirmed",
                "out unsubscribed",
            ],
        ),
        // Google Groups: a title above the names, and members who wanted no mail.
        (
            "Members for group town-news\n\
             Email address,Nickname,Group status,Email status,Email preference,Posting permissions,Join year\n\
             boss@example.org,,owner,,All email,allowed,2020\n\
             quiet@example.org,,member,,No email,allowed,2020\n\
             gone@example.org,,member,bouncing,All email,allowed,2020\n\
             asked@example.org,,invited,,All email,allowed,2020\n\
             out@example.org,,banned,,All email,allowed,2020\n",
            vec![
                "asked pending",
                "boss confirmed",
                "gone bounced",
                "out blocked",
                "quiet unsubscribed",
            ],
        ),
        // Google Contacts and Outlook: many columns, and the address under a name of its own.
        (
            "Name,Given Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Value\n\
             Ana Lopez,Ana,* myContacts,Home,ana@example.org,555\n",
            vec!["ana confirmed"],
        ),
        (
            "\"First Name\",\"Last Name\",\"E-mail Address\",\"E-mail Type\",\"E-mail Display Name\",\"Language\"\r\n\
             \"Ana\",\"Lopez\",\"ana@example.org\",\"SMTP\",\"Ana Lopez (ana@example.org)\",\"Spanish\"\r\n",
            vec!["ana confirmed"],
        ),
        // A Mailman roster, with names and without a header.
        (
            "Ana Lopez <ana@example.org>\nbob@example.org\n",
            vec!["ana confirmed", "bob confirmed"],
        ),
        // Brevo.
        (
            "CONTACT ID;EMAIL;FIRSTNAME;DOUBLE_OPT-IN;OPT_IN;ADDED_TIME;EMAIL_BLACKLISTED\n\
             1;on@example.org;Ana;Yes;Yes;2024-05-01 10:00:00;No\n\
             2;off@example.org;Bob;Yes;Yes;2024-05-01 10:00:00;Yes\n",
            vec!["off unsubscribed", "on confirmed"],
        ),
        // Campaign Monitor.
        (
            "Email Address,Name,Date Subscribed,Status\n\
             on@example.org,Ana,2024-05-01,Active\ndead@example.org,Bob,2024-05-01,Bounced\n\
             off@example.org,Cy,2024-05-01,Unsubscribed\nhalf@example.org,Di,2024-05-01,Unconfirmed\n",
            vec![
                "dead bounced",
                "half pending",
                "off unsubscribed",
                "on confirmed",
            ],
        ),
        // GovDelivery's report of deleted subscribers.
        (
            "Date Deleted,Date Created,Days Subscribed,Country Code,Destination,Deletion Reason,Deleted By,Subscriptions Count\n\
             2025-01-02,2020-01-01,100,,off@example.org,By Subscriber,off@example.org,3\n",
            vec!["off unsubscribed"],
        ),
        // HubSpot and Salesforce.
        (
            "First Name,Email,Unsubscribed from all email\nAna,on@example.org,false\nBob,off@example.org,true\n",
            vec!["off unsubscribed", "on confirmed"],
        ),
        (
            "First Name,Email,Email Opt Out\nAna,on@example.org,0\nBob,off@example.org,1\n",
            vec!["off unsubscribed", "on confirmed"],
        ),
        // A database's own words for nothing.
        (
            "email,unsubscribed_at,bounced_at\non@example.org,NULL,\\N\nalso@example.org,0000-00-00 00:00:00,\noff@example.org,2024-01-01,\n",
            vec!["also confirmed", "off unsubscribed", "on confirmed"],
        ),
        // Mailchimp's words in a column for getting mail.
        (
            "email,subscribed\non@example.org,2024-01-01 10:00\noff@example.org,Unsubscribed\n",
            vec!["off unsubscribed", "on confirmed"],
        ),
    ] {
        assert_eq!(people(list.as_bytes()).await, expected, "{list}");
    }
}

#[tokio::test]
async fn a_list_is_read_as_spreadsheets_of_all_kinds_save_it() {
    let many: Vec<String> = (0..200).map(|at| format!("column {at}")).collect();
    let wide = format!(
        "email,{}\nana@example.org{}\n",
        many.join(","),
        ",".repeat(200)
    );
    let without_mark: Vec<u8> = "email\tname\r\nana@example.org\tÁna\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let big_endian: Vec<u8> = "email,name\nana@example.org,Ána\n"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let lists: [Vec<u8>; 16] = [
        "sep=;\r\nemail;name\r\nana@example.org;\"Lopez; Ana\"\r\n".into(),
        "\u{feff}sep=;\nemail;name\nana@example.org;Ana\n".into(),
        "\"sep=;\"\nemail;name\nana@example.org;Ana\n".into(),
        "sep=,\nana@example.org,Ana\n".into(),
        "SEP=\t\nemail\tname\nana@example.org\tAna\n".into(),
        utf16("sep=;\r\nemail;name\r\nana@example.org;Ana\r\n"),
        "email|name\nana@example.org|Ana\n".into(),
        without_mark,
        big_endian,
        // Old programs of the Mac end their lines with a carriage return alone.
        "email,name\rana@example.org,Ana\r".into(),
        "Email*,Name:\nana@example.org,Ana\n".into(),
        "email,note\nana@example.org,\"one\r\ntwo, \"\"three\"\"\"\n".into(),
        "email,name,name\nana@example.org,Ana,Lopez\n".into(),
        "email;name\nana@example.org;Ana\n;\n\n;\n".into(),
        "Subscribers of June\n\nEmail address;Name\nana@example.org;Ana\n".into(),
        wide.into(),
    ];
    for list in lists {
        let shown = String::from_utf8_lossy(&list)
            .chars()
            .take(80)
            .collect::<String>();
        assert_eq!(people(&list).await, ["ana confirmed"], "{shown}");
    }
}

#[tokio::test]
async fn what_could_hide_somebody_who_left_is_asked_about_with_the_line() {
    let (app, _folder) = app().await;
    for (list, says) in [
        (
            "email,State\nana@example.org,CA\nbob@example.org,Unsubscribed\n",
            "line 3: `Unsubscribed` in the column `State`",
        ),
        (
            "email,Unsub from digests\nana@example.org,no\nbob@example.org,May 3\n",
            "line 3: `May 3` in the column `Unsub from digests`",
        ),
        (
            "email,soft_bounces\nana@example.org,0\nbob@example.org,4\n",
            "line 3: `4` in the column `soft_bounces`",
        ),
        (
            "ana@example.org,Ana\nbob@example.org,opted-out\n",
            "line 2: `opted-out` in the column `Ana`",
        ),
        (
            "email,subscribed\nana@example.org,yes\nbob@example.org,sometimes\n",
            "line 3: `sometimes` in the column `subscribed`",
        ),
    ] {
        let error = take(&app, list.as_bytes()).await.unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(number(&app, "SELECT count(*) FROM subscriber").await, 0);
    // What a person says of the column holds.
    let list = b"email,State\nana@example.org,CA\nbob@example.org,Unsubscribed\n";
    let said = |meaning: &str| Answers::said(&["CA=confirmed".to_owned()], &[meaning.to_owned()]);
    let answers = said("State=status").unwrap();
    take_as(&app, list, import_of("signed"), answers)
        .await
        .unwrap();
    assert_eq!(standing(&app).await, ["ana confirmed", "bob unsubscribed"]);
    let (second, _other) = super::app().await;
    let answers = said("State=nothing").unwrap();
    take_as(&second, list, import_of("signed"), answers)
        .await
        .unwrap();
    assert_eq!(standing(&second).await, ["ana confirmed", "bob confirmed"]);
}

#[tokio::test]
async fn a_file_that_is_named_after_those_who_left_makes_nobody_a_subscriber() {
    let (app, _folder) = app().await;
    test_data::subscriber(1).insert(&app).await;
    let list = "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME\nreader1@example.org,2,,\nnew@example.org,2,,\n";
    for source in [
        "nonsubscribed_email_audience_export_1a2b.csv",
        "Unsubscribes 2025.csv",
        "hard-bounces.csv",
        "brevo_blocklist.txt",
        "blocked.csv",
        "removed.csv",
        "bajas.csv",
        "inactive_subscribers.csv",
    ] {
        let details = Import {
            source,
            ..import_of("")
        };
        let refused = take_as(&app, list.as_bytes(), details, Answers::default()).await;
        let error = refused.unwrap_err();
        assert!(error.contains(source), "{error}");
    }
    assert_eq!(standing(&app).await, ["reader1 confirmed"]);
    let details = Import {
        source: "Unsubscribes 2025.csv",
        ..import_of("left our former list")
    };
    let answers = Answers::said(&["everybody=unsubscribed".to_owned()], &[]).unwrap();
    let report = take_as(&app, list.as_bytes(), details, answers)
        .await
        .unwrap();
    assert_eq!((report.imported, report.left), (0, 2));
    assert_eq!(
        standing(&app).await,
        ["new unsubscribed", "reader1 unsubscribed"]
    );
}

#[tokio::test]
async fn what_is_no_list_says_what_it_is_and_how_to_get_one() {
    let (app, _folder) = app().await;
    let (mut workbook, mut archive) = (b"PK\x03\x04".to_vec(), b"PK\x03\x04".to_vec());
    workbook.extend(b"\x14\0[Content_Types].xml");
    archive.extend(b"\x14\0subscribed_members_export.csv");
    let long = format!("email,note\nana@example.org,{}\n", "x".repeat(1_000_000));
    let open = format!("email,note\nana@example.org,\"{}", "x\n".repeat(3_000_000));
    for (list, says) in [
        (workbook.as_slice(), "this is an Excel workbook"),
        (archive.as_slice(), "this is a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "this is an old Excel workbook"),
        (b"%PDF-1.7", "this is a PDF"),
        (b"BEGIN:VCARD\r\nVERSION:3.0", "vCard"),
        (
            b"<html><table><tr><td>ana@example.org",
            "this is a web page",
        ),
        (b"[{\"email\":\"ana@example.org\"}]", "this is JSON"),
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "the file is empty"),
        (b"\xff\xfe", "the file is empty"),
        (b";;;\n;;;\n", "names no column `email`"),
        (long.as_bytes(), "line 2: cell 2 holds 1000000 characters"),
        (open.as_bytes(), "line 2: a quotation mark is opened there"),
    ] {
        let error = take(&app, list).await.unwrap_err();
        assert!(error.contains(says), "{says}: {error}");
    }
    assert_eq!(number(&app, "SELECT count(*) FROM subscriber").await, 0);
    // Names of columns alone are a list of nobody.
    let report = take(&app, b"email,name\n").await.unwrap();
    assert_eq!((report.imported, report.wrong), (0, 0));
}

#[tokio::test]
async fn consent_topics_and_language_of_another_list_come_along() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "veterans").await;
    let list = "Email,Lists,Tags,Language,Opt-In Date,Signup IP,Confirmed Opt-Out Reason\n\
        ana@example.org,Press,\"donor, Veterans\",Español,2020-02-03 10:00,192.0.2.9,\n";
    take(&app, list.as_bytes()).await.unwrap();
    assert_eq!(
        everybody(&app).await,
        ["ana@example.org confirmed press,veterans"]
    );
    let kept = evidence(&app, "ana@example.org").await.unwrap();
    let original = &kept["events"][0]["original"];
    assert_eq!(original["Opt-In Date"], "2020-02-03 10:00");
    assert_eq!(original["Signup IP"], "192.0.2.9");
    let spanish = "SELECT count(*) FROM subscriber WHERE language = 'es'";
    assert_eq!(number(&app, spanish).await, 1);
}

#[tokio::test]
async fn the_offices_own_export_survives_a_spreadsheet() {
    let (from, _folder) = app().await;
    let list = "email,status,Zip Code,source\nana@example.org,active,92780,\"fair; in \"\"May\"\"\"\n-bob@example.org,active,,\ncy@example.org,unsubscribed,,\n";
    take(&from, list.as_bytes()).await.unwrap();
    let export = exported(&from).await;
    // As a spreadsheet with another comma saves what it has opened.
    let mut saved = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(export.as_slice());
    for record in reader.records() {
        saved.write_record(&record.unwrap()).unwrap();
    }
    let mut bytes = "\u{feff}sep=;\r\n".as_bytes().to_vec();
    bytes.extend(saved.into_inner().unwrap());
    let (to, _other) = app().await;
    take(&to, &bytes).await.unwrap();
    assert_eq!(everybody(&to).await, everybody(&from).await);
    for email in ["ana@example.org", "-bob@example.org", "cy@example.org"] {
        let (before, after) = (
            evidence(&from, email).await.unwrap(),
            evidence(&to, email).await.unwrap(),
        );
        assert_eq!(after["events"][0], before["events"][0], "{email}");
        assert_eq!(after["zip"], before["zip"], "{email}");
    }
}

#[tokio::test]
async fn a_no_in_a_column_that_nobody_knows_is_asked_about_and_a_yes_is_not() {
    let (app, _folder) = app().await;
    for (name, no, yes) in [
        ("active", "false", "true"),
        ("is_active", "0", "1"),
        ("Enabled", "no", "yes"),
        ("Opt-In", "N", "Y"),
        ("consent", "no", "given"),
        ("consent", "Not consented", "2019-02-03"),
        ("permission", "none", "express"),
        ("accepts_marketing", "No", "Yes"),
        ("DNC", "1", "0"),
        ("HasOptedOutOfEmail", "1", "0"),
        ("DoNotEmail", "TRUE", "FALSE"),
        ("donotbulkemail", "1", "0"),
        ("GDPR consent", "no", "yes"),
        ("Consent", "withdrawn", "given"),
        ("Consent to email", "false", "true"),
        ("Wants newsletter", "no", "yes"),
        ("Opted in for email", "no", "yes"),
        ("Left", "yes", ""),
        ("Tags", "vip, unsubscribed", "vip"),
        ("frequency", "never", "weekly"),
        ("state", "deleted", "CA"),
        ("subscriber_type", "unactivated", "regular"),
        ("email_opt_in", "0", "1"),
        ("inactive", "1", "0"),
        ("isBlocked", "true", "false"),
        ("email_blocked", "1", "0"),
        ("banned", "yes", "no"),
        ("is_disabled", "1", "0"),
        ("undeliverable", "1", "0"),
        ("Invalid", "x", ""),
        ("spam", "1", "0"),
        ("abuse", "true", "false"),
        ("baja", "si", ""),
        ("Type", "unsubscriber", "subscriber"),
        (
            "notes",
            "UNSUBSCRIBED 2020",
            "met at the fair, unsubscribed to nothing",
        ),
        ("notes", "do not contact", "do not call before nine"),
    ] {
        let list = |cell: &str| format!("email,{name}\nana@example.org,\"{cell}\"\n");
        let asked = take(&app, list(no).as_bytes()).await.unwrap_err();
        assert!(
            asked.contains("line 2") || asked.contains("Line 2"),
            "{name}: {asked}"
        );
        take(&app, list(yes).as_bytes())
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn somebody_without_a_status_in_a_list_that_has_one_is_asked_about() {
    let (app, _folder) = app().await;
    let list = b"email,status\nana@example.org,active\nbob@example.org,\n";
    let asked = take(&app, list).await.unwrap_err();
    assert!(
        asked.contains("line 3: nothing stands in the column `status`"),
        "{asked}"
    );
    let answers = Answers::said(&["everybody=skip".to_owned()], &[]).unwrap();
    take_as(&app, list, import_of("signed"), answers)
        .await
        .unwrap();
    assert_eq!(standing(&app).await, ["ana confirmed"]);
    // Another column says it.
    let list = b"email,status,Unsubscribed at\ncy@example.org,,2024-01-01\n";
    take(&app, list).await.unwrap();
    assert_eq!(standing(&app).await, ["ana confirmed", "cy unsubscribed"]);
}

#[tokio::test]
async fn a_status_in_the_readers_own_languages_makes_nobody_a_subscriber_who_left() {
    // What is surely a status is read.
    for (list, expected) in [
        (
            "Correo electrónico,Estado de suscripción",
            ["activo", "baja"],
        ),
        ("이메일,구독 상태", ["구독 중", "수신거부"]),
        ("địa chỉ email,Trạng thái đăng ký", ["đã đăng ký", "đã hủy"]),
        ("电子邮件,订阅状态", ["已订阅", "已退订"]),
        ("電郵,訂閱狀態", ["已訂閱", "取消訂閱"]),
        ("البريد الإلكتروني,حالة الاشتراك", ["مشترك", "ملغى"]),
    ] {
        let [stays, left] = expected;
        let list = format!("{list}\non@example.org,{stays}\nout@example.org,{left}\n");
        let is = people(list.as_bytes()).await;
        assert_eq!(is, ["on confirmed", "out unsubscribed"], "{list}");
    }
    // What may be one is asked about.
    for column in [
        "Estado",
        "Estatus",
        "상태",
        "Trạng thái",
        "状态",
        "狀態",
        "الحالة",
        "Statut",
    ] {
        let (app, _folder) = app().await;
        let list = format!("email,{column}\nout@example.org,gold\n");
        let error = take(&app, list.as_bytes()).await.unwrap_err();
        assert!(error.contains(column), "{error}");
        assert!(everybody(&app).await.is_empty());
    }
    // In a column that nobody knows the word itself says it.
    for left in ["Dado de baja", "수신거부", "已取消訂閱", "đã hủy đăng ký"] {
        let (app, _folder) = app().await;
        let list = format!("email,notes\nout@example.org,{left}\n");
        assert!(take(&app, list.as_bytes()).await.is_err(), "{left}");
    }
}

#[tokio::test]
async fn of_whom_a_list_says_no_language_has_the_offices_first() {
    let (app, _folder) = app().await;
    Office::set_all(&app.db, "operator", &[("languages", "es,en")], 0)
        .await
        .unwrap();
    take(&app, b"email\nana@example.org\n").await.unwrap();
    let list = "email,language\nbob@example.org,English\ncy@example.org,\ndi@example.org,fr\n";
    take(&app, list.as_bytes()).await.unwrap();
    let sql = "SELECT language FROM subscriber ORDER BY email";
    let languages: Vec<String> = db::scalars(app.db.pool(), sql, []).await.unwrap();
    assert_eq!(languages, ["es", "en", "es", "es"]);
}

#[tokio::test]
async fn an_address_that_looks_mistyped_is_taken_as_it_is_written_where_that_is_right() {
    let (app, _folder) = app().await;
    let list = b"email,status\njoe@yaho.com,confirmed\nann@yaho.com,unsubscribed\nbob@yaho.com,bounced\ncy@yaho.com,pending\n";
    let report = take(&app, list).await.unwrap();
    assert_eq!((report.left, report.wrong, report.mistyped), (2, 2, 2));
    assert_eq!(standing(&app).await, ["ann unsubscribed", "bob bounced"]);
    let reason = "SELECT count(*) FROM suppression";
    assert_eq!(number(&app, reason).await, 1);
    // The address that may have been meant is somebody else's.
    let other = take(&app, b"email\nbob@yahoo.com\n").await.unwrap();
    assert_eq!((other.imported, other.suppressed), (1, 0));
    let details = Import {
        as_written: true,
        ..import_of("signed")
    };
    let report = take_as(&app, list, details, Answers::default()).await;
    let report = report.unwrap();
    assert_eq!((report.imported, report.pending, report.wrong), (1, 1, 0));
    // Who is known here by it, or left by another line, is nobody else.
    test_data::topic(&app, "water").await;
    let list = b"email,status,topics\nnobody,active,\nzoe@yaho.com,active,\njoe@yaho.com,active,water\ndi@yaho.com,active,\ndi@yaho.com,unsubscribed,\n";
    let report = take(&app, list).await.unwrap();
    assert_eq!((report.gained, report.left, report.mistyped), (1, 1, 1));
    let lines: Vec<&str> = report.reasons.iter().map(|reason| &reason[..7]).collect();
    assert_eq!(lines, ["line 2:", "line 3:"]);
    // Where nobody else stands in it there is nothing to undo.
    let report = take(&app, b"email\nzoe@yaho.com\n").await.unwrap();
    assert_eq!((report.batch.as_str(), report.mistyped), ("", 1));
}

#[tokio::test]
async fn nothing_in_a_column_of_yes_or_no_makes_nobody_a_subscriber() {
    for column in [
        "confirmed",
        "is_confirmed",
        "subscribed",
        "is_subscribed",
        "subscribed_to_emails",
        "opted_in",
    ] {
        let (app, _folder) = app().await;
        let list =
            format!("email,{column}\nno@example.org,no\nyes@example.org,yes\nout@example.org,\n");
        let error = take(&app, list.as_bytes()).await.unwrap_err();
        assert!(
            error.contains("line 4") && error.contains(column),
            "{error}"
        );
        assert!(everybody(&app).await.is_empty());
        let answers = Answers::said(&["everybody=skip".to_owned()], &[]).unwrap();
        let taken = take_as(&app, list.as_bytes(), import_of("signed"), answers).await;
        assert_eq!(taken.unwrap().imported, 1, "{column}");
    }
    let (app, _folder) = app().await;
    let error = take(&app, b"email,double opt-in\nout@example.org,no\n").await;
    assert!(error.unwrap_err().contains("double opt-in"));
}

#[tokio::test]
async fn who_asked_for_something_else_gets_not_everything() {
    for (column, cell) in [
        ("Groups", "Fishing"),
        ("Email Lists", "General Interest"),
        ("topics", "none"),
        ("Interests", "\"Jobs, Fishing\""),
        ("TAGS", "\"\"\"donor\"\",\"\"2019\"\"\""),
    ] {
        let (app, _folder) = app().await;
        test_data::topic(&app, "veterans").await;
        let offered = offered_topics(&app).await.unwrap();
        let asking = || Answers::default().asking_for_topics(&offered);
        let list = format!("Email,{column}\nin@example.org,\"Veterans\"\nout@example.org,{cell}\n");
        let error = take_as(&app, list.as_bytes(), import_of("signed"), asking()).await;
        let error = error.unwrap_err();
        assert!(
            error.contains("line 3") && error.contains(column),
            "{error}"
        );
        assert!(everybody(&app).await.is_empty());
        // Some of what they asked for is ours, or the list says nothing of topics for them.
        let list =
            format!("Email,{column}\nin@example.org,\"Fishing, Veterans\"\nall@example.org,\n");
        let taken = take_as(&app, list.as_bytes(), import_of("signed"), asking()).await;
        assert_eq!(taken.unwrap().imported, 2);
        let all = everybody(&app).await;
        assert_eq!(
            all,
            [
                "all@example.org confirmed press,veterans",
                "in@example.org confirmed veterans"
            ]
        );
        // What they asked for is kept as it stood there.
        let proof = evidence(&app, "in@example.org").await.unwrap().to_string();
        assert!(proof.contains("Fishing, Veterans"), "{proof}");
        // Who says what the list is for is not asked.
        let answers = Answers::said(&[], &[format!("{column}=nothing")]).unwrap();
        let answers = answers.asking_for_topics(&offered);
        let list = format!("Email,{column}\nout@example.org,{cell}\n");
        let taken = take_as(&app, list.as_bytes(), import_of("signed"), answers).await;
        assert_eq!(taken.unwrap().imported, 1);
    }
}
