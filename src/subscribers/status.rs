//! Where a subscriber stands, and the one state machine that moves them: which event leads from where
//! to where ([`Status::after`]), and what it takes along with it ([`apply`]).
//!
//! ```text
//!            Confirm, Import              Leave
//! pending ─────────────────▶ confirmed ──────────▶ unsubscribed
//!                              ▲   ▲ │                  │
//!               TakeBackBounce │   │ │ Bounce           │ Confirm: a whole new double opt-in; Undo
//!                              └───┼─┴──▶ bounced       │
//!                                  └────────┴───────────┘
//! who bounced can leave, too: what comes back once the bounce is taken back would come against their word
//! TakeBackLeaving: from unsubscribed back to confirmed, of whom an import said so that is undone
//! TakeBackMark: from bounced, complained or blocked to unsubscribed, of whom only an import said so that is undone
//! TakeBackImport: from confirmed back to pending, whom an import confirmed that is undone
//! LeftElsewhere: as Leave, and from pending: no list that says otherwise confirms them; their own link still does
//! from all of these: Never ──▶ blocked, Complain ──▶ complained; from both nothing that people do leads on
//! ```

use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, EnumIter, QueryFilter,
    sea_query::Expr,
};
use serde_json::Value;

pub use super::subscriber_kinds::Status;
use super::{
    came_back, confirmation_requests, consent, limits,
    subscriber_kinds::{Evidence, Frequency, SuppressionReason},
    subscriber_tables::subscriber,
    suppression, topics,
};
use crate::{address::EmailAddress, app::App, db::WriteTransaction};

/// What can happen to a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter)]
pub enum Event {
    /// The landing page's button, with a token that holds: the second half of the double opt-in.
    Confirm,
    /// One click, the page's button, a mail, or no topic left.
    Leave,
    /// Leaving was taken back on the page where it led, by the same link.
    Undo,
    /// "Never write to me again".
    Never,
    /// An operator's import with a consent of its own.
    Import,
    /// The import that said that they left is undone.
    TakeBackLeaving,
    /// The import that said that they bounced, complained or are blocked is undone, and nothing else said so.
    TakeBackMark,
    /// The import that confirmed them is undone.
    TakeBackImport,
    /// An operator's import says that they left an older list.
    LeftElsewhere,
    /// A hard bounce, or soft ones again and again.
    Bounce,
    /// Staff take a bounce back that was read wrongly.
    TakeBackBounce,
    /// An authentic complaint.
    Complain,
}

impl Status {
    /// Where `event` leads. `None`: nowhere, and whoever caused it gets the same answer as always.
    ///
    /// Asking on the form is not among the events: until the mail is confirmed, someone who left
    /// has left. If the form alone made them pending, anybody could turn "unsubscribed" into
    /// "unknown" by typing the address and waiting for it to expire.
    #[must_use]
    pub fn after(self, event: Event) -> Option<Self> {
        event.from().contains(&self).then(|| event.to())
    }

    /// Whether the form may lead to a confirmation mail: not to who is on the list, and not to who
    /// asked to be left alone.
    #[must_use]
    pub fn may_be_asked(self) -> bool {
        self.after(Event::Confirm).is_some()
    }
}

impl Event {
    /// Where it leads to.
    fn to(self) -> Status {
        match self {
            Self::Confirm
            | Self::Import
            | Self::TakeBackLeaving
            | Self::TakeBackBounce
            | Self::Undo => Status::Confirmed,
            Self::TakeBackImport => Status::Pending,
            Self::Leave | Self::LeftElsewhere | Self::TakeBackMark => Status::Unsubscribed,
            Self::Never => Status::Blocked,
            Self::Bounce => Status::Bounced,
            Self::Complain => Status::Complained,
        }
    }

    /// Where it may come from: all edges of the machine.
    fn from(self) -> &'static [Status] {
        use Status::{Blocked, Bounced, Complained, Confirmed, Pending, Unsubscribed};
        match self {
            // Coming back takes a whole new opt-in; a complaint or a block is for good.
            Self::Confirm => &[Pending, Unsubscribed, Bounced],
            // An import never brings back who left, bounced or complained.
            Self::Import => &[Pending],
            Self::TakeBackImport => &[Confirmed],
            Self::Leave => &[Confirmed, Bounced],
            Self::LeftElsewhere => &[Confirmed, Bounced, Pending],
            Self::Undo | Self::TakeBackLeaving => &[Unsubscribed],
            Self::Bounce => &[Confirmed, Pending],
            Self::TakeBackBounce => &[Bounced],
            Self::TakeBackMark => &[Bounced, Complained, Blocked],
            Self::Never | Self::Complain => &[Pending, Confirmed, Unsubscribed, Bounced],
        }
    }

    /// The evidence that it leaves.
    fn evidence(self) -> Evidence {
        match self {
            Self::Confirm => Evidence::Confirmed,
            Self::Leave | Self::LeftElsewhere => Evidence::Unsubscribed,
            Self::Undo => Evidence::Resubscribed,
            Self::Never => Evidence::Blocked,
            Self::Import => Evidence::Imported,
            Self::TakeBackImport | Self::TakeBackLeaving | Self::TakeBackMark => {
                Evidence::PreferencesChanged
            }
            Self::Bounce => Evidence::Bounced,
            Self::TakeBackBounce => Evidence::BounceTakenBack,
            Self::Complain => Evidence::Complained,
        }
    }

    /// Why the address must not be mailed from then on.
    fn suppresses(self) -> Option<SuppressionReason> {
        match self {
            Self::Never => Some(SuppressionReason::Blocked),
            Self::Bounce => Some(SuppressionReason::Bounced),
            Self::Complain => Some(SuppressionReason::Complained),
            Self::Confirm
            | Self::Leave
            | Self::LeftElsewhere
            | Self::Undo
            | Self::Import
            | Self::TakeBackImport
            | Self::TakeBackLeaving
            | Self::TakeBackMark
            | Self::TakeBackBounce => None,
        }
    }
}

