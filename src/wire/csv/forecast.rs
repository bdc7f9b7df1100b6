//! Outlooks that others have issued: one line an hour or day and jurisdiction.
//!
//! ```text
//! issued_at,source,jurisdiction,hour,pm25_lower,pm25_upper
//! 2019-01-11T16:00:00+08:00,CNEMC,130100,2019-01-12T01:00:00+08:00,180,250
//!
//! issued_at,source,jurisdiction,date,aqi_lower,aqi_upper,primary
//! 2019-01-11T16:00:00+08:00,CNEMC,130100,2019-01-12,250,310,PM2.5
//! ```
//!
//! Columns stand in any order; a file may have `hour` and `date`, and both kinds of bounds. An
//! hour is named by its end, a day stands for its labels 01:00 to 24:00. An index range counts
//! only where PM2.5 is the primary pollutant. Where it does not count, or no bounds are given, the
//! line is silent about its hours: an older outlook or the last resort may speak. A lower bound
//! that is not given is the upper one.

use std::io::Read;
use std::sync::Arc;

use thiserror::Error;

use crate::domain::{
    Date, Forecast, Hour, JurisdictionIndex, OutlookHour, Reason, Refusal, Rules, Stream, Timestamp,
};
use crate::wire::stations::Stations;

use super::cells::Cells;
use super::fields::{Fields, bare, count, text};
use super::kdd;
use super::layout::is_named;
use super::lines::{Lines, Next};
use super::missing::{is_missing, says_missing};
use super::moment::{hour, moment};
use super::number::{WHOLE, tenths};
use super::outlooks::Outlooks;
use crate::wire::excerpt::excerpt;

/// The concentration in µg/m³ that has an index, by the standard in force for a day.
pub type Inverse<'a> = &'a dyn Fn(Date, u16) -> u16;

/// What a file of forecasts holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ForecastFile {
    /// By the time of issue.
    pub forecasts: Vec<Forecast>,
    /// The lines that could not be taken.
    pub refusals: Vec<Refusal>,
}

/// Why a file of forecasts cannot be read at all.
#[derive(Debug, Error)]
pub enum ForecastError {
    /// Its header is not that of forecasts.
    #[error(
        "{file}: no forecast file but {found:?}; right would be a header with issued_at, source, \
         jurisdiction, hour or date, and pm25_upper or aqi_upper and primary"
    )]
    Header {
        /// Its name.
        file: String,
        /// How it begins.
        found: String,
    },
    /// Its bytes cannot be had.
    #[error("{file}: {error}")]
    Bytes {
        /// Its name.
        file: String,
        /// What went wrong.
        error: std::io::Error,
    },
}

/// Reads a file of forecasts, packed or not, in the form above or in that of KDD Cup 2018.
pub fn read_forecasts(
    file: &str,
    bytes: impl Read + Send + 'static,
    rules: &Rules,
    stations: &Stations,
    inverse: Inverse<'_>,
) -> Result<ForecastFile, ForecastError> {
    let mut lines = Lines::of(bytes);
    let failed = |error| ForecastError::Bytes { file: file.to_owned(), error };
    loop {
        match lines.advance() {
            Next::Line if lines.line().trim_ascii().is_empty() => {}
            Next::Line | Next::TooLong | Next::End => break,
            Next::Broken(error) | Next::Failed(error) => return Err(failed(error)),
        }
    }
    let stream = Stream::file(file);
    let mut table = if let Some(columns) = Columns::recognise(lines.line()) {
        let outlooks = Outlooks::of(stream.clone());
        Table::Long(LongTable { columns, outlooks, rules, inverse })
    } else if let Some(table) = kdd::Table::recognise(lines.line(), rules, stations) {
        Table::Kdd(table)
    } else {
        let found = excerpt(lines.line());
        return Err(ForecastError::Header { file: file.to_owned(), found });
    };
    let mut refusals = Vec::new();
    let mut cells = Cells::default();
    loop {
        cells.clear();
        match lines.advance() {
            Next::Line if lines.line().trim_ascii().is_empty() => {}
            Next::Line => table.read(lines.number(), lines.line(), &mut cells),
            Next::TooLong => {
                cells.refuse_line(Reason::Unreadable, "too long a line", lines.line());
            }
            Next::End => break,
            Next::Broken(error) | Next::Failed(error) => return Err(failed(error)),
        }
        refusals.extend(cells.refusals(&stream, lines.number(), None));
    }
    let forecasts = match table {
        Table::Long(table) => table.outlooks.into_forecasts(),
        Table::Kdd(table) => {
            refusals.extend(table.refusals(&stream));
            table.into_forecasts(&stream)
        }
    };
    Ok(ForecastFile { forecasts, refusals })
}

