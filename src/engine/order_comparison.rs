//! Comparison of orders: which orders another rule book would have given, and which not.
//!
//! Orders are compared jurisdiction by jurisdiction, by code.
//!
//! 1. An order belongs to its warning. A warning lasts from the first hour at which its orders
//!    take effect to its lift; one that is not lifted lasts to the end of time.
//! 2. The warnings of both worlds are walked in order. Two that overlap by at least an hour are
//!    paired; of two that do not, the earlier one has no partner. Each has one partner at most.
//! 3. In a pair of warnings, the n-th order of an act is paired with the n-th of the same act.
//! 4. An order without a partner is *new* or *gone*. A pair is *stricter* or *milder* by its
//!    grade; if that is the same, *earlier* or *later* by the hour at which it takes effect; if
//!    that is the same too, by its expected end, where none is later than any hour; else *same*.
//!
//! So each order of each world stands in exactly one list.
//!
//! **Costs.** A measure that carries a cost costs its jurisdiction that much in each hour in which
//! an order that names it is in force: from the hour at which the order takes effect to the one at
//! which the next order of its warning does. Costs are added up unit by unit, by the world's own
//! rule book.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Entry;
use crate::domain::{
    AirEvent, CourseChange, Division, Event, Grade, Hour, JurisdictionIndex, Order, OrderAct,
    ResponseEvent, RuleBook, WarningCourse, WarningId,
};

/// What one order says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ordered {
    /// What it demands.
    pub act: OrderAct,
    /// The grade after it; of a lift, the grade lifted.
    pub grade: Grade,
    /// From when; none for an extension.
    pub effective_at: Option<Hour>,
    /// Expected end; none: until further notice.
    pub expected_end: Option<Hour>,
}

/// How an order of the other log differs from the recorded one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Change {
    /// The log has no such order.
    New,
    /// Only the log has it.
    Gone,
    /// Of the same grade, and takes effect (or is expected to end) earlier.
    Earlier,
    /// Of the same grade, and takes effect (or is expected to end) later.
    Later,
    /// Of a higher grade.
    Stricter,
    /// Of a lower grade.
    Milder,
    /// No difference.
    Same,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Gone,
        Self::Earlier,
        Self::Later,
        Self::Stricter,
        Self::Milder,
        Self::Same,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::Stricter => "stricter",
            Self::Milder => "milder",
            Self::Same => "same",
        }
    }
}

/// One jurisdiction's order in both logs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Compared {
    /// How it differs.
    pub change: Change,
    /// The jurisdiction.
    pub division: Division,
    /// In the log.
    pub from: Option<Ordered>,
    /// In the other log.
    pub to: Option<Ordered>,
}

/// The orders of one log: a fold over it.
#[derive(Clone, Debug, Default)]
pub struct OrderHistory {
    book: Option<Arc<RuleBook>>,
    last: Option<Hour>,
    sets: u64,
    warnings: BTreeMap<Division, Vec<Course>>,
}

/// A warning by its orders.
#[derive(Clone, Debug)]
struct Course {
    warning: WarningId,
    orders: Vec<Ordered>,
    /// Of each order the names of its measures.
    measures: Vec<Vec<Arc<str>>>,
}

