//! How languages cut the names of months, name days of the week, and what stands around a date.

use gazette_templates::{month_names as written_out, weekday_names};

/// Months as they are written out, each row of one language.
const MONTHS: [[&str; 12]; 10] = [
    written_out::ENGLISH,
    written_out::SPANISH,
    written_out::GERMAN,
    written_out::FRENCH,
    written_out::ITALIAN,
    written_out::PORTUGUESE,
    written_out::DUTCH,
    written_out::ARABIC,
    [
        "",
        "",
        "",
        "ابريل",
        "",
        "",
        "",
        "اغسطس",
        "",
        "اكتوبر",
        "",
        "",
    ],
    // Ways of writing that are no beginnings of the others.
    [
        "jänner",
        "feber",
        "maerz",
        "",
        "",
        "",
        "juil",
        "aout",
        "setiembre",
        "",
        "",
        "",
    ],
];

/// Days of the week in languages that only the reader knows.
const DAYS: &[&str] = &[
    "lunedì",
    "martedì",
    "mercoledì",
    "giovedì",
    "venerdì",
    "sabato",
    "domenica",
    "segunda-feira",
    "terça-feira",
    "quarta-feira",
    "quinta-feira",
    "sexta-feira",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "zaterdag",
    "zondag",
];

/// Words that stand around a date and mean nothing by themselves.
const FILLERS: &[&str] = &[
    "kl",
    "wo",
    "vr",
    "za",
    "zo",
    "ma",
    "lu",
    "me",
    "je",
    "ve",
    "gi",
    "at",
    "on",
    "of",
    "the",
    "posted",
    "published",
    "date",
    "date:",
    "updated",
    "thru",
    "time",
    "hours",
    "hrs",
    "de",
    "del",
    "el",
    "la",
    "las",
    "los",
    "a",
    "publicado",
    "publicada",
    "actualizado",
    "fecha",
    "fecha:",
    "am",
    "den",
    "der",
    "vom",
    "um",
    "uhr",
    "veröffentlicht",
    "erschienen",
    "stand",
    "stand:",
    "datum",
    "datum:",
    "le",
    "du",
    "à",
    "publié",
    "publié:",
    "publiée",
    "heures",
    "il",
    "del",
    "alle",
    "ore",
    "pubblicato",
    "pubblicata",
    "data",
    "data:",
    "em",
    "às",
    "as",
    "horas",
    "op",
    "om",
    "uur",
    "gepubliceerd",
    "geplaatst",
    "ngày",
    "năm",
    "lúc",
    "giờ",
    "gmt",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "mo.",
    "hs",
];

/// The number of the month, whole or cut to three letters or more.
pub(super) fn month(lower: &str) -> Option<i8> {
    let lower = lower.trim_end_matches(['.', ',']);
    if lower == "mrt" {
        return Some(3);
    }
    if lower.chars().count() < 3 || lower == "jui" || lower == "jun" || lower == "jul" {
        return match lower {
            "jun" => Some(6),
            "jul" => Some(7),
            _ => None,
        };
    }
    let at = MONTHS
        .iter()
        .find_map(|language| language.iter().position(|month| month.starts_with(lower)))?;
    i8::try_from(at + 1).ok()
}

/// Whether the word only stands around dates, a day of the week among them.
pub(super) fn is_filler(lower: &str) -> bool {
    let bare = lower.trim_end_matches(['.', ',', ':']);
    FILLERS.contains(&lower)
        || FILLERS.contains(&bare)
        || (bare.chars().count() >= 3 && is_weekday_cut(bare))
        || is_day_of_another_script(lower)
}

/// A day of the week, whole or cut.
fn is_weekday_cut(bare: &str) -> bool {
    weekday_names::ENGLISH
        .iter()
        .chain(&weekday_names::SPANISH)
        .chain(&weekday_names::GERMAN)
        .chain(&weekday_names::FRENCH)
        .chain(&weekday_names::ARABIC)
        .chain(DAYS)
        .any(|day| day.starts_with(bare))
}

/// `금`, `금요일`, `星期五`, `金曜日`, and the words of `thứ sáu` and `chủ nhật`.
fn is_day_of_another_script(word: &str) -> bool {
    let one_of = |days: &str, word: &str| word.chars().count() == 1 && days.contains(word);
    let korean = word.strip_suffix("요일").unwrap_or(word);
    let chinese = ["星期", "周", "週"]
        .iter()
        .find_map(|week| word.strip_prefix(week));
    let japanese = word.trim_end_matches("日").strip_suffix("曜");
    one_of("월화수목금토일", korean)
        || chinese.is_some_and(|day| one_of("一二三四五六日天", day))
        || one_of("月火水木金土日", japanese.unwrap_or(word))
        || matches!(
            word,
            "thứ" | "hai" | "ba" | "tư" | "năm" | "sáu" | "bảy" | "chủ" | "nhật"
        )
}

/// A time that has no colon: `14h30`, `14h`.
pub(super) fn clock(token: &str) -> Option<String> {
    let lower = token.to_lowercase();
    let (hour, minute) = lower.split_once('h')?;
    let is_number = |text: &str| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
    let fits = !hour.is_empty() && is_number(hour) && is_number(minute);
    fits.then(|| format!("{hour}:{}", if minute.is_empty() { "00" } else { minute }))
}
