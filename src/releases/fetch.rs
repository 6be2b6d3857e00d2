//! Fetching feeds and pages, politely and within bounds (F3, F11).

use std::time::Duration;

use reqwest::{
    Client, StatusCode,
    header::{self, HeaderMap},
};
use url::Url;

use super::fence::{Fence, FencedDns};
use crate::{app::App, office::Office};

const MOST_BYTES: usize = 5_000_000;
pub(super) const MOST_REDIRECTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(30);

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not a web address.
    #[error("`{0}` is no web address; give one that begins with https://")]
    Address(String),
    /// Not `http` or `https`.
    #[error("addresses that begin with `{0}:` are not fetched; give one that begins with https://")]
    Scheme(String),
    /// On a private network.
    #[error(
        "`{0}` is on a private network, and a page must not lead Gazette there; if it is yours, name it in GAZETTE_FETCH_ALLOW"
    )]
    Private(String),
    /// Redirected in circles.
    #[error(
        "`{0}` redirects more than {MOST_REDIRECTS} times; use the address that a browser ends at"
    )]
    Redirects(Url),
    /// More than the limit.
    #[error("`{0}` is larger than 5 MB; give the address of one release or of the feed")]
    Large(Url),
    /// An error from the server.
    #[error("`{0}` answered {1}; open it in a browser to see whether it has moved")]
    Status(Url, StatusCode),
    /// No answer.
    #[error("`{0}` could not be fetched: {1}; check the address and that its server runs")]
    Network(Url, String),
    /// The client could not be set up.
    #[error("web pages cannot be fetched on this machine: {0}")]
    Setup(reqwest::Error),
    /// The office could not be read.
    #[error("the database failed: {0}")]
    Database(#[from] sea_orm::DbErr),
}

/// What a server gives to ask again with: sent back exactly as it came (F3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`
    pub etag: Option<String>,
    /// `Last-Modified`
    pub last_modified: Option<String>,
}

/// What was fetched.
#[derive(Debug)]
pub enum Fetched {
    /// 304: nothing is new.
    NotModified,
    /// 404 or 410.
    Gone,
    /// The thing itself.
    Body(Body),
}

/// A page, feed or answer.
#[derive(Debug)]
pub struct Body {
    /// Where it was found in the end.
    pub url: Url,
    /// What it is made of.
    pub bytes: Vec<u8>,
    /// `Content-Type`, in lower case.
    pub content_type: String,
    /// For the next time.
    pub validators: Validators,
}

impl Body {
    /// The charset that the server declares.
    #[must_use]
    pub fn charset(&self) -> Option<&str> {
        let (_, label) = self.content_type.split_once("charset=")?;
        Some(label.split(';').next()?.trim_matches([' ', '"', '\'']))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        super::reading::charset::decode(&self.bytes, self.charset())
    }
}

/// Fetches; one serves a whole round of polls.
#[derive(Debug)]
pub struct Fetcher {
    pub(super) fence: Fence,
    open: Client,
    named: Client,
}

impl Fetcher {
    /// One that says who we are and how to reach us.
    pub async fn new(app: &App) -> Result<Self, FetchError> {
        let office = Office::load(&app.db).await?;
        let contact = if office.complete {
            format!("; {}", office.from.as_str())
        } else {
            String::new()
        };
        let agent = format!(
            "Gazette/{} (+{}{contact})",
            env!("CARGO_PKG_VERSION"),
            app.settings.public_url.as_str()
        );
        let fence = Fence::of(&app.settings);
        let client = || {
            Client::builder()
                .user_agent(agent.clone())
                .timeout(PATIENCE)
                // Each hop is checked below. A proxy would look names up outside the fence.
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
        };
        Ok(Self {
            open: client()
                .dns_resolver(FencedDns(fence.clone()))
                .build()
                .map_err(FetchError::Setup)?,
            named: client().build().map_err(FetchError::Setup)?,
            fence,
        })
    }

    /// Fetches what stands at `url`; with validators, only if it changed.
    pub async fn get(&self, url: &Url, known: &Validators) -> Result<Fetched, FetchError> {
        tokio::time::timeout(PATIENCE, self.follow(url, known))
            .await
            .unwrap_or_else(|_| {
                Err(FetchError::Network(
                    url.clone(),
                    "no answer within 30 seconds".to_owned(),
                ))
            })
    }

    /// Fetches what must be there.
    pub async fn body(&self, url: &Url) -> Result<Body, FetchError> {
        match self.get(url, &Validators::default()).await? {
            Fetched::Body(body) => Ok(body),
            Fetched::Gone => Err(FetchError::Status(url.clone(), StatusCode::NOT_FOUND)),
            Fetched::NotModified => Err(FetchError::Status(url.clone(), StatusCode::NOT_MODIFIED)),
        }
    }

    /// The client for a host: the fenced one, unless the operator named it.
    pub(super) fn client(&self, url: &Url) -> &Client {
        if self.fence.names(url) {
            &self.named
        } else {
            &self.open
        }
    }

    async fn follow(&self, url: &Url, known: &Validators) -> Result<Fetched, FetchError> {
        let mut at = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            self.fence.check(&at)?;
            let mut request = self.client(&at).get(at.clone());
            if let Some(etag) = &known.etag {
                request = request.header(header::IF_NONE_MATCH, etag);
            }
            if let Some(since) = &known.last_modified {
                request = request.header(header::IF_MODIFIED_SINCE, since);
            }
            let answer = request.send().await.map_err(|error| network(&at, &error))?;
            let status = answer.status();
            if status == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::NotModified);
            }
            if status.is_redirection() {
                let next = text_of(answer.headers(), header::LOCATION)
                    .and_then(|location| at.join(&location).ok());
                at = next.ok_or_else(|| FetchError::Status(at.clone(), status))?;
                continue;
            }
            if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
                return Ok(Fetched::Gone);
            }
            if !status.is_success() {
                return Err(FetchError::Status(at, status));
            }
            return read(answer, at).await.map(Fetched::Body);
        }
        Err(FetchError::Redirects(url.clone()))
    }
}

async fn read(mut answer: reqwest::Response, url: Url) -> Result<Body, FetchError> {
    let validators = Validators {
        etag: text_of(answer.headers(), header::ETAG),
        last_modified: text_of(answer.headers(), header::LAST_MODIFIED),
    };
    let content_type = text_of(answer.headers(), header::CONTENT_TYPE)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut bytes = Vec::new();
    // Counted as it arrives, after unpacking: neither a false length nor a packed bomb gets past.
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| network(&url, &error))?
    {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(FetchError::Large(url));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Body {
        url,
        bytes,
        content_type,
        validators,
    })
}

pub(super) fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The innermost reason is the one that helps; where the fence refused, it says so itself.
pub(super) fn network(url: &Url, error: &reqwest::Error) -> FetchError {
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        if let Some(FetchError::Private(host)) = inner.downcast_ref::<FetchError>() {
            return FetchError::Private(host.clone());
        }
        reason = inner;
    }
    FetchError::Network(url.clone(), reason.to_string())
}
