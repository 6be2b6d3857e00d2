//! How far a newsletter is, in one line.

use crate::newsletters::Counts;

/// `24 accepted, 1 withdrawn`: what is not zero.
pub(super) fn sentence(counts: Counts) -> String {
    let parts: Vec<String> = [
        (counts.queued, "queued"),
        (counts.claimed, "claimed"),
        (counts.accepted, "accepted"),
        (counts.deferred, "deferred"),
        (counts.failed, "failed"),
        (counts.withdrawn, "withdrawn"),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    if parts.is_empty() {
        "none yet".to_owned()
    } else {
        parts.join(", ")
    }
}
