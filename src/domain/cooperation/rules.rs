//! The numbers by which bodies answer, of `cooperation.toml`.

use serde::{Deserialize, Serialize};

use super::{Bodies, Body, BodyKind, Status};
use crate::domain::Grade;
use crate::domain::response::approval::rules::ApprovalRule;

/// How soon something must be done: the higher the class, the sooner.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Class {
    /// Counted in days.
    Day,
    /// As under a warning of this grade; never none.
    Grade(Grade),
}

impl Class {
    /// The class of a grade; that of days where there is none.
    pub fn of(grade: Grade) -> Self {
        if grade == Grade::None { Self::Day } else { Self::Grade(grade) }
    }

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Grade(grade) => grade.name(),
        }
    }

    /// The class with a name.
    pub fn parse(name: &str) -> Option<Self> {
        let grade = Grade::ALL.into_iter().find(|it| it.name() == name && *it != Grade::None);
        if name == "day" { Some(Self::Day) } else { grade.map(Self::Grade) }
    }
}

/// Minutes from a missed deadline to the reminder, and from there to each escalation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ladder {
    /// From `matter_overdue` to `matter_reminded`.
    pub reminder_min: i32,
    /// From there to each `matter_escalated`.
    pub escalation_min: i32,
}

/// A number for each grade from blue to red.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ByGrade<T>(pub [T; 4]);

impl<T: Copy> ByGrade<T> {
    /// The number of a grade; none has that of blue.
    pub fn of(&self, grade: Grade) -> T {
        self.0[(grade as usize).saturating_sub(1)]
    }
}

/// Deadlines of some jurisdictions in place of those of all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnDeadlines {
    /// The jurisdictions.
    pub jurisdictions: Vec<Body>,
    /// Hours within which an order is acknowledged.
    pub acknowledge_within_h: ByGrade<Option<i32>>,
    /// Minutes within which an objection is decided.
    pub review_within_min: ByGrade<Option<i32>>,
    /// The ladders of grades.
    pub ladders: ByGrade<Option<Ladder>>,
}

/// In whose name a conclusion may bind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConclusionBinds {
    /// Never.
    Never,
    /// If the region convened.
    Region,
    /// If the region convened, or a province for those under it.
    Province,
}

/// A number while a place is warned, and one otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WhileWarned {
    /// While its member has yellow or stricter in force.
    pub warned: i32,
    /// Otherwise.
    pub otherwise: i32,
}

/// All of `cooperation.toml`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CooperationRules {
    /// The bodies of the airshed.
    pub bodies: Bodies,
    /// Whether the log is a drill's.
    pub status: Status,
    /// Days for which the ids of commands are remembered.
    pub command_memory_d: i32,
    /// Minutes by which a sender's clock may be ahead.
    pub given_ahead_min: i32,
    /// The ladders of grades.
    pub ladders: ByGrade<Ladder>,
    /// The ladder of what is counted in days.
    pub ladder_day: Ladder,
    /// Minutes without a clock from which on deadlines are moved.
    pub hole_min: i32,
    /// Minutes after a hole to which they are moved.
    pub hole_grace_min: i32,
    /// Minutes after which an offer lapses.
    pub offer_within_min: i32,
    /// Minute of the day at which the report of the day before is due.
    pub report_at_min: i32,
    /// Days back for which a report may be given.
    pub report_back_d: i32,
    /// Hours within which a refuted measure is reported again.
    pub redo_within_h: i32,
    /// Hours after the end of a response within which it is summed up.
    pub summary_within_h: i32,
    /// Minutes within which an objection is decided.
    pub review_within_min: ByGrade<i32>,
    /// Whether the clock of the acknowledgement stops while an objection is pending.
    pub objection_stops_clock: bool,
    /// Hours after a lift from which on it need not be acknowledged any more.
    pub lift_expires_h: i32,
    /// Other deadlines of some jurisdictions; the first that names one counts.
    pub own_deadlines: Vec<OwnDeadlines>,
    /// Consultations.
    pub consultation: ConsultationRules,
    /// Enforcement.
    pub enforcement: EnforcementRules,
    /// Which acts need approval; the first that fits decides.
    pub approvals: Vec<ApprovalRule>,
    /// Decisions after a settlement in which a rejected act is passed over.
    pub rejected_hold_h: i32,
    /// Hours after the last lift after which an episode closes.
    pub episode_gap_h: i32,
}

/// The numbers of consultations.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsultationRules {
    /// Per cent of the participants that must have spoken, and one more.
    pub quorum_percent: i64,
    /// Minutes after the last opinion is due within which a conclusion is signed.
    pub sign_within_min: i32,
    /// Hours for which a signed conclusion approves.
    pub conclusion_valid_h: i32,
    /// In whose name a conclusion may bind.
    pub conclusion_binds: ConclusionBinds,
    /// Minute of the day by which there was a consultation.
    pub daily_by_min: i32,
    /// From which grade on there must be one each day.
    pub daily_grade: Grade,
}

/// The numbers of enforcement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnforcementRules {
    /// Hours within which a lead is assigned.
    pub assign_within_h: i32,
    /// Hours within which it is inspected.
    pub inspect_within_h: WhileWarned,
    /// Days within which a violation is decided.
    pub decide_within_d: i32,
    /// Days within which a rectification is accepted.
    pub accept_within_d: i32,
    /// Days within which it is supervised.
    pub supervise_within_d: i32,
    /// Minutes within which summoned bodies report in.
    pub whistle_within_min: WhileWarned,
}

impl CooperationRules {
    /// The ladder of a matter.
    pub fn ladder(&self, owner: &Body, class: Class) -> Ladder {
        let Class::Grade(grade) = class else { return self.ladder_day };
        let own = self.own(owner).and_then(|it| it.ladders.of(grade));
        own.unwrap_or(self.ladders.of(grade))
    }

    /// Minutes within which the objection to an order of a grade is decided.
    pub fn review_within_min(&self, jurisdiction: &Body, grade: Grade) -> i32 {
        let own = self.own(jurisdiction).and_then(|it| it.review_within_min.of(grade));
        own.unwrap_or(self.review_within_min.of(grade))
    }

    /// Hours within which an order of a grade is acknowledged, where the jurisdiction has its own.
    pub fn own_acknowledge_within_h(&self, jurisdiction: &Body, grade: Grade) -> Option<i32> {
        self.own(jurisdiction)?.acknowledge_within_h.of(grade)
    }

    fn own(&self, jurisdiction: &Body) -> Option<&OwnDeadlines> {
        self.own_deadlines.iter().find(|it| it.jurisdictions.contains(jurisdiction))
    }

    /// Whether a body may give commands about others' matters: guests may not.
    pub(crate) fn is_guest(&self, body: &Body) -> bool {
        self.bodies.kind(body) == Some(BodyKind::Guest)
    }
}
