//! What columns are called in the lists of other systems: listmonk, Keila, Mailchimp, Constant Contact, Ghost,
//! `GovDelivery`, `MailerLite`, Substack, Brevo, Campaign Monitor, phpList, Mailman, Google, Outlook, and our
//! own export; and how words are compared.

use gazette_templates::reader_language::own_name;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The address.
    Email,
    /// BCP 47.
    Language,
    /// A word for the status.
    Status,
    /// Topics, lists, tags.
    Topics,
    /// True or false: whether they get mail.
    Gets,
    /// True or false: whether they confirmed what they asked for.
    Confirms,
    /// When, or whether, they left.
    Left,
    /// When, or whether, their address bounced.
    Bounced,
    /// When, or whether, they complained.
    Complained,
    /// How and when the consent was given: kept as evidence as it stands.
    Original,
    /// ZIP code.
    Zip,
    /// Our own export: answers to the office's own questions.
    Answers,
    /// Our own export: how often they get each topic, where it is not every release.
    Frequency,
    /// Our own export: since when the status holds.
    Since,
    /// Our own export: since when the address is known.
    Created,
    /// Our own export: the evidence.
    Evidence,
    /// Our own export: what the topics are called, and whether they are offered.
    TopicDetails,
    /// Anything else.
    Other,
}

impl Column {
    /// Whether it says where people stand.
    #[must_use]
    pub fn says_status(self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::Gets
                | Self::Confirms
                | Self::Left
                | Self::Bounced
                | Self::Complained
        )
    }
}

/// What a person may say that a column holds: the word for it.
pub const MEANINGS: [(&str, Column); 10] = [
    ("email", Column::Email),
    ("status", Column::Status),
    ("topics", Column::Topics),
    ("language", Column::Language),
    ("zip", Column::Zip),
    ("consent", Column::Original),
    ("left", Column::Left),
    ("bounced", Column::Bounced),
    ("complained", Column::Complained),
    ("nothing", Column::Other),
];

/// Names as [`plain`] writes them.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Email,
        &[
            "email",
            "email address",
            "e mail",
            "e mail address",
            "emailaddress",
            "subscriber email",
            "subscriber",
            "destination",
            "correo electronico",
            "correo electrónico",
            "correo",
            "dirección de correo electrónico",
            "e mail adresse",
            "adresse e mail",
            "이메일",
            "이메일 주소",
            "전자우편",
            "邮箱",
            "邮箱地址",
            "電郵",
            "電郵地址",
            "thư điện tử",
            "电子邮件",
            "电子邮件地址",
            "電子郵件",
            "電子郵件地址",
            "địa chỉ email",
            "البريد الإلكتروني",
            "primary email",
            "e mail 1 value",
            "mail",
        ],
    ),
    (
        Column::Language,
        &["language", "lang", "locale", "preferred language"],
    ),
    (
        Column::Status,
        &[
            "status",
            "subscription status",
            "subscriber status",
            "email status",
            "email permission status",
            "member status",
            "contact status",
            "group status",
            "email preference",
            "estado de suscripción",
            "estado de la suscripción",
            "구독 상태",
            "구독상태",
            "trạng thái đăng ký",
            "订阅状态",
            "訂閱狀態",
            "حالة الاشتراك",
        ],
    ),
    (
        Column::Topics,
        &[
            "topics",
            "topic",
            "lists",
            "list",
            "list name",
            "list names",
            "email lists",
            "tags",
            "labels",
            "groups",
            "segments",
            "newsletters",
            "interests",
        ],
    ),
    (
        Column::Gets,
        &[
            "subscribed to emails",
            "subscribed",
            "is subscribed",
            "opted in",
        ],
    ),
    (
        Column::Confirms,
        &["confirmed", "is confirmed", "email confirmed"],
    ),
    (
        Column::Left,
        &[
            "email disabled",
            "unsubscribed",
            "unsub time",
            "unsubscribed at",
            "unsubscribe date",
            "date unsubscribed",
            "unsubscribed date",
            "deleted at",
            "opted out",
            "opt out",
            "opt out date",
            "email opt out date",
            "confirmed opt out date",
            "unsubscription date",
            "unsubscribed on",
            "unsubscribed from all email",
            "blocked at",
            "date deleted",
            "disabled",
            "email opt out",
            "has opted out of email",
            "optout date",
            "opt out time",
            "blacklisted",
            "blocklisted",
            "is blacklisted",
            "email blacklisted",
            "email blocklisted",
            "suppressed",
        ],
    ),
    (
        Column::Bounced,
        &[
            "bounced",
            "bounced at",
            "bounce date",
            "clean time",
            "cleaned at",
        ],
    ),
    (
        Column::Complained,
        &["complained", "complained at", "spam complaint date"],
    ),
    (
        Column::Original,
        &[
            "optin time",
            "optin ip",
            "confirm time",
            "confirm ip",
            "created at",
            "created",
            "createdat",
            "subscribed at",
            "signup date",
            "sign up date",
            "date added",
            "opt in date",
            "opt in source",
            "opted in at",
            "opt in time",
            "opt in ip",
            "signup ip",
            "sign up ip",
            "double opt in at",
            "confirmed at",
            "consented at",
            "source",
            "source name",
            "signup source",
            "sign up source",
            "ip",
            "ip address",
            "subscriber type",
            "unsub reason",
            "unsub campaign title",
            "clean campaign title",
            "unsub campaign id",
            "unsub reason other",
            "clean campaign id",
            "confirmed opt out reason",
            "confirmed opt out source",
            "deletion reason",
            "deleted by",
            "date subscribed",
            "subscribed date",
            "date created",
            "subscription created",
            "join date",
            "added time",
            "double opt in",
            "entered",
            "optedin",
            "origin",
            "email update source",
        ],
    ),
    (
        Column::Zip,
        &[
            "zip",
            "zip code",
            "zipcode",
            "zip/postal code",
            "postal code",
            "zip/postal code home",
            "home postal code",
            "address 1 postal code",
        ],
    ),
    (Column::Answers, &["answers"]),
    (Column::Frequency, &["frequency"]),
    (Column::Since, &["since"]),
    (Column::Evidence, &["evidence"]),
    (Column::TopicDetails, &["topic details"]),
];

