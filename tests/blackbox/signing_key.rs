//! All processes of an office sign its mail with one key.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::RsaKeyPair,
};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    program::{Program, Ran},
    relay::Relay,
    serving::approved,
};

fn write_key(program: &Program, name: &str) {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    std::fs::write(program.folder().join(name), pem).unwrap();
}

/// The number of another newsletter.
async fn draft(program: &Program) -> String {
    let release =
        "A tunnel closes\n\nWashington, DC – Today a tunnel closed. Nobody may cross it.\n";
    program.draft(release).await
}

/// What the process with this key does when it is to send; `None`: it has no key.
async fn sends(program: &Program, key: Option<&str>, id: &str) -> Ran {
    let path = key.map(|key| format!("--dkim-key={key}"));
    let mut words = Vec::new();
    if let Some(path) = &path {
        words.extend([path, "--dkim-selector=news", "--dkim-domain=doe.example"]);
    }
    words.extend(["newsletters", "send", id, "--wait"]);
    program.run(&words).await
}

#[tokio::test]
async fn who_signs_with_another_key_than_the_office_sends_nothing_and_says_why() {
    let relay = Relay::start().await;
    let program = Program::new()
        .with("GAZETTE_SMTP_URL", &relay.url)
        .with_office()
        .await;
    write_key(&program, "first.pem");
    write_key(&program, "other.pem");
    let id = approved(&program, 3).await;
    let ran = sends(&program, Some("first.pem"), &id).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(relay.taken().len(), 3);

    // The same selector and another key: nothing that receivers find in the DNS tells the two apart.
    let next = draft(&program).await;
    for key in [Some("other.pem"), None] {
        let ran = sends(&program, key, &next).await;
        assert_eq!(ran.status, 2, "{ran:?}");
        for part in [
            "news._domainkey.doe.example (",
            "GAZETTE_DKIM_KEY",
            "--adopt-settings",
        ] {
            assert!(ran.err.contains(part), "{part}: {ran:?}");
        }
    }
    assert_eq!(relay.taken().len(), 3);

    let adopt = [
        "--dkim-key=other.pem",
        "--dkim-selector=news",
        "--dkim-domain=doe.example",
        "migrate",
        "--adopt-settings",
    ];
    assert_eq!(program.run(&adopt).await.status, 0);
    assert_eq!(sends(&program, Some("first.pem"), &next).await.status, 2);
    let ran = sends(&program, Some("other.pem"), &next).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(relay.taken().len(), 6);
}
