//! How languages name the months, in lower case: dates are read by these names and written with them.

/// English.
pub const ENGLISH: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Spanish.
pub const SPANISH: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// German.
pub const GERMAN: [&str; 12] = [
    "januar",
    "februar",
    "märz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
];

/// French.
pub const FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// Italian.
pub const ITALIAN: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

/// Portuguese.
pub const PORTUGUESE: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

/// Dutch.
pub const DUTCH: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

/// Arabic.
pub const ARABIC: [&str; 12] = [
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "سبتمبر",
    "أكتوبر",
    "نوفمبر",
    "ديسمبر",
];

/// Of languages that number their months.
pub const NONE: [&str; 12] = [""; 12];

/// The name of a month, 1 January to 12 December; empty for other numbers.
#[must_use]
pub fn name(months: &[&'static str; 12], month: i8) -> &'static str {
    let at = usize::try_from(month)
        .ok()
        .and_then(|month| month.checked_sub(1));
    at.and_then(|at| months.get(at).copied())
        .unwrap_or_default()
}

/// The name as it begins in English: with a capital letter.
#[must_use]
pub fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_name_and_a_number_that_is_none_has_no_name() {
        assert_eq!(capitalized(name(&ENGLISH, 1)), "January");
        assert_eq!(name(&SPANISH, 12), "diciembre");
        assert_eq!(
            [name(&ENGLISH, 0), name(&ENGLISH, 13), name(&ENGLISH, -1)],
            [""; 3]
        );
    }
}
