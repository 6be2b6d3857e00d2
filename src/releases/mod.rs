//! Press releases: where they come from, how a page is read, and when a release is final.

use std::{fmt, str::FromStr};

use serde::Serialize;

mod add;
#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod brake_tests;
mod brakes;
pub mod by_hand;
#[cfg(test)]
mod dating_tests;
mod discovery;
mod feeds;
mod fence;
pub mod fetch;
#[cfg(test)]
mod fetch_tests;
mod filtered;
mod filters;
#[cfg(test)]
mod fixture_tests;
mod full_text;
mod hash;
mod holding;
mod identity;
mod json_feed;
mod known;
mod leads;
mod list;
mod listing;
mod manners;
mod notices;
mod polling;
mod probe;
mod reader;
pub mod reading;
mod release_text;
mod repair;
mod revision;
mod revisit;
mod robots;
pub mod sample;
mod settings;
mod settling;
#[cfg(test)]
mod site_tests;
mod sitemap;
mod sources;
#[cfg(test)]
pub(crate) mod tests;
pub mod topics;
pub mod websub;
mod wordpress;
#[cfg(test)]
mod wordpress_tests;

pub use add::add;
pub use discovery::{Glimpse, Look, look};
pub use feeds::SetAside;
pub use holding::{accept, drop_held, refuse, release};
pub use list::{Release, list};
pub use notices::tell_staff;
pub use polling::{PollSummary, poll_due};
pub use reader::SourceKind;
pub use release_text::{
    DigestSource, ReleaseText, awaiting_digest, awaiting_draft, claim_digest, digest_sources,
    hold_text, mark_drafted, note_for_staff, release_text, revision_text,
};
pub use revisit::revisit_due;
pub use settings::{SOURCE_KEYS, digest_day, digest_time, set_source, source_settings};
pub use settling::settle_due;
pub use sources::{
    Hub, Source, add_source, list_sources, remove_source, set_poll_seconds, set_topic, source,
    topic,
};

/// Why a release or a source could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] fetch::FetchError),
    /// The file could not be read.
    #[error("cannot read the file `{0}`: {1}; give a file or an address that begins with https://")]
    File(String, std::io::Error),
    /// Nothing in it reads like a release.
    #[error(
        "`{0}` holds no text that reads like a release; give the page of one release, or save its text as a .txt file"
    )]
    Empty(String),
    /// Not a feed, and it leads to none.
    #[error(
        "`{0}` is no feed, leads to none, and shows no list of releases; give the address of the page that lists them, or of the feed, often `/feed/` or `/rss.xml` on the same site"
    )]
    NoFeed(String),
    /// There already.
    #[error("`{0}` is a source already, with the number {1}; remove it first to add it anew")]
    Known(String, i64),
    /// No such source.
    #[error("there is no source {0}; `gazette sources list` shows the numbers")]
    NoSource(i64),
    /// No such topic.
    #[error("there is no topic `{0}`; there is `{1}`")]
    NoTopic(String, String),
    /// A setting out of bounds.
    #[error("{0}")]
    Setting(&'static str),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// A setting that does not do.
    #[error("source setting `{0}`: {1}")]
    SourceSetting(String, String),
    /// Nothing holds it.
    #[error(
        "release {0} is not held, or there is none of that number; `gazette releases list` shows what waits"
    )]
    NotHeld(i64),
    /// There is nothing to mail.
    #[error(
        "release {0} has no text that could be mailed; look at its page, write it by hand or with `gazette releases add`, and drop this one"
    )]
    Textless(i64),
    /// Staff could not be told.
    #[error(transparent)]
    Transactional(#[from] crate::transactional::TransactionalError),
    /// What was read could not be stored.
    #[error("the release could not be stored: {0}")]
    Json(#[from] serde_json::Error),
}

/// What becomes of a source's new releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// A person approves each newsletter.
    Approve,
    /// Newsletters go out by themselves unless something is odd.
    Auto,
    /// Releases are gathered and sent together, daily or weekly.
    Digest,
}

impl Policy {
    /// As the database and the command line have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Auto => "auto",
            Self::Digest => "digest",
        }
    }
}

impl FromStr for Policy {
    type Err = ReleaseError;
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        match text {
            "approve" => Ok(Self::Approve),
            "auto" => Ok(Self::Auto),
            "digest" => Ok(Self::Digest),
            _ => Err(ReleaseError::Setting(
                "a policy is `approve`, `auto` or `digest`",
            )),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a release stands; the words are in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseState {
    /// There before the source was added: never mailed.
    Baseline,
    /// New, or held and let go; read again when its settle time is over (F9), or dated in the future
    /// (F10). A draft may stand already, but nothing of it is mailed.
    Settling,
    /// Final: what is made of it may be mailed.
    Settled,
    /// Something is odd; a person decides.
    Held,
    /// Taken back by the office.
    Vanished,
    /// Left out by the source's filter: never mailed.
    Filtered,
    /// Held, and a person decided that it is not mailed.
    Dropped,
}

impl ReleaseState {
    /// As the database has it.
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
}
