//! The domains in our mail: that they exist (P15) and take what comes back (S13).

use super::{case::Case, report::Finding};
use crate::dns::{Missing, NOBODY};

/// Looks at every domain in From and MAIL FROM, and at Reply-To's.
pub async fn examine(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let returns = case.return_domains();
    for domain in &returns {
        findings.push(zone(case, domain).await);
        findings.push(exchange(case, domain, "bounces").await);
    }
    let mut owners = returns;
    for author in case.authors() {
        if !owners.contains(&author.from) {
            findings.push(zone(case, author.from).await);
            findings.push(exchange(case, author.from, "answers").await);
            owners.push(author.from);
        }
    }
    if let Some(reply_to) = &case.office.reply_to
        && !owners.contains(&reply_to.domain())
    {
        findings.push(exchange(case, reply_to.domain(), "answers").await);
    }
    owners.extend(
        case.signs_for
            .as_deref()
            .filter(|domain| !owners.contains(domain)),
    );
    let boxes: Vec<String> = owners
        .iter()
        .map(|domain| format!("abuse@{domain} and postmaster@{domain}"))
        .collect();
    findings.push(Finding::note(
        "mailboxes",
        format!(
            "somebody must read {} (RFC 2142); that cannot be seen from here",
            boxes.join(", ")
        ),
    ));
    findings
}

/// Yahoo takes mail only from domains that answer with an SOA record, their own or their zone's.
async fn zone(case: &Case<'_>, domain: &str) -> Finding {
    const CHECK: &str = "soa";
    let mut name = domain;
    loop {
        match case.dns.soa(name).await {
            Ok(()) => return Finding::ok(CHECK, format!("`{domain}` stands in the zone `{name}`")),
            Err(Missing::Unknown(why)) => {
                return Finding::fault(
                    CHECK,
                    format!("the zone of `{domain}` cannot be looked up: {why}"),
                )
                .remedy("check the name servers of the domain");
            }
            Err(Missing::Name | Missing::Record) => {}
        }
        match name.split_once('.') {
            // A top-level domain's own zone would answer for every name.
            Some((_, above)) if above.contains('.') && psl::domain_str(above).is_some() => {
                name = above;
            }
            _ => {
                return Finding::fault(
                    CHECK,
                    format!("`{domain}` has no SOA record: it stands in no zone"),
                )
                .remedy("register the domain, or use one that is in the DNS");
            }
        }
    }
}

async fn exchange(case: &Case<'_>, domain: &str, what: &str) -> Finding {
    const CHECK: &str = "mx";
    let lost = |why: String| {
        Finding::fault(CHECK, why).remedy(format!(
            "publish MX records that take the mail of `{domain}`, or use another domain"
        ))
    };
    match case.dns.mx(domain).await {
        // RFC 7505 §4.2: receivers may refuse mail from a domain that takes none.
        Ok(hosts) if hosts.iter().any(|host| host == NOBODY) => lost(format!(
            "`{domain}` says that it takes no mail (null MX): {what} are lost, and receivers may refuse what we send"
        )),
        Ok(hosts) => Finding::ok(
            CHECK,
            format!("{what} to `{domain}` go to {}", hosts.join(", ")),
        ),
        Err(Missing::Unknown(why)) => Finding::warning(
            CHECK,
            format!("the MX records of `{domain}` cannot be looked up: {why}"),
        ),
        Err(_) => match case.dns.addresses(domain).await {
            // RFC 5321 §5.1: the host itself.
            Ok(_) => Finding::warning(
                CHECK,
                format!("`{domain}` has no MX record; {what} go to the host of that name"),
            )
            .remedy("publish an MX record if another host takes its mail"),
            Err(_) => lost(format!(
                "`{domain}` has neither MX nor address records: {what} are lost"
            )),
        },
    }
}
