//! DKIM (RFC 6376): what shows that a mail is ours and unchanged.
//!
//! One signature, rsa-sha256 over `relaxed/relaxed` (K1), never with `l=` (K4). A newsletter is
//! signed by [`super::prepared::Prepared::write`], which hashes only what differs between two
//! readers; one-off mail by [`Signer::sign_message`].

use std::path::PathBuf;

use aws_lc_rs::{
    digest,
    encoding::{AsDer, PublicKeyX509Der},
    signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, pem::PemObject};

use super::canonical;
use crate::{address::EmailAddress, config::Settings};

/// What is signed where present (K2), and what is listed once more so that nobody can add another
/// (K3). Names that a mail lacks are listed all the same: nobody can add them either (RFC 6376
/// §5.4). First what all readers of a newsletter have in common, so that it is hashed once.
pub const SIGNED: &[(&str, bool)] = &[
    ("From", true),
    ("Reply-To", true),
    ("Subject", true),
    ("Date", true),
    ("Cc", true),
    ("MIME-Version", false),
    ("Content-Type", true),
    ("Content-Transfer-Encoding", false),
    ("Content-Language", false),
    ("List-Id", false),
    ("List-Help", false),
    ("List-Owner", false),
    ("List-Archive", false),
    ("List-Post", false),
    ("List-Unsubscribe-Post", true),
    ("Feedback-ID", false),
    ("Auto-Submitted", false),
    ("Archived-At", false),
    ("To", true),
    ("Message-ID", true),
    ("List-Unsubscribe", true),
];

/// Why mail cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum DkimError {
    /// The three settings belong together.
    #[error(
        "GAZETTE_DKIM_KEY needs GAZETTE_DKIM_SELECTOR and GAZETTE_DKIM_DOMAIN beside it: set all three, or none and let the relay sign"
    )]
    Incomplete,
    /// The file cannot be read, or holds no private key.
    #[error(
        "no DKIM key can be read from `{0}`: {1}; it must be a private key in PEM, as `openssl genrsa 2048` makes"
    )]
    Unreadable(PathBuf, String),
    /// Not an RSA key, or one that is too weak (RFC 8301 §3.2).
    #[error(
        "the DKIM key must be RSA with 2048 to 8192 bits ({0}); make one with `openssl genrsa 2048`"
    )]
    Key(String),
    /// Not a name that can stand in the DNS.
    #[error("`{0}` cannot be a DKIM selector or domain: letters, digits, `-` and dots only")]
    Name(String),
    /// The cryptographic library refused.
    #[error("the DKIM signature could not be made; the mail was not sent")]
    Sign,
}

/// Signs mail for one domain.
pub struct Signer {
    domain: String,
    keys: Vec<Key>,
}

struct Key {
    pair: Pair,
    selector: String,
    /// The header as far as `bh=`.
    opening: Vec<u8>,
    /// The same as it is hashed.
    canonical: Vec<u8>,
    /// Bytes of the whole header.
    size: usize,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// Between the body's hash and the signature; hashed with its line break as one space.
const BEFORE_SIGNATURE: &[u8] = b";\r\n b=";
const BEFORE_SIGNATURE_CANONICAL: &[u8] = b"; b=";
/// Characters of base64 on one line.
const SIGNATURE_LINE: usize = 72;
/// A SHA-256 hash in base64.
const HASH: usize = 44;

impl Signer {
    /// The signer that the settings describe; none: the relay signs.
    pub fn from_settings(settings: &Settings) -> Result<Option<Self>, DkimError> {
        let (path, selector, domain) = match (
            &settings.dkim_key,
            &settings.dkim_selector,
            &settings.dkim_domain,
        ) {
            (None, None, None) => return Ok(None),
            (Some(path), Some(selector), Some(domain)) => (path, selector, domain),
            _ => return Err(DkimError::Incomplete),
        };
        let pem = std::fs::read(path)
            .map_err(|error| DkimError::Unreadable(path.clone(), error.to_string()))?;
        match Self::from_pem(&pem, selector, domain) {
            Err(DkimError::Unreadable(_, why)) => Err(DkimError::Unreadable(path.clone(), why)),
            other => other.map(Some),
        }
    }

    /// A signer with the RSA key in `pem` (PKCS#8 or PKCS#1). Fewer than 2048 bits are refused:
    /// receivers take 1024 for now, our cryptographic library takes none (P3).
    pub fn from_pem(pem: &[u8], selector: &str, domain: &str) -> Result<Self, DkimError> {
        let pair = match private_key(pem)? {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(DkimError::Key("this is another kind of key".to_owned())),
        };
        let pair = pair.map_err(|error| DkimError::Key(error.to_string()))?;
        let length = pair.public_modulus_len();
        let domain = dns_name(domain)?;
        let key = Key::new(Pair::Rsa(Box::new(pair)), length, selector, &domain)?;
        Ok(Self {
            domain,
            keys: vec![key],
        })
    }

    /// Signs with an Ed25519 key (PKCS#8) too. Off unless asked for: Yahoo does not promise to
    /// accept mail whose second signature it cannot check (K5).
    pub fn and_ed25519(mut self, pem: &[u8], selector: &str) -> Result<Self, DkimError> {
        let PrivateKeyDer::Pkcs8(der) = private_key(pem)? else {
            return Err(DkimError::Key(
                "the second key must be Ed25519 in PKCS#8".to_owned(),
            ));
        };
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
            .map_err(|error| DkimError::Key(error.to_string()))?;
        let key = Key::new(Pair::Ed25519(Box::new(pair)), 64, selector, &self.domain)?;
        self.keys.push(key);
        Ok(self)
    }

