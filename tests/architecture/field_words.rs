//! A newcomer searches with the field's words: each leads to the file where the thing is done, by the
//! file's name or by the doc comment at its head.

const WORDS: [(&str, &str); 17] = [
    ("audience", "src/subscribers/audience.rs"),
    ("backoff", "src/delivery/retry.rs"),
    ("csrf", "src/console/csrf.rs"),
    ("dead letter", "src/newsletters/release_event_cursor.rs"),
    ("double opt-in", "src/subscribers/sign_up.rs"),
    ("fencing", "src/db/lease_fence.rs"),
    ("hard bounce", "src/delivery/reply_class/mod.rs"),
    ("idempoten", "src/delivery/queue/enqueue.rs"),
    ("lease", "src/lease.rs"),
    ("optimistic lock", "src/newsletters/text_revisions.rs"),
    ("rate_limit", "src/delivery/rate_limit.rs"),
    ("retry", "src/delivery/retry.rs"),
    ("security headers", "src/web/mod.rs"),
    ("ssrf", "src/releases/ssrf_guard.rs"),
    ("token bucket", "src/delivery/rate_limit.rs"),
    ("transactional", "src/transactional.rs"),
    ("webhook", "src/returns/webhooks/mod.rs"),
];

#[test]
fn each_word_of_the_field_leads_to_its_file() {
    let missing: Vec<_> = WORDS
        .iter()
        .filter(|(word, file)| !head_of(file).contains(word) && !file.contains(word))
        .collect();
    assert!(
        missing.is_empty(),
        "name it at the head of the file: {missing:?}"
    );
}

/// The doc comment at the head of a file as one line, in lower case.
fn head_of(file: &str) -> String {
    let text = crate::read(file);
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    let words: Vec<&str> = lines
        .flat_map(|line| line.trim_start_matches("//!").split_whitespace())
        .collect();
    words.join(" ").to_lowercase()
}
