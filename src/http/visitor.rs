//! Who is asking: from where, with what, and in which language.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{HeaderMap, HeaderName, Uri, Version, header, request::Parts},
};
use gazette_templates::pages::words::Words;

use crate::{app::App, config::TrustedProxy, office::Office};

/// Characters of a user agent that evidence keeps.
const USER_AGENT: usize = 256;

/// The client's address: the connection's, or what a trusted proxy says it is.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress {
    /// Where the request comes from.
    pub ip: IpAddr,
    /// Whether a proxy said so, or said something that cannot be read.
    pub forwarded: bool,
    /// Whether nothing in the request looks as if somebody else had passed it on.
    pub direct: bool,
}

/// What a browser, or a program that fetches a page, writes by itself. There are more names for what proxies
/// add than anybody knows, so that each other name counts as one of theirs.
const OWN_HEADERS: [&str; 30] = [
    "host",
    "connection",
    "keep-alive",
    "user-agent",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "content-length",
    "content-type",
    "cookie",
    "device-memory",
    "dnt",
    "downlink",
    "dpr",
    "ect",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "priority",
    "purpose",
    "range",
    "referer",
    "rtt",
    "save-data",
    "upgrade-insecure-requests",
    "x-prometheus-scrape-timeout-seconds",
];

/// Whether a request came to us from whoever made it, as far as can be told: in the version that browsers
/// speak to a server of this machine, for a path alone, and with no header that they do not send.
fn is_direct(request: &Parts) -> bool {
    let own = |name: &HeaderName| {
        let name = name.as_str();
        // `Sec-` is what pages cannot write themselves, and proxies have no reason to (Fetch §2.2.2).
        OWN_HEADERS.contains(&name) || name.starts_with("sec-")
    };
    request.version == Version::HTTP_11
        && request.uri.authority().is_none()
        && request.headers.keys().all(own)
}

impl<S> FromRequestParts<S> for ClientAddress
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let connection = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip());
        let trusted = &App::from_ref(state).settings.trusted_proxies;
        Ok(Self {
            direct: is_direct(parts),
            ..Self::behind(trusted, connection, &parts.headers)
        })
    }
}

impl ClientAddress {
    /// Reads `X-Forwarded-For` from its end, and only for as long as the speaker is a proxy of
    /// ours: each proxy appends who spoke to it, and what stands before that, anyone can have
    /// written. Where a word cannot be read, the speaker stands for who spoke to it.
    fn behind(trusted: &[TrustedProxy], connection: IpAddr, headers: &HeaderMap) -> Self {
        let mut ip = connection.to_canonical();
        let mut forwarded = false;
        let lines = headers.get_all("x-forwarded-for");
        let said: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        for said in said.into_iter().rev() {
            if !trusted.iter().any(|proxy| proxy.is(ip)) {
                break;
            }
            forwarded = true;
            let Some(earlier) = address_in(said.trim()) else {
                break;
            };
            ip = earlier.to_canonical();
        }
        Self {
            ip,
            forwarded,
            direct: false,
        }
    }

    /// Whether who asks sits at this machine, and no proxy stands between.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        self.ip.is_loopback() && !self.forwarded && self.direct
    }

    /// Whether who asks is on a network of ours, and not merely behind our proxy: it asked us directly, or a
    /// proxy that is trusted says so.
    #[must_use]
    pub fn is_near(&self) -> bool {
        let private = match self.ip {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
        };
        self.is_this_machine() || private && (self.direct || self.forwarded)
    }

    /// The network of one customer, by and large: IPv4 /24, IPv6 /56.
    #[must_use]
    pub fn network(&self) -> String {
        let networks = self.networks();
        let customers = networks.get(1).or(networks.first());
        customers.cloned().unwrap_or_default()
    }

    /// The networks for counting, the narrowest first: IPv4 /24; IPv6 /64, /56 and /48 (O6), because
    /// nobody knows from outside which of them one customer has.
    #[must_use]
    pub fn networks(&self) -> Vec<String> {
        match self.ip {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                vec![format!("{a}.{b}.{c}.0/24")]
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                vec![
                    format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"),
                    format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00),
                    format!("{a:x}:{b:x}:{c:x}::/48"),
                ]
            }
        }
    }
}

