//! One release in several languages (hreflang, WPML, Polylang): an office publishes it in English and in
//! Spanish, each on a page of its own. Which belong together their pages say, or a person does.
//!
//! Each release keeps what its page says. Two belong together as soon as one of them names the other,
//! whichever was seen first. That newsletters of them reach each reader once is `newsletters`' part.

use std::collections::BTreeSet;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, DerivePartialModel,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde::Deserialize;
use url::Url;

use super::{
    ReleaseState, reading::language, release_error::ReleaseError, release_tables::release,
    ssrf_guard::same_organisation,
};
use crate::{
    app::App,
    audit::{self, Action},
    clock::DAY,
    db::WriteTransaction,
};

/// Days between the first and the last version of a release, at most.
const APART_DAYS: i64 = 60;

/// Languages that one release may be in.
const MOST: usize = 12;

/// A release as one of those that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageVersion {
    /// `release.id`
    pub release: i64,
    /// What it is called.
    pub title: String,
    /// BCP 47, the language alone: `es`.
    pub language: String,
    /// It stands in a newsletter.
    pub drafted: bool,
}

/// Where a post of `WordPress` stands in other languages: WPML gives the pages' addresses, Polylang the posts' numbers.
pub(super) fn of_post(
    own: i64,
    wpml: &serde_json::Value,
    polylang: &serde_json::Value,
) -> Vec<String> {
    let pages = wpml.as_array().into_iter().flatten();
    let pages = pages.filter_map(|version| Some(version.get("href")?.as_str()?.to_owned()));
    // PHP writes none as a list.
    let posts = polylang.as_object().into_iter().flatten();
    let posts = posts.filter_map(|(_, id)| id.as_i64());
    let posts = posts.filter(|id| *id != own);
    pages
        .chain(posts.map(|id| format!("{POST}{id}")))
        .take(MOST)
        .collect()
}

/// Before the number of a post of the same site.
const POST: &str = "post:";

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct Candidate {
    id: i64,
    identity: String,
    url: Option<String>,
    alternates: Option<String>,
}

impl Candidate {
    fn address(&self) -> Option<Url> {
        Url::parse(self.url.as_deref()?).ok()
    }

    /// What its page names.
    fn named(&self) -> Vec<String> {
        let named = self.alternates.as_deref();
        named
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// Whether `names`, which stand on a page of the same organisation, name this one.
    fn is_named(&self, names: &[String]) -> bool {
        let (own, number) = (self.address(), self.number());
        names.iter().any(|name| match name.strip_prefix(POST) {
            Some(id) => number.as_deref() == Some(id),
            None => match (&own, Url::parse(name)) {
                (Some(own), Ok(url)) => place(own) == place(&url),
                _ => false,
            },
        })
    }

    /// The number of the post that it is, as `WordPress` writes it into the identity: `/?p=34`.
    fn number(&self) -> Option<String> {
        let (_, query) = self.identity.split_once('?')?;
        let number = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "p");
        number.map(|(_, number)| number.into_owned())
    }
}

/// An address as two pages name it: without scheme, `www.` and closing slash.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = url.path().trim_end_matches('/');
    match url.query() {
        Some(query) => format!("{host}{path}?{query}"),
        None => format!("{host}{path}"),
    }
}

/// States of what is no newsletter's to bring.
const NEVER_MAILED: [ReleaseState; 4] = [
    ReleaseState::Baseline,
    ReleaseState::Filtered,
    ReleaseState::Vanished,
    ReleaseState::Dropped,
];

/// Joins a release with the one that its page names, or that names its page.
pub(super) async fn join_by_pages(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
) -> Result<(), DbErr> {
    // release_seen: a few hundred in an office's busiest months.
    let recent = release::Entity::find()
        .filter(release::Column::FirstSeenAt.gt(now - APART_DAYS * DAY))
        .filter(release::Column::State.is_not_in(NEVER_MAILED))
        .order_by_asc(release::Column::Id)
        .into_partial_model::<Candidate>()
        .all(transaction)
        .await?;
    let Some(own) = recent.iter().find(|release| release.id == id) else {
        return Ok(());
    };
    let (names, address) = (own.named(), own.address());
    let is_here = |other: &Candidate| match (&address, other.address()) {
        (Some(own), Some(other)) => same_organisation(own, &other),
        _ => false,
    };
    let partners = recent.iter().filter(|other| {
        other.id != id && is_here(other) && (other.is_named(&names) || own.is_named(&other.named()))
    });
    for partner in partners {
        // Two in one language are two releases, whatever their pages say.
        if put_together(transaction, own.id, partner.id).await? {
            let partner = partner.id;
            transaction.once_committed(move || {
                tracing::info!(
                    release.id = id,
                    release.version_of = partner,
                    "joined the versions of a release"
                );
            });
        }
    }
    Ok(())
}

