//! Which of the newsletters of one release in several languages is for whom, as SQL.

use super::NewsletterState as State;
use crate::{
    db::sql_value,
    subscribers::{
        Frequency,
        audience::{sql_frequency_at, sql_join_subscription},
    },
};

/// SQL text: the newsletter in the alias `n` is in the language of the subscriber `s`, or the nearest that
/// there is for her. Languages are compared by their first two letters, which all that readers choose have.
/// By `newsletter_of_edition`, then subscription's primary key.
#[must_use]
pub fn sql_speaks_to(n: &str, s: &str) -> String {
    sql_nearest(n, s, "")
}

/// SQL text: as [`sql_speaks_to`], for the queue of `n`. A version whose own queue has passed over `s`, though she
/// was a subscriber when it began, counts no more: she read another language then, and has it no more. Who did get
/// that version gets no other of its edition ([`super::Recipients`]).
pub(super) fn sql_is_to_reach(n: &str, s: &str) -> String {
    let has_passed_over = format!(
        "AND NOT (lb.enqueued_to >= {s}.id AND coalesce({s}.status_at <= lb.started_at, FALSE))"
    );
    sql_nearest(n, s, &has_passed_over)
}

/// SQL text: no other version of `n` that meets `others` is nearer to the subscriber `s`.
fn sql_nearest(n: &str, s: &str, others: &str) -> String {
    let hers = format!("substr({s}.language, 1, 2)");
    let each = sql_frequency_at(
        "lu",
        &format!("coalesce({n}.started_at, 9223372036854775807)"),
    );
    format!(
        "({n}.for_language IS NULL OR substr({n}.for_language, 1, 2) = {hers})
         AND ({n}.not_languages IS NULL OR {n}.not_languages NOT LIKE '%' || {hers} || '%')
         AND ({n}.version_rank IS NULL OR substr({n}.language, 1, 2) = {hers} OR NOT EXISTS
              (SELECT 1 FROM newsletter lb {hers_of_it}
               WHERE lb.edition = {n}.edition AND lb.state <> {cancelled} AND lb.language <> {n}.language
                 AND {each} = {frequency} {others}
                 AND (substr(lb.language, 1, 2) = {hers} OR lb.version_rank < {n}.version_rank)))",
        hers_of_it = sql_join_subscription("lu", "lb.topic_id", &format!("{s}.id")),
        cancelled = sql_value(&State::Cancelled),
        frequency = sql_value(&Frequency::Each),
    )
}
