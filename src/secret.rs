//! The instance's secret key, and the tokens that are made from it.
//!
//! Every token that we mail is derived from the key, so the database holds only what is needed to
//! check it: a copy of the database lets nobody confirm, unsubscribe or sign in for someone else.
//!
//! A key can be exchanged: the new one stands before the old ones. Everything new is made with the first;
//! links that were mailed are recognised by any; and what the database knows by a keyed hash, such as
//! who must never be mailed again, goes on being known by the last.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest,
    error::Unspecified,
    hmac::{self, HMAC_SHA256},
    rand,
};
use data_encoding::{Encoding, HEXLOWER_PERMISSIVE, Specification};

use crate::{
    file_owner::give_to_owner_of_folder,
    named_file::{self, LARGEST_SETTING},
};

/// Why the secret key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// `GAZETTE_SECRET_KEY` is not 64 hexadecimal digits.
    #[error(
        "GAZETTE_SECRET_KEY must be 64 hexadecimal digits (32 bytes); make one with `openssl rand -hex 32`"
    )]
    Malformed,
    /// The key file exists but holds something else.
    #[error(
        "the secret key in `{0}` is damaged (64 hexadecimal digits expected); restore it from your backup: without it, no link that was mailed works any more"
    )]
    Damaged(PathBuf),
    /// The database was made with a key that is not there any more.
    #[error(
        "the secret key file `{0}` is missing, and this database was made with it; restore it from your backup, or set GAZETTE_SECRET_KEY: without it, no link that was mailed works any more"
    )]
    Lost(PathBuf),
    /// Everyone on the machine may read the key.
    #[error(
        "everyone on this machine may read the secret key in `{0}`, and with it make a working link for anybody; run `chmod 600 {0}`"
    )]
    Readable(PathBuf),
    /// The key file could not be read or made.
    #[error("cannot read or make the secret key file `{0}`: {1}")]
    File(PathBuf, std::io::Error),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

