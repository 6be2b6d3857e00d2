//! What a blackout means for a newsletter (C1, C3, C4).
//!
//! * To subscribers it may go out: they asked for it, and the evidence is on record. Somebody must
//!   take note of the blackout for each one. An office may hold these, too (`pause-in-blackout`).
//! * To the press list it goes unasked. A news release to the media is no mass mailing, and contacts
//!   with a newspaper or station do not count. All others do, and so does everyone when it is no
//!   news release. From 500 people on, the same content sent before in the same year counted in, it
//!   is an unsolicited mass communication and stays here until the election is over.
//!
//! The rules are asked when somebody approves, and once more when sending begins: an election may
//! have been entered meanwhile, and what the policy `auto` approved was approved by nobody.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    Audience, Newsletter, NewsletterError, NewsletterState as State, Result,
    each_row::Failures,
    lifecycle::{self, Move, Step, try_make},
    newsletter_entities::newsletter::{self, Column},
    newsletter_notifications::notify_staff,
    store::find,
};
use crate::{
    app::App,
    audit::{Action, GAZETTE},
    clock::{Timestamp, instant},
    db::{rows, scalar, sql_value, sql_values},
    delivery_lookup::sql_reaches_anybody,
    house::{Blackout, blackout_at},
    office::Office,
    subscribers::press_list,
    values,
};

/// People from whom on the same content is a mass communication (2 USC 501(h)).
pub const MASS: u64 = 500;

/// A newsletter in a blackout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InBlackout {
    /// Which.
    pub blackout: Blackout,
    /// Why it may not go out in it; none: it may, when somebody has taken note.
    pub blocked: Option<String>,
    /// Whether somebody has taken note.
    pub acknowledged: bool,
}

/// Where the newsletter would stand if it went out at `at`; none outside a blackout.
pub async fn in_blackout(
    app: &App,
    newsletter: &Newsletter,
    at: Timestamp,
) -> Result<Option<InBlackout>> {
    let office = Office::load(&app.db).await?;
    match blackout_at(app, &office.time_zone, at).await? {
        Some(blackout) => Ok(Some(weigh(app, &office, newsletter, blackout, at).await?)),
        None => Ok(None),
    }
}

async fn weigh(
    app: &App,
    office: &Office,
    newsletter: &Newsletter,
    blackout: Blackout,
    at: Timestamp,
) -> Result<InBlackout> {
    let blocked = if office.pause_in_blackout {
        Some(format!(
            "your office sends no newsletter in a blackout ({}; setting pause-in-blackout)",
            blackout.words()
        ))
    } else if newsletter.audience == Audience::PressList {
        let people = unsolicited(app, office, newsletter, at).await?;
        (people >= MASS).then(|| {
            format!(
                "this text would reach {} people who did not ask for it and are not covered by the exception \
                 for news releases to the media; from {MASS} on that is an unsolicited mass communication, and none \
                 may go out from {}",
                gazette_templates::amounts::count(people),
                blackout.words()
            )
        })
    } else {
        None
    };
    Ok(InBlackout {
        acknowledged: newsletter.blackout_to >= Some(blackout.last),
        blocked,
        blackout,
    })
}

/// How many people this content has reached and would reach unasked, in the calendar year of `at`:
/// sending it in two halves makes it no smaller. A session of Congress is about a year.
async fn unsolicited(
    app: &App,
    office: &Office,
    newsletter: &Newsletter,
    at: Timestamp,
) -> Result<u64> {
    let year = office.time_zone.to_datetime(at).date().year();
    let begins = jiff::civil::date(year, 1, 1)
        .at(0, 0, 0, 0)
        .to_zoned_datetime(office.time_zone.clone())
        .map_or(0, |day| day.timestamp().as_millisecond());
    // newsletter_to_press
    let sql = format!(
        "SELECT CAST(coalesce(sum(n.unsolicited), 0) AS BIGINT) FROM newsletter n, newsletter o
         WHERE o.id = $1 AND n.audience = {} AND n.started_at >= $2 AND n.id <> $1
           AND (n.release_id = o.release_id OR n.document = o.document)
           AND {}",
        sql_value(&Audience::PressList),
        sql_reaches_anybody("n.id")
    );
    let before: Option<i64> = scalar(app.db.pool(), &sql, values![newsletter.id, begins]).await?;
    let size = press_list::size(app).await?;
    let now = if newsletter.news_release {
        size.no_medium
    } else {
        size.people
    };
    Ok(before.unwrap_or(0).unsigned_abs() + now)
}

