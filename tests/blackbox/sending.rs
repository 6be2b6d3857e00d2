//! Sending: everyone exactly once.

use std::collections::HashSet;

use crate::app::TestApp;

#[tokio::test]
async fn everyone_who_confirmed_gets_exactly_one_mail_of_their_own() {
    let app = TestApp::start().await;
    let emails: Vec<String> = (0..300).map(|n| format!("reader{n}@example.org")).collect();
    assert_eq!(app.import(&emails).await.imported, 300);
    let id = app.draft("To all").await;
    let counts = app.send(id).await;
    assert_eq!(counts.accepted, 300);
    let mails = app.mails().await;
    let people: HashSet<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    let ids: HashSet<String> = mails
        .iter()
        .map(|mail| mail.header("Message-ID").unwrap())
        .collect();
    let links: HashSet<String> = mails.iter().map(crate::app::Mail::one_click).collect();
    assert_eq!(
        (mails.len(), people.len(), ids.len(), links.len()),
        (300, 300, 300, 300)
    );
    for mail in &mails {
        assert_eq!(mail.header("To").unwrap(), format!("<{}>", mail.to));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_paused_newsletter_goes_on_where_it_stopped_and_a_cancelled_one_does_not() {
    let app = TestApp::start().await;
    let emails: Vec<String> = (0..2_000)
        .map(|n| format!("reader{n}@example.org"))
        .collect();
    app.import(&emails).await;
    let id = app.draft("Paused").await;
    gazette::newsletters::approve(&app.app, id, "test", None, 0)
        .await
        .unwrap();
    app.until("the first mail", async || {
        (app.count("SELECT count(*) FROM mailbox").await > 0).then_some(())
    })
    .await;
    gazette::newsletters::pause(&app.app, id, "test")
        .await
        .unwrap();
    gazette::newsletters::resume(&app.app, id, "test")
        .await
        .unwrap();
    app.until("the end", async || {
        let state = gazette::newsletters::find(&app.app, id)
            .await
            .unwrap()
            .state;
        (state == gazette::newsletters::NewsletterState::Sent).then_some(())
    })
    .await;
    assert_eq!(
        gazette::newsletters::counts(&app.app, id)
            .await
            .unwrap()
            .accepted,
        2_000
    );
    assert_eq!(
        app.count("SELECT count(DISTINCT recipient) FROM mailbox")
            .await,
        2_000
    );
    assert_eq!(app.count("SELECT count(*) FROM mailbox").await, 2_000);

    let cancelled = app.draft("Cancelled").await;
    gazette::newsletters::approve(&app.app, cancelled, "test", None, 0)
        .await
        .unwrap();
    gazette::newsletters::cancel(&app.app, cancelled, "test")
        .await
        .unwrap();
    let counts = gazette::newsletters::counts(&app.app, cancelled)
        .await
        .unwrap();
    assert_eq!(counts.queued + counts.deferred, 0);
    assert!(
        gazette::newsletters::approve(&app.app, cancelled, "test", None, 0)
            .await
            .is_err()
    );
    app.stop().await;
}