/// The secret key, ready for use, with those that it replaced. Clones share nothing secret beyond them.
#[derive(Clone)]
pub struct Keys {
    /// The newest first; never empty, because the first stands apart.
    current: hmac::Key,
    older: Vec<hmac::Key>,
    /// See [`Keys::named_plainly`].
    plain_to: i64,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// A key from 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self {
            current: hmac::Key::new(HMAC_SHA256, bytes),
            older: Vec::new(),
            plain_to: 0,
        }
    }

    /// The key that an operator wrote into the environment: 64 hexadecimal digits. After a rotation the
    /// ones before it follow, with white space or a comma between.
    pub fn from_hex(hex: &str) -> Result<Self, KeyError> {
        let key = |hex: &str| {
            let bytes = HEXLOWER_PERMISSIVE
                .decode(hex.as_bytes())
                .map_err(|_| KeyError::Malformed)?;
            let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
            Ok(hmac::Key::new(HMAC_SHA256, &bytes))
        };
        let mut words = hex
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|word| !word.is_empty());
        Ok(Self {
            current: key(words.next().ok_or(KeyError::Malformed)?)?,
            older: words.map(key).collect::<Result<_, _>>()?,
            plain_to: 0,
        })
    }

    /// Each key by itself, the newest first: for what may have been made with any of them.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .map(|key| Self {
                current: key.clone(),
                older: Vec::new(),
                plain_to: self.plain_to,
            })
    }

    /// The same keys for a database whose newsletters up to this number went out with plain numbers in
    /// their Message-IDs.
    #[must_use]
    pub fn naming_plainly_to(self, newsletter: i64) -> Self {
        Self {
            plain_to: newsletter,
            ..self
        }
    }

    /// Whether the Message-IDs of this newsletter hold plain numbers: a Message-ID is derived again for each
    /// attempt and each mail that refers to it, and must be the one that was mailed.
    #[must_use]
    pub fn named_plainly(&self, newsletter: i64) -> bool {
        newsletter <= self.plain_to
    }

    /// The digits of a new key before those of the ones in use.
    pub fn rotated(hex: &str) -> Result<String, KeyError> {
        Self::from_hex(hex)?;
        let new = HEXLOWER_PERMISSIVE.encode(&random_bytes::<32>()?);
        let old: Vec<&str> = hex
            .split([',', ' ', '\n', '\t', '\r'])
            .filter(|word| !word.is_empty())
            .collect();
        Ok(format!("{new},{}", old.join(",")))
    }

    /// The key in `path`, which must be there: a database was made with it.
    pub fn from_known_file(path: &Path) -> Result<Self, KeyError> {
        if path.exists() {
            Self::from_file(path)
        } else {
            Err(KeyError::Lost(path.to_path_buf()))
        }
    }

    /// The key in `path`, made at first start and readable by its owner only.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let failed = |error| KeyError::File(path.to_path_buf(), error);
        if !path.exists() {
            Self::make_file(path)?;
        }
        let hex = named_file::read_text(path, LARGEST_SETTING).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let found = path.metadata().map_err(failed)?;
            if found.permissions().mode() & 0o004 != 0 {
                return Err(KeyError::Readable(path.to_path_buf()));
            }
        }
        Self::from_hex(&hex).map_err(|_| KeyError::Damaged(path.to_path_buf()))
    }

    /// Makes a new key, whole or not at all: it is written beside its place, and a start that is killed
    /// meanwhile leaves no half of one. Of several that start at once all take the one that came first.
    fn make_file(path: &Path) -> Result<(), KeyError> {
        let failed = |error| KeyError::File(path.to_path_buf(), error);
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".new-{}", std::process::id()));
        let beside = PathBuf::from(beside);
        // Of a process that had our number and was killed.
        if beside.exists() {
            std::fs::remove_file(&beside).map_err(failed)?;
        }
        let hex = HEXLOWER_PERMISSIVE.encode(&random_bytes::<32>()?);
        Self::write_file(&beside, &hex)?;
        let put = match std::fs::hard_link(&beside, path) {
            // Not every file system has links.
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                std::fs::rename(&beside, path)
            }
            _ => Ok(()),
        };
        if beside.exists() {
            std::fs::remove_file(&beside).map_err(failed)?;
        }
        put.map_err(failed)?;
        // The database remembers the key; its name is to be on the disk first.
        if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
            folder.sync_all().map_err(failed)?;
        }
        Ok(())
    }

    /// The 64 digits of the key in `path`, for a backup.
    pub fn hex_in(path: &Path) -> Result<String, KeyError> {
        Self::from_known_file(path)?;
        let hex = named_file::read_text(path, LARGEST_SETTING)
            .map_err(|error| KeyError::File(path.to_path_buf(), error))?;
        Ok(hex.trim().to_owned())
    }

    /// Makes the file of a key that is known, readable by its owner only.
    pub fn write_file(path: &Path, hex: &str) -> Result<(), KeyError> {
        let failed = |error| KeyError::File(path.to_path_buf(), error);
        let mut file = private_file(path).map_err(failed)?;
        file.write_all(hex.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)
    }

    /// Puts `hex` in the place of what the file holds, all of it or nothing.
    pub fn replace_file(path: &Path, hex: &str) -> Result<(), KeyError> {
        let failed = |error| KeyError::File(path.to_path_buf(), error);
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        // One that a killed rotation left is worth nothing.
        if new.exists() {
            std::fs::remove_file(&new).map_err(failed)?;
        }
        Self::write_file(&new, hex)?;
        std::fs::rename(&new, path).map_err(failed)
    }

    /// HMAC-SHA256 over the parts, each preceded by its length so that parts cannot run together.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac_with(&self.current, parts)
    }

    /// The same for what the database keeps for good: a rotation does not change it.
    #[must_use]
    pub fn lasting_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac_with(self.older.last().unwrap_or(&self.current), parts)
    }

    /// The token that belongs to `label`, such as `confirmation/<random>`; the same label always
    /// gives the same token, and nobody without the key can make one. 160 bits (O3: 128 or more).
    #[must_use]
    pub fn token(&self, label: &str) -> Token {
        let mac = self.mac(&[b"token", label.as_bytes()]);
        Token(BASE32.encode(&mac[..20]))
    }

    /// How the suppression list knows an address without holding it.
    #[must_use]
    pub fn address_hash(&self, email_key: &str) -> Vec<u8> {
        self.lasting_mac(&[b"address", email_key.as_bytes()])
            .to_vec()
    }

    /// Encrypts what the database must hold but not show (AES-256-GCM, a key of its own for each
    /// purpose); the nonce stands before it.
    ///
    /// # Errors
    /// [`KeyError::Random`] when the system gives no random bytes.
    pub fn seal(&self, purpose: &str, text: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut sealed = text.to_vec();
        let nonce = self
            .sealing_key(purpose)
            .and_then(|key| key.seal_in_place_append_tag(Aad::from(purpose), &mut sealed))
            .map_err(|_| KeyError::Random)?;
        let mut whole = nonce.as_ref().to_vec();
        whole.append(&mut sealed);
        Ok(whole)
    }

    /// Decrypts it; `None` for anything that this key did not seal for this purpose.
    #[must_use]
    pub fn open(&self, purpose: &str, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        if sealed.len() < NONCE_LEN {
            return None;
        }
        let mut text = sealed.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&sealed).ok()?;
        let key = self.sealing_key(purpose).ok()?;
        let opened = key
            .open_in_place(nonce, Aad::from(purpose), &mut text)
            .ok()?;
        Some(opened.to_vec())
    }

    /// Covers the numbers in a mark that travels, so that who reads it learns nothing from them. Its MAC
    /// picks the keystream, of 32 octets at most (as SIV does, RFC 5297); covered once more they are as before.
    #[must_use]
    pub fn cover<const N: usize>(
        &self,
        purpose: &str,
        mut numbers: [u8; N],
        mac: &[u8],
    ) -> [u8; N] {
        let stream = self.mac(&[purpose.as_bytes(), mac]);
        for (byte, cover) in numbers.iter_mut().zip(stream) {
            *byte ^= cover;
        }
        numbers
    }

    fn sealing_key(&self, purpose: &str) -> Result<RandomizedNonceKey, Unspecified> {
        let key = self.mac(&[b"seal", purpose.as_bytes()]);
        RandomizedNonceKey::new(&AES_256_GCM, &key)
    }

    /// What the database remembers of the key, to refuse a start with another one.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        HEXLOWER_PERMISSIVE.encode(&self.lasting_mac(&[b"fingerprint"])[..16])
    }
}