/// What a column of this name holds.
#[must_use]
pub fn kind(name: &str) -> Column {
    let name = plain(name);
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
        .map_or(Column::Other, |(kind, _)| *kind)
}

/// Whether a column of this name may hold an address, too: `Work e-mail`, `Email 2`.
#[must_use]
pub fn may_name_an_address(name: &str) -> bool {
    let name = plain(name);
    ["email", "e mail", "correo", "이메일", "邮件", "郵件"]
        .iter()
        .any(|word| name.contains(word))
}

/// How good a name it is for the column of the address; the best first.
#[must_use]
pub fn email_rank(name: &str) -> usize {
    let name = plain(name);
    let (_, names) = NAMES[0];
    let found = names.iter().position(|known| *known == name);
    found.unwrap_or(names.len())
}

/// A name as people compare it: without case, signs and needless blanks.
#[must_use]
pub fn plain(name: &str) -> String {
    let words: String = name
        .chars()
        .map(|c| {
            if matches!(c, '_' | '-' | '.' | ':' | '*' | '?' | '\u{feff}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// The English names of languages, as lists write them instead of BCP 47.
const LANGUAGES: [(&str, &[&str]); 7] = [
    ("en", &["english"]),
    ("es", &["spanish"]),
    ("ko", &["korean"]),
    ("vi", &["vietnamese"]),
    ("zh-Hant", &["traditional chinese", "chinese (traditional)"]),
    (
        "zh-Hans",
        &["chinese", "simplified chinese", "chinese (simplified)"],
    ),
    ("ar", &["arabic"]),
];

/// The language that a cell names, as a tag; what it holds where that is no language's name.
#[must_use]
pub fn language_tag(cell: &str) -> &str {
    let named = plain(cell);
    let known = LANGUAGES.iter().find(|(tag, names)| {
        names.contains(&named.as_str()) || own_name(tag).to_lowercase() == named
    });
    known.map_or(cell, |(tag, _)| *tag)
}

/// The address in a cell: alone, or as mail programs and mailing lists write it, `Ana Lopez <ana@example.org>`.
#[must_use]
pub fn bare_address(cell: &str) -> &str {
    let inner = cell
        .trim_end()
        .strip_suffix('>')
        .and_then(|cell| cell.rsplit_once('<'));
    let bare = inner.map_or(cell, |(_, address)| address);
    bare.strip_prefix("mailto:").unwrap_or(bare)
}
