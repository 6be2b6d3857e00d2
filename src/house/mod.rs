//! House rules that hang on the calendar: elections, and the blackouts that they make (C3).
//!
//! Unsolicited mass communication is not allowed in the 60 days before an election in which the
//! Member is a candidate. Newsletters to people who asked for them are not unsolicited and go on;
//! what follows from a blackout for one newsletter is decided in [`crate::newsletters`].

mod blackout;
mod election;

pub use blackout::{Blackout, DAYS, blackout_at, blackouts};
pub use election::{Election, ElectionKind, add, import, list, remove};

/// What can be wrong with what was asked about elections.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// What was entered does not do.
    #[error("{0}")]
    Wrong(String),
    /// There is no such election.
    #[error("there is no election {0}; `gazette elections list` shows what there is")]
    NotFound(i64),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
}

type Result<T> = std::result::Result<T, HouseError>;
