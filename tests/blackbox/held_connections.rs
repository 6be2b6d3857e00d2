//! Connections on which nothing comes: they keep nobody out and stop no mail.

use std::{net::SocketAddr, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{app::TestApp, program::Program, relay::Relay};

/// What a client may send and then fall silent.
const BEGINNINGS: [&[u8]; 4] = [
    b"",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ",
    // Idle after its answer.
    b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n",
];

async fn hold(address: SocketAddr, number: usize) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let beginning = BEGINNINGS[number % BEGINNINGS.len()];
    stream.write_all(beginning).await.ok()?;
    Some(stream)
}

/// Reads until the other side has ended the connection.
async fn end_of(mut stream: TcpStream) {
    let mut bytes = [0; 4096];
    while !matches!(stream.read(&mut bytes).await, Ok(0) | Err(_)) {}
}

#[tokio::test]
async fn half_open_connections_keep_no_one_out_and_stop_no_mail() {
    const HELD: usize = 995;
    const WANTED: u64 = 4_096;
    // They stand here, too, beside what the other tests hold.
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|files| files < WANTED) {
        let current = Some(limit.maximum.unwrap_or(WANTED).min(WANTED));
        setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
    }
    let relay = Relay::start().await;
    let program = Program::new()
        .with("GAZETTE_SMTP_URL", &relay.url)
        .with_office()
        .await;
    // What a system gives a service that does not ask, and here no more is to be had.
    let serving = program.serve_under("ulimit -n 1024").await;
    let address = serving.base.strip_prefix("http://").unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let (mut held, mut slow) = (Vec::new(), JoinSet::new());
    for number in 0..HELD {
        match hold(address, number).await {
            // Every eighth goes on with a byte a second.
            Some(mut stream) if number % 8 == 1 => drop(slow.spawn(async move {
                while stream.write_all(b"x").await.is_ok() {
                    sleep(Duration::from_secs(1)).await;
                }
            })),
            stream => held.extend(stream),
        }
        if number % 100 == 99 {
            let asked = reqwest::get(format!("{}/health/live", serving.base));
            let answer = timeout(Duration::from_secs(5), asked).await;
            let answer = answer.expect("an answer within 5 s").unwrap();
            assert_eq!(answer.status(), 200);
        }
    }
    let form = [("email", "ana@example.org"), ("topic", "press")];
    let client = reqwest::Client::new();
    let signed_up = client
        .post(format!("{}/subscribe", serving.base))
        .form(&form);
    let signed_up = timeout(Duration::from_secs(5), signed_up.send()).await;
    assert_eq!(signed_up.expect("within 5 s").unwrap().status(), 200);
    let sent = timeout(Duration::from_secs(20), async {
        while relay.taken().is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(
        sent.await.is_ok(),
        "the confirmation mail was not delivered"
    );
    let (status, took, _) = serving.stop().await;
    assert_eq!(status, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn whoever_sends_no_whole_head_is_ended_within_seconds() {
    let app = TestApp::start().await;
    let begun = Instant::now();
    let mut ends = Vec::new();
    for number in 0..BEGINNINGS.len() {
        let stream = hold(app.address(), number).await.unwrap();
        ends.push(tokio::spawn(end_of(stream)));
    }
    // A byte a second is no head either.
    let (reads, mut writes) = hold(app.address(), 1).await.unwrap().into_split();
    ends.push(tokio::spawn(async move {
        while writes.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
        drop(reads);
    }));
    for end in ends {
        timeout(Duration::from_secs(30), end)
            .await
            .expect("ended within 30 s")
            .unwrap();
    }
    assert!(begun.elapsed() > Duration::from_secs(5), "too hasty");
}

#[tokio::test]
async fn one_address_cannot_have_all_connections() {
    // Nothing here is a proxy of ours.
    let app = TestApp::start_with(&["--trusted-proxies", "192.0.2.1"]).await;
    let mut held = Vec::new();
    for number in 0..150 {
        held.push(
            hold(app.address(), number * BEGINNINGS.len())
                .await
                .unwrap(),
        );
    }
    let mut open = 0;
    for stream in &mut held {
        let mut byte = [0; 1];
        let read = timeout(Duration::from_millis(20), stream.read(&mut byte)).await;
        open += usize::from(read.is_err());
    }
    assert!((1..=100).contains(&open), "{open} are open");
    assert_eq!(app.get("/health/live").await.status(), 200);
}
