//! The scheduler works under a lease, and what it writes after it lost that must fail: a write stands in
//! a transaction (`Db::begin`) or goes to `Db::writer`, never to the pool, which knows of no lease.

use crate::source_files::{code_of, sources};

/// How a write is run.
const WRITES: [&str; 7] = [
    "audit::record(",
    ".exec(",
    ".exec_without_returning(",
    ".insert(",
    ".update(",
    ".delete(",
    "execute(",
];

#[test]
fn nothing_is_written_past_the_lease() {
    let mut wrong = Vec::new();
    for path in sources() {
        for line in unfenced(&code_of(&path)) {
            wrong.push(format!("{}:{line}", path.display()));
        }
    }
    // The lease itself, which is not fenced by itself.
    wrong.retain(|place| !place.starts_with("src/lease.rs"));
    assert!(
        wrong.is_empty(),
        "write to `db.writer()` or in a transaction:\n{}",
        wrong.join("\n")
    );
}

/// The lines on which a write is given the pool.
fn unfenced(code: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for call in WRITES {
        for (at, _) in code.match_indices(call) {
            let given = code[at + call.len()..].trim_start();
            let first = given.split([',', '\n']).next().unwrap_or_default();
            if first.contains("db.pool()") {
                found.push(code[..at].matches('\n').count() + 1);
            }
        }
    }
    found
}

#[test]
fn a_write_to_the_pool_is_found() {
    let code = "a\n.exec(app.db.pool())\nexecute(\n    app.db.pool(),\n    sql)\n.all(app.db.pool())\n.exec(&transaction)";
    assert_eq!(unfenced(code), [2, 3]);
}
