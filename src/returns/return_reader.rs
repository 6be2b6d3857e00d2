//! Reads one mail that came back.

use std::borrow::Cow;

use mail_parser::MessageParser;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

use super::{
    authentication_reports, auto_reply,
    auto_reply::AutoReply,
    bounce::{self, Decision},
    delivery_status::{self, RecipientStatus},
    feedback::{self, Feedback, FeedbackType},
    marks::ReturnMarks,
    notice,
    opened::Opened,
    sender_report::SenderReport,
    signs,
};
use crate::{
    delivery::reply_class::{ReplyAction, ReplyClass},
    secret::Keys,
};

/// A mail beyond this is set aside unread: no return has such a size.
pub const LONGEST_MAIL_OCTETS: usize = 10 * 1024 * 1024;

/// What a mail that came back is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "kebab-case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum ReturnKind {
    /// It did not arrive.
    Bounce,
    /// It is still being tried.
    Delay,
    /// The reader called it spam.
    Complaint,
    /// The reader wants to leave.
    Unsubscribe,
    /// A machine answered.
    AutoReply,
    /// A person answered.
    Reply,
    /// A DMARC or TLS report, or the notice that something arrived.
    Report,
    /// None of these, or of a form that is not known.
    Unknown,
}

/// What was read of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedRecipient {
    /// The address that we mailed, as far as the return says.
    pub address: Option<String>,
    /// What the other side said.
    pub diagnosis: String,
    /// The enhanced status code.
    pub status: Option<String>,
    /// What is the matter.
    pub class: Option<ReplyClass>,
    /// What is to be done.
    pub action: ReplyAction,
    /// Why, in words for staff.
    pub why: String,
}

/// What was read of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it is.
    pub kind: ReturnKind,
    /// Whom it is about: at least one, the most telling first.
    pub recipients: Vec<ReturnedRecipient>,
    /// The marks of ours that it carries, not yet verified.
    pub marks: ReturnMarks,
    /// Who sent it.
    pub from: Option<String>,
    /// Its subject.
    pub subject: String,
    /// Its Message-ID, which tells a mail that was read before.
    pub message_id: Option<String>,
    /// What a DMARC or TLS report says.
    pub report: Option<SenderReport>,
}

impl Reading {
    fn new(kind: ReturnKind, opened: &Opened, recipients: Vec<ReturnedRecipient>) -> Self {
        Self {
            kind,
            recipients,
            marks: ReturnMarks::of(opened),
            from: opened
                .headers
                .get("from")
                .and_then(super::returned_addresses::first_in),
            subject: super::opened::cut(opened.headers.get("subject").unwrap_or_default(), 500)
                .to_owned(),
            message_id: opened
                .headers
                .get("message-id")
                .map(|id| super::opened::cut(id, 500).to_owned()),
            report: None,
        }
    }

    fn single(
        kind: ReturnKind,
        opened: &Opened,
        address: Option<String>,
        action: ReplyAction,
        why: &str,
    ) -> Self {
        let recipient = ReturnedRecipient {
            address,
            diagnosis: String::new(),
            status: None,
            class: None,
            action,
            why: why.to_owned(),
        };
        Self::new(kind, opened, vec![recipient])
    }

    /// The most telling recipient.
    #[must_use]
    pub fn first(&self) -> &ReturnedRecipient {
        &self.recipients[0]
    }

    /// What it says of the reader whom a mark of ours proved. A list or an alias that passed our mail on
    /// may report on several, and what one of them has lost is not the reader's: where none is the
    /// reader by name and they fare differently, the mildest of them counts.
    #[must_use]
    pub fn about(&self, is_reader: impl Fn(&str) -> bool) -> &ReturnedRecipient {
        let named =
            |recipient: &&ReturnedRecipient| recipient.address.as_deref().is_some_and(&is_reader);
        let mildest = || {
            self.recipients
                .iter()
                .find(|recipient| recipient.action != ReplyAction::Suppress)
        };
        self.recipients
            .iter()
            .find(named)
            .or_else(mildest)
            .unwrap_or_else(|| self.first())
    }

    /// The newsletter that the marks name, for showing only: with the secret key one that it made, without
    /// it what a mark of the old kind says, whoever made it. `None` also for mail that is no newsletter.
    #[must_use]
    pub fn claimed_newsletter(&self, keys: Option<&Keys>) -> Option<i64> {
        let link = match keys {
            Some(keys) => self.marks.made_with(keys).next(),
            None => self.marks.claimed(),
        };
        link.map(|link| link.newsletter)
            .filter(|newsletter| *newsletter > 0)
    }
}

