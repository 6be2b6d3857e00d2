//! What relays say, row by row: at which command, whose matter it is, what becomes of the readers, and
//! what staff read. The sources stand beside the rules in `delivery::smtp` and `delivery::reply_class`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::{StreamExt, stream};
use gazette::{
    address::veil,
    clock::HOUR,
    delivery::{
        reply_class::Stage as Answers,
        smtp::{Reply, Scope, classify},
    },
    newsletters::{self, NewsletterState as State},
};

use crate::{
    app::TestApp,
    peer::{Act, PIPELINING, Peer, Stage},
    relay_faults::{approve, copies, progress},
};
use Becomes::{Fails, Pauses, Returns};
use Stage::{Data, Dot, Mail, Rcpt};

/// What becomes of a newsletter whose relay says this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// Said to everybody: it pauses, staff read this and the relay's words, nobody fails, and resumed it
    /// reaches everybody once.
    Pauses(&'static str),
    /// Said to one reader: that one fails, with the words for staff; everybody else gets it.
    Fails,
    /// Said to one reader: that one gets it later; everybody else at once.
    Returns,
}

const LIMIT: Becomes = Pauses("our sending limit there is used up");
const SENDER: Becomes = Pauses("refuses us as the sender");
const LOGIN: Becomes = Pauses("wants a login before it takes our mail");
const MESSAGE: Becomes = Pauses("refuses this message");
const MANY: Becomes = Pauses("refuses many readers with the same words");

