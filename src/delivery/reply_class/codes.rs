//! Rows by code: enhanced codes that say one thing, then vague words, then codes that say little.
//! The first digit is understood whatever follows it (B6).

use super::{
    ReplyClass::{
        Authentication, Blocked, Content, Delivered, Disabled, Expired, Greylisted, MailboxFull,
        MessageSize, Moved, Network, Policy, Protocol, Rate, RecipientPolicy, SenderRejected, Spam,
        System, Undetermined, UnknownHost, UnknownUser,
    },
    Row, Stage,
};

const RFC_3463: &str = "RFC 3463 §3 and the IANA registry of enhanced status codes";
const RFC_7372: &str = "RFC 7372: authentication failures";

pub(super) const ROWS: &[Row] = &[
    Row::enhanced(Delivered, RFC_3463, &[(1, 5)]).with_codes(&[2]),
    // Only the sender is known by then: no code about an address can mean the reader's.
    Row::enhanced(
        SenderRejected,
        "RFC 5321 §3.3: an answer to MAIL FROM",
        &[
            (1, 0),
            (1, 1),
            (1, 2),
            (1, 3),
            (1, 7),
            (1, 8),
            (7, 1),
            (0, 0),
        ],
    )
    .at(&[Stage::Sender]),
    Row::enhanced(
        Blocked,
        "RFC 5321 §3.1: an answer to the connection",
        &[
            (1, 0),
            (1, 1),
            (1, 2),
            (1, 8),
            (7, 1),
            (7, 0),
            (0, 0),
            (3, 2),
        ],
    )
    .at(&[Stage::Session]),
    Row::enhanced(
        Authentication,
        RFC_7372,
        &[
            (7, 20),
            (7, 21),
            (7, 22),
            (7, 23),
            (7, 24),
            (7, 25),
            (7, 26),
            (7, 29),
            (7, 30),
            (7, 31),
            (7, 32),
            (7, 40),
            (7, 515),
            (7, 8),
            (7, 9),
            (7, 10),
            (7, 11),
            (7, 5),
            (7, 4),
        ],
    ),
    Row::enhanced(
        SenderRejected,
        "RFC 3463 §3.2 and RFC 7505: the sender's address, the sender's null MX",
        &[(1, 7), (1, 8), (7, 27), (1, 9)],
    ),
    Row::enhanced(UnknownUser, RFC_3463, &[(1, 1)]),
    Row::enhanced(
        UnknownHost,
        "RFC 3463 §3.2, RFC 7505: null MX",
        &[(1, 2), (1, 10)],
    ),
    Row::enhanced(Moved, RFC_3463, &[(1, 6)]),
    Row::enhanced(Disabled, RFC_3463, &[(2, 1)]),
    Row::enhanced(MailboxFull, RFC_3463, &[(2, 2)]),
    Row::enhanced(MessageSize, RFC_3463, &[(2, 3), (3, 4)]),
    Row::enhanced(
        System,
        RFC_3463,
        &[(2, 4), (3, 0), (3, 1), (3, 2), (3, 3), (3, 5), (3, 6)],
    ),
    Row::enhanced(Network, RFC_3463, &[(4, 0), (4, 1), (4, 2), (4, 3), (4, 5)]),
    Row::enhanced(
        UnknownHost,
        "RFC 3463 §3.5: unable to route, said of the reader's domain",
        &[(4, 4)],
    )
    .with_codes(&[5]),
    Row::enhanced(Network, RFC_3463, &[(4, 4)]),
    Row::enhanced(System, "RFC 3463 §3.5: routing loop", &[(4, 6), (4, 14)]),
    Row::enhanced(Expired, RFC_3463, &[(4, 7)]),
    Row::enhanced(Rate, "RFC 3463 §3.6: too many recipients", &[(5, 3)]),
    Row::enhanced(
        Protocol,
        RFC_3463,
        &[(5, 1), (5, 2), (5, 4), (5, 5), (5, 6)],
    ),
    Row::enhanced(
        Content,
        "RFC 3463 §3.7, RFC 6531",
        &[
            (6, 0),
            (6, 1),
            (6, 2),
            (6, 3),
            (6, 4),
            (6, 5),
            (6, 6),
            (6, 8),
            (6, 10),
        ],
    ),
    Row::enhanced(
        RecipientPolicy,
        "RFC 6531: this address needs SMTPUTF8",
        &[(6, 7), (6, 9)],
    ),
    Row::enhanced(
        RecipientPolicy,
        RFC_3463,
        &[(7, 2), (7, 13), (7, 14), (7, 15)],
    ),
    Row::enhanced(Moved, "RFC 5321 §3.4", &[(1, 4)]).with_codes(&[551]),
];

