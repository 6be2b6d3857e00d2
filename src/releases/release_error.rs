//! What can be wrong with what was asked about releases and their sources.

use super::{
    fetch::FetchError,
    reading::Refusal,
    release_states::{ReleaseEventKind, ReleaseState},
};

/// Why a release or a source could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The file could not be read.
    #[error("cannot read the file `{0}`: {1}; give a file or an address that begins with https://")]
    File(String, std::io::Error),
    /// Nothing in it reads like a release.
    #[error(
        "`{0}` holds no text that reads like a release; give the page of one release, or save its text as a .txt file"
    )]
    Empty(String),
    /// It is something else.
    #[error("`{0}` is no release: {1}")]
    NoRelease(String, Refusal),
    /// It has no headline.
    #[error(
        "`{0}` has no headline; say what it is called, with `--title` or as the first line of the text, for example `{1}`"
    )]
    Untitled(String, String),
    /// The last look at a source took the process with it.
    #[error(
        "the last look at it never ended: perhaps Gazette was stopped, perhaps the source gives more than it can read; it is asked again more rarely"
    )]
    PollNeverEnded,
    /// A look at a source was ended.
    #[error(
        "looking at it took more than {0} minutes, so that was ended; its site is very slow, or asks for long pauses; it is asked again more rarely"
    )]
    PollTooLong(u64),
    /// It lists items, and none can be read.
    #[error(
        "`{0}` lists {1} items, and none of them can be read: {2}; ask who runs the site to look at its feed with a feed validator"
    )]
    NoItemReadable(String, usize, String),
    /// Not a feed, and it leads to none.
    #[error(
        "`{0}` is no feed, leads to none, and shows no list of releases; give the address of the page that lists them, or of the feed, often `/feed/` or `/rss.xml` on the same site"
    )]
    NoFeed(String),
    /// There already.
    #[error("`{0}` is a source already, with the number {1}; remove it first to add it anew")]
    AlreadyKnown(String, i64),
    /// Another source has its releases.
    #[error(
        "all that `{0}` lists comes from source {1} already, and would be read twice; remove source {1} first if this address is the better one, or give source {1} a topic for the category with `gazette sources set {1} categories=…`"
    )]
    SameReleases(String, i64),
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
    /// Two releases cannot be joined as one in two languages.
    #[error("{0}")]
    Versions(String),
    /// It is corrected where it comes from.
    #[error(
        "release {0} comes from a source: correct it on your website, and Gazette takes that up"
    )]
    OfASource(i64),
    /// Somebody else gave it another text first.
    #[error("release {0} says something else by now; read it, and decide again")]
    RevisedMeanwhile(i64),
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
    NoSuchMove(ReleaseState, ReleaseEventKind, ReleaseState),
    /// What was read could not be stored.
    #[error("the release could not be stored: {0}")]
    Json(#[from] serde_json::Error),
}
