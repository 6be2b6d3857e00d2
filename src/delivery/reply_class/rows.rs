//! The table's types: class, action, row.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

use super::{Stage, Statement};

/// What is the matter.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, EnumIter, DeriveActiveEnum,
)]
#[serde(rename_all = "kebab-case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum ReplyClass {
    /// It was taken.
    Delivered,
    /// Nobody of that name (hard bounce).
    UnknownUser,
    /// No such domain, or one that takes no mail (hard bounce).
    UnknownHost,
    /// The mailbox was closed or is not used any more (hard bounce).
    Disabled,
    /// They moved; we have no consent for the new address (hard bounce).
    Moved,
    /// A service on the way refuses the address because it bounced or complained before.
    OnSuppressionList,
    /// The mailbox is full (soft bounce).
    MailboxFull,
    /// The reader, or the reader's organisation, does not take this mail (soft bounce).
    RecipientPolicy,
    /// Nobody took it in time (soft bounce).
    Expired,
    /// Refused, and nothing says why (soft bounce).
    Undetermined,
    /// Too much at a time.
    Rate,
    /// Not now: greylisting.
    Greylisted,
    /// The other side is out of order.
    System,
    /// No connection, no answer from the DNS.
    Network,
    /// SPF, DKIM, DMARC, PTR, TLS or login: ours to mend.
    Authentication,
    /// Our address or domain is refused: ours to mend.
    SenderRejected,
    /// What our relay lets us send in an hour or a day is used up.
    SendingLimit,
    /// Our relay does not let us send as we do: not verified, not allowed, suspended.
    SendingAccount,
    /// A rule of theirs about mail such as ours.
    Policy,
    /// They hold it for spam.
    Spam,
    /// They block our network or domain, or think little of it.
    Blocked,
    /// We said something that they do not understand.
    Protocol,
    /// Too large.
    MessageSize,
    /// Malformed, or with something inside that is not taken.
    Content,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "kebab-case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum ReplyAction {
    /// Mail this address no more.
    Suppress,
    /// Count it; suppress when it happens again and again.
    Count,
    /// Try again later; nothing is held against the address.
    Retry,
    /// Stop and tell staff: it is our matter, and going on makes it worse.
    Pause,
    /// The newsletter is at fault, not the address.
    Fix,
    /// Nothing.
    Ignore,
}

impl ReplyAction {
    /// The word for it, as `gazette returns read --json` prints it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suppress => "suppress",
            Self::Count => "count",
            Self::Retry => "retry",
            Self::Pause => "pause",
            Self::Fix => "fix",
            Self::Ignore => "ignore",
        }
    }
}

impl ReplyClass {
    /// Every class.
    pub const ALL: [Self; 24] = [
        Self::Delivered,
        Self::UnknownUser,
        Self::UnknownHost,
        Self::Disabled,
        Self::Moved,
        Self::OnSuppressionList,
        Self::MailboxFull,
        Self::RecipientPolicy,
        Self::Expired,
        Self::Undetermined,
        Self::Rate,
        Self::Greylisted,
        Self::System,
        Self::Network,
        Self::Authentication,
        Self::SenderRejected,
        Self::SendingLimit,
        Self::SendingAccount,
        Self::Policy,
        Self::Spam,
        Self::Blocked,
        Self::Protocol,
        Self::MessageSize,
        Self::Content,
    ];

    /// What is to be done. `permanent`: the other side said 5yz, or gave up. A "no such user" that
    /// comes as 450 is greylisting or a directory that is down, and is held against nobody.
    #[must_use]
    pub fn action(self, permanent: bool) -> ReplyAction {
        match self {
            Self::Delivered => ReplyAction::Ignore,
            Self::UnknownUser
            | Self::UnknownHost
            | Self::Disabled
            | Self::Moved
            | Self::OnSuppressionList => {
                if permanent {
                    ReplyAction::Suppress
                } else {
                    ReplyAction::Retry
                }
            }
            // 452 4.2.2 is counted as well: a mailbox that stays full is one that nobody reads.
            Self::MailboxFull | Self::Expired => ReplyAction::Count,
            Self::RecipientPolicy | Self::Undetermined => {
                if permanent {
                    ReplyAction::Count
                } else {
                    ReplyAction::Retry
                }
            }
            Self::Rate | Self::Greylisted | Self::System | Self::Network => ReplyAction::Retry,
            Self::Authentication
            | Self::SenderRejected
            | Self::SendingLimit
            | Self::SendingAccount
            | Self::Policy
            | Self::Protocol => ReplyAction::Pause,
            // A temporary block lifts by itself when we slow down.
            Self::Spam | Self::Blocked => {
                if permanent {
                    ReplyAction::Pause
                } else {
                    ReplyAction::Retry
                }
            }
            Self::MessageSize | Self::Content => ReplyAction::Fix,
        }
    }

