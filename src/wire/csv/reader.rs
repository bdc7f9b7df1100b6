//! A file as commands: an hour is one batch.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::sync::Arc;

use crate::domain::{Batch, Command, Hour, Reason, Refusal, Row, Stream};
use crate::wire::stations::Stations;

use super::cells::Cells;
use super::heading::{Kind, kind, row_before};
use super::layout::Layout;
use super::lines::{Lines, Next};
use super::parts::Parts;
use super::seen::Seen;
use super::transposed::{Transposed, TransposedError};
use crate::wire::excerpt::{excerpt, excerpt_and_more};

/// A batch ends here at the latest, whatever the file says.
const BATCH_READINGS_MAX: usize = 64 * 1024;
const BATCH_ROWS_MAX: usize = 16 * 1024;
const BATCH_REFUSALS_MAX: usize = 1024;

/// Reads one file of station values.
///
/// Rows of one hour that follow one another are one [`Batch`]. What was refused of them follows
/// it. A file that is none gives one refusal.
#[derive(Debug)]
pub struct Reader {
    stream: Stream,
    stations: Arc<Stations>,
    lines: Lines,
    table: Table,
    cells: Cells,
    batch: Option<Batch>,
    /// Rows and readings of the batch before: mostly as many again.
    usual: (usize, usize),
    refusals: Vec<Refusal>,
    /// Lines that are refused as one.
    run: Option<Run>,
    ready: VecDeque<Command>,
    failure: Option<io::Error>,
}

#[derive(Debug)]
enum Table {
    /// No header yet, and what there was instead.
    Unknown(Seen),
    /// Rows by a header, and whether the time of any could be read.
    Upright {
        layout: Layout,
        has_rows: bool,
    },
    /// Rows below a header that is not understood.
    Foreign,
    Transposed(Transposed),
    Ended,
}

/// Lines that follow one another and are refused for the same reason.
#[derive(Debug)]
struct Run {
    why: Why,
    first: u64,
    count: u64,
    /// What is said of the first line, if it stays alone.
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Why {
    NoHeader,
    ForeignHeader,
    NoTime,
}

impl Reader {
    /// Reads bytes, packed or not, as a stream of that name.
    pub fn open(
        stream: Stream,
        bytes: impl Read + Send + 'static,
        stations: Arc<Stations>,
    ) -> Self {
        Self {
            stream,
            stations,
            lines: Lines::of(bytes),
            table: Table::Unknown(Seen::default()),
            cells: Cells::default(),
            batch: None,
            usual: (0, 0),
            refusals: Vec::new(),
            run: None,
            ready: VecDeque::new(),
            failure: None,
        }
    }

    /// Reads one part of a file of several; `bytes` are those that [`Parts::bytes`] gives.
    pub fn open_part(
        stream: Stream,
        parts: &Parts,
        at: usize,
        bytes: impl Read + Send + 'static,
        stations: Arc<Stations>,
    ) -> Self {
        let (header, lines_before) = parts.beginning(at);
        let layout = Layout::recognise(header.trim_ascii_end(), &stations);
        let mut reader = Self::open(stream, io::empty(), stations);
        reader.lines = Lines::after(lines_before, bytes);
        if let Some(layout) = layout {
            layout.note_unknown(&mut reader.cells);
            reader.table = Table::Upright { layout, has_rows: true };
        }
        reader
    }

    /// Stations that are not in the list, until now, with their place where the file names it.
    pub fn unknown(&self) -> &BTreeMap<String, String> {
        &self.cells.unknown
    }

    /// The next commands that belong together: a batch and what was refused of its rows, or
    /// refusals alone. None at the end.
    pub fn next_group(&mut self) -> Option<impl Iterator<Item = Command>> {
        while self.ready.is_empty() && self.step() {}
        (!self.ready.is_empty()).then(|| self.ready.drain(..))
    }

    /// Why the end came early, where the bytes could not be had at all.
    pub fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Reads one line; false at the end.
    fn step(&mut self) -> bool {
        self.cells.clear();
        match &mut self.table {
            Table::Transposed(table) => match table.advance(&mut self.cells) {
                Some((position, hour)) => self.add(position, hour),
                None => self.end(),
            },
            Table::Ended => return false,
            Table::Unknown(_) | Table::Upright { .. } | Table::Foreign => {
                match self.lines.advance() {
                    Next::Line => self.line(),
                    Next::TooLong => {
                        let line = self.lines.line();
                        let why = "line of more than 16 MiB";
                        self.cells.refuse_line(Reason::Unreadable, why, line);
                        self.add(self.lines.number(), None);
                    }
                    Next::Broken(error) => {
                        let found = format!("cannot be unpacked any further ({error})");
                        self.refuse_file(self.lines.number(), &found);
                    }
                    Next::Failed(error) => {
                        self.failure = Some(error);
                        self.end();
                    }
                    Next::End => self.end_of_lines(),
                }
            }
        }
        true
    }

