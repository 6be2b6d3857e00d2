//! The address under which readers reach us.

use std::str::FromStr;

use url::Url;

use crate::idn;

/// The base of every link we mail: `http` or `https`, a host, no query. Kept without the closing
/// slash, so links are `format!("{base}/unsubscribe/…")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The base without a closing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A link below the base; `path` begins with a slash.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The host, without port.
    #[must_use]
    pub fn host(&self) -> String {
        Url::parse(&self.0)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Whether readers reach it by TLS; then cookies are `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// What is taken where nothing is set.
    pub const DEFAULT: &str = "http://127.0.0.1:8080";

    /// Whether only this machine can reach it: a trial, not an office in service.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        url_is_loopback(&self.0)
    }
}

/// Whether a request's `Host` names this machine, with a port or without.
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    // Nothing but a host may stand there: `x@localhost` is no name of this machine.
    let only_host = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b));
    only_host && url_is_loopback(&format!("http://{host}/"))
}

fn url_is_loopback(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PublicUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "must be like `https://news.example.gov`";
        let url = Url::parse(text).map_err(|error| format!("{wanted} ({error})"))?;
        if !matches!(url.scheme(), "http" | "https")
            || url.host_str().is_none()
            || url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
        {
            return Err(format!("{wanted}, without a query, fragment or user name"));
        }
        if let Some(deceptive) = idn::deceptive_link(text) {
            return Err(deceptive.to_string());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_this_machine_only_where_it_says_so() {
        for here in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "LOCALHOST",
        ] {
            assert!(is_loopback_host(here), "{here}");
        }
        for elsewhere in [
            "",
            ":8080",
            "news.example.gov",
            "localhost.evil.example",
            "x@localhost",
            "localhost/x",
            "localhost:x",
            "0.0.0.0",
            "127.0.0.1.nip.example",
            "[::",
            "unknown",
        ] {
            assert!(!is_loopback_host(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn the_public_url_is_a_base_for_links() {
        let url: PublicUrl = "https://news.example.gov/".parse().unwrap();
        assert_eq!(url.link("/archive"), "https://news.example.gov/archive");
        assert!(url.is_https() && !url.is_loopback());
        assert!(
            "http://127.0.0.1:8080"
                .parse::<PublicUrl>()
                .unwrap()
                .is_loopback()
        );
        for wrong in [
            "news.example.gov",
            "ftp://x.gov",
            "https://x.gov/?a=b",
            "https://u@x.gov",
            // P7: the second letter is Cyrillic.
            "https://p\u{430}ypal.example",
        ] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
