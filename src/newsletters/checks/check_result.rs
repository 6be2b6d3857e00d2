//! What a check found, and how serious it is.

use gazette_templates::{Document, document::html::web};
use serde::Serialize;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A short name that stays, for programs.
    pub name: &'static str,
    /// What was looked at, as staff call it.
    pub title: &'static str,
    /// How it stands.
    pub severity: Severity,
    /// One or two sentences.
    pub says: String,
    /// The places, one a line.
    pub details: Vec<String>,
    /// Of what may change again: which state of it was found.
    #[serde(skip)]
    pub revision: Option<i32>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing to do.
    Ok,
    /// Worth a look.
    Warning,
    /// Somebody has to say that they saw it.
    Blocking,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Blocking => "blocking",
        }
    }
}

impl Check {
    pub(super) fn new(
        name: &'static str,
        title: &'static str,
        severity: Severity,
        says: impl Into<String>,
    ) -> Self {
        Self {
            name,
            title,
            severity,
            says: says.into(),
            details: Vec::new(),
            revision: None,
        }
    }

    pub(super) fn seen_at(mut self, revision: i32) -> Self {
        self.revision = Some(revision);
        self
    }

    /// What somebody says they saw of it.
    pub(super) fn mark(&self) -> String {
        match self.revision {
            Some(revision) => format!("{}@{revision}", self.name),
            None => self.name.to_owned(),
        }
    }

    pub(super) fn with(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// What was found, as a reason to look first.
    pub(super) fn in_words(self) -> String {
        match self.details.as_slice() {
            [] => self.says,
            details => format!("{} Here: {}.", self.says, details.join("; ")),
        }
    }
}

/// `1 link`, `2 links`.
pub(super) fn several(number: usize, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// The whole release as HTML, as the archive shows it: a mail may be cut, the checks are not.
pub(super) fn whole(document: &Document) -> String {
    web(document).0
}
