//! Why something that was asked of a newsletter cannot be done, and what to do about it.

/// What can be wrong with what staff asked.
#[derive(Debug, thiserror::Error)]
pub enum NewsletterError {
    /// Too much is being rendered at once.
    #[error("{0}")]
    Busy(#[from] crate::rendering::TooBusy),
    /// There is no such newsletter.
    #[error("there is no newsletter {0}; `gazette newsletters list` shows what there is")]
    NotFound(i64),
    /// Its state does not allow it.
    #[error("newsletter {id} is {state}; {why}")]
    State {
        /// Which.
        id: i64,
        /// Its state in words.
        state: &'static str,
        /// What would be possible.
        why: &'static str,
    },
    /// Somebody else, or the office, changed the text after the person looked at it.
    #[error(
        "the text of newsletter {id} was changed since you looked at it (you saw revision {seen}, it is revision {now} by now); nothing was done: look at it again, and decide then"
    )]
    Changed {
        /// Which.
        id: i64,
        /// The revision that they saw.
        seen: i32,
        /// The revision that it has.
        now: i32,
    },
    /// Something happened to its release this very moment, and the newsletter does not know it yet.
    #[error(
        "something has just happened to the release of newsletter {0}; nothing was done: look at it again in a moment, and decide then"
    )]
    ReleaseNews(i64),
    /// The office is not set up.
    #[error(
        "the office's name, from or postal-address is not set, and no mail may go without them: `gazette office set name=… from=… postal-address=…`"
    )]
    OfficeIncomplete,
    /// A blackout stands in the way, or has not been taken note of (C3, C4).
    #[error("{0}")]
    Blackout(String),
    /// What was asked cannot be done.
    #[error("{0}")]
    Wrong(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// A release that cannot become a newsletter.
    #[error(
        "there is no release {0} with text of its own; `gazette releases list` shows what there is"
    )]
    NoRelease(i64),
    /// The release could not be changed.
    #[error(transparent)]
    Release(#[from] crate::releases::ReleaseError),
    /// The mail could not be queued.
    #[error(transparent)]
    Transactional(#[from] crate::transactional::TransactionalError),
}

pub(super) type Result<T> = std::result::Result<T, NewsletterError>;
