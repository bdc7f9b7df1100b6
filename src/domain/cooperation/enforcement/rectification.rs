//! What was found is put right (整改), accepted, and looked at once more (后督察).

use serde::Deserialize;

use super::case::{Case, CaseMoved, CaseState};
use super::inspection::PARTIES;
use crate::domain::Date;
use crate::domain::cooperation::definition::{Definition, Evidence, Meeting, Outcome};
use crate::domain::cooperation::shape::{EVIDENCE_FIELD, Shape, Thing, optional, required};
use crate::domain::cooperation::{Body, Refused, Role, Why};

/// Says that it is put right.
pub(crate) const RECTIFY: Definition = Definition {
    name: "rectify",
    about: "Report that what was found is put right",
    example: r#"131081 officer 131000-e1 --text "a filter is built in" --evidence='{"kind":"photo","ref":"f1"}'"#,
    roles: &[Role::Officer, Role::Command],
    fields: &[
        required("case", Shape::Id(Thing::Case)),
        required("text", Shape::Text),
        EVIDENCE_FIELD,
    ],
    may: |it| {
        it.case().is_some_and(|case| case.owner == *it.body)
            || it.is_owner_or_step(&format!("{}/rectify", it.text("case")))
    },
    decide: rectify,
};

/// Accepts that it is put right, or not.
pub(crate) const ACCEPT_RECTIFICATION: Definition = Definition {
    name: "accept_rectification",
    about: "Accept that what was found is put right, or not",
    example: r#"131000 inspector 131000-e1 --passed true --evidence='{"kind":"onsite","ref":"record 15"}'"#,
    roles: &[Role::Inspector],
    fields: &[
        required("case", Shape::Id(Thing::Case)),
        required("passed", Shape::Flag),
        EVIDENCE_FIELD,
        optional("rectify_by", Shape::Date),
    ],
    may: |it| it.case().is_some_and(|case| may_accept(it, case)),
    decide: accept_rectification,
};

/// Looks at it once more.
pub(crate) const POST_SUPERVISE: Definition = Definition {
    name: "post_supervise",
    about: "Look once more whether it stayed right",
    example: r#"131081 inspector 131000-e1 --held true --parties 120111 --parties 131081 --evidence='{"kind":"onsite","ref":"record 19"}'"#,
    roles: &[Role::Inspector],
    fields: &[
        required("case", Shape::Id(Thing::Case)),
        required("held", Shape::Flag),
        required("parties", PARTIES),
        EVIDENCE_FIELD,
    ],
    may: |_| true,
    decide: post_supervise,
};

fn may_accept(it: &Meeting<'_>, case: &Case) -> bool {
    let parties = case.inspection.iter().flat_map(|it| &it.parties);
    let is_party = parties.into_iter().any(|party| party == it.body && *party != case.owner);
    is_party || it.numbers.bodies.is_over(it.body, &case.owner)
}

fn rectify(it: &Meeting<'_>) -> Outcome {
    #[derive(Deserialize)]
    struct Rectify {
        text: String,
        evidence: Vec<Evidence>,
    }
    let Rectify { text, evidence } = it.read();
    let case = it.case_in(&[CaseState::Decided])?;
    if evidence.is_empty() {
        return Err(Why::EvidenceMissing.into());
    }
    let moved = it.moved(case, RECTIFY.name, CaseState::Rectified);
    Ok(vec![CaseMoved { text: Some(text), evidence: Some(evidence), ..moved }.into()])
}

fn accept_rectification(it: &Meeting<'_>) -> Outcome {
    #[derive(Deserialize)]
    struct Accept {
        passed: bool,
        evidence: Vec<Evidence>,
        rectify_by: Option<Date>,
    }
    let Accept { passed, evidence, rectify_by } = it.read();
    let case = it.case_in(&[CaseState::Rectified])?;
    if !passed && rectify_by.is_none_or(|by| by <= it.now.date()) {
        return Err(Refused::with(Why::BadField, "rectify_by"));
    }
    let to = if passed { CaseState::Accepted } else { CaseState::Decided };
    let moved = CaseMoved {
        passed: Some(passed),
        evidence: Some(evidence),
        rectify_by,
        ..it.moved(case, ACCEPT_RECTIFICATION.name, to)
    };
    Ok(vec![moved.into()])
}

fn post_supervise(it: &Meeting<'_>) -> Outcome {
    #[derive(Deserialize)]
    struct PostSupervise {
        held: bool,
        parties: Vec<Body>,
        evidence: Vec<Evidence>,
    }
    let PostSupervise { held, mut parties, evidence } = it.read();
    let case = it.case_in(&[CaseState::Accepted])?;
    if !parties.contains(it.body) {
        return Err(Why::BadParties.into());
    }
    if case.key && parties.len() < 2 {
        return Err(Why::NotJoint.into());
    }
    if evidence.is_empty() {
        return Err(Why::EvidenceMissing.into());
    }
    parties.sort_unstable();
    let to = if held { CaseState::Closed } else { CaseState::Assigned };
    let moved = CaseMoved {
        held: Some(held),
        parties: Some(parties),
        evidence: Some(evidence),
        reopened: case.reopened + u32::from(!held),
        ..it.moved(case, POST_SUPERVISE.name, to)
    };
    Ok(vec![moved.into()])
}
