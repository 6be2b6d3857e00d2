//! The whole text of an item: from its page, where the feed has only a summary.

use super::{
    attachments,
    fetch::{Body, Fetched, Fetcher, Validators},
    items::Item,
    reading,
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
pub(super) async fn complete(fetcher: &Fetcher, item: &mut Item) -> PageText {
    if item.whole {
        return PageText::Read;
    }
    let Some(url) = item.url.clone().filter(|_| !item.elsewhere) else {
        return PageText::Unread;
    };
    match fetcher.get(&url, &Validators::default()).await {
        Ok(Fetched::Body(body)) => take_page(fetcher, item, &body),
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
pub(super) fn take_page(fetcher: &Fetcher, item: &mut Item, body: &Body) {
    // It answered by https: that is where readers are sent too (R4).
    if let Some(url) = &item.url {
        item.url = fetcher.guard.secure(url).ok().or_else(|| item.url.clone());
    }
    if !body.content_type.is_empty() && !body.content_type.contains("html") {
        return;
    }
    let page = reading::bytes(&body.bytes, &body.content_type, Some(&body.url));
    let summary = item
        .document
        .as_ref()
        .map(|document| reading::words(document).len());
    if page.is_empty() || reading::words(&page.document).len() < summary.unwrap_or(0) / 2 {
        return;
    }
    let mut document = page.document;
    attachments::add(&mut document, &item.attachments);
    item.document = Some(document);
    item.whole = true;
    if is_cut(&item.title, page.title.as_deref()) {
        item.title = page.title.or(page.suggested_title).unwrap_or_default();
    }
    let said = page.published;
    let said = || Some(fetcher.calendar().published_at(said?)?.instant);
    item.published = item.published.or_else(said);
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
}
