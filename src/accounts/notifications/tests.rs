use super::*;
use crate::{
    clock::{Clock, HOUR},
    delivery::testing,
    test_data,
};

/// An office in California at this instant, with one member of staff for each role.
async fn office_at(now: &str, roles: &[Role]) -> (App, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(now.parse().unwrap())).await;
    test_data::office(&app).await;
    let zone = [("time-zone", "America/Los_Angeles")];
    Office::set_all(&app.db, "operator", &zone, 0)
        .await
        .unwrap();
    for role in roles {
        test_data::member(&app, &format!("{role}@example.gov"), *role).await;
    }
    (app, folder)
}

async fn post_one(app: &App, kind: NoticeKind, headline: &str, except: Option<&str>) {
    post_at(app, kind, (headline, "/staff/newsletters/7"), except).await;
}

async fn post_about(app: &App, kind: NoticeKind, headline: &str, newsletter: i64) {
    let path = format!("/staff/newsletters/{newsletter}");
    post_at(app, kind, (headline, &path), None).await;
}

async fn post_at(
    app: &App,
    kind: NoticeKind,
    (headline, path): (&str, &str),
    except: Option<&str>,
) {
    let transaction = app.db.begin().await.unwrap();
    let notice = Notice {
        kind,
        headline,
        text: "It says so.",
        step: NoticeStep {
            label: "Decide here",
            path,
        },
        least: kind.role(),
        except,
    };
    post(&transaction, app.clock.now_ms(), &notice)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// Recipient and content of the notices that were queued, the oldest first.
async fn mails(app: &App) -> Vec<(String, String)> {
    #[derive(FromQueryResult)]
    struct Row {
        recipient: String,
        content: String,
    }
    let sql = "SELECT recipient, content FROM transactional_mail WHERE kind = 'notice' ORDER BY id";
    let rows: Vec<Row> = db::rows(app.db.pool(), sql, []).await.unwrap();
    rows.into_iter()
        .map(|row| (row.recipient, row.content))
        .collect()
}

async fn id_of(app: &App, email: &str) -> i64 {
    let email = EmailAddress::parse(email).unwrap();
    crate::accounts::find(app, &email).await.unwrap().id
}

#[tokio::test]
async fn a_notice_reaches_whoever_can_act_once_however_many_send_at_once() {
    crate::db::several_connections();
    let roles = [Role::Viewer, Role::Editor, Role::Approver];
    let (app, _folder) = office_at("2026-02-24T17:00:00Z", &roles).await;
    post_one(
        &app,
        NoticeKind::NewDraft,
        "To approve: A bridge opens",
        None,
    )
    .await;
    let at_once = (0..8).map(|_| {
        let app = app.clone();
        tokio::spawn(async move { send_due(&app).await })
    });
    let mut sent = 0;
    for task in at_once.collect::<Vec<_>>() {
        sent += task.await.unwrap().unwrap();
    }
    assert_eq!(sent, 2);
    let mails = mails(&app).await;
    let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["editor@example.gov", "approver@example.gov"]);
    for (_, content) in &mails {
        assert!(
            content.contains("\"subject\":\"To approve: A bridge opens\""),
            "{content}"
        );
        assert!(content.contains("/staff/newsletters/7"), "{content}");
    }
}

#[tokio::test]
async fn who_asks_for_approval_is_not_told_and_only_approvers_are() {
    let roles = [Role::Editor, Role::Approver, Role::Admin];
    let (app, _folder) = office_at("2026-02-24T17:00:00Z", &roles).await;
    let asks = Some("admin@example.gov");
    post_one(&app, NoticeKind::ApprovalRequested, "Please approve", asks).await;
    assert_eq!(send_due(&app).await.unwrap(), 1);
    assert_eq!(mails(&app).await[0].0, "approver@example.gov");
}

#[tokio::test]
async fn the_morning_has_one_mail_with_all_of_it_and_never_means_never() {
    // 6 in the evening on the office's clock.
    let (app, _folder) = office_at("2026-02-25T02:00:00Z", &[Role::Editor]).await;
    let editor = id_of(&app, "editor@example.gov").await;
    let chosen = [
        (NoticeKind::Sent, NoticeTiming::Morning),
        (NoticeKind::Trouble, NoticeTiming::Never),
    ];
    let who = "editor@example.gov";
    choose(&app, editor, &chosen, who).await.unwrap();
    let logged =
        "SELECT details FROM audit WHERE action = 'staff.notices' AND who = 'editor@example.gov'";
    let logged: Option<String> = db::scalar(app.db.pool(), logged, []).await.unwrap();
    assert_eq!(logged.as_deref(), Some("sent: morning, trouble: never"));
    for (kind, headline) in [
        (NoticeKind::Sent, "Sent: A"),
        (NoticeKind::Trouble, "The relay is away"),
        (NoticeKind::Sent, "Sent: B"),
    ] {
        post_one(&app, kind, headline, None).await;
    }
    assert_eq!(send_due(&app).await.unwrap(), 0);
    app.clock.advance_ms(13 * HOUR - 1);
    assert_eq!(send_due(&app).await.unwrap(), 0, "it is not 7 yet");
    app.clock.advance_ms(1);
    assert_eq!(send_due(&app).await.unwrap(), 1);
    assert_eq!(send_due(&app).await.unwrap(), 0);
    let mail = &mails(&app).await[0].1;
    assert!(mail.contains("Sent: A (and 1 more)"), "{mail}");
    assert!(
        mail.contains("Sent: B") && !mail.contains("relay is away"),
        "{mail}"
    );
    // What happens after 7 waits for the next morning.
    post_one(&app, NoticeKind::Sent, "Sent: C", None).await;
    app.clock.advance_ms(23 * HOUR);
    assert_eq!(send_due(&app).await.unwrap(), 0);
    app.clock.advance_ms(HOUR);
    assert_eq!(send_due(&app).await.unwrap(), 1);
}

