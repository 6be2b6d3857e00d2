//! What it means for newsletters that the office changed or withdrew a release: what nobody has
//! looked at takes the new text, what somebody decided about is put before them again, and of what
//! was mailed staff are told. What was never final is cancelled (F9). A digest that nobody edited is
//! made again of what its releases say now; who approved it is asked anew.

use gazette_templates::Document;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    NewsletterState as State, Result, checks,
    contents::Contents,
    correction::{self, brings},
    newsletter_entities::{newsletter, newsletter_release},
    stopping::{cancel_unsent, reopen},
    text_revisions::{NewText, hold, replace},
    topic_reassignment::follow_categories,
};
use crate::{
    app::App,
    audit::GAZETTE,
    db::{execute, row, scalars},
    office::Office,
    releases::{ReleaseText, release_text},
    values,
};

const CHANGED_DRAFT: &str = "The office changed the release since. Compare the two, and take the new text or keep this one.";
const TAKEN_BACK: &str =
    "The office took the release back. Cancel this newsletter unless you know better.";
const CHANGED_PART: &str = "The office changed one of its releases since. Compare the two, and take the new text or keep this one.";
const PART_TAKEN_BACK: &str =
    "The office took one of its releases back. Take it out of the text, or cancel this newsletter.";
const GATHERED_AGAIN: &str = "The office changed or took back one of its releases after it was approved, so it was gathered again. Look at it, and approve it again.";
const NOTHING_LEFT: &str =
    "Everything that was in it was taken back, so it was cancelled before it was mailed.";
const PART_REFUSED: &str =
    "One of its releases is not to be mailed. Take it out of the text, or cancel this newsletter.";
const GATHERED_WITHOUT: &str = "One of its releases is not to be mailed, so it was gathered again without it. Look at it, and approve it.";
const WITHDRAWN: &str = "The office took it back in the first minutes, before it was final, so it was cancelled. Nobody got it.";
const LEFT_OUT: &str = "The office changed it in the first minutes, and the source's filter leaves it out now, so it was cancelled. Nobody got it.";
const CHANGED_AFTER: &str = "The office changed it after it was mailed. Look at the changes and decide whether to send a correction.";
const GONE_AFTER: &str = "The office took it back after it was mailed.";

/// What became of a release.
#[derive(Debug, PartialEq, Eq)]
enum Became {
    /// It may say something else.
    Other,
    /// It is held since, for this reason.
    Held(String),
    /// It was held, and a person said that it is not mailed.
    Refused,
    /// The office took it back.
    TakenBack,
    /// It never was final; why.
    NeverFinal(&'static str),
}

/// One of the newsletters that a release stands in.
#[derive(Debug)]
struct AffectedNewsletter {
    row: newsletter::Model,
    content: ContentKind,
    /// The revision of the release that it says.
    revision: i32,
}

impl AffectedNewsletter {
    /// Staff changed what it says.
    fn is_edited(&self) -> bool {
        self.row.edited_at.is_some()
    }

