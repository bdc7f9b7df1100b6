//! What a decision proposes in place of ordering it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::item::ItemOutcome;
use super::proposals::{Proposal, item_id};
use crate::domain::cooperation::{Body, Change, Changing, Rank};
use crate::domain::{
    ActKind, ActSummary, Cause, FloorOrder, Grade, Hour, OrderAct, Timestamp, Track, WarningAct,
    Window,
};

/// What an item needs before it is ordered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// Nothing; it waits for the others.
    Automatic,
    /// A signed conclusion that covers it.
    Conclusion,
    /// A role of a body.
    Role,
    /// It goes as the jurisdiction that it follows.
    Follows,
}

/// What an item does: an act on a warning, or an order of the track of floors.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemAct {
    /// A new warning.
    Issue,
    /// To a stricter grade or level.
    Raise,
    /// To an earlier start.
    Advance,
    /// To a later expected end.
    Extend,
    /// To a milder grade or level.
    Lower,
    /// The end.
    Lift,
    /// A new floor.
    Impose,
}

/// The level of one sector.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SectorAsked {
    /// Which sector.
    pub sector: String,
    /// Which level.
    pub level: Grade,
}

/// What an order of the track of floors asks for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FloorAsked {
    /// The level in each sector.
    pub sectors: Vec<SectorAsked>,
    /// Measures beyond those of the levels.
    pub extra: Vec<String>,
    /// Why.
    pub causes: Vec<Cause>,
}

/// The values on which an act rests.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ActBasis {
    /// The windows that satisfy the clause, oldest first.
    pub windows: Vec<Window>,
    /// Hours of those windows that were observed.
    pub observed_hours: u16,
    /// Hours of those windows that come from an outlook.
    pub forecast_hours: u16,
    /// The makers of those outlooks.
    pub makers: Vec<String>,
}

/// One act of a proposal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ProposedItem {
    /// Of which jurisdiction.
    pub jurisdiction: Body,
    /// In which track.
    pub track: Track,
    /// What is done.
    pub act: ItemAct,
    /// The grade after the act; of a lift, the grade lifted.
    pub grade: Grade,
    /// The grade before the act.
    pub previous_grade: Grade,
    /// Of an issue, when the warning would start by itself.
    pub own_start: Option<Hour>,
    /// From when it is in force.
    pub start: Hour,
    /// Expected end; none: until further notice.
    pub end: Option<Hour>,
    /// The standard by which it was decided.
    pub standard: Option<String>,
    /// The clause that is satisfied.
    pub clause: Option<String>,
    /// Why it is done now.
    pub cause: Cause,
    /// What it needs.
    pub needs: Needs,
    /// The body that decides it.
    pub body: Option<Body>,
    /// In which role.
    pub role: Option<String>,
    /// Until when it is decided.
    pub due_at: Option<Timestamp>,
    /// What silence means then.
    pub on_silence: Option<ItemOutcome>,
    /// The values on which it rests; none for a floor.
    pub basis: Option<ActBasis>,
    /// What a floor asks for; none for a warning.
    pub floor: Option<FloorAsked>,
}

/// What a decision would order, once each of its acts is decided.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WarningProposed {
    /// Its id.
    pub proposal: String,
    /// The decision hour t.
    pub hour: Hour,
    /// The clock at the decision.
    pub decided_at: Timestamp,
    /// Whether the region is linked.
    pub linked: bool,
    /// Its acts, by code, those on warnings first.
    pub items: Vec<ProposedItem>,
}

impl ItemAct {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Raise => "raise",
            Self::Advance => "advance",
            Self::Extend => "extend",
            Self::Lower => "lower",
            Self::Lift => "lift",
            Self::Impose => "impose",
        }
    }

    /// As an act on a warning; none for a new floor.
    pub(crate) fn kind(self) -> Option<ActKind> {
        Some(match self {
            Self::Issue => ActKind::Issue,
            Self::Raise => ActKind::Raise,
            Self::Advance => ActKind::Advance,
            Self::Extend => ActKind::Extend,
            Self::Lower => ActKind::Lower,
            Self::Lift => ActKind::Lift,
            Self::Impose => return None,
        })
    }

    fn of_kind(kind: ActKind) -> Option<Self> {
        Some(match kind {
            ActKind::Issue => Self::Issue,
            ActKind::Raise => Self::Raise,
            ActKind::Advance => Self::Advance,
            ActKind::Extend => Self::Extend,
            ActKind::Lower => Self::Lower,
            ActKind::Lift => Self::Lift,
            ActKind::Shorten => return None,
        })
    }

    /// As an order of the track of floors.
    pub(crate) fn order_act(self) -> OrderAct {
        match self {
            Self::Issue | Self::Impose => OrderAct::Impose,
            Self::Raise => OrderAct::Raise,
            Self::Advance => OrderAct::Advance,
            Self::Extend => OrderAct::Extend,
            Self::Lower => OrderAct::Lower,
            Self::Lift => OrderAct::Lift,
        }
    }

    fn of_floor(act: OrderAct) -> Self {
        match act {
            OrderAct::Impose | OrderAct::Advance | OrderAct::Extend => Self::Impose,
            OrderAct::Raise => Self::Raise,
            OrderAct::Lower => Self::Lower,
            OrderAct::Lift => Self::Lift,
        }
    }
}

