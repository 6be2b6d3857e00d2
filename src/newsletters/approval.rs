//! Approval: a person decides that a newsletter goes out, now or at a time. It is approval of what
//! they saw: they name the revision of the text, and its hash stands in the audit log. What is approved
//! in the console waits for some seconds in which it can be undone; the wait stands in the database, and
//! [`super::sending_start`] begins nothing before it is over.

use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, sea_query::Expr,
};

use super::{
    NewsletterError, NewsletterState as State, Result, blackout_rules,
    lifecycle::{Move, Step, make},
    making::decided_releases,
    newsletter_entities::newsletter,
    newsletter_notifications::tell_of_undo,
    release_event_cursor::sql_knows_all,
    release_updates::follow_changes,
    review::admit_approver,
    sending_start::start_due,
    store::{find, reaches_somebody},
    text_revisions::{TextMark, check_revision, hold},
};
use crate::{
    accounts::{Role, StaffNames},
    app::App,
    audit::{self, Action},
    clock::{SECOND, Timestamp, instant},
    db::WriteTransaction,
    office::Office,
    releases,
};

/// What is said to who wrote a text that somebody else has approved, and would have it go out at another time.
const OTHERS_SAY_WHEN: &str = "you wrote or changed this text, and in your office somebody else decides when it goes out; \
    you can take it back to draft, and ask for approval again";

/// Whether there is time to undo what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// The seconds that the office has set: for what a person pressed.
    OfficeSeconds,
    /// None: for the command line, where nobody sits and waits.
    Never,
}

impl Undo {
    /// Before which instant nothing may begin.
    fn until(self, office: &Office, now: i64) -> Option<i64> {
        match self {
            Self::OfficeSeconds if office.undo_seconds > 0 => {
                Some(now + i64::from(office.undo_seconds) * SECOND)
            }
            _ => None,
        }
    }
}

/// That a newsletter which nobody has sent yet still says what the person saw as revision `seen`.
///
/// # Errors
/// [`NewsletterError::Changed`] where it does not.
pub async fn check_seen(app: &App, id: i64, seen: i32) -> Result<()> {
    let newsletter = find(app, id).await?;
    let waits = matches!(newsletter.state, State::Draft | State::Approved);
    if waits && newsletter.revision != seen {
        return Err(NewsletterError::Changed {
            id,
            seen,
            now: newsletter.revision,
        });
    }
    Ok(())
}

/// That somebody would get it: what nobody gets looks as if it had been sent.
///
/// # Errors
/// [`NewsletterError::Wrong`] where nobody would.
pub async fn check_audience(app: &App, id: i64) -> Result<()> {
    if reaches_somebody(app, id).await? {
        return Ok(());
    }
    Err(NewsletterError::Wrong(
        "nobody would get it: there is no confirmed subscriber whom it is for, or all of them have got this release already"
            .to_owned(),
    ))
}

/// Approves a draft of which the person saw revision `seen`: it goes out at `at`, or at once; where
/// its release is not final yet, when it is.
///
/// # Errors
/// [`NewsletterError::Changed`] where it says something else by now;
/// [`NewsletterError::ReleaseNews`] where something happened to its release this very moment;
/// [`NewsletterError::OfficeIncomplete`] while a mail would lack the sender or the postal address
/// (O11); [`NewsletterError::Wrong`] for a time that is past, or where who wrote it may not approve it; [`NewsletterError::Blackout`] for a time in a blackout that nobody took
/// note of, or in which it may not go out.
pub async fn approve(app: &App, id: i64, by: &str, at: Option<Timestamp>, seen: i32) -> Result<()> {
    approve_in(app, id, by, at, seen, Undo::Never).await
}

/// [`approve`], with time to undo it before anything is sent.
///
/// # Errors
/// As [`approve`], and [`NewsletterError::Wrong`] where nobody would get it.
pub async fn approve_with_undo(
    app: &App,
    id: i64,
    by: &str,
    at: Option<Timestamp>,
    seen: i32,
) -> Result<()> {
    approve_in(app, id, by, at, seen, Undo::OfficeSeconds).await
}

