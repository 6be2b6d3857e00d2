//! Lists that say yes, no and more in words and languages of their own: nobody who said no is mailed, nobody who
//! said yes is written off, and what is not understood stops with the line.

use super::{
    importing::{everybody, exported, import_of, take, take_as},
    lists_of_others::{people, standing},
    *,
};
use crate::subscribers::{Answers, Import, evidence, offered_topics};

/// That a list of somebody with this cell stops at their line, before anybody is written down.
async fn is_asked_about(app: &App, names: &str, cell: &str) {
    let list = format!("{names}\nana@example.org;\"{cell}\"\n");
    match take(app, list.as_bytes()).await {
        Ok(report) => panic!("{list}: {report:?}"),
        Err(error) => assert!(error.contains("line 2"), "{list}: {error}"),
    }
    assert!(everybody(app).await.is_empty(), "{list}");
}

#[tokio::test]
async fn a_no_in_the_readers_languages_makes_nobody_a_subscriber() {
    let (app, _folder) = app().await;
    for (names, no) in [
        ("Correo;Boletin", "No"),
        ("Correo;Activo", "No"),
        ("Correo;Recibe correos", "No"),
        ("E-Mail;Newsletter", "Nein"),
        ("E-mail;Newsletter", "Non"),
        ("邮箱;是否订阅", "否"),
        ("Địa chỉ email;Đồng ý nhận tin", "Không"),
        ("이메일;뉴스레터 수신", "아니요"),
        ("Email;Newsletter", "No thanks"),
        ("Email;Newsletter", "not interested"),
        ("Email;Newsletter", "-"),
        ("Email;Do you want our newsletter?", "No, thank you"),
        ("Email;Consent", "Declined on 2024-02-02"),
        ("Email;Permission", "Revoked 2023"),
        ("Email;Marketing consent", "Did not opt in"),
        ("Email;Email Marketing Consent", "NEVER_SUBSCRIBED"),
        ("Email;Comments", "UNSUBSCRIBED per phone call on 3/4"),
        ("EmailAddress;Reason", "BOUNCE"),
        ("EmailAddress;Reason", "COMPLAINT"),
        ("Email;Result", "hard_bounce"),
        ("Email;No Email", "Y"),
        ("Email;No Newsletter", "Yes"),
        ("email1;email1_is_bad", "true"),
        ("Email;Deactivated", "1710000000"),
        ("Email;Left on", "2024-01-01"),
        ("Email;Email OK", "N"),
        ("Email;Preferred contact method", "Mail only"),
        // A name that could be the address', beside the address.
        ("Email;Subscriber", "No"),
        ("Email;Subscription state", "Off"),
        ("Email;Kündigung", "ja"),
        ("Email;Type", "Former"),
    ] {
        is_asked_about(&app, names, no).await;
    }
    for (names, yes) in [
        ("Correo;Boletin", "Sí"),
        ("E-Mail;Newsletter", "Ja"),
        ("邮箱;是否订阅", "是"),
        ("Địa chỉ email;Đồng ý nhận tin", "Có"),
        ("Email;No Newsletter", "No"),
        ("Email;Email Marketing Consent", "SUBSCRIBED"),
    ] {
        let list = format!("{names}\nana@example.org;{yes}\n");
        assert_eq!(people(list.as_bytes()).await, ["ana confirmed"], "{list}");
    }
}

#[tokio::test]
async fn one_answer_says_who_wants_mail_by_a_column_of_yes_and_no() {
    let (app, _folder) = app().await;
    let list = "Correo;Nombre;Boletin\non@example.org;Ana;Si\nout@example.org;Bob;No\n";
    let answers = Answers::said(&[], &["Boletin=stays".to_owned()]).unwrap();
    take_as(&app, list.as_bytes(), import_of("signed"), answers)
        .await
        .unwrap();
    assert_eq!(standing(&app).await, ["on confirmed", "out unsubscribed"]);
}

