//! DKIM keys: read from a file, with words for every file that is something else, and the records
//! that publish them.

use std::path::Path;

use aws_lc_rs::{
    digest,
    encoding::{AsDer, PublicKeyX509Der},
    signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use x509_parser::{
    der_parser::der::{DerObject, parse_der},
    oid_registry::{OID_PKCS1_RSAENCRYPTION, OID_SIG_ED25519},
};

use super::dkim_error::{DkimError, KeyFault};
use crate::named_file::{self, LARGEST_SETTING};

/// Characters of base64 on one line.
pub(super) const SIGNATURE_LINE: usize = 72;

/// A key that signs.
pub(super) enum PrivateKey {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// What a private key's owner publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// `SELECTOR._domainkey.DOMAIN`
    pub name: String,
    /// `rsa` or `ed25519`, as `k=` says it.
    pub kind: &'static str,
    /// What `p=` holds: a `SubjectPublicKeyInfo`, or the 32 octets of an Ed25519 key (RFC 8463 §4).
    pub public: Vec<u8>,
    /// The modulus, or 256.
    pub bits: usize,
}

impl KeyRecord {
    /// The record's text.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "v=DKIM1; k={}; p={}",
            self.kind,
            STANDARD.encode(&self.public)
        )
    }

    /// The key in one line: the record's name and a fingerprint, `news._domainkey.example.gov (1f2e…)`.
    #[must_use]
    pub fn identity(&self) -> String {
        let hash = digest::digest(&digest::SHA256, &self.public);
        let fingerprint = HEXLOWER.encode(hash.as_ref().get(..16).unwrap_or_default());
        format!("{} ({fingerprint})", self.name)
    }
}

impl PrivateKey {
    /// The key in the file that `variable` names, where it is one of those that `wanted` takes.
    pub(super) fn read(
        path: &Path,
        variable: &'static str,
        wanted: impl FnOnce(Self) -> Result<Self, KeyFault>,
    ) -> Result<Self, DkimError> {
        let pem = named_file::read(path, LARGEST_SETTING)
            .map_err(|error| KeyFault::File(error.to_string()));
        pem.and_then(|pem| Self::from_pem(&pem))
            .and_then(wanted)
            .map_err(|why| DkimError::Key {
                variable,
                file: path.display().to_string(),
                why,
            })
    }

    /// PKCS#8 or, for RSA, PKCS#1.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, KeyFault> {
        match PrivateKeyDer::from_pem_slice(pem) {
            Ok(PrivateKeyDer::Pkcs1(key)) => rsa(
                key.secret_pkcs1_der(),
                RsaKeyPair::from_der(key.secret_pkcs1_der()),
            ),
            Ok(PrivateKeyDer::Pkcs8(key)) => pkcs8(key.secret_pkcs8_der()),
            Ok(_) => Err(KeyFault::NoKey(ELLIPTIC)),
            Err(_) => Err(KeyFault::NoKey(what_else(pem))),
        }
    }

    pub(super) fn must_be_rsa(self) -> Result<Self, KeyFault> {
        match self {
            Self::Rsa(_) => Ok(self),
            Self::Ed25519(_) => Err(KeyFault::Kind(
                "RSA; an Ed25519 key goes into GAZETTE_DKIM_ED25519_KEY, beside an RSA key",
            )),
        }
    }

    pub(super) fn must_be_ed25519(self) -> Result<Self, KeyFault> {
        match self {
            Self::Ed25519(_) => Ok(self),
            Self::Rsa(_) => Err(KeyFault::Kind(
                "Ed25519, as `openssl genpkey -algorithm ed25519` makes",
            )),
        }
    }

    /// As `a=` says it.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// Octets of a signature.
    pub(super) fn signature_length(&self) -> usize {
        match self {
            Self::Rsa(pair) => pair.public_modulus_len(),
            Self::Ed25519(_) => 64,
        }
    }

    pub(super) fn record(&self, selector: &str, domain: &str) -> Result<KeyRecord, DkimError> {
        let (kind, public, bits) = match self {
            Self::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> =
                    pair.public_key().as_der().map_err(|_| DkimError::Sign)?;
                ("rsa", der.as_ref().to_vec(), pair.public_modulus_len() * 8)
            }
            Self::Ed25519(pair) => ("ed25519", pair.public_key().as_ref().to_vec(), 256),
        };
        Ok(KeyRecord {
            name: format!("{}._domainkey.{domain}", dns_name(selector)?),
            kind,
            public,
            bits,
        })
    }

    /// Appends the signature of what was hashed, in base64 and folded.
    pub(super) fn sign(&self, hash: &digest::Digest, out: &mut Vec<u8>) -> Result<(), DkimError> {
        // 8192 bits and their base64.
        let mut buffer = [0; 1024];
        let mut base64 = [0; 1368];
        let signed = match self {
            Self::Rsa(pair) => {
                let signature = buffer
                    .get_mut(..pair.public_modulus_len())
                    .ok_or(DkimError::Sign)?;
                pair.sign_digest(&RSA_PKCS1_SHA256, hash, signature)
                    .map_err(|_| DkimError::Sign)?;
                STANDARD.encode_slice(signature, &mut base64)
            }
            // RFC 8463 §3: Ed25519 signs the hash as if it were the message.
            Self::Ed25519(pair) => STANDARD.encode_slice(pair.sign(hash.as_ref()), &mut base64),
        };
        let base64 = base64
            .get(..signed.map_err(|_| DkimError::Sign)?)
            .ok_or(DkimError::Sign)?;
        for (at, line) in base64.chunks(SIGNATURE_LINE).enumerate() {
            if at > 0 {
                out.extend_from_slice(b"\r\n ");
            }
            out.extend_from_slice(line);
        }
        Ok(())
    }
}

