//! One file name stands once, so that whoever searches for it finds the one right file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::known;

/// Names that mean the same in every folder.
const CONVENTIONAL: [&str; 4] = [
    "lib",    // the crate
    "mod",    // a folder's head
    "routes", // a room's HTTP routes
    "tests",  // a module's tests
];

/// Its files are named after the subcommands, which are named after the rooms.
const SUBCOMMANDS: &str = "src/cli";

#[test]
fn a_file_name_stands_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    collect(Path::new("src"), &mut places);
    for files in places.values_mut() {
        files.retain(|file| Path::new(file).parent() != Some(Path::new(SUBCOMMANDS)));
    }
    places.retain(|name, files| files.len() > 1 && !CONVENTIONAL.contains(&name.as_str()));
    let needed: BTreeSet<String> = places.keys().cloned().collect();
    let granted = known::exceptions("file names");
    places.retain(|name, _| !granted.contains(name));
    assert!(
        places.is_empty(),
        "these file names stand more than once; let each say what only that file holds: {places:#?}"
    );
    known::assert_all_needed("file names", &needed);
}

fn collect(folder: &Path, places: &mut BTreeMap<String, Vec<String>>) {
    for entry in std::fs::read_dir(crate::root().join(folder)).unwrap() {
        let name = entry.unwrap().file_name();
        let path = folder.join(&name);
        if crate::root().join(&path).is_dir() {
            // Named after what they test.
            if name == "tests" {
                continue;
            }
            collect(&path, places);
        } else if let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".rs")) {
            let files = places.entry(stem.to_owned()).or_default();
            files.push(path.display().to_string());
        }
    }
}
