//! An objection (异议): a body says that it cannot or need not take a measure. The grade and the
//! hour of an order follow from the air; to them there is no objection.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::acknowledgement::{matter_of, newest};
use super::orders::Excuse;
use crate::domain::cooperation::definition::{Definition, Evidence, Meeting, Outcome};
use crate::domain::cooperation::{
    Body, Change, Changing, Cooperation, EVIDENCE_FIELD, List, Rank, Refused, Role, Shape, Thing,
    What, Why, optional, required,
};
use crate::domain::{OrderAct, Timestamp};

const MEASURES: Shape = Shape::List(&List { of: Shape::Text, may_be_empty: false, key: 0 });

/// Objects to measures of an order.
pub(crate) const OBJECT: Definition = Definition {
    name: "object",
    about: "Object to measures of an order",
    example: r#"130500 officer 1-130500 --measures roads-cleaned-more --ground safety --reason frost --evidence='{"kind":"photo","ref":"bridge.jpg"}'"#,
    roles: &[Role::Officer, Role::Command],
    fields: &[
        required("order", Shape::Id(Thing::Order)),
        required("measures", MEASURES),
        required(
            "ground",
            Shape::OneOf(&["not_applicable", "livelihood", "safety", "already_done"]),
        ),
        required("reason", Shape::Text),
        EVIDENCE_FIELD,
    ],
    may: |it| {
        it.state.orders.get(it.text("order")).is_some_and(|order| order.jurisdiction == *it.body)
    },
    decide: object,
};

/// Decides an objection.
pub(crate) const DECIDE_OBJECTION: Definition = Definition {
    name: "decide_objection",
    about: "Decide an objection to an order of a body under you",
    example: r#"13 command 1-130500 --outcome upheld --reason "ice on the bridges""#,
    roles: &[Role::Command, Role::Government],
    fields: &[
        required("order", Shape::Id(Thing::Order)),
        required("outcome", Shape::OneOf(&["upheld", "overruled"])),
        optional("measures", MEASURES),
        required("reason", Shape::Text),
    ],
    may: |it| {
        let order = it.state.orders.get(it.text("order"));
        order.is_some_and(|order| reviewer(it, &order.jurisdiction) == *it.body)
    },
    decide: decide_objection,
};

fn reviewer(it: &Meeting<'_>, jurisdiction: &Body) -> Body {
    it.numbers.bodies.above(jurisdiction).unwrap_or_else(|| Body::new(Body::REGION))
}

/// An objection, and what became of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Objection {
    pub(crate) measures: Vec<String>,
    pub(crate) review_by: Timestamp,
    pub(crate) state: ObjectionIs,
}

/// What became of an objection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum ObjectionIs {
    Pending,
    Decided,
    /// Its order ended before it was decided.
    Fallen,
}

impl Objection {
    pub(crate) fn is_pending(&self) -> bool {
        self.state == ObjectionIs::Pending
    }

    pub(crate) fn fall(&mut self) {
        if self.is_pending() {
            self.state = ObjectionIs::Fallen;
        }
    }
}

#[derive(Deserialize)]
struct Object {
    order: String,
    measures: Vec<String>,
    ground: String,
    reason: String,
    evidence: Vec<Evidence>,
}

fn object(it: &Meeting<'_>) -> Outcome {
    let Object { order: id, mut measures, ground, reason, evidence } = it.read();
    let order = newest(it, &id)?;
    if order.act == OrderAct::Lift {
        return Err(Why::NotObjectable.into());
    }
    let due = it.state.matters.get(&matter_of(&id)).map_or(order.acknowledge_by, |it| it.due_at);
    if it.now >= due {
        return Err(Why::TooLate.into());
    }
    if order.objection.is_some() {
        return Err(Why::AlreadyObjected.into());
    }
    if !measures.iter().all(|it| order.measures.iter().any(|by| **by == **it)) {
        return Err(Why::NotOrdered.into());
    }
    if evidence.is_empty() {
        return Err(Why::EvidenceMissing.into());
    }
    measures.sort_unstable();
    let within_min = it.numbers.review_within_min(&order.jurisdiction, order.grade);
    let review_by = it.now.plus_minutes(within_min);
    let reviewer = reviewer(it, &order.jurisdiction);
    let objected = OrderObjected { order: id, measures, ground, reason, reviewer, review_by };
    Ok(vec![objected.into()])
}

