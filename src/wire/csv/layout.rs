//! Which format a header announces.

use crate::domain::Hour;
use crate::wire::stations::Stations;

use super::cells::Cells;
use super::fields::{Fields, bare};
use super::long::Long;
use super::moment::calendar_day;
use super::wide::{Wide, place};

/// A format that is read line by line.
#[derive(Debug)]
pub(super) enum Layout {
    /// A line is one hour and pollutant, a column a station.
    Wide(Wide),
    /// A line is one hour and station, a column a pollutant.
    Long(Long),
}

impl Layout {
    /// By a header, if it is one.
    pub(super) fn recognise(header: &[u8], stations: &Stations) -> Option<Self> {
        Wide::recognise(header, stations)
            .map(Self::Wide)
            .or_else(|| Long::recognise(header).map(Self::Long))
    }

    /// Notes the stations of its header that are not in the list.
    pub(super) fn note_unknown(&self, cells: &mut Cells) {
        match self {
            Self::Wide(wide) => wide.unknown().for_each(|it| cells.note_unknown(it, "")),
            // Each row names its station.
            Self::Long(_) => {}
        }
    }

    /// One line; its hour, if it is a readable row.
    pub(super) fn read(
        &mut self,
        line: &[u8],
        stations: &Stations,
        cells: &mut Cells,
    ) -> Option<Hour> {
        match self {
            Self::Wide(wide) => wide.read(line, cells),
            Self::Long(long) => long.read(line, stations, cells),
        }
    }

    /// The hour of a line and the series that it names, without reading its values.
    pub(super) fn place<'a>(&mut self, line: &'a [u8]) -> Option<(Hour, Series<'a>)> {
        match self {
            Self::Wide(_) => place(line).map(|(hour, name)| (hour, Series::OfType(name))),
            Self::Long(long) => {
                let (hour, station) = long.hour_and_station(line)?;
                Some((hour, station.map_or(Series::One, Series::OfStation)))
            }
        }
    }
}

/// Of what series a row is, where the rows of several may stand in one file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Series<'a> {
    /// Rows name nothing.
    One,
    /// Rows name their station.
    OfStation(&'a [u8]),
    /// Rows name their type: a pollutant, or what is computed from it.
    OfType(&'a [u8]),
}

/// `date,20180101,20180101,...`: stations below one another, hours side by side.
pub(super) fn is_transposed(header: &[u8]) -> bool {
    let mut fields = Fields::of(header);
    fields.next().is_some_and(|name| is_named(name, "date"))
        && fields.next().is_some_and(|field| calendar_day(field).is_some())
}

/// Whether a header's field has that name, whatever its case.
pub(super) fn is_named(field: &[u8], name: &str) -> bool {
    bare(field).eq_ignore_ascii_case(name.as_bytes())
}
