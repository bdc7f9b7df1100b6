//! A rule book with any number of invented stations, for `serve` and for `load`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::app::support::{Failure, output};
use crate::domain::Rules;
use crate::wire::rule_book::{Files, parse};

const STATIONS_FILE: &str = "stations.csv";

/// Writes a folder with the files of a rule book, but with other stations.
pub(super) fn write(
    folder: &Path,
    (files, rules): (Files, &Rules),
    stations: usize,
) -> Result<(), Failure> {
    if folder.read_dir().is_ok_and(|mut it| it.next().is_some()) {
        return Err(Failure::Usage(format!("{}: not empty; name a new folder", folder.display())));
    }
    let files = with_stations(files, rules, stations);
    parse(files.clone()).map_err(|error| Failure::Usage(error.to_string()))?;
    for (name, text) in files {
        let path = folder.join(&*name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, &*text))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    output::print(&format!(
        "a rule book with {stations} stations is in {0}\n\
         for serve: [rules] folder = \"{0}\"; for load: --airshed {0}",
        folder.display()
    ))
}

/// The files with so many stations, as many in each city as in any other.
fn with_stations(files: Files, rules: &Rules, stations: usize) -> Files {
    let cities = rules.jurisdictions.iter().filter(|it| it.follows.is_none());
    let cities: Vec<_> = cities.map(|it| it.division).collect();
    let replaced = files.into_iter().map(|(name, text)| {
        if *name != *STATIONS_FILE {
            return (name, text);
        }
        let head = text.lines().next().unwrap_or_default();
        let mut text = format!("{head}\n");
        for (number, city) in (1..=stations).zip(cities.iter().cycle()) {
            // Writing to a `String` never fails.
            writeln!(text, "L{number:05},测{number},,{city},0,,,,,").unwrap_or_default();
        }
        (name, text.into())
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rule_book::built_in_with_answers;

    #[test]
    fn a_folder_with_other_stations_is_a_rule_book() {
        let book = parse(built_in_with_answers()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("rules");
        write(&to, (built_in_with_answers(), &book.rules), 1_500).unwrap();
        let files = crate::io::files::rule_book_dir::read(&to).unwrap();
        let rules = parse(files).unwrap().rules;
        let live = crate::app::run::load::plan::stations(&rules, Some(1_500)).unwrap();
        assert_eq!((rules.stations.len(), live.len()), (1_500, 1_500));
        let again = write(&to, (built_in_with_answers(), &book.rules), 10).unwrap_err();
        assert!(again.to_string().contains("not empty"), "{again}");
    }
}
