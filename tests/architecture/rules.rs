//! The rule codes in comments, tests and docs (`O5`, `F9`) and `docs/rules.md` agree.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

const BOOK: &str = "docs/rules.md";

/// The letters of the book's chapters, and W, which is kept for webhooks.
const LETTERS: &str = "ABCEFHKMOPRSVW";

#[test]
fn every_code_that_is_named_is_defined() {
    let rules = rules(&crate::read(BOOK));
    let mut undefined = BTreeMap::new();
    for (file, text) in texts() {
        for code in codes(&text) {
            if !rules.contains_key(&code) {
                undefined.insert(code, file.display().to_string());
            }
        }
    }
    assert!(
        undefined.is_empty(),
        "define these in {BOOK}, or say in words what they stand for: {undefined:#?}"
    );
}

#[test]
fn every_rule_is_named_somewhere() {
    let named: BTreeSet<String> = texts().iter().flat_map(|(_, text)| codes(text)).collect();
    let rules = rules(&crate::read(BOOK));
    let idle: Vec<&String> = rules.keys().filter(|code| !named.contains(*code)).collect();
    assert!(
        idle.is_empty(),
        "no comment or test names these rules of {BOOK}: {idle:?}"
    );
}

#[test]
fn what_keeps_a_rule_exists() {
    let functions: BTreeSet<String> = texts()
        .iter()
        .flat_map(|(_, text)| functions(text).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for (code, rule) in rules(&crate::read(BOOK)) {
        let (said, keepers) = rule
            .split_once("Kept by:")
            .unwrap_or_else(|| panic!("{BOOK}: {code} does not say by what it is kept"));
        assert!(said.contains("Source:"), "{BOOK}: {code} names no source");
        let keepers: Vec<&str> = keepers.split('`').skip(1).step_by(2).collect();
        assert!(!keepers.is_empty(), "{BOOK}: nothing keeps {code}");
        for keeper in keepers {
            let exists = if keeper.contains('/') {
                crate::root().join(keeper).exists()
            } else {
                functions.contains(keeper)
            };
            assert!(
                exists,
                "{BOOK}: {code} is kept by `{keeper}`, which is no file or test"
            );
        }
    }
}

/// The rules by their codes, each on one line.
fn rules(book: &str) -> BTreeMap<String, String> {
    let mut rules = BTreeMap::new();
    for entry in book.split("\n- **").skip(1) {
        let (code, rest) = entry
            .split_once("** ")
            .expect("a code in bold, then its rule");
        let rule = rest.split("\n\n").next().unwrap_or_default();
        let rule: Vec<&str> = rule.split_whitespace().collect();
        let before = rules.insert(code.to_owned(), rule.join(" "));
        assert!(before.is_none(), "{BOOK} defines {code} twice");
    }
    rules
}

/// The codes in comments and strings, and at the beginning or the end of functions' names.
fn codes(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.contains("<svg"));
    let mut found: Vec<String> = lines.flat_map(codes_of_line).collect();
    for name in functions(text) {
        let parts: Vec<String> = name.split('_').map(str::to_ascii_uppercase).collect();
        let leading = parts.iter().take_while(|part| is_code(part));
        found.extend(leading.cloned());
        // `…_v4` is mostly no code, so only a test's name may end with one.
        let last = parts
            .last()
            .filter(|last| is_code(last) && !matches!(last.as_str(), "V4" | "V6"));
        found.extend(last.cloned());
    }
    found
}

fn is_code(word: &str) -> bool {
    let mut characters = word.chars();
    let digits = characters.next().filter(|letter| LETTERS.contains(*letter));
    let number = characters.as_str();
    digits.is_some()
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn codes_of_line(line: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut range_from: Option<String> = None;
    let mut before = ' ';
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end.max(first.len_utf8()));
        let after = behind.chars().next().unwrap_or(' ');
        let fits = before.is_whitespace() || "(\"`[*-–".contains(before);
        if fits && is_code(word) && !"%_(".contains(after) {
            match range_from.take() {
                // `K1-K7`
                Some(from) if "-–".contains(before) && from[..1] == word[..1] => {
                    let number = |code: &str| code[1..].parse::<u8>().unwrap_or_default();
                    let between = number(&from)..=number(word);
                    found.extend(between.map(|number| format!("{}{number}", &word[..1])));
                }
                _ => found.push(word.to_owned()),
            }
            range_from = Some(word.to_owned());
        } else if !"-–".contains(first) {
            range_from = None;
        }
        before = word.chars().next_back().unwrap_or(' ');
        rest = behind;
    }
    found
}

fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

/// Whatever people read: code, scripts, the schema, the docs. Not what tests are fed with.
fn texts() -> Vec<(PathBuf, String)> {
    const PLACES: [&str; 8] = [
        "src",
        "tests",
        "templates",
        "migration",
        "benches",
        "docs",
        "README.md",
        ".env.example",
    ];
    const SKIPPED: [&str; 5] = [
        "fixtures",
        "snapshots",
        "assets",
        "architecture",
        "rules.md",
    ];
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = PLACES.map(PathBuf::from).into();
    while let Some(place) = open.pop() {
        let path = crate::root().join(&place);
        let name = place.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| SKIPPED.contains(&name)) {
            continue;
        }
        if path.is_dir() {
            let inside = std::fs::read_dir(&path).unwrap();
            open.extend(inside.map(|entry| place.join(entry.unwrap().file_name())));
        } else if is_text(&path)
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            found.push((place, text));
        }
    }
    found
}

fn is_text(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let kinds = ["rs", "py", "sql", "md", "js", "mjs", "toml", "example"];
    extension.is_none_or(|extension| kinds.contains(&extension))
}

#[test]
fn codes_are_told_from_what_looks_like_them() {
    for (text, expected) in [
        ("// (O5), H12: as RFC 8058 has it.", "O5 H12"),
        ("//! rules K1-K3, S6–S8, M9", "K1 K2 K3 S6 S7 S8 M9"),
        ("assert!(x, \"F6: {y}\")", "F6"),
        (
            "IpAddr::V4(ip) => \"Caf%C3%A9\", \"base64,R0\", E0308, Q3",
            "",
        ),
        ("async fn p5_m6_a_title_is_one_line() {}", "P5 M6"),
        ("fn nothing_is_sent_f7() {} fn is_public_v4() {}", "F7"),
    ] {
        let mut found = codes(text);
        found.dedup();
        assert_eq!(found.join(" "), expected, "{text}");
    }
}

#[test]
fn a_rule_is_read_to_its_end() {
    let book = "# Rules\n\n## P\n\n- **P1** One\n  thing. Source: x. Kept by:\n  `a_b`.\n- **P2** Two.\n\n## H\n";
    let rules = rules(book);
    assert_eq!(rules["P1"], "One thing. Source: x. Kept by: `a_b`.");
    assert_eq!(rules["P2"], "Two.");
}
