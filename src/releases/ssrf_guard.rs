//! The SSRF guard, which addresses may be fetched: the public network only, because a source's page chooses where
//! its links and redirects lead (F11).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::fetch_error::FetchError;
use crate::config::Settings;

/// The guard against server-side request forgery, with what the operator allows.
#[derive(Debug, Clone)]
pub(super) struct SsrfGuard {
    allowed: Vec<String>,
    /// A trial on one machine may read that machine's pages.
    loopback: bool,
}

impl SsrfGuard {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            allowed: settings
                .fetch_allow
                .iter()
                .map(|host| host.trim().to_ascii_lowercase())
                .collect(),
            loopback: settings.public_url.is_loopback(),
        }
    }

    /// Whether the operator named this host, so that even a private address will do.
    pub(super) fn names(&self, url: &Url) -> bool {
        let Some(host) = url
            .host_str()
            .map(|host| host.trim_matches(['[', ']']).to_ascii_lowercase())
        else {
            return false;
        };
        let port = url.port_or_known_default().unwrap_or(0);
        self.allowed.iter().any(|entry| {
            let bare = entry.trim_matches(['[', ']']);
            bare == host
                || *entry == format!("{host}:{port}")
                || *entry == format!("[{host}]:{port}")
        })
    }

    /// The address to fetch in the place of `url`: what is mailed came by TLS, because anyone on the
    /// way could change it otherwise. Plain `http` is left to this machine's own pages and to hosts
    /// that the operator names (F11, R4).
    pub(super) fn secure(&self, url: &Url) -> Result<Url, FetchError> {
        if url.scheme() != "http" || self.names(url) || self.is_own(url) {
            return Ok(url.clone());
        }
        let mut secure = url.clone();
        // Another port speaks what it speaks.
        if url.port().is_some() || secure.set_scheme("https").is_err() {
            return Err(FetchError::Plain(url.clone()));
        }
        Ok(secure)
    }

    /// Whether it is a page of this machine, which a trial may read.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        let loopback = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        self.loopback && loopback
    }

    /// Checks what can be told before the name is looked up.
    pub(super) fn check(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme(url.scheme().to_owned()));
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(FetchError::Address(url.to_string())),
        };
        if self.names(url) || self.lets_through(ip) {
            Ok(())
        } else {
            Err(FetchError::Private(ip.to_string()))
        }
    }

    fn lets_through(&self, ip: IpAddr) -> bool {
        (self.loopback && ip.to_canonical().is_loopback()) || is_public(ip)
    }
}

/// Whether both addresses are of one organisation: the same host, or hosts below one registered
/// domain. A redirect may go no further, or whoever holds an old domain chooses what is mailed.
pub(super) fn same_organisation(one: &Url, other: &Url) -> bool {
    match (one.host(), other.host()) {
        (Some(Host::Domain(one)), Some(Host::Domain(other))) => {
            let organisation = |host| psl::domain_str(host).unwrap_or(host);
            organisation(one) == organisation(other)
        }
        (one, other) => one.is_some() && one == other,
    }
}

/// Looks names up and gives only addresses that may be reached. The connection is made to exactly
/// these, so a name cannot answer differently a moment later.
#[derive(Debug, Clone)]
pub(super) struct GuardedDns(pub(super) SsrfGuard);

impl Resolve for GuardedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let open: Vec<SocketAddr> = found
                .iter()
                .copied()
                .filter(|at| guard.lets_through(at.ip()))
                .collect();
            if open.is_empty() {
                return Err(Box::new(FetchError::Private(name.as_str().to_owned())) as _);
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// Whether anyone on the Internet could reach it.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // RFC 6598: carriers' own
        || (a == 192 && b == 0 && c == 0) // RFC 6890
        || (a == 198 && (b == 18 || b == 19))) // RFC 2544
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // RFC 6052: an IPv4 address behind a translator.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        [0x2001, 0xdb8 | 0, ..] | [0x2002, ..] => false,
        // Only 2000::/3 is given out.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(guard: &SsrfGuard, url: &str) -> bool {
        guard.check(&url.parse().unwrap()).is_err()
    }

    #[test]
    fn only_public_addresses_and_named_hosts_are_fetched_f11() {
        let guard = SsrfGuard {
            allowed: vec!["10.1.2.3:8080".into(), "news.intern".into()],
            loopback: false,
        };
        for inside in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://10.1.2.3/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://0.0.0.0/",
            "http://100.64.0.1/",
            "http://192.168.1.1/",
            "file:///etc/passwd",
            "ftp://example.org/",
        ] {
            assert!(refused(&guard, inside), "{inside}");
        }
        for outside in [
            "https://93.184.216.34/",
            "http://[2606:2800:220:1::1]/",
            "http://10.1.2.3:8080/",
            "https://example.org/",
        ] {
            assert!(!refused(&guard, outside), "{outside}");
        }
        assert!(guard.names(&"http://news.intern/feed".parse().unwrap()));
        let trial = SsrfGuard {
            allowed: Vec::new(),
            loopback: true,
        };
        assert!(!refused(&trial, "http://127.0.0.1:3000/"));
        assert!(refused(&trial, "http://169.254.169.254/"));
    }

    #[test]
    fn what_is_mailed_came_by_https_unless_the_host_is_named_f11() {
        let guard = SsrfGuard {
            allowed: vec!["news.intern".into()],
            loopback: true,
        };
        for (given, fetched) in [
            ("http://office.example/a", "https://office.example/a"),
            ("https://office.example/a", "https://office.example/a"),
            ("http://news.intern/feed", "http://news.intern/feed"),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000/"),
        ] {
            let secured = guard.secure(&given.parse().unwrap()).unwrap();
            assert_eq!(secured.as_str(), fetched);
        }
        let error = guard
            .secure(&"http://office.example:8080/".parse().unwrap())
            .unwrap_err();
        assert!(error.to_string().contains("not encrypted"), "{error}");
    }

    #[test]
    fn one_organisation_is_one_registered_domain_f11() {
        let same = |one: &str, other: &str| {
            same_organisation(&one.parse().unwrap(), &other.parse().unwrap())
        };
        assert!(same(
            "http://kim.house.gov/",
            "https://www.kim.house.gov/feed"
        ));
        assert!(same("https://old.house.gov/", "https://new.house.gov/"));
        assert!(same("http://127.0.0.1:1/", "http://127.0.0.1:2/"));
        assert!(!same("https://doe.example/", "https://doe.example.org/"));
        assert!(!same("https://a.co.uk/", "https://b.co.uk/"));
        assert!(!same("http://10.0.0.1/", "http://10.0.0.2/"));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_f11() {
        let guard = SsrfGuard {
            allowed: Vec::new(),
            loopback: false,
        };
        assert!(
            GuardedDns(guard)
                .resolve("localhost".parse().unwrap())
                .await
                .is_err()
        );
    }
}
