//! Files that begin again: several sequences one after the other in one file.
//!
//! A row starts another part of its file when its hour is before the latest one so far, and
//! - a header stands right before it, as where whole files were put one after the other; or
//! - rows name their station (UCI, CNEMC since 2022), this row names another one than the row
//!   before, and that one's rows had gone on in time, as where stations stand one after the other;
//!   or
//! - rows name their type (CNEMC, bjmemc), the rows of this type had not come so far, and those of
//!   others had gone on without it for some hours, as where pollutants stand one after the other.
//!
//! Any other row that goes back is a late row of its own sequence, as all rows are in a file in
//! which the stations of an hour stand together. A row that is too far ahead, or is none, is
//! passed over: it neither starts a part nor is anything compared with it.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use crate::domain::Hour;
use crate::wire::stations::Stations;

use super::beginning::Beginning;
use super::heading::{Kind, kind};
use super::layout::{Layout, Series};
use super::lines::{are_bad, lines_of};
use super::packed::unpack;

/// The text is kept while its parts are read; of a larger file every row is in one sequence.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A file of more than one part, unpacked. Copies share the text.
#[derive(Clone, Debug)]
pub struct Parts {
    text: Arc<Text>,
    parts: Arc<[Part]>,
}

#[derive(Debug)]
struct Text {
    bytes: Vec<u8>,
    /// Why there are no more bytes, where they could not be unpacked any further.
    broken: Option<(io::ErrorKind, String)>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Part {
    /// Lines before it.
    pub(super) lines_before: u64,
    bytes: Range<usize>,
    /// The header that its rows are read by; empty if the part brings it along.
    header: Range<usize>,
}

impl Parts {
    /// Looks through a file, packed or not; none if it is one sequence, or is too large.
    pub fn find(
        bytes: impl Read + Send + 'static,
        stations: &Stations,
        max_jump_h: i32,
    ) -> io::Result<Option<Self>> {
        let mut text = Text { bytes: Vec::new(), broken: None };
        let read = unpack(Box::new(bytes))
            .and_then(|plain| plain.take(BYTES_MAX + 1).read_to_end(&mut text.bytes));
        match read {
            Err(error) if are_bad(&error) => text.broken = Some((error.kind(), error.to_string())),
            read => drop(read?),
        }
        if text.bytes.len() as u64 > BYTES_MAX {
            return Ok(None);
        }
        let parts = parts(&text.bytes, stations, max_jump_h);
        if parts.len() == 1 {
            return Ok(None);
        }
        Ok(Some(Self { text: Arc::new(text), parts: parts.into() }))
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "There are at least two.")]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// The bytes of one part, and its share of the whole text: from where to where, of what.
    pub fn bytes(&self, at: usize) -> (impl Read + Send + 'static, Range<usize>, usize) {
        let range = self.parts[at].bytes.clone();
        let ends_broken = at + 1 == self.parts.len();
        let text = Arc::clone(&self.text);
        let whole = text.bytes.len();
        (PartBytes { text, left: range.clone(), ends_broken }, range, whole)
    }

    /// The header of one part, where it does not bring its own, and the lines before it.
    pub(super) fn beginning(&self, at: usize) -> (&[u8], u64) {
        let part = &self.parts[at];
        (&self.text.bytes[part.header.clone()], part.lines_before)
    }
}

struct PartBytes {
    text: Arc<Text>,
    left: Range<usize>,
    ends_broken: bool,
}

impl Read for PartBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&self.text.bytes[self.left.clone()]).read(buffer)?;
        self.left.start += read;
        match &self.text.broken {
            Some((kind, words)) if read == 0 && self.ends_broken && !buffer.is_empty() => {
                Err(io::Error::new(*kind, words.clone()))
            }
            Some(_) | None => Ok(read),
        }
    }
}

/// The parts of a text; one if it never begins again.
fn parts(text: &[u8], stations: &Stations, max_jump_h: i32) -> Vec<Part> {
    let first = Part { lines_before: 0, bytes: 0..text.len(), header: 0..0 };
    let mut parts = vec![first];
    let begins_at = begins_at(text, stations, max_jump_h);
    let mut scan = Scan { begins_at, ..Scan::default() };
    let mut layout: Option<(Layout, Range<usize>)> = None;
    for (number, place, line) in lines_of(text) {
        match kind(&text[line.clone()], stations) {
            Kind::Empty => {}
            Kind::Header(known, start) => {
                layout = Some((known, line.start + start..place.end));
                scan.after_header = true;
            }
            Kind::Row => {
                let Some((layout, header)) = &mut layout else { continue };
                let Some((hour, series)) = layout.place(&text[line]) else { continue };
                if scan.begins_again(hour, series, max_jump_h) {
                    if let Some(before) = parts.last_mut() {
                        before.bytes.end = place.start;
                    }
                    parts.push(Part {
                        lines_before: number - 1,
                        bytes: place.start..text.len(),
                        header: header.clone(),
                    });
                }
            }
            // Its hours stand side by side.
            Kind::Transposed if layout.is_none() && parts.len() == 1 => break,
            Kind::Transposed | Kind::Foreign => layout = None,
        }
    }
    parts
}

