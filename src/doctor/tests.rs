//! An office whose sending is sound, and one thing after another spoilt.

use std::sync::Arc;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::*;
use crate::{
    clock::Clock,
    config::Settings,
    delivery::dkim::tests::KEYS,
    dns::stub::{Stub, owned},
    test_data,
};

const GREETING: &str = "220 relay.doe.example ESMTP\r\n";

/// The relay listens on loopback and sends from here. (The resolver answers for loopback itself.)
const STATED: &str = "--relay-spf=ip4:192.0.2.25";

struct Scene {
    app: App,
    stub: Stub,
    relay: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// A record, in place of what stands there; empty: none.
type Change<'a> = (&'a str, &'a str, &'a str);

impl Scene {
    async fn sound() -> Self {
        Self::with(GREETING, &[STATED]).await
    }

    async fn with(greeting: &'static str, flags: &[&str]) -> Self {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            settings: Settings,
        }
        let folder = tempfile::tempdir().unwrap();
        for (file, pem) in [("rsa", &KEYS.pem), ("ed25519", &KEYS.ed25519_pem)] {
            let path = folder.path().join(file);
            std::fs::write(&path, pem).unwrap();
            open_to(&path, 0o600);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                talk(stream, greeting).await;
            }
        });
        let stub = Stub::start(&[]).await;
        let place = folder.path().display().to_string();
        let words = [
            "gazette",
            "--database-url=sqlite://DIR/gazette.db",
            "--dkim-key=DIR/rsa",
            "--dkim-selector=now",
            "--dkim-domain=doe.example",
            // Nobody listens there.
            "--public-url=http://127.0.0.1:9",
        ];
        let words = words
            .iter()
            .chain(flags)
            .map(|word| word.replace("DIR", &place));
        let mut words: Vec<String> = words.collect();
        words.push(format!("--dns-server={}", stub.address));
        if !flags.iter().any(|flag| flag.starts_with("--smtp-url")) {
            words.push(format!("--smtp-url=smtp://127.0.0.1:{port}"));
        }
        let line: Line = clap::Parser::try_parse_from(words).unwrap();
        let app = App::open(line.settings, Clock::system()).await.unwrap();
        let settings = [
            ("name", "Office of Rep. Jane Doe"),
            ("from", "news@doe.example"),
            ("bounce-domain", "bounce.doe.example"),
            ("postal-address", "1 Main Street, Tustin, CA 92780"),
            ("time-zone", "America/Los_Angeles"),
        ];
        Office::set_all(&app.db, "operator", &settings, 0)
            .await
            .unwrap();
        Self {
            app,
            stub,
            relay,
            _folder: folder,
        }
    }

    async fn report(&self, changes: &[Change<'_>]) -> Report {
        let signer = Signer::from_settings(&self.app.settings).unwrap().unwrap();
        let key = signer.records().next().unwrap().text();
        let mut zone = owned(&[
            ("now._domainkey.doe.example", "TXT", &key),
            ("doe.example", "TXT", "v=spf1 ip4:192.0.2.25 -all"),
            ("doe.example", "TXT", "site-verification=1"),
            ("doe.example", "MX", "10 mail.doe.example"),
            ("doe.example", "SOA", "ns.doe.example"),
            ("_dmarc.doe.example", "TXT", "v=DMARC1; p=quarantine"),
            (
                "bounce.doe.example",
                "TXT",
                "v=spf1 a:relay.doe.example -all",
            ),
            ("bounce.doe.example", "MX", "10 mail.doe.example"),
            ("mail.doe.example", "A", "192.0.2.10"),
            ("relay.doe.example", "A", "192.0.2.25"),
            ("25.2.0.192.in-addr.arpa", "PTR", "relay.doe.example"),
        ]);
        for (name, kind, value) in changes {
            zone.retain(|(at, is, old)| {
                (at.as_str(), is.as_str()) != (*name, *kind) || old.starts_with("site")
            });
            if !value.is_empty() {
                zone.extend(owned(&[(name, kind, value)]));
            }
        }
        *self.stub.zone.lock().unwrap() = zone;
        examine(&self.app).await.unwrap()
    }
}

