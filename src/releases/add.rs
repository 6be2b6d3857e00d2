//! A release that staff bring: a file or the address of a page.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbErr};
use url::Url;

use super::{
    ReleaseError, ReleaseState,
    fetch::Fetcher,
    hash,
    reading::{self, Reading, charset, dates::Calendar},
};
use crate::{app::App, office::Office, values};

/// Reads the file or page and keeps it as a settled release: whoever brings it has seen it.
/// Bringing the same one again gives the same release, with the new text as a revision.
pub async fn add(app: &App, location: &str, title: Option<&str>) -> Result<i64, ReleaseError> {
    let (reading, address) = match web_address(location) {
        Some(url) => {
            let body = Fetcher::new(app).await?.body(&url).await?;
            let text = body.text();
            let reading = if body.content_type.starts_with("text/plain") {
                reading::text(&text)
            } else {
                reading::page(&text, Some(&body.url))
            };
            let address = own_address(reading.canonical.as_ref(), body.url);
            (reading, Some(address))
        }
        None => (file(app, location).await?, None),
    };
    if reading.is_empty() {
        return Err(ReleaseError::Empty(location.to_owned()));
    }
    let title = title
        .map(str::to_owned)
        .or(reading.title)
        .unwrap_or_default();
    let content_hash = hash::content(&title, &reading.document)?;
    // A file has no address; what it says is what it is.
    let identity = match &address {
        Some(address) => address.to_string(),
        None => format!("file:{}", hash::short(&reading::words(&reading.document))),
    };
    let document = serde_json::to_string(&reading.document)?;
    let now = app.clock.now_ms();
    let zone = Office::load(&app.db).await?.time_zone;
    let calendar = Calendar::new(zone, app.clock.now());
    let published = reading.published.and_then(|date| calendar.instant(date));

    let transaction = app.db.begin().await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            // release_identity
            "INSERT INTO release (source_id, identity, url, title, title_key, published_at, first_seen_at,
                                  state, content_hash, document)
             VALUES (NULL, $1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (coalesce(source_id, 0), identity) DO UPDATE
             SET title = excluded.title, title_key = excluded.title_key,
                 content_hash = excluded.content_hash, document = excluded.document
             RETURNING id",
            values![
                identity,
                address.or(reading.canonical).map(|url| url.to_string()),
                title.clone(),
                super::identity::title_key(&title),
                published.map(jiff::Timestamp::as_millisecond),
                now,
                ReleaseState::Settled.as_str(),
                content_hash.clone(),
                document.clone()
            ],
        ))
        .await?
        .ok_or_else(|| DbErr::Custom("the database gave no id for the release".to_owned()))?;
    let id: i64 = row.try_get_by_index(0)?;
    super::revision::keep(
        &transaction,
        &app.db,
        id,
        now,
        &title,
        &content_hash,
        &document,
    )
    .await?;
    transaction.commit().await?;
    tracing::info!(release.id = id, "a release was added by hand");
    Ok(id)
}

/// The address that the page gives itself, where it can be true: on the same host, and not the
/// site's front page, which a broken template names on every page.
fn own_address(canonical: Option<&Url>, found: Url) -> Url {
    match canonical {
        Some(own) if own.host_str() == found.host_str() && own.path() != "/" => own.clone(),
        _ => found,
    }
}

fn web_address(location: &str) -> Option<Url> {
    let url = Url::parse(location).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

async fn file(app: &App, location: &str) -> Result<Reading, ReleaseError> {
    let bytes = tokio::fs::read(location)
        .await
        .map_err(|error| ReleaseError::File(location.to_owned(), error))?;
    let text = charset::decode(&bytes, None);
    let html = Path::new(location)
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
    Ok(if html || text.trim_start().starts_with('<') {
        let site = Office::load(&app.db).await?.site_url;
        let site = site.and_then(|site| Url::parse(&site).ok());
        reading::saved_page(&text, site.as_ref())
    } else {
        reading::text(&text)
    })
}
