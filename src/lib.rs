//! Gazette turns each press release of a public office into an email newsletter and delivers it
//! once to everyone who asked for it, and to no one else.
//!
//! Two flows run through it, each in one direction; a step stores its result before the next
//! starts, so any step can be killed and started again:
//!
//! ```text
//! source ─poll→ release ─settle→ newsletter ─approve→ deliveries ─claim→ message ─SMTP→ outcome
//! form ─POST→ pending ─mail→ landing page ─POST→ confirmed ─POST (one click)→ unsubscribed
//! ```
//!
//! The rooms below are the office's work. They import downwards only: `cli`, `web`,
//! `scheduler` and `doctor` call rooms; rooms call the foundation. `docs/ARCHITECTURE.md` has the
//! order, and `tests/architecture` holds the files to it.

// ── who runs it ─────────────────────────────────────────────────────────────────────────────
pub mod cli;
pub mod console;
pub mod doctor;
pub mod scheduler;
pub mod web;

// ── the rooms ───────────────────────────────────────────────────────────────────────────────
pub mod accounts;
pub mod delivery;
pub mod house;
pub mod newsletters;
pub mod releases;
pub mod returns;
pub mod subscribers;
pub mod transfer;

// ── what every room stands on ───────────────────────────────────────────────────────────────
pub mod address;
pub mod app;
pub mod audit;
pub mod clock;
pub mod config;
pub mod csv_file;
pub mod db;
pub mod delivery_lookup;
pub mod delivery_state;
pub mod delivery_withdrawal;
pub mod dns;
pub mod environment;
pub mod evidence_seal;
pub mod file_owner;
pub mod form_questions;
pub mod given_name;
pub mod http;
pub mod http_client;
pub mod idn;
pub mod instance_identity;
pub mod kept_answers;
pub mod lease;
pub mod logo;
pub mod named_file;
pub mod newsletter_comment_erasure;
pub mod newsletter_lookup;
pub mod newsletter_state;
pub mod office;
pub mod office_setting;
pub mod office_time;
pub mod picture_file;
pub mod progress;
pub mod relay_letters;
pub mod rendering;
pub mod repeated_fault;
pub mod returned_mail_erasure;
pub mod secret;
pub mod sending_window;
pub mod transactional;
pub mod trusted_roots;

// ── for tests alone ─────────────────────────────────────────────────────────────────────────
#[cfg(test)]
mod index_conditions;
#[cfg(test)]
mod test_data;
