//! Sources that cannot be read: after some hours staff get a mail with what a webmaster needs to mend
//! it, once, and another when the source is well again.

use std::fmt::Write;

use gazette_templates::pages::words::Words;
use jiff::tz::TimeZone;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;

use super::{fetch, release_error::ReleaseError, release_tables::source};
use crate::{
    accounts::notifications::{Notice, NoticeKind, NoticeStep, one_line, post},
    app::App,
    clock::{HOUR, Timestamp, instant},
    office::Office,
};

/// Sites fail for a while every day; staff hear of what lasts.
const TOLD_AFTER_MS: i64 = 3 * HOUR;

/// A source that has failed for so long that staff are told.
#[derive(Debug, Clone, Serialize)]
pub struct FailingSource {
    /// `source.id`
    pub id: i64,
    /// What it calls itself.
    pub title: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Why the last look failed.
    pub error: String,
}

/// The sources that have failed for hours.
///
/// # Errors
/// The database failed.
pub async fn failing_sources(app: &App) -> Result<Vec<FailingSource>, ReleaseError> {
    let failing = source::Entity::find()
        .filter(source::Column::Active.eq(true))
        .filter(source::Column::FailingSince.lte(app.clock.now_ms() - TOLD_AFTER_MS))
        .order_by_asc(source::Column::Id)
        .all(app.db.pool())
        .await?;
    Ok(failing
        .into_iter()
        .map(|source| FailingSource {
            id: source.id,
            title: source.title,
            since: source.failing_since.map(instant),
            error: source.last_error.unwrap_or_default(),
        })
        .collect())
}

/// How many sources could not be read when they were last looked at.
///
/// # Errors
/// The database failed.
pub async fn count_failed_polls(app: &App) -> Result<u64, ReleaseError> {
    Ok(source::Entity::find()
        .filter(source::Column::Active.eq(true))
        .filter(source::Column::Failures.gt(0))
        .count(app.db.pool())
        .await?)
}

/// Notes for staff which sources have failed for hours and which are well again.
pub(super) async fn post_news(app: &App) -> Result<(), ReleaseError> {
    let now = app.clock.now_ms();
    let fails = Condition::all()
        .add(source::Column::FailingSince.lte(now - TOLD_AFTER_MS))
        .add(source::Column::FailureToldAt.is_null());
    let is_well = Condition::all()
        .add(source::Column::FailingSince.is_null())
        .add(source::Column::FailureToldAt.is_not_null());
    let news = source::Entity::find()
        // A few dozen rows at most.
        .filter(source::Column::Active.eq(true))
        .filter(Condition::any().add(fails).add(is_well))
        .order_by_asc(source::Column::Id);
    if news.clone().one(app.db.pool()).await?.is_none() {
        return Ok(());
    }
    let office = Office::load(&app.db).await?;
    if !office.complete {
        // No mail can leave yet; the console shows it.
        return Ok(());
    }
    let transaction = app.db.begin().await?;
    let sources = news.all(&transaction).await?;
    if sources.is_empty() {
        return Ok(());
    }
    let agent = fetch::user_agent(app, &office);
    let (headline, text) = content(&sources, &agent, &office.time_zone);
    let notice = Notice {
        kind: NoticeKind::Trouble,
        headline: &headline,
        text: &text,
        step: NoticeStep {
            label: "See all sources",
            path: "/staff/releases",
        },
        least: NoticeKind::Trouble.role(),
        except: None,
    };
    post(&transaction, now, &notice).await?;
    for one in &sources {
        source::Entity::update_many()
            .set(source::ActiveModel {
                failure_told_at: Set(one.failing_since.map(|_| now)),
                ..Default::default()
            })
            .filter(source::Column::Id.eq(one.id))
            .exec(&transaction)
            .await?;
    }
    transaction.commit().await?;
    tracing::info!(
        sources = sources.len(),
        "noted for staff which sources fail or are well again"
    );
    Ok(())
}

/// A moment as people write it.
fn written(at: i64, zone: &TimeZone) -> String {
    let at = instant(at).to_zoned_datetime(zone.clone());
    Words::of("en").day_and_time(at.datetime(), &at.strftime("%Z").to_string())
}

fn content(sources: &[source::Model], agent: &str, zone: &TimeZone) -> (String, String) {
    let failing = sources
        .iter()
        .filter(|source| source.failing_since.is_some());
    let subject = match (failing.clone().count(), sources) {
        (0, [_]) => "A source of press releases can be read again".to_owned(),
        (0, _) => "Sources of press releases can be read again".to_owned(),
        (1, _) => "A source of press releases cannot be read".to_owned(),
        (count, _) => format!("{count} sources of press releases cannot be read"),
    };
    let mut text = String::new();
    for source in sources {
        let (title, url) = (one_line(&source.title), one_line(&source.url));
        match source.failing_since {
            None => {
                let _ = write!(text, "{title}\n  {url}\n  It can be read again.\n\n");
            }
            Some(since) => {
                let error = one_line(source.last_error.as_deref().unwrap_or_default());
                let _ = write!(
                    text,
                    "{title}\n  {url}\n  It could not be read since {}, {} times in a row.\n  Why: {error}\n\n",
                    written(since, zone),
                    source.failures
                );
            }
        }
    }
    if failing.count() > 0 {
        let _ = write!(
            text,
            "Nothing new from there reaches your readers meanwhile. Gazette goes on trying and tells you when it works again.\n\nFor whoever runs the site:\n  Gazette asks with the User-Agent\n    {agent}\n  It reads public pages and feeds only, obeys robots.txt, and asks a host for one thing at a time. Where a firewall or a check for browsers stands in front of the site, let requests with that User-Agent through to the addresses above.\n\n"
        );
    }
    (subject, text)
}
