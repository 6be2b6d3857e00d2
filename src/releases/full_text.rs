//! The whole text of an item: from its page, where the feed has only a summary.

use super::{
    attachments,
    fetch::{Body, Fetched, Validators},
    hash,
    items::Item,
    other_page::other_page,
    page_reader::PageReader,
    reading::{self, Certainty, PublishedAt},
};

/// Whether an item's page could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageText {
    /// The item has all of its text.
    Read,
    /// Not now, or there is nothing to read: the summary must do.
    Unread,
    /// The page's server says that there is no such page.
    Gone,
}

/// Puts the page's text in the place of a summary.
pub(super) async fn complete(pages: &PageReader<'_>, item: &mut Item) -> PageText {
    if item.whole {
        return PageText::Read;
    }
    let Some(url) = item.url.clone().filter(|_| !item.elsewhere) else {
        return PageText::Unread;
    };
    match pages.fetcher.get(&url, &Validators::default()).await {
        Ok(Fetched::Body(body)) => take_page(pages, item, body).await,
        Ok(Fetched::Gone) => return PageText::Gone,
        Ok(Fetched::NotModified) => {}
        Err(error) => {
            tracing::warn!(%error, "a release's page cannot be read; its summary must do");
        }
    }
    if item.whole {
        PageText::Read
    } else {
        PageText::Unread
    }
}

/// Takes the text, and what the list had cut off, from the item's page.
pub(super) async fn take_page(pages: &PageReader<'_>, item: &mut Item, body: Body) {
    let fetcher = pages.fetcher;
    // It answered by https: that is where readers are sent too (R4).
    if let Some(url) = &item.url {
        item.url = fetcher.guard.secure(url).ok().or_else(|| item.url.clone());
    }
    let (kind, answered) = (body.content_type.clone(), body.url.clone());
    let Some(read) = pages.read(body).await else {
        return;
    };
    let page = read.reading;
    item.notes.refusal = page.refusal;
    let is_readable = ["", "html", "text/plain", "xml"]
        .iter()
        .any(|readable| kind.contains(readable) && (!readable.is_empty() || kind.is_empty()));
    if !is_readable || page.is_empty() {
        return;
    }
    let summary = item
        .document
        .as_ref()
        .map(|document| reading::words(document).len());
    if reading::words(&page.document).len() < summary.unwrap_or(0) / 2 {
        return;
    }
    item.notes.other_page = item
        .url
        .as_ref()
        .and_then(|asked| other_page(&item.title, (asked, &answered), &page));
    if item.notes.other_page.is_some() {
        return;
    }
    let mut document = page.document;
    attachments::add(&mut document, &item.attachments);
    item.document = Some(document);
    item.whole = true;
    item.alternates = page.alternates;
    item.notes.doubt = read.doubt;
    item.source_hash = Some(hash::of_source(&page.source_text));
    item.source_text = Some(page.source_text);
    if is_cut(&item.title, page.title.as_deref()) {
        item.title = page.title.or(page.suggested_title).unwrap_or_default();
    }
    let said = page
        .published
        .and_then(|said| fetcher.calendar().published_at(said));
    take_date(item, said);
}

/// Takes the page's date where the list has none, or one that can mean two days and the page tells
/// which.
fn take_date(item: &mut Item, said: Option<PublishedAt>) {
    let Some(said) = said else { return };
    match (item.published, item.notes.date) {
        (None, _) => {}
        (Some(at), Certainty::Ambiguous { other })
            if said.certainty == Certainty::Certain
                && [at, other].iter().any(|at| is_same_day(*at, said.instant)) => {}
        _ => return,
    }
    item.published = Some(said.instant);
    item.notes.date = said.certainty;
}

/// Within half a day: a day alone is its noon.
fn is_same_day(one: jiff::Timestamp, other: jiff::Timestamp) -> bool {
    one.duration_since(other).abs() <= jiff::SignedDuration::from_hours(14)
}

/// Whether a list shows only the beginning of the headline, or nothing of it.
fn is_cut(title: &str, whole: Option<&str>) -> bool {
    let Some(beginning) = title.strip_suffix('…').or(title.strip_suffix("...")) else {
        return title.is_empty();
    };
    whole.is_some_and(|whole| whole.starts_with(beginning.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_that_a_list_cuts_is_taken_from_the_page() {
        let whole = Some("Doe leads letter on care");
        assert!(is_cut("Doe leads…", whole) && is_cut("Doe leads ...", whole) && is_cut("", None));
        assert!(!is_cut("Doe leads…", Some("Another page")) && !is_cut("Doe leads", whole));
    }

    #[test]
    fn the_page_tells_which_of_two_days_a_list_means_and_nothing_else_about_its_date() {
        let at = |day: &str| {
            format!("{day}T12:00:00Z")
                .parse::<jiff::Timestamp>()
                .unwrap()
        };
        let listed = |certainty| {
            let mut item = Item {
                published: Some(at("2026-05-10")),
                ..Item::default()
            };
            item.notes.date = certainty;
            item
        };
        let ambiguous = Certainty::Ambiguous {
            other: at("2026-10-05"),
        };
        for (mut item, said, wanted, certainty) in [
            (
                listed(ambiguous),
                "2026-10-05",
                "2026-10-05",
                Certainty::Certain,
            ),
            (
                listed(ambiguous),
                "2026-05-10",
                "2026-05-10",
                Certainty::Certain,
            ),
            (listed(ambiguous), "2026-06-01", "2026-05-10", ambiguous),
            (
                listed(Certainty::Certain),
                "2026-10-05",
                "2026-05-10",
                Certainty::Certain,
            ),
            (
                Item::default(),
                "2026-06-01",
                "2026-06-01",
                Certainty::Certain,
            ),
        ] {
            take_date(
                &mut item,
                Some(PublishedAt {
                    instant: at(said),
                    certainty: Certainty::Certain,
                }),
            );
            assert_eq!(item.published, Some(at(wanted)), "{said}");
            assert_eq!(item.notes.date, certainty, "{said}");
        }
    }
}
