//! What acts and orders do to a warning. This is the only account of it: the state, the views of a
//! log and the comparison of orders all use it.

use crate::domain::{
    ActKind, Grade, Hour, OpenWarning, OrderAct, Rules, Timestamp, WarningAct, WarningState,
};

/// What an act or an order changes in the course of a warning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CourseChange {
    /// This grade is in force from this hour on.
    Grade(Grade, Hour),
    /// This milder grade is in force from this hour on, or from the start where that is later.
    Lower(Grade, Hour),
    /// The warning ends at this hour.
    Lift(Hour),
}

impl CourseChange {
    /// The change that an order makes; none for an extension.
    pub fn of_order(act: OrderAct, grade: Grade, effective_at: Option<Hour>) -> Option<Self> {
        let from = effective_at?;
        match act {
            OrderAct::Impose | OrderAct::Raise | OrderAct::Advance => {
                Some(Self::Grade(grade, from))
            }
            OrderAct::Lower => Some(Self::Lower(grade, from)),
            OrderAct::Lift => Some(Self::Lift(from)),
            OrderAct::Extend => None,
        }
    }
}

impl WarningAct {
    /// The change that it makes under the rules in force at it; none where only the expected end
    /// changes.
    pub fn change(&self, rules: Option<&Rules>) -> Option<CourseChange> {
        match self.kind {
            ActKind::Issue | ActKind::Raise | ActKind::Advance => {
                Some(CourseChange::Grade(self.grade, self.start))
            }
            ActKind::Lower => {
                let from = self.in_force_from.unwrap_or_else(|| self.soonest(rules));
                Some(CourseChange::Lower(self.grade, from))
            }
            ActKind::Lift => {
                Some(CourseChange::Lift(self.end.unwrap_or_else(|| self.soonest(rules))))
            }
            ActKind::Extend | ActKind::Shorten => None,
        }
    }

    /// The hour from which an act of this decision can be in force.
    fn soonest(&self, rules: Option<&Rules>) -> Hour {
        rules.map_or(self.decided_at.hour_at_or_after(), |it| it.soonest(self.decided_at))
    }
}

impl Rules {
    /// The hour from which an act that is decided at this time can be in force.
    pub fn soonest(&self, decided_at: Timestamp) -> Hour {
        decided_at.plus_hours(self.parameters.acts.min_notice_h).hour_at_or_after()
    }
}

impl OpenWarning {
    /// The warning after an act on it; none after a lift.
    pub fn after(open: Option<&Self>, act: &WarningAct) -> Option<Self> {
        let start = match (open, act.kind) {
            (_, ActKind::Lift) => return None,
            // The start of an act that changes the grade is that of the new grade.
            (Some(open), ActKind::Raise | ActKind::Lower) => open.start,
            (Some(_) | None, _) => act.start,
        };
        let standard = act.standard.clone();
        Some(Self { id: act.warning, grade: act.grade, start, end: act.end, standard })
    }
}

impl WarningState {
    /// An act changes the warning and ends all counts.
    pub(crate) fn act(&mut self, act: &WarningAct) {
        let open = OpenWarning::after(self.open.as_ref(), act);
        *self = Self { open, below_decisions: 0, unknown_decisions: 0 };
    }
}

/// The grades of one warning over time.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WarningCourse {
    steps: Vec<CourseStep>,
    lifted_at: Option<Hour>,
}

/// A grade and the hour from which it is in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CourseStep {
    /// From this hour on, until the next step begins.
    pub from: Hour,
    /// The grade.
    pub grade: Grade,
    /// The number that the caller gave to the act or order.
    pub by: u64,
}

impl WarningCourse {
    /// Takes the next change; `by` is a number of the caller for the act or order that makes it.
    /// Steps that would begin at the same hour or later never do.
    pub fn apply(&mut self, change: CourseChange, by: u64) {
        let (grade, from) = match change {
            CourseChange::Grade(grade, from) => (grade, from),
            CourseChange::Lower(grade, from) => {
                (grade, self.start().map_or(from, |it| it.max(from)))
            }
            CourseChange::Lift(at) => {
                self.lifted_at = self.lifted_at.or(Some(at));
                return;
            }
        };
        self.steps.retain(|it| it.from < from);
        self.steps.push(CourseStep { from, grade, by });
    }

    /// Its steps by rising hour; two that follow each other can have the same grade.
    pub fn steps(&self) -> &[CourseStep] {
        &self.steps
    }

    /// From when it is in force.
    pub fn start(&self) -> Option<Hour> {
        self.steps.first().map(|it| it.from)
    }

    /// When it was lifted; none while it is open.
    pub fn lifted_at(&self) -> Option<Hour> {
        self.lifted_at
    }

    /// The grade in force at an hour; before the start, the grade that is announced.
    pub fn grade_at(&self, hour: Hour) -> Option<Grade> {
        let begun = self.steps.iter().rev().find(|it| it.from <= hour);
        begun.or(self.steps.first()).map(|it| it.grade)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, JurisdictionIndex, WarningId};

