//! The web pages.

pub mod archive;
