//! CSRF protection (cross-site request forgery) of the console's forms: [`issue`] makes the token that
//! every form carries, [`verify`] refuses a request whose token is not one of this browser's, and
//! [`from_our_pages`] asks what the browser itself says about where the form stood.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, header::ORIGIN, request::Parts},
};
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use super::{failure::Failure, form_parts::field_of};
use crate::{
    app::App,
    http::cookies,
    newsletters::MOST_PICTURE_BYTES,
    secret::{Keys, random_bytes},
};

/// The name of the form token's field.
pub const FIELD: &str = "form_token";
/// Ties a form to the browser that it was shown to while nobody is signed in there.
const FORM_COOKIE: &str = "gazette_staff_form";
/// Random bytes in a form token.
const SALT: usize = 16;
/// Bytes of what ties a form token to its session.
const FORM_MAC: usize = 20;
/// Bytes of what ties a form token to its account.
const ACCOUNT_MAC: usize = 10;
/// More than any form of ours sends: the largest holds what was pasted from a word processor.
pub const LARGEST_FORM: usize = 1024 * 1024;
/// The largest list that is imported in the browser; larger ones are, on the command line.
pub const LARGEST_UPLOAD: usize = 8_000_000;
/// A form with one picture of a camera, and some words.
pub const LARGEST_PICTURE_FORM: usize = MOST_PICTURE_BYTES + 64 * 1024;
/// The same for who is not signed in: an address and a password, and a text that somebody wrote until
/// their session ended.
pub const LARGEST_FORM_SIGNED_OUT: usize = 256 * 1024;

/// A token for one page. Pages are sent compressed and repeat what was typed: a token that were
/// the same on each of them could be guessed letter by letter from their sizes (BREACH). On the pages of an
/// account it also says whose they are, to whoever asks about that account: see [`Whose`].
pub fn issue(keys: &Keys, secret: &str, account: Option<i64>) -> Result<String, Failure> {
    let salt = HEXLOWER.encode(&random_bytes::<SALT>()?);
    let mac = form_mac(keys, secret, &salt);
    let whose = account.map(|account| account_mac(keys, account, &salt));
    Ok(salt + &mac + &whose.unwrap_or_default())
}

fn is_ours(keys: &Keys, secret: &str, token: &str) -> bool {
    TokenParts::of(token)
        .is_some_and(|token| is_same(&form_mac(keys, secret, token.salt), token.mac))
}

fn is_same(mine: &str, given: &str) -> bool {
    bool::from(mine.as_bytes().ct_eq(given.as_bytes()))
}

fn form_mac(keys: &Keys, secret: &str, salt: &str) -> String {
    HEXLOWER.encode(&keys.mac(&[b"form", secret.as_bytes(), salt.as_bytes()])[..FORM_MAC])
}

fn account_mac(keys: &Keys, account: i64, salt: &str) -> String {
    let account = account.to_be_bytes();
    HEXLOWER.encode(&keys.mac(&[b"whose form", &account, salt.as_bytes()])[..ACCOUNT_MAC])
}

/// What a token consists of.
struct TokenParts<'a> {
    salt: &'a str,
    mac: &'a str,
    /// Empty on pages that are shown before the sign-in.
    whose: &'a str,
}

impl<'a> TokenParts<'a> {
    fn of(token: &'a str) -> Option<Self> {
        let (salt, rest) = token.split_at_checked(SALT * 2)?;
        let (mac, whose) = rest.split_at_checked(FORM_MAC * 2)?;
        Some(Self { salt, mac, whose })
    }
}

/// Whose page a form stood on, by its token. It holds after the session has ended, of which nothing is left then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whose(String);

impl Whose {
    /// By the token that a form brought.
    pub fn by_token(token: &str) -> Self {
        let parts = TokenParts::of(token).filter(|parts| !parts.whose.is_empty());
        Self(parts.map_or_else(String::new, |parts| {
            format!("{}{}", parts.salt, parts.whose)
        }))
    }

    /// Nothing says whose it was.
    pub fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it was of this account.
    pub fn is(&self, keys: &Keys, account: i64) -> bool {
        self.0
            .split_at_checked(SALT * 2)
            .is_some_and(|(salt, mac)| is_same(&account_mac(keys, account, salt), mac))
    }
}

/// What the browser itself says about where the form was. Both headers are out of a page's reach.
/// Old browsers send neither; then the token alone decides.
pub fn from_our_pages(app: &App, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    match headers.get(ORIGIN).map(|origin| origin.to_str()) {
        None => true,
        Some(Ok(origin)) => url::Url::parse(app.settings.public_url.as_str())
            .is_ok_and(|ours| ours.origin().ascii_serialization() == origin),
        Some(Err(_)) => false,
    }
}

/// Whether a form's token is one of this browser's.
#[derive(Debug)]
pub enum Verified {
    /// It is: the request, with the form put back for the handler; and what was sent.
    Ours(Request, Bytes),
    /// It is not, and nothing may be done; what was sent.
    Not(Parts, Bytes),
}

/// Reads the form, compares its token with those of the secrets, and puts the form back for the handler.
/// No more than `largest` bytes are read.
pub async fn verify(
    request: Request,
    keys: &Keys,
    secrets: &[String],
    largest: usize,
) -> Result<Verified, Failure> {
    let (parts, body) = request.into_parts();
    // Browsers say how much they send.
    if http_body::Body::size_hint(&body).lower() > largest as u64 {
        return Err(Failure::TooLarge(largest));
    }
    let bytes = to_bytes(body, largest)
        .await
        .map_err(|_| Failure::CsrfRejected)?;
    // In a form that carries a file it stands before the file.
    let given = field_of(&parts.headers, &bytes, FIELD).await;
    let given = given.unwrap_or_default();
    if !secrets.iter().any(|secret| is_ours(keys, secret, &given)) {
        return Ok(Verified::Not(parts, bytes));
    }
    let body = Body::from(bytes.clone());
    Ok(Verified::Ours(Request::from_parts(parts, body), bytes))
}

pub fn form_cookie(app: &App, headers: &HeaderMap) -> Option<String> {
    cookies::value(app, headers, FORM_COOKIE).filter(|value| value.len() == 32)
}

pub fn form_cookie_header(app: &App, secret: String) -> String {
    cookies::build(app, FORM_COOKIE, secret).to_string()
}
