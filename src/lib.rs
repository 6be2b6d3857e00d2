//! Gazette.
