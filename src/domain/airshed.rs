//! All that the engine remembers of an airshed, and how each event changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::air::cells::Cells;
use super::air::exclusions::Exclusions;
use super::air::outlook::OutlookBook;
use super::clock::StreamClock;
use super::warning::open::{OpenWarning, WarningState};
use super::{
    AirEvent, Batch, ClockRule, Command, Event, Fact, FileClock, Hour, HourClosed,
    JurisdictionIndex, Pollutant, ResponseEvent, RuleBook, Rules, Silence, StationIndex, Stream,
    Tick, Timestamp, WarningAct, WarningEvent,
};
use crate::domain::late::history::Past;
use crate::domain::rules::lookup::Derived;

/// What a stream has brought so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StreamState {
    /// Its clock.
    pub clock: StreamClock,
    /// The last line or offset that is in the log.
    pub taken: Option<u64>,
}

/// The state of one airshed: a fold of its events.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Airshed {
    pub(crate) book: Option<Arc<RuleBook>>,
    pub(crate) derived: Arc<Derived>,
    /// The airshed's clock; with the wall as clock its last tick, else that of the last input.
    pub(crate) clock: StreamClock,
    pub(crate) streams: BTreeMap<Stream, StreamState>,
    /// The streams that must agree before an hour closes; empty: in the order they come.
    pub(crate) joined: Vec<Stream>,
    /// The first hour of the log.
    pub(crate) first: Option<Hour>,
    /// The hour that closes next.
    pub(crate) next: Option<Hour>,
    /// The newest hour that a row was for.
    pub(crate) newest: Option<Hour>,
    pub(crate) cells: Option<Cells>,
    pub(crate) stations: Vec<StationState>,
    /// One for each jurisdiction, in the order of the rules.
    pub(crate) cities: Vec<City>,
    pub(crate) outlooks: OutlookBook,
    pub(crate) exclusions: Exclusions,
    /// The epoch of the last order set.
    pub(crate) epoch: u64,
    /// Late values that the next decision will look at.
    pub(crate) late: BTreeSet<LateValue>,
    /// The decisions that late values may ask about.
    pub(crate) past: Past,
    /// Pairs with like air and unlike grades, and when they were told of.
    pub(crate) unlike: BTreeMap<(JurisdictionIndex, JurisdictionIndex), Hour>,
}

/// A value that came after its hour was closed and took the place of another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct LateValue {
    pub(crate) jurisdiction: JurisdictionIndex,
    pub(crate) hour: Hour,
    pub(crate) station: StationIndex,
    /// PM2.5; or PM10, which can only make the station's PM2.5 suspicious.
    pub(crate) pollutant: Pollutant,
}

/// What is remembered of a station besides its values.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct StationState {
    /// The last closed hour with a PM2.5 value that counted.
    pub(crate) last_counted: Option<Hour>,
    /// Its silence is recorded.
    pub(crate) silent: bool,
}

/// What is remembered of a jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct City {
    /// Closed hours, newest last: whole µg/m³, none where missing.
    pub(crate) closed: Closed,
    /// The last closed hour that was more than harmless.
    pub(crate) last_harmful: Option<Hour>,
    /// Its warning, and what decisions count.
    pub(crate) state: WarningState,
    /// Warnings so far.
    pub(crate) warnings: u32,
    /// That it has too few values is recorded.
    pub(crate) insufficient: bool,
}

impl City {
    /// The value of a closed hour; of one that is amended, the new one.
    pub(crate) fn know(&mut self, hour: Hour, value_ug_m3: Option<u16>, harmless_ug_m3: u16) {
        self.closed.set(hour, value_ug_m3);
        if value_ug_m3.is_some_and(|it| it > harmless_ug_m3) {
            // An hour that is amended may be an older one.
            self.last_harmful = self.last_harmful.max(Some(hour));
        }
    }
}

/// A ring of closed hours of one jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Closed {
    ring: Vec<Option<u16>>,
}

impl Closed {
    pub(crate) fn with_room(hours: usize) -> Self {
        Self { ring: vec![None; hours.next_power_of_two()] }
    }