#[tokio::test]
async fn what_excel_makes_of_true_and_false_takes_nobody_off() {
    for (name, no, yes) in [
        ("email_disabled", "FALSO", "VERDADERO"),
        ("Unsubscribed from all email", "FALSCH", "WAHR"),
        ("Unsubscribed", "FAUX", "VRAI"),
        ("Opt-Out", "Nein", "Ja"),
        ("Unsubscribed", "n.a.", "Sí"),
        ("Unsubscribed", "N/D", "2024-01-15"),
        ("Unsubscribed", "not yet", "x"),
        ("Unsubscribed", "☐", "☑"),
    ] {
        let list = format!("email;{name}\non@example.org;{no}\nout@example.org;{yes}\n");
        let is = people(list.as_bytes()).await;
        assert_eq!(is, ["on confirmed", "out unsubscribed"], "{list}");
    }
    let (app, _folder) = app().await;
    is_asked_about(&app, "email;Unsubscribed", "too many emails").await;
    // Whoever says what the column holds is not asked for each reason.
    let list = b"email,Unsubscribed\nana@example.org,too many emails\n";
    let answers = Answers::said(&[], &["Unsubscribed=left".to_owned()]).unwrap();
    take_as(&app, list, import_of("signed"), answers)
        .await
        .unwrap();
    assert_eq!(standing(&app).await, ["ana unsubscribed"]);
}

#[tokio::test]
async fn nothing_where_others_have_a_yes_is_no_yes() {
    let (app, _folder) = app().await;
    let list = b"email,Newsletter\nout@example.org,\non@example.org,X\n";
    let asked = take(&app, list).await.unwrap_err();
    assert!(
        asked.contains("line 2: nothing stands in the column `Newsletter`"),
        "{asked}"
    );
    let said = ["everybody=skip".to_owned()];
    let answers = Answers::said(&said, &["Newsletter=stays".to_owned()]).unwrap();
    take_as(&app, list, import_of("signed"), answers)
        .await
        .unwrap();
    assert_eq!(standing(&app).await, ["on confirmed"]);
    // Another column says where they stand, or nobody has anything in it.
    for list in [
        "email,status,Newsletter\non@example.org,active,yes\nout@example.org,active,\n",
        "email,Newsletter\non@example.org,\nout@example.org,\n",
    ] {
        let is = people(list.as_bytes()).await;
        assert_eq!(is, ["on confirmed", "out confirmed"], "{list}");
    }
}

