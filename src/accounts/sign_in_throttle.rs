//! How often one may try to sign in: per network and per account, whether the account exists or
//! not, so that the limit tells nothing either.

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Keys remembered before those that are free again are let go.
const MANY: usize = 10_000;

/// The memory of recent attempts. It lives in the process: a restart forgives.
#[derive(Debug)]
pub struct Limits {
    networks: DefaultKeyedRateLimiter<String>,
    accounts: DefaultKeyedRateLimiter<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

impl Limits {
    /// 30 attempts at once from a network and 10 on an account, then one each few seconds or each
    /// minute. At 12 characters nobody guesses a password at that pace.
    #[must_use]
    pub fn new() -> Self {
        Self {
            networks: RateLimiter::keyed(quota(Duration::from_secs(4), 30)),
            accounts: RateLimiter::keyed(quota(Duration::from_mins(1), 10)),
        }
    }

    /// Counts an attempt; `false` when there were too many.
    #[must_use]
    pub fn allow(&self, network: &str, account: &str) -> bool {
        for limiter in [&self.networks, &self.accounts] {
            if limiter.len() > MANY {
                limiter.retain_recent();
            }
        }
        self.networks.check_key(&network.to_owned()).is_ok()
            && self.accounts.check_key(&account.to_owned()).is_ok()
    }
}

fn quota(period: Duration, burst: u32) -> Quota {
    Quota::with_period(period)
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_guarded_from_every_network_together() {
        let limits = Limits::new();
        let from = |n: u8| format!("192.0.{n}.0/24");
        assert!((0..10).all(|n| limits.allow(&from(n), "ana@example.gov")));
        assert!(!limits.allow(&from(99), "ana@example.gov"));
        assert!(limits.allow(&from(99), "ben@example.gov"));
    }

    #[test]
    fn a_network_is_limited_over_all_accounts() {
        let limits = Limits::new();
        let from = "2001:db8:0:1100::/56";
        assert!((0..30).all(|n| limits.allow(from, &format!("{n}@example.gov"))));
        assert!(!limits.allow(from, "fresh@example.gov"));
        assert!(limits.allow("2001:db8:0:1200::/56", "fresh@example.gov"));
    }
}
