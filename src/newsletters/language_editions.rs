//! Newsletters of one release in several languages: they are of one edition, so that nobody gets two of
//! them, and each reader gets the one in her language, or where there is none the first.
//!
//! A version that comes later than the first newsletter goes to readers of its language whom that one has
//! not reached. Digests and summaries are put together for the readers of each language.

use std::collections::BTreeSet;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Audience, NewsletterState as State, Result,
    newsletter_entities::{newsletter, newsletter_release},
    text_revisions::hold,
};
use crate::{
    app::App,
    db::WriteTransaction,
    office::Office,
    releases::{self, LanguageVersion, ReleaseText, language_versions},
    subscribers::{self, Frequency},
};

/// Makes the newsletters of a release and of its versions in other languages one edition.
pub(super) async fn join_editions(
    transaction: &WriteTransaction,
    office: &Office,
    release: i64,
) -> Result<()> {
    let versions = language_versions::versions(transaction, release).await?;
    let mut all = latest_mailing(transaction, release).await?;
    if versions.len() < 2 || all.is_empty() {
        return Ok(());
    }
    for version in versions.iter().filter(|version| version.release != release) {
        let theirs = latest_mailing(transaction, version.release).await?;
        let Some(edition) = theirs.first().map(edition_of) else {
            continue;
        };
        // Theirs went out together with an earlier mailing: a person brings the release once more.
        let members = of_edition(transaction, edition).await?;
        let is_earlier = |member: &newsletter::Model| {
            member.release_id == Some(release) && all.iter().all(|own| own.id != member.id)
        };
        if members.iter().any(is_earlier) {
            continue;
        }
        for member in members {
            if all.iter().all(|known| known.id != member.id) {
                all.push(member);
            }
        }
    }
    let of_release: BTreeSet<Option<i64>> = all.iter().map(|row| row.release_id).collect();
    if of_release.len() < 2 {
        return Ok(());
    }
    let Some(edition) = all.iter().map(edition_of).min() else {
        return Ok(());
    };
    // As the queue does, the first of the edition last: so nobody waits in a circle.
    all.sort_by_key(|row| (row.id == edition, row.id));
    for row in &all {
        hold(transaction, row.id).await?;
        newsletter::Entity::update_many()
            .set(newsletter::ActiveModel {
                edition: Set(Some(edition)),
                version_rank: Set(Some(rank(office, &versions, row))),
                ..Default::default()
            })
            .filter(newsletter::Column::Id.eq(row.id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// The office's first language goes to those in whose language there is none; else what was seen first.
fn rank(office: &Office, versions: &[LanguageVersion], row: &newsletter::Model) -> i16 {
    let at = versions
        .iter()
        .position(|version| Some(version.release) == row.release_id);
    let first = versions
        .iter()
        .position(|version| speaks_first(office, &version.language));
    match at {
        Some(at) if Some(at) == first => 0,
        Some(at) => i16::try_from(at + 1).unwrap_or(i16::MAX),
        None => i16::MAX,
    }
}

fn speaks_first(office: &Office, language: &str) -> bool {
    let first = office.languages.first().map_or("en", String::as_str);
    first.split('-').next() == Some(language)
}

fn edition_of(row: &newsletter::Model) -> i64 {
    row.edition.unwrap_or(row.id)
}

/// The newsletters to subscribers that were made of a release alone, and not cancelled, when it was brought
/// last.
async fn latest_mailing(
    transaction: &WriteTransaction,
    release: i64,
) -> Result<Vec<newsletter::Model>> {
    // newsletter_of_release
    let mut made = newsletter::Entity::find()
        .filter(newsletter::Column::ReleaseId.eq(release))
        .filter(newsletter::Column::Corrects.is_null())
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .filter(newsletter::Column::Frequency.eq(Frequency::Each))
        .filter(newsletter::Column::ForLanguage.is_null())
        .filter(newsletter::Column::NotLanguages.is_null())
        .filter(newsletter::Column::State.ne(State::Cancelled))
        .order_by_desc(newsletter::Column::Id)
        .all(transaction)
        .await?;
    if let Some(last) = made.first().map(edition_of) {
        made.retain(|row| edition_of(row) == last);
    }
    Ok(made)
}

async fn of_edition(
    transaction: &WriteTransaction,
    edition: i64,
) -> Result<Vec<newsletter::Model>> {
    // newsletter_of_edition, or the primary key of one that has no other yet.
    let of = Condition::any()
        .add(newsletter::Column::Edition.eq(edition))
        .add(newsletter::Column::Id.eq(edition));
    Ok(newsletter::Entity::find()
        .filter(of)
        .filter(newsletter::Column::State.ne(State::Cancelled))
        .order_by_asc(newsletter::Column::Id)
        .all(transaction)
        .await?)
}

/// A member of staff says that two releases are one in two languages. What was mailed of one already stays;
/// nobody who got it gets the other.
///
/// # Errors
/// What `releases` refuses: no such release, or both in one language.
pub async fn join_versions(app: &App, one: i64, other: i64, by: &str) -> Result<()> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    language_versions::join(app, &transaction, one, other, by).await?;
    join_editions(&transaction, &office, one.max(other)).await?;
    Ok(transaction.commit().await?)
}

/// A member of staff says that a release is none of those that say the same in other languages. Newsletters
/// of it that have not begun go to all readers again. False: it was joined with none.
///
/// # Errors
/// The database failed.
pub async fn separate_version(app: &App, release: i64, by: &str) -> Result<bool> {
    let transaction = app.db.begin().await?;
    if !language_versions::separate(app, &transaction, release, by).await? {
        return Ok(false);
    }
    let own = latest_mailing(&transaction, release).await?;
    let first = own.iter().map(|row| row.id).min();
    for row in own
        .iter()
        .filter(|row| matches!(row.state, State::Draft | State::Approved))
    {
        newsletter::Entity::update_many()
            .set(newsletter::ActiveModel {
                edition: Set(first.filter(|_| own.len() > 1)),
                version_rank: Set(None),
                ..Default::default()
            })
            .filter(newsletter::Column::Id.eq(row.id))
            .exec(&transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// A release that a digest or summary may bring.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// In which topics.
    pub topics: Vec<i64>,
    pub release: ReleaseText,
    /// The languages in which readers have it, the one for all others first; one at most: all get it.
    pub languages: Vec<String>,
}

impl Part {
    fn is_for_all(&self) -> bool {
        self.languages.len() < 2
    }

    pub fn own_language(&self) -> &str {
        let language = self.release.document.language.as_str();
        language.split('-').next().unwrap_or(language)
    }
}

/// Whose language decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReaderLanguages {
    /// Readers of this language. `None`: of all but [`Self::but`].
    pub only: Option<String>,
    pub but: Vec<String>,
}

impl ReaderLanguages {
    /// Whether anybody under these topics reads it.
    pub async fn have_anybody(
        &self,
        transaction: &WriteTransaction,
        topics: &[i64],
    ) -> Result<bool> {
        match &self.only {
            Some(language) => Ok(subscribers::anybody_reads(transaction, topics, language).await?),
            None => Ok(true),
        }
    }
}

/// Releases for the same readers in the same language: they go together.
#[derive(Debug)]
pub(super) struct Group {
    pub topics: Vec<i64>,
    pub language: String,
    pub releases: Vec<ReleaseText>,
}

/// What the readers of each language are brought, in the order of the parts: all once, in their language
/// where there is one.
pub(super) fn by_readers(parts: Vec<Part>) -> Vec<(ReaderLanguages, Vec<Group>)> {
    let grouped = |parts: Vec<Part>| {
        let mut groups: Vec<Group> = Vec::new();
        for Part {
            topics, release, ..
        } in parts
        {
            let language = release.document.language.clone();
            let known = groups
                .iter_mut()
                .find(|group| group.topics == topics && group.language == language);
            match known {
                Some(group) => group.releases.push(release),
                None => groups.push(Group {
                    topics,
                    language,
                    releases: vec![release],
                }),
            }
        }
        groups
    };
    parts_by_readers(parts)
        .into_iter()
        .map(|(readers, parts)| (readers, grouped(parts)))
        .collect()
}

fn parts_by_readers(mut parts: Vec<Part>) -> Vec<(ReaderLanguages, Vec<Part>)> {
    share_topics(&mut parts);
    let spoken: BTreeSet<String> = parts
        .iter()
        .filter(|part| !part.is_for_all())
        .flat_map(|part| part.languages.iter().cloned())
        .collect();
    let is_for_others = |part: &&Part| {
        part.is_for_all()
            || part
                .languages
                .first()
                .is_some_and(|first| first == part.own_language())
    };
    let others: Vec<Part> = parts.iter().filter(is_for_others).cloned().collect();
    let ids = |parts: &[Part]| -> Vec<i64> { parts.iter().map(|part| part.release.id).collect() };
    let mut all = Vec::new();
    let mut but = Vec::new();
    for language in spoken {
        let is_hers = |part: &&Part| {
            let there_is = part.languages.contains(&language);
            part.own_language() == language || part.is_for_all() || !there_is && is_for_others(part)
        };
        let hers: Vec<Part> = parts.iter().filter(is_hers).cloned().collect();
        if ids(&hers) != ids(&others) {
            but.push(language.clone());
            let only = Some(language);
            all.push((
                ReaderLanguages {
                    only,
                    but: Vec::new(),
                },
                hers,
            ));
        }
    }
    all.push((ReaderLanguages { only: None, but }, others));
    all.retain(|(_, parts)| !parts.is_empty());
    all
}

/// Versions stand under each other's topics, too: whoever asked for one of them gets her language.
fn share_topics(parts: &mut [Part]) {
    let known: Vec<(Option<i64>, Vec<i64>)> = parts
        .iter()
        .map(|part| (part.release.version_of, part.topics.clone()))
        .collect();
    for part in parts.iter_mut().filter(|part| !part.is_for_all()) {
        let shared = known
            .iter()
            .filter(|(group, _)| group.is_some() && *group == part.release.version_of);
        for topic in shared.flat_map(|(_, topics)| topics) {
            if !part.topics.contains(topic) {
                part.topics.push(*topic);
            }
        }
        part.topics.sort_unstable();
    }
}

/// The languages of a release's versions for a digest, the one for all other readers first. `None`: one of
/// them was in a newsletter for everybody, so that this one comes too late.
pub(super) async fn languages_for_digest(
    transaction: &WriteTransaction,
    office: &Office,
    release: &ReleaseText,
) -> Result<Option<Vec<String>>> {
    let mut versions = language_versions::versions(transaction, release.id).await?;
    for version in versions.iter().filter(|version| version.drafted) {
        if version.release != release.id && went_to_all(transaction, version.release).await? {
            return Ok(None);
        }
    }
    versions.sort_by_key(|version| (!speaks_first(office, &version.language), version.release));
    Ok(Some(
        versions
            .into_iter()
            .map(|version| version.language)
            .collect(),
    ))
}

/// Whether a newsletter is for readers of all languages.
fn is_for_all_languages(row: &newsletter::Model) -> bool {
    row.for_language.is_none() && row.not_languages.is_none()
}

/// The newsletters that bring a release and were not cancelled.
async fn bringing(transaction: &WriteTransaction, release: i64) -> Result<Vec<newsletter::Model>> {
    // newsletter_release_of
    let parts = newsletter_release::Entity::find()
        .filter(newsletter_release::Column::ReleaseId.eq(release))
        .all(transaction)
        .await?;
    let of = parts.into_iter().map(|part| part.newsletter_id);
    Ok(newsletter::Entity::find()
        .filter(newsletter::Column::Id.is_in(of))
        .filter(newsletter::Column::State.ne(State::Cancelled))
        .all(transaction)
        .await?)
}

/// Whether a release stands in a newsletter that is for readers of all languages.
async fn went_to_all(transaction: &WriteTransaction, release: i64) -> Result<bool> {
    let brought = bringing(transaction, release).await?;
    Ok(brought.iter().any(is_for_all_languages))
}

/// Whether a digest brought this release in another language: `Some(true)`: to readers of all languages.
pub(super) async fn brought_by_digest(
    transaction: &WriteTransaction,
    release: i64,
) -> Result<Option<bool>> {
    let versions = language_versions::versions(transaction, release).await?;
    let mut brought = None;
    for version in versions.iter().filter(|version| version.release != release) {
        for row in bringing(transaction, version.release).await? {
            let to_all = is_for_all_languages(&row);
            // One release alone for everybody is of the same edition.
            let is_digest = row.release_id.is_none() || !to_all;
            if is_digest && row.frequency == Frequency::Each {
                brought = Some(to_all || brought == Some(true));
            }
        }
    }
    Ok(brought)
}

/// Notes for the readers of which languages these newsletters are.
pub(super) async fn note_readers(
    transaction: &WriteTransaction,
    newsletters: &[i64],
    readers: &ReaderLanguages,
) -> Result<()> {
    if *readers == ReaderLanguages::default() {
        return Ok(());
    }
    let but = (!readers.but.is_empty()).then(|| readers.but.join(" "));
    newsletter::Entity::update_many()
        .set(newsletter::ActiveModel {
            for_language: Set(readers.only.clone()),
            not_languages: Set(but),
            ..Default::default()
        })
        .filter(newsletter::Column::Id.is_in(newsletters.iter().copied()))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Of what was sent up to `from`, readers of summaries have had one of the versions of this newsletter's
/// release already.
pub(super) async fn was_brought_before(
    transaction: &WriteTransaction,
    row: &newsletter::Model,
    from: i64,
) -> Result<bool> {
    let (Some(edition), Some(_)) = (row.edition, row.version_rank) else {
        return Ok(false);
    };
    let members = of_edition(transaction, edition).await?;
    Ok(members.iter().any(|other| {
        other.release_id != row.release_id && other.started_at.is_some_and(|at| at <= from)
    }))
}

/// The releases of which versions are joined, for staff: those of this one.
///
/// # Errors
/// The database failed.
pub async fn versions_of(app: &App, release: i64) -> Result<Vec<LanguageVersion>> {
    Ok(releases::language_versions::versions(app.db.pool(), release).await?)
}
