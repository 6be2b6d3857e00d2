//! Reads the mailbox that bounces go to, over IMAP: IDLE where the server has it, and a look every
//! minute behind it.
//!
//! A mail is moved, or marked, only after what it did has been committed. Killed in between, it is
//! handed over again and known by its fingerprint: never lost, never counted twice.

use std::{fmt::Debug, path::Path, time::Duration};

use async_imap::{Authenticator, Client, Session, error::Error as ImapError, types::Flag};
use futures_util::{TryStreamExt, pin_mut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};

use super::{
    mailbox_setting, oauth_token,
    receive::receive,
    return_channel::{note_failure, note_success},
    return_error::ReturnError,
    return_reader::{LONGEST_MAIL_OCTETS, ReturnKind},
    returned_mail::ReturnWay,
};
use crate::{
    app::App, config::ImapUrl, repeated_fault::RepeatedFault, trusted_roots::trusted_roots,
};

/// How long the server may take for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// How long it may take for a mail.
const MAIL_TIMEOUT: Duration = Duration::from_mins(5);
/// How long one IDLE lasts (RFC 2177: below 29 minutes), and how often a server without it is asked.
const IDLE_LIFETIME: Duration = Duration::from_mins(5);
const MAILBOX_POLL_INTERVAL: Duration = Duration::from_mins(1);
/// After a failure: from, to.
const AGAIN_FROM: Duration = Duration::from_secs(5);
const AGAIN_TO: Duration = Duration::from_mins(15);
/// Mails of one look; the rest is for the next.
const AT_A_TIME: usize = 500;
/// The mark of a mail that was read and stays where it is.
const MARK: &str = "$GazetteRead";

/// Why the mailbox cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// The server cannot be reached, or its certificate is not trusted.
    #[error("{0} cannot be reached: {1}")]
    Connect(String, std::io::Error),
    /// The certificate file cannot be used.
    #[error("the certificate file of the mailbox cannot be used: {0}")]
    Ca(String),
    /// The server says no to who signs in.
    #[error("the mail server refuses the login: {0}; check user and password, or the OAuth2 token")]
    Login(String),
    /// The server says no, or breaks off.
    #[error("the mail server says: {0}")]
    Imap(#[from] ImapError),
    /// No answer in time.
    #[error("the mail server does not answer")]
    Silent(#[from] tokio::time::error::Elapsed),
    /// There is no access token to sign in with.
    #[error(transparent)]
    Token(#[from] oauth_token::TokenError),
    /// What was read cannot be stored.
    #[error(transparent)]
    Return(#[from] ReturnError),
}

trait Connection: AsyncRead + AsyncWrite + Unpin + Debug + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Debug + Send> Connection for T {}
type Mailbox = Session<Box<dyn Connection>>;

/// How often it is looked whether another mailbox was set.
const SETTING_POLL_INTERVAL: Duration = Duration::from_secs(15);

/// Reads the mailbox until the process is asked to stop; another one as soon as it is set.
pub async fn run(app: App) {
    let mut wait = AGAIN_FROM;
    let mut last = None;
    let (mut lookup_fault, mut fault) = (RepeatedFault::default(), RepeatedFault::default());
    while !app.shutdown.is_cancelled() {
        let url = match mailbox_setting::load(&app).await {
            Ok(url) => {
                lookup_fault.ended();
                url
            }
            Err(error) => {
                if lookup_fault.is_worth_a_line() {
                    tracing::warn!(%error, "which mailbox to read cannot be looked up");
                }
                None
            }
        };
        if url != last {
            wait = AGAIN_FROM;
            fault.ended();
            last.clone_from(&url);
        }
        let Some(url) = url else {
            pause(&app, SETTING_POLL_INTERVAL).await;
            continue;
        };
        let read = tokio::select! {
            read = follow(&app, &url, &mut wait) => read,
            () = changed(&app, &url) => continue,
            () = app.shutdown.cancelled() => return,
        };
        if let Err(error) = read {
            // It was read meanwhile: this is another fault.
            if wait == AGAIN_FROM {
                fault.ended();
            }
            if fault.is_worth_a_line() {
                tracing::warn!(mailbox = ?url, %error, again_in_s = wait.as_secs(), "the mailbox for returns cannot be read");
            }
            if let Err(error) = note_failure(&app, ReturnWay::Imap, &error.to_string()).await {
                tracing::debug!(%error, "that the mailbox cannot be read could not be written down");
            }
        }
        tokio::select! {
            () = pause(&app, wait) => {}
            () = changed(&app, &url) => {}
        }
        wait = (wait * 2).min(AGAIN_TO);
    }
}

async fn pause(app: &App, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = app.shutdown.cancelled() => {}
    }
}

/// Comes back when another mailbox is set, or none. A database that fails has changed nothing.
async fn changed(app: &App, url: &ImapUrl) {
    loop {
        tokio::time::sleep(SETTING_POLL_INTERVAL).await;
        if let Ok(now) = mailbox_setting::load(app).await
            && now.as_ref() != Some(url)
        {
            return;
        }
    }
}

/// One connection: all that is there, and then whatever comes.
async fn follow(app: &App, url: &ImapUrl, wait: &mut Duration) -> Result<(), MailboxError> {
    let (mut session, can_mark) = open(app, url).await?;
    let mut folder = Folder::of(app, &mut session, can_mark).await?;
    loop {
        let all = read_all(app, &mut session, &mut folder).await?;
        let words = format!("{all} mails were read.");
        note_success(app, ReturnWay::Imap, &words)
            .await
            .map_err(ReturnError::Db)?;
        *wait = AGAIN_FROM;
        session = if folder.can_idle {
            idle(session).await?
        } else {
            tokio::time::sleep(MAILBOX_POLL_INTERVAL).await;
            timeout(ANSWER_TIMEOUT, session.noop()).await??;
            session
        };
    }
}

/// Reads all that is there once and signs out; how many mails it was. For `gazette returns fetch`.
pub async fn read_once(app: &App, url: &ImapUrl) -> Result<usize, MailboxError> {
    let (mut session, can_mark) = open(app, url).await?;
    let mut folder = Folder::of(app, &mut session, can_mark).await?;
    let all = read_all(app, &mut session, &mut folder).await?;
    timeout(ANSWER_TIMEOUT, session.logout()).await??;
    Ok(all)
}

/// Signs in and looks, for the console's test: what was seen, in words. Nothing is read or moved.
pub async fn test(app: &App, url: &ImapUrl) -> Result<String, MailboxError> {
    let (mut session, can_mark) = open(app, url).await?;
    let capabilities = timeout(ANSWER_TIMEOUT, session.capabilities()).await??;
    let idle = if capabilities.has_str("IDLE") {
        "the server tells of new mail at once"
    } else {
        "the server is asked for new mail every minute"
    };
    drop(capabilities);
    let all = timeout(ANSWER_TIMEOUT, session.uid_search("ALL"))
        .await??
        .len();
    let waiting = timeout(ANSWER_TIMEOUT, session.uid_search(not_read(can_mark)))
        .await??
        .len();
    timeout(ANSWER_TIMEOUT, session.logout()).await??;
    Ok(format!(
        "Signed in as {} at {}. The folder {} holds {all} mails, {waiting} of them not read by Gazette yet; {idle}.",
        url.user, url.host, url.folder
    ))
}

/// Where read mail goes, and what the server can do for it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that a server says of itself"
)]
struct Folder {
    done: String,
    can_idle: bool,
    can_move: bool,
    can_expunge: bool,
    can_mark: bool,
}