/// The hour with which a text begins; rows before are passed over.
fn begins_at(text: &[u8], stations: &Stations, max_jump_h: i32) -> Option<Hour> {
    let mut beginning = Beginning::default();
    let mut layout: Option<Layout> = None;
    for (_, _, line) in lines_of(text) {
        match kind(&text[line.clone()], stations) {
            Kind::Header(known, _) => layout = Some(known),
            Kind::Row => {
                let place = layout.as_mut().and_then(|it| it.place(&text[line]));
                if place.is_some_and(|(hour, _)| beginning.is_known_with(hour, max_jump_h)) {
                    break;
                }
            }
            Kind::Transposed if layout.is_none() => break,
            Kind::Transposed | Kind::Foreign => layout = None,
            Kind::Empty => {}
        }
    }
    beginning.hour()
}

/// How far a part has come.
#[derive(Debug, Default)]
struct Scan {
    /// The hour with which the first part begins.
    begins_at: Option<Hour>,
    after_header: bool,
    /// All of its rows.
    reach: Reach,
    /// The station of the row before, where rows name one.
    station: Vec<u8>,
    /// That station's rows that stand together.
    run: Reach,
    /// Where rows name their type: how far each has come, and the rows of others since.
    types: Vec<(Vec<u8>, Hour, Reach)>,
}

/// How far some rows have come.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    latest: Option<Hour>,
    /// Hours, each later than those before it.
    hours: u32,
}

impl Reach {
    fn take(&mut self, hour: Hour) {
        if self.latest.is_none_or(|latest| latest < hour) {
            self.latest = Some(hour);
            self.hours = self.hours.saturating_add(1);
        }
    }

    fn went_on(self) -> bool {
        self.hours > 1
    }
}

impl Scan {
    /// Takes a row in, and says whether another part starts with it.
    fn begins_again(&mut self, hour: Hour, series: Series<'_>, max_jump_h: i32) -> bool {
        let is_before = self.reach.latest.is_none() && self.begins_at != Some(hour);
        let is_too_far = self.reach.latest.is_some_and(|latest| hour > latest.plus(max_jump_h));
        if is_before || is_too_far {
            return false;
        }
        let goes_back = self.reach.latest.is_some_and(|latest| hour < latest);
        let begins_again = goes_back && (self.after_header || self.is_another(hour, series));
        self.after_header = false;
        if begins_again {
            self.reach = Reach::default();
            self.run = Reach::default();
            self.types.clear();
        }
        self.reach.take(hour);
        match series {
            Series::One => {}
            Series::OfStation(station) => {
                if self.station != station {
                    self.station.clear();
                    self.station.extend_from_slice(station);
                    self.run = Reach::default();
                }
                self.run.take(hour);
            }
            Series::OfType(name) => self.take_type(name, hour),
        }
        begins_again
    }

    fn take_type(&mut self, name: &[u8], hour: Hour) {
        let mut known = false;
        for (other, latest, since) in &mut self.types {
            if other == name {
                (*latest, *since, known) = (hour.max(*latest), Reach::default(), true);
            } else {
                since.take(hour);
            }
        }
        if !known && self.types.len() < TYPES_MAX {
            self.types.push((name.to_vec(), hour, Reach::default()));
        }
    }

    /// Whether a row that goes back is of another series, and no late row.
    fn is_another(&self, hour: Hour, series: Series<'_>) -> bool {
        match series {
            Series::One => false,
            Series::OfStation(station) => self.station != station && self.run.went_on(),
            Series::OfType(name) => match self.types.iter().find(|it| it.0 == name) {
                Some((_, latest, since)) => *latest < hour && since.hours >= HOURS_WITHOUT,
                None => self.reach.went_on(),
            },
        }
    }
}

/// A type is missing for so many hours, at least, where the types of a day stand one after the
/// other.
const HOURS_WITHOUT: u32 = 3;

