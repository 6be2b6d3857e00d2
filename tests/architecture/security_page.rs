//! `docs/security.md` says of each chapter what is met and by which test: the tests exist, and no chapter is
//! missing.

use std::collections::BTreeSet;

const PAGE: &str = "docs/security.md";

/// The chapters of the standard.
const CHAPTERS: usize = 14;

#[test]
fn what_the_security_page_names_exists() {
    let names = names();
    let page = crate::read(PAGE);
    let missing: Vec<&str> = claims(&page)
        .filter(|claim| {
            let last = claim.rsplit("::").next().unwrap_or_default();
            !names.contains(last)
        })
        .collect();
    assert!(
        missing.is_empty(),
        "{PAGE} names tests or modules that are not there: {missing:?}"
    );
    for file in files(&page) {
        assert!(
            crate::root().join(file).exists(),
            "{PAGE} names `{file}`, which is not there"
        );
    }
}

#[test]
fn each_chapter_says_what_is_met_by_a_test() {
    let page = crate::read(PAGE);
    for chapter in 1..=CHAPTERS {
        let begin = format!("\n**{chapter} ");
        let (_, text) = page
            .split_once(&begin)
            .unwrap_or_else(|| panic!("{PAGE} says nothing of chapter {chapter}"));
        let text = text.split("\n**").next().unwrap_or_default();
        assert!(
            text.contains("Met") || text.contains("met"),
            "{PAGE}: chapter {chapter} does not say what is met"
        );
        let shown = claims(text).next().is_some() || files(text).next().is_some();
        assert!(shown, "{PAGE}: nothing shows what chapter {chapter} says");
    }
}

/// What stands between backticks and is the name of a test or a module: words joined by underscores, with
/// or without the modules before it.
fn claims(page: &str) -> impl Iterator<Item = &str> {
    spans(page).filter(|span| {
        span.contains('_')
            && span.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:".contains(&byte)
            })
    })
}

/// What stands there and is a file of the repository.
fn files(page: &str) -> impl Iterator<Item = &str> {
    spans(page)
        .filter_map(|span| span.split(' ').next())
        .filter(|span| {
            ["tests/", "docs/", "src/", "benches/"]
                .iter()
                .any(|folder| span.starts_with(folder))
        })
}

fn spans(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2)
}

/// The names of all functions, and of all files without their ending.
fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec!["src".into(), "tests".into(), "templates/src".into()];
    while let Some(place) = open.pop() {
        let place: std::path::PathBuf = place;
        if place.ends_with("fixtures") {
            continue;
        }
        for entry in std::fs::read_dir(crate::root().join(&place)).unwrap() {
            let path = place.join(entry.unwrap().file_name());
            if crate::root().join(&path).is_dir() {
                open.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            names.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
            let text = crate::read(&path);
            names.extend(text.split("fn ").skip(1).map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                rest[..end.unwrap_or(rest.len())].to_owned()
            }));
        }
    }
    names
}

#[test]
fn only_names_are_taken_for_names() {
    let page =
        "Met (`a_test`, `room::another_one`), `auto`, `*_FILE`, `tests/run parts x`, `Secure`.";
    assert_eq!(
        claims(page).collect::<Vec<_>>(),
        ["a_test", "room::another_one"]
    );
    assert_eq!(files(page).collect::<Vec<_>>(), ["tests/run"]);
}
