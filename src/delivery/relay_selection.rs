//! Several relays, weights and failover: each has its share by weight, and one that does not work leaves its share to the
//! others.

use std::sync::atomic::{AtomicU64, Ordering};

/// How far one relay may run ahead of its share: enough to keep its connections busy.
const LONGEST_LEAD: u64 = 50;

/// What one relay has taken, in parts of its weight.
#[derive(Debug)]
pub struct RelayShare {
    weight: Option<u64>,
    taken: AtomicU64,
}

impl RelayShare {
    /// With this weight; without, it takes whatever it can.
    #[must_use]
    pub fn new(weight: Option<u32>) -> Self {
        Self {
            weight: weight.map(u64::from),
            taken: AtomicU64::new(0),
        }
    }

    /// Counts a message.
    pub fn take(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it may take another beside the `others` that work.
    pub fn is_its_turn<'a>(&self, others: impl Iterator<Item = &'a RelayShare>) -> bool {
        let Some(weight) = self.weight else {
            return true;
        };
        let own = self
            .taken
            .load(Ordering::Relaxed)
            .saturating_sub(LONGEST_LEAD)
            / weight;
        others
            .filter_map(RelayShare::progress)
            .min()
            .is_none_or(|slowest| own <= slowest)
    }

    /// Coming back after a failure it does not make up for what it missed.
    pub fn catch_up<'a>(&self, others: impl Iterator<Item = &'a RelayShare>) {
        if let (Some(weight), Some(furthest)) =
            (self.weight, others.filter_map(RelayShare::progress).max())
        {
            self.taken.fetch_max(furthest * weight, Ordering::Relaxed);
        }
    }

    fn progress(&self) -> Option<u64> {
        self.weight
            .map(|weight| self.taken.load(Ordering::Relaxed) / weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_relays_share_by_weight_and_one_alone_takes_all() {
        let (big, small) = (RelayShare::new(Some(3)), RelayShare::new(Some(1)));
        for _ in 0..4_000 {
            if big.is_its_turn([&small].into_iter()) {
                big.take();
            }
            if small.is_its_turn([&big].into_iter()) {
                small.take();
            }
        }
        let taken = |share: &RelayShare| share.taken.load(Ordering::Relaxed);
        assert!(taken(&big) > 2 * taken(&small), "{big:?} {small:?}");
        // The small one fails: nothing holds the big one back, nor floods the small one afterwards.
        for _ in 0..10_000 {
            assert!(big.is_its_turn(std::iter::empty()));
            big.take();
        }
        small.catch_up([&big].into_iter());
        assert!(big.is_its_turn([&small].into_iter()));
        assert!(RelayShare::new(None).is_its_turn([&big].into_iter()));
    }
}
