//! Process settings: every one a flag and an environment variable, parsed into types once.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use url::Url;

use crate::idn;

mod imap_url;
mod retry_times;
mod return_settings;

pub use imap_url::{ImapUrl, ImapUrlError, TokenSource};
pub use retry_times::RetryTimes;
pub use return_settings::ReturnSettings;

/// What the operator decides for a process. What the office decides stands in the database
/// ([`crate::office`]).
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings (each is an environment variable, too; see .env.example)")]
pub struct Settings {
    /// Where everything is kept: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME`; created and migrated at start
    #[arg(
        long,
        env = "GAZETTE_DATABASE_URL",
        default_value = "sqlite://gazette.db",
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub database_url: String,

    /// Address and port of the web server
    #[arg(
        long,
        env = "GAZETTE_LISTEN",
        default_value = "127.0.0.1:8080",
        global = true,
        hide_short_help = true
    )]
    pub listen: SocketAddr,

    /// Base of every link that is mailed; never taken from a request
    #[arg(
        long,
        env = "GAZETTE_PUBLIC_URL",
        default_value = "http://127.0.0.1:8080",
        global = true,
        hide_short_help = true
    )]
    pub public_url: PublicUrl,

    /// Relays, separated by commas: `smtp://USER:PASSWORD@HOST:587?tls=required`; none: the built-in mailbox
    #[arg(
        long,
        env = "GAZETTE_SMTP_URL",
        value_delimiter = ',',
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub smtp_url: Vec<RelayUrl>,

    /// Connections to each relay, at most, over all workers together; each worker has at least one
    #[arg(long, env = "GAZETTE_SMTP_CONNECTIONS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=500), global = true, hide_short_help = true)]
    pub smtp_connections: u16,

    /// What comes back.
    #[command(flatten)]
    pub returns: ReturnSettings,

    /// Seconds that a worker may be silent before others take over what it holds
    #[arg(long, env = "GAZETTE_WORKER_LEASE", default_value_t = 30, value_parser = clap::value_parser!(u16).range(2..=600), global = true)]
    pub worker_lease: u16,

    /// Waiting times after the first, second, … attempt that a relay put off, as in `30m,2h`; the last one repeats
    #[arg(
        long,
        env = "GAZETTE_RETRY",
        default_value_t = RetryTimes::default(),
        global = true
    )]
    pub retry: RetryTimes,

    /// The name we give in EHLO; default: the host of the public URL
    #[arg(
        long,
        env = "GAZETTE_SMTP_HELLO",
        global = true,
        hide_short_help = true
    )]
    pub smtp_hello: Option<String>,

    /// Multiplies every time limit of RFC 5321 §4.5.3.2; for tests, which cannot wait for minutes
    #[arg(
        long,
        env = "GAZETTE_SMTP_PATIENCE",
        default_value_t = 1.0,
        value_parser = patience,
        hide = true,
        global = true
    )]
    pub smtp_patience: f64,

    /// Signs tokens: 64 hexadecimal digits; default: a file beside the database, made at first start
    #[arg(
        long,
        env = "GAZETTE_SECRET_KEY",
        hide_env_values = true,
        global = true,
        hide_short_help = true
    )]
    pub secret_key: Option<String>,

    /// Private key in PEM that signs mail (DKIM); none: the relay signs
    #[arg(long, env = "GAZETTE_DKIM_KEY", global = true, hide_short_help = true)]
    pub dkim_key: Option<PathBuf>,

    /// DKIM selector: the key is published at SELECTOR._domainkey.DOMAIN
    #[arg(
        long,
        env = "GAZETTE_DKIM_SELECTOR",
        global = true,
        hide_short_help = true
    )]
    pub dkim_selector: Option<String>,

    /// DKIM domain (d=): the domain of the office's From address, or its parent
    #[arg(
        long,
        env = "GAZETTE_DKIM_DOMAIN",
        global = true,
        hide_short_help = true
    )]
    pub dkim_domain: Option<String>,

    /// The other key of a DKIM rotation, which does not sign: the next one before the switch, the last one after; `gazette doctor` checks its record too
    #[arg(long, env = "GAZETTE_DKIM_STANDBY_KEY", global = true)]
    pub dkim_standby_key: Option<PathBuf>,

    /// Selector of the other key of a DKIM rotation
    #[arg(long, env = "GAZETTE_DKIM_STANDBY_SELECTOR", global = true)]
    pub dkim_standby_selector: Option<String>,

    /// Ed25519 key in PEM for a second DKIM signature; none: one signature, which every receiver can check
    #[arg(long, env = "GAZETTE_DKIM_ED25519_KEY", global = true)]
    pub dkim_ed25519_key: Option<PathBuf>,

    /// Selector of the Ed25519 key
    #[arg(long, env = "GAZETTE_DKIM_ED25519_SELECTOR", global = true)]
    pub dkim_ed25519_selector: Option<String>,

    /// What the relay's operator wants in the SPF record, separated by commas, as in `ip4:192.0.2.25` or `include:spf.example.com`; default: the relay's own addresses
    #[arg(long, env = "GAZETTE_RELAY_SPF", value_delimiter = ',', global = true)]
    pub relay_spf: Vec<RelaySpf>,

    /// Name server to ask, for `gazette doctor` and about providers that ask for patience: `IP` or `IP:PORT`; default: the system's
    #[arg(long, env = "GAZETTE_DNS_SERVER", global = true)]
    pub dns_server: Option<DnsServer>,

    /// Reverse proxies whose X-Forwarded-For is believed, separated by commas: `IP` or `IP/BITS`
    #[arg(
        long,
        env = "GAZETTE_TRUSTED_PROXIES",
        value_delimiter = ',',
        default_value = "127.0.0.1,::1",
        global = true,
        hide_short_help = true
    )]
    pub trusted_proxies: Vec<TrustedProxy>,

    /// Hosts on private networks that may be fetched all the same, separated by commas: `HOST` or `HOST:PORT`
    #[arg(
        long,
        env = "GAZETTE_FETCH_ALLOW",
        value_delimiter = ',',
        global = true,
        hide_short_help = true
    )]
    pub fetch_allow: Vec<String>,

    /// How logs are written
    #[arg(long, env = "GAZETTE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, global = true, hide_short_help = true)]
    pub log_format: LogFormat,

    /// What is logged: `error`, `warn`, `info`, `debug`, or per module as in `info,gazette::delivery=debug`
    #[arg(
        long,
        env = "GAZETTE_LOG",
        default_value = "info",
        global = true,
        hide_short_help = true
    )]
    pub log: String,
}

