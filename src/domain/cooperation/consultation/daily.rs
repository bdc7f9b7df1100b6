//! While the air is bad there is a consultation each day (每日会商); a day without one is recorded.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::cooperation::{Change, Changing, Cooperation, CooperationRules, Rank};
use crate::domain::{Date, HourClosed, Timestamp};

/// A day on which there should have been a consultation, and was none.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ConsultationMissed {
    /// Which day.
    pub date: Date,
    /// Why there should have been one: guarantees, or `grade`.
    pub because: Vec<String>,
}

/// The consultation of a day.
pub(crate) struct Daily {
    pub(crate) date: Date,
    pub(crate) by: Timestamp,
    pub(crate) is_required: bool,
    /// Whether one was signed in the 24 h before.
    pub(crate) is_signed: bool,
}

impl Cooperation {
    /// The clock has moved over the instant by which there was a consultation on the last day.
    pub(crate) fn look_for_daily(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        numbers: &CooperationRules,
    ) {
        let daily = self.daily(from, to, numbers).filter(|it| it.is_required && !it.is_signed);
        if let Some(Daily { date, by, .. }) = daily {
            self.calendar.add(by, Rank::Day, &id(date));
        }
    }

    /// The last day of which a movement of the clock passes the instant by which there was a
    /// consultation.
    pub(crate) fn daily(
        &self,
        from: Timestamp,
        to: Timestamp,
        numbers: &CooperationRules,
    ) -> Option<Daily> {
        let minute = numbers.consultation.daily_by_min;
        let days = [to.date(), to.date().plus(-1)];
        let last = days.into_iter().find(|day| day.at_minute(minute) <= to);
        let date = last.filter(|day| from < day.at_minute(minute))?;
        let by = date.at_minute(minute);
        let is_within = |at: Option<Timestamp>, also_then: bool| {
            at.is_some_and(|at| by.plus_hours(-24) < at && (at < by || also_then && at == by))
        };
        let is_required = is_within(self.consultations.grave_at, true);
        let is_signed = is_within(self.consultations.daily_signed_at, false);
        Some(Daily { date, by, is_required, is_signed })
    }

    /// A decision closed an hour.
    pub(crate) fn note_grades(&mut self, closed: &HourClosed, numbers: &CooperationRules) {
        let grave = numbers.consultation.daily_grade;
        let is_grave = closed.jurisdictions.iter().any(|it| it.grade.is_some_and(|it| it >= grave));
        if is_grave && !closed.stale {
            self.consultations.grave_at = Some(closed.closed_at);
        }
    }
}

fn id(day: Date) -> Arc<str> {
    day.to_string().into()
}

/// What is recorded of a day.
pub(crate) fn missed(id: &str) -> Option<ConsultationMissed> {
    let date = Date::parse(id)?;
    Some(ConsultationMissed { date, because: vec!["grade".to_owned()] })
}

impl Change for ConsultationMissed {
    fn change(&self, it: &mut Changing<'_>) {
        let by = self.date.at_minute(it.numbers.consultation.daily_by_min);
        it.state.calendar.remove(by, Rank::Day, &id(self.date));
    }
}