/// Sets who may read a key file, where files have such a thing.
fn open_to(path: &std::path::Path, mode: u32) {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// Name and password that the relay knows, as AUTH PLAIN has them: `\0news\0se:cret`.
const LOGIN: &str = "AUTH PLAIN AG5ld3MAc2U6Y3JldA==";

/// A relay that greets, offers what relays offer, knows one login, and takes leave.
async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, greeting: &str) {
    let mut stream = BufReader::new(stream);
    let _ = stream.write_all(greeting.as_bytes()).await;
    let _ = stream.flush().await;
    let mut line = String::new();
    while stream
        .read_line(&mut line)
        .await
        .is_ok_and(|length| length > 0)
    {
        let reply: &[u8] = match line.get(..4) {
            Some("EHLO") => {
                b"250-relay\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250-AUTH PLAIN\r\n250 SIZE 0\r\n"
            }
            Some("AUTH") if line.trim_end() == LOGIN => b"235 2.7.0 welcome\r\n",
            Some("AUTH") => b"535 5.7.8 no such name and password\r\n",
            Some("QUIT") => b"221 bye\r\n",
            _ => b"500 what?\r\n",
        };
        let _ = stream.write_all(reply).await;
        let _ = stream.flush().await;
        line.clear();
    }
}

/// Everything of this level.
fn told(report: &Report, level: Level) -> Vec<&Finding> {
    let findings = report.findings.iter();
    findings.filter(|finding| finding.level == level).collect()
}

