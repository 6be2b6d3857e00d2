//! Passwords: long enough, otherwise as one likes; kept as argon2id only.

use std::sync::LazyLock;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

use super::error::{Result, StaffError};

/// A password that someone has chosen and that may be stored (as a hash). NIST SP 800-63B: length
/// counts, rules about kinds of characters do not.
pub struct NewPassword(String);

impl NewPassword {
    /// The fewest characters.
    pub const SHORTEST: usize = 12;
    /// The most bytes: nobody types more, and hashing megabytes is a way to stop a server.
    const LONGEST: usize = 1024;

    /// Checks what was typed into the new-password field by the owner of `email`.
    pub fn parse(typed: &str, email: &str) -> Result<Self> {
        let password = normal(typed);
        if password.chars().count() < Self::SHORTEST {
            return Err(StaffError::Password(
                "choose a password of at least 12 characters; a few words in a row are easy to remember",
            ));
        }
        if password.len() > Self::LONGEST {
            return Err(StaffError::Password(
                "choose a password of at most 1000 characters",
            ));
        }
        // Lists of leaked passwords, words, names, keyboards and dates, and the person's own address
        // (SP 800-63B §3.1.1.2).
        let own: Vec<&str> = email.split(['@', '.']).chain(["gazette", email]).collect();
        if zxcvbn(&password, &own).score() < Score::Three {
            return Err(StaffError::Password(
                "choose another password: attackers try this one early; a few words in a row that do not belong together are easy to remember",
            ));
        }
        Ok(Self(password))
    }

    /// The argon2id hash as a PHC string, for the database.
    pub async fn hash(self) -> Result<String> {
        on_a_thread(move || {
            Argon2::default()
                .hash_password(self.0.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|error| StaffError::Hashing(error.to_string()))
        })
        .await?
    }
}

/// Whether `typed` is the password behind `hash`. With no hash (no such account, or no password
/// yet) the same work is done for nothing, so that the time tells nobody who has an account.
pub async fn verify(typed: &str, hash: Option<&str>) -> Result<bool> {
    if typed.len() > NewPassword::LONGEST * 2 {
        return Ok(false);
    }
    let typed = normal(typed);
    let known = hash.is_some();
    let hash = hash.unwrap_or(NOBODYS).to_owned();
    let right = on_a_thread(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(typed.as_bytes(), &hash)
                .is_ok()
        })
    })
    .await?;
    Ok(right && known)
}

/// A hash of nothing anyone knows, with the same cost as the real ones.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$Z2F6ZXR0ZS1ub2JvZHkhIQ$aWYgeW91IGNhbiByZWFkIHRoaXMsIGhlbGxvIHlvdSE";

/// Each hash takes 19 MB and a core: a flood of sign-ins waits in line instead of taking both.
static HASHING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = HASHING
        .acquire()
        .await
        .map_err(|error| StaffError::Hashing(error.to_string()))?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StaffError::Hashing(error.to_string()))
}

/// The same password typed on another keyboard is the same password (SP 800-63B §3.1.1.2: NFKC).
fn normal(typed: &str) -> String {
    typed.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_and_what_attackers_try_first_is_refused() {
        for good in [
            "correct horse battery",
            "пароль, которого нет",
            "é̂ é̂ ꙮ ab cd 7-q ",
            "moss-lantern-quarry",
        ] {
            let parsed = NewPassword::parse(good, "ana@example.gov");
            assert!(parsed.is_ok(), "{good}");
        }
        for bad in [
            "",
            "elevenchars",
            "aaaaaaaaaaaa",
            "abababababab",
            "Ana@Example.gov",
            "example.gov1",
            "password1234",
            "Password1234!",
            "123456789012",
            "qwertyuiop[]",
            "iloveyou2026",
            "letmeinletmein",
            "november 2026",
            "gazettegazette",
            &"ab".repeat(600),
        ] {
            assert!(NewPassword::parse(bad, "ana@example.gov").is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_and_opens_to_its_password_only() {
        let hash = NewPassword::parse("correct horse battery", "a@b.gov")
            .unwrap()
            .hash()
            .await
            .unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify("correct horse battery", Some(&hash)).await.unwrap());
        assert!(!verify("correct horse batterz", Some(&hash)).await.unwrap());
        assert!(!verify("correct horse battery", None).await.unwrap());
        // The stand-in must parse, or an unknown account would be answered at once.
        assert!(PasswordHash::new(NOBODYS).is_ok());
    }
}
