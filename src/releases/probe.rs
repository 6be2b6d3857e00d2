//! A glance at an address: whether anything stands there, and how large a picture is. It goes
//! through the same fence as every fetch, and reads no more than it must.

use reqwest::{Method, Response, header};
use url::Url;

use super::fetch::{FetchError, Fetcher, MOST_REDIRECTS, network, text_of};

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
    /// GET, as far as its size.
    ///
    /// # Errors
    /// [`FetchError`] where there was no answer, or the fence refused to ask.
    pub async fn probe(&self, url: &Url, picture: bool) -> Result<Probe, FetchError> {
        if !picture {
            match self.hops(&Method::HEAD, url).await {
                Ok(answer) if answer.status().is_success() => return Ok(seen(&answer, None)),
                // What cannot be reached cannot be reached by GET either; but some servers break
                // the connection over a HEAD.
                Err(error) if !matches!(error, FetchError::Network(..)) => return Err(error),
                _ => {}
            }
        }
        let mut answer = self.hops(&Method::GET, url).await?;
        if !picture || !answer.status().is_success() {
            return Ok(seen(&answer, None));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| network(url, &error))? {
            bytes.extend_from_slice(&chunk);
            if let Ok(size) = imagesize::blob_size(&bytes) {
                let sides = u32::try_from(size.width)
                    .ok()
                    .zip(u32::try_from(size.height).ok());
                return Ok(seen(&answer, sides));
            }
            if bytes.len() > MOST_OF_A_PICTURE {
                break;
            }
        }
        Ok(seen(&answer, None))
    }

    async fn hops(&self, method: &Method, url: &Url) -> Result<Response, FetchError> {
        let mut at = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            self.fence.check(&at)?;
            let request = self.client(&at).request(method.clone(), at.clone());
            let answer = request.send().await.map_err(|error| network(&at, &error))?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let next = text_of(answer.headers(), header::LOCATION)
                .and_then(|location| at.join(&location).ok());
            at = next.ok_or_else(|| FetchError::Status(at.clone(), answer.status()))?;
        }
        Err(FetchError::Redirects(url.clone()))
    }
}

fn seen(answer: &Response, size: Option<(u32, u32)>) -> Probe {
    Probe {
        status: answer.status().as_u16(),
        size,
    }
}
