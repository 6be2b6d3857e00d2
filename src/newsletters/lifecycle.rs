//! The state machine of a newsletter: every way from one state to another. [`make`] names in its
//! `WHERE` the states that a move may come from, checks that a row was changed, and writes the audit
//! log in the same transaction; so two people, or a person and the clock, cannot both make it.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, EnumIter, QueryFilter,
    QuerySelect,
};

use super::{
    Counts, NewsletterError, NewsletterState as State, Result, newsletter_entities::newsletter,
    newsletter_notifications::tell_of_end,
};
use crate::{
    audit::{self, Action, GAZETTE},
    db::{Db, WriteTransaction},
};

/// What can happen to a newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter)]
pub(super) enum Move {
    /// A person approves a draft.
    Approve,
    /// A draft is approved by its source's policy, or on the word of who let its release go on.
    AutoApprove,
    /// A person does not want to wait for its time.
    SendNow,
    /// A person gives an approved one another time.
    Reschedule,
    /// A person takes an approval back before anything was sent.
    BackToDraft,
    /// Its time has come.
    Start,
    /// A person stops it for now.
    Pause,
    /// It cannot, or may not, go on by itself.
    Stop,
    /// It would go on by itself, and a person wants that it does not.
    StayPaused,
    /// A person lets it go on, or the time is over for which it was to stand.
    Resume,
    /// Every delivery is settled.
    Finish,
    /// A person wants those whom it did not reach to be tried once more.
    SendAgain,
    /// Readers of its edition left the topic that was to reach them, or the version in their language was
    /// cancelled, and get this copy after all.
    GoOn,
    /// A correction takes over those whom it has not reached; what is on the wire is finished.
    Supersede,
    /// A person stops it for good.
    Cancel,
    /// What became of its release stops it for good, before it began.
    CancelUnsent,
    /// A person must decide (again): its release, or what is known about it, is not what it was.
    Reopen,
    /// Something forbids what was approved to begin.
    Hold,
}

/// Where a move leads, and from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub from: &'static [State],
    pub to: State,
    pub action: Action,
    /// What is said where it comes from another state.
    pub refusal: &'static str,
}

impl Move {
    #[expect(clippy::too_many_lines, reason = "a table, one row for each move")]
    pub(super) const fn rule(self) -> Rule {
        use State::{Approved, Cancelled, Draft, Paused, Sending, Sent};
        let (from, to, action, refusal): (&[State], _, _, _) = match self {
            Self::Approve => (
                &[Draft],
                Approved,
                Action::NewsletterApprove,
                "only a draft can be approved",
            ),
            Self::AutoApprove => (
                &[Draft],
                Approved,
                Action::NewsletterAutoApprove,
                "only a draft can be approved",
            ),
            Self::SendNow => (
                &[Approved],
                Approved,
                Action::NewsletterSendNow,
                "only an approved one waits for its time",
            ),
            Self::Reschedule => (
                &[Approved],
                Approved,
                Action::NewsletterReschedule,
                "only an approved one can get another time",
            ),
            Self::BackToDraft => (
                &[Approved],
                Draft,
                Action::NewsletterBackToDraft,
                "only what has not begun yet can go back to draft",
            ),
            Self::Start => (
                &[Approved],
                Sending,
                Action::NewsletterStart,
                "only an approved one can begin",
            ),
            Self::Pause => (
                &[Sending],
                Paused,
                Action::NewsletterPause,
                "only one that is being sent can be paused",
            ),
            Self::Stop => (
                &[Sending],
                Paused,
                Action::NewsletterStop,
                "only one that is being sent can be stopped",
            ),
            Self::StayPaused => (
                &[Paused],
                Paused,
                Action::NewsletterPause,
                "only one that is being sent can be paused",
            ),
            Self::Resume => (
                &[Paused],
                Sending,
                Action::NewsletterResume,
                "only a paused one can be resumed",
            ),
            Self::Finish => (
                &[Sending],
                Sent,
                Action::NewsletterFinish,
                "only one that is being sent can be finished",
            ),
            Self::SendAgain => (
                &[Sent],
                Sending,
                Action::NewsletterSendAgain,
                "only one that was sent can be sent again to those whom it did not reach",
            ),
            Self::GoOn => (
                &[Sent],
                Sending,
                Action::NewsletterGoOn,
                "only one that was sent can go on",
            ),
            Self::Supersede => (
                &[Sending, Paused],
                Sending,
                Action::NewsletterSupersede,
                "only one that is being sent can be taken over by a correction",
            ),
            Self::Cancel => (
                &[Draft, Approved, Sending, Paused],
                Cancelled,
                Action::NewsletterCancel,
                "it has ended already",
            ),
            Self::CancelUnsent => (
                &[Draft, Approved],
                Cancelled,
                Action::NewsletterCancel,
                "it has begun already",
            ),
            Self::Reopen => (
                &[Draft, Approved],
                Draft,
                Action::NewsletterReopen,
                "it has begun already",
            ),
            Self::Hold => (
                &[Approved],
                Draft,
                Action::NewsletterHoldForBlackout,
                "only an approved one can be held",
            ),
        };
        Rule {
            from,
            to,
            action,
            refusal,
        }
    }
}

