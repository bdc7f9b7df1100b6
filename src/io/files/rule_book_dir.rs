//! A rule book in a folder, such as `deploy/bth`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::wire::cap;
use crate::wire::rule_book::Files;

/// A folder or file that cannot be read.
#[derive(Debug, Error)]
#[error("{}: {error}", path.display())]
pub struct Unreadable {
    /// Which one.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub error: io::Error,
}

/// Names (with `/` between folders) and texts of all `.toml` and `.csv` files in the folder and
/// one below, in sorted order, without the folder `cap`, which no decision depends on. Whether they
/// make a rule book is for the parser to say.
pub fn read(folder: &Path) -> Result<Files, Unreadable> {
    let mut files = Files::new();
    for (path, name) in entries(folder)? {
        if path.is_dir() && name == cap::FOLDER {
            continue;
        }
        if path.is_dir() {
            for (path, inner) in entries(&path)? {
                push(&mut files, &path, &format!("{name}/{inner}"))?;
            }
        } else {
            push(&mut files, &path, &name)?;
        }
    }
    files.sort();
    Ok(files)
}

fn push(files: &mut Files, path: &Path, name: &str) -> Result<(), Unreadable> {
    let extension = path.extension().and_then(|it| it.to_str());
    if matches!(extension, Some("toml" | "csv")) {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
        files.push((name.into(), text.into()));
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, Unreadable> {
    let listed = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let each = listed.map(|entry| {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        Ok((entry.path(), entry.file_name().to_string_lossy().into_owned()))
    });
    each.collect()
}

fn unreadable(path: &Path, error: io::Error) -> Unreadable {
    Unreadable { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::wire::rule_book::built_in_with_answers;

    #[test]
    fn the_folder_in_the_source_tree_is_the_one_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/bth");
        let by_name = read(&folder).unwrap().into_iter().collect::<BTreeSet<_>>();
        assert_eq!(by_name, built_in_with_answers().into_iter().collect());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let message = read(Path::new("no-such-folder")).unwrap_err().to_string();
        assert!(message.starts_with("no-such-folder: "), "{message}");
    }
}
