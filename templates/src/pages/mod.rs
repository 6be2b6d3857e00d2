//! The web pages.

pub mod archive;
pub mod layout;
pub mod mailbox;
mod messages;
mod reader_time;
pub mod staff;
pub mod subscribers;
pub mod widget;
pub mod words;
