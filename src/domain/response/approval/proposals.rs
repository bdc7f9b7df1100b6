//! The proposals of a log, and what is remembered of those that are over.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::hold::Rejected;
use super::item::{Decided, ItemOutcome, ProposalItemDecided};
use super::lapse::ProposalLapsed;
use super::proposal::{Needs, ProposedItem};
use crate::domain::cooperation::{Body, Calendar, DecidedHow, Rank, What};
use crate::domain::{Hour, Track};

/// A proposal, and what became of its items.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Proposal {
    pub(crate) hour: Hour,
    pub(crate) linked: bool,
    pub(crate) items: Vec<ProposedItem>,
    pub(crate) decided: BTreeMap<Body, Decided>,
    /// Settled or lapsed.
    pub(crate) is_over: bool,
}

impl Proposal {
    /// The items that wait to be decided.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &ProposedItem> {
        let is_open = |it: &&ProposedItem| {
            !self.is_over && it.must_be_decided() && !self.decided.contains_key(&it.jurisdiction)
        };
        self.items.iter().filter(is_open)
    }

    /// What became of an item; none while it waits. A follower is decided with its leader.
    pub(crate) fn outcome(&self, item: &ProposedItem) -> Option<ItemOutcome> {
        match item.needs {
            Needs::Automatic => Some(ItemOutcome::Approved),
            Needs::Conclusion | Needs::Role => {
                self.decided.get(&item.jurisdiction).map(|it| it.outcome)
            }
            Needs::Follows => None,
        }
    }

    /// The item of a jurisdiction in the track of warnings.
    pub(crate) fn item(&self, jurisdiction: &Body) -> Option<&ProposedItem> {
        self.items.iter().find(|it| it.is_of(jurisdiction))
    }
}

/// All proposals, and the acts that were rejected of late.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Proposals {
    count: u32,
    all: BTreeMap<Arc<str>, Proposal>,
    /// Those that are not over, by number.
    pending: BTreeMap<u32, Arc<str>>,
    /// What is passed over for some decisions.
    pub(super) rejected: BTreeMap<Body, Vec<Rejected>>,
}

impl Proposals {
    /// The id of the next one.
    pub(super) fn next_id(&self) -> String {
        format!("p{}", self.count + 1)
    }

    /// Nothing but how many there were: no number is given twice.
    pub(crate) fn counted(&self) -> Self {
        Self { count: self.count, ..Self::default() }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Proposal> {
        self.all.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Proposal> {
        self.all.get_mut(id)
    }

    pub(super) fn add(&mut self, id: &str, proposal: Proposal) {
        self.count += 1;
        let id: Arc<str> = id.into();
        self.pending.insert(self.count, Arc::clone(&id));
        self.all.insert(id, proposal);
    }

    /// Those that are not over, by number.
    pub(crate) fn pending(&self) -> impl Iterator<Item = (&Arc<str>, &Proposal)> {
        self.pending.values().filter_map(|id| Some((id, self.get(id)?)))
    }

    /// The end of all that are not over.
    pub(crate) fn lapsed(&self) -> impl Iterator<Item = What> {
        let lapsed =
            |(id, _): (&Arc<str>, &Proposal)| ProposalLapsed { proposal: id.to_string() }.into();
        self.pending().map(lapsed)
    }

    /// The first of those that are not over.
    pub(crate) fn first_pending(&self) -> Option<&Arc<str>> {
        self.pending.values().next()
    }

    /// The first of which no item waits to be decided.
    pub(super) fn first_decided(&self) -> Option<(&Arc<str>, &Proposal)> {
        self.pending().find(|(_, it)| it.pending().next().is_none())
    }

    /// It is over. Who could decide it is still known, so that a late answer gets the right reason.
    pub(super) fn end(&mut self, id: &str, calendar: &mut Calendar) {
        let Some(proposal) = self.all.get_mut(id) else { return };
        for item in &mut proposal.items {
            if let Some(due_at) = item.due_at {
                calendar.remove(due_at, Rank::Proposal, &item_id(id, &item.jurisdiction));
            }
            (item.basis, item.floor) = (None, None);
        }
        proposal.is_over = true;
        self.pending.retain(|_, it| **it != *id);
    }

    /// What the silence on an item means.
    pub(crate) fn silence_on(&self, id: &str) -> Option<What> {
        let (proposal, jurisdiction) = id.split_once('/')?;
        let item = self.get(proposal)?.item(&Body::new(jurisdiction))?;
        let decided = ProposalItemDecided {
            proposal: proposal.to_owned(),
            jurisdiction: item.jurisdiction.clone(),
            outcome: item.on_silence?,
            how: DecidedHow::Silence,
            conclusion: None,
            reason: None,
        };
        Some(decided.into())
    }

    /// Whether a jurisdiction has an item in a proposal that is not over.
    pub(crate) fn is_held(&self, jurisdiction: &Body) -> bool {
        self.pending().any(|(_, it)| it.items.iter().any(|it| it.jurisdiction == *jurisdiction))
    }

    /// The items on warnings of all that are not over.
    pub(crate) fn pending_items(&self) -> impl Iterator<Item = (Hour, &ProposedItem)> {
        let items = self.pending().flat_map(|(_, it)| it.items.iter().map(|item| (it.hour, item)));
        items.filter(|(_, it)| it.track == Track::Warning)
    }
}

/// The matter that asks for the decision of an item.
pub(crate) fn item_id(proposal: &str, jurisdiction: &Body) -> Arc<str> {
    format!("{proposal}/{jurisdiction}").into()
}
