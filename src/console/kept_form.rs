//! What was typed into a form that could not be taken is not lost.
//!
//! Where the session ended while it was filled in, it waits for the account that typed it ([`kept_forms`]) and is
//! shown at its next sign-in, to no other; nothing is done with it before the person says so once more. Where the
//! answer refuses the form, whatever the reason, what does not stand in a field of that answer is added to it
//! ([`shown_again`]). Passwords and files are not kept; what was typed beside a file is, and the file has to be
//! chosen again.

use super::{
    csrf::{self, Whose},
    failure::Failure,
    form_parts::{FormParts, Part, field_of, is_multipart},
};
use crate::{
    accounts::{self, kept_forms},
    app::App,
    secret::random_label,
};
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

/// Fields of lists and boxes: what stands in them says something to the form alone.
const CHOSEN: [&str; 16] = [
    "as_written",
    "auth",
    "candidate",
    "column",
    "digest",
    "digest-approval",
    "far_off",
    "fold",
    "kind",
    "languages",
    "news_release",
    "one-click-leaves",
    "policy",
    "summary-day",
    "time-zone",
    "topic",
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

/// Forms that wait for one person; of more, the newest: each window that was open may bring one.
const MOST_KEPT: usize = 8;

/// What was typed, and where it was to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptForm {
    /// The address that the form posts to: a page of the console.
    pub path: String,
    /// Its fields in order, without the form token.
    pub fields: Vec<(String, String)>,
    /// The field for a file, which was not kept; `None`: it has none.
    #[serde(default)]
    pub file: Option<String>,
    /// Whose page it stood on: what one person typed is shown to nobody else.
    #[serde(skip)]
    pub whose: Whose,
    /// What tells it from the others that wait for the same person; empty: it waits nowhere.
    #[serde(default)]
    entry: String,
}

impl KeptForm {
    /// Takes over what the body of a form holds; `None`: nothing was typed, or it may not be kept.
    pub async fn take(path: &str, headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        if is_multipart(headers) {
            let parts = FormParts::open(headers, Body::from(body.clone()), body.len()).await?;
            return Self::beside_file(path, Vec::new(), parts).await;
        }
        let plain = is_of_kind(headers, "application/x-www-form-urlencoded");
        let fields = url::form_urlencoded::parse(body).into_owned().collect();
        plain.then(|| Self::of(path, fields, None)).flatten()
    }

    /// The same of a form with a file that comes without a session. Nothing of it is read before its token has said
    /// that it is a form of an account that there is.
    pub async fn take_signed_out(
        app: &App,
        path: &str,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Option<(i64, Self)>, Failure> {
        let parts = FormParts::open(headers, body, csrf::LARGEST_PICTURE_FORM).await;
        let Some(mut parts) = parts else {
            return Ok(None);
        };
        let Some(Part::Text(name, token)) = parts.next().await else {
            return Ok(None);
        };
        let whose = Whose::by_token(&token);
        if name != csrf::FIELD || whose.is_unknown() {
            return Ok(None);
        }
        let Some(author) = account_of(app, &whose).await? else {
            return Ok(None);
        };
        let form = Self::beside_file(path, vec![(name, token)], parts).await;
        Ok(form.map(|form| (author, form)))
    }

    async fn beside_file(
        path: &str,
        mut fields: Vec<(String, String)>,
        mut parts: FormParts,
    ) -> Option<Self> {
        // The editor's script sends it, and its page still shows what was typed.
        if path == "/staff/pictures/line" {
            return None;
        }
        let mut file = None;
        while let Some(part) = parts.next().await {
            match part {
                Part::Text(name, value) => fields.push((name, value)),
                Part::File(name) => file = Some(name),
            }
        }
        Self::of(path, fields, file)
    }

    fn of(path: &str, mut fields: Vec<(String, String)>, file: Option<String>) -> Option<Self> {
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
        let is_secret = secret.iter().any(|page| path.starts_with(page));
        if !is_console(path) || is_secret {
            return None;
        }
        let of_form = |wanted: &str| fields.iter().find(|(name, _)| name == wanted);
        let whose = of_form(csrf::FIELD).map(|(_, token)| Whose::by_token(token));
        let entry = of_form(ENTRY).map(|(_, entry)| entry.clone());
        fields.retain(|(name, _)| name != csrf::FIELD && name != ENTRY);
        let typed = fields
            .iter()
            .any(|(name, value)| is_typed(name) && !value.trim().is_empty());
        let secret = fields
            .iter()
            .any(|(name, _)| name.contains("password") || SECRETS.contains(&name.as_str()));
        (typed && !secret).then(|| Self {
            path: path.to_owned(),
            fields,
            file,
            whose: whose.unwrap_or_default(),
            entry: entry.unwrap_or_default(),
        })
    }

    /// The account on whose page it stood; `None`: nothing says so, or there is none any more.
    pub async fn author(&self, app: &App) -> Result<Option<i64>, Failure> {
        account_of(app, &self.whose).await
    }

    /// What was kept; `None`: it is no form of the console.
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
        let (typed, hidden): (Vec<_>, Vec<_>) =
            self.fields.into_iter().partition(|(name, value)| {
                is_typed(name) && !value.is_empty() && !is_chosen(name, value)
            });
        KeptView {
            decision: subject,
            action: self.path,
            entry: (ENTRY, self.entry),
            typed,
            chosen: hidden.iter().any(|(name, value)| is_chosen(name, value)),
            hidden,
            file: self.file,
        }
    }
}

