//! Fingerprints of what a release says.

use aws_lc_rs::digest::{SHA256, digest};
use gazette_templates::Document;

/// Of the title and the document, so that any edit shows.
pub(super) fn content(title: &str, document: &Document) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = title.to_owned();
    text.push('\n');
    text.push_str(&serde_json::to_string(document)?);
    Ok(digest(&SHA256, text.as_bytes()).as_ref().to_vec())
}

/// Of anything, short enough to read.
pub(super) fn short(text: &str) -> String {
    let whole = digest(&SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(whole.as_ref().get(..16).unwrap_or_default())
}
