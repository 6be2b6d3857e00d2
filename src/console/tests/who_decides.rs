//! Who is asked for a decision: only those who may make it, once for each text.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{accounts::notifications::send_due, clock::MINUTE, office::Office};

async fn four_eyes(app: &App) {
    Office::set_all(&app.db, "operator", &[("four-eyes", "true")], 0)
        .await
        .unwrap();
}

/// How many mails ask this person for approval.
async fn asked(app: &App, email: &str) -> i64 {
    app.clock.advance_ms(2 * MINUTE);
    send_due(app).await.unwrap();
    let sql = format!(
        "SELECT count(*) FROM transactional_mail
         WHERE kind = 'notice' AND recipient = '{email}' AND content LIKE '%Please approve%'"
    );
    number(app, &sql).await
}

#[tokio::test]
async fn where_nobody_else_may_approve_nobody_is_asked_and_the_page_says_so() {
    let (app, _place) = instance().await;
    office(&app).await;
    four_eyes(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let (subject, ask) = (format!("{here}/subject"), format!("{here}/request-review"));
    let site = Browser::on(&app);
    let mut ada = member(&app, &site, Role::Admin).await;
    let settings = ada.get("/staff/settings").await.text;
    assert!(
        settings.contains("Only one person may approve now"),
        "{settings}"
    );
    ada.submit(&here, &subject, &[("subject", "The bridge is closed")])
        .await;
    let page = ada.get(&here).await.text;
    assert!(page.contains("Nobody else may approve it"), "{page}");
    assert!(!page.contains("Ask for approval"), "{page}");
    let refused = ada.submit(&here, &ask, &[("comment", "Please")]).await;
    assert_eq!(refused.status, 422);
    let requests = "SELECT count(*) FROM audit WHERE action = 'newsletter.request_review'";
    assert_eq!(number(&app, requests).await, 0);

    // With a second approver there is somebody, until they touch the text too.
    let mut ap = member(&app, &site, Role::Approver).await;
    let settings = ada.get("/staff/settings").await.text;
    assert!(!settings.contains("Only one person may approve now"));
    assert!(ada.get(&here).await.text.contains("Ask for approval"));
    ap.submit(
        &here,
        &subject,
        &[("subject", "The bridge is closed again")],
    )
    .await;
    for browser in [&mut ada, &mut ap] {
        let page = browser.get(&here).await.text;
        assert!(page.contains("Nobody else may approve it"), "{page}");
        let home = browser.get("/staff").await.text;
        assert!(home.contains("Waits for somebody else"), "{home}");
        assert!(!home.contains(">Review</a>"), "{home}");
    }
}

#[tokio::test]
async fn approval_is_asked_for_once_until_the_text_changes() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let (subject, ask) = (format!("{here}/subject"), format!("{here}/request-review"));
    let site = Browser::on(&app);
    let mut ed = member(&app, &site, Role::Editor).await;
    member(&app, &site, Role::Approver).await;
    for _ in 0..3 {
        let token = ed.get(&here).await.token();
        let typed = [("form_token", token.as_str()), ("comment", "Please look.")];
        let done = ed.post(&ask, &typed).await;
        assert_eq!(done.location(), format!("{here}?done=review"));
    }
    let requests = "SELECT count(*) FROM audit WHERE action = 'newsletter.request_review'";
    assert_eq!(number(&app, requests).await, 1);
    let comments = "SELECT count(*) FROM newsletter_comment";
    assert_eq!(number(&app, comments).await, 1);
    assert_eq!(asked(&app, "approver@example.gov").await, 1);
    assert!(ed.get(&here).await.text.contains("asked for approval"));
    ed.submit(&here, &subject, &[("subject", "The bridge is closed")])
        .await;
    assert!(!ed.get(&here).await.text.contains("asked for approval"));
    ed.submit(&here, &ask, &[]).await;
    assert_eq!(number(&app, requests).await, 2);
    assert_eq!(asked(&app, "approver@example.gov").await, 2);
}

#[tokio::test]
async fn nobody_is_asked_by_mail_for_what_four_eyes_forbid_them() {
    let (app, _place) = instance().await;
    office(&app).await;
    four_eyes(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let site = Browser::on(&app);
    let mut ap = member(&app, &site, Role::Approver).await;
    let mut ed = member(&app, &site, Role::Editor).await;
    member(&app, &site, Role::Admin).await;
    let subject = [("subject", "The bridge is closed")];
    ap.submit(&here, &format!("{here}/subject"), &subject).await;
    ed.submit(&here, &format!("{here}/request-review"), &[])
        .await;
    assert_eq!(asked(&app, "admin@example.gov").await, 1);
    assert_eq!(asked(&app, "approver@example.gov").await, 0);
}

#[tokio::test]
async fn home_asks_for_a_decision_only_who_may_make_it() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    for (role, decides) in [
        (Role::Viewer, false),
        (Role::Editor, false),
        (Role::Approver, true),
    ] {
        let mut browser = member(&app, &site, role).await;
        let home = browser.get("/staff").await.text;
        assert_eq!(
            home.contains("Needs your decision"),
            decides,
            "{role}: {home}"
        );
        assert_eq!(home.contains(">Review</a>"), decides, "{role}: {home}");
        assert_eq!(home.contains(">Read</a>"), !decides, "{role}: {home}");
    }
}