#[tokio::test]
async fn an_office_whose_sending_is_sound_is_told_so_with_every_record_in_place() {
    let scene = Scene::sound().await;
    let report = scene.report(&[]).await;
    assert!(report.is_sound(), "{report:#?}");
    // Both are of the test's public URL, which is on loopback.
    assert!(
        told(&report, Level::Warning)
            .iter()
            .all(|finding| finding.check == "site"),
        "{report:#?}"
    );
    assert_eq!(report.publish.len(), 4);
    assert!(report.publish.iter().all(|record| record.stands));
    for check in [
        "database",
        "office",
        "time-zone",
        "dkim",
        "spf",
        "dmarc",
        "soa",
        "mx",
        "ptr",
        "relay",
        "ehlo",
    ] {
        assert!(
            report
                .findings
                .iter()
                .any(|finding| finding.check == check && finding.level == Level::Ok),
            "{check}"
        );
    }
    let all = format!("{report:?}");
    assert!(!all.contains("pct"), "K7");
    assert!(
        all.contains("abuse@doe.example and postmaster@doe.example"),
        "S13"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_private_key_that_everybody_can_read_is_told() {
    let scene = Scene::sound().await;
    open_to(scene.app.settings.dkim_key.as_ref().unwrap(), 0o644);
    let report = scene.report(&[]).await;
    let warned = told(&report, Level::Warning);
    assert!(
        warned[0].what.contains("everybody on this machine"),
        "{warned:?}"
    );
}

#[tokio::test]
async fn p1_p4_p15_every_record_that_is_missing_or_wrong_is_a_fault() {
    let scene = Scene::sound().await;
    let other_key = "v=DKIM1; k=rsa; p=AQIDBA==";
    for (changes, check, says) in [
        (
            vec![("now._domainkey.doe.example", "TXT", "")],
            "dkim",
            "does not exist",
        ),
        (
            vec![("now._domainkey.doe.example", "TXT", other_key)],
            "dkim",
            "another key",
        ),
        (
            vec![
                ("now._domainkey.doe.example", "SERVFAIL", "x"),
                ("now._domainkey.doe.example", "TXT", ""),
            ],
            "dkim",
            "cannot be looked up",
        ),
        (vec![("doe.example", "TXT", "")], "spf", "no SPF record"),
        (
            vec![("doe.example", "TXT", "v=spf1 ip4:192.0.2.9 -all")],
            "spf",
            "does not let 192.0.2.25 send",
        ),
        (
            vec![("doe.example", "TXT", "v=spf1 nonsense -all")],
            "spf",
            "no SPF term",
        ),
        (
            vec![("bounce.doe.example", "TXT", "")],
            "spf",
            "`bounce.doe.example` has no SPF record",
        ),
        (
            vec![("_dmarc.doe.example", "TXT", "")],
            "dmarc",
            "has no DMARC record",
        ),
        (
            vec![("_dmarc.doe.example", "TXT", "p=none; v=DMARC1")],
            "dmarc",
            "has no DMARC record",
        ),
        (
            vec![("_dmarc.doe.example", "TXT", "v=DMARC1; p=none; aspf=s")],
            "dmarc",
            "asks for the same domain",
        ),
        (
            vec![(
                "_dmarc.bounce.doe.example",
                "TXT",
                "v=DMARC1; p=none; psd=n",
            )],
            "dmarc",
            "not one organisation",
        ),
        (vec![("doe.example", "SOA", "")], "soa", "no SOA record"),
        (vec![("doe.example", "MX", "0 .")], "mx", "null MX"),
        (
            vec![("bounce.doe.example", "MX", "")],
            "mx",
            "neither MX nor address",
        ),
        (
            vec![("25.2.0.192.in-addr.arpa", "PTR", "")],
            "ptr",
            "has no name",
        ),
        (
            vec![("25.2.0.192.in-addr.arpa", "PTR", "mail.doe.example")],
            "ptr",
            "does not lead back",
        ),
    ] {
        let report = scene.report(&changes).await;
        let faults = told(&report, Level::Fault);
        assert!(!report.is_sound(), "{changes:?}");
        assert!(
            faults.iter().any(|fault| fault.check == check
                && fault.what.contains(says)
                && fault.remedy.is_some()),
            "{changes:?}: {faults:#?}"
        );
    }
}

#[tokio::test]
async fn what_is_to_be_published_repairs_what_is_wrong() {
    let scene = Scene::sound().await;
    let spoilt = [
        ("now._domainkey.doe.example", "TXT", ""),
        ("doe.example", "TXT", "v=spf1 mx -all"),
        ("bounce.doe.example", "TXT", ""),
        ("_dmarc.doe.example", "TXT", ""),
    ];
    let report = scene.report(&spoilt).await;
    assert_eq!(report.faults(), 4);
    let texts: Vec<&str> = report
        .publish
        .iter()
        .map(|record| record.text.as_str())
        .collect();
    assert!(texts[0].starts_with("v=DKIM1; k=rsa; p=MII"));
    assert_eq!(
        texts[1..],
        [
            "v=spf1 ip4:192.0.2.25 ~all",
            "v=spf1 ip4:192.0.2.25 mx -all",
            "v=DMARC1; p=none; rua=mailto:postmaster@doe.example"
        ]
    );
    let published: Vec<(&str, &str, &str)> = report
        .publish
        .iter()
        .map(|record| (record.name.as_str(), "TXT", record.text.as_str()))
        .collect();
    assert!(scene.report(&published).await.is_sound());
}

#[tokio::test]
async fn k7_a_dmarc_record_is_read_as_rfc_9989_says() {
    let scene = Scene::sound().await;
    for record in [
        "v=DMARC1",
        "v=DMARC1; rua=mailto:a@doe.example; pct=0; xyz=1",
        "v=DMARC1; p=reject; t=y",
    ] {
        let report = scene.report(&[("_dmarc.doe.example", "TXT", record)]).await;
        assert!(report.is_sound(), "{record}: {report:#?}");
    }
    let report = scene
        .report(&[("_dmarc.doe.example", "TXT", "v=DMARC1; p=maybe")])
        .await;
    assert!(
        told(&report, Level::Warning)
            .iter()
            .any(|finding| finding.what.contains("maybe"))
    );
}

#[tokio::test]
async fn k6_both_keys_of_a_rotation_are_looked_up() {
    let flags = [
        STATED,
        "--dkim-standby-key=DIR/ed25519",
        "--dkim-standby-selector=next",
    ];
    let scene = Scene::with(GREETING, &flags).await;
    let missing = scene.report(&[]).await;
    let warned = told(&missing, Level::Warning);
    assert!(missing.is_sound(), "{missing:#?}");
    assert!(
        warned
            .iter()
            .any(|finding| finding.what.contains("next._domainkey.doe.example"))
    );
    let record = missing
        .publish
        .iter()
        .find(|record| record.name.starts_with("next."))
        .unwrap();
    assert!(!record.stands);
    let here = scene
        .report(&[("next._domainkey.doe.example", "TXT", &record.text)])
        .await;
    assert!(here.publish.iter().all(|record| record.stands));
    let other = scene
        .report(&[(
            "next._domainkey.doe.example",
            "TXT",
            "v=DKIM1; k=ed25519; p=AAAA",
        )])
        .await;
    assert!(told(&other, Level::Fault)[0].what.contains("another key"));
}

#[tokio::test]
async fn a_smart_host_is_judged_by_what_its_operator_wants() {
    let scene = Scene::with(GREETING, &["--relay-spf=include:spf.relay.example"]).await;
    let missing = scene.report(&[]).await;
    assert!(
        told(&missing, Level::Fault)[0]
            .what
            .contains("does not name `include:spf.relay.example`")
    );
    let named = [
        (
            "doe.example",
            "TXT",
            "v=spf1 include:spf.relay.example -all",
        ),
        ("bounce.doe.example", "TXT", "v=spf1 redirect=doe.example"),
        (
            "spf.relay.example",
            "TXT",
            "v=spf1 ip4:198.51.100.0/24 -all",
        ),
    ];
    let report = scene.report(&named).await;
    assert!(report.is_sound(), "{report:#?}");

    let scene = Scene::with(GREETING, &[]).await;
    let both = [
        ("doe.example", "TXT", "v=spf1 ip4:127.0.0.1 -all"),
        ("bounce.doe.example", "TXT", "v=spf1 redirect=doe.example"),
    ];
    let report = scene.report(&both).await;
    assert!(report.is_sound(), "{report:#?}");
    assert!(
        told(&report, Level::Note)
            .iter()
            .any(|finding| finding.check == "ptr")
    );
}

#[tokio::test]
async fn a_relay_that_refuses_or_lives_in_another_time_is_told() {
    let late = "220 relay ESMTP Exim 4.98 Wed, 25 Nov 2015 16:31:13 +0000\r\n";
    let report = Scene::with(late, &[STATED]).await.report(&[]).await;
    assert!(
        told(&report, Level::Fault)[0]
            .what
            .contains("ahead of that of the relay")
    );
    let report = Scene::with("554 go away\r\n", &[STATED])
        .await
        .report(&[])
        .await;
    assert!(
        told(&report, Level::Fault)[0]
            .what
            .contains("refuses to talk: 554 go away")
    );
    let required = "--smtp-url=smtp://127.0.0.1:9?tls=required";
    let report = Scene::with(GREETING, &[STATED, required])
        .await
        .report(&[])
        .await;
    assert!(
        told(&report, Level::Fault)[0]
            .what
            .contains("cannot be reached")
    );
}

/// A relay behind TLS from the start.
struct Secured {
    port: u16,
    /// Where its certificate lies.
    folder: tempfile::TempDir,
    listening: JoinHandle<()>,
}

impl Drop for Secured {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Secured {
    /// Its certificate holds for so many hours more.
    async fn holding_for(hours: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut parameters = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
        let end = end.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        parameters.not_after =
            rcgen::date_time_ymd(end.year().into(), end.month() as u8, end.day() as u8);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    talk(stream, GREETING).await;
                }
            }
        });
        Self {
            port,
            folder,
            listening,
        }
    }

    /// The flag for it, with a login such as `name:password@`.
    fn flag(&self, login: &str) -> String {
        let ca = self.folder.path().join("ca.pem");
        format!(
            "--smtp-url=smtps://{login}127.0.0.1:{}?ca={}",
            self.port,
            ca.display()
        )
    }
}

