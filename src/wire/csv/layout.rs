//! Which format a header announces.

use crate::domain::Hour;
use crate::wire::stations::Stations;

use super::cells::Cells;
use super::fields::Fields;
use super::long::Long;
use super::moment::compact_date;
use super::wide::{Wide, place};

/// A format whose lines are read one by one.
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
        if !is_worth_a_look(header) {
            return None;
        }
        Wide::recognise(header, stations)
            .map(Self::Wide)
            .or_else(|| Long::recognise(header).map(Self::Long))
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

    /// The hour of a line, and the station where it names one, without reading its values.
    pub(super) fn place<'a>(&mut self, line: &'a [u8]) -> Option<(Hour, Option<&'a [u8]>)> {
        match self {
            Self::Wide(_) => Some((place(line)?, None)),
            Self::Long(long) => long.hour_and_station(line),
        }
    }
}

/// `date,20180101,20180101,...`: stations below one another, hours side by side.
pub(super) fn is_transposed(header: &[u8]) -> bool {
    let mut fields = Fields::of(header);
    fields.next().is_some_and(|name| is_named(name, "date"))
        && fields.next().is_some_and(|field| compact_date(field).is_some())
}

/// Whether a header's field has that name, whatever its case.
pub(super) fn is_named(field: &[u8], name: &str) -> bool {
    field.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
}

/// Rows begin with a digit, headers do not.
fn is_worth_a_look(line: &[u8]) -> bool {
    line.first().is_some_and(|byte| !byte.is_ascii_digit())
}
