//! An event as staff meet it: its page is closed before its time, and its paper sheet is typed in.

use super::{newsletters::office, *};

const HERE: &str = "/staff/events";

/// An event that an editor opened; what names it in forms.
async fn opened(app: &App, editor: &mut Browser) -> String {
    let event = [("name", "Town hall"), ("hours", "2")];
    let done = editor.submit(HERE, HERE, &event).await;
    // Elsewhere: loading the answer again opens no second one.
    assert_eq!(done.status, 303, "{}", done.text);
    let page = editor.get(done.location()).await;
    assert!(page.text.contains("The page is open."), "{}", page.text);
    let label: Option<String> = db::scalar(
        app.db.pool(),
        "SELECT label FROM sign_up_event ORDER BY opened_at DESC",
        [],
    )
    .await
    .unwrap();
    label.unwrap()
}

#[tokio::test]
async fn an_event_is_closed_before_its_time_and_takes_nobody_any_more() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let label = opened(&app, &mut editor).await;
    let token = crate::subscribers::events(&app).await.unwrap()[0]
        .token
        .clone();
    let is_open = async || {
        let leads_to = crate::subscribers::event_at(&app, &token).await.unwrap();
        matches!(leads_to, crate::subscribers::EventAtLink::Open(_))
    };
    assert!(is_open().await);
    let close = "/staff/events/close";
    let unknown = editor.submit(HERE, close, &[("label", "other")]).await;
    assert_eq!(unknown.status, 422);
    assert!(!unknown.text.contains("The page is closed."));
    assert!(is_open().await, "another's name closes nothing");
    let done = editor.submit(HERE, close, &[("label", &label)]).await;
    assert_eq!(done.status, 303);
    let page = editor.get(done.location()).await;
    assert!(page.text.contains("The page is closed."), "{}", page.text);
    assert!(!page.text.contains("<svg"), "nobody is led there any more");
    assert!(!is_open().await);
    let closed = "SELECT count(*) FROM audit WHERE action = 'event.close'
                  AND who = 'editor@example.gov'";
    assert_eq!(number(&app, closed).await, 1);
    // Who presses it once more is told the same, and the log says it once.
    let token = editor.get(HERE).await.token();
    let again = [("form_token", token.as_str()), ("label", &label)];
    assert_eq!(editor.post(close, &again).await.status, 303);
    assert_eq!(number(&app, closed).await, 1);
}

#[tokio::test]
async fn of_a_paper_sheet_what_was_not_taken_stays_in_the_form() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let label = opened(&app, &mut editor).await;
    let paper = "/staff/events/paper";
    let sheet = "bob@example.org\nnobody\r\n\ncarl@gmial.com";
    let fields = [("label", label.as_str()), ("lines", sheet)];
    let page = editor.submit(HERE, paper, &fields).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("1 person is asked by email to confirm."),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("2 lines were not taken."),
        "{}",
        page.text
    );
    assert!(page.text.contains("<code>nobody</code>: "), "{}", page.text);
    assert!(
        page.text
            .contains("<code>carl@gmial.com</code>: Did they mean carl@gmail.com?"),
        "{}",
        page.text
    );
    assert!(
        page.text
            .contains(" required>nobody\ncarl@gmial.com</textarea>"),
        "{}",
        page.text
    );
    assert!(!page.text.contains(">bob@example.org"));
    super::house::is_built_for_everyone(&page.text);
    let taken = "SELECT count(*) FROM sign_up WHERE email = 'bob@example.org'";
    assert_eq!(number(&app, taken).await, 1);
    let noted = "SELECT count(*) FROM audit WHERE action = 'event.paper'
                 AND who = 'editor@example.gov' AND details LIKE '%1 addresses'";
    assert_eq!(number(&app, noted).await, 1);

    // Who looked again at the sheet has the mistyped one taken as it stands, and what is no address stays.
    let left = [
        ("label", label.as_str()),
        ("lines", "nobody\ncarl@gmial.com"),
        ("as_written", "yes"),
    ];
    assert!(page.text.contains(r#"name="as_written""#), "{}", page.text);
    let page = editor.submit(HERE, paper, &left).await;
    assert!(
        page.text.contains(" required>nobody</textarea>"),
        "{}",
        page.text
    );
    assert!(!page.text.contains(r#"name="as_written""#), "{}", page.text);
    let as_written = "SELECT count(*) FROM sign_up WHERE email = 'carl@gmial.com'";
    assert_eq!(number(&app, as_written).await, 1);
    assert_eq!(number(&app, noted).await, 2);

    // What is not taken at all is not lost either.
    let long = "x@example.org\n".repeat(501);
    let fields = [("label", label.as_str()), ("lines", long.as_str())];
    let page = editor.submit(HERE, paper, &fields).await;
    assert_eq!(page.status, 422);
    assert!(
        page.text.contains(" required>x@example.org\nx@"),
        "{}",
        page.text
    );
    assert_eq!(number(&app, taken).await, 1);
    assert_eq!(number(&app, noted).await, 2);
}
