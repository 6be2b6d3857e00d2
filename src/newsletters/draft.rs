//! From a release to a draft newsletter, at its first sight where a person or the settle time still
//! stands between the draft and its readers.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Audience, EditedText, NewsletterError, NewsletterState as State, Result, Subject, checks,
    editing::{check_text, check_words, parse_subject},
    language_editions::{ReaderLanguages, brought_by_digest, join_editions, note_readers},
    making::{BY_POLICY, Making, insert},
    newsletter_entities::newsletter,
    newsletter_notifications::tell_of_draft,
    review::written_by,
    text_revisions::MailWords,
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::WriteTransaction,
    office::Office,
    releases::{self, Policy, ReleaseText, by_hand, release_topics},
};

/// What staff read of a version in another language than the digest's.
const WENT_OUT: &str = "A digest brought this release in another language, to all readers. Whoever sends it sends it to them once more.";

/// Makes a draft of one release; where a newsletter of it waits or is on its way, gives that one.
/// One that has ended is no obstacle: who brings a release by hand means it.
pub async fn draft(app: &App, release_id: i64) -> Result<i64> {
    draft_for(app, release_id, None).await
}

/// The same on the word of `by`; everybody else is told of a new draft.
///
/// # Errors
/// As [`draft`].
pub async fn draft_by(app: &App, release_id: i64, by: &str) -> Result<i64> {
    let asked = DraftRequest {
        by: Some(by),
        ..DraftRequest::of(release_id)
    };
    draft_asked(app, &asked).await
}

/// The same for a topic that staff chose.
pub async fn draft_for(app: &App, release_id: i64, topic: Option<i64>) -> Result<i64> {
    let asked = DraftRequest {
        topic,
        ..DraftRequest::of(release_id)
    };
    draft_asked(app, &asked).await
}

/// Makes a release and its draft of what staff wrote, under their name: the number of the draft. What was
/// written by the name `once` before gives the draft of the first time.
///
/// # Errors
/// [`NewsletterError::Wrong`] where there is no subject or no text, or one of the words is too long.
pub async fn draft_of_written(
    app: &App,
    text: EditedText<'_>,
    topic: Option<i64>,
    once: Option<&str>,
    by: &str,
) -> Result<i64> {
    let subject = parse_subject(text.subject)?;
    check_text(text.document)?;
    let words = text.words();
    check_words(&words)?;
    let (subject, document) = (subject.as_str(), text.document);
    let release = by_hand::add_written_by(app, subject, document, by, once).await?;
    let asked = DraftRequest {
        topic,
        words,
        by: Some(by),
        ..DraftRequest::of(release)
    };
    let draft = draft_asked(app, &asked).await?;
    written_by(app, draft, by).await?;
    Ok(draft)
}

async fn draft_asked(app: &App, asked: &DraftRequest<'_>) -> Result<i64> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let made = draft_in(app, &transaction, &office, asked).await?;
    transaction.commit().await?;
    app.scheduler_wakeup.notify_one();
    made.first()
        .copied()
        .ok_or(NewsletterError::NoRelease(asked.release))
}

/// Of which release a draft is to be made.
#[derive(Debug)]
struct DraftRequest<'a> {
    release: i64,
    /// For which topic; `None`: for those that it feeds.
    topic: Option<i64>,
    /// Only where it has no newsletter yet, not even one that has ended.
    first: bool,
    /// What its mail says besides the text.
    words: MailWords,
    /// Who asked for it, where a person did: they know of it.
    by: Option<&'a str>,
}

impl DraftRequest<'_> {
    fn of(release: i64) -> Self {
        Self {
            release,
            topic: None,
            first: false,
            words: MailWords::default(),
            by: None,
        }
    }
}

/// Makes the first drafts of a release that is ready, one for each topic that it feeds. None where it is
/// not, or not any more: it is taken back, stands in a newsletter, or a digest gathers it.
pub(super) async fn draft_first(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    release: i64,
) -> Result<Vec<i64>> {
    let asked = DraftRequest {
        first: true,
        ..DraftRequest::of(release)
    };
    draft_in(app, transaction, office, &asked).await
}

