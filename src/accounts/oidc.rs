//! Sign-in at the office's own provider (`OpenID` Connect Core 1.0, authorization code with PKCE). Gazette asks
//! the provider anew each time where its pages are and with which keys it signs, so that it may change both.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use openidconnect::{
    AccessTokenHash, AuthenticationContextClass, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, EmptyAdditionalClaims, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, TokenResponse,
    core::{
        CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreGenderClaim,
        CoreJwsSigningAlgorithm as Algorithm, CoreProviderMetadata, CoreUserInfoClaims,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::error::{Result, StaffError};
use crate::{
    address::EmailAddress, app::App, clock::MINUTE, http_client, repeated_fault::DailyCount,
};

/// Where the provider sends people back to.
pub const CALLBACK: &str = "/staff/oidc/callback";
/// For so long somebody may be at the provider's.
const AWAY_MS: i64 = 15 * MINUTE;
/// How long one of its answers may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// No answer of a provider is larger; Microsoft's keys are some 20 KB.
const ANSWER_OCTETS: usize = 512 * 1024;
/// How much older than our question the sign-in may say it is, where a new one was asked for: clocks differ.
const CLOCKS_DIFFER_S: i64 = 120;

static REFUSED: DailyCount = DailyCount::new();
static CANNOT_BE_REACHED: DailyCount = DailyCount::new();

/// Signatures that only the provider can make. Those with our shared secret are none.
const SIGNATURES: [Algorithm; 10] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EcdsaP521Sha512,
    Algorithm::EdDsa,
];

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the provider's answer is held against; it stays in the session.
#[derive(Debug, Serialize, Deserialize)]
pub struct Away {
    state: String,
    nonce: String,
    verifier: String,
    at: i64,
    again: bool,
}

/// Whom the provider vouches for.
#[derive(Debug)]
pub struct Vouched {
    /// Issuer and subject: never given to anybody else.
    pub subject: String,
    /// The address, only where the provider says that it is theirs.
    pub email: Option<EmailAddress>,
    /// All that it says about them.
    pub claims: Value,
}

/// What the sign-in page calls the provider; `None`: there is none.
#[must_use]
pub fn provider_name(app: &App) -> Option<&str> {
    let settings = &app.settings.oidc;
    settings.issuer.as_ref().map(|_| settings.name.as_str())
}

/// Where to send somebody who wants to sign in; `again`: they shall prove once more who they are.
///
/// # Errors
/// No provider is set, or it cannot be reached.
pub async fn begin(app: &App, again: bool) -> Result<(String, Away)> {
    let client = client(app).await?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(challenge);
    for wanted in app.settings.oidc.acr.iter().filter(|acr| !acr.is_empty()) {
        request = request.add_auth_context_value(AuthenticationContextClass::new(wanted.clone()));
    }
    if again {
        request = request
            .add_prompt(CoreAuthPrompt::Login)
            .set_max_age(Duration::ZERO);
    }
    let (url, state, nonce) = request.url();
    let away = Away {
        state: state.secret().clone(),
        nonce: nonce.secret().clone(),
        verifier: verifier.secret().clone(),
        at: app.clock.now_ms(),
        again,
    };
    Ok((url.to_string(), away))
}

/// Whom the provider sent back, by the `state` and the `code` of the address.
///
/// # Errors
/// It is no answer to what this browser asked, or the provider cannot be reached or says nothing that can be
/// believed.
pub async fn finish(app: &App, away: Away, state: &str, code: String) -> Result<Vouched> {
    let same = bool::from(away.state.as_bytes().ct_eq(state.as_bytes()));
    if !same || app.clock.now_ms() - away.at > AWAY_MS {
        return Err(StaffError::Provider(
            "that sign-in was begun elsewhere, or took too long; try again",
        ));
    }
    let client = client(app).await?;
    let tokens = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| refused(app, error))?
        .set_pkce_verifier(PkceCodeVerifier::new(away.verifier))
        .request_async(&send)
        .await
        .map_err(|error| refused(app, error))?;
    let id_token = tokens
        .id_token()
        .ok_or(StaffError::Provider("the provider sent nobody’s identity"))?;
    let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES);
    let claims = id_token
        .claims(&verifier, &Nonce::new(away.nonce))
        .map_err(|error| refused(app, error))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token
            .signing_alg()
            .map_err(|error| refused(app, error))?;
        let key = id_token
            .signing_key(&verifier)
            .map_err(|error| refused(app, error))?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
            .map_err(|error| refused(app, error))?;
        if actual != *expected {
            return Err(NOT_BELIEVED);
        }
    }
    if away.again {
        let asked = away.at / 1000 - CLOCKS_DIFFER_S;
        let old = claims.auth_time().is_some_and(|at| at.timestamp() < asked);
        if old {
            return Err(StaffError::Provider(
                "the provider did not ask you to sign in again; sign out there and try again",
            ));
        }
    }
    let issuer = claims.issuer().as_str();
    let subject = format!("{issuer} {}", claims.subject().as_str());
    let mut all = payload(&id_token.to_string())?;
    if all.get("email").is_none() && client.user_info_url().is_some() {
        let more: CoreUserInfoClaims = client
            .user_info(
                tokens.access_token().clone(),
                Some(claims.subject().clone()),
            )
            .map_err(|error| refused(app, error))?
            .request_async::<EmptyAdditionalClaims, _, CoreGenderClaim>(&send)
            .await
            .map_err(|error| refused(app, error))?;
        if let Some(email) = more.email() {
            all["email"] = json!(email.as_str());
            all["email_verified"] = json!(more.email_verified());
        }
    }
    Ok(Vouched {
        subject,
        email: verified_email(&all),
        claims: all,
    })
}

