//! What an operator can get wrong: each a clear line that says what to do, and the right exit status
//! (0 done, 1 failed, 2 wrong usage).

use std::net::TcpListener;

use sea_orm::{ConnectionTrait, Database};

use crate::program::{IMPORT_LIST, Program, Ran};

/// One line that holds these words, and no other output.
fn says(ran: &Ran, status: i32, words: &[&str]) {
    assert_eq!((ran.status, ran.out.as_str()), (status, ""), "{}", ran.err);
    for word in words {
        assert!(ran.err.contains(word), "{word} is not in: {}", ran.err);
    }
    if status == 1 {
        assert!(ran.err.starts_with("gazette: "), "{}", ran.err);
        assert_eq!(ran.err.trim_end().lines().count(), 1, "{}", ran.err);
    }
}

#[tokio::test]
async fn a_wrong_variable_is_wrong_usage_and_no_error_repeats_a_password() {
    for (variable, value, word) in [
        ("GAZETTE_LISTEN", "nonsense", "GAZETTE_LISTEN or --listen"),
        (
            "GAZETTE_PUBLIC_URL",
            "news.example.gov",
            "https://news.example.gov",
        ),
        (
            "GAZETTE_SMTP_URL",
            "smtp://user:hunter2@mail.example.gov?tls=maybe",
            "`tls` is",
        ),
        (
            "GAZETTE_SMTP_URL",
            "smtp://",
            "GAZETTE_SMTP_URL or --smtp-url",
        ),
        (
            "GAZETTE_DATABASE_URL",
            "hunter2",
            "GAZETTE_DATABASE_URL or --database-url",
        ),
        (
            "GAZETTE_SMTP_URL",
            "smtp://user:hunter2@mail.example.gov:99999",
            "a relay is",
        ),
        (
            "GAZETTE_DATABASE_URL",
            "mysql://user:hunter2@db/gazette",
            "must begin with `sqlite://`",
        ),
        ("GAZETTE_SECRET_KEY", "hunter2", "openssl rand -hex 32"),
        ("GAZETTE_SMTP_CONNECTIONS", "0", "1..=500"),
        ("GAZETTE_LOG", "info=debug=trace", "GAZETTE_LOG"),
        ("GAZETTE_LOG_FORMAT", "yaml", "json"),
        ("GAZETTE_LOG", "verbose", "is no level"),
        ("GAZETTE_FETCH_ALLOW", "http://intranet/", "`HOST:PORT`"),
        ("GAZETTE_SMTP_HELLO", "a b", "must be a host name"),
        ("GAZETTE_DKIM_SELECTOR", "news", "GAZETTE_DKIM_KEY"),
        (
            "GAZETTE_DKIM_STANDBY_KEY",
            "/k.pem",
            "GAZETTE_DKIM_STANDBY_SELECTOR",
        ),
        (
            "GAZETTE_PUBLC_URL",
            "https://x.gov",
            "did you mean `GAZETTE_PUBLIC_URL`",
        ),
        ("GAZETTE_SECRET_KEY_FILE", "/nowhere/key", "/nowhere/key"),
        (
            "GAZETTE_CONFIG",
            "/nowhere/gazette.env",
            "/nowhere/gazette.env",
        ),
        (
            "GAZETTE_DATABASE_URL",
            "postgres://u:hunter2/x@db/gazette",
            "%2F",
        ),
        (
            "GAZETTE_DATABASE_URL",
            "postgres//u:hunter2@db/gazette",
            "must begin with",
        ),
        ("GAZETTE_DATABASE_URL", "hunter2", "must begin with"),
        ("GAZETTE_TRUSTED_PROXIES", "proxy", "--trusted-proxies"),
    ] {
        let program = Program::new().with(variable, value);
        let ran = program.run(&["migrate"]).await;
        says(&ran, 2, &[word]);
        let made = std::fs::read_dir(program.folder()).unwrap().count();
        assert_eq!(made, 0, "{variable}: something was made");
        assert!(!ran.err.contains("hunter2"), "{variable}: {}", ran.err);
    }
    for words in [
        &["nonsense"][..],
        &["staff", "add"],
        &["newsletters", "show", "seven"],
    ] {
        assert_eq!(Program::new().run(words).await.status, 2, "{words:?}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_said_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let program = Program::new().with("GAZETTE_LISTEN", &address);
    says(
        &program.run(&["serve"]).await,
        1,
        &[&address, "set GAZETTE_LISTEN"],
    );
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let program = Program::new();
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    let file = program.folder().join("gazette.db");
    let database = Database::connect(format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    let newer =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_later', 0)";
    database.execute_unprepared(newer).await.unwrap();
    database.close().await.unwrap();
    let ran = program.run(&["serve"]).await;
    says(
        &ran,
        1,
        &[
            "newer Gazette",
            "m29990101_000001_later",
            "restore a backup",
        ],
    );
}

#[tokio::test]
async fn a_locked_database_is_waited_for_and_then_named() {
    let program = Program::new();
    let file = program.folder().join("gazette.db");
    let database = Database::connect(format!("sqlite://{}?mode=rwc", file.display()))
        .await
        .unwrap();
    database
        .execute_unprepared("CREATE TABLE other (x); BEGIN EXCLUSIVE")
        .await
        .unwrap();
    let ran = program.run(&["migrate"]).await;
    says(&ran, 1, &["locked", "end that program"]);
}

#[tokio::test]
async fn reading_does_not_wait_for_a_database_that_somebody_writes_to() {
    let program = Program::new();
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    let file = program.folder().join("gazette.db");
    let database = Database::connect(format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    database
        .execute_unprepared("BEGIN IMMEDIATE")
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(program.run(&["newsletters", "list"]).await.status, 0);
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_full_disk_is_said_at_the_start() {
    // 16 KiB per file: the schema does not fit.
    let ran = Program::new()
        .run_under("trap '' XFSZ; ulimit -f 16", &["migrate"])
        .await;
    says(&ran, 1, &["the disk takes no more"]);
}

#[tokio::test]
async fn a_database_that_cannot_be_had_is_said_with_what_to_check() {
    for (url, words) in [
        (
            "sqlite:///nowhere/at/all/gazette.db",
            ["nowhere/at/all", "its folder is there", "unable to open"],
        ),
        (
            "postgres://gazette:hunter2@127.0.0.1:1/gazette",
            ["127.0.0.1", "the server runs", "Connection refused"],
        ),
    ] {
        let ran = Program::new()
            .with("GAZETTE_DATABASE_URL", url)
            .run(&["migrate"])
            .await;
        says(&ran, 1, &words);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
    let program = Program::new();
    std::fs::write(
        program.folder().join("gazette.db"),
        "not a database at all, but a letter",
    )
    .unwrap();
    says(
        &program.run(&["migrate"]).await,
        1,
        &["damaged or no database"],
    );
}

#[tokio::test]
async fn a_key_that_cannot_be_read_or_is_another_one_stops_the_start() {
    let program = Program::new();
    std::fs::create_dir(program.folder().join("gazette.key")).unwrap();
    says(
        &program.run(&["migrate"]).await,
        1,
        &["secret key file", "gazette.key"],
    );

    let program = Program::new();
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    let key = program.folder().join("gazette.key");
    std::fs::write(&key, "damaged").unwrap();
    says(
        &program.run(&["migrate"]).await,
        1,
        &["is damaged", "restore it from your backup"],
    );
    std::fs::remove_file(&key).unwrap();
    for words in [&["migrate"][..], &["serve"], &["office", "show"]] {
        let ran = program.run(words).await;
        says(&ran, 1, &["gazette.key", "is missing", "restore it"]);
        assert!(!key.exists(), "{words:?} made a new key");
    }
    std::fs::write(&key, "ab".repeat(32)).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&key, open).unwrap();
    says(&program.run(&["migrate"]).await, 1, &["chmod 600"]);
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&key, closed).unwrap();
    says(
        &program.run(&["migrate"]).await,
        1,
        &["made with another secret key"],
    );
}

#[tokio::test]
async fn every_command_explains_itself_and_the_short_help_is_short() {
    let program = Program::new();
    for words in [
        &["serve"][..],
        &["worker"],
        &["demo"],
        &["office", "set"],
        &["staff", "add"],
        &["sources", "add"],
        &["releases", "add"],
        &["newsletters", "send"],
        &["subscribers", "import"],
        &["subscribers", "erase"],
    ] {
        let long = program.run(&[words, &["--help"]].concat()).await;
        assert_eq!(long.status, 0);
        assert!(long.out.contains("GAZETTE_DATABASE_URL"), "{words:?}");
        let short = program.run(&[words, &["-h"]].concat()).await;
        assert!(
            !short.out.contains("GAZETTE_SMTP_HELLO"),
            "{words:?}: {}",
            short.out
        );
        assert!(
            short.out.lines().all(|line| line.chars().count() <= 100),
            "{}",
            short.out
        );
    }
}

#[tokio::test]
async fn a_newsletter_can_be_given_a_deadline_of_its_own() {
    let program = Program::new();
    let release = program.folder().join("release.txt");
    std::fs::write(
        &release,
        "A bridge opens\n\nToday the bridge opens to everyone.\n",
    )
    .unwrap();
    let office = [
        "office",
        "set",
        "name=Office of Rep. Jane Doe",
        "from=news@example.gov",
        "postal-address=1 Main St",
    ];
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    assert_eq!(program.run(&office).await.status, 0);
    let added = program
        .run(&["releases", "add", &release.to_string_lossy()])
        .await;
    assert_eq!(added.status, 0, "{}", added.err);
    let nobody = program.run(&["newsletters", "approve", "1"]).await;
    assert_eq!(nobody.status, 1, "{}", nobody.err);
    assert!(nobody.err.contains("nobody would get it"), "{}", nobody.err);
    let list = program.folder().join("list.csv");
    std::fs::write(&list, "email\nana@example.org\n").unwrap();
    let list = list.to_string_lossy();
    let import = ["subscribers", "import", &list, "--consent", "signed a list"];
    assert_eq!(program.run(&import).await.status, 0);
    let approve = ["newsletters", "approve", "1", "--at", "2099-01-01T09:00"];
    let out_of_bounds = [&approve[..], &["--deadline-hours", "121"]].concat();
    says(&program.run(&out_of_bounds).await, 2, &["1..=120"]);
    let shown = async || {
        let shown = program.run(&["newsletters", "show", "1", "--json"]).await;
        serde_json::from_str::<serde_json::Value>(&shown.out).unwrap()
    };
    let draft = shown().await;
    assert_eq!(
        (&draft["state"], &draft["deadline_hours"]),
        (&"draft".into(), &serde_json::Value::Null)
    );
    // The name that the option had goes on working, as that of the office's setting does.
    let old_names = ["office", "set", "give-up-hours=48"];
    assert_eq!(program.run(&old_names).await.status, 0);
    let office = program.run(&["office", "show", "--json"]).await;
    let office: serde_json::Value = serde_json::from_str(&office.out).unwrap();
    assert_eq!(office["deadline-hours"], "48");
    let approved = [&approve[..], &["--give-up-hours", "6"]].concat();
    let approved = program.run(&approved).await;
    assert_eq!(approved.status, 0, "{}", approved.err);
    let approved = shown().await;
    assert_eq!(
        (&approved["state"], &approved["deadline_hours"]),
        (&"approved".into(), &6.into())
    );
    let words = program.run(&["newsletters", "show", "1"]).await;
    assert_eq!(words.status, 0, "{}", words.err);
    assert!(
        words.out.contains("Gives up:   6 h after it begins"),
        "{}",
        words.out
    );
    // The same release once more makes nothing, and what it has already is no draft.
    let again = program
        .run(&["releases", "add", &release.to_string_lossy()])
        .await;
    assert_eq!(again.out, "release 1, newsletter 1 (approved)\n");
}

#[tokio::test]
async fn only_what_is_to_make_a_database_makes_one_and_its_files_are_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let program = Program::new();
    for words in [
        &["office", "show"][..],
        &["worker"],
        &["staff", "list"],
        &["backup", "x"],
    ] {
        let ran = program.run(words).await;
        assert_eq!(ran.status, 1, "{words:?}: {}", ran.err);
        let there = program.folder().join("gazette.db");
        let there = there.canonicalize().unwrap_or(there);
        assert!(
            ran.err.contains("there is no database"),
            "{words:?}: {}",
            ran.err
        );
        assert!(
            ran.err.contains(&there.display().to_string()),
            "{}",
            ran.err
        );
        assert_eq!(std::fs::read_dir(program.folder()).unwrap().count(), 0);
    }
    let doctor = program.run(&["doctor"]).await;
    assert!(doctor.out.contains("there is no database"), "{doctor:?}");
    assert_eq!(std::fs::read_dir(program.folder()).unwrap().count(), 0);
    let made = program.run(&["migrate"]).await;
    assert!(made.out.contains("gazette.db"), "{}", made.out);
    for entry in std::fs::read_dir(program.folder()).unwrap() {
        let entry = entry.unwrap();
        let permissions = entry.metadata().unwrap().permissions();
        assert_eq!(permissions.mode() & 0o077, 0, "{:?}", entry.path());
    }
    // One that everybody could read is taken from them.
    let file = program.folder().join("gazette.db");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&file, open).unwrap();
    assert_eq!(program.run(&["office", "show"]).await.status, 0);
    let permissions = std::fs::metadata(&file).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o007, 0);
}

#[tokio::test]
async fn all_processes_of_a_database_mail_the_same_links() {
    let program = Program::new().with("GAZETTE_PUBLIC_URL", "https://news.doe.example");
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    let invited = ["staff", "add", "ana@doe.example", "--role", "admin"];
    let with = async |url: &str, words: &[&str]| {
        let flag = format!("--public-url={url}");
        program.run(&[&[flag.as_str()], words].concat()).await
    };
    // Not set at all: the default.
    let ran = with("http://127.0.0.1:8080", &invited).await;
    assert!(ran.out.starts_with("https://news.doe.example/"), "{ran:?}");
    let ran = with("https://other.example", &["worker"]).await;
    says(
        &ran,
        2,
        &[
            "https://other.example",
            "https://news.doe.example",
            "--adopt-settings",
        ],
    );
    let ran = with("https://other.example", &["migrate", "--adopt-settings"]).await;
    assert_eq!(ran.status, 0, "{}", ran.err);
    let ran = with(
        "http://127.0.0.1:8080",
        &["staff", "link", "ana@doe.example"],
    )
    .await;
    assert!(ran.out.starts_with("https://other.example/"), "{ran:?}");
}

#[tokio::test]
async fn links_to_this_machine_are_not_mailed_to_the_world() {
    let program = Program::new().with("GAZETTE_SMTP_URL", "smtp://mail.example.gov:25");
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    for words in ["serve", "worker"] {
        let ran = program.run(&[words]).await;
        says(&ran, 2, &["mail.example.gov:25", "set GAZETTE_PUBLIC_URL"]);
    }
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_no_failure() {
    let program = Program::new().with_office().await;
    let lines: Vec<String> = (0..20_000)
        .map(|n| format!("reader{n}@example.org"))
        .collect();
    let lines = lines.join("\n");
    std::fs::write(program.folder().join("list.csv"), format!("email\n{lines}")).unwrap();
    assert_eq!(program.run(&IMPORT_LIST).await.status, 0);
    for words in [
        "subscribers export",
        "subscribers export --json",
        "office show",
    ] {
        let ran = program.piped(words, "head -n 1 >/dev/null").await;
        assert_eq!(ran.err, "", "{words}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_out_is_said_and_is_a_failure() {
    let program = Program::new().with_office().await;
    for words in [
        &["office", "show"][..],
        &["topics", "list", "--json"],
        &["audit", "list"],
    ] {
        let ran = program.run_under("exec >/dev/full", words).await;
        says(&ran, 1, &["could not be written", "No space left"]);
    }
}

#[tokio::test]
async fn a_clean_stop_leaves_everything_in_the_file_and_a_backup_is_taken_while_it_runs() {
    let program = Program::new().with_office().await;
    std::fs::write(
        program.folder().join("list.csv"),
        "email\nana@example.org\nbob@example.org\n",
    )
    .unwrap();
    let serving = program.serve().await;
    assert_eq!(program.run(&IMPORT_LIST).await.status, 0);
    let begun = std::time::Instant::now();
    let backup = program.run(&["backup", "monday.backup"]).await;
    assert_eq!(backup.status, 0, "{}", backup.err);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    let running = program
        .run(&["restore", "monday.backup", "--replace"])
        .await;
    says(&running, 1, &["Gazette runs on", "stop every"]);
    assert_eq!(
        program
            .run(&["subscribers", "unsubscribe", "bob@example.org"])
            .await
            .status,
        0
    );
    assert_eq!(serving.stop().await.0, 0);

    // The file alone, without what SQLite keeps beside it.
    let copy = Program::new();
    for name in ["gazette.db", "gazette.key"] {
        std::fs::copy(program.folder().join(name), copy.folder().join(name)).unwrap();
    }
    let shown = copy
        .run(&["subscribers", "evidence", "bob@example.org"])
        .await;
    assert!(shown.out.contains("unsubscribed"), "{shown:?}");

    let restored = program
        .run(&["restore", "monday.backup", "--replace"])
        .await;
    assert_eq!(restored.status, 0, "{}", restored.err);
    for part in [
        "Restored as of",
        "1 people have left since",
        "gazette.db.before-",
    ] {
        assert!(restored.out.contains(part), "{part}: {}", restored.out);
    }
    let shown = program
        .run(&["subscribers", "evidence", "bob@example.org"])
        .await;
    assert!(shown.out.contains("unsubscribed"), "{shown:?}");
    let shown = program
        .run(&["subscribers", "evidence", "ana@example.org"])
        .await;
    assert!(shown.out.contains("confirmed"), "{shown:?}");
    let verified = program.run(&["audit", "verify"]).await;
    assert_eq!(verified.status, 0, "{verified:?}");
}

#[tokio::test]
async fn a_dash_reads_standard_input_wherever_a_file_is_read_and_every_act_says_what_was_done() {
    let program = Program::new().with_office().await;
    let fed = async |text: &str, words: &str| {
        let first = format!("--version >/dev/null; printf '{text}'");
        let ran = program.piped(&first, &format!("\"$0\" {words}")).await;
        assert_eq!(ran.status, 0, "{words}: {}", ran.err);
        ran.out
    };
    let import = "subscribers import - --consent \"signed a list\"";
    let out = fed("email\\nana@example.org\\nbo@example.org\\n", import).await;
    assert!(out.starts_with("2 imported"), "{out}");
    let import = "press-list import - --origin \"press gallery\"";
    let out = fed("email,outlet\\ncy@paper.example,The Paper\\n", import).await;
    assert!(out.starts_with("1 added"), "{out}");
    let election = "date,kind,name,candidate\\n2028-11-07,general,General,yes\\n";
    let out = fed(election, "elections import -").await;
    assert_eq!(out, "1 elections entered\n");
    let release =
        "A bridge opens\\n\\nWashington, DC: Today a bridge opened. Everyone may cross it.\\n";
    let out = fed(release, "releases add -").await;
    assert_eq!(out, "release 1, newsletter 1 (draft)\n");
    let empty = program
        .piped("--version >/dev/null; true", "\"$0\" releases add -")
        .await;
    assert_eq!(empty.status, 1);
    assert!(
        empty.err.contains("standard input is empty"),
        "{}",
        empty.err
    );

    for (words, says) in [
        (
            &["office", "set", "phone=(714) 555-0100"][..],
            "phone is now (714) 555-0100",
        ),
        (&["office", "set", "phone="], "phone is not set any more"),
        (&["office", "logo"], "no logo"),
        (&["newsletters", "cancel", "1"], "newsletter 1 is cancelled"),
        (&["elections", "remove", "1"], "election 1 is removed"),
        (
            &["press-list", "remove", "cy@paper.example", "--yes"],
            "off the press list",
        ),
        (
            &["subscribers", "unsubscribe", "bo@example.org"],
            "is unsubscribed",
        ),
    ] {
        let ran = program.run(words).await;
        assert_eq!(ran.status, 0, "{words:?}: {}", ran.err);
        assert!(ran.out.contains(says), "{words:?}: {}", ran.out);
    }
}

#[tokio::test]
async fn one_source_is_looked_at_now_by_its_number() {
    let program = Program::new().with_office().await;
    says(&program.run(&["sources", "poll", "7"]).await, 1, &["7"]);
}
