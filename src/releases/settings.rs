//! A source's settings, by the names that the command line and the console share.

use std::collections::BTreeMap;

use jiff::civil::{Time, Weekday};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
};

use super::{
    filters, identity,
    release_error::ReleaseError,
    release_tables::{source, source_topic},
    release_topics, sources,
};
use crate::{
    app::App,
    audit::{Action, OPERATOR},
    db::WriteTransaction,
    sending_window::{DAYS, time_of_day, weekday},
    subscribers,
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
        "only releases with one of these words, or category:NAME; separated by commas",
    ),
    (
        "exclude",
        "no releases with one of these words, or category:NAME; separated by commas",
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

/// Checks all settings, then stores all or none, as the operator wants it on the command line.
pub async fn set_source(app: &App, id: i64, pairs: &[(&str, &str)]) -> Result<(), ReleaseError> {
    set_source_by(app, id, pairs, OPERATOR).await
}

/// The same; `by` is who did it, for the audit log. An empty filter or map takes it away.
pub async fn set_source_by(
    app: &App,
    id: i64,
    pairs: &[(&str, &str)],
    by: &str,
) -> Result<(), ReleaseError> {
    let mut row = <source::ActiveModel as Default>::default();
    let mut mapped = None;
    for (key, value) in pairs {
        change(app, key, value.trim(), &mut row, &mut mapped).await?;
    }
    let transaction = app.db.begin().await?;
    let known = source::Entity::find_by_id(id)
        .filter(source::Column::Active.eq(true))
        .one(&transaction)
        .await?;
    if known.is_none() {
        return Err(ReleaseError::NoSource(id));
    }
    if row.is_changed() {
        source::Entity::update_many()
            .set(row)
            .filter(source::Column::Id.eq(id))
            .exec(&transaction)
            .await?;
    }
    if let Some(map) = mapped {
        set_categories(&transaction, id, map).await?;
    }
    for (key, value) in pairs {
        let (now, details) = (app.clock.now_ms(), format!("{key}={value}"));
        sources::log(&transaction, now, by, Action::SourceSet, id, &details).await?;
    }
    transaction.commit().await?;
    app.scheduler_wakeup.notify_one();
    Ok(())
}

async fn set_categories(
    transaction: &WriteTransaction,
    id: i64,
    map: Vec<(String, i64)>,
) -> Result<(), DbErr> {
    source_topic::Entity::delete_many()
        .filter(source_topic::Column::SourceId.eq(id))
        .exec(transaction)
        .await?;
    // The last line of several for one category counts.
    let map: BTreeMap<String, (String, i64)> = map
        .into_iter()
        .map(|(category, topic)| (identity::title_key(&category), (category, topic)))
        .collect();
    for (category_key, (category, topic_id)) in map {
        source_topic::Entity::insert(source_topic::ActiveModel {
            source_id: Set(id),
            category_key: Set(category_key),
            category: Set(category),
            topic_id: Set(topic_id),
        })
        .exec_without_returning(transaction)
        .await?;
    }
    Ok(())
}

/// Puts one setting that can work into the row, or into the map of categories.
async fn change(
    app: &App,
    key: &str,
    value: &str,
    row: &mut source::ActiveModel,
    mapped: &mut Option<Vec<(String, i64)>>,
) -> Result<(), ReleaseError> {
    let wrong = |why: &str| ReleaseError::SourceSetting(key.to_owned(), why.to_owned());
    let number = |from: i64, to: i64| match value.parse::<i64>() {
        Ok(number) if (from..=to).contains(&number) => Ok(number),
        _ => Err(wrong(&format!(
            "must be a whole number from {from} to {to}"
        ))),
    };
    match key {
        "policy" => row.policy = Set(value.parse()?),
        "topic" => row.topic_id = Set(sources::topic(app, value).await?),
        "categories" => *mapped = Some(categories(app, value).await?),
        "include" | "exclude" => {
            if !value.is_empty() && !filters::has_terms(value) {
                return Err(wrong("must be words or category:NAME, separated by commas"));
            }
            let terms = (!value.is_empty()).then(|| value.to_owned());
            if key == "include" {
                row.include_terms = Set(terms);
            } else {
                row.exclude_terms = Set(terms);
            }
        }
        "settle" => row.settle_seconds = Set(number(0, 86_400)?),
        "every" => row.poll_seconds = Set(number(10, 86_400)?),
        "digest" => {
            let day = if value.eq_ignore_ascii_case("daily") {
                None
            } else {
                let day = weekday(value)
                    .ok_or_else(|| wrong("must be daily, or a day of the week such as friday"))?;
                Some(i16::from(day.to_monday_one_offset()))
            };
            row.digest_day = Set(day);
        }
        "digest-at" => {
            let time =
                time_of_day(value).ok_or_else(|| wrong("must be a time of day such as 17:00"))?;
            let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
            row.digest_minute = Set(minute);
        }
        "digest-approval" => match value.to_ascii_lowercase().as_str() {
            "yes" => row.digest_auto = Set(false),
            "no" => row.digest_auto = Set(true),
            _ => return Err(wrong("must be yes or no")),
        },
        _ => {
            let known: Vec<&str> = SOURCE_KEYS.iter().map(|(key, _)| *key).collect();
            return Err(wrong(&format!(
                "is no setting of a source; known: {}",
                known.join(", ")
            )));
        }
    }
    Ok(())
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
        if !release_topics::is_topic(category) {
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
    let row = source::Entity::find_by_id(id)
        .filter(source::Column::Active.eq(true))
        .one(app.db.pool())
        .await?
        .ok_or(ReleaseError::NoSource(id))?;
    let topics = subscribers::every_topic(app).await?;
    let slug_of = |id: i64| {
        let topic = topics.iter().find(|topic| topic.id == id);
        topic.map_or("", |topic| topic.slug.as_str())
    };
    let map = source_topic::Entity::find()
        .filter(source_topic::Column::SourceId.eq(id))
        .order_by_asc(source_topic::Column::Category)
        .all(app.db.pool())
        .await?;
    let categories: Vec<String> = map
        .iter()
        .map(|mapped| format!("{}={}", mapped.category, slug_of(mapped.topic_id)))
        .collect();
    let digest = digest_day(row.digest_day);
    let at = digest_time(row.digest_minute);
    let approval = if row.digest_auto { "no" } else { "yes" };
    Ok(vec![
        ("policy", row.policy.as_str().to_owned()),
        ("topic", slug_of(row.topic_id).to_owned()),
        ("categories", categories.join(", ")),
        ("include", row.include_terms.unwrap_or_default()),
        ("exclude", row.exclude_terms.unwrap_or_default()),
        ("settle", row.settle_seconds.to_string()),
        ("every", row.poll_seconds.to_string()),
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
