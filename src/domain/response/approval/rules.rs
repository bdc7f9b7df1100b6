//! Which acts need whose approval: the tables `[[approval]]` of `cooperation.toml`.

use super::item::ItemOutcome;
use super::proposal::{Needs, ProposedItem};
use crate::domain::cooperation::{Bodies, Body, Role};
use crate::domain::{ActKind, Cause, Grade, Timestamp, WarningAct};

/// One table: which acts it fits, and what they need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApprovalRule {
    /// Of which jurisdictions; empty: of all.
    pub jurisdictions: Vec<Body>,
    /// Of which grades; of a lift, the grade lifted. Empty: of all.
    pub grades: Vec<Grade>,
    /// Of which kinds.
    pub acts: Vec<ActKind>,
    /// What they need; none: nothing.
    pub needs: Option<ApprovalNeeded>,
}

/// What an act needs before it is ordered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ApprovalNeeded {
    /// A role of a body; none: a signed conclusion.
    pub by: Option<(ApprovingBody, Role)>,
    /// Minutes within which it is decided.
    pub within_min: i32,
    /// What silence means then.
    pub on_silence: ItemOutcome,
}

/// The body that approves an act of a jurisdiction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ApprovingBody {
    /// The jurisdiction itself.
    Itself,
    /// The body above it.
    Above,
    /// The office of the region.
    Region,
}

impl ApprovalRule {
    fn fits(&self, body: &Body, act: &WarningAct) -> bool {
        (self.jurisdictions.is_empty() || self.jurisdictions.contains(body))
            && (self.grades.is_empty() || self.grades.contains(&act.grade))
            && self.acts.contains(&act.kind)
    }
}

/// What an act needs: the first table that fits decides. A follower waits for its leader.
pub(crate) fn needed(
    rules: &[ApprovalRule],
    body: &Body,
    act: &WarningAct,
) -> Option<ApprovalNeeded> {
    if act.cause == Cause::Follows || act.kind == ActKind::Shorten {
        return None;
    }
    rules.iter().find(|it| it.fits(body, act)).and_then(|it| it.needs)
}

impl ApprovalNeeded {
    /// Notes in an item what it needs, and until when.
    pub(super) fn note(self, item: &mut ProposedItem, bodies: &Bodies, decided_at: Timestamp) {
        item.needs = if self.by.is_some() { Needs::Role } else { Needs::Conclusion };
        item.due_at = Some(decided_at.plus_minutes(self.within_min));
        item.on_silence = Some(self.on_silence);
        let Some((by, role)) = self.by else { return };
        let region = || Body::new(Body::REGION);
        item.role = Some(role.name().to_owned());
        item.body = Some(match by {
            ApprovingBody::Itself => item.jurisdiction.clone(),
            ApprovingBody::Above => bodies.above(&item.jurisdiction).unwrap_or_else(region),
            ApprovingBody::Region => region(),
        });
    }
}
