//! Summaries of the readings of each hour, and lines about refusals and silent stations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{
    AirEvent, Event, Fact, Hour, HourClosed, Reason, Refusal, RuleBook, StationEvent, StationIndex,
};
use crate::engine::Record;

use super::{Line, moment};

/// The least time between two summaries, for a log that catches up.
const SUMMARY_EVERY: Duration = Duration::from_secs(10);
/// A refusal is over after so many closed hours without one.
const QUIET_HOURS: u32 = 3;
/// The most stations in a line.
const NAMED: usize = 4;
/// The most characters of a refused input in a line.
const SHOWN: usize = 40;

/// Counts readings and refusals.
#[derive(Debug)]
pub(super) struct Intake {
    book: Arc<RuleBook>,
    /// Values since the last summary.
    readings: u64,
    refused: BTreeMap<Reason, u64>,
    closed: Vec<Closed>,
    summed_at: Option<Duration>,
    /// Refusals that are not over.
    states: BTreeMap<Reason, State>,
    fell_silent: Vec<StationIndex>,
    heard: Vec<StationIndex>,
    silent: BTreeSet<StationIndex>,
}

/// What a summary says of a closed hour.
#[derive(Clone, Debug)]
struct Closed {
    hour: Hour,
    stale: bool,
    reporting: u32,
    expected: u32,
    /// Those of which nothing counts, by city and code.
    without: Vec<StationIndex>,
}

/// A reason for refusals.
#[derive(Debug, Default)]
struct State {
    count: u64,
    first: Option<Refusal>,
    is_reported: bool,
    /// Whether there was one since the last hour closed.
    is_recent: bool,
    /// Closed hours without a refusal.
    quiet_hours: u32,
}

impl Intake {
    /// Begins with the stations that are silent.
    pub(super) fn new(book: &Arc<RuleBook>, silent: BTreeSet<StationIndex>) -> Self {
        Self {
            book: Arc::clone(book),
            readings: 0,
            refused: BTreeMap::new(),
            closed: Vec::new(),
            summed_at: None,
            states: BTreeMap::new(),
            fell_silent: Vec::new(),
            heard: Vec::new(),
            silent,
        }
    }

