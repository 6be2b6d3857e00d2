//! One session with the listener for returns: LMTP where the client says LHLO, else SMTP. An empty sender
//! is taken (B2).

use std::{io, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{
    receive::receive_for, return_proof::is_our_address, return_reader::LONGEST_MAIL_OCTETS,
    returned_mail::ReturnWay,
};
use crate::{
    app::App,
    delivery::smtp::{path, read_message},
    repeated_fault::DailyCount,
};

/// Anybody can bring it about.
static NOT_OURS: DailyCount = DailyCount::new();

/// How long the client may be silent between two commands, and take for one mail.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(2);
const MAIL_TIMEOUT: Duration = Duration::from_mins(5);

/// The longest command line; RFC 5321 §4.5.3.1.4 asks for 512.
const LONGEST_COMMAND: u64 = 2_048;

/// Recipients of one mail (RFC 5321 §4.5.3.1.8: at least 100), and mails of one session.
const RECIPIENTS: usize = 100;
const MAILS: usize = 1_000;

/// Commands that fail before the session ends.
const ERRORS: usize = 20;

/// Names that every mail domain has (RFC 5321 §4.5.1, RFC 2142): what comes there is for people.
const FOR_PEOPLE: [&str; 4] = ["postmaster", "abuse", "dmarc", "tlsrpt"];

#[derive(Debug, Default)]
struct Session {
    is_lmtp: bool,
    has_greeted: bool,
    sender: Option<String>,
    recipients: Vec<String>,
    mails: usize,
    errors: usize,
}

/// Serves one client until it quits, hangs up, is silent too long, or has used up a budget.
pub(super) async fn run(app: &App, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(32 * 1024, stream);
    let mut session = Session::default();
    let mut replies = b"220 gazette takes returned mail (LMTP, SMTP)\r\n".to_vec();
    let mut line = Vec::new();
    loop {
        // Replies of a pipelined group leave together (RFC 2920 §3.2).
        if stream.buffer().is_empty() && !replies.is_empty() {
            timeout(COMMAND_TIMEOUT, stream.get_mut().write_all(&replies)).await??;
            replies.clear();
        }
        line.clear();
        let mut limited = (&mut stream).take(LONGEST_COMMAND);
        let read = tokio::select! {
            read = timeout(COMMAND_TIMEOUT, limited.read_until(b'\n', &mut line)) => read??,
            () = app.shutdown.cancelled() => {
                return stream.get_mut().write_all(b"421 4.3.2 closing\r\n").await;
            }
        };
        if read == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") {
            replies.extend_from_slice(b"500 5.5.2 line too long\r\n");
            return stream.get_mut().write_all(&replies).await;
        }
        let command = String::from_utf8_lossy(&line);
        let command = command.trim_end();
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        let reply = match verb.to_ascii_uppercase().as_str() {
            "DATA" if session.sender.is_none() || session.recipients.is_empty() => {
                "503 5.5.1 MAIL and RCPT first".to_owned()
            }
            "DATA" => {
                replies.extend_from_slice(b"354 go ahead\r\n");
                timeout(COMMAND_TIMEOUT, stream.get_mut().write_all(&replies)).await??;
                replies.clear();
                let mail =
                    timeout(MAIL_TIMEOUT, read_message(&mut stream, LONGEST_MAIL_OCTETS)).await??;
                session.take(app, mail).await
            }
            "QUIT" => {
                replies.extend_from_slice(b"221 2.0.0 Bye\r\n");
                return stream.get_mut().write_all(&replies).await;
            }
            verb => session.answer(app, verb, command),
        };
        session.errors += usize::from(reply.starts_with('5'));
        replies.extend_from_slice(reply.as_bytes());
        replies.extend_from_slice(b"\r\n");
        if session.errors > ERRORS || session.mails > MAILS {
            replies.extend_from_slice(b"421 4.7.0 enough for one session\r\n");
            return stream.get_mut().write_all(&replies).await;
        }
    }
}

