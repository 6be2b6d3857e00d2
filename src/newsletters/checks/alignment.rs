//! Whether what readers see as the sender is what signs the mail and takes its returns (P1): where they
//! belong to different organisations, DMARC fails, and mailbox providers refuse everybody's copy.

use super::{
    check_result::{
        Check,
        Severity::{Blocking, Ok},
    },
    rules::registered,
};
use crate::office::Office;

/// Compares the domains as they are set; whether their records are published, `gazette doctor` says.
pub(super) fn of_office(office: &Office, dkim_domain: Option<&str>) -> Check {
    let from = office.complete.then(|| office.from.domain());
    sender(from, office.bounce_domain.as_deref(), dkim_domain)
}

fn sender(from: Option<&str>, bounce_domain: Option<&str>, dkim_domain: Option<&str>) -> Check {
    let check = |severity, says: String| Check::new("sender", "Sender", severity, says);
    let Some(from) = from else {
        let says = "The office has no sender address yet, so nothing can be mailed.";
        return check(Ok, says.to_owned());
    };
    let organisation = registered(from);
    let others = [
        ("the DKIM signature", "GAZETTE_DKIM_DOMAIN", dkim_domain),
        (
            "the return path",
            "`gazette office set bounce-domain=…`",
            bounce_domain,
        ),
    ];
    let strange: Vec<String> = others
        .into_iter()
        .filter_map(|(what, setting, domain)| {
            let domain = domain.filter(|domain| registered(domain) != organisation)?;
            Some(format!("{what} is of {domain}; change it by {setting}"))
        })
        .collect();
    if strange.is_empty() {
        return check(Ok, format!("Everything is of {organisation}."));
    }
    check(
        Blocking,
        format!(
            "Readers see {from} as the sender, and mailbox providers refuse mail that another organisation signs or takes back."
        ),
    )
    .with(strange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::newsletters::checks::Severity;

    #[test]
    fn p1_what_signs_and_what_takes_returns_belongs_to_froms_organisation() {
        for (from, bounce, dkim, severity) in [
            (
                Some("mail.doe.gov"),
                Some("bounce.doe.gov"),
                Some("doe.gov"),
                Severity::Ok,
            ),
            (Some("doe.gov"), None, None, Severity::Ok),
            (
                Some("doe.gov"),
                Some("bounces.relay.example"),
                Some("doe.gov"),
                Severity::Blocking,
            ),
            (
                Some("doe.gov"),
                None,
                Some("relay.example"),
                Severity::Blocking,
            ),
            (
                Some("doe.house.gov"),
                None,
                Some("senate.gov"),
                Severity::Blocking,
            ),
            (None, None, Some("relay.example"), Severity::Ok),
        ] {
            let check = sender(from, bounce, dkim);
            assert_eq!(check.severity, severity, "{from:?} {bounce:?} {dkim:?}");
            assert_eq!(check.details.is_empty(), severity == Severity::Ok);
        }
    }
}
