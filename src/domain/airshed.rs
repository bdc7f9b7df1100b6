//! The state of an airshed: a whole of parts, each with an owner of its own.
//!
//! A part changes in its own `evolve`, moves to other rules in its own `adopt`, and is written and
//! read by its own file in `wire/state`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::air::state::Air;
use super::cooperation::{Body, What};
use super::feed::{Feed, StreamState};
use super::late::state::LateValues;
use super::response::state::Orders;
use super::rules::renumbering::Renumbering;
use super::warning::state::Warnings;
use super::{
    Command, Cooperation, Event, Fact, FileClock, Forecast, Hour, JurisdictionIndex, OpenWarning,
    Reason, RuleBook, Rules, StationIndex, Stream, Tick, Timestamp,
};

/// The state of one airshed: a fold of its events.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Airshed {
    /// The rules in force; none before the first rule book.
    pub(crate) book: Option<Arc<RuleBook>>,
    /// Clocks and streams.
    pub(crate) feed: Feed,
    /// What is known of the air.
    pub(crate) air: Air,
    /// The warnings of every jurisdiction.
    pub(crate) warnings: Warnings,
    /// Late values, and the decisions that they are compared with.
    pub(crate) late: LateValues,
    /// What was ordered.
    pub(crate) orders: Orders,
    /// What bodies are asked, and what they did.
    pub(crate) cooperation: Cooperation,
}

impl Airshed {
    /// Takes an event in. Every change of state begins here, so that replay is a fold. `position`
    /// is that of its record in the log.
    pub fn evolve(&mut self, event: &Event, position: u64) {
        let before = self.clock();
        self.change(event);
        let (clock, Some(book)) = (self.clock(), &self.book) else { return };
        self.cooperation.take(event, position, clock, &book.rules);
        if let (Some(from), Some(to)) = (before, clock) {
            self.cooperation.move_clock(from, to, &book.rules);
        }
    }

    fn change(&mut self, event: &Event) {
        let rules = self.book.as_deref().map(|it| &it.rules);
        match event {
            Event::Fact(fact) => self.receive(fact),
            Event::Station(event) => self.air.listen(event),
            Event::Air(event) => {
                // The history comes first: it takes in what the decision met.
                self.late.evolve(event, self.air.tables(), &self.warnings, rules);
                self.air.evolve(event, rules);
                self.warnings.count(event);
            }
            Event::Warning(event) => {
                self.late.note(event);
                self.warnings.evolve(event);
            }
            Event::Response(event) => self.orders.evolve(event),
            Event::Cooperation(event) => {
                self.late.note_proposed(event, rules);
                if let (What::ConsultationSigned(signed), Some(rules)) = (&event.what, rules)
                    && let Some(outlook) = signed.outlook(event.at, rules)
                {
                    self.foresee(outlook);
                }
            }
        }
    }

    /// The history and the outlooks share one copy of a forecast.
    fn foresee(&mut self, forecast: Forecast) {
        let forecast = Arc::new(forecast);
        let rules = self.book.as_deref().map(|it| &it.rules);
        self.late.foresee(&forecast, self.air.next, rules);
        self.air.foresee(forecast);
    }

    /// What a fact changes. The feed notes where it came from and comes first.
    fn receive(&mut self, fact: &Fact) {
        let rules = self.book.as_deref().map(|it| &it.rules);
        self.feed.evolve(fact, rules);
        match fact {
            Fact::RuleBookAdopted(book) => self.adopt(book),
            Fact::ReadingsReceived(batch) => {
                if let Some(rules) = rules {
                    self.air.receive(batch, &self.feed, &rules.parameters);
                    self.late.receive(batch, &mut self.air, rules);
                }
            }
            Fact::ForecastReceived(forecast) => self.foresee(forecast.clone()),
            Fact::IntervalExcluded(exclusion) => self.air.exclude(exclusion.clone()),
            Fact::StreamsJoined(_)
            | Fact::Ticked(_)
            | Fact::InputRefused(_)
            | Fact::CommandGiven(_) => {}
        }
    }

    /// Other rules from here on.
    fn adopt(&mut self, book: &Arc<RuleBook>) {
        let old = self.book.replace(Arc::clone(book));
        let renumbering = old.map(|old| Renumbering::between(&old.rules, &book.rules));
        self.air.adopt(&book.rules, renumbering.as_ref());
        self.warnings.adopt(&book.rules, renumbering.as_ref());
        self.late.adopt(&self.air.judged.outlooks);
    }

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
        self.feed.clock.at
    }

    /// The ticks that end a feed: the grace of each hour up to its last one passes. None if it
    /// has ended before, or never begun.
    pub fn end_of_feed(&self) -> Vec<Command> {
        let (Some(newest), Some(rules)) = (self.air.newest, self.rules()) else {
            return Vec::new();
        };
        let first = match rules.parameters.closing.file_clock {
            FileClock::Steps => self.air.next.unwrap_or(newest).min(newest),
            FileClock::Jumps => newest,
        };
        (first.0..=newest.0)
            .map(|it| Hour(it).closes_at(&rules.parameters))
            .filter(|end| self.clock().is_none_or(|clock| clock < *end))
            .map(|at| Command::Tick(Tick { at, source: None }))
            .collect()
    }

    /// Why rows of an hour are refused whole at a moment of the wall clock: the hour has not come,
    /// or the log would begin with it and it is too long past. (In a file the rows that follow
    /// show that; the reader of the file refuses such rows.)
    pub fn untimely(&self, hour: Hour, now: Timestamp) -> Option<Reason> {
        self.air.untimely(&self.feed, hour, now, &self.rules()?.parameters)
    }

    /// The stations that have been silent for so long that no hour waits for them.
    pub fn silent_stations(&self) -> impl Iterator<Item = StationIndex> {
        let silent = (0..).zip(&self.air.stations).filter(|(_, it)| it.silent);
        silent.map(|(nth, _)| StationIndex(nth))
    }

    /// The hour that closes next.
    pub fn next_hour(&self) -> Option<Hour> {
        self.air.next
    }

    /// The expected stations of the hour that closes next: the jurisdiction of each, and whether it
    /// has reported the hour. None before its first reading.
    pub fn expected(&self) -> impl Iterator<Item = (JurisdictionIndex, bool)> {
        let next = self.air.next.zip(self.rules());
        let expected = next.map(|(hour, rules)| self.air.expected(hour, &rules.parameters));
        expected.into_iter().flatten()
    }

    /// The owner of each open matter, and whether its deadline has passed.
    pub fn open_matters(&self) -> impl Iterator<Item = (&Body, bool)> {
        let now = self.clock().unwrap_or_default();
        let open = self.cooperation.matters.iter().filter(|(_, it)| it.is_open());
        open.map(move |(_, it)| (&it.owner, !it.is_in_time(now)))
    }

    /// The epoch of the last order set; 0 before the first.
    pub fn epoch(&self) -> u64 {
        self.orders.epoch
    }

    /// What each stream has brought so far.
    pub fn streams(&self) -> &BTreeMap<Stream, StreamState> {
        &self.feed.streams
    }

    /// The streams that must agree before an hour closes.
    pub fn joined(&self) -> &[Stream] {
        &self.feed.joined
    }

    /// The warning of a jurisdiction.
    pub fn warning(&self, jurisdiction: JurisdictionIndex) -> Option<&OpenWarning> {
        self.warnings.open(jurisdiction)
    }
}
