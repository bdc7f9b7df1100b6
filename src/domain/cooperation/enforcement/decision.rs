//! The decision of a case: what is imposed, and until when it must be put right.

use serde::Deserialize;

use super::case::{CaseMoved, CaseState};
use crate::domain::Date;
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::shape::{List, Shape, Thing, optional, required};
use crate::domain::cooperation::{Refused, Role, Why};

/// Decides a case.
pub(crate) const DECIDE_CASE: Definition = Definition {
    name: "decide_case",
    about: "Decide a case in which a violation was found",
    example: "131081 command 131000-e1 --penalties fine --penalties stop --fine-yuan 100000 --rectify-by 2025-12-20",
    roles: &[Role::Command, Role::Government],
    fields: &[
        required("case", Shape::Id(Thing::Case)),
        required(
            "penalties",
            Shape::List(&List {
                of: Shape::OneOf(&["fine", "seal", "limit", "stop", "daily_fine", "transfer"]),
                may_be_empty: false,
                key: 0,
            }),
        ),
        optional("fine_yuan", Shape::Whole(0, i64::MAX)),
        required("rectify_by", Shape::Date),
    ],
    may: |it| it.case().is_some_and(|case| case.owner == *it.body),
    decide: decide_case,
};

#[derive(Deserialize)]
struct DecideCase {
    penalties: Vec<String>,
    fine_yuan: Option<i64>,
    rectify_by: Date,
}

fn decide_case(it: &Meeting<'_>) -> Outcome {
    let DecideCase { mut penalties, fine_yuan, rectify_by } = it.read();
    let case = it.case_in(&[CaseState::Inspected])?;
    let Some(inspection) = case.inspection.as_ref().filter(|it| it.violation) else {
        return Err(Why::NoViolation.into());
    };
    if !inspection.proven {
        return Err(Why::EvidenceInsufficient.into());
    }
    if rectify_by <= it.now.date() {
        return Err(Refused::with(Why::BadField, "rectify_by"));
    }
    penalties.sort_unstable();
    let moved = CaseMoved {
        penalties: Some(penalties),
        fine_yuan,
        rectify_by: Some(rectify_by),
        ..it.moved(case, DECIDE_CASE.name, CaseState::Decided)
    };
    Ok(vec![moved.into()])
}