/// Moves a subscriber by `event`, with all that belongs to it: the evidence, the suppression that it
/// sets or lifts, the topics and the confirmation links that end with it. False where it leads
/// nowhere from where they stand; then nothing was changed.
///
/// The update itself decides, not what was read before: of two opposing events at the same instant
/// the second waits for the row and then sees where the first has led. So it must come before
/// whatever else the transaction changes of this subscriber.
pub async fn apply(
    app: &App,
    transaction: &WriteTransaction,
    subscriber: i64,
    event: Event,
    evidence: &Value,
) -> Result<bool, DbErr> {
    if event == Event::TakeBackLeaving {
        // Who left with a mailbox that bounces is not mailed again by it.
        let key = email_key(transaction, subscriber).await?;
        if suppression::reason(app, transaction, &key).await?.is_some() {
            return Ok(false);
        }
    }
    let now = app.clock.now_ms();
    let moved = subscriber::Entity::update_many()
        .col_expr(
            subscriber::Column::Status,
            Expr::value(event.to().to_value()),
        )
        .col_expr(subscriber::Column::StatusAt, Expr::value(now))
        .filter(subscriber::Column::Id.eq(subscriber))
        .filter(subscriber::Column::Status.is_in(event.from().iter().copied()))
        .exec(transaction)
        .await?;
    if moved.rows_affected == 0 {
        return Ok(false);
    }
    if matches!(
        event,
        Event::Leave
            | Event::LeftElsewhere
            | Event::TakeBackImport
            | Event::Never
            | Event::Complain
    ) {
        topics::set(transaction, subscriber, &[], Frequency::Each, now).await?;
    }
    // A link that was asked for before leaving is no new opt-in; leaving elsewhere says nothing of what was asked here.
    if matches!(event, Event::Leave | Event::Never | Event::Complain) {
        confirmation_requests::close(transaction, subscriber, now).await?;
    }
    if matches!(event, Event::Confirm | Event::Leave | Event::Undo) {
        limits::answered(app, transaction, &address(transaction, subscriber).await?).await?;
    }
    let reason = event.suppresses();
    let lifts = matches!(
        event,
        Event::Confirm | Event::TakeBackBounce | Event::TakeBackMark | Event::Undo
    );
    if reason.is_some() || lifts {
        let key = email_key(transaction, subscriber).await?;
        match (reason, event) {
            (Some(reason), _) => suppression::add(app, transaction, &key, reason).await?,
            (None, Event::TakeBackBounce) => {
                suppression::lift_bounce(app, transaction, &key).await?;
            }
            (None, Event::TakeBackMark) => {
                suppression::lift_mark(app, transaction, &key).await?;
            }
            (None, _) => {
                suppression::lift(app, transaction, &key).await?;
                came_back::note(transaction, app.keys.address_hash(&key), subscriber).await?;
            }
        }
    }
    consent::record(transaction, subscriber, now, event.evidence(), evidence).await?;
    let status = event.to();
    transaction.once_committed(move || {
        tracing::info!(
            subscriber.id = subscriber,
            status = status.as_str(),
            "a subscriber's status changed"
        );
    });
    Ok(true)
}

/// The same of what somebody says of themselves. Where it leads nowhere because a list had said as much before, their
/// own word is written down beside it: undoing that list does not bring them back.
pub async fn apply_own_word(
    app: &App,
    transaction: &WriteTransaction,
    subscriber: i64,
    event: Event,
    evidence: &Value,
) -> Result<bool, DbErr> {
    if apply(app, transaction, subscriber, event, evidence).await? {
        return Ok(true);
    }
    if consent::is_last_of_a_list(transaction, subscriber).await? {
        let now = app.clock.now_ms();
        consent::record(transaction, subscriber, now, event.evidence(), evidence).await?;
    }
    Ok(false)
}

async fn address(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<EmailAddress, DbErr> {
    let row = subscriber::Entity::find_by_id(subscriber)
        .one(connection)
        .await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(format!("subscriber {subscriber}")))?;
    EmailAddress::parse(&row.email)
        .map_err(|error| DbErr::Custom(format!("the address of subscriber {subscriber}: {error}")))
}

async fn email_key(connection: &impl ConnectionTrait, subscriber: i64) -> Result<String, DbErr> {
    let row = subscriber::Entity::find_by_id(subscriber)
        .one(connection)
        .await?;
    row.map(|row| row.email_key)
        .ok_or_else(|| DbErr::RecordNotFound(format!("subscriber {subscriber}")))
}

#[cfg(test)]
mod tests;
