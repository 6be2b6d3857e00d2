//! releases.
