//! The rules of the tree, checked as text: layers, crates, sizes. Needs nothing but `cargo test`.
#![expect(clippy::unwrap_used, reason = "A panic is how a test fails.")]

mod circles;
mod kinds;
mod texts;

use std::fs;
use std::path::Path;

/// The folders of `src`, lowest first: each may import itself and those before it.
const LAYERS: [&str; 5] = ["domain", "engine", "wire", "io", "app"];
/// What the two lowest layers may use from outside, besides `std`.
const ALLOWED: [(&str, &[&str]); 2] = [
    ("domain", &["thiserror", "chrono", "serde", "serde_json"]),
    ("engine", &["thiserror", "tracing"]),
];
/// Lines of a file before its tests.
const FILE_MAX: usize = 500;
/// Lines of a function, braces included.
const FUNCTION_MAX: usize = 70;

/// A source file below `src`.
struct Source {
    /// Such as `io/kafka/inbox.rs`.
    path: String,
    text: String,
}

/// What a check holds against one source: line and words.
type Complaints = Vec<(usize, String)>;

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The folder of `src` that it lies in.
    fn layer(&self) -> Option<&'static str> {
        let folder = self.path.split('/').next()?;
        LAYERS.into_iter().find(|layer| *layer == folder)
    }

    /// The lines of production code, numbered, without comments and without the text of strings.
    ///
    /// An item under `#[cfg(test)]` is left out, up to its closing brace or semicolon.
    fn code(&self) -> Vec<(usize, String)> {
        let mut code = Vec::new();
        let mut lines = self.all_code().into_iter();
        while let Some((line, text)) = lines.next() {
            if text.trim() != "#[cfg(test)]" {
                code.push((line, text));
                continue;
            }
            let mut depth = 0_usize;
            for (_, text) in lines.by_ref() {
                depth += text.matches('{').count();
                depth = depth.saturating_sub(text.matches('}').count());
                if depth == 0 && text.trim_end().ends_with([';', '}']) {
                    break;
                }
            }
        }
        code
    }

    /// All lines, tests included, in the same way.
    fn all_code(&self) -> Vec<(usize, String)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, bare(line))).collect()
    }
}

#[test]
fn imports_point_to_the_left() {
    hold(layers);
}

#[test]
fn the_lowest_layers_use_few_crates() {
    let crates = dependencies();
    assert!(crates.len() > 10, "the manifest was not understood");
    hold(|source| foreign(source, &crates));
}

#[test]
fn technologies_do_not_know_one_another() {
    let technologies = technologies();
    hold(|source| siblings(source, &technologies));
}

#[test]
fn files_are_introduced_and_short() {
    hold(introduced);
}

#[test]
fn functions_are_short() {
    hold(functions);
}

#[test]
fn what_a_test_lacks_is_noticed_in_one_place() {
    hold_in("tests", lacks);
    hold_in("src", lacks);
}

/// A test that looks for data or servers itself can return early without being counted as skipped.
fn lacks(source: &Source) -> Complaints {
    const EXEMPT: [&str; 3] = ["support/skip.rs", "surface/skipped.rs", "architecture/main.rs"];
    if EXEMPT.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        for word in ["\"../shared", "(\"AIRSHED_TEST_", "(\"CI\")"] {
            if line.contains(word) {
                complaints.push((at + 1, format!("{word}: tests/support/skip.rs looks for it")));
            }
        }
    }
    complaints
}

/// Every import of a higher layer, and every path that climbs.
fn layers(source: &Source) -> Complaints {
    let mut complaints = Vec::new();
    let Some(layer) = source.layer() else { return complaints };
    let own = LAYERS.iter().position(|it| *it == layer).unwrap();
    for (line, code) in source.all_code() {
        if code.contains("super::super::") {
            complaints.push((line, "climbs; say crate::".to_owned()));
        }
        if code.contains("crate::{") {
            complaints.push((line, "names layers in a group; one line each".to_owned()));
        }
        for start in ["crate::", "super::"] {
            for named in words_after(&code, start) {
                if LAYERS[own + 1..].contains(&named) {
                    complaints.push((line, format!("{layer} may not import {named}")));
                }
            }
        }
    }
    complaints
}

/// Every crate that a low layer may not use.
fn foreign(source: &Source, crates: &[String]) -> Complaints {
    let rule = ALLOWED.iter().find(|(layer, _)| Some(*layer) == source.layer());
    let Some((layer, allowed)) = rule else { return Vec::new() };
    let mut complaints = Vec::new();
    // Tests may use what they like.
    for (line, code) in source.code() {
        for name in crates.iter().filter(|it| !allowed.contains(&it.as_str())) {
            if uses(&code, name) {
                complaints.push((line, format!("{layer} may not use {name}")));
            }
        }
    }
    complaints
}

