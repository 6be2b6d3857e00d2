//! Fetching feeds and pages, politely and within bounds (F3, F11).

use std::{
    io::Read,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use reqwest::{
    Client, StatusCode,
    header::{self, HeaderMap},
};
use url::Url;

use super::{
    fetch_error::MOST_REDIRECTS,
    politeness::{self, Politeness},
    reading::dates::Calendar,
    robots::Robots,
    ssrf_guard::{GuardedDns, SsrfGuard, same_organisation},
};
use crate::{app::App, clock::Clock, http_client, office::Office};

pub use super::{fetch_error::FetchError, politeness::GLANCES};

const MOST_BYTES: usize = 5_000_000;
/// What a gzip file begins with (RFC 1952 §2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(30);

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
    /// All that the server said about it.
    pub headers: Box<HeaderMap>,
}

impl Body {
    /// The charset that the server declares.
    #[must_use]
    pub fn charset(&self) -> Option<&str> {
        let (_, label) = self.content_type.split_once("charset=")?;
        Some(label.split(';').next()?.trim_matches([' ', '"', '\'']))
    }

    /// Whether it is a page for people; what says nothing of itself is told by how it begins.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.content_type.contains("html")
            || (self.content_type.is_empty() && self.bytes.trim_ascii_start().starts_with(b"<"))
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
    pub(super) guard: SsrfGuard,
    pub(super) politeness: Arc<Politeness>,
    open: Client,
    named: Client,
    /// How long one address may take, with all its redirects.
    pub(super) timeout: Duration,
    zone: TimeZone,
    clock: Clock,
}

/// What one request brought.
enum Answer {
    Final(Fetched),
    Moved(Url),
}

impl Fetcher {
    /// One that says who we are and how to reach us.
    pub async fn new(app: &App) -> Result<Self, FetchError> {
        Self::with_politeness(app, politeness::ours()).await
    }

    pub(super) async fn with_politeness(
        app: &App,
        politeness: Arc<Politeness>,
    ) -> Result<Self, FetchError> {
        let office = Office::load(&app.db).await?;
        let agent = user_agent(app, &office);
        let guard = SsrfGuard::of(&app.settings);
        let client = || {
            Client::builder()
                .user_agent(agent.clone())
                .timeout(ADDRESS_TIMEOUT)
                // Each hop is checked below. A proxy would look names up outside the guard.
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
        };
        Ok(Self {
            open: client()
                .dns_resolver(GuardedDns(guard.clone()))
                .build()
                .map_err(FetchError::Setup)?,
            named: client().build().map_err(FetchError::Setup)?,
            guard,
            politeness,
            timeout: ADDRESS_TIMEOUT,
            zone: office.time_zone,
            clock: app.clock.clone(),
        })
    }

    /// How dates are meant in what is fetched.
    pub(super) fn calendar(&self) -> Calendar {
        Calendar::new(self.zone.clone(), self.clock.now())
    }

    /// Fetches what stands at `url`; with validators, only if it changed.
    pub async fn get(&self, url: &Url, known: &Validators) -> Result<Fetched, FetchError> {
        let mut left = self.timeout;
        let mut at = self.guard.secure(url)?;
        for _ in 0..=MOST_REDIRECTS {
            self.may_read(&at).await?;
            match self.ask(&at, known, &mut left).await? {
                Answer::Final(fetched) => return Ok(fetched),
                Answer::Moved(next) => at = self.next(url, &at, &next)?,
            }
        }
        Err(FetchError::Redirects(url.clone()))
    }

    /// Fetches what must be there.
    pub async fn body(&self, url: &Url) -> Result<Body, FetchError> {
        match self.get(url, &Validators::default()).await? {
            Fetched::Body(body) => Ok(body),
            Fetched::Gone => Err(FetchError::Status(url.clone(), StatusCode::NOT_FOUND)),
            Fetched::NotModified => Err(FetchError::Status(url.clone(), StatusCode::NOT_MODIFIED)),
        }
    }