impl Folder {
    /// Asks the server, and makes the folder where it is not there yet.
    async fn of(app: &App, session: &mut Mailbox, can_mark: bool) -> Result<Self, MailboxError> {
        let capabilities = timeout(ANSWER_TIMEOUT, session.capabilities()).await??;
        let can = |what| capabilities.has_str(what);
        let (can_idle, can_move, can_expunge) = (can("IDLE"), can("MOVE"), can("UIDPLUS"));
        drop(capabilities);
        Ok(Self {
            done: make_folder(app, session).await?,
            can_idle,
            can_move,
            can_expunge,
            can_mark,
        })
    }
}

/// What was not read yet, as IMAP asks for it. A server like Exchange, which keeps no marks, keeps whether a
/// mail was answered: people who open a mail do not change that, as they do whether it was seen.
fn not_read(can_mark: bool) -> String {
    if can_mark {
        format!("UNDELETED UNKEYWORD {MARK}")
    } else {
        "UNDELETED UNANSWERED".to_owned()
    }
}

/// Whether a server keeps our mark: not where it lists what it keeps, and neither the mark nor that more
/// may be made is there (RFC 3501 §7.1).
fn keeps_mark(kept: &[Flag<'_>]) -> bool {
    let allows = |flag: &Flag<'_>| match flag {
        Flag::MayCreate => true,
        Flag::Custom(name) => name.eq_ignore_ascii_case(MARK),
        _ => false,
    };
    kept.is_empty() || kept.iter().any(allows)
}

