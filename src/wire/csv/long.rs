//! One line an hour and station, one column a pollutant: UCI PRSA, and CNEMC since 2022.
//!
//! ```text
//! "No","year","month","day","hour","PM2.5",...,"station"
//! timepoint,stationcode,...,pm10,pm10_24h,pm2_5,...
//! ```

use std::ops::Range;

use crate::domain::{Hour, Pollutant, Reason, StationIndex};
use crate::wire::stations::Stations;

use super::cells::{Cells, Measure};
use super::fields::{Fields, places, text};
use super::layout::is_named;
use super::missing::is_missing;
use super::moment::{beijing_hour, calendar_date, hour_of_day};
use super::number::{MICROGRAMS, MILLIGRAMS};

/// What a column holds.
#[derive(Clone, Copy, Debug)]
enum Role {
    Year,
    Month,
    Day,
    Hour,
    Timepoint,
    Station,
    Area,
    Value(Measure),
    Other,
}

/// The columns of one header.
#[derive(Debug)]
pub(super) struct Long {
    columns: Vec<(String, Role)>,
    /// Columns without a name at the end, which rows may leave out if none has them.
    optional: usize,
    /// The station of the row before: mostly the same again.
    station: Station,
    /// The fields of the row at hand.
    places: Vec<Range<usize>>,
}

#[derive(Debug, Default)]
struct Station {
    bytes: Vec<u8>,
    name: String,
    index: Option<StationIndex>,
}

/// The trusted fields of one row that say when and where.
#[derive(Default)]
struct RowKey<'a> {
    date: [Option<&'a [u8]>; 3],
    hour: Option<&'a [u8]>,
    timepoint: Option<&'a [u8]>,
    station: Option<&'a [u8]>,
    area: Option<&'a [u8]>,
}

impl Long {
    pub(super) fn recognise(header: &[u8]) -> Option<Self> {
        let role = if has_all(header, &["year", "month", "day", "hour", "PM2.5", "station"]) {
            prsa_role
        } else if has_all(header, &["timepoint", "stationcode", "pm2_5"]) {
            hour_file_role
        } else {
            return None;
        };
        let columns: Vec<_> =
            Fields::of(header).map(|field| (text(field).into_owned(), role(field))).collect();
        let optional = columns.iter().rev().take_while(|it| it.0.is_empty()).count();
        Some(Self { columns, optional, station: Station::default(), places: Vec::new() })
    }

    pub(super) fn read(
        &mut self,
        line: &[u8],
        stations: &Stations,
        cells: &mut Cells,
    ) -> Option<Hour> {
        places(line, &mut self.places);
        let (mut expected, present) = (self.columns.len(), self.places.len());
        if present >= expected {
            self.optional = 0;
        } else if present >= expected - self.optional {
            expected = present;
        }
        if present > expected {
            let why = format!("{present} fields instead of {expected}");
            cells.refuse_line(Reason::Unreadable, &why, line);
            return None;
        }
        // The last field of a cut line cannot be trusted, not even to be a field.
        let trusted = if present < expected { present - 1 } else { present };
        let place = self.place(line, trusted);
        let Some(hour) = place.end() else {
            let began_as_a_row = line.first().is_some_and(u8::is_ascii_digit);
            if place.has_time() {
                cells.refuse_time("no such hour", line);
            } else if began_as_a_row {
                cells.refuse_line(Reason::Cut, "ends before its first value", line);
            } else {
                cells.refuse_line(Reason::Unreadable, "not a row", line);
            }
            return None;
        };
        match place.station {
            Some(station) => {
                let area = place.area.unwrap_or_default();
                self.take_values(line, trusted, (station, area), stations, cells);
            }
            None => self.refuse_values(line, trusted, cells),
        }
        if present < expected {
            let last = &line[self.places[trusted].clone()];
            cells.refuse(Reason::Cut, &self.columns[trusted].0, last);
        }
        Some(hour)
    }

