//! Whether what readers see as the sender is what signs the mail and takes its returns (P1): where they
//! belong to different organisations, DMARC fails, and mailbox providers refuse everybody's copy. Mail that
//! is no newsletter may have a sender and a return path of its own (P16), which are held to the same.

use super::{
    check_result::{
        Check,
        Severity::{Blocking, Ok},
    },
    rules::registered,
};
use crate::{address::EmailAddress, office::Office};

/// Compares the domains as they are set; whether their records are published, `gazette doctor` says.
pub(super) fn of_office(office: &Office, dkim_domain: Option<&str>) -> Check {
    let notices = office.notices_from().domain();
    sender(&Domains {
        from: office.complete.then(|| office.from.domain()),
        bounce: office.bounce_domain.as_deref(),
        dkim: dkim_domain,
        notices: (notices != office.from.domain()).then_some(notices),
        notice_returns: office.notice_return_path.as_ref().map(EmailAddress::domain),
    })
}

/// The domains in what is mailed.
#[derive(Debug, Clone, Copy, Default)]
struct Domains<'a> {
    /// `None`: the office has no sender yet.
    from: Option<&'a str>,
    /// Of the return paths of newsletters, and of other mail that has none of its own.
    bounce: Option<&'a str>,
    /// Signs all mail. `None`: the relay does.
    dkim: Option<&'a str>,
    /// Of the sender of mail that is no newsletter, where it has one of its own.
    notices: Option<&'a str>,
    /// Of the return path of that mail, where it has one of its own.
    notice_returns: Option<&'a str>,
}

const DKIM: &str = "GAZETTE_DKIM_DOMAIN (the person who runs Gazette sets it)";
const BOUNCES: &str = "“Domain for returned mail” under Settings";
const NOTICE_RETURNS: &str = "“Address for returns of other mails” under Settings";

fn sender(domains: &Domains<'_>) -> Check {
    let check = |severity, says: String| Check::new("sender", "Sender", severity, says);
    let Some(from) = domains.from else {
        let says = "The office’s name, sender address or postal address is not set, so nothing can be mailed. \
                    An admin can set them under Settings.";
        return check(Blocking, says.to_owned());
    };
    let newsletters = strange(
        from,
        [
            ("the DKIM signature", DKIM, domains.dkim),
            ("the return path", BOUNCES, domains.bounce),
        ],
    );
    if !newsletters.is_empty() {
        return check(
            Blocking,
            format!(
                "Readers see {from} as the sender, and mailbox providers refuse mail that another organisation signs or takes back."
            ),
        )
        .with(newsletters);
    }
    let noticing = domains.notices.unwrap_or(from);
    let returns = match domains.notice_returns {
        Some(own) => (NOTICE_RETURNS, Some(own)),
        None => (BOUNCES, domains.bounce),
    };
    let notices = strange(
        noticing,
        [
            ("their DKIM signature", DKIM, domains.dkim),
            ("their return path", returns.0, returns.1),
        ],
    );
    if !notices.is_empty() {
        return check(
            Blocking,
            format!(
                "Confirmations, invitations and notices come from {noticing}, and mailbox providers refuse mail that another organisation signs or takes back: nobody could sign up. Their sender stands under Settings as “Sender address of other mails”."
            ),
        )
        .with(notices);
    }
    check(Ok, format!("Everything is of {}.", registered(from)))
}

/// What is of another organisation than `from`, and how that is changed.
fn strange(from: &str, others: [(&str, &str, Option<&str>); 2]) -> Vec<String> {
    let organisation = registered(from);
    others
        .into_iter()
        .filter_map(|(what, setting, domain)| {
            let domain = domain.filter(|domain| registered(domain) != organisation)?;
            Some(format!("{what} is of {domain}; change it by {setting}"))
        })
        .collect()
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
            (None, None, Some("relay.example"), Severity::Blocking),
        ] {
            let check = sender(&Domains {
                from,
                bounce,
                dkim,
                ..Domains::default()
            });
            assert_eq!(check.severity, severity, "{from:?} {bounce:?} {dkim:?}");
            let names_others = severity == Severity::Blocking && from.is_some();
            assert_eq!(check.details.is_empty(), !names_others);
        }
    }

    #[test]
    fn p1_the_stream_of_confirmations_and_notices_is_held_to_the_same() {
        for (notices, notice_returns, dkim, wrong) in [
            (
                Some("mail.doe.gov"),
                Some("bounce.doe.gov"),
                Some("doe.gov"),
                None,
            ),
            (None, Some("bounce.doe.gov"), None, None),
            (
                Some("doe.example"),
                None,
                Some("doe.gov"),
                Some("DKIM_DOMAIN"),
            ),
            // Its returns go to the domain of the newsletters' where it has none of its own.
            (
                Some("doe.example"),
                None,
                None,
                Some("Domain for returned mail"),
            ),
            (Some("doe.example"), Some("doe.example"), None, None),
            (
                None,
                Some("relay.example"),
                Some("doe.gov"),
                Some("Address for returns"),
            ),
        ] {
            let check = sender(&Domains {
                from: Some("doe.gov"),
                bounce: Some("bounce.doe.gov"),
                dkim,
                notices,
                notice_returns,
            });
            let severity = wrong.map_or(Severity::Ok, |_| Severity::Blocking);
            assert_eq!(check.severity, severity, "{notices:?} {notice_returns:?}");
            let details = check.details.join("\n");
            assert!(details.contains(wrong.unwrap_or_default()), "{details}");
            assert_eq!(
                wrong.is_some(),
                check.says.contains("Sender address of other mails"),
                "{}",
                check.says
            );
        }
    }

    #[tokio::test]
    async fn p1_what_the_office_sets_for_its_notices_blocks_its_newsletters() {
        let (app, _folder) = crate::delivery::testing::app(crate::clock::Clock::system()).await;
        crate::test_data::office(&app).await;
        let severity = async || {
            let office = Office::load(&app.db).await.unwrap();
            of_office(&office, None).severity
        };
        assert_eq!(severity().await, Severity::Ok);
        let settings = [("notice-return-path", "returns@relay.example")];
        Office::set_all(&app.db, "operator", &settings, 0)
            .await
            .unwrap();
        assert_eq!(severity().await, Severity::Blocking);
    }
}
