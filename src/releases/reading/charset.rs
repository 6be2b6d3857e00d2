//! Which characters the bytes mean: the byte order mark, else what the answer or the page says,
//! else a guess (F6).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The text of a page or file. `declared` is the charset of the `Content-Type` header.
#[must_use]
pub fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(rest).0.into_owned();
    }
    // Valid UTF-8 is UTF-8, whatever the label says: other charsets all but never look like it.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let said = declared
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .or_else(|| inside(bytes));
    if said.is_none_or(|said| said == UTF_8) && is_mostly_utf_8(bytes) {
        return mixed(bytes);
    }
    let encoding = match said {
        // Declared, and just shown to be wrong.
        Some(encoding) if encoding != UTF_8 => encoding,
        _ => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            detector.guess(None, Utf8Detection::Allow)
        }
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Whether more letters are whole in UTF-8 than bytes are none: parts of it were copied from elsewhere,
/// or it was cut within a letter.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut letters, mut others) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        others += chunk.invalid().len();
    }
    letters > others
}

/// UTF-8, and what is none as Western Windows has it.
fn mixed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    text
}

/// `<meta charset>`, `http-equiv` or the XML declaration, which stand in the first kilobyte.
fn inside(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..1024).unwrap_or(bytes)).to_ascii_lowercase();
    let at = ["charset=", "encoding="]
        .iter()
        .find_map(|key| Some(head.find(key)? + key.len()))?;
    let label: String = head
        .get(at..)?
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_charset_is_found_even_where_the_wrong_one_is_declared() {
        let western = b"<meta charset=windows-1252><p>Rep\x92s caf\xe9</p>";
        assert!(decode(western, None).contains("Rep’s café"));
        assert!(decode(western, Some("utf-8")).contains("Rep’s café"));
        assert_eq!(
            decode("Washington – Today".as_bytes(), Some("iso-8859-1")),
            "Washington – Today"
        );
        assert_eq!(decode(b"\xef\xbb\xbf{}", None), "{}");
        // One item of a feed was copied from elsewhere.
        let mixed = [
            "<?xml encoding='utf-8'?>Der Bürger öffnet für alle; ".as_bytes(),
            b"Rep\x92s caf\xe9",
        ]
        .concat();
        assert_eq!(
            decode(&mixed, None),
            "<?xml encoding='utf-8'?>Der Bürger öffnet für alle; Rep’s café"
        );
    }
}
