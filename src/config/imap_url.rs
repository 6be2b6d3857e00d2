//! Where the mailbox for returns is: `imaps://USER:PASSWORD@HOST:PORT/FOLDER?auth=oauth&ca=FILE`.

use std::{fmt, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;
use url::Url;

/// Where access tokens come from: `?auth=google&client_id=…&client_secret=…`, or `auth=microsoft`, or
/// `auth=oauth&token_url=…`. The password of the mailbox is then the refresh token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSource {
    /// The provider's token endpoint.
    pub token_url: String,
    /// Who asks, as the provider has registered it.
    pub client_id: String,
    /// Its secret. `None`: a public client.
    pub client_secret: Option<String>,
}

/// Without the secret.
impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSource({})", self.token_url)
    }
}

const GOOGLE: &str = "https://oauth2.googleapis.com/token";
const MICROSOFT: &str = "https://login.microsoftonline.com/common/oauth2/v2.0/token";

/// A mailbox that is read over IMAP.
#[derive(Clone, PartialEq, Eq)]
pub struct ImapUrl {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS begins with the connection; without it only on this machine.
    pub is_tls: bool,
    /// Who signs in.
    pub user: String,
    /// The password, or an `OAuth2` access token.
    pub password: String,
    /// Whether the password is an `OAuth2` token (XOAUTH2).
    pub is_oauth: bool,
    /// Where access tokens come from. `None`: the password is one itself.
    pub tokens: Option<TokenSource>,
    /// The folder.
    pub folder: String,
    /// A certificate authority beside the system's, in PEM.
    pub ca: Option<PathBuf>,
}

/// What to write instead. The value is never repeated: it holds a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImapUrlError {
    /// No URL, or of another kind.
    #[error("write imaps://USER:PASSWORD@HOST/FOLDER, with @ in the user's name as %40")]
    Shape,
    /// A password would travel in the clear.
    #[error("imap:// is for a server on this machine only; elsewhere write imaps://")]
    Clear,
    /// An option that is not known.
    #[error(
        "the options are auth=password, auth=google, auth=microsoft, auth=oauth, token_url, client_id, client_secret and ca=FILE"
    )]
    Option,
    /// An address for tokens without a client, or the other way round.
    #[error(
        "for tokens that are renewed, client_id is needed, and token_url as https:// where auth is neither google nor microsoft"
    )]
    Tokens,
}

impl FromStr for ImapUrl {
    type Err = ImapUrlError;

    fn from_str(text: &str) -> Result<Self, ImapUrlError> {
        let url = Url::parse(text).map_err(|_| ImapUrlError::Shape)?;
        let is_tls = match url.scheme() {
            "imaps" => true,
            "imap" => false,
            _ => return Err(ImapUrlError::Shape),
        };
        let decode = |text: &str| {
            percent_decode_str(text)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| ImapUrlError::Shape)
        };
        let host = url.host_str().ok_or(ImapUrlError::Shape)?.to_owned();
        if !is_tls && !matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
            return Err(ImapUrlError::Clear);
        }
        let folder = decode(url.path().trim_start_matches('/'))?;
        let mut parsed = Self {
            port: url.port().unwrap_or(if is_tls { 993 } else { 143 }),
            host,
            is_tls,
            user: decode(url.username())?,
            password: decode(url.password().ok_or(ImapUrlError::Shape)?)?,
            is_oauth: false,
            tokens: None,
            folder: if folder.is_empty() {
                "INBOX".to_owned()
            } else {
                folder
            },
            ca: None,
        };
        if parsed.user.is_empty() {
            return Err(ImapUrlError::Shape);
        }
        let (mut token_url, mut client_id, mut client_secret) = (None, None, None);
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("auth", "password") => parsed.is_oauth = false,
                ("auth", "oauth") => parsed.is_oauth = true,
                ("auth", "google") => {
                    (parsed.is_oauth, token_url) = (true, Some(GOOGLE.to_owned()));
                }
                ("auth", "microsoft") => {
                    (parsed.is_oauth, token_url) = (true, Some(MICROSOFT.to_owned()));
                }
                ("token_url", url) if url.starts_with("https://") => {
                    token_url = Some(url.to_owned());
                }
                ("token_url", _) => return Err(ImapUrlError::Tokens),
                ("client_id", id) => client_id = Some(id.to_owned()),
                ("client_secret", secret) => client_secret = Some(secret.to_owned()),
                ("ca", file) if !file.is_empty() => parsed.ca = Some(PathBuf::from(file)),
                _ => return Err(ImapUrlError::Option),
            }
        }
        parsed.tokens = match (token_url, client_id) {
            (Some(token_url), Some(client_id)) if parsed.is_oauth => Some(TokenSource {
                token_url,
                client_id,
                client_secret,
            }),
            (None, None) => None,
            _ => return Err(ImapUrlError::Tokens),
        };
        Ok(parsed)
    }
}

/// Without the password.
impl fmt::Debug for ImapUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "imap{}://…@{}:{}/{}",
            if self.is_tls { "s" } else { "" },
            self.host,
            self.port,
            self.folder
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_from_its_url_and_its_password_is_never_shown() {
        let url: ImapUrl =
            "imaps://bounces%40office.example:p%2Fw@imap.office.example/Returns?auth=oauth"
                .parse()
                .unwrap();
        assert_eq!(
            (url.user.as_str(), url.password.as_str()),
            ("bounces@office.example", "p/w")
        );
        assert_eq!(
            (url.port, url.folder.as_str(), url.is_oauth),
            (993, "Returns", true)
        );
        assert!(!format!("{url:?}").contains("p/w"));
        let google: ImapUrl =
            "imaps://u:r@imap.gmail.com/?auth=google&client_id=c&client_secret=geheim"
                .parse()
                .unwrap();
        assert_eq!(google.tokens.as_ref().unwrap().token_url, GOOGLE);
        assert!(!format!("{google:?} {:?}", google.tokens).contains("geheim"));
        let local: ImapUrl = "imap://u:p@127.0.0.1:1143".parse().unwrap();
        assert_eq!((local.port, local.folder.as_str()), (1143, "INBOX"));
        for (text, error) in [
            ("imap://u:p@imap.office.example", ImapUrlError::Clear),
            ("https://u:p@x", ImapUrlError::Shape),
            ("imaps://imap.office.example", ImapUrlError::Shape),
            ("imaps://u:p@x/INBOX?tls=no", ImapUrlError::Option),
            ("imaps://u:p@x/INBOX?auth=google", ImapUrlError::Tokens),
            ("imaps://u:p@x/INBOX?client_id=c", ImapUrlError::Tokens),
            (
                "imaps://u:p@x/INBOX?auth=oauth&client_id=c&token_url=http://y/",
                ImapUrlError::Tokens,
            ),
        ] {
            assert_eq!(text.parse::<ImapUrl>().unwrap_err(), error, "{text}");
        }
    }
}
