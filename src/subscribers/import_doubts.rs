//! What a column of which nobody knows what it holds may say of who is not to be mailed, by its name: and so which of
//! its cells are asked about.

use std::sync::LazyLock;

use super::{
    import_cells::{Says, agrees, refuses, says},
    import_gone::{is_named_for_gone, says_gone},
    import_spelling::{name_words, plain},
    import_status::known_status,
    subscriber_kinds::Status,
};

/// Which cells of a column are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// None: what it holds is known.
    None,
    /// A remark that somebody is gone.
    Remark,
    /// Tags: such a remark among others.
    Tags,
    /// A no, in however many words: its name has to do with mail.
    Refusal,
    /// All but what is a yes or a date: its name says who agreed.
    NotAgreed,
    /// All but a no and nothing: its name says who left.
    Gone,
    /// A yes or a date: its name has a word for leaving, among others.
    MayBeGone,
    /// All but what says that they are mailed: its name says a status.
    Standing,
    /// The word for a status: its name may mean a part of the country as well.
    Place,
    /// All but email: it says how to reach people.
    Channel,
}

/// Names that say nothing of who wants mail, though their words do.
const HARMLESS: &[&str] = &[
    "html email",
    "htmlemail",
    "email format",
    "email type",
    "e mail type",
    "lead status",
    "marital status",
    "employment status",
    "veteran status",
    "military status",
    "immigration status",
    "payment status",
    "order status",
    "email domain",
    "email client",
];

/// The columns of one system that say nothing, by another column that only its lists have.
const HARMLESS_WITH: &[(&str, &[&str])] = &[
    // Substack: when somebody ended the plan that they paid for.
    ("stripe plan", &["cancel date"]),
];

/// How else somebody may be reached or followed: what they said of that says nothing of mail.
const OTHER_CHANNELS: &[&str] = &[
    "sms",
    "mms",
    "fax",
    "phone",
    "telephone",
    "mobile",
    "call",
    "calls",
    "voice",
    "whatsapp",
    "postal",
    "push",
    "track",
    "tracking",
    "cookies",
    "teléfono",
    "telefon",
    "téléphone",
];

/// Words for mail and news.
const MAIL: &[&str] = &[
    "email",
    "emails",
    "mail",
    "mails",
    "mailing",
    "mailings",
    "news",
    "enews",
    "newsletter",
    "newsletters",
    "enewsletter",
    "updates",
    "bulletin",
    "bulletins",
    "subscriber",
    "correo",
    "correos",
    "boletín",
    "boletines",
    "noticias",
    "nachrichten",
    "rundbrief",
    "courriel",
    "courriels",
    "infolettre",
    "posta",
    "notizie",
    "notícias",
    "nieuwsbrief",
    "thư",
    "tin",
];

/// The same of languages that part no words.
const PARTS_OF_MAIL: &[&str] = &[
    "newsletter",
    "메일",
    "뉴스",
    "소식",
    "구독",
    "邮件",
    "郵件",
    "电邮",
    "電郵",
    "通讯",
    "通訊",
    "电子报",
    "電子報",
    "消息",
    "البريد",
    "نشرة",
];

/// Words that turn what stands behind them.
const NEGATIONS: &[&str] = &[
    "no", "not", "non", "dont", "never", "without", "stop", "kein", "keine", "keinen", "nicht",
    "ohne", "sin", "sans", "pas", "não", "sem", "geen", "niet", "senza", "không",
];

/// Words for leaving, of which a yes or a date is asked about.
const LEAVING: &[&str] = &[
    "bad",
    "exclude",
    "excluded",
    "exclusion",
    "remove",
    "removal",
    "hold",
    "left",
    "quit",
    "cancel",
    "cancelled",
    "canceled",
    "cancellation",
    "solicit",
    "ended",
    "gone",
    "dead",
    "deceased",
    "return",
    "returned",
    "leave",
    "excluir",
    "quitar",
    "hủy",
];

/// The same as whole names.
const NAMES_OF_LEAVING: &[&str] = &[
    "stop",
    "stopped",
    "end date",
    "enddate",
    "date ended",
    "ended at",
];

