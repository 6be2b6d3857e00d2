//! DKIM: the key files, and whether the DNS publishes what they sign with (K1, K6, P3).

use std::path::Path;

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    case::Case,
    report::{Finding, Record},
    tags::Tags,
};
use crate::delivery::dkim::{self, DkimError, KeyRecord, Signer};

const CHECK: &str = "dkim";

/// Looks at the keys that sign, and at the standby key of a rotation.
pub async fn examine(
    case: &Case<'_>,
    signer: Result<Option<Signer>, DkimError>,
) -> (Vec<Finding>, Vec<Record>) {
    let settings = &case.app.settings;
    let mut findings = Vec::new();
    let mut records = Vec::new();
    match signer {
        Err(error) => findings.push(Finding::fault(CHECK, error.to_string())),
        Ok(None) => findings.push(
            Finding::warning(CHECK, "mail leaves unsigned: no GAZETTE_DKIM_KEY is set").remedy(
                format!(
                    "set it, unless the relay signs with d={} or a domain of the same organisation",
                    case.office.from.domain()
                ),
            ),
        ),
        Ok(Some(signer)) => {
            for record in signer.records() {
                let (finding, record) = look_up(case, record, Role::Signs).await;
                findings.push(finding);
                records.push(record);
            }
            if signer.records().count() > 1 {
                findings.push(Finding::note(
                    CHECK,
                    "mail has a second signature by Ed25519; Yahoo does not promise to take mail of which one signature cannot be checked",
                ));
            }
        }
    }
    match dkim::standby_record(settings) {
        Err(error) => findings.push(Finding::fault(CHECK, error.to_string())),
        Ok(None) => {}
        Ok(Some(record)) => {
            let (finding, record) = look_up(case, &record, Role::StandsBy).await;
            findings.push(finding);
            records.push(record);
        }
    }
    let files = [
        &settings.dkim_key,
        &settings.dkim_standby_key,
        &settings.dkim_ed25519_key,
    ];
    findings.extend(
        files
            .into_iter()
            .flatten()
            .filter_map(|file| open_to_others(file)),
    );
    (findings, records)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Signs,
    StandsBy,
}

async fn look_up(case: &Case<'_>, record: &KeyRecord, role: Role) -> (Finding, Record) {
    let name = &record.name;
    let published = case.dns.txt(name).await;
    let compared = published.as_deref().map(|texts| compare(record, texts));
    let whose = match role {
        Role::Signs => "the key that signs",
        Role::StandsBy => "the standby key, which does not sign,",
    };
    let stands = matches!(compared, Ok(Published::Same { .. }));
    let finding = match compared {
        Ok(Published::Same { testing: false }) => Finding::ok(
            CHECK,
            format!("`{name}` publishes {whose} ({} {} bits)", record.kind, record.bits),
        ),
        Ok(Published::Same { testing: true }) => Finding::warning(
            CHECK,
            format!("`{name}` publishes {whose} but says `t=y`: receivers treat the mail as unsigned"),
        )
        .remedy("take `t=y` out of the record"),
        Ok(Published::Not(why)) => Finding::fault(CHECK, format!("`{name}` does not publish {whose}: {why}"))
            .remedy("put the record below in its place, or set the key and selector that belong together"),
        Err(missing) if !missing.is_certain() => {
            Finding::fault(CHECK, format!("`{name}` cannot be looked up: {missing}"))
                .remedy("check the name server, then run the doctor again")
        }
        // The standby key is on its way in or out: today's mail does not need it.
        Err(missing) if role == Role::StandsBy => {
            Finding::warning(CHECK, format!("`{name}` does not publish {whose}: {missing}"))
                .remedy("publish the record below before you sign with it; keep it for a week after you stopped")
        }
        Err(missing) => Finding::fault(CHECK, format!("`{name}` does not publish {whose}: {missing}"))
            .remedy("publish the record below"),
    };
    (finding, Record::new(name, record.text(), stands))
}

