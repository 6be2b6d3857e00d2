//! What has a state machine moves by it alone: no statement of its own sets the state of a delivery or of a
//! transactional mail, and no entity sets that of a subscriber, a newsletter or a release.

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

/// Where an entity's state is set, and why there.
const SETS_A_STATE: [(&str, &str); 9] = [
    ("src/newsletters/lifecycle.rs", "the state machine"),
    ("src/newsletters/making.rs", "a new newsletter"),
    ("src/newsletters/press_copy.rs", "a new newsletter"),
    ("src/releases/release_state.rs", "the state machine"),
    ("src/subscribers/sign_up.rs", "a new subscriber"),
    ("src/subscribers/status.rs", "the state machine"),
    ("src/transactional.rs", "a new message"),
    (
        "src/newsletters/checks/links.rs",
        "what an address answered",
    ),
    ("src/returns/receive.rs", "what came back has no machine"),
];

#[test]
fn only_the_state_machines_set_the_state_of_an_entity() {
    let mut found: Vec<String> = Vec::new();
    for path in crate::source_files::sources() {
        let file = path.display().to_string();
        let is_set = sets_a_state(&crate::source_files::code_of(&path));
        let is_known = SETS_A_STATE.iter().any(|(known, _)| *known == file);
        if is_set && !is_known {
            found.push(file);
        } else if is_known && !is_set {
            found.push(format!("{file} sets none any more; remove its line"));
        }
    }
    assert!(
        found.is_empty(),
        "move it by the function of its state machine: {found:#?}"
    );
}

/// Whether an active model or an update sets a column `state` or `status`. Set to what it is, which holds
/// the row, it stays where it is.
fn sets_a_state(code: &str) -> bool {
    let words: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let in_a_model = ["state", "status"].iter().any(|column| {
        words.contains(&format!(" {column}: Set(")) || words.contains(&format!(".{column} = Set("))
    });
    in_a_model
        || words.split("col_expr(").skip(1).any(|rest| {
            let mut given = rest.splitn(3, ',').map(str::trim);
            let (column, value) = (given.next(), given.next());
            let column = column.unwrap_or_default();
            let is_state = ["Column::State", "Column::Status"]
                .iter()
                .any(|name| column.ends_with(name));
            let stays =
                value.is_some_and(|value| value.starts_with(&format!("Expr::col({column})")));
            is_state && !stays
        })
}

#[test]
fn a_state_that_an_entity_sets_is_found() {
    for code in [
        "let row = ActiveModel { state: Set(State::Sent), ..x };",
        "row.status = Set(Status::Confirmed);",
        "update_many().col_expr(\n    table::Column::State,\n    Expr::value(3),\n)",
    ] {
        assert!(sets_a_state(code), "{code}");
    }
    for code in [
        "filter(Column::State.eq(State::Sent)).col_expr(Column::At, Expr::value(1))",
        "let row = ActiveModel { at: Set(1), ..x };",
        "col_expr(\n    table::Column::Status,\n    Expr::col(table::Column::Status),\n)",
    ] {
        assert!(!sets_a_state(code), "{code}");
    }
}
