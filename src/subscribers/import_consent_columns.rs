//! Columns of a list that say when, where and how somebody came to it, however they are called: what they hold is
//! kept with the evidence of the import.

use super::{
    import_name_words::WHEN_AND_HOW,
    import_spelling::{has_word, name_words, plain},
};

/// Parts of names that have to do with coming to a list.
const COMING: &[&str] = &[
    "consent",
    "permission",
    "opt in",
    "optin",
    "opted in",
    "sign up",
    "signup",
    "signed up",
    "subscri",
    "regist",
    "confirm",
    "join",
    "member since",
    "gdpr",
    "agree",
    "einwillig",
    "zustimm",
    "anmeld",
    "alta",
    "inscri",
    "suscri",
    "동의",
    "가입",
    "신청",
    "구독",
    "同意",
    "订阅",
    "訂閱",
    "đăng ký",
    "đồng ý",
];

/// More words that say when, where or how it was.
const CIRCUMSTANCE: &[&str] = &[
    "first", "utc", "hora", "日期", "时间", "時間", "일자", "날짜", "ngày",
];

/// Whole names that say so by themselves.
const WHOLE: &[&str] = &[
    "timestamp",
    "start date",
    "original source",
    "lead source",
    "signed up",
    "joined",
    "join date",
    "date joined",
    "member since",
    "registered",
    "date",
    "added",
    "added on",
    "added at",
    "date created",
    "created time",
    "creation date",
    "create date",
    "created date",
    "referrer",
    "referer",
    "form",
    "landing page",
    "utm source",
    "zeitstempel",
    "marca temporal",
    "horodateur",
    "타임스탬프",
    "时间戳记",
    "時間戳記",
    "dấu thời gian",
];

/// Names of columns that say when somebody confirmed: who has nothing there, where others have a date, did not.
const CONFIRMING: &[&str] = &[
    "confirmed at",
    "confirmed on",
    "confirmation date",
    "confirmation time",
    "confirm date",
    "confirm time",
    "date confirmed",
    "double opt in at",
    "double opt in date",
    "double opt in time",
    "verified at",
    "verified on",
    "doi date",
    "doi datum",
    "doi at",
    "bestätigt am",
    "bestätigungsdatum",
    "confirmado el",
    "fecha de confirmación",
    "confirmé le",
    "date de confirmation",
];

/// A column that only Mailchimp's lists have: in them, nothing stands for who was confirmed elsewhere.
const MAILCHIMP: &[&str] = &["leid", "euid"];

/// Whether what the column of this name holds is kept as evidence.
#[must_use]
pub fn tells_of_coming(name: &str) -> bool {
    let words = name_words(name);
    let is_part = |part: &&str| words.contains(&plain(part));
    WHOLE.iter().any(|whole| plain(whole) == words)
        || COMING.iter().any(is_part)
            && (has_word(&words, WHEN_AND_HOW) || has_word(&words, CIRCUMSTANCE))
}

/// Whether nothing in the column of this name, among columns of `others`, says that somebody never confirmed.
#[must_use]
pub fn tells_who_confirmed(name: &str, others: &[String]) -> bool {
    let words = name_words(name);
    let is_mailchimps = || {
        let mut names = others.iter().map(|other| plain(other));
        names.any(|other| MAILCHIMP.contains(&other.as_str()))
    };
    CONFIRMING.iter().any(|known| plain(known) == words) && !is_mailchimps()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_somebody_came_is_known_under_many_names() {
        for name in [
            "consent_time",
            "Consent Date",
            "consent_at",
            "Consent IP",
            "consent source",
            "Consent text",
            "optin_date",
            "Opt-in Timestamp (UTC)",
            "Timestamp",
            "Start date",
            "Original Source",
            "First Subscribed",
            "Lead Source",
            "registration date",
            "Subscribe date",
            "signed up",
            "Added on",
            "Created time",
            "Date joined",
            "Member since",
            "date",
            "referrer",
            "form",
            "How they signed up",
            "SignupDate",
            "Fecha de alta",
            "Datum der Einwilligung",
        ] {
            assert!(tells_of_coming(name), "{name}");
        }
        for name in [
            "Birth date",
            "First name",
            "Date of birth",
            "Home page",
            "Text",
            "Subscriber",
            "City",
        ] {
            assert!(!tells_of_coming(name), "{name}");
        }
        assert!(tells_who_confirmed("Confirmed At", &[]));
        assert!(!tells_who_confirmed("CONFIRM_TIME", &["LEID".to_owned()]));
    }
}