    /// Whether it can be meant at that step: nobody knows the reader while the sender is named, or before.
    /// "No such domain" is ours there (RFC 5321 §3.3), and so it is beside X.1.7 and X.1.8, which name the
    /// sender's address (RFC 3463 §3.2). A host may tell a connection that it takes no mail (RFC 7504).
    fn can_be_meant(self, said: &Statement) -> bool {
        let of_the_reader = matches!(
            self,
            Self::UnknownUser | Self::UnknownHost | Self::Disabled | Self::Moved
        );
        let of_the_sender = matches!(said.enhanced, Some((_, 1, 7 | 8)));
        !of_the_reader
            || match said.stage {
                Stage::Sender => false,
                Stage::Session => self == Self::UnknownHost,
                Stage::Unknown | Stage::Recipient | Stage::Content => !of_the_sender,
            }
    }

    /// The class in a stable word, for tables, JSON and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::UnknownUser => "unknown-user",
            Self::UnknownHost => "unknown-host",
            Self::Disabled => "disabled",
            Self::Moved => "moved",
            Self::OnSuppressionList => "on-suppression-list",
            Self::MailboxFull => "mailbox-full",
            Self::RecipientPolicy => "recipient-policy",
            Self::Expired => "expired",
            Self::Undetermined => "undetermined",
            Self::Rate => "rate",
            Self::Greylisted => "greylisted",
            Self::System => "system",
            Self::Network => "network",
            Self::Authentication => "authentication",
            Self::SenderRejected => "sender-rejected",
            Self::SendingLimit => "sending-limit",
            Self::SendingAccount => "sending-account",
            Self::Policy => "policy",
            Self::Spam => "spam",
            Self::Blocked => "blocked",
            Self::Protocol => "protocol",
            Self::MessageSize => "message-size",
            Self::Content => "content",
        }
    }

    /// The class in words for staff.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Delivered => "The mail was delivered.",
            Self::UnknownUser => "There is no mailbox of that name.",
            Self::UnknownHost => "The domain does not exist, or takes no mail.",
            Self::Disabled => "The mailbox is closed or not used any more.",
            Self::Moved => "The person has moved to another address.",
            Self::OnSuppressionList => {
                "The sending service refuses this address because of earlier bounces or complaints."
            }
            Self::MailboxFull => "The mailbox is full.",
            Self::RecipientPolicy => {
                "The person, or the person's organization, does not accept this mail."
            }
            Self::Expired => "Nobody accepted the mail before the time to deliver it ran out.",
            Self::Undetermined => "It was refused, and nothing says why.",
            Self::Rate => "Too many mails at a time for the other side.",
            Self::Greylisted => "The other side asked to try again later.",
            Self::System => "The other side's mail system was out of order.",
            Self::Network => "The other side could not be reached.",
            Self::Authentication => {
                "The proof that the mail is ours was missing or wrong (SPF, DKIM, DMARC, TLS, name of the server)."
            }
            Self::SenderRejected => "Our own sender address or domain was refused.",
            Self::SendingLimit => "What our relay lets us send in an hour or a day is used up.",
            Self::SendingAccount => "Our relay does not let us send as this sender.",
            Self::Policy => "A rule of the other side refuses mail such as this.",
            Self::Spam => "The other side held the mail for spam.",
            Self::Blocked => "The other side blocks our server or domain.",
            Self::Protocol => "The other side did not understand our server.",
            Self::MessageSize => "The mail is too large.",
            Self::Content => "Something inside the mail is not accepted.",
        }
    }
}

/// How sure a row is, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Plain words.
    Words,
    /// An enhanced code that says one thing only.
    Code,
    /// Vague words.
    VagueWords,
    /// A code that is used for many things.
    VagueCode,
    /// Nothing fits.
    Nothing,
}

