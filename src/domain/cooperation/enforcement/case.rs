//! A case, from the lead on, and its states.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::cooperation::definition::{Definition, Evidence, Meeting, Outcome};
use crate::domain::cooperation::ladder::{Matter, MatterState, Opening};
use crate::domain::cooperation::rules::{Class, WhileWarned};
use crate::domain::cooperation::shape::{EVIDENCE_FIELD, Shape, Thing, optional, required};
use crate::domain::cooperation::{
    Body, Change, Changing, Cooperation, CooperationRules, Refused, Role, Why,
};
use crate::domain::{Date, Grade, Timestamp};

/// Reports a suspicion.
pub(crate) const LEAD: Definition = Definition {
    name: "lead",
    about: "Report what may be a violation",
    example: r#"131000 officer 131081 --source "brick kiln" --sector industry --text "smoke at night""#,
    roles: &[Role::Officer, Role::Inspector, Role::Hotline],
    fields: &[
        required("place", Shape::Body),
        required("source", Shape::Text),
        required("sector", Shape::Text),
        required("text", Shape::Text),
        EVIDENCE_FIELD,
        optional("complaint", Shape::Id(Thing::Complaint)),
        optional("order", Shape::Id(Thing::Order)),
    ],
    may: |_| true,
    decide: lead,
};

/// Gives a case to the body that inspects.
pub(crate) const ASSIGN: Definition = Definition {
    name: "assign",
    about: "Give a case to the body that inspects",
    example: "131000 officer 131000-e1 --to 131081 --key true",
    roles: &[Role::Officer, Role::Command],
    fields: &[
        required("case", Shape::Id(Thing::Case)),
        required("to", Shape::Body),
        required("key", Shape::Flag),
    ],
    may: |it| {
        let case = it.case();
        case.is_some_and(|case| it.numbers.bodies.is_or_is_over(it.body, &case.member))
    },
    decide: assign,
};

/// Closes a case without a violation.
pub(crate) const DROP_CASE: Definition = Definition {
    name: "drop_case",
    about: "Close a case in which no violation was found",
    example: r#"131000 command 131000-e1 --reason "nothing was found""#,
    roles: &[Role::Command],
    fields: &[required("case", Shape::Id(Thing::Case)), required("reason", Shape::Text)],
    may: |it| it.case().is_some_and(|case| it.numbers.bodies.is_or_is_over(it.body, &case.owner)),
    decide: drop_case,
};

/// Makes a case public.
pub(crate) const EXPOSE: Definition = Definition {
    name: "expose",
    about: "Make a decided case public",
    example: r#"region command 131000-e1 --text "a kiln without a filter""#,
    roles: &[Role::Command],
    fields: &[required("case", Shape::Id(Thing::Case)), required("text", Shape::Text)],
    may: |it| {
        let bodies = &it.numbers.bodies;
        let is_province =
            |case: &Case| bodies.is_province(it.body) && bodies.is_or_is_over(it.body, &case.owner);
        it.case().is_some_and(|case| it.body.is_region() || is_province(case))
    },
    decide: expose,
};

/// Where a case stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Reported.
    Lead,
    /// Given to a body.
    Assigned,
    /// Inspected.
    Inspected,
    /// Decided.
    Decided,
    /// Put right, says its owner.
    Rectified,
    /// Put right.
    Accepted,
    /// Over.
    Closed,
}

impl CaseState {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Assigned => "assigned",
            Self::Inspected => "inspected",
            Self::Decided => "decided",
            Self::Rectified => "rectified",
            Self::Accepted => "accepted",
            Self::Closed => "closed",
        }
    }
}

