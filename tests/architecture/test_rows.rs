//! Rows that tests need come from one builder (`src/test_data.rs`; of the black-box tests, which see no
//! more than other programs do, `tests/blackbox/app.rs`), so that a new column is known to all tests at
//! once: no test writes a statement of its own for a table that a builder knows.

use std::path::{Path, PathBuf};

const BUILDER: &str = "src/test_data.rs";
const BLACK_BOX: &str = "tests/blackbox/app.rs";

#[test]
fn rows_of_tests_come_from_the_builder() {
    let mut known = inserted_into(&crate::read(BUILDER));
    known.extend(inserted_into(&crate::read(BLACK_BOX)));
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files);
    collect(Path::new("tests/blackbox"), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let name = file.display().to_string();
        if [BUILDER, BLACK_BOX].contains(&name.as_str()) {
            continue;
        }
        for table in inserted_into(&tests_of(&name, &crate::read(&file))) {
            // Whether ids go on after a copy is asked with one more topic, by hand.
            let is_asked_for = table == "topic" && name.contains("transfer");
            if known.contains(&table) && !is_asked_for {
                wrong.push(format!("{name}: {table}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "use the builder of {BUILDER} or {BLACK_BOX}: {wrong:#?}"
    );
}

/// The tables that statements of the text insert into.
fn inserted_into(text: &str) -> Vec<String> {
    let statements = text.match_indices("INSERT INTO ");
    statements
        .map(|(at, words)| {
            let name = &text[at + words.len()..];
            let end = name.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
            name[..end.unwrap_or(name.len())].to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// What only tests see of a file: all of it, or its module of tests.
fn tests_of(name: &str, text: &str) -> String {
    let is_of_tests = name.starts_with("tests/")
        || name
            .split(['/', '.'])
            .any(|part| part.ends_with("tests") || part == "testing");
    if is_of_tests {
        return text.to_owned();
    }
    match text.split_once("#[cfg(test)]\nmod tests {") {
        Some((_, tests)) => tests.to_owned(),
        None => String::new(),
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(crate::root().join(folder))
        .unwrap()
        .map(|entry| folder.join(entry.unwrap().file_name()))
        .collect();
    entries.sort();
    for path in entries {
        if crate::root().join(&path).is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}
