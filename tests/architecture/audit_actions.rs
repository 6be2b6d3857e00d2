//! What the audit log can say, it says: every action of its list is written somewhere.

use crate::source_files::{code_of, sources};

#[test]
fn every_action_is_recorded_somewhere() {
    let list = crate::read("src/audit.rs");
    let (_, list) = list.split_once("pub enum Action {").unwrap();
    let list = list.split("\n}").next().unwrap();
    let actions: Vec<&str> = list
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#') && !line.starts_with("//"))
        .filter_map(|line| line.strip_suffix(','))
        .collect();
    assert!(actions.len() > 50, "{actions:?}");
    let code: String = sources()
        .iter()
        .filter(|path| !path.ends_with("audit.rs"))
        .map(|path| code_of(path))
        .collect();
    let silent: Vec<&&str> = actions
        .iter()
        .filter(|action| {
            let named = format!("Action::{action}");
            !code.match_indices(&named).any(|(at, _)| {
                let next = code[at + named.len()..].chars().next();
                !next.is_some_and(|letter| letter.is_ascii_alphanumeric())
            })
        })
        .collect();
    assert!(silent.is_empty(), "no code records {silent:?}");
}

/// Files in which a line of the log stands in no transaction, how many of them, and what it records, which
/// changes no row that could be lost without it.
const ALONE: [(&str, usize, &str); 13] = [
    ("src/cli/newsletters.rs", 1, "a look at addresses"),
    (
        "src/cli/newsletters/printed_receipt.rs",
        1,
        "a look at what one person got",
    ),
    (
        "src/console/decision_pages.rs",
        1,
        "that somebody saw what the checks say",
    ),
    ("src/console/guard.rs", 1, "a refusal"),
    ("src/console/newsletter_pages.rs", 1, "a look at addresses"),
    ("src/console/return_pages.rs", 1, "a trial of the settings"),
    (
        "src/console/sign_in_steps.rs",
        2,
        "a sign-in, whose session is the session layer's, and a refusal",
    ),
    (
        "src/delivery/prepared_message.rs",
        1,
        "a file that is given out",
    ),
    ("src/returns/return_listing.rs", 1, "a look at a mail"),
    (
        "src/subscribers/subscriber_export.rs",
        1,
        "a file that is given out",
    ),
    (
        "src/subscribers/press_list.rs",
        2,
        "a look at addresses, and a file that is given out",
    ),
    ("src/transfer/backup.rs", 1, "a file that is given out"),
    ("src/transfer/idle.rs", 1, "a database that is given out"),
];

#[test]
fn a_line_of_the_log_stands_in_the_transaction_of_what_it_records() {
    let mut wrong = Vec::new();
    for path in crate::source_files::sources() {
        let file = path.display().to_string();
        let alone = recorded_alone(&crate::source_files::code_of(&path));
        let listed = ALONE.iter().find(|(known, ..)| *known == file);
        let known = listed.map_or(0, |(_, count, _)| *count);
        if alone != known {
            wrong.push(format!("{file}: {alone}, and {known} listed"));
        }
    }
    assert!(
        wrong.is_empty(),
        "give `audit::record` the transaction; only where it records a look or a refusal is there none: {wrong:#?}"
    );
}

/// How many lines are recorded on a connection of their own.
fn recorded_alone(code: &str) -> usize {
    code.split("audit::record(")
        .skip(1)
        .filter_map(|given| given.split(',').next())
        .filter(|connection| {
            ["db.writer()", "db.pool()"]
                .iter()
                .any(|alone| connection.contains(alone))
        })
        .count()
}

#[test]
fn a_line_without_a_transaction_is_found() {
    let code =
        "audit::record(&transaction, now);\naudit::record(\n    &app.db.writer(),\n    now);";
    assert_eq!(recorded_alone(code), 1);
}
