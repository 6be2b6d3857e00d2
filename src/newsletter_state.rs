//! Where a newsletter stands: the numbers that the database keeps, each written here and nowhere else.
//!
//! It stands in the foundation because `releases`, below the newsletters' room, asks whether anything
//! of a release was mailed or still can be.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

/// Where a newsletter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum NewsletterState {
    /// Waits for staff.
    Draft = 0,
    /// Approved; waits for its time.
    Approved = 1,
    /// Being sent.
    Sending = 2,
    /// Stopped by staff or by a fault; can go on.
    Paused = 3,
    /// Every delivery is settled.
    Sent = 4,
    /// Stopped for good.
    Cancelled = 5,
}

impl NewsletterState {
    /// Nothing of it was mailed yet, and all of it may still be.
    pub const UNMAILED: [Self; 2] = [Self::Draft, Self::Approved];

    /// It was mailed, or is being mailed: everybody may read it.
    pub const MAILED: [Self; 3] = [Self::Sending, Self::Paused, Self::Sent];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
        }
    }
}