/// Who makes a move, when, and what else it changes.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub now: i64,
    /// A member of staff, the operator, or Gazette itself.
    pub by: &'a str,
    /// For the audit log.
    pub details: String,
    /// Other columns that it sets.
    pub set: newsletter::ActiveModel,
    /// What must hold besides the state, for the move to be made.
    pub only: Condition,
}

impl<'a> Step<'a> {
    pub(super) fn new(now: i64, by: &'a str) -> Self {
        Self {
            now,
            by,
            details: String::new(),
            set: newsletter::ActiveModel::default(),
            only: Condition::all(),
        }
    }

    pub(super) fn details(mut self, details: impl Into<String>) -> Self {
        self.details = details.into();
        self
    }

    pub(super) fn set(mut self, set: newsletter::ActiveModel) -> Self {
        self.set = set;
        self
    }

    pub(super) fn only(mut self, only: impl Into<Condition>) -> Self {
        self.only = only.into();
        self
    }
}

/// Makes the move, with its line in the audit log; whether it could be made.
pub(super) async fn try_make(
    transaction: &WriteTransaction,
    id: i64,
    made: Move,
    mut step: Step<'_>,
) -> std::result::Result<bool, DbErr> {
    let rule = made.rule();
    step.set.state = Set(rule.to);
    let moved = newsletter::Entity::update_many()
        .set(step.set)
        .filter(newsletter::Column::Id.eq(id))
        .filter(newsletter::Column::State.is_in(rule.from.iter().copied()))
        .filter(step.only)
        .exec(transaction)
        .await?
        .rows_affected;
    if moved == 0 {
        return Ok(false);
    }
    record(
        transaction,
        step.now,
        step.by,
        rule.action,
        id,
        &step.details,
    )
    .await?;
    Ok(true)
}

/// Makes the move, or says why it cannot be made.
pub(super) async fn make(
    transaction: &WriteTransaction,
    id: i64,
    made: Move,
    step: Step<'_>,
) -> Result<()> {
    if try_make(transaction, id, made, step).await? {
        Ok(())
    } else {
        Err(refusal(transaction, id, made.rule().refusal).await?)
    }
}

/// Why nothing was changed.
pub(super) async fn refusal(
    transaction: &WriteTransaction,
    id: i64,
    why: &'static str,
) -> std::result::Result<NewsletterError, DbErr> {
    let state: Option<State> = newsletter::Entity::find_by_id(id)
        .select_only()
        .column(newsletter::Column::State)
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(match state {
        Some(state) => NewsletterError::State {
            id,
            state: state.as_str(),
            why,
        },
        None => NewsletterError::NotFound(id),
    })
}

/// Writes a line of the audit log about a newsletter, in the transaction of what it records.
pub(super) async fn record(
    transaction: &WriteTransaction,
    now: i64,
    by: &str,
    action: Action,
    id: i64,
    details: &str,
) -> std::result::Result<(), DbErr> {
    let said = details.to_owned();
    transaction.once_committed(move || {
        tracing::info!(
            newsletter.id = id,
            ?action,
            details = said,
            "newsletter changed"
        );
    });
    let object = format!("newsletter/{id}");
    audit::record(transaction, now, by, action, object, details).await
}

/// Ends a newsletter whose deliveries are all settled, and keeps its counts; whether it did: a pause
/// or a cancellation may have come first.
///
/// # Errors
/// [`DbErr`] where the database fails.
pub async fn finish(
    db: &Db,
    id: i64,
    counts: &Counts,
    now: i64,
) -> std::result::Result<bool, DbErr> {
    let json = serde_json::to_string(counts).map_err(|error| DbErr::Json(error.to_string()))?;
    let transaction = db.begin().await?;
    let set = newsletter::ActiveModel {
        finished_at: Set(Some(now)),
        counts: Set(Some(json.clone())),
        ..Default::default()
    };
    let step = Step::new(now, GAZETTE)
        .details(json)
        .set(set)
        .only(Condition::all().add(newsletter::Column::EnqueuedAt.is_not_null()));
    let finished = try_make(&transaction, id, Move::Finish, step).await?;
    if finished {
        tell_of_end(&transaction, id, now, counts).await?;
    }
    transaction.commit().await?;
    Ok(finished)
}
