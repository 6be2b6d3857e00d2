//! What was mailed, for the web: only newsletters whose sending has begun.

use std::{collections::BTreeSet, fmt::Write};

use gazette_templates::Document;
use jiff::{
    civil::{Date, Time},
    tz::TimeZone,
};
use sea_orm::{
    ColumnTrait, DerivePartialModel, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Value,
};

use super::{
    Audience, Newsletter, NewsletterState as State, Result,
    archive_words::{SQL_IS_NOT_INDEXED, Stretch, Term, folded, said, stretches},
    newsletter_entities::newsletter,
    store::{self, NewsletterRow, sql_columns},
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::{self, sql_value, sql_values},
    http,
    releases::{self, release_sql},
    rendering,
    sending_window::instant_of,
    subscribers::{Frequency, sql_join_topic},
    values,
};

/// SQL text: a draft is nobody's business yet, and a cancelled newsletter was taken back.
fn sql_is_public() -> String {
    let states = sql_values(&State::MAILED);
    format!("n.state IN ({states})")
}

/// SQL text: what the archive lists. The press list's copies, and summaries of what is there already, are
/// there for who follows their link, not twice in the list.
fn sql_is_listed() -> String {
    let subscribers = sql_value(&Audience::Subscribers);
    let each = sql_value(&Frequency::Each);
    format!(
        "{} AND n.audience = {subscribers} AND n.frequency = {each}",
        sql_is_public()
    )
}

/// A newsletter as the archive lists it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) subject: String,
    pub(super) slug: String,
    pub(super) language: String,
    /// `topic.id`
    pub(super) topic: i64,
    /// When the office published it, else when it was mailed.
    pub(super) at: Timestamp,
}

#[derive(Debug, FromQueryResult)]
struct EntryRow {
    id: i64,
    subject: String,
    slug: String,
    language: String,
    /// As it is stored; read only where words are looked for in it. `None`: none are.
    document: Option<String>,
    intro: Option<String>,
    topic: i64,
    at: i64,
}

/// Which newsletters a reader wants to see.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// `topic.slug`; none: of every topic.
    pub(super) topic: Option<String>,
    /// Any day of the month; none: of every month.
    pub(super) month: Option<Date>,
    /// Each stands in the subject or the text.
    pub(super) words: Vec<Stretch>,
}

impl Wanted {
    /// What a reader typed; so many words of it at most ([`MOST_WORDS`]).
    pub(super) fn of(topic: &str, month: &str, typed: &str) -> Self {
        let words = typed.split_whitespace();
        let words = words.map(|word| word.chars().take(LONGEST_WORD).collect::<String>());
        Self {
            topic: Some(topic.to_owned()).filter(|slug| !slug.is_empty()),
            month: format!("{month}-01").parse().ok(),
            words: words
                .flat_map(|word| runs(&word))
                .take(MOST_WORDS)
                .collect(),
        }
    }

    /// SQL text and its values, which follow `$2`.
    fn sql(&self, zone: &TimeZone, at: &str) -> (String, Vec<Value>) {
        let (mut sql, mut values) = (String::new(), Vec::<Value>::new());
        if let Some(topic) = &self.topic {
            values.push(topic.as_str().into());
            let _ = write!(sql, " AND t.slug = ${}", values.len() + 2);
        }
        if let Some((from, to)) = self.month.and_then(|month| span(month, zone)) {
            values.extend([Value::from(from), Value::from(to)]);
            let last = values.len() + 2;
            let _ = write!(sql, " AND {at} >= ${} AND {at} < ${last}", last - 1);
        }
        if !self.words.is_empty() {
            let mut all = Vec::new();
            for term in self.words.iter().flat_map(Term::of) {
                let (found, sought) = term.sql(values.len() + 3);
                all.push(found);
                values.extend(sought.into_iter().map(Value::from));
            }
            // What was mailed in this minute is read.
            let _ = write!(sql, " AND ({} OR {SQL_IS_NOT_INDEXED})", all.join(" AND "));
        }
        (sql, values)
    }

