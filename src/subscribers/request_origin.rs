//! Who asked, for the evidence: where a request came from, and by which way somebody left.

use serde_json::{Value, json};

/// Where a request came from; nothing of it for what came by mail.
#[derive(Debug, Clone, Default)]
pub struct RequestOrigin {
    /// The address of the visitor.
    pub ip: String,
    /// What sent it.
    pub user_agent: String,
}

/// The way in which somebody left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsubscribeChannel {
    /// A mail program's button (RFC 8058).
    OneClick,
    /// The button on our page.
    Page,
    /// No topic was left.
    Preferences,
    /// A mail to the address that unsubscribes (H9).
    Mail,
}

impl UnsubscribeChannel {
    /// The word for it in the evidence.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneClick => "one-click",
            Self::Page => "page",
            Self::Preferences => "preferences",
            Self::Mail => "mail",
        }
    }

    /// What the evidence says of somebody who left by a link of this newsletter.
    #[must_use]
    pub fn evidence(self, newsletter: i64, origin: &RequestOrigin) -> Value {
        json!({
            "channel": self.as_str(),
            "method": if self == Self::Mail { "mail" } else { "POST" },
            "newsletter": newsletter,
            "ip": origin.ip,
            "user_agent": origin.user_agent,
        })
    }
}
