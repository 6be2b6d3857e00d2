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
        "looks; who sees an address, or what a person got, stands in the log: see `exceptions`",
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

/// Commands of a database of their own; `transfer`'s tests hold its line.
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

/// A page of the office, which it changes afterwards.
const PAGE: &str = "<!doctype html><html lang=\"en\"><head><title>A road opens</title></head><body><main>\
    <article><h1>A road opens</h1><p>Washington, DC: Today a road opened. Everyone may drive on it.</p>\
    <p>The road is forty miles long and took three years to build, said the county.</p></article></main></body></html>";

/// The same in another language.
const TRANSLATION: &str = "<!doctype html><html lang=\"es\"><head><title>Se abre una carretera</title></head><body>\
    <main><article><h1>Se abre una carretera</h1><p>Washington: Hoy se abrió una carretera. Todos pueden \
    circular por ella.</p><p>La carretera tiene cuarenta millas y tardó tres años en construirse, según \
    el condado.</p></article></main></body></html>";

/// The story of a release in two languages, of which the one is sent and changed meanwhile.
const CORRECTED: &[(&[&str], &str)] = &[
    (&["releases", "add", "PAGE"], "release.add"),
    (&["releases", "add", "es.html"], "release.add"),
    (&["releases", "join", "1", "2"], "release.join"),
    (&["releases", "separate", "2"], "release.separate"),
    (&["newsletters", "send", "1", "--yes"], "newsletter.approve"),
    (&["newsletters", "pause", "1"], "newsletter.pause"),
    (&["newsletters", "resume", "1"], "newsletter.resume"),
    (&["newsletters", "correct", "1"], "newsletter.correct"),
];

/// The story of releases that came too many at once.
const HELD: &[(&[&str], &str)] = &[
    (&["releases", "release", "NEWEST"], "release.release"),
    (&["releases", "drop", "NEXT"], "release.drop"),
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
        leaves_its_line(&program, &database, &words, action).await;
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

/// Runs a command, after which a line of this action stands in the log that was not there before.
async fn leaves_its_line(
    program: &Program,
    database: &DatabaseConnection,
    words: &[&str],
    action: &str,
) {
    let before = lines(database).await.len();
    let ran = program.run(words).await;
    assert_eq!(ran.status, 0, "{words:?}: {ran:?}");
    let after = lines(database).await;
    let new = &after[before..];
    assert!(
        new.iter()
            .any(|(who, done)| who == "operator" && done.starts_with(action)),
        "{words:?} leaves no {action}: {new:?}"
    );
}

#[tokio::test]
async fn what_is_decided_about_releases_and_what_is_sent_stands_in_the_log() {
    let site = Site::start().await;
    site.shows(PAGE);
    let program = Program::new()
        .with("GAZETTE_FETCH_ALLOW", &site.address)
        .with_office()
        .await;
    put_down(&program, "es.html", TRANSLATION.as_bytes());
    put_down(&program, "list.csv", b"email\nana@example.org\n");
    let page = format!("http://{}/page", site.address);
    let database = database(&program).await;
    let import: &[&str] = &["subscribers", "import", "list.csv", "--consent", "a list"];
    assert_eq!(program.run(import).await.status, 0);
    for (words, action) in CORRECTED {
        if words.contains(&"correct") {
            site.shows(&PAGE.replace("three years", "four years"));
            assert_eq!(program.run(&["releases", "add", &page]).await.status, 0);
        }
        let words: Vec<&str> = words
            .iter()
            .map(|word| {
                if *word == "PAGE" {
                    page.as_str()
                } else {
                    *word
                }
            })
            .collect();
        leaves_its_line(&program, &database, &words, action).await;
    }
    // What is said to have changed nothing leaves no line either.
    let before = lines(&database).await.len();
    let alone = program.run(&["releases", "separate", "2"]).await;
    assert!(alone.out.contains("nothing was changed"), "{alone:?}");
    let refused = program.run(&["newsletters", "resume", "1"]).await;
    assert_eq!(refused.status, 1, "{refused:?}");
    assert_eq!(lines(&database).await.len(), before);

    let feed = format!("http://{}/feed", site.address);
    assert_eq!(program.run(&["sources", "add", &feed]).await.status, 0);
    assert_eq!(program.run(&["sources", "poll", "1"]).await.status, 0);
    site.lists(&[1, 2, 3, 4, 5, 6]);
    let polled = program.run(&["sources", "poll", "1"]).await;
    assert!(polled.out.contains("4 new releases, 4 held"), "{polled:?}");
    let listed = program.run(&["releases", "list", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let held = [0, 1].map(|at| listed[at]["id"].to_string());
    for (words, action) in HELD {
        let words: Vec<&str> = words
            .iter()
            .map(|word| match *word {
                "NEWEST" => held[0].as_str(),
                "NEXT" => held[1].as_str(),
                word => word,
            })
            .collect();
        leaves_its_line(&program, &database, &words, action).await;
    }
    let verified = program.run(&["audit", "verify"]).await;
    assert_eq!(verified.status, 0, "{verified:?}");
}

#[tokio::test]
async fn no_command_is_forgotten() {
    let program = Program::new();
    let commands = commands(&program).await;
    let is_listed = |command: &str| {
        SILENT.iter().any(|(name, _)| *name == command)
            || ELSEWHERE.contains(&command)
            || [STORY, CORRECTED, HELD]
                .concat()
                .iter()
                .any(|(words, _)| (words.join(" ") + " ").starts_with(&format!("{command} ")))
    };
    let forgotten: Vec<_> = commands.iter().filter(|one| !is_listed(one)).collect();
    assert!(
        forgotten.is_empty(),
        "which line do they leave in the audit log, or why none? {forgotten:?}"
    );
    let silent = SILENT.iter().map(|(name, _)| *name);
    let named = silent.chain(ELSEWHERE.iter().copied());
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
