//! The words in the name of a column that say what it may hold of who wants mail and who does not, in the offered
//! languages and those of Excel. They are compared as [`super::import_spelling::plain`] writes them.

/// Names that say nothing of who wants mail, though their words do.
pub const HARMLESS: &[&str] = &[
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
pub const HARMLESS_WITH: &[(&str, &[&str])] = &[
    // Substack: when somebody ended the plan that they paid for.
    ("stripe plan", &["cancel date"]),
];

/// How else somebody may be reached or followed: what they said of that says nothing of mail.
pub const OTHER_CHANNELS: &[&str] = &[
    "sms",
    "mms",
    "fax",
    "phone",
    "telephone",
    "mobile",
    "call",
    "calls",
    "voice",
    "text",
    "texts",
    "texting",
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
pub const MAIL: &[&str] = &[
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
pub const PARTS_OF_MAIL: &[&str] = &[
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
pub const NEGATIONS: &[&str] = &[
    "no", "not", "non", "dont", "never", "without", "stop", "kein", "keine", "keinen", "nicht",
    "ohne", "sin", "sans", "pas", "não", "sem", "geen", "niet", "senza", "không",
];

/// Words for leaving, of which a yes or a date is asked about.
pub const LEAVING: &[&str] = &[
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
    "excluir",
    "quitar",
    "hủy",
];

/// Words that say the same beside one for mail.
pub const FAILING: &[&str] = &[
    "problem", "failed", "failure", "failing", "returned", "error", "wrong", "expired", "lapsed",
    "dormant", "dead",
];

/// Whole names that say the same as the words for leaving.
pub const NAMES_OF_LEAVING: &[&str] = &[
    "stop",
    "stopped",
    "end date",
    "enddate",
    "expired",
    "expired on",
    "expired at",
    "lapsed",
    "former",
    "inactive",
    "dormant",
    "date ended",
    "ended at",
];

/// Parts of the names of columns that say who is gone; a file of this name may be a list that somebody has tidied.
pub const GONE: &[&str] = &[
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
    "kündigung",
    "abmeldung",
    "austritt",
    "désabonne",
    "désinscri",
    "cancelaci",
    "disdett",
    "opzegg",
    "afmeld",
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
pub const STANDING: &[&str] = &[
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
pub const PLACES: &[&str] = &[
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

/// Whole names of columns that say what somebody wants.
pub const WISHES: &[&str] = &[
    "preference",
    "preferences",
    "email preference",
    "email preferences",
    "mail preference",
    "mail preferences",
    "mailing preference",
    "mailing preferences",
    "subscription preference",
    "subscription preferences",
    "newsletter preference",
    "newsletter preferences",
    "preferencia",
    "preferencias",
];

/// Whole names of columns that may say whether somebody is mailed, and much else.
pub const SWITCHES: &[&str] = &[
    "send",
    "send to",
    "sends",
    "contact",
    "contact ok",
    "include",
    "included",
    "list",
    "enviar",
    "senden",
    "envoyer",
];

/// What is said of somebody who is gone, in a column of kinds; as cells are compared, for there are many.
pub const FORMER: &[&str] = &[
    "former",
    "formerly",
    "lapsed",
    "past",
    "expired",
    "ended",
    "ex",
    "antiguo",
    "antigua",
    "anterior",
    "ehemalig",
    "ehemalige",
    "ehemaliger",
    "ancien",
    "ancienne",
    "previo",
    "cu",
];

/// Words that say with `state` where somebody stands, and not where they live.
pub const STANDING_OF: &[&str] = &[
    "subscription",
    "subscriptions",
    "subscriber",
    "email",
    "mail",
    "newsletter",
    "list",
    "membership",
    "member",
    "opt",
];

/// Whole names of columns that say how to reach people.
pub const CHANNELS: &[&str] = &[
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
pub const NAMES_OF_AGREEING: &[&str] = &[
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
pub const AGREEING: &[&str] = &[
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
    "agreement",
    "acceptance",
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
pub const PARTS_OF_AGREEING: &[&str] = &[
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

/// Parts of names that say whether somebody agreed, whatever else they count.
pub const PARTS_OF_CONSENT: &[&str] = &["consent", "permission", "opt in"];

/// Words that say who agreed to mail, beside a word for mail.
pub const ALLOWING: &[&str] = &[
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
    "nhận",
    "me",
];

/// Words of names that say when, where or how somebody agreed, and not whether.
pub const WHEN_AND_HOW: &[&str] = &[
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
    "text",
    "statement",
    "version",
    "since",
    "origin",
    "fecha",
    "datum",
    "quelle",
    "origen",
];

/// Words of names that say something else of it, or of a place.
pub const DETAILS: &[&str] = &[
    "id", "country", "region", "name", "address", "street", "city", "state", "zip", "postal",
    "plan", "type",
];

/// Words of names that count what was sent or done.
pub const COUNTS: &[&str] = &[
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

/// Before a no, where a name says what to write below it.
pub const YES: &[&str] = &["yes", "y", "ja", "oui", "co"];

/// Words that make an address of the post.
pub const POSTAL: &[&str] = &[
    "address", "street", "city", "state", "zip", "postal", "county", "country",
];

/// Words of which the name of a second address is made.
pub const OF_ADDRESSES: &[&str] = &[
    "email",
    "e",
    "mail",
    "address",
    "work",
    "home",
    "personal",
    "private",
    "business",
    "office",
    "school",
    "other",
    "second",
    "secondary",
    "alternate",
    "alternative",
    "spouse",
    "backup",
];
