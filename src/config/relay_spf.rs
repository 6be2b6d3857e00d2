//! What an SPF record has to say of the relay.

use std::{net::IpAddr, str::FromStr};

/// What stands in an SPF record for the relay: one mechanism that names hosts (RFC 7208 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelaySpf {
    /// `ip4:` or `ip6:` with one address: what the relay sends from.
    Address(IpAddr),
    /// Any other: a range, `include:`, `a:` or `mx:`. In lower case.
    Term(String),
}

impl std::fmt::Display for RelaySpf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(ip @ IpAddr::V4(_)) => write!(f, "ip4:{ip}"),
            Self::Address(ip @ IpAddr::V6(_)) => write!(f, "ip6:{ip}"),
            Self::Term(term) => f.write_str(term),
        }
    }
}

impl FromStr for RelaySpf {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let term = text.trim().to_ascii_lowercase();
        match term.split_once(':') {
            Some(("ip4" | "ip6", address)) => match address.parse() {
                Ok(address) => Ok(Self::Address(address)),
                Err(_) if address.contains('/') => Ok(Self::Term(term)),
                Err(_) => Err(format!("`{address}` is no IP address")),
            },
            Some(("include" | "a" | "mx" | "exists", name)) if !name.is_empty() => {
                Ok(Self::Term(term))
            }
            _ => Err(
                "must be as in `ip4:192.0.2.25`, `ip6:2001:db8::25`, `include:spf.example.com` or `a:mail.example.gov`"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_relays_operator_wants_is_one_mechanism_that_names_hosts() {
        let spf = |text: &str| text.parse::<RelaySpf>();
        assert_eq!(
            spf(" IP4:192.0.2.25"),
            Ok(RelaySpf::Address([192, 0, 2, 25].into()))
        );
        for term in ["ip6:2001:db8::/32", "include:spf.example.com"] {
            assert_eq!(spf(term).unwrap().to_string(), term);
        }
        for wrong in ["all", "+all", "ip4:x", "include:", "192.0.2.25"] {
            assert!(spf(wrong).is_err(), "{wrong}");
        }
    }
}