#[tokio::test]
async fn p4_the_relays_tls_and_certificate_are_told() {
    let relay = Secured::holding_for(36).await;
    let scene = Scene::with(GREETING, &[STATED, &relay.flag("")]).await;
    let report = scene.report(&[]).await;
    let tls: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.check == "tls")
        .collect();
    assert!(report.is_sound(), "{report:#?}");
    assert_eq!(tls[0].level, Level::Warning, "{tls:?}");
    assert!(tls[0].what.contains("TLS 1.3") && tls[0].remedy.as_ref().unwrap().contains("renew"));
}

#[tokio::test]
async fn the_relays_login_is_tried_and_a_wrong_one_is_a_fault_that_tells_no_password() {
    let relay = Secured::holding_for(24 * 60).await;
    for (login, level, says) in [
        ("", Level::Ok, "asks for no login"),
        ("news:se%3Acret@", Level::Ok, "takes the login"),
        ("news:hunter2@", Level::Fault, "refused the login"),
        ("other:se%3Acret@", Level::Fault, "refused the login"),
    ] {
        let scene = Scene::with(GREETING, &[STATED, &relay.flag(login)]).await;
        let report = scene.report(&[]).await;
        assert_eq!(report.is_sound(), level == Level::Ok, "{report:#?}");
        let found = told(&report, level);
        let said = found
            .iter()
            .find(|finding| finding.check == "relay" && finding.what.contains(says));
        assert!(said.is_some(), "{login}: {report:#?}");
        let all = format!("{report:?}");
        assert!(
            !all.contains("hunter2") && !all.contains("se:cret"),
            "{login}: {all}"
        );
    }
}

