//! Every command that changes something, or gives out people's addresses, leaves its line in the audit
//! log. The list of commands is the program's own, so that a new one without a row here fails.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use crate::{
    program::{Program, Ran},
    repeated_faults::Site,
};

/// Commands that leave no line, and why.
const SILENT: &[(&str, &str)] = &[
    (
        "demo",
        "its newsletter and its readers tell their own story",
    ),
    ("serve", "runs the service"),
    ("worker", "runs the service"),
    ("migrate", "changes tables, nothing that people know of"),
    ("doctor", "looks"),
    ("audit list", "looks"),
    ("audit verify", "looks"),
    ("office show", "looks"),
    ("staff list", "looks"),
    ("sources look", "looks"),
    ("sources list", "looks"),
    ("sources show", "looks"),
    (
        "sources poll",
        "does what the scheduler does, which the releases' events tell",
    ),
    ("releases list", "looks"),
    ("releases show", "looks"),
    ("newsletters list", "looks"),
    (
        "newsletters show",
        "looks; who sees an address stands in the log, as below",
    ),
    ("newsletters preview", "looks"),
    ("newsletters report", "looks"),
    ("newsletters changes", "looks"),
    ("elections list", "looks"),
    ("subscribers imports", "looks"),
    ("topics list", "looks"),
    ("returns read", "what it did stands with each returned mail"),
    (
        "returns fetch",
        "what it did stands with each returned mail",
    ),
];

/// Commands that are one call of a function which a button of the console calls too; there each is walked.
const AS_A_BUTTON: &[&str] = &[
    "releases release",
    "releases join",
    "releases separate",
    "releases drop",
    "newsletters pause",
    "newsletters resume",
    "newsletters correct",
];

/// A name of its own database; `transfer`'s tests hold its line.
const ELSEWHERE: &[&str] = &["restore"];

/// The story: what is run, and the action that stands in the log then.
const STORY: &[(&[&str], &str)] = &[
    // While no mail with a link waits.
    (&["key", "rotate", "--yes"], "key.rotate"),
    (&["office", "set", "phone=(714) 555-0100"], "office.set"),
    (&["office", "logo", "logo.png"], "office.set"),
    (&["office", "logo"], "office.set"),
    (&["staff", "first-link"], "staff.link"),
    (
        &["staff", "add", "ana@example.gov", "--role", "editor"],
        "staff.invite",
    ),
    (&["staff", "link", "ana@example.gov"], "staff.link"),
    (
        &["staff", "role", "ana@example.gov", "--role", "admin"],
        "staff.role",
    ),
    (
        &["staff", "add", "bo@example.gov", "--role", "editor"],
        "staff.invite",
    ),
    (&["staff", "disable", "bo@example.gov"], "staff.disable"),
    (&["staff", "enable", "bo@example.gov"], "staff.enable"),
    (
        &["topics", "add", "veterans", "--name", "Veterans"],
        "topic.add",
    ),
    (&["topics", "rename", "veterans", "All veterans"], "topic."),
    (
        &["topics", "describe", "veterans", "For those who served"],
        "topic.describe",
    ),
    (
        &[
            "topics",
            "translate",
            "veterans",
            "es",
            "--name",
            "Veteranos",
        ],
        "topic.translate",
    ),
    (&["topics", "order", "veterans"], "topic.order"),
    (&["topics", "archive", "veterans"], "topic.archive"),
    (&["topics", "restore", "veterans"], "topic.restore"),
    (&["sources", "add", "FEED"], "source.add"),
    (&["sources", "set", "1", "policy=digest"], "source.set"),
    (&["sources", "remove", "1"], "source.remove"),
    (
        &[
            "elections",
            "add",
            "2028-11-07",
            "--kind=general",
            "--name=House",
        ],
        "election.add",
    ),
    (&["elections", "import", "elections.csv"], "election.add"),
    (&["elections", "remove", "1"], "election.remove"),
    (
        &["press-list", "import", "press.csv", "--origin", "gallery"],
        "press_list.import",
    ),
    (&["press-list", "list"], "press_list.addresses"),
    (&["press-list", "export"], "press_list.export"),
    (
        &[
            "subscribers",
            "import",
            "list.csv",
            "--consent",
            "signed a list",
        ],
        "subscriber.import",
    ),
    (&["subscribers", "export"], "subscriber.export"),
    (
        &["subscribers", "evidence", "ana@example.org"],
        "subscriber.evidence",
    ),
    (
        &["subscribers", "allow", "ana@example.org"],
        "subscriber.allow",
    ),
    (
        &["subscribers", "unsubscribe", "bo@example.org"],
        "subscriber.unsubscribe",
    ),
    (
        &["subscribers", "erase", "cy@example.org", "--yes"],
        "subscriber.erase",
    ),
    (&["releases", "add", "release.txt"], "release.add"),
    (&["newsletters", "export-eml", "1"], "newsletter.export"),
    (&["newsletters", "for-press", "1"], "newsletter.for_press"),
    (
        &["newsletters", "approve", "1", "--at", "2099-01-01T09:00"],
        "newsletter.approve",
    ),
    (&["newsletters", "send", "1"], "newsletter."),
    (
        &["newsletters", "cancel", "1", "--yes"],
        "newsletter.cancel",
    ),
    (
        &["press-list", "remove", "dee@paper.example", "--yes"],
        "press_list.remove",
    ),
    (
        &["subscribers", "undo-import", "BATCH", "--yes"],
        "subscriber.import_undo",
    ),
    (&["backup", "monday.backup"], "database.backup"),
    (&["copy", "--to", "sqlite://copy.db"], "database.copy"),
];