/// Puts two releases, and what belongs to them already, together. False: two of them would be in one
/// language, or they are together.
async fn put_together(transaction: &WriteTransaction, one: i64, other: i64) -> Result<bool, DbErr> {
    let (one, other) = (
        versions(transaction, one).await?,
        versions(transaction, other).await?,
    );
    let languages: BTreeSet<&str> = one
        .iter()
        .chain(&other)
        .map(|version| version.language.as_str())
        .collect();
    if one.is_empty() || other.is_empty() || languages.len() < one.len() + other.len() {
        return Ok(false);
    }
    let ids: Vec<i64> = one
        .iter()
        .chain(&other)
        .map(|version| version.release)
        .collect();
    let first = ids.iter().min().copied();
    release::Entity::update_many()
        .col_expr(release::Column::VersionOf, Expr::value(first))
        .filter(release::Column::Id.is_in(ids))
        .exec(transaction)
        .await?;
    Ok(true)
}

/// Of the stored document, only its language.
#[derive(Deserialize)]
struct Spoken {
    language: String,
}

/// The versions of a release that may be mailed, its own with them, the first seen first; that one alone
/// where there is no other.
pub async fn versions(
    connection: &impl ConnectionTrait,
    id: i64,
) -> Result<Vec<LanguageVersion>, DbErr> {
    // The primary key, or release_versions.
    let which = match group_of(connection, id).await? {
        Some(group) => release::Column::VersionOf.eq(group),
        None => release::Column::Id.eq(id),
    };
    let rows = stored(connection, Condition::all().add(which)).await?;
    Ok(rows.into_iter().filter_map(Stored::version).collect())
}

/// The other releases that are joined with this one, whatever became of them.
pub async fn others(connection: &impl ConnectionTrait, id: i64) -> Result<Vec<i64>, DbErr> {
    let Some(group) = group_of(connection, id).await? else {
        return Ok(Vec::new());
    };
    // release_versions
    release::Entity::find()
        .select_only()
        .column(release::Column::Id)
        .filter(release::Column::VersionOf.eq(group))
        .filter(release::Column::Id.ne(id))
        .into_tuple()
        .all(connection)
        .await
}

/// What stands for the versions that a release is joined with; `None`: with none.
async fn group_of(connection: &impl ConnectionTrait, id: i64) -> Result<Option<i64>, DbErr> {
    let group = release::Entity::find_by_id(id)
        .select_only()
        .column(release::Column::VersionOf)
        .into_tuple::<Option<i64>>()
        .one(connection)
        .await?;
    Ok(group.flatten())
}

/// What is asked of a release to show it as a version.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct Stored {
    id: i64,
    title: String,
    document: Option<String>,
    version_of: Option<i64>,
    drafted_at: Option<i64>,
}

impl Stored {
    /// `None`: it has no text, or none in a language.
    fn version(self) -> Option<LanguageVersion> {
        let spoken: Spoken = serde_json::from_str(self.document.as_deref()?).ok()?;
        Some(LanguageVersion {
            release: self.id,
            title: self.title,
            language: language(&spoken.language)?,
            drafted: self.drafted_at.is_some(),
        })
    }
}

/// Those of these releases that may be mailed, the first seen first.
async fn stored(connection: &impl ConnectionTrait, which: Condition) -> Result<Vec<Stored>, DbErr> {
    release::Entity::find()
        .filter(which)
        .filter(release::Column::State.is_not_in(NEVER_MAILED))
        .order_by_asc(release::Column::Id)
        .into_partial_model()
        .all(connection)
        .await
}

/// Releases that are shown to be joined, at most.
const MOST_CANDIDATES: u64 = 60;

#[derive(DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct Joinable {
    id: i64,
    version_of: Option<i64>,
}

