//! Imports go one way: between the rooms as `docs/ARCHITECTURE.md` orders them, and between files.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    known,
    source_tree::{Dependency, SourceTree},
};

/// The root files of the crates whose files import each other in no circle.
const CRATES: [&str; 4] = [
    "src/lib.rs",
    "templates/src/lib.rs",
    "migration/src/lib.rs",
    "simulation/src/main.rs",
];

type Graph = BTreeMap<String, BTreeSet<String>>;

const MAP: &str = "docs/ARCHITECTURE.md";
/// Opens the block of the map that orders the rooms.
const ORDER: &str = "```text order";

/// The rooms from the top to the bottom; those of one line do not import each other.
pub fn order() -> Vec<Vec<String>> {
    let map = crate::read(MAP);
    let (_, block) = map
        .split_once(&format!("{ORDER}\n"))
        .unwrap_or_else(|| panic!("{MAP} has no block `{ORDER}`"));
    let block = block.split("```").next().unwrap_or_default();
    let lines = block.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// The top-level folder or file.
fn room(place: &[String]) -> Option<&str> {
    place.first().map(String::as_str)
}

#[test]
fn rooms_import_only_what_stands_below_them() {
    let tree = SourceTree::read();
    let order = order();
    let level = |room: &str| {
        let found = order
            .iter()
            .position(|line| line.iter().any(|one| one == room));
        found.unwrap_or_else(|| panic!("the order in {MAP} does not name `{room}`"))
    };
    for room in tree.0.keys().filter_map(|place| room(place)) {
        level(room);
    }
    for named in order.iter().flatten() {
        assert!(
            tree.0.contains_key(std::slice::from_ref(named)),
            "the order in {MAP} names `{named}`, which is no room"
        );
    }
    let mut against: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Dependency { from, to } in tree.dependencies() {
        if let (Some(one), Some(other)) = (room(&from), room(&to))
            && one != other
            && level(one) >= level(other)
        {
            let files = format!("{} uses {}", tree.0[&from].file, tree.0[&to].file);
            let places = against.entry(format!("{one} -> {other}")).or_default();
            places.push(files);
        }
    }
    let needed: BTreeSet<String> = against.keys().cloned().collect();
    let granted = known::exceptions("rooms");
    against.retain(|edge, _| !granted.contains(edge));
    assert!(
        against.is_empty(),
        "these imports go up, against the order in {MAP}; move what is shared down, or let the \
         upper room hand it in: {against:#?}"
    );
    known::assert_all_needed("rooms", &needed);
}

/// Which file uses which, in each crate. Apart from the first graph: a file's use of the head of a folder
/// that it stands in, such as `mod.rs`.
fn file_graphs() -> (Graph, BTreeSet<(String, String)>) {
    let mut graph = Graph::new();
    let mut of_heads = BTreeSet::new();
    for root_file in CRATES {
        let tree = SourceTree::read_crate(root_file);
        for Dependency { from, to } in tree.dependencies() {
            let (one, other) = (&tree.0[&from].file, &tree.0[&to].file);
            if one == other {
                continue;
            }
            if from.starts_with(&to) {
                of_heads.insert((one.clone(), other.clone()));
            } else {
                graph.entry(one.clone()).or_default().insert(other.clone());
            }
        }
    }
    (graph, of_heads)
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let (mut graph, _) = file_graphs();
    let needed: BTreeSet<String> = edges(&graph)
        .filter(|(from, to)| way(&graph, to, from).is_some())
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect();
    let granted = known::exceptions("files");
    for (from, to) in &mut graph {
        to.retain(|to| !granted.contains(&format!("{from} -> {to}")));
    }
    let mut cycles = Vec::new();
    while let Some(cycle) = shortest_cycle(&graph) {
        let (from, to) = (&cycle[cycle.len() - 2], &cycle[cycle.len() - 1]);
        if let Some(uses) = graph.get_mut(from) {
            uses.remove(to);
        }
        cycles.push(cycle.join(" -> "));
    }
    assert!(
        cycles.is_empty(),
        "these files import each other in a circle; move what they share into one that both \
         import: {cycles:#?}"
    );
    known::assert_all_needed("files", &needed);
}

#[test]
fn the_head_of_a_folder_does_not_use_what_uses_it() {
    let (mut graph, of_heads) = file_graphs();
    for (from, to) in &of_heads {
        graph.entry(from.clone()).or_default().insert(to.clone());
    }
    let needed: BTreeSet<String> = of_heads
        .iter()
        .filter(|(from, to)| way(&graph, to, from).is_some())
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect();
    let granted = known::exceptions("heads");
    let found: Vec<&String> = needed.difference(&granted).collect();
    assert!(
        found.is_empty(),
        "these files use the head of their folder, which uses them; move what they share into a \
         file below the head, which may re-export it: {found:#?}"
    );
    known::assert_all_needed("heads", &needed);
}

fn edges(graph: &Graph) -> impl Iterator<Item = (&String, &String)> {
    graph
        .iter()
        .flat_map(|(from, uses)| uses.iter().map(move |to| (from, to)))
}

/// The shortest circle, its first file named again at its end.
fn shortest_cycle(graph: &Graph) -> Option<Vec<String>> {
    let cycles = edges(graph).filter_map(|(from, to)| {
        let mut cycle = way(graph, to, from)?;
        cycle.push(to.clone());
        Some(cycle)
    });
    cycles.min_by_key(Vec::len)
}

/// The shortest way from one file to another, both named.
fn way(graph: &Graph, from: &str, to: &str) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = std::collections::VecDeque::from([from]);
    while let Some(at) = next.pop_front() {
        if at == to {
            let mut way = vec![at.to_owned()];
            let mut at = at;
            while at != from {
                at = came_from.get(at)?;
                way.push(at.to_owned());
            }
            way.reverse();
            return Some(way);
        }
        for uses in graph.get(at).into_iter().flatten() {
            if uses != from && !came_from.contains_key(uses.as_str()) {
                came_from.insert(uses, at);
                next.push_back(uses);
            }
        }
    }
    None
}

#[test]
fn a_circle_is_found_and_a_way_without_one_is_not() {
    let graph = |pairs: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in pairs {
            let uses = graph.entry((*from).to_owned()).or_default();
            uses.insert((*to).to_owned());
        }
        graph
    };
    let round = graph(&[("a", "b"), ("b", "c"), ("c", "d"), ("c", "b"), ("d", "a")]);
    assert_eq!(shortest_cycle(&round).unwrap(), ["c", "b", "c"]);
    assert_eq!(way(&round, "a", "d").unwrap(), ["a", "b", "c", "d"]);
    let straight = graph(&[("a", "b"), ("a", "c"), ("b", "c")]);
    assert_eq!(shortest_cycle(&straight), None);
}