    /// `issue y 10-20 @5` is an act that is decided at 05:30 and can be in force from 06:00.
    fn act(text: &str) -> WarningAct {
        let words: Vec<&str> = text.split_whitespace().collect();
        let kind = ActKind::ALL.into_iter().find(|it| it.record_type().contains(words[0])).unwrap();
        let grade = |it: &&Grade| it.name().starts_with(words[1]);
        let grade = *Grade::ALL.iter().find(grade).unwrap();
        let (start, end) = words[2].split_once('-').unwrap();
        let hour = |text: &str| Hour(text.parse().unwrap());
        let decided = hour(words[3].trim_start_matches('@'));
        WarningAct {
            kind,
            hour: decided,
            decided_at: decided.end().plus_minutes(30),
            warning: WarningId { jurisdiction: JurisdictionIndex(0), number: 1 },
            grade,
            previous_grade: Grade::None,
            start: hour(start),
            end: (!end.is_empty()).then(|| hour(end)),
            standard: "A".into(),
            clause: None,
            lead_time_h: 0,
            cause: Cause::Warning,
            windows: Vec::new(),
            observed_hours: 0,
            forecast_hours: 0,
            makers: Vec::new(),
            in_force_from: None,
        }
    }

    #[track_caller]
    fn check(acts: &str, expected: &str) {
        let (mut course, mut state) = (WarningCourse::default(), WarningState::default());
        for act in acts.split(',').map(act) {
            if let Some(change) = act.change(None) {
                course.apply(change, 0);
            }
            state.below_decisions = 3;
            state.act(&act);
            assert_eq!(state.below_decisions, 0);
        }
        let step = |it: &CourseStep| format!("{} from {}", it.grade.name(), it.from.0);
        let mut words: Vec<String> = course.steps().iter().map(step).collect();
        words.extend(course.lifted_at().map(|it| format!("lifted {}", it.0)));
        assert_eq!(words.join(", "), expected, "{acts}");
        // The state has the last step and the start.
        let last = course
            .steps()
            .last()
            .map(|it| it.grade)
            .zip(course.start())
            .filter(|_| course.lifted_at().is_none());
        assert_eq!(state.open.map(|it| (it.grade, it.start)), last, "{acts}");
    }

    #[test]
    fn each_act_changes_the_grades_in_force() {
        check("issue y 10-20 @5", "yellow from 10");
        check("issue y 10-20 @5, extend y 10-30 @15, shorten y 10-25 @16", "yellow from 10");
        check("issue y 10-20 @5, raise r 12-20 @11", "yellow from 10, red from 12");
        check("issue y 10-20 @5, raise r 10-20 @6", "red from 10");
        check("issue y 10-20 @5, advance y 7-20 @6", "yellow from 7");
        check("issue r 10-20 @5, lower o 10-20 @15", "red from 10, orange from 16");
        // The warning has not begun: the milder grade is in force from its start.
        check("issue r 10-20 @5, lower o 10-20 @6", "orange from 10");
        check("issue y 10-20 @5, lift y 10-18 @17", "yellow from 10, lifted 18");
        check("issue y 10-20 @5, lift y 10- @17", "yellow from 10, lifted 18");
    }

    /// Earlier versions did not record the hour; then it follows from the rules in force.
    #[test]
    fn a_lower_is_in_force_from_the_hour_in_its_record() {
        let mut lower = act("lower o 10-20 @15");
        assert_eq!(lower.change(None), Some(CourseChange::Lower(Grade::Orange, Hour(16))));
        lower.in_force_from = Some(Hour(19));
        assert_eq!(lower.change(None), Some(CourseChange::Lower(Grade::Orange, Hour(19))));
    }

    #[test]
    fn before_its_start_a_warning_has_the_grade_that_is_announced() {
        let mut course = WarningCourse::default();
        assert_eq!(course.grade_at(Hour(5)), None);
        course.apply(CourseChange::Grade(Grade::Yellow, Hour(10)), 1);
        course.apply(CourseChange::Grade(Grade::Red, Hour(12)), 2);
        let grades = [9, 10, 11, 12, 99].map(|it| course.grade_at(Hour(it)).unwrap().name());
        assert_eq!(course.steps().iter().map(|it| it.by).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(grades, ["yellow", "yellow", "yellow", "red", "red"]);
    }

    #[test]
    fn an_order_makes_the_change_of_its_act() {
        let hour = Hour(7);
        let of = |act, at| CourseChange::of_order(act, Grade::Orange, at);
        for act in [OrderAct::Impose, OrderAct::Raise, OrderAct::Advance] {
            assert_eq!(of(act, Some(hour)), Some(CourseChange::Grade(Grade::Orange, hour)));
        }
        assert_eq!(of(OrderAct::Lower, Some(hour)), Some(CourseChange::Lower(Grade::Orange, hour)));
        assert_eq!(of(OrderAct::Lift, Some(hour)), Some(CourseChange::Lift(hour)));
        assert_eq!(of(OrderAct::Extend, None), None);
    }
}
