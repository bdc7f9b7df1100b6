//! What one line yields: readings, and what could not be taken, one refusal a reason.

use std::collections::BTreeMap;

use crate::domain::{
    Hour, MISSING, Outcome, Pollutant, Reading, Reason, Refusal, StationIndex, Stream,
};

use super::fields::bare;
use super::missing::is_missing;
use super::number::{Unit, tenths};
use crate::wire::excerpt::{excerpt, excerpt_and_more};

/// The cells of one line. Reused for the next line to avoid allocations.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Its readings, in the order of its fields.
    pub(super) readings: Vec<Reading>,
    /// By the number of the reason.
    refused: [Refused; Reason::ALL.len()],
    /// The line was refused because its time cannot be read.
    pub(super) without_time: bool,
    /// Stations of all lines that are not in the list, with their place where the file names it.
    pub(super) unknown: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Refused {
    count: u64,
    first: String,
}

/// What a field is a value of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    pub(super) pollutant: Pollutant,
    pub(super) unit: Unit,
}

impl Cells {
    pub(super) fn clear(&mut self) {
        self.readings.clear();
        self.without_time = false;
        for refused in self.refused.iter_mut().filter(|it| it.count > 0) {
            refused.count = 0;
            refused.first.clear();
        }
    }

    /// A station that is not in the list, and its place, or an empty text.
    pub(super) fn note_unknown(&mut self, station: &str, place: &str) {
        if !station.is_empty() && !self.unknown.contains_key(station) {
            self.unknown.insert(station.to_owned(), place.to_owned());
        }
    }

    /// One field: a reading, or refused under `name`.
    pub(super) fn take(
        &mut self,
        name: &str,
        station: Option<StationIndex>,
        field: &[u8],
        measure: Measure,
    ) {
        let value = match tenths(field, measure.unit) {
            Some(tenths) => tenths,
            None if field.is_empty() => MISSING,
            None => match tenths(bare(field), measure.unit) {
                Some(tenths) => tenths,
                None if is_missing(field) => MISSING,
                None => return self.refuse(Reason::Unreadable, name, field),
            },
        };
        // -999 is a number and a mark.
        let value = if value < 0 && is_missing(field) { MISSING } else { value };
        match station {
            Some(station) => self.readings.push(Reading {
                tenths: value,
                station,
                revision: 0,
                pollutant: measure.pollutant,
                outcome: Outcome::Taken,
            }),
            None if value == MISSING => {}
            None => self.refuse(Reason::UnknownStation, name, field),
        }
    }

    /// One field that was not taken.
    pub(super) fn refuse(&mut self, reason: Reason, name: &str, field: &[u8]) {
        let refused = &mut self.refused[reason as usize];
        refused.count += 1;
        if refused.count == 1 {
            refused.first.push_str(name);
            refused.first.push('=');
            refused.first.push_str(&excerpt(field));
        }
    }

    /// A whole line that was not taken, and why.
    pub(super) fn refuse_line(&mut self, reason: Reason, why: &str, line: &[u8]) {
        self.refuse_lines(reason, why, line, 1);
    }

    /// Several lines that were not taken, and why; the first is shown.
    pub(super) fn refuse_lines(&mut self, reason: Reason, why: &str, line: &[u8], count: u64) {
        let refused = &mut self.refused[reason as usize];
        if refused.count == 0 {
            refused.first = format!("{why}: {}", excerpt(line));
        }
        refused.count += count;
    }

    /// A whole line that was not taken because its time cannot be read.
    pub(super) fn refuse_time(&mut self, why: &str, line: &[u8]) {
        self.without_time = true;
        self.refuse_line(Reason::Unreadable, why, line);
    }

    /// What is said of the first field that was refused for that reason, or of the line.
    pub(super) fn first(&self, reason: Reason) -> &str {
        &self.refused[reason as usize].first
    }

    /// What of this line was not taken, each reason once.
    pub(super) fn refusals(
        &self,
        stream: &Stream,
        position: u64,
        hour: Option<Hour>,
    ) -> impl Iterator<Item = Refusal> {
        let all = Reason::ALL.into_iter().zip(&self.refused).filter(|it| it.1.count > 0);
        all.map(move |(reason, refused)| Refusal {
            reason,
            source: Some(stream.at(position)),
            hour,
            excerpt: excerpt_and_more(&refused.first, refused.count),
            count: refused.count,
        })
    }
}