    /// The signing domain (`d=`).
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether a mail from this address passes DMARC by this signature: `d=` belongs to the same
    /// organisation (P1, relaxed alignment).
    #[must_use]
    pub fn is_aligned_with(&self, from: &EmailAddress) -> bool {
        let organisation = |name: &str| psl::domain_str(name).map(str::to_owned);
        from.domain() == self.domain
            || organisation(from.domain())
                .is_some_and(|org| organisation(&self.domain) == Some(org))
    }

    /// What to publish as TXT at `SELECTOR._domainkey.DOMAIN`: one record a key, as (name, value).
    #[must_use]
    pub fn dns_records(&self) -> Vec<(String, String)> {
        let record = |key: &Key| {
            let (kind, public) = match &key.pair {
                Pair::Rsa(pair) => {
                    let der: Result<PublicKeyX509Der<'_>, _> = pair.public_key().as_der();
                    (
                        "rsa",
                        der.map(|der| STANDARD.encode(der.as_ref()))
                            .unwrap_or_default(),
                    )
                }
                Pair::Ed25519(pair) => ("ed25519", STANDARD.encode(pair.public_key())),
            };
            (
                format!("{}._domainkey.{}", key.selector, self.domain),
                format!("v=DKIM1; k={kind}; p={public}"),
            )
        };
        self.keys.iter().map(record).collect()
    }

    /// The DKIM-Signature header, or headers, to put before a complete message with CRLF line
    /// ends, not yet dot-stuffed (K6).
    pub fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, DkimError> {
        let (headers, body) = split(message);
        let mut fields = fields(headers);
        let mut hashed = digest::Context::new(&digest::SHA256);
        for (name, _) in SIGNED {
            // Where a header stands several times the last one counts first (RFC 6376 §5.4.2).
            if let Some(at) = fields
                .iter()
                .rposition(|(field, _)| field.eq_ignore_ascii_case(name))
            {
                let (name, value) = fields.remove(at);
                hashed.update(&canonical::header(name, value));
            }
        }
        let body = digest::digest(&digest::SHA256, &canonical::body(body));
        let mut out = Vec::with_capacity(self.size());
        self.write(&body, &hashed, &mut out)?;
        Ok(out)
    }

    /// Bytes of all DKIM-Signature headers.
    pub(super) fn size(&self) -> usize {
        self.keys.iter().map(|key| key.size).sum()
    }

    /// Appends the header for a body and for signed headers that are hashed already. Nothing is
    /// allocated here.
    pub(super) fn write(
        &self,
        body: &digest::Digest,
        headers: &digest::Context,
        out: &mut Vec<u8>,
    ) -> Result<(), DkimError> {
        let mut hash = [0; HASH];
        STANDARD
            .encode_slice(body.as_ref(), &mut hash)
            .map_err(|_| DkimError::Sign)?;
        for key in &self.keys {
            let mut hashed = headers.clone();
            hashed.update(&key.canonical);
            hashed.update(&hash);
            // The header signs itself with an empty `b=` and without its CRLF (§3.7).
            hashed.update(BEFORE_SIGNATURE_CANONICAL);
            out.extend_from_slice(&key.opening);
            out.extend_from_slice(&hash);
            out.extend_from_slice(BEFORE_SIGNATURE);
            key.pair.sign(&hashed.finish(), out)?;
            out.extend_from_slice(b"\r\n");
        }
        Ok(())
    }
}

/// Without the keys.
impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}, {} keys)", self.domain, self.keys.len())
    }
}

impl Key {
    fn new(pair: Pair, signature: usize, selector: &str, domain: &str) -> Result<Self, DkimError> {
        let algorithm = match pair {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        };
        let selector = dns_name(selector)?;
        let value = format!(
            " v=1; a={algorithm}; c=relaxed/relaxed; d={domain};\r\n s={selector};\r\n h={};\r\n bh=",
            signed_names()
        );
        let mut canonical = b"dkim-signature:".to_vec();
        canonical.extend(canonical::value_only(value.as_bytes()));
        let opening = format!("DKIM-Signature:{value}").into_bytes();
        let base64 = signature.div_ceil(3) * 4;
        let folds = (base64 - 1) / SIGNATURE_LINE * 3;
        let size = opening.len() + HASH + BEFORE_SIGNATURE.len() + base64 + folds + 2;
        Ok(Self {
            pair,
            selector,
            opening,
            canonical,
            size,
        })
    }
}

impl Pair {
    fn sign(&self, hash: &digest::Digest, out: &mut Vec<u8>) -> Result<(), DkimError> {
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

/// The `h=` list, folded.
fn signed_names() -> String {
    let names = SIGNED
        .iter()
        .flat_map(|(name, again)| std::iter::repeat_n(*name, if *again { 2 } else { 1 }));
    let mut list = String::new();
    let mut column = 3;
    for name in names {
        if !list.is_empty() {
            list.push(':');
            column += 1;
            if column + name.len() > 74 {
                list.push_str("\r\n ");
                column = 1;
            }
        }
        list.push_str(name);
        column += name.len();
    }
    list
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, DkimError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        DkimError::Unreadable(PathBuf::from("GAZETTE_DKIM_KEY"), error.to_string())
    })
}

fn dns_name(name: &str) -> Result<String, DkimError> {
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

fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(at) => (&message[..at + 2], &message[at + 4..]),
        None => (message, &[]),
    }
}

/// The header fields, names as written, values with their folds.
fn fields(headers: &[u8]) -> Vec<(&str, &[u8])> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in headers.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(at);
    starts
        .windows(2)
        .filter_map(|pair| {
            let field = headers.get(pair[0]..pair[1])?;
            let colon = field.iter().position(|byte| *byte == b':')?;
            Some((
                std::str::from_utf8(&field[..colon]).ok()?,
                &field[colon + 1..],
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests;
