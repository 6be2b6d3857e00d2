//! Whose certificates are believed: the authorities of the system, and those in a file that a setting names.

use std::path::Path;

use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::named_file::{self, LARGEST_SETTING};

/// The system's authorities, and those of `file`.
///
/// # Errors
/// What is wrong with the file: it cannot be read, holds something that is no certificate in PEM, or none at all.
pub fn trusted_roots(file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    // The system's store may hold old certificates that rustls does not take; the rest count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let Some(file) = file else {
        return Ok(roots);
    };
    let pem = named_file::read(file, LARGEST_SETTING).map_err(|error| error.to_string())?;
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
        found += 1;
    }
    if found == 0 {
        return Err("it holds none".to_owned());
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_no_authority() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        for text in [
            "",
            "no certificate\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
        ] {
            std::fs::write(&file, text).unwrap();
            assert!(trusted_roots(Some(&file)).is_err(), "{text}");
        }
        assert!(trusted_roots(Some(&folder.path().join("none"))).is_err());
        assert!(trusted_roots(None).is_ok());
    }
}
