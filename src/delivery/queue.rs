//! The queue: one durable row per delivery, and every way in which a row moves.
//!
//! ```text
//! queued ─claim→ claimed ─accepted→ accepted
//!    ▲              ├─4xx, in doubt→ deferred ─due→ claimed
//!    └─given back───┤
//!                   ├─5xx, deadline→ failed ←deadline─ queued, deferred
//!                   └─left meanwhile→ withdrawn
//! ```
//!
//! A claim belongs to a worker, and a worker to a lease (`worker.lease_ends`): a worker that does
//! not renew it is dead, and what it held is queued again. Nothing here sends or decides; it only
//! moves rows, each step in one statement or one transaction.

mod active;
mod claim;
mod deadline;
mod edition_handover;
mod enqueue;
mod finish;
mod press_list_enqueue;
mod registration;

pub use active::{Active, Claimed, UNSENT, UNTRIED, active, paused};
pub use claim::{any_due, claim, give_back, give_back_claim, list, requeue_failed, withdraw};
pub use deadline::{defer_until, fail_past_deadline};
pub use enqueue::enqueue_slice;
pub use finish::{finish, is_drained, shrink, sweep_cancelled};
pub use registration::{
    expire, free_ownerless, free_unheld, living, register, renew_lease, sql_worker_is_registered,
};

#[cfg(test)]
mod tests;
