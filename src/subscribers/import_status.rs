//! What a list's cells say of where somebody stands: the words of other systems for a status, for yes and
//! no and for nothing, and what hides in a column that nobody knows.
//!
//! All words are compared as [`plain`] writes them.

use super::{
    import_words::{Column, plain},
    subscriber_kinds::Status,
};

/// The words for a status.
const STATUSES: &[(Status, &[&str])] = &[
    (
        Status::Confirmed,
        &[
            "confirmed",
            "active",
            "enabled",
            "subscribed",
            "express",
            "opted in",
            "member",
            "owner",
            "manager",
            // What Buttondown calls its types of subscribers.
            "regular",
            "premium",
            "gifted",
            "trialed",
            "past due",
            "all email",
            "each email",
            "every email",
            "digest",
            "daily digest",
            "digest email",
            "abridged",
            "abridged email",
            "activo",
            "activa",
            "suscrito",
            "suscrita",
            "구독",
            "구독 중",
            "구독중",
            "활성",
            "đã đăng ký",
            "已订阅",
            "已訂閱",
            "مشترك",
        ],
    ),
    (
        Status::Pending,
        &[
            "pending",
            "unconfirmed",
            "unactivated",
            "upcoming",
            "pending confirmation",
            "awaiting confirmation",
            "awaiting",
            "invited",
            "pendiente",
            "chờ xác nhận",
            "待确认",
            "待確認",
        ],
    ),
    (
        Status::Unsubscribed,
        &[
            "unsubscribed",
            "disabled",
            "inactive",
            "left",
            "opted out",
            "removed",
            "cancelled",
            "canceled",
            "deleted",
            "paused",
            "churned",
            "no email",
            "baja",
            "dado de baja",
            "dada de baja",
            "de baja",
            "cancelado",
            "cancelada",
            "inactivo",
            "inactiva",
            "수신거부",
            "수신 거부",
            "구독취소",
            "구독 취소",
            "구독해지",
            "구독 해지",
            "해지",
            "đã hủy",
            "đã hủy đăng ký",
            "hủy đăng ký",
            "已退订",
            "已退訂",
            "退订",
            "退訂",
            "已取消订阅",
            "已取消訂閱",
            "取消订阅",
            "取消訂閱",
            "ملغى",
            "ألغى الاشتراك",
        ],
    ),
    (
        Status::Bounced,
        &[
            "bounced",
            "bouncing",
            "cleaned",
            "unreachable",
            "undeliverable",
            "hard bounce",
            "hard bounced",
            "invalid",
        ],
    ),
    (
        Status::Complained,
        &[
            "complained",
            "complaint",
            "spam",
            "junk",
            "abuse",
            "marked as spam",
        ],
    ),
    (
        Status::Blocked,
        &[
            "blocked",
            "blocklisted",
            "blacklisted",
            "banned",
            "malicious",
            "spammy",
        ],
    ),
];

/// What no other column holds by chance: somebody who is not to be mailed. Not the words that are
/// people's names, towns or remarks as well.
const GONE: &[&str] = &[
    "unsubscribed",
    "unsubscribe",
    "unsubscriber",
    "do not contact",
    "do not email",
    "do not mail",
    "not subscribed",
    "non-subscribed",
    "nonsubscribed",
    "never subscribed",
    "opted out",
    "opted-out",
    "bounced",
    "hard bounce",
    "undeliverable",
    "complained",
    "marked as spam",
    "blocklisted",
    "blacklisted",
    "unconfirmed",
    "pending confirmation",
    "awaiting confirmation",
    "dado de baja",
    "dada de baja",
    "수신거부",
    "수신 거부",
    "구독취소",
    "구독 취소",
    "đã hủy đăng ký",
    "已退订",
    "已退訂",
    "已取消订阅",
    "已取消訂閱",
    "ألغى الاشتراك",
];

/// Parts of the names of columns and of files that hold those who are not to be mailed.
const NAMES_OF_GONE: [&str; 23] = [
    "unsub",
    "opt out",
    "optout",
    "opted out",
    "bounce",
    "blacklist",
    "blocklist",
    "block list",
    "blocked",
    "suppress",
    "complain",
    "do not email",
    "do not mail",
    "do not contact",
    "do not bulk",
    "do not send",
    "no bulk email",
    "nonsubscribed",
    "non subscribed",
    "not subscribed",
    "inactive",
    "bajas",
    "withdrawn",
];