/// Signs in and opens the folder; with it, whether the server keeps our mark there.
async fn open(app: &App, url: &ImapUrl) -> Result<(Mailbox, bool), MailboxError> {
    let failed = |error| MailboxError::Connect(format!("{}:{}", url.host, url.port), error);
    let tcp = timeout(
        ANSWER_TIMEOUT,
        TcpStream::connect((url.host.trim_matches(['[', ']']), url.port)),
    )
    .await?
    .map_err(failed)?;
    let stream: Box<dyn Connection> = if url.is_tls {
        let name = ServerName::try_from(url.host.clone())
            .map_err(|error| failed(std::io::Error::other(error)))?;
        let tls = connector(url)?.connect(name, tcp);
        Box::new(timeout(ANSWER_TIMEOUT, tls).await?.map_err(failed)?)
    } else {
        Box::new(tcp)
    };
    let mut client = Client::new(stream);
    let greeting = timeout(ANSWER_TIMEOUT, client.read_response())
        .await?
        .map_err(failed)?;
    if greeting.is_none() {
        return Err(MailboxError::Imap(ImapError::ConnectionLost));
    }
    let token = match &url.tokens {
        Some(source) => oauth_token::fetch(app, source, &url.password).await?,
        None => url.password.clone(),
    };
    let login = async {
        if url.is_oauth {
            let oauth = OAuth {
                user: &url.user,
                token: &token,
                asked: false,
            };
            client.authenticate("XOAUTH2", oauth).await
        } else {
            client.login(&url.user, &url.password).await
        }
    };
    let mut session = timeout(ANSWER_TIMEOUT, login)
        .await?
        .map_err(|(error, _)| MailboxError::Login(error.to_string()))?;
    let selected = timeout(ANSWER_TIMEOUT, session.select(&url.folder)).await??;
    Ok((session, keeps_mark(&selected.permanent_flags)))
}

/// Whether the certificates that the mailbox is to be trusted by can be had.
///
/// # Errors
/// The file that `ca=` names cannot be read, or holds something else.
pub fn check_trust(url: &ImapUrl) -> Result<(), MailboxError> {
    connector(url).map(drop)
}

fn connector(url: &ImapUrl) -> Result<TlsConnector, MailboxError> {
    let file = url.ca.as_deref();
    let unusable = |why| {
        MailboxError::Ca(format!(
            "{}: {why}",
            file.unwrap_or(Path::new("")).display()
        ))
    };
    let roots = trusted_roots(file).map_err(unusable)?;
    let config = ClientConfig::builder_with_provider(std::sync::Arc::new(
        tokio_rustls::rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .map_err(|error| MailboxError::Ca(error.to_string()))?
    .with_root_certificates(roots)
    .with_no_client_auth();
    Ok(TlsConnector::from(std::sync::Arc::new(config)))
}

/// XOAUTH2, as Microsoft and Google have it.
struct OAuth<'a> {
    user: &'a str,
    token: &'a str,
    asked: bool,
}

impl Authenticator for OAuth<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        // A second question is the reason of a refusal; an empty answer makes the server say no.
        if std::mem::replace(&mut self.asked, true) {
            return String::new();
        }
        format!("user={}\x01auth=Bearer {}\x01\x01", self.user, self.token)
    }
}

/// Makes the folder for read mail, its levels parted as this server parts them. Its name.
async fn make_folder(app: &App, session: &mut Mailbox) -> Result<String, MailboxError> {
    let mut delimiter = None;
    {
        // RFC 3501 §6.3.8: an empty pattern asks for the delimiter only; `None` is sent as `""`.
        let listed = timeout(ANSWER_TIMEOUT, session.list(None, None)).await??;
        pin_mut!(listed);
        while let Some(name) = timeout(ANSWER_TIMEOUT, listed.try_next()).await?? {
            delimiter = name.delimiter().map(str::to_owned).or(delimiter);
        }
    }
    let folder = app
        .settings
        .returns
        .imap_done
        .replace('/', delimiter.as_deref().unwrap_or("/"));
    // It may be there already.
    let _ = timeout(ANSWER_TIMEOUT, session.create(&folder)).await?;
    Ok(folder)
}

/// Waits until the server has something new.
async fn idle(session: Mailbox) -> Result<Mailbox, MailboxError> {
    let mut handle = session.idle();
    timeout(ANSWER_TIMEOUT, handle.init()).await??;
    let (waiting, _stop) = handle.wait_with_timeout(IDLE_LIFETIME);
    // async-imap's own timeout, and one behind it for a server that has gone.
    timeout(IDLE_LIFETIME + ANSWER_TIMEOUT, waiting).await??;
    Ok(timeout(ANSWER_TIMEOUT, handle.done()).await??)
}

