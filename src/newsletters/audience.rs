//! Whom a newsletter is for. It is decided when the newsletter is made and never changes: a trigger
//! refuses it.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

/// One or the other, never both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Those who asked for its topic and confirmed, each with the evidence.
    Subscribers = 0,
    /// The addresses that staff keep ([`crate::subscribers::press_list`]).
    PressList = 1,
}

impl Audience {
    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribers => "subscribers",
            Self::PressList => "press list",
        }
    }
}