    /// The hour and the station of a whole line.
    pub(super) fn hour_and_station<'a>(
        &mut self,
        line: &'a [u8],
    ) -> Option<(Hour, Option<&'a [u8]>)> {
        places(line, &mut self.places);
        let least = self.columns.len() - self.optional;
        if !(least..=self.columns.len()).contains(&self.places.len()) {
            return None;
        }
        let place = self.place(line, self.places.len());
        Some((place.end()?, place.station))
    }

    fn place<'a>(&self, line: &'a [u8], trusted: usize) -> RowKey<'a> {
        let mut place = RowKey::default();
        for ((_, role), at) in self.columns.iter().zip(&self.places[..trusted]) {
            let field = Some(&line[at.clone()]);
            match role {
                Role::Year => place.date[0] = field,
                Role::Month => place.date[1] = field,
                Role::Day => place.date[2] = field,
                Role::Hour => place.hour = field,
                Role::Timepoint => place.timepoint = field,
                Role::Station => place.station = field,
                Role::Area => place.area = field,
                Role::Value(_) | Role::Other => {}
            }
        }
        place
    }

    fn take_values(
        &mut self,
        line: &[u8],
        trusted: usize,
        (station, area): (&[u8], &[u8]),
        stations: &Stations,
        cells: &mut Cells,
    ) {
        if self.station.bytes != station {
            let name = text(station).into_owned();
            let index = stations.get(&name);
            if index.is_none() {
                cells.note_unknown(&name, &text(area));
            }
            self.station = Station { bytes: station.to_vec(), name, index };
        }
        for ((_, role), at) in self.columns.iter().zip(&self.places[..trusted]) {
            if let Role::Value(measure) = role {
                cells.take(&self.station.name, self.station.index, &line[at.clone()], *measure);
            }
        }
    }

    /// A line that is cut off before its stations.
    fn refuse_values(&self, line: &[u8], trusted: usize, cells: &mut Cells) {
        for ((column, role), at) in self.columns.iter().zip(&self.places[..trusted]) {
            if let Role::Value(_) = role
                && !is_missing(&line[at.clone()])
            {
                cells.refuse(Reason::Cut, column, &line[at.clone()]);
            }
        }
    }
}

impl RowKey<'_> {
    fn has_time(&self) -> bool {
        let by_parts = self.date.iter().all(Option::is_some) && self.hour.is_some();
        by_parts || self.timepoint.is_some()
    }

    /// The end of its hour.
    fn end(&self) -> Option<Hour> {
        if let Some(timepoint) = self.timepoint {
            return beijing_hour(timepoint);
        }
        let [year, month, day] = self.date;
        let date = calendar_date(year?, month?, day?)?;
        Hour::of_beijing(date, hour_of_day(self.hour?)?)
    }
}

fn has_all(header: &[u8], names: &[&str]) -> bool {
    names.iter().all(|name| Fields::of(header).any(|field| is_named(field, name)))
}

fn prsa_role(field: &[u8]) -> Role {
    let roles = [
        ("year", Role::Year),
        ("month", Role::Month),
        ("day", Role::Day),
        ("hour", Role::Hour),
        ("station", Role::Station),
    ];
    let value = Pollutant::ALL.into_iter().find(|it| is_named(field, it.name()));
    if let Some(pollutant) = value {
        return Role::Value(Measure { pollutant, unit: MICROGRAMS });
    }
    roles.into_iter().find(|(name, _)| is_named(field, name)).map_or(Role::Other, |it| it.1)
}

fn hour_file_role(field: &[u8]) -> Role {
    let pollutants = [
        ("pm2_5", Pollutant::Pm25),
        ("pm10", Pollutant::Pm10),
        ("so2", Pollutant::So2),
        ("no2", Pollutant::No2),
        ("o3", Pollutant::O3),
        ("co", Pollutant::Co),
    ];
    if let Some((_, pollutant)) = pollutants.into_iter().find(|(name, _)| is_named(field, name)) {
        let unit = if pollutant == Pollutant::Co { MILLIGRAMS } else { MICROGRAMS };
        return Role::Value(Measure { pollutant, unit });
    }
    if is_named(field, "timepoint") {
        Role::Timepoint
    } else if is_named(field, "stationcode") {
        Role::Station
    } else if is_named(field, "area") {
        Role::Area
    } else {
        Role::Other
    }
}
