//! Which reverse proxies are ours.

use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;

/// A reverse proxy of ours, or a network of them: `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

impl TrustedProxy {
    /// Whether this address is one of it.
    #[must_use]
    pub fn is(&self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }
}

impl FromStr for TrustedProxy {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let one = text.parse::<IpAddr>();
        one.map(|ip| IpNet::from(ip.to_canonical()))
            .or_else(|_| text.parse())
            .map(Self)
            .map_err(|_| {
                "a proxy is an IP address or a network, as in `10.0.0.7` or `10.0.0.0/8`".to_owned()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        let is = |proxy: &str, ip: &str| {
            let proxy: TrustedProxy = proxy.parse().unwrap();
            proxy.is(ip.parse().unwrap())
        };
        assert!(is("10.0.0.7", "10.0.0.7") && !is("10.0.0.7", "10.0.0.8"));
        assert!(is("10.0.0.0/8", "10.9.9.9") && !is("10.0.0.0/8", "11.0.0.1"));
        assert!(is("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(is("2001:db8::/32", "2001:db8:1::9"));
        for wrong in ["proxy.example", "10.0.0.0/33", "10.0.0", ""] {
            assert!(wrong.parse::<TrustedProxy>().is_err(), "{wrong}");
        }
    }
}