    /// A file without any header is refused as one.
    fn end_of_lines(&mut self) {
        if let Table::Unknown(seen) = &self.table {
            let found = seen.to_string();
            let first = self.run.as_ref().map_or(1, |run| run.first);
            self.refuse_file(first, &found);
        } else {
            self.end();
        }
    }

    fn line(&mut self) {
        let line = self.lines.line();
        let length = line.len();
        match kind(line, &self.stations) {
            Kind::Empty => {}
            Kind::Row => self.row(length),
            Kind::Header(layout, start) => {
                let before = row_before(line, start).len();
                if before > 0 {
                    self.row(before);
                }
                layout.note_unknown(&mut self.cells);
                self.table = Table::Upright { layout, has_rows: false };
            }
            Kind::Transposed if matches!(self.table, Table::Unknown(_)) => {
                match Transposed::read(&mut self.lines, &self.stations) {
                    Ok(table) => {
                        self.finish_run();
                        self.table = Table::Transposed(table);
                    }
                    Err(TransposedError::Failed(error)) => {
                        self.failure = Some(error);
                        self.end();
                    }
                    Err(error) => self.refuse_file(self.lines.number(), &error.to_string()),
                }
            }
            Kind::Foreign if matches!(self.table, Table::Unknown(_)) => self.row(length),
            Kind::Transposed | Kind::Foreign => {
                self.table = Table::Foreign;
                self.row(length);
            }
        }
    }

    /// Reads the beginning of the line at hand, as a row.
    fn row(&mut self, length: usize) {
        let (number, line) = (self.lines.number(), &self.lines.line()[..length]);
        match &mut self.table {
            Table::Upright { layout, has_rows } => {
                let hour = layout.read(line, &self.stations, &mut self.cells);
                let is_untimely = self.cells.without_time && !*has_rows;
                *has_rows |= hour.is_some();
                if is_untimely {
                    let text = self.cells.first(Reason::Unreadable).to_owned();
                    self.extend_run(Why::NoTime, number, || text);
                } else {
                    self.add(number, hour);
                }
            }
            Table::Unknown(seen) => {
                seen.add(line);
                let text = excerpt(line);
                self.extend_run(Why::NoHeader, number, || text);
            }
            Table::Foreign => {
                let text = excerpt(line);
                self.extend_run(Why::ForeignHeader, number, || text);
            }
            Table::Transposed(_) | Table::Ended => {}
        }
    }

    /// One more line that is refused together with those before it.
    fn extend_run(&mut self, why: Why, number: u64, text: impl FnOnce() -> String) {
        if let Some(run) = self.run.as_mut().filter(|it| it.why == why) {
            run.count += 1;
            return;
        }
        self.finish_run();
        self.run = Some(Run { why, first: number, count: 1, text: text() });
    }

    fn finish_run(&mut self) {
        let Some(Run { why, first, count, text }) = self.run.take() else { return };
        let text = match why {
            Why::NoTime if count == 1 => text,
            Why::NoTime => format!("no row has a time that can be read: {text}"),
            Why::NoHeader => format!("stands before the first header: {text}"),
            Why::ForeignHeader => format!("a header that is not understood, or below it: {text}"),
        };
        self.refusals.push(Refusal {
            reason: Reason::Unreadable,
            source: Some(self.stream.at(first)),
            hour: None,
            excerpt: excerpt_and_more(&text, count),
            count,
        });
        if self.batch.is_none() {
            self.finish_batch();
        }
    }

