//! Rows for what our own relay says of the account that we send by. Said by it these words are plain, so
//! they stand before all others; in a bounce that comes from elsewhere the same words may mean the
//! reader's host, and these rows do not fit.

use super::{
    ReplyClass::{SendingAccount, SendingLimit},
    Row,
};

pub(super) const ROWS: &[Row] = &[
    // Google's own code for it, in whatever words.
    Row::enhanced(
        SendingLimit,
        "Google Workspace: SMTP error reference, 5.4.5",
        &[(4, 5)],
    )
    .of_our_relay(),
    Row::enhanced(
        SendingAccount,
        "Exchange Online: NDR 5.7.57, not authenticated; 5.7.60, no permission to send as this sender",
        &[(7, 57), (7, 60)],
    )
    .with_codes(&[5])
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
    .of_our_relay(),
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
        "Exchange Online: NDR 5.1.90",
        &[
            "daily limit for message recipients",
            "reached your daily limit",
            "exceeded the daily",
            "exceeded your daily",
        ],
    )
    .of_our_relay(),
    Row::words(
        SendingLimit,
        "shared hosts and sending services: cPanel and Exim, Zoho, Brevo, Mailgun, SendGrid, OVH, IONOS",
        &[
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
            "exceeded your sending limit",
            "exceeded your sending quota",
            "messages per day limit",
            "emails per hour",
        ],
    )
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "Amazon SES: Email address is not verified; SendGrid: sender identity; Mailgun",
        &[
            "email address is not verified",
            "identities failed the check",
            "sender is not verified",
            "sender identity",
            "domain is not verified",
            "from address is not verified",
        ],
    )
    .with_codes(&[5])
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "Postfix, Sendmail, Exchange 5.7.54, Exim: relaying refused",
        &[
            "relay access denied",
            "relaying denied",
            "relaying not allowed",
            "relay not permitted",
            "unable to relay",
            "not permitted to relay",
            "relaying is prohibited",
            "we do not relay",
            "relaying prohibited",
        ],
    )
    .with_codes(&[5])
    .of_our_relay(),
    Row::words(
        SendingAccount,
        "Amazon SES: account paused; hosts: suspended accounts",
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
        ],
    )
    .with_codes(&[5])
    .of_our_relay(),
];
