//! The files of `src` that are no tests, and their code without comments and without their tests.

use std::path::{Path, PathBuf};

/// All of them, in order, from the repository's root.
pub fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(crate::root().join(folder))
        .unwrap()
        .map(|entry| folder.join(entry.unwrap().file_name()))
        .collect();
    entries.sort();
    for path in entries {
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        if is_of_tests(stem) {
            continue;
        }
        if crate::root().join(&path).is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether only tests see a file or folder of this name.
fn is_of_tests(stem: &str) -> bool {
    stem.ends_with("tests") || ["testing", "test_data", "index_conditions"].contains(&stem)
}

/// What a file says without the lines that are comments, each still on its line, and without its tests.
pub fn code_of(path: &Path) -> String {
    let text = crate::read(path);
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines = code.lines().map(|line| {
        if line.trim_start().starts_with("//") {
            ""
        } else {
            line
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
