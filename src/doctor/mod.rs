//! The doctor: whether what this instance sends will be taken, and what to do where it will not.
//!
//! Mailbox providers ask for SPF, DKIM and DMARC that agree with From (P1), for a name behind the
//! address that sends (P4) and for domains that answer (P15). All of that stands in the DNS, outside
//! of Gazette; so it is looked up here as a receiver would, and compared with what we send.
//!
//! * `keys`: DKIM keys and the records that publish them; `spf` and `authority`: who may send
//! * `dmarc`: the policy, and whether From agrees with the other two
//! * `domains`: where replies and bounces go; `addresses`: names of what sends
//! * `relays`, `site`, `clocks`, `office_checks`: the rest of what sending stands on
//!
//! Nothing here changes anything, and no relay is asked about an address (P12).

mod addresses;
mod authority;
mod case;
mod certificate;
mod clocks;
mod dmarc;
mod domains;
mod keys;
mod office_checks;
mod relays;
mod report;
mod site;
mod spf;
mod tags;
#[cfg(test)]
mod tests;

use sea_orm::DbErr;

use self::case::Case;
pub use self::report::{Finding, Level, Record, RelayConversation, Report};
use crate::{address::EmailAddress, app::App, delivery::dkim::Signer, dns::Dns, office::Office};

/// Looks at everything that sending stands on.
///
/// # Errors
/// Only when the database fails: whatever else is wrong is what the report is about.
pub async fn examine(app: &App) -> Result<Report, DbErr> {
    let office = Office::load(&app.db).await?;
    let mut report = Report::default();
    report.add(office_checks::examine(app, &office).await?);
    if office.from == EmailAddress::not_set() {
        report.add([Finding::note(
            "dns",
            "the DNS is looked at once the office's `from` is set",
        )]);
    } else {
        look_up(app, &office, &mut report).await;
    }
    let (relays, (site, clock)) = tokio::join!(relays::examine(app), site::examine(app));
    report.add(relays.findings);
    report.conversations = relays.conversations;
    let mut clocks = relays.readings;
    report.add(site);
    clocks.extend(clock);
    report.add(clocks::examine(app, clocks).await?);
    Ok(report)
}

/// What receivers of our mail find in the DNS.
async fn look_up(app: &App, office: &Office, report: &mut Report) {
    let dns = match Dns::new(app.settings.dns_server) {
        Ok(dns) => dns,
        Err(why) => {
            let what = format!("no name server can be asked: {why}");
            let remedy = "set GAZETTE_DNS_SERVER, or put one into /etc/resolv.conf";
            report.add([Finding::fault("dns", what).remedy(remedy)]);
            return;
        }
    };
    let signer = Signer::from_settings(&app.settings);
    let case = Case {
        app,
        office,
        dns: &dns,
        signs_for: match &signer {
            Ok(Some(signer)) => Some(signer.domain().to_owned()),
            _ => None,
        },
    };
    let (keys, authority, dmarc, domains, addresses) = tokio::join!(
        keys::examine(&case, signer),
        authority::examine(&case),
        dmarc::examine(&case),
        domains::examine(&case),
        addresses::examine(&case),
    );
    report.add(keys.0);
    report.add(authority.0);
    report.add(dmarc.0);
    report.add(domains);
    report.add(addresses);
    report.publish = [keys.1, authority.1, dmarc.1].concat();
}
