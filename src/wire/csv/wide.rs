//! One line an hour and pollutant, one column a station: CNEMC and bjmemc.
//!
//! ```text
//! date,hour,type,1001A,1002A,...
//! 20190112,16,PM2.5,352,,...
//! ```

use crate::domain::{Hour, Pollutant, Reason, StationIndex};
use crate::wire::stations::Stations;

use super::cells::{Cells, Measure};
use super::fields::{Fields, bare, count, text};
use super::layout::is_named;
use super::moment::{calendar_day, compact_hour};
use super::number::{MICROGRAMS, MILLIGRAMS, whole};

/// Fields before the first station.
pub(super) const LEADING: usize = 3;

/// Types that are computed from the others; their rows say only that the hour has come.
const DERIVED: [&str; 9] = [
    "AQI",
    "PM2.5_24h",
    "PM10_24h",
    "SO2_24h",
    "NO2_24h",
    "O3_24h",
    "O3_8h",
    "O3_8h_24h",
    "CO_24h",
];

/// The columns of one header.
#[derive(Debug)]
pub(super) struct Wide {
    columns: Vec<Column>,
    /// Columns without a name at the end, which rows may leave out if none has them.
    optional: usize,
}

/// One station's column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    station: Option<StationIndex>,
}

/// What a row holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum RowType {
    /// Values of a pollutant.
    Readings(Measure),
    /// Values that are computed from others.
    Derived,
}

impl Wide {
    pub(super) fn recognise(header: &[u8], stations: &Stations) -> Option<Self> {
        let mut fields = Fields::of(header);
        for name in ["date", "hour", "type"] {
            fields.next().filter(|field| is_named(field, name))?;
        }
        let columns: Vec<_> = fields.map(|field| Column::new(field, stations)).collect();
        let optional = columns.iter().rev().take_while(|it| it.name.is_empty()).count();
        // Names in another encoding than UTF-8 name no station.
        let is_text = str::from_utf8(header).is_ok();
        let is_known = is_text || columns.iter().any(|it| it.station.is_some());
        (optional < columns.len() && is_known).then_some(Self { columns, optional })
    }

    /// The stations of its columns that are not in the list.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|it| it.station.is_none()).map(|it| it.name.as_str())
    }

    pub(super) fn read(&mut self, line: &[u8], cells: &mut Cells) -> Option<Hour> {
        let (mut expected, present) = (LEADING + self.columns.len(), count(line));
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
        if present <= LEADING {
            refuse_stump(line, present, cells);
            return None;
        }
        let mut fields = Fields::of(line);
        let (date, hour, name) = (fields.next()?, fields.next()?, fields.next()?);
        let (hour, row) = row(date, hour, name, line, cells)?;
        // The last field of a cut line cannot be trusted, not even to be a field.
        let whole = if present < expected { present - LEADING - 1 } else { present - LEADING };
        let mut columns = self.columns.iter();
        if let RowType::Readings(measure) = row {
            for (column, field) in columns.by_ref().take(whole).zip(fields.by_ref()) {
                column.take(field, measure, cells);
            }
        }
        if present < expected
            && let (Some(column), Some(last)) = (self.columns.get(whole), Fields::of(line).last())
        {
            cells.refuse(Reason::Cut, &column.name, last);
        }
        Some(hour)
    }
}

impl Column {
    pub(super) fn new(field: &[u8], stations: &Stations) -> Self {
        let name = text(field);
        Self { station: stations.get(&name), name: name.into_owned() }
    }

    pub(super) fn take(&self, field: &[u8], measure: Measure, cells: &mut Cells) {
        cells.take(&self.name, self.station, field, measure);
    }
}

/// The hour and the type of a line, whatever follows.
pub(super) fn place(line: &[u8]) -> Option<(Hour, &[u8])> {
    let mut fields = Fields::of(line);
    let hour = compact_hour(fields.next()?, fields.next()?)?;
    Some((hour, bare(fields.next().unwrap_or_default())))
}

/// The hour and type of a row, or the row is refused.
pub(super) fn row(
    date: &[u8],
    hour: &[u8],
    name: &[u8],
    line: &[u8],
    cells: &mut Cells,
) -> Option<(Hour, RowType)> {
    let Some(end) = compact_hour(date, hour) else {
        let which = if calendar_day(date).is_some() { "no such hour" } else { "no such date" };
        cells.refuse_time(which, line);
        return None;
    };
    let pollutant = Pollutant::ALL.into_iter().find(|it| is_named(name, it.name()));
    if let Some(pollutant) = pollutant {
        let unit = if pollutant == Pollutant::Co { MILLIGRAMS } else { MICROGRAMS };
        return Some((end, RowType::Readings(Measure { pollutant, unit })));
    }
    if DERIVED.iter().any(|derived| is_named(name, derived)) {
        return Some((end, RowType::Derived));
    }
    cells.refuse_line(Reason::Unreadable, "no such type", line);
    None
}

/// A line that ends before its first value: cut, if it began as a row.
fn refuse_stump(line: &[u8], present: usize, cells: &mut Cells) {
    let mut fields = Fields::of(line);
    let (date, hour) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let began_as_a_row = match present {
        1 => whole(date).is_some() && date.len() <= 8,
        2 => calendar_day(date).is_some() && (hour.is_empty() || whole(hour).is_some()),
        _ => compact_hour(date, hour).is_some(),
    };
    if began_as_a_row {
        cells.refuse_line(Reason::Cut, "ends before its first value", line);
    } else {
        cells.refuse_line(Reason::Unreadable, "not a row", line);
    }
}