/// Notes that `by` knows that the newsletter would go out in a blackout at `at` (none: now), and
/// that its list is in order (C4). Outside a blackout there is nothing to note.
///
/// # Errors
/// [`NewsletterError::Blackout`] where it may not go out at all.
pub async fn acknowledge_blackout(
    app: &App,
    id: i64,
    by: &str,
    at: Option<Timestamp>,
) -> Result<()> {
    let newsletter = find(app, id).await?;
    let at = at.unwrap_or_else(|| app.clock.now());
    let Some(found) = in_blackout(app, &newsletter, at).await? else {
        return Ok(());
    };
    if let Some(why) = found.blocked {
        return Err(NewsletterError::Blackout(why));
    }
    let last = found.blackout.last.to_string();
    let transaction = app.db.begin().await?;
    let noted = Func::coalesce([Expr::col(Column::BlackoutTo), Expr::value("")]);
    let noted = newsletter::Entity::update_many()
        .col_expr(Column::BlackoutTo, Expr::value(last.as_str()))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in(NOT_ENDED))
        .filter(Expr::expr(noted).lt(last.as_str()))
        .exec(&transaction)
        .await?
        .rows_affected;
    if noted > 0 {
        let details = format!(
            "{}, {}",
            newsletter.audience.as_str(),
            found.blackout.words()
        );
        let (now, action) = (app.clock.now_ms(), Action::NewsletterAcknowledgeBlackout);
        lifecycle::record(&transaction, now, by, action, id, &details).await?;
    }
    Ok(transaction.commit().await?)
}

const NOT_ENDED: [State; 4] = [State::Draft, State::Approved, State::Sending, State::Paused];

/// Lets the newsletter pass if it may go out at `at`.
pub(super) async fn admit(app: &App, office: &Office, id: i64, at: Timestamp) -> Result<()> {
    let Some(blackout) = blackout_at(app, &office.time_zone, at).await? else {
        return Ok(());
    };
    let newsletter = find(app, id).await?;
    let found = weigh(app, office, &newsletter, blackout, at).await?;
    match objection(&found) {
        Some(why) => Err(NewsletterError::Blackout(why)),
        None => Ok(()),
    }
}

fn objection(found: &InBlackout) -> Option<String> {
    if let Some(why) = &found.blocked {
        return Some(why.clone());
    }
    (!found.acknowledged).then(|| {
        format!(
            "this would go out in the blackout of {}; confirm that you know it and that its list is in order: \
             tick the box beside the button, or add --acknowledge-blackout on the command line",
            found.blackout.words()
        )
    })
}

/// Makes drafts again of what is due and may not begin, and stops what may not go on. The last day
/// of the blackout that `now` lies in: only what was approved in the knowledge of it may begin.
pub(super) async fn hold_back(app: &App, office: &Office, now: i64) -> Result<Option<String>> {
    let at = instant(now);
    let Some(blackout) = blackout_at(app, &office.time_zone, at).await? else {
        return Ok(None);
    };
    let mut failures = Failures::default();
    for candidate in candidates(app, office, now).await? {
        let held = hold_candidate(app, office, &candidate, &blackout, at).await;
        failures.note("hold a newsletter back in a blackout", candidate.id, held);
    }
    failures.end()?;
    Ok(Some(blackout.last.to_string()))
}

async fn hold_candidate(
    app: &App,
    office: &Office,
    candidate: &Candidate,
    blackout: &Blackout,
    at: Timestamp,
) -> Result<()> {
    let newsletter = find(app, candidate.id).await?;
    let found = weigh(app, office, &newsletter, blackout.clone(), at).await?;
    let (made, why) = if candidate.state == State::Sending {
        // What began before the blackout needs no note, but what is forbidden stops.
        (Move::Stop, found.blocked)
    } else {
        (Move::Hold, objection(&found))
    };
    match why {
        Some(why) => hold_one(app, candidate.id, made, &why).await,
        None => Ok(()),
    }
}

/// Who is due, and who is being sent and may be forbidden to.
#[derive(Debug, FromQueryResult)]
struct Candidate {
    id: i64,
    state: State,
}

async fn candidates(app: &App, office: &Office, now: i64) -> Result<Vec<Candidate>> {
    // newsletter_active
    let sql = format!(
        "SELECT id, state FROM newsletter WHERE state IN ({})
           AND ((state = {} AND coalesce(scheduled_at, 0) <= $1) OR (state = {} AND (audience = {} OR $2)))
         ORDER BY id",
        sql_values(&[State::Approved, State::Sending, State::Paused]),
        sql_value(&State::Approved),
        sql_value(&State::Sending),
        sql_value(&Audience::PressList)
    );
    let values = values![now, office.pause_in_blackout];
    Ok(rows(app.db.pool(), &sql, values).await?)
}

/// Back to a draft, or paused, with the reason for staff.
async fn hold_one(app: &App, id: i64, made: Move, why: &str) -> Result<()> {
    let mut set = newsletter::ActiveModel::default();
    let attention = if made == Move::Hold {
        set.approved_at = Set(None);
        set.approved_by = Set(None);
        set.scheduled_at = Set(None);
        format!("It was not sent: {why}.")
    } else {
        why.to_owned()
    };
    set.attention = Set(Some(attention.clone()));
    let transaction = app.db.begin().await?;
    let step = Step::new(app.clock.now_ms(), GAZETTE).details(why).set(set);
    if try_make(&transaction, id, made, step).await? {
        let said = why.to_owned();
        transaction.once_committed(move || {
            tracing::warn!(newsletter.id = id, why = said, "held: a blackout");
        });
        notify_staff(&transaction, id, &attention, app.clock.now_ms()).await?;
    }
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests;
