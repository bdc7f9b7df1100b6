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
use super::heading::{Kind, kind};
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
    refused: Vec<Refused>,
    next: usize,
}

/// Lines that are not taken.
#[derive(Debug)]
struct Refused {
    reason: Reason,
    why: String,
    line: Vec<u8>,
    count: u64,
}

impl Refused {
    fn one(reason: Reason, why: String, line: &[u8]) -> Self {
        Self { reason, why, line: line.to_vec(), count: 1 }
    }
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
                Next::Line if is_header(lines.line(), stations) => {
                    refused.push(another_table(lines)?);
                    break;
                }
                Next::Broken(error) => return Err(TransposedError::Broken(error)),
                Next::Failed(error) => return Err(TransposedError::Failed(error)),
                Next::TooLong => {
                    let why = format!("line {} is too long", lines.number());
                    refused.push(Refused::one(Reason::Unreadable, why, lines.line()));
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
                refused.push(Refused::one(Reason::Unreadable, why, name));
            } else {
                if let (true, Some(last)) = (strip.len() < expected, strip.last()) {
                    let why = format!("line {number}: ends in column {}", strip.len());
                    let line = [name, &bytes[last.clone()]].join(&b'=');
                    refused.push(Refused::one(Reason::Cut, why, &line));
                }
                columns.push((Column::new(name, stations), strip));
            }
        }
        Ok(Self { bytes, leading, stations: columns, refused, next: 1 })
    }

    /// The next column: its position, and its hour if it is a readable row.
    pub(super) fn advance(&mut self, cells: &mut Cells) -> Option<(u64, Option<Hour>)> {
        if !self.refused.is_empty() {
            for Refused { reason, why, line, count } in self.refused.drain(..) {
                cells.refuse_lines(reason, &why, &line, count);
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

/// Whether another table begins with a line, and not a station's values.
fn is_header(line: &[u8], stations: &Stations) -> bool {
    let is_leading = |name: &str| Fields::of(line).next().is_some_and(|it| is_named(it, name));
    match kind(line, stations) {
        Kind::Empty | Kind::Row => false,
        Kind::Header(..) | Kind::Transposed => true,
        Kind::Foreign => !is_leading("hour") && !is_leading("type"),
    }
}

/// Passes over the tables behind this one: their positions would be those of other rows.
fn another_table(lines: &mut Lines) -> Result<Refused, TransposedError> {
    let (first, header) = (lines.number(), lines.line().to_vec());
    let mut count = 1;
    loop {
        match lines.advance() {
            Next::Line if lines.line().trim_ascii().is_empty() => {}
            Next::Line | Next::TooLong => count += 1,
            Next::End => break,
            Next::Broken(error) => return Err(TransposedError::Broken(error)),
            Next::Failed(error) => return Err(TransposedError::Failed(error)),
        }
    }
    let why = format!("from line {first} on another table; put it in a file of its own");
    Ok(Refused { reason: Reason::Unreadable, why, line: header, count })
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
