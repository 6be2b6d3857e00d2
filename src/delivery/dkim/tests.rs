//! Signatures, checked by a verifier written from RFC 6376 §6 with other means than the signer's:
//! text and lines instead of bytes and midstates.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{
        ED25519, Ed25519KeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey,
    },
};
use proptest::prelude::*;

use super::*;
use crate::delivery::prepared_message::tests::{placeholders, prepared};

pub(crate) struct Keys {
    pub(crate) pem: String,
    public: Vec<u8>,
    pub(crate) ed25519_pem: String,
    ed25519_public: Vec<u8>,
}

/// Made once: an RSA key takes a while.
pub(crate) static KEYS: std::sync::LazyLock<Keys> = std::sync::LazyLock::new(|| {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    Keys {
        pem: pem("PRIVATE KEY", der.as_ref()),
        public: pair.public_key().as_ref().to_vec(),
        ed25519_pem: pem("PRIVATE KEY", ed25519.to_pkcs8v1().unwrap().as_ref()),
        ed25519_public: ed25519.public_key().as_ref().to_vec(),
    }
});

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

fn signer() -> Signer {
    Signer::from_pem(KEYS.pem.as_bytes(), "s2026", "example.gov").unwrap()
}

fn both() -> Signer {
    signer()
        .and_ed25519(KEYS.ed25519_pem.as_bytes(), "e2026")
        .unwrap()
}

fn newsletter(signer: &Signer, paragraphs: &[&str]) -> String {
    let mut wire = Vec::new();
    let prepared = prepared("Kim leads – a letter", paragraphs);
    prepared
        .write(
            &mut wire,
            "ana@example.org",
            &placeholders(42),
            Some(signer),
        )
        .unwrap();
    let message = wire.strip_suffix(b".\r\n").unwrap();
    assert_eq!(
        prepared.size("ana@example.org", Some(signer)),
        message.len()
    );
    String::from_utf8(message.to_vec()).unwrap()
}

/// The tags of a DKIM-Signature header, without white space.
fn tags(value: &str) -> std::collections::HashMap<String, String> {
    let bare: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    bare.split(';')
        .filter_map(|tag| tag.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Unfolded fields, name and value.
fn unfolded(headers: &str) -> Vec<(String, String)> {
    let joined = headers.replace("\r\n ", " ").replace("\r\n\t", " ");
    let fields = joined.split("\r\n").filter_map(|line| line.split_once(':'));
    fields
        .map(|(name, value)| {
            (
                name.to_owned(),
                value.split_whitespace().collect::<Vec<_>>().join(" "),
            )
        })
        .collect()
}

/// Which of the message's signatures hold.
fn verify(message: &str) -> Vec<bool> {
    let (headers, body) = message.split_once("\r\n\r\n").unwrap();
    let fields = unfolded(headers);
    let body: Vec<String> = body
        .split("\r\n")
        .map(|line| {
            let lead = if line.starts_with([' ', '\t']) {
                " "
            } else {
                ""
            };
            let words: Vec<&str> = line
                .split([' ', '\t'])
                .filter(|word| !word.is_empty())
                .collect();
            if words.is_empty() {
                String::new()
            } else {
                format!("{lead}{}", words.join(" "))
            }
        })
        .collect();
    let body = format!("{}\r\n", body.join("\r\n").trim_end_matches("\r\n"));
    let body_hash = STANDARD.encode(digest::digest(&digest::SHA256, body.as_bytes()));
    let signatures = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("DKIM-Signature"));
    signatures
        .map(|(_, signature)| {
            let tags = tags(signature);
            assert!(!tags.contains_key("l"), "K4: never l=");
            assert_eq!(tags["c"], "relaxed/relaxed");
            let mut left: Vec<&(String, String)> = fields.iter().collect();
            let mut hashed = String::new();
            for name in tags["h"].split(':') {
                if let Some(at) = left
                    .iter()
                    .rposition(|(field, _)| field.eq_ignore_ascii_case(name))
                {
                    let (name, value) = left.remove(at);
                    hashed = format!("{hashed}{}:{value}\r\n", name.to_lowercase());
                }
            }
            let unsigned = &signature[..signature.rfind("b=").unwrap() + 2];
            let hashed = format!("{hashed}dkim-signature:{unsigned}");
            let value = STANDARD.decode(&tags["b"]).unwrap();
            let holds = match tags["a"].as_str() {
                "rsa-sha256" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &KEYS.public)
                    .verify(hashed.as_bytes(), &value),
                "ed25519-sha256" => UnparsedPublicKey::new(&ED25519, &KEYS.ed25519_public).verify(
                    digest::digest(&digest::SHA256, hashed.as_bytes()).as_ref(),
                    &value,
                ),
                other => panic!("{other}"),
            };
            holds.is_ok() && tags["bh"] == body_hash
        })
        .collect()
}

