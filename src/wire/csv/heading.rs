//! What a line is, before its values are read: a row, a header, or the header of something else.
//!
//! Files that were put one after another bring their headers with them, and where the first one
//! ends in the middle of a line, the next header stands in the same line. A header may give other
//! columns than the one before it, so no row below it may be read by that one. Where a header
//! cannot be understood, or it is not certain where in its line it begins, the rows below it are
//! refused up to the next good header.

use crate::wire::stations::Stations;

use super::fields::{Fields, bare};
use super::layout::{Layout, is_named, is_transposed};
use super::lines::BYTE_ORDER_MARK;
use super::missing::is_missing;
use super::number::{MICROGRAMS, tenths};

/// What a line is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Blank.
    Empty,
    /// A row, or nothing that is known.
    Row,
    /// A header, and where in the line it begins: what stands before it is the end of a row.
    Header(Layout, usize),
    /// The first line of a table on its side.
    Transposed,
    /// A header by which nothing can be read.
    Foreign,
}

/// How headers begin, or how their columns of time stand together.
const BEGINNINGS: [&[&str]; 4] = [
    &["date", "hour", "type"],
    &["timepoint"],
    &["No", "year", "month", "day"],
    &["year", "month", "day", "hour"],
];

/// Names of columns that say when.
const TIMES: [&str; 14] = [
    "date",
    "time",
    "hour",
    "year",
    "month",
    "day",
    "timepoint",
    "datetime",
    "timestamp",
    "日期",
    "时间",
    "小时",
    "run_utc",
    "issued_at",
];

/// Names of other columns, in formats that are known or not.
const OTHERS: [&str; 29] = [
    "type",
    "station",
    "stationcode",
    "station_id",
    "site",
    "sid",
    "city",
    "area",
    "code",
    "name",
    "value",
    "parameter",
    "jurisdiction",
    "source",
    "seed",
    "lead_h",
    "PM2.5",
    "PM2_5",
    "PM25",
    "PM10",
    "SO2",
    "NO2",
    "O3",
    "CO",
    "AQI",
    "类型",
    "城市",
    "站点",
    "监测点编码",
];

/// Fields that make a line of words a header.
const NAMES_MIN: usize = 2;

/// What a line is.
pub(super) fn kind(line: &[u8], stations: &Stations) -> Kind {
    let begins_as_row = match line.first() {
        None => return Kind::Empty,
        Some(byte) => byte.is_ascii_digit(),
    };
    if begins_as_row {
        return if has_header_letters(line) { within(line, stations) } else { Kind::Row };
    }
    let line = line.trim_ascii_end();
    if line.is_empty() {
        return Kind::Empty;
    }
    if line.contains(&0) {
        // As text of two bytes a letter looks.
        let line: Vec<_> = line.iter().copied().filter(|byte| *byte != 0).collect();
        let is_row = matches!(kind(&line, stations), Kind::Row | Kind::Empty);
        return if is_row { Kind::Row } else { Kind::Foreign };
    }
    if has_header_letters(line) && is_glued(line) {
        return within(line, stations);
    }
    if let Some(layout) = Layout::recognise(line, stations) {
        return Kind::Header(layout, 0);
    }
    if is_transposed(line) {
        return Kind::Transposed;
    }
    within(line, stations)
}

/// Whether a header begins in the middle of a field, or behind another one.
fn is_glued(line: &[u8]) -> bool {
    let starts = beginnings(line);
    let before = starts.first().map_or(line, |start| row_before(line, *start));
    starts.len() > 1 || !(starts.is_empty() || before.is_empty() || before.ends_with(b","))
}

/// A line in which a header may stand behind something else.
fn within(line: &[u8], stations: &Stations) -> Kind {
    let starts = beginnings(line);
    let Some(start) = starts.last().copied() else {
        return if is_foreign(line, stations) { Kind::Foreign } else { Kind::Row };
    };
    let (before, header) = line.split_at(start);
    match Layout::recognise(header, stations) {
        Some(layout) if ends_there(before) => Kind::Header(layout, start),
        Some(_) | None => Kind::Foreign,
    }
}

/// What stands before a header in its line, without the marks that belong to the header.
pub(super) fn row_before(line: &[u8], start: usize) -> &[u8] {
    let before = line[..start].trim_ascii_end();
    before.strip_suffix(BYTE_ORDER_MARK).unwrap_or(before)
}

/// Whether a header can begin right behind these bytes: no column of it stands among them.
fn ends_there(before: &[u8]) -> bool {
    let before = row_before(before, before.len());
    let Some(fields) = before.strip_suffix(b",") else { return true };
    let last = fields.rsplit(|byte| *byte == b',').next().unwrap_or_default();
    tenths(bare(last), MICROGRAMS).is_some() || is_missing(last)
}

/// Whether a line has a word of which each header has one; quick to find out.
fn has_header_letters(line: &[u8]) -> bool {
    let may = line.iter().fold(false, |may, byte| may | matches!(byte | 0x20, b'u' | b'i'));
    let has = |word: &[u8]| line.windows(word.len()).any(|it| it.eq_ignore_ascii_case(word));
    may && (has(b"hour") || has(b"timepoint"))
}

/// Where in a line headers begin.
fn beginnings(line: &[u8]) -> Vec<usize> {
    let mut fields = Vec::new();
    let mut start = 0;
    for field in line.split(|byte| *byte == b',') {
        fields.push((start, field));
        start += field.len() + 1;
    }
    let mut starts = Vec::new();
    let mut at = 0;
    while at < fields.len() {
        let found = BEGINNINGS.iter().find_map(|names| {
            let mut behind = fields.get(at..at + names.len())?.iter().zip(*names);
            let (first, name) = behind.next()?;
            let place = beginning_of(first.1, name)?;
            behind.all(|(field, name)| is_named(field.1, name)).then_some((first.0 + place, names))
        });
        at += found.map_or(1, |(_, names)| names.len());
        starts.extend(found.map(|it| it.0));
    }
    starts
}

