//! What columns are called in the lists of other systems: listmonk, Keila, Mailchimp, Constant Contact, Ghost,
//! `GovDelivery`, `MailerLite`, Substack, Brevo, Campaign Monitor, phpList, Mailman, Google, Outlook, and our
//! own export.

use std::{collections::HashMap, sync::LazyLock};

use super::import_spelling::plain;

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
    /// Why they left: a complaint among the reasons is one.
    Reason,
    /// How and when the consent was given: kept as evidence as it stands.
    Original,
    /// ZIP code.
    Zip,
    /// Our own export: answers to the office's own questions.
    Answers,
    /// How often they get what they asked for; in our own export each topic, where it is not every release.
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
pub const MEANINGS: [(&str, Column); 12] = [
    ("email", Column::Email),
    ("status", Column::Status),
    ("topics", Column::Topics),
    ("language", Column::Language),
    ("zip", Column::Zip),
    ("frequency", Column::Frequency),
    ("consent", Column::Original),
    ("stays", Column::Gets),
    ("left", Column::Left),
    ("bounced", Column::Bounced),
    ("complained", Column::Complained),
    ("nothing", Column::Other),
];

/// Names, compared as [`plain`] writes them. A name belongs to the first kind that has it.
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
            "correo electrónico",
            "correo",
            "dirección de correo electrónico",
            "e mail adresse",
            "adresse e mail",
            "courriel",
            "posta elettronica",
            "indirizzo email",
            "endereço de email",
            "e mailadres",
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
            "email1",
            "email 1",
            "mail",
        ],
    ),
    (
        Column::Language,
        &[
            "language",
            "lang",
            "locale",
            "preferred language",
            "language preference",
            "primary language",
            "spoken language",
            "email language",
            "lang code",
            "language code",
            "idioma",
            "idioma preferido",
            "lengua",
            "sprache",
            "langue",
            "lingua",
            "língua",
            "taal",
            "언어",
            "선호 언어",
            "ngôn ngữ",
            "語言",
            "语言",
            "首选语言",
            "偏好語言",
            "اللغة",
        ],
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
            "interest",
            "interest area",
            "interest areas",
            "areas of interest",
            "topic name",
            "topic title",
            "topic names",
            "topics of interest",
            "subscriptions",
            "issues",
            "issue areas",
            "mailing list",
            "mailing lists",
            "tema",
            "temas",
            "interés",
            "intereses",
            "lista",
            "listas",
            "lista de correo",
            "listas de correo",
            "thema",
            "themen",
            "interessen",
            "verteiler",
            "thème",
            "thèmes",
            "sujets",
            "centres d'intérêt",
            "argomenti",
            "interessi",
            "assuntos",
            "interesses",
            "onderwerpen",
            "주제",
            "관심사",
            "관심 분야",
            "主题",
            "主題",
            "兴趣",
            "興趣",
            "chủ đề",
            "mối quan tâm",
            "المواضيع",
            "الاهتمامات",
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
        &[
            "confirmed",
            "is confirmed",
            "email confirmed",
            "doi",
            "confirmado",
            "confirmada",
            "bestätigt",
            "confirmé",
            "confirmée",
            "confermato",
            "bevestigd",
        ],
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
            "opted out at",
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
        Column::Reason,
        &[
            "unsub reason",
            "unsub reason other",
            "unsubscribe reason",
            "unsubscribed reason",
            "reason for unsubscribing",
            "confirmed opt out reason",
            "deletion reason",
        ],
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
            "subscribed on",
            "subscribe ip",
            "subscribed ip",
            "subscription source",
            "subscription date",
            "fecha de alta",
            "anmeldedatum",
            "date d'inscription",
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
            "unsub campaign title",
            "clean campaign title",
            "unsub campaign id",
            "clean campaign id",
            "confirmed opt out source",
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
    (
        Column::Frequency,
        &[
            "frequency",
            "email frequency",
            "delivery frequency",
            "delivery preference",
            "how often",
            "cadence",
            "digest",
            "digest for",
            "digest frequency",
            "digest setting",
            "digest settings",
            "digest type",
            "email cadence",
            "email digest",
            "email frequency preference",
            "frequency of emails",
            "frequency preference",
            "mail frequency",
            "mailing frequency",
            "message frequency",
            "newsletter frequency",
            "notification frequency",
            "preferred frequency",
            "sending frequency",
            "subscription frequency",
            "update frequency",
            "frecuencia de correo",
            "frecuencia de correos",
            "frecuencia de envío",
            "frecuencia",
            "häufigkeit",
            "fréquence",
            "frequenza",
            "frequência",
            "frequentie",
            "빈도",
            "수신 빈도",
            "频率",
            "頻率",
            "tần suất",
        ],
    ),
    (Column::Since, &["since"]),
    (Column::Evidence, &["evidence"]),
    (Column::TopicDetails, &["topic details"]),
];

static KINDS: LazyLock<HashMap<String, Column>> = LazyLock::new(|| {
    let mut kinds = HashMap::new();
    for (kind, names) in NAMES {
        for name in *names {
            kinds.entry(plain(name)).or_insert(*kind);
        }
    }
    kinds
});

/// What a column of this name holds.
#[must_use]
pub fn kind(name: &str) -> Column {
    let found = KINDS.get(&plain(name));
    found.copied().unwrap_or(Column::Other)
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
    let found = names.iter().position(|known| plain(known) == name);
    found.unwrap_or(names.len())
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
