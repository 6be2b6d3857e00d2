//! Until when a certificate holds (RFC 5280 §4.1.2.5).

use jiff::Timestamp;
use x509_parser::{certificate::X509CertificateParser, nom::Parser};

/// The end of the certificate's validity; `None`: it is no certificate.
pub fn holds_until(certificate: &[u8]) -> Option<Timestamp> {
    // What stands in the extensions is not asked for, so a fault there hides nothing.
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    let (_, certificate) = parser.parse(certificate).ok()?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn a_certificate_with_wrong_octets_is_safe(
            wrong in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
            cut in any::<proptest::sample::Index>(),
            noise in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let key = rcgen::KeyPair::generate().unwrap();
            let parameters = rcgen::CertificateParams::new(["mail.example.gov".to_owned()]).unwrap();
            let mut der = parameters.self_signed(&key).unwrap().der().to_vec();
            for (at, octet) in wrong {
                let at = at.index(der.len());
                der[at] = octet;
            }
            holds_until(&der);
            holds_until(&noise);
            prop_assert_eq!(holds_until(&der[..cut.index(der.len())]), None);
        }
    }
}
