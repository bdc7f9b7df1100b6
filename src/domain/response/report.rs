//! The daily report of what was carried out (执行情况日报).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::duty::Duties;
use super::orders::Response;
use crate::domain::cooperation::definition::{Definition, Evidence, Meeting, Outcome};
use crate::domain::cooperation::{
    Change, Changing, Class, Cooperation, CooperationRules, EVIDENCE_FIELD, List, MatterState,
    Opening, Refused, Role, Shape, Thing, Why, optional, required,
};
use crate::domain::{Date, Rules, Timestamp};

/// Reports the measures of a day.
pub(crate) const REPORT: Definition = Definition {
    name: "report",
    about: "Report what was carried out on a day",
    example: r#"130100 officer 1-130100 --date 2025-12-05 --measures='{"measure":"health-tip","done":"full","evidence":[{"kind":"photo","ref":"p1"}]}'"#,
    roles: &[Role::Officer, Role::Command],
    fields: &[
        required("order", Shape::Id(Thing::Order)),
        required("date", Shape::Date),
        required(
            "measures",
            Shape::List(&List {
                of: Shape::Fields(&[
                    required("measure", Shape::Text),
                    required("done", Shape::OneOf(&["full", "part", "none"])),
                    optional("percent", Shape::Whole(0, 100)),
                    EVIDENCE_FIELD,
                ]),
                may_be_empty: false,
                key: 1,
            }),
        ),
    ],
    may: |it| {
        let Some(order) = it.state.orders.get(it.text("order")) else { return false };
        let matter = format!("{}/report:{}", order.response, it.text("date"));
        order.jurisdiction == *it.body || it.is_owner_or_step(&matter)
    },
    decide: report,
};

/// How much of a measure was carried out.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// All of it.
    Full,
    /// Some of it.
    Part,
    /// Nothing.
    None,
}

/// One measure of a report.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MeasureReported {
    /// Which measure.
    pub measure: String,
    /// How much of it.
    pub done: Done,
    /// The same in per cent, where it is some.
    pub percent: Option<u8>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

/// The last report of a duty, and what came of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Reported {
    pub(crate) done: Done,
    pub(crate) verified: Verified,
}

/// What verification said of a report.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Verified {
    NotYet,
    Confirmed,
    Refuted,
}

#[derive(Deserialize)]
struct Report {
    order: String,
    date: Date,
    measures: Vec<MeasureReported>,
}

/// The matter that asks for the report of a day.
pub(crate) fn matter_of(response: &str, day: Date) -> String {
    format!("{response}/report:{day}")
}

/// The matter that asks for a new report after a refutation.
pub(crate) fn redo_of(response: &str, day: Date, measure: &str) -> String {
    format!("{response}/redo:{day}:{measure}")
}

fn report(it: &Meeting<'_>) -> Outcome {
    let Report { order: id, date, mut measures } = it.read();
    let Some(order) = it.state.orders.get(&id) else { return Err(Why::UnknownObject.into()) };
    let Some(response) = it.state.orders.response(&order.response) else {
        return Err(Why::UnknownObject.into());
    };
    if response.closed {
        return Err(Why::Closed.into());
    }
    if date > it.now.date() {
        return Err(Why::NotYet.into());
    }
    let deadline = it.state.report_deadline(&order.response, date, it.numbers);
    let is_old = it.now.date().0 - date.0 > it.numbers.report_back_d;
    if is_old && it.now >= deadline && !it.state.has_open_redo(&order.response, date) {
        return Err(Why::TooLate.into());
    }
    let answerable = it.state.orders.answerable(response, date);
    if !answerable.iter().any(|it| ***it == *id) {
        let Some(other) = answerable.first() else { return Err(Why::Superseded.into()) };
        return Err(Refused::with(Why::Superseded, *other));
    }
    let duties = it.state.orders.duties(response, date, it.rules);
    for measure in &measures {
        check(it, measure, date, response, &duties)?;
    }
    measures.sort_by(|a, b| a.measure.cmp(&b.measure));
    let is_reported = |duty: &Arc<str>| {
        measures.iter().any(|it| *it.measure == **duty)
            || response.reports.contains_key(&(date, Arc::clone(duty)))
    };
    let complete = duties.due.keys().all(is_reported);
    let in_time = it.now < deadline;
    let response = order.response.to_string();
    let reported = ExecutionReported { response, order: id, date, measures, in_time, complete };
    Ok(vec![reported.into()])
}

