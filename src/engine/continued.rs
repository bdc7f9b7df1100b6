//! What a log holds of files, to compare it with the files as they are now.
//!
//! A log knows a file by its name and its lines. So a file that was replaced under its name, or
//! that has a new line in its middle, would be continued at a line that means something else. The
//! log holds everything that was taken of a file, so the two are compared: rows by position, hour,
//! station, pollutant and value, and what was refused of a row. Where they differ, the file is
//! read again from that row on, as another stream: `latest.csv@2` after `latest.csv`. Values that
//! were taken before are then refused as duplicates.
//!
//! Only stations are compared that have the same names in the rules of then and of now.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{PortError, Record};
use crate::domain::{
    Batch, Command, CommandGiven, Division, Event, Exclusion, Fact, Forecast, Hour, Jurisdiction,
    JurisdictionIndex, Reading, Reason, Refusal, Rules, Source, Station, Stream, Tick, Timestamp,
};

/// What a log holds of all files.
#[derive(Clone, Debug, Default)]
pub struct Continued {
    files: BTreeMap<Arc<str>, FileTaken>,
    /// The stations of each rule book of the log.
    books: Vec<Keys>,
    /// The jurisdictions of the last one.
    divisions: Vec<Division>,
    /// The stations of the rules of now.
    now: Vec<u64>,
    divisions_now: Vec<Division>,
}

/// The stations of a rule book that can be compared.
#[derive(Clone, Debug, Default)]
struct Keys {
    by_place: Vec<Option<u64>>,
    all: BTreeSet<u64>,
}

/// What a log holds of one file.
#[derive(Clone, Debug, Default)]
struct FileTaken {
    /// How often the file was read from a beginning; 0 before the first time.
    generation: u32,
    /// By position.
    entries: Vec<Entry>,
    /// Forecasts and exclusions: position, what they say, generation.
    others: Vec<(u64, u64, u32)>,
}

/// One row of a file, or one refusal of it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Entry {
    position: u64,
    /// A hash of everything that is compared.
    print: u64,
    kind: EntryKind,
    generation: u32,
    /// The rule book that it was read by.
    book: usize,
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum EntryKind {
    Row,
    /// A row that was refused for its hour, so that its values are not in the log.
    Untimely,
    Refused,
    /// A command or a tick.
    Said,
}

/// Where a file differs from what a log holds of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileDifference {
    /// The first position that differs.
    pub position: u64,
    /// The last position that the log holds.
    pub last: u64,
    /// The file ends before that position.
    pub is_shorter: bool,
}

/// What of a file of forecasts or exclusions is new.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct NewOthers {
    /// The stream that it goes on as.
    pub(super) stream: Stream,
    /// The file is another one than that which the log has taken.
    pub(super) is_replaced: bool,
    /// What was taken of the file before it was replaced.
    pub(super) known: BTreeSet<u64>,
}

impl Continued {
    /// What these records hold of files, to be compared by these rules.
    pub fn of(
        rules: &Rules,
        records: impl IntoIterator<Item = Result<Record, PortError>>,
    ) -> Result<Self, PortError> {
        let names: BTreeSet<_> = rules.stations.iter().map(names).collect();
        let mut continued = Self {
            now: rules.stations.iter().map(|it| print(&*it.code)).collect(),
            divisions_now: divisions(&rules.jurisdictions),
            ..Self::default()
        };
        for record in records {
            continued.take(&names, &record?.event);
        }
        for file in continued.files.values_mut() {
            file.finish();
        }
        Ok(continued)
    }

    /// The stream that a file goes on as: its own, or that by which it was last read again.
    pub fn stream(&self, file: &Stream) -> Stream {
        self.numbered(file, 0)
    }

    /// The stream by which a file is read again.
    pub fn next_stream(&self, file: &Stream) -> Stream {
        self.numbered(file, 1)
    }

    fn numbered(&self, file: &Stream, more: u32) -> Stream {
        match self.files.get(&file.name).map_or(1, |it| it.generation) + more {
            0 | 1 => file.clone(),
            number => Stream::file(&format!("{}{MARK}{number}", file.name)),
        }
    }

