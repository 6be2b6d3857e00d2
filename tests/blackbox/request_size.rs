//! Large requests: refused before they are read, or as soon as they are too large.

use crate::app::TestApp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, timeout},
};

/// Sends a head that promises a body, and no body; the first line of the answer.
async fn promise(app: &TestApp, path: &str, length: usize) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 64];
    let read = timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
    let read = read.expect("an answer before the body").unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_hub_that_does_not_know_the_token_is_refused_before_its_body_is_read() {
    let app = TestApp::start().await;
    for path in ["/websub/1/x", "/websub/7/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let answer = promise(&app, path, 4_900_000).await;
        assert!(answer.contains(" 404 "), "{path}: {answer}");
    }
    let token = app.app.keys.token("websub/1");
    let path = format!("/websub/1/{}", token.as_str());
    let fits = app.client.post(app.url(&path)).body(vec![b'x'; 60 * 1024]);
    assert_eq!(fits.send().await.unwrap().status(), 202);
    let answer = promise(&app, &path, 70 * 1024).await;
    assert!(answer.contains(" 413 "), "{answer}");
}

#[tokio::test]
async fn no_public_form_takes_more_than_sixteen_kilobytes() {
    let app = TestApp::start().await;
    let topics = "&topic=nonsense".repeat(2_000);
    let form = format!("email=ana%40example.org{topics}");
    assert_eq!(app.post("/subscribe", &form).await.status(), 413);
    let token = "a".repeat(40);
    for path in [
        "/api/v1/subscriptions".to_owned(),
        format!("/preferences/{token}"),
        "/staff/login".to_owned(),
    ] {
        let answer = app.post(&path, &form).await;
        let refused = [403, 413, 422].contains(&answer.status().as_u16());
        assert!(refused, "{path}: {}", answer.status());
    }
    assert_eq!(app.count("SELECT count(*) FROM subscriber").await, 0);
}

#[tokio::test]
async fn what_no_topic_is_called_is_not_kept() {
    let running = TestApp::start_web().await;
    let topics = "&topic=nonsense".repeat(900);
    let form = format!("email=ana%40example.org&topic=press{topics}");
    assert_eq!(running.post("/subscribe", &form).await.status(), 200);
    let app = &running.app;
    let row = app.db.one("SELECT topics FROM sign_up", []).await.unwrap();
    let kept: String = row.unwrap().try_get_by_index(0).unwrap();
    assert_eq!(kept, "[\"press\"]");
}