fn check(
    it: &Meeting<'_>,
    reported: &MeasureReported,
    date: Date,
    response: &Response,
    duties: &Duties,
) -> Result<(), Refused> {
    let name = reported.measure.as_str();
    let because = |why: Why| Err(why.into());
    let counts = |duties: Option<&Timestamp>| duties.is_some_and(|from| *from <= it.now);
    if !counts(duties.due.get(name)) && !counts(duties.excused.get(name)) {
        return because(Why::NotOrdered);
    }
    if duties.excused.contains_key(name) {
        return because(Why::Excused);
    }
    let before = response.reports.get(&(date, name.into()));
    if before.is_some_and(|it| it.verified == Verified::Confirmed) {
        return because(Why::AlreadyVerified);
    }
    if reported.done == Done::Part && reported.percent.is_none() {
        return Err(Refused::with(Why::BadField, "percent"));
    }
    if reported.done != Done::None && reported.evidence.is_empty() {
        return because(Why::EvidenceMissing);
    }
    Ok(())
}

/// What was carried out was reported.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ExecutionReported {
    /// Of which response.
    pub response: String,
    /// By which order.
    pub order: String,
    /// Of which day.
    pub date: Date,
    /// What of each measure.
    pub measures: Vec<MeasureReported>,
    /// Whether it was before the deadline of the day.
    pub in_time: bool,
    /// Whether every duty of the day has a report now.
    pub complete: bool,
}

impl Change for ExecutionReported {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, rules, .. } = it;
        let Some(response) = state.orders.response_mut(&self.response) else { return };
        for measure in &self.measures {
            let reported = Reported { done: measure.done, verified: Verified::NotYet };
            response.reports.insert((self.date, measure.measure.as_str().into()), reported);
        }
        let redone = self.measures.iter().map(|it| redo_of(&self.response, self.date, &it.measure));
        let mut answered: Vec<String> = redone.collect();
        if let Some(response) = state.orders.response(&self.response)
            && state.orders.duties(response, self.date, rules).are_reported(response, self.date)
        {
            answered.push(matter_of(&self.response, self.date));
        }
        for matter in answered {
            state.matters.finish(&matter, MatterState::Answered, &mut state.calendar);
        }
    }
}

impl Cooperation {
    /// Until when the report of a day is in time.
    pub(crate) fn report_deadline(
        &self,
        response: &str,
        day: Date,
        numbers: &CooperationRules,
    ) -> Timestamp {
        let id = matter_of(response, day);
        let asked = self.matters.get(&id).map(|it| it.due_at);
        let moved = || self.orders.moved_reports.get(&*id).copied();
        asked.or_else(moved).unwrap_or_else(|| due_of(day, numbers))
    }

    fn has_open_redo(&self, response: &str, day: Date) -> bool {
        self.matters.open_with(&redo_of(response, day, "")).next().is_some()
    }

    /// The days that have ended ask for their reports.
    pub(crate) fn open_reports(
        &mut self,
        first: Date,
        until: Date,
        rules: &Rules,
        numbers: &CooperationRules,
    ) {
        let mut openings = Vec::new();
        // Of a response that had ended by then, nothing is looked at day by day.
        let begin = first.at_minute(0);
        let open = self.orders.open_responses();
        for (id, response) in open.filter(|(_, it)| self.orders.is_in_force(it, begin)) {
            for day in (first.0..until.0).map(Date) {
                let duties = self.orders.duties(response, day, rules);
                if duties.due.is_empty() || duties.are_reported(response, day) {
                    continue;
                }
                let matter = matter_of(id, day);
                let due_at = self.report_deadline(id, day, numbers);
                openings.push((
                    due_of(day, numbers).0 - day.plus(1).at_minute(0).0,
                    Opening {
                        id: matter,
                        owner: response.jurisdiction.clone(),
                        class: Class::of(duties.highest),
                        opened_at: day.plus(1).at_minute(0),
                        due_at,
                    },
                ));
            }
        }
        for (allowed_ms, opening) in openings {
            let id = opening.id.clone();
            self.matters.open(opening, &mut self.calendar);
            self.matters.change(&id, &mut self.calendar, |it| it.allowed_ms = allowed_ms);
        }
    }
}

impl super::orders::OrderBook {
    /// Reports of days that have not ended and whose deadlines lie in a hole.
    pub(crate) fn reports_to_come(
        &self,
        rules: &Rules,
        numbers: &CooperationRules,
        is_in: impl Fn(Timestamp) -> bool,
        now: Timestamp,
    ) -> Vec<String> {
        let day = now.date();
        if !is_in(due_of(day, numbers)) {
            return Vec::new();
        }
        let asked = self.open_responses().filter(|(_, response)| {
            let duties = self.duties(response, day, rules);
            !duties.due.is_empty() && !duties.are_reported(response, day)
        });
        asked.map(|(id, _)| matter_of(id, day)).collect()
    }
}

/// When the report of a day is due if nothing moves it.
fn due_of(day: Date, numbers: &CooperationRules) -> Timestamp {
    day.plus(1).at_minute(numbers.report_at_min)
}
