//! Whom we trust: the system's certificate authorities, and the one that the operator names.

use std::{path::PathBuf, sync::Arc};

use tokio_rustls::{
    TlsConnector,
    rustls::{
        AlertDescription as Alert, ClientConfig, Error, ProtocolVersion, RootCertStore,
        crypto::aws_lc_rs, pki_types::ServerName,
    },
};

use crate::{
    config::{RelayTls, RelayUrl},
    delivery_state::Tls,
    environment::Stream,
    trusted_roots::trusted_roots,
};

/// Why a relay's settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file named by `ca=` cannot be read.
    #[error("the certificate file `{0}` cannot be read: {1}; it must hold certificates in PEM")]
    Ca(PathBuf, String),
    /// The system has no certificate authorities.
    #[error(
        "this machine has no certificate authorities, so no relay can be trusted; install them (Debian: `apt-get install ca-certificates`) or name one with `ca=FILE`"
    )]
    NoAuthorities,
    /// rustls refused its settings.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// The host is no name that a certificate could be for.
    #[error("`{0}` is no host name")]
    Host(String),
}

/// Whether the certificates that `relay` is to be trusted by can be had.
pub fn check_trust(relay: &RelayUrl) -> Result<(), ClientError> {
    Securer::of(relay).map(|_| ())
}

/// What a connection's TLS came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// Which of its versions.
    pub version: Tls,
    /// The relay's certificate, in DER.
    pub certificate: Vec<u8>,
}

/// Makes TLS of a relay's TCP connection.
pub(super) struct Securer {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Securer {
    /// Trusts for `relay` what the system and its `ca=` trust; `None`: it is never asked for TLS.
    pub(super) fn of(relay: &RelayUrl) -> Result<Option<Self>, ClientError> {
        match relay.tls {
            RelayTls::None => Ok(None),
            _ => Self::new(relay).map(Some),
        }
    }

    fn new(relay: &RelayUrl) -> Result<Self, ClientError> {
        let roots = roots(relay)?;
        // Where TLS is only taken if offered, a missing store is told when it is.
        if roots.is_empty() && relay.tls != RelayTls::Opportunistic {
            return Err(ClientError::NoAuthorities);
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(relay.host.clone());
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: name.map_err(|_| ClientError::Host(relay.host.clone()))?,
        })
    }

    /// The same stream, encrypted, to the host that its certificate names.
    pub(super) async fn secure(
        &self,
        stream: Box<dyn Stream>,
    ) -> std::io::Result<(Box<dyn Stream>, Security)> {
        let stream = self.connector.connect(self.name.clone(), stream).await?;
        let (_, session) = stream.get_ref();
        let version = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => Tls::V1_3,
            Some(ProtocolVersion::TLSv1_2) => Tls::V1_2,
            // rustls speaks no other.
            other => return Err(std::io::Error::other(format!("{other:?} is not spoken"))),
        };
        let certificates = session.peer_certificates().unwrap_or_default();
        let security = Security {
            version,
            certificate: certificates
                .first()
                .map_or_else(Vec::new, |first| first.to_vec()),
        };
        Ok((Box::new(stream), security))
    }
}

/// What to do where nothing better is known.
pub(super) const ASK: &str = "ask the operator of the relay";

/// What to do where something answers, and not by TLS.
pub(super) const SPEAKS_NONE: &str = "what answers there speaks no TLS: check the port, and `smtp://` or `smtps://`, in GAZETTE_SMTP_URL";

/// What to do where a connection could not be encrypted.
pub(super) fn remedy(error: &std::io::Error) -> &'static str {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref());
    match error {
        Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented) => {
            "the certificate must be for this host and by a known authority (name another with `ca=FILE`)"
        }
        Some(
            Error::PeerIncompatible(_)
            | Error::AlertReceived(
                Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity,
            ),
        ) => "its TLS is too old, and 1.2 is the least: ask the operator of the relay to renew it",
        Some(Error::InvalidMessage(_)) => SPEAKS_NONE,
        _ => ASK,
    }
}

fn roots(relay: &RelayUrl) -> Result<RootCertStore, ClientError> {
    let unreadable = |why| ClientError::Ca(relay.ca.clone().unwrap_or_default(), why);
    trusted_roots(relay.ca.as_deref()).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_tls_says_what_to_do_about_it() {
        for (error, says) in [
            (
                Error::InvalidCertificate(tokio_rustls::rustls::CertificateError::Expired),
                "ca=FILE",
            ),
            (Error::AlertReceived(Alert::ProtocolVersion), "too old"),
            (
                Error::InvalidMessage(tokio_rustls::rustls::InvalidMessage::InvalidContentType),
                "speaks no TLS",
            ),
            (
                Error::AlertReceived(Alert::InternalError),
                "ask the operator",
            ),
        ] {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidData, error);
            assert!(remedy(&error).contains(says), "{error}");
        }
        assert_eq!(remedy(&std::io::Error::other("reset")), ASK);
    }
}
