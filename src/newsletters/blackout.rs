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

use sea_orm::DbErr;

use super::{
    Audience, Newsletter, NewsletterError, NewsletterState as State, Result, find,
    lifecycle::{audit, stop_for},
    telling::tell_staff,
};
use crate::{
    app::App,
    audit::Action,
    clock::{Timestamp, instant},
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
                "this text would reach {people} people who did not ask for it and are not covered by the exception \
                 for news releases to the media; from {MASS} on that is an unsolicited mass communication, and none \
                 may go out from {}",
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
    let row = app
        .db
        .one(
            "SELECT CAST(coalesce(sum(n.unsolicited), 0) AS BIGINT) FROM newsletter n, newsletter o
             WHERE o.id = $1 AND n.audience = 1 AND n.started_at >= $2 AND n.id <> $1
               AND (n.release_id = o.release_id OR n.document = o.document)
               AND EXISTS (SELECT 1 FROM delivery d WHERE d.newsletter_id = n.id AND d.state <= 3)",
            values![newsletter.id, begins],
        )
        .await?;
    let before: i64 = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0);
    let size = press_list::size(app).await?;
    let now = if newsletter.news_release {
        size.no_medium
    } else {
        size.people
    };
    Ok(before.unsigned_abs() + now)
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
    let noted = app
        .db
        .execute(
            "UPDATE newsletter SET blackout_to = $2 WHERE id = $1 AND state IN (0, 1, 2, 3) AND coalesce(blackout_to, '') < $2",
            values![id, found.blackout.last.to_string()],
        )
        .await?;
    if noted > 0 {
        let details = format!(
            "{}, {}",
            newsletter.audience.as_str(),
            found.blackout.words()
        );
        audit(app, by, Action::NewsletterAcknowledgeBlackout, id, &details).await?;
    }
    Ok(())
}

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
pub(super) async fn hold(
    app: &App,
    office: &Office,
    now: i64,
) -> std::result::Result<Option<String>, NewsletterError> {
    let at = instant(now);
    let Some(blackout) = blackout_at(app, &office.time_zone, at).await? else {
        return Ok(None);
    };
    for (id, state) in candidates(app, office, now).await? {
        let newsletter = find(app, id).await?;
        let found = weigh(app, office, &newsletter, blackout.clone(), at).await?;
        if state == State::Sending as i16 {
            // What began before the blackout needs no note, but what is forbidden stops.
            if let Some(why) = found.blocked {
                stop_for(app, id, &why).await?;
            }
        } else if let Some(why) = objection(&found) {
            back_to_draft(app, id, &why).await?;
        }
    }
    Ok(Some(blackout.last.to_string()))
}

/// Who is due, and who is being sent and may be forbidden to.
async fn candidates(
    app: &App,
    office: &Office,
    now: i64,
) -> std::result::Result<Vec<(i64, i16)>, DbErr> {
    // newsletter_active
    let rows = app
        .db
        .all(
            "SELECT id, state FROM newsletter WHERE state IN (1, 2, 3)
               AND ((state = 1 AND coalesce(scheduled_at, 0) <= $1) OR (state = 2 AND (audience = 1 OR $2)))",
            values![now, office.pause_in_blackout],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}

async fn back_to_draft(app: &App, id: i64, why: &str) -> Result<()> {
    let attention = format!("It was not sent: {why}.");
    let held = app
        .db
        .execute(
            "UPDATE newsletter SET state = 0, approved_at = NULL, approved_by = NULL, scheduled_at = NULL, attention = $2
             WHERE id = $1 AND state = 1",
            values![id, attention.as_str()],
        )
        .await?;
    if held > 0 {
        tracing::warn!(newsletter.id = id, "held: a blackout");
        tell_staff(&app.db, app.db.pool(), id, &attention).await?;
        audit(app, "gazette", Action::NewsletterHoldForBlackout, id, why).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
