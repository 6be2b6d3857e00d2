//! How often one may try to sign in: per network and per account, whether the account exists or
//! not, so that the limit tells nothing either.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Keys remembered before those that are free again are let go.
const MANY: usize = 10_000;

/// The memory of recent attempts. It lives in the process: a restart forgives.
#[derive(Debug)]
pub struct Limits {
    networks: DefaultKeyedRateLimiter<String>,
    accounts: DefaultKeyedRateLimiter<String>,
}

impl Limits {
    /// 30 attempts at once from a network and 10 on an account, then one each few seconds or each
    /// minute. At 12 characters nobody guesses a password at that pace.
    pub fn new() -> Self {
        Self {
            networks: RateLimiter::keyed(quota(Duration::from_secs(4), 30)),
            accounts: RateLimiter::keyed(quota(Duration::from_mins(1), 10)),
        }
    }

    /// Counts an attempt; `false` when there were too many.
    pub fn allow(&self, network: IpAddr, account: &str) -> bool {
        for limiter in [&self.networks, &self.accounts] {
            if limiter.len() > MANY {
                limiter.retain_recent();
            }
        }
        self.networks.check_key(&network_of(network)).is_ok()
            && self.accounts.check_key(&account.to_owned()).is_ok()
    }
}

fn quota(period: Duration, burst: u32) -> Quota {
    Quota::with_period(period)
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
}

/// What one household or machine can have of addresses: an IPv4 address, an IPv6 /56.
fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{:x}", d & 0xff00)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_guarded_from_every_network_together() {
        let limits = Limits::new();
        let from = |n: u8| IpAddr::from([192, 0, 2, n]);
        assert!((0..10).all(|n| limits.allow(from(n), "ana@example.gov")));
        assert!(!limits.allow(from(99), "ana@example.gov"));
        assert!(limits.allow(from(99), "ben@example.gov"));
    }

    #[test]
    fn a_network_is_limited_over_all_accounts() {
        let limits = Limits::new();
        let from: IpAddr = "2001:db8:0:1100::1".parse().unwrap();
        assert!((0..30).all(|n| limits.allow(from, &format!("{n}@example.gov"))));
        let neighbour: IpAddr = "2001:db8:0:11ff::2".parse().unwrap();
        assert!(!limits.allow(neighbour, "fresh@example.gov"));
        let elsewhere: IpAddr = "2001:db8:0:1200::1".parse().unwrap();
        assert!(limits.allow(elsewhere, "fresh@example.gov"));
    }
}
