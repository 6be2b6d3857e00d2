//! What the command line says of an act: when a newsletter goes out, that a release went out already, which
//! argument was wrong; and of no secret, wherever somebody put it.

use std::{process::Stdio, sync::atomic::Ordering::Relaxed};

use tokio::io::AsyncWriteExt;

use crate::{
    program::{IMPORT_LIST, Program},
    relay::Relay,
};

const RELEASE: &str =
    "A bridge opens\n\nTustin, CA – Today a bridge opened. Everyone may cross it.\n";

async fn done(program: &Program, words: &[&str]) -> String {
    let ran = program.run(words).await;
    assert_eq!(ran.status, 0, "{words:?}: {}", ran.err);
    ran.out
}

async fn with_reader(program: &Program) {
    std::fs::write(
        program.folder().join("list.csv"),
        "email\nana@example.org\n",
    )
    .unwrap();
    done(program, &IMPORT_LIST).await;
}

#[tokio::test]
async fn an_approval_says_when_the_newsletter_goes_out_and_what_it_waits_for() {
    let program = Program::new().with_office().await;
    with_reader(&program).await;
    let id = program.draft(RELEASE).await;
    let at = ["newsletters", "approve", &id, "--at", "2099-01-05T09:00"];
    let said = done(&program, &at).await;
    assert!(
        said.contains("2099-01-05 09:00 PST, as it is scheduled"),
        "{said}"
    );
    assert!(said.contains("No `gazette serve`"), "{said}");
    let other = program
        .draft(
            "Another bridge\n\nTustin, CA – Today another bridge opened. Everyone may cross it.\n",
        )
        .await;
    let said = done(&program, &["newsletters", "approve", &other]).await;
    assert!(said.contains("goes out"), "{said}");
    let serving = program.serve().await;
    let third = program
        .draft(
            "A third bridge\n\nTustin, CA – Today a third bridge opened. Everyone may cross it.\n",
        )
        .await;
    let said = done(&program, &["newsletters", "approve", &third]).await;
    assert!(
        said.contains("goes out") && !said.contains("No `gazette"),
        "{said}"
    );
    assert_eq!(serving.stop().await.0, 0);
}

#[tokio::test]
async fn a_release_that_was_mailed_is_not_drafted_again_without_a_word() {
    let relay = Relay::start().await;
    relay.delay_ms.store(0, Relaxed);
    let program = Program::new()
        .with("GAZETTE_SMTP_URL", &relay.url)
        .with_office()
        .await;
    with_reader(&program).await;
    let id = program.draft(RELEASE).await;
    let add = ["releases", "add", "release.txt"];
    let again = program.run(&add).await;
    assert!(!again.err.contains("mailed already"), "{}", again.err);
    done(&program, &["newsletters", "send", &id, "--wait"]).await;
    let again = program.run(&add).await;
    let said = format!("was mailed already, as newsletter {id} on 20");
    assert!(
        again.status == 0 && again.err.contains(&said),
        "{}",
        again.err
    );
    // The draft is there for whoever meant it, and mails nobody by itself.
    assert!(again.out.contains("(draft)"), "{}", again.out);
    assert_eq!(relay.taken().len(), 1);
}

#[tokio::test]
async fn a_backup_goes_to_standard_output_where_it_is_asked_to_and_comes_back_from_there() {
    let program = Program::new().with_office().await;
    let output = program.command(&["backup", "-"]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && said.contains("Written"),
        "{said}"
    );
    assert!(output.stdout.starts_with(b"SQLite format 3\0"));
    assert!(!program.folder().join("-").exists());
    let mixed = program.run(&["backup", "-", "--json"]).await;
    assert!(mixed.status == 1 && mixed.out.is_empty(), "{mixed:?}");
    let other = Program::new();
    let mut restore = other
        .command(&["restore", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = restore.stdin.take().unwrap();
    let backup = output.stdout;
    let written = tokio::spawn(async move { pipe.write_all(&backup).await.unwrap() });
    let restored = restore.wait_with_output().await.unwrap();
    written.await.unwrap();
    let said = String::from_utf8_lossy(&restored.stderr).into_owned();
    assert!(restored.status.success(), "{said}");
    let office = done(&other, &["office", "show"]).await;
    assert!(office.contains("Office of Rep. Jane Doe"), "{office}");
}

#[tokio::test]
async fn what_is_wrong_with_where_a_copy_goes_is_said_of_that() {
    let program = Program::new().with_office().await;
    for (words, says) in [
        (
            &["backup", "/nowhere/monday.backup"][..],
            "the file that you named",
        ),
        (&["copy", "--to", "sqlite:///nowhere/copy.db"], "--to"),
        (
            &["copy", "--to", "postgres://u:hunter2@127.0.0.1:1/x"],
            "--to",
        ),
    ] {
        let ran = program.run(words).await;
        assert_eq!(ran.status, 1, "{}", ran.err);
        assert!(ran.err.contains(says), "{}", ran.err);
        assert!(!ran.err.contains("GAZETTE_DATABASE_URL"), "{}", ran.err);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
}

/// Where people put what nobody may read: in addresses of all kinds, alone, and in the wrong variable.
const WITH_SECRET: [&str; 8] = [
    "https://user:hunter2@news.doe.example",
    "https://user:hunter2@news.doe.example/?x#y",
    "smtp://user:hunter2@mail.doe.example:999999",
    "postgres://user:hunter2/@db/x",
    "imaps://user:hunter2@[/x",
    "//hunter2@",
    "SG.hunter2",
    "hunter2",
];

/// It names a file, which is said.
const REPEATED: &str = "GAZETTE_CONFIG";

#[tokio::test]
async fn no_error_of_any_setting_repeats_a_secret_whichever_variable_it_was_put_into() {
    let program = Program::new();
    done(&program, &["migrate"]).await;
    for name in crate::odd_settings::variables(&program).await {
        for value in WITH_SECRET {
            // A file that is called so is said by its name.
            let is_address = value.contains('@');
            for variable in [name.clone(), format!("{name}_FILE")] {
                if !is_address && (variable.ends_with("_FILE") || name == REPEATED) {
                    continue;
                }
                // Help shows what is set, whatever it is.
                let helps = value == WITH_SECRET[0] && variable == name;
                let commands = [&["migrate"][..], &["serve", "--help"]];
                for words in &commands[..=usize::from(helps)] {
                    let command = program.command(words).env(&variable, value).output();
                    let output = command.await.unwrap();
                    let (out, err) = (output.stdout, output.stderr);
                    let said = String::from_utf8_lossy(&[out, err].concat()).into_owned();
                    assert!(!said.contains("hunter2"), "{variable}={value}: {said}");
                }
            }
        }
    }
}

#[tokio::test]
async fn two_trials_on_one_database_each_mail_their_own_address_and_the_second_says_so() {
    let program = Program::new().with_office().await;
    let first = program.serve().await;
    let mut said = String::new();
    // The first may be reached a moment before its worker stands in the database.
    for _ in 0..10 {
        let second = program.serve().await;
        assert_ne!(first.base, second.base);
        for base in [&first.base, &second.base] {
            let page = reqwest::get(base).await.unwrap();
            assert_eq!(page.status(), 200, "{base}");
        }
        said = second.stop().await.2;
        if said.contains("another process works on this database") {
            break;
        }
    }
    assert!(said.contains("GAZETTE_PUBLIC_URL"), "{said}");
    let (status, _, of_the_first) = first.stop().await;
    assert_eq!(status, 0);
    assert!(
        !of_the_first.contains("another process works"),
        "{of_the_first}"
    );
}
