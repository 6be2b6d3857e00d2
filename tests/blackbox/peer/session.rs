//! One connection with the peer.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, MutexGuard},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::{Act, Announced, Inner, Moment, Received, Seen, Stage};

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// One connection.
pub(super) struct Session<S> {
    peer: Arc<Inner>,
    number: usize,
    stream: BufReader<S>,
    replies: Vec<u8>,
    reached: HashMap<Stage, usize>,
    mail: Option<(String, Instant)>,
    recipient: Option<String>,
}

/// How a session goes on.
enum Next {
    Over,
    StartTls,
}

impl Session<TcpStream> {
    pub(super) async fn run(peer: Arc<Inner>, stream: TcpStream) {
        let number = {
            let mut seen = peer.seen.lock().unwrap();
            seen.connections += 1;
            seen.connections
        };
        // The other side may end the connection at any time.
        let _ = Self::start(peer, number, stream).await;
    }

    async fn start(peer: Arc<Inner>, number: usize, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut session = Session::new(peer.clone(), number, stream);
        session
            .answer(Stage::Banner, "", "220 peer.example")
            .await?;
        if let (Next::StartTls, Some(tls)) = (session.converse(false).await?, &peer.tls) {
            assert!(session.stream.buffer().is_empty(), "text before TLS");
            let reached = session.reached;
            let stream = tls.accept(session.stream.into_inner()).await?;
            let mut session = Session::new(peer.clone(), number, stream);
            session.reached = reached;
            session.converse(true).await?;
        }
        Ok(())
    }
}

impl<S: Stream> Session<S> {
    fn new(peer: Arc<Inner>, number: usize, stream: S) -> Self {
        Self {
            peer,
            number,
            stream: BufReader::with_capacity(64 * 1024, stream),
            replies: Vec::new(),
            reached: HashMap::new(),
            mail: None,
            recipient: None,
        }
    }

