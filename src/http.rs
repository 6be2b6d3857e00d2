//! What the rooms' routes share: who is asking, in which language, and the frame of a page.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use gazette_templates::pages::{
    layout::{Frame, page as framed, page_about as framed_about},
    subscribers::notice,
    words::Words,
};
use maud::Markup;

use crate::{app::App, office::Office};

/// The client's address: the connection's, or what a trusted proxy says it is.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress {
    /// Where the request comes from.
    pub ip: IpAddr,
    /// Whether a proxy said so.
    pub forwarded: bool,
}

impl<S> FromRequestParts<S> for ClientAddress
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let trusted = &App::from_ref(state).settings.trusted_proxies;
        let mut ip = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(Ipv4Addr::UNSPECIFIED.into(), |info| {
                info.0.ip().to_canonical()
            });
        let mut forwarded = false;
        // Each proxy appends who spoke to it, so the list is read from the end, and only for as
        // long as the speaker is one of ours: what stands before that, anyone can have written.
        let lines = parts.headers.get_all("x-forwarded-for");
        let said: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        for said in said.into_iter().rev() {
            let (true, Ok(earlier)) = (trusted.contains(&ip), said.trim().parse::<IpAddr>()) else {
                break;
            };
            ip = earlier.to_canonical();
            forwarded = true;
        }
        Ok(Self { ip, forwarded })
    }
}

impl ClientAddress {
    /// The network for counting: IPv4 /24, IPv6 /56 (O6).
    #[must_use]
    pub fn network(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00)
            }
        }
    }
}

/// What a browser or mail program calls itself, cut to what evidence needs.
#[must_use]
pub fn user_agent(headers: &HeaderMap) -> String {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(256)
        .collect()
}

/// The words for a reader: what they asked for, else the first language of theirs that the office
/// has, else the office's first.
#[must_use]
pub fn words(office: &Office, asked: Option<&str>, headers: &HeaderMap) -> &'static Words {
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let wanted = accepted.split(',').filter_map(|tag| tag.split(';').next());
    asked
        .into_iter()
        .chain(wanted)
        .map(|tag| tag.trim().split('-').next().unwrap_or_default())
        .find(|tag| {
            office
                .languages
                .iter()
                .any(|ours| ours.eq_ignore_ascii_case(tag))
        })
        .or(office.languages.first().map(String::as_str))
        .map_or_else(|| Words::of("en"), Words::of)
}

/// The languages that the office offers.
#[must_use]
pub fn languages(office: &Office) -> Vec<&'static Words> {
    office.languages.iter().map(|tag| Words::of(tag)).collect()
}

/// Where the privacy policy stands.
#[must_use]
pub fn privacy_url(office: &Office) -> &str {
    office.privacy_url.as_deref().unwrap_or("/privacy")
}

/// A public page in its frame.
#[must_use]
pub fn page(office: &Office, words: &'static Words, title: &str, content: &Markup) -> Response {
    page_about(office, words, title, &Markup::default(), content)
}

/// The same with more in its head, for machines that read pages.
#[must_use]
pub fn page_about(
    office: &Office,
    words: &'static Words,
    title: &str,
    head: &Markup,
    content: &Markup,
) -> Response {
    let frame = Frame {
        office: &office.name,
        postal_address: &office.postal_address,
        privacy_url: privacy_url(office),
        words,
        languages: &languages(office),
    };
    Html(framed_about(&frame, title, head, content).into_string()).into_response()
}

/// The page for an address that leads nowhere.
#[must_use]
pub fn not_found(office: &Office, words: &'static Words) -> Response {
    let content = notice(words.not_found_title, words.not_found);
    (
        StatusCode::NOT_FOUND,
        page(office, words, words.not_found_title, &content),
    )
        .into_response()
}

/// What went wrong on our side: the reader is told to come back, the log is told why.
#[derive(Debug)]
pub struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(error = format!("{:#}", self.0), "a request failed");
        let content = notice(
            "Something went wrong here",
            "It is not your fault, and nothing was changed. Please try again in a minute.",
        );
        let words = Words::of("en");
        let frame = Frame {
            office: "Newsletter",
            postal_address: "",
            privacy_url: "/privacy",
            words,
            languages: &[],
        };
        let page = framed(&frame, "Something went wrong here", &content).into_string();
        (StatusCode::INTERNAL_SERVER_ERROR, Html(page)).into_response()
    }
}