enum Table<'a> {
    Long(LongTable<'a>),
    Kdd(kdd::Table<'a>),
}

impl Table<'_> {
    fn read(&mut self, number: u64, line: &[u8], cells: &mut Cells) {
        match self {
            Self::Long(table) => table.read(number, line, cells),
            Self::Kdd(table) => table.read(number, line, cells),
        }
    }
}

/// The names of PM2.5 as a primary pollutant.
const PRIMARY: [&str; 2] = ["PM2.5", "细颗粒物(PM2.5)"];

/// The index ends here.
const INDEX_MAX: u16 = 500;

/// The places of the columns.
#[derive(Debug)]
struct Columns {
    count: usize,
    issued_at: usize,
    maker: usize,
    jurisdiction: usize,
    hour: Option<usize>,
    date: Option<usize>,
    pm25: Option<(Option<usize>, usize)>,
    index: Option<(Option<usize>, usize, usize)>,
}

impl Columns {
    fn recognise(header: &[u8]) -> Option<Self> {
        let find = |name| Fields::of(header).position(|field| is_named(field, name));
        let columns = Self {
            count: count(header),
            issued_at: find("issued_at")?,
            maker: find("source")?,
            jurisdiction: find("jurisdiction")?,
            hour: find("hour"),
            date: find("date"),
            pm25: find("pm25_upper").map(|upper| (find("pm25_lower"), upper)),
            index: find("aqi_upper")
                .zip(find("primary"))
                .map(|(upper, primary)| (find("aqi_lower"), upper, primary)),
        };
        let has_time = columns.hour.is_some() || columns.date.is_some();
        (has_time && (columns.pm25.is_some() || columns.index.is_some())).then_some(columns)
    }
}

struct LongTable<'a> {
    columns: Columns,
    outlooks: Outlooks,
    rules: &'a Rules,
    inverse: Inverse<'a>,
}

/// One line, understood but for its bounds.
struct Row<'a> {
    fields: Vec<&'a [u8]>,
    issue: (Timestamp, Arc<str>),
    jurisdiction: JurisdictionIndex,
    hours: Vec<Hour>,
}

impl LongTable<'_> {
    fn read(&mut self, number: u64, line: &[u8], cells: &mut Cells) {
        if let Some(columns) = Columns::recognise(line) {
            self.columns = columns; // Of a file that was put behind another.
            return;
        }
        let row = match self.row(line) {
            Ok(row) => row,
            Err((reason, why)) => return cells.refuse_line(reason, &why, line),
        };
        // A line is taken or refused as one; so a restart knows by its number what it was.
        if row.hours.iter().any(|hour| Outlooks::is_too_far(row.issue.0, *hour)) {
            return cells.refuse_line(Reason::Unreadable, "more than 31 days from its issue", line);
        }
        for hour in &row.hours {
            let taken = self.says(&row.fields, hour.date()).and_then(|says| {
                let place = (row.jurisdiction, *hour);
                let taken = self.outlooks.add(row.issue.clone(), place, says, number);
                taken.map_err(|(reason, why)| (reason, why.to_owned()))
            });
            if let Err((reason, why)) = taken {
                cells.refuse_line(reason, &why, line);
            }
        }
    }

    fn row<'a>(&self, line: &'a [u8]) -> Result<Row<'a>, (Reason, String)> {
        let unreadable = |why: String| (Reason::Unreadable, why);
        let fields: Vec<_> = Fields::of(line).collect();
        let (present, expected) = (fields.len(), self.columns.count);
        if present != expected {
            let reason = if present < expected { Reason::Cut } else { Reason::Unreadable };
            return Err((reason, format!("{present} fields instead of {expected}")));
        }
        let field = |at: usize| text(fields[at]);
        let issued_at = moment(&field(self.columns.issued_at))
            .map_err(|error| unreadable(format!("issued_at {error}")))?;
        let maker = field(self.columns.maker);
        if maker.is_empty() {
            return Err(unreadable("no source".to_owned()));
        }
        let code = field(self.columns.jurisdiction);
        let jurisdiction = jurisdiction(&code, self.rules)
            .ok_or_else(|| unreadable(format!("jurisdiction is none of the rules: {code}")))?;
        let given = |at: Option<usize>| at.map(field).filter(|it| !says_missing(it));
        let hours = match (given(self.columns.hour), given(self.columns.date)) {
            (Some(text), _) => {
                vec![hour(&text).map_err(|error| unreadable(format!("hour {error}")))?]
            }
            (None, Some(text)) => {
                let date = Date::parse(&text)
                    .ok_or_else(|| unreadable("date is no date like 2019-01-12".to_owned()))?;
                (1..=24).filter_map(|hour| Hour::of_beijing(date, hour)).collect()
            }
            (None, None) => return Err(unreadable("neither hour nor date".to_owned())),
        };
        Ok(Row { issue: (issued_at, maker.as_ref().into()), jurisdiction, hours, fields })
    }

    /// What a line says of an hour of a day.
    fn says(&self, fields: &[&[u8]], date: Date) -> Result<OutlookHour, (Reason, String)> {
        if let Some((lower, upper)) = self.columns.pm25
            && let Some((lower_ug_m3, upper_ug_m3)) = bounds(fields, lower, upper, u16::MAX)?
        {
            return Ok(OutlookHour::Range { lower_ug_m3, upper_ug_m3 });
        }
        if let Some((lower, upper, primary)) = self.columns.index
            && let Some((lower, upper)) = bounds(fields, lower, upper, INDEX_MAX)?
            && PRIMARY.iter().any(|name| *name == text(fields[primary]))
        {
            return Ok(OutlookHour::Range {
                lower_ug_m3: (self.inverse)(date, lower),
                upper_ug_m3: (self.inverse)(date, upper),
            });
        }
        Ok(OutlookHour::Silent)
    }
}

