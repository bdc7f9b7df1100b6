//! Folders of `src` do not import one another in circles.
//!
//! A name that a folder re-exports counts as an import of the folder that defines it, so a
//! `mod.rs` that only declares and re-exports closes no circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Source, sources};

/// Folders that still contain circles. Imports within them are not checked.
const CIRCULAR: [&str; 1] = ["domain"];

#[test]
fn folders_import_one_another_in_no_circle() {
    let circles = Tree::new(&sources("src")).circles(&CIRCULAR);
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
}

/// One module as this check sees it.
struct Module {
    /// The folder of its file: `a/b` for `a/b/mod.rs`, for `a/b/c.rs`, and for `a/b.rs` where
    /// there is a folder `a/b`.
    folder: String,
    /// Its file, such as `a/b/c.rs`.
    file: String,
    /// The absolute paths of all that it names.
    imports: Vec<String>,
    /// The absolute path of each name that it imports or re-exports. Modules below can use both.
    exports: BTreeMap<String, String>,
}

/// All modules of a crate, by their path: `a::b::c`.
struct Tree(BTreeMap<String, Module>);

impl Tree {
    fn new(sources: &[Source]) -> Self {
        let paths: BTreeSet<String> = sources.iter().filter_map(module_path).collect();
        let only_tested: BTreeSet<String> = sources.iter().flat_map(test_modules).collect();
        let mut modules = BTreeMap::new();
        for source in sources {
            let Some(path) = module_path(source) else { continue };
            if ancestors(&path).any(|it| only_tested.contains(it)) {
                continue;
            }
            let (imports, exports) = names(source, &path, &paths);
            let folder = folder(source, &paths);
            modules.insert(path, Module { folder, file: source.path.clone(), imports, exports });
        }
        Self(modules)
    }

    /// The path of the module that defines what a path names.
    fn defining(&self, path: &str) -> Option<String> {
        let mut path = path.to_owned();
        // A chain of re-exports is short.
        for _ in 0..8 {
            let module = ancestors(&path).find(|it| self.0.contains_key(*it))?.to_owned();
            let rest = path[module.len()..].trim_start_matches("::");
            let (name, below) = rest.split_once("::").unwrap_or((rest, ""));
            let Some(target) = self.0[&module].exports.get(name) else { return Some(module) };
            path = if below.is_empty() { target.clone() } else { format!("{target}::{below}") };
        }
        None
    }

    /// For each folder the folders that it imports, each with one import as an example.
    fn edges(&self, circular: &[&str]) -> BTreeMap<&str, BTreeMap<&str, String>> {
        let mut edges: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        for module in self.0.values() {
            for import in &module.imports {
                let Some(defining) = self.defining(import) else { continue };
                let folder = self.0[&defining].folder.as_str();
                let exempt = |it: &&&str| within(&module.folder, it) && within(folder, it);
                if folder != module.folder && circular.iter().find(exempt).is_none() {
                    let example = format!("{} names {import}", module.file);
                    edges.entry(&module.folder).or_default().insert(folder, example);
                }
            }
        }
        edges
    }

    /// Every import between two folders from which a way of imports leads back.
    fn circles(&self, circular: &[&str]) -> Vec<String> {
        let edges = self.edges(circular);
        let mut found = Vec::new();
        for (from, targets) in &edges {
            for (to, example) in targets {
                if reaches(&edges, to, from) {
                    found.push(format!("{from} -> {to}: {example}"));
                }
            }
        }
        found
    }
}

fn within(folder: &str, prefix: &str) -> bool {
    folder.strip_prefix(prefix).is_some_and(|it| it.is_empty() || it.starts_with('/'))
}

fn reaches(edges: &BTreeMap<&str, BTreeMap<&str, String>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(folder) = open.pop() {
        if folder == to {
            return true;
        }
        if let (true, Some(targets)) = (seen.insert(folder), edges.get(folder)) {
            open.extend(targets.keys());
        }
    }
    false
}

/// A path and its ancestors, longest first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |it| it.rsplit_once("::").map(|(above, _)| above))
}

/// The path of the module that a file is, unless it is the root of a crate.
fn module_path(source: &Source) -> Option<String> {
    let path = source.path.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path).replace('/', "::");
    (!["lib", "main"].contains(&path.as_str())).then_some(path)
}

fn folder(source: &Source, paths: &BTreeSet<String>) -> String {
    let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let below = format!("{}::", module.replace('/', "::"));
    let has_folder = paths.iter().any(|it| it.starts_with(&below));
    let above = module.rsplit_once('/').map_or("", |(above, _)| above);
    if has_folder || source.path.ends_with("/mod.rs") { module } else { above }.to_owned()
}

/// The modules in files of their own that a file declares for tests alone.
fn test_modules(source: &Source) -> Vec<String> {
    let Some(path) = module_path(source) else { return Vec::new() };
    let lines = source.text.lines().map(str::trim);
    let pairs = lines.clone().zip(lines.skip(1));
    let tested = pairs.filter(|(above, _)| *above == "#[cfg(test)]");
    let names = tested.filter_map(|(_, line)| line.split_once("mod ")?.1.strip_suffix(';'));
    names.map(|name| format!("{path}::{name}")).collect()
}

