//! The modules of a crate as their files say: what each declares, imports and names by path. What
//! only tests see (`#[cfg(test)]`) is left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module's place under the crate's root: `["delivery", "queue"]`.
pub type ModulePath = Vec<String>;

/// All modules, by their place.
pub struct SourceTree(pub BTreeMap<ModulePath, Module>);

/// One module, in a file of its own or inside another's.
#[derive(Default)]
pub struct Module {
    /// The file, from the repository's root.
    pub file: String,
    children: BTreeSet<String>,
    /// Names of what the module itself defines.
    defined: BTreeSet<String>,
    imports: Vec<Import>,
    /// Paths in the code below the imports.
    paths: Vec<Vec<String>>,
}

struct Import {
    path: Vec<String>,
    /// What the path is called here; `None`: a glob.
    name: Option<String>,
    public: bool,
}

/// One module's use of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    pub from: ModulePath,
    pub to: ModulePath,
}

enum Target {
    Module(ModulePath),
    /// Something that stands in this module.
    Item(ModulePath),
}

impl SourceTree {
    /// Reads the program from its root file on.
    pub fn read() -> Self {
        Self::read_crate("src/lib.rs")
    }

    /// Reads a crate from its root file on, named from the repository's root.
    pub fn read_crate(root_file: &str) -> Self {
        let (folder, _) = root_file.rsplit_once('/').expect("it stands in a folder");
        let mut tree = Self(BTreeMap::new());
        tree.add_file(folder, &[], root_file);
        tree
    }

    fn add_file(&mut self, folder: &str, place: &[String], file: &str) {
        let tokens: TokenStream = crate::read(file)
            .parse()
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        self.add_module(folder, place, file, tokens);
    }

    fn add_module(&mut self, folder: &str, place: &[String], file: &str, tokens: TokenStream) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        let mut inner = Vec::new();
        let mut outer = Vec::new();
        module.scan(tokens, true, &mut inner, &mut outer);
        self.0.insert(place.to_vec(), module);
        let below = |name: &String| {
            let mut place = place.to_vec();
            place.push(name.clone());
            place
        };
        for (name, tokens) in inner {
            self.add_module(folder, &below(&name), file, tokens);
        }
        for name in outer {
            let place = below(&name);
            let base = format!("{folder}/{}", place.join("/"));
            let candidates = [format!("{base}.rs"), format!("{base}/mod.rs")];
            let exists = |file: &&String| crate::root().join(Path::new(file)).exists();
            let file = candidates
                .iter()
                .find(exists)
                .unwrap_or_else(|| panic!("{file} declares `mod {name}`, whose file is not found"));
            self.add_file(folder, &place, file);
        }
    }

    /// Which module each module uses, re-exports followed to where the thing is defined. That a
    /// module re-exports what stands below it is no use: it only gives it a shorter name.
    pub fn dependencies(&self) -> BTreeSet<Dependency> {
        let mut found = BTreeSet::new();
        for (place, module) in &self.0 {
            let imported = module.imports.iter();
            let imported = imported.map(|import| (&import.path, import.public));
            let named = module.paths.iter().map(|path| (path, false));
            for (path, public) in imported.chain(named) {
                let to = match self.resolve(place, path, 0) {
                    Some(Target::Item(to)) => to,
                    // A module's name alone is only the beginning of the paths that use it.
                    Some(Target::Module(_)) | None => continue,
                };
                let below = to.starts_with(place);
                if to != *place && !(public && below) {
                    found.insert(Dependency {
                        from: place.clone(),
                        to,
                    });
                }
            }
        }
        found
    }

    /// Where a path leads that stands in the module; `None`: out of the crate, or to a local name.
    fn resolve(&self, place: &[String], path: &[String], depth: usize) -> Option<Target> {
        if depth > 16 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Target::Module(Vec::new()),
            "self" => Target::Module(place.to_vec()),
            "super" => Target::Module(place.split_last()?.1.to_vec()),
            name => self.member(place, name, depth)?,
        };
        rest.iter().try_fold(start, |at, name| {
            let Target::Module(module) = at else {
                return Some(at);
            };
            if name == "super" {
                return Some(Target::Module(module.split_last()?.1.to_vec()));
            }
            if name == "self" {
                return Some(Target::Module(module));
            }
            let found = self.member(&module, name, depth);
            Some(found.unwrap_or(Target::Item(module)))
        })
    }

    /// What a name means in a module.
    fn member(&self, place: &[String], name: &str, depth: usize) -> Option<Target> {
        let module = self.0.get(place)?;
        if module.children.contains(name) {
            let mut place = place.to_vec();
            place.push(name.to_owned());
            return self.0.contains_key(&place).then_some(Target::Module(place));
        }
        if module.defined.contains(name) {
            return Some(Target::Item(place.to_vec()));
        }
        let mut imports = module.imports.iter();
        let called = |import: &&Import| import.name.as_deref() == Some(name);
        if let Some(import) = imports.find(called) {
            // `use super::x` names the parent's `x`, never itself.
            return self.resolve(place, &import.path, depth + 1);
        }
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        globs
            .filter_map(|glob| match self.resolve(place, &glob.path, depth + 1) {
                Some(Target::Module(module)) if module != place => Some(module),
                _ => None,
            })
            .find_map(|module| self.member(&module, name, depth + 1))
    }
}

