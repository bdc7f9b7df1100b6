//! One item of a proposal is decided.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::proposals::item_id;
use crate::domain::cooperation::{Body, Change, Changing, DecidedHow, Rank};

/// What becomes of an item.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// It may be ordered.
    Approved,
    /// It may not.
    Rejected,
}

impl ItemOutcome {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// An item of a proposal was decided.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ProposalItemDecided {
    /// Of which proposal.
    pub proposal: String,
    /// The item of which jurisdiction.
    pub jurisdiction: Body,
    /// What became of it.
    pub outcome: ItemOutcome,
    /// How it was decided.
    pub how: DecidedHow,
    /// The signed conclusion that decided it.
    pub conclusion: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// What became of an item, as it is remembered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Decided {
    pub(crate) outcome: ItemOutcome,
    pub(crate) conclusion: Option<Arc<str>>,
}

impl Change for ProposalItemDecided {
    fn change(&self, it: &mut Changing<'_>) {
        let state = &mut *it.state;
        let Some(proposal) = state.proposals.get_mut(&self.proposal) else { return };
        let decided = Decided {
            outcome: self.outcome,
            conclusion: self.conclusion.as_deref().map(Into::into),
        };
        proposal.decided.insert(self.jurisdiction.clone(), decided);
        let item = proposal.items.iter().find(|it| it.is_of(&self.jurisdiction));
        if let Some(due_at) = item.and_then(|it| it.due_at) {
            let id = item_id(&self.proposal, &self.jurisdiction);
            state.calendar.remove(due_at, Rank::Proposal, &id);
        }
    }
}
