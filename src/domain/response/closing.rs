//! A response is summed up and closed (响应终止小结).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::report::{Verified, matter_of};
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::{
    Change, Changing, MatterState, Role, Shape, Thing, Why, required,
};
use crate::domain::{Date, Grade};

/// Closes a response.
pub(crate) const CLOSE_RESPONSE: Definition = Definition {
    name: "close_response",
    about: "Sum up a response that has ended",
    example: r#"130500 command 130500-r1 --summary "five days, four measures""#,
    roles: &[Role::Command],
    fields: &[required("response", Shape::Id(Thing::Response)), required("summary", Shape::Text)],
    may: |it| {
        let id = it.text("response");
        let response = it.state.orders.response(id);
        response.is_some_and(|of| of.jurisdiction == *it.body)
            || it.is_owner_or_step(&summary_of(id))
    },
    decide: close_response,
};

/// The matter that asks for the summary of a response.
fn summary_of(response: &str) -> String {
    format!("{response}/summary")
}

fn close_response(it: &Meeting<'_>) -> Outcome {
    let id = it.text("response");
    let orders = &it.state.orders;
    let Some(response) = orders.response(id) else { return Err(Why::UnknownObject.into()) };
    if orders.is_in_force(response, it.now) {
        return Err(Why::StillInForce.into());
    }
    if response.closed {
        return Err(Why::Closed.into());
    }
    let matter = it.state.matters.get(&summary_of(id));
    let mut closed = ResponseClosed {
        response: id.to_owned(),
        summary: it.text("summary").to_owned(),
        in_time: matter.is_none_or(|by| by.is_in_time(it.now)),
        ..ResponseClosed::default()
    };
    let first = response
        .orders
        .iter()
        .filter_map(|it| Some(orders.get(it)?.counts_from))
        .min()
        .map_or(it.now, |first| first.min(it.now))
        .date();
    for day in (first.0..=it.now.date().0).map(Date) {
        let duties = orders.duties(response, day, it.rules);
        closed.days += u32::from(duties.highest > Grade::None);
        closed.duties += count(duties.due.len());
        closed.excused += count(duties.excused.len());
        let reports = duties.due.into_keys().filter_map(|it| response.reports.get(&(day, it)));
        for report in reports {
            closed.reported += 1;
            closed.confirmed += u32::from(report.verified == Verified::Confirmed);
            closed.refuted += u32::from(report.verified == Verified::Refuted);
        }
    }
    Ok(vec![closed.into()])
}

fn count(it: usize) -> u32 {
    u32::try_from(it).unwrap_or(u32::MAX)
}

/// A response was summed up.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ResponseClosed {
    /// Which response.
    pub response: String,
    /// In words.
    pub summary: String,
    /// Whether it was before the deadline.
    pub in_time: bool,
    /// Days with measures in force.
    pub days: u32,
    /// Duties that were not excused.
    pub duties: u32,
    /// Duties with a report.
    pub reported: u32,
    /// Duties that were confirmed.
    pub confirmed: u32,
    /// Duties that were refuted, and not reported again.
    pub refuted: u32,
    /// Duties that were excused.
    pub excused: u32,
}

impl Change for ResponseClosed {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, .. } = it;
        if let Some(response) = state.orders.response_mut(&self.response) {
            response.closed = true;
        }
        let summary = summary_of(&self.response);
        state.matters.finish(&summary, MatterState::Answered, &mut state.calendar);
        // No report is taken any more: matters that ask for one fall.
        let reports = format!("{}/re", self.response);
        let open: Vec<Arc<str>> = state.matters.open_with(&reports).cloned().collect();
        for matter in open {
            state.fall(&matter);
        }
        debug_assert!(matter_of(&self.response, Date(0)).starts_with(&reports));
    }
}
