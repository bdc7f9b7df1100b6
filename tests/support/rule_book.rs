//! The shipped rule book, changed for a test.

use std::fs;
use std::path::Path;

/// Copies the shipped rule book into a folder, with more tables in its `cooperation.toml`.
pub(crate) fn with_tables(folder: &Path, tables: &str) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/bth");
    copy(&shipped, folder);
    let file = folder.join("cooperation.toml");
    let text = fs::read_to_string(&file).unwrap() + tables;
    fs::write(file, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
