//! Octets to and from a relay: one write for a whole group, whole replies back, and a clear word
//! about every way in which that can end.

use std::{
    io::{Error, ErrorKind, IoSlice},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{delivery::reply_class::Stage, environment::Stream};

use super::reply::{self, NotAReply, Reply, Span};

/// How long a relay that stopped taking our octets is listened to for its reason.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why no reply came.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the relay closed the connection")]
    Closed,
    #[error("the relay closed the connection, saying: {0}")]
    Farewell(Reply),
    #[error("the relay did not answer in time")]
    Silence,
    #[error(transparent)]
    Protocol(#[from] NotAReply),
    #[error("the connection broke: {0}")]
    Io(#[from] Error),
}

/// A message that could not be written to its end.
#[derive(Debug)]
pub(super) struct Cut {
    /// The final dot may be among what left.
    pub dot_may_have_left: bool,
    /// What happened.
    pub error: Error,
}

/// A stream with what has been read from it and not yet been understood.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    /// Under TLS a failed write does not tell how much of it left.
    encrypted: bool,
    /// What each block that is written may take (S3).
    block: Duration,
    input: Vec<u8>,
    read_to: usize,
    closing: bool,
    /// How much of the message that is being delivered has left ahead of its end, or why not.
    ahead: Option<Result<usize, Error>>,
}

/// What follows the text of a message: the line end before the dot, the dot, its line end.
const END: usize = b"\r\n.\r\n".len();

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>, encrypted: bool, block: Duration) -> Self {
        Self {
            stream,
            encrypted,
            block,
            input: Vec::with_capacity(4096),
            read_to: 0,
            closing: false,
            ahead: None,
        }
    }

    /// Whether the connection is at its end: by 421, by a fault, or by nonsense.
    pub(super) fn is_closing(&self) -> bool {
        self.closing
    }

    /// Gives the connection up.
    pub(super) fn fail_past_deadline(&mut self) {
        self.closing = true;
    }

    /// The connection cannot be trusted to keep replies and commands together.
    pub(super) fn out_of_turn(&mut self) -> Broken {
        self.closing = true;
        Broken::Protocol(NotAReply::OutOfTurn)
    }

    /// Whether more was read than was understood.
    pub(super) fn has_unread(&self) -> bool {
        self.read_to < self.input.len()
    }

    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    pub(super) async fn shut_down(&mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.stream.shutdown()).await;
    }

    /// Makes sure, without waiting, that the relay is there and silent. What it says unasked would
    /// otherwise be taken for the reply to what comes next: a stray 250 for a message that it
    /// never read.
    pub(super) fn expect_silence(&mut self) -> Result<(), Broken> {
        if !self.has_unread() {
            self.forget_the_read();
            match self.stream.read_buf(&mut self.input).now_or_never() {
                None => return Ok(()),
                Some(Ok(0)) => {
                    self.closing = true;
                    return Err(Broken::Closed);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    self.closing = true;
                    return Err(error.into());
                }
            }
        }
        // RFC 5321 §3.8: the one thing that a relay may say unasked.
        if let Some(span) = self.scan()?
            && span.code == 421
        {
            return Err(Broken::Farewell(self.take(span)));
        }
        Err(self.out_of_turn())
    }

    /// Writes commands, all at once.
    pub(super) async fn write(&mut self, commands: &[u8]) -> Result<(), Broken> {
        let written = tokio::time::timeout(self.block, async {
            self.stream.write_all(commands).await?;
            self.stream.flush().await
        })
        .await;
        let broken = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => Broken::Io(error),
            Err(_) => Broken::Silence,
        };
        self.closing = true;
        Err(broken)
    }

    /// Writes a message without its end; [`Wire::write_message`] must follow, and tells what went
    /// wrong here.
    pub(super) async fn write_ahead(&mut self, message: &[u8]) {
        let text = message.get(..message.len().saturating_sub(END));
        let mut sent = 0;
        let written = self
            .write_both(text.unwrap_or_default(), &[], &mut sent)
            .await;
        self.ahead = Some(written.map(|()| sent));
    }

    /// Whether a message has left but for its end.
    pub(super) fn is_ahead(&self) -> bool {
        self.ahead.is_some()
    }

    /// Writes a message, or what is left of it, and the commands behind it in one write. RFC 5321
    /// §4.5.3.2.5 gives each block its time; a relay that takes nothing for that long is gone.
    pub(super) async fn write_message(
        &mut self,
        message: &[u8],
        commands: &[u8],
    ) -> Result<(), Cut> {
        let mut sent = match self.ahead.take() {
            None => 0,
            Some(ahead) => self.still_silent(ahead).map_err(|error| Cut {
                dot_may_have_left: false,
                error,
            })?,
        };
        let written = self.write_both(message, commands, &mut sent).await;
        written.map_err(|error| {
            self.closing = true;
            Cut {
                dot_may_have_left: self.encrypted || sent >= message.len(),
                error,
            }
        })
    }

    /// A relay that answers before the end of a message has not taken it, whatever it says.
    fn still_silent(&mut self, ahead: Result<usize, Error>) -> std::io::Result<usize> {
        let silent = ahead.and_then(|sent| match self.expect_silence() {
            Ok(()) => Ok(sent),
            Err(broken) => Err(Error::other(broken.to_string())),
        });
        self.closing |= silent.is_err();
        silent
    }

    async fn write_both(
        &mut self,
        message: &[u8],
        commands: &[u8],
        sent: &mut usize,
    ) -> std::io::Result<()> {
        let gone = || Error::new(ErrorKind::TimedOut, "the relay takes no more");
        while *sent < message.len() + commands.len() {
            let rest = message.get(*sent..).unwrap_or_default();
            let behind = commands.get(sent.saturating_sub(message.len())..);
            let both = [IoSlice::new(rest), IoSlice::new(behind.unwrap_or_default())];
            let slices = if rest.is_empty() {
                &both[1..]
            } else {
                &both[..]
            };
            let written =
                tokio::time::timeout(self.block, self.stream.write_vectored(slices)).await;
            match written.map_err(|_| gone())?? {
                0 => return Err(ErrorKind::WriteZero.into()),
                written => *sent += written,
            }
        }
        tokio::time::timeout(self.block, self.stream.flush())
            .await
            .map_err(|_| gone())?
    }

    /// What a relay had to say before it stopped taking our octets, if it is heard.
    pub(super) async fn last_words(&mut self) -> Option<Reply> {
        let span = self.reply(LAST_WORDS).await.ok()?;
        Some(self.take(span))
    }

    /// Waits for the next whole reply.
    pub(super) async fn reply(&mut self, patience: Duration) -> Result<Span, Broken> {
        if let Some(span) = self.scan()? {
            return Ok(span);
        }
        let waited = tokio::time::timeout(patience, async {
            loop {
                self.forget_the_read();
                if self.stream.read_buf(&mut self.input).await? == 0 {
                    return Err(Broken::Closed);
                }
                if let Some(span) = self.scan()? {
                    return Ok(span);
                }
            }
        })
        .await;
        let result = waited.unwrap_or(Err(Broken::Silence));
        self.closing |= result.is_err();
        result
    }

    /// Makes room in front of what has not been understood.
    fn forget_the_read(&mut self) {
        if self.read_to == self.input.len() {
            self.input.clear();
            self.read_to = 0;
        } else if self.read_to > 4096 {
            self.input.drain(..self.read_to);
            self.read_to = 0;
        }
    }

    fn scan(&mut self) -> Result<Option<Span>, Broken> {
        reply::scan(self.unread()).map_err(|error| {
            self.closing = true;
            Broken::Protocol(error)
        })
    }

    fn unread(&self) -> &[u8] {
        self.input.get(self.read_to..).unwrap_or_default()
    }

    /// Takes the reply that was found. The ordinary ones are made without allocation.
    pub(super) fn take(&mut self, span: Span) -> Reply {
        let reply = if matches!(span.code, 250 | 354) {
            Reply {
                code: span.code,
                enhanced: None,
                words: String::new(),
                stage: Stage::Unknown,
            }
        } else {
            reply::read(self.unread(), span)
        };
        self.read_to += span.length;
        self.closing |= reply.is_closing();
        reply
    }

    /// Takes the reply that was found as its lines, without their codes: for EHLO.
    pub(super) fn take_lines(&mut self, span: Span) -> Vec<String> {
        let taken = self.unread().get(..span.length).unwrap_or_default();
        let lines = String::from_utf8_lossy(taken)
            .lines()
            .map(|line| line.get(4..).unwrap_or_default().trim().to_owned())
            .collect();
        self.read_to += span.length;
        self.closing |= span.code == 421;
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        sync::{Arc, Mutex},
        task::{Context, Poll},
    };

    use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

    use super::*;

    /// Takes as much at a time as it is told to, and remembers each time.
    struct Pipe {
        takes: usize,
        writes: Arc<Mutex<Vec<Vec<u8>>>>,
    }

    impl AsyncRead for Pipe {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<std::io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Pipe {
        fn poll_write(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<std::io::Result<usize>> {
            self.poll_write_vectored(context, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<std::io::Result<usize>> {
            let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
            let taken = bytes[..self.takes.min(bytes.len())].to_vec();
            let length = taken.len();
            self.writes.lock().unwrap().push(taken);
            Poll::Ready(Ok(length))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    async fn written(takes: usize, commands: &str) -> Vec<String> {
        let writes = Arc::default();
        let pipe = Pipe {
            takes,
            writes: Arc::clone(&writes),
        };
        let mut wire = Wire::new(Box::new(pipe), false, Duration::from_mins(1));
        let message = b"Subject: x\r\n\r\nHello\r\n.\r\n";
        wire.write_message(message, commands.as_bytes())
            .await
            .unwrap();
        let writes = writes.lock().unwrap();
        let text = writes
            .iter()
            .map(|write| String::from_utf8(write.clone()).unwrap());
        text.collect()
    }

    #[tokio::test]
    async fn body_dot_and_the_next_announcement_leave_in_one_write() {
        let message = "Subject: x\r\n\r\nHello\r\n.\r\n";
        // Without PIPELINING nothing stands behind it. Two writes would cost a delayed
        // acknowledgement per message.
        assert_eq!(written(usize::MAX, "").await, [message]);
        let next = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
        assert_eq!(
            written(usize::MAX, next).await,
            [format!("{message}{next}")]
        );
        // A relay that takes little at a time gets the same, in order.
        let pieces = written(10, next).await;
        assert!(pieces.len() > 5);
        assert_eq!(pieces.concat(), format!("{message}{next}"));
    }

    const MESSAGE: &[u8] = b"Subject: Hello\r\n\r\nHello.\r\n.\r\n";

    fn wire(encrypted: bool) -> (Wire, DuplexStream) {
        let (near, far) = duplex(1 << 16);
        let patience = Duration::from_secs(5);
        (Wire::new(Box::new(near), encrypted, patience), far)
    }

    #[tokio::test]
    async fn s4_what_is_sent_ahead_is_no_message_until_its_end_follows() {
        let (mut wire, mut relay) = wire(false);
        wire.write_ahead(MESSAGE).await;
        let mut seen = vec![0; 1024];
        let first = relay.read(&mut seen).await.expect("the text");
        assert_eq!(&seen[..first], b"Subject: Hello\r\n\r\nHello.");

        let written = wire.write_message(MESSAGE, b"MAIL FROM:<>\r\n").await;
        written.expect("the end");
        let mut rest = [0; 19];
        relay.read_exact(&mut rest).await.expect("the end");
        assert_eq!(&rest, b"\r\n.\r\nMAIL FROM:<>\r\n");
    }

    #[tokio::test]
    async fn s4_a_yes_before_the_end_is_no_acceptance() {
        for encrypted in [false, true] {
            let (mut wire, mut relay) = wire(encrypted);
            wire.write_ahead(MESSAGE).await;
            relay.write_all(b"250 OK\r\n").await.expect("a reply");
            let cut = wire.write_message(MESSAGE, b"").await;
            assert!(!cut.expect_err("out of turn").dot_may_have_left);
            assert!(wire.is_closing());
        }
    }

    #[tokio::test]
    async fn a_refusal_before_the_end_is_heard() {
        let (mut wire, mut relay) = wire(false);
        wire.write_ahead(MESSAGE).await;
        let words = b"552 5.3.4 too long\r\n";
        relay.write_all(words).await.expect("a reply");
        drop(relay);
        let cut = wire.write_message(MESSAGE, b"").await;
        assert!(!cut.expect_err("refused").dot_may_have_left);
        let refusal = wire.last_words().await.expect("its words");
        assert!(refusal.is_refusal());
        assert_eq!(refusal.code, 552);
    }
}
