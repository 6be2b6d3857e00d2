//! A log says of an act that it happened when it has: after its commit.

use crate::source_files::{code_of, sources};

/// What says that something was done, at the levels that people read.
const LINES: [&str; 2] = ["tracing::info!", "tracing::warn!"];

/// Functions that say what they saw, which stays true whatever becomes of the transaction that they write to.
const OBSERVERS: [&str; 5] = [
    // A sign-up was not answered.
    "src/subscribers/sign_up.rs answer",
    // A mail came, and changed nothing; one of ours came back.
    "src/returns/receive.rs act_within",
    "src/returns/return_probe.rs note_probe",
    // More reports came than a day has room for.
    "src/returns/kept_reports.rs keep",
    // A page reads otherwise than before.
    "src/releases/rereading.rs note_source",
];

#[test]
fn nothing_is_told_before_it_is_committed() {
    let mut early = Vec::new();
    for path in sources() {
        let shown = path.strip_prefix(crate::root()).unwrap_or(&path);
        for name in early_tellers(&code_of(&path)) {
            early.push(format!("{} {name}", shown.display()));
        }
    }
    early.retain(|one| !OBSERVERS.contains(&one.as_str()));
    assert!(
        early.is_empty(),
        "tell of it with `transaction.once_committed`, or after the commit: {early:?}"
    );
}

/// The functions that log within a transaction: one that they are given, or that they begin.
fn early_tellers(code: &str) -> Vec<String> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, rest)) = line.split_once("fn ") else {
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let words = before.split_whitespace();
        if !words
            .clone()
            .all(|word| word.starts_with("pub") || ["async", "const"].contains(&word))
        {
            continue;
        }
        let end = format!("{indent}}}");
        let body: Vec<&str> = lines[at..]
            .iter()
            .copied()
            .take_while(|line| **line != end)
            .collect();
        if tells_early(&body.join("\n")) {
            let name = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            found.push(name.unwrap_or_default().to_owned());
        }
    }
    found
}

fn tells_early(function: &str) -> bool {
    let (head, body) = function.split_once("{\n").unwrap_or((function, ""));
    let given = head.contains("transaction: &");
    let begun = body.find(".begin().await");
    let committed = body.rfind(".commit().await").unwrap_or(body.len());
    LINES.iter().any(|line| {
        body.match_indices(line).any(|(at, _)| {
            let within = given || begun.is_some_and(|begun| begun < at && at < committed);
            // The closure that waits for the commit.
            let waits = body[..at]
                .rfind("once_committed(")
                .is_some_and(|waits| !body[waits..at].contains("});"));
            within && !waits
        })
    })
}

#[test]
fn what_is_told_early_is_found() {
    let told = "    tracing::info!(id, \"done\");\n";
    let begin = "    let transaction = db.begin().await?;\n";
    let commit = "    transaction.commit().await?;\n";
    let waiting = format!("    transaction.once_committed(move || {{\n    {told}    }});\n");
    let own = |body: &[&str]| format!("async fn act(db: &Db) -> R {{\n{}}}\n", body.concat());
    let given = |body: &str| format!("pub fn act(\n    transaction: &T,\n) -> R {{\n{body}}}\n");
    for (code, is_early) in [
        (own(&[begin, told, commit]), true),
        (own(&[begin, commit, told]), false),
        (own(&[told, begin, commit]), false),
        (own(&[begin, &waiting, commit]), false),
        (own(&[begin, &waiting, told, commit]), true),
        (own(&[told]), false),
        (given(told), true),
        (given(&waiting), false),
    ] {
        assert_eq!(!early_tellers(&code).is_empty(), is_early, "{code}");
    }
}
