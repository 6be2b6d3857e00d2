//! Staff at work on a whole instance, with a browser's cookies.

use gazette::{accounts, newsletters, newsletters::NewsletterState};
use reqwest::{Client, Response, redirect};

use crate::app::{TestApp, form_token};

const PASSWORD: &str = "correct horse battery";

/// A member of staff before their browser.
struct Desk<'a> {
    app: &'a TestApp,
    client: Client,
}

impl<'a> Desk<'a> {
    fn new(app: &'a TestApp) -> Self {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { app, client }
    }

    /// The desk of the first admin, signed in.
    async fn first(app: &'a TestApp) -> Self {
        let desk = Self::new(app);
        let link = accounts::first_account_link(&app.app)
            .await
            .unwrap()
            .unwrap();
        let link = link.strip_prefix(&app.url("")).unwrap().to_owned();
        let fields = [("email", "ana@doe.example"), ("password", PASSWORD)];
        let answer = desk.submit(&link, &link, &fields).await;
        assert_eq!(location(&answer), "/staff");
        desk
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(self.app.url(path)).send().await.unwrap()
    }

    /// Opens `page` and sends its form to `path`, as the browser sends it.
    async fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Response {
        let text = self.get(page).await.text().await.unwrap();
        let mut form = vec![("form_token", form_token(&text))];
        // What the person looked at.
        if let Some((_, rest)) = text.split_once("name=\"revision\" value=\"") {
            form.push(("revision", rest.split_once('"').unwrap().0));
        }
        form.extend_from_slice(fields);
        self.client
            .post(self.app.url(path))
            .header("origin", self.app.url(""))
            .form(&form)
            .send()
            .await
            .unwrap()
    }
}

