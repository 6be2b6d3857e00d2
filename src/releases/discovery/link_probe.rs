//! A glance at an address: whether anything stands there, and how large a picture is. It goes
//! through the same guard as every fetch, asks few things of a host at once, and reads no more than
//! it must.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode, header};
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use crate::releases::{
    fetch::{Fetcher, authority, network, text_of, wanted_rest},
    fetch_error::{FetchError, MOST_REDIRECTS},
    politeness::TOO_MUCH,
};

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The HTTP status after all redirects.
    pub status: u16,
    /// A picture's width and height in pixels.
    pub size: Option<(u32, u32)>,
}

/// A picture says its size at the beginning; what cameras write before it fits into this.
const MOST_OF_A_PICTURE: usize = 256 * 1024;

impl Fetcher {
    /// Looks at `url`: with HEAD, and with GET where a server does not know HEAD; at a picture with
    /// GET, as far as its size; and at the beginning of a page with GET, because a login form may stand at any
    /// address and answer 200: it counts as the 401 that it is. Takes no longer than `patience` by itself; waiting
    /// for the host to be free does not count.
    ///
    /// # Errors
    /// [`FetchError::Later`] where the host wants to be left alone: nothing is known then. Any other
    /// where there was no answer, or the guard refused to ask.
    pub async fn probe(
        &self,
        url: &Url,
        picture: bool,
        patience: Duration,
    ) -> Result<Probe, FetchError> {
        let mut left = patience;
        // What stands there by HEAD, and is a page: its beginning is looked at.
        let mut stands = None;
        if !picture {
            match self.hops(&Method::HEAD, url, &mut left).await {
                Ok((answer, _)) if answer.status().is_success() => {
                    let seen = seen(url, &answer, None);
                    if seen.status != StatusCode::OK.as_u16() || !is_page(&answer) {
                        return Ok(seen);
                    }
                    stands = Some(seen);
                }
                // What cannot be reached cannot be reached by GET either; but some servers break
                // the connection over a HEAD.
                Err(error) if !matches!(error, FetchError::Network(..)) => return Err(error),
                _ => {}
            }
        }
        let (mut answer, _seat) = match (self.hops(&Method::GET, url, &mut left).await, stands) {
            // It stands there, whatever becomes of a second look.
            (Err(_), Some(seen)) => return Ok(seen),
            (asked, _) => asked?,
        };
        if !picture || !answer.status().is_success() {
            let mut seen = stands.unwrap_or_else(|| seen(url, &answer, None));
            let is_there = seen.status == StatusCode::OK.as_u16() && answer.status().is_success();
            if is_there && is_page(&answer) {
                let markup = beginning(url, &mut answer, &mut left).await;
                if is_login_form(&markup.unwrap_or_default()) {
                    seen.status = StatusCode::UNAUTHORIZED.as_u16();
                }
            }
            return Ok(seen);
        }
        within(&mut left, url, async {
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(|error| network(url, &error))? {
                bytes.extend_from_slice(&chunk);
                if let Ok(size) = imagesize::blob_size(&bytes) {
                    let sides = u32::try_from(size.width)
                        .ok()
                        .zip(u32::try_from(size.height).ok());
                    return Ok(seen(url, &answer, sides));
                }
                if bytes.len() > MOST_OF_A_PICTURE {
                    break;
                }
            }
            Ok(seen(url, &answer, None))
        })
        .await
    }

    /// The whole picture at `url`, where it has no more than `most_bytes`; what it is, the caller looks at.
    /// Takes no longer than `patience` by itself.
    ///
    /// # Errors
    /// As [`Fetcher::probe`]; an answer that is no success, or is larger, is an error too.
    pub async fn picture(
        &self,
        url: &Url,
        most_bytes: usize,
        patience: Duration,
    ) -> Result<Vec<u8>, FetchError> {
        let mut left = patience;
        let url = self.guard.secure(url)?;
        let (mut answer, _seat) = self.hops(&Method::GET, &url, &mut left).await?;
        if !answer.status().is_success() {
            return Err(FetchError::Status(url, answer.status()));
        }
        within(&mut left, &url, async {
            let mut bytes = Vec::new();
            while let Some(chunk) = answer
                .chunk()
                .await
                .map_err(|error| network(&url, &error))?
            {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > most_bytes {
                    let why = "it is larger than a picture may be".to_owned();
                    return Err(FetchError::Network(url.clone(), why));
                }
            }
            Ok(bytes)
        })
        .await
    }

