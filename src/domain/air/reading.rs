//! What a station reported: values in exact tenths, many of one hour at a time.

use crate::domain::{Hour, Stream};

/// The six pollutants of HJ 633.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Pollutant {
    /// Fine particles, µg/m³.
    Pm25 = 0,
    /// Inhalable particles, µg/m³.
    Pm10 = 1,
    /// Sulphur dioxide, µg/m³.
    So2 = 2,
    /// Nitrogen dioxide, µg/m³.
    No2 = 3,
    /// Ozone, µg/m³.
    O3 = 4,
    /// Carbon monoxide; reported in mg/m³, stored in µg/m³ like the others.
    Co = 5,
}

impl Pollutant {
    /// All six, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Pm25, Self::Pm10, Self::So2, Self::No2, Self::O3, Self::Co];

    /// The name in files, logs and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pm25 => "PM2.5",
            Self::Pm10 => "PM10",
            Self::So2 => "SO2",
            Self::No2 => "NO2",
            Self::O3 => "O3",
            Self::Co => "CO",
        }
    }

    /// The pollutant with that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The pollutant with that number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// A station's place in the list of the rule book in force.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StationIndex(pub u16);

/// Tenths of a µg/m³, or [`MISSING`].
pub type Tenths = i32;

/// The station reported, and what it reported is that there is no value.
pub const MISSING: Tenths = i32::MIN;

/// What became of one reading.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Outcome {
    /// Taken: it is the current value of its station and hour until a better one comes.
    #[default]
    Taken = 0,
    /// A missing mark: the station has reported, and an earlier value remains.
    ReportedMissing = 1,
    /// Not positive, and refused by the rule in force.
    NotPositive = 2,
    /// Above what an instrument can mean.
    AboveCeiling = 3,
    /// The station does not live at that hour.
    NotLive = 4,
    /// The same value again.
    Duplicate = 5,
    /// The lower of two different values of one revision: the higher one remains.
    Conflicting = 6,
    /// A better value (higher revision, or the higher of two conflicting ones): it replaces the
    /// other.
    Replaces = 7,
    /// A value for an hour that is closed.
    Late = 8,
}

impl Outcome {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Taken,
        Self::ReportedMissing,
        Self::NotPositive,
        Self::AboveCeiling,
        Self::NotLive,
        Self::Duplicate,
        Self::Conflicting,
        Self::Replaces,
        Self::Late,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::ReportedMissing => "reported_missing",
            Self::NotPositive => "not_positive",
            Self::AboveCeiling => "above_ceiling",
            Self::NotLive => "not_live",
            Self::Duplicate => "duplicate",
            Self::Conflicting => "conflicting",
            Self::Replaces => "replaces",
            Self::Late => "late",
        }
    }
}

/// One value of one station; its hour is that of its batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reading {
    /// The value, exact.
    pub tenths: Tenths,
    /// Which station.
    pub station: StationIndex,
    /// The source's own count of corrections; 0 where it has none.
    pub revision: u16,
    /// Which pollutant.
    pub pollutant: Pollutant,
    /// What became of it; `Taken` until it is decided.
    pub outcome: Outcome,
}

/// One line of a file or one message: where it stood, and how many readings it carried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
    /// Line or offset.
    pub position: u64,
    /// How many of the batch's readings are its own.
    pub readings: u32,
}

/// Readings of one hour from one stream, in the order of the stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Batch {
    /// Where they came from.
    pub stream: Stream,
    /// The hour they are for.
    pub hour: Hour,
    /// Never empty: even a row without a known station shows that its hour has come.
    pub rows: Vec<Row>,
    /// The readings of all rows, one row after the other.
    pub readings: Vec<Reading>,
}

impl Batch {
    /// Takes out the rows from a position on.
    #[must_use]
    pub fn split_off(&mut self, position: u64) -> Self {
        let place = self.rows.partition_point(|row| row.position < position);
        let rows = self.rows.split_off(place);
        let kept: usize = self.rows.iter().map(|row| row.readings as usize).sum();
        let readings = self.readings.split_off(kept.min(self.readings.len()));
        Self { stream: self.stream.clone(), hour: self.hour, rows, readings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_out_with_their_readings() {
        let reading = |tenths| Reading {
            tenths,
            station: StationIndex(0),
            revision: 0,
            pollutant: Pollutant::Pm25,
            outcome: Outcome::Taken,
        };
        let rows = [(3, 1), (5, 0), (6, 2)]
            .map(|(position, readings)| Row { position, readings })
            .to_vec();
        let readings = (1..=3).map(reading).collect();
        let whole = Batch { stream: Stream::file("a"), hour: Hour(9), rows, readings };
        for (from, rows, readings) in [(0, 0, 0), (4, 1, 1), (5, 1, 1), (6, 2, 1), (7, 3, 3)] {
            let mut before = whole.clone();
            let after = before.split_off(from);
            assert_eq!((before.rows.len(), before.readings.len()), (rows, readings), "{from}");
            assert_eq!([before.rows, after.rows].concat(), whole.rows);
            assert_eq!([before.readings, after.readings].concat(), whole.readings);
        }
    }
}
