//! What was typed into a form that could not be taken is not lost.
//!
//! Where the session ended while it was filled in, it travels through the sign-in page in a hidden field and is
//! shown again afterwards, to the account that typed it and to no other; nothing is done with it before the person
//! says so once more. Where the answer refuses the form, whatever the reason, what does not stand in a field of that
//! answer is added to it ([`shown_again`]). Passwords and files are not kept.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use gazette_templates::pages::staff::{KeptView, is_in_a_field, still_typed};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{
    csrf::{self, Whose},
    failure::Failure,
};
use crate::secret::{Keys, random_label};

/// Fields that only say which page it was, or which a person must tick anew.
const NOT_TYPED: [&str; 17] = [
    csrf::FIELD,
    ENTRY,
    "revision",
    "action",
    "act",
    "seen",
    "acknowledge",
    "next",
    "kept",
    "role",
    "once",
    "began",
    "label",
    "id",
    "key",
    "contact",
    "people",
];

/// What a form below a newsletter's address does that mails it to people: whoever comes back looks at it first.
const LETS_GO: [&str; 6] = [
    "approve",
    "schedule",
    "reschedule",
    "send",
    "resume",
    "send-failed",
];

/// Fields that hold a secret, beside all that are called passwords.
const SECRETS: [&str; 3] = ["code", "recovery-code", "token"];

/// The field that says which of those that wait is sent again.
const ENTRY: &str = "kept_entry";

/// Forms that one session holds; of more, the newest: each window that was open may bring one.
const MOST_KEPT: usize = 8;

/// What was typed, and where it was to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptForm {
    /// The address that the form posts to: a page of the console.
    pub path: String,
    /// Its fields in order, without the form token.
    pub fields: Vec<(String, String)>,
    /// Whose page it stood on: what one person typed is shown to nobody else.
    #[serde(default)]
    pub whose: Whose,
    /// What tells it from the others that wait in the session; empty: it waits in none.
    #[serde(default)]
    entry: String,
}

impl KeptForm {
    /// Takes over what the body of a form holds; `None`: nothing was typed, or it may not be kept.
    pub fn take(path: &str, headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let plain = is_of_kind(headers, "application/x-www-form-urlencoded");
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
        let token = url::form_urlencoded::parse(body).find(|(name, _)| name == csrf::FIELD);
        let whose = token.map(|(_, token)| Whose::by_token(&token));
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(body)
            .filter(|(name, _)| name != csrf::FIELD && name != ENTRY)
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
            whose: whose.unwrap_or_default(),
            entry: entry_in(body).unwrap_or_default(),
        })
    }

    /// The same where its page named no account, as those of older versions do not, but the session that sent it
    /// is known: `token` is one of that session's account.
    pub fn or_of(mut self, token: &str) -> Self {
        if self.whose.is_unknown() {
            self.whose = Whose::by_token(token);
        }
        self
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

    /// The newsletter that it would let go; `None`: it lets none go.
    pub fn lets_go(&self) -> Option<i64> {
        let rest = self.path.strip_prefix("/staff/newsletters/")?;
        let (id, deed) = rest.split_once('/')?;
        LETS_GO.contains(&deed).then(|| id.parse().ok())?
    }

    /// As the page shows it.
    pub fn view(self, subject: Option<String>) -> KeptView {
        let (typed, hidden) = self
            .fields
            .into_iter()
            .partition(|(name, value)| is_typed(name) && !value.is_empty());
        KeptView {
            decision: subject,
            action: self.path,
            entry: (ENTRY, self.entry),
            typed,
            hidden,
        }
    }
}

/// Which of those that wait a form sends again.
fn entry_in(body: &Bytes) -> Option<String> {
    let mut fields = url::form_urlencoded::parse(body);
    let (_, entry) = fields.find(|(name, _)| name == ENTRY)?;
    Some(entry.into_owned())
}

