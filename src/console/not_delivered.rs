//! Whom a newsletter did not reach, grouped by the reason in plain words: ten of each stand on the page, and all
//! of them in a file.

use std::collections::BTreeMap;

use gazette_templates::pages::staff::{ExceptionGroup, ExceptionView};
use jiff::tz::TimeZone;

use super::{failure::Failure, frame::shown};
use crate::{
    address::{veil, veil_of},
    app::App,
    clock::Timestamp,
    csv_file::CsvFile,
    delivery::{self, Exception, reply_class::ReplyClass, smtp},
    delivery_state::DeliveryState,
    newsletters::{Counts, Newsletter, NewsletterState},
    office_time::near_time,
    rendering,
};

/// Rows of a group on the page.
const ROWS: usize = 10;
/// Deliveries of a state that are read to be grouped: a page waits for no more.
const GROUPED: u64 = 5_000;
/// Rows of the file for each state.
const CSV_ROWS: u64 = 100_000;

/// Why somebody did not get it, or not yet; in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    OwnServer,
    NoSuchAddress,
    MailboxFull,
    NotWanted,
    Refused,
    NotInTime,
    Unsaid,
    Retried,
    Left,
    Cancelled,
    Corrected,
    /// More than are read for a page.
    Unread,
}

impl Reason {
    fn of(exception: &Exception, newsletter: &Newsletter) -> Self {
        use ReplyClass::{
            Authentication, Blocked, Content, Delivered, Disabled, Expired, Greylisted,
            MailboxFull, MessageSize, Moved, Network, OnSuppressionList, Policy, Protocol, Rate,
            RecipientPolicy, SenderRejected, SendingAccount, SendingLimit, Spam, System,
            Undetermined, UnknownHost, UnknownUser,
        };
        match exception.state {
            "deferred" => return Self::Retried,
            "withdrawn" if !exception.never_sent => return Self::Left,
            "withdrawn" if newsletter.state == NewsletterState::Cancelled => {
                return Self::Cancelled;
            }
            "withdrawn" => return Self::Corrected,
            _ => {}
        }
        match smtp::class_on_record(exception.code.unsigned_abs(), &exception.words) {
            Some(UnknownUser | UnknownHost | Disabled | Moved) => Self::NoSuchAddress,
            Some(MailboxFull) => Self::MailboxFull,
            Some(OnSuppressionList | RecipientPolicy) => Self::NotWanted,
            Some(Spam | Blocked | Policy | MessageSize | Content) => Self::Refused,
            Some(Authentication | SenderRejected | SendingLimit | SendingAccount) => {
                Self::OwnServer
            }
            None | Some(Expired | Rate | Greylisted | System | Network) => Self::NotInTime,
            Some(Undetermined | Protocol | Delivered) => Self::Unsaid,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::OwnServer => {
                "Our own mail server or sender address was refused; the person who runs Gazette can mend it"
            }
            Self::NoSuchAddress => "There is no such address, or it was closed",
            Self::MailboxFull => "The mailbox is full",
            Self::NotWanted => "Their mail service takes no mail for this address",
            Self::Refused => "Their mail service refused this mail by a rule of its own",
            Self::NotInTime => "Their mail server did not take it in time",
            Self::Unsaid => "Refused, and nothing says why",
            Self::Retried => "Not yet: being retried",
            Self::Left => "Unsubscribed before delivery",
            Self::Cancelled => "Not sent: the newsletter was cancelled",
            Self::Corrected => "Not sent: a correction took its place",
            Self::Unread => "More, which only the file lists",
        }
    }

    /// The words of the page: with until when it is, or was, tried.
    fn told(self, newsletter: &Newsletter, now: Timestamp, zone: &TimeZone) -> String {
        let words = self.words();
        let until = newsletter.deadline_at.map(|at| near_time(at, now, zone));
        match (self, until) {
            (Self::Retried, Some(until)) => format!("{words} until {until}"),
            (Self::NotInTime, Some(until)) if newsletter.deadline_at <= Some(now) => {
                format!("{words}; we tried until {until}")
            }
            _ => words.to_owned(),
        }
    }
}

