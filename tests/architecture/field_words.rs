//! A newcomer searches with the field's words: each leads to the file where the thing is done, by the
//! file's name or by one line of the doc comment at its head, as `grep` finds it.

const WORDS: [(&str, &str); 44] = [
    ("audience", "src/subscribers/audience.rs"),
    ("automatic approval", "src/newsletters/auto_approve.rs"),
    ("backoff", "src/delivery/retry.rs"),
    ("circuit breaker", "src/delivery/circuit_breaker.rs"),
    ("classification", "src/delivery/smtp/classification.rs"),
    ("clock skew", "src/doctor/clocks.rs"),
    ("concurrency", "src/delivery/connection_scaling.rs"),
    (
        "confirmation request",
        "src/subscribers/confirmation_requests.rs",
    ),
    ("csrf", "src/console/csrf.rs"),
    ("dead letter", "src/newsletters/release_event_cursor.rs"),
    ("deadline", "src/newsletters/newsletter_deadline.rs"),
    ("discovery", "src/releases/discovery/source_discovery.rs"),
    ("double opt-in", "src/subscribers/sign_up.rs"),
    ("failover", "src/delivery/relay_selection.rs"),
    ("fencing", "src/db/lease_fence.rs"),
    ("hard bounce", "src/delivery/reply_class/mod.rs"),
    ("heartbeat", "src/delivery/queue/registration.rs"),
    ("hold rules", "src/releases/hold_rules.rs"),
    ("idempotency", "src/delivery/queue/enqueue.rs"),
    ("lease", "src/lease.rs"),
    ("logo", "src/logo.rs"),
    ("optimistic lock", "src/newsletters/text_revisions.rs"),
    ("outcome", "src/delivery/recorder.rs"),
    ("placeholder", "src/delivery/template.rs"),
    ("politeness", "src/releases/politeness.rs"),
    ("postgres_queue", "src/db/postgres_queue.rs"),
    ("prepared message", "src/delivery/prepared_message.rs"),
    ("rate limit", "src/delivery/rate_limit.rs"),
    ("rate_limit", "src/delivery/rate_limit.rs"),
    ("release event", "src/newsletters/release_updates.rs"),
    ("requeue", "src/delivery/queue/claim.rs"),
    ("retry", "src/delivery/retry.rs"),
    ("security headers", "src/web/mod.rs"),
    ("sending window", "src/sending_window.rs"),
    ("severity", "src/newsletters/checks.rs"),
    ("soft bounce", "src/returns/soft_bounces.rs"),
    ("ssrf", "src/releases/ssrf_guard.rs"),
    ("staff notifications", "src/accounts/notifications.rs"),
    ("status", "src/subscribers/status.rs"),
    ("throttl", "src/delivery/provider_throttle.rs"),
    ("token bucket", "src/delivery/rate_limit.rs"),
    (
        "topic reassignment",
        "src/newsletters/topic_reassignment.rs",
    ),
    ("transactional", "src/transactional.rs"),
    ("webhook", "src/returns/webhooks/mod.rs"),
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