/// A case.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Case {
    pub(crate) place: Body,
    /// The member of its place.
    pub(crate) member: Body,
    pub(crate) owner: Body,
    pub(crate) state: CaseState,
    pub(crate) led_at: Timestamp,
    /// A key case (重点案件) is supervised by more than one body.
    pub(crate) key: bool,
    pub(crate) reopened: u32,
    /// The last inspection.
    pub(crate) inspection: Option<Inspection>,
    /// When a violation was first found.
    pub(crate) violated_at: Option<Timestamp>,
    pub(crate) decided: bool,
    pub(crate) exposed: bool,
}

/// What the last inspection found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Inspection {
    pub(crate) parties: Vec<Body>,
    pub(crate) violation: bool,
    /// Whether there is evidence from the place itself.
    pub(crate) proven: bool,
}

/// Evidence that decides a case; what is seen from afar alone does not.
const PROOFS: [&str; 3] = ["onsite", "sample", "statement"];

/// All cases, by id.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Cases(BTreeMap<Arc<str>, Case>);

impl Cases {
    pub(crate) fn get(&self, id: &str) -> Option<&Case> {
        self.0.get(id)
    }

    /// Who accepts a matter of a case owns the case.
    pub(crate) fn accepted(&mut self, matter: &str, owner: &Body) {
        let case = matter.split_once('/').and_then(|(id, _)| self.0.get_mut(id));
        if let Some(case) = case {
            case.owner = owner.clone();
        }
    }

    /// The cases led between two instants at places of some members.
    pub(crate) fn led_between(
        &self,
        from: Timestamp,
        to: Timestamp,
        is_member: impl Fn(&Body) -> bool,
    ) -> Vec<String> {
        let led = self.0.iter().filter(|(_, it)| from <= it.led_at && it.led_at <= to);
        led.filter(|(_, it)| is_member(&it.member)).map(|(id, _)| id.to_string()).collect()
    }
}

impl<'a> Meeting<'a> {
    /// The case that the command names.
    pub(super) fn case(&self) -> Option<&'a Case> {
        self.state.cases.get(self.text("case"))
    }

    /// The case, if it is in one of these states.
    pub(super) fn case_in(&self, states: &[CaseState]) -> Result<&'a Case, Refused> {
        let Some(case) = self.case() else { return Err(Why::UnknownObject.into()) };
        if states.contains(&case.state) {
            return Ok(case);
        }
        Err(Refused::with(Why::WrongState, case.state.name()))
    }

    /// A move of the case into a state.
    pub(super) fn moved(&self, case: &Case, command: &str, to: CaseState) -> CaseMoved {
        CaseMoved {
            case: self.text("case").to_owned(),
            command: command.to_owned(),
            from: Some(case.state),
            to,
            owner: case.owner.clone(),
            reopened: case.reopened,
            ..CaseMoved::new(to, case.owner.clone())
        }
    }
}

#[derive(Deserialize)]
struct Lead {
    place: Body,
    source: String,
    sector: String,
    text: String,
    evidence: Vec<Evidence>,
    complaint: Option<String>,
    order: Option<String>,
}

fn lead(it: &Meeting<'_>) -> Outcome {
    let Lead { place, source, sector, text, evidence, complaint, order } = it.read();
    let Some(owner) = it.numbers.bodies.member_of(&place) else {
        return Err(Refused::with(Why::BadField, "place"));
    };
    let moved = CaseMoved {
        case: it.state.next_id(&owner, 'e'),
        command: LEAD.name.to_owned(),
        place: Some(place),
        source: Some(source),
        sector: Some(sector),
        text: Some(text),
        evidence: Some(evidence),
        complaint,
        order,
        ..CaseMoved::new(CaseState::Lead, owner)
    };
    Ok(vec![moved.into()])
}

fn assign(it: &Meeting<'_>) -> Outcome {
    let case = it.case_in(&[CaseState::Lead])?;
    let to = Body::new(it.text("to"));
    if to != case.place && to != case.member {
        return Err(Why::NotPlace.into());
    }
    let key = it.fields.get("key").and_then(serde_json::Value::as_bool);
    let moved = it.moved(case, ASSIGN.name, CaseState::Assigned);
    Ok(vec![CaseMoved { owner: to, key, ..moved }.into()])
}