/// The groups of a newsletter's page; `veiled`: with the addresses in part.
pub async fn groups(
    app: &App,
    newsletter: &Newsletter,
    (counts, not_sent): (Counts, u64),
    zone: &TimeZone,
    veiled: bool,
) -> Result<Vec<ExceptionGroup>, Failure> {
    let mut groups: BTreeMap<Reason, (u64, Vec<ExceptionView>)> = BTreeMap::new();
    for (state, all) in states(counts) {
        if all == 0 {
            continue;
        }
        let mut read = 0;
        for exception in delivery::exceptions_in(app, newsletter.id, state, GROUPED).await? {
            read += 1;
            let (people, rows) = groups
                .entry(Reason::of(&exception, newsletter))
                .or_default();
            *people += 1;
            if rows.len() < ROWS {
                rows.push(row(exception, zone, veiled));
            }
        }
        if read < GROUPED || all <= read {
            continue;
        }
        // Why those of the other states did not get it is known without reading each.
        match state {
            DeliveryState::Withdrawn => {
                let stopped = if newsletter.state == NewsletterState::Cancelled {
                    Reason::Cancelled
                } else {
                    Reason::Corrected
                };
                for (reason, people) in [(stopped, not_sent), (Reason::Left, all - not_sent)] {
                    if people > 0 {
                        groups.entry(reason).or_default().0 = people;
                    }
                }
            }
            DeliveryState::Deferred => groups.entry(Reason::Retried).or_default().0 = all,
            _ => groups.entry(Reason::Unread).or_default().0 = all - read,
        }
    }
    Ok(groups
        .into_iter()
        .map(|(reason, (people, rows))| ExceptionGroup {
            words: reason.told(newsletter, app.clock.now(), zone),
            when: if reason == Reason::Retried {
                "Next try"
            } else {
                "When"
            },
            people,
            rows,
        })
        .collect())
}

fn states(counts: Counts) -> [(DeliveryState, u64); 3] {
    [
        (DeliveryState::Failed, counts.failed),
        (DeliveryState::Deferred, counts.deferred),
        (DeliveryState::Withdrawn, counts.withdrawn),
    ]
}

fn row(exception: Exception, zone: &TimeZone, veiled: bool) -> ExceptionView {
    let (words, email) = seen(&exception, veiled);
    ExceptionView {
        words,
        at: shown(exception.at, zone),
        email,
        relay: exception.relay,
        tls: exception.tls,
    }
}

/// What the mail server said, and the address: whole, or `veiled`.
fn seen(exception: &Exception, veiled: bool) -> (String, String) {
    let (words, email) = (said(exception), &exception.email);
    if veiled {
        (veil_of(&words, email), veil(email))
    } else {
        (words, email.clone())
    }
}

/// What the mail server said, with its code.
fn said(exception: &Exception) -> String {
    let words = exception.words.clone();
    match exception.code {
        0 => words,
        code if words.starts_with(&code.to_string()) => words,
        code => format!("{code} {words}"),
    }
}

const COLUMNS: [&str; 5] = ["email", "reason", "state", "at", "mail_server_said"];

/// All of them, as a file for a spreadsheet.
pub async fn csv(app: &App, newsletter: &Newsletter, veiled: bool) -> Result<Vec<u8>, Failure> {
    let mut file = CsvFile::new(Vec::new(), &COLUMNS)?;
    for (state, _) in states(Counts::default()) {
        let rows = delivery::exceptions_in(app, newsletter.id, state, CSV_ROWS).await?;
        let written = rendering::in_turn(|| {
            rows.iter().try_for_each(|exception| {
                let (words, email) = seen(exception, veiled);
                file.line([
                    email,
                    Reason::of(exception, newsletter).words().to_owned(),
                    exception.state.to_owned(),
                    exception.at.to_string(),
                    words,
                ])
            })
        });
        written.await??;
    }
    Ok(file.finish().map_err(csv::Error::from)?)
}
