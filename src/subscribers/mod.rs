//! Subscribers: who asked for what, with the evidence; sign-up, confirmation, preferences,
//! unsubscribe, suppression, import and export.

pub mod link;
