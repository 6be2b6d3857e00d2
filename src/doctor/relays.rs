//! The relays: reached as a worker reaches them, up to the login and no further.

use std::time::Duration;

use super::{
    certificate::holds_until,
    clocks::Reading,
    report::{Finding, RelayConversation},
};
use crate::{
    app::App,
    config::{RelayTls, RelayUrl},
    delivery::smtp::{Client, Connection, Conversation, Timeouts},
};

const CHECK: &str = "relay";

/// A newsletter with room to grow; RFC 5321 asks for 64 KB only.
const LARGEST: u64 = 1_000_000;

/// What the relays showed.
#[derive(Debug, Default)]
pub struct Relays {
    /// In the order of the settings.
    pub findings: Vec<Finding>,
    /// What their clocks say, where they say it.
    pub readings: Vec<Reading>,
    /// What was said.
    pub conversations: Vec<RelayConversation>,
}

/// Connects to each relay.
pub async fn examine(app: &App) -> Relays {
    let relays = &app.settings.smtp_url;
    let mut seen = Relays::default();
    if relays.is_empty() {
        let finding = Finding::fault(
            CHECK,
            "no relay is set: no mail leaves this machine, all of it stays in the built-in mailbox",
        )
        .remedy("set GAZETTE_SMTP_URL to a relay that takes your mail");
        seen.findings.push(finding);
        return seen;
    }
    let hello = hello(app);
    let hello = hello.as_str();
    let visits = relays.iter().map(|relay| async move {
        let conversation = Conversation::default();
        let found = visit(app, relay, hello, conversation.clone()).await;
        (relay.name(), conversation.lines(), found)
    });
    seen.findings.extend(introduction(hello));
    for (relay, lines, found) in futures_util::future::join_all(visits).await {
        let (findings, reading, failed) = match found {
            Ok((findings, reading)) => (findings, reading, None),
            Err(why) => (vec![Finding::fault(CHECK, why.clone())], None, Some(why)),
        };
        seen.findings.extend(findings);
        seen.readings.extend(reading);
        seen.conversations.push(RelayConversation {
            relay,
            failed,
            lines,
        });
    }
    seen
}

/// The name that we give in EHLO.
fn hello(app: &App) -> String {
    let hello = app.settings.smtp_hello.clone();
    hello.unwrap_or_else(|| app.settings.public_url.host())
}

/// What is wrong with that name (S5): relays and mailbox providers look at it.
fn introduction(hello: &str) -> Option<Finding> {
    let bare = hello.trim_matches(['[', ']']);
    if bare.contains('.') || bare.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let what = format!(
        "relays are greeted as `{hello}`, which is no full host name: some refuse such mail or take it for spam"
    );
    Some(Finding::warning("ehlo", what).remedy(
        "set GAZETTE_SMTP_HELLO to this machine's full name in the DNS, or GAZETTE_PUBLIC_URL to the address that readers reach",
    ))
}

/// What is found at one relay, and what its clock says; or why it takes no mail, with what to do about it.
async fn visit(
    app: &App,
    relay: &RelayUrl,
    hello: &str,
    conversation: Conversation,
) -> Result<(Vec<Finding>, Option<Reading>), String> {
    // Shorter than a worker's: somebody waits.
    let patience = Duration::from_secs(15);
    let timeouts = Timeouts {
        connect: patience,
        greeting: patience,
        command: patience,
        ..Timeouts::default()
    };
    let client = Client::new(relay.clone(), hello, timeouts).map_err(|error| error.to_string())?;
    let connection = client.noting(conversation).connect().await;
    let connection = connection.map_err(|error| error.to_string())?;
    let reading = Reading::of_greeting(app, &relay.name(), connection.greeting());
    let login = if relay.login.is_some() {
        "takes the login"
    } else {
        "asks for no login"
    };
    let mut findings = vec![
        Finding::ok(CHECK, format!("`{}` answers and {login}", relay.name())),
        security(app, relay, &connection),
    ];
    findings.extend(capabilities(relay, &connection));
    connection.quit().await;
    Ok((findings, reading))
}

fn security(app: &App, relay: &RelayUrl, connection: &Connection) -> Finding {
    const CHECK: &str = "tls";
    let name = relay.name();
    let Some(security) = connection.security() else {
        let near = relay.host == "localhost"
            || relay
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        let what = format!("mail goes to `{name}` in the clear");
        return if near {
            Finding::note(
                CHECK,
                format!("{what}, on this machine; TLS to the world is the relay's task"),
            )
        } else if relay.tls == RelayTls::None {
            Finding::warning(CHECK, what).remedy("take `tls=none` out of GAZETTE_SMTP_URL")
        } else {
            Finding::warning(CHECK, what)
                .remedy("ask the relay's operator for STARTTLS, then set `tls=required`")
        };
    };
    let version = security.version.as_str();
    match holds_until(&security.certificate) {
        None => Finding::ok(
            CHECK,
            format!("`{name}`: {version}, with a certificate that holds"),
        ),
        Some(end) => {
            let days = (end.as_millisecond() - app.clock.now_ms()) / crate::clock::DAY;
            let what =
                format!("`{name}`: {version}, with a certificate that holds for {days} more days");
            if days < 14 {
                Finding::warning(CHECK, what)
                    .remedy("it is time to renew it: ask the relay's operator")
            } else {
                Finding::ok(CHECK, what)
            }
        }
    }
}

fn capabilities(relay: &RelayUrl, connection: &Connection) -> Vec<Finding> {
    const CHECK: &str = "ehlo";
    let name = relay.name();
    let offers = connection.capabilities();
    let mut findings = Vec::new();
    if !offers.pipelining {
        findings.push(Finding::note(
            CHECK,
            format!(
                "`{name}` offers no PIPELINING: each message takes five round trips instead of one"
            ),
        ));
    }
    if !offers.smtputf8 {
        findings.push(Finding::note(CHECK, format!("`{name}` offers no SMTPUTF8: readers whose address is not ASCII before the @ cannot be reached")));
    }
    match offers.size_limit {
        Some(limit) if limit < LARGEST => findings.push(
            Finding::warning(
                CHECK,
                format!("`{name}` takes messages of {limit} octets at most"),
            )
            .remedy(
                "ask the relay's operator for more: a long release with both parts can be larger",
            ),
        ),
        _ => {}
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            CHECK,
            format!(
                "`{name}` offers PIPELINING and SMTPUTF8, and takes messages of every likely size"
            ),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Level;

    #[test]
    fn s5_a_name_without_a_dot_is_no_name_to_greet_with() {
        for hello in ["news.example.gov", "192.0.2.25", "[192.0.2.25]", "::1"] {
            assert_eq!(introduction(hello), None, "{hello}");
        }
        for hello in ["localhost", "mailhost", ""] {
            let finding = introduction(hello).unwrap();
            assert_eq!(finding.level, Level::Warning);
            assert!(finding.what.contains(&format!("`{hello}`")));
            assert!(finding.remedy.unwrap().contains("GAZETTE_SMTP_HELLO"));
        }
    }
}