/// Reads a mail, in any line ends. It never fails: what cannot be read is [`ReturnKind::Unknown`],
/// and says why.
#[must_use]
pub fn read(mail: &[u8]) -> Reading {
    if mail.len() > LONGEST_MAIL_OCTETS {
        let why = "This mail is longer than 10 MB. It was not read.";
        return Reading::single(
            ReturnKind::Unknown,
            &Opened::default(),
            None,
            ReplyAction::Ignore,
            why,
        );
    }
    let mail = with_whole_line_ends(without_envelope_line(mail));
    match MessageParser::default().parse(mail.as_ref()) {
        Some(message) => {
            let opened = Opened::new(&message);
            read_opened(&opened)
        }
        None => Reading::single(
            ReturnKind::Unknown,
            &Opened::default(),
            None,
            ReplyAction::Ignore,
            "This is no mail: it has no headers.",
        ),
    }
}

/// mbox and pipes put a line `From sender date` before the headers.
fn without_envelope_line(mail: &[u8]) -> &[u8] {
    let mail = mail.trim_ascii_start();
    if !mail.starts_with(b"From ") && !mail.starts_with(b">From ") {
        return mail;
    }
    let end = mail.iter().position(|byte| *byte == b'\n');
    end.map_or(mail, |end| &mail[end + 1..])
}

/// Old systems end lines by CR alone, and pipes on Windows make CR CR LF of CR LF: what such a mail says
/// is read all the same.
fn with_whole_line_ends(mail: &[u8]) -> Cow<'_, [u8]> {
    if !mail.contains(&b'\n') && mail.contains(&b'\r') {
        let lines = mail
            .iter()
            .map(|byte| if *byte == b'\r' { b'\n' } else { *byte });
        return Cow::Owned(lines.collect());
    }
    if !mail.windows(3).any(|three| three == b"\r\r\n") {
        return Cow::Borrowed(mail);
    }
    let mut whole = Vec::with_capacity(mail.len());
    for byte in mail {
        if *byte == b'\n' {
            while whole.last() == Some(&b'\r') {
                whole.pop();
            }
        }
        whole.push(*byte);
    }
    Cow::Owned(whole)
}

#[expect(
    clippy::too_many_lines,
    reason = "one kind of return after the other, in the order of evidence"
)]
fn read_opened(opened: &Opened) -> Reading {
    if let Some(report) = &opened.feedback_report {
        return complaint(opened, feedback::parse(report));
    }
    if let Some(report) = &opened.delivery_status {
        let statuses = delivery_status::parse(report);
        if !statuses.is_empty() {
            return delivery_report(opened, &statuses);
        }
    }
    if opened.disposition.is_some() {
        // Dovecot and Sieve refuse by a notice of disposition (RFC 5429 §2.1): a full mailbox, a user
        // who is gone.
        let words = opened.notice.to_lowercase();
        if words.contains("automatically rejected") {
            return free_form_bounce(opened, "", &words);
        }
        return auto_replied(opened, AutoReply::Receipt);
    }
    if authentication_reports::is_one(opened) {
        return authentication_report(opened);
    }
    if !opened.is_delivery_report
        && !signs::is_from_daemon(opened)
        && let Some(feedback) = feedback::without_report(&opened.original)
    {
        return complaint(opened, feedback);
    }
    let subject = opened
        .headers
        .get("subject")
        .unwrap_or_default()
        .to_lowercase();
    let words = opened.notice.to_lowercase();
    let from_daemon = signs::is_from_daemon(opened) || opened.is_delivery_report;
    let null_path = signs::has_null_return_path(opened);
    let failed = opened.headers.get("x-failed-recipients").is_some();
    let machine = auto_reply::is_marked(opened);
    let bounce_shaped = failed
        || from_daemon
            && (signs::says_failure(&subject)
                || signs::says_failure(&words)
                || signs::says_delay(&subject, &words))
        || null_path && !machine && (signs::says_failure(&subject) || signs::says_failure(&words));
    if bounce_shaped && !(auto_reply::sounds_like_one(&subject, "") && !failed && !from_daemon) {
        return free_form_bounce(opened, &subject, &words);
    }
    if machine || auto_reply::sounds_like_one(&subject, &words) {
        return auto_replied(opened, auto_reply::which(&subject, &words));
    }
    // Neither headers nor sender tell: only a subject that says so, and a reason that is understood, or
    // the same said again of an address that stands alone on its line.
    // What a person answers or passes on is theirs, whatever the subject of ours said.
    let is_answer = ["in-reply-to", "references"]
        .iter()
        .any(|name| opened.headers.get(name).is_some())
        || signs::is_answer(&subject);
    if signs::says_failure(&subject) && !is_answer {
        let reading = free_form_bounce(opened, &subject, &words);
        let understood = reading
            .first()
            .class
            .is_some_and(|class| class != ReplyClass::Undetermined);
        if understood || signs::says_failure(&words) && names_plainly(opened) {
            return reading;
        }
    }
    if null_path && !from_daemon && auto_reply::is_automatic(opened) {
        return auto_replied(opened, AutoReply::Program);
    }
    if from_daemon || null_path {
        let reading = free_form_bounce(opened, &subject, &words);
        if reading
            .first()
            .class
            .is_some_and(|class| class != ReplyClass::Undetermined)
        {
            return reading;
        }
        let why = "Sent by a mail system, in a form that is not known. Nothing changes; please look at it.";
        return Reading::single(ReturnKind::Unknown, opened, None, ReplyAction::Ignore, why);
    }
    if ReturnMarks::of(opened).unsubscribe_token.is_some() {
        let why = "Sent to the address that unsubscribes.";
        let from = opened
            .headers
            .get("from")
            .and_then(super::returned_addresses::first_in);
        return Reading::single(
            ReturnKind::Unsubscribe,
            opened,
            from,
            ReplyAction::Suppress,
            why,
        );
    }
    let from = opened
        .headers
        .get("from")
        .and_then(super::returned_addresses::first_in);
    if auto_reply::is_automatic(opened) {
        return auto_replied(opened, AutoReply::Program);
    }
    if from.is_some() {
        let why = "Written by a person. It is passed on to the office; nothing changes.";
        return Reading::single(ReturnKind::Reply, opened, from, ReplyAction::Ignore, why);
    }
    let why = "Nothing in it is known. Nothing changes; please look at it.";
    Reading::single(ReturnKind::Unknown, opened, None, ReplyAction::Ignore, why)
}

