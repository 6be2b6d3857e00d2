//! The exceptions that `known.txt` still grants.

use std::collections::BTreeSet;

const FILE: &str = "tests/architecture/known.txt";

/// The lines under the heading `[name]`, without comments.
pub fn exceptions(name: &str) -> BTreeSet<String> {
    let text = super::read(FILE);
    let heading = format!("[{name}]");
    let lines = text.lines().map(str::trim);
    let below = lines.skip_while(|line| *line != heading);
    let section = below.skip(1).take_while(|line| !line.starts_with('['));
    section
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Fails where an exception is not needed any more, so that the list only shrinks.
pub fn assert_all_needed(name: &str, needed: &BTreeSet<String>) {
    let granted = exceptions(name);
    let idle: Vec<&String> = granted.difference(needed).collect();
    assert!(
        idle.is_empty(),
        "well done: remove these lines from [{name}] of {FILE}: {idle:#?}"
    );
}
