//! What all that looks into the DNS is given.

use crate::{app::App, dns::Dns, office::Office};

/// What is looked at.
pub(super) struct Case<'a> {
    pub app: &'a App,
    pub office: &'a Office,
    pub dns: &'a Dns,
    /// The signing domain, where we sign.
    pub signs_for: Option<String>,
}

impl Case<'_> {
    pub(super) fn author_domain(&self) -> &str {
        self.office.from.domain()
    }

    /// The domains of MAIL FROM: the bounce domain for newsletters, and for transactional mail From's.
    pub(super) fn return_domains(&self) -> Vec<&str> {
        let from = self.author_domain();
        let bounce = self.office.bounce_domain.as_deref();
        bounce
            .into_iter()
            .filter(|bounce| *bounce != from)
            .chain([from])
            .collect()
    }
}
