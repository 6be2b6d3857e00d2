//! Press releases: where they come from, how a page is read, and when a release is final.

pub mod reading;
pub mod sample;