async fn draft_in(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    asked: &DraftRequest<'_>,
) -> Result<Vec<i64>> {
    let found = releases::hold_text(transaction, asked.release).await?;
    let is_asked = |release: &ReleaseText| {
        !asked.first || release.awaits_draft && release.policy != Some(Policy::Digest)
    };
    let Some(release) = found.filter(is_asked) else {
        return Ok(Vec::new());
    };
    let mut attention = release.held_because.clone();
    let subject = Subject::from_title(&release.title);
    if subject.is_none() {
        attention.get_or_insert_with(|| "The release has no title. Give it a subject.".to_owned());
    }
    let subject = subject.map_or_else(|| office.name.clone(), |s| s.as_str().to_owned());
    let brought = brought_by_digest(transaction, release.id).await?;
    if brought == Some(true) {
        attention.get_or_insert_with(|| WENT_OUT.to_owned());
    }
    let is_auto = release.policy == Some(Policy::Auto);
    if is_auto && attention.is_none() {
        attention = checks::reason_to_hold(&subject, &release.document);
    }
    let alone = is_auto && attention.is_none() && office.complete;

    let existing = existing(transaction, asked).await?;
    if !existing.is_empty() {
        return Ok(existing);
    }
    let making = Making {
        subject: &subject,
        document: &release.document,
        topics: topics_of(transaction, asked, &release).await?,
        audience: Audience::Subscribers,
        news_release: true,
        release: Some(release.id),
        releases: vec![(release.id, release.revision)],
        corrects: None,
        words: asked.words.clone(),
        auto_approve: alone.then_some(BY_POLICY),
        settling: release.settling,
        attention: attention.as_deref(),
        summary: None,
        published: release.published,
    };
    let made = insert(app, transaction, &office.time_zone, &making).await?;
    join_editions(transaction, office, release.id).await?;
    if brought == Some(false) {
        let only = Some(release.document.language.clone());
        let readers = ReaderLanguages {
            only,
            but: Vec::new(),
        };
        note_readers(transaction, &made, &readers).await?;
    }
    // Of what holds the release itself they are told anyway.
    let is_news = is_auto && release.held_because.is_none();
    if let (true, Some(why)) = (is_news, &attention) {
        releases::note_for_staff(transaction, release.id, why).await?;
    }
    // Of what holds it they are told beside the release.
    let is_told = attention.is_some() && (is_auto || release.held_because.is_some());
    let is_new = (asked.first && !alone && !is_told) || asked.by.is_some();
    if let (Some(first), true) = (made.first(), is_new) {
        tell_of_draft(transaction, *first, app.clock.now_ms(), asked.by).await?;
    }
    let (newsletters, release) = (made.clone(), release.id);
    transaction.once_committed(move || {
        tracing::info!(
            ?newsletters,
            release.id = release,
            auto_approve = alone,
            "drafted a newsletter"
        );
    });
    Ok(made)
}

/// The newest newsletter that brought a release to subscribers, and when it began; `None`: none went out.
pub async fn mailed_before(app: &App, release: i64) -> Result<Option<(i64, Timestamp)>> {
    // newsletter_of_release
    let found = newsletter::Entity::find()
        .filter(newsletter::Column::ReleaseId.eq(release))
        .filter(newsletter::Column::Corrects.is_null())
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .filter(newsletter::Column::State.eq(State::Sent))
        .order_by_desc(newsletter::Column::Id)
        .one(app.db.pool())
        .await?;
    Ok(found.map(|sent| (sent.id, instant(sent.started_at.unwrap_or_default()))))
}

/// The release's newsletters to subscribers that stand in the way of another one. The press list's
/// copies and corrections do not: they are not what is asked for.
async fn existing(transaction: &WriteTransaction, asked: &DraftRequest<'_>) -> Result<Vec<i64>> {
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
    transaction: &WriteTransaction,
    asked: &DraftRequest<'_>,
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
