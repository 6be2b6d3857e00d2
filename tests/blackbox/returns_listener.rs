//! The listener for returned mail from outside: the program as it runs, and clients that mean harm.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::program::Program;

/// Sessions at once that the listener has places for.
const PLACES: usize = 16;

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

async fn office(listens: SocketAddr) -> Program {
    Program::new()
        .with("GAZETTE_RETURNS_LISTEN", listens.to_string())
        .with_office()
        .await
}

/// Says all of it at once and gives all that is answered until the other side hangs up.
async fn say(address: SocketAddr, words: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A session that is refused may be reset while we go on.
    let _ = stream.write_all(words).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = timeout(Duration::from_secs(20), read).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn kept(program: &Program) -> i64 {
    let url = format!("sqlite://{}/gazette.db", program.folder().display());
    let pool = sea_orm::Database::connect(url).await.unwrap();
    let rows = gazette::db::scalar(&pool, "SELECT count(*) FROM returned_mail", []).await;
    rows.unwrap().unwrap()
}

#[tokio::test]
async fn hostile_clients_get_nothing_in_and_keep_nobody_out() {
    let address = free_address().await;
    let program = office(address).await;
    let serving = program.serve().await;
    let forged = format!("b-{}@bounce.doe.example", "a".repeat(42));
    let mail = format!("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{forged}>\r\nDATA\r\n");
    for (words, refused_with) in [
        // A return path that our key did not make.
        (mail.clone().into_bytes(), "550 5.1.1"),
        // Out of turn, and by the web's protocol.
        (b"DATA\r\n".to_vec(), "503 5.5.1"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "500 5.5.2"),
        // A line that would stand as a header of its own.
        (
            b"LHLO x\r\nMAIL FROM:<a@b\tReturn-Path:>\r\n".to_vec(),
            "501 5.5.4",
        ),
        // A line without an end, octets that are no text, nonsense without end.
        (vec![b'A'; 10_000], "500 5.5.2 line too long"),
        (vec![0xff, 0x00, b'\r', b'\n'], "500 5.5.2"),
        (b"XYZZY\r\n".repeat(50), "421 4.7.0"),
        // Not for open relaying either.
        (
            b"EHLO x\r\nMAIL FROM:<a@spam.example>\r\nRCPT TO:<ana@example.org>\r\n".to_vec(),
            "550 5.1.1",
        ),
    ] {
        let mut words = words;
        words.extend_from_slice(b"QUIT\r\n");
        let answer = say(address, &words).await;
        assert!(
            answer.contains(refused_with),
            "{refused_with}: {answer:.300}"
        );
        assert!(!answer.contains("354"), "{answer:.300}");
    }
    // All places held by clients that say nothing: one more is told so, and the website goes on.
    let mut held = Vec::new();
    for number in 0..PLACES {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut greeting = [0; 3];
        let read = stream.read_exact(&mut greeting);
        timeout(Duration::from_secs(10), read)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&greeting, b"220", "{number}");
        held.push(stream);
    }
    let refused = say(address, b"").await;
    assert!(refused.starts_with("421 4.3.2"), "{refused}");
    let live = reqwest::get(format!("{}/health/live", serving.base));
    assert_eq!(live.await.unwrap().status(), 200);
    // One lets go, and the next comes in.
    held.pop();
    let mut answer = String::new();
    for _ in 0..50 {
        answer = say(address, b"QUIT\r\n").await;
        if answer.contains("221") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(answer.contains("221"), "{answer}");
    // Whoever holds a session does not hold up the end.
    let (status, took, log) = serving.stop().await;
    assert_eq!(status, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(!log.contains(&forged), "{log}");
    assert_eq!(kept(&program).await, 0);
}

#[tokio::test]
async fn what_is_for_people_is_kept_and_a_dot_between_bare_line_ends_ends_no_mail() {
    let address = free_address().await;
    let program = office(address).await;
    let serving = program.serve().await;
    let words = "LHLO x\r\nMAIL FROM:<ana@example.org>\r\nRCPT TO:<postmaster@bounce.doe.example>\r\nDATA\r\n\
        From: ana@example.org\r\nSubject: A question\r\n\r\nfirst\n.\nMAIL FROM:<smuggled@example.org>\r\n.\r\nQUIT\r\n";
    let answer = say(address, words.as_bytes()).await;
    assert_eq!(answer.matches("250 2.0.0").count(), 1, "{answer}");
    assert!(answer.ends_with("221 2.0.0 Bye\r\n"), "{answer}");
    // The same mail once more is the same mail.
    say(address, words.as_bytes()).await;
    let (status, _, log) = serving.stop().await;
    assert_eq!(status, 0);
    assert!(!log.contains("ana@example.org"), "{log}");
    assert_eq!(kept(&program).await, 1);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let program = office(address).await.with("GAZETTE_LISTEN", "127.0.0.1:0");
    let ran = program.run(&["serve"]).await;
    assert_ne!(ran.status, 0);
    assert!(
        ran.err.contains(&address.to_string()) && ran.err.contains("GAZETTE_RETURNS_LISTEN"),
        "{}",
        ran.err
    );
}
