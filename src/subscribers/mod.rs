//! Subscribers: who asked for what, with the evidence; sign-up, confirmation, preferences,
//! unsubscribe, suppression, import and export.
//!
//! ```text
//! form ─POST→ pending ─mail→ landing page ─POST→ confirmed ─POST (one click)→ unsubscribed
//! ```
//!
//! Apart from all of them stands the press list ([`press_list`]): addresses without a consent.
//!
//! Every step writes its consent evidence in the same transaction as the change that it proves.

mod about_readers;
mod address_search;
pub mod audience;
mod came_back;
mod confirmation;
mod confirmation_requests;
pub mod consent;
mod counts;
mod erased_mentions;
mod erasure;
mod evidence;
mod exported_topic;
mod former_addresses;
mod former_subscriptions;
mod frequencies;
mod growth_by_week;
mod import;
mod import_answers;
mod import_blanks;
mod import_cells;
mod import_columns;
mod import_consent_columns;
mod import_dates;
mod import_dialect;
mod import_doubts;
mod import_file;
mod import_frequency;
mod import_gone;
mod import_languages;
mod import_name_words;
mod import_quotes;
mod import_spelling;
mod import_status;
mod import_switches;
mod import_undo;
mod import_upload;
mod import_words;
mod joined_address;
mod joined_link;
mod leaving;
mod limits;
pub mod link;
mod link_mending;
mod made_topics;
mod mail_returned;
mod personal_link;
pub mod press_list;
mod press_list_import;
mod rejected_line;
mod request_origin;
mod retention;
mod routes;
mod sign_up;
mod sign_up_events;
mod sign_up_intake;
mod sign_up_pace;
mod staff_changes;
mod status;
mod subscriber_error;
mod subscriber_export;
mod subscriber_kinds;
mod subscriber_tables;
mod suppression;
#[cfg(test)]
mod tests;
mod topic_translations;
pub mod topics;
mod waiting_notice;
mod waiting_sign_ups;

pub use about_readers::{AboutReader, FormAnswers, about_reader, change_about, in_and_outside};
pub use address_search::{Found, search};
pub use audience::Audience;
pub use came_back::present as present_link;
pub use confirmation::{ConfirmOutcome, ask_again, confirm, never_again, to_confirm};
pub use counts::{
    Growth, counts, growth, left_by_newsletters, postponed_sign_ups, waiting_sign_ups,
};
pub use erasure::{erase, is_erased};
pub use evidence::{address_of, evidence, show_evidence, whole_copy};
pub use exported_topic::ExportedTopic;
pub use former_addresses::who_had;
pub use frequencies::{anybody_reads, apply_wanted_frequencies, wants_summary};
pub use growth_by_week::{Week, growth_by_week};
pub use import::{Import, ImportReport, Row, import};
pub use import_answers::{Answers, StatusAnswer};
pub use import_dates::ListDate;
pub use import_file::{Heading, ImportFile};
pub use import_undo::{ImportBatch, UndoReport, imports, undo_import, would_undo};
pub use import_upload::{ImportUpload, keep_upload, put_upload_back, take_upload, upload};
pub use import_words::{Column, MEANINGS, kind};
pub use joined_address::is_joined;
pub use leaving::{
    Departure, LONGEST_REASON, TopicChosen, choices, choose, departure, gone_addresses,
    language_of, leave_all, mailed_topic, undo, unsubscribe, unsubscribe_address,
    unsubscribe_because,
};
pub use link_mending::token as mended_token;
pub use mail_returned::{
    Returnee, bounced, complained, left_by_mail, returnee, returnee_by_address, take_back_bounce,
};
pub use personal_link::{
    AddressChange, LinkHolder, change_address, erase_own, link_holder, own_data,
    request_new_address,
};
pub use rejected_line::RejectedLine;
pub use request_origin::{RequestOrigin, UnsubscribeChannel};
pub use retention::purge;
pub use routes::{consent_mark, policy_url, routes};
pub use sign_up::{SignUp, allow, answer_sign_ups};
pub use sign_up_events::{
    EventAtLink, LONGEST_HOURS, PaperReport, PaperSheet, SignUpEvent, close_event, count_at_event,
    enter_paper, event_at, events, open_event,
};
pub use sign_up_intake::{Intake, Receipt, receive};
pub use staff_changes::{StaffChange, ask_new_address, choose_for, resend_confirmation};
pub use status::Event;
pub use subscriber_error::SubscriberError;
pub use subscriber_export::{
    EXPORT_COLUMNS, ExportPlace, Subscriber, export, export_piece, record_export,
};
pub use subscriber_kinds::{Channel, Frequency, Status};
pub use topic_translations::{
    OfferedTopic, TopicTranslation, every_topic_in, in_language, offered_topics, topic_name_in,
    topics_in, translate, translations,
};
pub use topics::{TopicRow, every_topic, first_topic, in_order, sql_join_topic, topics};
pub use waiting_notice::tell_of_waiting;

type Result<T> = std::result::Result<T, SubscriberError>;