    /// The last position that the log holds of a file; none where it holds none of its rows.
    pub fn last(&self, file: &Stream) -> Option<u64> {
        self.files.get(&file.name)?.entries.last().map(|it| it.position)
    }

    /// Compares a file, read from its beginning by the rules of now, with what the log holds.
    pub fn compare(
        &self,
        file: &Stream,
        commands: impl IntoIterator<Item = Command>,
    ) -> Option<FileDifference> {
        let taken = self.files.get(&file.name)?;
        let last = taken.entries.last()?.position;
        let mut found: Vec<(u64, u64)> = Vec::with_capacity(taken.entries.len());
        for command in commands {
            if command.first_position().is_some_and(|it| it > last) {
                break;
            }
            match &command {
                Command::Observe(batch) => self.rows_now(taken, batch, &mut found),
                Command::Refuse(it) => found.extend(refused(it).map(|it| (it.0, it.1))),
                Command::Tick(Tick { at, source: Some(source) }) => {
                    found.push((source.position, print_tick(*at)));
                }
                Command::Give(it) => {
                    let position = it.source.as_ref().map(|it| it.position);
                    found.extend(position.map(|position| (position, print_given(it))));
                }
                Command::Adopt(_)
                | Command::JoinStreams(_)
                | Command::Tick(_)
                | Command::ReceiveForecast(_)
                | Command::Exclude(_) => {}
            }
        }
        found.retain(|it| it.0 <= last);
        found.sort_unstable();
        let mut entries = taken.entries.iter().map(|it| (it.position, it.print));
        let mut found = found.into_iter();
        loop {
            let position = match (entries.next(), found.next()) {
                (None, None) => return None,
                (Some(then), Some(now)) if then == now => continue,
                (Some(then), Some(now)) => then.0.min(now.0),
                (None, Some(now)) => now.0,
                (Some(then), None) => {
                    return Some(FileDifference { position: then.0, last, is_shorter: true });
                }
            };
            return Some(FileDifference { position, last, is_shorter: false });
        }
    }

    /// The rows of a batch as the log would hold them.
    fn rows_now(&self, taken: &FileTaken, batch: &Batch, found: &mut Vec<(u64, u64)>) {
        let mut readings = batch.readings.as_slice();
        for row in &batch.rows {
            let own;
            (own, readings) = readings.split_at(row.readings as usize);
            let place = taken.entries.partition_point(|it| it.position < row.position);
            let then = taken.entries[place..]
                .iter()
                .find(|it| matches!(it.kind, EntryKind::Row | EntryKind::Untimely))
                .filter(|it| it.position == row.position);
            let print = match then {
                Some(Entry { kind: EntryKind::Untimely, .. }) => print_untimely(batch.hour),
                Some(entry) => {
                    let known = self.books.get(entry.book).map(|it| &it.all);
                    let key = |it: &Reading| {
                        let key = self.now.get(usize::from(it.station.0)).copied();
                        key.filter(|it| known.is_some_and(|known| known.contains(it)))
                    };
                    print_row(batch.hour, own, key)
                }
                None => 0,
            };
            found.push((row.position, print));
        }
    }

