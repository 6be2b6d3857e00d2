//! Where a release can stand, and what can happen to it.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

use crate::clock::MINUTE;

/// From the last look to the first of those that watch for later changes.
pub(super) const FIRST_REVISIT_MS: i64 = 15 * MINUTE;

/// Where a release stands; the words are in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum ReleaseState {
    /// There before the source was added: never mailed.
    #[sea_orm(string_value = "baseline")]
    Baseline,
    /// New, or held and let go, or back: read again when its settle time is over, or dated in the
    /// future. A draft may stand already, but nothing of it is mailed.
    #[sea_orm(string_value = "settling")]
    Settling,
    /// Final: what is made of it may be mailed.
    #[sea_orm(string_value = "settled")]
    Settled,
    /// Something is odd; a person decides.
    #[sea_orm(string_value = "held")]
    Held,
    /// Taken back by the office.
    #[sea_orm(string_value = "vanished")]
    Vanished,
    /// Left out by the source's filter: never mailed.
    #[sea_orm(string_value = "filtered")]
    Filtered,
    /// Held, and a person decided that it is not mailed.
    #[sea_orm(string_value = "dropped")]
    Dropped,
}

impl ReleaseState {
    /// The word that the database has.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Settling => "settling",
            Self::Settled => "settled",
            Self::Held => "held",
            Self::Vanished => "vanished",
            Self::Filtered => "filtered",
            Self::Dropped => "dropped",
        }
    }

    /// When a release that has just come into this state is looked at again.
    pub(super) fn first_revisit(self, now: i64) -> Option<i64> {
        matches!(self, Self::Settled | Self::Held | Self::Vanished)
            .then_some(now + FIRST_REVISIT_MS)
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ReleaseEventKind {
    /// It says something else: `revision` is the new text.
    #[sea_orm(string_value = "revised")]
    Revised,
    /// The office took it back.
    #[sea_orm(string_value = "withdrawn")]
    Withdrawn,
    /// It is back: what was taken back stands again, or what the filter left out passes it now.
    #[sea_orm(string_value = "restored")]
    Restored,
    /// Something is odd: a person decides. `reason` says what.
    #[sea_orm(string_value = "held")]
    Held,
    /// A person let it go on.
    #[sea_orm(string_value = "released")]
    Released,
    /// A person said that it is not mailed.
    #[sea_orm(string_value = "refused")]
    Refused,
    /// The source's filter leaves it out.
    #[sea_orm(string_value = "filtered_out")]
    FilteredOut,
    /// It is final: what is made of it may be mailed.
    #[sea_orm(string_value = "settled")]
    Settled,
    /// Its categories, and so perhaps its topics, are others.
    #[sea_orm(string_value = "recategorised")]
    Recategorised,
    /// A newsletter may be made of it: it has a text, is of no digest, and the date that it waits for has
    /// come. Once, unless it stands in no newsletter any more.
    #[sea_orm(string_value = "ready_to_draft")]
    ReadyToDraft,
}
