//! Each table belongs to one room: which, stands in `docs/ARCHITECTURE.md`. Only its room writes it, reads it
//! and has its entity; other rooms call a function, or build a statement from parts that the room gives. A
//! part of a room that stands further down, for the rooms in between, is named there; so is who still
//! reads another room's table in statements of its own, and why: only of rooms below. Tests may do as they
//! like.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    imports::order,
    raw_sql::{FOUNDATION, room_of},
    source_files::{code_of, sources},
};

const MAP: &str = "docs/ARCHITECTURE.md";
const HEADING: &str = "## Which room owns which table";

/// What the map says.
struct Owners {
    room_of: BTreeMap<String, String>,
    /// Room and table: what it reads of others.
    readers: BTreeSet<(String, String)>,
    /// Files and folders that stand further down than their room.
    parts: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Read,
    Write,
    Entity,
}

#[test]
fn each_table_is_written_and_read_by_its_room_alone() {
    let owners = owners();
    let mut wrong = Vec::new();
    let mut read = BTreeSet::new();
    for path in sources() {
        let file = path.display().to_string();
        let part = owners.parts.iter().find(|(part, _)| is_part(&file, part));
        let room = part.map_or_else(|| room_of(&path), |(_, room)| room.clone());
        for (line, table, usage) in uses(&code_of(&path)) {
            let Some(owner) = owners.room_of.get(&table) else {
                continue;
            };
            if *owner == room {
                continue;
            }
            if usage == Use::Read {
                read.insert((room.clone(), table.clone()));
                if !owners.readers.contains(&(room.clone(), table.clone())) {
                    wrong.push(format!("{file}:{line} reads `{table}` of `{owner}`"));
                }
            } else {
                wrong.push(format!("{file}:{line} writes `{table}` of `{owner}`"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "ask the room that owns the table by one of its functions:\n{}",
        wrong.join("\n")
    );
    let gone: Vec<_> = owners.readers.difference(&read).collect();
    assert!(gone.is_empty(), "{MAP} lists reads that are none: {gone:?}");
    let levels = order();
    let level = |room: &str| {
        levels
            .iter()
            .position(|line| line.iter().any(|one| one == room))
    };
    let up: Vec<_> = owners
        .readers
        .iter()
        .filter(|(room, table)| level(room) >= level(&owners.room_of[table]))
        .collect();
    assert!(up.is_empty(), "{MAP} lists reads of rooms above: {up:?}");
}

/// A part is only there for rooms between it and its own: it stands below its room, and something that
/// stands below the room uses it.
#[test]
fn each_part_of_a_room_is_there() {
    for (part, room) in owners().parts {
        let is_there = sources()
            .iter()
            .any(|path| is_part(&path.display().to_string(), &part));
        assert!(is_there, "{MAP} names `{part}` of `{room}`, which is gone");
        let name = part.rsplit('/').next().unwrap_or_default();
        let name = name.trim_end_matches(".rs");
        let levels = order();
        let level = |room: &str| {
            let found = levels
                .iter()
                .position(|line| line.iter().any(|one| one == room));
            found.unwrap_or_else(|| panic!("the order in {MAP} does not name `{room}`"))
        };
        assert!(
            level(name) > level(&room),
            "{part} does not stand below `{room}`"
        );
        let is_used = sources().iter().any(|path| {
            let below_src = path.strip_prefix("src").unwrap().iter().next().unwrap();
            let user = below_src.to_str().unwrap().trim_end_matches(".rs");
            let is_program = ["lib", "main"].contains(&user);
            !is_program
                && level(user) > level(&room)
                && level(user) < level(name)
                && code_of(path).contains(name)
        });
        assert!(is_used, "no room between `{room}` and `{name}` uses it");
    }
}

/// A file that is the part, or stands in its folder.
fn is_part(file: &str, part: &str) -> bool {
    file == part || file == format!("{part}.rs") || file.starts_with(&format!("{part}/"))
}

#[test]
fn each_table_has_an_owner() {
    let owned: BTreeSet<String> = owners().room_of.into_keys().collect();
    assert_eq!(owned, tables_of_the_schema());
}

/// The tables that the migrations leave.
fn tables_of_the_schema() -> BTreeSet<String> {
    let folder = crate::root().join("migration/src");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    // The schema is the first step, and steps are named by when they came.
    files.sort_by_key(|file| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name != "schema.sql", name)
    });
    let mut tables = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        for at in words.windows(5) {
            match at {
                // The first word may stand behind a quotation mark.
                [create, "TABLE", name, ..] if create.ends_with("CREATE") => {
                    tables.insert(plain(name));
                }
                [drop, "TABLE", name, ..] if drop.ends_with("DROP") => {
                    tables.remove(&plain(name));
                }
                ["TABLE", old, "RENAME", "TO", new] => {
                    tables.remove(&plain(old));
                    tables.insert(plain(new));
                }
                _ => {}
            }
        }
    }
    tables
}

fn plain(name: &str) -> String {
    name.trim_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .to_owned()
}

/// The table of the section: a row's room, its tables, the room's parts further down, and the tables of
/// others that its statements read.
fn owners() -> Owners {
    let map = crate::read(MAP);
    let (_, section) = map
        .split_once(HEADING)
        .unwrap_or_else(|| panic!("{MAP} has no section `{HEADING}`"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut owners = Owners {
        room_of: BTreeMap::new(),
        readers: BTreeSet::new(),
        parts: BTreeMap::new(),
    };
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<Vec<&str>> = line.split('|').skip(1).map(names).collect();
        let [room, tables, parts, reads, ..] = cells.as_slice() else {
            panic!("{MAP}: not understood: {line}");
        };
        for table in tables {
            let before = owners
                .room_of
                .insert((*table).to_owned(), room[0].to_owned());
            assert_eq!(before, None, "{MAP}: `{table}` has two owners");
        }
        for table in reads {
            owners
                .readers
                .insert((room[0].to_owned(), (*table).to_owned()));
        }
        for part in parts {
            owners.parts.insert((*part).to_owned(), room[0].to_owned());
        }
    }
    owners
}

/// What stands between backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The tables that statements and entities name, and on which line.
fn uses(code: &str) -> Vec<(usize, String, Use)> {
    let mut found = Vec::new();
    let line_of = |at: usize| code[..at].matches('\n').count() + 1;
    for (word, usage) in [
        ("FROM", Use::Read),
        ("JOIN", Use::Read),
        ("INSERT INTO", Use::Write),
        ("UPDATE", Use::Write),
        ("DELETE FROM", Use::Write),
    ] {
        for (at, _) in code.match_indices(word) {
            let before = code[..at].chars().next_back();
            let after = &code[at + word.len()..];
            let is_word = before.is_none_or(|letter| !letter.is_ascii_alphanumeric())
                && after.starts_with(|letter: char| letter.is_whitespace() || letter == '\\');
            let is_deletion = usage == Use::Read && code[..at].ends_with("DELETE ");
            if !is_word || is_deletion {
                continue;
            }
            let after =
                after.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\\');
            let end = after
                .find(|letter: char| !letter.is_ascii_lowercase() && letter != '_')
                .unwrap_or(after.len());
            found.push((line_of(at), after[..end].to_owned(), usage));
        }
    }
    for (at, words) in code.match_indices("table_name = \"") {
        let name = code[at + words.len()..]
            .split('"')
            .next()
            .unwrap_or_default();
        found.push((line_of(at), name.to_owned(), Use::Entity));
    }
    found
}

#[test]
fn a_use_of_a_table_is_found_however_it_is_written() {
    let code = concat!(
        "let a = \"SELECT 1 FROM release r JOIN \\\n    source s\";\n",
        "let b = \"DELETE FROM staff WHERE x\"; let c = \"FOR UPDATE OF n\";\n",
        "let d = \"INSERT INTO audit (id) SELECT 1\"; // FROM nowhere\n",
        "#[sea_orm(table_name = \"session\")]\n",
        "let e = \"UPDATE\n  topic SET x = 1\";\n",
    );
    let mut found = uses(code);
    found.sort_by_key(|(line, table, _)| (*line, table.clone()));
    let found: Vec<_> = found
        .iter()
        .map(|(line, table, usage)| (*line, table.as_str(), *usage))
        .filter(|(_, table, _)| !table.is_empty())
        .collect();
    assert_eq!(
        found,
        [
            (1, "release", Use::Read),
            (1, "source", Use::Read),
            (3, "staff", Use::Write),
            (4, "audit", Use::Write),
            (4, "nowhere", Use::Read),
            (5, "session", Use::Entity),
            (6, "topic", Use::Write),
        ]
    );
    assert_eq!(FOUNDATION, "foundation");
}
