//! The public URL: every link that is mailed leads there, the one to unsubscribe too.

use std::{error::Error, time::Duration};

use jiff::fmt::rfc2822;
use reqwest::header;

use super::{clocks::Reading, report::Finding};
use crate::{app::App, config::PublicUrl, http_client};

const CHECK: &str = "site";

/// Asks the site as a reader would; also hands back what its clock says.
pub async fn examine(app: &App) -> (Vec<Finding>, Option<Reading>) {
    let url = &app.settings.public_url;
    let mut findings: Vec<Finding> = address(url).into_iter().collect();
    let client = http_client::builder(Duration::from_secs(10)).build();
    let asked = match client {
        Ok(client) => client.get(url.link("/health/live")).send().await,
        Err(error) => Err(error),
    };
    let mut reading = None;
    findings.push(match asked {
        Ok(answer) => {
            let date = answer.headers().get(header::DATE);
            let date = date.and_then(|date| date.to_str().ok());
            let date = date.and_then(|date| rfc2822::parse(date).ok());
            reading = date.map(|date| Reading::new(app, format!("`{url}`"), date.timestamp()));
            if answer.status().is_success() {
                Finding::ok(CHECK, format!("`{url}` answers"))
            } else {
                Finding::warning(
                    CHECK,
                    format!(
                        "`{url}` answers, but not as Gazette does: {}",
                        answer.status()
                    ),
                )
                .remedy(
                    "let the reverse proxy hand everything below that address to GAZETTE_LISTEN",
                )
            }
        }
        Err(error) => {
            let why = innermost(&error);
            let what = format!("`{url}` cannot be reached from here: {why}");
            if why.to_lowercase().contains("certificate") {
                Finding::fault(CHECK, what).remedy(
                    "renew the certificate, or make it one for this name by a known authority",
                )
            } else {
                // Some networks do not let their own machines back in; readers may be better off.
                Finding::warning(CHECK, what)
                    .remedy("look whether readers reach it, and whether `gazette serve` runs")
            }
        }
    });
    (findings, reading)
}

/// What the address alone tells.
fn address(url: &PublicUrl) -> Option<Finding> {
    if url.is_loopback() {
        let what = format!("`{url}` is only this machine's: no reader can follow a link");
        Some(
            Finding::warning(CHECK, what)
                .remedy("set GAZETTE_PUBLIC_URL to the address that readers reach"),
        )
    } else if url.is_https() {
        None
    } else {
        // RFC 8058 §3.1
        let what = format!(
            "`{url}` is not https, and mailbox providers unsubscribe readers only over https"
        );
        Some(Finding::fault(CHECK, what).remedy(
            "put a reverse proxy with a certificate before Gazette and set GAZETTE_PUBLIC_URL to its https address",
        ))
    }
}

fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Level;

    #[test]
    fn h1_links_must_be_https_where_readers_are_to_follow_them() {
        let level = |url: &str| address(&url.parse().unwrap()).map(|finding| finding.level);
        assert_eq!(level("https://news.example.gov"), None);
        assert_eq!(level("http://news.example.gov"), Some(Level::Fault));
        assert_eq!(level("http://127.0.0.1:8080"), Some(Level::Warning));
    }
}