const NOT_BELIEVED: StaffError =
    StaffError::Provider("the provider’s answer cannot be believed; try again");

/// All claims of a token whose signature was checked before.
fn payload(token: &str) -> Result<Value> {
    let middle = token.split('.').nth(1).unwrap_or_default();
    let octets = BASE64URL_NOPAD
        .decode(middle.as_bytes())
        .map_err(|_| NOT_BELIEVED)?;
    serde_json::from_slice(&octets).map_err(|_| NOT_BELIEVED)
}

/// Microsoft says by `xms_edov` what others say by `email_verified`; some write it as text or a number.
fn verified_email(claims: &Value) -> Option<EmailAddress> {
    let says = |claim: &str| match claims.get(claim) {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text == "true" || text == "1",
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    };
    let email = claims.get("email")?.as_str()?;
    (says("email_verified") || says("xms_edov"))
        .then(|| EmailAddress::parse(email).ok())
        .flatten()
}

async fn client(app: &App) -> Result<Client> {
    const NONE: StaffError = StaffError::Provider("no sign-in provider is set");
    let settings = &app.settings.oidc;
    let issuer = IssuerUrl::new(settings.issuer.clone().ok_or(NONE)?)
        .map_err(|error| refused(app, error))?;
    let id = ClientId::new(settings.client_id.clone().ok_or(NONE)?);
    let metadata = CoreProviderMetadata::discover_async(issuer, &send)
        .await
        .map_err(|error| {
            if let Some(today) = CANNOT_BE_REACHED.one_more(app.clock.now_ms()) {
                tracing::warn!(today, %error, "the sign-in provider cannot be reached");
            }
            StaffError::Provider(
                "the sign-in provider cannot be reached; try again, or sign in another way",
            )
        })?;
    let secret = settings.client_secret.clone().map(ClientSecret::new);
    let back = RedirectUrl::new(app.settings.public_url.link(CALLBACK))
        .map_err(|error| refused(app, error))?;
    Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(back))
}

/// The log says why; the page does not: it may hold what the provider knows of somebody.
fn refused(app: &App, error: impl std::fmt::Display) -> StaffError {
    if let Some(today) = REFUSED.one_more(app.clock.now_ms()) {
        tracing::info!(today, %error, "a sign-in at the provider was refused");
    }
    NOT_BELIEVED
}

/// What can go wrong on the way to the provider.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Client(#[from] reqwest::Error),
    #[error(transparent)]
    Http(#[from] axum::http::Error),
    #[error("the answer is too long")]
    TooLong,
}

async fn send(request: HttpRequest) -> std::result::Result<HttpResponse, SendError> {
    let client = http_client::builder(ANSWER_TIMEOUT).build()?;
    let mut response = client.execute(request.try_into()?).await?;
    let mut answer = axum::http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    let octets = http_client::read_at_most(&mut response, ANSWER_OCTETS).await?;
    Ok(answer.body(octets.ok_or(SendError::TooLong)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_only_where_the_provider_says_that_it_is_theirs() {
        for (claims, counts) in [
            (
                json!({"email": "a@example.gov", "email_verified": true}),
                true,
            ),
            (
                json!({"email": "a@example.gov", "email_verified": "true"}),
                true,
            ),
            (json!({"email": "a@example.gov", "xms_edov": "1"}), true),
            (json!({"email": "a@example.gov", "xms_edov": true}), true),
            (json!({"email": "a@example.gov"}), false),
            (
                json!({"email": "a@example.gov", "email_verified": false}),
                false,
            ),
            (
                json!({"email": "a@example.gov", "email_verified": null}),
                false,
            ),
            (
                json!({"email": "a@example.gov", "email_verified": [true]}),
                false,
            ),
            (
                json!({"email": "no address", "email_verified": true}),
                false,
            ),
            (
                json!({"preferred_username": "a@example.gov", "email_verified": true}),
                false,
            ),
        ] {
            assert_eq!(verified_email(&claims).is_some(), counts, "{claims}");
        }
    }
}
