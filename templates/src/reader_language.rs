//! The languages that Gazette speaks to readers, by their BCP 47 tags.

use crate::document::Direction;

/// All of them, the one first that stands for whatever else is asked for.
pub const READER_LANGUAGES: [&str; 7] = ["en", "es", "ko", "vi", "zh-Hant", "zh-Hans", "ar"];

/// The language of a tag as [`READER_LANGUAGES`] writes it; `None`: we do not speak it. Of Chinese the
/// script counts, or else where it is written in which.
#[must_use]
pub fn reader_language(tag: &str) -> Option<&'static str> {
    let tag = tag.trim().to_ascii_lowercase();
    let mut parts = tag.split(['-', '_']);
    let primary = parts.next().unwrap_or_default();
    if primary == "zh" {
        let parts: Vec<&str> = parts.collect();
        let traditional = ["hant", "tw", "hk", "mo"];
        let is_traditional =
            !parts.contains(&"hans") && traditional.iter().any(|part| parts.contains(part));
        return Some(if is_traditional { "zh-Hant" } else { "zh-Hans" });
    }
    READER_LANGUAGES
        .into_iter()
        .find(|spoken| *spoken == primary)
}

/// Which way a language of ours runs.
#[must_use]
pub fn direction(tag: &str) -> Direction {
    match reader_language(tag) {
        Some("ar") => Direction::Rtl,
        _ => Direction::Ltr,
    }
}

/// The language's name in itself; empty for a tag that is none of ours.
#[must_use]
pub fn own_name(tag: &str) -> &'static str {
    match tag {
        "en" => "English",
        "es" => "Español",
        "ko" => "한국어",
        "vi" => "Tiếng Việt",
        "zh-Hant" => "繁體中文",
        "zh-Hans" => "简体中文",
        "ar" => "العربية",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_whatever_it_says_of_region_and_script() {
        for (tag, language) in [
            ("en-US", Some("en")),
            (" ES ", Some("es")),
            ("ko_KR", Some("ko")),
            ("zh", Some("zh-Hans")),
            ("zh-SG", Some("zh-Hans")),
            ("zh-TW", Some("zh-Hant")),
            ("zh-Hant-MO", Some("zh-Hant")),
            ("zh-Hans-HK", Some("zh-Hans")),
            ("est", None),
            ("tlh", None),
            ("", None),
        ] {
            assert_eq!(reader_language(tag), language, "{tag}");
        }
        for tag in READER_LANGUAGES {
            assert_eq!(reader_language(tag), Some(tag));
            assert!(!own_name(tag).is_empty());
        }
    }
}
