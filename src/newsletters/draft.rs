//! From a release to a draft newsletter, at its first sight where a person or the settle time still
//! stands between the draft and its readers.

use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{
    Audience, NewsletterError, NewsletterState as State, Result, Subject, auto_approve, checks,
    making::{BY_POLICY, Making, insert},
    newsletter_entities::newsletter,
    newsletter_notifications::tell_of_draft,
};
use crate::{
    app::App,
    office::Office,
    releases::{self, Policy, ReleaseText, release_topics},
};

/// Makes a draft of every release that has no newsletter yet, one for each topic that it feeds: also
/// while it settles, so that staff see it at once, but not before the date that it waits for (F10).
/// Where the source's policy is `auto`, the office is set up and nothing holds the release, the
/// draft is approved when the release is final and is marked as automatic (H12). Releases for a
/// digest wait for it. Gives the newsletters made.
pub async fn draft_ready(app: &App) -> Result<Vec<i64>> {
    let mut made = Vec::new();
    for release in releases::awaiting_draft(app.db.pool(), app.clock.now_ms()).await? {
        let asked = Asked {
            release,
            topic: None,
            first: true,
        };
        made.extend(draft_from(app, &asked).await?);
    }
    auto_approve::approve_final(app).await?;
    Ok(made)
}

/// Makes a draft of one release; where a newsletter of it waits or is on its way, gives that one.
/// One that has ended is no obstacle: who brings a release by hand means it.
pub async fn draft(app: &App, release_id: i64) -> Result<i64> {
    draft_for(app, release_id, None).await
}

/// The same for a topic that staff chose.
pub async fn draft_for(app: &App, release_id: i64, topic: Option<i64>) -> Result<i64> {
    let asked = Asked {
        release: release_id,
        topic,
        first: false,
    };
    let made = draft_from(app, &asked).await?;
    made.first()
        .copied()
        .ok_or(NewsletterError::NoRelease(release_id))
}

/// Of which release a draft is to be made.
#[derive(Debug)]
struct Asked {
    release: i64,
    /// For which topic; `None`: for those that it feeds.
    topic: Option<i64>,
    /// Only where it has no newsletter yet, not even one that has ended.
    first: bool,
}

async fn draft_from(app: &App, asked: &Asked) -> Result<Vec<i64>> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let found = releases::hold_text(&transaction, asked.release).await?;
    let Some(release) = found.filter(|release| release.awaits_draft || !asked.first) else {
        return Ok(Vec::new());
    };
    let mut attention = release.held_because.clone();
    let subject = Subject::from_title(&release.title);
    if subject.is_none() {
        attention.get_or_insert_with(|| "The release has no title. Give it a subject.".to_owned());
    }
    let subject = subject.map_or_else(|| office.name.clone(), |s| s.as_str().to_owned());
    let is_auto = release.policy == Some(Policy::Auto);
    if is_auto && attention.is_none() {
        attention = checks::reason_to_hold(&subject, &release.document);
    }
    let alone = is_auto && attention.is_none() && office.complete;

    let existing = existing(&transaction, asked).await?;
    if !existing.is_empty() {
        return Ok(existing);
    }
    let making = Making {
        subject: &subject,
        document: &release.document,
        topics: topics_of(&transaction, asked, &release).await?,
        audience: Audience::Subscribers,
        news_release: true,
        release: Some(release.id),
        releases: vec![(release.id, release.revision)],
        corrects: None,
        changed: None,
        auto_approve: alone.then_some(BY_POLICY),
        settling: release.settling,
        attention: attention.as_deref(),
        published: release.published,
    };
    let made = insert(app, &transaction, &office.time_zone, &making).await?;
    // Of what holds the release itself they are told anyway.
    let is_news = is_auto && release.held_because.is_none();
    if let (true, Some(why)) = (is_news, &attention) {
        releases::note_for_staff(&transaction, release.id, why).await?;
    }
    // Of what holds it they are told beside the release, and of what they bring themselves not at all.
    if let (Some(first), true) = (made.first(), asked.first && !alone && attention.is_none()) {
        tell_of_draft(&transaction, *first, app.clock.now_ms()).await?;
    }
    transaction.commit().await?;
    tracing::info!(
        newsletters = ?made,
        release.id = release.id,
        auto_approve = alone,
        "drafted a newsletter"
    );
    app.scheduler_wakeup.notify_one();
    Ok(made)
}

/// The release's newsletters to subscribers that stand in the way of another one. The press list's
/// copies and corrections do not: they are not what is asked for.
async fn existing(transaction: &DatabaseTransaction, asked: &Asked) -> Result<Vec<i64>> {
    // A release that waits for its first newsletter though one was cancelled was taken back, and is
    // there again.
    let mut counts = vec![State::Draft, State::Approved, State::Sending, State::Paused];
    if asked.first {
        counts.push(State::Sent);
    }
    // newsletter_of_release
    Ok(newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .filter(newsletter::Column::ReleaseId.eq(asked.release))
        .filter(newsletter::Column::Corrects.is_null())
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .filter(newsletter::Column::State.is_in(counts))
        .order_by_asc(newsletter::Column::Id)
        .into_tuple()
        .all(transaction)
        .await?)
}

async fn topics_of(
    transaction: &DatabaseTransaction,
    asked: &Asked,
    release: &ReleaseText,
) -> Result<Vec<i64>> {
    Ok(match (asked.topic, release.source) {
        (Some(topic), _) => vec![topic],
        (None, Some(source)) => {
            release_topics::of_release(transaction, source, &release.categories).await?
        }
        (None, None) => Vec::new(),
    })
}