const ELLIPTIC: &str = "it holds an elliptic-curve key, which DKIM does not know";

fn pkcs8(key: &[u8]) -> Result<PrivateKey, KeyFault> {
    // RFC 5958 §2: version, algorithm, the key itself.
    let fields = sequence(key).unwrap_or_default();
    let algorithm = fields.get(1).and_then(|field| field.as_sequence().ok());
    let algorithm = algorithm.and_then(|parts| parts.first()?.as_oid_val().ok());
    match algorithm {
        Some(oid) if oid == OID_PKCS1_RSAENCRYPTION => {
            let inner = fields.get(2).and_then(|field| field.as_slice().ok());
            rsa(inner.unwrap_or_default(), RsaKeyPair::from_pkcs8(key))
        }
        Some(oid) if oid == OID_SIG_ED25519 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(key)
            .map(|pair| PrivateKey::Ed25519(Box::new(pair)))
            .map_err(|error| KeyFault::Numbers(error.to_string())),
        Some(_) => Err(KeyFault::NoKey(
            "it holds a key that is neither RSA nor Ed25519",
        )),
        None => Err(KeyFault::NoKey("it is damaged")),
    }
}

/// The parts of the DER SEQUENCE that begins here.
fn sequence(der: &[u8]) -> Option<Vec<DerObject<'_>>> {
    let (_, object) = parse_der(der).ok()?;
    object.as_sequence().ok().cloned()
}

/// `pkcs1` is only looked at to say why the library refused.
fn rsa(
    pkcs1: &[u8],
    read: Result<RsaKeyPair, aws_lc_rs::error::KeyRejected>,
) -> Result<PrivateKey, KeyFault> {
    let error = match read {
        Ok(pair) => return Ok(PrivateKey::Rsa(Box::new(pair))),
        Err(error) => error,
    };
    Err(match modulus_bits(pkcs1) {
        Some(bits @ ..1024) => KeyFault::Weak(bits),
        Some(bits @ ..2048) => KeyFault::Short(bits),
        Some(_) => KeyFault::Numbers(error.to_string()),
        None => KeyFault::NoKey("it is damaged"),
    })
}

/// RFC 8017 §A.1.2: version, modulus …
fn modulus_bits(pkcs1: &[u8]) -> Option<usize> {
    let fields = sequence(pkcs1)?;
    let modulus = fields.get(1)?.as_slice().ok()?;
    let zeros = modulus.iter().take_while(|octet| **octet == 0);
    let significant = modulus.get(zeros.count()..)?;
    let first = significant.first()?;
    Some(significant.len() * 8 - first.leading_zeros() as usize)
}

/// What a file that holds no plain private key holds instead.
fn what_else(file: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(file);
    let has = |mark: &str| text.contains(mark);
    if has("ENCRYPTED") {
        "it is locked with a passphrase (`openssl pkey -in FILE -out NEW` takes it off)"
    } else if has("-----BEGIN OPENSSH") {
        "it holds a key for SSH"
    } else if has("-----BEGIN PUBLIC KEY") || has("-----BEGIN RSA PUBLIC KEY") {
        "it holds the public key, which goes into the DNS"
    } else if has("-----BEGIN CERTIFICATE") {
        "it holds a certificate"
    } else if has("-----BEGIN EC ") {
        ELLIPTIC
    } else if has("-----BEGIN") {
        "it is damaged"
    } else if sequence(file).is_some() {
        "it is DER (`openssl pkey -inform DER -in FILE -out NEW` makes PEM of it)"
    } else {
        "it holds none"
    }
}

pub(super) fn dns_name(name: &str) -> Result<String, DkimError> {
    let fits = !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
    if fits {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(DkimError::Name(name.to_owned()))
    }
}