    /// The value of a closed hour; the caller asks for none older than the ring is long.
    pub(crate) fn get(&self, hour: Hour) -> Option<u16> {
        self.ring[hour.0.cast_unsigned() as usize & (self.ring.len() - 1)]
    }

    pub(crate) fn set(&mut self, hour: Hour, value: Option<u16>) {
        let place = hour.0.cast_unsigned() as usize & (self.ring.len() - 1);
        self.ring[place] = value;
    }
}

impl Airshed {
    /// The rules in force; none before the first rule book.
    pub fn rules(&self) -> Option<&Rules> {
        self.book.as_ref().map(|book| &book.rules)
    }

    /// The rule book in force.
    pub fn book(&self) -> Option<&Arc<RuleBook>> {
        self.book.as_ref()
    }

    /// The airshed's clock.
    pub fn clock(&self) -> Option<Timestamp> {
        self.clock.at
    }

    /// Whether a stream's clock, once it shows this, moves the airshed's clock.
    pub fn moves(&self, to: StreamClock) -> bool {
        to > self.clock
    }

    /// The ticks that end a feed: the grace of each hour up to its last one passes. None if it
    /// has ended before, or never begun.
    pub fn end_of_feed(&self) -> Vec<Command> {
        let (Some(newest), Some(rules)) = (self.newest, self.rules()) else { return Vec::new() };
        let first = match rules.parameters.closing.file_clock {
            FileClock::Steps => self.next.unwrap_or(newest).min(newest),
            FileClock::Jumps => newest,
        };
        let ends = (first.0..=newest.0).map(|it| Hour(it).closes_at(&rules.parameters));
        let ends = ends.filter(|end| self.clock.at.is_none_or(|clock| clock < *end));
        ends.map(|at| Command::Tick(Tick { at, source: None })).collect()
    }

    /// When the next hour closes because its grace has passed, if that is by then.
    pub fn closes_by(&self, then: Timestamp) -> Option<Timestamp> {
        let at = self.next?.closes_at(&self.rules()?.parameters);
        (at <= then).then_some(at)
    }

    /// The airshed's clock after a tick of no stream.
    pub fn tick(&self, at: Timestamp) -> StreamClock {
        self.clock.after_tick(at)
    }

    /// The stations that have been silent for so long that no hour waits for them.
    pub fn silent_stations(&self) -> impl Iterator<Item = StationIndex> {
        let silent = (0..).zip(&self.stations).filter(|(_, it)| it.silent);
        silent.map(|(nth, _)| StationIndex(nth))
    }

    /// The hour that closes next.
    pub fn next_hour(&self) -> Option<Hour> {
        self.next
    }

    /// The epoch of the last order set; 0 before the first.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What each stream has brought so far.
    pub fn streams(&self) -> &BTreeMap<Stream, StreamState> {
        &self.streams
    }

    /// The streams that must agree before an hour closes.
    pub fn joined(&self) -> &[Stream] {
        &self.joined
    }

    /// The warning of a jurisdiction.
    pub fn warning(&self, jurisdiction: JurisdictionIndex) -> Option<&OpenWarning> {
        self.cities.get(usize::from(jurisdiction.0)).and_then(|city| city.state.open.as_ref())
    }