fn location(answer: &Response) -> &str {
    answer
        .headers()
        .get("location")
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_newsletter_is_tested_approved_and_sent_from_the_console() {
    let app = TestApp::start().await;
    app.subscriber("reader@example.org").await;
    let id = app.draft("a-bridge-opens").await;
    let desk = Desk::first(&app).await;
    let here = format!("/staff/newsletters/{id}");

    desk.submit(&here, &format!("{here}/test"), &[]).await;
    let test = app
        .until("the test", async || {
            app.mails_to("ana@doe.example").await.pop()
        })
        .await;
    assert!(test.subject().starts_with("[Test] "), "{}", test.subject());
    assert_eq!(
        newsletters::find(&app.app, id).await.unwrap().state,
        NewsletterState::Draft
    );

    let answer = desk.submit(&here, &format!("{here}/approve"), &[]).await;
    assert_eq!(location(&answer), format!("{here}?done=approved"));
    // Until the time to undo it is over, nothing begins.
    newsletters::start_due(&app.app).await.unwrap();
    assert_eq!(
        newsletters::find(&app.app, id).await.unwrap().state,
        NewsletterState::Approved
    );
    app.app.clock.advance_ms(60_000);
    app.app.scheduler_wakeup.notify_one();
    app.until("the newsletter to be sent", async || {
        let newsletter = newsletters::find(&app.app, id).await.unwrap();
        (newsletter.state == NewsletterState::Sent).then_some(())
    })
    .await;
    let mails = app.mails_to("reader@example.org").await;
    assert_eq!(
        mails
            .iter()
            .filter(|mail| mail.subject() == "a-bridge-opens")
            .count(),
        1
    );
    let page = desk.get(&here).await.text().await.unwrap();
    assert!(
        page.contains("<strong>1</strong> of 1 accepted") && page.contains(">Sent</span>"),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test]
async fn f10_a_scheduled_newsletter_goes_out_when_its_time_comes_and_not_before() {
    let app = TestApp::start().await;
    app.subscriber("reader@example.org").await;
    let id = app.draft("later").await;
    let desk = Desk::first(&app).await;
    let here = format!("/staff/newsletters/{id}");
    // It is 04:00 in the office.
    let fields = [("at", "2026-11-24T05:00")];
    let answer = desk
        .submit(&here, &format!("{here}/schedule"), &fields)
        .await;
    assert_eq!(location(&answer), format!("{here}?done=scheduled"));
    app.app.clock.advance_ms(59 * 60_000);
    newsletters::start_due(&app.app).await.unwrap();
    assert_eq!(
        newsletters::find(&app.app, id).await.unwrap().state,
        NewsletterState::Approved
    );
    app.app.clock.advance_ms(60_000);
    app.app.scheduler_wakeup.notify_one();
    app.until("the newsletter to be sent", async || {
        let newsletter = newsletters::find(&app.app, id).await.unwrap();
        (newsletter.state == NewsletterState::Sent).then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_arrives_and_its_link_lets_in() {
    let app = TestApp::start().await;
    let desk = Desk::first(&app).await;
    let fields = [("email", "ben@doe.example"), ("role", "viewer")];
    let answer = desk.submit("/staff/people", "/staff/people", &fields).await;
    assert_eq!(answer.status(), 200);
    let mail = app
        .until("the invitation", async || {
            app.mails_to("ben@doe.example").await.pop()
        })
        .await;
    assert_eq!(
        mail.subject(),
        "Your invitation to the newsletter console of the Office of Rep. Jane Doe"
    );
    let link = mail.link("/staff/welcome/");
    let link = link.strip_prefix(&app.url("")).unwrap();
    let ben = Desk::new(&app);
    let answer = ben.submit(link, link, &[("password", PASSWORD)]).await;
    assert_eq!(location(&answer), "/staff");
    assert_eq!(ben.get("/staff/newsletters").await.status(), 200);
    assert_eq!(ben.get("/staff/people").await.status(), 403);
    app.stop().await;
}

#[tokio::test]
async fn the_console_keeps_its_own_policy_and_the_public_pages_set_no_cookie() {
    let app = TestApp::start().await;
    let desk = Desk::first(&app).await;
    let page = desk.get("/staff/newsletters").await;
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-security-policy").contains("script-src 'self'"));
    assert_eq!(header("referrer-policy"), "same-origin");
    assert_eq!(header("x-content-type-options"), "nosniff");
    for path in [
        "/",
        "/archive",
        "/privacy",
        "/help",
        "/health/live",
        "/assets/gazette.css",
        "/nowhere",
    ] {
        let page = app.get(path).await;
        assert!(page.headers().get("set-cookie").is_none(), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn o2_an_admin_sees_why_someone_may_be_mailed_and_the_log_notes_it_without_the_address() {
    let app = TestApp::start().await;
    app.subscriber("reader@example.org").await;
    let desk = Desk::first(&app).await;
    let fields = [("email", "Reader@Example.org")];
    let answer = desk
        .submit("/staff/subscribers", "/staff/subscribers", &fields)
        .await;
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.unwrap();
    for part in [
        "1</dd>",
        "Asked to subscribe",
        "Confirmed the subscription",
        "consent text",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let fields = [("email", "stranger@example.org")];
    let answer = desk
        .submit("/staff/subscribers", "/staff/subscribers", &fields)
        .await;
    assert_eq!(answer.status(), 422);
    let lines = "SELECT count(*) FROM audit WHERE action = 'subscriber.evidence' AND object LIKE 'R%@example.org'";
    assert_eq!(app.count(lines).await, 1);
    let full = "SELECT count(*) FROM audit WHERE object LIKE '%eader@%' OR details LIKE '%eader@%'";
    assert_eq!(app.count(full).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn staff_are_managed_from_the_command_line_too() {
    let folder = tempfile::tempdir().unwrap();
    let gazette = async |words: &[&str]| {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_gazette"))
            .args(words)
            .env("GAZETTE_DATABASE_URL", "sqlite://gazette.db")
            .current_dir(folder.path())
            .output()
            .await
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    assert_eq!(gazette(&["migrate"]).await.0, 0);
    let add = ["staff", "add", "ana@doe.example", "--role", "admin"];
    let (status, link, _) = gazette(&add).await;
    assert_eq!(status, 0);
    assert!(
        link.starts_with("http://127.0.0.1:8080/staff/welcome/"),
        "{link}"
    );
    let (status, _, error) = gazette(&add).await;
    assert_eq!(status, 1);
    assert!(
        error.contains("gazette staff link ana@doe.example"),
        "{error}"
    );
    let (status, newer, _) = gazette(&["staff", "link", "Ana@doe.example"]).await;
    assert_eq!(status, 0);
    assert_ne!(link, newer);
    let (_, list, _) = gazette(&["staff", "list", "--json"]).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[0]["email"], "ana@doe.example");
    assert_eq!(
        (&list[0]["role"], &list[0]["state"]),
        (&"admin".into(), &"invited".into())
    );
    assert_eq!(gazette(&["staff", "disable", "ana@doe.example"]).await.0, 0);
    let (_, list, _) = gazette(&["staff", "list"]).await;
    assert!(list.contains("disabled"), "{list}");
    let (status, _, error) = gazette(&["staff", "disable", "nobody@doe.example"]).await;
    assert_eq!(status, 1);
    assert!(error.contains("gazette staff list"), "{error}");
    // Wrong usage is told before anything is opened.
    assert_eq!(
        gazette(&["staff", "add", "ana", "--role", "admin"]).await.0,
        2
    );
    assert_eq!(
        gazette(&["staff", "add", "b@doe.example", "--role", "boss"])
            .await
            .0,
        2
    );
}
