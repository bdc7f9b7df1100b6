//! What the picture shows of the answers of bodies: acknowledgements and escalations.

use crate::domain::cooperation::What;
use crate::domain::{CooperationEvent, Division, Timestamp};

/// One answer, or one step of a ladder, on the row of a jurisdiction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::app) struct AnswerMark {
    /// The jurisdiction that owns the matter.
    pub(in crate::app) division: Division,
    /// When it was recorded.
    pub(in crate::app) at: Timestamp,
    /// What it is.
    pub(in crate::app) kind: AnswerKind,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::app) enum AnswerKind {
    /// An order was acknowledged before its deadline.
    InTime,
    /// An order was acknowledged after it.
    Late,
    /// A matter was escalated to the body above.
    Escalated,
}

impl AnswerMark {
    /// The mark of a record; none for a record that the picture does not show.
    pub(super) fn of(event: &CooperationEvent) -> Option<Self> {
        let (division, kind) = if let What::OrderAcknowledged(it) = &event.what {
            let kind = if it.in_time { AnswerKind::InTime } else { AnswerKind::Late };
            (owner_of(&it.order)?, kind)
        } else if let What::MatterEscalated(it) = &event.what {
            (division(it.owner.code())?, AnswerKind::Escalated)
        } else {
            return None;
        };
        Some(Self { division, at: event.at, kind })
    }
}

fn division(code: &str) -> Option<Division> {
    code.parse().ok().map(Division)
}

/// The jurisdiction of an order: `3-130400`, of the track of floors `3-130400-f`.
fn owner_of(order: &str) -> Option<Division> {
    division(order.split('-').nth(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_an_order_is_in_its_id() {
        for (order, owner) in
            [("3-130400", Some(130_400)), ("3-130400-f", Some(130_400)), ("x", None)]
        {
            assert_eq!(owner_of(order), owner.map(Division), "{order}");
        }
    }
}
