//! The archive's pages and its feed. They show what readers were mailed and nothing about them.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::{
    archive::{self, ArchiveEntry, ArchivePage, ArchiveSearch, FeedEntry, IssuePage, IssueVersion},
    layout::{PageAbout, about_page},
};
use maud::html;
use serde::Deserialize;
use url::form_urlencoded;

use super::{
    Newsletter,
    archive::{Wanted, by_slug, entries, in_other_languages, mended_slug, months, newest},
};
use crate::{
    app::App,
    http::{Failure, FirstOfEach, languages, not_found, page_about, words},
    office::Office,
    rendering,
    subscribers::{every_topic_in, topic_name_in},
};

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

/// What of the archive a reader wants to see.
#[derive(Debug, Default, Deserialize)]
struct Search {
    /// The newsletter below which the page begins; what is no number is none.
    #[serde(default)]
    before: String,
    lang: Option<String>,
    #[serde(default)]
    topic: String,
    /// `2026-11`
    #[serde(default)]
    month: String,
    /// Words.
    #[serde(default)]
    q: String,
}

impl Search {
    /// The same search.
    fn as_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("topic", &self.topic),
            ("month", &self.month),
            ("q", &self.q),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// The same search, below this newsletter.
    fn older(&self, before: i64) -> String {
        let search = self.as_query();
        let and = if search.is_empty() { "" } else { "&" };
        format!("/archive?{search}{and}before={before}")
    }
}

async fn list(
    State(app): State<App>,
    FirstOfEach(search): FirstOfEach<Search>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let office = Office::load(&app.db).await?;
    let words = words(&office, search.lang.as_deref(), &headers);
    let wanted = Wanted::of(&search.topic, &search.month, &search.q);
    let topics = every_topic_in(&app, words.tag).await?;
    let zone = &office.time_zone;
    let mut before = search.before.parse().unwrap_or(i64::MAX);
    // One more than shown tells whether there is another page.
    let mut found = entries(&app, &wanted, zone, before, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    before = found.last().map_or(before, |last| last.id);
    let name = |id: i64| topics.iter().find(|topic| topic.id == id);
    let entries = found.iter().map(|entry| ArchiveEntry {
        subject: &entry.subject,
        language: &entry.language,
        topic: name(entry.topic).map_or("", |topic| topic.name.as_str()),
        date: entry.at.to_zoned_datetime(zone.clone()).date(),
        url: words.link(&format!("/archive/{}", entry.slug)),
    });
    let months = months(&app, zone).await?;
    let choices: Vec<(&str, &str)> = topics
        .iter()
        .map(|topic| (topic.slug.as_str(), topic.name.as_str()))
        .collect();
    let page = ArchivePage {
        entries: entries.collect(),
        older: more.then(|| words.link(&search.older(before))),
        search: ArchiveSearch {
            words: &search.q,
            topics: &choices,
            topic: &search.topic,
            months: &months,
            month: wanted.month,
        },
    };
    let url = app.link("/archive");
    let logo_url = office.logo.as_ref().map(|logo| app.link(&logo.path()));
    let about = PageAbout {
        title: words.archive,
        description: &words.archive_lead(office.name_in(words.tag)),
        url: &url,
        picture: logo_url.as_deref(),
        languages: &languages(&office),
    };
    let head = html! { (archive::list_head(words)) (about_page(&about)) };
    let content = archive::list(words, &page);
    let search = search.as_query();
    Ok(page_about(
        &office,
        words,
        words.archive,
        &head,
        Some(&search),
        &content,
    ))
}

async fn issue(
    State(app): State<App>,
    Path(slug): Path<String>,
    FirstOfEach(asked): FirstOfEach<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let office = Office::load(&app.db).await?;
    let Some(newsletter) = by_slug(&app, &slug).await? else {
        if let Some(mended) = mended_slug(&app, &slug).await? {
            let words = words(&office, asked.lang.as_deref(), &headers);
            let path = format!("/archive/{mended}");
            let path = match asked.lang {
                Some(_) => words.link(&path),
                None => path,
            };
            return Ok(Redirect::temporary(&path).into_response());
        }
        return Ok(not_found(
            &office,
            words(&office, asked.lang.as_deref(), &headers),
        ));
    };
    // Who comes from the mail reads its language.
    let asked = asked.lang.as_deref().or(Some(&newsletter.language));
    let words = words(&office, asked, &headers);
    let topic = topic_name_in(app.db.pool(), newsletter.topic.id, words.tag).await?;
    let topic = topic.unwrap_or_default();
    let document = newsletter.document_in_language();
    let logo_url = office.logo.as_ref().map(|logo| app.link(&logo.path()));
    let versions = in_other_languages(&app, &newsletter).await?;
    let versions: Vec<IssueVersion> = versions
        .into_iter()
        .map(|(language, slug)| IssueVersion {
            language,
            url: app.link(&format!("/archive/{slug}")),
        })
        .collect();
    let page = IssuePage {
        subject: newsletter.title(),
        office: office.name_in(words.tag),
        topic: &topic,
        date: newsletter
            .public_since()
            .to_zoned_datetime(office.time_zone.clone())
            .date(),
        published: &newsletter.public_since().to_string(),
        document: &document,
        intro: newsletter.intro.as_deref(),
        logo_url: logo_url.as_deref(),
        site_url: office.site_url.as_deref(),
        release_url: newsletter.release_url.as_deref(),
        url: &app.link(&format!("/archive/{}", newsletter.slug)),
        versions: &versions,
    };
    let shown = rendering::in_turn(|| {
        let head = archive::issue_head(words, &page);
        let content = archive::issue(words, &page);
        page_about(&office, words, page.subject, &head, Some(""), &content)
    });
    Ok(shown.await?)
}

async fn feed(State(app): State<App>) -> Result<Response, Failure> {
    let office = Office::load(&app.db).await?;
    let newsletters = newest(&app, FEED).await?;
    // An empty feed was last changed at the epoch: any fixed time will do (RFC 4287 wants one).
    let updated = newsletters.iter().map(Newsletter::public_since).max();
    let updated = updated.unwrap_or_default().to_string();
    let base = app.link("");
    // They are large, and go where they were read.
    let body = rendering::in_turn(move || {
        let documents: Vec<_> = newsletters
            .iter()
            .map(Newsletter::document_in_language)
            .collect();
        let entries: Vec<FeedEntry<'_>> = newsletters
            .iter()
            .zip(&documents)
            .map(|(newsletter, document)| FeedEntry {
                url: app.link(&format!("/archive/{}", newsletter.slug)),
                subject: newsletter.title(),
                topic: &newsletter.topic.name,
                published: newsletter.public_since().to_string(),
                document,
                intro: newsletter.intro.as_deref(),
            })
            .collect();
        archive::feed(&base, &office.name, &updated, &entries)
    });
    let body = body.await?;
    let kind = [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")];
    Ok((CACHED, kind, body).into_response())
}

/// The same for everyone, and never wrong for long.
const CACHED: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=60")];

/// Which language the reader asked for with a link of the page.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    lang: Option<String>,
}

#[cfg(test)]
mod tests;
