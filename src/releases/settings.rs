//! A source's settings, by the names that the command line and the console share.

use jiff::civil::{Time, Weekday};
use sea_orm::{ConnectionTrait, Value};

use super::{Policy, ReleaseError, filters, identity, sources, topics};
use crate::{
    app::App,
    sending_window::{DAYS, time_of_day, weekday},
    values,
};

/// Every key of `gazette sources set`, with what it is.
pub const SOURCE_KEYS: &[(&str, &str)] = &[
    (
        "policy",
        "what becomes of new releases: approve, auto or digest",
    ),
    (
        "topic",
        "slug of the topic that its releases are mailed under",
    ),
    (
        "categories",
        "which category feeds which topic instead: Veterans=veterans, Health care=health",
    ),
    (
        "include",
        "only releases with one of these words, or category:NAME; parted by commas",
    ),
    (
        "exclude",
        "no releases with one of these words, or category:NAME; parted by commas",
    ),
    (
        "settle",
        "seconds from a release's first sight until it is final (0 to 86400)",
    ),
    ("every", "seconds between looks (10 to 86400)"),
    (
        "digest",
        "when digests are made: daily, or a day of the week",
    ),
    (
        "digest-at",
        "at which time of day, in the office's zone: 17:00",
    ),
    (
        "digest-approval",
        "yes: a person approves each digest; no: it goes out by itself",
    ),
];

/// One setting that can work.
#[derive(Debug)]
enum Change {
    Column(&'static str, Value),
    Categories(Vec<(String, i64)>),
}

/// Checks all settings, then stores all or none; an empty filter or map takes it away.
pub async fn set_source(app: &App, id: i64, pairs: &[(&str, &str)]) -> Result<(), ReleaseError> {
    let mut changes = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        changes.push(change(app, key, value.trim()).await?);
    }
    let transaction = app.db.begin().await?;
    let known = transaction
        .query_one_raw(app.db.statement(
            "SELECT 1 FROM source WHERE id = $1 AND active = $2",
            values![id, true],
        ))
        .await?;
    if known.is_none() {
        return Err(ReleaseError::NoSource(id));
    }
    for change in changes {
        match change {
            Change::Column(column, value) => {
                transaction
                    .execute_raw(app.db.statement(
                        &format!("UPDATE source SET {column} = $2 WHERE id = $1"),
                        [id.into(), value],
                    ))
                    .await?;
            }
            Change::Categories(map) => {
                transaction
                    .execute_raw(
                        app.db.statement(
                            "DELETE FROM source_topic WHERE source_id = $1",
                            values![id],
                        ),
                    )
                    .await?;
                for (category, topic) in map {
                    transaction
                        .execute_raw(app.db.statement(
                            "INSERT INTO source_topic (source_id, category_key, category, topic_id)
                             VALUES ($1, $2, $3, $4)
                             ON CONFLICT (source_id, category_key) DO UPDATE SET topic_id = excluded.topic_id",
                            values![id, identity::title_key(&category), category, topic],
                        ))
                        .await?;
                }
            }
        }
    }
    transaction.commit().await?;
    app.scheduler_wakeup.notify_one();
    Ok(())
}

async fn change(app: &App, key: &str, value: &str) -> Result<Change, ReleaseError> {
    let wrong = |why: &str| ReleaseError::SourceSetting(key.to_owned(), why.to_owned());
    let number = |from: i64, to: i64| match value.parse::<i64>() {
        Ok(number) if (from..=to).contains(&number) => Ok(Value::from(number)),
        _ => Err(wrong(&format!(
            "must be a whole number from {from} to {to}"
        ))),
    };
    Ok(match key {
        "policy" => {
            let policy: Policy = value.parse()?;
            Change::Column("policy", policy.as_str().into())
        }
        "topic" => Change::Column("topic_id", sources::topic(app, value).await?.into()),
        "categories" => Change::Categories(categories(app, value).await?),
        "include" | "exclude" => {
            if !value.is_empty() && !filters::has_terms(value) {
                return Err(wrong("must be words or category:NAME, parted by commas"));
            }
            let column = if key == "include" {
                "include_terms"
            } else {
                "exclude_terms"
            };
            Change::Column(column, (!value.is_empty()).then_some(value).into())
        }
        "settle" => Change::Column("settle_seconds", number(0, 86_400)?),
        "every" => Change::Column("poll_seconds", number(10, 86_400)?),
        "digest" => {
            let day = if value.eq_ignore_ascii_case("daily") {
                None
            } else {
                let day = weekday(value)
                    .ok_or_else(|| wrong("must be daily, or a day of the week such as friday"))?;
                Some(i16::from(day.to_monday_one_offset()))
            };
            Change::Column("digest_day", day.into())
        }
        "digest-at" => {
            let time =
                time_of_day(value).ok_or_else(|| wrong("must be a time of day such as 17:00"))?;
            let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
            Change::Column("digest_minute", minute.into())
        }
        "digest-approval" => match value.to_ascii_lowercase().as_str() {
            "yes" => Change::Column("digest_auto", false.into()),
            "no" => Change::Column("digest_auto", true.into()),
            _ => return Err(wrong("must be yes or no")),
        },
        _ => {
            let known: Vec<&str> = SOURCE_KEYS.iter().map(|(key, _)| *key).collect();
            return Err(wrong(&format!(
                "is no setting of a source; known: {}",
                known.join(", ")
            )));
        }
    })
}

