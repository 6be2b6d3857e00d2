//! Bodies that somebody sends to fill the memory: refused, or held back until others are done.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::program::Program;

/// How many send at once, each a body of this size, from many addresses.
const SENDERS: usize = 250;
const BODY_OCTETS: usize = 4_900_000;

/// What all of them together may cost, a ninth of what they send: of each, the connection's buffer of
/// 64 KB, as much again that a route is looking at, and what the allocator keeps of both.
const MOST_MEMORY_KIB: u64 = 128 * 1024;

/// Sends as much of a large body as the other side takes, and returns the first line of its answer.
async fn send_large(address: String, path: &'static str) -> String {
    let Ok(stream) = TcpStream::connect(address).await else {
        return String::new();
    };
    let (mut answers, mut takes) = stream.into_split();
    let sending = tokio::spawn(async move {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {BODY_OCTETS}\r\n\r\nemail=ana%40example.org&topic="
        );
        let mut sent = takes.write_all(head.as_bytes()).await;
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..BODY_OCTETS / piece.len() {
            if sent.is_err() {
                break;
            }
            sent = takes.write_all(&piece).await;
        }
    });
    let mut answer = [0; 256];
    let read = timeout(Duration::from_mins(1), answers.read(&mut answer)).await;
    sending.abort();
    let read = read.map_or(0, |read| read.unwrap_or(0));
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_from_many_at_once_take_no_memory_and_keep_nobody_out() {
    let program = Program::new().with_office().await;
    let serving = program.serve().await;
    let address = serving.base.strip_prefix("http://").unwrap();
    let before = serving.peak_memory_kib();
    for path in ["/websub/1/x", "/subscribe", "/staff/login", "/returns/ses"] {
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            senders.spawn(send_large(address.to_owned(), path));
        }
        // Meanwhile others are answered.
        let asked = reqwest::get(format!("{}/health/live", serving.base));
        let answer = timeout(Duration::from_secs(30), asked).await;
        assert_eq!(answer.expect("an answer").unwrap().status(), 200, "{path}");
        let answers = senders.join_all().await;
        let taken = answers.iter().filter(|answer| answer.contains(" 200 "));
        assert_eq!(taken.count(), 0, "{path}");
    }
    let costs = serving.peak_memory_kib() - before;
    assert!(costs < MOST_MEMORY_KIB, "{costs} KiB");
    assert_eq!(serving.stop().await.0, 0);
}
