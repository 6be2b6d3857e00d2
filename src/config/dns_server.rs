//! The name server that is asked in place of the system's.

use std::{net::SocketAddr, str::FromStr};

/// A name server: `192.0.2.53`, `192.0.2.53:5353` or `[2001:db8::53]:5353`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsServer(pub SocketAddr);

impl FromStr for DnsServer {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let address = text.parse::<SocketAddr>().or_else(|_| {
            let bare = text.trim_matches(['[', ']']);
            bare.parse().map(|ip| SocketAddr::new(ip, 53))
        });
        address
            .map(Self)
            .map_err(|_| "a name server is an IP address, with a port or without".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_needs_no_port() {
        let server = |text: &str| text.parse::<DnsServer>().map(|server| server.0.to_string());
        assert_eq!(server("192.0.2.53").as_deref(), Ok("192.0.2.53:53"));
        assert_eq!(server("[::1]:5353").as_deref(), Ok("[::1]:5353"));
        assert_eq!(server("::1").as_deref(), Ok("[::1]:53"));
        assert!(server("dns.example").is_err());
    }
}