fn patience(text: &str) -> Result<f64, String> {
    let wanted = "must be a number between 0.001 and 10";
    let factor: f64 = text.parse().map_err(|_| wanted.to_owned())?;
    if (0.001..=10.0).contains(&factor) {
        Ok(factor)
    } else {
        Err(wanted.to_owned())
    }
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for a person at a terminal.
    Text,
    /// One JSON object a line, for a log collector.
    Json,
}

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

/// A reverse proxy of ours, or a network of them: `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

impl TrustedProxy {
    /// Whether this address is one of it.
    #[must_use]
    pub fn is(&self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }
}

impl FromStr for TrustedProxy {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let one = text.parse::<IpAddr>();
        one.map(|ip| IpNet::from(ip.to_canonical()))
            .or_else(|_| text.parse())
            .map(Self)
            .map_err(|_| {
                "a proxy is an IP address or a network, as in `10.0.0.7` or `10.0.0.0/8`".to_owned()
            })
    }
}

/// A name server: `192.0.2.53`, `192.0.2.53:5353` or `[2001:db8::53]:5353`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsServer(pub SocketAddr);

impl FromStr for DnsServer {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let address = text.parse::<SocketAddr>().or_else(|_| {
            let bare = text.trim_matches(['[', ']']);
            bare.parse().map(|ip| SocketAddr::new(ip, 53))
        });
        address
            .map(Self)
            .map_err(|_| "a name server is an IP address, with a port or without".to_owned())
    }
}

/// What stands in an SPF record for the relay: one mechanism that names hosts (RFC 7208 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelaySpf {
    /// `ip4:` or `ip6:` with one address: what the relay sends from.
    Address(IpAddr),
    /// Any other: a range, `include:`, `a:` or `mx:`. In lower case.
    Term(String),
}

impl std::fmt::Display for RelaySpf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(ip @ IpAddr::V4(_)) => write!(f, "ip4:{ip}"),
            Self::Address(ip @ IpAddr::V6(_)) => write!(f, "ip6:{ip}"),
            Self::Term(term) => f.write_str(term),
        }
    }
}

impl FromStr for RelaySpf {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let term = text.trim().to_ascii_lowercase();
        match term.split_once(':') {
            Some(("ip4" | "ip6", address)) => match address.parse() {
                Ok(address) => Ok(Self::Address(address)),
                Err(_) if address.contains('/') => Ok(Self::Term(term)),
                Err(_) => Err(format!("`{address}` is no IP address")),
            },
            Some(("include" | "a" | "mx" | "exists", name)) if !name.is_empty() => {
                Ok(Self::Term(term))
            }
            _ => Err(
                "must be as in `ip4:192.0.2.25`, `ip6:2001:db8::25`, `include:spf.example.com` or `a:mail.example.gov`"
                    .to_owned(),
            ),
        }
    }
}