/// As these systems write them, with the columns that they have.
#[tokio::test]
async fn the_lists_of_the_systems_that_are_known_by_name_are_asked_nothing_needless() {
    let confirmed = ["a confirmed", "b unsubscribed"];
    for list in [
        "uuid,email,name,attributes,status,created_at,updated_at\n\
         u,a@example.org,A,\"{\"\"city\"\": \"\"Tustin, CA\"\"}\",enabled,2024-01-01T00:00:00Z,2024-01-01\n\
         u,b@example.org,B,{},disabled,2024-01-01,2024-01-01\n",
        "Email,First name,Last name,Data,Status,External ID\n\
         a@example.org,A,B,\"{\"\"lang\"\": \"\"es\"\"}\",active,\nb@example.org,A,B,{},unsubscribed,\n",
        "Email address,First name,Last name,Company,Job title,Email status,Email permission status,Email update source,\
         Confirmed Opt-Out Date,Confirmed Opt-Out Source,Confirmed Opt-Out Reason,Phone - home,Street address line 1 - Home,\
         State/province - home,Zip/postal code - home,Tags,Email Lists,Source Name,Created At,Updated At\n\
         a@example.org,A,,,,Active,Express,Contact,,,,,,CA,92604,General,General,Import,2020-01-01 10:00:00 EST,2020-01-01\n\
         b@example.org,A,,,,Unsubscribed,Opted out,Contact,2021-01-01,Contact,too many,,,CA,92604,,,Import,2020-01-01,\n",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n\
         6,a@example.org,Ana,,true,false,,2026-01-01T00:00:00.000Z,,,\n\
         7,b@example.org,L,,false,false,,2026-01-01T00:00:00.000Z,,,\n",
        "Subscriber,Subscriber Type,Subscribed Date,Days Subscribed,Topic Name,Subscription Source,Status\n\
         a@example.org,Email,2024-01-01,100,Press releases,Direct,Active\n\
         b@example.org,Email,2024-01-01,12,Press releases,Direct,Inactive\n",
        "Subscriber,Status? ,Sent,Opens,Clicks,Subscribed,Location,Groups,Unsubscribed,Source\n\
         a@example.org,Active,1,1,1,2024-01-01 10:00:00,US,,,Form\n\
         b@example.org,Unsubscribed,1,1,1,2024-01-01 10:00:00,US,,2024-02-02 10:00:00,Form\n",
        "email,active_subscription,expiry,email_disabled,digest_enabled,created_at\n\
         a@example.org,false,,false,false,2024-01-02\nb@example.org,false,,true,false,2024-01-02\n",
        "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Bestseller,Emails received (6mo),Emails dropped (6mo),\
         num_emails_opened,Country,State/Province,Type,Subscription source (free),Unsubscribed\n\
         a@example.org,A,,2024-05-01,2024-01-01,,,0,0,0,US,CA,Free,direct,\n\
         b@example.org,A,,,2024-01-01,,,12,0,3,US,CA,Author,direct,yes\n",
        "Email Address,Name,Date Subscribed,State,Subscribe IP,Consent to track,Unsubscribed Date\n\
         a@example.org,A,2024-01-01 10:00,Active,192.0.2.1,No,\nb@example.org,A,2024-01-01 10:00,Active,192.0.2.1,Yes,2024-02-01\n",
        "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;EXT_ID;BLACKLISTED;DOUBLE_OPT-IN;OPT_IN;ADDED_TIME;MODIFIED_TIME\n\
         1;a@example.org;A;B;;;No;2;;01-02-2024;01-02-2024\n2;b@example.org;A;B;;;Yes;2;No;01-02-2024;01-02-2024\n",
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Marketing contact status,\
         Unsubscribed from all email,Opted out of email: Newsletter,Email hard bounce reason,Create Date\n\
         1,A,B,a@example.org,,Jane,Open deal,Marketing contact,false,,,2024-01-01\n\
         2,A,B,b@example.org,,Jane,,Non-marketing contact,true,,,2024-01-01\n",
        "ID,Email,First Name,Last Name,Phone,Account,Tags,Lists,Date Created,IP Address,Status,Score\n\
         1,a@example.org,A,B,,,,Main,2024-01-01 10:00:00,192.0.2.1,Active,0\n\
         2,b@example.org,A,B,,,,Main,2024-01-01 10:00:00,192.0.2.1,Unsubscribed,0\n",
    ] {
        assert_eq!(people(list.as_bytes()).await, confirmed, "{list}");
    }
    let mailchimp = "Email Address,First Name,Last Name,Address,Phone Number,Birthday,Interests,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,\
         CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n\
         a@example.org,Ana,L,,,,,2,2021-03-01 12:00:00,192.0.2.1,2021-03-01 12:00:00,192.0.2.1,,,,,,,,2021-03-01 12:00:00,1,a,,\n";
    assert_eq!(people(mailchimp.as_bytes()).await, ["a confirmed"]);
}

#[tokio::test]
async fn mailchimps_archived_contacts_are_asked_about_and_its_spam_is_a_complaint() {
    let (app, _folder) = app().await;
    let details = Import {
        source: "archived_email_audience_export_1a2b.csv",
        ..import_of("signed")
    };
    let list = b"Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID\na@example.org,A,2,2021-03-01 12:00:00,1\n";
    let asked = take_as(&app, list, details, Answers::default()).await;
    assert!(asked.unwrap_err().contains("archived_email"));
    let details = Import {
        source: "unsubscribed_email_audience_export_1a2b.csv",
        ..import_of("signed")
    };
    let list = "Email Address,First Name,OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER\n\
        a@example.org,A,2021-03-01 12:00:00,2022-03-01 12:00:00,X,1,NORMAL,\n\
        b@example.org,B,2021-03-01 12:00:00,2022-03-01 12:00:00,X,1,SPAM,\n\
        c@example.org,C,2021-03-01 12:00:00,2022-03-01 12:00:00,X,1,OTHER,moved away\n";
    take_as(&app, list.as_bytes(), details, Answers::default())
        .await
        .unwrap();
    assert_eq!(
        standing(&app).await,
        ["a unsubscribed", "b complained", "c unsubscribed"]
    );
    let why = evidence(&app, "b@example.org").await.unwrap();
    assert_eq!(why["events"][0]["original"]["UNSUB_REASON"], "SPAM");
}

