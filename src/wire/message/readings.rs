//! A message of readings: `schemas/readings.avsc`.

use std::fmt::Write as _;

use crate::domain::{Hour, MISSING, Outcome, Pollutant, Reading, Tenths, Timestamp};
use crate::wire::avro::{ByteReader, Malformed, Put};
use crate::wire::stations::Stations;

/// What one message says; kept from message to message, so that it costs no allocation.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Its hours, in its order.
    pub(super) hours: Vec<ParsedHour>,
    /// The readings of all hours, one hour after the other.
    pub(super) readings: Vec<Reading>,
}

/// One hour of a message.
#[derive(Debug)]
pub(super) struct ParsedHour {
    pub(super) hour: Hour,
    /// How many of the readings are its own.
    pub(super) readings: u32,
    /// Values of unknown stations.
    pub(super) unknown: Refused,
    /// Values of unknown pollutants.
    pub(super) other: Refused,
}

/// Values that are refused.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) count: u64,
    pub(super) excerpt: String,
}

/// An excerpt that has reached this length takes no more.
const EXCERPT_BYTES: usize = 80;
/// The place of OTHER in the enum, after the six.
const OTHER: u8 = 6;
/// The end of the year 9999.
const TIME_END_MS: i64 = 253_402_300_800_000;

impl Parsed {
    /// Reads one message.
    pub(super) fn read(&mut self, datum: &[u8], stations: &Stations) -> Result<(), Malformed> {
        self.hours.clear();
        self.readings.clear();
        let mut reader = ByteReader::new(datum);
        each(&mut reader, |reader| self.hour(reader, stations))?;
        if reader.rest().is_empty() {
            Ok(())
        } else {
            Err(reader.wrong("more bytes than a message"))
        }
    }

    fn hour(&mut self, reader: &mut ByteReader<'_>, stations: &Stations) -> Result<(), Malformed> {
        let hour = parse_whole_hour(reader)?;
        let (mut unknown, mut other) = (Refused::default(), Refused::default());
        let before = self.readings.len();
        each(reader, |reader| {
            let code = reader.string()?;
            let pollutant = parse_pollutant(reader)?;
            let tenths = parse_value(reader)?;
            let revision = reader.int()?;
            match (stations.get(code), pollutant) {
                (Some(station), Some(pollutant)) => {
                    let outcome = Outcome::Taken;
                    self.readings.push(Reading { tenths, station, revision, pollutant, outcome });
                }
                // Like an empty cell of a file, a missing value of an unknown station is ignored.
                (None, _) if tenths == MISSING => {}
                (None, _) => unknown.add(code, pollutant, tenths),
                (Some(_), None) => other.add(code, pollutant, tenths),
            }
            Ok(())
        })?;
        let own = self.readings.len() - before;
        let readings = u32::try_from(own).map_err(|_| reader.wrong("too many readings"))?;
        self.hours.push(ParsedHour { hour, readings, unknown, other });
        Ok(())
    }
}

impl Refused {
    #[cold]
    fn add(&mut self, code: &str, pollutant: Option<Pollutant>, tenths: Tenths) {
        self.count += 1;
        let room = EXCERPT_BYTES.saturating_sub(self.excerpt.len());
        if room == 0 {
            return;
        }
        let separator = if self.excerpt.is_empty() { "" } else { " " };
        let code: String = code.chars().take(room).collect();
        let pollutant = pollutant.map_or("other", Pollutant::name);
        let _infallible = match (tenths, tenths % 10) {
            (MISSING, _) => write!(self.excerpt, "{separator}{code} {pollutant}=null"),
            (_, 0) => write!(self.excerpt, "{separator}{code} {pollutant}={}", tenths / 10),
            _ => {
                let value = f64::from(tenths) / 10.0;
                write!(self.excerpt, "{separator}{code} {pollutant}={value}")
            }
        };
    }
}

/// Reads each item of an array and discards it.
fn each<'a>(
    reader: &mut ByteReader<'a>,
    mut item: impl FnMut(&mut ByteReader<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    loop {
        let count = reader.items()?;
        if count == 0 {
            return Ok(());
        }
        for _ in 0..count {
            item(reader)?;
        }
    }
}

/// A `timestamp-millis` that is the end of an hour.
pub(super) fn parse_whole_hour(reader: &mut ByteReader<'_>) -> Result<Hour, Malformed> {
    let time = parse_time(reader)?;
    let hour = time.hour_at_or_before();
    if hour.end() == time {
        return Ok(hour);
    }
    Err(reader.wrong("a time that is no whole hour before this"))
}

/// A `timestamp-millis` that is in the calendar.
pub(super) fn parse_time(reader: &mut ByteReader<'_>) -> Result<Timestamp, Malformed> {
    match reader.long()? {
        ms @ 0..TIME_END_MS => Ok(Timestamp(ms)),
        _ => Err(reader.wrong("a time before 1970 or after 9999 before this")),
    }
}

fn parse_pollutant(reader: &mut ByteReader<'_>) -> Result<Option<Pollutant>, Malformed> {
    match reader.int()? {
        OTHER => Ok(None),
        number => match Pollutant::numbered(number) {
            Some(pollutant) => Ok(Some(pollutant)),
            None => Err(reader.wrong("no such pollutant before this")),
        },
    }
}

fn parse_value(reader: &mut ByteReader<'_>) -> Result<Tenths, Malformed> {
    match reader.optional(ByteReader::int)? {
        None => Ok(MISSING),
        // The number that means missing to us is no value.
        Some(MISSING) => Err(reader.wrong("a value out of range before this")),
        Some(tenths) => Ok(tenths),
    }
}

/// One hour of a message that names its stations by code.
pub(super) fn put_hour<'a>(
    put: &mut Put<'_>,
    hour: Hour,
    readings: &[Reading],
    code: impl Fn(&Reading) -> &'a str,
) {
    put.long(hour.end().0);
    put.array(readings, |put, it| {
        put.string(code(it));
        put.place(it.pollutant as u8);
        put.optional((it.tenths != MISSING).then_some(it.tenths), Put::int);
        put.int(it.revision);
    });
}