impl Module {
    /// Takes in what stands in the tokens. `top`: they are the module's own, not those of a body.
    fn scan(
        &mut self,
        tokens: TokenStream,
        top: bool,
        inner: &mut Vec<(String, TokenStream)>,
        outer: &mut Vec<String>,
    ) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is_test_only(&tokens[at..]) {
                at = end_of_item(&tokens, at + 2);
                continue;
            }
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(group.stream(), false, inner, outer),
                TokenTree::Ident(word) if top && word == "mod" => {
                    match (tokens.get(at + 1), tokens.get(at + 2)) {
                        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) => {
                            self.children.insert(name.to_string());
                            inner.push((name.to_string(), body.stream()));
                            at += 2;
                        }
                        (Some(TokenTree::Ident(name)), _) => {
                            self.children.insert(name.to_string());
                            outer.push(name.to_string());
                            at += 1;
                        }
                        _ => {}
                    }
                }
                TokenTree::Ident(word) if word == "use" => {
                    let end = (at..tokens.len())
                        .find(|at| is_punct(&tokens[*at], ';'))
                        .unwrap_or(tokens.len());
                    let public = top && is_public(&tokens[..at]);
                    read_use(&tokens[at + 1..end], &[], public, &mut self.imports);
                    at = end;
                }
                TokenTree::Ident(word) => {
                    if top && DEFINES.contains(&word.to_string().as_str()) {
                        let name = tokens[at + 1..].iter().find_map(|token| match token {
                            TokenTree::Ident(name) if *name != "fn" => Some(name.to_string()),
                            _ => None,
                        });
                        self.defined.extend(name);
                    }
                    let continues =
                        at > 1 && is_punct(&tokens[at - 1], ':') && is_path(&tokens, at - 2);
                    if !continues && is_path(&tokens, at + 1) {
                        let (path, end) = read_path(&tokens, at);
                        self.paths.push(path);
                        at = end;
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// Words that a definition begins with.
const DEFINES: [&str; 8] = [
    "fn", "struct", "enum", "trait", "type", "const", "static", "union",
];

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// `::` stands here.
fn is_path(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, ':'));
    colon(at) && colon(at + 1)
}

fn is_test_only(tokens: &[TokenTree]) -> bool {
    let [hash, TokenTree::Group(attribute), ..] = tokens else {
        return false;
    };
    is_punct(hash, '#') && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Behind the item that begins here.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => is_punct(other, ';'),
    };
    let found = tokens[from..].iter().position(ends);
    found.map_or(tokens.len(), |at| from + at + 1)
}

/// `pub` or `pub(…)` stands before.
fn is_public(before: &[TokenTree]) -> bool {
    let is_pub = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "pub");
    match before {
        [.., last] if is_pub(last) => true,
        [.., word, TokenTree::Group(_)] => is_pub(word),
        _ => false,
    }
}

/// The path that begins here, and where it ends.
fn read_path(tokens: &[TokenTree], from: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut at = from;
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        path.push(word.to_string());
        at += 1;
        if !is_path(tokens, at) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// `a::{b, c::d as e, f::*}`
fn read_use(tokens: &[TokenTree], before: &[String], public: bool, imports: &mut Vec<Import>) {
    let (inside, mut at) = read_path(tokens, 0);
    let path = [before, &inside].concat();
    match tokens.get(at) {
        Some(TokenTree::Group(group)) => {
            let list: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in list.split(|token| is_punct(token, ',')) {
                if !part.is_empty() {
                    read_use(part, &path, public, imports);
                }
            }
            return;
        }
        Some(star) if is_punct(star, '*') => {
            imports.push(Import {
                path,
                name: None,
                public,
            });
            return;
        }
        _ => {}
    }
    let mut path = path;
    // `a::{self}` is `a`.
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let mut name = path.last().cloned();
    if let Some(TokenTree::Ident(word)) = tokens.get(at)
        && word == "as"
    {
        at += 1;
        name = tokens.get(at).map(ToString::to_string);
    }
    imports.push(Import { path, name, public });
}

mod tests {
    use super::*;

    fn tree(modules: &[(&str, &str)]) -> SourceTree {
        let mut tree = SourceTree(BTreeMap::new());
        for (place, text) in modules {
            let place: ModulePath = place
                .split("::")
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            let mut module = Module::default();
            let (mut inner, mut outer) = (Vec::new(), Vec::new());
            module.scan(text.parse().unwrap(), true, &mut inner, &mut outer);
            tree.0.insert(place, module);
        }
        tree
    }

    fn uses(tree: &SourceTree) -> Vec<String> {
        let dependencies = tree.dependencies();
        dependencies
            .iter()
            .map(|one| format!("{} -> {}", one.from.join("::"), one.to.join("::")))
            .collect()
    }

    #[test]
    fn paths_and_imports_lead_to_where_the_thing_is_defined() {
        let tree = tree(&[
            ("", "mod a; mod b;"),
            (
                "a",
                "mod inner; pub use inner::{Thing, other as renamed}; fn own() {}",
            ),
            (
                "a::inner",
                "pub struct Thing; pub fn other() {} fn up() { super::own() }",
            ),
            (
                "b",
                "use crate::a::{self, Thing}; fn f() { a::renamed(); std::mem::take(x) }
                 #[cfg(test)] mod tests { use crate::c::Never; }
                 /// [`crate::nothing::Here`]
                 fn g() { assert!(crate::a::own()) }",
            ),
        ]);
        assert_eq!(uses(&tree), ["a::inner -> a", "b -> a", "b -> a::inner"]);
    }

    #[test]
    fn globs_and_supers_are_followed() {
        let tree = tree(&[
            ("", "mod a; mod b;"),
            ("a", "mod deep; mod parts; pub use parts::*;"),
            ("a::parts", "pub enum Part {}"),
            (
                "a::deep",
                "use super::super::b::{B as C, self}; fn f(x: crate::a::Part) {}",
            ),
            ("b", "pub struct B;"),
        ]);
        assert_eq!(uses(&tree), ["a::deep -> a::parts", "a::deep -> b"]);
    }
}
