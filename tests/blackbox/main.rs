//! Gazette from outside: over HTTP, SMTP and the database's evidence, on SQLite, or on PostgreSQL
//! where `GAZETTE_TEST_POSTGRES_URL` names a server.

mod app;
mod house;
mod sending;
mod sign_up;
mod staff;
mod unsubscribe;
