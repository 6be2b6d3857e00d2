//! `OAuth2` for mailboxes at Microsoft and Google: an access token lives an hour, so it is fetched with
//! the refresh token, which is what is set (RFC 6749 §6).
//!
//! Some providers give a new refresh token each time and let the old one die after a while: the newest
//! is kept, sealed, together with a fingerprint of the one that was set; a newly set one goes before it.

use std::time::Duration;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::return_error::ReturnError;
use crate::{app::App, config::TokenSource, http_client, office_setting};

/// The setting, and what its seal is bound to.
const KEY: &str = "returns-refresh-token";

/// How long the provider may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Octets of an answer that are read: an honest one has a few thousand.
const ANSWER_OCTETS: usize = 64 * 1024;

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The provider cannot be reached.
    #[error("the provider's address for OAuth2 tokens cannot be reached: {0}")]
    Connect(#[from] reqwest::Error),
    /// The provider says no: its error code (RFC 6749 §5.2).
    #[error(
        "the provider gives no OAuth2 access token ({0}); sign in with it again and set the new refresh token"
    )]
    Refused(String),
    /// What it said is none.
    #[error("the provider's answer holds no OAuth2 access token")]
    Answer,
    /// The newest refresh token could not be read or kept.
    #[error(transparent)]
    Return(#[from] ReturnError),
}

/// The newest refresh token, and of which set one it is.
#[derive(Serialize, Deserialize)]
struct Kept {
    of: String,
    token: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    refresh_token: String,
    #[serde(default)]
    error: String,
}

/// An access token, fetched with the refresh token `set`, or with the newest that came after it.
pub(super) async fn fetch(
    app: &App,
    source: &TokenSource,
    set: &str,
) -> Result<String, TokenError> {
    let of = BASE64.encode(&app.keys.mac(&[KEY.as_bytes(), set.as_bytes()])[..16]);
    let token = newest(app, &of).await?.unwrap_or_else(|| set.to_owned());
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
        ("client_id", source.client_id.as_str()),
    ];
    if let Some(secret) = &source.client_secret {
        form.push(("client_secret", secret));
    }
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let client = http_client::builder(ANSWER_TIMEOUT).build()?;
    let mut response = client
        .post(&source.token_url)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await?;
    let octets = http_client::read_at_most(&mut response, ANSWER_OCTETS).await?;
    let octets = octets.ok_or(TokenError::Answer)?;
    let answer: Answer = serde_json::from_slice(&octets).map_err(|_| TokenError::Answer)?;
    if answer.access_token.is_empty() {
        // Only the code: the description may hold more than a log should.
        let code: String = answer
            .error
            .chars()
            .filter(char::is_ascii_graphic)
            .take(60)
            .collect();
        return Err(match code.as_str() {
            "" => TokenError::Answer,
            _ => TokenError::Refused(code),
        });
    }
    if !answer.refresh_token.is_empty() && answer.refresh_token != token {
        keep(app, of, answer.refresh_token).await?;
    }
    Ok(answer.access_token)
}

async fn newest(app: &App, of: &str) -> Result<Option<String>, ReturnError> {
    let sealed = office_setting::one(app.db.pool(), KEY).await?;
    Ok(sealed
        .and_then(|sealed| BASE64.decode(sealed.as_bytes()).ok())
        .and_then(|sealed| app.keys.open(KEY, sealed))
        .and_then(|text| serde_json::from_slice::<Kept>(&text).ok())
        .filter(|kept| kept.of == of)
        .map(|kept| kept.token))
}

async fn keep(app: &App, of: String, token: String) -> Result<(), ReturnError> {
    let text = serde_json::to_vec(&Kept { of, token })
        .map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
    let sealed = BASE64.encode(&app.keys.seal(KEY, &text)?);
    office_setting::store(&app.db.writer(), KEY, &sealed, app.clock.now_ms()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        clock::{Clock, instant},
        db,
        delivery::testing,
    };

    /// A provider that gives each answer once; what it was sent.
    async fn provider(
        answers: Vec<&'static str>,
    ) -> (TokenSource, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let source = TokenSource {
            token_url: format!("http://{}/token", listener.local_addr().unwrap()),
            client_id: "gazette".to_owned(),
            client_secret: Some("s&cret".to_owned()),
        };
        let serving = tokio::spawn(async move {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !String::from_utf8_lossy(&request).contains("grant_type=") {
                    let mut piece = [0; 4_096];
                    let read = stream.read(&mut piece).await.unwrap();
                    request.extend_from_slice(&piece[..read]);
                }
                asked.push(String::from_utf8(request).unwrap());
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    answer.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            asked
        });
        (source, serving)
    }

    #[tokio::test]
    async fn the_newest_refresh_token_is_used_until_another_one_is_set_and_is_never_kept_in_the_clear()
     {
        let clock = Clock::fixed_at(instant(1_780_000_000_000));
        let (app, _folder) = testing::app(clock).await;
        let (source, serving) = provider(vec![
            r#"{"access_token": "a1", "refresh_token": "second-r", "expires_in": 3599}"#,
            r#"{"access_token": "a2"}"#,
            r#"{"access_token": "a3"}"#,
            r#"{"error": "invalid_grant", "error_description": "expired"}"#,
            "<html>",
        ])
        .await;
        assert_eq!(fetch(&app, &source, "first-r").await.unwrap(), "a1");
        let kept = "SELECT count(*) FROM office_setting WHERE value LIKE '%second-r%'";
        let kept: Option<i64> = db::scalar(app.db.pool(), kept, []).await.unwrap();
        assert_eq!(kept, Some(0));
        assert_eq!(fetch(&app, &source, "first-r").await.unwrap(), "a2");
        assert_eq!(fetch(&app, &source, "other-r").await.unwrap(), "a3");
        let refused = fetch(&app, &source, "first-r").await.unwrap_err();
        assert!(refused.to_string().contains("invalid_grant"), "{refused}");
        let answer = fetch(&app, &source, "first-r").await.unwrap_err();
        assert!(matches!(answer, TokenError::Answer), "{answer}");
        let asked = serving.await.unwrap();
        for (request, token) in asked
            .iter()
            .zip(["first-r", "second-r", "other-r", "second-r"])
        {
            assert!(
                request.contains(&format!("refresh_token={token}&")),
                "{request}"
            );
            assert!(request.contains("client_secret=s%26cret"), "{request}");
        }
    }
}
