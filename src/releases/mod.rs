//! Press releases: where they come from, how a page is read, and when a release is final.

mod add;
#[cfg(test)]
mod any_bytes;
mod attachments;
pub mod by_hand;
mod catch_up;
#[cfg(test)]
mod catch_up_tests;
#[cfg(test)]
mod cost_ratio;
#[cfg(test)]
mod dating_tests;
mod discovery;
pub mod events;
mod feed_dialects;
mod feed_item;
#[cfg(test)]
mod feed_kind_tests;
mod feed_markup;
mod feed_tags;
mod feeds;
pub mod fetch;
mod fetch_error;
#[cfg(test)]
mod fetch_tests;
mod filtered;
mod filters;
#[cfg(test)]
mod fixture_tests;
mod full_text;
mod hash;
mod hold_decisions;
mod hold_reason;
#[cfg(test)]
mod hold_rule_tests;
mod hold_rules;
#[cfg(test)]
mod hostile_site_tests;
mod identity;
mod items;
mod json_feed;
mod known_items;
pub mod language_versions;
mod list;
mod listing;
mod near_text;
mod other_page;
mod page_reader;
mod politeness;
mod poll_bookkeeping;
mod polling;
mod reader;
pub mod reading;
mod ready_to_draft;
mod release_error;
mod release_notices;
pub mod release_sql;
mod release_state;
mod release_states;
mod release_tables;
mod release_text;
pub mod release_topics;
mod repair;
mod rereading;
mod revision;
mod revisit;
mod robots;
pub mod sample;
mod second_look;
mod second_readings;
mod settings;
mod settling;
#[cfg(test)]
mod site_tests;
mod sitemap;
#[cfg(test)]
mod source_cost_tests;
mod source_failures;
mod source_kind;
mod source_policy;
mod sources;
mod ssrf_guard;
#[cfg(test)]
pub(crate) mod tests;
pub mod websub;
mod whole_release;
mod wordpress;
#[cfg(test)]
mod wordpress_tests;

pub use add::add;
pub use discovery::source_discovery::{PreviewItem, SourcePreview, look};
pub use hold_decisions::{accept, drop_held, refuse, release};
pub use hold_reason::{HoldReason, HoldReasons};
pub use items::SetAside;
pub use language_versions::LanguageVersion;
pub use list::{Release, held, list};
pub use polling::{PollSummary, poll_due};
pub use ready_to_draft::announce_due;
pub use release_notices::notify_staff;
pub use release_state::ReleaseState;
pub use release_text::{
    DigestSource, ReleaseText, RevisionText, await_draft_again, awaiting_digest, claim_digest,
    digest_sources, documents_with, hold_text, mark_drafted, note_for_staff, notify_staff_of,
    release_text, revision_text,
};
pub use revisit::revisit_due;
pub use second_readings::{ReleaseReadings, second_reading_of};
pub use settings::{
    SOURCE_KEYS, digest_day, digest_time, set_source, set_source_by, source_settings,
};
pub use settling::settle_due;
pub use source_failures::{FailingSource, count_failed_polls, failing_sources};
pub use source_kind::SourceKind;
pub use source_policy::Policy;
pub use sources::{
    Hub, Source, add_source, add_source_by, be_due, list_sources, outcome_when_due, remove_source,
    remove_source_by, set_poll_seconds, set_topic, source, topic,
};

pub use release_error::ReleaseError;
pub use whole_release::{WholeRelease, whole_release};
