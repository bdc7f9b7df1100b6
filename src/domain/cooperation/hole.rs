//! A hole: the clock stood still so long that no body could answer. What fell due meanwhile is
//! moved behind it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calendar::Rank;
use super::event::{Change, Changing};
use super::{Cooperation, CooperationRules, What};
use crate::domain::{Rules, Timestamp};

/// Deadlines in a hole were moved.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DeadlinesMoved {
    /// The clock before the hole.
    pub from: Timestamp,
    /// The clock after it.
    pub to: Timestamp,
    /// To when the deadlines were moved.
    pub moved_to: Timestamp,
    /// Of which matters.
    pub matters: Vec<String>,
}

/// A hole that the last movement of the clock left.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Hole {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Cooperation {
    /// What a hole moves; nothing where no deadline lies in it.
    pub(crate) fn moved(&self, numbers: &CooperationRules, rules: &Rules) -> Option<What> {
        let Hole { from, to } = self.hole?;
        let moved_to = to.plus_minutes(numbers.hole_grace_min);
        let is_in = |at: Timestamp| from < at && at < moved_to;
        let mut matters: Vec<String> = Vec::new();
        for (id, matter) in self.matters.iter().filter(|(_, it)| it.is_open()) {
            if matter.next_at.is_some_and(is_in) {
                matters.push(id.to_string());
            }
            if matter.offer.as_ref().is_some_and(|(_, at)| is_in(*at)) {
                matters.push(format!("{id}/offer"));
            }
        }
        matters.extend(self.orders.reviews().filter(|it| is_in(it.1)).map(|it| review_id(it.0)));
        matters.extend(self.consultations.deadlines().filter(|it| is_in(it.1)).map(|it| it.0));
        matters.extend(self.orders.reports_to_come(rules, numbers, is_in, to));
        matters.sort_unstable();
        matters.dedup();
        (!matters.is_empty()).then(|| DeadlinesMoved { from, to, moved_to, matters }.into())
    }
}

pub(crate) fn review_id(order: &str) -> String {
    format!("{order}/review")
}

impl Change for DeadlinesMoved {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, .. } = it;
        state.hole = None;
        let moved_to = self.moved_to;
        let is_in = |at: Timestamp| self.from < at && at < moved_to;
        for id in &self.matters {
            if let Some(id) = id.strip_suffix("/offer") {
                state.matters.change(id, &mut state.calendar, |matter| {
                    if let Some((_, at)) = &mut matter.offer {
                        *at = moved_to;
                    }
                });
                continue;
            }
            if let Some(order) = id.strip_suffix("/review") {
                let order: Arc<str> = order.into();
                if let Some(at) = state.orders.move_review(&order, moved_to) {
                    state.calendar.remove(at, Rank::Objection, &order);
                    state.calendar.add(moved_to, Rank::Objection, &order);
                }
                continue;
            }
            if state.consultations.move_deadline(id, moved_to, &mut state.calendar) {
                continue;
            }
            if state.matters.get(id).is_none() {
                state.orders.moved_reports.insert(id.as_str().into(), moved_to);
            }
            state.matters.change(id, &mut state.calendar, |matter| {
                if is_in(matter.due_at) && matter.left_ms.is_none() {
                    matter.due_at = moved_to;
                }
                matter.next_at = matter.next_at.map(|_| moved_to);
            });
        }
    }
}