    fn take(&mut self, names_now: &BTreeSet<Names>, event: &Event) {
        match event {
            Event::Fact(Fact::RuleBookAdopted(book)) => {
                let key = |it: &Station| names_now.contains(&names(it)).then(|| print(&*it.code));
                let by_place: Vec<_> = book.rules.stations.iter().map(key).collect();
                let all = by_place.iter().flatten().copied().collect();
                self.books.push(Keys { by_place, all });
                self.divisions = divisions(&book.rules.jurisdictions);
            }
            Event::Fact(Fact::ReadingsReceived(batch)) => {
                let Some((file, generation)) = of_stream(&mut self.files, &batch.stream) else {
                    return;
                };
                let Some((book, keys)) = self.books.iter().enumerate().next_back() else { return };
                let key =
                    |it: &Reading| keys.by_place.get(usize::from(it.station.0)).copied().flatten();
                let mut readings = batch.readings.as_slice();
                for row in &batch.rows {
                    let own;
                    (own, readings) = readings.split_at(row.readings as usize);
                    let (position, print) = (row.position, print_row(batch.hour, own, key));
                    let kind = EntryKind::Row;
                    file.entries.push(Entry { position, print, kind, generation, book });
                }
            }
            Event::Fact(Fact::InputRefused(refusal)) => {
                let Some(source) = &refusal.source else { return };
                let Some((file, generation)) = of_stream(&mut self.files, &source.stream) else {
                    return;
                };
                let entry = refused(refusal).or_else(|| untimely(refusal)).map(
                    |(position, print, kind)| Entry { position, print, kind, generation, book: 0 },
                );
                file.entries.extend(entry);
            }
            Event::Fact(Fact::ForecastReceived(forecast)) => {
                let said = print_forecast(forecast, &self.divisions);
                self.take_other(forecast.source.as_ref().map(|it| (&it.stream, it.position)), said);
            }
            Event::Fact(Fact::IntervalExcluded(it)) => {
                let said = print_exclusion(it, &self.divisions);
                self.take_other(it.source.as_ref().map(|it| (&it.stream, it.position)), said);
            }
            Event::Fact(Fact::Ticked(Tick { at, source: Some(source) })) => {
                self.take_said(source, print_tick(*at));
            }
            // The tick before a command is no line of its own.
            Event::Fact(Fact::CommandGiven(given)) => {
                if let Some(source) = &given.source {
                    self.take_said(source, print_given(given));
                }
            }
            Event::Fact(Fact::StreamsJoined(_) | Fact::Ticked(_))
            | Event::Station(_)
            | Event::Air(_)
            | Event::Warning(_)
            | Event::Response(_)
            | Event::Cooperation(_) => {}
        }
    }

    /// What a line of a file of commands says; the last one of its position counts.
    fn take_said(&mut self, source: &Source, print: u64) {
        let Some((file, generation)) = of_stream(&mut self.files, &source.stream) else { return };
        let (position, kind, book) = (source.position, EntryKind::Said, 0);
        let is_same = |it: &Entry| (it.position, it.generation) == (position, generation);
        if file.entries.last().is_some_and(is_same) {
            file.entries.pop();
        }
        file.entries.push(Entry { position, print, kind, generation, book });
    }

    fn take_other(&mut self, source: Option<(&Stream, u64)>, said: u64) {
        let Some((stream, position)) = source else { return };
        if let Some((file, generation)) = of_stream(&mut self.files, stream) {
            file.others.push((position, said, generation));
        }
    }

    /// Compares forecasts or exclusions, by position and what they say, with those in the log.
    pub(super) fn others(&self, file: &Stream, found: &BTreeSet<(u64, u64)>) -> NewOthers {
        let Some(taken) = self.files.get(&file.name) else {
            let stream = file.clone();
            return NewOthers { stream, is_replaced: false, known: BTreeSet::new() };
        };
        let newest = taken.others.iter().filter(|it| it.2 == taken.generation);
        let is_replaced = newest.clone().any(|it| !found.contains(&(it.0, it.1)));
        let stream = if is_replaced { self.next_stream(file) } else { self.stream(file) };
        let before = taken.others.iter().filter(|it| is_replaced || it.2 < taken.generation);
        NewOthers { stream, is_replaced, known: before.map(|it| it.1).collect() }
    }

    /// What a forecast says, by the rules of now.
    pub(super) fn forecast(&self, it: &Forecast) -> u64 {
        print_forecast(it, &self.divisions_now)
    }

    /// What an exclusion says, by the rules of now.
    pub(super) fn exclusion(&self, it: &Exclusion) -> u64 {
        print_exclusion(it, &self.divisions_now)
    }
}

/// Stands between a file's name and how often it was read from a beginning.
const MARK: char = '@';

