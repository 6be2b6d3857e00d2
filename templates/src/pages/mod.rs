//! The web pages.

pub mod archive;
pub mod staff;