fn drop_case(it: &Meeting<'_>) -> Outcome {
    let case = it.case_in(&[CaseState::Lead, CaseState::Inspected])?;
    if case.inspection.as_ref().is_some_and(|it| it.violation) {
        return Err(Why::ViolationFound.into());
    }
    let moved = it.moved(case, DROP_CASE.name, CaseState::Closed);
    Ok(vec![CaseMoved { reason: Some(it.text("reason").to_owned()), ..moved }.into()])
}

fn expose(it: &Meeting<'_>) -> Outcome {
    use CaseState::{Accepted, Closed, Decided, Rectified};
    let case = it.case_in(&[Decided, Rectified, Accepted, Closed])?;
    if !case.decided {
        return Err(Refused::with(Why::WrongState, case.state.name()));
    }
    if case.exposed {
        return Err(Why::AlreadyExposed.into());
    }
    let moved = it.moved(case, EXPOSE.name, case.state);
    Ok(vec![CaseMoved { text: Some(it.text("text").to_owned()), ..moved }.into()])
}

/// A case moved from one state to another. Of the fields after `reopened` it has those of its
/// command.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CaseMoved {
    /// Which case.
    pub case: String,
    /// Which command moved it.
    pub command: String,
    /// Its state before; none for a new one.
    pub from: Option<CaseState>,
    /// Its state now.
    pub to: CaseState,
    /// Its owner now.
    pub owner: Body,
    /// How often it was opened again.
    pub reopened: u32,
    /// Where it is.
    pub place: Option<Body>,
    /// From where the lead came.
    pub source: Option<String>,
    /// Industry, traffic, dust ...
    pub sector: Option<String>,
    /// In words.
    pub text: Option<String>,
    /// What proves it.
    pub evidence: Option<Vec<Evidence>>,
    /// The complaint that led to it.
    pub complaint: Option<String>,
    /// The order under which it was found.
    pub order: Option<String>,
    /// Whether it is a key case.
    pub key: Option<bool>,
    /// Own, cross or joint.
    pub kind: Option<String>,
    /// The bodies that took part.
    pub parties: Option<Vec<Body>>,
    /// Whether a violation was found.
    pub violation: Option<bool>,
    /// What was imposed.
    pub penalties: Option<Vec<String>>,
    /// The fine, in yuan.
    pub fine_yuan: Option<i64>,
    /// The day by the end of which it must be put right.
    pub rectify_by: Option<Date>,
    /// Why it was dropped.
    pub reason: Option<String>,
    /// Whether it was put right.
    pub passed: Option<bool>,
    /// Whether it stayed right.
    pub held: Option<bool>,
}

impl CaseMoved {
    fn new(to: CaseState, owner: Body) -> Self {
        Self {
            case: String::new(),
            command: String::new(),
            from: None,
            to,
            owner,
            reopened: 0,
            place: None,
            source: None,
            sector: None,
            text: None,
            evidence: None,
            complaint: None,
            order: None,
            key: None,
            kind: None,
            parties: None,
            violation: None,
            penalties: None,
            fine_yuan: None,
            rectify_by: None,
            reason: None,
            passed: None,
            held: None,
        }
    }
}

impl Change for CaseMoved {
    fn change(&self, it: &mut Changing<'_>) {
        let at = it.at;
        if self.from.is_none() {
            self.open(it);
        }
        let id: Arc<str> = self.case.as_str().into();
        let Some(case) = it.state.cases.0.get_mut(&id) else { return };
        case.owner = self.owner.clone();
        (case.state, case.reopened) = (self.to, self.reopened);
        case.key |= self.key == Some(true);
        case.decided |= self.to == CaseState::Decided;
        case.exposed |= self.command == EXPOSE.name;
        if let (Some(violation), Some(parties)) = (self.violation, &self.parties) {
            let evidence = self.evidence.iter().flatten();
            let proven = evidence.into_iter().any(|it| PROOFS.contains(&it.kind.as_str()));
            case.inspection = Some(Inspection { parties: parties.clone(), violation, proven });
            if violation {
                case.violated_at.get_or_insert(at);
            }
        }
        if self.command != EXPOSE.name {
            self.ask(it);
        }
    }
}

