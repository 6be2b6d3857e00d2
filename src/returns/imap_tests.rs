//! The mailbox for returns at a server that we wrote ourselves: signing in with `OAuth2`, IDLE, and a connection
//! that breaks between what a mail did and its being moved.

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
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{sleep, timeout},
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

#[derive(Default)]
struct Shared {
    /// What is in the folder, by number.
    mails: Mutex<Vec<(u32, String)>>,
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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            shared: Arc::default(),
        };
        let shared = server.shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(shared.clone(), stream));
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

    fn bring(&self, number: u32, mail: String) {
        self.shared.mails.lock().unwrap().push((number, mail));
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
async fn serve(shared: Arc<Shared>, stream: TcpStream) -> Option<()> {
    let (reads, mut writes) = stream.into_split();
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
            "CAPABILITY" => "* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n".to_owned(),
            "LIST" => "* LIST (\\Noselect) \"/\" \"\"\r\n".to_owned(),
            "SELECT" => {
                let all = shared.mails.lock().unwrap().len();
                format!(
                    "* FLAGS (\\Seen \\Deleted)\r\n* {all} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] x\r\n"
                )
            }
            "UID SEARCH" => {
                let mails = shared.mails.lock().unwrap();
                let numbers: Vec<String> = mails.iter().map(|(uid, _)| uid.to_string()).collect();
                format!("* SEARCH {}\r\n", numbers.join(" ")).replace(" \r\n", "\r\n")
            }
            "UID FETCH" => {
                let uid: u32 = words[2].parse().ok()?;
                let mails = shared.mails.lock().unwrap();
                let (_, mail) = mails.iter().find(|(number, _)| *number == uid)?;
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
                shared
                    .mails
                    .lock()
                    .unwrap()
                    .retain(|(number, _)| *number != uid);
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

#[tokio::test]
async fn with_oauth2_new_mail_is_read_when_the_server_tells_of_it_and_counts_once_though_a_connection_breaks()
 {
    let (app, _folder) = office(3).await;
    let server = Server::start().await;
    let came = |reader| bounce(&return_path(&app, 1, reader), reader, UNKNOWN);
    mailbox_setting::save(&app, &server.url(TOKEN), "test")
        .await
        .unwrap();
    // One is there already.
    server.bring(7, came(1));
    let reading = tokio::spawn(imap::run(app.clone()));
    until_read(&server, &app, 1).await;
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