#[tokio::test]
async fn every_command_that_changes_or_gives_out_something_stands_in_the_audit_log() {
    let site = Site::start().await;
    let program = Program::new()
        .with("GAZETTE_FETCH_ALLOW", &site.address)
        .with_office()
        .await;
    put_down(
        &program,
        "list.csv",
        b"email\nana@example.org\nbo@example.org\ncy@example.org\n",
    );
    put_down(
        &program,
        "press.csv",
        b"email,outlet\ndee@paper.example,The Paper\n",
    );
    put_down(
        &program,
        "elections.csv",
        b"date,kind,name,candidate\n2030-11-05,general,General,yes\n",
    );
    put_down(
        &program,
        "release.txt",
        b"A bridge opens\n\nWashington, DC: Today a bridge opened. Everyone may cross it.\n",
    );
    image::GrayImage::new(64, 64)
        .save(program.folder().join("logo.png"))
        .unwrap();
    let feed = format!("http://{}/feed", site.address);
    let database = database(&program).await;
    for (words, action) in STORY {
        let batch = newest_batch(&program, words).await;
        let words: Vec<&str> = words
            .iter()
            .map(|word| match *word {
                "FEED" => feed.as_str(),
                "BATCH" => batch.as_str(),
                word => word,
            })
            .collect();
        let before = lines(&database).await.len();
        let ran = program.run(&words).await;
        assert_eq!(ran.status, 0, "{words:?}: {ran:?}");
        let after = lines(&database).await;
        let new = &after[before..];
        assert!(
            new.iter()
                .any(|(who, done)| who == "operator" && done.starts_with(action)),
            "{words:?} leaves no {action}: {new:?}"
        );
    }
    // The log says the same to whoever asks for it on the command line, the newest first.
    let listed = program
        .run(&[
            "audit", "list", "--who", "operator", "--limit", "3", "--json",
        ])
        .await;
    assert_eq!(listed.status, 0, "{listed:?}");
    let lines: Vec<serde_json::Value> = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(lines.len(), 3, "{listed:?}");
    assert!(
        lines
            .windows(2)
            .all(|pair| pair[0]["id"].as_i64() > pair[1]["id"].as_i64())
    );
    assert!(lines.iter().all(|line| line["who"] == "operator"));
    let one = lines[0]["object"].as_str().unwrap();
    let of_it = program
        .run(&["audit", "list", "--object", one, "--limit", "1"])
        .await;
    assert!(of_it.out.contains(one), "{of_it:?}");
    let verified = program.run(&["audit", "verify"]).await;
    assert_eq!(verified.status, 0, "{verified:?}");
}

#[tokio::test]
async fn no_command_is_forgotten() {
    let program = Program::new();
    let commands = commands(&program).await;
    let is_listed = |command: &str| {
        SILENT.iter().any(|(name, _)| *name == command)
            || AS_A_BUTTON.contains(&command)
            || ELSEWHERE.contains(&command)
            || STORY
                .iter()
                .any(|(words, _)| (words.join(" ") + " ").starts_with(&format!("{command} ")))
    };
    let forgotten: Vec<_> = commands.iter().filter(|one| !is_listed(one)).collect();
    assert!(
        forgotten.is_empty(),
        "which line do they leave in the audit log, or why none? {forgotten:?}"
    );
    let silent = SILENT.iter().map(|(name, _)| *name);
    let named = silent.chain(AS_A_BUTTON.iter().chain(ELSEWHERE).copied());
    for name in named {
        assert!(commands.iter().any(|known| known == name), "{name} is gone");
    }
}

/// Every command that does something, as the helps list them: `newsletters send`.
pub async fn commands(program: &Program) -> Vec<String> {
    let mut commands = Vec::new();
    let mut groups = vec![Vec::new()];
    while let Some(group) = groups.pop() {
        for name in subcommands(program, &group).await {
            let mut words: Vec<String> = group.clone();
            words.push(name);
            if subcommands(program, &words).await.is_empty() {
                commands.push(words.join(" "));
            } else {
                groups.push(words);
            }
        }
    }
    assert!(commands.len() > 60, "{commands:?}");
    commands
}

/// What stands below a command, as its help lists it.
async fn subcommands(program: &Program, words: &[String]) -> Vec<String> {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.push("-h");
    let Ran { status, out, err } = program.run(&words).await;
    assert_eq!(status, 0, "{err}");
    let Some((_, list)) = out.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| {
        let rest = line.strip_prefix("  ")?;
        let name = rest.split(' ').next()?;
        (!name.is_empty() && name != "help").then(|| name.to_owned())
    });
    names.collect()
}

async fn newest_batch(program: &Program, words: &[&str]) -> String {
    if !words.contains(&"BATCH") {
        return String::new();
    }
    let listed = program.run(&["subscribers", "imports", "--json"]).await;
    let imports: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    imports[0]["batch"].as_str().unwrap().to_owned()
}

fn put_down(program: &Program, name: &str, text: &[u8]) {
    std::fs::write(program.folder().join(name), text).unwrap();
}

async fn database(program: &Program) -> DatabaseConnection {
    let file = program.folder().join("gazette.db");
    Database::connect(format!("sqlite://{}?mode=ro", file.display()))
        .await
        .unwrap()
}

/// Who did what, in order.
async fn lines(database: &DatabaseConnection) -> Vec<(String, String)> {
    let rows = database
        .query_all_raw(sea_orm::Statement::from_string(
            database.get_database_backend(),
            "SELECT who, action FROM audit ORDER BY id",
        ))
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            (
                row.try_get("", "who").unwrap(),
                row.try_get("", "action").unwrap(),
            )
        })
        .collect()
}
