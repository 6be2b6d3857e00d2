//! Classification: what a relay's reply means while we send, by stage, code, enhanced code and words.
//!
//! What it says is read from the one table ([`reply_class`](crate::delivery::reply_class)); here it is
//! decided whose matter that is. The line that counts: what the sender or the relay is at fault for
//! fails no reader, and what one reader is at fault for stops nobody else. A refusal that tells
//! neither is [`Scope::Unclear`], and `circuit_breaker` counts those.
//!
//! The order of the evidence: text that another host said, or that names the reader, is about the
//! reader; then what the words say of the sender, also beside a code of the mailbox where the relay
//! judges the message; then codes of address and mailbox; then all else.

use super::Reply;
use crate::delivery::reply_class::{
    self, AboutReader, ReplyClass, ReplyVerdict, Stage, Statement, Strength,
};

/// What became of one attempt, by the reply's first digit alone where the rest is unknown (RFC
/// 5321 §4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The relay has taken responsibility.
    Accepted,
    /// Try again later.
    Deferred,
    /// Never try this again as it is.
    Failed,
}

/// Whose matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This reader's address or mailbox.
    Recipient,
    /// The message itself: too large, malformed. Nobody will take it.
    Message,
    /// Our set-up: login, DKIM, SPF, DMARC, blocked. Going on would make it worse.
    Sender,
    /// What the relay lets this sender send in an hour or a day is used up.
    SenderQuota,
    /// The relay as such: busy, closing.
    Relay,
    /// A refusal that says neither: it may be the reader's, ours or the message's.
    Unclear,
}

/// Reads a reply to a message or its envelope.
#[must_use]
pub fn classify(reply: &Reply) -> (Verdict, Scope) {
    if reply.is_positive() {
        return (Verdict::Accepted, Scope::Recipient);
    }
    let about = reply_class::about_reader(&reply.words);
    let meaning = meaning(reply, &reply.words, about);
    if reply.is_refusal() && meaning.class == ReplyClass::SendingLimit {
        (Verdict::Deferred, Scope::SenderQuota)
    } else if (500..600).contains(&reply.code) {
        refusal(reply, meaning, about)
    } else if reply.is_refusal() && defers_sender(reply, meaning, about) {
        (Verdict::Deferred, Scope::Sender)
    } else {
        (Verdict::Deferred, deferral_scope(reply))
    }
}

/// What the table says of it. What is about the reader is not the relay's word about us.
fn meaning(reply: &Reply, words: &str, about: Option<AboutReader>) -> ReplyVerdict {
    reply_class::classify(&Statement {
        is_our_relay: about.is_none(),
        ..statement(reply, words)
    })
}

fn statement<'a>(reply: &Reply, words: &'a str) -> Statement<'a> {
    Statement {
        stage: reply.stage,
        code: Some(reply.code),
        enhanced: reply.enhanced,
        words,
        by: "",
        is_our_relay: true,
    }
}

/// Of a 4yz: whether it puts off the sender, whoever the message is for. Left alone, it would do so until
/// everybody's deadline has passed. A fault of the network, and what says that it will be over soon, is
/// none of the sender's.
fn defers_sender(reply: &Reply, meaning: ReplyVerdict, about: Option<AboutReader>) -> bool {
    let is_senders = match meaning.class {
        ReplyClass::SendingAccount => true,
        ReplyClass::Authentication | ReplyClass::SenderRejected => {
            meaning.strength == Strength::Words
                // RFC 3463 §3.2 and RFC 7372; other codes name the sender only because MAIL does.
                || matches!(reply.enhanced, Some((_, 1, 7 | 8) | (_, 7, 20..=27 | 29..=32 | 40 | 515)))
        }
        _ => false,
    };
    is_senders
        && about.is_none()
        && !matches!(reply.enhanced, Some((_, 3 | 4, _)))
        && !statement(reply, "").is_of_address()
        && !reply_class::says_it_passes(&reply.words)
}

