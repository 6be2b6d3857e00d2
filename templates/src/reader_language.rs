//! The languages that Gazette speaks to readers, by their BCP 47 tags.

use crate::document::Direction;

/// All of them, the one first that stands for whatever else is asked for.
pub const READER_LANGUAGES: [&str; 7] = ["en", "es", "ko", "vi", "zh-Hant", "zh-Hans", "ar"];

/// The language of a tag as [`READER_LANGUAGES`] writes it; `None`: we do not speak it. Of Chinese the
/// script counts, or else where it is written in which; Cantonese, Hokkien and Hakka are read in the traditional.
#[must_use]
pub fn reader_language(tag: &str) -> Option<&'static str> {
    let tag = tag.trim().to_ascii_lowercase();
    let mut parts = tag.split(['-', '_']);
    let primary = parts.next().unwrap_or_default();
    if matches!(primary, "zh" | "cmn" | "yue" | "nan" | "hak") {
        let parts: Vec<&str> = parts.chain([primary]).collect();
        let traditional = ["hant", "tw", "hk", "mo", "yue", "nan", "hak"];
        let simplified = ["hans", "cn", "sg"];
        let is_one_of = |names: &[&str]| names.iter().any(|name| parts.contains(name));
        let is_traditional =
            is_one_of(&traditional) && (!is_one_of(&simplified) || is_one_of(&["hant"]));
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
            ("yue", Some("zh-Hant")),
            ("zh-yue-HK", Some("zh-Hant")),
            ("yue-CN", Some("zh-Hans")),
            ("zh-Hant-CN", Some("zh-Hant")),
            ("cmn-TW", Some("zh-Hant")),
            ("cmn", Some("zh-Hans")),
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
