//! What the tests of this folder share: small rules, real files, commands as text.

use std::fmt::Write as _;
use std::io::{Cursor, Read as _};
use std::sync::Arc;

use crate::domain::{
    Batch, Command, Division, Jurisdiction, JurisdictionIndex, MISSING, OutlookHour, Parameters,
    Pollutant, Refusal, Rules, Station, Stream,
};
use crate::wire::stations::Stations;

use super::fields::{Fields, text};
use super::forecast::ForecastFile;
use super::packed::unpack;
use super::reader::Reader;

/// Two jurisdictions; a code, its aliases, and whether it is a control point.
pub(crate) fn small_rules() -> Rules {
    rules_with(vec![
        station("1001A", &["万寿西宫", "Wanshouxigong", "wanshouxigong"], 0, false),
        station("1002A", &["定陵", "dingling"], 0, true),
        station("1003A", &["东四", "dongsi"], 0, false),
        station("1028A", &[], 1, false),
    ])
}

/// The stations of the 13 cities, with their names in the Beijing, UCI and KDD files.
pub(crate) fn real_rules() -> Option<Rules> {
    let list = shared("stations.csv")?;
    let names = shared("beijing35_stations.csv")?;
    let rows = |bytes: &[u8]| -> Vec<Vec<String>> {
        let lines = bytes.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty());
        lines.map(|line| Fields::of(line).map(|it| text(it).into_owned()).collect()).collect()
    };
    let names = rows(&names);
    let mut stations: Vec<Station> = Vec::new();
    for row in rows(&list).iter().filter(|row| row[6] == "BTH") {
        let aliases = names.iter().filter(|it| it[5] == row[0]).flat_map(|it| {
            let uci = if it[1] == "pingchang" { "changping" } else { &it[1] };
            let capital = uci[..1].to_uppercase() + &uci[1..];
            [it[0].clone(), it[1].clone(), capital]
        });
        let aliases: Vec<_> = aliases.collect();
        let aliases: Vec<_> = aliases.iter().map(String::as_str).collect();
        stations.push(station(&row[0], &aliases, 0, row[7] == "1"));
    }
    Some(rules_with(stations))
}

fn station(code: &str, aliases: &[&str], jurisdiction: u16, control_point: bool) -> Station {
    Station {
        code: code.into(),
        name: code.into(),
        aliases: aliases.iter().map(|it| Arc::from(*it)).collect(),
        jurisdiction: JurisdictionIndex(jurisdiction),
        control_point,
        start: None,
        stop: None,
        replaced_on: None,
    }
}

fn rules_with(stations: Vec<Station>) -> Rules {
    let jurisdiction = |division, name: &str| Jurisdiction {
        division: Division(division),
        name: name.into(),
        name_zh: name.into(),
        answers_to: None,
        follows: None,
    };
    Rules {
        airshed: "test".into(),
        parameters: parameters(),
        jurisdictions: vec![
            jurisdiction(110_000, "Beijing"),
            jurisdiction(130_100, "Shijiazhuang"),
        ],
        stations,
        standards: Vec::new(),
        in_force: Vec::new(),
        indexes: Vec::new(),
        measures: Vec::new(),
        floors: Vec::new(),
        cooperation: None,
    }
}

fn parameters() -> Parameters {
    let mut parameters = Parameters::defaults();
    parameters.closing.closes_on = vec![Pollutant::Pm25];
    parameters
}

/// The bytes of a file of measured data. Without it the test is skipped.
pub(crate) fn shared(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(crate::skip::shared_data(name)?).unwrap())
}

/// The plain bytes of such a file.
pub(crate) fn shared_plain(name: &str) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    unpack(Box::new(Cursor::new(shared(name)?))).unwrap().read_to_end(&mut plain).unwrap();
    Some(plain)
}

/// All commands of a file.
pub(crate) fn read(name: &str, bytes: &[u8], rules: &Rules) -> Vec<Command> {
    let stations = Arc::new(Stations::new(rules));
    Reader::open(Stream::file(name), Cursor::new(bytes.to_vec()), stations).collect()
}

/// Commands as text, a batch row or a refusal a line.
pub(crate) fn render(commands: &[Command], rules: &Rules) -> String {
    let mut text = String::new();
    for command in commands {
        match command {
            Command::Observe(batch) => render_batch(batch, rules, &mut text),
            Command::Refuse(refusal) => render_refusal(refusal, &mut text),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::Tick(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)
            | Command::Give(_) => panic!("not from a file of readings: {command:?}"),
        }
    }
    text
}

fn render_batch(batch: &Batch, rules: &Rules, text: &mut String) {
    let mut readings = batch.readings.iter();
    writeln!(text, "{}", &batch.hour.to_string()[..13]).unwrap();
    for row in &batch.rows {
        write!(text, "  {}:", row.position).unwrap();
        for reading in readings.by_ref().take(row.readings as usize) {
            let code = &rules.stations[usize::from(reading.station.0)].code;
            write!(text, " {code} {}", reading.pollutant.name()).unwrap();
            match reading.tenths {
                MISSING => text.push_str(" missing;"),
                tenths => write!(text, " {};", f64::from(tenths) / 10.0).unwrap(),
            }
        }
        text.push('\n');
    }
    assert_eq!(readings.len(), 0, "every reading belongs to a row");
}

pub(crate) fn render_refusal(refusal: &Refusal, text: &mut String) {
    assert!(refusal.excerpt.chars().count() <= 120, "{}", refusal.excerpt);
    assert!(!refusal.excerpt.chars().any(char::is_control), "{:?}", refusal.excerpt);
    let position = refusal.source.as_ref().unwrap().position;
    let hour = refusal.hour.map(|it| format!(" of {}", &it.to_string()[..13]));
    let (reason, hour) = (refusal.reason.name(), hour.unwrap_or_default());
    writeln!(text, "! {position} {reason} {}{hour}: {}", refusal.count, refusal.excerpt).unwrap();
}

/// Forecasts as text, an outlook or a refusal a line.
pub(crate) fn render_forecasts(file: &ForecastFile, rules: &Rules) -> String {
    let mut text = String::new();
    for forecast in &file.forecasts {
        let source = forecast.source.as_ref().unwrap();
        writeln!(text, "{} {} {source}", forecast.issued_at, forecast.maker).unwrap();
        for outlook in &forecast.outlooks {
            let jurisdiction = &rules.jurisdictions[usize::from(outlook.jurisdiction.0)];
            let first = &outlook.first.to_string()[..13];
            write!(text, "  {} from {first}:", jurisdiction.division).unwrap();
            for hour in &outlook.hours {
                match hour {
                    OutlookHour::Silent => text.push_str(" -"),
                    OutlookHour::Missing => text.push_str(" missing"),
                    OutlookHour::Range { lower_ug_m3, upper_ug_m3 } => {
                        write!(text, " {lower_ug_m3}-{upper_ug_m3}").unwrap();
                    }
                }
            }
            text.push('\n');
        }
    }
    for refusal in &file.refusals {
        render_refusal(refusal, &mut text);
    }
    text
}
