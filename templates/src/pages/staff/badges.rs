//! Where a newsletter stands, as one small word with a sign that the style sheet adds: never by colour
//! alone.

use maud::{Markup, html};

/// The word for where a newsletter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Badge {
    /// It can be changed, and nobody is waited for.
    Draft,
    /// A person has to decide.
    NeedsReview,
    /// Approved; its time has not come.
    Scheduled,
    /// On its way.
    Sending,
    /// Done.
    Sent,
    /// Stopped for now.
    Paused,
    /// Waits for a release that is held.
    Held,
    /// Stopped for good.
    Cancelled,
}

impl Badge {
    /// What it says.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::NeedsReview => "Needs review",
            Self::Scheduled => "Scheduled",
            Self::Sending => "Sending",
            Self::Sent => "Sent",
            Self::Paused => "Paused",
            Self::Held => "Held",
            Self::Cancelled => "Cancelled",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Draft => "badge draft",
            Self::NeedsReview => "badge review",
            Self::Scheduled => "badge scheduled",
            Self::Sending => "badge sending",
            Self::Sent => "badge sent",
            Self::Paused => "badge paused",
            Self::Held => "badge held",
            Self::Cancelled => "badge cancelled",
        }
    }

    /// The badge itself.
    #[must_use]
    pub fn markup(self) -> Markup {
        html! { span class=(self.class()) { (self.words()) } }
    }
}