    pub(super) fn note(&mut self, record: &Record) {
        match &record.event {
            Event::Fact(Fact::RuleBookAdopted(book)) => self.book = Arc::clone(book),
            Event::Fact(Fact::ReadingsReceived(batch)) => {
                self.readings += batch.readings.len() as u64;
            }
            Event::Fact(Fact::InputRefused(refusal)) => self.refuse(refusal),
            Event::Air(AirEvent::HourClosed(closed)) => self.close(closed),
            Event::Station(StationEvent::Silent(silence)) => {
                self.silent.insert(silence.station);
                self.fell_silent.push(silence.station);
            }
            Event::Station(StationEvent::Heard(silence)) => {
                self.silent.remove(&silence.station);
                self.heard.push(silence.station);
            }
            Event::Fact(
                Fact::StreamsJoined(_)
                | Fact::Ticked(_)
                | Fact::ForecastReceived(_)
                | Fact::IntervalExcluded(_)
                | Fact::CommandGiven(_),
            )
            | Event::Warning(_)
            | Event::Response(_)
            | Event::Cooperation(_)
            | Event::Air(AirEvent::HourAmended(_) | AirEvent::DataInsufficient(_)) => {}
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        *self.refused.entry(refusal.reason).or_default() += refusal.count;
        let state = self.states.entry(refusal.reason).or_default();
        state.count += refusal.count;
        state.is_recent = true;
        state.first.get_or_insert_with(|| refusal.clone());
    }

    fn close(&mut self, closed: &HourClosed) {
        let sum = |count: fn(&crate::domain::CityHour) -> u16| {
            closed.jurisdictions.iter().map(|it| u32::from(count(it))).sum()
        };
        self.closed.push(Closed {
            hour: closed.hour,
            stale: closed.stale,
            reporting: sum(|it| it.stations_reporting),
            expected: sum(|it| it.stations_expected),
            without: closed.jurisdictions.iter().flat_map(|it| &it.left_out).copied().collect(),
        });
        for state in self.states.values_mut() {
            let is_recent = std::mem::take(&mut state.is_recent);
            state.quiet_hours = if is_recent { 0 } else { state.quiet_hours + 1 };
        }
    }

    /// Returns lines about states that have begun or are over, and the summary of closed hours.
    pub(super) fn settle(&mut self, uptime: Duration) -> Vec<Line> {
        let mut lines = Vec::new();
        for (reason, state) in &mut self.states {
            lines.extend(state.begun(*reason));
        }
        let stations = |it: &[StationIndex]| names(it, &self.book);
        if !self.fell_silent.is_empty() {
            let (names, all) = (stations(&self.fell_silent), self.silent.len());
            let hours = self.book.rules.parameters.closing.silent_after_h;
            let words = format!("silent for {hours} h: {names}; {all} stations are silent now");
            lines.push(Line::Warn(words));
        }
        if !self.heard.is_empty() {
            lines.push(Line::Info(format!("heard again: {}", stations(&self.heard))));
        }
        (self.fell_silent, self.heard) = (Vec::new(), Vec::new());
        let due = self.summed_at.is_none_or(|at| uptime.saturating_sub(at) >= SUMMARY_EVERY);
        if due && let Some(summary) = self.summary() {
            self.summed_at = Some(uptime);
            lines.push(summary);
        }
        let over = |(reason, state): (&Reason, &State)| {
            (state.quiet_hours >= QUIET_HOURS).then(|| {
                let (name, count) = (reason.name(), state.count);
                Line::Info(format!("{name}: none in the last {QUIET_HOURS} hours, {count} in all"))
            })
        };
        lines.extend(self.states.iter().filter_map(over));
        self.states.retain(|_, state| state.quiet_hours < QUIET_HOURS);
        lines
    }

    /// The summary of all hours since the last one; none if no hour has closed.
    pub(super) fn summary(&mut self) -> Option<Line> {
        let closed = std::mem::take(&mut self.closed);
        let (first, last) = (closed.first()?, closed.last()?);
        let hours = if closed.len() == 1 {
            format!("hour {} closed", moment(last.hour.end()))
        } else {
            let (from, to) = (moment(first.hour.end()), moment(last.hour.end()));
            format!("{} hours closed, {from} to {to}", closed.len())
        };
        let readings = std::mem::take(&mut self.readings);
        let mut parts = vec![format!("{readings} readings")];
        let mut refused = std::mem::take(&mut self.refused);
        parts.extend(refused.remove(&Reason::Late).map(|it| format!("{it} late")));
        if !refused.is_empty() {
            let all: u64 = refused.values().sum();
            let reasons: Vec<String> =
                refused.iter().map(|(reason, it)| format!("{} {it}", reason.name())).collect();
            parts.push(format!("{all} refused ({})", reasons.join(", ")));
        }
        parts.push(format!(
            "{} of {} stations{}",
            last.reporting,
            last.expected,
            self.without(last)
        ));
        if !self.silent.is_empty() {
            parts.push(format!("{} silent", self.silent.len()));
        }
        let stale = closed.iter().filter(|it| it.stale).count();
        if stale > 0 {
            parts.push(format!("{stale} too late to decide"));
        }
        Some(Line::Info(format!("{hours}: {}", parts.join(", "))))
    }
}

impl Intake {
    /// ` (without 1001A Beijing and 3 more)`: stations that were expected and do not count. Those
    /// that have been silent for long are not expected.
    fn without(&self, closed: &Closed) -> String {
        let missing = closed.expected.saturating_sub(closed.reporting) as usize;
        let expected: Vec<_> = closed
            .without
            .iter()
            .filter(|it| !self.silent.contains(it))
            .copied()
            .take(missing)
            .collect();
        if expected.is_empty() {
            return String::new();
        }
        format!(" (without {})", names(&expected, &self.book))
    }
}

impl State {
    /// The line that reports the reason, once.
    fn begun(&mut self, reason: Reason) -> Option<Line> {
        if std::mem::replace(&mut self.is_reported, true) {
            return None;
        }
        let first = self.first.take()?;
        let at = first.source.map_or(String::new(), |it| format!(", first at {it}"));
        let hour = first.hour.map_or(String::new(), |it| format!(" of {}", moment(it.end())));
        let shown: String = first.excerpt.chars().take(SHOWN).collect();
        let shown = if shown.is_empty() { shown } else { format!(": {shown}") };
        let (name, count) = (reason.name(), self.count);
        Some(Line::Warn(format!("{name}: {count} values not taken{at}{hour}{shown}")))
    }
}

/// Some stations by code and city, and the number of others.
fn names(stations: &[StationIndex], book: &RuleBook) -> String {
    let name = |it: &StationIndex| {
        let station = book.rules.stations.get(usize::from(it.0));
        let code = station.map_or("?", |it| &*it.code);
        let city =
            station.and_then(|it| book.rules.jurisdictions.get(usize::from(it.jurisdiction.0)));
        city.map_or(code.to_owned(), |city| format!("{code} {}", city.name))
    };
    let named: Vec<String> = stations.iter().take(NAMED).map(name).collect();
    match stations.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::fixture;
    use crate::domain::{
        Batch, CityHour, JurisdictionIndex, Outcome, Pollutant, Reading, Row, Source,
        StationSilence, Stream, Timestamp,
    };
    use crate::engine::Position;

    const HOUR: Hour = Hour(490_276);

    fn intake() -> Intake {
        let Event::Fact(Fact::RuleBookAdopted(book)) = &fixture::records()[0].event else {
            panic!()
        };
        Intake::new(book, BTreeSet::new())
    }

    fn record(event: Event) -> Record {
        let (position, at) = (Position(0), Timestamp(0));
        let (happened_at, recorded_at) = (at, at);
        Record { position, happened_at, recorded_at, correlation: None, causation: None, event }
    }

    fn refused(reason: Reason, count: u64) -> Event {
        let source: Source = Stream::topic("airshed.readings", 2).at(1_234);
        let (source, excerpt) = (Some(source), "<html>404</html>".to_owned());
        Event::Fact(Fact::InputRefused(Refusal { reason, source, hour: None, excerpt, count }))
    }

    fn closed(hour: i32, stale: bool) -> Event {
        let city = CityHour {
            jurisdiction: JurisdictionIndex(0),
            pm25_ug_m3: None,
            stations_reporting: 7,
            stations_expected: 8,
            mean_24h_ug_m3: None,
            index_24h: None,
            valid_hours: 0,
            excluded_hours: 0,
            flagged: Vec::new(),
            left_out: Vec::new(),
            grade: None,
            below_decisions: 0,
            unknown_decisions: 0,
        };
        let hour = HOUR.plus(hour);
        let closed_at = hour.end();
        Event::Air(AirEvent::HourClosed(HourClosed {
            hour,
            closed_at,
            stale,
            jurisdictions: vec![city],
        }))
    }

    fn readings(count: usize) -> Event {
        let (station, pollutant, outcome) = (StationIndex(0), Pollutant::Pm25, Outcome::Taken);
        let reading = Reading { tenths: 1, station, revision: 0, pollutant, outcome };
        let rows = vec![Row { position: 0, readings: 0 }];
        let stream = Stream::file("a");
        Event::Fact(Fact::ReadingsReceived(Batch {
            stream,
            hour: HOUR,
            rows,
            readings: vec![reading; count],
        }))
    }

    /// The lines after each step of one hour.
    fn reported(steps: Vec<Vec<Event>>) -> Vec<Vec<String>> {
        let mut intake = intake();
        let step = |(nth, events): (u64, Vec<Event>)| {
            for event in events {
                intake.note(&record(event));
            }
            let lines = intake.settle(Duration::from_secs(3_600 * nth)).into_iter();
            let words = lines.map(|it| match it {
                Line::Info(words) => words,
                Line::Warn(words) => format!("WARN {words}"),
            });
            words.collect()
        };
        (0..).zip(steps).map(step).collect()
    }

    #[test]
    fn each_hour_has_a_summary() {
        let refusals = [refused(Reason::Late, 2), refused(Reason::Unreadable, 1)];
        let hour = [readings(812), closed(0, false)];
        let lines = reported(vec![refusals.into_iter().chain(hour).collect()]).remove(0);
        let summary = "hour 12-06 12:00 closed: 812 readings, 2 late, 1 refused (unreadable 1), 7 \
                       of 8 stations";
        assert_eq!(lines.last().map(String::as_str), Some(summary));
        assert!(reported(vec![vec![readings(5)]])[0].is_empty(), "no hour has closed");
    }

    #[test]
    fn stations_that_do_not_count_are_named_but_for_silent_ones() {
        let summary = |silent: &[u16], without: &[u16], expected: u16| {
            let book = &intake().book;
            let silent = silent.iter().map(|it| StationIndex(*it)).collect();
            let mut intake = Intake::new(book, silent);
            let Event::Air(AirEvent::HourClosed(mut hour)) = closed(0, false) else { panic!() };
            hour.jurisdictions[0].stations_expected = expected;
            hour.jurisdictions[0].left_out = without.iter().map(|it| StationIndex(*it)).collect();
            intake.note(&record(Event::Air(AirEvent::HourClosed(hour))));
            let Some(Line::Info(words)) = intake.summary() else { panic!("no summary") };
            words.split_once("readings, ").unwrap().1.to_owned()
        };
        let name = |it: u16| names(&[StationIndex(it)], &intake().book);
        assert_eq!(summary(&[], &[1], 8), format!("7 of 8 stations (without {})", name(1)));
        let one = format!("7 of 8 stations (without {}), 1 silent", name(1));
        assert_eq!(summary(&[0], &[0, 1], 8), one);
        assert_eq!(summary(&[0], &[0], 7), "7 of 7 stations, 1 silent");
        let many = summary(&[], &[0, 1, 2, 0, 1, 2], 13);
        assert!(many.ends_with(" and 2 more)"), "{many}");
    }

    #[test]
    fn hours_that_close_at_once_share_a_line() {
        let hours = (0..5).map(|it| closed(it, it < 4));
        let lines = reported(vec![hours.collect()]).remove(0);
        let summary = "5 hours closed, 12-06 12:00 to 12-06 16:00: 0 readings, 7 of 8 stations, 4 \
                       too late to decide";
        assert_eq!(lines, [summary]);
    }

    #[test]
    fn fast_hours_are_summed_and_none_is_lost() {
        let mut intake = intake();
        let mut summaries = Vec::new();
        for second in 0..25 {
            intake.note(&record(closed(second, false)));
            summaries.extend(intake.settle(Duration::from_secs(second.unsigned_abs().into())));
        }
        summaries.extend(intake.summary());
        let hours = summaries.iter().map(|it| match it {
            Line::Info(words) => words.split(" closed").next().unwrap().to_owned(),
            Line::Warn(words) => panic!("{words}"),
        });
        let expected = ["hour 12-06 12:00", "10 hours", "10 hours", "4 hours"];
        assert_eq!(hours.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn refusals_are_reported_once_with_an_example_and_once_when_they_have_stopped() {
        let mut steps: Vec<_> = (0..3)
            .map(|it| vec![refused(Reason::Unreadable, 5), readings(1), closed(it, false)])
            .collect();
        steps.extend((3..8).map(|it| vec![closed(it, false)]));
        let lines = reported(steps);
        let begin = "WARN unreadable: 5 values not taken, first at airshed.readings/2:1234: \
                     <html>404</html>";
        assert_eq!(lines[0][0], begin);
        let states = lines.iter().enumerate().flat_map(|(nth, lines)| {
            let of_state = lines.iter().filter(|it| it.contains("unreadable:"));
            of_state.map(move |it| (nth, it.clone()))
        });
        let over = "unreadable: none in the last 3 hours, 15 in all".to_owned();
        assert_eq!(states.collect::<Vec<_>>(), [(0, begin.to_owned()), (5, over)]);
    }

    #[test]
    fn silent_stations_are_named_and_counted() {
        let silence = |station| StationSilence { station, hour: HOUR, last_heard: None };
        let silent = |station| Event::Station(StationEvent::Silent(silence(StationIndex(station))));
        let heard = |station| Event::Station(StationEvent::Heard(silence(StationIndex(station))));
        let count = u16::try_from(intake().book.rules.stations.len()).unwrap();
        let lines = reported(vec![(0..count).map(silent).collect(), vec![heard(0)]]);
        let begin = format!("; {count} stations are silent now");
        assert!(lines[0][0].starts_with("WARN silent for 72 h: "), "{lines:?}");
        assert!(lines[0][0].ends_with(&begin), "{lines:?}");
        assert!(lines[1][0].starts_with("heard again: "), "{lines:?}");
    }

    #[test]
    fn lines_are_short() {
        let lines = reported(vec![vec![refused(Reason::Unreadable, 5), closed(0, false)]]);
        for line in lines.iter().flatten() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
