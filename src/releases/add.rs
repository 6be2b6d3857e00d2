//! A release that staff bring: a file or the address of a page.

use std::path::Path;

use sea_orm::DbErr;
use url::Url;

use super::{
    ReleaseState, by_hand,
    fetch::Fetcher,
    hash,
    items::Item,
    reading::{self, Reading, dates::Calendar},
    release_error::ReleaseError,
    release_state::{self, NewRelease, ReleaseText},
};
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    named_file,
    office::Office,
};

/// Octets of the largest file that is taken for a release: a Word document with its pictures.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// Reads the file or page and keeps it as a settled release: whoever brings it has seen it.
/// Bringing the same one again gives the same release, with the new text as a revision.
pub async fn add(app: &App, location: &str, title: Option<&str>) -> Result<i64, ReleaseError> {
    let (reading, address) = match web_address(location) {
        Some(url) => {
            let body = Fetcher::new(app).await?.body(&url).await?;
            let reading = reading::given(&body.bytes, &body.content_type, Some(&body.url));
            let address = own_address(reading.canonical.as_ref(), body.url);
            (reading, Some(address))
        }
        None => (file(app, location).await?, None),
    };
    if let Some(refusal) = reading.refusal {
        return Err(ReleaseError::NoRelease(location.to_owned(), refusal));
    }
    if reading.is_empty() {
        return Err(ReleaseError::Empty(location.to_owned()));
    }
    let Some(title) = title.map(str::to_owned).or(reading.title) else {
        return Err(ReleaseError::Untitled(
            location.to_owned(),
            reading.suggested_title.unwrap_or_default(),
        ));
    };
    // A file has no address; what it says is what it is.
    let identity = match &address {
        Some(address) => address.to_string(),
        None => format!("file:{}", hash::short(&reading::words(&reading.document))),
    };
    let now = app.clock.now_ms();
    let zone = Office::load(&app.db).await?.time_zone;
    let calendar = Calendar::new(zone, app.clock.now());
    let item = Item {
        url: address.or(reading.canonical),
        title,
        published: reading
            .published
            .and_then(|date| calendar.published_at(date))
            .map(|at| at.instant),
        document: Some(reading.document),
        alternates: reading.alternates,
        ..Item::default()
    };
    let text = ReleaseText::of(&item)?;
    let transaction = app.db.begin().await?;
    let before = release_state::added_before(&transaction, &identity).await?;
    let id = if let Some((id, state)) = before {
        release_state::revise(&transaction, id, &[state], now, &text).await?;
        id
    } else {
        let release = NewRelease {
            source_id: None,
            identity,
            state: ReleaseState::Settled,
            held_because: None,
            settles_at: None,
            text,
        };
        let stored = release.insert(&transaction, now).await?;
        stored.ok_or(DbErr::RecordNotInserted)?
    };
    audit::record(
        &transaction,
        now,
        OPERATOR,
        Action::ReleaseAdd,
        format!("release/{id}"),
        location,
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
    let bytes = named_file::read(Path::new(location), LARGEST_FILE)
        .map_err(|error| ReleaseError::File(location.to_owned(), error))?;
    let site = Office::load(&app.db).await?.site_url;
    let site = site.and_then(|site| Url::parse(&site).ok());
    let is_markdown = [".md", ".markdown"]
        .iter()
        .any(|ending| location.to_ascii_lowercase().ends_with(ending));
    if is_markdown {
        return Ok(by_hand::markdown_file(&bytes));
    }
    Ok(reading::file(location, &bytes, site.as_ref()))
}
