//! One connection that is ready for mail, and the group of commands that makes it fast.

use std::{io::Write, time::Duration};

use super::{
    capabilities::Capabilities,
    dsn,
    reply::{Reply, Span},
    timeouts::Timeouts,
    tls::Security,
    wire::{Broken, Wire},
};
use crate::{delivery::reply_class::Stage, delivery_state::Tls, environment::Stream};

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

impl Envelope<'_> {
    /// Only for what stands beyond ASCII before an `@`: domains are A-labels (M9).
    fn needs_smtputf8(&self) -> bool {
        !(self.recipient.is_ascii() && self.return_path.is_ascii())
    }
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

impl Broken {
    fn before_the_dot(self) -> Lost {
        Lost {
            loss: Loss::Before,
            why: self.to_string(),
        }
    }
}

/// Where a connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The final dot had not left: the relay has nothing (S4).
    Before,
    /// The final dot had left and no reply came: in doubt (RFC 5321 §4.5.3.2.6).
    InDoubt,
}

/// A connection that has greeted, secured itself and logged in.
pub struct Connection {
    wire: Wire,
    timeouts: Timeouts,
    capabilities: Capabilities,
    greeting: String,
    security: Option<Security>,
    commands: Vec<u8>,
    needs_reset: bool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({:?})", self.capabilities)
    }
}

/// RFC 5321 §4.2.3: the answer to QUIT, or to nothing where the relay closes.
const SERVICE_CLOSING: u16 = 221;

impl Connection {
    pub(super) fn new(stream: Box<dyn Stream>, encrypted: bool, timeouts: Timeouts) -> Self {
        Self {
            wire: Wire::new(stream, encrypted, timeouts.block),
            timeouts,
            capabilities: Capabilities::default(),
            greeting: String::new(),
            security: None,
            commands: Vec::with_capacity(1024),
            needs_reset: false,
        }
    }

    /// What the relay offers.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The words of the relay's first line.
    #[must_use]
    pub fn greeting(&self) -> &str {
        &self.greeting
    }

    /// What TLS came to; `None` in the clear.
    #[must_use]
    pub fn security(&self) -> Option<&Security> {
        self.security.as_ref()
    }

    /// How what is sent here travels.
    #[must_use]
    pub fn tls(&self) -> Tls {
        self.security
            .as_ref()
            .map_or(Tls::None, |security| security.version)
    }

    pub(super) fn remember(&mut self, greeting: String, security: Option<Security>) {
        self.greeting = greeting;
        self.security = security;
    }

    pub(super) fn set_capabilities(&mut self, capabilities: Capabilities) {
        self.capabilities = capabilities;
    }