/// The same of columns only: a file of this name may be a list that somebody has tidied. In other languages than
/// English, words for a status, which may be a state of the country as well.
const COLUMNS_OF_GONE: &[&str] = &[
    "cleaned",
    "deleted",
    "removed",
    "banned",
    "disabled",
    "undeliver",
    "invalid",
    "spam",
    "abuse",
    "dnc",
    "baja",
    "estado",
    "estatus",
    "situación",
    "cancelad",
    "desuscri",
    "statut",
    "désabonn",
    "désinscri",
    "abgemeldet",
    "상태",
    "수신",
    "취소",
    "해지",
    "trạng thái",
    "hủy",
    "状态",
    "狀態",
    "退订",
    "退訂",
    "取消",
    "حالة",
    "إلغاء",
];

/// Whole names of columns whose no may say that somebody is not to be mailed.
const COLUMNS_OF_STAYING: [&str; 12] = [
    "active",
    "is active",
    "enabled",
    "is enabled",
    "marketing",
    "frequency",
    "email frequency",
    "how often",
    "valid",
    "verified",
    "mailable",
    "deliverable",
];

/// Parts of such names.
const PARTS_OF_STAYING: [&str; 15] = [
    "subscribe",
    "opt in",
    "optin",
    "opted in",
    "consent",
    "permission",
    "newsletter",
    "mailing",
    "receive",
    "accepts",
    "wants",
    "gdpr",
    "consentimiento",
    "suscrit",
    "boletín",
];

/// Whole names of columns that say where people live, or where they stand.
const COLUMNS_OF_STANDING: [&str; 9] = [
    "state",
    "account state",
    "stage",
    "lifecycle",
    "lifecycle stage",
    "standing",
    "condition",
    "type",
    "subscriber type",
];

/// Beside a plain no: what a cell says of who does not want mail, or does not any more.
const REFUSALS: [&str; 14] = [
    "none",
    "never",
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
    "nunca",
];

/// Names of files that hold nobody else.
const FILES_OF_GONE: [&str; 5] = ["removed", "deleted", "cleaned", "left", "gone"];

/// A word that no list of ours explains.
#[derive(Debug)]
pub struct UnknownWord;

/// The word that means a status.
#[must_use]
pub fn known_status(word: &str) -> Option<Status> {
    STATUSES
        .iter()
        .find(|(_, words)| words.contains(&word))
        .map(|(status, _)| *status)
}

/// Where somebody stands by a cell that holds `word`. `None`: it says nothing of that.
///
/// # Errors
/// The column says it, and the word is none that is known.
pub fn status_of_cell(column: Column, word: &str) -> Result<Option<Status>, UnknownWord> {
    if column == Column::Status {
        return known_status(word).map(Some).ok_or(UnknownWord);
    }
    let (yes, no) = match column {
        Column::Gets => (Status::Confirmed, Status::Unsubscribed),
        Column::Confirms => (Status::Confirmed, Status::Pending),
        Column::Left => (Status::Unsubscribed, Status::Confirmed),
        Column::Bounced => (Status::Bounced, Status::Confirmed),
        Column::Complained => (Status::Complained, Status::Confirmed),
        _ => return Ok(None),
    };
    let of_gone = no == Status::Confirmed;
    match says(word) {
        Says::Status(status) => Ok(Some(status)),
        // A date is when they did.
        Says::Yes | Says::Date => Ok(Some(yes)),
        Says::No => Ok(Some(no)),
        Says::Nothing if of_gone => Ok(None),
        // Everything but a no, such as the reason.
        Says::Other if of_gone => Ok(Some(yes)),
        Says::Nothing | Says::Other => Err(UnknownWord),
    }
}

impl Status {
    /// The stricter of the two.
    pub(super) fn stricter(self, other: Option<Self>) -> Self {
        let rank = |status: Self| match status {
            Self::Confirmed => 0,
            Self::Pending => 1,
            Self::Unsubscribed => 2,
            Self::Bounced => 3,
            Self::Complained => 4,
            Self::Blocked => 5,
        };
        match other {
            Some(other) if rank(other) > rank(self) => other,
            _ => self,
        }
    }
}