/// One row. Every condition that is not empty must hold; of `words`, one.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What it means.
    pub class: ReplyClass,
    /// How sure it is.
    pub strength: Strength,
    /// Only where our own relay says it, while we send.
    pub is_of_our_relay: bool,
    /// Its words name the sender: they hold whatever code of an address or a mailbox stands beside them.
    pub names_sender: bool,
    /// Parts of the name of the host that says it, or of its words; empty: anybody.
    pub by: &'static [&'static str],
    /// At which step of the conversation; empty: any.
    pub stages: &'static [Stage],
    /// Reply codes; below 10 the first digit only. Empty: any, or none.
    pub codes: &'static [u16],
    /// Enhanced codes, of class 4 and 5 alike: subject and detail. Empty: any, or none.
    pub enhanced: &'static [(u16, u16)],
    /// Lower case; `*` stands for up to 100 octets. Empty: any.
    pub words: &'static [&'static str],
    /// What it was learned from.
    pub source: &'static str,
}

impl Row {
    const EMPTY: Self = Self {
        class: ReplyClass::Undetermined,
        strength: Strength::Nothing,
        is_of_our_relay: false,
        names_sender: false,
        by: &[],
        stages: &[],
        codes: &[],
        enhanced: &[],
        words: &[],
        source: "",
    };

    /// Plain words.
    pub(super) const fn words(
        class: ReplyClass,
        source: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self {
            class,
            strength: Strength::Words,
            words,
            source,
            ..Self::EMPTY
        }
    }

    /// Vague words.
    pub(super) const fn vague(
        class: ReplyClass,
        source: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self {
            strength: Strength::VagueWords,
            ..Self::words(class, source, words)
        }
    }

    /// Enhanced codes that say one thing only.
    pub(super) const fn enhanced(
        class: ReplyClass,
        source: &'static str,
        enhanced: &'static [(u16, u16)],
    ) -> Self {
        Self {
            class,
            strength: Strength::Code,
            enhanced,
            source,
            ..Self::EMPTY
        }
    }

    /// Reply codes without more.
    pub(super) const fn codes(
        class: ReplyClass,
        source: &'static str,
        codes: &'static [u16],
    ) -> Self {
        Self {
            class,
            strength: Strength::VagueCode,
            codes,
            source,
            ..Self::EMPTY
        }
    }

    /// Only where this host says it.
    pub(super) const fn by(self, by: &'static [&'static str]) -> Self {
        Self { by, ..self }
    }

    /// Only where our own relay says it.
    pub(super) const fn of_our_relay(self) -> Self {
        Self {
            is_of_our_relay: true,
            ..self
        }
    }

    /// The same, in words that name the sender.
    pub(super) const fn of_the_sender(self) -> Self {
        Self {
            names_sender: true,
            ..self.of_our_relay()
        }
    }

    /// Only with these reply codes.
    pub(super) const fn with_codes(self, codes: &'static [u16]) -> Self {
        Self { codes, ..self }
    }

    /// Only with these enhanced codes.
    pub(super) const fn with_enhanced(self, enhanced: &'static [(u16, u16)]) -> Self {
        Self { enhanced, ..self }
    }

    /// Only at these steps.
    pub(super) const fn at(self, stages: &'static [Stage]) -> Self {
        Self { stages, ..self }
    }

    /// As unsure as a code that means many things.
    pub(super) const fn vaguely(self) -> Self {
        Self {
            strength: Strength::VagueCode,
            ..self
        }
    }

    /// Whether all but the words fit.
    pub(super) fn fits(&self, said: &Statement, is_said_by: impl Fn(&str) -> bool) -> bool {
        let is_code = |code: u16| {
            let mut codes = self.codes.iter();
            codes.any(|row| *row == code || (*row < 10 && *row == code / 100))
        };
        let is_enhanced = |(_, subject, detail)| self.enhanced.contains(&(subject, detail));
        let is_ours = || said.is_our_relay && (self.names_sender || !said.is_of_address());
        (!self.is_of_our_relay || is_ours())
            && self.class.can_be_meant(said)
            && (self.stages.is_empty() || self.stages.contains(&said.stage))
            && (self.codes.is_empty() || said.code.is_some_and(is_code))
            && (self.enhanced.is_empty() || said.enhanced.is_some_and(is_enhanced))
            && (self.by.is_empty() || self.by.iter().any(|by| is_said_by(by)))
    }
}