    async fn converse(&mut self, secured: bool) -> io::Result<Next> {
        loop {
            let line = self.line().await?;
            self.seen().commands.push((self.number, line.clone()));
            let verb = line.split([' ', ':']).next().unwrap_or_default();
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    let hello = self.hello(secured);
                    self.answer(Stage::Ehlo, &line, &hello).await?;
                }
                "STARTTLS" => {
                    if self.answer(Stage::StartTls, &line, "220 go on").await? == 220 {
                        self.flush().await?;
                        return Ok(Next::StartTls);
                    }
                }
                "AUTH" => self.auth(&line).await?,
                "MAIL" => {
                    let begun = Instant::now();
                    let code = self.answer(Stage::Mail, &line, "250 2.1.0 ok").await?;
                    self.mail = positive(code).then(|| (path(&line), begun));
                    self.recipient = None;
                }
                "RCPT" => self.rcpt(&line).await?,
                "DATA" => self.data(&line).await?,
                "RSET" | "NOOP" | "HELO" => {
                    (self.mail, self.recipient) = (None, None);
                    self.reply("250 2.0.0 ok");
                }
                "QUIT" => {
                    self.reply("221 2.0.0 bye");
                    self.flush().await?;
                    return Ok(Next::Over);
                }
                _ => self.reply("500 5.5.2 unknown"),
            }
        }
    }

    fn hello(&self, secured: bool) -> String {
        let mut words = vec!["peer.example"];
        words.extend_from_slice(self.peer.offers);
        if self.peer.tls.is_some() {
            words.push(if secured {
                self.peer.logins
            } else {
                "STARTTLS"
            });
        }
        let last = words.len() - 1;
        let lines = words.iter().enumerate().map(|(at, word)| {
            let mark = if at == last { ' ' } else { '-' };
            format!("250{mark}{word}")
        });
        lines.collect::<Vec<_>>().join("\r\n")
    }

    /// PLAIN in one line; LOGIN asks for the name, then for the password.
    async fn auth(&mut self, line: &str) -> io::Result<()> {
        if line == "AUTH LOGIN" {
            for asks in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                if self.answer(Stage::Auth, line, asks).await? != 334 {
                    return Ok(());
                }
                let said = self.line().await?;
                self.seen()
                    .commands
                    .push((self.number, format!("AUTH {said}")));
            }
        }
        self.answer(Stage::Auth, line, "235 2.7.0 welcome").await?;
        Ok(())
    }

    async fn rcpt(&mut self, line: &str) -> io::Result<()> {
        let Some((_, at)) = self.mail else {
            self.reply("503 5.5.1 MAIL first");
            return Ok(());
        };
        let to = path(line);
        let connection = self.number;
        let announced = Announced {
            connection,
            to: to.clone(),
            at,
        };
        self.seen().announced.push(announced);
        let code = self.answer(Stage::Rcpt, line, "250 2.1.5 ok").await?;
        self.recipient = positive(code).then_some(to);
        Ok(())
    }

    async fn data(&mut self, line: &str) -> io::Result<()> {
        // Some relays say 354 all the same (RFC 2920 §3.1): a script's word counts.
        let usual = match self.recipient {
            Some(_) => "354 go ahead",
            None => "503 5.5.1 RCPT first",
        };
        if self.answer(Stage::Data, line, usual).await? != 354 {
            return Ok(());
        }
        self.flush().await?;
        let (mut told, mut place) = (None, None);
        let mut message = self.line().await?;
        if message != "." {
            told = self.act(Stage::Body, "", "250 2.0.0 early").await?;
            self.flush().await?;
            message.push_str("\r\n");
            let mut bytes = message.into_bytes();
            while !bytes.ends_with(b"\n.\r\n") {
                if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            place = Some(self.receive(&bytes, told));
        }
        if told.is_none() {
            let usual = match self.recipient {
                Some(_) => "250 2.0.0 taken",
                None => "554 5.5.1 nobody to send it to",
            };
            let code = self.answer(Stage::Dot, "", usual).await?;
            if let Some(place) = place {
                self.seen().received[place].told = Some(code);
            }
        }
        (self.mail, self.recipient) = (None, None);
        Ok(())
    }

    /// Notes a message; its place among all.
    fn receive(&mut self, bytes: &[u8], told: Option<u16>) -> usize {
        let text = String::from_utf8_lossy(bytes);
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "));
        let received = Received {
            to: self.recipient.clone().unwrap_or_default(),
            message_id: id.unwrap_or_default().to_owned(),
            octets: bytes.len() - 3,
            told,
            at: Instant::now(),
        };
        let mut seen = self.seen();
        seen.received.push(received);
        seen.received.len() - 1
    }

    /// The usual reply, or what the script says; the code that was said.
    async fn answer(&mut self, stage: Stage, line: &str, usual: &str) -> io::Result<u16> {
        if let Some(code) = self.act(stage, line, usual).await? {
            return Ok(code);
        }
        self.reply(usual);
        Ok(code(usual))
    }

    /// What the script says, if it says anything.
    async fn act(&mut self, stage: Stage, line: &str, usual: &str) -> io::Result<Option<u16>> {
        let count = |reached: &mut HashMap<Stage, usize>| {
            let count = reached.entry(stage).or_default();
            *count += 1;
            *count
        };
        let nth = count(&mut self.seen().reached);
        let nth_here = count(&mut self.reached);
        let moment = Moment {
            stage,
            nth,
            nth_here,
            line,
        };
        let Some(act) = (self.peer.script)(&moment) else {
            return Ok(None);
        };
        self.flush().await?;
        match act {
            Act::Say(words) => {
                self.reply(words);
                return Ok(Some(code(words)));
            }
            Act::Close => {
                self.stream.get_mut().shutdown().await?;
                tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Act::Reset => {
                self.stream.get_ref().tcp().set_zero_linger()?;
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Act::Silence => std::future::pending::<()>().await,
            Act::Bytes => {
                for byte in format!("{usual}\r\n").bytes() {
                    self.stream.get_mut().write_all(&[byte]).await?;
                    self.stream.get_mut().flush().await?;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            Act::Twice => {
                self.reply(usual);
                self.reply("250 2.0.0 nobody asked");
            }
            Act::Lines => {
                let first = format!("{}-in two lines", code(usual));
                self.reply(&first);
                self.reply(usual);
            }
            Act::Megabyte => {
                let long = format!("{usual} {}", "a".repeat(1_000_000));
                self.reply(&long);
            }
            Act::After(wait) => {
                tokio::time::sleep(wait).await;
                self.reply(usual);
            }
            Act::When(wakeup) => {
                wakeup.notified().await;
                self.reply(usual);
            }
        }
        self.flush().await?;
        Ok(Some(code(usual)))
    }

    fn reply(&mut self, words: &str) {
        self.replies.extend_from_slice(words.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> io::Result<()> {
        let replies = std::mem::take(&mut self.replies);
        self.stream.get_mut().write_all(&replies).await?;
        self.stream.get_mut().flush().await
    }

    /// The next line. Replies to a group of commands leave together (RFC 2920 §3.2).
    async fn line(&mut self) -> io::Result<String> {
        if self.stream.buffer().is_empty() {
            self.flush().await?;
        }
        let mut line = Vec::new();
        let limit = 1_000_000;
        let mut limited = (&mut self.stream).take(limit);
        if limited.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.peer.seen.lock().unwrap()
    }
}

fn code(reply: &str) -> u16 {
    reply
        .get(..3)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

fn positive(code: u16) -> bool {
    (200..300).contains(&code)
}

/// What stands between the angle brackets.
fn path(line: &str) -> String {
    let between = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    between.map_or_else(String::new, |(path, _)| path.to_owned())
}
