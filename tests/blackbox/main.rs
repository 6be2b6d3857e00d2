//! Gazette from outside: over HTTP, SMTP and the database's evidence, on SQLite, or on PostgreSQL
//! where `GAZETTE_TEST_POSTGRES_URL` names a server.

mod app;
mod command_line;
mod forgetting;
mod house;
mod privacy;
mod program;
mod protocol;
mod relay;
mod same_answer;
mod sending;
mod serving;
mod sign_up;
mod staff;
mod state_machine;
mod unsubscribe;
