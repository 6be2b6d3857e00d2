//! What it means for newsletters that the office changed or withdrew a release: what nobody has
//! looked at takes the new text, what somebody decided about is put before them again, and of what
//! was mailed staff are told. What was never final is cancelled (F9). A digest that nobody edited is
//! made again of what its releases say now; who approved it is asked anew.

use gazette_templates::Document;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    NewsletterState as State, Result, checks,
    contents::Contents,
    correction::{self, brings},
    newsletter_entities::{newsletter, newsletter_release},
    newsletter_error::NewsletterError,
    release_event_cursor::{advance, fail, next, position},
    stopping::{cancel_unsent, reopen},
    text_revisions::{NewText, hold, replace},
    topic_reassignment::follow_categories,
};
use crate::{
    app::App,
    audit::GAZETTE,
    office::Office,
    releases::{
        ReleaseText,
        events::{ReleaseEvent, ReleaseEventKind},
        release_text, tell_staff_of,
    },
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

/// What happened to a release, and where it is applied.
struct Update<'a> {
    app: &'a App,
    transaction: &'a DatabaseTransaction,
    office: &'a Office,
    event: &'a ReleaseEvent,
    text: &'a ReleaseText,
    now: i64,
}

/// Tells the newsletters what happened to their releases, event by event; how many events that were.
pub async fn follow_changes(app: &App) -> Result<u64> {
    let mut followed = 0;
    let mut office = None;
    loop {
        let at = position(app).await?;
        let event = match next(app, at.consumed_to).await {
            Ok(None) => return Ok(followed),
            Ok(Some(event)) => Ok(event),
            Err(error) => Err(NewsletterError::from(error)),
        };
        let applied = match &event {
            Ok(event) => {
                if office.is_none() {
                    office = Some(Office::load(&app.db).await?);
                }
                match &office {
                    Some(office) => follow(app, office, at.consumed_to, event).await,
                    None => return Ok(followed),
                }
            }
            Err(_) => Ok(()),
        };
        match (applied, event) {
            (Ok(()), Ok(_)) => followed += 1,
            (Err(error), Ok(event)) => {
                if !fail(app, &at, Some(&event), &error).await? {
                    return Ok(followed);
                }
            }
            (_, Err(error)) => {
                if !fail(app, &at, None, &error).await? {
                    return Ok(followed);
                }
            }
        }
    }
}

/// Applies one event, with the step of the cursor.
async fn follow(app: &App, office: &Office, from: i64, event: &ReleaseEvent) -> Result<()> {
    let transaction = app.db.begin().await?;
    if !advance(&transaction, from, event.id).await? {
        return Ok(());
    }
    apply_event(app, &transaction, office, event).await?;
    Ok(transaction.commit().await?)
}

/// Applies the news that a release says something else, whatever the cursor stands at.
#[cfg(test)]
pub(super) async fn follow_release(app: &App, release: i64) -> Result<()> {
    let office = Office::load(&app.db).await?;
    let event = ReleaseEvent {
        id: 0,
        release_id: release,
        at: 0,
        kind: ReleaseEventKind::Revised,
        revision: Some(2),
        reason: None,
        was_final: true,
    };
    let transaction = app.db.begin().await?;
    apply_event(app, &transaction, &office, &event).await?;
    Ok(transaction.commit().await?)
}