/// Of any other 4yz, or of what is none: whose matter it is that we come again.
fn deferral_scope(reply: &Reply) -> Scope {
    match (reply.code, reply.enhanced) {
        (421 | 454, _) | (_, Some((_, 3 | 4, _))) => Scope::Relay,
        // MAIL names no reader yet.
        _ if reply.stage == Stage::Sender => Scope::Relay,
        (_, Some((_, 5, 3))) => Scope::Message,
        _ => Scope::Recipient,
    }
}

/// Of a 5yz.
fn refusal(reply: &Reply, meaning: ReplyVerdict, about: Option<AboutReader>) -> (Verdict, Scope) {
    use ReplyClass::{
        Authentication, Blocked, Content, Delivered, Disabled, Expired, Greylisted, MailboxFull,
        MessageSize, Moved, Network, OnSuppressionList, Policy, Protocol, Rate, RecipientPolicy,
        SenderRejected, SendingAccount, SendingLimit, Spam, System, Undetermined, UnknownHost,
        UnknownUser,
    };
    let words = reply.words.to_ascii_lowercase();
    // RFC 5321 §4.5.3.1.10: it is 452, whatever an old relay says.
    if reply.code == 552 && words.contains("too many recipients") {
        return (Verdict::Deferred, Scope::Message);
    }
    let is_to_mail = reply.stage == Stage::Sender;
    let is_at_end = reply.stage == Stage::Content;
    let is_of_mailbox = matches!(reply.enhanced, Some((_, 2, _)));
    let is_in_words = meaning.strength == Strength::Words;
    let scope = match meaning.class {
        SendingAccount | SendingLimit => Scope::Sender,
        Rate if is_of_mailbox || about.is_some() => return (Verdict::Deferred, Scope::Recipient),
        Rate => return (Verdict::Deferred, Scope::Relay),
        // One odd address stops nobody else's mail: not for its syntax, and not for what stands
        // beyond ASCII in it.
        _ if matches!(reply.enhanced, Some((_, 6, 7 | 9))) => Scope::Recipient,
        MessageSize | Content if is_to_mail => Scope::Message,
        // The next reader's MAIL would meet the same.
        _ if is_to_mail => Scope::Sender,
        _ if about == Some(AboutReader::Named) => Scope::Recipient,
        // The reader's host thinks so of us, or of the message: perhaps others do, too.
        Authentication | SenderRejected | Blocked | Spam | MessageSize | Content
            if about == Some(AboutReader::Quoted) =>
        {
            Scope::Unclear
        }
        // The relay's own store says X.2 of all that it refuses.
        Authentication | SenderRejected
            if is_at_end && is_in_words && !statement(reply, "").is_of_address() =>
        {
            Scope::Sender
        }
        // RFC 3463 §3.3: it is what this mailbox takes. But a relay may say it of what it takes itself.
        MessageSize if is_at_end && is_of_mailbox => Scope::Unclear,
        // RFC 3463 §3.3: subject 2 is the mailbox, be it for the size of what it takes.
        _ if is_of_mailbox => Scope::Recipient,
        // RFC 3463 §3.2: 1.7 and 1.8 are the sender's address.
        Authentication | SenderRejected => Scope::Sender,
        _ if matches!(reply.enhanced, Some((_, 1, _))) => Scope::Recipient,
        Blocked if is_in_words && (is_at_end || reply_class::blocks_us(&words)) => Scope::Sender,
        // At the end of the message this code alone may speak of the message as of the mailbox.
        MailboxFull if meaning.strength == Strength::VagueCode && is_at_end => Scope::Unclear,
        UnknownUser | UnknownHost | Disabled | Moved | OnSuppressionList | MailboxFull
        | RecipientPolicy => Scope::Recipient,
        MessageSize | Content => Scope::Message,
        Blocked | Spam | Policy | Protocol | System | Network | Greylisted | Expired
        | Undetermined | Delivered => Scope::Unclear,
    };
    (Verdict::Failed, scope)
}

/// Of a refusal that says neither: what it is held for, where that is what the relay thinks of us or a
/// rule of it. It may say the same in other words, and with another code, to the next reader.
#[must_use]
pub fn standing(reply: &Reply) -> Option<ReplyClass> {
    let about = reply_class::about_reader(&reply.words);
    let class = meaning(reply, &reply.words, about).class;
    matches!(
        class,
        ReplyClass::Blocked
            | ReplyClass::Policy
            | ReplyClass::Spam
            | ReplyClass::SendingLimit
            | ReplyClass::SendingAccount
            | ReplyClass::Authentication
            | ReplyClass::SenderRejected
    )
    .then_some(class)
}