    /// No person has decided anything about it.
    fn is_undecided(&self) -> bool {
        self.row.state == State::Draft || self.row.automatic
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContentKind {
    /// One release.
    Single,
    /// One that was mailed, changed.
    Correction,
    /// Several releases.
    Digest,
}

/// Where an update is applied.
struct Update<'a> {
    app: &'a App,
    transaction: &'a DatabaseTransaction,
    office: &'a Office,
    text: &'a ReleaseText,
    became: Became,
    now: i64,
}

/// Tells the newsletters of every release that changed; how many releases that were.
pub async fn follow_changes(app: &App) -> Result<u64> {
    // release_changed; nearly always empty
    let sql = "SELECT id FROM release WHERE changed_at IS NOT NULL ORDER BY id LIMIT 100";
    let changed: Vec<i64> = scalars(app.db.pool(), sql, []).await?;
    if changed.is_empty() {
        return Ok(0);
    }
    let office = Office::load(&app.db).await?;
    for release in &changed {
        follow(app, &office, *release).await?;
    }
    Ok(changed.len() as u64)
}

/// Tells the newsletters of one release what became of it.
#[cfg(test)]
pub(super) async fn follow_release(app: &App, release: i64) -> Result<()> {
    let office = Office::load(&app.db).await?;
    follow(app, &office, release).await
}

#[derive(Debug, FromQueryResult)]
struct Standing {
    state: String,
    settles_at: Option<i64>,
}

async fn follow(app: &App, office: &Office, release: i64) -> Result<()> {
    let transaction = app.db.begin().await?;
    // Before it is read: what changes from here on is followed another time.
    let seen = "UPDATE release SET changed_at = NULL WHERE id = $1";
    execute(&transaction, seen, values![release]).await?;
    let sql = "SELECT state, settles_at FROM release WHERE id = $1";
    let standing: Option<Standing> = row(&transaction, sql, values![release]).await?;
    let text = release_text(&transaction, release).await?;
    let (Some(standing), Some(text)) = (standing, text) else {
        return Ok(transaction.commit().await?);
    };
    let update = Update {
        app,
        transaction: &transaction,
        office,
        became: match (standing.state.as_str(), text.held_because.clone()) {
            // Only what was taken back within its settle time has kept when that would have been over.
            ("vanished", _) if standing.settles_at.is_some() => Became::NeverFinal(WITHDRAWN),
            ("vanished", _) => Became::TakenBack,
            ("filtered", _) => Became::NeverFinal(LEFT_OUT),
            ("held", Some(why)) => Became::Held(why),
            ("dropped", _) => Became::Refused,
            _ => Became::Other,
        },
        text: &text,
        now: app.clock.now_ms(),
    };
    let mut notice: Option<String> = None;
    for affected in affected(&transaction, release).await? {
        let news = if update.became != Became::Other || affected.revision < text.revision {
            apply(&update, &affected).await?
        } else {
            None
        };
        notice = notice.or(news);
    }
    if let (Some(source), Became::Other) = (text.source, &update.became) {
        follow_categories(app, &transaction, release, source, &text.categories).await?;
    }
    let sql = "UPDATE release SET notice = coalesce($2, notice) WHERE id = $1";
    execute(&transaction, sql, values![release, notice]).await?;
    Ok(transaction.commit().await?)
}

/// The newsletters that the release stands in, held: nobody approves one, and none begins, between the
/// look at it and what follows.
async fn affected(
    transaction: &DatabaseTransaction,
    release: i64,
) -> Result<Vec<AffectedNewsletter>> {
    // newsletter_release_of
    let parts = newsletter_release::Entity::find()
        .filter(newsletter_release::Column::ReleaseId.eq(release))
        .order_by_asc(newsletter_release::Column::NewsletterId)
        .all(transaction)
        .await?;
    let mut affected = Vec::with_capacity(parts.len());
    for part in parts {
        let row = hold(transaction, part.newsletter_id).await?;
        affected.push(AffectedNewsletter {
            content: match (row.release_id, row.corrects) {
                (None, _) => ContentKind::Digest,
                (Some(_), Some(_)) => ContentKind::Correction,
                (Some(_), None) => ContentKind::Single,
            },
            revision: part.revision,
            row,
        });
    }
    Ok(affected)
}

/// Tells one newsletter that its release is not what it says; what staff are to be told by mail.
async fn apply(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let newest = update.text.revision;
    let vanished = matches!(update.became, Became::TakenBack | Became::NeverFinal(_));
    match made.row.state {
        State::Cancelled => return Ok(None),
        State::Sending | State::Paused | State::Sent => {
            let why = match (vanished, made.revision < newest) {
                (true, _) => Some(GONE_AFTER),
                (false, true) => Some(CHANGED_AFTER),
                (false, false) => None,
            };
            return Ok(why.map(str::to_owned));
        }
        State::Draft | State::Approved => {}
    }
    match &update.became {
        Became::NeverFinal(why) if made.content != ContentKind::Digest => {
            cancel(update, made, why).await
        }
        Became::Held(why) => {
            let new = made.revision < newest;
            let kept = made.is_edited() || !made.is_undecided();
            let why = match (made.content, new && kept) {
                (ContentKind::Digest, _) => {
                    format!("One of its releases is held: {}. {why}", update.text.title)
                }
                (_, true) => format!("{why} {CHANGED_DRAFT}"),
                (_, false) => why.clone(),
            };
            if new && !kept && made.content != ContentKind::Digest {
                renew(update, made).await?;
            }
            // The release's own notice tells staff.
            back_to_draft(update, made, &why).await?;
            Ok(None)
        }
        Became::Refused if made.content == ContentKind::Digest => {
            let why = if made.is_edited() {
                PART_REFUSED
            } else {
                gather_again(update, made).await?;
                GATHERED_WITHOUT
            };
            back_to_draft(update, made, why).await?;
            Ok(None)
        }
        // Its own draft was cancelled by whoever said so.
        Became::Refused => Ok(None),
        _ if made.content == ContentKind::Digest && !made.is_edited() => {
            gather_again(update, made).await
        }
        Became::Other if !made.is_edited() && made.is_undecided() => renew(update, made).await,
        _ => {
            let why = match (made.content, vanished) {
                (ContentKind::Digest, false) => CHANGED_PART,
                (ContentKind::Digest, true) => PART_TAKEN_BACK,
                (_, false) => CHANGED_DRAFT,
                (_, true) => TAKEN_BACK,
            };
            back_to_draft(update, made, why).await
        }
    }
}

/// The newsletter says what the release says now. Its place in the archive stays: nobody has been
/// there yet, and a link that staff passed on goes on working.
async fn renew(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let is_correction = made.content == ContentKind::Correction;
    let subject = correction::subject(&update.text.title, is_correction).map_or_else(
        || made.row.subject.clone(),
        |subject| subject.as_str().to_owned(),
    );
    put(update, made, &subject, &update.text.document).await?;
    brings(update.transaction, &made.row, update.text.revision).await?;
    tracing::info!(newsletter.id = made.row.id, "took the release's new text");
    look_first(update, made, &subject, &update.text.document).await
}

/// A digest is made again of what its releases say now, without those that were taken back; where
/// nothing is left, it is cancelled.
async fn gather_again(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let id = made.row.id;
    let contents = Contents::present(update.transaction, update.office, id).await?;
    let Some(contents) = contents else {
        return cancel(update, made, NOTHING_LEFT).await;
    };
    let (subject, document) = (&contents.subject, &contents.document);
    put(update, made, subject, document).await?;
    contents.note(update.transaction, id).await?;
    tracing::info!(newsletter.id = id, "gathered a digest again");
    if !made.is_undecided() {
        return back_to_draft(update, made, GATHERED_AGAIN).await;
    }
    look_first(update, made, subject, document).await
}

/// What is approved without a person and reads like campaigning now waits for one after all (C5);
/// else for the sizes of its new pictures.
async fn look_first(
    update: &Update<'_>,
    made: &AffectedNewsletter,
    subject: &str,
    document: &Document,
) -> Result<Option<String>> {
    if made.row.state != State::Approved {
        return Ok(None);
    }
    if let Some(why) = checks::reason_to_hold(subject, document) {
        return back_to_draft(update, made, &why).await;
    }
    let Some(sizes_by) = checks::measured_by(update.app, document) else {
        return Ok(None);
    };
    let scheduled = Func::coalesce([Expr::col(newsletter::Column::ScheduledAt), Expr::value(0)]);
    let set = newsletter::ActiveModel {
        scheduled_at: Set(Some(sizes_by)),
        ..Default::default()
    };
    newsletter::Entity::update_many()
        .set(set)
        .filter(newsletter::Column::Id.eq(made.row.id))
        .filter(newsletter::Column::State.eq(State::Approved))
        .filter(Condition::all().add(Expr::expr(scheduled).lt(sizes_by)))
        .exec(update.transaction)
        .await?;
    Ok(None)
}

/// Nobody gets it any more. Gives what staff are to be told, if they had done anything about it.
async fn cancel(
    update: &Update<'_>,
    made: &AffectedNewsletter,
    why: &str,
) -> Result<Option<String>> {
    cancel_unsent(update.transaction, update.now, made.row.id, why).await?;
    Ok((made.row.state == State::Approved || made.is_edited()).then(|| why.to_owned()))
}

async fn put(
    update: &Update<'_>,
    made: &AffectedNewsletter,
    subject: &str,
    document: &Document,
) -> Result<()> {
    let new = NewText {
        subject,
        document: Some(document),
        by: GAZETTE,
        now: update.now,
    };
    let from = [State::Draft, State::Approved];
    replace(
        update.transaction,
        &made.row,
        &from,
        &new,
        "it has begun already",
    )
    .await?;
    Ok(())
}

/// What was decided was decided about another text. Gives what staff are to be told, if anything
/// had been decided.
async fn back_to_draft(
    update: &Update<'_>,
    made: &AffectedNewsletter,
    why: &str,
) -> Result<Option<String>> {
    reopen(update.transaction, update.now, made.row.id, why).await?;
    Ok((made.row.state == State::Approved).then(|| why.to_owned()))
}