impl FileTaken {
    /// Of lines that were read again the last reading counts.
    fn finish(&mut self) {
        self.entries.sort_unstable();
        let mut starts: BTreeMap<u32, u64> = BTreeMap::new();
        for entry in &self.entries {
            starts.entry(entry.generation).or_insert(entry.position);
        }
        self.entries
            .retain(|it| starts.range(it.generation + 1..).all(|(_, start)| it.position < *start));
    }
}

/// The file that a stream is, and how often it had been read by then; none for a topic.
fn of_stream<'a>(
    files: &'a mut BTreeMap<Arc<str>, FileTaken>,
    stream: &Stream,
) -> Option<(&'a mut FileTaken, u32)> {
    if stream.partition.is_some() {
        return None;
    }
    let numbered =
        stream.name.rsplit_once(MARK).and_then(|(name, number)| Some((name, number.parse().ok()?)));
    let (name, generation) = match numbered.filter(|(name, _)| files.contains_key(*name)) {
        Some((name, generation)) => (name, generation),
        None => (&*stream.name, 1),
    };
    if !files.contains_key(name) {
        files.insert(name.into(), FileTaken::default());
    }
    let file = files.get_mut(name)?;
    file.generation = file.generation.max(generation);
    Some((file, generation))
}

/// A station's code and its other names.
type Names = (Arc<str>, Vec<Arc<str>>);

fn names(station: &Station) -> Names {
    (Arc::clone(&station.code), station.aliases.clone())
}

fn divisions(jurisdictions: &[Jurisdiction]) -> Vec<Division> {
    jurisdictions.iter().map(|it| it.division).collect()
}

fn print(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn print_row(hour: Hour, readings: &[Reading], key: impl Fn(&Reading) -> Option<u64>) -> u64 {
    let mut hasher = DefaultHasher::new();
    hour.hash(&mut hasher);
    for reading in readings {
        if let Some(key) = key(reading) {
            (key, reading.pollutant, reading.tenths, reading.revision).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn print_tick(at: Timestamp) -> u64 {
    print((EntryKind::Said, at))
}

fn print_given(it: &CommandGiven) -> u64 {
    let actor = (it.actor.body.code(), &it.actor.role, &it.actor.name);
    let said = (it.given_at, it.status.name(), &*it.command, it.fields.to_string());
    print((EntryKind::Said, &it.id, actor, said))
}

fn print_untimely(hour: Hour) -> u64 {
    print((EntryKind::Untimely, hour))
}

fn untimely(refusal: &Refusal) -> Option<(u64, u64, EntryKind)> {
    let is_untimely = matches!(refusal.reason, Reason::FromTheFuture | Reason::FromThePast);
    let hour = refusal.hour.filter(|_| is_untimely)?;
    Some((refusal.source.as_ref()?.position, print_untimely(hour), EntryKind::Untimely))
}

/// What the reader of a file refuses, whatever the rules.
fn refused(refusal: &Refusal) -> Option<(u64, u64, EntryKind)> {
    let is_far_tick = refusal.reason == Reason::FromTheFuture && refusal.hour.is_none();
    let by_reader = matches!(refusal.reason, Reason::Unreadable | Reason::Cut) || is_far_tick;
    let source = refusal.source.as_ref().filter(|_| by_reader)?;
    let print = print((EntryKind::Refused, refusal.reason, refusal.count));
    Some((source.position, print, EntryKind::Refused))
}

fn print_forecast(forecast: &Forecast, divisions: &[Division]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (forecast.issued_at, &forecast.maker).hash(&mut hasher);
    for outlook in &forecast.outlooks {
        (division(outlook.jurisdiction, divisions), outlook.first).hash(&mut hasher);
        format!("{:?}", outlook.hours).hash(&mut hasher);
    }
    hasher.finish()
}

fn print_exclusion(it: &Exclusion, divisions: &[Division]) -> u64 {
    print((division(it.jurisdiction, divisions), it.first, it.last, it.kind, &it.evidence))
}

fn division(it: JurisdictionIndex, divisions: &[Division]) -> Option<Division> {
    divisions.get(usize::from(it.0)).copied()
}
