//! Files side by side: the next commands are those of the file whose hour is the earliest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

use crate::domain::{Command, Hour, RuleBook, Stream};
use crate::engine::{Continued, FileDifference, Inbox, PortError};
use crate::wire::csv::Parts;
use crate::wire::stations::Stations;

use super::open::{FileToRead, Jump, OpenFile, Turn, failed};

/// What one `take` delivers, about.
const COMMANDS_MAX: usize = 64;
const READINGS_MAX: usize = 64 * 1024;

/// Why files cannot be an inbox.
#[derive(Debug, Error)]
pub enum FilesError {
    /// A log knows a file by its name alone.
    #[error("two files of one name: {} and {}; rename one", .0.display(), .1.display())]
    TwoOfOneName(PathBuf, PathBuf),
    /// It is no file, or cannot be read.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Delivers several files as one sequence, by hour; files with the same hour by name.
///
/// What comes next depends on nothing but what the files still hold, so the sequence is the same
/// however it is taken, and after any resume. A file is open only from its first hour to its end.
/// A file that begins again ([`Parts`]) is several: its first part is the stream `name`, the others
/// are `name#2`, `name#3` and so on; positions are the lines of the whole file.
#[derive(Debug)]
pub struct FileInbox {
    stations: Arc<Stations>,
    max_jump_h: i32,
    /// By name; parts in the order of their file.
    files: Vec<FileToRead>,
    /// Files whose hour has not come, the earliest first.
    waiting: VecDeque<QueueKey>,
    /// Files that are open and have more, the earliest first.
    open: BTreeMap<QueueKey, Box<OpenFile>>,
    /// By place, the rows that were too far ahead of those before them.
    jumps: BTreeMap<usize, Jump>,
    /// Stations that are not in the list, of the files that have ended.
    unknown: BTreeMap<String, String>,
    bytes_read: Arc<AtomicU64>,
    bytes_total: u64,
    commands_max: usize,
}

/// A file that is not what a log holds of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Changed {
    /// By which the log knows it.
    pub before: Stream,
    /// By which it goes on.
    pub stream: Stream,
    /// Where it differs.
    pub difference: FileDifference,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, stream, difference: FileDifference { position, last, is_shorter } } =
            self;
        if *is_shorter {
            let taken = format!("the log holds its lines up to {last}");
            return write!(f, "{before} ends before line {position}, but {taken}: it was replaced");
        }
        write!(
            f,
            "{before} differs from what the log holds of it (up to line {last}): it was replaced, \
             or changed at line {position}; from there on it is read again, as {stream}, and values \
             that the log has are refused as duplicate"
        )
    }
}

/// By what the next file is chosen: hour, and place in the list of files. Without an hour it is first.
type QueueKey = (Option<Hour>, usize);

impl FileInbox {
    /// Looks through each file for its parts and their first hours. A row that is more than `max_jump_h` ahead of
    /// its file does not decide when it is delivered.
    pub fn open(
        paths: &[PathBuf],
        stations: Arc<Stations>,
        max_jump_h: i32,
    ) -> Result<Self, FilesError> {
        let mut paths: Vec<_> = paths.iter().map(|path| (name(path), path.clone())).collect();
        paths.sort();
        let mut bytes_total = 0;
        let mut files = Vec::new();
        for (name, path) in paths {
            bytes_total += path.metadata().map_err(|error| failed(&path, &error))?.len();
            for file in parts(&name, &path, &stations, max_jump_h)? {
                let opened = OpenFile::open(&file, &stations, &Arc::default())?;
                files.push(FileToRead { first_hour: opened.first_hour(max_jump_h)?, ..file });
            }
        }
        let mut inbox = Self {
            stations,
            max_jump_h,
            files,
            waiting: VecDeque::new(),
            open: BTreeMap::new(),
            jumps: BTreeMap::new(),
            unknown: BTreeMap::new(),
            bytes_read: Arc::default(),
            bytes_total,
            commands_max: COMMANDS_MAX,
        };
        inbox.check_names()?;
        inbox.start();
        Ok(inbox)
    }