async fn approve_in(
    app: &App,
    id: i64,
    by: &str,
    at: Option<Timestamp>,
    seen: i32,
    undo: Undo,
) -> Result<()> {
    let office = admit(app, id, at, undo).await?;
    let now = app.clock.now_ms();
    let at = at.map(Timestamp::as_millisecond);
    // What has happened to its release is told first, and may be another text.
    follow_changes(app).await?;
    let transaction = app.db.begin().await?;
    let text = text_as_seen(&transaction, id, seen, State::Draft).await?;
    if !knows_all(&transaction, id).await? {
        return Err(NewsletterError::ReleaseNews(id));
    }
    admit_approver(&transaction, &office, id, by).await?;
    let undo_until = undo.until(&office, now);
    let set = newsletter::ActiveModel {
        approved_at: Set(Some(now)),
        approved_by: Set(Some(by.to_owned())),
        scheduled_at: Set(at),
        automatic: Set(false),
        waits: Set(false),
        attention: Set(None),
        auto_approve: Set(None),
        undo_until: Set(undo_until),
        review_requested_at: Set(None),
        review_requested_by: Set(None),
        ..Default::default()
    };
    let step = Step::new(now, by)
        .details(format!("{}; {text}", when(at)))
        .set(set)
        .only(is_revision(seen));
    make(&transaction, id, Move::Approve, step).await?;
    // Whoever approves it has decided about its release too.
    for release in decided_releases(&transaction, id).await? {
        releases::accept(app, &transaction, release).await?;
    }
    transaction.commit().await?;
    begin(app, at, undo_until).await
}

/// Sends one at once that was approved for a later time, or that waits for the sending window:
/// who says "now" is not held. They name the revision that they saw, too.
pub async fn send_now(app: &App, id: i64, by: &str, seen: i32) -> Result<()> {
    reschedule_in(app, id, by, None, seen, Undo::Never).await
}

/// [`send_now`], with time to undo it before anything is sent.
pub async fn send_now_with_undo(app: &App, id: i64, by: &str, seen: i32) -> Result<()> {
    reschedule_in(app, id, by, None, seen, Undo::OfficeSeconds).await
}

/// Gives one that is approved another time, with time to undo that, too.
///
/// # Errors
/// As [`approve`].
pub async fn reschedule(app: &App, id: i64, by: &str, at: Timestamp, seen: i32) -> Result<()> {
    reschedule_in(app, id, by, Some(at), seen, Undo::OfficeSeconds).await
}

async fn reschedule_in(
    app: &App,
    id: i64,
    by: &str,
    at: Option<Timestamp>,
    seen: i32,
    undo: Undo,
) -> Result<()> {
    let office = admit(app, id, at, undo).await?;
    let now = app.clock.now_ms();
    let at = at.map(Timestamp::as_millisecond);
    let transaction = app.db.begin().await?;
    let text = text_as_seen(&transaction, id, seen, State::Approved).await?;
    // When it goes out is a part of what four eyes decide.
    admit_approver(&transaction, &office, id, by)
        .await
        .map_err(|refused| match refused {
            NewsletterError::Wrong(_) => NewsletterError::Wrong(OTHERS_SAY_WHEN.to_owned()),
            other => other,
        })?;
    let undo_until = undo.until(&office, now);
    let set = newsletter::ActiveModel {
        scheduled_at: Set(at),
        waits: Set(false),
        undo_until: Set(undo_until),
        ..Default::default()
    };
    let (made, details) = match at {
        None => (Move::SendNow, text.to_string()),
        Some(_) => (Move::Reschedule, format!("{}; {text}", when(at))),
    };
    let step = Step::new(now, by)
        .details(details)
        .set(set)
        .only(is_revision(seen));
    make(&transaction, id, made, step).await?;
    transaction.commit().await?;
    begin(app, at, undo_until).await
}

