//! The state of things at one time, as it was known at another.
//!
//! A record counts if what it is about had happened by the first time, and if we had taken it in
//! by the second. So one can ask what a bureau could have known when it decided, and what we know
//! today of the same hour.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Entry, Position};
use crate::domain::{
    ActKind, AirEvent, CityHour, Division, Event, Fact, Grade, Hour, HourAmended, HourClosed,
    Intervals, JurisdictionIndex, Order, OrderSet, ResponseEvent, RuleBook, Timestamp, WarningAct,
    WarningCourse, WarningEvent,
};

/// Hours of a 24 h mean.
const DAY_H: i32 = 24;

/// Both times, and what is gathered under them.
#[derive(Clone, Debug)]
pub struct AsOf {
    happened_at: Timestamp,
    known_at: Timestamp,
    book: Option<Arc<RuleBook>>,
    records: u64,
    members: BTreeMap<Division, MemberAsOf>,
    /// The closed hours of the last day, and what is excluded: what an amended hour is added up with.
    days: BTreeMap<Division, BTreeMap<Hour, Option<u16>>>,
    /// The newest hour of each that was amended, and where that stands.
    amended: BTreeMap<Division, (Hour, Position)>,
    excluded: Intervals<Division>,
}

/// One jurisdiction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MemberAsOf {
    /// The last closed hour.
    pub head: Option<Head>,
    /// The grade of the current episode at the last hour that was decided.
    pub grade: Option<Grade>,
    /// The warning that is announced or in force.
    pub warning: Option<WarningAsOf>,
    /// Orders that bind at that time, or have been announced: those of the warning in force.
    pub orders: Vec<OrderAsOf>,
}

/// The last closed hour of a series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// Which hour.
    pub hour: Hour,
    /// Closed without a decision.
    pub stale: bool,
    /// What was recorded of it; its values are the amended ones where late values came.
    pub city: CityHour,
    /// Where.
    pub position: Position,
    /// Whether its own value is an amended one: how many stations are in it is not recorded.
    pub own_value_amended: bool,
    /// Where an amendment of its day stands: the last one since it was closed, else that of the
    /// newest hour.
    pub amended_by: Option<Position>,
}

/// A warning at that time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WarningAsOf {
    /// Which one of its jurisdiction's; how the jurisdiction is numbered may have changed since.
    pub number: u32,
    /// The grade in force, or announced where none is yet.
    pub grade: Grade,
    /// From when it is in force.
    pub start: Hour,
    /// Expected end.
    pub end: Option<Hour>,
    /// Where its last act stands.
    pub position: Position,
    course: WarningCourse,
}

/// An order at that time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderAsOf {
    /// Of which order set.
    pub epoch: u64,
    /// The order.
    pub order: Order,
    /// Where it stands.
    pub position: Position,
}

impl AsOf {
    /// At these times nothing is known yet.
    pub fn new(happened_at: Timestamp, known_at: Timestamp) -> Self {
        Self {
            happened_at,
            known_at,
            book: None,
            records: 0,
            members: BTreeMap::new(),
            days: BTreeMap::new(),
            amended: BTreeMap::new(),
            excluded: Intervals::default(),
        }
    }

    /// Takes the next record in; false once everything later became known too late.
    pub fn note(&mut self, entry: &Entry) -> bool {
        let record = &entry.record;
        if record.recorded_at > self.known_at {
            return false;
        }
        self.book.clone_from(&entry.book);
        if let Event::Fact(Fact::RuleBookAdopted(book)) = &record.event {
            for it in &book.rules.jurisdictions {
                self.members.entry(it.division).or_default();
            }
        }
        self.records += 1;
        if let Event::Fact(Fact::IntervalExcluded(it)) = &record.event
            && let Some(division) = self.division(it.jurisdiction)
        {
            self.excluded.push(division, it.first, it.last);
        }
        if record.happened_at > self.happened_at {
            return true;
        }
        match &record.event {
            Event::Air(AirEvent::HourClosed(closed)) => self.note_hour(closed, record.position),
            Event::Warning(WarningEvent::WarningDecided(act)) => {
                self.note_act(act, record.position);
            }
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                self.note_set(set, record.position);
            }
            Event::Air(AirEvent::HourAmended(amended)) => {
                self.note_amended(amended, record.position);
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(AirEvent::DataInsufficient(_))
            | Event::Warning(WarningEvent::ReviewDue(_) | WarningEvent::SameAirUnlikeGrade(_))
            | Event::Cooperation(_)
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
        }
        true
    }

    /// The rules in force then.
    pub fn book(&self) -> Option<&Arc<RuleBook>> {
        self.book.as_ref()
    }

