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
    /// GET, as far as its size. Takes no longer than `patience` by itself; waiting for the host to
    /// be free does not count.
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
        if !picture {
            match self.hops(&Method::HEAD, url, &mut left).await {
                Ok((answer, _)) if answer.status().is_success() => {
                    return Ok(seen(url, &answer, None));
                }
                // What cannot be reached cannot be reached by GET either; but some servers break
                // the connection over a HEAD.
                Err(error) if !matches!(error, FetchError::Network(..)) => return Err(error),
                _ => {}
            }
        }
        let (mut answer, _seat) = self.hops(&Method::GET, url, &mut left).await?;
        if !picture || !answer.status().is_success() {
            return Ok(seen(url, &answer, None));
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