const BODY: &[&str] = &[
    "Curly “quotes”, two  spaces.",
    ".A dot",
    "Tab\there = all",
    "Last  ",
];

#[test]
fn h2_a_newsletter_is_signed_over_both_one_click_headers_and_breaks_when_either_changes() {
    let message = newsletter(&signer(), BODY);
    assert_eq!(verify(&message), [true]);
    for (from, to) in [
        ("List-Unsubscribe=One-Click", "List-Unsubscribe=One-Clack"),
        ("/u/", "/v/"),
        ("ana@example.org", "bob@example.org"),
        ("Curly", "Burly"),
        ("Message-ID: <", "Message-ID: <x"),
    ] {
        assert!(message.contains(from));
        assert_eq!(verify(&message.replace(from, to)), [false], "{from}");
    }
}

#[test]
fn k3_a_second_copy_of_what_is_shown_breaks_the_signature() {
    let message = newsletter(&signer(), BODY);
    for name in SIGNED
        .iter()
        .filter(|(_, again)| *again)
        .map(|(name, _)| name)
    {
        assert_eq!(
            verify(&format!("{name}: x\r\n{message}")),
            [false],
            "{name}"
        );
    }
    assert_eq!(verify(&format!("Received: x\r\n{message}")), [true]);
}

#[test]
fn k2_exactly_the_headers_that_matter_are_signed() {
    let message = newsletter(&signer(), BODY);
    let signature = unfolded(&message)
        .into_iter()
        .find(|(name, _)| name == "DKIM-Signature")
        .unwrap()
        .1;
    let listed = tags(&signature)["h"].clone();
    let mut names: Vec<&str> = listed.split(':').collect();
    names.sort_unstable();
    names.dedup();
    let mut expected = vec![
        "From",
        "Reply-To",
        "Subject",
        "Date",
        "To",
        "Cc",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-Language",
        "List-Id",
        "List-Help",
        "List-Owner",
        "List-Archive",
        "List-Post",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Feedback-ID",
        "Auto-Submitted",
        "Archived-At",
        "References",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(
        message
            .split("\r\n")
            .all(|line| line.len() <= 78 || line.starts_with(" <https"))
    );
}

#[test]
fn a_relay_may_refold_and_recase_headers() {
    let message = newsletter(&signer(), BODY);
    let refolded = message
        .replacen("Reply-To: <", "reply-to:\r\n\t<", 1)
        .replacen("List-Post: NO ", "List-Post:  NO\r\n  ", 1);
    assert_ne!(refolded, message);
    assert_eq!(verify(&refolded), [true]);
}

#[test]
fn k5_a_second_signature_is_made_only_when_asked_for() {
    let message = newsletter(&both(), BODY);
    assert_eq!(verify(&message), [true, true]);
    let spoiled = message.replacen(
        "a=ed25519-sha256; c=relaxed/relaxed; d=example.gov",
        "a=ed25519-sha256; c=relaxed/relaxed; d=example.com",
        1,
    );
    assert_eq!(verify(&spoiled), [true, false], "RSA verifies alone");
}

#[test]
fn a_one_off_mail_is_signed_as_its_bytes_are() {
    let mail = "From: a@example.gov\r\nTo: b@example.org\r\nSubject:  Please \r\n confirm\r\nX-Other: 1\r\n\r\n.dot  two\t\r\n\r\nend \r\n\r\n\r\n";
    let header = both().sign_message(mail.as_bytes()).unwrap();
    assert_eq!(header.len(), both().size());
    let header = String::from_utf8(header).unwrap();
    assert_eq!(verify(&format!("{header}{mail}")), [true, true]);
    assert_eq!(
        verify(&format!("{header}{}", mail.replace("confirm", "pay"))),
        [false, false]
    );
}

#[test]
fn k6_what_verifies_is_what_was_on_the_wire() {
    let mut wire = Vec::new();
    prepared("A title", BODY)
        .write(
            &mut wire,
            "ana@example.org",
            &placeholders(1),
            Some(&signer()),
        )
        .unwrap();
    let wire = String::from_utf8(wire).unwrap();
    assert!(wire.ends_with("\r\n.\r\n"));
    // What a receiver does (RFC 5321 §4.5.2).
    let received = wire
        .strip_suffix(".\r\n")
        .unwrap()
        .replace("\r\n..", "\r\n.");
    assert_eq!(verify(&received), [true]);
}

#[test]
fn p3_a_file_that_is_no_key_to_sign_with_is_named_for_what_it_is() {
    let ed25519 = KEYS.ed25519_pem.as_str();
    let locked = KEYS.pem.replace(" PRIVATE KEY", " ENCRYPTED PRIVATE KEY");
    let public = pem("PUBLIC KEY", &KEYS.public);
    let cut = &KEYS.pem[..400];
    // 1.2.840.10045.2.1, as a P-256 key has it.
    let elliptic = pem(
        "PRIVATE KEY",
        &[
            0x30, 0x0e, 2, 1, 0, 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
        ],
    );
    for (pem, says) in [
        ("nothing", "holds none; a private key in PEM is wanted"),
        (ed25519, "must be RSA; an Ed25519 key goes into"),
        (locked.as_str(), "locked with a passphrase"),
        (public.as_str(), "holds the public key"),
        (cut, "damaged"),
        (elliptic.as_str(), "neither RSA nor Ed25519"),
        (
            "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n",
            "elliptic-curve",
        ),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            "for SSH",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
            "a certificate",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----\n",
            "damaged",
        ),
        ("0\x03\x02\x01\x05", "is DER"),
        (WEAK, "has 512 bits, and receivers refuse"),
        (SHORT, "has 1024 bits: receivers still take that"),
    ] {
        let error = Signer::from_pem(pem.as_bytes(), "s", "example.gov").unwrap_err();
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
    let error = signer().and_ed25519(KEYS.pem.as_bytes(), "e").unwrap_err();
    assert!(error.to_string().contains("must be Ed25519"), "{error}");
}

#[test]
fn a_selector_or_domain_that_could_end_the_header_is_refused() {
    for (selector, domain) in [
        ("s; x=1", "example.gov"),
        ("s", "example.gov\r\nBcc: a"),
        ("", "a.b"),
    ] {
        let error = Signer::from_pem(KEYS.pem.as_bytes(), selector, domain).unwrap_err();
        assert!(matches!(error, DkimError::Name(_)), "{error}");
    }
}

#[test]
fn p1_a_signature_counts_for_dmarc_within_one_organisation() {
    assert!(same_organisation("example.gov", "mail.example.gov"));
    assert!(same_organisation("a.example.gov", "b.example.gov"));
    assert!(!same_organisation("example.gov", "other.gov"));
    assert!(!same_organisation("a.co.uk", "b.co.uk"));
}

#[test]
fn the_dns_record_holds_the_key_that_verifies() {
    let signer = both();
    let records: Vec<&KeyRecord> = signer.records().collect();
    assert_eq!(records[0].name, "s2026._domainkey.example.gov");
    assert_eq!(records[0].bits, 2048);
    let text = records[0].text();
    let published = text.strip_prefix("v=DKIM1; k=rsa; p=").unwrap();
    let published = STANDARD.decode(published).unwrap();
    // SubjectPublicKeyInfo: the key, with its algorithm before it.
    assert!(published.ends_with(&KEYS.public) && published.len() == KEYS.public.len() + 24);
    assert_eq!(records[1].name, "e2026._domainkey.example.gov");
    assert!(records[1].text().starts_with("v=DKIM1; k=ed25519; p="));
    assert_eq!(records[1].public, KEYS.ed25519_public);
    let message = newsletter(&signer, BODY);
    let (headers, _) = message.split_once("\r\n\r\n").unwrap();
    assert!(headers.contains("d=example.gov;\r\n s=s2026;"));
}

/// Settings as the flags make them, with key files of their own.
fn settings(flags: &[&str]) -> (Settings, tempfile::TempDir) {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }
    let folder = tempfile::tempdir().unwrap();
    for (file, pem) in [("rsa", &KEYS.pem), ("ed25519", &KEYS.ed25519_pem)] {
        std::fs::write(folder.path().join(file), pem).unwrap();
    }
    let place = folder.path().display().to_string();
    let words = flags.iter().map(|flag| flag.replace("DIR", &place));
    let line: Line =
        clap::Parser::try_parse_from(std::iter::once("gazette".to_owned()).chain(words)).unwrap();
    (line.settings, folder)
}

