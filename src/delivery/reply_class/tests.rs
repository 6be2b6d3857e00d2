//! The table, held against the sentences of the systems.

use proptest::prelude::*;

use super::{
    ReplyAction::{self, Count, Fix, Ignore, Pause, Retry, Suppress},
    ReplyClass::{self, *},
    Stage, Statement, classify, first_codes, matcher,
};

const GOOGLE: &str = "gmail-smtp-in.l.google.com";
const OUTLOOK: &str = "example-org.mail.protection.outlook.com";
const YAHOO: &str = "mta5.am0.yahoodns.net";

fn meaning(by: &str, words: &str) -> (ReplyClass, ReplyAction) {
    let verdict = classify(&Statement::from_words(words, by));
    (verdict.class, verdict.action)
}

fn assert_table(table: &[(&str, &str, ReplyClass, ReplyAction)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(by, words, class, action)| meaning(by, words) != (*class, *action))
        .map(|(by, words, class, _)| {
            let verdict = classify(&Statement::from_words(words, by));
            format!(
                "{by}: {words}\n  {:?}, not {class:?}: {}",
                verdict.class, verdict.source
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn gmail_means_by_its_codes_what_its_own_page_says() {
    assert_table(&[
        (
            GOOGLE,
            "452-4.2.2 The recipient's inbox is out of storage space and inactive. gsmtp",
            MailboxFull,
            Count,
        ),
        (
            GOOGLE,
            "552-5.2.2 The recipient's inbox is out of storage space and inactive.",
            MailboxFull,
            Count,
        ),
        (
            GOOGLE,
            "550-5.2.1 The user you are trying to contact is receiving email at a rate that 550-5.2.1 prevents additional messages from being delivered.",
            Rate,
            Retry,
        ),
        (
            GOOGLE,
            "550-5.2.1 The email account that you tried to reach is inactive.",
            Disabled,
            Suppress,
        ),
        (
            GOOGLE,
            "550-5.1.1 The email account that you tried to reach does 550-5.1.1 not exist. Please try double-checking",
            UnknownUser,
            Suppress,
        ),
        (
            GOOGLE,
            "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail",
            Rate,
            Retry,
        ),
        (
            GOOGLE,
            "421 4.7.28 quota for sending messages that have the same Message-ID",
            Protocol,
            Pause,
        ),
        (
            GOOGLE,
            "550-5.7.26 This mail has been blocked because the sender is unauthenticated.",
            Authentication,
            Pause,
        ),
        (
            GOOGLE,
            "550 5.7.27 the sending domain has no passing record",
            Authentication,
            Pause,
        ),
        (
            GOOGLE,
            "421 5.7.32 the From: header isn't aligned",
            Authentication,
            Pause,
        ),
        (
            GOOGLE,
            "554 5.6.0 Mail message is malformed. Not accepted.",
            Content,
            Fix,
        ),
        (
            GOOGLE,
            "552 5.3.4 Message exceeds the header size limit",
            MessageSize,
            Fix,
        ),
        (
            GOOGLE,
            "552-5.7.0 This message was blocked because its content presents a potential security issue",
            Content,
            Fix,
        ),
        (
            GOOGLE,
            "550-5.7.1 Our system has detected that this message is likely unsolicited mail.",
            Spam,
            Pause,
        ),
    ]);
}

#[test]
fn outlook_and_exchange_mean_what_their_pages_say() {
    assert_table(&[
        (
            OUTLOOK,
            "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
            UnknownUser,
            Suppress,
        ),
        (
            OUTLOOK,
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            UnknownUser,
            Suppress,
        ),
        (
            OUTLOOK,
            "550 5.7.515 Access denied, sending domain example.org does not meet the required authentication level.",
            Authentication,
            Pause,
        ),
        (
            OUTLOOK,
            "550 5.7.606 Access denied, banned sending IP [192.0.2.9]",
            Blocked,
            Pause,
        ),
        (
            OUTLOOK,
            "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup",
            RecipientPolicy,
            Count,
        ),
        (
            OUTLOOK,
            "550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized",
            RecipientPolicy,
            Count,
        ),
        (
            OUTLOOK,
            "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
            MessageSize,
            Fix,
        ),
        (
            OUTLOOK,
            "554 5.2.2 mailbox full; STOREDRV.Deliver",
            MailboxFull,
            Count,
        ),
        (
            OUTLOOK,
            "550 5.4.310 DNS domain example.invalid does not exist",
            UnknownHost,
            Suppress,
        ),
        (
            OUTLOOK,
            "550 5.4.316 Message expired, connection refused",
            Expired,
            Count,
        ),
        (
            OUTLOOK,
            "550 5.1.8 Access denied, bad outbound sender",
            SenderRejected,
            Pause,
        ),
        (
            "mx1.hotmail.com",
            "550 Requested action not taken: mailbox unavailable",
            UnknownUser,
            Suppress,
        ),
        (
            "mx1.hotmail.com",
            "550 SC-001 (BAY004-MC1F1) Unfortunately, messages from 192.0.2.1 weren't sent. Please contact your Internet service provider since part of their network is on our block list",
            Blocked,
            Pause,
        ),
        (
            "mx1.hotmail.com",
            "421 RP-001 (BAY0) Unfortunately, some messages from 192.0.2.1 weren't sent: exceeded the rate limit",
            Rate,
            Retry,
        ),
    ]);
}

#[test]
fn yahoo_means_what_its_page_says() {
    assert_table(&[
        (
            YAHOO,
            "554 delivery error: dd This user doesn't have a yahoo.com account (ana@yahoo.com) [0]",
            UnknownUser,
            Suppress,
        ),
        (
            YAHOO,
            "554 delivery error: dd Sorry your message to ana@yahoo.com cannot be delivered. This account has been disabled or discontinued [#102].",
            Disabled,
            Suppress,
        ),
        (
            YAHOO,
            "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
            Rate,
            Retry,
        ),
        (
            YAHOO,
            "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
            Blocked,
            Pause,
        ),
        (
            YAHOO,
            "554 5.7.9 Message not accepted for policy reasons.",
            Blocked,
            Pause,
        ),
        (
            YAHOO,
            "552 1 Requested mail action aborted, mailbox not found",
            UnknownUser,
            Suppress,
        ),
    ]);
}

#[test]
fn the_ordinary_systems_are_understood() {
    assert_table(&[
        (
            "",
            "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
            UnknownUser,
            Suppress,
        ),
        (
            "",
            "450 4.1.1 <ana@example.org>: Recipient address rejected: User unknown in local recipient table",
            UnknownUser,
            Retry,
        ),
        (
            "",
            "Sorry, no mailbox here by that name. (#5.1.1)",
            UnknownUser,
            Suppress,
        ),
        (
            "",
            "Sorry, I couldn't find any host named example.invalid. (#5.1.2)",
            UnknownHost,
            Suppress,
        ),
        (
            "",
            "Host or domain name not found. Name service error for name=example.invalid type=A: Host not found",
            UnknownHost,
            Suppress,
        ),
        (
            "",
            "451 4.4.3 Host or domain name not found. Name service error for name=example.org type=MX: Host not found, try again",
            Network,
            Retry,
        ),
        (
            "",
            "556 5.1.10 example.org does not accept mail (nullMX)",
            UnknownHost,
            Suppress,
        ),
        (
            "",
            "550 User ana (ana@example.org) not listed in Domino Directory",
            UnknownUser,
            Suppress,
        ),
        ("", "551 5.1.6 user has moved", Moved, Suppress),
        ("", "452 4.2.2 Mailbox full", MailboxFull, Count),
        ("", "552 5.2.2 user over quota", MailboxFull, Count),
        ("", "retry timeout exceeded", Expired, Count),
        (
            "",
            "450 4.2.0 <ana@example.org>: Recipient address rejected: Greylisted, see http://postgrey.example/",
            Greylisted,
            Retry,
        ),
        (
            "",
            "451 4.3.0 <ana@example.org>: Temporary lookup failure",
            System,
            Retry,
        ),
        (
            "",
            "554 5.7.1 <ana@example.org>: Relay access denied",
            RecipientPolicy,
            Count,
        ),
        (
            "",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            Blocked,
            Pause,
        ),
        (
            "",
            "550 5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record",
            Authentication,
            Pause,
        ),
        (
            "",
            "553 5.1.8 <news@example.org>: Sender address rejected: Domain not found",
            SenderRejected,
            Pause,
        ),
        (
            "",
            "550 Sender verify failed: user unknown",
            SenderRejected,
            Pause,
        ),
    ]);
}

#[test]
fn messages_services_and_other_languages_are_understood() {
    assert_table(&[
        (
            "",
            "552 Message size exceeds fixed maximum message size",
            MessageSize,
            Fix,
        ),
        ("", "554 5.4.6 Too many hops", System, Retry),
        ("", "550 5.7.1 Message contains a virus", Content, Fix),
        ("", "250 2.1.5 Ok", Delivered, Ignore),
        ("", "552 too many recipients", Rate, Retry),
        (
            "",
            "550 Requested action not taken: mailbox unavailable Sorry, your message has been rejected. For explanation visit https://postmaster.example/",
            Policy,
            Pause,
        ),
        (
            "",
            "550 Amazon SES did not send the message to this address because it is on the suppression list",
            OnSuppressionList,
            Suppress,
        ),
        ("", "554 Empfänger unbekannt", UnknownUser, Suppress),
        (
            "",
            "550 ana@example.org...User unknown",
            UnknownUser,
            Suppress,
        ),
        (
            "",
            "550 There is no mail box here for that name",
            UnknownUser,
            Suppress,
        ),
        (
            "",
            "550-ana@example.org is not an active address here",
            UnknownUser,
            Suppress,
        ),
        (
            "",
            "550 BAD_RECIPIENT see https://mx.example/help",
            UnknownUser,
            Suppress,
        ),
        (
            "",
            "550 Benutzer hat zu viele Mails auf dem Server",
            MailboxFull,
            Count,
        ),
        (
            "",
            "550 Ben has too much mail stored in his box",
            MailboxFull,
            Count,
        ),
        (
            "",
            "550 ErrMsg=mail box space not enough",
            MailboxFull,
            Count,
        ),
        (
            "",
            "550 This person is exceeding their quota",
            MailboxFull,
            Count,
        ),
        ("", "421 too many messages from your server", Rate, Retry),
        ("", "550 Sorry, that is on our spam list", Spam, Pause),
        ("", "550 your mail set off a SPAM block", Spam, Pause),
        ("", "550 spam not accepted here", Spam, Pause),
        ("", "550 Utilisateur inconnu !", UnknownUser, Suppress),
        ("", "550 5.2.2 El buzón está lleno", MailboxFull, Count),
        ("", "550 该用户不存在", UnknownUser, Suppress),
        ("", "550 宛先が存在しません", UnknownUser, Suppress),
        ("", "550 5.7.1 письмо похоже на спам", Spam, Pause),
    ]);
}

#[test]
fn a_name_is_no_verdict() {
    for address in [
        "spamhaus@example.org",
        "<greylist.quota.dmarc@example.org>",
        "(virus@spf.example)",
        "spam.list@example.org..",
    ] {
        let words = format!("550 5.1.1 {address}: User unknown");
        assert_eq!(meaning("", &words), (UnknownUser, Suppress), "{words}");
    }
    assert_eq!(
        meaning("", "550 Marble Hall: user unknown"),
        (UnknownUser, Suppress)
    );
}

#[test]
fn words_of_a_missing_reader_mean_the_sender_where_only_the_sender_was_named() {
    assert_table(&[
        (
            "",
            "host mx.example.org [203.0.113.9] SMTP error from remote mail server after MAIL FROM:<b-x@bounce.example>: \
             550 5.1.7 No such domain bounce.example.",
            SenderRejected,
            Pause,
        ),
        (
            "",
            "host mx.example.org[203.0.113.9] said: 550 user unknown (in reply to MAIL FROM command)",
            SenderRejected,
            Pause,
        ),
        (
            "",
            "host mx.example.org[203.0.113.9] said: 550 Account disabled (in reply to EHLO command)",
            Blocked,
            Pause,
        ),
        ("", "550 5.1.8 Domain not found", SenderRejected, Pause),
        // A host that takes no mail says so (RFC 7504); others say it to those whom they block.
        (
            "",
            "host mx.example.org[203.0.113.9] refused to talk to me: 521 This host does not accept mail",
            Blocked,
            Pause,
        ),
        (
            "",
            "host mx.example.org[203.0.113.9] said: 550 user unknown (in reply to RCPT TO command)",
            UnknownUser,
            Suppress,
        ),
    ]);
}

#[test]
fn codes_of_one_house_mean_what_its_own_page_says() {
    assert_table(&[
        (
            "",
            "550 5.1.1 RCP-P1 no such recipient here",
            UnknownUser,
            Suppress,
        ),
        (
            "",
            "550 5.1.1 RCP-P2 refused, see the recipient's choices",
            RecipientPolicy,
            Count,
        ),
        (
            "",
            "550 5.1.1 RCP-P3 refused, see the recipient's choices",
            RecipientPolicy,
            Count,
        ),
        (
            "",
            "554 5.7.1 <ana@example.org>: Recipient address rejected: Access denied",
            RecipientPolicy,
            Count,
        ),
        (
            "mfsmax.docomo.ne.jp",
            "host mfsmax.docomo.ne.jp[203.0.113.9] said: 550 Unknown user ana@docomo.ne.jp (in reply to end of DATA command)",
            RecipientPolicy,
            Count,
        ),
        (
            "mfsmax.docomo.ne.jp",
            "host mfsmax.docomo.ne.jp[203.0.113.9] said: 550 Unknown user ana@docomo.ne.jp (in reply to RCPT TO command)",
            UnknownUser,
            Suppress,
        ),
        ("", "Bounced Address", OnSuppressionList, Suppress),
        ("", "Spam Reporting Address", OnSuppressionList, Suppress),
        ("", "550 Esta casilla ha expirado", Disabled, Suppress),
        // What Gmail calls its state is the step that it was at.
        ("", "550 550 5.7.1 not today (state 14)", Policy, Pause),
        (
            "",
            "User Ana Doe (ana@example.org) not unique in Domino Directory. Several matches found.",
            System,
            Retry,
        ),
    ]);
}

#[test]
fn an_answer_to_our_own_name_is_never_held_against_the_reader() {
    for stage in [Stage::Sender, Stage::Session] {
        for words in [
            "550 5.1.1 unavailable",
            "550 5.1.0 rejected",
            "554 5.7.1 denied",
            "550 no",
        ] {
            let verdict = classify(&Statement {
                stage,
                ..Statement::from_words(words, "")
            });
            assert_eq!(verdict.action, Pause, "{stage:?} {words}");
        }
    }
}

/// What says "does not exist", "is not valid", "was not found" of something that is not the reader.
#[test]
fn sentences_that_sound_like_a_missing_reader_and_are_not_suppress_nobody() {
    for words in [
        "550 domain does not exist: office.example",
        "550 <news@office.example> does not exist E2110",
        "550 From: domain is invalid. Please provide a valid From:",
        "550 Invalid domain, see <URL:http://mx.example/why>",
        "550 The sender address does not exist",
        "550 envelope sender unknown",
        "550 Return-Path address unknown",
        "550 your domain is not registered with us",
        "550 DNS records for the destination computer could not be found",
        "550 the DKIM record was not found",
        "550 5.7.1 your certificate is not valid",
        "550 account disabled temporarly for exceeding receiving limits",
        "550 spam: the reply-to address does not exist",
        "550 mx records for office.example violate section 3.3.9",
        "550 BATV validation failure: invalid recipient",
        "550 Empty envelope senders not allowed: no such user",
        "550 no such file or directory",
        "553 5.1.8 Domain of sender address news@office.example does not exist",
    ] {
        let action = meaning("mx.example.org", words).1;
        assert_ne!(action, Suppress, "{words}");
    }
}

/// The words that mail systems have for a name that they do not know.
#[test]
fn plain_words_for_a_missing_reader_suppress() {
    for words in [
        "550 can't accept user",
        "550 destination addresses were unknown",
        "550 destination server rejected recipients",
        "553 sorry, badrcptto",
        "550 this recipient is in my badrecipientto list",
        "550 the user's email name is not found",
        "550 user missing home directory",
        "550 no ana in name directory",
        "550 nessun utente simile in questo indirizzo",
        "550 recipient is not local",
        "550 mailbox is currently suspended",
        "550 Boite du destinataire archivee",
        "550 #5.1.0 Address rejected. (in reply to RCPT TO command)",
        "550 <ana@example.org> recipient rejected (in reply to RCPT TO command)",
    ] {
        let action = meaning("mx.example.org", words).1;
        assert_eq!(action, Suppress, "{words}");
    }
    // The same words about the connection, the sender or the message are no verdict on the reader.
    for words in [
        "550 #5.1.0 Address rejected. (in reply to MAIL FROM command)",
        "550 <ana@example.org> not found (in reply to end of DATA command)",
    ] {
        assert_ne!(meaning("mx.example.org", words).1, Suppress, "{words}");
    }
}

/// A directory's helpful telephone number is no reply code.
#[test]
fn a_telephone_number_is_no_code() {
    for number in [
        "+1 925-423-5635",
        "(555) 423-5635",
        "555.423.5635",
        "450 423-5635",
    ] {
        assert_eq!(
            first_codes(&format!("Call {number} for help.")).0,
            None,
            "{number}"
        );
    }
    assert_eq!(first_codes("550-5.1.1 no").0, Some(550));
    assert_eq!(first_codes("550 5.1.1 call 555-450-1234").0, Some(550));
    assert_eq!(first_codes("said: 450-203.0.113.5 greylisted").0, Some(450));
}

#[test]
fn what_our_relay_says_of_our_account_is_nobody_s_matter_but_ours_and_of_others_it_says_nothing() {
    for (words, class) in [
        ("550 5.4.5 The limit for this hour is used up", SendingLimit),
        // RFC 3463 §3.5: by itself the code is a network that is full.
        ("452 4.4.5 Insufficient disk space; try again later", System),
        (
            "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException",
            SendingAccount,
        ),
        (
            "454 Throttling failure: Daily message quota exceeded.",
            SendingLimit,
        ),
        ("550 5.7.60 Whatever it says", SendingAccount),
        ("554 5.7.1 Relay access denied", SendingAccount),
        // Postfix as it comes says it so (defer_unauth_destination), to everybody.
        ("454 4.7.1 Relay access denied", SendingAccount),
        // A mailbox that is named is the reader's.
        ("552 5.2.2 mailbox full: sending limit reached", Rate),
        (
            "550 5.1.1 user unknown; sending suspended for reader",
            Disabled,
        ),
    ] {
        let said = Statement::from_words(words, "");
        let by_relay = Statement {
            is_our_relay: true,
            ..said
        };
        assert_eq!(classify(&by_relay).class, class, "{words}");
        let elsewhere = classify(&said).class;
        assert!(
            !matches!(elsewhere, SendingLimit | SendingAccount),
            "{words}: {elsewhere:?}"
        );
    }
}

#[test]
fn the_rows_are_well_formed_and_each_says_where_it_was_learned() {
    let mut twice = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for (number, row) in matcher::rows().iter().enumerate() {
        assert!(!row.source.is_empty(), "row {number}");
        assert!(
            !(row.words.is_empty() && row.codes.is_empty() && row.enhanced.is_empty()),
            "row {number} fits everything"
        );
        for phrase in row.words {
            assert_eq!(*phrase, phrase.to_lowercase(), "row {number}");
            assert!(!phrase.starts_with('*') && !phrase.is_empty());
            assert!(!phrase.contains("  "), "{phrase}");
            if !row.is_of_our_relay
                && row.by.is_empty()
                && row.stages.is_empty()
                && row.codes.is_empty()
                && row.enhanced.is_empty()
                && let Some(before) = seen.insert(*phrase, number)
            {
                twice.push(format!("`{phrase}`: rows {before} and {number}"));
            }
        }
    }
    assert!(
        twice.is_empty(),
        "found in the first only:\n{}",
        twice.join("\n")
    );
}

#[test]
fn only_five_classes_may_ever_suppress_and_none_of_them_for_now() {
    for class in ReplyClass::ALL {
        let suppresses = matches!(
            class,
            UnknownUser | UnknownHost | Disabled | Moved | OnSuppressionList
        );
        assert_eq!(class.action(true) == Suppress, suppresses, "{class:?}");
        assert_ne!(class.action(false), Suppress, "{class:?}");
    }
}

#[test]
fn codes_are_told_from_addresses_dates_and_sizes() {
    for (words, expected) in [
        ("smtp; 550 5.1.1 no", (Some(550), Some((5, 1, 1)))),
        ("smtp;550-5.7.26 no", (Some(550), Some((5, 7, 26)))),
        ("host 192.0.2.250 said: 554 no", (Some(554), None)),
        ("#5.1.1 smtp;550 no", (Some(550), Some((5, 1, 1)))),
        ("(#5.1.1)", (None, Some((5, 1, 1)))),
        (
            "mail.example.org #5.5.0 smtp;553 no",
            (Some(553), Some((5, 5, 0))),
        ),
        ("limit of 500 MB, 250 messages", (None, None)),
        ("5.1.10.4 and 10.5.1.1", (None, None)),
        ("at 12:550 on 2026-450", (None, None)),
        ("550: no such user", (Some(550), None)),
        ("Status: 4.4.7", (None, Some((4, 4, 7)))),
    ] {
        assert_eq!(first_codes(words), expected, "{words}");
    }
}

proptest! {
    #[test]
    fn any_words_are_safe(words in any::<String>(), by in any::<String>(), code in 0u16..1000) {
        let verdict = classify(&Statement { code: Some(code), ..Statement::from_words(&words, &by) });
        prop_assert!(verdict.permanent != Some(false) || verdict.action != Suppress);
    }

    #[test]
    fn a_temporary_reply_never_suppresses(words in "[ -~]{0,200}", code in 400u16..500) {
        let verdict = classify(&Statement { code: Some(code), ..Statement::from_words(&words, "") });
        prop_assert_ne!(verdict.action, Suppress);
    }
}
