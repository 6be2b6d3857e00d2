//! What each kind of event of a release means for a newsletter that is made of it: what nobody has
//! looked at takes the new text, what somebody decided about is put before them again, and of what
//! was mailed staff are told. What was never final is cancelled (F9). A digest that nobody edited is
//! made again of what its releases say now; who approved it is asked anew.

use gazette_templates::Document;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    Audience, NewsletterState as State, Result, Subject, checks,
    contents::Contents,
    correction::brings,
    lifecycle::record,
    making::{BY_POLICY, releases_of},
    newsletter_entities::{newsletter, newsletter_release},
    stopping::{cancel_unsent, reopen},
    text_revisions::{NewText, replace},
};
use crate::{
    app::App,
    audit::{Action, GAZETTE},
    db::WriteTransaction,
    office::Office,
    releases::{
        Policy, ReleaseText, await_draft_again,
        events::{ReleaseEvent, ReleaseEventKind},
    },
};

const CHANGED_DRAFT: &str = "The office changed the release since. Compare the two, and take the new text or keep this one.";
const CORRECTED_DRAFT: &str = "Staff corrected this text once more since. Compare the two, and take the new text or keep this one.";
const TAKEN_BACK: &str =
    "The office took the release back. Cancel this newsletter unless you know better.";
const CHANGED_PART: &str = "The office changed one of its releases since. Compare the two, and take the new text or keep this one.";
const PART_TAKEN_BACK: &str =
    "The office took one of its releases back. Take it out of the text, or cancel this newsletter.";
const GATHERED_AGAIN: &str = "The office changed or took back one of its releases after it was approved, so it was gathered again. Look at it, and approve it again.";
const NOTHING_LEFT: &str =
    "Everything that was in it was taken back, so it was cancelled before it was mailed.";
const RESTORED: &str = "The office had taken the release back, and it is there again. Look at it, and approve it if it is to go out.";
const RESTORED_EDITED: &str = "The office had taken the release back, and it is there again. Compare what it says with this text, and approve it if it is to go out.";
const PART_RESTORED: &str = "The office had taken one of its releases back, and it is there again. Look at it, and approve it.";
const PART_REFUSED: &str =
    "One of its releases is not to be mailed. Take it out of the text, or cancel this newsletter.";
const GATHERED_WITHOUT: &str = "One of its releases is not to be mailed, so it was gathered again without it. Look at it, and approve it.";
const WITHDRAWN: &str = "The office took it back in the first minutes, before it was final, so it was cancelled. Nobody got it.";
const LEFT_OUT: &str = "The office changed it in the first minutes, and the source's filter leaves it out now, so it was cancelled. Nobody got it.";
const CHANGED_AFTER: &str = "The office changed it after it was mailed. Look at the changes and decide whether to send a correction.";
const GONE_AFTER: &str = "The office took it back after it was mailed.";

/// One of the newsletters that a release stands in.
#[derive(Debug)]
pub(super) struct AffectedNewsletter {
    pub row: newsletter::Model,
    pub content: ContentKind,
    /// The revision of the release that it says.
    pub revision: i32,
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
pub(super) enum ContentKind {
    /// One release.
    Single,
    /// One that was mailed, changed.
    Correction,
    /// Several releases.
    Digest,
}

/// What happened to a release, and where it is applied.
pub(super) struct Update<'a> {
    pub app: &'a App,
    pub transaction: &'a WriteTransaction,
    pub office: &'a Office,
    pub event: &'a ReleaseEvent,
    /// What the release says now. `None`: it has no text.
    pub text: Option<&'a ReleaseText>,
    pub now: i64,
}

impl Update<'_> {
    /// Whether staff wrote the release, or read it from a file, and no website says anything of it.
    fn is_own(&self) -> bool {
        self.text.is_some_and(|text| text.source.is_none())
    }
}

