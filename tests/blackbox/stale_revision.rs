//! What the command line lets go is the text that the operator says they saw: where it has changed since,
//! nothing goes out.

use jiff::Timestamp;

use crate::{app::TestApp, program::Program};

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_changed_since_the_operator_saw_it_goes_nowhere_however_it_is_let_go() {
    let app = TestApp::start().await;
    // The program that is run below has the time of day.
    let ahead = Timestamp::now().as_millisecond() - app.app.clock.now_ms();
    app.app.clock.advance_ms(ahead.max(0));
    app.import(&["ana@example.org".to_owned()]).await;
    let id = app.draft("The bridge is open").await;
    let program = Program::new()
        .with(
            "GAZETTE_DATABASE_URL",
            app.app.settings.database_url.clone(),
        )
        .with("GAZETTE_PUBLIC_URL", app.url(""))
        .with("GAZETTE_SECRET_KEY", "2a".repeat(32));
    let shown = async || {
        let number = id.to_string();
        let ran = program
            .run(&["newsletters", "show", &number, "--json"])
            .await;
        assert_eq!(ran.status, 0, "{ran:?}");
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()
    };
    assert_eq!(shown().await["revision"], 0);
    gazette::newsletters::rename(&app.app, id, "The bridge is closed", 0, "ana@doe.example")
        .await
        .unwrap();

    let number = id.to_string();
    for words in [
        &["approve"][..],
        &["approve", "--at", "2099-01-01T09:00"],
        &["approve", "--deadline-hours", "5"],
        &["send", "--yes"],
        &["send", "--wait", "--yes"],
        &["send", "--deadline-hours", "5", "--yes"],
    ] {
        let words = [
            &["newsletters", words[0], &number, "--revision", "0"][..],
            &words[1..],
        ]
        .concat();
        let ran = program.run(&words).await;
        assert_eq!(
            (ran.status, ran.out.as_str()),
            (1, ""),
            "{words:?}: {ran:?}"
        );
        for said in [
            "was changed since you looked at it",
            "you saw revision 0, it is revision 1",
            "nothing was done",
        ] {
            assert!(ran.err.contains(said), "{words:?}: {}", ran.err);
        }
        let after = shown().await;
        assert_eq!(after["state"], "draft", "{words:?}");
        assert_eq!(
            after["deadline_hours"],
            serde_json::Value::Null,
            "{words:?}"
        );
    }
    let decided = "SELECT count(*) FROM audit WHERE action LIKE 'newsletter.approve%'
                   OR action LIKE 'newsletter.s%' OR action LIKE 'newsletter.deadline%'";
    assert_eq!(app.count(decided).await, 0);

    // The text that is there by now goes out, once, and the log names it.
    let sent = program
        .run(&["newsletters", "send", &number, "--revision", "1", "--yes"])
        .await;
    assert_eq!(sent.status, 0, "{sent:?}");
    app.app.clock.advance_ms(60_000);
    app.app.scheduler_wakeup.notify_one();
    app.until("the newsletter", async || {
        app.app.scheduler_wakeup.notify_one();
        (shown().await["state"] == "sent").then_some(())
    })
    .await;
    let mails = app.mails_to("ana@example.org").await;
    assert_eq!(mails.len(), 1);
    let mail = String::from_utf8_lossy(&mails[0].raw).into_owned();
    assert!(mail.contains("Subject: The bridge is closed"), "{mail}");
    let logged = "SELECT count(*) FROM audit WHERE who = 'operator' AND details LIKE '%revision 1, sha256 %'";
    assert!(app.count(logged).await >= 1);
}