const MAIN: &[&str] = &[
    "--dkim-key=DIR/rsa",
    "--dkim-selector=now",
    "--dkim-domain=example.gov",
];

#[test]
fn k6_a_rotation_signs_with_one_key_and_knows_the_record_of_the_other() {
    let (one, _folder) = settings(MAIN);
    let signer = Signer::from_settings(&one).unwrap().unwrap();
    assert_eq!(signer.records().count(), 1, "K5: off by default");
    assert_eq!(standby_record(&one).unwrap(), None);

    let standby = [
        "--dkim-standby-key=DIR/ed25519",
        "--dkim-standby-selector=next",
    ];
    let (two, _folder) = settings(&[MAIN, &standby].concat());
    let signer = Signer::from_settings(&two).unwrap().unwrap();
    assert_eq!(verify(&newsletter(&signer, BODY)), [true]);
    let record = standby_record(&two).unwrap().unwrap();
    assert_eq!(record.name, "next._domainkey.example.gov");
    assert_eq!(record.public, KEYS.ed25519_public);
}

#[test]
fn settings_that_belong_together_are_asked_for_together() {
    for (flags, says) in [
        (vec!["--dkim-key=DIR/rsa"], "set all three"),
        (vec!["--dkim-ed25519-key=DIR/ed25519"], "ED25519_SELECTOR"),
        (
            [MAIN, &["--dkim-ed25519-key=DIR/ed25519"]].concat(),
            "ED25519_SELECTOR",
        ),
        (
            [
                MAIN,
                &[
                    "--dkim-ed25519-key=DIR/ed25519",
                    "--dkim-ed25519-selector=now",
                ],
            ]
            .concat(),
            "`now`",
        ),
        (
            [
                MAIN,
                &["--dkim-ed25519-key=DIR/rsa", "--dkim-ed25519-selector=ed"],
            ]
            .concat(),
            "must be Ed25519",
        ),
        (
            vec![
                "--dkim-key=DIR/none",
                "--dkim-selector=s",
                "--dkim-domain=a.gov",
            ],
            "/none` of GAZETTE_DKIM_KEY cannot be used: it cannot be read",
        ),
    ] {
        let (settings, _folder) = settings(&flags);
        let error = Signer::from_settings(&settings).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    for (flags, says) in [
        (vec!["--dkim-standby-key=DIR/rsa"], "STANDBY_SELECTOR"),
        (
            vec!["--dkim-standby-key=DIR/rsa", "--dkim-standby-selector=next"],
            "beside GAZETTE_DKIM_KEY",
        ),
        (
            [
                MAIN,
                &["--dkim-standby-key=DIR/rsa", "--dkim-standby-selector=now"],
            ]
            .concat(),
            "`now`",
        ),
    ] {
        let (settings, _folder) = settings(&flags);
        let error = standby_record(&settings).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

proptest! {
    #[test]
    fn any_octets_in_a_key_file_are_safe(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
            prop_assert!(PrivateKey::from_pem(pem(label, &octets).as_bytes()).is_err());
        }
        prop_assert!(PrivateKey::from_pem(&octets).is_err());
    }

    // One octet of a key file is wrong: the file is refused with a reason, or still a key.
    #[test]
    fn a_key_with_a_wrong_octet_is_safe(at in any::<proptest::sample::Index>(), octet in any::<u8>()) {
        let (_, pem_of_key) = KEYS.pem.split_once('\n').unwrap();
        let (base64, _) = pem_of_key.split_once("-----").unwrap();
        let mut der = STANDARD.decode(base64.replace('\n', "")).unwrap();
        // The length and the algorithm stand in the first octets.
        let at = at.index(40);
        der[at] = octet;
        if let Err(why) = PrivateKey::from_pem(pem("PRIVATE KEY", &der).as_bytes()) {
            prop_assert!(!why.to_string().is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_release_says_the_signature_holds(text in "(\\PC|[ \t\n.=]){0,300}", email in "[a-z]{1,30}@[a-z]{1,30}\\.org") {
        let mut wire = Vec::new();
        let prepared = prepared("Kim leads – a letter", &[&text]);
        prepared.write(&mut wire, &email, &placeholders(7), Some(&signer())).unwrap();
        let message = String::from_utf8(wire).unwrap();
        prop_assert_eq!(verify(message.strip_suffix(".\r\n").unwrap()), [true]);
    }
}

/// 1024 bits, made for this test.
const SHORT: &str = "-----BEGIN RSA PRIVATE KEY-----
MIICWwIBAAKBgQC/11S+EzBR2z4EW4Aouy1xDo7Blr6ObQSPDrlU4PiUh+EgzFDy
lPny0okzSnYSg0QHvS1PG54xdmgwpViLi91JYFbQVpX/doK71CEfRcxSoVYS5LLk
Q6Uz7J5MG8/z9OM3ywHiBKtuvocedqYX+QjkFceeOQyYBuO1aO8q+3/TcQIDAQAB
AoGAU6pvtO3ddvWtGG1neVwYt2Pn8pnxxV/aSyHaxh/Picew8YLqEsHSOIqFd68T
y4MgGlfw+L1MwrmnOwABm+qFuQblcl0otRhGMzANVst1iKZqOaEMcvhz7wUUaubQ
0VQkQVIFtqA+/cM8/mNCt/OxhnSIWdZMHLoEUBrVSTv0+aECQQDs7ypdEtETR+9P
sHM0O52OmXHVvn20do2HEXAHHP8iIle4hImwEQrW5olbrJzHrV45Ljpgc+oiDIyI
D3f9ArZ9AkEAz0c/6rA/vKRCfhgVOxp6Y7KLI5KA/coJCVrq2SzoxuFtvyEjnJ5H
AisJynGrSVkjmznfY4hwyk0sAMPceGe/BQJAR91K9iwM6lI5TexxJPioE2aLVo+O
xTvoNX2egynSYOIVxUu+D3870G7gXsP+UbpOB/3ziundrDIuNd6rQDygaQJAaZBO
5BaJD2jUmGVpgqVUiavnouE9IoOfoI0WKC7wCkHK49lbyqrtXRRQMzM62es08BxE
Qeu+DbnJ3EXj5cpohQJAOGxbwFJEmRiwwKU6Rlulxfs22U5O/ElWYDaoGjy1z41Z
QDp4SIIydlw4/CGuNGjt0EtyD0oT2Z5NE81dFiSb6Q==
-----END RSA PRIVATE KEY-----
";

/// 512 bits, made for this test.
const WEAK: &str = "-----BEGIN RSA PRIVATE KEY-----
MIIBOwIBAAJBAKSMJgaInC4kdZmy3U4dev+TE0SgGD3AAfgxvZRMjEXdnGkv1rEZ
Chwf6Ivv6aZnmN+kUwc9/0stzovEyuWbflECAwEAAQJAaPWs28YQOa6wBRZ+6/EK
IDRkugWU8O6lUvgHga1CXN11UZNxc0rxNKDtzYdPQecxIp1uxeDNWsUv9rfSCYS/
QQIhANhDZDtYbVhrcPpemfoRX/RzkDH+SkSU0bROa8wWfnRtAiEAwsglMSSEknYa
IZojB6dQFKX+hAZI4SwqmvZ78gnvGvUCIDJ86TWBm2V9D88jrsbWr5QeNpe1Shlg
tORnOntW9QaxAiEAwqv+X+s7hJX87/B5akDSTJDKm3Ecjc/ylQYcQn+jNbECIQC1
NGkiIGGy+C2Tg1nQ/8DEKega1+ROrFXmcuYk52wXlA==
-----END RSA PRIVATE KEY-----
";
