//! Where the links of a page lead, for a reader of mail.

use url::Url;

use super::{
    redirects::{self, Unwrapped},
    runs::Target,
};

/// Where a link of the page leads, for a reader of mail; none for what none must be sent to.
pub(super) fn target(base: Option<&Url>, href: &str) -> Option<Target> {
    match absolute(base, href)? {
        Absolute::Whole(url) => Some(match redirects::unwrap(url) {
            Unwrapped::Own(url) => Target::Whole(secured_by(url, base)),
            Unwrapped::Behind(url) => Target::Whole(url),
            Unwrapped::Hidden { through } => Target::Lost(through),
        }),
        Absolute::Relative => Some(Target::Lost(href.trim().to_owned())),
    }
}

/// Whether a link leads to another place of the page that it stands on.
pub(super) fn is_in_page(base: Option<&Url>, href: &str) -> bool {
    let href = href.trim();
    if href.starts_with('#') {
        return true;
    }
    let (Some(base), true) = (base, href.contains('#')) else {
        return false;
    };
    let (mut page, mut there) = match base.join(href) {
        Ok(there) => (base.clone(), there),
        Err(_) => return false,
    };
    page.set_fragment(None);
    there.set_fragment(None);
    page == there
}

/// The absolute address of a link. None for what a reader of mail must not be sent to: scripts,
/// `data:`, and addresses with a user name in front that only looks like a host.
pub fn resolve(base: Option<&Url>, href: &str) -> Option<Url> {
    match target(base, href)? {
        Target::Whole(url) => Some(url),
        Target::Lost(_) => None,
    }
}

enum Absolute {
    Whole(Url),
    /// Only the page's own address, which nobody knows, would make it whole.
    Relative,
}

fn absolute(base: Option<&Url>, href: &str) -> Option<Absolute> {
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    let url = match base {
        Some(base) => base.join(href).ok()?,
        None if href.starts_with("//") => Url::parse(&format!("https:{href}")).ok()?,
        None => match Url::parse(href) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) => return Some(Absolute::Relative),
            Err(_) => return None,
        },
    };
    match url.scheme() {
        "http" | "https" if url.host_str().is_some() && url.username().is_empty() => {}
        "mailto" | "tel" => {
            let is_one_word = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '"');
            if !url.as_str().chars().all(is_one_word) {
                return None;
            }
        }
        _ => return None,
    }
    Some(Absolute::Whole(url))
}

fn secured_by(url: Url, base: Option<&Url>) -> Url {
    match base {
        Some(base) => secured(url, base),
        None => url,
    }
}

/// The address by https, where what names it was itself read by https from that host: the host
/// speaks it (R4).
pub fn secured(mut url: Url, read_from: &Url) -> Url {
    let is_same_host =
        url.host() == read_from.host() && url.port().is_none() && read_from.port().is_none();
    if url.scheme() == "http" && read_from.scheme() == "https" && is_same_host {
        // Between two of the web's schemes this cannot fail.
        let _ = url.set_scheme("https");
    }
    url
}
