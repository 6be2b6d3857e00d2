//! The states, kinds and reasons of this room as the database keeps them: each number and word is
//! written here and nowhere else. What they lead to stands beside the rules that use them.

use sea_orm::{ActiveEnum, DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// Where a subscriber stands. Only [`Status::Confirmed`] is mailed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Asked, not yet confirmed.
    Pending = 0,
    /// May be mailed.
    Confirmed = 1,
    /// Left.
    Unsubscribed = 2,
    /// Their address takes no mail.
    Bounced = 3,
    /// Called our mail spam.
    Complained = 4,
    /// Asked never to be written to again.
    Blocked = 5,
}

impl Status {
    /// Those who are on no list any more, whatever the reason.
    pub const GONE: [Self; 4] = [
        Self::Unsubscribed,
        Self::Bounced,
        Self::Complained,
        Self::Blocked,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Blocked => "blocked",
        }
    }
}

/// How often a subscriber gets a topic, the soonest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Frequency {
    /// Every newsletter as it is sent.
    #[default]
    Each = 0,
    /// Once a day, what was sent since.
    Daily = 1,
    /// Once a week, what was sent since.
    Weekly = 2,
}

impl Frequency {
    /// The word for it, in forms and evidence.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// The one with this word; `None`: a word of ours it is not.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Each, Self::Daily, Self::Weekly]
            .into_iter()
            .find(|frequency| frequency.word() == word)
    }
}

/// What the evidence is of: the word that the database and `gazette subscribers evidence` use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Evidence {
    /// The form was sent.
    #[sea_orm(string_value = "requested")]
    Requested,
    /// A confirmation mail was queued.
    #[sea_orm(string_value = "confirmation_queued")]
    ConfirmationQueued,
    /// The landing page's button was pressed.
    #[sea_orm(string_value = "confirmed")]
    Confirmed,
    /// An operator imported the address with a consent given elsewhere.
    #[sea_orm(string_value = "imported")]
    Imported,
    /// Topics or language were chosen.
    #[sea_orm(string_value = "preferences_changed")]
    PreferencesChanged,
    /// The subscriber left.
    #[sea_orm(string_value = "unsubscribed")]
    Unsubscribed,
    /// The subscriber left one topic and kept others.
    #[sea_orm(string_value = "topic_left")]
    TopicLeft,
    /// The subscriber took the leaving back, on the page where it led.
    #[sea_orm(string_value = "resubscribed")]
    Resubscribed,
    /// A new address took the place of the old one, confirmed from the new one.
    #[sea_orm(string_value = "address_changed")]
    AddressChanged,
    /// The subscriber asked never to be written to again.
    #[sea_orm(string_value = "blocked")]
    Blocked,
    /// The address bounced.
    #[sea_orm(string_value = "bounced")]
    Bounced,
    /// Staff took a bounce back that was read wrongly.
    #[sea_orm(string_value = "bounce_taken_back")]
    BounceTakenBack,
    /// The subscriber called our mail spam.
    #[sea_orm(string_value = "complained")]
    Complained,
}

impl Evidence {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> String {
        self.to_value()
    }

    /// What makes a subscriber one who asked: nobody is queued without one of these. In the order in
    /// which the index `consent_proof` names them.
    pub const PROVES_CONSENT: [Self; 2] = [Self::Confirmed, Self::Imported];

    /// The holder left, in the order in which the index `consent_left` names them.
    pub const LEAVES: [Self; 2] = [Self::Unsubscribed, Self::TopicLeft];
}

/// Why an address must not be mailed; the strictest reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum SuppressionReason {
    /// Asked never to be written to again.
    Blocked = 1,
    /// Called our mail spam.
    Complained = 2,
    /// Erased, or given up for another address: may sign up anew, may not be imported.
    Erased = 3,
    /// Bounced.
    Bounced = 4,
}

impl SuppressionReason {
    /// Those that a new opt-in by the holder lifts.
    pub(super) const LIFTED_BY_OPT_IN: [Self; 2] = [Self::Erased, Self::Bounced];

    /// Those that an import can set.
    pub(super) const SAID_BY_LISTS: [Self; 3] = [Self::Blocked, Self::Complained, Self::Bounced];

    /// Whether a new opt-in by the holder lifts it.
    #[must_use]
    pub fn yields_to_opt_in(self) -> bool {
        Self::LIFTED_BY_OPT_IN.contains(&self)
    }
}

/// What a link is for that somebody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum LinkPurpose {
    /// To manage the subscription.
    #[sea_orm(string_value = "manage")]
    Manage,
    /// The same, mailed to a subscriber whose address was entered in the sign-up form.
    #[sea_orm(string_value = "already_subscribed")]
    AlreadySubscribed,
    /// To confirm a new address.
    #[sea_orm(string_value = "new_address")]
    NewAddress,
}

/// How somebody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Channel {
    /// The form.
    #[sea_orm(string_value = "form")]
    Form,
    /// The API.
    #[sea_orm(string_value = "api")]
    Api,
    /// The button for a new link, on the page of an expired one.
    #[sea_orm(string_value = "again")]
    Again,
    /// The form that asks for a link to manage a subscription: no sign-up.
    #[sea_orm(string_value = "manage")]
    Manage,
    /// The page of an event.
    #[sea_orm(string_value = "event")]
    Event,
    /// A paper sheet that staff typed in.
    #[sea_orm(string_value = "paper")]
    Paper,
}

impl Channel {
    /// The word for it in the evidence.
    pub(super) fn word(self) -> String {
        self.to_value()
    }
}