/// Every import from one folder of `io` into another.
fn siblings(source: &Source, technologies: &[String]) -> Complaints {
    let mut folders = source.path.split('/');
    let (Some("io"), Some(own)) = (folders.next(), folders.next()) else { return Vec::new() };
    let own = own.trim_end_matches(".rs");
    if own == "mod" {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    // Tests may use what they like, such as the log in memory.
    for (line, code) in source.code() {
        for start in ["crate::io::", "super::"] {
            for named in words_after(&code, start) {
                if named != own && technologies.iter().any(|it| it == named) {
                    complaints.push((line, format!("io/{own} may not import io/{named}")));
                }
            }
        }
    }
    complaints
}

/// A file without an introduction, or too long.
fn introduced(source: &Source) -> Complaints {
    let mut complaints = Vec::new();
    if !source.text.starts_with("//! ") {
        complaints.push((1, "starts with no //! line".to_owned()));
    }
    let lines = source.code().len();
    if lines > FILE_MAX {
        complaints
            .push((lines, format!("has {lines} lines before its tests, more than {FILE_MAX}")));
    }
    complaints
}

/// Every function that is too long, found by counting braces.
fn functions(source: &Source) -> Complaints {
    let mut complaints = Vec::new();
    let code = source.code();
    for (at, (line, text)) in code.iter().enumerate() {
        let Some(name) = words_after(text, "fn ").next() else { continue };
        let mut depth = 0_i32;
        for (length, (_, inside)) in code[at..].iter().enumerate() {
            let opened = inside.matches('{').count();
            let closed = inside.matches('}').count();
            depth += i32::try_from(opened).unwrap() - i32::try_from(closed).unwrap();
            let declared_only = depth == 0 && inside.ends_with(';');
            if depth == 0 && (opened + closed > 0 || declared_only) {
                if length + 1 > FUNCTION_MAX {
                    let words =
                        format!("{name} has {} lines, more than {FUNCTION_MAX}", length + 1);
                    complaints.push((*line, words));
                }
                break;
            }
        }
    }
    complaints
}

/// A line without comment, and with empty strings.
fn bare(line: &str) -> String {
    let mut code = String::new();
    let mut letters = line.chars().peekable();
    let mut within = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if within => drop(letters.next()),
            // A quoted quote is no string.
            '\'' if !within && letters.peek() == Some(&'"') => drop(letters.next()),
            '"' => {
                within = !within;
                code.push('"');
            }
            // So is a brace in quotes no brace.
            '{' | '}' if code.ends_with('\'') && letters.peek() == Some(&'\'') => {}
            '/' if !within && letters.peek() == Some(&'/') => break,
            it if !within => code.push(it),
            _ => {}
        }
    }
    code
}

/// The words that follow each place where `start` stands on its own.
fn words_after<'a>(code: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(start).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|it| it.is_alphanumeric() || it == '_') {
            return None;
        }
        code[at + start.len()..].split(|it: char| !it.is_alphanumeric() && it != '_').next()
    })
}

/// Whether the code says `name::` or `use name`, as a whole word that is no path's later part.
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let whole = before.is_none_or(|it| !it.is_alphanumeric() && it != '_' && it != ':');
        let after = &code[at + name.len()..];
        let imported = code[..at].trim_end().ends_with("use");
        whole && (after.starts_with("::") || imported && after.starts_with([';', ' ']))
    })
}

/// The crates of the manifest, for the program and for its tests, as code writes them.
fn dependencies() -> Vec<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let mut names = Vec::new();
    let mut listed = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            listed = line == "[dependencies]" || line == "[dev-dependencies]";
        } else if let (true, Some((name, _))) = (listed, line.split_once(['=', '.'])) {
            names.push(name.trim().replace('-', "_"));
        }
    }
    names
}

/// The modules directly below `io`.
fn technologies() -> Vec<String> {
    let of_io = |source: &Source| {
        let name = source.path.strip_prefix("io/")?.split('/').next()?;
        Some(name.trim_end_matches(".rs").to_owned())
    };
    let mut names: Vec<String> = sources("src").iter().filter_map(of_io).collect();
    names.retain(|name| name != "mod");
    names.sort();
    names.dedup();
    names
}

