//! The releases of a source that were seen before, and whether an item is one of them (F7).

use std::collections::{HashMap, HashSet};

use sea_orm::{
    DerivePartialModel, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use url::Url;

use super::{identity, items::Item, release_error::ReleaseError, release_tables::release};
use crate::app::App;

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct KnownItem {
    identity: String,
    url: Option<String>,
    title_key: String,
    published_at: Option<i64>,
}

/// By what the releases of a source are known again.
#[derive(Debug, Default)]
pub(super) struct KnownItems {
    identities: HashSet<String>,
    /// How many of them stand at an address.
    places: HashMap<String, usize>,
    /// Their keys, by title and date.
    titles: HashMap<(String, i64), Vec<String>>,
    /// Their pages.
    pages: Vec<Url>,
}

/// What a source lists in one look: what else is listed tells whether an item is a known one.
#[derive(Debug, Default)]
pub(super) struct Listed {
    identities: HashSet<String>,
    places: HashMap<String, usize>,
}

impl Listed {
    pub(super) fn of(items: &[Item]) -> Self {
        let mut listed = Self::default();
        listed.add(items);
        listed
    }

    /// The next part of the list.
    pub(super) fn add(&mut self, items: &[Item]) {
        for item in items {
            if self.identities.insert(item.identity.clone())
                && let Some(url) = &item.url
            {
                *self.places.entry(identity::place(url)).or_default() += 1;
            }
        }
    }
}

impl KnownItems {
    pub(super) async fn of(app: &App, source: i64) -> Result<Self, ReleaseError> {
        let mut known = Self::default();
        // release_identity, which is over this very expression
        let rows: Vec<KnownItem> = release::Entity::find()
            .filter(Expr::cust("coalesce(source_id, 0)").eq(source))
            .into_partial_model()
            .all(app.db.pool())
            .await?;
        for row in rows {
            if let Some(url) = row.url.and_then(|url| Url::parse(&url).ok()) {
                *known.places.entry(identity::place(&url)).or_default() += 1;
                known.pages.push(url);
            }
            if let Some(at) = row.published_at {
                let same = known.titles.entry((row.title_key, at)).or_default();
                same.push(row.identity.clone());
            }
            known.identities.insert(row.identity);
        }
        Ok(known)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// The pages of the releases.
    pub(super) fn pages(&self) -> &[Url] {
        &self.pages
    }

    /// Whether one of the releases has this page.
    pub(super) fn has_page(&self, page: &Url) -> bool {
        self.places.contains_key(&identity::place(page))
    }

    /// By its key; else by its address, if only the id changed; else by title and date, if both
    /// changed with the site. An address that several items share tells nothing, nor does the title of
    /// one that is listed itself.
    pub(super) fn has(&self, item: &Item, listed: &Listed) -> bool {
        let is_alone = |place: &String| {
            place != "/"
                && self.places.get(place) == Some(&1)
                && listed.places.get(place).is_none_or(|items| *items <= 1)
        };
        let has_moved = |at: jiff::Timestamp| {
            let key = identity::title_key(&item.title);
            let same = self.titles.get(&(key.clone(), at.as_millisecond()));
            !key.is_empty()
                && same.is_some_and(|same| same.iter().any(|one| !listed.identities.contains(one)))
        };
        self.identities.contains(&item.identity)
            || item
                .url
                .as_ref()
                .map(identity::place)
                .is_some_and(|place| is_alone(&place))
            || item.published.is_some_and(has_moved)
    }
}