    /// One stream a file, or a part of one, by name.
    pub fn streams(&self) -> Vec<Stream> {
        self.files.iter().map(|it| it.stream.clone()).collect()
    }

    /// The earliest first hour of all files.
    pub fn first_hour(&self) -> Option<Hour> {
        self.files.iter().filter_map(|it| it.first_hour).min()
    }

    /// Compares each file with what a log holds of it. A file that differs goes on as another
    /// stream, from the first line that differs.
    pub fn continue_from(&mut self, continued: &Continued) -> Result<Vec<Changed>, FilesError> {
        let mut changed = Vec::new();
        for file in &mut self.files {
            if continued.last(&file.stream).is_none() {
                continue;
            }
            let mut opened = OpenFile::open(file, &self.stations, &Arc::default())?;
            let difference = continued.compare(&file.stream, opened.commands());
            opened.check()?;
            let stream = match difference {
                None => continued.stream(&file.stream),
                Some(FileDifference { position, .. }) => {
                    file.taken_before = position - 1;
                    continued.next_stream(&file.stream)
                }
            };
            let before = std::mem::replace(&mut file.stream, stream.clone());
            changed.extend(difference.map(|difference| Changed { before, stream, difference }));
        }
        self.check_names()?;
        self.start();
        Ok(changed)
    }

    /// What each file is of which no row can be read; its path, and the reason.
    pub fn unreadable(&self) -> Result<Vec<(PathBuf, String)>, PortError> {
        let mut found = Vec::new();
        for file in self.files.iter().filter(|it| it.first_hour.is_none()) {
            let mut opened = OpenFile::open(file, &self.stations, &Arc::default())?;
            let mut commands = opened.commands();
            let why = commands.find_map(|it| match it {
                Command::Refuse(refusal) => Some(refusal.excerpt),
                Command::Adopt(_)
                | Command::JoinStreams(_)
                | Command::Tick(_)
                | Command::Observe(_)
                | Command::ReceiveForecast(_)
                | Command::Exclude(_)
                | Command::Give(_) => None,
            });
            drop(commands);
            opened.check()?;
            let why = why.unwrap_or_else(|| "a header without rows".to_owned());
            let name = format!("{}: ", file.stream);
            let why = why.strip_prefix(&name).unwrap_or(&why).to_owned();
            found.push((file.path.clone(), why));
        }
        Ok(found)
    }

    fn check_names(&self) -> Result<(), FilesError> {
        let mut known = BTreeMap::new();
        for file in &self.files {
            if let Some(other) = known.insert(&file.stream, &file.path) {
                return Err(FilesError::TwoOfOneName(other.clone(), file.path.clone()));
            }
        }
        Ok(())
    }

    /// Bytes read and bytes in all, as they lie on disk.
    pub fn progress(&self) -> (u64, u64) {
        (self.bytes_read.load(Ordering::Relaxed), self.bytes_total)
    }

    /// The files in which rows were too far ahead of those before them, and those rows.
    pub fn jumps(&self) -> impl Iterator<Item = (&Stream, Jump)> {
        self.jumps.iter().map(|(at, jump)| (&self.files[*at].stream, *jump))
    }

    /// Stations of the files that have ended that are not in the list, each with its place where
    /// a file names it.
    pub fn unknown(&self) -> &BTreeMap<String, String> {
        &self.unknown
    }

    /// Whether everything has been taken.
    pub fn is_finished(&self) -> bool {
        self.waiting.is_empty() && self.open.is_empty()
    }

    fn start(&mut self) {
        self.open.clear();
        self.jumps.clear();
        self.unknown.clear();
        self.bytes_read.store(0, Ordering::Relaxed);
        let places = self.files.iter().enumerate().map(|(at, it)| (it.first_hour, at));
        self.waiting = places.collect::<BTreeSet<_>>().into_iter().collect();
    }

