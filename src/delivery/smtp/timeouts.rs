//! How long each stage of a conversation may take.

use std::time::Duration;

/// How long each stage may take: RFC 5321 §4.5.3.2 (S3).
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// TCP, to each address of the relay, and TLS.
    pub connect: Duration,
    /// The relay's first line.
    pub greeting: Duration,
    /// EHLO, MAIL, RCPT and the like.
    pub command: Duration,
    /// DATA.
    pub data: Duration,
    /// Each block of the message.
    pub block: Duration,
    /// The reply to the final dot.
    pub final_dot: Duration,
}

impl Timeouts {
    /// All of them times `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            connect: self.connect.mul_f64(factor),
            greeting: self.greeting.mul_f64(factor),
            command: self.command.mul_f64(factor),
            data: self.data.mul_f64(factor),
            block: self.block.mul_f64(factor),
            final_dot: self.final_dot.mul_f64(factor),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_mins(5),
            command: Duration::from_mins(5),
            data: Duration::from_mins(2),
            block: Duration::from_mins(3),
            final_dot: Duration::from_mins(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_each_command_has_the_time_that_rfc_5321_gives_it() {
        let seconds = |limit: Duration| limit.as_secs();
        let limits = Timeouts::default();
        // RFC 5321 §4.5.3.2.1 to .6; MAIL and RCPT have the same.
        assert_eq!(seconds(limits.greeting), 5 * 60);
        assert_eq!(seconds(limits.command), 5 * 60);
        assert_eq!(seconds(limits.data), 2 * 60);
        assert_eq!(seconds(limits.block), 3 * 60);
        assert_eq!(seconds(limits.final_dot), 10 * 60);
    }
}
