//! The steps, and how often each is taken.

use proptest::prelude::*;

use super::READERS;

/// A step; `worker` and `letter` are one of two.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Enqueue {
        letter: usize,
    },
    Claim {
        worker: usize,
        letter: usize,
        limit: usize,
    },
    /// All transactional mail that is due.
    ClaimMails {
        worker: usize,
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
    /// Its provider asked for patience.
    Postpone {
        worker: usize,
    },
    LoseClaim {
        worker: usize,
        letter: usize,
    },
    LoseMails {
        worker: usize,
    },
    SendDecision {
        reader: usize,
    },
    Pause {
        letter: usize,
    },
    Resume {
        letter: usize,
    },
    Cancel {
        letter: usize,
    },
    /// Struck while it holds claims; another takes its place, and it may wake up yet. `found`: by
    /// those who look for the dead.
    Die {
        worker: usize,
        found: bool,
    },
    /// It woke up in the middle of a round, before it heard that it was expired.
    GhostClaims {
        letter: usize,
    },
    GhostAsks,
    GhostPostpones,
    GhostAccepts,
    Wait,
    Finish {
        letter: usize,
    },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let worker = 0..2_usize;
    let letter = 0..2_usize;
    let both = (worker.clone(), letter.clone());
    prop_oneof![
        3 => letter.clone().prop_map(|letter| Step::Enqueue { letter }),
        6 => (both.clone(), 1..5_usize)
            .prop_map(|((worker, letter), limit)| Step::Claim { worker, letter, limit }),
        2 => worker.clone().prop_map(|worker| Step::ClaimMails { worker }),
        8 => worker.clone().prop_map(|worker| Step::Ask { worker }),
        6 => worker.clone().prop_map(|worker| Step::Accept { worker }),
        2 => worker.clone().prop_map(|worker| Step::Defer { worker }),
        1 => worker.clone().prop_map(|worker| Step::Fail { worker }),
        1 => worker.clone().prop_map(|worker| Step::GiveBack { worker }),
        2 => worker.clone().prop_map(|worker| Step::Postpone { worker }),
        1 => both.prop_map(|(worker, letter)| Step::LoseClaim { worker, letter }),
        1 => worker.clone().prop_map(|worker| Step::LoseMails { worker }),
        1 => (0..READERS).prop_map(|reader| Step::SendDecision { reader }),
        1 => letter.clone().prop_map(|letter| Step::Pause { letter }),
        2 => letter.clone().prop_map(|letter| Step::Resume { letter }),
        1 => (0..5_usize, letter.clone()).prop_map(|(one, letter)| match one {
            0 => Step::Cancel { letter },
            _ => Step::Wait,
        }),
        1 => (worker, any::<bool>()).prop_map(|(worker, found)| Step::Die { worker, found }),
        1 => letter.clone().prop_map(|letter| Step::GhostClaims { letter }),
        1 => Just(Step::GhostAsks),
        1 => Just(Step::GhostPostpones),
        1 => Just(Step::GhostAccepts),
        2 => Just(Step::Wait),
        2 => letter.prop_map(|letter| Step::Finish { letter }),
    ]
}
