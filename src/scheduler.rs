//! The clock: what runs when, under one lease.