pub(super) const VAGUE_WORDS: &[Row] = &[
    Row::vague(
        SenderRejected,
        "an answer to MAIL FROM",
        &[
            "rejected",
            "denied",
            "refused",
            "unavailable",
            "not allowed",
            "not accepted",
        ],
    )
    .at(&[Stage::Sender]),
    Row::vague(
        Blocked,
        "an answer to the connection",
        &[
            "rejected",
            "denied",
            "refused",
            "unavailable",
            "not allowed",
            "not accepted",
            "no smtp",
        ],
    )
    .at(&[Stage::Session]),
    Row::vague(
        Greylisted,
        "temporary answers",
        &[
            "try again",
            "try later",
            "later",
            "temporar",
            "retry",
            "not now",
            "busy",
            "wait",
        ],
    )
    .with_codes(&[4]),
    Row::vague(
        UnknownUser,
        "RFC 5321 §4.2.3: 550 mailbox unavailable, said of a reader; Hotmail, Sendmail",
        &["mailbox unavailable", "mailbox not available"],
    )
    .with_codes(&[550, 553])
    .at(&[Stage::Unknown, Stage::Recipient]),
    Row::vague(
        UnknownUser,
        "RFC 5321 §4.2.3: 553 mailbox name not allowed",
        &[
            "mailbox name not allowed",
            "mailbox name invalid",
            "mailbox name is",
        ],
    ),
    Row::vague(
        UnknownHost,
        "qmail and kin",
        &["not in our list", "cannot find your domain", "no host"],
    ),
    Row::vague(
        UnknownUser,
        "systems without a reply code: notices that name the address as the fault",
        &[
            "not found",
            "unknown",
            "cannot be reached",
            "non valido",
            "inválid",
            "inválida",
            "invalide",
            "ungültig",
            "ongeldig",
        ],
    )
    .with_enhanced(&[(1, 0), (1, 3), (1, 4), (2, 0)]),
    Row::vague(
        RecipientPolicy,
        "refused, by a word that gives no reason",
        &[
            "recipient address rejected",
            "recipient rejected",
            "address rejected",
            "not accepted",
            "rejected by",
        ],
    ),
];

pub(super) const VAGUE_CODES: &[Row] = &[
    Row::codes(
        SenderRejected,
        "RFC 5321 §3.3: an answer to MAIL FROM",
        &[5],
    )
    .at(&[Stage::Sender]),
    Row::codes(Blocked, "RFC 5321 §3.1: an answer to the connection", &[5]).at(&[Stage::Session]),
    Row::codes(System, "RFC 5321 §3.3: an answer to MAIL FROM", &[4])
        .at(&[Stage::Sender, Stage::Session]),
    Row::codes(
        Authentication,
        "RFC 4954 and RFC 3207",
        &[530, 534, 535, 538],
    ),
    Row::codes(Protocol, "RFC 5321 §4.2.3", &[500, 501, 502, 503, 504, 555]),
    Row::codes(
        UnknownHost,
        "RFC 7504: a host that takes no mail",
        &[521, 556],
    ),
    Row::codes(Moved, "RFC 5321 §4.2.3", &[551]),
    Row::enhanced(
        Spam,
        "refused when the message was there: its content decided",
        &[(7, 0), (7, 1)],
    )
    .with_codes(&[5])
    .at(&[Stage::Content])
    .vaguely(),
    Row::enhanced(Policy, RFC_3463, &[(7, 0), (7, 1), (7, 3), (7, 6), (7, 7)])
        .with_codes(&[5])
        .vaguely(),
    Row::enhanced(Greylisted, RFC_3463, &[(7, 0), (7, 1), (2, 0)])
        .with_codes(&[4])
        .vaguely(),
    Row::enhanced(
        UnknownUser,
        "RFC 3463 §3.2: a bad address, without a word on why",
        &[(1, 3)],
    )
    .vaguely(),
    Row::codes(MailboxFull, "RFC 5321 §4.2.3", &[552]).vaguely(),
    Row::codes(MailboxFull, "RFC 5321 §4.2.3", &[452]),
    Row::codes(Greylisted, "RFC 5321 §4.2.3", &[450, 451]),
    Row::codes(System, "RFC 5321 §4.2.3", &[421, 454, 432]),
    Row::enhanced(
        Undetermined,
        "RFC 3463: other and undefined",
        &[(0, 0), (1, 0), (2, 0), (5, 0), (1, 4), (1, 5)],
    )
    .vaguely(),
    Row::codes(Delivered, "RFC 5321 §4.2.1", &[2]),
    Row::codes(System, "RFC 5321 §4.2.1: the first digit", &[4]),
];
