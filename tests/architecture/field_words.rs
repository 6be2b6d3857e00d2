//! A newcomer searches with the field's words: each leads to the file where the thing is done, by the
//! file's name or by one line of the doc comment at its head, as `grep` finds it. For those that everyone
//! looks for first, `docs/ARCHITECTURE.md` names the file, whose head begins with the word, and few other
//! heads say it.

/// Opens the table of the map that names the file of each word.
const TABLE: &str = "| the field's word | where it is done |\n|---|---|\n";

/// A definition is no definition where it comes late.
const WITHIN_LINES: usize = 2;

/// The heads of so many other files may lead on with a word: more, and nobody sees which is meant.
const MOST_OTHER_HEADS: usize = 6;

const WORDS: [(&str, &str); 28] = [
    ("automatic approval", "src/newsletters/auto_approve.rs"),
    ("circuit breaker", "src/delivery/circuit_breaker.rs"),
    ("classification", "src/delivery/smtp/classification.rs"),
    ("clock skew", "src/doctor/clocks.rs"),
    ("concurrency", "src/delivery/connection_scaling.rs"),
    (
        "confirmation request",
        "src/subscribers/confirmation_requests.rs",
    ),
    ("deadline", "src/newsletters/newsletter_deadline.rs"),
    ("discovery", "src/releases/discovery/source_discovery.rs"),
    ("failover", "src/delivery/relay_selection.rs"),
    ("heartbeat", "src/delivery/queue/registration.rs"),
    ("hold rules", "src/releases/hold_rules.rs"),
    ("logo", "src/logo.rs"),
    ("outcome", "src/delivery/recorder.rs"),
    ("placeholder", "src/delivery/template.rs"),
    ("politeness", "src/releases/politeness.rs"),
    ("postgres_queue", "src/db/postgres_queue.rs"),
    ("prepared message", "src/delivery/prepared_message.rs"),
    ("rate_limit", "src/delivery/rate_limit.rs"),
    ("release event", "src/newsletters/release_updates.rs"),
    ("requeue", "src/delivery/queue/claim.rs"),
    ("security headers", "src/web/mod.rs"),
    ("sending window", "src/sending_window.rs"),
    ("severity", "src/newsletters/checks.rs"),
    ("soft bounce", "src/returns/soft_bounces.rs"),
    ("staff notifications", "src/accounts/notifications.rs"),
    ("status", "src/subscribers/status.rs"),
    ("throttl", "src/delivery/provider_throttle.rs"),
    (
        "topic reassignment",
        "src/newsletters/topic_reassignment.rs",
    ),
];

/// Names of constants that say neither what is measured nor in which unit. A longer name that ends so
/// may do: `MOST_LINKS`, `LEASE_MS`.
const VAGUE: [&str; 9] = [
    "OVER", "AHEAD", "DEAF", "TOLD", "PATIENCE", "PAUSE", "OLD_NEWS", "TURN", "UNHEARD",
];

/// How an integer that holds a length of time ends.
const UNITS: [&str; 6] = ["_MS", "_NS", "_SECONDS", "_HOURS", "_DAYS", "_S"];

#[test]
fn each_word_of_the_field_leads_to_its_file() {
    let missing: Vec<_> = WORDS
        .iter()
        .filter(|(word, file)| {
            let is_named = file.contains(word);
            !is_named && !head_of(file).iter().any(|line| line.contains(word))
        })
        .collect();
    assert!(
        missing.is_empty(),
        "name it on one line at the head of the file: {missing:?}"
    );
}

#[test]
fn a_word_that_everyone_looks_for_is_defined_at_the_head_of_one_file() {
    let map = crate::read("docs/ARCHITECTURE.md");
    let (_, table) = map.split_once(TABLE).expect("the map has the table");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let mut words = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let ["", word, file, ""] = cells.as_slice() else {
            panic!("two cells: {row}");
        };
        words.push((word.to_lowercase(), file.trim_matches('`').to_owned()));
    }
    let expected = [
        "audience",
        "backoff",
        "csrf",
        "dead letter",
        "double opt-in",
        "fencing",
        "hard bounce",
        "idempotency",
        "lease",
        "optimistic lock",
        "rate limit",
        "retry",
        "ssrf",
        "token bucket",
        "transactional",
        "webhook",
    ];
    let named: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(named, expected, "each once, in order");
    let sources = crate::source_files::sources();
    for (word, file) in &words {
        let head = head_of(file);
        let begins = head.iter().take(WITHIN_LINES).any(|line| says(line, word));
        assert!(begins, "the head of {file} does not begin with “{word}”");
        let folder = file
            .strip_suffix("mod.rs")
            .unwrap_or("nothing stands below it");
        let others: Vec<String> = sources
            .iter()
            .map(|path| path.display().to_string())
            .filter(|other| other != file && !other.starts_with(folder))
            .filter(|other| !other.ends_with("/mod.rs"))
            .filter(|other| head_of(other).iter().any(|line| says(line, word)))
            .collect();
        assert!(
            others.len() <= MOST_OTHER_HEADS,
            "“{word}” is {file}, and these heads say it, too: {others:#?}"
        );
    }
}

/// Whether the line says the word itself, in any number, not as a part of another.
fn says(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}

#[test]
fn a_word_within_another_is_not_said() {
    assert!(says("//! leases: of many processes", "lease"));
    assert!(!says("//! a release that staff bring", "lease"));
}

#[test]
fn a_constant_of_time_says_what_it_measures_and_in_which_unit() {
    let files = crate::source_files::sources();
    let wrong: Vec<String> = files
        .iter()
        // `clock` defines the units.
        .filter(|file| !file.ends_with("clock.rs"))
        .flat_map(|file| {
            let vague = vague_constants(&crate::source_files::code_of(file));
            let at = file.display().to_string();
            vague.into_iter().map(move |name| format!("{at}: {name}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "say what it is, and in which unit where it is a number:\n{}",
        wrong.join("\n")
    );
}

/// The constants of time whose names are one word, and the numbers of them without a unit.
fn vague_constants(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in code.lines() {
        let Some((_, constant)) = line.split_once("const ") else {
            continue;
        };
        let Some((name, definition)) = constant.split_once(": ") else {
            continue;
        };
        let (kind, value) = definition.split_once(" = ").unwrap_or((definition, ""));
        let is_duration = kind.ends_with("Duration");
        let is_number_of_time = kind == "i64"
            && value
                .split(|letter: char| !letter.is_ascii_alphabetic())
                .any(|word| ["SECOND", "MINUTE", "HOUR", "DAY"].contains(&word));
        let has_unit = UNITS.iter().any(|unit| name.ends_with(unit));
        if VAGUE.contains(&name)
            || (is_duration && !name.contains('_'))
            || (is_number_of_time && !has_unit && !name.contains("_PER_"))
        {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn a_vague_constant_is_found() {
    let code = "const WAIT: Duration = Duration::from_secs(1);\nconst PATIENCE: usize = 3;\n\
                pub const IDLE_LIMIT: i64 = 2 * HOUR;\nconst IDLE_MS: i64 = 2 * HOUR;\n\
                const READ_TIMEOUT: Duration = Duration::ZERO;\nconst ROWS: i64 = 5;";
    assert_eq!(vague_constants(code), ["WAIT", "PATIENCE", "IDLE_LIMIT"]);
}

/// The lines of the doc comment at the head of a file, in lower case.
fn head_of(file: &str) -> Vec<String> {
    let text = crate::read(file);
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    lines.map(str::to_lowercase).collect()
}
