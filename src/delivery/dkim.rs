//! DKIM (RFC 6376): what shows that a mail is ours and unchanged.
//!
//! One signature, rsa-sha256 over `relaxed/relaxed` (K1), never with `l=` (K4). A newsletter is
//! signed by [`super::prepared_message::PreparedMessage::write`], which hashes only what differs between two
//! readers; transactional mail by [`Signer::sign_message`]. `gazette doctor` looks whether what the
//! keys' [`KeyRecord`]s say stands in the DNS.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};

use self::key::{PrivateKey, SIGNATURE_LINE, dns_name};
use super::canonical;
use crate::config::Settings;

mod dkim_error;
mod key;

pub use dkim_error::{DkimError, KeyFault};
pub use key::KeyRecord;

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
    ("References", false),
    ("List-Unsubscribe", true),
];

/// Signs mail for one domain.
pub struct Signer {
    domain: String,
    keys: Vec<Key>,
}

struct Key {
    private: PrivateKey,
    record: KeyRecord,
    /// The header as far as `bh=`.
    opening: Vec<u8>,
    /// The same as it is hashed.
    canonical: Vec<u8>,
    /// Bytes of the whole header.
    size: usize,
}

/// The settings that name files of keys.
const RSA_KEY: &str = "GAZETTE_DKIM_KEY";
const ED25519_KEY: &str = "GAZETTE_DKIM_ED25519_KEY";
const STANDBY_KEY: &str = "GAZETTE_DKIM_STANDBY_KEY";

/// Between the body's hash and the signature; hashed with its line break as one space.
const BEFORE_SIGNATURE: &[u8] = b";\r\n b=";
const BEFORE_SIGNATURE_CANONICAL: &[u8] = b"; b=";
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
            (Some(path), Some(selector), Some(domain)) => (path, selector, domain),
            (None, None, None) if settings.dkim_ed25519_key.is_some() => {
                return Err(DkimError::IncompleteSecond("ED25519"));
            }
            (None, None, None) => return Ok(None),
            _ => return Err(DkimError::Incomplete),
        };
        let key = PrivateKey::read(path, RSA_KEY, PrivateKey::must_be_rsa)?;
        let mut signer = Self::new(key, selector, domain)?;
        match (&settings.dkim_ed25519_key, &settings.dkim_ed25519_selector) {
            (None, None) => {}
            (Some(path), Some(selector)) => {
                let key = PrivateKey::read(path, ED25519_KEY, PrivateKey::must_be_ed25519)?;
                signer.add(key, selector)?;
            }
            _ => return Err(DkimError::IncompleteSecond("ED25519")),
        }
        Ok(Some(signer))
    }

    /// A signer with the RSA key in `pem` (PKCS#8 or PKCS#1).
    pub fn from_pem(pem: &[u8], selector: &str, domain: &str) -> Result<Self, DkimError> {
        let key = PrivateKey::from_pem(pem).and_then(PrivateKey::must_be_rsa);
        let key = key.map_err(|why| DkimError::Key {
            variable: RSA_KEY,
            file: "PEM".to_owned(),
            why,
        })?;
        Self::new(key, selector, domain)
    }

    /// Signs with an Ed25519 key (PKCS#8) too. Off unless asked for: Yahoo does not promise to
    /// accept mail whose second signature it cannot check (K5).
    pub fn and_ed25519(mut self, pem: &[u8], selector: &str) -> Result<Self, DkimError> {
        let key = PrivateKey::from_pem(pem).and_then(PrivateKey::must_be_ed25519);
        let key = key.map_err(|why| DkimError::Key {
            variable: ED25519_KEY,
            file: "PEM".to_owned(),
            why,
        })?;
        self.add(key, selector)?;
        Ok(self)
    }

    fn new(key: PrivateKey, selector: &str, domain: &str) -> Result<Self, DkimError> {
        let domain = dns_name(domain)?;
        let keys = vec![Key::new(key, selector, &domain)?];
        Ok(Self { domain, keys })
    }

    fn add(&mut self, key: PrivateKey, selector: &str) -> Result<(), DkimError> {
        let key = Key::new(key, selector, &self.domain)?;
        if self
            .keys
            .iter()
            .any(|other| other.record.name == key.record.name)
        {
            return Err(DkimError::OneSelectorTwice(selector.to_owned()));
        }
        self.keys.push(key);
        Ok(())
    }

    /// The signing domain (`d=`).
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// What must be published for the signatures to hold: one record a key.
    pub fn records(&self) -> impl Iterator<Item = &KeyRecord> {
        self.keys.iter().map(|key| &key.record)
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
            key.private.sign(&hashed.finish(), out)?;
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

/// The record of the key that does not sign: the next one before a rotation's switch, the last one
/// after it (K6). None is set as a rule.
pub fn standby_record(settings: &Settings) -> Result<Option<KeyRecord>, DkimError> {
    let half = DkimError::IncompleteSecond("STANDBY");
    let (path, selector) = match (&settings.dkim_standby_key, &settings.dkim_standby_selector) {
        (None, None) => return Ok(None),
        (Some(path), Some(selector)) => (path, selector),
        _ => return Err(half),
    };
    let Some(domain) = &settings.dkim_domain else {
        return Err(half);
    };
    let others = [&settings.dkim_selector, &settings.dkim_ed25519_selector];
    if others.contains(&&Some(selector.clone())) {
        return Err(DkimError::OneSelectorTwice(selector.clone()));
    }
    let key = PrivateKey::read(path, STANDBY_KEY, Ok)?;
    key.record(selector, &dns_name(domain)?).map(Some)
}

/// Whether two domains belong to one organisation: to the same name right below a public suffix.
/// What receivers of RFC 7489 call relaxed alignment (P1).
#[must_use]
pub fn same_organisation(one: &str, other: &str) -> bool {
    let organisation = |name: &str| psl::domain_str(name).map(str::to_owned);
    one == other || organisation(one).is_some_and(|org| organisation(other) == Some(org))
}

impl Key {
    fn new(private: PrivateKey, selector: &str, domain: &str) -> Result<Self, DkimError> {
        let record = private.record(selector, domain)?;
        let value = format!(
            " v=1; a={}; c=relaxed/relaxed; d={domain};\r\n s={};\r\n h={};\r\n bh=",
            private.algorithm(),
            dns_name(selector)?,
            signed_names()
        );
        let mut canonical = b"dkim-signature:".to_vec();
        canonical.extend(canonical::value_only(value.as_bytes()));
        let opening = format!("DKIM-Signature:{value}").into_bytes();
        let base64 = private.signature_length().div_ceil(3) * 4;
        let folds = (base64 - 1) / SIGNATURE_LINE * 3;
        let size = opening.len() + HASH + BEFORE_SIGNATURE.len() + base64 + folds + 2;
        Ok(Self {
            private,
            record,
            opening,
            canonical,
            size,
        })
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
pub(crate) mod tests;
