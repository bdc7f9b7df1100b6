//! Which records a decision rests on, so that they can be shown to others.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{AirEvent, Event, Fact, Hour, ResponseEvent, WarningAct, WarningEvent};

use super::{Position, Record};

/// What a record is to the one that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// It is the one.
    Asked,
    /// The rules in force at it, or at something that it rests on.
    RuleBook,
    /// An act on a warning that it carries out.
    Warning,
    /// A closed hour that the act looked at.
    Hour,
    /// The outlook that was taken in last of a maker whom the act names.
    Forecast,
    /// Readings of such an hour.
    Readings,
}

impl Role {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::RuleBook => "rule_book",
            Self::Warning => "warning",
            Self::Hour => "hour",
            Self::Forecast => "forecast",
            Self::Readings => "readings",
        }
    }
}

/// Looks for the record at one position, and gathers on the way what it rests on.
#[derive(Debug)]
pub struct Evidence {
    asked: Position,
    with_readings: bool,
    /// Where each rule book was adopted.
    books: Vec<Position>,
    hours: BTreeMap<Hour, Position>,
    amended: BTreeMap<Hour, Vec<Position>>,
    readings: BTreeMap<Hour, Vec<Position>>,
    forecasts: BTreeMap<Arc<str>, Position>,
    /// Since the last closed hour.
    acts: Vec<(Position, Option<Position>, WarningAct)>,
    roles: Option<BTreeMap<Position, Role>>,
}

/// A window is the mean of so many hours.
const WINDOW_H: i32 = 24;

impl Evidence {
    /// For the record at that position; its readings too, where they are wanted.
    pub fn of(asked: Position, with_readings: bool) -> Self {
        Self {
            asked,
            with_readings,
            books: Vec::new(),
            hours: BTreeMap::new(),
            amended: BTreeMap::new(),
            readings: BTreeMap::new(),
            forecasts: BTreeMap::new(),
            acts: Vec::new(),
            roles: None,
        }
    }

    /// Takes the next record of the log.
    pub fn note(&mut self, record: &Record) {
        if record.position >= self.asked {
            if record.position == self.asked {
                self.roles = Some(self.choose(record));
            }
            return;
        }
        let position = record.position;
        match &record.event {
            Event::Fact(Fact::RuleBookAdopted(_)) => self.books.push(position),
            Event::Fact(Fact::ForecastReceived(it)) => {
                self.forecasts.insert(Arc::clone(&it.maker), position);
            }
            Event::Fact(Fact::ReadingsReceived(it)) if self.with_readings => {
                self.readings.entry(it.hour).or_default().push(position);
            }
            Event::Air(AirEvent::HourClosed(it)) => {
                self.hours.insert(it.hour, position);
                self.acts.clear();
            }
            Event::Air(AirEvent::HourAmended(it)) => {
                self.amended.entry(it.hour).or_default().push(position);
            }
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                self.acts.push((position, record.causation, act.clone()));
            }
            Event::Fact(
                Fact::ReadingsReceived(_)
                | Fact::StreamsJoined(_)
                | Fact::Ticked(_)
                | Fact::IntervalExcluded(_)
                | Fact::InputRefused(_)
                | Fact::CommandGiven(_),
            )
            | Event::Station(_)
            | Event::Air(AirEvent::DataInsufficient(_))
            | Event::Response(_)
            | Event::Cooperation(_)
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_)) => {}
        }
    }

    /// What belongs to the record, in the order of the log; none where there is no such record.
    pub fn roles(self) -> Option<BTreeMap<Position, Role>> {
        self.roles
    }

    fn choose(&self, record: &Record) -> BTreeMap<Position, Role> {
        let mut roles = BTreeMap::from([(record.position, Role::Asked)]);
        if let Event::Response(ResponseEvent::OrderSetIssued(_)) = &record.event {
            let acts = self.acts.iter().filter(|it| it.1 == record.causation);
            for (position, _, act) in acts {
                roles.insert(*position, Role::Warning);
                self.rest(act, &mut roles);
            }
        }
        if let Event::Warning(WarningEvent::WarningDecided(act)) = &record.event {
            self.rest(act, &mut roles);
        }
        if let Event::Air(AirEvent::HourAmended(it)) = &record.event {
            self.of_hour(it.hour, &mut roles);
        } else if let Event::Response(ResponseEvent::OrderConfirmedByAmendment(it)) = &record.event
        {
            it.hours.iter().for_each(|hour| self.of_hour(*hour, &mut roles));
        } else if let Event::Response(ResponseEvent::OrderAmended(it)) = &record.event {
            it.hours.iter().for_each(|(_, hour)| self.of_hour(*hour, &mut roles));
        }
        if let Event::Air(AirEvent::HourClosed(it)) = &record.event {
            self.readings_of(it.hour, it.hour, &mut roles);
        }
        let books: Vec<Position> = roles.keys().filter_map(|it| self.book_at(*it)).collect();
        roles.extend(books.into_iter().map(|it| (it, Role::RuleBook)));
        roles
    }

    /// The rule book in force at a record: its jurisdictions and stations are numbered by it.
    fn book_at(&self, position: Position) -> Option<Position> {
        let adopted = self.books.partition_point(|it| *it < position);
        self.books[..adopted].last().copied()
    }

    /// What an act looked at.
    fn rest(&self, act: &WarningAct, roles: &mut BTreeMap<Position, Role>) {
        let ends = act.windows.iter().map(|it| it.end);
        let first = ends.chain([act.hour]).min().unwrap_or(act.hour).plus(1 - WINDOW_H);
        roles.extend(self.hours.range(first..=act.hour).map(|(_, it)| (*it, Role::Hour)));
        let amended = self.amended.range(first..=act.hour).flat_map(|(_, it)| it);
        roles.extend(amended.map(|it| (*it, Role::Hour)));
        let forecasts = act.makers.iter().filter_map(|it| self.forecasts.get(it));
        roles.extend(forecasts.map(|it| (*it, Role::Forecast)));
        self.readings_of(first, act.hour, roles);
    }

    /// An hour as it was closed, as it was amended, and all that was said of it.
    fn of_hour(&self, hour: Hour, roles: &mut BTreeMap<Position, Role>) {
        let closed = self.hours.get(&hour).into_iter();
        let amended = self.amended.get(&hour).into_iter().flatten();
        roles.extend(closed.chain(amended).map(|it| (*it, Role::Hour)));
        self.readings_of(hour, hour, roles);
    }

    fn readings_of(&self, first: Hour, last: Hour, roles: &mut BTreeMap<Position, Role>) {
        let readings = self.readings.range(first..=last).flat_map(|(_, it)| it);
        roles.extend(readings.map(|it| (*it, Role::Readings)));
    }
}
