//! The web pages.

pub mod archive;
pub mod layout;
pub mod mailbox;
pub mod reader_time;
pub mod staff;
pub mod subscribers;
pub mod subscription_words;
pub mod words;
