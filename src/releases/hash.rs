//! Fingerprints of what a release says.

use aws_lc_rs::digest::{SHA256, digest};
use gazette_templates::Document;

/// Of the title and the document, so that any edit shows. How large a picture is said to be is none.
pub(super) fn content(title: &str, document: &Document) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = title.to_owned();
    text.push('\n');
    text.push_str(&serde_json::to_string(&document.without_sizes())?);
    Ok(digest(&SHA256, text.as_bytes()).as_ref().to_vec())
}

/// Of what a text was read from, whatever is made of it.
pub(super) fn of_source(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// Of anything, short enough to read.
pub(super) fn short(text: &str) -> String {
    let whole = digest(&SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(whole.as_ref().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::reading;

    #[test]
    fn the_size_of_a_picture_is_no_change_and_the_picture_is_one() {
        let hash = |image: &str| {
            let html = format!(
                "<p>The bridge is open.</p><ul><li><p>See:</p>{image}</li></ul><blockquote>{image}</blockquote>{image}"
            );
            let base = "https://o.example/".parse().ok();
            content("T", &reading::fragment(&html, "T", "en", base.as_ref())).unwrap()
        };
        let bare = hash("<img src=/b.jpg alt='A bridge'>");
        let sized = hash("<img src=/b.jpg alt='A bridge' width=640 height=360>");
        assert_eq!(bare, sized);
        assert_ne!(bare, hash("<img src=/c.jpg alt='A bridge'>"));
        assert_ne!(bare, hash("<img src=/b.jpg alt='A ford'>"));
    }
}