    fn in_which(&self, rows: Vec<EntryRow>) -> Result<Vec<EntryRow>> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            if self.is_in(&row)? {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// The index has the words of several texts at once, and does not know which letters stand together.
    fn is_in(&self, row: &EntryRow) -> Result<bool> {
        let Some(stored) = &row.document else {
            return Ok(true);
        };
        let text = folded(&said(&row.subject, row.intro.as_deref(), stored)?);
        Ok(self.words.iter().all(|word| text.contains(&word.text)))
    }
}

/// The stretches of letters and digits of a typed word, as texts are searched. Where there are none, the word as it is,
/// which no text has.
fn runs(word: &str) -> Vec<Stretch> {
    let word = folded(word);
    let runs: Vec<Stretch> = stretches(&word).collect();
    if runs.is_empty() {
        vec![Stretch::of_signs(word)]
    } else {
        runs
    }
}

const MOST_WORDS: usize = 8;
const LONGEST_WORD: usize = 60;

/// The instants at which a month begins and ends.
fn span(month: Date, zone: &TimeZone) -> Option<(i64, i64)> {
    let at = |day: Date| {
        let begins = instant_of(day, Time::midnight(), zone)?;
        Some(begins.as_millisecond())
    };
    Some((
        at(month.first_of_month())?,
        at(month.last_of_month().tomorrow().ok()?)?,
    ))
}

/// SQL text: when a newsletter `n` was published. A correction is published when it is mailed: see
/// `public_since`.
fn sql_public_since() -> String {
    format!(
        "coalesce(CASE WHEN n.corrects IS NULL THEN {} END, n.started_at, n.created_at)",
        release_sql::sql_published_at()
    )
}

/// Where a newsletter stands.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "newsletter::Entity")]
struct Place {
    language: String,
    slug: String,
}

/// The languages and addresses of the newsletters that were made of the joined versions of a newsletter's release,
/// one for each language.
pub(super) async fn in_other_languages(
    app: &App,
    shown: &Newsletter,
) -> Result<Vec<(String, String)>> {
    let Some(release) = shown.release_id else {
        return Ok(Vec::new());
    };
    let others = releases::language_versions::others(app.db.pool(), release).await?;
    if others.is_empty() {
        return Ok(Vec::new());
    }
    // By newsletter_of_release.
    let mut found = newsletter::Entity::find()
        .filter(newsletter::Column::ReleaseId.is_in(others))
        .filter(newsletter::Column::Language.ne(shown.language.as_str()))
        .filter(newsletter::Column::State.is_in(State::MAILED))
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .filter(newsletter::Column::Frequency.eq(Frequency::Each))
        .order_by_asc(newsletter::Column::Language)
        .order_by_desc(newsletter::Column::Id)
        .into_partial_model::<Place>()
        .all(app.db.pool())
        .await?;
    found.dedup_by(|next, kept| next.language == kept.language);
    let found = found.into_iter();
    Ok(found.map(|place| (place.language, place.slug)).collect())
}

/// The months in which something was published, the newest first, each by its first day.
pub(super) async fn months(app: &App, zone: &TimeZone) -> Result<Vec<Date>> {
    let sql = format!(
        "SELECT {} AS at FROM newsletter n {} WHERE {}",
        sql_public_since(),
        release_sql::sql_join("n.release_id"),
        sql_is_listed()
    );
    let at: Vec<i64> = db::scalars(app.db.pool(), &sql, []).await?;
    let days = at
        .into_iter()
        .map(|at| instant(at).to_zoned_datetime(zone.clone()).date());
    let months: BTreeSet<Date> = days.map(Date::first_of_month).collect();
    Ok(months.into_iter().rev().collect())
}

/// The newest below `before` that are wanted, at most `limit`.
pub(super) async fn entries(
    app: &App,
    wanted: &Wanted,
    zone: &TimeZone,
    before: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let at = sql_public_since();
    let (conditions, more) = wanted.sql(zone, &at);
    let document = if wanted.words.is_empty() {
        "CAST(NULL AS TEXT)"
    } else {
        "n.document"
    };
    // Walks the primary key backwards; what is not public is a handful of drafts.
    let sql = format!(
        "SELECT n.id, n.subject, n.slug, n.language, {document} AS document, n.intro, t.id AS topic, {at} AS at
         FROM newsletter n
         {}
         {}
         WHERE n.id < $1 AND {}{conditions} ORDER BY n.id DESC LIMIT $2",
        sql_join_topic("n.topic_id"),
        release_sql::sql_join("n.release_id"),
        sql_is_listed()
    );
    let values = values![before, limit].into_iter().chain(more);
    let rows: Vec<EntryRow> = db::rows(app.db.pool(), &sql, values).await?;
    let found = if wanted.words.is_empty() {
        rows
    } else {
        rendering::in_turn(|| wanted.in_which(rows)).await??
    };
    let entries = found.into_iter().map(|row| Entry {
        id: row.id,
        subject: row.subject,
        slug: row.slug,
        language: row.language,
        topic: row.topic,
        at: instant(row.at),
    });
    Ok(entries.collect())
}

/// The newest with their texts, for the feed.
pub(super) async fn newest(app: &App, limit: i64) -> Result<Vec<Newsletter>> {
    let sql = format!(
        "{} WHERE {} ORDER BY n.id DESC LIMIT $1",
        sql_columns(),
        sql_is_listed()
    );
    let rows = store::rows(app, &sql, values![limit]).await?;
    Ok(rows.into_iter().map(Newsletter::from).collect())
}

/// The public newsletter with this slug, by its unique index.
pub(super) async fn by_slug(app: &App, slug: &str) -> Result<Option<Newsletter>> {
    let sql = format!(
        "{} WHERE n.slug = $1 AND {}",
        sql_columns(),
        sql_is_public()
    );
    let row: Option<NewsletterRow> = db::row(app.db.pool(), &sql, values![slug]).await?;
    Ok(row.map(Newsletter::from))
}

/// What the name of a newsletter in a damaged link was; `None`: nothing, or more than one could be meant.
pub(super) async fn mended_slug(app: &App, typed: &str) -> Result<Option<String>> {
    /// A shorter beginning says too little.
    const SHORTEST: usize = 12;
    let slug: String = http::without_breaks(typed)
        .chars()
        .skip_while(|c| !c.is_ascii_alphanumeric())
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if slug != typed && by_slug(app, &slug).await?.is_some() {
        return Ok(Some(slug));
    }
    if slug.len() < SHORTEST {
        return Ok(None);
    }
    // Cut: where one begins so, it is that one. The letters of a slug are none that LIKE knows.
    let begun: Vec<String> = newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Slug)
        .filter(newsletter::Column::Slug.starts_with(slug.as_str()))
        .filter(newsletter::Column::State.is_in(State::MAILED))
        .limit(2)
        .into_tuple()
        .all(app.db.pool())
        .await?;
    Ok(match begun.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    })
}

impl Newsletter {
    /// When the office published it, else when it was mailed. A correction is newer than what it
    /// corrects, though its release may bear the old date: it was published when it was mailed.
    pub(super) fn public_since(&self) -> Timestamp {
        self.published_at
            .filter(|_| self.corrects.is_none())
            .or(self.started_at)
            .unwrap_or(self.created_at)
    }

    /// The document in the newsletter's language.
    pub(super) fn document_in_language(&self) -> Document {
        Document {
            language: self.language.clone(),
            ..self.document.clone()
        }
    }
}
