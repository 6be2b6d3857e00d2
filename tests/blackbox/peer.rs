//! An SMTP server that does what RFC 5321 asks, except where its script says otherwise, and
//! remembers what it saw.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, sync::Notify, task::JoinSet};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use session::Session;

mod session;

/// Where a conversation stands: what the next reply answers. `Body` is the middle of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    Banner,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Body,
    Dot,
}

/// What the peer does instead of the usual.
#[derive(Debug, Clone)]
pub enum Act {
    /// Says this, and goes on from there as its code has it.
    Say(&'static str),
    /// Ends the connection in order, or by a reset, without a word.
    Close,
    Reset,
    /// Says nothing more and keeps the connection.
    Silence,
    /// The usual reply: byte by byte, with a second reply behind it, in two lines, with a million
    /// letters, after a while, or when it is let go.
    Bytes,
    Twice,
    Lines,
    Megabyte,
    After(Duration),
    When(Arc<Notify>),
}

/// The moment at which a script is asked.
#[derive(Debug)]
pub struct Moment<'a> {
    pub stage: Stage,
    /// How often this stage was reached: on all connections, and on this one.
    pub nth: usize,
    pub nth_here: usize,
    /// The command, where one was given.
    pub line: &'a str,
}

type Script = dyn Fn(&Moment<'_>) -> Option<Act> + Send + Sync;

/// What the EHLO of an ordinary relay offers, and that of one without pipelining.
pub const PIPELINING: &[&str] = &["PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8"];
pub const ONE_BY_ONE: &[&str] = &["SIZE 10485760", "8BITMIME"];

/// A message that arrived with its final dot.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: String,
    pub message_id: String,
    pub octets: usize,
    /// The code that its sender was told; none: it never heard.
    pub told: Option<u16>,
    /// When its final dot came.
    pub at: Instant,
}

/// RCPT, with the time of its MAIL.
#[derive(Debug, Clone)]
pub struct Announced {
    pub connection: usize,
    pub to: String,
    pub at: Instant,
}

/// What a peer saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub commands: Vec<(usize, String)>,
    pub announced: Vec<Announced>,
    pub received: Vec<Received>,
    reached: HashMap<Stage, usize>,
}

impl Seen {
    /// How many connections, and how many messages.
    pub fn tally(&self) -> (usize, usize) {
        (self.connections, self.received.len())
    }

    /// The messages to one address.
    pub fn to(&self, address: &str) -> Vec<Received> {
        let mut messages = self.received.clone();
        messages.retain(|message| message.to == address);
        messages
    }
}

/// A running peer; it ends with the test.
pub struct Peer {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    listening: tokio::task::JoinHandle<()>,
}

struct Inner {
    offers: &'static [&'static str],
    /// What it offers of AUTH once TLS stands.
    logins: &'static str,
    tls: Option<TlsAcceptor>,
    script: Box<Script>,
    seen: Mutex<Seen>,
}

impl Peer {
    pub async fn start(
        offers: &'static [&'static str],
        script: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_on(listener, offers, script)
    }

    /// The same on a port that is taken already.
    pub fn start_on(
        listener: TcpListener,
        offers: &'static [&'static str],
        script: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(listener, offers, None, Box::new(script))
    }

    /// A peer that offers STARTTLS and under it these ways to log in; its certificate is written to
    /// `certificate`.
    pub async fn start_with_tls(
        offers: &'static [&'static str],
        logins: &'static str,
        certificate: &Path,
        script: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static,
    ) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(certificate, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let chain = vec![CertificateDer::from(made.cert.der().to_vec())];
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let tls = (TlsAcceptor::from(Arc::new(config)), logins);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_with(listener, offers, Some(tls), Box::new(script))
    }

    fn start_with(
        listener: TcpListener,
        offers: &'static [&'static str],
        tls: Option<(TlsAcceptor, &'static str)>,
        script: Box<Script>,
    ) -> Self {
        let (tls, logins) = tls.unzip();
        let inner = Arc::new(Inner {
            offers,
            logins: logins.unwrap_or_default(),
            tls,
            script,
            seen: Mutex::default(),
        });
        Self {
            address: listener.local_addr().unwrap(),
            inner: inner.clone(),
            listening: tokio::spawn(async move {
                let mut sessions = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    while sessions.try_join_next().is_some() {}
                    sessions.spawn(Session::run(inner.clone(), stream));
                }
            }),
        }
    }

    /// For `--smtp-url`.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.inner.seen.lock().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