impl Session {
    /// The answer to a command that is neither DATA nor QUIT.
    fn answer(&mut self, app: &App, verb: &str, command: &str) -> String {
        let answer = match verb {
            "LHLO" | "EHLO" | "HELO" => {
                *self = Self {
                    is_lmtp: verb == "LHLO",
                    has_greeted: true,
                    mails: self.mails,
                    errors: self.errors,
                    ..Self::default()
                };
                if verb == "HELO" {
                    "250 gazette"
                } else {
                    return format!(
                        "250-gazette\r\n250-PIPELINING\r\n250-SIZE {LONGEST_MAIL_OCTETS}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"
                    );
                }
            }
            "MAIL" if !self.has_greeted => "503 5.5.1 LHLO or EHLO first",
            "MAIL" if declared_size(command) > LONGEST_MAIL_OCTETS => {
                "552 5.3.4 more than 10 MB is no return"
            }
            "MAIL" => {
                self.recipients.clear();
                self.sender = path(command)
                    .filter(|path| is_one_word(path))
                    .map(str::to_owned);
                if self.sender.is_some() {
                    "250 2.1.0 Ok"
                } else {
                    "501 5.5.4 MAIL FROM:<address>"
                }
            }
            "RCPT" if self.sender.is_none() => "503 5.5.1 MAIL first",
            "RCPT" if self.recipients.len() >= RECIPIENTS => "452 4.5.3 too many recipients",
            "RCPT" => match path(command).filter(|path| is_one_word(path)) {
                Some(recipient) if is_known(app, recipient) => {
                    self.recipients.push(recipient.to_owned());
                    "250 2.1.5 Ok"
                }
                Some(_) => {
                    if let Some(today) = NOT_OURS.one_more(app.clock.now_ms()) {
                        tracing::warn!(
                            today,
                            "mail to an address that is none of ours was refused"
                        );
                    }
                    "550 5.1.1 no such address here"
                }
                None => "501 5.5.4 RCPT TO:<address>",
            },
            "RSET" => {
                self.sender = None;
                self.recipients.clear();
                "250 2.0.0 Ok"
            }
            "NOOP" => "250 2.0.0 Ok",
            _ => "500 5.5.2 unknown command",
        };
        answer.to_owned()
    }

    /// Acts on a mail for each of its recipients and says how that went: by LMTP to each, by SMTP to
    /// all at once.
    async fn take(&mut self, app: &App, mail: Option<Vec<u8>>) -> String {
        self.mails += 1;
        let sender = self.sender.take().unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        let mut replies = Vec::with_capacity(recipients.len());
        for recipient in &recipients {
            replies.push(match &mail {
                None => "552 5.3.4 more than 10 MB is no return",
                Some(mail) => {
                    match receive_for(app, ReturnWay::Listener, &sender, recipient, mail).await {
                        Ok((reading, receipt)) => {
                            tracing::info!(kind = ?reading.kind, state = ?receipt.state, known = receipt.known, "a return was read");
                            "250 2.0.0 Ok: read"
                        }
                        Err(error) => {
                            tracing::error!(%error, "a return could not be stored; its relay tries again");
                            "451 4.3.0 not stored; try again"
                        }
                    }
                }
            });
        }
        if self.is_lmtp {
            return replies.join("\r\n");
        }
        // By SMTP one answer is for all: what was stored is known when it comes again.
        let failed = replies.iter().find(|reply| !reply.starts_with('2'));
        (*failed
            .or(replies.first())
            .unwrap_or(&"503 5.5.1 RCPT first"))
        .to_owned()
    }
}

/// An address of ours, or one that is for people.
fn is_known(app: &App, recipient: &str) -> bool {
    let local = recipient
        .rsplit_once('@')
        .map_or(recipient, |(local, _)| local);
    FOR_PEOPLE
        .iter()
        .any(|name| local.eq_ignore_ascii_case(name))
        || is_our_address(&app.keys, recipient)
}

/// Nothing that could end the header line in which it will stand.
fn is_one_word(path: &str) -> bool {
    path.len() <= 320 && !path.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// `SIZE=` of MAIL (RFC 1870).
fn declared_size(command: &str) -> usize {
    command
        .split(' ')
        .filter_map(|word| word.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("SIZE"))
        .and_then(|(_, octets)| octets.parse().ok())
        .unwrap_or(0)
}
