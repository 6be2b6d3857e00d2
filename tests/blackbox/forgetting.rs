//! Forgetting people: when the time has come, and when they ask (rules V1, V2, O8, O9).

use gazette::{
    clock::{DAY, HOUR},
    subscribers,
};

use crate::app::TestApp;

#[tokio::test]
async fn v2_an_erased_person_is_nowhere_and_cannot_be_imported_but_can_come_back() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let told = subscribers::erase(&app.app, "ANA@example.org", "operator")
        .await
        .unwrap();
    assert_eq!(told["events"].as_array().unwrap().len(), 3);
    for (table, column) in [
        ("subscriber", "email"),
        ("subscriber", "email_key"),
        ("consent", "evidence"),
        ("transactional_mail", "recipient"),
        ("mailbox", "recipient"),
        ("sign_up", "email"),
    ] {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%ana@example.org%'");
        assert_eq!(app.count(&sql).await, 0, "{table}.{column}");
    }
    let report = app.import(&["ana@example.org".to_owned()]).await;
    assert_eq!((report.imported, report.suppressed), (0, 1));
    // Whoever answered our mails may come back the same day.
    app.subscriber("ana@example.org").await;

    // O6: being erased is no way to be asked more often while a mail is unanswered.
    app.sign_up("bob@example.org").await;
    subscribers::erase(&app.app, "bob@example.org", "operator")
        .await
        .unwrap();
    app.submit("bob@example.org").await;
    app.all_answered().await;
    assert_eq!(app.mails_to("bob@example.org").await.len(), 0);
    app.app.clock.advance_ms(DAY + HOUR);
    app.subscriber("bob@example.org").await;
    app.stop().await;
}

#[tokio::test]
async fn v1_who_never_confirmed_is_forgotten_a_week_after_the_link_expired() {
    let app = TestApp::start().await;
    app.sign_up("ana@example.org").await;
    app.subscriber("bob@example.org").await;
    app.app.clock.advance_ms(8 * DAY);
    assert_eq!(subscribers::purge(&app.app).await.unwrap(), 0);
    app.app.clock.advance_ms(2 * DAY);
    assert_eq!(subscribers::purge(&app.app).await.unwrap(), 1);
    assert_eq!(app.status("ana@example.org").await, "unknown");
    assert_eq!(app.status("bob@example.org").await, "confirmed");
    app.stop().await;
}

#[tokio::test]
async fn v1_who_left_is_forgotten_when_the_evidence_has_served_its_years() {
    let app = TestApp::start().await;
    let left = app.sign_up("left@example.org").await;
    app.post(&left.link("/confirm/"), "").await;
    app.subscriber("stays@example.org").await;
    let id = app.draft("News").await;
    app.send(id).await;
    let mail = app.mails_to("left@example.org").await.pop().unwrap();
    app.post(&mail.one_click(), "").await;
    app.app.clock.advance_ms(3 * 365 * DAY);
    assert_eq!(subscribers::purge(&app.app).await.unwrap(), 0);
    app.app.clock.advance_ms(4 * DAY);
    assert_eq!(subscribers::purge(&app.app).await.unwrap(), 1);
    assert_eq!(app.status("left@example.org").await, "unknown");
    assert_eq!(app.status("stays@example.org").await, "confirmed");
    // O9: what is left is enough to keep them from being imported; the old link harms nobody.
    let report = app.import(&["left@example.org".to_owned()]).await;
    assert_eq!((report.imported, report.suppressed), (0, 1));
    assert_eq!(app.post(&mail.one_click(), "").await.status(), 200);
    // Three years at once: nothing leaves before the operator has said that the clock is right.
    gazette::delivery::forget_clock(&app.app).await.unwrap();
    app.subscriber("left@example.org").await;
    app.stop().await;
}

#[tokio::test]
async fn o8_never_again_in_a_mail_holds_although_the_address_was_forgotten() {
    let app = TestApp::start().await;
    let mail = app.sign_up("ana@example.org").await;
    app.app.clock.advance_ms(20 * DAY);
    assert_eq!(subscribers::purge(&app.app).await.unwrap(), 1);
    assert_eq!(app.post(&mail.link("/never/"), "").await.status(), 200);
    app.app.clock.advance_ms(40 * DAY);
    app.submit("ana@example.org").await;
    app.all_answered().await;
    assert_eq!(app.mails_to("ana@example.org").await.len(), 1);
    assert_eq!(app.status("ana@example.org").await, "unknown");
    app.stop().await;
}
