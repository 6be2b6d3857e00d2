//! The web pages.

pub mod archive;
pub mod layout;
pub mod mailbox;
pub mod staff;
pub mod subscribers;
pub mod words;
