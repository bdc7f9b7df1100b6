//! The end of an order: it asks for nothing more.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::cooperation::{Change, Changing, Rank};

/// An order ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OrderEnded {
    /// Which order.
    pub order: String,
    /// How.
    pub how: EndedHow,
    /// The order that took its place.
    pub by_order: Option<String>,
    /// Whether it was never acknowledged.
    pub open: bool,
    /// What had become of an objection to it.
    pub objection: ObjectionState,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedHow {
    /// The response was lifted.
    Lifted,
    /// Another order took its place.
    Superseded,
    /// It was a lift that was not acknowledged, or its jurisdiction left the airshed.
    Expired,
}

impl EndedHow {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lifted => "lifted",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }
}

/// What had become of an objection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionState {
    /// There was none.
    None,
    /// It was not decided.
    Pending,
    /// It was decided.
    Decided,
}

impl Change for OrderEnded {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, .. } = it;
        let id: Arc<str> = self.order.as_str().into();
        let objection = state.orders.get(&id).and_then(|it| it.objection.as_ref());
        let pending = objection.filter(|it| it.is_pending()).map(|it| it.review_by);
        if let Some(review_by) = pending {
            state.calendar.remove(review_by, Rank::Objection, &id);
        }
        state.keep(&id);
        state.fall(&format!("{id}/acknowledge"));
        let Some(order) = state.orders.get_mut(&id) else { return };
        order.ended = Some(self.how);
        if let Some(objection) = &mut order.objection {
            objection.fall();
        }
    }
}
