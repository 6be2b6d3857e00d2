//! Newsletters: composing, previews, audience, schedule, approval of a revision, corrections, and
//! what becomes of them when the office changes or withdraws a release.

mod approval;
mod archive;
mod archive_words;
mod auto_approve;
mod blackout_rules;
pub mod checks;
pub mod compose;
mod contents;
mod correction;
mod digest;
mod draft;
mod due_drafts;
mod each_row;
mod editing;
mod event_effects;
mod held_releases;
mod language_editions;
mod lifecycle;
mod look_preview;
mod mailed_text;
mod making;
mod never_sent;
mod new_parts;
mod newsletter;
mod newsletter_deadline;
mod newsletter_entities;
mod newsletter_error;
mod newsletter_notifications;
mod newsletter_preview;
mod outdated_text;
mod own_correction;
mod pictures;
mod press_copy;
mod proof;
mod quarterly_report;
pub mod queueing;
mod quota_resume;
mod recipients;
mod release_changes;
mod release_event_cursor;
mod release_updates;
mod review;
mod routes;
mod sending_again;
mod sending_start;
mod stopping;
mod store;
mod subject;
mod summaries;
#[cfg(test)]
mod tests;
mod text_revisions;
mod topic_reassignment;
mod unsaved_text;
mod unused_pictures;
mod version_audience;
mod version_handover;
mod written_preview;

pub use crate::subscribers::Audience;
pub use approval::{
    approve, approve_with_undo, back_to_draft, check_audience, check_seen, reschedule, send_now,
    send_now_with_undo,
};
pub use archive_words::index_archive;
pub use blackout_rules::{InBlackout, MASS, acknowledge_blackout, in_blackout};
pub use correction::{correct, waiting_correction};
pub use digest::digest_due;
pub use draft::{draft, draft_by, draft_for, draft_of_written, mailed_before};
pub use due_drafts::draft_ready;
pub use editing::{
    EditedText, NewTextAhead, edit, new_text_ahead, rename, take_new_text, written_document,
};
pub use held_releases::{drop_held, release_held};
pub use language_editions::{join_versions, separate_version, versions_of};
pub use lifecycle::finish;
pub use look_preview::preview_look;
pub use never_sent::{never_sent, sql_is_never_sent};
pub use newsletter::{Counts, Newsletter, NewsletterState, Preview, Topic, newsletter_state_sql};
pub use newsletter_deadline::set_deadline;
pub use newsletter_error::NewsletterError;
pub use newsletter_preview::{preview, send_test, was_tested};
pub use own_correction::{OwnText, correct_own_text, is_of_staff, own_text};
pub use pictures::{
    MOST_PICTURE_BYTES, Picture, PictureError, add_picture, kept_picture, size_pictures,
    take_pictures_along,
};
pub use press_copy::for_press;
pub use proof::{Group, Proof, ShownAudience, log_lists, proof, shown_audience};
pub use quarterly_report::{Quarter, ReportLine, report, report_csv};
pub use quota_resume::{goes_on, resume_due};
pub use recipients::{Recipients, SQL_BY_LANGUAGE};
pub use release_changes::{Change, changes, has_changed};
pub use release_event_cursor::{EventSetAside, dismiss_event, events_set_aside};
pub use release_updates::follow_changes;
pub use review::{
    Comment, authors, check_approver, comment, comments, request_review, somebody_else_may_approve,
};
pub use routes::routes;
pub use sending_again::{admit_again, go_on_again};
pub use sending_start::start_due;
pub use stopping::{
    cancel, hold_restored, mark_trouble, pause, resume, stop_for, stop_until, was_stopped_with,
};
pub use store::{
    ListGroup, audience, count_by_state, counts, find, has_other_topics, list, list_group,
    live_counts, newest_of_group, newest_of_release, state_of,
};
pub use subject::Subject;
pub use summaries::summaries_due;
pub use text_revisions::{TextChange, last_change};
pub use unsaved_text::{
    UnsavedFields, UnsavedText, forget_unsaved, keep_unsaved, unsaved, unsaved_in,
};
pub use unused_pictures::purge_pictures;
pub use version_audience::sql_speaks_to;
pub use version_handover::other_versions;
pub use written_preview::preview_written;

use newsletter_error::Result;
