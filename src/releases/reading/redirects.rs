//! Links as mail filters and search pages rewrite them. What staff copied out of their own mail
//! carries their address, and whoever clicks tells the filter's maker; so a reader gets the address
//! behind it, or none.

use data_encoding::{BASE64URL_NOPAD, Specification};
use url::Url;

/// One filter behind another is known; more is a trap.
const DEEPEST: usize = 5;

/// What became of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwrapped {
    /// It is nobody's redirect.
    Own(Url),
    /// What it leads to.
    Behind(Url),
    /// It leads through a filter that does not say where to.
    Hidden {
        /// The filter's host: the rest of the address may be somebody's.
        through: String,
    },
}

/// Looks behind redirects of mail filters and search pages.
#[must_use]
pub fn unwrap(url: Url) -> Unwrapped {
    let hidden = |url: &Url| Unwrapped::Hidden {
        through: url.host_str().unwrap_or_default().to_owned(),
    };
    let mut found = url;
    let mut any = false;
    for _ in 0..DEEPEST {
        match behind(&found) {
            Behind::Nothing if any => return Unwrapped::Behind(found),
            Behind::Nothing => return Unwrapped::Own(found),
            Behind::Unsaid => return hidden(&found),
            Behind::Address(target) => {
                let Some(target) = Url::parse(&target).ok().filter(is_web) else {
                    return hidden(&found);
                };
                (found, any) = (target, true);
            }
        }
    }
    hidden(&found)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.username().is_empty()
}

enum Behind {
    /// It is no redirect that we know.
    Nothing,
    Address(String),
    /// It is one, and where it leads only its maker knows.
    Unsaid,
}

fn behind(url: &Url) -> Behind {
    if !matches!(url.scheme(), "http" | "https") {
        return Behind::Nothing;
    }
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = url.path();
    let said = |names: &[&str]| {
        let mut pairs = url.query_pairs();
        match pairs.find(|(name, _)| names.contains(&name.as_ref())) {
            Some((_, target)) => Behind::Address(target.into_owned()),
            None => Behind::Unsaid,
        }
    };
    let within = |domain: &str| {
        host == domain
            || host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    // Microsoft Defender.
    if within("safelinks.protection.outlook.com")
        || within("safelinks.protection.office365.us")
        || (within("teams.microsoft.com") && path.starts_with("/l/deep-link/"))
    {
        return said(&["url"]);
    }
    if matches!(
        host,
        "urldefense.proofpoint.com" | "urldefense.com" | "urldefense.us"
    ) {
        return proofpoint(url);
    }
    // Mimecast's addresses hold a code and at most the domain.
    if within("mimecast.com") && (host.starts_with("protect") || host.starts_with("url"))
        || within("mimecastprotect.com")
    {
        return Behind::Unsaid;
    }
    // Google's results, and what its documents and mail make of links.
    let is_google = host.starts_with("google.") || host.split('.').nth(1) == Some("google");
    if is_google && path == "/url" {
        return said(&["q", "url"]);
    }
    match (host, path) {
        ("l.facebook.com" | "lm.facebook.com", "/l.php") => said(&["u"]),
        ("linkprotect.cudasvc.com", "/url") => said(&["a"]),
        ("protect2.fireeye.com", _) if path.starts_with("/url") || path.starts_with("/v1/url") => {
            said(&["u"])
        }
        ("secure-web.cisco.com", _) => {
            // `/<code>/https%3A%2F%2F…`
            let last = path.rsplit('/').next().unwrap_or_default();
            Behind::Address(percent_decoded(last))
        }
        ("lnks.gd", _) if path.starts_with("/l/") => govdelivery(path),
        _ if within("protection.sophos.com") => match said(&["u"]) {
            Behind::Address(coded) => decoded(&coded).map_or(Behind::Unsaid, Behind::Address),
            other => other,
        },
        _ => Behind::Nothing,
    }
}

/// Proofpoint URL Defense in its three versions.
fn proofpoint(url: &Url) -> Behind {
    let parameter = || {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(name, _)| name == "u")
            .map(|(_, value)| value.into_owned())
    };
    let path = url.path();
    if path.starts_with("/v1/") {
        return parameter().map_or(Behind::Unsaid, Behind::Address);
    }
    if path.starts_with("/v2/") {
        // Percent signs became hyphens, slashes low lines.
        return parameter().map_or(Behind::Unsaid, |coded| {
            Behind::Address(percent_decoded(&coded.replace('-', "%").replace('_', "/")))
        });
    }
    if path.starts_with("/v3/") {
        return version_3(url.as_str()).map_or(Behind::Unsaid, Behind::Address);
    }
    Behind::Nothing
}

/// `/v3/__https://o.example/a*b__;Iw!!…`: a `*` stands for the next byte of what follows `;` in
/// base 64, `**` and a letter for a run of them.
fn version_3(url: &str) -> Option<String> {
    const LENGTHS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (_, coded) = url.split_once("/v3/__")?;
    let (address, rest) = coded.split_once("__;")?;
    let (bytes, _) = rest.split_once('!')?;
    let taken = decoded_bytes(bytes)?;
    let mut taken = taken.into_iter();
    let mut out: Vec<u8> = Vec::new();
    let address = percent_decoded(address);
    let mut left = address.chars();
    while let Some(c) = left.next() {
        if c != '*' {
            out.extend(c.to_string().as_bytes());
            continue;
        }
        let mut after = left.clone();
        if after.next() == Some('*') {
            let length = LENGTHS.find(after.next()?)? + 2;
            out.extend(taken.by_ref().take(length));
            left = after;
        } else {
            out.extend(taken.next());
        }
    }
    let mut says = String::from_utf8(out).ok()?;
    // A proxy on the way folds two slashes into one.
    for scheme in ["https:/", "http:/"] {
        if let Some(rest) = says
            .strip_prefix(scheme)
            .filter(|rest| !rest.starts_with('/'))
        {
            says = format!("{scheme}/{rest}");
            break;
        }
    }
    Some(says)
}

