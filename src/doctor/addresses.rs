//! What sends to the world: its addresses, and that each has a name which leads back to it (P4).

use std::net::IpAddr;

use super::{case::Case, report::Finding};
use crate::config::RelaySpf;

const CHECK: &str = "ptr";

/// What is known of where our mail comes from, as receivers see it.
pub struct Sending {
    /// The addresses of `GAZETTE_RELAY_SPF`; where it is not set, those of the relays' own names.
    pub addresses: Vec<IpAddr>,
    /// Whether the operator said so: a smart host may send from others than it listens on.
    pub stated: bool,
    terms: Vec<String>,
}

impl Sending {
    /// What else the SPF record must name.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(String::as_str)
    }
}

/// What the settings say, or else the addresses of the relays' names.
pub async fn sending(case: &Case<'_>) -> Sending {
    let settings = &case.app.settings;
    let mut sending = Sending {
        addresses: Vec::new(),
        stated: !settings.relay_spf.is_empty(),
        terms: Vec::new(),
    };
    for stated in &settings.relay_spf {
        match stated {
            RelaySpf::Address(ip) => sending.addresses.push(*ip),
            RelaySpf::Term(term) => sending.terms.push(term.clone()),
        }
    }
    if sending.stated {
        return sending;
    }
    for relay in &settings.smtp_url {
        match relay.host.parse() {
            Ok(ip) => sending.addresses.push(ip),
            Err(_) => sending
                .addresses
                .extend(case.dns.addresses(&relay.host).await.unwrap_or_default()),
        }
    }
    sending.addresses.sort();
    sending.addresses.dedup();
    sending
}

/// Looks each address up, and what it is called, and back.
pub async fn examine(case: &Case<'_>) -> Vec<Finding> {
    let sending = sending(case).await;
    let mut findings = Vec::new();
    for ip in sending.addresses {
        // The resolver answers for loopback itself, and no receiver ever sees it.
        let named = if ip.is_loopback() {
            Err(format!(
                "{ip} is this machine itself, and from which address it sends is not known"
            ))
        } else {
            named(case, ip).await
        };
        findings.push(match named {
            Ok(name) => Finding::ok(CHECK, format!("{ip} is called `{name}`, and `{name}` leads back to it")),
            Err(why) if sending.stated => Finding::fault(CHECK, why).remedy(
                "ask whoever owns the address to give it a PTR record, and the name an A or AAAA record with the address",
            ),
            Err(why) => Finding::note(CHECK, format!("{why}; what counts is the address that receivers see")).remedy(
                "set GAZETTE_RELAY_SPF to `ip4:` and the address that the relay sends from, to have that one checked",
            ),
        });
    }
    findings
}

/// Forward-confirmed reverse DNS: the name, or what is wrong.
async fn named(case: &Case<'_>, ip: IpAddr) -> Result<String, String> {
    let names = match case.dns.ptr(ip).await {
        Ok(names) => names,
        Err(missing) if missing.is_certain() => {
            return Err(format!("{ip} has no name (PTR record)"));
        }
        Err(missing) => return Err(format!("the name of {ip} cannot be looked up: {missing}")),
    };
    for name in &names {
        if let Ok(addresses) = case.dns.addresses(name).await
            && addresses.contains(&ip)
        {
            return Ok(name.clone());
        }
    }
    let names = names.join("`, `");
    Err(format!(
        "{ip} is called `{names}`, but that does not lead back to it"
    ))
}
