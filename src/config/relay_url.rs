//! Where a relay is, how we talk to it, and what its operator allows.

use std::{path::PathBuf, str::FromStr};

use url::Url;

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
    pub limits: RelayLimits,
}

/// What a relay's operator allows; what is not stated is found by trying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelayLimits {
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
    /// Whether it stands on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

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
        let mut limits = RelayLimits::default();
        for (key, value) in url.query_pairs() {
            match (key.as_ref(), value.as_ref()) {
                ("tls", "required") if tls != RelayTls::Implicit => tls = RelayTls::Required,
                ("tls", "opportunistic") if tls != RelayTls::Implicit => tls = RelayTls::Opportunistic,
                ("tls", "none") if tls != RelayTls::Implicit => tls = RelayTls::None,
                ("tls", "implicit") => tls = RelayTls::Implicit,
                ("tls", _) => return Err("`tls` is `required`, `opportunistic`, `implicit` or `none` (and `smtps://` is always implicit)".into()),
                ("ca", file) => ca = Some(PathBuf::from(file)),
                (option, number) => limits.set(option, number)?,
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
            limits,
        })
    }
}

impl RelayLimits {
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
        let limits = RelayLimits {
            connections: Some(5),
            per_second: Some(14),
            per_hour: None,
            per_day: Some(50_000),
            warm_up: Some(200),
            weight: Some(2),
        };
        assert_eq!(relay.limits, limits);
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
}