/// `Veterans=veterans, Health care=health`; a category may hold an equals sign, a slug none.
async fn categories(app: &App, written: &str) -> Result<Vec<(String, i64)>, ReleaseError> {
    let wrong = |why: String| ReleaseError::SourceSetting("categories".to_owned(), why);
    let mut map = Vec::new();
    for pair in written.split([',', '\n']).map(str::trim) {
        if pair.is_empty() {
            continue;
        }
        let (category, slug) = pair
            .rsplit_once('=')
            .map(|(category, slug)| (category.trim(), slug.trim()))
            .ok_or_else(|| wrong(format!("`{pair}` must be written CATEGORY=TOPIC")))?;
        if !topics::is_topic(category) {
            return Err(wrong(format!(
                "`{category}` is no category that could be a topic"
            )));
        }
        map.push((category.to_owned(), sources::topic(app, slug).await?));
    }
    Ok(map)
}

/// Every setting as it stands, in the order of [`SOURCE_KEYS`], written as it can be set.
pub async fn source_settings(
    app: &App,
    id: i64,
) -> Result<Vec<(&'static str, String)>, ReleaseError> {
    let row = app
        .db
        .one(
            "SELECT s.policy, t.slug, s.include_terms, s.exclude_terms, s.settle_seconds, s.poll_seconds,
                    s.digest_day, s.digest_minute, s.digest_auto
             FROM source s JOIN topic t ON t.id = s.topic_id WHERE s.id = $1 AND s.active = $2",
            values![id, true],
        )
        .await?
        .ok_or(ReleaseError::NoSource(id))?;
    let map = app
        .db
        .all(
            "SELECT m.category, t.slug FROM source_topic m JOIN topic t ON t.id = m.topic_id
             WHERE m.source_id = $1 ORDER BY m.category",
            values![id],
        )
        .await?;
    let mut categories = Vec::with_capacity(map.len());
    for pair in map {
        let (category, slug): (String, String) =
            (pair.try_get_by_index(0)?, pair.try_get_by_index(1)?);
        categories.push(format!("{category}={slug}"));
    }
    let text = |at: usize| {
        row.try_get_by_index::<Option<String>>(at)
            .map(Option::unwrap_or_default)
    };
    let digest = digest_day(row.try_get_by_index(6)?);
    let at = digest_time(row.try_get_by_index(7)?);
    let approval = if row.try_get_by_index::<bool>(8)? {
        "no"
    } else {
        "yes"
    };
    Ok(vec![
        ("policy", row.try_get_by_index(0)?),
        ("topic", row.try_get_by_index(1)?),
        ("categories", categories.join(", ")),
        ("include", text(2)?),
        ("exclude", text(3)?),
        ("settle", row.try_get_by_index::<i64>(4)?.to_string()),
        ("every", row.try_get_by_index::<i64>(5)?.to_string()),
        (
            "digest",
            digest
                .and_then(|day| DAYS.iter().find(|(_, known)| *known == day))
                .map_or("daily", |(name, _)| name)
                .to_owned(),
        ),
        ("digest-at", at.strftime("%H:%M").to_string()),
        ("digest-approval", approval.to_owned()),
    ])
}

/// The weekday of `source.digest_day`; none: every day.
#[must_use]
pub fn digest_day(stored: Option<i16>) -> Option<Weekday> {
    let day = i8::try_from(stored?).ok()?;
    Weekday::from_monday_one_offset(day).ok()
}

/// The time of `source.digest_minute`.
#[must_use]
pub fn digest_time(minute: i32) -> Time {
    let (hour, minute) = (minute / 60, minute % 60);
    Time::new(hour as i8, minute as i8, 0, 0).unwrap_or_else(|_| Time::midnight())
}