/// Where a relay is and how we talk to it: `smtp://user:pass@host:587?tls=required`,
/// `smtps://host` for implicit TLS on 465. `ca=FILE` trusts one more certificate authority.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayUrl {
    /// Host name or address; the certificate must be for it.
    pub host: String,
    /// 465 for `smtps`, 587 with a login, 25 otherwise, where the URL names none.
    pub port: u16,
    /// When TLS begins, and whether it must.
    pub tls: RelayTls,
    /// User name and password.
    pub login: Option<(String, String)>,
    /// PEM file of a certificate authority to trust beside the system's.
    pub ca: Option<PathBuf>,
    /// What its operator allows.
    pub allowance: Allowance,
}

/// What a relay's operator allows; what is not stated is found by trying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Connections at most, over all workers together; none: `GAZETTE_SMTP_CONNECTIONS`.
    pub connections: Option<u16>,
    /// Messages per second, over all workers together.
    pub per_second: Option<u32>,
    /// Messages per hour.
    pub per_hour: Option<u32>,
    /// Messages per day (UTC).
    pub per_day: Option<u32>,
    /// Messages on the first day; each day after that twice as many, until `per_day` or no limit.
    pub warm_up: Option<u32>,
    /// Its share beside other relays; none: whichever has room takes the next message.
    pub weight: Option<u32>,
}

/// Whether a relay stands on this machine, so that what goes there passes no wire.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    let address = bare.parse::<std::net::IpAddr>();
    address.map_or(bare == "localhost", |address| address.is_loopback())
}

/// When TLS begins on a relay's connection, and whether it must. Certificates are always checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayTls {
    /// From the first byte (`smtps://`; RFC 8314 §3.3).
    Implicit,
    /// By STARTTLS, or no mail.
    Required,
    /// By STARTTLS where the relay offers it.
    Opportunistic,
    /// Never.
    None,
}

impl RelayUrl {
    /// The relay as logs, pages and the database name it: `host:port`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Without the password.
impl std::fmt::Debug for RelayUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RelayUrl({}, {:?})", self.name(), self.tls)
    }
}

impl FromStr for RelayUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        // The text may hold a password: no error repeats it.
        let wanted = "a relay is `smtp://USER:PASSWORD@HOST:PORT?tls=required` or `smtps://…`";
        let url = Url::parse(text.trim()).map_err(|error| format!("{wanted} ({error})"))?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| format!("{wanted}: the host is missing"))?
            .trim_matches(['[', ']'])
            .to_owned();
        let decode = |part: &str| {
            url::form_urlencoded::parse(format!("x={}", part.replace('+', "%2B")).as_bytes())
                .next()
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((decode(user), decode(password))),
            _ => {
                return Err(format!(
                    "{wanted}: give both a user name and a password, or neither"
                ));
            }
        };
        let mut tls = match (url.scheme(), &login) {
            ("smtps", _) => RelayTls::Implicit,
            // S9: a login only ever travels under TLS.
            ("smtp", Some(_)) => RelayTls::Required,
            // Whoever strips STARTTLS on the way would read every link in the mail.
            ("smtp", None) if !is_loopback(&host) => RelayTls::Required,
            ("smtp", None) => RelayTls::Opportunistic,
            (other, _) => return Err(format!("{wanted}, not `{other}://`")),
        };
        let mut ca = None;
        let mut allowance = Allowance::default();
        for (key, value) in url.query_pairs() {
            match (key.as_ref(), value.as_ref()) {
                ("tls", "required") if tls != RelayTls::Implicit => tls = RelayTls::Required,
                ("tls", "opportunistic") if tls != RelayTls::Implicit => tls = RelayTls::Opportunistic,
                ("tls", "none") if tls != RelayTls::Implicit => tls = RelayTls::None,
                ("tls", "implicit") => tls = RelayTls::Implicit,
                ("tls", _) => return Err("`tls` is `required`, `opportunistic`, `implicit` or `none` (and `smtps://` is always implicit)".into()),
                ("ca", file) => ca = Some(PathBuf::from(file)),
                (option, number) => allowance.set(option, number)?,
            }
        }
        if login.is_some() && tls == RelayTls::None {
            return Err("`tls=none` would send the password in the clear; leave out the login or use `tls=required`".into());
        }
        let port = url.port().unwrap_or(match (tls, &login) {
            (RelayTls::Implicit, _) => 465,
            (_, Some(_)) => 587,
            (_, None) => 25,
        });
        Ok(Self {
            host,
            port,
            tls,
            login,
            ca,
            allowance,
        })
    }
}

