//! The rule book as files: law as data, refused whole where one key is wrong.
//!
//! A set of named texts: `airshed.toml`, `stations.csv`, `measures.toml`, `standards/*.toml`,
//! `index/*.toml`, and for one run `run.toml`, which is put over the others. How to write them is
//! explained in `deploy/bth/README.md`.

mod approval;
mod built_in;
mod cooperation;
mod error;
mod indexes;
mod jurisdictions;
mod keys;
mod measures;
mod parameters;
mod standards;
mod station_list;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

pub use built_in::{built_in, built_in_with_answers};
pub use error::RuleBookError;
pub use station_list::station_places;

use crate::domain::{InForce, IndexStandard, RuleBook, Rules, Standard};
use jurisdictions::Jurisdictions;
use keys::{File, Keys, Value};

/// Names and texts of a rule book.
pub type Files = Vec<(Arc<str>, Arc<str>)>;

/// The file that overrides parameters for one run.
pub const RUN_FILE: &str = "run.toml";

const AIRSHED_FILE: &str = "airshed.toml";
const STATIONS_FILE: &str = "stations.csv";
const MEASURES_FILE: &str = "measures.toml";
/// The file that says by when bodies answer.
pub const COOPERATION_FILE: &str = "cooperation.toml";

/// Reads a rule book; the order of the files does not matter.
pub fn parse(mut files: Files) -> Result<RuleBook, RuleBookError> {
    files.sort();
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(of_file(&pair[0].0, "is given twice", "each file must be given once"));
    }
    let rules = rules(&files)?;
    Ok(RuleBook { digest: digest(&files).into(), files, rules })
}

/// SHA-256 over names and texts, each after its length, in sorted order.
fn digest(files: &Files) -> String {
    let mut hash = Sha256::new();
    for part in files.iter().flat_map(|(name, text)| [name, text]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes everything");
        text
    })
}

fn rules(files: &Files) -> Result<Rules, RuleBookError> {
    let named = by_name(files)?;
    let mut airshed = Keys::parse(needed(&named, AIRSHED_FILE)?)?;
    let name = airshed.need("name")?.shared()?;
    let mut parameters = airshed.need("parameters")?.keys()?;
    let jurisdictions = Jurisdictions::parse(&mut airshed)?;
    airshed.finish()?;
    let stations = station_list::parse(needed(&named, STATIONS_FILE)?, &jurisdictions)?;
    let (standards, in_force) = standards(&named, &jurisdictions)?;
    let indexes = indexes(&named)?;
    let (measures, floors) = measures::parse(needed(&named, MEASURES_FILE)?, &jurisdictions)?;
    let cooperation = match named.get(COOPERATION_FILE) {
        Some(file) => cooperation::parse(*file, &jurisdictions)?,
        None => None,
    };
    let only_standard = match named.get(RUN_FILE) {
        Some(file) => run(*file, &mut parameters, &standards)?,
        None => None,
    };
    let parameters = parameters::parse(parameters, only_standard, &standards)?;
    Ok(Rules {
        airshed: name,
        parameters,
        jurisdictions: jurisdictions.list,
        stations,
        standards,
        in_force,
        indexes,
        measures,
        floors,
        cooperation,
    })
}

type Named<'a> = BTreeMap<&'a str, File<'a>>;

fn by_name(files: &Files) -> Result<Named<'_>, RuleBookError> {
    for (name, _) in files {
        let known = [AIRSHED_FILE, STATIONS_FILE, MEASURES_FILE, COOPERATION_FILE, RUN_FILE]
            .contains(&&**name);
        if !known && !in_folder(name, "standards/") && !in_folder(name, "index/") {
            let remedy = "known are airshed.toml, stations.csv, measures.toml, run.toml, \
                          standards/*.toml, index/*.toml";
            return Err(of_file(name, "is not part of a rule book", remedy));
        }
    }
    Ok(files.iter().map(|(name, text)| (&**name, File { name, text })).collect())
}

fn in_folder(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder).and_then(|it| it.strip_suffix(".toml")).is_some()
}