    /// The answer at the end of all redirects, and the seat at its host.
    async fn hops(
        &self,
        method: &Method,
        url: &Url,
        left: &mut Duration,
    ) -> Result<(Response, Option<OwnedSemaphorePermit>), FetchError> {
        let mut at = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            self.guard.check(&at)?;
            let seat = self.seat(&at).await?;
            let request = self.client(&at).request(method.clone(), at.clone());
            let answer = within(left, &at, async {
                request.send().await.map_err(|error| network(&at, &error))
            })
            .await?;
            if let Some(wanted) = rest_wanted(&answer) {
                return Err(self.leave_alone(&at, wanted));
            }
            if !answer.status().is_redirection() {
                return Ok((answer, seat));
            }
            let next = text_of(answer.headers(), header::LOCATION)
                .and_then(|location| at.join(&location).ok());
            at = next.ok_or_else(|| FetchError::Status(at.clone(), answer.status()))?;
        }
        Err(FetchError::Redirects(url.clone()))
    }

    /// A seat for a glance; this machine's own pages need no politeness.
    async fn seat(&self, at: &Url) -> Result<Option<OwnedSemaphorePermit>, FetchError> {
        if self.guard.is_own(at) {
            return Ok(None);
        }
        let host = authority(at);
        let seat = self.politeness.glance(&host).await;
        seat.map(Some)
            .map_err(|left| FetchError::Later(host, left.as_secs().max(1)))
    }
}

/// Octets of a page that are looked at for a login form; what has more than this before it is a page with text.
const MOST_OF_A_PAGE: usize = 96 * 1024;

fn is_page(answer: &Response) -> bool {
    text_of(answer.headers(), header::CONTENT_TYPE).is_some_and(|said| said.contains("html"))
}

/// The beginning of a page.
async fn beginning(
    url: &Url,
    answer: &mut Response,
    left: &mut Duration,
) -> Result<String, FetchError> {
    within(left, url, async {
        let mut octets = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| network(url, &error))? {
            octets.extend_from_slice(&chunk);
            if octets.len() > MOST_OF_A_PAGE {
                // As much text as it takes to be no form.
                return Ok(String::new());
            }
        }
        Ok(String::from_utf8_lossy(&octets).into_owned())
    })
    .await
}

/// Whether the page has a field for a password and hardly a text beside it: many a site has such a field in
/// its head, above what everybody may read.
fn is_login_form(markup: &str) -> bool {
    const MOST_LETTERS: usize = 700;
    let markup = markup.to_ascii_lowercase();
    let has_password = ["type=\"password\"", "type='password'", "type=password"]
        .iter()
        .any(|field| markup.contains(field));
    has_password && letters_shown(&markup) <= MOST_LETTERS
}

/// Letters between the tags of markup in small letters, without those of programs, menus and footers.
fn letters_shown(markup: &str) -> usize {
    const UNREAD: &[&str] = &[
        "script", "style", "head", "nav", "footer", "noscript", "select",
    ];
    let mut rest = markup;
    let mut letters = 0;
    // Each end that is missing is looked for once.
    let mut never_closed: Vec<String> = Vec::new();
    while let Some(open) = rest.find('<') {
        let (text, tag) = rest.split_at(open);
        letters += text.chars().filter(|c| c.is_alphanumeric()).count();
        let name: String = tag
            .chars()
            .skip(1)
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let is_skipped = UNREAD.contains(&name.as_str()) && !never_closed.contains(&name);
        let end = is_skipped.then(|| tag.find(&format!("</{name}"))).flatten();
        if is_skipped && end.is_none() {
            never_closed.push(name);
        }
        let from = tag.get(end.unwrap_or(0)..).unwrap_or_default();
        let Some(close) = from.find('>') else {
            return letters;
        };
        rest = from.get(close + 1..).unwrap_or_default();
    }
    letters + rest.chars().filter(|c| c.is_alphanumeric()).count()
}