#[tokio::test]
async fn without_relay_office_or_key_nothing_is_sound() {
    let scene = Scene::with(GREETING, &[STATED]).await;
    test_data::never_set(&scene.app, &["postal-address", "time-zone"]).await;
    let report = scene.report(&[]).await;
    let faults = told(&report, Level::Fault);
    assert!(
        faults[0].what.contains("not set: postal-address"),
        "{faults:?}"
    );
    assert!(
        told(&report, Level::Warning)
            .iter()
            .any(|finding| finding.check == "time-zone")
    );

    test_data::never_set(&scene.app, &["from"]).await;
    let report = scene.report(&[]).await;
    assert!(report.publish.is_empty(), "nothing is known to look up");
    assert_eq!(report.faults(), 1);

    let scene = Scene::with(GREETING, &["--dkim-ed25519-key=DIR/ed25519"]).await;
    let report = examine(&scene.app).await.unwrap();
    assert!(
        told(&report, Level::Fault)
            .iter()
            .any(|finding| finding.check == "dkim")
    );
}

#[tokio::test]
async fn what_was_said_with_a_relay_is_shown_and_no_secret_is() {
    let scene = Scene::sound().await;
    let report = scene.report(&[]).await;
    let [conversation] = report.conversations.as_slice() else {
        panic!("{:?}", report.conversations);
    };
    assert_eq!(conversation.failed, None);
    let said: Vec<String> = conversation
        .lines
        .iter()
        .map(|said| format!("{:?}: {}", said.by, said.line))
        .collect();
    assert!(
        said[0].starts_with("Event: Connected to 127.0.0.1:"),
        "{said:?}"
    );
    assert_eq!(said[1], "Relay: 220 relay.doe.example ESMTP");
    assert!(said[2].starts_with("Us: EHLO "), "{said:?}");
    assert!(
        said.contains(&"Relay: 250 PIPELINING".to_owned()),
        "{said:?}"
    );
    // One that does not want us is heard to its last word.
    let scene = Scene::with("554 5.7.1 not from here\r\n", &[STATED]).await;
    let report = scene.report(&[]).await;
    let conversation = &report.conversations[0];
    assert!(
        conversation
            .failed
            .as_ref()
            .unwrap()
            .contains("refuses to talk")
    );
    assert_eq!(
        conversation.lines.last().unwrap().line,
        "554 5.7.1 not from here"
    );
}

