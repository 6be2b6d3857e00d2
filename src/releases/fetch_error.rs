//! Why something could not be fetched, and what to do about it.

use reqwest::StatusCode;
use url::Url;

/// How many redirects are followed.
pub(super) const MOST_REDIRECTS: usize = 5;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not a web address.
    #[error("`{0}` is no web address; give one that begins with https://")]
    Address(String),
    /// Not `http` or `https`.
    #[error("addresses that begin with `{0}:` are not fetched; give one that begins with https://")]
    Scheme(String),
    /// On a private network.
    #[error(
        "`{0}` is on a private network, and a page must not lead Gazette there; if it is yours, name it in GAZETTE_FETCH_ALLOW"
    )]
    Private(String),
    /// Redirected in circles.
    #[error(
        "`{0}` redirects more than {MOST_REDIRECTS} times; use the address that a browser ends at"
    )]
    Redirects(Url),
    /// Redirected to somebody else.
    #[error(
        "`{0}` leads to `{1}`, which is another organisation's site; if that is where the office's releases stand now, add that address"
    )]
    Elsewhere(String, String),
    /// Not by TLS.
    #[error(
        "`{0}` is not encrypted, so anyone on the way could change what is mailed; give an address that begins with https://, or name the host in GAZETTE_FETCH_ALLOW"
    )]
    Plain(Url),
    /// `robots.txt` forbids it.
    #[error(
        "the robots.txt of `{0}` forbids `{1}` to Gazette; if it is your office's site, ask who runs it to add the lines `User-agent: Gazette` and `Allow: {1}`"
    )]
    Robots(String, String),
    /// `Retry-After`
    #[error("`{0}` asks to be left alone for another {1} seconds; Gazette looks again then")]
    Later(String, u64),
    /// More than the limit.
    #[error("`{0}` is larger than 5 MB; give the address of one release or of the feed")]
    Large(Url),
    /// A packed file that is more than the limit once unpacked.
    #[error(
        "`{0}` is packed and holds more than 5 MB; give the address of one of the sitemaps in it, of the feed or of one release"
    )]
    Packed(Url),
    /// A packed file that is damaged.
    #[error(
        "`{0}` is packed with gzip and cannot be unpacked: {1}; ask who runs the site to write it anew, or give another address"
    )]
    Garbled(Url, String),
    /// An error from the server.
    #[error("`{0}` answered {1}; open it in a browser to see whether it has moved")]
    Status(Url, StatusCode),
    /// Only browsers are let through.
    #[error(
        "`{0}` answered {1} with a check for browsers (Cloudflare calls it a challenge), which no feed reader can pass; ask who runs the site to let Gazette's User-Agent through"
    )]
    Challenge(Url, StatusCode),
    /// No answer.
    #[error("`{0}` could not be fetched: {1}; check the address and that its server runs")]
    Network(Url, String),
    /// The client could not be set up.
    #[error("web pages cannot be fetched on this machine: {0}")]
    Setup(reqwest::Error),
    /// The office could not be read.
    #[error("the database failed: {0}")]
    Database(#[from] sea_orm::DbErr),
}