/// The jurisdiction with that six-digit code.
pub(super) fn jurisdiction(code: &str, rules: &Rules) -> Option<JurisdictionIndex> {
    let place = rules.jurisdictions.iter().position(|it| it.division.to_string() == code)?;
    u16::try_from(place).ok().map(JurisdictionIndex)
}

/// Both bounds of a range, whole; none where the upper one is not given.
fn bounds(
    fields: &[&[u8]],
    lower: Option<usize>,
    upper: usize,
    max: u16,
) -> Result<Option<(u16, u16)>, (Reason, String)> {
    let bound = |at: usize| {
        let field = bare(fields[at]);
        if is_missing(field) {
            return Ok(None);
        }
        let whole =
            tenths(field, WHOLE).and_then(|it| u16::try_from(it).ok()).filter(|it| *it <= max);
        let why = || (Reason::Unreadable, format!("no bound from 0 to {max}: {}", excerpt(field)));
        whole.map(Some).ok_or_else(why)
    };
    let Some(upper) = bound(upper)? else {
        return Ok(None);
    };
    let lower = lower.map(bound).transpose()?.flatten().unwrap_or(upper);
    if lower > upper {
        return Err((Reason::Unreadable, "lower bound above the upper one".to_owned()));
    }
    Ok(Some((lower, upper)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::wire::csv::testing::{render_forecasts, small_rules};

    fn read(file: &str) -> Result<ForecastFile, ForecastError> {
        let rules = small_rules();
        let stations = Stations::new(&rules);
        let bytes = Cursor::new(file.as_bytes().to_vec());
        // An index of its own, so that a test sees where it was inverted.
        read_forecasts("a.csv", bytes, &rules, &stations, &|_, index| index * 10)
    }

    #[track_caller]
    fn check(file: &str, expected: &str) {
        let lines = |text: &str| {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.collect::<Vec<_>>().join("\n")
        };
        let read = read(&lines(file)).unwrap();
        assert_eq!(lines(&render_forecasts(&read, &small_rules())), lines(expected));
    }

    #[test]
    fn hours_are_packed_and_holes_are_silent() {
        check(
            "issued_at,source,jurisdiction,hour,pm25_lower,pm25_upper
             2019-01-11T16:00:00+08:00,CNEMC,130100,2019-01-12T03:00:00+08:00,180,250
             2019-01-11T16:00:00+08:00,CNEMC,130100,2019-01-11T17:00Z,170.5,249.5
             2019-01-11T16:00:00+08:00,CNEMC,130100,2019-01-12T04:00:00+08:00,,200
             2019-01-11T16:00:00+08:00,CNEMC,130100,2019-01-12T05:00:00+08:00,,
             2019-01-11T16:00:00+08:00,CNEMC,110000,2019-01-12T01:00:00+08:00,0,75
             2019-01-10T16:00:00+08:00,\"Hebei, EMC\",130100,2019-01-12T01:00:00+08:00,1,2",
            "2019-01-10T16:00:00+08:00 Hebei, EMC a.csv:7
             130100 from 2019-01-12T01: 1-2
             2019-01-11T16:00:00+08:00 CNEMC a.csv:2
             110000 from 2019-01-12T01: 0-75
             130100 from 2019-01-12T01: 170-250 - 180-250 200-200 -",
        );
    }

    #[test]
    fn a_line_that_does_not_count_contradicts_nobody() {
        check(
            "issued_at,source,jurisdiction,hour,pm25_upper,aqi_upper,primary
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T01:00:00+08:00,,300,O3
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T01:00:00+08:00,,,
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T01:00:00+08:00,80,,
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T01:00:00+08:00,,300,O3
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T01:00:00+08:00,,9,PM2.5",
            "2019-01-11T16:00:00+08:00 C a.csv:2
             130100 from 2019-01-12T01: 90-90
             ! 6 conflicting 1: another line says otherwise, the higher one stands: \
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T01:00:00+08:00,,9,PM2…",
        );
    }

    #[test]
    fn a_day_stands_for_its_24_hours_and_an_index_counts_with_its_primary_pollutant() {
        let day = |says: &str| [says; 24].join(" ");
        check(
            "issued_at,source,jurisdiction,date,aqi_lower,aqi_upper,primary
             2019-01-11T16:00:00+08:00,CNEMC,130100,2019-01-12,15,31,PM2.5
             2019-01-11T16:00:00+08:00,CNEMC,110000,2019-01-12,15,31,细颗粒物(PM2.5)
             2019-01-12T16:00:00+08:00,CNEMC,110000,2019-01-13,15,31,O3",
            &format!(
                "2019-01-11T16:00:00+08:00 CNEMC a.csv:2
                 110000 from 2019-01-12T01: {}
                 130100 from 2019-01-12T01: {}
                 2019-01-12T16:00:00+08:00 CNEMC a.csv:4
                 110000 from 2019-01-13T01: {}",
                day("150-310"),
                day("150-310"),
                day("-")
            ),
        );
    }

    #[test]
    fn a_line_that_is_wrong_is_refused_and_says_what_would_be_right() {
        check(
            "issued_at,source,jurisdiction,hour,pm25_lower,pm25_upper
             2019-01-11T16:00:00,C,130100,2019-01-12T03:00:00+08:00,180,250
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:30:00+08:00,180,250
             2019-01-11T16:00:00+08:00,C,130199,2019-01-12T03:00:00+08:00,180,250
             2019-01-11T16:00:00+08:00,C,130100,2091-01-12T03:00:00+08:00,180,250
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,250,180
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,-1,180
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,1,180,
             2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,1",
            "! 2 unreadable 1: issued_at has no time zone; right would be 2019-01-12T08:00:00+08:00: 2019-01-11T16:00:00,C,130100,2019-01-12T03:00:00+…
             ! 3 unreadable 1: hour is not a whole hour; right would be 2019-01-12T08:00:00+08:00: 2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:30…
             ! 4 unreadable 1: jurisdiction is none of the rules: 130199: 2019-01-11T16:00:00+08:00,C,130199,2019-01-12T03:00:00+08:00,180,250
             ! 5 unreadable 1: more than 31 days from its issue: 2019-01-11T16:00:00+08:00,C,130100,2091-01-12T03:00:00+08:00,180,250
             ! 6 unreadable 1: lower bound above the upper one: 2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,250,180
             ! 7 unreadable 1: no bound from 0 to 65535: -1: 2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,-1,180
             ! 8 unreadable 1: 7 fields instead of 6: 2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,1,180,
             ! 9 cut 1: 5 fields instead of 6: 2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00,1",
        );
    }

    #[test]
    fn of_two_lines_for_one_hour_the_higher_stands() {
        let row = "2019-01-11T16:00:00+08:00,C,130100,2019-01-12T03:00:00+08:00";
        check(
            &format!(
                "issued_at,source,jurisdiction,hour,pm25_lower,pm25_upper
                 {row},1,180\n{row},1,180\n{row},2,190\n{row},3,170"
            ),
            &format!(
                "2019-01-11T16:00:00+08:00 C a.csv:2
                 130100 from 2019-01-12T03: 2-190
                 ! 3 duplicate 1: said before: {row},1,180
                 ! 4 conflicting 1: another line says otherwise, the higher one stands: {row},2,190
                 ! 5 conflicting 1: another line says otherwise, the higher one stands: {row},3,170"
            ),
        );
    }

    #[test]
    fn another_file_is_an_error_that_names_it() {
        for file in ["", "<html>", "issued_at,source,jurisdiction,hour", "date,hour,type,1001A"] {
            let error = read(file).unwrap_err().to_string();
            assert!(error.starts_with("a.csv: no forecast file but \""), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in "[0-9,\\-+:TZ\"\n a-z.]{0,200}") {
            let headers = [
                "run_utc,seed,station_id,lead_h,PM2.5,PM10,O3",
                "issued_at,source,jurisdiction,date,pm25_upper",
                "",
            ];
            for header in headers {
                let read = read(&format!("{header}\n{bytes}"));
                proptest::prop_assert!(read.is_ok() || header.is_empty());
            }
        }
    }
}