/// One event to all newsletters that its release stands in.
async fn apply_event(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    event: &ReleaseEvent,
) -> Result<()> {
    let Some(text) = release_text(transaction, event.release_id).await? else {
        return Ok(());
    };
    let update = Update {
        app,
        transaction,
        office,
        event,
        text: &text,
        now: app.clock.now_ms(),
    };
    let mut news: Option<String> = None;
    for affected in affected(transaction, event.release_id).await? {
        let told = apply(&update, &affected).await?;
        news = news.or(told);
    }
    if let (ReleaseEventKind::Recategorised | ReleaseEventKind::Revised, Some(source)) =
        (event.kind, text.source)
    {
        follow_categories(app, transaction, event.release_id, source, &text.categories).await?;
    }
    if let Some(news) = news {
        tell_staff_of(transaction, event.release_id, &news).await?;
    }
    Ok(())
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

/// Tells one newsletter what happened to its release; what staff are to be told by mail.
async fn apply(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    match made.row.state {
        State::Cancelled => Ok(None),
        State::Sending | State::Paused | State::Sent => Ok(after_mailing(update, made)),
        State::Draft | State::Approved => match update.event.kind {
            ReleaseEventKind::Revised | ReleaseEventKind::Restored => revised(update, made).await,
            ReleaseEventKind::Withdrawn => withdrawn(update, made).await,
            ReleaseEventKind::FilteredOut => never_final(update, made, LEFT_OUT).await,
            ReleaseEventKind::Held => held(update, made).await,
            ReleaseEventKind::Refused => refused(update, made).await,
            // Its topics follow as a whole; and what is let go or final changes no text.
            ReleaseEventKind::Recategorised
            | ReleaseEventKind::Released
            | ReleaseEventKind::Settled => Ok(None),
        },
    }
}

/// What was mailed stays mailed: staff decide about a correction.
fn after_mailing(update: &Update<'_>, made: &AffectedNewsletter) -> Option<String> {
    let why = match update.event.kind {
        ReleaseEventKind::Withdrawn | ReleaseEventKind::FilteredOut => GONE_AFTER,
        ReleaseEventKind::Revised if made.revision < update.text.revision => CHANGED_AFTER,
        _ => return None,
    };
    Some(why.to_owned())
}

/// It says something else, or stands there again.
async fn revised(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let is_digest = made.content == ContentKind::Digest;
    let restored = update.event.kind == ReleaseEventKind::Restored;
    if made.revision >= update.text.revision && !(restored && is_digest) {
        return Ok(None);
    }
    match (is_digest, made.is_edited()) {
        (true, false) => gather_again(update, made).await,
        (false, false) if made.is_undecided() => renew(update, made).await,
        (true, true) => back_to_draft(update, made, CHANGED_PART).await,
        (false, _) => back_to_draft(update, made, CHANGED_DRAFT).await,
    }
}

/// The office took it back.
async fn withdrawn(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    if !update.event.was_final {
        return never_final(update, made, WITHDRAWN).await;
    }
    match (made.content, made.is_edited()) {
        (ContentKind::Digest, false) => gather_again(update, made).await,
        (ContentKind::Digest, true) => back_to_draft(update, made, PART_TAKEN_BACK).await,
        _ => back_to_draft(update, made, TAKEN_BACK).await,
    }
}

/// It was gone before it was final: nothing of it is mailed.
async fn never_final(
    update: &Update<'_>,
    made: &AffectedNewsletter,
    why: &str,
) -> Result<Option<String>> {
    match (made.content, made.is_edited()) {
        (ContentKind::Digest, false) => gather_again(update, made).await,
        (ContentKind::Digest, true) => back_to_draft(update, made, PART_TAKEN_BACK).await,
        _ => cancel(update, made, why).await,
    }
}

/// Something is odd about it: a person decides. The release's own notice tells staff.
async fn held(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    // A person has let it go on since: that is the next event.
    let Some(why) = &update.text.held_because else {
        return Ok(None);
    };
    let is_new = made.revision < update.text.revision;
    let kept = made.is_edited() || !made.is_undecided();
    let why = match (made.content, is_new && kept) {
        (ContentKind::Digest, _) => {
            format!("One of its releases is held: {}. {why}", update.text.title)
        }
        (_, true) => format!("{why} {CHANGED_DRAFT}"),
        (_, false) => why.clone(),
    };
    if is_new && !kept && made.content != ContentKind::Digest {
        renew(update, made).await?;
    }
    back_to_draft(update, made, &why).await?;
    Ok(None)
}

/// A person said that it is not mailed.
async fn refused(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let why = match (made.content, made.is_edited()) {
        // Its own draft is cancelled by whoever said so.
        (ContentKind::Single | ContentKind::Correction, _) => return Ok(None),
        (ContentKind::Digest, true) => PART_REFUSED,
        (ContentKind::Digest, false) => {
            gather_again(update, made).await?;
            GATHERED_WITHOUT
        }
    };
    back_to_draft(update, made, why).await?;
    Ok(None)
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
