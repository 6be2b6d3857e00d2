//! What staff are told of by mail, and when they want to hear of it.

use sea_orm::{ActiveEnum, DeriveActiveEnum, EnumIter, Iterable};

use super::role::Role;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum NoticeKind {
    /// A new release became a draft.
    #[sea_orm(string_value = "draft")]
    NewDraft,
    /// Somebody asks for approval.
    #[sea_orm(string_value = "review")]
    ApprovalRequested,
    /// A newsletter is sent.
    #[sea_orm(string_value = "sent")]
    Sent,
    /// Something does not work: a source, a relay.
    #[sea_orm(string_value = "trouble")]
    Trouble,
    /// A release or a draft waits for a decision, or was changed since.
    #[sea_orm(string_value = "held")]
    Held,
    /// What was approved is a draft again, because its release changed.
    #[sea_orm(string_value = "changed")]
    Changed,
}

impl NoticeKind {
    /// All of them, as a page lists them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::iter().collect()
    }

    /// The word in the database and in forms.
    #[must_use]
    pub fn word(self) -> String {
        self.to_value()
    }

    /// Who may do something about it.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::ApprovalRequested => Role::Approver,
            _ => Role::Editor,
        }
    }
}

/// When somebody wants to hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum NoticeTiming {
    /// As it happens; what everybody has who chose nothing.
    #[sea_orm(string_value = "now")]
    AtOnce,
    /// In one mail in the morning.
    #[sea_orm(string_value = "morning")]
    Morning,
    /// Not by mail.
    #[sea_orm(string_value = "never")]
    Never,
}
