//! Which language a release is in, and which way it runs.

use gazette_templates::document::Direction;

/// The text's language: what the source declares, unless the text plainly speaks another one of
/// those that offices here write in. A Spanish release mostly stands on a page that declares
/// English, because the whole site does (H16, WCAG 3.1.1).
pub(super) fn of(text: &str, declared: &str) -> String {
    let (mut letters, mut hangul, mut han, mut kana, mut vietnamese) = (0, 0, 0, 0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()).take(4_000) {
        letters += 1;
        match c {
            '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' => hangul += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => han += 1,
            'ă' | 'đ' | 'ơ' | 'ư' | 'Đ' | 'Ơ' | 'Ư' | '\u{1ea0}'..='\u{1ef9}' => {
                vietnamese += 1;
            }
            _ => {}
        }
    }
    let base = declared
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let found = if letters == 0 {
        None
    } else if hangul * 2 > letters {
        Some("ko")
    } else if han * 2 > letters && kana * 20 < letters {
        Some("zh")
    } else if vietnamese * 12 > letters {
        Some("vi")
    } else {
        by_common_words(text)
    };
    match found {
        Some(found) if found != base => found.to_owned(),
        _ => primary(declared)
            .or_else(|| found.map(str::to_owned))
            .unwrap_or_else(|| "en".to_owned()),
    }
}

/// English and Spanish betray themselves by the words that every sentence needs.
fn by_common_words(text: &str) -> Option<&'static str> {
    const ENGLISH: &[&str] = &["the", "of", "and", "to", "for", "that", "with", "is"];
    const SPANISH: &[&str] = &[
        "el", "la", "los", "las", "de", "que", "y", "en", "del", "para",
    ];
    let (mut words, mut english, mut spanish) = (0, 0, 0);
    for word in text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .take(800)
    {
        words += 1;
        let word = word.to_lowercase();
        english += usize::from(ENGLISH.contains(&word.as_str()));
        spanish += usize::from(SPANISH.contains(&word.as_str()));
    }
    if words < 20 {
        None
    } else if spanish > 3 * english && spanish * 8 > words {
        Some("es")
    } else if english > 3 * spanish && english * 10 > words {
        Some("en")
    } else {
        None
    }
}

/// The primary language of a BCP 47 tag, where it is one.
pub(in crate::releases) fn primary(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let fits = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    fits.then_some(primary)
}

/// Which way the language runs, unless the page says it.
pub(super) fn direction(language: &str, said: Option<&str>) -> Direction {
    match said.map(str::to_ascii_lowercase).as_deref() {
        Some("rtl") => Direction::Rtl,
        Some("ltr") => Direction::Ltr,
        _ if matches!(language, "ar" | "fa" | "he" | "ur" | "yi" | "ps") => Direction::Rtl,
        _ => Direction::Ltr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spanish_release_on_an_english_site_is_spanish() {
        let spanish = "La representante anunció hoy que los fondos para la reparación de los puentes del distrito llegarán en el verano, y que las obras empezarán en agosto.";
        let english = "The representative announced today that the funds for the repair of the bridges of the district will arrive in summer and that the work is to begin in August.";
        assert_eq!(of(spanish, "en-US"), "es");
        assert_eq!(of(english, "en-US"), "en");
        assert_eq!(of(english, ""), "en");
        assert_eq!(of(spanish, "es-MX"), "es");
        assert_eq!(of("", "\"><script>"), "en");
        assert_eq!(of("오늘 하원의원은 다리를 고치겠다고 발표했다", "en"), "ko");
        assert_eq!(direction("ar", None), Direction::Rtl);
    }
}