    /// Posts a form to a hub, which may be anyone's (`WebSub` §5.1).
    pub(super) async fn post(
        &self,
        url: &Url,
        form: &[(&str, &str)],
    ) -> Result<StatusCode, FetchError> {
        let at = self.guard.secure(url)?;
        self.guard.check(&at)?;
        self.wait(&at).await?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let answer = self
            .client(&at)
            .post(at.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .map_err(|error| network(&at, &error))?;
        Ok(answer.status())
    }

    /// Where a redirect may lead.
    fn next(&self, given: &Url, at: &Url, to: &Url) -> Result<Url, FetchError> {
        self.guard.check(to)?;
        if !same_organisation(given, to) && !self.guard.names(to) {
            return Err(FetchError::Elsewhere(given.to_string(), to.to_string()));
        }
        let next = self.guard.secure(to)?;
        if next == *at && next != *to {
            // It sends whoever asks by TLS back to plain HTTP.
            return Err(FetchError::Plain(to.clone()));
        }
        Ok(next)
    }

    /// Whether the host's `robots.txt` lets us.
    async fn may_read(&self, url: &Url) -> Result<(), FetchError> {
        self.guard.check(url)?;
        let host = authority(url);
        let robots = match self.politeness.robots(&host) {
            Some((robots, true)) => robots,
            Some((robots, false)) => self.robots(url).await.unwrap_or(robots),
            None => self.robots(url).await?,
        };
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if robots.allows(path) {
            Ok(())
        } else {
            Err(FetchError::Robots(host, path.to_owned()))
        }
    }

    /// RFC 9309 §2.3.1: where there is no such file, everything is allowed; where the server fails,
    /// nothing is until it answers.
    async fn robots(&self, site: &Url) -> Result<Arc<Robots>, FetchError> {
        let text = self.robots_text(site).await?.unwrap_or_default();
        Ok(self.politeness.learn(&authority(site), Robots::read(&text)))
    }

    /// The file itself, where there is one.
    pub(super) async fn robots_text(&self, site: &Url) -> Result<Option<String>, FetchError> {
        let file = site
            .join("/robots.txt")
            .map_err(|_| FetchError::Address(site.to_string()))?;
        let mut left = self.timeout;
        let mut at = file.clone();
        for _ in 0..=MOST_REDIRECTS {
            match self.ask(&at, &Validators::default(), &mut left).await {
                Ok(Answer::Final(Fetched::Body(body))) => return Ok(Some(body.text())),
                Ok(Answer::Final(_)) => return Ok(None),
                Ok(Answer::Moved(next)) => match self.next(&file, &at, &next) {
                    Ok(next) => at = next,
                    Err(_) => return Ok(None),
                },
                Err(FetchError::Status(_, status)) if status.is_client_error() => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// One request, within what is `left` of our timeout.
    async fn ask(
        &self,
        at: &Url,
        known: &Validators,
        left: &mut Duration,
    ) -> Result<Answer, FetchError> {
        self.guard.check(at)?;
        self.wait(at).await?;
        let begin = Instant::now();
        let answer = tokio::time::timeout(*left, self.exchange(at, known)).await;
        *left = left.saturating_sub(begin.elapsed());
        answer.unwrap_or_else(|_| {
            let why = "no answer within 30 seconds".to_owned();
            Err(FetchError::Network(at.clone(), why))
        })
    }

    /// Until it is our turn; a page of this machine needs no politeness.
    async fn wait(&self, at: &Url) -> Result<(), FetchError> {
        if self.guard.is_own(at) {
            return Ok(());
        }
        let host = authority(at);
        let turn = self.politeness.turn(&host).await;
        turn.map_err(|left| FetchError::Later(host, left.as_secs().max(1)))
    }

    async fn exchange(&self, at: &Url, known: &Validators) -> Result<Answer, FetchError> {
        let mut request = self.client(at).get(at.clone());
        if let Some(etag) = &known.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(since) = &known.last_modified {
            request = request.header(header::IF_MODIFIED_SINCE, since);
        }
        let mut answer = request.send().await.map_err(|error| network(at, &error))?;
        let status = answer.status();
        if status == StatusCode::NOT_MODIFIED {
            return Ok(Answer::Final(Fetched::NotModified));
        }
        if status.is_redirection() {
            let next = text_of(answer.headers(), header::LOCATION)
                .and_then(|location| at.join(&location).ok());
            return next
                .map(Answer::Moved)
                .ok_or_else(|| FetchError::Status(at.clone(), status));
        }
        if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(Answer::Final(Fetched::Gone));
        }
        if !status.is_success() {
            if is_challenge(&mut answer).await {
                return Err(FetchError::Challenge(at.clone(), status));
            }
            return Err(self.refused(at, status, answer.headers()));
        }
        let body = read(answer, at.clone()).await?;
        Ok(Answer::Final(Fetched::Body(body)))
    }

    /// 429 and 503 may say when to come again.
    fn refused(&self, at: &Url, status: StatusCode, headers: &HeaderMap) -> FetchError {
        match wanted_rest(headers) {
            Some(wanted) => self.leave_alone(at, wanted),
            None => FetchError::Status(at.clone(), status),
        }
    }

    /// Asks the host of `at` nothing for as long as it `wanted`.
    pub(super) fn leave_alone(&self, at: &Url, wanted: Duration) -> FetchError {
        let host = authority(at);
        self.politeness.rest(&host, wanted);
        FetchError::Later(host, wanted.as_secs().max(1))
    }

    pub(super) fn client(&self, at: &Url) -> &Client {
        if self.guard.names(at) {
            &self.named
        } else {
            &self.open
        }
    }
}

/// What we call ourselves, and how to reach who runs us.
pub(super) fn user_agent(app: &App, office: &Office) -> String {
    let contact = if office.complete {
        format!("; {}", office.from.as_str())
    } else {
        String::new()
    };
    format!(
        "Gazette/{} (+{}{contact})",
        env!("CARGO_PKG_VERSION"),
        app.settings.public_url.as_str()
    )
}

/// As much of an error page is read as tells a check for browsers.
const MOST_OF_A_REFUSAL: usize = 64 * 1024;

/// What pages say that let nobody but a browser through.
const CHALLENGES: [&str; 4] = [
    "Just a moment...",
    "_cf_chl_opt",
    "Checking your browser",
    "Attention Required! | Cloudflare",
];

/// Whether a refusal is a check for browsers, which no program that reads feeds can pass.
async fn is_challenge(answer: &mut reqwest::Response) -> bool {
    if answer.headers().contains_key("cf-mitigated") {
        return true;
    }
    if !matches!(
        answer.status(),
        StatusCode::FORBIDDEN | StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    ) {
        return false;
    }
    let mut page = Vec::new();
    while page.len() < MOST_OF_A_REFUSAL {
        match answer.chunk().await {
            Ok(Some(chunk)) => page.extend_from_slice(&chunk),
            _ => break,
        }
    }
    let page = String::from_utf8_lossy(&page);
    CHALLENGES.iter().any(|words| page.contains(words))
}

/// Host and port: whom a request goes to.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
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
    let headers = Box::new(answer.headers().clone());
    let read = http_client::read_at_most(&mut answer, MOST_BYTES).await;
    let Some(mut bytes) = read.map_err(|error| network(&url, &error))? else {
        return Err(FetchError::Large(url));
    };
    if bytes.starts_with(&GZIP) {
        bytes = unpacked(&bytes, &url)?;
    }
    Ok(Body {
        url,
        bytes,
        content_type,
        validators,
        headers,
    })
}

/// A file that is packed itself, as `sitemap.xml.gz` is: not for the way, so HTTP does not say it.
fn unpacked(packed: &[u8], url: &Url) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    // Read no further than one byte too much, whatever is still in it.
    flate2::read::MultiGzDecoder::new(packed)
        .take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| FetchError::Garbled(url.clone(), error.to_string()))?;
    if bytes.len() > MOST_BYTES {
        return Err(FetchError::Packed(url.clone()));
    }
    Ok(bytes)
}

/// `Retry-After`, where it lies ahead.
pub(super) fn wanted_rest(headers: &HeaderMap) -> Option<Duration> {
    let value = text_of(headers, header::RETRY_AFTER)?;
    politeness::retry_after(&value, jiff::Timestamp::now()).filter(|wanted| !wanted.is_zero())
}

pub(super) fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The innermost reason is the one that helps; where the guard refused, it says so itself.
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