impl CaseMoved {
    fn open(&self, it: &mut Changing<'_>) {
        let Some(place) = &self.place else { return };
        let case = Case {
            place: place.clone(),
            member: self.owner.clone(),
            owner: self.owner.clone(),
            state: self.to,
            led_at: it.at,
            key: false,
            reopened: 0,
            inspection: None,
            violated_at: None,
            decided: false,
            exposed: false,
        };
        it.state.note_id(&self.owner, 'e');
        it.state.cases.0.insert(self.case.as_str().into(), case);
    }

    /// The matter of the state that was left is answered, and that of the new one opened.
    fn ask(&self, it: &mut Changing<'_>) {
        let Some(case) = it.state.cases.get(&self.case).cloned() else { return };
        let (at, numbers) = (it.at, it.numbers);
        let rules = &numbers.enforcement;
        let above = || numbers.bodies.above(&case.owner).unwrap_or_else(|| case.owner.clone());
        let violation = case.inspection.as_ref().is_some_and(|it| it.violation);
        let asked = match self.to {
            CaseState::Lead => {
                Some(("assign", case.member.clone(), at.plus_hours(rules.assign_within_h)))
            }
            CaseState::Assigned => {
                let within_h =
                    it.state.while_warned(&case.place, at, rules.inspect_within_h, numbers);
                Some(("inspect", case.owner.clone(), at.plus_hours(within_h)))
            }
            CaseState::Inspected if violation => {
                let first = case.violated_at.unwrap_or(at);
                let due_at = first.plus_hours(24 * rules.decide_within_d);
                Some(("decide", case.owner.clone(), due_at))
            }
            CaseState::Inspected | CaseState::Closed => None,
            CaseState::Decided => {
                let due_at = self.rectify_by.map_or(at, |it| it.plus(1).at_minute(0));
                Some(("rectify", case.owner.clone(), due_at))
            }
            CaseState::Rectified => {
                Some(("accept", above(), at.plus_hours(24 * rules.accept_within_d)))
            }
            CaseState::Accepted => {
                let due_at = at.plus_hours(24 * rules.supervise_within_d);
                Some(("supervise", case.owner.clone(), due_at))
            }
        };
        let id = |kind: &str| format!("{}/{kind}", self.case);
        let state = &mut *it.state;
        for kind in ["assign", "inspect", "decide", "rectify", "accept", "supervise"] {
            let is_asked_again = asked.as_ref().is_some_and(|it| it.0 == kind);
            // A second inspection with a violation asks for the same decision.
            let is_open = state.matters.get(&id(kind)).is_some_and(Matter::is_open);
            if is_open && is_asked_again && kind == "decide" {
                return;
            }
            state.matters.finish(&id(kind), MatterState::Answered, &mut state.calendar);
        }
        let Some((kind, owner, due_at)) = asked else { return };
        let (opened_at, class) = (at, Class::Day);
        let opening = Opening { id: id(kind), owner, class, opened_at, due_at };
        state.matters.open(opening, &mut state.calendar);
    }
}

impl Cooperation {
    /// Whether a place is warned, which makes some deadlines shorter.
    pub(crate) fn while_warned(
        &self,
        place: &Body,
        now: Timestamp,
        number: WhileWarned,
        numbers: &CooperationRules,
    ) -> i32 {
        let member = numbers.bodies.member_of(place);
        let level = member.map_or(Grade::None, |it| self.orders.level_of(&it, now));
        if level >= Grade::Yellow { number.warned } else { number.otherwise }
    }
}
