//! Somebody calls: their topics, their address and the confirmation mail, as an admin changes them.

use super::*;
use crate::{
    clock::DAY,
    secret::Token,
    subscribers::{self, Channel, Frequency, RequestOrigin, SignUp},
    test_data, values,
};

const PAGE: &str = "/staff/subscribers";
const CHOOSE: &str = "/staff/subscribers/choose";
const ADDRESS: &str = "/staff/subscribers/address";
const RESEND: &str = "/staff/subscribers/resend";
const UNSUBSCRIBE: &str = "/staff/subscribers/unsubscribe";

/// The token of the newest mail to somebody.
async fn mailed(app: &App, recipient: &str) -> Option<Token> {
    let sql =
        "SELECT token_label FROM transactional_mail WHERE recipient = $1 ORDER BY id DESC LIMIT 1";
    let label: Option<String> = db::scalar(app.db.pool(), sql, values![recipient])
        .await
        .unwrap();
    label.map(|label| app.keys.token(&label))
}

async fn mails(app: &App) -> i64 {
    number(app, "SELECT count(*) FROM transactional_mail").await
}

/// Whether what is said of the error leads to the field, which stands in a form that is open.
fn leads_to_an_open_form(page: &str, field: &str) -> bool {
    let Some((before, _)) = page.split_once(&format!(" id=\"{field}\"")) else {
        return false;
    };
    let details = before.rsplit_once("<details").map_or("", |(_, rest)| rest);
    let led = format!(
        "id=\"problem\" tabindex=\"-1\"><p><strong>This needs a correction: </strong><a href=\"#{field}\">"
    );
    page.contains(&led) && details.starts_with(" open")
}

#[tokio::test]
async fn a_persons_page_has_an_address_that_names_nobody_and_the_log_notes_each_look() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    test_data::subscriber(3).insert(&app).await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let shown = ada
        .submit(PAGE, PAGE, &[("email", "reader3@example.org")])
        .await;
    let own = "/staff/subscribers/person/3";
    let said = format!("data-page=\"{own}\"");
    assert!(shown.text.contains(&said), "{}", shown.text);
    let looks = "SELECT count(*) FROM audit WHERE action = 'subscriber.evidence'";
    let before = number(&app, looks).await;
    let page = ada.get(own).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("reader3@example.org"), "{}", page.text);
    assert_eq!(number(&app, looks).await, before + 1);
    let nobody = ada.get("/staff/subscribers/person/4").await;
    assert_eq!(nobody.status, 404);
    assert!(nobody.text.contains("any more"), "{}", nobody.text);
}

#[tokio::test]
async fn topics_are_changed_at_somebodys_word_and_the_evidence_names_who_did_it() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    let veterans = test_data::topic(&app, "veterans").await;
    test_data::topic(&app, "schools").await;
    test_data::subscriber(3).insert(&app).await;
    test_data::subscriber(4)
        .status(subscribers::Status::Unsubscribed)
        .insert(&app)
        .await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let email = ("email", "reader3@example.org");
    let shown = ada.submit(PAGE, PAGE, &[email]).await;
    assert!(
        shown.text.contains("value=\"press\" checked"),
        "{}",
        shown.text
    );
    let typed = [email, ("topic", "veterans"), ("topic", "schools")];
    let done = ada.submit(PAGE, CHOOSE, &typed).await;
    assert!(done.text.contains("what is ticked"), "{}", done.text);
    assert!(
        done.text.contains("gets veterans, schools"),
        "{}",
        done.text
    );
    assert!(done.text.contains("admin@example.gov"), "{}", done.text);
    let none = ada.submit(PAGE, CHOOSE, &[email]).await;
    assert_eq!(none.status, 422);
    assert!(
        leads_to_an_open_form(&none.text, "their-topics"),
        "{}",
        none.text
    );
    let erase = "/staff/subscribers/erase";
    let unsure = ada.submit(PAGE, erase, &[email]).await;
    assert_eq!(unsure.status, 422);
    assert!(
        leads_to_an_open_form(&unsure.text, "sure"),
        "{}",
        unsure.text
    );
    let taken = [email, ("new_email", "no address")];
    let wrong = ada.submit(PAGE, ADDRESS, &taken).await;
    assert!(
        leads_to_an_open_form(&wrong.text, "changed-email"),
        "{}",
        wrong.text
    );
    assert!(none.text.contains("Tick at least one"), "{}", none.text);
    let has = format!(
        "SELECT count(*) FROM subscription WHERE subscriber_id = 3 AND topic_id >= {veterans}"
    );
    assert_eq!(number(&app, &has).await, 2);
    // Who left stays away, and the page says so.
    let left = [("email", "reader4@example.org"), ("topic", "veterans")];
    let refused = ada.submit(PAGE, CHOOSE, &left).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("Only they can come back"),
        "{}",
        refused.text
    );
    let nobody = [("email", "nobody@example.org"), ("topic", "veterans")];
    assert_eq!(ada.submit(PAGE, CHOOSE, &nobody).await.status, 422);
    let log = ada.get("/staff/audit").await;
    assert!(log.text.contains("changed the topics of"), "{}", log.text);
    assert!(!log.text.contains("reader3@example.org"), "{}", log.text);
}

