//! From readings, outlooks and ticks to messages: what a feed sends.

use crate::domain::{Forecast, Hour, JurisdictionIndex, Reading, Rules, Timestamp};
use crate::wire::avro::Put;

use super::forecast::put_forecast;
use super::readings::put_hour;
use super::schemas::{Kind, registry_frame};

/// How a message says which schema it was written by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Framing {
    /// By a fingerprint: no registry needed.
    #[default]
    SingleObject,
    /// By the ids that a registry has given to our schemas.
    Registry {
        /// Of readings.
        readings: u32,
        /// Of forecasts.
        forecast: u32,
        /// Of ticks.
        tick: u32,
    },
}

/// Writes messages; codes are those of these rules.
#[derive(Clone, Copy, Debug)]
pub struct MessageWriter<'a> {
    rules: &'a Rules,
    framing: Framing,
}

impl<'a> MessageWriter<'a> {
    /// For places in the lists of these rules.
    pub fn new(rules: &'a Rules, framing: Framing) -> Self {
        Self { rules, framing }
    }

    /// Readings of one or several hours, each hour with its own; replaces what is in `out`.
    pub fn readings(&self, hours: &[(Hour, &[Reading])], out: &mut Vec<u8>) {
        let mut put = self.frame(Kind::Readings, out);
        put.array(hours, |put, (hour, readings)| {
            put_hour(put, *hour, readings, |it| self.code(it));
        });
    }

    /// An outlook; replaces what is in `out`.
    pub fn forecast(&self, forecast: &Forecast, out: &mut Vec<u8>) {
        let mut put = self.frame(Kind::Forecast, out);
        put_forecast(&mut put, forecast, |it| self.division(it));
    }

    /// A tick; replaces what is in `out`.
    pub fn tick(&self, at: Timestamp, out: &mut Vec<u8>) {
        self.frame(Kind::Tick, out).long(at.0);
    }

    fn frame<'b>(&self, kind: Kind, out: &'b mut Vec<u8>) -> Put<'b> {
        out.clear();
        match (self.framing, kind) {
            // This program writes commands as JSON: none of them has an id here.
            (Framing::SingleObject, _) | (Framing::Registry { .. }, Kind::Command) => {
                out.extend_from_slice(&kind.single_object_frame());
            }
            (Framing::Registry { readings: id, .. }, Kind::Readings)
            | (Framing::Registry { forecast: id, .. }, Kind::Forecast)
            | (Framing::Registry { tick: id, .. }, Kind::Tick) => {
                out.extend_from_slice(&registry_frame(id));
            }
        }
        Put(out)
    }

    /// A place outside the list has no code; the empty code is unknown to every reader.
    fn code(&self, reading: &Reading) -> &'a str {
        let station = self.rules.stations.get(usize::from(reading.station.0));
        station.map_or("", |it| &it.code)
    }

    fn division(&self, index: JurisdictionIndex) -> String {
        let found = self.rules.jurisdictions.get(usize::from(index.0));
        found.map_or_else(String::new, |it| it.division.to_string())
    }
}