/// Whether a failure that is on record says that its reader's mailbox takes no mail: then another attempt
/// is of no use. What broke without a reply, and what was never tried, says nothing about it.
#[must_use]
pub fn is_about_mailbox(code: u16, words: &str) -> bool {
    use ReplyClass::{
        Disabled, MailboxFull, Moved, OnSuppressionList, RecipientPolicy, UnknownHost, UnknownUser,
    };
    if code == 0 {
        return false;
    }
    let words = said_last(words);
    let reply = Reply::recorded(code, words);
    match classify(&reply) {
        (Verdict::Failed, scope) => scope == Scope::Recipient,
        (Verdict::Deferred, Scope::Recipient) => {
            let meaning = meaning(&reply, words, reply_class::about_reader(words));
            // RFC 3463: subjects 1 and 2 are the address and the mailbox; 1.7 and 1.8 the sender's.
            matches!(reply.enhanced, Some((_, 1, 0..=6 | 9..) | (_, 2, _)))
                || matches!(
                    meaning.class,
                    Disabled
                        | MailboxFull
                        | Moved
                        | OnSuppressionList
                        | RecipientPolicy
                        | UnknownHost
                        | UnknownUser
                )
        }
        (Verdict::Deferred | Verdict::Accepted, _) => false,
    }
}

/// What a failure that is on record says, by the table; `None`: there was no reply.
#[must_use]
pub fn class_on_record(code: u16, words: &str) -> Option<ReplyClass> {
    if code == 0 {
        return None;
    }
    let words = said_last(words);
    let about = reply_class::about_reader(words);
    Some(meaning(&Reply::recorded(code, words), words, about).class)
}

/// What the relay said last stands behind why it was given up.
fn said_last(words: &str) -> &str {
    let words = words.rsplit("; before: ").next().unwrap_or_default();
    words.strip_prefix("given up: ").unwrap_or(words)
}

/// Whether a refusal calls its reader's mailbox unknown, gone or closed.
#[must_use]
pub fn calls_unknown(reply: &Reply) -> bool {
    let about = reply_class::about_reader(&reply.words);
    let meaning = meaning(reply, &reply.words, about);
    matches!(
        meaning.class,
        ReplyClass::UnknownUser
            | ReplyClass::UnknownHost
            | ReplyClass::Disabled
            | ReplyClass::Moved
            | ReplyClass::MailboxFull
    ) && (meaning.strength == Strength::Words || statement(reply, "").is_of_address())
}

