//! The whole text of an item: from its page, where the feed has only a summary.

use super::{
    attachments,
    feeds::Item,
    fetch::{Fetched, Fetcher, Validators},
    reading,
};

/// Puts the page's text in the place of a summary. False: the page is gone.
pub(super) async fn complete(fetcher: &Fetcher, item: &mut Item) -> bool {
    if item.whole {
        return true;
    }
    let Some(url) = item.url.clone().filter(|_| !item.elsewhere) else {
        return true;
    };
    let body = match fetcher.get(&url, &Validators::default()).await {
        Ok(Fetched::Body(body)) => body,
        Ok(Fetched::Gone) => return false,
        Ok(Fetched::NotModified) => return true,
        Err(error) => {
            tracing::warn!(%error, "a release's page cannot be read; its summary must do");
            return true;
        }
    };
    // It answered by https: that is where readers are sent too (R4).
    item.url = fetcher.fence.secure(&url).ok().or(Some(url));
    if !body.content_type.is_empty() && !body.content_type.contains("html") {
        return true;
    }
    let page = reading::page(&body.text(), Some(&body.url));
    let summary = item
        .document
        .as_ref()
        .map(|document| reading::words(document).len());
    if !page.is_empty() && reading::words(&page.document).len() >= summary.unwrap_or(0) / 2 {
        let mut document = page.document;
        attachments::add(&mut document, &item.attachments);
        item.document = Some(document);
        item.whole = true;
        if is_cut(&item.title, page.title.as_deref()) {
            item.title = page.title.unwrap_or_default();
        }
        let said = page.published;
        let said = || fetcher.calendar().instant(said?);
        item.published = item.published.or_else(said);
    }
    true
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