    /// Records that were known.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Each jurisdiction as it stood at that time.
    pub fn members(&self) -> BTreeMap<Division, MemberAsOf> {
        let now = self.happened_at.hour_at_or_before();
        let mut members = self.members.clone();
        for member in members.values_mut() {
            if member.warning.as_ref().is_some_and(|it| it.is_over(now)) {
                member.warning = None;
                member.orders.clear();
            }
            if let Some(warning) = &mut member.warning {
                warning.settle(now);
            }
        }
        members
    }

    fn division(&self, jurisdiction: JurisdictionIndex) -> Option<Division> {
        let rules = &self.book.as_ref()?.rules;
        Some(rules.jurisdictions.get(usize::from(jurisdiction.0))?.division)
    }

    fn member(&mut self, jurisdiction: JurisdictionIndex) -> Option<&mut MemberAsOf> {
        let division = self.division(jurisdiction)?;
        Some(self.members.entry(division).or_default())
    }

    fn note_hour(&mut self, closed: &HourClosed, position: Position) {
        for city in &closed.jurisdictions {
            let Some(division) = self.division(city.jurisdiction) else { continue };
            let day = self.days.entry(division).or_default();
            day.retain(|hour, _| *hour > closed.hour.plus(-DAY_H));
            day.insert(closed.hour, city.pm25_ug_m3);
            let amended = self
                .amended
                .get(&division)
                .filter(|it| it.0 > closed.hour.plus(-DAY_H))
                .map(|it| it.1);
            let member = self.members.entry(division).or_default();
            member.grade = city.grade.or(member.grade);
            let (hour, stale, city) = (closed.hour, closed.stale, city.clone());
            let (own_value_amended, amended_by) = (false, amended);
            let head = Head { hour, stale, city, position, own_value_amended, amended_by };
            member.head = Some(head);
        }
    }

    /// A late value changes what is known of the last day; what was decided stands.
    fn note_amended(&mut self, amended: &HourAmended, position: Position) {
        let Some(book) = self.book.clone() else { return };
        let Some(division) = self.division(amended.jurisdiction) else { return };
        let day = self.days.entry(division).or_default();
        let Some(value) = day.get_mut(&amended.hour) else { return };
        *value = amended.new_ug_m3;
        let newest = self.amended.entry(division).or_insert((amended.hour, position));
        if newest.0 <= amended.hour {
            *newest = (amended.hour, position);
        }
        let head = self.members.entry(division).or_default().head.as_mut();
        let Some(head) = head.filter(|it| it.hour.plus(-DAY_H) < amended.hour) else { return };
        let hours = (head.hour.0 - DAY_H + 1..=head.hour.0).map(Hour);
        let values = hours.map(|hour| {
            let excluded = self.excluded.any(&division, hour, hour);
            (day.get(&hour).copied().flatten(), excluded)
        });
        let mean = book.rules.day_mean(values, head.hour);
        if head.hour == amended.hour {
            head.city.pm25_ug_m3 = amended.new_ug_m3;
            head.own_value_amended = true;
        }
        head.city.mean_24h_ug_m3 = mean.mean_ug_m3;
        head.city.index_24h = mean.index;
        head.city.valid_hours = mean.valid_hours;
        head.amended_by = Some(position);
    }

    fn note_act(&mut self, act: &WarningAct, position: Position) {
        let change = act.change(self.book.as_ref().map(|it| &it.rules));
        let Some(member) = self.member(act.warning.jurisdiction) else { return };
        let same = member.warning.take().filter(|it| it.number == act.warning.number);
        if same.is_none() {
            member.orders.clear();
        }
        let mut warning = same.unwrap_or(WarningAsOf {
            number: act.warning.number,
            grade: act.grade,
            start: act.start,
            end: act.end,
            position,
            course: WarningCourse::default(),
        });
        warning.position = position;
        if act.kind != ActKind::Lift {
            warning.end = act.end;
        }
        if let Some(change) = change {
            warning.course.apply(change, position.0);
        }
        member.warning = Some(warning);
    }

    fn note_set(&mut self, set: &OrderSet, position: Position) {
        for order in &set.orders {
            let Some(member) = self.member(order.jurisdiction) else { continue };
            member.orders.push(OrderAsOf { epoch: set.epoch, order: order.clone(), position });
        }
    }
}

impl WarningAsOf {
    fn is_over(&self, now: Hour) -> bool {
        self.course.lifted_at().is_some_and(|it| it <= now)
    }

    fn settle(&mut self, now: Hour) {
        self.grade = self.course.grade_at(now).unwrap_or(self.grade);
        self.start = self.course.start().unwrap_or(self.start);
    }
}

impl OrderAsOf {
    /// Whether it has taken effect at that time; an extension does at once.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.order.effective_at.is_none_or(|it| it.end() <= at)
    }
}
