//! `stations.csv`: the stations. Plain fields between commas; no field needs quotes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RuleBookError;
use super::jurisdictions::{Jurisdictions, read_division};
use super::keys::File;
use crate::domain::{Date, RuleBook, Station};

const COLUMNS: [&str; 10] = [
    "code",
    "name",
    "aliases",
    "jurisdiction",
    "control_point",
    "start",
    "stop",
    "replaced_by",
    "lon",
    "lat",
];

/// One line, cut into its fields.
#[derive(Clone, Copy)]
struct Line<'a> {
    file: &'a str,
    number: usize,
    fields: [&'a str; 10],
}

pub(super) fn parse(
    file: File<'_>,
    jurisdictions: &Jurisdictions,
) -> Result<Vec<Station>, RuleBookError> {
    let mut read = Vec::new();
    for line in lines(file)? {
        read.push((station(line, jurisdictions)?, line));
    }
    read.sort_by(|(a, _), (b, _)| a.code.cmp(&b.code));
    refuse_repeated_names(&read)?;
    let starts: BTreeMap<_, _> =
        read.iter().map(|(it, _)| (Arc::clone(&it.code), it.start)).collect();
    for (station, line) in &mut read {
        station.replaced_on = match line.field("replaced_by") {
            "" => None,
            successor => match starts.get(successor) {
                Some(Some(start)) => Some(*start),
                Some(None) => {
                    return Err(line.refuse("replaced_by", "the successor must have a `start`"));
                }
                None => return Err(line.refuse("replaced_by", "no station has that code")),
            },
        };
    }
    if let Some(lonely) = (0..).zip(&jurisdictions.list).find_map(|(place, jurisdiction)| {
        let stations = read.iter().any(|(it, _)| usize::from(it.jurisdiction.0) == place);
        (stations == jurisdiction.follows.is_some()).then_some(jurisdiction)
    }) {
        return Err(RuleBookError {
            file: file.name.to_owned(),
            line: None,
            key: "jurisdiction".to_owned(),
            problem: match lonely.follows {
                Some(_) => format!("{} follows another and has stations", lonely.division),
                None => {
                    format!("{} has no station and follows no other jurisdiction", lonely.division)
                }
            },
            remedy: "give it stations here or `follows` in airshed.toml, and not both".to_owned(),
        });
    }
    Ok(read.into_iter().map(|(station, _)| station).collect())
}

/// Longitude and latitude of each station of a rule book that has them, in degrees, by code.
pub fn station_places(book: &RuleBook) -> BTreeMap<Arc<str>, (f64, f64)> {
    let text = book.files.iter().find(|(name, _)| &**name == "stations.csv").map_or("", |it| &it.1);
    let lines = lines(File { name: "stations.csv", text }).unwrap_or_default();
    let place = |it: &Line<'_>| {
        let degrees = |key| it.field(key).parse::<f64>().ok();
        Some((Arc::from(it.field("code")), (degrees("lon")?, degrees("lat")?)))
    };
    lines.iter().filter_map(place).collect()
}

fn lines(file: File<'_>) -> Result<Vec<Line<'_>>, RuleBookError> {
    let mut lines = (1..).zip(file.text.lines());
    let cut = |number: usize, text: &'_ str| {
        let refused = |problem: String| RuleBookError {
            file: file.name.to_owned(),
            line: Some(number),
            key: "the line".to_owned(),
            problem,
            remedy: format!("right are {} fields: {}", COLUMNS.len(), COLUMNS.join(",")),
        };
        if text.contains('"') {
            return Err(refused("has quotes".to_owned()));
        }
        Ok(refused(format!("has {} fields", text.split(',').count())))
    };
    let mut cut_all = Vec::new();
    for (number, text) in &mut lines {
        let refused = cut(number, text)?;
        let Ok(fields) = <[&str; 10]>::try_from(text.split(',').collect::<Vec<_>>()) else {
            return Err(refused);
        };
        if number == 1 && fields != COLUMNS {
            return Err(RuleBookError { problem: "is not the header".to_owned(), ..refused });
        }
        if number > 1 {
            cut_all.push(Line { file: file.name, number, fields });
        }
    }
    Ok(cut_all)
}

fn station(line: Line<'_>, jurisdictions: &Jurisdictions) -> Result<Station, RuleBookError> {
    for key in ["code", "name"] {
        if line.field(key).trim() != line.field(key) || line.field(key).is_empty() {
            return Err(line.refuse(key, "it must be given, without blanks around it"));
        }
    }
    let jurisdiction = read_division(line.field("jurisdiction"))
        .and_then(|it| jurisdictions.named(it))
        .ok_or_else(|| line.refuse("jurisdiction", &jurisdictions.known()))?;
    let control_point = match line.field("control_point") {
        "0" => false,
        "1" => true,
        _ => return Err(line.refuse("control_point", "right is 0 or 1")),
    };
    for key in ["lon", "lat"] {
        let degrees = line.field(key).parse::<f64>();
        if !line.field(key).is_empty() && !degrees.is_ok_and(|it| it.abs() <= 180.0) {
            return Err(line.refuse(key, "right are degrees such as 116.3621, or nothing"));
        }
    }
    let (start, stop) = (line.date("start")?, line.date("stop")?);
    if start.zip(stop).is_some_and(|(start, stop)| stop <= start) {
        return Err(line.refuse("stop", "it must be after `start`"));
    }
    Ok(Station {
        code: line.field("code").into(),
        name: line.field("name").into(),
        aliases: line
            .field("aliases")
            .split(';')
            .filter(|it| !it.is_empty())
            .map(Arc::from)
            .collect(),
        jurisdiction,
        control_point,
        start,
        stop,
        replaced_on: None,
    })
}

/// A code or an alias that two stations have could not be looked up.
fn refuse_repeated_names(read: &[(Station, Line<'_>)]) -> Result<(), RuleBookError> {
    let mut seen = BTreeMap::new();
    for (station, line) in read {
        let codes = std::iter::once(("code", &station.code));
        for (key, name) in codes.chain(station.aliases.iter().map(|it| ("aliases", it))) {
            if let Some(first) = seen.insert(name, line.number) {
                return Err(RuleBookError {
                    problem: format!("\"{name}\" is given twice"),
                    ..line.refuse(key, &format!("line {first} has it too; each must be unique"))
                });
            }
        }
    }
    Ok(())
}

impl<'a> Line<'a> {
    fn field(&self, key: &str) -> &'a str {
        let place = COLUMNS.iter().position(|it| *it == key);
        place.map_or("", |it| self.fields[it])
    }

    fn date(&self, key: &str) -> Result<Option<Date>, RuleBookError> {
        match self.field(key) {
            "" => Ok(None),
            text => match Date::parse(text) {
                Some(date) => Ok(Some(date)),
                None => Err(self.refuse(key, "right is a date such as 2015-07-02, or nothing")),
            },
        }
    }

    fn refuse(&self, key: &str, remedy: &str) -> RuleBookError {
        RuleBookError {
            file: self.file.to_owned(),
            line: Some(self.number),
            key: key.to_owned(),
            problem: format!("\"{}\" is wrong", self.field(key)),
            remedy: remedy.to_owned(),
        }
    }
}