    /// Whether the relay has said, or shown, that it closes the connection: open another.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.wire.is_closing()
    }

    /// Announces a message. [`Begun::Open`]: [`Connection::deliver`] must follow.
    ///
    /// # Errors
    /// [`Loss::Before`], always: nothing of the message has left.
    pub async fn begin(&mut self, envelope: &Envelope<'_>) -> Result<Begun, Lost> {
        if let Some(refusal) = self.refuse(envelope) {
            return Ok(Begun::Refused(refusal));
        }
        // An idle relay may have said 421 meanwhile: that is not about this message.
        self.wire.expect_silence().map_err(Broken::before_the_dot)?;
        let begun = if self.capabilities.pipelining {
            self.begin_in_one_write(envelope).await
        } else {
            self.begin_step_by_step(envelope).await
        };
        begun.map_err(Broken::before_the_dot)
    }

    /// Sends the message that the relay waits for as far as its last line, and so keeps the relay
    /// busy meanwhile. [`Connection::deliver`] must follow with the same message: before its end the
    /// relay has nothing (S4).
    pub async fn send_ahead(&mut self, message: &[u8]) {
        // Where it is not silent, `deliver` says so.
        if self.wire.expect_silence().is_ok() {
            self.wire.write_ahead(message).await;
        }
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
        if !self.wire.is_ahead() {
            self.wire.expect_silence().map_err(Broken::before_the_dot)?;
        }
        let refusal = next.and_then(|next| self.refuse(next));
        let next = next.filter(|_| refusal.is_none());
        let pipelined = self.capabilities.pipelining;
        self.commands.clear();
        if let Some(next) = next
            && pipelined
        {
            self.announce(next);
        }
        let reply = match self.wire.write_message(message, &self.commands).await {
            Ok(()) => self.reply_to_message().await?,
            Err(cut) => match self.wire.last_words().await {
                // What broke was the announcement; the message itself had arrived and was taken.
                Some(reply) if reply.is_positive() && cut.dot_may_have_left => reply,
                // A relay that has seen enough says so and hangs up in the middle of the message.
                Some(reply) if reply.is_refusal() => reply,
                _ => {
                    let why = format!(
                        "the connection broke while the message was sent: {}",
                        cut.error
                    );
                    let loss = if cut.dot_may_have_left {
                        Loss::InDoubt
                    } else {
                        Loss::Before
                    };
                    return Err(Lost { loss, why });
                }
            },
        };
        let begun = match next {
            None => None,
            Some(_) if self.is_closing() => None,
            Some(_) if pipelined => self.announcement_replies().await.ok(),
            Some(next) => self.begin_step_by_step(next).await.ok(),
        };
        Ok(Delivered {
            reply: reply.at(Stage::Content),
            next: begun.or(refusal.map(Begun::Refused)),
        })
    }

    /// Says goodbye; a relay that does not answer is not waited for.
    pub async fn quit(mut self) {
        if !self.is_closing() && self.wire.write(b"QUIT\r\n").await.is_ok() {
            let _ = self.wire.reply(Duration::from_secs(2)).await;
        }
        self.wire.shut_down().await;
    }

    async fn reply_to_message(&mut self) -> Result<Reply, Lost> {
        let in_doubt = |broken: &Broken| Lost {
            loss: Loss::InDoubt,
            why: format!("no reply came to the end of the message: {broken}"),
        };
        let span = self.wire.reply(self.timeouts.final_dot).await;
        let reply = self.wire.take(span.map_err(|broken| in_doubt(&broken))?);
        // Only 2yz hands over the responsibility (RFC 5321 §4.2.1; S1), and 221 is a goodbye: nothing was taken.
        if (reply.is_positive() && reply.code != SERVICE_CLOSING) || reply.is_refusal() {
            Ok(reply)
        } else {
            Err(in_doubt(&self.wire.out_of_turn()))
        }
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
            return Some(Reply::local(Stage::Sender, 552, (5, 3, 4), &words));
        }
        if envelope.needs_smtputf8() && !self.capabilities.smtputf8 {
            let words =
                "5.6.7 the address is not ASCII before the @ and the relay offers no SMTPUTF8";
            return Some(Reply::local(Stage::Recipient, 553, (5, 6, 7), words));
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
        if envelope.needs_smtputf8() {
            self.commands.extend_from_slice(b" SMTPUTF8");
        }
        if self.capabilities.dsn {
            dsn::mail(&mut self.commands, envelope.return_path);
        }
        self.commands.extend_from_slice(b"\r\n");
    }

    fn rcpt(&mut self, envelope: &Envelope<'_>) {
        self.commands.extend_from_slice(b"RCPT TO:<");
        self.commands
            .extend_from_slice(envelope.recipient.as_bytes());
        self.commands.push(b'>');
        if self.capabilities.dsn {
            dsn::rcpt(&mut self.commands, envelope.recipient);
        }
        self.commands.extend_from_slice(b"\r\n");
    }

    async fn begin_in_one_write(&mut self, envelope: &Envelope<'_>) -> Result<Begun, Broken> {
        self.commands.clear();
        let reset = std::mem::take(&mut self.needs_reset);
        if reset {
            self.commands.extend_from_slice(b"RSET\r\n");
        }
        self.announce(envelope);
        self.wire.write(&self.commands).await?;
        if reset {
            self.answer().await?;
        }
        self.announcement_replies().await
    }

    /// The three replies to a pipelined announcement. Every one is read, whatever the first says
    /// (S7); 421 stands for all that were sent (RFC 5321 §3.8).
    async fn announcement_replies(&mut self) -> Result<Begun, Broken> {
        let mail = self.answer().await?.at(Stage::Sender);
        if self.is_closing() {
            return Ok(Begun::Refused(mail));
        }
        let rcpt = self.answer().await?.at(Stage::Recipient);
        let recipient_taken = rcpt.is_positive();
        let refusal = [mail, rcpt].into_iter().find(Reply::is_refusal);
        if let (true, Some(refusal)) = (self.is_closing(), &refusal) {
            return Ok(Begun::Refused(refusal.clone()));
        }
        let span = self.wire.reply(self.timeouts.data).await?;
        self.after_data(span, refusal, recipient_taken).await
    }

    async fn after_data(
        &mut self,
        span: Span,
        refusal: Option<Reply>,
        recipient_taken: bool,
    ) -> Result<Begun, Broken> {
        let data = self.wire.take(span).at(Stage::Content);
        match (refusal, data.code) {
            (None, 354) => Ok(Begun::Open),
            (Some(refusal), 354) => {
                if recipient_taken {
                    // MAIL was refused, yet the relay waits for mail to someone: a lone dot would
                    // send them an empty message.
                    self.wire.fail_past_deadline();
                } else {
                    // RFC 2920 §3.1: nobody is left to send it to, yet the relay waits.
                    self.wire.write(b".\r\n").await?;
                    let span = self.wire.reply(self.timeouts.final_dot).await?;
                    self.wire.take(span);
                }
                Ok(Begun::Refused(refusal))
            }
            (refusal, _) if data.is_refusal() => {
                self.needs_reset = true;
                Ok(Begun::Refused(refusal.unwrap_or(data)))
            }
            _ => Err(self.wire.out_of_turn()),
        }
    }

    /// For relays without PIPELINING: each command waits for its reply.
    async fn begin_step_by_step(&mut self, envelope: &Envelope<'_>) -> Result<Begun, Broken> {
        if std::mem::take(&mut self.needs_reset) {
            self.commands.clear();
            self.commands.extend_from_slice(b"RSET\r\n");
            self.ask().await?;
        }
        self.commands.clear();
        self.mail(envelope);
        let reply = self.ask().await?.at(Stage::Sender);
        if reply.is_refusal() {
            return Ok(Begun::Refused(reply));
        }
        self.commands.clear();
        self.rcpt(envelope);
        let reply = self.ask().await?.at(Stage::Recipient);
        if reply.is_refusal() {
            self.needs_reset = true;
            return Ok(Begun::Refused(reply));
        }
        self.wire.expect_silence()?;
        self.wire.write(b"DATA\r\n").await?;
        let span = self.wire.reply(self.timeouts.data).await?;
        self.after_data(span, None, true).await
    }

    /// Sends one command and reads its reply; what was said before it is no reply to it.
    async fn ask(&mut self) -> Result<Reply, Broken> {
        self.wire.expect_silence()?;
        self.wire.write(&self.commands).await?;
        self.answer().await
    }

    /// The reply to RSET, MAIL or RCPT: yes or no. Anything else belongs to another command.
    async fn answer(&mut self) -> Result<Reply, Broken> {
        let span = self.wire.reply(self.timeouts.command).await?;
        let reply = self.wire.take(span);
        if reply.is_positive() || reply.is_refusal() {
            Ok(reply)
        } else {
            Err(self.wire.out_of_turn())
        }
    }

    /// Sends one line and reads its reply: for securing and logging in.
    pub(super) async fn say(&mut self, line: &str) -> Result<Reply, Broken> {
        self.write_line(line).await?;
        self.listen(self.timeouts.command).await
    }

    /// Sends EHLO and reads what the relay offers.
    pub(super) async fn say_for_lines(&mut self, line: &str) -> Result<(u16, Vec<String>), Broken> {
        self.write_line(line).await?;
        let span = self.wire.reply(self.timeouts.command).await?;
        Ok((span.code, self.wire.take_lines(span)))
    }

    /// Reads a reply that nobody asked for: the greeting.
    pub(super) async fn listen(&mut self, patience: Duration) -> Result<Reply, Broken> {
        let span = self.wire.reply(patience).await?;
        Ok(self.wire.take(span))
    }

    async fn write_line(&mut self, line: &str) -> Result<(), Broken> {
        self.commands.clear();
        self.commands.extend_from_slice(line.as_bytes());
        self.commands.extend_from_slice(b"\r\n");
        // A relay that talks before its turn, or someone in between, is not talked to (S9).
        self.wire.expect_silence()?;
        self.wire.write(&self.commands).await
    }

    /// Makes sure that the relay has said nothing unasked.
    pub(super) fn expect_silence(&mut self) -> Result<(), Broken> {
        self.wire.expect_silence()
    }

    /// Whether the relay has sent more than was asked; after STARTTLS that is an attack (S9).
    pub(super) fn has_unread(&self) -> bool {
        self.wire.has_unread()
    }

    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        self.wire.into_stream()
    }
}