/// Parts of the names of columns that say who is gone; a file of this name may be a list that somebody has tidied.
const GONE: &[&str] = &[
    "cleaned",
    "deleted",
    "removed",
    "banned",
    "disabled",
    "undeliver",
    "invalid",
    "spam",
    "abuse",
    "cancelad",
    "baja",
    "gelöscht",
    "gekündigt",
    "widerruf",
    "résili",
    "disiscri",
    "annullat",
    "uitgeschreven",
    "afgemeld",
    "취소",
    "해지",
    "거부",
    "đã hủy",
    "hủy đăng ký",
    "từ chối",
    "取消",
    "拒收",
    "拒绝",
    "拒絕",
    "不接收",
    "勿",
    "إلغاء",
];

/// Parts of such names as say a status, which may be a state of the country in other languages.
const STANDING: &[&str] = &[
    "status",
    "estado",
    "estatus",
    "situación",
    "statut",
    "stato",
    "situação",
    "상태",
    "trạng thái",
    "状态",
    "狀態",
    "حالة",
];

/// Whole names of columns that say where people live, or where they stand, or why.
const PLACES: &[&str] = &[
    "state",
    "account state",
    "stage",
    "lifecycle",
    "lifecycle stage",
    "standing",
    "condition",
    "type",
    "subscriber type",
    "reason",
    "result",
];

/// Whole names of columns that say how to reach people.
const CHANNELS: &[&str] = &[
    "preferred contact method",
    "contact method",
    "preferred contact",
    "contact preference",
    "contact preferences",
    "communication preference",
    "communication preferences",
    "communications preference",
    "preferred communication",
    "preferred method of contact",
    "method of contact",
    "how to contact",
];

/// Whole names of columns that say who agreed.
const NAMES_OF_AGREEING: &[&str] = &[
    "active",
    "is active",
    "enabled",
    "is enabled",
    "marketing",
    "email marketing",
    "valid",
    "verified",
    "mailable",
    "deliverable",
    "opt",
    "activo",
    "activa",
    "aktiv",
    "actif",
    "attivo",
    "ativo",
    "actief",
];

/// Words of such names.
const AGREEING: &[&str] = &[
    "subscribe",
    "subscribes",
    "receive",
    "receives",
    "accept",
    "accepts",
    "accepted",
    "wants",
    "want",
    "gdpr",
    "agree",
    "agrees",
    "agreed",
    "boletín",
    "boletines",
    "recibe",
    "recibir",
    "acepta",
    "autoriza",
    "desea",
    "einwilligung",
    "zustimmung",
    "erlaubnis",
    "accepte",
    "souhaite",
    "accetta",
    "aceita",
    "toestemming",
    "infolettre",
    "nieuwsbrief",
];

/// Parts of such names.
const PARTS_OF_AGREEING: &[&str] = &[
    "subscribed",
    "opt in",
    "opted in",
    "consent",
    "consenso",
    "permission",
    "newsletter",
    "suscrit",
    "abonniert",
    "angemeldet",
    "iscritt",
    "inscrit",
    "동의",
    "수신",
    "구독",
    "订阅",
    "訂閱",
    "同意",
    "接收",
    "đồng ý",
    "nhận tin",
    "đăng ký",
    "الموافقة",
    "مشترك",
];

/// Words that say who agreed to mail, beside a word for mail.
const ALLOWING: &[&str] = &[
    "ok",
    "okay",
    "can",
    "may",
    "allow",
    "allows",
    "allowed",
    "send",
    "permitted",
    "wanted",
    "please",
    "gewünscht",
    "me",
];

/// Words of names that say when, where or how somebody agreed, and not whether.
const CIRCUMSTANCES: &[&str] = &[
    "date",
    "time",
    "timestamp",
    "at",
    "on",
    "ip",
    "source",
    "url",
    "page",
    "form",
    "method",
    "via",
    "by",
    "when",
    "where",
    "how",
    "id",
    "country",
    "region",
    "text",
    "statement",
    "version",
    "name",
    "since",
    "origin",
    "address",
    "street",
    "city",
    "state",
    "zip",
    "postal",
    "plan",
    "type",
    "fecha",
    "datum",
    "quelle",
    "origen",
];

/// Words of names that count what was sent or done.
const COUNTS: &[&str] = &[
    "count",
    "number",
    "num",
    "total",
    "days",
    "received",
    "sent",
    "opened",
    "opens",
    "clicked",
    "clicks",
    "delivered",
    "dropped",
    "rating",
    "score",
    "rate",
];

