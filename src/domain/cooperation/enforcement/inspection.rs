//! The inspection of a case: by its owner, by another body (交叉检查), or jointly (联合检查).

use serde::Deserialize;

use super::case::{Case, CaseMoved, CaseState};
use crate::domain::cooperation::definition::{Definition, Evidence, Meeting, Outcome};
use crate::domain::cooperation::shape::{EVIDENCE_FIELD, List, Shape, Thing, required};
use crate::domain::cooperation::{Body, Role, Why};

/// Bodies that take part.
pub(super) const PARTIES: Shape =
    Shape::List(&List { of: Shape::Body, may_be_empty: false, key: 0 });

/// Inspects a case.
pub(crate) const INSPECT: Definition = Definition {
    name: "inspect",
    about: "Record an inspection, alone or with others",
    example: r#"131081 inspector 131000-e1 --kind joint --parties 120111 --parties 131081 --violation true --evidence='{"kind":"onsite","ref":"record 12"}'"#,
    roles: &[Role::Inspector],
    fields: &[
        required("case", Shape::Id(Thing::Case)),
        required("kind", Shape::OneOf(&["own", "cross", "joint"])),
        required("parties", PARTIES),
        required("violation", Shape::Flag),
        EVIDENCE_FIELD,
    ],
    may: |_| true,
    decide: inspect,
};

#[derive(Deserialize)]
struct Inspect {
    kind: String,
    parties: Vec<Body>,
    violation: bool,
    evidence: Vec<Evidence>,
}

fn inspect(it: &Meeting<'_>) -> Outcome {
    let Inspect { kind, mut parties, violation, evidence } = it.read();
    let case = it.case_in(&[CaseState::Assigned, CaseState::Inspected])?;
    if !parties.contains(it.body) || !fit(it, case, &kind, &parties) {
        return Err(Why::BadParties.into());
    }
    if violation && evidence.is_empty() {
        return Err(Why::EvidenceMissing.into());
    }
    parties.sort_unstable();
    let moved = CaseMoved {
        kind: Some(kind),
        parties: Some(parties),
        violation: Some(violation),
        evidence: Some(evidence),
        ..it.moved(case, INSPECT.name, CaseState::Inspected)
    };
    Ok(vec![moved.into()])
}

/// Whether the parties fit the kind of inspection.
fn fit(it: &Meeting<'_>, case: &Case, kind: &str, parties: &[Body]) -> bool {
    let (bodies, owner) = (&it.numbers.bodies, &case.owner);
    let is_or_is_over = |it: &Body| bodies.is_or_is_over(it, owner);
    match (kind, parties) {
        ("own", [only]) => only == owner,
        ("cross", [only]) => !is_or_is_over(only) && !bodies.is_over(owner, only),
        ("joint", [_, _, ..]) => parties.iter().any(is_or_is_over),
        _ => false,
    }
}
