//! Another body looks whether what was reported was done (核查).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::report::{Verified, redo_of};
use crate::domain::Date;
use crate::domain::cooperation::definition::{Definition, Evidence, Meeting, Outcome};
use crate::domain::cooperation::{
    Change, Changing, Class, EVIDENCE, EVIDENCE_FIELD, Opening, Role, Shape, Thing, Why, required,
};

/// Verifies a reported measure.
pub(crate) const VERIFY: Definition = Definition {
    name: "verify",
    about: "Confirm or refute what another body reported",
    example: r#"130400 inspector 130500-r1 --date 2025-12-05 --measure roads-cleaned-more --result refuted --source onsite --evidence='{"kind":"onsite","ref":"note 7"}'"#,
    roles: &[Role::Inspector, Role::Officer],
    fields: &[
        required("response", Shape::Id(Thing::Response)),
        required("date", Shape::Date),
        required("measure", Shape::Text),
        required("result", Shape::OneOf(&["confirmed", "refuted"])),
        required("source", Shape::OneOf(&EVIDENCE)),
        EVIDENCE_FIELD,
    ],
    may: |it| it.role == Role::Inspector || !is_own(it),
    decide: verify,
};

/// Data that do not depend on who looks at them.
const OBJECTIVE: [&str; 3] = ["power", "cems", "remote"];

/// Whether the body is the jurisdiction itself, or under it.
fn is_own(it: &Meeting<'_>) -> bool {
    let response = it.state.orders.response(it.text("response"));
    response.is_some_and(|of| it.numbers.bodies.is_or_is_over(&of.jurisdiction, it.body))
}

#[derive(Deserialize)]
struct Verify {
    response: String,
    date: Date,
    measure: String,
    result: VerifiedAs,
    source: String,
    evidence: Vec<Evidence>,
}

fn verify(it: &Meeting<'_>) -> Outcome {
    let Verify { response: id, date, measure, result, source, evidence } = it.read();
    if it.role == Role::Inspector && is_own(it) && !OBJECTIVE.contains(&source.as_str()) {
        return Err(Why::NotIndependent.into());
    }
    let Some(response) = it.state.orders.response(&id) else {
        return Err(Why::UnknownObject.into());
    };
    if response.closed {
        return Err(Why::Closed.into());
    }
    match response.reports.get(&(date, measure.as_str().into())).map(|it| it.verified) {
        None | Some(Verified::Refuted) => return Err(Why::NotReported.into()),
        Some(Verified::Confirmed) => return Err(Why::AlreadyVerified.into()),
        Some(Verified::NotYet) => {}
    }
    if evidence.is_empty() {
        return Err(Why::EvidenceMissing.into());
    }
    let verified = ExecutionVerified { response: id, date, measure, result, source };
    Ok(vec![verified.into()])
}

/// What a verification found.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifiedAs {
    /// It was done as reported.
    Confirmed,
    /// It was not.
    Refuted,
}

/// A report was verified.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ExecutionVerified {
    /// Of which response.
    pub response: String,
    /// Of which day.
    pub date: Date,
    /// Which measure.
    pub measure: String,
    /// What was found.
    pub result: VerifiedAs,
    /// From which kind of evidence.
    pub source: String,
}

impl Change for ExecutionVerified {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, numbers, rules, at, .. } = it;
        let measure: Arc<str> = self.measure.as_str().into();
        let Some(response) = state.orders.response_mut(&self.response) else { return };
        if let Some(report) = response.reports.get_mut(&(self.date, measure)) {
            report.verified = match self.result {
                VerifiedAs::Confirmed => Verified::Confirmed,
                VerifiedAs::Refuted => Verified::Refuted,
            };
        }
        if self.result == VerifiedAs::Confirmed {
            return;
        }
        let Some(response) = state.orders.response(&self.response) else { return };
        let highest = state.orders.duties(response, self.date, rules).highest;
        let opening = Opening {
            id: redo_of(&self.response, self.date, &self.measure),
            owner: response.jurisdiction.clone(),
            class: Class::of(highest),
            opened_at: *at,
            due_at: at.plus_hours(numbers.redo_within_h),
        };
        state.matters.open(opening, &mut state.calendar);
    }
}
