//! Settings of what comes back: the mailbox, the webhooks, and when enough is enough.

use std::net::SocketAddr;

use base64::prelude::{BASE64_STANDARD, Engine};
use clap::Args;

use super::imap_url::ImapUrl;

/// How returns reach us, and how they are counted.
#[derive(Debug, Clone, Args)]
pub struct ReturnSettings {
    /// Mailbox that bounces go to: `imaps://USER:PASSWORD@HOST/FOLDER`, with `?auth=google&client_id=…` where the password is an `OAuth2` refresh token
    #[arg(
        long = "returns-imap-url",
        env = "GAZETTE_RETURNS_IMAP_URL",
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub imap_url: Option<ImapUrl>,

    /// Folder that mail is moved to once it has been read
    #[arg(
        long = "returns-imap-done",
        env = "GAZETTE_RETURNS_IMAP_DONE",
        default_value = "Gazette/Read",
        global = true,
        hide_short_help = true
    )]
    pub imap_done: String,

    /// Address on which a relay may hand over what comes back, by LMTP or SMTP: 127.0.0.1:2424
    #[arg(
        id = "returns_listen",
        long = "returns-listen",
        env = "GAZETTE_RETURNS_LISTEN",
        global = true,
        hide_short_help = true
    )]
    pub listen: Option<SocketAddr>,

    /// Days for which the raw mail that came back is kept
    #[arg(long = "returns-keep-days", env = "GAZETTE_RETURNS_KEEP_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365), global = true, hide_short_help = true)]
    pub keep_days: u32,

    /// Soft bounces of one address, each of another newsletter, that stop mail to it
    #[arg(long = "returns-soft-bounces", env = "GAZETTE_RETURNS_SOFT_BOUNCES", default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=100), global = true, hide_short_help = true)]
    pub soft_bounces: u32,

    /// Days over which they must stretch
    #[arg(long = "returns-soft-days", env = "GAZETTE_RETURNS_SOFT_DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365), global = true, hide_short_help = true)]
    pub soft_days: u32,

    /// Readers in a hundred thousand who call a newsletter spam, from which on approvers are told: 100 are 0.1 %
    #[arg(long = "returns-complaints-told", env = "GAZETTE_RETURNS_COMPLAINTS_TOLD", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000), global = true, hide_short_help = true)]
    pub complaints_told: u32,

    /// Readers in a hundred thousand who call a newsletter spam, from which on it is paused: 300 are 0.3 %
    #[arg(long = "returns-complaints-pause", env = "GAZETTE_RETURNS_COMPLAINTS_PAUSE", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000), global = true, hide_short_help = true)]
    pub complaints_pause: u32,

    /// So many readers at least must call a newsletter spam before it is paused
    #[arg(long = "returns-complaints-least", env = "GAZETTE_RETURNS_COMPLAINTS_LEAST", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000), global = true, hide_short_help = true)]
    pub complaints_least: u32,

    /// SNS topics that may tell of bounces, separated by commas: arn:aws:sns:REGION:ACCOUNT:NAME
    #[arg(
        long = "returns-ses-topics",
        env = "GAZETTE_RETURNS_SES_TOPICS",
        value_parser = sns_topic,
        value_delimiter = ',',
        global = true,
        hide_short_help = true
    )]
    pub ses_topics: Vec<String>,

    /// `SendGrid`: the verification key for signed events
    #[arg(
        long = "returns-sendgrid-key",
        env = "GAZETTE_RETURNS_SENDGRID_KEY",
        value_parser = verification_key,
        global = true,
        hide_short_help = true
    )]
    pub sendgrid_key: Option<String>,

    /// Mailgun's webhook signing key
    #[arg(
        long = "returns-mailgun-key",
        env = "GAZETTE_RETURNS_MAILGUN_KEY",
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub mailgun_key: Option<String>,

    /// NAME:PASSWORD that Postmark's webhooks sign in with
    #[arg(
        long = "returns-postmark-login",
        env = "GAZETTE_RETURNS_POSTMARK_LOGIN",
        value_parser = login,
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub postmark_login: Option<String>,
}

/// `arn:aws:sns:REGION:ACCOUNT:NAME`; other partitions are called `aws-us-gov` and `aws-cn`.
fn sns_topic(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    match parts[..] {
        ["arn", partition, "sns", region, account, name]
            if partition.starts_with("aws")
                && ![region, account, name].iter().any(|part| part.is_empty()) =>
        {
            Ok(text.trim().to_owned())
        }
        _ => Err("a topic is `arn:aws:sns:REGION:ACCOUNT:NAME`".to_owned()),
    }
}

/// A point on P-256, alone (65 bytes) or as a `SubjectPublicKeyInfo`, in base64.
fn verification_key(text: &str) -> Result<String, String> {
    const POINT: usize = 65;
    let key = BASE64_STANDARD.decode(text.trim());
    if key.is_ok_and(|key| key.len() >= POINT) {
        Ok(text.trim().to_owned())
    } else {
        Err(
            "must be the verification key as SendGrid shows it, in base64, as in `MFkwEwYHKoZIzj0C…`"
                .to_owned(),
        )
    }
}

/// `NAME:PASSWORD`. No error repeats it.
fn login(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => Ok(text.to_owned()),
        _ => Err("must be `NAME:PASSWORD`".to_owned()),
    }
}

/// A rate as people write it: 100 of a hundred thousand are `0.1 %`.
#[must_use]
pub fn percent(per_100_000: i64) -> String {
    let (whole, rest) = (per_100_000 / 1_000, per_100_000 % 1_000);
    if rest == 0 {
        return format!("{whole} %");
    }
    let digits = format!("{rest:03}");
    format!("{whole}.{} %", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_service_can_have_given_out_is_refused() {
        for good in [
            "arn:aws:sns:us-east-1:123456789012:bounces",
            " arn:aws-us-gov:sns:us-gov-west-1:123456789012:x",
        ] {
            assert_eq!(sns_topic(good).unwrap(), good.trim());
        }
        for wrong in ["", "bounces", "arn:aws:sqs:x:1:y", "arn:aws:sns:::"] {
            assert!(sns_topic(wrong).is_err(), "{wrong}");
        }
        let key = BASE64_STANDARD.encode([4; 65]);
        assert_eq!(verification_key(&format!("{key} ")).unwrap(), key);
        for wrong in ["", "SG.x", &BASE64_STANDARD.encode([4; 32])] {
            assert!(verification_key(wrong).is_err(), "{wrong}");
        }
        assert!(login("gazette:a:b").is_ok());
        for wrong in ["", "hunter2", ":hunter2", "gazette:"] {
            let error = login(wrong).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn rates_are_written_as_people_do() {
        for (rate, says) in [
            (100, "0.1 %"),
            (300, "0.3 %"),
            (1_000, "1 %"),
            (55, "0.055 %"),
            (0, "0 %"),
            (12_500, "12.5 %"),
        ] {
            assert_eq!(percent(rate), says);
        }
    }
}
