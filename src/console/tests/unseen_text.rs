//! Every button that lets a text go names the text that was seen: where it has changed since, nothing is
//! done, and where it has not, the audit log says by its hash which text it was.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{
    audit::OPERATOR,
    newsletters::{self, NewsletterState},
};

async fn logged(app: &App, action: &str, revision: i32) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM audit WHERE action = '{action}' AND details LIKE '%revision {revision}, sha256 %'"
    );
    number(app, &sql).await
}

#[tokio::test]
async fn approving_scheduling_and_sending_each_refuse_an_unseen_text_and_log_the_seen_one() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let state = async || newsletters::find(&app, id).await.unwrap().state;
    let (at, later) = ("2099-01-01T09:00", "2099-01-02T09:00");
    newsletters::rename(&app, id, "The bridge is closed", 0, OPERATOR)
        .await
        .unwrap();

    // A draft: approved for now or for later.
    for (button, fields) in [
        ("approve", vec![("revision", "0")]),
        ("schedule", vec![("revision", "0"), ("at", at)]),
    ] {
        let page = approver
            .submit(&here, &format!("{here}/{button}"), &fields)
            .await;
        assert_eq!(page.status, 409, "{button}: {}", page.text);
        assert!(page.text.contains("so nothing was done"), "{button}");
        assert!(page.text.contains("The bridge is closed"), "{button}");
        assert_eq!(state().await, NewsletterState::Draft, "{button}");
    }
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM audit WHERE action LIKE 'newsletter.approve%'"
        )
        .await,
        0
    );
    let done = approver
        .submit(&here, &format!("{here}/schedule"), &[("at", at)])
        .await;
    assert_eq!(done.location(), format!("{here}?done=scheduled"));
    assert_eq!(logged(&app, "newsletter.approve", 1).await, 1);

    // An approved one: given another time, or sent at once, from a page of before.
    for (button, fields) in [
        ("reschedule", vec![("revision", "0"), ("at", later)]),
        ("send", vec![("revision", "0")]),
    ] {
        let page = approver
            .submit(&here, &format!("{here}/{button}"), &fields)
            .await;
        assert_eq!(page.status, 409, "{button}: {}", page.text);
        assert_eq!(state().await, NewsletterState::Approved, "{button}");
    }
    let planned = newsletters::find(&app, id).await.unwrap().scheduled_at;
    let unchanged = planned.unwrap().to_string();
    assert!(unchanged.starts_with("2099-01-01"), "{unchanged}");
    approver
        .submit(&here, &format!("{here}/reschedule"), &[("at", later)])
        .await;
    assert_eq!(logged(&app, "newsletter.reschedule", 1).await, 1);
    approver.submit(&here, &format!("{here}/send"), &[]).await;
    assert_eq!(logged(&app, "newsletter.send_now", 1).await, 1);
    // What begins is the text that they saw, and the log says so once more.
    app.clock.advance_ms(60_000);
    newsletters::start_due(&app).await.unwrap();
    assert_eq!(state().await, NewsletterState::Sending);
    assert_eq!(logged(&app, "newsletter.start", 1).await, 1);
}
