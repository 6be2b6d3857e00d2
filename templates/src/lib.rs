//! What people see: the pages, the mails, and the document with its two renderings.
//!
//! Nothing in here knows a database or HTTP: a page is a function from plain values to markup, so
//! each can be looked at, tested and checked for accessibility without a running service.

pub mod amounts;
pub mod colour;
pub mod document;
pub mod email;
pub mod month_names;
mod office_name;
pub mod pages;
pub mod reader_language;
mod shortened;
pub mod weekday_names;

pub use colour::Colour;
pub use document::Document;
pub use shortened::shortened;