/// Tells one newsletter what happened to its release; what staff are to be told by mail.
pub(super) async fn apply(
    update: &Update<'_>,
    made: &AffectedNewsletter,
) -> Result<Option<String>> {
    match made.row.state {
        State::Cancelled => Ok(None),
        State::Sending | State::Paused | State::Sent => Ok(after_mailing(update, made)),
        State::Draft | State::Approved => match update.event.kind {
            ReleaseEventKind::Revised => revised(update, made).await,
            ReleaseEventKind::Restored => restored(update, made).await,
            ReleaseEventKind::Withdrawn => withdrawn(update, made).await,
            ReleaseEventKind::FilteredOut => never_final(update, made, LEFT_OUT).await,
            ReleaseEventKind::Held => held(update, made).await,
            ReleaseEventKind::Refused => refused(update, made).await,
            // Its topics follow as a whole; and what is let go or final changes no text.
            ReleaseEventKind::Recategorised
            | ReleaseEventKind::Released
            | ReleaseEventKind::Settled
            // Of which there is none yet.
            | ReleaseEventKind::ReadyToDraft => Ok(None),
        },
    }
}

/// What was mailed stays mailed: staff decide about a correction.
fn after_mailing(update: &Update<'_>, made: &AffectedNewsletter) -> Option<String> {
    let newest = update.text.map_or(0, |text| text.revision);
    let why = match update.event.kind {
        ReleaseEventKind::Withdrawn | ReleaseEventKind::FilteredOut => GONE_AFTER,
        // Of what staff wrote, who corrected it has made a draft of the correction.
        ReleaseEventKind::Revised if made.revision < newest && !update.is_own() => CHANGED_AFTER,
        _ => return None,
    };
    Some(why.to_owned())
}

/// It says something else. Several changes that were not read yet are one: the newest text counts.
async fn revised(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let Some(text) = update.text.filter(|text| made.revision < text.revision) else {
        return Ok(None);
    };
    match (made.content == ContentKind::Digest, made.is_edited()) {
        (true, false) => gather_again(update, made).await,
        (false, false) if made.is_undecided() => renew(update, made, text).await,
        (true, true) => back_to_draft(update, made, CHANGED_PART).await,
        (false, _) if update.is_own() => back_to_draft(update, made, CORRECTED_DRAFT).await,
        (false, _) => back_to_draft(update, made, CHANGED_DRAFT).await,
    }
}

/// It is there again. What waits as a draft is taken up again; where everything was cancelled, the
/// release waits for a new draft ([`leave_free`]).
async fn restored(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let Some(text) = update.text else {
        return Ok(None);
    };
    match (made.content == ContentKind::Digest, made.is_edited()) {
        (true, false) => gather_again(update, made).await,
        (true, true) => back_to_draft(update, made, PART_RESTORED).await,
        (false, false) if made.is_undecided() => {
            renew(update, made, text).await?;
            take_up_again(update, made, text).await
        }
        // A person approved this very text although the office had taken it back.
        (false, _) if made.row.state == State::Approved && made.revision == text.revision => {
            Ok(None)
        }
        (false, _) => back_to_draft(update, made, RESTORED_EDITED).await,
    }
}

