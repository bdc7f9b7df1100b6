//! Plain words: phrases with a private meaning do not return to comments, texts and documents,
//! and the documents name only files that exist.

use std::fs;
use std::path::Path;

use crate::{Complaints, sources};

/// The documents that are checked.
const DOCUMENTS: [&str; 7] = [
    "ARCHITECTURE.md",
    "README.md",
    "benches/README.md",
    "deploy/access.md",
    "deploy/bth/README.md",
    "schemas/README.md",
    "tests/fuzz/README.md",
];

/// Where a phrase may not stand.
const EVERYWHERE: &[&str] = &["src/", "ARCHITECTURE.md", "README.md"];
/// The command line and the documents.
const SURFACE: &[&str] = &["src/app/", "ARCHITECTURE.md", "README.md"];

/// A phrase that needs an explanation, what to write instead, and where it may not stand.
const PHRASES: [(&str, &str, &[&str]); 20] = [
    ("anew", "again, or name what is repeated", SURFACE),
    ("as it falls", "when it is made", EVERYWHERE),
    ("beside", "with, in the folder of, or the name of the relation", SURFACE),
    ("held against", "compared with", EVERYWHERE),
    ("look ahead", "forecast", EVERYWHERE),
    ("looked ahead", "forecast", EVERYWHERE),
    ("looks ahead", "forecasts, or the source of forecasts", EVERYWHERE),
    ("nobody", "no one, or the passive", EVERYWHERE),
    ("somebody", "another process, a person, or the passive", EVERYWHERE),
    ("speak for", "have a value for", EVERYWHERE),
    ("speaks for", "has a value for", EVERYWHERE),
    ("spoken for", "has a forecast", EVERYWHERE),
    ("told", "recorded, reported, printed or named", SURFACE),
    ("engine's shoulder", "an outbox that prints decisions", EVERYWHERE),
    ("on the way out", "when it is published", EVERYWHERE),
    ("as a shell takes it", "quoted for a shell", EVERYWHERE),
    ("laid open", "exported, or restored", EVERYWHERE),
    ("more than harmless", "above the lowest level that any standard acts on", EVERYWHERE),
    ("other eyes", "other forecasts", EVERYWHERE),
    ("without us", "without this program", EVERYWHERE),
];

#[test]
fn phrases_with_a_private_meaning_do_not_return() {
    let mut found = Vec::new();
    for source in sources("src") {
        let path = format!("src/{}", source.path);
        found.extend(located(&path, phrases(&path, &source.text)));
    }
    for path in DOCUMENTS {
        found.extend(located(path, phrases(path, &document(path))));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn documents_name_files_that_exist() {
    let found: Vec<String> =
        DOCUMENTS.iter().flat_map(|path| located(path, missing(&document(path)))).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn document(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn located(path: &str, complaints: Complaints) -> Vec<String> {
    complaints.into_iter().map(|(line, words)| format!("{path}:{line}: {words}")).collect()
}

/// Every phrase of the list that stands in a text of this path, as whole words.
fn phrases(path: &str, text: &str) -> Complaints {
    let banned: Vec<_> = PHRASES
        .iter()
        .filter(|(_, _, places)| places.iter().any(|it| path.starts_with(it) || path.ends_with(it)))
        .collect();
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for (phrase, instead, _) in &banned {
            if line.match_indices(phrase).any(|(at, _)| is_whole(&line, at, phrase.len())) {
                found.push((at + 1, format!("\"{phrase}\": {instead}")));
            }
        }
    }
    found
}

fn is_whole(line: &str, at: usize, length: usize) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    !line[..at].ends_with(is_word) && !line[at + length..].starts_with(is_word)
}

/// Each path in backticks that begins with a folder of the project and does not exist.
fn missing(text: &str) -> Complaints {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for path in line.split('`').skip(1).step_by(2) {
            let first = path.split('/').next().unwrap_or_default();
            let names_file = path.contains('/') && !path.contains([' ', '*', '<', '\\']);
            let folder = match first {
                "domain" | "engine" | "wire" | "io" | "app" => root.join("src"),
                "src" | "tests" | "schemas" | "deploy" | "benches" => root.to_owned(),
                _ => continue,
            };
            if names_file && !folder.join(path).exists() {
                found.push((at + 1, format!("there is no {path}")));
            }
        }
    }
    found
}

/// What is planted is found, and nothing where nothing is wrong.
#[test]
fn planted_phrases_and_paths_are_found() {
    let check = |found: usize, path: &str, text: &str| {
        assert_eq!(phrases(path, text).len(), found, "{path}: {text}");
    };
    check(1, "src/app/a.rs", "/// Nobody reads this.\n");
    check(1, "src/domain/a.rs", "/// Nobody reads this.\n");
    check(0, "src/domain/a.rs", "/// It was told.\n");
    check(1, "README.md", "a line\nheld against the log\n");
    check(1, "schemas/README.md", "added on the way out\n");
    check(0, "src/app/a.rs", "let retold = is_told();\n");
    check(2, "src/app/a.rs", "// It is told to somebody.\n");
    assert_eq!(
        missing("see `src/domain/no_such_file.rs`, `wire/record` and `cat FILE`\n").len(),
        1
    );
    assert_eq!(missing("`src/domain/mod.rs` `airshed.orders/x` `src/*/mod.rs`\n"), []);
}