/// What a file names, and the names that it imports or re-exports.
fn names(
    source: &Source,
    module: &str,
    paths: &BTreeSet<String>,
) -> (Vec<String>, BTreeMap<String, String>) {
    let (mut imports, mut exports) = (Vec::new(), BTreeMap::new());
    let mut code = source.code().into_iter().map(|(_, line)| line);
    while let Some(line) = code.next() {
        let public = line.trim_start().starts_with("pub");
        let stated = line.split_once("use ").filter(|(before, _)| {
            let before = before.trim();
            before.is_empty() || before == "pub" || before.starts_with("pub(")
        });
        let Some((_, stated)) = stated else {
            imports.extend(mentioned(&line).filter_map(|it| absolute(module, it, paths)));
            continue;
        };
        let mut tree = stated.to_owned();
        while !tree.contains(';') {
            let Some(line) = code.next() else { break };
            tree.push_str(line.trim());
        }
        for path in expanded(tree.trim_end_matches(';')) {
            let (path, alias) = path.split_once(" as ").unwrap_or((&path, ""));
            let Some(path) = absolute(module, path.trim_end_matches("::self"), paths) else {
                continue;
            };
            if !public {
                imports.push(path.clone());
            }
            let last = path.rsplit("::").next().unwrap_or_default();
            let name = if alias.is_empty() { last } else { alias };
            exports.insert(name.to_owned(), path);
        }
    }
    (imports, exports)
}

/// The paths in a line of code that begin at the crate or at the parent.
fn mentioned(line: &str) -> impl Iterator<Item = &str> {
    let starts = ["crate::", "super::"].into_iter().flat_map(|it| line.match_indices(it));
    let visible = starts.filter(|(at, _)| !line[..*at].ends_with("(in "));
    let whole = visible.filter(|(at, _)| !line[..*at].ends_with(is_of_name));
    whole.filter_map(|(at, _)| line[at..].split(|it| !is_of_name(it)).next())
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == ':'
}

/// A path from the root of the crate; nothing for the path of another crate.
fn absolute(module: &str, path: &str, paths: &BTreeSet<String>) -> Option<String> {
    let (first, rest) = path.split_once("::").unwrap_or((path, ""));
    let below = format!("{module}::{path}");
    let from = match first {
        "crate" => rest.to_owned(),
        "self" => format!("{module}::{rest}"),
        "super" => format!("{}::{rest}", module.rsplit_once("::")?.0),
        _ if ancestors(&below).any(|it| it.len() > module.len() && paths.contains(it)) => below,
        _ => return None,
    };
    Some(from.trim_end_matches("::").to_owned())
}

/// Each path of an import: `a::{b, c::{d, e}}` names three.
fn expanded(tree: &str) -> Vec<String> {
    let Some((start, group)) = tree.trim().split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(last) if letter != ',' || depth > 0 => last.push(letter),
            _ => parts.push(String::new()),
        }
    }
    parts.retain(|it| !it.trim().is_empty());
    parts.iter().flat_map(|it| expanded(it)).map(|it| format!("{start}{it}")).collect()
}

/// Circles that are planted must be found, and none where there is none.
#[test]
fn planted_circles_are_found() {
    let check = |found: usize, files: &[(&str, &str)]| {
        let files: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        let circles = Tree::new(&files).circles(&["x"]);
        assert_eq!(circles.len(), found, "{circles:?}");
    };
    let facade = ("a/mod.rs", "mod b;\nmod c;\npub use b::{B, Bee};\npub(crate) use c::C;\n");
    check(0, &[facade, ("a/b/mod.rs", "use crate::a::C;\n"), ("a/c/mod.rs", "struct C;\n")]);
    let there_and_back = [
        facade,
        ("a/b/mod.rs", "use crate::a::C;\n"),
        ("a/c/mod.rs", "use crate::{\n    a::{B},\n};\n"),
    ];
    check(2, &there_and_back);
    check(
        2,
        &[
            facade,
            ("a/b/mod.rs", "fn f() { super::c::d::g() }\n"),
            ("a/c/d.rs", "use crate::a::b::B;\n"),
        ],
    );
    let in_test = "#[cfg(test)]\nmod tests {\n    use crate::a::B;\n}\n";
    check(0, &[facade, ("a/b/mod.rs", "use crate::a::C;\n"), ("a/c/mod.rs", in_test)]);
    let three = [
        ("a/mod.rs", "use crate::b::B;\nmod tested;\n"),
        ("b/mod.rs", "use crate::c::C;\n"),
        ("c/mod.rs", "use crate::a::A;\n"),
    ];
    check(3, &three);
    check(
        0,
        &[
            ("a/mod.rs", "#[cfg(test)]\nmod t;\n"),
            ("a/t/mod.rs", "use crate::a;\n"),
            ("a/b.rs", "use crate::a::t;\n"),
        ],
    );
    check(
        2,
        &[
            ("a/b.rs", "use crate::a::b::c::C;\nmod c;\n"),
            ("a/b/c.rs", "use crate::a::D;\n"),
            ("a/mod.rs", "use b::B;\n"),
        ],
    );
    check(0, &[("x/mod.rs", "use crate::x::y::Y;\n"), ("x/y/mod.rs", "use crate::x::X;\n")]);
}