#[tokio::test]
async fn the_report_names_the_languages_that_are_not_understood() {
    let (app, _folder) = app().await;
    let list = "Correo electrónico;Idioma\na@example.org;Espanol\nb@example.org;Spanish (Mexico)\nc@example.org;VIE\n\
        d@example.org;Cantonese\ne@example.org;Klingon\nf@example.org;klingon\ng@example.org;\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    let sql = "SELECT language FROM subscriber ORDER BY email";
    let languages: Vec<String> = db::scalars(app.db.pool(), sql, []).await.unwrap();
    assert_eq!(languages, ["es", "es", "vi", "zh-Hant", "en", "en", "en"]);
    let unknown: Vec<(String, u64)> = report.unknown_languages.into_iter().collect();
    assert_eq!(
        unknown,
        [("Klingon".to_owned(), 1), ("klingon".to_owned(), 1)]
    );
}

#[tokio::test]
async fn the_report_names_what_stands_among_topics_and_is_none() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "veterans").await;
    let list = "email,topics\na@example.org,\"Water, Veterans\"\nb@example.org,\"veterans, water\"\nc@example.org,press\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    let said: Vec<String> = report.not_understood().collect();
    assert!(said[0].ends_with(": Water (1), water (1)"), "{said:?}");
}

#[tokio::test]
async fn how_often_people_want_mail_is_taken_where_it_is_understood_and_told_of_else() {
    let (app, _folder) = app().await;
    test_data::topic(&app, "veterans").await;
    let list = "email,topics,frequency\na@example.org,veterans,Weekly\nb@example.org,,daily digest\n\
        c@example.org,veterans,Immediately\nd@example.org,veterans,monthly\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    let sql = "SELECT CAST(t.frequency AS BIGINT) FROM subscription t
               JOIN subscriber s ON s.id = t.subscriber_id ORDER BY s.email";
    let often: Vec<i64> = db::scalars(app.db.pool(), sql, []).await.unwrap();
    let (each, daily, weekly) = (0, 1, 2);
    assert_eq!(often, [weekly, daily, daily, each, each]);
    assert_eq!(report.unknown_frequencies["monthly"], 1);
    is_asked_about(&super::app().await.0, "email;frequency", "never").await;
    // Who is here already keeps what they have, and the report says so.
    let list = "email,topics,Digest For\na@example.org,veterans,0\ne@example.org,press,1\nf@example.org,press,30\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    assert_eq!(report.known_frequencies, 1);
    let often: Vec<i64> = db::scalars(app.db.pool(), sql, []).await.unwrap();
    assert_eq!(often, [weekly, daily, daily, each, each, daily, each]);
    assert_eq!(report.unknown_frequencies["30"], 1);
    // Two columns that say two things are asked about by neither being taken.
    let list = "email,topics,frequency,digest\ng@example.org,press,daily,weekly\n";
    let report = take(&app, list.as_bytes()).await.unwrap();
    assert_eq!(report.unknown_frequencies["daily / weekly"], 1);
}

#[tokio::test]
async fn our_own_export_without_its_evidence_widens_nobodys_topics() {
    let (from, _folder) = app().await;
    let veterans = test_data::topic(&from, "veterans").await;
    for (id, topics) in [
        (1, vec![veterans]),
        (2, vec![]),
        (3, vec![test_data::FIRST_TOPIC, veterans]),
    ] {
        test_data::subscriber(id)
            .topics(&topics)
            .insert(&from)
            .await;
    }
    let file = String::from_utf8(exported(&from).await).unwrap();
    for removed in [
        &["evidence"][..],
        &["topic_details"],
        &["evidence", "topic_details"],
    ] {
        let mut lines = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(file.as_bytes());
        let lines: Vec<csv::StringRecord> = lines.records().map(Result::unwrap).collect();
        let kept: Vec<usize> = (0..lines[0].len())
            .filter(|at| !removed.contains(&&lines[0][*at]))
            .collect();
        let mut less = csv::Writer::from_writer(Vec::new());
        for line in &lines {
            less.write_record(kept.iter().map(|at| &line[*at])).unwrap();
        }
        let (to, _other) = app().await;
        test_data::topic(&to, "water").await;
        take(&to, &less.into_inner().unwrap()).await.unwrap();
        assert_eq!(everybody(&to).await, everybody(&from).await, "{removed:?}");
    }
    // Of a few columns of it that somebody kept, too, the short names are known.
    let (to, _other) = app().await;
    test_data::topic(&to, "veterans").await;
    test_data::topic(&to, "water").await;
    let asking = Answers::default().asking_for_topics(&offered_topics(&to).await.unwrap());
    let list = b"email,status,topics\nreader3@example.org,confirmed,press veterans\n";
    take_as(&to, list, import_of("signed"), asking)
        .await
        .unwrap();
    assert_eq!(
        everybody(&to).await,
        ["reader3@example.org confirmed press,veterans"]
    );
}

