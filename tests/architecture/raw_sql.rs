//! Statements that are plain SQL: how many each room has stands in `docs/ARCHITECTURE.md`, beside the
//! reasons, and is counted here.

use std::{collections::BTreeMap, path::Path};

use crate::source_files::{code_of, sources};

const MAP: &str = "docs/ARCHITECTURE.md";
const HEADING: &str = "## Which statements are plain SQL, and why";

/// The hot path, where all are.
const UNCOUNTED: &str = "delivery";

/// Rooms that the table names together.
pub const FOUNDATION: &str = "foundation";

#[test]
fn every_plain_statement_is_counted() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources() {
        for line in statements(&crate::read(&path)) {
            let place = format!("{}:{line}", path.display());
            found.entry(room_of(&path)).or_default().push(place);
        }
    }
    let counted: BTreeMap<String, usize> = found
        .iter()
        .filter(|(room, _)| *room != UNCOUNTED)
        .map(|(room, statements)| (room.clone(), statements.len()))
        .collect();
    let listed = listed();
    let wrong: Vec<String> = counted
        .iter()
        .filter(|(room, count)| listed.get(*room) != Some(count))
        .map(|(room, count)| {
            let places = found[room].join("\n    ");
            format!(
                "{room}: {count} in src, {:?} listed\n    {places}",
                listed.get(room)
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "use an entity, or say in the table of {MAP} why not, and how many there are now:\n{}",
        wrong.join("\n")
    );
    let gone: Vec<&String> = listed
        .keys()
        .filter(|room| !counted.contains_key(*room) && *room != UNCOUNTED)
        .collect();
    assert!(
        gone.is_empty(),
        "{MAP} lists statements of {gone:?}, which have none"
    );
}

/// `ip` and `user_agent` of a row could change places, and nothing would say so.
#[test]
fn no_column_is_read_by_its_position() {
    let by_position: Vec<String> = sources()
        .iter()
        .filter(|path| !path.starts_with("src/db") && !path.ends_with("src/db.rs"))
        .filter(|path| {
            let code = code_of(path);
            code.contains("try_get_by_index") || reads_several_into_a_tuple(&code)
        })
        .map(|path| path.display().to_string())
        .collect();
    assert!(
        by_position.is_empty(),
        "read the column by its name: {by_position:?}"
    );
}

/// Whether a query takes several columns into a tuple, where they could change places. One alone cannot.
fn reads_several_into_a_tuple(code: &str) -> bool {
    code.match_indices(".into_tuple").any(|(at, _)| {
        let query = code[..at]
            .rsplit(".select_only()")
            .next()
            .unwrap_or_default();
        let one_by_one = [".column(", ".column_as(", ".expr(", ".expr_as("];
        let columns: usize = one_by_one
            .iter()
            .map(|one| query.matches(one).count())
            .sum();
        columns > 1 || query.contains(".columns(")
    })
}

#[test]
fn several_columns_in_a_tuple_are_found() {
    let one = "find().select_only().column(A).filter(B.eq(1)).into_tuple()";
    assert!(!reads_several_into_a_tuple(one));
    for several in [
        "find().select_only().column(A).column_as(B.count(), \"n\").into_tuple()",
        "find().select_only().columns([A, B]).into_tuple::<(i64, i64)>()",
    ] {
        assert!(reads_several_into_a_tuple(several), "{several}");
    }
}

/// The rooms of the table, and how many statements it says that they have. One line may name several
/// rooms with their numbers: `house` 2, `accounts` 1.
fn listed() -> BTreeMap<String, usize> {
    let map = crate::read(MAP);
    let (_, section) = map
        .split_once(HEADING)
        .unwrap_or_else(|| panic!("{MAP} has no section `{HEADING}`"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    let mut listed = BTreeMap::new();
    for line in lines {
        let cell = line.split('|').nth(1).unwrap_or_default();
        for entry in cell.split(',') {
            let mut parts = entry.split('`');
            let (room, count) = (parts.nth(1), parts.next());
            let (Some(room), Some(count)) = (room, count) else {
                panic!("{MAP}: not understood: {line}");
            };
            if room != UNCOUNTED {
                let count = count.trim().parse();
                let count = count.unwrap_or_else(|_| panic!("{MAP}: no number for `{room}`"));
                listed.insert(room.to_owned(), count);
            }
        }
    }
    listed
}

/// The folder below `src`; a file of its own there is the foundation's, and so is what stands in
/// `db`.
pub fn room_of(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap_or(path);
    let folder = below.parent().and_then(|folder| folder.iter().next());
    match folder.and_then(|folder| folder.to_str()) {
        Some(room) if room != "db" => room.to_owned(),
        _ => FOUNDATION.to_owned(),
    }
}

/// The lines of a file on which a plain statement begins, its tests left out.
fn statements(text: &str) -> Vec<usize> {
    const VERBS: [&str; 5] = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "WITH ",
    ];
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let mut found = Vec::new();
    for (at, _) in code.match_indices('"') {
        let before = code[..at]
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .trim_start();
        if before.starts_with("//") {
            continue;
        }
        // What the string begins with, also on its next line.
        let says = code[at + 1..].trim_start_matches([' ', '\n', '\\']);
        if VERBS.iter().any(|verb| says.starts_with(verb)) {
            found.push(code[..at].matches('\n').count() + 1);
        }
    }
    found
}

#[test]
fn a_statement_is_told_from_what_only_names_one() {
    let code = concat!(
        "// as in \"SELECT 1\"\n",
        "let one = \"SELECT id FROM release\";\n",
        "let two = format!(\n    \"\n    WITH x AS (SELECT 1)\");\n",
        "let part = \"EXISTS (SELECT 1 FROM x)\";\n",
        "let word = \"SELECTED\";\n",
        "#[cfg(test)]\nmod tests {\n    \"DELETE FROM x\";\n}\n",
    );
    assert_eq!(statements(code), [2, 4]);
}
