//! The releases of a source that were seen before, and whether an item is one of them (F7).

use std::collections::HashSet;

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
    places: HashSet<String>,
    titles: HashSet<(String, i64)>,
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
            known.identities.insert(row.identity);
            let url = row.url.and_then(|url| Url::parse(&url).ok());
            known.places.extend(url.as_ref().map(identity::place));
            known
                .titles
                .extend(row.published_at.map(|at| (row.title_key, at)));
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
