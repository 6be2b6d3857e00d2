//! Small questions to other services over HTTP: within a time, without redirects, and with an answer that
//! is not too long. What reads the pages of sites is `releases::fetch`.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, redirect::Policy};

/// For a client that waits so long for a whole answer. A redirect could lead anywhere, with what we tell.
pub fn builder(answer_timeout: Duration) -> ClientBuilder {
    Client::builder()
        .timeout(answer_timeout)
        .redirect(Policy::none())
}

/// The answer's octets, counted as they arrive: neither a false length nor a packed bomb gets past. `None`:
/// they are more than `most`.
///
/// # Errors
/// The connection broke, or took too long.
pub async fn read_at_most(answer: &mut Response, most: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut octets = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if octets.len() + piece.len() > most {
            return Ok(None);
        }
        octets.extend_from_slice(&piece);
    }
    Ok(Some(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit_and_a_redirect_is_not_followed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .route("/ten", axum::routing::get(async || "0123456789"))
            .route(
                "/away",
                axum::routing::get(async || axum::response::Redirect::to("/ten")),
            );
        tokio::spawn(async { axum::serve(listener, router).await });
        let client = builder(Duration::from_mins(1)).build().unwrap();
        for (most, expected) in [(10, Some("0123456789")), (9, None), (0, None)] {
            let mut answer = client.get(format!("{base}/ten")).send().await.unwrap();
            let read = read_at_most(&mut answer, most).await.unwrap();
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{most}");
        }
        let away = client.get(format!("{base}/away")).send().await.unwrap();
        assert_eq!(away.status(), 303);
    }
}
