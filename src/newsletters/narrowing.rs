//! Who of a topic's subscribers gets a newsletter: not everyone, where the same content goes out under
//! another topic too, or where it is a correction.

use std::fmt::Write;

/// What narrows the audience of newsletter `id` further, as conditions on its readers `t`.
#[must_use]
pub fn narrowed(id: i64, edition: Option<i64>, corrects: Option<i64>) -> String {
    let mut sql = String::new();
    if let Some(edition) = edition {
        // Nobody gets the same content a second time under another topic; whoever was withdrawn
        // (5) from the other one did not get it. newsletter_of_edition, delivery's primary key.
        let _ = write!(
            sql,
            " AND NOT EXISTS (SELECT 1 FROM newsletter b JOIN delivery d
                 ON d.newsletter_id = b.id AND d.subscriber_id = t.subscriber_id
                 WHERE b.edition = {edition} AND b.id <> {id} AND d.state <> 5)"
        );
    }
    if let Some(corrects) = corrects {
        // Only who got what is corrected (3), or may have: claimed (1), or deferred in doubt (2).
        // delivery's primary key.
        let _ = write!(
            sql,
            " AND EXISTS (SELECT 1 FROM delivery d WHERE d.newsletter_id = {corrects}
                 AND d.subscriber_id = t.subscriber_id AND d.state IN (1, 2, 3))"
        );
    }
    sql
}
