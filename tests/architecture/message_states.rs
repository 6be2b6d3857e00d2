//! A message moves by its state machine alone: no statement of its own sets the state of a delivery or
//! of a transactional mail.

use std::path::Path;

const MACHINE: &str = "src/delivery_state/transition.rs";

#[test]
fn only_the_state_machine_sets_the_state_of_a_message() {
    let mut others = Vec::new();
    look_in(&crate::root().join("src"), &mut others);
    assert!(
        others.is_empty(),
        "build these statements with `Transition::sql` of {MACHINE}: {others:#?}"
    );
}

fn look_in(folder: &Path, others: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            look_in(&path, others);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !name.ends_with(MACHINE)
            && !name.contains("tests")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            others.extend(statements(&text).map(|statement| format!("{name}: {statement}")));
        }
    }
}

/// The beginnings of statements that set a message's state. What tests alone do may set it.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text);
    ["UPDATE delivery SET", "UPDATE transactional_mail SET"]
        .into_iter()
        .flat_map(|words| code.match_indices(words))
        .filter_map(|(at, _)| {
            let statement = code[at..].split('"').next()?;
            let columns = statement.split("WHERE").next()?;
            columns.contains("state =").then_some(statement)
        })
}

#[test]
fn a_statement_of_its_own_is_found() {
    let text = r#"let a = "UPDATE delivery SET at = $1, state = 4 WHERE x = 1"; let b = "UPDATE delivery SET tls = 1 WHERE state = 2";"#;
    assert_eq!(statements(text).count(), 1);
}
