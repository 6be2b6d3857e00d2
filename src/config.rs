//! Process settings: every one a flag and an environment variable, parsed into types once.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use url::Url;

mod dns_server;
mod imap_url;
mod oidc_settings;
mod public_url;
mod relay_spf;
mod relay_url;
mod retry_times;
mod return_settings;
mod trusted_proxy;

pub use dns_server::DnsServer;
pub use imap_url::{ImapUrl, ImapUrlError, TokenSource};
pub use oidc_settings::{OidcRule, OidcSettings};
pub use public_url::{PublicUrl, is_loopback_host};
pub use relay_spf::RelaySpf;
pub use relay_url::{RelayLimits, RelayTls, RelayUrl};
pub use retry_times::RetryTimes;
pub use return_settings::{ReturnSettings, percent};
pub use trusted_proxy::TrustedProxy;

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
        value_parser = database_url,
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
        default_value = PublicUrl::DEFAULT,
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

    /// The office's own sign-in provider.
    #[command(flatten)]
    pub oidc: OidcSettings,

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
        value_parser = host_name,
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
        value_parser = host_and_port,
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
        value_parser = log_levels,
        global = true,
        hide_short_help = true
    )]
    pub log: String,
}

impl Settings {
    /// What no setting can tell by itself: whether those are there that belong together.
    ///
    /// # Errors
    /// What is missing, with its variable.
    pub fn check(&self) -> Result<(), String> {
        let together = |settings: &[(&str, bool)]| {
            let missing: Vec<&str> = settings
                .iter()
                .filter(|(_, set)| !set)
                .map(|(name, _)| *name)
                .collect();
            if missing.is_empty() || missing.len() == settings.len() {
                return Ok(());
            }
            let set: Vec<&str> = settings
                .iter()
                .filter(|(_, set)| *set)
                .map(|(name, _)| *name)
                .collect();
            let is = |names: &[&str]| if names.len() == 1 { "is" } else { "are" };
            Err(format!(
                "{} {} set, but {} {} not: set all of them, or none",
                set.join(" and "),
                is(&set),
                missing.join(" and "),
                is(&missing)
            ))
        };
        together(&[
            ("GAZETTE_DKIM_KEY", self.dkim_key.is_some()),
            ("GAZETTE_DKIM_SELECTOR", self.dkim_selector.is_some()),
            ("GAZETTE_DKIM_DOMAIN", self.dkim_domain.is_some()),
        ])?;
        together(&[
            ("GAZETTE_OIDC_ISSUER", self.oidc.issuer.is_some()),
            ("GAZETTE_OIDC_CLIENT_ID", self.oidc.client_id.is_some()),
        ])?;
        together(&[
            ("GAZETTE_DKIM_STANDBY_KEY", self.dkim_standby_key.is_some()),
            (
                "GAZETTE_DKIM_STANDBY_SELECTOR",
                self.dkim_standby_selector.is_some(),
            ),
        ])?;
        together(&[
            ("GAZETTE_DKIM_ED25519_KEY", self.dkim_ed25519_key.is_some()),
            (
                "GAZETTE_DKIM_ED25519_SELECTOR",
                self.dkim_ed25519_selector.is_some(),
            ),
        ])
    }
}

/// What is read of a database URL before anything is opened. The text may hold a password: no error
/// repeats it.
pub fn database_url(text: &str) -> Result<String, String> {
    const POSTGRES: &str = "must be like `postgres://USER:PASSWORD@HOST:5432/NAME`";
    const ENCODED: &str = "in user name and password write `@` as %40, `:` as %3A, `/` as %2F, `?` as %3F, `#` as %23 and `%` as %25";
    let text = text.trim();
    match text.split_once("://") {
        Some(("sqlite", "")) => {
            Err("must name a file, like `sqlite:///var/lib/gazette/gazette.db`".to_owned())
        }
        Some(("sqlite", _)) => Ok(text.to_owned()),
        Some(("postgres" | "postgresql", _)) => {
            let url =
                Url::parse(text).map_err(|error| format!("{POSTGRES} ({error}); {ENCODED}"))?;
            if url.fragment().is_some() {
                return Err(format!("{POSTGRES}; {ENCODED}"));
            }
            let modes = [
                "disable",
                "allow",
                "prefer",
                "require",
                "verify-ca",
                "verify-full",
            ];
            for (key, value) in url.query_pairs() {
                if matches!(&*key, "sslmode" | "ssl-mode") && !modes.contains(&&*value) {
                    return Err(format!("`sslmode` is one of {}", modes.join(", ")));
                }
            }
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "must begin with `sqlite://` or `postgres://`: {POSTGRES}, or `sqlite:///var/lib/gazette/gazette.db`"
        )),
    }
}

