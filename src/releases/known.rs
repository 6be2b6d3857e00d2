//! The releases of a source that were seen before, and whether an item is one of them (F7).

use std::collections::HashSet;

use url::Url;

use super::{ReleaseError, feeds::Item, identity};
use crate::{app::App, values};

/// What is known of a source's releases.
#[derive(Debug, Default)]
pub(super) struct Known {
    identities: HashSet<String>,
    places: HashSet<String>,
    titles: HashSet<(String, i64)>,
}

impl Known {
    pub(super) async fn of(app: &App, source: i64) -> Result<Self, ReleaseError> {
        let mut known = Self::default();
        let rows = app
            .db
            .all(
                // release_identity
                "SELECT identity, url, title_key, published_at FROM release
                 WHERE coalesce(source_id, 0) = $1",
                values![source],
            )
            .await?;
        for row in rows {
            known.identities.insert(row.try_get_by_index(0)?);
            if let Some(url) = row.try_get_by_index::<Option<String>>(1)? {
                known
                    .places
                    .extend(Url::parse(&url).ok().map(|url| identity::place(&url)));
            }
            if let Some(published) = row.try_get_by_index::<Option<i64>>(3)? {
                known.titles.insert((row.try_get_by_index(2)?, published));
            }
        }
        Ok(known)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// By its key; else by its address, if only the id changed; else by title and date, if both
    /// changed with the site.
    pub(super) fn has(&self, item: &Item) -> bool {
        let place = item.url.as_ref().map(identity::place);
        self.identities.contains(&item.identity)
            || place.is_some_and(|place| place != "/" && self.places.contains(&place))
            || item.published.is_some_and(|at| {
                let key = identity::title_key(&item.title);
                !key.is_empty() && self.titles.contains(&(key, at.as_millisecond()))
            })
    }
}
