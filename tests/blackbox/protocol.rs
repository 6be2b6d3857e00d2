//! The one-click address spoken to byte by byte (Appendix C), and what the web server makes of
//! requests that are out of the ordinary.

use gazette::subscribers::link::SubscriberLink;
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::app::TestApp;

const BODY: &str = "List-Unsubscribe=One-Click";

/// Someone who is confirmed, and the path of their one click.
async fn reader(app: &TestApp, email: &str) -> String {
    app.import(&[email.to_owned()]).await;
    let id = "SELECT max(id) FROM subscriber";
    let link = SubscriberLink {
        subscriber: app.count(id).await,
        newsletter: 7,
    };
    format!("/unsubscribe/{}", link.token(&app.app.keys))
}

/// Sends these bytes and gives everything that comes back; the server must close.
async fn talk(app: &TestApp, parts: &[&str]) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    for part in parts {
        stream.write_all(part.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn h4_one_click_works_over_http_1_0_chunked_and_with_expect() {
    let app = TestApp::start().await;
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    for (name, first, rest) in [
        (
            "old",
            format!("HTTP/1.0\r\n{kind}Content-Length: 26\r\n\r\n{BODY}"),
            vec![],
        ),
        (
            "chunked",
            format!(
                "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{kind}Transfer-Encoding: chunked\r\n\r\n"
            ),
            vec![
                "5\r\nList-\r\n",
                "15\r\nUnsubscribe=One-Click\r\n",
                "0\r\n\r\n",
            ],
        ),
        (
            "expects",
            format!(
                "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{kind}Expect: 100-continue\r\nContent-Length: 26\r\n\r\n"
            ),
            vec![BODY],
        ),
        (
            "nothing",
            "HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned(),
            vec![],
        ),
    ] {
        let email = format!("{name}@example.org");
        let path = reader(&app, &email).await;
        let first = format!("POST {path} {first}");
        let answer = talk(&app, &[&[first.as_str()], rest.as_slice()].concat()).await;
        assert!(
            answer.contains(" 200 OK\r\n") && !answer.contains("\r\nlocation:"),
            "{name}: {answer}"
        );
        assert_eq!(app.status(&email).await, "unsubscribed", "{name}");
    }
    app.stop().await;
}

#[tokio::test]
async fn h6_no_method_but_post_changes_anything() {
    let app = TestApp::start().await;
    let path = reader(&app, "ana@example.org").await;
    for (method, status) in [
        (Method::GET, 200),
        (Method::HEAD, 200),
        (Method::OPTIONS, 405),
        (Method::PUT, 405),
        (Method::PATCH, 405),
        (Method::DELETE, 405),
        (Method::TRACE, 405),
    ] {
        let request = app
            .client
            .request(method.clone(), app.url(&path))
            .body(BODY);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{method}");
        if status == 405 {
            assert_eq!(answer.headers()["allow"], "GET,HEAD,POST", "{method}");
        }
        assert!(answer.headers().get("set-cookie").is_none());
    }
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_server_lives_on() {
    let app = TestApp::start().await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(100_000));
    for nonsense in [
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n",
        long.as_str(),
    ] {
        let answer = talk(&app, &[nonsense]).await;
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(refused, "{answer}");
    }
    for path in [
        "/confirm/%00",
        "/archive/%ff%fe",
        "/unsubscribe/%0d%0aSet-Cookie:x=y",
        "/?lang=%F0%9F",
    ] {
        let answer = app.get(path).await;
        assert!(
            !answer.status().is_server_error(),
            "{path}: {}",
            answer.status()
        );
        assert!(answer.headers().get("set-cookie").is_none());
    }
    assert_eq!(app.get("/health/live").await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn o3_links_never_follow_the_host_header() {
    let app = TestApp::start().await;
    let form = app
        .client
        .post(app.url("/subscribe"))
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("email=ana%40example.org");
    let answer = form.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.text().await.unwrap().contains("evil.example"));
    let mail = app
        .until("the mail", async || {
            app.mails_to("ana@example.org").await.pop()
        })
        .await;
    assert!(!String::from_utf8_lossy(&mail.raw).contains("evil.example"));
    assert!(mail.link("/confirm/").starts_with(&app.url("/confirm/")));
    app.stop().await;
}

#[tokio::test]
async fn every_public_page_keeps_the_policy_that_protects_its_reader() {
    let app = TestApp::start().await;
    let token = "a".repeat(32);
    for path in [
        "/".to_owned(),
        "/archive".to_owned(),
        "/privacy".to_owned(),
        "/help".to_owned(),
        format!("/confirm/{token}"),
        format!("/never/{token}"),
        format!("/unsubscribe/{token}"),
        format!("/preferences/{token}"),
        "/nowhere".to_owned(),
        "/api/v1/subscriptions".to_owned(),
    ] {
        let answer = app.get(&path).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(
            !policy.contains("unsafe") && !policy.contains("script-src"),
            "{policy}"
        );
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        let page = answer.text().await.unwrap();
        assert!(
            !page.contains("<script") && !page.contains(" style="),
            "{path}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn the_description_of_the_api_is_what_the_api_does() {
    let app = TestApp::start().await;
    let answer = app.get("/api/v1/openapi.json").await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    let told: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(told["openapi"], "3.1.0");
    let post = &told["paths"]["/api/v1/subscriptions"]["post"];
    let example = &post["requestBody"]["content"]["application/json"]["example"];
    let too_large = post["responses"]["413"]["description"].as_str().unwrap();
    assert!(too_large.contains("16 KB"), "{too_large}");
    let of_size = |octets: usize| {
        let body = r#"{"email": "name@example.org", "note": ""}"#;
        let note = format!("\"note\": \"{}\"", "x".repeat(octets - body.len()));
        body.replace("\"note\": \"\"", &note)
    };
    for (body, status) in [
        (example.to_string(), "202"),
        (r#"{"email": "name@example.org"}"#.to_owned(), "202"),
        (r#"{"email": "nobody"}"#.to_owned(), "422"),
        ("no JSON".to_owned(), "422"),
        (
            r#"{"email": "name@example.org", "topics": "press"}"#.to_owned(),
            "422",
        ),
        (of_size(16 * 1024), "202"),
        (of_size(16 * 1024 + 1), "413"),
        ("x".repeat(1_100_000), "413"),
    ] {
        let answer = app.client.post(app.url("/api/v1/subscriptions")).body(body);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status().as_str(), status);
        let schema = &post["responses"][status]["content"]["application/json"]["schema"]["$ref"];
        let name = schema.as_str().unwrap().rsplit('/').next().unwrap();
        let schema = &told["components"]["schemas"][name];
        let said: serde_json::Value = answer.json().await.unwrap();
        for field in schema["required"].as_array().unwrap() {
            assert!(
                !said[field.as_str().unwrap()].is_null(),
                "{status}: {field} {said}"
            );
        }
        for field in said.as_object().unwrap().keys() {
            assert!(
                !schema["properties"][field].is_null(),
                "{status}: {field} is not told"
            );
        }
    }
    app.stop().await;
}
