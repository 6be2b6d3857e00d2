//! What a source is.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// RSS, Atom or JSON Feed.
    #[sea_orm(string_value = "feed")]
    Feed,
    /// The REST interface of `WordPress`.
    #[sea_orm(string_value = "wordpress")]
    WordPress,
    /// A page that lists releases.
    #[sea_orm(string_value = "page")]
    Page,
    /// A sitemap or an index of sitemaps.
    #[sea_orm(string_value = "sitemap")]
    Sitemap,
}

impl SourceKind {
    /// As the database and the command line have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::WordPress => "wordpress",
            Self::Page => "page",
            Self::Sitemap => "sitemap",
        }
    }

    pub(super) fn of(word: &str) -> Self {
        match word {
            "wordpress" => Self::WordPress,
            "page" => Self::Page,
            "sitemap" => Self::Sitemap,
            _ => Self::Feed,
        }
    }
}