async fn account_of(app: &App, whose: &Whose) -> Result<Option<i64>, Failure> {
    if whose.is_unknown() {
        return Ok(None);
    }
    let accounts = accounts::active(app).await?;
    let mut ids = accounts.iter().map(|account| account.id);
    Ok(ids.find(|id| whose.is(&app.keys, *id)))
}

/// Which of those that wait a form sends again.
async fn entry_in(sent: &SentForm) -> Option<String> {
    field_of(&sent.headers, &sent.body, ENTRY).await
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
    let kept = KeptForm::take(&sent.path, &sent.headers, &sent.body).await;
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
        is_typed(name) && !value.trim().is_empty() && !is_box(value) && !is_in_a_field(&page, value)
    });
    if let Some(end) = page.rfind("</main>")
        && !missing.is_empty()
    {
        page.insert_str(end, &still_typed(&missing).into_string());
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}

/// Where they are shown again.
const PAGE: &str = "/staff/kept";

/// Keeps a form for its author, beside what other windows brought.
pub async fn keep(app: &App, author: i64, mut form: KeptForm) -> Result<(), Failure> {
    // Sent once more, and held up once more: it is the same, as it is typed by now.
    let is_same = |other: &KeptForm| {
        other.entry == form.entry || (&other.path, &other.fields) == (&form.path, &form.fields)
    };
    let (same, others): (Vec<_>, Vec<_>) = kept(app, author).await?.into_iter().partition(is_same);
    let too_many = (others.len() + 1).saturating_sub(MOST_KEPT);
    for gone in same.iter().chain(others.iter().take(too_many)) {
        kept_forms::forget(app, author, &gone.entry).await?;
    }
    form.entry = random_label()?;
    let json = serde_json::to_string(&form).unwrap_or_default();
    Ok(kept_forms::keep(app, author, &form.entry, json).await?)
}

/// What waits for an account, the oldest first.
pub async fn kept(app: &App, account: i64) -> Result<Vec<KeptForm>, Failure> {
    let kept = kept_forms::of(app, account).await?;
    Ok(kept
        .iter()
        .filter_map(|json| KeptForm::from_json(json))
        .collect())
}

/// Where it is shown again; `None`: nothing waits for the account.
pub async fn waiting(app: &App, account: i64) -> Result<Option<&'static str>, Failure> {
    Ok((!kept(app, account).await?.is_empty()).then_some(PAGE))
}

/// Ends what a form sent again, once it was taken: it cannot be sent twice.
pub async fn forget_taken(
    app: &App,
    account: i64,
    sent: &SentForm,
    answer: StatusCode,
) -> Result<(), Failure> {
    if answer.is_client_error() || answer.is_server_error() {
        return Ok(());
    }
    if let Some(entry) = entry_in(sent).await {
        kept_forms::forget(app, account, &entry).await?;
    }
    Ok(())
}

fn is_typed(name: &str) -> bool {
    !NOT_TYPED.contains(&name)
}

/// Whether it was chosen, and not typed.
fn is_chosen(name: &str, value: &str) -> bool {
    CHOSEN.contains(&name) || is_box(value)
}

/// What a box or one of two choices says.
fn is_box(value: &str) -> bool {
    matches!(value, "true" | "yes" | "no" | "on")
}

/// Never a place outside the console.
pub fn is_console(path: &str) -> bool {
    path.starts_with("/staff/")
        && !path.contains("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}
