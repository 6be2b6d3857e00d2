//! Which browser somebody uses, in words, so that they know their own sessions again.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header::USER_AGENT, request::Parts},
};

use crate::{app::App, http::ClientAddress};

/// Where a sign-in comes from.
#[derive(Debug, Clone)]
pub struct SignInFrom {
    /// `Firefox on Windows`
    pub browser: String,
    /// `192.0.2.0/24`
    pub network: String,
}

impl<S> FromRequestParts<S> for SignInFrom
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let client = ClientAddress::from_request_parts(parts, state).await?;
        let agent = parts
            .headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default();
        Ok(Self {
            browser: browser_words(agent),
            network: client.network(),
        })
    }
}

/// A network as people call it: `network 192.0.2.x`, or the machine that Gazette itself runs on. What is none stays as
/// it is.
pub fn network_words(network: &str) -> String {
    let Some((address, _)) = network.split_once('/') else {
        return network.to_owned();
    };
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) if ip.is_loopback() => THIS_MACHINE.to_owned(),
        Ok(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("network {a}.{b}.{c}.x")
        }
        // The network of ::1, which is all that is said of it.
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => THIS_MACHINE.to_owned(),
        Ok(IpAddr::V6(_)) => format!("network {}:…", address.trim_end_matches(':')),
        Err(_) => network.to_owned(),
    }
}

const THIS_MACHINE: &str = "this machine";

/// `Firefox on Windows`; only words of ours, whatever the browser says.
fn browser_words(agent: &str) -> String {
    // In this order: Edge and Opera call themselves Chrome too, and Chrome Safari.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Macintosh", "Mac"),
        ("Linux", "Linux"),
    ];
    let word = |known: &[(&str, &'static str)]| {
        let found = known.iter().find(|(sign, _)| agent.contains(sign));
        found.map(|(_, word)| *word)
    };
    match (word(&browsers), word(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "An unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_said_as_people_say_it() {
        for (network, words) in [
            ("127.0.0.0/24", "this machine"),
            ("0:0:0:0::/56", "this machine"),
            ("203.0.113.0/24", "network 203.0.113.x"),
            ("192.168.1.0/24", "network 192.168.1.x"),
            ("2001:db8:1:200::/56", "network 2001:db8:1:200:…"),
            ("", ""),
            ("and/or", "and/or"),
            ("newsletter/7", "newsletter/7"),
        ] {
            assert_eq!(network_words(network), words);
        }
    }

    #[test]
    fn a_browser_is_told_by_name_and_says_nothing_of_its_own() {
        for (agent, words) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari on Mac",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            ("curl/8 <b>", "An unknown browser"),
            ("", "An unknown browser"),
        ] {
            assert_eq!(browser_words(agent), words);
        }
    }
}