impl Allowance {
    fn set(&mut self, option: &str, number: &str) -> Result<(), String> {
        let wrong = || format!("`{option}` is a whole number of 1 or more");
        let place = match option {
            "per-second" => &mut self.per_second,
            "per-hour" => &mut self.per_hour,
            "per-day" => &mut self.per_day,
            "warm-up" => &mut self.warm_up,
            "weight" => &mut self.weight,
            "connections" => {
                let number = number
                    .parse()
                    .ok()
                    .filter(|number| (1..=500).contains(number));
                self.connections =
                    Some(number.ok_or("`connections` is a whole number from 1 to 500")?);
                return Ok(());
            }
            other => {
                return Err(format!(
                    "`{other}` is no option of a relay; known: `tls`, `ca`, `connections`, `per-second`, `per-hour`, `per-day`, `warm-up`, `weight`"
                ));
            }
        };
        *place = Some(
            number
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(wrong)?,
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_with_a_login_requires_tls_unless_told_otherwise() {
        let relay: RelayUrl = "smtp://news%40x.gov:p%2Bw@mail.example.gov"
            .parse()
            .unwrap();
        assert_eq!(relay.tls, RelayTls::Required);
        assert_eq!(relay.port, 587);
        assert_eq!(relay.login, Some(("news@x.gov".into(), "p+w".into())));
        assert!(!format!("{relay:?}").contains("p+w"));
        let plain: RelayUrl = "smtp://127.0.0.1:2525".parse().unwrap();
        assert_eq!((plain.tls, plain.port), (RelayTls::Opportunistic, 2525));
        for (url, tls) in [
            ("smtp://localhost", RelayTls::Opportunistic),
            ("smtp://[::1]:25", RelayTls::Opportunistic),
            ("smtp://mail.example.gov", RelayTls::Required),
            ("smtp://192.0.2.1", RelayTls::Required),
            ("smtp://localhost.example.gov", RelayTls::Required),
            (
                "smtp://mail.example.gov?tls=opportunistic",
                RelayTls::Opportunistic,
            ),
        ] {
            assert_eq!(url.parse::<RelayUrl>().unwrap().tls, tls, "{url}");
        }
        let implicit: RelayUrl = "smtps://mail.example.gov".parse().unwrap();
        assert_eq!((implicit.tls, implicit.port), (RelayTls::Implicit, 465));
    }

    #[test]
    fn a_relay_is_told_what_its_operator_allows() {
        let relay: RelayUrl =
            "smtp://h?per-second=14&per-day=50000&warm-up=200&connections=5&weight=2"
                .parse()
                .unwrap();
        let allowance = Allowance {
            connections: Some(5),
            per_second: Some(14),
            per_hour: None,
            per_day: Some(50_000),
            warm_up: Some(200),
            weight: Some(2),
        };
        assert_eq!(relay.allowance, allowance);
    }

    #[test]
    fn a_wrong_relay_says_what_is_right() {
        for (text, says) in [
            ("mail.example.gov", "a relay is"),
            ("http://mail.example.gov", "not `http://`"),
            ("smtp://u@h", "both a user name and a password"),
            ("smtp://u:p@h?tls=none", "in the clear"),
            ("smtp://h?tls=maybe", "`tls` is"),
            ("smtp://h?x=1", "no option"),
            ("smtp://h?per-day=many", "whole number"),
            ("smtp://h?connections=0", "from 1 to 500"),
        ] {
            let error = text.parse::<RelayUrl>().unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn what_the_relays_operator_wants_is_one_mechanism_that_names_hosts() {
        let spf = |text: &str| text.parse::<RelaySpf>();
        assert_eq!(
            spf(" IP4:192.0.2.25"),
            Ok(RelaySpf::Address([192, 0, 2, 25].into()))
        );
        for term in ["ip6:2001:db8::/32", "include:spf.example.com"] {
            assert_eq!(spf(term).unwrap().to_string(), term);
        }
        for wrong in ["all", "+all", "ip4:x", "include:", "192.0.2.25"] {
            assert!(spf(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        let is = |proxy: &str, ip: &str| {
            let proxy: TrustedProxy = proxy.parse().unwrap();
            proxy.is(ip.parse().unwrap())
        };
        assert!(is("10.0.0.7", "10.0.0.7") && !is("10.0.0.7", "10.0.0.8"));
        assert!(is("10.0.0.0/8", "10.9.9.9") && !is("10.0.0.0/8", "11.0.0.1"));
        assert!(is("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(is("2001:db8::/32", "2001:db8:1::9"));
        for wrong in ["proxy.example", "10.0.0.0/33", "10.0.0", ""] {
            assert!(wrong.parse::<TrustedProxy>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_server_needs_no_port() {
        let server = |text: &str| text.parse::<DnsServer>().map(|server| server.0.to_string());
        assert_eq!(server("192.0.2.53").as_deref(), Ok("192.0.2.53:53"));
        assert_eq!(server("[::1]:5353").as_deref(), Ok("[::1]:5353"));
        assert_eq!(server("::1").as_deref(), Ok("[::1]:53"));
        assert!(server("dns.example").is_err());
    }

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
