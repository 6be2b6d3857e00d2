//! What each member of staff may do.

use std::{fmt, str::FromStr};

use sea_orm::{DeriveActiveEnum, EnumIter};

use super::error::{Result, StaffError};

/// What a member of staff may do. Each role may do all that the one before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, EnumIter, DeriveActiveEnum,
)]
#[serde(rename_all = "lowercase")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "lowercase")]
pub enum Role {
    /// See newsletters, progress and counts.
    Viewer,
    /// Also change a draft's subject and send tests.
    Editor,
    /// Also approve, pause, resume and cancel.
    Approver,
    /// Also settings, staff, evidence and the audit log.
    Admin,
}

impl Role {
    /// All of them, from least to most.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Approver, Self::Admin];

    /// What it lets someone do, as a mail to them says it.
    #[must_use]
    pub fn may(self) -> &'static str {
        match self {
            Self::Viewer => "see newsletters and how far they are",
            Self::Editor => "write and change drafts and send tests",
            Self::Approver => "change drafts, approve newsletters and stop them",
            Self::Admin => "do everything, settings and staff included",
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = StaffError;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| StaffError::Role(text.to_owned()))
    }
}
