//! The archive's pages and its feed. They show what readers were mailed and nothing about them.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::archive::{
    self, ArchiveEntry, ArchivePage, FeedEntry, IssuePage, Site,
};
use serde::Deserialize;

use super::{
    Newsletter, NewsletterError,
    archive::{by_slug, entries, newest},
};
use crate::{app::App, office::Office};

/// `/archive`, a newsletter's page below it, and the feed.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/archive", get(list))
        .route("/archive/feed.xml", get(feed))
        .route("/archive/{slug}", get(issue))
}

/// Newsletters on one page of the archive.
const PAGE: i64 = 50;
/// Newsletters in the feed.
const FEED: i64 = 20;

#[derive(Debug, Deserialize)]
struct Older {
    /// The newsletter below which the page begins.
    before: Option<i64>,
}

async fn list(State(app): State<App>, Query(older): Query<Older>) -> Result<Response, Unshown> {
    let office = Office::load(&app.db).await?;
    let before = older.before.unwrap_or(i64::MAX);
    // One more than shown tells whether there is another page.
    let mut found = entries(&app, before, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let older = found
        .last()
        .filter(|_| more)
        .map(|last| format!("/archive?before={}", last.id));
    let entries = found.iter().map(|entry| ArchiveEntry {
        subject: &entry.subject,
        language: &entry.language,
        topic: &entry.topic,
        date: entry.at.to_zoned_datetime(office.time_zone.clone()).date(),
        url: format!("/archive/{}", entry.slug),
    });
    let page = ArchivePage {
        entries: entries.collect(),
        older,
    };
    let page = archive::list(&site(&office, language(&office, "")), &page);
    Ok((CACHED, page).into_response())
}

async fn issue(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Unshown> {
    let office = Office::load(&app.db).await?;
    let Some(newsletter) = by_slug(&app, &slug).await? else {
        let page = archive::not_found(&site(&office, language(&office, "")));
        return Ok((StatusCode::NOT_FOUND, page).into_response());
    };
    let document = newsletter.document_in_language();
    let page = IssuePage {
        subject: &newsletter.subject,
        office: &office.name,
        topic: &newsletter.topic.name,
        date: newsletter
            .public_since()
            .to_zoned_datetime(office.time_zone.clone())
            .date(),
        document: &document,
        release_url: newsletter.release_url.as_deref(),
        url: &app.link(&format!("/archive/{}", newsletter.slug)),
    };
    let language = language(&office, &newsletter.language);
    let page = archive::issue(&site(&office, language), &page);
    Ok((CACHED, page).into_response())
}

async fn feed(State(app): State<App>) -> Result<Response, Unshown> {
    let office = Office::load(&app.db).await?;
    let newsletters = newest(&app, FEED).await?;
    let documents: Vec<_> = newsletters
        .iter()
        .map(Newsletter::document_in_language)
        .collect();
    let entries: Vec<FeedEntry<'_>> = newsletters
        .iter()
        .zip(&documents)
        .map(|(newsletter, document)| FeedEntry {
            url: app.link(&format!("/archive/{}", newsletter.slug)),
            subject: &newsletter.subject,
            topic: &newsletter.topic.name,
            published: newsletter.public_since().to_string(),
            document,
        })
        .collect();
    // An empty feed was last changed at the epoch: any fixed time will do (RFC 4287 wants one).
    let updated = newsletters.iter().map(Newsletter::public_since).max();
    let updated = updated.unwrap_or_default().to_string();
    let body = archive::feed(&app.link(""), &office.name, &updated, &entries);
    let kind = [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")];
    Ok((CACHED, kind, body).into_response())
}

/// The same for everyone, and never wrong for long.
const CACHED: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=60")];

/// The language of a page's own words: the newsletter's, where the office speaks it.
fn language<'o>(office: &'o Office, newsletter: &str) -> &'o str {
    let wanted = newsletter.split('-').next().unwrap_or_default();
    let mut spoken = office.languages.iter();
    let language = spoken.find(|language| *language == wanted);
    language
        .or(office.languages.first())
        .map_or("en", String::as_str)
}

fn site<'a>(office: &'a Office, language: &'a str) -> Site<'a> {
    Site {
        office: &office.name,
        language,
    }
}

/// Why a page of the archive could not be shown: the database's fault, never the reader's.
struct Unshown(NewsletterError);

impl<E: Into<NewsletterError>> From<E> for Unshown {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Unshown {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "the archive could not be shown");
        let words = "The archive cannot be shown just now. Please try again in a moment.\n";
        (StatusCode::SERVICE_UNAVAILABLE, words).into_response()
    }
}

#[cfg(test)]
mod tests;