/// An address as proxies write it: bare, or with a port.
fn address_in(said: &str) -> Option<IpAddr> {
    let bare = said
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let ip = bare.unwrap_or(said).parse();
    ip.or_else(|_| said.parse().map(|socket: SocketAddr| socket.ip()))
        .ok()
}

/// Who asks, as the evidence and the choice of language need it.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Where from.
    pub client: ClientAddress,
    /// With what: at most 256 characters, without control characters.
    pub user_agent: String,
    asked: Option<String>,
    accepted: String,
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self {
            client: ClientAddress::from_request_parts(parts, state).await?,
            user_agent: user_agent(&parts.headers),
            asked: asked(&parts.uri),
            accepted: accepted(&parts.headers).to_owned(),
        })
    }
}

impl Visitor {
    /// The words for this reader: the language of the page's own links (`?lang=`), else `chosen` (on
    /// a form, or with an earlier sign-up), else the first that their browser asks for and the
    /// office has, else the office's first.
    #[must_use]
    pub fn words(&self, office: &Office, chosen: Option<&str>) -> &'static Words {
        let asked = self.asked.as_deref().into_iter().chain(chosen);
        best(&office.languages, asked, &self.accepted)
    }

    /// The words that stood beside a form that was sent: ours say in which language (`chosen`); one that does not
    /// stands on another site, and what was read there is no matter of the browser's.
    #[must_use]
    pub fn words_shown(&self, office: &Office, chosen: Option<&str>) -> &'static Words {
        let asked = self.asked.as_deref().into_iter().chain(chosen);
        best(&office.languages, asked, "")
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(USER_AGENT)
        .collect()
}

/// The language that the address asks for: `?lang=ko`.
pub(super) fn asked(uri: &Uri) -> Option<String> {
    url::form_urlencoded::parse(uri.query()?.as_bytes())
        .find(|(name, _)| name == "lang")
        .map(|(_, tag)| tag.into_owned())
}

pub(super) fn accepted(headers: &HeaderMap) -> &str {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The words for a reader: what they asked for, else the first language of theirs that the office
/// has, else the office's first.
#[must_use]
pub fn words(office: &Office, asked: Option<&str>, headers: &HeaderMap) -> &'static Words {
    best(&office.languages, asked, accepted(headers))
}

pub(super) fn best<'a>(
    ours: &[impl AsRef<str>],
    asked: impl IntoIterator<Item = &'a str>,
    accepted: &'a str,
) -> &'static Words {
    asked
        .into_iter()
        .chain(by_quality(accepted))
        .filter_map(Words::spoken)
        .find(|words| {
            ours.iter()
                .any(|ours| Words::of(ours.as_ref()).tag == words.tag)
        })
        .unwrap_or_else(|| Words::of(ours.first().map_or("en", AsRef::as_ref)))
}

