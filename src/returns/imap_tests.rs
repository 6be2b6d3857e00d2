//! The mailbox for returns at a server that we wrote ourselves: signing in with `OAuth2`, TLS, IDLE, a connection
//! that breaks between what a mail did and its being moved, and servers that can do less.

use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use data_encoding::BASE64;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::{
    imap::{self, MailboxError},
    mailbox_setting,
    receive_tests::{UNKNOWN, bounce, office, return_path, status},
};
use crate::{app::App, config::ImapUrl, db, subscribers::Status};

const TOKEN: &str = "ya29.token";

/// Below the minute after which a mailbox is looked at where no server tells of new mail.
const AT_ONCE: Duration = Duration::from_secs(45);

/// What a server can do.
#[derive(Clone, Copy)]
struct Manner {
    capabilities: &'static str,
    /// A command that it always refuses.
    refuses: &'static str,
    /// Whether it keeps marks that a client made up.
    keeps_marks: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            capabilities: "IDLE MOVE UIDPLUS",
            refuses: "",
            keeps_marks: true,
        }
    }
}

struct Mail {
    uid: u32,
    text: String,
    flags: String,
}

impl Mail {
    /// Whether all of it holds that a search asks for, as far as Gazette asks.
    fn is_asked_for(&self, question: &[&str]) -> bool {
        let has = |flag: &str| self.flags.contains(flag);
        question.iter().enumerate().all(|(at, word)| match *word {
            "UNDELETED" => !has("\\Deleted"),
            "UNANSWERED" => !has("\\Answered"),
            "UNKEYWORD" => !has(question[at + 1]),
            _ => true,
        })
    }
}

#[derive(Default)]
struct Shared {
    manner: Manner,
    /// What is in the folder.
    mails: Mutex<Vec<Mail>>,
    came: Notify,
    /// The next MOVE ends the connection and moves nothing.
    breaks: AtomicBool,
    /// Commands that were understood, without their arguments.
    heard: Mutex<Vec<String>>,
}

#[derive(Clone)]
struct Server {
    port: u16,
    shared: Arc<Shared>,
}

impl Server {
    async fn start() -> Self {
        Self::start_as(Manner::default(), None).await
    }

    async fn start_as(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Shared {
            manner,
            ..Shared::default()
        };
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            shared: Arc::new(shared),
        };
        let shared = server.shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, tls) = (shared.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => serve(shared, tls.accept(stream).await.ok()?).await,
                        None => serve(shared, stream).await,
                    }
                });
            }
        });
        server
    }

    fn url(&self, token: &str) -> String {
        format!(
            "imap://bounces%40doe.example:{token}@127.0.0.1:{}/INBOX?auth=oauth",
            self.port
        )
    }

    fn bring(&self, uid: u32, text: String) {
        let flags = String::new();
        let mail = Mail { uid, text, flags };
        self.shared.mails.lock().unwrap().push(mail);
        self.shared.came.notify_one();
    }

    fn is_empty(&self) -> bool {
        self.shared.mails.lock().unwrap().is_empty()
    }

    fn heard(&self, command: &str) -> usize {
        let heard = self.shared.heard.lock().unwrap();
        heard.iter().filter(|one| *one == command).count()
    }
}

