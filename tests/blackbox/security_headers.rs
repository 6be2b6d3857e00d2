//! What every answer tells a browser, whatever was asked.

use reqwest::Response;

use crate::app::TestApp;

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_answer_is_framed_by_nobody_and_asks_nothing_of_a_browser() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/archive",
        "/archive/feed.xml",
        "/privacy",
        "/staff/login",
        "/staff/newsletters",
        "/health/live",
        "/health/ready",
        "/api/v1/openapi.json",
        "/assets/gazette.css",
        "/nothing/here",
        "/unsubscribe/x",
    ] {
        let answer = app.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer, name), value, "{path}: {name}");
        }
        let policy = header(&answer, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        let permissions = header(&answer, "permissions-policy");
        for asked in ["camera=()", "geolocation=()", "microphone=()"] {
            assert!(permissions.contains(asked), "{path}: {permissions}");
        }
        assert_ne!(header(&answer, "referrer-policy"), "", "{path}");
    }
}

#[tokio::test]
async fn a_mail_in_a_frame_is_framed_by_our_own_pages_alone() {
    let app = TestApp::start().await;
    app.sign_up("ana@example.org").await;
    let page = app.get("/mailbox/1").await;
    assert_eq!(header(&page, "x-frame-options"), "DENY");
    let html = app.get("/mailbox/1/html").await;
    assert_eq!(header(&html, "x-frame-options"), "SAMEORIGIN");
    let policy = header(&html, "content-security-policy");
    assert!(policy.contains("sandbox"), "{policy}");
}