#[tokio::test]
async fn a_new_address_is_confirmed_by_who_reads_it_and_nothing_changes_before() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    test_data::subscriber(3).insert(&app).await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let change = |to| [("email", "reader3@example.org"), ("new_email", to)];
    for (to, says) in [
        ("nobody", "an email address has a name"),
        ("Reader3@example.org", "the address that they have"),
    ] {
        let before = mails(&app).await;
        let refused = ada.submit(PAGE, ADDRESS, &change(to)).await;
        assert_eq!(refused.status, 422, "{to}");
        assert!(refused.text.contains(says), "{to}: {}", refused.text);
        assert!(
            refused.text.contains(&format!("value=\"{to}\"")),
            "{to} is lost"
        );
        assert_eq!(mails(&app).await, before, "{to}");
    }
    let asked = ada.submit(PAGE, ADDRESS, &change("new@example.org")).await;
    assert!(
        asked.text.contains("until then it goes to the old address"),
        "{}",
        asked.text
    );
    let of = |email: &'static str| {
        let app = app.clone();
        async move { subscribers::evidence(&app, email).await }
    };
    assert!(of("new@example.org").await.is_err(), "it was not confirmed");
    assert_eq!(
        of("reader3@example.org").await.unwrap()["status"],
        "confirmed"
    );
    let token = mailed(&app, "new@example.org").await.unwrap();
    let origin = RequestOrigin::default();
    subscribers::change_address(&app, &token, &origin)
        .await
        .unwrap();
    let known = of("new@example.org").await.unwrap();
    assert_eq!(known["status"], "confirmed");
    let evidence = known["events"].to_string();
    assert!(
        evidence.contains("\"asked_by\":\"admin@example.gov\""),
        "{evidence}"
    );
    assert!(of("reader3@example.org").await.is_err());

    // The limit of a day is said with its end, and no mail goes.
    let again = |to| [("email", "new@example.org"), ("new_email", to)];
    for to in ["a@example.org", "b@example.org"] {
        assert_eq!(ada.submit(PAGE, ADDRESS, &again(to)).await.status, 200);
    }
    let before = mails(&app).await;
    let refused = ada.submit(PAGE, ADDRESS, &again("c@example.org")).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("Try again after Wed, Feb 25, 2026"),
        "{}",
        refused.text
    );
    assert_eq!(mails(&app).await, before);
}

#[tokio::test]
async fn the_confirmation_mail_goes_once_more_within_the_limits_and_the_page_says_when() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    let sign_up = SignUp {
        email: "zoe@example.org".to_owned(),
        topics: Vec::new(),
        frequency: Frequency::Each,
        language: "es".to_owned(),
        page: "https://news.example.gov/".to_owned(),
        channel: Channel::Form,
        ip: "192.0.2.1".to_owned(),
        networks: Vec::new(),
        user_agent: String::new(),
        about: subscribers::AboutReader::default(),
    };
    subscribers::receive(&app, &sign_up).await.unwrap();
    subscribers::answer_sign_ups(&app).await.unwrap();
    let first = mailed(&app, "zoe@example.org").await.unwrap();
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let email = [("email", "zoe@example.org")];
    let shown = ada.submit(PAGE, PAGE, &email).await;
    assert!(
        shown.text.contains("Send the confirmation email again"),
        "{}",
        shown.text
    );
    let before = mails(&app).await;
    let early = ada.submit(PAGE, RESEND, &email).await;
    assert_eq!(early.status, 422);
    assert!(
        early.text.contains("Try again after Wed, Feb 25, 2026"),
        "{}",
        early.text
    );
    assert_eq!(mails(&app).await, before);
    app.clock.advance_ms(DAY);
    ada.sign_in("admin@example.gov", PASSWORD).await;
    let sent = ada.submit(PAGE, RESEND, &email).await;
    assert!(sent.text.contains("on its way again"), "{}", sent.text);
    let second = mailed(&app, "zoe@example.org").await.unwrap();
    let origin = RequestOrigin::default();
    subscribers::confirm(&app, &first, &origin).await.unwrap();
    let known = subscribers::evidence(&app, "zoe@example.org")
        .await
        .unwrap();
    assert_eq!(known["status"], "pending", "the old link confirmed");
    subscribers::confirm(&app, &second, &origin).await.unwrap();
    let known = subscribers::evidence(&app, "zoe@example.org")
        .await
        .unwrap();
    assert_eq!(
        (&known["status"], &known["language"]),
        (&"confirmed".into(), &"es".into())
    );
    let late = ada.submit(PAGE, RESEND, &email).await;
    assert_eq!(late.status, 422);
    assert!(late.text.contains("confirmed already"), "{}", late.text);
}

