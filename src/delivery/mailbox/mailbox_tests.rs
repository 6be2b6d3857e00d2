//! What another program of this machine may do to the mailbox.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{super::testing, *};
use crate::clock::Clock;

/// Longer than anything here takes on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(1);

/// What does no harm here: so much is quickly reached.
const FEW: Limits = Limits {
    sessions: 3,
    silence: Duration::from_secs(30),
    commands: 10,
    kept: 4,
    kept_octets: 1_000_000,
    untidy_octets: 0,
};

struct Client(TcpStream);

impl Client {
    async fn to(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn say(&mut self, words: &[u8]) {
        // Who was hung up on is told by the next answer.
        let _ = self.0.write_all(words).await;
    }

    /// The next line, or as much of it as comes before the end.
    async fn hear(&mut self) -> String {
        let mut line = Vec::new();
        let mut octet = [0];
        loop {
            let read = timeout(PATIENCE, self.0.read(&mut octet)).await;
            match read.expect("it answers or hangs up") {
                Ok(1) => line.push(octet[0]),
                _ => break,
            }
            if line.ends_with(b"\r\n") {
                break;
            }
        }
        String::from_utf8(line).unwrap()
    }

    /// The answer to a message of these octets for so many recipients.
    async fn mail(&mut self, recipients: usize, body: &[u8]) -> String {
        self.say(b"MAIL FROM:<a@doe.example>\r\n").await;
        self.hear().await;
        for number in 0..recipients {
            self.say(format!("RCPT TO:<r{number}@example.org>\r\n").as_bytes())
                .await;
            self.hear().await;
        }
        self.say(b"DATA\r\n").await;
        assert!(self.hear().await.starts_with("354"));
        self.say(b"Subject: x\r\n\r\n").await;
        self.say(body).await;
        self.say(b"\r\n.\r\n").await;
        self.hear().await
    }
}

async fn mailbox(limits: Limits) -> (App, SocketAddr, CancellationToken, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::system()).await;
    let stop = CancellationToken::new();
    let address = start_within(&app, stop.clone(), limits).await.unwrap();
    (app, address, stop, folder)
}

#[tokio::test]
async fn so_many_sessions_and_no_more_and_whoever_says_nothing_makes_room() {
    let limits = Limits {
        silence: Duration::from_millis(500),
        ..FEW
    };
    let (_app, address, _stop, _folder) = mailbox(limits).await;
    let mut silent = Vec::new();
    for _ in 0..limits.sessions {
        let mut client = Client::to(address).await;
        assert!(client.hear().await.starts_with("220"));
        silent.push(client);
    }
    // Half a command is no sign of life.
    silent[0].say(b"EH").await;
    // Over the number: closed without a word, or served where the silent were gone by then.
    let mut over = Client::to(address).await;
    let greeting = over.hear().await;
    assert!(
        greeting.is_empty() || greeting.starts_with("220"),
        "{greeting}"
    );
    for client in &mut silent {
        assert!(client.hear().await.starts_with("421"));
        assert_eq!(client.hear().await, "");
    }
    let served = async {
        while Client::to(address).await.hear().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(
        timeout(PATIENCE, served).await.is_ok(),
        "there is room again"
    );
}

#[tokio::test]
async fn over_the_number_nobody_is_served() {
    let (_app, address, _stop, _folder) = mailbox(FEW).await;
    let mut within = Vec::new();
    for _ in 0..FEW.sessions {
        let mut client = Client::to(address).await;
        assert!(client.hear().await.starts_with("220"));
        within.push(client);
    }
    for _ in 0..5 {
        assert_eq!(Client::to(address).await.hear().await, "");
    }
    let mut one = within.pop().unwrap();
    assert!(one.mail(1, b"body").await.starts_with("250"));
}

#[tokio::test]
async fn commands_lines_and_messages_have_an_end() {
    let (app, address, _stop, _folder) = mailbox(FEW).await;
    let mut chatting = Client::to(address).await;
    chatting.hear().await;
    for _ in 0..FEW.commands {
        chatting.say(b"NOOP\r\n").await;
        assert!(chatting.hear().await.starts_with("250"));
    }
    chatting.say(b"NOOP\r\n").await;
    assert!(chatting.hear().await.starts_with("421"));

    // A line without end is read in pieces, of which each is a command that nobody knows.
    let mut endless = Client::to(address).await;
    endless.hear().await;
    for _ in 0..100 {
        endless.say(&[b'x'; 4_096]).await;
    }
    let mut last = String::new();
    loop {
        let line = endless.hear().await;
        if line.is_empty() {
            break;
        }
        last = line;
    }
    // It may have hung up before it was heard.
    let refused = ["500", "421", ""];
    assert!(
        refused.contains(&last.get(..3).unwrap_or_default()),
        "{last}"
    );

    let mut large = Client::to(address).await;
    large.hear().await;
    let body = vec![b'x'; 26 * 1024 * 1024];
    assert!(large.mail(1, &body).await.starts_with("552"));
    // And the session goes on.
    assert!(large.mail(1, b"body").await.starts_with("250"));
    assert_eq!(kept_mails(&app.db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_for_many_takes_no_more_than_a_few_large_ones() {
    let limits = Limits {
        commands: 1_000,
        ..FEW
    };
    let (app, address, _stop, _folder) = mailbox(limits).await;
    let mut client = Client::to(address).await;
    client.hear().await;
    let body = vec![b'x'; 2 * 1024 * 1024];
    assert!(client.mail(100, &body).await.starts_with("452"));
    assert!(kept_mails(&app.db).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_newest_are_kept_so_many_and_so_much() {
    let (app, address, _stop, _folder) = mailbox(FEW).await;
    let mut client = Client::to(address).await;
    client.hear().await;
    for number in 0..9 {
        let body = format!("number {number}");
        assert!(client.mail(1, body.as_bytes()).await.starts_with("250"));
    }
    let kept = async |wanted: usize| {
        let is_tidy = async {
            while kept_mails(&app.db).await.unwrap().len() != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let tidied = timeout(PATIENCE, is_tidy).await;
        assert!(tidied.is_ok(), "{wanted} are kept");
        kept_mails(&app.db).await.unwrap()
    };
    let newest = kept(4).await;
    let last = String::from_utf8_lossy(&newest[3].message).into_owned();
    assert!(last.contains("number 8"), "{last}");
    // Two of these are more than is kept.
    let large = vec![b'x'; 600_000];
    for _ in 0..3 {
        assert!(client.mail(1, &large).await.starts_with("250"));
    }
    kept(1).await;
}
