//! A proposal lapses: the clock stood still so long that it could not be decided, or other rules
//! are in force. The next decision proposes again.

use serde::{Deserialize, Serialize};

use crate::domain::cooperation::{Change, Changing};

/// A proposal lapsed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ProposalLapsed {
    /// Which one.
    pub proposal: String,
}

impl Change for ProposalLapsed {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, numbers, rules, .. } = it;
        state.proposals.end(&self.proposal, &mut state.calendar);
        let is_last = state.proposals.first_pending().is_none();
        if is_last && state.moved(numbers, rules).is_none() {
            state.hole = None;
        }
    }
}