    /// Adds what was read of one line.
    fn add(&mut self, position: u64, hour: Option<Hour>) {
        self.finish_run();
        if let Some(hour) = hour {
            if self.batch.as_ref().is_some_and(|it| it.hour != hour || is_full(it)) {
                self.finish_batch();
            }
            let (rows, readings) = self.usual;
            let batch = self.batch.get_or_insert_with(|| Batch {
                stream: self.stream.clone(),
                hour,
                rows: Vec::with_capacity(rows),
                readings: Vec::with_capacity(readings),
            });
            let readings = u32::try_from(self.cells.readings.len()).expect("a line has an end");
            batch.rows.push(Row { position, readings });
            batch.readings.extend_from_slice(&self.cells.readings);
        }
        self.refusals.extend(self.cells.refusals(&self.stream, position, hour));
        if self.batch.is_none() || self.refusals.len() >= BATCH_REFUSALS_MAX {
            self.finish_batch();
        }
    }

    fn finish_batch(&mut self) {
        if let Some(batch) = self.batch.take() {
            self.usual = (batch.rows.len(), batch.readings.len());
            self.ready.push_back(Command::Observe(batch));
        }
        self.ready.extend(self.refusals.drain(..).map(Command::Refuse));
    }

    /// Gives up the rest of the file, with one refusal. It stands for the lines before the first
    /// header too, where there is none.
    fn refuse_file(&mut self, position: u64, found: &str) {
        if matches!(self.table, Table::Unknown(_)) {
            self.run = None;
        }
        self.finish_run();
        self.finish_batch();
        self.refusals.push(Refusal {
            reason: Reason::Unreadable,
            source: Some(self.stream.at(position.max(1))),
            hour: None,
            excerpt: excerpt_and_more(&format!("{}: {found}", self.stream.name), 1),
            count: 1,
        });
        self.end();
    }

    fn end(&mut self) {
        self.finish_run();
        self.finish_batch();
        self.table = Table::Ended;
    }
}

fn is_full(batch: &Batch) -> bool {
    batch.readings.len() >= BATCH_READINGS_MAX || batch.rows.len() >= BATCH_ROWS_MAX
}

impl Iterator for Reader {
    type Item = Command;