/// Levels, or levels by module. A word alone that is no level would be taken for a module.
fn log_levels(text: &str) -> Result<String, String> {
    let is_level = |word: &str| {
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        levels
            .iter()
            .any(|level| word.trim().eq_ignore_ascii_case(level))
    };
    for part in text.split(',') {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        if !is_level(level) {
            return Err("a word is no level; GAZETTE_LOG is off, error, warn, info, debug or trace, or levels by module as in `info,gazette::delivery=debug`".to_owned());
        }
    }
    Ok(text.to_owned())
}

/// A host name or an IP address, in brackets or not.
fn host_name(text: &str) -> Result<String, String> {
    let bare = text.trim().trim_matches(['[', ']']);
    let name = |bare: &str| {
        bare.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
    };
    if bare.parse::<IpAddr>().is_ok() || (bare.len() <= 253 && name(bare)) {
        Ok(text.trim().to_owned())
    } else {
        Err("must be a host name such as `news.example.gov`, or an IP address".to_owned())
    }
}

/// The same, with a port or without.
fn host_and_port(text: &str) -> Result<String, String> {
    let text = text.trim();
    let (host, port) = match text.rsplit_once(':') {
        // More colons, and no bracket: an address of IPv6.
        Some((host, _)) if host.contains(':') && !host.ends_with(']') => (text, None),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let wanted = "must be `HOST` or `HOST:PORT`, such as `intranet.example.gov:8443`";
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(wanted.to_owned());
    }
    host_name(host).map_err(|_| wanted.to_owned())?;
    Ok(text.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused_and_no_password_is_repeated() {
        for url in [
            "sqlite://",
            "postgres://u:hunter2/x@db/gazette",
            "postgres://u:hunter2#x@db/gazette",
            "postgres//u:hunter2@db/gazette",
            "u:hunter2@db",
            "hunter2",
            "mysql://u:hunter2@db/x",
            "postgres://u:hunter2@db/x?sslmode=verify",
        ] {
            let error = database_url(url).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        let error = database_url("postgres://u:a/b@db/x").unwrap_err();
        assert!(error.contains("%2F"), "{error}");
        for good in [
            "sqlite://gazette.db",
            "postgres://u:a%2Fb@db/x?sslmode=verify-ca",
            "postgres:///x?host=/run/postgresql",
        ] {
            assert!(database_url(good).is_ok(), "{good}");
        }
        for good in ["info", "WARN", "info,gazette::delivery=debug", "off"] {
            assert!(log_levels(good).is_ok(), "{good}");
        }
        for wrong in [
            "verbose",
            "info,gazette",
            "gazette=loud",
            "",
            "info=debug=trace,x",
        ] {
            assert!(log_levels(wrong).is_err(), "{wrong}");
        }
        for good in [
            "intranet.example.gov",
            "intranet:8443",
            "[::1]:8443",
            "::1",
            "10.0.0.7:80",
        ] {
            assert!(host_and_port(good).is_ok(), "{good}");
        }
        for wrong in [
            "http://intranet/",
            "a b",
            "host:port",
            "",
            "host:99999",
            "..",
            "[x]:1:2:3",
        ] {
            assert!(host_and_port(wrong).is_err(), "{wrong}");
        }
    }
}