fn authentication_report(opened: &Opened) -> Reading {
    let report = authentication_reports::read(opened);
    let why = match &report {
        Ok(report) => format!("{} Nothing changes for any subscriber.", report.in_words()),
        Err(fault) => format!(
            "A report on mail in the office’s name (DMARC or TLS) that cannot be read: {fault}. Nothing changes."
        ),
    };
    let ignore = ReplyAction::Ignore;
    let mut reading = Reading::single(ReturnKind::Report, opened, None, ignore, &why);
    reading.report = report.ok();
    reading
}

fn auto_replied(opened: &Opened, which: AutoReply) -> Reading {
    let from = opened
        .headers
        .get("from")
        .and_then(super::returned_addresses::first_in);
    Reading::single(
        ReturnKind::AutoReply,
        opened,
        from,
        ReplyAction::Ignore,
        which.explanation(),
    )
}

fn complaint(opened: &Opened, feedback: Feedback) -> Reading {
    let kind = match feedback.kind {
        FeedbackType::Abuse => ReturnKind::Complaint,
        FeedbackType::OptOut => ReturnKind::Unsubscribe,
        FeedbackType::NotSpam | FeedbackType::AuthenticationFailure => ReturnKind::Report,
        FeedbackType::Other => ReturnKind::Unknown,
    };
    let to = || {
        opened
            .original
            .get("to")
            .and_then(super::returned_addresses::first_in)
    };
    let address = feedback.recipient.or_else(to);
    let mut reading = Reading::single(
        kind,
        opened,
        address,
        feedback.kind.action(),
        feedback.kind.explanation(),
    );
    reading.recipients[0].diagnosis = feedback.named;
    reading
}

fn delivery_report(opened: &Opened, statuses: &[RecipientStatus]) -> Reading {
    let all = notice::named(&opened.notice, |address| is_our_own(opened, address));
    let mut recipients: Vec<(u8, ReturnedRecipient)> = Vec::new();
    let mut kinds = [0_u32; 3];
    for status in statuses {
        let address = status
            .original_recipient
            .clone()
            .or_else(|| status.final_recipient.clone());
        let named = [&status.final_recipient, &status.original_recipient]
            .into_iter()
            .flatten()
            .find_map(|address| {
                all.iter()
                    .find(|named| named.address.eq_ignore_ascii_case(address))
            })
            .or_else(|| (statuses.len() == 1).then(|| all.first()).flatten());
        let section = named.map_or("", |named| notice::section(&opened.notice, named, &all));
        let mut decision = bounce::by_report(status, section, &opened.notice);
        let order = match status.action.as_str() {
            "delivered" | "relayed" | "expanded" => 2,
            "delayed" => 1,
            // Some systems send their warnings as "failed" with a code for now, and say so in words.
            _ => u8::from(
                decision
                    .status
                    .as_deref()
                    .is_some_and(|status| status.starts_with('4'))
                    && signs::says_delay(
                        &opened
                            .headers
                            .get("subject")
                            .unwrap_or_default()
                            .to_lowercase(),
                        &opened.notice.to_lowercase(),
                    ),
            ),
        };
        match order {
            2 => (decision.class, decision.action) = (ReplyClass::Delivered, ReplyAction::Ignore),
            1 => decision.action = ReplyAction::Retry,
            _ => {}
        }
        kinds[usize::from(order)] += 1;
        let address = address.or_else(|| recipient_by_other_evidence(opened, &all));
        recipients.push((order, returned(address, decision)));
    }
    recipients.sort_by_key(|(order, _)| *order);
    let kind = match kinds {
        [0, 0, _] => ReturnKind::Report,
        [0, ..] => ReturnKind::Delay,
        _ => ReturnKind::Bounce,
    };
    Reading::new(
        kind,
        opened,
        recipients
            .into_iter()
            .map(|(_, recipient)| recipient)
            .collect(),
    )
}