/// Whatever it is called, in whatever language: a yes, a no, a tick, or a date that only some have.
#[tokio::test]
async fn a_column_that_may_decide_who_is_mailed_is_asked_about_whatever_it_is_called() {
    let (app, _folder) = app().await;
    for (name, bad, good) in [
        ("Pending", "1", ""),
        ("Awaiting confirmation", "Yes", "No"),
        ("Gesperrt", "Ja", "Nein"),
        ("Sperre", "x", ""),
        ("Austragung", "12.03.2024", ""),
        ("Unzustellbar", "x", ""),
        ("Nicht anschreiben", "x", ""),
        ("Locked", "Yes", "No"),
        ("Purged", "Yes", ""),
        ("Do Not Process", "Yes", "No"),
        ("GDPR erase", "Yes", "No"),
        ("Right to be forgotten", "Yes", ""),
        ("Objected", "TRUE", "FALSE"),
        ("DNE", "1", "0"),
        ("Restricted", "Yes", "No"),
        ("Reachable", "No", "Yes"),
        ("sub", "0", "1"),
        ("Clean Reason", "hard", ""),
        ("Last error", "550 5.1.1 user unknown", ""),
        ("Last Event", "bounce", "delivered"),
        ("Is globally ineligible", "true", "false"),
        ("Email Address Quarantined", "true", "false"),
        ("Bestätigt am", "", "2024-03-01"),
        ("verified_at", "", "2024-03-01"),
    ] {
        let list = format!("email;{name}\nbad@example.org;{bad}\ngood@example.org;{good}\n");
        match take(&app, list.as_bytes()).await {
            Ok(report) => panic!("{list}: {report:?}"),
            Err(error) => assert!(error.contains(name), "{list}: {error}"),
        }
        assert!(everybody(&app).await.is_empty(), "{list}");
    }
    // Who did not confirm there waits; and what says nothing of mail asks nothing.
    let list = "email;status;Bestätigt\nann@example.org;aktiv;Nein\nbob@example.org;aktiv;Ja\n";
    take(&app, list.as_bytes()).await.unwrap();
    let list = "email;Veteran;Last visit;Number of children;Note;Member since\n\
                cid@example.org;Yes;2024-01-01;1;x;2020-01-01\ndan@example.org;No;;3;met at the fair;\n";
    take(&app, list.as_bytes()).await.unwrap();
    assert_eq!(
        everybody(&app).await,
        [
            "ann@example.org pending press",
            "bob@example.org confirmed press",
            "cid@example.org confirmed press",
            "dan@example.org confirmed press"
        ]
    );
}

#[tokio::test]
async fn the_line_that_is_named_is_the_one_that_an_editor_shows_whatever_ends_it() {
    let (app, _folder) = app().await;
    for end in ["\n", "\r\n", "\r"] {
        let lines = [
            "email,name,status",
            "a@example.org,\"A\",active",
            "b@example.org,B,\"active\"",
            "c@example.org,C",
        ];
        let error = take(&app, lines.join(end).as_bytes()).await.unwrap_err();
        assert!(error.contains("line 4"), "{end:?}: {error}");
        let list = format!("email,name{end}not an address,A{end}");
        let report = take(&app, list.as_bytes()).await.unwrap();
        let why = &report.reasons[0];
        assert!(why.starts_with("line 2"), "{end:?}: {why}");
    }
}
