//! The tables `[[approval]]` of `cooperation.toml`: which acts wait, and for which body or conclusion.

use super::RuleBookError;
use super::jurisdictions::Jurisdictions;
use super::keys::{Keys, Value};
use crate::domain::ActKind;
use crate::domain::cooperation::{
    ApprovalNeeded, ApprovalRule, ApprovingBody, Body, ItemOutcome, Role,
};

/// The most minutes for which an act may wait.
const LONGEST_MIN: i64 = 180;

const ACTS: [(&str, ActKind); 6] = [
    ("issue", ActKind::Issue),
    ("raise", ActKind::Raise),
    ("advance", ActKind::Advance),
    ("extend", ActKind::Extend),
    ("lower", ActKind::Lower),
    ("lift", ActKind::Lift),
];

#[derive(Clone, Copy, Eq, PartialEq)]
enum Mode {
    Automatic,
    Conclusion,
    Role,
}

const MODES: [(&str, Mode); 3] =
    [("automatic", Mode::Automatic), ("conclusion", Mode::Conclusion), ("role", Mode::Role)];

const BODIES: [(&str, ApprovingBody); 3] = [
    ("self", ApprovingBody::Itself),
    ("above", ApprovingBody::Above),
    ("region", ApprovingBody::Region),
];

const ROLES: [(&str, Role); 2] = [("command", Role::Command), ("government", Role::Government)];

const OUTCOMES: [(&str, ItemOutcome); 2] =
    [("approved", ItemOutcome::Approved), ("rejected", ItemOutcome::Rejected)];

pub(super) fn parse(
    keys: &mut Keys<'_>,
    jurisdictions: &Jurisdictions,
) -> Result<Vec<ApprovalRule>, RuleBookError> {
    keys.tables("approval")?.into_iter().map(|it| table(it, jurisdictions)).collect()
}

fn table(mut keys: Keys<'_>, jurisdictions: &Jurisdictions) -> Result<ApprovalRule, RuleBookError> {
    let named = jurisdictions.list_under(&mut keys, "jurisdictions")?;
    let code = |place: usize| Body::new(&jurisdictions.list[place].division.to_string());
    let grades = match keys.take("grades") {
        Some(grades) => grades.list()?.iter().map(Value::grade).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let acts = match keys.take("acts") {
        Some(acts) => acts.list()?.iter().map(|it| it.one_of(&ACTS)).collect::<Result<_, _>>()?,
        None => vec![ActKind::Issue, ActKind::Raise],
    };
    let rule = ApprovalRule {
        jurisdictions: named.iter().map(|it| code(usize::from(it.0))).collect(),
        grades,
        acts,
        needs: needs(&mut keys)?,
    };
    keys.finish()?;
    Ok(rule)
}

/// What is given is checked in every mode; what the mode needs must be given.
fn needs(keys: &mut Keys<'_>) -> Result<Option<ApprovalNeeded>, RuleBookError> {
    let mode = keys.need("mode")?.one_of(&MODES)?;
    let waits = mode != Mode::Automatic;
    let mut find = |key, is_needed: bool| {
        if is_needed { keys.need(key).map(Some) } else { Ok(keys.take(key)) }
    };
    let body = find("body", false)?.map(|it| it.one_of(&BODIES)).transpose()?;
    let role = find("role", mode == Mode::Role)?.map(|it| it.one_of(&ROLES)).transpose()?;
    let within_min =
        find("within_min", waits)?.map(|it| it.integer(1..=LONGEST_MIN)).transpose()?;
    let on_silence = find("on_silence", waits)?.map(|it| it.one_of(&OUTCOMES)).transpose()?;
    let by = role.filter(|_| mode == Mode::Role);
    let by = by.map(|role| (body.unwrap_or(ApprovingBody::Itself), role));
    let needed = within_min.zip(on_silence).filter(|_| waits);
    Ok(needed.map(|(within_min, on_silence)| ApprovalNeeded { by, within_min, on_silence }))
}