/// Where in a field a name begins that the field ends with.
fn beginning_of(field: &[u8], name: &str) -> Option<usize> {
    let end = field.trim_ascii_end();
    let (end, quoted) =
        end.strip_suffix(b"\"").map_or((end, false), |it| (it.trim_ascii_end(), true));
    let start = end.len().checked_sub(name.len())?;
    if !end[start..].eq_ignore_ascii_case(name.as_bytes()) {
        return None;
    }
    let before = end[..start].trim_ascii_end();
    Some(if quoted && before.ends_with(b"\"") { before.len() - 1 } else { start })
}

/// Whether a line that is no known header is one all the same: of another format, or cut.
fn is_foreign(line: &[u8], stations: &Stations) -> bool {
    if line.contains(&b'<') {
        return false;
    }
    let named = |field: &[u8], names: &[&str]| names.iter().any(|name| is_named(field, name));
    let (mut times, mut names, mut values) = (0, 0, 0);
    for field in Fields::of(line) {
        let is_time = named(field, &TIMES) || TIMES.iter().any(|name| ends_with(field, name));
        times += usize::from(is_time);
        let is_name = is_time || named(field, &OTHERS) || is_station(field, stations);
        names += usize::from(is_name);
        let begins_as_number = bare(field).first().is_some_and(u8::is_ascii_digit);
        values += usize::from(!is_name && (begins_as_number || is_missing(field)));
    }
    times >= NAMES_MIN || (times > 0 && names > NAMES_MIN) || (names >= NAMES_MIN && values == 0)
}

/// Whether a name stands behind a value, as where a header is glued to a row.
fn ends_with(field: &[u8], name: &str) -> bool {
    let start = beginning_of(field, name).filter(|start| *start > 0);
    start.is_some_and(|start| matches!(field[start - 1], b'0'..=b'9' | b'.' | b'"'))
}

/// A station of the rules, or a code like theirs.
fn is_station(field: &[u8], stations: &Stations) -> bool {
    let field = bare(field);
    match field {
        [digits @ .., b'A'] => digits.len() == 4 && digits.iter().all(u8::is_ascii_digit),
        _ => str::from_utf8(field).is_ok_and(|name| stations.get(name).is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::csv::testing::small_rules;

    #[test]
    fn a_header_is_found_wherever_it_stands() {
        let check = |line: &str, expected: &str| {
            let stations = Stations::new(&small_rules());
            let kind = match kind(line.as_bytes(), &stations) {
                Kind::Header(_, at) => &line[at..],
                Kind::Empty => "empty",
                Kind::Row => "row",
                Kind::Transposed => "transposed",
                Kind::Foreign => "foreign",
            };
            assert_eq!(kind, expected, "{line}");
        };
        let wide = "date,hour,type,1001A,1003A";
        let uci = "\"No\",\"year\",\"month\",\"day\",\"hour\",\"PM2.5\",\"station\"";
        let hours = "timepoint,stationcode,area,pm10,pm2_5";
        for header in [wide, uci, hours, " Date , \"HOUR\",type ,1001A", "date,hour,type,1001A,"] {
            check(header, header);
            let header = header.trim_start();
            for row in ["20190112,15,PM2.5,35", "20190112,15,PM2.5,3,", "1,2013,3,1,0,4", "x", "20"]
            {
                let glued = format!("{row}{header}");
                check(&glued, header);
            }
            check(&format!("date,hour,type,10{header}"), header);
            check(&format!("timepoint,stationcode,pm2_5,c{header}"), header);
        }
        check("station,pm2.5,year,month,day,hour", "station,pm2.5,year,month,day,hour");
        check("20190112,15,PM2.5,35\u{feff}date,hour,type,1003A", "date,hour,type,1003A");
        for foreign in [
            "date,hour,type",
            "date,hour",
            "date,hour,ty",
            "20190112,15,PM2.5,35date,hour,type",
            "20190112,15,PM2.5,35date,hour,ty",
            "日期,小时,类型,1001A,1003A",
            "city,AQI,PM2.5,time",
            "Site,Parameter,Date (LT),Year,Month,Day,Hour",
            "issued_at,source,jurisdiction,hour",
            "run_utc,seed,station_id,lead_h,PM2.5",
            "date,hour,kind,1,2",
            "time,1001A,1003A",
            // Where the header begins is not certain: its first column may be another one.
            "1,2013,3,1,0,4,35station,year,month,day,hour,PM2.5",
            "2019-01-12T15,1001A,35pm10,timepoint,stationcode,pm2_5",
            "d\0a\0t\0e\0,\0h\0o\0u\0r\0,\0t\0y\0p\0e\0,\0A\0",
        ] {
            check(foreign, "foreign");
        }
        check("date,20180101,20180102", "transposed");
        check("date,2018-01-01,2018-01-02", "transposed");
        for row in [
            "20190112,15,PM2.5,35,36",
            "1,2013,3,1,0,4,4,\"NNW\",\"dongsi\"",
            "x",
            "</html>",
            "<p>date, hour, type</p>",
            "2022-01-04T14:00:00,1001A,万寿西宫,PM2.5,67,74",
            "dongsi,NA,NA",
            "a,b,c",
            "# by quotsoft.net, free, no warranty",
            "date",
            "\0",
        ] {
            check(row, "row");
        }
        check("", "empty");
        check(" \t", "empty");
    }
}
