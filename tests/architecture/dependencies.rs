//! Each dependency says in one comment what it is for, so that the next person knows what would go
//! with it.

const MANIFESTS: [&str; 4] = [
    "Cargo.toml",
    "migration/Cargo.toml",
    "simulation/Cargo.toml",
    "templates/Cargo.toml",
];

#[test]
fn each_dependency_says_what_it_is_for() {
    for manifest in MANIFESTS {
        let text = crate::read(manifest);
        let (named, silent) = dependencies(&text);
        assert!(
            named > 0,
            "{manifest} has no dependencies that this test can read"
        );
        assert!(
            silent.is_empty(),
            "{manifest}: say behind each of these what it is for (`name = \"1\" # …`): {silent:?}"
        );
    }
}

/// How many dependencies the manifest has, and those without a comment on their line.
fn dependencies(manifest: &str) -> (usize, Vec<&str>) {
    let mut within = false;
    let mut named = 0;
    let mut silent = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            // `[dependencies.name]` spreads one over lines that no comment would be looked for in.
            if table.contains("dependencies.") {
                silent.push(line);
            }
            within = table.ends_with("dependencies]");
            continue;
        }
        let Some((name, value)) = line.split_once('=').filter(|_| within) else {
            continue;
        };
        if name.starts_with('#') {
            continue;
        }
        named += 1;
        let purpose = value.split_once(" # ").map_or("", |(_, purpose)| purpose);
        if purpose.split_whitespace().count() < 2 {
            silent.push(name.trim());
        }
    }
    (named, silent)
}

#[test]
fn a_dependency_without_a_purpose_is_found() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\na = \"1\" # reads b's\nb = { version = \"1\" }\n\
                    [target.'cfg(unix)'.dependencies]\nc = \"1\" #\n[dev-dependencies.d]\nversion = \"1\"\n\
                    [profile.dev]\ndebug = 1\n";
    let (named, silent) = dependencies(manifest);
    assert_eq!((named, silent), (3, vec!["b", "c", "[dev-dependencies.d]"]));
}
