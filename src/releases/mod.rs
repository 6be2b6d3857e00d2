//! Press releases: where they come from, how a page is read, and when a release is final.

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
pub mod events;
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
mod hold_decisions;
mod identity;
mod json_feed;
mod known_items;
mod leads;
mod list;
mod listing;
mod manners;

mod polling;
mod probe;
mod reader;
pub mod reading;
mod release_notices;
mod release_state;
mod release_tables;
mod release_text;
pub mod release_topics;
mod repair;
mod revision;
mod revisit;
mod robots;
pub mod sample;
mod second_look;
mod settings;
mod settling;
#[cfg(test)]
mod site_tests;
mod sitemap;
mod source_policy;
mod sources;
#[cfg(test)]
pub(crate) mod tests;
pub mod websub;
mod wordpress;
#[cfg(test)]
mod wordpress_tests;

pub use add::add;
pub use discovery::{Glimpse, Look, look};
pub use feeds::SetAside;
pub use hold_decisions::{accept, drop_held, refuse, release};
pub use list::{Release, list};
pub use polling::{PollSummary, poll_due};
pub use reader::SourceKind;
pub use release_notices::tell_staff;
pub use release_state::ReleaseState;
pub use release_text::{
    DigestSource, ReleaseText, awaiting_digest, awaiting_draft, claim_digest, digest_sources,
    hold_text, mark_drafted, note_for_staff, release_text, revision_text, tell_staff_of,
};
pub use revisit::revisit_due;
pub use settings::{
    SOURCE_KEYS, digest_day, digest_time, set_source, set_source_by, source_settings,
};
pub use settling::settle_due;
pub use source_policy::Policy;
pub use sources::{
    Hub, Source, add_source, add_source_by, list_sources, remove_source, remove_source_by,
    set_poll_seconds, set_topic, source, topic,
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
    /// The last look at a source took the process with it.
    #[error(
        "the last look at it never ended: perhaps Gazette was stopped, perhaps the source gives more than it can read; it is asked again more rarely"
    )]
    PollNeverEnded,
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
    Notification(#[from] crate::accounts::StaffError),
    /// A fault of ours: no rule makes this move.
    #[error(
        "a release that is {0:?} cannot become {2:?} by {1:?}; this is a fault of Gazette, please report it"
    )]
    NoSuchMove(ReleaseState, events::ReleaseEventKind, ReleaseState),
    /// What was read could not be stored.
    #[error("the release could not be stored: {0}")]
    Json(#[from] serde_json::Error),
}