/// Whether a deferral says that the relay takes nothing now, whoever it is for: `452 4.3.1`, 421, any 4yz
/// to MAIL, or a rate in a 5yz. A `451 4.4.1` to RCPT is about one reader's host.
#[must_use]
pub fn takes_nothing_now(reply: &Reply) -> bool {
    classify(reply) == (Verdict::Deferred, Scope::Relay)
        && (reply.stage == Stage::Sender
            || matches!(reply.code, 421 | 454 | 500..)
            || matches!(reply.enhanced, Some((_, 3, _))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::smtp::reply::{read, scan};

    #[test]
    fn s1_p2_replies_mean_what_the_table_says() {
        use {Scope::*, Verdict::*};
        for (line, expected) in [
            ("250 2.0.0 Ok: queued as 12345", (Accepted, Recipient)),
            ("299 something new", (Accepted, Recipient)),
            ("450 4.2.1 greylisted", (Deferred, Recipient)),
            ("452 4.2.2 out of storage space", (Deferred, Recipient)),
            ("421 4.7.28 unusual rate", (Deferred, Relay)),
            ("499 something new", (Deferred, Recipient)),
            ("550 5.1.1 does not exist", (Failed, Recipient)),
            (
                "552 5.2.2 out of storage space and inactive",
                (Failed, Recipient),
            ),
            ("552 too many recipients", (Deferred, Message)),
            ("552 5.3.4 header size", (Failed, Message)),
            ("554 5.6.0 malformed", (Failed, Message)),
            ("550 5.7.26 unauthenticated", (Failed, Sender)),
            ("550 5.7.515 access denied", (Failed, Sender)),
            ("530 5.7.0 must issue STARTTLS", (Failed, Sender)),
            // It says neither whose fault it is nor why.
            ("599 something new", (Failed, Unclear)),
            // M9: what our own client says for an address that the relay cannot take.
            ("553 5.6.7 not ASCII before the @", (Failed, Recipient)),
            (
                "501 5.1.3 Bad recipient address syntax",
                (Failed, Recipient),
            ),
            ("501 5.1.7 Bad sender address syntax", (Failed, Sender)),
            ("550 5.1.8 Sender address rejected", (Failed, Sender)),
            ("501 5.5.4 Syntax", (Failed, Unclear)),
            (
                "554 5.7.1 Client host blocked using zen.spamhaus.org",
                (Failed, Sender),
            ),
            (
                "550 5.7.1 not authorized for this list",
                (Failed, Recipient),
            ),
            ("452 4.5.3 too many recipients", (Deferred, Message)),
            ("451 4.3.0 try again", (Deferred, Relay)),
            ("354 go on", (Deferred, Recipient)),
        ] {
            let wire = format!("{line}\r\n");
            let reply = read(wire.as_bytes(), scan(wire.as_bytes()).unwrap().unwrap());
            assert_eq!(classify(&reply), expected, "{line}");
        }
    }

    #[test]
    fn a_failure_on_record_is_the_mailbox_s_or_not() {
        for (code, words, expected) in [
            (550, "5.1.1 no such user", true),
            (552, "mailbox full", true),
            // At what stage it was said is not on record: rather not again.
            (552, "Requested mail action aborted", true),
            (
                452,
                "not sent before the give-up time; before: 4.2.2 over quota",
                true,
            ),
            (452, "given up: 4.2.2 over quota", true),
            (
                450,
                "given up: 4.1.8 <news@example.gov>: Sender address rejected: Domain not found",
                false,
            ),
            (451, "given up: 4.1.7 temporary: sender unverified", false),
            (450, "given up: 4.1.1 user unknown", true),
            (
                554,
                "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException",
                false,
            ),
            (550, "5.4.5 Daily user sending limit exceeded", false),
            (
                554,
                "Message rejected: Email address is not verified",
                false,
            ),
            (554, "5.7.1 <ana@example.org>: Relay access denied", false),
            (554, "Transaction failed", false),
            (451, "given up: 4.7.1 greylisted, come back later", false),
            (0, "not sent before the give-up time", false),
            (0, "given up: the connection broke", false),
        ] {
            assert_eq!(is_about_mailbox(code, words), expected, "{code} {words}");
        }
    }

    #[test]
    fn s11_what_the_relay_says_of_itself_is_told_from_what_it_says_of_a_reader() {
        for (line, to_mail, expected) in [
            ("452 4.3.1 insufficient system storage", false, true),
            ("421 4.3.2 shutting down", false, true),
            ("450 4.7.1 not you, not now", true, true),
            ("450 4.7.1 greylisted", false, false),
            ("451 4.4.1 no answer from the reader's host", false, false),
            ("452 4.2.2 mailbox full", false, false),
            ("550 5.3.0 no", true, false),
            ("550 5.7.1 too many messages, slow down", false, true),
            ("550 5.2.1 receiving mail at a rate", false, false),
            (
                "450 4.1.8 Sender address rejected: Domain not found",
                true,
                false,
            ),
            ("250 2.1.0 ok", true, false),
        ] {
            let wire = format!("{line}\r\n");
            let mut reply = read(wire.as_bytes(), scan(wire.as_bytes()).unwrap().unwrap());
            reply.stage = if to_mail {
                Stage::Sender
            } else {
                Stage::Recipient
            };
            assert_eq!(takes_nothing_now(&reply), expected, "{line}");
        }
    }

    use Stage::{Content as Dot, Recipient as Rcpt, Sender as Mail};

    #[rustfmt::skip]
    const ROWS_OF_HOSTS: &[(Stage, &str, (Verdict, Scope))] = &[
        // What the relay says of the sender wins over a code of the mailbox where it judges the message.
        (Dot, "554 5.2.252 SendAsDenied; news@example.gov not allowed to send as that user; STOREDRV.Submission.Exception; MapiExceptionSendAsDenied", (Verdict::Failed, Scope::Sender)),
        (Dot, "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied", (Verdict::Failed, Scope::Sender)),
        (Dot, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; WASCL outbound spam verdict is RefuseQuota", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for relay", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 5.7.1 Domain mg.example.gov is not allowed to send: Account disabled", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 5.7.1 Sending has been rejected because the sender you used news@example.gov is not valid. Validate your sender or authenticate your domain", (Verdict::Failed, Scope::Sender)),
        (Dot, "554 Message rejected: Identity arn:aws:ses:us-east-1:1:identity/example.gov does not exist", (Verdict::Failed, Scope::Sender)),
        (Dot, "554 Transaction failed: Configuration set does not exist: Configuration set <x> does not exist.", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "554 Account example.gov is disabled. Please contact support to resolve", (Verdict::Failed, Scope::Sender)),
        // Of a reader's own account nobody is to be asked.
        (Rcpt, "550 5.2.1 This account is disabled", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "554 5.7.1 <ana@example.org>: Recipient address rejected: Policy Rejection- Quota exceeded.", (Verdict::Deferred, Scope::SenderQuota)),
        (Rcpt, "452 4.2.2 <ana@example.org>: Recipient address rejected: Quota exceeded (mailbox for user is full)", (Verdict::Deferred, Scope::Recipient)),
        (Rcpt, "450 4.7.1 Error: too many recipients from news@example.gov (500/hour)", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "550 5.7.0 You have reached your daily email sending limit (300). Upgrade your plan", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "420 4.2.1 Exceeded sending limit (daily)", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "451 You have exceeded your messaging limits", (Verdict::Deferred, Scope::SenderQuota)),
        (Mail, "550 news@example.gov User has exceeded its 24-hour sending limit. Messages to 250 recipients out of 250 allowed have been sent. Relay quota will reset in 2.35 hours.", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "550 5.7.1 Message rejected: you sent too many messages in the last 24 hours", (Verdict::Deferred, Scope::SenderQuota)),
        // It may be the relay's own limit or that of one mailbox: whom else it is said to tells.
        (Dot, "552 5.2.3 Your message exceeded Google's message size limits", (Verdict::Failed, Scope::Unclear)),
        (Rcpt, "554 5.7.1 Relay denied", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 Relay not allowed", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 5.7.1 cannot relay", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "554 5.7.1 relaying is not allowed", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 not local host example.org, not a gateway", (Verdict::Failed, Scope::Sender)),
        // A 4yz of the sender's, and quotas in the words of hosts.
        (Rcpt, "450 4.1.8 <news@example.gov>: Sender address rejected: Domain not found", (Verdict::Deferred, Scope::Sender)),
        (Rcpt, "450 4.7.1 Client host rejected: cannot find your reverse hostname", (Verdict::Deferred, Scope::Sender)),
        (Rcpt, "454 4.7.1 <ana@example.org>: Relay access denied", (Verdict::Deferred, Scope::Sender)),
        (Dot, "451 4.7.26 unauthenticated mail is not taken", (Verdict::Deferred, Scope::Sender)),
        (Dot, "450 4.7.28 unusual rate", (Verdict::Deferred, Scope::Recipient)),
        (Mail, "451 4.1.8 Domain of sender address news@example.gov does not resolve", (Verdict::Deferred, Scope::Relay)),
        (Mail, "454 4.7.0 Temporary authentication failure", (Verdict::Deferred, Scope::Relay)),
        (Rcpt, "450 4.1.7 Sender address rejected: unverified address: Address verification in progress", (Verdict::Deferred, Scope::Recipient)),
        (Rcpt, "450 4.7.1 <news@example.gov>: Sender address rejected: Greylisted, see the page", (Verdict::Deferred, Scope::Recipient)),
        (Rcpt, "451 4.7.5 Server certificate not verified", (Verdict::Deferred, Scope::Recipient)),
        (Dot, "550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for sending email to external recipients", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external recipients", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "550 5.7.1 You have reached your hourly limit of 200 messages", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "450 Requested mail action not taken: mailbox unavailable Mail send limit exceeded", (Verdict::Deferred, Scope::SenderQuota)),
        (Rcpt, "550 5.7.1 [R3] Message quota exceeded. You are limited to 500 messages per day", (Verdict::Deferred, Scope::SenderQuota)),
        (Rcpt, "452 Too many recipients received this hour", (Verdict::Deferred, Scope::SenderQuota)),
        (Rcpt, "550 Domain example.gov has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.", (Verdict::Deferred, Scope::SenderQuota)),
        (Mail, "451 Authentication failed: Maximum credits exceeded", (Verdict::Deferred, Scope::SenderQuota)),
        (Mail, "452 4.2.1 Sender rate limit exceeded: 100 messages in 3600 seconds", (Verdict::Deferred, Scope::SenderQuota)),
        (Mail, "550 You have exceeded the number of emails allowed per day", (Verdict::Deferred, Scope::SenderQuota)),
        // RFC 3463 §3.5: X.4.5 is a network that is full, without words of a limit.
        (Mail, "452 4.4.5 Insufficient disk space; try again later", (Verdict::Deferred, Scope::Relay)),
        (Rcpt, "451 4.4.5 mx.example.org is congested, try later", (Verdict::Deferred, Scope::Relay)),
        (Rcpt, "550 5.4.5 Recipient's server is congested", (Verdict::Failed, Scope::Recipient)),
        // What another host said, or what names the reader, is about the reader.
        (Rcpt, "550 Callout verification failed: 550 550 relay not permitted", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "550 5.1.1 <ana@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.1] said: 554 5.7.1 <ana@example.org>: Relay access denied (in reply to RCPT TO command)", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "550 5.1.1 <ana@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.1] said: 554 5.7.1 Client host blocked using zen.spamhaus.org (in reply to RCPT TO command)", (Verdict::Failed, Scope::Unclear)),
        (Rcpt, "550 5.7.1 <ana@example.org>: Recipient address rejected: blocked by recipient", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "550 Sender blocked by user preference", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "550 5.1.1 user unknown; sending suspended for reader", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "523 5.7.10 Encryption Needed for this recipient", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "550 this address is blocked", (Verdict::Failed, Scope::Unclear)),
        (Dot, "554 Message rejected: Address blacklisted.", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "452 4.2.2 <ana@example.org> exceeded the daily quota", (Verdict::Deferred, Scope::Recipient)),
        (Dot, "452 4.2.2 <ana@example.org> exceeded the daily quota", (Verdict::Deferred, Scope::Recipient)),
        (Rcpt, "550 5.2.2 The recipient has exceeded the daily receiving limit", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "552 5.2.2 mailbox full: the sending limit reached", (Verdict::Deferred, Scope::Recipient)),
        // Accounts and networks that may not send, in the words of those who say so.
        (Dot, "550 5.7.501 Access denied, spam abuse detected", (Verdict::Failed, Scope::Sender)),
        (Mail, "550 5.7.502 Access denied, banned sender", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 5.7.606 Access denied, banned sending IP", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 5.7.705 Access denied, tenant has exceeded threshold", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 5.7.708 Access denied, traffic not accepted from this IP", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains", (Verdict::Failed, Scope::Sender)),
        (Dot, "554 Access denied: User `arn:aws:iam::1:user/x' is not authorized to perform `ses:SendRawEmail' on resource", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 Outgoing mail from \"office\" has been suspended.", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 Account outbounds disabled", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 submitter failed to authenticate", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "553 Relaying disallowed as news@example.gov", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 5.7.1 Sender is not allowed to relay emails", (Verdict::Failed, Scope::Sender)),
        (Dot, "553 Mail from must equal authorized user", (Verdict::Failed, Scope::Sender)),
        (Dot, "421 Sandbox subdomains are for test purposes only. Please add your own domain", (Verdict::Deferred, Scope::Sender)),
        // In words of their own.
        (Dot, "551 5.7.1 Not authorised to send from this header address", (Verdict::Failed, Scope::Sender)),
        (Dot, "525 5.7.13 User account disabled", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "525 5.7.13 User account disabled", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 Account suspended", (Verdict::Failed, Scope::Sender)),
        (Dot, "554 5.7.1 Your account is locked. Sending of mail is not possible", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 5.2.1 The account is inactive", (Verdict::Failed, Scope::Recipient)),
        (Dot, "554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: over quota", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "554 Transaction failed: Daily mail quota for trial products exceeded", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "552 5.2.2 The sender's mailbox is full; sending is not possible until it is cleaned up", (Verdict::Failed, Scope::Sender)),
        (Dot, "550 The Sender Signature you specified was not found", (Verdict::Failed, Scope::Sender)),
        (Rcpt, "550 SMTP AUTH is required for users of this domain: user unknown", (Verdict::Failed, Scope::Sender)),
        (Dot, "450 4.7.1 Daily quota reached. #MS42229", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "450 You have reached your daily email quota", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "451 Ratelimit exceeded for mailbox news@doe.example. Try again later.", (Verdict::Deferred, Scope::SenderQuota)),
        (Rcpt, "450 4.7.1 <ana@example.org>: Recipient address rejected: sorry, max 100 recipients per hour exceeded", (Verdict::Deferred, Scope::SenderQuota)),
        (Rcpt, "452 #4.5.3 Too many recipients received from the sender in the last hour", (Verdict::Deferred, Scope::SenderQuota)),
        (Dot, "554 Sending quota used up for user news", (Verdict::Deferred, Scope::SenderQuota)),
        (Rcpt, "550 The limit of 200 emails per day from your account has been reached", (Verdict::Deferred, Scope::SenderQuota)),
        // A reader's own.
        (Rcpt, "550 5.7.513 Service unavailable, Client host [192.0.2.1] blocked by host7.example using Customer Block list (AS16012607)", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "550 Rejected by header based manually Blocked Senders - see the page", (Verdict::Failed, Scope::Recipient)),
        (Rcpt, "450 4.7.1 <ana@example.org>: hourly limit exceeded for messages to this address", (Verdict::Deferred, Scope::Recipient)),
        (Rcpt, "550 5.7.1 Daily quota exceeded for incoming messages of ana@example.org", (Verdict::Deferred, Scope::Recipient)),
    ];

    const ROWS: &[(Stage, &str, (Verdict, Scope))] = &[
        // Quotas of the sender: RFC 3463 and the pages of Gmail, Workspace, Exchange Online, SES.
        (
            Dot,
            "550 5.4.5 Daily user sending limit exceeded",
            (Verdict::Deferred, Scope::SenderQuota),
        ),
        (
            Dot,
            "550 5.4.5 Daily SMTP relay sending limit exceeded for customer",
            (Verdict::Deferred, Scope::SenderQuota),
        ),
        (
            Mail,
            "454 Throttling failure: Daily message quota exceeded.",
            (Verdict::Deferred, Scope::SenderQuota),
        ),
        (
            Rcpt,
            "452 4.5.3 Your daily sending quota is used up",
            (Verdict::Deferred, Scope::SenderQuota),
        ),
        (
            Rcpt,
            "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
            (Verdict::Deferred, Scope::SenderQuota),
        ),
        (
            Rcpt,
            "550 hourly sending limit reached for this account",
            (Verdict::Deferred, Scope::SenderQuota),
        ),
        // Rates.
        (
            Mail,
            "454 Throttling failure: Maximum sending rate exceeded.",
            (Verdict::Deferred, Scope::Relay),
        ),
        (
            Dot,
            "421 4.7.28 unusual rate",
            (Verdict::Deferred, Scope::Relay),
        ),
        (
            Rcpt,
            "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
            (Verdict::Deferred, Scope::Recipient),
        ),
        (
            Rcpt,
            "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery",
            (Verdict::Deferred, Scope::Recipient),
        ),
        // The sender is not verified or not allowed.
        (
            Dot,
            "554 Message rejected: Email address is not verified. The following identities failed the check",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Rcpt,
            "554 5.7.1 <ana@example.org>: Relay access denied",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Rcpt,
            "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Mail,
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Dot,
            "550 5.7.26 This mail has been blocked because the sender is unauthenticated",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Dot,
            "554 Sending suspended for this account",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Mail,
            "535 5.7.8 Authentication credentials invalid",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Mail,
            "553 5.7.1 Sender address rejected: not owned by user",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Mail,
            "550 5.1.8 Sender address rejected: Domain not found",
            (Verdict::Failed, Scope::Sender),
        ),
        (
            Dot,
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            (Verdict::Failed, Scope::Sender),
        ),
        // One reader's mailbox.
        (
            Rcpt,
            "550 5.1.1 no such user",
            (Verdict::Failed, Scope::Recipient),
        ),
        (
            Rcpt,
            "501 5.1.3 Bad recipient address syntax",
            (Verdict::Failed, Scope::Recipient),
        ),
        (
            Rcpt,
            "552 Requested mail action aborted: exceeded storage allocation",
            (Verdict::Failed, Scope::Recipient),
        ),
        (Dot, "552 mailbox full", (Verdict::Failed, Scope::Recipient)),
        (
            Dot,
            "552 5.2.2 mailbox full",
            (Verdict::Failed, Scope::Recipient),
        ),
        (
            Dot,
            "552 5.2.3 message too large for this mailbox",
            (Verdict::Failed, Scope::Recipient),
        ),
        (
            Dot,
            "554 5.2.4 mailing list expansion problem",
            (Verdict::Failed, Scope::Recipient),
        ),
        (
            Rcpt,
            "550 5.2.1 mailbox disabled",
            (Verdict::Failed, Scope::Recipient),
        ),
        (
            Rcpt,
            "452 4.2.2 over quota",
            (Verdict::Deferred, Scope::Recipient),
        ),
        // The message.
        (
            Mail,
            "552 5.3.4 message size exceeds fixed limit",
            (Verdict::Failed, Scope::Message),
        ),
        (
            Dot,
            "554 5.6.0 malformed",
            (Verdict::Failed, Scope::Message),
        ),
        // Neither: the next one may be taken.
        (
            Rcpt,
            "501 Syntax error in parameters",
            (Verdict::Failed, Scope::Unclear),
        ),
        (Dot, "552 Action aborted", (Verdict::Failed, Scope::Unclear)),
        (
            Dot,
            "550 5.7.1 this looks like unsolicited mail to me",
            (Verdict::Failed, Scope::Unclear),
        ),
        (
            Dot,
            "554 5.7.1 rejected by policy",
            (Verdict::Failed, Scope::Unclear),
        ),
        (
            Dot,
            "554 Transaction failed",
            (Verdict::Failed, Scope::Unclear),
        ),
        // Later, of all kinds.
        (
            Rcpt,
            "450 4.7.1 Greylisted, come back in five minutes",
            (Verdict::Deferred, Scope::Recipient),
        ),
        (
            Rcpt,
            "451 4.7.1 try again later",
            (Verdict::Deferred, Scope::Recipient),
        ),
        (
            Mail,
            "452 4.3.1 insufficient system storage",
            (Verdict::Deferred, Scope::Relay),
        ),
        (
            Mail,
            "451 4.3.0 local error",
            (Verdict::Deferred, Scope::Relay),
        ),
        (
            Rcpt,
            "451 4.4.1 no answer from host",
            (Verdict::Deferred, Scope::Relay),
        ),
        (
            Mail,
            "421 4.3.2 shutting down",
            (Verdict::Deferred, Scope::Relay),
        ),
    ];

    #[test]
    fn by_stage_and_evidence_a_reply_is_the_readers_the_senders_or_neither() {
        let mut wrong = Vec::new();
        for (stage, line, expected) in ROWS.iter().chain(ROWS_OF_HOSTS) {
            let wire = format!("{line}\r\n");
            let reply = read(wire.as_bytes(), scan(wire.as_bytes()).unwrap().unwrap()).at(*stage);
            let found = classify(&reply);
            if found != *expected {
                wrong.push(format!("{stage:?} {line}: {found:?}, not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
