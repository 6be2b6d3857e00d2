//! What a DMARC or TLS report says, in one shape: who reports, on which domain, and of each sender how
//! many mails proved to be the office's.
//!
//! A report is somebody's word: it changes nothing for any subscriber, and is only ever shown.

use std::collections::BTreeMap;

use sea_orm::{DeriveActiveEnum, EnumIter};

/// Characters of a name or a domain that are kept.
const NAME_CHARACTERS: usize = 200;

/// Senders of one report that are kept, those of the most mails.
const SENDERS: usize = 200;

/// More mails than one report can mean.
const MOST_MAILS: i64 = 1_000_000_000;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum ReportKind {
    /// A DMARC aggregate report: whose mail came in the domain's name.
    Dmarc,
    /// A TLS report: how safe the connections to the domain's mail servers were.
    Tls,
}

/// How it went for one sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum ReportOutcome {
    /// DMARC: neither SPF nor DKIM showed that the mail is the domain's.
    Unaligned,
    /// DMARC: SPF alone did; a forwarded mail loses that.
    SpfOnly,
    /// DMARC: DKIM alone did.
    DkimOnly,
    /// DMARC: both did.
    Aligned,
    /// TLS: the connection was not safe.
    Insecure,
    /// TLS: it was.
    Secure,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderReport {
    /// Which of the two it is.
    pub kind: ReportKind,
    /// Who reports.
    pub reporter: String,
    /// The reporter's own number for it.
    pub number: String,
    /// The domain that it is about, in lower case.
    pub domain: String,
    /// From when, in milliseconds.
    pub begins_at: i64,
    /// Until when, in milliseconds.
    pub ends_at: i64,
    /// The senders: those that proved nothing first, then those of the most mails.
    pub senders: Vec<ReportedSender>,
}

/// One sender, and how its mails fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedSender {
    /// DMARC: the IP address that sent. TLS: the mail server that was connected to.
    pub source: String,
    /// Mails, or connections.
    pub count: i64,
    /// How it went.
    pub outcome: ReportOutcome,
    /// What there was of proof, or what was wrong, in words.
    pub words: String,
    /// DMARC: what the receiver did: delivered, put in the spam folder, refused.
    pub treated: String,
}

impl SenderReport {
    /// The same lines as one, and no more than are kept.
    pub(super) fn gathered(mut self) -> Self {
        type Same = (ReportOutcome, String, String, String);
        let mut by_line: BTreeMap<Same, i64> = BTreeMap::new();
        for sender in self.senders {
            let same = (
                sender.outcome,
                name(&sender.source),
                sender.words,
                sender.treated,
            );
            let count = by_line.entry(same).or_default();
            *count = count.saturating_add(sender.count).min(MOST_MAILS);
        }
        let mut senders: Vec<ReportedSender> = by_line
            .into_iter()
            .map(
                |((outcome, source, words, treated), count)| ReportedSender {
                    source,
                    count,
                    outcome,
                    words,
                    treated,
                },
            )
            .collect();
        senders.sort_by_key(|sender| (sender.outcome, std::cmp::Reverse(sender.count)));
        senders.truncate(SENDERS);
        self.senders = senders;
        self.reporter = name(&self.reporter);
        self.number = name(&self.number);
        self.domain = name(&self.domain).trim_end_matches('.').to_lowercase();
        self
    }

    fn count(&self, outcomes: &[ReportOutcome]) -> i64 {
        let of_them = self
            .senders
            .iter()
            .filter(|sender| outcomes.contains(&sender.outcome));
        of_them.fold(0, |sum: i64, sender| sum.saturating_add(sender.count))
    }

    /// The report in a sentence or two, for staff.
    pub(super) fn in_words(&self) -> String {
        use ReportOutcome::{Aligned, DkimOnly, Insecure, Secure, SpfOnly, Unaligned};
        let about = format!("by {} on {}", self.reporter, self.domain);
        match self.kind {
            ReportKind::Dmarc => {
                let (proved, unproved) = (
                    self.count(&[Aligned, SpfOnly, DkimOnly]),
                    self.count(&[Unaligned]),
                );
                let outcome = if unproved == 0 {
                    "all of them proved to be yours.".to_owned()
                } else {
                    format!(
                        "{unproved} did not prove to be yours: somebody else sends in your name, or one of your own senders is not set up."
                    )
                };
                format!(
                    "A DMARC report {about}: it saw {} in your name; {outcome}",
                    mails(proved.saturating_add(unproved))
                )
            }
            ReportKind::Tls => {
                let (safe, failed) = (self.count(&[Secure]), self.count(&[Insecure]));
                let outcome = if failed == 0 {
                    "all of them were safe.".to_owned()
                } else {
                    format!("{failed} failed.")
                };
                let all = safe.saturating_add(failed);
                let connections = if all == 1 {
                    "connection"
                } else {
                    "connections"
                };
                format!(
                    "A TLS report {about}: of {all} {connections} to your mail servers {outcome}"
                )
            }
        }
    }
}

fn mails(count: i64) -> String {
    format!("{count} mail{}", if count == 1 { "" } else { "s" })
}

/// Somebody else's name: one line, no longer than a page can show.
pub(super) fn name(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars()
        .filter(|c| !c.is_control())
        .take(NAME_CHARACTERS)
        .collect()
}

/// A number of mails as a report writes it.
pub(super) fn number_of_mails(text: &str) -> i64 {
    text.trim()
        .parse()
        .map_or(0, |number: i64| number.clamp(0, MOST_MAILS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_very_many_senders_keeps_what_staff_must_see() {
        let sender = |number: i64, outcome| ReportedSender {
            source: format!("198.51.100.{number}"),
            count: number,
            outcome,
            words: String::new(),
            treated: String::new(),
        };
        let mut senders: Vec<ReportedSender> = (1..=1_000)
            .map(|n| sender(n, ReportOutcome::Aligned))
            .collect();
        senders.push(sender(1, ReportOutcome::Unaligned));
        senders.push(sender(1, ReportOutcome::Unaligned));
        senders.push(ReportedSender {
            count: i64::MAX,
            ..sender(2, ReportOutcome::Unaligned)
        });
        let report = SenderReport {
            kind: ReportKind::Dmarc,
            reporter: " Mail\r\nbox\u{0} Inc. ".to_owned(),
            number: "1".repeat(10_000),
            domain: "Office.EXAMPLE.".to_owned(),
            begins_at: 0,
            ends_at: 0,
            senders,
        }
        .gathered();
        assert_eq!(report.senders.len(), SENDERS);
        assert_eq!(report.senders[0].count, MOST_MAILS);
        assert_eq!(report.senders[1].count, 2);
        assert_eq!(report.senders[2].count, 1_000);
        assert_eq!(report.reporter, "Mail box Inc.");
        assert_eq!(report.number.len(), NAME_CHARACTERS);
        assert_eq!(report.domain, "office.example");
        assert!(report.in_words().contains("did not prove to be yours"));
    }
}
