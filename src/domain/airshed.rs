//! All that the engine remembers of an airshed, and how each event changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::air::cells::Cells;
use super::air::outlook::OutlookBook;
use super::clock::StreamClock;
use super::derived::Derived;
use super::warning::open::OpenWarning;
use super::{
    ActKind, Batch, ClockRule, Event, Exclusion, Hour, HourClosed, JurisdictionIndex, Pollutant,
    RuleBook, Rules, Silence, StationIndex, Stream, Tenths, Timestamp, WarningAct,
};

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
    pub(crate) exclusions: Vec<Exclusion>,
    /// The epoch of the last order set.
    pub(crate) epoch: u64,
}

/// What is remembered of a station besides its values.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct StationState {
    /// The last closed hour with a PM2.5 value that counted.
    pub(crate) last_counted: Option<Hour>,
    /// Its silence is recorded.
    pub(crate) silent: bool,
    /// The value that it has reported without a break.
    pub(crate) run_tenths: Tenths,
    /// For how many closed hours.
    pub(crate) run_h: i32,
}

/// What is remembered of a jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct City {
    /// Closed hours, newest last: whole µg/m³, none where missing.
    pub(crate) closed: Closed,
    /// The last closed hour that was more than harmless.
    pub(crate) last_harmful: Option<Hour>,
    /// The warning in force or announced.
    pub(crate) warning: Option<OpenWarning>,
    /// Warnings so far.
    pub(crate) warnings: u32,
    /// Decisions running in which the episode was milder than the warning.
    pub(crate) below_decisions: u16,
    /// Decisions running in which an unknown window or hour alone kept a lift from being decided.
    pub(crate) unknown_decisions: u16,
}

impl City {
    fn close(&mut self, hour: Hour, value_ug_m3: Option<u16>, harmless_ug_m3: u16) {
        self.closed.set(hour, value_ug_m3);
        if value_ug_m3.is_some_and(|it| it > harmless_ug_m3) {
            self.last_harmful = Some(hour);
        }
    }
}

/// A ring of closed hours of one jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Closed {
    ring: Vec<Option<u16>>,
}

