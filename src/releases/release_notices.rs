//! What staff are told of releases by mail: one mail for all that a round found, however much that
//! is, and never a second one within a quarter of an hour.

use std::{collections::HashMap, fmt::Write};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DerivePartialModel, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::{release_error::ReleaseError, release_tables::release, source_failures};
use crate::{
    accounts::notifications::{Notice, NoticeKind, NoticeStep, one_line, post, send_due},
    app::App,
    clock::MINUTE,
    db::{self, WriteTransaction},
    newsletter_lookup::sql_newest_of_release,
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
    held_because: Option<String>,
    drafted_at: Option<i64>,
}

impl Noticed {
    /// Where it is decided about: a release that is held itself on its own page, any other on that of the
    /// newsletter that was made of it.
    fn page(&self, drafts: &HashMap<i64, i64>) -> String {
        match drafts.get(&self.id) {
            Some(newsletter) if self.held_because.is_none() => {
                format!("/staff/newsletters/{newsletter}")
            }
            _ => format!("/staff/releases/{}", self.id),
        }
    }
}

/// Notes for staff what they have not been told yet, of releases and of sources that fail, and mails
/// what is due of all that there is to tell them. How many mails were queued.
pub async fn notify_staff(app: &App) -> Result<u64, ReleaseError> {
    source_failures::post_news(app).await?;
    post_of_releases(app).await?;
    Ok(send_due(app).await?)
}

async fn post_of_releases(app: &App) -> Result<(), ReleaseError> {
    let now = app.clock.now_ms();
    // release_notice; nearly always empty
    let noticed = release::Entity::find().filter(release::Column::Notice.is_not_null());
    let any = noticed.clone().limit(1).one(app.db.pool()).await?;
    if any.is_none() {
        return Ok(());
    }
    let office = Office::load(&app.db).await?;
    if !office.complete {
        // No mail can leave yet; the console shows what waits.
        return Ok(());
    }
    let transaction = app.db.begin().await?;
    let recently = release::Entity::find()
        // release_told
        .filter(release::Column::ToldAt.gt(now - QUIET_MS))
        .limit(1)
        .one(&transaction)
        .await?;
    if recently.is_some() {
        return Ok(());
    }
    let waiting = noticed
        .order_by_asc(release::Column::Id)
        .into_partial_model::<Noticed>()
        .all(&transaction)
        .await?;
    let drafts = newest_newsletters(&transaction).await?;
    // What its newsletters said already is changed; anything else is held.
    let (changed, held): (Vec<&Noticed>, Vec<&Noticed>) = waiting
        .iter()
        .partition(|release| release.drafted_at.is_some() && release.held_because.is_none());
    for (kind, releases) in [(NoticeKind::Held, held), (NoticeKind::Changed, changed)] {
        if releases.is_empty() {
            continue;
        }
        let (headline, text) = content(app, &releases, &drafts);
        let path = match releases.as_slice() {
            [one] => one.page(&drafts),
            _ => "/staff/releases".to_owned(),
        };
        let notice = Notice {
            kind,
            headline: &headline,
            text: &text,
            step: NoticeStep {
                label: "Decide here",
                path: &path,
            },
            least: kind.role(),
            except: None,
        };
        post(&transaction, now, &notice).await?;
    }
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
    tracing::info!(releases = waiting.len(), "noted for staff what waits");
    Ok(())
}

/// The newest newsletter of each release that staff are told of.
async fn newest_newsletters(
    transaction: &WriteTransaction,
) -> Result<HashMap<i64, i64>, ReleaseError> {
    #[derive(FromQueryResult)]
    struct Newest {
        release_id: i64,
        newsletter: Option<i64>,
    }
    // release_notice
    let sql = format!(
        "SELECT r.id AS release_id, {} AS newsletter FROM release r WHERE r.notice IS NOT NULL",
        sql_newest_of_release("r.id")
    );
    let found: Vec<Newest> = db::rows(transaction, &sql, []).await?;
    Ok(found
        .into_iter()
        .filter_map(|newest| Some((newest.release_id, newest.newsletter?)))
        .collect())
}

fn content(app: &App, releases: &[&Noticed], drafts: &HashMap<i64, i64>) -> (String, String) {
    let headline = match releases {
        [] => "Please review".to_owned(),
        [one] => format!("Please review: {}", one_line(&one.title)),
        [first, rest @ ..] => {
            format!(
                "Please review: {}, and {} more",
                one_line(&first.title),
                rest.len()
            )
        }
    };
    let mut text = String::from("Please decide:");
    for release in releases.iter().take(LISTED_RELEASES) {
        let notice = release.notice.as_deref().unwrap_or_default();
        let page = app.link(&release.page(drafts));
        let _ = write!(
            text,
            "\n\n{}\n  {notice}\n  {page}",
            one_line(&release.title)
        );
    }
    if releases.len() > LISTED_RELEASES {
        let _ = write!(text, "\n\n… and {} more.", releases.len() - LISTED_RELEASES);
    }
    (headline, text)
}