/// The newest releases in languages in which this one has no version.
///
/// # Errors
/// The database failed.
pub async fn candidates(app: &App, id: i64) -> Result<Vec<LanguageVersion>, DbErr> {
    let has = versions(app.db.pool(), id).await?;
    let newest: Vec<Joinable> = release::Entity::find()
        .filter(release::Column::State.is_not_in(NEVER_MAILED))
        .order_by_desc(release::Column::Id)
        .limit(MOST_CANDIDATES)
        .into_partial_model()
        .all(app.db.pool())
        .await?;
    // The primary key, and release_versions.
    let groups: BTreeSet<i64> = newest.iter().filter_map(|row| row.version_of).collect();
    let which = Condition::any()
        .add(release::Column::Id.is_in(newest.iter().map(|row| row.id)))
        .add(release::Column::VersionOf.is_in(groups));
    let rows = stored(app.db.pool(), which).await?;
    let all: Vec<(Option<i64>, LanguageVersion)> = rows
        .into_iter()
        .filter_map(|row| Some((row.version_of, row.version()?)))
        .collect();
    let is_new = |version: &LanguageVersion| has.iter().all(|own| own.language != version.language);
    let found = newest.iter().filter_map(|candidate| {
        let (other, group) = (&candidate.id, &candidate.version_of);
        let own = all.iter().find(|(_, version)| version.release == *other);
        let mut together = all
            .iter()
            .filter(|(of, version)| version.release == *other || group.is_some() && of == group);
        let (_, version) = own?;
        together
            .all(|(_, version)| is_new(version))
            .then(|| version.clone())
    });
    Ok(found.collect())
}

/// Joins two releases that a member of staff says are one in two languages.
///
/// # Errors
/// [`ReleaseError::Versions`] where there is no such release with a text, or both are in one language.
pub async fn join(
    app: &App,
    transaction: &WriteTransaction,
    one: i64,
    other: i64,
    by: &str,
) -> Result<(), ReleaseError> {
    for id in [one, other] {
        if versions(transaction, id).await?.is_empty() {
            return Err(ReleaseError::Versions(format!(
                "there is no release {id} that could be mailed"
            )));
        }
    }
    let already = versions(transaction, one).await?;
    if already.iter().any(|version| version.release == other) {
        return Ok(());
    }
    if !put_together(transaction, one, other).await? {
        return Err(ReleaseError::Versions(
            "both are in the same language; only a release and its translation are joined"
                .to_owned(),
        ));
    }
    let (now, object) = (app.clock.now_ms(), format!("release/{one}"));
    let details = format!("release/{other}");
    audit::record(transaction, now, by, Action::ReleaseJoin, object, details).await?;
    Ok(())
}