impl OrderHistory {
    /// Takes the next record.
    pub fn note(&mut self, entry: &Entry) {
        self.book.clone_from(&entry.book);
        match &entry.record.event {
            Event::Air(AirEvent::HourClosed(closed)) => self.last = Some(closed.hour),
            Event::Response(ResponseEvent::OrderSetIssued(set)) => {
                self.sets += 1;
                set.orders.iter().for_each(|order| self.note_order(order));
            }
            Event::Fact(_)
            | Event::Station(_)
            | Event::Air(AirEvent::HourAmended(_) | AirEvent::DataInsufficient(_))
            | Event::Warning(_)
            | Event::Cooperation(_)
            | Event::Response(
                ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_),
            ) => {}
        }
    }

    /// Order sets so far.
    pub fn sets(&self) -> u64 {
        self.sets
    }

    /// The hour that was closed last.
    pub fn last(&self) -> Option<Hour> {
        self.last
    }

    fn note_order(&mut self, order: &Order) {
        let Some(division) = self.division(order.jurisdiction) else { return };
        let ordered = Ordered {
            act: order.act,
            grade: order.grade,
            effective_at: order.effective_at,
            expected_end: order.expected_end,
        };
        let courses = self.warnings.entry(division).or_default();
        let known = courses
            .iter()
            .rposition(|it| it.warning.number == order.warning.number)
            .unwrap_or_else(|| {
                let warning = order.warning;
                courses.push(Course { warning, orders: Vec::new(), measures: Vec::new() });
                courses.len() - 1
            });
        courses[known].orders.push(ordered);
        courses[known].measures.push(order.measures.clone());
    }

    fn division(&self, jurisdiction: JurisdictionIndex) -> Option<Division> {
        let rules = &self.book.as_ref()?.rules;
        rules.jurisdictions.get(usize::from(jurisdiction.0)).map(|it| it.division)
    }

    fn courses(&self, division: Division) -> &[Course] {
        self.warnings.get(&division).map_or(&[], Vec::as_slice)
    }

    /// Hours up to `until` in which a jurisdiction is under an order, by grade.
    pub fn hours_under_order(&self, division: Division, until: Hour) -> BTreeMap<Grade, i32> {
        let mut hours = BTreeMap::new();
        for course in self.courses(division) {
            for (order, hours_h) in course.hours(until) {
                *hours.entry(course.orders[order].grade).or_default() += hours_h;
            }
        }
        hours
    }

    /// What the measures of these hours cost, by unit.
    pub fn costs(&self, division: Division, until: Hour) -> BTreeMap<Arc<str>, i64> {
        let mut costs = BTreeMap::new();
        let Some(book) = &self.book else { return costs };
        for course in self.courses(division) {
            for (order, hours_h) in course.hours(until) {
                let named = course.measures.get(order).into_iter().flatten();
                let known =
                    named.filter_map(|id| book.rules.measures.iter().find(|it| it.id == *id));
                for cost in known.filter_map(|it| it.cost.as_ref()) {
                    let units = i64::from(hours_h) * i64::from(cost.per_hour);
                    *costs.entry(Arc::clone(&cost.unit)).or_default() += units;
                }
            }
        }
        costs
    }
}

/// Later than every hour.
const NEVER: Hour = Hour(i32::MAX);

impl Course {
    /// From the first hour at which an order takes effect to the lift.
    fn interval(&self) -> (Hour, Hour) {
        let course = self.course();
        (course.start().unwrap_or(NEVER), course.lifted_at().unwrap_or(NEVER))
    }

    /// The warning as its orders make it; each step is numbered by its order.
    fn course(&self) -> WarningCourse {
        let mut course = WarningCourse::default();
        for (order, place) in self.orders.iter().zip(0..) {
            let change = CourseChange::of_order(order.act, order.grade, order.effective_at);
            if let Some(change) = change {
                course.apply(change, place);
            }
        }
        course
    }

    /// Which order is in force for how many hours up to `until`.
    fn hours(&self, until: Hour) -> Vec<(usize, i32)> {
        let course = self.course();
        let lift = course.lifted_at().unwrap_or(NEVER);
        let next = course.steps().iter().skip(1).map(|it| it.from.min(lift)).chain([lift]);
        let steps = course.steps().iter().zip(next);
        let hours = steps.map(|(step, to)| (step.by, to.min(until).0 - step.from.min(until).0));
        let of_order = |(order, hours_h): (u64, i32)| Some((usize::try_from(order).ok()?, hours_h));
        hours.filter(|(_, hours_h)| *hours_h > 0).filter_map(of_order).collect()
    }
}