fn needed<'a>(files: &Named<'a>, name: &str) -> Result<File<'a>, RuleBookError> {
    files.get(name).copied().ok_or_else(|| of_file(name, "is missing", "it must be there"))
}

fn of_file(name: &str, problem: &str, remedy: &str) -> RuleBookError {
    RuleBookError {
        file: name.to_owned(),
        line: None,
        key: "the file".to_owned(),
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// All standards by their ids, and where they are in force: by jurisdiction, oldest first.
fn standards(
    files: &Named<'_>,
    jurisdictions: &Jurisdictions,
) -> Result<(Vec<Standard>, Vec<InForce>), RuleBookError> {
    let mut read = Vec::new();
    for (name, file) in files.iter().filter(|(name, _)| in_folder(name, "standards/")) {
        read.push((standards::parse(*file, jurisdictions)?, name));
    }
    read.sort_by(|a, b| a.0.0.id.cmp(&b.0.0.id));
    if let Some([_, ((standard, _), name)]) =
        read.windows(2).find(|pair| pair[0].0.0.id == pair[1].0.0.id)
    {
        let problem = format!("another file has the id \"{}\"", standard.id);
        return Err(of_file(name, &problem, "each must be unique"));
    }
    let mut standards = Vec::new();
    let mut in_force = Vec::new();
    for (place, ((standard, entries), _)) in read.into_iter().enumerate() {
        standards.push(standard);
        in_force
            .extend(entries.into_iter().map(|(it, at)| (InForce { standard: place, ..it }, at)));
    }
    in_force.sort_by_key(|(it, _)| (it.jurisdiction, it.from));
    refuse_overlap(&in_force, &standards)?;
    Ok((standards, in_force.into_iter().map(|(it, _)| it).collect()))
}

/// One jurisdiction has one standard at a time; one without an end ends where the next begins.
fn refuse_overlap(
    in_force: &[(InForce, Value<'_>)],
    standards: &[Standard],
) -> Result<(), RuleBookError> {
    let overlapping = in_force.windows(2).find(|pair| {
        let [(earlier, _), (later, _)] = pair else { return false };
        let end = earlier.until.unwrap_or(earlier.from);
        earlier.jurisdiction == later.jurisdiction && later.from <= end
    });
    let Some([(earlier, _), (later, at)]) = overlapping else { return Ok(()) };
    let id = &standards[earlier.standard].id;
    let problem = format!("{id} is still in force there on {}", later.from);
    Err(at.refuse(&problem, "give the earlier one an earlier `until`"))
}

/// Oldest first.
fn indexes(files: &Named<'_>) -> Result<Vec<IndexStandard>, RuleBookError> {
    let mut read: Vec<(IndexStandard, &str)> = Vec::new();
    for (name, file) in files.iter().filter(|(name, _)| in_folder(name, "index/")) {
        let new = indexes::parse(*file)?;
        if let Some((same, _)) = read.iter().find(|(it, _)| it.id == new.id || it.from == new.from)
        {
            let problem = format!("has id or `from` of {}", same.id);
            return Err(of_file(name, &problem, "each must be unique"));
        }
        read.push((new, name));
    }
    if read.is_empty() {
        return Err(of_file("index/*.toml", "is missing", "grades need at least one index"));
    }
    read.sort_by_key(|(it, _)| it.from);
    Ok(read.into_iter().map(|(it, _)| it).collect())
}

/// Puts `run.toml` over the parameters; gives back the place of the only standard, if it names one.
fn run<'a>(
    file: File<'a>,
    parameters: &mut Keys<'a>,
    standards: &[Standard],
) -> Result<Option<usize>, RuleBookError> {
    let mut keys = Keys::parse(file)?;
    if let Some(over) = keys.take("parameters") {
        parameters.overlay(over.keys()?);
    }
    let only = match keys.take("only_standard") {
        None => None,
        Some(value) => {
            let words: Vec<_> = standards.iter().zip(0..).map(|(it, at)| (&*it.id, at)).collect();
            Some(value.one_of(&words)?)
        }
    };
    keys.finish()?;
    Ok(only)
}

#[cfg(test)]
mod tests;