/// One connection, until it ends. The commands are the few that Gazette uses.
#[expect(
    clippy::too_many_lines,
    reason = "one arm for each command, so that it reads like the protocol"
)]
async fn serve(shared: Arc<Shared>, stream: impl AsyncRead + AsyncWrite) -> Option<()> {
    let (reads, mut writes) = tokio::io::split(stream);
    let mut lines = BufReader::new(reads).lines();
    writes
        .write_all(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready\r\n")
        .await
        .ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let (tag, command) = line.split_once(' ')?;
        let words: Vec<&str> = command.split(' ').collect();
        let name = match words[0] {
            "UID" => format!("UID {}", words[1]),
            name => name.to_owned(),
        };
        shared.heard.lock().unwrap().push(name.clone());
        if name == shared.manner.refuses {
            let refused = format!("{tag} NO not here\r\n");
            writes.write_all(refused.as_bytes()).await.ok()?;
            continue;
        }
        let mut answer = match name.as_str() {
            "AUTHENTICATE" => {
                writes.write_all(b"+ \r\n").await.ok()?;
                let said = BASE64.decode(lines.next_line().await.ok()??.as_bytes());
                let right = format!("user=bounces@doe.example\x01auth=Bearer {TOKEN}\x01\x01");
                if said.ok()? != right.as_bytes() {
                    // The reason, and an empty line for an answer.
                    let reason = BASE64.encode(br#"{"status":"401"}"#);
                    let asked = format!("+ {reason}\r\n");
                    writes.write_all(asked.as_bytes()).await.ok()?;
                    lines.next_line().await.ok()?;
                    let refused = format!("{tag} NO [AUTHENTICATIONFAILED] invalid token\r\n");
                    writes.write_all(refused.as_bytes()).await.ok()?;
                    continue;
                }
                String::new()
            }
            "CAPABILITY" => {
                format!("* CAPABILITY IMAP4rev1 {}", shared.manner.capabilities)
                    .trim_end()
                    .to_owned()
                    + "\r\n"
            }
            "LIST" => "* LIST (\\Noselect) \"/\" \"\"\r\n".to_owned(),
            "SELECT" => {
                let all = shared.mails.lock().unwrap().len();
                let more = if shared.manner.keeps_marks {
                    " \\*"
                } else {
                    ""
                };
                format!(
                    "* FLAGS (\\Answered \\Seen \\Deleted)\r\n\
                     * OK [PERMANENTFLAGS (\\Answered \\Seen \\Deleted{more})] x\r\n\
                     * {all} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] x\r\n"
                )
            }
            "UID SEARCH" => {
                let mails = shared.mails.lock().unwrap();
                let found = mails.iter().filter(|mail| mail.is_asked_for(&words[2..]));
                let numbers: Vec<String> = found.map(|mail| mail.uid.to_string()).collect();
                format!("* SEARCH {}\r\n", numbers.join(" ")).replace(" \r\n", "\r\n")
            }
            "UID FETCH" => {
                let uid: u32 = words[2].parse().ok()?;
                let mails = shared.mails.lock().unwrap();
                let mail = &mails.iter().find(|mail| mail.uid == uid)?.text;
                format!(
                    "* 1 FETCH (UID {uid} BODY[]<0> {{{}}}\r\n{mail})\r\n",
                    mail.len()
                )
            }
            "UID MOVE" => {
                if shared.breaks.swap(false, Ordering::SeqCst) {
                    return None;
                }
                let uid: u32 = words[2].parse().ok()?;
                shared.mails.lock().unwrap().retain(|mail| mail.uid != uid);
                "* 1 EXPUNGE\r\n".to_owned()
            }
            "UID STORE" => {
                let uid: u32 = words[2].parse().ok()?;
                let flags = words[4..].join(" ");
                if flags.contains('$') && !shared.manner.keeps_marks {
                    let refused = format!("{tag} NO no such flag\r\n");
                    writes.write_all(refused.as_bytes()).await.ok()?;
                    continue;
                }
                let mut mails = shared.mails.lock().unwrap();
                let mail = mails.iter_mut().find(|mail| mail.uid == uid)?;
                mail.flags.push_str(&flags);
                String::new()
            }
            "UID EXPUNGE" => {
                let mut mails = shared.mails.lock().unwrap();
                mails.retain(|mail| !mail.flags.contains("\\Deleted"));
                "* 1 EXPUNGE\r\n".to_owned()
            }
            "IDLE" => {
                writes.write_all(b"+ idling\r\n").await.ok()?;
                tokio::select! {
                    () = shared.came.notified() => {
                        writes.write_all(b"* 1 EXISTS\r\n").await.ok()?;
                        lines.next_line().await.ok()?;
                    }
                    // DONE
                    line = lines.next_line() => { line.ok()?; }
                }
                String::new()
            }
            _ => String::new(),
        };
        let _ = write!(answer, "{tag} OK done\r\n");
        writes.write_all(answer.as_bytes()).await.ok()?;
    }
    Some(())
}

async fn until_read(server: &Server, app: &App, reader: i64) {
    let read = async {
        while !server.is_empty() || status(app, reader).await != Status::Bounced {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let read = timeout(AT_ONCE, read).await;
    assert!(read.is_ok(), "reader {reader}: it was not read at once");
}

/// The mailbox is read from now on; the first reader's bounce was there already, and has been read.
async fn reading_one(server: &Server, app: &App) -> tokio::task::JoinHandle<()> {
    mailbox_setting::save(app, &server.url(TOKEN), "test")
        .await
        .unwrap();
    server.bring(7, bounce(&return_path(app, 1, 1), 1, UNKNOWN));
    let reading = tokio::spawn(imap::run(app.clone()));
    until_read(server, app, 1).await;
    reading
}

#[tokio::test]
async fn with_oauth2_new_mail_is_read_when_the_server_tells_of_it_and_counts_once_though_a_connection_breaks()
 {
    let (app, _folder) = office(3).await;
    let server = Server::start().await;
    let came = |reader| bounce(&return_path(&app, 1, reader), reader, UNKNOWN);
    let reading = reading_one(&server, &app).await;
    // The next comes while nobody asks.
    server.bring(8, came(2));
    until_read(&server, &app, 2).await;
    assert!(server.heard("IDLE") > 0);
    // The connection breaks after it was counted and before it is moved.
    server.shared.breaks.store(true, Ordering::SeqCst);
    server.bring(9, came(3));
    until_read(&server, &app, 3).await;
    assert_eq!(server.heard("UID MOVE"), 4);
    let sql = "SELECT count(*) FROM returned_mail";
    let kept: Option<i64> = db::scalar(app.db.pool(), sql, []).await.unwrap();
    assert_eq!(kept, Some(3));
    app.shutdown.cancel();
    reading.await.unwrap();
}

/// It takes the minute that it is about.
#[tokio::test]
async fn where_no_server_tells_of_new_mail_the_mailbox_is_looked_at_each_minute() {
    let (app, _folder) = office(2).await;
    let manner = Manner {
        capabilities: "MOVE UIDPLUS",
        ..Manner::default()
    };
    let server = Server::start_as(manner, None).await;
    let reading = reading_one(&server, &app).await;
    server.bring(8, bounce(&return_path(&app, 1, 2), 2, UNKNOWN));
    let read = async {
        while status(&app, 2).await != Status::Bounced {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    assert!(
        timeout(2 * AT_ONCE, read).await.is_ok(),
        "it was not looked at again"
    );
    assert_eq!(server.heard("IDLE"), 0);
    assert!(server.heard("NOOP") > 0);
    app.shutdown.cancel();
    reading.await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_refused_reads_nothing_and_says_so() {
    let (app, _folder) = office(1).await;
    let server = Server::start().await;
    server.bring(7, bounce(&return_path(&app, 1, 1), 1, UNKNOWN));
    let url: ImapUrl = server.url("another").parse().unwrap();
    let refused = imap::test(&app, &url).await.unwrap_err();
    assert!(matches!(refused, MailboxError::Login(_)), "{refused}");
    assert!(
        refused.to_string().contains("the OAuth2 token"),
        "{refused}"
    );
    assert!(imap::read_once(&app, &url).await.is_err());
    assert!(!server.is_empty());
    assert_eq!(status(&app, 1).await, Status::Confirmed);
    let url: ImapUrl = server.url(TOKEN).parse().unwrap();
    let words = imap::test(&app, &url).await.unwrap();
    assert!(words.contains("tells of new mail at once"), "{words}");
    assert!(
        words.contains("holds 1 mails, 1 of them not read"),
        "{words}"
    );
    assert_eq!(imap::read_once(&app, &url).await.unwrap(), 1);
    assert_eq!(status(&app, 1).await, Status::Bounced);
}

/// However little a server can do, a mail is moved or flagged, and read once.
#[tokio::test]
async fn whatever_a_server_can_do_no_mail_is_read_twice_and_none_is_lost() {
    let all = Manner::default();
    for (manner, left) in [
        (all, 1),
        // Copied, deleted and expunged; or left where it is, as deleted.
        (
            Manner {
                capabilities: "UIDPLUS",
                ..all
            },
            1,
        ),
        (
            Manner {
                capabilities: "",
                ..all
            },
            3,
        ),
        // The folder for read mail cannot be had: marked, or, where no mark is kept, flagged as answered.
        (
            Manner {
                refuses: "UID MOVE",
                ..all
            },
            3,
        ),
        (
            Manner {
                capabilities: "",
                refuses: "UID COPY",
                ..all
            },
            3,
        ),
        (
            Manner {
                refuses: "UID MOVE",
                keeps_marks: false,
                ..all
            },
            3,
        ),
        // What is for people is moved as well where it could not be told apart the next time.
        (
            Manner {
                keeps_marks: false,
                ..all
            },
            0,
        ),
    ] {
        let (app, _folder) = office(2).await;
        let server = Server::start_as(manner, None).await;
        for reader in 1..=2 {
            let text = bounce(&return_path(&app, 1, reader), reader, UNKNOWN);
            server.bring(reader.try_into().unwrap(), text);
        }
        let theirs = "From: ana@example.org\r\nTo: bounces@doe.example\r\nSubject: Hello\r\n\r\nDear office\r\n";
        server.bring(3, theirs.to_owned());
        // People have opened one of them, which does not make it read.
        server.shared.mails.lock().unwrap()[0].flags = "\\Seen".to_owned();
        let url: ImapUrl = server.url(TOKEN).parse().unwrap();
        let what = (manner.capabilities, manner.refuses, manner.keeps_marks);
        // Each look is a connection of its own: the server alone knows what was read.
        for expected in [3, 0, 0] {
            let read = imap::read_once(&app, &url).await.unwrap();
            assert_eq!(read, expected, "{what:?}");
        }
        let words = imap::test(&app, &url).await.unwrap();
        assert!(words.contains(" 0 of them not read"), "{what:?}: {words}");
        assert_eq!(server.shared.mails.lock().unwrap().len(), left, "{what:?}");
        for reader in 1..=2 {
            assert_eq!(status(&app, reader).await, Status::Bounced, "{what:?}");
        }
    }
}

#[tokio::test]
async fn over_tls_a_mailbox_is_read_only_where_its_certificate_is_trusted_and_names_it() {
    let (app, folder) = office(1).await;
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, made.cert.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::from(key))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start_as(Manner::default(), Some(acceptor)).await;
    server.bring(7, bounce(&return_path(&app, 1, 1), 1, UNKNOWN));
    let url = |host: &str, more: &str| -> ImapUrl {
        let port = server.port;
        let url =
            format!("imaps://bounces%40doe.example:{TOKEN}@{host}:{port}/INBOX?auth=oauth{more}");
        url.parse().unwrap()
    };
    let trusted = format!("&ca={}", ca.display());
    for (host, more) in [("localhost", ""), ("127.0.0.1", trusted.as_str())] {
        let refused = imap::read_once(&app, &url(host, more)).await.unwrap_err();
        let is_of_tls = matches!(refused, MailboxError::Connect(..));
        assert!(is_of_tls, "{host}{more}: {refused}");
    }
    // Nobody signed in, so nobody learnt the token.
    assert_eq!(server.heard("AUTHENTICATE"), 0);
    let read = imap::read_once(&app, &url("localhost", &trusted)).await;
    assert_eq!(read.unwrap(), 1);
    assert_eq!(status(&app, 1).await, Status::Bounced);
}
