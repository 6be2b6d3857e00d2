//! How often somebody wants mail, as lists write it.

use std::{collections::HashMap, sync::LazyLock};

use super::{import_spelling::plain, subscriber_kinds::Frequency};

const WORDS: &[(Frequency, &[&str])] = &[
    (
        Frequency::Each,
        &[
            "each",
            "each release",
            "every",
            "every release",
            "every email",
            "all",
            "all emails",
            "immediate",
            "immediately",
            "instant",
            "instantly",
            "real time",
            "as it happens",
            "as they happen",
            "when published",
            "cada comunicado",
            "inmediato",
            "inmediatamente",
            "sofort",
            "immédiat",
            "immediato",
            "imediato",
            "direct",
            "as they come out",
            "as they occur",
            "as it occurs",
            "as published",
            "every post",
            "every update",
            "immediate delivery",
            "immediate emails",
            "individual",
            "individual emails",
            "send immediately",
            "single emails",
            "realtime",
            "즉시",
            "即时",
            "即時",
            "ngay lập tức",
        ],
    ),
    (
        Frequency::Daily,
        &[
            "daily",
            "daily digest",
            "daily summary",
            "daily email",
            "daily emails",
            "daily updates",
            "digest daily",
            "once daily",
            "send daily",
            "day",
            "every day",
            "once a day",
            "diario",
            "diaria",
            "diariamente",
            "cada día",
            "täglich",
            "quotidien",
            "quotidienne",
            "giornaliero",
            "dagelijks",
            "매일",
            "每日",
            "每天",
            "hàng ngày",
            "يومي",
        ],
    ),
    (
        Frequency::Weekly,
        &[
            "weekly",
            "weekly digest",
            "weekly summary",
            "weekly email",
            "weekly emails",
            "weekly updates",
            "digest weekly",
            "once weekly",
            "send weekly",
            "week",
            "every week",
            "once a week",
            "semanal",
            "semanalmente",
            "cada semana",
            "wöchentlich",
            "hebdomadaire",
            "settimanale",
            "wekelijks",
            "매주",
            "每周",
            "每週",
            "hàng tuần",
            "أسبوعي",
        ],
    ),
];

static KNOWN: LazyLock<HashMap<String, Frequency>> = LazyLock::new(|| {
    let words = WORDS.iter();
    words
        .flat_map(|(often, words)| words.iter().map(|word| (plain(word), *often)))
        .collect()
});

/// The column in which `GovDelivery` says of how many days one mail is.
const DAYS_OF_ONE_MAIL: &str = "digest for";

/// Whether a column says it in numbers.
#[must_use]
pub fn is_in_numbers(column: &str) -> bool {
    plain(column) == DAYS_OF_ONE_MAIL
}

/// How often a cell of a column says; `None`: no word of ours for it.
fn frequency_of(column: &str, cell: &str) -> Option<Frequency> {
    let word = plain(cell);
    match word.as_str() {
        "0" if is_in_numbers(column) => Some(Frequency::Each),
        "1" if is_in_numbers(column) => Some(Frequency::Daily),
        "7" if is_in_numbers(column) => Some(Frequency::Weekly),
        _ => KNOWN.get(&word).copied(),
    }
}

/// How often the cells of a line say that somebody wants mail, each with the name of its column; and what they say
/// that is not understood. Where two say two things, neither is taken.
#[must_use]
pub fn said_of_frequency<'a>(
    cells: impl Iterator<Item = (&'a str, &'a str)>,
) -> (Option<Frequency>, Option<String>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (column, cell) in cells {
        match frequency_of(column, cell) {
            Some(often) if known.contains(&often) => {}
            Some(often) => known.push(often),
            None => unknown.push(cell),
        }
    }
    if known.len() > 1 {
        unknown.extend(known.iter().map(|often| often.word()));
        known.clear();
    }
    let unknown = (!unknown.is_empty()).then(|| unknown.join(" / "));
    (known.first().copied(), unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_systems_words_are_known_and_what_is_not_is_told() {
        let said =
            |cells: &[(&'static str, &'static str)]| said_of_frequency(cells.iter().copied());
        let (each, daily, weekly) = (
            Some(Frequency::Each),
            Some(Frequency::Daily),
            Some(Frequency::Weekly),
        );
        for (column, cell, often) in [
            ("frequency", "Daily digest", daily),
            ("Frequency", "WEEKLY", weekly),
            ("Frequency", "Immediate", each),
            ("Digest For", "0", each),
            ("digest_for", "1", daily),
            ("digest_for", "7", weekly),
            ("Email frequency", "Real-time", each),
            ("Frequency", "Digest (weekly)", weekly),
        ] {
            assert_eq!(said(&[(column, cell)]), (often, None), "{column}: {cell}");
        }
        for (column, cell) in [
            ("frequency", "monthly"),
            ("frequency", "digest"),
            ("frequency", "1"),
            ("digest_for", "30"),
        ] {
            let told = Some(cell.to_owned());
            assert_eq!(said(&[(column, cell)]), (None, told), "{column}: {cell}");
        }
        assert_eq!(
            said(&[("frequency", "daily"), ("digest for", "7")]),
            (None, Some("daily / weekly".to_owned()))
        );
        assert_eq!(
            said(&[("frequency", "daily"), ("digest", "yes")]),
            (daily, Some("yes".to_owned()))
        );
        assert_eq!(said(&[]), (None, None));
    }
}