/// `GovDelivery`'s links are tokens that hold the address, and from whose copy it was taken.
fn govdelivery(path: &str) -> Behind {
    let address = || {
        let token = path.strip_prefix("/l/")?.split('.').nth(1)?;
        let claims: serde_json::Value = serde_json::from_slice(&decoded_bytes(token)?).ok()?;
        Some(claims.get("url")?.as_str()?.to_owned())
    };
    address().map_or(Behind::Unsaid, Behind::Address)
}

fn decoded(coded: &str) -> Option<String> {
    String::from_utf8(decoded_bytes(coded)?).ok()
}

/// Base 64 in either alphabet, with or without its padding.
fn decoded_bytes(coded: &str) -> Option<Vec<u8>> {
    let coded = coded
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    let mut lenient: Specification = BASE64URL_NOPAD.specification();
    lenient.check_trailing_bits = false;
    lenient.encoding().ok()?.decode(coded.as_bytes()).ok()
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(url: &str) -> Option<String> {
        match unwrap(url.parse().unwrap()) {
            Unwrapped::Behind(url) => Some(url.to_string()),
            Unwrapped::Own(_) => None,
            Unwrapped::Hidden { .. } => Some("hidden".to_owned()),
        }
    }

    #[test]
    fn what_stands_behind_a_mail_filter_is_found_and_its_reader_is_not_told() {
        for (wrapped, target) in [
            (
                "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fo.example%2Fa%3Fb%3D1&data=05%7C02%7Cjane%40o.example%7Cabc&reserved=0",
                "https://o.example/a?b=1",
            ),
            (
                "https://gcc02.safelinks.protection.outlook.com/GetUrlReputation?url=http%3A%2F%2Fo.example%2F",
                "http://o.example/",
            ),
            (
                "https://www.google.com/url?q=https://o.example/letter&sa=D",
                "https://o.example/letter",
            ),
            (
                "https://www.google.de/url?sa=t&url=https%3A%2F%2Fo.example%2F",
                "https://o.example/",
            ),
            (
                "https://urldefense.proofpoint.com/v1/url?u=https%3A%2F%2Fo.example%2Fa&k=x",
                "https://o.example/a",
            ),
            (
                "https://urldefense.proofpoint.com/v2/url?u=https-3A__o.example_a-5Fb-3Fc-3D1&d=DwMF&c=x",
                "https://o.example/a_b?c=1",
            ),
            (
                "https://urldefense.com/v3/__https://o.example/a*b__;Iw!!KIFmrYtlezdzESbgKFsaPnA!x$",
                "https://o.example/a#b",
            ),
            (
                "https://urldefense.us/v3/__https:/o.example/**Bx__;YWJj!!x!y$",
                "https://o.example/abcx",
            ),
            (
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fo.example%2F&h=x",
                "https://o.example/",
            ),
            (
                "https://secure-web.cisco.com/1abc/https%3A%2F%2Fo.example%2Fa",
                "https://o.example/a",
            ),
            (
                "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fo.example%2f&c=E,1",
                "https://o.example/",
            ),
            (
                "https://us-west-2.protection.sophos.com/?d=o.example&u=aHR0cHM6Ly9vLmV4YW1wbGUv&i=x",
                "https://o.example/",
            ),
            (
                "https://lnks.gd/l/eyJhbGciOiJIUzI1NiJ9.eyJ1cmwiOiJodHRwczovL28uZXhhbXBsZS9hIn0.c2ln",
                "https://o.example/a",
            ),
            // One behind another.
            (
                "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fo.example%252F",
                "https://o.example/",
            ),
            // Nobody but its maker knows; and what is behind must be the web's.
            (
                "https://protect-us.mimecast.com/s/AbC1?domain=o.example",
                "hidden",
            ),
            (
                "https://url.us.m.mimecastprotect.com/s/AbC1?domain=o.example",
                "hidden",
            ),
            (
                "https://nam02.safelinks.protection.outlook.com/?data=x",
                "hidden",
            ),
            ("https://www.google.com/url?q=javascript:alert(1)", "hidden"),
            ("https://urldefense.com/v3/__broken", "hidden"),
        ] {
            assert_eq!(behind(wrapped).as_deref(), Some(target), "{wrapped}");
        }
        for own in [
            "https://o.example/url?q=https://p.example/",
            "https://www.google.com/maps?q=Tustin",
            "https://safelinks.protection.outlook.com.evil.example/?url=https://p.example/",
            "mailto:a@o.example",
        ] {
            assert_eq!(behind(own), None, "{own}");
        }
    }

    #[test]
    fn an_address_that_wraps_itself_ends() {
        let mut url = "https://o.example/".to_owned();
        for _ in 0..8 {
            let coded: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
            url = format!("https://www.google.com/url?q={coded}");
        }
        assert_eq!(behind(&url).as_deref(), Some("hidden"));
    }
}