/// A draft that nobody edited goes on as a new one would: by itself, where its source's policy says so.
async fn take_up_again(
    update: &Update<'_>,
    made: &AffectedNewsletter,
    text: &ReleaseText,
) -> Result<Option<String>> {
    let told = back_to_draft(update, made, RESTORED).await?;
    let is_first =
        made.content == ContentKind::Single && made.row.audience == Audience::Subscribers;
    let alone = is_first
        && text.policy == Some(Policy::Auto)
        && text.held_because.is_none()
        && update.office.complete;
    if !alone || checks::reason_to_hold(&text.title, &text.document).is_some() {
        return Ok(told);
    }
    let set = newsletter::ActiveModel {
        auto_approve: Set(Some(BY_POLICY.to_owned())),
        attention: Set(None),
        ..Default::default()
    };
    newsletter::Entity::update_many()
        .set(set)
        .filter(newsletter::Column::Id.eq(made.row.id))
        .filter(newsletter::Column::State.eq(State::Draft))
        .exec(update.transaction)
        .await?;
    Ok(told)
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
    let (Some(text), Some(why)) = (update.text, &update.event.reason) else {
        return Ok(None);
    };
    if text.held_because.is_none() {
        // A person has let it go on since: that is another event.
        return Ok(None);
    }
    let is_new = made.revision < text.revision;
    let kept = made.is_edited() || !made.is_undecided();
    let why = match (made.content, is_new && kept) {
        (ContentKind::Digest, _) => {
            format!("One of its releases is held: {}. {why}", text.title)
        }
        (_, true) => format!("{why} {CHANGED_DRAFT}"),
        (_, false) => why.clone(),
    };
    if is_new && !kept && made.content != ContentKind::Digest {
        renew(update, made, text).await?;
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
async fn renew(
    update: &Update<'_>,
    made: &AffectedNewsletter,
    text: &ReleaseText,
) -> Result<Option<String>> {
    if made.revision >= text.revision {
        return Ok(None);
    }
    // A correction keeps the subject that readers saw.
    let is_correction = made.content == ContentKind::Correction;
    let title = Subject::from_title(&text.title).filter(|_| !is_correction);
    let subject = title.map_or_else(
        || made.row.subject.clone(),
        |subject| subject.as_str().to_owned(),
    );
    put(update, made, &subject, &text.document).await?;
    brings(update.transaction, &made.row, text.revision).await?;
    tracing::info!(newsletter.id = made.row.id, "took the release's new text");
    look_first(update, made, &subject, &text.document).await
}

/// A digest is made again of what its releases say now, without those that were taken back; where
/// nothing is left, it is cancelled.
async fn gather_again(update: &Update<'_>, made: &AffectedNewsletter) -> Result<Option<String>> {
    let id = made.row.id;
    let before = releases_of(update.transaction, id).await?;
    let contents = Contents::present(update.transaction, update.office, &made.row).await?;
    let Some(contents) = contents else {
        return cancel(update, made, NOTHING_LEFT).await;
    };
    let (subject, document) = (&contents.subject, &contents.document);
    put(update, made, subject, document).await?;
    contents.note(update.transaction, id).await?;
    let left = before
        .iter()
        .map(|part| part.release_id)
        .filter(|before| contents.releases.iter().all(|(now, _)| now != before));
    for release in left {
        leave_free(update, release).await?;
    }
    tracing::info!(newsletter.id = id, "gathered a digest again");
    if !made.is_undecided() {
        return back_to_draft(update, made, GATHERED_AGAIN).await;
    }
    look_first(update, made, subject, document).await
}

/// A release that stands in no newsletter any more, because of what happened to it, waits for a new
/// one, should it come back.
async fn leave_free(update: &Update<'_>, release: i64) -> Result<()> {
    let in_newsletters = newsletter_release::Entity::find()
        .select_only()
        .column(newsletter_release::Column::NewsletterId)
        .filter(newsletter_release::Column::ReleaseId.eq(release))
        .into_query();
    let stands = newsletter::Entity::find()
        .filter(newsletter::Column::Id.in_subquery(in_newsletters))
        .filter(newsletter::Column::State.ne(State::Cancelled))
        .count(update.transaction)
        .await?;
    if stands == 0 {
        await_draft_again(update.transaction, release, update.now).await?;
    }
    Ok(())
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
    if made.row.audience == Audience::Subscribers {
        for part in releases_of(update.transaction, made.row.id).await? {
            leave_free(update, part.release_id).await?;
        }
    }
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
        words: None,
        by: GAZETTE,
        now: update.now,
    };
    let from = [State::Draft, State::Approved];
    let refused = "it has begun already";
    if replace(update.transaction, &made.row, &from, &new, refused).await? {
        let details = format!("release_event/{}: {subject}", update.event.id);
        record(
            update.transaction,
            update.now,
            GAZETTE,
            Action::NewsletterUpdated,
            made.row.id,
            &details,
        )
        .await?;
    }
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