    /// Opens every file that may be next.
    fn open_next(&mut self) -> Result<(), PortError> {
        while let Some(place) = self.waiting.front().copied() {
            if self.open.first_key_value().is_some_and(|(open, _)| *open < place) {
                return Ok(());
            }
            self.waiting.pop_front();
            let file = OpenFile::open(&self.files[place.1], &self.stations, &self.bytes_read)?;
            self.queue(place.1, Box::new(file))?;
        }
        Ok(())
    }

    /// Puts a file where its next commands belong; drops it at its end.
    fn queue(&mut self, at: usize, mut file: Box<OpenFile>) -> Result<(), PortError> {
        let turn = file.advance(self.max_jump_h)?;
        if let Some(jump) = file.jump() {
            self.jumps.insert(at, jump);
        }
        if let Some(turn) = turn {
            let hour = match turn {
                Turn::AtOnce => self.files[at].first_hour,
                Turn::At(hour) => Some(hour),
            };
            self.open.insert((hour, at), file);
        } else {
            for (station, place) in file.unknown() {
                let known = self.unknown.entry(station.clone()).or_default();
                if known.is_empty() {
                    known.clone_from(place);
                }
            }
        }
        Ok(())
    }
}

impl Inbox for FileInbox {
    /// Its readers know the stations of the rule book that it was opened with.
    fn adopt(&mut self, _book: &Arc<RuleBook>) {}

    fn resume(&mut self, taken: &[(Stream, u64)]) -> Result<(), PortError> {
        for file in &mut self.files {
            let of_file = taken.iter().filter(|it| it.0 == file.stream).map(|it| it.1);
            file.taken = of_file.max().unwrap_or(0).max(file.taken_before);
        }
        self.start();
        Ok(())
    }

    /// Never parts a batch from the refusals of its rows.
    fn poll(&mut self) -> Result<Vec<Command>, PortError> {
        let mut commands = Vec::new();
        let mut readings = 0;
        while commands.len() < self.commands_max && readings < READINGS_MAX {
            self.open_next()?;
            let Some(((_, at), mut file)) = self.open.pop_first() else {
                break;
            };
            for command in file.head.drain(..) {
                if let Command::Observe(batch) = &command {
                    readings += batch.readings.len();
                }
                commands.push(command);
            }
            self.queue(at, file)?;
        }
        Ok(commands)
    }
}

/// A file as one, or as its parts.
fn parts(
    name: &str,
    path: &Path,
    stations: &Stations,
    max_jump_h: i32,
) -> Result<Vec<FileToRead>, PortError> {
    let bytes = File::open(path).map_err(|error| failed(path, &error))?;
    let parts = Parts::find(bytes, stations, max_jump_h).map_err(|error| failed(path, &error))?;
    let file = |name: &str, part| FileToRead {
        path: path.to_owned(),
        part,
        stream: Stream::file(name),
        first_hour: None,
        taken_before: 0,
        taken: 0,
    };
    let Some(parts) = parts else { return Ok(vec![file(name, None)]) };
    let part = |at: usize| {
        let number = at + 1;
        let name = if at == 0 { name.to_owned() } else { format!("{name}#{number}") };
        file(&name, Some((parts.clone(), at)))
    };
    Ok((0..parts.len()).map(part).collect())
}

