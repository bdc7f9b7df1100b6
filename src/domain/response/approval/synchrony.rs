//! A proposal that is decided: synchrony is applied once more to what was approved.

use super::item::ItemOutcome;
use super::proposal::{ItemAct, Needs, ProposedItem};
use super::proposals::Proposal;
use crate::domain::cooperation::Body;
use crate::domain::{Cause, Hour, OpenWarning, SynchronyParameters, Track};

/// What becomes of the items of a proposal.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    /// Those that are ordered, with the hour from which each is in force and its cause.
    pub(super) stand: Vec<(ProposedItem, Hour, Cause)>,
    pub(super) rejected: Vec<ProposedItem>,
    /// Approved, but there is nothing to order any more.
    pub(super) fallen: Vec<ProposedItem>,
}

/// What an item is measured against.
pub(super) struct Settling<'a> {
    pub(super) proposal: &'a Proposal,
    /// The hour from which an act that is decided now can be in force.
    pub(super) soonest: Hour,
    pub(super) synchrony: &'a SynchronyParameters,
    /// The warning of a jurisdiction.
    pub(super) open: &'a dyn Fn(&Body) -> Option<OpenWarning>,
    /// The jurisdiction that another one follows.
    pub(super) leader: &'a dyn Fn(&Body) -> Option<Body>,
}

impl Settling<'_> {
    pub(super) fn settlement(&self) -> Settlement {
        let mut settlement = Settlement::default();
        let shared = self.shared_start();
        let (followers, leaders): (Vec<_>, Vec<_>) =
            self.proposal.items.iter().partition(|it| it.needs == Needs::Follows);
        for item in leaders {
            if self.proposal.outcome(item) == Some(ItemOutcome::Rejected) {
                settlement.rejected.push(item.clone());
            } else if let Some((start, cause)) = self.stands(item, shared) {
                settlement.stand.push((item.clone(), start, cause));
            } else {
                settlement.fallen.push(item.clone());
            }
        }
        for item in followers {
            let leader = (self.leader)(&item.jurisdiction);
            let is_leader = |it: &ProposedItem| leader.as_ref().is_some_and(|by| it.is_of(by));
            if settlement.rejected.iter().any(is_leader) {
                settlement.rejected.push(item.clone());
            } else if let Some((_, start, _)) = settlement.stand.iter().find(|it| is_leader(&it.0))
            {
                settlement.stand.push((item.clone(), *start, Cause::Follows));
            } else {
                settlement.fallen.push(item.clone());
            }
        }
        let key = |it: &ProposedItem| (it.jurisdiction.clone(), it.track);
        settlement.stand.sort_by_key(|it| key(&it.0));
        settlement.rejected.sort_by_key(key);
        settlement.fallen.sort_by_key(key);
        settlement
    }

    /// When the warning of an issue would start by itself if it were decided now.
    fn own_start(&self, item: &ProposedItem) -> Hour {
        item.own_start.unwrap_or(item.start).max(self.soonest)
    }

    /// Whether an issue rests on the jurisdiction's own air, and is not over before it starts.
    fn is_own_and_stands(&self, item: &ProposedItem) -> bool {
        let is_own = matches!(item.cause, Cause::Warning | Cause::Amendment);
        is_own && item.end.is_none_or(|end| end > self.own_start(item))
    }

    /// The earliest start of the issues that rest on the jurisdiction's own air.
    fn shared_start(&self) -> Option<Hour> {
        let approved = self.proposal.items.iter().filter(|it| {
            it.act == ItemAct::Issue
                && it.needs != Needs::Follows
                && self.proposal.outcome(it) == Some(ItemOutcome::Approved)
        });
        approved.filter(|it| self.is_own_and_stands(it)).map(|it| self.own_start(it)).min()
    }

    /// From when an approved item is in force, and why; none where it falls.
    fn stands(&self, item: &ProposedItem, shared: Option<Hour>) -> Option<(Hour, Cause)> {
        let at = item.start.max(self.soonest);
        match (item.track, item.act) {
            (Track::Warning, ItemAct::Issue) => self.issue(item, shared?),
            (Track::Warning, ItemAct::Advance) => {
                let open = (self.open)(&item.jurisdiction)?;
                (at < open.start).then_some((at, item.cause))
            }
            (Track::Warning, ItemAct::Raise) | (Track::Floor, _) => Some((at, item.cause)),
            // Their start is that of the warning, which does not change.
            (Track::Warning, _) => Some((item.start, item.cause)),
        }
    }

    fn issue(&self, item: &ProposedItem, shared: Hour) -> Option<(Hour, Cause)> {
        if matches!(item.cause, Cause::Warning | Cause::Amendment) {
            return self.is_own_and_stands(item).then_some((shared, item.cause));
        }
        let own_start = self.own_start(item);
        let near = |width_h: i32| own_start < shared.plus(width_h);
        let ends_later = item.end.is_none_or(|end| end > shared);
        let cause = if near(self.synchrony.sync_h) {
            Cause::Synchrony
        } else if self.proposal.linked && near(self.synchrony.linked_sync_h) {
            Cause::Linkage
        } else {
            return None;
        };
        ends_later.then_some((shared, cause))
    }
}
