//! One SMTP session with the built-in mailbox (RFC 5321), pipelining included.

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    super::smtp::{path, read_message},
    mailbox_limits::Limits,
    received::Received,
};

/// The largest message: what most providers take.
const LARGEST: usize = 25 * 1024 * 1024;

/// Recipients of one message; RFC 5321 §4.5.3.1.8 asks for 100.
const MOST_RECIPIENTS: usize = 100;

/// Octets of one message with a copy for each of its recipients.
const MOST_OCTETS: usize = 4 * LARGEST;

/// Messages that are read at once, over all sessions: each may be as large as the largest.
static READING: Semaphore = Semaphore::const_new(16);

/// The longest command line that is read; RFC 5321 §4.5.3.1.4 asks for 512.
const LONGEST_COMMAND: u64 = 4_096;

/// The envelope so far.
#[derive(Debug, Default)]
struct Envelope {
    from: Option<String>,
    recipients: Vec<String>,
}

/// Serves one client until it quits, hangs up, or `stop` is cancelled between two messages.
pub async fn run(
    stream: TcpStream,
    desk: mpsc::Sender<Received>,
    stop: CancellationToken,
    limits: Limits,
) {
    if let Err(error) = converse(stream, desk, stop, limits).await {
        tracing::debug!(%error, "a mailbox session broke off");
    }
}

async fn converse(
    stream: TcpStream,
    desk: mpsc::Sender<Received>,
    stop: CancellationToken,
    limits: Limits,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(64 * 1024, stream);
    let mut replies = Vec::from(&b"220 mailbox Gazette's built-in mailbox\r\n"[..]);
    let mut envelope = Envelope::default();
    let mut line = Vec::new();
    let mut commands = 0;
    loop {
        // Replies of a pipelined group leave together (RFC 2920 §3.2).
        if stream.buffer().is_empty() && !replies.is_empty() {
            stream.get_mut().write_all(&replies).await?;
            replies.clear();
        }
        line.clear();
        let mut limited = (&mut stream).take(LONGEST_COMMAND);
        let read = tokio::select! {
            read = timeout(limits.silence, limited.read_until(b'\n', &mut line)) => match read {
                Ok(read) => read?,
                Err(_) => return stream.get_mut().write_all(b"421 4.4.2 nothing came\r\n").await,
            },
            () = stop.cancelled(), if envelope.from.is_none() => {
                return stream.get_mut().write_all(b"421 4.3.2 closing\r\n").await;
            }
        };
        if read == 0 {
            return Ok(());
        }
        commands += 1;
        if commands > limits.commands {
            return stream
                .get_mut()
                .write_all(b"421 4.7.0 too many commands\r\n")
                .await;
        }
        let command = String::from_utf8_lossy(&line);
        let command = command.trim_end();
        let verb = command
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => {
                "250-mailbox\r\n250-PIPELINING\r\n250-SIZE 26214400\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"
            }
            "HELO" => "250 mailbox",
            "MAIL" => {
                envelope = Envelope {
                    from: path(command).map(str::to_owned),
                    recipients: Vec::new(),
                };
                if envelope.from.is_some() {
                    "250 2.1.0 Ok"
                } else {
                    "501 5.5.4 MAIL FROM:<address>"
                }
            }
            "RCPT" => match path(command)
                .filter(|path| !path.is_empty())
                .map(str::to_owned)
            {
                _ if envelope.from.is_none() => "503 5.5.1 MAIL first",
                _ if envelope.recipients.len() >= MOST_RECIPIENTS => {
                    "452 4.5.3 too many recipients"
                }
                Some(recipient) => {
                    envelope.recipients.push(recipient);
                    "250 2.1.5 Ok"
                }
                None => "501 5.5.4 RCPT TO:<address>",
            },
            "DATA" if envelope.recipients.is_empty() => "503 5.5.1 RCPT first",
            "DATA" => {
                replies.extend_from_slice(b"354 go ahead\r\n");
                stream.get_mut().write_all(&replies).await?;
                replies.clear();
                let _turn = READING.acquire().await;
                let message = timeout(limits.silence, read_message(&mut stream, LARGEST)).await??;
                commands = 0;
                take(std::mem::take(&mut envelope), message, &desk).await
            }
            "RSET" => {
                envelope = Envelope::default();
                "250 2.0.0 Ok"
            }
            "NOOP" => "250 2.0.0 Ok",
            "QUIT" => {
                replies.extend_from_slice(b"221 2.0.0 Bye\r\n");
                return stream.get_mut().write_all(&replies).await;
            }
            _ => "500 5.5.2 unknown command",
        };
        replies.extend_from_slice(reply.as_bytes());
        replies.extend_from_slice(b"\r\n");
    }
}

async fn take(
    envelope: Envelope,
    message: Option<Vec<u8>>,
    desk: &mpsc::Sender<Received>,
) -> &'static str {
    let (Some(message), Some(envelope_from)) = (message, envelope.from) else {
        return "552 5.3.4 the message is too large";
    };
    if message.len() * envelope.recipients.len() > MOST_OCTETS {
        return "452 4.5.3 too many recipients for so large a message";
    }
    let (stored, answer) = oneshot::channel();
    let received = Received {
        envelope_from,
        recipients: envelope.recipients,
        message,
        stored,
    };
    if desk.send(received).await.is_ok() && answer.await == Ok(true) {
        "250 2.0.0 Ok: in the mailbox"
    } else {
        "451 4.3.0 not stored; try again"
    }
}
