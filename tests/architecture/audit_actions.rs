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