#[tokio::test]
async fn a_flood_is_one_mail_a_minute_and_nothing_of_it_is_lost() {
    let (app, _folder) = office_at("2026-02-24T17:00:00Z", &[Role::Editor]).await;
    let mut sent = 0;
    for number in 0..60 {
        post_one(
            &app,
            NoticeKind::Held,
            &format!("Held: no. {number}."),
            None,
        )
        .await;
        sent += send_due(&app).await.unwrap();
        app.clock.advance_ms(5_000);
    }
    app.clock.advance_ms(MINUTE);
    sent += send_due(&app).await.unwrap();
    let mails = mails(&app).await;
    assert_eq!(mails.len() as u64, sent);
    assert!(sent <= 7, "{sent} mails in six minutes");
    for number in 0..60 {
        let words = format!("Held: no. {number}.");
        let told = mails.iter().filter(|(_, content)| content.contains(&words));
        assert_eq!(told.count(), 1, "{words}");
    }
}

#[tokio::test]
async fn while_the_office_is_not_set_up_the_notices_wait() {
    let (app, _folder) = office_at("2026-02-24T17:00:00Z", &[Role::Editor]).await;
    test_data::never_set(&app, &["postal-address"]).await;
    post_one(&app, NoticeKind::Trouble, "The source is away", None).await;
    assert_eq!(send_due(&app).await.unwrap(), 0);
    test_data::office(&app).await;
    assert_eq!(send_due(&app).await.unwrap(), 1);
}

#[tokio::test]
async fn the_morning_asks_nobody_for_what_is_decided_since() {
    use crate::newsletter_state::NewsletterState as State;
    let (app, _folder) = office_at("2026-02-25T02:00:00Z", &[Role::Approver]).await;
    let approver = id_of(&app, "approver@example.gov").await;
    let chosen = NoticeKind::all()
        .into_iter()
        .map(|kind| (kind, NoticeTiming::Morning));
    let chosen: Vec<_> = chosen.collect();
    choose(&app, approver, &chosen, "approver@example.gov")
        .await
        .unwrap();
    for state in [State::Cancelled, State::Approved, State::Sent] {
        let id = test_data::newsletter(&format!("{state:?}"))
            .state(state)
            .insert(&app)
            .await;
        post_about(
            &app,
            NoticeKind::ApprovalRequested,
            "Please approve: it",
            id,
        )
        .await;
        post_about(&app, NoticeKind::NewDraft, "New draft: it", id).await;
    }
    app.clock.advance_ms(13 * HOUR);
    assert_eq!(send_due(&app).await.unwrap(), 0);
    let left = "SELECT count(*) FROM staff_notice_waiting";
    let left: Option<i64> = db::scalar(app.db.pool(), left, []).await.unwrap();
    assert_eq!(left, Some(0), "it does not wait for another morning");

    // What is still so is said, once, and as the morning's summary.
    let waits = test_data::newsletter("waits").insert(&app).await;
    let asks =
        "UPDATE newsletter SET review_requested_at = 1, review_requested_by = 'ed' WHERE id = $1";
    app.db.execute(asks, values![waits]).await.unwrap();
    let gone = test_data::newsletter("gone")
        .state(State::Cancelled)
        .insert(&app)
        .await;
    for (headline, id) in [
        ("Please approve: waits", waits),
        ("Please approve: gone", gone),
        ("Please approve: waits", waits),
    ] {
        post_about(&app, NoticeKind::ApprovalRequested, headline, id).await;
    }
    post_about(&app, NoticeKind::Sent, "Sent: gone", gone).await;
    app.clock.advance_ms(24 * HOUR);
    assert_eq!(send_due(&app).await.unwrap(), 1);
    let mail = &mails(&app).await[0].1;
    assert!(
        mail.contains("Morning summary: Please approve: waits (and 1 more)"),
        "{mail}"
    );
    assert!(
        mail.contains("Sent: gone") && !mail.contains("Please approve: gone"),
        "{mail}"
    );
}
