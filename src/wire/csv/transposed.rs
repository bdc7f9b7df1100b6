//! CNEMC turned by a quarter: stations below one another, hours side by side.
//!
//! ```text
//! date,20180101,20180101,...
//! hour,0,0,...
//! type,AQI,PM2.5,...
//! 1001A,74,52,...
//! ```
//!
//! A column is what is a line in the upright file, and has its number as position: the first
//! hour stands in column 2. So positions grow with the hours here, too. A station's line that is
//! no row, or ends too early, is refused at position 1, before the first hour, and says which
//! line it is.

use std::ops::Range;

use crate::domain::{Hour, Reason};
use crate::wire::stations::Stations;

use super::cells::Cells;
use super::fields::Fields;
use super::layout::is_named;
use super::lines::{Lines, Next};
use super::wide::{Column, LEADING, RowType, row};

/// More than a hundred times the largest real file; it has to be held as a whole.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// The whole file.
#[derive(Debug)]
pub(super) struct Transposed {
    bytes: Vec<u8>,
    /// Dates, hours and types.
    leading: [Strip; LEADING],
    stations: Vec<(Column, Strip)>,
    /// What of the stations' lines is refused.
    refused: Vec<(Reason, String, Vec<u8>)>,
    next: usize,
}

/// The fields of one line, by their places in the bytes.
type Strip = Vec<Range<usize>>;

/// Why such a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransposedError {
    #[error("a table on its side without its {0} line")]
    Lacks(&'static str),
    #[error("a table on its side of more than 256 MiB")]
    TooLarge,
    #[error("cannot be unpacked: {0}")]
    Broken(std::io::Error),
    #[error("cannot be read: {0}")]
    Failed(std::io::Error),
}

impl Transposed {
    /// Goes on from the first line, which has been read.
    pub(super) fn read(lines: &mut Lines, stations: &Stations) -> Result<Self, TransposedError> {
        let mut bytes = Vec::new();
        let mut strips = vec![(1, strip(lines.line(), &mut bytes))];
        let mut refused = Vec::new();
        loop {
            match lines.advance() {
                Next::End => break,
                Next::Broken(error) => return Err(TransposedError::Broken(error)),
                Next::Failed(error) => return Err(TransposedError::Failed(error)),
                Next::TooLong => {
                    let why = format!("line {} is too long", lines.number());
                    refused.push((Reason::Unreadable, why, lines.line().to_vec()));
                }
                Next::Line if lines.line().trim_ascii().is_empty() => {}
                Next::Line => strips.push((lines.number(), strip(lines.line(), &mut bytes))),
            }
            if bytes.len() > BYTES_MAX {
                return Err(TransposedError::TooLarge);
            }
        }
        let mut strips = strips.into_iter();
        let mut leading = |name| {
            let (_, strip) = strips.next().ok_or(TransposedError::Lacks(name))?;
            let first = strip.first().map(|it| &bytes[it.clone()]).unwrap_or_default();
            if is_named(first, name) { Ok(strip) } else { Err(TransposedError::Lacks(name)) }
        };
        let leading = [leading("date")?, leading("hour")?, leading("type")?];
        let expected = leading[0].len();
        let mut columns = Vec::new();
        for (number, strip) in strips {
            let name = &bytes[strip[0].clone()];
            if strip.len() > expected {
                let why = format!("line {number}: {} fields instead of {expected}", strip.len());
                refused.push((Reason::Unreadable, why, name.to_vec()));
            } else {
                if let (true, Some(last)) = (strip.len() < expected, strip.last()) {
                    let why = format!("line {number}: ends in column {}", strip.len());
                    refused.push((Reason::Cut, why, [name, &bytes[last.clone()]].join(&b'=')));
                }
                columns.push((Column::new(name, stations), strip));
            }
        }
        Ok(Self { bytes, leading, stations: columns, refused, next: 1 })
    }

    /// The next column: its position, and its hour if it is a readable row.
    pub(super) fn advance(&mut self, cells: &mut Cells) -> Option<(u64, Option<Hour>)> {
        if !self.refused.is_empty() {
            for (reason, why, line) in self.refused.drain(..) {
                cells.refuse_line(reason, &why, &line);
            }
            return Some((1, None));
        }
        let column = self.next;
        let of = |strip: &Strip| strip.get(column).map(|it| &self.bytes[it.clone()]);
        let date = of(&self.leading[0])?;
        self.next += 1;
        let hour = of(&self.leading[1]).unwrap_or_default();
        let name = of(&self.leading[2]).unwrap_or_default();
        let read = row(date, hour, name, &[date, hour, name].join(&b','), cells);
        if let Some((_, RowType::Readings(measure))) = read {
            for (station, strip) in &self.stations {
                // The last field of a cut line has been refused already.
                let is_cut_here = column + 1 == strip.len() && strip.len() < self.leading[0].len();
                if let (Some(field), false) = (of(strip), is_cut_here) {
                    station.take(field, measure, cells);
                }
            }
        }
        Some((column as u64 + 1, read.map(|it| it.0)))
    }
}

/// Keeps a line.
fn strip(line: &[u8], bytes: &mut Vec<u8>) -> Strip {
    let mut strip = Strip::new();
    for field in Fields::of(line) {
        let start = bytes.len();
        bytes.extend_from_slice(field);
        strip.push(start..bytes.len());
    }
    strip
}
