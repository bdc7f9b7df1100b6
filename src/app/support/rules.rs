//! The rule book of a run: the built-in one or a folder, with the changes of the run.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::domain::{RuleBook, Rules};
use crate::io::files::rule_book_dir;
use crate::wire::record::RuleFiles;
use crate::wire::rule_book::{self, COOPERATION_FILE, Files, RUN_FILE, RuleBookError};

use super::Failure;

/// Changes to the rule book of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::app) struct Overrides {
    /// One standard for all jurisdictions and times.
    pub(in crate::app) standard: Option<String>,
    /// Parameters: name and value, as in a rule book file.
    pub(in crate::app) parameters: Vec<(String, String)>,
}

impl Overrides {
    /// Sets a parameter. The value is written as in a rule book file.
    pub(in crate::app) fn set(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` never fails.
        if let Some(standard) = &self.standard {
            writeln!(text, "only_standard = {standard:?}").unwrap_or_default();
        }
        writeln!(text, "[parameters]").unwrap_or_default();
        for (name, value) in &self.parameters {
            writeln!(text, "{name} = {value}").unwrap_or_default();
        }
        text
    }

    /// The text of a run file with these changes applied.
    fn over(&self, before: &str) -> Result<String, String> {
        let mut run: toml::Table =
            before.parse().map_err(|error| format!("{RUN_FILE}: {error}"))?;
        if let Some(standard) = &self.standard {
            run.insert("only_standard".to_owned(), standard.clone().into());
        }
        let over = run.entry("parameters").or_insert_with(|| toml::Table::new().into());
        if let Some(over) = over.as_table_mut() {
            let changes = self.parameters.iter();
            over.extend(changes.map(|(name, value)| (name.clone(), written(value))));
        }
        Ok(run.to_string())
    }
}

/// Reads and checks the rule book of a run in which bodies are asked for nothing.
pub(in crate::app) fn load(
    folder: Option<&Path>,
    overrides: &Overrides,
) -> Result<Arc<RuleBook>, Failure> {
    let mut files = files(folder)?;
    files.retain(|(name, _)| &**name != COOPERATION_FILE);
    parsed(files, folder, overrides)
}

/// The same for a run that takes the answers of bodies.
pub(in crate::app) fn load_with_answers(
    folder: Option<&Path>,
    overrides: &Overrides,
) -> Result<Arc<RuleBook>, Failure> {
    parsed(files(folder)?, folder, overrides)
}

/// The same for a run that may take them.
pub(in crate::app) fn load_for(
    takes_answers: bool,
    folder: Option<&Path>,
    overrides: &Overrides,
) -> Result<Arc<RuleBook>, Failure> {
    if takes_answers { load_with_answers(folder, overrides) } else { load(folder, overrides) }
}

fn files(folder: Option<&Path>) -> Result<Files, Failure> {
    let Some(folder) = folder else { return Ok(rule_book::built_in_with_answers()) };
    rule_book_dir::read(folder).map_err(|error| Failure::Usage(error.to_string()))
}

fn parsed(
    mut files: Files,
    folder: Option<&Path>,
    overrides: &Overrides,
) -> Result<Arc<RuleBook>, Failure> {
    let parse = |files: Files| rule_book::parse(files).map_err(|error| misread(folder, &error));
    let own = files.iter().find(|(name, _)| &**name == RUN_FILE).map(|it| Arc::clone(&it.1));
    if own.is_some() || overrides.standard.is_some() {
        // The folder is checked before the options are applied, so that an error names its file.
        let book = parse(files.clone())?;
        overrides.standard.iter().try_for_each(|it| check_standard(&book.rules, it))?;
    }
    if *overrides != Overrides::default() {
        let text = match own {
            None => overrides.text(),
            Some(own) => overrides.over(&own).map_err(Failure::Usage)?,
        };
        files.retain(|(name, _)| &**name != RUN_FILE);
        files.push((RUN_FILE.into(), text.into()));
    }
    rule_book::parse(files).map(Arc::new).map_err(|error| match &*error.file {
        RUN_FILE => Failure::Usage(of_option(&error)),
        _ => misread(folder, &error),
    })
}

/// Adds the folder to an error about a file.
fn misread(folder: Option<&Path>, error: &RuleBookError) -> Failure {
    match folder {
        Some(folder) => Failure::Usage(format!("{}/{error}", folder.display())),
        None => Failure::Usage(error.to_string()),
    }
}

/// An error in a value that an option has set. Names the option.
fn of_option(error: &RuleBookError) -> String {
    let RuleBookError { key, problem, remedy, .. } = error;
    let option = match key.strip_prefix("parameters.") {
        Some(name) => format!("--set {name}"),
        None if key == "only_standard" => "--standard".to_owned(),
        None => "--set".to_owned(),
    };
    format!("{option}: {problem}; {remedy}")
}

/// Changes to the rule book of a log, for `what-if`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::app) struct Changes {
    pub(in crate::app) overrides: Overrides,
    /// Codes of the stations that are left out.
    pub(in crate::app) without_stations: Vec<String>,
}

/// Applies changes to the rule book of a log. The changes of the original run remain.
pub(in crate::app) fn changed(book: &RuleBook, changes: &Changes) -> Result<Arc<RuleBook>, String> {
    if *changes == Changes::default() {
        return Ok(Arc::new(book.clone()));
    }
    let mut files = book.files.clone();
    if let Some(standard) = &changes.overrides.standard {
        check_standard(&book.rules, standard).map_err(|error| error.to_string())?;
    }
    for (name, text) in &mut files {
        if **name == *STATIONS_FILE {
            *text = without_stations(text, &changes.without_stations)?.into();
        }
    }
    let before = files.iter().find(|(name, _)| **name == *RUN_FILE);
    let run = changes.overrides.over(before.map_or("", |(_, text)| text))?;
    files.retain(|(name, _)| **name != *RUN_FILE);
    files.push((RUN_FILE.into(), run.into()));
    rule_book::parse(files)
        .map(Arc::new)
        .map_err(|error| if error.file == RUN_FILE { of_option(&error) } else { error.to_string() })
}

/// A value as in a rule book file. A bare word is taken as text.
fn written(value: &str) -> toml::Value {
    let table: Result<toml::Table, _> = format!("value = {value}").parse();
    let found = table.ok().and_then(|mut it| it.remove("value"));
    found.unwrap_or_else(|| value.into())
}

/// The station list without some stations. The stations that these replaced are no longer replaced.
fn without_stations(text: &str, codes: &[String]) -> Result<String, String> {
    let code = |line: &str| line.split(',').next().unwrap_or_default().trim().to_owned();
    if let Some(unknown) = codes.iter().find(|it| !text.lines().any(|line| code(line) == **it)) {
        return Err(format!("the rule book of this log has no station {unknown}"));
    }
    let mut kept = String::new();
    for line in text.lines().filter(|line| !codes.contains(&code(line))) {
        let fields: Vec<&str> = line.split(',').collect();
        let gone = |(at, field): (usize, &&str)| at > 0 && codes.iter().any(|it| it == field);
        let fields: Vec<&str> = fields
            .iter()
            .enumerate()
            .map(|(at, field)| if gone((at, field)) { "" } else { field })
            .collect();
        kept.push_str(&fields.join(","));
        kept.push('\n');
    }
    Ok(kept)
}

const STATIONS_FILE: &str = "stations.csv";

/// Parses the rule books in logs.
pub(in crate::app) fn parse(files: &RuleFiles) -> Result<Arc<RuleBook>, String> {
    rule_book::parse(files.to_vec()).map(Arc::new).map_err(|error| error.to_string())
}

fn check_standard(rules: &Rules, id: &str) -> Result<(), Failure> {
    if rules.standards.iter().any(|it| &*it.id == id) {
        return Ok(());
    }
    let known: Vec<&str> = rules.standards.iter().map(|it| &*it.id).collect();
    Err(Failure::Usage(format!("no standard {id}; known are {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_changes_parameters_and_the_standard() {
        let overrides = Overrides { standard: Some("BTH-2018".into()), ..Overrides::default() };
        let book = load(None, &overrides.set("merge_gap_h", "24")).unwrap();
        let only = book.rules.parameters.only_standard.unwrap();
        assert_eq!(&*book.rules.standards[only].id, "BTH-2018");
        assert_eq!(book.rules.parameters.episodes.merge_gap_h, 24);
        assert_ne!(book.digest, load(None, &Overrides::default()).unwrap().digest);
    }

    #[test]
    fn the_run_file_of_a_folder_counts_where_no_option_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in rule_book::built_in() {
            let path = folder.path().join(&*name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &*text).unwrap();
        }
        let run = folder.path().join(RUN_FILE);
        let text = "only_standard = \"BTH-2018\"\n[parameters]\ngrace_min = 150\nsync_h = 6\n";
        std::fs::write(&run, text).unwrap();
        let load = |overrides: Overrides| load(Some(folder.path()), &overrides);
        let rules = &load(Overrides::default().set("sync_h", "10")).unwrap().rules;
        assert_eq!(
            (rules.parameters.closing.grace_min, rules.parameters.synchrony.sync_h),
            (150, 10)
        );
        assert!(rules.parameters.only_standard.is_some());
        std::fs::write(&run, "[parameters]\ngrace = 150\n").unwrap();
        let error = load(Overrides::default().set("sync_h", "10")).unwrap_err().to_string();
        assert!(error.contains("run.toml:2: parameters.grace"), "{error}");
    }

    #[test]
    fn what_is_unknown_is_refused_with_what_there_is() {
        let overrides = Overrides { standard: Some("BTH-1999".into()), ..Overrides::default() };
        let error = load(None, &overrides).unwrap_err().to_string();
        assert!(error.contains("BTH-2018"), "{error}");
        let error =
            load(None, &Overrides::default().set("merge_gap", "3")).unwrap_err().to_string();
        assert!(error.contains("merge_gap"), "{error}");
    }
}
