//! The words of other systems and of the offered languages for where somebody stands.

use std::{collections::HashMap, sync::LazyLock};

use super::{import_spelling::plain, subscriber_kinds::Status};

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
            "opt in",
            "double opt in",
            "single opt in",
            "explicit",
            "consented",
            "given",
            "granted",
            "agreed",
            "accepted",
            "allowed",
            "valid",
            "deliverable",
            "marketing contact",
            "subscriber",
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
            "aktiv",
            "actif",
            "attivo",
            "ativo",
            "actief",
            "angemeldet",
            "abonniert",
            "abonné",
            "inscrit",
            "iscritto",
            "inscrito",
            "inscrita",
            "aceptado",
            "autorizado",
            "suscrito",
            "suscrita",
            "구독",
            "구독 중",
            "구독중",
            "활성",
            "đã đăng ký",
            "hoạt động",
            "정상",
            "正常",
            "有效",
            "活跃",
            "活躍",
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
            "unbestätigt",
            "en attente",
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
            "opt out",
            "removed",
            "cancelled",
            "canceled",
            "deleted",
            "paused",
            "churned",
            "archived",
            "deactivated",
            "no email",
            "baja",
            "dado de baja",
            "dada de baja",
            "de baja",
            "cancelado",
            "cancelada",
            "inactivo",
            "inactiva",
            "inaktiv",
            "inactif",
            "inattivo",
            "inativo",
            "abgemeldet",
            "désabonné",
            "désinscrit",
            "disiscritto",
            "uitgeschreven",
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
            "bounce",
            "bouncing",
            "cleaned",
            "unreachable",
            "undeliverable",
            "hard bounce",
            "hard bounced",
            "soft bounce",
            "soft bounced",
            "permanent bounce",
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

static KNOWN: LazyLock<HashMap<String, Status>> = LazyLock::new(|| {
    let words = STATUSES.iter();
    words
        .flat_map(|(status, words)| words.iter().map(|word| (plain(word), *status)))
        .collect()
});

/// The status that a word means, as [`plain`] writes it.
#[must_use]
pub fn known_status(word: &str) -> Option<Status> {
    KNOWN.get(word).copied()
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