impl ProposedItem {
    /// The item of an act; none for one that changes no obligation.
    pub(super) fn of_act(body: Body, act: &WarningAct, own_start: Option<Hour>) -> Option<Self> {
        let is_follower = act.cause == Cause::Follows;
        Some(Self {
            jurisdiction: body,
            track: Track::Warning,
            act: ItemAct::of_kind(act.kind)?,
            grade: act.grade,
            previous_grade: act.previous_grade,
            own_start,
            start: act.start,
            end: act.end,
            standard: Some(act.standard.to_string()),
            clause: act.clause.as_ref().map(ToString::to_string),
            cause: act.cause,
            needs: if is_follower { Needs::Follows } else { Needs::Automatic },
            body: None,
            role: None,
            due_at: None,
            on_silence: None,
            basis: Some(ActBasis {
                windows: act.windows.clone(),
                observed_hours: act.observed_hours,
                forecast_hours: act.forecast_hours,
                makers: act.makers.iter().map(ToString::to_string).collect(),
            }),
            floor: None,
        })
    }

    /// The item of a change of floors; `previous` is the level before it.
    pub(super) fn of_floor(body: Body, order: &FloorOrder, previous: Grade) -> Self {
        let sector = |(sector, level): &(Arc<str>, Grade)| SectorAsked {
            sector: sector.to_string(),
            level: *level,
        };
        Self {
            jurisdiction: body,
            track: Track::Floor,
            act: ItemAct::of_floor(order.act),
            grade: order.grade,
            previous_grade: previous,
            own_start: None,
            start: order.effective_at,
            end: order.expected_end,
            standard: None,
            clause: None,
            cause: order.causes.first().copied().unwrap_or(Cause::Guarantee),
            needs: Needs::Automatic,
            body: None,
            role: None,
            due_at: None,
            on_silence: None,
            basis: None,
            floor: Some(FloorAsked {
                sectors: order.sectors.iter().map(sector).collect(),
                extra: order.extra.iter().map(ToString::to_string).collect(),
                causes: order.causes.clone(),
            }),
        }
    }

    /// Whether it is the act on the warning of a jurisdiction.
    pub(crate) fn is_of(&self, jurisdiction: &Body) -> bool {
        self.track == Track::Warning && self.jurisdiction == *jurisdiction
    }

    /// Whether something outside the decision must decide it.
    pub(crate) fn must_be_decided(&self) -> bool {
        matches!(self.needs, Needs::Conclusion | Needs::Role)
    }

    /// The act in short; none for a floor.
    pub(crate) fn summary(&self) -> Option<ActSummary> {
        let Self { grade, start, end, .. } = *self;
        let kind = self.act.kind().filter(|_| self.track == Track::Warning)?;
        Some(ActSummary { kind, grade, start, end })
    }

    /// Its name in the lists of a settlement.
    pub(crate) fn name(&self) -> String {
        match self.track {
            Track::Warning => self.jurisdiction.to_string(),
            Track::Floor => format!("{}-f", self.jurisdiction),
        }
    }
}

impl Change for WarningProposed {
    fn change(&self, it: &mut Changing<'_>) {
        let state = &mut *it.state;
        for item in &self.items {
            if let Some(due_at) = item.due_at {
                let id = item_id(&self.proposal, &item.jurisdiction);
                state.calendar.add(due_at, Rank::Proposal, &id);
            }
        }
        state.proposals.add(
            &self.proposal,
            Proposal {
                hour: self.hour,
                linked: self.linked,
                items: self.items.clone(),
                decided: [].into(),
                is_over: false,
            },
        );
    }
}