fn mac_with(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut mac = [0; 32];
    mac.copy_from_slice(context.sign().as_ref());
    mac
}

/// A new file that only its owner may read.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    let file = new.open(path)?;
    give_to_owner_of_folder(path);
    Ok(file)
}

/// A secret that stands in a link. It prints as `Token(…)`; [`Token::as_str`] is for the mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Characters of every token made by [`Keys::token`].
    pub const LENGTH: usize = 32;

    /// Stands in stored content where the token will stand in the mail: as long as a token, safe
    /// in a URL, and made of digits that no token has.
    pub const SLOT: &str = "01890189018901890189018901890189";

    /// The token that came in a link, if it could be one. Letters count the same in both cases:
    /// some mail software folds them.
    #[must_use]
    pub fn from_link(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/');
        (text.len() == Self::LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric()))
            .then(|| Self(text.to_ascii_lowercase()))
    }

    /// The token as it stands in the link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the token: what the database holds.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.0.as_bytes())
            .as_ref()
            .to_vec()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Base 32 in lower case without padding: safe in URLs, mail addresses and quoted-printable, and
/// read the same in upper case.
pub static BASE32: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification
        .translate
        .from
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    specification
        .translate
        .to
        .push_str("abcdefghijklmnopqrstuvwxyz");
    specification
        .encoding()
        .expect("a fixed alphabet of 32 distinct symbols")
});

/// Random bytes from the operating system.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

/// 160 random bits in base 32: a label's unguessable part, a slug's tail.
pub fn random_label() -> Result<String, KeyError> {
    Ok(BASE32.encode(&random_bytes::<20>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_purpose_only() {
        let keys = Keys::from_bytes(&[3; 32]);
        let sealed = keys.seal("mailbox", b"secret").unwrap();
        assert_ne!(sealed, keys.seal("mailbox", b"secret").unwrap());
        assert_eq!(
            keys.open("mailbox", sealed.clone()).as_deref(),
            Some(&b"secret"[..])
        );
        assert_eq!(keys.open("other", sealed.clone()), None);
        assert_eq!(
            Keys::from_bytes(&[4; 32]).open("mailbox", sealed.clone()),
            None
        );
        for at in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 1;
            assert_eq!(keys.open("mailbox", forged), None, "{at}");
        }
        assert_eq!(keys.open("mailbox", vec![1, 2, 3]), None);
    }

    #[test]
    fn a_label_gives_one_token_and_another_key_gives_another() {
        let keys = Keys::from_bytes(&[7; 32]);
        let token = keys.token("confirmation/abc");
        assert_eq!(token, keys.token("confirmation/abc"));
        assert_ne!(token, keys.token("confirmation/abd"));
        assert_ne!(token, Keys::from_bytes(&[8; 32]).token("confirmation/abc"));
        assert_eq!(token.as_str().len(), Token::LENGTH);
        assert_eq!(Token::SLOT.len(), Token::LENGTH);
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn a_token_reads_the_same_in_upper_case_and_with_a_trailing_slash() {
        let token = Keys::from_bytes(&[7; 32]).token("x");
        let shouted = format!("{}/", token.as_str().to_uppercase());
        assert_eq!(Token::from_link(&shouted), Some(token));
        assert_eq!(Token::from_link("short"), None);
    }

    #[test]
    fn a_new_key_makes_new_tokens_and_the_old_one_is_still_known() {
        let old = "2a".repeat(32);
        let before = Keys::from_hex(&old).unwrap();
        let rotated = Keys::rotated(&old).unwrap();
        let twice = Keys::rotated(&rotated).unwrap();
        for hex in [rotated, twice.clone(), twice.replace(',', "\n")] {
            let after = Keys::from_hex(&hex).unwrap();
            assert_ne!(after.token("x"), before.token("x"));
            assert_eq!(after.address_hash("a@b.c"), before.address_hash("a@b.c"));
            assert_eq!(after.fingerprint(), before.fingerprint());
            assert!(after.each().any(|key| key.token("x") == before.token("x")));
        }
        for wrong in ["", ",", "2a", &format!("{old},xyz")] {
            assert!(Keys::from_hex(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gazette.key");
        let first = Keys::from_file(&path).unwrap();
        let again = Keys::from_file(&path).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        for damaged in ["not a key", ""] {
            std::fs::write(&path, damaged).unwrap();
            assert!(matches!(Keys::from_file(&path), Err(KeyError::Damaged(_))));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let open = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(&path, open).unwrap();
            assert!(matches!(Keys::from_file(&path), Err(KeyError::Readable(_))));
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(
            Keys::from_known_file(&path),
            Err(KeyError::Lost(_))
        ));
        assert!(!path.exists());
    }
}
