//! Who of a topic's subscribers gets a newsletter: not everyone, where the same content goes out under
//! another topic too, or where it is a correction.

use std::fmt::Write;

use super::NewsletterState as State;
use crate::{
    db::{sql_value, sql_values},
    delivery_state::DeliveryState,
};

/// What narrows the audience of newsletter `id` further, as conditions on its readers `t`.
#[must_use]
pub fn narrowed(id: i64, edition: Option<i64>, corrects: Option<i64>) -> String {
    let mut sql = String::new();
    if let Some(edition) = edition {
        // Nobody gets the same content a second time under another topic; whoever was withdrawn
        // from the other one did not get it. newsletter_of_edition, delivery's primary key.
        let withdrawn = sql_value(&DeliveryState::Withdrawn);
        let _ = write!(
            sql,
            " AND NOT EXISTS (SELECT 1 FROM newsletter b JOIN delivery d
                 ON d.newsletter_id = b.id AND d.subscriber_id = t.subscriber_id
                 WHERE b.edition = {edition} AND b.id <> {id} AND d.state <> {withdrawn})"
        );
    }
    if let Some(corrects) = corrects {
        let rest = "t.subscriber_id > f.enqueued_to AND s.status_at <= f.started_at";
        sql.push_str(&sql_is_corrected(corrects, "t.subscriber_id", rest));
    }
    sql
}

/// The same for a correction to the press list, as conditions on its contacts `c`.
#[must_use]
pub fn narrowed_contacts(corrects: Option<i64>) -> String {
    let rest = "f.total = 0 AND c.added_at <= f.started_at";
    corrects.map_or_else(String::new, |first| sql_is_corrected(first, "c.id", rest))
}

/// SQL text: `reader` gets the correction of newsletter `first`. Who got that one, or may have: claimed, or
/// deferred in doubt. And where it is still being sent, or was when a correction took over, whom it has
/// not reached: what waits or was withdrawn in its queue, and the `rest` of its list, which was never
/// queued. By the primary keys of delivery and newsletter.
fn sql_is_corrected(first: i64, reader: &str, rest: &str) -> String {
    use DeliveryState::{Accepted, Claimed, Deferred, Queued, Withdrawn};
    let delivery = |states: &[DeliveryState]| {
        format!(
            "EXISTS (SELECT 1 FROM delivery d WHERE d.newsletter_id = {first}
                 AND d.subscriber_id = {reader} AND d.state IN ({}))",
            sql_values(states)
        )
    };
    format!(
        " AND ({} OR EXISTS (SELECT 1 FROM newsletter f WHERE f.id = {first}
             AND (f.superseded_by IS NOT NULL OR f.state IN ({})) AND ({} OR {rest})))",
        delivery(&[Claimed, Deferred, Accepted]),
        sql_values(&[State::Sending, State::Paused]),
        delivery(&[Queued, Withdrawn]),
    )
}
