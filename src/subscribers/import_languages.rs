//! The languages of readers as lists name them: by tags, by codes of two or three letters, by their own names and by
//! those that other languages have for them, with a country or without.

use std::{collections::HashMap, sync::LazyLock};

use gazette_templates::reader_language::{READER_LANGUAGES, own_name, reader_language};

use super::import_spelling::plain;

/// Beside their own names ([`own_name`]) and their tags ([`reader_language`]).
const NAMES: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "english",
            "eng",
            "inglés",
            "englisch",
            "anglais",
            "inglese",
            "inglês",
            "engels",
            "영어",
            "英文",
            "英语",
            "英語",
            "tiếng anh",
            "الإنجليزية",
        ],
    ),
    (
        "es",
        &[
            "spanish",
            "castellano",
            "castilian",
            "spa",
            "esp",
            "sp",
            "spanisch",
            "espagnol",
            "spagnolo",
            "espanhol",
            "spaans",
            "스페인어",
            "西班牙语",
            "西班牙語",
            "西班牙文",
            "tiếng tây ban nha",
            "الإسبانية",
        ],
    ),
    (
        "ko",
        &[
            "korean",
            "kor",
            "kr",
            "coreano",
            "koreanisch",
            "coréen",
            "koreaans",
            "한국말",
            "韩语",
            "韓語",
            "韓文",
            "韩文",
            "tiếng hàn",
            "الكورية",
        ],
    ),
    (
        "vi",
        &[
            "vietnamese",
            "vie",
            "vn",
            "vietnamita",
            "vietnamesisch",
            "vietnamien",
            "vietnamees",
            "베트남어",
            "越南语",
            "越南語",
            "越南文",
            "tiếng việt nam",
            "الفيتنامية",
        ],
    ),
    (
        "zh-Hant",
        &[
            "traditional chinese",
            "chinese traditional",
            "chinese hong kong",
            "chinese taiwan",
            "chinese macau",
            "cantonese",
            "yue",
            "zh yue",
            "taiwanese",
            "tw",
            "hk",
            "hant",
            "chino tradicional",
            "繁體",
            "繁体",
            "繁体中文",
            "正體中文",
            "中文 繁體",
            "粵語",
            "粤语",
            "廣東話",
            "广东话",
            "번체 중국어",
            "중국어 번체",
            "tiếng quảng đông",
        ],
    ),
    (
        "zh-Hans",
        &[
            "chinese",
            "simplified chinese",
            "chinese simplified",
            "mandarin",
            "chi",
            "zho",
            "cmn",
            "cn",
            "hans",
            "chino",
            "mandarín",
            "chino mandarín",
            "chino simplificado",
            "chinesisch",
            "chinois",
            "cinese",
            "chinês",
            "chinees",
            "中文",
            "简体",
            "簡體",
            "簡體中文",
            "普通话",
            "普通話",
            "國語",
            "国语",
            "汉语",
            "漢語",
            "华语",
            "華語",
            "중국어",
            "중국어 간체",
            "tiếng trung",
            "tiếng hoa",
            "الصينية",
        ],
    ),
    (
        "ar",
        &[
            "arabic",
            "ara",
            "árabe",
            "arabisch",
            "arabe",
            "arabo",
            "아랍어",
            "阿拉伯语",
            "阿拉伯語",
            "tiếng ả rập",
        ],
    ),
];

static KNOWN: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    for tag in READER_LANGUAGES {
        known.insert(plain(own_name(tag)), tag);
    }
    for (tag, names) in NAMES {
        for name in *names {
            known.entry(plain(name)).or_insert(*tag);
        }
    }
    known
});

/// The language that a cell names, as a tag of ours; of several the first. `None`: none that we know and speak.
#[must_use]
pub fn language_of(cell: &str) -> Option<&'static str> {
    let whole = named(cell);
    whole.or_else(|| cell.split(['/', ';', ',', '|', '+', '&']).find_map(named))
}

fn named(cell: &str) -> Option<&'static str> {
    let name = plain(cell);
    if let Some(tag) = KNOWN.get(&name) {
        return Some(tag);
    }
    // `es-MX`, `zh_TW`: not a whole word that begins so.
    let primary = name.split(' ').next().unwrap_or_default();
    let is_tag = (2..=3).contains(&primary.len()) && name.len() <= 12 && name.is_ascii();
    if let (true, Some(tag)) = (is_tag, reader_language(&name.replace(' ', "-"))) {
        return Some(tag);
    }
    // With the country behind it: `Spanish (Mexico)`.
    let mut beginning = name.as_str();
    while let Some((before, _)) = beginning.rsplit_once(' ') {
        beginning = before;
        if let Some(tag) = KNOWN.get(beginning) {
            return Some(tag);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_however_a_list_names_it() {
        for (cell, tag) in [
            ("es", "es"),
            ("ES", "es"),
            ("es_MX", "es"),
            ("es-419", "es"),
            ("Spanish (Mexico)", "es"),
            ("Espanol", "es"),
            ("Español", "es"),
            ("castellano", "es"),
            ("ESP", "es"),
            ("SPA", "es"),
            ("sp", "es"),
            ("Spanisch", "es"),
            ("español/inglés", "es"),
            ("Spanish; English", "es"),
            ("Inglés", "en"),
            ("en-us", "en"),
            ("Korean (South Korea)", "ko"),
            ("kr", "ko"),
            ("KOR", "ko"),
            ("한국어", "ko"),
            ("vn", "vi"),
            ("VIE", "vi"),
            ("Tiếng Việt", "vi"),
            ("Tieng Viet", "vi"),
            ("zh", "zh-Hans"),
            ("zh-cn", "zh-Hans"),
            ("Mandarin", "zh-Hans"),
            ("中文", "zh-Hans"),
            ("zh_TW", "zh-Hant"),
            ("zh-HK", "zh-Hant"),
            ("zh-yue", "zh-Hant"),
            ("Cantonese", "zh-Hant"),
            ("Chinese - Traditional", "zh-Hant"),
            ("繁體中文", "zh-Hant"),
            ("arabe", "ar"),
        ] {
            assert_eq!(language_of(cell), Some(tag), "{cell}");
        }
        for cell in ["", "Klingon", "fr", "Tagalog", "Esperanto", "none"] {
            assert_eq!(language_of(cell), None, "{cell}");
        }
    }
}