#[tokio::test]
async fn p16_the_notices_own_sender_and_return_path_are_looked_up_like_the_newsletters() {
    let scene = Scene::sound().await;
    let settings = [
        ("notice-from", "notices@account.doe.example"),
        ("notice-return-path", "returns@returns.doe.example"),
    ];
    Office::set_all(&scene.app.db, "operator", &settings, 0)
        .await
        .unwrap();
    let spf = "v=spf1 ip4:192.0.2.25 -all";
    let sound = [
        ("account.doe.example", "MX", "10 mail.doe.example"),
        ("returns.doe.example", "MX", "10 mail.doe.example"),
        ("returns.doe.example", "TXT", spf),
    ];
    let report = scene.report(&sound).await;
    assert!(report.is_sound(), "{report:#?}");
    // The organisation's policy is one record, told and published once.
    let policies = |report: &Report| {
        let names = report.publish.iter().map(|record| record.name.as_str());
        names.filter(|name| name.starts_with("_dmarc")).count()
    };
    assert_eq!(policies(&report), 1, "{report:#?}");
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.check == "dmarc" && finding.what.contains("account.doe.example")),
        "{report:#?}"
    );
    for (spoilt, check, says) in [
        (
            ("returns.doe.example", "TXT", ""),
            "spf",
            "`returns.doe.example` has no SPF record",
        ),
        (("returns.doe.example", "MX", ""), "mx", "bounces are lost"),
        (
            ("account.doe.example", "MX", "0 ."),
            "mx",
            "answers are lost",
        ),
        (
            (
                "_dmarc.account.doe.example",
                "TXT",
                "v=DMARC1; p=reject; adkim=s",
            ),
            "dmarc",
            "From is at `account.doe.example`, but the DMARC record asks for the same domain",
        ),
        (
            (
                "_dmarc.returns.doe.example",
                "TXT",
                "v=DMARC1; p=none; psd=n",
            ),
            "dmarc",
            "MAIL FROM (SPF) is for `returns.doe.example` and From is at `account.doe.example`: not one organisation",
        ),
    ] {
        let report = scene.report(&[sound.as_slice(), &[spoilt]].concat()).await;
        let faults = told(&report, Level::Fault);
        assert!(
            faults
                .iter()
                .any(|fault| fault.check == check && fault.what.contains(says)),
            "{spoilt:?}: {faults:#?}"
        );
    }

    // Another organisation's, whoever signs and takes the returns of newsletters.
    let settings = [
        ("notice-from", "notices@relay.test"),
        ("notice-return-path", ""),
    ];
    Office::set_all(&scene.app.db, "operator", &settings, 0)
        .await
        .unwrap();
    let report = scene.report(&[]).await;
    let faults = told(&report, Level::Fault);
    for says in [
        "the DKIM signature (d=) is for `doe.example` and From is at `relay.test`",
        "MAIL FROM (SPF) is for `bounce.doe.example` and From is at `relay.test`",
        "`relay.test` has no DMARC record",
        "`relay.test` has no SOA record",
    ] {
        assert!(
            faults.iter().any(|fault| fault.what.contains(says)),
            "{says}: {faults:#?}"
        );
    }
}
