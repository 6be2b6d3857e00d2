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

/// How often a cell says; `None`: no word of ours for it.
#[must_use]
pub fn frequency_of(cell: &str) -> Option<Frequency> {
    KNOWN.get(&plain(cell)).copied()
}
