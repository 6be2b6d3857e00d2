//! What was found, and what is to be published.

use std::fmt::Write;

use serde::Serialize;

use crate::delivery::smtp::SaidLine;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Mail goes, but not as well as it could; or it cannot be seen from here.
    Warning,
    /// Mail does not go, or mailbox providers will refuse it.
    Fault,
}

impl Level {
    /// As it is printed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about: `dkim`, `spf`, `relay` …
    pub check: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What it is.
    pub what: String,
    /// What to do, where there is something to do.
    pub remedy: Option<String>,
    /// The same for staff, where they can do it themselves on a page of the console.
    #[serde(skip)]
    pub on_page: Option<OnPage>,
}

/// A finding as staff read it, who have no terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnPage {
    /// What it is.
    pub what: String,
    /// What the link says that leads to where it is done.
    pub label: &'static str,
    /// The page.
    pub path: &'static str,
}

impl Finding {
    pub(super) fn new(check: &'static str, level: Level, what: impl Into<String>) -> Self {
        Self {
            check,
            level,
            what: what.into(),
            remedy: None,
            on_page: None,
        }
    }

    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Level::Ok, what)
    }

    pub(super) fn note(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Level::Note, what)
    }

    pub(super) fn warning(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Level::Warning, what)
    }

    /// Something that keeps mail from going or from being taken.
    pub fn fault(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Level::Fault, what)
    }

    /// Says what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says the same to staff, with the page on which they do something about it.
    #[must_use]
    pub(super) fn on_page(
        mut self,
        what: impl Into<String>,
        label: &'static str,
        path: &'static str,
    ) -> Self {
        self.on_page = Some(OnPage {
            what: what.into(),
            label,
            path,
        });
        self
    }
}

/// A TXT record that should stand in the DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Where, without a closing dot.
    pub name: String,
    /// The text in one piece, as the web forms of most registrars want it.
    pub text: String,
    /// The line of a zone file: quoted, in pieces of 255 octets at most (RFC 1035 §3.3.14).
    pub zone: String,
    /// Whether it stands there already.
    pub stands: bool,
}

impl Record {
    pub(super) fn new(name: impl Into<String>, text: impl Into<String>, stands: bool) -> Self {
        let (name, text) = (name.into(), text.into());
        let mut zone = format!("{name}. IN TXT");
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(255));
            let piece = piece.replace('\\', "\\\\").replace('"', "\\\"");
            // Writing to a String cannot fail.
            let _ = write!(zone, " \"{piece}\"");
            rest = behind;
        }
        Self {
            name,
            text,
            zone,
            stands,
        }
    }
}

/// Everything that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order in which it is read.
    pub findings: Vec<Finding>,
    /// What belongs into the DNS.
    pub publish: Vec<Record>,
    /// What was said with each relay.
    pub conversations: Vec<RelayConversation>,
}

/// What was said with a relay until it was ready for mail, or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayConversation {
    /// Its host and port.
    pub relay: String,
    /// Why no mail can go to it; `None`: it is ready for mail.
    pub failed: Option<String>,
    /// What was said; secrets are veiled.
    pub lines: Vec<SaidLine>,
}

impl Report {
    pub(super) fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// How many findings keep mail from going or from being taken.
    #[must_use]
    pub fn faults(&self) -> usize {
        let faults = self.findings.iter();
        faults
            .filter(|finding| finding.level == Level::Fault)
            .count()
    }

    /// Whether nothing does.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_record_is_cut_where_a_zone_file_must_cut_it() {
        let text = format!("v=DKIM1; k=rsa; p={}", "A".repeat(392));
        let record = Record::new("news._domainkey.example.gov", text.clone(), false);
        let pieces: Vec<&str> = record.zone.split('"').skip(1).step_by(2).collect();
        assert!(
            record
                .zone
                .starts_with("news._domainkey.example.gov. IN TXT \"v=DKIM1;")
        );
        assert_eq!(
            pieces.iter().map(|piece| piece.len()).collect::<Vec<_>>(),
            [255, 155]
        );
        assert_eq!(pieces.concat(), text);
    }
}
