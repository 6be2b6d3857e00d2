//! SPF: whether the domains of MAIL FROM let the relay send for them (P1).

use std::net::IpAddr;

use super::{
    addresses::{Sending, sending},
    case::Case,
    report::{Finding, Record},
    spf::{self, Check, Verdict},
};
use crate::config::RelaySpf;

const CHECK: &str = "spf";

/// Looks at every domain that stands in MAIL FROM.
pub async fn examine(case: &Case<'_>) -> (Vec<Finding>, Vec<Record>) {
    let sending = sending(case).await;
    let mut findings = Vec::new();
    let mut records = Vec::new();
    for domain in case.return_domains() {
        let (finding, record) = look_up(case, domain, &sending).await;
        findings.push(finding);
        records.extend(record);
    }
    (findings, records)
}

async fn look_up(case: &Case<'_>, domain: &str, sending: &Sending) -> (Finding, Option<Record>) {
    let found = match spf::record(case.dns, domain).await {
        Ok(found) => found,
        Err(Verdict::Wrong(why)) => {
            let finding = Finding::fault(CHECK, why).remedy("leave one of them");
            return (finding, None);
        }
        Err(other) => return (unknown(domain, &other), None),
    };
    let wanted = wanted(case, sending);
    let Some(found) = found else {
        let what = format!(
            "`{domain}` has no SPF record, so no receiver can tell that the relay may send for it"
        );
        let text = format!("v=spf1 {wanted} ~all");
        let finding = Finding::fault(CHECK, what)
            .remedy("publish the record below; add whoever else sends for this domain");
        return (finding, Some(Record::new(domain, text, false)));
    };
    for term in sending.terms() {
        if !spf::names(case.dns, domain.to_owned(), term, 0).await {
            let what = format!("the SPF record of `{domain}` does not name `{term}`: {found}");
            return repair(domain, &found, &wanted, what);
        }
    }
    for ip in &sending.addresses {
        match verdict(case, domain, *ip).await {
            Verdict::Pass => {}
            other @ Verdict::Unknown(_) => return (unknown(domain, &other), None),
            Verdict::Wrong(why) => {
                let what = format!("the SPF record of `{domain}` is wrong: {why}");
                let finding = Finding::fault(CHECK, what).remedy(format!("it reads: {found}"));
                return (finding, None);
            }
            Verdict::None | Verdict::Neutral | Verdict::SoftFail | Verdict::Fail => {
                let what = format!("the SPF record of `{domain}` does not let {ip} send: {found}");
                return repair(domain, &found, &wanted, what);
            }
        }
    }
    let finding = match (sending.addresses.as_slice(), sending.terms().next()) {
        ([], None) => Finding::warning(
            CHECK,
            format!("`{domain}` has an SPF record, but it is not known what the relay sends from"),
        )
        .remedy("set GAZETTE_RELAY_SPF to what its operator wants in the record"),
        _ => Finding::ok(
            CHECK,
            format!("the SPF record of `{domain}` lets the relay send ({wanted})"),
        ),
    };
    (finding, Some(Record::new(domain, found, true)))
}

fn repair(domain: &str, found: &str, wanted: &str, what: String) -> (Finding, Option<Record>) {
    let rest = found.split_once(' ').map_or("", |(_, rest)| rest);
    let text = format!("v=spf1 {wanted} {rest}");
    let finding = Finding::fault(CHECK, what).remedy(
        "publish the record below instead; or, where the relay sends from elsewhere, set GAZETTE_RELAY_SPF to what its operator wants in the record",
    );
    (finding, Some(Record::new(domain, text.trim_end(), false)))
}

fn unknown(domain: &str, verdict: &Verdict) -> Finding {
    let why = match verdict {
        Verdict::Unknown(why) => why,
        _ => "no answer",
    };
    Finding::fault(
        CHECK,
        format!("the SPF record of `{domain}` cannot be looked up: {why}"),
    )
    .remedy("check the name server, then run the doctor again")
}

async fn verdict(case: &Case<'_>, domain: &str, ip: IpAddr) -> Verdict {
    let hello = case.app.settings.public_url.host();
    let sender = (case.office.from.local(), domain);
    Check::new(case.dns, ip, sender, &hello).run().await
}

/// The terms that a record needs for our relays.
fn wanted(case: &Case<'_>, sending: &Sending) -> String {
    let settings = &case.app.settings;
    let terms: Vec<String> = if settings.relay_spf.is_empty() {
        let hosts = settings.smtp_url.iter().map(|relay| relay.host.as_str());
        // A relay on this machine sends from it, and readers know it by the public URL's name.
        let own = if settings.public_url.is_loopback() {
            "mx".to_owned()
        } else {
            format!("a:{}", settings.public_url.host())
        };
        let mut terms: Vec<String> = hosts
            .map(|host| match host.parse::<IpAddr>() {
                Ok(ip) if ip.is_loopback() => own.clone(),
                Err(_) if host == "localhost" => own.clone(),
                Ok(ip) => RelaySpf::Address(ip).to_string(),
                Err(_) => format!("a:{host}"),
            })
            .collect();
        terms.dedup();
        terms
    } else {
        settings.relay_spf.iter().map(ToString::to_string).collect()
    };
    if terms.is_empty() && sending.addresses.is_empty() {
        return "mx".to_owned();
    }
    terms.join(" ")
}