fn is_of_kind(headers: &HeaderMap, kind: &str) -> bool {
    let stated = headers.get(CONTENT_TYPE);
    stated.is_some_and(|stated| stated.as_bytes().starts_with(kind.as_bytes()))
}

/// A form as it was sent.
#[derive(Debug)]
pub struct SentForm {
    /// Where to.
    pub path: String,
    /// The request's head.
    pub headers: HeaderMap,
    /// Its fields.
    pub body: Bytes,
}

/// Octets of a page of ours, at most.
const LARGEST_PAGE: usize = 32_000_000;

/// The answer to a form. One that refuses it shows what was typed: where it has no field for that, behind the
/// rest of the page.
pub async fn shown_again(response: Response, sent: &SentForm) -> Response {
    let status = response.status();
    let is_form = is_of_kind(&sent.headers, "application/x-www-form-urlencoded");
    if !is_form || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    // A form whose fields cannot be read is refused before a page of ours is asked.
    let response = if is_of_kind(response.headers(), "text/plain") {
        Failure::Unreadable.into_response()
    } else {
        response
    };
    let kept = KeptForm::take(&sent.path, &sent.headers, &sent.body);
    let Some(kept) = kept.filter(|_| is_of_kind(response.headers(), "text/html")) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_PAGE).await else {
        return Failure::Unreadable.into_response();
    };
    let mut page = String::from_utf8_lossy(&bytes).into_owned();
    let mut missing = kept.fields;
    missing.retain(|(name, value)| {
        is_typed(name) && !value.trim().is_empty() && !is_in_a_field(&page, value)
    });
    if let Some(end) = page.rfind("</main>")
        && !missing.is_empty()
    {
        page.insert_str(end, &still_typed(&missing).into_string());
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}

/// The field of the session that holds them.
const KEPT: &str = "kept_forms";
/// Where they are shown again.
const PAGE: &str = "/staff/kept";

/// Keeps what travelled through a sign-in in the new session, beside what other windows brought.
pub async fn keep(session: &Session, json: &str) -> Result<(), Failure> {
    let Some(mut kept) = KeptForm::from_json(json) else {
        return Ok(());
    };
    let mut all = all(session).await?;
    // Sent once more, and held up once more: it is the same, as it is typed by now.
    all.retain(|other| {
        other.entry != kept.entry && (&other.path, &other.fields) != (&kept.path, &kept.fields)
    });
    kept.entry = random_label()?;
    all.push(kept);
    all.drain(..all.len().saturating_sub(MOST_KEPT));
    session.insert(KEPT, all).await?;
    Ok(())
}

async fn all(session: &Session) -> Result<Vec<KeptForm>, Failure> {
    Ok(session.get(KEPT).await?.unwrap_or_default())
}

/// What the session holds of an account.
pub async fn kept(keys: &Keys, session: &Session, account: i64) -> Result<Vec<KeptForm>, Failure> {
    let mut all = all(session).await?;
    all.retain(|kept| kept.whose.is(keys, account));
    Ok(all)
}

/// Where it is shown again; `None`: the session holds none of the account.
pub async fn waiting(
    keys: &Keys,
    session: &Session,
    account: i64,
) -> Result<Option<&'static str>, Failure> {
    let kept = kept(keys, session, account).await?;
    Ok((!kept.is_empty()).then_some(PAGE))
}

/// Throws one away.
pub async fn forget(session: &Session, entry: &str) -> Result<(), Failure> {
    let mut all = all(session).await?;
    let held = all.len();
    all.retain(|kept| kept.entry != entry);
    if all.len() < held {
        session.insert(KEPT, all).await?;
    }
    Ok(())
}

/// Ends what a form sent again, once it was taken: it cannot be sent twice.
pub async fn forget_taken(
    session: &Session,
    sent: &SentForm,
    answer: StatusCode,
) -> Result<(), Failure> {
    if answer.is_client_error() || answer.is_server_error() {
        return Ok(());
    }
    match entry_in(&sent.body) {
        Some(entry) => forget(session, &entry).await,
        None => Ok(()),
    }
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
