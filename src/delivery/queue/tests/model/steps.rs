//! The steps, and how often each is taken.

use proptest::prelude::*;

use super::READERS;

/// A step; `worker` is one of two.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Enqueue,
    Claim {
        worker: usize,
        limit: usize,
    },
    Ask {
        worker: usize,
    },
    Accept {
        worker: usize,
    },
    Defer {
        worker: usize,
    },
    Fail {
        worker: usize,
    },
    GiveBack {
        worker: usize,
    },
    LoseClaim {
        worker: usize,
    },
    Leave {
        reader: usize,
    },
    Pause,
    Resume,
    Cancel,
    /// Struck while it holds claims; another takes its place, and it may wake up yet.
    Die {
        worker: usize,
    },
    GhostAsks,
    GhostAccepts,
    /// It woke up in the middle of a round, before it heard that it was struck.
    GhostClaims,
    Wait,
    Finish,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let worker = 0..2_usize;
    prop_oneof![
        2 => Just(Step::Enqueue),
        6 => (worker.clone(), 1..5_usize).prop_map(|(worker, limit)| Step::Claim { worker, limit }),
        8 => worker.clone().prop_map(|worker| Step::Ask { worker }),
        6 => worker.clone().prop_map(|worker| Step::Accept { worker }),
        2 => worker.clone().prop_map(|worker| Step::Defer { worker }),
        1 => worker.clone().prop_map(|worker| Step::Fail { worker }),
        1 => worker.clone().prop_map(|worker| Step::GiveBack { worker }),
        1 => worker.clone().prop_map(|worker| Step::LoseClaim { worker }),
        1 => (0..READERS).prop_map(|reader| Step::Leave { reader }),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => prop_oneof![4 => Just(Step::Wait), 1 => Just(Step::Cancel)],
        1 => worker.prop_map(|worker| Step::Die { worker }),
        1 => Just(Step::GhostAsks),
        1 => Just(Step::GhostAccepts),
        1 => Just(Step::GhostClaims),
        2 => Just(Step::Wait),
        2 => Just(Step::Finish),
    ]
}
