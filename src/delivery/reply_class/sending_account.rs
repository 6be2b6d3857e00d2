//! Rows for what our own relay says of the account that we send by. Said by it these words are plain, so
//! they stand before all others; in a bounce that comes from elsewhere the same words may mean the
//! reader's host, and these rows do not fit. Nor do they beside a code of the reader's address or mailbox,
//! unless they name the sender.

use super::{
    ReplyClass::{SendingAccount, SendingLimit},
    Row, Stage,
};

pub(super) const ROWS: &[Row] = &[
    Row::words(
        SendingLimit,
        "Google Workspace: SMTP error reference, 5.4.5; RFC 3463 §3.5 has the code for a network that is full, so words of a limit belong to it",
        &[
            "sending limit",
            "sending quota",
            "limit exceeded",
            "limit reached",
            "limit for",
            "limit has been",
            "exceeded * limit",
            "exceeded * quota",
            "daily",
            "hourly",
        ],
    )
    .with_enhanced(&[(4, 5)])
    .of_our_relay(),
    Row::enhanced(
        SendingLimit,
        "Exchange Online: NDR 5.7.232 and 5.7.233, the daily limit of a tenant for external recipients",
        &[(7, 232), (7, 233)],
    )
    .of_our_relay(),
    Row::enhanced(
        SendingAccount,
        "Exchange Online: NDR 5.7.57, not authenticated; 5.7.60 and 5.2.252, no permission to send as this sender",
        &[(7, 57), (7, 60), (2, 252)],
    )
    .of_the_sender(),
    Row::enhanced(
        SendingAccount,
        "Exchange Online: NDR 5.7.501 to 5.7.511 and 5.7.606 to 5.7.649, banned senders and networks; 5.7.703, 5.7.705, 5.7.708 and 5.7.750, tenants that may not send",
        &[
            (7, 501), (7, 502), (7, 503), (7, 508), (7, 511), (7, 606), (7, 607), (7, 608), (7, 609),
            (7, 610), (7, 649), (7, 703), (7, 705), (7, 708), (7, 750),
        ],
    )
    .of_our_relay(),
    Row::enhanced(
        SendingAccount,
        "RFC 5248 and its registry: 5.7.13, the account of who logs in is disabled",
        &[(7, 13)],
    )
    .of_our_relay(),
    Row::words(
        SendingLimit,
        "MailerSend, Resend, mail.ru, IONOS, Cisco IronPort, postfwd, French hosts: a quota in words of their own",
        &[
            "daily quota reached",
            "daily email quota",
            "daily mail quota",
            "sending quota used up",
            "emails per day from",
            "messages per day from",
            "recipients per hour exceeded",
            "recipients per day exceeded",
            "recipients received from the sender",
            "ratelimit exceeded for mailbox",
            "you cannot send mail until",
            "you can not send mail until",
            "quota utilisateur",
            "limite d'envoi",
            "limite de envois",
            "end-of-data rejected: * quota",
        ],
    )
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "hosts name the sender's own mailbox, signature or address: cPanel, Postmark, IONOS, GMX",
        &[
            "the sender's mailbox",
            "the sender signature",
            "sender address is not allowed",
            "cannot send as it",
        ],
    )
    .of_the_sender(),
    Row::words(
        SendingAccount,
        "Fastmail, and hosts that spell it so",
        &["not authorised to send"],
    )
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "hosts of shared mail, at the end of a message: their own account, for no mailbox is named any more",
        &[
            "account suspended",
            "account is suspended",
            "account disabled",
            "account is disabled",
            "account locked",
            "account is locked",
            "account is inactive",
            "account is blocked",
        ],
    )
    .at(&[Stage::Content])
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "Postfix and cPanel where a login is asked for behind RCPT",
        &["smtp auth is required", "smtp authentication is required", "log in first"],
    )
    .of_our_relay(),
    Row::words(
        SendingLimit,
        "Google Workspace: SMTP error reference, 5.4.5",
        &[
            "daily user sending limit",
            "daily user sending quota",
            "daily smtp relay sending limit",
            "daily smtp relay limit",
        ],
    )
    .of_the_sender(),
    Row::words(
        SendingLimit,
        "Amazon SES: SMTP response codes, 454 Throttling failure",
        &[
            "daily message quota exceeded",
            "daily sending quota",
        ],
    )
    .of_our_relay(),
    Row::words(
        SendingLimit,
        "Exchange Online: NDR 5.1.90, submission quota and RefuseQuota of the outbound spam filter",
        &[
            "daily limit for message recipients",
            "reached your daily limit",
            "exceeded your daily",
            "submission quota",
            "submissionquotaexceeded",
            "senderquotaexceeded",
            "verdict is refusequota",
            "exceeded its daily limit for sending",
        ],
    )
    .of_the_sender(),
    Row::words(
        SendingLimit,
        "shared hosts and sending services name whose limit it is: cPanel, Exim, Postfix policy services, SendGrid, OVH, Zoho",
        &[
            "exceeded your sending limit",
            "exceeded your sending quota",
            "your hourly limit",
            "your daily limit",
            "your monthly limit",
            "your sending limit",
            "your hourly quota",
            "your daily quota",
            "your sending quota",
            "you have exceeded the number of",
            "you have exceeded the maximum number of emails",
            "maximum credits exceeded",
            "sender rate limit exceeded",
            "sender limit exceeded",
            "max defers and failures per hour",
            "max emails per hour",
            "your daily * limit",
            "your hourly * limit",
            "your monthly * limit",
            "your messaging limit",
            "exceeded sending limit",
            "hour sending limit",
            "you sent too many",
            "you have sent too many",
            "you are sending too many",
            "quota will reset in",
            "policy rejection* quota exceeded",
        ],
    )
    .of_the_sender(),
    Row::words(
        SendingLimit,
        "policyd and Hetzner: a count of the sender's recipients in an hour or a day; the sender's address is read as @",
        &[
            "too many recipients from @*/hour",
            "too many recipients from @*/day",
            "too many messages from @*/hour",
            "too many messages from @*/day",
        ],
    )
    .of_the_sender(),
    Row::words(
        SendingLimit,
        "shared hosts and sending services: cPanel and Exim, Zoho, Brevo, Mailgun, SendGrid, OVH, IONOS, GMX, Postfix policy services",
        &[
            "exceeded the daily",
            "daily sending limit",
            "daily limit exceeded",
            "daily quota exceeded",
            "daily message limit",
            "hourly sending limit",
            "hourly limit exceeded",
            "hourly quota exceeded",
            "hourly message limit",
            "monthly sending limit",
            "sending limit exceeded",
            "sending limit reached",
            "sending quota exceeded",
            "message quota exceeded",
            "mail send limit exceeded",
            "messages per day limit",
            "emails per hour",
            "emails allowed per day",
            "emails allowed per hour",
            "received this hour",
        ],
    )
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "Exchange transport: send as; the outbound spam filter",
        &[
            "sendasdenied",
            "sendas denied",
            "mapiexceptionsendasdenied",
            "outboundspamexception",
        ],
    )
    .of_the_sender(),
    Row::words(
        SendingAccount,
        "Amazon SES: Email address is not verified, not authorized to perform; SendGrid: sender identity; Mailgun",
        &[
            "the sender you used",
            "validate your sender",
            "identity * does not exist",
            "configuration set * does not exist",
            "email address is not verified",
            "identities failed the check",
            "sender is not verified",
            "sender identity",
            "domain is not verified",
            "from address is not verified",
            "not authorized to perform",
            "sandbox subdomains are for test purposes",
            "free accounts are for test purposes",
        ],
    )
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "Google Workspace, Zoho, Exim: who may relay, in words that name the sender",
        &[
            "invalid credentials for relay",
            "mail relay denied",
            "relaying disallowed as",
            "not allowed to relay",
            "must equal authorized user",
            "must be same as authori",
        ],
    )
    .of_the_sender(),
    Row::words(
        SendingAccount,
        "Postfix, Sendmail, Exchange 5.7.54, Exim, qmail, Courier: relaying refused",
        &[
            "relay access denied",
            "relaying denied",
            "relay denied",
            "relaying not permitted",
            "relaying not allowed",
            "relay not permitted",
            "relay not allowed",
            "relaying is not allowed",
            "unable to relay",
            "cannot relay",
            "not permitted to relay",
            "relaying is prohibited",
            "relaying prohibited",
            "relay prohibited",
            "relaying blocked",
            "relaying mail to * is not allowed",
            "we do not relay",
            "we don't relay",
            "not relay for",
            "no relaying",
            "relay rejected",
            "relay operation rejected",
            "this system is not configured to relay",
            "insecure mail relay",
            "relay through this server without authentication",
            "rcpthosts",
            "not a gateway",
            "weiterleitung nicht",
        ],
    )
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "Amazon SES: account paused; hosts: suspended accounts; cPanel, Mailgun, Mimecast, Zoho",
        &[
            "sending suspended",
            "sending paused",
            "sending is paused",
            "sending has been suspended",
            "sending disabled",
            "not authorized to send mail",
            "not authorized to send from",
            "sender account",
            "your account has been suspended",
            "your account is suspended",
            "your account has been disabled",
            "your account is disabled",
            "outgoing mail from * suspended",
            "domain * is not allowed to send",
            "account outbounds disabled",
            "account * is disabled* contact",
            "account * is suspended* contact",
            "account * has been disabled* contact",
            "account * has been suspended* contact",
            "submitter failed to",
            "unusual sending activity",
        ],
    )
    .of_our_relay(),
];
