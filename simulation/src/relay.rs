//! The relay: it answers as its weather and the reader's mailbox have it, and has accidents.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::{
    plan::{Fate, Weather},
    world::{Delivery, Mishap, World},
};

/// One session.
pub async fn serve(world: Arc<World>, stream: DuplexStream, connection: u64) {
    let mut session = Session {
        world,
        stream,
        connection,
        input: Vec::new(),
        reader: None,
    };
    // `None`: the connection is gone.
    let _ = session.converse().await;
}

struct Session {
    world: Arc<World>,
    stream: DuplexStream,
    connection: u64,
    input: Vec<u8>,
    reader: Option<i64>,
}

impl Session {
    async fn converse(&mut self) -> Option<()> {
        if self.world.weather() == Weather::Closing {
            return self.say("421 4.3.2 Service shutting down").await;
        }
        self.say("220 relay.example ESMTP").await?;
        loop {
            let line = self.line().await?;
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" if self.world.pipelines() => {
                    "250-relay.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 10000000"
                }
                "EHLO" => "250-relay.example\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 10000000",
                "MAIL" => self.answer_sender(),
                "RCPT" => self.answer_recipient(&line),
                "DATA" => {
                    if !self.data().await? {
                        return None;
                    }
                    continue;
                }
                "QUIT" => {
                    let _ = self.say("221 2.0.0 Bye").await;
                    return None;
                }
                _ => "250 2.0.0 OK",
            };
            self.say(answer).await?;
            if answer.starts_with("421") {
                return None;
            }
        }
    }

    fn answer_sender(&mut self) -> &'static str {
        self.reader = None;
        match self.world.weather() {
            Weather::QuotaAtMail => "454 4.7.0 Throttling failure: Daily message quota exceeded.",
            Weather::Closing => "421 4.3.2 Service shutting down",
            Weather::Busy => "451 4.3.2 Please try again later",
            _ => "250 2.1.0 OK",
        }
    }

    fn answer_recipient(&mut self, line: &str) -> &'static str {
        let reader = reader(line);
        match self.world.weather() {
            Weather::RelayDenied => return "554 5.7.1 Relay access denied",
            Weather::RateOfProvider => {
                return "421-4.7.28 Our system has detected an unusual rate of mail.\r\n421 4.7.28 Try again later";
            }
            _ => {}
        }
        let answer = match self.world.fate(reader) {
            Fate::Unknown => "550 5.1.1 No such user here",
            Fate::Full => "552 5.2.2 Mailbox full",
            Fate::Greylisting(times) if self.world.tried((0, reader)) < times => {
                "451 4.7.1 Greylisted, please try again"
            }
            _ => "250 2.1.5 OK",
        };
        if answer.starts_with('2') {
            self.reader = Some(reader);
        }
        answer
    }

    /// False: the session is over.
    async fn data(&mut self) -> Option<bool> {
        let Some(reader) = self.reader.take() else {
            self.say("503 5.5.1 No recipient").await?;
            return Some(true);
        };
        if self.world.weather() == Weather::QuotaAtData {
            self.say("550 5.4.5 Daily user sending limit exceeded")
                .await?;
            return Some(true);
        }
        self.say("354 Go ahead").await?;
        let message = self.message().await?;
        let delivery: Delivery = (newsletter(&message), reader);
        self.world.read_message(self.connection, delivery);
        match self.world.weather() {
            Weather::NotVerified => {
                self.say("554 Message rejected: Email address is not verified.")
                    .await?;
                return Some(true);
            }
            Weather::Unclear => {
                self.world.refused_unclearly(delivery);
                self.say("554 Message rejected").await?;
                return Some(true);
            }
            Weather::BusyAtEnd => {
                self.say("451 4.3.0 Temporary queue failure").await?;
                return Some(true);
            }
            _ => {}
        }
        self.world
            .accepted(self.connection, delivery, &header(&message, "Message-ID"));
        if self.say("250 2.0.0 Queued").await.is_none() {
            self.world.reply_lost(self.connection, delivery);
            return None;
        }
        Some(true)
    }

    /// `None`: the connection is gone, before it was said.
    async fn say(&mut self, answer: &str) -> Option<()> {
        let (delay, mishap) = self.world.mishap();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match mishap {
            Mishap::None => {}
            Mishap::Reset => {
                self.world.tell(&format!(
                    "{}: reset instead of {}",
                    self.connection,
                    &answer[..3]
                ));
                return None;
            }
            Mishap::Hang => {
                self.world.tell(&format!(
                    "{}: silence instead of {}",
                    self.connection,
                    &answer[..3]
                ));
                // Until the other side has had enough.
                let mut rest = Vec::new();
                let _ = self.stream.read_to_end(&mut rest).await;
                return None;
            }
        }
        let written = self
            .stream
            .write_all(format!("{answer}\r\n").as_bytes())
            .await;
        written.ok()
    }

    async fn line(&mut self) -> Option<String> {
        let line = self.until(b"\r\n").await?;
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    async fn message(&mut self) -> Option<String> {
        let message = self.until(b"\r\n.\r\n").await?;
        Some(String::from_utf8_lossy(&message).into_owned())
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            let found = self
                .input
                .windows(end.len())
                .position(|window| window == end);
            if let Some(at) = found {
                let rest = self.input.split_off(at + end.len());
                let mut whole = std::mem::replace(&mut self.input, rest);
                whole.truncate(at);
                return Some(whole);
            }
            if self.stream.read_buf(&mut self.input).await.ok()? == 0 {
                return None;
            }
        }
    }
}

/// `RCPT TO:<reader7@a.example>`
fn reader(line: &str) -> i64 {
    let digits = line.split("reader").nth(1).unwrap_or_default();
    let digits = digits.split('@').next().unwrap_or_default();
    digits.parse().unwrap_or_default()
}

/// `Subject: Newsletter 3`
fn newsletter(message: &str) -> i64 {
    let subject = header(message, "Subject");
    let number = subject.rsplit(' ').next().unwrap_or_default();
    number.parse().unwrap_or_default()
}

fn header(message: &str, name: &str) -> String {
    let head = message.split("\r\n\r\n").next().unwrap_or_default();
    // RFC 5322 §2.2.3: a line that begins with a blank belongs to the one before.
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let line = unfolded
        .split("\r\n")
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}