/// The tables, as [`plain`] writes them.
struct Tables {
    harmless: Vec<String>,
    other_channels: Vec<String>,
    mail: Vec<String>,
    parts_of_mail: Vec<String>,
    negations: Vec<String>,
    leaving: Vec<String>,
    gone: Vec<String>,
    standing: Vec<String>,
    agreeing: Vec<String>,
    parts_of_agreeing: Vec<String>,
    allowing: Vec<String>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let as_compared = |words: &[&str]| words.iter().map(|word| plain(word)).collect();
    Tables {
        harmless: as_compared(HARMLESS),
        other_channels: as_compared(OTHER_CHANNELS),
        mail: as_compared(MAIL),
        parts_of_mail: as_compared(PARTS_OF_MAIL),
        negations: as_compared(NEGATIONS),
        leaving: as_compared(LEAVING),
        gone: as_compared(GONE),
        standing: as_compared(STANDING),
        agreeing: as_compared(AGREEING),
        parts_of_agreeing: as_compared(PARTS_OF_AGREEING),
        allowing: as_compared(ALLOWING),
    }
});

/// A column's name, to be compared.
struct Name {
    /// Its words, parted by blanks.
    words: String,
    /// The same without the blanks: `donotemail` is one word to whoever compares names.
    joined: String,
}

impl Name {
    fn has_word(&self, words: &[String]) -> bool {
        self.words
            .split(' ')
            .any(|word| words.iter().any(|known| known == word))
    }

    fn has_any(&self, words: &[&str]) -> bool {
        self.words.split(' ').any(|word| words.contains(&word))
    }

    fn has_part(&self, parts: &[String]) -> bool {
        let has = |part: &String| {
            self.words.contains(part.as_str()) || self.joined.contains(&part.replace(' ', ""))
        };
        parts.iter().any(has)
    }

    fn is_any(&self, names: &[&str]) -> bool {
        names.contains(&self.words.as_str())
    }

    fn is_of_mail(&self) -> bool {
        self.words.contains("e mail")
            || self.has_word(&TABLES.mail)
            || self.has_part(&TABLES.parts_of_mail)
    }

    fn says_yes(&self) -> bool {
        self.has_part(&TABLES.parts_of_agreeing) || self.has_word(&TABLES.agreeing)
    }

    /// Whether a word turns what is said of mail: `No Email`, and neither `No. of emails` nor `Newsletter (yes/no)`.
    fn denies(&self) -> bool {
        let mut rest = self.words.as_str();
        while let Some((word, behind)) = rest.split_once(' ') {
            rest = behind;
            if YES.contains(&word) {
                return false;
            }
            if TABLES.negations.iter().any(|known| known == word) {
                let rest = Self::of(rest.to_owned());
                return rest.is_of_mail() || rest.says_yes() || rest.has_any(&["contact"]);
            }
        }
        false
    }

    fn of(words: String) -> Self {
        let joined = words.replace(' ', "");
        Self { words, joined }
    }
}

/// Before a no, where a name says what to write below it.
const YES: [&str; 6] = ["yes", "y", "si", "ja", "oui", "co"];

/// Words that make an address of the post.
const POSTAL: [&str; 8] = [
    "address", "street", "city", "state", "zip", "postal", "county", "country",
];

impl Doubt {
    /// Of a column of this name, which no table of columns has, among columns of `others`.
    #[must_use]
    pub fn of(name: &str, others: &[String]) -> Self {
        let name = Name::of(name_words(name));
        let (is_of_mail, says_yes) = (name.is_of_mail(), name.says_yes());
        let is_elsewhere = name.has_word(&TABLES.other_channels)
            && !is_of_mail
            && !name.words.contains("unsub")
            && !name.is_any(CHANNELS);
        if is_elsewhere || is_harmless(&name, others) {
            return Self::Remark;
        }
        if name.is_any(PLACES) {
            Self::Place
        } else if name.is_any(CHANNELS) {
            Self::Channel
        } else if name.has_any(&["dnc"])
            || is_named_for_gone(&name.words)
            || name.has_part(&TABLES.gone)
            || name.denies()
        {
            Self::Gone
        } else if name.has_word(&TABLES.leaving) || name.is_any(NAMES_OF_LEAVING) {
            Self::MayBeGone
        } else if name.has_part(&TABLES.standing) {
            Self::Standing
        } else if name.has_any(COUNTS) || name.has_any(&POSTAL) && !says_yes {
            Self::Remark
        } else if says_yes
            || name.is_any(NAMES_OF_AGREEING)
            || is_of_mail && name.has_word(&TABLES.allowing)
        {
            if name.has_any(CIRCUMSTANCES) {
                Self::Refusal
            } else {
                Self::NotAgreed
            }
        } else if is_of_mail {
            Self::Refusal
        } else {
            Self::Remark
        }
    }