impl Closed {
    fn with_room(hours: usize) -> Self {
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

    /// When a feed that ends here is over: the grace of its last hour has passed. None if it has
    /// ended before, or never begun.
    pub fn end_of_feed(&self) -> Option<Timestamp> {
        let end = self.newest?.end().plus_minutes(self.rules()?.parameters.grace_min);
        self.clock.at.is_none_or(|clock| clock < end).then_some(end)
    }

    /// The airshed's clock after a tick of no stream.
    pub fn tick(&self, at: Timestamp) -> StreamClock {
        self.clock.after_tick(at)
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
        self.cities.get(usize::from(jurisdiction.0)).and_then(|city| city.warning.as_ref())
    }

    /// Takes an event in. Every change of state is here, so that replay is a fold.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::RuleBookAdopted(book) => self.adopt(book),
            Event::StreamsJoined(streams) => self.joined.clone_from(streams),
            Event::Ticked(tick) => match &tick.source {
                Some(source) => {
                    let stream = self.streams.entry(source.stream.clone()).or_default();
                    stream.clock = stream.clock.after_tick(tick.at);
                    stream.taken = stream.taken.max(Some(source.position));
                    let clock = stream.clock;
                    self.move_clock(clock);
                }
                None => self.clock = self.clock.after_tick(tick.at),
            },
            Event::ReadingsReceived(batch) => self.receive(batch),
            Event::ForecastReceived(forecast) => {
                self.took(forecast.source.as_ref().map(|it| (&it.stream, it.position)));
                self.outlooks.take(forecast);
                let next = self.next.unwrap_or(Hour(i32::MIN));
                self.outlooks.settle(next, &self.derived.harmless_ug_m3);
            }
            Event::IntervalExcluded(exclusion) => {
                self.took(exclusion.source.as_ref().map(|it| (&it.stream, it.position)));
                self.exclusions.push(exclusion.clone());
            }
            Event::InputRefused(refusal) => {
                self.took(refusal.source.as_ref().map(|it| (&it.stream, it.position)));
            }
            Event::StationSilent(silence) => self.set_silent(silence, true),
            Event::StationHeard(silence) => self.set_silent(silence, false),
            Event::HourClosed(closed) => self.close(closed),
            Event::WarningDecided(act) => self.act(act),
            Event::OrderSetIssued(set) => self.epoch = set.epoch,
            Event::ReviewDue(_) => {}
        }
    }

    /// Other rules from here on. What is remembered by place moves to the new places; a station
    /// or jurisdiction that is gone is forgotten.
    fn adopt(&mut self, book: &Arc<RuleBook>) {
        let old = self.book.replace(Arc::clone(book));
        let rules = &book.rules;
        self.derived = Arc::new(Derived::new(rules));
        let (history_h, open_h) = (self.derived.history_h, self.derived.open_h);
        let mut cells = Cells::new(rules.stations.len(), history_h + open_h);
        let mut stations = vec![StationState::default(); rules.stations.len()];
        let room = City { closed: Closed::with_room(history_h), ..City::default() };
        let mut cities = vec![room; rules.jurisdictions.len()];
        if let Some(old) = old {
            let places = Places::between(&old.rules, rules);
            self.carry_over(&places, &mut cells, &mut stations, &mut cities);
            self.outlooks.renumber(&places.jurisdictions, &self.derived.harmless_ug_m3);
            self.exclusions.retain_mut(|it| {
                let place = places.jurisdictions[usize::from(it.jurisdiction.0)];
                place.is_some_and(|to| {
                    it.jurisdiction = to;
                    true
                })
            });
        }
        (self.cells, self.stations, self.cities) = (Some(cells), stations, cities);
    }

    fn carry_over(
        &self,
        places: &Places,
        cells: &mut Cells,
        stations: &mut [StationState],
        cities: &mut [City],
    ) {
        for (from, to) in places.stations.iter().enumerate() {
            let Some(to) = to else { continue };
            stations[usize::from(to.0)] = self.stations[from];
            self.carry_values(StationIndex(u16::try_from(from).unwrap_or(u16::MAX)), *to, cells);
        }
        for (from, to) in places.jurisdictions.iter().enumerate() {
            let Some(to) = to else { continue };
            let (old, new) = (&self.cities[from], &mut cities[usize::from(to.0)]);
            let harmless_ug_m3 = self.derived.harmless_ug_m3[usize::from(to.0)];
            for hour in self.remembered() {
                new.close(hour, old.closed.get(hour), harmless_ug_m3);
            }
            new.warning = old.warning.clone();
            new.warnings = old.warnings;
            new.below_decisions = old.below_decisions;
            new.unknown_decisions = old.unknown_decisions;
        }
    }

    fn carry_values(&self, from: StationIndex, to: StationIndex, cells: &mut Cells) {
        let Some(old) = &self.cells else { return };
        for hour in self.remembered().chain(self.open_hours()) {
            for pollutant in Pollutant::ALL {
                let cell = old.get(hour, pollutant, from);
                if cell.reported
                    && let Some(new) = cells.open(hour, hour).cell(pollutant, to)
                {
                    *new = cell;
                }
            }
        }
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
        if parameters.clock == ClockRule::Sources
            && let Some(stream) = self.streams.get_mut(&batch.stream)
            && let Some(clock) = stream.clock.after_row(batch.hour, parameters)
        {
            stream.clock = clock;
            self.move_clock(clock);
        }
        if self.first.is_none_or(|first| self.next == Some(first) && batch.hour < first)
            && self.may_begin(parameters.clock)
        {
            self.first = Some(batch.hour);
            self.next = Some(batch.hour);
            self.outlooks.settle(batch.hour, &self.derived.harmless_ug_m3);
        }
        if self.next.is_none_or(|next| batch.hour < next) {
            return;
        }
        let Some(cells) = &mut self.cells else { return };
        let mut table = cells.open(batch.hour, self.next.unwrap_or(batch.hour));
        for reading in &batch.readings {
            let Some(cell) = table.cell(reading.pollutant, reading.station) else { continue };
            cell.take(reading, parameters);
        }
    }

    /// A log begins with the hour of its first readable row. With the wall as clock, rows that
    /// waited for the program are all there before its first tick: the oldest one begins.
    fn may_begin(&self, clock: ClockRule) -> bool {
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
        self.outlooks.settle(hour.plus(1), &self.derived.harmless_ug_m3);
        for it in &closed.jurisdictions {
            let Some(city) = self.cities.get_mut(usize::from(it.jurisdiction.0)) else { continue };
            let harmless_ug_m3 = self.derived.harmless_ug_m3[usize::from(it.jurisdiction.0)];
            city.close(hour, it.pm25_ug_m3, harmless_ug_m3);
            if !closed.stale {
                city.below_decisions = it.below_decisions;
                city.unknown_decisions = it.unknown_decisions;
            }
        }
        let mut stations = std::mem::take(&mut self.stations);
        let mut left_out = vec![false; stations.len()];
        for index in closed.jurisdictions.iter().flat_map(|it| &it.left_out) {
            if let Some(it) = left_out.get_mut(usize::from(index.0)) {
                *it = true;
            }
        }
        let air = self.air(hour);
        let each = stations.iter_mut().zip((0..).map(StationIndex)).zip(left_out);
        for ((station, index), left_out) in each {
            let tenths = air.pm25(index);
            station.remember(tenths);
            let counts = tenths != super::MISSING && air.counts(index);
            if counts && !left_out {
                station.last_counted = Some(hour);
            }
        }
        self.stations = stations;
        if let Some(cells) = &mut self.cells {
            cells.closed_before(hour.plus(1));
        }
        self.outlooks.forget_before(hour.plus(-i32::try_from(self.derived.history_h).unwrap_or(0)));
    }

    fn act(&mut self, act: &WarningAct) {
        let Some(city) = self.cities.get_mut(usize::from(act.warning.jurisdiction.0)) else {
            return;
        };
        (city.below_decisions, city.unknown_decisions) = (0, 0);
        city.warnings = city.warnings.max(act.warning.number);
        if act.kind == ActKind::Lift {
            city.warning = None;
        } else {
            let start = match (&city.warning, act.kind) {
                (Some(open), ActKind::Raise | ActKind::Lower) => open.start,
                (Some(_) | None, _) => act.start,
            };
            city.warning = Some(OpenWarning {
                id: act.warning,
                grade: act.grade,
                start,
                end: act.end,
                standard: Arc::clone(&act.standard),
            });
        }
    }
}

