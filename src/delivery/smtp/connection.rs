//! One connection that is ready for mail, and the group of commands that makes it fast.

use std::{
    io::{Error, ErrorKind, IoSlice, Write},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    client::Timeouts,
    reply::{self, NotAReply, Reply, Span},
};

/// What a relay offers in its EHLO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870: the largest message; `None` where it sets no limit.
    pub size_limit: Option<u64>,
    /// RFC 1870: whether MAIL may say the size.
    pub size: bool,
    /// RFC 6531.
    pub smtputf8: bool,
    /// RFC 3207.
    pub starttls: bool,
    /// RFC 4954: the login mechanisms, upper case.
    pub auth: Vec<String>,
}

/// One message's envelope.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// MAIL FROM.
    pub return_path: &'a str,
    /// RCPT TO: one recipient per message (M7).
    pub recipient: &'a str,
    /// Octets of the message.
    pub size: u64,
}

/// What became of an announcement.
#[derive(Debug)]
pub enum Begun {
    /// The relay waits for the message.
    Open,
    /// It refused, or we did in its name: [`Reply::local`].
    Refused(Reply),
}

/// What became of a message, and of the announcement behind it.
#[derive(Debug)]
pub struct Delivered {
    /// The reply to the message.
    pub reply: Reply,
    /// What became of the next announcement; `None` where there was none, or where the connection
    /// broke before its answer: then [`Connection::is_closing`] and nothing of it was taken.
    pub next: Option<Begun>,
}

/// The connection broke.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Lost {
    /// Where.
    pub loss: Loss,
    /// What happened.
    pub why: String,
}

/// Where a connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The final dot had not left: the relay has nothing (S4).
    Before,
    /// The final dot had left and no reply came: in doubt (RFC 5321 §4.5.3.2.6).
    InDoubt,
}

pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// A connection that has greeted, secured itself and logged in.
pub struct Connection {
    wire: Box<dyn Wire>,
    timeouts: Timeouts,
    capabilities: Capabilities,
    input: Vec<u8>,
    read_to: usize,
    commands: Vec<u8>,
    needs_reset: bool,
    closing: bool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({:?})", self.capabilities)
    }
}

impl Connection {
    pub(super) fn new(wire: Box<dyn Wire>, timeouts: Timeouts) -> Self {
        Self {
            wire,
            timeouts,
            capabilities: Capabilities::default(),
            input: Vec::with_capacity(4096),
            read_to: 0,
            commands: Vec::with_capacity(1024),
            needs_reset: false,
            closing: false,
        }
    }