/// Whether a cell of any column says that somebody is not to be mailed.
#[must_use]
pub fn says_gone(cell: &str) -> bool {
    let cell = cell.trim();
    cell.chars().count() <= 24
        && GONE.iter().any(|word| {
            // `Unsubscribed 2020`
            cell.split_at_checked(word.len())
                .is_some_and(|(begins, rest)| {
                    begins.eq_ignore_ascii_case(word) && (rest.is_empty() || rest.starts_with(' '))
                })
        })
}

/// Whether a no in a column of this name may say that somebody is not to be mailed.
#[must_use]
pub fn may_name_who_stays(name: &str) -> bool {
    COLUMNS_OF_STAYING.contains(&name) || PARTS_OF_STAYING.iter().any(|part| name.contains(part))
}

/// Whether a column of this name holds the evidence of an opt-in, or, in some systems, whether there was one: a no
/// in it is no evidence.
#[must_use]
pub fn may_name_an_opt_in(name: &str) -> bool {
    name == "double opt in"
}

/// Whether a column of this name may hold where people stand.
#[must_use]
pub fn may_name_a_standing(name: &str) -> bool {
    COLUMNS_OF_STANDING.contains(&name)
}

/// Whether a cell is the word for a status of who gets nothing.
#[must_use]
pub fn is_status_of_gone(cell: &str) -> bool {
    known_status(&plain(cell)).is_some_and(|status| status != Status::Confirmed)
}

/// Whether a cell says no, or a status of who gets nothing.
#[must_use]
pub fn says_no(cell: &str) -> bool {
    let word = plain(cell);
    match says(&word) {
        Says::No => true,
        Says::Status(status) => status != Status::Confirmed,
        _ => REFUSALS.contains(&word.as_str()),
    }
}

/// Whether a column of this name may hold who is not to be mailed.
#[must_use]
pub fn may_name_who_left(name: &str) -> bool {
    name == "left"
        || is_named_for_gone(name)
        || COLUMNS_OF_GONE.iter().any(|part| name.contains(part))
}

/// Whether a file of this name holds those who are not to be mailed, as far as a name says it.
#[must_use]
pub fn is_file_of_gone(name: &str) -> bool {
    let name = plain(name);
    let stem = name
        .rsplit_once(' ')
        .map_or(name.as_str(), |(stem, _)| stem);
    is_named_for_gone(&name) || FILES_OF_GONE.contains(&stem)
}

/// Whether a file of this name may hold those who are not to be mailed: Mailchimp has one for those who
/// never asked, with the columns of those who did.
#[must_use]
pub fn is_named_for_gone(name: &str) -> bool {
    // `HasOptedOutOfEmail` is one word to whoever compares names.
    let joined = |name: &str| name.replace(' ', "");
    let whole = joined(name);
    let is_said = |part: &&str| name.contains(*part) || whole.contains(&joined(part));
    NAMES_OF_GONE.iter().any(is_said)
}

/// Whether a cell holds more than a no or a nought.
#[must_use]
pub fn says_something(cell: &str) -> bool {
    let word = plain(cell);
    !matches!(
        says(&word),
        Says::No | Says::Nothing | Says::Status(Status::Confirmed)
    )
}

enum Says {
    Yes,
    No,
    Date,
    Status(Status),
    /// As programs write that there is nothing.
    Nothing,
    Other,
}

fn says(word: &str) -> Says {
    match word {
        "true" | "yes" | "y" | "1" | "t" => Says::Yes,
        "false" | "no" | "n" | "0" | "f" => Says::No,
        "" | "null" | "\\n" | "none" | "n/a" | "never" => Says::Nothing,
        _ => match known_status(word) {
            Some(status) => Says::Status(status),
            None if word.chars().any(|c| ('1'..='9').contains(&c)) => Says::Date,
            // `0000-00-00 00:00:00`, as MySQL writes that there is no date.
            None if word.contains('0') => Says::Nothing,
            None => Says::Other,
        },
    }
}