impl StationState {
    fn remember(&mut self, tenths: Tenths) {
        if tenths == super::MISSING {
            self.run_h = 0;
        } else if self.run_h > 0 && self.run_tenths == tenths {
            self.run_h += 1;
        } else {
            (self.run_tenths, self.run_h) = (tenths, 1);
        }
    }
}

/// Where the stations and jurisdictions of one rule book stand in another.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    stations: Vec<Option<StationIndex>>,
    jurisdictions: Vec<Option<JurisdictionIndex>>,
}

impl Places {
    /// The new place of a station; none where it is gone.
    pub(crate) fn station(&self, old: StationIndex) -> Option<StationIndex> {
        self.stations.get(usize::from(old.0)).copied().flatten()
    }

    /// The new place of a jurisdiction; none where it is gone.
    pub(crate) fn jurisdiction(&self, old: JurisdictionIndex) -> Option<JurisdictionIndex> {
        self.jurisdictions.get(usize::from(old.0)).copied().flatten()
    }

    pub(crate) fn between(old: &Rules, new: &Rules) -> Self {
        let station = |code: &Arc<str>| new.stations.iter().position(|it| it.code == *code);
        let city = |it: &super::Jurisdiction| {
            new.jurisdictions.iter().position(|to| to.division == it.division)
        };
        let small = |place: Option<usize>| place.and_then(|it| u16::try_from(it).ok());
        Self {
            stations: old
                .stations
                .iter()
                .map(|it| small(station(&it.code)).map(StationIndex))
                .collect(),
            jurisdictions: old
                .jurisdictions
                .iter()
                .map(|it| small(city(it)).map(JurisdictionIndex))
                .collect(),
        }
    }
}
