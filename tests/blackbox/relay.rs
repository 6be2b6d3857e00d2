//! A relay that takes mail as slowly as a test wants, and keeps what it took.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::app::Mail;

/// A handle on the relay; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct Relay {
    pub url: String,
    taken: Arc<Mutex<Vec<Mail>>>,
    /// Milliseconds between a message's end and the reply.
    pub delay_ms: Arc<AtomicU64>,
}

impl Relay {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Self {
            url: format!("smtp://{}?tls=none", listener.local_addr().unwrap()),
            taken: Arc::default(),
            delay_ms: Arc::default(),
        };
        let shared = relay.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let relay = shared.clone();
                // A client that hangs up in the middle is its own business.
                tokio::spawn(async move { relay.talk(stream).await.ok() });
            }
        });
        relay
    }

    /// What was taken so far; a message counts from the moment it is acknowledged.
    pub fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap().clone()
    }

    /// The last mail to someone.
    pub fn last_to(&self, email: &str) -> Option<Mail> {
        let mut taken = self.taken();
        taken.retain(|mail| mail.to.eq_ignore_ascii_case(email));
        taken.pop()
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 relay.example\r\n").await?;
        let (mut recipient, mut line) = (String::new(), Vec::new());
        loop {
            line.clear();
            if stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let command = String::from_utf8_lossy(&line).trim().to_owned();
            let answer: &[u8] = match command.get(..4).unwrap_or_default() {
                "EHLO" => b"250-relay.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
                "RCPT" => {
                    recipient = command
                        .split(['<', '>'])
                        .nth(1)
                        .unwrap_or_default()
                        .to_owned();
                    if recipient.starts_with("nobody@") {
                        // As real servers do it: with the address in its words.
                        let words = format!("550 5.1.1 <{recipient}> does not exist here\r\n");
                        stream.write_all(words.as_bytes()).await?;
                        continue;
                    }
                    b"250 2.1.5 ok\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let raw = message(&mut stream).await?;
                    tokio::time::sleep(Duration::from_millis(self.delay_ms.load(Relaxed))).await;
                    stream.write_all(b"250 2.0.0 taken\r\n").await?;
                    let to = recipient.clone();
                    self.taken.lock().unwrap().push(Mail { to, raw });
                    continue;
                }
                "QUIT" => return stream.write_all(b"221 bye\r\n").await,
                _ => b"250 ok\r\n",
            };
            stream.write_all(answer).await?;
        }
    }
}

/// The message up to the final dot, without the dots that SMTP adds.
async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let (mut raw, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