/// Reads what is there, all of it. How many mails it was.
async fn read_all(
    app: &App,
    session: &mut Mailbox,
    folder: &mut Folder,
) -> Result<usize, MailboxError> {
    let mut all = 0;
    loop {
        let read = read_some(app, session, folder).await?;
        all += read;
        if read < AT_A_TIME {
            return Ok(all);
        }
    }
}

/// The oldest [`AT_A_TIME`] of what is there.
async fn read_some(
    app: &App,
    session: &mut Mailbox,
    folder: &mut Folder,
) -> Result<usize, MailboxError> {
    let question = not_read(folder.can_mark);
    let found = timeout(ANSWER_TIMEOUT, session.uid_search(question)).await??;
    let mut uids: Vec<u32> = found.into_iter().collect();
    uids.sort_unstable();
    uids.truncate(AT_A_TIME);
    let mut read = 0;
    for uid in &uids {
        let Some(mail) = timeout(MAIL_TIMEOUT, fetch(session, *uid)).await?? else {
            continue;
        };
        read += 1;
        let (reading, receipt) = receive(app, ReturnWay::Imap, &mail).await?;
        tracing::info!(kind = ?reading.kind, state = ?receipt.state, known = receipt.known, "a return was read");
        // Perhaps people read this mailbox, too: what carries no mark of ours and is no notice of a mail
        // system is theirs and stays.
        let is_theirs =
            !receipt.proved && matches!(reading.kind, ReturnKind::Reply | ReturnKind::AutoReply);
        if is_theirs && folder.can_mark {
            timeout(MAIL_TIMEOUT, mark(session, folder, *uid)).await??;
        } else {
            timeout(MAIL_TIMEOUT, put_away(session, folder, *uid)).await??;
        }
    }
    Ok(read)
}

/// The mail, and one octet more than is read of too long a one. It stays unread.
async fn fetch(session: &mut Mailbox, uid: u32) -> Result<Option<Vec<u8>>, ImapError> {
    let query = format!("(UID BODY.PEEK[]<0.{}>)", LONGEST_MAIL_OCTETS + 1);
    let fetched = session.uid_fetch(uid.to_string(), query).await?;
    pin_mut!(fetched);
    let mut mail = None;
    while let Some(part) = fetched.try_next().await? {
        if part.uid == Some(uid) {
            mail = part.body().map(<[u8]>::to_vec).or(mail);
        }
    }
    Ok(mail)
}

/// Moves a mail that was read; where that cannot be, marks it.
async fn put_away(session: &mut Mailbox, folder: &mut Folder, uid: u32) -> Result<(), ImapError> {
    let set = uid.to_string();
    let moved = if folder.can_move {
        session.uid_mv(&set, &folder.done).await
    } else {
        session.uid_copy(&set, &folder.done).await
    };
    match moved {
        Ok(()) if folder.can_move => return Ok(()),
        Ok(()) => {
            store(session, &set, "+FLAGS.SILENT (\\Deleted \\Seen)").await?;
            if folder.can_expunge {
                let expunged = session.uid_expunge(&set).await?;
                pin_mut!(expunged);
                while expunged.try_next().await?.is_some() {}
            }
            return Ok(());
        }
        Err(error @ (ImapError::Io(_) | ImapError::ConnectionLost)) => return Err(error),
        Err(error) => tracing::debug!(%error, "the mail cannot be moved; it is marked instead"),
    }
    if folder.can_mark {
        let mark = format!("+FLAGS.SILENT ({MARK} \\Seen)");
        match store(session, &set, &mark).await {
            Err(error @ (ImapError::Io(_) | ImapError::ConnectionLost)) => return Err(error),
            Err(_) => folder.can_mark = false,
            Ok(()) => return Ok(()),
        }
    }
    store(session, &set, "+FLAGS.SILENT (\\Answered \\Seen)").await
}

/// Marks a mail as one that we have read, and leaves it as it is for people.
async fn mark(session: &mut Mailbox, folder: &mut Folder, uid: u32) -> Result<(), ImapError> {
    match store(
        session,
        &uid.to_string(),
        &format!("+FLAGS.SILENT ({MARK})"),
    )
    .await
    {
        Err(error @ (ImapError::Io(_) | ImapError::ConnectionLost)) => Err(error),
        // A server that keeps no marks: it is moved like the rest, so that it is not read for ever.
        Err(_) => {
            folder.can_mark = false;
            put_away(session, folder, uid).await
        }
        Ok(()) => Ok(()),
    }
}

async fn store(session: &mut Mailbox, set: &str, what: &str) -> Result<(), ImapError> {
    let stored = session.uid_store(set, what).await?;
    pin_mut!(stored);
    while stored.try_next().await?.is_some() {}
    Ok(())
}
