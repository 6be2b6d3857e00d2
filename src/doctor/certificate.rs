//! Until when a certificate holds (RFC 5280 §4.1.2.5).

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::der::{self, Element};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of the certificate's validity.
pub fn holds_until(certificate: &[u8]) -> Option<Timestamp> {
    let outer = der::sequence(certificate)?;
    let body = outer.first().filter(|body| body.tag == der::SEQUENCE)?;
    let is_time = |element: &Element<'_>| matches!(element.tag, UTC_TIME | GENERALIZED_TIME);
    der::elements(body.content).find_map(|field| {
        // The one field that is a sequence of two times.
        let times: Vec<Element<'_>> = der::elements(field.content).collect();
        match times.as_slice() {
            [begin, end] if field.tag == der::SEQUENCE && is_time(begin) && is_time(end) => {
                time(end)
            }
            _ => None,
        }
    })
}

fn time(element: &Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?;
    let text = match element.tag {
        // Two digits of the year: 50 and above are of the last century.
        UTC_TIME if text < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        _ => text.to_owned(),
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificates_validity_is_read() {
        let mut parameters =
            rcgen::CertificateParams::new(["mail.example.gov".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let expected: Timestamp = "2031-02-03T00:00:00Z".parse().unwrap();
        assert_eq!(holds_until(certificate.der()), Some(expected));
        parameters.not_after = rcgen::date_time_ymd(2051, 2, 3);
        let certificate = parameters.self_signed(&key).unwrap();
        let expected: Timestamp = "2051-02-03T00:00:00Z".parse().unwrap();
        assert_eq!(holds_until(certificate.der()), Some(expected));
        assert_eq!(holds_until(b"no certificate"), None);
    }
}