/// Fails with everything that is held against any source.
fn hold(check: impl Fn(&Source) -> Complaints) {
    hold_in("src", check);
}

/// Fails with everything that is held against any file of a folder.
fn hold_in(folder: &str, check: impl Fn(&Source) -> Complaints) {
    let mut words = Vec::new();
    for source in sources(folder) {
        for (line, complaint) in check(&source) {
            words.push(format!("{folder}/{}:{line}: {complaint}", source.path));
        }
    }
    assert!(words.is_empty(), "\n{}", words.join("\n"));
}

/// All source files of a folder, in the order of their paths.
fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let parts = path.strip_prefix(&root).unwrap().components();
                let parts: Vec<_> = parts.map(|it| it.as_os_str().to_str().unwrap()).collect();
                found.push(Source::new(&parts.join("/"), &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 10, "the sources were not found");
    found
}

/// Each check must find what is planted for it, and nothing where nothing is wrong.
#[test]
fn planted_faults_are_found() {
    let crates = ["tokio".to_owned(), "chrono".to_owned()];
    let technologies = ["kafka".to_owned(), "segments".to_owned()];
    let long = format!("//! x\nfn long() {{\n{}}}\n", "    call();\n".repeat(FUNCTION_MAX));
    let fits = format!("//! x\nfn fits() {{\n{}}}\n", "    call();\n".repeat(FUNCTION_MAX - 2));
    let lines = "//! x\n".repeat(FILE_MAX + 1);
    let tested = format!("//! x\n#[cfg(test)]\n{lines}");
    let check = |found: usize, path: &str, text: &str| {
        let source = Source::new(path, text);
        let all = [
            layers(&source),
            foreign(&source, &crates),
            siblings(&source, &technologies),
            introduced(&source),
            functions(&source),
            lacks(&source),
        ];
        let all: Complaints = all.into_iter().flatten().collect();
        assert_eq!(all.len(), found, "{path}: {text}: {all:?}");
    };
    check(0, "domain/a.rs", "//! x\nuse crate::domain::Hour;\nuse chrono::Datelike;\n");
    check(1, "domain/a.rs", "//! x\nuse crate::engine::Record;\n");
    check(1, "domain/a.rs", "//! x\nfn f() { crate::io::open(); }\n");
    check(1, "engine/mod.rs", "//! x\nuse super::wire::encode;\n");
    check(1, "engine/a.rs", "//! x\nuse crate::{domain::Hour};\n");
    check(0, "domain/a.rs", "//! x\n// crate::io is far away\nlet words = \"crate::io\";\n");
    check(1, "domain/a/b.rs", "//! x\nuse super::super::rules;\n");
    check(1, "domain/a.rs", "//! x\nuse tokio::net;\n");
    check(1, "domain/a.rs", "//! x\nuse tokio;\n");
    check(1, "engine/a.rs", "//! x\nlet now = chrono::Utc::now();\n");
    check(0, "wire/a.rs", "//! x\nuse tokio::net;\n");
    check(0, "domain/a.rs", "//! x\n#[cfg(test)]\nmod tests {\n    use tokio::net;\n}\n");
    check(1, "io/kafka/inbox.rs", "//! x\nuse crate::io::segments::Log;\n");
    check(1, "io/kafka/mod.rs", "//! x\nuse super::segments::Log;\n");
    check(0, "io/kafka/inbox.rs", "//! x\nuse crate::io::kafka::Log;\n");
    check(0, "io/mod.rs", "//! x\npub mod kafka;\npub use kafka::Log;\n");
    let in_test = "//! x\n#[cfg(test)]\nuse crate::io::segments::Log;\n";
    check(0, "io/kafka/inbox.rs", in_test);
    check(1, "app/a.rs", "use crate::io::kafka::Log;\n");
    check(1, "app/a.rs", &long);
    check(0, "app/a.rs", &fits);
    check(1, "broker/a.rs", "//! x\nlet data = root.join(\"../shared/data\");\n");
    check(1, "broker/a.rs", "//! x\nlet named = var_os(\"AIRSHED_TEST_BROKERS\");\n");
    check(1, "golden/main.rs", "//! x\nassert!(var_os(\"CI\").is_none());\n");
    check(0, "broker/a.rs", "//! x\nlet named = skip::brokers();\n");
    check(1, "app/a.rs", &lines);
    check(0, "app/a.rs", &tested);
    check(
        0,
        "app/a.rs",
        "//! x\nfn f() { match it { '{' => \"}\\\"}\", '\"' => \"\" } }\nfn g();\n",
    );
}
