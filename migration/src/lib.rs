//! Gazette's schema, one step per file, forward only.
//!
//! Every process runs the steps at start; [`Migrator`] remembers in the database which ran.

use sea_orm_migration::prelude::*;

mod m20261101_000001_schema;
mod m20261128_000001_field_words;
mod m20261128_000002_lease_fence;
mod m20261128_000005_provider_throttle;
mod m20261128_000010_newsletter_revisions;
mod m20261128_000010_release_events;
mod m20261128_000020_confirmation_mail_link;
mod m20261128_000021_release_event_cursor;
mod m20261128_000030_rate_limit;
mod m20261128_000031_send_again;
mod m20261128_000040_returns;
mod m20261128_000041_return_paths;
mod m20261128_000050_sign_in_pace;
mod m20261128_000051_evidence_seal;
mod m20261128_000060_personal_links;
mod m20261128_000061_waiting_sign_ups;
mod m20261128_000062_import_batches;
mod m20261128_000070_hold_reason_codes;
mod m20261128_000071_release_readings;
mod m20261128_000080_safe_sending;
mod m20261128_000090_newsletter_words;
mod m20261128_000100_release_ready;
mod m20261128_000110_accepted_record;
mod m20261128_000111_sending_clock;
mod m20261128_000112_worker_signature;
mod m20261128_000130_sender_reports;
mod m20261128_000140_topic_translations;
mod m20261128_000141_frequency;
mod m20261128_000142_import_uploads;
mod m20261128_000143_sign_up_events;
mod m20261128_000150_staff_notices;
mod m20261128_000151_second_factor;
mod m20261128_000152_consent_by_time;
mod m20261128_000153_unsaved_text;
mod m20261128_000154_pictures;
mod m20261128_000155_held_releases;
mod m20261128_000160_deadline_hours;
mod m20261128_000165_plain_message_ids;
mod m20261128_000170_quota_resume;
mod m20261128_000180_language_versions;
mod m20261128_000181_about_readers;
mod m20261128_000185_passkeys;
mod m20261128_000186_provider_accounts;
mod m20261129_000260_asked_by;
mod m20261129_000261_unused_pictures;
mod m20261129_000262_complaints_by_time;
mod m20261129_000300_unsaved_by_form;
mod m20261129_000301_newsletter_intro;
mod m20261129_000310_consent_redaction;
mod m20261129_000311_topics_made_by_imports;
mod m20261130_000330_last_sign_in;
mod m20261130_000331_sliding_windows;
mod m20261130_000332_former_subscription;
mod m20261130_000333_came_back;
mod m20261130_000334_doubts;
mod m20261130_000335_relay_letters;
mod m20261130_000336_consent_left;
mod m20261130_000340_kept_forms;
mod m20261130_000341_archive_words;
mod step;

/// The steps in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261101_000001_schema::Migration),
            Box::new(m20261128_000001_field_words::Migration),
            Box::new(m20261128_000002_lease_fence::Migration),
            Box::new(m20261128_000005_provider_throttle::Migration),
            Box::new(m20261128_000010_release_events::Migration),
            Box::new(m20261128_000010_newsletter_revisions::Migration),
            Box::new(m20261128_000020_confirmation_mail_link::Migration),
            Box::new(m20261128_000021_release_event_cursor::Migration),
            Box::new(m20261128_000040_returns::Migration),
            Box::new(m20261128_000030_rate_limit::Migration),
            Box::new(m20261128_000050_sign_in_pace::Migration),
            Box::new(m20261128_000051_evidence_seal::Migration),
            Box::new(m20261128_000060_personal_links::Migration),
            Box::new(m20261128_000070_hold_reason_codes::Migration),
            Box::new(m20261128_000071_release_readings::Migration),
            Box::new(m20261128_000080_safe_sending::Migration),
            Box::new(m20261128_000090_newsletter_words::Migration),
            Box::new(m20261128_000031_send_again::Migration),
            Box::new(m20261128_000061_waiting_sign_ups::Migration),
            Box::new(m20261128_000062_import_batches::Migration),
            Box::new(m20261128_000041_return_paths::Migration),
            Box::new(m20261128_000130_sender_reports::Migration),
            Box::new(m20261128_000140_topic_translations::Migration),
            Box::new(m20261128_000141_frequency::Migration),
            Box::new(m20261128_000142_import_uploads::Migration),
            Box::new(m20261128_000143_sign_up_events::Migration),
            Box::new(m20261128_000150_staff_notices::Migration),
            Box::new(m20261128_000110_accepted_record::Migration),
            Box::new(m20261128_000111_sending_clock::Migration),
            Box::new(m20261128_000112_worker_signature::Migration),
            Box::new(m20261128_000151_second_factor::Migration),
            Box::new(m20261128_000152_consent_by_time::Migration),
            Box::new(m20261128_000153_unsaved_text::Migration),
            Box::new(m20261128_000100_release_ready::Migration),
            Box::new(m20261128_000185_passkeys::Migration),
            Box::new(m20261128_000186_provider_accounts::Migration),
            Box::new(m20261128_000160_deadline_hours::Migration),
            Box::new(m20261128_000165_plain_message_ids::Migration),
            Box::new(m20261128_000170_quota_resume::Migration),
            Box::new(m20261128_000180_language_versions::Migration),
            Box::new(m20261128_000181_about_readers::Migration),
            Box::new(m20261128_000154_pictures::Migration),
            Box::new(m20261128_000155_held_releases::Migration),
            Box::new(m20261129_000260_asked_by::Migration),
            Box::new(m20261129_000261_unused_pictures::Migration),
            Box::new(m20261129_000262_complaints_by_time::Migration),
            Box::new(m20261129_000300_unsaved_by_form::Migration),
            Box::new(m20261129_000301_newsletter_intro::Migration),
            Box::new(m20261129_000310_consent_redaction::Migration),
            Box::new(m20261129_000311_topics_made_by_imports::Migration),
            Box::new(m20261130_000330_last_sign_in::Migration),
            Box::new(m20261130_000331_sliding_windows::Migration),
            Box::new(m20261130_000332_former_subscription::Migration),
            Box::new(m20261130_000333_came_back::Migration),
            Box::new(m20261130_000334_doubts::Migration),
            Box::new(m20261130_000335_relay_letters::Migration),
            Box::new(m20261130_000336_consent_left::Migration),
            Box::new(m20261130_000340_kept_forms::Migration),
            Box::new(m20261130_000341_archive_words::Migration),
        ]
    }
}