#[tokio::test]
async fn a_part_that_nobody_has_is_no_mistake_and_an_address_is_found_in_what_was_pasted() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    test_data::subscriber(3).insert(&app).await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    for part in ["nobody", "o'b", "@example.com"] {
        let page = ada.submit(PAGE, PAGE, &[("email", part)]).await.text;
        let escaped = part.replace('\'', "&#39;");
        let said = [part, escaped.as_str()].map(|part| format!("address has “{part}” in it"));
        assert!(said.iter().any(|said| page.contains(said)), "{page}");
        assert!(!page.contains("must be a domain name"), "{page}");
    }
    for pasted in [
        "Ada <reader3@example.org>",
        "mailto:reader3@example.org",
        "reader3@example.org,",
    ] {
        let page = ada.submit(PAGE, PAGE, &[("email", pasted)]).await;
        assert_eq!(page.status, 200, "{pasted}: {}", page.text);
        let is_shown = page
            .text
            .contains("<h3 id=\"person-title\">reader3@example.org</h3>");
        assert!(is_shown, "{pasted}: {}", page.text);
    }
}

#[tokio::test]
async fn why_somebody_was_taken_off_is_kept_with_the_evidence() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    test_data::subscriber(3).insert(&app).await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let email = ("email", "reader3@example.org");
    let long = "because ".repeat(60);
    let refused = ada
        .submit(PAGE, UNSUBSCRIBE, &[email, ("reason", &long)])
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text
            .contains("How they asked must have at most 300 characters")
    );
    assert!(refused.text.contains(long.trim()), "what was typed is gone");
    let known = subscribers::evidence(&app, email.1).await.unwrap();
    assert_eq!(known["status"], "confirmed");
    let reason = "By phone on Tuesday: moved to Ohio";
    let gone = ada
        .submit(PAGE, UNSUBSCRIBE, &[email, ("reason", reason)])
        .await;
    assert_eq!(gone.status, 200);
    assert!(gone.text.contains(reason), "{}", gone.text);
    let known = subscribers::evidence(&app, email.1).await.unwrap();
    let last = known["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["event"], &last["reason"]),
        (&"unsubscribed".into(), &reason.into())
    );
}

#[tokio::test]
async fn the_whole_list_is_a_file_that_an_empty_instance_reads_and_the_log_says_who_took_it() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    for id in 1..=1_500 {
        test_data::subscriber(id).insert(&app).await;
    }
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let file = ada.submit(PAGE, "/staff/subscribers/export", &[]).await;
    assert_eq!(file.status, 200);
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(
        lines.len(),
        1_501,
        "one line for each, and one for the columns"
    );
    assert!(lines[0].starts_with("email,status,topics"), "{}", lines[0]);
    assert!(lines[1_500].starts_with("reader1500@example.org,confirmed"));
    let log = ada.get("/staff/audit").await;
    assert!(
        log.text.contains("1500 people") || log.text.contains("1,500"),
        "{}",
        log.text
    );
}

#[tokio::test]
async fn who_had_an_address_before_is_found_by_it_and_an_archived_topic_stays_with_its_readers() {
    let (app, _place) = instance().await;
    test_data::office(&app).await;
    let old = test_data::topic(&app, "old").await;
    let changed = r#"{"from":"mv@example.org","to":"reader3@example.org"}"#;
    test_data::subscriber(3)
        .topics(&[1, old])
        .evidence(&[
            (subscribers::consent::Evidence::Confirmed, "{}"),
            (subscribers::consent::Evidence::AddressChanged, changed),
        ])
        .insert(&app)
        .await;
    subscribers::topics::archive(&app, "old", true, "ada")
        .await
        .unwrap();
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let found = ada.submit(PAGE, PAGE, &[("email", "MV@example.org")]).await;
    assert_eq!(found.status, 200);
    assert!(
        found.text.contains("had this address before"),
        "{}",
        found.text
    );
    assert!(found.text.contains("reader3@example.org"), "{}", found.text);
    let email = ("email", "reader3@example.org");
    ada.submit(PAGE, CHOOSE, &[email, ("topic", "press")]).await;
    let has = "SELECT count(*) FROM subscription WHERE subscriber_id = 3";
    assert_eq!(number(&app, has).await, 2);
}
