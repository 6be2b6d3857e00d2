//! What Gazette promises, held against what is true. Other promises are checked where the truth is
//! noted: see [`World`].

use anyhow::Result;
use rusqlite::Connection;
use tokio::time::Instant;

use crate::{plan::Plan, world::World};

/// Statements in a second with nothing to do, for each process; and for each message that leaves.
const STATEMENTS: u64 = 300;
const STATEMENTS_PER_MESSAGE: u64 = 60;

/// Nobody asks the database all the time.
pub fn database_is_left_alone(world: &World, statements: u64, processes: usize) {
    let now = world.now();
    let departures = world.departures();
    let recent = departures
        .iter()
        .rev()
        .take_while(|at| **at + 1_000 >= now)
        .count() as u64;
    let most = STATEMENTS * (processes as u64 + 1) + STATEMENTS_PER_MESSAGE * recent;
    if statements > most {
        world.violated(format!(
            "{statements} statements in a second, with {recent} messages"
        ));
    }
}

/// What one reader is at fault for pauses nobody.
pub fn nobody_pauses_without_reason(
    world: &World,
    eye: &Connection,
    by_staff: &[(i64, Instant)],
) -> Result<()> {
    if world.may_pause() {
        return Ok(());
    }
    let sql = "SELECT id, coalesce(attention, '') FROM newsletter WHERE state = 3";
    let mut statement = eye.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, why): (i64, String) = (row.get(0)?, row.get(1)?);
        if !by_staff.iter().any(|(paused, _)| *paused == id) {
            world.violated(format!("newsletter {id} was paused: {why}"));
        }
    }
    Ok(())
}

/// Nobody is lost: each reader has an outcome, and it is the true one.
pub fn hold_at_the_end(world: &World, eye: &Connection, plan: &Plan) -> Result<()> {
    rate_was_kept(world, plan);
    permits_were_conserved(world, eye, plan)?;
    for newsletter in 1..=plan.newsletters.len() as i64 {
        let sql = "SELECT state FROM newsletter WHERE id = ?1";
        let state: i64 = eye.query_row(sql, [newsletter], |row| row.get(0))?;
        for (reader, fate) in (1_i64..).zip(&plan.fates) {
            let sql = "SELECT state FROM delivery WHERE newsletter_id = ?1 AND subscriber_id = ?2";
            let stored = eye.query_row(sql, [newsletter, reader], |row| row.get::<_, i64>(0));
            let stored = stored.ok();
            let delivery = (newsletter, reader);
            let truth = world.truth(delivery);
            let wrong = match stored {
                // Accepted.
                Some(3) if truth.accepted > 0 => None,
                Some(3) => Some("is on record as accepted, and the relay never took it"),
                // Failed, withdrawn, or never queued: perhaps its copy in doubt came after all.
                _ if truth.accepted > truth.doubts => {
                    Some("was taken, and the database does not know")
                }
                Some(4) if fate.may_fail() || truth.refused_unclearly => None,
                Some(4) => Some("failed, and nothing was wrong with its mailbox"),
                Some(5) | None if world.has_left(reader) || state == 5 => None,
                Some(5) => Some("was withdrawn, and its reader had not left"),
                None => Some("was never queued"),
                Some(_) => Some("has no outcome, and its newsletter ended"),
            };
            if let Some(wrong) = wrong {
                world.violated(format!(
                    "{delivery:?} {wrong} ({stored:?}, {truth:?}, {fate:?})"
                ));
            }
        }
    }
    Ok(())
}

/// Each permit of the rate limit was used for a message or given back.
fn permits_were_conserved(world: &World, eye: &Connection, plan: &Plan) -> Result<()> {
    if plan.rate.is_none() || !plan.is_orderly {
        return Ok(());
    }
    let sum =
        "SELECT coalesce(sum(part.value ->> 1), 0) FROM relay, json_each(taken_in_day) AS part";
    let taken: i64 = eye.query_row(sum, [], |row| row.get(0))?;
    let (offered, left) = (world.offered(), world.departures().len() as i64);
    // A message that was offered and not sent may have used its permit or not.
    if !(left..=offered).contains(&taken) {
        world.violated(format!(
            "{taken} permits are gone; {offered} messages were offered and {left} left"
        ));
    }
    Ok(())
}

/// No more than rate × time and one burst, however long the time.
fn rate_was_kept(world: &World, plan: &Plan) {
    let Some(rate) = plan.rate else {
        return;
    };
    let interval = 1_000_f64 / f64::from(rate);
    // A message may be late for its permit by a burst, and each time that a clock is set there may be
    // one more.
    let burst = interval.max(200.0);
    let set = plan.clock_settings as f64;
    let departures = world.departures();
    for (first, from) in departures.iter().enumerate() {
        for (last, to) in departures.iter().enumerate().skip(first) {
            let many = (last - first + 1) as f64;
            let most = (to - from) as f64 / interval + (burst / interval) * (1.0 + set) + 1.0 + set;
            if many > most + 0.001 {
                world.violated(format!(
                    "{many} messages from {from} to {to} at {rate} a second: {most:.1} is the most"
                ));
                return;
            }
        }
    }
}
