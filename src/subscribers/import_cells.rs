//! What a cell says: yes, no, a date, where somebody stands, or nothing, as people, spreadsheets and other systems
//! write it in the offered languages and in those of Excel.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    import_dates::ListDate, import_spelling::plain, import_status::known_status,
    import_words::Column, subscriber_kinds::Status,
};

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// That it is so.
    Yes,
    /// That it is not so.
    No,
    /// That this person does not want it, or not any more.
    Refused,
    /// When it was.
    Date,
    /// How often it was.
    Count,
    /// Where they stand.
    Status(Status),
    /// As people and programs write that there is nothing.
    Nothing,
    /// A word that no table knows.
    Other,
}

const YES: &[&str] = &[
    "yes",
    "y",
    "true",
    "t",
    "1",
    "on",
    "x",
    "ok",
    "okay",
    "checked",
    "ticked",
    "✓",
    "✔",
    "☑",
    "✅",
    "👍",
    "sí",
    "verdadero",
    "ja",
    "j",
    "wahr",
    "oui",
    "vrai",
    "vero",
    "sim",
    "verdadeiro",
    "waar",
    "예",
    "네",
    "참",
    "是",
    "真",
    "对",
    "對",
    "有",
    "có",
    "đúng",
    "نعم",
    "صحيح",
];

const NO: &[&str] = &[
    "no",
    "n",
    "false",
    "f",
    "0",
    "unchecked",
    "unticked",
    "☐",
    "⬜",
    "✗",
    "✘",
    "❌",
    "✖",
    "👎",
    "falso",
    "nein",
    "falsch",
    "non",
    "faux",
    "não",
    "nee",
    "onwaar",
    "아니요",
    "아니오",
    "거짓",
    "否",
    "不",
    "不是",
    "假",
    "không",
    "sai",
    "لا",
    "خطأ",
];

const REFUSED: &[&str] = &[
    "off",
    "stop",
    "out",
    "opt out",
    "withdrawn",
    "revoked",
    "denied",
    "refused",
    "declined",
    "rejected",
    "expired",
    "rechazado",
    "abgelehnt",
    "widerrufen",
    "refusé",
    "거부",
    "거절",
    "拒绝",
    "拒絕",
    "từ chối",
];

const NOTHING: &[&str] = &[
    "null",
    "\\n",
    "none",
    "n/a",
    "na",
    "nan",
    "#n/a",
    "nil",
    "undefined",
    "never",
    "not yet",
    "not set",
    "unknown",
    "-",
    "--",
    "—",
    "–",
    "n/d",
    "s/d",
    "ninguno",
    "ninguna",
    "nunca",
    "todavía no",
    "keine",
    "kein",
    "nie",
    "niemals",
    "noch nicht",
    "k.A.",
    "aucun",
    "aucune",
    "jamais",
    "nessuno",
    "nessuna",
    "mai",
    "nenhum",
    "nenhuma",
    "geen",
    "nooit",
    "없음",
    "无",
    "無",
    "没有",
    "沒有",
    "không có",
    "chưa",
    "لا يوجد",
];

static WORDS: LazyLock<HashMap<String, Says>> = LazyLock::new(|| {
    let tables = [
        (YES, Says::Yes),
        (NO, Says::No),
        (REFUSED, Says::Refused),
        (NOTHING, Says::Nothing),
    ];
    let all = tables.into_iter().flat_map(|(words, says)| {
        let words = words.iter();
        words.map(move |word| (plain(word), says))
    });
    all.collect()
});

/// What begins a refusal of more words: `No thanks`, `not interested`.
const BEGINS_REFUSAL: [&str; 15] = [
    "no", "not", "non", "none", "never", "did not", "does not", "do not", "dont", "doesnt", "nein",
    "nicht", "nunca", "nao", "khong",
];

/// Characters of a refusal, at most: an address may begin with `No`, too.
const LONGEST_REFUSAL: usize = 40;

/// What a cell says.
#[must_use]
pub fn says(cell: &str) -> Says {
    let word = plain(cell);
    if word.is_empty() {
        return Says::Nothing;
    }
    if let Some(says) = WORDS.get(&word) {
        return *says;
    }
    if let Some(status) = known_status(&word) {
        return Says::Status(status);
    }
    if ListDate::of_cell(cell).is_some() {
        return Says::Date;
    }
    let digits = || word.chars().filter(|c| *c != ' ');
    if digits().all(|c| c == '0') || is_no_date(&word) {
        // `0000-00-00 00:00:00`, as MySQL writes that there is no date.
        return Says::Nothing;
    }
    if word.parse::<u32>().is_ok() {
        return Says::Count;
    }
    Says::Other
}