/// More types than any file has.
const TYPES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::csv::testing::small_rules;

    const UCI: &str = "year,month,day,hour,PM2.5,station\n";
    const WIDE: &str = "date,hour,type,1001A\n";

    /// Rows of UCI by hour and station: `3b` is hour 3 of station b.
    fn uci(rows: &str) -> String {
        let row = |it: &str| {
            let (hour, station) = it.split_at(it.len() - 1);
            format!("2019,1,{},{},1,{station}\n", 1 + hour.len() / 3, &hour[hour.len() - 1..])
        };
        rows.split_whitespace().map(row).collect()
    }

    /// The first lines of all parts but the first.
    #[track_caller]
    fn check(text: &str, expected: &[u64]) {
        let stations = Stations::new(&small_rules());
        let parts = parts(text.as_bytes(), &stations, 720);
        let lines: Vec<_> = parts[1..].iter().map(|it| it.lines_before + 1).collect();
        assert_eq!(lines, expected, "{text}");
        let whole: Vec<_> = parts.iter().flat_map(|it| it.bytes.clone()).collect();
        assert!(whole.into_iter().eq(0..text.len()), "{parts:?}");
        for part in &parts[1..] {
            let end = part.bytes.start;
            let lines = lines_of(&text.as_bytes()[..end]).count() as u64;
            assert_eq!(lines, part.lines_before);
            assert!(text[part.header.clone()].ends_with(['\n', '\r']));
        }
    }

    #[test]
    fn stations_one_after_the_other_are_parts() {
        let check = |rows: &str, expected| check(&format!("{UCI}{}", uci(rows)), expected);
        check("1a 2a 3a", &[]);
        check("1a 2a 3a 1b 2b 3b 1c 2c", &[5, 8]);
        check("1a 2a 3a 4b 5b 2c", &[7]);
        // One of a row alone says nothing of an order, and nor does a part of the hour before.
        check("1a 0b 2a", &[]);
        check("1a 2a 2b 3b", &[]);
    }

    #[test]
    fn late_rows_are_no_parts() {
        for rows in ["1a 1b 2a 2b 1c 3a 3b 2c 2a", "1a 2a 3a 1a 4a"] {
            check(&format!("{UCI}{}", uci(rows)), &[]);
        }
        for rows in
            ["1a 1b 2a 2b 3a 3b 1a 1b 2b 4a 4b", "1a 2a 1a 3a", "1a 1b 2a 1b 2b", "1a 1b 3a 2b 3b"]
        {
            check(&wide(rows), &[]);
        }
        let wide = "20190102,1,AQI,\n20190102,2,AQI,\n20190101,1,AQI,\n20190102,3,AQI,\n";
        check(&format!("{WIDE}{wide}"), &[]);
    }

    /// Rows of CNEMC by hour and type: `3b` is hour 3 of type b.
    fn wide(rows: &str) -> String {
        let row = |it: &str| {
            let (hour, name) = it.split_at(it.len() - 1);
            format!("2019010{},{},{name},1\n", 1 + hour.len() / 3, &hour[hour.len() - 1..])
        };
        WIDE.to_owned() + &rows.split_whitespace().map(row).collect::<String>()
    }

    #[test]
    fn pollutants_one_after_the_other_are_parts() {
        let check = |rows: &str, expected| check(&wide(rows), expected);
        check("1a 2a 3a", &[]);
        check("1a 2a 3a 1b 2b 3b 1c 2c 3c", &[5, 8]);
        check("1a 2a 3a 2b 3b", &[5]);
        // Two that belong together, and then two others.
        check("1a 1b 2a 2b 3a 3b 1c 1d 2c 2d", &[8]);
        // Day by day.
        check("1a 2a 3a 1b 2b 3b 4a 5a 6a 4b 5b 6b", &[5, 11]);
        check("1a 1b 2a 2b 1c 2c 3a 3b 4a 4b 5a 3c 4c", &[6, 13]);
    }

    #[test]
    fn a_header_starts_a_part_if_its_rows_go_back() {
        let day = |day: u32| format!("{WIDE}{day},0,AQI,\n{day},23,AQI,\n");
        let (one, two, three) = (day(20_190_101), day(20_190_102), day(20_190_103));
        check(&format!("{one}{two}{three}"), &[]);
        check(&format!("{three}{one}{two}"), &[5]);
        check(&format!("{three}{two}\n{one}"), &[5, 9]);
        check(&format!("{two}{WIDE}x\n20190101,1,AQI,\n{UCI}{}", uci("0a")), &[6, 8]);
    }

    #[test]
    fn a_header_counts_wherever_it_stands() {
        let day = |day: u32| format!("\u{feff}{WIDE}{day},0,AQI,\n{day},23,AQI,1");
        let (one, two) = (day(20_190_101), day(20_190_102));
        // The next file is glued to the last row of the one before.
        check(&format!("{one}{two}\n"), &[]);
        check(&format!("{two}{one}\n"), &[4]);
        check(&format!("{two}\n{one}\n").replace('\n', "\r"), &[5]);
        check(&format!("title\n\n{two}\r\n{one}"), &[7]);
        // Rows below a header that is not understood start nothing.
        let (two, one) = (two + "\n", one + "\n");
        check(&format!("{two}date,hour,kind,x\n20190101,0,AQI,\n{one}"), &[7]);
    }

    #[test]
    fn rows_that_are_none_or_of_another_century_start_nothing() {
        let rows = format!("{UCI}{}", uci("1a 2a"));
        check(&format!("{rows}2091,1,1,1,1,b\n2019,1,1\nx\n{}", uci("1b 2b")), &[7]);
        check(&format!("{rows}2091,1,1,1,1,a\n{}", uci("3a")), &[]);
        // One row of long ago hides no parts.
        let long_ago = format!("{UCI}1970,1,1,0,1,a\n");
        check(&format!("{long_ago}{}", uci("1a 2a 1b 2b")), &[5]);
        check("x\n", &[]);
        check("", &[]);
        check("date,20180102,20180101\nhour,0,0\ntype,AQI,AQI\n", &[]);
    }
}