/// A file is known by its name, wherever it lies.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Date, Event, Fact, Reason, RuleBook, Rules, Timestamp};
    use crate::engine::{Position, Record};
    use crate::wire::csv::testing::{real_rules, small_rules};
    use tempfile::TempDir;

    const HEADER: &str = "date,hour,type,1001A\n";

    fn folder(files: &[(&str, &str)]) -> (TempDir, Vec<PathBuf>) {
        let folder = TempDir::new().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let paths = files.iter().map(write).collect();
        (folder, paths)
    }

    fn stations() -> Arc<Stations> {
        Arc::new(Stations::new(&small_rules()))
    }

    fn inbox(paths: &[PathBuf]) -> FileInbox {
        FileInbox::open(paths, stations(), 720).unwrap()
    }

    /// Where each command stood, `a:2-3` for a batch and `a:4!` for a refusal; one take a line.
    fn takes(inbox: &mut FileInbox) -> Vec<String> {
        let place = |command: &Command| match command {
            Command::Observe(batch) => {
                let (first, last) = (batch.rows[0].position, batch.rows.last().unwrap().position);
                format!("{}:{first}-{last}", batch.stream)
            }
            Command::Refuse(refusal) => format!("{}!", refusal.source.as_ref().unwrap()),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::Tick(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)
            | Command::Give(_) => panic!("not from a file: {command:?}"),
        };
        let mut takes = Vec::new();
        loop {
            let commands = inbox.poll().unwrap();
            if commands.is_empty() {
                assert!(inbox.is_finished());
                return takes;
            }
            takes.push(commands.iter().map(place).collect::<Vec<_>>().join(" "));
        }
    }

    /// What is delivered, in one sequence; and the same after a stop at any place.
    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &str) {
        let (_folder, paths) = folder(files);
        let mut whole = inbox(&paths);
        assert_eq!(takes(&mut whole).join(" "), expected);
        assert_eq!(whole.progress().0, whole.progress().1);

        let mut by_one = inbox(&paths);
        by_one.commands_max = 1;
        let by_one = takes(&mut by_one);
        assert_eq!(by_one.join(" "), expected);
        for stop in 0..=by_one.len() {
            let mut resumed = inbox(&paths);
            resumed.resume(&taken(&by_one[..stop].join(" "))).unwrap();
            assert_eq!(takes(&mut resumed).join(" "), by_one[stop..].join(" "), "{stop}");
        }
    }

    /// What a log would hold of such commands.
    fn taken(commands: &str) -> Vec<(Stream, u64)> {
        let places = commands.split_whitespace().map(|place| {
            let (name, lines) = place.split_once(':').unwrap();
            let last = lines.trim_end_matches('!').rsplit('-').next().unwrap();
            (Stream::file(name), last.parse().unwrap())
        });
        places.collect()
    }

    #[test]
    fn files_come_by_hour_and_then_by_name() {
        let rows = |rows: &str| format!("{HEADER}{rows}");
        let a = rows("20190102,1,AQI,\n20190102,1,PM2.5,\nx\n20190102,3,AQI,\n");
        let b = rows("20190101,1,AQI,\n20190102,1,AQI,\n20190102,2,AQI,\n20190102,4,AQI,\n");
        let files = [("a", a.as_str()), ("b", b.as_str())];
        let expected = "b:2-2 a:2-3 a:4! b:3-3 b:4-4 a:5-5 b:5-5";
        check(&files, expected);
        check(&[files[1], files[0]], expected);
    }

    #[test]
    fn a_day_follows_the_other_whatever_the_order_of_the_arguments() {
        let day = |day: u32| format!("{HEADER}{day},1,AQI,\n{day},24,AQI,\n");
        let (one, two, three) = (day(20_190_101), day(20_190_102), day(20_190_103));
        let files = [("z", one.as_str()), ("b", three.as_str()), ("a", two.as_str())];
        check(&files, "z:2-2 z:3-3 a:2-2 a:3-3 b:2-2 b:3-3");
    }

    #[test]
    fn what_is_no_file_of_readings_is_refused_first_and_bad_rows_go_with_their_file() {
        let a = format!("x\n{HEADER}");
        let b = format!("{HEADER}x\n20190103,1,AQI,\n");
        let c = format!("{HEADER}20190102,1,AQI,\nx\n20190104,1,AQI,\nx\n");
        let files = [("a", a.as_str()), ("b", b.as_str()), ("c", c.as_str()), ("d", "")];
        check(&files, "a:1! d:1! c:2-2 c:3! b:2! b:3-3 c:4-4 c:5!");
    }

    /// What stands where it is refused: `a:2` is line 2 of file a.
    fn refused(inbox: &mut FileInbox, reason: Reason) -> Vec<String> {
        let mut refused = Vec::new();
        while !inbox.is_finished() {
            for command in inbox.poll().unwrap() {
                if let Command::Refuse(it) = command
                    && it.reason == reason
                {
                    refused.push(it.source.unwrap().to_string());
                }
            }
        }
        refused
    }

    /// One row with a wrong year begins no file, and holds no other one up.
    #[test]
    fn a_lone_row_of_long_ago_is_refused_and_the_next_one_begins() {
        let a = "19700101,9,AQI,\n19700101,9,PM2.5,35\n20190102,3,AQI,\n20190102,4,AQI,\n";
        let a = format!("{HEADER}{a}");
        let b = format!("{HEADER}19700102,1,AQI,\n20170101,1,AQI,\n20190102,2,AQI,\n");
        let c = format!("{HEADER}20190102,1,AQI,\n20190102,4,AQI,\n");
        let files = [("a", a.as_str()), ("b", b.as_str()), ("c", c.as_str())];
        check(&files, "c:2-2 b:2! b:3! b:4-4 a:2! a:3! a:4-4 a:5-5 c:3-3");
        let (_folder, paths) = folder(&files);
        let mut inbox = inbox(&paths);
        assert_eq!(inbox.first_hour(), Hour::of_beijing(Date::new(2019, 1, 2).unwrap(), 1));
        assert_eq!(refused(&mut inbox, Reason::FromThePast), ["b:2", "b:3", "a:2", "a:3"]);
        // A file with nothing but one hour begins with it, and one typing error is no beginning.
        check(&[("a", &format!("{HEADER}19700101,9,AQI,\n"))], "a:2-2");
        let typo = "20190102,1,AQI,\n20910102,1,AQI,\n20190102,2,AQI,\n";
        check(&[("a", &format!("{HEADER}{typo}"))], "a:2-2 a:3-3 a:4-4");
    }

    #[test]
    fn stations_that_are_not_in_the_list_are_known_with_their_place() {
        let wide = "date,hour,type,1001A,9997A,9998A\n20190102,1,AQI,,,\n";
        let long = "timepoint,stationcode,area,pm2_5\n2022-01-04T14:00:00,9998A,北京市,1\n\
                    2022-01-04T14:00:00,1001A,北京市,1\n2022-01-04T14:00:00,9999A,邢台市,\n";
        for files in [[("a", wide), ("b", long)], [("b", wide), ("a", long)]] {
            let (_folder, paths) = folder(&files);
            let mut inbox = inbox(&paths);
            takes(&mut inbox);
            let unknown = inbox.unknown().iter().map(|(code, place)| format!("{code} {place}"));
            let expected = ["9997A ", "9998A 北京市", "9999A 邢台市"];
            assert_eq!(unknown.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn rows_too_far_ahead_of_their_file_are_known_once_a_file() {
        let typo = "20190102,1,AQI,\n20190102,2,AQI,\n";
        let gap = "20190202,3,AQI,\n20190202,4,AQI,\n20190202,4,PM2.5,\n";
        let gap = format!("{HEADER}{typo}{gap}");
        let typo = format!("{HEADER}{typo}20910102,1,AQI,\n20190102,3,AQI,\n");
        let (_folder, paths) = folder(&[("gap", &gap), ("typo", &typo)]);
        let mut inbox = inbox(&paths);
        takes(&mut inbox);
        let jumps =
            inbox.jumps().map(|(stream, it)| (stream.to_string(), it.line, it.rows, it.to_the_end));
        let expected = [("gap".to_owned(), 4, 3, true), ("typo".to_owned(), 4, 1, false)];
        assert_eq!(jumps.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_older_row_comes_as_it_is_and_a_row_of_another_century_holds_nothing_up() {
        let a = "20190102,1,AQI,\n20190101,1,AQI,\n20910102,2,AQI,\n20190102,3,AQI,\n";
        let a = format!("{HEADER}{a}");
        let b = format!("{HEADER}20190102,2,AQI,\n20190102,3,AQI,\n20190102,4,AQI,\n");
        check(&[("a", &a), ("b", &b)], "a:2-2 a:3-3 a:4-4 b:2-2 a:5-5 b:3-3 b:4-4");
    }

    /// What a log holds of a play.
    fn log_of(rules: &Rules, inbox: &mut FileInbox, records: &mut Vec<Record>) {
        let book = RuleBook { digest: "".into(), files: Vec::new(), rules: rules.clone() };
        let mut events = vec![Event::Fact(Fact::RuleBookAdopted(Arc::new(book)))];
        while !inbox.is_finished() {
            for command in inbox.poll().unwrap() {
                if let Command::Observe(batch) = command {
                    events.push(Event::Fact(Fact::ReadingsReceived(batch)));
                } else if let Command::Refuse(refusal) = command {
                    events.push(Event::Fact(Fact::InputRefused(refusal)));
                } else {
                    panic!("not from a file: {command:?}");
                }
            }
        }
        records.extend(events.into_iter().map(|event| Record {
            position: Position::default(),
            happened_at: Timestamp(0),
            recorded_at: Timestamp(0),
            correlation: None,
            causation: None,
            event,
        }));
    }

    /// The last position of each stream.
    fn positions(records: &[Record]) -> Vec<(Stream, u64)> {
        let place = |it: &Record| {
            if let Event::Fact(Fact::ReadingsReceived(it)) = &it.event {
                return Some((it.stream.clone(), it.rows.last()?.position));
            }
            let Event::Fact(Fact::InputRefused(it)) = &it.event else { return None };
            it.source.clone().map(|it| (it.stream, it.position))
        };
        records.iter().filter_map(place).collect()
    }

    /// Plays versions of one file, one after the other, into one log: what is said of each but
    /// the first, and what is read.
    #[track_caller]
    fn check_versions(versions: &[&str], expected: &[(&str, &str)]) {
        let rules = small_rules();
        let mut records = Vec::new();
        let mut commands_read = Vec::new();
        for text in versions {
            let (_folder, paths) = folder(&[("a", text)]);
            let mut inbox = inbox(&paths);
            let continued = Continued::of(&rules, records.iter().cloned().map(Ok)).unwrap();
            let changed = inbox.continue_from(&continued).unwrap();
            let said = changed.iter().map(|it| {
                let FileDifference { position, is_shorter, .. } = it.difference;
                format!("{}:{position}{}", it.stream, if is_shorter { " shorter" } else { "" })
            });
            let said = said.collect::<Vec<_>>().join(" ");
            inbox.resume(&positions(&records)).unwrap();
            let read = takes(&mut inbox).join(" ");
            inbox.resume(&positions(&records)).unwrap();
            log_of(&rules, &mut inbox, &mut records);
            commands_read.push((said, read));
        }
        let commands_read: Vec<_> = commands_read.iter().map(|it| (&*it.0, &*it.1)).collect();
        assert_eq!(commands_read, expected, "{versions:?}");
    }

    #[test]
    fn a_file_is_continued_where_it_is_the_same_and_read_anew_where_it_differs() {
        let file = |rows: &[&str]| format!("date,hour,type,1001A,1003A\n{}\n", rows.join("\n"));
        let (one, two) = ("20190102,1,PM2.5,1,2", "20190102,2,PM2.5,3,4");
        let (three, four) = ("20190102,3,PM2.5,5,6", "20190102,3,PM10,5,");
        let all = file(&[one, two, three]);
        let read = "a:2-2 a:3-3 a:4-4";
        let check = |version: &str, expected: (&str, &str)| {
            check_versions(&[&all, version, version], &[("", read), expected, ("", "")]);
        };
        check(&all, ("", ""));
        check(&format!("\u{feff}{}", all.replace('\n', "\r\n")), ("", ""));
        check(&all.replace("PM2.5", " \"pm2.5\" ").replace("20190102", "2019-01-02"), ("", ""));
        check(&file(&[one, two, three, four]), ("", "a:5-5"));
        check(&file(&[one, four, two, three]), ("a@2:3", "a@2:3-3 a@2:4-4 a@2:5-5"));
        check(&file(&[two, three, four]), ("a@2:2", "a@2:2-2 a@2:3-4"));
        check(&all.replace(",3,4", ",3,7"), ("a@2:3", "a@2:3-3 a@2:4-4"));
        check(&all.replace("1001A,1003A", "1003A,1001A"), ("a@2:2", "a@2:2-2 a@2:3-3 a@2:4-4"));
        check(&all.replace(",5,6", ",5,x"), ("a@2:4", "a@2:4-4 a@2:4!"));
        check_versions(
            &[&all, &file(&[one, two]), &all, &file(&[one, two, three, four])],
            &[("", read), ("a@2:4 shorter", ""), ("", ""), ("", "a:5-5")],
        );
        // A line that was cut when it was read.
        check_versions(
            &[&all[..all.len() - 3], &all],
            &[("", "a:2-2 a:3-3 a:4-4 a:4!"), ("a@2:4", "a@2:4-4")],
        );
        // Replaced several times, and grown in between.
        let other = file(&[three, four]);
        check_versions(
            &[&file(&[one]), &file(&[two]), &file(&[two, three]), &other, &file(&[two, three])],
            &[
                ("", "a:2-2"),
                ("a@2:2", "a@2:2-2"),
                ("", "a@2:3-3"),
                ("a@3:2", "a@3:2-3"),
                ("a@4:2", "a@4:2-2 a@4:3-3"),
            ],
        );
        // Parts of a file each for itself.
        let day = |day: u32| {
            file(&[
                &format!("201901{day:02},1,PM2.5,1,2"),
                &format!("201901{day:02},2,PM2.5,{day},2"),
            ])
        };
        let (days, grown) = (day(3) + &day(2), day(3) + &day(2) + &day(1));
        let third = grown.replace("20190102,2", "20190102,3");
        check_versions(
            &[&days, &grown, &third],
            &[
                ("", "a#2:5-5 a#2:6-6 a:2-2 a:3-3"),
                ("", "a#3:8-8 a#3:9-9"),
                ("a#2@2:6", "a#2@2:6-6"),
            ],
        );
        // A table on its side that has got a column.
        let turned = |columns: usize| {
            let cells =
                |name: &str, cells: &[&str]| format!("{name},{}\n", cells[..columns].join(","));
            cells("date", &["20190102"; 3])
                + &cells("hour", &["1", "2", "3"])
                + &cells("type", &["PM2.5"; 3])
                + &cells("1001A", &["7", "8", "9"])
        };
        check_versions(
            &[&turned(2), &turned(3), &turned(3).replace('8', "5")],
            &[("", "a:2-2 a:3-3"), ("", "a:4-4"), ("a@2:3", "a@2:3-3 a@2:4-4")],
        );
    }

    #[test]
    fn rules_with_other_stations_make_no_other_file() {
        let text = "date,hour,type,1001A,1003A,东四\n20190102,1,PM2.5,1,2,3\n";
        let mut before = small_rules();
        before.stations.remove(0);
        before.stations[1].aliases.clear();
        let (_folder, paths) = folder(&[("a", text)]);
        let stations = Arc::new(Stations::new(&before));
        let mut records = Vec::new();
        log_of(&before, &mut FileInbox::open(&paths, stations, 720).unwrap(), &mut records);
        let continued = Continued::of(&small_rules(), records.into_iter().map(Ok)).unwrap();
        assert_eq!(inbox(&paths).continue_from(&continued).unwrap(), []);
    }

    #[test]
    fn parts_of_a_file_come_side_by_side_with_the_lines_of_the_whole_file() {
        let header = "year,month,day,hour,PM2.5,station\n";
        let rows = |station: &str| {
            let row = |hour: u32| format!("2019,1,1,{hour},7,{station}\n");
            (1..4).map(row).collect::<String>()
        };
        let (a, b, c) = (rows("1001A"), rows("1003A"), rows("1028A"));
        let uci = format!("{header}{a}x\n{b}{c}x");
        let expected = "u:2-2 u#2:6-6 u#3:9-9 u:3-3 u#2:7-7 u#3:10-10 u:4-4 u:5! u#2:8-8 u#3:11-11 \
             u#3:12!";
        check(&[("u", &uci)], expected);
        let day = |day: u32| format!("{HEADER}{day},1,AQI,\n{day},24,AQI,\n");
        let days = [day(20_190_101), day(20_190_103), day(20_190_102)].concat();
        let other = day(20_190_102);
        let files = [("a", days.as_str()), ("b", other.as_str())];
        check(&files, "a:2-2 a:3-3 a#2:8-8 b:2-2 a#2:9-9 b:3-3 a:5-5 a:6-6");
        let (_folder, paths) = folder(&[("u", &uci), ("u#2", HEADER)]);
        let error = FileInbox::open(&paths, stations(), 720).unwrap_err().to_string();
        assert!(error.contains("two files of one name: "), "{error}");
    }

    #[test]
    fn more_than_one_take_is_the_same_sequence() {
        let rows: String =
            (0..23).map(|hour| ["20190102,", &hour.to_string(), ",AQI,\nx\n"].concat()).collect();
        let file = format!("{HEADER}{rows}");
        let (_folder, paths) = folder(&[("a", &file), ("b", &file), ("c", &file), ("d", &file)]);
        let takes = takes(&mut inbox(&paths));
        assert_eq!(takes.len(), 3);
        assert!(takes.concat().starts_with("a:2-2 a:3! b:2-2 b:3! c:2-2"), "{takes:?}");
    }

    #[test]
    fn two_files_of_one_name_and_folders_and_absent_files_are_errors() {
        let (folder, paths) = folder(&[("a", HEADER)]);
        let check = |paths: &[PathBuf], expected: &str| {
            let error = FileInbox::open(paths, stations(), 720).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(&[paths[0].clone(), paths[0].clone()], "two files of one name: ");
        check(&[folder.path().to_path_buf()], "directory");
        check(&[folder.path().join("b")], "/b: No such file");
    }

    #[test]
    fn twelve_stations_of_four_years_come_by_hour() {
        let path = crate::skip::shared_data("uci_beijing_multisite.csv.xz");
        let (Some(rules), Some(path)) = (real_rules(), path) else { return };
        let mut inbox = FileInbox::open(&[path], Arc::new(Stations::new(&rules)), 720).unwrap();
        assert_eq!(inbox.streams().len(), 12);
        let (mut rows, mut hour) = (0, Hour::default());
        while !inbox.is_finished() {
            for command in inbox.poll().unwrap() {
                let Command::Observe(batch) = command else { panic!("{command:?}") };
                assert!(batch.hour >= hour && batch.rows.len() == 1);
                (rows, hour) = (rows + 1, batch.hour);
            }
        }
        assert_eq!(rows, 12 * 35_064);
        assert_eq!(inbox.progress().0, inbox.progress().1);
    }

    #[test]
    fn a_packed_file_that_is_broken_off_gives_what_it_has_and_a_refusal() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        let text = format!("{HEADER}20190102,1,AQI,\n20190102,2,AQI,\n");
        std::io::Write::write_all(&mut packer, text.as_bytes()).unwrap();
        let packed = packer.finish().unwrap();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, &packed[..packed.len() - 12]).unwrap();
        let commands = inbox(&[path]).poll().unwrap();
        let [Command::Observe(_), Command::Refuse(refusal)] = commands.as_slice() else {
            panic!("{commands:?}");
        };
        assert_eq!(refusal.reason, Reason::Unreadable);
        assert!(refusal.excerpt.contains("cannot be unpacked any further"), "{refusal:?}");
    }
}
