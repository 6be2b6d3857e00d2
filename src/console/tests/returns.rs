//! What came back, as staff see it: why, the raw mail, undo, filing, and the test of the set-up.

use super::{house::is_built_for_everyone, *};
use crate::{
    delivery_state::DeliveryState,
    returns::{ReturnWay, receive_for},
    subscribers::link::SubscriberLink,
    test_data,
};

/// A newsletter that two readers got, and a signed return path of each.
async fn mailed(app: &App) -> [String; 2] {
    test_data::office(app).await;
    test_data::subscribers(app, 2).await;
    let id = test_data::newsletter("a-bridge-opens")
        .sending()
        .insert(app)
        .await;
    for reader in 1..=2 {
        let delivery = test_data::delivery(id, reader).state(DeliveryState::Accepted);
        delivery.insert(app).await;
    }
    [1, 2].map(|subscriber| {
        let link = SubscriberLink {
            subscriber,
            newsletter: id,
        };
        let local = link.placeholders(&app.keys).return_path;
        format!(
            "{}@bounce.doe.example",
            std::str::from_utf8(&local).unwrap()
        )
    })
}

pub(super) async fn came(app: &App, to: &str, mail: &str) {
    receive_for(app, ReturnWay::Listener, "", to, mail.as_bytes())
        .await
        .unwrap();
}

const BOUNCE: &str = "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n\
    <reader1@example.org>: host mx said: 550 5.1.1 <script>alert(1)</script> user unknown (in reply to RCPT TO command)\r\n";

pub(super) const RIDDLE: &str =
    "From: MAILER-DAEMON@mx.example\r\nSubject: <b>Xyzzy</b>\r\n\r\nplugh\r\n";

#[tokio::test]
async fn staff_see_why_mail_stopped_and_an_editor_undoes_it_once() {
    let (app, _place) = instance().await;
    let [first, _] = mailed(&app).await;
    came(&app, &first, BOUNCE).await;
    let site = Browser::on(&app);
    let mut viewer = member(&app, &site, Role::Viewer).await;
    let list = viewer.get("/staff/returns").await;
    is_built_for_everyone(&list.text);
    for words in [
        "Did not arrive",
        "mail to this reader stopped",
        "example.org",
    ] {
        assert!(list.text.contains(words), "{words}: {}", list.text);
    }
    let page = viewer.get("/staff/returns/1").await;
    is_built_for_everyone(&page.text);
    assert!(page.text.contains("550 5.1.1"), "{}", page.text);
    // Nobody but an admin sees the address, and nothing of the mail is markup.
    assert!(!page.text.contains("reader1@"), "{}", page.text);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    assert!(!page.text.contains("Undo:"), "{}", page.text);
    // It stands on the person's own page, too.
    let mut admin = member(&app, &site, Role::Admin).await;
    let whom = [("email", "reader1@example.org")];
    let person = admin
        .submit("/staff/subscribers", "/staff/subscribers", &whom)
        .await;
    assert!(person.text.contains("Did not arrive"), "{}", person.text);
    let whom = [("email", "reader2@example.org")];
    let person = admin
        .submit("/staff/subscribers", "/staff/subscribers", &whom)
        .await;
    assert!(!person.text.contains("Did not arrive"), "{}", person.text);
    let mut editor = member(&app, &site, Role::Editor).await;
    let (page, path) = ("/staff/returns/1", "/staff/returns/1/undo");
    let stopped = editor.get(page).await;
    let again = stopped.token();
    let answer = editor.submit(page, path, &[]).await;
    assert_eq!(answer.location(), "/staff/returns?done=return-undone");
    let query = "SELECT count(*) FROM subscriber WHERE status = 1";
    assert_eq!(number(&app, query).await, 2);
    // The same press from an old page changes nothing and says so.
    let answer = editor.post(path, &[("form_token", &again)]).await;
    assert_eq!(answer.status, axum::http::StatusCode::CONFLICT);
    let list = editor.get("/staff/returns").await.text;
    assert!(list.contains("undone by editor@example.gov"), "{list}");
}

#[tokio::test]
async fn what_is_not_understood_waits_until_one_press_files_it() {
    let (app, _place) = instance().await;
    let [_, second] = mailed(&app).await;
    came(&app, &second, RIDDLE).await;
    came(&app, &second, &RIDDLE.replace("plugh", "plover")).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let list = editor.get("/staff/returns?show=set-aside").await;
    is_built_for_everyone(&list.text);
    assert_eq!(list.text.matches("· please look at it").count(), 2);
    assert!(!list.text.contains("<b>Xyzzy"), "{}", list.text);
    let (page, path) = ("/staff/returns/1", "/staff/returns/1/file");
    let answer = editor.submit(page, path, &[]).await;
    assert_eq!(answer.location(), "/staff/returns?done=filed");
    let aside = "SELECT count(*) FROM returned_mail WHERE state = 3";
    assert_eq!(number(&app, aside).await, 1);
    editor
        .submit("/staff/returns", "/staff/returns/file", &[])
        .await;
    assert_eq!(number(&app, aside).await, 0);
    let filed = "SELECT count(*) FROM audit WHERE action = 'return.file'";
    assert_eq!(number(&app, filed).await, 2);
}