    fn next(&mut self) -> Option<Command> {
        while self.ready.is_empty() && self.step() {}
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use crate::wire::csv::testing::{read, render, small_rules};

    #[track_caller]
    fn check(file: &str, expected: &str) {
        let lines = |text: &str| {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.collect::<Vec<_>>().join("\n")
        };
        let rules = small_rules();
        let commands = read("a.csv", lines(file).as_bytes(), &rules);
        assert_eq!(lines(&render(&commands, &rules)), lines(expected));
    }

    #[test]
    fn the_rows_of_one_hour_are_one_batch() {
        check(
            "date,hour,type,1001A,1003A
             20190112,15,PM2.5,35,36.5
             20190112,15,CO,0.8,
             20190112,15,AQI,50,51
             20190112,16,PM2.5,1000,NA
             20190112,24,PM2.5,1,2
             20190113,0,PM10,3,4",
            "2019-01-12T15
               2: 1001A PM2.5 35; 1003A PM2.5 36.5;
               3: 1001A CO 800; 1003A CO missing;
               4:
             2019-01-12T16
               5: 1001A PM2.5 1000; 1003A PM2.5 missing;
             2019-01-13T00
               6: 1001A PM2.5 1; 1003A PM2.5 2;
               7: 1001A PM10 3; 1003A PM10 4;",
        );
    }

    #[test]
    fn values_of_unknown_stations_are_one_refusal_a_row() {
        check(
            "date,hour,type,1001A,3207A,3207A,3208A,3209A
             20190112,15,PM2.5,35,12,13,,
             20190112,15,PM10,35,,NA,,-999
             20190112,15,SO2,35,,,7,",
            "2019-01-12T15
               2: 1001A PM2.5 35;
               3: 1001A PM10 35;
               4: 1001A SO2 35;
             ! 2 unknown_station 2 of 2019-01-12T15: 3207A=12 and 1 more
             ! 4 unknown_station 1 of 2019-01-12T15: 3208A=7",
        );
    }

    #[test]
    fn a_station_with_two_columns_reports_twice() {
        check(
            "date,hour,type,1001A,万寿西宫
             20190112,15,PM2.5,,35",
            "2019-01-12T15
               2: 1001A PM2.5 missing; 1001A PM2.5 35;",
        );
    }

    #[test]
    fn what_is_not_a_row_or_not_a_number_is_refused_and_the_rest_goes_on() {
        check(
            "date,hour,type,1001A,1003A
             20190112,15,PM2.5,35,1e3
             20190112,15,PM2.5,abc,1.
             20190112,15,PM2.5,35,36,37
             20190112,25,PM2.5,35,36
             20190229,1,PM2.5,35,36
             20190112,15,PM1,35,36
             </html>
             20190112,15,PM10,35,-5",
            "2019-01-12T15
               2: 1001A PM2.5 35;
               3:
               9: 1001A PM10 35; 1003A PM10 -5;
             ! 2 unreadable 1 of 2019-01-12T15: 1003A=1e3
             ! 3 unreadable 2 of 2019-01-12T15: 1001A=abc and 1 more
             ! 4 unreadable 1: 6 fields instead of 5: 20190112,15,PM2.5,35,36,37
             ! 5 unreadable 1: no such hour: 20190112,25,PM2.5,35,36
             ! 6 unreadable 1: no such date: 20190229,1,PM2.5,35,36
             ! 7 unreadable 1: no such type: 20190112,15,PM1,35,36
             ! 8 unreadable 1: not a row: </html>",
        );
    }

    #[test]
    fn of_a_cut_line_the_last_field_is_refused_and_the_absent_ones_are_no_readings() {
        check(
            "date,hour,type,1001A,1002A,1003A
             20190112,15,PM2.5,35,36
             20190112,15,PM10,3
             20190112,15,AQI,35,
             20190112,15,PM
             20190112,15
             2019011",
            "2019-01-12T15
               2: 1001A PM2.5 35;
               3:
               4:
             ! 2 cut 1 of 2019-01-12T15: 1002A=36
             ! 3 cut 1 of 2019-01-12T15: 1001A=3
             ! 4 cut 1 of 2019-01-12T15: 1002A=
             ! 5 cut 1: ends before its first value: 20190112,15,PM
             ! 6 cut 1: ends before its first value: 20190112,15
             ! 7 cut 1: ends before its first value: 2019011",
        );
    }

    #[test]
    fn refusals_follow_the_batch_of_their_rows_or_stand_alone() {
        check(
            "date,hour,type,1001A
             x
             20190112,15,PM2.5,a
             x
             20190112,16,PM2.5,b",
            "! 2 unreadable 1: not a row: x
             2019-01-12T15
               3:
             ! 3 unreadable 1 of 2019-01-12T15: 1001A=a
             ! 4 unreadable 1: not a row: x
             2019-01-12T16
               5:
             ! 5 unreadable 1 of 2019-01-12T16: 1001A=b",
        );
    }

    #[test]
    fn stations_may_have_chinese_names_and_headers_may_come_again() {
        check(
            "date,hour,type,东四,西四
             20161220,0,PM2.5,443,417
             date,hour,type,西四,东四
             20161220,1,PM2.5,,417",
            "2016-12-20T00
               2: 1003A PM2.5 443;
             ! 2 unknown_station 1 of 2016-12-20T00: 西四=417
             2016-12-20T01
               4: 1003A PM2.5 417;",
        );
    }

    #[test]
    fn a_column_of_a_transposed_file_is_a_row() {
        check(
            "date,20180101,20180101,20180101,2018010
             hour,0,0,1,1
             type,AQI,PM2.5,PM2.5,PM2.5
             1001A,74,52,53,54
             3207A,1,2,,3
             1003A,1,2
             1028A,1,2,x,4,5",
            "! 1 unreadable 1: line 7: 6 fields instead of 5: 1028A
             ! 1 cut 1: line 6: ends in column 3: 1003A=2
             2018-01-01T00
               2:
               3: 1001A PM2.5 52;
             ! 3 unknown_station 1 of 2018-01-01T00: 3207A=2
             2018-01-01T01
               4: 1001A PM2.5 53;
             ! 5 unreadable 1: no such date: 2018010,1,PM2.5",
        );
        check(
            "date,20180101
             type,AQI",
            "! 2 unreadable 1: a.csv: a table on its side without its hour line",
        );
    }

    #[test]
    fn uci_files_have_a_station_a_row_and_carbon_monoxide_in_micrograms() {
        check(
            r#""No","year","month","day","hour","PM2.5","CO","wd","station"
             1,2013,3,1,0,4,300,"NNW","Wanshouxigong"
             2,2013,3,1,1,NA,NA,NA,"Wanshouxigong"
             3,2013,3,1,24,7,,"N","Elsewhere"
             "No","year","month","day","hour","PM2.5","CO","wd","station"
             1,2013,3,1,0,NULL,300,"N","dongsi"
             2,2013,3,1,x,1,300,"N","dongsi"
             3,2013,3,1,1,1,300,"N","dongsi",
             4,2013,3,1,1,1,300,"N
             5,2013,3,"#,
            "2013-03-01T00
               2: 1001A PM2.5 4; 1001A CO 300;
             2013-03-01T01
               3: 1001A PM2.5 missing; 1001A CO missing;
             2013-03-02T00
               4:
             ! 4 unknown_station 1 of 2013-03-02T00: Elsewhere=7
             2013-03-01T00
               6: 1003A PM2.5 missing; 1003A CO 300;
             ! 7 unreadable 1: no such hour: 2,2013,3,1,x,1,300,\"N\",\"dongsi\"
             ! 8 unreadable 1: 10 fields instead of 9: 3,2013,3,1,1,1,300,\"N\",\"dongsi\",
             2013-03-01T01
               9:
             ! 9 cut 3 of 2013-03-01T01: PM2.5=1 and 2 more
             ! 10 cut 1: ends before its first value: 5,2013,3,",
        );
    }

    #[test]
    fn hour_files_since_2022_have_a_station_a_row() {
        check(
            r#"timepoint,stationcode,positionname,primarypollutant,aqi,pm10,pm10_24h,pm2_5,co
             2022-01-04T14:00:00,1001A,万寿西宫,细颗粒物(PM2.5),67,74,53,48,1.6
             2022-01-04T14:00:00,1003A,东四,"颗粒物(PM10),细颗粒物(PM2.5)",67,—,53,,
             2022-01-04T14:00:00,9999A,x,,67,1,53,2,NULL
             2022-01-04T14:30:00,1001A,x,,67,1,53,2,3
             2022-01-04T15:00:00,1001A,x,,67,1,5"#,
            "2022-01-04T14
               2: 1001A PM10 74; 1001A PM2.5 48; 1001A CO 1600;
               3: 1003A PM10 missing; 1003A PM2.5 missing; 1003A CO missing;
               4:
             ! 4 unknown_station 2 of 2022-01-04T14: 9999A=1 and 1 more
             ! 5 unreadable 1: no such hour: 2022-01-04T14:30:00,1001A,x,,67,1,53,2,3
             2022-01-04T15
               6: 1001A PM10 1;
             ! 6 cut 1 of 2022-01-04T15: pm10_24h=5",
        );
    }

    #[test]
    fn a_header_counts_wherever_it_stands() {
        let rows = "20190112,15,PM2.5,1,2\n";
        let decoded = "2019-01-12T15\n 2: 1001A PM2.5 1; 1003A PM2.5 2;\n";
        let part = format!("date,hour,type,1001A,1003A\n{rows}");
        let other = "date,hour,type,1003A,1001A\n20190112,16,PM2.5,135,\n";
        let after = |line: u64| {
            let line = line + 1;
            format!("2019-01-12T16\n {line}: 1003A PM2.5 135; 1001A PM2.5 missing;")
        };
        check(&format!("\u{feff}{part}\u{feff}{other}"), &format!("{decoded}{}", after(3)));
        check(&format!("{part}\u{feff}\u{feff}{other}"), &format!("{decoded}{}", after(3)));
        let upper = other.replace("date,hour,type", " \"DATE\" , \"Hour\",\u{a0}Type");
        check(&format!("{part}{upper}"), &format!("{decoded}{}", after(3)));
        // Where the first part ends without a line end, its last line is cut or whole.
        let whole = format!("{}{other}", part.trim_end());
        check(&whole, &format!("{decoded}{}", after(2)));
        check(
            &format!("{part}20190112,15,PM10,3\u{feff}{other}"),
            &format!(
                "2019-01-12T15\n2: 1001A PM2.5 1; 1003A PM2.5 2;\n3:\n\
                 ! 3 cut 1 of 2019-01-12T15: 1001A=3\n{}",
                after(3)
            ),
        );
        check(
            &format!("{part}date,hour,type,10{other}"),
            &format!("{decoded}! 3 unreadable 1: no such date: date,hour,type,10\n{}", after(3)),
        );
        // Before the first header, too.
        check(
            &format!("sep=,\ntitle\n\n{other}"),
            "! 1 unreadable 2: stands before the first header: sep=, and 1 more
             2019-01-12T16
               4: 1003A PM2.5 135; 1001A PM2.5 missing;",
        );
    }

    #[test]
    fn below_a_header_that_is_not_understood_nothing_is_read() {
        for foreign in
            ["date,hour,kind,1003A,1001A", "日期,小时,类型,1003A,1001A", "date,hour,type"]
        {
            check(
                &format!(
                    "date,hour,type,1001A,1003A
                     20190112,15,PM2.5,1,2
                     {foreign}
                     20190112,16,PM2.5,135,
                     20190112,17,PM2.5,135,
                     DATE,HOUR,TYPE,1001A
                     20190112,18,PM2.5,7"
                ),
                &format!(
                    "2019-01-12T15
                       2: 1001A PM2.5 1; 1003A PM2.5 2;
                     ! 3 unreadable 3: a header that is not understood, or below it: {foreign} and 2 more
                     2019-01-12T18
                       7: 1001A PM2.5 7;"
                ),
            );
        }
        check(
            "date,hour,type,1001A
             date,20190112,20190112
             hour,16,17
             type,PM2.5,PM2.5
             1001A,35,36",
            "! 2 unreadable 4: a header that is not understood, or below it: \
             date,20190112,20190112 and 3 more",
        );
        check(
            "date,20190112,20190112
             hour,16,17
             type,PM2.5,PM2.5
             1001A,35,36
             date,hour,type,1001A
             20190112,16,PM2.5,7",
            "! 1 unreadable 2: from line 5 on another table; put it in a file of its own: \
             date,hour,type,1001A and 1 more
             2019-01-12T16
               2: 1001A PM2.5 35;
             2019-01-12T17
               3: 1001A PM2.5 36;",
        );
    }

    #[test]
    fn files_in_gbk_are_read_where_stations_have_codes() {
        let rules = small_rules();
        let decoded = |bytes: &[u8]| render(&read("a.csv", bytes, &rules), &rules);
        let area = b"\xb1\xb1\xbe\xa9\xca\xd0";
        let header = b"timepoint,area,stationcode,pm2_5\n2019-01-12T1500,";
        let rows = [header.as_slice(), area, b",1001A,35\n2019-01-12T1600,", area, b",1003A,36"];
        assert_eq!(
            decoded(&rows.concat()),
            "2019-01-12T15\n  2: 1001A PM2.5 35;\n2019-01-12T16\n  3: 1003A PM2.5 36;\n"
        );
        let rows = b",1001A\n20190112,15,PM2.5,35,36\n";
        let mixed = [b"date,hour,type,", area.as_slice(), rows].concat();
        assert_eq!(
            decoded(&mixed),
            "2019-01-12T15\n  2: 1001A PM2.5 36;\n! 2 unknown_station 1 of 2019-01-12T15: \u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}=35\n"
        );
        let names = [b"date,hour,type,", area.as_slice(), b"\n20190112,15,PM2.5,35\n"].concat();
        let names = decoded(&names);
        assert!(
            names.starts_with("! 1 unreadable 1: a.csv: text that is not UTF-8 but GBK"),
            "{names}"
        );
    }

    #[test]
    fn formats_may_follow_one_another() {
        check(
            "date,hour,type,1001A,1003A
             20190112,15,PM2.5,1,2
             No,year,month,day,hour,PM2.5,station
             1,2019,1,12,16,3,dongsi
             timepoint,stationcode,pm2_5
             2019-01-12T1700,1003A,4
             date,hour,type,1003A
             20190112,18,PM2.5,5",
            "2019-01-12T15
               2: 1001A PM2.5 1; 1003A PM2.5 2;
             2019-01-12T16
               4: 1003A PM2.5 3;
             2019-01-12T17
               6: 1003A PM2.5 4;
             2019-01-12T18
               8: 1003A PM2.5 5;",
        );
    }

    #[test]
    fn a_comma_behind_a_header_is_no_column_if_no_row_has_it() {
        check(
            "date,hour,type,1001A,1003A,
             20190112,15,PM2.5,1,2
             20190112,16,PM2.5,1
             20190112,17,PM2.5,1,2,
             20190112,18,PM2.5,1,2",
            "2019-01-12T15
               2: 1001A PM2.5 1; 1003A PM2.5 2;
             2019-01-12T16
               3:
             ! 3 cut 1 of 2019-01-12T16: 1001A=1
             2019-01-12T17
               4: 1001A PM2.5 1; 1003A PM2.5 2;
             2019-01-12T18
               5: 1001A PM2.5 1;
             ! 5 cut 1 of 2019-01-12T18: 1003A=2",
        );
        check(
            "timepoint,stationcode,pm10,pm2_5,
             2019-01-12T15,1001A,1,2
             2019-01-12T16,1001A,1,2,",
            "2019-01-12T15
               2: 1001A PM10 1; 1001A PM2.5 2;
             2019-01-12T16
               3: 1001A PM10 1; 1001A PM2.5 2;",
        );
    }

    #[test]
    fn marks_of_many_tools_are_missing_values() {
        for mark in ["NaN", "nan", "null", "None", "N/A", "#N/A", "-", "—", "nil", "\" - \""] {
            check(
                &format!("date,hour,type,1001A,1003A\n20190112,15,PM2.5,{mark},3"),
                "2019-01-12T15\n2: 1001A PM2.5 missing; 1003A PM2.5 3;",
            );
            check(
                &format!("year,month,day,hour,PM2.5,CO,station\n2019,1,12,15,{mark},3,dongsi"),
                "2019-01-12T15\n2: 1003A PM2.5 missing; 1003A CO 3;",
            );
            check(
                &format!("timepoint,stationcode,pm2_5,pm10\n2019-01-12T15,1003A,{mark},3"),
                "2019-01-12T15\n2: 1003A PM2.5 missing; 1003A PM10 3;",
            );
            check(
                &format!("date,20190112,20190112\nhour,15,15\ntype,PM2.5,PM10\n1003A,{mark},3"),
                "2019-01-12T15\n2: 1003A PM2.5 missing;\n3: 1003A PM10 3;",
            );
        }
        check(
            "date,hour,type,1001A,1003A\n20190112,15,PM2.5,inf,1e400\n20190112,15,PM10,0x10,+5",
            "2019-01-12T15
               2:
               3:
             ! 2 unreadable 2 of 2019-01-12T15: 1001A=inf and 1 more
             ! 3 unreadable 2 of 2019-01-12T15: 1001A=0x10 and 1 more",
        );
    }

    #[test]
    fn a_column_of_times_that_cannot_be_read_is_one_refusal() {
        check(
            "date,hour,type,1001A
             12/1/2019,16,PM2.5,1
             12/1/2019,17,PM2.5,2
             12/1/2019,18,PM2.5,3
             20190112,19,PM2.5,4
             12/1/2019,20,PM2.5,5
             12/1/2019,21,PM2.5,6",
            "! 2 unreadable 3: no row has a time that can be read: no such date: \
             12/1/2019,16,PM2.5,1 and 2 more
             2019-01-12T19
               5: 1001A PM2.5 4;
             ! 6 unreadable 1: no such date: 12/1/2019,20,PM2.5,5
             ! 7 unreadable 1: no such date: 12/1/2019,21,PM2.5,6",
        );
        check(
            "timepoint,stationcode,pm2_5
             noon,1001A,1
             noon,1003A,1",
            "! 2 unreadable 2: no row has a time that can be read: no such hour: \
             noon,1001A,1 and 1 more",
        );
        check(
            "date,12/1/2019,2019
             hour,1,2
             type,PM2.5,PM2.5
             1001A,1,2",
            "! 1 unreadable 1: a.csv: no header of a known format but \"date,12/1/2019,2019\"",
        );
    }

    #[test]
    fn dates_and_times_are_read_as_tools_write_them() {
        for (date, hour) in [("2025-01-01", "00:00"), ("2025/1/1", "0:00"), ("20250101.0", "0.0")] {
            check(
                &format!("date,hour,type,1001A\n{date},{hour},pm2.5,35"),
                "2025-01-01T00\n2: 1001A PM2.5 35;",
            );
        }
        for time in ["2025-01-01T0000", "2025-01-01T00:00:00", "2025/1/1 0:00", "\"2025/1/1,0:00\""]
        {
            check(
                &format!("timepoint,stationcode,primarypollutant,pm2_5\n{time},1001A,\"a,b\",35"),
                "2025-01-01T00\n2: 1001A PM2.5 35;",
            );
        }
    }

    #[test]
    fn what_is_no_data_file_is_one_refusal() {
        check("", "! 1 unreadable 1: a.csv: an empty file");
        check(
            "<html>
             <h1>Not Found</h1>",
            "! 1 unreadable 1: a.csv: an HTML page, no table of readings: \"<html>\"",
        );
        check(
            "date,hour,type",
            "! 1 unreadable 1: a.csv: no header of a known format but \"date,hour,type\"",
        );
        check("date,hour,type,1001A", "");
    }
}
