//! What a relay offers.

/// What a relay offers in its EHLO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one word of the EHLO"
)]
pub struct Capabilities {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870: the largest message; `None` where it sets no limit.
    pub size_limit: Option<u64>,
    /// RFC 1870: whether MAIL may say the size.
    pub size: bool,
    /// RFC 6531.
    pub smtputf8: bool,
    /// RFC 3461.
    pub dsn: bool,
    /// RFC 3207.
    pub starttls: bool,
    /// RFC 4954: the login mechanisms, upper case.
    pub auth: Vec<String>,
}

impl Capabilities {
    /// Reads the lines of an EHLO reply without their codes; the first is the relay's name.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut found = Self::default();
        for line in lines.iter().skip(1) {
            // `AUTH=LOGIN` is how some relays wrote it before RFC 4954.
            let line = line.to_ascii_uppercase().replace("AUTH=", "AUTH ");
            let mut words = line.split_whitespace();
            match words.next() {
                Some("PIPELINING") => found.pipelining = true,
                Some("SMTPUTF8") => found.smtputf8 = true,
                Some("DSN") => found.dsn = true,
                Some("STARTTLS") => found.starttls = true,
                Some("AUTH") => found.auth.extend(words.map(str::to_owned)),
                Some("SIZE") => {
                    found.size = true;
                    // 0: no fixed limit (RFC 1870 §4).
                    found.size_limit = words
                        .next()
                        .and_then(|n| n.parse().ok())
                        .filter(|limit| *limit > 0);
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_as_relays_write_them() {
        let lines = [
            "mail.example.gov at your service",
            "pipelining",
            "SIZE 52428800",
            "AUTH=LOGIN PLAIN",
            "AUTH PLAIN XOAUTH2",
            "8BITMIME",
            "STARTTLS",
            "dsn",
        ];
        let found = Capabilities::read(&lines.map(str::to_owned));
        assert!(found.pipelining && found.starttls && found.size && found.dsn);
        assert!(!found.smtputf8);
        assert_eq!(found.size_limit, Some(52_428_800));
        assert!(found.auth.iter().any(|m| m == "PLAIN"));
    }

    #[test]
    fn s6_a_size_of_nothing_or_no_number_is_no_limit() {
        for line in [
            "SIZE 0",
            "SIZE",
            "SIZE many",
            "SIZE 99999999999999999999999",
        ] {
            let found = Capabilities::read(&["x".to_owned(), line.to_owned()]);
            assert!(found.size, "{line}");
            assert_eq!(found.size_limit, None, "{line}");
        }
        // The name of the relay is no offer.
        assert!(!Capabilities::read(&["PIPELINING".to_owned()]).pipelining);
    }
}
