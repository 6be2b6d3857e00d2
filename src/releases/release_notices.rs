//! What staff are told of releases by mail: one mail for all that a round found, however much that
//! is, and never a second one within a quarter of an hour.

use std::fmt::Write;

use gazette_templates::email::Step;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{release_error::ReleaseError, release_tables::release, source_failures};
use crate::{
    accounts::{
        Role,
        notifications::{Notice, notify, one_line},
    },
    app::App,
    clock::MINUTE,
    office::Office,
};

/// What is found meanwhile goes into the next mail.
const QUIET_MS: i64 = 15 * MINUTE;

/// A mail lists at most this many; the console has them all.
const LISTED_RELEASES: usize = 20;

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct Noticed {
    id: i64,
    title: String,
    notice: Option<String>,
}

/// Mails editors and above what they have not been told yet, of releases and of sources that fail.
/// How many mails were queued.
pub async fn notify_staff(app: &App) -> Result<u64, ReleaseError> {
    let of_sources = source_failures::notify_staff(app).await?;
    Ok(of_sources + tell_of_releases(app).await?)
}

async fn tell_of_releases(app: &App) -> Result<u64, ReleaseError> {
    let now = app.clock.now_ms();
    // release_notice; nearly always empty
    let noticed = release::Entity::find().filter(release::Column::Notice.is_not_null());
    let any = noticed.clone().limit(1).one(app.db.pool()).await?;
    if any.is_none() {
        return Ok(0);
    }
    let office = Office::load(&app.db).await?;
    if !office.complete {
        // No mail can leave yet; the console shows what waits.
        return Ok(0);
    }
    let transaction = app.db.begin().await?;
    let recently = release::Entity::find()
        // release_told
        .filter(release::Column::ToldAt.gt(now - QUIET_MS))
        .limit(1)
        .one(&transaction)
        .await?;
    if recently.is_some() {
        return Ok(0);
    }
    let waiting = noticed
        .order_by_asc(release::Column::Id)
        .into_partial_model::<Noticed>()
        .all(&transaction)
        .await?;
    let lines: Vec<String> = waiting
        .iter()
        .map(|release| {
            let notice = release.notice.as_deref().unwrap_or_default();
            let page = app.link(&format!("/staff/releases/{}", release.id));
            format!("{}\n  {notice}\n  {page}", one_line(&release.title))
        })
        .collect();
    let titles: Vec<String> = waiting
        .iter()
        .map(|release| one_line(&release.title))
        .collect();
    let (subject, text) = content(&office.name, &titles, &lines);
    let page = match waiting.as_slice() {
        [one] => app.link(&format!("/staff/releases/{}", one.id)),
        _ => app.link("/staff/releases"),
    };
    let notice = Notice {
        subject: &subject,
        text: &text,
        step: Step {
            label: "Decide about it",
            url: &page,
        },
    };
    let told = notify(app, &transaction, &office, Role::Editor, &notice).await?;
    release::Entity::update_many()
        .set(release::ActiveModel {
            notice: Set(None),
            told_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(release::Column::Notice.is_not_null())
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    tracing::info!(releases = lines.len(), told, "staff are told what waits");
    app.wake_delivery().await;
    Ok(told)
}

fn content(office: &str, titles: &[String], lines: &[String]) -> (String, String) {
    let subject = match titles {
        [title] => format!("Please review: {title}"),
        [title, rest @ ..] => format!("Please review: {title}, and {} more", rest.len()),
        [] => "Please review".to_owned(),
    };
    let mut text = format!("Gazette of {office} waits for a person here:\n\n");
    text.push_str(
        &lines
            .iter()
            .take(LISTED_RELEASES)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n\n"),
    );
    if lines.len() > LISTED_RELEASES {
        let _ = write!(text, "\n\n… and {} more.", lines.len() - LISTED_RELEASES);
    }
    (subject, text)
}