/// How long the host wants to be left alone, where it says that it has had too much.
fn rest_wanted(answer: &Response) -> Option<Duration> {
    let said = wanted_rest(answer.headers());
    match answer.status() {
        StatusCode::TOO_MANY_REQUESTS => Some(said.unwrap_or(TOO_MUCH)),
        StatusCode::SERVICE_UNAVAILABLE => said,
        _ => None,
    }
}

/// What `asking` brings within what is `left` of our patience.
async fn within<T>(
    left: &mut Duration,
    at: &Url,
    asking: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let begin = Instant::now();
    let answer = tokio::time::timeout(*left, asking).await;
    *left = left.saturating_sub(begin.elapsed());
    answer.unwrap_or_else(|_| {
        let why = "it does not answer in time".to_owned();
        Err(FetchError::Network(at.clone(), why))
    })
}

/// A page that sends whoever is not signed in to its login form answers as if all were well; it is what HTTP
/// calls 401.
fn seen(asked: &Url, answer: &Response, size: Option<(u32, u32)>) -> Probe {
    let status = answer.status();
    let is_locked = status.is_success() && is_sign_in(answer.url()) && !is_sign_in(asked);
    let status = if is_locked {
        StatusCode::UNAUTHORIZED
    } else {
        status
    };
    Probe {
        status: status.as_u16(),
        size,
    }
}

/// Whether the address is that of a login form, as content systems and those who vouch for their users name
/// them.
fn is_sign_in(url: &Url) -> bool {
    const PAGES: &[&str] = &[
        "wp-login",
        "login",
        "log-in",
        "signin",
        "sign-in",
        "sign_in",
        "logon",
        "adfs",
        "saml",
        "saml2",
        "sso",
        "oauth2",
        "authorize",
    ];
    const HOSTS: &[&str] = &["login", "signin", "accounts", "sso", "auth", "idp", "adfs"];
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let first = host.split('.').next().unwrap_or_default();
    let mut pages = url.path_segments().into_iter().flatten().map(|segment| {
        let name = segment.split('.').next().unwrap_or_default();
        name.to_ascii_lowercase()
    });
    HOSTS.contains(&first) || pages.any(|page| PAGES.contains(&page.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_form_is_a_password_and_hardly_a_text() {
        let form = "<html><head><title>Members</title><style>b{}</style></head><body><nav>Home About</nav>\
            <h1>Members only</h1><p>Sign in to read this page.</p><form><INPUT name=u>\
            <input TYPE='password' name=p><button>Sign in</button></form></body></html>";
        assert!(is_login_form(form));
        let text =
            "<p>The bridge over the river opens again on Monday, the mayor said.</p>".repeat(20);
        assert!(!is_login_form(&format!("{form}{text}")));
        assert!(!is_login_form(
            "<h1>Members only</h1><form><input name=q></form>"
        ));
        assert!(!is_login_form(&text));
        // What breaks off, or is never closed, takes no longer.
        for odd in [
            "<script>type=password",
            "<",
            "<a type=password",
            "</script><nav type=\"password\">x",
        ] {
            let _ = is_login_form(&odd.repeat(10_000));
        }
        assert!(is_login_form("<script>var a</script><input type=password"));
        let unclosed = "<p>The bridge opens.<nav>".repeat(60);
        assert!(!is_login_form(&format!("<input type=password>{unclosed}")));
    }

    #[test]
    fn login_forms_are_known_by_their_addresses() {
        for (address, is_form) in [
            (
                "https://doe.example/wp-login.php?redirect_to=%2Fdraft",
                true,
            ),
            ("https://doe.example/user/login?destination=/x", true),
            ("https://doe.example/_layouts/15/Authenticate.aspx", false),
            (
                "https://login.microsoftonline.com/common/oauth2/authorize",
                true,
            ),
            ("https://accounts.google.com/ServiceLogin", true),
            ("https://doe.example/news/how-to-login-to-the-portal", false),
            ("https://doe.example/blog", false),
        ] {
            assert_eq!(is_sign_in(&address.parse().unwrap()), is_form, "{address}");
        }
    }
}