/// Takes a release out of those that say the same in other languages. False: it belongs to none.
pub async fn separate(
    app: &App,
    transaction: &WriteTransaction,
    id: i64,
    by: &str,
) -> Result<bool, ReleaseError> {
    let others: Vec<i64> = versions(transaction, id)
        .await?
        .iter()
        .map(|version| version.release)
        .filter(|other| *other != id)
        .collect();
    if others.is_empty() {
        return Ok(false);
    }
    let group = (others.len() > 1)
        .then(|| others.first().copied())
        .flatten();
    for (ids, group) in [(vec![id], None), (others, group)] {
        release::Entity::update_many()
            .set(release::ActiveModel {
                version_of: Set(group),
                ..Default::default()
            })
            .filter(release::Column::Id.is_in(ids))
            .exec(transaction)
            .await?;
    }
    // What its page says joins it no second time.
    release::Entity::update_many()
        .set(release::ActiveModel {
            alternates: Set(None),
            ..Default::default()
        })
        .filter(release::Column::Id.eq(id))
        .exec(transaction)
        .await?;
    let (now, object) = (app.clock.now_ms(), format!("release/{id}"));
    audit::record(transaction, now, by, Action::ReleaseSeparate, object, "").await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, instant},
        delivery::testing,
        releases::{
            items::Item,
            reading,
            release_state::{NewRelease, ReleaseText},
        },
    };

    const NOW: i64 = 1_780_000_000_000;

    fn said(language: &str) -> gazette_templates::Document {
        let read = reading::fragment("<p>The bridge is open today.</p>", "", "en", None);
        gazette_templates::Document {
            language: language.to_owned(),
            ..read
        }
    }

    /// Stores a release of this address in this language, whose page names these others; its id.
    async fn seen(app: &App, url: &str, identity: &str, language: &str, named: &[&str]) -> i64 {
        let item = Item {
            url: Url::parse(url).ok(),
            title: format!("Bridge {language}"),
            document: Some(said(language)),
            alternates: named.iter().map(ToString::to_string).collect(),
            ..Item::default()
        };
        let release = NewRelease {
            source_id: None,
            identity: identity.to_owned(),
            state: ReleaseState::Settled,
            held_because: None,
            settles_at: None,
            text: ReleaseText::of(&item).unwrap(),
        };
        let transaction = app.db.begin().await.unwrap();
        let id = release.insert(&transaction, NOW).await.unwrap().unwrap();
        transaction.commit().await.unwrap();
        id
    }

    async fn together(app: &App, id: i64) -> Vec<i64> {
        let versions = versions(app.db.pool(), id).await.unwrap();
        versions.iter().map(|version| version.release).collect()
    }

    #[tokio::test]
    async fn versions_are_joined_whichever_page_names_the_other() {
        let (app, _folder) = testing::app(Clock::fixed_at(instant(NOW))).await;
        let english = seen(&app, "https://doe.example.gov/bridge/", "a", "en", &[]).await;
        assert_eq!(together(&app, english).await, [english]);
        let names = [
            "http://www.doe.example.gov/bridge",
            "https://doe.example.gov/es/puente/",
        ];
        let spanish = seen(&app, "https://doe.example.gov/es/puente", "b", "es", &names).await;
        assert_eq!(together(&app, english).await, [english, spanish]);
        // The first one names the second, which is seen later and names nothing.
        let names = ["https://doe.example.gov/es/camino"];
        let first = seen(&app, "https://doe.example.gov/road", "c", "en", &names).await;
        let second = seen(&app, "https://doe.example.gov/es/camino/", "d", "es", &[]).await;
        assert_eq!(together(&app, second).await, [first, second]);
        // Polylang names numbers.
        let first = seen(
            &app,
            "https://doe.example.gov/park",
            "/?p=34",
            "en",
            &["post:35"],
        )
        .await;
        let second = seen(
            &app,
            "https://doe.example.gov/es/parque",
            "/?lang=es&p=35",
            "es",
            &[],
        )
        .await;
        assert_eq!(together(&app, first).await, [first, second]);
    }

    #[tokio::test]
    async fn what_is_in_one_language_or_elsewhere_is_not_joined() {
        let (app, _folder) = testing::app(Clock::fixed_at(instant(NOW))).await;
        let first = seen(&app, "https://doe.example.gov/a", "a", "en", &[]).await;
        let names = ["https://doe.example.gov/a"];
        let same = seen(&app, "https://doe.example.gov/b", "b", "en", &names).await;
        let elsewhere = seen(&app, "https://paper.example.com/c", "c", "es", &names).await;
        for id in [first, same, elsewhere] {
            assert_eq!(together(&app, id).await, [id]);
        }
        let transaction = app.db.begin().await.unwrap();
        let error = join(&app, &transaction, first, same, "ada")
            .await
            .unwrap_err();
        assert!(error.to_string().contains("same language"), "{error}");
        join(&app, &transaction, first, elsewhere, "ada")
            .await
            .unwrap();
        join(&app, &transaction, elsewhere, first, "ada")
            .await
            .unwrap();
        let error = join(&app, &transaction, same, 999, "ada")
            .await
            .unwrap_err();
        assert!(error.to_string().contains("no release 999"), "{error}");
        // A second one in English has no place beside the first.
        assert!(
            join(&app, &transaction, elsewhere, same, "ada")
                .await
                .is_err()
        );
        transaction.commit().await.unwrap();
        assert_eq!(together(&app, elsewhere).await, [first, elsewhere]);
        let transaction = app.db.begin().await.unwrap();
        assert!(separate(&app, &transaction, first, "ada").await.unwrap());
        assert!(
            !separate(&app, &transaction, elsewhere, "ada")
                .await
                .unwrap()
        );
        transaction.commit().await.unwrap();
        assert_eq!(together(&app, elsewhere).await, [elsewhere]);
    }

    #[test]
    fn plugins_name_the_other_languages() {
        let wpml = serde_json::json!([{"locale": "es_ES", "id": 9, "href": "https://doe.example.gov/es/puente/"}]);
        let none = serde_json::json!([]);
        assert_eq!(
            of_post(4, &wpml, &none),
            ["https://doe.example.gov/es/puente/"]
        );
        let polylang = serde_json::json!({"en": 4, "es": 35});
        assert_eq!(of_post(4, &serde_json::Value::Null, &polylang), ["post:35"]);
        assert!(of_post(4, &none, &none).is_empty());
    }
}