#[tokio::test]
async fn the_raw_mail_is_for_admins_as_text_and_the_log_says_who_looked() {
    let (app, _place) = instance().await;
    let [first, _] = mailed(&app).await;
    came(&app, &first, BOUNCE).await;
    let site = Browser::on(&app);
    let mut editor = member(&app, &site, Role::Editor).await;
    let refused = editor.get("/staff/returns/1/mail").await;
    assert_eq!(refused.status, axum::http::StatusCode::FORBIDDEN);
    let mut admin = member(&app, &site, Role::Admin).await;
    let mail = admin.get("/staff/returns/1/mail").await;
    assert!(mail.text.contains("<reader1@example.org>"));
    assert_eq!(mail.header("content-type"), "text/plain; charset=utf-8");
    let looked = "SELECT count(*) FROM audit WHERE action = 'return.read'";
    assert_eq!(number(&app, looked).await, 1);
    // On the person's page, too.
    let form = [("email", "reader1@example.org")];
    let person = admin
        .submit("/staff/subscribers", "/staff/subscribers", &form)
        .await;
    is_built_for_everyone(&person.text);
    assert!(person.text.contains("/staff/returns/1"), "{}", person.text);
    app.db
        .execute("UPDATE returned_mail SET mail = NULL", [])
        .await
        .unwrap();
    let gone = admin.get("/staff/returns/1/mail").await;
    assert_eq!(gone.status, axum::http::StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_list_is_narrowed_by_newsletter_provider_and_topic() {
    let (app, _place) = instance().await;
    let [first, second] = mailed(&app).await;
    came(&app, &first, BOUNCE).await;
    came(&app, &second, RIDDLE).await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let slug: Option<String> = db::scalar(app.db.pool(), "SELECT slug FROM topic WHERE id = 1", [])
        .await
        .unwrap();
    let slug = slug.unwrap();
    for (query, bounce, riddle) in [
        ("?provider=Example.org".to_owned(), true, true),
        ("?provider=example.net".to_owned(), false, false),
        (format!("?topic={slug}"), true, true),
        ("?topic=none".to_owned(), false, false),
        ("?show=bounce".to_owned(), true, false),
        ("?newsletter=1".to_owned(), true, true),
        ("?before=2".to_owned(), true, false),
    ] {
        let page = viewer.get(&format!("/staff/returns{query}")).await.text;
        let cards = page.split("<ol class=\"cards\">").nth(1).unwrap();
        assert_eq!(cards.contains("/staff/returns/1\""), bounce, "{query}");
        assert_eq!(cards.contains("/staff/returns/2\""), riddle, "{query}");
    }
    let missing = viewer.get("/staff/returns?newsletter=99").await;
    assert_eq!(missing.status, axum::http::StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_test_says_what_it_saw_and_a_mailbox_that_cannot_be_read_is_not_saved() {
    let (app, _place) = instance().await;
    mailed(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, test) = ("/staff/returns/setup", "/staff/returns/test");
    is_built_for_everyone(&admin.get(page).await.text);
    let answer = admin.submit(page, test, &[]).await;
    assert!(
        answer.text.contains("No mailbox is set."),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("No domain for returned mail is set"),
        "{}",
        answer.text
    );
    // A port of this machine where nobody listens.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port().to_string();
    drop(nobody);
    let form = [
        ("host", "127.0.0.1"),
        ("port", port.as_str()),
        ("user", "bounces"),
        ("password", "geheim-7"),
        ("folder", "INBOX"),
    ];
    let answer = admin.submit(page, "/staff/returns/mailbox", &form).await;
    assert_eq!(answer.status, axum::http::StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("cannot be reached"), "{}", answer.text);
    assert!(answer.text.contains("Nothing was saved"), "{}", answer.text);
    assert!(!answer.text.contains("geheim-7"), "{}", answer.text);
    let saved = "SELECT count(*) FROM office_setting WHERE key = 'returns-mailbox'";
    assert_eq!(number(&app, saved).await, 0);
}

const REPORT: &str = "From: d@mailbox.example\r\nSubject: Report Domain: doe.example Submitter: mailbox.example Report-ID: 1\r\n\
    Content-Type: text/xml\r\n\r\n<feedback><report_metadata><org_name>Mail&lt;b&gt;box</org_name><report_id>1</report_id></report_metadata>\
    <policy_published><domain>doe.example</domain></policy_published><record><row><source_ip>203.0.113.9</source_ip><count>7</count>\
    <policy_evaluated><disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>\
    <auth_results><dkim><domain>mailer.example</domain><result>pass</result></dkim></auth_results></record></feedback>\r\n";

#[tokio::test]
async fn staff_see_who_else_sends_as_the_office_and_what_did_not_align() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let path = "/staff/returns/reports";
    let empty = viewer.get(path).await;
    is_built_for_everyone(&empty.text);
    assert!(empty.text.contains("No report has come"), "{}", empty.text);
    came(&app, "dmarc@bounce.doe.example", REPORT).await;
    let page = viewer.get(path).await;
    is_built_for_everyone(&page.text);
    for words in [
        "203.0.113.9",
        "not proved to be yours",
        "DKIM: pass for mailer.example. SPF: not looked at.",
        "Receivers: refused.",
        "Mail&lt;b&gt;box",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let list = viewer.get("/staff/returns?show=report").await.text;
    assert!(list.contains("it saw 7 mails in your name"), "{list}");
}