#[derive(Debug, PartialEq, Eq)]
enum Published {
    Same { testing: bool },
    Not(&'static str),
}

/// As a verifier reads it (RFC 6376 §3.6.1).
fn compare(record: &KeyRecord, texts: &[String]) -> Published {
    let [text] = texts else {
        return Published::Not("several TXT records stand there, and receivers may take any");
    };
    let tags = Tags::read(text);
    // `v=` may be left out; where it stands it stands first.
    if tags.get("v").is_some() && tags.first() != Some(("v", "DKIM1")) {
        return Published::Not("the record does not begin with `v=DKIM1`");
    }
    let lists = |tag: &str, wanted: &[&str]| {
        tags.get(tag)
            .is_none_or(|list| list.split(':').any(|word| wanted.contains(&word.trim())))
    };
    if tags.get("k").unwrap_or("rsa") != record.kind {
        return Published::Not("the record holds a key of another kind (`k=`)");
    }
    if !lists("h", &["sha256"]) {
        return Published::Not("the record does not allow SHA-256 (`h=`)");
    }
    if !lists("s", &["*", "email"]) {
        return Published::Not("the record is not for email (`s=`)");
    }
    match tags.get("p").map(decode) {
        None => Published::Not("the record has no `p=`"),
        Some(None) => Published::Not("`p=` is not base64"),
        Some(Some(key)) if key.is_empty() => {
            Published::Not("the key is revoked there (`p=` is empty)")
        }
        Some(Some(key)) if key == record.public => Published::Same {
            testing: tags.get("t").is_some() && lists("t", &["y"]),
        },
        Some(Some(_)) => Published::Not("another key stands there"),
    }
}

/// White space may stand in `p=`; its padding is often forgotten, and receivers bear with that.
fn decode(value: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let bare: String = value.split_whitespace().collect();
    LENIENT.decode(bare).ok()
}

/// A private key that others on this machine can read.
#[cfg(unix)]
fn open_to_others(file: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    (mode & 0o007 != 0).then(|| {
        Finding::warning(
            CHECK,
            format!(
                "everybody on this machine can read the private key `{}`",
                file.display()
            ),
        )
        .remedy(format!("chmod 600 {}", file.display()))
    })
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<Finding> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> KeyRecord {
        KeyRecord {
            name: "s._domainkey.example.gov".to_owned(),
            kind: "rsa",
            public: vec![1, 2, 3, 4],
            bits: 2048,
        }
    }

    #[test]
    fn a_record_is_read_as_a_verifier_reads_it() {
        let same = Published::Same { testing: false };
        let published = |text: &str| compare(&key(), &[text.to_owned()]);
        assert_eq!(compare(&key(), &[key().text()]), same);
        for text in [
            "p=AQIDBA==",
            "v=DKIM1; p=AQID BA",
            "v=DKIM1;k=rsa;h=sha1:sha256;s=*;t=s;n=note;p=AQIDBA==;",
        ] {
            assert_eq!(published(text), same, "{text}");
        }
        assert_eq!(
            published("v=DKIM1; t=y:s; p=AQIDBA=="),
            Published::Same { testing: true }
        );
        for (text, says) in [
            ("v=DKIM1; p=", "revoked"),
            ("v=DKIM1", "no `p=`"),
            ("v=DKIM1; p=AQIDBQ==", "another key"),
            ("v=DKIM1; p=!", "base64"),
            ("v=DKIM2; p=AQIDBA==", "begin"),
            ("p=AQIDBA==; v=DKIM1", "begin"),
            ("v=DKIM1; k=ed25519; p=AQIDBA==", "another kind"),
            ("v=DKIM1; h=sha1; p=AQIDBA==", "SHA-256"),
            ("v=DKIM1; s=tlsrpt; p=AQIDBA==", "not for email"),
        ] {
            match published(text) {
                Published::Not(why) => assert!(why.contains(says), "{text}: {why}"),
                other @ Published::Same { .. } => panic!("{text}: {other:?}"),
            }
        }
        let twice = [key().text(), key().text()];
        assert!(matches!(compare(&key(), &twice), Published::Not(why) if why.contains("several")));
    }
}
