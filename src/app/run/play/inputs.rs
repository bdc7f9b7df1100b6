//! The inputs of a play: files of readings, the source of forecasts, and excluded intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use crate::domain::{Averaging, Date, Exclusion, Pollutant, RuleBook, Rules};
use crate::engine::{Hindsight, Outlooks, WithCommands, WithOutlooks};
use crate::io::files::{FileInbox, Jump, read_commands};
use crate::wire::csv::{ExclusionError, ForecastError, read_exclusions, read_forecasts};
use crate::wire::stations::Stations;

use super::Failure;
use crate::app::support::outlook::OutlookChoice;

/// The inputs that the arguments name.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Inputs<'a> {
    /// Files of readings.
    pub(in crate::app) files: &'a [PathBuf],
    /// The source of forecasts.
    pub(in crate::app) outlook: &'a OutlookChoice,
    /// A file of excluded intervals.
    pub(in crate::app) exclude: Option<&'a Path>,
}

/// Opens all inputs. A file that cannot be an input is a usage error.
pub(in crate::app) fn open(
    inputs: Inputs<'_>,
    book: &RuleBook,
) -> Result<WithOutlooks<FileInbox>, Failure> {
    for file in inputs.files {
        if !file.is_file() {
            let words = format!("{} is no file; name files of readings", file.display());
            return Err(Failure::Usage(words));
        }
    }
    let stations = Arc::new(Stations::new(&book.rules));
    let max_jump_h = book.rules.parameters.closing.max_jump_h;
    let mut files = FileInbox::open(inputs.files, Arc::clone(&stations), max_jump_h)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    if files.first_hour().is_none() {
        return Err(nothing_readable(&files)?.into());
    }
    let mut names: BTreeSet<_> = files.streams().iter().map(|it| it.name.to_string()).collect();
    let exclusions = match inputs.exclude {
        None => Vec::new(),
        Some(path) => exclusions(path, &unique(path, &mut names)?, &book.rules)?,
    };
    let outlooks = match inputs.outlook {
        OutlookChoice::None | OutlookChoice::Persistence(_) => Outlooks::None,
        OutlookChoice::Hindsight(ahead_h) => {
            let looked = Hindsight::look(book, *ahead_h, &mut files).context("looking ahead")?;
            Outlooks::Hindsight(looked)
        }
        OutlookChoice::File(path) => {
            forecasts(path, &unique(path, &mut names)?, &book.rules, &stations)?
        }
    };
    Ok(WithOutlooks::new(files, outlooks, exclusions))
}

/// Puts the lines of a file of commands between the rows.
pub(super) fn with_commands(
    inbox: WithOutlooks<FileInbox>,
    path: Option<&Path>,
    book: &RuleBook,
) -> Result<WithCommands<WithOutlooks<FileInbox>>, Failure> {
    let mut names = inbox.names();
    names.extend(inbox.inner().streams().iter().map(|it| it.name.to_string()));
    let lines = match path {
        None => Vec::new(),
        Some(path) => {
            unique(path, &mut names)?;
            read_commands(path).map_err(|error| Failure::Usage(error.to_string()))?
        }
    };
    Ok(WithCommands::new(inbox, lines, &book.rules.parameters))
}

/// The formats that can be read.
const KNOWN: &str = "Files that are read, plain or packed by gzip or xz, have a header such as\n  \
    date,hour,type,1001A,1002A,...          (china_sites, beijing_all, beijing_extra)\n  \
    date,20180101,20180101,...              (the same on its side)\n  \
    timepoint,stationcode,...,pm2_5,...     (hour files since 2022)\n  \
    No,year,month,day,hour,PM2.5,...,station  (UCI PRSA)";

/// The error for files without a single readable row.
fn nothing_readable(files: &FileInbox) -> anyhow::Result<anyhow::Error> {
    let seen = files.unreadable()?;
    let lines = seen.iter().map(|(path, why)| format!("\n  {}: {why}", path.display()));
    Ok(anyhow!(
        "nothing was read, because no file has a row of readings:{}\n{KNOWN}",
        lines.collect::<String>()
    ))
}

/// Notes about stations that are not in the list: one line for each place of the airshed, one for
/// all other places, and one for stations without a place.
pub(in crate::app) fn unknown(files: &FileInbox, rules: &Rules) -> Vec<String> {
    unknown_by_place(files.unknown(), rules)
}

fn unknown_by_place(unknown: &BTreeMap<String, String>, rules: &Rules) -> Vec<String> {
    const SHOWN: usize = 5;
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (station, place) in unknown {
        let is_member = rules.jurisdictions.iter().any(|it| *it.name_zh == **place);
        let of_place = match &**place {
            "" => String::new(),
            place if is_member => format!(" of {place}"),
            _ => " of places outside the airshed".to_owned(),
        };
        places.entry(of_place).or_default().push(station);
    }
    let line = |(of_place, stations): (String, Vec<&str>)| {
        let (count, shown) = (stations.len(), stations[..stations.len().min(SHOWN)].join(", "));
        let more =
            if count > SHOWN { format!(" and {} more", count - SHOWN) } else { String::new() };
        let (noun, are) = if count == 1 { ("station", "is") } else { ("stations", "are") };
        format!(
            "{count} {noun}{of_place} {are} not in the list of stations ({shown}{more}): values of \
             theirs are refused (unknown_station)"
        )
    };
    places.into_iter().map(line).collect()
}

