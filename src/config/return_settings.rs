//! Settings of what comes back: the mailbox, the webhooks, and when enough is enough.

use std::net::SocketAddr;

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

    /// SNS topics that may tell of bounces, separated by commas: arn:aws:sns:REGION:ACCOUNT:NAME
    #[arg(
        long = "returns-ses-topics",
        env = "GAZETTE_RETURNS_SES_TOPICS",
        value_delimiter = ',',
        global = true,
        hide_short_help = true
    )]
    pub ses_topics: Vec<String>,

    /// `SendGrid`: the verification key for signed events
    #[arg(
        long = "returns-sendgrid-key",
        env = "GAZETTE_RETURNS_SENDGRID_KEY",
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
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub postmark_login: Option<String>,
}
