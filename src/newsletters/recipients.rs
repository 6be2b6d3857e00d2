//! The recipients of one newsletter: its audience ([`crate::subscribers::audience`]), without those who
//! get the same content otherwise, and of a correction those whom the first text reached or was to reach. The count
//! that staff see, the proof and the queue ask the same question, so that what is said before sending
//! is what is queued.

use std::fmt::Write;

use super::{
    NewsletterState as State,
    newsletter_entities::newsletter,
    version_audience::{sql_is_to_reach, sql_speaks_to},
};
use crate::{
    db::{sql_value, sql_values},
    delivery_lookup,
    delivery_state::DeliveryState,
    subscribers::{
        Frequency,
        audience::{
            Audience, NO_TOPIC, SqlAudience, sql_frequency_at, sql_join_subscriber_of_contact,
            sql_join_subscription,
        },
    },
};

/// What decides who gets a newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipients {
    /// `newsletter.id`
    pub newsletter: i64,
    /// Whom it is for.
    pub audience: Audience,
    /// The first of the newsletters with the same content for other topics.
    pub edition: Option<i64>,
    /// The newsletter that it corrects.
    pub corrects: Option<i64>,
    /// For who wants newsletters so often.
    pub frequency: Frequency,
    /// The instant for which that is asked, in milliseconds: what was wanted when it began to be sent, or
    /// when the last of what a summary brings did.
    pub wanted_at: i64,
    /// The reader's language decides, too ([`super::sql_speaks_to`]).
    pub by_language: bool,
}

/// SQL text: a column that is 1 where the reader's language decides who gets the newsletter `n`.
pub const SQL_BY_LANGUAGE: &str =
    "CASE WHEN n.version_rank IS NOT NULL OR n.for_language IS NOT NULL
     OR n.not_languages IS NOT NULL THEN CAST(1 AS BIGINT) END AS by_language";

impl Recipients {
    /// Of a newsletter as it is stored.
    pub(super) fn of(row: &newsletter::Model) -> Self {
        Self {
            newsletter: row.id,
            audience: row.audience,
            edition: row.edition,
            corrects: row.corrects,
            frequency: row.frequency,
            wanted_at: row.covers_to.or(row.started_at).unwrap_or(i64::MAX),
            by_language: row.version_rank.is_some()
                || row.for_language.is_some()
                || row.not_languages.is_some(),
        }
    }

    /// SQL text: who is to be queued for it, if its topic is `$topic` and its sending began at `$began`.
    #[must_use]
    pub fn sql(&self, topic: &str, began: &str) -> SqlAudience {
        let mut sql = self.audience.sql_eligible(topic, began);
        sql.conditions.push_str(&self.sql_narrowing(sql.reader));
        sql
    }

    /// SQL text: whom it reaches, now or later: as [`Self::sql`], but of one that goes out by itself also
    /// those who have it in their next summary, which brings only what was sent.
    fn sql_reached(&self, topic: &str, began: &str) -> SqlAudience {
        if self.frequency != Frequency::Each {
            return self.sql(topic, began);
        }
        let mut sql = self.audience.sql_eligible(topic, began);
        sql.conditions.push_str(&self.sql_not_yet_got(sql.reader));
        sql
    }

