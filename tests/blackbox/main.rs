//! Gazette from outside: over HTTP, SMTP and the database's evidence, on SQLite, or on PostgreSQL
//! where `GAZETTE_TEST_POSTGRES_URL` names a server.

mod app;
mod audited_commands;
mod broken_links;
mod clock;
mod command_line;
mod database_faults;
#[path = "../../src/db/database_for_tests.rs"]
mod database_for_tests;
#[path = "../../src/dns/stub.rs"]
mod dns_stub;
mod exceptions;
mod exhaustion;
mod exports;
mod first_draft;
mod forgetting;
mod held_connections;
mod hostile_pages;
mod house;
mod mailbox_access;
mod manage;
mod past_deadline;
mod patience;
mod peer;
mod privacy;
mod program;
mod protocol;
mod races;
mod rate_limits;
mod relay;
mod relay_faults;
mod relay_refusals;
mod relay_replies;
mod relay_rules;
mod relay_unreachable;
mod repeated_faults;
mod request_size;
mod returns_listener;
mod returns_read;
mod same_answer;
mod security_headers;
mod sending;
mod sending_again;
mod serving;
mod several;
mod several_relays;
mod sign_up;
mod signing_key;
mod staff;
mod stale_revision;
mod state_machine;
mod under_systemd;
mod unsubscribe;
mod upgrade;
mod waiting;
mod whole_releases;