    /// Whether a cell that holds something is asked about; `words` is the same as [`plain`] writes it.
    #[must_use]
    pub fn is_raised_by(self, cell: &str, words: &str) -> bool {
        let stays = |said: Says| matches!(said, Says::Status(Status::Confirmed));
        match self {
            Self::None => false,
            Self::Remark => says_gone(words),
            Self::Tags => cell
                .split([',', ';', '|'])
                .any(|tag| says_gone(&plain(tag))),
            Self::Refusal => says_gone(words) || refuses(cell),
            Self::NotAgreed => {
                let said = says(cell);
                !matches!(said, Says::Yes | Says::Date) && !stays(said)
            }
            Self::Gone => {
                let said = says(cell);
                !matches!(said, Says::No | Says::Nothing) && !stays(said)
            }
            Self::MayBeGone => {
                let said = says(cell);
                says_gone(words)
                    || matches!(said, Says::Yes | Says::Date | Says::Refused)
                    || matches!(said, Says::Status(_)) && !stays(said)
            }
            Self::Standing => {
                let said = says(cell);
                !matches!(said, Says::Yes | Says::Nothing) && !stays(said)
            }
            Self::Place => {
                says_gone(words)
                    || known_status(words).is_some_and(|status| status != Status::Confirmed)
            }
            Self::Channel => refuses(cell) || !names_email(words),
        }
    }

    /// Whether nothing in a cell is a no, where others of the column hold a yes: who ticked nothing did not agree.
    #[must_use]
    pub fn is_of_agreeing(self) -> bool {
        matches!(self, Self::NotAgreed | Self::Refusal)
    }

    /// Whether a cell says that this person agreed, in a column for that.
    #[must_use]
    pub fn is_agreed_by(self, cell: &str) -> bool {
        agrees(cell) || self == Self::NotAgreed && says(cell) == Says::Date
    }

    /// The word for what the column probably holds ([`super::import_words::MEANINGS`]); `None`: nothing that a
    /// whole column holds.
    #[must_use]
    pub fn likely_meaning(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Remark => None,
            Self::Tags => Some("topics"),
            Self::Refusal | Self::NotAgreed | Self::Channel => Some("stays"),
            Self::Gone | Self::MayBeGone => Some("left"),
            Self::Standing | Self::Place => Some("status"),
        }
    }
}

fn is_harmless(name: &Name, others: &[String]) -> bool {
    TABLES.harmless.contains(&name.words)
        || name.words.starts_with("no of ")
        || HARMLESS_WITH.iter().any(|(marker, names)| {
            name.is_any(names) && others.iter().any(|other| plain(other) == *marker)
        })
}