fn is_no_date(word: &str) -> bool {
    word.starts_with("0000 00 00") && word.chars().all(|c| matches!(c, '0' | ' ' | 't' | 'z'))
}

/// Whether a cell says that this person does not want something, in whatever words that begin with it.
#[must_use]
pub fn refuses(cell: &str) -> bool {
    match says(cell) {
        Says::No | Says::Refused => true,
        Says::Status(status) => status != Status::Confirmed,
        Says::Yes | Says::Date | Says::Count => false,
        Says::Nothing | Says::Other => begins_with_refusal(cell),
    }
}

fn begins_with_refusal(cell: &str) -> bool {
    let words = plain(cell);
    // `no-reply@example.org`
    !cell.contains('@')
        && words.chars().count() <= LONGEST_REFUSAL
        && BEGINS_REFUSAL.iter().any(|begins| {
            let rest = words.strip_prefix(begins);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
}

/// Whether a cell says yes and nothing else.
#[must_use]
pub fn agrees(cell: &str) -> bool {
    matches!(says(cell), Says::Yes | Says::Status(Status::Confirmed))
}

/// A word that no list of ours explains.
#[derive(Debug)]
pub struct UnknownWord;

/// Where somebody stands by a cell of a column that says it. `None`: it says nothing of that. `explained`: a person
/// said what the column holds.
///
/// # Errors
/// The word is none that is known.
pub fn status_of_cell(
    column: Column,
    cell: &str,
    explained: bool,
) -> Result<Option<Status>, UnknownWord> {
    let says = match column {
        Column::Status => return known_status(&plain(cell)).map(Some).ok_or(UnknownWord),
        Column::Reason => {
            return Ok(known_status(&plain(cell)).filter(|status| *status != Status::Confirmed));
        }
        _ => says(cell),
    };
    let (yes, no) = match column {
        Column::Gets => (Status::Confirmed, Status::Unsubscribed),
        Column::Confirms => (Status::Confirmed, Status::Pending),
        Column::Left => (Status::Unsubscribed, Status::Confirmed),
        Column::Bounced => (Status::Bounced, Status::Confirmed),
        Column::Complained => (Status::Complained, Status::Confirmed),
        _ => return Ok(None),
    };
    let of_gone = no == Status::Confirmed;
    match says {
        Says::Status(status) => Ok(Some(status)),
        // A date is when they did.
        Says::Yes | Says::Date => Ok(Some(yes)),
        Says::No => Ok(Some(no)),
        Says::Nothing if of_gone => Ok(None),
        Says::Refused if column == Column::Left => Ok(Some(yes)),
        Says::Count if matches!(column, Column::Bounced | Column::Complained) => Ok(Some(yes)),
        // Whoever says that the column names who left takes everything in it for that, such as the reason.
        _ if of_gone && explained => Ok(Some(yes)),
        _ => Err(UnknownWord),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_known_as_excel_and_people_write_them() {
        for cell in [
            "Yes",
            "VERDADERO",
            "WAHR",
            "VRAI",
            "VERO",
            "Sí",
            "si",
            "Ja",
            "Oui",
            "是",
            "Có",
            "예",
            "X",
            "☑",
        ] {
            assert_eq!(says(cell), Says::Yes, "{cell}");
        }
        for cell in [
            "No",
            "FALSO",
            "FALSCH",
            "FAUX",
            "Nein",
            "Non",
            "Não",
            "否",
            "Không",
            "아니요",
            "☐",
            "0",
        ] {
            assert_eq!(says(cell), Says::No, "{cell}");
        }
        for cell in [
            "",
            "n.a.",
            "N/D",
            "not yet",
            "Keine",
            "-",
            "\\N",
            "0000-00-00 00:00:00",
            "NULL",
        ] {
            assert_eq!(says(cell), Says::Nothing, "{cell}");
        }
        assert_eq!(says("2024-01-15"), Says::Date);
        assert_eq!(says("3"), Says::Count);
        assert_eq!(says("0 times"), Says::Other);
    }

    #[test]
    fn a_refusal_is_one_in_however_many_words() {
        for cell in [
            "No thanks",
            "not interested",
            "no longer",
            "No (2024)",
            "No, thank you",
            "Did not opt in",
            "Not consented",
            "never",
            "OPT_OUT",
            "unsubscribed",
        ] {
            assert!(refuses(cell), "{cell}");
        }
        for cell in ["yes", "Nora", "2024-01-01", "12 North Street", "", "-"] {
            assert!(!refuses(cell), "{cell}");
        }
    }
}