/// Every order of both logs, once: by jurisdiction, then by warning, then by act.
pub fn compare_orders(recorded: &OrderHistory, other: &OrderHistory) -> Vec<Compared> {
    let mut divisions: Vec<Division> =
        recorded.warnings.keys().chain(other.warnings.keys()).copied().collect();
    divisions.sort_unstable();
    divisions.dedup();
    let mut all = Vec::new();
    for division in divisions {
        for (from, to) in paired(recorded.courses(division), other.courses(division)) {
            compare_in_pair(division, from, to, &mut all);
        }
    }
    all
}

/// Walks the warnings of both logs in order.
fn paired<'a>(
    from: &'a [Course],
    to: &'a [Course],
) -> Vec<(Option<&'a Course>, Option<&'a Course>)> {
    let (mut at, mut other_at) = (0, 0);
    let mut pairs = Vec::new();
    loop {
        let pair = (from.get(at), to.get(other_at));
        let pair = match pair {
            (None, None) => return pairs,
            (Some(a), Some(b)) => {
                let ((a_start, a_end), (b_start, b_end)) = (a.interval(), b.interval());
                if a_start < b_end && b_start < a_end {
                    (Some(a), Some(b))
                } else if a_start <= b_start {
                    (Some(a), None)
                } else {
                    (None, Some(b))
                }
            }
            one => one,
        };
        at += usize::from(pair.0.is_some());
        other_at += usize::from(pair.1.is_some());
        pairs.push(pair);
    }
}

fn compare_in_pair(
    division: Division,
    from: Option<&Course>,
    to: Option<&Course>,
    all: &mut Vec<Compared>,
) {
    let of = |course: Option<&Course>, act| -> Vec<Ordered> {
        let orders = course.map_or(&[][..], |it| &it.orders).iter();
        orders.filter(|it| it.act == act).copied().collect()
    };
    for act in OrderAct::ALL {
        let (from, to) = (of(from, act), of(to, act));
        for at in 0..from.len().max(to.len()) {
            let (from, to) = (from.get(at).copied(), to.get(at).copied());
            all.push(Compared { change: change(from, to), division, from, to });
        }
    }
}