/// Whether email is among the ways to reach somebody, and no word turns it.
fn names_email(words: &str) -> bool {
    let is_way = |word: &str| {
        word.starts_with("email") || matches!(word, "any" | "all" | "correo" | "electronico")
    };
    let is_turned = words
        .split(' ')
        .any(|word| TABLES.negations.iter().any(|known| known == word));
    let is_named = words.split(' ').any(is_way)
        || ["e mail", "이메일", "邮件", "郵件"]
            .iter()
            .any(|way| words.contains(way));
    is_named && !is_turned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(name: &str, cell: &str) -> bool {
        Doubt::of(name, &[]).is_raised_by(cell, &plain(cell))
    }

    #[test]
    fn what_a_name_says_is_heard_whatever_turns_it() {
        for (name, asked, passes) in [
            ("No Email", "Y", "No"),
            ("No Mail", "Yes", ""),
            ("No Newsletter", "Yes", "No"),
            ("Nomail", "on", "no"),
            ("Bad Email", "Yes", "No"),
            ("email1_is_bad", "true", "false"),
            ("Do not solicit", "Y", "N"),
            ("Exclude", "Yes", "No"),
            ("Remove", "Yes", ""),
            ("Remove from list", "Yes", "No"),
            ("Stop", "Y", "N"),
            ("Email Hold", "Yes", "No"),
            ("On hold", "Yes", "No"),
            ("Deactivated", "1710000000", "0"),
            ("Left on", "2024-01-01", ""),
            ("Cancelled at", "2024-01-01", "NULL"),
            ("End date", "2024-01-01", ""),
            ("Quit date", "2024-01-01", ""),
            ("Email OK", "N", "Y"),
            ("OK to email", "No", "Yes"),
            ("Can email", "No", "Yes"),
            ("Send email", "No", "Yes"),
            ("Email Allowed", "No", "Yes"),
            ("Allow Email", "No", "Yes"),
            ("Contact by email", "No", "Yes"),
            ("E-News", "No", "Yes"),
            ("Email updates", "No", "Yes"),
            ("Updates", "No", "the newest"),
            ("Opt", "Out", "Yes"),
            ("Opt", "N", "Y"),
            ("Preferred contact method", "Mail only", "Email"),
            ("Communication preference", "No email", "E-mail"),
            ("Newsletter", "No thanks", "Yes"),
            ("Newsletter", "-", "X"),
            ("Newsletter", "☐", "☑"),
            ("Newsletter", "Nein", "Ja"),
            ("Do you want our newsletter?", "No, thank you", "Yes"),
            ("Consent", "Not consented", "granted"),
            ("Consent", "Declined on 2024-02-02", "2024-02-02"),
            ("Permission", "Revoked 2023", "express"),
            ("Marketing consent", "Did not opt in", "opted in"),
            ("Email Marketing Consent", "NEVER_SUBSCRIBED", "SUBSCRIBED"),
            ("Boletin", "No", "Sí"),
            ("Activo", "No", "Si"),
            ("Recibe correos", "No", "Sí"),
            ("是否订阅", "否", "是"),
            ("Đồng ý nhận tin", "Không", "Có"),
            ("뉴스레터 수신", "아니요", "예"),
            ("수신거부", "예", "아니요"),
            ("Kein Newsletter", "Ja", "Nein"),
            ("Newsletter (yes/no)", "No", "Yes"),
            ("No consent", "Yes", "No"),
            ("Newsletter erwünscht", "Nein", "Ja"),
            ("Reason", "BOUNCE", "annual fair"),
            ("Result", "hard_bounce", "deliverable"),
            (
                "Comments",
                "UNSUBSCRIBED per phone call on 3/4",
                "no parking",
            ),
        ] {
            assert!(asks(name, asked), "{name}: {asked}");
            assert!(passes.is_empty() || !asks(name, passes), "{name}: {passes}");
        }
    }

    #[test]
    fn columns_that_say_nothing_of_who_wants_mail_are_not_asked_about() {
        for (name, cell) in [
            ("Emails received (6mo)", "0"),
            ("num_emails_opened", "0"),
            ("Consent to track", "No"),
            ("Accepts SMS Marketing", "no"),
            ("HasOptedOutOfFax", "1"),
            ("Do Not Call", "Yes"),
            ("SMS opt-in", "No"),
            ("htmlemail", "0"),
            ("Phone No", "555"),
            ("No. of emails", "0"),
            ("Household", "Yes"),
            ("Mailing Address", "No 5 Main Street"),
            ("MailingState", "CA"),
            ("Subscriber name", "Ana"),
            ("Subscription plan", "free"),
            ("Consent source", "web form"),
            ("Days Subscribed", "100"),
            ("Lead Status", "Unqualified"),
            ("E-mail Type", "SMTP"),
            ("Posting permissions", "allowed"),
            ("Bad Address", "N"),
            ("Veteran", "No"),
            ("active_subscription", "false"),
        ] {
            assert!(
                !asks(name, cell),
                "{name}: {cell}: {:?}",
                Doubt::of(name, &[])
            );
        }
        let substack = ["Email".to_owned(), "Stripe plan".to_owned()];
        let doubt = Doubt::of("Cancel date", &substack);
        assert!(!doubt.is_raised_by("2024-05-01", "2024 05 01"));
        assert!(asks("Cancel date", "2024-05-01"));
    }
}
