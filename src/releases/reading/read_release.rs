//! What reading a page or a file gives.

use gazette_templates::Document;
use url::Url;

use super::{dates::DateFound, language, refusal::Refusal};

/// Which reader this is. Raised whenever a page or a feed's text may come out otherwise than before,
/// so that a release which the office did not touch is not taken for one that it changed.
pub const VERSION: i32 = 13;

/// What a page or file says.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The release's headline. None: it has none, and a person is asked for one.
    pub title: Option<String>,
    /// What it may be called where it has no headline: its first sentence, cut.
    pub suggested_title: Option<String>,
    /// When it was published, as it says that.
    pub published: Option<DateFound>,
    /// The address that the page gives itself.
    pub canonical: Option<Url>,
    /// The feeds that the page links to, the likeliest first.
    pub feeds: Vec<Url>,
    /// Where the page says that it stands in other languages.
    pub alternates: Vec<String>,
    /// The release.
    pub document: Document,
    /// Why it is none, where it says so itself; then the document is empty.
    pub refusal: Option<Refusal>,
    /// The words of all that it was read from, for telling what the office changed from what this
    /// reader understands otherwise than an earlier one.
    pub source_text: String,
}

impl Reading {
    /// What is no release.
    pub(in crate::releases) fn refused(refusal: Refusal) -> Self {
        Self {
            title: None,
            suggested_title: None,
            published: None,
            canonical: None,
            feeds: Vec::new(),
            alternates: Vec::new(),
            document: language::document(Vec::new(), "en", None),
            refusal: Some(refusal),
            source_text: String::new(),
        }
    }

    /// Whether nothing was found that could be mailed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.document.blocks.is_empty()
    }
}