    /// Takes an event in. Every change of state is here, so that replay is a fold.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Fact(Fact::RuleBookAdopted(book)) => self.adopt(book),
            Event::Fact(Fact::StreamsJoined(streams)) => self.joined.clone_from(streams),
            Event::Fact(Fact::Ticked(tick)) => match &tick.source {
                Some(source) => {
                    let stream = self.streams.entry(source.stream.clone()).or_default();
                    stream.clock = stream.clock.after_tick(tick.at);
                    stream.taken = stream.taken.max(Some(source.position));
                    let clock = stream.clock;
                    self.move_clock(clock);
                }
                None => self.clock = self.clock.after_tick(tick.at),
            },
            Event::Fact(Fact::ReadingsReceived(batch)) => self.receive(batch),
            Event::Fact(Fact::ForecastReceived(forecast)) => {
                self.took(forecast.source.as_ref().map(|it| (&it.stream, it.position)));
                let shared = Arc::new(forecast.clone());
                if self.keeps_past() {
                    self.past.foresee(Arc::clone(&shared), self.next);
                }
                self.outlooks.take(shared);
                let next = self.next.unwrap_or(Hour(i32::MIN));
                self.outlooks.settle(next, &self.derived.harmless_ug_m3);
            }
            Event::Fact(Fact::IntervalExcluded(exclusion)) => {
                self.took(exclusion.source.as_ref().map(|it| (&it.stream, it.position)));
                self.exclusions.push(exclusion.clone());
            }
            Event::Fact(Fact::InputRefused(refusal)) => {
                self.took(refusal.source.as_ref().map(|it| (&it.stream, it.position)));
            }
            Event::Air(AirEvent::StationSilent(silence)) => self.set_silent(silence, true),
            Event::Air(AirEvent::StationHeard(silence)) => self.set_silent(silence, false),
            Event::Air(AirEvent::HourClosed(closed)) => self.close(closed),
            Event::Warning(WarningEvent::WarningDecided(act)) => self.act(act),
            Event::Response(ResponseEvent::OrderSetIssued(set)) => self.epoch = set.epoch,
            Event::Warning(WarningEvent::ReviewDue(_))
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
            Event::Air(AirEvent::HourAmended(amended)) => self.amend(amended),
            Event::Air(AirEvent::DataInsufficient(it)) => {
                if let Some(city) = self.cities.get_mut(usize::from(it.jurisdiction.0)) {
                    city.insufficient = true;
                }
            }
            Event::Warning(WarningEvent::SameAirUnlikeGrade(it)) => {
                let [a, b] = [0, 1].map(|side: usize| it.sides[side].jurisdiction);
                self.unlike.insert((a, b), it.hour);
            }
        }
    }

    fn keeps_past(&self) -> bool {
        self.rules().is_some_and(|it| it.parameters.acts.amend_horizon_h > 0)
    }

    /// Closed hours that the rings still hold, oldest first.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = Hour> + use<> {
        let back = i32::try_from(self.derived.history_h).unwrap_or(i32::MAX);
        let (first, next) = (self.first.unwrap_or_default().0, self.next.unwrap_or_default().0);
        (first.max(next - back)..next).map(Hour)
    }

    pub(crate) fn open_hours(&self) -> impl Iterator<Item = Hour> + use<> {
        let ahead = i32::try_from(self.derived.open_h).unwrap_or(i32::MAX);
        let next = self.next.unwrap_or_default().0;
        (next..next + if self.next.is_some() { ahead } else { 0 }).map(Hour)
    }

    fn took(&mut self, from: Option<(&Stream, u64)>) {
        if let Some((stream, position)) = from {
            // The look-up comes first: a stream's name is only copied once.
            if let Some(state) = self.streams.get_mut(stream) {
                // A refusal may name a row of the batch before it: positions do not go back.
                state.taken = state.taken.max(Some(position));
            } else {
                let state = StreamState { taken: Some(position), ..StreamState::default() };
                self.streams.insert(stream.clone(), state);
            }
        }
    }

    fn move_clock(&mut self, to: StreamClock) {
        self.clock = self.clock.max(to);
    }

    fn receive(&mut self, batch: &Batch) {
        self.took(batch.rows.last().map(|row| (&batch.stream, row.position)));
        let Some(book) = self.book.clone() else { return };
        self.newest = self.newest.max(Some(batch.hour));
        let parameters = &book.rules.parameters;
        if parameters.closing.clock == ClockRule::Sources
            && let Some(stream) = self.streams.get_mut(&batch.stream)
            && let Some(clock) = stream.clock.after_row(batch.hour, parameters)
        {
            stream.clock = clock;
            self.move_clock(clock);
        }
        if self.first.is_none_or(|first| self.next == Some(first) && batch.hour < first)
            && self.may_begin(parameters.closing.clock)
        {
            self.first = Some(batch.hour);
            self.next = Some(batch.hour);
            self.outlooks.settle(batch.hour, &self.derived.harmless_ug_m3);
        }
        let Some(next) = self.next else { return };
        if batch.hour < next {
            self.receive_late(batch, parameters);
            return;
        }
        let Some(cells) = &mut self.cells else { return };
        let stations = cells.stations();
        let table = cells.open(batch.hour, next);
        for same in batch.readings.chunk_by(|a, b| a.pollutant == b.pollutant) {
            let column = table.column_mut(stations, same[0].pollutant);
            for reading in same {
                let Some(cell) = column.get_mut(usize::from(reading.station.0)) else { continue };
                cell.take(reading, parameters);
            }
        }
    }

    /// A log begins with the hour of its first readable row. With the wall as clock, rows that
    /// waited for the program are all there before its first tick: the oldest one begins.
    pub(crate) fn may_begin(&self, clock: ClockRule) -> bool {
        self.first.is_none() || (clock == ClockRule::Wall && self.clock.at.is_none())
    }

    fn set_silent(&mut self, silence: &Silence, silent: bool) {
        if let Some(station) = self.stations.get_mut(usize::from(silence.station.0)) {
            station.silent = silent;
        }
    }

    fn close(&mut self, closed: &HourClosed) {
        let hour = closed.hour;
        self.next = Some(hour.plus(1));
        self.remember(closed);
        self.outlooks.settle(hour.plus(1), &self.derived.harmless_ug_m3);
        let Some(book) = self.book.clone() else { return };
        for it in &closed.jurisdictions {
            let Some(city) = self.cities.get_mut(usize::from(it.jurisdiction.0)) else { continue };
            let harmless_ug_m3 = self.derived.harmless_ug_m3[usize::from(it.jurisdiction.0)];
            city.know(hour, it.pm25_ug_m3, harmless_ug_m3);
            city.insufficient &= it.is_insufficient(&book.rules.parameters);
            if !closed.stale {
                city.state.below_decisions = it.below_decisions;
                city.state.unknown_decisions = it.unknown_decisions;
            }
        }
        self.hear(closed);
        if let Some(cells) = &mut self.cells {
            cells.closed_before(hour.plus(1));
        }
        self.outlooks.forget_before(hour.plus(-i32::try_from(self.derived.history_h).unwrap_or(0)));
    }

    /// Notes the stations that had a value that counted.
    fn hear(&mut self, closed: &HourClosed) {
        let mut stations = std::mem::take(&mut self.stations);
        // What was left out is put back: that is rare, and nearly all stations count.
        let left_out = closed.jurisdictions.iter().flat_map(|it| &it.left_out);
        let left_out = left_out.map(|it| usize::from(it.0));
        let before = |it: usize| Some((it, stations.get(it)?.last_counted));
        let left_out: Vec<(usize, Option<Hour>)> = left_out.filter_map(before).collect();
        for (station, counted) in stations.iter_mut().zip(self.air(closed.hour).counted()) {
            if counted {
                station.last_counted = Some(closed.hour);
            }
        }
        for (it, last_counted) in left_out {
            stations[it].last_counted = last_counted;
        }
        self.stations = stations;
    }

    /// Keeps what the decision met.
    fn remember(&mut self, closed: &HourClosed) {
        if !closed.stale {
            self.late.clear();
        }
        if self.keeps_past() {
            let kept_h = self.rules().map_or(0, |it| it.parameters.acts.amend_horizon_h);
            let (history_h, harmless_ug_m3) =
                (self.derived.history_h, &self.derived.harmless_ug_m3);
            self.past.close(closed, &self.cities, kept_h, history_h, harmless_ug_m3);
        }
    }

    pub(crate) fn act(&mut self, act: &WarningAct) {
        self.past.note(act);
        let Some(city) = self.cities.get_mut(usize::from(act.warning.jurisdiction.0)) else {
            return;
        };
        city.state.act(act);
        let whose = act.warning.jurisdiction;
        self.unlike.retain(|(a, b), _| *a != whose && *b != whose);
        city.warnings = city.warnings.max(act.warning.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_hour_that_is_amended_hides_no_newer_one() {
        let mut city = City { closed: Closed::with_room(8), ..City::default() };
        let check = |city: &City, expected: i32| {
            assert_eq!(city.last_harmful, Some(Hour(expected)));
        };
        city.know(Hour(1), Some(90), 75);
        check(&city, 1);
        city.know(Hour(5), Some(80), 75);
        city.know(Hour(6), Some(75), 75);
        check(&city, 5);
        city.know(Hour(3), Some(300), 75);
        check(&city, 5);
    }
}