    /// SQL text: somebody would get it if its sending began at `began`. It is asked of a newsletter that
    /// somebody lets go, and again in the statement that begins it.
    ///
    /// It is the question of the queue but for newsletters of its edition that were let go with it, for other
    /// topics: whom those reach first is not known yet, and a topic whose readers all have the text then has got it.
    /// What had begun before it was approved counts, and so does what goes out in another language, which no
    /// reader gets beside this one. A summary, which stands under each topic of its releases, is never held back:
    /// all its readers may get the one of another topic.
    pub(super) fn sql_reaches_somebody(&self, topic: &str, began: &str) -> String {
        if self.frequency != Frequency::Each {
            return "1 = 1".to_owned();
        }
        let alone = Self {
            edition: None,
            ..*self
        };
        let no_topic = NO_TOPIC.to_string();
        let topic = match self.audience {
            Audience::Subscribers => topic,
            // The press list stands under no topic, whatever its newsletter's row says.
            Audience::PressList => &no_topic,
        };
        let SqlAudience {
            from,
            mut conditions,
            reader,
        } = alone.sql_reached(topic, began);
        if let Some(edition) = self.edition {
            // newsletter_of_edition, the primary keys of newsletter and delivery
            let _ = write!(
                conditions,
                " AND NOT EXISTS (SELECT 1 FROM newsletter b
                     JOIN newsletter o ON o.id = {id} {delivery}
                     WHERE b.edition = {edition} AND b.id <> {id} AND {kept}
                     AND (b.language <> o.language OR b.started_at <
                          CASE WHEN o.state = {approved} THEN coalesce(o.approved_at, {end}) ELSE {end} END))",
                id = self.newsletter,
                delivery = delivery_lookup::sql_join("b.id", reader),
                kept = delivery_lookup::sql_is_kept(),
                approved = sql_value(&State::Approved),
                end = i64::MAX,
            );
        }
        format!("EXISTS (SELECT 1 FROM {from} WHERE {conditions})")
    }

    /// SQL text: further conditions on the reader whose id stands in the column `reader`.
    #[must_use]
    pub fn sql_narrowing(&self, reader: &str) -> String {
        let mut sql = self.sql_not_yet_got(reader);
        if self.corrects.is_none() && self.audience == Audience::Subscribers {
            sql.push_str(&self.sql_wants_it_so_often(reader));
        }
        sql
    }

    /// SQL text: the reader has not got the same content otherwise, or got what is corrected.
    fn sql_not_yet_got(&self, reader: &str) -> String {
        let id = self.newsletter;
        let mut sql = String::new();
        if self.audience == Audience::PressList {
            // Who got the same release as a subscriber does not get it twice. newsletter_of_release,
            // then primary keys.
            let _ = write!(
                sql,
                " AND NOT EXISTS (SELECT 1 FROM newsletter n
                     JOIN newsletter o ON o.release_id = n.release_id AND o.audience = {}
                     {}
                     {} AND {}
                     WHERE n.id = {id})",
                sql_value(&Audience::Subscribers),
                sql_join_subscriber_of_contact(),
                delivery_lookup::sql_join("o.id", "s.id"),
                delivery_lookup::sql_goes_or_arrived()
            );
        }
        if let Some(edition) = self.edition {
            // Nobody gets the same content a second time under another topic; whoever was withdrawn
            // from the other one did not get it. newsletter_of_edition, delivery's primary key.
            let _ = write!(
                sql,
                " AND NOT EXISTS (SELECT 1 FROM newsletter b {}
                     WHERE b.edition = {edition} AND b.id <> {id} AND {})",
                delivery_lookup::sql_join("b.id", reader),
                delivery_lookup::sql_is_kept()
            );
        }
        if self.by_language && self.corrects.is_none() && self.audience == Audience::Subscribers {
            // newsletter's primary key
            let _ = write!(
                sql,
                " AND EXISTS (SELECT 1 FROM newsletter ln WHERE ln.id = {id} AND {})",
                sql_is_to_reach("ln", "s")
            );
        }
        if let Some(corrects) = self.corrects {
            let rest = match self.audience {
                Audience::Subscribers => format!(
                    "t.topic_id = f.topic_id AND t.subscriber_id > f.enqueued_to AND s.status_at <= f.started_at
                     AND {} = f.frequency AND {}",
                    sql_frequency_at("t", "coalesce(f.covers_to, f.started_at)"),
                    sql_speaks_to("f", "s")
                ),
                Audience::PressList => "f.total = 0 AND c.added_at <= f.started_at".to_owned(),
            };
            sql.push_str(&sql_is_corrected(corrects, reader, &rest));
        }
        sql
    }

    /// SQL text: the subscription `t` wants newsletters as often as this one comes. A summary passes over
    /// whoever got the same content sooner, under another topic of its edition.
    fn sql_wants_it_so_often(&self, reader: &str) -> String {
        let (wanted, at) = (sql_value(&self.frequency), self.wanted_at.to_string());
        let mut sql = format!(" AND {} = {wanted}", sql_frequency_at("t", &at));
        if let (Some(edition), true) = (self.edition, self.frequency > Frequency::Each) {
            // newsletter_of_edition, subscription's primary key
            let _ = write!(
                sql,
                " AND NOT EXISTS (SELECT 1 FROM newsletter b {}
                     WHERE b.edition = {edition} AND {} < {wanted})",
                sql_join_subscription("u", "b.topic_id", reader),
                sql_frequency_at("u", &at)
            );
        }
        sql
    }
}

/// SQL text: `reader` gets the correction of newsletter `first`. Who got that one, or may have: claimed, or
/// deferred in doubt. And where it is still being sent, or was when a correction took over, whom it has
/// not reached: what waits or was withdrawn in its queue, and the `rest` of its list, which was never
/// queued. By the primary keys of delivery and newsletter.
fn sql_is_corrected(first: i64, reader: &str, rest: &str) -> String {
    use DeliveryState::{Accepted, Claimed, Deferred, Queued, Withdrawn};
    let delivery =
        |states: &[DeliveryState]| delivery_lookup::sql_has(&first.to_string(), reader, states);
    format!(
        " AND ({} OR EXISTS (SELECT 1 FROM newsletter f WHERE f.id = {first}
             AND (f.superseded_by IS NOT NULL OR f.state IN ({})) AND ({} OR {rest})))",
        delivery(&[Claimed, Deferred, Accepted]),
        sql_values(&[State::Sending, State::Paused]),
        delivery(&[Queued, Withdrawn]),
    )
}

#[cfg(test)]
mod tests;
