//! What all that looks into the DNS is given.

use crate::{address::EmailAddress, app::App, dns::Dns, office::Office};

/// What is looked at.
pub(super) struct Case<'a> {
    pub app: &'a App,
    pub office: &'a Office,
    pub dns: &'a Dns,
    /// The signing domain, where we sign.
    pub signs_for: Option<String>,
}

/// One domain that readers see in From, and the domains of MAIL FROM that go with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Author<'a> {
    pub from: &'a str,
    /// Each once, and never From's own.
    pub mail_from: Vec<&'a str>,
}

impl Case<'_> {
    /// Newsletters', and that of confirmations, invitations and notices where it is another one (P16).
    pub(super) fn authors(&self) -> Vec<Author<'_>> {
        let (from, notices_from) = (
            self.office.from.domain(),
            self.office.notices_from().domain(),
        );
        let (bounce, returns) = (self.office.bounce_domain.as_deref(), self.notice_returns());
        let mut authors = if notices_from == from {
            vec![Author {
                from,
                mail_from: bounce.into_iter().chain([returns]).collect(),
            }]
        } else {
            vec![
                Author {
                    from,
                    mail_from: bounce.into_iter().collect(),
                },
                Author {
                    from: notices_from,
                    mail_from: vec![returns],
                },
            ]
        };
        for author in &mut authors {
            author.mail_from.retain(|domain| *domain != author.from);
            author.mail_from.dedup();
        }
        authors
    }

    /// The domains of MAIL FROM, each once, and newsletters' From also where they have another.
    pub(super) fn return_domains(&self) -> Vec<&str> {
        let bounce = self.office.bounce_domain.as_deref();
        let all = [self.office.from.domain(), self.notice_returns()];
        let mut domains: Vec<&str> = Vec::new();
        for domain in bounce.into_iter().chain(all) {
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        domains
    }

    fn notice_returns(&self) -> &str {
        let own = self.office.notice_return_path.as_ref();
        own.map(EmailAddress::domain)
            .or(self.office.bounce_domain.as_deref())
            .unwrap_or(self.office.notices_from().domain())
    }
}