/// Advice about rows that were too far ahead of the rows before them: one line for each file.
pub(in crate::app) fn jumps(files: &FileInbox, rules: &Rules) -> Vec<String> {
    let max_jump_h = rules.parameters.closing.max_jump_h;
    files.jumps().map(|(file, jump)| note_of(&file.name, jump, max_jump_h)).collect()
}

fn note_of(file: &str, jump: Jump, max_jump_h: i32) -> String {
    let Jump { line, hour, rows, to_the_end } = jump;
    if to_the_end {
        return format!(
            "{file}: the {rows} rows from line {line} ({hour}) on come after a gap of over \
             {max_jump_h} h (max_jump_h) and are refused (from_the_future): put them into a file \
             of their own, with the header, and play it after this one"
        );
    }
    format!(
        "{file}: {rows} rows are over {max_jump_h} h (max_jump_h) ahead of the rows before them \
         and are refused (from_the_future), the first in line {line} ({hour}): if this is no \
         wrong date, play them as a file of their own"
    )
}

fn forecasts(
    path: &Path,
    name: &str,
    rules: &Rules,
    stations: &Stations,
) -> Result<Outlooks, Failure> {
    let inverse = |date, index| inverse(rules, date, index);
    let read = read_forecasts(name, bytes(path)?, rules, stations, &inverse);
    let file = path.display().to_string();
    let read = read
        .map_err(|error| match error {
            ForecastError::Header { found, .. } => ForecastError::Header { file, found },
            ForecastError::Bytes { error, .. } => ForecastError::Bytes { file, error },
        })
        .map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Outlooks::Issued { forecasts: read.forecasts, refusals: read.refusals })
}

/// The PM2.5 of an index, by the index standard in force on that day. Days before the first
/// standard use the first one, as grading does.
fn inverse(rules: &Rules, date: Date, index: u16) -> u16 {
    let standard = rules.index(date).or(rules.indexes.first());
    let scale = standard.and_then(|it| it.scale(Pollutant::Pm25, Averaging::Hour24));
    scale.map_or(index, |it| it.inverse_whole(index))
}

fn exclusions(path: &Path, name: &str, rules: &Rules) -> Result<Vec<Exclusion>, Failure> {
    let read = read_exclusions(name, bytes(path)?, rules);
    let with_path = |error| ExclusionError { file: path.display().to_string(), ..error };
    read.map_err(|error| Failure::Usage(with_path(error).to_string()))
}

fn bytes(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

/// The name of a file in the log.
fn unique(path: &Path, names: &mut BTreeSet<String>) -> Result<String, Failure> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    if names.insert(name.clone()) {
        return Ok(name);
    }
    let path = path.display();
    Err(Failure::Usage(format!("{path}: another file of this play has that name; rename one")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Hour;
    use crate::wire::rule_book;

    #[test]
    fn unknown_stations_are_listed_by_their_place() {
        let book = rule_book::parse(rule_book::built_in()).unwrap();
        let station = |(code, place): (&str, &str)| (code.to_owned(), place.to_owned());
        let mut unknown: BTreeMap<String, String> =
            [("9001A", "北京市"), ("9002A", "上海市"), ("9003A", "")].map(station).into();
        unknown.extend((10..26).map(|it| (format!("8{it}A"), "北京市".to_owned())));
        let notes = unknown_by_place(&unknown, &book.rules);
        let [none, other, member] = &notes[..] else { panic!("{notes:?}") };
        assert!(none.starts_with("1 station is not in the list of stations (9003A)"), "{none}");
        let expected = "17 stations of 北京市 are not in the list of stations (810A, 811A, 812A, \
                        813A, 814A and 12 more)";
        assert!(member.starts_with(expected), "{member}");
        let expected = "1 station of places outside the airshed is not in the list";
        assert!(other.starts_with(expected), "{other}");
    }

    #[test]
    fn a_gap_and_a_wrong_date_are_distinguished() {
        let hour = Date::parse("2019-03-01").and_then(|it| Hour::of_beijing(it, 5)).unwrap();
        let check = |to_the_end: bool, expected: [&str; 2]| {
            let notes = note_of("a.csv", Jump { line: 7, hour, rows: 3, to_the_end }, 720);
            assert!(expected.iter().all(|it| notes.contains(it)), "{notes}");
        };
        check(true, ["the 3 rows from line 7 (2019-03-01T05:00:00+08:00) on", "720 h"]);
        check(false, ["3 rows are over 720 h", "the first in line 7"]);
    }

    #[test]
    fn an_index_becomes_what_it_stands_for_on_its_day() {
        let book = rule_book::parse(rule_book::built_in()).unwrap();
        let check = |date: &str, index: u16, ug_m3: u16| {
            let date = Date::parse(date).unwrap();
            assert_eq!(inverse(&book.rules, date, index), ug_m3, "{date} {index}");
        };
        check("2019-01-12", 100, 75);
        check("2019-01-12", 250, 200);
        check("2026-03-01", 100, 60);
        check("2010-01-01", 500, 500);
    }
}