#[rustfmt::skip]
const ROWS: &[(Stage, &str, Scope, Becomes)] = &[
    // The sender's quota: Workspace, SES, Exchange Online, hosts.
    (Dot,  "550 5.4.5 Daily user sending limit exceeded", Scope::SenderQuota, LIMIT),
    (Dot,  "550 5.4.5 Daily SMTP relay sending limit exceeded for customer", Scope::SenderQuota, LIMIT),
    (Rcpt, "550 5.4.5 Daily sending quota exceeded", Scope::SenderQuota, LIMIT),
    (Mail, "454 Throttling failure: Daily message quota exceeded.", Scope::SenderQuota, LIMIT),
    (Rcpt, "452 4.5.3 Your daily sending quota is used up", Scope::SenderQuota, LIMIT),
    (Rcpt, "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", Scope::SenderQuota, LIMIT),
    (Rcpt, "550 hourly sending limit reached for this account", Scope::SenderQuota, LIMIT),
    (Data, "451 You have exceeded your sending limit", Scope::SenderQuota, LIMIT),
    // The sender is not verified, not allowed, not authenticated.
    (Dot,  "554 Message rejected: Email address is not verified. The following identities failed the check", Scope::Sender, SENDER),
    (Rcpt, "554 5.7.1 Relay access denied", Scope::Sender, SENDER),
    (Rcpt, "550 relay not permitted", Scope::Sender, SENDER),
    (Rcpt, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", Scope::Sender, SENDER),
    (Mail, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", Scope::Sender, SENDER),
    (Dot,  "550 5.7.60 SMTP; Client does not have permissions to send as this sender", Scope::Sender, SENDER),
    (Dot,  "550 5.7.26 This mail has been blocked because the sender is unauthenticated", Scope::Sender, SENDER),
    (Dot,  "550 5.7.515 Access denied, sending domain does not meet the required authentication level", Scope::Sender, SENDER),
    (Dot,  "550 5.7.1 DKIM verification failed", Scope::Sender, SENDER),
    (Dot,  "554 Sending suspended for this account", Scope::Sender, SENDER),
    (Mail, "530 5.7.0 Must issue a STARTTLS command first", Scope::Sender, SENDER),
    (Mail, "530 5.7.1 Authentication required", Scope::Sender, LOGIN),
    (Mail, "535 5.7.8 Authentication credentials invalid", Scope::Sender, LOGIN),
    (Mail, "553 5.7.1 Sender address rejected: not owned by user", Scope::Sender, SENDER),
    (Mail, "550 5.1.8 Sender address rejected: Domain not found", Scope::Sender, SENDER),
    (Rcpt, "550 5.1.8 Sender address rejected: Domain not found", Scope::Sender, SENDER),
    (Mail, "501 5.1.7 Bad sender address syntax", Scope::Sender, SENDER),
    (Mail, "550 no", Scope::Sender, SENDER),
    // Reputation, by the name of the list.
    (Dot,  "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", Scope::Sender, SENDER),
    (Rcpt, "550 5.7.1 Service unavailable, client host [192.0.2.1] blocked using Spamhaus", Scope::Sender, SENDER),
    // The message, whoever it is for.
    (Mail, "552 5.3.4 message size exceeds fixed limit", Scope::Message, MESSAGE),
    (Dot,  "552 5.3.4 Message size exceeds fixed maximum message size", Scope::Message, MESSAGE),
    (Dot,  "554 5.6.0 malformed", Scope::Message, MESSAGE),
    // Neither: many in a row pause it.
    (Dot,  "550 5.7.1 this looks like unsolicited mail to me", Scope::Unclear, MANY),
    (Dot,  "554 5.7.1 rejected by policy", Scope::Unclear, MANY),
    (Dot,  "554 Transaction failed", Scope::Unclear, MANY),
    (Dot,  "552 Action aborted", Scope::Unclear, MANY),
    (Rcpt, "501 Syntax error in parameters", Scope::Unclear, MANY),
    (Rcpt, "501 5.5.4 Syntax", Scope::Unclear, MANY),
    (Dot,  "599 something new", Scope::Unclear, MANY),
    // The same, said to one: the odd reader out.
    (Dot,  "550 5.7.1 this looks like unsolicited mail to me", Scope::Unclear, Fails),
    (Dot,  "554 Transaction failed", Scope::Unclear, Fails),
    (Dot,  "552 Requested mail action aborted", Scope::Unclear, Fails),
    (Rcpt, "501 Syntax error in parameters", Scope::Unclear, Fails),
    // One reader's address or mailbox.
    (Rcpt, "550 5.1.1 no such user", Scope::Recipient, Fails),
    (Dot,  "550 5.1.1 no such user", Scope::Recipient, Fails),
    (Rcpt, "550 5.1.10 recipient domain takes no mail", Scope::Recipient, Fails),
    (Rcpt, "501 5.1.3 Bad recipient address syntax", Scope::Recipient, Fails),
    (Rcpt, "550 5.1.2 unknown host", Scope::Recipient, Fails),
    (Rcpt, "551 5.1.6 user has moved", Scope::Recipient, Fails),
    (Rcpt, "552 mailbox full", Scope::Recipient, Fails),
    (Rcpt, "552 Requested mail action aborted: exceeded storage allocation", Scope::Recipient, Fails),
    (Dot,  "552 5.2.2 mailbox full", Scope::Recipient, Fails),
    (Dot,  "552 5.2.3 message too large for this mailbox", Scope::Recipient, Fails),
    (Dot,  "554 5.2.4 mailing list expansion problem", Scope::Recipient, Fails),
    (Data, "554 no valid recipients", Scope::Recipient, Fails),
    (Rcpt, "550 5.2.1 mailbox disabled", Scope::Recipient, Fails),
    (Rcpt, "553 5.6.7 not ASCII before the @", Scope::Recipient, Fails),
    (Rcpt, "550 5.7.1 not authorized for this list", Scope::Recipient, Fails),
    // Later, of all kinds.
    (Rcpt, "450 4.7.1 Greylisted, come back in five minutes", Scope::Recipient, Returns),
    (Rcpt, "451 4.7.1 try again later", Scope::Recipient, Returns),
    (Rcpt, "450 4.2.1 The user you are trying to contact is receiving mail too quickly", Scope::Recipient, Returns),
    (Rcpt, "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery", Scope::Recipient, Returns),
    (Rcpt, "452 4.2.2 over quota", Scope::Recipient, Returns),
    (Dot,  "452 4.2.2 over quota", Scope::Recipient, Returns),
    (Rcpt, "451 4.4.1 no answer from the reader's host", Scope::Relay, Returns),
    (Rcpt, "552 too many recipients", Scope::Message, Returns),
    (Dot,  "451 4.3.0 try again", Scope::Relay, Returns),
    (Mail, "452 4.3.1 insufficient system storage", Scope::Relay, Returns),
    (Mail, "454 Throttling failure: Maximum sending rate exceeded.", Scope::Relay, Returns),
    // What a relay says of its own network, with a code that others use for a limit.
    (Mail, "452 4.4.5 Insufficient disk space; try again later", Scope::Relay, Returns),
    (Rcpt, "451 4.4.5 mx.example.org is congested, try later", Scope::Relay, Returns),
    (Rcpt, "550 5.4.5 Recipient's server is congested", Scope::Recipient, Fails),
    // The relay's own store says 5.2 of the sender, too.
    (Dot,  "554 5.2.252 SendAsDenied; news@example.gov not allowed to send as news@example.gov; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied", Scope::Sender, SENDER),
    (Dot,  "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", Scope::SenderQuota, LIMIT),
    (Dot,  "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; verdict is RefuseQuota", Scope::SenderQuota, LIMIT),
    (Dot,  "550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for relay", Scope::Sender, SENDER),
    (Dot,  "550 5.7.1 Domain mg.example.gov is not allowed to send: Account disabled", Scope::Sender, SENDER),
    (Dot,  "552 5.2.3 Your message exceeded Google's message size limits", Scope::Unclear, MANY),
    (Dot,  "552 5.2.3 Your message exceeded Google's message size limits", Scope::Unclear, Fails),
    (Rcpt, "554 5.7.1 Relay denied", Scope::Sender, SENDER),
    (Rcpt, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", Scope::Sender, SENDER),
    // For now, and until the sender does something about it.
    (Rcpt, "450 4.1.8 <news@example.gov>: Sender address rejected: Domain not found", Scope::Sender, SENDER),
    (Rcpt, "450 4.7.1 Client host rejected: cannot find your reverse hostname", Scope::Sender, SENDER),
    (Rcpt, "454 4.7.1 <ana@example.org>: Relay access denied", Scope::Sender, SENDER),
    (Dot,  "451 4.7.26 unauthenticated mail is not taken", Scope::Sender, SENDER),
    (Dot,  "550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for sending email to external recipients", Scope::SenderQuota, LIMIT),
    (Dot,  "450 Requested mail action not taken: mailbox unavailable Mail send limit exceeded", Scope::SenderQuota, LIMIT),
    (Rcpt, "550 5.7.1 [R3] Message quota exceeded. You are limited to 500 messages per day", Scope::SenderQuota, LIMIT),
    (Rcpt, "452 Too many recipients received this hour", Scope::SenderQuota, LIMIT),
    (Mail, "452 4.2.1 Sender rate limit exceeded: 100 messages in 3600 seconds", Scope::SenderQuota, LIMIT),
    (Dot,  "550 5.7.708 Access denied, traffic not accepted from this IP", Scope::Sender, SENDER),
    // What another host said of one reader, and what names the reader.
    (Rcpt, "550 Callout verification failed: 550 550 relay not permitted", Scope::Recipient, Fails),
    (Rcpt, "550 5.1.1 <ana@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.1] said: 554 5.7.1 <ana@example.org>: Relay access denied (in reply to RCPT TO command)", Scope::Recipient, Fails),
    (Rcpt, "550 5.7.1 <ana@example.org>: Recipient address rejected: blocked by recipient", Scope::Recipient, Fails),
    (Rcpt, "550 Sender blocked by user preference", Scope::Recipient, Fails),
    (Rcpt, "550 5.1.1 user unknown; sending suspended for reader", Scope::Recipient, Fails),
    (Rcpt, "523 5.7.10 Encryption Needed for this recipient", Scope::Recipient, Fails),
    (Dot,  "554 Message rejected: Address blacklisted.", Scope::Recipient, Fails),
    (Rcpt, "452 4.2.2 <ana@example.org> exceeded the daily quota", Scope::Recipient, Returns),
    (Rcpt, "550 5.2.2 The recipient has exceeded the daily receiving limit", Scope::Recipient, Fails),
    (Rcpt, "552 5.2.2 mailbox full: the sending limit reached", Scope::Recipient, Returns),
    (Dot,  "421 4.7.0 try again later, closing", Scope::Relay, Returns),
    (Dot,  "421 4.7.28 unusual rate of mail", Scope::Relay, Returns),
    (Data, "451 4.5.0 not now", Scope::Recipient, Returns),
    (Dot,  "499 something new", Scope::Recipient, Returns),
];

/// Before any command about a message: nobody is at fault, staff read what the relay says, and all get
/// their mail when it is over.
#[rustfmt::skip]
const BEFORE_MAIL: &[(Stage, &str)] = &[
    (Stage::Banner, "554 5.7.1 no SMTP service here"),
    (Stage::Banner, "421 4.7.0 too many connections from you"),
    (Stage::Ehlo,   "421 4.3.2 going down"),
    (Stage::Ehlo,   "451 4.3.0 not now"),
    (Stage::Auth,   "535 5.7.8 Username and Password not accepted"),
    (Stage::Auth,   "454 4.7.0 Temporary authentication failure"),
    (Stage::Auth,   "534 5.7.9 Application-specific password required"),
];

fn answers(stage: Stage) -> Answers {
    match stage {
        Mail => Answers::Sender,
        Rcpt => Answers::Recipient,
        _ => Answers::Content,
    }
}

/// The reply as the client reads it.
fn reply(stage: Stage, line: &str) -> Reply {
    let (code, words) = line.split_once(' ').unwrap();
    let first = words.split(' ').next().unwrap();
    let numbers: Vec<u16> = first
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    Reply {
        code: code.parse().unwrap(),
        enhanced: match numbers[..] {
            [class, subject, detail] => Some((class as u8, subject, detail)),
            _ => None,
        },
        words: words.to_owned(),
        stage: answers(stage),
    }
}

#[test]
fn there_are_rows_enough_and_each_is_whose_matter_it_says() {
    assert!(ROWS.len() + BEFORE_MAIL.len() >= 60);
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|(stage, line, scope, _)| {
            let (_, found) = classify(&reply(*stage, line));
            (found != *scope).then(|| format!("{stage:?} {line}: {found:?}, not {scope:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reply_of_the_table_comes_to_what_it_says() {
    let run = async |(stage, line, _, becomes): &(Stage, &'static str, Scope, Becomes)| {
        let fault = match becomes {
            Pauses(told) => pauses(*stage, line, told).await,
            Fails => fails(*stage, line).await,
            Returns => returns(*stage, line).await,
        };
        fault
            .err()
            .map(|fault| format!("{stage:?} {line}: {fault}"))
    };
    let mut running = stream::iter(ROWS).map(run).buffer_unordered(8);
    let mut wrong = Vec::new();
    while let Some(fault) = running.next().await {
        wrong.extend(fault);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const READERS: usize = 12;

/// A newsletter to twelve readers, over a relay that says `line` from the `first` message on up to the
/// `last`, until it is mended.
async fn office(
    stage: Stage,
    line: &'static str,
    first: usize,
    last: usize,
) -> (TestApp, Peer, i64, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let peer = Peer::start(PIPELINING, {
        let mended = mended.clone();
        move |moment| {
            let is_met = moment.stage == stage && (first..=last).contains(&moment.nth);
            (is_met && !mended.load(Ordering::SeqCst)).then_some(Act::Say(line))
        }
    })
    .await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "2"]).await;
    // Each at a provider of its own: what a provider says holds up its readers alone.
    let readers: Vec<String> = (0..READERS)
        .map(|n| format!("reader@example{n}.org"))
        .collect();
    app.import(&readers).await;
    let newsletter = app.draft("reply").await;
    approve(&app, newsletter).await;
    (app, peer, newsletter, mended)
}

/// That every reader got it once, but so many who got none.
fn once_each(peer: &Peer, without: usize) -> Result<(), String> {
    let copies = copies(peer);
    let all = copies.len() == READERS - without && copies.values().all(|ids| ids.len() == 1);
    if all {
        Ok(())
    } else {
        Err(format!("{copies:?}"))
    }
}

fn check(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}

fn without_code(line: &str) -> &str {
    line.split_once(' ').unwrap().1
}

async fn pauses(stage: Stage, line: &'static str, told: &str) -> Result<(), String> {
    let (app, peer, newsletter, mended) = office(stage, line, 4, usize::MAX).await;
    // Where the first are taken, a word about the message is one about its reader.
    let told = if told == "refuses this message" {
        "resume it"
    } else {
        told
    };
    let attention = app
        .until("the pause", async || {
            let found = newsletters::find(&app.app, newsletter).await.unwrap();
            (found.state == State::Paused).then_some(found.attention.unwrap_or_default())
        })
        .await;
    check(
        attention.contains(told) && attention.contains(&veil(without_code(line))),
        || attention.clone(),
    )?;
    app.until("nobody to be failed", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.failed == 0 && counts.claimed == 0).then_some(())
    })
    .await;
    mended.store(true, Ordering::SeqCst);
    newsletters::resume(&app.app, newsletter, "staff")
        .await
        .map_err(|error| error.to_string())?;
    let counts = app.finished(newsletter).await;
    check(counts.accepted == READERS as u64, || format!("{counts:?}"))?;
    once_each(&peer, 0)?;
    app.stop().await;
    Ok(())
}

async fn fails(stage: Stage, line: &'static str) -> Result<(), String> {
    let (app, peer, newsletter, _) = office(stage, line, 4, 4).await;
    let counts = app.finished(newsletter).await;
    check(
        (counts.accepted, counts.failed) == (READERS as u64 - 1, 1),
        || format!("{counts:?}"),
    )?;
    let exceptions = gazette::delivery::exceptions(&app.app, newsletter, 10)
        .await
        .map_err(|error| error.to_string())?;
    let read = exceptions
        .first()
        .map(|one| format!("{} {}", one.code, one.words))
        .unwrap_or_default();
    check(read == line, || format!("staff read {read}"))?;
    once_each(&peer, 1)?;
    app.stop().await;
    Ok(())
}

async fn returns(stage: Stage, line: &'static str) -> Result<(), String> {
    let (app, peer, newsletter, _) = office(stage, line, 4, 4).await;
    let counts = app
        .until(line, async || {
            let (reached, counts) = progress(&app, newsletter).await;
            let is_later = counts.accepted == READERS as u64 - 1 && counts.deferred == 1;
            (is_later || reached != State::Sending).then_some(counts)
        })
        .await;
    check(
        (counts.accepted, counts.deferred) == (READERS as u64 - 1, 1),
        || format!("{counts:?}"),
    )?;
    let exceptions = gazette::delivery::exceptions(&app.app, newsletter, 10)
        .await
        .map_err(|error| error.to_string())?;
    let read = exceptions
        .first()
        .map(|one| format!("{} {}", one.code, one.words))
        .unwrap_or_default();
    check(read == line, || format!("staff read {read}"))?;
    app.app.clock.advance_ms(HOUR);
    let counts = app.finished(newsletter).await;
    check(counts.accepted == READERS as u64, || format!("{counts:?}"))?;
    once_each(&peer, 0)?;
    app.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_says_before_any_message_fails_nobody_and_staff_read_it() {
    let mut running = stream::iter(BEFORE_MAIL)
        .map(async |(stage, line)| before_mail(*stage, line).await)
        .buffer_unordered(7);
    while let Some(done) = running.next().await {
        done.unwrap();
    }
}

async fn before_mail(stage: Stage, line: &'static str) -> Result<(), String> {
    let mended = Arc::new(AtomicBool::new(false));
    let script = {
        let mended = mended.clone();
        move |moment: &crate::peer::Moment<'_>| {
            (moment.stage == stage && !mended.load(Ordering::SeqCst)).then_some(Act::Say(line))
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("peer.pem");
    let peer = Peer::start_with_tls(PIPELINING, "AUTH PLAIN", &certificate, script).await;
    let url = peer
        .url()
        .replace("smtp://", "smtp://news:secret@")
        .replace(
            "tls=none",
            &format!("tls=required&ca={}", certificate.display()),
        );
    let app = TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", "2"]).await;
    let readers: Vec<String> = (0..READERS)
        .map(|n| format!("reader{n}@example.org"))
        .collect();
    app.import(&readers).await;
    let newsletter = app.draft("before").await;
    approve(&app, newsletter).await;
    let attention = app
        .until("the trouble to be shown", async || {
            newsletters::find(&app.app, newsletter)
                .await
                .unwrap()
                .attention
        })
        .await;
    check(attention.contains(without_code(line)), || {
        format!("{line}: {attention}")
    })?;
    let (reached, counts) = progress(&app, newsletter).await;
    check(
        reached == State::Sending && counts.failed + counts.accepted == 0,
        || format!("{line}: {reached:?} {counts:?}"),
    )?;
    mended.store(true, Ordering::SeqCst);
    let counts = app.finished(newsletter).await;
    check(counts.accepted == READERS as u64, || {
        format!("{line}: {counts:?}")
    })?;
    once_each(&peer, 0)?;
    app.stop().await;
    Ok(())
}