#[derive(Deserialize)]
struct DecideObjection {
    order: String,
    outcome: ObjectionOutcome,
    measures: Option<Vec<String>>,
}

fn decide_objection(it: &Meeting<'_>) -> Outcome {
    let DecideObjection { order: id, outcome, measures } = it.read();
    let order = it.state.orders.get(&id);
    let objection = order.and_then(|it| it.objection.as_ref()).filter(|it| it.is_pending());
    let Some(objection) = objection else { return Err(Why::NoObjection.into()) };
    let objected: BTreeSet<&String> = objection.measures.iter().collect();
    let named = measures.as_deref().unwrap_or_default();
    let fits = measures.is_none()
        || (outcome == ObjectionOutcome::Upheld && named.iter().all(|it| objected.contains(it)));
    if !fits {
        return Err(Refused::with(Why::BadField, "measures"));
    }
    let mut excused = match (outcome, measures) {
        (ObjectionOutcome::Overruled, _) => Vec::new(),
        (ObjectionOutcome::Upheld, Some(measures)) => measures,
        (ObjectionOutcome::Upheld, None) => objection.measures.clone(),
    };
    excused.sort_unstable();
    Ok(vec![it.state.decided(&id, outcome, DecidedHow::Command, excused, it.now)])
}

impl Cooperation {
    fn decided(
        &self,
        order: &str,
        outcome: ObjectionOutcome,
        how: DecidedHow,
        excused: Vec<String>,
        now: Timestamp,
    ) -> What {
        let acknowledge_by = self.matters.due_if_resumed(&matter_of(order), now);
        let order = order.to_owned();
        ObjectionDecided { order, outcome, how, excused, acknowledge_by }.into()
    }

    /// Without a decision in time an objection is overruled.
    pub(crate) fn silence_on(&self, order: &str, now: Timestamp) -> Vec<What> {
        vec![self.decided(order, ObjectionOutcome::Overruled, DecidedHow::Silence, Vec::new(), now)]
    }
}

/// A body objected to measures.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OrderObjected {
    /// Which order.
    pub order: String,
    /// To which of its measures.
    pub measures: Vec<String>,
    /// On which ground.
    pub ground: String,
    /// Why.
    pub reason: String,
    /// Which body decides.
    pub reviewer: Body,
    /// Until when; then it is overruled.
    pub review_by: Timestamp,
}

/// What becomes of an objection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionOutcome {
    /// The measures need not be taken.
    Upheld,
    /// They must.
    Overruled,
}

/// How something was decided.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedHow {
    /// By a command.
    Command,
    /// By a signed conclusion.
    Conclusion,
    /// By the end of its time.
    Silence,
}

/// An objection was decided.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ObjectionDecided {
    /// Of which order.
    pub order: String,
    /// What became of it.
    pub outcome: ObjectionOutcome,
    /// How it was decided.
    pub how: DecidedHow,
    /// The measures that need not be taken.
    pub excused: Vec<String>,
    /// Until when the order is to be acknowledged now; none where it is.
    pub acknowledge_by: Option<Timestamp>,
}

impl Change for OrderObjected {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, numbers, at, .. } = it;
        let id: Arc<str> = self.order.as_str().into();
        let Some(order) = state.orders.get_mut(&id) else { return };
        order.objection = Some(Objection {
            measures: self.measures.clone(),
            review_by: self.review_by,
            state: ObjectionIs::Pending,
        });
        state.calendar.add(self.review_by, Rank::Objection, &id);
        if numbers.objection_stops_clock {
            state.matters.stop(&matter_of(&id), *at, &mut state.calendar);
        }
    }
}

impl Change for ObjectionDecided {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, at, .. } = it;
        let id: Arc<str> = self.order.as_str().into();
        state.matters.resume(&matter_of(&id), *at, &mut state.calendar);
        let Some(order) = state.orders.get_mut(&id) else { return };
        let (up_to, response) = (order.grade, Arc::clone(&order.response));
        if let Some(objection) = &mut order.objection {
            objection.state = ObjectionIs::Decided;
            state.calendar.remove(objection.review_by, Rank::Objection, &id);
        }
        let excuses = self.excused.iter().map(|it| Excuse {
            measure: it.as_str().into(),
            order: Arc::clone(&id),
            up_to,
        });
        if let Some(response) = state.orders.response_mut(&response) {
            response.excuses.extend(excuses);
        }
    }
}
