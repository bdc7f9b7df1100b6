//! The state of orders.

use crate::domain::ResponseEvent;

/// The orders that were issued.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Orders {
    /// The epoch of the last order set.
    pub(crate) epoch: u64,
}

impl Orders {
    pub(in crate::domain) fn evolve(&mut self, event: &ResponseEvent) {
        match event {
            ResponseEvent::OrderSetIssued(set) => self.epoch = set.epoch,
            ResponseEvent::OrderConfirmedByAmendment(_) | ResponseEvent::OrderAmended(_) => {}
        }
    }
}