/// Takes an approval back: it is a draft again, and nobody has got it. Where its sending has begun
/// meanwhile, nothing is changed.
///
/// # Errors
/// [`NewsletterError::State`] where it is not, or no longer, approved and waiting.
pub async fn back_to_draft(app: &App, id: i64, by: &str) -> Result<()> {
    let concerns_others = was_asked_for(app, id).await?;
    let names = StaffNames::load(app, Role::Approver)
        .await
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let held = hold(&transaction, id).await?;
    let set = newsletter::ActiveModel {
        approved_at: Set(None),
        approved_by: Set(None),
        scheduled_at: Set(None),
        automatic: Set(false),
        waits: Set(false),
        auto_approve: Set(None),
        undo_until: Set(None),
        // C4: each sending takes its own note of a blackout.
        blackout_to: Set(None),
        ..Default::default()
    };
    make(
        &transaction,
        id,
        Move::BackToDraft,
        Step::new(now, by).set(set),
    )
    .await?;
    if concerns_others || held.approved_by.as_deref().is_some_and(|who| who != by) {
        tell_of_undo(&transaction, &held, now, (by, names.called(by))).await?;
    }
    Ok(transaction.commit().await?)
}

/// Whether somebody asked for its approval.
async fn was_asked_for(app: &App, id: i64) -> Result<bool> {
    let about = audit::Filter {
        object: Some(format!("newsletter/{id}")),
        ..audit::Filter::default()
    };
    // One that has not gone out has some dozen lines in the log.
    let lines = audit::search(&app.db, &about, 200).await?;
    let asked = Action::NewsletterRequestReview.to_value();
    Ok(lines.iter().any(|line| line.action == asked))
}

/// That it may go out at all, and at `at` (none: now).
async fn admit(app: &App, id: i64, at: Option<Timestamp>, undo: Undo) -> Result<Office> {
    let office = Office::load(&app.db).await?;
    if !office.complete {
        return Err(NewsletterError::OfficeIncomplete);
    }
    let now = app.clock.now();
    if at.is_some_and(|at| at < now) {
        return Err(NewsletterError::Wrong(
            "that time is past; choose a later one, or send now".to_owned(),
        ));
    }
    blackout_rules::admit(app, &office, id, at.unwrap_or(now)).await?;
    if undo == Undo::OfficeSeconds {
        check_audience(app, id).await?;
    }
    Ok(office)
}

fn when(at: Option<i64>) -> String {
    at.map_or_else(|| "now".to_owned(), |at| instant(at).to_string())
}

/// Begins what nothing holds, and else lets the scheduler look when it may begin.
async fn begin(app: &App, at: Option<i64>, undo_until: Option<i64>) -> Result<()> {
    if at.is_none() && undo_until.is_none() {
        start_due(app).await?;
    }
    app.scheduler_wakeup.notify_one();
    Ok(())
}

/// Whether a newsletter knows all that happened to its releases.
async fn knows_all(transaction: &WriteTransaction, id: i64) -> Result<bool> {
    let knows = newsletter::Entity::find_by_id(id)
        .filter(Expr::cust(sql_knows_all()))
        .count(transaction)
        .await?;
    Ok(knows > 0)
}

fn is_revision(seen: i32) -> Condition {
    Condition::all().add(newsletter::Column::Revision.eq(seen))
}

/// The text that is decided about, held to the end of the transaction. In another state than `state`
/// the move itself says what is wrong.
async fn text_as_seen(
    transaction: &WriteTransaction,
    id: i64,
    seen: i32,
    state: State,
) -> Result<TextMark> {
    let held = hold(transaction, id).await?;
    if held.state == state {
        check_revision(&held, seen)?;
    }
    Ok(TextMark::of(&held))
}
