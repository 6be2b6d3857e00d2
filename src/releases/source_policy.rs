//! What becomes of a source's new releases.

use std::{fmt, str::FromStr};

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

use super::release_error::ReleaseError;

/// What becomes of a source's new releases.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// A person approves each newsletter.
    #[sea_orm(string_value = "approve")]
    Approve,
    /// Newsletters go out by themselves unless something is odd.
    #[sea_orm(string_value = "auto")]
    Auto,
    /// Releases are gathered and sent together, daily or weekly.
    #[sea_orm(string_value = "digest")]
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
        f.pad(self.as_str())
    }
}