fn free_form_bounce(opened: &Opened, subject: &str, words: &str) -> Reading {
    let all = notice::named(&opened.notice, |address| is_our_own(opened, address));
    let delayed = signs::says_delay(subject, words);
    let failed: Vec<String> = opened
        .headers
        .all("x-failed-recipients")
        .flat_map(|value| {
            super::returned_addresses::all_in(value)
                .map(|(_, address)| address)
                .take(1_000)
        })
        .take(1_000)
        .collect();
    let mut targets: Vec<Option<String>> = failed.into_iter().map(Some).collect();
    if targets.is_empty() {
        targets.extend(
            all.iter()
                .filter(|named| named.plainness >= notice::ALONE)
                .map(|named| Some(named.address.clone())),
        );
    }
    if targets.is_empty() {
        targets.push(recipient_by_other_evidence(opened, &all));
    }
    let recipients = targets
        .into_iter()
        .map(|address| {
            let named = address.as_ref().and_then(|address| {
                all.iter()
                    .find(|named| named.address.eq_ignore_ascii_case(address))
            });
            let mut decision = bounce::by_notice(opened, named, &all);
            if delayed {
                decision.action = ReplyAction::Retry;
            }
            returned(address, decision)
        })
        .collect();
    let kind = if delayed {
        ReturnKind::Delay
    } else {
        ReturnKind::Bounce
    };
    Reading::new(kind, opened, recipients)
}

/// Whether an address stands alone on its line.
fn names_plainly(opened: &Opened) -> bool {
    notice::named(&opened.notice, |address| is_our_own(opened, address))
        .first()
        .is_some_and(|named| named.plainness >= notice::ALONE)
}

fn returned(address: Option<String>, decision: Decision) -> ReturnedRecipient {
    let why = if decision.source.is_empty() {
        decision.class.explanation().to_owned()
    } else {
        format!("{} ({})", decision.class.explanation(), decision.source)
    };
    ReturnedRecipient {
        address,
        diagnosis: decision.diagnosis,
        status: decision.status,
        class: Some(decision.class),
        action: decision.action,
        why,
    }
}

/// B5: behind the report's own fields come the headers that came back, then the notice's words. An
/// address that stands alone on its line is as good as a field.
fn recipient_by_other_evidence(opened: &Opened, all: &[notice::Named]) -> Option<String> {
    let plain = all.first().filter(|named| named.plainness >= notice::ALONE);
    let from_headers = || {
        [
            "x-failed-recipients",
            "to",
            "x-original-to",
            "envelope-to",
            "delivered-to",
        ]
        .iter()
        .filter_map(|name| opened.original.get(name))
        .find_map(super::returned_addresses::first_in)
    };
    let from_words = || all.first().filter(|named| named.plainness > 0);
    plain
        .map(|named| named.address.clone())
        .or_else(|| {
            // A sentence that names the very address that the headers name is both.
            let to = from_headers()?;
            Some(to)
        })
        .or_else(|| from_words().map(|named| named.address.clone()))
}

/// Addresses in a notice that are ours: where it was sent to, and what the mail was sent from.
fn is_our_own(opened: &Opened, address: &str) -> bool {
    let mine = |headers: &super::opened::Headers, name: &str| {
        headers.get(name).is_some_and(|value| {
            super::returned_addresses::all_in(value)
                .take(5)
                .any(|(_, found)| found.eq_ignore_ascii_case(address))
        })
    };
    mine(&opened.headers, "to")
        || mine(&opened.headers, "delivered-to")
        || mine(&opened.headers, "from")
        || mine(&opened.original, "from")
        || mine(&opened.original, "return-path")
}
