//! Proof of work: whoever would have to wait because very many sign up may have their browser work for a
//! few seconds instead. A flood cannot: it would have to work so for every request. Nobody solves
//! anything, nobody else's service is asked, and without scripts the request waits for its turn.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use crate::{
    address::EmailAddress,
    app::App,
    clock::MINUTE,
    secret::{KeyError, random_bytes},
};

/// Zero bits with which the hash must begin: 65,000 tries, a second or three in a browser.
pub const BITS: u32 = 16;

/// For how long a question may be answered.
const OPEN_MS: i64 = 10 * MINUTE;

/// A question for this address, which nobody else can answer for another one.
pub fn question(app: &App, address: &EmailAddress) -> Result<String, KeyError> {
    let until = (app.clock.now_ms() + OPEN_MS).to_string();
    let salt = HEXLOWER.encode(&random_bytes::<8>()?);
    let mac = mac(app, address, &until, &salt);
    Ok(format!("{until}.{salt}.{}", HEXLOWER.encode(&mac)))
}

/// Whether the question is ours, for this address, still open, and its answer right.
pub fn is_answered(app: &App, address: &EmailAddress, question: &str, answer: &str) -> bool {
    let mut parts = question.split('.');
    let (Some(until), Some(salt), Some(given), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let Ok(given) = HEXLOWER.decode(given.as_bytes()) else {
        return false;
    };
    let genuine = bool::from(given.as_slice().ct_eq(&mac(app, address, until, salt)));
    let open = until
        .parse()
        .is_ok_and(|until: i64| app.clock.now_ms() < until);
    genuine && open && answer.len() <= 20 && zero_bits(&format!("{question}.{answer}")) >= BITS
}

fn zero_bits(text: &str) -> u32 {
    let hash = digest(&SHA256, text.as_bytes());
    let mut bits = 0;
    for byte in hash.as_ref() {
        bits += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    bits
}

fn mac(app: &App, address: &EmailAddress, until: &str, salt: &str) -> [u8; 16] {
    let (key, parts) = (address.key(), [until.as_bytes(), salt.as_bytes()]);
    let mut short = [0; 16];
    short.copy_from_slice(
        &app.keys
            .mac(&[b"proof of work", key.as_bytes(), parts[0], parts[1]])[..16],
    );
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscribers::tests;

    #[tokio::test]
    async fn an_answer_holds_for_its_address_and_its_time_alone() {
        let (app, _place) = tests::app().await;
        let ana = EmailAddress::parse("ana@example.org").unwrap();
        let asked = question(&app, &ana).unwrap();
        let right = |number: &u64| zero_bits(&format!("{asked}.{number}")) >= BITS;
        let answer = (0..u64::MAX).find(right).unwrap().to_string();
        assert!(is_answered(&app, &ana, &asked, &answer));
        let bob = EmailAddress::parse("bob@example.org").unwrap();
        assert!(!is_answered(&app, &bob, &asked, &answer));
        for (question, answer) in [
            (asked.as_str(), "x"),
            (asked.as_str(), ""),
            ("", ""),
            ("1.2.3", "4"),
            (&asked.replace('.', "-"), answer.as_str()),
        ] {
            assert!(
                !is_answered(&app, &ana, question, answer),
                "{question} {answer}"
            );
        }
        app.clock.advance_ms(OPEN_MS);
        assert!(!is_answered(&app, &ana, &asked, &answer), "too late");
    }
}