    /// What the relay offers.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    pub(super) fn set_capabilities(&mut self, capabilities: Capabilities) {
        self.capabilities = capabilities;
    }

    /// Whether the relay has said, or shown, that it closes the connection: open another.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Announces a message. [`Begun::Open`]: [`Connection::deliver`] must follow.
    ///
    /// # Errors
    /// [`Loss::Before`], always: nothing of the message has left.
    pub async fn begin(&mut self, envelope: &Envelope<'_>) -> Result<Begun, Lost> {
        if let Some(refusal) = self.refuse(envelope) {
            return Ok(Begun::Refused(refusal));
        }
        let begun = if self.capabilities.pipelining {
            self.commands.clear();
            let reset = std::mem::take(&mut self.needs_reset);
            if reset {
                self.commands.extend_from_slice(b"RSET\r\n");
            }
            self.announce(envelope);
            self.write_commands().await.map_err(before)?;
            if reset {
                let span = self.reply(self.timeouts.command).await.map_err(before)?;
                self.take(span);
            }
            self.announcement_replies().await
        } else {
            self.begin_step_by_step(envelope).await
        };
        begun.map_err(before)
    }

    /// Sends the message that the relay waits for (complete, dot-stuffed, ended by `CRLF . CRLF`)
    /// and, in the same write, announces the next.
    ///
    /// # Errors
    /// [`Lost`] where no reply to the message came.
    pub async fn deliver(
        &mut self,
        message: &[u8],
        next: Option<&Envelope<'_>>,
    ) -> Result<Delivered, Lost> {
        let refusal = next.and_then(|next| self.refuse(next));
        let next = next.filter(|_| refusal.is_none());
        self.commands.clear();
        let pipelined = self.capabilities.pipelining;
        if let Some(next) = next
            && pipelined
        {
            self.announce(next);
        }
        if let Err(error) = self.write_message(message).await {
            self.closing = true;
            // A relay that closes while we write may have said why.
            let why = match self.reply(Duration::from_millis(200)).await {
                Ok(span) => self.take(span).to_string(),
                Err(_) => format!("the connection broke while the message was sent: {error}"),
            };
            return Err(Lost {
                loss: Loss::Before,
                why,
            });
        }
        let span = self
            .reply(self.timeouts.final_dot)
            .await
            .map_err(|error| Lost {
                loss: Loss::InDoubt,
                why: format!("no reply came to the end of the message: {error}"),
            })?;
        let reply = self.take(span);
        let begun = match next {
            None => None,
            Some(_) if self.closing => None,
            Some(_) if pipelined => self.announcement_replies().await.ok(),
            Some(next) => self.begin_step_by_step(next).await.ok(),
        };
        Ok(Delivered {
            reply,
            next: begun.or(refusal.map(Begun::Refused)),
        })
    }

    /// Says goodbye; a relay that does not answer is not waited for.
    pub async fn quit(mut self) {
        if !self.closing {
            self.commands.clear();
            self.commands.extend_from_slice(b"QUIT\r\n");
            if self.write_commands().await.is_ok() {
                let _ = self.reply(Duration::from_secs(2)).await;
            }
        }
        let _ = tokio::time::timeout(Duration::from_secs(1), self.wire.shutdown()).await;
    }

    /// What we need not ask the relay (S6, M9).
    fn refuse(&self, envelope: &Envelope<'_>) -> Option<Reply> {
        if let Some(limit) = self.capabilities.size_limit
            && envelope.size > limit
        {
            let words = format!(
                "5.3.4 the message has {} octets and the relay takes {limit}",
                envelope.size
            );
            return Some(Reply::local(552, (5, 3, 4), &words));
        }
        if !envelope.recipient.is_ascii() && !self.capabilities.smtputf8 {
            let words =
                "5.6.7 the address is not ASCII before the @ and the relay offers no SMTPUTF8";
            return Some(Reply::local(553, (5, 6, 7), words));
        }
        None
    }

    /// MAIL, RCPT and DATA: the one group that RFC 2920 §3.1 allows here.
    fn announce(&mut self, envelope: &Envelope<'_>) {
        self.mail(envelope);
        self.rcpt(envelope);
        self.commands.extend_from_slice(b"DATA\r\n");
    }

    fn mail(&mut self, envelope: &Envelope<'_>) {
        self.commands.extend_from_slice(b"MAIL FROM:<");
        self.commands
            .extend_from_slice(envelope.return_path.as_bytes());
        self.commands.push(b'>');
        if self.capabilities.size {
            // Writing to a Vec cannot fail.
            let _ = write!(self.commands, " SIZE={}", envelope.size);
        }
        if !envelope.recipient.is_ascii() {
            self.commands.extend_from_slice(b" SMTPUTF8");
        }
        self.commands.extend_from_slice(b"\r\n");
    }

    fn rcpt(&mut self, envelope: &Envelope<'_>) {
        self.commands.extend_from_slice(b"RCPT TO:<");
        self.commands
            .extend_from_slice(envelope.recipient.as_bytes());
        self.commands.extend_from_slice(b">\r\n");
    }

    /// The three replies to a pipelined announcement. Every one is read, whatever the first says
    /// (S7).
    async fn announcement_replies(&mut self) -> Result<Begun, Broken> {
        let mut refusal = None;
        for _ in ["MAIL", "RCPT"] {
            let span = self.reply(self.timeouts.command).await?;
            let reply = self.take(span);
            if !reply.is_positive() {
                refusal.get_or_insert(reply);
            }
            if self.closing {
                // 421 stands for all that were sent (RFC 5321 §3.8).
                break;
            }
        }
        if let (true, Some(refusal)) = (self.closing, refusal.take_if(|_| self.closing)) {
            return Ok(Begun::Refused(refusal));
        }
        let span = self.reply(self.timeouts.data).await?;
        self.after_data(span, refusal).await
    }

    async fn after_data(&mut self, span: Span, refusal: Option<Reply>) -> Result<Begun, Broken> {
        let data = self.take(span);
        match (refusal, data.code) {
            (None, 354) => Ok(Begun::Open),
            (Some(refusal), 354) => {
                // RFC 2920 §3.1: nobody is left to send it to, yet the relay waits.
                self.commands.clear();
                self.commands.extend_from_slice(b".\r\n");
                self.write_commands().await?;
                let span = self.reply(self.timeouts.final_dot).await?;
                self.take(span);
                Ok(Begun::Refused(refusal))
            }
            (refusal, _) => {
                if refusal.is_none() && data.is_positive() {
                    return Err(Broken::Protocol(NotAReply::Garbage));
                }
                self.needs_reset = true;
                Ok(Begun::Refused(refusal.unwrap_or(data)))
            }
        }
    }

    /// For relays without PIPELINING: each command waits for its reply.
    async fn begin_step_by_step(&mut self, envelope: &Envelope<'_>) -> Result<Begun, Broken> {
        if std::mem::take(&mut self.needs_reset) {
            self.commands.clear();
            self.commands.extend_from_slice(b"RSET\r\n");
            self.command(self.timeouts.command).await?;
        }
        self.commands.clear();
        self.mail(envelope);
        let reply = self.command(self.timeouts.command).await?;
        if !reply.is_positive() {
            return Ok(Begun::Refused(reply));
        }
        self.commands.clear();
        self.rcpt(envelope);
        let reply = self.command(self.timeouts.command).await?;
        if !reply.is_positive() {
            self.needs_reset = true;
            return Ok(Begun::Refused(reply));
        }
        self.commands.clear();
        self.commands.extend_from_slice(b"DATA\r\n");
        self.write_commands().await?;
        let span = self.reply(self.timeouts.data).await?;
        self.after_data(span, None).await
    }

    async fn command(&mut self, patience: Duration) -> Result<Reply, Broken> {
        self.write_commands().await?;
        let span = self.reply(patience).await?;
        Ok(self.take(span))
    }

    /// Sends one line and reads its reply: for greeting, securing and logging in.
    pub(super) async fn say(&mut self, line: &str, patience: Duration) -> Result<Reply, Broken> {
        self.commands.clear();
        self.commands.extend_from_slice(line.as_bytes());
        self.commands.extend_from_slice(b"\r\n");
        self.command(patience).await
    }

    /// Reads a reply that nobody asked for: the greeting.
    pub(super) async fn listen(&mut self, patience: Duration) -> Result<Reply, Broken> {
        let span = self.reply(patience).await?;
        Ok(self.take(span))
    }

    /// Whether the relay has sent more than was read; after STARTTLS that is an attack (S9).
    pub(super) fn has_unread(&self) -> bool {
        self.read_to < self.input.len()
    }

    pub(super) fn into_wire(self) -> Box<dyn Wire> {
        self.wire
    }

    async fn write_commands(&mut self) -> Result<(), Broken> {
        let commands = std::mem::take(&mut self.commands);
        let written = tokio::time::timeout(self.timeouts.block, async {
            self.wire.write_all(&commands).await?;
            self.wire.flush().await
        })
        .await;
        self.commands = commands;
        let result = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => Broken::Io(error),
            Err(_) => Broken::Silence,
        };
        self.closing = true;
        Err(result)
    }

    /// Message and commands in one write. RFC 5321 §4.5.3.2.5 gives each block its time; a relay
    /// that takes nothing for that long is gone.
    async fn write_message(&mut self, message: &[u8]) -> std::io::Result<()> {
        let total = message.len() + self.commands.len();
        let mut sent = 0;
        while sent < total {
            let slices = [
                IoSlice::new(message.get(sent..).unwrap_or_default()),
                IoSlice::new(
                    self.commands
                        .get(sent.saturating_sub(message.len())..)
                        .unwrap_or_default(),
                ),
            ];
            let slices = if sent >= message.len() {
                &slices[1..]
            } else {
                &slices[..]
            };
            let written =
                tokio::time::timeout(self.timeouts.block, self.wire.write_vectored(slices)).await;
            match written {
                Ok(Ok(0)) => return Err(ErrorKind::WriteZero.into()),
                Ok(Ok(written)) => sent += written,
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(Error::new(ErrorKind::TimedOut, "the relay takes no more")),
            }
        }
        self.wire.flush().await
    }

    /// Waits for the next whole reply.
    async fn reply(&mut self, patience: Duration) -> Result<Span, Broken> {
        if let Some(span) = self.scan()? {
            return Ok(span);
        }
        let waited = tokio::time::timeout(patience, async {
            loop {
                if self.read_to > 0 && self.read_to == self.input.len() {
                    self.input.clear();
                    self.read_to = 0;
                } else if self.read_to > 4096 {
                    self.input.drain(..self.read_to);
                    self.read_to = 0;
                }
                if self.wire.read_buf(&mut self.input).await? == 0 {
                    return Err(Broken::Closed);
                }
                if let Some(span) = self.scan()? {
                    return Ok(span);
                }
            }
        })
        .await;
        let result = waited.unwrap_or(Err(Broken::Silence));
        if result.is_err() {
            self.closing = true;
        }
        result
    }

    fn scan(&mut self) -> Result<Option<Span>, Broken> {
        let scanned = reply::scan(self.input.get(self.read_to..).unwrap_or_default());
        scanned.map_err(|error| {
            self.closing = true;
            Broken::Protocol(error)
        })
    }

    /// Takes the reply that was found. The ordinary ones are made without allocation.
    fn take(&mut self, span: Span) -> Reply {
        let reply = if matches!(span.code, 250 | 354) {
            Reply {
                code: span.code,
                enhanced: None,
                words: String::new(),
            }
        } else {
            reply::read(self.input.get(self.read_to..).unwrap_or_default(), span)
        };
        self.read_to += span.length;
        self.closing |= reply.is_closing();
        reply
    }

    /// Takes the lines of the last reply as they stood: for EHLO.
    pub(super) async fn say_for_lines(
        &mut self,
        line: &str,
        patience: Duration,
    ) -> Result<(u16, Vec<String>), Broken> {
        self.commands.clear();
        self.commands.extend_from_slice(line.as_bytes());
        self.commands.extend_from_slice(b"\r\n");
        self.write_commands().await?;
        let span = self.reply(patience).await?;
        let from = self.read_to;
        self.read_to += span.length;
        self.closing |= span.code == 421;
        let lines = String::from_utf8_lossy(self.input.get(from..self.read_to).unwrap_or_default())
            .lines()
            .map(|line| line.get(4..).unwrap_or_default().trim().to_owned())
            .collect();
        Ok((span.code, lines))
    }
}

/// Why no reply came.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the relay closed the connection")]
    Closed,
    #[error("the relay did not answer in time")]
    Silence,
    #[error(transparent)]
    Protocol(#[from] NotAReply),
    #[error("the connection broke: {0}")]
    Io(#[from] Error),
}

fn before(broken: Broken) -> Lost {
    Lost {
        loss: Loss::Before,
        why: broken.to_string(),
    }
}