fn change(from: Option<Ordered>, to: Option<Ordered>) -> Change {
    let (from, to) = match (from, to) {
        (None, _) => return Change::New,
        (_, None) => return Change::Gone,
        (Some(from), Some(to)) => (from, to),
    };
    match to.grade.cmp(&from.grade) {
        Ordering::Greater => return Change::Stricter,
        Ordering::Less => return Change::Milder,
        Ordering::Equal => {}
    }
    let moment = |it: Option<Hour>| it.unwrap_or(NEVER);
    let begins = moment(to.effective_at).cmp(&moment(from.effective_at));
    match begins.then(moment(to.expected_end).cmp(&moment(from.expected_end))) {
        Ordering::Less => Change::Earlier,
        Ordering::Greater => Change::Later,
        Ordering::Equal => Change::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_partner_an_order_is_new_or_gone() {
        check("", "", "");
        check("", "impose y 1-9, lift 9", "new impose, new lift");
        check("impose y 1-9, lift 9", "", "gone impose, gone lift");
    }

    #[test]
    fn warnings_are_partners_where_they_overlap() {
        check(
            "impose y 1-9, lift 9",
            "impose y 9-20, lift 20",
            "gone impose, gone lift, new impose, new lift",
        );
        check("impose y 1-9, lift 9", "impose y 8-20, lift 20", "later impose, later lift");
        check("impose y 5-9", "impose y 1-4, lift 4", "new impose, new lift, gone impose");
        // One that overlaps two is the partner of the first.
        check(
            "impose y 1-9, lift 30",
            "impose y 1-9, lift 5; impose y 10-20, lift 30",
            "same impose, earlier lift, new impose, new lift",
        );
        check(
            "impose y 1-3, lift 3; impose y 10-20, lift 20",
            "impose y 10-20, lift 20",
            "gone impose, gone lift, same impose, same lift",
        );
    }

    #[test]
    fn grade_comes_before_start_and_start_before_end() {
        check("impose y 5-9", "impose o 3-9", "stricter impose");
        check("impose r 5-9", "impose o 3-9", "milder impose");
        check("impose y 5-9", "impose y 3-20", "earlier impose");
        check("impose y 5-9", "impose y 6-8", "later impose");
        check("impose y 5-9", "impose y 5-8", "earlier impose");
        check("impose y 5-9", "impose y 5-", "later impose");
        check("impose y 5-", "impose y 5-", "same impose");
    }

    #[test]
    fn orders_of_one_act_are_partners_in_turn() {
        check(
            "impose y 5-9, extend y -20, extend y -30, lift 31",
            "impose y 5-9, raise o 7-20, extend o -40, lift 41",
            "same impose, new raise, stricter extend, gone extend, later lift",
        );
    }

    #[test]
    fn hours_are_those_of_the_grade_in_force() {
        let under = |text: &str, until| -> Vec<(String, i32)> {
            let hours = world(text).hours_under_order(Division(1), Hour(until));
            hours.into_iter().map(|(grade, hours)| (grade.name().to_owned(), hours)).collect()
        };
        let named = |hours: &[(&str, i32)]| -> Vec<(String, i32)> {
            hours.iter().map(|(grade, hours)| ((*grade).to_owned(), *hours)).collect()
        };
        assert_eq!(under("impose y 5-9, lift 15", 100), named(&[("yellow", 10)]));
        assert_eq!(under("impose y 5-9, lift 15", 8), named(&[("yellow", 3)]));
        assert_eq!(under("impose y 5-9", 4), named(&[]));
        let raised = "impose y 5-9, raise r 9-20, lower o 12-20, lift 20";
        assert_eq!(under(raised, 99), named(&[("yellow", 4), ("orange", 8), ("red", 3)]));
        assert_eq!(under("impose y 9-20, advance y 5-20, lift 8", 99), named(&[("yellow", 3)]));
    }

    /// `impose y 5-9, lift 9; ...`: act, grade, effect and expected end; warnings by semicolons.
    fn world(text: &str) -> OrderHistory {
        let mut world = OrderHistory::default();
        let warnings = text.split(';').filter(|it| !it.trim().is_empty());
        let courses: Vec<Course> = (1..)
            .zip(warnings)
            .map(|(number, orders)| Course {
                warning: WarningId { jurisdiction: JurisdictionIndex(0), number },
                orders: orders.split(',').map(order).collect(),
                measures: Vec::new(),
            })
            .collect();
        if !courses.is_empty() {
            world.warnings.insert(Division(1), courses);
        }
        world
    }

    fn order(text: &str) -> Ordered {
        let words: Vec<&str> = text.split_whitespace().collect();
        let act = OrderAct::ALL.into_iter().find(|it| it.name() == words[0]).unwrap();
        let grade = match words[1] {
            "o" => Grade::Orange,
            "r" => Grade::Red,
            _ => Grade::Yellow,
        };
        let (from, to) = words.last().unwrap().split_once('-').unwrap_or((words[1], ""));
        let hour = |text: &str| text.parse().ok().map(Hour);
        Ordered { act, grade, effective_at: hour(from), expected_end: hour(to) }
    }

    #[track_caller]
    fn check(recorded: &str, other: &str, expected: &str) {
        let (recorded, other) = (world(recorded), world(other));
        let all = compare_orders(&recorded, &other);
        let tell = |it: &Compared| {
            let order = it.from.or(it.to).unwrap();
            format!("{} {}", it.change.name(), order.act.name())
        };
        assert_eq!(all.iter().map(tell).collect::<Vec<_>>().join(", "), expected);
        let orders = |world: &OrderHistory| {
            world.courses(Division(1)).iter().map(|it| it.orders.len()).sum::<usize>()
        };
        assert_eq!(all.iter().filter(|it| it.from.is_some()).count(), orders(&recorded));
        assert_eq!(all.iter().filter(|it| it.to.is_some()).count(), orders(&other));
    }
}
