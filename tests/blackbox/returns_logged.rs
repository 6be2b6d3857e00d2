//! What is forged, comes twice or is about nobody: nothing changes, and the log says so.

use reqwest::StatusCode;

use crate::program::Program;

const BOUNCE: &str = r#"{"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "Email": "stranger@example.org",
    "Details": "smtp;550 5.1.1 user unknown"}"#;

#[tokio::test]
async fn forged_repeated_and_strange_returns_stand_in_the_log_without_an_address() {
    let program = Program::new()
        .with("GAZETTE_LOG", "info")
        .with("GAZETTE_RETURNS_POSTMARK_LOGIN", "gazette:secret")
        .with_office()
        .await;
    let serving = program.serve().await;
    let client = reqwest::Client::new();
    for (password, expected) in [
        ("forged", StatusCode::FORBIDDEN),
        ("secret", StatusCode::OK),
        ("secret", StatusCode::OK),
    ] {
        let post = client.post(format!("{}/returns/postmark", serving.base));
        let signed = post.basic_auth("gazette", Some(password)).body(BOUNCE);
        assert_eq!(signed.send().await.unwrap().status(), expected);
    }
    let (status, _, log) = serving.stop().await;
    assert_eq!(status, 0);
    for line in [
        "a webhook was refused",
        "a return without proof changed nothing",
        "a return that came before changed nothing",
    ] {
        assert_eq!(log.matches(line).count(), 1, "{line}: {log}");
    }
    assert!(!log.contains("stranger"), "{log}");
}
