//! Every setting with values that nobody can have meant: each is refused with the variable's name before
//! anything is made, or taken, and then a server starts with it. Never a panic.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    time::Duration,
};

use crate::program::Program;

/// Longer than anything that is looked at, and shorter than what the system hands to a program.
const HUGE: usize = 100_000;

const ODD: [&[u8]; 14] = [
    b"",
    b" ",
    b"rubbish",
    b"\xff\xfe\x80",
    b"-1",
    b"99999999999999999999999",
    "\u{fc}\u{2603}\u{202e}".as_bytes(),
    b"a\r\nBcc: b",
    b"/dev/zero",
    b"%00%ff",
    b",,,",
    b"NaN",
    b"--help",
    &[b'x'; HUGE],
];

/// A panic ends a program with this.
const PANIC: i32 = 101;

/// Every variable, as the help of the server lists them.
pub async fn variables(program: &Program) -> Vec<String> {
    let help = program.run(&["serve", "--help"]).await.out;
    let listed = help.split("[env: ").skip(1);
    let names = listed.filter_map(|rest| rest.split(['=', ']']).next());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    // Not shown: it is for tests.
    names.push("GAZETTE_SMTP_PATIENCE".to_owned());
    names
}

/// The status of a command with one more variable, and what it said.
async fn with(program: &Program, words: &[&str], name: &str, value: &OsStr) -> (i32, String) {
    let output = program.command(words).env(name, value).output();
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[tokio::test]
async fn no_value_of_any_setting_ends_in_a_panic_and_what_is_refused_is_named() {
    let program = Program::new();
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    let names = variables(&program).await;
    assert!(names.len() > 40, "{names:?}");
    let mut taken: BTreeMap<&str, Vec<&OsStr>> = BTreeMap::new();
    for name in &names {
        for value in ODD {
            let value = OsStr::from_bytes(value);
            let (status, said) = with(&program, &["migrate"], name, value).await;
            let shown: String = value.to_string_lossy().chars().take(30).collect();
            match status {
                0 => taken.entry(name).or_default().push(value),
                2 => assert!(said.contains(name.as_str()), "{name}={shown}: {said}"),
                _ => panic!("{name}={shown}: {status}: {said}"),
            }
            assert!(said.len() < 2_000, "{name}={shown}: {} bytes", said.len());
        }
    }
    // With all that was taken at once: the first such value of each, then the last.
    let pick = |which: fn(&Vec<&OsStr>) -> Option<OsString>| -> Vec<(String, OsString)> {
        let values = taken.iter().map(|(name, values)| (name, which(values)));
        let set = values.filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        set.collect()
    };
    for values in [
        pick(|values| values.first().map(|value| (*value).to_owned())),
        pick(|values| values.last().map(|value| (*value).to_owned())),
    ] {
        let mut odd = Program::new();
        for (name, value) in values {
            // Each server has these from the test, and what is refused is text.
            if ![
                "GAZETTE_LISTEN",
                "GAZETTE_PUBLIC_URL",
                "GAZETTE_DATABASE_URL",
            ]
            .contains(&name.as_str())
            {
                odd = odd.with(name.leak(), value.into_string().unwrap());
            }
        }
        let serving = odd.serve().await;
        assert_eq!(serving.stop().await.0, 0);
    }
}

#[tokio::test]
async fn no_argument_of_any_command_ends_in_a_panic() {
    let program = Program::new().with_office().await;
    let commands = crate::audited_commands::commands(&program).await;
    // These go on until they are stopped, whatever stands behind them is refused as anywhere.
    let ends = |command: &str| !["serve", "worker", "demo"].contains(&command);
    for command in commands.iter().filter(|command| ends(command)) {
        let words: Vec<&str> = command.split(' ').collect();
        for odd in [
            &["-1"][..],
            &["9223372036854775807"],
            &["\u{2603}\u{202e}"],
            &["99999999999999999999", ""],
            &["9223372036854775807", "x=y", "."],
        ] {
            let words = [&words[..], odd].concat();
            let output = program.command(&words).output().await.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let status = output.status.code().unwrap_or(PANIC);
            assert!((0..=2).contains(&status), "{words:?}: {status}: {said}");
            assert!(!said.contains("panicked"), "{words:?}: {said}");
        }
        let bytes = OsStr::from_bytes(b"\xff\xfe");
        let output = program.command(&words).arg(bytes).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let status = output.status.code().unwrap_or(PANIC);
        assert!((0..=2).contains(&status), "{words:?}: {status}: {said}");
    }
}

#[tokio::test]
async fn what_cannot_sign_or_trust_anybody_is_said_before_anything_is_made() {
    let program = Program::new();
    let rubbish = program.folder().join("rubbish.pem");
    std::fs::write(&rubbish, "no key").unwrap();
    let rubbish = rubbish.to_string_lossy().into_owned();
    let relay = format!("smtp://127.0.0.1:25?ca={rubbish}");
    let pair = ["--dkim-selector=news", "--dkim-domain=doe.example"];
    let no_file = ["--dkim-key=/nowhere/key.pem", pair[0], pair[1]];
    let key = format!("--dkim-key={rubbish}");
    let no_key = [key.as_str(), pair[0], pair[1]];
    let url = format!("--smtp-url={relay}");
    let cases: [(&[&str], &str); 4] = [
        (&no_file, "GAZETTE_DKIM_KEY"),
        (&no_key, "GAZETTE_DKIM_KEY"),
        (&[url.as_str()], "GAZETTE_SMTP_URL"),
        (
            &["--smtp-url=smtp://127.0.0.1:25?ca=/nowhere"],
            "GAZETTE_SMTP_URL",
        ),
    ];
    for (flags, variable) in cases {
        for service in ["serve", "worker"] {
            let ran = program.run(&[flags, &[service]].concat()).await;
            // systemd starts no such service again.
            assert_eq!(
                (ran.status, ran.out.as_str()),
                (2, ""),
                "{flags:?}: {}",
                ran.err
            );
            assert!(ran.err.contains(variable), "{}", ran.err);
            assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
            let made = std::fs::read_dir(program.folder()).unwrap().count();
            assert_eq!(made, 1, "{flags:?}: something was made");
        }
    }
}

/// Says within this time what is wrong with a file, on a machine that does much else.
const SAID_IN_TIME: Duration = Duration::from_secs(30);

/// A folder, a device without end, a pipe that nobody writes into, and ten gigabytes of nothing.
fn no_files(program: &Program) -> Vec<String> {
    let folder = program.folder().join("folder");
    std::fs::create_dir(&folder).unwrap();
    let pipe = program.folder().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let large = program.folder().join("large");
    let file = std::fs::File::create(&large).unwrap();
    file.set_len(10 * 1024 * 1024 * 1024).unwrap();
    let paths = [folder, "/dev/zero".into(), pipe, large];
    paths.map(|path| path.to_str().unwrap().to_owned()).to_vec()
}

/// How the command ended with one more variable, and what it said.
async fn in_time(
    program: &Program,
    words: &[String],
    variable: Option<(&str, String)>,
) -> (i32, String) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = program.command(&words);
    command.envs(variable);
    let ended = tokio::time::timeout(SAID_IN_TIME, command.output()).await;
    let output = ended
        .unwrap_or_else(|_| panic!("{words:?} goes on"))
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[tokio::test]
async fn a_setting_that_names_no_file_or_one_without_end_is_said_with_its_variable() {
    let program = Program::new();
    let pair = "--dkim-selector=news --dkim-domain=doe.example";
    for file in no_files(&program) {
        for (words, variable) in [
            (
                format!("--dkim-key={file} {pair} serve"),
                "GAZETTE_DKIM_KEY",
            ),
            (
                format!("--smtp-url=smtp://127.0.0.1:25?ca={file} worker"),
                "GAZETTE_SMTP_URL",
            ),
            (
                format!("--returns-imap-url=imaps://u:p@127.0.0.1/INBOX?ca={file} serve"),
                "GAZETTE_RETURNS_IMAP_URL",
            ),
            (
                format!("--database-url=sqlite://{file} migrate"),
                "GAZETTE_DATABASE_URL",
            ),
            (format!("--config={file} migrate"), "--config"),
        ] {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            let (status, said) = in_time(&program, &words, None).await;
            assert!(status == 1 || status == 2, "{words:?}: {status}: {said}");
            assert!(
                said.contains(variable) && said.contains(&file),
                "{words:?}: {said}"
            );
        }
        for name in [
            "GAZETTE_SECRET_KEY",
            "GAZETTE_SMTP_URL",
            "GAZETTE_OIDC_CLIENT_SECRET",
        ] {
            let variable = format!("{name}_FILE");
            let set = Some((variable.as_str(), file.clone()));
            let (status, said) = in_time(&program, &["migrate".to_owned()], set).await;
            assert_eq!(status, 2, "{variable}: {said}");
            assert!(said.contains(&variable) && said.contains(&file), "{said}");
        }
    }
    assert!(!program.folder().join("gazette.db").exists());
}

#[tokio::test]
async fn a_command_says_of_what_is_no_file_that_it_is_none_and_waits_for_nothing() {
    let program = Program::new().with_office().await;
    for file in no_files(&program) {
        for words in [
            &["subscribers", "import", &file, "--consent", "signed a list"][..],
            &["press-list", "import", &file, "--origin", "Cision"],
            &["elections", "import", &file],
            &["office", "logo", &file],
            &["releases", "add", &file],
            &["restore", &file],
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let (status, said) = in_time(&program, &words, None).await;
            assert_eq!(status, 1, "{words:?}: {said}");
            assert!(said.contains(&file), "{words:?}: {said}");
        }
    }
    // A key beside the database that is none.
    let beside = Program::new();
    let made = std::process::Command::new("mkfifo")
        .arg(beside.folder().join("gazette.key"))
        .status();
    assert!(made.unwrap().success());
    let (status, said) = in_time(&beside, &["migrate".to_owned()], None).await;
    assert!(status == 1 && said.contains("gazette.key"), "{said}");
}
