//! A form whose session ended while it was filled in: what was typed is not lost. It travels through
//! the sign-in page in a hidden field and is shown again afterwards; nothing is done with it before the
//! person says so once more. Passwords and files do not travel.

use axum::{
    body::Bytes,
    http::{HeaderMap, header::CONTENT_TYPE},
};
use gazette_templates::pages::staff::KeptView;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{csrf, failure::Failure};

/// Fields that only say which page it was, or which a person must tick anew.
const NOT_TYPED: [&str; 8] = [
    csrf::FIELD,
    "revision",
    "action",
    "seen",
    "acknowledge",
    "next",
    "kept",
    "role",
];

/// Fields that hold a secret, beside all that are called passwords.
const SECRETS: [&str; 3] = ["code", "recovery-code", "token"];

/// What was typed, and where it was to go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptForm {
    /// The address that the form posts to: a page of the console.
    pub path: String,
    /// Its fields in order, without the form token.
    pub fields: Vec<(String, String)>,
}

impl KeptForm {
    /// Takes over what the body of a form holds; `None`: nothing was typed, or it may not be kept.
    pub fn take(path: &str, headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let plain = headers.get(CONTENT_TYPE).is_some_and(|kind| {
            kind.as_bytes()
                .starts_with(b"application/x-www-form-urlencoded")
        });
        let secret = [
            "/staff/login",
            "/staff/welcome",
            "/staff/password",
            "/staff/logout",
            "/staff/again",
            "/staff/forgotten",
            "/staff/account/second-step",
            "/staff/account/passkeys",
            "/staff/passkey",
            "/staff/oidc",
        ];
        if !plain || !is_console(path) || secret.iter().any(|page| path.starts_with(page)) {
            return None;
        }
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(body)
            .filter(|(name, _)| name != csrf::FIELD)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let typed = fields
            .iter()
            .any(|(name, value)| is_typed(name) && !value.trim().is_empty());
        let secret = fields
            .iter()
            .any(|(name, _)| name.contains("password") || SECRETS.contains(&name.as_str()));
        (typed && !secret).then(|| Self {
            path: path.to_owned(),
            fields,
        })
    }

    /// As it travels in a hidden field.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What came back; `None`: it is no form of the console.
    pub fn from_json(json: &str) -> Option<Self> {
        let kept: Self = serde_json::from_str(json).ok()?;
        is_console(&kept.path).then_some(kept)
    }

    /// As the page shows it.
    pub fn view(self) -> KeptView {
        let (typed, hidden) = self
            .fields
            .into_iter()
            .partition(|(name, value)| is_typed(name) && !value.is_empty());
        KeptView {
            action: self.path,
            typed,
            hidden,
        }
    }
}

/// The field of the session that holds one.
const KEPT: &str = "kept";
/// Where it is shown again.
const PAGE: &str = "/staff/kept";

/// Keeps what travelled through a sign-in in the new session. Where to go; `None`: nothing travelled.
pub async fn keep(session: &Session, json: &str) -> Result<Option<&'static str>, Failure> {
    let Some(kept) = KeptForm::from_json(json) else {
        return Ok(None);
    };
    session.insert(KEPT, kept).await?;
    Ok(Some(PAGE))
}

/// What the session holds.
pub async fn kept(session: &Session) -> Result<Option<KeptForm>, Failure> {
    Ok(session.get(KEPT).await?)
}

/// Where it is shown again; `None`: the session holds none.
pub async fn waiting(session: &Session) -> Result<Option<&'static str>, Failure> {
    Ok(kept(session).await?.map(|_| PAGE))
}

/// Throws it away.
pub async fn forget(session: &Session) -> Result<(), Failure> {
    session.remove::<KeptForm>(KEPT).await?;
    Ok(())
}

fn is_typed(name: &str) -> bool {
    !NOT_TYPED.contains(&name)
}

/// Never a place outside the console.
pub fn is_console(path: &str) -> bool {
    path.starts_with("/staff/")
        && !path.contains("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}