/// The tags of an Accept-Language header, the most wanted first (RFC 9110 §12.5.4); what is refused
/// (`q=0`) is left out.
fn by_quality(accepted: &str) -> Vec<&str> {
    let mut tags: Vec<(&str, f32)> = accepted
        .split(',')
        .map(|item| {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let quality = parameters.trim().strip_prefix("q=");
            (
                tag,
                quality.map_or(1.0, |q| q.trim().parse().unwrap_or(0.0)),
            )
        })
        .filter(|(_, quality)| *quality > 0.0)
        .collect();
    // Stable: among equals the first stays first.
    tags.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from(connection: &str, lines: &[&str]) -> ClientAddress {
        let trusted = ["127.0.0.1".parse().unwrap(), "10.0.0.7".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        ClientAddress::behind(&trusted, connection.parse().unwrap(), &headers)
    }

    #[test]
    fn only_what_our_own_proxies_say_is_believed() {
        for (connection, lines, ip, forwarded) in [
            ("203.0.113.9", &[][..], "203.0.113.9", false),
            // Not through a proxy of ours: the header is the visitor's own invention.
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9", false),
            ("127.0.0.1", &["198.51.100.1"][..], "198.51.100.1", true),
            // The visitor wrote the first, our proxy the second.
            (
                "127.0.0.1",
                &["1.2.3.4, 198.51.100.1"][..],
                "198.51.100.1",
                true,
            ),
            (
                "127.0.0.1",
                &["1.2.3.4", "198.51.100.1"][..],
                "198.51.100.1",
                true,
            ),
            // Two proxies of ours, one behind the other.
            (
                "127.0.0.1",
                &["1.2.3.4, 198.51.100.1, 10.0.0.7"][..],
                "198.51.100.1",
                true,
            ),
            ("127.0.0.1", &["nonsense"][..], "127.0.0.1", true),
            ("127.0.0.1", &["unknown"][..], "127.0.0.1", true),
            (
                "127.0.0.1",
                &["198.51.100.1:4711"][..],
                "198.51.100.1",
                true,
            ),
            ("127.0.0.1", &["[2001:db8::1]:443"][..], "2001:db8::1", true),
            ("127.0.0.1", &["[2001:db8::1]"][..], "2001:db8::1", true),
            (
                "::ffff:127.0.0.1",
                &["2001:db8::1"][..],
                "2001:db8::1",
                true,
            ),
        ] {
            let client = from(connection, lines);
            assert_eq!(
                (client.ip.to_string().as_str(), client.forwarded),
                (ip, forwarded),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn o6_a_network_is_a_slash_24_or_each_that_a_customer_may_have() {
        let networks = |ip: &str| from(ip, &[]).networks();
        assert_eq!(networks("203.0.113.9"), ["203.0.113.0/24"]);
        assert_eq!(
            networks("2001:db8:1:23ff::1"),
            [
                "2001:db8:1:23ff::/64",
                "2001:db8:1:2300::/56",
                "2001:db8:1::/48"
            ]
        );
        let (one, other) = (
            networks("2001:db8:1:2401::9"),
            networks("2001:db8:1:23fe::8"),
        );
        assert_ne!(one[1], other[1]);
        assert_eq!(one[2], other[2]);
    }

    #[test]
    fn the_language_is_the_one_asked_for_else_the_one_most_wanted_that_we_have() {
        let ours = ["en", "es", "ko"];
        let tag = |asked: Option<&str>, accepted: &str| best(&ours, asked, accepted).tag;
        assert_eq!(tag(Some("ko-KR"), "es"), "ko");
        assert_eq!(tag(Some("xx"), "es"), "es");
        assert_eq!(tag(None, "fr, en;q=0.3, es-MX;q=0.8"), "es");
        assert_eq!(tag(None, "ko;q=0, es;q=0.1"), "es");
        // Of Chinese the script counts; who wants the other one reads what else they can.
        let tag = |accepted: &str| best(&["en", "zh-Hant", "es"], None, accepted).tag;
        assert_eq!(tag("zh-TW, zh;q=0.9"), "zh-Hant");
        assert_eq!(tag("zh-CN, es;q=0.9"), "es");
        assert_eq!(best(&["zh"], None, "zh-CN").tag, "zh-Hans");
        let tag = |asked: Option<&str>, accepted: &str| best(&ours, asked, accepted).tag;
        // The office has no Vietnamese.
        assert_eq!(tag(None, "vi"), "en");
        assert_eq!(tag(None, "es;q=nonsense"), "en");
    }

    proptest! {
        #[test]
        fn any_header_at_all_is_safe(header in "\\PC{0,60}", query in "\\PC{0,40}") {
            let _ = best(&["en"], [query.as_str()], &header);
            let mut headers = HeaderMap::new();
            if let Ok(value) = header.parse() {
                headers.insert("x-forwarded-for", value);
            }
            let _ = ClientAddress::behind(&["127.0.0.1".parse().unwrap()], "127.0.0.1".parse().unwrap(), &headers);
        }
    }
}
